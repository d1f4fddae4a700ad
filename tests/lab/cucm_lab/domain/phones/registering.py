# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How phones register, lose their server, find another one and come back (phone-facts 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import admission
from .phone import Phone, State
from .ris import PARTIAL, REGISTERED, REJECTED, UNREGISTERED, Entry

if TYPE_CHECKING:
    from .servers import CallManager
    from .simulation import Simulation

KEEPALIVE_TIMEOUT, FALLBACK = 13, 28
"""Reasons of UnRegistered."""


class Registering:
    """Moves phones between the servers of their lists.

    displaced: registered with another node than their first.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._sim = simulation
        self.displaced: set[Phone] = set()

    # -- finding a server -------------------------------------------------------------------------------

    def seek(self, phone: Phone) -> None:
        """Try the servers of the list from the first one on, but for one that was just lost."""
        phone.place = 0
        self._try(phone)

    def seek_next(self, phone: Phone) -> None:
        """Try those behind the one that did not answer."""
        if phone.node is not None:
            phone.node.waiting.discard(phone)
        self.give_token_back(phone)
        phone.place += 1
        self._try(phone)

    def _try(self, phone: Phone) -> None:
        sim = self._sim
        phone.state, phone.node = State.SEEKING, None
        sim.account(phone)
        if not phone.connected:
            return
        servers = phone.configuration.servers
        while phone.place < len(servers):
            node = sim.nodes.get(servers[phone.place])
            if node is not None and node is not phone.lost:
                if not node.up:
                    sim.plan(phone, sim.now + sim.behaviour.connect_timeout_s, self.seek_next)
                    return
                if node.accepts(sim.now):
                    self._ask(phone, node)
                    return
                if node.hung:
                    self._wait_in_vain(phone, node)
                    return
            phone.place += 1
        self._all_failed(phone)

    def _wait_in_vain(self, phone: Phone, node: CallManager) -> None:
        sim = self._sim
        phone.node = node
        node.waiting.add(phone)
        sim.plan(phone, sim.now + sim.behaviour.hang_timeout_s, self.seek_next)

    def _ask(self, phone: Phone, node: CallManager) -> None:
        sim = self._sim
        queue = node.queues[phone.configuration.protocol]
        if queue.length(sim.now) >= sim.behaviour.registration_queue:
            node.rejected += 1
            phone.lost = None
            retry = sim.behaviour.busy_retry_s
            sim.plan(phone, sim.now + sim.spread(retry, retry / 2), self.seek)
            return
        phone.node = node
        node.waiting.add(phone)
        sim.plan(phone, queue.enter(sim.now), self._answered)

    def _answered(self, phone: Phone) -> None:
        """A node has come to a phone in its queue."""
        node = phone.node
        assert node is not None
        node.waiting.discard(phone)
        self.give_token_back(phone)
        device = self._sim.site.device(phone.name)
        refusal = admission.refusal(self._sim, phone, device, node)
        if refusal is not None:
            last = node.ris.last(phone)
            if last is None or not last.registered:
                node.ris.put(phone, self._sim.now, REJECTED, refusal)
            phone.place += 1
            self._try(phone)
            return
        if device is not None:
            phone.device = device
        node.accepted += 1
        self._register(phone, node)

    def _register(self, phone: Phone, node: CallManager, *, partial: bool = False) -> None:
        sim = self._sim
        self._settle(phone, node, partial=partial)
        node.ris.put(phone, sim.now, PARTIAL if partial else REGISTERED)
        phone.refreshed_at = phone.cycle_at = sim.now
        sim.account(phone)
        phone.plan += 1
        if phone.place:
            self._probe_later(phone)

    def _settle(self, phone: Phone, node: CallManager, *, partial: bool = False) -> None:
        phone.state, phone.node, phone.lost, phone.partial = State.REGISTERED, node, None, partial
        phone.tried = -1
        node.phones.add(phone)
        node.secure += phone.secure
        if phone.place:
            self.displaced.add(phone)

    def start_registered(self, phone: Phone) -> None:
        """Put a phone where it was before the simulation began: with its first server that took it."""
        sim, device = self._sim, phone.device
        for place, name in enumerate(phone.configuration.servers):
            node = sim.nodes.get(name)
            if node is None or not node.accepts(sim.now):
                continue
            if admission.refusal(sim, phone, device, node) is None:
                phone.place = place
                self._settle(phone, node)
                phone.refreshed_at = sim.now - sim.random.uniform(0, self._period(phone))
                phone.cycle_at = phone.refreshed_at
                # It came when the node last started, or just now if that was just now.
                node.ris.put(phone, min(node.ready_at + sim.random.uniform(0, 600), sim.now - 10), REGISTERED)
                sim.account(phone)
                return
        phone.state, phone.cycle_at = State.FAILED, sim.now
        sim.account(phone)
        sim.plan(phone, sim.now + self.cycle_s(phone), sim.booting.restart_itself)

    # -- nobody takes it --------------------------------------------------------------------------------

    def cycle_s(self, phone: Phone) -> float:
        """How long after it has tried all a phone restarts itself, seconds; each has its own."""
        return self._sim.behaviour.all_failed_s * (1 + phone.jitter / 5)

    def _all_failed(self, phone: Phone) -> None:
        """REG ALL FAILED: the phone restarts itself ([C] TN200850); in the same world it would fail in the same way."""
        sim = self._sim
        phone.state, phone.lost, phone.cycle_at = State.FAILED, None, sim.now
        if phone.tried == sim.world:
            phone.plan += 1
            sim.asleep.add(phone)
        else:
            sim.plan(phone, sim.now + self.cycle_s(phone), sim.booting.restart_itself)

    # -- losing a server --------------------------------------------------------------------------------

    def leave(self, phone: Phone, reason: int | None, *, missed: bool = False) -> None:
        """Take a phone off its node.

        reason: what the node notes; None where it has not heard of it. missed: the last refresh of the phone did not arrive.
        """
        node, sim = phone.node, self._sim
        sim.asleep.discard(phone)
        if node is not None:
            node.waiting.discard(phone)
            if phone in node.phones:
                node.phones.discard(phone)
                node.secure -= phone.secure
                if not node.works:
                    pass  # It notes nothing now; when it comes to itself it drops whom it does not hear.
                elif reason is None:
                    late = self._period(phone) if missed else 0.0
                    self._expire_later(phone, node, self.expiry(phone) - late)
                else:
                    node.ris.put(phone, sim.now, UNREGISTERED, reason)
        self.give_token_back(phone)
        self.displaced.discard(phone)
        phone.plan += 1

    def lose(self, phone: Phone) -> None:
        """A phone has noticed that its node is gone. One in a call stays in it as long as it lasts ([V] SYS15)."""
        lost = phone.node
        if phone.state is State.BEREFT and lost is not None and lost.accepts(self._sim.now):
            lost = None  # It is there again, and takes the phone anew.
        self.leave(phone, None, missed=True)
        phone.lost = lost
        if phone.in_call:
            phone.state, phone.node, phone.waits = State.SEEKING, None, "seek"
            self._sim.account(phone)
            return
        self.seek(phone)

    def lose_later(self, phone: Phone, node: CallManager) -> None:
        """The node of a phone is gone without a word: the phone notices when it next sends something ([P] 3.2)."""
        sim, behaviour = self._sim, self._sim.behaviour
        sim.account(phone)
        due = self.last_refresh(phone) + self._period(phone)
        if phone.configuration.protocol == "SIP":
            noticed = due + (behaviour.hang_timeout_s if node.up else behaviour.refresh_timeout_s)
        elif node.up:
            noticed = self.last_refresh(phone) + behaviour.sccp_keepalives * behaviour.sccp_keepalive_s
        else:
            noticed = sim.now + behaviour.sccp_dead_s + sim.random.uniform(0, behaviour.sccp_dead_spread_s)
        sim.plan(phone, noticed, self.lose)

    def miss_refresh(self, phone: Phone) -> None:
        """The next refresh of an idle phone does not arrive although its node works: it goes to another one ([V] TN200410)."""
        sim = self._sim
        if phone.state is State.REGISTERED and self._believes(phone) and not phone.in_call:
            due = self.last_refresh(phone) + self._period(phone)
            sim.plan(phone, due + sim.behaviour.refresh_timeout_s, self.lose)

    def bereave(self, node: CallManager) -> None:
        """A machine is gone: even if it comes back, it does not know its phones any more."""
        for phone in node.phones:
            phone.state = State.BEREFT
            self.displaced.discard(phone)
        node.phones.clear()
        node.secure = 0

    def go_on(self, phone: Phone) -> None:
        """The node of a registered phone answers again before the phone has noticed anything."""
        phone.plan += 1
        self._sim.account(phone)
        if phone.place:
            self._probe_later(phone)

    def _period(self, phone: Phone) -> float:
        behaviour = self._sim.behaviour
        return behaviour.refresh_s if phone.configuration.protocol == "SIP" else behaviour.sccp_keepalive_s

    def last_refresh(self, phone: Phone) -> float:
        """When a registered phone last sent a REGISTER or keepalive."""
        return self._sim.now - (self._sim.now - phone.refreshed_at) % self._period(phone)

    def _silence_s(self, phone: Phone) -> float:
        """How long a node waits for a phone it hears nothing of."""
        behaviour = self._sim.behaviour
        if phone.configuration.protocol == "SIP":
            return behaviour.expiry_s
        return behaviour.sccp_keepalives * behaviour.sccp_keepalive_s

    def expiry(self, phone: Phone) -> float:
        """When the node drops a phone that sends nothing any more."""
        return self.last_refresh(phone) + self._silence_s(phone)

    def _expire_later(self, phone: Phone, node: CallManager, at: float) -> None:
        entry = node.ris.last(phone)
        if entry is not None and entry.registered:
            self._sim.at(at, self._expire, (phone, node, entry))

    def _expire(self, what: tuple[Phone, CallManager, Entry]) -> None:
        phone, node, entry = what
        if node.works and node.ris.last(phone) is entry:
            node.ris.put(phone, self._sim.now, UNREGISTERED, KEEPALIVE_TIMEOUT)

    def drop_silent(self, node: CallManager) -> None:
        """A node that hung comes to itself and drops those that have gone elsewhere."""
        for phone, entry in list(node.ris.present()):
            if entry.registered and phone not in node.phones:
                node.ris.put(phone, self._sim.now, UNREGISTERED, KEEPALIVE_TIMEOUT)

    # -- coming back ------------------------------------------------------------------------------------

    def better_nodes(self, phone: Phone) -> list[tuple[int, CallManager]]:
        """The nodes that stand before a phone's own in its list, with their places."""
        servers = phone.configuration.servers[: phone.place]
        return [(n, self._sim.nodes[name]) for n, name in enumerate(servers) if name in self._sim.nodes]

    def _probe_s(self, phone: Phone) -> float:
        behaviour = self._sim.behaviour
        return behaviour.fallback_s + phone.jitter * behaviour.fallback_jitter_s

    def _probe_later(self, phone: Phone) -> None:
        """Plan the next probe if there is a node to find; one that comes later calls :meth:`call_home`."""
        sim = self._sim
        if phone.device.model_name in sim.behaviour.no_failback:
            return
        if any(node.accepts(sim.now) for _place, node in self.better_nodes(phone)):
            sim.plan(phone, sim.next_cycle(phone, self._probe_s(phone)), self.probe)

    def call_home(self, node: CallManager) -> None:
        """A node takes devices again: those that have it before their own find it at their next probe."""
        for phone in sorted(self.displaced, key=lambda each: each.name):
            if any(each is node for _place, each in self.better_nodes(phone)) and self._believes(phone):
                self._probe_later(phone)

    @staticmethod
    def _believes(phone: Phone) -> bool:
        """Whether the node of a registered phone works, so that it plans nothing but probes."""
        return phone.node is not None and phone.node.works and phone.connected

    def probe(self, phone: Phone) -> None:
        """Go back to the first node that takes the phone, once it is idle and has a token ([V] RTMT15)."""
        sim = self._sim
        found = [(place, node) for place, node in self.better_nodes(phone) if node.accepts(sim.now)]
        if not found:
            return
        if phone.in_call:
            phone.waits = phone.waits or "home"
            return
        place, node = found[0]
        if node.outstanding >= sim.behaviour.tokens:
            node.tokens_rejected += 1
            retry = sim.behaviour.token_retry_s
            sim.plan(phone, sim.now + sim.spread(retry, retry / 2), self.probe)
            return
        node.outstanding += 1
        node.tokens_accepted += 1
        self.leave(phone, FALLBACK)
        phone.token, phone.place, phone.state = True, place, State.SEEKING
        sim.account(phone)
        self._ask_with_token(phone, node)

    def _ask_with_token(self, phone: Phone, node: CallManager) -> None:
        phone.node = node
        node.waiting.add(phone)
        sim = self._sim
        sim.plan(phone, node.queues[phone.configuration.protocol].enter(sim.now), self._answered)

    @staticmethod
    def give_token_back(phone: Phone) -> None:
        """A phone no longer needs the token of the node it asks, if it has one."""
        if phone.token and phone.node is not None:
            phone.node.outstanding -= 1
        phone.token = False

    # -- in part ----------------------------------------------------------------------------------------

    def refresh_late(self, phone: Phone) -> None:
        """The next refresh comes after the node has dropped the phone, and carries the primary line only (3.4)."""
        if phone.state is State.REGISTERED and phone.configuration.protocol == "SIP":
            self._sim.plan(phone, self.expiry(phone), self._dropped)

    def _dropped(self, phone: Phone) -> None:
        node, sim = phone.node, self._sim
        assert node is not None
        self.leave(phone, KEEPALIVE_TIMEOUT)
        phone.state = State.SEEKING
        sim.account(phone)
        sim.plan(phone, sim.now + sim.behaviour.refresh_timeout_s, self._primary_line_only)

    def _primary_line_only(self, phone: Phone) -> None:
        node = phone.node
        if node is not None and node.accepts(self._sim.now):
            self._register(phone, node, partial=True)
        else:
            self.seek(phone)
