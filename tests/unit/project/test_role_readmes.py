# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every role has a README, without which Galaxy refuses the collection, and it is what the role's arguments say."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ..data.tools import load, wrong

ROOT = Path(__file__).resolve().parents[3]
SPECS = """\
argument_specs:
  main:
    short_description: Do it
    description: Does C(it) by M(ucops.cucm.cluster_info) | and more.
    options:
      do_it:
        description: [What., Why.]
        type: list
        elements: dict
        required: true
        options:
          name:
            description: Which.
          state:
            description: How.
            choices: [present, absent]
            default: present
  undo:
    short_description: Undo it
    options: {}
"""


@pytest.fixture
def tool() -> t.Any:
    return load("role_readmes")


@pytest.fixture
def roles(tool: t.Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of roles with one role in it."""
    monkeypatch.setattr(tool, "ROLES", tmp_path)
    (tmp_path / "doer" / "meta").mkdir(parents=True)
    (tmp_path / "doer" / "meta" / "argument_specs.yml").write_text(SPECS, "utf-8")
    return tmp_path


def test_the_readmes_are_what_the_roles_say(tool: t.Any) -> None:
    assert not wrong(tool), "run tools/role_readmes.py"
    assert {path.parent for path in tool.ROLES.glob("*/README.md")} == set(tool.ROLES.iterdir())


def test_a_readme_has_every_argument_and_entry_point(tool: t.Any, roles: Path) -> None:
    text = tool.text(roles / "doer")
    for line in (
        "# ucops.cucm.doer",
        "- Does `it` by `ucops.cucm.cluster_info` | and more.",
        "| `do_it` | list of dict | required | What. Why. |",
        "| `do_it.name` | str | none | Which. |",
        "| `do_it.state` | str | `present` | How. One of `present`, `absent`. |",
        "## Entry point undo",
        "        tasks_from: undo",
        "None.",
    ):
        assert line in text.splitlines(), line


def test_a_missing_an_old_and_a_left_over_readme_are_found(tool: t.Any, roles: Path) -> None:
    page = roles / "doer" / "README.md"
    assert wrong(tool) == {page: tool.text(roles / "doer")}
    page.write_text(tool.text(roles / "doer"), "utf-8")
    assert wrong(tool) == {}
    page.write_text("by hand", "utf-8")
    assert set(wrong(tool)) == {page}
    (roles / "doer" / "meta" / "argument_specs.yml").unlink()
    assert wrong(tool) == {page: None}
