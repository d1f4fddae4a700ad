# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who the nodes of a cluster are and where each is reached. PRIVATE to the collection.

Pure: from the rows of the database and the addresses an operator gives to the list of nodes.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .._base.address import canonical
from .._base.errors import InputError, ProtocolError, Refusal
from .._facts import records
from .database import Row

PSEUDO_NODE = "EnterpriseWideData"


@dataclass(frozen=True)
class Address:
    """Where a node is reached; its identity is checked against this address."""

    host: str
    https_port: int
    ssh_port: int

    def __post_init__(self) -> None:
        # One form, so that addresses can be compared however an operator or the cluster writes them.
        object.__setattr__(self, "host", canonical(self.host))


@dataclass(frozen=True)
class Node:
    """A node of the cluster.

    Attributes:
        name: Its name as the database lists it.
        role: C(publisher) or C(subscriber).
        type: C(callmanager) or C(im_presence).
        address: Where it is reached.
        listed: Whether the database listed it; False for the publisher before that was read, whose name may be its address.
    """

    name: str
    role: str
    type: str
    address: Address
    listed: bool = True

    def as_facts(self) -> records.Node:
        """Return JSON-like facts."""
        return {
            "name": self.name,
            "role": self.role,
            "type": self.type,
            "address": self.address.host,
            "https_port": self.address.https_port,
            "ssh_port": self.address.ssh_port,
        }


@dataclass(frozen=True)
class Places:
    """Where an operator says the nodes are reached.

    Attributes:
        https_port, ssh_port: Those of a node whose address is not given: it is reached by its name.
        given: The addresses given for nodes, by their names.
        publisher: The address given as publisher; None where no node is reached, so no address has to be right.
    """

    https_port: int
    ssh_port: int
    given: t.Mapping[str, Address]
    publisher: Address | None = None

    def of(self, name: str, is_publisher: bool) -> Address:
        """Return where a node is reached."""
        own = Address(name, self.https_port, self.ssh_port)
        return self.given.get(name) or (self.publisher if is_publisher else None) or own

    def unlisted_publisher(self) -> Node | None:
        """Return the publisher as it is known before the database has listed it; None when no address was given for it."""
        if self.publisher is None:
            return None
        named = (name for name, address in self.given.items() if address == self.publisher)
        return Node(
            next(named, self.publisher.host), "publisher", "callmanager", self.publisher, listed=False
        )


class NodeList:
    """The nodes of one cluster; what its database lists is asked for once.

    C(rows) is what was listed, None before anybody asked.
    """

    def __init__(self, places: Places, ask: t.Callable[[], list[Row]]) -> None:
        """Begin with nothing listed; C(ask) returns the rows of the question C(database.NODES)."""
        self.places = places
        self.rows: list[Row] | None = None
        self._ask = ask
        self._nodes: list[Node] | None = None

    def take(self, rows: list[Row]) -> list[Row]:
        """Keep the rows, which came with the answer to another question.

        Raises:
            ProtocolError: One of them cannot be read (C(nodes_unreadable)).
        """
        self.rows = checked(rows)
        return self.rows

    def all(self) -> list[Node]:
        """Return the nodes, publisher first. Raises what C(listed) raises, and what asking for them does."""
        if self._nodes is None:
            self._nodes = listed(self._listed_rows(), self.places)
        return self._nodes

    def addressed(self) -> Node:
        """Return the publisher as far as it is known; where its address was given, nothing is asked."""
        unlisted = self.places.unlisted_publisher() if self.rows is None else None
        return unlisted or self.all()[0]

    @property
    def identity(self) -> str:
        """The key of the publisher's row."""
        publisher = self.all()[0]
        return next(
            row["pkid"].strip("{}").lower() for row in self._listed_rows() if row["name"] == publisher.name
        )

    def _listed_rows(self) -> list[Row]:
        return self.take(self._ask()) if self.rows is None else self.rows


def checked(rows: list[Row]) -> list[Row]:
    """Return the rows of nodes when every one can be read.

    Raises:
        ProtocolError: One cannot (C(nodes_unreadable)).
    """
    for row in rows:
        usage, role = row.get("tknodeusage", ""), row.get("tkprocessnoderole", "")
        if not (row.get("pkid") and row.get("name") and usage.isdigit() and role.isdigit()):
            raise ProtocolError(
                f"The cluster's list of nodes cannot be read: {row}.",
                code="nodes_unreadable",
                remedy="Nothing was concluded from it. Run the task again.",
            )
    return rows


def listed(rows: t.Iterable[Row], places: Places) -> list[Node]:
    """Return the nodes, without the pseudo node; publisher first.

    Raises:
        ProtocolError: Not one of them is the publisher (C(nodes_unreadable)).
        InputError: Addresses are given for nodes that are not there, or one for two.
        Refusal: The address given as publisher is another node's (C(not_publisher)).
    """
    nodes = [_node(row, places) for row in rows if row["name"] != PSEUDO_NODE]
    publisher = _publisher_among(nodes)
    _require_known(places.given, nodes)
    if places.publisher is not None:
        _check_addresses(nodes, publisher, places.publisher)
    return sorted(nodes, key=lambda node: node.role != "publisher")


def _node(row: Row, places: Places) -> Node:
    # wire-facts 3.3: tknodeusage 0 publisher, 1 subscriber; tkprocessnoderole 1 Unified CM, 2 IM and Presence.
    is_publisher = row["tknodeusage"] == "0" and row["tkprocessnoderole"] == "1"
    return Node(
        name=row["name"],
        role="publisher" if is_publisher else "subscriber",
        type="callmanager" if row["tkprocessnoderole"] == "1" else "im_presence",
        address=places.of(row["name"], is_publisher),
    )


def _publisher_among(nodes: t.Sequence[Node]) -> Node:
    publishers = [node for node in nodes if node.role == "publisher"]
    if len(publishers) != 1:
        raise ProtocolError(
            f"The database lists {len(publishers)} publishers; there must be one.",
            code="nodes_unreadable",
            remedy="Nothing was concluded from it. Look at System > Server.",
        )
    return publishers[0]


def _require_known(given: t.Iterable[str], nodes: t.Sequence[Node]) -> None:
    unknown = sorted(set(given) - {node.name for node in nodes})
    if unknown:
        raise InputError(
            f"node_addresses names {', '.join(unknown)}, but the cluster has only {', '.join(node.name for node in nodes)}.",
            remedy="Use the process node names as the cluster lists them (System > Server).",
        )


def _check_addresses(nodes: t.Sequence[Node], publisher: Node, addressed: Address) -> None:
    reached: dict[tuple[str, int], str] = {}
    for node in nodes:
        for port in (node.address.https_port, node.address.ssh_port) if node.type == "callmanager" else ():
            other = reached.setdefault((node.address.host, port), node.name)
            if other != node.name and addressed != node.address:
                raise InputError(
                    f"node_addresses gives {node.address.host} port {port} for both {other} and {node.name}.",
                    remedy="Give every node its own address: one that is not reached cannot be proven.",
                )
        if node.role == "subscriber" and node.address == addressed:
            raise not_publisher(node.name, publisher.name)
    if publisher.address != addressed:
        raise Refusal(
            f"publisher is {addressed.host} but node_addresses gives {publisher.address.host} "
            f"for the publisher {publisher.name}.",
            code="not_publisher",
            remedy="Let both name the same address and ports.",
        )


def not_publisher(addressed: str, publisher: str) -> Refusal:
    """Return the refusal for an address that is a subscriber's."""
    return Refusal(
        f"{addressed} is a subscriber, not the publisher" + (f" {publisher}." if publisher else "."),
        code="not_publisher",
        remedy="Give the publisher's address as publisher (or ansible_host): the mode is changed there only.",
    )


def parse_address(value: t.Mapping[str, t.Any], default: Address) -> Address:
    """Return an Address from a C(node_addresses) entry; what it does not give is taken from ``default``."""
    return replace(
        default,
        host=value.get("address") or default.host,
        https_port=value.get("https_port") or default.https_port,
        ssh_port=value.get("ssh_port") or default.ssh_port,
    )
