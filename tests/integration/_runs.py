# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the collection's own playbooks against a lab: to their end, or killed at a point of the lab's journal."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import typing as t
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from cucm_lab.fixture import ClusterHandle

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CALLBACKS = HERE / "callback_plugins"

PUBLISHER, SUBSCRIBER = "cucm-pub", "cucm-sub"
CALLMANAGER, TFTP, CTIMANAGER = "Cisco CallManager", "Cisco Tftp", "Cisco CTIManager"
CAPF, CTL_PROVIDER = "Cisco Certificate Authority Proxy Function", "Cisco CTL Provider"
MIXED_COMMAND = "utils ctl set-cluster mixed-mode"
NON_SECURE_COMMAND = "utils ctl set-cluster non-secure-mode"
UPDATE_COMMAND = "utils ctl update CTLFile"
READERS = (TFTP, CALLMANAGER, CTIMANAGER)

Entry = dict[str, t.Any]
State = dict[str, t.Any]


def topology(block: int, subscriber: t.Sequence[str]) -> dict[str, t.Any]:
    """Return two nodes at 127.60.``block``.*, and what an operator would write in the inventory, with short waits.

    A device minute is 0.3 s: settling (30 s of device time) takes a seventh of a second. ``subscriber`` is what
    runs on the second node.
    """
    return {
        "time_scale": 200,
        "clusters": [
            {
                "name": "lab",
                "release": "14",
                "nodes": [
                    {
                        "name": PUBLISHER,
                        "role": "publisher",
                        "address": f"127.60.{block}.1",
                        "services": [CALLMANAGER, TFTP],
                    },
                    {
                        "name": SUBSCRIBER,
                        "address": f"127.60.{block}.2",
                        "services": [*subscriber],
                    },
                ],
                "inventory_vars": {
                    "cucm_security_mode": "mixed",
                    "cucm_consent_to_restarts": True,
                    "cucm_attestations": {
                        "export_restricted_image": True,
                        "itlrecovery_backup": True,
                        "registration_baseline": True,
                        "maintenance_window": True,
                    },
                    "cucm_poll_interval": 0.1,
                    "cucm_stable_for": 0.2,
                    "cucm_wait_timeout": 30,
                    "cucm_change_timeout": 600,
                },
            }
        ],
    }


# --- runs -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """What a run of ansible-playbook left."""

    returncode: int
    output: str
    results: list[dict[str, t.Any]]
    entries: list[Entry]

    @property
    def recap(self) -> dict[str, int]:
        """The integers of the cluster's line of the recap."""
        line = next((line for line in self.output.splitlines() if re.match(r"\S+ +: ok=", line)), "")
        return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", line)}

    def ok(self) -> Run:
        """Assert that it ended well."""
        assert self.returncode == 0, self.output
        return self

    def refused(self, *words: str) -> Run:
        """Assert that it failed, and said these words."""
        assert self.returncode == 2, self.output
        missing = [word for word in words if word not in self.output]
        assert not missing, f"{missing} not in:\n{self.output}"
        return self

    def tasks(self, status: str | None = None) -> list[str]:
        """Return the names of the tasks that ran (with this status), without their role's name."""
        return [
            line["task"].rpartition(" : ")[2]
            for line in self.results
            if status in (None, line["status"]) and line["status"] != "skipped"
        ]

    def result(self, task: str) -> dict[str, t.Any]:
        """Return the one result of a task."""
        found = [line["result"] for line in self.results if line["task"].rpartition(" : ")[2] == task]
        assert len(found) == 1, f"{len(found)} results of {task!r}:\n{self.output}"
        return found[0]

    def failures(self) -> list[str]:
        """Return the failure codes of the tasks that failed."""
        return [line["result"]["failure"]["code"] for line in self.results if line["status"] == "failed"]

    def changed(self) -> list[str]:
        """Return node and action of every operation that a task reported as changed, in order."""
        return [
            f"{operation['node']}: {operation['action']}"
            for line in self.results
            for result in line["result"].get("results", [line["result"]])
            if result.get("changed")
            for operation in result.get("operations", [])
        ]

    def changing(self) -> list[Entry]:
        """Return the journal's entries of what could have changed the cluster during this run."""
        return [entry for entry in self.entries if entry["changing"]]

    def effects(self) -> Counter[str]:
        """Return how often what really changed during this run."""
        return effects(self.entries)

    def logins(self) -> Counter[str]:
        """Return the CLI logins at each node during this run."""
        return Counter(
            entry["node"] for entry in self.entries if (entry["kind"], entry["operation"]) == ("login", "ssh")
        )


class Process(t.Protocol):
    """What a run needs of C(subprocess.Popen)."""

    pid: int
    returncode: t.Any

    def wait(self, timeout: float | None = None) -> int: ...

    def poll(self) -> int | None: ...


class Spawn(t.Protocol):
    """Starts a command in a session of its own: with nothing to read, or at a terminal."""

    def __call__(
        self,
        command: list[str],
        environment: dict[str, str],
        directory: Path,
        output: int,
        terminal: int | None,
    ) -> Process: ...


def spawn(
    command: list[str], environment: dict[str, str], directory: Path, output: int, terminal: int | None
) -> Process:
    """Start it from its file, as a shell does."""
    return subprocess.Popen(
        command,
        env=environment,
        cwd=directory,
        stdin=subprocess.DEVNULL if terminal is None else terminal,
        stdout=output if terminal is None else terminal,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


@dataclass
class Playbooks:
    """Starts the collection's playbooks, each in a process group and with an environment of its own."""

    cluster: ClusterHandle
    directory: Path
    count: int = 0
    environment: dict[str, str] = field(default_factory=dict)
    spawn: Spawn = field(default=spawn, repr=False)

    @property
    def state_dir(self) -> Path:
        """The state directory of the runs."""
        return self.directory / "state"

    def start(
        self,
        playbook: str,
        *arguments: str,
        inventory: Path | None = None,
        state_dir: bool = True,
        terminal: int | None = None,
        **variables: t.Any,
    ) -> Running:
        """Start a playbook of the collection, or the one at a path; ``variables`` are extra variables.

        ``inventory`` takes the place of the lab's own; without ``state_dir`` that one says where the state directory is.
        ``terminal`` is the descriptor of one to read from and write to.
        """
        self.count += 1
        here = self.directory / f"run{self.count}"
        here.mkdir(parents=True)
        given = {**({"cucm_state_dir": str(self.state_dir)} if state_dir else {}), **variables}
        hosts = inventory or self.cluster.lab.inventory
        name = playbook if "/" in playbook else f"ucops.cucm.{playbook}"
        command = ["ansible-playbook", "-i", str(hosts), name]
        since = self.cluster.last_seq
        with (here / "output").open("wb") as output:
            process = self.spawn(
                [*command, "-e", json.dumps(given), *arguments],
                self.environment_of(here),
                here,
                output.fileno(),
                terminal,
            )
        return Running(self.cluster, process, here, since)

    def environment_of(self, here: Path) -> dict[str, str]:
        """Return the environment of a run whose results go to a directory."""
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.directory),
            "TMPDIR": str(self.directory),
            "LANG": "C.UTF-8",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "results_as_lines",
            "ANSIBLE_LOCAL_TEMP": str(self.directory / "local"),
            "ANSIBLE_NOCOLOR": "1",
            "RESULTS_AS_LINES": str(here / "results.jsonl"),
            "CUCM_LAB_TIME_SCALE": str(self.cluster.lab.info["time_scale"]),
            **self.environment,
        }

    def run(self, playbook: str, *arguments: str, **variables: t.Any) -> Run:
        """Run a playbook of the collection to its end."""
        return self.start(playbook, *arguments, **variables).end()

    def rollout(self, *arguments: str, **variables: t.Any) -> Run:
        """Run the rollout to its end."""
        return self.run("rollout", *arguments, **variables)


@dataclass
class Running:
    """A run of ansible-playbook under way."""

    cluster: ClusterHandle
    process: Process
    directory: Path
    since: int

    def end(self, timeout_s: float = 120) -> Run:
        """Wait for its end."""
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running after {timeout_s} s:\n{self._output()}") from None
        return self._left()

    def wait_hit(self, fault_id: int, timeout_s: float = 60) -> None:
        """Wait until a fault acts. Raises NotReached when the run ends before it does."""

        def hit() -> bool:
            if any(fault["id"] == fault_id and fault["hit"] for fault in self.cluster.faults()):
                return True
            if self.process.poll() is not None:
                raise NotReached(f"it ended, and the point was never reached:\n{self._output()}")
            return False

        try:
            self.cluster.wait(hit, timeout_s)
        except TimeoutError:
            self.kill()
            raise NotReached(f"the point was not reached in {timeout_s} s:\n{self._output()}") from None

    def kill(self) -> Run:
        """Kill -9 it and every process it started.

        Ansible's workers lead sessions of their own, so a signal to the process group does not reach them. All
        are stopped before the first is killed: none may notice that another is gone.
        """
        stopped: list[int] = []
        while new := [pid for pid in _family(self.process.pid) if pid not in stopped]:
            for pid in new:
                _signal(pid, signal.SIGSTOP)
            stopped += new
        for pid in stopped:
            _signal(pid, signal.SIGKILL)
        self.process.wait(10)
        self.cluster.wait(lambda: not any(map(_lives, stopped)))
        return self._left()

    def kill_group(self) -> list[int]:
        """Kill -9 the process group as a shell would, and return the workers that outlive it."""
        family = _family(self.process.pid)
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        return [pid for pid in family if _lives(pid)]

    def _output(self) -> str:
        return (self.directory / "output").read_text("utf-8", "replace")

    def _left(self) -> Run:
        lines = self.directory / "results.jsonl"
        results = (
            [json.loads(line) for line in lines.read_text("utf-8").splitlines()] if lines.exists() else []
        )
        return Run(self.process.returncode, self._output(), results, self.cluster.journal(self.since))


def _family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name in parentheses may hold anything; state and parent follow it.
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    family = [pid]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_gone(pids: t.Iterable[int], timeout_s: float = 30) -> None:
    """Wait until processes have ended."""
    waited = list(pids)
    ClusterHandle.wait(lambda: not any(map(_lives, waited)), timeout_s)


# --- what the cluster came to ---------------------------------------------------------------------------------------


def effects(entries: t.Iterable[Entry]) -> Counter[str]:
    """Return how often what really changed: node and what."""
    return Counter(f"{entry['node']}: {entry['operation']}" for entry in entries if entry["kind"] == "effect")


def confirmations(entries: t.Iterable[Entry]) -> int:
    """Return how often a changing question was answered with yes."""
    return sum(entry["kind"] == "answer" and entry["changing"] for entry in entries)


def end_state(cluster: ClusterHandle) -> State:
    """Return what a cluster came to, as its administrator would see it, without times and checksums."""
    state = cluster.state()
    files = {name: node["ctl_file"] or {} for name, node in state["nodes"].items()}
    return {
        "cluster_security_mode": state["cluster_security_mode"],
        "services": {
            name: {
                service: (found["activated"], found["status"])
                for service, found in node["services"].items()
                if found["listed"]
            }
            for name, node in state["nodes"].items()
        },
        "ctl_records": {
            name: [
                (record["dns_name"], record["function"], record["stripped"])
                for record in file.get("records", [])
            ]
            for name, file in files.items()
        },
        "one_ctl_file": len({file.get("sha1") for file in files.values()}) == 1,
        "running_an_old_ctl_file": [
            f"{name}: {service}"
            for name, node in state["nodes"].items()
            for service in READERS
            if node["services"][service]["started_at"]
            and node["services"][service]["started_at"] <= files[name].get("modified_at", "")
        ],
    }


def settled(cluster: ClusterHandle) -> None:
    """Wait until no service of the cluster is on its way."""

    def quiet() -> bool:
        nodes = cluster.state()["nodes"].values()
        return all(
            service["status"] in ("Started", "Stopped")
            for node in nodes
            for service in node["services"].values()
        )

    cluster.wait(quiet)


# --- points ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """A point of a rollout: before or after what an entry of an undisturbed run's journal announces is carried out.

    Attributes:
        name: What happens there, in words.
        select: Finds the entry in the journal of an undisturbed run.
        when: C(before) or C(after).
        variables: Extra variables of the run that is to reach it.
    """

    name: str
    select: t.Callable[[list[Entry]], Entry]
    when: str = "before"
    variables: dict[str, t.Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.when} {self.name}"

    def hold(self, journal: list[Entry]) -> dict[str, t.Any]:
        """Return the fault that holds a run like the one of ``journal`` at this point."""
        entry = self.select(journal)
        earlier = [other for other in journal if other["seq"] < entry["seq"] and key(other) == key(entry)]
        match = dict(zip(("kind", "operation", "node"), key(entry), strict=True))
        return {"match": match, "when": self.when, **({"skip": len(earlier)} if earlier else {})}


def key(entry: Entry) -> tuple[str, str, str]:
    """Return what tells an entry from others: kind, operation, node."""
    return (entry["kind"], entry["operation"], entry["node"])


def nth(kind: str, operation: str, node: str, number: int = 0) -> t.Callable[[list[Entry]], Entry]:
    """Select an entry by its kind, operation and node, and how many like it come before."""

    def select(journal: list[Entry]) -> Entry:
        found = [entry for entry in journal if key(entry) == (kind, operation, node)]
        assert len(found) > number, f"{len(found)} times {kind} {operation!r} at {node} in an undisturbed run"
        return found[number]

    return select


def first_after(
    anchor: t.Callable[[list[Entry]], Entry], kind: str, operation: str
) -> t.Callable[[list[Entry]], Entry]:
    """Select the first entry of this kind and operation after another one."""

    def select(journal: list[Entry]) -> Entry:
        since = anchor(journal)["seq"]
        return next(
            entry
            for entry in journal
            if entry["seq"] > since and (entry["kind"], entry["operation"]) == (kind, operation)
        )

    return select


def last_effect(journal: list[Entry]) -> Entry:
    """Select the last real change."""
    return [entry for entry in journal if entry["kind"] == "effect"][-1]


# A restart that was accepted and not carried out is asked for again after a while; a kill must come before that.
PATIENCE = {"cucm_stable_for": 1}


def every_point(journal: list[Entry]) -> list[Point]:
    """Return the points before every entry of a journal, and after each of those that change something.

    After an entry that changes nothing is before the next one.
    """

    def exactly(entry: Entry) -> t.Callable[[list[Entry]], Entry]:
        return lambda _journal: entry

    return [
        Point(
            f"{entry['seq']} {entry['kind']} {entry['operation']}"[:54],
            exactly(entry),
            when,
            PATIENCE if entry["operation"].startswith("service restart") else {},
        )
        for entry in journal
        for when in (("before", "after") if entry["changing"] else ("before",))
    ]


# --- the experiment -------------------------------------------------------------------------------------------------


class NotReached(AssertionError):
    """A run ended, or took too long, and never came to the point."""


@dataclass(frozen=True)
class Reference:
    """An undisturbed rollout, to compare with."""

    journal: list[Entry]
    effects: Counter[str]
    end: State


def undisturbed(cluster: ClusterHandle, directory: Path) -> Reference:
    """Roll out on a fresh cluster, undisturbed."""
    cluster.reset()
    run = Playbooks(cluster, directory).rollout().ok()
    return Reference(run.entries, run.effects(), end_state(cluster))


def hold_and_start(
    point: Point, playbooks: Playbooks, reference: Reference, **variables: t.Any
) -> tuple[int, Running]:
    """Start a rollout and return, once it is held at a point, the fault that holds it and the run."""
    hold = playbooks.cluster.fault("hold", **point.hold(reference.journal))
    running = playbooks.start("rollout", **{**point.variables, **variables})
    running.wait_hit(hold)
    return hold, running


@dataclass(frozen=True)
class Killed:
    """A rollout that was killed at a point, and the two runs after it."""

    point: Point
    first: Run
    second: Run
    third: Run
    effects: Counter[str]
    confirmations: int
    end: State
    seconds: float

    HEADING: t.ClassVar[str] = (
        f"{'killed':62} {'effects':>7} {'twice':>5} {'mode':>4} {'yes':>3} {'changed':>7} {'again':>5} {'end state':10} {'seconds':>7}"
    )

    def differences(self, reference: Reference) -> list[str]:
        """Return what keeps this from being as good as an undisturbed run; empty when nothing does."""
        found = []
        if self.first.returncode != -signal.SIGKILL or self.first.recap:
            found.append(f"the first run was not killed:\n{self.first.output}")
        for name, run in (("second run", self.second), ("third run", self.third)):
            if run.returncode != 0:
                found.append(f"the {name} failed:\n{run.output}")
        if self.third.recap.get("changed") != 0 or self.third.changing():
            found.append(
                f"the third run changed: {[key(entry) for entry in self.third.changing()]}\n{self.third.output}"
            )
        if self.effects != reference.effects:
            more, less = self.effects - reference.effects, reference.effects - self.effects
            found.append(f"effects too many: {dict(more)}, missing: {dict(less)}")
        if self.confirmations > 1:
            found.append(f"the question was answered with yes {self.confirmations} times")
        if self.end != reference.end:
            found.append(f"end state {self.end}\ninstead of {reference.end}")
        return found

    def as_data(self, reference: Reference) -> dict[str, t.Any]:
        """Return what a program would want to know of it."""
        return {
            "point": str(self.point),
            "end_state": self.end["cluster_security_mode"],
            "as_undisturbed": not self.differences(reference),
            "effects": self.effects.total(),
            "effects_expected": reference.effects.total(),
            "effects_too_many": dict(self.effects - reference.effects),
            "answers": self.confirmations,
            "changed_by_second_run": self.second.recap.get("changed"),
            "changed_by_third_run": self.third.recap.get("changed"),
            "seconds": round(self.seconds, 1),
        }

    def row(self, reference: Reference) -> str:
        """Return a line of the table under HEADING."""
        done = f"{self.effects.total()}/{reference.effects.total()}"
        twice = sum(count > 1 for count in self.effects.values())
        mode = sum(count for what, count in self.effects.items() if "security_mode" in what)
        end = self.end["cluster_security_mode"] if self.end == reference.end else "DIFFERS"
        changed, again = (run.recap.get("changed", "?") for run in (self.second, self.third))
        return (
            f"{self.point!s:62} {done:>7} {twice:>5} {mode:>4} {self.confirmations:>3} {changed:>7} {again:>5}"
            f" {end:10} {self.seconds:7.1f}"
        )


def kill_at(point: Point, cluster: ClusterHandle, directory: Path, reference: Reference) -> Killed:
    """Kill a rollout at a point, let the cluster go on, and run it again, twice. Needs a fresh cluster."""
    started = time.monotonic()
    playbooks = Playbooks(cluster, directory)
    hold, running = hold_and_start(point, playbooks, reference)
    first = running.kill()
    cluster.release(hold)
    second, third = playbooks.rollout(), playbooks.rollout()
    entries = cluster.journal()
    return Killed(
        point,
        first,
        second,
        third,
        effects(entries),
        confirmations(entries),
        end_state(cluster),
        time.monotonic() - started,
    )
