# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cluster_info against the lab."""

from __future__ import annotations

import json
import typing as t

import jsonschema
import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._facts import model
from cucm_lab.fixture import ClusterHandle

from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import CALLMANAGER, CAPF, NODES, PUBLISHER, ROOT, SUB1, SUB2
from .harness.playbooks import Plays

SCHEMA = jsonschema.Draft202012Validator(
    json.loads((ROOT / "docs" / "schemas" / "cluster-facts-1.schema.json").read_text("utf-8"))
)
# What is read only where it is named.
NAMED = [fact for fact in model.FACTS if fact.subset and fact.subset.named]
PER_NODE = [fact for fact in model.FACTS if isinstance(fact, model.PerNode) and fact not in NAMED]
# What a reading of the cluster itself does not bring: the action adds the one, the other is of saved answers, and the rest is in the
# record of a cluster that was changed.
NOT_READ = {
    model.SEAL,
    model.SAVED,
    model.CTL_UPDATE_WITHOUT_EFFECT,
    model.RESTARTS_NAMED,
    model.PHONE_CHANGES,
    *NAMED,
}


def is_as_documented(facts: dict[str, t.Any]) -> None:
    """Whole facts of a real reading: every fact of the model is there and has its form, and there is no other."""
    facts = json.loads(json.dumps(facts))
    assert [f"{error.json_path}: {error.message}" for error in SCHEMA.iter_errors(facts)] == []
    derived = {fact.name: facts[fact.name] for fact in model.FACTS if fact.derived}
    assert {**model.clean(facts), **derived} == facts, "nothing of it is left out"
    assert set(facts) - {"seal"} == {fact.path[0] for fact in model.FACTS if fact not in NOT_READ}
    for fact in model.FACTS:
        if fact not in NOT_READ:
            assert not isinstance(model.get(facts, fact), model.Unread), fact.name


@pytest.mark.parametrize("check", [False, True], ids=["", "check mode"])
def test_everything_in_one_task_with_one_login_a_node(
    modules: Modules, journal: Journal, check: bool
) -> None:
    result = modules.run("cluster_info", check=check, diff=True)
    assert (result["changed"], result["operations"], "diff" in result) == (False, [], False)
    facts = result["cluster"]
    assert facts["unavailable"] == {}
    is_as_documented(facts)
    assert facts["contradictions"] == facts["unsettled"] == []
    assert facts["publisher"] == PUBLISHER
    assert facts["release"].startswith("14.0.1.12900")
    assert (facts["security_mode"], facts["sip_oauth_mode"]) == ("non_secure", "disabled")
    assert [node["name"] for node in facts["nodes"]] == list(NODES)
    assert set(facts["services"]) == set(facts["ctl_files"]) == set(facts["health"]["nodes"]) == set(NODES)
    assert facts["licence"]["export_allowed"]
    assert facts["services"][SUB1][CALLMANAGER]["in_database"] is True
    assert journal.changing() == []
    assert sorted(journal.logins("ssh")) == sorted((node, "accepted") for node in NODES)
    # AXL and Control Center share one login, and the certificate API has the platform's account and no session.
    axl, cli = modules.cluster.account("axl")["username"], modules.cluster.account("cli")["username"]
    by_account = {
        user: sorted(
            entry["node"] for entry in journal.entries(kind="login", operation="https-basic", account=user)
        )
        for user in (axl, cli)
    }
    assert by_account == {axl: sorted(NODES), cli: sorted(NODES)}


@pytest.mark.parametrize(
    ("asked", "present", "absent"),
    [
        (["version", "modes"], ["release", "security_mode"], ["services", "licence", "ctl_files", "health"]),
        (["ctl_files"], ["ctl_files"], ["services", "licence", "health"]),
        (["all", "!services", "!health"], ["ctl_files", "licence"], ["services", "health"]),
    ],
)
def test_subsets(modules: Modules, asked: list[str], present: list[str], absent: list[str]) -> None:
    facts = modules.run("cluster_info", gather_subset=asked)["cluster"]
    assert [key for key in present if key not in facts] == []
    assert [key for key in absent if key in facts] == []


def test_subsets_cost_only_what_they_ask(modules: Modules, journal: Journal) -> None:
    modules.run("cluster_info", gather_subset=["modes", "licence"])
    assert journal.logins() == [(PUBLISHER, "accepted")]
    assert journal.commands() == []


def test_an_unknown_subset_reaches_nobody(modules: Modules, journal: Journal) -> None:
    result = modules.run("cluster_info", gather_subset=["phones"])
    assert (result.code, journal.entries()) == ("subset_unknown", [])
    assert "phones" in result.message


def test_every_contradiction_is_told_and_by_whom(modules: Modules, mixed_cluster: ClusterHandle) -> None:
    mixed_cluster.set(ctl={SUB1: None, SUB2: "tampered"})
    lie = {"operation": "soapGetServiceStatus", "service": CALLMANAGER, "reason_code": -1068}
    with mixed_cluster.faulty("control_center_reason", node=SUB2, **lie):
        found = modules.run("cluster_info")["cluster"]["contradictions"]
    witnesses = {item["about"]: item["witnesses"] for item in found}
    sums = witnesses.pop(f"CTL file at {SUB2}")
    assert set(sums) == {f"ctl_file@{PUBLISHER}", f"ctl_file@{SUB2}"} and len(set(sums.values())) == 2
    assert witnesses == {
        f"cluster security mode at {SUB1}": {"database": "mixed", f"ctl_file@{SUB1}": "no CTL file"},
        f"cluster security mode at {SUB2}": {
            "database": "mixed",
            f"ctl_file@{SUB2}": "a CTL file that did not verify",
        },
        f"activation of {CALLMANAGER} at {SUB2}": {
            "database": "activated",
            f"control_center@{SUB2}": "not activated",
        },
    }


def test_what_is_due_is_derived_from_the_cluster(modules: Modules, mixed_cluster: ClusterHandle) -> None:
    due = modules.run("cluster_info")["cluster"]["duties"]
    assert {(duty["node"], duty["service"]) for duty in due["restarts"] if duty["state"] == "due"} == {
        (node, service)
        for service, nodes in {CALLMANAGER: NODES, "Cisco Tftp": NODES[:2], "Cisco CTIManager": NODES}.items()
        for node in nodes
    }
    modules.run("service_control", service=CALLMANAGER, node=SUB1, state="restarted")
    left = modules.run("cluster_info")["cluster"]["duties"]["restarts"]
    assert (SUB1, CALLMANAGER) not in {(duty["node"], duty["service"]) for duty in left}
    assert len(left) == len(due["restarts"]) - 1
    mixed_cluster.set(services={PUBLISHER: {CAPF: {"activated": False}}})
    mixed_cluster.set(ctl=dict.fromkeys(NODES, "rebuild"))
    mixed_cluster.set(services={PUBLISHER: {CAPF: {"activated": True}}})
    (update,) = modules.run("cluster_info")["cluster"]["duties"]["ctl_update"]
    assert "CAPF" in update


def test_a_node_that_is_down_costs_only_its_own_facts(modules: Modules, cluster: ClusterHandle) -> None:
    cluster.set(nodes={SUB1: {"up": False}})
    facts = modules.run("cluster_info")["cluster"]
    told = [fact.subset_name for fact in PER_NODE if fact is not model.NODE_CERTIFICATES]
    # The chain of each node's Tomcat certificate is in that node's own store.
    assert set(facts["unavailable"]) == {*(f"{subset}.{SUB1}" for subset in told), "trust_stores"}
    assert all(SUB1 in reason for reason in facts["unavailable"].values())
    assert set(facts["services"]) == {PUBLISHER, SUB2}
    # Unknown is not due and not done.
    assert {duty["state"] for duty in facts["duties"]["restarts"] if duty["node"] == SUB1} == {"unknown"}


def test_read_only_accounts_are_enough(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    axl, cli = cluster.account("axl", 0), cluster.account("cli", 0)
    facts = modules.run(
        "cluster_info",
        axl_username=axl["username"],
        axl_password=axl["password"],
        cli_username=cli["username"],
        cli_password=cli["password"],
    )["cluster"]
    assert facts["cli_privilege"] == 0
    assert set(facts["ctl_files"]) == set(NODES)
    assert all("privilege_too_low" in reason for reason in facts["unavailable"].values())
    assert journal.changing() == []


@pytest.mark.parametrize(
    ("left_out", "present"),
    [("cli", ["services", "licence"]), ("axl", ["ctl_files", "licence", "security_mode"])],
)
def test_one_account_tells_what_it_can(modules: Modules, left_out: str, present: list[str]) -> None:
    options: dict[str, t.Any] = {f"{left_out}_username": None, f"{left_out}_password": None}
    facts = modules.run("cluster_info", **options)["cluster"]
    assert [key for key in present if not facts.get(key)] == []
    assert facts["unavailable"]
    assert all(f"{left_out}_username" in reason for reason in facts["unavailable"].values())


def test_in_a_playbook_facts_decide(plays: Plays, cluster: ClusterHandle, journal: Journal) -> None:
    read = plays.task("cluster_info", gather_subset=["modes", "nodes"], _register="read")
    use = {
        "name": "use",
        "ansible.builtin.assert": {
            "that": ["read.cluster.security_mode == 'non_secure'", "read is not changed"]
        },
    }
    plays.run(read, use).ok()
    assert journal.changing() == []


def test_one_statement_asks_the_database_and_where_it_is_refused_each_question_is_asked_alone(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    """A cluster that refuses the union costs requests, not facts."""
    asked = ["modes", "services", "phone_profiles", "sip_trunks", "parameters"]

    def queries() -> int:
        return len(journal.entries(kind="http", operation="axl executeSQLQuery"))

    at_once = modules.run("cluster_info", gather_subset=asked)["cluster"]
    assert queries() == 1
    cluster.fault(
        "axl_fault", match={"operation": "axl executeSQLQuery"}, code=-1, message="too large", times=1
    )
    alone = modules.run("cluster_info", gather_subset=asked)["cluster"]
    # The refused one, a question for each but two for the trunks, and the nodes.
    assert queries() == 1 + 1 + len(asked) + 1 + 1
    assert alone["unavailable"] == {}
    same = [key for key in at_once if key not in ("read_at", "services")]
    assert {key: alone[key] for key in same} == {key: at_once[key] for key in same}


def test_a_question_that_is_refused_costs_its_own_facts(modules: Modules, cluster: ClusterHandle) -> None:
    # All together, and then, after the nodes, the first alone.
    for skip in (0, 1):
        cluster.fault(
            "axl_fault", match={"operation": "axl executeSQLQuery"}, code=-1, message="no", times=1, skip=skip
        )
    facts = modules.run("cluster_info", gather_subset=["parameters", "phone_profiles"])["cluster"]
    assert set(facts["unavailable"]) == {"parameters"}
    assert "phone_profiles" in facts and "parameters" not in facts


def test_a_table_that_a_database_lacks_costs_its_own_fact(modules: Modules, cluster: ClusterHandle) -> None:
    """The statement for all is refused for it, and each is asked alone."""
    for skip in (0, 3):
        cluster.fault(
            "axl_fault",
            match={"operation": "axl executeSQLQuery"},
            code=-206,
            message="The specified table (ldapauthenticationhost) is not in the database.",
            times=1,
            skip=skip,
        )
    facts = modules.run("cluster_info", gather_subset=["modes", "logins"])["cluster"]
    assert set(facts["unavailable"]) == {"logins.ldap"}, facts["unavailable"]
    assert set(facts["sso_modes"].values()) == {"disabled"} and "ldap_hosts" not in facts


def test_the_deadline_ends_a_reading_and_keeps_what_was_read(
    modules: Modules, cluster: ClusterHandle
) -> None:
    with cluster.faulty("silence", node=SUB2):
        # How long the other nodes take is this machine's affair.
        for deadline in (4, 16, 64):
            facts = modules.run("cluster_info", deadline=deadline)["cluster"]
            late = {
                node: {key for key in facts["unavailable"] if key.endswith(node)} for node in (SUB1, SUB2)
            }
            assert {f"ctl_files.{SUB2}", f"health.{SUB2}"} <= late[SUB2]
            if not late[SUB1]:
                break
    assert late[SUB1] == set()
    assert SUB2 in facts["services"]


def test_a_login_that_comes_to_nothing_is_not_tried_again(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    by_cli = [fact.subset_name for fact in PER_NODE if fact.subset and fact.subset.needs.startswith("CLI")]
    with cluster.faulty("silence", node=SUB1):
        facts = modules.run(
            "cluster_info",
            gather_subset=by_cli,
            cli_startup_timeout=1,
        )["cluster"]
    assert [node for node, _ended in journal.logins("ssh")].count(SUB1) == 1
    assert len([key for key in facts["unavailable"] if key.endswith(SUB1)]) == len(by_cli)


def test_an_account_of_level_0_logs_in_once_as_well(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    """What it may not run is refused, asked once, and costs no session."""
    cli = cluster.account("cli", 0)
    facts = modules.run("cluster_info", cli_username=cli["username"], cli_password=cli["password"])["cluster"]
    assert facts["cli_privilege"] == 0
    assert sorted(journal.logins("ssh")) == sorted((node, "accepted") for node in NODES)
    asked = [
        (entry["node"], entry["operation"])
        for entry in journal.entries(kind="command")
        if entry["operation"] != "show cli pagination"
    ]
    assert len(asked) == len(set(asked))
