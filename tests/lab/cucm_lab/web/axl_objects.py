# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of AXL, row by row from the database, with all their elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .soap import Reference

if TYPE_CHECKING:
    from ..domain.cluster import LabCluster

Row = dict[str, Any]
Rows = Callable[["LabCluster"], list[Row]]


def braces(pkid: str) -> str:
    """A pkid as AXL writes it: upper case in braces."""
    return "{" + pkid.upper() + "}"


def _reference(name: str | None, pkid: str | None) -> Reference | None:
    return Reference(name, braces(pkid)) if name is not None and pkid is not None else None


def process_nodes(cluster: LabCluster) -> list[Row]:
    rows = cluster.database.records(
        "select n.*, u.name as usage, r.name as role from processnode n "
        "join typenodeusage u on u.enum = n.tknodeusage "
        "join typeprocessnoderole r on r.enum = n.tkprocessnoderole order by n.nodeid"
    )
    return [
        {
            "@uuid": braces(row["pkid"]),
            "name": row["name"],
            "description": row["description"],
            # An empty element is no MAC address by the schema.
            **({"mac": row["mac"]} if row["mac"] else {}),
            "ipv6Name": row["ipv6name"],
            "nodeUsage": row["usage"],
            "lbmHubGroup": None,
            "processNodeRole": row["role"],
            "cupDomain": None,
        }
        for row in rows
    ]


def node_services(cluster: LabCluster) -> list[Row]:
    rows = cluster.database.records(
        "select s.*, n.name as node, t.name as service from processnodeservice s "
        "join processnode n on n.pkid = s.fkprocessnode "
        "join typeservice t on t.enum = s.tkservice order by n.nodeid, t.name"
    )
    return [
        {
            "@uuid": braces(row["pkid"]),
            "processNodeName": _reference(row["node"], row["fkprocessnode"]),
            "service": row["service"],
            "traceLevel": row["tracelevel"],
            "userCategories": None,
            "enable": row["enable"] == "t",
            "numFiles": row["numfiles"],
            "maxFileSize": row["maxfilesize"],
            "isActive": row["isactive"] == "t",
        }
        for row in rows
    ]


def call_managers(cluster: LabCluster) -> list[Row]:
    rows = cluster.database.records(
        "select c.*, n.name as node from callmanager c "
        "join processnode n on n.pkid = c.fkprocessnode order by c.ctiid"
    )
    return [
        {
            "@ctiid": str(row["ctiid"]),
            "@uuid": braces(row["pkid"]),
            "name": row["name"],
            "description": row["description"],
            "autoRegistration": {
                "startDn": row["autoregstartdn"],
                "endDn": row["autoregenddn"],
                "nextDn": row["autoregnextdn"],
                "routePartitionName": None,
                "e164Mask": None,
                "autoRegistrationEnabled": row["autoregistrationenabled"] == "t",
                "universalDeviceTemplate": None,
                "lineTemplate": None,
            },
            "ports": {
                "ethernetPhonePort": row["ethernetphoneport"],
                "mgcpPorts": {"listen": row["mgcplistenport"], "keepAlive": row["mgcpkeepaliveport"]},
                "sipPorts": {
                    "sipPhonePort": row["sipphoneport"],
                    "sipPhoneSecurePort": row["sipphonesecureport"],
                    "sipOAuthPort": row.get("sipoauthport"),
                    "sipOAuthMRAPort": row.get("sipoauthmraport"),
                },
            },
            "processNodeName": _reference(row["node"], row["fkprocessnode"]),
            "lbmGroup": None,
        }
        for row in rows
    ]


def call_manager_groups(cluster: LabCluster) -> list[Row]:
    members = cluster.database.records(
        "select m.*, c.name as callmanager from callmanagergroupmember m "
        "join callmanager c on c.pkid = m.fkcallmanager order by m.priority"
    )
    return [
        {
            "@uuid": braces(group["pkid"]),
            "name": group["name"],
            "tftpDefault": group["tftpdefault"] == "t",
            "members": {
                "member": [
                    {
                        "@uuid": braces(member["pkid"]),
                        "callManagerName": _reference(member["callmanager"], member["fkcallmanager"]),
                        "priority": member["priority"],
                    }
                    for member in members
                    if member["fkcallmanagergroup"] == group["pkid"]
                ]
            },
        }
        for group in cluster.database.records("select * from callmanagergroup order by name")
    ]


def parameters(cluster: LabCluster) -> list[Row]:
    rows = cluster.database.records(
        "select c.*, n.name as node, t.name as service from processconfig c "
        "join processnode n on n.pkid = c.fkprocessnode join typeservice t on t.enum = c.tkservice "
        "order by c.paramname"
    )
    return [
        {
            "@uuid": braces(row["pkid"]),
            "processNodeName": _reference(row["node"], row["fkprocessnode"]),
            "name": row["paramname"],
            "service": row["service"],
            "value": row["paramvalue"],
            "valueType": cluster.types.word("typeparam", row["tkparam"]),
        }
        for row in rows
    ]


_PROFILES = (
    "select p.*, m.name as model, d.name as protocol, s.name as mode, t.name as transport, o.name as outgoing, "
    "a.name as authentication, k.name as keysize, r.name as keyorder, e.name as eckeysize from securityprofile p "
    "join typemodel m on m.enum = p.tkmodel join typedeviceprotocol d on d.enum = p.tkdeviceprotocol "
    "join typedevicesecuritymode s on s.enum = p.tkdevicesecuritymode "
    "join typetransport t on t.enum = p.tktransport join typetransport o on o.enum = p.tktransport_out "
    "join typeauthenticationmode a on a.enum = p.tkauthenticationmode "
    "join typekeysize k on k.enum = p.tkkeysize join typekeyorder r on r.enum = p.tkkeyorder "
    "left join typeeckeysize e on e.enum = p.tkeckeysize "
)
"""A statement without its filter: phone profiles have policy 4 or 99, trunk profiles 1 or 8 ([C] wire-facts 3.3)."""


def phone_security_profiles(cluster: LabCluster) -> list[Row]:
    rows = cluster.database.records(_PROFILES + "where p.tksecuritypolicy in (4, 99) order by p.name")
    return [
        {
            "@uuid": braces(row["pkid"]),
            "phoneType": row["model"],
            "protocol": row["protocol"],
            "name": row["name"],
            "description": row["description"],
            "deviceSecurityMode": row["mode"],
            "authenticationMode": row["authentication"],
            "keySize": row["keysize"],
            "keyOrder": row["keyorder"],
            "ecKeySize": row["eckeysize"],
            "tftpEncryptedConfig": row["tftpencryptedflag"] == "t",
            "EnableOAuthAuthentication": row.get("sipoauthflag") == "t",
            "nonceValidityTime": row["noncepolicytime"],
            "transportType": row["transport"],
            "sipPhonePort": row["sipport"],
            "enableDigestAuthentication": row["digestauthall"] == "t",
            "excludeDigestCredentials": row["excludedigestcredentials"] == "t",
        }
        for row in rows
    ]


def trunk_security_profiles(cluster: LabCluster) -> list[Row]:
    rows = cluster.database.records(_PROFILES + "where p.tksecuritypolicy in (1, 8) order by p.name")
    return [
        {
            "@uuid": braces(row["pkid"]),
            "name": row["name"],
            "description": row["description"],
            "securityMode": row["mode"],
            "incomingTransport": row["transport"],
            "outgoingTransport": row["outgoing"],
            "digestAuthentication": row["digestauthall"] == "t",
            "noncePolicyTime": row["noncepolicytime"],
            "x509SubjectName": row["x509subjectname"],
            "incomingPort": row["incomingport"],
            "applLevelAuthentication": False,
            "acceptPresenceSubscription": False,
            "acceptOutOfDialogRefer": False,
            "acceptUnsolicitedNotification": False,
            "allowReplaceHeader": False,
            "transmitSecurityStatus": False,
        }
        for row in rows
    ]


_PHONES = (
    "from device d join typemodel m on m.enum = d.tkmodel "
    "join typeclass c on c.enum = d.tkclass join typedeviceprotocol o on o.enum = d.tkdeviceprotocol "
    "left join securityprofile s on s.pkid = d.fksecurityprofile "
    "left join sipprofile i on i.pkid = d.fksipprofile left join devicepool p on p.pkid = d.fkdevicepool "
    "left join typecertificatestatus cs on cs.enum = d.tkcertificatestatus "
    "left join typecertificateoperation co on co.enum = d.tkcertificateoperation "
    "left join typeauthenticationmode a on a.enum = d.tkauthenticationmode "
    "left join typekeysize k on k.enum = d.tkkeysize left join typekeyorder r on r.enum = d.tkkeyorder "
    "left join typeeckeysize e on e.enum = d.tkeckeysize "
    "left join commonphoneconfig f on f.pkid = d.fkcommonphoneconfig "
    "where c.name = 'Phone'"
)
_PHONE_CRITERIA = {
    "uuid": "d.pkid",
    "name": "d.name",
    "description": "d.description",
    "protocol": "o.name",
    "callingSearchSpaceName": "null",
    "devicePoolName": "p.name",
    "securityProfileName": "s.name",
}


def _phone_filter(criteria: Mapping[str, str]) -> tuple[str, list[str]]:
    conditions = "".join(f" and coalesce({_PHONE_CRITERIA[name]}, '') like ?" for name in criteria)
    return conditions, list(criteria.values())


def count_phones(cluster: LabCluster, criteria: Mapping[str, str]) -> int:
    """How many phones fit (patterns of ``like``, by the names of AXL's criteria)."""
    conditions, patterns = _phone_filter(criteria)
    return cluster.database.value(f"select count(*) {_PHONES}{conditions}", patterns)


def phones(
    cluster: LabCluster, criteria: Mapping[str, str] | None = None, page: tuple[int, int] | None = None
) -> list[Row]:
    """The phones that fit. page: how many to skip and how many to give, so that tens of thousands stay quick."""
    conditions, patterns = _phone_filter(criteria or {})
    skip, first = page or (0, -1)
    rows = cluster.database.records(
        "select d.*, m.name as model, c.name as class, o.name as protocol, s.name as profile, i.name as sip, "
        "a.name as authentication, k.name as keysize, r.name as keyorder, e.name as eckeysize, f.name as common, "
        f"p.name as pool, cs.name as certificate, co.name as operation {_PHONES}{conditions} order by d.name limit ? offset ?",
        [*patterns, first, skip],
    )
    return [
        {
            "@ctiid": str(row["ctiid"]),
            "@uuid": braces(row["pkid"]),
            "name": row["name"],
            "description": row["description"],
            "product": row["model"],
            "model": row["model"],
            "class": row["class"],
            "protocol": row["protocol"],
            "protocolSide": "User",
            "callingSearchSpaceName": None,
            "devicePoolName": _reference(row["pool"], row["fkdevicepool"]),
            "commonPhoneConfigName": _reference(row["common"], row["fkcommonphoneconfig"]),
            "loadInformation": row["specialloadinformation"],
            "securityProfileName": _reference(row["profile"], row["fksecurityprofile"]),
            "sipProfileName": _reference(row["sip"], row["fksipprofile"]),
            "certificateOperation": row["operation"],
            "authenticationMode": row["authentication"],
            "keySize": row["keysize"],
            "keyOrder": row["keyorder"],
            **({"ecKeySize": row["eckeysize"]} if row["eckeysize"] else {}),
            "authenticationString": row["authenticationstring"],
            "certificateStatus": row["certificate"],
            "upgradeFinishTime": row["upgradefinishtime"],
            "digestUser": None,
            "enableActivationID": False,
            "mraServiceDomain": None,
            "allowMraMode": False,
        }
        for row in rows
    ]


def device_pools(cluster: LabCluster) -> list[Row]:
    rows = cluster.database.records(
        "select p.*, g.name as cmgroup, r.name as region from devicepool p "
        "left join callmanagergroup g on g.pkid = p.fkcallmanagergroup "
        "left join region r on r.pkid = p.fkregion order by p.name"
    )
    return [
        {
            "@uuid": braces(row["pkid"]),
            "name": row["name"],
            "callManagerGroupName": _reference(row["cmgroup"], row["fkcallmanagergroup"]),
            "regionName": _reference(row["region"], row["fkregion"]),
            "mraServiceDomain": None,
        }
        for row in rows
    ]


def expressways(cluster: LabCluster) -> list[Row]:
    return [
        {
            "@uuid": braces(row["pkid"]),
            "HostNameOrIP": row["hostnameorip"],
            "description": row["description"],
            "X509SubjectNameorSubjectAlternateName": row["x509subjectnameoraltname"],
        }
        for row in cluster.database.records("select * from expresswaycconfiguration order by hostnameorip")
    ]


def service_domains(cluster: LabCluster) -> list[Row]:
    return [
        {
            "@uuid": braces(row["pkid"]),
            "name": row["name"],
            "isDefault": row["isdefault"] == "t",
            "serviceDomains": row["servicedomains"],
        }
        for row in cluster.database.records("select * from mraservicedomain order by name")
    ]


def tvs_certificates(cluster: LabCluster) -> list[Row]:
    database = cluster.database
    roles = database.records(
        "select m.*, t.name from certificatetrustrolemap m join typetrustrole t on t.enum = m.tktrustrole"
    )
    services = database.records(
        "select m.*, t.name from certificateservicecertificatemap m "
        "join typecertificateservice t on t.enum = m.tkcertificateservice"
    )

    def named(rows: list[Row], tag: str, certificate: str) -> list[Row]:
        return [
            {"@uuid": braces(row["pkid"]), tag: row["name"]}
            for row in rows
            if row["fkcertificate"] == certificate
        ]

    return [
        {
            "@uuid": braces(row["pkid"]),
            "subjectName": row["subjectname"],
            "issuerName": row["issuername"],
            "serialNumber": row["serialnumber"],
            # An empty element is no integer by the schema.
            **({"timeToLive": row["timetolive"]} if row["timetolive"] is not None else {}),
            "ipv4Address": row["ipv4address"],
            "ipv6Address": None,
            "roles": {"role": named(roles, "roleName", row["pkid"])},
            "services": {"service": named(services, "serviceName", row["pkid"])},
        }
        for row in database.records("select * from certificate order by subjectname, pkid")
    ]


def registrations(cluster: LabCluster) -> list[Row]:
    rows = cluster.database.records(
        "select r.*, d.name as device from registrationdynamic r join device d on d.pkid = r.fkdevice order by d.name"
    )
    return [
        {
            "@uuid": braces(row["pkid"]),
            "device": _reference(row["device"], row["fkdevice"]),
            "lastKnownIpAddress": row["lastknownipaddress"],
            "lastKnownUcm": row["lastknownucm"],
            "lastKnownConfigVersion": row["lastknownconfigversion"],
            "locationDetails": None,
            "endpointConnection": "Unknown",
            "portOrSsid": None,
            "lastSeen": row["lastseen"],
            "risStatus": row.get("risstatus"),
        }
        for row in rows
    ]


def credential_policies(cluster: LabCluster) -> list[Row]:
    return [
        {
            "@uuid": braces(row["pkid"]),
            "name": row["name"],
            "failedLogon": row["failedlogon"],
            "resetFailedLogonAttempts": row["resetfailedlogonattempts"],
            "lockoutDuration": row["lockoutduration"],
            "credExpiresAfter": row["credexpiresafter"],
            "minCredLength": row["mincredlength"],
            "prevCredStoredNum": row["prevcredstorednum"],
        }
        for row in cluster.database.records("select * from credentialpolicy order by name")
    ]


def secure_configuration(cluster: LabCluster) -> list[Row]:
    return [
        {"@uuid": braces(row["pkid"]), "name": row["name"], "value": row["value"]}
        for row in cluster.database.records("select * from secureconfig order by name")
    ]


def none(cluster: LabCluster) -> list[Row]:
    """Objects this lab has no row of."""
    return []


ROWS: dict[str, Rows] = {
    "ProcessNode": process_nodes,
    "ProcessNodeService": node_services,
    "CallManager": call_managers,
    "CallManagerGroup": call_manager_groups,
    "ServiceParameter": parameters,
    "SecureConfig": secure_configuration,
    "PhoneSecurityProfile": phone_security_profiles,
    "SipTrunkSecurityProfile": trunk_security_profiles,
    "Phone": phones,
    "DevicePool": device_pools,
    "ExpresswayCConfiguration": expressways,
    "MraServiceDomain": service_domains,
    "TvsCertificate": tvs_certificates,
    "RegistrationDynamic": registrations,
    "ApplicationUserCapfProfile": none,
    "EndUserCapfProfile": none,
    "CredentialPolicy": credential_policies,
}
"""By the name of the object in its operations."""
