# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reset, restart and apply of phones (phone-facts 5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .phone import Phone, State
from .site import effective

if TYPE_CHECKING:
    from .simulation import Simulation

RESET, RESTART, APPLY = "reset", "restart", "apply"
REASONS = {RESET: 9, RESTART: 15, APPLY: 17}
"""Reasons of UnRegistered ([V] AL15)."""


class Restarts:
    """Sends phones down and brings them up again. Only a registered phone hears of it ([V] AL15).

    down: those that are in one of them now.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._sim = simulation
        self.down: set[Phone] = set()

    def ask(self, names: Iterable[str], what: str) -> None:
        """Ask phones to ``reset``, ``restart`` or ``apply``."""
        heard = [phone for phone in self._sim.find(names) if self._hears(phone)]
        bulk = len(heard) + len(self.down) > self._sim.behaviour.bulk_reset
        for phone in heard:
            self._ask(phone, what, bulk=bulk)

    @staticmethod
    def _hears(phone: Phone) -> bool:
        return phone.state is State.REGISTERED and phone.node is not None and phone.node.works

    def _ask(self, phone: Phone, what: str, *, bulk: bool) -> None:
        if what == APPLY:
            if phone.device.model_name in self._sim.behaviour.unconditional_apply:
                what = RESTART
            elif not self._changes(phone):
                return
        if phone.in_call:
            phone.waits = what
            return
        self.go_down(phone, what, bulk=bulk)

    def _changes(self, phone: Phone) -> bool:
        """Whether what a phone would read now is another configuration than the one it has."""
        sim = self._sim
        device, tftp = sim.site.device(phone.name), sim.booting.tftp()
        if device is None or tftp is None or tftp.tftp is None:
            return False
        wanted = effective(device.configuration, mixed=tftp.tftp.mixed, oauth=tftp.tftp.oauth)
        return wanted != phone.configuration or device.lsc != phone.device.lsc

    def go_down(self, phone: Phone, what: str, *, bulk: bool = False) -> None:
        """Unregister a phone and let it boot after its time."""
        sim, behaviour = self._sim, self._sim.behaviour
        sim.registering.leave(phone, REASONS[what])
        phone.state, phone.node, phone.waits = State.DOWN, None, None
        sim.account(phone)
        self.down.add(phone)
        lost = behaviour.lost_on_bulk_reset.get(phone.device.model_name, 0.0)
        if bulk and what == RESET and sim.random.random() < lost:
            self.down.discard(phone)
            phone.state = State.LOST
            return
        seconds = {
            RESET: (behaviour.reset_s, behaviour.reset_spread_s),
            RESTART: (behaviour.restart_s, behaviour.restart_spread_s),
            APPLY: (behaviour.apply_s, 0.0),
        }[what]
        sim.plan(phone, sim.now + max(0.0, sim.spread(*seconds)), self._come_up)

    def _come_up(self, phone: Phone) -> None:
        self.down.discard(phone)
        self._sim.booting.boot(phone)

    def all_by_themselves(self) -> None:
        """All phones reset by themselves after certificates changed, each at its time, unpaced ([V] RN14; time invented)."""
        for phone in self._sim.phones.values():
            moment = self._sim.now + self._sim.random.uniform(0, self._sim.behaviour.auto_reset_s)
            self._sim.at(moment, self._by_itself, phone)

    def _by_itself(self, phone: Phone) -> None:
        self.ask([phone.name], RESET)
