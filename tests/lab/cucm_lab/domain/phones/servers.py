# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node as phones see it: whether its CallManager takes them, how fast, and whom it has."""

from __future__ import annotations

from .phone import Phone
from .ris import RisDatabase
from .settings import Behaviour
from .site import Loaded, TftpLoaded


class Queue:
    """Work that one after the other is done at a fixed rate (per second)."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._free_at = 0.0

    def length(self, at: float) -> int:
        """How many wait, the one in work included."""
        return max(0, round((self._free_at - at) * self.rate))

    def enter(self, at: float) -> float:
        """Join it; return when one's work is done."""
        self._free_at = max(self._free_at, at) + 1 / self.rate
        return self._free_at

    def clear(self) -> None:
        """Nobody waits any more."""
        self._free_at = 0.0


class CallManager:
    """A node with its CallManager, TFTP and TVS.

    up: the host. running: the process of CallManager is there; hung: it answers nobody; ready_at: from when on it takes devices.
    loaded, tftp: what the services took over at their start; tftp is None while that service does not run. tvs: whether TVS runs.
    tftp_requests, tftp_overflows: since the start of TFTP.
    phones: that are registered here as far as they know. waiting: that wait for an answer. outstanding: tokens given out.
    accepted, rejected, and those of tokens: counted since the start of the process.
    """

    def __init__(self, name: str, behaviour: Behaviour, at: float) -> None:
        self.name = name
        self.up = False
        self.running = False
        self.hung = False
        self.hung_at = at
        self.started_at = at
        self.ready_at = at
        self.loaded = Loaded()
        self.tftp: TftpLoaded | None = None
        self.tftp_started_at = at
        self.tftp_requests = self.tftp_overflows = 0
        self.tvs = False
        self.phones: set[Phone] = set()
        self.waiting: set[Phone] = set()
        self.secure = 0
        self.ris = RisDatabase(at, behaviour.ris_lag_s)
        self.apply(behaviour)
        self.begin(at, self.loaded)

    def apply(self, behaviour: Behaviour) -> None:
        """Take over settings; whoever waits now starts anew."""
        self.queues = {
            "SIP": Queue(behaviour.sip_registrations_per_s),
            "SCCP": Queue(behaviour.sccp_registrations_per_s),
        }
        self.tftp_queue = Queue(behaviour.tftp_requests_per_s)
        self.ris.lag = behaviour.ris_lag_s

    def begin(self, at: float, loaded: Loaded) -> None:
        """A process of CallManager has started: its counters are at 0."""
        self.started_at = at
        self.loaded = loaded
        self.hung = False
        for queue in self.queues.values():
            queue.clear()
        self.outstanding = 0
        self.accepted = self.rejected = 0
        self.tokens_accepted = self.tokens_rejected = 0

    @property
    def works(self) -> bool:
        """Whether phones that are registered here have a server."""
        return self.up and self.running and not self.hung

    def accepts(self, at: float) -> bool:
        """Whether it takes new devices."""
        return self.works and at >= self.ready_at
