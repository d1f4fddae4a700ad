# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each of the checks of SIP OAuth: every verdict it can give, and why."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._security import platform, preflight
from ansible_collections.ucops.cucm.plugins.module_utils._security.sip_oauth import Desired

from ..data.clusters import (
    PHONES,
    PUB,
    REFRESH_LOGIN,
    ROOT_EC,
    ROOT_EDGE,
    ROOT_RSA,
    SUB1,
    SUB2,
    expressway_c,
    profile,
    sip_oauth_cluster,
    spoiled,
    without,
)

NUMBERED = [
    "sip_oauth_release",
    "sip_oauth_account",
    "sip_oauth_parameters",
    "sip_oauth_ports",
    "tomcat",
    "phone_edge_trust",
    "expressway_c_trusted",
    "sip_oauth_profiles",
    "sip_oauth_phones",
    "voicemail_oauth",
    "device_tokens",
]
BY_WORD = (
    "export_restricted_image",
    "registration_baseline",
    "maintenance_window",
    "expressway_c_trusted",
)
OFF, ON = Desired("disabled"), Desired("enabled")
FULL = Desired(
    "enabled",
    parameters={REFRESH_LOGIN: "1"},
    ports={"sip_oauth": 5090, "sip_oauth_mra": 5091},
    expressway_c={"exp-c1": expressway_c("exp-c1")},
    profiles={PHONES: profile()},
    edge_roots=[ROOT_EDGE],
)
IS_ON, IS_OFF = sip_oauth_cluster("enabled"), sip_oauth_cluster("disabled")
ABSENT = {**IS_OFF, "sip_oauth_mode": "absent", "release": "11.5.1.10000-6"}


def intent(desired: Desired, **options: t.Any) -> preflight.Intent:
    return preflight.Intent(
        **{
            "security_mode": None,
            "attestations": dict.fromkeys(BY_WORD, True),
            "accept": frozenset(),
            "sip_oauth": desired,
            **options,
        }
    )


def check(name: str, facts: t.Any, desired: Desired, **options: t.Any) -> dict[str, t.Any]:
    return next(check for check in preflight.run(facts, intent(desired, **options)) if check["id"] == name)


def self_signed(nodes: int) -> t.Any:
    """Return a cluster without phone-edge trust whose nodes' Tomcat certificates are each a root of its own."""
    facts = spoiled(IS_OFF, "trust_stores", "phone_edge", to=[])
    facts["trust_stores"]["tomcat"] = {
        f"node{number}": {
            unit: {"issuer": "itself", "root": f"{number:063x}{end}"}
            for unit, end in (("tomcat", "0"), ("tomcat-ECDSA", "1"))
        }
        for number in range(1, nodes + 1)
    }
    return facts


def verdicts(facts: t.Any, wanted: preflight.Intent) -> dict[str, str]:
    return {check["id"]: check["verdict"] for check in preflight.run(facts, wanted)}


def test_they_follow_the_others_when_they_are_wanted() -> None:
    checks = preflight.run(IS_OFF, intent(FULL))
    assert [check["number"] for check in checks] == list(range(1, len(preflight.names()) + 1))
    assert [check["id"] for check in checks] == preflight.names()
    assert preflight.names()[-len(NUMBERED) :] == NUMBERED
    assert preflight.blocking(checks) == []
    assert all(check["reason"] and check["title"] and not check["remedy"] for check in checks)
    assert (
        verdicts(IS_OFF, intent(FULL)).items()
        >= {
            **dict.fromkeys(NUMBERED, "pass"),
            "expressway_c_trusted": "attested",
            "sip_oauth_phones": "not_applicable",
            "voicemail_oauth": "not_applicable",
        }.items()
    )
    assert len(preflight.run(IS_OFF, intent(FULL, security_mode="mixed", sip_oauth=None))) == len(
        preflight.names()
    ) - len(NUMBERED)


def test_going_back_needs_little() -> None:
    assert {verdicts(IS_ON, intent(OFF))[name] for name in NUMBERED[2:8]} == {"not_applicable"}
    assert preflight.blocking(preflight.run(IS_ON, intent(OFF))) == []


def test_a_release_without_the_mode_is_there_already_when_it_is_not_wanted() -> None:
    found = verdicts(ABSENT, intent(OFF))
    assert {found[name] for name in NUMBERED} == {"not_applicable"}


def test_a_release_without_the_mode_cannot_have_it() -> None:
    found = verdicts(ABSENT, intent(Desired("enabled", parameters={REFRESH_LOGIN: "1"}, edge_roots=[])))
    assert {name: found[name] for name in NUMBERED} == {
        **dict.fromkeys(NUMBERED, "not_applicable"),
        "sip_oauth_release": "fail",
    }


def lacking(subset: str, facts: t.Any = IS_OFF) -> t.Any:
    return spoiled(without(facts, subset), "unavailable", to={subset: "connection_failed: it is down"})


def at(node: str, subset: str) -> t.Any:
    return spoiled(IS_OFF, "unavailable", to={f"{subset}.{node}": "it is down"})


FAILS: list[tuple[str, t.Any, Desired, str]] = [
    # Each node whose Tomcat certificates sign themselves is two roots.
    (
        "phone_edge_trust",
        self_signed(9),
        Desired("enabled", edge_roots=[]),
        "it has 0, and 18 more",
    ),
    (
        "phone_edge_trust",
        self_signed(8),
        Desired("enabled", edge_roots=[ROOT_EDGE]),
        "it has 0, and 17 more",
    ),
    (
        "phone_edge_trust",
        spoiled(self_signed(8), "trust_stores", "phone_edge", to=[{"sha256": ROOT_EDGE}]),
        Desired("enabled", edge_roots=[]),
        "it has 1, and 16 more",
    ),
    (
        "sip_oauth_release",
        {**IS_OFF, "release": "11.5.1.10000-6"},
        ON,
        "release 11.5.1.10000-6 has no SIP OAuth mode",
    ),
    ("sip_oauth_release", {**IS_OFF, "sip_oauth_mode": "absent"}, ON, "has no SIP OAuth mode"),
    (
        "sip_oauth_release",
        {**IS_OFF, "release": "12.5.1.11900-146"},
        Desired("enabled", phones=True),
        "SIP OAuth for Jabber",
    ),
    ("sip_oauth_account", {**IS_OFF, "cli_privilege": 3}, ON, "the CLI account has level 3"),
    ("sip_oauth_account", {**IS_ON, "cli_privilege": 1}, OFF, "needs level 4"),
    (
        "sip_oauth_parameters",
        IS_OFF,
        Desired("enabled", parameters={REFRESH_LOGIN: "1", "oauthExpiry": "60"}),
        f"no enterprise parameter oauthExpiry; its OAuth parameters are SSORedirect, {REFRESH_LOGIN}",
    ),
    (
        "sip_oauth_ports",
        IS_OFF,
        Desired("enabled", ports={"sip_oauth": 5060}),
        f"{SUB1} would use port 5060 twice",
    ),
    (
        "sip_oauth_ports",
        IS_OFF,
        Desired("enabled", ports={"sip_oauth": 5092, "sip_oauth_mra": 5092}),
        "5092 twice",
    ),
    (
        "sip_oauth_ports",
        IS_OFF,
        Desired("enabled", ports={"sip_oauth": 1023}),
        "sip_oauth port 1023 is outside 1024 to 49151",
    ),
    (
        "sip_oauth_ports",
        IS_OFF,
        Desired("enabled", ports={"sip_oauth_mra": 49152}),
        "sip_oauth_mra port 49152 is outside 1024 to 49151",
    ),
    (
        "sip_oauth_ports",
        spoiled(IS_OFF, "listening", SUB2, to=[2000, 8443]),
        Desired("enabled", ports={"sip_oauth": 8443}),
        f"port 8443 at {SUB2}",
    ),
    (
        "tomcat",
        spoiled(IS_OFF, "tomcat", SUB2, "tomcat-ECDSA", "not_after", to="2026-04-19T11:59:59"),
        ON,
        f"tomcat-ECDSA of {SUB2} expires 2026-04-19",
    ),
    (
        "phone_edge_trust",
        spoiled(IS_OFF, "trust_stores", "tomcat", SUB1, "tomcat", "root", to=None),
        ON,
        f"no root certificate is known for tomcat of {SUB1} (issuer CN=CA)",
    ),
    (
        "sip_oauth_profiles",
        IS_OFF,
        Desired("enabled", profile_problems={"a": "a cannot be.", "b": "b neither."}),
        "a cannot be.; b neither.",
    ),
    (
        "sip_oauth_phones",
        spoiled(IS_ON, "security_profile_usage", PHONES, "phones", to=3),
        OFF,
        f"no longer register: 3 with {PHONES}",
    ),
]

UNKNOWNS: list[tuple[str, t.Any, Desired, str]] = [
    ("tomcat", spoiled(IS_OFF, "tomcat", SUB1, "tomcat", to=None), ON, f"cannot be read: tomcat of {SUB1}"),
    ("sip_oauth_release", {**lacking("version"), "release": ""}, ON, "it is down"),
    ("voicemail_oauth", lacking("parameters"), FULL, "it is down"),
    ("device_tokens", lacking("parameters"), FULL, "it is down"),
    ("device_tokens", lacking("security_profiles"), ON, "it is down"),
    ("sip_oauth_release", {**IS_OFF, "release": "", "version": ""}, ON, "release '' is not understood"),
    (
        "sip_oauth_release",
        {**IS_OFF, "release": "x.1", "version": ""},
        OFF,
        "release 'x.1' is not understood",
    ),
    ("sip_oauth_account", {**IS_OFF, "cli_level_told": False}, ON, "the CLI account has level 4"),
    ("sip_oauth_account", {**IS_OFF, "cli_privilege": None}, ON, "the CLI account has level 4"),
    ("sip_oauth_parameters", lacking("parameters"), FULL, "it is down"),
    ("sip_oauth_parameters", without(IS_OFF, "parameters"), FULL, "parameters was not read"),
    ("sip_oauth_parameters", {**IS_OFF, "parameters": None}, FULL, "not read"),
    (
        "sip_oauth_parameters",
        IS_OFF,
        Desired("enabled", parameters={"SSORedirect": "0"}),
        f"does not set {REFRESH_LOGIN} (SSORedirect = 0, {REFRESH_LOGIN} = 1)",
    ),
    ("sip_oauth_ports", lacking("callmanagers"), ON, "it is down"),
    ("tomcat", lacking("tomcat"), ON, "it is down"),
    ("tomcat", at(SUB1, "tomcat"), ON, f"tomcat.{SUB1}: it is down"),
    ("tomcat", spoiled(IS_OFF, "health", "nodes", PUB, "local_time", to=None), ON, "time was not read"),
    ("phone_edge_trust", lacking("trust_stores"), ON, "it is down"),
    (
        "phone_edge_trust",
        spoiled(IS_OFF, "trust_stores", "phone_edge", to=None),
        Desired("enabled", edge_roots=None),
        "cucm_sip_oauth_edge_roots",
    ),
    ("expressway_c_trusted", lacking("expressway_c"), FULL, "it is down"),
    ("sip_oauth_profiles", lacking("security_profiles"), FULL, "it is down"),
    ("sip_oauth_phones", lacking("security_profiles", IS_ON), OFF, "it is down"),
]


@pytest.mark.parametrize(("name", "facts", "desired", "said"), FAILS)
def test_fails(name: str, facts: t.Any, desired: Desired, said: str) -> None:
    verdict = check(name, facts, desired)
    assert verdict["verdict"] == "fail", verdict["reason"]
    assert said in verdict["reason"]
    assert verdict["remedy"]
    (line,) = preflight.blocking([verdict])
    assert line.startswith(f"{name} (fail): ") and ".. " not in line
    accepted = check(name, facts, desired, accept=frozenset({name}))
    assert accepted["verdict"] == "accepted" and "fail: " in accepted["reason"]
    assert preflight.blocking([accepted]) == []


@pytest.mark.parametrize(("name", "facts", "desired", "said"), UNKNOWNS)
def test_what_was_not_read_is_unknown_and_blocks(
    name: str, facts: t.Any, desired: Desired, said: str
) -> None:
    verdict = check(name, facts, desired)
    assert verdict["verdict"] == "unknown", verdict["reason"]
    assert said in verdict["reason"]
    assert verdict["remedy"]
    assert preflight.blocking([verdict])[0].startswith(f"{name} (unknown): ")
    assert check(name, facts, desired, accept=frozenset({name}))["verdict"] == "accepted"


def test_every_check_was_seen_to_block() -> None:
    assert [name for name in NUMBERED if name not in {row[0] for row in [*FAILS, *UNKNOWNS]}] == []
    nothing = {"unavailable": {}, "nodes": []}
    for desired in (FULL, OFF):
        left = {"pass", "planned", "attested"} & set(
            verdicts(nothing, intent(desired, attestations={})).values()
        )
        assert left == set()


@pytest.mark.parametrize("name", ["sip_oauth_account", "expressway_c_trusted"])
def test_only_the_operator_can_vouch(name: str) -> None:
    facts = {**IS_OFF, "cli_level_told": False}
    silent = check(name, facts, FULL, attestations={})
    assert silent["verdict"] == "unknown"
    assert f"cucm_attestations: {{{name}: true}}" in silent["remedy"]
    assert check(name, facts, FULL, attestations={name: False})["verdict"] == "unknown"
    for word in (True, "true", "Yes", 1):
        assert check(name, facts, FULL, attestations={name: word})["verdict"] == "attested"


def test_nobody_can_vouch_against_what_was_read() -> None:
    facts = {**IS_OFF, "cli_privilege": 1}
    assert (
        check("sip_oauth_account", facts, ON, attestations={"sip_oauth_account": True})["verdict"] == "fail"
    )


@pytest.mark.parametrize(
    ("output", "level"),
    [
        ("Machine Name : cucm-pub\r\nPrivilege Level : 4\r\n", 4),
        ("  privilege:0", 0),
        ("privilege level: 10", None),
        ("privilege level: 4 of 4", None),
        ("the privilege level : 4", None),
        ("", None),
    ],
)
def test_a_level_in_a_form_that_is_not_known_is_none(output: str, level: int | None) -> None:
    assert platform.privilege(output) == level


NEW_LOGINS = {**IS_OFF, "parameters": {REFRESH_LOGIN: "0"}}


def voicemail(pilots: int | None, ports: int | None) -> t.Any:
    """Return a cluster whose OAuth refresh logins are off, with voice mail."""
    return {**NEW_LOGINS, "integrations": {"voicemail_pilots": pilots, "voicemail_ports": ports}}


def without_profiles(facts: t.Any) -> t.Any:
    return {**facts, "security_profiles": {"Standard": profile(sip_oauth=False)}}


def tokens(value: str) -> Desired:
    return Desired("enabled", parameters={"OAuthAccessTokenForDevices": value})


@pytest.mark.parametrize(("pilots", "ports"), [(1, 0), (0, 4), (1, None), (None, None)])
def test_voice_mail_is_asked_after_where_there_may_be_any(pilots: int | None, ports: int | None) -> None:
    facts = voicemail(pilots, ports)
    silent = check("voicemail_oauth", facts, FULL, attestations={})
    assert silent["verdict"] == "unknown" and "Unity Connection" in silent["reason"]
    assert "cucm_attestations: {voicemail_oauth: true}" in silent["remedy"]
    vouched = check("voicemail_oauth", facts, FULL, attestations={"voicemail_oauth": True})
    assert vouched["verdict"] == "attested"


def test_how_phones_get_tokens_is_to_be_made_sure_of_before_they_use_sip_oauth() -> None:
    for desired in (FULL, Desired("enabled", phones=True)):
        facts = {**IS_OFF, "parameters": {REFRESH_LOGIN: "1", "OAuthAccessTokenForDevices": "7"}}
        found = check("device_tokens", facts, desired, attestations={})
        assert (
            found["verdict"] == "pass" and "before one does" in found["reason"] and "is 7" in found["reason"]
        )


PASSES: list[tuple[str, t.Any, Desired, str, str]] = [
    ("sip_oauth_release", IS_OFF, ON, "pass", "serves Jabber and phones"),
    ("sip_oauth_release", IS_OFF, Desired("enabled", phones=False), "pass", "serves Jabber only"),
    ("sip_oauth_release", {**IS_OFF, "release": "12.5.1.11900-146"}, ON, "pass", "serves Jabber only"),
    (
        "sip_oauth_release",
        {**IS_OFF, "release": "12.5.1.11900-146"},
        Desired("enabled", phones=False),
        "pass",
        "serves Jabber only",
    ),
    (
        "sip_oauth_release",
        {**IS_OFF, "release": "15.0.1.10100-41"},
        Desired("enabled", phones=True),
        "pass",
        "phones",
    ),
    ("sip_oauth_release", IS_ON, OFF, "not_applicable", "to be disabled"),
    ("sip_oauth_account", IS_OFF, ON, "pass", "level 4"),
    ("sip_oauth_account", {**IS_ON, "cli_privilege": 0}, ON, "not_applicable", "as desired"),
    ("sip_oauth_account", {**IS_OFF, "cli_privilege": 0}, OFF, "not_applicable", "as desired"),
    ("sip_oauth_parameters", IS_OFF, FULL, "pass", "as desired"),
    (
        "sip_oauth_parameters",
        spoiled(IS_OFF, "parameters", REFRESH_LOGIN, to="0"),
        FULL,
        "planned",
        f"to be set: {REFRESH_LOGIN}",
    ),
    ("sip_oauth_ports", IS_OFF, FULL, "pass", "as desired"),
    ("sip_oauth_ports", IS_ON, FULL, "pass", "as desired"),
    (
        "sip_oauth_ports",
        IS_OFF,
        Desired("enabled", ports={"sip_oauth": 1024, "sip_oauth_mra": 49151}),
        "planned",
        f"sip_oauth 1024 at {SUB2}",
    ),
    # The listening ports are unknown, which another check reports.
    (
        "sip_oauth_ports",
        without(IS_OFF, "listening"),
        Desired("enabled", ports={"sip_oauth": 5092}),
        "planned",
        "5092",
    ),
    ("sip_oauth_ports", spoiled(IS_OFF, "listening", SUB1, to=None), FULL, "pass", "as desired"),
    ("tomcat", IS_OFF, ON, "pass", "30 days"),
    # 30 days after the clusters' present.
    (
        "tomcat",
        spoiled(IS_OFF, "tomcat", SUB2, "tomcat", "not_after", to="2026-04-19T12:00:00"),
        ON,
        "pass",
        "30 days",
    ),
    ("phone_edge_trust", IS_OFF, ON, "pass", "every required root"),
    ("phone_edge_trust", IS_OFF, FULL, "pass", "every required root"),
    (
        "phone_edge_trust",
        self_signed(8),
        Desired("enabled", edge_roots=[]),
        "planned",
        "to be uploaded",
    ),
    (
        "phone_edge_trust",
        spoiled(IS_OFF, "trust_stores", "phone_edge", to=[{"sha256": ROOT_RSA}]),
        Desired("enabled", edge_roots=[]),
        "planned",
        f"to be uploaded: {ROOT_EC}",
    ),
    (
        "phone_edge_trust",
        spoiled(IS_OFF, "trust_stores", "phone_edge", to=None),
        FULL,
        "planned",
        f"to be uploaded: {ROOT_RSA}, {ROOT_EC}, {ROOT_EDGE}",
    ),
    (
        "phone_edge_trust",
        spoiled(IS_OFF, "trust_stores", "tomcat", SUB1, "tomcat", to=None),
        ON,
        "pass",
        "every required root",
    ),
    (
        "phone_edge_trust",
        lacking("trust_stores"),
        Desired("enabled", phones=False),
        "not_applicable",
        "phones",
    ),
    (
        "phone_edge_trust",
        {**lacking("trust_stores"), "release": "12.5.1.11900-146"},
        ON,
        "not_applicable",
        "phones",
    ),
    ("expressway_c_trusted", {**IS_OFF, "expressway_c": {}}, ON, "not_applicable", "no Expressway-C"),
    ("expressway_c_trusted", IS_ON, ON, "not_applicable", "no Expressway-C"),
    ("expressway_c_trusted", IS_OFF, ON, "attested", "CA is in tomcat-trust"),
    (
        "expressway_c_trusted",
        spoiled(
            without(IS_OFF, "expressway_c"), "unavailable", to={"expressway_c": "not_in_this_release: none"}
        ),
        ON,
        "not_applicable",
        "no Expressway-C",
    ),
    ("voicemail_oauth", NEW_LOGINS, ON, "not_applicable", "not turned on"),
    ("voicemail_oauth", IS_OFF, FULL, "not_applicable", "stay as they are"),
    ("voicemail_oauth", voicemail(0, 0), FULL, "not_applicable", "no voice mail"),
    ("voicemail_oauth", IS_ON, OFF, "not_applicable", "not turned on"),
    ("device_tokens", IS_OFF, Desired("enabled", phones=False), "not_applicable", "not to be served"),
    ("device_tokens", without_profiles(IS_OFF), ON, "not_applicable", "no profile of phones"),
    (
        "device_tokens",
        spoiled(IS_ON, "security_profile_usage", PHONES, "phones", to=3),
        FULL,
        "pass",
        "already",
    ),
    ("device_tokens", IS_OFF, tokens("1"), "planned", "to be 1"),
    (
        "device_tokens",
        {**IS_OFF, "parameters": {"OAuthAccessTokenForDevices": "1"}},
        tokens("1"),
        "pass",
        "is 1",
    ),
    ("expressway_c_trusted", IS_OFF, FULL, "attested", "CA is in tomcat-trust"),
    ("sip_oauth_profiles", IS_OFF, FULL, "pass", "as desired"),
    ("sip_oauth_profiles", IS_OFF, ON, "not_applicable", "no profile"),
    (
        "sip_oauth_profiles",
        spoiled(IS_OFF, "security_profiles", PHONES, to=profile(description="old")),
        FULL,
        "planned",
        f"to be created: {PHONES}",
    ),
    ("sip_oauth_profiles", spoiled(IS_OFF, "security_profiles", to={}), FULL, "planned", PHONES),
    ("sip_oauth_phones", IS_ON, OFF, "pass", "no phone"),
    (
        "sip_oauth_phones",
        spoiled(IS_ON, "security_profile_usage", PHONES, "phones", to=3),
        ON,
        "not_applicable",
        "no phone",
    ),
]


@pytest.mark.parametrize(("name", "facts", "desired", "verdict", "said"), PASSES)
def test_what_does_not_block(name: str, facts: t.Any, desired: Desired, verdict: str, said: str) -> None:
    found = check(name, facts, desired)
    assert found["verdict"] == verdict, found["reason"]
    assert said in found["reason"]
    assert found["remedy"] == ""


def test_how_long_certificates_must_be_valid_is_the_operators() -> None:
    facts = spoiled(IS_OFF, "tomcat", SUB2, "tomcat", "not_after", to="2026-03-30T12:00:00")
    assert check("tomcat", facts, ON)["verdict"] == "fail"
    assert check("tomcat", facts, ON, certificate_min_days=10)["verdict"] == "pass"


def test_a_port_that_collides_everywhere_is_said_once_a_node() -> None:
    reason = check("sip_oauth_ports", IS_OFF, Desired("enabled", ports={"sip_oauth": 99}))["reason"]
    assert reason == "sip_oauth port 99 is outside 1024 to 49151"


def test_ports_a_release_does_not_have_do_not_collide() -> None:
    facts = sip_oauth_cluster("disabled")
    for node in facts["callmanagers"].values():
        node["ports"].update(sip_oauth=None, sip_oauth_mra=None)
    assert check("sip_oauth_ports", facts, ON)["verdict"] == "pass"


# -- what the others make of it ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("security_mode", "desired", "needed"),
    [
        ("mixed", None, True),
        ("mixed", OFF, True),
        ("non_secure", ON, True),
        (None, ON, True),
        (None, OFF, False),
        ("non_secure", OFF, False),
        ("non_secure", None, False),
    ],
)
def test_what_encrypts_needs_the_licence(
    security_mode: str | None, desired: Desired | None, needed: bool
) -> None:
    wanted = intent(ON, security_mode=security_mode, sip_oauth=desired)
    assert wanted.encrypts is needed
    found = verdicts(spoiled(IS_ON, "licence", "registered", to=False), wanted)
    assert found["licence"] == ("fail" if needed else "not_applicable")
    assert found["export_restricted_image"] == ("attested" if needed else "not_applicable")


@pytest.mark.parametrize("name", ["rollback_flag", "itlrecovery_backup"])
def test_without_a_change_of_trust_lists_there_is_less_to_look_at(name: str) -> None:
    facts = {**IS_OFF, "rollback_to_pre_8": True}
    assert check(name, facts, FULL)["verdict"] == "not_applicable"
    assert check(name, facts, FULL, security_mode="mixed")["verdict"] in ("fail", "unknown")


@pytest.mark.parametrize(("security_mode", "verdict"), [(None, "pass"), ("mixed", "planned")])
def test_services_of_mixed_mode_are_activated_for_it_alone(security_mode: str | None, verdict: str) -> None:
    assert check("services", IS_OFF, FULL, security_mode=security_mode)["verdict"] == verdict


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("it is so", "x (fail): it is so. Change it."),
        ("It is so.", "x (fail): It is so. Change it."),
        ("it goes on...", "x (fail): it goes on... Change it."),
    ],
)
def test_a_reason_ends_with_one_full_stop(reason: str, line: str) -> None:
    verdict = {"id": "x", "verdict": "fail", "reason": reason, "remedy": "Change it."}
    assert preflight.blocking([verdict]) == [line]
    assert preflight.blocking([{**verdict, "remedy": ""}]) == [line.removesuffix(" Change it.")]
    assert preflight.blocking([{**verdict, "verdict": "planned"}]) == []
