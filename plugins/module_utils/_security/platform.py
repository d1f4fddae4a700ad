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
    said = set(PRIMARY_NODE.findall(output))
    return said == {"true"} if len(said) == 1 else None


def version(output: str) -> str:
    """Return the full version from C(show version active); empty if it is missing."""
    found = re.search(r"Active Master Version:\s*(\S+)", output)
    return found[1] if found else ""


def status(output: str) -> records.Status:
    """Read C(show status): host name, the node's local time, and the free share of each disk partition in per cent.

    The share is None where a partition is listed with sizes in an unknown form.
    """
    host, date = re.search(r"Host Name\s*:\s*(\S+)", output), re.search(r"(?m)^Date\s*:\s*(.+?)\s*$", output)
    disks = {row["name"]: _free_percent(row["sizes"]) for row in _DISK.finditer(output)}
    zone = re.search(r"(?m)^Time Zone\s*:\s*(\S+)", output)
    now = parse(date[1]) if date else None
    return {
        "host_name": host[1] if host else "",
        "local_time": now.local.isoformat() if now else None,
        "time_zone": now.zone if now and now.zone else zone[1] if zone else "",
        "disk_free_percent": disks,
    }


_DISK = re.compile(r"(?m)^\s*Disk/(?P<name>\S+)[ \t]*(?P<sizes>.*)$")
_SIZES = re.compile(r"(?P<total>[1-9]\d*)K\s+(?P<free>\d+)K\s.*")


def _free_percent(sizes: str) -> float | None:
    found = _SIZES.fullmatch(sizes)
    if found is None or int(found["free"]) > int(found["total"]):
        return None
    return round(100 * int(found["free"]) / int(found["total"]), 1)


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
        if own or good["stratum"] is None:
            return not own
        # Stratum 0 is "unspecified or invalid", 16 "unsynchronized" (RFC 5905, figure 11).
        stratum = int(good["stratum"])
        return stratum < _STRATUM_OF_NOBODY if stratum else None
    return False if _NTP_BAD.fullmatch(line) else None


def privilege(output: str) -> int | None:
    """Return the account's level from C(show myself); None if it is not shown. The output is not public [R]."""
    level = re.search(r"(?im)^\s*privilege(?: level)?\s*:\s*(\d)\s*$", output)
    return int(level[1]) if level else None


_TLS_TELLS = re.compile(r"(?i)TLS minimum version")
# Guide of 15 (ciphers) and CLI reference 15.
_TLS_MINIMUM = re.compile(r"(?i)(?:(?:The )?configured )?TLS minimum version\s*(?::|is)\s*(\d\.\d)\.?")


def tls_minimum(output: str) -> str:
    """Return the version in C(show tls min-version) (cli-facts 6 [V]), for example C(1.2).

    Raises:
        ProtocolError: The output does not show it, shows two, or says more of it than the known sentence.
    """
    told = [line for line in _lines(output) if _TLS_TELLS.search(line)]
    found = {row[1] if row else "" for row in map(_TLS_MINIMUM.fullmatch, told)}
    if len(found) != 1 or "" in found:
        raise unreadable("show tls min-version", output)
    return found.pop()


_LOCKING = re.compile(r"(?i)Account lockout is (enabled|disabled)\.?")
_ATTEMPTS = re.compile(r"(?i)(?:Account )?Retry Count\s*:\s*(\d+)(?: attempts)?\.?")
_UNLOCK = re.compile(r"(?i)(?:Account )?Unlock Time\s*:\s*(\d+) seconds\.?")


def account_locking(output: str) -> records.AccountLocking:
    """Read C(show accountlocking): C(enabled), after how many C(attempts), for how many C(unlock_seconds) (cli-facts 1.3).

    Raises:
        ProtocolError: The output does not show whether accounts are locked, or shows two of something.
    """
    lines = _lines(output)
    state, attempts, unlock = (
        sorted({found[1].lower() for found in map(form.fullmatch, lines) if found})
        for form in (_LOCKING, _ATTEMPTS, _UNLOCK)
    )
    if len(state) != 1 or len(attempts) > 1 or len(unlock) > 1:
        raise unreadable("show accountlocking", output)
    return {
        "enabled": state == ["enabled"],
        "attempts": int(attempts[0]) if attempts else None,
        "unlock_seconds": int(unlock[0]) if unlock else None,
    }


# The wording is not public [R]: a number alone, or a sentence about a limit that does not deny it.
_SESSION_LIMIT = re.compile(r"(?i)(?:.*\b(?:max\w*|limit\w*)\b\D*?)?(?<![\w.-])(\d+)(?![\w.-]*\w)\D*")
_NO_LIMIT = re.compile(r"(?i)unlimited|\bno\b|\bnot\b|cannot|error|fail|invalid|in use")


def session_limit(output: str) -> int:
    """Return the limit in C(show session maxlimit), whose wording is not public [R].

    Raises:
        ProtocolError: There is no number, or more than one, or it is not said to be a limit.
    """
    told = [line for line in _lines(output) if re.search(r"\d", line)]
    found = _SESSION_LIMIT.fullmatch(told[0]) if len(told) == 1 else None
    if found is None or _NO_LIMIT.search(output):
        raise unreadable("show session maxlimit", output)
    return int(found[1])


def _lines(output: str) -> list[str]:
    """Return the lines that are not empty, with single blanks between their words."""
    return [folded for line in output.splitlines() if (folded := " ".join(line.split()))]


# What a node prints that is not in FIPS mode is not public: these are what the known sentence can be turned into [R].
_FIPS_ON = re.compile(r"(?i)The system is operating in FIPS mode\.(?: Self test status:)?")
# Its self tests [V, FIPS14, FIPS15]: each has passed, or is about to run.
_FIPS_TESTS = re.compile(r"(?i).*\btests passed\.?|Executing FIPS self ?tests")
_FIPS_OFF = re.compile(r"(?i)The system is (?:not operating in FIPS|operating in non-FIPS) mode\.?")


def fips(output: str) -> bool:
    """Tell from C(utils fips status) whether the node operates in FIPS mode (cli-facts 6).

    Raises:
        ProtocolError: It does not say, says both, or reports a self test that did not pass: nobody knows what it operates in then.
    """
    lines = _lines(output)
    on, off = (any(map(form.fullmatch, lines)) for form in (_FIPS_ON, _FIPS_OFF))
    tests = [
        line for line in lines if re.search(r"(?i)\btests?\b|selftest", line) and not _FIPS_ON.fullmatch(line)
    ]
    if on == off or (on and (re.search(r"(?i)\bfail", output) or not all(map(_FIPS_TESTS.fullmatch, tests)))):
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
_UPGRADE_TELLS = re.compile(r"(?i)progress|running|upgrad|install|complete|success|phase|fail|schedul|switch")


def _upgrade_state(sentence: str) -> str:
    """Return the upgrade state in a sentence: empty if it has none, the sentence itself if it is unknown."""
    if _UPGRADE_IDLE.fullmatch(sentence):
        return _IDLE
    if _UPGRADE_RUNS.fullmatch(sentence):
        return _RUNS
    silent = _UPGRADE_NEUTRAL.fullmatch(sentence) or not _UPGRADE_TELLS.search(sentence)
    return "" if silent else sentence
