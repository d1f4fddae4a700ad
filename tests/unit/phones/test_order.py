# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of restarts: from pairs and not from roles, no group without a server, and never more waves than needed."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._phones.order import Group, Order, Topology, order

NODES = tuple("abcdef")


def topology(groups: dict[str, tuple[str, int]] | None, up: str | None = None, **more: t.Any) -> Topology:
    """Return a topology: group to its members as letters and its number of phones."""
    told = (
        None
        if groups is None
        else tuple(Group(name, tuple(members), n) for name, (members, n) in groups.items())
    )
    nodes = {node for members, _n in (groups or {}).values() for node in members}
    return Topology(told, dict.fromkeys(nodes if up is None else up, True), **more)


def waves(found: Order) -> list[str]:
    return ["".join(wave) for wave in found.waves]


def test_a_backup_goes_before_the_node_that_phones_prefer() -> None:
    assert waves(order(topology({"G": ("ab", 10)}), "ab")) == ["b", "a"]


def test_the_publisher_goes_by_its_groups_as_every_node() -> None:
    assert waves(order(topology({"G": ("ab", 10)}, publisher="a"), "ab")) == ["b", "a"]


def test_where_groups_contradict_each_other_the_fewest_phones_move_twice() -> None:
    groups = {"G": ("ab", 10), "H": ("ba", 11)}
    assert waves(order(topology(groups), "ab")) == ["a", "b"]
    assert waves(order(topology({**groups, "G": ("ab", 12)}), "ab")) == ["b", "a"]


def test_what_is_left_to_choose_follows_the_order_of_the_vendor() -> None:
    """Publisher, TFTP, media, backups, primaries (phone-facts 11)."""
    found = order(
        topology(
            {"G": ("xb", 10), "H": ("yc", 10)}, publisher="p", tftp=frozenset("t"), media=frozenset("m")
        ),
        "xymtpbc",
    )
    assert waves(found) == ["p", "t", "m", "b", "c", "x", "y"]


def test_a_group_without_phones_decides_nothing() -> None:
    found = order(topology({"G": ("ab", 0)}), "ab")
    assert (waves(found), found.outages) == (["a", "b"], ())
    assert waves(order(topology({"G": ("ab", 0)}), "ab", parallel=True)) == ["ab"]


@pytest.mark.parametrize(
    ("up", "why"),
    [
        ({"a": True}, "b is not known to be up"),
        ({"a": True, "b": None}, "b is not known to be up"),
        ({"a": True, "b": False}, "b is down"),
    ],
)
def test_a_group_whose_other_members_do_not_serve_has_an_outage(up: dict[str, bool | None], why: str) -> None:
    found = order(Topology((Group("G", ("a", "b"), 3, ("SEP1", "SEP2", "SEP3")),), up), "a")
    (outage,) = found.outages
    assert (outage.nodes, outage.group, outage.phones) == (("a",), "G", 3)
    assert why in outage.line
    assert "SEP1, SEP2, SEP3" in outage.line


def test_a_group_of_one_has_an_outage_and_its_phones_are_named() -> None:
    names = tuple(f"SEP{number:03}" for number in range(25))
    (outage,) = order(Topology((Group("G", ("a",), 25, names),), {"a": True}), "a").outages
    assert "25 phones" in outage.line
    assert "SEP019" in outage.line
    assert "SEP020" not in outage.line
    assert "5 more" in outage.line


def test_a_node_that_is_down_serves_nobody_so_its_restart_is_not_an_outage() -> None:
    assert order(Topology((Group("G", ("a",), 3),), {"a": False}), "a").outages == ()
    assert order(Topology((Group("G", ("a",), 3),), {}), "a").outages != ()


@pytest.mark.parametrize(
    "groups",
    [None, (Group("G", None, 5),), (Group("G", ("a", "b"), None),), (Group("G", None, None),)],
)
def test_what_was_not_read_keeps_nodes_one_at_a_time(groups: tuple[Group, ...] | None) -> None:
    found = order(Topology(groups, {"a": True, "b": True, "c": True}), "abc", parallel=True)
    assert [len(wave) for wave in found.waves] == [1, 1, 1]
    assert found.fewest == 3
    assert "not read" in found.because[0]
    known = groups is not None and groups[0].members is not None
    assert [outage.nodes for outage in found.outages] == ([] if known else [("a", "b", "c")])


def test_phones_that_were_not_counted_are_phones() -> None:
    (outage,) = order(Topology((Group("G", ("a",), None),), {"a": True}), "a").outages
    assert (outage.phones, "not known" in outage.line) == (None, True)


def test_who_takes_over_must_carry_the_phones() -> None:
    groups = {"G": ("ab", 10), "H": ("ba", 5)}
    (outage,) = order(topology(groups, capacities={"b": 12, "a": 15}), "ab").outages
    assert (outage.nodes, outage.group, outage.phones) == (("a",), "G", 3)
    assert order(topology(groups, capacities={"b": 15, "a": 15}), "ab").outages == ()
    # It has too many already: that is not by the restart.
    (outage,) = order(topology(groups, capacities={"b": 1, "a": 15}), "ab").outages
    assert outage.phones == 10


def test_whether_an_unknown_number_can_be_carried_is_not_known() -> None:
    told = Topology((Group("G", ("a", "b"), None),), {"a": True, "b": True}, capacities={"b": 5000})
    (outage,) = order(told, "ab").outages
    assert (outage.nodes, outage.phones) == (("a",), None)


@pytest.mark.parametrize(
    ("groups", "number"),
    [
        ({"G": ("ab", 1), "H": ("cd", 1), "I": ("ef", 1)}, 2),
        # A ring of five pairs: no two neighbours together, and five is odd.
        (
            {
                name: (members, 1)
                for name, members in zip("GHIJK", ("ab", "bc", "cd", "de", "ea"), strict=True)
            },
            3,
        ),
        ({"G": ("abc", 1)}, 2),
        ({"G": ("a", 1), "H": ("b", 1)}, 1),
        ({"G": ("abc", 1), "H": ("ab", 1), "I": ("bc", 1), "J": ("ca", 1)}, 3),
    ],
)
def test_known_clusters_need_so_many_waves(groups: dict[str, tuple[str, int]], number: int) -> None:
    found = order(topology(groups, capacities=dict.fromkeys("abcdef", 99)), "abcdef", parallel=True)
    assert (len(found.waves), found.fewest) == (number, number)
    assert bool(found.because) == (number > 1)


def test_capacity_keeps_nodes_apart_that_share_no_group() -> None:
    groups = {"G": ("ac", 10), "H": ("bc", 10)}
    assert waves(order(topology(groups, capacities={"c": 20}), "ab", parallel=True)) == ["ab"]
    found = order(topology(groups, capacities={"c": 19}), "ab", parallel=True)
    assert len(found.waves) == 2
    assert "19" in found.because[1]
    # A node of unknown capacity is trusted with what it has anyway while one node is away.
    assert len(order(topology(groups), "ab", parallel=True).waves) == 2


def test_every_part_of_a_wave_may_be_away_alone() -> None:
    """Nodes of a wave come and go at different times: while m is still there, it cannot carry the phones of both others."""
    groups = {"G": ("amz", 10), "H": ("bmz", 10)}
    found = order(topology(groups, capacities={"m": 10, "z": 20}), "abm", parallel=True)
    assert len(found.waves) == 2


def test_the_reason_names_the_nodes_that_exclude_each_other() -> None:
    groups = {"G": ("ab", 1200), "H": ("cd", 1)}
    found = order(topology(groups, capacities=dict.fromkeys("abcd", 9999)), "abcd", parallel=True)
    assert waves(found) == ["bd", "ac"]
    assert found.because[0].startswith("a, b alone") or found.because[0].startswith("b, a alone")
    assert "1,200 phones" in found.because[1]
    assert len(found.because) == 2


def test_twelve_nodes_are_searched_whole_and_more_are_still_safe() -> None:
    def ring(size: int) -> dict[str, tuple[str, int]]:
        letters = "abcdefghijklmnopq"[:size]
        return {f"G{n}": (letters[n] + letters[(n + 1) % size], 1) for n in range(size)}

    for size, number in ((12, 2), (11, 3)):
        nodes = "abcdefghijklmnopq"[:size]
        found = order(topology(ring(size), capacities=dict.fromkeys(nodes, 99)), nodes, parallel=True)
        assert (len(found.waves), found.fewest) == (number, number)
    many = "abcdefghijklmnopq"
    told = topology(ring(17), capacities=dict.fromkeys(many, 99))
    found = order(told, many, parallel=True)
    assert sorted(found.nodes) == sorted(many)
    assert all(is_safe(told, set(wave)) for wave in found.waves)
    assert found.fewest <= 3 <= len(found.waves)
    assert sorted(order(told, many).nodes) == sorted(many)


# -- against every possible order -------------------------------------------------------------------------


def some(sizes: t.Sequence[int]) -> st.SearchStrategy[tuple[str, ...]]:
    """Return nodes in any order, so many of them; lists of Hypothesis are mostly too short to be worth a test."""
    return st.tuples(st.permutations(NODES), st.sampled_from(sizes)).map(
        lambda drawn: tuple(drawn[0][: drawn[1]])
    )


MEMBERS = some((2, 3, 1))


def groups(told: list[tuple[tuple[str, ...] | None, int | None]]) -> tuple[Group, ...]:
    return tuple(Group(f"G{n}", members, phones) for n, (members, phones) in enumerate(told))


GROUPS = st.lists(st.tuples(MEMBERS, st.integers(0, 4)), min_size=2, max_size=6).map(groups)
TOPOLOGIES = st.builds(
    Topology,
    GROUPS,
    st.fixed_dictionaries({node: st.sampled_from([True, True, True, True, False, None]) for node in NODES}),
    publisher=st.sampled_from(NODES),
    capacities=st.fixed_dictionaries({node: st.sampled_from([3, 6, 99]) for node in NODES}),
)
# The same with things that were not read.
UNREAD = st.builds(
    dataclasses.replace,
    TOPOLOGIES,
    groups=st.none()
    | st.lists(st.tuples(st.none() | MEMBERS, st.none() | st.integers(0, 4)), min_size=2, max_size=5).map(
        groups
    ),
)
DUE = some((6, 5, 4, 3, 0))


def servers(told: Topology, away: t.Collection[str]) -> dict[str, str | None]:
    """Return where the phones of each group register while nodes are away, from the definition."""
    found: dict[str, str | None] = {}
    for group in told.groups or ():
        found[group.name] = None
        for node in group.members or ():
            if told.up[node] is True and node not in away:
                found[group.name] = node
                break
    return found


def crowd(told: Topology, away: t.Collection[str]) -> dict[str, int]:
    at, found = servers(told, away), dict.fromkeys(told.up, 0)
    for group in told.groups or ():
        node = at[group.name]
        if node is not None:
            found[node] += group.phones or 0
    return found


def is_safe(told: Topology, wave: t.Collection[str]) -> bool:
    """Return whether nodes may be away at once, each part of them too: nothing is worse than with one of them away."""
    parts = itertools.chain.from_iterable(
        itertools.combinations(wave, size) for size in range(2, len(wave) + 1)
    )
    for part in parts:
        at, now = servers(told, part), crowd(told, part)
        for group in told.groups or ():
            gone = [node for node in group.members or () if node in part and told.up[node] is not False]
            if group.phones and len(gone) > 1 and at[group.name] is None:
                return False
        for node in told.up:
            if node in part or told.up[node] is not True:
                continue
            anyway = max(crowd(told, (each,))[node] for each in part)
            if now[node] > max(told.capacities.get(node, 0), crowd(told, ())[node], anyway):
                return False
    return True


def partitions(nodes: t.Sequence[str]) -> t.Iterator[list[list[str]]]:
    if not nodes:
        yield []
        return
    for smaller in partitions(nodes[1:]):
        yield [[nodes[0]], *smaller]
        for number, part in enumerate(smaller):
            yield [*smaller[:number], [nodes[0], *part], *smaller[number + 1 :]]


@given(UNREAD, DUE)
def test_what_may_be_unread_never_lets_two_nodes_be_away(told: Topology, due: tuple[str, ...]) -> None:
    found = order(told, due, parallel=True)
    assert sorted(found.nodes) == sorted(due)
    if told.groups is None or any(group.members is None or group.phones is None for group in told.groups):
        assert found.waves == order(told, due).waves


@given(TOPOLOGIES, DUE, st.booleans())
def test_every_order_has_what_is_due_once(told: Topology, due: tuple[str, ...], parallel: bool) -> None:
    found = order(told, due, parallel=parallel)
    assert sorted(found.nodes) == sorted(due)
    assert all(found.waves)
    assert order(told, due, parallel=parallel) == found


@given(TOPOLOGIES, DUE)
def test_waves_are_safe_and_the_fewest_of_all_partitions(told: Topology, due: tuple[str, ...]) -> None:
    found = order(told, due, parallel=True)
    assert all(is_safe(told, wave) for wave in found.waves)
    fewest = min(
        (len(parts) for parts in partitions(due) if all(is_safe(told, part) for part in parts)), default=0
    )
    assert (len(found.waves), found.fewest) == (fewest, fewest)


def moves(told: Topology, sequence: t.Sequence[str]) -> int:
    """Return how many phones prefer a node to another one that goes after it."""
    return sum(
        group.phones or 0
        for group in told.groups or ()
        for first, second in itertools.combinations(group.members or (), 2)
        if first in sequence and second in sequence and sequence.index(first) < sequence.index(second)
    )


@given(TOPOLOGIES, DUE)
def test_no_serial_order_moves_fewer_phones_twice(told: Topology, due: tuple[str, ...]) -> None:
    found = order(told, due)
    assert moves(told, found.nodes) == min(moves(told, each) for each in itertools.permutations(due))


@given(TOPOLOGIES, DUE, st.booleans())
def test_no_group_loses_its_last_server_without_an_outage(
    told: Topology, due: tuple[str, ...], parallel: bool
) -> None:
    """For every part of a wave: who had a server before it has one meanwhile, or the outage is named."""
    found = order(told, due, parallel=parallel)
    named = {(node, outage.group) for outage in found.outages for node in outage.nodes}
    before = servers(told, ())
    for wave in found.waves:
        at = servers(told, wave)
        for group in told.groups or ():
            if group.phones and before[group.name] is not None and at[group.name] is None:
                assert any((node, group.name) in named for node in wave)


@given(TOPOLOGIES, DUE)
def test_outages_are_those_of_single_nodes(told: Topology, due: tuple[str, ...]) -> None:
    """They do not depend on the order, so consent to parallel waves never adds one."""
    assert order(told, due).outages == order(told, due, parallel=True).outages
