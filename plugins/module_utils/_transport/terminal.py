# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a terminal would show of the bytes a platform CLI sends. PRIVATE to the collection.

Pure: bytes in, lines out, the same for every way the bytes are cut into pieces.
"""

from __future__ import annotations

import codecs
import re

# cli-facts 1.5: UNICON patterns of both pagers (verbatim there); the first may be followed by an erase-line.
PAGER_OUTPUT = re.compile(r"Press <enter> for 1 line, <space> for one page, or <q> to quit\s*")
PAGER_FILE = re.compile(r"options: q=quit, n=next, p=prev, b=begin, e=end \(lines \d+ - \d+ of \d+\) :\s*")

_PLAIN, _ESCAPE, _CSI, _OSC, _OSC_ESCAPE, _CHARSET = range(6)


class Terminal:
    """The lines a terminal shows after a stream of bytes.

    Understands what the platform CLI is known to send: CR, LF, backspace, and the escape sequences that
    move nothing but erase (``ESC[K``) or colour; every other control sequence is dropped. Hostile bytes can
    therefore reach neither a match nor a report as control characters.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._current: list[str] = []
        self._column = 0
        self._state = _PLAIN
        self._parameters = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    @property
    def current(self) -> str:
        """The line the cursor is in, without trailing blanks."""
        return "".join(self._current).rstrip()

    def feed(self, data: bytes) -> None:
        """Show ``data``."""
        for character in self._decoder.decode(data):
            self._show(character)

    def _show(self, character: str) -> None:
        if self._state == _PLAIN:
            self._show_plain(character)
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
        elif self._state == _OSC:
            self._state = {"\x07": _PLAIN, "\x1b": _OSC_ESCAPE}.get(character, _OSC)
        else:  # the last character of a two-character sequence
            self._state = _PLAIN

    def _show_plain(self, character: str) -> None:
        if character == "\n":
            self.lines.append(self.current)
            self._current, self._column = [], 0
        elif character == "\r":
            self._column = 0
        elif character == "\x1b":
            self._state = _ESCAPE
        elif character == "\b":
            self._column = max(0, self._column - 1)
        elif character == "\t":
            self._put(" " * (8 - self._column % 8))
        elif character.isprintable():
            self._put(character)

    def _put(self, text: str) -> None:
        end = self._column + len(text)
        self._current[self._column : end] = list(text)
        self._column = end

    def _erase(self) -> None:
        if self._parameters in ("", "0"):
            del self._current[self._column :]
        elif self._parameters == "2":
            self._current, self._column = [" "] * self._column, self._column
