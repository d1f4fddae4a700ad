# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which AXL operations that read there are and the order of their elements ([X] wire-facts 2, checked against 11.5 to 12.5)."""

from __future__ import annotations

from dataclasses import dataclass
from types import EllipsisType
from xml.etree.ElementTree import Element

from .soap import Said, split


class Invalid(Said):
    """A request does not follow the schema.

    The words are those of the common Java validator; what the device prints exactly is not public ([?]).
    """


@dataclass(frozen=True)
class Item:
    """An element in a sequence. children None: text; ``...`` (Ellipsis): anything."""

    name: str
    required: bool = False
    children: tuple[Item | Choice, ...] | EllipsisType | None = None


@dataclass(frozen=True)
class Choice:
    """Exactly one of several sequences."""

    alternatives: tuple[tuple[Item, ...], ...]


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
    # Later schemas of 12.5 have it, the first one has not; a client with the first one would stumble.
    "risStatus": "14.0",
}
"""The schema version that brought an element ([X] wire-facts 2.10)."""


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
"""What this lab carries out."""

SINCE = {
    "getSmartLicenseStatus": "12.5",
    "getTransportSettings": "12.5",
    "executeSQLQueryInactive": "12.5",
    **{name: each.since for each in OBJECTS for name in _requests(each)},
}
"""The schema version that brought an operation ([X] wire-facts 2.10); the others are in all that are served."""


def number(version: str) -> tuple[int, ...]:
    """A version so that it compares."""
    return tuple(int(part) for part in version.split("."))


def operations(version: str) -> set[str]:
    """What this lab carries out of the operations of a schema version."""
    return {name for name in REQUESTS if number(SINCE.get(name, "0")) <= number(version)}


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
    _sequence(list(request), REQUESTS[operation], operation)
    tags = request.find("returnedTags")
    if tags is not None:
        wanted = tuple(Item(tag, False, ...) for tag in TAGS[operation] if has_tag(tag, version))
        _sequence(list(tags), wanted, "returnedTags", repeated=True)
    criteria = request.find("searchCriteria")
    if criteria is not None and len(criteria) == 0:
        raise Invalid("axl.no_criteria")
    for name in ("skip", "first"):
        value = (request.findtext(name) or "").strip()
        if request.find(name) is not None and not value.isdigit():
            raise Invalid("axl.no_number", name=name, value=value)


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


def _sequence(
    children: list[Element], spec: tuple[Item | Choice, ...], parent: str, *, repeated: bool = False
) -> None:
    """Check a sequence. repeated: an element may follow itself, as some of ``returnedTags`` may."""
    position = 0
    flat = _flat(children, spec)
    for item in flat:
        if position < len(children) and children[position].tag == item.name:
            if isinstance(item.children, tuple):
                _sequence(list(children[position]), item.children, item.name)
            position += 1
            while repeated and position < len(children) and children[position].tag == item.name:
                position += 1
        elif item.required:
            if position < len(children):
                raise _unexpected(children[position].tag, [item.name])
            raise Invalid("axl.incomplete_element", name=parent, wanted=item.name)
    if position < len(children):
        raise _unexpected(children[position].tag, [item.name for item in flat])
