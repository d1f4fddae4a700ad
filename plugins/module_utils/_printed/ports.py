# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The TCP ports a node listens on as C(show open ports regexp LISTEN) prints them, in lsof's columns. PRIVATE to the collection. Pure."""

from __future__ import annotations

import re

from .unreadable import unreadable

_COMMAND = "show open ports"
_ROW = re.compile(r"(?P<command>\S+)\s+\d+\s.*:(?P<port>[\w-]+|\*)\s*\(LISTEN\)")
_BEGINS = re.compile(r"\S+\s+\d+\s+\S+\s+\d+\w*\s+IPv[46]\b")
_CALLMANAGER = "ccm"

# By default lsof prints service names. These are the names in the IANA registry for ports that the product listens on.
_NAMES = {
    "ftp": 21,
    "ssh": 22,
    "smtp": 25,
    "domain": 53,
    "http": 80,
    "sunrpc": 111,
    "ntp": 123,
    "snmp": 161,
    "ldap": 389,
    "https": 443,
    "ldaps": 636,
    "ingreslock": 1524,
    "mgcp-gateway": 2427,
    "mgcp-callagent": 2727,
    "cisco-sccp": 2000,
    "sccp": 2000,
    "h323hostcall": 1720,
    "h323gatestat": 1719,
    "sip": 5060,
    "sip-tls": 5061,
    "sips": 5061,
    "http-alt": 8080,
    "webcache": 8080,
    "pcsync-https": 8443,
    "pcsync-http": 8444,
    "websm": 9090,
}


def listening(output: str) -> list[int]:
    """Return the ports in ascending order.

    Raises:
        ProtocolError: No port was found: the node answers by SSH, so the form of the output is unknown. Or CallManager listens on a
        port with an unknown name, so the ports where it does not listen are unknown.
    """
    ports, unnamed = set(), []
    for line in _lines(output):
        row = _ROW.fullmatch(line)
        if row is None:
            continue
        port = int(row["port"]) if row["port"].isdecimal() else _NAMES.get(row["port"].lower())
        if port is not None:
            ports.add(port)
        elif row["command"] == _CALLMANAGER:
            unnamed.append(line)
    if unnamed or not ports:
        raise unreadable(_COMMAND, output, "; ".join(unnamed))
    return sorted(ports)


def _lines(output: str) -> list[str]:
    """Return the rows, rejoining those that a narrow terminal broke within or between words."""
    rows: list[str] = []
    for line in (line.strip() for line in output.splitlines()):
        broken = bool(rows) and _BEGINS.match(rows[-1]) and not rows[-1].endswith(")")
        if broken and line and not _BEGINS.match(line):
            rows[-1] += line
        else:
            rows.append(line)
    return rows
