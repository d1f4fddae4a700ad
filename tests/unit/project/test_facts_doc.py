# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is documented of facts is what the model has."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import jsonschema
import pytest
import yaml

from ansible_collections.ucops.cucm.plugins.module_utils._facts import model
from ansible_collections.ucops.cucm.plugins.modules import cluster_info

from ..data.clusters import audited
from ..data.tools import load

ROOT = Path(__file__).resolve().parents[3]


def tool() -> t.Any:
    return load("facts_doc")


def test_the_texts_are_those_of_the_model() -> None:
    for path, text in tool().files().items():
        assert path.read_text("utf-8") == text, "run tools/facts_doc.py"


def test_a_module_that_lost_its_marks_is_told(tmp_path: Path) -> None:
    module = tool()
    text = module.MODULE.read_text("utf-8")
    module.MODULE = tmp_path / "module.py"
    module.MODULE.write_text(text.replace("# end of facts", ""), "utf-8")
    with pytest.raises(ValueError, match="the marks of facts"):
        module.module()


def test_every_fact_and_every_subset_is_documented() -> None:
    returned = yaml.safe_load(cluster_info.RETURN)["cluster"]["contains"]
    for fact in model.FACTS:
        at: t.Any = {"contains": returned}
        for key in fact.path:
            at = at["contains"][key]
        assert at["description"], fact.name
    option = yaml.safe_load(cluster_info.DOCUMENTATION)["options"]["gather_subset"]
    for name in model.SUBSETS:
        assert name == "nodes" or f"V({name})" in " ".join(option["description"]), name


def test_the_schema_is_a_schema_and_says_no() -> None:
    schema = json.loads(tool().SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    whole = {**audited(), "identity": "x", "unavailable_causes": {}}
    assert validator.is_valid(whole)
    assert validator.is_valid({**whole, "licence": None}), "was not read"
    for fact in model.FACTS:
        wrong = json.loads(json.dumps(whole))
        model.put(wrong, fact, {"x": 7.5} if isinstance(fact, model.PerNode) else 7.5)
        assert not validator.is_valid(wrong), fact.name
