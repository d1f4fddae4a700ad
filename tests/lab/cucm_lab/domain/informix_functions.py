# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Informix' functions that SQLite does not have, and SQLite's that Informix does not have.

[D] IBM Informix Guide to SQL: Syntax, "Expression".
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any

from .errors import NotSimulated, SqlError
from .informix_rules import Token, words

_NOT_SIMULATED = words("""
add_months cardinality date datetime day extend filetoblob filetoclob hour interval last_day mdy month months_between
next_day root sysdate to_date to_number weekday year
""")
"""Functions that Informix has and the lab has not."""
_NOT_INFORMIX = words("""
changes date_part format glob group_concat iif ifnull instr_ json json_array json_extract julianday last_insert_rowid
like likelihood likely printf quote random randomblob sqlite_version strftime string_agg total total_changes typeof
unicode unixepoch unlikely zeroblob
""")
"""Functions that SQLite has and Informix has not."""
_MOMENT = "%Y-%m-%d %H:%M:%S"
_PRECISIONS = {
    "year": "%Y",
    "month": "%Y-%m",
    "day": "%Y-%m-%d",
    "hour": "%Y-%m-%d %H",
    "minute": "%Y-%m-%d %H:%M",
    "second": _MOMENT,
    "fraction": _MOMENT + ".%f",
}


def check(tokens: list[Token]) -> None:
    """Raises SqlError for a function that Informix does not have (-674) or that the lab does not have."""
    for token, behind in pairwise(tokens):
        if token.kind != "word" or behind.text != "(":
            continue
        name = token.text.lower()
        if name in _NOT_INFORMIX:
            raise SqlError(-674, name=name)
        if name in _NOT_SIMULATED:
            raise NotSimulated(f"the function {name}")


@lru_cache(maxsize=256)
def _pattern(pattern: str, escape: str) -> re.Pattern[str]:
    expression, taken = "", False
    for character in pattern:
        if taken:
            expression, taken = expression + re.escape(character), False
        elif character == escape:
            taken = True
        else:
            expression += {"%": ".*", "_": "."}.get(character) or re.escape(character)
    return re.compile(expression, re.DOTALL)


def _like(pattern: str | None, value: object, escape: str = "\\") -> bool | None:
    if pattern is None or value is None:
        return None
    return _pattern(str(pattern), escape).fullmatch(str(value)) is not None


def _concat(one: object, other: object) -> str | None:
    return None if one is None or other is None else f"{one}{other}"


def _decode(value: object, *pairs: object) -> object:
    """``decode(value, when, then, ..., otherwise)``; NULL equals NULL there."""
    for when, then in zip(pairs[::2], pairs[1::2], strict=False):
        if when == value or (when is not None and value is not None and str(when) == str(value)):
            return then
    return pairs[-1] if len(pairs) % 2 else None


def _subscript(value: object, first: int, last: int) -> str | None:
    return None if value is None else str(value)[first - 1 : last]


def _initcap(value: object) -> str | None:
    return None if value is None else re.sub(r"[A-Za-z0-9]+", lambda each: each[0].capitalize(), str(value))


def _pad(value: object, length: int, filling: str, *, left: bool) -> str | None:
    if value is None:
        return None
    text = str(value)[:length]
    more = (filling * length)[: length - len(text)]
    return more + text if left else text + more


def _mod(value: int | None, divisor: int | None) -> int | None:
    if value is None or not divisor:
        return None
    rest = abs(value) % abs(divisor)
    return -rest if value < 0 else rest


class Functions:
    """Informix' functions for one connection. problem: why the last statement could not be carried out, if one of them knows.

    now: the moment in the time zone of the server, in which times are told.
    """

    def __init__(self, connection: sqlite3.Connection, now: Callable[[], datetime]) -> None:
        self._now = now
        self.problem: SqlError | None = None

        def add(name: str, arguments: int, function: Callable[..., Any], *, fixed: bool = True) -> None:
            connection.create_function(name, arguments, function, deterministic=fixed)

        # Informix minds case in LIKE.
        add("like", 2, _like)
        add("like", 3, _like)
        add("nvl", 2, lambda value, other: other if value is None else value)
        add("nvl2", 3, lambda value, there, absent: absent if value is None else there)
        add("concat", 2, _concat)
        add("decode", -1, _decode)
        add("subscript", 3, _subscript)
        add("initcap", 1, _initcap)
        add("mod", 2, _mod)
        add("char_length", 1, lambda value: None if value is None else len(str(value)))
        for name, left in (("lpad", True), ("rpad", False)):
            add(name, 2, lambda value, length, left=left: _pad(value, length, " ", left=left))
            add(name, 3, lambda value, length, filling, left=left: _pad(value, length, filling, left=left))
        add("dbinfo", 1, self._dbinfo, fixed=False)
        add("dbinfo", 2, self._dbinfo, fixed=False)
        add("to_char", 1, lambda value: None if value is None else str(value))
        add("to_char", 2, self._to_char)
        add("today_", 0, lambda: self._now().strftime("%m/%d/%Y"), fixed=False)
        add("current_", 1, self._current, fixed=False)

    def _current(self, unit: str) -> str:
        text = self._now().strftime(_PRECISIONS[unit])
        # Without a precision a moment has three digits behind its seconds.
        return text[:-3] if unit == "fraction" else text

    def _refuse(self, problem: SqlError) -> None:
        self.problem = problem
        raise problem

    def _dbinfo(self, what: str, value: object = None) -> object:
        if what == "utc_current":
            return int(self._now().timestamp())
        if what != "utc_to_datetime":
            self._refuse(NotSimulated(f"dbinfo('{what}')"))
        if value is None:
            return None
        return datetime.fromtimestamp(int(str(value)), self._now().tzinfo).strftime(_MOMENT)

    def _to_char(self, value: object, form: str) -> str | None:
        if value is None:
            return None
        for known in ("%Y-%m-%d %H:%M:%S.%f", _MOMENT, "%Y-%m-%d", "%m/%d/%Y"):
            try:
                moment = datetime.strptime(str(value), known)
            except ValueError:
                continue
            if set(re.findall("%(.)", form)) <= set("aAbBdHMSyYmpIjR%"):
                return moment.strftime(form)
        self._refuse(NotSimulated(f"to_char with the form '{form}'"))
        return None
