# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a rollout may touch the next node: go on, wait, or stop. PRIVATE to the collection.

Pure: a decision follows from the baseline and from what was seen since the step began. PerfMon is cheap and shows counts, so it is asked
in every poll; RisPort has names and a quota that others share, so the decision says when to ask it, and only for the phones of the step.
What was not read is neither zero nor back: it is waited for, and at the end of its time the rollout stops.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._facts.records import Registration
from .._security.words import counted
from .registration import Baseline, Comparison, Missing, compare

GO, WAIT, STOP = "go", "wait", "stop"

# InitializationState of a CallManager that has initialized everything (phone-facts 2.2 [V]).
_INITIALIZED = 100
# A loss without a word shows at the next SIP refresh: 115 s, and 15 s of patience (phone-facts 3.2).
LEAST_SETTLING = 130.0

# The counters of a CallManager that must return to what they were, as sums over the nodes: devices may have moved (phone-facts 2.2 and 9).
# Those of security modes and calls are not among them: a mode changes the first, people the others.
PHONES = ("RegisteredHardwarePhones", "RegisteredOtherStationDevices")
PARTIAL = "PartiallyRegisteredPhone"
OTHERS = (
    "RegisteredMGCPGateway",
    "RegisteredAnalogAccess",
    "FXSPortsInService",
    "FXOPortsInService",
    "PRISpansInService",
    "T1SpansInService",
    "HuntListsInService",
    "HWConferenceResourceTotal",
    "SWConferenceResourceTotal",
    "MTPResourceTotal",
    "TranscoderResourceTotal",
    "AnnunciatorResourceTotal",
    "IVRResourceTotal",
    "MOHTotalUnicastResources",
)
_SHOWN = 5


@dataclass(frozen=True)
class NodeState:
    """What PerfMon shows of the CallManager of a node; None for a counter that it did not give.

    Attributes:
        heartbeat: CallManagerHeartBeat, which rises while the process works.
        initialization: InitializationState.
        tokens: TokensOutstanding of Cisco SIP Station: phones on their way to this node.
        queued: Registrations in queues: NewRegQueueSize, and the signals of priorities 3 and 4.
        counts: Counter to value, as in a baseline.
    """

    heartbeat: int | None
    initialization: int | None
    tokens: int | None
    queued: int | None
    counts: t.Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Observation:
    """What one poll showed.

    Attributes:
        at: When it ended, in seconds of a clock that never goes back.
        nodes: Node to its state; a node that did not answer is not in it.
        unread: Node to the reason why it did not answer.
        phones: Phone to its state, for the phones of the step; None if RisPort was not asked in this poll.
    """

    at: float
    nodes: t.Mapping[str, NodeState]
    unread: t.Mapping[str, str] = field(default_factory=dict)
    phones: t.Mapping[str, Registration] | None = None


@dataclass(frozen=True)
class Step:
    """What was done before this gate.

    Attributes:
        nodes: The nodes whose CallManager was restarted; empty before the first restart.
        phones: Names of the phones that it may have moved (C(phones_of)).
    """

    nodes: tuple[str, ...] = ()
    phones: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Limits:
    """The settings of the gate.

    Attributes:
        settling: For how many seconds everything must stay as it was at the baseline; at least C(LEAST_SETTLING).
        deadline: After how many seconds of a step the rollout stops.
        allowed_share: Which share of the phones of a step that were stable at the baseline may stay away, 0 to 1.
        queued: How many registrations may be in the queues of a node.
        fail_back: Whether to wait until phones have returned to their node; they are in service either way.
        names_every: How many seconds to wait before RisPort is asked again for phones that were not back.
    """

    settling: float = 150.0
    deadline: float = 1800.0
    allowed_share: float = 0.0
    queued: int = 0
    fail_back: bool = True
    names_every: float = 60.0


@dataclass(frozen=True)
class Decision:
    """What to do now.

    Attributes:
        verdict: C(GO), C(WAIT) or C(STOP).
        reasons: What is waited for, or why to stop; empty to go on.
        ask_phones: The phones that the next poll should ask RisPort for; empty for none.
        registered: How many devices the nodes count that answered.
        expected: How many they counted at the baseline.
        phones: The phones of the step by the last answer of RisPort; None if it was never asked.
    """

    verdict: str
    reasons: tuple[str, ...] = ()
    ask_phones: frozenset[str] = frozenset()
    registered: int = 0
    expected: int = 0
    phones: Comparison | None = None

    @property
    def missing(self) -> tuple[Missing, ...]:
        """The phones that are away and were stable at the baseline."""
        return tuple(each for each in self.phones.missing if each.stable) if self.phones else ()

    @property
    def flapping(self) -> tuple[Missing, ...]:
        """The phones that are away and were already flapping at the baseline: they are named and not counted."""
        return tuple(each for each in self.phones.missing if not each.stable) if self.phones else ()


@dataclass(frozen=True)
class Rollout:
    """Where a rollout stands, for whoever has to go on from there.

    Attributes:
        done: What was done, in order.
        remaining: What was planned and not done, in order.
        resume: The command that goes on.
        undo: The command that restores the state before.
    """

    done: tuple[str, ...]
    remaining: tuple[str, ...]
    resume: str
    undo: str


def phones_of(
    before: Baseline, nodes: t.Collection[str], moved: t.Mapping[str, str] | None = None
) -> frozenset[str]:
    """Return the phones that a restart of nodes moves: those registered there at the baseline, or moved there since (phone to node)."""
    now = moved or {}
    return frozenset(
        name for name, phone in before["phones"].items() if phone["node"] in nodes or now.get(name) in nodes
    )


def decide(
    step: Step, before: Baseline, seen: t.Sequence[Observation], limits: Limits, began: float
) -> Decision:
    """Return whether to go on after a step.

    Args:
        step: What was done.
        before: The baseline, taken before the first step of the rollout.
        seen: What was seen since the step began, in the order of time.
        limits: The settings.
        began: When the step began, by the clock of C(seen).
    """
    gate = _Gate(step, before, seen, limits)
    if before["unread"]:
        return gate.decision(
            STOP, [f"In the baseline {what} is unread: {why}." for what, why in before["unread"].items()]
        )
    if not seen:
        return Decision(WAIT, ("Nothing was read yet.",), expected=gate.expected)
    waits = gate.waits()
    if not waits:
        return gate.decision(GO, [])
    late = seen[-1].at - began >= limits.deadline
    if not late:
        return gate.decision(WAIT, waits)
    if not gate.waits(home=False):
        return gate.decision(GO, [])
    first_after = len(seen) == 1 or seen[-2].at - began < limits.deadline
    wanted = gate.wanted(gate.steady_since(home=False))
    if first_after and seen[-1].phones is None and wanted:
        return gate.decision(WAIT, waits, ask=wanted)
    return gate.decision(STOP, [f"After {limits.deadline:.0f} s: {why}" for why in waits])


class _Gate:
    """One step and what was seen since it began."""

    def __init__(self, step: Step, before: Baseline, seen: t.Sequence[Observation], limits: Limits) -> None:
        self.step, self.before, self.seen, self.limits = step, before, seen, limits
        of_phones = (phone["node"] for phone in before["phones"].values())
        self.nodes = tuple(dict.fromkeys((*step.nodes, *before["counts"], *of_phones)))
        unstable = sum(not phone["stable"] for phone in before["phones"].values())
        # As many of the phones of the whole cluster may be away as flap anyway, and as the operator allows.
        self.slack = unstable + int((len(before["phones"]) - unstable) * limits.allowed_share)
        self.expected = self._sum(before["counts"].values(), PHONES)
        then = {name: self._sum(before["counts"].values(), (name,)) for name in OTHERS}
        self.others = {name: number for name, number in then.items() if number}
        self._judged: dict[tuple[int, bool], list[str]] = {}
        # Whoever is listed is judged, and whoever belongs to the step must be.
        self.listings = {
            number: compare(before, observation.phones, self._listed(number))
            for number, observation in enumerate(seen)
            if observation.phones is not None
        }

    @staticmethod
    def _sum(counts: t.Iterable[t.Mapping[str, int]], names: t.Iterable[str]) -> int:
        return sum(told.get(name, 0) for told in counts for name in names)

    # -- what is waited for -----------------------------------------------------------------------------

    def waits(self, *, home: bool = True) -> list[str]:
        """Return what is waited for, as sentences; empty to go on. C(home): whether phones must be at their own nodes again."""
        last = len(self.seen) - 1
        found = self._unsteady(last, home) + self._queues(last)
        if found:
            return found
        since = self.steady_since(home=home)
        settled = self.seen[last].at - since
        if settled < self.limits.settling:
            return [f"Everything is as before for {settled:.0f} s of {self.limits.settling:.0f} s."]
        wanted = self.wanted(since)
        if wanted and not self._named(since, wanted):
            return [f"The registrations of {counted(len(wanted), 'phone')} are to be compared by name."]
        return []

    def wanted(self, since: float) -> frozenset[str]:
        """Return the phones to compare by name: those of the step, and of each node that has counted more or fewer since a moment.

        A phone that flaps is counted at two nodes for a while, so that a sum may hide another one that is away.
        """
        moving = {
            node
            for observation in self.seen
            if observation.at >= since
            for node, state in observation.nodes.items()
            if self._sum([state.counts], PHONES) != self._sum([self.before["counts"].get(node, {})], PHONES)
        }
        return self.step.phones | phones_of(self.before, moving)

    def _named(self, since: float, wanted: frozenset[str]) -> bool:
        """Return whether the phones were all listed in one poll after the settling time that began at a moment."""
        return any(
            self.seen[number].at - since >= self.limits.settling
            and wanted <= (self.seen[number].phones or {}).keys()
            for number in self.listings
        )

    def steady_since(self, *, home: bool) -> float:
        """Return since when, without interruption until the last observation, everything is as it was at the baseline."""
        steady = self.seen[-1].at
        for number in range(len(self.seen) - 1, -1, -1):
            if self._unsteady(number, home):
                break
            steady = self.seen[number].at
        return steady

    def _unsteady(self, number: int, home: bool) -> list[str]:
        """Return what is not as it was at the baseline in an observation, as sentences."""
        key = number, home
        if key not in self._judged:
            self._judged[key] = self._nodes(number) + self._counts(number, home) + self._names(number, home)
        return self._judged[key]

    def _nodes(self, number: int) -> list[str]:
        return [why for node in self.nodes for why in self._node(number, node)][:_SHOWN]

    def _node(self, number: int, node: str) -> t.Iterator[str]:
        now = self.seen[number].nodes.get(node)
        if now is None or None in (now.heartbeat, now.initialization, now.tokens, now.queued):
            yield f"{node} is unread: {self._why_unread(number, node)}."
            return
        unread = [name for name in self._counters(node) if name not in now.counts]
        if unread:
            yield f"{node} is unread: it gave no {', '.join(unread)}."
            return
        earlier = self.seen[number - 1].nodes.get(node) if number else None
        if earlier is None or earlier.heartbeat is None or not earlier.heartbeat < t.cast(int, now.heartbeat):
            yield f"CallManagerHeartBeat of {node} was not seen to rise between two polls."
        if now.initialization != _INITIALIZED:
            yield f"CallManager at {node} is initializing: InitializationState is {now.initialization} of {_INITIALIZED}."

    def _why_unread(self, number: int, node: str) -> str:
        return self.seen[number].unread.get(node, "it gave no answer")

    def _counters(self, node: str) -> list[str]:
        return [name for name in self.before["counts"].get(node, {}) if name in (*PHONES, PARTIAL, *OTHERS)]

    def _queues(self, number: int) -> list[str]:
        found = []
        for node in self.nodes:
            now = self.seen[number].nodes.get(node)
            for waiting, what in (
                ((now.tokens, "tokens outstanding"), (now.queued, "registrations queued")) if now else ()
            ):
                if waiting is not None and waiting > self.limits.queued:
                    found.append(f"{node} has {waiting:,} {what}.")
        return found

    def _counts(self, number: int, home: bool) -> list[str]:
        """Return which counters are not what they were: devices as sums, phones of the step at their own node as well."""
        told = {node: state.counts for node, state in self.seen[number].nodes.items() if node in self.nodes}
        found = []
        now = self._sum(told.values(), PHONES)
        if now < self.expected - self.slack:
            found.append(f"Not back: {self.expected - now:,} of {self.expected:,} phones.")
        for name, then in self.others.items():
            now = self._sum(told.values(), (name,))
            if now < then:
                found.append(f"Not back: {then - now:,} of {then:,} {name}.")
        more = self._sum(told.values(), (PARTIAL,)) - self._sum(self.before["counts"].values(), (PARTIAL,))
        if more > self.slack:
            found.append(f"Phones registered without all of their lines: {more:,} more than before.")
        for node in self.step.nodes if home and self.limits.fail_back else ():
            here = self._sum([self.before["counts"].get(node, {})], PHONES)
            away = here - self._sum([told.get(node, {})], PHONES)
            if away > self.slack:
                found.append(f"Not returned to {node}: {away:,} of {here:,} phones.")
        return found

    def _names(self, number: int, home: bool) -> list[str]:
        """Return what the listing of an observation shows that is not as before; empty without a listing."""
        listing = self.listings.get(number)
        if listing is None:
            return []
        found = []
        if listing.unread:
            why = next(iter(listing.unread.values()))
            found.append(f"Unread: {self._called(listing.unread)}: {why}.")
        for names in (self.step.phones, self._listed(number)):
            away, allowed = self._away(listing, names), self._allowed(names)
            if len(away) > allowed:
                found.append(f"Not back: {self._called(away)}; {allowed} may be missing.")
                break
        moved = [name for name in self._counting(listing.moved) if name in self.step.phones]
        if home and self.limits.fail_back and moved:
            found.append(f"Not at their own node: {self._called(moved)}.")
        return found

    def _listed(self, number: int) -> frozenset[str]:
        return self.step.phones | (self.seen[number].phones or {}).keys()

    def _allowed(self, names: t.Collection[str]) -> int:
        """Return how many of some phones may be missing."""
        stable = sum(phone["stable"] for name, phone in self.before["phones"].items() if name in names)
        return int(stable * self.limits.allowed_share)

    def _away(self, listing: Comparison, names: t.Collection[str]) -> list[str]:
        """Return which of some phones were stable and have not all of their service."""
        away = self._counting([*(each.name for each in listing.missing), *listing.partial])
        return [name for name in away if name in names]

    def _counting(self, names: t.Iterable[str]) -> list[str]:
        return [name for name in names if self.before["phones"][name]["stable"]]

    @staticmethod
    def _called(names: t.Collection[str]) -> str:
        shown, more = list(names)[:_SHOWN], len(names) - _SHOWN
        return (
            f"{counted(len(names), 'phone')} ({', '.join(shown)}{f' and {more:,} more' if more > 0 else ''})"
        )

    # -- the decision -----------------------------------------------------------------------------------

    def decision(
        self, verdict: str, reasons: t.Iterable[str], *, ask: frozenset[str] = frozenset()
    ) -> Decision:
        """Return a decision with what was seen."""
        now = self.seen[-1].nodes.values() if self.seen else ()
        return Decision(
            verdict,
            tuple(reasons),
            ask or self._names_to_ask() if verdict == WAIT else frozenset(),
            self._sum((state.counts for state in now), PHONES),
            self.expected,
            self.listings[max(self.listings)] if self.listings else None,
        )

    def _names_to_ask(self) -> frozenset[str]:
        """Return whom to ask for: once the counts are right or no longer move, now and then, and all that must be at the end."""
        last = len(self.seen) - 1
        if self._nodes(last):
            return frozenset()
        now, newest = self.seen[last].at, max(self.listings, default=None)
        age = self.limits.names_every if newest is None else now - self.seen[newest].at
        if self._counts(last, home=True) or self._queues(last):
            old = age >= self.limits.names_every and self._stands_still(now - self.limits.names_every)
            return self.step.phones if old else frozenset()
        if newest is None or self._names(newest, home=True):
            return self.step.phones if age >= self.limits.names_every else frozenset()
        since = self.steady_since(home=True)
        wanted = self.wanted(since)
        return (
            wanted if now - since >= self.limits.settling and not self._named(since, wanted) else frozenset()
        )

    def _stands_still(self, since: float) -> bool:
        """Return whether the nodes have counted the same phones since a moment."""
        told = [
            {node: self._sum([state.counts], PHONES) for node, state in observation.nodes.items()}
            for observation in self.seen
            if observation.at >= since
        ]
        return self.seen[0].at <= since and all(each == told[0] for each in told)


def report(decision: Decision, rollout: Rollout) -> list[str]:
    """Return why a rollout stopped, as lines: which phones are away, what was done, what remains, how to go on and how to undo it."""
    lines = [f"The rollout stopped. {why}" for why in decision.reasons[:1]] + list(decision.reasons[1:])
    lines += [each.line for each in decision.missing]
    if decision.phones:
        lines += [
            f"{name}: registered without all of its lines. Reset it." for name in decision.phones.partial
        ]
        lines += [f"{name}: unread, {why}." for name, why in decision.phones.unread.items()]
        lines += [
            f"{name}: in service at {node}, not at its own node."
            for name, node in decision.phones.moved.items()
        ]
    lines += [f"Already flapping at the baseline, not counted: {each.line}" for each in decision.flapping]
    lines.append(f"Done: {'; '.join(rollout.done) or 'nothing'}.")
    lines.append(f"Not done, and not touched: {'; '.join(rollout.remaining) or 'nothing'}.")
    return [*lines, f"To go on: {rollout.resume}", f"To undo: {rollout.undo}"]
