# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Three lies of a cluster, each told to three listeners: cluster_info, security_mode, and a rollout that only verifies."""

from __future__ import annotations

import typing as t

import pytest

from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness import journal, topologies
from .harness.modules import Modules
from .harness.names import CALLMANAGER, CTIMANAGER, PUBLISHER, SUBSCRIBER, TFTP
from .harness.playbooks import Playbooks

Lie = tuple[str, dict[str, t.Any], str]


@pytest.fixture(scope="module")
def lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """A lab of these tests' own; TFTP runs on both nodes."""
    return cucm_lab_start(topologies.two_nodes(3, subscriber=[CALLMANAGER, TFTP, CTIMANAGER]))


def caught(
    cluster: ClusterHandle, modules: Modules, playbooks: Playbooks, about: str, witnesses: dict[str, t.Any]
) -> None:
    """Assert that every listener calls it a contradiction, with the values, and sends nothing that changes."""
    since = cluster.last_seq
    (found,) = modules.run("cluster_info")["cluster"]["contradictions"]
    assert (found["about"], found["witnesses"]) == (about, witnesses)
    refused = modules.run("security_mode", state="mixed")
    refused.refused("contradiction", *(str(value) for value in witnesses.values()))
    run = playbooks.rollout("--skip-tags", "apply,restart")
    run.refused("is not proven to be mixed", f"contradiction about {about}")
    assert not [entry for entry in cluster.journal(since) if entry["changing"]]


def test_the_database_says_mixed_and_there_is_no_ctl_file(
    cluster: ClusterHandle, modules: Modules, playbooks: Playbooks
) -> None:
    cluster.set(database={"processconfig": {"ClusterSecurityMode": "1"}})
    since = cluster.last_seq
    found = modules.run("cluster_info")["cluster"]["contradictions"]
    assert [item["witnesses"] for item in found] == [
        {"database": "mixed", f"ctl_file@{node}": "no CTL file"} for node in (PUBLISHER, SUBSCRIBER)
    ]
    modules.run("security_mode", state="mixed").refused("contradiction", "mixed", "non_secure")
    playbooks.rollout().refused("ctl (fail): contradiction", "no CTL file", "Nothing was changed")
    assert not [entry for entry in cluster.journal(since) if entry["changing"]]


def test_the_ctl_file_differs_on_one_tftp_node(
    cluster: ClusterHandle, modules: Modules, playbooks: Playbooks
) -> None:
    playbooks.rollout().ok()
    cluster.set(ctl={SUBSCRIBER: "stale"})
    nodes = cluster.state()["nodes"]
    sums = {f"ctl_file@{name}": node["ctl_file"]["sha1"] for name, node in nodes.items()}
    assert len(set(sums.values())) == 2
    caught(cluster, modules, playbooks, f"CTL file at {SUBSCRIBER}", sums)
    # It is repaired by what the rollout is for: an update of the file, and the restarts that follow.
    playbooks.rollout().ok()
    assert journal.end_state(cluster)["one_ctl_file"]


def test_callmanager_is_reported_up_and_does_not_listen(
    cluster: ClusterHandle, modules: Modules, playbooks: Playbooks
) -> None:
    playbooks.rollout().ok()
    cluster.fault("not_listening", node=SUBSCRIBER, service=CALLMANAGER)
    witnesses = {
        f"control_center@{SUBSCRIBER}": "Started",
        f"open_ports@{SUBSCRIBER}": "listens on none of 2000, 5060",
    }
    caught(cluster, modules, playbooks, f"{CALLMANAGER} at {SUBSCRIBER}", witnesses)
