# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real SSH clients against the platform CLI of a small cluster, over real sockets."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import paramiko
import pytest

from cucm_lab import topology
from cucm_lab.clock import Clock
from cucm_lab.domain.certificates import KeyPool, SshHostKey, new_ssh_host_keys
from cucm_lab.domain.cluster import LabCluster
from cucm_lab.domain.node import LabNode
from cucm_lab.platform_cli.server import NodeCli

PASSWORD = "correct horse"
WAIT = 5.0


class Background:
    """An event loop in a thread of its own, in which the lab runs beside the blocking clients."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        async def inside() -> Any:
            return function(*arguments)

        return self.run(inside())

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)


class Cli:
    """A terminal on a node, typed into and read like a person would."""

    def __init__(self, transport: paramiko.Transport, width: int, height: int) -> None:
        self.transport = transport
        self.channel = transport.open_session()
        self.channel.get_pty("vt100", width, height)
        self.channel.invoke_shell()
        self.channel.settimeout(WAIT)

    def read_until(self, end: str, timeout: float = WAIT) -> str:
        """Everything up to ``end``, which must be the last that comes."""
        self.channel.settimeout(timeout)
        text = b""
        while not text.endswith(end.encode()):
            try:
                data = self.channel.recv(65536)
            except TimeoutError:
                raise AssertionError(f"waited for {end!r}, got {text!r}") from None
            if not data:
                raise AssertionError(f"closed while waiting for {end!r}, got {text!r}")
            text += data
        return text.decode()

    def read_to_end(self) -> str:
        text = b""
        while data := self.channel.recv(65536):
            text += data
        return text.decode()

    def is_quiet(self, seconds: float) -> bool:
        self.channel.settimeout(seconds)
        try:
            return not self.channel.recv(1)
        except TimeoutError:
            return True

    def send(self, text: str) -> None:
        self.channel.sendall(text.encode())

    def type(self, text: str, pause: float = 0.02) -> None:
        """Type one key after the other."""
        for character in text:
            self.send(character)
            time.sleep(pause)

    def command(self, line: str, timeout: float = WAIT) -> list[str]:
        """Enter a command; the lines it prints, without its echo."""
        self.send(line + "\r")
        text = self.read_until("\r\nadmin:", timeout)
        return text.split("\r\n")[1:-1]

    def close(self) -> None:
        self.transport.close()


class Rig:
    """One cluster whose nodes' CLIs are running."""

    def __init__(self, background: Background, cluster: LabCluster) -> None:
        self.background = background
        self.cluster = cluster
        self.servers: list[NodeCli] = []
        self._open: list[paramiko.Transport] = []

    def start(self, host_keys: list[SshHostKey]) -> None:
        for node in self.cluster.nodes.values():
            node.ssh_host_keys = host_keys
            cli = NodeCli(node)
            self.background.run(cli.listen())
            self.servers.append(cli)

    def transport(self, node: LabNode | None = None, **options: Any) -> paramiko.Transport:
        node = node or self.cluster.publisher
        connection = socket.create_connection((node.address, node.ssh_port), WAIT)
        # Without it the kernel holds small packets back for 40 ms, which is most of a login's time.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport = paramiko.Transport(connection, **options)
        self._open.append(transport)
        transport.start_client(timeout=WAIT)
        return transport

    def authenticated(
        self, username: str = "admin", password: str = PASSWORD, node: LabNode | None = None
    ) -> paramiko.Transport:
        transport = self.transport(node)
        transport.auth_interactive(username, lambda title, text, prompts: [password for _each in prompts])
        return transport

    def login(
        self, username: str = "admin", *, node: LabNode | None = None, width: int = 200, height: int = 1000
    ) -> Cli:
        """A session at its first prompt."""
        cli = Cli(self.authenticated(username, node=node), width, height)
        cli.read_until("admin:\r\n\radmin:")
        return cli

    def inject(self, **fault: Any) -> int:
        return self.background.call(self.cluster.faults.add, fault).id

    def release(self, fault_id: int) -> None:
        self.background.call(self.cluster.faults.remove, fault_id)

    def journal(self, kind: str | None = None) -> list[Any]:
        return [entry for entry in self.cluster.journal.entries() if kind in (None, entry.kind)]

    def wait_for(self, true: Callable[[], bool], seconds: float = WAIT) -> None:
        """Wait until something has become true inside the lab."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.01)

    def stop(self) -> None:
        for transport in self._open:
            transport.close()
        for each in self.servers:
            self.background.run(each.close())
        self.background.run(self.cluster.close())


@pytest.fixture(scope="session")
def background() -> Iterator[Background]:
    running = Background()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def keys() -> KeyPool:
    return KeyPool(2)


@pytest.fixture(scope="session")
def host_keys(keys: KeyPool) -> list[SshHostKey]:
    return new_ssh_host_keys(keys.take())


_numbers = itertools.count(1)


def _addresses() -> tuple[str, str]:
    """Two loopback addresses that no other test and no other run beside this one uses."""
    process = os.getpid()
    network = f"127.{64 + process // 256 % 128}.{process % 256}"
    number = next(_numbers)
    return f"{network}.{2 * number % 254 + 1}", f"{network}.{2 * number % 254 + 2}"


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


@pytest.fixture
def make_rig(
    background: Background, keys: KeyPool, host_keys: list[SshHostKey]
) -> Iterator[Callable[..., Rig]]:
    """Start a cluster of a publisher and a subscriber; keyword arguments go into its topology."""
    rigs: list[Rig] = []

    def make(*, time_scale: float = 200, auto_registration: bool = False, **more: Any) -> Rig:
        publisher, subscriber = _addresses()
        accounts = [
            {"kind": "cli", "username": "admin", "privilege": 4, "password": PASSWORD},
            {"kind": "cli", "username": "operator", "privilege": 1, "password": PASSWORD},
            {"kind": "cli", "username": "auditor", "privilege": 0, "password": PASSWORD},
        ]
        cluster = {
            "name": "lab",
            "release": "14",
            "nodes": [
                {
                    "name": "pub",
                    "role": "publisher",
                    "address": publisher,
                    "auto_registration": auto_registration,
                },
                {"name": "sub", "address": subscriber},
            ],
            "accounts": accounts,
            **more,
            # Waiting for the start-up at every login would be half of the tests' time.
            "timings": {"cli_startup_s": 1, **more.get("timings", {})},
        }
        parsed = topology.parse({"ssh_port": _free_port(publisher), "clusters": [cluster]})

        async def build() -> LabCluster:
            return LabCluster(parsed.clusters[0], Clock(time_scale), keys)

        rig = Rig(background, background.run(build()))
        rigs.append(rig)
        rig.start(host_keys)
        return rig

    yield make
    for rig in rigs:
        rig.stop()


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    return make_rig()
