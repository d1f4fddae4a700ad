# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Galaxy's importer warns of either has its reason in the file, or ends the lint."""

from __future__ import annotations

import importlib.util
import typing as t
from pathlib import Path

import pytest
import yaml

TOOLS = Path(__file__).resolve().parents[3] / "tools"
DONE = "Importer processing completed successfully\n"
ALWAYS = {"warning": r"roles/\w+ is odd", "reason": "it has to be"}
SOMETIMES = {"warning": "too slow", "reason": "a busy machine", "sometimes": True}


@pytest.fixture(scope="module")
def tool() -> t.Any:
    spec = importlib.util.spec_from_file_location("importer", TOOLS / "importer.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (f"Loading\nWARNING: roles/a is odd\n{DONE}", []),
        (f"WARNING: roles/a is odd\nERROR: too slow\n{DONE}", []),
        (f"WARNING: roles/a is odd\nWARNING: new\n{DONE}", ["Not explained", "new"]),
        (f"WARNING: roles/a is odd, and worse\nWARNING: roles/a is odd\n{DONE}", ["and worse"]),
        (f"Loading\n{DONE}", ["No longer given"]),
        ("WARNING: roles/a is odd\nERROR: No role readme found.\n", ["No role readme", "did not accept"]),
    ],
)
def test_a_run_is_judged_by_what_it_printed(tool: t.Any, log: str, words: list[str]) -> None:
    wrong = tool.judged(log, [ALWAYS, SOMETIMES])
    assert bool(wrong) == bool(words)
    assert [word for word in words if word not in " ".join(wrong)] == []


def test_every_explanation_has_a_reason() -> None:
    explanations = yaml.safe_load((TOOLS / "importer-warnings.yml").read_text("utf-8"))
    assert explanations
    for each in explanations:
        assert set(each) - {"sometimes"} == {"warning", "reason"}
        assert len(each["reason"].split()) > 10
