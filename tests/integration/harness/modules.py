# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules of the collection, run in this process as the action plugin would."""

from __future__ import annotations

import functools
import importlib
import typing as t
from dataclasses import dataclass, field, replace
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._base.credentials import CredentialGate, ProcessGate
from ansible_collections.ucops.cucm.plugins.module_utils._base.waits import SHORTEST_CHANGE
from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
from cucm_lab.fixture import ClusterHandle

from .outcome import Outcome

# Seconds of the controller's clock, but for settle_interval and change_timeout: device seconds.
WAITS: dict[str, dict[str, t.Any]] = {
    "security_mode": {
        "change_timeout": SHORTEST_CHANGE,
        "settle_interval": 30,
        "settle_timeout": 15,
        "poll_interval": 0.1,
    },
    "service_activation": {"wait_timeout": 15, "poll_interval": 0.1, "stable_for": 0.5},
    "service_control": {"wait_timeout": 15, "poll_interval": 0.1, "stable_for": 0.5},
    "smart_license": {"wait_timeout": 15, "poll_interval": 0.05},
}
WAITS["ctl_file"] = WAITS["sip_oauth_mode"] = WAITS["security_mode"]


def connection(cluster: ClusterHandle, node: str | None = None) -> dict[str, t.Any]:
    """Return the connection options for a cluster, both accounts, addressed by ``node`` (default: its publisher)."""
    addressed = cluster.node(node) if node else cluster.publisher
    axl, cli = cluster.account("axl"), cluster.account("cli")
    return {
        "publisher": addressed["address"],
        "https_port": addressed["https_port"],
        "ssh_port": addressed["ssh_port"],
        "axl_username": axl["username"],
        "axl_password": axl["password"],
        "cli_username": cli["username"],
        "cli_password": cli["password"],
        "ca_path": str(cluster.lab.ca_path),
        "known_hosts": str(cluster.lab.known_hosts),
        "node_addresses": node_addresses(cluster),
        "timeout": 10,
        "cli_startup_timeout": 20,
        "cli_command_timeout": 20,
    }


def node_addresses(cluster: ClusterHandle) -> dict[str, dict[str, t.Any]]:
    """Return node_addresses for all nodes of a cluster."""
    return {
        name: {key: node[key] for key in ("address", "https_port", "ssh_port")}
        for name, node in cluster.info["nodes"].items()
    }


@dataclass
class Modules:
    """Runs modules of the collection in this process, as the action plugin would."""

    cluster: ClusterHandle
    state_dir: Path
    gate: CredentialGate = field(default_factory=ProcessGate)
    clock: Clock = field(default_factory=Clock)
    progress: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def run(self, module_name: str, *, check: bool = False, diff: bool = False, **options: t.Any) -> Outcome:
        """Run a module; ``options`` come before the connection's, an option of None is left out."""
        module = importlib.import_module(f"ansible_collections.ucops.cucm.plugins.modules.{module_name}")
        given = {
            **connection(self.cluster),
            **WAITS.get(module_name, {}),
            "state_dir": str(self.state_dir),
            **options,
        }
        validation = ArgumentSpecValidator(module.ARGUMENT_SPEC).validate(
            {name: value for name, value in given.items() if value is not None}
        )
        assert not validation.error_messages, validation.error_messages
        task = _task.Task(
            params=validation.validated_parameters,
            check_mode=check,
            diff_mode=diff,
            progress=self.progress.append,
            warn=self.warnings.append,
            gate=self.gate,
            clock=replace(self.clock, pace=self.cluster.lab.info["time_scale"]),
            holder=f"test of {module_name}",
        )
        return Outcome(_task.perform(task, module.run))

    @property
    def address(self) -> str:
        """The publisher's address."""
        return self.cluster.publisher["address"]

    def fresh(self) -> Modules:
        """Return the same for a new run: no memory of credentials."""
        return Modules(self.cluster, self.state_dir, clock=self.clock)


def quick_limits(**limits: float) -> t.Callable[..., t.Any]:
    """Return CliLimits with shorter waits for what a test makes happen on purpose."""
    return functools.partial(_task.CliLimits, **{"echo": 1.0, "unknown_question_after": 0.7, **limits})
