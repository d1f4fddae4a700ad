# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plainest riddles stay out of messages, docstrings, comments and documents (docs/style.md).

Only patterns that are never right are here; everything else is left to a reader.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# What is checked. A directory stands for all its files.
CHECKED = [
    *(
        f"plugins/module_utils/{room}"
        for room in (
            "_base",
            "_x509",
            "_transport",
            "_security",
            "_phones",
            "_objects",
            "_changes",
            "_report",
        )
    ),
    "plugins/doc_fragments",
    "plugins/modules",
    "docs/adopt.md",
    "docs/compliance.md",
    "docs/devices/README.md",
    "docs/devices/captures.md",
    "docs/failure-codes.md",
    "docs/offline/README.md",
    "docs/schedules",
    "CONTRIBUTING.md",
    "MAINTAINERS.md",
    "SECURITY.md",
]
# Each with what to write instead.
RIDDLES = {
    r"(?<![Tt]here )(?<![Ww]here )\b(?:is|are|was|were) no (?!longer\b|more\b|later\b)\w": "is not a",
    r"\b(?:that|which|it|what) (?:is|are) none\b|\b(?:is|are) none of\b|\bof none\b": "name the thing",
    r"\b[Ww]hat (?:became|becomes) of\b": "the outcome of",
    r"\b(?:is|are|was|were) (?:\w+ )?told\b(?! apart)": "is reported, is known",
    r"\b(?:does|do|did) not tell\b": "does not show, did not report",
    r"\b[Tt]ake[sn]? (?:it |that |them )?back\b": "undo, restore",
    r"\breads first\b": "reads the cluster first",
    r"\bOne (?:that|of which) (?:is|are|was)\b": "name the thing",
    r"\bpublished nowhere\b": "not published",
    r"\bwhosoever\b|\bwhomever\b": "anybody, or name the person",
}


def riddles(text: str) -> list[str]:
    """Return each riddle in a text with the words around it and what to write instead."""
    folded = " ".join(text.split())
    return [
        f"...{folded[max(0, match.start() - 40) : match.end() + 40]}...: write {instead!r}"
        for pattern, instead in RIDDLES.items()
        for match in re.finditer(pattern, folded)
    ]


def texts(path: Path) -> Iterator[str]:
    """Yield what a person reads of a file: of Python its strings and comments, of anything else the whole."""
    source = path.read_text("utf-8")
    if path.suffix != ".py":
        yield source
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def files() -> Iterator[Path]:
    for name in CHECKED:
        path = ROOT / name
        found = [path] if path.is_file() else sorted(path.rglob("*"))
        yield from (each for each in found if each.suffix in (".py", ".md", ".yml", ".sh"))


@pytest.mark.parametrize("path", [*files()], ids=lambda path: str(path.relative_to(ROOT)))
def test_texts_have_no_riddles(path: Path) -> None:
    assert sorted({riddle for text in texts(path) for riddle in riddles(text)}) == []


@pytest.mark.parametrize(
    "text",
    [
        "The value is no text.",
        "a zone that is none",
        "'x' is none of high, low",
        "What became of it is not known.",
        "The time was not told.",
        "The node did not tell its time.",
        "Take it back",
        "nothing takes back the upload",
        "Run this again: it reads first.",
        "One that is left behind is taken over.",
        "The word is published nowhere.",
    ],
)
def test_a_riddle_is_found(text: str) -> None:
    assert riddles(f"The first line.\n\n{text}")


@pytest.mark.parametrize(
    "text",
    [
        "There is no CTL file.",
        "Two clusters are told apart by their places.",
        "The password is no longer sent.",
        "Mixed mode is on, and none of the phones is away.",
        "The CTL file has no record of the node.",
    ],
)
def test_plain_english_passes(text: str) -> None:
    assert riddles(text) == []
