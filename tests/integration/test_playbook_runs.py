# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only a run of ansible-playbook shows: forks, loops, keywords of tasks, the environment."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from cucm_lab.fixture import ClusterHandle

from .harness.journal import Journal
from .harness.names import CAPF, PUBLISHER
from .harness.playbooks import Plays

ONE_REFUSED = [(PUBLISHER, "refused")]


@pytest.mark.parametrize(
    ("service", "module", "options"),
    [
        ("axl", "smart_license", {}),
        ("cli", "ctl_file", {"state": "gathered"}),
        ("cli", "cluster_info", {"gather_subset": ["ctl_files", "health"]}),
    ],
)
def test_a_wrong_password_meets_the_cluster_once_over_tasks_loops_and_forks(
    plays: Plays, journal: Journal, service: str, module: str, options: dict[str, t.Any]
) -> None:
    inventory = plays.inventory()
    hosts = inventory["all"]["children"]["cucm"]["hosts"]
    hosts["lab"][f"cucm_{service}_password"] = "wrong"
    hosts |= {name: dict(hosts["lab"]) for name in ("twin", "triplet")}
    run = plays.run(
        plays.task(module, "first", **options, _ignore_errors=True),
        plays.task(module, "loop", **options, _ignore_errors=True, _loop=[1, 2, 3]),
        plays.task(module, "last", **options, _ignore_errors=True),
        inventory=inventory,
        arguments=["--forks", "3"],
    ).ok()
    assert [login for login in journal.logins() if login[1] == "refused"] == ONE_REFUSED
    first = [str(code) for code in run.codes("first")]
    assert sorted(first) == ["authentication_refused", *["credential_refused_before"] * 2]
    assert set(run.codes("loop")) == set(run.codes("last")) == {"credential_refused_before"}
    assert len(run.codes("loop")) == 9
    assert "not sent again" in run.result("last", "lab").message


def test_a_new_run_tries_a_corrected_or_the_same_password_again(plays: Plays, journal: Journal) -> None:
    inventory = plays.inventory()
    inventory["all"]["children"]["cucm"]["hosts"]["lab"]["cucm_axl_password"] = "wrong"
    for _run in range(2):
        run = plays.run(plays.task("smart_license"), inventory=inventory)
        assert run.returncode == 2
        run.result("smart_license").refused("authentication_refused", "axladmin")
    plays.run(plays.task("smart_license")).ok()
    assert journal.logins() == [*ONE_REFUSED * 2, (PUBLISHER, "accepted")]


def test_become_and_async_are_refused_in_words(plays: Plays, journal: Journal) -> None:
    run = plays.run(
        plays.task("smart_license", "become", _become=True, _ignore_errors=True),
        plays.task("smart_license", "async", _async=10, _poll=1, _ignore_errors=True),
        plays.task("smart_license", "fire and forget", _async=10, _poll=0, _ignore_errors=True),
    ).ok()
    assert "cannot become another user" in run.result("become")["msg"]
    for name in ("async", "fire and forget"):
        assert "async" in run.result(name)["msg"]
    assert journal.entries() == []


def test_the_environment_of_the_task_and_of_the_controller_is_honoured(
    plays: Plays, cluster: ClusterHandle, journal: Journal
) -> None:
    """Options come from the task first, then from its environment, then from the controller's."""
    options = plays.defaults()["group/ucops.cucm.cluster"]
    names = ("axl_username", "axl_password", "https_port", "ca_path")
    account, reader = cluster.account("axl"), cluster.account("axl", 0)
    defaults = {
        "group/ucops.cucm.cluster": {
            "state_dir": options["state_dir"],
            "node_addresses": options["node_addresses"],
        }
    }
    node = cluster.publisher
    controller = {
        "CUCM_AXL_USERNAME": account["username"],
        "CUCM_AXL_PASSWORD": account["password"],
        "CUCM_HTTPS_PORT": str(node["https_port"]),
        "CUCM_SSH_PORT": str(node["ssh_port"]),
        "CUCM_CA_PATH": str(cluster.lab.ca_path),
    }
    assert {f"CUCM_{name.upper()}" for name in names} <= set(controller)
    run = plays.run(
        plays.task("smart_license", "controller"),
        plays.task(
            "smart_license",
            "task",
            _environment={"CUCM_AXL_USERNAME": reader["username"], "CUCM_AXL_PASSWORD": reader["password"]},
        ),
        plays.task("smart_license", "after"),
        defaults=defaults,
        environment=controller,
    ).ok()
    assert run.result("controller")["licence"]["registered"]
    users = [entry["account"] for entry in journal.entries(kind="login")]
    assert users == [account["username"], reader["username"], account["username"]]


def test_a_hostile_environment_has_no_effect(
    plays: Plays, cluster: ClusterHandle, journal: Journal, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    node = cluster.publisher
    (home / ".netrc").write_text(f"machine {node['address']} login mallory password guess\n", "utf-8")
    (home / ".netrc").chmod(0o600)
    hostile = {
        "HOME": str(home),
        "NETRC": str(home / ".netrc"),
        "REQUESTS_CA_BUNDLE": "/nonexistent/ca.pem",
        "CURL_CA_BUNDLE": "/nonexistent/ca.pem",
        **dict.fromkeys(("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"), "http://127.0.0.1:9"),
        "NO_PROXY": "",
    }
    run = plays.run(
        plays.task("cluster_info", gather_subset=["modes", "services", "ctl_files"]),
        plays.task("service_activation", service=CAPF),
        environment=hostile,
    ).ok()
    assert run.result("cluster_info")["cluster"]["unavailable"] == {}
    assert "mallory" not in {entry["account"] for entry in journal.entries(kind="login")}
    assert all(result == "accepted" for _node, result in journal.logins())


def test_one_bad_cluster_does_not_stop_the_others(plays: Plays, journal: Journal) -> None:
    inventory = plays.inventory()
    hosts = inventory["all"]["children"]["cucm"]["hosts"]
    hosts["gone"] = {**hosts["lab"], "ansible_host": "127.20.250.250"}
    run = plays.run(
        plays.task("smart_license", "first"),
        plays.task("smart_license", "second"),
        inventory=inventory,
    )
    run.result("first", "gone").refused("connection_failed", "127.20.250.250")
    assert run.result("second", "lab")["licence"]["registered"]
    assert "unreachable=0" in run.output


def test_progress_is_shown_while_it_runs_and_warnings_are_kept(plays: Plays) -> None:
    run = plays.run(plays.task("service_activation", service=CAPF)).ok()
    assert f"lab | {PUBLISHER}: activate {CAPF}" in run.output


def test_options_are_checked_before_anybody_is_reached(plays: Plays, journal: Journal) -> None:
    run = plays.run(
        plays.task("security_mode", "value", state="secure", _ignore_errors=True),
        plays.task("security_mode", "missing", _ignore_errors=True),
        plays.task("security_mode", "unknown", state="mixed", colour="red", _ignore_errors=True),
    ).ok()
    for name, word in (("value", "secure"), ("missing", "state"), ("unknown", "colour")):
        assert word in run.result(name)["msg"]
    assert journal.entries() == []


def test_the_inventory_says_how_to_reach_the_cluster(plays: Plays, journal: Journal) -> None:
    """No task and no default names an account; what a task says comes first, the environment last."""
    inventory = plays.inventory()
    host = inventory["all"]["children"]["cucm"]["hosts"]["lab"]
    host |= {"password_of_axl": host["cucm_axl_password"], "cucm_axl_password": "{{ password_of_axl }}"}
    host |= {"cucm_state_dir": str(plays.state_dir), "cucm_timeout": "{{ 5 + 5 }}"}
    run = plays.run(
        plays.task("smart_license", "read"),
        plays.task(
            "cluster_info", "by task", gather_subset=["modes"], axl_username="nobody", _ignore_errors=True
        ),
        inventory=inventory,
        defaults={},
        environment={"CUCM_AXL_USERNAME": "somebody-else", "CUCM_AXL_PASSWORD": "else"},
    ).ok()
    assert run.result("read")["licence"]["registered"]
    shown = run.result("read")["invocation"]["module_args"]
    assert shown["timeout"] == 10 and host["password_of_axl"] not in str(run.result("read"))
    run.result("by task").refused("authentication_refused", "nobody")
    assert {entry["account"] for entry in journal.entries(kind="login")} == {"axladmin", "nobody"}


def test_judging_takes_name_and_wishes_from_the_inventory(plays: Plays, journal: Journal) -> None:
    inventory = plays.inventory()
    host = inventory["all"]["children"]["cucm"]["hosts"]["lab"]
    host |= {"cucm_security_mode": "{{ 'non_' ~ 'secure' }}", "cucm_auto_registration": "enabled"}
    site = {
        "waivers": [
            {
                "control": "auto-registration",
                "clusters": "lab",
                "reason": "r",
                "owner": "o",
                "expires": "2099-01-01",
            }
        ]
    }
    run = plays.run(
        plays.task("cluster_info", "inventory", judge={"site": site}),
        plays.task("cluster_info", "task", judge={"cluster": "else", "wanted": {"security_mode": "mixed"}}),
        inventory=inventory,
    ).ok()

    def verdicts(task: str) -> dict[str, str]:
        return {result["control"]: result["verdict"] for result in run.result(task)["results"]}

    by_inventory, by_task = verdicts("inventory"), verdicts("task")
    assert (by_inventory["cluster-security-mode"], by_inventory["auto-registration"]) == ("pass", "waived")
    assert (by_task["cluster-security-mode"], by_task["auto-registration"]) == ("fail", "pass")
    assert "services" not in run.result("task")["cluster"]
    assert journal.changing() == []


def test_an_encrypted_value_of_the_inventory_is_used(plays: Plays, tmp_path: Path) -> None:
    """Inline vault texts stay objects of their own until ansible-core 2.18."""
    (tmp_path / "vault").write_text("correct horse")
    inventory = plays.inventory()
    host = inventory["all"]["children"]["cucm"]["hosts"]["lab"]
    secret = VaultLib([("default", VaultSecret(b"correct horse"))]).encrypt(host.pop("cucm_axl_password"))
    lines = ["all:", "  hosts:", "    lab:", "      cucm_axl_password: !vault |"]
    lines += [f"        {line}" for line in secret.decode().splitlines()]
    (tmp_path / "more.yml").write_text("\n".join(lines) + "\n")
    run = plays.run(
        plays.task("smart_license"),
        inventory=inventory,
        defaults={},
        arguments=["-i", str(tmp_path / "more.yml"), "--vault-password-file", str(tmp_path / "vault")],
    ).ok()
    assert run.result("smart_license")["licence"]["registered"]


def test_a_variable_that_cannot_be_rendered_is_named_and_not_shown(plays: Plays, journal: Journal) -> None:
    inventory = plays.inventory()
    host = inventory["all"]["children"]["cucm"]["hosts"]["lab"]
    host["cucm_axl_password"] = "Secret{% not a template"
    run = plays.run(plays.task("smart_license"), inventory=inventory, defaults={})
    assert run.returncode == 2 and journal.entries() == []
    assert "cucm_axl_password cannot be rendered" in run.result("smart_license")["msg"]
    assert "Secret{" not in str(run.results)


def test_what_was_saved_for_a_cluster_is_only_judged(plays: Plays, journal: Journal, tmp_path: Path) -> None:
    """A rollout must not take it for the cluster."""
    inventory = plays.inventory()
    inventory["all"]["children"]["cucm"]["hosts"]["lab"]["cucm_saved"] = str(tmp_path / "nowhere")
    run = plays.run(
        plays.task("cluster_info", "read", gather_subset=["modes"]),
        plays.task("cluster_info", "judge", judge={}, _ignore_errors=True),
        inventory=inventory,
    ).ok()
    assert run.result("read")["cluster"]["security_mode"] == "non_secure"
    assert str(tmp_path / "nowhere") in run.result("judge")["msg"]
