# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page about compliance says what the code does."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.module_utils._compliance import site
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.case import VERDICTS
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import BUILT_IN
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.judges import JUDGES

from ..compliance.test_fuzz import CONFIGURATIONS
from ..compliance.test_site import WRONG
from ..data.tools import load, wrong

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "compliance.md").read_text("utf-8")


SCHEMA = jsonschema.Draft202012Validator(
    json.loads((ROOT / "docs" / "schemas" / "compliance-site-1.schema.json").read_text("utf-8"))
)


def tables() -> t.Any:
    return load("controls_table")


def test_the_tables_are_those_of_the_catalogue() -> None:
    assert not wrong(tables()), "run tools/controls_table.py"


def test_a_page_that_lost_its_marks_is_told(tmp_path: Path) -> None:
    module = tables()
    module.PAGE = tmp_path / "page.md"
    module.PAGE.write_text(PAGE.replace("<!-- end of judges -->", ""), "utf-8")
    with pytest.raises(ValueError, match="the table judges"):
        module.files()
    module.PAGE.write_text(PAGE.replace("| `backup-age` |", "| `gone` |"), "utf-8")
    assert wrong(module) == {module.PAGE: PAGE}


def test_the_tables_name_every_control_and_judge_once() -> None:
    for name in BUILT_IN:
        assert tables().controls().count(f"\n| `{name}` |") == 1
    for name in JUDGES:
        assert tables().judges().count(f"\n| `{name}` |") == 1


def test_every_verdict_is_explained() -> None:
    for verdict in VERDICTS:
        assert re.search(rf"(?m)^\| {verdict.replace('_', ' ')} \|", PAGE), verdict


def test_every_word_of_intent_and_of_the_inventory_is_told() -> None:
    variables = {key: f"`cucm_{variable}`" for variable, key in site.WANTED.items()}
    for key in site.WORDS:
        assert re.search(rf"(?m)^\| `{key}` \| {variables.get(key, '-')} \|", PAGE), key


def examples() -> list[t.Any]:
    """Return the page's examples of a site's configuration, and of parts of its controls."""
    blocks = [yaml.safe_load(block) for block in re.findall(r"(?s)```yaml\n(.*?)```", PAGE)]
    return [
        {"controls": block} if isinstance(block, list) else block["cucm_compliance"]
        for block in blocks
        if isinstance(block, list) or "cucm_compliance" in block
    ]


def test_examples_are_valid() -> None:
    assert len(examples()) >= 2
    for configuration in examples():
        site.load(configuration)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)", PAGE):
        assert (ROOT / "docs" / target).exists(), target


# -- the schema for editors ------------------------------------------------------------------------------


def schemaload() -> t.Any:
    return load("site_schema")


def takes(config: t.Any) -> bool:
    """Return whether the published schema takes a configuration; YAML's dates are texts to an editor."""
    return SCHEMA.is_valid(json.loads(json.dumps({"cucm_compliance": config}, default=str)))


def test_the_schema_is_that_of_the_catalogue() -> None:
    module = schemaload()
    assert not wrong(module), "run tools/site_schema.py"
    jsonschema.Draft202012Validator.check_schema(module.schema())
    assert set(module._intent()) == set(site.WORDS) >= set(site.WANTED.values())


def test_the_schema_takes_the_examples() -> None:
    assert all(map(takes, examples()))


def test_the_schema_knows_most_mistakes() -> None:
    """What only the playbook finds out: names that must exist, doubles, days, expressions and certificates."""
    wrong = [
        config
        for config, _told in WRONG
        if isinstance(config, dict) and all(isinstance(key, str) for key in config)
    ]
    passed = [config for config in wrong if _is_json(config) and takes(config)]
    assert len(passed) < len(wrong) / 5, passed


def _is_json(config: t.Any) -> bool:
    try:
        json.dumps(config, allow_nan=False, default=str)
    except ValueError:
        return False
    return True


@settings(max_examples=250, deadline=None)
@given(CONFIGURATIONS)
def test_the_schema_refuses_nothing_that_is_right(config: t.Any) -> None:
    """In any configuration that is taken."""
    try:
        site.load(config)
    except InputError:
        return
    if isinstance(config, dict) and _is_json(config):
        assert takes(config)


def test_the_sample_of_the_readme_has_as_many_verdicts_as_there_are_controls() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (sample,) = re.findall(r'"(\d+ fail, [^"]*\d+ not applicable)"', readme)
    clusters = re.search(r"(\d+) clusters need attention", readme)
    assert clusters is not None
    assert sum(map(int, re.findall(r"\d+", sample))) == int(clusters[1]) * len(BUILT_IN)
