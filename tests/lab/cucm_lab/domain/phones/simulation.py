# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The phones of one cluster in device time: a heap of events that is brought to a moment whenever somebody asks."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Iterable
from heapq import heappop, heappush
from itertools import count
from typing import Any

from .boot import Booting
from .nodes import Nodes
from .outage import Outage
from .phone import Phone, State
from .registering import Registering
from .restarts import Restarts
from .servers import CallManager
from .settings import Behaviour
from .site import Device, Site, effective
from .upsets import Upsets


class Simulation:
    """All phones of a cluster. Time is in seconds since it began, so that small ones add up; nothing happens but in :meth:`advance`.

    A phone plans one step at a time. There is no event for a keepalive: when its refreshes are due follows from the last one. Nor is
    there one while nothing it could find has changed: phones that have tried everything sleep until the world changes.

    epoch: when it began, in seconds since 1970. now: the moment it has reached. world: counts the changes of nodes, files and database;
    steps: the events so far.
    """

    def __init__(self, site: Site, behaviour: Behaviour, epoch: float, seed: str = "") -> None:
        self.site = site
        self.behaviour = behaviour
        self.random = random.Random(seed)
        self.epoch = epoch
        self.now = 0.0
        self.world = self.steps = 0
        self.outage = Outage(0.0)
        self.nodes: dict[str, CallManager] = {
            name: CallManager(name, behaviour, 0.0) for name in site.nodes()
        }
        self.phones: dict[str, Phone] = {}
        self.asleep: set[Phone] = set()
        self._heap: list[tuple[float, int, Callable[..., None], Any, int | None]] = []
        self._numbers = count()
        self._advancing = False
        self._generation: Hashable = None
        self.registering = Registering(self)
        self.booting = Booting(self)
        self.restarts = Restarts(self)
        self.inputs = Nodes(self)
        self.upsets = Upsets(self)

    # -- time -------------------------------------------------------------------------------------------

    def advance(self, at: float) -> None:
        """Let everything happen until a moment. A call out of an event does nothing."""
        if self._advancing:
            return
        self._advancing = True
        try:
            self._notice_changes()
            heap = self._heap
            while heap and heap[0][0] <= at:
                moment, _number, action, subject, plan = heappop(heap)
                if plan is None or subject.plan == plan:
                    self.steps += 1
                    self.now = moment
                    action(subject)
            self.now = max(self.now, at)
        finally:
            self._advancing = False

    def _notice_changes(self) -> None:
        """What phones read has changed since the last call, and not before it: whoever changes it calls first."""
        generation = self.site.generation()
        if generation != self._generation:
            self._generation = generation
            self.changed()

    def at(self, moment: float, action: Callable[[Any], None], subject: Any) -> None:
        """Let something happen at a moment, whatever else does."""
        heappush(self._heap, (moment, next(self._numbers), action, subject, None))

    def plan(self, phone: Phone, moment: float, action: Callable[[Phone], None]) -> None:
        """Let a phone do something at a moment, in place of what it planned before."""
        phone.plan += 1
        heappush(self._heap, (moment, next(self._numbers), action, phone, phone.plan))

    def spread(self, middle: float, spread: float) -> float:
        """Return a duration at random, evenly around ``middle``."""
        return middle + self.random.uniform(-spread, spread)

    @property
    def pending(self) -> int:
        """How many events are in the heap, void ones included."""
        return len(self._heap)

    # -- what everybody needs ---------------------------------------------------------------------------

    def changed(self) -> None:
        """The world is another one: phones that have tried everything try again, each at its own time."""
        self.world += 1
        sleepers, self.asleep = self.asleep, set()
        for phone in sorted(sleepers, key=lambda each: each.name):
            self.plan(
                phone, self.next_cycle(phone, self.registering.cycle_s(phone)), self.booting.restart_itself
            )

    def next_cycle(self, phone: Phone, period: float) -> float:
        """Return the next moment of what a phone does every ``period`` seconds since ``cycle_at``."""
        passed = self.now - phone.cycle_at
        return phone.cycle_at + period * (int(passed / period) + 1)

    def account(self, phone: Phone) -> None:
        """Count a phone as without a server, or no more."""
        served = phone.state is State.REGISTERED and phone.connected and phone.node and phone.node.works
        out = phone.powered and not served
        if out and not phone.out:
            self.outage.add(self.now)
        elif phone.out and not out:
            self.outage.remove(self.now)
        phone.out = out

    def take(self, behaviour: Behaviour) -> None:
        """Go on with other settings."""
        self.behaviour = behaviour
        for node in self.nodes.values():
            node.apply(behaviour)
        self.changed()

    def find(self, names: Iterable[str]) -> list[Phone]:
        """Return the phones of these names, each once, without those there are not."""
        return [self.phones[name] for name in dict.fromkeys(names) if name in self.phones]

    # -- the beginning ----------------------------------------------------------------------------------

    def populate(self) -> None:
        """Put the phones of the database where they were before the simulation began; nobody has noticed anything."""
        self._generation = self.site.generation()
        for device in self.site.devices().values():
            self._place(device)
        for phone in self.phones.values():
            self.upsets.begin(phone)
        self._clean_up_later()

    def _place(self, device: Device) -> None:
        phone = Phone(device, device.configuration, self.random.uniform(-1, 1))
        self.phones[phone.name] = phone
        tftp = self.booting.tftp()
        loaded = tftp.tftp if tftp is not None else None
        if tftp is not None and device.lists == "current":
            files = self.site.files(tftp.name)
            phone.ctl, phone.itl = files.ctl, None if device.soft else files.itl
        loaded = loaded or self.site.load_tftp(next(iter(self.nodes)))
        phone.configuration = effective(device.configuration, mixed=loaded.mixed, oauth=loaded.oauth)
        if phone.powered:
            self.registering.start_registered(phone)

    # -- every day --------------------------------------------------------------------------------------

    def _clean_up_later(self) -> None:
        hour = self.behaviour.ris_cleanup_hour * 3600
        until = (hour - self.site.time_of_day(self.epoch + self.now)) % 86400
        self.at(self.now + (until or 86400), self._clean_up, None)

    def _clean_up(self, _nothing: None) -> None:
        """RIS forgets what has long been gone ([V] RisUnusedCMDeviceStorePeriod, RisCleanupTimeOftheDay)."""
        for node in self.nodes.values():
            node.ris.clean_up(self.now - self.behaviour.ris_store_days * 86400)
        self._clean_up_later()
