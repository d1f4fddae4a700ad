# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many clusters in one lab, and that each request costs the lab little."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cucm_lab import fleet, topology
from cucm_lab.fixture import RunningLab

from .conftest import HttpsClient


def cucm_lab(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cucm_lab", "fleet", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_prints_a_topology(tmp_path: Path):
    more = tmp_path / "more.yml"
    more.write_text("phones: 7\ntimings: {axl_s: 0.2}\n")
    made = cucm_lab(
        *("--clusters", 300, "--nodes", 2, "--release", "12.5", "--release", "15"),
        *("--first-address", "127.31.0.250", "--with", more),
    )
    assert made.returncode == 0, made.stderr
    parsed = topology.parse(yaml.safe_load(made.stdout))
    assert len(parsed.clusters) == 300
    first, second, last = parsed.clusters[0], parsed.clusters[1], parsed.clusters[-1]
    assert (first.name, first.release, second.release, last.name) == ("c001", "12.5", "15", "c300")
    assert [(n.name, n.role, n.address) for n in first.nodes] == [
        ("c001-pub", "publisher", "127.31.0.250"),
        ("c001-sub1", "subscriber", "127.31.0.251"),
    ]
    assert len({node.address for each in parsed.clusters for node in each.nodes}) == 600
    assert last.phones[0].count == 7 and last.timings == {"axl_s": 0.2}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--clusters", 0), "at least one"),
        (("--clusters", 1, "--first-address", "10.0.0.1"), "127.0.0.0/8"),
        (("--clusters", 1, "--first-address", "first"), "first"),
        (("--clusters", 1, "--release", "9"), "9 is not known"),
        (("--clusters", 1, "--with", "/nowhere.yml"), "/nowhere.yml"),
        (("--clusters", 1, "--with", __file__), "cannot be read"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, said):
    refused = cucm_lab(*arguments)
    assert refused.returncode == 1 and said in refused.stderr and refused.stdout == ""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    described = fleet.topology(
        25, releases=("11.5", "12.5", "14", "15"), first_address="127.32.0.1", more={"phones": 2}
    )
    with RunningLab(described, tmp_path_factory.mktemp("fleet")) as running:
        yield running


def test_every_cluster_is_one_of_its_own(lab):
    keys = set()
    for name, cluster in lab.clusters.items():
        version = {"11.5": "11.5", "12.5": "12.5", "14": "14.0", "15": "15.0"}[cluster.info["release"]]
        client = HttpsClient(cluster)
        answer = client.axl("getProcessNode", f"<name>{name}-pub</name>", version=version)
        client.session.close()
        assert answer.status_code == 200 and f"<name>{name}-pub</name>" in answer.text
        keys.update(cluster.state()["nodes"][f"{name}-pub"]["ssh_host_keys"][1:])
        assert [entry["operation"] for entry in cluster.journal()] == ["https-basic", "axl getProcessNode"]
    # Nodes share RSA keys, which are slow to make; each has an ECDSA key that nobody else has.
    assert len(keys) == 25


def test_axl_may_take_its_time(lab):
    cluster = next(iter(lab.clusters.values()))
    client = HttpsClient(cluster)
    client.axl("getCCMVersion", version="11.5")
    cluster.set(timings={"axl_s": 0.4})
    begun = time.monotonic()
    assert client.axl("getCCMVersion", version="11.5").status_code == 200
    assert time.monotonic() - begun >= 0.4
    cluster.set(timings={"axl_s": 0})
    client.session.close()


def test_an_answer_leaves_in_one_piece(lab):
    """Head and body by one system call, which is most of what a request costs the lab."""
    cluster = next(iter(lab.clusters.values()))
    where = cluster.publisher
    context = ssl.create_default_context(cafile=str(lab.ca_path))
    with (
        socket.create_connection((where["address"], where["https_port"]), 10) as connection,
        context.wrap_socket(connection, server_hostname=where["address"]) as tls,
    ):
        tls.sendall(b"GET /axl/ HTTP/1.1\r\nHost: x\r\n\r\n")
        # One reading gives one TLS record at the most.
        head, body = tls.recv(65536).split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 401") and body.endswith(b"</html>")


def test_a_line_is_echoed_in_one_packet_and_none_is_empty(make_packets):
    echo_output_prompt = 3
    assert make_packets("show session maxlimit") <= echo_output_prompt


@pytest.fixture
def make_packets(lab):
    """How many SSH packets the lab sends for a command."""
    import paramiko

    cluster = list(lab.clusters.values())[2]
    cluster.set(timings={"cli_startup_s": 0, "command_s": 0.1})
    where, account = cluster.publisher, cluster.account("cli")
    connection = socket.create_connection((where["address"], where["ssh_port"]))
    transport = paramiko.Transport(connection)
    transport.start_client(timeout=10)
    transport.auth_interactive(account["username"], lambda *_asked: [account["password"]])
    channel = transport.open_session()
    channel.get_pty("vt100", 200, 1000)
    channel.invoke_shell()
    channel.settimeout(10)

    def read_until(end: bytes) -> None:
        text = b""
        while not text.endswith(end):
            text += channel.recv(65536)

    read_until(b"admin:\r\n\radmin:")

    def packets(command: str) -> int:
        before = transport.packetizer._Packetizer__sequence_number_in
        channel.sendall(command.encode() + b"\r")
        read_until(b"\r\nadmin:")
        return transport.packetizer._Packetizer__sequence_number_in - before

    yield packets
    transport.close()
