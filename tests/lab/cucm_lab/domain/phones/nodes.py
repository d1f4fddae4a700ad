# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to nodes, and what phones notice of it (phone-facts 3.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .ris import UNREGISTERED

if TYPE_CHECKING:
    from .phone import Phone
    from .servers import CallManager
    from .simulation import Simulation


class Nodes:
    """The inputs of a simulation that concern a node. Advance the simulation to the moment first."""

    def __init__(self, simulation: Simulation) -> None:
        self._sim = simulation

    def begin(
        self,
        name: str,
        *,
        up: bool,
        running_since: float | None,
        tftp: bool,
        tvs: bool,
        ris_since: float | None = None,
    ) -> None:
        """Say how a node stands when the simulation begins. running_since: of its CallManager, None where it does not run."""
        node = self._sim.nodes[name]
        node.up = up
        node.running = running_since is not None
        if running_since is not None:
            node.begin(running_since, self._sim.site.load(name))
            # Long enough ago: nobody starts a lab to wait for what was before it.
            node.ready_at = min(running_since + self._sim.behaviour.initialization_s, self._sim.now)
        node.tftp = self._sim.site.load_tftp(name) if tftp else None
        node.tvs = tvs
        node.ris.began_at = self._sim.now if ris_since is None else ris_since

    # -- CallManager ------------------------------------------------------------------------------------

    def callmanager_stopped(self, name: str) -> None:
        """The process closes its connections: its phones go elsewhere at once ([P] SRSTQ)."""
        node, sim = self._sim.nodes[name], self._sim
        if not node.running:
            return
        node.running = node.hung = False
        if node.up:
            for phone, entry in list(node.ris.present()):
                if entry.registered:
                    node.ris.put(phone, sim.now, UNREGISTERED, sim.behaviour.stop_reason)
            self._push_all(node)
        sim.changed()

    def _push_all(self, node: CallManager) -> None:
        """Phones that have a call through the node hold it; the others seek."""
        registering = self._sim.registering
        for phone in _in_order(node.phones):
            registering.lose(phone)
        for phone in _in_order(node.waiting):
            registering.seek_next(phone)

    def callmanager_started(self, name: str) -> None:
        """A new process takes devices as soon as it has initialized."""
        node = self._sim.nodes[name]
        if node.running:
            return
        node.running = True
        self._start(node)

    def _start(self, node: CallManager) -> None:
        sim = self._sim
        if not node.up:
            return
        node.begin(sim.now, sim.site.load(node.name))
        node.ready_at = sim.now + sim.behaviour.initialization_s
        sim.at(node.ready_at, self._ready, node)

    def _ready(self, node: CallManager) -> None:
        if node.ready_at == self._sim.now and node.accepts(self._sim.now):
            self._take_devices(node)

    def _take_devices(self, node: CallManager) -> None:
        self._sim.changed()
        self._sim.registering.call_home(node)

    def hang(self, name: str) -> None:
        """The process answers nobody any more; the operating system keeps its connections open."""
        node = self._sim.nodes[name]
        if node.works:
            node.hung, node.hung_at = True, self._sim.now
            self._leave_unnoticed(node)
            self._sim.changed()

    def resume(self, name: str) -> None:
        """The process comes to itself: phones that have not noticed go on as if nothing had been."""
        node, sim = self._sim.nodes[name], self._sim
        if not node.hung:
            return
        node.hung = False
        if not (node.up and node.running):
            return
        sim.registering.drop_silent(node)
        for phone in _in_order(node.phones):
            sim.registering.go_on(phone)
        if node.accepts(sim.now):
            self._take_devices(node)

    # -- the machine ------------------------------------------------------------------------------------

    def down(self, name: str) -> None:
        """The machine is gone without a word to anybody."""
        node = self._sim.nodes[name]
        if node.up:
            node.up = False
            self._leave_unnoticed(node)
            self._sim.registering.bereave(node)
            self._sim.changed()

    def _leave_unnoticed(self, node: CallManager) -> None:
        registering = self._sim.registering
        for phone in _in_order(node.phones):
            registering.lose_later(phone, node)
        for phone in _in_order(node.waiting):
            registering.give_token_back(phone)
            self._sim.plan(phone, self._sim.now + self._sim.behaviour.hang_timeout_s, registering.seek_next)

    def came_up(self, name: str) -> None:
        """The machine has started: nobody is registered there, and its RIS remembers nobody."""
        node, sim = self._sim.nodes[name], self._sim
        if node.up:
            return
        node.up, node.hung = True, False
        node.ris.clear()
        node.ris.begin(sim.now)
        if node.tftp is not None:
            node.tftp = sim.site.load_tftp(name)
        if node.running:
            self._start(node)
        sim.changed()

    # -- other services ---------------------------------------------------------------------------------

    def tftp_runs(self, name: str, runs: bool) -> None:
        """The TFTP service has started, with what it reads then, or has stopped."""
        node = self._sim.nodes[name]
        node.tftp = self._sim.site.load_tftp(name) if runs else None
        node.tftp_queue.clear()
        node.tftp_started_at, node.tftp_requests, node.tftp_overflows = self._sim.now, 0, 0
        self._sim.changed()

    def tvs_runs(self, name: str, runs: bool) -> None:
        """TVS has started or stopped."""
        self._sim.nodes[name].tvs = runs
        self._sim.changed()

    def ris_started(self, name: str) -> None:
        """RIS has started anew."""
        self._sim.nodes[name].ris.begin(self._sim.now)

    def reload(self) -> None:
        """The CallManagers take over new certificates without a start, as from release 14 on ([V] RN14)."""
        for node in self._sim.nodes.values():
            if node.running:
                new = self._sim.site.load(node.name)
                node.loaded = replace(node.loaded, certificate=new.certificate, key_bits=new.key_bits)


def _in_order(phones: set[Phone]) -> list[Phone]:
    """The order of a set is not the same in every run; that of names is."""
    return sorted(phones, key=lambda phone: phone.name)
