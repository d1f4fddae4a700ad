# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an operator's variables to what the plan and the checks are asked for."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.module_utils._security import plan, preflight
from ansible_collections.ucops.cucm.plugins.module_utils._security.sip_oauth import Desired
from ansible_collections.ucops.cucm.plugins.plugin_utils._settings import read

from ..data.clusters import REFRESH_LOGIN, SUB1, cluster, sip_oauth_cluster

WORDS = dict.fromkeys(
    ("export_restricted_image", "itlrecovery_backup", "registration_baseline", "maintenance_window"), True
)
MIXED = {"cucm_security_mode": "mixed", "cucm_attestations": WORDS}
SIP_OAUTH = {
    "cucm_sip_oauth_mode": "enabled",
    "cucm_sip_oauth_parameters": {REFRESH_LOGIN: "1"},
    "cucm_sip_oauth_edge_roots": [],
    "cucm_attestations": WORDS,
}
DESIRED = Desired("enabled", parameters={REFRESH_LOGIN: "1"}, edge_roots=[])


def test_what_is_not_written_has_its_default() -> None:
    found = read({"cucm_security_mode": "non_secure"})
    assert (found.security_mode, found.sip_oauth_mode, found.sip_oauth) == ("non_secure", None, {})
    assert found.consents == {"restarts": False, "outage": False}
    assert found.accept == []
    assert found.values["cucm_stable_for"] == 10


def test_texts_of_an_ini_inventory_are_read() -> None:
    found = read(
        {"cucm_sip_oauth_mode": "disabled", "cucm_consent_to_outage": "yes", "cucm_accept": "backup"}
    )
    assert (found.security_mode, found.sip_oauth_mode) == (None, "disabled")
    assert found.consents["outage"] is True and found.accept == ["backup"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cucm_security_mode": "secure"}, "cucm_security_mode: must be mixed, non_secure or unchanged"),
        ({"cucm_security_mode": True}, "cucm_security_mode: must be mixed, non_secure or unchanged"),
        ({**MIXED, "cucm_sip_oauth_mode": "on"}, "cucm_sip_oauth_mode: must be enabled"),
        ({**MIXED, "cucm_accept": ["licenze"]}, "licenze"),
        ({**MIXED, "cucm_attestations": {"licenze": True}}, "licenze"),
        ({**MIXED, "cucm_consent_to_restarts": "perhaps"}, "cucm_consent_to_restarts"),
        ({**MIXED, "cucm_sip_oauth_profiles": [{"sip_oauth": True}]}, "has no name"),
        ({**MIXED, "cucm_saved": "x"}, "cucm_saved"),
        ({}, "neither it nor cucm_sip_oauth_mode says what is wanted"),
        (None, "mapping"),
        ("mixed", "mapping"),
    ],
    ids=str,
)
def test_what_cannot_be_right_is_refused_by_its_name(given: t.Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(given)


def test_settings_differ_by_what_they_say_and_not_by_how_it_is_written() -> None:
    one = read(MIXED).digest
    assert one == read({**MIXED, "cucm_consent_to_restarts": "no", "cucm_accept": []}).digest
    changes = (
        {"cucm_security_mode": "non_secure"},
        {"cucm_consent_to_restarts": True},
        {"cucm_stable_for": 11},
    )
    assert len({one, *(read({**MIXED, **change}).digest for change in changes)}) == 4


def test_the_checks_are_asked_for_what_the_variables_say() -> None:
    facts = cluster("non_secure")
    assert read(MIXED).checks(facts) == preflight.run(facts, preflight.Intent("mixed", WORDS, frozenset()))
    given = {
        "cucm_accept": ["backup"],
        "cucm_auto_registration": "enabled",
        "cucm_backup_max_age_days": 0.5,
        "cucm_certificate_min_days": 4000,
        "cucm_ctl_provider_nodes": [SUB1],
    }
    intent = preflight.Intent(
        "mixed", WORDS, frozenset({"backup"}), "enabled", 0.5, 4000, ctl_provider_nodes=[SUB1]
    )
    found = read({**MIXED, **given}).checks(facts)
    assert found == preflight.run(facts, intent)
    # Each of them makes a difference.
    for name in given:
        assert (
            read({**MIXED, **{key: value for key, value in given.items() if key != name}}).checks(facts)
            != found
        ), name
    sip_oauth = sip_oauth_cluster("disabled")
    assert read(SIP_OAUTH).checks(sip_oauth) == preflight.run(
        sip_oauth, preflight.Intent(None, WORDS, frozenset(), sip_oauth=DESIRED)
    )


def test_the_plan_is_what_the_variables_ask_for() -> None:
    facts = cluster("non_secure")
    assert read(MIXED).operations(facts) == plan.plan(facts, "mixed") != []
    for nodes in ("all", [], [SUB1]):
        found = read({**MIXED, "cucm_ctl_provider_nodes": nodes}).operations(facts)
        assert found == plan.plan(facts, "mixed", ctl_provider_nodes=t.cast("list[str]", nodes))
    sip_oauth = sip_oauth_cluster("disabled")
    assert read(SIP_OAUTH).operations(sip_oauth) == plan.plan(sip_oauth, None, sip_oauth=DESIRED) != []
    desired = read(SIP_OAUTH).desired_sip_oauth(sip_oauth)
    assert desired and (desired.mode, desired.parameters) == ("enabled", DESIRED.parameters)
    assert read(MIXED).desired_sip_oauth(sip_oauth) is None


def test_a_node_that_the_cluster_has_not_is_refused() -> None:
    settings = read({**MIXED, "cucm_ctl_provider_nodes": ["nowhere"]})
    for ask in (settings.checks, settings.operations):
        with pytest.raises(InputError, match="cannot be at nowhere"):
            ask(cluster("non_secure"))
