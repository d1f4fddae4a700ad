# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing reaches a changing step past what blocks it: no tag, no place to begin, no answer under --step, no role used alone.

Each cluster of one lab is blocked by one thing, and every run takes all of them at once. CUCM_GATE=every asks for every
subset of the tags, every role's part and every task to begin at (C(make soak)).
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.ucops.cucm.plugins.module_utils._security import preflight
from ansible_collections.ucops.cucm.plugins.plugin_utils._judgement import Judgement
from ansible_collections.ucops.cucm.plugins.plugin_utils._reading import Reading
from cucm_lab.fixture import RunningLab

from . import _runs
from ._runs import CALLMANAGER, CAPF, PUBLISHER, ROOT, SUBSCRIBER, Playbooks, Run

EVERY = os.environ.get("CUCM_GATE") == "every"
TAGS = ("precheck", "apply", "restart", "verify")
SUBSETS = [subset for size in range(5) for subset in itertools.combinations(TAGS, size)]
PLAYBOOKS = ("rollout", "plan", "compliance", "adopt")
STOPS = ("Stop ", "Ask for the licence")
GIVEN: dict[str, t.Any] = {
    "consent_to_restarts": True,
    "consent_to_outage": True,
    "attestations": dict.fromkeys(
        (
            "export_restricted_image",
            "itlrecovery_backup",
            "registration_baseline",
            "maintenance_window",
            "sip_oauth_account",
        ),
        True,
    ),
    "accept": [],
}
NO_WINDOW = {**GIVEN, "attestations": {**GIVEN["attestations"], "maintenance_window": False}}
# A node that is down and accepted as such: which of its services are due for a restart nobody can tell.
UNDECIDED = {**GIVEN, "accept": preflight.names()}
# Cluster to what its operator gives, and what is said of it when a plan is asked for.
BLOCKED: dict[str, tuple[dict[str, t.Any], str]] = {
    "check": (GIVEN, "replication (fail)"),
    "consent": ({**GIVEN, "consent_to_restarts": False}, "cucm_consent_to_restarts"),
    "attestation": (NO_WINDOW, "maintenance_window (unknown)"),
    "duty": (UNDECIDED, "due for a restart is not known"),
}
# Mixed mode by hand: the restarts are due. Or nothing was done.
CLUSTERS = {f"{state}-{name}": found for state in ("due", "new") for name, found in BLOCKED.items()}
CLUSTERS.pop("new-duty")


def _topology() -> dict[str, t.Any]:
    (cluster,) = (whole := _runs.topology(60, [CALLMANAGER]))["clusters"]
    clusters = []
    for number, (name, (given, _said)) in enumerate([*CLUSTERS.items(), ("free", (GIVEN, ""))]):
        variables = {
            **cluster["inventory_vars"],
            **{
                f"{role}_{key}": value
                for role in ("cucm", "mixed_mode", "sip_oauth", "rolling_restart", "preflight")
                for key, value in given.items()
            },
            "cucm_sip_oauth_mode": "enabled",
            "cucm_sip_oauth_parameters": {"oAuthWithRefreshLoginFlow": "1"},
            "cucm_sip_oauth_edge_roots": [],
            "sip_oauth_parameters": {"oAuthWithRefreshLoginFlow": "1"},
            "sip_oauth_edge_roots": [],
            "cucm_wait_timeout": 5,
        }
        nodes = [
            {**node, "address": f"127.60.60.{10 * number + place}"}
            for place, node in enumerate(cluster["nodes"], 1)
        ]
        clusters.append({**cluster, "name": name, "nodes": nodes, "inventory_vars": variables})
    return {**whole, "clusters": clusters}


@pytest.fixture(scope="module")
def lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """Every cluster in its state. No test of this file changes one, so they share them."""
    lab = cucm_lab_start(_topology())
    for name, cluster in lab.clusters.items():
        if not name.startswith("new-"):
            _apply_by_hand(cluster)
        if name.endswith("-check"):
            cluster.set(replication={SUBSCRIBER: {"state": 3}})
        if name.endswith("-duty"):
            cluster.set(nodes={SUBSCRIBER: {"up": False}})
    return lab


def _apply_by_hand(cluster: t.Any) -> None:
    cluster.set(services={PUBLISHER: {CAPF: {"activated": True}}})
    cluster.set(database={"processconfig": {"ClusterSecurityMode": "1"}})
    cluster.set(ctl={PUBLISHER: "rebuild", SUBSCRIBER: "rebuild"})


class Fleet:
    """Runs over all blocked clusters, and what they changed."""

    def __init__(self, lab: RunningLab, directory: Path) -> None:
        self.lab = lab
        self.playbooks = Playbooks(lab.clusters["free"], directory)
        self.since = self._seen()

    def _seen(self) -> dict[str, int]:
        return {name: cluster.last_seq for name, cluster in self.lab.clusters.items()}

    def changing(self) -> dict[str, list[str]]:
        """Return the changing entries of each cluster's journal since this began."""
        found = {
            name: [entry["operation"] for entry in cluster.journal(self.since[name]) if entry["changing"]]
            for name, cluster in self.lab.clusters.items()
        }
        return {name: operations for name, operations in found.items() if operations}

    def run(self, what: str, *arguments: str, **variables: t.Any) -> Run:
        """Run a playbook of the collection, or one of a file, over the blocked clusters."""
        given = {
            "cucm_compliance_directory": str(self.playbooks.directory / "compliance"),
            "cucm_adopt_directory": str(self.playbooks.directory / "adopted"),
            **variables,
        }
        run = self.playbooks.start(what, "--limit", "all,!free", *arguments, **given).end()
        # A run that never began would prove nothing.
        assert "PLAY [" in run.output, run.output
        return run

    def role(self, name: str, tasks_from: str = "main") -> Path:
        """Return the file of a playbook with one role's part and nothing else."""
        path = self.playbooks.directory / f"{name}-{tasks_from}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        role = {"ansible.builtin.import_role": {"name": f"ucops.cucm.{name}", "tasks_from": tasks_from}}
        play = {
            "name": "A role alone",
            "hosts": "cucm",
            "gather_facts": False,
            "tasks": [{"name": name, **role}],
        }
        path.write_text(yaml.safe_dump([play]), "utf-8")
        return path


@pytest.fixture
def fleet(lab: RunningLab, tmp_path: Path) -> Fleet:
    """Runs over all blocked clusters."""
    return Fleet(lab, tmp_path)


def selections() -> list[tuple[str, ...]]:
    """Return arguments of ansible-playbook: every subset of the tags, taken and left out."""
    taken = [("--tags", ",".join(subset)) for subset in SUBSETS if subset]
    left = [("--skip-tags", ",".join(subset)) for subset in SUBSETS if subset]
    return [(), *taken, *left]


ROLES = ("mixed_mode", "sip_oauth", "rolling_restart")
FEW = [
    ("rollout", ("--tags", "restart")),
    ("rollout", ("--skip-tags", "apply")),
    ("rollout", ("--skip-tags", "always")),
    ("mixed_mode", ("--tags", "apply,restart")),
    ("rolling_restart", ()),
]
CASES = (
    [
        (what, selection)
        for what in (*PLAYBOOKS, *ROLES)
        for selection in [*selections(), ("--skip-tags", "always")]
    ]
    if EVERY
    else FEW
)


@pytest.mark.parametrize(("what", "selection"), CASES, ids=str)
def test_no_selection_of_tags_reaches_a_step(fleet: Fleet, what: str, selection: tuple[str, ...]) -> None:
    """And a run that takes the tag of a step says what keeps it from being taken."""
    run = fleet.run(what if what in PLAYBOOKS else str(fleet.role(what)), *selection)
    assert fleet.changing() == {}, run.output
    # Without what is always done nothing was read, so there is nothing to verify either.
    assert "undefined" not in run.output or "always" in selection
    if (what, selection) in FEW and "always" not in selection:
        for cluster, (_given, said) in CLUSTERS.items():
            if what == "rollout" and cluster.startswith("new-"):
                continue
            if what != "rolling_restart" or cluster.startswith("due-"):
                assert said in json.dumps([line for line in run.results if line["host"] == cluster]), (
                    cluster,
                    run.output,
                )


PARTS = [
    (role.name, part.stem)
    for role in sorted((ROOT / "roles").iterdir())
    for part in sorted((role / "tasks").glob("*.yml"))
    if part.stem != "main"
]


@pytest.mark.parametrize(
    ("role", "part"),
    PARTS if EVERY else [("mixed_mode", "apply"), ("rolling_restart", "restart_one")],
    ids=str,
)
def test_no_part_of_a_role_alone_reaches_a_step(fleet: Fleet, role: str, part: str) -> None:
    """With what an include would have given it, and the results of a run that was not this one."""
    step = {"node": PUBLISHER, "service": CALLMANAGER, "action": f"restart {CALLMANAGER}", "disrupts": True}
    step |= {"started_at": None, "listens_on": [], "module": "service_control"}
    names = ("__mixed_mode_activation", "__rolling_restart_restart", "__rolling_restart_wait")
    given = {**dict.fromkeys(names, step), "__sip_oauth_profile": {"name": "x"}, "preflight_plan": [step]}
    given |= {
        "__rolling_restart_known": {},
        "__rolling_restart_judgement": "",
        "preflight_judgement": "old {}",
    }
    run = fleet.run(str(fleet.role(role, part)), **given)
    assert fleet.changing() == {}, run.output
    if not EVERY:
        assert "was not judged in this run" in run.output or "cannot be given with -e" in run.output


RESTART = {
    "module": "service_control",
    "node": PUBLISHER,
    "service": CALLMANAGER,
    "action": f"restart {CALLMANAGER}",
    "why": "somebody says so",
    "disrupts": True,
}
FORGED = "0" * 64 + " " + json.dumps(Judgement(Reading("", "", 1), [RESTART], []).content())


@pytest.mark.parametrize(
    "variables",
    [
        {"preflight_missing": [], "preflight_blocking": []},
        {"preflight_missing": [], "preflight_blocking": [], "preflight_checks": [], "preflight_plan": []},
        {"preflight_judgement": "", "preflight_missing": []},
        # Whole but for the seal: with something to do, nothing missing, and no check that could fail again.
        {"preflight_judgement": FORGED},
    ],
    ids="-".join,
)
@pytest.mark.parametrize("tags", ["restart", "apply,restart"] if EVERY else ["restart"])
def test_results_given_as_variables_open_nothing(
    fleet: Fleet, variables: dict[str, t.Any], tags: str
) -> None:
    """They win over what this run found, everywhere but in the judgement."""
    run = fleet.run("rollout", "--tags", tags, **variables)
    assert fleet.changing() == {}, run.output


@pytest.mark.parametrize(
    "name", ["__preflight_read", "__verify_read", "__rolling_restart_read", "preflight_judgement"]
)
def test_what_a_run_finds_cannot_be_given(fleet: Fleet, name: str) -> None:
    """Of another cluster, or of another day, it would be taken for what this run read."""
    run = fleet.run("plan", **{name: {"cluster": {}}})
    assert run.returncode != 0 and f"{name} cannot be given with -e" in run.output, run.output
    assert fleet.changing() == {}


def task_names() -> list[str]:
    """Return the names of all tasks that a rollout can come to."""
    files = [ROOT / "playbooks" / "rollout.yml", ROOT / "playbooks" / "tasks" / "change.yml"]
    files += sorted((ROOT / "roles").glob("*/tasks/*.yml"))
    names: dict[str, None] = {}

    def walk(items: t.Any) -> None:
        for item in items or []:
            if "name" in item:
                names[item["name"]] = None
            for part in ("block", "tasks", "always", "rescue"):
                walk(item.get(part))

    for file in files:
        walk(yaml.safe_load(file.read_text("utf-8")))
    return list(names)


@pytest.mark.parametrize(
    "name", task_names() if EVERY else ["Apply the plan", "Restart services, one node after the other"]
)
@pytest.mark.parametrize("what", ROLES if EVERY else ["rolling_restart"])
def test_no_place_to_begin_is_behind_the_gate(fleet: Fleet, what: str, name: str) -> None:
    run = fleet.run(str(fleet.role(what)), "--start-at-task", name)
    assert fleet.changing() == {}, run.output


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_playbook_begins_at_its_beginning(fleet: Fleet, playbook: str) -> None:
    """With a name that no task has Ansible would do nothing, and end well."""
    run = fleet.playbooks.start(playbook, "--start-at-task", "Apply*").end()
    assert run.returncode != 0 and "--start-at-task is not for it: nothing was done" in run.output, run.output


@pytest.mark.parametrize("what", ["rollout", *ROLES] if EVERY else ["rollout"])
def test_answers_under_step_reach_nothing(fleet: Fleet, what: str) -> None:
    """No to every task that stops, and yes to all others."""
    asked = answered(fleet, what, lambda task: not task.startswith(STOPS))
    assert any(task.startswith("Stop ") for task in asked), asked
    assert fleet.changing() == {}, asked


def answered(fleet: Fleet, what: str, answer: t.Callable[[str], bool]) -> list[str]:
    """Run with --step, answer each question, and return the tasks that were asked about."""
    playbooks, here = fleet.playbooks, fleet.playbooks.directory
    playbook = f"ucops.cucm.{what}" if what in PLAYBOOKS else str(fleet.role(what))
    here.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [
            *("ansible-playbook", "-i", str(fleet.lab.inventory), playbook, "--step"),
            *(
                "--limit",
                "all,!free",
                "-e",
                json.dumps({"cucm_state_dir": str(playbooks.state_dir)}),
            ),
        ],
        env=playbooks.environment_of(here),
        cwd=here,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdin and process.stdout
    asked, said = [], b""
    while more := process.stdout.read1(65536):
        said += more
        if said.rstrip().endswith(b"(N)o/(y)es/(c)ontinue:"):
            question = said.decode().rpartition("Perform task: ")[2]
            task = question.removeprefix("TASK: ").rpartition(" (N)o/")[0].rpartition(" : ")[2]
            asked.append(task)
            process.stdin.write(b"y\n" if answer(task) else b"n\n")
            process.stdin.flush()
            said = b""
    process.wait(60)
    return asked


def test_the_blocked_clusters_lack_what_they_are_blocked_by_and_nothing_else(fleet: Fleet) -> None:
    """What is blocked by something else as well would prove nothing; and one that lacks nothing is changed."""
    plan = fleet.run("plan")
    for line in plan.results:
        if line["task"].endswith("Plan the operations"):
            _given, said = CLUSTERS[line["host"]]
            missing = line["result"]["ansible_facts"]["preflight_missing"]
            assert missing and all(said in each for each in missing), (line["host"], missing)
    free = fleet.playbooks.start("rollout", "--limit", "free", "--tags", "restart").end().ok()
    assert len(free.changing()) > 0


@pytest.mark.parametrize("playbook", PLAYBOOKS)
@pytest.mark.parametrize(
    ("arguments", "group", "said"),
    [
        ((), "nobody", "No inventory host is in nobody, so there is no cluster: nothing was done."),
        (("--limit", "free"), "nobody", "No inventory host is in nobody, so there is no cluster: nothing was done."),
        (("--skip-tags", "always"), "nobody", "No inventory host is in nobody"),
        (("--limit", "elsewhere"), "cucm", "--limit elsewhere leaves no inventory host of cucm, so there is no cluster"),
        (("--limit", "free"), "new-check", "--limit free leaves no inventory host of new-check"),
        (("--limit", "nowhere"), "cucm", "no hosts to target"),
    ],
    ids=str,
)  # fmt: skip
def test_a_group_without_clusters_is_refused_in_words(
    fleet: Fleet, playbook: str, arguments: tuple[str, ...], group: str, said: str
) -> None:
    more = fleet.playbooks.directory / "more.ini"
    more.parent.mkdir(parents=True, exist_ok=True)
    more.write_text("[others]\nelsewhere\n", "utf-8")
    run = fleet.playbooks.start(playbook, "-i", str(more), *arguments, cucm_hosts=group).end()
    assert run.returncode != 0 and said in run.output and "PLAY [" not in run.output, run.output
