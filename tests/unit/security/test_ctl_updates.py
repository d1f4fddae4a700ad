# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Updates of the CTL file that left the reasons for them: not repeated, until something is different."""

from __future__ import annotations

import typing as t
from datetime import datetime

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results, site
from ansible_collections.ucops.cucm.plugins.module_utils._security import (
    ctl,
    ctl_updates,
    duties,
    plan,
    preflight,
)

from ..data.clusters import PUB, SUB1, SUB2, Facts, cluster, ctl_facts, spoiled

TIME = "2026-03-10T10:05:00.000+01:00"


def lacking() -> Facts:
    """Return a cluster whose CTL file lacks a node."""
    file = ctl_facts("mixed", names=(PUB, SUB1))
    return {**cluster(), "ctl_files": dict.fromkeys((PUB, SUB1, SUB2), file)}


(REASON,) = duties.ctl_update_duties(lacking())
assert SUB2 in REASON


def left(**record: t.Any) -> Facts:
    """Return a cluster whose CTL file was updated and still lacks a node; C(record) replaces parts of what is recorded."""
    facts = lacking()
    found = {"time": TIME, "reasons": [REASON], "files": ctl.contents(facts), **record}
    return {**facts, "ctl_update_without_effect": found}


def updates(facts: Facts, **more: t.Any) -> list[str]:
    return [each["why"] for each in plan.plan(facts, "mixed", **more) if each["module"] == "ctl_file"]


def check(facts: Facts, **more: t.Any) -> dict[str, t.Any]:
    intent = preflight.Intent("mixed", {}, frozenset(), **more)
    return next(each for each in preflight.run(facts, intent) if each["id"] == "ctl_update")


def test_an_update_that_left_its_reasons_is_not_repeated_and_told() -> None:
    facts = left()
    assert duties.ctl_update_duties(facts) == [REASON]
    assert ctl_updates.due(facts) == updates(facts) == plan.plan(facts, "mixed") == []
    (line,) = ctl_updates.lines(facts)
    assert "2026-03-10 09:05 UTC" in line and REASON in line
    assert "cucm_repeat_ctl_update=true" in line and "cucm_accept: [ctl_update]" in line
    verdict = check(facts)
    assert verdict["verdict"] == "unknown" and REASON in verdict["reason"]
    assert [each["finding"] for each in plan.findings(facts, "mixed")] == ["CTL update without effect"]


@pytest.mark.parametrize(
    "record",
    [
        {"reasons": []},
        {"reasons": ["another one"]},
        {"files": {PUB: "0" * 40}},
        {"files": {SUB2: "0" * 40}},
    ],
    ids=["no reason", "another reason", "another file", "another copy"],
)
def test_anything_new_makes_it_due_again(record: Facts) -> None:
    facts = left(**record)
    assert ctl_updates.due(facts) == updates(facts) == [REASON]
    assert ctl_updates.lines(facts) == []
    assert check(facts)["verdict"] == "pass"
    assert [each["finding"] for each in plan.findings(facts, "mixed")] == ["CTL update due"]


def test_the_same_records_dated_anew_are_the_same_file() -> None:
    facts = left()
    anew = {
        **facts["ctl_files"][PUB],
        "sha1": "0" * 40,
        "md5": "1" * 32,
        "modified_at": "2026-03-11T10:00:00",
    }
    assert updates({**facts, "ctl_files": dict.fromkeys((PUB, SUB1, SUB2), anew)}) == []


def test_a_second_reason_makes_it_due_for_both() -> None:
    facts = left()
    facts["ctl_files"] = dict.fromkeys((PUB, SUB1, SUB2), ctl_facts("mixed", names=(PUB, SUB1), capf=False))
    facts["ctl_update_without_effect"]["files"] = ctl.contents(facts)
    (why,) = updates(facts)
    assert REASON in why and "CAPF" in why


def test_a_reason_that_went_away_leaves_the_others_as_they_are() -> None:
    facts = left(reasons=[REASON, "one that is gone"])
    assert updates(facts) == []


def test_the_operator_can_ask_for_it_or_accept_it() -> None:
    facts = left()
    assert updates(facts, repeat_ctl_update=True) == [REASON]
    assert check(facts, repeat_ctl_update=True)["verdict"] == "planned"
    assert plan.findings(facts, "mixed", accept=["ctl_update"]) == []
    assert plan.findings(facts, "mixed", accept=["ctl"]) != []
    (line,) = ctl_updates.lines(facts, ["ctl_update"])
    assert "Accepted" in line and REASON in line


def test_without_a_record_nothing_is_held_back() -> None:
    facts = {**left(), "ctl_update_without_effect": None}
    assert updates(facts) == [REASON]


@pytest.mark.parametrize("mode", ["non_secure", "mixed"])
def test_nothing_is_held_back_of_a_cluster_that_matches(mode: str) -> None:
    facts = {**cluster(mode), "ctl_update_without_effect": left()["ctl_update_without_effect"]}
    assert ctl_updates.lines(facts) == []
    assert check(facts)["verdict"] == ("pass" if mode == "mixed" else "not_applicable")


def test_only_reasons_of_before_stand() -> None:
    facts = left()
    assert ctl_updates.standing([REASON, "one that was removed"], facts) == [REASON]
    assert ctl_updates.standing([], facts) == []


def test_compliance_does_not_call_it_wrong() -> None:
    def verdict(facts: Facts) -> tuple[str, str]:
        wanted = site.with_wanted({"intent": {"security_mode": "mixed"}}, {})
        found = results.judge_cluster(facts, wanted, "hq", datetime(2026, 3, 20, 12))
        (one,) = (each for each in found if each["control"] == "no-ctl-update-due")
        return one["verdict"], one["reason"]

    held = verdict(left())
    assert held[0] == "unknown" and REASON in held[1]
    assert verdict({**left(), "ctl_update_without_effect": None})[0] == "fail"
    assert verdict(spoiled(left(), "ctl_update_without_effect", to={"reasons": 1}))[0] == "fail"
