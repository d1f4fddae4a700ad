# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tests run with pytest-ansible and without it, and neither lays a second tree of links."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("options", [[], ["-p", "no:pytest-ansible"]], ids=["with", "without"])
def test_the_collection_is_imported(options: list[str]) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "1", "-p", "no:cacheprovider", *options]
    run = subprocess.run(
        [*command, "tests/unit/base/test_numbers.py"],
        cwd=ROOT,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    assert " passed" in run.stdout
    assert not (ROOT / "collections").exists()
