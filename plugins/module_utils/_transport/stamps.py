# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Marks that terminal programs put before every line of a log. PRIVATE to the collection. Pure.

SecureCRT, MobaXterm, tmux with ts, and script loggers stamp lines with the time; mail programs quote them, pagers number them, and
tools that run commands on many hosts put the host's name there. The text before the prompts is the mark, so text that only some lines
begin with is never taken for one.
"""

from __future__ import annotations

import re
import typing as t
from collections import Counter

from .cli import PROMPT

_LONGEST = 64
# Only in a mark with a time of day letters may be others in other lines: names of months and days.
_TIME = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
# The share of non-empty lines that must begin with the mark.
_MOST = 0.9


def without(lines: t.Sequence[str]) -> list[str]:
    """Return lines without their common mark; unchanged if there is none."""
    shapes = Counter(_shape(line[:at]) for line in lines if 0 < (at := line.find(PROMPT)) <= _LONGEST)
    if not shapes or any(line.startswith(PROMPT) for line in lines):
        return list(lines)
    mark = re.compile(shapes.most_common(1)[0][0])
    stripped = [mark.match(line) for line in lines]
    filled = sum(1 for line in lines if line.strip())
    if sum(1 for found in stripped if found) < _MOST * filled:
        return list(lines)
    return [line[found.end() :] if found else line for line, found in zip(lines, stripped, strict=True)]


def _shape(mark: str) -> str:
    """Return the pattern of marks like this one: with any digits and month names, and without blanks at the end of an empty line."""
    pattern, words = "", r"[A-Za-z]+" if _TIME.search(mark) else ""
    for piece in re.findall(r"\d+|[A-Za-z]+|[ \t]+|.", mark.rstrip()):
        if piece[0].isdigit():
            pattern += r"\d+"
        elif piece[0].isalpha():
            pattern += words or piece
        else:
            pattern += r"[ \t]+" if piece.isspace() else re.escape(piece)
    behind = len(mark) - len(mark.rstrip())
    return f"{pattern}(?:[ \\t]{{{behind}}}|[ \\t]*$)" if behind else pattern
