# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing reaches a changing step past what blocks it: no tag, no place to begin, no answer under --step, no step used alone.

Each cluster of one lab is blocked by one thing, and a run takes all of them at once. CUCM_GATE=every asks for every
subset of the tags and every task to begin at (C(make soak)); CUCM_GATE_REPORT names a file for a line of
each run. A fork server starts the runs: without one, two thirds of the time is spent on imports.
"""

from __future__ import annotations

import errno
import itertools
import json
import os
import pty
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.ucops.cucm.plugins.module_utils._security import preflight
from ansible_collections.ucops.cucm.plugins.plugin_utils._judgement import Judgement
from ansible_collections.ucops.cucm.plugins.plugin_utils._reading import Reading
from cucm_lab.fixture import RunningLab

from .harness import journal, topologies
from .harness.forks import spawn
from .harness.names import CALLMANAGER, CAPF, PUBLISHER, ROOT, SUBSCRIBER
from .harness.playbooks import Playbooks
from .harness.runs import Run, Running

EVERY = os.environ.get("CUCM_GATE") == "every"
REPORT = os.environ.get("CUCM_GATE_REPORT")
TAGS = ("precheck", "apply", "restart", "verify")
SUBSETS = [subset for size in range(5) for subset in itertools.combinations(TAGS, size)]
PLAYBOOKS = ("rollout", "plan", "compliance", "adopt")
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
    "duty": (UNDECIDED, "not known whether"),
}
# Mixed mode by hand: the restarts are due. Or nothing was done.
CLUSTERS = {f"{state}-{name}": found for state in ("due", "new") for name, found in BLOCKED.items()}
CLUSTERS.pop("new-duty")
# What only reads has no gate to go past.
LIMITS = dict.fromkeys(("plan", "compliance", "adopt"), "due-check,new-consent")


def _topology() -> dict[str, t.Any]:
    (cluster,) = (whole := topologies.two_nodes(60, [CALLMANAGER]))["clusters"]
    clusters = []
    for number, (name, (given, _said)) in enumerate([*CLUSTERS.items(), ("free", (GIVEN, ""))]):
        variables = {
            **cluster["inventory_vars"],
            **{f"cucm_{key}": value for key, value in given.items()},
            "cucm_sip_oauth_mode": "enabled",
            "cucm_sip_oauth_parameters": {"oAuthWithRefreshLoginFlow": "1"},
            "cucm_sip_oauth_edge_roots": [],
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
    """Every cluster in its state. No test of this file changes a blocked one, so they share them."""
    lab = cucm_lab_start(_topology())
    for name in lab.clusters:
        _prepare(lab, name)
    return lab


def _prepare(lab: RunningLab, name: str) -> None:
    cluster = lab.clusters[name]
    if not name.startswith("new-"):
        cluster.set(services={PUBLISHER: {CAPF: {"activated": True}}})
        cluster.set(database={"processconfig": {"ClusterSecurityMode": "1"}})
        cluster.set(ctl={PUBLISHER: "rebuild", SUBSCRIBER: "rebuild"})
    if name.endswith("-check"):
        cluster.set(replication={SUBSCRIBER: {"state": 3}})
    if name.endswith("-duty"):
        cluster.set(nodes={SUBSCRIBER: {"up": False}})


class Fleet:
    """Runs over all blocked clusters, and what they changed."""

    def __init__(self, lab: RunningLab, directory: Path) -> None:
        self.lab = lab
        self.playbooks = Playbooks(lab.clusters["free"], directory)
        self.since = self._seen()

    def _seen(self) -> dict[str, int]:
        return {name: cluster.last_seq for name, cluster in self.lab.clusters.items()}

    def entries(self) -> dict[str, list[dict[str, t.Any]]]:
        """Return each cluster's journal since this began."""
        return {name: cluster.journal(self.since[name]) for name, cluster in self.lab.clusters.items()}

    def changing(self) -> dict[str, list[str]]:
        """Return the changing entries of each cluster's journal since this began."""
        found = {
            name: [entry["operation"] for entry in entries if entry["changing"]]
            for name, entries in self.entries().items()
        }
        return {name: operations for name, operations in found.items() if operations}

    def run(self, what: str, *arguments: str, **variables: t.Any) -> Run:
        """Run a playbook of the collection, a step of the role by its name, or a playbook by its file, over the blocked clusters."""
        run = self.start(what, *arguments, **variables).end()
        # A run that never began would prove nothing.
        assert "PLAY [" in run.output, run.output
        self.report(what, arguments)
        return run

    def start(self, what: str, *arguments: str, terminal: int | None = None, **variables: t.Any) -> Running:
        """Start a run, at a terminal or without one."""
        given = {
            "cucm_compliance_directory": str(self.playbooks.directory / "compliance"),
            "cucm_adopt_directory": str(self.playbooks.directory / "adopted"),
            **variables,
        }
        playbook = what if what in PLAYBOOKS or "/" in what else str(self.part(what))
        limit = LIMITS.get(what, "all,!free")
        return self.playbooks.start(playbook, "--limit", limit, *arguments, terminal=terminal, **given)

    def report(self, what: str, arguments: t.Sequence[str]) -> None:
        """Add a line of a run to the report of all."""
        if REPORT:
            entries = [entry for entries in self.entries().values() for entry in entries]
            row = {
                "run": Path(what).stem,
                "arguments": arguments,
                "entries": len(entries),
                "changing": sum(entry["changing"] for entry in entries),
            }
            with Path(REPORT).open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")

    def part(self, tasks_from: str, role: str = "rollout", **variables: t.Any) -> Path:
        """Return the file of a playbook with one part of a role and nothing else, with variables that win over those of hosts."""
        path = self.playbooks.directory / f"{role}-{tasks_from.replace('/', '-')}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        part = {"ansible.builtin.import_role": {"name": f"ucops.cucm.{role}", "tasks_from": tasks_from}}
        play = {
            "name": "A part alone",
            "hosts": "cucm",
            "gather_facts": False,
            "tasks": [{"name": tasks_from, **part, "vars": variables}],
        }
        path.write_text(yaml.safe_dump([play]), "utf-8")
        return path


@pytest.fixture
def fleet(lab: RunningLab, tmp_path: Path) -> t.Iterator[Fleet]:
    """Runs over all blocked clusters. What one of them changed is not there for the next: it would hide there what it did here."""
    fleet = Fleet(lab, tmp_path)
    yield fleet
    for name in fleet.changing():
        journal.settled(lab.clusters[name])
        lab.clusters[name].reset()
        _prepare(lab, name)


def selections() -> list[tuple[str, ...]]:
    """Return arguments of ansible-playbook: every subset of the tags, taken and left out."""
    taken = [("--tags", ",".join(subset)) for subset in SUBSETS if subset]
    left = [("--skip-tags", ",".join(subset)) for subset in SUBSETS if subset]
    return [(), *taken, *left]


# What of the role can be used alone and changes something.
STEPS = ("main", "activate", "mode", "sip_oauth", "restart", "finish")
FEW = [
    ("rollout", ("--tags", "restart")),
    ("rollout", ("--skip-tags", "apply")),
    ("rollout", ("--skip-tags", "always")),
    ("main", ("--tags", "apply,restart")),
    # Without the gate, which has both tags, and with the steps behind it.
    ("main", ("--skip-tags", "restart")),
    ("mode", ("--skip-tags", "restart")),
    ("sip_oauth", ("--skip-tags", "restart")),
    ("restart", ("--skip-tags", "apply")),
    ("restart", ()),
]
CASES = (
    [
        (what, selection)
        for what in (*PLAYBOOKS, *STEPS)
        for selection in [*selections(), ("--skip-tags", "always")]
    ]
    if EVERY
    else FEW
)


@pytest.mark.parametrize(("what", "selection"), CASES, ids=str)
def test_no_selection_of_tags_reaches_a_step(fleet: Fleet, what: str, selection: tuple[str, ...]) -> None:
    """And a run that takes the tag of a step says what keeps it from being taken."""
    run = fleet.run(what, *selection)
    assert fleet.changing() == {}, run.output
    # Without what is always done nothing was read, so there is nothing to verify either.
    assert "undefined" not in run.output or "always" in selection
    if (what, selection) in FEW and "always" not in selection:
        for cluster, (_given, said) in CLUSTERS.items():
            if what == "rollout" and cluster.startswith("new-"):
                continue
            assert said in json.dumps([line for line in run.results if line["host"] == cluster]), (
                cluster,
                run.output,
            )


PARTS = [
    (role.name, str(part.relative_to(role / "tasks").with_suffix("")))
    for role in sorted((ROOT / "roles").iterdir())
    for part in sorted((role / "tasks").rglob("*.yml"))
]
# They ask for a judgement without making one.
WITHOUT_JUDGEMENT = {
    f"steps/{part}"
    for part in (
        "all",
        "gate",
        "activate",
        "activate_one",
        "mode",
        "sip_oauth",
        "restart",
        "restart_one",
        "wait_one",
        "finish",
    )
}
OLD_STEP = {
    "node": PUBLISHER,
    "service": CALLMANAGER,
    "action": f"restart {CALLMANAGER}",
    "disrupts": True,
    "started_at": None,
    "listens_on": [],
    "module": "service_control",
}
# What an include would have given a part, and the results of a run that was not this one.
OLD: dict[str, t.Any] = {
    **dict.fromkeys(("__rollout_activation", "__rollout_restart", "__rollout_wait"), OLD_STEP),
    "__rollout_waits": [],
    "__rollout_restart_judgement": "",
    "rollout_judgement": "old {}",
    "rollout_plan": {"operations": [OLD_STEP], "missing": [], "checks": {}, "blocking": []},
}


@pytest.mark.parametrize(("role", "part"), PARTS, ids=str)
@pytest.mark.parametrize("by", ["play", "extra"] if EVERY else ["play"])
def test_no_part_of_a_role_alone_reaches_a_step(fleet: Fleet, role: str, part: str, by: str) -> None:
    path = str(fleet.part(part, role, **(OLD if by == "play" else {})))
    run = fleet.run(path, **(OLD if by == "extra" else {}))
    assert fleet.changing() == {}, run.output
    if role == "rollout" and part in WITHOUT_JUDGEMENT:
        assert "was not judged in this run" in run.output or "cannot be given with -e" in run.output, (
            run.output
        )


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
        {"rollout_plan": OLD["rollout_plan"]},
        {"rollout_judgement": "", "rollout_plan": OLD["rollout_plan"]},
        # Whole but for the seal: with something to do, nothing missing, and no check that could fail again.
        {"rollout_judgement": FORGED},
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
    "name", ["__rollout_read", "__rollout_proof", "__rollout_restart_read", "rollout_judgement"]
)
def test_what_a_run_finds_cannot_be_given(fleet: Fleet, name: str) -> None:
    """Of another cluster, or of another day, it would be taken for what this run read."""
    run = fleet.run("plan", **{name: {"cluster": {}}})
    assert run.returncode != 0 and f"{name} cannot be given with -e" in run.output, run.output
    assert fleet.changing() == {}


@pytest.mark.parametrize("tasks_from", ["plan", "restart"])
def test_settings_are_the_variables_of_the_operator(fleet: Fleet, tasks_from: str) -> None:
    """Given with -e they would win over what he wrote, and go past what checks it."""
    consent = {
        "cucm_security_mode": "mixed",
        "cucm_consent_to_restarts": True,
        "cucm_accept": preflight.names(),
    }
    run = fleet.run(tasks_from, rollout_settings=consent)
    assert run.returncode != 0 and "rollout_settings cannot be given with -e" in run.output, run.output
    assert not any(fleet.entries().values())


def task_names() -> list[str]:
    """Return the names of all tasks that a rollout can come to."""
    files = [ROOT / "playbooks" / "rollout.yml", *sorted((ROOT / "roles").glob("*/tasks/**/*.yml"))]
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


BEGINNINGS = [
    ("main", "Apply the plan"),
    ("mode", "Set the cluster security mode"),
    ("restart", "Restart services, one node after the other"),
]


@pytest.mark.parametrize(
    ("what", "name"), list(itertools.product(STEPS, task_names())) if EVERY else BEGINNINGS, ids=str
)
def test_no_place_to_begin_is_behind_the_gate(fleet: Fleet, what: str, name: str) -> None:
    run = fleet.run(what, "--start-at-task", name)
    assert fleet.changing() == {}, run.output


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_playbook_begins_at_its_beginning(fleet: Fleet, playbook: str) -> None:
    """With a name that no task has Ansible would do nothing, and end well."""
    run = fleet.playbooks.start(playbook, "--start-at-task", "Apply*").end()
    assert run.returncode != 0 and "--start-at-task is not for it: nothing was done" in run.output, run.output


Answer = t.Callable[[str], str]


def no_to_stops(task: str) -> str:
    """No to every task that stops, and yes to all others."""
    return "n" if task.startswith(("Stop ", "Check the licence")) else "y"


def no_and_on(name: str) -> Answer:
    """Yes up to a task, but no to what stops, no to that one, and on without further questions."""
    left_out = False

    def answer(task: str) -> str:
        nonlocal left_out
        before, left_out = left_out, left_out or task == name
        return "c" if before else "n" if left_out else no_to_stops(task)

    return answer


# What the steps go by: each task that reads, judges, or keeps what was judged.
FOUNDATIONS = ("Read the cluster", "Evaluate the checks", "Plan the operations")
OF_RESTARTS = ("Read the services", "Evaluate the restarts")


@pytest.mark.parametrize(
    ("what", "left_out"),
    [
        (what, name)
        for what in (("rollout", *STEPS) if EVERY else ("rollout", "mode"))
        for name in (None, *(FOUNDATIONS if EVERY else FOUNDATIONS[:2]))
    ]
    + [("restart", name) for name in (OF_RESTARTS if EVERY else OF_RESTARTS[:1])],
    ids=str,
)
def test_answers_under_step_reach_nothing(fleet: Fleet, what: str, left_out: str | None) -> None:
    """Whatever stops is left out; or whatever the steps go by, and the rest is not asked about any more."""
    asked = answered(fleet, what, no_and_on(left_out) if left_out else no_to_stops)
    assert fleet.changing() == {}, asked
    if left_out:
        assert left_out in asked[-2:], asked
    else:
        assert any(task.startswith("Stop ") for task in asked), asked


def answered(fleet: Fleet, what: str, answer: Answer) -> list[str]:
    """Run with --step at a terminal, answer each question, and return the tasks that were asked about."""
    ours, theirs = pty.openpty()
    running = fleet.start(what, "--step", terminal=theirs)
    os.close(theirs)
    asked: list[str] = []
    said = b""
    while more := _read(ours):
        said += more
        # Ansible prints each question once more when it was answered.
        *questions, _rest = said.split(b"(N)o/(y)es/(c)ontinue:")
        if len(questions) > 2 * len(asked):
            task = questions[-1].decode().rpartition("Perform task: TASK: ")[2].strip().rpartition(" : ")[2]
            asked.append(task)
            os.write(ours, answer(task).encode() + b"\n")
    os.close(ours)
    running.end()
    fleet.report(what, ("--step",))
    return asked


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        # Nobody has the other end any more.
        return b""


def test_a_forked_run_is_like_one_that_is_started(fleet: Fleet, tmp_path: Path) -> None:
    """Most tests take the one for the other."""
    arguments = ("rollout", "--limit", "all,!free", "--tags", "precheck,restart")
    plain = Playbooks(fleet.playbooks.cluster, tmp_path / "plain", spawn=spawn)
    runs = [playbooks.start(*arguments).end() for playbooks in (plain, fleet.playbooks)]
    started, forked_run = ((run.returncode, sorted(_of_each(run))) for run in runs)
    assert started == forked_run
    assert started[0] == 2 and len(started[1]) > 30


def _of_each(run: Run) -> t.Iterator[tuple[str, str, str, str]]:
    for line in run.results:
        yield line["host"], line["task"], line["status"], json.dumps(line["result"].get("msg"))


def test_the_blocked_clusters_lack_what_they_are_blocked_by_and_nothing_else(fleet: Fleet) -> None:
    """What is blocked by something else as well would prove nothing; and one that lacks nothing is changed."""
    plan = fleet.playbooks.start("plan", "--limit", "all,!free").end()
    lacking = {
        line["host"]: line["result"]["ansible_facts"]["rollout_plan"]["missing"]
        for line in plan.results
        if line["task"].endswith("Plan the operations")
    }
    assert lacking.keys() == CLUSTERS.keys(), plan.output
    for cluster, missing in lacking.items():
        _given, said = CLUSTERS[cluster]
        assert missing and all(said in each for each in missing), (cluster, missing)
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
