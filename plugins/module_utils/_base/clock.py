# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Injected time, so that tests never wait. PRIVATE to the collection."""

from __future__ import annotations

import math
import threading
import time
import typing as t
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from .errors import DeadlineExceeded


class Patience:
    """One time limit for waiting on busy nodes, from the first wait on, shared by all who hold it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end: float | None = None
        self._guard = threading.Lock()

    def lasts(self, now: float, seconds: float) -> bool:
        """Return whether a wait of C(seconds) that begins now ends in time."""
        with self._guard:
            if self._end is None:
                self._end = now + self._seconds
            return now + seconds <= self._end


@dataclass(frozen=True)
class Clock:
    """A monotonic clock and a sleep, both in seconds; C(end) is the time on this clock by which everything must be finished.

    C(patience) bounds the waits for busy nodes; without it, the caller decides how long to wait for each.
    C(now) is the time of day, which may be changed; only what outlives a run uses it. C(pace) is the number of cluster seconds
    that pass in one second of this clock: 1, except for a simulated cluster.
    """

    monotonic: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep
    end: float = math.inf
    now: t.Callable[[], datetime] = lambda: datetime.now(UTC)
    pace: float = 1.0
    patience: Patience | None = None

    def within(self, seconds: float, patience: Patience | None = None) -> Clock:
        """Return this clock for work that must end within ``seconds`` from now."""
        return replace(
            self, end=min(self.end, self.monotonic() + seconds), patience=patience or self.patience
        )

    def left(self) -> float:
        """Return the seconds until the end; infinite if there is none."""
        return self.end - self.monotonic()

    def may_wait(self, seconds: float) -> bool:
        """Return whether a wait of ``seconds`` for a busy node is allowed."""
        in_time = seconds < self.left()
        return in_time and (self.patience is None or self.patience.lasts(self.monotonic(), seconds))

    def limit(self, seconds: float) -> float:
        """Return ``seconds``, or the time remaining until the end if that is less.

        Raises:
            DeadlineExceeded: No time remains (C(deadline_exceeded)).
        """
        left = self.left()
        if left <= 0:
            raise DeadlineExceeded(
                "The time limit for reading this cluster has expired.",
                code="deadline_exceeded",
                remedy="Find out what is slow, or allow more time (deadline; cucm_compliance_deadline in the playbook).",
            )
        return min(seconds, left)

    def deadline(self, seconds: float) -> Deadline:
        """Return a deadline ``seconds`` from now. Raises the errors of C(limit)."""
        seconds = self.limit(seconds)
        return Deadline(self, self.monotonic() + seconds, seconds)


@dataclass(frozen=True)
class Deadline:
    """A point on the monotonic clock beyond which nothing waits."""

    clock: Clock
    at: float
    seconds: float

    def remaining(self) -> float:
        """Return the remaining seconds, never below zero."""
        return max(0.0, self.at - self.clock.monotonic())

    def expired(self) -> bool:
        """Return whether no time remains."""
        return self.clock.monotonic() >= self.at

    def sleep(self, seconds: float) -> None:
        """Sleep ``seconds``, or until the deadline if that is sooner."""
        self.clock.sleep(min(seconds, self.remaining()))
