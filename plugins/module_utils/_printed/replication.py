# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Database replication as C(utils dbreplication runtimestate) prints it (cli-facts 6). PRIVATE to the collection. Pure.

It is good if the last status command or synchronisation ended with a known good line and every row is good. It is bad if any
known bad word occurs. Everything else is unknown.
"""

from __future__ import annotations

import re

from .._facts import records
from .unreadable import unreadable

_COMMAND = "utils dbreplication runtimestate"
_SINGLE = re.compile(r"(?i)cannot be performed on a cluster with a single active node")
# Printed instead of a table (ansible_cucm_ssh_module).
_DOWN = re.compile(r"(?im)^\s*Cisco DB is not running\.?\s*$")
_TABLE = re.compile(r"(?im)^\s*Cluster Detailed View\b")

# Releases 12.5 to 15 (TN215013, the guide of 15); "NO ERRORS" is the Administration Guide 12.5(1)SU1's.
_GOOD = re.compile(
    r"(?i)(?:(?:Last )?Sync (?:Status|Errors):\s*)?(?:All Tables are in sync|NO ERRORS|No Errors or Mismatches found)[.!]*"
)
# Names of files and tables, which have no meaning here.
_NAMES = re.compile(r"(?i)\s*(?:Use\b[^']*'file view|Last Completed Table:).*")
_BAD = re.compile(r"(?i)\berrors?\b|mismatch|out of sync|not in sync|fail|abort|not running|stopped|suspect")
_UNDER_WAY = re.compile(r"(?i)\bin progress\b|\bstill running\b")
# What says how far replication is, and is known to say nothing bad by itself (guides of 12.5 to 15, TN215013).
_TELLS = re.compile(r"(?i)\b(?:sync|replication|tables?|running|status)\b")
_NEUTRAL = re.compile(
    r"(?i)Cluster Replication State: BROADCAST SYNC (?:ended at|Completed on \d+ servers? at):.*"
    r"|(?:Cluster Replication State: )?Replication (?:status|repair|sync) command "
    r"(?:started at:.*|COMPLETED\.? (?:Checked )?\d+ tables (?:\w+ )?out of \d+)"
    r"|(?:Last )?Sync Result: SYNC COMPLETED (?:on )?\d+ tables (?:sync'ed )?out of \d+"
    r"|D?DB and Replication Services: ALL RUNNING|DB CLI Status: No other dbreplication CLI is running[.]*"
)
_COUNTS = re.compile(r"(?i)(\d+) tables(?: (?:checked|processed|sync'ed))? out of (\d+)")
_SAID = re.compile(r"(?i)(?:Last )?Sync (?:Status|Errors):\s*(.+)")

_ROW = re.compile(
    r"(?P<name>\S+)\s+(?P<address>\S+)\s+(?P<ping>\S+)\s+(?P<flags>\S+/\S+/\S+)"
    r"\s+(?P<queue>\S+)\s+\(?(?P<group>[^)\s]+)\)?\s+\((?P<state>\s*(?:-+|\d+)\s*)\)\s*(?P<text>.*)"
)


def read(output: str) -> records.Replication:
    """Return C(good) (None when it is not known), C(sync_status) in the node's words, C(servers) by name, and C(single_node).

    Raises:
        ProtocolError: There is neither a row nor a known message.
    """
    single = _SINGLE.search(output) is not None
    above, _table, below = _halves(output)
    servers = _servers(below)
    if not servers and not single and not _DOWN.search(output):
        raise unreadable(_COMMAND, output)
    status, said = _status(above)
    rows = [server["state"] == "2" and server["flags"] == "Y/Y/Y" for server in servers.values()]
    announced = re.search(r"\((\d+) Servers?\)", output)
    complete = announced is not None and len(servers) >= int(announced[1])
    return {
        "servers": servers,
        "sync_status": said,
        "single_node": single,
        "good": single or _judged(rows, complete, status, bool(_DOWN.search(output))),
    }


def _judged(rows: list[bool], complete: bool, status: bool | None, down: bool) -> bool | None:
    if down or not all(rows) or status is False:
        return False
    # A row in an unknown form is a server with unknown state, not a server fewer.
    return True if rows and complete and status else None


def _halves(output: str) -> tuple[str, str, str]:
    found = _TABLE.search(output)
    return (output[: found.start()], found[0], output[found.start() :]) if found else (output, "", output)


def _servers(text: str) -> dict[str, records.ReplicatedServer]:
    """Return the rows; one that a narrow terminal broke goes on in the next line."""
    lines = [line.strip() for line in text.splitlines()]
    servers: dict[str, records.ReplicatedServer] = {}
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        row = _ROW.fullmatch(line) or _put_together(line, following)
        if row:
            servers[row["name"]] = {
                "state": row["state"].strip(),
                "text": row["text"].strip(),
                "flags": row["flags"],
                "queue": row["queue"],
            }
    return servers


def _put_together(line: str, following: str) -> re.Match[str] | None:
    """Return the row formed by a line and its successor, broken between words or within one."""
    if not line or _ROW.fullmatch(following):
        return None
    rows = [_ROW.fullmatch(line + gap + following) for gap in (" ", "")]
    return next((row for row in rows if row), None)


def _status(text: str) -> tuple[bool | None, str]:
    """Return how the last status command or synchronisation ended, and the line that shows it."""
    said = [line for line in (_NAMES.sub("", line).strip() for line in text.splitlines()) if line]
    good = [line for line in said if _GOOD.fullmatch(line)]
    others = [line for line in said if line not in good]
    bad = [line for line in others if _BAD.search(line)]
    if bad:
        return False, _words(bad[0])
    open_ones = [line for line in others if _UNDER_WAY.search(line) or _unfinished(line)]
    open_ones = open_ones or [line for line in others if _TELLS.search(line) and not _NEUTRAL.fullmatch(line)]
    if open_ones:
        return None, _words(open_ones[0])
    told = next((line for line in said if _SAID.fullmatch(line)), "")
    return (True, _words(good[0])) if good else (None, _words(told))


def _unfinished(line: str) -> bool:
    counts = _COUNTS.search(line)
    return counts is not None and int(counts[1]) < int(counts[2])


def _words(line: str) -> str:
    found = _SAID.fullmatch(line)
    return found[1].strip() if found else line
