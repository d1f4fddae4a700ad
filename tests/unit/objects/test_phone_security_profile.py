# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a phone security profile is to become, what is refused, and what is sent for it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import CucmError, InputError
from ansible_collections.ucops.cucm.plugins.module_utils._objects import phone_security_profile as profiles
from ansible_collections.ucops.cucm.plugins.module_utils._security.phone_types import (
    has_sip_oauth,
    sip_oauth_types,
)
from ansible_collections.ucops.cucm.plugins.module_utils._transport import xml

RELEASES = {
    "11.5": "11.5.1.22900(28)",
    "12.5": "12.5.1.11900(146)",
    "14": "14.0.1.12900(161)",
    "15": "15.0.1.10000(1)",
}
STANDARD = "Cisco 8845 - Standard SIP Non-Secure Profile"
PLAIN: dict[str, t.Any] = {
    "phone_type": "Cisco 8845",
    "protocol": "SIP",
    "description": "",
    "device_security_mode": "non_secure",
    "authentication_mode": "null_string",
    "key_size": 2048,
    "key_order": "rsa_only",
    "ec_key_size": None,
    "tftp_encrypted_config": False,
    "sip_oauth": False,
    "nonce_validity_time": 600,
    "transport": "tcp+udp",
    "sip_phone_port": 5060,
    "digest_authentication": False,
    "exclude_digest_credentials": False,
}
OAUTH = {**PLAIN, "device_security_mode": "encrypted", "transport": "tls", "sip_oauth": True}
EXISTING = {STANDARD: {**PLAIN, "description": "built in"}, "plain": PLAIN, "oauth": OAUTH}


def wanted(name: str, release: str = "14", existing: t.Any = None, **spec: t.Any) -> dict[str, t.Any]:
    return profiles.wanted({"name": name, **spec}, existing or EXISTING, RELEASES[release], {STANDARD})


def refused(code: str, *words: str, **options: t.Any) -> dict[str, t.Any]:
    with pytest.raises(CucmError) as caught:
        wanted(**options)
    assert caught.value.code == code, caught.value.message
    assert caught.value.remedy
    missing = [word for word in words if word not in f"{caught.value.message} {caught.value.remedy}"]
    assert not missing, f"{missing} not in: {caught.value.message} {caught.value.remedy}"
    return caught.value.details


def request(before: t.Any, after: t.Any) -> tuple[str, t.Any]:
    objects = profiles.objects(t.cast("t.Any", None), dict)
    made = objects.request("mine", before, after)
    return made.operation, made.content


# -- what it becomes ----------------------------------------------------------------------------------------------


def test_a_new_one_has_the_defaults_of_the_schema() -> None:
    assert wanted("new", phone_type="Cisco 8845") == PLAIN
    assert wanted("new", phone_type="Cisco 7942", protocol="SCCP")["protocol"] == "SCCP"


def test_a_copy_has_what_it_was_copied_from_but_for_what_is_given() -> None:
    copy = wanted("new", copy_from=STANDARD, description=" mine ", key_size=4096)
    assert copy == {**PLAIN, "description": "mine", "key_size": 4096}
    assert EXISTING[STANDARD]["description"] == "built in", "the original stays as it is"
    assert wanted("new", copy_from="oauth", phone_type="Cisco 8865") == {**OAUTH, "phone_type": "Cisco 8865"}


def test_what_is_not_given_stays_and_a_copy_is_made_only_once() -> None:
    assert wanted("oauth") == OAUTH
    assert wanted("oauth", copy_from=STANDARD) == OAUTH
    assert wanted("oauth", copy_from="nobody", nonce_validity_time=60) == {**OAUTH, "nonce_validity_time": 60}


def test_sip_oauth_stands_for_encryption_and_tls() -> None:
    assert wanted("plain", sip_oauth=True) == OAUTH
    assert (
        wanted("plain", sip_oauth=True, device_security_mode="encrypted", transport="tls")
        == wanted("new", copy_from="plain", sip_oauth=True)
        == OAUTH
    )


def test_without_sip_oauth_the_rest_stays() -> None:
    assert wanted("oauth", sip_oauth=False) == {**OAUTH, "sip_oauth": False}
    assert wanted("oauth", sip_oauth=False, transport="tcp")["transport"] == "tcp"


def test_false_is_given_and_none_is_not() -> None:
    digest = {"mine": {**PLAIN, "digest_authentication": True}}
    assert wanted("mine", existing=digest, digest_authentication=None)["digest_authentication"] is True
    assert wanted("mine", existing=digest, digest_authentication=False)["digest_authentication"] is False


def test_ec_keys_have_a_size_and_rsa_keys_have_none_of_it() -> None:
    assert wanted("plain", key_order="ec_only")["ec_key_size"] == 384
    ec = {"ec": {**PLAIN, "key_order": "ec_only", "ec_key_size": 521}}
    assert wanted("ec", existing=ec, description="x")["ec_key_size"] == 521
    assert wanted("ec", existing=ec, ec_key_size=256)["ec_key_size"] == 256
    rsa = wanted("ec", existing=ec, key_order="rsa_only")
    assert rsa == PLAIN
    assert request(ec["ec"], rsa)[1] == [("name", "mine"), ("keyOrder", "RSA Only")]
    refused("profile_conflict", "plain", "ec_key_size", name="plain", ec_key_size=256)


# -- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"device_security_mode": "authenticated"}, "device_security_mode: encrypted"),
        ({"transport": "tcp"}, "transport: tls"),
        ({"digest_authentication": True}, "digest_authentication: false"),
        ({"tftp_encrypted_config": True}, "tftp_encrypted_config: false"),
    ],
)
@pytest.mark.parametrize("name", ["plain", "oauth"])
def test_what_does_not_go_with_sip_oauth(name: str, given: dict[str, t.Any], named: str) -> None:
    """Asked for together with it, and asked of a profile that has it."""
    more = {"sip_oauth": True} if name == "plain" else {}
    details = refused("profile_conflict", name, named, name=name, **more, **given)
    assert details["conflicts"][next(iter(given))]["asked"] is True


@pytest.mark.parametrize("setting", ["digest_authentication", "tftp_encrypted_config"])
def test_what_is_there_already_and_does_not_go_with_it(setting: str) -> None:
    existing = {"mine": {**PLAIN, setting: True}}
    for options in ({"name": "mine"}, {"name": "new", "copy_from": "mine"}):
        details = refused(
            "profile_conflict",
            "mine" if options["name"] == "mine" else "new",
            f"{setting}: false",
            existing=existing,
            sip_oauth=True,
            **options,
        )
        assert details["conflicts"] == {setting: {"value": True, "needed": False, "asked": False}}
        assert wanted(existing=existing, sip_oauth=True, **options, **{setting: False}) == OAUTH


def test_a_conflict_that_was_there_before_is_no_reason_to_refuse_something_else() -> None:
    odd = {"odd": {**OAUTH, "transport": "tcp"}}
    assert wanted("odd", existing=odd, description="x")["description"] == "x"
    refused("profile_conflict", "transport", name="odd", existing=odd, digest_authentication=False)


def test_sccp_has_no_sip_oauth() -> None:
    refused(
        "profile_conflict",
        "SCCP",
        name="new",
        phone_type="Cisco 7942",
        protocol="SCCP",
        sip_oauth=True,
    )


@pytest.mark.parametrize(
    ("phone_type", "served"),
    [
        ("Cisco Unified Client Services Framework", {"12.5", "14", "15"}),
        ("Universal Device Template", {"12.5", "14", "15"}),
        ("Cisco 8845", {"14", "15"}),
        ("Cisco 8865NR", {"14", "15"}),
        ("Cisco 8875", {"14", "15"}),
        ("Cisco 9861NR", {"14", "15"}),
        ("Cisco 8821", set()),
        ("Cisco 7942", set()),
    ],
)
def test_which_release_can_serve_which_type(phone_type: str, served: set[str]) -> None:
    assert {name for name, release in RELEASES.items() if phone_type in sip_oauth_types(release)} == served
    for release in ("12.5", "14", "15"):
        options: dict[str, t.Any] = {"name": "new", "phone_type": phone_type, "sip_oauth": True}
        if release in served:
            assert wanted(release=release, **options)["sip_oauth"]
        else:
            refused("phone_type_without_sip_oauth", phone_type, RELEASES[release], release=release, **options)


def test_the_series_of_the_guide_are_there() -> None:
    assert {f"Cisco {name}" for name in ("7811", "7832", "8811", "8832NR", "8861")} <= sip_oauth_types("14")
    assert sip_oauth_types("nonsense") == frozenset()
    assert [name for name, release in RELEASES.items() if has_sip_oauth(release)] == ["12.5", "14", "15"]
    assert not has_sip_oauth("12.0.1.10000-10")


def test_a_release_without_sip_oauth() -> None:
    existing = {"mine": {**PLAIN, "sip_oauth": None}}
    options: dict[str, t.Any] = {"existing": existing, "release": "11.5"}
    refused("not_in_this_release", RELEASES["11.5"], name="mine", sip_oauth=True, **options)
    assert wanted("mine", sip_oauth=False, **options)["sip_oauth"] is None, "it is so already"
    assert wanted("new", phone_type="Cisco 7841", **options)["sip_oauth"] is None


@pytest.mark.parametrize("given", [{"phone_type": "Cisco 8865"}, {"protocol": "SCCP"}])
def test_type_and_protocol_are_fixed(given: dict[str, str]) -> None:
    refused("phone_type_fixed", "plain", *given.values(), name="plain", **given)
    assert wanted("plain", phone_type="Cisco 8845", protocol="SIP") == PLAIN


def test_a_built_in_profile_is_changed_by_nothing() -> None:
    refused("profile_built_in", STANDARD, "copy_from", name=STANDARD, description="x")
    assert wanted(STANDARD) == EXISTING[STANDARD], "there is nothing to change"


def test_a_profile_to_copy_that_is_none_and_a_new_one_without_a_type() -> None:
    refused("profile_unknown", "nobody", name="new", copy_from="nobody")
    refused("phone_type_missing", "new", "phone_type", name="new", sip_oauth=True)


# -- what is sent -------------------------------------------------------------------------------------------------


def test_an_update_carries_what_differs_in_the_order_of_the_schema() -> None:
    operation, content = request(PLAIN, OAUTH)
    assert operation == "updatePhoneSecurityProfile"
    assert content == [
        ("name", "mine"),
        ("deviceSecurityMode", "Encrypted"),
        ("EnableOAuthAuthentication", "true"),
        ("transportType", "TLS"),
    ]
    assert request(PLAIN, {**PLAIN, "description": "x"})[1] == [("name", "mine"), ("description", "x")]


def test_an_addition_carries_all_that_is_known() -> None:
    operation, ((wrapper, content),) = request(None, {**OAUTH, "key_order": "ec_preferred_rsa_backup"})
    assert (operation, wrapper) == ("addPhoneSecurityProfile", "phoneSecurityProfile")
    assert [name for name, _text in content] == [
        *("phoneType", "protocol", "name", "description", "deviceSecurityMode", "authenticationMode"),
        *("keySize", "keyOrder", "tftpEncryptedConfig", "EnableOAuthAuthentication", "nonceValidityTime"),
        *("transportType", "sipPhonePort", "enableDigestAuthentication", "excludeDigestCredentials"),
    ]
    sent = dict(content)
    assert (sent["name"], sent["keyOrder"], sent["tftpEncryptedConfig"]) == (
        "mine",
        "EC Preferred, RSA Backup",
        "false",
    )
    absent = dict(request(None, {**PLAIN, "sip_oauth": None})[1][0][1])
    assert "EnableOAuthAuthentication" not in absent


def test_names_differ_by_upper_and_lower_case() -> None:
    profiles.require_distinct([{"name": "a"}, {"name": "A"}, {"name": "b"}])
    with pytest.raises(InputError) as refused:
        profiles.require_distinct([{"name": "a"}, {"name": "b"}, {"name": "a"}])
    assert (refused.value.code, refused.value.details) == ("profile_twice", {"profiles": ["a"]})


def test_a_removal() -> None:
    assert request(PLAIN, None) == ("removePhoneSecurityProfile", [("name", "mine")])


def test_a_profile_that_phones_use_is_kept() -> None:
    used = {"mine": {"built_in": False, "phones": 7}, "other": {"built_in": False, "phones": 0}}
    objects = profiles.objects(t.cast("t.Any", None), lambda: used)
    assert objects.keep("mine", PLAIN) == "it is used by 7 phones"
    assert objects.keep("other", PLAIN) is objects.keep("new", None) is None


# -- what is read -------------------------------------------------------------------------------------------------


class FakeAxl:
    def __init__(self, release: str, rows: str = "") -> None:
        self._release, self._rows, self.sent = release, rows, []

    def release(self) -> str:
        return self._release

    def call(self, operation: str, content: t.Any) -> xml.Element:
        self.sent.append((operation, content))
        return xml.parse(f"<answer><return>{self._rows}</return></answer>".encode(), "lab")


class FakeCluster:
    def __init__(self, axl: FakeAxl) -> None:
        self.axl = axl


@pytest.mark.parametrize("release", ["11.5", "14"])
def test_every_field_is_asked_for_in_the_order_of_the_schema(release: str) -> None:
    axl = FakeAxl(RELEASES[release])
    assert profiles.read(t.cast("t.Any", FakeCluster(axl))) == {}
    ((_operation, content),) = axl.sent
    tags = [name for name, _empty in dict(content)["returnedTags"]]
    assert tags[:4] == ["phoneType", "protocol", "name", "description"]
    assert len(tags) == (15 if release == "11.5" else 16)
    assert ("EnableOAuthAuthentication" in tags) is (release != "11.5")


def test_words_that_are_not_known_are_kept_as_they_are() -> None:
    row = (
        "<phoneSecurityProfile><phoneType>Cisco 8845</phoneType><protocol>SIP</protocol><name>odd</name>"
        "<description/><deviceSecurityMode/><authenticationMode>By Magic</authenticationMode>"
        "<keySize>2048</keySize><keyOrder>RSA Only</keyOrder><ecKeySize>384</ecKeySize><tftpEncryptedConfig>f</tftpEncryptedConfig>"
        "<EnableOAuthAuthentication>true</EnableOAuthAuthentication><transportType>TLS</transportType>"
        "</phoneSecurityProfile>"
    )
    (state,) = profiles.read(t.cast("t.Any", FakeCluster(FakeAxl(RELEASES["14"], row)))).values()
    assert tuple(state) == profiles.SETTINGS
    assert (state["device_security_mode"], state["authentication_mode"]) == (None, "By Magic")
    assert (state["description"], state["key_size"], state["ec_key_size"]) == ("", 2048, None)
    assert (state["sip_oauth"], state["tftp_encrypted_config"], state["transport"]) == (True, False, "tls")
    sent = request(PLAIN, {**PLAIN, "authentication_mode": "By Magic"})[1]
    assert sent[1] == ("authenticationMode", "By Magic")
