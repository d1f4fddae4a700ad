# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts from the output of platform CLI commands. PRIVATE to the collection.

Pure. An unknown form gives None or C(unknown), never a guess: the formats changed between releases.
"""

from __future__ import annotations

import re

from .._base.device_time import parse
from .._base.errors import ProtocolError
from .._facts import records
from .._printed.unreadable import unreadable

PRIMARY_NODE = re.compile(r"Primary Node\s*=\s*(true|false)")


def sql_table(output: str) -> list[dict[str, str]]:
    """Return the rows of the table that C(run sql) prints: a column is as wide as its row of C(=) (cli-facts 6).

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
    # The last column is not cut, so a value is never shorter than the node printed it.
    cuts = [(start, end if number < len(spans) - 1 else None) for number, (start, end) in enumerate(spans)]
    names = [lines[rule - 1][start:end].strip().lower() for start, end in cuts]
    if not all(re.fullmatch(r"[\w.()*,+-]+", name) for name in names):
        raise ProtocolError(
            "run sql printed a table with an unreadable heading.",
            code="unreadable_output",
            details={"output": output[-1000:]},
            remedy="Nothing was concluded from it. Run the task again.",
        )
    return [
        dict(zip(names, (line[start:end].strip() for start, end in cuts), strict=True))
        for line in lines[rule + 1 :]
        if line.strip()
    ]


def is_publisher(output: str) -> bool | None:
    """Return from C(utils service list) whether the node is the publisher; None if it does not show this."""
    found = PRIMARY_NODE.search(output)
    return None if found is None else found[1] == "true"


def version(output: str) -> str:
    """Return the full version from C(show version active); empty if it is missing."""
    found = re.search(r"Active Master Version:\s*(\S+)", output)
    return found[1] if found else ""


def status(output: str) -> records.Status:
    """Read C(show status): host name, the node's local time, and the free share of each disk partition in per cent."""
    host, date = re.search(r"Host Name\s*:\s*(\S+)", output), re.search(r"(?m)^Date\s*:\s*(.+?)\s*$", output)
    disks = {
        row[1]: round(100 * int(row[3]) / int(row[2]), 1)
        for row in re.finditer(r"Disk/(\w+)\s+(\d+)K\s+(\d+)K", output)
        if int(row[2])
    }
    zone = re.search(r"(?m)^Time Zone\s*:\s*(\S+)", output)
    now = parse(date[1]) if date else None
    return {
        "host_name": host[1] if host else "",
        "local_time": now.local.isoformat() if now else None,
        "time_zone": now.zone if now and now.zone else zone[1] if zone else "",
        "disk_free_percent": disks,
    }


# ntpstat's words. They name the kind of clock in use; the node's own ("local net", LOCAL) does not count.
_NTP_GOOD = re.compile(
    r"(?i)synchroni[sz]ed to NTP server \((?P<server>[^()\s]+)\)(?: at stratum (?P<stratum>\d+))?\s*"
)
_NTP_BAD = re.compile(
    r"(?i)unsynchroni[sz]ed\b.*|synchroni[sz]ed to local net\b.*|ntpd(?: \(pid \d+\))? is (?:not running|stopped)\.*"
)
_NTP_SAYS = re.compile(
    r"(?i)(?:un)?synchroni[sz]ed\b.*|ntpd\b.* is (?:not running|stopped)\b.*|time server re-?starting.*"
)
# ntpd's own name for it is 127.127.1.x.
_OWN_CLOCK = re.compile(r"(?i)127\.127\.1\.\d+|127\.0\.0\.1|LOCAL\b.*|::1")
_STRATUM_OF_NOBODY = 16


def ntp(output: str) -> records.Ntp:
    """Read C(utils ntp status): C(ntp_synchronised), None when it is not known, and C(ntp_said), the sentences it is from."""
    said = [line for line in (line.strip() for line in output.splitlines()) if _NTP_SAYS.fullmatch(line)]
    verdicts = {_ntp_verdict(line) for line in said}
    # Output with both, or with an unknown sentence, shows neither.
    return {
        "ntp_synchronised": verdicts.pop()
        if len(verdicts) == 1
        else False
        if verdicts == {False, None}
        else None,
        "ntp_said": "; ".join(said)[:200],
    }


def _ntp_verdict(line: str) -> bool | None:
    good = _NTP_GOOD.fullmatch(line)
    if good:
        own = _OWN_CLOCK.fullmatch(good["server"]) is not None
        return not own and int(good["stratum"] or 0) < _STRATUM_OF_NOBODY
    return False if _NTP_BAD.fullmatch(line) else None


def privilege(output: str) -> int | None:
    """Return the account's level from C(show myself); None if it is not shown. The output is not public [R]."""
    level = re.search(r"(?im)^\s*privilege(?: level)?\s*:\s*(\d)\s*$", output)
    return int(level[1]) if level else None


def tls_minimum(output: str) -> str:
    """Return the version in C(show tls min-version) (cli-facts 6 [V]), for example C(1.2).

    Raises:
        ProtocolError: The output does not show it.
    """
    found = re.search(r"(?i)TLS minimum version\s*:\s*(\d+\.\d+)", output)
    if found is None:
        raise unreadable("show tls min-version", output)
    return found[1]


def account_locking(output: str) -> records.AccountLocking:
    """Read C(show accountlocking): C(enabled), after how many C(attempts), for how many C(unlock_seconds) (cli-facts 1.3).

    Raises:
        ProtocolError: The output does not show whether accounts are locked.
    """
    state = re.search(r"(?i)lockout is (enabled|disabled)", output)
    attempts = re.search(r"(?i)retry count\s*:\s*(\d+)", output)
    unlock = re.search(r"(?i)unlock time\s*:\s*(\d+) seconds", output)
    if state is None:
        raise unreadable("show accountlocking", output)
    return {
        "enabled": state[1].lower() == "enabled",
        "attempts": int(attempts[1]) if attempts else None,
        "unlock_seconds": int(unlock[1]) if unlock else None,
    }


def session_limit(output: str) -> int:
    """Return the only number in C(show session maxlimit), whose wording is not public [R].

    Raises:
        ProtocolError: There is no number, or more than one.
    """
    numbers = re.findall(r"(?<![\w.])\d+(?![\w.]*\w)", output)
    if len(numbers) != 1:
        raise unreadable("show session maxlimit", output)
    return int(numbers[0])


# What a node prints that is not in FIPS mode is not public: these are what the known sentence can be turned into [R].
_FIPS_ON = re.compile(r"(?i)The system is operating in FIPS mode\.(?: Self test status:)?")
_FIPS_OFF = re.compile(r"(?i)The system is (?:not operating in FIPS|operating in non-FIPS) mode\.?")


def fips(output: str) -> bool:
    """Tell from C(utils fips status) whether the node operates in FIPS mode (cli-facts 6).

    Raises:
        ProtocolError: It does not say, says both, or reports a self test that failed: nobody knows what it operates in then.
    """
    lines = [" ".join(line.split()) for line in output.splitlines()]
    on, off = (any(map(form.fullmatch, lines)) for form in (_FIPS_ON, _FIPS_OFF))
    if on == off or (on and re.search(r"(?i)\bfail", output)):
        raise unreadable("utils fips status", output)
    return on


def upgrade_running(output: str) -> bool:
    """Return from C(utils system upgrade status) whether an upgrade is running.

    Raises:
        ProtocolError: The output shows neither or both: a finished phase of a running upgrade is an unknown form.
    """
    said = {_upgrade_state(" ".join(each.split())) for each in re.split(r"\n|\.(?=\s|$)", output)} - {""}
    if len(said) != 1 or said - {_IDLE, _RUNS}:
        raise unreadable("utils system upgrade status", output)
    return said == {_RUNS}


_IDLE, _RUNS = "idle", "runs"
# TN226218 shows "Upgrade status: Failed"; the words for success and for a running upgrade are not public [R].
_UPGRADE_IDLE = re.compile(
    r"(?i)upgrade status: (?:failed|successful|success|completed?|cancell?ed|not running|none)"
    r"|(?:there is )?no (?:system )?(?:upgrade|installation)(?: is)?(?: currently)? (?:in progress|running)"
    r"|(?:the )?(?:last )?(?:system )?upgrade (?:was|completed|has completed)(?: successful(?:ly)?)?"
)
_UPGRADE_RUNS = re.compile(
    r"(?i)upgrade status: (?:in progress|running|started|installing|upgrading)"
    r"|(?:the |an )?(?:system )?(?:upgrade|installation)(?: is)?(?: currently)? (?:in progress|running)"
)
_UPGRADE_NEUTRAL = re.compile(
    r"(?i)upgrade (?:file|log):.*|an error has occurr?ed but no messages.*|please review the install logs.*"
)
_UPGRADE_TELLS = re.compile(r"(?i)progress|running|upgrad|install|complete|success|phase|fail")


def _upgrade_state(sentence: str) -> str:
    """Return the upgrade state in a sentence: empty if it has none, the sentence itself if it is unknown."""
    if _UPGRADE_IDLE.fullmatch(sentence):
        return _IDLE
    if _UPGRADE_RUNS.fullmatch(sentence):
        return _RUNS
    silent = _UPGRADE_NEUTRAL.fullmatch(sentence) or not _UPGRADE_TELLS.search(sentence)
    return "" if silent else sentence
