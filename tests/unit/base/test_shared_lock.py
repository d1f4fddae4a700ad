# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster is held by one controller at a time, and what a killed one left is taken over by one."""

from __future__ import annotations

import contextlib
import errno
import json
import multiprocessing
import os
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base import files
from ansible_collections.ucops.cucm.plugins.module_utils._base import shared_lock as _shared_lock
from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import Refusal
from ansible_collections.ucops.cucm.plugins.module_utils._base.shared_lock import VALID_FOR, SharedLock

FORK = multiprocessing.get_context("fork")


@dataclass
class Controller:
    """A controller that shares the directory; its clock stands still until it sleeps."""

    directory: Path
    name: str = "a task"
    ahead: float = 0.0
    asleep: t.Callable[[], None] = lambda: None
    said: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    slept: float = 0.0

    def lock(self) -> SharedLock:
        def sleep(seconds: float) -> None:
            self.slept += seconds
            self.asleep()

        clock = Clock(
            sleep=sleep,
            now=lambda: datetime(2026, 3, 10, tzinfo=UTC) + timedelta(seconds=self.slept + self.ahead),
        )
        return SharedLock(
            str(self.directory), "cluster-1.lock", self.name, clock, self.said.append, self.warned.append
        )

    def refused(self) -> Refusal:
        with pytest.raises(Refusal) as refused, self.lock().held():
            pytest.fail("the lock was given")
        return refused.value


def left_behind(directory: Path, **changes: t.Any) -> Path:
    """A lock of a controller that was killed."""
    killed = Controller(directory, "the killed one").lock()
    with killed.held():
        content = json.loads((directory / "cluster-1.lock").read_text("utf-8"))
    path = directory / "cluster-1.lock"
    path.write_text(json.dumps({**content, **changes}), "utf-8")
    return path


def test_it_names_its_holder_and_is_given_back(tmp_path: Path) -> None:
    with Controller(tmp_path, "set the mode").lock().held():
        content = json.loads((tmp_path / "cluster-1.lock").read_text("utf-8"))
        assert (content["holder"], content["process"]) == ("set the mode", os.getpid())
        assert content["host"] and content["since"] < content["expires"]
        refused = Controller(tmp_path, "another").refused()
        assert refused.code == "cluster_locked"
        assert "set the mode" in refused.message and content["expires"] in refused.message
    assert list(tmp_path.iterdir()) == []
    with Controller(tmp_path).lock().held():
        pass


def test_one_that_has_expired_is_watched_and_taken_over(tmp_path: Path) -> None:
    left_behind(tmp_path)
    late = Controller(tmp_path, ahead=VALID_FOR + 1)
    with late.lock().held():
        assert late.slept == VALID_FOR
        assert "the killed one" in late.said[0] and "has expired" in late.said[0]
        assert "the killed one" in late.warned[0] and "taken over" in late.warned[0]
        assert Controller(tmp_path).refused().code == "cluster_locked"
    assert list(tmp_path.iterdir()) == []


def test_one_that_has_not_expired_is_not_taken_over(tmp_path: Path) -> None:
    left_behind(tmp_path)
    soon = Controller(tmp_path, ahead=VALID_FOR - 1)
    assert soon.refused().code == "cluster_locked"
    assert soon.slept == 0


def test_a_holder_whose_clock_is_behind_is_noticed_while_it_is_watched(tmp_path: Path) -> None:
    holder = Controller(tmp_path, "alive").lock()
    with holder.held():
        ahead = Controller(tmp_path, ahead=86400, asleep=holder._write)
        # The same moment twice would be the same text: the holder's clock goes on.
        holder._clock = Clock(now=lambda: datetime(2026, 3, 10, 0, 0, 20, tzinfo=UTC))
        assert "alive" in ahead.refused().message
        holder.require_held()


@pytest.mark.parametrize("content", ["", "no JSON", "[" * 3000, '{"expires": 7}', '{"holder": null}'])
def test_what_is_not_understood_is_watched_before_it_is_taken_over(content: str, tmp_path: Path) -> None:
    (tmp_path / "cluster-1.lock").write_text(content)
    late = Controller(tmp_path)
    with late.lock().held():
        assert late.slept == VALID_FOR
    assert list(tmp_path.iterdir()) == []


def _try(controller: Controller, barrier: t.Any, results: t.Any, release: t.Any) -> None:
    # All have watched it before any of them takes it.
    controller.asleep = barrier.wait
    try:
        with controller.lock().held():
            results.put("held")
            release.wait(30)
    except Refusal as refusal:
        results.put(refusal.code)


@pytest.mark.parametrize("expired", [True, False])
def test_of_all_who_try_at_once_one_gets_it(expired: bool, tmp_path: Path) -> None:
    if expired:
        left_behind(tmp_path)
    results, release, count = FORK.Queue(), FORK.Event(), 6
    barrier = FORK.Barrier(count)
    processes = [
        FORK.Process(target=_try, args=(Controller(tmp_path, ahead=VALID_FOR + 1), barrier, results, release))
        for _each in range(count)
    ]
    for process in processes:
        process.start()
    told = [results.get(timeout=30) for _each in range(count)]
    release.set()
    for process in processes:
        process.join()
    assert sorted(told) == ["cluster_locked"] * (count - 1) + ["held"]


def test_who_is_late_takes_nothing_from_who_took_it_over(tmp_path: Path) -> None:
    """Both have watched the same lock to its end, and the second is held up until the first has it."""
    left_behind(tmp_path)
    first = Controller(tmp_path, "the first", ahead=VALID_FOR + 1).lock()
    late = Controller(tmp_path, "the late one", ahead=VALID_FOR + 1).lock()
    take_over = late._take_over
    with contextlib.ExitStack() as stack:

        def after_the_first(found: t.Mapping[str, t.Any]) -> None:
            stack.enter_context(first.held())
            take_over(found)

        late._take_over = after_the_first  # type: ignore[method-assign]
        with pytest.raises(Refusal) as refused, late.held():
            pytest.fail("both hold it")
        assert refused.value.code == "cluster_locked" and "the first" in refused.value.message
        first.require_held()
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_sent_when_somebody_took_it_over(tmp_path: Path) -> None:
    lock = Controller(tmp_path).lock()
    with lock.held():
        lock.require_held()
        (tmp_path / "cluster-1.lock").unlink()
        with Controller(tmp_path, "the next one").lock().held():
            with pytest.raises(Refusal) as refused:
                lock.require_held()
            assert refused.value.code == "lock_lost" and "the next one" in refused.value.message
            # What the first goes on writing does not reach the file of the second.
            lock._write()
            assert "the next one" in (tmp_path / "cluster-1.lock").read_text("utf-8")
    assert list(tmp_path.iterdir()) == []


def test_storage_that_fails_counts_as_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_shared_lock, "_RENEWED_EVERY", 0.01)
    lock = Controller(tmp_path).lock()

    def fails() -> None:
        raise OSError(5, "Input/output error")

    with lock.held():
        lock._write = fails  # type: ignore[method-assign]
        while not lock._trouble:
            pass
        with pytest.raises(Refusal, match="Input/output error"):
            lock.require_held()


@pytest.mark.parametrize("call", ["pwrite", "fsync"])
def test_a_disk_that_is_full_leaves_no_lock_behind(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would name nobody, and every controller would wait for it to be left behind."""

    def fails(*wanted: t.Any) -> None:
        # Not of the directory, whose name is on the disk.
        if call == "pwrite" or os.path.isfile(f"/proc/self/fd/{wanted[0]}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(_shared_lock.os, call, fails)
    refused = Controller(tmp_path).refused()
    assert refused.code == "lock_dir_not_usable" and "No space left on device. Nothing was" in refused.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o777])
def test_a_directory_that_everybody_may_write_is_refused(mode: int, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(mode)
    refused = Controller(shared).refused()
    assert refused.code == "lock_dir_not_usable" and "cucm_lock_dir" in refused.remedy
    assert list(shared.iterdir()) == []


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert Controller(tmp_path / "file").refused().code == "lock_dir_not_usable"


def test_a_lock_that_is_replaced_while_it_is_opened_is_anothers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_behind(tmp_path)
    opened = files.opened

    def replaced(name: str, flags: int, *more: t.Any, **named: t.Any) -> int:
        descriptor = opened(name, flags, *more, **named)
        if not flags & os.O_CREAT:
            (tmp_path / name).unlink()
        return descriptor

    monkeypatch.setattr(files, "opened", replaced)
    controller = Controller(tmp_path, ahead=VALID_FOR + 1)
    with pytest.raises(Refusal) as refused, controller.lock().held():
        pass
    assert refused.value.code == "cluster_locked"
