# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The terminal shows the same lines however the bytes are cut, and never a control character."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._transport import terminal
from ansible_collections.ucops.cucm.plugins.module_utils._transport.terminal import (
    LONGEST_LINE,
    PAGER_FILE,
    PAGER_OUTPUT,
    Terminal,
    TooMuch,
)

from ..data import transcripts

TRANSCRIPTS = {
    "startup": (transcripts.STARTUP, transcripts.STARTUP_LINES, "admin:"),
    "mixed mode": (transcripts.MIXED_MODE, transcripts.MIXED_MODE_LINES, "admin:"),
    "paged": (transcripts.PAGED, transcripts.PAGED_LINES, "admin:"),
    "rewritten": (transcripts.REWRITTEN, transcripts.REWRITTEN_LINES, "admin:"),
    "show ctl": (transcripts.CTL_MIXED.replace("\n", "\r\n").encode(), None, ""),
    "not ASCII": (b"Geb\xc3\xa4ude \xe2\x82\xac\xf0\x9f\x93\x9e \xff\xc3(\xe2\x82\r\nadmin:", None, "admin:"),
}


def shown(*pieces: bytes) -> tuple[list[str], str]:
    screen = Terminal()
    for piece in pieces:
        screen.feed(piece)
    return screen.lines, screen.current


def cut(data: bytes, places: list[int]) -> list[bytes]:
    return [data[start:end] for start, end in pairwise([0, *places, len(data)])]


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_transcript_is_shown(name: str) -> None:
    data, lines, current = TRANSCRIPTS[name]
    seen = shown(data)
    assert seen[1] == current
    if lines is not None:
        assert seen[0] == lines
    assert len(seen[0]) == data.count(b"\n")


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_every_single_cut_shows_the_same(name: str) -> None:
    data = TRANSCRIPTS[name][0][:1500]
    whole = shown(data)
    for place in range(len(data) + 1):
        assert shown(data[:place], data[place:]) == whole, place
    assert shown(*(data[at : at + 1] for at in range(len(data)))) == whole


@pytest.mark.parametrize("name", ["paged", "not ASCII"])
def test_every_pair_of_cuts_shows_the_same(name: str) -> None:
    data = TRANSCRIPTS[name][0]
    whole = shown(data)
    for first in range(len(data) + 1):
        for second in range(first, len(data) + 1):
            assert shown(data[:first], data[first:second], data[second:]) == whole, (first, second)


def test_ten_thousand_random_segmentations_show_the_same() -> None:
    whole = {name: shown(data[-300:]) for name, (data, _lines, _current) in TRANSCRIPTS.items()}
    chance = random.Random(20)
    for number in range(10_000):
        name = list(TRANSCRIPTS)[number % len(TRANSCRIPTS)]
        data = TRANSCRIPTS[name][0][-300:]
        places = sorted(chance.randrange(len(data) + 1) for _each in range(chance.randrange(1, 12)))
        assert shown(*cut(data, places)) == whole[name], (name, places)


# Bytes that mean something to a terminal come up more often than chance would bring them.
_PIECES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from(
        [
            b"\r",
            b"\n",
            b"\r\n",
            b"\b",
            b"\t",
            b"\0",
            b"\x1b",
            b"\x1b[K",
            b"\x1b[2K",
            b"\x1b[1m",
            b"\x1b]0;x\x07",
        ]
    ),
    st.sampled_from(
        [b"\x1b]0;", b"\x07", b"\x1b(B", b"\xe2\x82", b"\xff", b"admin:", "ü€".encode(), b"\x9b31m"]
    ),
)


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_PIECES, max_size=20).map(b"".join), st.lists(st.integers(0, 150), max_size=8))
def test_arbitrary_bytes_show_the_same_and_nothing_but_text(data: bytes, places: list[int]) -> None:
    whole = shown(data)
    assert shown(*cut(data, sorted(place for place in places if place <= len(data)))) == whole
    assert all(line.isprintable() for line in [*whole[0], whole[1]])


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (b"abcdef\rXY", "XYcdef"),
        (b"abcdef\r\x1b[KXY", "XY"),
        (b"abcdef\r\x1b[0KXY", "XY"),
        (b"abcdef\x1b[2KXY", "      XY"),
        (b"abc\b\bX", "aXc"),
        (b"a\b\b\b\bX", "X"),
        (b"abc\b \b", "ab"),
        (b"a\0b\x05c\x7fd", "abcd"),
        (b"a\tb", "a       b"),
        (b"\x1b[1mbold\x1b[0m", "bold"),
        (b"\x1b[24;1Hadmin:", "admin:"),
        (b"\x1b]0;a title\x07admin:", "admin:"),
        (b"\x1b]0;a title\x1b\\admin:", "admin:"),
        (b"\x1b(Badmin:", "admin:"),
        (b"\x1b=admin:", "admin:"),
        (b"\xff\xfeok", "\ufffd\ufffdok"),
        (b"\xc2\x9b31mred", "31mred"),
        ("\u202egnp.exe".encode(), "gnp.exe"),
        (b"trailing  ", "trailing"),
        (b"abc\x1b[\r1KX", "Xbc"),
        (b"abc\x1b[1\b\bmX", "aXc"),
        (b"abc\x1b[3\x18X", "abcX"),
        (b"abc\x1b[3\x1b[31mX", "abcX"),
        (b"abc\x1b]0;t\x1b[31mX", "abcX"),
        (b"abcdef\x1b[2K\rX", "X"),
    ],
)
def test_what_a_terminal_would_show(sent: bytes, seen: str) -> None:
    assert shown(sent) == ([], seen)


def test_a_line_ends_in_the_middle_of_a_sequence() -> None:
    assert shown(b"one\x1b[1\nmtwo") == (["one"], "two")


@pytest.mark.parametrize(
    ("piece", "what"),
    [
        (b"x", "a line of"),
        (b"\n", "lines"),
        (b"x\n", "lines"),
        (b"\r", "control"),
        (b"\x1b[1m", "control"),
        (b"\x1b[2Kx", "characters"),
        (b"\t" * 60 + b"\n", "characters"),
    ],
)
def test_what_no_command_line_prints_is_refused(
    piece: bytes, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit, lower in {"MOST_LINES": 500, "MOST_CONTROLS": 1500, "MOST_CELLS": 70_000}.items():
        monkeypatch.setattr(terminal, limit, lower)
    with pytest.raises(TooMuch, match=what):
        shown(*([piece * (66_000 // len(piece))] * 2))


def test_a_line_as_long_as_allowed_is_shown() -> None:
    assert shown(b"x" * LONGEST_LINE) == ([], "x" * LONGEST_LINE)


def test_a_line_is_put_together_once() -> None:
    """However many packets they come in; each character costs one cell."""
    screen = Terminal()
    for _packet in range(2000):
        screen.feed(b"x")
    assert screen._cells == 2000


def test_a_title_cannot_smuggle_a_prompt() -> None:
    assert shown(b"\x1b]0;\r\nadmin:\x07rest") == ([], "rest")


@pytest.mark.parametrize(
    ("pager", "sent"),
    [
        (PAGER_OUTPUT, b"\x1b[1mPress <enter> for 1 line, <space> for one page, or <q> to quit\x1b[0m\x1b[K"),
        (
            PAGER_FILE,
            b"\x1b[1m\r\noptions: q=quit, n=next, p=prev, b=begin, e=end (lines 61 - 80 of 207554) : \x1b[0m",
        ),
    ],
)
def test_pagers_are_known_in_full_only(pager: object, sent: bytes) -> None:
    line = shown(sent)[1]
    assert pager.fullmatch(line)  # type: ignore[attr-defined]
    assert not pager.fullmatch(line.replace(", ", ", y=yes, ", 1))  # type: ignore[attr-defined]
    assert not pager.fullmatch(line.replace(", ", ", y=yes, "))  # type: ignore[attr-defined]
    assert not pager.fullmatch(line[::-1].replace(" ,", " ,sey=y ,", 1)[::-1])  # type: ignore[attr-defined]
    assert not pager.fullmatch(line[:-2])  # type: ignore[attr-defined]
    assert not pager.fullmatch("x" + line)  # type: ignore[attr-defined]
    assert not pager.fullmatch(line + " x")  # type: ignore[attr-defined]
    assert sum(known.fullmatch(line) is not None for known in (PAGER_OUTPUT, PAGER_FILE)) == 1
