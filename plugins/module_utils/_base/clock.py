# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time as the collection sees it: injected, so that tests need none. PRIVATE to the collection."""

from __future__ import annotations

import math
import time
import typing as t
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from .errors import DeadlineExceeded


@dataclass(frozen=True)
class Clock:
    """A monotonic clock and a sleep, both in seconds; C(end) is when everything has to be over by this clock.

    C(now) is the time of day, which may be set; it serves only what outlives a run. C(pace) is how many seconds of a cluster pass
    in one of this clock: 1, but for a simulated cluster.
    """

    monotonic: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep
    end: float = math.inf
    now: t.Callable[[], datetime] = lambda: datetime.now(UTC)
    pace: float = 1.0

    def within(self, seconds: float) -> Clock:
        """Return this clock for work that has to be over ``seconds`` from now."""
        return replace(self, end=min(self.end, self.monotonic() + seconds))

    def left(self) -> float:
        """Return the seconds until the end, infinite without one."""
        return self.end - self.monotonic()

    def limit(self, seconds: float) -> float:
        """Return ``seconds``, or what is left until the end if that is less.

        Raises:
            DeadlineExceeded: Nothing is left (C(deadline_exceeded)).
        """
        left = self.left()
        if left <= 0:
            raise DeadlineExceeded(
                "The time that reading this cluster may take was over before.",
                code="deadline_exceeded",
                remedy="Find out what is slow, or allow more time (deadline; cucm_compliance_deadline of the playbook).",
            )
        return min(seconds, left)

    def deadline(self, seconds: float) -> Deadline:
        """Return a deadline ``seconds`` from now. Raises what C(limit) raises."""
        seconds = self.limit(seconds)
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
