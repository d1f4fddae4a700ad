#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the tables of docs/compliance.md that are made from the catalogue of controls.

usage: controls_table.py [--check]

Each table stands between two marks and is never edited by hand. --check changes nothing and ends with 1 when one differs.
"""

from __future__ import annotations

import sys
import typing as t

from generated import ROOT, Files, main, table, with_tables

PAGE = ROOT / "docs" / "compliance.md"


def _code(words: t.Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words) or "-"


def controls() -> str:
    """Return the rows of the controls."""
    from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import BUILT_IN

    heads = ("Control", "Right when", "Severity", "References", "Reads", "Needs", "Remedy")
    return table(
        heads,
        (
            (
                f"`{control.id}`",
                control.title,
                control.severity,
                ", ".join(control.references),
                _code(control.reads),
                control.privilege,
                control.remedy,
            )
            for control in BUILT_IN.values()
        ),
    )


def options() -> str:
    """Return what a site can set for each control, and what each takes from intent."""
    from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import BUILT_IN

    return table(
        ("Control", "`with`, as it comes", "Taken from intent"),
        (
            (
                f"`{control.id}`",
                ", ".join(f"`{name}: {_yaml(value)}`" for name, value in control.with_.items()),
                control.intent,
            )
            for control in BUILT_IN.values()
            if control.with_ or control.intent
        ),
    )


def _yaml(value: t.Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_yaml, value))}]"
    return f'"{value}"' if isinstance(value, str) and value[:1].isdigit() else str(value)


def subsets() -> str:
    """Return what each subset brings, and what an account needs to read it."""
    from ansible_collections.ucops.cucm.plugins.module_utils._facts import model

    return table(
        ("Subset", "Facts", "Needs"),
        ((f"`{name}`", _code(model.bring(name)), each.needs) for name, each in model.SUBSETS.items()),
    )


def judges() -> str:
    """Return the judges that a control can name."""
    from ansible_collections.ucops.cucm.plugins.module_utils._compliance.judges import JUDGES

    return table(
        ("Judge", "Options", "Reads"),
        (
            (
                f"`{name}`",
                ", ".join(
                    f"`{option}`" + (" (needed)" if details.required else f" ({_yaml(details.default)})")
                    for option, details in judge.options.items()
                ),
                _code(judge.subsets)
                if judge.reads
                else "what the path begins with"
                if "path" in judge.options
                else "-",
            )
            for name, judge in JUDGES.items()
        ),
    )


TABLES: dict[str, t.Callable[[], str]] = {
    "controls": controls,
    "options": options,
    "subsets": subsets,
    "judges": judges,
}


def files() -> Files:
    """Return the page as it has to be."""
    return {PAGE: with_tables(PAGE, TABLES)}


if __name__ == "__main__":
    sys.exit(main(__doc__, files, "the catalogue"))
