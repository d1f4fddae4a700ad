# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What platform CLI commands print, read into facts. PRIVATE to the collection.

Pure. A form that is not known gives None or C(unknown), never a guess: the formats changed over releases.
"""

from __future__ import annotations

import re
import typing as t
from datetime import datetime

from .._device_time import parse_local
from .._errors import ProtocolError

PRIMARY_NODE = re.compile(r"Primary Node\s*=\s*(true|false)")


def sql_table(output: str) -> list[dict[str, str]]:
    """Read the table C(run sql) prints: columns are as wide as their row of C(=) (cli-facts 6).

    Raises:
        ProtocolError: There is no row of C(=), as after an SQL error.
    """
    lines = output.splitlines()
    rule = next((number for number, line in enumerate(lines) if re.fullmatch(r"=+(?: =+)*\s*", line)), None)
    if rule is None or rule == 0:
        if not output.strip() or re.fullmatch(r"\s*No (?:rows|records) found\.?\s*", output):
            return []
        raise ProtocolError(
            "run sql printed no table.", code="unreadable_output", details={"output": output[-1000:]}
        )
    spans = [match.span() for match in re.finditer("=+", lines[rule])]
    # The last column is not cut: a value is never shorter than what the node printed.
    cuts = [(start, end if number < len(spans) - 1 else None) for number, (start, end) in enumerate(spans)]
    names = [lines[rule - 1][start:end].strip().lower() for start, end in cuts]
    if not all(re.fullmatch(r"[\w.()*,+-]+", name) for name in names):
        raise ProtocolError(
            "run sql printed a table whose heading cannot be read.",
            code="unreadable_output",
            details={"output": output[-1000:]},
            remedy="Nothing was concluded from it. Run the task again.",
        )
    return [
        dict(zip(names, (line[start:end].strip() for start, end in cuts), strict=True))
        for line in lines[rule + 1 :]
        if line.strip()
    ]


def service_list(output: str) -> dict[str, dict[str, str]]:
    """Read C(utils service list): name to status and reason (cli-facts 5, both grammars)."""
    services = {}
    for line in output.splitlines():
        row = re.fullmatch(r"(.+?) ?\[\s*([A-Z]+)\s*\]\s*(.*?)\s*", line.strip())
        if row:
            services[row[1]] = {"status": row[2].capitalize(), "reason": row[3]}
    return services


def is_publisher(output: str) -> bool | None:
    """Tell from C(utils service list) whether the node is the publisher; None when it does not say."""
    found = PRIMARY_NODE.search(output)
    return None if found is None else found[1] == "true"


def version(output: str) -> str:
    """Return the full version of C(show version active); empty when it is not there."""
    found = re.search(r"Active Master Version:\s*(\S+)", output)
    return found[1] if found else ""


def replication(output: str) -> dict[str, t.Any]:
    """Read C(utils dbreplication runtimestate): state and the row of each server (cli-facts 6)."""
    servers = {}
    row = re.compile(
        r"(?P<name>\S+)\s+(?P<address>\S+)\s+(?P<ping>\S+)\s+(?P<flags>\S+/\S+/\S+)"
        r"\s+(?P<queue>\S+)\s+\(?(?P<group>[^)\s]*)\)?\s+\((?P<state>[^)]*)\)\s*(?P<text>.*)"
    )
    for line in output.splitlines():
        found = row.fullmatch(line.strip())
        if found:
            servers[found["name"]] = {
                "state": found["state"].strip(),
                "text": found["text"].strip(),
                "flags": found["flags"],
                "queue": found["queue"],
            }
    # A row in a form that is not known is a server of which nothing is known, not one less to look at.
    announced = re.search(r"\((\d+) Servers?\)", output)
    complete = announced is None or len(servers) >= int(announced[1])
    mismatch = re.search(r"Sync Status:\s*(.+)", output)
    single = "single active node" in output
    good = all(server["state"] == "2" and server["flags"] == "Y/Y/Y" for server in servers.values())
    clean = (
        mismatch is None
        or "All Tables are in sync" in mismatch[1]
        or "No Errors or Mismatches found" in output
    )
    return {
        "servers": servers,
        "sync_status": mismatch[1].strip() if mismatch else "",
        "single_node": single,
        "good": (bool(servers) and good and complete and clean) or single,
    }


def network_cluster(output: str) -> dict[str, bool]:
    """Read C(show network cluster): name or address to whether it is authenticated (cli-facts 6)."""
    members: dict[str, bool] = {}
    for line in output.splitlines():
        words = line.split()
        if (
            len(words) >= 3
            and re.fullmatch(r"[0-9a-fA-F.:]+", words[0])
            and re.search(r"\b(Publisher|Subscriber)\b", line)
        ):
            authenticated = "authenticated" in words and "not authenticated" not in " ".join(words)
            for name in words[
                : next(number for number, word in enumerate(words) if word in ("Publisher", "Subscriber"))
            ]:
                members[name.lower()] = authenticated
    return members


def status(output: str) -> dict[str, t.Any]:
    """Read C(show status): host name, the node's local time, and the free share of each disk partition in per cent."""
    host, date = re.search(r"Host Name\s*:\s*(\S+)", output), re.search(r"(?m)^Date\s*:\s*(.+?)\s*$", output)
    disks = {
        row[1]: round(100 * int(row[3]) / int(row[2]), 1)
        for row in re.finditer(r"Disk/(\w+)\s+(\d+)K\s+(\d+)K", output)
        if int(row[2])
    }
    now = parse_local(date[1]) if date else None
    return {
        "host_name": host[1] if host else "",
        "local_time": now.isoformat() if now else None,
        "disk_free_percent": disks,
    }


def ntp_synchronised(output: str) -> bool | None:
    """Tell from C(utils ntp status) whether the clock is synchronised; None when it does not say."""
    if re.search(r"(?m)^\s*unsynchroni[sz]ed", output):
        return False
    return True if re.search(r"(?m)^\s*synchroni[sz]ed to", output) else None


def listening_ports(output: str) -> list[int]:
    """Read C(show open ports regexp LISTEN): the TCP ports that are listened on (columns as lsof prints them).

    Raises:
        ProtocolError: There is none: the node answers by SSH, so it is the form that is not known.
    """
    ports = sorted({int(port) for port in re.findall(r":(\d+)\s+\(LISTEN\)", output)})
    if not ports:
        raise _unreadable("show open ports", output)
    return ports


def privilege(output: str) -> int | None:
    """Read the account's level from C(show myself); None when it is not told. What it prints is not public [R]."""
    level = re.search(r"(?im)^\s*privilege(?: level)?\s*:\s*(\d)\s*$", output)
    return int(level[1]) if level else None


def tls_minimum(output: str) -> str:
    """Read C(show tls min-version) (cli-facts 6 [V]), for example C(1.2).

    Raises:
        ProtocolError: It does not say.
    """
    found = re.search(r"(?i)TLS minimum version\s*:\s*(\d+\.\d+)", output)
    if found is None:
        raise _unreadable("show tls min-version", output)
    return found[1]


def account_locking(output: str) -> dict[str, t.Any]:
    """Read C(show accountlocking): C(enabled), after how many C(attempts), for how many C(unlock_seconds) (cli-facts 1.3).

    Raises:
        ProtocolError: It does not say whether accounts are locked.
    """
    state = re.search(r"(?i)lockout is (enabled|disabled)", output)
    attempts = re.search(r"(?i)retry count\s*:\s*(\d+)", output)
    unlock = re.search(r"(?i)unlock time\s*:\s*(\d+) seconds", output)
    if state is None:
        raise _unreadable("show accountlocking", output)
    return {
        "enabled": state[1].lower() == "enabled",
        "attempts": int(attempts[1]) if attempts else None,
        "unlock_seconds": int(unlock[1]) if unlock else None,
    }


def session_limit(output: str) -> int:
    """Read C(show session maxlimit): the one number it prints, whose wording is not public [R].

    Raises:
        ProtocolError: There is no number, or more than one.
    """
    numbers = re.findall(r"(?<![\w.])\d+(?![\w.]*\w)", output)
    if len(numbers) != 1:
        raise _unreadable("show session maxlimit", output)
    return int(numbers[0])


def upgrade_running(output: str) -> bool | None:
    """Tell from C(utils system upgrade status) whether an upgrade runs; None when it does not say."""
    folded = " ".join(output.split()).lower()
    rest, idle = re.subn(
        r"\bno (?:system )?(?:upgrade|installation)\b[^.]*|not running|completed|successful", "", folded
    )
    running = re.search(r"in progress|running|upgrading", rest) is not None
    # Both at once, as of one finished phase of a running upgrade, is a form that is not known; so is neither.
    return None if running == bool(idle) else running


def last_backup(output: str) -> datetime | None:
    """Return the local time of the newest successful row of C(utils disaster_recovery history backup); None when unreadable."""
    times = []
    for line in output.splitlines():
        row = re.search(
            r"\.tar\s+\S+\s+(\w{3} \w{3}\s+\d{1,2} \d{2}:\d{2}:\d{2} [A-Z]+ \d{4})\s+SUCCESS\b", line
        )
        when = parse_local(row[1]) if row else None
        if when:
            times.append(when)
    return max(times, default=None)


def _unreadable(command: str, output: str) -> ProtocolError:
    return ProtocolError(
        f"What {command} printed is in a form that is not known.",
        code="unreadable_output",
        details={"output": output[-1000:]},
        remedy="Nothing was concluded from it. Report the text to this project.",
    )
