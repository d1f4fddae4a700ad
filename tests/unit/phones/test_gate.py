# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate between restarts: it goes on only when everything was seen to be as before, and never waits for ever."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._phones.gate import (
    GO,
    STOP,
    WAIT,
    Decision,
    Limits,
    NodeState,
    Observation,
    Rollout,
    Step,
    decide,
    phones_of,
    report,
)
from ansible_collections.ucops.cucm.plugins.module_utils._phones.registration import (
    ABSENT,
    PARTIAL,
    REGISTERED,
    REJECTED,
    UNREGISTERED,
    Baseline,
    Registration,
    baseline,
    unread,
)

LIMITS = Limits()
HARDWARE, PARTLY, GATEWAYS = "RegisteredHardwarePhones", "PartiallyRegisteredPhone", "RegisteredMGCPGateway"


def phone(status: str = REGISTERED, node: str = "a", reason: int | None = None) -> Registration:
    return {
        "status": status,
        "node": node,
        "reason": reason,
        "stamp": 1,
        "model": "8845",
        "pool": "HQ",
        "group": "G",
    }


# Four phones at a, one at b; one of a flaps.
PHONES = {f"SEP{number}": phone() for number in range(4)} | {"SEP9": phone(node="b")}
COUNTS = {"a": {HARDWARE: 4, PARTLY: 0, GATEWAYS: 1}, "b": {HARDWARE: 1, PARTLY: 1, GATEWAYS: 0}}
BEFORE = baseline("key", "10.0.0.1", "2026-03-10T22:15:00+00:00", [PHONES], COUNTS)
FLAPPING = baseline(
    "key", "10.0.0.1", "2026-03-10T22:15:00+00:00", [{**PHONES, "SEP3": phone(node="b")}, PHONES], COUNTS
)
STEP = Step(("a",), phones_of(BEFORE, ("a",)))
NOBODY: frozenset[str] = frozenset()
THOSE = {name: PHONES[name] for name in sorted(STEP.phones)}


def state(beat: int, counts: t.Mapping[str, int], **more: t.Any) -> NodeState:
    return NodeState(
        **{"heartbeat": beat, "initialization": 100, "tokens": 0, "queued": 0, **more, "counts": counts}
    )


def seen(
    *names: int,
    until: int = 200,
    counts: t.Mapping[str, t.Mapping[str, int]] | None = None,
    phones: t.Mapping[str, Registration] = THOSE,
    every: int = 10,
) -> list[Observation]:
    """Return what polls every 10 s show when all is well; RisPort is asked in those that end at the given seconds."""
    return [
        Observation(
            at,
            {node: state(at, told) for node, told in (COUNTS if counts is None else counts).items()},
            phones=phones if at in names else None,
        )
        for at in range(0, until + 1, every)
    ]


def changed(told: list[Observation], number: int, **more: t.Any) -> list[Observation]:
    """Return observations with one of them changed: another state of node a, or phones."""
    one = told[number]
    if "phones" in more:
        one = dataclasses.replace(one, phones=more.pop("phones"))
    if more:
        one = dataclasses.replace(one, nodes={**one.nodes, "a": dataclasses.replace(one.nodes["a"], **more)})
    return [*told[:number], one, *told[number:][1:]]


def decided(
    told: list[Observation], limits: Limits = LIMITS, before: Baseline | None = None, step: Step = STEP
) -> Decision:
    return decide(step, before or BEFORE, told, limits, began=0)


def test_it_goes_on_when_all_was_as_before_for_the_settling_time() -> None:
    # The first poll shows no heartbeat that rises, so everything is seen to be well since 10 s.
    found = decided(seen(160, until=160))
    assert found == Decision(GO, (), NOBODY, 5, 5, found.phones)
    early = decided(seen(150, until=150))
    assert (early.verdict, early.reasons) == (WAIT, ("Everything is as before for 140 s of 150 s.",))


def test_before_the_first_restart_no_phone_is_asked_for() -> None:
    told = seen(until=160)
    assert decided(told, step=Step()).verdict == GO
    assert decided(told[:-1], step=Step()).ask_phones == NOBODY


def test_names_are_asked_for_once_the_counts_are_right_and_again_at_the_end() -> None:
    assert decided(seen(until=0)).ask_phones == NOBODY
    assert decided(seen(until=20)).ask_phones == STEP.phones
    assert decided(seen(30, until=40)).ask_phones == NOBODY
    assert decided(seen(30, until=160)).ask_phones == STEP.phones
    assert decided(seen(30, until=160)).verdict == WAIT
    assert decided(seen(30, 170, until=170)).verdict == GO
    assert decided([]).verdict == WAIT


def test_names_are_asked_for_when_the_counts_do_not_move_any_more() -> None:
    """Otherwise nobody would learn before the deadline which phone it is that stays away."""
    short = {**COUNTS, "a": {**COUNTS["a"], HARDWARE: 3}}
    assert decided(seen(until=50, counts=short)).ask_phones == NOBODY
    assert decided(seen(until=70, counts=short)).ask_phones == STEP.phones
    moving = [*seen(until=30), *seen(until=70, counts=short)[4:]]
    assert decided(moving).ask_phones == NOBODY
    assert decided(seen(70, until=120, counts=short)).ask_phones == NOBODY
    assert decided(seen(70, until=130, counts=short)).ask_phones == STEP.phones


NOT_AS_BEFORE: list[tuple[dict[str, t.Any], str]] = [
    ({"heartbeat": None}, "a is unread"),
    ({"initialization": None}, "a is unread"),
    ({"tokens": None}, "a is unread"),
    ({"queued": None}, "a is unread"),
    ({"counts": {HARDWARE: 4, PARTLY: 0}}, GATEWAYS),
    ({"counts": {}}, "a is unread"),
    ({"heartbeat": 3}, "CallManagerHeartBeat of a"),
    ({"initialization": 14}, "14"),
    ({"tokens": 3}, "3 tokens"),
    ({"queued": 7}, "7 registrations"),
    ({"counts": {**COUNTS["a"], HARDWARE: 3}}, "1 of 5 phones"),
    ({"counts": {**COUNTS["a"], PARTLY: 1}}, "lines: 1 more"),
    ({"counts": {**COUNTS["a"], GATEWAYS: 0}}, GATEWAYS),
    ({"phones": {**THOSE, "SEP1": phone(UNREGISTERED, reason=13)}}, "SEP1"),
    ({"phones": {**THOSE, "SEP1": phone(ABSENT)}}, "SEP1"),
    ({"phones": {**THOSE, "SEP1": phone(REJECTED, reason=28)}}, "SEP1"),
    ({"phones": {**THOSE, "SEP1": phone(PARTIAL)}}, "SEP1"),
    ({"phones": {**THOSE, "SEP1": unread("b did not answer")}}, "b did not answer"),
    ({"phones": {name: state for name, state in THOSE.items() if name != "SEP1"}}, "it was not asked for"),
    ({"phones": {**THOSE, "SEP1": phone(node="b")}}, "SEP1"),
]


NUMBERED = [f"{number}" for number, _each in enumerate(NOT_AS_BEFORE)]


@pytest.mark.parametrize(("more", "says"), NOT_AS_BEFORE, ids=NUMBERED)
def test_it_waits_for_each_thing_and_stops_at_the_deadline(more: dict[str, t.Any], says: str) -> None:
    told = changed(seen(200), 20, **more)
    found = decided(told)
    assert found.verdict == WAIT
    assert any(says in why for why in found.reasons)
    late = decided(told, dataclasses.replace(LIMITS, deadline=200))
    # Phones at another node are in service: they are waited for, and then accepted.
    assert late.verdict == (GO if more.get("phones", {}).get("SEP1", {}).get("node") == "b" else STOP)
    if late.verdict == STOP:
        assert any(says in why for why in late.reasons)


@pytest.mark.parametrize(("more", "_says"), NOT_AS_BEFORE, ids=NUMBERED)
def test_the_settling_time_begins_anew_after_anything_that_was_not_as_before(
    more: dict[str, t.Any], _says: str
) -> None:
    if more in ({"tokens": 3}, {"queued": 7}):
        # Queues fill and drain all day: they must be empty at the end, and need not have been all the time.
        assert decided(changed(seen(160, until=160), 15, **more)).verdict == GO
        return
    told = changed(seen(160, 300, until=300), 16, **more)
    for number, observation in enumerate(told):
        last = told[: number + 1]
        if 160 <= observation.at < 310:
            assert decided(last).verdict == WAIT, observation.at
    longer = changed(seen(160, 330, until=330), 16, **more)
    assert decided(longer).verdict == GO


def test_a_node_that_does_not_answer_is_waited_for_and_ends_it() -> None:
    told = seen(200)
    told[-1] = Observation(200, {"a": told[-1].nodes["a"]}, {"b": "timed out after 27 s"}, THOSE)
    found = decided(told)
    assert found.verdict == WAIT
    assert any("b is unread: timed out after 27 s" in why for why in found.reasons)
    assert decided(told, dataclasses.replace(LIMITS, deadline=200)).verdict == STOP


def test_a_node_with_phones_and_without_counts_is_watched_as_well() -> None:
    before: Baseline = {**BEFORE, "counts": {"a": COUNTS["a"]}}
    told = [dataclasses.replace(each, nodes={"a": each.nodes["a"]}) for each in seen(200)]
    assert any("b is unread" in why for why in decided(told, before=before).reasons)


def test_a_baseline_that_is_not_whole_is_not_compared_with() -> None:
    before: Baseline = {**BEFORE, "unread": {"b": "it did not answer"}}
    found = decided(seen(200), before=before)
    assert (found.verdict, found.reasons) == (STOP, ("In the baseline b is unread: it did not answer.",))


def test_phones_that_flapped_already_are_named_and_not_counted() -> None:
    short = {**COUNTS, "a": {**COUNTS["a"], HARDWARE: 3}}
    away = {**PHONES, "SEP3": phone(UNREGISTERED, reason=13)}
    found = decided(seen(200, counts=short, phones=away), before=FLAPPING)
    assert found.verdict == GO
    assert [each.name for each in found.flapping] == ["SEP3"]
    assert found.missing == ()
    assert decided(seen(200, counts=short, phones=away)).verdict == WAIT


def test_a_phone_of_another_step_does_not_hide_behind_one_that_flaps() -> None:
    """Node b counts one phone fewer: it may be the one that flaps, or another. So its phones are asked for by name."""
    short = {**COUNTS, "b": {**COUNTS["b"], HARDWARE: 0}}
    found = decided(seen(200, counts=short), before=FLAPPING)
    assert (found.verdict, found.ask_phones) == (WAIT, set(PHONES))
    away = seen(200, counts=short, phones={**PHONES, "SEP9": phone(UNREGISTERED)})
    found = decided(away, before=FLAPPING)
    assert (found.verdict, [each.name for each in found.missing]) == (WAIT, ["SEP9"])
    assert decided(away, dataclasses.replace(LIMITS, deadline=200), FLAPPING).verdict == STOP
    assert decided(away, before=FLAPPING, step=Step()).verdict == WAIT


def test_a_phone_does_not_hide_behind_one_that_is_counted_twice() -> None:
    """One that has moved is counted at its old node too, until that node misses it (phone-facts 3.2)."""
    twice = {**COUNTS, "b": {**COUNTS["b"], HARDWARE: 2}}
    told = [*seen(until=100), *seen(until=200, counts=twice)[11:]]
    found = decided([*told, *seen(210, until=210)[-1:]])
    assert (found.verdict, found.ask_phones) == (WAIT, set(PHONES))
    away = {**PHONES, "SEP9": phone(UNREGISTERED)}
    assert decided([*told, *seen(210, until=210, phones=away)[-1:]]).verdict == WAIT
    assert decided([*told, *seen(210, until=210, phones=PHONES)[-1:]]).verdict == GO


def test_a_share_may_be_allowed_to_stay_away() -> None:
    short = {**COUNTS, "a": {**COUNTS["a"], HARDWARE: 3}}
    one, two = ({**PHONES, **{f"SEP{number}": phone(UNREGISTERED) for number in range(n)}} for n in (1, 2))
    some = dataclasses.replace(LIMITS, allowed_share=0.25)
    assert decided(seen(200, counts=short, phones=one), some).verdict == GO
    assert [each.name for each in decided(seen(200, counts=short, phones=one), some).missing] == ["SEP0"]
    assert decided(seen(200, counts=short, phones=two), some).verdict == WAIT
    less = dataclasses.replace(LIMITS, allowed_share=0.24)
    assert decided(seen(200, counts=short, phones=one), less).verdict == WAIT


def test_phones_that_do_not_return_to_their_node_are_accepted_at_the_deadline_or_at_once() -> None:
    """Some models never fail back (phone-facts 10, case 15), and calls hold others: they are in service."""
    elsewhere = {"a": {**COUNTS["a"], HARDWARE: 3}, "b": {**COUNTS["b"], HARDWARE: 2}}
    told = seen(200, counts=elsewhere, phones={**PHONES, "SEP1": phone(node="b")})
    found = decided(told)
    assert (found.verdict, found.reasons) == (
        WAIT,
        ("Not returned to a: 1 of 4 phones.", "Not at their own node: 1 phone (SEP1)."),
    )
    late = decided(told, dataclasses.replace(LIMITS, deadline=200))
    assert late.verdict == GO
    assert late.phones is not None
    assert late.phones.moved == {"SEP1": "b"}
    assert decided(told, dataclasses.replace(LIMITS, fail_back=False)).verdict == GO


def test_at_the_deadline_names_are_asked_for_once_more_and_then_it_ends() -> None:
    limits = dataclasses.replace(LIMITS, deadline=200)
    short = {**COUNTS, "a": {**COUNTS["a"], HARDWARE: 3}}
    found = decided(seen(until=200, counts=short), limits)
    assert (found.verdict, found.ask_phones) == (WAIT, STEP.phones)
    assert decided(seen(until=210, counts=short), limits).verdict == STOP
    away = seen(210, until=210, counts=short, phones={**THOSE, "SEP2": phone(UNREGISTERED, reason=13)})
    assert [each.name for each in decided(away, limits).missing] == ["SEP2"]


def test_a_stop_says_all_that_whoever_goes_on_has_to_know() -> None:
    away = {
        **THOSE,
        "SEP0": phone(UNREGISTERED, "a", 13),
        "SEP1": phone(PARTIAL),
        "SEP2": unread("b did not answer"),
        "SEP3": phone(UNREGISTERED, "b"),
    }
    found = decided(seen(200, phones=away), dataclasses.replace(LIMITS, deadline=200), FLAPPING)
    rollout = Rollout(
        ("restart Cisco CallManager at a",), ("restart Cisco CallManager at b",), "RESUME", "UNDO"
    )
    text = "\n".join(report(found, rollout))
    for word in (
        "SEP0",
        "8845",
        "HQ",
        "KeepAliveTimeout",
        "SEP1",
        "SEP2",
        "b did not answer",
        "SEP3",
        "flapping",
    ):
        assert word in text
    assert text.splitlines()[-4:] == [
        "Done: restart Cisco CallManager at a.",
        "Not done, and not touched: restart Cisco CallManager at b.",
        "To go on: RESUME",
        "To undo: UNDO",
    ]


def test_the_phones_of_a_step_are_those_it_may_move() -> None:
    assert phones_of(BEFORE, ("b",)) == {"SEP9"}
    assert phones_of(BEFORE, ("b",), {"SEP1": "b"}) == {"SEP9", "SEP1"}


# -- whatever is seen -------------------------------------------------------------------------------------

STATES = st.builds(
    NodeState,
    st.none() | st.integers(0, 9),
    st.sampled_from([100, 100, 100, None, 14]),
    st.sampled_from([0, 0, 0, 0, None, 2]),
    st.sampled_from([0, 0, 0, 0, None, 2]),
    st.fixed_dictionaries(
        {}, optional={HARDWARE: st.integers(0, 4), PARTLY: st.integers(0, 2), GATEWAYS: st.just(1)}
    ),
)
REGISTRATIONS = st.builds(
    phone,
    st.sampled_from([REGISTERED, REGISTERED, PARTIAL, UNREGISTERED, REJECTED, ABSENT, "Dreaming"]),
    st.sampled_from(["a", "b"]),
)
WELL = seen(160, 200)
CHANGES = st.lists(
    st.tuples(
        st.integers(0, len(WELL) - 1),
        st.sampled_from(["a", "b"]),
        st.none() | STATES,
        st.dictionaries(st.sampled_from([*THOSE]), st.none() | REGISTRATIONS, max_size=2),
    ),
    max_size=2,
)
SETTINGS = st.builds(
    Limits,
    settling=st.sampled_from([130.0, 150.0]),
    deadline=st.sampled_from([100.0, 200.0, 900.0]),
    allowed_share=st.sampled_from([0.0, 0.25, 0.5]),
    fail_back=st.booleans(),
)


def with_faults(
    changes: list[tuple[int, str, NodeState | None, dict[str, Registration | None]]],
) -> list[Observation]:
    told = list(WELL)
    for number, node, other, phones in changes:
        one = told[number]
        nodes = {name: state for name, state in one.nodes.items() if name != node}
        listed = {**(one.phones or {}), **phones}
        told[number] = dataclasses.replace(
            one,
            nodes=nodes if other is None else {**nodes, node: other},
            phones=one.phones and {name: state for name, state in listed.items() if state is not None},
        )
    return told


@given(CHANGES, SETTINGS, st.booleans())
def test_it_never_goes_on_while_something_is_unread_or_not_back(
    changes: list[t.Any], limits: Limits, flaps: bool
) -> None:
    before = FLAPPING if flaps else BEFORE
    told = with_faults(changes)
    if decided(told, limits, before).verdict != GO:
        return
    last = told[-1]
    stable = [name for name in STEP.phones if before["phones"][name]["stable"]]
    for node in ("a", "b"):
        now = last.nodes[node]
        assert now.initialization == 100
        assert now.tokens == now.queued == 0
        assert t.cast(int, now.heartbeat) > t.cast(int, told[-2].nodes[node].heartbeat)
    # No node was unread, and no phone of the step away, at any moment of the settling time; nor at its end.
    for observation in (each for each in told if each.at >= last.at - limits.settling):
        assert set(observation.nodes) == {"a", "b"}
        for listing in [observation.phones] if observation.phones is not None else []:
            away = [name for name in stable if listing[name]["status"] != REGISTERED]
            assert len(away) <= int(len(stable) * limits.allowed_share)
            assert all(state["status"] != "Dreaming" for state in listing.values())
    assert any(each.phones is not None for each in told[-2:] + told[-5:])


@given(CHANGES, SETTINGS, st.sampled_from([*THOSE]), st.integers(0, len(WELL) - 1), st.booleans())
def test_a_further_missing_phone_never_turns_stop_into_go(
    changes: list[t.Any], limits: Limits, name: str, number: int, counted: bool
) -> None:
    told = with_faults(changes)
    worse = list(told)
    one = told[number]
    at_home = one.phones is not None and name in one.phones and one.phones[name]["node"] == "a"
    if one.phones is not None and at_home and one.phones[name]["status"] in (REGISTERED, PARTIAL):
        one = dataclasses.replace(one, phones={**one.phones, name: phone(UNREGISTERED)})
    if counted and "a" in one.nodes and one.nodes["a"].counts.get(HARDWARE):
        less = {**one.nodes["a"].counts, HARDWARE: one.nodes["a"].counts[HARDWARE] - 1}
        one = dataclasses.replace(
            one, nodes={**one.nodes, "a": dataclasses.replace(one.nodes["a"], counts=less)}
        )
    worse[number] = one
    if decided(told, limits).verdict == STOP:
        assert decided(worse, limits).verdict == STOP
    if decided(worse, limits).verdict == GO:
        assert decided(told, limits).verdict == GO


@given(CHANGES, SETTINGS)
def test_it_never_waits_beyond_one_poll_after_the_deadline(changes: list[t.Any], limits: Limits) -> None:
    told = with_faults(changes)
    if told[-2].at >= limits.deadline:
        assert decided(told, limits).verdict != WAIT
