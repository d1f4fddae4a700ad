# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools of the repository as modules."""

from __future__ import annotations

import importlib.util
import sys
import typing as t
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[3] / "tools"


def load(name: str) -> t.Any:
    """Return a tool, imported anew: a test may change what it works on."""
    if str(TOOLS) not in sys.path:
        # Where a tool finds what it shares with others when it is run.
        sys.path.append(str(TOOLS))
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks for its module.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def wrong(tool: t.Any) -> dict[Path, str | None]:
    """Return the files that a tool would write anew."""
    return load("generated").differing(tool.files())
