# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which AXL operations there are and the order of their elements ([X] wire-facts 2, checked against 11.5 to 12.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import EllipsisType
from typing import Any, Literal
from xml.etree.ElementTree import Element

from .soap import RefusalByText, is_nil, split


class Invalid(RefusalByText):
    """A request does not follow the schema.

    The words are those of the common Java validator; what the device prints exactly is not public ([?]).
    """


@dataclass(frozen=True)
class Item:
    """An element in a sequence.

    children None: text; ``...`` (Ellipsis): anything. may_be_empty: its children may be missing altogether. kind and
    longest: what a text may be. nillable: it may be nil. default: what an empty element means, and in an ``add`` one
    that is absent.
    """

    name: str
    required: bool = False
    children: tuple[Item | Choice, ...] | EllipsisType | None = None
    may_be_empty: bool = False
    kind: Literal["text", "boolean", "integer"] = "text"
    longest: int | None = None
    nillable: bool = False
    default: str | None = None


@dataclass(frozen=True)
class Choice:
    """Exactly one of several sequences."""

    alternatives: tuple[tuple[Item, ...], ...]


Spec = tuple[Item | Choice, ...]
"""A sequence."""


def _tags(names: str) -> tuple[str, ...]:
    return tuple(names.split())


@dataclass(frozen=True)
class Object:
    """Something that get and list operations answer.

    name: of the operations, after ``get`` or ``list``. element: around each object in an answer. tags: what an
    answer can hold and ``returnedTags`` can name, in order. criteria: of ``list`` (empty: there is no ``list``).
    keys: alternatives beside ``uuid``. get_only: tags that ``list`` does not have. since: schema version.
    """

    name: str
    element: str
    tags: tuple[str, ...]
    criteria: tuple[str, ...]
    keys: tuple[str, ...] = ("name",)
    get_only: tuple[str, ...] = ()
    since: str = "0"


PHONE = _tags("""
name description product model class protocol protocolSide callingSearchSpaceName devicePoolName
commonDeviceConfigName commonPhoneConfigName networkLocation locationName mediaResourceListName
networkHoldMohAudioSourceId userHoldMohAudioSourceId automatedAlternateRoutingCssName
aarNeighborhoodName loadInformation vendorConfig versionStamp traceFlag mlppDomainId
mlppIndicationStatus preemption useTrustedRelayPoint retryVideoCallAsAudio securityProfileName
sipProfileName cgpnTransformationCssName useDevicePoolCgpnTransformCss geoLocationName
geoLocationFilterName sendGeoLocation lines numberOfButtons phoneTemplateName speeddials
busyLampFields primaryPhoneName ringSettingIdleBlfAudibleAlert ringSettingBusyBlfAudibleAlert
blfDirectedCallParks addOnModules userLocale networkLocale idleTimeout authenticationUrl
directoryUrl idleUrl informationUrl messagesUrl proxyServerUrl servicesUrl services
softkeyTemplateName loginUserId defaultProfileName enableExtensionMobility currentProfileName
loginTime loginDuration currentConfig singleButtonBarge joinAcrossLines builtInBridgeStatus
callInfoPrivacyStatus hlogStatus ownerUserName ignorePresentationIndicators packetCaptureMode
packetCaptureDuration subscribeCallingSearchSpaceName rerouteCallingSearchSpaceName
allowCtiControlFlag presenceGroupName unattendedPort requireDtmfReception rfc2833Disabled
certificateOperation authenticationMode keySize keyOrder ecKeySize authenticationString
certificateStatus upgradeFinishTime deviceMobilityMode roamingDevicePoolName remoteDevice dndOption
dndRingSetting dndStatus isActive isDualMode mobilityUserIdName phoneSuite phoneServiceDisplay
isProtected mtpRequired mtpPreferedCodec dialRulesName sshUserId sshPwd digestUser
outboundCallRollover hotlineDevice secureInformationUrl secureDirectoryUrl secureMessageUrl
secureServicesUrl secureAuthenticationUrl secureIdleUrl alwaysUsePrimeLine
alwaysUsePrimeLineForVoiceMessage featureControlPolicy deviceTrustMode earlyOfferSupportForVoiceCall
requireThirdPartyRegistration blockIncomingCallsWhenRoaming homeNetworkId
AllowPresentationSharingUsingBfcp confidentialAccess requireOffPremiseLocation
allowiXApplicableMedia cgpnIngressDN useDevicePoolCgpnIngressDN msisdn
enableCallRoutingToRdWhenNoneIsActive wifiHotspotProfile wirelessLanProfileGroup elinGroup
enableActivationID activationIDStatus mraServiceDomain allowMraMode
""")
PHONE_GET_ONLY = _tags("""
vendorConfig versionStamp mlppDomainId lines speeddials busyLampFields blfDirectedCallParks
addOnModules services sshPwd cgpnIngressDN useDevicePoolCgpnIngressDN msisdn wifiHotspotProfile
wirelessLanProfileGroup elinGroup activationIDStatus
""")
DEVICE_POOL = _tags("""
name autoSearchSpaceName dateTimeSettingName callManagerGroupName mediaResourceListName regionName
networkLocale srstName connectionMonitorDuration automatedAlternateRoutingCssName
aarNeighborhoodName locationName mobilityCssName physicalLocationName deviceMobilityGroupName
revertPriority singleButtonBarge joinAcrossLines cgpnTransformationCssName cdpnTransformationCssName
localRouteGroupName geoLocationName geoLocationFilterName callingPartyNationalPrefix
callingPartyInternationalPrefix callingPartyUnknownPrefix callingPartySubscriberPrefix
adjunctCallingSearchSpace callingPartyNationalStripDigits callingPartyInternationalStripDigits
callingPartyUnknownStripDigits callingPartySubscriberStripDigits
callingPartyNationalTransformationCssName callingPartyInternationalTransformationCssName
callingPartyUnknownTransformationCssName callingPartySubscriberTransformationCssName
calledPartyNationalPrefix calledPartyInternationalPrefix calledPartyUnknownPrefix
calledPartySubscriberPrefix calledPartyNationalStripDigits calledPartyInternationalStripDigits
calledPartyUnknownStripDigits calledPartySubscriberStripDigits
calledPartyNationalTransformationCssName calledPartyInternationalTransformationCssName
calledPartyUnknownTransformationCssName calledPartySubscriberTransformationCssName
imeEnrolledPatternGroupName cntdPnTransformationCssName localRouteGroup
redirectingPartyTransformationCSS callingPartyTransformationCSS wirelessLanProfileGroup elinGroup
mraServiceDomain
""")
DEVICE_POOL_GET_ONLY = _tags("""
cntdPnTransformationCssName redirectingPartyTransformationCSS callingPartyTransformationCSS
wirelessLanProfileGroup elinGroup
""")
SIP_TRUNK_SECURITY_PROFILE = _tags("""
name description securityMode incomingTransport outgoingTransport digestAuthentication
noncePolicyTime x509SubjectName incomingPort applLevelAuthentication acceptPresenceSubscription
acceptOutOfDialogRefer acceptUnsolicitedNotification allowReplaceHeader transmitSecurityStatus
sipV150OutboundSdpOfferFiltering allowChargingHeader
""")
PHONE_SECURITY_PROFILE = _tags("""
phoneType protocol name description deviceSecurityMode authenticationMode keySize keyOrder ecKeySize
tftpEncryptedConfig EnableOAuthAuthentication nonceValidityTime transportType sipPhonePort
enableDigestAuthentication excludeDigestCredentials
""")
CREDENTIAL_POLICY = _tags("""
name failedLogon resetFailedLogonAttempts lockoutDuration credChangeDuration credExpiresAfter
minCredLength prevCredStoredNum inactiveDaysAllowed expiryWarningDays trivialCredCheck
minCharsToChange
""")
APPLICATION_USER_CAPF = _tags("""
applicationUser instanceId certificateOperation authenticationMode authenticationString keySize
keyOrder ecKeySize operationCompletion certificationOperationStatus
""")
END_USER_CAPF = _tags("""
endUserId instanceId certificationOperation authenticationMode authenticationString keySize keyOrder
ecKeySize operationCompletion certificationOperationStatus
""")
TVS = _tags("""
subjectName issuerName serialNumber timeToLive ipv4Address ipv6Address roles services
""")
REGISTRATION = _tags("""
device lastKnownIpAddress lastKnownUcm lastKnownConfigVersion locationDetails endpointConnection
portOrSsid lastSeen
""")

PROCESS_NODE = _tags("name description mac ipv6Name nodeUsage lbmHubGroup processNodeRole cupDomain")
PROCESS_NODE_SERVICE = _tags(
    "processNodeName service traceLevel userCategories enable numFiles maxFileSize isActive"
)
CALL_MANAGER = _tags("name description autoRegistration ports processNodeName lbmGroup")
SERVICE_PARAMETER = _tags("processNodeName name service value valueType")
EXPRESSWAY_C = _tags("HostNameOrIP description X509SubjectNameorSubjectAlternateName")
_NAMED = ("name", "description")

OBJECTS = (
    Object("ProcessNode", "processNode", PROCESS_NODE, (*_NAMED, "processNodeRole"), get_only=("cupDomain",)),
    Object(
        "ProcessNodeService",
        "processNodeService",
        PROCESS_NODE_SERVICE,
        ("processNodeName",),
        ("processNodeName", "service"),
    ),
    Object("CallManager", "callManager", CALL_MANAGER, _NAMED, get_only=("ports",)),
    Object(
        "ServiceParameter",
        "serviceParameter",
        SERVICE_PARAMETER,
        ("processNodeName", "service"),
        ("processNodeName", "name", "service"),
    ),
    Object("SecureConfig", "secureConfig", ("name", "value"), ()),
    Object("PhoneSecurityProfile", "phoneSecurityProfile", PHONE_SECURITY_PROFILE, _NAMED),
    Object("SipTrunkSecurityProfile", "sipTrunkSecurityProfile", SIP_TRUNK_SECURITY_PROFILE, _NAMED),
    Object(
        "Phone",
        "phone",
        PHONE,
        (*_NAMED, "protocol", "callingSearchSpaceName", "devicePoolName", "securityProfileName"),
        get_only=PHONE_GET_ONLY,
    ),
    Object(
        "CallManagerGroup",
        "callManagerGroup",
        ("name", "tftpDefault", "members"),
        ("name",),
        get_only=("members",),
    ),
    Object(
        "DevicePool",
        "devicePool",
        DEVICE_POOL,
        ("name", "callManagerGroupName", "regionName"),
        get_only=DEVICE_POOL_GET_ONLY,
    ),
    Object(
        "ExpresswayCConfiguration",
        "expresswayCConfiguration",
        EXPRESSWAY_C,
        ("HostNameOrIP", "description"),
        ("HostNameOrIP",),
        since="12.5",
    ),
    Object(
        "MraServiceDomain",
        "mraServiceDomain",
        ("name", "isDefault", "serviceDomains"),
        ("name", "isDefault", "serviceDomains"),
        since="12.5",
    ),
    Object(
        "TvsCertificate",
        "tvsCertificate",
        TVS,
        ("subjectName", "issuerName", "serialNumber", "timeToLive"),
        ("issuerName", "serialNumber"),
        ("roles", "services"),
    ),
    Object(
        "RegistrationDynamic", "registrationDynamic", (*REGISTRATION, "risStatus"), ("device",), ("device",)
    ),
    Object(
        "ApplicationUserCapfProfile",
        "applicationUserCapfProfile",
        APPLICATION_USER_CAPF,
        ("applicationUser", "instanceId"),
        ("instanceId",),
    ),
    Object(
        "EndUserCapfProfile",
        "endUserCapfProfile",
        END_USER_CAPF,
        ("endUserId", "instanceId"),
        ("instanceId",),
    ),
    Object("CredentialPolicy", "credentialPolicy", CREDENTIAL_POLICY, ("name",)),
)

TAG_SINCE = {
    "sipOAuthPort": "12.5",
    "sipOAuthMRAPort": "12.5",
    "EnableOAuthAuthentication": "12.5",
    "mraServiceDomain": "12.5",
    "enableActivationID": "12.5",
    "activationIDStatus": "12.5",
    "allowMraMode": "12.5",
    "risStatus": "12.5.1",
}
"""The schema version that brought an element ([X] wire-facts 2.10); see :func:`edition` for 12.5.1."""


def edition(version: str, *, first: bool) -> str:
    """A schema version, told apart from the one its service updates have under the same name.

    12.5 came with one schema, and later service updates with another (12.5.1 here), which has ``risStatus`` ([X] the copies
    of the packages ciscoaxl and, on npm, cisco-axl). first: the cluster still has the first one.
    """
    return "12.5.1" if version == "12.5" and not first else version


def _need(*names: str) -> tuple[Item, ...]:
    return tuple(Item(name, True) for name in names)


def _may(*names: str) -> tuple[Item, ...]:
    return tuple(Item(name) for name in names)


def _requests(each: Object) -> dict[str, tuple[Item | Choice, ...]]:
    tags = Item("returnedTags", False, ...)
    requests: dict[str, tuple[Item | Choice, ...]] = {
        f"get{each.name}": (Choice((_need(*each.keys), _need("uuid"))), tags)
    }
    if each.criteria:
        criteria = Item("searchCriteria", True, _may(*each.criteria))
        requests[f"list{each.name}"] = (criteria, Item("returnedTags", True, ...), *_may("skip", "first"))
    return requests


_SQL = _need("sql")

REQUESTS: dict[str, tuple[Item | Choice, ...]] = {
    "getCCMVersion": _may("processNodeName"),
    **{name: request for each in OBJECTS for name, request in _requests(each).items()},
    "getSmartLicenseStatus": (),
    "getTransportSettings": (),
    "executeSQLQuery": _SQL,
    "executeSQLQueryInactive": _SQL,
    "executeSQLUpdate": _SQL,
}
"""The operations that read, and one that changes and is refused."""


def _key(name: str = "name", longest: int = 100) -> Choice:
    return Choice(((Item(name, True, longest=longest),), _need("uuid")))


def _expressway(version: str) -> dict[str, Spec]:
    details = (
        Item("description", longest=50, nillable=True),
        Item("X509SubjectNameorSubjectAlternateName", longest=4096, nillable=True),
    )
    host, key = Item("HostNameOrIP", True, longest=255), _key("HostNameOrIP", 255)
    return {
        "addExpresswayCConfiguration": (
            Item("expresswayCConfiguration", True, (host, *details), may_be_empty=True),
        ),
        "updateExpresswayCConfiguration": (key, Item("newHostNameOrIP", longest=255), *details),
        "removeExpresswayCConfiguration": (key,),
    }


def _phone_security_profile(version: str) -> dict[str, Spec]:
    later = number(version) >= (12, 5)
    details = (
        Item("description", nillable=True),
        Item("deviceSecurityMode", nillable=True),
        Item("authenticationMode", default="By Null String"),
        Item("keySize", default="2048" if later else "1024"),
        Item("keyOrder", default="RSA Only"),
        Item("ecKeySize", default=None if later else "384"),
        Item("tftpEncryptedConfig", kind="boolean", default="false"),
        Item("EnableOAuthAuthentication", kind="boolean", default="false"),
        Item("nonceValidityTime", kind="integer", default="600"),
        Item("transportType", default="TCP+UDP"),
        Item("sipPhonePort", kind="integer", default="5060"),
        Item("enableDigestAuthentication", kind="boolean", default="false"),
        Item("excludeDigestCredentials", kind="boolean", default="false"),
    )
    new = (
        Item("phoneType", True, nillable=True),
        Item("protocol", True, nillable=True),
        Item("name", True),
    )
    return {
        "addPhoneSecurityProfile": (Item("phoneSecurityProfile", True, (*new, *details), may_be_empty=True),),
        "updatePhoneSecurityProfile": (_key(), Item("newName"), *details),
        "removePhoneSecurityProfile": (_key(),),
    }


def _port(name: str, default: int) -> Item:
    return Item(name, True, kind="integer", default=str(default))


def _call_manager(version: str) -> dict[str, Spec]:
    registration = (
        Item("startDn", longest=255, default="1000"),
        Item("endDn", longest=255, default="1000"),
        Item("nextDn", longest=255, default="1000"),
        Item("routePartitionName", nillable=True),
        Item("e164Mask", longest=50, nillable=True),
        Item("autoRegistrationEnabled", kind="boolean"),
        *_may("universalDeviceTemplate", "lineTemplate"),
    )
    sip = (
        _port("sipPhonePort", 5060),
        _port("sipPhoneSecurePort", 5061),
        _port("sipOAuthPort", 5090),
        _port("sipOAuthMRAPort", 5091),
    )
    ports = (
        _port("ethernetPhonePort", 2000),
        Item("mgcpPorts", True, (_port("listen", 2427), _port("keepAlive", 2428)), may_be_empty=True),
        Item("sipPorts", True, sip, may_be_empty=True),
    )
    return {
        "updateCallManager": (
            _key(),
            Item("newName", longest=50),
            Item("description", longest=50),
            Item("autoRegistration", False, registration, may_be_empty=True),
            Item("ports", False, ports, may_be_empty=True),
            Item("lbmGroup", nillable=True),
        )
    }


_UPDATE_PHONE = """
newName:128 description:128 callingSearchSpaceName? devicePoolName? commonDeviceConfigName? commonPhoneConfigName
networkLocation=Use_System_Default locationName mediaResourceListName? networkHoldMohAudioSourceId?
userHoldMohAudioSourceId? automatedAlternateRoutingCssName? aarNeighborhoodName? loadInformation? vendorConfig{}
versionStamp:128? traceFlag:b mlppDomainId:128? mlppIndicationStatus=Off preemption=Default
useTrustedRelayPoint=Default retryVideoCallAsAudio:b=true securityProfileName? sipProfileName?
cgpnTransformationCssName? useDevicePoolCgpnTransformCss:b=true geoLocationName? geoLocationFilterName?
sendGeoLocation:b removeLines{} addLines{} lines{} phoneTemplateName? speeddials{} busyLampFields{} primaryPhoneName?
ringSettingIdleBlfAudibleAlert=Default ringSettingBusyBlfAudibleAlert=Default blfDirectedCallParks{} addOnModules{}
userLocale? networkLocale? idleTimeout:i? authenticationUrl directoryUrl idleUrl informationUrl messagesUrl
proxyServerUrl servicesUrl services{} softkeyTemplateName? defaultProfileName? enableExtensionMobility:b
singleButtonBarge=Default joinAcrossLines=Default builtInBridgeStatus=Default callInfoPrivacyStatus=Default hlogStatus
ownerUserName? ignorePresentationIndicators:b=false packetCaptureMode=None packetCaptureDuration:i?=0
subscribeCallingSearchSpaceName? rerouteCallingSearchSpaceName? allowCtiControlFlag:b presenceGroupName
unattendedPort:b=false requireDtmfReception:b=false rfc2833Disabled:b=false certificateOperation=No_Pending_Operation
authenticationMode=By_Null_String keySize keyOrder=RSA_Only ecKeySize authenticationString:128 upgradeFinishTime
deviceMobilityMode=Default remoteDevice:b=false dndOption=Ringer_Off dndRingSetting? dndStatus:b isActive:b=true
mobilityUserIdName? phoneSuite=Default phoneServiceDisplay=Default isProtected:b=false mtpRequired:b
mtpPreferedCodec=711ulaw dialRulesName? sshUserId:50 sshPwd:255 digestUser:255 outboundCallRollover=No_Rollover
hotlineDevice:b=false secureInformationUrl:255 secureDirectoryUrl:255 secureMessageUrl:255 secureServicesUrl:255
secureAuthenticationUrl:255 secureIdleUrl:255 alwaysUsePrimeLine=Default alwaysUsePrimeLineForVoiceMessage=Default
featureControlPolicy? deviceTrustMode=Not_Trusted earlyOfferSupportForVoiceCall:b=false
requireThirdPartyRegistration:b blockIncomingCallsWhenRoaming:b homeNetworkId
AllowPresentationSharingUsingBfcp:b=false confidentialAccess{} requireOffPremiseLocation:b=false
allowiXApplicableMedia:b=false cgpnIngressDN? useDevicePoolCgpnIngressDN:b=true msisdn:128?
enableCallRoutingToRdWhenNoneIsActive:b=false wifiHotspotProfile? wirelessLanProfileGroup? elinGroup?
enableActivationID:b mraServiceDomain? allowMraMode:b=false
"""
"""What ``updatePhone`` may carry, in order ([X]): ``:b`` a boolean, ``:i`` an integer, ``:128`` so long at most, ``?`` nillable,
``=`` the default with ``_`` for a blank, ``{}`` elements that the lab does not look into."""
_PART = re.compile(
    r"(?P<name>\w+)(?P<any>\{\})?(?::(?P<kind>[bi]|\d+))?(?P<nillable>\?)?(?:=(?P<default>\S+))?"
)


def _part(text: str, defaults: Mapping[str, str]) -> Item:
    """An element of such a list."""
    match = _PART.fullmatch(text)
    assert match is not None
    name, kind = match["name"], match["kind"] or ""
    return Item(
        name,
        children=... if match["any"] else None,
        kind="boolean" if kind == "b" else "integer" if kind == "i" else "text",
        longest=int(kind) if kind.isdigit() else None,
        nillable=match["nillable"] is not None,
        default=match["default"].replace("_", " ") if match["default"] else defaults.get(name),
    )


def _phone(version: str) -> dict[str, Spec]:
    later = number(version) >= (12, 5)
    keys = {"keySize": "2048"} if later else {"keySize": "1024", "ecKeySize": "384"}
    parts = tuple(_part(each, keys) for each in _UPDATE_PHONE.split())
    reset = Choice(((Item("isHardReset", True, kind="boolean"),), _need("deviceResetType")))
    return {"updatePhone": (_key(), *parts), "doDeviceReset": (*_need("deviceName"), reset)}


ASKED = {
    "Phone": ("apply", "restart", "reset"),
    "DevicePool": ("apply", "restart", "reset"),
    "CallManagerGroup": ("apply", "reset"),
    "PhoneSecurityProfile": ("apply", "reset"),
}
"""What the devices of an object can be asked for ([X] phone-facts 5.2), of what the lab has."""
_NEVER_ASKED = frozenset(
    [
        "restartCallManagerGroup",
        "restartPhoneSecurityProfile",
        "restartCommonPhoneConfig",
        "restartSipTrunkSecurityProfile",
        "restartHuntList",
        "restartRouteList",
        "restartTranscoder",
        "applySipTrunk",
        "resetSipProfile",
        "resetRegion",
    ]
)
"""What no schema has, though it has the other two of the object ([X] phone-facts 5.2)."""
ASKING = {f"{verb}{name}": (verb, name) for name, verbs in ASKED.items() for verb in verbs}
"""By operation: what the devices of which object are asked for."""


def _known(spec: Spec, version: str) -> Spec:
    """A sequence without what the schema version does not have."""
    known: list[Item | Choice] = []
    for part in spec:
        if isinstance(part, Choice):
            known.append(part)
        elif has_tag(part.name, version):
            children = part.children
            known.append(
                replace(part, children=_known(children, version)) if isinstance(children, tuple) else part
            )
    return tuple(known)


@lru_cache
def writes(version: str) -> dict[str, Spec]:
    """The operations of a schema version that change something and that this lab carries out."""
    parameter = Choice((_need("processNodeName", "name", "service"), _need("uuid")))
    token = Item("token", True, longest=255)
    specs: dict[str, Spec] = {
        "updateServiceParameter": (parameter, Item("value", nillable=True)),
        **_call_manager(version),
        **_expressway(version),
        **_phone_security_profile(version),
        **_phone(version),
        **dict.fromkeys(ASKING, (_key(),)),
        "doSmartLicenseRegister": (token, Item("force", True, kind="boolean")),
        "doSmartLicenseReRegister": (token,),
        "doSmartLicenseDeRegister": (),
        "doSmartLicenseRenewAuthorization": (),
        "doSmartLicenseRenewRegistration": (),
    }
    return {name: _known(spec, version) for name, spec in specs.items() if _is_there(name, version)}


SINCE = {
    "getSmartLicenseStatus": "12.5",
    "getTransportSettings": "12.5",
    "executeSQLQueryInactive": "12.5",
    **{name: each.since for each in OBJECTS for name in _requests(each)},
    **dict.fromkeys(_expressway("12.5"), "12.5"),
    "doSmartLicenseRegister": "12.5",
    "doSmartLicenseReRegister": "12.5",
    "doSmartLicenseDeRegister": "12.5",
    "doSmartLicenseRenewAuthorization": "12.5",
    "doSmartLicenseRenewRegistration": "12.5",
}
"""The schema version that brought an operation ([X] wire-facts 2.10); the others are in all that are served."""


@lru_cache
def number(version: str) -> tuple[int, ...]:
    """A version so that it compares."""
    return tuple(int(part) for part in version.split("."))


def _is_there(operation: str, version: str) -> bool:
    return number(SINCE.get(operation, "0")) <= number(version)


def may_have(operation: str, version: str) -> bool:
    """Whether the schema version may have an operation the lab has not: it has not if the lab has it in a later one."""
    return operation not in _NEVER_ASKED and _is_there(operation, version)


@lru_cache
def operations(version: str) -> frozenset[str]:
    """What this lab carries out of the operations of a schema version."""
    return frozenset(name for name in REQUESTS if _is_there(name, version)) | frozenset(writes(version))


@lru_cache(maxsize=4096)
def has_tag(tag: str, version: str) -> bool:
    """Whether a schema version has this element."""
    return number(TAG_SINCE.get(tag, "0")) <= number(version)


CHANGING_PREFIXES = ("add", "update", "remove", "apply", "reset", "restart", "do", "executeSQLUpdate")


def is_changing(operation: str) -> bool:
    """Whether an operation of this name changes something (``do...``, ``update...``, ...)."""
    return operation.startswith(CHANGING_PREFIXES)


TAGS: dict[str, tuple[str, ...]] = {
    **{f"get{each.name}": each.tags for each in OBJECTS},
    **{f"list{each.name}": tuple(tag for tag in each.tags if tag not in each.get_only) for each in OBJECTS},
}
"""What ``returnedTags`` of an operation may name, in order."""


def validate(request: Element, version: str) -> None:
    """Check names, order and namespaces of a request against a schema version. Raises Invalid."""
    operation = split(request.tag)[1]
    spec = writes(version).get(operation)
    _sequence(list(request), REQUESTS[operation] if spec is None else spec, operation)
    if spec is not None:
        return
    tags = request.find("returnedTags")
    if tags is not None:
        _sequence(list(tags), _tag_items(operation, version), "returnedTags", repeated=True)
    criteria = request.find("searchCriteria")
    if criteria is not None and len(criteria) == 0:
        raise Invalid("axl.no_criteria")
    for name in ("skip", "first"):
        value = (request.findtext(name) or "").strip()
        if request.find(name) is not None and not value.isdigit():
            raise Invalid("axl.no_number", name=name, value=value)


@lru_cache(maxsize=1024)
def _tag_items(operation: str, version: str) -> Spec:
    return tuple(Item(tag, False, ...) for tag in TAGS[operation] if has_tag(tag, version))


def _unexpected(tag: str, wanted: tuple[str, ...] | list[str]) -> Invalid:
    return Invalid("axl.unexpected_element", name=split(tag)[1], wanted=", ".join(wanted))


def _flat(children: list[Element], spec: tuple[Item | Choice, ...]) -> list[Item]:
    names = [child.tag for child in children]
    flat: list[Item] = []
    for part in spec:
        if isinstance(part, Choice):
            flat.extend(next((a for a in part.alternatives if a[0].name in names), part.alternatives[0]))
        else:
            flat.append(part)
    return flat


_KINDS = {"boolean": r"t|f|true|false|0|1", "integer": r"[+-]?\d+"}


def _element(element: Element, item: Item) -> None:
    """Check what stands in an element."""
    if item.children is ...:
        return
    if is_nil(element):
        if not item.nillable:
            raise Invalid("axl.not_nillable", name=item.name)
        return
    children = list(element)
    if isinstance(item.children, tuple):
        if children or not item.may_be_empty:
            _sequence(children, item.children, item.name)
        return
    if children:
        raise Invalid("axl.no_text", name=item.name, child=split(children[0].tag)[1])
    if item.longest is not None and len(element.text or "") > item.longest:
        raise Invalid("axl.too_long", name=item.name, length=len(element.text or ""), longest=item.longest)
    text = (element.text or "").strip()
    # An empty element stands for its default; an integer of AXL may be empty even without one ([X] XInteger).
    if item.kind == "text" or (not text and (item.default is not None or item.kind == "integer")):
        return
    if not re.fullmatch(_KINDS[item.kind], text):
        raise Invalid(
            "axl.no_number" if item.kind == "integer" else "axl.no_boolean", name=item.name, value=text
        )


def _sequence(
    children: list[Element], spec: tuple[Item | Choice, ...], parent: str, *, repeated: bool = False
) -> None:
    """Check a sequence. repeated: an element may follow itself, as some of ``returnedTags`` may."""
    position = 0
    flat = _flat(children, spec)
    for item in flat:
        if position < len(children) and children[position].tag == item.name:
            _element(children[position], item)
            position += 1
            while repeated and position < len(children) and children[position].tag == item.name:
                position += 1
        elif item.required:
            if position < len(children):
                raise _unexpected(children[position].tag, [item.name])
            raise Invalid("axl.incomplete_element", name=parent, wanted=item.name)
    if position < len(children):
        raise _unexpected(children[position].tag, [item.name for item in flat])


Values = dict[str, Any]
"""What a request carries, by the names of its elements: a text, None for nil, or again such a mapping."""


def values(children: list[Element], spec: Spec) -> Values:
    """What the elements of a valid request say; an empty one that has a default says that."""
    answer: Values = {}
    items = {item.name: item for item in _flat(children, spec)}
    for child in children:
        item = items[child.tag]
        if is_nil(child):
            answer[child.tag] = None
        elif isinstance(item.children, tuple):
            answer[child.tag] = values(list(child), item.children)
        else:
            text = child.text or ""
            # A text may begin or end with blanks; one of blanks only is as good as empty.
            told = text.strip() and (text if item.kind == "text" else text.strip())
            answer[child.tag] = told or child.get("uuid") or item.default or ""
    return answer


def defaults(spec: Spec) -> Values:
    """What the elements of a sequence mean when they are absent in an ``add``."""
    return {item.name: item.default for item in spec if isinstance(item, Item) and item.default is not None}
