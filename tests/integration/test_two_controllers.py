# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two controllers, a clone, and a disk that is full: what a record and a lock are worth."""

from __future__ import annotations

import errno
import json
import os
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base import record as _state
from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import MIXED_COMMAND
from .harness.playbooks import Plays
from .harness.topologies import TOPOLOGY

TIMER = "oauthTokenExpiryTimer"
SET_MIXED = {"kind": "effect", "operation": "security_mode mixed"}


def test_two_controllers_with_one_lock_directory(
    cluster: ClusterHandle, tmp_path: Path, journal: Journal
) -> None:
    """Two processes with state directories of their own; the device holds the first in the middle."""
    locks = tmp_path / "shared"
    task = {"state": "mixed", "lock_dir": str(locks)}
    first, second = (
        Plays(cluster, tmp_path / name, tmp_path / name / "state") for name in ("first", "second")
    )
    held = cluster.fault("hold", match=SET_MIXED, when="before")
    running = first.start(first.task("security_mode", change_timeout=7200, **task))
    try:
        cluster.wait_hit(held)
        refused = second.run(second.task("security_mode", "Set it too", **task)).result("Set it too")
    finally:
        cluster.release(held)
    running.end().ok()
    refused.refused("cluster_locked", "Another controller", str(locks), f"process {_holder(refused)}")
    assert journal.answers() == ["y"]
    assert journal.entries(kind="overlap") == []
    assert list(locks.glob("*.lock")) == [], "given back"
    assert (
        second.run(second.task("security_mode", "Set it too", **task)).result("Set it too")["changed"]
        is False
    )


def test_nothing_is_sent_once_the_shared_lock_is_somebody_elses(
    modules: Modules, cluster: ClusterHandle, tmp_path: Path, journal: Journal
) -> None:
    """Another controller takes it over while the device asks its question."""
    locks = tmp_path / "shared"
    held = cluster.fault("hold", match={"kind": "prompt", "operation": MIXED_COMMAND}, when="before")
    results: list[t.Any] = []
    runner = threading.Thread(
        target=lambda: results.append(modules.run("security_mode", state="mixed", lock_dir=str(locks)))
    )
    runner.start()
    try:
        cluster.wait_hit(held)
        (lock,) = locks.glob("*.lock")
        lock.write_text(json.dumps({"holder": "another", "token": "another"}), "utf-8")
    finally:
        cluster.release(held)
    runner.join(60)
    results[0].refused("lock_lost", "another", "was not sent")
    assert (journal.answers(), journal.effects()) == ([], [])
    assert lock.exists(), "it is not ours to give back"


def _holder(refused: t.Any) -> str:
    return refused.message.partition("process ")[2].partition(",")[0]


def test_without_a_lock_directory_the_lab_refuses_the_second(
    cluster: ClusterHandle, tmp_path: Path, journal: Journal
) -> None:
    """What the documentation says is not held off; the device of the lab notices it."""
    held = cluster.fault("hold", match=SET_MIXED, when="before")
    first = Plays(cluster, tmp_path / "first", tmp_path / "first" / "state")
    running = first.start(first.task("security_mode", state="mixed", change_timeout=7200))
    try:
        cluster.wait_hit(held)
        result = Modules(cluster, tmp_path / "second").run("security_mode", state="mixed")
    finally:
        cluster.release(held)
    running.end().ok()
    result.refused("busy", MIXED_COMMAND, "in progress")
    (overlap,) = journal.entries(kind="overlap")
    assert overlap["detail"] == {"running": [MIXED_COMMAND], "then": "refuse"}
    assert journal.answers() == ["y"]


@pytest.fixture(scope="module")
def original_and_clone(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    clone = {"name": "clone", "clone_of": "lab"}
    return cucm_lab_start({**TOPOLOGY, "clusters": [*TOPOLOGY["clusters"], clone]})


def test_a_clone_does_not_get_the_record_of_its_original(
    original_and_clone: RunningLab, tmp_path: Path
) -> None:
    original, clone = (original_and_clone.clusters[name] for name in ("lab", "clone"))
    state = tmp_path / "state"
    original.set(cli={"on_disconnect": "continue"})
    held = original.fault("cut", match={"kind": "answer"}, when="before")
    with pytest.MonkeyPatch.context() as patched:
        # The disk is full from the answer on.
        _full_after(patched, "answer")
        failed = Modules(original, state).run("security_mode", state="mixed")
    original.release(held)
    failed.refused("record_not_written", MIXED_COMMAND, "it is done")
    assert failed["changed"] is True and "Nothing was" not in failed["msg"]
    assert original.state()["cluster_security_mode"] == "mixed"

    at_clone = Modules(clone, state)
    journal = Journal(clone, clone.last_seq)
    for module, options in (("security_mode", {"state": "mixed"}), ("ctl_file", {"state": "updated"})):
        refused = at_clone.run(module, **options)
        refused.refused("state_elsewhere", clone.publisher["address"], original.publisher["address"])
        assert "cucm_state_moved_from" in refused["msg"]
    assert journal.changing() == []
    told = at_clone.run("cluster_info", gather_subset=["modes"])["cluster"]
    assert told["unavailable"]["unsettled"].startswith("state_elsewhere")

    # The original finds out what became of its answer, and the clone has a record of its own.
    again = Modules(original, state).run("security_mode", state="mixed")
    assert ([item["outcome"] for item in again["settled"]], again["changed"]) == (["done"], False)
    assert Modules(clone, tmp_path / "its own").run("security_mode", state="mixed")["changed"]


def _full(*_arguments: t.Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _full_after(patched: pytest.MonkeyPatch, event: str) -> None:
    append = _state.StateJournal.append

    def fills_up(self: t.Any, what: str, **details: t.Any) -> t.Any:
        record = append(self, what, **details)
        if what == event:
            patched.setattr(_state.os, "pwrite", _full)
        return record

    patched.setattr(_state.StateJournal, "append", fills_up)


def test_a_full_disk_after_a_parameter_was_taken_back(modules: Modules, cluster: ClusterHandle) -> None:
    before = cluster.state()["enterprise_parameters"][TIMER]
    assert modules.run("enterprise_parameter", parameters={TIMER: "30"}, record="r")["changed"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_state.os, "pwrite", _full)
        result = modules.run("enterprise_parameter", state="restored", record="r")
    result.refused("record_not_written", TIMER)
    assert result["changed"] is True and "Nothing was" not in result["msg"]
    assert cluster.state()["enterprise_parameters"][TIMER] == before
    # It is back already; the next run only closes the record.
    again = modules.run("enterprise_parameter", state="restored", record="r")
    assert again["changed"] is False
    assert modules.run("cluster_info", gather_subset=["modes"])["cluster"]["recorded"] == []


def test_a_full_disk_before_a_parameter_is_written(modules: Modules, journal: Journal) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_state.os, "pwrite", _full)
        result = modules.run("enterprise_parameter", parameters={TIMER: "30"}, record="r")
    result.refused("state_dir_not_writable", "Nothing was changed")
    assert (result["changed"], journal.effects()) == (False, [])


@pytest.mark.parametrize("option", ["state_dir", "lock_dir"])
def test_a_directory_that_depends_on_where_it_is_started_is_refused(
    option: str, modules: Modules, journal: Journal
) -> None:
    modules.run("security_mode", state="mixed", **{option: "here/state"}).refused(
        "relative_directory", f"cucm_{option}", "here/state"
    )
    assert journal.entries() == []
