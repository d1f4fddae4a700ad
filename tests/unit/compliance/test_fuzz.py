# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts and configurations of any form: nothing breaks down, and what has not its form is as good as not read."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results, site
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.case import VERDICTS
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import BUILT_IN
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.judges import JUDGES
from ansible_collections.ucops.cucm.plugins.module_utils._facts import model

from ..data.clusters import DESK, PUB, SUB1, TRUNKS, Facts, audited
from ..data.verdicts import CLUSTER, GONE, MOMENT, changed

ALL = {
    "sip_oauth_mode": "enabled",
    "parameters": {"oAuthWithRefreshLoginFlow": "1"},
    "expressway_c": [{"host": "exp-c1"}],
    "expressway_c_exactly": True,
    "edge_roots": [],
    "fips_mode": "enabled",
    "directory_logins": "required",
}
FACTS = [name for subset in model.SUBSETS for name in model.bring(subset)] + [
    "unsettled",
    "phone_changes",
]
PER_NODE = {fact.name for fact in model.FACTS if isinstance(fact, model.PerNode)}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


def verdicts(facts: t.Any, intent: t.Any = None) -> dict[str, str]:
    """Return the verdicts of all controls (by ALL when no intent is given), and see that none came about by a breakdown."""
    found = results.judge_cluster(facts, {"intent": ALL if intent is None else intent}, CLUSTER, MOMENT)
    for each in found:
        assert "could not be judged" not in each["reason"], each
        assert each["verdict"] in VERDICTS and each["reason"].isprintable()
    return {each["control"]: each["verdict"] for each in found}


def kind(value: t.Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(type(value))
    return "number" if isinstance(value, (int, float)) else str(type(value))


def places(value: t.Any, place: tuple[t.Any, ...] = ()) -> t.Iterator[tuple[t.Any, ...]]:
    """Yield every place of facts."""
    items: t.Iterable[tuple[t.Any, t.Any]] = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, item in items:
        yield (*place, key)
        yield from places(item, (*place, key))


CLUSTERS = {modes: audited(*modes) for modes in (("mixed", "disabled"), ("mixed", "enabled"))}
PLACES = [(modes, place) for modes, facts in CLUSTERS.items() for place in places(facts) if place[0] in FACTS]


def unit(place: tuple[t.Any, ...]) -> tuple[t.Any, ...]:
    """Return what is taken out when something at a place has not its form."""
    if place[0] in PER_NODE:
        return place[:2]
    if place[0] == "health":
        return place[: 3 if place[1:2] == ("nodes",) else 2]
    return place[:1]


def at(facts: t.Any, place: tuple[t.Any, ...]) -> t.Any:
    for key in place:
        facts = facts[key]
    return facts


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(PLACES), ANYTHING)
def test_what_has_not_its_form_is_as_good_as_not_read(
    where: tuple[tuple[str, str], tuple[t.Any, ...]], wrong: t.Any
) -> None:
    """Anywhere in the facts: a value of another type changes verdicts to those without it, or none at all."""
    modes, place = where
    facts = CLUSTERS[modes]
    if wrong is None or kind(wrong) == kind(at(facts, place)):
        return
    after = verdicts(changed(facts, [(place, wrong)]))
    before, unread = verdicts(facts), verdicts(changed(facts, [(unit(place), GONE)]))
    for control, verdict in after.items():
        assert verdict in (before[control], unread[control]), (control, place, wrong)
    if place == unit(place) and place[0] not in model.GROUPS:
        assert after == unread


@pytest.mark.parametrize(
    ("control", "place"),
    [
        ("cluster-security-mode", ("security_mode",)),
        ("phones-secure", ("phone_profiles", DESK, "phones")),
        ("phones-secure", ("phone_profiles", DESK, "certificates_installed")),
        ("phones-secure", ("phone_profiles", DESK, "sip_oauth")),
        ("phone-certificates", ("phone_profiles", DESK, "certificates_failed")),
        ("sip-trunks-secure", ("sip_trunk_profiles", TRUNKS, "trunks")),
        ("sip-trunks-secure", ("sip_trunk_profiles", TRUNKS, "outgoing_transport")),
        ("tftp-encrypted-config", ("phone_profiles", DESK, "tftp_encrypted_config")),
        ("profile-key-size", ("phone_profiles", DESK, "key_size")),
        ("phone-edge-trust", ("trust_stores", "tomcat", SUB1, "tomcat", "root")),
        ("sip-oauth-ports", ("callmanagers", SUB1, "ports", "sip_oauth")),
        ("capf-running", ("services", PUB, "Cisco Certificate Authority Proxy Function", "activated")),
        ("services-up", ("services", SUB1, "Cisco Tftp", "status")),
        ("ctl-present", ("ctl_files", SUB1, "present")),
        ("ctl-verified", ("ctl_files", SUB1, "verified")),
        ("ctl-equal", ("ctl_files", SUB1, "sha1")),
        ("ctl-fits-mode", ("ctl_files", SUB1, "records", 1, "has_certificate")),
        ("ctl-signer", ("ctl_files", PUB, "signer_serial")),
        ("no-restart-due", ("services", SUB1, "Cisco Tftp", "started_at")),
        ("no-restart-due", ("ctl_files", SUB1, "modified_at")),
        ("no-unsettled-command", ("unsettled",)),
        ("licence-registered", ("licence", "registered")),
        ("licence-authorized", ("licence", "authorization")),
        ("licence-export-control", ("licence", "export_allowed")),
        ("publisher-certificates-expiry", ("certificates", "TVS", "not_after")),
        ("publisher-key-size", ("certificates", "TVS", "key_bits")),
        ("tomcat-certificates-expiry", ("tomcat", SUB1, "tomcat", "not_after")),
        ("itlrecovery-key-size", ("certificates", "ITLRecovery", "key_bits")),
        ("node-certificates-expiry", ("node_certificates", SUB1, "TVS", "not_after")),
        ("node-key-size", ("node_certificates", SUB1, "ipsec", "key_bits")),
        ("trust-certificates-expiry", ("trust_certificates", 0, "not_after")),
        ("certificates-agree", ("node_certificates", SUB1, "tomcat", "serial")),
        ("itl-size", ("node_certificates",)),
        ("not-prepared-for-rollback", ("rollback_to_pre_8",)),
        ("auto-registration", ("auto_registration", "CM_1")),
        ("tls-minimum", ("tls_minimum", SUB1)),
        ("account-lockout", ("account_locking", SUB1, "enabled")),
        ("account-lockout", ("account_locking", SUB1, "attempts")),
        ("session-limit", ("session_limit", SUB1)),
        ("fips-mode", ("fips", SUB1)),
        ("backup-age", ("health", "last_backup")),
        ("no-upgrade-running", ("health", "upgrade_running")),
        ("ntp-synchronised", ("health", "nodes", SUB1, "ntp_synchronised")),
        ("disk-space", ("health", "nodes", SUB1, "disk_free_percent", "active")),
        ("database-replication", ("replication", "good")),
        ("nodes-authenticated", ("network", SUB1)),
        ("nodes-authenticated", ("nodes", 0, "address")),
    ],
)
@pytest.mark.parametrize(
    "wrong", ["", "x", "false", 0, 1, -1, 1.5, float("nan"), True, False, [], {}, [0], {"a": 1}]
)
def test_a_needed_value_of_a_wrong_type_never_passes(
    control: str, place: tuple[t.Any, ...], wrong: t.Any
) -> None:
    facts = CLUSTERS["mixed", "enabled"]
    if place[0] in ("certificates", "tomcat"):
        # What the database has of a certificate is another witness, that would do.
        facts = changed(facts, [(("node_certificates",), GONE)])
    right = at(facts, place)
    assert verdicts(facts)[control] == "pass"
    if kind(right) == kind(wrong):
        return
    assert verdicts(changed(facts, [(place, wrong)]))[control] in ("unknown", "fail", "contradiction")


def test_what_is_of_the_right_type_and_no_sense() -> None:
    facts = CLUSTERS["mixed", "enabled"]
    for place, wrong in (
        (("phone_profiles", DESK, "phones"), -1),
        (("certificates", "TVS", "not_after"), "tomorrow"),
        (("certificates", "TVS", "not_after"), "2030-01-01T00:00:00+02:00"),
        (("health", "nodes", SUB1, "disk_free_percent", "active"), float("nan")),
        (("health", "nodes", SUB1, "disk_free_percent", "active"), float("inf")),
        (("session_limit", SUB1), 10**400),
        (("nodes", 0, "name"), ""),
    ):
        found = verdicts(changed(facts, [(place, wrong)]))
        assert found == verdicts(changed(facts, [(unit(place), GONE)])), (place, wrong)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from([*FACTS, "unavailable", "duties", "contradictions"]), ANYTHING))
def test_any_facts_are_judged(facts: Facts) -> None:
    before = copy.deepcopy(facts)
    verdicts(facts)
    json.dumps(results.judge_cluster(facts, {}, CLUSTER, MOMENT))
    assert repr(facts) == repr(before)


@pytest.mark.parametrize("facts", [None, [], "x", 7, {}, {"unavailable": 7}, {7: 8}])
def test_what_is_no_facts_is_not_known(facts: t.Any) -> None:
    assert set(verdicts(facts, {}).values()) <= {"unknown", "not_applicable"}


NAMES = st.sampled_from([*BUILT_IN, "own", "x"])
OPTIONS = st.dictionaries(
    st.sampled_from(sorted({name for judge in JUDGES.values() for name in judge.options})),
    ANYTHING,
    max_size=3,
)
ENTRIES = st.fixed_dictionaries(
    {"id": NAMES | ANYTHING},
    optional={
        "title": st.just("x") | ANYTHING,
        "severity": st.just("low") | ANYTHING,
        "judge": st.sampled_from(list(JUDGES)) | ANYTHING,
        "with": OPTIONS | ANYTHING,
        "enabled": st.booleans() | ANYTHING,
        "reads": ANYTHING,
        "references": ANYTHING,
    },
)
WAIVERS = st.fixed_dictionaries(
    {},
    optional={
        "control": NAMES | ANYTHING,
        "clusters": st.just("*") | ANYTHING,
        "reason": st.just("x") | ANYTHING,
        "owner": st.just("x") | ANYTHING,
        "expires": st.dates() | st.datetimes() | ANYTHING,
    },
)
INTENTS = st.dictionaries(
    st.sampled_from([*ALL, "security_mode", "clusters", "sip_oauth_ports"]), ANYTHING, max_size=4
)
CONFIGURATIONS = (
    st.fixed_dictionaries(
        {},
        optional={
            "controls": st.lists(ENTRIES | ANYTHING, max_size=3) | ANYTHING,
            "waivers": st.lists(WAIVERS | ANYTHING, max_size=3) | ANYTHING,
            "intent": INTENTS | ANYTHING,
        },
    )
    | ANYTHING
)


@settings(max_examples=250, deadline=None)
@given(CONFIGURATIONS)
def test_any_configuration_is_taken_or_told_to_be_wrong(config: t.Any) -> None:
    if _is_wrong(lambda: site.load(config)):
        return
    found = results.judge_cluster(CLUSTERS["mixed", "enabled"], config, CLUSTER, MOMENT)
    assert not [each for each in found if "could not be judged" in each["reason"]]
    assert set(results.subsets(config, CLUSTER)) <= set(results.subsets(config))


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(list(site.WANTED)) | st.text(max_size=5), ANYTHING) | ANYTHING, INTENTS
)
def test_anything_wanted_is_taken_or_told_to_be_wrong(wanted: t.Any, intent: t.Any) -> None:
    _is_wrong(lambda: site.load(site.with_wanted({"intent": intent}, wanted)))


def _is_wrong(load: t.Callable[[], t.Any]) -> bool:
    """Return whether a configuration is reported as wrong; any other error is an error of the test."""
    try:
        load()
    except InputError as error:
        return bool(error.details["problems"])
    return False
