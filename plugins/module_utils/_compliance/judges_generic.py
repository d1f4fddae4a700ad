# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges of any fact, for the controls a site writes itself. PRIVATE to the collection.

Pure. Each has a C(path) into the facts of C(cluster_info): a list of keys, or a text with full stops between them; C(*)
is every item of a mapping or list, and every one of them must be right.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._base.numbers import is_number
from .._facts import model
from . import options
from .case import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Case,
    Judgement,
    Undecided,
    not_applicable,
    settle,
    with_role,
)
from .options import Judge, Option

EVERY = "*"
# What a path may begin with: what is read of a cluster or follows from that, and what the state directory has.
JUDGED = frozenset(
    root
    for root, facts in model.ROOTS.items()
    if any(fact.reads for fact in facts) or facts[0] in (model.UNSETTLED, model.RECORDED)
)
_SHOWN = 120


@dataclass(frozen=True)
class _Value:
    """What is at one place of a path; C(found) is false when the facts end before."""

    place: str
    value: t.Any = None
    found: bool = True

    def __str__(self) -> str:
        return f"{self.place} is {_short(self.value)}" if self.found else f"there is no {self.place}"


def keys(path: t.Any) -> list[str]:
    """Return the keys of a path."""
    return path.split(".") if isinstance(path, str) else [str(key) for key in path]


def reads(path: t.Any) -> tuple[str, ...]:
    """Return the subsets of C(cluster_info) that bring what a path begins with."""
    facts = model.ROOTS[keys(path)[0]]
    return model.in_order(subset for fact in facts for subset in fact.reads)


def check_path(value: t.Any) -> str:
    """Check that a value is a path that begins with a fact of C(cluster_info)."""
    is_list = isinstance(value, (list, tuple)) and all(isinstance(key, (str, int)) for key in value)
    parts = keys(value) if value and (isinstance(value, str) or is_list) else []
    if not parts or not all(parts):
        return "must be a path: keys with full stops between them, or a list of keys"
    if parts[0] in JUDGED:
        return ""
    return f"begins with {parts[0]}, which is none of {', '.join(sorted(JUDGED))}"


def _values(case: Case) -> list[_Value]:
    """Return what is at the path.

    Raises:
        Undecided: The fact the path begins with was not read.
    """
    path = keys(case.options["path"])
    found = [_Value(path[0], case.whole(path[0]))]
    for key in path[1:]:
        found = [step for value in found for step in _step(value, key)]
    return found


def _step(at: _Value, key: str) -> list[_Value]:
    value = at.value
    if isinstance(value, dict):
        items = {str(name): item for name, item in value.items()}
    elif isinstance(value, (list, tuple)):
        items = {str(number): item for number, item in enumerate(value)}
    else:
        return [_Value(f"{at.place}.{key}", found=False)]
    if key == EVERY:
        return [_Value(f"{at.place}.{name}", item) for name, item in items.items()]
    place = f"{at.place}.{key}"
    return [_Value(place, items[key]) if key in items else _Value(place, found=False)]


def _unread_nodes(case: Case) -> list[str]:
    """Return why a path does not see the nodes it goes through, or what its fact is derived from."""
    path = keys(case.options["path"])
    fact = model.ROOTS[path[0]][0]
    if fact.derived:
        sources = {name: each for each in fact.derived for name in (each.reason, each.subset_name)}
        return [
            f"{key}: {with_role(sources[source], why)}"
            for key, why in (case.value(model.UNAVAILABLE) or {}).items()
            for source in [key.partition(".")[0]]
            if source in sources
        ]
    if not isinstance(fact, model.PerNode):
        return []
    # A node that is named is the only one it goes through.
    named = [node for node in case.nodes if node in path]
    return [why for node, why in case.unread_nodes(fact).items() if node in (named or case.nodes)]


def _every(case: Case, wrong: t.Callable[[t.Any], str | None]) -> Judgement:
    """Judge every value of the path; C(wrong) returns what is wrong with one, or raises Undecided."""
    problems, unread, values = [], _unread_nodes(case), _values(case)
    judged = 0
    for each in values:
        # What a place has no value of is what nothing was told about.
        if not each.found or each.value is None:
            if case.options["missing"] == "fail":
                problems.append(f"there is no {each.place}")
            elif case.options["missing"] == "unknown":
                unread.append(f"there is no {each.place}")
            continue
        judged += 1
        try:
            problem = wrong(each.value)
        except Undecided as error:
            unread.append(f"{each} ({error.reason})")
            continue
        if problem:
            problems.append(f"{each}{problem}")
    if not (judged or problems or unread):
        return not_applicable(f"there is nothing at {'.'.join(keys(case.options['path']))}")
    evidence = {each.place: _short(each.value) for each in values[:20] if each.found}
    return settle(
        "; ".join(map(str, values[:3])), problems=problems, unread=unread, evidence={"values": evidence}
    )


def _short(value: t.Any) -> t.Any:
    """Return a value that is small enough to be shown."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _same(value: t.Any, wanted: t.Any) -> bool:
    """Return whether two values are the same; 1 is the same as C("1"), which the database stores, but not as true."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if is_number(value) and isinstance(wanted, str):
        value, wanted = wanted, value
    if isinstance(value, str) and is_number(wanted):
        return value.strip() == str(wanted)
    return bool(value == wanted)


def _number(value: t.Any) -> float:
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,12}(\.\d{1,12})?", value.strip(), re.ASCII):
        return float(value)
    if not is_number(value):
        raise Undecided("which is not a number")
    return float(value)


def _text(value: t.Any) -> str:
    if isinstance(value, str):
        return value
    if not is_number(value):
        raise Undecided("which is not text")
    return str(value)


def _equals(case: Case) -> Judgement:
    wanted = case.options["value"]
    return _every(case, lambda value: None if _same(value, wanted) else f", not {_short(wanted)}")


def _one_of(case: Case) -> Judgement:
    wanted = case.options["values"]
    words = " or ".join(str(_short(each)) for each in wanted)
    return _every(
        case, lambda value: None if any(_same(value, each) for each in wanted) else f", not {words}"
    )


def _at_least(case: Case) -> Judgement:
    lowest = case.options["value"]
    return _every(case, lambda value: None if _number(value) >= lowest else f", less than {lowest}")


def _at_most(case: Case) -> Judgement:
    highest = case.options["value"]
    return _every(case, lambda value: None if _number(value) <= highest else f", more than {highest}")


def _matches(case: Case) -> Judgement:
    pattern = re.compile(case.options["pattern"])
    return _every(
        case,
        lambda value: (
            None if pattern.fullmatch(_text(value)) else f", which does not match {pattern.pattern}"
        ),
    )


def _absent(case: Case) -> Judgement:
    values = _values(case)
    told = [each for each in values if each.found]
    problems = [str(each) for each in told if each.value not in (None, "", [], {}, ())]
    unread = [f"{each.place} was not read" for each in told if each.value is None]
    path = ".".join(keys(case.options["path"]))
    return settle(f"there is nothing at {path}", problems=problems, unread=[*_unread_nodes(case), *unread])


_PATH = {"path": Option(check_path, required=True)}
_MISSING = {**_PATH, "missing": Option(options.one_of("unknown", "fail", "skip"), default="unknown")}
_VERDICTS = (PASS, FAIL, NOT_APPLICABLE, UNKNOWN)

JUDGES: dict[str, Judge] = {
    "equals": Judge(_equals, (), _VERDICTS, {**_MISSING, "value": Option(options.anything, required=True)}),
    "one_of": Judge(_one_of, (), _VERDICTS, {**_MISSING, "values": Option(options.a_list, required=True)}),
    "at_least": Judge(
        _at_least, (), _VERDICTS, {**_MISSING, "value": Option(options.a_number, required=True)}
    ),
    "at_most": Judge(_at_most, (), _VERDICTS, {**_MISSING, "value": Option(options.a_number, required=True)}),
    "matches": Judge(
        _matches, (), _VERDICTS, {**_MISSING, "pattern": Option(options.a_pattern, required=True)}
    ),
    "absent": Judge(_absent, (), _VERDICTS, _PATH),
}
