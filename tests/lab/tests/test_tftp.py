# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the TFTP service by HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from cucm_lab.fixture import ClusterHandle, RunningLab
from cucm_lab.lab import LabError

NAME = "SEP000000000000"
TOPOLOGY = {
    "time_scale": 50,
    "tftp_port": 0,
    "clusters": [
        {
            "name": "phones",
            "nodes": [
                {"name": "cucm-pub", "role": "publisher"},
                {"name": "cucm-sub1", "services": ["Cisco CallManager"]},
            ],
            "phones": 1,
            "state": {"security_mode": "mixed"},
        }
    ],
}


@pytest.fixture(scope="module")
def lab(cucm_lab_start: Callable[..., RunningLab]) -> RunningLab:
    return cucm_lab_start(TOPOLOGY)


@pytest.fixture
def cluster(lab: RunningLab) -> ClusterHandle:
    cluster = lab.clusters["phones"]
    cluster.reset()
    return cluster


def fetch(cluster: ClusterHandle, name: str, node: str = "cucm-pub", **options) -> requests.Response:
    where = cluster.node(node)
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"http://{where['address']}:{where['tftp_port']}/{name}", timeout=20, **options)


def refused(cluster: ClusterHandle, name: str = "CTLFile.tlv", node: str = "cucm-pub") -> bool:
    try:
        fetch(cluster, name, node)
    except requests.ConnectionError:
        return True
    return False


def test_a_phone_s_trust_lists_are_those_of_the_node(cluster):
    ctl = fetch(cluster, f"CTL{NAME}.tlv")
    assert ctl.status_code == 200
    state = cluster.state()["nodes"]["cucm-pub"]["ctl_file"]
    assert len(ctl.content) == state["length"]
    assert fetch(cluster, "CTLFile.tlv").content == ctl.content
    assert fetch(cluster, f"ITL{NAME}.tlv").content != ctl.content
    cluster.set(ctl={"cucm-pub": None})
    missing = fetch(cluster, f"CTL{NAME}.tlv")
    assert (missing.status_code, missing.text) == (404, f"File Not Found: CTL{NAME}.tlv")
    first = cluster.journal(kind="http")[0]
    assert (first["operation"], first["account"], first["changing"]) == (
        f"tftp GET CTL{NAME}.tlv",
        None,
        False,
    )
    assert first["detail"] == {"status": 200}


def test_a_file_of_any_kind_comes_as_it_is(cluster, phones):
    phones.files = {("cucm-pub", f"{NAME}.cnf.xml.sgn"): bytes(range(256))}
    answer = fetch(cluster, f"{NAME}.cnf.xml.sgn")
    assert answer.content == bytes(range(256))


def test_it_listens_while_the_service_runs(cluster):
    assert refused(cluster, node="cucm-sub1")
    cluster.set(services={"cucm-sub1": {"Cisco Tftp": {"activated": True}}})
    cluster.wait(lambda: not refused(cluster, node="cucm-sub1"))
    cluster.set(services={"cucm-sub1": {"Cisco Tftp": {"status": "Stopped"}}})
    cluster.wait(lambda: refused(cluster, node="cucm-sub1"))
    cluster.set(nodes={"cucm-pub": {"up": False}})
    assert refused(cluster)
    cluster.set(nodes={"cucm-pub": {"up": True}})
    assert not refused(cluster)
    with cluster.faulty("not_listening", node="cucm-pub", service="Cisco Tftp"):
        assert refused(cluster)
    cluster.set(nodes={"cucm-pub": {"up": False}})
    cluster.reset()
    assert not refused(cluster)


def test_faults_of_the_wire(cluster):
    where = {"match": {"operation": "tftp *"}}
    with cluster.faulty("http", status=503, **where):
        assert fetch(cluster, "CTLFile.tlv").status_code == 503
    with cluster.faulty("http", status=200, body="garbage", **where):
        assert fetch(cluster, "CTLFile.tlv").text == "garbage"
    with cluster.faulty("http_truncate", **where), pytest.raises(requests.RequestException):
        fetch(cluster, "CTLFile.tlv")
    with cluster.faulty("cut", match={"kind": "http", "operation": "tftp *"}):
        assert refused(cluster)
    with cluster.faulty("http_drip", seconds_per_byte=0.00001, **where):
        assert fetch(cluster, "CTLFile.tlv").status_code == 200


def test_nothing_listens_where_no_port_is_given(cucm_cluster):
    assert "tftp_port" not in cucm_cluster.publisher


def test_a_port_that_is_taken_is_said(lab, cluster, tmp_path):
    taken = cluster.node("cucm-pub")
    node = {
        "name": "other",
        "role": "publisher",
        "address": taken["address"],
        "https_port": 0,
        "ssh_port": 0,
        "tftp_port": taken["tftp_port"],
    }
    topology = {"clusters": [{"name": "second", "nodes": [node]}]}
    with pytest.raises(LabError, match=f"{taken['tftp_port']} is in use"):
        RunningLab(topology, tmp_path, free_ports=False)
