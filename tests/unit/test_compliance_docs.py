# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page about compliance says what the code does."""

from __future__ import annotations

import importlib.util
import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.ucops.cucm.plugins.module_utils._compliance import site
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.case import VERDICTS
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import BUILT_IN
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.judges import JUDGES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "compliance.md").read_text("utf-8")


def tables() -> t.Any:
    spec = importlib.util.spec_from_file_location("controls_table", ROOT / "tools" / "controls_table.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_those_of_the_catalogue() -> None:
    now, right = tables().written()
    assert now == right, "run tools/controls_table.py"


def test_a_page_that_lost_its_marks_is_told(tmp_path: Path) -> None:
    module = tables()
    module.PAGE = tmp_path / "page.md"
    module.PAGE.write_text(PAGE.replace("<!-- end of judges -->", ""), "utf-8")
    with pytest.raises(ValueError, match="the table judges"):
        module.written()
    module.PAGE.write_text(PAGE.replace("| `backup-age` |", "| `gone` |"), "utf-8")
    now, right = module.written()
    assert (now == right, right) == (False, PAGE)


def test_the_tables_name_every_control_and_judge_once() -> None:
    for name in BUILT_IN:
        assert tables().controls().count(f"\n| `{name}` |") == 1
    for name in JUDGES:
        assert tables().judges().count(f"\n| `{name}` |") == 1


def test_every_verdict_is_explained() -> None:
    for verdict in VERDICTS:
        assert re.search(rf"(?m)^\| {verdict.replace('_', ' ')} \|", PAGE), verdict


def test_every_word_of_intent_and_of_the_inventory_is_told() -> None:
    for variable, key in site.WANTED.items():
        assert re.search(rf"(?m)^\| `{key}` \| `cucm_{variable}` \|", PAGE), key


def test_examples_are_valid() -> None:
    blocks = [yaml.safe_load(block) for block in re.findall(r"(?s)```yaml\n(.*?)```", PAGE)]
    configurations = [
        block["cucm_compliance"] if isinstance(block, dict) else {"controls": block} for block in blocks
    ]
    assert len(configurations) >= 2
    for configuration in configurations:
        site.load(configuration)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
