# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that others published of what a real cluster's tables have; each file names its source."""

from __future__ import annotations

import functools
from importlib import resources


def _lines(name: str) -> list[str]:
    text = resources.files(__name__).joinpath(f"{name}.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@functools.cache
def models() -> dict[str, int]:
    """The numbers of ``typemodel`` by name."""
    rows = (line.split("\t") for line in _lines("models"))
    return {name: int(number) for number, name in rows}


@functools.cache
def parameters() -> frozenset[str]:
    """The names of the parameters of all services, of 12.5 and 14."""
    return frozenset(_lines("parameters"))
