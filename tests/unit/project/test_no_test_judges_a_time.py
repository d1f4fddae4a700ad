# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A busy machine fails no test: nothing asserts that something was fast.

That something did not happen before its time may be asserted; that does not depend on the machine. What hangs is ended
by pytest-timeout.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[2]
CLOCKS = {"monotonic", "perf_counter", "process_time", "time"}
# What measures, and reports what it measured.
MEASURES = {TESTS / "benchmarks"}
# The guards of helpers that wait for something to become true.
LOOPS = (ast.While, ast.For)


def reads_a_clock(node: ast.AST, names: set[str]) -> bool:
    """Return whether an expression reads a clock, or a name that was given a reading."""
    return any(
        (
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Attribute)
            and part.func.attr in CLOCKS
            and isinstance(part.func.value, ast.Name)
            and part.func.value.id == "time"
        )
        or (isinstance(part, ast.Name) and part.id in names)
        for part in ast.walk(node)
    )


def readings(function: ast.AST) -> set[str]:
    """Return the names in a function that hold a reading of a clock, or what was computed from one."""
    names: set[str] = set()
    while True:
        found = {
            target.id
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and reads_a_clock(node.value, names)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        if found <= names:
            return names
        names |= found


def upper_bounds(source: str) -> Iterator[int]:
    """Yield the lines that assert an upper bound of a time that passed."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        names = readings(function)
        guards = {
            inner
            for loop in ast.walk(function)
            if isinstance(loop, LOOPS)
            for inner in ast.walk(loop)
            if isinstance(inner, ast.Assert)
        }
        for node in ast.walk(function):
            if not isinstance(node, ast.Assert) or node in guards:
                continue
            for compare in ast.walk(node.test):
                if isinstance(compare, ast.Compare) and _bounds_above(compare, names):
                    yield node.lineno


def _bounds_above(compare: ast.Compare, names: set[str]) -> bool:
    terms = [compare.left, *compare.comparators]
    return any(
        reads_a_clock(terms[index if isinstance(operator, (ast.Lt, ast.LtE)) else index + 1], names)
        for index, operator in enumerate(compare.ops)
        if isinstance(operator, (ast.Lt, ast.LtE, ast.Gt, ast.GtE))
    )


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("a = time.monotonic()\n  assert time.monotonic() - a < 3", True),
        ("a = time.monotonic()\n  took = time.monotonic() - a\n  assert took <= 3, 'slow'", True),
        ("a = time.time()\n  assert 0.4 < time.time() - a < 3", True),
        ("a = time.time()\n  assert 3 > time.time() - a", True),
        ("a = time.monotonic()\n  assert time.monotonic() - a > 0.4", False),
        ("while not x():\n    assert time.monotonic() < 20", False),
    ],
)
def test_an_upper_bound_is_seen(body: str, found: bool) -> None:
    assert bool(list(upper_bounds(f"def test():\n  {body}\n"))) is found


def test_nothing_asserts_that_something_was_fast() -> None:
    judged = [
        f"{path.relative_to(TESTS)}:{line}"
        for path in sorted(TESTS.rglob("*.py"))
        if not any(path.is_relative_to(place) for place in MEASURES)
        for line in upper_bounds(path.read_text("utf-8"))
    ]
    assert judged == []
