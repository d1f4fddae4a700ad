# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happened in a cluster, in order; and the points at which a test may hold or cut it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .clock import Clock
    from .faults import Faults

KINDS = ("login", "command", "prompt", "answer", "http", "effect", "overlap")


class ClientHandle(Protocol):
    """The client on whose behalf something happens; servers give one so that a fault can cut its connection."""

    def cut(self) -> None:
        """Close the client's TCP connection at once, with a reset and without any farewell."""


current_client: ContextVar[ClientHandle | None] = ContextVar("current_client", default=None)
"""Set by a server for the task that serves a client; tasks started from it inherit it."""


@dataclass
class Entry:
    """One line of the journal. ``time`` is device time; ``detail`` never holds a password."""

    seq: int
    time: datetime
    node: str
    account: str | None
    kind: str
    operation: str
    changing: bool
    detail: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "time": self.time.isoformat(timespec="milliseconds"),
            "node": self.node,
            "account": self.account,
            "kind": self.kind,
            "operation": self.operation,
            "changing": self.changing,
            "detail": self.detail,
        }


def _name(thing: Any, attribute: str) -> Any:
    return thing if thing is None or isinstance(thing, str) else getattr(thing, attribute)


class Journal:
    """The journal of one cluster.

    Recording is where the faults ``hold`` and ``cut`` act. A cut does not raise: the device goes on as it
    would when a client vanishes, and the server that owns the connection decides what that means.
    """

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults
        self._entries: list[Entry] = []
        self._waiters: set[asyncio.Event] = set()

    def entries(self, since: int = 0) -> list[Entry]:
        """The entries with a ``seq`` greater than ``since``."""
        return self._entries[since:]

    @property
    def last_seq(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        self._entries.clear()

    def _make(
        self,
        node: Any,
        account: Any,
        kind: str,
        operation: str,
        changing: bool,
        detail: dict[str, Any] | None,
    ) -> Entry:
        if kind not in KINDS:
            raise ValueError(f"unknown journal kind {kind!r}")
        return Entry(
            seq=0,
            time=self._clock.now(),
            node=_name(node, "name"),
            account=_name(account, "username"),
            kind=kind,
            operation=operation,
            changing=changing,
            detail=dict(detail or {}),
        )

    def _append(self, entry: Entry) -> None:
        entry.seq = len(self._entries) + 1
        entry.time = self._clock.now()
        self._entries.append(entry)

    async def record(
        self,
        node: Any,
        account: Any,
        kind: str,
        operation: str,
        *,
        changing: bool = False,
        detail: dict[str, Any] | None = None,
        client: ClientHandle | None = None,
    ) -> Entry:
        """Write an entry, then let the faults with ``when: before`` act. Returns the entry.

        Call :meth:`done` with it after what it announces has been carried out. ``detail`` of the entry may be
        completed until then.
        """
        entry = self._make(node, account, kind, operation, changing, detail)
        self._append(entry)
        await self._faults.at(entry, "before", client or current_client.get())
        return entry

    async def done(self, entry: Entry, *, client: ClientHandle | None = None) -> None:
        """What the entry announced has been carried out: let the faults with ``when: after`` act."""
        await self._faults.at(entry, "after", client or current_client.get())

    @asynccontextmanager
    async def effect(
        self, node: Any, account: Any, operation: str, detail: dict[str, Any] | None = None
    ) -> AsyncIterator[Entry]:
        """Carry out a real change in the body. The entry is written when the body has ended without an error.

        Faults with ``when: before`` act before the body, so a held effect has not happened yet and is not in the
        journal.
        """
        entry = self._make(node, account, "effect", operation, True, detail)
        await self._faults.at(entry, "before", current_client.get())
        yield entry
        self._append(entry)
        await self._faults.at(entry, "after", current_client.get())
