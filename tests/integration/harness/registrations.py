# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registrations that a test puts where it wants them, in place of the lab's simulated phones."""

from __future__ import annotations

import itertools
import typing as t
from collections import Counter
from dataclasses import dataclass, field

from cucm_lab.domain.phones.view import RisRow

from .names import CALLMANAGER

BEGAN = 1_700_000_000.0
STATION, PERFORMANCE = "Cisco SIP Station", "Cisco CallManager System Performance"


@dataclass
class Registrations:
    """Rows of RIS and counters of PerfMon.

    C(stopped) are the nodes whose CallManager feeds no counters, and C(of_a_stopped) is what PerfMon has of them.

    C(later) is called before each poll is answered, which is a question for counters of CallManager at the publisher, with its number.
    """

    publisher: str
    held: dict[tuple[str, str], RisRow] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    of_a_stopped: t.Mapping[str, int] | None = None
    uncounted: set[str] = field(default_factory=set)
    later: t.Callable[[int], None] = lambda poll: None
    polls: int = 0
    _simulated: t.Any = None
    _stamps: t.Iterator[int] = field(default_factory=lambda: itertools.count(100))
    _beats: t.Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def put(self, name: str, node: str, status: str = "Registered", reason: int = 0) -> None:
        """Give a device a row at a node, newer than all before."""
        line = "Registered" if status == "Registered" else "UnRegistered"
        self.held[node, name] = RisRow(
            node,
            name,
            "Phone",
            683,
            "SIP",
            status,
            reason,
            "10.1.1.5",
            (("1001", line),),
            BEGAN + next(self._stamps),
        )

    def move(self, name: str, node: str, other: str, reason: int = 13) -> None:
        """Let a device go from a node to another one, which the first notices last."""
        self.put(name, other)
        self.put(name, node, "UnRegistered", reason)

    # -- the seam to the lab -----------------------------------------------------------------------------

    def __get__(self, instance: t.Any, owner: type) -> Registrations:
        """Take the place of the phones that a cluster has, as a class attribute of all clusters."""
        self._simulated = instance.__dict__["phones"]
        return self

    def __set__(self, instance: t.Any, value: object) -> None:
        instance.__dict__["phones"] = value

    def __getattr__(self, name: str) -> t.Any:
        # The simulated phones go on behind it: services and the database tell them what happens.
        return getattr(self._simulated, name)

    def rows(self, node: str, names: t.Iterable[str] | None = None) -> t.Sequence[RisRow]:
        wanted = None if names is None else set(names)
        return [
            row for (at, name), row in self.held.items() if at == node and (wanted is None or name in wanted)
        ]

    def state(self, node: str) -> tuple[float, int]:
        return BEGAN, len(self.held)

    def counters(self, node: str, object_name: str) -> t.Mapping[str, int] | None:
        if (node, object_name) == (self.publisher, CALLMANAGER):
            self.polls += 1
            self.later(self.polls)
        if node in self.stopped:
            return self.of_a_stopped
        statuses = Counter(row.status for (at, _name), row in self.held.items() if at == node)
        counted = {
            CALLMANAGER: {
                "RegisteredHardwarePhones": statuses["Registered"],
                "RegisteredOtherStationDevices": 0,
                "PartiallyRegisteredPhone": statuses["PartiallyRegistered"],
                "CallManagerHeartBeat": next(self._beats),
                "InitializationState": 100,
            },
            STATION: {"TokensOutstanding": 0, "NewRegQueueSize": 0},
            PERFORMANCE: {"QueueSignalsPresent 3-Low": 0, "QueueSignalsPresent 4-Lowest": 0},
        }
        found = counted.get(object_name)
        return found and {name: value for name, value in found.items() if name not in self.uncounted}

    def objects(self, node: str) -> t.Sequence[str]:
        return ["Memory"] if node in self.stopped else ["Memory", CALLMANAGER, STATION, PERFORMANCE]

    def apply(self, names: t.Iterable[str]) -> None:
        raise NotImplementedError

    restart = reset = apply

    def tftp_file(self, node: str, name: str) -> bytes | None:
        return None
