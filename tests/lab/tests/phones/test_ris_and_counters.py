# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What RIS and PerfMon know of phones."""

from __future__ import annotations

from cucm_lab.domain.phones import counters, rows
from cucm_lab.domain.phones.counters import CALLMANAGER, LINES, PHONES, SIP_STATION, SYSTEM, TFTP

from .surroundings import BEGINNING, Phones, Surroundings


def phones(count: int = 10, **behaviour: object) -> Phones:
    site = Surroundings(["pub", "a", "b"])
    site.add(count, ("a", "b"))
    return Phones(site, **behaviour)


def statuses(them: Phones, node: str) -> dict[str, tuple[str, int]]:
    found = rows.phone_rows(them.sim, them.sim.nodes[node], None)
    return {row.name: (row.status, row.reason) for row in found}


def counted(them: Phones, node: str, name: str = CALLMANAGER) -> dict[str, int]:
    found = counters.counters(them.sim, them.sim.nodes[node], name)
    assert found is not None
    return found


# -- RIS ------------------------------------------------------------------------------------------------


def test_a_row_says_who_is_registered_since_when() -> None:
    them = phones(2)
    row, _other = rows.phone_rows(them.sim, them.sim.nodes["a"], None)
    assert (row.node, row.name, row.device_class, row.model) == ("a", "SEP000000000000", "Phone", 683)
    assert (row.protocol, row.status, row.reason) == ("SIP", "Registered", 0)
    assert row.lines == (("1000", "Registered"), ("1001", "Registered"))
    assert row.timestamp < BEGINNING
    assert rows.phone_rows(them.sim, them.sim.nodes["b"], None) == []


def test_named_phones_only() -> None:
    them = phones(5)
    wanted = ["SEP000000000003", "SEPNOBODY", "SEP000000000001", "SEP000000000003"]
    found = rows.phone_rows(them.sim, them.sim.nodes["a"], wanted)
    assert [row.name for row in found] == ["SEP000000000001", "SEP000000000003"]


def test_a_phone_that_failed_over_has_rows_on_two_nodes() -> None:
    them = phones()
    them.restart("a")
    assert set(statuses(them, "a").values()) == {("UnRegistered", 6)}
    assert set(statuses(them, "b").values()) == {("Registered", 0)}
    them.wait(400)
    assert set(statuses(them, "a").values()) == {("Registered", 0)}
    assert set(statuses(them, "b").values()) == {("UnRegistered", 28)}


def test_ris_is_two_seconds_behind() -> None:
    them = phones(1)
    before = them.sim.nodes["a"].ris.changes(them.sim.now)
    them.sim.inputs.callmanager_stopped("a")
    stopped = them.sim.epoch + them.sim.now
    them.wait(1.9)
    assert set(statuses(them, "a").values()) == {("Registered", 0)} and statuses(them, "b") == {}
    assert them.sim.nodes["a"].ris.changes(them.sim.now) == before
    them.wait(0.1)
    (row,) = rows.phone_rows(them.sim, them.sim.nodes["a"], None)
    assert (row.status, row.timestamp) == ("UnRegistered", stopped)
    assert them.sim.nodes["a"].ris.changes(them.sim.now) == before + 1
    them.wait(0.1)
    assert set(statuses(them, "b").values()) == {("Registered", 0)}


def test_the_count_of_changes_moves_with_what_is_seen_and_not_otherwise() -> None:
    them = phones(30)
    seen: dict[tuple[str, int], object] = {}
    them.sim.inputs.callmanager_stopped("a")
    for _each in range(60):
        them.wait(0.1)
        for node in ("a", "b"):
            number = (node, them.sim.nodes[node].ris.changes(them.sim.now))
            content = rows.phone_rows(them.sim, them.sim.nodes[node], None)
            assert seen.setdefault(number, content) == content
    assert len(seen) >= 10


def test_rows_go_three_days_later_at_ten_in_the_evening() -> None:
    them = phones()
    them.restart("a")
    them.wait(600)
    assert len(statuses(them, "b")) == 10
    them.wait(3 * 86400 - 700)
    assert len(statuses(them, "b")) == 10
    them.wait(86400)
    assert statuses(them, "b") == {}
    assert len(statuses(them, "a")) == 10


def test_a_new_ris_knows_who_is_registered_and_nobody_else() -> None:
    them = phones()
    them.restart("a")
    them.wait(600)
    changes = them.sim.nodes["b"].ris.changes(them.sim.now)
    them.sim.inputs.ris_started("b")
    them.sim.inputs.ris_started("a")
    assert statuses(them, "b") == {} and len(statuses(them, "a")) == 10
    assert them.sim.nodes["b"].ris.began_at == them.sim.now
    assert them.sim.nodes["b"].ris.changes(them.sim.now) != changes


def test_in_part_the_primary_line_alone_is_registered() -> None:
    them = phones(1)
    (phone,) = them.sim.phones.values()
    them.sim.upsets.late(phone)
    them.wait(200)
    (row,) = rows.phone_rows(them.sim, them.sim.nodes["a"], None)
    assert (row.status, row.lines) == (
        "PartiallyRegistered",
        (("1000", "Registered"), ("1001", "UnRegistered")),
    )
    assert counted(them, "a")["PartiallyRegisteredPhone"] == 1


# -- PerfMon --------------------------------------------------------------------------------------------


def test_counters_follow_registrations_by_kind_and_mode() -> None:
    site = Surroundings(["pub", "a"])
    site.go_mixed()
    site.add(3, ("a",))
    site.add(2, ("a",), mode="Encrypted")
    site.add(1, ("a",), mode="Authenticated")
    site.add(4, ("a",), soft=True, prefix="CSF", model_name="Cisco Unified Client Services Framework")
    them = Phones(site)
    found = counted(them, "a")
    assert found["RegisteredHardwarePhones"] == 6 and found["RegisteredOtherStationDevices"] == 4
    assert found["EncryptedRegisteredPhones"] == 2 and found["AuthenticatedRegisteredPhones"] == 1
    assert found["RegisteredCSFJabberNonMRA"] == 4
    assert counted(them, "pub")["RegisteredHardwarePhones"] == 0


def test_nothing_feeds_the_objects_of_a_process_that_is_not_there() -> None:
    them = phones()
    them.sim.inputs.callmanager_stopped("a")
    assert counters.counters(them.sim, them.sim.nodes["a"], CALLMANAGER) is None
    assert counters.objects(them.sim.nodes["a"]) == []
    assert counters.objects(them.sim.nodes["pub"]) == [CALLMANAGER, SIP_STATION, SYSTEM, PHONES, LINES, TFTP]
    assert counters.counters(them.sim, them.sim.nodes["b"], TFTP) is None
    assert counters.counters(them.sim, them.sim.nodes["b"], "Cisco Nothing") is None


def test_initialization_ends_later_than_the_start() -> None:
    them = phones()
    them.restart("a")
    seen = []
    for _each in range(32):
        seen.append(counted(them, "a")["InitializationState"])
        them.wait(1)
    assert seen == sorted(seen) and seen[0] == 1 and 14 in seen
    assert seen[29] < 100 and seen[30] == 100


def test_a_heart_beats_while_the_process_does_not_hang() -> None:
    them = phones()
    first = counted(them, "a")["CallManagerHeartBeat"]
    them.wait(10)
    second = counted(them, "a")["CallManagerHeartBeat"]
    them.sim.inputs.hang("a")
    them.wait(10)
    assert first < second == counted(them, "a")["CallManagerHeartBeat"]
    them.sim.inputs.resume("a")
    assert counted(them, "a")["CallManagerHeartBeat"] > second


def test_a_queue_and_its_busy_answers_are_counted() -> None:
    them = phones(100, registration_queue=60)
    them.sim.inputs.callmanager_stopped("a")
    found = counted(them, "b", SIP_STATION)
    assert (found["NewRegQueueSize"], found["NewRegRejected"], found["NewRegAccepted"]) == (60, 40, 0)
    assert counted(them, "b", SYSTEM)["QueueSignalsPresent 4-Lowest"] == 60
    them.wait(300)
    found = counted(them, "b", SIP_STATION)
    assert (found["NewRegQueueSize"], found["NewRegAccepted"]) == (0, 100)


def test_instances_are_phones_and_lines() -> None:
    them = phones(2)
    assert list(counted(them, "a", PHONES)) == [
        "(SEP000000000000)\\CallsAttempted",
        "(SEP000000000001)\\CallsAttempted",
    ]
    assert counted(them, "a", LINES) == {"(1000)\\Active": 0, "(1001)\\Active": 0}
    for phone in them.sim.phones.values():
        them.sim.upsets.call(phone, True)
    assert counted(them, "a", LINES) == {"(1000)\\Active": 1, "(1001)\\Active": 0}
    assert counted(them, "a")["CallsActive"] == 2
