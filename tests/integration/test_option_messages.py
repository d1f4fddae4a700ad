# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wrong options are told in Ansible's own words and in the names that the operator wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t

import pytest

from .harness.playbooks import Plays

WRONG: dict[str, tuple[str, dict[str, t.Any]]] = {
    "unknown option": ("cluster_info", {"no_such": 1}),
    "two unknown options": ("cluster_info", {"no_such": 1, "nor_this": 2}),
    "type": ("cluster_info", {"timeout": "soon"}),
    "type of an element": ("trust_certificate", {"certificates": {"a": 1}}),
    "missing": ("service_control", {"state": "started"}),
    "choice": ("security_mode", {"state": "sideways"}),
    "suboption": ("cluster_info", {"judge": {"no_such": 1}}),
    "several": ("security_mode", {"state": "sideways", "timeout": "soon", "no_such": 1}),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_options_are_told_as_a_shipped_module_tells_them(plays: Plays, case: str) -> None:
    module, options = WRONG[case]
    shipped = subprocess.run(
        [sys.executable, "-c", _SHIPPED.format(module=module)],
        input=json.dumps(options),
        env={"PYTHONPATH": os.environ["ANSIBLE_COLLECTIONS_PATH"]},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    run = plays.run({"name": "here", f"ucops.cucm.{module}": options}, defaults={})
    assert shipped.stdout
    assert run.result("here")["msg"] == shipped.stdout
    assert run.returncode == 2


# What AnsibleModule does with a specification and options, without a way to ship them.
_SHIPPED = """
import json, sys
from ansible.module_utils import basic
given = json.load(sys.stdin)
basic._ANSIBLE_ARGS = json.dumps({{"ANSIBLE_MODULE_ARGS": {{**given, "_ansible_module_name": "ucops.cucm.{module}"}}}}).encode()
basic._ANSIBLE_PROFILE = "legacy"
from ansible_collections.ucops.cucm.plugins.modules import {module} as module
def fail_json(self, msg, **kwargs):
    print(msg, end=""); sys.exit(0)
basic.AnsibleModule.fail_json = fail_json
basic.AnsibleModule(argument_spec=module.ARGUMENT_SPEC, supports_check_mode=True)
"""


def host_of(inventory: dict[str, t.Any]) -> dict[str, t.Any]:
    return inventory["all"]["children"]["cucm"]["hosts"]["lab"]


@pytest.mark.parametrize("missing", ["cucm_cli_username", "cucm_cli_password", "cucm_axl_password"])
def test_half_an_account_names_the_half_that_is_missing(plays: Plays, missing: str) -> None:
    inventory = plays.inventory()
    del host_of(inventory)[missing]
    stem, _underscore, half = missing.rpartition("_")
    other = f"{stem}_{'password' if half == 'username' else 'username'}"
    failure = plays.run(plays.task("cluster_info"), inventory=inventory, defaults={}).result("cluster_info")
    failure.refused("account_missing", f"{missing} is missing, and {other} is given")
    assert failure["failure"]["remedy"] == f"Give {missing} as well, or neither of them."


def test_half_an_account_in_a_task_is_named_by_its_options(plays: Plays) -> None:
    inventory = plays.inventory()
    for name in ("cucm_cli_username", "cucm_cli_password"):
        del host_of(inventory)[name]
    task = plays.task("cluster_info", cli_username="admin")
    failure = plays.run(task, inventory=inventory, defaults={}).result("cluster_info")
    failure.refused("account_missing", "cli_password is missing, and cli_username is given")
    assert "cucm_cli" not in failure["msg"]


@pytest.mark.parametrize("by_task", [False, True], ids=["inventory", "task"])
def test_a_wrong_ca_is_named_as_it_was_written(plays: Plays, by_task: bool) -> None:
    inventory = plays.inventory()
    host_of(inventory)["cucm_ca_path"] = "/etc/ssl/certs/ca-certificates.crt"
    options = {"ca_path": "{{ cucm_ca_path }}"} if by_task else {}
    failure = plays.run(plays.task("cluster_info", **options), inventory=inventory, defaults={}).result(
        "cluster_info"
    )
    remedy = failure["failure"]["remedy"]
    assert "ca_path" in remedy
    assert ("cucm_ca_path" in remedy) is not by_task


def test_a_variable_that_nobody_defined_is_named(plays: Plays) -> None:
    inventory = plays.inventory()
    host_of(inventory)["cucm_axl_password"] = "{{ vault_axl_password }}"
    run = plays.run(plays.task("cluster_info"), inventory=inventory, defaults={})
    assert "The variable cucm_axl_password cannot be rendered: vault_axl_password is undefined." in str(
        run.result("cluster_info")["msg"]
    )


def test_nothing_but_the_name_of_what_is_not_defined_is_shown(plays: Plays) -> None:
    inventory = plays.inventory()
    host_of(inventory).update(store={}, secret="Sunshine-2024!", cucm_axl_password="{{ store[secret] }}")
    run = plays.run(plays.task("cluster_info"), inventory=inventory, defaults={}, arguments=["-vvv"])
    assert "The variable cucm_axl_password cannot be rendered" in str(run.result("cluster_info")["msg"])
    assert "Sunshine" not in run.output
