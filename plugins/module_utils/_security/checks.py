# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shared by the checks before a change: the operator's intent and attestations, and ages. PRIVATE to the collection. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from .._base.device_time import DeviceTime, elapsed
from .._facts import model
from .._facts.model import Facts
from . import sip_oauth as oauth
from . import unread
from .words import ENABLED, MIXED

PASS, PLANNED, ATTESTED, ACCEPTED, NOT_APPLICABLE, FAIL, UNKNOWN = (
    "pass",
    "planned",
    "attested",
    "accepted",
    "not_applicable",
    "fail",
    "unknown",
)
BLOCKING = frozenset({FAIL, UNKNOWN})
_DAY = 86400


@dataclass(frozen=True)
class Intent:
    """The operator's desired state, attestations and limits.

    Attributes:
        security_mode: C(mixed) or C(non_secure); None leaves it unchanged.
        attestations: Check ID to true, for facts that no interface reports.
        accept: IDs of checks that are allowed to fail or to be unknown in this run.
        auto_registration: C(any), C(enabled) or C(disabled).
        backup_max_age_days: The greatest age of the last good backup.
        certificate_min_days: The least remaining validity of certificates.
        disk_min_free_percent: The least free space of each partition.
        sip_oauth: The desired state of SIP OAuth; None leaves it unchanged.
        ctl_provider_nodes: Where to activate the CTL Provider: C(publisher), C(all), or names of nodes.
        repeat_ctl_update: Whether to update the CTL file again although its last update left the reasons for it.
    """

    security_mode: str | None
    attestations: t.Mapping[str, bool]
    accept: t.Collection[str]
    auto_registration: str = "any"
    backup_max_age_days: float = 7
    certificate_min_days: float = 30
    disk_min_free_percent: float = 5
    sip_oauth: oauth.Desired | None = None
    ctl_provider_nodes: str | t.Sequence[str] = "publisher"
    repeat_ctl_update: bool = False

    @property
    def changes(self) -> bool:
        """Whether a mode is set at all; without one, the most that happens is a restart of services."""
        return self.security_mode is not None or self.sip_oauth is not None

    @property
    def encrypts(self) -> bool:
        """Whether the desired state needs export-controlled functionality."""
        return self.security_mode == MIXED or (self.sip_oauth is not None and self.sip_oauth.mode == ENABLED)


# Verdict, reason, and remedy.
Verdict = tuple[str, str, str]
# ID, title, and the function that judges.
Judged = tuple[str, str, t.Callable[[Facts, Intent], Verdict]]


def attested(intent: Intent, name: str, what: str, facts: Facts | None = None, *subsets: str) -> Verdict:
    """Return the verdict on an attestation of the operator: C(attested), or else C(unknown).

    Args:
        intent: The operator's desired state and attestations.
        name: The ID of the check.
        what: The attested statement, as a clause.
        facts, subsets: The facts that would show it; empty if no interface does.

        Raises:
            Unread: A missing connection or account would show it, so an attestation cannot replace it.
    """
    if str(intent.attestations.get(name)).lower() in ("true", "yes", "1"):
        return ATTESTED, f"the operator vouches: {what}", ""
    causes = unread.why(facts, *subsets) if facts is not None else []
    if any(cause.common for cause in causes):
        raise unread.FactsUnread([cause for cause in causes if cause.common])
    told = f" ({'; '.join(cause.text for cause in causes)})" if causes else ""
    return (
        UNKNOWN,
        f"no interface reports whether {what}{told}",
        f"Make sure of it, then set cucm_attestations: {{{name}: true}}.",
    )


def local_now(facts: Facts) -> datetime | None:
    """Return the publisher's local time at the reading."""
    now = _now(facts)
    return now.local if now else None


def backup_age(facts: Facts) -> tuple[float, float] | None:
    """Return the least and the most days since the last good backup; None when it or the publisher's time was not read."""
    backup, now = model.value(facts, model.LAST_BACKUP), _now(facts)
    if not backup or now is None:
        return None
    zone = model.value(facts, model.LAST_BACKUP_ZONE) or ""
    then = DeviceTime(datetime.fromisoformat(backup), zone)
    least, most = elapsed(then, now)
    return least.total_seconds() / _DAY, most.total_seconds() / _DAY


def _now(facts: Facts) -> DeviceTime | None:
    told = model.under(facts, model.HEALTH, model.publisher_name(facts))
    if not told or not told["local_time"]:
        return None
    return DeviceTime(datetime.fromisoformat(told["local_time"]), told.get("time_zone") or "")
