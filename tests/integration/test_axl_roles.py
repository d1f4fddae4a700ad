# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the AXL account may not do is said by plan, and stops a rollout before its first change."""

from __future__ import annotations

import typing as t

import pytest

from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness import topologies
from .harness.names import CALLMANAGER, CTIMANAGER
from .harness.playbooks import Playbooks
from .harness.runs import Run

WRITES, READS = "Standard AXL API Access", "Standard AXL Read Only API Access"
CONTROLS = "Standard SERVICEABILITY Administration"
REFRESH_LOGIN = "oAuthWithRefreshLoginFlow"
# The parameter is "0" in the lab, so it is to be set by AXL.
SIP_OAUTH: dict[str, t.Any] = {
    "cucm_security_mode": "non_secure",
    "cucm_sip_oauth_mode": "enabled",
    "cucm_sip_oauth_parameters": {REFRESH_LOGIN: "1"},
    "cucm_sip_oauth_edge_roots": [],
}
HOSTILE = "o'neil'' or '1'='1 --"
PASSWORD = "x<&\"' %$9Ab"


@pytest.fixture(scope="module")
def lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """A lab of these tests' own, with an account whose name is SQL."""
    topology = topologies.two_nodes(81, subscriber=[CALLMANAGER, CTIMANAGER])
    topology["clusters"][0]["accounts"] = [
        {"kind": "axl", "username": "axladmin", "privilege": 4, "password": PASSWORD},
        {"kind": "axl", "username": "axlread", "privilege": 0, "password": PASSWORD},
        {"kind": "axl", "username": HOSTILE, "privilege": 0, "password": PASSWORD},
        {"kind": "cli", "username": "admin", "privilege": 4, "password": PASSWORD},
    ]
    return cucm_lab_start(topology)


def reader(name: str = "axlread") -> dict[str, t.Any]:
    """Return the variables of an account that may only read."""
    return {"cucm_axl_username": name, "cucm_axl_password": PASSWORD}


def said(run: Run, task: str) -> str:
    """Return what a task told."""
    told = run.result(task)["msg"]
    return told if isinstance(told, str) else "\n".join(told)


def verdict(run: Run) -> str:
    """Return the line of the check."""
    report = said(run, "Report the checks").splitlines()
    (line,) = (line for line in report if "The AXL account may" in line)
    return line


@pytest.mark.parametrize(
    ("variables", "action", "lacking"),
    [
        pytest.param(SIP_OAUTH, f"set {REFRESH_LOGIN} to 1", WRITES, id="written by AXL"),
        pytest.param({}, "activate Cisco Certificate Authority Proxy Function", CONTROLS, id="services"),
    ],
)
def test_a_reader_stops_the_rollout_before_its_first_change(
    playbooks: Playbooks, variables: dict[str, t.Any], action: str, lacking: str
) -> None:
    plan = playbooks.run("plan", **reader(), **variables).ok()
    rollout = playbooks.rollout(**reader(), **variables).refused("Nothing was changed.", lacking)
    for run, task in ((plan, "Print the plan"), (rollout, "Stop before the first change")):
        assert run.changing() == []
        (line,) = (line for line in said(run, task).splitlines() if "axl_account (fail)" in line)
        assert "axlread has the roles" in line and READS in line
        assert action in line and lacking in line and "cucm_axl_username" in line
        # Nothing else is missing.
        assert "(unknown)" not in said(run, task) and said(run, task).count("(fail)") == 1
    assert rollout.tasks("failed") == ["Stop before the first change"]


def test_the_account_of_the_guide_has_no_word_to_give(playbooks: Playbooks, cluster: ClusterHandle) -> None:
    run = playbooks.run("plan", **SIP_OAUTH).ok()
    assert "pass" in verdict(run) and "warning" not in verdict(run)
    assert "Missing" not in said(run, "Print the plan")
    # One request for all there is in the database, roles and nodes too, and one for the certificates.
    asked = [entry for entry in run.entries if entry["operation"] == "axl executeSQLQuery"]
    assert len(asked) == 2


def test_whoever_has_nothing_to_change_may_only_read(playbooks: Playbooks) -> None:
    run = playbooks.rollout(**reader(), cucm_security_mode="non_secure").ok()
    assert "not_applicable" in verdict(run)
    assert run.changing() == []


def test_a_reader_of_axl_that_may_control_services_goes_to_mixed_mode(
    playbooks: Playbooks, cluster: ClusterHandle
) -> None:
    """Nothing of mixed mode is written by AXL."""
    cluster.set(accounts={"axlread": {"roles": ["Standard AXL API Users", READS, CONTROLS]}})
    run = playbooks.rollout(**reader()).ok()
    assert cluster.state()["cluster_security_mode"] == "mixed"
    assert not [entry for entry in run.entries if entry["changing"] and entry["operation"].startswith("axl")]


def test_a_custom_role_is_asked_about_and_vouched_for(playbooks: Playbooks, cluster: ClusterHandle) -> None:
    cluster.set(accounts={"axladmin": {"roles": ["Site operators"]}})
    run = playbooks.rollout(**SIP_OAUTH).refused("Site operators", "{axl_account: true}")
    assert run.changing() == []
    attested = {**cluster_attestations(cluster), "axl_account": True}
    plan = playbooks.run("plan", **SIP_OAUTH, cucm_attestations=attested).ok()
    assert "attested" in verdict(plan)
    assert "Missing" not in said(plan, "Print the plan")


def cluster_attestations(cluster: ClusterHandle) -> dict[str, bool]:
    """Return what the operator of the lab vouches for already."""
    return dict(topologies.two_nodes(81, ())["clusters"][0]["inventory_vars"]["cucm_attestations"])


def test_an_end_user_has_its_roles_as_well(playbooks: Playbooks, cluster: ClusterHandle) -> None:
    cluster.set(accounts={"axladmin": {"end_user": True}})
    assert "pass" in verdict(playbooks.run("plan", **SIP_OAUTH).ok())


def test_an_account_that_no_table_lists_is_unknown(playbooks: Playbooks, cluster: ClusterHandle) -> None:
    cluster.set(accounts={"axladmin": {"roles": []}})
    assert "unknown" in verdict(playbooks.run("plan", **SIP_OAUTH).ok())


def test_a_name_that_is_sql_is_a_name(playbooks: Playbooks, cluster: ClusterHandle) -> None:
    run = playbooks.run("plan", **reader(HOSTILE), **SIP_OAUTH).ok()
    assert "fail" in verdict(run) and READS in verdict(run)
    assert f"axl_account (fail): the AXL account {HOSTILE} has the roles" in said(run, "Print the plan")
    assert len([entry for entry in run.entries if entry["operation"] == "axl executeSQLQuery"]) == 2
