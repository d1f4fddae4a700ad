# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What befalls a single phone: power, cable, calls, a network that eats its refreshes (phone-facts 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .phone import Phone, State
from .restarts import REASONS

if TYPE_CHECKING:
    from .simulation import Simulation


class Upsets:
    """The inputs of a simulation that concern one phone. Advance the simulation to the moment first."""

    def __init__(self, simulation: Simulation) -> None:
        self._sim = simulation

    def begin(self, phone: Phone) -> None:
        """Start what a phone does from the beginning on."""
        if phone.flaps_s:
            self._flap_later(phone, self._sim.random.uniform(0, phone.flaps_s))

    def give_lists(self, phone: Phone, what: str) -> None:
        """Take the trust lists off a phone (``none``), as a hand at the phone does, or give it the present ones (``current``)."""
        tftp = self._sim.booting.tftp()
        files = self._sim.site.files(tftp.name) if what == "current" and tftp is not None else None
        phone.ctl = files.ctl if files else None
        phone.itl = files.itl if files and not phone.device.soft else None
        phone.vouched, phone.refused = None, False
        self._sim.changed()

    # -- power and cable --------------------------------------------------------------------------------

    def power(self, phone: Phone, on: bool) -> None:
        """Switch a phone on or off. Its node learns nothing of it until its refresh is overdue."""
        if on == phone.powered:
            return
        sim = self._sim
        if on:
            phone.powered = True
            phone.state, phone.tried = State.DOWN, -1
            sim.account(phone)
            seconds = sim.spread(sim.behaviour.reset_s, sim.behaviour.reset_spread_s)
            sim.plan(phone, sim.now + max(0.0, seconds), sim.booting.boot)
            return
        sim.registering.leave(phone, None)
        sim.restarts.down.discard(phone)
        phone.powered = phone.in_call = False
        phone.state, phone.node, phone.waits = State.OFF, None, None
        sim.account(phone)

    def connect(self, phone: Phone, connected: bool) -> None:
        """Cut a phone off the network, or connect it again; it has power all the time."""
        if connected == phone.connected:
            return
        sim = self._sim
        phone.connected = connected
        if not phone.powered:
            return
        if not connected:
            sim.registering.leave(phone, None)
            phone.node = None
            if phone.state not in (State.DOWN, State.LOST):
                phone.state = State.SEEKING
            sim.account(phone)
        elif phone.state is State.DOWN:
            sim.restarts.down.discard(phone)
            sim.booting.boot(phone)
        elif phone.state is not State.LOST:
            sim.registering.seek(phone)

    # -- calls ------------------------------------------------------------------------------------------

    def call(self, phone: Phone, busy: bool) -> None:
        """Begin or end a call. What the phone has put off it does when the call is over."""
        if busy:
            phone.in_call = phone.state is State.REGISTERED
            return
        phone.in_call = False
        waits, phone.waits = phone.waits, None
        if waits == "seek":
            self._sim.registering.seek(phone)
        elif waits == "home" and phone.state is State.REGISTERED:
            self._sim.registering.probe(phone)
        elif waits in REASONS and phone.state is State.REGISTERED:
            self._sim.restarts.go_down(phone, waits)

    # -- the network ------------------------------------------------------------------------------------

    def flap(self, phone: Phone, every_s: float) -> None:
        """Let the network eat a refresh of a phone every so many seconds; 0 ends it."""
        phone.flaps_s = every_s
        if every_s:
            self._flap_later(phone, every_s)

    def _flap_later(self, phone: Phone, seconds: float) -> None:
        self._sim.at(self._sim.now + seconds, self._flap, (phone, phone.flaps_s))

    def _flap(self, what: tuple[Phone, float]) -> None:
        phone, every_s = what
        if phone.flaps_s != every_s:
            return
        self._sim.registering.miss_refresh(phone)
        self._flap_later(phone, every_s)

    def late(self, phone: Phone) -> None:
        """Let the next refresh of a phone come too late."""
        self._sim.registering.refresh_late(phone)
