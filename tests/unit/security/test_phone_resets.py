# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which phones must be reset, by what is to be done, by what was done, and by dates."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._security import phone_resets, plan, preflight
from ansible_collections.ucops.cucm.plugins.module_utils._security.sip_oauth import Desired

from ..data.clusters import (
    BEFORE,
    CALLMANAGER,
    DESK,
    MODIFIED,
    PHONES,
    SUB1,
    TFTP,
    Facts,
    audited,
    cluster,
    phone_profile,
    service,
    spoiled,
    without,
)

ON_SIP_OAUTH = Desired("enabled", phones=False)


def counted(facts: Facts, desk: int, oauth: int) -> Facts:
    facts["phone_profiles"] = {
        DESK: phone_profile(desk),
        PHONES: phone_profile(oauth, sip_oauth=True),
    }
    return facts


def assert_reset(lines: list[str], phones: str, changes: str) -> None:
    """Hold one group of phones and what they take in, and the line on how to reset them."""
    reset, how = lines
    assert reset.startswith(f"{phones} must be reset") and changes in reset
    assert "in batches" in how and "certificates" in how


def lines(facts: Facts, mode: str | None, sip_oauth: Desired | None = None) -> list[str]:
    return phone_resets.lines(phone_resets.due(plan.plan(facts, mode, sip_oauth=sip_oauth), facts))


@pytest.mark.parametrize(("now", "wanted"), [("non_secure", "mixed"), ("mixed", "non_secure")])
def test_a_new_mode_is_for_every_phone(now: str, wanted: str) -> None:
    assert_reset(lines(counted(cluster(now), 1200, 3), wanted), "1,203 phones", "the CTL file")
    assert lines(counted(cluster(now), 1, 0), wanted)[0].startswith("1 phone must be reset")


def test_what_was_not_counted_is_not_none() -> None:
    assert_reset(
        lines(cluster("non_secure"), "mixed"), "All phones (how many could not be read)", "the CTL file"
    )


def test_without_phones_there_is_nothing_to_reset() -> None:
    facts = counted(cluster("non_secure"), 0, 0)
    assert lines(facts, "mixed") == []
    assert phone_resets.since(counted(cluster("mixed"), 0, 0)) == []


def test_nothing_done_is_nothing_due() -> None:
    assert lines(counted(cluster("mixed"), 12, 0), "mixed") == []
    assert phone_resets.lines([]) == []


def test_a_run_that_finishes_another_knows_from_the_restarts() -> None:
    """The CTL file was written by a run that died; what is left are restarts, and the phones."""
    facts = counted(cluster("mixed"), 12, 0)
    facts = spoiled(facts, "services", SUB1, TFTP, to=service(started_at=BEFORE))
    assert [each["action"] for each in plan.plan(facts, "mixed")] == [f"restart {TFTP}"]
    assert_reset(lines(facts, "mixed"), "12 phones", "the CTL file")
    moving = spoiled(facts, "services", SUB1, TFTP, to=service(status="Starting"))
    assert lines(moving, "mixed")[0].startswith("12 phones must be reset")


def test_what_was_sent_and_not_confirmed_counts() -> None:
    facts = counted(cluster("mixed"), 12, 0)
    facts["unsettled"] = [{"command": "utils ctl update CTLFile"}]
    assert lines(facts, "mixed")[0].startswith("12 phones must be reset")


def test_sip_oauth_is_for_the_phones_that_use_it() -> None:
    facts = counted(audited("non_secure", "disabled"), 1200, 7)
    assert_reset(lines(facts, None, ON_SIP_OAUTH), "7 phones with SIP OAuth", "SIP OAuth mode or its ports")
    assert lines(counted(facts, 1200, 0), None, ON_SIP_OAUTH) == []
    both = lines(counted(facts, 1200, 7), "mixed", ON_SIP_OAUTH)
    assert_reset(both, "1,207 phones", "the CTL file, SIP OAuth mode or its ports")


def test_a_profile_is_for_the_phones_that_have_it() -> None:
    facts = counted(audited(), 40, 2)
    profile = {"module": "phone_security_profile", "name": DESK}
    other = {"module": "phone_security_profile", "name": "new"}
    assert_reset(
        phone_resets.lines(phone_resets.due([profile, other], facts)),
        f"40 phones of profile {DESK}",
        "a phone security profile",
    )
    assert len(phone_resets.due([profile, other], without(facts, "phone_profiles"))) == 2


@pytest.mark.parametrize("module", ["service_activation", "enterprise_parameter", "expressway_c"])
def test_what_no_phone_takes_in_resets_none(module: str) -> None:
    assert phone_resets.due([{"module": module, "name": "x"}], audited()) == []


@pytest.mark.parametrize(
    ("facts", "dated"),
    [
        (cluster("mixed"), [f"the CTL file of {MODIFIED.replace('T', ' ')} UTC"]),
        (cluster("non_secure"), []),
        (without(cluster("mixed"), "ctl_files"), []),
        (
            audited("mixed", "enabled"),
            [
                f"the CTL file of {MODIFIED.replace('T', ' ')} UTC",
                "with SIP OAuth, the Tomcat certificates valid since 2026-01-01 00:00:00 UTC",
            ],
        ),
        (audited("non_secure", "disabled"), []),
        # Before 14 the restart of CallManager brings phones to it.
        (spoiled(audited("non_secure", "enabled"), "release", to="12.5.1.17900-64"), []),
    ],
)
def test_what_phones_have_only_if_they_were_reset_since(facts: Facts, dated: list[str]) -> None:
    if "phone_profiles" in facts:
        facts = counted(facts, 5, 5)
    since = phone_resets.since(facts)
    assert len(since) == bool(dated)
    assert all(f": {'; '.join(dated)}." in line for line in since)


def test_the_plan_ends_with_what_is_left_and_why() -> None:
    facts = counted(cluster("non_secure"), 1200, 3)
    operations: list[dict[str, t.Any]] = plan.plan(facts, "mixed")
    *phones, rule = plan.afterwards(operations, facts)
    assert_reset(phones, "1,203 phones", "the CTL file")
    assert rule == (
        f"After a change of the CTL file: {TFTP}, {CALLMANAGER}, Cisco CTIManager (every release: TN118893, TN221657, CVD14, CVP)."
    )
    assert plan.afterwards([], facts) == []


MIXED_MODE = "utils ctl set-cluster mixed-mode"
TIME = "2026-03-10T10:05:00.000+01:00"


def waiting(facts: Facts, *changed: Facts) -> Facts:
    told = phone_resets.changes([{"time": TIME, "said": [], **each} for each in changed])
    return {**facts, "phone_changes": told}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"command": MIXED_MODE}, "1,203 phones have not been reset since the change of the CTL file"),
        ({"command": "utils ctl update CTLFile"}, "1,203 phones"),
        ({"command": "utils sipOAuth-mode enable"}, "3 phones with SIP OAuth"),
        ({"kind": "callmanager_ports", "name": "cm", "before": {}}, "3 phones with SIP OAuth"),
        ({"kind": "phone_security_profile", "name": DESK, "before": {}}, f"1,200 phones of profile {DESK}"),
    ],
)
def test_what_is_recorded_waits_for_its_phones(changed: Facts, said: str) -> None:
    (line,) = phone_resets.waiting_lines(waiting(counted(cluster(), 1200, 3), changed))
    assert line.startswith(said) and "2026-03-10 09:05 UTC" in line


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "phone_security_profile", "name": DESK, "before": None},
        {"kind": "enterprise_parameter", "name": "x", "before": "0"},
        {"kind": "phone_security_profile", "name": "nobody has it", "before": {}},
        {"command": "utils something else"},
    ],
    ids=["a new profile", "a parameter", "no phone", "another command"],
)
def test_what_no_phone_applies_waits_for_nobody(changed: Facts) -> None:
    assert phone_resets.waiting_lines(waiting(counted(cluster(), 1200, 3), changed)) == []


def test_a_change_for_all_phones_takes_in_the_others() -> None:
    facts = waiting(
        counted(cluster(), 10, 2), {"command": MIXED_MODE}, {"command": "utils sipOAuth-mode enable"}
    )
    (line,) = phone_resets.waiting_lines(facts)
    assert line.startswith("12 phones have not")
    assert len(facts["phone_changes"]) == 2


def test_further_changes_are_warned_of_and_not_stopped() -> None:
    def check(facts: Facts) -> tuple[str, str]:
        found = preflight.run(facts, preflight.Intent("mixed", {}, frozenset()))
        return next((each["verdict"], each["reason"]) for each in found if each["id"] == "phone_resets")

    facts = waiting(counted(cluster(), 10, 2), {"command": MIXED_MODE})
    verdict, reason = check(facts)
    assert verdict == "pass" and "warning: 12 phones" in reason and "certificates" in reason
    assert check(waiting(cluster()))[0] == "pass"
    assert check(without(cluster(), "phone_changes"))[0] == "not_applicable"


def test_whether_the_cluster_resets_phones_itself_is_named_as_it_is_stored() -> None:
    facts = {**counted(cluster("non_secure"), 10, 2), "phone_interaction": "T"}
    (line,) = phone_resets.by_the_cluster(facts)
    assert "stored as T" in line
    assert line in plan.afterwards(plan.plan(facts, "mixed"), facts)
    assert phone_resets.by_the_cluster(cluster()) == []
    assert line not in plan.afterwards(plan.plan({**facts, "security_mode": "mixed"}, None), facts)
