# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The members of a cluster: as C(show network cluster) prints them (cli-facts 6), and by their names. PRIVATE to the collection. Pure."""

from __future__ import annotations

import ipaddress
import re

from .._base.address import canonical
from .._facts import records
from .._printed.unreadable import unreadable

_COMMAND = "show network cluster"
_TABLE = re.compile(r"(?im)^\s*Server Table\b")
# ADDRESS NAME... ROLE, from release 10 on followed by the product and the database role, then the state (TN221069; guides 12.5 to 15).
_ROW = re.compile(
    r"(?P<names>\S+(?: \S+){0,2}) (?:Publisher|Subscriber)"
    r"(?: (?!not\b|(?:un)?authenticated\b)\w+)?(?: DB\w+)?(?: (?P<state>.*))?"
)
_SINCE = r"(?: since \w{3} \w{3} \d{1,2} \d{2}:\d{2}:\d{2}(?: \S+)? \d{4})?"
_GOOD = re.compile(rf"authenticated(?: using TCP)?{_SINCE}")
_BAD = re.compile(r"(?:not authenticated|unauthenticated)\b.*")
_PIECES = 3


def read(output: str) -> dict[str, bool | None]:
    """Return each member's address and names (lower case) with whether it is authenticated; None if that is not shown.

    Raises:
        ProtocolError: No member is listed.
    """
    found = _TABLE.search(output)
    members: dict[str, bool | None] = {}
    for pieces in _rows(output[: found.start()] if found else output):
        names, state = _member(pieces)
        for name in names:
            members[name.lower()] = state
    if not members:
        raise unreadable(_COMMAND, output)
    return members


def _rows(text: str) -> list[list[str]]:
    """Return the lines of each member: the first begins with its address; a narrow terminal may have broken it."""
    rows: list[list[str]] = []
    goes_on = False
    for line in (" ".join(line.split()) for line in text.splitlines()):
        if line and is_address(line.split(" ")[0]):
            rows.append([line])
            goes_on = True
        elif line and goes_on:
            rows[-1].append(line)
            goes_on = len(rows[-1]) < _PIECES
        else:
            goes_on = False
    return rows


def _member(pieces: list[str]) -> tuple[list[str], bool | None]:
    """Return a member's names and state. A line can be broken between or within words, so both are tried."""
    rows = [_ROW.fullmatch(text) for text in _joined(pieces)]
    for row in rows:
        if row and row["state"] and (_GOOD.fullmatch(row["state"]) or _BAD.fullmatch(row["state"])):
            return row["names"].split(" "), _GOOD.fullmatch(row["state"]) is not None
    known = next((row["names"].split(" ") for row in rows if row), None)
    return known or pieces[0].split(" ")[:1], None


def _joined(pieces: list[str]) -> list[str]:
    """Return the possible rows of the pieces, longest first: text after a complete row, such as a word of success, is not part of it."""
    found, all_found = pieces[:1], pieces[:1]
    for piece in pieces[1:]:
        found = [text + gap + piece for text in found for gap in (" ", "")]
        all_found = found + all_found
    return all_found


def is_called(node: records.Node, name: str) -> bool:
    """Return whether a name in a record or a certificate is a node's: its name, with or without domain, or its address."""
    own, other = node["name"].lower(), name.lower()
    if canonical(other) in (canonical(own), node["address"].lower()):
        return True
    return not (is_address(own) or is_address(other)) and other.partition(".")[0] == own.partition(".")[0]


def is_address(name: str) -> bool:
    """Return whether a name is an IP address, by which a cluster may list a node."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
