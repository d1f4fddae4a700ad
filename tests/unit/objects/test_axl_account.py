# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose roles are asked for, and whose are answered."""

from __future__ import annotations

import sqlite3

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import ProtocolError
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.database import literal
from ansible_collections.ucops.cucm.plugins.module_utils._objects import axl_account

HOSTILE = [
    "o'brien",
    "'",
    "''",
    "x' or '1'='1",
    "x' union all select 'a',passwd from enduser--",
    'a"b',
    "a\\",
    "a\\'b",
    "%",
    "axl_read",
    "{{ x }}",
    "<a>&",
    "/* x */",
    "zoë",
]


def row(account: str, role: str) -> dict[str, str]:
    return {"account": account, "role": role}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_one_value_whatever_is_in_it(name: str) -> None:
    with sqlite3.connect(":memory:") as connection:
        assert connection.execute(f"select {literal(name)} as a").fetchall() == [(name,)]
    for part in axl_account.questions(name):
        assert part.source.endswith(f"=lower({literal(name)})")


@pytest.mark.parametrize("name", ["", "a\nb", "a\x00b", "a\x1bb", "a\u2028b"])
def test_a_name_that_no_account_has_is_not_asked_for(name: str) -> None:
    assert axl_account.questions(name) == []


def test_both_kinds_of_users_are_asked_for() -> None:
    first, second = axl_account.questions("axlread")
    assert "from applicationuser inner join applicationuserdirgroupmap" in first.alone()
    assert "from enduser inner join enduserdirgroupmap" in second.alone()
    assert "lower(enduser.userid)=lower('axlread') group by 1,2" in second.alone()


def test_roles_of_every_group_are_told_once_and_in_order() -> None:
    rows = [row("axlread", "b"), row("axlread", "a"), row("axlread", "b")]
    assert axl_account.roles("axlread", [rows, []]) == ["a", "b"]
    assert axl_account.roles("axlread", [[], rows]) == ["a", "b"]
    assert axl_account.roles("axlread", [[], []]) == []


def test_the_account_of_that_very_name_counts() -> None:
    rows = [row("AXLread", "another's"), row("axlread", "own")]
    assert axl_account.roles("axlread", [rows, []]) == ["own"]
    assert axl_account.roles("AxlRead", [[row("axlread", "own")], []]) == ["own"]


@pytest.mark.parametrize(
    "answers",
    [
        [[row("axlread", "a")], [row("axlread", "b")]],
        [[row("AXLread", "a"), row("axlREAD", "b")], []],
    ],
)
def test_roles_of_two_accounts_are_not_one_accounts(answers: list[list[dict[str, str]]]) -> None:
    with pytest.raises(ProtocolError, match="2 accounts"):
        axl_account.roles("axlread", answers)
