# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module shipped to a host that is reached by SSH: the same results as in the controller."""

from __future__ import annotations

import copy
import typing as t

import pytest

from cucm_lab.fixture import ClusterHandle

from .harness.journal import Journal
from .harness.jump_host import JumpHost
from .harness.names import CAPF, PUBLISHER, ROOT, SUB1, TFTP
from .harness.playbooks import Plays
from .harness.runs import Run
from .harness.topologies import AXL_PASSWORD, CLI_PASSWORD

DELEGATED: dict[str, t.Any] = {"_delegate_to": "jump"}
# Module, options that change something, what changed in the cluster; None when the change is elsewhere.
CASES: dict[str, tuple[dict[str, t.Any], list[str] | None]] = {
    "cluster_info": ({}, []),
    "smart_license": (
        {"state": "registered", "token": "LAB-TOKEN-EXPORT-ALLOWED", "force": True},
        ["licence register", "licence registered"],
    ),
    "service_activation": ({"service": CAPF}, [f"service activate {CAPF}"]),
    "service_control": ({"service": TFTP, "state": "stopped"}, [f"service stop {TFTP}"]),
    "security_mode": ({"state": "mixed"}, ["security_mode mixed", *["ctl_file update"] * 3]),
    "ctl_file": ({"state": "updated"}, ["ctl_file update"] * 3),
    "sip_oauth_mode": ({"state": "enabled"}, ["sip_oauth_mode enabled"]),
    "trust_certificate": ({}, ["trust_store phone-edge-trust add"]),
    "enterprise_parameter": ({"parameters": {"ClusterID": "x"}}, ["service_parameter update ClusterID"]),
    "callmanager_ports": ({"node": SUB1, "sip_oauth_port": 5490}, [f"callmanager update CM_{SUB1}"]),
    "expressway_c": ({"entries": [{"host": "exp1"}]}, ["expressway_c add exp1"]),
    # What it records is no change of the cluster.
    "phone_registration": ({"state": "gathered"}, []),
    "phone_reset": ({"state": "gathered"}, []),
    "phone_security_profile": (
        {"name": "mine", "phone_type": "Cisco 8845", "sip_oauth": True, "record": "sip_oauth"},
        ["phone_security_profile add mine"],
    ),
    "compliance_report": (
        # Both are one machine, and each play has a directory of its own.
        {"clusters": [], "controls": [], "directory": "{{ playbook_dir | dirname }}/report"},
        None,
    ),
}


def test_no_module_is_forgotten() -> None:
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")} - {"__init__"}
    assert set(CASES) == modules


@pytest.fixture
def run(plays: Plays, jump_host: JumpHost) -> t.Callable[..., Run]:
    """Run tasks with an inventory that has the jump host beside the cluster."""

    def run(*tasks: dict[str, t.Any], inventory: dict[str, t.Any] | None = None, **options: t.Any) -> Run:
        inventory = copy.deepcopy(inventory or plays.inventory())
        inventory["all"]["hosts"] = {"jump": jump_host.host()}
        return plays.run(*tasks, inventory=inventory, **options)

    return run


@pytest.mark.parametrize("module", CASES)
def test_every_module_runs_at_the_delegated_host(
    run: t.Callable[..., Run],
    plays: Plays,
    jump_host: JumpHost,
    cluster: ClusterHandle,
    request: pytest.FixtureRequest,
    module: str,
) -> None:
    if module == "ctl_file":
        request.getfixturevalue("mixed_cluster")
    options, effects = CASES[module]
    changes = effects != []
    journal = Journal(cluster, cluster.last_seq)
    before = len(jump_host.ran)

    planned = (
        run(plays.task(module, **options, **DELEGATED), arguments=["--check", "--diff"]).ok().result(module)
    )
    assert len(jump_host.ran) > before, "nothing ran at the jump host"
    assert journal.changing() == []
    here = plays.run(plays.task(module, **options), arguments=["--check"]).ok().result(module)
    assert journal.changing() == []

    done = run(plays.task(module, **options, **DELEGATED)).ok().result(module)
    assert done["changed"] is changes
    assert journal.effects() == (effects or [])
    assert planned["operations"] == here["operations"] == done["operations"]
    assert planned["changed"] is here["changed"] is done["changed"]
    assert ("diff" in planned) is changes
    # The same return values, but for what Ansible adds to a module it started.
    assert set(here) - {"_ansible_no_log", "diff"} <= set(planned)


def test_it_is_another_process_that_reads_the_jump_hosts_own_files(
    run: t.Callable[..., Run], plays: Plays, jump_host: JumpHost, cluster: ClusterHandle
) -> None:
    """The known_hosts file of the default is that of the delegated host's user; only there is one."""
    (jump_host.home / ".ssh").mkdir(exist_ok=True)
    known_hosts = jump_host.home / ".ssh" / "known_hosts"
    known_hosts.write_text(cluster.lab.known_hosts.read_text("utf-8"), "utf-8")
    defaults, inventory = plays.defaults(), plays.inventory()
    del defaults["group/ucops.cucm.cluster"]["known_hosts"]
    del inventory["all"]["children"]["cucm"]["hosts"]["lab"]["cucm_known_hosts"]
    task = plays.task("cluster_info", gather_subset=["ctl_files"])
    there = (
        run({**task, "delegate_to": "jump"}, defaults=defaults, inventory=inventory)
        .ok()
        .result("cluster_info")
    )
    assert len(there["cluster"]["ctl_files"]) == 3
    here = plays.run(task, defaults=defaults, inventory=inventory)
    assert here.returncode != 0 or "known_hosts" in str(here.result("cluster_info")["cluster"]["unavailable"])
    known_hosts.unlink()


def test_state_is_kept_at_the_delegated_host(
    run: t.Callable[..., Run], plays: Plays, jump_host: JumpHost, cluster: ClusterHandle
) -> None:
    """The answer is recorded where it is sent from."""
    defaults = plays.defaults()
    defaults["group/ucops.cucm.cluster"]["state_dir"] = "~/own-state"
    run(plays.task("security_mode", state="mixed", **DELEGATED), defaults=defaults).ok()
    (record,) = (jump_host.home / "own-state").glob("*.jsonl")
    assert '"outcome": "done"' in record.read_text("utf-8")


def test_secrets_and_wrong_options_are_treated_as_in_the_controller(
    run: t.Callable[..., Run], plays: Plays, jump_host: JumpHost, journal: Journal
) -> None:
    done = run(
        plays.task("service_activation", "absent", service="Teapot", _ignore_errors=True, **DELEGATED),
        plays.task("security_mode", "wrong", state="sideways", _ignore_errors=True, **DELEGATED),
        arguments=["-vvvv"],
    ).ok()
    done.result("absent").refused("service_absent", "Teapot", PUBLISHER)
    assert "sideways" in done.result("wrong")["msg"]
    assert AXL_PASSWORD not in done.output
    assert CLI_PASSWORD not in done.output
    assert not any(AXL_PASSWORD in command or CLI_PASSWORD in command for command in jump_host.ran)
    assert journal.changing() == []


def test_a_password_refused_there_is_not_sent_again_from_anywhere(
    run: t.Callable[..., Run], plays: Plays, journal: Journal
) -> None:
    wrong = {"cli_password": "wrong", "axl_username": "", "axl_password": ""}
    options: dict[str, t.Any] = {"gather_subset": ["ctl_files"], "_ignore_errors": True}
    defaults = plays.defaults()
    defaults["group/ucops.cucm.cluster"].update(wrong)
    done = run(
        plays.task("cluster_info", "there", **options, **DELEGATED),
        plays.task("cluster_info", "there again", **options, **DELEGATED),
        plays.task("cluster_info", "here", **options),
        defaults=defaults,
    )
    codes = [done.result(name).code for name in ("there", "there again", "here")]
    assert codes == ["authentication_refused", "credential_refused_before", "credential_refused_before"]
    assert journal.logins() == [(PUBLISHER, "refused")]


def test_a_platform_password_refused_there_over_https_is_not_sent_by_ssh(
    run: t.Callable[..., Run], plays: Plays, journal: Journal
) -> None:
    defaults = plays.defaults()
    defaults["group/ucops.cucm.cluster"]["cli_password"] = "wrong"
    done = run(
        plays.task("trust_certificate", "there", _ignore_errors=True, **DELEGATED),
        plays.task("ctl_file", "here", state="gathered", _ignore_errors=True),
        plays.task("smart_license", "axl"),
        defaults=defaults,
    ).ok()
    assert done.result("there").code == "authentication_refused"
    assert done.result("here").code == "credential_refused_before"
    assert done.result("axl")["licence"]["registered"]
    assert [account for account in journal.logins() if account[1] == "refused"] == [(PUBLISHER, "refused")]


SNAPSHOT = "certificate-api GET snapshot/server"


@pytest.mark.parametrize("first", ["here", "there"])
def test_a_node_that_refused_a_password_is_not_sent_it_again_from_there(
    run: t.Callable[..., Run],
    plays: Plays,
    cluster: ClusterHandle,
    journal: Journal,
    first: str,
) -> None:
    """The module that is shipped knows of the run what it is handed; the publisher, which accepted it, is asked."""
    read = {"gather_subset": ["trust_stores"], "_ignore_errors": True}
    with cluster.faulty("http", match={"operation": SNAPSHOT, "node": SUB1}, status=401):
        done = run(
            plays.task("cluster_info", "read", **read, **(DELEGATED if first == "there" else {})),
            plays.task("trust_certificate", "put", _ignore_errors=True, **DELEGATED),
            plays.task("trust_certificate", "again", _ignore_errors=True, **DELEGATED),
        ).ok()
    asked = [
        entry["node"]
        for entry in journal.entries(kind="http")
        if entry["operation"] == SNAPSHOT and entry["account"]
    ]
    assert asked.count(SUB1) == 1, asked
    assert asked.count(PUBLISHER) >= 2
    assert [done.result(name).code for name in ("put", "again")] == ["node_refused_credential"] * 2
    assert "earlier in this run" in done.result("put").message
    assert journal.changing() == []


def test_two_forks_that_ship_the_same_wrong_password_send_it_once(
    run: t.Callable[..., Run], plays: Plays, jump_host: JumpHost, journal: Journal
) -> None:
    inventory = plays.inventory()
    hosts = inventory["all"]["children"]["cucm"]["hosts"]
    for host in (*hosts.values(),):
        host["cucm_axl_password"] = "wrong"
    hosts["twin"] = dict(hosts["lab"])
    inventory["all"]["hosts"] = {"jump": jump_host.host()}
    task = plays.task("smart_license", _ignore_errors=True, **DELEGATED)
    done = plays.run(task, inventory=inventory, arguments=["--forks", "2"]).ok()
    assert sorted(map(str, done.codes("smart_license"))) == [
        "authentication_refused",
        "credential_refused_before",
    ]
    assert journal.logins() == [(PUBLISHER, "refused")]


def test_without_pipelining_the_module_is_copied(
    run: t.Callable[..., Run], plays: Plays, jump_host: JumpHost
) -> None:
    task = plays.task("smart_license", **DELEGATED)
    result = run(task, environment={"ANSIBLE_PIPELINING": "0"}).ok().result("smart_license")
    assert result["licence"]["registered"]
    assert any("AnsiballZ_smart_license" in command for command in jump_host.ran)


def test_a_delegated_host_with_a_local_connection_runs_in_the_controller(
    run: t.Callable[..., Run], plays: Plays, jump_host: JumpHost
) -> None:
    before = len(jump_host.ran)
    result = run(plays.task("smart_license", _delegate_to="localhost")).ok().result("smart_license")
    assert result["licence"]["registered"]
    assert len(jump_host.ran) == before
