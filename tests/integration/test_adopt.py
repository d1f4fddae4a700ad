# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster has, written as host_vars by the playbook adopt, is what a rollout with them finds: nothing changes.

C(CUCM_ADOPT_CLUSTERS) random clusters (3), from C(CUCM_ADOPT_SEED) (1) on; C(CUCM_ADOPT_REPORT) is where the figures go.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import typing as t
from collections import Counter
from pathlib import Path
from random import Random

import pytest
import yaml

from ansible_collections.ucops.cucm.plugins.plugin_utils import _adoption as adoption
from ansible_collections.ucops.cucm.plugins.plugin_utils import _host_vars as host_vars
from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness.modules import Modules
from .harness.names import CALLMANAGER, CAPF, ROOT, TFTP
from .harness.playbooks import Playbooks
from .harness.random_clusters import TEXTS, Wild, restart_callmanager, settle, wild
from .harness.runs import Run

CLUSTERS = int(os.environ.get("CUCM_ADOPT_CLUSTERS", "3"))
SEED = int(os.environ.get("CUCM_ADOPT_SEED", "1"))
TOGETHER = 10
SETTINGS = {"cucm_poll_interval": 0.1, "cucm_stable_for": 0.2, "cucm_wait_timeout": 30}


class Loader(yaml.SafeLoader):
    """Reads host_vars as Ansible does."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def load(path: Path) -> dict[str, t.Any]:
    """Return the variables in a file."""
    return yaml.load(path.read_text("utf-8"), Loader)


def recaps(run: Run) -> dict[str, dict[str, int]]:
    """Return the integers of every host's line of the recap."""
    lines = re.findall(r"(?m)^(\S+) +: (ok=.*)$", run.output)
    return {
        host: {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", counts)} for host, counts in lines
    }


def of_each_host(run: Run, task: str) -> dict[str, dict[str, t.Any]]:
    """Return every host's result of a task."""
    found = {
        line["host"]: line["result"]
        for line in run.results
        if line["task"].rpartition(" : ")[2] == task and line["status"] != "skipped"
    }
    assert found, run.output
    return found


@pytest.mark.parametrize("first", range(SEED, SEED + CLUSTERS, TOGETHER))
def test_random_clusters_are_left_as_they_are(first: int, tmp_path: Path) -> None:
    """Read, written, applied: the plan is empty, the run changes nothing, and nothing was asked of the cluster to change."""
    started = time.monotonic()
    numbers = range(first, min(first + TOGETHER, SEED + CLUSTERS))
    wilds = {
        f"c{number:03}": wild(f"c{number:03}", Random(number), f"127.83.{number % 256}") for number in numbers
    }
    topology = {"time_scale": 200, "clusters": [each.topology for each in wilds.values()]}
    with RunningLab(topology, tmp_path / "lab") as lab:
        for name, each in wilds.items():
            settle(lab.clusters[name], each)
        since = {name: handle.last_seq for name, handle in lab.clusters.items()}
        playbooks = Playbooks(next(iter(lab.clusters.values())), tmp_path)
        adopted = playbooks.start("adopt", "--forks", "4").end(600).ok()
        written = {name: load(tmp_path / "lab" / "host_vars" / name / "cucm.yml") for name in wilds}
        checked = playbooks.start("rollout", "--check", "--forks", "4", **SETTINGS).end(600)
        changing = {name: handle.journal(since[name], changing=True) for name, handle in lab.clusters.items()}
    plans = {
        name: result["ansible_facts"]["rollout_plan"]["operations"]
        for name, result in of_each_host(checked, "Plan the operations").items()
    }
    figures = {
        "seconds": round(time.monotonic() - started, 1),
        "clusters": len(wilds),
        "recaps": recaps(checked),
        "plans": {name: [each["action"] for each in plan] for name, plan in plans.items()},
        "changing_journal_entries": sum(map(len, changing.values())),
        "variables_written": Counter(name for variables in written.values() for name in variables),
        "left_out": of_each_host(adopted, "Report what is left out and what is due"),
    }
    if where := os.environ.get("CUCM_ADOPT_REPORT"):
        Path(f"{where}-{first}.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")

    for name, each in wilds.items():
        assert_as_it_is(written[name], each)
    assert set(plans) == set(wilds), checked.output
    assert {name: plan for name, plan in plans.items() if plan} == {}
    for name, recap in recaps(checked).items():
        assert (recap["changed"], recap["failed"], recap["unreachable"]) == (0, 0, 0), (name, checked.output)
    assert {name: entries for name, entries in changing.items() if entries} == {}
    assert not (tmp_path / "pwned").exists()


def assert_as_it_is(written: dict[str, t.Any], cluster: Wild) -> None:
    """Assert that what was written of a cluster is what its administrator made it."""
    profiles = written.get("cucm_sip_oauth_profiles")
    found = {
        **written,
        **({} if profiles is None else {"cucm_sip_oauth_profiles": [each["name"] for each in profiles]}),
    }
    assert found == cluster.truth
    for profile in profiles or []:
        made = cluster.topology["phone_security_profiles"][profile["name"]]
        assert (profile["description"], profile["phone_type"]) == (made["description"], made["phoneType"])


# -- the file --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """A lab of one small cluster in mixed mode."""
    services = [CALLMANAGER, TFTP, CAPF]
    node = {"name": "pub", "role": "publisher", "address": "127.84.0.1", "services": services}
    state = {"security_mode": "mixed", "ctl_age_s": 2_000_000, "sip_oauth_mode": "enabled"}
    return cucm_lab_start(
        {"time_scale": 200, "clusters": [{"name": "lab", "release": "14", "nodes": [node], "state": state}]}
    )


@pytest.fixture
def cluster(lab: RunningLab) -> ClusterHandle:
    """The cluster, as new."""
    cluster = lab.clusters["lab"]
    cluster.reset()
    restart_callmanager(cluster)
    return cluster


def adopt(playbooks: Playbooks, *arguments: str, **variables: t.Any) -> Run:
    """Run adopt into a directory of the test."""
    return playbooks.run(
        "adopt", *arguments, **{"cucm_adopt_directory": str(playbooks.directory / "vars"), **variables}
    )


def test_check_mode_shows_what_would_be_written_and_writes_nothing(playbooks: Playbooks) -> None:
    check = adopt(playbooks, "--check", "--diff").ok()
    assert not (playbooks.directory / "vars").exists()
    assert check.recap["changed"] == 2
    assert "+cucm_security_mode: mixed\n" in check.output
    first = adopt(playbooks, "--diff").ok()
    file = playbooks.directory / "vars" / "lab" / "cucm.yml"
    text = file.read_text("utf-8")
    for run in (check, first):
        shown = [line[1:] for line in run.output.splitlines() if re.match(r"\+(?!\+\+)", line)]
        # The directory's own difference comes first.
        assert [line for line in shown if line in text.splitlines()] == text.splitlines()
    assert file.stat().st_mode & 0o777 == 0o644
    assert first.recap["changed"] == 2 and first.changing() == check.changing() == []
    again = adopt(playbooks).ok()
    assert (again.recap["changed"], file.read_text("utf-8")) == (0, text)


def test_its_own_file_follows_the_cluster(cluster: ClusterHandle, playbooks: Playbooks) -> None:
    adopt(playbooks).ok()
    cluster.set(expressway_c={"new.example.com": {"description": "", "x509": ""}})
    assert adopt(playbooks).ok().recap["changed"] == 1
    variables = load(playbooks.directory / "vars" / "lab" / "cucm.yml")
    assert [entry["host"] for entry in variables["cucm_expressway_c"]] == ["new.example.com"]


def test_a_file_of_somebody_else_is_written_over_on_demand_alone(playbooks: Playbooks) -> None:
    adopt(playbooks).ok()
    file = playbooks.directory / "vars" / "lab" / "cucm.yml"
    text = file.read_text("utf-8")
    for edited in (text.replace("mixed", "non_secure"), "mine: true\n", ""):
        file.write_text(edited, "utf-8")
        for arguments in ((), ("--check",)):
            adopt(playbooks, *arguments).refused("is not as this playbook wrote it", "cucm_adopt_overwrite")
        assert file.read_text("utf-8") == edited
    adopt(playbooks, cucm_adopt_overwrite=True).ok()
    assert file.read_text("utf-8") == text


@pytest.mark.parametrize("name", ["lab.yml", "lab.yaml", "lab"])
def test_host_vars_in_one_file_are_not_hidden_by_a_directory(playbooks: Playbooks, name: str) -> None:
    """Ansible reads the directory of a host and not the file beside it: credentials would be gone."""
    directory = playbooks.directory / "vars"
    directory.mkdir()
    (directory / name).write_text("cucm_timeout: 20\n", "utf-8")
    adopt(playbooks, cucm_adopt_overwrite=True).refused(
        name, "would not be read any more", "nothing was written"
    )
    assert [path.name for path in directory.iterdir()] == [name]
    if name != "lab":
        (directory / "lab").mkdir()
        adopt(playbooks).ok()


def test_what_the_accounts_may_not_read_is_left_out_and_said(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    """With an AXL account that may only read and a CLI account of level 0."""
    axl, cli = cluster.account("axl", 0), cluster.account("cli", 0)
    accounts = {
        "cucm_axl_username": axl["username"],
        "cucm_axl_password": axl["password"],
        "cucm_cli_username": cli["username"],
        "cucm_cli_password": cli["password"],
    }
    run = adopt(playbooks, **accounts).ok()
    assert run.changing() == []
    text = (playbooks.directory / "vars" / "lab" / "cucm.yml").read_text("utf-8")
    assert "\ncucm_sip_oauth_clients:\n  - jabber\n\n" in text
    assert "# Without phones: with them a rollout would miss: trust_stores" in text
    assert "# Why a rollout would not call the cluster proven" in text and "# - tomcat" in text


def test_what_is_due_is_said_and_a_rollout_with_it_does_that_alone(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    cluster.set(ctl={"pub": "rebuild"})
    adopt(playbooks).ok()
    text = (playbooks.directory / "vars" / "lab" / "cucm.yml").read_text("utf-8")
    due = re.findall(r"(?m)^# - (pub: .+)$", text)
    assert due == [f"pub: restart {TFTP}", f"pub: restart {CALLMANAGER}"]
    variables = load(playbooks.directory / "vars" / "lab" / "cucm.yml")
    check = playbooks.rollout("--check", **SETTINGS, **variables)
    plan = check.result("Plan the operations")["ansible_facts"]["rollout_plan"]["operations"]
    assert [f"{each['node']}: {each['action']}" for each in plan] == due


def test_what_enabling_left_is_not_taken_back_by_what_was_written(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    """SIP OAuth was disabled by hand; its record is there still. With disabled a rollout would bring back what was before."""
    recorded = Modules(cluster, playbooks.state_dir).run(
        "enterprise_parameter", parameters={"oAuthWithRefreshLoginFlow": "1"}, record="sip_oauth"
    )
    assert recorded["changed"], dict(recorded)
    cluster.set(database={"processconfig": {"ClusterSIPOAuthMode": "0"}})
    restart_callmanager(cluster)
    back = playbooks.rollout("--check", cucm_plan_only=True, cucm_sip_oauth_mode="disabled", **SETTINGS).ok()
    assert back.result("Plan the operations")["ansible_facts"]["rollout_plan"]["operations"] != []

    adopt(playbooks).ok()
    file = playbooks.directory / "vars" / "lab" / "cucm.yml"
    assert "# cucm_sip_oauth_mode: Left out: SIP OAuth is disabled, but not all" in file.read_text("utf-8")
    variables = load(file)
    assert "cucm_sip_oauth_mode" not in variables
    check = playbooks.rollout("--check", **SETTINGS, **variables).ok()
    assert check.result("Plan the operations")["ansible_facts"]["rollout_plan"]["operations"] == []
    assert (check.recap["changed"], check.changing()) == (0, [])


# -- Ansible reads it ------------------------------------------------------------------------------------------------


def test_hostile_texts_reach_a_play_as_they_are(tmp_path: Path) -> None:
    """As host_vars of this Ansible: nothing is templated, evaluated or turned into something else, keys neither."""
    texts = [
        *TEXTS,
        "{# gone #}",
        "a\nb\x1b[31m\u2028",
        " ",
        "",
        "True",
        "[1, 2]",
        "{'a': 1}",
        "#jinja2: x",
        "x" * 2000,
    ]
    variables = {
        "cucm_sip_oauth_parameters": dict.fromkeys(texts, "x")
        | {str(key): value for key, value in enumerate(texts)},
        "cucm_sip_oauth_profiles": [{"name": text, text: [text]} for text in texts],
        "cucm_expressway_c": texts,
    }
    here = tmp_path
    (here / "host_vars" / "c").mkdir(parents=True)
    text = host_vars.text(adoption.Adopted(variables), {})
    (here / "host_vars" / "c" / "cucm.yml").write_text(text, "utf-8")
    (here / "inventory.ini").write_text(
        f"c ansible_connection=local ansible_python_interpreter={sys.executable}\n", "utf-8"
    )
    show = "{{ {'p': parameters, 'f': profiles, 'e': entries} | to_json }}"
    task = {
        "name": "Show",
        "ansible.builtin.copy": {"content": show, "dest": str(here / "shown"), "mode": "0600"},
    }
    # As the playbook rollout hands them on: one variable in another.
    handed_on = {
        "parameters": "{{ cucm_sip_oauth_parameters | default({}) }}",
        "profiles": "{{ cucm_sip_oauth_profiles | default([]) }}",
        "entries": "{{ cucm_expressway_c | default([]) }}",
    }
    play = [{"hosts": "c", "gather_facts": False, "vars": handed_on, "tasks": [task]}]
    (here / "play.yml").write_text(json.dumps(play), "utf-8")
    run = subprocess.run(
        [Path(sys.executable).parent / "ansible-playbook", "-i", here / "inventory.ini", here / "play.yml"],
        env={**os.environ, "HOME": str(here), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads((here / "shown").read_text("utf-8")) == {
        "p": variables["cucm_sip_oauth_parameters"],
        "f": variables["cucm_sip_oauth_profiles"],
        "e": variables["cucm_expressway_c"],
    }
