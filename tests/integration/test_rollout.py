# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks plan and rollout, as an operator runs them: to mixed mode and back, with and without what they need."""

from __future__ import annotations

import typing as t
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness import journal, topologies
from .harness.modules import Modules
from .harness.names import (
    CALLMANAGER,
    CAPF,
    CTIMANAGER,
    CTL_PROVIDER,
    MIXED_COMMAND,
    NON_SECURE_COMMAND,
    PUBLISHER,
    SUBSCRIBER,
    TFTP,
    UPDATE_COMMAND,
)
from .harness.playbooks import Playbooks
from .harness.runs import Run

ACTIVATIONS = [f"{PUBLISHER}: activate {CAPF}", f"{PUBLISHER}: activate {CTL_PROVIDER}"]
RESTARTS = [
    f"{PUBLISHER}: restart {TFTP}",
    f"{PUBLISHER}: restart {CALLMANAGER}",
    f"{SUBSCRIBER}: restart {CALLMANAGER}",
    f"{SUBSCRIBER}: restart {CTIMANAGER}",
]
CHANGE = f"{PUBLISHER}: {MIXED_COMMAND}"
PLAN = [*ACTIVATIONS, CHANGE, *RESTARTS]
EFFECTS = Counter(
    [
        f"{PUBLISHER}: service activate {CAPF}",
        f"{PUBLISHER}: service activate {CTL_PROVIDER}",
        f"{PUBLISHER}: security_mode mixed",
        f"{PUBLISHER}: ctl_file update",
        f"{SUBSCRIBER}: ctl_file update",
        *(restart.replace(": ", ": service ", 1) for restart in RESTARTS),
    ]
)
DERIVED = "Plan the operations"


@pytest.fixture(scope="module")
def lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """A lab of these tests' own."""
    return cucm_lab_start(topologies.two_nodes(2, subscriber=[CALLMANAGER, CTIMANAGER]))


def plan_of(run: Run) -> list[dict[str, t.Any]]:
    """Return the plan that a run derived."""
    return run.result(DERIVED)["ansible_facts"]["rollout_plan"]["operations"]


def planned(run: Run) -> list[str]:
    """Return node and action of the plan that a run derived."""
    return [f"{operation['node']}: {operation['action']}" for operation in plan_of(run)]


def changed_nothing(run: Run, logins: int = 1) -> None:
    """Assert that a run changed nothing, said so, and logged in no more often than that at each node."""
    assert run.recap["changed"] == 0, run.output
    assert run.changing() == []
    assert max(run.logins().values(), default=0) <= logins, run.logins()


def commands(run: Run, command: str) -> int:
    """Return how often a CLI command was sent during a run."""
    return sum((entry["kind"], entry["operation"]) == ("command", command) for entry in run.entries)


def test_to_mixed_mode_and_back(cluster: ClusterHandle, playbooks: Playbooks) -> None:
    """Plan, check mode, the run, the same again, and the way back: each does what it says and no more."""
    plan = playbooks.run("plan").ok()
    assert planned(plan) == PLAN
    assert all(f"{number}. {line}" in plan.output for number, line in enumerate(PLAN, 1)), plan.output
    changed_nothing(plan)

    check = playbooks.rollout("--check").ok()
    assert check.changed() == PLAN
    assert check.changing() == []
    assert not playbooks.state_dir.exists() or not list(playbooks.state_dir.glob("*.jsonl"))

    first = playbooks.rollout().ok()
    assert first.changed() == PLAN
    assert first.effects() == EFFECTS
    assert journal.confirmations(first.entries) == commands(first, MIXED_COMMAND) == 1
    end = journal.end_state(cluster)
    assert end["cluster_security_mode"] == "mixed"
    assert end["one_ctl_file"] and not end["running_an_old_ctl_file"]
    assert (PUBLISHER, "CAPF", False) in end["ctl_records"][SUBSCRIBER]

    second = playbooks.rollout().ok()
    changed_nothing(second)
    assert planned(second) == []
    assert "mixed already, nothing to do" in second.output
    again = playbooks.rollout("--check").ok()
    changed_nothing(again)

    back = playbooks.rollout(cucm_security_mode="non_secure").ok()
    assert back.changed() == [f"{PUBLISHER}: {NON_SECURE_COMMAND}", *RESTARTS]
    assert back.result("Set the cluster security mode")["ctl_files_left"] == [PUBLISHER, SUBSCRIBER]
    assert (
        f"A CTL file stays on {PUBLISHER}, {SUBSCRIBER}"
        in back.result("Report the CTL files that stay")["msg"]
    )
    end = journal.end_state(cluster)
    assert end["cluster_security_mode"] == "non_secure"
    assert end["one_ctl_file"] and not end["running_an_old_ctl_file"]
    assert all(
        stripped for _name, function, stripped in end["ctl_records"][PUBLISHER] if function == "CCM+TFTP"
    )

    rest = playbooks.rollout(cucm_security_mode="non_secure").ok()
    changed_nothing(rest)
    for name, run in (("plan", plan), ("first", first), ("second", second), ("back", back)):
        requests = Counter(
            f"{entry['kind']} {entry['operation']}" for entry in run.entries if entry["kind"] != "effect"
        )
        print(
            f"{name}: {len(run.entries)} entries, {len(run.changing())} changing, CLI logins {dict(run.logins())}"
        )
        print("".join(f"  {count:4} {what}\n" for what, count in requests.most_common()), end="")


def test_phones_must_be_reset_and_it_is_said_until_they_may_have_been(
    cucm_lab_start: t.Callable[..., RunningLab], tmp_path: Path
) -> None:
    """In the plan, at the end of the run that changed it, in every later one until they were, and with a date ever after."""
    topology = topologies.two_nodes(3, subscriber=[CALLMANAGER, CTIMANAGER])
    topology["clusters"][0]["phones"] = [{"model": "Cisco 8845", "count": 12}]
    cluster = cucm_lab_start(topology).clusters["lab"]
    playbooks = Playbooks(cluster, tmp_path)
    duty = "12 phones must be reset"
    careful = "Do not renew certificates"
    dated = "only if they were reset since: the CTL file of "

    def proof(run: Run) -> str:
        return str(run.result("Prove the modes")["msg"])

    plan = playbooks.run("plan").ok()
    changed_nothing(plan)
    assert duty in plan.output and careful in plan.output
    assert f"{TFTP}, {CALLMANAGER}, {CTIMANAGER} (every release: TN118893" in plan.output

    apply = playbooks.rollout("--tags", "apply").ok()
    (sentence, _restarts) = apply.result("Set the cluster security mode")["advice"]
    assert sentence == "You must reset all phones to ensure they received the updated CTL file"
    rest = playbooks.rollout().ok()
    assert rest.changed() == RESTARTS
    assert duty in proof(rest) and careful in proof(rest)

    again = playbooks.rollout().ok()
    changed_nothing(again)
    assert (
        duty in proof(again)
        and "12 phones have not been reset since the change of the CTL file" in again.output
    )
    modules = Modules(cluster, playbooks.state_dir)
    assert modules.run("phone_reset", reset_at=datetime.now(UTC).isoformat())["changed"]
    closed = playbooks.rollout().ok()
    changed_nothing(closed)
    assert duty not in closed.output and dated in proof(closed)
    back = playbooks.rollout(cucm_security_mode="non_secure").ok()
    assert duty in proof(back)
    rest_of_it = playbooks.rollout(cucm_security_mode="non_secure").ok()
    assert duty in proof(rest_of_it) and dated not in rest_of_it.output
    assert not [entry for entry in rest.entries + back.entries if "reset" in str(entry["operation"]).lower()]


def test_tags_part_the_rollout(cluster: ClusterHandle, playbooks: Playbooks) -> None:
    """The tags precheck, apply, restart and verify do their part, and verify judges what is there."""
    precheck = playbooks.rollout("--tags", "precheck").ok()
    changed_nothing(precheck)
    assert planned(precheck) == PLAN
    assert "Report the checks" in precheck.tasks()

    early = playbooks.rollout("--tags", "verify").refused(
        "is not proven to be mixed", "cluster security mode in the database"
    )
    # What is still to do may have been done meanwhile, so it is read again to be judged.
    changed_nothing(early, logins=2)

    apply = playbooks.rollout("--tags", "apply").ok()
    assert apply.changed() == [*ACTIVATIONS, CHANGE]
    assert not [what for what in apply.effects() if "restart" in what]

    between = playbooks.rollout("--tags", "verify").refused(
        "is not proven to be mixed", f"{CALLMANAGER} at {SUBSCRIBER}"
    )
    changed_nothing(between, logins=2)

    restart = playbooks.rollout("--tags", "restart").ok()
    assert restart.changed() == RESTARTS
    assert apply.effects() + restart.effects() == EFFECTS

    changed_nothing(playbooks.rollout("--tags", "verify").ok())


@pytest.mark.parametrize(
    ("variables", "only_callmanager", "missing"),
    [
        pytest.param({"cucm_consent_to_restarts": False}, False, ["cucm_consent_to_restarts"], id="restarts"),
        pytest.param({}, True, ["cucm_consent_to_outage", PUBLISHER], id="outage"),
        pytest.param(
            {"cucm_consent_to_restarts": False, "cucm_attestations": {}},
            False,
            ["cucm_consent_to_restarts", "maintenance_window", "itlrecovery_backup"],
            id="all at once",
        ),
    ],
)
def test_without_consent_nothing_is_changed(
    cluster: ClusterHandle,
    playbooks: Playbooks,
    variables: dict[str, t.Any],
    only_callmanager: bool,
    missing: list[str],
) -> None:
    """It prints the plan, names all that is missing, and ends before its first change."""
    if only_callmanager:
        cluster.set(services={SUBSCRIBER: {CALLMANAGER: {"activated": False}}})
    run = playbooks.rollout(**variables).refused(
        "Nothing was changed.", "Missing before it can be carried out", CHANGE, *missing
    )
    assert run.tasks("failed") == ["Stop before the first change"]
    assert run.changing() == []
    assert run.recap["changed"] == 0


@pytest.mark.parametrize(
    ("activated", "why"),
    [
        pytest.param(False, "CAPF is activated after the mode was changed", id="in this run"),
        pytest.param(True, "CAPF is activated on the publisher and has no record", id="by hand"),
    ],
)
def test_capf_after_the_mode_makes_an_update_due(
    cluster: ClusterHandle, playbooks: Playbooks, activated: bool, why: str
) -> None:
    """A cluster that was mixed before CAPF was activated needs a new CTL file, not a new mode."""
    cluster.set(services={PUBLISHER: {CTL_PROVIDER: {"activated": True}}})
    cluster.set(database={"processconfig": {"ClusterSecurityMode": "1"}})
    # At once, so that it is the same file.
    cluster.set(ctl={PUBLISHER: "rebuild", SUBSCRIBER: "rebuild"})
    if activated:
        cluster.set(services={PUBLISHER: {CAPF: {"activated": True}}})
    wanted = [*([] if activated else ACTIVATIONS[:1]), f"{PUBLISHER}: {UPDATE_COMMAND}", *RESTARTS]

    first = playbooks.rollout().ok()
    assert planned(first) == first.changed() == wanted
    update = next(step for step in plan_of(first) if step["action"] == UPDATE_COMMAND)
    assert why in update["why"] and "differs" not in update["why"]
    assert commands(first, UPDATE_COMMAND) == 1
    assert commands(first, MIXED_COMMAND) == 0
    end = journal.end_state(cluster)
    assert (PUBLISHER, "CAPF", False) in end["ctl_records"][PUBLISHER]
    assert end["one_ctl_file"] and not end["running_an_old_ctl_file"]

    changed_nothing(playbooks.rollout().ok())


def test_service_that_never_starts_stops_the_rollout(cluster: ClusterHandle, playbooks: Playbooks) -> None:
    """No further node is touched, and once the service is up a run does the rest, and only the rest."""
    cluster.fault("service_never_starts", node=PUBLISHER, service=CALLMANAGER, times=1)
    stuck = playbooks.rollout(cucm_wait_timeout=3).refused(
        f"{CALLMANAGER} at {PUBLISHER}", "No further node was touched"
    )
    assert stuck.failures() == ["service_not_stable"]
    requests = [
        entry["node"] for entry in stuck.changing() if entry["operation"].endswith("soapDoControlServices")
    ]
    assert requests == [PUBLISHER, PUBLISHER]

    # It still is: the next run waits for it and touches nothing either.
    still = playbooks.rollout(cucm_wait_timeout=2).refused(
        f"{CALLMANAGER} at {PUBLISHER}", "No further node was touched"
    )
    assert still.failures() == ["service_not_stable"]
    assert still.changing() == []

    cluster.set(services={PUBLISHER: {CALLMANAGER: {"status": "Started"}}})
    rest = playbooks.rollout().ok()
    assert rest.changed() == RESTARTS[2:]
    assert stuck.effects() + rest.effects() == EFFECTS
    changed_nothing(playbooks.rollout().ok())


def test_service_on_its_way_is_waited_for_first(cluster: ClusterHandle, playbooks: Playbooks) -> None:
    """A node that is down counts: before it is back no other one is touched, and that needs no consent to an outage."""
    up = {"activated": True}
    cluster.set(services={PUBLISHER: {CAPF: up, CTL_PROVIDER: up}})
    cluster.set(database={"processconfig": {"ClusterSecurityMode": "1"}})
    cluster.set(ctl={PUBLISHER: "rebuild", SUBSCRIBER: "rebuild"})
    cluster.set(services={SUBSCRIBER: {CALLMANAGER: {"status": "Starting"}}})
    waiting = playbooks.rollout(cucm_wait_timeout=1).refused(f"{CALLMANAGER} at {SUBSCRIBER}")
    assert waiting.failures() == ["service_not_stable"]
    assert waiting.changing() == []

    cluster.set(services={SUBSCRIBER: {CALLMANAGER: {"status": "Started"}}})
    rest = playbooks.rollout().ok()
    assert rest.changed() == [RESTARTS[0], RESTARTS[1], RESTARTS[3]]
    changed_nothing(playbooks.rollout().ok())


def test_a_node_that_goes_down_meanwhile_stops_the_restarts(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    """The only other CallManager is gone for reasons of its own: the publisher's is left alone."""
    match = {"kind": "effect", "operation": f"service restart {TFTP}", "node": PUBLISHER}
    held = cluster.fault("hold", match=match, when="after")
    running = playbooks.start("rollout")
    running.wait_hit(held)
    cluster.set(services={SUBSCRIBER: {CALLMANAGER: {"status": "Stopped"}}})
    cluster.release(held)
    run = running.end().refused("No further service was restarted:", f"{CALLMANAGER} at {SUBSCRIBER}")
    assert [effect for effect in run.effects() if "restart" in effect] == [
        f"{PUBLISHER}: service restart {TFTP}"
    ]


@pytest.mark.parametrize("tag", ["precheck", "apply", "restart", "verify"])
def test_leaving_a_part_out_never_looks_like_success(
    cluster: ClusterHandle, playbooks: Playbooks, tag: str
) -> None:
    """What was left out is still to do, and a run that verifies says so."""
    run = playbooks.rollout("--skip-tags", tag)
    assert "undefined" not in run.output
    proven = journal.end_state(cluster)["cluster_security_mode"] == "mixed" and tag not in (
        "apply",
        "restart",
    )
    assert (run.returncode == 0) == proven, run.output
    if tag == "restart":
        run.refused("is not proven to be mixed")
        again = playbooks.rollout("--tags", "restart,verify").ok()
        assert again.changed() == RESTARTS
