# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an administrator configures beside nodes and parameters: profiles, phones, pools, trusted certificates.

Table and column names: [C]/[D] wire-facts 3.3. Invented: the numbers of all types, the columns ``tkdeviceprotocol``,
``sipport`` and ``excludedigestcredentials`` of ``securityprofile``, the tables behind registration, credential
policies and secure configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .database import new_pkid
from .models import MODELS, UNIVERSAL, models_of, standard_profile

if TYPE_CHECKING:
    from .cluster import LabCluster
    from .node import LabNode

TABLES = """
create table securityprofile (pkid text primary key, name text unique, description text, tkmodel integer,
  tkdeviceprotocol integer, tksecuritypolicy integer, tkdevicesecuritymode integer, tktransport integer,
  tktransport_out integer, tftpencryptedflag text, sipoauthflag text, digestauthall text, noncepolicytime integer,
  tkauthenticationmode integer, tkkeyorder integer, tkkeysize integer, tkeckeysize integer, isstandard text,
  x509subjectname text, incomingport integer, sipport integer, excludedigestcredentials text);
create table region (pkid text primary key, name text unique);
create table devicepool (pkid text primary key, name text unique, fkcallmanagergroup text, fkregion text);
create table sipprofile (pkid text primary key, name text unique);
create table device (pkid text primary key, name text unique, description text, tkmodel integer, tkclass integer,
  tkdeviceprotocol integer, fksecurityprofile text, fksipprofile text, fkdevicepool text, ctiid integer);
create index device_profile on device (fksecurityprofile);
create table registrationdynamic (pkid text primary key, fkdevice text, lastknownipaddress text, lastknownucm text,
  lastknownconfigversion text, lastseen integer, risstatus text);
create table certificate (pkid text primary key, subjectname text, issuername text, serialnumber text,
  certificate text, ipv4address text, timetolive integer);
create table certificateservicecertificatemap (pkid text primary key, fkcertificate text,
  tkcertificateservice integer);
create table certificateprocessnodemap (pkid text primary key, fkcertificate text, fkprocessnode text);
create table certificatetrustrolemap (pkid text primary key, fkcertificate text, tktrustrole integer);
create table credentialpolicy (pkid text primary key, name text unique, failedlogon integer, lockoutduration integer,
  resetfailedlogonattempts integer, credexpiresafter integer, mincredlength integer, prevcredstorednum integer);
create table secureconfig (pkid text primary key, name text unique, value text);
create table mraservicedomain (pkid text primary key, name text unique, isdefault text, servicedomains text);
create table applicationusercapfdynamic (pkid text primary key, applicationuser text, instanceid text);
create table endusercapfdynamic (pkid text primary key, enduserid text, instanceid text);
create table slmserver (pkid text primary key, transporturl text);
"""

TYPES: dict[str, tuple[str, ...]] = {
    "typemodel": (*MODELS, "SIP Trunk"),
    "typeclass": ("Phone", "Gateway", "Trunk"),
    "typedeviceprotocol": ("SCCP", "SIP"),
    "typedevicesecuritymode": ("Non Secure", "Authenticated", "Encrypted"),
    "typetransport": ("TCP", "UDP", "TLS", "TCP+UDP"),
    "typeauthenticationmode": (
        "By Authentication String",
        "By Null String",
        "By Existing Certificate (precedence to LSC)",
        "By Existing Certificate (precedence to MIC)",
    ),
    "typekeyorder": ("RSA Only", "EC Only", "EC Preferred, RSA Backup"),
    "typekeysize": ("512", "1024", "2048", "3072", "4096"),
    "typeeckeysize": ("256", "384", "521"),
    "typecertificateservice": ("CallManager", "CAPF", "TVS", "ITLRecovery", "tomcat", "CallManager-trust"),
    "typetrustrole": ("SAST", "CallManager", "CallManagerTFTP", "CAPF", "Authentication and Authorization"),
}
"""Enumerations, by the words the AXL schema has for them ([X] wire-facts 2.5, 2.9); numbered in this order."""


def number(table: str, word: str) -> int:
    """The ``enum`` of a word in one of :data:`TYPES`."""
    return TYPES[table].index(word)


def tables() -> str:
    """SQL that creates all tables of this module."""
    types = (f"create table {name} (enum integer primary key, name text, moniker text);" for name in TYPES)
    return TABLES + "\n".join(types)


def fill(cluster: LabCluster) -> None:
    """Fill the tables as a freshly installed cluster has them, with the topology's phones."""
    database = cluster.database
    for table, words in TYPES.items():
        for enum, word in enumerate(words):
            database.insert(table, enum=enum, name=word, moniker=None)
    _profiles(cluster)
    _pools(cluster)
    _phones(cluster)
    for node in cluster.nodes.values():
        _certificates(cluster, node)
    database.insert(
        "credentialpolicy",
        pkid=new_pkid(cluster.name, "credentialpolicy"),
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
        database.insert("slmserver", pkid=new_pkid(cluster.name, "slmserver"), transporturl=url)


DEFAULT_MODEL = "Cisco 8841"


def trunk_profile() -> dict[str, Any]:
    """The columns of the built-in profile of SIP trunks."""
    return {
        **profile_columns({}),
        "name": "Non Secure SIP Trunk Profile",
        "description": "Non Secure SIP Trunk Profile",
        "tkmodel": number("typemodel", "SIP Trunk"),
        "tkdeviceprotocol": number("typedeviceprotocol", "SIP"),
        "tksecuritypolicy": 1,
        "isstandard": "t",
    }


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


def column(element: str, value: object) -> tuple[str, Any]:
    """Column and stored value of an element of a phone security profile. Raises BadValue."""
    name, kind = ELEMENTS[element]
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
    if text not in TYPES[kind]:
        raise BadValue(element, value)
    return name, number(kind, text)


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


def profile_columns(elements: Mapping[str, object]) -> dict[str, Any]:
    """The columns of a new phone security profile, by AXL's elements. Raises BadValue."""
    return {
        **dict(column(element, value) for element, value in {**DEFAULTS, **elements}.items()),
        **({} if "ecKeySize" in elements else {"tkeckeysize": None}),
        "tksecuritypolicy": 99 if elements.get("phoneType") == UNIVERSAL else 4,
        "tktransport_out": number("typetransport", "TCP"),
        "isstandard": "f",
        "x509subjectname": "",
        "incomingport": 5060,
    }


def insert_profile(cluster: LabCluster, pkid: str, columns: Mapping[str, Any]) -> None:
    """Insert a row of ``securityprofile``, without what the release does not have."""
    known = {
        name: value for name, value in columns.items() if cluster.release_row.oauth or name != "sipoauthflag"
    }
    cluster.database.insert("securityprofile", pkid=pkid, **known)


def _standard_profiles(release: str) -> Iterator[dict[str, Any]]:
    for model in models_of(release):
        for protocol in model.protocols:
            name = standard_profile(model.name, protocol)
            transport = "TCP" if protocol == "SCCP" else "TCP+UDP"
            yield {
                **profile_columns(
                    {
                        "name": name,
                        "description": name,
                        "phoneType": model.name,
                        "protocol": protocol,
                        "transportType": transport,
                    }
                ),
                "isstandard": "t",
            }
    yield trunk_profile()


def _profiles(cluster: LabCluster) -> None:
    for columns in _standard_profiles(cluster.release):
        insert_profile(cluster, new_pkid(cluster.name, "securityprofile", columns["name"]), columns)
    for name, elements in cluster.spec.phone_security_profiles.items():
        play_profile(cluster, name, elements)


def _pools(cluster: LabCluster) -> None:
    name, database = cluster.name, cluster.database
    region = new_pkid(name, "region", "Default")
    database.insert("region", pkid=region, name="Default")
    database.insert(
        "devicepool",
        pkid=new_pkid(name, "devicepool", "Default"),
        name="Default",
        fkcallmanagergroup=new_pkid(name, "callmanagergroup", "Default"),
        fkregion=region,
    )
    database.insert("sipprofile", pkid=new_pkid(name, "sipprofile"), name="Standard SIP Profile")


@dataclass(frozen=True)
class Phones:
    """So many phones of a model with a profile; without one, with the model's built-in profile."""

    count: int
    model: str = DEFAULT_MODEL
    security_profile: str | None = None


def _phone_name(model: str, index: int) -> str:
    prefix = MODELS[model].prefix
    # A hardware phone is called by its MAC address, a client by what its administrator likes.
    return f"{prefix}0000000{index:05X}" if prefix == "SEP" else f"{prefix}USER{index:05d}"


def _phones(cluster: LabCluster) -> None:
    name, database = cluster.name, cluster.database
    profiles = {row["name"]: row for row in database.records("select * from securityprofile")}
    fixed = {
        "tkclass": number("typeclass", "Phone"),
        "fksipprofile": new_pkid(name, "sipprofile"),
        "fkdevicepool": new_pkid(name, "devicepool", "Default"),
    }
    seen = int(cluster.clock.now().timestamp())
    devices: list[dict[str, Any]] = []
    registrations: list[dict[str, Any]] = []
    for group in cluster.spec.phones:
        profile = profiles[
            group.security_profile or standard_profile(group.model, MODELS[group.model].protocols[0])
        ]
        for index in range(len(devices), len(devices) + group.count):
            device = _phone_name(group.model, index)
            pkid = new_pkid(name, "device", device)
            devices.append(
                {
                    "pkid": pkid,
                    "name": device,
                    "description": f"Phone {index + 1}",
                    "tkmodel": number("typemodel", group.model),
                    "tkdeviceprotocol": profile["tkdeviceprotocol"],
                    "fksecurityprofile": profile["pkid"],
                    "ctiid": 1000 + index,
                    **fixed,
                }
            )
            registrations.append(
                {
                    "pkid": new_pkid(name, "registrationdynamic", device),
                    "fkdevice": pkid,
                    "lastknownipaddress": f"10.{index // 62500}.{index // 250 % 250}.{index % 250 + 1}",
                    "lastknownucm": cluster.publisher.name,
                    "lastknownconfigversion": "",
                    "lastseen": seen,
                    "risstatus": "Registered",
                }
            )
    database.insert_many("device", devices)
    database.insert_many("registrationdynamic", registrations)


# -- the administrator, or the test, plays ---------------------------------------------------------------------


def play_profile(cluster: LabCluster, name: str, elements: Mapping[str, object] | None) -> None:
    """Make, change (None: delete) a phone security profile, unchecked. Raises BadValue."""
    database = cluster.database
    pkid = database.value("select pkid from securityprofile where name = ?", (name,))
    if elements is None:
        database.execute("delete from securityprofile where name = ?", (name,))
    elif pkid is None:
        whole = {"phoneType": DEFAULT_MODEL, "protocol": "SIP", "name": name, **elements}
        insert_profile(cluster, new_pkid(cluster.name, "securityprofile", name), profile_columns(whole))
    else:
        database.update(
            "securityprofile", pkid, dict(column(element, value) for element, value in elements.items())
        )


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
                "x509": row["x509subjectnameorsubjectalternatename"],
            }
            for row in expressways
        },
        "phone_security_profiles": {row["name"]: _described(row) for row in _phone_profiles(cluster)},
    }


def _phone_profiles(cluster: LabCluster) -> list[dict[str, Any]]:
    return cluster.database.records(
        "select p.*, (select count(*) from device d where d.fksecurityprofile = p.pkid) as phones "
        "from securityprofile p where p.tksecuritypolicy in (4, 99) order by p.name"
    )


def _described(row: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"standard": row["isstandard"] == "t", "phones": row["phones"]}
    for element, (name, kind) in ELEMENTS.items():
        if name not in row or element == "name":
            continue
        value = row[name]
        if kind == "boolean":
            value = value == "t"
        elif kind is not None and kind in TYPES and value is not None:
            value = TYPES[kind][value]
        described[element] = value
    return described


_ROLES = {
    "CallManager": ("CallManager", "CallManagerTFTP"),
    "CAPF": ("CAPF",),
    "TVS": ("Authentication and Authorization",),
    "ITLRecovery": ("SAST",),
}


def _certificates(cluster: LabCluster, node: LabNode) -> None:
    for unit, roles in _ROLES.items():
        certificate = node.certificates.get(unit)
        if certificate is None or (unit == "ITLRecovery" and not node.is_publisher):
            continue
        pkid = new_pkid(cluster.name, "certificate", node.name, unit)
        x = certificate.certificate
        cluster.database.insert(
            "certificate",
            pkid=pkid,
            subjectname=x.subject.rfc4514_string(),
            issuername=x.issuer.rfc4514_string(),
            serialnumber=f"{x.serial_number:x}",
            certificate=certificate.pem,
            ipv4address=node.address,
            timetolive=24,
        )
        _map(
            cluster,
            "certificateservicecertificatemap",
            pkid,
            tkcertificateservice=number("typecertificateservice", unit),
        )
        _map(cluster, "certificateprocessnodemap", pkid, fkprocessnode=node.pkid)
        for role in roles:
            _map(cluster, "certificatetrustrolemap", pkid, tktrustrole=number("typetrustrole", role))


def _map(cluster: LabCluster, table: str, certificate: str, **to: object) -> None:
    pkid = new_pkid(table, certificate, *map(str, to.values()))
    cluster.database.insert(table, pkid=pkid, fkcertificate=certificate, **to)
