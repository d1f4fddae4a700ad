# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A judgement is of one cluster, at one place, for one thing to do, by a reading of its own.

One host of the inventory is whichever cluster its variables reach when a task is run. C(ready) may be changed; C(broken) must not
be touched, since its database replication is broken.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml

from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness import topologies
from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import CALLMANAGER, CAPF, PUBLISHER, SUBSCRIBER
from .harness.playbooks import Playbooks
from .harness.runs import Run

# What says by which addresses and accounts a cluster is reached.
REACHES = (
    *("ansible_host", "cucm_https_port", "cucm_ssh_port", "cucm_node_addresses"),
    *("cucm_axl_username", "cucm_axl_password", "cucm_cli_username", "cucm_cli_password"),
)


def _topology() -> dict[str, t.Any]:
    (cluster,) = (whole := topologies.two_nodes(62, [CALLMANAGER]))["clusters"]
    clusters = []
    for number, name in enumerate(("ready", "broken")):
        nodes = [
            {**node, "address": f"127.60.62.{10 * number + place}"}
            for place, node in enumerate(cluster["nodes"], 1)
        ]
        clusters.append({**cluster, "name": name, "nodes": nodes})
    return {**whole, "clusters": clusters}


class Site:
    """One play over the host C(ready), and the clusters it may reach."""

    def __init__(self, lab: RunningLab, directory: Path) -> None:
        self.lab, self.directory = lab, directory
        self.ready, self.broken = lab.clusters["ready"], lab.clusters["broken"]
        self.playbooks = Playbooks(self.ready, directory / "runs")
        self.since = self.broken.last_seq

    def of_broken(self) -> dict[str, t.Any]:
        """Return the variables by which a host reaches the other cluster."""
        inventory = yaml.safe_load(self.lab.inventory.read_text("utf-8"))
        host = inventory["all"]["children"]["cucm"]["hosts"]["broken"]
        return {key: host[key] for key in REACHES}

    def run(self, *tasks: dict[str, t.Any], arguments: t.Sequence[str] = (), **variables: t.Any) -> Run:
        """Run tasks over the host, with variables of the play."""
        play = {
            "name": "Own",
            "hosts": "ready",
            "gather_facts": False,
            "vars": variables,
            "tasks": list(tasks),
        }
        path = self.directory / "own.yml"
        path.write_text(yaml.safe_dump([play], sort_keys=False), "utf-8")
        run = self.playbooks.start(str(path), *arguments).end()
        assert "PLAY [" in run.output, run.output
        return run

    def untouched(self) -> None:
        """Assert that nothing changed the cluster that must not be touched."""
        assert [entry["operation"] for entry in self.broken.journal(self.since) if entry["changing"]] == []


@pytest.fixture(scope="module")
def two_clusters(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """Both clusters."""
    return cucm_lab_start(_topology())


@pytest.fixture
def site(two_clusters: RunningLab, tmp_path: Path) -> Site:
    """A play over a host that reaches a cluster which may be changed, non-secure yet."""
    for cluster in two_clusters.clusters.values():
        cluster.reset()
    two_clusters.clusters["broken"].set(replication={SUBSCRIBER: {"state": 3}})
    return Site(two_clusters, tmp_path)


def part(tasks_from: str, **variables: t.Any) -> dict[str, t.Any]:
    """Return a task that includes a part of the role with variables of its own."""
    include = {"name": "ucops.cucm.rollout", "tasks_from": tasks_from, "apply": {"tags": ["always"]}}
    return {
        "name": tasks_from,
        "ansible.builtin.include_role": include,
        "vars": variables,
        "tags": ["always"],
    }


def judged(**variables: t.Any) -> dict[str, t.Any]:
    return part("plan", **variables)


FIRST_RESTART = "{{ (__rollout_restart_judgement | ucops.cucm.judged('ready')).operations[0] }}"


def due(cluster: ClusterHandle) -> None:
    """Bring a cluster to mixed mode by hand: the restarts are due."""
    cluster.set(services={PUBLISHER: {CAPF: {"activated": True}}})
    cluster.set(database={"processconfig": {"ClusterSecurityMode": "1"}})
    cluster.set(ctl={PUBLISHER: "rebuild", SUBSCRIBER: "rebuild"})


# --- another cluster ------------------------------------------------------------------------------------------------


def test_what_is_judged_of_one_cluster_is_done_at_it(site: Site) -> None:
    """What the others refuse is possible: it is not refused for another reason."""
    run = site.run(judged(), part("steps/mode")).ok()
    assert run.changing() and site.ready.state()["cluster_security_mode"] == "mixed"
    site.untouched()


@pytest.mark.parametrize(
    ("tasks_from", "variables"),
    [
        ("mode", {}),
        ("steps/mode", {}),
        ("activate", {}),
        ("steps/activate_one", {"__rollout_activation": "{{ rollout_plan.operations | first }}"}),
    ],
    ids=str,
)
def test_a_step_at_another_cluster_than_the_judged_one_is_refused(
    site: Site, tasks_from: str, variables: dict[str, t.Any]
) -> None:
    run = site.run(judged(), part(tasks_from, **variables, **site.of_broken()))
    assert "other_cluster_than_judged" in run.failures(), run.output
    assert "was judged as it is reached at 127.60.62.1:" in run.output
    site.untouched()


def test_restarts_of_another_cluster_are_not_judged_by_the_checks_of_the_first(site: Site) -> None:
    due(site.broken)
    run = site.run(judged(), part("restart", **site.of_broken()))
    assert "Judge the cluster first where it is reached now" in run.output
    site.untouched()


def test_restarts_that_were_judged_are_not_done_at_another_cluster(site: Site) -> None:
    """With everything that the part is given by the role."""
    due(site.ready)
    due(site.broken)
    restart = {"__rollout_restart": FIRST_RESTART}
    run = site.run(
        judged(),
        part("steps/judge_restarts"),
        part("steps/restart_one", **restart, **site.of_broken()),
    )
    assert run.failures() == ["other_cluster_than_judged"], run.output
    site.untouched()


def test_whole_roles_over_several_clusters_of_one_host_judge_each(site: Site) -> None:
    """The blocked one is refused for what blocks it, and the first is changed."""
    run = site.run(part("main"), part("main", **site.of_broken()))
    assert "replication (fail)" in run.output and run.changing(), run.output
    site.untouched()


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("service_control", {"service": CALLMANAGER, "state": "restarted"}),
        ("service_activation", {"service": CAPF}),
        ("security_mode", {"state": "mixed"}),
        ("sip_oauth_mode", {"state": "enabled"}),
        ("enterprise_parameter", {"parameters": {"oAuthWithRefreshLoginFlow": "1"}}),
        ("callmanager_ports", {"sip_oauth_port": 5099}),
        ("expressway_c", {"entries": [{"host": "exp-c"}]}),
        ("phone_security_profile", {"name": "new", "phone_type": "Cisco 8841", "protocol": "SIP"}),
        ("phone_security_profile", {"profiles": [{"name": "new", "phone_type": "Cisco 8841"}]}),
        ("trust_certificate", {}),
    ],
    ids=str,
)
def test_another_cluster_at_the_same_place_is_not_changed(
    modules: Modules, journal: Journal, module: str, options: dict[str, t.Any]
) -> None:
    """As behind a name or an address that was moved meanwhile. The module compares, with the cluster that answers."""
    judged = {"reading": {"identity": "another"}}
    result = modules.run(module, judgement=f"seal {json.dumps(judged)}", **options)
    assert result["failure"]["code"] == "other_cluster_than_judged", result
    assert "has the identity another" in result["msg"] and not result["changed"]
    assert journal.changing() == []


# --- another thing to do --------------------------------------------------------------------------------------------


def test_a_step_does_not_go_the_other_way(site: Site) -> None:
    due(site.ready)
    run = site.run(
        judged(cucm_security_mode="non_secure"),
        part("steps/mode", cucm_security_mode="mixed"),
    )
    assert run.failures() == ["other_step_than_judged"], run.output
    assert "state is 'mixed' and was judged as 'non_secure'" in run.output
    assert run.changing() == []


def test_what_was_judged_for_other_settings_is_judged_anew(site: Site) -> None:
    """By the old judgement a step would have nothing to do, or another consent."""
    as_it_is = {"cucm_security_mode": "non_secure"}
    run = site.run(judged(**as_it_is), part("mode"), part("verify", **as_it_is))
    assert f"{PUBLISHER}: security_mode mixed" in run.effects(), run.output
    assert "is not proven to be non_secure" in run.output
    due(site.ready)
    no_consent = {"cucm_consent_to_restarts": False}
    run = site.run(judged(), part("restart", **no_consent))
    assert "cucm_consent_to_restarts" in run.output and run.changing() == [], run.output


def test_a_judgement_for_check_mode_holds_there_only(site: Site) -> None:
    """By what a plan predicts nothing is restarted, although the task is kept from check mode."""
    due(site.ready)
    restart = part("steps/restart_one", __rollout_restart=FIRST_RESTART)
    restart["ansible.builtin.include_role"]["apply"]["check_mode"] = False
    run = site.run(judged(), part("steps/judge_restarts"), restart, arguments=["--check"])
    assert run.failures() == ["not_judged"] and run.changing() == [], run.output


# --- another reading ------------------------------------------------------------------------------------------------


def forged(site: Site) -> dict[str, t.Any]:
    """Return a register whose facts were really read, by this run, and then made better."""
    return {"cluster": "{{ read.cluster | combine({'replication': {}, 'security_mode': 'non_secure'}) }}"}


READ = {"name": "Read", "ucops.cucm.cluster_info": {"gather_subset": ["all"]}, "register": "read"}


@pytest.mark.parametrize(
    ("tasks_from", "variables"),
    [
        ("main", {"__rollout_read": {"cluster": {}}}),
        ("main", {"__rollout_read": "FORGED"}),
        ("main", {"rollout_judgement": "0 {}"}),
        ("mode", {"__rollout_read": "FORGED"}),
        ("mode", {"rollout_judgement": "0 {}"}),
        ("restart", {"__rollout_read": "FORGED"}),
        ("restart", {"__rollout_restart_read": "FORGED"}),
        ("restart", {"rollout_judgement": "0 {}"}),
        ("verify", {"__rollout_proof": {"cluster": {"security_mode": "mixed"}}}),
        ("verify", {"__rollout_proof": "FORGED", "cucm_security_mode": "non_secure"}),
    ],
    ids=str,
)
def test_facts_that_are_handed_in_are_not_judged(
    site: Site, tasks_from: str, variables: dict[str, t.Any]
) -> None:
    """Variables of an include win over what a task registers and sets."""
    due(site.ready)
    given = {key: forged(site) if value == "FORGED" else value for key, value in variables.items()}
    run = site.run(READ, part(tasks_from, **given))
    said = "not as it read them" in run.output or "was not judged in this run" in run.output
    assert run.returncode == 2 and said and run.changing() == [], run.output


def test_facts_are_set_in_vain(site: Site) -> None:
    due(site.ready)
    site.ready.set(replication={SUBSCRIBER: {"state": 3}})
    better = {
        "name": "Set",
        "ansible.builtin.set_fact": {"rollout_judgement": "{{ 'x' }}", "rollout_plan": {"missing": []}},
    }
    run = site.run(judged(), better, part("steps/restart"))
    assert "was not judged in this run" in run.output and run.changing() == [], run.output
    run = site.run(judged(), better, part("mode"), part("restart"))
    assert "replication (fail)" in run.output and run.changing() == [], run.output


def test_a_proof_is_by_what_was_read(site: Site) -> None:
    """Also where nothing was to do, so that the cluster is not read again."""
    as_it_is = {"cucm_security_mode": "non_secure"}
    proven = site.run(judged(**as_it_is), part("verify", **as_it_is)).ok()
    assert max(proven.logins().values()) == 1
    facts = {"rollout_facts": {"security_mode": "non_secure"}}
    run = site.run(judged(**as_it_is), part("verify", **as_it_is, **facts))
    assert run.returncode == 2 and "not as it read them" in run.output, run.output


def test_a_reading_of_earlier_is_not_judged_again(site: Site) -> None:
    """As when the task that reads again is answered by no under --step."""
    due(site.ready)
    stale = {"__rollout_restart_read": "{{ read }}"}
    run = site.run(READ, judged(), part("restart", **stale))
    assert "It has to be read again for what comes now" in run.output and run.changing() == [], run.output
    again = {"__rollout_read": "{{ read }}"}
    run = site.run(READ, judged(), part("plan", **again), part("mode"))
    assert "It has to be read again for what comes now" in run.output and run.changing() == [], run.output


def test_a_fact_cache_of_another_run_opens_nothing(site: Site) -> None:
    keep = {
        "name": "Keep",
        "ansible.builtin.set_fact": {
            "rollout_judgement": "{{ rollout_judgement }}",
            "__rollout_read": "{{ __rollout_read }}",
            "cacheable": True,
        },
    }
    site.playbooks.environment = {
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(site.directory / "cache"),
    }
    site.run(judged(), keep).ok()
    (cache,) = (site.directory / "cache").iterdir()
    assert "rollout_judgement" in cache.read_text("utf-8")
    run = site.run(part("steps/mode"))
    assert "was not judged in this run" in run.output and run.changing() == [], run.output


def test_only_the_first_of_several_hosts_is_judged_with_run_once(site: Site) -> None:
    """What a task with run_once leaves is given to every host of the play."""
    play = [
        {
            "name": "Own",
            "hosts": "ready,broken",
            "gather_facts": False,
            "tasks": [
                {**judged(), "run_once": True},
                part("steps/mode"),
            ],
        }
    ]
    path = site.directory / "own.yml"
    path.write_text(yaml.safe_dump(play), "utf-8")
    run = site.playbooks.start(str(path)).end()
    assert "broken was not judged in this run" in run.output, run.output
    site.untouched()


def test_a_module_used_alone_needs_no_judgement(site: Site) -> None:
    task = {
        "name": "Alone",
        "ucops.cucm.service_control": {
            "service": CALLMANAGER,
            "state": "restarted",
            "wait_timeout": 30,
            "poll_interval": 0.1,
            "stable_for": 0.2,
        },
    }
    assert site.run(task).ok().changing()
