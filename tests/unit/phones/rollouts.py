# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole rollouts without Ansible: the order and the gate drive the lab's simulated phones, with a clock of their own.

A cluster, what befalls it and the settings all follow from a seed. After every act the truth is asked of the simulation itself, not of
what the gate saw.
"""

from __future__ import annotations

import json
import random
import typing as t
from dataclasses import dataclass, field

from ansible_collections.ucops.cucm.plugins.module_utils._phones.gate import (
    GO,
    OTHERS,
    PARTIAL,
    PHONES,
    STOP,
    WAIT,
    Decision,
    Limits,
    NodeState,
    Observation,
    Step,
    decide,
    phones_of,
)
from ansible_collections.ucops.cucm.plugins.module_utils._phones.order import Group, Order, Topology, order
from ansible_collections.ucops.cucm.plugins.module_utils._phones.registration import (
    ABSENT,
    FORM,
    Baseline,
    Registration,
    baseline,
    unread,
)
from cucm_lab.domain.phones import counters
from cucm_lab.domain.phones.phone import Phone, State
from cucm_lab.domain.phones.settings import Behaviour
from cucm_lab.domain.phones.simulation import Simulation
from cucm_lab.domain.phones.site import Configuration, Device, Files, Loaded, TftpLoaded, TrustList

POLL, RESTART, SETTLE = 10.0, 60.0, 150.0
# A phone that lost its power is registered until its node misses a refresh (phone-facts 3.2), and RIS is 2 s late.
UNNOTICED = 135.0
_STATUS = {
    "Registered": "registered",
    "PartiallyRegistered": "partially_registered",
    "UnRegistered": "unregistered",
    "Rejected": "rejected",
}


class Broken(AssertionError):
    """The rollout did what it must never do."""


@dataclass
class Plan:
    """What a seed gives: the cluster, what befalls it, and what the operator allows.

    groups: group to its members. phones: phone to its group. faults: when, what, whom; the time is after the first restart.
    """

    seed: int
    nodes: tuple[str, ...]
    groups: dict[str, tuple[str, ...]]
    phones: dict[str, str]
    protocols: dict[str, str]
    flapping: dict[str, float]
    faults: list[tuple[float, str, str]]
    parallel: bool
    outage: bool
    limits: Limits
    killed: bool
    permanent: set[str] = field(default_factory=set)


def planned(seed: int) -> Plan:
    """Return the plan of a seed."""
    chance = random.Random(seed)
    nodes = tuple(f"n{number}" for number in range(chance.randint(2, 6)))
    groups = {
        f"G{number}": tuple(chance.sample(nodes, min(len(nodes), chance.choice((2, 2, 2, 3, 3, 1)))))
        for number in range(chance.randint(1, 5))
    }
    phones = {f"SEP{number:03}": chance.choice(list(groups)) for number in range(chance.randint(5, 40))}
    found = Plan(
        seed,
        nodes,
        groups,
        phones,
        protocols={name: chance.choice(("SIP", "SIP", "SCCP")) for name in phones},
        flapping={name: chance.uniform(400, 1200) for name in phones if chance.random() < 0.03},
        faults=[],
        parallel=chance.random() < 0.5,
        outage=chance.random() < 0.7,
        limits=Limits(deadline=chance.choice((900.0, 1800.0)), allowed_share=chance.choice((0.0, 0.0, 0.1))),
        killed=chance.random() < 0.3,
    )
    for _number in range(chance.choice((0, 0, 1, 1, 2, 3))):
        fault = list(_fault(chance, found))
        # One thing for each: the end of one would end the other too.
        if fault[0][2] not in {whom for _at, _what, whom in found.faults}:
            found.faults += fault
            stays = len(fault) == 1 and fault[0][1] not in ("call", "late")
            found.permanent |= {fault[0][2]} if stays else set()
    found.faults.sort()
    return found


def _fault(chance: random.Random, plan: Plan) -> t.Iterator[tuple[float, str, str]]:
    """Yield something that befalls a cluster, and what ends it unless it stays."""
    at, stays = chance.uniform(0, 300 * len(plan.nodes)), chance.random() < 0.4
    begin, end, whom = chance.choice(
        (
            ("down", "up", chance.choice(plan.nodes)),
            ("hang", "resume", chance.choice(plan.nodes)),
            ("stop", "start", chance.choice(plan.nodes)),
            ("power_off", "power_on", chance.choice(list(plan.phones))),
            ("unplug", "plug", chance.choice(list(plan.phones))),
            ("call", "hang_up", chance.choice(list(plan.phones))),
            ("late", "late", chance.choice(list(plan.phones))),
        )
    )
    yield at, begin, whom
    if not stays:
        yield at + chance.uniform(5, 900), end, whom


class Site:
    """The surroundings of the phones: a non-secure cluster in which nothing changes."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        itl = TrustList("ITL", "recovery", frozenset(["recovery"]))
        self._files = Files(None, itl, "recovery")
        self._devices = {
            name: Device(
                name,
                model=683,
                model_name="Cisco 8841",
                description="",
                address="10.0.0.1",
                lines=("1000", "1001"),
                configuration=Configuration(plan.groups[group], plan.protocols[name]),
                flaps_s=plan.flapping.get(name, 0.0),
            )
            for name, group in plan.phones.items()
        }

    def nodes(self) -> tuple[str, ...]:
        return self._plan.nodes

    def devices(self) -> dict[str, Device]:
        return self._devices

    def device(self, name: str) -> Device | None:
        return self._devices.get(name)

    def generation(self) -> int:
        return 0

    def time_of_day(self, at: float) -> float:
        return at % 86400

    def load(self, node: str) -> Loaded:
        return Loaded()

    def load_tftp(self, node: str) -> TftpLoaded:
        return TftpLoaded()

    def files(self, node: str) -> Files:
        return self._files

    def tvs_certificate(self, node: str) -> str:
        return f"tvs {node}"

    def known_certificates(self) -> frozenset[str]:
        return frozenset(["recovery"])


class Rollout:
    """One rollout, from the baseline to its end.

    done: the nodes that were restarted, in order. stopped: why it ended before its plan was done; empty if it was done.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.sim = Simulation(Site(plan), Behaviour(), 1_750_000_000.0, str(plan.seed))
        for number, name in enumerate(plan.nodes):
            self.sim.inputs.begin(name, up=True, running_since=-86400.0, tftp=number == 0, tvs=True)
        self.sim.populate()
        self.done: list[str] = []
        self.stopped: tuple[str, ...] = ()
        self.waits = 0
        self._faults: list[tuple[float, str, str]] = []
        self._befallen: dict[str, float] = {}
        self._away: dict[str, float] = {}
        self._broken: set[str] = set()

    # -- time and faults --------------------------------------------------------------------------------

    def _until(self, at: float) -> None:
        """Let time pass, with the faults and the ends of restarts that fall into it."""
        due = [(moment, "start", node) for node, moment in self._away.items()] + self._faults
        for moment, what, whom in sorted(each for each in due if each[0] <= at):
            self.sim.advance(moment)
            if (moment, what, whom) in self._faults:
                self._faults.remove((moment, what, whom))
                self._befall(what, whom)
            else:
                del self._away[whom]
                if whom not in self._broken:
                    self.sim.inputs.callmanager_started(whom)
        self.sim.advance(at)

    def _befall(self, what: str, whom: str) -> None:
        self._befallen[whom] = self.sim.now
        inputs, upsets = self.sim.inputs, self.sim.upsets
        if what in ("stop", "start"):
            # By another hand. A service that we restart is not started by it.
            self._broken = self._broken | {whom} if what == "stop" else self._broken - {whom}
            if what == "stop":
                inputs.callmanager_stopped(whom)
            elif whom not in self._away:
                inputs.callmanager_started(whom)
            return
        if whom in self.sim.nodes:
            {"down": inputs.down, "up": inputs.came_up, "hang": inputs.hang, "resume": inputs.resume}[what](
                whom
            )
            return
        phone = self.sim.phones[whom]
        if what in ("power_off", "power_on"):
            upsets.power(phone, what == "power_on")
        elif what in ("plug", "unplug"):
            upsets.connect(phone, what == "plug")
        elif what in ("call", "hang_up"):
            upsets.call(phone, what == "call")
        else:
            upsets.late(phone)

    # -- what the interfaces show -----------------------------------------------------------------------

    def registrations(self, names: t.Iterable[str]) -> dict[str, Registration]:
        """Return what RisPort shows of phones: the newest row of the nodes that answer."""
        sim = self.sim
        answering = [node for node in sim.nodes.values() if node.up]
        found: dict[str, Registration] = {}
        for name in names:
            phone = sim.phones[name]
            rows = [(node, node.ris.seen_of(phone, sim.now)) for node in answering]
            # A node drops a phone that has gone elsewhere up to 130 s later: its newer row does not count.
            newest = max(
                ((node, entry) for node, entry in rows if entry),
                key=lambda row: (row[1].registered, row[1].at),
                default=None,
            )
            served = newest is not None and newest[1].registered
            if not served and len(answering) < len(sim.nodes):
                found[name] = unread("a node did not answer")
                continue
            found[name] = {
                "status": _STATUS[newest[1].status] if newest else ABSENT,
                "node": newest[0].name if newest else "",
                "reason": newest[1].reason if newest else None,
                "stamp": int(sim.epoch + newest[1].at) if newest else None,
                "model": "Cisco 8841",
                "pool": self.plan.phones[name],
                "group": self.plan.phones[name],
            }
        return found

    def state(self, name: str) -> NodeState | None:
        """Return what PerfMon shows of a node; None if it does not answer."""
        sim, node = self.sim, self.sim.nodes[name]
        told = counters.counters(sim, node, counters.CALLMANAGER)
        station = counters.counters(sim, node, counters.SIP_STATION)
        system = counters.counters(sim, node, counters.SYSTEM)
        if told is None or station is None or system is None:
            return None
        queued = station["NewRegQueueSize"] + sum(
            system[f"QueueSignalsPresent {each}"] for each in ("3-Low", "4-Lowest")
        )
        counts = {each: told[each] for each in (*PHONES, PARTIAL, *OTHERS) if each in told}
        return NodeState(
            told["CallManagerHeartBeat"],
            told["InitializationState"],
            station["TokensOutstanding"],
            queued,
            counts,
        )

    def observed(self, phones: t.Collection[str] | None) -> Observation:
        states = {name: self.state(name) for name in self.plan.nodes}
        return Observation(
            self.sim.now,
            {name: state for name, state in states.items() if state is not None},
            {name: "it did not answer" for name, state in states.items() if state is None},
            None if phones is None else self.registrations(phones),
        )

    # -- the rollout ------------------------------------------------------------------------------------

    def run(self) -> None:
        """Restart every node that is due, or stop."""
        before = self._baseline()
        self._faults = [(self.sim.now + at, what, whom) for at, what, whom in self.plan.faults]
        waves = self._order(self.plan.nodes, before)
        last = self._gate(before, Step())
        while last is not None and waves.waves:
            self._act(waves.waves[0], waves, before)
            if self.plan.killed and len(self.done) == len(waves.waves[0]):
                # Killed, and started again: the same baseline from the disk, and what is due from the cluster.
                before = t.cast(Baseline, FORM.shaped(json.loads(json.dumps(before))))
                self._until(self.sim.now + 300)
            moved = last.phones.moved if last.phones else {}
            last = self._gate(before, Step(waves.waves[0], phones_of(before, waves.waves[0], moved)))
            if last is not None:
                waves = self._order([node for node in self.plan.nodes if node not in self.done], before)

    def _baseline(self) -> Baseline:
        first = self.registrations(self.plan.phones)
        self._until(SETTLE)
        counts = {name: state.counts for name in self.plan.nodes for state in [self.state(name)] if state}
        readings = [first, self.registrations(self.plan.phones)]
        return baseline("key", "10.0.0.1", "2026-03-10T22:15:00+00:00", readings, counts)

    def _order(self, due: t.Iterable[str], before: Baseline) -> Order:
        of_group: dict[str, list[str]] = {name: [] for name in self.plan.groups}
        for name, phone in before["phones"].items():
            of_group[phone["group"]].append(name)
        groups = tuple(
            Group(name, members, len(of_group[name]), tuple(of_group[name]))
            for name, members in self.plan.groups.items()
        )
        up = {name: self.state(name) is not None for name in self.plan.nodes}
        found = order(Topology(groups, up, self.plan.nodes[0]), due, parallel=self.plan.parallel)
        if found.outages and not self.plan.outage:
            self.stopped = tuple(each.line for each in found.outages)
            return Order(())
        return found

    def _act(self, wave: tuple[str, ...], waves: Order, before: Baseline) -> None:
        self._must_be_right(wave, waves, before)
        for node in wave:
            self.sim.inputs.callmanager_stopped(node)
            self._away[node] = self.sim.now + RESTART
            self.done.append(node)

    def _gate(self, before: Baseline, step: Step) -> Decision | None:
        """Poll until the gate decides; return None if the rollout stops."""
        began, seen, ask = self.sim.now, t.cast(list[Observation], []), frozenset[str]()
        while True:
            seen.append(self.observed(ask or None))
            found = decide(step, before, seen, self.plan.limits, began)
            if found.verdict == GO:
                return found
            if found.verdict == STOP:
                self.stopped = found.reasons
                return None
            ask = found.ask_phones
            self.waits += 1
            if found.verdict != WAIT or self.sim.now - began > self.plan.limits.deadline + 3 * POLL:
                raise Broken(f"it waits for ever: {found.reasons}")
            self._until(self.sim.now + POLL)

    # -- what must never be -----------------------------------------------------------------------------

    def _must_be_right(self, wave: tuple[str, ...], waves: Order, before: Baseline) -> None:
        """Ask the simulation itself whether these nodes may go down now."""
        if set(wave) & set(self.done):
            raise Broken(f"{wave} was restarted before")
        outages = {(node, outage.group) for outage in waves.outages for node in outage.nodes}
        for group, members in self.plan.groups.items():
            gone = [node for node in members if node in wave or node in self._away]
            if len(members) == 2 and len(gone) == 2 and group in self.plan.phones.values():
                raise Broken(f"both members of {group} are down by our act")
            served = [
                node for node in members if node not in gone and self.sim.nodes[node].accepts(self.sim.now)
            ]
            has_phones = any(phone["group"] == group for phone in before["phones"].values())
            if gone and has_phones and not served and not any((node, group) in outages for node in gone):
                raise Broken(f"{group} has no member in service while {wave} is away")
        away = self._away_now(before)
        if len(away) > int(len(before["phones"]) * self.plan.limits.allowed_share):
            raise Broken(f"{wave} goes down while {away} are not back")

    def _away_now(self, before: Baseline) -> list[str]:
        """Return the stable phones that are without service; not those to whom something happened too recently to be noticed."""
        found = []
        for name, known in before["phones"].items():
            recently = self.sim.now - self._befallen.get(name, -1e9) < UNNOTICED
            if (
                known["stable"]
                and name not in self.plan.flapping
                and not recently
                and not served(self.sim.phones[name])
            ):
                found.append(name)
        return found

    def must_have_ended_right(self, before_faults: float) -> None:
        """Check the end: stopped if something stays away, and done if nothing ever happened."""
        gone = [whom for whom in self.plan.permanent if self._befallen.get(whom, 1e12) < before_faults]
        lost_nodes = [whom for whom in gone if whom in self.sim.nodes]
        lost_phones = [whom for whom in gone if whom in self.sim.phones and whom not in self.plan.flapping]
        allowed = int(len(self.plan.phones) * self.plan.limits.allowed_share)
        if not self.stopped and (lost_nodes or len(lost_phones) > allowed):
            raise Broken(f"it went on to its end without {gone}")
        if self.stopped and not self.plan.faults and self.plan.outage:
            raise Broken(f"it stopped although nothing happened: {self.stopped}")
        if not self.stopped and sorted(self.done) != sorted(self.plan.nodes):
            raise Broken("it ended before all was done")


def served(phone: Phone) -> bool:
    """Return whether a phone has a server, by the simulation itself."""
    return bool(phone.state is State.REGISTERED and phone.connected and phone.node and phone.node.works)


def roll(seed: int) -> Rollout:
    """Run the rollout of a seed. Raises Broken."""
    found = Rollout(planned(seed))
    found.run()
    found.must_have_ended_right(found.sim.now - 2 * UNNOTICED)
    return found
