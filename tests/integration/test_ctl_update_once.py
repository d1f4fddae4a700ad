# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster whose CTL file never gets what the rules expect in it: updated once, then left to the operator."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness import journal, topologies
from .harness.names import CALLMANAGER, CTIMANAGER, MIXED_COMMAND, PUBLISHER, SUBSCRIBER, TFTP, UPDATE_COMMAND
from .harness.playbooks import Playbooks

RESTARTS = [
    f"{PUBLISHER}: restart {TFTP}",
    f"{PUBLISHER}: restart {CALLMANAGER}",
    f"{SUBSCRIBER}: restart {CALLMANAGER}",
    f"{SUBSCRIBER}: restart {CTIMANAGER}",
]
UPDATE = f"{PUBLISHER}: {UPDATE_COMMAND}"
REASON = f"the CallManager certificate of node {SUBSCRIBER}"
HELD = "is not repeated"


@pytest.fixture(scope="module")
def lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """A lab whose CTL files have no record of the subscriber."""
    topology = topologies.two_nodes(21, subscriber=[CALLMANAGER, CTIMANAGER])
    topology["clusters"][0]["cli"] = {"ctl_omits": SUBSCRIBER}
    return cucm_lab_start(topology)


def test_an_update_is_made_once_and_then_left_to_the_operator(playbooks: Playbooks) -> None:
    first = playbooks.rollout().refused(REASON)
    assert first.changed()[2:] == [f"{PUBLISHER}: {MIXED_COMMAND}", *RESTARTS]

    second = playbooks.rollout().refused(REASON)
    assert second.codes("Update the CTL file") == ["ctl_still_differs"]
    assert journal.confirmations(second.entries) == 1

    held = playbooks.rollout().refused("ctl_update (unknown)", HELD, REASON, "cucm_accept: [ctl_update]")
    assert held.changing() == []
    plan = playbooks.run("plan").ok()
    assert HELD in plan.output and UPDATE not in plan.output

    accepted = playbooks.rollout(cucm_accept=["ctl_update"]).ok()
    assert accepted.changed() == RESTARTS
    assert HELD in accepted.result("Prove the modes")["msg"]
    again = playbooks.rollout(cucm_accept=["ctl_update"]).ok()
    assert again.changing() == []
    # Nothing is to be done, and nothing is proven.
    unproven = playbooks.rollout().refused("is not proven to be mixed", HELD, REASON)
    assert unproven.changing() == []

    repeated = playbooks.rollout(cucm_repeat_ctl_update=True).refused(REASON)
    assert journal.confirmations(repeated.entries) == 1
    assert journal.confirmations(playbooks.rollout().refused(HELD).entries) == 0


def test_a_controller_without_the_record_updates_once_more(
    playbooks: Playbooks, cluster: ClusterHandle, tmp_path: Path
) -> None:
    playbooks.rollout().refused(REASON)
    playbooks.rollout().refused(REASON)
    other = Playbooks(cluster, tmp_path / "other")
    for confirmations in (1, 0, 0):
        assert journal.confirmations(other.rollout().refused(REASON).entries) == confirmations
    assert journal.confirmations(playbooks.rollout().refused(HELD).entries) == 0
