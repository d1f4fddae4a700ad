# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What rows of nodes make of a phone, and that nothing an answer leaves open becomes a state."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import (
    CucmError,
    IdentityError,
    ProductFault,
    ProtocolError,
)
from ansible_collections.ucops.cucm.plugins.module_utils._facts.records import Registration
from ansible_collections.ucops.cucm.plugins.module_utils._phones import registration as states
from ansible_collections.ucops.cucm.plugins.module_utils._reading.registrations import (
    PAGE,
    Listing,
    nobody,
    state_of,
)
from ansible_collections.ucops.cucm.plugins.module_utils._transport.risport import (
    MOST_DEVICES,
    DeviceRow,
    Selection,
)

PHONE = "SEP001122334455"
KNOWN: Registration = {
    "status": states.ABSENT,
    "node": "",
    "reason": None,
    "stamp": None,
    "model": "Cisco 8845",
    "pool": "Default",
    "group": "Default",
}
PUB, SUB = "cucm-pub", "cucm-sub1"


def row(
    status: str, node: str = PUB, stamp: int | None = 100, reason: int = 0, name: str = PHONE
) -> DeviceRow:
    return DeviceRow(name, node, status, reason, stamp)


@pytest.mark.parametrize(
    ("rows", "status", "node"),
    [
        ([row("Registered")], states.REGISTERED, PUB),
        ([row("PartiallyRegistered")], states.PARTIAL, PUB),
        ([row("UnRegistered")], states.UNREGISTERED, PUB),
        ([row("Rejected")], states.REJECTED, PUB),
        ([], states.ABSENT, ""),
        ([row("UnRegistered", PUB, 100), row("Registered", SUB, 101)], states.REGISTERED, SUB),
        # The node it left notices later than the one it went to: at once, or when its keepalive is overdue.
        ([row("UnRegistered", PUB, 101), row("Registered", SUB, 101)], states.REGISTERED, SUB),
        ([row("UnRegistered", PUB, 230), row("Registered", SUB, 100)], states.REGISTERED, SUB),
        ([row("Rejected", PUB, 230), row("Registered", SUB, 100)], states.REGISTERED, SUB),
        ([row("Registered", PUB, 100), row("Registered", SUB, 101)], states.REGISTERED, SUB),
        ([row("Registered", PUB, 102), row("PartiallyRegistered", SUB, 101)], states.REGISTERED, PUB),
        ([row("UnRegistered", PUB, 100), row("Rejected", SUB, 101)], states.REJECTED, SUB),
        ([row("UnRegistered", PUB, 101), row("Rejected", SUB, 100)], states.UNREGISTERED, PUB),
        ([row("UnRegistered", PUB, None), row("Registered", SUB, None)], states.REGISTERED, SUB),
    ],
)
def test_rows_make_a_state(rows: list[DeviceRow], status: str, node: str) -> None:
    found = state_of(rows, {}, KNOWN)
    assert (found["status"], found["node"]) == (status, node)
    assert (found["model"], found["pool"], found["group"]) == ("Cisco 8845", "Default", "Default")
    assert state_of(rows[::-1], {}, KNOWN) == found


@pytest.mark.parametrize("rows", [[], [row("UnRegistered")], [row("Rejected")]])
def test_where_a_node_did_not_answer_a_phone_that_is_away_is_unread(rows: list[DeviceRow]) -> None:
    found = state_of(rows, {SUB: "NodeNotResponding"}, KNOWN)
    assert found["status"] == states.UNREAD
    assert SUB in found["why"]
    assert "NodeNotResponding" in found["why"]


def test_a_phone_in_service_is_so_whoever_else_is_silent() -> None:
    assert state_of([row("Registered")], {SUB: "NodeNotResponding"}, KNOWN)["status"] == states.REGISTERED


@pytest.mark.parametrize("word", ["Unknown", "", "Registering"])
def test_a_word_that_is_not_known_is_unread_and_kept(word: str) -> None:
    found = state_of([row(word), row("UnRegistered", SUB, 50)], {}, KNOWN)
    assert found["status"] == states.UNREAD
    assert (word or "(none)") in found["why"]


@dataclass
class Ris:
    """RisPort over rows; it cuts an answer at C(most) as the real one does, without a word."""

    rows: t.Sequence[DeviceRow] = ()
    most: int = MOST_DEVICES
    silent: t.Mapping[str, str] = field(default_factory=dict)
    fails: t.Mapping[int, Exception] = field(default_factory=dict)
    nothing: t.Container[int] = ()
    found: int | None = -1
    asked: list[list[str]] = field(default_factory=list)

    def select(self, names: t.Sequence[str]) -> Selection:
        self.asked.append(list(names))
        number = len(self.asked)
        assert len(names) <= MOST_DEVICES
        assert len(set(names)) == len(names)
        if number in self.fails:
            raise self.fails[number]
        wanted = set(names)
        rows = [row for row in self.rows if row.name in wanted]
        found = len(rows) if self.found == -1 else self.found
        # An empty answer has no list of nodes (phone-facts 1.1).
        if not rows or number in self.nothing:
            return Selection((), (), {}, found if number not in self.nothing else 0)
        return Selection(tuple(rows[: self.most]), (PUB,), self.silent, found)


def listing(ris: Ris, names: t.Sequence[str], nobody_is: bool = False) -> Listing:
    nodes = [SimpleNamespace(name=PUB), SimpleNamespace(name=SUB)]
    cluster: t.Any = SimpleNamespace(risport=ris, nodes=nodes)
    return Listing(cluster, dict.fromkeys(names, KNOWN), lambda: nobody_is)


def names(count: int, prefix: str = "SEP") -> list[str]:
    return [f"{prefix}{number:012d}" for number in range(count)]


def registered(count: int, node: str = PUB) -> list[DeviceRow]:
    return [row("Registered", node, name=name) for name in names(count)]


def statuses(found: t.Mapping[str, Registration]) -> set[str]:
    return {state["status"] for state in found.values()}


@pytest.mark.parametrize(("count", "requests"), [(0, 0), (1, 1), (PAGE, 1), (PAGE + 1, 2), (4000, 5)])
def test_phones_cost_a_request_for_each_page(count: int, requests: int) -> None:
    ris = Ris(registered(count))
    found = listing(ris, names(count)).states()
    assert list(found) == names(count)
    assert len(ris.asked) == requests
    assert statuses(found) <= {states.REGISTERED}


def test_phones_that_never_registered_are_absent_when_others_show_that_nodes_answer() -> None:
    never = names(1800, "CSF")
    ris = Ris(registered(900))
    found = listing(ris, [*never, *names(900)]).states()
    assert {found[name]["status"] for name in never} == {states.ABSENT}
    assert {found[name]["status"] for name in names(900)} == {states.REGISTERED}
    # The pages that had nothing are asked for again, with a phone that is registered.
    assert len(ris.asked) == 3 + 2
    assert all(set(asked) & set(names(900)) for asked in ris.asked[2:])


def test_phones_are_unread_while_a_page_with_registered_ones_has_nothing() -> None:
    never = names(PAGE, "CSF")
    found = listing(Ris(registered(PAGE), nothing=(3,)), [*names(PAGE), *never]).states()
    assert {found[name]["status"] for name in never} == {states.UNREAD}


@pytest.mark.parametrize(("nobody_is", "status"), [(True, states.ABSENT), (False, states.UNREAD)])
def test_without_any_row_the_counters_decide(nobody_is: bool, status: str) -> None:
    ris = Ris()
    assert statuses(listing(ris, names(3), nobody_is).states()) == {status}
    assert len(ris.asked) == 1


def test_with_witnesses_a_few_phones_cost_one_request() -> None:
    ris = Ris(registered(3))
    found = listing(ris, [*names(3), "CSFX"]).states(["CSFX"], names(3))
    assert {name: state["status"] for name, state in found.items()} == {"CSFX": states.ABSENT}
    assert ris.asked == [["CSFX", *names(3)]]


def test_devices_without_nodes_are_a_contradiction_and_not_asked_for_piece_by_piece() -> None:
    ris = Ris(found=7)
    assert statuses(listing(ris, names(900), nobody_is=True).states()) == {states.UNREAD}
    assert len(ris.asked) == 1


def test_an_answer_that_is_cut_is_asked_for_in_smaller_pages() -> None:
    # Every phone was at the publisher before: two rows each, the older ones first.
    left = [row("UnRegistered", PUB, 1, name=name) for name in names(2000)]
    ris = Ris([*left, *registered(2000, SUB)])
    found = listing(ris, names(2000)).states()
    assert statuses(found) == {states.REGISTERED}
    assert {state["node"] for state in found.values()} == {SUB}
    assert len(ris.asked) == 1 + 5


@pytest.mark.parametrize("code", ["output_too_large", "xml_refused"])
def test_an_answer_that_is_too_large_is_asked_for_in_smaller_pages(code: str) -> None:
    ris = Ris(registered(1800), fails={1: ProtocolError("too much", code=code)})
    assert statuses(listing(ris, names(1800)).states()) == {states.REGISTERED}
    assert [len(asked) for asked in ris.asked] == [900, *[450] * 4]


def test_answers_that_are_always_too_large_end_soon() -> None:
    ris = Ris(registered(1800), fails=dict.fromkeys(range(99), ProtocolError("x", code="xml_refused")))
    with pytest.raises(ProtocolError):
        listing(ris, names(1800)).states()
    assert len(ris.asked) == 6


@pytest.mark.parametrize("told", [10**6, None])
def test_answers_that_are_always_cut_end_soon(told: int | None) -> None:
    ris = Ris(registered(40_000), found=told)
    found = listing(ris, names(40_000)).states()
    assert statuses(found) == {states.UNREAD}
    assert len(found) == 40_000
    assert len(ris.asked) == 6


@pytest.mark.parametrize("error", [ProductFault("rate", code="rate_limited"), CucmError("x")])
def test_a_failure_at_first_is_the_readers(error: CucmError) -> None:
    with pytest.raises(CucmError) as failure:
        listing(Ris(registered(9), fails={1: error}), names(9)).states()
    assert failure.value is error


def test_a_failure_later_costs_the_phones_that_were_not_read() -> None:
    ris = Ris(registered(2000), fails={2: ProductFault("too many", code="rate_limited")})
    found = listing(ris, names(2000)).states()
    assert [state["status"] for state in found.values()] == [states.REGISTERED] * 900 + [states.UNREAD] * 1100
    assert "rate_limited" in found[names(2000)[-1]]["why"]
    assert len(ris.asked) == 2


def test_a_node_that_is_not_who_it_should_be_ends_the_reading() -> None:
    with pytest.raises(IdentityError):
        listing(Ris(registered(2000), fails={2: IdentityError("other")}), names(2000)).states()


def test_names_are_the_databases_however_a_node_writes_them() -> None:
    ris = Ris([DeviceRow("SEPaabb", "CUCM-PUB", "Registered", 0, 1)])
    ris_select = ris.select
    ris.select = lambda asked: ris_select(["SEPaabb" for _each in asked])  # type: ignore[method-assign]
    found = listing(ris, ["SEPAABB"]).states()
    assert found["SEPAABB"]["status"] == states.REGISTERED
    assert found["SEPAABB"]["node"] == PUB


HARDWARE, OTHER, PARTIAL = (
    "RegisteredHardwarePhones",
    "RegisteredOtherStationDevices",
    "PartiallyRegisteredPhone",
)


@pytest.mark.parametrize(
    ("counts", "is_so"),
    [
        ({PUB: {HARDWARE: 0, OTHER: 0, PARTIAL: 0}}, True),
        ({PUB: {HARDWARE: 0, OTHER: 0, PARTIAL: 1}}, False),
        ({PUB: {HARDWARE: 0, OTHER: 0}}, False),
        ({PUB: {HARDWARE: 0, OTHER: 0, PARTIAL: 0}, SUB: None}, False),
        ({}, False),
    ],
)
def test_nobody_is_registered_only_when_every_counter_says_so(
    counts: dict[str, dict[str, int] | None], is_so: bool
) -> None:
    assert nobody(counts) is is_so
