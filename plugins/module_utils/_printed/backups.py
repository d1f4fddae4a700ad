# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backup history as C(utils disaster_recovery history backup) prints it (cli-facts 6). PRIVATE to the collection. Pure."""

from __future__ import annotations

import re
from datetime import datetime

from .._base.device_time import DeviceTime, parse
from .unreadable import unreadable

_COMMAND = "utils disaster_recovery history backup"
# From the CLI reference; the named file may not exist.
_NONE = re.compile(r"(?i)(?:drfCliMsg:\s*)?No history data is available\.?")
_HEADING = re.compile(
    r"(?i)Tar Filename:.*|Backup Device:.*|Completed On:.*|Result:.*|Backup Type:.*|-+(?: +-+)*"
)
_BEGINS = re.compile(r"(?i)\S+\.tar\b|tar file\b")
_ROW = re.compile(
    r"(?P<file>.+?) (?P<when>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*?\b\d{4}) (?P<result>[A-Z]+)\b.*"
)
_SUCCESS = "SUCCESS"
_FAILED = frozenset({"ERROR", "FAILED", "FAILURE", "CANCELED", "CANCELLED"})


def newest(output: str) -> DeviceTime | None:
    """Return when the newest successful backup was completed; None if the node reports that there is none.

    Raises:
        ProtocolError: A row that may be a newer successful backup cannot be read, or no row can.
    """
    lines = [" ".join(line.split()) for line in output.splitlines()]
    told = [line for line in lines if line and not _HEADING.fullmatch(line)]
    if any(_NONE.fullmatch(line) for line in told):
        return None
    rows: list[str] = []
    for line in told:
        if _BEGINS.search(line) or _ROW.fullmatch(line):
            rows.append(line)
        elif rows:
            # A narrow terminal broke the row.
            rows[-1] = f"{rows[-1]} {line}"
        else:
            raise unreadable(_COMMAND, output, line)
    if not rows:
        raise unreadable(_COMMAND, output)
    good: list[DeviceTime] = []
    for text in rows:
        row = _ROW.fullmatch(text)
        if row is not None and row["result"] in _FAILED:
            continue
        when = parse(row["when"]) if row else None
        if row is None or when is None or row["result"] != _SUCCESS:
            raise unreadable(_COMMAND, output, text)
        good.append(when)
    return max(good, key=_order, default=None)


def _order(when: DeviceTime) -> datetime:
    """Return the sort key: the moment where the zone is known, since a node may have moved to another zone."""
    return min(when.moments(), default=when.local)
