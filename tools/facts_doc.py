#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what is made from the model of facts: the texts of cluster_info about subsets and facts, and the JSON Schema of facts.

usage: facts_doc.py [--check]

The texts stand between two marks in plugins/modules/cluster_info.py and are never edited by hand. --check changes nothing and ends with 1
when one of the files differs.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
import typing as t

import yaml
from generated import ROOT, Files, between, main

MODULE = ROOT / "plugins" / "modules" / "cluster_info.py"
SCHEMA = ROOT / "docs" / "schemas" / "cluster-facts-1.schema.json"
_WIDTH = 120
_URL = "https://github.com/ucops/ucops.cucm/blob/main/docs/schemas/cluster-facts-1.schema.json"

Returned = dict[str, t.Any]


def subsets() -> list[str]:
    """Return what the documentation of gather_subset says of who may read what."""
    from ansible_collections.ucops.cucm.plugins.module_utils._facts import model

    def of(*needs: str, either: bool = False) -> str:
        found = [
            each.name
            for each in model.SUBSETS.values()
            if each.needs in needs and each.either is either and each.name != model.NODES.subset_name
        ]
        return ", ".join(f"V({name})" for name in found)

    return [
        f"Nodes are always read. {of(model.AXL, either=True)} need one account, whichever.",
        f"The AXL account is needed for {of(model.AXL, model.CONTROL_CENTER)}; with the role Standard CCM Server Monitoring or Standard "
        f"RealtimeAndTraceCollection for {of(model.REALTIME)}.",
        f"The CLI account is needed for {of(model.CLI_0)}; of level 1 for {of(model.CLI_1)}; of level 4 for {of(model.CLI_4)}.",
    ]


def facts() -> dict[str, Returned]:
    """Return what RETURN says of the facts, by their name; those of a group are its parts."""
    from ansible_collections.ucops.cucm.plugins.module_utils._facts import model

    found: dict[str, Returned] = {}
    for root, members in model.ROOTS.items():
        if root in model.GROUPS:
            parts = {fact.path[-1]: _fact(fact) for fact in members}
            found[root] = {"description": model.GROUPS[root], "type": "dict", "contains": parts}
        else:
            found[root] = _fact(members[0])
    return found


def _fact(fact: t.Any) -> Returned:
    says = fact.says if isinstance(fact.says, str) or len(fact.says) > 1 else fact.says[0]
    sample = {} if fact.sample is None else {"sample": fact.sample}
    return {"description": says, **fact.form.returned, **sample}


def _yaml(value: t.Any, indent: int) -> str:
    """Return a value as the YAML of a module's documentation."""
    written = yaml.safe_dump(
        json.loads(json.dumps(value)), sort_keys=False, width=_WIDTH - indent, allow_unicode=False
    )
    # Lists stand deeper than their key, as ansible-lint wants them.
    deeper = re.sub(r"(?m)^( *)description:\n((?:\1(?:- |  ).*\n)+)", _deeper, written)
    return textwrap.indent(deeper, " " * indent)


def _deeper(found: re.Match[str]) -> str:
    return f"{found[1]}description:\n{textwrap.indent(found[2], '  ')}"


def module() -> str:
    """Return the module as it has to be."""
    text = MODULE.read_text("utf-8")
    for name, indent, value in (("subsets", 6, subsets()), ("facts", 4, facts())):
        marks = re.compile(rf"(?s)( *# {name}: [^\n]*\n).*?( *# end of {name}\n)")
        text = between(marks, text, _yaml(value, indent), f"{MODULE}, the marks of {name},")
    return text


def schema() -> str:
    """Return the JSON Schema of the facts that cluster_info returns as C(cluster)."""
    from ansible_collections.ucops.cucm.plugins.module_utils._facts import model

    properties: dict[str, t.Any] = {}
    for fact in model.FACTS:
        *parents, last = fact.path
        place = properties
        for parent in parents:
            group = {"description": model.GROUPS[parent], "type": "object", "properties": {}}
            place = place.setdefault(parent, group)["properties"]
        says = fact.says if isinstance(fact.says, str) else " ".join(fact.says)
        # Null is a fact that was not read.
        place[last] = {"description": _plain(says), "anyOf": [fact.form.schema, {"type": "null"}]}
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": _URL,
        "title": "Facts of a cluster as ucops.cucm.cluster_info returns them, version 1",
        "description": "Every fact is there only when it was asked for and read; why one is not is in unavailable.",
        "type": "object",
        "properties": properties,
        "required": ["nodes", "publisher", "identity", "unavailable", "unavailable_causes"],
    }
    return json.dumps(whole, indent=1, ensure_ascii=True) + "\n"


def _plain(text: str) -> str:
    return re.sub(r"\b[CEIMOV]\(([^)]+)\)", r"\1", text)


def files() -> Files:
    """Return the files as they have to be."""
    return {MODULE: module(), SCHEMA: schema()}


if __name__ == "__main__":
    sys.exit(main(__doc__, files, "the model of facts"))
