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

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "build" / "collections")]

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


def written(role: str) -> tuple[str, str]:
    """Return the specifications of a role as they are, and as they have to be."""
    now = _path(role).read_text("utf-8")
    if len(_MARKS.findall(now)) != 1:
        raise ValueError(f"{_path(role)} has not the marks of the arguments")
    made = yaml.dump(arguments(role), Dumper=_Indented, sort_keys=False, width=120, default_flow_style=False)
    indented = textwrap.indent(made, " " * 6)
    return now, _MARKS.sub(lambda found: f"{found[1]}{indented}{found[2]}", now)


def _path(role: str) -> Path:
    return ROLES / role / "meta" / "argument_specs.yml"


def main() -> int:
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    differing = 0
    for role in sorted(path.name for path in ROLES.iterdir()):
        now, right = written(role)
        if now == right:
            continue
        name = _path(role).relative_to(ROOT)
        differing += 1
        if sys.argv[1:]:
            print(f"{name} differs from the table of variables; run tools/role_arguments.py")
        else:
            _path(role).write_text(right, "utf-8")
            print(f"{name} written; run tools/role_readmes.py too")
    return 1 if differing and sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
