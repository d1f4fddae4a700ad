#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the tables of variables in README.md from plugins/plugin_utils/_variables.py.

usage: variables_table.py [--check]

Each table stands between two marks and is never edited by hand. --check changes nothing and ends with 1 when one differs.
"""

from __future__ import annotations

import re
import sys
import typing as t

from generated import ROOT, Files, main, markdown, table, with_tables

PAGE = ROOT / "README.md"
# Of the connection's options: the other sources of their values, and their own names.
_FALLBACK = re.compile(r" Falls back to E\(\w+\)\.")
_OPTION = re.compile(r"O\((\w+)\)")


def _rows(*, connects: bool, playbooks: t.Collection[str] = ()) -> str:
    from ansible_collections.ucops.cucm.plugins.plugin_utils._variables import TABLE

    return table(
        ("variable", "what it may be", "default", "meaning"),
        (
            (f"`{each.name}`", _sentence(each.kind.words), _default(each), _sentence(each.meaning))
            for each in TABLE.values()
            if each.connects == connects and (connects or set(each.playbooks) == set(playbooks))
        ),
    )


def _sentence(text: str) -> str:
    return markdown(_OPTION.sub(r"`cucm_\1`", _FALLBACK.sub("", text)))


def _default(variable: t.Any) -> str:
    if variable.shown_default:
        return str(variable.shown_default)
    if variable.default in (None, [], {}):
        return "none"
    if isinstance(variable.default, list):
        return f"`[{', '.join(variable.default)}]`"
    return f"`{str(variable.default).lower() if isinstance(variable.default, bool) else variable.default}`"


TABLES: dict[str, t.Callable[[], str]] = {
    "reach": lambda: _rows(connects=True),
    "every-playbook": lambda: _rows(connects=False, playbooks=("rollout", "compliance", "adopt")),
    "wanted": lambda: _rows(connects=False, playbooks=("rollout", "compliance")),
    "rollout": lambda: _rows(connects=False, playbooks=("rollout",)),
    "compliance": lambda: _rows(connects=False, playbooks=("compliance",)),
    "adopt": lambda: _rows(connects=False, playbooks=("adopt",)),
}


def files() -> Files:
    """Return the page as it has to be."""
    return {PAGE: with_tables(PAGE, TABLES)}


if __name__ == "__main__":
    sys.exit(main(__doc__, files, "the table of variables"))
