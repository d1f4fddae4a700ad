# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""service_control against the lab."""

from __future__ import annotations

import typing as t

import pytest

from cucm_lab.fixture import ClusterHandle

from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import CALLMANAGER, CAPF, CTIMANAGER, PUBLISHER, SUB1, SUB2, TFTP
from .harness.playbooks import Plays

REQUEST = "http control-center soapDoControlServices"


def test_nothing_is_sent_when_it_is_so_already(
    modules: Modules, journal: Journal, cluster: ClusterHandle
) -> None:
    result = modules.run("service_control", service=TFTP, diff=True)
    assert (result["changed"], result["operations"]) == (False, [])
    cluster.set(services={SUB1: {TFTP: {"status": "Stopped"}}})
    assert not modules.run("service_control", service=TFTP, node=SUB1, state="stopped")["changed"]
    assert journal.changing() == []


def test_restarting_always_restarts_once(modules: Modules, journal: Journal) -> None:
    for times in (1, 2):
        result = modules.run("service_control", service=CALLMANAGER, node=SUB1, state="restarted")
        assert (result["changed"], result["after"]["status"]) == (True, "Started")
        assert result["after"]["started_at"] > result["before"]["started_at"]
        assert journal.changing() == [REQUEST, f"effect service restart {CALLMANAGER}"] * times
    assert {entry["node"] for entry in journal.entries(changing=True)} == {SUB1}


def test_stopping_and_starting(modules: Modules, journal: Journal) -> None:
    stopped = modules.run("service_control", service=TFTP, state="stopped", diff=True)
    assert (stopped["changed"], stopped["after"]["status"]) == (True, "Stopped")
    assert stopped["diff"]["after"]["status"] == "Stopped"
    started = modules.run("service_control", service=TFTP, state="started")
    assert (started["changed"], started["after"]["status"]) == (True, "Started")
    assert journal.effects() == [f"service stop {TFTP}", f"service start {TFTP}"]


@pytest.mark.parametrize("state", ["stopped", "restarted", "started"])
def test_check_mode_and_diff(modules: Modules, cluster: ClusterHandle, state: str) -> None:
    if state == "started":
        cluster.set(services={PUBLISHER: {TFTP: {"status": "Stopped"}}})
    journal = Journal(cluster, cluster.last_seq)
    planned = modules.run("service_control", service=TFTP, state=state, check=True, diff=True)
    assert planned["changed"]
    assert journal.changing() == []
    done = modules.run("service_control", service=TFTP, state=state, diff=True)
    assert done["changed"]
    assert (planned["operations"], planned["before"]) == (done["operations"], done["before"])
    for result in (planned, done):
        assert result["diff"] == {"before": result["before"], "after": result["after"]}
        assert result["after"]["status"] == ("Stopped" if state == "stopped" else "Started")


def test_a_service_on_its_way_up_is_waited_for(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.set(services={PUBLISHER: {TFTP: {"status": "Starting"}}})
    planned = modules.run("service_control", service=TFTP, check=True)
    assert planned["changed"]
    result = modules.run("service_control", service=TFTP, wait_timeout=1.0)
    result.refused("service_not_stable", TFTP, "Starting")
    assert journal.changing() == []


def test_restarting_one_that_is_down_starts_it(modules: Modules, cluster: ClusterHandle) -> None:
    cluster.set(services={PUBLISHER: {TFTP: {"status": "Stopped"}}})
    journal = Journal(cluster, cluster.last_seq)
    assert modules.run("service_control", service=TFTP, state="restarted")["after"]["status"] == "Started"
    assert journal.effects() == [f"service start {TFTP}"]


# -- the node says yes and does something else ---------------------------------------------------------


def test_a_restart_that_was_ignored_is_asked_for_once_more(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    with cluster.faulty("restart_ignored", node=SUB1, service=CALLMANAGER, times=1):
        result = modules.run("service_control", service=CALLMANAGER, node=SUB1, state="restarted")
    assert result["changed"]
    assert journal.changing().count(REQUEST) == 2
    assert journal.effects() == [f"service restart {CALLMANAGER}"]


def test_a_restart_that_is_ignored_twice_is_not_asked_for_again(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    with cluster.faulty("restart_ignored", node=SUB1, service=CALLMANAGER):
        result = modules.run("service_control", service=CALLMANAGER, node=SUB1, state="restarted")
    result.refused("restart_not_executed", CALLMANAGER, SUB1)
    assert not result["changed"]
    assert journal.changing() == [REQUEST] * 2


def test_a_service_that_never_starts(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    with cluster.faulty("service_never_starts", node=SUB1, service=TFTP):
        result = modules.run("service_control", service=TFTP, node=SUB1, state="restarted", wait_timeout=1.5)
    result.refused("service_not_stable", TFTP, SUB1, "Starting")
    assert result["changed"]
    assert journal.changing().count(REQUEST) == 1


def test_a_service_that_flaps_is_not_up(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    with cluster.faulty("service_flaps", node=SUB1, service=TFTP):
        result = modules.run("service_control", service=TFTP, node=SUB1, state="restarted", wait_timeout=2.5)
        result.refused("service_not_stable", TFTP, SUB1)
    assert journal.changing().count(REQUEST) == 1


def test_a_service_that_flaps_and_then_stays(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    with cluster.faulty("service_flaps", node=SUB1, service=TFTP, times=3):
        result = modules.run("service_control", service=TFTP, node=SUB1, state="restarted")
    assert result["after"]["status"] == "Started"
    started = cluster.state()["nodes"][SUB1]["services"][TFTP]["started_at"]
    assert started.startswith(result["after"]["started_at"]), "it came up anew after the task had ended"
    assert journal.changing().count(REQUEST) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_no_answer_to_a_restart_is_settled_by_the_start_time(
    modules: Modules, cluster: ClusterHandle, journal: Journal, when: str
) -> None:
    """Cut before: the request is sent anew only because the service did not go down."""
    cluster.fault(
        "cut", match={"kind": "http", "operation": "control-center soapDoControlServices"}, when=when
    )
    result = modules.run("service_control", service=TFTP, node=SUB1, state="restarted")
    assert (result["changed"], result["after"]["status"]) == (True, "Started")
    assert journal.effects() == [f"service restart {TFTP}"]
    assert journal.changing().count(REQUEST) == (2 if when == "before" else 1)


# -- refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"service": CAPF, "state": "restarted"}, "service_not_activated"),
        ({"service": TFTP, "node": SUB2}, "service_not_activated"),
        ({"service": "Cisco Teapot"}, "service_absent"),
        ({"service": TFTP, "node": "EnterpriseWideData"}, "node_unknown"),
    ],
)
def test_what_cannot_be_controlled(
    modules: Modules, journal: Journal, options: dict[str, t.Any], code: str
) -> None:
    name = options["service"] if code != "node_unknown" else options["node"]
    modules.run("service_control", **options).refused(code, name)
    assert journal.changing() == []


def test_a_dependency_that_is_down(modules: Modules, cluster: ClusterHandle) -> None:
    cluster.set(services={SUB1: {CALLMANAGER: {"status": "Stopped"}, CTIMANAGER: {"status": "Stopped"}}})
    journal = Journal(cluster, cluster.last_seq)
    result = modules.run("service_control", service=CTIMANAGER, node=SUB1)
    result.refused("service_refused", CTIMANAGER, SUB1, "-1037")
    assert (result["changed"], journal.effects()) == (False, [])


@pytest.mark.parametrize("state", ["started", "stopped", "restarted"])
def test_the_node_contradicting_the_database_stops_it(
    modules: Modules, cluster: ClusterHandle, journal: Journal, state: str
) -> None:
    lie = {"operation": "soapGetServiceStatus", "service": CALLMANAGER, "reason_code": -1068}
    with cluster.faulty("control_center_reason", node=SUB1, **lie):
        result = modules.run("service_control", service=CALLMANAGER, node=SUB1, state=state)
    result.refused("contradiction", CALLMANAGER, SUB1)
    assert (result["changed"], journal.changing()) == (False, [])


def test_in_a_playbook(plays: Plays, journal: Journal) -> None:
    options = {"service": TFTP, "node": SUB1, "state": "restarted"}
    run = plays.run(
        plays.task("service_control", "planned", **options, _check_mode=True),
        plays.task("service_control", "done", **options),
        plays.task("service_control", "already", **{**options, "state": "started"}),
    ).ok()
    assert run.result("planned")["operations"] == run.result("done")["operations"]
    assert not run.result("already")["changed"]
    assert journal.effects() == [f"service restart {TFTP}"]


def test_a_restart_that_somebody_else_did_is_not_done_again(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    """The judgement that a restart is due holds for one run of the service, not for the next."""
    judged = modules.run("cluster_info", gather_subset=["services"])["cluster"]["services"][SUB1][CALLMANAGER]
    modules.run("service_control", service=CALLMANAGER, node=SUB1, state="restarted")
    once = journal.effects()
    options = {"service": CALLMANAGER, "node": SUB1, "state": "restarted"}
    assert not modules.run("service_control", **options, if_running_since=judged["started_at"])["changed"]
    assert journal.effects() == once
    now = modules.run("cluster_info", gather_subset=["services"])["cluster"]["services"][SUB1][CALLMANAGER]
    assert modules.run("service_control", **options, if_running_since=now["started_at"])["changed"]


def test_only_waiting_asks_for_nothing(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    cluster.set(services={SUB1: {CALLMANAGER: {"status": "Stopped"}}})
    result = modules.run("service_control", service=CALLMANAGER, node=SUB1, only_wait=True, wait_timeout=1.0)
    result.refused("service_not_stable", CALLMANAGER, SUB1)
    assert (journal.changing(), result["changed"]) == ([], False)


def test_a_restart_is_reported_though_the_ports_cannot_be_read_after_it(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.fault("cut", match={"kind": "command", "operation": "show open ports*", "node": SUB1})
    result = modules.run(
        "service_control", service=CALLMANAGER, node=SUB1, state="restarted", listens_on=[5060]
    )
    assert (result.code, result["changed"]) == ("connection_lost", True)
    assert journal.effects() == [f"service restart {CALLMANAGER}"]
