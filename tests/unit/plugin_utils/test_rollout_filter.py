# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters say what the functions say, and refuse what does not exist."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.ucops.cucm.plugins.filter.rollout import FilterModule
from ansible_collections.ucops.cucm.plugins.module_utils._security import outside, phone_resets, plan
from ansible_collections.ucops.cucm.plugins.module_utils._security.sip_oauth import Desired
from ansible_collections.ucops.cucm.plugins.plugin_utils._settings import read

from ..data.clusters import (
    BEFORE,
    CALLMANAGER,
    REFRESH_LOGIN,
    SUB1,
    cluster,
    service,
    sip_oauth_cluster,
    spoiled,
)

FILTERS = FilterModule().filters()
WORDS = dict.fromkeys(
    ("export_restricted_image", "itlrecovery_backup", "registration_baseline", "maintenance_window"), True
)
MIXED = {"cucm_security_mode": "mixed", "cucm_attestations": WORDS}
SIP_OAUTH = {
    "cucm_sip_oauth_mode": "enabled",
    "cucm_sip_oauth_parameters": {REFRESH_LOGIN: "1"},
    "cucm_sip_oauth_edge_roots": [],
}
DESIRED = Desired("enabled", parameters={REFRESH_LOGIN: "1"}, edge_roots=[])
OFF = {"cucm_sip_oauth_mode": "disabled"}


def judged(
    facts: dict[str, t.Any], settings: dict[str, t.Any], missing: t.Sequence[str] = ()
) -> dict[str, t.Any]:
    """Return what the filter C(judged) does of it, as far as reports use it."""
    checks = {check["id"]: check for check in read(settings).checks(facts)}
    return {"checks": checks, "operations": read(settings).operations(facts), "missing": list(missing)}


@pytest.mark.parametrize("settings", ["mixed", {"cucm_security_mode": "mixed"}])
def test_the_checks_of_facts_at_hand(settings: t.Any) -> None:
    """People who have saved facts, and no cluster, ask for them by one word."""
    facts = cluster("non_secure")
    checks = FILTERS["preflight_checks"](facts, settings)
    assert checks == read({"cucm_security_mode": "mixed"}).checks(facts)
    assert {check["id"]: check["verdict"] for check in checks}["publisher"] == "pass"


def test_a_mode_that_does_not_exist_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="secure"):
        FILTERS["preflight_checks"](cluster(), "secure")


def test_the_checks_as_lines() -> None:
    facts = spoiled(cluster("non_secure"), "rollback_to_pre_8", to=True)
    found = judged(facts, MIXED)
    report = FILTERS["preflight_report"](found)
    assert len(report) == len(found["checks"])
    assert report[11].startswith("12. fail           Not prepared for rollback")
    more = judged(sip_oauth_cluster("disabled"), SIP_OAUTH)
    assert len(FILTERS["preflight_report"](more)) == len(more["checks"]) > len(report)


def test_the_plan_as_lines() -> None:
    facts = cluster("non_secure")
    operations = plan.plan(facts, "mixed")
    headline, *steps = plan.describe(operations, "lab", "mixed")
    lines = [
        headline,
        "  security mode: non_secure, to become mixed",
        "  SIP OAuth mode: stays disabled (not asked for)",
        *steps,
        *(
            f"  {line}"
            for line in [*plan.afterwards(operations, facts), *outside.afterwards(operations, facts)]
        ),
    ]
    assert any(line.startswith("  All phones (how many could not be read) must be reset") for line in lines)
    assert FILTERS["rollout_report"](judged(facts, MIXED), "lab", facts, MIXED) == lines
    report = FILTERS["rollout_report"](judged(facts, MIXED, ["a consent"]), "lab", facts, MIXED)
    assert report == [*lines, "Missing before it can be carried out:", "  - a consent"]
    both = {**MIXED, **SIP_OAUTH}
    more = sip_oauth_cluster("disabled")
    report = FILTERS["rollout_report"](judged(more, both), "lab", more, both)
    assert report[0].startswith("lab: to reach mixed and SIP OAuth enabled, 13 operation(s):")


def test_after_the_change() -> None:
    facts = spoiled(cluster(), "services", SUB1, CALLMANAGER, to=service(started_at=BEFORE))
    assert FILTERS["mode_findings"](facts, MIXED) == plan.findings(facts, "mixed") != []
    assert FILTERS["mode_findings"](cluster(), MIXED) == []
    off = sip_oauth_cluster("disabled")
    assert FILTERS["mode_findings"](off, SIP_OAUTH) == plan.findings(off, None, DESIRED) != []
    assert FILTERS["goal"](SIP_OAUTH) == "SIP OAuth enabled"


def test_what_stays_is_told_with_the_plan_and_with_the_proof() -> None:
    facts = sip_oauth_cluster("disabled")
    stays = "3 certificate(s) stay in the phone-edge trust store: no interface removes them."
    assert FILTERS["rollout_report"](judged(facts, OFF, ["consent"]), "lab", facts, OFF) == [
        "lab: SIP OAuth disabled already, nothing to do.",
        "  security mode: stays non_secure (not asked for)",
        "  SIP OAuth mode: disabled already",
        f"  {stays}",
        "Missing before it can be carried out:",
        "  - consent",
    ]
    assert FILTERS["proof_report"](facts, "lab", OFF) == (
        "lab is SIP OAuth disabled: the database, the ports every CallManager listens on and the services agree, "
        f"and nothing is left to do on its nodes. {stays}"
    )
    assert FILTERS["proof_report"](cluster(), "lab", MIXED) == (
        "lab is mixed: the database, the CTL file of every node and the services agree, and nothing is left to do on its nodes. "
        f"{phone_resets.since(cluster())[0]}"
    )


def test_what_is_read_is_enough_for_what_is_decided() -> None:
    """SIP OAuth is read only when it is asked for, and then every fact a decision misses is read."""
    for name in ("preflight_subsets", "proof_subsets"):
        less, more = FILTERS[name](MIXED), FILTERS[name](SIP_OAUTH)
        assert set(more) - set(less) == {
            "parameters",
            "callmanagers",
            "expressway_c",
            "security_profiles",
            "tomcat",
            "trust_stores",
        }
        assert {"version", "modes", "services", "ctl_files", "listening"} <= set(less) < set(more)
    assert set(FILTERS["restart_subsets"](MIXED)) == {
        "version",
        "modes",
        "services",
        "ctl_files",
        "certificates",
        "node_certificates",
    }
    assert set(FILTERS["restart_subsets"](SIP_OAUTH)) == {
        *FILTERS["restart_subsets"](MIXED),
        "listening",
        "callmanagers",
        "tomcat",
    }
    assert "health" in FILTERS["preflight_subsets"](MIXED) and "health" not in FILTERS["proof_subsets"](MIXED)


WRONG = {**MIXED, "cucm_security_mode": "secure"}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("preflight_subsets", ()),
        ("restart_subsets", ()),
        ("proof_subsets", ()),
        ("goal", ()),
        ("rollout_report", ({}, "lab", cluster())),
        ("mode_findings", (cluster(),)),
        ("proof_report", (cluster(), "lab")),
    ],
)
def test_what_cannot_be_wanted_is_an_error_of_the_filter(name: str, arguments: tuple[t.Any, ...]) -> None:
    with pytest.raises(AnsibleFilterError, match="'secure'"):
        FILTERS[name](*arguments, WRONG)


def test_what_cannot_be_wanted_together_is_an_error_of_the_filter_too() -> None:
    both = {**SIP_OAUTH, "cucm_expressway_c": [{"host": "exp-c"}, {"host": "EXP-C"}]}
    with pytest.raises(AnsibleFilterError, match="EXP-C is in entries twice"):
        FILTERS["mode_findings"](sip_oauth_cluster("enabled"), both)
