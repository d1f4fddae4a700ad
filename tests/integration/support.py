# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the integration tests drive: modules through the Python API, and ansible-playbook, against a lab."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import typing as t
from dataclasses import dataclass, field, replace
from pathlib import Path

import asyncssh
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._base.credentials import CredentialGate, ProcessGate
from ansible_collections.ucops.cucm.plugins.module_utils._base.waits import LAB_TIME_SCALE, SHORTEST_CHANGE
from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
from cucm_lab.fixture import ClusterHandle

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent

PUBLISHER, SUB1, SUB2 = NODES = ("cucm-pub", "cucm-sub1", "cucm-sub2")
CALLMANAGER, TFTP, CTIMANAGER = "Cisco CallManager", "Cisco Tftp", "Cisco CTIManager"
CAPF, CTL_PROVIDER = "Cisco Certificate Authority Proxy Function", "Cisco CTL Provider"
MIXED_COMMAND = "utils ctl set-cluster mixed-mode"
NON_SECURE_COMMAND = "utils ctl set-cluster non-secure-mode"
UPDATE_COMMAND = "utils ctl update CTLFile"

# Characters that mean something to XML, URLs, JSON, shells and templates; and one so short that it hides easily.
AXL_PASSWORD = "x<&\"' %$\\9Ab"
CLI_PASSWORD = "Zq%7<&\"' $é"
SHORT_PASSWORD = "Zq%7"

TOPOLOGY: dict[str, t.Any] = {
    # A device minute is half a second: settling (30 s of device time) takes a quarter of one.
    "time_scale": 120,
    "clusters": [
        {
            "name": "lab",
            "release": "14",
            "nodes": [
                {"name": PUBLISHER, "role": "publisher", "services": [CALLMANAGER, TFTP, CTIMANAGER]},
                {"name": SUB1, "services": [CALLMANAGER, TFTP, CTIMANAGER]},
                {"name": SUB2, "services": [CALLMANAGER, CTIMANAGER]},
            ],
            "accounts": [
                {"kind": "axl", "username": "axladmin", "privilege": 4, "password": AXL_PASSWORD},
                {"kind": "axl", "username": "axlread", "privilege": 0, "password": AXL_PASSWORD},
                {"kind": "cli", "username": "admin", "privilege": 4, "password": CLI_PASSWORD},
                {"kind": "cli", "username": "auditor", "privilege": 0, "password": SHORT_PASSWORD},
            ],
        }
    ],
}

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


class Outcome(dict[str, t.Any]):
    """A module's result."""

    @property
    def code(self) -> str | None:
        """The failure's code, None when it did not fail."""
        return self["failure"]["code"] if "failure" in self else None

    @property
    def message(self) -> str:
        """The failure's message."""
        return self["failure"]["message"]

    def refused(self, code: str, *words: str) -> None:
        """Assert that it failed with this code, in a message that has these words, and says what to do next."""
        assert self.code == code, dict(self)
        missing = [word for word in words if word not in self.message]
        assert not missing, f"{missing} not in: {self.message}"
        assert self["failure"]["remedy"], dict(self)
        assert self["failure"]["remedy"] in self["msg"]


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


@dataclass
class Journal:
    """Questions to the lab's journal, from the moment this was made on."""

    cluster: ClusterHandle
    since: int

    def entries(self, **wanted: t.Any) -> list[dict[str, t.Any]]:
        """Return the entries that fit."""
        return self.cluster.journal(self.since, **wanted)

    def changing(self) -> list[str]:
        """Return what could have changed the cluster: requests, commands, confirmed answers and effects."""
        return [f"{entry['kind']} {entry['operation']}" for entry in self.entries(changing=True)]

    def effects(self) -> list[str]:
        """Return what really changed."""
        return [entry["operation"] for entry in self.entries(kind="effect")]

    def logins(self, operation: str | None = None) -> list[tuple[str, str]]:
        """Return node and result of every login."""
        return [
            (entry["node"], entry["detail"]["result"])
            for entry in self.entries(kind="login")
            if operation in (None, entry["operation"])
        ]

    def answers(self) -> list[str]:
        """Return what was answered to questions."""
        return [entry["detail"]["text"] for entry in self.entries(kind="answer")]

    def commands(self) -> list[str]:
        """Return the CLI commands, in order."""
        return [entry["operation"] for entry in self.entries(kind="command")]


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


@dataclass
class PlaybookRun:
    """What a run of ansible-playbook left."""

    returncode: int
    stdout: str
    stderr: str
    seconds: float
    results: list[dict[str, t.Any]]

    def result(self, task: str, host: str | None = None) -> Outcome:
        """Return the one result of a task (of a host)."""
        found = [
            line["result"] for line in self.results if line["task"] == task and host in (None, line["host"])
        ]
        assert len(found) == 1, f"{len(found)} results of {task!r}\n{self.stdout}\n{self.stderr}"
        return Outcome(found[0])

    def codes(self, task: str) -> list[str | None]:
        """Return the failure codes of a task, of every host and loop item."""
        found: list[t.Any] = []
        for line in self.results:
            if line["task"] == task:
                found += line["result"].get("results", [line["result"]])
        return [Outcome(item).code for item in found]

    def ok(self) -> PlaybookRun:
        """Assert that it ended well."""
        assert self.returncode == 0, f"{self.stdout}\n{self.stderr}"
        return self


@dataclass
class Playbooks:
    """Runs ansible-playbook in a process of its own, with an environment of its own."""

    cluster: ClusterHandle
    directory: Path
    state_dir: Path
    environment: dict[str, str] = field(default_factory=dict)
    count: int = 0

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

    def _prepare(
        self,
        tasks: t.Sequence[dict[str, t.Any]],
        *,
        inventory: dict[str, t.Any] | None = None,
        environment: dict[str, str] | None = None,
        play: dict[str, t.Any] | None = None,
        defaults: dict[str, t.Any] | None = None,
    ) -> tuple[Path, dict[str, str]]:
        """Write a play; return its directory and the environment to run it in."""
        content = {
            "name": "Test",
            "hosts": "cucm",
            "gather_facts": False,
            "module_defaults": self.defaults() if defaults is None else defaults,
            "tasks": list(tasks),
            **(play or {}),
        }
        self.count += 1
        here = self.directory / f"run{self.count}"
        here.mkdir(parents=True)
        (here / "play.yml").write_text(
            yaml.safe_dump([content], sort_keys=False, allow_unicode=True), "utf-8"
        )
        (here / "inventory.yml").write_text(
            yaml.safe_dump(inventory or self.inventory(), allow_unicode=True), "utf-8"
        )
        lines = here / "results.jsonl"
        variables = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.directory),
            "TMPDIR": str(self.directory),
            "LANG": "C.UTF-8",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "results_as_lines",
            "ANSIBLE_LOCAL_TEMP": str(self.directory / "local"),
            "ANSIBLE_NOCOLOR": "1",
            "RESULTS_AS_LINES": str(lines),
            LAB_TIME_SCALE: str(self.cluster.lab.info["time_scale"]),
            **self.environment,
            **(environment or {}),
        }
        return here, variables

    def start(self, *tasks: dict[str, t.Any], **options: t.Any) -> subprocess.Popen[bytes]:
        """Start a run in a process group of its own and do not wait for it."""
        here, variables = self._prepare(tasks, **options)
        with (here / "output").open("wb") as output:
            return subprocess.Popen(
                ["ansible-playbook", "-i", "inventory.yml", "play.yml"],
                env=variables,
                cwd=here,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def run(self, *tasks: dict[str, t.Any], arguments: t.Sequence[str] = (), **options: t.Any) -> PlaybookRun:
        """Run tasks as a play over the group cucm."""
        here, variables = self._prepare(tasks, **options)
        lines = here / "results.jsonl"
        started = time.monotonic()
        process = subprocess.run(
            ["ansible-playbook", "-i", str(here / "inventory.yml"), str(here / "play.yml"), *arguments],
            env=variables,
            cwd=here,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        results = (
            [json.loads(line) for line in lines.read_text("utf-8").splitlines()] if lines.exists() else []
        )
        return PlaybookRun(
            process.returncode, process.stdout, process.stderr, time.monotonic() - started, results
        )


def quick_limits(**limits: float) -> t.Callable[..., t.Any]:
    """Return CliLimits with shorter waits for what a test makes happen on purpose."""
    return functools.partial(_task.CliLimits, **{"echo": 1.0, "unknown_question_after": 0.7, **limits})


class JumpHost:
    """A real SSH server on loopback that runs what it is told, in a home of its own.

    ``ran`` are the commands; what they start has C(JUMP_HOST) in its environment.
    """

    def __init__(self, directory: Path, address: str = "127.20.9.9") -> None:
        self.home = directory / "home"
        self.home.mkdir(parents=True)
        self.directory = directory
        self.address = address
        self.ran: list[str] = []
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="jump", daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        host_key, user_key = (asyncssh.generate_private_key("ssh-ed25519") for _each in range(2))
        user_key.write_private_key(self.directory / "key")
        (self.directory / "key").chmod(0o600)
        (self.directory / "authorized").write_bytes(user_key.export_public_key())
        server = await asyncssh.listen(
            self.address,
            0,
            server_host_keys=[host_key],
            authorized_client_keys=str(self.directory / "authorized"),
            process_factory=self._run,
            sftp_factory=True,
            encoding=None,
        )
        self.port = server.sockets[0].getsockname()[1]
        public = host_key.export_public_key().decode().strip()
        (self.directory / "known_hosts").write_text(f"[{self.address}]:{self.port} {public}\n", "utf-8")
        self._ready.set()
        await self._stop.wait()
        server.close()
        await server.wait_closed()

    async def _run(self, process: t.Any) -> None:
        self.ran.append(process.command or "")
        environment = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "JUMP_HOST": "yes",
        }
        local = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-c",
            process.command or "true",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=self.home,
        )
        pump = asyncio.create_task(self._pump(process.stdin, local.stdin))
        output, errors = await asyncio.gather(local.stdout.read(), local.stderr.read())
        process.stdout.write(output)
        process.stderr.write(errors)
        process.exit(await local.wait())
        pump.cancel()

    @staticmethod
    async def _pump(source: t.Any, sink: t.Any) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        sink.close()

    def stop(self) -> None:
        """Stop listening."""
        if self._loop and self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def host(self) -> dict[str, t.Any]:
        """Return the variables of the inventory host."""
        return {
            "ansible_connection": "ssh",
            "ansible_host": self.address,
            "ansible_port": self.port,
            "ansible_user": "operator",
            "ansible_ssh_private_key_file": str(self.directory / "key"),
            "ansible_ssh_args": "-F /dev/null -o ControlMaster=no -o IdentitiesOnly=yes "
            f"-o StrictHostKeyChecking=yes -o UserKnownHostsFile={self.directory / 'known_hosts'}",
            "ansible_python_interpreter": sys.executable,
        }


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill a run with all it started; Ansible's workers have sessions, and so groups, of their own."""
    parents: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(status.parent.name)] = int(status.read_text("utf-8").rpartition(")")[2].split()[1])
    family = [process.pid]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    for member in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)
    process.wait(10)
