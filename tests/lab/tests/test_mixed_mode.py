# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole lab at work: a mode change over SSH, seen through AXL, Control Center and the control API."""

from __future__ import annotations

import paramiko
import pytest

from .test_axl import texts

MODE = "<sql>select paramvalue from processconfig where paramname='ClusterSecurityMode'</sql>"
QUESTION = "(y/n):"


def test_mixed_and_back(shell, https, cucm_cluster):
    cli = shell()
    assert QUESTION in cli.run("utils ctl set-cluster mixed-mode", QUESTION)
    cli.answer("y")
    assert "Cluster set to Mixed Mode" in cli.read_until("admin:")
    assert texts(https().axl("executeSQLQuery", MODE), "paramvalue") == ["1"]
    files = [n["ctl_file"] for n in cucm_cluster.state()["nodes"].values()]
    assert all(f["verified"] for f in files) and len({f["sha1"] for f in files}) == 1
    assert files[0]["sha1"] in cli.run("show ctl")
    effects = [e["operation"] for e in cucm_cluster.journal(kind="effect")]
    assert effects == ["security_mode mixed"] + ["ctl_file update"] * 3
    cli.run("utils ctl set-cluster non-secure-mode", QUESTION)
    cli.answer("y")
    assert "Cluster set to Non Secure Mode" in cli.read_until("admin:")
    file = cucm_cluster.state()["nodes"]["cucm-sub1"]["ctl_file"]
    assert file["verified"] and [r["stripped"] for r in file["records"]] == [False, False, True, True, True]
    kinds = [e["kind"] for e in cucm_cluster.journal() if e["kind"] != "http"]
    assert kinds.index("login") < kinds.index("command") < kinds.index("prompt") < kinds.index("answer")


def test_ctl_is_not_copied_to_a_node_that_is_down_or_left_out(shell, cucm_cluster):
    cucm_cluster.set(nodes={"cucm-sub2": {"up": False}})
    cucm_cluster.fault("ctl_not_distributed", node="cucm-sub1")
    cli = shell()
    cli.run("utils ctl set-cluster mixed-mode", QUESTION)
    cli.answer("y")
    cli.read_until("admin:")
    nodes = cucm_cluster.state()["nodes"]
    assert [bool(nodes[n]["ctl_file"]) for n in nodes] == [True, False, False]


@pytest.mark.parametrize("when", ["before", "after"])
def test_connection_cut_at_the_answer_leaves_the_device_working(shell, cucm_cluster, when):
    cucm_cluster.fault("cut", match={"kind": "answer"}, when=when)
    cli = shell()
    cli.run("utils ctl set-cluster mixed-mode", QUESTION)
    with pytest.raises((EOFError, OSError)):
        cli.answer("y", then="admin:")
    cucm_cluster.wait(lambda: cucm_cluster.state()["cluster_security_mode"] == "mixed")


def test_held_mode_change_has_not_happened(shell, https, cucm_cluster):
    hold = cucm_cluster.fault("hold", match={"kind": "effect", "operation": "security_mode mixed"})
    cli = shell()
    cli.run("utils ctl set-cluster mixed-mode", QUESTION)
    cli.answer("y")
    cucm_cluster.wait_hit(hold)
    assert texts(https().axl("executeSQLQuery", MODE), "paramvalue") == ["0"]
    cucm_cluster.release(hold)
    cli.read_until("admin:")
    assert texts(https().axl("executeSQLQuery", MODE), "paramvalue") == ["1"]


def test_licence_is_the_gate(shell, cucm_cluster):
    cucm_cluster.set(licence={"export_control": "Not Allowed"})
    assert "Allow export-controlled functionality" in shell().run("utils ctl set-cluster mixed-mode")
    assert cucm_cluster.journal(kind="effect") == []


def test_new_host_key_is_not_the_known_one(shell, cucm_cluster):
    cucm_cluster.set(nodes={"cucm-pub": {"ssh_host_key": "new"}})
    with pytest.raises(paramiko.BadHostKeyException):
        shell()
    assert cucm_cluster.journal(kind="login") == []
