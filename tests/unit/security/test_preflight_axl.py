# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The permissions of the AXL account are known before it is used, as far as its roles show them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._security import plan, preflight
from ansible_collections.ucops.cucm.plugins.module_utils._security import sip_oauth as oauth
from ansible_collections.ucops.cucm.plugins.module_utils._security.preflight_axl import may_control, may_write
from ansible_collections.ucops.cucm.plugins.module_utils._security.sip_oauth import Desired

from ..data.clusters import (
    AFTER,
    BEFORE,
    CALLMANAGER,
    REFRESH_LOGIN,
    SUB1,
    cluster,
    service,
    sip_oauth_cluster,
    spoiled,
    without,
)

WRITES, READS_AXL, LOGS_IN = (
    "Standard AXL API Access",
    "Standard AXL Read Only API Access",
    "Standard AXL API Users",
)
ADMIN_USERS, CONTROLS, VIEWS = (
    "Standard CCM Admin Users",
    "Standard SERVICEABILITY Administration",
    "Standard SERVICEABILITY Read Only",
)
READER = [LOGS_IN, READS_AXL, ADMIN_USERS, VIEWS]
OWN = "Site operators"
# Services are activated and restarted, and nothing is written by AXL.
SERVICES_ONLY = cluster("non_secure")
IS_OFF = sip_oauth_cluster("disabled")
# A parameter is written by AXL, and CallManager restarted.
WITH_WRITES = Desired("enabled", parameters={REFRESH_LOGIN: "2"}, edge_roots=[])


def judged(
    facts: t.Any, roles: t.Any, mode: str | None = "mixed", sip_oauth: Desired | None = None, **attested: bool
) -> dict[str, t.Any]:
    """Return the check of a cluster whose AXL account has these roles (None: they were not read)."""
    facts = {**facts, "axl_roles": roles, "accounts": {"axl": "axlread", "cli": "admin"}}
    if roles is None:
        facts = without(facts, "axl_roles")
    intent = preflight.Intent(mode, attested, frozenset(), sip_oauth=sip_oauth)
    return next(check for check in preflight.run(facts, intent) if check["id"] == "axl_account")


@pytest.mark.parametrize(
    ("roles", "writes", "controls"),
    [
        ([WRITES], True, None),
        ([WRITES, ADMIN_USERS, CONTROLS], True, True),
        ([WRITES, READS_AXL], True, None),
        ([WRITES, OWN], True, None),
        ([OWN], None, None),
        ([OWN, READS_AXL], None, None),
        ([], None, None),
        (READER, False, False),
        ([LOGS_IN, READS_AXL], False, False),
        ([*READER, CONTROLS], False, True),
        ([READS_AXL, "Standard SERVICEABILITY"], False, True),
        # A role with a standard name in another case is a custom role.
        ([WRITES.lower()], None, None),
        (["Standard CTI Enabled", READS_AXL], None, None),
        # They change services as well, and not as Control Center's interface is documented.
        ([READS_AXL, "Standard System Service Management"], False, None),
    ],
)
def test_what_roles_allow(roles: list[str], writes: bool | None, controls: bool | None) -> None:
    assert (may_write(roles), may_control(roles)) == (writes, controls)


@pytest.mark.parametrize(
    ("facts", "mode", "sip_oauth"),
    [
        (SERVICES_ONLY, "mixed", None),
        (IS_OFF, None, WITH_WRITES),
        (IS_OFF, "mixed", WITH_WRITES),
    ],
)
def test_an_account_with_the_roles_of_the_guide_passes(
    facts: t.Any, mode: str | None, sip_oauth: Desired | None
) -> None:
    found = judged(facts, [WRITES, ADMIN_USERS, CONTROLS], mode, sip_oauth)
    assert (found["verdict"], "warning" in found["reason"]) == ("pass", False)


@pytest.mark.parametrize("roles", [None, [], READER, [OWN]])
@pytest.mark.parametrize(
    ("facts", "mode", "sip_oauth"),
    [
        (cluster("mixed"), "mixed", None),
        (SERVICES_ONLY, None, None),
        (IS_OFF, "non_secure", Desired("disabled")),
    ],
)
def test_whoever_changes_nothing_may_only_read(
    facts: t.Any, mode: str | None, sip_oauth: Desired | None, roles: t.Any
) -> None:
    assert judged(facts, roles, mode, sip_oauth)["verdict"] == "not_applicable"


def test_waiting_for_a_service_changes_nothing() -> None:
    facts = spoiled(cluster("mixed"), "services", SUB1, CALLMANAGER, to=service(status="Starting"))
    operations = plan.plan(facts, "mixed")
    assert [each["action"] for each in operations] == [f"wait for {CALLMANAGER}"]
    assert judged(facts, READER)["verdict"] == "not_applicable"


def test_a_record_that_is_closed_writes_nothing_into_the_cluster() -> None:
    item = {"purpose": oauth.PURPOSE, "kind": oauth.PARAMETER, "name": f"Enterprise Wide/{REFRESH_LOGIN}"}
    now = IS_OFF["parameters"][REFRESH_LOGIN]
    for before, verdict in ((now, "not_applicable"), ("0", "fail")):
        facts = {**IS_OFF, "recorded": [{**item, "before": before, "steps": [now]}]}
        assert len(plan.plan(facts, None, sip_oauth=Desired("disabled"))) == 1
        assert judged(facts, READER, None, Desired("disabled"))["verdict"] == verdict


def test_a_reader_is_told_what_it_lacks_before_the_first_change() -> None:
    found = judged(IS_OFF, READER, None, WITH_WRITES)
    assert found["verdict"] == "fail"
    assert f"the AXL account axlread has the roles {', '.join(READER)}" in found["reason"]
    assert f"set {REFRESH_LOGIN} to 2" in found["reason"]
    assert f"restart {CALLMANAGER}" in found["reason"]
    assert f"{WRITES} and {CONTROLS}" in found["remedy"] and "cucm_axl_username" in found["remedy"]
    # Nobody can vouch against what was read.
    assert judged(IS_OFF, READER, None, WITH_WRITES, axl_account=True)["verdict"] == "fail"


@pytest.mark.parametrize(
    ("roles", "verdict", "lacking"),
    [
        (READER, "fail", CONTROLS),
        ([*READER, CONTROLS], "pass", ""),
        ([LOGS_IN, READS_AXL, "Standard SERVICEABILITY"], "pass", ""),
    ],
)
def test_mixed_mode_writes_nothing_by_axl(roles: list[str], verdict: str, lacking: str) -> None:
    found = judged(SERVICES_ONLY, roles)
    assert found["verdict"] == verdict
    assert lacking in found["remedy"] and WRITES not in found["remedy"]
    assert "warning" not in found["reason"]


def test_a_restart_alone_is_control_centers() -> None:
    facts = spoiled(cluster("mixed"), "services", SUB1, CALLMANAGER, "started_at", to=BEFORE)
    assert BEFORE < AFTER
    found = judged(facts, READER, None)
    assert (found["verdict"], CONTROLS in found["remedy"]) == ("fail", True)


@pytest.mark.parametrize(
    ("roles", "said"),
    [([OWN], OWN), ([READS_AXL, OWN], OWN), ([], "lists no role"), (None, "were not read")],
)
def test_what_a_custom_role_allows_is_the_operators_word(roles: t.Any, said: str) -> None:
    found = judged(IS_OFF, roles, None, WITH_WRITES)
    assert found["verdict"] == "unknown"
    assert said in found["reason"] and f"set {REFRESH_LOGIN} to 2" in found["reason"]
    assert "cucm_attestations: {axl_account: true}" in found["remedy"]
    assert judged(IS_OFF, roles, None, WITH_WRITES, axl_account=True)["verdict"] == "attested"


@pytest.mark.parametrize("roles", [[OWN], [WRITES], [WRITES, ADMIN_USERS], [], None])
def test_what_control_center_makes_of_other_roles_is_a_warning(roles: t.Any) -> None:
    found = judged(SERVICES_ONLY, roles)
    assert (found["verdict"], "warning: it is not known whether Control Center" in found["reason"]) == (
        "pass",
        True,
    )


def test_a_reading_role_beside_the_writing_one_is_a_warning() -> None:
    found = judged(IS_OFF, [WRITES, READS_AXL, CONTROLS], None, WITH_WRITES)
    assert (found["verdict"], f"warning: {READS_AXL} counts" in found["reason"]) == ("pass", True)
    assert "warning" not in judged(SERVICES_ONLY, [WRITES, READS_AXL, CONTROLS])["reason"]


def test_tables_that_are_refused_are_unknown_with_their_reason() -> None:
    facts = {**IS_OFF, "unavailable": {"axl_roles": "product_fault: The specified table is not there"}}
    found = judged(facts, None, None, WITH_WRITES)
    assert (found["verdict"], found["causes"]) == ("unknown", [])
    assert "The specified table is not there" in found["reason"]
    assert judged(facts, None, None, WITH_WRITES, axl_account=True)["verdict"] == "attested"


def test_nobody_vouches_for_what_a_connection_would_have_told() -> None:
    cause = {
        "code": "connection_failed",
        "message": "gone",
        "remedy": "",
        "interface": "https",
        "node": "ucm-pub",
        "port": 8443,
        "reason": "No route to host",
    }
    facts = {
        **IS_OFF,
        "unavailable": {"axl_roles": "connection_failed: gone"},
        "unavailable_causes": {"axl_roles": cause},
    }
    found = judged(facts, None, None, WITH_WRITES, axl_account=True)
    assert (found["verdict"], len(found["causes"])) == ("unknown", 1)


def test_without_the_services_it_is_not_known_what_is_to_be_done() -> None:
    assert judged(without(SERVICES_ONLY, "services"), READER)["verdict"] == "unknown"
