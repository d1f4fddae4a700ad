# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resets of phones: which phones, in which waves, and what proves that one was reset. PRIVATE to the collection.

Pure. Which changes wait for a reset is in the record of the cluster (C(_security.phone_resets)). A reset reaches registered phones only,
and that it was taken does not mean that the phone came back (phone-facts 5.1 and 5.2). So a phone that is away stays due, and one that
was asked is done once it has registered after that. All times are of the nodes' clocks, in seconds since 1970-01-01 UTC.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .._facts import model, records
from .._facts.model import Facts
from .._facts.records import Registration
from .._security import phone_resets, rules
from .._security.words import counted
from .._x509 import own_certificates
from . import registration
from .gate import GO, STOP, WAIT, Decision
from .registration import IN_SERVICE, UNREAD

# The trust-list states of a phone that show it has not the lists of the cluster (phone-facts 4.5 [V]); C(Unknown) shows nothing.
_UNTRUSTING = ("MisMatch", "Not Installed")
_SHOWN = 5


@dataclass(frozen=True)
class Pace:
    """How fast phones may be reset.

    Attributes:
        queue: How many requests TFTP queues before it answers 503: 1,500 to 3,500 by processor (phone-facts 4.1 [V]); the least is taken.
        at_once: How many requests TFTP serves at once; with more, some wait (phone-facts 4.1 [V]).
        files: How many files a phone requests when it boots: lists, configuration, ring tones, locale (invented).
        frail: Models that are lost when many are reset at once (CSCuo34577).
        few: How many of those are reset at once (invented).
        deadline: After how many seconds of a wave the resets stop; a reset takes 60 to 120 s, a load of firmware much more.
        allowed_share: Which share of a wave may stay away, 0 to 1.
    """

    queue: int = 1500
    at_once: int = 5
    files: int = 5
    frail: frozenset[str] = frozenset({"Cisco 6921"})
    few: int = 5
    deadline: float = 900.0
    allowed_share: float = 0.0

    @property
    def size(self) -> int:
        """How many phones are reset at once: all of them may request their files from one TFTP node at the same moment."""
        return max(1, self.queue // self.files)


@dataclass(frozen=True)
class Tftp:
    """What PerfMon shows of the TFTP service of a node; None for a counter that it did not give.

    Attributes:
        overflows: RequestsOverflow: requests turned away since the service started.
        in_progress: RequestsInProgress.
    """

    overflows: int | None
    in_progress: int | None


@dataclass(frozen=True)
class Standing:
    """How far the resets are. Every phone that is due is in exactly one of C(done), C(ready), C(underway), C(away) and C(unread).

    Attributes:
        round: The round that is on, from 1; later than C(rounds) when all phones that are in service are done.
        rounds: How many there are.
        done: Phones that were reset in all rounds.
        ready: Phones to reset now.
        underway: Phones that were asked in this round and have not registered since, and those that wait for the next round.
        away: Phones that are in service nowhere, with the reason: they are reset when they are back.
        unread: Phones not known to be anything, with the reason.
    """

    round: int
    rounds: int
    done: tuple[str, ...] = ()
    ready: tuple[str, ...] = ()
    underway: tuple[str, ...] = ()
    away: t.Mapping[str, str] = field(default_factory=dict)
    unread: t.Mapping[str, str] = field(default_factory=dict)

    @property
    def closed(self) -> bool:
        """Whether the duty is done: every phone was reset in every round."""
        return not (self.ready or self.underway or self.away or self.unread)


def concerned(
    changes: t.Iterable[records.PhoneChange], facts: Facts, profiles: t.Mapping[str, str | None]
) -> tuple[str, ...]:
    """Return the phones that apply recorded changes only when they are reset.

    Args:
        changes: The changes that wait for a reset.
        facts: The facts of the cluster: its release, and what the profiles are.
        profiles: Phone to its security profile; None if that was not read, and then every change concerns it.
    """
    known = model.value(facts, model.PHONE_PROFILES) or {}
    rows = [
        (which, each["name"]) for each in changes for which in rules.applying(each["change"], facts).phones
    ]
    return tuple(
        phone
        for phone, profile in profiles.items()
        for state in [known.get(profile or "")]
        if any(
            state is None or profile is None or phone_resets.concerns(which, changed, profile, state)
            for which, changed in rows
        )
    )


def rounds(facts: Facts, since: str) -> int:
    """Return how many times every phone must be reset: twice if ITLRecovery may have been renewed.

    A phone learns a new ITLRecovery from a file that an older signer vouches for, and only the next start shows that it holds it. After
    one round, a further change of a certificate would lose it (phone-facts 5.3 [V] and 10, case 5).

    Args:
        facts: The facts of the cluster.
        since: When phones were last reset, or else when the first change that waits was made; ISO 8601 with a zone.
    """
    held = own_certificates.current(facts, model.publisher_name(facts), own_certificates.ITLRECOVERY)
    begins = held.get("not_before") if held else None
    if not begins:
        return 2
    return 2 if datetime.fromisoformat(begins).replace(tzinfo=UTC) > datetime.fromisoformat(since) else 1


def unproven(asked_at: int, now: Registration, trust: str | None = None) -> str:
    """Return why a phone is not proven to have been reset since it was asked, as a clause; empty if it is.

    Args:
        asked_at: When it was asked.
        now: Its state.
        trust: Its trust-list state as the cluster calls it (release 14 and later); None if that was not read.
    """
    if now["status"] == UNREAD:
        return f"its registration is unread: {now.get('why', '')}"
    if now["status"] not in IN_SERVICE:
        return f"it is {now['status']}"
    if now["stamp"] is None:
        return "when it registered is not known"
    if now["stamp"] <= asked_at:
        return "it has not registered since"
    if trust in _UNTRUSTING:
        return f"its trust list is {trust}: it does not have the files of the cluster"
    return ""


def standing(
    due: t.Iterable[str],
    asked: t.Sequence[t.Mapping[str, int]],
    now: t.Mapping[str, Registration],
    needed: int = 1,
    *,
    lost_before: int = 0,
    trust: t.Mapping[str, str] | None = None,
) -> Standing:
    """Return how far the resets are. A round begins when every phone in service has finished the one before.

    Args:
        due: The phones that are due.
        asked: For each round so far, phone to when it was last asked.
        now: Phone to its state.
        needed: How many rounds there are.
        lost_before: Who was asked before this time, and has not registered since, is asked again.
        trust: Phone to its trust-list state, as far as it is known.
    """
    states = {name: registration.asked(now, name) for name in dict.fromkeys(due)}
    finished = {name: _finished(name, state, asked[:needed], trust or {}) for name, state in states.items()}
    served = [name for name, state in states.items() if state["status"] in IN_SERVICE]
    current = min((finished[name] for name in served), default=0)
    last = asked[current] if current < len(asked) else {}
    behind = [name for name in served if finished[name] < needed]
    ready = [
        name
        for name in behind
        if finished[name] == current and (name not in last or last[name] < lost_before)
    ]
    lacking = {
        name: state for name, state in states.items() if finished[name] < needed and name not in behind
    }
    return Standing(
        current + 1,
        needed,
        done=tuple(name for name in states if finished[name] >= needed),
        ready=tuple(ready),
        underway=tuple(name for name in behind if name not in set(ready)),
        away={
            name: f"it is {state['status']}" for name, state in lacking.items() if state["status"] != UNREAD
        },
        unread={name: state.get("why", "") for name, state in lacking.items() if state["status"] == UNREAD},
    )


def _finished(
    name: str, state: Registration, asked: t.Sequence[t.Mapping[str, int]], trust: t.Mapping[str, str]
) -> int:
    """Return how many rounds a phone has finished, from the first on."""
    for number, times in enumerate(asked):
        if name not in times or unproven(times[name], state, trust.get(name)):
            return number
    return len(asked)


def waves(
    ready: t.Iterable[str], now: t.Mapping[str, Registration], pace: Pace
) -> tuple[tuple[str, ...], ...]:
    """Return the phones to reset in waves; each device pool is spread over them, so that no site is without all of its phones."""
    places: dict[str, int] = {}
    order: list[tuple[int, str]] = []
    for name in ready:
        pool = now[name]["pool"]
        places[pool] = places.get(pool, -1) + 1
        order.append((places[pool], name))
    spread = [name for _place, name in sorted(order, key=lambda each: each[0])]
    frail = [name for name in spread if now[name]["model"] in pace.frail]
    others = [name for name in spread if now[name]["model"] not in pace.frail]
    return (*_cut(others, pace.size), *_cut(frail, pace.few))


def _cut(names: t.Sequence[str], size: int) -> t.Iterator[tuple[str, ...]]:
    for start in range(0, len(names), size):
        yield tuple(names[start : start + size])


def decide(
    asked: t.Mapping[str, int],
    now: t.Mapping[str, Registration] | None,
    tftp: tuple[t.Mapping[str, Tftp], t.Mapping[str, Tftp]],
    elapsed: float,
    pace: Pace,
    trust: t.Mapping[str, str] | None = None,
) -> Decision:
    """Return whether the next wave may be reset.

    Args:
        asked: The phones of this wave, and when each was asked.
        now: Phone to its state; None if RisPort was not asked in this poll.
        tftp: Node to its TFTP service, for every node that has it, before the wave and now.
        elapsed: For how many seconds this wave is under way.
        pace: The settings.
        trust: Phone to its trust-list state, as far as it is known.
    """
    turned_away = _overflows(*tftp)
    if turned_away:
        return Decision(STOP, tuple(turned_away))
    waits = _busy(*tftp, pace)
    allowed = int(len(asked) * pace.allowed_share)
    reasons = {
        name: why
        for name, at in asked.items()
        for why in [unproven(at, registration.asked(now or {}, name), (trust or {}).get(name))]
        if why
    }
    unknown = [name for name in reasons if now is None or name not in now or now[name]["status"] == UNREAD]
    if len(reasons) > allowed or unknown:
        shown = "; ".join(f"{name}: {why}" for name, why in list(reasons.items())[:_SHOWN])
        waits.append(
            f"{counted(len(reasons), 'phone')} of {len(asked):,} are not proven to have been reset ({shown})."
        )
    if not waits:
        return Decision(GO)
    if elapsed < pace.deadline:
        return Decision(WAIT, tuple(waits), frozenset(asked))
    return Decision(STOP, tuple(f"After {pace.deadline:.0f} s: {why}" for why in waits))


def _overflows(before: t.Mapping[str, Tftp], now: t.Mapping[str, Tftp]) -> list[str]:
    """Return at which nodes TFTP turned requests away since the wave began: phones then start with what they had before."""
    more = {
        node: _risen(before[node].overflows, state.overflows) for node, state in now.items() if node in before
    }
    return [
        f"TFTP at {node} turned {counted(number, 'request')} away, so phones may have started with their old files. "
        "Restart Cisco Tftp there, and reset the phones of this wave again in smaller waves."
        for node, number in more.items()
        if number > 0
    ]


def _risen(before: int | None, now: int | None) -> int:
    """Return by how much a counter has risen; it begins at 0 again when its service was started."""
    if before is None or now is None:
        return 0
    return now if now < before else now - before


def _busy(before: t.Mapping[str, Tftp], now: t.Mapping[str, Tftp], pace: Pace) -> list[str]:
    """Return which TFTP services are unread, or have requests that wait, as sentences."""
    nodes = dict.fromkeys((*before, *now))
    if not nodes:
        return ["No TFTP service was read."]
    silent = [node for node in nodes if any(_silent(told.get(node)) for told in (before, now))]
    waiting = {node: now[node].in_progress or 0 for node in nodes if node in now}
    return [f"TFTP at {node} is unread." for node in silent] + [
        f"TFTP at {node} has {counted(number, 'request')} in progress."
        for node, number in waiting.items()
        if number > pace.at_once
    ]


def _silent(state: Tftp | None) -> bool:
    return state is None or None in (state.overflows, state.in_progress)


def lines(found: Standing) -> list[str]:
    """Return how far the resets are, as sentences for a person, with what to do."""
    if found.closed:
        return [f"Reset, and registered since: {counted(len(found.done), 'phone')}."]
    which = f"round {min(found.round, found.rounds)} of {found.rounds}, " if found.rounds > 1 else ""
    told = [
        f"Resets of phones: {which}{len(found.done):,} done, {len(found.ready):,} to reset now, {len(found.underway):,} under way."
    ]
    for names, what in (
        (found.away, "are away and stay due: they are reset by the next run after they have registered"),
        (found.unread, "could not be read and stay due"),
    ):
        if names:
            shown = "; ".join(f"{name}: {why}" for name, why in list(names.items())[:_SHOWN])
            told.append(f"{counted(len(names), 'phone')} {what} ({shown}).")
    return [*told, "Do not renew certificates before all of them were reset."]
