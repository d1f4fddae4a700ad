# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A phone: what it has accepted, where it is registered, what it is about to do."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from .site import NON_SECURE, Configuration, Device, TrustList

if TYPE_CHECKING:
    from .servers import CallManager


class State(Enum):
    """What a phone does.

    SEEKING: tries the servers of its list, or waits for an answer. REGISTERED: with a node that knows it. BEREFT: of its node, and has
    not noticed. DOWN: restarts. FAILED: has tried all; it restarts itself, again and again. LOST: does not come back by itself.
    """

    OFF = "off"
    SEEKING = "seeking"
    REGISTERED = "registered"
    BEREFT = "bereft"
    DOWN = "down"
    FAILED = "failed"
    LOST = "lost"


class Phone:
    """A phone.

    device: as the database had it when the phone last asked. configuration, ctl, itl: as last accepted; what it does depends on these.
    vouched: certificates TVS has vouched for, and until when. refused: whether it refused a file when it last booted.
    node: where it is registered as far as it knows, or whom it asks. place: the place of that node in its list. lost: the node it
    has just lost, which it does not try first. token: whether the node let it come back to it.
    plan: counts what it has planned; an event of an older number is void. out: whether it counts as without a server.
    refreshed_at: its last REGISTER or keepalive; the next ones follow at even distances. cycle_at: likewise of probes and restarts.
    tried: the state of the world in which it last tried everything. waits: what it does as soon as its call is over.
    """

    __slots__ = (
        "configuration",
        "connected",
        "ctl",
        "cycle_at",
        "device",
        "flaps_s",
        "in_call",
        "itl",
        "jitter",
        "lost",
        "name",
        "node",
        "out",
        "partial",
        "place",
        "plan",
        "powered",
        "refreshed_at",
        "refused",
        "state",
        "token",
        "tried",
        "vouched",
        "waits",
    )

    def __init__(self, device: Device, configuration: Configuration, jitter: float) -> None:
        """jitter: between -1 and 1, the phone's own."""
        self.device = device
        self.name = device.name
        self.configuration = configuration
        self.ctl: TrustList | None = None
        self.itl: TrustList | None = None
        self.vouched: dict[str, float] | None = None
        self.refused = False
        self.powered = device.powered
        self.connected = True
        self.in_call = False
        self.flaps_s = device.flaps_s
        self.jitter = jitter
        self.state = State.OFF
        self.node: CallManager | None = None
        self.place = 0
        self.lost: CallManager | None = None
        self.token = False
        self.partial = False
        self.plan = 0
        self.out = False
        self.tried = -1
        self.refreshed_at = 0.0
        self.cycle_at = 0.0
        self.waits: str | None = None

    @property
    def secure(self) -> bool:
        """Whether it registers over TLS."""
        return self.configuration.mode != NON_SECURE
