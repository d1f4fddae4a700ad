# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registrations of phones: one phone's state, the baseline before a change, and its comparison with now. PRIVATE to the collection.

Pure. Phones are compared by name, since as many phones after a restart as before it may be other phones. A phone that nobody could ask
about is unread: neither back nor missing.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._facts.forms import record
from .._facts.records import Registration
from . import reasons

# The states of a phone. PARTIAL: some of its lines are missing (phone-facts 3.4). ABSENT: every node answered, and none has a row of
# it. UNREAD: a node did not answer, or the cluster used a word that is not known; C(why) has the reason or the word.
REGISTERED = "registered"
PARTIAL = "partially_registered"
UNREGISTERED = "unregistered"
REJECTED = "rejected"
ABSENT = "absent"
UNREAD = "unread"
IN_SERVICE = (REGISTERED, PARTIAL)
STATUSES = (*IN_SERVICE, UNREGISTERED, REJECTED, ABSENT, UNREAD)

_NOT_ASKED = "it was not asked for"
_NEVER = "Check that it has power and is connected; its name must be that of the device in the database."


class Phone(Registration):
    """A phone of the baseline."""

    stable: t.Annotated[bool, "Whether it was in the same state in every reading; one that flaps is not."]


class Baseline(t.TypedDict):
    """The registrations before the first change."""

    cluster: t.Annotated[str, "The key of the publisher in the database of the cluster."]
    place: t.Annotated[str, "The address at which the publisher is reached."]
    moment: t.Annotated[str, "When the last reading ended, by the controller's clock, ISO 8601 in UTC."]
    phones: t.Annotated[dict[str, Phone], "The phones that were in service in one of the readings, by name."]
    counts: t.Annotated[dict[str, dict[str, int]], "Node to counter (as PerfMon calls it) to its value."]
    unread: t.Annotated[dict[str, str], "Phone or node to the reason why it was not read."]


# The form of a baseline that was written down, to check what is read again.
FORM = record(Baseline)


def absent(model: str, pool: str, group: str) -> Registration:
    """Return the state of a phone that no node has a row of."""
    return {
        "status": ABSENT,
        "node": "",
        "reason": None,
        "stamp": None,
        "model": model,
        "pool": pool,
        "group": group,
    }


def unread(why: str, known: Registration | None = None) -> Registration:
    """Return the state of a phone that could not be read; C(known): its state as it was read before."""
    return {
        "status": UNREAD,
        "node": known["node"] if known else "",
        "reason": None,
        "stamp": None,
        "model": known["model"] if known else "",
        "pool": known["pool"] if known else "",
        "group": known["group"] if known else "",
        "why": why,
    }


def asked(now: t.Mapping[str, Registration], name: str) -> Registration:
    """Return the state of a phone in an answer, in which one that is not there was not asked for."""
    return now.get(name) or unread(_NOT_ASKED)


def baseline(
    cluster: str,
    place: str,
    moment: str,
    readings: t.Sequence[t.Mapping[str, Registration]],
    counts: t.Mapping[str, t.Mapping[str, int] | None],
    why: t.Mapping[str, str] | None = None,
) -> Baseline:
    """Return the baseline of a cluster.

    Args:
        cluster: The key of the publisher in the database.
        place: The address at which the publisher is reached.
        moment: When the last reading ended, ISO 8601 in UTC.
        readings: Phone to state, each a full listing, in the order of time; of two or more, a settling time apart, one learns which
            phones flap. One reading alone calls every phone stable.
        counts: Node to counter to value; None for a node that did not answer.
        why: Node to the reason why it did not answer.
    """
    names = dict.fromkeys(name for reading in readings for name in reading)
    seen = {name: [reading.get(name) for reading in readings] for name in names}
    silent = {
        node: (why or {}).get(node, "it did not answer") for node, told in counts.items() if told is None
    }
    return {
        "cluster": cluster,
        "place": place,
        "moment": moment,
        "phones": {name: _phone(told) for name, told in seen.items() if any(map(_in_service, told))},
        "counts": {node: dict(told) for node, told in counts.items() if told is not None},
        "unread": {**silent, **{name: reason for name, told in seen.items() for reason in _unread(told)}},
    }


def _phone(told: t.Sequence[Registration | None]) -> Phone:
    """Return a phone of the baseline from its states in all readings: the last in which it was in service, and whether it is stable."""
    last = next(state for state in reversed(told) if state is not None and _in_service(state))
    read = [state for state in told if state is None or state["status"] != UNREAD]
    return {**last, "stable": all(state is not None and _same(state, last) for state in read)}


def _same(one: Registration, other: Registration) -> bool:
    """Return whether a phone has stayed in one registration: a new one has a new time stamp."""
    return all(one[key] == other[key] for key in ("status", "node", "stamp"))


def _in_service(state: Registration | None) -> bool:
    return state is not None and state["status"] in IN_SERVICE


def _unread(told: t.Iterable[Registration | None]) -> list[str]:
    return [state.get("why", "") for state in told if state is not None and state["status"] == UNREAD][:1]


@dataclass(frozen=True)
class Missing:
    """A phone that was in service and is not now.

    Attributes:
        name: Its name.
        model: Its model.
        pool: Its device pool.
        group: Its CallManager group.
        node: The node where it was registered at the baseline.
        why: Why it is away, in words.
        to_do: What to do about it.
        stable: Whether it was stable at the baseline; only those count.
    """

    name: str
    model: str
    pool: str
    group: str
    node: str
    why: str
    to_do: str
    stable: bool = True

    @property
    def line(self) -> str:
        """The phone as a line for a person."""
        return f"{self.name} ({self.model}, device pool {self.pool}, last at {self.node}): {self.why}. {self.to_do}"


@dataclass(frozen=True)
class Comparison:
    """The phones of a baseline now. Every phone compared is in exactly one of C(back), C(moved), C(partial), C(missing), C(unread).

    Attributes:
        back: Those in service at their node, as they were.
        moved: Those in service at another node, as they were otherwise; the node of now by name.
        partial: Those that had all lines and miss some now.
        missing: Those that are in service nowhere.
        unread: Those not known to be anything; the reason by name.
        new: Those in service now that the baseline does not have.
    """

    back: tuple[str, ...] = ()
    moved: t.Mapping[str, str] = field(default_factory=dict)
    partial: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    unread: t.Mapping[str, str] = field(default_factory=dict)
    new: tuple[str, ...] = ()


def compare(
    before: Baseline, now: t.Mapping[str, Registration], only: t.Collection[str] | None = None
) -> Comparison:
    """Return what the phones of a baseline are now.

    Args:
        before: The baseline.
        now: Phone to its state. A phone that is not in it was not asked for, so it is unread; one without a row is C(ABSENT) there.
        only: The phones to compare; all of the baseline if None.
    """
    names = before["phones"] if only is None else [name for name in before["phones"] if name in only]
    states = {name: asked(now, name) for name in names}
    served = {name: state for name, state in states.items() if state["status"] in IN_SERVICE}
    partial = [name for name, state in served.items() if _lost_lines(before["phones"][name], state)]
    whole = {name: state for name, state in served.items() if name not in set(partial)}
    return Comparison(
        back=tuple(name for name, state in whole.items() if state["node"] == before["phones"][name]["node"]),
        moved={
            name: state["node"]
            for name, state in whole.items()
            if state["node"] != before["phones"][name]["node"]
        },
        partial=tuple(partial),
        missing=tuple(
            _missing(name, before["phones"][name], state)
            for name, state in states.items()
            if state["status"] in (UNREGISTERED, REJECTED, ABSENT)
        ),
        unread={
            name: state.get("why", "") or f"its status is {state['status']}"
            for name, state in states.items()
            if state["status"] not in (*IN_SERVICE, UNREGISTERED, REJECTED, ABSENT)
        },
        new=tuple(name for name, state in now.items() if _in_service(state) and name not in before["phones"]),
    )


def _lost_lines(before: Phone, now: Registration) -> bool:
    return before["status"] == REGISTERED and now["status"] == PARTIAL


def _missing(name: str, before: Phone, now: Registration) -> Missing:
    rejected = now["status"] == REJECTED
    if now["status"] == ABSENT:
        why, to_do = "no node has a registration of it", _NEVER
    else:
        told = reasons.in_words(now["reason"], rejected=rejected)
        where = f" at {now['node']}" if now["node"] else ""
        why, to_do = f"{now['status']}{where}, {told}", reasons.to_do(now["reason"], rejected=rejected)
    return Missing(
        name,
        before["model"] or "unknown model",
        before["pool"] or "unknown",
        before["group"],
        before["node"],
        why,
        to_do,
        before["stable"],
    )
