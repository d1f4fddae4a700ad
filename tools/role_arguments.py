#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the arguments in the meta/argument_specs.yml of every role from plugins/plugin_utils/_variables.py.

usage: role_arguments.py [--check]

The arguments stand between two marks and are never edited by hand; the descriptions of the entry points around them are.
--check changes nothing and ends with 1 when one differs.
"""

from __future__ import annotations

import re
import sys
import textwrap
import typing as t
from pathlib import Path

import yaml
from generated import ROOT, Files, between, main

ROLES = ROOT / "roles"
_MARKS = re.compile(r"(?s)( *# arguments: [^\n]*\n).*?( *# end of arguments\n)")
_CODE = re.compile(r"`([^`]+)`")


class _Indented(yaml.SafeDumper):
    """Writes lists in mappings as ansible-lint wants them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> t.Any:
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data: t.Any) -> bool:
        return True


def arguments(role: str) -> dict[str, dict[str, t.Any]]:
    """Return the arguments of a role, which has the name of its playbook.

    Their type is C(raw): the table reads more than Ansible's own types do (texts of an INI inventory), and says what is wrong once
    for all hosts.
    """
    from ansible_collections.ucops.cucm.plugins.plugin_utils import _variables as variables

    return {
        each.name: {
            "description": [_documented(each.meaning), _documented(f"It must be {each.kind.words}.")],
            "type": "raw",
            **({} if each.default is None else {"default": each.default}),
        }
        for each in variables.of(role)
        # The playbook takes that one itself, before it has any host.
        if not each.connects and each.name != variables.HOSTS
    }


def _documented(text: str) -> str:
    return _CODE.sub(r"C(\1)", text)


def files() -> Files:
    """Return the specifications of every role as they have to be."""
    return {path: specifications(path) for path in sorted(ROLES.glob("*/meta/argument_specs.yml"))}


def specifications(path: Path) -> str:
    """Return the specifications of a role with its arguments between their marks."""
    made = yaml.dump(
        arguments(path.parents[1].name),
        Dumper=_Indented,
        sort_keys=False,
        width=120,
        default_flow_style=False,
    )
    return between(_MARKS, path.read_text("utf-8"), textwrap.indent(made, " " * 6), str(path))


if __name__ == "__main__":
    sys.exit(main(__doc__, files, "the table of variables"))
