# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services that each change makes due for a restart, and the phones for a reset, by release. PRIVATE to the collection.

One table with a source for each row. The sources, by the keys in the rows:

- SEC125-CERT, SEC14-CERT, SEC15-CERT: Security Guides 12.5(1)SU6, 14SU2 and 15, chapter Certificates, table "Services to be Restarted"
- RN14: Release Notes 14.0(1), New and Changed Features; OAUTH15: Feature Configuration Guide 15, SIP OAuth Mode
- CVD14: Preferred Architecture for Collaboration 14, Security; PHSEC15: Security Guide 15, Phone Security
- TN118893, TN221657, TN215572: Cisco's technical notes of these numbers; CVP: transcript in the guide of Unified CVP 12.6
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .._base.release import Release, parse
from .._facts import model
from .._facts.model import Facts
from . import ctl
from .words import CALLMANAGER, CTIMANAGER, CTL_READERS, HAPROXY

# What changes.
CTL_FILE = "the CTL file"
SIP_OAUTH_MODE = "SIP OAuth mode or its ports"
TOMCAT = "a Tomcat certificate, with SIP OAuth on"
CALLMANAGER_RSA = "the CallManager certificate"
CALLMANAGER_EC = "the CallManager-ECDSA certificate"
CAPF_CERTIFICATE = "the CAPF certificate, with SIP OAuth on"
PROFILE = "a phone security profile"

# The phones that apply a change only when they are reset.
NO_PHONES, ALL_PHONES, PHONES_ON_SIP_OAUTH, PHONES_OF_PROFILE = "none", "all", "sip_oauth", "profile"

# Which services are restarted after a change of the CTL file: all of the table, or those that the device names.
ALL, NAMED = "all", "named"
_CHOICE = "ctl_restarts"
# The releases that the sources cover.
_KNOWN_SINCE, _KNOWN_BEFORE = Release(11, 5), Release(16)
_V14, _V14SU1 = Release(14), Release(14, 0, 1, 11900)


@dataclass(frozen=True)
class Rule:
    """A row of the table.

    Attributes:
        change: What changes.
        services: The services that apply it only when they start.
        phones: The phones that apply it only when they are reset.
        source: The source of the rule.
        since: The first release with the rule; None from the first on.
        before: The first release without the rule; None if it still holds.
    """

    change: str
    services: tuple[str, ...]
    phones: str
    source: str
    since: Release | None = None
    before: Release | None = None

    def fits(self, release: Release) -> bool:
        """Return whether the rule holds for a release; for one without a known build, whether it may."""
        return (self.since is None or self.since <= release.last) and (
            self.before is None or release < self.before
        )

    @property
    def releases(self) -> str:
        """The releases with the rule, in words."""
        if self.since is None:
            return "every release" if self.before is None else f"before {self.before.name}"
        return f"from {self.since.name}" + (f" to before {self.before.name}" if self.before else " on")


TABLE: tuple[Rule, ...] = (
    # Sources disagree on the services (cli-facts 2.6), so this is their union.
    Rule(CTL_FILE, CTL_READERS, ALL_PHONES, "TN118893, TN221657, CVD14, CVP"),
    Rule(SIP_OAUTH_MODE, (CALLMANAGER,), PHONES_ON_SIP_OAUTH, "text of utils sipOAuth-mode, OAUTH15"),
    Rule(TOMCAT, (CALLMANAGER,), NO_PHONES, "SEC125-CERT, TN215572", before=_V14),
    # The source also lists Tomcat and what runs in it; whoever renews the certificate restarts those.
    Rule(TOMCAT, (), PHONES_ON_SIP_OAUTH, "SEC14-CERT, SEC15-CERT, RN14", since=_V14),
    Rule(CALLMANAGER_RSA, (CALLMANAGER, CTIMANAGER), ALL_PHONES, "SEC125-CERT", before=_V14),
    Rule(
        CALLMANAGER_RSA,
        (CALLMANAGER, CTIMANAGER, HAPROXY),
        ALL_PHONES,
        "SEC14-CERT",
        since=_V14,
        before=_V14SU1,
    ),
    Rule(CALLMANAGER_RSA, (HAPROXY,), ALL_PHONES, "SEC14-CERT, SEC15-CERT, RN14", since=_V14SU1),
    Rule(CALLMANAGER_EC, (CALLMANAGER, CTIMANAGER), ALL_PHONES, "SEC125-CERT", before=_V14),
    Rule(
        CALLMANAGER_EC,
        (CALLMANAGER, CTIMANAGER, HAPROXY),
        ALL_PHONES,
        "SEC14-CERT",
        since=_V14,
        before=_V14SU1,
    ),
    Rule(CALLMANAGER_EC, (CALLMANAGER, HAPROXY), ALL_PHONES, "SEC14-CERT, SEC15-CERT", since=_V14SU1),
    Rule(CAPF_CERTIFICATE, (), NO_PHONES, "SEC125-CERT, SEC14-CERT", before=_V14SU1),
    Rule(CAPF_CERTIFICATE, (HAPROXY,), NO_PHONES, "SEC14-CERT, SEC15-CERT", since=_V14SU1),
    Rule(PROFILE, (), PHONES_OF_PROFILE, "OAUTH15, PHSEC15"),
)


@dataclass(frozen=True)
class Found:
    """The rows that apply to a change on a release.

    Attributes:
        change: What changes.
        rules: The rows, in the order of the table.
        doubt: Why they include rows of several releases; empty if the release was known.
        named: The services that the device named, if they alone count; None if all do.
    """

    change: str
    rules: tuple[Rule, ...]
    doubt: str = ""
    named: frozenset[str] | None = None

    @property
    def services(self) -> tuple[str, ...]:
        """The distinct services of all rows; of these, those that the device named, if they alone count."""
        found = dict.fromkeys(name for rule in self.rules for name in rule.services)
        return tuple(name for name in found if self.named is None or name in self.named)

    @property
    def phones(self) -> tuple[str, ...]:
        """The phones of the widest row; empty if no phone is affected."""
        return tuple(dict.fromkeys(rule.phones for rule in self.rules if rule.phones != NO_PHONES))

    @property
    def text(self) -> str:
        """The rows in words."""
        rows = "; ".join(
            f"{', '.join(rule.services) or 'no service'} ({rule.releases}: {rule.source})"
            for rule in self.rules
        )
        named = (
            "" if self.named is None else f" The device named {', '.join(self.services) or 'none of these'}."
        )
        return f"After a change of {self.change}: {rows}." + (f" {self.doubt}" if self.doubt else "") + named


def chosen(facts: Facts, choice: str) -> Facts:
    """Return facts by which C(applying) knows which services are restarted after a change of the CTL file: C(ALL) or C(NAMED)."""
    return facts if choice == ALL else {**facts, _CHOICE: choice}


def by_device(facts: Facts) -> bool:
    """Return whether only the services that the device names are to be restarted after a change of the CTL file."""
    return facts.get(_CHOICE) == NAMED


def applying(change: str, facts: Facts) -> Found:
    """Return the rows for a change on the cluster's release, limited to the services that the device named if that was chosen.

    They count only for the very files it wrote then; for others, and where it named none, all services do.
    """
    found = at_most(change, facts)
    told = model.value(facts, model.RESTARTS_NAMED) if change == CTL_FILE and by_device(facts) else None
    if told is None or not told["services"] or ctl.changed(facts, told["files"]):
        return found
    return replace(found, named=frozenset(told["services"]))


def at_most(change: str, facts: Facts) -> Found:
    """Return the rows for a change on the cluster's release.

    For a release that was not read, or that no source covers, these are the rows of every release.
    """
    told = model.value(facts, model.RELEASE) or ""
    release = parse(told)
    rows = tuple(rule for rule in TABLE if rule.change == change)
    known = covers(release)
    fitting = tuple(rule for rule in rows if rule.fits(release)) if known else rows
    return Found(change, fitting, _doubt(told, known) if len(fitting) > 1 else "")


def covers(release: Release) -> bool:
    """Return whether the sources cover a release."""
    return _KNOWN_SINCE <= release < _KNOWN_BEFORE


def _doubt(told: str, known: bool) -> str:
    if known:
        return f"The build of release {told} is not known, so the rules of all its builds apply."
    why = f"No source covers release {told}" if told else "The release was not read"
    return f"{why}, so the rules of every release apply."
