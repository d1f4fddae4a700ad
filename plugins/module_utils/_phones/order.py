# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order in which nodes may be away, so that every phone keeps a server. PRIVATE to the collection.

Pure. Phones register with the members of their CallManager group, so the order follows from the groups and not from the roles of the
nodes: a node may be first in one group and second in another (phone-facts 3.1 and 8). What was not read is taken for the worst: a node
that is not known to be up serves nobody, and a group whose members were not read may have any node as its only server.
"""

from __future__ import annotations

import functools
import itertools
import typing as t
from dataclasses import dataclass, field

from .._security.words import counted

# Up to so many nodes that share groups the fewest waves are found exactly; a cluster has at most 8 to 12 that process calls (C19).
_EXACT = 12
_SHOWN_NAMES = 20

_Mask = int
# The number of waves, the phones whose first server goes before a later one, and the waves by ranks: compared in this order.
_Best = tuple[int, int, tuple[tuple[int, ...], ...]]


@dataclass(frozen=True)
class Group:
    """A CallManager group.

    Attributes:
        name: Its name.
        members: Its nodes, the one that phones prefer first; None if they were not read.
        phones: How many phones have it; None if that was not read, and then it has some.
        names: Their names, as far as they are known, to name them where they have an outage.
    """

    name: str
    members: tuple[str, ...] | None
    phones: int | None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Topology:
    """What the order follows from.

    Attributes:
        groups: The CallManager groups; None if they were not read.
        up: Node to whether its CallManager serves phones; None, and any node that is not in it, is not known.
        publisher: The publisher.
        tftp: The nodes with the TFTP service.
        media: The nodes with media resources.
        capacities: Node to how many phones it can carry. A node without an entry carries what it must anyway while any one node is away.
    """

    groups: tuple[Group, ...] | None
    up: t.Mapping[str, bool | None]
    publisher: str = ""
    tftp: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    capacities: t.Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Outage:
    """Phones that have no server while nodes are away, or may have none.

    Attributes:
        nodes: The nodes whose restart it is.
        group: Their CallManager group; empty if the groups were not read.
        phones: How many there are; None if that is not known.
        why: Why, as a clause.
        names: Their names, as far as they are known.
    """

    nodes: tuple[str, ...]
    group: str
    phones: int | None
    why: str
    names: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The outage as a sentence for a person."""
        whose = f" of the CallManager group {self.group}" if self.group else ""
        number = (
            f"phones{whose} (how many is not known)"
            if self.phones is None
            else f"{counted(self.phones, 'phone')}{whose}"
        )
        return f"Restarting CallManager at {', '.join(self.nodes)} leaves {number} without a server: {self.why}{self._named}."

    @property
    def _named(self) -> str:
        more = len(self.names) - _SHOWN_NAMES
        shown = ", ".join(self.names[:_SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")
        return f" ({shown})" if shown else ""


@dataclass(frozen=True)
class Order:
    """The waves, in order; the nodes of one wave may be away together, and at different times of it each alone.

    Attributes:
        waves: The nodes of each wave; of one node each unless parallel waves were asked for.
        outages: The phones that have no server meanwhile; each needs consent.
        fewest: No order with fewer waves keeps every group in service.
        because: Why not fewer, as sentences.
    """

    waves: tuple[tuple[str, ...], ...]
    outages: tuple[Outage, ...] = ()
    fewest: int = 0
    because: tuple[str, ...] = ()

    @property
    def nodes(self) -> tuple[str, ...]:
        """All nodes in their order."""
        return tuple(itertools.chain.from_iterable(self.waves))


def order(topology: Topology, due: t.Iterable[str], *, parallel: bool = False) -> Order:
    """Return in which order the nodes that are due may be away.

    In each group a member goes before those that phones prefer to it, so that phones move once: away from their server, to one that is
    done. Where groups contradict each other, the fewest phones move twice. What is left to choose follows the vendor's order: publisher,
    TFTP, media resources, backups, primaries (phone-facts 11).

    Args:
        topology: Groups, nodes and capacities.
        due: The nodes to restart.
        parallel: Whether several nodes may be away together. The waves are then the fewest in which every group with phones keeps a
            member that is known to be up, and the members that stay can carry the phones.
    """
    asked = tuple(dict.fromkeys(due))
    unread = _unread(topology)
    problem = _Problem(topology, asked)
    apart = [_solved(problem.only(nodes), parallel and not unread) for nodes in problem.components()]
    outages = tuple(problem.outages())
    if not parallel or unread:
        serial = _merged([[wave[0] for wave in found.waves] for found in apart], problem.rank)
        why = "Without cucm_consent_to_parallel_waves, one node at a time." if not parallel else unread
        return Order(
            tuple((node,) for node in serial), outages, len(serial), (why,) if len(serial) > 1 else ()
        )
    deepest = max(apart, key=lambda found: found.fewest, default=_Solved((), 0, ()))
    waves = itertools.zip_longest(*(found.waves for found in apart), fillvalue=())
    together = tuple(
        tuple(sorted(itertools.chain.from_iterable(wave), key=problem.rank.__getitem__)) for wave in waves
    )
    return Order(together, outages, deepest.fewest, deepest.because)


def _unread(topology: Topology) -> str:
    """Return why no two nodes may be away together, if something is not known; empty otherwise."""
    if topology.groups is None:
        return "The CallManager groups were not read, so no two nodes may be away together."
    unread = [group.name for group in topology.groups if group.members is None or group.phones is None]
    if not unread:
        return ""
    return f"Members or phones of the CallManager groups {', '.join(unread)} were not read, so no two nodes may be away together."


def _merged(sequences: t.Sequence[list[str]], rank: t.Mapping[str, int]) -> list[str]:
    """Return several sequences as one that keeps the order of each; of the first ones, that with the lowest rank is next."""
    rest, found = [sequence for sequence in sequences if sequence], []
    while rest:
        first = min(rest, key=lambda sequence: rank[sequence[0]])
        found.append(first[0])
        rest = [sequence[1:] if sequence is first else sequence for sequence in rest]
        rest = [sequence for sequence in rest if sequence]
    return found


class _Problem:
    """The nodes that are due, the groups that have phones, and what each set of absent nodes means for them."""

    def __init__(self, topology: Topology, due: tuple[str, ...]) -> None:
        self.topology, self.due = topology, due
        told = topology.groups if topology.groups is not None else (Group("", None, None),)
        self.groups = tuple(group for group in told if group.phones != 0)
        self.rank = {node: number for number, node in enumerate(sorted(due, key=self._preference))}

    def only(self, nodes: tuple[str, ...]) -> _Problem:
        """Return the problem of some of the nodes, with their ranks among all."""
        part = _Problem(self.topology, nodes)
        part.rank = self.rank
        return part

    def _preference(self, node: str) -> tuple[bool, bool, bool, bool, int]:
        preferred = any(group.members[:1] == (node,) for group in self.groups if group.members)
        topology = self.topology
        return (
            node != topology.publisher,
            node not in topology.tftp,
            node not in topology.media,
            preferred,
            self.due.index(node),
        )

    def up(self, node: str) -> bool | None:
        return self.topology.up.get(node)

    def components(self) -> list[tuple[str, ...]]:
        """Return the nodes that are due in parts that neither share a group nor have one that takes over the phones of both."""
        parts: list[set[str]] = [{node} for node in self.due]
        for group in self.groups:
            members = set(group.members or ())
            parts = [part for part in parts if not part & members] + [
                members.union(*(part for part in parts if part & members))
            ]
        found = [sorted(part & set(self.due), key=self.rank.__getitem__) for part in parts]
        return [tuple(nodes) for nodes in found if nodes]

    # -- what happens while nodes are away ------------------------------------------------------------

    def taker(self, group: Group, away: t.Collection[str]) -> str | None:
        """Return the node that has the phones of a group while nodes are away: the first that is known to be up; None without one."""
        return next((node for node in group.members or () if node not in away and self.up(node)), None)

    def load(self, node: str, away: t.Collection[str]) -> int:
        """Return how many phones a node has while others are away."""
        return sum(group.phones or 0 for group in self.groups if self.taker(group, away) == node)

    def outages(self) -> t.Iterator[Outage]:
        """Yield what is an outage however the nodes are ordered: what already the absence of one node is."""
        for group in self.groups:
            if group.members is None:
                if self.due:
                    why = (
                        "its members were not read" if group.name else "the CallManager groups were not read"
                    )
                    yield Outage(self.due, group.name, group.phones, why, group.names)
                continue
            for node in group.members:
                if node in self.due and self.up(node) is not False:
                    yield from self._outage(group, group.members, node)

    def _outage(self, group: Group, members: tuple[str, ...], node: str) -> t.Iterator[Outage]:
        taker = self.taker(group, (node,))
        if taker is None:
            others = [each for each in members if each != node]
            why = "it is the only member of the group"
            if others:
                down = ", ".join(
                    f"{each} {'is down' if self.up(each) is False else 'is not known to be up'}"
                    for each in others
                )
                why = f"of the other members {down}"
            yield Outage((node,), group.name, group.phones, why, group.names)
        elif self.taker(group, ()) == node:
            yield from self._overload(group, node, taker)

    def _overload(self, group: Group, node: str, taker: str) -> t.Iterator[Outage]:
        """Yield that the node which takes over a group cannot carry it; what it has too many already is not counted."""
        capacity = self.topology.capacities.get(taker)
        if capacity is None:
            return
        if group.phones is None:
            yield Outage(
                (node,), group.name, None, f"whether {taker} can carry them is not known", group.names
            )
            return
        then = self.load(taker, (node,))
        excess = min(then - max(capacity, self.load(taker, ())), group.phones)
        if excess > 0:
            why = f"{taker} would have {counted(then, 'phone')} and can carry {capacity:,}"
            yield Outage((node,), group.name, excess, why, group.names)

    def too_many(self, away: tuple[str, ...]) -> str:
        """Return why two or more nodes may not be away together, as a sentence; empty if they may."""
        for group in self.groups:
            gone = [node for node in group.members or () if node in away and self.up(node) is not False]
            if len(gone) > 1 and self.taker(group, away) is None:
                return (
                    f"While {' and '.join(gone)} are away, the CallManager group {group.name} "
                    f"({counted(group.phones or 0, 'phone')}) has no member in service."
                )
        staying = [node for node, up in self.topology.up.items() if up and node not in away]
        for node in staying:
            then = self.load(node, away)
            if then > self._limit(node, away):
                return (
                    f"While {' and '.join(away)} are away, {node} would have {counted(then, 'phone')} "
                    f"and carries {self._limit(node, away):,}."
                )
        return ""

    def _limit(self, node: str, away: t.Collection[str]) -> int:
        """Return how many phones a node carries: its capacity, or what it has anyway while one node is away."""
        capacity = self.topology.capacities.get(node)
        alone = self.topology.up if capacity is None else away
        anyway = [self.load(node, (each,)) for each in alone if each != node]
        return max(capacity or 0, self.load(node, ()), *anyway)

    def twice(self, earlier: str, later: str) -> int:
        """Return how many phones prefer a node to another one that goes after it, and may so move twice."""
        return sum(
            1 if group.phones is None else group.phones
            for group in self.groups
            if group.members is not None
            and earlier in group.members
            and later in group.members
            and group.members.index(earlier) < group.members.index(later)
        )


@dataclass(frozen=True)
class _Solved:
    waves: tuple[tuple[str, ...], ...]
    fewest: int
    because: tuple[str, ...]


def _solved(problem: _Problem, parallel: bool) -> _Solved:
    return _exactly(problem, parallel) if len(problem.due) <= _EXACT else _step_by_step(problem, parallel)


def _exactly(problem: _Problem, parallel: bool) -> _Solved:
    """Return the best of all sequences of waves, by the best of what remains after each possible wave."""
    nodes = problem.due
    size = len(nodes)
    named = {mask: tuple(nodes[bit] for bit in _bits(mask)) for mask in range(1 << size)}
    reasons: dict[_Mask, str] = {}
    waves = _possible(problem, named, reasons) if parallel else [1 << bit for bit in range(size)]
    ranks = {wave: tuple(problem.rank[node] for node in named[wave]) for wave in waves}
    # By node: the nodes that would rather go before it, with the number of phones.
    twice = [[problem.twice(earlier, later) for later in nodes] for earlier in nodes]

    @functools.cache
    def cost(bit: int, rest: _Mask) -> int:
        return sum(twice[bit][later] for later in _bits(rest))

    best: list[_Best] = [(0, 0, ())]
    for left in range(1, 1 << size):
        best.append(
            min(
                (
                    number + 1,
                    moves + sum(cost(bit, left & ~wave) for bit in _bits(wave)),
                    (ranks[wave], *after),
                )
                for wave in (_parts(left) if parallel else waves)
                if wave in ranks and wave & left == wave
                for number, moves, after in [best[left & ~wave]]
            )
        )
    by_rank = {problem.rank[node]: node for node in nodes}
    number, _moves, found = best[-1]
    sequence = tuple(tuple(by_rank[rank] for rank in wave) for wave in found)
    return _Solved(sequence, number, _because(best, named, reasons) if parallel else ())


def _bits(mask: _Mask) -> tuple[int, ...]:
    return tuple(bit for bit in range(mask.bit_length()) if mask >> bit & 1)


def _parts(mask: _Mask) -> t.Iterator[_Mask]:
    """Yield every part of a set that is not empty."""
    part = mask
    while part:
        yield part
        part = (part - 1) & mask


def _possible(
    problem: _Problem, named: t.Mapping[_Mask, tuple[str, ...]], reasons: dict[_Mask, str]
) -> list[_Mask]:
    """Return the sets of nodes that may be away together, and write down why the smallest others may not.

    The nodes of a wave neither leave nor return at one moment, so every part of a wave must be possible as well.
    """
    possible = {0}
    for mask in range(1, len(named)):
        if any(mask & ~(1 << bit) not in possible for bit in _bits(mask)):
            continue
        why = problem.too_many(named[mask]) if mask.bit_count() > 1 else ""
        if why:
            reasons[mask] = why
        else:
            possible.add(mask)
    return sorted(possible - {0})


def _because(
    best: t.Sequence[_Best], named: t.Mapping[_Mask, tuple[str, ...]], reasons: t.Mapping[_Mask, str]
) -> tuple[str, ...]:
    """Return why there are not fewer waves: the smallest set of nodes that needs as many, and which of them exclude each other."""
    fewest = best[-1][0]
    if fewest < 2:
        return ()
    core = min(
        (mask for mask in named if best[mask][0] == fewest), key=lambda mask: (mask.bit_count(), best[mask])
    )
    return (
        f"{', '.join(named[core])} alone need {fewest} waves.",
        *(why for mask, why in reasons.items() if mask & core == mask),
    )


def _step_by_step(problem: _Problem, parallel: bool) -> _Solved:
    """Return a sequence of waves for more nodes than can be searched: it is possible, and may not be the shortest."""
    left = sorted(problem.due, key=problem.rank.__getitem__)
    waves: list[tuple[str, ...]] = []
    while left:
        wave = [
            min(
                left, key=lambda node: (sum(problem.twice(node, later) for later in left), problem.rank[node])
            )
        ]
        for node in left if parallel else ():
            if node not in wave and len(wave) < _EXACT and _closed(problem, wave, node):
                wave.append(node)
        waves.append(tuple(wave))
        left = [node for node in left if node not in wave]
    if not parallel:
        return _Solved(tuple(waves), len(waves), ())
    apart: list[str] = []
    for node in problem.due:
        if all(problem.too_many((node, other)) for other in apart):
            apart.append(node)
    why = (
        f"No two of {', '.join(apart)} may be away together. {len(problem.due)} nodes share CallManager groups, "
        "which is too many to search for the fewest waves."
    )
    return _Solved(tuple(waves), len(apart), (why,))


def _closed(problem: _Problem, wave: t.Sequence[str], node: str) -> bool:
    """Return whether a node may be away together with a wave, and with every part of it."""
    parts = itertools.chain.from_iterable(
        itertools.combinations(wave, size) for size in range(1, len(wave) + 1)
    )
    return not any(problem.too_many((*part, node)) for part in parts)
