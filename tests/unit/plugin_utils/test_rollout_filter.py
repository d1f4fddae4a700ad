# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters say what the functions say, and refuse what does not exist."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.ucops.cucm.plugins.filter.rollout import FilterModule
from ansible_collections.ucops.cucm.plugins.module_utils._security import plan, preflight
from ansible_collections.ucops.cucm.plugins.module_utils._security.sip_oauth import Desired

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


def test_preflight() -> None:
    facts = spoiled(cluster("non_secure"), "rollback_to_pre_8", to=True)
    checks = FILTERS["preflight_checks"](facts, "mixed", attestations=WORDS)
    assert checks == preflight.run(facts, preflight.Intent("mixed", WORDS, frozenset()))
    (blocking,) = FILTERS["preflight_blocking"](checks)
    assert blocking.startswith("rollback_flag (fail): ")
    report = FILTERS["preflight_report"](checks)
    assert len(report) == len(checks)
    assert report[11].startswith("12. fail           Not prepared for rollback")
    accepted = FILTERS["preflight_checks"](facts, "mixed", attestations=WORDS, accept=["rollback_flag"])
    assert FILTERS["preflight_blocking"](accepted) == []
    late = FILTERS["preflight_checks"](
        cluster("non_secure"), "mixed", attestations=WORDS, backup_max_age_days=0.5
    )
    assert [line.split()[0] for line in FILTERS["preflight_blocking"](late)] == ["backup"]


@pytest.mark.parametrize("intent", [{"accept": ["licenze"]}, {"attestations": {"licenze": True}}])
def test_a_check_that_does_not_exist_is_refused(intent: dict[str, object]) -> None:
    with pytest.raises(AnsibleFilterError, match="licenze"):
        FILTERS["preflight_checks"](cluster(), "mixed", **intent)


def test_rollout() -> None:
    facts = cluster("non_secure")
    operations = FILTERS["rollout_plan"](facts, "mixed", ctl_provider_nodes="all")
    assert operations == plan.plan(facts, "mixed", ctl_provider_nodes="all")
    missing = FILTERS["missing_consents"](operations, facts, restarts=False, outage=False)
    assert len(missing) == 1
    assert FILTERS["missing_consents"](operations, facts, restarts=True) == []
    headline, *steps = plan.describe(operations, "lab", "mixed")
    lines = [
        headline,
        "  security mode: non_secure, to become mixed",
        "  SIP OAuth mode: stays disabled (not asked for)",
        *steps,
        *(f"  {line}" for line in plan.afterwards(operations, facts)),
    ]
    assert lines[-3].startswith("  All phones (how many could not be read) must be reset")
    assert FILTERS["rollout_report"](operations, "lab", facts, "mixed") == lines
    report = FILTERS["rollout_report"](operations, "lab", facts, "mixed", missing=missing)
    assert report == [*lines, "Missing before it can be carried out:", f"  - {missing[0]}"]


def test_where_the_ctl_provider_goes() -> None:
    facts = cluster("non_secure")
    assert FILTERS["rollout_plan"](facts, "mixed", ctl_provider_nodes=[]) == plan.plan(
        facts, "mixed", ctl_provider_nodes=[]
    )
    (services,) = [
        check
        for check in FILTERS["preflight_checks"](facts, "mixed", ctl_provider_nodes=[SUB1])
        if check["id"] == "services"
    ]
    assert services["reason"].endswith(f"at {SUB1}")
    for name in ("rollout_plan", "preflight_checks"):
        with pytest.raises(AnsibleFilterError, match="not 'nowhere'"):
            FILTERS[name](facts, "mixed", ctl_provider_nodes="nowhere")


def test_after_the_change() -> None:
    facts = spoiled(cluster(), "services", SUB1, CALLMANAGER, to=service(started_at=BEFORE))
    assert FILTERS["mode_findings"](facts, "mixed") == plan.findings(facts, "mixed") != []
    assert FILTERS["mode_findings"](cluster(), "mixed") == []


GIVEN = {"mode": "enabled", "parameters": {REFRESH_LOGIN: "1"}, "edge_roots": []}
DESIRED = Desired("enabled", parameters={REFRESH_LOGIN: "1"}, edge_roots=[])


def test_sip_oauth_reaches_every_filter() -> None:
    facts = sip_oauth_cluster("disabled")
    checks = FILTERS["preflight_checks"](facts, "unchanged", sip_oauth=GIVEN, attestations=WORDS)
    assert checks == preflight.run(facts, preflight.Intent(None, WORDS, frozenset(), sip_oauth=DESIRED))
    assert len(FILTERS["preflight_report"](checks)) == len(checks)
    assert FILTERS["preflight_blocking"](checks) == []
    operations = FILTERS["rollout_plan"](facts, "unchanged", sip_oauth=GIVEN)
    assert operations == plan.plan(facts, None, sip_oauth=DESIRED) != []
    assert FILTERS["goal"]("unchanged", GIVEN) == "SIP OAuth enabled"
    report = FILTERS["rollout_report"](operations, "lab", facts, "mixed", GIVEN)
    assert report[0].startswith("lab: to reach mixed and SIP OAuth enabled, 4 operation(s):")
    assert FILTERS["mode_findings"](facts, "unchanged", GIVEN) == plan.findings(facts, None, DESIRED) != []


def test_what_stays_is_told_with_the_plan_and_with_the_proof() -> None:
    facts, off = sip_oauth_cluster("disabled"), {"mode": "disabled"}
    stays = "3 certificate(s) stay in the phone-edge trust store: no interface removes them."
    assert FILTERS["rollout_report"]([], "lab", facts, "unchanged", off, ["consent"]) == [
        "lab: SIP OAuth disabled already, nothing to do.",
        "  security mode: stays non_secure (not asked for)",
        "  SIP OAuth mode: disabled already",
        f"  {stays}",
        "Missing before it can be carried out:",
        "  - consent",
    ]
    assert FILTERS["proof_report"](facts, "lab", "unchanged", off) == (
        "lab is SIP OAuth disabled: the database, the ports every CallManager listens on and the services agree, "
        f"and nothing is left to do on its nodes. {stays}"
    )
    assert FILTERS["proof_report"](cluster(), "lab", "mixed") == (
        "lab is mixed: the database, the CTL file of every node and the services agree, and nothing is left to do on its nodes. "
        "What phones have only if they were reset since: the CTL file of 2026-03-10 10:00:00 UTC. Whether they were is not read: "
        "until you know, renew no certificate."
    )


def test_what_is_read_is_enough_for_what_is_decided() -> None:
    """SIP OAuth is read only when it is asked for, and then every fact a decision misses is read."""
    for name in ("preflight_subsets", "proof_subsets"):
        less, more = FILTERS[name]("mixed"), FILTERS[name]("unchanged", GIVEN)
        assert set(more) - set(less) == {
            "parameters",
            "callmanagers",
            "expressway_c",
            "security_profiles",
            "tomcat",
            "trust_stores",
        }
        assert {"version", "modes", "services", "ctl_files", "listening"} <= set(less) < set(more)
    assert set(FILTERS["restart_subsets"]()) == {
        "version",
        "modes",
        "services",
        "ctl_files",
        "certificates",
    }
    assert set(FILTERS["restart_subsets"](GIVEN)) == {
        *FILTERS["restart_subsets"](),
        "listening",
        "callmanagers",
        "tomcat",
    }
    assert "health" in FILTERS["preflight_subsets"]("mixed") and "health" not in FILTERS["proof_subsets"](
        "mixed"
    )


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("preflight_subsets", ("secure",), "'secure'"),
        ("proof_subsets", ("secure",), "'secure'"),
        ("goal", ("secure",), "'secure'"),
        ("rollout_plan", (cluster(), "secure"), "'secure'"),
        ("preflight_checks", (cluster(), "mixed", {"mode": "on"}), "'on'"),
        ("rollout_report", ([], "lab", cluster(), "mixed", {"mode": "on"}), "'on'"),
        ("mode_findings", (cluster(), "mixed", {"mode": "on"}), "'on'"),
        ("proof_report", (cluster(), "lab", "mixed", {"mode": "on"}), "'on'"),
    ],
)
def test_what_cannot_be_wanted_is_an_error_of_the_filter(
    name: str, arguments: tuple[object, ...], said: str
) -> None:
    with pytest.raises(AnsibleFilterError, match=said):
        FILTERS[name](*arguments)
