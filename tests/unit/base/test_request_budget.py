# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No more requests leave in a minute than the budget has, whoever sends them."""

from __future__ import annotations

import json
import multiprocessing
import threading
import typing as t
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import DeadlineExceeded
from ansible_collections.ucops.cucm.plugins.module_utils._base.request_budget import (
    FileLedger,
    Ledger,
    MemoryLedger,
    RequestBudget,
)

BEGIN = 1_700_000_000.0


@dataclass
class Time:
    """A clock that only sleep moves; C(step) is what somebody set it by."""

    passed: float = 0.0
    step: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds

    @property
    def clock(self) -> Clock:
        return Clock(
            monotonic=lambda: self.passed,
            sleep=self.sleep,
            now=lambda: datetime.fromtimestamp(BEGIN + self.passed + self.step, UTC),
        )


def unheard(message: str) -> None:
    return


def file_ledger(directory: Path, warn: t.Callable[[str], None] = unheard) -> FileLedger:
    return FileLedger(str(directory), "risport-[::1]-8443", warn)


def budget(
    time: Time, ledger: Ledger, most: int = 3, said: t.Callable[[str], None] = unheard
) -> RequestBudget:
    return RequestBudget("RisPort", most, ledger, time.clock, said)


def test_the_budget_is_spent_at_once_and_then_waited_for() -> None:
    time, said = Time(), list[str]()
    spending = budget(time, MemoryLedger(), said=said.append)
    moments = []
    for _each in range(7):
        spending.spend()
        moments.append(time.passed)
        time.passed += 1
    assert moments == [0, 1, 2, 60, 61, 62, 120]
    assert said == ["waiting 57 s: 3 requests to RisPort were sent within a minute"] * 2


def test_tasks_share_it_through_the_state_directory(tmp_path: Path) -> None:
    time = Time()
    for _task in range(3):
        budget(time, file_ledger(tmp_path)).spend()
    assert time.slept == []
    budget(time, file_ledger(tmp_path)).spend()
    assert time.slept == [60]


def _spend(directory: str, most: int, count: int, waited: t.Any) -> None:
    def sleep(seconds: float) -> None:
        raise InterruptedError

    clock = Clock(sleep=sleep)
    mine = RequestBudget("RisPort", most, FileLedger(directory, "x", unheard), clock, unheard)
    for _each in range(count):
        try:
            mine.spend()
        except InterruptedError:
            with waited.get_lock():
                waited.value += 1


def test_forks_and_threads_together_send_no_more_than_that(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    waited = context.Value("i", 0)
    forks = [context.Process(target=_spend, args=(str(tmp_path), 40, 20, waited)) for _each in range(4)]
    for fork in forks:
        fork.start()
    threads = [threading.Thread(target=_spend, args=(str(tmp_path), 40, 5, waited)) for _each in range(4)]
    for thread in threads:
        thread.start()
    for each in (*forks, *threads):
        each.join(60)
    assert waited.value == 4 * 20 + 4 * 5 - 40


def test_a_refusal_stops_everybody_for_a_minute(tmp_path: Path) -> None:
    time = Time()
    one, other = budget(time, file_ledger(tmp_path)), budget(time, file_ledger(tmp_path))
    one.spend()
    time.passed += 5
    one.exceeded()
    other.spend()
    assert time.slept == [60]


def test_a_clock_that_was_set_back_costs_a_minute_at_most(tmp_path: Path) -> None:
    time = Time()
    spending = budget(time, file_ledger(tmp_path))
    for _each in range(3):
        spending.spend()
    time.step = -7 * 86400
    spending.spend()
    assert time.slept == [60]


def test_no_time_left_is_an_error_and_nothing_is_counted() -> None:
    time, ledger = Time(), MemoryLedger()
    spending = budget(time, ledger, most=1)
    spending.spend()
    hurried = RequestBudget("RisPort", 1, ledger, time.clock.within(59), unheard)
    with pytest.raises(DeadlineExceeded) as failure:
        hurried.spend()
    assert failure.value.code == "request_budget_spent"
    assert time.slept == []
    spending.spend()
    assert time.slept == [60]


def test_at_a_faster_cluster_the_minute_is_as_much_shorter() -> None:
    time = Time()
    spending = RequestBudget("RisPort", 1, MemoryLedger(), replace(time.clock, pace=60.0), unheard)
    spending.spend()
    spending.spend()
    assert time.slept == [1]


def test_without_a_state_directory_the_process_shares_it_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    time, warned = Time(), list[str]()
    spending = budget(time, file_ledger(tmp_path / "state", warned.append), most=1)
    spending.spend()
    spending.spend()
    assert time.slept == [60]
    (warning,) = warned
    assert str(tmp_path / "state") in warning


@pytest.mark.parametrize("content", [b"", b"[1, 2", b"{}", b'["x", null, true]', b"\xff"])
def test_what_a_killed_process_left_is_no_obstacle(tmp_path: Path, content: bytes) -> None:
    time = Time()
    budget(time, file_ledger(tmp_path)).spend()
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    budget(time, file_ledger(tmp_path), most=1).spend()
    assert time.slept == []
    assert json.loads(file.read_bytes()) == [BEGIN]
