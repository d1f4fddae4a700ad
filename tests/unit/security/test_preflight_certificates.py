# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of the certificates of every node, and of one that the publisher does not list."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._security import preflight
from ansible_collections.ucops.cucm.plugins.module_utils._security.sip_oauth import Desired

from ..data.clusters import NOW, PUB, SUB1, SUB2, certificate, cluster, spoiled, without

PLAIN = cluster("non_secure")
EXPIRED, SOON, LATER = "2026-03-01T00:00:00", "2026-04-19T11:00:00", "2026-04-19T12:00:00"
JUDGED = ("CallManager", "CallManager-ECDSA", "TVS", "ipsec")


def check(name: str, facts: t.Any, mode: str | None = "mixed", **options: t.Any) -> dict[str, t.Any]:
    """Return the verdict of a check."""
    wanted = preflight.Intent(mode, **{"attestations": {}, "accept": frozenset(), **options})
    return next(each for each in preflight.run(facts, wanted) if each["id"] == name)


def ending(node: str, unit: str, when: str) -> t.Any:
    return spoiled(PLAIN, "node_certificates", node, unit, "not_after", to=when)


@pytest.mark.parametrize("unit", JUDGED)
@pytest.mark.parametrize("node", [SUB1, SUB2])
def test_a_certificate_of_any_node_that_ends_soon_fails(node: str, unit: str) -> None:
    for when, word in ((EXPIRED, "expired"), (SOON, "expires")):
        found = check("node_certificates", ending(node, unit, when))
        assert found["verdict"] == "fail" and found["remedy"]
        assert found["reason"] == f"{unit} of {node} {word} {when[:10]}"
    assert check("node_certificates", ending(node, unit, LATER))["verdict"] == "pass"


@pytest.mark.parametrize("unit", ["CallManager-ECDSA", "ipsec"])
def test_the_publishers_that_it_was_not_asked_for(unit: str) -> None:
    assert check("node_certificates", ending(PUB, unit, EXPIRED))["verdict"] == "fail"


def test_the_publishers_that_it_printed_are_judged_once() -> None:
    facts = spoiled(PLAIN, "certificates", "TVS", "not_after", to=EXPIRED)
    assert check("certificates", facts)["verdict"] == "fail"
    assert check("node_certificates", facts)["verdict"] == "pass"


def test_capf_counts_wherever_it_has_a_certificate() -> None:
    facts = spoiled(PLAIN, "node_certificates", SUB1, "CAPF", to=certificate("C", not_after=EXPIRED))
    assert check("node_certificates", facts)["reason"].startswith(f"CAPF of {SUB1}")


def test_it_is_for_a_change_of_the_trust_list() -> None:
    facts = ending(SUB1, "TVS", EXPIRED)
    assert check("node_certificates", facts, None)["verdict"] == "not_applicable"
    assert check("itl_size", facts, None)["verdict"] == "not_applicable"
    oauth = Desired("enabled", parameters={}, edge_roots=[])
    assert check("node_certificates", facts, None, sip_oauth=oauth)["verdict"] == "not_applicable"
    assert check("node_certificates", facts, "non_secure")["verdict"] == "fail"


@pytest.mark.parametrize(("mode", "oauth"), [("mixed", None), (None, Desired("enabled", edge_roots=[]))])
def test_witnesses_that_disagree_fail_before_any_change(mode: str | None, oauth: Desired | None) -> None:
    facts = spoiled(PLAIN, "node_certificates", PUB, "TVS", "serial", to="AB")
    found = check("node_certificates", facts, mode, sip_oauth=oauth)
    assert found["verdict"] == "fail"
    assert (
        "contradiction" in found["reason"] and f"TVS at {PUB}" in found["reason"] and "AB" in found["reason"]
    )


@pytest.mark.parametrize("name", ["node_certificates", "itl_size"])
@pytest.mark.parametrize("facts", [without(PLAIN, "node_certificates"), {**PLAIN, "node_certificates": {}}])
def test_what_was_not_read_at_all_is_unknown(name: str, facts: t.Any) -> None:
    assert check(name, facts)["verdict"] == "unknown"
    reason = "soap_fault: Query request too large."
    told = check(name, {**facts, "unavailable": {"node_certificates": reason}})
    assert told["verdict"] == "unknown" and "too large" in told["reason"]
    assert check(name, facts, accept={name})["verdict"] == "accepted"


def test_one_that_is_not_known_is_told_with_its_reason() -> None:
    facts = spoiled(PLAIN, "node_certificates", SUB1, "CallManager", to=None)
    facts["unavailable"] = {f"node_certificates.{SUB1}.CallManager": "unreadable_output: it is broken."}
    found = check("node_certificates", facts)
    assert found["verdict"] == "unknown"
    assert f"CallManager of {SUB1} (unreadable_output: it is broken)" in found["reason"]
    assert "cucm_accept: [node_certificates]" in found["remedy"]
    # One of forty is no reason to doubt the size of the file.
    assert check("itl_size", facts)["verdict"] == "pass"


def test_a_node_without_any_is_unknown() -> None:
    facts = copy.deepcopy(PLAIN)
    del facts["node_certificates"][SUB2]
    facts["unavailable"] = {f"node_certificates.{SUB2}": "unreadable_output: none"}
    found = check("node_certificates", facts)
    assert found["verdict"] == "unknown" and f"TVS of {SUB2} (unreadable_output: none)" in found["reason"]


# -- the ITL file -----------------------------------------------------------------------------------------


def imported(number: int, **changed: t.Any) -> t.Any:
    """Return a cluster with signers of other clusters. Without them its ITL files have seven certificates."""
    more = [certificate(f"{n:X}", services=["Phone-SAST-trust"], **changed) for n in range(1, number + 1)]
    return {**PLAIN, "trust_certificates": [*PLAIN["trust_certificates"], *more]}


@pytest.mark.parametrize(("number", "verdict"), [(0, "pass"), (32, "pass"), (33, "fail"), (300, "fail")])
def test_more_than_39_certificates_are_too_many_for_phones(number: int, verdict: str) -> None:
    found = check("itl_size", imported(number))
    assert found["verdict"] == verdict
    assert (f"{7 + number} at {PUB}" in found["reason"]) == (verdict == "fail")


def test_what_may_be_in_it_is_counted_where_it_decides() -> None:
    facts = spoiled(imported(32), "node_certificates", SUB1, "TVS", to=None)
    assert check("itl_size", facts)["verdict"] == "pass"
    # One of four nodes more, whose certificates were not read.
    facts["nodes"] = [*facts["nodes"], {**facts["nodes"][1], "name": "cucm-sub3"}]
    found = check("itl_size", facts)
    assert found["verdict"] == "unknown" and "TVS of cucm-sub3" in found["reason"]


def test_what_was_imported_decides_and_was_not_read() -> None:
    found = check("itl_size", without(PLAIN, "trust_certificates"))
    assert found["verdict"] == "unknown" and "Phone-SAST-trust" in found["reason"]


def test_a_certificate_counts_once() -> None:
    facts = imported(40)
    for each in facts["trust_certificates"][1:]:
        each["serial"] = "1"
    assert check("itl_size", facts)["verdict"] == "pass"


# -- Tomcat reuse -----------------------------------------------------------------------------------------


def hidden(release: str = "15.0.1.13900-155") -> t.Any:
    """Return a cluster whose publisher does not list the certificate of CallManager."""
    facts = {**copy.deepcopy(PLAIN), "release": release}
    del facts["certificates"]["CallManager"]
    return facts


def test_one_that_is_not_listed_is_taken_from_the_database() -> None:
    facts = hidden()
    assert check("certificates", facts)["verdict"] == "pass"
    assert "CallManager" in check("certificates", facts)["reason"]
    facts["node_certificates"][PUB]["CallManager"]["not_after"] = SOON
    assert check("certificates", facts)["reason"] == f"CallManager expires {SOON[:10]}"


def test_before_14_there_is_none() -> None:
    found = check("certificates", hidden("12.5.1.17900-64"))
    assert (found["verdict"], found["reason"]) == ("fail", "there is no CallManager")


def test_without_the_database_it_is_not_known() -> None:
    facts = without(hidden(), "node_certificates")
    found = check("certificates", facts)
    assert found["verdict"] == "unknown" and "reused" in found["reason"]
    facts["certificates"]["TVS"]["not_after"] = EXPIRED
    assert check("certificates", facts)["verdict"] == "fail"


def test_with_the_database_there_is_none() -> None:
    facts = hidden()
    del facts["node_certificates"][PUB]["CallManager"]
    assert check("certificates", facts)["reason"] == "there is no CallManager"


def test_the_clock_of_the_publisher_decides() -> None:
    silent = spoiled(PLAIN, "health", "nodes", PUB, "local_time", to=None)
    assert check("node_certificates", silent)["verdict"] == "unknown"
    assert NOW < SOON
