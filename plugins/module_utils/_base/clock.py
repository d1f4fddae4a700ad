# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time as the collection sees it: injected, so that tests need none. PRIVATE to the collection."""

from __future__ import annotations

import math
import threading
import time
import typing as t
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from .errors import DeadlineExceeded


class Patience:
    """How long nodes that are busy are waited for: once, from the first wait on, by all who share it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end: float | None = None
        self._guard = threading.Lock()

    def lasts(self, now: float, seconds: float) -> bool:
        """Return whether a wait of C(seconds) that begins now is over in time."""
        with self._guard:
            if self._end is None:
                self._end = now + self._seconds
            return now + seconds <= self._end


@dataclass(frozen=True)
class Clock:
    """A monotonic clock and a sleep, both in seconds; C(end) is when everything has to be over by this clock.

    C(patience) bounds the waits for nodes that are busy; without one each is waited for as long as whoever asks it wants to.

    C(now) is the time of day, which may be set; it serves only what outlives a run. C(pace) is how many seconds of a cluster pass
    in one of this clock: 1, but for a simulated cluster.
    """

    monotonic: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep
    end: float = math.inf
    now: t.Callable[[], datetime] = lambda: datetime.now(UTC)
    pace: float = 1.0
    patience: Patience | None = None

    def within(self, seconds: float, patience: Patience | None = None) -> Clock:
        """Return this clock for work that has to be over ``seconds`` from now."""
        return replace(
            self, end=min(self.end, self.monotonic() + seconds), patience=patience or self.patience
        )

    def left(self) -> float:
        """Return the seconds until the end, infinite without one."""
        return self.end - self.monotonic()

    def may_wait(self, seconds: float) -> bool:
        """Return whether a busy node may be waited for so long."""
        in_time = seconds < self.left()
        return in_time and (self.patience is None or self.patience.lasts(self.monotonic(), seconds))

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
