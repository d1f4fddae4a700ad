# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node that does not prove its identity costs a reading that node's facts, and stops whatever would change the cluster."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._changes import command
from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness import topologies
from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import CALLMANAGER, CAPF, CTIMANAGER, NODES, PUBLISHER, SUB1, SUB2, SUBSCRIBER, TFTP
from .harness.playbooks import Playbooks
from .harness.runs import Run

UNPROVEN: dict[str, tuple[dict[str, str], str, str]] = {
    # What the administrator did, the code, and the interface.
    "host key": ({"ssh_host_key": "new"}, "host_key_changed", "cli"),
    "certificate": ({"tls_certificate": "other-ca"}, "certificate_not_trusted", "https"),
}
KINDS = pytest.mark.parametrize("kind", UNPROVEN)


# -- a reading -------------------------------------------------------------------------------------------


@KINDS
def test_a_subscribers_identity_costs_its_facts(
    modules: Modules, cluster: ClusterHandle, journal: Journal, kind: str
) -> None:
    setting, code, interface = UNPROVEN[kind]
    cluster.set(nodes={SUB1: setting})
    facts = modules.run("cluster_info")["cluster"]
    assert [node["name"] for node in facts["nodes"]] == [*NODES]
    assert facts["security_mode"] == "non_secure"
    for subset in ("services", "ctl_files", "listening", "tls_minimum"):
        assert {PUBLISHER, SUB2} <= set(facts[subset]), subset
    lost = {key for key in facts["unavailable"] if key.endswith(f".{SUB1}")}
    assert lost >= ({f"services.{SUB1}"} if interface == "https" else {f"ctl_files.{SUB1}", f"tomcat.{SUB1}"})
    for key in lost:
        cause = facts["unavailable_causes"][key]
        assert (cause["code"], cause["node"], cause["interface"]) == (code, SUB1, interface)
        assert cause["remedy"]
        assert facts["unavailable"][key] == f"{code}: {cause['message']}"
    # No password went where nobody is who he should be.
    way = "ssh" if interface == "cli" else "https-basic"
    assert SUB1 not in {node for node, _result in journal.logins(way)}
    assert {PUBLISHER, SUB2} <= {node for node, _result in journal.logins(way)}


@KINDS
def test_the_publishers_identity_ends_the_reading(
    modules: Modules, cluster: ClusterHandle, journal: Journal, kind: str
) -> None:
    setting, code, interface = UNPROVEN[kind]
    cluster.set(nodes={PUBLISHER: setting})
    modules.run("cluster_info").refused(code, PUBLISHER if interface == "cli" else modules.address)


@KINDS
def test_a_compliance_report_judges_the_other_nodes(
    modules: Modules, cluster: ClusterHandle, kind: str
) -> None:
    setting, _code, _interface = UNPROVEN[kind]
    cluster.set(nodes={SUB1: setting})
    judge = {"cluster": "lab", "site": {}, "wanted": {"security_mode": "non_secure"}}
    found = {each["control"]: each for each in modules.run("cluster_info", judge=judge)["results"]}
    verdicts = {each["verdict"] for each in found.values()}
    assert {"pass", "unknown"} <= verdicts
    unknown = [each for each in found.values() if each["verdict"] == "unknown"]
    assert any(SUB1 in each["reason"] for each in unknown), unknown


# -- a change --------------------------------------------------------------------------------------------

SERVICE = {"node": SUB1, "service": TFTP}
CHANGES: list[tuple[str, str, dict[str, t.Any]]] = [
    ("host key", "security_mode", {"state": "mixed"}),
    ("certificate", "security_mode", {"state": "mixed"}),
    ("host key", "ctl_file", {"state": "updated"}),
    ("certificate", "ctl_file", {"state": "updated"}),
    ("certificate", "service_control", {**SERVICE, "state": "restarted"}),
    ("certificate", "service_control", {**SERVICE, "state": "stopped"}),
    (
        "certificate",
        "service_control",
        {"service": TFTP, "state": "restarted", "others_up": [{"node": SUB1, "service": TFTP}]},
    ),
    ("certificate", "service_activation", {"node": SUB1, "service": CAPF, "state": "activated"}),
    ("certificate", "trust_certificate", {"tomcat_roots": True}),
    ("host key", "callmanager_ports", {"node": SUB1, "sip_oauth_port": 5092, "record": "ports"}),
]


@pytest.mark.parametrize(
    ("kind", "module", "options"), CHANGES, ids=[f"{module}, {kind}" for kind, module, _options in CHANGES]
)
def test_what_changes_the_cluster_refuses_before_it_does(
    modules: Modules,
    cluster: ClusterHandle,
    journal: Journal,
    kind: str,
    module: str,
    options: dict[str, t.Any],
) -> None:
    setting, code, _interface = UNPROVEN[kind]
    cluster.set(nodes={SUB1: setting})
    result = modules.run(module, **options)
    result.refused(code, SUB1)
    assert (result["changed"], journal.changing()) == (False, [])


@KINDS
def test_a_check_of_a_mode_refuses_as_well(
    modules: Modules, cluster: ClusterHandle, journal: Journal, kind: str
) -> None:
    setting, code, _interface = UNPROVEN[kind]
    cluster.set(nodes={SUB1: setting})
    modules.run("security_mode", state="mixed", check=True).refused(code, SUB1)


@pytest.mark.parametrize(
    ("module", "options"), [("security_mode", {"state": "mixed"}), ("ctl_file", {"state": "updated"})]
)
def test_a_failure_of_the_proof_does_not_deny_the_change(
    cluster: ClusterHandle,
    modules: Modules,
    journal: Journal,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    options: dict[str, t.Any],
) -> None:
    if module == "ctl_file":
        modules.run("security_mode", state="mixed")
    make = command.make

    def then(*wanted: t.Any) -> t.Any:
        made = make(*wanted)
        cluster.set(nodes={PUBLISHER: {"up": False}})
        return made

    monkeypatch.setattr(command, "make", then)
    result = modules.run(module, **options)
    assert (result["failed"], result["changed"]) == (True, True)
    assert journal.effects()


# -- playbooks -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two_nodes(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """Two nodes with what an operator would write in the inventory."""
    return cucm_lab_start(topologies.two_nodes(12, subscriber=[CALLMANAGER, CTIMANAGER]))


WORDS = {"host key": "has CHANGED", "certificate": "was not accepted"}


def told(run: Run, task: str) -> list[str]:
    text = run.result(task)["msg"]
    return text if isinstance(text, list) else text.splitlines()


@KINDS
@pytest.mark.parametrize("playbook", ["plan", "rollout"])
def test_a_rollout_is_stopped_and_the_cause_told_once(
    two_nodes: RunningLab, tmp_path: Path, playbook: str, kind: str
) -> None:
    setting, _code, _interface = UNPROVEN[kind]
    cluster = two_nodes.clusters["lab"]
    cluster.reset()
    cluster.set(nodes={SUBSCRIBER: setting})
    run = Playbooks(cluster, tmp_path).run(playbook)
    assert run.changing() == []
    plan = told(run, "Print the plan")
    assert sum(WORDS[kind] in line for line in plan) == 1, plan
    assert any(SUBSCRIBER in line and WORDS[kind] in line for line in plan)
    assert "Missing before it can be carried out:" in plan
    if playbook == "plan":
        return
    assert run.returncode == 2
    stop = told(run, "Stop before the first change")
    assert sum(WORDS[kind] in line for line in stop) == 1, stop


@KINDS
def test_a_fleet_report_has_the_cluster(two_nodes: RunningLab, tmp_path: Path, kind: str) -> None:
    setting, _code, _interface = UNPROVEN[kind]
    cluster = two_nodes.clusters["lab"]
    cluster.reset()
    cluster.set(nodes={SUBSCRIBER: setting})
    where = tmp_path / "report"
    run = Playbooks(cluster, tmp_path).run("compliance", cucm_compliance_directory=str(where))
    (reported,) = json.loads((where / "compliance.json").read_text("utf-8"))["clusters"]
    assert reported["unreachable"] is None
    reasons = [each["reason"] for each in reported["results"] if each["verdict"] == "unknown"]
    assert any(SUBSCRIBER in reason and WORDS[kind] in reason for reason in reasons), reasons
    assert "pass" in {each["verdict"] for each in reported["results"]}
    assert run.changing() == []
