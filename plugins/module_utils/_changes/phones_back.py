# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the phones of a baseline as they are now, and waiting until they are back. PRIVATE to the collection.

What is waited for, and when names are asked for, is decided by C(_phones.gate); here the nodes are asked.
"""

from __future__ import annotations

import functools
import typing as t

from .._base.errors import DeadlineExceeded, IdentityError
from .._facts.records import Registration
from .._module.settling import PASSING, Progress, cluster_seconds
from .._module.task import Task
from .._phones import gate
from .._phones import registration as states
from .._phones.gate import Decision, Limits, NodeState, Observation, Step
from .._phones.registration import Baseline, Missing
from .._reading import registrations
from .._reading.registrations import Listing
from .._security.words import CALLMANAGER, shortened
from .phone_baseline import MOST_NAMED, attempt, read_counts, said

# Phones on their way to a node, and registrations in its queues (phone-facts 2.2 [V]).
_STATION, _TOKENS, _WAITING = "Cisco SIP Station", "TokensOutstanding", "NewRegQueueSize"
_PERFORMANCE = "Cisco CallManager System Performance"
_QUEUES = ("QueueSignalsPresent 3-Low", "QueueSignalsPresent 4-Lowest")
_HEARTBEAT, _INITIALIZATION = "CallManagerHeartBeat", "InitializationState"


def chosen(before: Baseline, nodes: t.Collection[str], phones: t.Collection[str]) -> frozenset[str]:
    """Return the phones of a baseline that are at one of the nodes or named; all of them when neither is given."""
    if not nodes and not phones:
        return frozenset(before["phones"])
    return gate.phones_of(before, nodes) | (frozenset(phones) & before["phones"].keys())


def read(task: Task, before: Baseline, names: t.Collection[str]) -> dict[str, Registration]:
    """Return the states of phones of a baseline now. Raises CucmError when nothing could be read."""
    known = {
        name: states.absent(phone["model"], phone["pool"], phone["group"])
        for name, phone in before["phones"].items()
        if name in names
    }
    return Listing(
        task.cluster, known, lambda: registrations.nobody(read_counts(task, before["counts"])[0])
    ).states()


def wait(task: Task, before: Baseline, step: Step, limits: Limits) -> Decision:
    """Wait until the phones of a step are back, and return the last decision.

    Raises:
        DeadlineExceeded: They are not (C(phones_missing)), with what is missing by name.
    """
    began = cluster_seconds(task.clock)
    nodes = tuple(dict.fromkeys((*step.nodes, *before["counts"])))
    seen: list[Observation] = []
    progress = Progress(task)
    ask: t.Collection[str] = ()
    while True:
        seen.append(_observed(task, before, nodes, ask))
        decision = gate.decide(step, before, seen, limits, began)
        progress.tell(_in_words(decision))
        if decision.verdict == gate.GO:
            return decision
        if decision.verdict == gate.STOP:
            raise _missing(decision)
        ask = decision.ask_phones
        task.clock.sleep(task.params["poll_interval"])


def _observed(task: Task, before: Baseline, nodes: t.Iterable[str], ask: t.Collection[str]) -> Observation:
    why: dict[str, str] = {}
    found = {node: attempt(functools.partial(_node, task, node), node, why) for node in nodes}
    phones = _phones(task, before, ask) if ask else None
    told = {node: state for node, state in found.items() if state is not None}
    return Observation(cluster_seconds(task.clock), told, why, phones)


def _node(task: Task, node: str) -> NodeState:
    perfmon = task.cluster.perfmon
    callmanager = perfmon.counters(node, CALLMANAGER)
    station = perfmon.counters(node, _STATION)
    performance = perfmon.counters(node, _PERFORMANCE)
    queues = [station.get(_WAITING), *(performance.get(name) for name in _QUEUES)]
    return NodeState(
        heartbeat=callmanager.get(_HEARTBEAT),
        initialization=callmanager.get(_INITIALIZATION),
        tokens=station.get(_TOKENS),
        queued=None if None in queues else sum(each or 0 for each in queues),
        counts=registrations.counts_of(callmanager),
    )


def _phones(task: Task, before: Baseline, names: t.Collection[str]) -> dict[str, Registration]:
    try:
        return read(task, before, names)
    except PASSING as error:
        if isinstance(error, IdentityError):
            raise
        return {name: states.unread(said(error), before["phones"][name]) for name in names}


def missing_facts(missing: Missing) -> dict[str, t.Any]:
    """Return a missing phone as JSON-like facts."""
    return {
        "name": missing.name,
        "model": missing.model,
        "pool": missing.pool,
        "group": missing.group,
        "node": missing.node,
        "why": missing.why,
        "to_do": missing.to_do,
        "stable": missing.stable,
    }


def _missing(decision: Decision) -> DeadlineExceeded:
    shown = shortened([each.line for each in decision.missing], MOST_NAMED)
    phones = decision.phones
    return DeadlineExceeded(
        "\n".join([*decision.reasons, *shown]),
        code="phones_missing",
        details={
            "reasons": list(decision.reasons),
            "registered": decision.registered,
            "expected": decision.expected,
            "missing": [missing_facts(each) for each in (phones.missing if phones else ())],
            "partial": list(phones.partial) if phones else [],
            "unread": dict(phones.unread) if phones else {},
        },
        remedy="Resolve what is named, then run the task again: it waits for the same baseline. Touch no further node before.",
    )


def _in_words(decision: Decision) -> str:
    waits = " ".join(decision.reasons) or "everything is as before"
    return f"{decision.registered:,} of {decision.expected:,} devices are registered: {waits}"
