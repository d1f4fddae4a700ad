# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an administrator configures beside nodes and parameters: profiles, phones, pools, trusted certificates.

Table and column names: [C]/[D] wire-facts 3.3. Invented: the numbers of all types, the columns ``tkdeviceprotocol``
and ``sipport`` of ``securityprofile``, the tables behind registration, credential policies and secure configuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .database import new_pkid

if TYPE_CHECKING:
    from .cluster import LabCluster
    from .node import LabNode

TABLES = """
create table securityprofile (pkid text primary key, name text unique, description text, tkmodel integer,
  tkdeviceprotocol integer, tksecuritypolicy integer, tkdevicesecuritymode integer, tktransport integer,
  tktransport_out integer, tftpencryptedflag text, sipoauthflag text, digestauthall text, noncepolicytime integer,
  tkauthenticationmode integer, tkkeyorder integer, tkkeysize integer, tkeckeysize integer, isstandard text,
  x509subjectname text, incomingport integer, sipport integer);
create table region (pkid text primary key, name text unique);
create table devicepool (pkid text primary key, name text unique, fkcallmanagergroup text, fkregion text);
create table sipprofile (pkid text primary key, name text unique);
create table device (pkid text primary key, name text unique, description text, tkmodel integer, tkclass integer,
  tkdeviceprotocol integer, fksecurityprofile text, fksipprofile text, fkdevicepool text, ctiid integer);
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
    "typemodel": ("Cisco 8841", "Cisco 8861", "Cisco Unified Client Services Framework", "SIP Trunk"),
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
    """Fill the tables as a freshly installed cluster has them, with the topology's number of phones."""
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


PHONE_PROFILE = "Cisco 8841 - Standard SIP Non-Secure Profile"
_PROFILES = (
    # name, model, protocol, policy ([C]: phones 4 or 99, trunks 1 or 8), transport
    (PHONE_PROFILE, "Cisco 8841", "SIP", 4, "TCP+UDP"),
    ("Cisco 8861 - Standard SCCP Non-Secure Profile", "Cisco 8861", "SCCP", 4, "TCP"),
    ("Universal Device Template - Model-independent Security Profile", "Cisco 8861", "SIP", 99, "TCP+UDP"),
    ("Non Secure SIP Trunk Profile", "SIP Trunk", "SIP", 1, "TCP+UDP"),
)


def _profiles(cluster: LabCluster) -> None:
    for name, model, protocol, policy, transport in _PROFILES:
        cluster.database.insert(
            "securityprofile",
            pkid=new_pkid(cluster.name, "securityprofile", name),
            name=name,
            description=name,
            tkmodel=number("typemodel", model),
            tkdeviceprotocol=number("typedeviceprotocol", protocol),
            tksecuritypolicy=policy,
            tkdevicesecuritymode=number("typedevicesecuritymode", "Non Secure"),
            tktransport=number("typetransport", transport),
            tktransport_out=number("typetransport", "TCP"),
            tftpencryptedflag="f",
            sipoauthflag="f",
            digestauthall="f",
            noncepolicytime=600,
            tkauthenticationmode=number("typeauthenticationmode", "By Null String"),
            tkkeyorder=number("typekeyorder", "RSA Only"),
            tkkeysize=number("typekeysize", "2048"),
            tkeckeysize=None,
            isstandard="t",
            x509subjectname="",
            incomingport=5060,
            sipport=5060,
        )


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


def _phones(cluster: LabCluster) -> None:
    name, database = cluster.name, cluster.database
    for index in range(cluster.spec.phones):
        device = f"SEP0000000{index:05X}"
        pkid = new_pkid(name, "device", device)
        database.insert(
            "device",
            pkid=pkid,
            name=device,
            description=f"Phone {index + 1}",
            tkmodel=number("typemodel", "Cisco 8841"),
            tkclass=number("typeclass", "Phone"),
            tkdeviceprotocol=number("typedeviceprotocol", "SIP"),
            fksecurityprofile=new_pkid(name, "securityprofile", PHONE_PROFILE),
            fksipprofile=new_pkid(name, "sipprofile"),
            fkdevicepool=new_pkid(name, "devicepool", "Default"),
            ctiid=1000 + index,
        )
        database.insert(
            "registrationdynamic",
            pkid=new_pkid(name, "registrationdynamic", device),
            fkdevice=pkid,
            lastknownipaddress=f"10.0.{index // 250}.{index % 250 + 1}",
            lastknownucm=cluster.publisher.name,
            lastknownconfigversion="",
            lastseen=int(cluster.clock.now().timestamp()),
            risstatus="Registered",
        )


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
