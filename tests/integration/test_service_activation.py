# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""service_activation against the lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from cucm_lab.fixture import ClusterHandle

from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import CALLMANAGER, CAPF, CTL_PROVIDER, PUBLISHER, SUB1, SUB2, TFTP
from .harness.playbooks import Plays


def test_nothing_is_sent_when_it_is_so_already(modules: Modules, journal: Journal) -> None:
    result = modules.run("service_activation", service=CALLMANAGER, diff=True)
    assert (result["changed"], result["operations"], result["absent"]) == (False, [], False)
    result = modules.run("service_activation", service=CAPF, state="deactivated")
    assert not result["changed"]
    assert journal.changing() == []


def test_activation_and_then_nothing_more(modules: Modules, journal: Journal, cluster: ClusterHandle) -> None:
    result = modules.run("service_activation", service=CAPF)
    assert (result["changed"], result["operations"]) == (
        True,
        [{"node": PUBLISHER, "action": f"activate {CAPF}"}],
    )
    assert result["after"] == {"node": PUBLISHER, "service": CAPF, "activated": True, "status": "Started"}
    assert journal.effects() == [f"service activate {CAPF}"]

    since = cluster.last_seq
    assert not modules.run("service_activation", service=CAPF)["changed"]
    assert Journal(cluster, since).changing() == []


def test_deactivation_at_the_named_node_only(modules: Modules, journal: Journal) -> None:
    result = modules.run("service_activation", service=TFTP, node=SUB1, state="deactivated")
    assert (result["changed"], result["after"]["activated"], result["after"]["node"]) == (True, False, SUB1)
    assert [(e["node"], e["operation"]) for e in journal.entries(kind="effect")] == [
        (SUB1, f"service deactivate {TFTP}")
    ]


@pytest.mark.parametrize(
    ("service", "state"), [(CAPF, "activated"), (TFTP, "deactivated"), (CTL_PROVIDER, "activated")]
)
def test_check_mode_and_diff(modules: Modules, journal: Journal, service: str, state: str) -> None:
    planned = modules.run("service_activation", service=service, state=state, check=True, diff=True)
    assert planned["changed"]
    assert journal.changing() == []
    done = modules.run("service_activation", service=service, state=state, diff=True)
    for key in ("operations", "before", "after", "diff"):
        assert planned[key] == done[key], key


def test_a_service_the_node_does_not_list(modules: Modules, journal: Journal) -> None:
    name = "Cisco Teapot"
    modules.run("service_activation", service=name).refused("service_absent", PUBLISHER, name)
    for options in ({"absent_ok": True}, {"state": "deactivated"}):
        result = modules.run("service_activation", service=name, **options)
        assert (result["changed"], result["absent"]) == (False, True)
    assert journal.changing() == []


@pytest.mark.parametrize("node", ["EnterpriseWideData", "nobody"])
def test_nodes_that_are_none(modules: Modules, journal: Journal, node: str) -> None:
    modules.run("service_activation", service=CAPF, node=node).refused("node_unknown", node, PUBLISHER)
    assert journal.changing() == []


@pytest.mark.parametrize("state", ["activated", "deactivated"])
def test_the_node_contradicting_the_database_stops_it(
    modules: Modules, cluster: ClusterHandle, journal: Journal, state: str
) -> None:
    lie = {"operation": "soapGetServiceStatus", "service": CALLMANAGER, "reason_code": -1068}
    with cluster.faulty("control_center_reason", node=PUBLISHER, **lie):
        result = modules.run("service_activation", service=CALLMANAGER, state=state)
    result.refused("contradiction", CALLMANAGER, PUBLISHER)
    assert result["failure"]["details"]["witnesses"] == {"control_center": False, "database": True}
    assert journal.changing() == []


def test_a_service_that_never_starts_is_told(modules: Modules, cluster: ClusterHandle) -> None:
    with cluster.faulty("service_never_starts", node=PUBLISHER, service=CAPF):
        result = modules.run("service_activation", service=CAPF, wait_timeout=1.0)
    result.refused("service_not_stable", CAPF, PUBLISHER, "Starting")
    assert result["changed"], "it was activated"


def test_the_nodes_own_refusal_is_told(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    with cluster.faulty("control_center_reason", service=CAPF, reason_code=-1012):
        result = modules.run("service_activation", service=CAPF)
    result.refused("service_refused", CAPF, PUBLISHER, "-1012")
    assert (result["changed"], journal.effects()) == (False, [])


def test_the_database_not_following_is_a_contradiction(modules: Modules, cluster: ClusterHandle) -> None:
    """The node says that it is activated already, while neither the node nor the database has it so."""
    with cluster.faulty("control_center_reason", service=CAPF, reason_code=-1057):
        result = modules.run("service_activation", service=CAPF, wait_timeout=1.0)
    result.refused("service_not_stable", CAPF, PUBLISHER)


def test_a_control_center_that_is_down(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    cluster.set(nodes={SUB2: {"up": False}})
    modules.run("service_activation", service=TFTP, node=SUB2).refused("connection_failed", SUB2)
    assert journal.changing() == []


def test_a_cli_account_alone_is_not_enough(modules: Modules, journal: Journal) -> None:
    result = modules.run("service_activation", service=CAPF, axl_username=None, axl_password=None)
    result.refused("account_missing", "axl_username")
    assert journal.changing() == []


def test_in_a_playbook(plays: Plays, journal: Journal) -> None:
    run = plays.run(
        plays.task("service_activation", "planned", service=CAPF, _check_mode=True),
        plays.task("service_activation", "done", service=CAPF),
        plays.task("service_activation", "already", service=CAPF),
    ).ok()
    assert run.result("planned")["operations"] == run.result("done")["operations"]
    assert [run.result(name)["changed"] for name in ("planned", "done", "already")] == [True, True, False]
    assert journal.effects() == [f"service activate {CAPF}"]


def test_an_activation_is_reported_though_the_database_cannot_be_read_after_it(
    modules: Modules, cluster: ClusterHandle, state_dir: Path
) -> None:
    queries = {"kind": "http", "operation": "axl executeSQLQuery"}
    journal = Journal(cluster, cluster.last_seq)
    modules.run("service_activation", service=CAPF)
    (effect,) = journal.entries(kind="effect")
    before = sum(entry["seq"] < effect["seq"] for entry in journal.entries(**queries))
    cluster.reset()
    journal = Journal(cluster, cluster.last_seq)
    cluster.fault("http", match=queries, status=403, skip=before)
    result = modules.fresh().run("service_activation", service=CAPF)
    assert (result["failed"], result["changed"]) == (True, True)
    assert journal.effects() == [f"service activate {CAPF}"]
