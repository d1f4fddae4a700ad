# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Witnesses that contradict each other: what each interface shows of a lie."""

from __future__ import annotations

import pytest

from cucm_lab.fixture import ControlError

from .test_axl import texts
from .test_mixed_mode import MODE

PORTS = {
    "Cisco CallManager": ["2000", "2443", "5060", "5061"],
    "Cisco Tftp": ["69", "6970"],
    "Cisco Certificate Authority Proxy Function": ["3804"],
    "Cisco CTL Provider": ["2444"],
}
MIXED = {"processconfig": {"ClusterSecurityMode": "1"}}


def open_ports(text: str) -> list[str]:
    """The port numbers of ``show open ports``, without those of SSH and HTTPS."""
    lines = [line for line in text.splitlines() if not line.startswith(("sshd", "jsvc"))]
    named = [word for line in lines for word in line.split() if word.startswith("cucm-")]
    return sorted((word.split(":")[1] for word in named), key=int)


def status(https, node: str, service: str) -> list[str]:
    answer = https(node).control("soapGetServiceStatus", f"<s:ServiceStatus>{service}</s:ServiceStatus>")
    return texts(answer, "ServiceStatus")


def test_the_database_says_mixed_and_there_is_no_ctl_file(https, cucm_cluster, shell):
    cucm_cluster.set(database=MIXED, ctl=dict.fromkeys(cucm_cluster.info["nodes"]))
    assert texts(https().axl("executeSQLQuery", MODE), "paramvalue") == ["1"]
    cli = shell()
    assert "ClusterSecurityMode 1" in cli.run(
        "run sql select paramname,paramvalue from processconfig where paramname='ClusterSecurityMode'"
    )
    assert "CTL File not found" in cli.run("show ctl")
    assert cucm_cluster.journal(kind="effect") == []


@pytest.mark.parametrize(
    ("what", "verdict"),
    [
        ("rebuild", "The CTL file was verified successfully."),
        ("stale", "The CTL file was verified successfully."),
        ("tampered", "Verification of the CTL file failed."),
    ],
)
def test_one_tftp_node_has_another_ctl_file(cucm_cluster, shell, what, verdict):
    cucm_cluster.set(database=MIXED)
    cucm_cluster.set(ctl=dict.fromkeys(cucm_cluster.info["nodes"], "rebuild"))
    nodes = cucm_cluster.state()["nodes"]
    assert len({node["ctl_file"]["sha1"] for node in nodes.values()}) == 1
    cucm_cluster.wait(lambda: cucm_cluster.set(ctl={"cucm-sub1": what}) or differs(cucm_cluster))
    good = shell("cucm-pub").run("show ctl").splitlines()
    other = shell("cucm-sub1").run("show ctl").splitlines()
    assert [line for line in good if "(SHA1)" in line] != [line for line in other if "(SHA1)" in line]
    assert verdict in other and "The CTL file was verified successfully." in good


def differs(cluster) -> bool:
    return len({node["ctl_file"]["sha1"] for node in cluster.state()["nodes"].values()}) == 2


def test_a_service_says_started_and_does_not_listen(https, cucm_cluster, shell):
    service = "Cisco CallManager"
    cli, other = shell("cucm-sub1"), shell("cucm-sub2")
    everything = sorted(PORTS[service] + PORTS["Cisco Tftp"], key=int)
    assert open_ports(cli.run("show open ports all")) == everything
    with cucm_cluster.faulty("not_listening", node="cucm-sub1", service=service):
        assert open_ports(cli.run("show open ports all")) == PORTS["Cisco Tftp"]
        assert open_ports(cli.run("show open ports regexp 5061")) == []
        assert status(https, "cucm-sub1", service) == ["Started"]
        assert "Cisco CallManager[STARTED]" in cli.run("utils service list")
        assert cucm_cluster.state()["nodes"]["cucm-sub1"]["services"][service]["status"] == "Started"
        assert open_ports(other.run("show open ports regexp 5061")) == ["5061"]
    assert open_ports(cli.run("show open ports regexp 5061")) == ["5061"]
    with cucm_cluster.faulty("not_listening", node="cucm-sub1", service=service, port="5061"):
        assert open_ports(cli.run("show open ports all")) == [p for p in everything if p != "5061"]


def test_ports_are_there_while_the_service_runs(cucm_cluster, shell):
    cli = shell()
    for service, ports in PORTS.items():
        cucm_cluster.set(services={"cucm-pub": {service: {"activated": True, "status": "Started"}}})
        assert [p for p in open_ports(cli.run("show open ports all")) if p in ports] == ports
        cucm_cluster.set(services={"cucm-pub": {service: {"status": "Stopped"}}})
        assert [p for p in open_ports(cli.run("show open ports all")) if p in ports] == []


def test_the_lie_needs_a_service(cucm_cluster):
    with pytest.raises(ControlError) as refused:
        cucm_cluster.fault("not_listening", node="cucm-sub1")
    assert refused.value.status == 400
