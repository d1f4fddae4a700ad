# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator reads when a part of a cluster cannot be reached: the cause, first, once, and nothing that talks it away."""

from __future__ import annotations

import typing as t

import pytest

from cucm_lab.fixture import ClusterHandle, RunningLab
from cucm_lab.texts import Texts

from .harness import topologies
from .harness.names import CALLMANAGER, CTIMANAGER, PUBLISHER, SUBSCRIBER
from .harness.playbooks import Playbooks
from .harness.runs import Run

CLOSED = 2223
SIP_OAUTH = {
    "cucm_sip_oauth_mode": "enabled",
    "cucm_sip_oauth_parameters": {"oAuthWithRefreshLoginFlow": "1"},
    "cucm_sip_oauth_edge_roots": [],
}
REFUSED = "No CLI: Connection refused at "
REPORT, PLAN, STOP = "Report the checks", "Print the plan", "Stop before the first change"


@pytest.fixture(scope="module")
def lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """A lab of these tests' own."""
    return cucm_lab_start(topologies.two_nodes(9, subscriber=[CALLMANAGER, CTIMANAGER]))


def addresses(cluster: ClusterHandle, **ports: dict[str, int]) -> dict[str, t.Any]:
    """Return cucm_node_addresses with other ports at nodes, by name; ``all`` is every node."""
    return {
        name: {key: node[key] for key in ("address", "https_port", "ssh_port")}
        | ports.get("all", {})
        | ports.get(name.replace("-", "_"), {})
        for name, node in cluster.info["nodes"].items()
    }


def lines(run: Run, task: str) -> list[str]:
    """Return what a task told, as lines."""
    told = run.result(task)["msg"]
    return told if isinstance(told, list) else told.splitlines()


def told(run: Run) -> dict[str, list[str]]:
    """Return what a rollout told before it stopped, by task."""
    return {task: lines(run, task) for task in (REPORT, PLAN, STOP)}


@pytest.mark.parametrize("wanted", [{}, SIP_OAUTH], ids=["mixed mode", "both"])
def test_a_wrong_ssh_port_is_one_line_that_comes_first(
    cluster: ClusterHandle, playbooks: Playbooks, wanted: dict[str, t.Any]
) -> None:
    run = playbooks.rollout(
        cucm_ssh_port=CLOSED,
        cucm_node_addresses=addresses(cluster, all={"ssh_port": CLOSED}),
        cucm_attestations={},
        **wanted,
    )
    assert (run.returncode, run.changing()) == (2, [])
    found = told(run)
    cause = f"{REFUSED}{PUBLISHER}, {SUBSCRIBER} port {CLOSED}; check cucm_ssh_port"
    for task, text in found.items():
        assert sum("refused" in line for line in text) == 1, (task, text)
    assert found[REPORT][0].startswith(cause)
    missing = found[PLAN][found[PLAN].index("Missing before it can be carried out:") + 1 :]
    assert missing[0].startswith(f"  - {cause}")
    assert found[STOP][1].startswith(cause)
    folded = "publisher, account, release, ctl, replication, members, certificates, backup, clock_and_disk"
    assert folded in found[STOP][1]
    # It was given, and it is nothing that anybody can vouch for.
    assert "set cucm_cli" not in run.output.lower()
    for vouched in ("{release: true", "{backup: true", "{sip_oauth_account: true"):
        assert vouched not in run.output, vouched
    # Half of the lines are checks that are told one by one because nothing is wrong with them.
    assert len(found[STOP]) <= 9, found[STOP]
    assert len([line for text in found.values() for line in text]) <= (56 if wanted else 44)


def test_one_subscribers_command_line_is_told_as_that_nodes(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    run = playbooks.rollout(cucm_node_addresses=addresses(cluster, cucm_sub={"ssh_port": CLOSED}))
    assert (run.returncode, run.changing()) == (2, [])
    (line,) = lines(run, STOP)[1:]
    assert line.startswith(f"{REFUSED}{SUBSCRIBER} port {CLOSED}; check cucm_ssh_port")
    assert (
        "Checks that need it: ctl, members, clock_and_disk, restart_witnesses, ctl_update. It is not known whether Cisco CallManager, "
        "Cisco CTIManager" in line
    )


def test_without_a_cli_account_it_is_asked_for_once(playbooks: Playbooks) -> None:
    run = playbooks.rollout(cucm_cli_username="", cucm_cli_password="")
    assert (run.returncode, run.changing()) == (2, [])
    text = lines(run, STOP)
    assert text[1].startswith(
        "No CLI: no account was given; set cucm_cli_username and cucm_cli_password. Checks that need it: publisher, account,"
    )
    assert sum("cucm_cli_username" in line for line in text) == 1
    assert "{backup: true" not in run.output


def test_without_an_axl_account_it_is_asked_for_once(playbooks: Playbooks) -> None:
    run = playbooks.rollout(cucm_axl_username="", cucm_axl_password="")
    assert (run.returncode, run.changing()) == (2, [])
    text = lines(run, STOP)
    assert text[1].startswith("No AXL: no account was given; set cucm_axl_username and cucm_axl_password.")
    assert sum("No AXL" in line for line in text) == 1


def test_an_account_that_can_only_read_is_told_once(cluster: ClusterHandle, playbooks: Playbooks) -> None:
    reader = cluster.account("cli", 0)
    run = playbooks.rollout(
        cucm_cli_username=reader["username"], cucm_cli_password=reader["password"], cucm_attestations={}
    )
    assert (run.returncode, run.changing()) == (2, [])
    text = lines(run, STOP)
    assert sum("level 0" in line for line in text) == 1, text
    assert f"The CLI account {reader['username']} has privilege level 0" in text[1]
    assert "certificates" in text[1]
    assert "account" in text[1]
    assert "{release: true" not in run.output


def test_nothing_of_https_is_one_failure_with_the_variable(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    run = playbooks.rollout(
        cucm_https_port=CLOSED, cucm_node_addresses=addresses(cluster, all={"https_port": CLOSED})
    )
    assert run.failures() == ["connection_failed"]
    failure = run.result("Read the cluster")["failure"]
    assert "Connection refused" in failure["message"]
    assert len(run.output.splitlines()) <= 30
    assert "cucm_attestations" not in run.output


def test_the_proof_tells_the_cause_once(cluster: ClusterHandle, playbooks: Playbooks) -> None:
    playbooks.rollout().ok()
    run = playbooks.rollout(
        "--tags",
        "verify",
        cucm_ssh_port=CLOSED,
        cucm_node_addresses=addresses(cluster, all={"ssh_port": CLOSED}),
    )
    assert run.returncode == 2
    text = run.result("Prove the modes")["msg"].splitlines()
    assert text[1] == (
        f"{REFUSED}{PUBLISHER}, {SUBSCRIBER} port {CLOSED}; check cucm_ssh_port, cucm_node_addresses and any firewall in between. "
        "Not proven without it: ctl_files."
    )
    assert len(text) == 2, text


def test_a_reading_keeps_the_causes(cluster: ClusterHandle, playbooks: Playbooks) -> None:
    run = playbooks.run("plan", cucm_node_addresses=addresses(cluster, cucm_sub={"ssh_port": CLOSED}))
    facts = run.result("Read the cluster")["cluster"]
    assert set(facts["unavailable_causes"]) == set(facts["unavailable"])
    cause = facts["unavailable_causes"][f"ctl_files.{SUBSCRIBER}"]
    assert facts["unavailable"][f"ctl_files.{SUBSCRIBER}"] == f"{cause['code']}: {cause['message']}"
    assert {key: cause[key] for key in ("code", "interface", "node", "port", "reason")} == {
        "code": "connection_failed",
        "interface": "cli",
        "node": SUBSCRIBER,
        "port": CLOSED,
        "reason": "Connection refused",
    }
    assert cause["remedy"]


def test_a_date_that_cannot_be_read_stops_a_rollout_before_the_change(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    """After the change it would decide the restarts, and stop the rollout between the two."""
    cluster.set(texts={"status": Texts()["status"].replace("{date}", "the third day of May")})
    run = playbooks.rollout(cucm_accept=["clock_and_disk", "certificates", "backup"])
    assert (run.returncode, run.changing()) == (2, [])
    (line,) = [line for line in lines(run, STOP) if "restart_witnesses (unknown)" in line]
    assert f"the date of {PUBLISHER}, the date of {SUBSCRIBER}" in line
