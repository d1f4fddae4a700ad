# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rollouts that are killed at a point of the lab's journal, and run again."""

from __future__ import annotations

import signal
import time
import typing as t
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from cucm_lab.fixture import ClusterHandle

from .journal import Entry, State, confirmations, effects, end_state, key
from .playbooks import Playbooks
from .runs import Run, Running


@dataclass(frozen=True)
class Point:
    """A point of a rollout: before or after what an entry of an undisturbed run's journal announces is carried out.

    Attributes:
        name: What happens there, in words.
        select: Finds the entry in the journal of an undisturbed run.
        when: C(before) or C(after).
        variables: Extra variables of the run that is to reach it.
    """

    name: str
    select: t.Callable[[list[Entry]], Entry]
    when: str = "before"
    variables: dict[str, t.Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.when} {self.name}"

    def hold(self, journal: list[Entry]) -> dict[str, t.Any]:
        """Return the fault that holds a run like the one of ``journal`` at this point."""
        entry = self.select(journal)
        earlier = [other for other in journal if other["seq"] < entry["seq"] and key(other) == key(entry)]
        match = dict(zip(("kind", "operation", "node"), key(entry), strict=True))
        return {"match": match, "when": self.when, **({"skip": len(earlier)} if earlier else {})}


def nth(kind: str, operation: str, node: str, number: int = 0) -> t.Callable[[list[Entry]], Entry]:
    """Select an entry by its kind, operation and node, and how many like it come before."""

    def select(journal: list[Entry]) -> Entry:
        found = [entry for entry in journal if key(entry) == (kind, operation, node)]
        assert len(found) > number, f"{len(found)} times {kind} {operation!r} at {node} in an undisturbed run"
        return found[number]

    return select


def first_after(
    anchor: t.Callable[[list[Entry]], Entry], kind: str, operation: str
) -> t.Callable[[list[Entry]], Entry]:
    """Select the first entry of this kind and operation after another one."""

    def select(journal: list[Entry]) -> Entry:
        since = anchor(journal)["seq"]
        return next(
            entry
            for entry in journal
            if entry["seq"] > since and (entry["kind"], entry["operation"]) == (kind, operation)
        )

    return select


def last_effect(journal: list[Entry]) -> Entry:
    """Select the last real change."""
    return [entry for entry in journal if entry["kind"] == "effect"][-1]


# A restart that was accepted and not carried out is asked for again after a while; a kill must come before that.
PATIENCE = {"cucm_stable_for": 1}


def every_point(journal: list[Entry]) -> list[Point]:
    """Return the points before every entry of a journal, and after each of those that change something.

    After an entry that changes nothing is before the next one.
    """

    def exactly(entry: Entry) -> t.Callable[[list[Entry]], Entry]:
        return lambda _journal: entry

    return [
        Point(
            f"{entry['seq']} {entry['kind']} {entry['operation']}"[:54],
            exactly(entry),
            when,
            PATIENCE if entry["operation"].startswith("service restart") else {},
        )
        for entry in journal
        for when in (("before", "after") if entry["changing"] else ("before",))
    ]


@dataclass(frozen=True)
class Reference:
    """An undisturbed rollout, to compare with."""

    journal: list[Entry]
    effects: Counter[str]
    end: State


def undisturbed(cluster: ClusterHandle, directory: Path) -> Reference:
    """Roll out on a fresh cluster, undisturbed."""
    cluster.reset()
    run = Playbooks(cluster, directory).rollout().ok()
    return Reference(run.entries, run.effects(), end_state(cluster))


def hold_and_start(
    point: Point, playbooks: Playbooks, reference: Reference, **variables: t.Any
) -> tuple[int, Running]:
    """Start a rollout and return, once it is held at a point, the fault that holds it and the run."""
    hold = playbooks.cluster.fault("hold", **point.hold(reference.journal))
    running = playbooks.start("rollout", **{**point.variables, **variables})
    running.wait_hit(hold)
    return hold, running


@dataclass(frozen=True)
class Killed:
    """A rollout that was killed at a point, and the two runs after it."""

    point: Point
    first: Run
    second: Run
    third: Run
    effects: Counter[str]
    confirmations: int
    end: State
    seconds: float

    HEADING: t.ClassVar[str] = (
        f"{'killed':62} {'effects':>7} {'twice':>5} {'mode':>4} {'yes':>3} {'changed':>7} {'again':>5} {'end state':10} {'seconds':>7}"
    )

    def differences(self, reference: Reference) -> list[str]:
        """Return what keeps this from being as good as an undisturbed run; empty when nothing does."""
        found = []
        if self.first.returncode != -signal.SIGKILL or self.first.recap:
            found.append(f"the first run was not killed:\n{self.first.output}")
        for name, run in (("second run", self.second), ("third run", self.third)):
            if run.returncode != 0:
                found.append(f"the {name} failed:\n{run.output}")
        if self.third.recap.get("changed") != 0 or self.third.changing():
            found.append(
                f"the third run changed: {[key(entry) for entry in self.third.changing()]}\n{self.third.output}"
            )
        if self.effects != reference.effects:
            more, less = self.effects - reference.effects, reference.effects - self.effects
            found.append(f"effects too many: {dict(more)}, missing: {dict(less)}")
        if self.confirmations > 1:
            found.append(f"the question was answered with yes {self.confirmations} times")
        if self.end != reference.end:
            found.append(f"end state {self.end}\ninstead of {reference.end}")
        return found

    def as_data(self, reference: Reference) -> dict[str, t.Any]:
        """Return what a program would want to know of it."""
        return {
            "point": str(self.point),
            "end_state": self.end["cluster_security_mode"],
            "as_undisturbed": not self.differences(reference),
            "effects": self.effects.total(),
            "effects_expected": reference.effects.total(),
            "effects_too_many": dict(self.effects - reference.effects),
            "answers": self.confirmations,
            "changed_by_second_run": self.second.recap.get("changed"),
            "changed_by_third_run": self.third.recap.get("changed"),
            "seconds": round(self.seconds, 1),
        }

    def row(self, reference: Reference) -> str:
        """Return a line of the table under HEADING."""
        done = f"{self.effects.total()}/{reference.effects.total()}"
        twice = sum(count > 1 for count in self.effects.values())
        mode = sum(count for what, count in self.effects.items() if "security_mode" in what)
        end = self.end["cluster_security_mode"] if self.end == reference.end else "DIFFERS"
        changed, again = (run.recap.get("changed", "?") for run in (self.second, self.third))
        return (
            f"{self.point!s:62} {done:>7} {twice:>5} {mode:>4} {self.confirmations:>3} {changed:>7} {again:>5}"
            f" {end:10} {self.seconds:7.1f}"
        )


def kill_at(point: Point, cluster: ClusterHandle, directory: Path, reference: Reference) -> Killed:
    """Kill a rollout at a point, let the cluster go on, and run it again, twice. Needs a fresh cluster."""
    started = time.monotonic()
    playbooks = Playbooks(cluster, directory)
    hold, running = hold_and_start(point, playbooks, reference)
    first = running.kill()
    cluster.release(hold)
    second, third = playbooks.rollout(), playbooks.rollout()
    entries = cluster.journal()
    return Killed(
        point,
        first,
        second,
        third,
        effects(entries),
        confirmations(entries),
        end_state(cluster),
        time.monotonic() - started,
    )
