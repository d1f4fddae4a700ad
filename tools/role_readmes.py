#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the README.md of every role from its meta/argument_specs.yml.

usage: role_readmes.py [--check]

The files are never edited by hand. --check changes nothing and ends with 1 when one differs, is missing, or has no role.
"""

from __future__ import annotations

import sys
import typing as t
from pathlib import Path

import yaml
from generated import ROOT, Files, main, markdown, table

ROLES = ROOT / "roles"
_PAGE = """\
<!-- Written by tools/role_readmes.py from meta/argument_specs.yml; do not edit. -->

# {collection}.{role}

{entries}

How clusters are reached is described in the [README of the collection](../../README.md).
"""
_ENTRY = """\
{short_description}.

{description}

```yaml
- name: {short_description}
  hosts: cucm
  gather_facts: false
  tasks:
    - name: {short_description}
      ansible.builtin.include_role:
        name: {collection}.{role}{tasks_from}
```

{heading} Arguments

{arguments}"""

Spec = t.Mapping[str, t.Any]


def text(role: Path) -> str:
    """Return the README of a role."""
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text("utf-8"))["argument_specs"]
    collection = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))
    name = f"{collection['namespace']}.{collection['name']}"
    main = specs["main"].get("options")
    entries = [
        _entry(name, role.name, entry, spec, as_main=entry != "main" and spec.get("options") == main != {})
        for entry, spec in specs.items()
    ]
    return _PAGE.format(collection=name, role=role.name, entries="\n\n".join(entries))


def _entry(collection: str, role: str, entry: str, spec: Spec, *, as_main: bool) -> str:
    main = entry == "main"
    page = _ENTRY.format(
        collection=collection,
        role=role,
        tasks_from="" if main else f"\n        tasks_from: {entry}",
        heading="##" if main else "###",
        short_description=spec["short_description"],
        description=_paragraphs(spec.get("description", [])),
        arguments="Those of the whole role, above." if as_main else _arguments(spec.get("options") or {}),
    )
    return page if main else f"## Entry point {entry}\n\n{page}"


def _paragraphs(description: str | t.Sequence[str]) -> str:
    return "\n".join(f"- {markdown(each)}" for each in _listed(description))


def _listed(description: str | t.Sequence[str]) -> t.Sequence[str]:
    return [description] if isinstance(description, str) else description


def _arguments(options: t.Mapping[str, Spec]) -> str:
    if not options:
        return "None."
    return table(("argument", "type", "default", "meaning"), _rows(options))


def _rows(options: t.Mapping[str, Spec], above: str = "") -> t.Iterator[tuple[str, str, str, str]]:
    """Yield a row for each argument, followed by its suboptions, named by their path."""
    for name, option in options.items():
        yield f"`{above}{name}`", _type(option), _default(option), _meaning(option)
        yield from _rows(option.get("options") or {}, f"{above}{name}.")


def _type(option: Spec) -> str:
    kind = option.get("type", "str")
    return f"{kind} of {option['elements']}" if "elements" in option else kind


def _default(option: Spec) -> str:
    if option.get("required"):
        return "required"
    return "none" if option.get("default") is None else _yaml(option["default"])


def _yaml(value: t.Any) -> str:
    written = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False)
    return f"`{written.removesuffix(chr(10)).removesuffix('...').rstrip()}`"


def _meaning(option: Spec) -> str:
    meaning = markdown(" ".join(_listed(option["description"])))
    if "choices" in option:
        meaning += f" One of {', '.join(map(_yaml, option['choices']))}."
    return meaning


def files() -> Files:
    """Return every README as it has to be; None for one without a role."""
    pages = {
        path.parents[1] / "README.md": text(path.parents[1])
        for path in sorted(ROLES.glob("*/meta/argument_specs.yml"))
    }
    return {**dict.fromkeys(ROLES.glob("*/README.md")), **pages}


if __name__ == "__main__":
    sys.exit(main(__doc__, files, "the arguments of its role"))
