# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the registrations of phones. PRIVATE to the collection.

The database has which phones there are, and RisPort the rows that nodes have of them: a phone that never registered has no row
(phone-facts 1.2 [I]). Phones are asked for by name, since the token of an answer is not a cursor (phone-facts 1.3). What an answer
leaves open stays unread.
"""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass, field

from .._base.errors import CucmError, IdentityError
from .._cluster import database
from .._cluster.cluster import Cluster
from .._cluster.database import Part, Row
from .._cluster.nodes import Node
from .._facts import model
from .._facts.records import Registration
from .._module.settling import PASSING
from .._phones import gate
from .._phones import registration as states
from .._security.words import CALLMANAGER
from .._transport.risport import DeviceRow, Selection
from .collector import Collector

# Names in a request. Below the most devices in an answer, so that some may have rows of two nodes before it is cut.
PAGE = 900
# A device has a row of each node at most, and a cluster has at most 21: this many names are never too many.
_SMALLEST_PAGE = 40
# Codes of an answer that is larger than this collection reads.
_TOO_LARGE = frozenset({"output_too_large", "xml_refused"})
# Phones that are known to be registered and are asked for too: whoever has no row of them either did not answer.
_WITNESSES = 5

_OF_PHONES = (*gate.PHONES, gate.PARTIAL)
# The counters of what is registered, and of how it is (phone-facts 2.2 [V]).
COUNTERS = (
    *_OF_PHONES,
    "AuthenticatedRegisteredPhones",
    "EncryptedRegisteredPhones",
    "AuthenticatedPartiallyRegisteredPhone",
    "EncryptedPartiallyRegisteredPhones",
    *gate.OTHERS,
    "TLSConnectedSIPTrunks",
)

_WORDS: t.Mapping[str, str] = {
    "Registered": states.REGISTERED,
    "PartiallyRegistered": states.PARTIAL,
    "UnRegistered": states.UNREGISTERED,
    "Rejected": states.REJECTED,
}

# Tables and columns: phone-facts 8 [C]. Few columns, because a large cluster has 40,000 rows and an answer has a limit.
PHONES = Part(
    "phones",
    {"name": "device.name", "model": "typemodel.name", "pool": "devicepool.name"},
    "from device inner join typemodel on device.tkmodel=typemodel.enum "
    "left outer join devicepool on device.fkdevicepool=devicepool.pkid where device.tkclass=1",
)
POOLS = Part(
    "device_pools",
    {"pool": "devicepool.name", "callmanagergroup": "callmanagergroup.name"},
    "from devicepool inner join callmanagergroup on devicepool.fkcallmanagergroup=callmanagergroup.pkid",
)
QUESTIONS = (POOLS, database.ACTIVATION)

Told = t.Callable[[str], list[Row]]
Counts: t.TypeAlias = "dict[str, dict[str, int] | None]"


def gather(cluster: Cluster, told: Told, collector: Collector) -> None:
    """Read the registrations, and their counts, into a collector; C(told) has the answers to C(QUESTIONS)."""
    counts = model.REGISTRATION_COUNTS
    found: Counts = {
        node.name: collector.collect(counts.key(node.name), functools.partial(count, cluster, node.name))
        for node in collector.collect(counts.reason, lambda: running(cluster, told)) or ()
    }
    collector.put(counts, {node: each for node, each in found.items() if each is not None})
    collector.keep(
        model.REGISTRATIONS,
        lambda: Listing(cluster, phones(cluster, told), lambda: nobody(found)).states(),
    )


def ask(cluster: Cluster) -> Told:
    """Return the answers to C(QUESTIONS), for those who read registrations alone. Raises CucmError for one that has none."""
    cluster.require_account("axl")
    answers = cluster.ask(QUESTIONS)

    def told(name: str) -> list[Row]:
        answer = answers[name]
        if isinstance(answer, CucmError):
            raise answer
        return answer

    return told


def phones(cluster: Cluster, told: Told) -> dict[str, Registration]:
    """Return the phones of the database by name, each as a phone that has no row."""
    groups = {row["pool"]: row["callmanagergroup"] for row in told(POOLS.name)}
    return {
        row["name"]: states.absent(row["model"], row["pool"], groups.get(row["pool"], ""))
        for row in cluster.query(PHONES.alone())
    }


def running(cluster: Cluster, told: Told) -> list[Node]:
    """Return the nodes where CallManager is activated, or may be."""
    activated = database.activation(told(database.ACTIVATION.name))
    return [
        node
        for node in cluster.callmanager_nodes
        if activated.get(node.name, {}).get(CALLMANAGER) is not False
    ]


def count(cluster: Cluster, node: str) -> dict[str, int]:
    """Return the counters of registrations at a node that have a value now."""
    return counts_of(cluster.perfmon.counters(node, CALLMANAGER))


def counts_of(counters: t.Mapping[str, int]) -> dict[str, int]:
    """Return those of all counters of a CallManager that are about registrations."""
    return {name: counters[name] for name in COUNTERS if counters.get(name, -1) >= 0}


def nobody(counts: Counts) -> bool:
    """Return whether every node counts its phones, and each has none."""
    numbers = [(each or {}).get(name) for each in counts.values() for name in _OF_PHONES]
    return bool(numbers) and not any(number != 0 for number in numbers)


@dataclass
class Listing:
    """The rows of phones, asked for in as few requests as the answers of the cluster allow.

    Attributes:
        cluster: The cluster.
        known: Phone to what is known of it without a row.
        nobody: Returns whether the nodes count no phone at all, when RisPort names no node.
    """

    cluster: Cluster
    known: t.Mapping[str, Registration]
    nobody: t.Callable[[], bool]
    _page: int = field(default=PAGE, init=False)

    def states(
        self, names: t.Iterable[str] | None = None, witnesses: t.Iterable[str] = ()
    ) -> dict[str, Registration]:
        """Return the states of phones, of all known ones unless named.

        Args:
            names: The phones to ask for.
            witnesses: Phones that were registered a moment ago, by which an answer that has nothing is told from no answer.

        Raises:
            CucmError: Nothing could be read. What fails later costs those phones that were not read.
        """
        found: dict[str, Registration] = {}
        doubtful = self._ask(
            list(self.known if names is None else names), list(witnesses)[:_WITNESSES], found
        )
        if doubtful and (registered := _registered(found)):
            doubtful = self._ask(doubtful, registered, found)
        if doubtful:
            none = not _registered(found) and self.nobody()
            why = "RisPort named no node, so it is not known whether any was asked"
            found.update(
                {
                    name: self.known[name] if none else states.unread(why, self.known[name])
                    for name in doubtful
                }
            )
        return found

    def _ask(self, rest: list[str], witnesses: t.Sequence[str], found: dict[str, Registration]) -> list[str]:
        """Put the states of phones into C(found), and return those for which RisPort named no node."""
        doubtful = []
        while rest:
            page = rest[: self._page]
            try:
                told = self.cluster.risport.select([*page, *(each for each in witnesses if each not in page)])
            except PASSING as error:
                if error.code in _TOO_LARGE and self._shrink(page):
                    continue
                if isinstance(error, IdentityError) or not found:
                    raise
                self._miss(rest, f"{error.code}: {error.message}", found)
                break
            if told.nobody_answered and told.found == 0:
                doubtful += page
            elif told.nobody_answered:
                self._miss(page, f"RisPort found {told.found} devices and named no node", found)
            elif told.incomplete:
                # An answer that is cut may lack any row, so all of the page is asked for again.
                if self._shrink(page):
                    continue
                self._miss(rest, _cut(told), found)
                break
            else:
                found.update(self._of(page, told))
            rest = rest[len(page) :]
        return doubtful

    def _shrink(self, page: t.Sequence[str]) -> bool:
        """Ask for fewer phones at once from now on; return whether that can be."""
        if self._page <= _SMALLEST_PAGE:
            return False
        self._page = max(min(self._page, len(page)) // 2, _SMALLEST_PAGE)
        return True

    def _miss(self, names: t.Iterable[str], why: str, found: dict[str, Registration]) -> None:
        found.update({name: states.unread(why, self.known[name]) for name in names})

    def _of(self, page: t.Iterable[str], told: Selection) -> dict[str, Registration]:
        rows: dict[str, list[DeviceRow]] = {}
        for row in told.rows:
            rows.setdefault(row.name.casefold(), []).append(row)
        names = {node.name.casefold(): node.name for node in self.cluster.nodes}
        silent = {names.get(node.casefold(), node): code for node, code in told.silent.items()}
        return {
            name: _named(state_of(rows.get(name.casefold(), ()), silent, self.known[name]), names)
            for name in page
        }


def state_of(rows: t.Sequence[DeviceRow], silent: t.Mapping[str, str], known: Registration) -> Registration:
    """Return the state of a phone by its rows.

    A node that has it in service has it so now, and any other row is of a node that it left: which of the two notices first is not
    known, so their stamps do not decide. Among equals the newest row counts (phone-facts 1.2 [P]).

    Args:
        rows: The rows of the nodes that answered.
        silent: Node to its return code, of those that did not: the phone may be in service there.
        known: What is known of it without a row.
    """
    served = [row for row in rows if _WORDS.get(row.status) in states.IN_SERVICE]
    newest = max(served or rows, key=lambda row: (row.stamp or 0, row.node), default=None)
    if newest is not None and newest.status not in _WORDS:
        return states.unread(f"{newest.node} has the status {newest.status or '(none)'!r}", known)
    if silent and not served:
        told = ", ".join(f"{node} ({code or 'no code'})" for node, code in silent.items())
        return states.unread(f"{told} did not answer", known)
    if newest is None:
        return known
    return {
        **known,
        "status": _WORDS[newest.status],
        "node": newest.node,
        "reason": newest.reason,
        "stamp": newest.stamp,
    }


def _named(state: Registration, names: t.Mapping[str, str]) -> Registration:
    """Return a state in which the node is called as in the database."""
    return {**state, "node": names.get(state["node"].casefold(), state["node"])}


def _registered(found: t.Mapping[str, Registration]) -> list[str]:
    """Return some phones in service, of as many nodes as there are."""
    of_nodes = {state["node"]: name for name, state in found.items() if state["status"] in states.IN_SERVICE}
    return list(of_nodes.values())[:_WITNESSES]


def _cut(told: Selection) -> str:
    return f"RisPort found {told.found if told.found is not None else 'an unknown number of'} devices and returned {len(told.rows)}"
