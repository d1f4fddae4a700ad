# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deadlines: on the injected clock, never passed by a sleep."""

from __future__ import annotations

import time

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock, Patience
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import DeadlineExceeded


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


def test_nothing_goes_on_after_the_end() -> None:
    hands = Hands()
    clock = hands.clock.within(10)
    assert (clock.limit(60), clock.limit(3), clock.left()) == (10, 3, 10)
    assert clock.deadline(60).remaining() == 10
    hands.now += 8
    assert (clock.limit(60), clock.within(60).left(), clock.within(1).left()) == (2, 2, 1)
    hands.now += 2
    for use in (clock.limit, clock.deadline):
        with pytest.raises(DeadlineExceeded) as over:
            use(1)
        assert over.value.code == "deadline_exceeded"
    # The original clock has no end.
    assert hands.clock.limit(1e9) == 1e9


def test_busy_nodes_share_one_patience() -> None:
    hands = Hands()
    clock = hands.clock.within(100, Patience(20))
    hands.now += 50
    # It begins with the first wait; others, and what is derived from the clock, have what is left of it.
    assert clock.may_wait(20) and not clock.may_wait(21)
    hands.now += 15
    assert clock.may_wait(5) and not clock.may_wait(6)
    assert clock.within(60).may_wait(5) and not clock.within(60).may_wait(6)
    hands.now += 6
    assert not clock.may_wait(0.1)
    # Without one the end alone counts, and a wait until the end leaves no time to ask.
    assert hands.clock.within(10).may_wait(9.9) and not hands.clock.within(10).may_wait(10)
    assert hands.clock.may_wait(1e9)
