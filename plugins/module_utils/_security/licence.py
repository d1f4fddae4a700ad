# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The smart licence, from AXL or from the platform CLI. PRIVATE to the collection. Pure.

Known good and known bad words decide; any other is unknown and is kept. The words are from the System Configuration Guides
12.5 to 15 ("License Authorization Statuses") and from TN212883 on the smart agent; the guides of other Cisco products with that agent
(Emergency Responder, Unity Connection) spell some of them differently. Registering with an on-site server gives the same words.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import asdict, dataclass

from .._base.errors import ProtocolError
from .._facts import records
from .._printed.unreadable import unreadable
from .._transport.xml import Element

_REGISTERED = frozenset({"registered"})
# Specific and permanent reservation, for sites without a connection to Cisco (TN214381).
_RESERVED = frozenset(
    {"registered - specific license reservation", "registered - universal license reservation"}
)
_RESERVING = frozenset({"reservation in progress"})
_UNREGISTERED = re.compile(
    r"(?:unregistered|unidentified|not registered|deregistered|registering|registration (?:failed|expired|pending|in progress))\b.*"
)
_AUTHORIZED = frozenset({"authorized", "authorized - reserved", "in compliance"})
# No licence is used, so none has to be authorized.
_NOTHING_USED = frozenset({"no license in use", "no licenses in use"})
_UNAUTHORIZED = re.compile(
    r"(?:out of compliance|authorization expired|auth expired|unauthorized|authorization failed"
    r"|eval(?:uation)? mode|eval(?:uation)? (?:period )?expired)\b.*|not authorized"
)
_ALLOWED, _NOT_ALLOWED = frozenset({"allowed"}), frozenset({"not allowed", "notallowed", "disallowed"})
# The agent's suffix of a status: the time since when it holds.
_SINCE = re.compile(r"\s+on\s+\w{3} .*$")


def is_authorized(authorization: str) -> bool | None:
    """Return whether the licences in use are authorized, by the product's word; None if it is unknown.

    C(NOT AUTHORIZED - RESERVED) is unknown: the guides call it both expected, not a failure, and a sign that too few are reserved.
    """
    said = _word(authorization)
    if said in _AUTHORIZED | _NOTHING_USED:
        return True
    return False if _UNAUTHORIZED.fullmatch(said) else None


def _word(said: str) -> str:
    """Return a status in the form for comparison: sources differ in case, blanks and the dash."""
    return re.sub(r"\s*[-\u2010-\u2015\u2212]\s*", " - ", " ".join(said.lower().split())).strip()


@dataclass(frozen=True)
class Licence:
    """The cluster's licence registration, in its own words.

    Attributes:
        enabled: The SmartLicensing word, for example C(ENABLED).
        registration: For example C(Registered) or C(REGISTERED - SPECIFIC LICENSE RESERVATION).
        authorization: For example C(AUTHORIZED) or C(OUT OF COMPLIANCE).
        export_control: C(ALLOWED), C(Allowed), C(Not Allowed), or empty if not reported.
        source: C(axl) or C(cli).
        last_renewal_attempt, last_renewal_status: Of the registration.
        last_communication_attempt, last_communication_status: About the authorization.
        registration_expires: When the registration ends unless renewed.
        registration_failed_reason, authorization_failed_reason: The product's text about a failure.
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
    def registered(self) -> bool | None:
        """Whether the cluster is registered, by a token or by a reservation; None if its word is unknown."""
        said = _word(self.registration)
        if said in _REGISTERED | _RESERVED:
            return True
        return False if said in _RESERVING or _UNREGISTERED.fullmatch(said) else None

    @property
    def reserved(self) -> bool:
        """Whether licences are reserved or being reserved: a token can neither register nor deregister such a cluster."""
        return _word(self.registration) in _RESERVED | _RESERVING

    @property
    def registering(self) -> bool:
        """Whether a registration is under way. The agent's text on other products begins like this [?]."""
        return _word(self.registration).startswith("registering")

    @property
    def export_allowed(self) -> bool | None:
        """Whether export-controlled functionality is allowed; None if not reported.

        Compared for equality, because C(Not Allowed) contains C(Allowed).
        """
        said = _word(self.export_control)
        return True if said in _ALLOWED else False if said in _NOT_ALLOWED else None

    def as_facts(self) -> records.Licence:
        """Return JSON-like facts."""
        told = {**asdict(self), "registered": self.registered, "export_allowed": self.export_allowed}
        return t.cast(records.Licence, told)


def from_axl(response: Element) -> Licence:
    """Read getSmartLicenseStatusResponse; LicenseDetails is a sibling of C(return) (wire-facts 2.8).

    Raises:
        ProtocolError: The status of the registration is missing.
    """
    details = next(
        (element for element in response.walk() if element.name == "LicenseDetails"),
        Element("LicenseDetails"),
    )
    if not details.value("Registration", "Status"):
        raise ProtocolError(
            "The answer to getSmartLicenseStatus lacks the registration status.",
            code="unreadable_output",
            remedy="Check System > Licensing > License Management.",
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
    """Read C(show license all) (cli-facts 4.1; the summary does not show the export line).

    Raises:
        ProtocolError: The status of the registration is missing.
    """
    sections = _sections(output)

    def after(section: str, label: str) -> str:
        return sections.get(section, {}).get(label, "")

    def status(section: str) -> str:
        return _SINCE.sub("", after(section, "Status"))

    if not after("Registration", "Status"):
        raise unreadable("show license all", output)
    enabled = re.search(r"Smart Licensing is (\S+)", output)
    return Licence(
        enabled=enabled[1] if enabled else "",
        registration=status("Registration"),
        authorization=status("License Authorization"),
        export_control=after("Registration", "Export-Controlled Functionality"),
        smart_account=after("Registration", "Smart Account"),
        virtual_account=after("Registration", "Virtual Account"),
        source="cli",
        last_renewal_attempt=after("Registration", "Last Renewal Attempt"),
        last_communication_attempt=after("License Authorization", "Last Communication Attempt"),
    )


def _sections(output: str) -> dict[str, dict[str, str]]:
    """Return the labels and values below each heading (C(Registration:)); the first of equal headings or labels counts.

    A heading has no value. Values are indented in the original output, but not in text that was sent by mail.
    """
    found: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in output.splitlines():
        label, colon, value = line.strip().partition(":")
        if not colon or re.fullmatch(r"=+", label):
            if line.strip() and not line[:1].isspace():
                current = {}
        elif value.strip():
            current.setdefault(label, value.strip())
        elif label in _HEADINGS:
            current = found.setdefault(label, {})
        elif not line[:1].isspace():
            current = {}
    return found


_HEADINGS = frozenset({"Registration", "License Authorization"})


def registration_outcome(before: Licence, now: Licence, moved: bool) -> bool | None:
    """Return whether a requested registration has succeeded; None while that is open.

    The agent works after the request is answered, so its first report may be an old one. A report counts if it differs,
    or if C(moved): another one was seen in between.
    """
    if now.registering or not (moved or now != before):
        return None
    failed = now.registration_failed_reason
    if failed and (not now.registered or failed != before.registration_failed_reason):
        return False
    return True if now.registered else None


def renewal_outcome(before: Licence, now: Licence, what: str) -> bool | None:
    """Return whether a renewal (C(authorization), C(registration)) has succeeded; None until a new attempt is reported."""
    attempt, status = _RENEWALS[what]
    if getattr(now, attempt) == getattr(before, attempt):
        return None
    return "fail" not in getattr(now, status).lower()


# The fields with the time and the result of the last attempt.
_RENEWALS = {
    "authorization": ("last_communication_attempt", "last_communication_status"),
    "registration": ("last_renewal_attempt", "last_renewal_status"),
}
