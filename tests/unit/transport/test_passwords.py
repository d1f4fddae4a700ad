# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A password that was tried and not accepted is sent once in a run, however it was not accepted.

Two forks with four tasks each: over HTTPS at the publisher, over SSH at five nodes. C(CUCM_PEERS=every) tries
each with a full disk and without, C(CUCM_PASSWORDS_REPORT) names a file for the counts.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
import typing as t
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import CucmError
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.live import LiveAccess
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.live_database import LiveDatabase
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.nodes import Node
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.parallel import each
from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
from ansible_collections.ucops.cucm.plugins.module_utils._reading.collector import Collector
from ansible_collections.ucops.cucm.plugins.module_utils._transport.ssh import fingerprint
from ansible_collections.ucops.cucm.plugins.modules import cluster_info
from ansible_collections.ucops.cucm.plugins.plugin_utils import _credential_gate as credential_gate
from ansible_collections.ucops.cucm.plugins.plugin_utils._credential_gate import RunGate

from ..data.hostile import EVERY, HOST, SshServer, WebServer, answer, note, reset

FORK = multiprocessing.get_context("fork")
FORKS, TASKS = 2, 4
REPORT = "CUCM_PASSWORDS_REPORT"
FIRST = frozenset({"authentication_refused", "authentication_unanswered"})
TIMEOUT = 2


def late(peer: t.Any, request: bytes) -> None:
    time.sleep(2 * TIMEOUT)
    peer.sendall(answer(401))


def say(*pieces: bytes) -> t.Callable[[t.Any, bytes], None]:
    def now(peer: t.Any, request: bytes) -> None:
        for piece in pieces:
            peer.sendall(piece)
        peer.close()

    return now


WEB: dict[str, t.Callable[[t.Any, bytes], None]] = {
    "401": say(answer(401)),
    "late 401": late,
    "reset": lambda peer, request: reset(peer),
    "close": lambda peer, request: peer.close(),
    "garbled": say(b"\x00\xff\x16\x03 nothing of HTTP\r\n\r\n"),
    "cut in the status": say(b"HTTP/1.1 4"),
    "cut in the header": say(b"HTTP/1.1 401 No\r\nContent-"),
    "refused, and cut": say(b"HTTP/1.1 401 No\r\nContent-Length: 100\r\n\r\n"),
    **{str(status): say(answer(status, b"<html>busy</html>")) for status in (407, 429, 500, 502, 503, 504)},
}


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credential_gate, "_MEMORY", str(tmp_path))


def full_disk(monkeypatch: pytest.MonkeyPatch, below: Path) -> None:
    """No file can be made below a directory."""
    opened = credential_gate._opened

    def full(path: str) -> int:
        if str(below) in path:
            raise OSError(28, os.strerror(28))
        return opened(path)

    monkeypatch.setattr(credential_gate, "_opened", full)


def parameters(state: Path, **options: t.Any) -> dict[str, t.Any]:
    params = {
        name: options.get(name, spec.get("default")) for name, spec in cluster_info.ARGUMENT_SPEC.items()
    }
    return {**params, "state_dir": str(state), "timeout": TIMEOUT}


def in_forks(tasks: t.Callable[[], list[str]]) -> list[list[str]]:
    """Run the tasks of two hosts, each host's in a process of its own."""
    said = FORK.Queue()
    processes = [FORK.Process(target=lambda: said.put(tasks())) for _host in range(FORKS)]
    for process in processes:
        process.start()
    codes = [said.get(timeout=120) for _process in processes]
    for process in processes:
        process.join()
    return codes


def require_one(codes: list[list[str]], first: frozenset[str] = FIRST) -> None:
    """One task says how it came, and all the others that it was not sent again."""
    told = [code for host in codes for code in host]
    assert sum(code in first for code in told) == 1, codes
    assert told.count("credential_refused_before") == FORKS * TASKS - 1, codes


@pytest.mark.parametrize("disk", ["", "full"] if EVERY else [""])
@pytest.mark.parametrize("what", WEB)
def test_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, disk: str) -> None:
    state = tmp_path / "state"
    if disk:
        full_disk(monkeypatch, state)
    server = WebServer(tmp_path, WEB[what])
    params = parameters(
        state,
        publisher="localhost",
        https_port=server.port,
        ca_path=str(server.ca_path),
        axl_username="axladmin",
        axl_password="wrong",
        gather_subset=["version", "modes", "services"],
    )

    def tasks() -> list[str]:
        return [
            _task.perform(_task.Task(params=params, gate=RunGate(str(state))), cluster_info.run)["failure"][
                "code"
            ]
            for _task_of_host in range(TASKS)
        ]

    codes = in_forks(tasks)
    server.close()
    note(REPORT, f"https {what} {disk}".strip(), sends=len(server.passwords), codes=codes)
    assert server.passwords == ["wrong"]
    require_one(codes, FIRST)


def test_https_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credential_gate.tempfile, "tempdir", str(tmp_path))
    full_disk(monkeypatch, tmp_path)
    server = WebServer(tmp_path, WEB["401"])
    params = parameters(
        tmp_path, publisher="localhost", https_port=server.port, ca_path=str(server.ca_path),
        axl_username="axladmin", axl_password="wrong", gather_subset=["version"],
    )  # fmt: skip
    result = _task.perform(_task.Task(params=params, gate=RunGate(str(tmp_path))), cluster_info.run)
    server.close()
    assert (result["failure"]["code"], server.requests) == ("credential_memory_unwritable", [])
    assert "was not sent" in result["msg"] and "No space left" in result["msg"]


# -- SSH -----------------------------------------------------------------------------------------------


def _garble(transport: t.Any) -> int:
    transport.packetizer.write_all(b"\xff" * 64)
    return paramiko.AUTH_FAILED


def _reset(transport: t.Any) -> int:
    reset(transport.sock)
    return paramiko.AUTH_FAILED


def _end(transport: t.Any) -> int:
    transport.close()
    return paramiko.AUTH_FAILED


def _stall(transport: t.Any) -> int:
    time.sleep(20)
    return paramiko.AUTH_FAILED


LOGINS: dict[str, t.Callable[[t.Any], int]] = {
    "refusal": lambda transport: paramiko.AUTH_FAILED,
    "reset": _reset,
    "garbled": _garble,
    "end": _end,
    "more is wanted": lambda transport: paramiko.AUTH_PARTIALLY_SUCCESSFUL,
    "silence": _stall,
}


@pytest.fixture
def nodes() -> Iterator[t.Callable[..., list[SshServer]]]:
    """Start servers; they end with the test."""
    started: list[SshServer] = []

    def start(count: int, method: str, then: t.Callable[[t.Any], int]) -> list[SshServer]:
        started.extend(SshServer(method, then) for _each in range(count))
        return started

    yield start
    for server in started:
        server.close()


def cluster_of(servers: list[SshServer], state: Path) -> Cluster:
    """Return a cluster of these nodes, as a task makes it."""
    names = [f"node{number}" for number in range(len(servers))]
    params = parameters(
        state,
        publisher=HOST,
        ssh_port=servers[0].port,
        https_port=8443,
        cli_username="admin",
        cli_password="wrong",
        node_addresses={
            name: {"address": HOST, "ssh_port": server.port, "https_port": 8443 + number}
            for number, (name, server) in enumerate(zip(names, servers, strict=True))
        },
    )
    params["ssh_host_key"] = {
        name: fingerprint(server.key.asbytes()) for name, server in zip(names, servers, strict=True)
    }
    settings = _task.settings(params)
    access = LiveAccess(settings, Clock().within(8), RunGate(str(state)))
    database = LiveDatabase(access, _task.places(params, settings.publisher))
    database.nodes.take(
        [
            {"pkid": name, "name": name, "tknodeusage": "1" if number else "0", "tkprocessnoderole": "1"}
            for number, name in enumerate(names)
        ]
    )
    return Cluster(access, database)


def read_all(cluster: Cluster) -> str:
    """Read all nodes as a reading does, and return how it ended."""
    collector = Collector()

    def read(node: Node) -> None:
        collector.collect(node.name, lambda: cluster.run(node, "show version active"))

    try:
        each(cluster.callmanager_nodes, read)
    except CucmError as error:
        return error.code
    finally:
        cluster.close()
    codes = {why.partition(":")[0] for why in collector.unavailable.values()}
    return codes.pop() if len(codes) == 1 else str(sorted(codes))


@pytest.mark.parametrize("disk", ["", "full"] if EVERY else ["full"])
@pytest.mark.parametrize("method", ["password", "keyboard-interactive"])
@pytest.mark.parametrize("what", LOGINS)
def test_ssh(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    nodes: t.Callable[..., list[SshServer]],
    what: str,
    method: str,
    disk: str,
) -> None:
    state = tmp_path / "state"
    if disk:
        full_disk(monkeypatch, state)
    servers = nodes(5, method, LOGINS[what])
    codes = in_forks(lambda: [read_all(cluster_of(servers, state)) for _task_of_host in range(TASKS)])
    sent = [password for server in servers for password in server.passwords]
    note(REPORT, f"ssh {method} {what} {disk}".strip(), sends=len(sent), codes=codes)
    assert sent == ["wrong"]
    require_one(codes, FIRST | {"authentication_method"})


def test_a_node_that_refuses_what_the_publisher_accepts_is_tried_once(
    tmp_path: Path, nodes: t.Callable[..., list[SshServer]]
) -> None:
    servers = nodes(5, "password", lambda transport: paramiko.AUTH_SUCCESSFUL)
    servers[3].then = LOGINS["refusal"]
    logged_in = threading.Event()
    for _task_of_host in range(TASKS):
        cluster = cluster_of(servers, tmp_path / "state")
        told = {}
        for node in cluster.callmanager_nodes:
            with pytest.raises(CucmError) as ended:
                cluster.run(node, "show version active")
            told[node.name] = ended.value
        cluster.close()
        logged_in.set()
        # These logins have no command line behind them.
        assert {error.code for name, error in told.items() if name != "node3"} == {"session_refused"}
        assert told["node3"].code == "node_refused_credential"
        assert str(servers[3].port) in told["node3"].message and told["node3"].remedy
    assert len(servers[3].passwords) == 1


def test_no_more_nodes_refuse_at_once_than_may(
    tmp_path: Path, nodes: t.Callable[..., list[SshServer]]
) -> None:
    """A password that was changed after the publisher accepted it: all the other nodes are asked at the same time."""

    def refuse_slowly(transport: t.Any) -> int:
        time.sleep(0.3)
        return paramiko.AUTH_FAILED

    servers = nodes(9, "password", refuse_slowly)
    servers[0].then = lambda transport: paramiko.AUTH_SUCCESSFUL
    cluster = cluster_of(servers, tmp_path / "state")
    with pytest.raises(CucmError, match="session"):
        cluster.run(cluster.publisher, "show version active")
    ended = each(cluster.callmanager_nodes[1:], lambda node: _code(cluster, node))
    cluster.close()
    assert sum(len(server.passwords) for server in servers[1:]) == 2
    assert set(ended.values()) <= {
        "node_refused_credential",
        "authentication_refused",
        "credential_refused_before",
    }


def _code(cluster: Cluster, node: Node) -> str:
    with pytest.raises(CucmError) as ended:
        cluster.run(node, "show version active")
    return ended.value.code
