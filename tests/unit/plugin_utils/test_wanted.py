# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An operator's variables become the desired state, or a message that names each invalid one."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.module_utils._security.sip_oauth import Desired
from ansible_collections.ucops.cucm.plugins.plugin_utils import _wanted as wanted

from ..data import authorities
from ..data.clusters import (
    IMP,
    JABBER,
    PHONES,
    PUB,
    REFRESH_LOGIN,
    SUB1,
    SUB2,
    expressway_c,
    profile,
    sip_oauth_cluster,
)

FACTS = sip_oauth_cluster("disabled")
ON = {"mode": "enabled"}


def desired(**given: t.Any) -> Desired:
    found = wanted.sip_oauth(FACTS, {**ON, **given})
    assert found is not None
    return found


@pytest.mark.parametrize("given", ["publisher", "all", [], [SUB1], [PUB, SUB2]])
def test_where_the_ctl_provider_goes(given: t.Any) -> None:
    assert wanted.ctl_provider_nodes(FACTS, given) == given


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("none", "'none'"),
        (None, "None"),
        (True, "True"),
        ({PUB: True}, PUB),
        ([PUB, "other"], "at other; the nodes are"),
        ([IMP], f"at {IMP}"),
        ([7], "at 7"),
    ],
)
def test_where_the_ctl_provider_cannot_go(given: t.Any, words: str) -> None:
    with pytest.raises(InputError, match="The CTL Provider") as refused:
        wanted.ctl_provider_nodes(FACTS, given)
    assert words in refused.value.message


@pytest.mark.parametrize("given", [None, {}])
def test_nothing_said_is_nothing_wanted(given: t.Any) -> None:
    assert wanted.sip_oauth(FACTS, given) is None


def asked(found: Desired | None) -> dict[str, t.Any]:
    """Return the desired state without the values that stay unchanged."""
    return {name: value for name, value in vars(found).items() if value}


def test_the_mode_alone_leaves_everything_else() -> None:
    assert asked(wanted.sip_oauth(FACTS, {"mode": "disabled"})) == {"mode": "disabled"}
    empty = {"clients": [], "parameters": {}, "ports": {}, "expressway_c": [], "profiles": []}
    nothing = dict.fromkeys((*empty, "edge_roots"))
    for given in ({}, empty, nothing):
        assert asked(desired(**given)) == {"mode": "enabled"}
        assert desired(**given).phones is None and desired(**given).edge_roots is None


BAD: list[tuple[dict[str, t.Any], tuple[str, ...]]] = [
    ({**ON, "clients": ["phone"]}, ("jabber and phones", "phone")),
    ({**ON, "profiles": [{"sip_oauth": True}]}, ("Item 1", "profiles", "no name")),
    ({**ON, "expressway_c": [{"description": "x"}]}, ("Item 1", "Expressway-C", "no host")),
    ({"mdoe": "enabled"}, ("has no mdoe", "edge_roots, expressway_c, expressway_c_exactly, mode")),
    ({**ON, "b": 1, "a": 2}, ("has no a, b;",)),
    ({"ports": {}}, ("not None",)),
    ({"mode": "on"}, ("enabled or disabled", "'on'")),
    ({"mode": True}, ("not True",)),
    ({"mode": "absent"}, ("'absent'",)),
    ({**ON, "parameters": {"ok": "1", REFRESH_LOGIN: 1}}, (REFRESH_LOGIN, "got 1", "quotes")),
    ({**ON, "parameters": {REFRESH_LOGIN: True}}, ("got True", "quotes")),
    ({**ON, "parameters": {REFRESH_LOGIN: None}}, ("got None",)),
    ({**ON, "ports": {"sip": 5061}}, ("sip_oauth and sip_oauth_mra", "sip: 5061")),
    ({**ON, "ports": {"sip_oauth": "fifty"}}, ("sip_oauth: 'fifty'",)),
    ({**ON, "ports": {"sip_oauth": 50.5}}, ("sip_oauth: 50.5",)),
    ({**ON, "ports": {"sip_oauth": -5090}}, ("sip_oauth: -5090",)),
    ({**ON, "ports": {"sip_oauth": True}}, ("sip_oauth: True",)),
    ({**ON, "ports": {"sip_oauth_mra": ""}}, ("sip_oauth_mra: ''",)),
    ({**ON, "ports": {"sip_oauth_mra": None}}, ("sip_oauth_mra: None",)),
    ({**ON, "expressway_c": [{"host": " "}]}, ("empty host",)),
    ({**ON, "expressway_c": [{"host": "a"}, {"host": "A"}]}, ("A is in entries twice",)),
    ({**ON, "expressway_c": [{"host": "a", "subject_names": ["x,y"]}]}, ("'x,y' of a",)),
    ({**ON, "expressway_c": [{"host": "a", "description": "d" * 51}]}, ("description of a", "51")),
    ({**ON, "edge_roots": ["nothing"]}, ("Item 1 of the edge roots", "no certificate")),
]


@pytest.mark.parametrize(("given", "said"), BAD)
def test_what_cannot_be_is_named(given: dict[str, t.Any], said: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as refused:
        wanted.sip_oauth(FACTS, given)
    assert [text for text in said if text not in refused.value.message] == []


@pytest.mark.parametrize(
    ("clients", "phones"),
    [(["jabber"], False), (["phones"], True), (["jabber", "phones"], True), ([], None), (None, None)],
)
def test_clients(clients: t.Any, phones: bool | None) -> None:
    assert desired(clients=clients).phones is phones


def test_values_stay_texts_and_ports_become_numbers() -> None:
    found = desired(parameters={REFRESH_LOGIN: "01"}, ports={"sip_oauth": "5090", "sip_oauth_mra": 5091})
    assert found.parameters == {REFRESH_LOGIN: "01"}
    assert found.ports == {"sip_oauth": 5090, "sip_oauth_mra": 5091}


def test_expressway_c() -> None:
    facts = {**FACTS, "expressway_c": {"exp-c1": expressway_c("EXP-c1", "kept"), "old": expressway_c("old")}}
    given = [{"host": "exp-C1"}, {"host": "new", "description": "n"}]
    both = {"exp-c1": expressway_c("EXP-c1", "kept"), "new": expressway_c("new", "n")}

    def states(**options: t.Any) -> t.Any:
        return t.cast(Desired, wanted.sip_oauth(facts, {**ON, **options})).expressway_c

    assert states(expressway_c=given) == both
    assert states(expressway_c=given, expressway_c_exactly=False) == both
    for yes in (True, "true", "Yes", 1):
        assert states(expressway_c=given, expressway_c_exactly=yes) == {**both, "old": None}
    assert states(expressway_c=[], expressway_c_exactly=True) == {"exp-c1": None, "old": None}
    assert states(expressway_c_exactly="no") == {}
    without = t.cast(Desired, wanted.sip_oauth({}, {**ON, "expressway_c": [{"host": "new"}]}))
    assert without.expressway_c == {"new": expressway_c("new")}


def test_profiles_are_completed_from_what_is_there() -> None:
    found = desired(
        profiles=[
            {"name": PHONES, "description": "mine"},
            {"name": JABBER, "copy_from": PHONES, "phone_type": "Cisco Unified Client Services Framework"},
        ]
    )
    assert found.profile_problems == {}
    assert found.profiles == {
        PHONES: profile(description="mine"),
        JABBER: profile(phone_type="Cisco Unified Client Services Framework"),
    }


@pytest.mark.parametrize(
    ("spec", "release", "said"),
    [
        ({}, "14.0.1", "needs a phone type"),
        ({"phone_type": "Cisco 8861", "sip_oauth": True, "digest_authentication": True}, "14.0.1", "digest"),
        ({"phone_type": "Cisco 8861", "sip_oauth": True, "tftp_encrypted_config": True}, "14.0.1", "TFTP"),
        ({"phone_type": "Cisco 8861", "sip_oauth": True}, "12.5.1", "cannot serve Cisco 8861"),
        ({"phone_type": "Cisco 6901", "sip_oauth": True}, "14.0.1", "cannot serve Cisco 6901"),
        ({"copy_from": "nowhere"}, "14.0.1", "nowhere"),
    ],
)
def test_a_profile_that_cannot_be_made_is_a_problem_of_its_own(
    spec: dict[str, t.Any], release: str, said: str
) -> None:
    """The others are still wanted: the preflight reports all problems at once."""
    facts = {**FACTS, "release": release}
    specs = [{"name": "bad", **spec}, {"name": PHONES}]
    found = t.cast(Desired, wanted.sip_oauth(facts, {**ON, "profiles": specs}))
    assert list(found.profiles) == [PHONES]
    assert list(found.profile_problems) == ["bad"]
    assert said in found.profile_problems["bad"]


def test_a_profile_that_is_given_twice_is_refused_before_anything_is_changed() -> None:
    with pytest.raises(InputError, match="x is among the phone security profiles twice") as refused:
        desired(profiles=[{"name": "x", "phone_type": "Cisco 8861"}, {"name": "y"}, {"name": "x"}])
    assert refused.value.code == "profile_twice"


def test_a_profile_that_came_with_the_product_stays() -> None:
    found = desired(profiles=[{"name": "Standard", "description": "mine"}])
    assert found.profiles == {}
    assert "came with the product" in found.profile_problems["Standard"]


def test_no_edge_roots_and_nothing_said_differ() -> None:
    assert desired(edge_roots=[]).edge_roots == []
    assert desired().edge_roots is None


def test_edge_roots_are_known_by_their_fingerprints() -> None:
    one, two, three = (authorities.root(name) for name in ("One", "Two", "Three"))
    found = desired(edge_roots=[one.pem + two.pem, three.pem])
    assert found.edge_roots == [one.sha256, two.sha256, three.sha256]
    with pytest.raises(InputError, match="Item 2 of the edge roots") as refused:
        desired(edge_roots=[one.pem, two.pem + two.key_pem])
    assert "PRIVATE" not in refused.value.message
    assert refused.value.__cause__ is not None


def test_a_value_is_stripped_as_the_module_stores_it() -> None:
    assert desired(parameters={REFRESH_LOGIN: " 1 "}).parameters == {REFRESH_LOGIN: "1"}


def test_edge_roots_that_cannot_be_used_are_named() -> None:
    authority = authorities.root("One")
    leaf = authorities.issue("expe.example.com", authority, ca=False)
    assert desired(edge_roots=[authority.pem]).edge_root_problems == []
    problems = desired(edge_roots=[leaf.pem]).edge_root_problems
    assert len(problems) == 1 and "expe.example.com" in problems[0] and "no CA" in problems[0]
