# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which change makes which service due, release by release."""

from __future__ import annotations

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.release import parse
from ansible_collections.ucops.cucm.plugins.module_utils._security import duties, plan, rules

from ..data.clusters import (
    AFTER,
    CALLMANAGER,
    CTIMANAGER,
    PUB,
    SUB1,
    SUB2,
    TFTP,
    Facts,
    service,
    sip_oauth_cluster,
)

HAPROXY = "Cisco HAProxy"
V115, V125, V14, V14SU1, V14SU2, V15, V15SU3 = RELEASES = (
    "11.5.1.18900-97",
    "12.5.1.17900-64",
    "14.0.1.10000-20",
    "14.0.1.11900-132",
    "14.0.1.12900(161)",
    "15.0.1.10100-41",
    "15.0.1.13900-155",
)
BEFORE_14, FROM_14SU1 = (V115, V125), (V14SU1, V14SU2, V15, V15SU3)
READERS = (TFTP, CALLMANAGER, CTIMANAGER)
ROWS = [
    *((rules.CTL_FILE, release, READERS, ("all",)) for release in RELEASES),
    *((rules.SIP_OAUTH_MODE, release, (CALLMANAGER,), ("sip_oauth",)) for release in RELEASES),
    *((rules.TOMCAT, release, (CALLMANAGER,), ()) for release in BEFORE_14),
    *((rules.TOMCAT, release, (), ("sip_oauth",)) for release in (V14, *FROM_14SU1)),
    *((rules.CALLMANAGER_RSA, release, (CALLMANAGER, CTIMANAGER), ("all",)) for release in BEFORE_14),
    (rules.CALLMANAGER_RSA, V14, (CALLMANAGER, CTIMANAGER, HAPROXY), ("all",)),
    *((rules.CALLMANAGER_RSA, release, (HAPROXY,), ("all",)) for release in FROM_14SU1),
    *((rules.CALLMANAGER_EC, release, (CALLMANAGER, CTIMANAGER), ("all",)) for release in BEFORE_14),
    (rules.CALLMANAGER_EC, V14, (CALLMANAGER, CTIMANAGER, HAPROXY), ("all",)),
    *((rules.CALLMANAGER_EC, release, (CALLMANAGER, HAPROXY), ("all",)) for release in FROM_14SU1),
    *((rules.CAPF_CERTIFICATE, release, (), ()) for release in (*BEFORE_14, V14)),
    *((rules.CAPF_CERTIFICATE, release, (HAPROXY,), ()) for release in FROM_14SU1),
    *((rules.PROFILE, release, (), ("profile",)) for release in RELEASES),
]


@pytest.mark.parametrize(("change", "release", "services", "phones"), ROWS)
def test_a_known_release_has_one_row(
    change: str, release: str, services: tuple[str, ...], phones: tuple[str, ...]
) -> None:
    found = rules.applying(change, {"release": release})
    assert (found.services, found.phones, found.doubt) == (services, phones, "")
    (rule,) = found.rules
    assert rule.source and rule.source in found.text


def test_every_row_is_tried() -> None:
    tried = {
        rule
        for change, release, *_more in ROWS
        for rule in rules.applying(change, {"release": release}).rules
    }
    assert tried == set(rules.TABLE)


@pytest.mark.parametrize(
    ("release", "doubt"),
    [
        (None, "The release was not read"),
        ("", "The release was not read"),
        ("nonsense", "release nonsense"),
        ("10.5.2.10000-5", "release 10.5.2"),
        ("16.0.1.10000-1", "release 16.0.1"),
    ],
)
def test_for_a_release_that_is_not_in_the_table_every_row_counts(release: str | None, doubt: str) -> None:
    for change in {rule.change for rule in rules.TABLE}:
        found, rows = (
            rules.applying(change, {"release": release}),
            [r for r in rules.TABLE if r.change == change],
        )
        assert list(found.rules) == rows
        assert (doubt in found.doubt and found.doubt in found.text) if len(rows) > 1 else not found.doubt
    assert rules.applying(rules.CALLMANAGER_RSA, {"release": release}).services == (
        CALLMANAGER,
        CTIMANAGER,
        HAPROXY,
    )


def test_a_build_that_was_not_told_has_the_rows_of_all_its_builds() -> None:
    found = rules.applying(rules.CALLMANAGER_RSA, {"release": "14.0"})
    assert found.services == (CALLMANAGER, CTIMANAGER, HAPROXY)
    assert "build of release 14.0" in found.doubt
    assert not rules.applying(rules.CALLMANAGER_RSA, {"release": "15.0"}).doubt


def test_the_rows_of_a_change_leave_no_release_out_and_do_not_overlap() -> None:
    for change in {rule.change for rule in rules.TABLE}:
        for text in RELEASES:
            assert sum(rule.fits(parse(text)) for rule in rules.TABLE if rule.change == change) == 1


# -- what the facts of a cluster make due ----------------------------------------------------------------

RENEWED = "2026-03-19T00:00:00"


def renewed(unit: str, release: str, names: tuple[str, ...] = (), mode: str = "enabled") -> Facts:
    """Return a cluster of a release with HAProxy on every node, a certificate of whose publisher was renewed since the services' start."""
    facts = sip_oauth_cluster(mode)
    for services in facts["services"].values():
        services[HAPROXY] = {**service(), "started_at_utc": AFTER}
    facts["release"] = release
    del facts["node_certificates"]
    facts["certificates"][unit] = {
        **facts["certificates"]["CallManager"],
        "not_before": RENEWED,
        "names": list(names),
    }
    return facts


def due(facts: Facts) -> list[tuple[str, str]]:
    return [
        (duty["node"], duty["service"]) for duty in duties.restart_duties(facts) if duty["state"] == "due"
    ]


@pytest.mark.parametrize(
    ("unit", "release", "services"),
    [
        ("CallManager", V125, (CALLMANAGER, CTIMANAGER)),
        ("CallManager", V14, (CALLMANAGER, CTIMANAGER, HAPROXY)),
        ("CallManager", V14SU1, (HAPROXY,)),
        ("CallManager", V15SU3, (HAPROXY,)),
        ("CallManager", "", (CALLMANAGER, CTIMANAGER, HAPROXY)),
        ("CallManager-ECDSA", V15SU3, (CALLMANAGER, HAPROXY)),
        ("TVS", V15SU3, ()),
    ],
)
def test_a_renewed_certificate_of_callmanager(unit: str, release: str, services: tuple[str, ...]) -> None:
    facts = renewed(unit, release, mode="disabled")
    assert due(facts) == [(PUB, name) for name in services]
    assert due(renewed(unit, release, (PUB, SUB2, "elsewhere"), mode="disabled")) == [
        (node, name) for name in services for node in (PUB, SUB2)
    ]
    facts["certificates"][unit]["not_before"] = AFTER
    assert due(facts) == []
    del facts["certificates"]
    assert due(facts) == []


@pytest.mark.parametrize(
    ("release", "mode", "nodes"),
    [(V14SU1, "enabled", (PUB, SUB1, SUB2)), (V14SU1, "disabled", ()), (V14, "enabled", ())],
)
def test_a_renewed_certificate_of_capf(release: str, mode: str, nodes: tuple[str, ...]) -> None:
    assert due(renewed("CAPF", release, mode=mode)) == [(node, HAPROXY) for node in nodes]


def test_the_plan_has_the_restart_its_reason_and_the_rule() -> None:
    facts = renewed("CallManager", V14SU2, mode="disabled")
    (operation,) = plan.plan(facts, None)
    assert (operation["node"], operation["action"], operation["disrupts"]) == (
        PUB,
        f"restart {HAPROXY}",
        True,
    )
    assert operation["why"] == f"its CallManager certificate was renewed {RENEWED} UTC, up since {AFTER} UTC"
    assert plan.afterwards([operation], facts)[-1] == (
        "After a change of the CallManager certificate: Cisco HAProxy (from 14SU1 on: SEC14-CERT, SEC15-CERT, RN14)."
    )
    # It is not forgotten when everything that reads the CTL file is restarted as well, and comes last.
    operations = plan.plan(facts, "mixed")
    assert (operations[-1]["node"], operations[-1]["action"]) == (PUB, f"restart {HAPROXY}")
    assert len([each for each in operations if each["disrupts"]]) == 10
