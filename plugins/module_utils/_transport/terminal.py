# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines that a terminal shows for the bytes a platform CLI sends. PRIVATE to the collection.

Pure: bytes in, lines out, independent of how the bytes are split.
"""

from __future__ import annotations

import codecs
import re

# cli-facts 1.5: UNICON patterns of both pagers (verbatim there); the first may be followed by an erase-line.
PAGER_OUTPUT = re.compile(r"Press <enter> for 1 line, <space> for one page, or <q> to quit\s*")
PAGER_FILE = re.compile(r"options: q=quit, n=next, p=prev, b=begin, e=end \(lines \d+ - \d+ of \d+\) :\s*")

_PLAIN, _ESCAPE, _CSI, _OSC, _CHARSET = range(5)
_TEXT = re.compile(r"[^\x00-\x1f\x7f]+")
# The output of a real command line stays far below these limits; a peer that exceeds them wastes memory or time.
LONGEST_LINE = 64 * 1024
MOST_LINES = 500_000
MOST_CELLS = 32 * 1024 * 1024
MOST_CONTROLS = 1_500_000


class TooMuch(Exception):
    """The screen would exceed anything a command line prints: in one line, the number of lines, or the total."""


class Terminal:
    """The lines a terminal shows after a stream of bytes.

    Handles what the platform CLI is known to send: CR, LF, backspace, and the escape sequences that erase
    (``ESC[K``) or colour without moving the cursor. Every other control sequence is dropped, so hostile bytes
    reach neither a match nor a report as control characters.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._current: list[str] = []
        self._column = 0
        self._cells = self._controls = 0
        self._state = _PLAIN
        self._parameters = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    @property
    def current(self) -> str:
        """The line with the cursor, without trailing blanks."""
        return "".join(self._current).rstrip()

    def forget(self) -> None:
        """Drop the lines above the cursor, and reset the counts."""
        self.lines.clear()
        self._cells = self._controls = 0

    def feed(self, data: bytes) -> None:
        """Show ``data``; takes time proportional to its length.

        Raises:
            TooMuch: A limit was exceeded.
        """
        text, at = self._decoder.decode(data), 0
        while at < len(text):
            run = _TEXT.match(text, at) if self._state == _PLAIN else None
            if run:
                self._put(run[0] if run[0].isprintable() else "".join(filter(str.isprintable, run[0])))
                at = run.end()
            else:
                self._controls += 1
                self._show(text[at])
                at += 1
        if self._controls > MOST_CONTROLS:
            raise TooMuch(f"more than {MOST_CONTROLS} control characters")

    def _show(self, character: str) -> None:
        if self._state == _OSC:
            self._state = {"\x07": _PLAIN, "\x1b": _ESCAPE, "\x18": _PLAIN, "\x1a": _PLAIN}.get(
                character, _OSC
            )
        elif character < " " or character == "\x7f":
            # A terminal obeys these anywhere, even in the middle of a sequence.
            self._control(character)
        elif self._state == _ESCAPE:
            self._parameters = ""
            self._state = {"[": _CSI, "]": _OSC, "(": _CHARSET, ")": _CHARSET}.get(character, _PLAIN)
        elif self._state == _CSI:
            if "\x40" <= character <= "\x7e":
                if character == "K":
                    self._erase()
                self._state = _PLAIN
            else:
                self._parameters = (self._parameters + character)[:16]
        else:  # the last character of a two-character sequence
            self._state = _PLAIN

    def _control(self, character: str) -> None:
        if character == "\n":
            self._end_line()
        elif character == "\r":
            self._column = 0
        elif character == "\x1b":
            self._state = _ESCAPE
        elif character in "\x18\x1a":
            self._state = _PLAIN
        elif character == "\b":
            self._column = max(0, self._column - 1)
        elif character == "\t":
            self._put(" " * (8 - self._column % 8))

    def _end_line(self) -> None:
        if len(self.lines) >= MOST_LINES:
            raise TooMuch(f"more than {MOST_LINES} lines")
        self.lines.append(self.current)
        self._current, self._column = [], 0

    def _put(self, text: str) -> None:
        end = self._column + len(text)
        if end > LONGEST_LINE:
            raise TooMuch(f"a line of more than {LONGEST_LINE} characters")
        # After an erase the cursor may be beyond the end of the line.
        gap = max(0, self._column - len(self._current))
        self._cells += gap + len(text)
        if self._cells > MOST_CELLS:
            raise TooMuch(f"more than {MOST_CELLS} characters")
        self._current.extend(" " * gap)
        self._current[self._column : end] = text
        self._column = end

    def _erase(self) -> None:
        if self._parameters in ("", "0"):
            del self._current[self._column :]
        elif self._parameters == "2":
            self._current = []
