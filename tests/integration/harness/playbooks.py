# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of ansible-playbook: of the collection's own playbooks, and of plays that a test writes."""

from __future__ import annotations

import json
import os
import sys
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from ansible_collections.ucops.cucm.plugins.module_utils._base.waits import LAB_TIME_SCALE
from cucm_lab.fixture import ClusterHandle

from .forks import Spawn, common, fork
from .modules import WAITS
from .runs import Run, Running


@dataclass
class _Runner:
    """Starts ansible-playbook, each time in a process group, a directory and an environment of its own."""

    cluster: ClusterHandle
    directory: Path
    environment: dict[str, str] = field(default_factory=dict, kw_only=True)
    spawn: Spawn = field(default=fork, repr=False, kw_only=True)
    count: int = field(default=0, init=False)

    def place(self) -> Path:
        """Make the directory of the next run."""
        self.count += 1
        here = self.directory / f"run{self.count}"
        here.mkdir(parents=True)
        return here

    def launch(
        self,
        here: Path,
        arguments: t.Sequence[str],
        *,
        environment: t.Mapping[str, str] | None = None,
        terminal: int | None = None,
    ) -> Running:
        """Start a run in its directory, and do not wait for it. ``terminal`` is the descriptor of one to read from and write to."""
        variables = {
            **common(),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.directory),
            "TMPDIR": str(self.directory),
            "LANG": "C.UTF-8",
            "RESULTS_AS_LINES": str(here / "results.jsonl"),
            LAB_TIME_SCALE: str(self.cluster.lab.info["time_scale"]),
            **self.environment,
            **(environment or {}),
        }
        since = self.cluster.last_seq
        with (here / "output").open("wb") as output:
            process = self.spawn(["ansible-playbook", *arguments], variables, here, output.fileno(), terminal)
        return Running(self.cluster, process, here, since)


@dataclass
class Playbooks(_Runner):
    """The collection's playbooks, or those at a path."""

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
        given = {**({"cucm_state_dir": str(self.state_dir)} if state_dir else {}), **variables}
        hosts = inventory or self.cluster.lab.inventory
        name = playbook if "/" in playbook else f"ucops.cucm.{playbook}"
        return self.launch(
            self.place(), ["-i", str(hosts), name, "-e", json.dumps(given), *arguments], terminal=terminal
        )

    def run(self, playbook: str, *arguments: str, **variables: t.Any) -> Run:
        """Run a playbook of the collection to its end."""
        return self.start(playbook, *arguments, **variables).end()

    def rollout(self, *arguments: str, **variables: t.Any) -> Run:
        """Run the rollout to its end."""
        return self.run("rollout", *arguments, **variables)


@dataclass
class Plays(_Runner):
    """Tasks that a test writes, as a play over the group cucm."""

    state_dir: Path

    def defaults(self) -> dict[str, t.Any]:
        """Return the module defaults of the action group, as a user would write them."""
        options: dict[str, t.Any] = {
            name: f"{{{{ cucm_{name} }}}}"
            for name in (
                "axl_username",
                "axl_password",
                "cli_username",
                "cli_password",
                "https_port",
                "ssh_port",
                "ca_path",
                "known_hosts",
                "node_addresses",
            )
        }
        return {"group/ucops.cucm.cluster": {**options, "timeout": 10, "state_dir": str(self.state_dir)}}

    def inventory(self) -> dict[str, t.Any]:
        """Return the lab's own inventory, to be changed."""
        return yaml.safe_load(self.cluster.lab.inventory.read_text("utf-8"))

    def task(self, module: str, name: str | None = None, /, **options: t.Any) -> dict[str, t.Any]:
        """Return a task; options with a leading underscore are keywords of the task."""
        keywords = {key[1:]: value for key, value in options.items() if key.startswith("_")}
        own = {key: value for key, value in options.items() if not key.startswith("_")}
        given = {**WAITS.get(module, {}), **own}
        return {"name": name or module, f"ucops.cucm.{module}": given, **keywords}

    def start(
        self,
        *tasks: dict[str, t.Any],
        arguments: t.Sequence[str] = (),
        inventory: dict[str, t.Any] | None = None,
        environment: t.Mapping[str, str] | None = None,
        play: dict[str, t.Any] | None = None,
        defaults: dict[str, t.Any] | None = None,
    ) -> Running:
        """Start a play and do not wait for it."""
        content = {
            "name": "Test",
            "hosts": "cucm",
            "gather_facts": False,
            "module_defaults": self.defaults() if defaults is None else defaults,
            "tasks": list(tasks),
            **(play or {}),
        }
        here = self.place()
        for name, written in (("play.yml", [content]), ("inventory.yml", inventory or self.inventory())):
            text = yaml.safe_dump(written, sort_keys=False, allow_unicode=True)
            (here / name).write_text(text, "utf-8")
        return self.launch(here, ["-i", "inventory.yml", "play.yml", *arguments], environment=environment)

    def run(self, *tasks: dict[str, t.Any], **options: t.Any) -> Run:
        """Run a play to its end."""
        return self.start(*tasks, **options).end()
