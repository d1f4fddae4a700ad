# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The case a judge decides, and its judgement. PRIVATE to the collection.

Pure. A judge asks the case for facts; one that was not read ends the judging with C(unknown) and the reason, so no judge
can take what is missing for good or for bad. The facts are those that C(model.clean) left.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .._facts import model, records
from .._facts.model import Fact, Facts, PerNode
from .._security import duties, rules
from .._security.words import DISABLED, ENABLED, MIXED, NON_SECURE

_T = t.TypeVar("_T")

# Of what a site leaves open, and what it does not.
ANY, REQUIRED = "any", "required"
# Key of evidence: what the security guide wants where C(wanted), the intent, departs from it.
GUIDE = "guide"

PASS, FAIL, WAIVED, NOT_APPLICABLE, UNKNOWN, CONTRADICTION = (
    "pass",
    "fail",
    "waived",
    "not_applicable",
    "unknown",
    "contradiction",
)
VERDICTS = (PASS, FAIL, WAIVED, NOT_APPLICABLE, UNKNOWN, CONTRADICTION)

# A reason that is about what the account may do, or that there is none; the role or level is told only then.
_NOT_ALLOWED = re.compile(
    r"(privilege_too_low|write_not_allowed|operation_blocked|account_missing):|HTTP 40[13]\b|needs \w+_username"
)

# The code that a reason begins with, for machines: most have an underscore, these have none.
_CODE = re.compile(
    r"(?:^|(?<=[:;] ))([a-z0-9]+(?:_[a-z0-9]+)+|ended|throttled|refused|error|contradiction): ", re.ASCII
)
_ERRNO = re.compile(r"\[Errno -?\d+\] ")
_SECONDS = re.compile(r"\b(\d{1,9}\.\d{2,9}) s\b", re.ASCII)

# Which witnesses disagree, to what the contradiction is about.
_KINDS: t.Mapping[frozenset[str], str] = {
    frozenset({"database", "ctl_file"}): "mode",
    frozenset({"ctl_file"}): "ctl_file",
    frozenset({"database", "control_center"}): "activation",
    frozenset({"control_center", "open_ports"}): "listening",
    frozenset({"database", "show_cert"}): "certificate",
}
# A reason stays a sentence; all of it is in the evidence.
_TOLD_AT_MOST = 5


class Undecided(Exception):
    """A judge cannot decide, because a fact it needs was not read.

    Args:
        reason: Why it was not read, in the words of the reading.
        verdict: C(unknown), or C(not_applicable) when the release has no such thing.
    """

    def __init__(self, reason: str, verdict: str = UNKNOWN) -> None:
        super().__init__(reason)
        self.reason = reason
        self.verdict = verdict


@dataclass(frozen=True)
class Judgement:
    """What a judge says: one of VERDICTS but C(waived), why in one sentence, and small JSON-like evidence."""

    verdict: str
    reason: str
    evidence: t.Any = None


@dataclass(frozen=True)
class Intent:
    """What a site wants of a cluster; None where the site gives nothing.

    Attributes:
        security_mode: C(mixed), C(non_secure), or C(unchanged) when either is right.
        sip_oauth_mode: C(enabled), C(disabled) or C(unchanged).
        phones: Whether phones are served by SIP OAuth, not Jabber alone; None is what the release can serve.
        parameters: Enterprise parameters and the values the cluster is to store.
        sip_oauth_ports: C(sip_oauth) and C(sip_oauth_mra), the same on every node.
        expressway_c: Wanted Expressway-C entries.
        expressway_c_exactly: Whether there must be no other entries.
        edge_roots: Fingerprints (SHA-256) of further roots phones must trust, those of Expressway-E.
        ctl_provider_nodes: C(publisher), C(all), or names of nodes.
        auto_registration: C(enabled), C(disabled) or C(any).
        fips_mode: C(enabled), or C(any).
        ctl_restarts: C(all), or C(named) if only the services that the device names are restarted after a change of the CTL file.
        directory_logins: C(required), or C(any).
    """

    security_mode: str | None = None
    sip_oauth_mode: str | None = None
    phones: bool | None = None
    parameters: t.Mapping[str, str] = field(default_factory=dict)
    sip_oauth_ports: t.Mapping[str, int] = field(default_factory=dict)
    expressway_c: t.Sequence[t.Mapping[str, t.Any]] | None = None
    expressway_c_exactly: bool = False
    edge_roots: t.Sequence[str] | None = None
    ctl_provider_nodes: str | t.Sequence[str] = "publisher"
    auto_registration: str = DISABLED
    fips_mode: str = ANY
    ctl_restarts: str = rules.ALL
    directory_logins: str = ANY


@dataclass(frozen=True)
class Case:
    """A control's case: what was read of a cluster, what is wanted of it, and the control's own options.

    Attributes:
        facts: What C(cluster_info) returned.
        intent: What the site wants of this cluster.
        now: The time to judge by, UTC without a zone.
        options: The control's C(with), defaults filled in.
    """

    facts: Facts
    intent: Intent
    now: datetime
    options: t.Mapping[str, t.Any] = field(default_factory=dict)

    @property
    def nodes(self) -> list[str]:
        """Names of the Unified CM nodes, publisher first."""
        return [node["name"] for node in model.callmanager_nodes(self.facts)]

    @property
    def publisher(self) -> str:
        """The publisher's name."""
        return model.publisher_name(self.facts)

    @property
    def release(self) -> str:
        """The full release."""
        return self.fact(model.RELEASE)

    def fact(self, fact: Fact[_T]) -> _T:
        """Return a fact.

        Raises:
            Undecided: It is not there, or nothing was told.
        """
        found = model.get(self.facts, fact)
        if isinstance(found, model.Unread):
            raise _as_error(found, fact)
        return found

    def whole(self, root: str) -> t.Any:
        """Return everything the facts have under a first key.

        Raises:
            Undecided: There is nothing.
        """
        value = self.facts.get(root)
        if value is None or value == "":
            parts = [(fact, model.unread(self.facts, fact)) for fact in model.ROOTS[root]]
            reasons = tuple(dict.fromkeys(why for _fact, part in parts for why in part.reasons))
            raise _as_error(model.Unread(root, reasons), parts[0][0])
        return value

    def value(self, fact: Fact[_T]) -> _T | None:
        """Return a fact; None when it was not read."""
        return model.value(self.facts, fact)

    def per_node(self, fact: PerNode[_T]) -> tuple[dict[str, _T], dict[str, str]]:
        """Return a fact by Unified CM node, and why it was not read at the other ones.

        Raises:
            Undecided: It was read at no node, or no node is known.
        """
        if not self.nodes:
            self.fact(model.NODES)
            raise Undecided("no node of Unified CM is known")
        told = self.value(fact) or {}
        read = {node: told[node] for node in self.nodes if node in told}
        if not read:
            raise _as_error(model.unread(self.facts, fact), fact)
        return read, self.unread_nodes(fact, read)

    def unread_nodes(self, fact: PerNode[t.Any], read: t.Collection[str] | None = None) -> dict[str, str]:
        """Return why a fact was not read, by node: at those that are not among C(read), or did not tell it."""
        told: dict[str, t.Any] = self.value(fact) or {}
        there = told if read is None else read
        return {
            node: f"{fact.called} of {node}: {with_role(fact, why) if why else 'not read'}"
            for node in self.nodes
            if node not in there
            for why in [model.node_reason(self.facts, fact, node)]
        }

    def silent(self, *facts: PerNode[t.Any]) -> list[str]:
        """Return why facts were not read, by node; empty when every node has all of them."""
        reasons: list[str] = []
        for fact in facts:
            try:
                reasons += self.per_node(fact)[1].values()
            except Undecided as error:
                reasons.append(error.reason)
        return reasons

    def mode(self) -> str:
        """Return the cluster security mode the database has.

        Raises:
            Undecided: It was not read, or is a value no source documents.
        """
        mode = self.fact(model.SECURITY_MODE)
        if mode not in (MIXED, NON_SECURE):
            raise Undecided("the cluster security mode in the database is not understood")
        return mode

    def encrypts(self) -> bool:
        """Return whether mixed mode or SIP OAuth mode is on or wanted."""
        return self.mixes() or ENABLED in (self.value(model.SIP_OAUTH_MODE), self.intent.sip_oauth_mode)

    def mixes(self) -> bool:
        """Return whether mixed mode is on or wanted.

        The guide wants signalling and media encrypted, by mixed mode or by SIP OAuth (cli-facts 8, V-260034). So mixed mode is
        wanted of a cluster of which nothing is said, unless it has the other.
        """
        if MIXED in (self.value(model.SECURITY_MODE), self.intent.security_mode):
            return True
        return self.intent.security_mode is None and ENABLED not in (
            self.value(model.SIP_OAUTH_MODE),
            self.intent.sip_oauth_mode,
        )

    def contradictions(self, *kinds: str) -> list[records.Contradiction]:
        """Return the contradictions of the kinds (C(mode), C(ctl_file), C(activation), C(listening), C(certificate))."""
        return [item for item in self.value(model.CONTRADICTIONS) or [] if _kind(item) in kinds]


def _as_error(unread: model.Unread, fact: Fact[t.Any]) -> Undecided:
    """Return why a fact was not read, in the words of the reading, each reason once."""
    said = with_role(fact, sentence(unread.reasons)) if unread.reasons else "no reason was given"
    return Undecided(f"{unread.fact} was not read: {said}", NOT_APPLICABLE if unread.absent else UNKNOWN)


def with_role(fact: Fact[t.Any], why: str) -> str:
    """Return a reason, with the missing role or level if that is the cause."""
    if fact.subset is not None and _NOT_ALLOWED.search(why):
        return f"{without_stop(why)} (needed: {fact.subset.needs})"
    return why


def _kind(item: records.Contradiction) -> str:
    witnesses = frozenset(str(witness).partition("@")[0] for witness in item["witnesses"])
    return _KINDS.get(witnesses, "other")


def utc(moment: datetime) -> datetime:
    """Return a moment as UTC without a zone; a moment without a zone is taken as UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def without_stop(text: str) -> str:
    """Return a text without the full stop at its end; what says that it was cut stays."""
    stripped = text.strip()
    return stripped if stripped.endswith("...") else stripped.removesuffix(".")


def sentence(parts: t.Iterable[str]) -> str:
    """Return parts as one sentence without a full stop; a long list ends with how many more there are."""
    told = [without_stop(part) for part in parts]
    more = len(told) - _TOLD_AT_MOST
    return "; ".join(told[:_TOLD_AT_MOST]) + (f"; and {more} more" if more > 0 else "")


def some(names: t.Sequence[str], most: int) -> str:
    """Return at most C(most) names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def plain(reason: str) -> str:
    """Return a reason without its machine-readable code, with durations in words."""

    def code(found: re.Match[str]) -> str:
        # A control of the site begins with the fact's name.
        return found[0] if found[1] in model.ROOTS else ""

    def seconds(found: re.Match[str]) -> str:
        told = float(found[1])
        return f"{told:.0f} s" if told >= 10 else f"{told:.2g} s"

    return _SECONDS.sub(seconds, _ERRNO.sub("", _CODE.sub(code, reason)))


def settle(
    good: str,
    *,
    problems: t.Sequence[str] = (),
    unread: t.Sequence[str] = (),
    contradictions: t.Sequence[records.Contradiction] = (),
    evidence: t.Mapping[str, t.Any] | None = None,
) -> Judgement:
    """Return the verdict over everything that was examined.

    A contradiction comes first, because then no value can be trusted; what is wrong for sure comes before what is not
    known; C(good) is the reason when there is nothing of it.
    """
    shown = {
        **(evidence or {}),
        **({"contradictions": list(contradictions)} if contradictions else {}),
        **({"problems": list(problems)} if problems else {}),
        **({"not_read": list(unread)} if unread else {}),
    }
    if contradictions:
        said = [duties.describe_contradictions([item]) for item in contradictions]
        return Judgement(CONTRADICTION, f"witnesses disagree about {sentence(said)}", shown)
    if problems:
        return Judgement(FAIL, sentence(problems), shown)
    if unread:
        return Judgement(UNKNOWN, sentence(unread), shown)
    return Judgement(PASS, good, shown)


def not_applicable(reason: str) -> Judgement:
    """Return the verdict C(not_applicable) with its reason."""
    return Judgement(NOT_APPLICABLE, reason, {})
