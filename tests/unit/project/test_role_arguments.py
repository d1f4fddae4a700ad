# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of a role are the variables of its playbook, and every step that can be used alone is an entry point."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.ucops.cucm.plugins.plugin_utils._variables import TABLE, Variable, of

from ..data.tools import load

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
# What the public ones are made of.
INTERNAL = {"variables", "judge"}


def specs(role: str) -> dict[str, t.Any]:
    text = (ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text("utf-8")
    return dict(yaml.safe_load(text)["argument_specs"])


def written(tool: t.Any, role: str) -> tuple[str, str]:
    """Return the specifications of a role as they are, and as they have to be."""
    path = tool.ROLES / role / "meta" / "argument_specs.yml"
    return path.read_text("utf-8"), tool.files()[path]


@pytest.fixture
def tool() -> t.Any:
    return load("role_arguments")


def test_there_are_two_roles() -> None:
    assert ROLES == ["compliance", "rollout"]


@pytest.mark.parametrize("role", ROLES)
def test_the_arguments_are_those_of_the_table(tool: t.Any, role: str) -> None:
    now, right = written(tool, role)
    assert now == right, "run tools/role_arguments.py"
    for entry, spec in specs(role).items():
        assert spec["options"].keys() == {
            each.name for each in of(role) if not each.connects and each.name != "cucm_hosts"
        }, entry
        for name, option in spec["options"].items():
            assert option.get("default") == TABLE[name].default, name


def test_a_variable_that_is_added_is_an_argument(tool: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    new = Variable("cucm_new", TABLE["cucm_accept"].kind, ["a: b"], "About `this`.", ("rollout",))
    monkeypatch.setitem(TABLE, new.name, new)
    now, right = written(tool, "rollout")
    assert now != right
    option = yaml.safe_load(right)["argument_specs"]["restart"]["options"]["cucm_new"]
    assert option["default"] == ["a: b"] and option["description"][0] == "About C(this)."
    now, right = written(tool, "compliance")
    assert now == right


def test_every_step_that_can_be_used_alone_is_an_entry_point() -> None:
    for role in ROLES:
        files = {path.stem for path in (ROOT / "roles" / role / "tasks").glob("*.yml")}
        assert set(specs(role)) == files - INTERNAL, role


def test_a_step_names_the_whole_path_of_what_it_imports() -> None:
    """In an included file ansible-core 2.16 looks for a relative path up to the role's task, which has none, and dies of it."""
    steps = ROOT / "roles" / "rollout" / "tasks" / "steps"
    imports = [
        each["ansible.builtin.import_tasks"]
        for path in sorted(steps.glob("*.yml"))
        for each in yaml.safe_load(path.read_text("utf-8"))
        if "ansible.builtin.import_tasks" in each
    ]
    assert imports and all(path.startswith("{{ role_path }}/tasks/steps/") for path in imports), imports
