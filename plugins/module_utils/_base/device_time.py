# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as a node prints them, and their order. PRIVATE to the collection. Pure.

Parsed by hand because C(strptime) reads month names in the controller's language, and Ansible sets the locale.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from .zones import FAMILIES

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_DAYS = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})
_TIME = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})(?:\.\d+)?")
# +03 and -0430 (tz database), GMT-05:00 (Java), and alphabetic names such as CEST and ChST.
_NUMERIC = re.compile(r"(?:GMT|UTC)?([+-])(\d{1,2})(?::?([0-5]\d))?|(Z|UTC)")
# Etc/GMT+5 was called so until 2016: its sign is that of POSIX, west of Greenwich is positive.
_POSIX = re.compile(r"GMT([+-])([1-9]|1\d)")
_LETTERS = re.compile(r"[A-Za-z]{2,6}")
_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,]\d+)? ?(Z|[A-Za-z]{2,6}|[+-]\d{2}(?::?\d{2})?)?"
)

# M month, D day, T time, A AM or PM, Z zone, Y year. Control Center prints MDTY, show ctl and the backup history MDTZY, show status
# MDYT, show license MDTYZ (or MDYTZ); date(1) of newer systems MDTAZY or DMYTAZ.
_LAYOUTS = frozenset(
    {"MDTY", "MDTZY", "MDTAY", "MDTAZY", "MDYT", "MDYTZ", "MDYTA", "MDYTAZ", "MDTYZ", "DMYT", "DMYTZ"}
    | {"DMYTA", "DMYTAZ"}
)

# Clocks go back by two hours at most, and at night: true in the tz database since 2015, except for Antarctica.
_SHIFT = timedelta(hours=3)
_NIGHT_BEGINS, _NIGHT_ENDS = time(20), time(5)
# StartTime and the start computed from UpTime are the same moment: they differ by whole quarters of an hour, the node's offset.
_QUARTER = timedelta(minutes=15)
_TOLERANCE = timedelta(minutes=2)
# Clock minus UpTime is off by as much as both are rounded.
_SECONDS = timedelta(seconds=2)
_WESTERNMOST, _EASTERNMOST = timedelta(hours=-12), timedelta(hours=14)
_SUNDAY = 6


@dataclass(frozen=True)
class DeviceTime:
    """A time as printed: C(local) without a zone, and C(zone) as the node spells it; empty if it prints none."""

    local: datetime
    zone: str = ""

    def moments(self) -> frozenset[datetime]:
        """Return the moments in UTC (without a zone) that the time may be; empty if unknown."""
        return frozenset(_at(self, offset) for offset in _offsets(self.zone))


def parse(text: str) -> DeviceTime | None:
    """Return the time in C(text), or None if it is not in a known form."""
    folded = " ".join(text.replace(",", " ").split())
    iso = _ISO.fullmatch(folded)
    if iso is not None:
        return _made(iso[1].split("-"), iso[2].split(":"), iso[3] or "")
    words = folded.split(" ")
    if words[0].lower() in _DAYS:
        words = words[1:]
    kinds, told = "", {}
    for word in words:
        kind = _kind(word, kinds)
        kinds += kind
        told[kind] = word
    if kinds not in _LAYOUTS:
        return None
    found = _TIME.fullmatch(told["T"])
    hour, minute, second = found.groups() if found else ("", "", "")
    if "A" in told:
        if not 1 <= int(hour) <= 12:
            return None
        hour = str(int(hour) % 12 + (12 if told["A"].lower() == "pm" else 0))
    month = str(_MONTHS[told["M"].lower()])
    return _made((told["Y"], month, told["D"]), (hour, minute, second), told.get("Z", ""))


def _kind(word: str, before: str) -> str:
    """Return which part of a time a word is; a question mark if it is not part of one."""
    if _TIME.fullmatch(word):
        return "T"
    if word.lower() in _MONTHS and "M" not in before:
        return "M"
    if re.fullmatch(r"\d{4}", word):
        return "Y"
    if re.fullmatch(r"\d{1,2}", word):
        return "D"
    if word.lower() in ("am", "pm") and before.endswith("T"):
        return "A"
    return "Z" if _NUMERIC.fullmatch(word) or _LETTERS.fullmatch(word) else "?"


def _made(day: t.Sequence[str], clock: t.Sequence[str], zone: str) -> DeviceTime | None:
    try:
        return DeviceTime(datetime(*(int(part) for part in (*day, *clock))), zone)  # type: ignore[arg-type]
    except ValueError:
        return None


def witnessed(local: datetime, utc: datetime) -> DeviceTime | None:
    """Return a time whose zone follows from a second witness, the same moment in UTC; None if they disagree.

    Args:
        local: The node's local time, printed without a zone.
        utc: The same moment without a zone.
    """
    between = local - utc
    quarters = round(between / _QUARTER)
    offset = quarters * _QUARTER
    if abs(between - offset) > _TOLERANCE or not _WESTERNMOST <= offset <= _EASTERNMOST:
        return None
    minutes = quarters * 15
    sign = "-" if minutes < 0 else "+"
    return DeviceTime(local, f"{sign}{abs(minutes) // 60:02}{abs(minutes) % 60:02}")


def not_after(first: DeviceTime, second: DeviceTime) -> bool | None:
    """Return whether C(first) was no later than C(second); None if the repeated hour at a clock change leaves it open.

    Both are times of one node. Even without a known zone, the order of two times is known unless they are close together in a
    night in which the clock may have gone back.
    """
    if first.zone and first.zone == second.zone:
        return first.local <= second.local
    pairs = _pairs(first.zone, second.zone)
    if len(pairs) > 1:
        # Chicago and Havana share two names an hour apart, and both change on Sundays: on other days the offset stays. On a Sunday
        # Chicago's offsets count, which make C(second) the later one.
        unchanged = {pair for pair in pairs if pair[0] == pair[1] and first.local.weekday() != _SUNDAY}
        pairs = unchanged or {min(pairs, key=lambda pair: pair[1])}
    answers = {_at(first, one) <= _at(second, other) for one, other in pairs}
    # No place uses both zones: the node was moved, or one of them is UTC.
    answers = answers or {one <= other for one in first.moments() for other in second.moments()}
    if answers:
        return answers.pop() if len(answers) == 1 else None
    apart = abs(first.local - second.local) > _SHIFT
    if apart or not (_at_night(first.local) or _at_night(second.local)):
        return first.local <= second.local
    return None


def surely_not_after(utc: datetime, second: DeviceTime) -> bool | None:
    """Return whether a moment in UTC (without a zone) was no later than C(second), for every zone it may have; else None."""
    moments = second.moments() or {second.local - _EASTERNMOST, second.local - _WESTERNMOST}
    answers = {utc <= moment + _SECONDS for moment in moments}
    return answers.pop() if len(answers) == 1 else None


def elapsed(then: DeviceTime, now: DeviceTime) -> tuple[timedelta, timedelta]:
    """Return the least and the most time from C(then) to C(now); the zones may differ if the node was moved."""
    if then.zone != now.zone and then.moments() and now.moments():
        spans = [later - earlier for later in now.moments() for earlier in then.moments()]
        return min(spans), max(spans)
    return now.local - then.local, now.local - then.local


def _at_night(local: datetime) -> bool:
    return local.time() >= _NIGHT_BEGINS or local.time() < _NIGHT_ENDS


def _at(when: DeviceTime, offset: int) -> datetime:
    """Return the moment in UTC; it stays within the calendar, since no node reports the years 1 or 9999."""
    near_its_end = not 1 < when.local.year < 9999
    return when.local if near_its_end else when.local - timedelta(minutes=offset)


def _numeric(zone: str) -> int | None:
    """Return the minutes east of UTC of a numeric zone, None for any other, or one that no place can have."""
    posix = _POSIX.fullmatch(zone)
    found = posix or _NUMERIC.fullmatch(zone)
    if found is None:
        return None
    minutes = int(found[2] or 0) * 60 + (0 if posix else int(found[3] or 0))
    east = -minutes if found[1] == ("+" if posix else "-") else minutes
    return east if _WESTERNMOST <= timedelta(minutes=east) <= _EASTERNMOST else None


def _offsets(zone: str) -> set[int]:
    """Return all minutes east of UTC that a zone's name stands for anywhere."""
    number = _numeric(zone)
    if number is not None:
        return {number}
    name = zone.upper()
    return {family[name] for family in FAMILIES if name in family}


def _pairs(one: str, other: str) -> set[tuple[int, int]]:
    """Return the pairs of offsets that two zones of one place can have; empty if none is known."""
    numbers = _numeric(one), _numeric(other)
    if numbers[0] is not None and numbers[1] is not None:
        return {(numbers[0], numbers[1])}
    names = one.upper(), other.upper()
    if numbers[0] is not None:
        return {(numbers[0], offset) for offset in _beside(numbers[0], names[1])}
    if numbers[1] is not None:
        return {(offset, numbers[1]) for offset in _beside(numbers[1], names[0])}
    return {(family[names[0]], family[names[1]]) for family in FAMILIES if set(names) <= set(family)}


def _beside(number: int, name: str) -> set[int]:
    """Return the offsets a name stands for in places that also use the offset C(number)."""
    return {family[name] for family in FAMILIES if name in family and number in family.values()}
