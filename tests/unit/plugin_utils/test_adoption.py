# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster has becomes variables with which a rollout finds nothing to change, whatever the cluster is like."""

from __future__ import annotations

import copy
import typing as t
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._security import plan
from ansible_collections.ucops.cucm.plugins.plugin_utils import _adoption as adoption
from ansible_collections.ucops.cucm.plugins.plugin_utils import _wanted as wanted
from ansible_collections.ucops.cucm.plugins.plugin_utils._adoption import Adopted, adopt
from ansible_collections.ucops.cucm.plugins.plugin_utils._variables import (
    ROLLOUT,
    SIP_OAUTH,
    of,
    sip_oauth_of,
)

from ..data import authorities
from ..data.clusters import (
    BEFORE,
    CALLMANAGER,
    CAPF,
    CTL_PROVIDER,
    PHONES,
    PUB,
    REFRESH_LOGIN,
    ROOT_EC,
    ROOT_RSA,
    SUB1,
    SUB2,
    TFTP,
    Facts,
    ctl_facts,
    expressway_c,
    profile,
    service,
    sip_oauth_cluster,
    spoiled,
    without,
)

ROOT = Path(__file__).resolve().parents[3]
NODES = (PUB, SUB1, SUB2)
EDGE = authorities.root("Edge")
ACTIVE, IDLE = service(), service(False)
ABSENT = service(False, present=False)
PLAYBOOK = yaml.safe_load((ROOT / "playbooks" / "adopt.yml").read_text("utf-8"))[-1]


def plain(security_mode: str = "mixed", **changed: t.Any) -> Facts:
    """Return a cluster without SIP OAuth that has everything it takes."""
    return {**sip_oauth_cluster("disabled", security_mode), **changed}


def operations(facts: Facts, variables: t.Mapping[str, t.Any]) -> list[plan.Operation]:
    """Return what a rollout with these variables would do."""
    return plan.plan(
        facts,
        variables.get("cucm_security_mode"),
        ctl_provider_nodes=variables.get("cucm_ctl_provider_nodes", "publisher"),
        sip_oauth=wanted.sip_oauth(facts, sip_oauth_of(variables)),
    )


def quiet(facts: Facts) -> Adopted:
    """Return what is adopted of a cluster that is in order, after making sure that a rollout finds it so."""
    adopted = adopt(facts)
    assert operations(facts, adopted.variables) == []
    assert (adopted.due, adopted.unproven) == ([], [])
    return adopted


def said(adopted: Adopted, variable: str, *words: str) -> None:
    """Assert that the comment on a variable has these words."""
    text = " ".join(adopted.remarks[variable])
    assert [word for word in words if word not in text] == [], text


def enabled(security_mode: str = "mixed", **changed: t.Any) -> Facts:
    """Return a cluster with SIP OAuth whose phone-edge trust has a root beside those of Tomcat."""
    facts = sip_oauth_cluster("enabled", security_mode)
    facts["trust_stores"]["phone_edge"] = [
        {"sha256": ROOT_RSA, "pem": "of Tomcat"},
        {"sha256": ROOT_EC, "pem": "of Tomcat"},
        {"sha256": EDGE.sha256, "pem": EDGE.pem},
    ]
    return {**facts, **changed}


# -- all of it ---------------------------------------------------------------------------------------------


def test_everything_a_cluster_has() -> None:
    adopted = quiet(enabled())
    assert list(adopted.variables) == list(adoption.ORDER)
    assert adopted.remarks == {}
    settings = {key: value for key, value in profile().items() if value is not None}
    assert adopted.variables == {
        "cucm_security_mode": "mixed",
        "cucm_ctl_provider_nodes": "publisher",
        "cucm_sip_oauth_mode": "enabled",
        "cucm_sip_oauth_clients": ["jabber", "phones"],
        "cucm_sip_oauth_parameters": {REFRESH_LOGIN: "1", "SSORedirect": "0"},
        "cucm_sip_oauth_ports": {"sip_oauth": 5090, "sip_oauth_mra": 5091},
        "cucm_sip_oauth_edge_roots": [EDGE.pem],
        "cucm_expressway_c": [{"host": "exp-c1", "description": "", "subject_names": []}],
        "cucm_expressway_c_exactly": True,
        "cucm_sip_oauth_profiles": [{"name": PHONES, **settings}],
        "cucm_auto_registration": "disabled",
    }


def test_variables_are_those_the_playbook_rollout_takes() -> None:
    """The variables of SIP OAuth reach the plan under its own keys."""
    assert {each.name for each in of(ROLLOUT)} >= set(adoption.ORDER)
    assert set(SIP_OAUTH) == set(wanted._KEYS)


def test_the_playbook_reads_what_is_needed() -> None:
    (read,) = [task for task in PLAYBOOK["tasks"] if "ucops.cucm.cluster_info" in task]
    assert read["ucops.cucm.cluster_info"]["gather_subset"] == list(adoption.SUBSETS)


# -- the cluster security mode -----------------------------------------------------------------------------


def test_non_secure_says_nothing_of_services() -> None:
    facts = plain("non_secure")
    facts["services"][PUB][CAPF] = facts["services"][SUB1][CTL_PROVIDER] = service()
    assert quiet(facts).variables == {
        "cucm_security_mode": "non_secure",
        "cucm_sip_oauth_mode": "disabled",
        "cucm_auto_registration": "disabled",
    }


@pytest.mark.parametrize(
    ("active", "wanted_nodes"),
    [
        ({PUB}, "publisher"),
        (set(NODES), "all"),
        ({PUB, SUB2}, [PUB, SUB2]),
        ({SUB1}, [SUB1]),
        (set(), []),
    ],
)
def test_where_the_ctl_provider_is(active: set[str], wanted_nodes: t.Any) -> None:
    facts = plain()
    for node in NODES:
        facts["services"][node][CTL_PROVIDER] = service(node in active)
    assert quiet(facts).variables["cucm_ctl_provider_nodes"] == wanted_nodes


def test_a_ctl_provider_that_no_node_lists_is_not_spoken_of() -> None:
    facts = plain()
    for node in NODES:
        del facts["services"][node][CTL_PROVIDER]
    assert "cucm_ctl_provider_nodes" not in quiet(facts).variables
    one = plain()
    for node in (SUB1, SUB2):
        del one["services"][node][CTL_PROVIDER]
    assert quiet(one).variables["cucm_ctl_provider_nodes"] == "publisher"


def test_mixed_without_capf_is_not_written_for_a_rollout_would_activate_it() -> None:
    facts = spoiled(plain(), "services", PUB, CAPF, to=service(False))
    assert operations(facts, {"cucm_security_mode": "mixed"}) != []
    adopted = quiet(facts)
    assert adopted.variables == {"cucm_sip_oauth_mode": "disabled", "cucm_auto_registration": "disabled"}
    said(adopted, "cucm_security_mode", "the cluster is mixed", CAPF, PUB, "Write mixed when that is wanted")


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({**plain(), "security_mode": "unknown"}, "not known"),
        ({**without(plain(), "security_mode"), "unavailable": {"modes": "E: no account"}}, "E: no account"),
    ],
)
def test_a_mode_that_is_not_told(facts: Facts, why: str) -> None:
    adopted = adopt(facts)
    assert "cucm_security_mode" not in adopted.variables
    said(adopted, "cucm_security_mode", "Left out", why)
    nothing = adopt({**without(facts, "sip_oauth_mode"), "unavailable": facts["unavailable"]})
    said(nothing, "cucm_sip_oauth_mode", "Left out", why)
    assert set(nothing.variables) == {"cucm_auto_registration"}
    assert any("a rollout needs one of them" in line for line in nothing.unproven)


# -- auto-registration -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "word", "remark"),
    [
        ({"CM_1": True, "CM_2": True}, "enabled", []),
        ({"CM_1": False, "CM_2": True}, "enabled", ["Enabled on CM_2 alone."]),
        ({"CM_1": False}, "disabled", []),
    ],
)
def test_auto_registration(told: Facts, word: str, remark: list[str]) -> None:
    adopted = quiet(plain(auto_registration=told))
    assert adopted.variables["cucm_auto_registration"] == word
    assert adopted.remarks.get("cucm_auto_registration", []) == remark


@pytest.mark.parametrize(
    "facts",
    [
        plain(auto_registration={"CM_1": True, "CM_2": None}),
        plain(auto_registration={}),
        without(plain(), "auto_registration"),
    ],
)
def test_auto_registration_that_is_not_told(facts: Facts) -> None:
    adopted = quiet(facts)
    assert "cucm_auto_registration" not in adopted.variables
    said(adopted, "cucm_auto_registration", "Left out")


# -- SIP OAuth: disabled, absent ---------------------------------------------------------------------------


def test_a_release_without_sip_oauth() -> None:
    adopted = quiet(plain(release="11.5.1.18900(97)", sip_oauth_mode="absent"))
    assert set(adopted.variables) == {
        "cucm_security_mode",
        "cucm_ctl_provider_nodes",
        "cucm_auto_registration",
    }
    said(adopted, "cucm_sip_oauth_mode", "release 11.5.1.18900(97) has no SIP OAuth")


def test_disabled_leaves_alone_what_goes_with_it() -> None:
    """Profiles with SIP OAuth, ports, entries and parameters may be there; with disabled a rollout does not look at them."""
    adopted = quiet(sip_oauth_cluster("disabled"))
    assert [name for name in adopted.variables if "oauth" in name or "expressway" in name] == [
        "cucm_sip_oauth_mode"
    ]
    said(adopted, "cucm_sip_oauth_mode", "no part of it while it is disabled")


def leftover(kind: str, name: str, before: t.Any, after: t.Any) -> Facts:
    """Return a record of something that was changed when SIP OAuth was enabled."""
    return {
        "purpose": "sip_oauth",
        "kind": kind,
        "name": name,
        "before": before,
        "after": after,
        "steps": [after],
    }


PARAMETER = leftover("enterprise_parameter", f"Enterprise Wide/{REFRESH_LOGIN}", "0", "1")
ENTRY = leftover("expressway_c", "exp-c1", None, expressway_c("exp-c1"))
PROFILE = leftover("phone_security_profile", PHONES, None, profile())
CLOSED = leftover("enterprise_parameter", f"Enterprise Wide/{REFRESH_LOGIN}", "1", "2")


@pytest.mark.parametrize("record", [PARAMETER, ENTRY, PROFILE, CLOSED])
def test_disabled_with_leftovers_is_not_written_for_a_rollout_would_take_them_back(record: Facts) -> None:
    facts = {**sip_oauth_cluster("disabled"), "recorded": [record]}
    assert operations(facts, {"cucm_sip_oauth_mode": "disabled"}) != []
    adopted = quiet(facts)
    assert "cucm_sip_oauth_mode" not in adopted.variables
    said(adopted, "cucm_sip_oauth_mode", "SIP OAuth is disabled", record["name"].rpartition("/")[2])


def test_a_leftover_that_could_not_be_read_may_be_taken_back_by_who_can() -> None:
    facts = {
        **without(sip_oauth_cluster("disabled"), "security_profiles"),
        "recorded": [PROFILE],
        "unavailable": {"security_profiles": "E: refused"},
    }
    adopted = quiet(facts)
    assert "cucm_sip_oauth_mode" not in adopted.variables
    said(adopted, "cucm_sip_oauth_mode", f"phone_security_profile {PHONES}, which was not read")


def test_a_record_that_could_not_be_read_may_tell_of_leftovers() -> None:
    adopted = quiet(plain(unavailable={"unsettled": "state_unreadable: damaged"}))
    assert "cucm_sip_oauth_mode" not in adopted.variables
    said(adopted, "cucm_sip_oauth_mode", "what is recorded, which was not read", "damaged")


def test_a_leftover_that_phones_use_is_left_alone() -> None:
    facts = {**sip_oauth_cluster("disabled"), "recorded": [PROFILE]}
    facts["security_profile_usage"][PHONES]["phones"] = 3
    assert quiet(facts).variables["cucm_sip_oauth_mode"] == "disabled"


# -- SIP OAuth: enabled ------------------------------------------------------------------------------------


@pytest.mark.parametrize("security_mode", ["mixed", "non_secure"])
def test_with_either_security_mode(security_mode: str) -> None:
    adopted = quiet(enabled(security_mode))
    assert adopted.variables["cucm_security_mode"] == security_mode
    assert ("cucm_ctl_provider_nodes" in adopted.variables) == (security_mode == "mixed")


def test_phones_are_left_out_where_a_rollout_would_have_to_give_them_trust() -> None:
    empty = spoiled(enabled(), "trust_stores", "phone_edge", to=None)
    rootless = spoiled(enabled(), "trust_stores", "tomcat", SUB1, "tomcat", "root", to=None)
    unread = {**without(enabled(), "trust_stores"), "unavailable": {"trust_stores": "E: level 4"}}
    for facts, why in ((empty, ROOT_EC), (rootless, f"tomcat of {SUB1}"), (unread, "E: level 4")):
        adopted = quiet(facts)
        assert adopted.variables["cucm_sip_oauth_clients"] == ["jabber"]
        assert "cucm_sip_oauth_edge_roots" not in adopted.variables
        said(adopted, "cucm_sip_oauth_clients", "Without phones", why)


def test_release_12_serves_jabber_and_an_unknown_one_nobody_else() -> None:
    for release, remarks in (("12.5.1.13900-152", 0), ("", 1)):
        unread = {"trust_stores": "not_in_this_release: no API"}
        facts = {**without(enabled(), "trust_stores"), "release": release, "unavailable": unread}
        facts["security_profiles"][PHONES]["phone_type"] = "Cisco Dual Mode for iPhone"
        adopted = adopt(facts)
        assert adopted.variables["cucm_sip_oauth_clients"] == ["jabber"]
        assert len(adopted.remarks.get("cucm_sip_oauth_clients", [])) == remarks
        assert operations(facts, adopted.variables) == []


def test_edge_roots_that_a_rollout_would_refuse_stay_in_the_store_alone() -> None:
    leaf = authorities.issue("leaf", EDGE, ca=False)
    old = authorities.root("Old", end=authorities.NOW - timedelta(days=1))
    facts = enabled()
    facts["trust_stores"]["phone_edge"] += [
        {"sha256": each.sha256, "pem": each.pem} for each in (leaf, old)
    ] + [{"sha256": "f" * 64, "pem": "no certificate"}]
    adopted = quiet(facts)
    assert adopted.variables["cucm_sip_oauth_edge_roots"] == [EDGE.pem]
    said(adopted, "cucm_sip_oauth_edge_roots", leaf.sha256, "of no CA", old.sha256, "not valid now", "f" * 64)


def test_no_edge_roots_are_said_to_be_none_and_unknown_ones_are_not() -> None:
    none = enabled()
    none["trust_stores"]["phone_edge"].pop()
    assert quiet(none).variables["cucm_sip_oauth_edge_roots"] == []
    unknown = enabled()
    del unknown["trust_stores"]["phone_edge"][2]["pem"]
    adopted = quiet(unknown)
    assert "cucm_sip_oauth_edge_roots" not in adopted.variables
    said(adopted, "cucm_sip_oauth_edge_roots", "Left out")


def test_parameters_that_have_another_place_or_cannot_be_said() -> None:
    facts = enabled(
        parameters={
            REFRESH_LOGIN: "1",
            "clusterSIPOAuthMode": "1",
            "b": " x ",
            "c": "",
            "d": None,
            "a{{ b": "{{",
        }
    )
    adopted = quiet(facts)
    assert adopted.variables["cucm_sip_oauth_parameters"] == {REFRESH_LOGIN: "1", "c": "", "a{{ b": "{{"}
    said(adopted, "cucm_sip_oauth_parameters", "b is left out", "d is left out")


def test_a_port_that_differs_between_nodes_is_left_out_alone() -> None:
    facts = spoiled(enabled(), "callmanagers", SUB2, "ports", "sip_oauth", to=5190)
    facts["listening"][SUB2].append(5190)
    adopted = quiet(facts)
    assert adopted.variables["cucm_sip_oauth_ports"] == {"sip_oauth_mra": 5091}
    said(adopted, "cucm_sip_oauth_ports", "sip_oauth is left out", f"{SUB2}: 5190", f"{PUB}: 5090")


def test_ports_that_are_not_told() -> None:
    facts = enabled()
    for found in facts["callmanagers"].values():
        found["ports"].update(sip_oauth=None, sip_oauth_mra=None)
    assert adopt(facts).variables["cucm_sip_oauth_ports"] == {}
    assert adopt({**facts, "callmanagers": {}}).variables["cucm_sip_oauth_ports"] == {}


def test_expressway_c_as_it_is_spelled() -> None:
    entry = {"host": "EXP.example.com", "description": "{{ x }}", "subject_names": ["a", "b"]}
    adopted = quiet(enabled(expressway_c={"exp.example.com": entry}))
    assert adopted.variables["cucm_expressway_c"] == [entry]
    none = quiet(enabled(expressway_c={})).variables
    assert (none["cucm_expressway_c"], none["cucm_expressway_c_exactly"]) == ([], True)


def test_an_entry_that_cannot_be_said_is_neither_written_nor_removed() -> None:
    long = {"host": "long", "description": "d" * 51, "subject_names": []}
    unordered = {"host": "odd", "description": "", "subject_names": ["b", "a"]}
    adopted = quiet(enabled(expressway_c={"exp-c1": expressway_c("exp-c1"), "long": long, "odd": unordered}))
    assert [each["host"] for each in adopted.variables["cucm_expressway_c"]] == ["exp-c1"]
    assert adopted.variables["cucm_expressway_c_exactly"] is False
    said(adopted, "cucm_expressway_c", "long is left out", "51", "odd is left out")
    twice = {"A": expressway_c("A"), "a": expressway_c("a")}
    assert operations(enabled(expressway_c=twice), adopt(enabled(expressway_c=twice)).variables) == []


@pytest.mark.parametrize(
    ("subset", "variable"),
    [
        ("parameters", "cucm_sip_oauth_parameters"),
        ("callmanagers", "cucm_sip_oauth_ports"),
        ("expressway_c", "cucm_expressway_c"),
        ("security_profiles", "cucm_sip_oauth_profiles"),
    ],
)
def test_what_was_not_read_is_left_out_with_the_reason(subset: str, variable: str) -> None:
    facts = {**without(enabled(), subset), "unavailable": {subset: "E: no account"}}
    adopted = adopt(facts)
    assert variable not in adopted.variables
    assert "cucm_expressway_c_exactly" in adopted.variables or subset == "expressway_c"
    said(adopted, variable, "Left out", "E: no account")
    assert [
        each for each in operations(facts, adopted.variables) if each["module"] != "service_control"
    ] == []


def test_only_profiles_that_somebody_made_with_sip_oauth() -> None:
    facts = enabled()
    facts["security_profiles"] |= {"Built in": profile(), "Plain": profile(sip_oauth=False)}
    facts["security_profile_usage"] |= {
        "Built in": {"built_in": True, "phones": 1},
        "Plain": {"built_in": False, "phones": 1},
    }
    assert [each["name"] for each in quiet(facts).variables["cucm_sip_oauth_profiles"]] == [PHONES]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"transport": "tcp"}, "transport is tcp"),
        ({"tftp_encrypted_config": True}, "encrypted TFTP"),
        ({"phone_type": "Cisco 7942"}, "cannot serve Cisco 7942"),
        ({"key_order": "ec_only", "ec_key_size": None}, "it differs"),
    ],
)
def test_a_profile_that_a_rollout_would_refuse_or_change_is_left_out(changed: Facts, why: str) -> None:
    facts = enabled()
    facts["security_profiles"]["Odd"] = profile(**changed)
    facts["security_profile_usage"]["Odd"] = {"built_in": False, "phones": 1}
    adopted = quiet(facts)
    assert [each["name"] for each in adopted.variables["cucm_sip_oauth_profiles"]] == [PHONES]
    said(adopted, "cucm_sip_oauth_profiles", "Odd is left out", why)


def test_a_setting_that_the_module_has_no_word_for_is_left_out_of_its_profile() -> None:
    odd = {"key_size": 1536, "authentication_mode": "By Magic", "nonce_validity_time": "many"}
    facts = enabled(security_profiles={PHONES: profile(**odd)})
    adopted = quiet(facts)
    (spec,) = adopted.variables["cucm_sip_oauth_profiles"]
    assert odd.keys().isdisjoint(spec)
    assert spec["sip_oauth"] is True
    said(adopted, "cucm_sip_oauth_profiles", "1536", "By Magic", "many")


# -- the state of the cluster ------------------------------------------------------------------------------


def test_a_restart_that_is_due_is_told_and_not_hidden() -> None:
    facts = enabled()
    facts["services"][SUB1][TFTP] = service(started_at=BEFORE, started_at_utc=BEFORE)
    adopted = adopt(facts)
    assert [
        f"{each['node']}: {each['action']}" for each in operations(facts, adopted.variables)
    ] == adopted.due
    assert adopted.due == [f"{SUB1}: restart {TFTP}"]
    assert adopted.unproven == []


def test_a_ctl_update_that_is_due_and_a_contradiction_are_told() -> None:
    facts = spoiled(enabled(), "ctl_files", SUB1, to=ctl_facts("none"))
    adopted = adopt(facts)
    assert adopted.variables["cucm_security_mode"] == "mixed"
    assert any("utils ctl update CTLFile" in line for line in adopted.due)
    assert any("contradiction" in line and SUB1 in line for line in adopted.unproven)


def test_a_stopped_service_and_what_was_not_read_keep_it_from_being_proven() -> None:
    facts = spoiled(enabled(), "services", SUB1, CALLMANAGER, to=service(status="Stopped", reason_code=-1069))
    adopted = adopt(facts)
    assert adopted.due == []
    assert any(f"{CALLMANAGER} at {SUB1}" in line and "Stopped" in line for line in adopted.unproven)
    unread = {**without(enabled(), "services"), "unavailable": {"services": "E: no account"}}
    assert any(line.startswith("services") for line in adopt(unread).unproven)
    assert adopt({**enabled(), "unsettled": [{"command": "utils ctl x"}]}).due != []


# -- any cluster -------------------------------------------------------------------------------------------

TEXTS = st.text(max_size=8) | st.sampled_from(
    ["{{ x }}", "!!python", "a: b", "- x\n", " x ", "\u202e", "null"]
)
WORDS = st.sampled_from(["non_secure", "encrypted", "tls", "tcp", "rsa_only", "ec_only", "By Magic", None])
FLAGS = st.booleans()
PORT = st.sampled_from([5090, 5091, 5190, None])
ANY_PROFILE = st.fixed_dictionaries(
    {},
    optional={
        "phone_type": st.sampled_from(["Cisco 8861", "Cisco 7942", "Cisco Dual Mode for iPhone"]),
        "protocol": st.sampled_from(["SIP", "SCCP"]),
        "description": TEXTS,
        "device_security_mode": WORDS,
        "authentication_mode": WORDS,
        "key_size": st.sampled_from([1024, 2048, 1536, "many", None]),
        "key_order": WORDS,
        "ec_key_size": st.sampled_from([256, 384, 100, None]),
        "tftp_encrypted_config": FLAGS,
        "sip_oauth": FLAGS,
        "transport": WORDS,
        "digest_authentication": FLAGS,
    },
)
ANY_ENTRY = st.fixed_dictionaries({"description": TEXTS, "subject_names": st.lists(TEXTS, max_size=3)})
RECORDS = st.lists(st.sampled_from([PARAMETER, ENTRY, PROFILE, CLOSED]), max_size=2)
UNREAD = st.lists(
    st.sampled_from(
        ["parameters", "callmanagers", "expressway_c", "security_profiles", "trust_stores", "services"]
    ),
    max_size=2,
    unique=True,
)


@st.composite
def clusters(draw: st.DrawFn) -> Facts:
    """Return facts of a cluster: in either mode, with anything in its configuration, and not all of it read."""
    mode = draw(st.sampled_from(["enabled", "disabled", "absent", "unknown"]))
    facts = sip_oauth_cluster(
        "enabled" if mode == "enabled" else "disabled", draw(st.sampled_from(["mixed", "non_secure"]))
    )
    facts["sip_oauth_mode"] = mode
    facts["release"] = draw(st.sampled_from(["12.5.1.1-1", "14.0.1.1-1", "15.0.1.1-1"]))
    facts["recorded"] = draw(RECORDS)
    for node in NODES:
        facts["services"][node][CTL_PROVIDER] = draw(st.sampled_from([ACTIVE, IDLE, ABSENT]))
        facts["services"][node][TFTP] = draw(st.sampled_from([ACTIVE, service(started_at=BEFORE)]))
        facts["callmanagers"][node]["ports"].update(sip_oauth=draw(PORT), sip_oauth_mra=draw(PORT))
        facts["listening"][node] += [5090, 5091, 5190] if mode == "enabled" else []
        if draw(st.integers(0, 9)) == 0:
            facts["ctl_files"][node] = ctl_facts("none")
    facts["services"][PUB][CAPF] = draw(st.sampled_from([ACTIVE, ACTIVE, IDLE]))
    facts["parameters"] |= draw(st.dictionaries(TEXTS, TEXTS | st.none(), max_size=3))
    facts["expressway_c"] |= {
        key: {"host": key, **entry}
        for key, entry in draw(st.dictionaries(TEXTS, ANY_ENTRY, max_size=3)).items()
    }
    for name, changed in draw(st.dictionaries(TEXTS, ANY_PROFILE, max_size=3)).items():
        facts["security_profiles"][name] = profile(**changed)
        facts["security_profile_usage"][name] = {"built_in": draw(FLAGS), "phones": draw(st.integers(0, 2))}
    facts["trust_stores"]["phone_edge"] = draw(
        st.sampled_from([None, [], facts["trust_stores"]["phone_edge"]])
    )
    for subset in draw(UNREAD):
        del facts[subset]
        facts["unavailable"] = {**facts["unavailable"], subset: "E: not read"}
    return facts


@settings(deadline=None)
@given(clusters())
def test_nothing_but_the_state_of_the_cluster_makes_a_rollout_act(facts: Facts) -> None:
    adopted = adopt(copy.deepcopy(facts))
    found = operations(facts, adopted.variables)
    assert {each["module"] for each in found} <= {"service_control", "ctl_file"}
    assert [f"{each['node']}: {each['action']}" for each in found] == [
        line.partition(" (")[0] for line in adopted.due
    ]
    # With one mode or both left as they are nothing else is due; so what is due is not due to what was written.
    bare = plan.plan(facts, facts["security_mode"] if "cucm_security_mode" in adopted.variables else None)
    kinds = {"restart", "utils", "wait"}
    assert {each["action"] for each in found} == {
        each["action"]
        for each in bare
        if each["action"].split()[0] in kinds and each["module"] != "service_activation"
    }


@settings(deadline=None)
@given(clusters())
def test_every_variable_is_written_or_spoken_of(facts: Facts) -> None:
    adopted = adopt(facts)
    missing = {"cucm_security_mode", "cucm_sip_oauth_mode", "cucm_auto_registration"}
    if adopted.variables.get("cucm_sip_oauth_mode") == "enabled":
        missing |= {
            "cucm_sip_oauth_parameters",
            "cucm_sip_oauth_ports",
            "cucm_expressway_c",
            "cucm_sip_oauth_profiles",
        }
        missing |= {"cucm_sip_oauth_clients"}
    assert missing <= set(adopted.variables) | set(adopted.remarks)
