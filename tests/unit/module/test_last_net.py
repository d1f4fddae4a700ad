# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unforeseen errors: reported with their place, without cost to other facts, and never with a false claim that nothing was changed."""

from __future__ import annotations

import ast
import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base import credentials as _credentials
from ansible_collections.ucops.cucm.plugins.module_utils._base import errors as _errors
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import CucmError
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.live import LiveAccess
from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
from ansible_collections.ucops.cucm.plugins.module_utils._reading.collector import Collector
from ansible_collections.ucops.cucm.plugins.module_utils._security import dialogue
from ansible_collections.ucops.cucm.plugins.module_utils._transport.cli import Exchange

ROOT = Path(__file__).resolve().parents[3]
SECRET = "Zq%7<&\"' $e"


def task() -> _task.Task:
    defaults = {name: option.get("default") for name, option in _task.CONNECTION_SPEC.items()}
    given = {"publisher": "192.0.2.1", "cli_username": "admin", "cli_password": SECRET}
    return _task.Task({**defaults, **given})


def broken(task: _task.Task) -> _task.Result:
    raise KeyError(f"no such thing\n\x1b[1m{SECRET}")


def test_an_unforeseen_exception_is_a_failure_with_its_place() -> None:
    result = _task.perform(task(), broken)
    failure = result["failure"]
    assert (result["failed"], result["changed"], failure["code"]) == (True, False, "unexpected")
    assert failure["details"]["exception"] == "KeyError" and failure["details"]["node"] == "192.0.2.1"
    assert re.fullmatch(r".*test_last_net:\d+", failure["details"]["where"])
    assert failure["message"].startswith("KeyError: ") and "report" in failure["remedy"]
    assert SECRET not in str(result) and "\x1b" not in result["msg"] and "\n" not in result["msg"]


@pytest.mark.parametrize(
    "error", [RecursionError("deep"), MemoryError(), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x")]
)
def test_of_any_kind(error: Exception) -> None:
    def run(task: _task.Task) -> _task.Result:
        raise error

    failure = _task.perform(task(), run)["failure"]
    assert failure["code"] == "unexpected" and failure["message"].startswith(type(error).__name__)


def test_the_place_of_a_library_names_the_line_that_called_it() -> None:
    def run(task: _task.Task) -> _task.Result:
        re.compile("(")
        raise AssertionError

    assert re.search(r"task:\d+, in re\.", _task.perform(task(), run)["failure"]["details"]["where"])


def test_what_cannot_be_made_a_result_is_a_failure_too() -> None:
    circle: list[t.Any] = []
    circle.append(circle)
    result = _task.perform(task(), lambda task: _task.Result(False, circle, None))
    assert result["failure"]["code"] == "unexpected"


class Session:
    """A session in which a command is entered or answered, and nothing is reported about it."""

    def converse(
        self, command: str, question: t.Any, before_answer: t.Callable[[str], None], *, timeout: float
    ) -> Exchange:
        before_answer("?")
        raise LookupError("after the answer")

    def order(self, command: str, before_enter: t.Callable[[], None], *, timeout: float) -> Exchange:
        before_enter()
        raise LookupError("after Enter")


@pytest.mark.parametrize("way", ["converse", "order"])
def test_a_change_that_was_sent_is_not_told_as_none(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LiveAccess, "_session", lambda self, node, pace=0.0: Session())
    monkeypatch.setattr(_task.Task, "require_held", lambda self: None)

    def run(task: _task.Task) -> _task.Result:
        if way == "converse":
            task.cluster.converse("x", re.compile("x"), lambda asked: None, timeout=1)
        task.cluster.order("x", lambda: None, timeout=1)
        raise AssertionError

    result = _task.perform(task(), run)
    assert result["changed"] is True and result["failure"]["details"]["change_sent"] is True
    assert "not known" in result["msg"] and "reads the state first" in result["msg"]


def test_a_record_that_fails_before_the_answer_is_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LiveAccess, "_session", lambda self, node, pace=0.0: Session())

    def run(task: _task.Task) -> _task.Result:
        def record(asked: str) -> None:
            raise LookupError("the record")

        task.cluster.converse("x", re.compile("x"), record, timeout=1)
        raise AssertionError

    assert _task.perform(task(), run)["changed"] is False


@pytest.mark.parametrize("error", [ValueError("no date"), OverflowError("no such year")])
def test_a_fact_that_is_no_number_or_date_is_the_nodes_and_no_error_of_ours(error: Exception) -> None:
    warnings: list[str] = []
    collector = Collector(warnings.append)

    def read() -> str:
        raise error

    assert collector.collect("health.cucm-sub1", read) is None
    assert collector.unavailable == {"health.cucm-sub1": f"unreadable_output: {error}"}
    assert warnings == []


def test_a_fact_that_nobody_can_read_costs_itself_and_is_told() -> None:
    warnings: list[str] = []
    collector = Collector(warnings.append)

    def read() -> str:
        return t.cast("dict[str, str]", {})["missing"]

    assert collector.collect("health.cucm-sub1", read) is None
    assert collector.collect("modes", lambda: "read") == "read"
    told = collector.unavailable["health.cucm-sub1"]
    assert re.match(r"unexpected: KeyError: 'missing' \(at .*test_last_net:\d+\)", told)
    assert len(warnings) == 1 and "health.cucm-sub1" in warnings[0]


# -- the table of codes ------------------------------------------------------------------------------------


def codes_of(tree: ast.AST) -> set[str]:
    """Return the texts that are given as C(code), and the default codes of classes."""
    given: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "code":
            given.append(node.value)
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "default_code" for target in node.targets
        ):
            given.append(node.value)
    return {
        part.value
        for value in given
        for part in ast.walk(value)
        if isinstance(part, ast.Constant)
        and isinstance(part.value, str)
        and re.fullmatch(r"[a-z_]+", part.value)
        # The condition of a choice between two codes is not a code.
        and not any(
            part in ast.walk(choice.test) for choice in ast.walk(value) if isinstance(choice, ast.IfExp)
        )
    }


def raised() -> set[str]:
    """Return every code that the source can raise."""
    files = [
        *ROOT.glob("plugins/module_utils/**/*.py"),
        *ROOT.glob("plugins/modules/*.py"),
        *ROOT.glob("plugins/plugin_utils/**/*.py"),
    ]
    literal = set[str]().union(*(codes_of(ast.parse(file.read_text("utf-8"))) for file in files))
    named = {_errors.UNANSWERED, _errors.UNEXPECTED, _credentials.REFUSED_BEFORE, _credentials.NODE_REFUSED}
    return literal | named | {said.value for said in dialogue.Said}


def documented() -> dict[str, str]:
    """Return what the page says of each code."""
    rows = re.findall(
        r"^\| `([a-z_]+)` \| (.*) \|$", (ROOT / "docs" / "failure-codes.md").read_text("utf-8"), re.MULTILINE
    )
    assert len(rows) == len(dict(rows)), "a code stands twice"
    return dict(rows)


def test_every_code_stands_in_the_table_and_no_other() -> None:
    assert raised() - documented().keys() == set()
    assert documented().keys() - raised() == set()
    assert all(len(meaning) > 10 for meaning in documented().values())


def test_the_head_of_the_file_shows_every_exception() -> None:
    def below(kind: type[CucmError]) -> t.Iterator[type[CucmError]]:
        for child in kind.__subclasses__():
            if child.__module__ == _errors.__name__:
                yield child
                yield from below(child)

    shown = re.findall(r"^ *(\w+) +\(([a-z_]+)\)", _errors.__doc__ or "", re.MULTILINE)
    assert sorted(shown) == sorted(
        (kind.__name__, kind.default_code) for kind in [CucmError, *below(CucmError)]
    )
