# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time as the collection sees it: injected, so that tests need none. PRIVATE to the collection."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """A monotonic clock and a sleep, both in seconds."""

    monotonic: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep

    def deadline(self, seconds: float) -> Deadline:
        """Return a deadline ``seconds`` from now."""
        return Deadline(self, self.monotonic() + seconds, seconds)


@dataclass(frozen=True)
class Deadline:
    """A point on the monotonic clock that waiting never passes."""

    clock: Clock
    at: float
    seconds: float

    def remaining(self) -> float:
        """Return the seconds left, never below zero."""
        return max(0.0, self.at - self.clock.monotonic())

    def expired(self) -> bool:
        """Return whether no time is left."""
        return self.clock.monotonic() >= self.at

    def sleep(self, seconds: float) -> None:
        """Sleep ``seconds``, or what is left of the deadline if that is less."""
        self.clock.sleep(min(seconds, self.remaining()))
