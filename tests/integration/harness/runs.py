# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of ansible-playbook: to their end, or killed at a point of the lab's journal."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import typing as t
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from cucm_lab.fixture import HANGS_AFTER, ClusterHandle

from .journal import Entry, effects
from .outcome import Outcome


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

    def result(self, task: str, host: str | None = None) -> Outcome:
        """Return the one result of a task (of a host)."""
        found = [line["result"] for line in self._of(task) if host in (None, line["host"])]
        assert len(found) == 1, f"{len(found)} results of {task!r}:\n{self.output}"
        return Outcome(found[0])

    def codes(self, task: str) -> list[str | None]:
        """Return the failure codes of a task, of every host and loop item."""
        items = [item for line in self._of(task) for item in line["result"].get("results", [line["result"]])]
        return [Outcome(item).code for item in items]

    def _of(self, task: str) -> list[dict[str, t.Any]]:
        return [line for line in self.results if line["task"].rpartition(" : ")[2] == task]

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


class NotReached(AssertionError):
    """A run ended, or took too long, and never came to the point."""


@dataclass
class Running:
    """A run of ansible-playbook under way."""

    cluster: ClusterHandle
    process: Process
    directory: Path
    since: int

    def end(self, timeout_s: float = 2 * HANGS_AFTER) -> Run:
        """Wait for its end."""
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running after {timeout_s} s:\n{self._output()}") from None
        return self._left()

    def wait_hit(self, fault_id: int, timeout_s: float = HANGS_AFTER) -> None:
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
        self.process.wait(HANGS_AFTER)
        self.cluster.wait(lambda: not any(map(_lives, stopped)))
        return self._left()

    def kill_group(self) -> list[int]:
        """Kill -9 the process group as a shell would, and return the workers that outlive it."""
        family = _family(self.process.pid)
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(HANGS_AFTER)
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


def wait_gone(pids: t.Iterable[int], timeout_s: float = HANGS_AFTER) -> None:
    """Wait until processes have ended."""
    waited = list(pids)
    ClusterHandle.wait(lambda: not any(map(_lives, waited)), timeout_s)
