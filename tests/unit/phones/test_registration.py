# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a comparison with the baseline finds: by name, and nothing unread is back or missing."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._facts.forms import Misshapen
from ansible_collections.ucops.cucm.plugins.module_utils._phones import reasons
from ansible_collections.ucops.cucm.plugins.module_utils._phones.registration import (
    ABSENT,
    FORM,
    IN_SERVICE,
    PARTIAL,
    REGISTERED,
    REJECTED,
    STATUSES,
    UNREAD,
    UNREGISTERED,
    Baseline,
    Registration,
    baseline,
    compare,
    unread,
)

NODES = ("pub", "sub1", "sub2")


def phone(status: str = REGISTERED, node: str = "pub", **more: t.Any) -> Registration:
    found = {
        "status": status,
        "node": node,
        "reason": None,
        "stamp": 100,
        "model": "8845",
        "pool": "HQ",
        "group": "G1",
    }
    return t.cast(Registration, {**found, **more})


def taken(*readings: dict[str, Registration], **more: t.Any) -> Baseline:
    return baseline(
        "key", "10.0.0.1", "2026-03-10T22:15:00+00:00", readings, more.get("counts", {}), more.get("why")
    )


def test_each_phone_is_what_it_is_now() -> None:
    names = ["SEP1", "SEP2", "SEP3", "SEP4", "SEP5", "SEP6"]
    before = taken(dict.fromkeys(names, phone()))
    now = {
        "SEP1": phone(),
        "SEP2": phone(node="sub1"),
        "SEP3": phone(PARTIAL),
        "SEP4": phone(UNREGISTERED, reason=13),
        "SEP5": unread("sub1 did not answer"),
        "SEP7": phone(),
    }
    found = compare(before, now)
    assert found.back == ("SEP1",)
    assert found.moved == {"SEP2": "sub1"}
    assert found.partial == ("SEP3",)
    assert [(each.name, each.node, each.model, each.pool) for each in found.missing] == [
        ("SEP4", "pub", "8845", "HQ")
    ]
    assert found.unread == {"SEP5": "sub1 did not answer", "SEP6": "it was not asked for"}
    assert found.new == ("SEP7",)


def test_as_many_other_phones_are_not_the_same_phones() -> None:
    before = taken({"SEP1": phone(), "SEP2": phone()})
    found = compare(before, {"SEP1": phone(), "SEP2": phone(ABSENT, ""), "SEP3": phone()})
    assert ([each.name for each in found.missing], found.new) == (["SEP2"], ("SEP3",))


def test_a_phone_that_was_partial_is_back_when_it_is_partial_again() -> None:
    before = taken({"SEP1": phone(PARTIAL), "SEP2": phone(PARTIAL)})
    assert compare(before, {"SEP1": phone(PARTIAL), "SEP2": phone(REGISTERED)}).back == ("SEP1", "SEP2")


def test_only_the_phones_of_a_step_are_compared() -> None:
    before = taken({"SEP1": phone(), "SEP2": phone()})
    found = compare(before, {"SEP1": phone()}, only=["SEP1", "SEP9"])
    assert (found.back, found.unread) == (("SEP1",), {})


@pytest.mark.parametrize(
    ("code", "status", "name"),
    [
        (28, UNREGISTERED, "FallbackInitiated"),
        (28, REJECTED, "SecurityMismatch"),
        (10, UNREGISTERED, "DeviceUnregistered"),
        (10, REJECTED, "AuthenticationError"),
        (27, UNREGISTERED, "not documented"),
        (13, REJECTED, "not documented"),
        (99, REJECTED, "99"),
    ],
)
def test_a_reason_is_read_by_the_list_of_its_status(code: int, status: str, name: str) -> None:
    """Two enumerations share the numbers (phone-facts 0, row 2)."""
    (missing,) = compare(taken({"SEP1": phone()}), {"SEP1": phone(status, reason=code)}).missing
    assert name in missing.why
    assert str(code) in missing.why
    assert missing.to_do


def test_every_documented_reason_has_something_to_do() -> None:
    for table, rejected in ((reasons.UNREGISTERED, False), (reasons.REJECTED, True)):
        assert all(reasons.to_do(code, rejected=rejected) for code in table)
    named = {*reasons.UNREGISTERED.values(), *reasons.REJECTED.values()}
    assert set(reasons._TO_DO) <= named


def test_an_unknown_status_is_unread_with_its_text() -> None:
    found = compare(taken({"SEP1": phone()}), {"SEP1": phone("Dreaming")})
    assert "Dreaming" in found.unread["SEP1"]


@pytest.mark.parametrize(
    "again", [phone(node="sub1"), phone(stamp=101), phone(PARTIAL), phone(UNREGISTERED), None]
)
def test_a_phone_that_flaps_is_not_stable(again: Registration | None) -> None:
    second = {} if again is None else {"SEP1": again}
    for readings in (({"SEP1": phone()}, second), (second, {"SEP1": phone()})):
        assert taken(*readings)["phones"]["SEP1"]["stable"] is False


def test_what_could_not_be_read_is_neither_flapping_nor_left_out() -> None:
    before = taken(
        {"SEP1": phone(), "SEP2": unread("busy")},
        {"SEP1": unread("busy"), "SEP2": unread("busy")},
        counts={"pub": {"RegisteredHardwarePhones": 1}, "sub1": None},
        why={"sub1": "timeout"},
    )
    assert before["phones"]["SEP1"]["stable"] is True
    assert "SEP2" not in before["phones"]
    assert before["unread"] == {"SEP1": "busy", "SEP2": "busy", "sub1": "timeout"}
    assert before["counts"] == {"pub": {"RegisteredHardwarePhones": 1}}


def test_a_baseline_is_the_same_after_it_was_written_down() -> None:
    before = taken({"SEP1": phone(why="")}, {"SEP1": phone(node="sub1")}, counts={"pub": {"CallsActive": 0}})
    assert FORM.shaped(json.loads(json.dumps(before))) == before
    broken: t.Any = copy.deepcopy(before)
    broken["phones"]["SEP1"]["status"] = None
    with pytest.raises(Misshapen):
        FORM.shaped(broken)


STATES = st.builds(
    phone,
    st.sampled_from([*STATUSES, "Dreaming"]),
    st.sampled_from(NODES),
    reason=st.none() | st.integers(0, 40),
    stamp=st.none() | st.integers(0, 3),
)
LISTINGS = st.dictionaries(st.sampled_from([f"SEP{number}" for number in range(8)]), STATES)


@given(st.lists(LISTINGS, min_size=1, max_size=3), LISTINGS)
def test_every_phone_of_the_baseline_is_in_exactly_one_class(
    readings: list[dict[str, Registration]], now: dict[str, Registration]
) -> None:
    before = taken(*readings)
    found = compare(before, now)
    classes = [found.back, found.moved, found.partial, [each.name for each in found.missing], found.unread]
    assert sorted(name for each in classes for name in each) == sorted(before["phones"])
    assert not set(found.new) & set(before["phones"])
    for name in (*found.back, *found.moved):
        assert now[name]["status"] in IN_SERVICE
    for name in before["phones"]:
        if name not in now or now[name]["status"] == UNREAD:
            assert name in found.unread
