# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deadlines: on the injected clock, never passed by a sleep."""

from __future__ import annotations

import time

from ansible_collections.ucops.cucm.plugins.module_utils._clock import Clock


class Hands:
    """A clock that only sleep moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.now, sleep=self.sleep)


def test_a_deadline_is_never_slept_past() -> None:
    hands = Hands()
    deadline = hands.clock.deadline(5)
    assert (deadline.remaining(), deadline.expired()) == (5, False)
    deadline.sleep(3)
    deadline.sleep(3)
    assert hands.slept == [3, 2]
    assert (deadline.remaining(), deadline.expired()) == (0, True)
    deadline.sleep(3)
    assert hands.slept[-1] == 0
    hands.now += 100
    assert deadline.remaining() == 0


def test_the_clock_is_not_the_one_on_the_wall() -> None:
    assert Clock().monotonic is time.monotonic
    assert Clock().sleep is time.sleep
    assert 59 < Clock().deadline(60).remaining() <= 60
