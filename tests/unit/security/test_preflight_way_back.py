# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A return to non-secure mode is refused while phones, bridges or CTI applications are served securely."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._security import preflight

from ..data.clusters import DESK, PHONES, Facts, cluster, phone_profile, without

ENCRYPTED = "Encrypted Conference Bridge"


def check(name: str, facts: Facts, mode: str = "non_secure", accept: t.Collection[str] = ()) -> Facts:
    wanted = preflight.Intent(mode, {}, frozenset(accept))
    return next(each for each in preflight.run(facts, wanted) if each["id"] == name)


def phones(facts: Facts | None = None, **profile: t.Any) -> Facts:
    """Return a cluster of which 1,200 phones have a profile."""
    return {**(facts or cluster()), "phone_profiles": {DESK: phone_profile(1200, **profile)}}


def integrated(bridges: t.Any = None, users: int | None = 0, **unavailable: str) -> Facts:
    found = {"conference_bridges": bridges if bridges is not None else {}, "secure_cti_users": users}
    return {**cluster(), "integrations": found, "unavailable": unavailable}


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ({"device_security_mode": "encrypted"}, "encrypted"),
        ({"device_security_mode": "authenticated"}, "authenticated"),
        (
            {"device_security_mode": "non_secure", "tftp_encrypted_config": True},
            "encrypted TFTP configuration",
        ),
    ],
)
def test_phones_that_are_served_securely_are_counted(profile: Facts, said: str) -> None:
    found = check("non_secure_phones", phones(**{"tftp_encrypted_config": False, **profile}))
    assert found["verdict"] == "fail"
    assert f"1,200 with {DESK} ({said})" in found["reason"]
    assert "cucm_accept: [non_secure_phones]" in found["remedy"]
    accepted = check("non_secure_phones", phones(**profile), accept=["non_secure_phones"])
    assert accepted["verdict"] == "accepted" and "1,200" in accepted["reason"]


PLAIN: Facts = {"device_security_mode": "non_secure", "tftp_encrypted_config": False}
TOKEN: Facts = {"device_security_mode": "encrypted", "tftp_encrypted_config": False, "sip_oauth": True}


def test_phones_without_anything_to_lose_pass() -> None:
    assert check("non_secure_phones", phones(**PLAIN))["verdict"] == "pass"
    unused = {**cluster(), "phone_profiles": {DESK: phone_profile(0, device_security_mode="encrypted")}}
    assert check("non_secure_phones", unused)["verdict"] == "pass"


@pytest.mark.parametrize(("mode", "verdict"), [("enabled", "pass"), ("disabled", "fail"), (None, "fail")])
def test_tokens_protect_phones_only_in_sip_oauth_mode(mode: str | None, verdict: str) -> None:
    facts = phones({**cluster(), "sip_oauth_mode": mode}, **TOKEN)
    assert check("non_secure_phones", facts)["verdict"] == verdict


def test_a_word_that_is_not_known_is_unknown_and_kept() -> None:
    odd = check("non_secure_phones", phones(device_security_mode="Very Secure", tftp_encrypted_config=False))
    assert odd["verdict"] == "unknown" and DESK in odd["reason"]
    both = phones(device_security_mode="encrypted")
    both["phone_profiles"][PHONES] = phone_profile(3, device_security_mode=None, tftp_encrypted_config=False)
    assert check("non_secure_phones", both)["verdict"] == "fail"
    assert PHONES in check("non_secure_phones", both)["reason"]


@pytest.mark.parametrize("name", ["non_secure_phones", "non_secure_services"])
def test_only_the_way_back_is_judged(name: str) -> None:
    assert check(name, cluster(), "mixed")["verdict"] == "not_applicable"
    assert check(name, cluster("non_secure"))["verdict"] == "not_applicable"
    assert check(name, without(without(cluster(), "phone_profiles"), "integrations"))["verdict"] == "unknown"


@pytest.mark.parametrize(
    ("bridges", "users", "said"),
    [
        ({ENCRYPTED: 2, "": 1}, 0, "2 secure conference bridges"),
        ({"Non Secure Conference Bridge": 2}, 3, "3 users"),
        ({ENCRYPTED: 1}, 1, "1 secure conference bridge"),
        ({ENCRYPTED: 1}, None, "1 secure conference bridge"),
    ],
)
def test_bridges_and_cti_applications_are_counted(bridges: Facts, users: int | None, said: str) -> None:
    found = check("non_secure_services", integrated(bridges, users))
    assert found["verdict"] == "fail" and said in found["reason"]
    assert "cucm_accept: [non_secure_services]" in found["remedy"]


def test_bridges_that_are_not_secure_pass() -> None:
    assert (
        check("non_secure_services", integrated({"": 3, "Non Secure Conference Bridge": 1}))["verdict"]
        == "pass"
    )


def test_what_is_not_known_of_bridges_is_unknown() -> None:
    odd = check("non_secure_services", integrated({"Third kind": 4}))
    assert odd["verdict"] == "unknown" and "4 with Third kind" in odd["reason"]
    unread = integrated(None, None, **{"integrations.secure_cti_users": "sql: no such table"})
    found = check("non_secure_services", unread)
    assert found["verdict"] == "unknown" and "no such table" in found["reason"]
