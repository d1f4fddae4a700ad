# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges, their options, and the checks of those options. PRIVATE to the collection. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from .._base.numbers import is_number
from .._facts import model
from .._facts.model import Fact
from .case import Case, Intent, Judgement

# What keeps a value from being right, as the end of a sentence that begins with the place; empty when it is right.
Check = t.Callable[[t.Any], str]


@dataclass(frozen=True)
class Option:
    """An option of a judge: the check of its value, and its default."""

    check: Check
    default: t.Any = None
    required: bool = False


def _never(intent: Intent) -> str:
    return ""


@dataclass(frozen=True)
class Judge:
    """A judge that controls name.

    Attributes:
        judge: The function that judges.
        reads: The facts it needs.
        verdicts: Every verdict it can give.
        options: By name.
        also: Facts it uses if they were read anyway, but does not need.
        idle: Returns why an intent leaves it nothing to judge, so that nothing is read for it; empty otherwise.
    """

    judge: t.Callable[[Case], Judgement]
    reads: tuple[Fact[t.Any], ...]
    verdicts: tuple[str, ...]
    options: t.Mapping[str, Option] = field(default_factory=dict)
    also: tuple[Fact[t.Any], ...] = ()
    idle: t.Callable[[Intent], str] = _never

    @property
    def subsets(self) -> tuple[str, ...]:
        """The subsets of C(cluster_info) that bring the facts it needs."""
        return model.in_order(subset for fact in self.reads for subset in fact.reads)


def a_number(value: t.Any) -> str:
    """Check that a value is a number."""
    return "" if is_number(value) else "must be a number"


def not_negative(value: t.Any) -> str:
    """Check that a value is a number from 0."""
    return "" if is_number(value) and value >= 0 else "must be a number from 0"


def a_share(value: t.Any) -> str:
    """Check that a value is a share in per cent."""
    return "" if is_number(value) and 0 <= value <= 100 else "must be a number from 0 to 100 (per cent)"


def texts(value: t.Any) -> str:
    """Check that a value is a list of texts."""
    right = (
        isinstance(value, (list, tuple)) and value and all(isinstance(each, str) and each for each in value)
    )
    return "" if right else "must be a list of texts"


def a_list(value: t.Any) -> str:
    """Check that a value is a list that is not empty."""
    return "" if isinstance(value, (list, tuple)) and value else "must be a list with at least one value"


def anything(value: t.Any) -> str:
    """Check nothing."""
    return ""


def a_version(value: t.Any) -> str:
    """Check that a value is a version of TLS; C(1.2) without quotes is a number to YAML, and as good."""
    is_one = isinstance(value, str) or is_number(value)
    return "" if is_one and str(value) in ("1.0", "1.1", "1.2", "1.3") else "must be 1.0, 1.1, 1.2 or 1.3"


def names(value: t.Any) -> str:
    """Check that a value is a list of names, which may be empty."""
    right = isinstance(value, (list, tuple)) and all(isinstance(each, str) and each for each in value)
    return "" if right else "must be a list of names"


def at_least_one(value: t.Any) -> str:
    """Check that a value is a whole number from 1."""
    right = isinstance(value, int) and is_number(value) and value >= 1
    return "" if right else "must be a whole number from 1"


@dataclass(frozen=True)
class OneOf:
    """Checks that a value is one of some words."""

    words: tuple[str, ...]

    def __call__(self, value: t.Any) -> str:
        return "" if value in self.words else f"must be {' or '.join(self.words)}"


def one_of(*words: str) -> OneOf:
    """Return a check for one of some words."""
    return OneOf(words)


def a_pattern(value: t.Any) -> str:
    """Check that a value is a regular expression."""
    if not isinstance(value, str):
        return "must be a regular expression in quotes"
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as error:
        return f"is not a regular expression ({error})"
    return ""
