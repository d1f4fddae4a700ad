# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every citation of a fact sheet leads to its heading."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SHEETS = ROOT / "docs" / "devices"
CITATION = re.compile(r"\b(wire|cli|phone)-facts (\d+(?:\.\d+)*)")
# A heading "## 2. Title" or "### 2.10 Title", a numbered row "| 3 |" or a numbered item "3." of a section.
HEADING = re.compile(r"^#{2,3} (\d+(?:\.\d+)*)\.? ", re.MULTILINE)
SECTION = re.compile(r"^## (\d+)\. .*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
NUMBERED = re.compile(r"^(?:\| (\d+) \||(\d+)\. )", re.MULTILINE)


def places(sheet: str) -> set[str]:
    """Return the numbers that may be cited of a sheet."""
    text = (SHEETS / f"{sheet}-facts.md").read_text("utf-8")
    found = set(HEADING.findall(text))
    for section in SECTION.finditer(text):
        for row, item in NUMBERED.findall(section.group(0)):
            found.add(f"{section.group(1)}.{row or item}")
    return found


def tracked() -> list[Path]:
    """Return the text files of the repository that may cite."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    return [
        ROOT / name
        for name in listed
        if name.endswith((".py", ".md", ".yml", ".yaml", ".sh", ".json", ".wsdl")) and (ROOT / name).is_file()
    ]


def test_every_citation_has_its_place() -> None:
    known = {sheet: places(sheet) for sheet in ("wire", "cli", "phone")}
    cited = [
        (path.relative_to(ROOT), *match.groups())
        for path in tracked()
        for match in CITATION.finditer(path.read_text("utf-8", "replace"))
    ]
    assert len(cited) > 100
    assert [each for each in cited if each[2] not in known[each[1]]] == []


@pytest.mark.parametrize("sheet", ["wire", "cli", "phone"])
def test_a_place_that_is_not_there_is_seen(sheet: str) -> None:
    assert {"2", "99.1"} & places(sheet) == {"2"}
