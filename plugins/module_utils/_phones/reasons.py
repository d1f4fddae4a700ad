# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reasons that a cluster gives for a phone that is not registered, and what to do about each. PRIVATE to the collection.

Pure. Two enumerations share the numbers: one for a phone that was registered and left (alarm EndPointUnregistered), one for a phone that
never got so far (alarm EndPointTransientConnection). RisPort has one field for both, so the status decides which list a number is from
(phone-facts 1.5 [V, X]; that the status decides is inferred).
"""

from __future__ import annotations

import typing as t

UNREGISTERED: t.Mapping[int, str] = {
    1: "Unknown",
    2: "NoEntryInDatabase",
    3: "DatabaseConfigurationError",
    4: "DeviceNameUnresolveable",
    5: "MaxDevRegExceeded",
    6: "ConnectivityError",
    7: "InitializationError",
    8: "DeviceInitiatedReset",
    9: "CallManagerReset",
    10: "DeviceUnregistered",
    11: "MalformedRegisterMsg",
    12: "SCCPDeviceThrottling",
    13: "KeepAliveTimeout",
    14: "ConfigurationMismatch",
    15: "CallManagerRestart",
    16: "DuplicateRegistration",
    17: "CallManagerApplyConfig",
    18: "DeviceNoResponse",
    19: "EMLoginLogout",
    20: "EMCCLoginLogout",
    21: "PowerSavePlus",
    22: "CallManagerForcedRestart",
    23: "SourceIPAddrChanged",
    24: "SourcePortChanged",
    25: "RegistrationSequenceError",
    26: "InvalidCapabilities",
    28: "FallbackInitiated",
    29: "DeviceSwitch",
    30: "DeviceWipe",
    31: "DeviceForcedReset",
    33: "LowBattery",
    34: "ManualPowerOff",
}
REJECTED: t.Mapping[int, str] = {
    1: "Unknown",
    2: "NoEntryInDatabase",
    3: "DatabaseConfigurationError",
    4: "DeviceNameUnresolveable",
    5: "MaxDevRegExceeded",
    6: "ConnectivityError",
    7: "InitializationError",
    10: "AuthenticationError",
    11: "InvalidX509NameInCertificate",
    12: "InvalidTLSCipher",
    14: "MalformedRegisterMsg",
    15: "ProtocolMismatch",
    16: "DeviceNotActive",
    17: "AuthenticatedDeviceAlreadyExists",
    18: "ObsoleteProtocolVersion",
    19: "DigestAuthChallenge",
    20: "DigestAuthChallengeForID",
    21: "DigestChallengeTimeout",
    22: "ExpiresTimeTooSmall",
    23: "DatabaseTimeout",
    24: "UniqueDeviceForUserNotFound",
    25: "RegistrationSequenceError",
    26: "InvalidCapabilities",
    27: "CapabilityResponseTimeout",
    28: "SecurityMismatch",
    29: "AutoRegisterDBError",
    30: "DBAccessError",
    31: "AutoRegisterDBConfigTimeout",
    32: "DeviceTypeMismatch",
    33: "AddressingModeMismatch",
}

_POWER_AND_NETWORK = "Check its power, its switch port and the network between it and the cluster."
_BY_ITSELF = "It comes back by itself once its node takes it. If it does not within 5 minutes, reset it."
_RESET = "Reset it; if it stays away, read the status messages on the phone."
_TRUST = "Compare the issuer of its certificate (LSC or MIC) with CallManager-trust, and its CTL file with that of the cluster."
_PROFILE = "Compare its phone security profile with what the phone can do, and reset it."
_CONFIGURATION = (
    "Check the device in Cisco Unified CM Administration: its name, its lines and its device pool."
)
_OFF = "Somebody or something switched it off. Switch it on."
_CAPACITY = "Its nodes take no more devices. Bring a further node of its CallManager group into service."

# What to do by the name of the reason; the names are the same in both lists where they mean the same.
_TO_DO: t.Mapping[str, str] = {
    **dict.fromkeys(("ConnectivityError", "KeepAliveTimeout", "DeviceNoResponse"), _POWER_AND_NETWORK),
    **dict.fromkeys(("DigestChallengeTimeout", "CapabilityResponseTimeout"), _POWER_AND_NETWORK),
    **dict.fromkeys(
        ("DeviceInitiatedReset", "CallManagerReset", "CallManagerRestart", "CallManagerApplyConfig"),
        _BY_ITSELF,
    ),
    **dict.fromkeys(("FallbackInitiated", "DeviceForcedReset", "CallManagerForcedRestart"), _BY_ITSELF),
    **dict.fromkeys(("SCCPDeviceThrottling", "DatabaseTimeout", "DBAccessError"), _BY_ITSELF),
    **dict.fromkeys(("AuthenticationError", "InvalidX509NameInCertificate"), _TRUST),
    **dict.fromkeys(("SecurityMismatch", "InvalidTLSCipher", "ProtocolMismatch"), _PROFILE),
    **dict.fromkeys(
        ("NoEntryInDatabase", "DatabaseConfigurationError", "ConfigurationMismatch"), _CONFIGURATION
    ),
    **dict.fromkeys(("DeviceNameUnresolveable", "DeviceTypeMismatch", "DeviceNotActive"), _CONFIGURATION),
    **dict.fromkeys(("PowerSavePlus", "LowBattery", "ManualPowerOff"), _OFF),
    "MaxDevRegExceeded": _CAPACITY,
}


def in_words(code: int | None, *, rejected: bool) -> str:
    """Return a reason as its number and name; an undocumented number as it is, and that there is none for None."""
    if code is None:
        return "no reason given"
    name = (REJECTED if rejected else UNREGISTERED).get(code)
    return f"reason {code}, {name}" if name else f"reason {code}, which is not documented"


def to_do(code: int | None, *, rejected: bool) -> str:
    """Return what a person does about a phone that is away for this reason."""
    name = (REJECTED if rejected else UNREGISTERED).get(code or 0, "")
    return _TO_DO.get(name, _RESET)
