# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The RIS database of one node: what became of each device there, seen with a delay (phone-facts 1.2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .phone import Phone

REGISTERED, PARTIAL, UNREGISTERED, REJECTED = (
    "Registered",
    "PartiallyRegistered",
    "UnRegistered",
    "Rejected",
)


class Entry(NamedTuple):
    """A status since a moment. reason: of the list that belongs to the status (phone-facts 1.5), 0 while it is registered."""

    at: float
    status: str
    reason: int

    @property
    def registered(self) -> bool:
        return self.status in (REGISTERED, PARTIAL)


class RisDatabase:
    """What a node's RIS knows. A reader sees what was true ``lag`` seconds ago.

    began_at: since when this RIS runs.
    """

    def __init__(self, began_at: float, lag: float) -> None:
        self.began_at = began_at
        self.lag = lag
        self._histories: dict[Phone, list[Entry]] = {}
        self._recent: deque[float] = deque()
        self._changes = 0

    def put(self, phone: Phone, at: float, status: str, reason: int = 0) -> Entry:
        """Note a change of status."""
        entry = Entry(at, status, reason)
        history = self._histories.setdefault(phone, [])
        while len(history) > 1 and history[1].at <= at - self.lag:
            history.pop(0)
        history.append(entry)
        self._recent.append(at)
        return entry

    def last(self, phone: Phone) -> Entry | None:
        """Return what call processing itself knows of a phone, without delay."""
        history = self._histories.get(phone)
        return history[-1] if history else None

    def present(self) -> Iterator[tuple[Phone, Entry]]:
        """What call processing itself knows, without delay."""
        return ((phone, history[-1]) for phone, history in self._histories.items())

    def seen(self, at: float) -> Iterator[tuple[Phone, Entry]]:
        """What a reader sees at a moment."""
        for phone, history in self._histories.items():
            entry = next((each for each in reversed(history) if each.at <= at - self.lag), None)
            if entry is not None:
                yield phone, entry

    def seen_of(self, phone: Phone, at: float) -> Entry | None:
        """What a reader sees of one phone."""
        history = self._histories.get(phone, ())
        return next((each for each in reversed(history) if each.at <= at - self.lag), None)

    def changes(self, at: float) -> int:
        """How often something a reader sees has changed."""
        while self._recent and self._recent[0] <= at - self.lag:
            self._recent.popleft()
            self._changes += 1
        return self._changes

    def begin(self, at: float) -> None:
        """RIS has started: it hears from call processing who is registered, and knows of nobody else."""
        self.began_at = at
        self._forget(lambda entry: not entry.registered)

    def clean_up(self, before: float) -> None:
        """Remove what has not been registered since a moment."""
        self._forget(lambda entry: not entry.registered and entry.at < before)

    def clear(self) -> None:
        """Nobody is registered here, and nobody remembers that somebody was."""
        self._forget(lambda _entry: True)

    def _forget(self, what: Callable[[Entry], bool]) -> None:
        kept = {phone: history for phone, history in self._histories.items() if not what(history[-1])}
        self._changes += len(self._histories) - len(kept)
        self._histories = kept
