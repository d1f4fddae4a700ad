# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an administrator configures beside nodes and parameters: profiles, phones, pools, trusted certificates.

Table and column names: [C]/[D] wire-facts 3.3. Invented: the columns ``tkdeviceprotocol``,
``sipport`` and ``excludedigestcredentials`` of ``securityprofile``, those of ``device`` for the key of an LSC
(``tkauthenticationmode``, ``tkkeysize``, ``tkkeyorder``, ``tkeckeysize``), the tables behind registration, credential
policies and secure configuration, the column ``ipaddress`` of ``appserver``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from . import certificate_rows, type_tables
from .certificates import common_name
from .database import new_pkid
from .models import DEFAULT_MODEL, TRUNK_PROFILE, UNIVERSAL, models_of, standard_profile
from .spec import DEFAULT
from .type_tables import TRUNK_MODEL, Types

if TYPE_CHECKING:
    from .cluster import LabCluster

TABLES = """
create table securityprofile (pkid text primary key, name text unique, description text, tkmodel integer,
  tkdeviceprotocol integer, tksecuritypolicy integer, tkdevicesecuritymode integer, tktransport integer,
  tktransport_out integer, tftpencryptedflag boolean, sipoauthflag boolean, digestauthall boolean, noncepolicytime integer,
  tkauthenticationmode integer, tkkeyorder integer, tkkeysize integer, tkeckeysize integer, isstandard boolean,
  x509subjectname text, incomingport integer, sipport integer, excludedigestcredentials boolean);
create table region (pkid text primary key, name text unique);
create table devicepool (pkid text primary key, name text unique, fkcallmanagergroup text, fkregion text);
create table sipprofile (pkid text primary key, name text unique);
create table device (pkid text primary key, name text unique, description text, tkmodel integer, tkclass integer,
  tkdeviceprotocol integer, fksecurityprofile text, fksipprofile text, fkdevicepool text, ctiid integer,
  tkcertificatestatus integer, tkcertificateoperation integer, publickey text, authenticationstring text,
  upgradefinishtime text, specialloadinformation text, tkdeviceprofile integer, fkcommonphoneconfig text, fkenduser text,
  tkkeyauthority integer, resettoggle boolean, srtpallowed boolean, lscvaliduntil integer, lscissuername text, lscissuervaliduntil integer,
  ecpublickeycurve text, tkauthenticationmode integer, tkkeysize integer, tkkeyorder integer, tkeckeysize integer);
create table commonphoneconfig (pkid text primary key, name text unique, description text);
create index device_profile on device (fksecurityprofile);
create table registrationdynamic (pkid text primary key, lastknownipaddress text, lastknownucm text, fkdevice text,
  datetimestamp integer, lastknownconfigversion text, locationdetails text, tkendpointconnection integer, portorssid text,
  lastseen integer, risstatus text);
create table credentialpolicy (pkid text primary key, name text unique, failedlogon integer, lockoutduration integer,
  resetfailedlogonattempts integer, credexpiresafter integer, mincredlength integer, prevcredstorednum integer);
create table secureconfig (pkid text primary key, name text unique, value text);
create table mraservicedomain (pkid text primary key, name text unique, isdefault boolean, servicedomains text);
create table applicationusercapfdynamic (pkid text primary key, applicationuser text, instanceid text);
create table endusercapfdynamic (pkid text primary key, enduserid text, instanceid text);
create table appserver (pkid text primary key, name text unique, ipaddress text, tkappserver integer);
create table ldapauthenticationhost (pkid text primary key, tkldapprotocol integer, hostname text, priority integer,
  sslenabled boolean, portnumber integer);
create table slmserver (pkid text primary key, transporturl text);
"""


def tables() -> str:
    """SQL that creates all tables of this module, and those of enumeration."""
    return TABLES + certificate_rows.TABLES + type_tables.tables()


def fill(cluster: LabCluster) -> None:
    """Fill the tables as a freshly installed cluster has them, with the topology's phones."""
    database = cluster.database
    for table in type_tables.WORDS:
        database.insert_many(table, list(cluster.types.rows(table)))
    _profiles(cluster)
    _pools(cluster)
    _phones(cluster)
    _trunks(cluster)
    for host, details in cluster.spec.expressway_c.items():
        set_expressway(cluster, host, details)
    for name, server in cluster.spec.application_servers.items():
        database.insert(
            "appserver",
            pkid=new_pkid(cluster.key, "appserver", name),
            name=name,
            ipaddress=server.get("address", ""),
            tkappserver=cluster.types.number("typeappserver", server["type"]),
        )
    database.insert(
        "credentialpolicy",
        pkid=new_pkid(cluster.key, "credentialpolicy"),
        name="Default Credential Policy",
        failedlogon=0,
        lockoutduration=0,
        resetfailedlogonattempts=30,
        credexpiresafter=0,
        mincredlength=8,
        prevcredstorednum=12,
    )
    if cluster.release_row.smart_licensing:
        url = "https://tools.cisco.com/its/service/oddce/services/DDCEService"
        database.insert("slmserver", pkid=new_pkid(cluster.key, "slmserver"), transporturl=url)


OF_PHONES, OF_TRUNKS = "tksecuritypolicy in (4, 99)", "tksecuritypolicy in (1, 8)"
"""Which rows of ``securityprofile`` are of phones and of SIP trunks ([C] wire-facts 3.3)."""


ELEMENTS: dict[str, tuple[str, str | None]] = {
    "name": ("name", None),
    "description": ("description", None),
    "phoneType": ("tkmodel", "typemodel"),
    "protocol": ("tkdeviceprotocol", "typedeviceprotocol"),
    "deviceSecurityMode": ("tkdevicesecuritymode", "typedevicesecuritymode"),
    "authenticationMode": ("tkauthenticationmode", "typeauthenticationmode"),
    "keySize": ("tkkeysize", "typekeysize"),
    "keyOrder": ("tkkeyorder", "typekeyorder"),
    "ecKeySize": ("tkeckeysize", "typeeckeysize"),
    "tftpEncryptedConfig": ("tftpencryptedflag", "boolean"),
    "EnableOAuthAuthentication": ("sipoauthflag", "boolean"),
    "nonceValidityTime": ("noncepolicytime", "integer"),
    "transportType": ("tktransport", "typetransport"),
    "sipPhonePort": ("sipport", "integer"),
    "enableDigestAuthentication": ("digestauthall", "boolean"),
    "excludeDigestCredentials": ("excludedigestcredentials", "boolean"),
}
"""Column and type of what AXL calls so in a phone security profile; the type is a table of enumeration."""


class BadValue(ValueError):
    """An element has a value that its type does not know."""

    def __init__(self, element: str, value: object) -> None:
        super().__init__(f"{element}: {value!r}")
        self.element = element
        self.value = value


TRUNK_ELEMENTS: dict[str, tuple[str, str | None]] = {
    "name": ("name", None),
    "description": ("description", None),
    "securityMode": ("tkdevicesecuritymode", "typedevicesecuritymode"),
    "incomingTransport": ("tktransport", "typetransport"),
    "outgoingTransport": ("tktransport_out", "typetransport"),
    "digestAuthentication": ("digestauthall", "boolean"),
    "noncePolicyTime": ("noncepolicytime", "integer"),
    "x509SubjectName": ("x509subjectname", None),
    "incomingPort": ("incomingport", "integer"),
}
"""As :data:`ELEMENTS`, of a SIP trunk security profile ([X] wire-facts 2.5)."""

Elements = Mapping[str, tuple[str, str | None]]


def column(types: Types, element: str, value: object, elements: Elements | None = None) -> tuple[str, Any]:
    """Column and stored value of an element of a security profile, a phone's by default. Raises BadValue."""
    name, kind = (ELEMENTS if elements is None else elements)[element]
    text = ("t" if value else "f") if isinstance(value, bool) else str(value)
    if kind == "boolean":
        if text not in ("t", "true", "1", "f", "false", "0"):
            raise BadValue(element, value)
        return name, "t" if text in ("t", "true", "1") else "f"
    if kind == "integer":
        if not text.lstrip("+-").isdigit():
            raise BadValue(element, value)
        return name, int(text)
    if kind is None:
        return name, text
    if element == "ecKeySize" and not text:
        return name, None
    if text not in type_tables.WORDS[kind]:
        raise BadValue(element, value)
    return name, types.number(kind, text)


DEFAULTS: dict[str, str] = {
    "description": "",
    "deviceSecurityMode": "Non Secure",
    "authenticationMode": "By Null String",
    "keySize": "2048",
    "keyOrder": "RSA Only",
    "tftpEncryptedConfig": "f",
    "EnableOAuthAuthentication": "f",
    "nonceValidityTime": "600",
    "transportType": "TCP+UDP",
    "sipPhonePort": "5060",
    "enableDigestAuthentication": "f",
    "excludeDigestCredentials": "f",
}
"""What a new profile has when nobody says otherwise ([X], but for the mode: [R])."""


def profile_columns(types: Types, elements: Mapping[str, object]) -> dict[str, Any]:
    """The columns of a new phone security profile, by AXL's elements. Raises BadValue."""
    return {
        **dict(column(types, element, value) for element, value in {**DEFAULTS, **elements}.items()),
        **({} if "ecKeySize" in elements else {"tkeckeysize": None}),
        "tksecuritypolicy": 99 if elements.get("phoneType") == UNIVERSAL else 4,
        "tktransport_out": types.number("typetransport", "TCP"),
        "isstandard": "f",
        "x509subjectname": "",
        "incomingport": 5060,
    }


def trunk_profile_columns(types: Types, elements: Mapping[str, object]) -> dict[str, Any]:
    """The columns of a new SIP trunk security profile, by AXL's elements. Raises BadValue."""
    return {
        **profile_columns(types, {"phoneType": TRUNK_MODEL, "protocol": "SIP"}),
        "tksecuritypolicy": 1,
        **dict(column(types, element, value, TRUNK_ELEMENTS) for element, value in elements.items()),
    }


def insert_profile(cluster: LabCluster, pkid: str, columns: Mapping[str, Any]) -> None:
    """Insert a row of ``securityprofile``, without what the release does not have."""
    known = {
        name: value for name, value in columns.items() if cluster.release_row.oauth or name != "sipoauthflag"
    }
    cluster.database.insert("securityprofile", pkid=pkid, **known)


def _standard_profiles(types: Types, release: str) -> Iterator[dict[str, Any]]:
    for model in models_of(release):
        for protocol in model.protocols:
            name = standard_profile(model.name, protocol)
            transport = "TCP" if protocol == "SCCP" else "TCP+UDP"
            yield {
                **profile_columns(
                    types,
                    {
                        "name": name,
                        "description": name,
                        "phoneType": model.name,
                        "protocol": protocol,
                        "transportType": transport,
                    },
                ),
                "isstandard": "t",
            }
    standard = {"name": TRUNK_PROFILE, "description": TRUNK_PROFILE}
    yield {**trunk_profile_columns(types, standard), "isstandard": "t"}


def _profiles(cluster: LabCluster) -> None:
    for columns in _standard_profiles(cluster.types, cluster.release):
        insert_profile(cluster, new_pkid(cluster.key, "securityprofile", columns["name"]), columns)
    for name, elements in cluster.spec.phone_security_profiles.items():
        set_phone_profile(cluster, name, elements)
    for name, elements in cluster.spec.sip_trunk_security_profiles.items():
        set_trunk_profile(cluster, name, elements)


def _pools(cluster: LabCluster) -> None:
    key, database = cluster.key, cluster.database
    region = new_pkid(key, "region", "Default")
    database.insert("region", pkid=region, name="Default")
    for pool, group in {DEFAULT: DEFAULT, **cluster.spec.device_pools}.items():
        database.insert(
            "devicepool",
            pkid=new_pkid(key, "devicepool", pool),
            name=pool,
            fkcallmanagergroup=new_pkid(key, "callmanagergroup", group),
            fkregion=region,
        )
    standard = "Standard Common Phone Profile"
    database.insert(
        "commonphoneconfig", pkid=new_pkid(key, "commonphoneconfig"), name=standard, description=standard
    )
    database.insert("sipprofile", pkid=new_pkid(key, "sipprofile"), name="Standard SIP Profile")


CERTIFICATES: dict[str, tuple[str, str]] = {
    "installed": ("Upgrade Success", "No Pending Operation"),
    "failed": ("Upgrade Failed: Invalid Authentication String", "No Pending Operation"),
    "pending": ("Operation Pending", "Install/Upgrade"),
    "none": ("None", "No Pending Operation"),
}
"""How a phone may stand with CAPF: words of ``typecertificatestatus`` and ``typecertificateoperation`` ([R])."""


def certificate_columns(cluster: LabCluster, device: str, certificate: str) -> dict[str, Any]:
    """The columns of ``device`` that tell of its LSC, for a word of :data:`CERTIFICATES`.

    Without an LSC they are 0, NULL and 0 ([V] a capture in levensailor's README); that the name of the issuer is the CN of CAPF's
    certificate is [R].
    """
    status, operation = CERTIFICATES[certificate]
    types, installed = cluster.types, certificate == "installed"
    capf = cluster.publisher.certificates["CAPF"].certificate
    days = cluster.database.value("select paramvalue from processconfig where paramname = ?", (VALIDITY,))
    until = cluster.started_at + timedelta(days=int(days))
    return {
        "tkcertificatestatus": types.number("typecertificatestatus", status),
        "tkcertificateoperation": types.number("typecertificateoperation", operation),
        "publickey": _public_key(device) if installed else None,
        "lscvaliduntil": int(until.timestamp()) if installed else 0,
        "lscissuername": common_name(capf.subject) if installed else None,
        "lscissuervaliduntil": int(capf.not_valid_after_utc.timestamp()) if installed else 0,
    }


VALIDITY = "CAPFCertValidityDuration"
"""The parameter of CAPF that says for how many days an LSC is valid."""


def _usual(cluster: LabCluster) -> dict[str, Any]:
    """What a captured row of ``device`` has where the lab has nothing of its own ([V] levensailor's README)."""
    return {
        "authenticationstring": "",
        "upgradefinishtime": "",
        "specialloadinformation": "",
        "tkdeviceprofile": 0,
        "fkcommonphoneconfig": new_pkid(cluster.key, "commonphoneconfig"),
        "fkenduser": None,
        "tkkeyauthority": 0,
        "resettoggle": "f",
        "ecpublickeycurve": None,
        "tkauthenticationmode": cluster.types.number("typeauthenticationmode", "By Null String"),
        "tkkeysize": cluster.types.number("typekeysize", "2048"),
        "tkkeyorder": cluster.types.number("typekeyorder", "RSA Only"),
        "tkeckeysize": None,
    }


_RSA_2048 = bytes.fromhex("30820122300d06092a864886f70d01010105000382010f003082010a0282010100")
_EXPONENT = bytes.fromhex("0203010001")


def _public_key(device: str) -> str:
    """A public RSA key of 2048 bits that nobody has the private one of, base64 of its DER form ([R] for the form).

    It is another one for each phone and the same in every run: making real ones for thousands of phones takes hours.
    """
    modulus = bytearray(hashlib.shake_256(device.encode()).digest(256))
    modulus[0] |= 0x80
    modulus[-1] |= 0x01
    return base64.b64encode(_RSA_2048 + modulus + _EXPONENT).decode()


def _phones(cluster: LabCluster) -> None:
    key, database, types = cluster.key, cluster.database, cluster.types
    profiles = {row["name"]: row for row in database.records("select * from securityprofile")}
    fixed = {
        "tkclass": types.number("typeclass", "Phone"),
        "fksipprofile": new_pkid(key, "sipprofile"),
        **_usual(cluster),
    }
    pools = dict(database.execute("select name, pkid from devicepool"))
    seen = int(cluster.clock.now().timestamp())
    status = {"risstatus": "Registered"} if cluster.release_row.oauth else {}
    devices: list[dict[str, Any]] = []
    registrations: list[dict[str, Any]] = []
    for index, device, group in cluster.spec.devices():
        profile = profiles[group.wanted_profile]
        pkid = new_pkid(key, "device", device)
        devices.append(
            {
                "pkid": pkid,
                "name": device,
                "description": f"Phone {index + 1}",
                "tkmodel": types.number("typemodel", group.model),
                "tkdeviceprotocol": profile["tkdeviceprotocol"],
                "fksecurityprofile": profile["pkid"],
                "fkdevicepool": pools[group.device_pool],
                "ctiid": 1000 + index,
                **fixed,
                **certificate_columns(cluster, device, group.certificate),
            }
        )
        registrations.append(
            {
                "pkid": new_pkid(key, "registrationdynamic", device),
                "fkdevice": pkid,
                "lastknownipaddress": f"10.{index // 62500}.{index // 250 % 250}.{index % 250 + 1}",
                "lastknownucm": cluster.publisher.name,
                "datetimestamp": seen,
                "lastknownconfigversion": "",
                "locationdetails": "",
                "tkendpointconnection": None,
                "portorssid": "",
                "lastseen": seen,
                **status,
            }
        )
    database.insert_many("device", devices)
    database.insert_many("registrationdynamic", registrations)


def _trunks(cluster: LabCluster) -> None:
    for group in cluster.spec.sip_trunks:
        for name in group.names:
            set_trunk(
                cluster,
                name,
                {
                    "description": group.description,
                    "security_profile": group.security_profile,
                    "srtp_allowed": group.srtp_allowed,
                },
            )


# -- the administrator, or the test, plays ---------------------------------------------------------------------


def set_phone_profile(cluster: LabCluster, name: str, elements: Mapping[str, object] | None) -> None:
    """Make, change (None: delete) a phone security profile, unchecked. Raises BadValue."""
    database = cluster.database
    pkid = database.value("select pkid from securityprofile where name = ?", (name,))
    if elements is None:
        database.execute("delete from securityprofile where name = ?", (name,))
    elif pkid is None:
        whole = {"phoneType": DEFAULT_MODEL, "protocol": "SIP", "name": name, **elements}
        insert_profile(
            cluster, new_pkid(cluster.key, "securityprofile", name), profile_columns(cluster.types, whole)
        )
    else:
        columns = dict(column(cluster.types, element, value) for element, value in elements.items())
        database.update("securityprofile", pkid, columns)


def set_trunk_profile(cluster: LabCluster, name: str, elements: Mapping[str, object] | None) -> None:
    """Make, change (None: delete) a SIP trunk security profile, unchecked. Raises BadValue."""
    database = cluster.database
    pkid = database.value(f"select pkid from securityprofile where name = ? and {OF_TRUNKS}", (name,))
    if elements is None:
        database.execute("delete from securityprofile where pkid = ?", (pkid,))
    elif pkid is None:
        columns = trunk_profile_columns(cluster.types, {"name": name, **elements})
        insert_profile(cluster, new_pkid(cluster.key, "securityprofile", name), columns)
    else:
        columns = dict(
            column(cluster.types, element, value, TRUNK_ELEMENTS) for element, value in elements.items()
        )
        database.update("securityprofile", pkid, columns)


def set_trunk(cluster: LabCluster, name: str, wanted: Mapping[str, Any] | None) -> None:
    """Make, change (None: delete) a SIP trunk: ``security_profile`` (one that exists), ``description``, ``srtp_allowed``."""
    database, types = cluster.database, cluster.types
    columns: dict[str, Any] = {}
    if wanted and "description" in wanted:
        columns["description"] = wanted["description"]
    if wanted and "srtp_allowed" in wanted:
        columns["srtpallowed"] = "t" if wanted["srtp_allowed"] else "f"
    if wanted and "security_profile" in wanted:
        profile = f"select pkid from securityprofile where name = ? and {OF_TRUNKS}"
        columns["fksecurityprofile"] = database.value(profile, (wanted["security_profile"],))
    pkid = database.value("select pkid from device where name = ?", (name,))
    if wanted is None:
        database.execute("delete from device where pkid = ?", (pkid,))
    elif pkid is not None:
        database.update("device", pkid, columns)
    else:
        usual = {
            "description": "",
            "tkmodel": types.number("typemodel", TRUNK_MODEL),
            "tkclass": types.number("typeclass", "Trunk"),
            "tkdeviceprotocol": types.number("typedeviceprotocol", "SIP"),
            "fksecurityprofile": new_pkid(cluster.key, "securityprofile", TRUNK_PROFILE),
            "fksipprofile": new_pkid(cluster.key, "sipprofile"),
            "fkdevicepool": new_pkid(cluster.key, "devicepool", "Default"),
            "ctiid": 1 + database.value("select coalesce(max(ctiid), 999) from device"),
            "tkcertificatestatus": types.number("typecertificatestatus", "None"),
            "tkcertificateoperation": types.number("typecertificateoperation", "No Pending Operation"),
            "lscvaliduntil": 0,
            "lscissuervaliduntil": 0,
            "srtpallowed": "f",
            **_usual(cluster),
        }
        database.insert(
            "device", pkid=new_pkid(cluster.key, "device", name), name=name, **{**usual, **columns}
        )


def set_callmanager_group(cluster: LabCluster, name: str, members: Sequence[str]) -> None:
    """Give a CallManager group that exists other members, by priority."""
    database = cluster.database
    group = database.value("select pkid from callmanagergroup where name = ?", (name,))
    database.execute("delete from callmanagergroupmember where fkcallmanagergroup = ?", (group,))
    for priority, node in enumerate(members):
        database.insert(
            "callmanagergroupmember",
            pkid=new_pkid(cluster.key, "callmanagergroupmember", name, node),
            fkcallmanager=new_pkid(cluster.key, "callmanager", node),
            fkcallmanagergroup=group,
            priority=priority,
        )


def set_sso_mode(cluster: LabCluster, word: str) -> None:
    """Give every node a mode of single sign-on, a word of ``typessomode``."""
    number = cluster.types.number("typessomode", word)
    cluster.database.execute("update processnode set tkssomode = ?", (number,))


def set_ldap_host(cluster: LabCluster, host: str, details: Mapping[str, Any] | None) -> None:
    """Make, change (None: delete) a server of LDAP authentication: ``port``, ``encrypted`` ([V] TN220329 for table and columns)."""
    database, table = cluster.database, "ldapauthenticationhost"
    pkid = database.value(f"select pkid from {table} where hostname = ?", (host,))
    names = {"port": "portnumber", "encrypted": "sslenabled"}
    columns = {
        names[key]: value if key == "port" else "t" if value else "f"
        for key, value in (details or {}).items()
    }
    if details is None:
        database.execute(f"delete from {table} where pkid = ?", (pkid,))
    elif pkid is not None:
        database.update(table, pkid, columns)
    else:
        usual = {"tkldapprotocol": 1, "priority": 1, "sslenabled": "f", "portnumber": 389}
        database.insert(table, pkid=new_pkid(cluster.key, table, host), hostname=host, **{**usual, **columns})


def set_expressway(cluster: LabCluster, host: str, details: Mapping[str, str] | None) -> None:
    """Make, change (None: delete) an Expressway-C row: ``description``, ``x509``."""
    database = cluster.database
    names = {"description": "description", "x509": "x509subjectnameoraltname"}
    columns = {names[key]: value for key, value in (details or {}).items()}
    pkid = database.value("select pkid from expresswaycconfiguration where hostnameorip = ?", (host,))
    if details is None:
        database.execute("delete from expresswaycconfiguration where hostnameorip = ?", (host,))
    elif pkid is None:
        pkid = new_pkid(cluster.key, "expresswaycconfiguration", host)
        empty = dict.fromkeys(names.values(), "")
        database.insert("expresswaycconfiguration", pkid=pkid, hostnameorip=host, **{**empty, **columns})
    else:
        database.update("expresswaycconfiguration", pkid, columns)


PORTS = {
    "ethernetPhonePort": "ethernetphoneport",
    "listen": "mgcplistenport",
    "keepAlive": "mgcpkeepaliveport",
    "sipPhonePort": "sipphoneport",
    "sipPhoneSecurePort": "sipphonesecureport",
    "sipOAuthPort": "sipoauthport",
    "sipOAuthMRAPort": "sipoauthmraport",
}
"""The column of ``callmanager`` of what AXL calls so."""


def state(cluster: LabCluster) -> dict[str, Any]:
    """What the control API shows of all this."""
    database = cluster.database
    oauth = cluster.release_row.oauth
    parameters = database.execute(
        "select t.name, c.paramname, c.paramvalue from processconfig c join typeservice t on t.enum = c.tkservice "
        "order by t.name, c.paramname"
    )
    by_service: dict[str, dict[str, str]] = {}
    for service, name, value in parameters:
        by_service.setdefault(service, {})[name] = value
    managers = database.records(
        "select c.*, n.name as node from callmanager c join processnode n on n.pkid = c.fkprocessnode"
    )
    expressways = (
        database.records("select * from expresswaycconfiguration order by hostnameorip") if oauth else []
    )
    return {
        "service_parameters": by_service,
        "ports": {
            row["node"]: {element: row[name] for element, name in PORTS.items() if name in row}
            for row in managers
        },
        "expressway_c": {
            row["hostnameorip"]: {
                "description": row["description"],
                "x509": row["x509subjectnameoraltname"],
            }
            for row in expressways
        },
        "phone_security_profiles": {
            row["name"]: {**_described(cluster.types, row, ELEMENTS), "phones": row["devices"]}
            for row in _used_profiles(cluster, OF_PHONES)
        },
        "sip_trunks": {
            row["name"]: {
                "security_profile": row["profile"],
                "description": row["description"],
                "srtp_allowed": row["srtpallowed"] == "t",
            }
            for row in database.records(_TRUNK_ROWS)
        },
        "sip_trunk_security_profiles": {
            row["name"]: {**_described(cluster.types, row, TRUNK_ELEMENTS), "trunks": row["devices"]}
            for row in _used_profiles(cluster, OF_TRUNKS)
        },
    }


_TRUNK_ROWS = (
    "select d.name, d.description, d.srtpallowed, p.name as profile from device d join typeclass c on c.enum = d.tkclass "
    "left join securityprofile p on p.pkid = d.fksecurityprofile where c.name = 'Trunk' order by d.name"
)


def _used_profiles(cluster: LabCluster, which: str) -> list[dict[str, Any]]:
    return cluster.database.records(
        "select p.*, (select count(*) from device d where d.fksecurityprofile = p.pkid) as devices "
        f"from securityprofile p where p.{which} order by p.name"
    )


def profile_names(cluster: LabCluster, *, trunks: bool) -> tuple[set[str], set[str]]:
    """The names of the security profiles of SIP trunks (else of phones), and those of all others."""
    rows = cluster.database.execute(f"select name, {OF_TRUNKS if trunks else OF_PHONES} from securityprofile")
    mine = {name for name, fits in rows if fits}
    return mine, {name for name, _fits in rows} - mine


def _described(types: Types, row: Mapping[str, Any], elements: Elements) -> dict[str, Any]:
    described: dict[str, Any] = {"standard": row["isstandard"] == "t"}
    for element, (name, kind) in elements.items():
        if name not in row or element == "name":
            continue
        value = row[name]
        if kind == "boolean":
            value = value == "t"
        elif kind in type_tables.WORDS and value is not None:
            value = types.word(kind, value)
        described[element] = value
    return described
