# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of the role rollout used alone: each from the operator's variables, each for its part of the plan and no more."""

from __future__ import annotations

import json
import typing as t
from collections import Counter
from pathlib import Path

import pytest
import yaml

from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness import topologies
from .harness.journal import end_state
from .harness.names import CALLMANAGER, ROOT
from .harness.playbooks import Playbooks
from .harness.runs import Run
from .test_sip_oauth_rollout import JABBER_PROFILE, PHONE_PROFILE, WANTED

SPECS = yaml.safe_load((ROOT / "roles" / "rollout" / "meta" / "argument_specs.yml").read_text("utf-8"))
ENTRIES = list(SPECS["argument_specs"])
# In the order of a rollout.
STEPS = ["activate", "mode", "sip_oauth", "restart", "finish"]


@pytest.fixture(scope="module")
def lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """A cluster that is to come to both modes."""
    topology = topologies.two_nodes(33, [CALLMANAGER])
    (cluster,) = topology["clusters"]
    cluster["inventory_vars"] = {**cluster["inventory_vars"], **WANTED}
    cluster["phones"] = [{"model": "Cisco 8845", "count": 1}]
    return cucm_lab_start(topology)


def alone(
    playbooks: Playbooks,
    *entries: str,
    arguments: t.Sequence[str] = (),
    last: t.Mapping[str, t.Any] | None = None,
    **variables: t.Any,
) -> Run:
    """Run entry points of the role, one after the other, in a play of somebody's own; C(last) are variables of the last."""
    tasks: list[dict[str, t.Any]] = [
        {"name": entry, "ansible.builtin.include_role": {"name": "ucops.cucm.rollout", "tasks_from": entry}}
        for entry in entries
    ]
    tasks[-1]["vars"] = dict(last or {})
    play = {"name": "Own", "hosts": "cucm", "gather_facts": False, "tasks": tasks}
    path = playbooks.directory / "own.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([play]), "utf-8")
    return playbooks.run(str(path), *arguments, **variables)


def kinds(run: Run) -> list[str]:
    """Return what a run did, without where: the first two words of each effect, in order, each once."""
    return list(dict.fromkeys(" ".join(what.partition(": ")[2].split()[:2]) for what in run.effects()))


def test_each_step_does_its_part_and_all_of_them_the_whole(
    cluster: ClusterHandle, playbooks: Playbooks, tmp_path: Path
) -> None:
    """In runs of their own, so that each reads and judges the cluster itself; the end is that of one rollout."""
    whole = playbooks.rollout().ok()
    end, database = end_state(cluster), cluster.database()
    cluster.reset()
    steps = Playbooks(cluster, tmp_path / "steps")
    runs = {step: alone(steps, step).ok() for step in STEPS}
    assert {step: kinds(run) for step, run in runs.items()} == {
        "activate": ["service activate"],
        "mode": ["security_mode mixed", "ctl_file update"],
        "sip_oauth": [
            "service_parameter update",
            "callmanager update",
            "expressway_c add",
            "trust_store phone-edge-trust",
            "sip_oauth_mode enabled",
        ],
        "restart": ["service restart"],
        "finish": ["phone_security_profile add"],
    }
    assert sum((run.effects() for run in runs.values()), Counter()) == whole.effects()
    assert (end_state(cluster), cluster.database()) == (end, database)
    proof = alone(steps, "verify").ok()
    assert "lab is mixed and SIP OAuth enabled" in proof.output and proof.changing() == []


def test_several_steps_of_one_play_read_the_cluster_once(playbooks: Playbooks) -> None:
    run = alone(playbooks, "plan", "gate", "activate", "mode").ok()
    assert run.tasks().count("Read the cluster") == 1
    assert kinds(run) == ["service activate", "security_mode mixed", "ctl_file update"]


def test_a_step_in_check_mode_changes_nothing(playbooks: Playbooks) -> None:
    for step in STEPS:
        run = alone(playbooks, step, arguments=["--check"]).ok()
        assert run.changing() == [] and run.changed(), step


@pytest.mark.parametrize("entry", ENTRIES)
def test_variables_that_are_wrong_are_refused_before_anything_is_asked(
    playbooks: Playbooks, entry: str
) -> None:
    """By all entry points in the words of the playbook, whichever variable is wrong."""
    run = alone(playbooks, entry, cucm_securty_mode="mixed", cucm_stable_for="soon", cucm_accept=["licens"])
    run.refused(
        "No cluster was asked.",
        "cucm_securty_mode: there is no such variable (did you mean cucm_security_mode?)",
        "cucm_stable_for: must be a number of seconds of at least 0, and is the text 'soon'",
        "cucm_accept[0]: must be",
    )
    assert run.entries == []


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"cucm_acept": ["licence"]}, "cucm_acept: there is no such variable (did you mean cucm_accept?)"),
        ({"cucm_stable_for": "soon"}, "cucm_stable_for: must be a number"),
    ],
    ids=str,
)
def test_variables_of_one_step_are_checked_like_all_others(
    playbooks: Playbooks, variables: dict[str, t.Any], said: str
) -> None:
    """Although the cluster was judged already."""
    run = alone(playbooks, "plan", "mode", last=variables).refused("No cluster was asked.", said)
    assert run.changing() == []


@pytest.mark.parametrize("entry", ["gate", *STEPS])
def test_a_step_says_what_is_missing_and_is_not_taken(playbooks: Playbooks, entry: str) -> None:
    run = alone(playbooks, entry, cucm_consent_to_restarts=False)
    run.refused("Nothing was changed. Before this plan can be carried out:", "cucm_consent_to_restarts")
    assert run.tasks("failed") == ["Stop before the first change"] and run.changing() == []


def test_the_mode_is_not_changed_before_its_services_are_activated(playbooks: Playbooks) -> None:
    assert kinds(alone(playbooks, "mode").ok()) == [
        "service activate",
        "security_mode mixed",
        "ctl_file update",
    ]


def test_settings_are_not_taken_back_while_the_mode_is_enabled(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    playbooks.rollout().ok()
    before = cluster.database()
    early = alone(playbooks, "finish", cucm_sip_oauth_mode="disabled")
    early.refused("disable SIP OAuth mode")
    assert early.changing() == [] and cluster.database() == before
    steps = [
        alone(playbooks, step, cucm_sip_oauth_mode="disabled").ok()
        for step in ("sip_oauth", "restart", "finish")
    ]
    assert all(run.changing() for run in steps)
    assert alone(playbooks, "verify", cucm_sip_oauth_mode="disabled").ok().changing() == []


def test_preflight_ends_with_what_is_not_ready(playbooks: Playbooks) -> None:
    assert alone(playbooks, "preflight").ok().changing() == []
    run = alone(playbooks, "preflight", cucm_attestations={}).refused(
        "Not ready:", "maintenance_window (unknown)"
    )
    assert run.tasks("failed") == ["Stop on failed and unknown checks"] and run.changing() == []


def test_verify_says_what_is_not_proven(playbooks: Playbooks) -> None:
    run = alone(playbooks, "verify").refused("is not proven to be mixed and SIP OAuth enabled")
    assert run.changing() == [] and max(run.logins().values()) == 1


def test_a_value_reaches_the_module_by_its_own_name(playbooks: Playbooks) -> None:
    """From a play, too: whatever Ansible takes for the host's."""
    assert [profile["name"] for profile in WANTED["cucm_sip_oauth_profiles"]] == [
        PHONE_PROFILE["name"],
        JABBER_PROFILE["name"],
    ]
    run = alone(playbooks, "activate", cucm_stable_for=0.3, cucm_wait_timeout="77").ok()
    given = [
        line["result"]["invocation"]["module_args"]
        for line in run.results
        if line["task"].rpartition(" : ")[2].startswith("Activate Cisco")
    ]
    assert given and all((each["stable_for"], each["wait_timeout"]) == (0.3, 77.0) for each in given)
