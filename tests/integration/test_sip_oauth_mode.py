# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sip_oauth_mode against the lab: a command that asks nothing, and whose words prove nothing."""

from __future__ import annotations

import json
import threading
import typing as t
from pathlib import Path

import pytest

from cucm_lab.fixture import ClusterHandle

from .harness.journal import Journal
from .harness.modules import Modules, connection
from .harness.names import CALLMANAGER, NODES, PUBLISHER, SUB1
from .harness.outcome import Outcome
from .harness.playbooks import Plays

MODULE = "sip_oauth_mode"
ENABLE, DISABLE = "utils sipOAuth-mode enable", "utils sipOAuth-mode disable"
COMMAND_OF = {"enabled": ENABLE, "disabled": DISABLE}
SENT = {"kind": "command", "operation": ENABLE}
WRITTEN = {"kind": "effect", "operation": "sip_oauth_mode enabled"}
NO_CLI: dict[str, t.Any] = {"cli_username": None, "cli_password": None}
NO_AXL: dict[str, t.Any] = {"axl_username": None, "axl_password": None}


@pytest.fixture
def enabled_cluster(cluster: ClusterHandle) -> ClusterHandle:
    """The cluster with the mode on, and no memory of how it came there."""
    write(cluster, "1")
    return cluster


def write(cluster: ClusterHandle, value: str) -> None:
    """Have a value for the mode in the database."""
    cluster.set(database={"processconfig": {"ClusterSIPOAuthMode": value}})


def sent(journal: Journal) -> list[str]:
    """Return the commands of SIP OAuth mode that reached the node."""
    return [command for command in journal.commands() if "sipOAuth" in command]


def untouched(journal: Journal) -> None:
    """Assert that nothing was answered and nothing has changed."""
    assert (journal.answers(), journal.effects()) == ([], [])


def records(modules: Modules) -> list[dict[str, t.Any]]:
    """Return the records of the state directory."""
    return [
        json.loads(line)
        for path in modules.state_dir.glob("*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    ]


def outcomes(modules: Modules) -> list[str]:
    """Return what became of the commands, in order."""
    return [record["outcome"] for record in records(modules) if record["event"] == "settled"]


def due(modules: Modules) -> dict[str, str]:
    """Return the nodes whose CallManager is due for a restart, and why."""
    subsets = ["modes", "services", "ctl_files", "listening", "callmanagers", "tomcat"]
    facts = modules.run("cluster_info", gather_subset=subsets)["cluster"]
    return {
        duty["node"]: duty["why"] for duty in facts["duties"]["restarts"] if duty["service"] == CALLMANAGER
    }


# -- what it does --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stored", "state"), [("0", "disabled"), ("1", "enabled")])
def test_nothing_is_sent_when_the_mode_is_so_already(
    modules: Modules, cluster: ClusterHandle, stored: str, state: str
) -> None:
    write(cluster, stored)
    journal = Journal(cluster, cluster.last_seq)
    result = modules.run(MODULE, state=state, diff=True)
    assert (result["changed"], result["operations"], "diff" in result) == (False, [], False)
    assert result["before"] == result["after"] == {MODULE: state}
    assert (journal.changing(), journal.commands()) == ([], [])
    assert journal.logins() == [(PUBLISHER, "accepted")], "the database is the one witness"
    assert not modules.state_dir.exists()


@pytest.mark.parametrize(("stored", "state"), [("0", "enabled"), ("1", "disabled")])
def test_change_and_then_nothing_more(
    modules: Modules, cluster: ClusterHandle, stored: str, state: str
) -> None:
    write(cluster, stored)
    journal = Journal(cluster, cluster.last_seq)
    planned = modules.run(MODULE, state=state, check=True, diff=True)
    assert planned["changed"]
    assert journal.changing() == []
    assert not modules.state_dir.exists()

    done = modules.run(MODULE, state=state, diff=True)
    for key in ("changed", "operations", "before", "after", "diff"):
        assert planned[key] == done[key], key
    assert done["operations"] == [{"node": PUBLISHER, "action": COMMAND_OF[state]}]
    assert (done["settled"], done["restarts_named"]) == ([], [CALLMANAGER])
    assert journal.changing() == [f"command {COMMAND_OF[state]}", f"effect sip_oauth_mode {state}"]
    assert cluster.state()[MODULE] == state
    assert [record["event"] for record in records(modules)] == ["command", "settled"]

    since = cluster.last_seq
    again = modules.run(MODULE, state=state)
    assert (again["changed"], again["settled"]) == (False, [])
    assert Journal(cluster, since).changing() == []


def test_it_restarts_nothing_and_the_cluster_tells_what_is_due(
    modules: Modules, cluster: ClusterHandle
) -> None:
    """The second witness, the ports, follows with the restarts only; until then each CallManager is due."""
    started = {node: _started_at(cluster, node) for node in NODES}
    assert due(modules) == {}
    modules.run(MODULE, state="enabled")
    assert {node: _started_at(cluster, node) for node in NODES} == started
    reasons = due(modules)
    assert set(reasons) == set(NODES)
    assert all("enabled and it does not listen on" in why for why in reasons.values())
    modules.run("service_control", service=CALLMANAGER, node=SUB1, state="restarted")
    assert set(due(modules)) == set(NODES) - {SUB1}

    modules.run(MODULE, state="disabled")
    reasons = due(modules)
    assert set(reasons) == {SUB1}, "only where the ports are open"
    assert "disabled and it still listens on" in reasons[SUB1]


def _started_at(cluster: ClusterHandle, node: str) -> str:
    return cluster.state()["nodes"][node]["services"][CALLMANAGER]["started_at"]


def test_in_a_playbook(plays: Plays, journal: Journal) -> None:
    tasks = [
        plays.task(MODULE, "planned", state="enabled", _check_mode=True, _diff=True),
        plays.task(MODULE, "done", state="enabled"),
        plays.task(MODULE, "already", state="enabled"),
        plays.task(MODULE, "back", state="disabled"),
    ]
    run = plays.run(*tasks).ok()
    assert run.result("planned")["operations"] == run.result("done")["operations"]
    names = ("planned", "done", "already", "back")
    assert [run.result(name)["changed"] for name in names] == [True, True, False, True]
    assert f"lab | {PUBLISHER}: {ENABLE}" in run.output
    assert journal.effects() == ["sip_oauth_mode enabled", "sip_oauth_mode disabled"]


def test_without_axl_the_cli_alone_is_enough(modules: Modules, journal: Journal) -> None:
    result = modules.run(MODULE, state="enabled", **NO_AXL)
    assert (result["changed"], result["after"]) == (True, {MODULE: "enabled"})
    assert journal.effects() == ["sip_oauth_mode enabled"]
    assert journal.logins("https-basic") == []


# -- what became of the command ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("match", "when"),
    [(SENT, "before"), (WRITTEN, "before"), (WRITTEN, "after"), (SENT, "after")],
    ids=["sent", "before it is so", "after it is so", "before the prompt"],
)
def test_cut_after_the_command_and_the_node_goes_on(
    modules: Modules, cluster: ClusterHandle, journal: Journal, match: dict[str, str], when: str
) -> None:
    cluster.set(cli={"on_disconnect": "continue"})
    cluster.fault("cut", match=match, when=when)
    result = modules.run(MODULE, state="enabled")
    assert (result["changed"], result["after"]) == (True, {MODULE: "enabled"})
    assert sent(journal) == [ENABLE], "it was done, so nothing is sent again"
    assert journal.effects() == ["sip_oauth_mode enabled"]
    assert outcomes(modules) == ["done"]


def test_cut_after_the_command_and_the_node_gives_up(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.set(cli={"on_disconnect": "abort"})
    cluster.fault("cut", match=SENT, when="before")
    result = modules.run(MODULE, state="enabled")
    assert result["changed"]
    assert sent(journal) == [ENABLE, ENABLE]
    assert journal.effects() == ["sip_oauth_mode enabled"]
    assert outcomes(modules) == ["not_done", "done"]


def test_cut_every_time_and_the_node_gives_up(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.set(cli={"on_disconnect": "abort"})
    with cluster.faulty("cut", match=SENT, when="before", times=9):
        result = modules.run(MODULE, state="enabled")
    result.refused("change_not_effective", ENABLE)
    assert (result["changed"], sent(journal), journal.effects()) == (False, [ENABLE, ENABLE], [])


def test_the_words_of_the_node_prove_nothing(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    """It says that the mode is enabled and the database does not have it: told, and not sent again."""
    cluster.set(cli={"sip_oauth_lies": True})
    result = modules.run(MODULE, state="enabled")
    result.refused("change_not_effective", ENABLE, "SIP OAuth mode enabled.")
    assert (result["changed"], sent(journal), journal.effects()) == (False, [ENABLE], [])
    assert outcomes(modules) == ["not_done"]
    cluster.set(cli={"sip_oauth_lies": False})
    assert modules.run(MODULE, state="enabled")["changed"]


@pytest.mark.parametrize(("on_disconnect", "outcome"), [("continue", "done"), ("abort", "not_done")])
def test_the_command_of_a_killed_run_is_settled_by_the_next(
    modules: Modules,
    plays: Plays,
    cluster: ClusterHandle,
    journal: Journal,
    on_disconnect: str,
    outcome: str,
) -> None:
    cluster.set(cli={"on_disconnect": on_disconnect})
    held = cluster.fault("hold", match=WRITTEN, when="before")
    process = plays.start(plays.task(MODULE, state="enabled"))
    try:
        cluster.wait_hit(held)
        assert [record["event"] for record in records(modules)] == ["command"], "recorded before it was sent"
    finally:
        process.kill()
    cluster.wait(
        lambda: not cluster.state()["nodes"][PUBLISHER]["cli_sessions"] or on_disconnect == "continue"
    )
    cluster.release(held)
    (unsettled,) = modules.run("cluster_info", gather_subset=["modes"])["cluster"]["unsettled"]
    assert unsettled["command"] == ENABLE
    modules.run(MODULE, state="enabled", check=True)
    assert outcomes(modules) == [], "check mode writes nothing"

    again = modules.run(MODULE, state="enabled")
    assert [(item["command"], item["outcome"]) for item in again["settled"]] == [(ENABLE, outcome)]
    assert again["changed"] is (outcome == "not_done")
    assert sent(journal) == [ENABLE] * (1 + again["changed"])
    assert journal.effects() == ["sip_oauth_mode enabled"]


def test_what_one_module_left_open_is_settled_by_another(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    """One account of what was sent for a cluster, whichever of the two modes it was."""
    held = cluster.fault("hold", match=WRITTEN, when="before")
    results: list[Outcome] = []
    runner = threading.Thread(
        target=lambda: results.append(modules.run(MODULE, state="enabled", settle_timeout=1.0))
    )
    runner.start()
    try:
        cluster.wait_hit(held)
        cluster.set(nodes={PUBLISHER: {"up": False}})
        runner.join(60)
    finally:
        cluster.release(held)
    results[0].refused("outcome_unknown", ENABLE)
    assert "run the task again" in results[0]["failure"]["remedy"]
    assert outcomes(modules) == []
    cluster.set(nodes={PUBLISHER: {"up": True}})

    other = modules.run("security_mode", state="non_secure")
    assert [item["command"] for item in other["settled"]] == [ENABLE]
    done = cluster.state()[MODULE] == "enabled"
    assert outcomes(modules) == (["done"] if done else ["not_done"])
    assert modules.run(MODULE, state="enabled")["changed"] is not done
    assert journal.effects() == ["sip_oauth_mode enabled"]


# -- what it refuses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["enabled", "disabled"])
@pytest.mark.usefixtures("impatient")
def test_a_question_is_not_answered(modules: Modules, cluster: ClusterHandle, state: str) -> None:
    """No source shows one, so whatever it is, it is not known."""
    write(cluster, "0" if state == "enabled" else "1")
    cluster.set(cli={"sip_oauth_asks": True})
    journal = Journal(cluster, cluster.last_seq)
    result = modules.run(MODULE, state=state)
    result.refused("unexpected_question", PUBLISHER, "This operation changes the SIP OAuth mode")
    assert result["changed"] is False
    untouched(journal)
    cluster.wait(lambda: not cluster.state()["nodes"][PUBLISHER]["cli_sessions"])
    cluster.set(cli={"sip_oauth_asks": False})
    assert modules.run(MODULE, state=state)["changed"], "nothing is left open"


@pytest.mark.parametrize("privilege", [0, 1])
def test_an_account_that_is_not_the_administrator(
    modules: Modules, cluster: ClusterHandle, journal: Journal, privilege: int
) -> None:
    cluster.set(accounts={"admin": {"privilege": privilege}})
    result = modules.run(MODULE, state="enabled")
    result.refused("privilege_too_low", ENABLE)
    assert "level 4" in result["failure"]["remedy"]
    assert (result["changed"], journal.effects()) == (False, [])


@pytest.mark.parametrize("check", [False, True], ids=["", "check mode"])
@pytest.mark.parametrize("options", [{}, NO_AXL], ids=["both accounts", "CLI"])
def test_a_subscriber_is_not_taken_for_the_publisher(
    modules: Modules, cluster: ClusterHandle, journal: Journal, options: dict[str, t.Any], check: bool
) -> None:
    given = connection(cluster, SUB1)
    addressed = {name: given[name] for name in ("publisher", "https_port", "ssh_port")}
    modules.run(MODULE, state="enabled", check=check, **addressed, **options).refused(
        "not_publisher", "subscriber"
    )
    assert (journal.changing(), sent(journal)) == ([], [])


@pytest.mark.parametrize(
    "licence",
    [{"export_control": "Not Allowed"}, {"registration": "UNREGISTERED"}],
    ids=["export", "registration"],
)
def test_the_clusters_own_export_refusal(
    modules: Modules, cluster: ClusterHandle, journal: Journal, licence: dict[str, str]
) -> None:
    cluster.set(licence=licence)
    result = modules.run(MODULE, state="enabled")
    result.refused("export_control_not_allowed", "export-controlled", ENABLE)
    assert (result["changed"], sent(journal)) == (False, [ENABLE])
    untouched(journal)
    assert outcomes(modules) == ["not_done"]


def test_going_back_needs_no_licence(modules: Modules, enabled_cluster: ClusterHandle) -> None:
    enabled_cluster.set(licence={"registration": "UNREGISTERED", "export_control": "Not Allowed"})
    assert modules.run(MODULE, state="disabled")["after"] == {MODULE: "disabled"}


def test_a_release_that_has_no_such_mode(old_modules: Modules) -> None:
    cluster = old_modules.cluster
    for check in (True, False):
        result = old_modules.run(MODULE, state="enabled", check=check)
        result.refused("not_in_this_release", "no SIP OAuth mode")
        assert "12.5" in result["failure"]["remedy"]
    absent = old_modules.run(MODULE, state="disabled")
    assert (absent["changed"], absent["after"]) == (False, {MODULE: "absent"})
    assert not [entry for entry in cluster.journal() if entry["changing"] or entry["kind"] == "command"]


@pytest.mark.parametrize("check", [False, True], ids=["", "check mode"])
def test_without_a_cli_account(modules: Modules, journal: Journal, check: bool) -> None:
    assert modules.run(MODULE, state="disabled", check=check, **NO_CLI)["changed"] is False
    modules.run(MODULE, state="enabled", check=check, **NO_CLI).refused("account_missing", "cli_username")
    assert journal.changing() == []


def test_a_mode_that_is_neither(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    write(cluster, "7")
    for state in ("enabled", "disabled"):
        assert modules.run(MODULE, state=state).code == "mode_unreadable"
    assert journal.changing() == []


def test_somebody_else_changes_it_after_the_reading(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    held = cluster.fault("hold", match={"kind": "command", "operation": "utils service list"}, when="before")
    results: list[Outcome] = []
    runner = threading.Thread(target=lambda: results.append(modules.run(MODULE, state="enabled")))
    runner.start()
    try:
        cluster.wait_hit(held)
        write(cluster, "1")
    finally:
        cluster.release(held)
        runner.join(60)
    results[0].refused("state_changed", ENABLE)
    assert (results[0]["changed"], sent(journal), journal.effects()) == (False, [], [])
    assert modules.run(MODULE, state="enabled")["changed"] is False


def test_a_second_run_at_the_same_time_is_refused(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    held = cluster.fault("hold", match=WRITTEN, when="before")
    first: list[Outcome] = []
    runner = threading.Thread(target=lambda: first.append(modules.run(MODULE, state="enabled")))
    runner.start()
    try:
        cluster.wait_hit(held)
        modules.fresh().run(MODULE, state="enabled").refused("cluster_locked", f"test of {MODULE}")
        modules.fresh().run("security_mode", state="mixed").refused("cluster_locked")
    finally:
        cluster.release(held)
        runner.join(60)
    assert first[0]["changed"]
    assert sent(journal) == [ENABLE]


def test_a_state_directory_that_cannot_be_written(modules: Modules, tmp_path: Path, journal: Journal) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", "utf-8")
    result = modules.run(MODULE, state="enabled", state_dir=str(blocked / "state"))
    result.refused("state_dir_not_writable", str(blocked), "Nothing was changed")
    assert (sent(journal), journal.effects()) == ([], [])
