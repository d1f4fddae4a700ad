# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database of a cluster that is reached: one request for all questions, and what is asked after it was refused."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import (
    CucmError,
    IdentityError,
    ProductFault,
    ProtocolError,
    TransportError,
)
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.database import NODES, Part, Row, together
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.live_database import LiveDatabase
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.nodes import Address, Node, Places

PUBLISHER = Address("10.0.0.1", 8443, 22)
ONE, TWO = Part("one", {"name": "t.name"}, "from t"), Part("two", {"name": "u.name"}, "from u")
NODE_ROW = {"pkid": "1", "name": "pub", "tknodeusage": "0", "tkprocessnoderole": "1"}
ALL = together([ONE, TWO, NODES])
REFUSED = ProductFault("no such column", code="soap_fault")
Answer = list[Row] | CucmError


def said(part: str, columns: t.Iterable[str]) -> Row:
    return {"part": part, **dict(zip("abcd", columns, strict=False))}


@dataclass
class Ways:
    """Answers by AXL and by the CLI, and what was asked for."""

    by_axl: dict[str, Answer] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)
    accounts: set[str] = field(default_factory=lambda: {"axl", "cli"})
    failure: CucmError | None = None
    asked: list[str] = field(default_factory=list)

    @property
    def axl(self) -> Ways:
        return self

    def query(self, sql: str) -> list[Row]:
        self.asked.append(sql)
        answer = self.by_axl[sql]
        if isinstance(answer, CucmError):
            raise answer
        return answer

    def run(self, node: Node, command: str, *, end: re.Pattern[str] | None, timeout: float | None) -> str:
        self.asked.append(f"{node.name}: {command}")
        if command not in self.printed:
            raise self.failure or REFUSED
        return self.printed[command]

    def has_account(self, service: str) -> bool:
        return service in self.accounts

    def login_failure(self, node: Node) -> CucmError | None:
        return self.failure


def database(ways: Ways) -> LiveDatabase:
    return LiveDatabase(t.cast("t.Any", ways), Places(8443, 22, {}, PUBLISHER))


def test_all_questions_are_one_request_and_the_nodes_come_with_them() -> None:
    ways = Ways({ALL: [said("one", "x"), said("nodes", NODE_ROW.values())], together([ONE]): []})
    asked = database(ways)
    assert asked.ask([ONE, TWO]) == {"one": [{"name": "x"}], "two": []}
    assert [node.name for node in asked.nodes.all()] == ["pub"]
    # They are not asked for again.
    assert asked.ask([ONE]) == {"one": []}
    assert ways.asked == [ALL, together([ONE])]


def test_a_question_that_was_alone_is_not_asked_again_when_it_is_refused() -> None:
    ways = Ways({together([ONE, NODES]): [said("nodes", NODE_ROW.values())], together([TWO]): REFUSED})
    asked = database(ways)
    asked.ask([ONE])
    assert asked.ask([TWO]) == {"two": REFUSED}
    assert ways.asked == [together([ONE, NODES]), together([TWO])]


@pytest.mark.parametrize("error", [REFUSED, ProtocolError("", code="output_too_large")])
def test_questions_that_are_refused_together_are_asked_alone(error: CucmError) -> None:
    ways = Ways({ALL: error, NODES.alone(): [NODE_ROW], ONE.alone(): [{"name": "x"}], TWO.alone(): REFUSED})
    assert database(ways).ask([ONE, TWO]) == {"one": [{"name": "x"}], "two": REFUSED}
    assert ways.asked == [ALL, NODES.alone(), ONE.alone(), TWO.alone()]


def test_who_does_not_list_its_nodes_either_is_asked_nothing_else() -> None:
    ways = Ways({ALL: REFUSED, NODES.alone(): REFUSED})
    with pytest.raises(ProductFault):
        database(ways).ask([ONE, TWO])
    assert ways.asked == [ALL, NODES.alone()]


@pytest.mark.parametrize(
    "error",
    [
        IdentityError("", code="certificate_not_trusted"),
        TransportError("", code="throttled"),
        TransportError("", code="unreachable"),
    ],
)
def test_a_cluster_that_does_not_answer_is_asked_no_more(error: CucmError) -> None:
    ways = Ways({ALL: error})
    with pytest.raises(type(error)):
        database(ways).ask([ONE, TWO])
    assert ways.asked == [ALL]


def test_without_an_axl_account_each_question_is_a_command_at_the_addressed_node() -> None:
    table = "name\n====\nx\n"
    ways = Ways(printed={f"run sql {ONE.alone()}": table}, accounts={"cli"})
    assert database(ways).ask([ONE, TWO]) == {"one": [{"name": "x"}], "two": REFUSED}
    assert ways.asked == [f"10.0.0.1: run sql {part.alone()}" for part in (ONE, TWO)]


def test_after_a_login_that_failed_nobody_logs_in_for_each_question() -> None:
    ways = Ways(accounts={"cli"}, failure=TransportError("", code="unreachable"))
    with pytest.raises(TransportError):
        database(ways).ask([ONE, TWO])
    assert len(ways.asked) == 1


@pytest.mark.parametrize(
    ("primary", "code"), [("false", "not_publisher"), ("true", "not_soap"), ("", "not_soap")]
)
def test_the_cli_tells_a_subscriber_from_a_publisher_without_axl(primary: str, code: str) -> None:
    absent = ProtocolError("", code="not_soap", details={"status": 404})
    ways = Ways({ONE.alone(): absent}, {"utils service list": f"Primary Node ={primary}"})
    with pytest.raises(CucmError) as refused:
        database(ways).query(ONE.alone())
    assert ways.asked == [ONE.alone(), "10.0.0.1: utils service list"]
    assert refused.value.code == code


def test_by_other_ways_the_nodes_are_read_anew() -> None:
    first = database(Ways({NODES.alone(): [NODE_ROW]}))
    first.nodes.all()
    ways = Ways({NODES.alone(): [{**NODE_ROW, "name": "again"}]})
    assert first.over(t.cast("t.Any", ways)).nodes.all()[0].name == "again"
