# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""However long a command takes and wherever the connection is cut: it is sent once while it runs, and its outcome is right.

A few runs by default; CUCM_SETTLE_RUNS=every runs all of them (make soak), and CUCM_SETTLE_REPORT names a directory for what they came to.
"""

from __future__ import annotations

import itertools
import json
import os
import typing as t
from pathlib import Path

import pytest

from cucm_lab.fixture import ClusterHandle, RunningLab

from .conftest import publish_ctl
from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import CAPF, MIXED_COMMAND, NON_SECURE_COMMAND, PUBLISHER, UPDATE_COMMAND
from .harness.topologies import TOPOLOGY

# Device seconds. The interval of settling is 30 s, so a reading (some device seconds at this pace) must cost much less.
DURATIONS = (5, 20, 60, 100, 150, 300, 600)
TIME_SCALE = 100
LIMITS = {"change_timeout": 800, "settle_interval": 30, "settle_timeout": 15, "poll_interval": 0.1}
ENABLE = "utils sipOAuth-mode enable"


class Job(t.NamedTuple):
    """A module that sends a command: its state, the command's timing, its first effect, and what it leaves."""

    module: str
    state: str
    command: str
    timing: str
    effect: str
    leaves: dict[str, str]


JOBS = {
    "mixed": Job(
        "security_mode",
        "mixed",
        MIXED_COMMAND,
        "set_cluster_s",
        "security_mode mixed",
        {"cluster_security_mode": "mixed"},
    ),
    "non_secure": Job(
        "security_mode",
        "non_secure",
        NON_SECURE_COMMAND,
        "set_cluster_s",
        "security_mode non_secure",
        {"cluster_security_mode": "non_secure"},
    ),
    "ctl": Job("ctl_file", "updated", UPDATE_COMMAND, "update_ctl_s", "ctl_file update", {}),
    "sip_oauth": Job(
        "sip_oauth_mode",
        "enabled",
        ENABLE,
        "sip_oauth_s",
        "sip_oauth_mode enabled",
        {"sip_oauth_mode": "enabled"},
    ),
}
ASKING = ("prompt after", "answer before", "answer after", "effect before", "effect after")
CUTS = dict.fromkeys(JOBS, ASKING) | {
    "sip_oauth": ("command before", "command after", "effect before", "effect after")
}
EVERY = [
    (job, cut, duration, on_disconnect)
    for job, cuts in CUTS.items()
    for cut, duration, on_disconnect in itertools.product(cuts, DURATIONS, ("continue", "abort"))
]
FEW = [
    ("mixed", "answer before", 150, "continue"),
    ("mixed", "answer before", 300, "continue"),
    ("mixed", "answer before", 60, "abort"),
    ("mixed", "effect after", 150, "abort"),
    ("mixed", "prompt after", 20, "continue"),
    ("non_secure", "effect after", 600, "continue"),
    ("ctl", "answer before", 300, "continue"),
    ("sip_oauth", "command before", 150, "continue"),
    ("sip_oauth", "command before", 100, "abort"),
]
RUNS = EVERY if os.environ.get("CUCM_SETTLE_RUNS") == "every" else FEW


@pytest.fixture(scope="session")
def slow_lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """The three nodes at a pace at which two readings are closer together than the interval of settling."""
    return cucm_lab_start({**TOPOLOGY, "time_scale": TIME_SCALE})


@pytest.fixture
def slow_cluster(slow_lab: RunningLab) -> ClusterHandle:
    cluster = slow_lab.clusters["lab"]
    cluster.reset()
    return cluster


def _begin(cluster: ClusterHandle, name: str, duration: int, cut: str, on_disconnect: str) -> None:
    job = JOBS[name]
    if name in ("non_secure", "ctl"):
        cluster.set(services={PUBLISHER: {CAPF: {"activated": True}}})
        cluster.set(database={"processconfig": {"ClusterSecurityMode": "1"}})
        publish_ctl(cluster)
    cluster.set(timings={job.timing: duration}, cli={"on_disconnect": on_disconnect})
    kind, when = cut.split()
    operation = job.effect if kind == "effect" else job.command
    cluster.fault("cut", match={"kind": kind, "operation": operation}, when=when)


@pytest.mark.parametrize(("name", "cut", "duration", "on_disconnect"), RUNS)
def test_sent_once_while_it_runs(
    slow_cluster: ClusterHandle, tmp_path: Path, name: str, cut: str, duration: int, on_disconnect: str
) -> None:
    job = JOBS[name]
    _begin(slow_cluster, name, duration, cut, on_disconnect)
    journal = Journal(slow_cluster, slow_cluster.last_seq)
    modules = Modules(slow_cluster, tmp_path / "state")
    result = modules.run(job.module, state=job.state, **LIMITS)
    sendings = _sendings(journal, job)
    _report(
        name, cut, duration, on_disconnect, result.code, result.get("sent"), len(sendings), modules.progress
    )

    assert journal.entries(kind="overlap") == [], "sent while it was at work"
    if cut == "prompt after" and result.code is not None:
        # The question was lost as well: nothing was answered.
        assert (sendings, journal.effects(), result["changed"]) == ([], [], False)
        return
    if on_disconnect == "continue" and cut != "prompt after":
        assert (result.code, len(sendings), result["sent"]) == (None, 1, 1)
    if result.code is None:
        assert result["changed"] is True
        state = slow_cluster.state()
        assert {key: state[key] for key in job.leaves} == job.leaves
        assert journal.effects().count(job.effect) == (3 if name == "ctl" else 1)
        assert len(result["operations"]) == result["sent"]
        assert any("was sent 2 times" in line for line in modules.warnings) is (result["sent"] == 2)
        if len(sendings) == 2:
            first, second = (entry["seq"] for entry in sendings)
            between = [e for e in journal.entries(kind="effect") if first < e["seq"] < second]
            assert between == [], "sent again although it had done something"
            assert result["sent"] == 2
    else:
        # The device stopped in the middle.
        assert on_disconnect == "abort"
        assert result.code in ("contradiction", "ctl_still_differs")
        assert (len(sendings), result["changed"]) == (1, True)
        assert journal.effects(), "nothing had changed, and it was called a contradiction"


def _sendings(journal: Journal, job: Job) -> list[dict[str, t.Any]]:
    kind = "command" if job.command == ENABLE else "answer"
    return [entry for entry in journal.entries(kind=kind) if entry["operation"] == job.command]


def _report(
    name: str,
    cut: str,
    duration: int,
    on_disconnect: str,
    code: str | None,
    sent: int | None,
    received: int,
    progress: list[str],
) -> None:
    directory = os.environ.get("CUCM_SETTLE_REPORT")
    if not directory:
        return
    Path(directory).mkdir(parents=True, exist_ok=True)
    run = {
        "command": JOBS[name].command,
        "cut": cut,
        "device_seconds": duration,
        "on_disconnect": on_disconnect,
        "failure": code,
        "sent": sent,
        "received_by_the_device": received,
        "said_under_way": sum("is under way" in line for line in progress),
    }
    path = Path(directory) / f"{name}-{cut.replace(' ', '-')}-{duration}-{on_disconnect}.json"
    path.write_text(json.dumps(run, indent=1) + "\n", "utf-8")


def test_another_command_waits_for_the_end_of_one_that_has_reached_its_aim(
    slow_cluster: ClusterHandle, tmp_path: Path
) -> None:
    """The mode is mixed long before the command has ended; what is sent next must not overlap it."""
    slow_cluster.set(timings={"set_cluster_s": 450})
    slow_cluster.fault("cut", match={"kind": "answer", "operation": MIXED_COMMAND}, when="before")
    journal = Journal(slow_cluster, slow_cluster.last_seq)
    modules = Modules(slow_cluster, tmp_path / "state")
    assert modules.run("security_mode", state="mixed", **LIMITS)["changed"]
    assert modules.run("ctl_file", state="updated", **LIMITS)["changed"]
    assert journal.entries(kind="overlap") == []
    assert any(f"'{UPDATE_COMMAND}' waits" in line for line in modules.progress)


def test_an_answer_of_a_killed_run_is_under_way(slow_cluster: ClusterHandle, tmp_path: Path) -> None:
    """Another run a moment later reads the state before the answer twice, and concludes nothing from it."""
    slow_cluster.set(timings={"set_cluster_s": 300})
    journal = Journal(slow_cluster, slow_cluster.last_seq)
    slow_cluster.fault("cut", match={"kind": "answer", "operation": MIXED_COMMAND}, when="before")
    first = Modules(slow_cluster, tmp_path / "state")

    def dies(message: str) -> None:
        if "did not end" in message:
            raise KeyboardInterrupt

    first.progress = t.cast(t.Any, type("", (), {"append": staticmethod(dies)})())
    with pytest.raises(KeyboardInterrupt):
        first.run("security_mode", state="mixed", **LIMITS)
    second = Modules(slow_cluster, tmp_path / "state")
    result = second.run("security_mode", state="mixed", **LIMITS)
    assert ([item["outcome"] for item in result["settled"]], result["changed"]) == (["done"], False)
    assert (journal.answers(), journal.entries(kind="overlap")) == (["y"], [])
    assert any("is under way" in line for line in second.progress)
