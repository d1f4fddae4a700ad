# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is due and what contradicts, derived from facts alone."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._facts import model
from ansible_collections.ucops.cucm.plugins.module_utils._security import duties

from ..data.clusters import (
    AFTER,
    BEFORE,
    CALLMANAGER,
    CAPF,
    CTIMANAGER,
    IMP,
    MODIFIED,
    PUB,
    SERIALS,
    SUB1,
    SUB2,
    TFTP,
    certificate,
    cluster,
    ctl_facts,
    service,
    spoiled,
    without,
)


def due(facts: t.Any) -> list[tuple[str, str, str]]:
    return [(duty["node"], duty["service"], duty["state"]) for duty in duties.restart_duties(facts)]


def test_nothing_is_due_in_a_settled_cluster() -> None:
    for mode in ("mixed", "non_secure"):
        assert due(cluster(mode)) == []
        assert duties.ctl_update_duties(cluster(mode)) == []
        assert duties.contradictions(cluster(mode)) == []


def test_the_publisher_comes_first_and_presence_nodes_never() -> None:
    assert [node["name"] for node in model.callmanager_nodes(cluster())] == [PUB, SUB1, SUB2]
    assert model.publisher_name(cluster()) == PUB
    assert model.publisher_name({"nodes": []}) == ""


def test_order_is_tftp_then_callmanager_then_cti_publisher_first() -> None:
    facts = cluster()
    for node in facts["services"].values():
        for name in (TFTP, CALLMANAGER, CTIMANAGER):
            node[name] = service(started_at=BEFORE)
    facts["services"][IMP] = {CALLMANAGER: service(started_at=BEFORE)}
    assert due(facts) == [
        (node, name, "due") for name in (TFTP, CALLMANAGER, CTIMANAGER) for node in (PUB, SUB1, SUB2)
    ]


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (service(started_at=AFTER), None),
        (service(started_at=MODIFIED), "due"),
        (service(started_at=BEFORE), "due"),
        (service(status="Starting"), "pending"),
        (service(status="Stopping"), "pending"),
        (service(status="Stopped", reason_code=-1069), None),
        (service(status="Stopped"), "pending"),
        (service(activated=False), None),
        (service(started_at=None), "unknown"),
        (service(started_at=BEFORE, present=False), None),
        (None, None),
    ],
)
def test_restart(state: t.Any, verdict: str | None) -> None:
    facts = spoiled(cluster(), "services", SUB1, CALLMANAGER, to=state)
    assert due(facts) == ([(SUB1, CALLMANAGER, verdict)] if verdict else [])


def test_restart_needs_the_node_own_file() -> None:
    later = spoiled(cluster(), "ctl_files", SUB1, to=ctl_facts("mixed", modified_at="2026-03-11T00:00:00"))
    assert due(later) == [(SUB1, name, "due") for name in (TFTP, CALLMANAGER, CTIMANAGER)]
    untold = spoiled(cluster(), "ctl_files", SUB1, to=ctl_facts("mixed", modified_at=None))
    assert due(untold) == [(SUB1, name, "unknown") for name in (TFTP, CALLMANAGER, CTIMANAGER)]
    absent = spoiled(cluster(), "ctl_files", SUB1, to=ctl_facts("none"))
    assert due(absent) == []
    unread = cluster()
    del unread["ctl_files"][SUB1]
    assert due(unread) == [(SUB1, name, "unknown") for name in (TFTP, CALLMANAGER, CTIMANAGER)]
    assert {state for _node, _name, state in due(without(cluster(), "ctl_files"))} == {"unknown"}


def test_services_that_were_not_read_are_no_duty() -> None:
    assert due(without(cluster(), "services")) == []


def test_ctl_update_when_capf_came_later() -> None:
    facts = cluster()
    for node in (PUB, SUB1, SUB2):
        facts["ctl_files"][node] = ctl_facts("mixed", capf=False)
    assert duties.ctl_update_duties(facts) == [
        "CAPF is activated on the publisher and has no record in the CTL file"
    ]
    assert duties.ctl_update_duties(spoiled(facts, "services", PUB, CAPF, to=service(False))) == []
    assert duties.ctl_update_duties(spoiled(facts, "security_mode", to="non_secure")) == []


def test_ctl_update_when_the_capf_certificate_was_renewed() -> None:
    """By what the publisher printed, else by the database; without either nothing is known of it."""
    facts = spoiled(cluster(), "node_certificates", PUB, "CAPF", to=certificate("ABC1"))
    assert duties.ctl_update_duties(facts) == []
    printed = spoiled(cluster(), "certificates", "CAPF", to=certificate("0:AB:C2"))
    assert duties.ctl_update_duties(printed) == [
        "the CAPF certificate of the publisher (serial number ABC2) is not in the CTL file"
    ]
    (reason,) = duties.ctl_update_duties(without(facts, "certificates"))
    assert "ABC1" in reason
    unread = without(without(facts, "certificates"), "node_certificates")
    assert duties.ctl_update_duties(unread) == []


def test_ctl_update_when_a_node_is_missing_in_the_file() -> None:
    facts = cluster()
    for node in (PUB, SUB1, SUB2):
        facts["ctl_files"][node] = ctl_facts("mixed", names=(PUB, SUB1))
    (reason,) = duties.ctl_update_duties(facts)
    assert SUB2 in reason and SERIALS[SUB2] in reason
    assert duties.ctl_update_duties(without(facts, "node_certificates")) == [
        f"node {SUB2} has no record in the CTL file"
    ]
    for name in (CALLMANAGER, TFTP):
        facts["services"][SUB2][name] = service(False)
    assert duties.ctl_update_duties(facts) == []


def test_ctl_update_when_the_file_names_a_node_that_is_gone() -> None:
    facts = cluster()
    for node in (PUB, SUB1, SUB2):
        facts["ctl_files"][node] = ctl_facts("mixed", names=(PUB, SUB1, SUB2, "cucm-old"))
    (reason,) = duties.ctl_update_duties(facts)
    assert "cucm-old" in reason


@pytest.mark.parametrize(
    "names", [(PUB.upper(), SUB1, SUB2), (f"{PUB}.example.com", f"{SUB1}.example.com", SUB2)]
)
def test_names_are_compared_without_domain_and_case(names: tuple[str, ...]) -> None:
    facts = cluster()
    for node in (PUB, SUB1, SUB2):
        facts["ctl_files"][node] = ctl_facts("mixed", names=names)
    assert duties.ctl_update_duties(facts) == []


def test_addresses_are_not_compared_by_their_first_number() -> None:
    facts = cluster()
    for node in facts["nodes"]:
        facts["services"][node["address"]] = facts["services"].pop(node["name"], {})
        facts["ctl_files"].pop(node["name"], None)
        facts["ctl_files"][node["address"]] = ctl_facts("mixed", names=("10.0.0.1", "10.0.0.2"))
        node["name"] = node["address"]
    assert duties.ctl_update_duties(facts) == ["node 10.0.0.3 has no record in the CTL file"]


@pytest.mark.parametrize("other", [ctl_facts("mixed", sha1="00ff"), ctl_facts("none")])
def test_ctl_update_when_a_node_has_another_file(other: t.Any) -> None:
    facts = spoiled(cluster(), "ctl_files", SUB2, to=other)
    assert duties.ctl_update_duties(facts) == [f"the CTL file of node {SUB2} differs from the publisher's"]


def test_a_file_that_was_not_read_is_no_update_duty() -> None:
    assert duties.ctl_update_duties(without(cluster(), "ctl_files")) == []


@pytest.mark.parametrize(
    ("mode", "file", "says"),
    [
        ("mixed", ctl_facts("none"), "no CTL file"),
        ("mixed", ctl_facts("stripped"), "non_secure"),
        ("mixed", ctl_facts("mixed", verified=False), "a CTL file that did not verify"),
        ("non_secure", ctl_facts("mixed"), "mixed"),
        ("non_secure", ctl_facts("stripped", verified=False), "a CTL file that did not verify"),
    ],
)
def test_contradiction_of_mode_and_file(mode: str, file: t.Any, says: str) -> None:
    found = duties.contradictions(spoiled(cluster(mode), "ctl_files", SUB1, to=file))
    assert found == [
        {
            "about": f"cluster security mode at {SUB1}",
            "witnesses": {"database": mode, f"ctl_file@{SUB1}": says},
        }
    ]
    assert duties.describe_contradictions(found) == (
        f"cluster security mode at {SUB1}: database says {mode}, ctl_file@{SUB1} says {says}."
    )


def test_a_half_stripped_file_contradicts_both_modes() -> None:
    half = ctl_facts("mixed")
    half["records"][1]["has_certificate"] = False
    for mode in ("mixed", "non_secure"):
        found = duties.contradictions(spoiled(cluster(mode), "ctl_files", PUB, to=half))
        assert found[0]["witnesses"][f"ctl_file@{PUB}"] == "a CTL file with only some certificates"


def test_a_left_over_stripped_file_does_not_contradict_non_secure() -> None:
    assert (
        duties.contradictions(spoiled(cluster("non_secure"), "ctl_files", SUB1, to=ctl_facts("stripped")))
        == []
    )


def test_an_unknown_mode_contradicts_nothing() -> None:
    assert duties.contradictions(spoiled(cluster(), "security_mode", to="unknown")) == []


@pytest.mark.parametrize("activated", [True, False])
def test_contradiction_of_activation(activated: bool) -> None:
    facts = spoiled(cluster(), "services", SUB1, CAPF, to=service(activated, in_database=not activated))
    words = {True: "activated", False: "not activated"}
    assert duties.contradictions(facts) == [
        {
            "about": f"activation of {CAPF} at {SUB1}",
            "witnesses": {"database": words[not activated], f"control_center@{SUB1}": words[activated]},
        }
    ]


@pytest.mark.parametrize(
    "state", [service(in_database=None), service(False, in_database=True, present=False)]
)
def test_a_witness_that_says_nothing_contradicts_nothing(state: t.Any) -> None:
    assert duties.contradictions(spoiled(cluster(), "services", SUB1, CAPF, to=state)) == []


@pytest.mark.parametrize("ports", [[22, 8443], [22, 5090], []])
def test_contradiction_of_a_callmanager_that_does_not_listen(ports: list[int]) -> None:
    facts = spoiled(cluster(), "listening", SUB1, to=ports)
    (found,) = duties.contradictions(facts)
    assert found["about"] == f"{CALLMANAGER} at {SUB1}"
    assert found["witnesses"] == {
        f"control_center@{SUB1}": "Started",
        f"open_ports@{SUB1}": "listens on none of 2000, 5060",
    }
    for state in (service(status="Stopped"), service(status="Starting"), service(False)):
        assert duties.contradictions(spoiled(facts, "services", SUB1, CALLMANAGER, to=state)) == []


@pytest.mark.parametrize("ports", [[2000], [5060], [22, 2000, 5060]])
def test_a_callmanager_that_listens_on_one_port_is_up(ports: list[int]) -> None:
    assert duties.contradictions(spoiled(cluster(), "listening", SUB1, to=ports)) == []


def test_ports_that_were_not_read_contradict_nothing() -> None:
    assert duties.contradictions(without(cluster(), "listening")) == []
    facts = cluster()
    del facts["listening"][SUB1]
    assert duties.contradictions(facts) == []


# -- two witnesses of a start -----------------------------------------------------------------------------


def berlin(started_at: str | None, started_at_utc: str | None, modified: str, zone: str = "CET") -> list[str]:
    """Return the states of the duties of one service whose file was modified in a night of Berlin."""
    facts = cluster()
    for file in facts["ctl_files"].values():
        file.update(modified_at=modified, modified_zone=zone)
    for services in facts["services"].values():
        services.clear()
    facts["services"][SUB1][TFTP] = service(started_at=started_at, started_at_utc=started_at_utc)
    return [duty["state"] for duty in duties.restart_duties(facts)]


TWICE = "2026-10-25T02:20:00"


@pytest.mark.parametrize(
    ("started_at", "started_at_utc", "states"),
    [
        # Up since 02:50 in the first of the two hours, then in the second.
        ("2026-10-25T02:50:00", "2026-10-25T00:50:01", ["due"]),
        ("2026-10-25T02:50:00", "2026-10-25T01:50:01", []),
        ("2026-10-25T02:10:00", "2026-10-25T01:10:00", ["due"]),
        # One witness alone knows only what is sure.
        ("2026-10-25T02:50:00", None, ["unknown"]),
        ("2026-10-25T02:10:00", None, ["unknown"]),
        ("2026-10-24T22:00:00", None, ["due"]),
        ("2026-10-25T09:00:00", None, []),
        (None, "2026-10-25T01:10:00", ["due"]),
        (None, "2026-10-25T01:50:00", []),
        (None, None, ["unknown"]),
        # They give different moments: the night is open, and so is what they contradict each other about.
        ("2026-10-25T02:50:00", "2026-11-20T03:27:20", ["unknown"]),
        ("2026-10-20T12:00:00", "2026-11-20T03:27:20", ["unknown"]),
        ("2026-10-26T12:00:00", "2026-11-20T03:27:20", []),
        ("2026-10-20T12:00:00", "2026-10-10T03:27:20", ["due"]),
    ],
)
def test_the_hour_that_comes_twice(
    started_at: str | None, started_at_utc: str | None, states: list[str]
) -> None:
    assert berlin(started_at, started_at_utc, TWICE) == states


def test_a_start_that_is_told_with_its_zone() -> None:
    facts = cluster()
    for file in facts["ctl_files"].values():
        file.update(modified_at=TWICE, modified_zone="CET")
    facts["services"][SUB1][TFTP] = service(started_at="2026-10-25T00:50:00", started_zone="Z")
    assert (SUB1, TFTP, "due") in due(facts)


# -- a certificate of several servers ---------------------------------------------------------------------


def of_many(subject: str, names: list[str]) -> t.Any:
    """Return a cluster whose CTL file has the publisher's record alone."""
    facts = without(cluster(), "node_certificates")
    for node in (PUB, SUB1, SUB2):
        file = ctl_facts("mixed", names=(PUB,))
        for record in file["records"]:
            record["subject"] = subject
        facts["ctl_files"][node] = file
    facts["certificates"]["CallManager"]["names"] = names
    return facts


LACKING = [f"node {node} has no record in the CTL file" for node in (SUB1, SUB2)]


@pytest.mark.parametrize(
    ("subject", "names", "reasons"),
    [
        (f"CN={PUB}-ms.example.net;OU=TAC", [], []),
        (f"CN={PUB}-ms.example.net;OU=TAC", [PUB, f"{SUB1}.example.net", SUB2], []),
        ("CN=voice.example.net;OU=TAC", [PUB, f"{SUB1}.example.net", SUB2], []),
        # A node that was added since is not in it.
        (f"CN={PUB}-ms.example.net;OU=TAC", [PUB, SUB1], LACKING[1:]),
        (f"CN={PUB};OU=TAC", [], LACKING),
        (f"CN={PUB};OU=TAC", [PUB], LACKING),
    ],
)
def test_the_publishers_record_stands_for_all_whose_certificate_it_is(
    subject: str, names: list[str], reasons: list[str]
) -> None:
    assert duties.ctl_update_duties(of_many(subject, names)) == reasons


def by_address(names: list[str], hosts: t.Sequence[str], subject: str = f"CN={PUB}-ms.example.net") -> t.Any:
    """Return the cluster of C(of_many) with its nodes listed by their addresses, which their certificates do not have."""
    facts = of_many(subject, names)
    addresses = {node["name"]: node["address"] for node in facts["nodes"]}
    for node, host in zip((PUB, SUB1, SUB2), hosts, strict=True):
        facts["health"]["nodes"][node]["host_name"] = host
    for node in facts["nodes"]:
        node["name"] = node["address"]
    facts["publisher"] = addresses[PUB]
    for each in (facts["services"], facts["ctl_files"], facts["health"]["nodes"]):
        for name in (PUB, SUB1, SUB2):
            each[addresses[name]] = each.pop(name)
    for file in facts["ctl_files"].values():
        for record in file["records"]:
            record["name"] = addresses[PUB]
    return facts


HOSTS = (PUB, SUB1, SUB2)
OF_ALL = [f"{name}.example.net" for name in HOSTS]


@pytest.mark.parametrize(
    ("names", "hosts", "lacking"),
    [
        (OF_ALL, HOSTS, []),
        # A node that was added since is not in it.
        (OF_ALL[:2], HOSTS, ["10.0.0.3"]),
        # Without the host name of a node the names in the certificate say nothing of it.
        (OF_ALL, (PUB, SUB1, ""), []),
        (OF_ALL[:2], (PUB, "", SUB2), ["10.0.0.3"]),
    ],
)
def test_nodes_that_are_listed_by_their_address_are_known_by_what_they_call_themselves(
    names: list[str], hosts: tuple[str, ...], lacking: list[str]
) -> None:
    expected = [f"node {node} has no record in the CTL file" for node in lacking]
    assert duties.ctl_update_duties(by_address(names, hosts)) == expected
    named_otherwise = by_address(names, HOSTS, "CN=voice.example.net")
    assert len(duties.ctl_update_duties(named_otherwise)) == 3 - len(names)


def test_one_that_has_a_record_of_its_own_is_not_of_many() -> None:
    facts = of_many(f"CN={PUB}-ms.example.net", [])
    for node in (PUB, SUB1, SUB2):
        facts["ctl_files"][node] = ctl_facts("mixed", names=(PUB, SUB1))
        for record in facts["ctl_files"][node]["records"]:
            record["subject"] = f"CN={PUB}-ms.example.net"
    assert duties.ctl_update_duties(facts) == LACKING[1:]


# -- by the serial number of certificates -----------------------------------------------------------------


def with_serials(serials: dict[str, str], *, records: t.Sequence[str] = (PUB, SUB1, SUB2)) -> t.Any:
    """Return a cluster whose nodes have CallManager certificates with serial numbers, and a CTL file with records of these names."""
    facts = cluster()
    for node in (PUB, SUB1, SUB2):
        facts["ctl_files"][node] = ctl_facts("mixed", names=records)
        facts["node_certificates"][node]["CallManager"] = certificate(serials.get(node, SERIALS[node]))
    facts["certificates"]["CallManager"] = dict(facts["node_certificates"][PUB]["CallManager"])
    return facts


ONE = dict.fromkeys((PUB, SUB1, SUB2), SERIALS[PUB])


@pytest.mark.parametrize("unit", ["CallManager", "tomcat"], ids=["multi-server", "reused of Tomcat"])
def test_one_certificate_of_all_nodes_is_covered_by_its_one_record(unit: str) -> None:
    facts = with_serials(ONE, records=(PUB,))
    for node in (PUB, SUB1, SUB2):
        facts["node_certificates"][node][unit] = facts["node_certificates"][node]["CallManager"]
    # Neither the certificate nor the record says that it is of several servers.
    assert duties.ctl_update_duties(facts) == []
    facts["node_certificates"][SUB2]["CallManager"] = certificate("AB")
    (reason,) = duties.ctl_update_duties(facts)
    assert SUB2 in reason and "AB" in reason


@pytest.mark.parametrize("written", ["70:CA:F6:02", "70caf602", "0070CAF602", " 70CAF602 "])
def test_serial_numbers_are_compared_however_they_are_written(written: str) -> None:
    facts = with_serials({PUB: written})
    facts["certificates"]["CallManager"]["serial"] = written
    assert duties.ctl_update_duties(facts) == []
    assert duties.contradictions(facts) == []


def test_a_certificate_that_was_renewed_since_makes_an_update_due() -> None:
    (reason,) = duties.ctl_update_duties(with_serials({SUB1: "99"}))
    assert SUB1 in reason and "99" in reason


def test_a_record_whose_certificate_no_node_has_is_due_beside_the_new_one() -> None:
    facts = with_serials({SUB1: "70CAF605"}, records=(PUB, SUB1, SUB2, SUB1))
    (reason,) = duties.ctl_update_duties(facts)
    assert SUB1 in reason and "70CAF603" in reason
    # The certificate may be another's of whom nothing was read.
    unread = copy.deepcopy(facts)
    unread["node_certificates"][SUB2]["CallManager"] = None
    assert duties.ctl_update_duties(unread) == []


def test_a_record_of_the_ec_certificate_is_none_that_no_node_has() -> None:
    facts = with_serials({}, records=(PUB, SUB1, SUB2, SUB1))
    facts["node_certificates"][SUB1]["CallManager-ECDSA"] = certificate("70CAF605", key_type="ec")
    assert duties.ctl_update_duties(facts) == []
    facts["node_certificates"][SUB1]["CallManager-ECDSA"] = None
    assert duties.ctl_update_duties(facts) == []


def test_a_record_that_has_another_name_for_a_node_is_known_by_its_certificate() -> None:
    facts = with_serials(ONE, records=("voice",))
    assert duties.ctl_update_duties(facts) == []


@pytest.mark.parametrize("unread", ["node", "unit", "record"])
def test_without_serial_numbers_names_decide(unread: str) -> None:
    facts = with_serials({SUB1: "99"})
    if unread == "node":
        del facts["node_certificates"][SUB1]
    elif unread == "unit":
        facts["node_certificates"][SUB1]["CallManager"] = None
    else:
        for file in facts["ctl_files"].values():
            for each in file["records"]:
                each["serial"] = ""
    assert duties.ctl_update_duties(facts) == []
    for node in (PUB, SUB2):
        file = facts["ctl_files"][node]
        file["records"] = [each for each in file["records"] if each["name"] != SUB1]
    assert f"node {SUB1} has no record in the CTL file" in duties.ctl_update_duties(facts)


def test_what_the_node_printed_counts_before_what_the_database_has() -> None:
    facts = with_serials({PUB: "99"})
    facts["certificates"]["CallManager"] = certificate(SERIALS[PUB])
    assert duties.ctl_update_duties(facts) == []
    assert duties.contradictions(facts) == [
        {
            "about": f"certificate CallManager at {PUB}",
            "witnesses": {
                "database": "serial number 99",
                f"show_cert@{PUB}": f"serial number {SERIALS[PUB]}",
            },
        }
    ]
    assert duties.mode_contradictions(facts) == []


def test_a_tomcat_certificate_of_a_subscriber_that_differs() -> None:
    facts = {**cluster(), "tomcat": {SUB1: {"tomcat": certificate("AA"), "tomcat-ECDSA": None}}}
    (found,) = duties.contradictions(facts)
    assert found["about"] == f"certificate tomcat at {SUB1}"
    facts["node_certificates"][SUB1]["tomcat"] = None
    assert duties.contradictions(facts) == []


def test_a_certificate_of_a_subscriber_that_was_renewed_since_its_services_started() -> None:
    facts = cluster()
    for state in facts["services"][SUB1].values():
        state["started_at_utc"] = AFTER
    facts["release"] = "15.0.1.13900-155"
    renewed = certificate("1", not_before="2026-03-19T00:00:00")
    facts["node_certificates"][SUB1]["CallManager-ECDSA"] = renewed
    assert due(facts) == [(SUB1, CALLMANAGER, "due")]
    facts["node_certificates"][SUB1]["CallManager-ECDSA"] = None
    assert due(facts) == []


# -- members ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "verdict"),
    [
        ({SUB1: True}, True),
        ({SUB1: False}, False),
        ({SUB1: None}, None),
        ({SUB1: None, "10.0.0.2": True}, True),
        ({SUB2: True}, False),
    ],
)
def test_authenticated(network: t.Any, verdict: bool | None) -> None:
    facts = spoiled(cluster(), "network", to=network)
    node = next(node for node in facts["nodes"] if node["name"] == SUB1)
    assert duties.authenticated(facts, node) is verdict
