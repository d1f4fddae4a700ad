# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The choice between all services that read the CTL file and those that the device names."""

from __future__ import annotations

import typing as t
from datetime import datetime

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results, site
from ansible_collections.ucops.cucm.plugins.module_utils._security import ctl, duties, plan, rules

from ..data.clusters import BEFORE, CALLMANAGER, CTIMANAGER, PUB, SUB1, SUB2, TFTP, Facts, cluster, service

NODES = (PUB, SUB1, SUB2)


def rewritten(*named: str, **record: t.Any) -> Facts:
    """Return a cluster whose services are all up since before the CTL file was written, and what the device named then."""
    facts = cluster()
    for node in NODES:
        for name in (TFTP, CALLMANAGER, CTIMANAGER):
            facts["services"][node][name] = service(started_at=BEFORE)
    told = {
        "time": "2026-03-10T10:00:00+00:00",
        "services": list(named),
        "files": ctl.contents(facts),
        **record,
    }
    return {**facts, "restarts_named": told}


def due(facts: Facts) -> set[str]:
    return {duty["service"] for duty in duties.restart_duties(facts)}


def test_all_of_them_are_due_unless_something_else_is_chosen() -> None:
    assert due(rewritten(CTIMANAGER)) == due(rules.chosen(rewritten(CTIMANAGER), rules.ALL))
    assert due(rewritten(CTIMANAGER)) == {TFTP, CALLMANAGER, CTIMANAGER}


def test_those_that_the_device_named_are_due() -> None:
    facts = rules.chosen(rewritten(CTIMANAGER), rules.NAMED)
    assert due(facts) == {CTIMANAGER}
    assert {operation["service"] for operation in plan.restarts(facts)} == {CTIMANAGER}
    findings = [each["finding"] for each in plan.findings(facts, "mixed")]
    assert findings == [f"{CTIMANAGER} at {node}" for node in NODES]
    assert f"The device named {CTIMANAGER}." in rules.applying(rules.CTL_FILE, facts).text


@pytest.mark.parametrize(
    "facts",
    [
        rewritten(CTIMANAGER, files={PUB: "another"}),
        rewritten(),
        {**rewritten(CTIMANAGER), "restarts_named": None},
    ],
    ids=["for another file", "named none", "not recorded"],
)
def test_for_another_file_all_of_them_are_due(facts: Facts) -> None:
    assert due(rules.chosen(facts, rules.NAMED)) == {TFTP, CALLMANAGER, CTIMANAGER}


def test_the_device_is_not_asked_about_other_changes() -> None:
    facts = rules.chosen(rewritten(CTIMANAGER), rules.NAMED)
    assert CALLMANAGER in rules.applying(rules.SIP_OAUTH_MODE, facts).services


def test_a_plan_predicts_all_of_them_and_says_that_fewer_may_be_due() -> None:
    before = cluster("non_secure")
    named = {**rewritten(TFTP)["restarts_named"], "files": ctl.contents(before)}
    facts = rules.chosen({**before, "restarts_named": named}, rules.NAMED)
    assert rules.applying(rules.CTL_FILE, facts).services == (TFTP,)
    operations = plan.plan(facts, "mixed")
    assert {each["service"] for each in operations if each["disrupts"]} == {TFTP, CALLMANAGER, CTIMANAGER}
    assert any("cucm_ctl_restarts: named" in line for line in plan.afterwards(operations, facts))
    plain = plan.afterwards(operations, cluster("non_secure"))
    assert not any("cucm_ctl_restarts" in line for line in plain)


@pytest.mark.parametrize(("choice", "fails"), [("all", True), ("named", False), (None, True)])
def test_compliance_goes_by_the_same_choice(choice: str | None, fails: bool) -> None:
    facts = rewritten(CTIMANAGER)
    for node in NODES:
        facts["services"][node][CTIMANAGER] = service()
    wanted = site.with_wanted({}, {"ctl_restarts": choice})
    found = results.judge_cluster(facts, wanted, "hq", datetime(2026, 3, 20, 12))
    (one,) = (each for each in found if each["control"] == "no-restart-due")
    assert (one["verdict"] == "fail") is fails is (TFTP in one["reason"]), one
