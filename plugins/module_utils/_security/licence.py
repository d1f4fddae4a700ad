# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The smart licence, from AXL or from the platform CLI. PRIVATE to the collection. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import asdict, dataclass

from .._transport.xml import Element


@dataclass(frozen=True)
class Licence:
    """What the cluster says of its registration, in its own words.

    Attributes:
        enabled: The SmartLicensing word, for example C(ENABLED).
        registration: For example C(Registered) or C(REGISTERED).
        authorization: For example C(Authorized) or C(AUTHORIZED).
        export_control: C(ALLOWED), C(Allowed), C(Not Allowed), or empty when not told.
        source: C(axl) or C(cli).
        last_renewal_attempt, last_renewal_status: Of the registration.
        last_communication_attempt, last_communication_status: About the authorization.
        registration_expires: When the registration ends unless it is renewed.
        registration_failed_reason, authorization_failed_reason: What the product says went wrong.
    """

    enabled: str
    registration: str
    authorization: str
    export_control: str
    smart_account: str
    virtual_account: str
    source: str
    last_renewal_attempt: str = ""
    last_renewal_status: str = ""
    last_communication_attempt: str = ""
    last_communication_status: str = ""
    registration_expires: str = ""
    registration_failed_reason: str = ""
    authorization_failed_reason: str = ""

    @property
    def registered(self) -> bool:
        """Whether the cluster is registered."""
        return self.registration.strip().lower() == "registered"

    @property
    def registering(self) -> bool:
        """Whether a registration is under way. The agent's text on other products begins so [?]."""
        return self.registration.strip().lower().startswith("registering")

    @property
    def export_allowed(self) -> bool:
        """Whether export-controlled functionality is allowed.

        Equality, because C(Not Allowed) contains C(Allowed); without case, because products differ in it.
        """
        return self.export_control.strip().lower() == "allowed"

    def as_facts(self) -> dict[str, t.Any]:
        """Return JSON-like facts."""
        return {**asdict(self), "registered": self.registered, "export_allowed": self.export_allowed}


def from_axl(response: Element) -> Licence:
    """Read getSmartLicenseStatusResponse; LicenseDetails is a sibling of C(return) (wire-facts 2.8)."""
    details = next(
        (element for element in response.walk() if element.name == "LicenseDetails"),
        Element("LicenseDetails"),
    )
    return Licence(
        enabled=details.value("SmartLicensing"),
        registration=details.value("Registration", "Status"),
        authorization=details.value("Authorization", "Status"),
        export_control=details.value("Registration", "ExportControlFunctionality"),
        smart_account=details.value("Registration", "SmartAccount"),
        virtual_account=details.value("Registration", "VirtualAccount"),
        source="axl",
        last_renewal_attempt=details.value("Registration", "LastRenewalAttempt"),
        last_renewal_status=details.value("Registration", "LastRenewalStatus"),
        last_communication_attempt=details.value("Authorization", "LastCommunicationAttempt"),
        last_communication_status=details.value("Authorization", "LastCommunicationStatus"),
        registration_expires=details.value("Registration", "RegistrationExpires"),
        registration_failed_reason=details.value("Registration", "RegistrationFailedReason"),
        authorization_failed_reason=details.value("Authorization", "AuthorizationFailedReason"),
    )


def from_cli(output: str) -> Licence:
    """Read C(show license all) (cli-facts 4.1; the summary does not show the export line)."""

    def after(section: str, label: str) -> str:
        part = re.search(rf"(?ms)^{section}:\s*$(.*?)(?=^\S|\Z)", output)
        found = re.search(rf"(?m)^[ \t]+{label}:[ \t]*(\S.*?)\s*$", part[1]) if part else None
        return found[1] if found else ""

    enabled = re.search(r"Smart Licensing is (\S+)", output)
    return Licence(
        enabled=enabled[1] if enabled else "",
        registration=after("Registration", "Status").partition(" on ")[0],
        authorization=after("License Authorization", "Status").partition(" on ")[0],
        export_control=after("Registration", "Export-Controlled Functionality"),
        smart_account=after("Registration", "Smart Account"),
        virtual_account=after("Registration", "Virtual Account"),
        source="cli",
        last_renewal_attempt=after("Registration", "Last Renewal Attempt"),
        last_communication_attempt=after("License Authorization", "Last Communication Attempt"),
    )


def registration_outcome(before: Licence, now: Licence, moved: bool) -> bool | None:
    """Tell whether a registration that was asked for has succeeded; None while that is open.

    The agent works after the request was answered, so what it says at first may be of before. It counts when it differs,
    or when C(moved): something else was seen since.
    """
    if now.registering or not (moved or now != before):
        return None
    failed = now.registration_failed_reason
    if failed and (not now.registered or failed != before.registration_failed_reason):
        return False
    return True if now.registered else None


def renewal_outcome(before: Licence, now: Licence, what: str) -> bool | None:
    """Tell whether a renewal (C(authorization), C(registration)) has succeeded; None until a new attempt is told."""
    attempt, status = _RENEWALS[what]
    if getattr(now, attempt) == getattr(before, attempt):
        return None
    return "fail" not in getattr(now, status).lower()


# Which fields tell of the last attempt, and how it ended.
_RENEWALS = {
    "authorization": ("last_communication_attempt", "last_communication_status"),
    "registration": ("last_renewal_attempt", "last_renewal_status"),
}
