# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords that are part of a name or of every second word: facts stay what they are, and the operator is warned."""

from __future__ import annotations

import copy
import json
import typing as t
from pathlib import Path

import pytest

from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness import topologies
from .harness.jump_host import JumpHost
from .harness.names import CALLMANAGER, PUBLISHER, SUB1, SUBSCRIBER
from .harness.playbooks import Playbooks, Plays

COMMON = ["cucm", "mixed", "1", "a", "yes", "publisher", "Cisco CallManager", "cucm-sub"]


def lab_with(start: t.Callable[..., RunningLab], password: str) -> ClusterHandle:
    """Return a cluster whose accounts have this password."""
    topology = copy.deepcopy(topologies.two_nodes(11, subscriber=[CALLMANAGER]))
    topology["clusters"][0]["accounts"] = [
        {"kind": kind, "username": kind + "user", "privilege": 4, "password": password}
        for kind in ("axl", "cli")
    ]
    return start(topology).clusters["lab"]


@pytest.mark.parametrize("password", COMMON)
def test_a_rollout_goes_through_and_facts_are_what_they_are(
    cucm_lab_start: t.Callable[..., RunningLab], tmp_path: Path, password: str
) -> None:
    cluster = lab_with(cucm_lab_start, password)
    try:
        playbooks = Playbooks(cluster, tmp_path)
        first = playbooks.rollout().ok()
        second = playbooks.rollout().ok()
    finally:
        cluster.lab.stop()
    assert first.recap["changed"] > 0
    assert second.recap["changed"] == 0
    facts = second.result("Read the cluster")["cluster"]
    assert [node["name"] for node in facts["nodes"]] == [PUBLISHER, SUBSCRIBER]
    assert (facts["security_mode"], facts["nodes"][0]["role"]) == ("mixed", "publisher")
    assert "********" not in json.dumps(facts)
    warnings = [line for line in first.output.splitlines() if "cucm_cli_password is so short" in line]
    assert len(warnings) == 1, first.output


def test_a_password_of_usual_length_is_not_warned_of(
    cucm_lab_start: t.Callable[..., RunningLab], tmp_path: Path
) -> None:
    cluster = lab_with(cucm_lab_start, "Sunshine2024")
    try:
        run = Playbooks(cluster, tmp_path).run("plan").ok()
    finally:
        cluster.lab.stop()
    assert "is so short" not in run.output
    assert "Sunshine2024" not in run.output


@pytest.mark.parametrize("delegated", [False, True], ids=["", "delegated"])
def test_a_password_in_another_option_is_masked_in_what_is_shown_of_the_call(
    plays: Plays, jump_host: JumpHost, cluster: ClusterHandle, delegated: bool
) -> None:
    password = cluster.account("cli")["password"]
    where = {"_delegate_to": "jump"} if delegated else {}
    inventory = plays.inventory()
    inventory["all"]["hosts"] = {"jump": jump_host.host()}
    # By its variable: of a text in the play Ansible itself shows the line.
    written = "{{ cucm_cli_password }}"
    ignore: dict[str, t.Any] = {"_ignore_errors": True, **where}
    run = plays.run(
        plays.task("cluster_info", "facts", gather_subset=["modes"], ssh_host_key={SUB1: written}, **ignore),
        plays.task("security_mode", "choice", state=written, **ignore),
        plays.task("security_mode", "number", state="mixed", ssh_port=written, **ignore),
        inventory=inventory,
        arguments=["-vvv"],
    ).ok()
    for name in ("facts", "choice", "number"):
        assert "********" in json.dumps(run.result(name)), name
    for spelled in (password, json.dumps(password)[1:-1], repr(password)[1:-1]):
        assert spelled not in run.output


def test_a_delegated_task_returns_the_facts_that_one_here_returns(
    cucm_lab_start: t.Callable[..., RunningLab], jump_host: JumpHost, tmp_path: Path
) -> None:
    """Ansible masks a password in all that a module returns, unless the module says better."""
    cluster = lab_with(cucm_lab_start, "cucm")
    try:
        plays = Plays(cluster, tmp_path / "tasks", tmp_path / "state")
        inventory = plays.inventory()
        inventory["all"]["hosts"] = {"jump": jump_host.host()}
        run = plays.run(
            plays.task("cluster_info", "here", gather_subset=["modes"]),
            plays.task("cluster_info", "there", gather_subset=["modes"], _delegate_to="jump"),
            inventory=inventory,
        ).ok()
    finally:
        cluster.lab.stop()
    here, there = (run.result(name)["cluster"] for name in ("here", "there"))
    for facts in (here, there):
        # Of each reading alone.
        del facts["read_at"], facts["seal"]
    assert here == there
    assert here["publisher"] == PUBLISHER
    shown = run.result("there")["invocation"]["module_args"]
    assert shown["cli_password"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
