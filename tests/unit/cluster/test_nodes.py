# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who the nodes are, from the rows of the database and the addresses an operator gives."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import CucmError
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.nodes import (
    PSEUDO_NODE,
    Address,
    NodeList,
    Places,
    listed,
    parse_address,
)

PUBLISHER = Address("10.0.0.1", 8443, 22)


def row(name: str, usage: str = "1", role: str = "1") -> dict[str, str]:
    return {"pkid": f"{{KEY-{name}}}", "name": name, "tknodeusage": usage, "tkprocessnoderole": role}


ROWS = [row(PSEUDO_NODE), row("sub1"), row("imp", "0", "2"), row("pub", "0")]


def places(publisher: Address | None = PUBLISHER, **given: str | Address) -> Places:
    addresses = {
        name: each if isinstance(each, Address) else Address(each, 8443, 22) for name, each in given.items()
    }
    return Places(8443, 22, addresses, publisher)


def test_the_publisher_is_first_at_the_address_given_for_it() -> None:
    nodes = listed(ROWS, places(sub1="10.0.0.2"))
    assert [(node.name, node.role, node.type, node.address.host) for node in nodes] == [
        ("pub", "publisher", "callmanager", "10.0.0.1"),
        ("sub1", "subscriber", "callmanager", "10.0.0.2"),
        ("imp", "subscriber", "im_presence", "imp"),
    ]


def test_a_cluster_that_is_not_reached_has_no_address_to_be_wrong() -> None:
    nodes = listed(ROWS, places(None, sub1="pub"))
    assert [node.address.host for node in nodes] == ["pub", "pub", "imp"]


@pytest.mark.parametrize(
    ("rows", "given", "code", "words"),
    [
        ([row("sub1")], {}, "nodes_unreadable", "0 publishers"),
        ([row("a", "0"), row("b", "0")], {}, "nodes_unreadable", "2 publishers"),
        (ROWS, {"nobody": "10.0.0.9"}, "invalid_input", "node_addresses names nobody"),
        (
            [*ROWS, row("sub2")],
            {"sub1": "10.0.0.2", "sub2": "10.0.0.2"},
            "invalid_input",
            "both sub1 and sub2",
        ),
        (ROWS, {"sub1": "10.0.0.1", "pub": "10.0.0.3"}, "not_publisher", "sub1 is a subscriber"),
        (ROWS, {"pub": "10.0.0.3"}, "not_publisher", "gives 10.0.0.3"),
    ],
)
def test_what_cannot_be_is_refused(
    rows: list[dict[str, str]], given: dict[str, str], code: str, words: str
) -> None:
    with pytest.raises(CucmError) as refused:
        listed(rows, places(**given))
    assert refused.value.code == code
    assert words in refused.value.message


@pytest.mark.parametrize(
    "spoiled", [{"pkid": ""}, {"name": ""}, {"tknodeusage": "one"}, {"tkprocessnoderole": ""}]
)
def test_a_list_that_cannot_be_read_is_not_kept(spoiled: dict[str, str]) -> None:
    nodes = NodeList(places(), lambda: [*ROWS, {**row("x"), **spoiled}])
    with pytest.raises(CucmError) as refused:
        nodes.all()
    assert refused.value.code == "nodes_unreadable"
    assert nodes.rows is None


def counted(asked: list[str]) -> t.Callable[[], list[dict[str, str]]]:
    return lambda: asked.append("nodes") or ROWS  # type: ignore[func-returns-value]


def test_the_list_is_asked_for_once() -> None:
    asked: list[str] = []
    nodes = NodeList(places(), counted(asked))
    assert nodes.all() == nodes.all()
    assert nodes.identity == "key-pub"
    assert asked == ["nodes"]


def test_rows_that_came_with_another_answer_are_not_asked_for_again() -> None:
    asked: list[str] = []
    nodes = NodeList(places(), counted(asked))
    nodes.take([row("pub", "0")])
    assert [node.name for node in nodes.all()] == ["pub"]
    assert asked == []


def test_the_addressed_publisher_is_known_before_it_is_listed() -> None:
    asked: list[str] = []
    nodes = NodeList(places(), counted(asked))
    first = nodes.addressed()
    assert (first.name, first.address, first.listed, asked) == ("10.0.0.1", PUBLISHER, False, [])
    named = NodeList(places(pub=PUBLISHER), counted(asked)).addressed()
    assert (named.name, named.listed) == ("pub", False)
    nodes.all()
    assert (nodes.addressed().name, nodes.addressed().listed) == ("pub", True)


def test_where_no_address_was_given_the_list_names_the_publisher() -> None:
    assert NodeList(places(None), lambda: ROWS).addressed().name == "pub"


def test_an_entry_gives_what_differs() -> None:
    own = Address("sub1", 8443, 22)
    assert parse_address({}, own) == own
    assert parse_address({"address": "[2001:DB8::1]", "ssh_port": 2222}, own) == Address(
        "2001:db8::1", 8443, 2222
    )
