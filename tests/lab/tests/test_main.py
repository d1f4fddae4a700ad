# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command, detached and refused; the run directory; topology errors."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import yaml

from cucm_lab import topology
from cucm_lab.fixture import THREE_NODES
from cucm_lab.lab import free_ports

TOPOLOGIES = Path(__file__).parents[1] / "topologies"


def cucm_lab(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cucm_lab", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_detached_life(tmp_path):
    run = tmp_path / "run"
    up = cucm_lab("up", TOPOLOGIES / "two-clusters.yml", "--run-dir", run, "--detach", "--free-ports")
    try:
        assert up.returncode == 0, up.stderr
        lab = json.loads((run / "lab.json").read_text())
        assert set(lab["clusters"]) == {"north", "south"}
        south = requests.get(f"{lab['control_url']}/clusters/south", timeout=10).json()
        assert south["cluster_security_mode"] == "mixed"
        functions = [r["function"] for r in south["nodes"]["south-pub"]["ctl_file"]["records"]]
        assert "CAPF" not in functions and "CCM+TFTP" in functions
        for name in ("inventory.yml", "ca.pem", "known_hosts", "lab.json", "lab.log"):
            assert stat.S_IMODE((run / name).stat().st_mode) == 0o600, name
        passwords = [a["password"] for a in lab["accounts"]]
        assert not [p for p in passwords if p in (run / "lab.log").read_text() + up.stdout]
        inventory = yaml.safe_load((run / "inventory.yml").read_text())
        host = inventory["all"]["children"]["cucm"]["hosts"]["north"]
        assert host["ansible_host"] == lab["clusters"]["north"]["nodes"]["north-pub"]["address"]
        assert set(host["cucm_node_addresses"]) == {"north-pub", "north-sub"}
        assert {host["cucm_axl_password"], host["cucm_cli_password"]} <= set(passwords)
        hosts = (run / "known_hosts").read_text().splitlines()
        assert len(hosts) == 8 and all(line.startswith("[127.20.") for line in hosts)
        again = cucm_lab("up", TOPOLOGIES / "single-node.yml", "--run-dir", run, "--detach", "--free-ports")
        assert again.returncode == 1 and "a lab is running there" in again.stderr
    finally:
        down = cucm_lab("down", "--run-dir", run)
    assert (down.returncode, down.stdout, down.stderr) == (0, "", "")
    assert not (run / "lab.json").exists()
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(lab["control_url"], timeout=5)
    quiet = cucm_lab("down", "--run-dir", run)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")


def test_port_in_use_is_said(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.20.9.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        document = {
            "https_port": port,
            "clusters": [
                {"name": "c", "nodes": [{"name": "n", "role": "publisher", "address": "127.20.9.1"}]}
            ],
        }
        (tmp_path / "t.yml").write_text(yaml.safe_dump(document))
        result = cucm_lab("up", tmp_path / "t.yml", "--run-dir", tmp_path / "run", "--detach")
    assert result.returncode == 1 and f"127.20.9.1:{port} is in use" in result.stderr
    assert not (tmp_path / "run" / "lab.json").exists()


@pytest.mark.parametrize("path", sorted(TOPOLOGIES.rglob("*.yml")), ids=lambda p: p.stem)
def test_examples_load(path):
    assert topology.load(path).clusters


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda c: c.update(release="9.1"),
            "clusters[0].release: 9.1 is not known. One of 11.5, 12.5, 14, 15",
        ),
        (lambda c: c["nodes"][0].update(role="boss"), "clusters[0].nodes[0].role"),
        (lambda c: c["nodes"][1].update(role="publisher"), "2 publishers"),
        (lambda c: c["nodes"][1].update(name="cucm-pub"), "clusters[0].nodes[1].name"),
        (lambda c: c["nodes"][1].update(address="10.0.0.1"), "not a loopback address"),
        (lambda c: c["nodes"][2].update(services=["Cisco Tomcat"]), "clusters[0].nodes[2].services[0]"),
        (lambda c: c.update(timings={"bogus_s": 1}), "clusters[0].timings: there is no 'bogus_s'"),
        (lambda c: c.update(cli={"bogus": 1}), "clusters[0].cli.bogus: there is no CLI setting bogus"),
        (lambda c: c.update(texts={"bogus": "x"}), "clusters[0].texts.bogus"),
        (lambda c: c.update(timezone="Mars/Olympus"), "'Mars/Olympus' is not known"),
        (lambda c: c.update(bogus=1), "'bogus' was unexpected"),
        (lambda c: c.update(nodes=[]), "clusters[0].nodes"),
    ],
)
def test_topology_errors_name_place_and_remedy(change, said):
    document = json.loads(json.dumps(THREE_NODES))
    change(document["clusters"][0])
    with pytest.raises(topology.TopologyError) as caught:
        topology.parse(document, "my.yml")
    assert said in str(caught.value) and str(caught.value).startswith("my.yml: ")


def test_unreadable_files(tmp_path):
    with pytest.raises(topology.TopologyError, match="cannot be read"):
        topology.load(tmp_path / "none.yml")
    (tmp_path / "bad.yml").write_text("a: [")
    with pytest.raises(topology.TopologyError, match="is not YAML"):
        topology.load(tmp_path / "bad.yml")
    (tmp_path / "empty.yml").write_text("")
    with pytest.raises(topology.TopologyError):
        topology.load(tmp_path / "empty.yml")


def test_unquoted_release_is_understood():
    document = json.loads(json.dumps(THREE_NODES))
    document["clusters"][0]["release"] = 12.5
    assert topology.parse(document).clusters[0].release == "12.5"


def test_free_ports_are_different_ones():
    ports = free_ports("127.0.0.1", 500)
    assert len(set(ports)) == 500


def test_another_release_than_the_topology_says():
    described = topology.load(TOPOLOGIES / "release-15.yml", "12.5").clusters[0]
    assert (described.release, described.version[:4]) == ("12.5", "12.5")
    assert topology.load(TOPOLOGIES / "release-15.yml").clusters[0].release == "15"


def test_https_on_a_second_port(cucm_lab_start):
    document = json.loads(json.dumps(THREE_NODES))
    document["clusters"][0]["nodes"][0]["web_port"] = 0
    lab = cucm_lab_start(document)
    publisher = lab.info["clusters"]["lab"]["nodes"]["cucm-pub"]
    assert "web_port" not in lab.info["clusters"]["lab"]["nodes"]["cucm-sub1"]
    account = lab.clusters["lab"].account("axl")
    for port in (publisher["https_port"], publisher["web_port"]):
        answer = requests.get(
            f"https://{publisher['address']}:{port}/axl/",
            auth=(account["username"], account["password"]),
            verify=str(lab.ca_path),
            timeout=20,
        )
        assert answer.status_code == 200
    lab.clusters["lab"].set(nodes={"cucm-pub": {"up": False}})
    for port in (publisher["https_port"], publisher["web_port"]):
        with pytest.raises(ConnectionRefusedError), socket.create_connection((publisher["address"], port), 5):
            pass
