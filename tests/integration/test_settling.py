# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of an answer that was sent: done, not done or not known; never guessed from the transcript."""

from __future__ import annotations

import json
import threading
import time
import typing as t
from datetime import datetime
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
from cucm_lab.fixture import ClusterHandle

from .harness.hostile import hanging
from .harness.journal import Journal
from .harness.modules import Modules, node_addresses, quick_limits
from .harness.names import CAPF, MIXED_COMMAND, NODES, PUBLISHER, UPDATE_COMMAND
from .harness.playbooks import Plays

ANSWER = {"kind": "answer", "operation": MIXED_COMMAND}
SET_MIXED = {"kind": "effect", "operation": "security_mode mixed"}
WRITE_CTL = {"kind": "effect", "operation": "ctl_file update", "node": PUBLISHER}


def records(modules: Modules) -> list[dict[str, t.Any]]:
    """Return the records of the state directory."""
    return [
        json.loads(line)
        for path in modules.state_dir.glob("*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    ]


def outcomes(modules: Modules) -> list[str]:
    """Return what became of the answers, in order."""
    return [record["outcome"] for record in records(modules) if record["event"] == "settled"]


@pytest.mark.parametrize(
    ("match", "when"),
    [
        (ANSWER, "before"),
        (SET_MIXED, "before"),
        (SET_MIXED, "after"),
        (WRITE_CTL, "before"),
        (WRITE_CTL, "after"),
        (ANSWER, "after"),
    ],
)
def test_cut_after_the_answer_and_the_node_goes_on(
    modules: Modules, cluster: ClusterHandle, journal: Journal, match: dict[str, str], when: str
) -> None:
    cluster.set(cli={"on_disconnect": "continue"})
    cluster.fault("cut", match=match, when=when)
    result = modules.run("security_mode", state="mixed")
    assert (result["changed"], result["after"]["ctl_file"]) == (True, "mixed")
    assert journal.answers() == ["y"], "it was done, so nothing is sent again"
    assert journal.effects().count("security_mode mixed") == 1
    assert outcomes(modules) == ["done"]
    assert modules.run("security_mode", state="mixed")["changed"] is False


def test_cut_after_the_answer_and_the_node_gives_up(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.set(cli={"on_disconnect": "abort"})
    cluster.fault("cut", match=ANSWER, when="before")
    # Longer than two readings take by themselves at this pace of the clock.
    result = modules.run("security_mode", state="mixed", settle_interval=360)
    assert result["changed"]
    assert journal.answers() == ["y", "y"]
    assert journal.effects().count("security_mode mixed") == 1
    assert outcomes(modules) == ["not_done", "done"]
    # Sent again only after two readings that far apart on the device's clock.
    asked = [entry for entry in journal.entries(kind="command") if entry["operation"] == MIXED_COMMAND]
    first, second = (_seconds(entry["time"]) for entry in asked)
    assert second - first >= 360
    readings = [e for e in journal.entries(kind="command") if e["operation"] == "show ctl"]
    between = [entry for entry in readings if asked[0]["seq"] < entry["seq"] < asked[1]["seq"]]
    assert len(between) >= 2


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_cut_every_time_and_the_node_gives_up(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.set(cli={"on_disconnect": "abort"})
    with cluster.faulty("cut", match=ANSWER, when="before", times=9):
        result = modules.run("security_mode", state="mixed")
    result.refused("change_not_effective", MIXED_COMMAND)
    assert (result["changed"], journal.answers(), journal.effects()) == (False, ["y", "y"], [])
    assert outcomes(modules) == ["not_done", "not_done"]
    assert modules.run("security_mode", state="mixed")["changed"]


def test_nothing_comes_back_after_the_answer(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    """Half-open: the device works, the terminal is silent."""
    cluster.set(cli={"on_disconnect": "continue"})
    held = cluster.fault("hold", match={**WRITE_CTL, "node": NODES[1]}, when="before")
    try:
        result = modules.run("security_mode", state="mixed")
    finally:
        cluster.release(held)
    assert (result["changed"], journal.answers()) == (True, ["y"])
    assert outcomes(modules) == ["done"]


@pytest.mark.parametrize("loss", ["questions", "everywhere"])
def test_input_that_is_dropped_when_it_comes_in_one_packet(
    modules: Modules, cluster: ClusterHandle, journal: Journal, loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_task, "CliLimits", quick_limits())
    cluster.set(cli={"input_loss": loss, "input_loss_probability": 1.0})
    result = modules.run("security_mode", state="mixed")
    assert result.get("changed") is (journal.effects() != [])
    if loss == "questions":
        assert journal.answers() == ["y"], "the answer and Enter are typed one after the other"


def test_a_publisher_that_is_away_while_it_is_settled(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    """It is unknown, and said so; the next run finds out."""
    cluster.set(cli={"on_disconnect": "continue"})
    held = cluster.fault("hold", match=SET_MIXED, when="before")
    results: list[t.Any] = []
    runner = threading.Thread(
        target=lambda: results.append(modules.run("security_mode", state="mixed", settle_timeout=1.0))
    )
    runner.start()
    try:
        cluster.wait_hit(held)
        cluster.set(nodes={PUBLISHER: {"up": False}})
        runner.join(60)
    finally:
        cluster.release(held)
    results[0].refused("outcome_unknown", MIXED_COMMAND)
    assert "run the task again" in results[0]["failure"]["remedy"]
    assert outcomes(modules) == []
    cluster.set(nodes={PUBLISHER: {"up": True}})
    (unsettled,) = modules.run("cluster_info", gather_subset=["modes"])["cluster"]["unsettled"]
    assert unsettled["command"] == MIXED_COMMAND
    modules.run("security_mode", state="mixed", check=True)
    assert outcomes(modules) == [], "check mode writes nothing"

    again = modules.run("security_mode", state="mixed")
    done = cluster.state()["cluster_security_mode"] == "mixed"
    assert done
    # Losing power, the node may have forgotten what it was told.
    assert again["changed"] is ([item["outcome"] for item in again["settled"]] == ["not_done"])
    assert len(journal.answers()) == 1 + again["changed"]
    assert journal.effects().count("security_mode mixed") == 1
    assert modules.run("cluster_info", gather_subset=["modes"])["cluster"]["unsettled"] == []


@pytest.mark.parametrize(("on_disconnect", "outcome"), [("continue", "done"), ("abort", "not_done")])
def test_cut_after_the_answer_and_the_ssh_server_hangs(
    modules: Modules,
    cluster: ClusterHandle,
    journal: Journal,
    tmp_path: Path,
    on_disconnect: str,
    outcome: str,
) -> None:
    """It takes every further connection and says nothing: that is unknown, and the answer is not sent again."""
    cluster.set(cli={"on_disconnect": on_disconnect})
    cluster.fault("cut", match=ANSWER, when="before")
    addresses = node_addresses(cluster)
    own_port = addresses[PUBLISHER]["ssh_port"]
    with hanging.after_a_reset(addresses[PUBLISHER]["address"], own_port) as way:
        known_hosts = tmp_path / "known_hosts"
        known = cluster.lab.known_hosts.read_text("utf-8")
        known_hosts.write_text(known.replace(f"]:{own_port} ", f"]:{way.port} "), "utf-8")
        addresses[PUBLISHER]["ssh_port"] = way.port
        reached = {"node_addresses": addresses, "ssh_port": way.port, "known_hosts": str(known_hosts)}
        result = modules.run("security_mode", state="mixed", timeout=1, settle_timeout=2, **reached)
        result.refused("outcome_unknown", MIXED_COMMAND, "did not answer as an SSH server")
        assert way.hung > 0
        assert (journal.answers(), outcomes(modules)) == (["y"], [])
        way.hangs.clear()
        again = modules.run("security_mode", state="mixed", **reached)
    assert [item["outcome"] for item in again["settled"]] == [outcome]
    assert journal.answers() == ["y"] * (1 if outcome == "done" else 2)
    assert journal.effects().count("security_mode mixed") == 1
    assert cluster.state()["cluster_security_mode"] == "mixed"


@pytest.mark.parametrize(("on_disconnect", "outcome"), [("continue", "done"), ("abort", "not_done")])
def test_the_answer_of_a_killed_run_is_settled_by_the_next(
    modules: Modules,
    plays: Plays,
    cluster: ClusterHandle,
    journal: Journal,
    on_disconnect: str,
    outcome: str,
) -> None:
    cluster.set(cli={"on_disconnect": on_disconnect})
    held = cluster.fault("hold", match=SET_MIXED, when="before")
    process = plays.start(plays.task("security_mode", state="mixed"))
    try:
        cluster.wait_hit(held)
        assert [record["event"] for record in records(modules)] == ["answer"], "recorded before it was sent"
    finally:
        process.kill()
    # The node sees that the client is gone before it goes on.
    time.sleep(0.5)
    cluster.release(held)
    again = modules.run("security_mode", state="mixed")
    assert [item["outcome"] for item in again["settled"]] == [outcome]
    assert again["changed"] is (outcome == "not_done")
    assert journal.effects().count("security_mode mixed") == 1
    assert len(journal.answers()) == (1 if outcome == "done" else 2)
    assert cluster.state()["cluster_security_mode"] == "mixed"


@pytest.mark.parametrize(("on_disconnect", "answers"), [("continue", 1), ("abort", 2)])
def test_a_ctl_update_is_settled_like_a_mode(
    modules: Modules, mixed_cluster: ClusterHandle, on_disconnect: str, answers: int
) -> None:
    journal = Journal(mixed_cluster, mixed_cluster.last_seq)
    mixed_cluster.set(cli={"on_disconnect": on_disconnect})
    mixed_cluster.fault("cut", match={"kind": "answer", "operation": UPDATE_COMMAND}, when="before")
    result = modules.run("ctl_file", state="updated")
    assert result["changed"]
    assert journal.answers() == ["y"] * answers
    assert journal.effects() == ["ctl_file update"] * 3


def test_going_back_is_settled_too(modules: Modules, mixed_cluster: ClusterHandle) -> None:
    journal = Journal(mixed_cluster, mixed_cluster.last_seq)
    mixed_cluster.fault("cut", match={"kind": "answer"}, when="before")
    result = modules.run("security_mode", state="non_secure")
    assert (result["changed"], result["after"]["security_mode"]) == (True, "non_secure")
    assert sorted(result["ctl_files_left"]) == sorted(NODES)
    assert journal.answers() == ["y"]


def test_export_control_that_is_withdrawn_between_question_and_answer(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    """The refusal is recognised and nothing is sent again."""
    cluster.set(cli={"licence_check": "after_answer"}, licence={"export_control": "Not Allowed"})
    result = modules.run("security_mode", state="mixed")
    result.refused("export_control_not_allowed", "export-controlled")
    assert (result["changed"], journal.answers(), journal.effects()) == (False, ["y"], [])
    assert outcomes(modules) == ["not_done"]


def test_without_axl_it_is_settled_by_the_cli_alone(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.set(cli={"on_disconnect": "continue"})
    cluster.fault("cut", match=ANSWER, when="before")
    result = modules.run("security_mode", state="mixed", axl_username=None, axl_password=None)
    assert (result["changed"], journal.answers()) == (True, ["y"])
    assert outcomes(modules) == ["done"]


def test_other_services_are_left_alone(modules: Modules, cluster: ClusterHandle) -> None:
    before = cluster.state()["nodes"]
    modules.run("security_mode", state="mixed")
    after = cluster.state()["nodes"]
    for node in NODES:
        for name, service in before[node]["services"].items():
            assert after[node]["services"][name]["started_at"] == service["started_at"], (node, name)
    assert before[PUBLISHER]["services"][CAPF]["activated"] is False
