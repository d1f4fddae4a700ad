# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults a test injects: which are active, and what they say at a given point.

Nothing here pretends: a fault only *decides*; the server or the device model that asks carries it out on the
real connection or in the real state.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .journal import ClientHandle, Entry


@dataclass
class Fault:
    """One injected fault. ``spec`` is what the test sent (validated against ``fault.schema.json``)."""

    id: int
    spec: dict[str, Any]
    remaining: int | None
    to_skip: int
    hit: bool = False
    hits: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def kind(self) -> str:
        return self.spec["fault"]

    def get(self, key: str, default: Any = None) -> Any:
        return self.spec.get(key, default)

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            **self.spec,
            "remaining": self.remaining,
            "hit": self.hit,
            "hits": self.hits,
        }


def _same(wanted: str | None, actual: str | None) -> bool:
    """None matches all; otherwise exact, or a shell glob."""
    return wanted is None or (actual is not None and (wanted == actual or fnmatchcase(actual, wanted)))


class Faults:
    """The faults of one cluster."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._next = 1

    def add(self, spec: dict[str, Any]) -> Fault:
        """Inject a fault. ``times`` is how often it acts (absent: 1 for hold and cut, else until deleted)."""
        default = 1 if spec["fault"] in ("hold", "cut") else None
        fault = Fault(self._next, dict(spec), spec.get("times", default), int(spec.get("skip", 0)))
        self._next += 1
        self._faults[fault.id] = fault
        return fault

    def remove(self, fault_id: int) -> bool:
        """Take a fault back; whatever it holds goes on. False if there is no such fault."""
        fault = self._faults.pop(fault_id, None)
        if fault is None:
            return False
        fault.released.set()
        return True

    def clear(self) -> None:
        for fault_id in list(self._faults):
            self.remove(fault_id)

    def list(self) -> list[Fault]:
        return [*self._faults.values()]

    def _use(self, fault: Fault) -> bool:
        if fault.remaining == 0:
            return False
        if fault.to_skip > 0:
            fault.to_skip -= 1
            return False
        if fault.remaining is not None:
            fault.remaining -= 1
        fault.hit = True
        fault.hits += 1
        return True

    def _find(self, kind: str, where: dict[str, str | None]) -> Fault | None:
        for fault in self._faults.values():
            if fault.kind != kind or fault.remaining == 0:
                continue
            match = fault.spec.get("match", {})
            if all(_same(fault.spec.get(key, match.get(key)), value) for key, value in where.items()):
                return fault
        return None

    def active(self, kind: str, **where: str | None) -> Fault | None:
        """The first fault of this kind that fits, without using it up.

        ``where`` gives what is true at this point (``node``, ``service``, ``command``, ``operation``...). A key
        the fault does not name, at top level or in ``match``, fits everything; globs work.
        """
        return self._find(kind, where)

    def take(self, kind: str, **where: str | None) -> Fault | None:
        """As :meth:`active`, and uses it up by one (``skip`` first, then ``times``)."""
        fault = self._find(kind, where)
        return fault if fault is not None and self._use(fault) else None

    async def at(self, entry: Entry, when: str, client: ClientHandle | None) -> None:
        """A point of the journal is reached: cut and hold act here. Called by the journal only."""
        for fault in list(self._faults.values()):
            if fault.kind not in ("hold", "cut") or fault.spec.get("when", "before") != when:
                continue
            match = fault.spec.get("match", {})
            if not (
                _same(match.get("kind"), entry.kind)
                and _same(match.get("operation"), entry.operation)
                and _same(match.get("node"), entry.node)
            ):
                continue
            if not self._use(fault):
                continue
            if fault.kind == "cut":
                if client is not None:
                    client.cut()
            else:
                await fault.released.wait()
