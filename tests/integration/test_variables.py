# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator wrote is what happens, or it is refused before any cluster is asked."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from cucm_lab.fixture import RunningLab

from .harness import topologies
from .harness.names import CALLMANAGER, CTIMANAGER
from .harness.playbooks import Playbooks
from .harness.runs import Run

PLAYBOOKS = ("plan", "rollout", "compliance", "adopt")
ATTESTATIONS = (
    "export_restricted_image",
    "itlrecovery_backup",
    "registration_baseline",
    "maintenance_window",
)


@pytest.fixture(scope="module")
def lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """A lab whose inventory says how the cluster is reached, and how long to wait."""
    topology = topologies.two_nodes(21, subscriber=[CALLMANAGER, CTIMANAGER])
    (cluster,) = topology["clusters"]
    for name in ("cucm_security_mode", "cucm_consent_to_restarts", "cucm_attestations"):
        del cluster["inventory_vars"][name]
    return cucm_lab_start(topology)


def inventory(tmp_path: Path, text: str) -> tuple[str, str]:
    """Return the arguments for an INI inventory beside the lab's."""
    file = tmp_path / "more.ini"
    file.write_text(text, "utf-8")
    return "-i", str(file)


def problems(run: Run) -> list[str]:
    """Return the lines of a run that was refused before any cluster was asked."""
    assert run.returncode == 2, run.output
    assert run.entries == []
    (result,) = [line["result"] for line in run.results if line["status"] == "failed"]
    first, *lines = result["msg"].splitlines()
    assert first == "No cluster was asked. What is wrong with the variables:"
    assert "Supported parameters" not in run.output and "argument_spec" not in run.output
    return lines


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_mistyped_name_stops_every_playbook_before_a_cluster_is_asked(
    playbooks: Playbooks, tmp_path: Path, playbook: str
) -> None:
    """From -e, from a group, and from a host that the play has beside another."""
    more = inventory(
        tmp_path,
        "[cucm]\nother cucm_acept=backup\n\n[cucm:vars]\ncucm_failon=fail\n",
    )
    run = playbooks.run(playbook, *more, cucm_securty_mode="mixed", cucm_sip_oauth_mode="enabled")
    lines = [line for line in problems(run) if "no such variable" in line]
    assert [line.partition(". ")[0] for line in lines] == [
        "all 2 hosts: cucm_failon: there is no such variable (did you mean cucm_fail_on?)",
        "all 2 hosts: cucm_securty_mode: there is no such variable (did you mean cucm_security_mode?)",
        "other: cucm_acept: there is no such variable (did you mean cucm_accept?)",
    ]


def test_a_name_in_a_play_of_ones_own_is_looked_at_too(playbooks: Playbooks, tmp_path: Path) -> None:
    """Without the tag always nothing is looked at, and nothing is asked either."""
    play = tmp_path / "own.yml"
    play.write_text(
        "- ansible.builtin.import_playbook: ucops.cucm.rollout\n  vars:\n    cucm_security_mode: mixd\n    cucm_acept: []\n",
        "utf-8",
    )
    assert [line.partition(": ")[2].partition(":")[0] for line in problems(playbooks.run(str(play)))] == [
        "cucm_acept",
        "cucm_security_mode",
    ]
    run = playbooks.rollout("--skip-tags", "always", cucm_security_mode="mixd")
    assert run.returncode == 2 and run.entries == [], run.output
    assert "was not judged in this run" in run.output


def test_a_sites_own_variables_do_not_stop_it(playbooks: Playbooks, tmp_path: Path) -> None:
    more = inventory(
        tmp_path, "[cucm:vars]\ncucm_site_owner=me\ncucm_tier=1\ncucm_extra_variables=cucm_site_*,cucm_tier\n"
    )
    playbooks.run("plan", *more, cucm_security_mode="mixed").ok()


def test_all_problems_of_all_hosts_are_a_line_each(playbooks: Playbooks, tmp_path: Path) -> None:
    more = inventory(
        tmp_path,
        '[cucm]\nother cucm_axl_password=12345678 cucm_cli_password="{{ vault_cli }}"\n'
        "[cucm:vars]\ncucm_hosts=cucm\n",
    )
    run = playbooks.run(
        "plan",
        *more,
        cucm_security_mode=True,
        cucm_attestations=["export_restricted_image"],
        cucm_accept="export_restricted_imag",
        cucm_sip_oauth_parameters={"oAuthWithRefreshLoginFlow": 1},
        cucm_consent_to_restarts="perhaps",
    )
    told = problems(run)
    assert [line.rpartition(": must")[0] or line for line in told[:5]] == [
        "all 2 hosts: cucm_security_mode",
        "all 2 hosts: cucm_sip_oauth_parameters.oAuthWithRefreshLoginFlow",
        "all 2 hosts: cucm_attestations",
        "all 2 hosts: cucm_accept[0]",
        "all 2 hosts: cucm_consent_to_restarts",
    ]
    assert told[5:7] == [
        "other: cucm_cli_password: cannot be rendered: vault_cli is undefined.",
        "other: cucm_axl_password: must be a text, and is something else: put it in quotes.",
    ]
    assert told[7].startswith("cucm_hosts: has no effect in the inventory")
    assert len(told) == 8 and "12345678" not in run.output


def test_an_ini_inventory_says_the_same_as_yaml(playbooks: Playbooks, tmp_path: Path) -> None:
    """Texts for booleans, numbers, lists and mappings, all the way to a cluster that was changed as they say."""
    attestations = json.dumps(dict.fromkeys(ATTESTATIONS, True))
    more = inventory(
        tmp_path,
        f"[cucm:vars]\ncucm_security_mode=mixed\ncucm_attestations={attestations}\ncucm_accept=backup,licence\n"
        "cucm_consent_to_restarts=yes\ncucm_consent_to_outage=no\ncucm_backup_max_age_days='7'\n",
    )
    refused = playbooks.rollout(*more, "-e", "cucm_consent_to_restarts=no")
    refused.refused("cucm_consent_to_restarts: the plan restarts services")
    assert refused.changing() == []
    run = playbooks.rollout(*more).ok()
    assert playbooks.cluster.state()["cluster_security_mode"] == "mixed"
    assert run.recap["changed"] > 0


def test_a_value_that_was_cut_at_a_blank_is_noticed(playbooks: Playbooks) -> None:
    run = playbooks.run(
        "plan", "-e", "cucm_attestations={export_restricted_image: sEcret}", cucm_security_mode="mixed"
    )
    lines = problems(run)
    assert lines[0].startswith("-e: a value ends at the first blank")
    assert "sEcret" not in run.output


def test_the_plan_never_changes_anything_and_names_both_modes(playbooks: Playbooks) -> None:
    """Whatever the variables say: there is nothing in the playbook that could."""
    given = {
        "cucm_security_mode": "mixed",
        "cucm_consent_to_restarts": True,
        "cucm_attestations": dict.fromkeys(ATTESTATIONS, "yes"),
        "cucm_plan_only": False,
    }
    run = playbooks.run("plan", **given).ok()
    assert run.changing() == [] and run.recap["changed"] == 0
    assert "PLAY [Plan the modes, change nothing]" in run.output and "Missing" not in run.output
    assert "security mode: non_secure, to become mixed" in run.output
    assert "SIP OAuth mode: stays disabled (not asked for)" in run.output
    only = playbooks.rollout(**{**given, "cucm_plan_only": "yes"}).ok()
    assert only.changing() == []


def test_a_plan_says_that_no_record_could_be_written(playbooks: Playbooks, tmp_path: Path) -> None:
    """And it leaves nothing behind where one could."""
    given = {"cucm_security_mode": "mixed", "cucm_state_dir": "/proc/nope/state"}
    run = playbooks.run("plan", **given).ok()
    assert "cucm_state_dir: /proc/nope/state cannot be written (/proc: " in run.output
    rollout = playbooks.rollout(
        **given, cucm_consent_to_restarts=True, cucm_attestations=dict.fromkeys(ATTESTATIONS, True)
    )
    rollout.refused("Nothing was changed", "cucm_state_dir: /proc/nope/state cannot be written")
    assert rollout.changing() == []
    place = tmp_path / "here"
    place.mkdir()
    fine = playbooks.run("plan", cucm_security_mode="mixed", cucm_state_dir=str(place / "a" / "b")).ok()
    assert "cannot be written" not in fine.output
    assert [path.name for path in place.rglob("*.jsonl")] == []
    assert not list(place.rglob(".ucops*"))


def test_saved_answers_never_let_a_rollout_ask_the_cluster(playbooks: Playbooks) -> None:
    for playbook in ("plan", "rollout", "adopt"):
        run = playbooks.run(playbook, cucm_security_mode="mixed", cucm_saved="/nowhere")
        assert [line for line in problems(run) if "cucm_saved: only the playbook compliance" in line]


def test_what_is_one_value_for_the_whole_run_may_not_differ(playbooks: Playbooks, tmp_path: Path) -> None:
    """The first host's would silently win."""
    more = inventory(tmp_path, "[cucm]\nother cucm_fail_on=fail cucm_compliance_keep=many\n")
    told = problems(playbooks.run("compliance", *more))
    assert [line.partition(":")[0] for line in told] == ["cucm_fail_on", "cucm_compliance_keep"]
    run = playbooks.run("compliance", cucm_fail_on="fial", cucm_compliance_formats="json,html")
    (line,) = problems(run)
    assert "cucm_fail_on[0]: must be" in line and "did you mean fail?" in line


def test_a_cluster_with_a_wrong_value_is_unknown_and_stops_no_other(
    playbooks: Playbooks, tmp_path: Path
) -> None:
    more = inventory(
        tmp_path,
        '[cucm]\nother ansible_host=127.60.21.9 cucm_security_mode=mixd cucm_cli_password="{{ vault_cli }}"\n',
    )
    run = playbooks.run("compliance", *more, cucm_compliance_directory=str(tmp_path / "report")).ok()
    report = json.loads((tmp_path / "report" / "compliance.json").read_text("utf-8"))
    reasons = {cluster["name"]: cluster["unreachable"] for cluster in report["clusters"]}
    assert reasons["lab"] is None
    assert "cucm_cli_password" in reasons["other"] and "vault_cli is undefined" in reasons["other"], (
        run.output
    )


def test_compliance_reads_an_ini_inventory_as_a_rollout_does(playbooks: Playbooks, tmp_path: Path) -> None:
    more = inventory(
        tmp_path,
        "[cucm:vars]\ncucm_security_mode=non_secure\ncucm_sip_oauth_mode=enabled\n"
        'cucm_sip_oauth_parameters={"oAuthWithRefreshLoginFlow": "1"}\ncucm_sip_oauth_clients=jabber,phones\n',
    )
    playbooks.run("compliance", *more, cucm_compliance_directory=str(tmp_path / "report")).ok()
    report = json.loads((tmp_path / "report" / "compliance.json").read_text("utf-8"))
    (cluster,) = report["clusters"]
    assert cluster["unreachable"] is None
    verdicts = {result["control"]: result["verdict"] for result in cluster["results"]}
    assert (verdicts["cluster-security-mode"], verdicts["sip-oauth-mode"]) == ("pass", "fail")
