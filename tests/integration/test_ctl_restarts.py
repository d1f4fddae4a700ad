# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollout that restarts what the device names after a change of the CTL file, and no more."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness import topologies
from .harness.names import CALLMANAGER, CTIMANAGER, MIXED_COMMAND, PUBLISHER, SUBSCRIBER, TFTP
from .harness.playbooks import Playbooks

NAMED = {"cucm_ctl_restarts": "named"}
CTI = f"{SUBSCRIBER}: restart {CTIMANAGER}"
OTHERS = [
    f"{PUBLISHER}: restart {TFTP}",
    f"{PUBLISHER}: restart {CALLMANAGER}",
    f"{SUBSCRIBER}: restart {CALLMANAGER}",
]


@pytest.fixture(scope="module")
def lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """A lab whose device names phones and CTIManager."""
    topology = topologies.two_nodes(23, subscriber=[CALLMANAGER, CTIMANAGER])
    topology["clusters"][0]["cli"] = {"trailer": "phones_ctimanager"}
    return cucm_lab_start(topology)


def test_only_what_the_device_names_is_restarted_and_that_is_remembered(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    plan = playbooks.run("plan", **NAMED).ok()
    assert "cucm_ctl_restarts: named" in plan.output

    # Between the change and the restarts the run ends.
    changed = playbooks.rollout("--tags", "apply", **NAMED).ok()
    assert f"{PUBLISHER}: {MIXED_COMMAND}" in changed.changed()
    rest = playbooks.rollout(**NAMED).ok()
    assert rest.changed() == [CTI]
    assert playbooks.rollout(**NAMED).ok().changing() == []

    # Whoever wants all of them still has the others to do.
    union = playbooks.rollout().ok()
    assert union.changed() == OTHERS
    assert playbooks.rollout(**NAMED).ok().changing() == []


def test_in_one_run(playbooks: Playbooks) -> None:
    run = playbooks.rollout(**NAMED).ok()
    assert [each for each in run.changed() if "restart" in each] == [CTI]


def test_another_controller_knows_nothing_of_it_and_restarts_all(
    cluster: ClusterHandle, playbooks: Playbooks, tmp_path: Path
) -> None:
    playbooks.rollout(**NAMED).ok()
    other = Playbooks(cluster, tmp_path / "other")
    assert other.rollout(**NAMED).ok().changed() == OTHERS
