# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resets of phones: only those that hear it, at a pace TFTP bears, and done only with evidence."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._facts import records
from ansible_collections.ucops.cucm.plugins.module_utils._phones.gate import GO, STOP, WAIT
from ansible_collections.ucops.cucm.plugins.module_utils._phones.registration import (
    ABSENT,
    IN_SERVICE,
    PARTIAL,
    REGISTERED,
    REJECTED,
    UNREAD,
    UNREGISTERED,
    Registration,
    unread,
)
from ansible_collections.ucops.cucm.plugins.module_utils._phones.resets import (
    Pace,
    Tftp,
    concerned,
    decide,
    lines,
    rounds,
    standing,
    unproven,
    waves,
)
from ansible_collections.ucops.cucm.plugins.module_utils._security import rules


def phone(status: str = REGISTERED, stamp: int | None = 0, **more: str) -> Registration:
    told = {
        "status": status,
        "node": "a",
        "reason": None,
        "stamp": stamp,
        "model": "8845",
        "pool": "HQ",
        "group": "G",
    }
    return t.cast(Registration, {**told, **more})


def change(what: str, name: str = "") -> records.PhoneChange:
    return {"time": "2026-03-10T22:15:00+00:00", "change": what, "name": name, "said": []}


PROFILE = {
    "device_security_mode": "encrypted", "authentication_mode": None, "transport": None, "key_size": None, "key_order": None,
    "tftp_encrypted_config": None, "sip_oauth": False, "digest_authentication": None, "phones": 1, "certificates_installed": 0,
    "certificates_failed": 0, "certificates_pending": 0,
}  # fmt: skip
FACTS = {
    "release": "15.0.1.10000-32",
    "phone_profiles": {"Plain": PROFILE, "Token": {**PROFILE, "sip_oauth": True}},
}
PROFILES = {"SEP1": "Plain", "SEP2": "Token", "SEP3": None, "SEP4": "Deleted"}


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ([], []),
        ([change(rules.CTL_FILE)], ["SEP1", "SEP2", "SEP3", "SEP4"]),
        ([change(rules.SIP_OAUTH_MODE)], ["SEP2", "SEP3", "SEP4"]),
        ([change(rules.PROFILE, "Plain")], ["SEP1", "SEP3", "SEP4"]),
        ([change(rules.PROFILE, "Plain"), change(rules.SIP_OAUTH_MODE)], ["SEP1", "SEP2", "SEP3", "SEP4"]),
        ([change(rules.CAPF_CERTIFICATE)], []),
    ],
)
def test_a_change_concerns_the_phones_of_its_rule_and_those_of_unknown_profile(
    changes: list[records.PhoneChange], names: list[str]
) -> None:
    assert list(concerned(changes, FACTS, PROFILES)) == names
    assert list(concerned(changes, {"release": FACTS["release"]}, PROFILES)) == (
        list(PROFILES) if names else []
    )


@pytest.mark.parametrize(
    ("not_before", "number"), [("2026-03-09T00:00:00", 1), ("2026-03-11T00:00:00", 2), (None, 2)]
)
def test_there_are_two_rounds_where_itlrecovery_may_have_been_renewed(
    not_before: str | None, number: int
) -> None:
    held = {"not_before": not_before, "not_after": "2036-01-01T00:00:00", "key_type": "rsa", "key_bits": 2048}
    node = {"name": "a", "role": "publisher", "type": "callmanager", "address": "10.0.0.1"}
    facts = {"nodes": [node], "node_certificates": {"a": {"ITLRecovery": held if not_before else None}}}
    assert rounds(facts, "2026-03-10T22:15:00+09:00") == number


@pytest.mark.parametrize(
    ("now", "trust", "says"),
    [
        (phone(stamp=101), None, ""),
        (phone(PARTIAL, 101), None, ""),
        (phone(stamp=101), "Match", ""),
        (phone(stamp=101), "Unknown", ""),
        (phone(stamp=101), "MisMatch", "MisMatch"),
        (phone(stamp=101), "Not Installed", "Not Installed"),
        # In the same second it may have been before.
        (phone(stamp=100), "Match", "not registered since"),
        (phone(stamp=None), "Match", "not known"),
        (phone(UNREGISTERED, 101), None, UNREGISTERED),
        (phone(ABSENT, 101), None, ABSENT),
        (unread("b did not answer"), "Match", "b did not answer"),
    ],
)
def test_a_phone_is_done_once_it_has_registered_after_it_was_asked(
    now: Registration, trust: str | None, says: str
) -> None:
    why = unproven(100, now, trust)
    assert bool(why) == bool(says)
    assert says in why


def test_phones_that_are_away_stay_due_and_are_reset_when_they_are_back() -> None:
    now = {"SEP1": phone(), "SEP2": phone(UNREGISTERED), "SEP3": unread("busy")}
    first = standing(["SEP1", "SEP2", "SEP3", "SEP4"], [], now)
    assert (first.ready, first.round, first.closed) == (("SEP1",), 1, False)
    assert first.away == {"SEP2": "it is unregistered"}
    assert first.unread == {"SEP3": "busy", "SEP4": "it was not asked for"}
    later = {"SEP1": phone(stamp=150), "SEP2": phone(stamp=140), "SEP3": phone(), "SEP4": phone()}
    then = standing(first.away, [{"SEP1": 100}], later)
    assert then.ready == ("SEP2",)
    then = standing(["SEP1", "SEP2", "SEP3", "SEP4"], [{"SEP1": 100}], later)
    assert (then.done, then.ready) == (("SEP1",), ("SEP2", "SEP3", "SEP4"))
    assert "stay due" in " ".join(lines(first))


def test_a_reset_that_was_lost_is_asked_for_again() -> None:
    found = standing(["SEP1"], [{"SEP1": 100}], {"SEP1": phone(stamp=50)})
    assert (found.ready, found.underway) == ((), ("SEP1",))
    assert standing(["SEP1"], [{"SEP1": 100}], {"SEP1": phone(stamp=50)}, lost_before=101).ready == ("SEP1",)
    assert standing(["SEP1"], [{"SEP1": 100}], {"SEP1": phone(stamp=120)}, lost_before=101).closed


def test_the_second_round_waits_for_the_whole_first_one() -> None:
    due = ["SEP1", "SEP2"]
    now = {"SEP1": phone(stamp=150), "SEP2": phone(stamp=50)}
    half = standing(due, [{"SEP1": 100, "SEP2": 100}], now, 2)
    assert (half.round, half.ready, half.underway) == (1, (), ("SEP1", "SEP2"))
    now["SEP2"] = phone(stamp=160)
    assert standing(due, [{"SEP1": 100, "SEP2": 100}], now, 2).ready == ("SEP1", "SEP2")
    asked = [{"SEP1": 100, "SEP2": 100}, {"SEP1": 200, "SEP2": 200}]
    assert standing(due, asked, now, 2).underway == ("SEP1", "SEP2")
    now = {name: phone(stamp=250) for name in due}
    found = standing(due, asked, now, 2)
    assert (found.closed, found.done, found.round) == (True, ("SEP1", "SEP2"), 3)
    # One that comes back only now needs both rounds.
    late = standing([*due, "SEP3"], asked, {**now, "SEP3": phone(stamp=260)}, 2)
    assert (late.round, late.ready, late.closed) == (1, ("SEP3",), False)


def test_a_wave_is_what_tftp_bears_and_every_pool_is_spread_over_the_waves() -> None:
    now = {f"SEP{n:03}": phone(pool="HQ" if n < 300 else "Branch") for n in range(400)}
    found = waves(now, now, Pace(queue=1000))
    assert [len(wave) for wave in found] == [200, 200]
    assert [sum(now[name]["pool"] == "Branch" for name in wave) for wave in found] == [100, 0]
    assert [len(wave) for wave in waves(now, now, Pace(queue=1000, files=10))] == [100] * 4
    assert Pace().size == 300


def test_models_that_are_lost_in_bulk_are_reset_a_few_at_once() -> None:
    now = {f"SEP{n}": phone(model="Cisco 6921" if n < 7 else "Cisco 8845") for n in range(10)}
    assert [len(wave) for wave in waves(now, now, Pace())] == [3, 5, 2]


IDLE = {"a": Tftp(3, 0), "b": Tftp(0, 5)}


@pytest.mark.parametrize(
    ("now", "tftp", "verdict", "says"),
    [
        ({"SEP1": phone(stamp=101), "SEP2": phone(stamp=102)}, IDLE, GO, ""),
        ({"SEP1": phone(stamp=101), "SEP2": phone(stamp=99)}, IDLE, WAIT, "SEP2"),
        ({"SEP1": phone(stamp=101), "SEP2": phone(REJECTED)}, IDLE, WAIT, "SEP2"),
        ({"SEP1": phone(stamp=101)}, IDLE, WAIT, "SEP2"),
        (None, IDLE, WAIT, "2 phones of 2"),
        ({"SEP1": phone(stamp=101), "SEP2": phone(stamp=102)}, {**IDLE, "b": Tftp(0, 6)}, WAIT, "6 requests"),
        (
            {"SEP1": phone(stamp=101), "SEP2": phone(stamp=102)},
            {**IDLE, "b": Tftp(None, 0)},
            WAIT,
            "b is unread",
        ),
        ({"SEP1": phone(stamp=101), "SEP2": phone(stamp=102)}, {"a": IDLE["a"]}, WAIT, "b is unread"),
        # Requests that were turned away: nobody knows with which files phones started.
        ({"SEP1": phone(stamp=101), "SEP2": phone(stamp=102)}, {**IDLE, "a": Tftp(4, 0)}, STOP, "1 request"),
        ({"SEP1": phone(stamp=101), "SEP2": phone(stamp=102)}, {**IDLE, "a": Tftp(2, 0)}, STOP, "2 requests"),
    ],
)
def test_the_next_wave_waits_for_this_one(
    now: dict[str, Registration] | None, tftp: dict[str, Tftp], verdict: str, says: str
) -> None:
    asked = {"SEP1": 100, "SEP2": 100}
    found = decide(asked, now, (IDLE, tftp), 60, Pace())
    assert found.verdict == verdict
    assert says in " ".join(found.reasons)
    assert found.ask_phones == (set(asked) if verdict == WAIT else set())
    assert decide(asked, now, (IDLE, tftp), 900, Pace()).verdict == (GO if verdict == GO else STOP)


def test_no_wave_follows_where_no_tftp_was_read() -> None:
    assert decide({"SEP1": 100}, {"SEP1": phone(stamp=101)}, ({}, {}), 60, Pace()).verdict == WAIT


def test_a_share_may_stay_away_but_not_unread() -> None:
    asked, some = {"SEP1": 100, "SEP2": 100}, Pace(allowed_share=0.5)
    there = {"SEP1": phone(stamp=101)}
    assert decide(asked, {**there, "SEP2": phone(UNREGISTERED)}, (IDLE, IDLE), 60, some).verdict == GO
    assert decide(asked, {**there, "SEP2": unread("busy")}, (IDLE, IDLE), 60, some).verdict == WAIT
    assert decide(asked, there, (IDLE, IDLE), 60, some).verdict == WAIT


def test_how_far_it_is_can_be_read() -> None:
    now = {"SEP1": phone(stamp=150), "SEP2": unread("busy"), "SEP3": phone()}
    text = " ".join(lines(standing(now, [{"SEP1": 100}], now, 2)))
    assert "round 1 of 2" in text
    assert "busy" in text
    assert "Do not renew certificates" in text
    assert lines(standing(["SEP1"], [{"SEP1": 100}], now)) == ["Reset, and registered since: 1 phone."]


# -- whatever was asked and is seen -----------------------------------------------------------------------

NAMES = [f"SEP{number}" for number in range(6)]
STATES = st.builds(
    phone,
    st.sampled_from([REGISTERED, REGISTERED, PARTIAL, UNREGISTERED, REJECTED, ABSENT, UNREAD]),
    st.none() | st.integers(0, 300),
    model=st.sampled_from(["Cisco 6921", "Cisco 8845"]),
    pool=st.sampled_from(["HQ", "Branch"]),
)
NOW = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, STATES))
ASKED = st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, st.integers(0, 300))), max_size=2)


@given(ASKED, NOW, st.integers(1, 2), st.integers(0, 300))
def test_every_phone_that_is_due_is_in_exactly_one_class(
    asked: list[dict[str, int]], now: dict[str, Registration], needed: int, lost_before: int
) -> None:
    found = standing(NAMES, asked, now, needed, lost_before=lost_before)
    classes = [found.done, found.ready, found.underway, found.away, found.unread]
    assert sorted(name for each in classes for name in each) == NAMES
    for name in found.ready:
        assert now[name]["status"] in IN_SERVICE
    for name in found.done:
        assert all(t.cast(int, now[name]["stamp"]) > times[name] for times in asked[:needed])
        assert len(asked) >= needed
    assert found.closed == (len(found.done) == len(NAMES))
    served = {name: state for name, state in now.items() if name in found.ready}
    together = waves(found.ready, now, Pace(queue=10, few=1))
    assert sorted(name for wave in together for name in wave) == sorted(served)
    assert all(len(wave) <= 2 for wave in together)


@given(
    st.dictionaries(st.sampled_from(NAMES), st.integers(0, 300), min_size=1),
    st.none() | NOW,
    st.sampled_from([0, 900]),
    st.sampled_from([0.0, 0.5]),
)
def test_no_wave_follows_before_this_one_is_proven(
    asked: dict[str, int], now: dict[str, Registration] | None, elapsed: int, share: float
) -> None:
    found = decide(asked, now, (IDLE, IDLE), elapsed, Pace(allowed_share=share))
    if found.verdict == GO:
        assert now is not None
        away = [name for name, at in asked.items() if unproven(at, now[name])]
        assert len(away) <= int(len(asked) * share)
        assert all(now[name]["status"] != UNREAD for name in asked)
