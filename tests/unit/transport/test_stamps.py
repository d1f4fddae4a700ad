# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logs of terminal programs that put something before every line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._transport import stamps

LOG = [
    "Command Line Interface is starting up, please wait ...",
    "",
    "   Welcome to the Platform Command Line Interface",
    "",
    "admin:show ctl",
    "The checksum value of the CTL file:",
    "65f1840a020276056de0485accde2a9e(MD5)",
    "",
    "        Parse CTL File",
    "3       SIGNERID        2       173",
    "admin:show status",
    "",
    " 04:22:33 up 10 days,  0:00,  1 user,  load average: 0.34, 0.41, 0.40",
    "2026-11-29-04-22-37.tar NETWORK Sun Nov 29 04:27:37 CET 2026 SUCCESS",
    "admin:",
]
# {0} is a number that grows from line to line.
MARKS = [
    "2026-11-30 04:22:{0:02},893 - ",
    "[2026-11-30 04:22:{0:02}] ",
    "[04:22:{0:02}.123] ",
    "[04:22:{0:02}]",
    "04:22:{0:02} ",
    "04:22:{0:02}\t",
    "Nov 30 04:22:{0:02} ",
    "(2026/11/30 04:22:{0:02} AM) ",
    "<2026-11-30T04:22:{0:02}.000+01:00> ",
    "2026-11-30T04:22:{0:02}Z alpha-pub: ",
    "30.11.2026 04:22:{0:02} | ",
    "17960185{0:02} ",
    "+00{0:02}ms ",
    "alpha-pub> ",
    "alpha-pub | ",
    "{0:6}\t",
    "{0:7} ",
    "L{0}: ",
    "> ",
    ">> ",
    "    ",
]


def marked(mark: str) -> list[str]:
    # A terminal does not keep blanks at the end of a line.
    return [f"{mark.format(number)}{line}".rstrip() for number, line in enumerate(LOG)]


@pytest.mark.parametrize("mark", MARKS)
def test_marks_are_taken_away(mark: str) -> None:
    assert stamps.without(marked(mark)) == LOG


@pytest.mark.parametrize("mark", MARKS[:3])
def test_a_heading_and_a_broken_line_have_no_mark(mark: str) -> None:
    heading = "Script started on 2026-11-30 04:20:11+01:00"
    assert stamps.without([heading, *marked(mark)]) == [heading, *LOG]


def test_a_log_without_marks_stays() -> None:
    assert stamps.without(LOG) == LOG


def test_what_only_some_lines_begin_with_is_no_mark() -> None:
    some = marked(MARKS[1])[:6] + LOG[6:]
    assert stamps.without(some) == some
    few = [line if "admin:" in line else LOG[number] for number, line in enumerate(marked(MARKS[1]))]
    assert stamps.without(few) == few


def test_a_word_before_each_prompt_is_no_mark() -> None:
    """Nearly every line begins with letters and a blank, and none with that word."""
    log = ["alpha admin:show x", *(f"word {number}" for number in range(40)), "alpha admin:"]
    assert stamps.without(log) == log


@given(
    st.lists(
        st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), max_size=30),
        max_size=8,
    )
)
def test_whatever_the_node_prints(lines: list[str]) -> None:
    """A mark is taken away once, from every line, whatever else is in the line."""
    log = ["admin:show x", *(line.rstrip() for line in lines if "admin:" not in line), "admin:"]
    mark = "[2026-11-30 04:22:31] "
    assert stamps.without([f"{mark}{line}".rstrip() for line in log]) == log


@given(st.lists(st.text(max_size=40), max_size=12))
def test_no_line_is_lost(lines: list[str]) -> None:
    assert len(stamps.without(lines)) == len(lines)
