# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From facts and a wanted mode to operations, consents and findings."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._security import plan

from ..data.clusters import (
    BEFORE,
    CALLMANAGER,
    CAPF,
    CTIMANAGER,
    CTL_PROVIDER,
    IMP,
    PUB,
    SUB1,
    SUB2,
    TFTP,
    cluster,
    ctl_facts,
    service,
    spoiled,
    without,
)

SET_MIXED = ("security_mode", PUB, "utils ctl set-cluster mixed-mode")
SET_NON_SECURE = ("security_mode", PUB, "utils ctl set-cluster non-secure-mode")
SETTLE = ("security_mode", PUB, "determine the outcome of an earlier answer")
UPDATE = ("ctl_file", PUB, "utils ctl update CTLFile")
ALL_RESTARTS = [
    ("service_control", node, f"restart {name}")
    for name in (TFTP, CALLMANAGER, CTIMANAGER)
    for node in (PUB, SUB1, SUB2)
]
ACTIVATE = [
    ("service_activation", PUB, f"activate {CAPF}"),
    ("service_activation", PUB, f"activate {CTL_PROVIDER}"),
]


def steps(operations: t.Iterable[plan.Operation]) -> list[tuple[str, str, str]]:
    return [(operation["module"], operation["node"], operation["action"]) for operation in operations]


def planned(facts: t.Any, mode: str, **options: t.Any) -> list[tuple[str, str, str]]:
    return steps(plan.plan(facts, mode, **options))


def unread(node: str) -> t.Any:
    facts = cluster()
    del facts["services"][node]
    return facts


def unsettled(facts: t.Any, command: str) -> t.Any:
    return spoiled(facts, "unsettled", to=[{"command": command}])


@pytest.mark.parametrize("mode", ["mixed", "non_secure"])
def test_nothing_to_do(mode: str) -> None:
    assert plan.plan(cluster(mode), mode) == []
    assert plan.findings(cluster(mode), mode) == []
    assert plan.describe([], "lab", mode) == [f"lab: {mode} already, nothing to do."]


def test_to_mixed() -> None:
    operations = plan.plan(cluster("non_secure"), "mixed")
    assert steps(operations) == [*ACTIVATE, SET_MIXED, *ALL_RESTARTS]
    assert [operation["disrupts"] for operation in operations] == [False] * 3 + [True] * 9
    assert all(operation["why"] for operation in operations)
    assert IMP not in {operation["node"] for operation in operations}


def test_to_non_secure_activates_nothing() -> None:
    facts = spoiled(cluster(), "services", PUB, CTL_PROVIDER, to=service(False))
    assert planned(facts, "non_secure") == [SET_NON_SECURE, *ALL_RESTARTS]


def test_where_the_ctl_provider_goes() -> None:
    everywhere = planned(cluster("non_secure"), "mixed", ctl_provider_nodes="all")
    assert everywhere[:4] == [
        *ACTIVATE,
        ("service_activation", SUB1, f"activate {CTL_PROVIDER}"),
        ("service_activation", SUB2, f"activate {CTL_PROVIDER}"),
    ]


@pytest.mark.parametrize(("nodes", "activated"), [([], []), ([SUB2], [SUB2]), ([SUB1, PUB], [PUB, SUB1])])
def test_the_ctl_provider_goes_to_the_nodes_that_are_named(nodes: list[str], activated: list[str]) -> None:
    operations = planned(cluster("non_secure"), "mixed", ctl_provider_nodes=nodes)
    assert operations == [
        ACTIVATE[0],
        *(("service_activation", node, f"activate {CTL_PROVIDER}") for node in activated),
        SET_MIXED,
        *ALL_RESTARTS,
    ]


@pytest.mark.parametrize("state", [service(present=False, activated=False), None])
def test_a_release_without_ctl_provider_is_no_failure(state: t.Any) -> None:
    facts = spoiled(cluster("non_secure"), "services", PUB, CTL_PROVIDER, to=state)
    assert planned(facts, "mixed") == [ACTIVATE[0], SET_MIXED, *ALL_RESTARTS]


def test_only_what_runs_is_restarted() -> None:
    facts = cluster("non_secure")
    facts["services"][SUB1][TFTP] = service(False)
    facts["services"][SUB2][CTIMANAGER] = service(status="Stopped", reason_code=-1069)
    facts["services"][SUB2][TFTP] = None
    gone = {(SUB1, TFTP), (SUB2, CTIMANAGER), (SUB2, TFTP)}
    left = [step for step in ALL_RESTARTS if (step[1], step[2].removeprefix("restart ")) not in gone]
    assert planned(facts, "mixed") == [*ACTIVATE, SET_MIXED, *left]


def test_a_run_that_died_goes_on_where_it_is() -> None:
    """After the change only the restarts that are due are left, and waits for what is on its way."""
    facts = spoiled(cluster(), "services", SUB1, CALLMANAGER, to=service(started_at=BEFORE))
    facts["services"][PUB][CALLMANAGER] = service(status="Starting")
    operations = plan.plan(facts, "mixed")
    assert steps(operations) == [
        ("service_control", PUB, f"wait for {CALLMANAGER}"),
        ("service_control", SUB1, f"restart {CALLMANAGER}"),
    ]
    assert [operation["disrupts"] for operation in operations] == [False, True]
    assert plan.restarts(facts) == operations


def test_capf_after_the_mode_makes_an_update_due() -> None:
    facts = spoiled(cluster(), "services", PUB, CAPF, to=service(False))
    for node in (PUB, SUB1, SUB2):
        facts["ctl_files"][node] = ctl_facts("mixed", capf=False)
    assert planned(facts, "mixed") == [ACTIVATE[0], UPDATE, *ALL_RESTARTS]
    facts["services"][PUB][CAPF] = service()
    assert planned(facts, "mixed") == [UPDATE, *ALL_RESTARTS]
    assert planned(facts, "non_secure") == [SET_NON_SECURE, *ALL_RESTARTS]


def test_a_mode_change_writes_the_file_anyway() -> None:
    facts = spoiled(cluster("non_secure"), "ctl_files", SUB1, to=ctl_facts("stripped"))
    assert UPDATE not in planned(facts, "mixed")


@pytest.mark.parametrize(
    "command",
    ["utils ctl set-cluster mixed-mode", "utils ctl set-cluster non-secure-mode", "utils ctl update CTLFile"],
)
def test_what_is_unsettled_is_settled_first(command: str) -> None:
    for mode in ("mixed", "non_secure"):
        assert planned(unsettled(cluster(mode), command), mode) == [SETTLE, *ALL_RESTARTS]
    # The module settles before it changes the mode.
    assert planned(unsettled(cluster("non_secure"), command), "mixed") == planned(
        cluster("non_secure"), "mixed"
    )


def test_an_update_that_is_still_due_follows_what_is_unsettled() -> None:
    facts = spoiled(cluster(), "ctl_files", SUB1, to=ctl_facts("none"))
    operations = planned(unsettled(facts, "utils ctl update CTLFile"), "mixed")
    assert operations == [SETTLE, UPDATE, *ALL_RESTARTS]


def test_a_service_on_its_way_is_waited_for_before_the_mode_is_changed() -> None:
    facts = spoiled(cluster("non_secure"), "services", PUB, CAPF, to=service(status="Starting"))
    assert ("service_activation", PUB, f"wait for {CAPF}") in planned(facts, "mixed")[:2]


def test_a_mode_that_cannot_be_read_is_not_taken_for_the_wanted_one() -> None:
    assert SET_MIXED in planned(spoiled(cluster(), "security_mode", to="unknown"), "mixed")


def test_described() -> None:
    lines = plan.describe(plan.plan(cluster("non_secure"), "mixed"), "lab", "mixed")
    assert lines[0] == "lab: to reach mixed, 12 operation(s):"
    assert lines[3] == f"   3. {PUB}: utils ctl set-cluster mixed-mode  (the cluster is non_secure)"
    assert (
        lines[4] == f"   4. {PUB}: restart {TFTP}  [interrupts service]  (it reads the CTL file at its start)"
    )
    assert lines[-1].startswith(f"  Phones registered at {PUB}, {SUB1}, {SUB2} lose their registration")
    assert len(lines) == 14
    only_tftp = plan.describe([plan._restart(PUB, TFTP, "x")], "lab", "mixed")
    assert len(only_tftp) == 2


def lacking(facts: t.Any, mode: str, **given: bool) -> list[str]:
    return [line.partition(":")[0] for line in plan.missing_consents(plan.plan(facts, mode), facts, given)]


def test_consents() -> None:
    facts = cluster("non_secure")
    assert lacking(facts, "mixed") == ["cucm_consent_to_restarts"]
    assert lacking(facts, "mixed", restarts=False) == ["cucm_consent_to_restarts"]
    assert lacking(facts, "mixed", outage=True) == ["cucm_consent_to_restarts"]
    assert lacking(facts, "mixed", restarts=True) == []
    assert lacking(cluster(), "mixed") == []


def test_a_node_whose_services_were_not_read_is_not_called_down() -> None:
    facts = cluster("non_secure")
    for node in list(facts["services"])[1:]:
        facts = spoiled(facts, "services", node, to={})
    (line,) = [
        line
        for line in plan.missing_consents(plan.plan(facts, "mixed"), facts, {"restarts": True})
        if line.startswith("cucm_consent_to_outage")
    ]
    assert f"{SUB1}, {SUB2}" in line and "only node" not in line


def test_an_outage_needs_a_consent_of_its_own() -> None:
    facts = cluster("non_secure")
    facts["services"][SUB1][CALLMANAGER] = service(False)
    facts["services"][SUB2][CALLMANAGER] = service(status="Stopped", reason_code=-1069)
    assert lacking(facts, "mixed") == ["cucm_consent_to_restarts", "cucm_consent_to_outage"]
    assert lacking(facts, "mixed", restarts=True) == ["cucm_consent_to_outage"]
    assert lacking(facts, "mixed", restarts=True, outage=True) == []
    due_tftp = spoiled(facts, "security_mode", to="mixed")
    due_tftp["ctl_files"] = cluster()["ctl_files"]
    due_tftp["services"][PUB][CAPF] = due_tftp["services"][PUB][CTL_PROVIDER] = service()
    due_tftp["services"][SUB1][TFTP] = service(started_at=BEFORE)
    assert planned(due_tftp, "mixed") == [("service_control", SUB1, f"restart {TFTP}")]
    assert lacking(due_tftp, "mixed", restarts=True) == []


def found(facts: t.Any, mode: str) -> list[str]:
    return [item["finding"] for item in plan.findings(facts, mode)]


@pytest.mark.parametrize(
    ("facts", "findings"),
    [
        (spoiled(cluster(), "security_mode", to="unknown"), ["cluster security mode in the database"]),
        (spoiled(cluster(), "services", PUB, CAPF, to=service(status="Stopped")), ["CAPF on the publisher"]),
        (spoiled(cluster(), "services", PUB, CAPF, to=service(False)), ["CAPF on the publisher"]),
        (without(cluster(), "services"), ["services", "CAPF on the publisher"]),
        (
            unread(SUB1),
            [f"{name} at {SUB1}" for name in (TFTP, CALLMANAGER, CTIMANAGER)],
        ),
        (
            spoiled(
                cluster(), "services", SUB1, CALLMANAGER, to=service(status="Stopped", reason_code=-1069)
            ),
            [f"{CALLMANAGER} at {SUB1}"],
        ),
        (
            spoiled(cluster(), "services", SUB1, CALLMANAGER, to=service(started_at=BEFORE)),
            [f"{CALLMANAGER} at {SUB1}"],
        ),
        (spoiled(cluster(), "services", SUB1, TFTP, to=service(started_at=None)), [f"{TFTP} at {SUB1}"]),
        (
            spoiled(cluster(), "ctl_files", SUB1, to=ctl_facts("mixed", sha1="00")),
            [f"contradiction about CTL file at {SUB1}", "CTL update due"],
        ),
        (
            spoiled(cluster(), "ctl_files", SUB1, to=ctl_facts("none")),
            [
                f"contradiction about cluster security mode at {SUB1}",
                "CTL update due",
            ],
        ),
        (
            spoiled(cluster(), "listening", SUB1, to=[22]),
            [f"contradiction about {CALLMANAGER} at {SUB1}"],
        ),
        (unsettled(cluster(), "utils ctl update CTLFile"), ["what was sent and not confirmed"]),
    ],
)
def test_findings(facts: t.Any, findings: list[str]) -> None:
    assert sorted(found(facts, "mixed")) == sorted(findings)


def test_a_file_that_was_not_read_is_a_finding_with_its_reason() -> None:
    facts = spoiled(cluster(), "unavailable", to={f"ctl_files.{SUB1}": "connection_failed: down"})
    del facts["ctl_files"][SUB1], facts["services"][SUB1]
    finding, *of_services = plan.findings(facts, "mixed")
    assert {item["seen"] for item in of_services} == {"unknown: the node's services could not be read"}
    assert (
        finding.items()
        >= {
            "finding": f"CTL file of {SUB1}",
            "expected": "readable",
            "seen": "connection_failed: down",
        }.items()
    )


def test_no_node_is_touched_while_something_is_not_decided() -> None:
    assert plan.undecided(cluster()) == []
    lines = plan.undecided(unread(SUB1))
    assert len(lines) == 3 and all(SUB1 in line for line in lines)


def test_a_service_that_went_down_meanwhile_is_noticed() -> None:
    before = plan.up(cluster())
    assert len(before) == 9 and plan.gone_down(before, cluster()) == []
    down = spoiled(cluster(), "services", SUB1, CALLMANAGER, to=service(status="Stopped"))
    assert plan.gone_down(before, down) == [f"{CALLMANAGER} at {SUB1} was up and is now Stopped."]
    assert len(plan.gone_down(before, unread(SUB1))) == 3
    assert plan.gone_down(plan.up(down), down) == []


def test_what_is_left_after_going_back_may_differ() -> None:
    assert (
        plan.findings(spoiled(cluster("non_secure"), "ctl_files", SUB1, to=ctl_facts("none")), "non_secure")
        == []
    )


def test_the_other_mode_is_found() -> None:
    assert "cluster security mode in the database" in found(cluster("non_secure"), "mixed")
    assert found(cluster("mixed"), "non_secure") == ["cluster security mode in the database"]
