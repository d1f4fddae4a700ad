# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters as sites build them: reserved licences, one certificate for all nodes, clocks of any zone."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import MIXED_COMMAND, UPDATE_COMMAND
from .harness.playbooks import Playbooks
from .harness.topologies import TOPOLOGY
from .test_releases import ATTESTATIONS

SPECIFIC = "REGISTERED - SPECIFIC LICENSE RESERVATION"
RESERVED = {"registration": SPECIFIC, "authorization": "NOT AUTHORIZED - RESERVED"}
# A zone without letters, and one with a small letter.
ZONES = ["America/Bogota", "Pacific/Guam"]


@pytest.fixture(scope="module", params=ZONES)
def lab(request: pytest.FixtureRequest, cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    (lab,) = TOPOLOGY["clusters"]
    built = {"timezone": request.param, "licence": RESERVED, "multi_server_certificate": True}
    return cucm_lab_start({**TOPOLOGY, "time_scale": 200, "clusters": [{**lab, **built}]})


def test_a_rollout_ends_and_the_second_changes_nothing(
    cluster: ClusterHandle, journal: Journal, tmp_path: Path
) -> None:
    playbooks = Playbooks(cluster, tmp_path)
    wanted: dict[str, t.Any] = {
        "cucm_security_mode": "mixed",
        "cucm_consent_to_restarts": True,
        "cucm_attestations": dict.fromkeys(ATTESTATIONS, True),
        "cucm_poll_interval": 0.1,
        "cucm_stable_for": 0.2,
        "cucm_wait_timeout": 30,
    }
    first = playbooks.rollout(**wanted).ok()
    assert cluster.state()["cluster_security_mode"] == "mixed"
    facts = first.result("Read the cluster again")["cluster"]
    assert facts["duties"] == {"restarts": [], "ctl_update": []}
    (server,) = [
        record
        for record in facts["ctl_files"][facts["publisher"]]["records"]
        if record["function"] == "CCM+TFTP"
    ]
    assert server["subject"].startswith(f"CN={facts['publisher']}-ms;")
    sent = len(journal.changing())
    assert playbooks.rollout(**wanted).ok().changed() == []
    assert len(journal.changing()) == sent
    commands = [entry["operation"] for entry in journal.entries() if entry["kind"] == "command"]
    assert commands.count(MIXED_COMMAND) == 1
    assert UPDATE_COMMAND not in commands


def test_no_token_is_sent_to_a_cluster_with_reserved_licences(
    cluster: ClusterHandle, modules: Modules, journal: Journal
) -> None:
    licence = modules.run("smart_license", require_export_control=True)["licence"]
    assert (licence["registered"], licence["export_allowed"]) == (True, True)
    assert not modules.run("smart_license", state="registered", token="x", force=True)["changed"]
    modules.run("smart_license", state="renewed").refused("licence_reserved", "reservation")
    modules.run("smart_license", state="deregistered", consent_to_deregistration=True).refused(
        "licence_reserved"
    )
    cluster.set(licence={"registration": "RESERVATION IN PROGRESS"})
    modules.run("smart_license", state="registered", token="x").refused("licence_reserved")
    cluster.set(licence={"registration": SPECIFIC, "export_control": "Not Allowed"})
    modules.run("smart_license", state="registered", token="x", force=True).refused("licence_reserved")
    assert journal.changing() == []
