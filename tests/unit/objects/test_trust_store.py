# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to go into a trust store, and what must not: judged as a whole before anything is sent."""

from __future__ import annotations

import typing as t
from datetime import timedelta

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import (
    CucmError,
    InputError,
    ProtocolError,
    Refusal,
)
from ansible_collections.ucops.cucm.plugins.module_utils._objects import trust_store
from ansible_collections.ucops.cucm.plugins.module_utils._objects.trust_store import NodeCertificates, Wish

from ..data.authorities import NOW, YEAR, Issued, issue, root

ROOT = root("Root")
MIDDLE = issue("Middle", ROOT, ca=True)
EXPRESSWAY = root("Expressway Root")


def node(name: str, own: t.Mapping[str, Issued], *trusted: Issued) -> NodeCertificates:
    """Return a node with its own certificates and what its tomcat-trust holds."""
    return NodeCertificates(
        name,
        {unit: [each.read] for unit, each in own.items()},
        {"tomcat": [each.read for each in trusted]},
        NOW,
    )


def planned(
    *nodes: NodeCertificates,
    given: t.Sequence[Issued] = (),
    present: t.Sequence[Issued] = (),
    verifies: t.Sequence[Issued] = (),
    tomcat_roots: bool = True,
    store: str = trust_store.PHONE_EDGE,
) -> list[str]:
    """Return the fingerprints of what would be put in."""
    wish = Wish(store, [each.read for each in given], [each.read for each in verifies], tomcat_roots)
    added = trust_store.to_add(wish, [each.read for each in present], nodes, NOW)
    return [each.sha256 for each in added]


def refused(code: str, *words: str, **options: t.Any) -> CucmError:
    """Assert that this is refused, in a message that has the words."""
    nodes = options.pop("nodes", ())
    with pytest.raises(Refusal) as caught:
        planned(*nodes, **options)
    error = caught.value
    assert error.code == code
    assert error.remedy
    assert not [word for word in words if word not in error.message], error.message
    return error


PUB = node("pub", {"tomcat": issue("pub", MIDDLE)}, MIDDLE, ROOT)


# -- the roots of Tomcat -------------------------------------------------------------------------------


def test_the_roots_of_every_node_and_unit_go_in_at_once() -> None:
    other = root("EC Root")
    second = node("sub", {"TOMCAT": issue("sub", ROOT), "tomcat-ecdsa": issue("sub-EC", other)}, other, ROOT)
    assert sorted(planned(PUB, second)) == sorted([ROOT.sha256, other.sha256])


def test_what_is_there_is_not_put_in_again() -> None:
    assert planned(PUB, present=[ROOT]) == []
    assert planned(PUB, given=[ROOT, ROOT, EXPRESSWAY], present=[ROOT]) == [EXPRESSWAY.sha256]


def test_a_nodes_own_self_signed_certificate_is_its_root() -> None:
    own = issue("pub")
    assert planned(node("pub", {"tomcat": own})) == [own.sha256]
    assert planned(node("pub", {"tomcat": own}), given=[own], tomcat_roots=False) == [own.sha256]


def test_a_root_that_only_another_node_has_does_not_count() -> None:
    blind = node("sub", {"tomcat": issue("sub", MIDDLE)}, MIDDLE)
    error = refused("incomplete_roots", "tomcat at sub", "CN=Root", nodes=(PUB, blind), tomcat_roots=False)
    assert {item["node"] for item in error.details["incomplete"]} == {"pub", "sub"}
    assert refused("incomplete_roots", "tomcat at sub needs CN=Root", nodes=(blind,)).details[
        "incomplete"
    ] == [{"node": "sub", "certificate": "tomcat", "missing": ["CN=Root"]}]
    assert planned(blind, given=[ROOT]) == [ROOT.sha256]


def test_without_tomcat_roots_they_must_be_given_or_there() -> None:
    refused("incomplete_roots", "tomcat at pub", ROOT.sha256, nodes=(PUB,), tomcat_roots=False)
    assert planned(PUB, tomcat_roots=False, given=[ROOT]) == [ROOT.sha256]
    assert planned(PUB, tomcat_roots=False, present=[ROOT]) == []


def test_a_chain_with_a_missing_intermediate_names_it() -> None:
    cut = node("pub", {"tomcat-ECDSA": issue("pub", MIDDLE), "tomcat": issue("pub", ROOT)}, ROOT)
    refused("incomplete_roots", "tomcat-ECDSA at pub needs CN=Middle", nodes=(cut,))


def test_a_root_that_is_there_and_expired_does_not_count() -> None:
    old = root("Root", key=ROOT.key, end=NOW - timedelta(seconds=1))
    at = node("pub", {"tomcat": issue("pub", old)}, old)
    refused("certificate_expired", "CN=Root", nodes=(at,), present=[old])
    refused("incomplete_roots", "not valid now", nodes=(at,), present=[old], tomcat_roots=False)
    assert planned(at, given=[ROOT], present=[old]) == [ROOT.sha256]


def test_other_stores_have_nothing_to_do_with_tomcat() -> None:
    cut = node("pub", {"tomcat": issue("pub", MIDDLE)})
    assert planned(cut, given=[EXPRESSWAY], store="tomcat", tomcat_roots=False) == [EXPRESSWAY.sha256]


# -- what is given -------------------------------------------------------------------------------------


def test_what_is_verified_must_lead_to_a_root_in_the_store() -> None:
    middle = issue("E Middle", EXPRESSWAY, ca=True)
    leaf = issue("exp-e", middle)
    refused("incomplete_roots", "CN=exp-e needs CN=Expressway Root", nodes=(PUB,), verifies=[leaf, middle])
    refused(
        "incomplete_roots", "CN=exp-e needs CN=E Middle", nodes=(PUB,), verifies=[leaf], given=[EXPRESSWAY]
    )
    assert planned(PUB, verifies=[leaf, middle], given=[EXPRESSWAY], present=[ROOT]) == [EXPRESSWAY.sha256]
    # A root that comes with the chain is not in the store for that.
    refused("incomplete_roots", EXPRESSWAY.sha256, nodes=(PUB,), verifies=[leaf, middle, EXPRESSWAY])
    refused("incomplete_roots", "CN=exp-e", store="tomcat", given=[ROOT], verifies=[leaf, middle])


@pytest.mark.parametrize("ca", [None, False])
def test_what_is_no_ca_is_refused_for_phones_only(ca: bool | None) -> None:
    leaf = issue("exp-e", ca=ca)
    refused("not_a_ca", "CN=exp-e", nodes=(PUB,), given=[leaf])
    assert planned(given=[leaf], store="callmanager", tomcat_roots=False) == [leaf.sha256]


def test_a_nodes_certificate_that_a_ca_signed_is_no_root() -> None:
    leaf = issue("pub", ROOT)
    refused("not_a_ca", "CN=pub", nodes=(node("pub", {"tomcat": leaf}, ROOT),), given=[leaf])


def test_validity_is_judged_by_the_given_time() -> None:
    late = root("Late", start=NOW + timedelta(seconds=1))
    early = root("Early", start=NOW - YEAR, end=NOW - timedelta(seconds=1))
    refused("certificate_not_yet_valid", "CN=Late", "2026-03-03T12:00:01", nodes=(PUB,), given=[late])
    refused("certificate_expired", "CN=Early", "2026-03-03T11:59:59", nodes=(PUB,), given=[early])


def test_phones_take_sixteen() -> None:
    roots = [root(f"R{number}") for number in range(15)]
    assert len(planned(PUB, given=roots)) == 16
    refused("too_many_certificates", "17", "16", nodes=(PUB,), given=[*roots, EXPRESSWAY])
    refused("too_many_certificates", "17", nodes=(PUB,), given=[EXPRESSWAY], present=[*roots])
    assert planned(PUB, present=[*roots, EXPRESSWAY, ROOT]) == [], "a full store that is asked nothing stays"
    assert len(planned(given=[*roots, EXPRESSWAY, ROOT], store="tomcat", tomcat_roots=False)) == 17


def test_issuers_are_put_in_first() -> None:
    assert planned(given=[MIDDLE, ROOT], store="tomcat", tomcat_roots=False) == [ROOT.sha256, MIDDLE.sha256]


def test_items_are_told_by_their_number_and_not_repeated() -> None:
    items = [ROOT.pem, EXPRESSWAY.pem + ROOT.pem]
    found = trust_store.certificates_of("certificates", items)
    assert [each.sha256 for each in found] == [ROOT.sha256, EXPRESSWAY.sha256]
    for spoilt in (EXPRESSWAY.pem + EXPRESSWAY.key_pem, "words", ROOT.pem[:-40]):
        with pytest.raises(InputError) as caught:
            trust_store.certificates_of("verifies", [ROOT.pem, spoilt])
        failure = caught.value.as_failure()
        assert (failure["code"], failure["details"]["item"]) == ("certificate_unreadable", 2)
        assert "Item 2 of verifies" in failure["message"]
        assert EXPRESSWAY.key_pem.splitlines()[1] not in str(failure)


# -- names ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "options", "stores", "service"),
    [
        ("phone-edge", ["phone-edge"], [], "phone-edge"),
        ("phone-edge", ["rsa", "2048", "Phone-Edge-trust"], ["phone-edge"], "Phone-Edge-trust"),
        ("phone-edge", ["x"], ["PHONE-EDGE-TRUST"], "PHONE-EDGE"),
        ("phone-edge", ["cucm-phone-edge-trust"], [], "cucm-phone-edge-trust"),
        ("phone-edge", ["what a phone-edge store is"], ["tomcat"], None),
        ("tomcat", ["tomcat-trust", "tomcat", "tomcat-ECDSA"], ["tomcat"], "tomcat"),
        ("callmanager", ["tomcat"], ["CallManager-trust"], "CallManager"),
        ("capf", [], [], None),
    ],
)
def test_how_a_node_calls_a_store(
    wanted: str, options: list[str], stores: list[str], service: str | None
) -> None:
    assert trust_store.service_of(wanted, options, stores) == service


def test_two_stores_that_could_be_meant() -> None:
    with pytest.raises(Refusal) as caught:
        trust_store.service_of("phone-edge", ["a-phone-edge", "b-phone-edge"], [])
    assert caught.value.code == "store_ambiguous"


@pytest.mark.parametrize("name", ["Phone-Edge-Trust", "phone-edge", " PHONE-EDGE"])
def test_a_store_is_named_with_or_without_trust(name: str) -> None:
    assert trust_store.base_name(name) == trust_store.PHONE_EDGE


@pytest.mark.parametrize(
    ("release", "told"), [("15.0.1.1-1", True), ("14.0.1", True), ("12.5.1", False), ("11.5", False)]
)
def test_the_api_comes_with_release_14(release: str, told: bool) -> None:
    assert trust_store.has_api(release) is told
    with pytest.raises(ProtocolError):
        trust_store.has_api("")
