# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster that is reached by IPv6, in every way its address can be written."""

from __future__ import annotations

import socket
import typing as t
from pathlib import Path

import pytest

from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness.hostile import ssh as hostile
from .harness.modules import Modules
from .harness.names import PUBLISHER
from .harness.topologies import TOPOLOGY

FORMS = ["::1", "[::1]", "0:0:0:0:0:0:0:1", "[0000:0000:0000:0000:0000:0000:0000:0001]", "::0001"]
# The loopback interface by its number, which looks like an encoded character; the resolver takes names for link-local addresses only.
ZONE = socket.if_nametoindex("lo")


def has_loopback() -> bool:
    """Return whether the machine has the loopback address of IPv6."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(not has_loopback(), reason="this machine has no IPv6 loopback address (::1)")


@pytest.fixture(scope="module")
def lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """One node on ::1."""
    (cluster,) = TOPOLOGY["clusters"]
    node = {**cluster["nodes"][0], "address": "::1"}
    return cucm_lab_start({**TOPOLOGY, "clusters": [{**cluster, "nodes": [node]}]})


@pytest.mark.parametrize("form", FORMS)
def test_a_cluster_is_read_and_changed(cluster: ClusterHandle, state_dir: Path, form: str) -> None:
    modules = Modules(cluster, state_dir)
    reached: dict[str, t.Any] = {"publisher": form, "node_addresses": None}
    facts = modules.run(
        "cluster_info", gather_subset=["modes", "services", "ctl_files", "certificates"], **reached
    )
    assert "failure" not in facts, facts
    assert facts["cluster"]["unavailable"] == {}
    assert facts["cluster"]["nodes"][0]["address"] == "::1"
    result = modules.run("security_mode", state="mixed", **reached)
    assert result["changed"] is True, result


@pytest.mark.parametrize("form", [f"::1%{ZONE}", f"[0:0::1%{ZONE}]"])
def test_a_zone_is_for_the_connection_alone(cluster: ClusterHandle, state_dir: Path, form: str) -> None:
    """No certificate and no URL has it, and the password leaves for that very interface."""
    facts = Modules(cluster, state_dir).run(
        "cluster_info",
        gather_subset=["modes", "services"],
        publisher=form,
        node_addresses=None,
    )
    assert "failure" not in facts, facts
    assert facts["cluster"]["unavailable"] == {}
    nowhere = Modules(cluster, state_dir).run(
        "cluster_info", gather_subset=["modes"], publisher="::1%nowhere", node_addresses=None
    )
    nowhere.refused("connection_failed", "::1%25nowhere")


@pytest.mark.parametrize("form", FORMS[:3])
def test_addresses_are_compared_however_they_are_written(
    cluster: ClusterHandle, state_dir: Path, form: str
) -> None:
    info = cluster.publisher
    addresses = {PUBLISHER: {"address": form, "https_port": info["https_port"], "ssh_port": info["ssh_port"]}}
    for publisher in FORMS[:3]:
        options: dict[str, t.Any] = {"publisher": publisher, "node_addresses": addresses}
        assert "failure" not in Modules(cluster, state_dir).run(
            "cluster_info", gather_subset=["modes"], **options
        )


@pytest.mark.parametrize("form", FORMS[:3])
def test_a_pinned_key_may_stand_under_any_form(cluster: ClusterHandle, state_dir: Path, form: str) -> None:
    wrong = {form: "SHA256:" + "A" * 43}
    result = Modules(cluster, state_dir).run(
        "security_mode", state="mixed", publisher="::1", node_addresses=None, ssh_host_key=wrong
    )
    result.refused("host_key_changed", "::1")


def test_messages_have_a_url_that_can_be_used(cluster: ClusterHandle, state_dir: Path) -> None:
    result = Modules(cluster, state_dir).run(
        "cluster_info", publisher="::1", https_port=1, gather_subset=["modes"]
    )
    assert "https://[::1]:1" in result["msg"]


def test_a_hanging_node_is_told(cluster: ClusterHandle, state_dir: Path) -> None:
    with hostile.serving("::1", "silence") as (port, _fingerprint):
        result = Modules(cluster, state_dir).run(
            "security_mode", state="mixed", publisher="[::1]", ssh_port=port, node_addresses=None, timeout=1
        )
    result.refused("ctl_unreadable" if result.code == "ctl_unreadable" else "no_answer", f"::1 port {port}")
