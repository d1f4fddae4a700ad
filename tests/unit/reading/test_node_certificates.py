# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of the rows of the database's certificates, hostile ones included."""

from __future__ import annotations

import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import ProductFault, ProtocolError
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.nodes import Address, Node
from ansible_collections.ucops.cucm.plugins.module_utils._facts import model
from ansible_collections.ucops.cucm.plugins.module_utils._reading import node_certificates
from ansible_collections.ucops.cucm.plugins.module_utils._reading.collector import Collector

from ..data.authorities import NOW, YEAR, name

PUB, SUB, IMP = "ucm-pub", "cucm-sub1", "imp-1"
NODES = (
    Node(PUB, "publisher", "callmanager", Address("10.0.0.1", 8443, 22)),
    Node(SUB, "subscriber", "callmanager", Address("10.0.0.2", 8443, 22)),
    Node(IMP, "subscriber", "im_presence", Address("10.0.0.9", 8443, 22)),
)
KEY = ec.generate_private_key(ec.SECP256R1())
Rows = list[dict[str, str]]


def pem(serial: int, *servers: str) -> str:
    """Return a certificate in PEM form with a serial number, of servers."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(name("x"))
        .issuer_name(name("x"))
        .public_key(KEY.public_key())
        .serial_number(serial)
        .not_valid_before(NOW)
        .not_valid_after(NOW + YEAR)
    )
    if servers:
        names = x509.SubjectAlternativeName([x509.DNSName(server) for server in servers])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


class Cluster:
    """A cluster that answers one question."""

    def __init__(self, answer: Rows | Exception, axl: bool = True, nodes: t.Sequence[Node] = NODES) -> None:
        self.answer, self.axl, self.asked, self.nodes = answer, axl, 0, nodes
        self.callmanager_nodes = [node for node in nodes if node.type == "callmanager"]

    def has_account(self, _kind: str) -> bool:
        return self.axl

    def ask(self, parts: list[t.Any]) -> dict[str, Rows | Exception]:
        (part,) = parts
        self.asked += 1
        return {part.name: self.answer}


def row(
    server: str, service: str, text: str, held: str = "9", ipv4: str = "", ipv6: str = ""
) -> dict[str, str]:
    return {
        "server": server,
        "ipv4": ipv4,
        "ipv6": ipv6,
        "service": service,
        "pem": text,
        "held": held,
    }


def read(answer: Rows | Exception, axl: bool = True, nodes: t.Sequence[Node] = NODES) -> dict[str, t.Any]:
    """Return the facts that an answer gives; the database was asked once at most."""
    warnings: list[str] = []
    cluster, collector = Cluster(answer, axl, nodes), Collector(warnings.append)
    node_certificates.gather(t.cast("t.Any", cluster), collector)
    assert cluster.asked == (1 if axl else 0) and warnings == []
    return collector.facts


def serials(facts: dict[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    """Return the serial numbers by node and service."""
    return {
        node: {service: held["serial"] if held else None for service, held in services.items()}
        for node, services in facts["node_certificates"].items()
    }


WHOLE = [row(PUB, "CallManager", pem(1)), row(SUB, "CallManager", pem(2))]


def test_each_node_has_its_own() -> None:
    facts = read([*WHOLE, row(IMP, "cup", pem(3)), row("gone", "tomcat", pem(4))])
    assert serials(facts) == {PUB: {"CallManager": "1"}, SUB: {"CallManager": "2"}, IMP: {"cup": "3"}}
    assert (facts["trust_certificates"], facts["unavailable"]) == ([], {})
    assert model.clean(facts)["node_certificates"] == facts["node_certificates"]


@pytest.mark.parametrize("server", [PUB, f"{PUB}.example.net", PUB.upper(), "10.0.0.1"])
def test_a_server_is_known_by_its_name_with_or_without_domain_or_its_address(server: str) -> None:
    assert serials(read([row(server, "TVS", pem(1))]))[PUB] == {"TVS": "1"}


def test_a_certificate_of_several_servers_is_at_each_node_it_names() -> None:
    many = pem(7, "ucm-pub.example.net", SUB, "example.net", "another")
    facts = read([row(PUB, "CallManager", many), row(PUB, "tomcat", many)])
    both = {"CallManager": "7", "tomcat": "7"}
    assert serials(facts) == {PUB: both, SUB: both}
    assert facts["node_certificates"][SUB]["tomcat"]["names"] == [
        "ucm-pub.example.net",
        SUB,
        "example.net",
        "another",
    ]


def listed_as(*names: str) -> list[Node]:
    """Return nodes that the cluster lists by these names and that are reached by them; the first is the publisher."""
    return [
        Node(each, "subscriber" if number else "publisher", "callmanager", Address(each, 8443, 22))
        for number, each in enumerate(names)
    ]


BY_IPV4, BY_IPV6 = listed_as("10.0.0.1", "10.0.0.2"), listed_as("2001:DB8:0::1", "2001:db8::2")


def rows_of(*addresses: tuple[str, str]) -> Rows:
    """Return the rows of two nodes: a certificate of TVS each, and one of CallManager that both share."""
    (one, other), shared = addresses, pem(7, "ucm-pub.example.net", "cucm-sub1.example.net", "example.net")
    return [
        row(PUB, "TVS", pem(1), ipv4=one[0], ipv6=one[1]),
        row(SUB, "TVS", pem(2), ipv4=other[0], ipv6=other[1]),
        row(PUB, "CallManager", shared, ipv4=one[0], ipv6=one[1]),
    ]


@pytest.mark.parametrize(
    ("nodes", "rows"),
    [
        (NODES[:2], rows_of(("192.0.2.1", ""), ("192.0.2.2", ""))),
        (listed_as(f"{PUB}.example.net", f"{SUB}.example.net"), rows_of(("", ""), ("", ""))),
        (BY_IPV4, rows_of(("10.0.0.1", ""), ("10.0.0.2", "2001:db8::2"))),
        (BY_IPV6, rows_of(("", "2001:db8::1"), ("10.0.0.2", "2001:0DB8::0002"))),
        (listed_as("10.0.0.1", SUB), rows_of(("10.0.0.1", ""), ("10.0.0.2", ""))),
        (listed_as(PUB, "10.0.0.2"), rows_of(("10.0.0.1", ""), ("10.0.0.2", ""))),
    ],
)
def test_a_node_is_known_however_the_cluster_lists_it(nodes: list[Node], rows: Rows) -> None:
    """Rows have host names; the names in a certificate of several servers are host names too, never addresses."""
    facts = read(rows, nodes=nodes)
    one, other = (node.name for node in nodes)
    assert serials(facts) == {
        one: {"TVS": "1", "CallManager": "7"},
        other: {"TVS": "2", "CallManager": "7"},
    }
    assert facts["unavailable"] == {}


def test_an_address_that_another_node_had_before_decides_nothing() -> None:
    """The row of a node that was given another address has the former one, which now is another node's."""
    former = [
        row(PUB, "TVS", pem(1), ipv4="10.0.0.2"),
        row(SUB, "TVS", pem(2), ipv4="10.0.0.2"),
    ]
    assert serials(read(former)) == {PUB: {"TVS": "1"}, SUB: {"TVS": "2"}}
    facts = read(former, nodes=BY_IPV4)
    assert serials(facts) == {"10.0.0.2": {"TVS": None}}
    assert set(facts["unavailable"]) == {
        "node_certificates.10.0.0.1",
        "node_certificates.10.0.0.2.TVS",
    }


def test_a_row_twice_is_one_certificate() -> None:
    assert serials(read([WHOLE[0], *WHOLE]))[PUB] == {"CallManager": "1"}


def test_two_different_ones_are_neither() -> None:
    facts = read([*WHOLE, row(SUB, "CallManager", pem(9))])
    assert serials(facts) == {PUB: {"CallManager": "1"}, SUB: {"CallManager": None}}
    key = f"node_certificates.{SUB}.CallManager"
    assert list(facts["unavailable"]) == [key] and "2 different ones" in facts["unavailable"][key]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        pem(1).replace("M", "N"),
        pem(1)[:200],
        "-----BEGIN CERTIFICATE-----" * 1000,
        "\x00\ufffd",
    ],
)
def test_one_that_cannot_be_read_costs_itself_alone(text: str) -> None:
    facts = read([*WHOLE, row(SUB, "TVS", text), row(PUB, "tomcat-trust", text), row(PUB, "x-trust", pem(5))])
    assert serials(facts) == {PUB: {"CallManager": "1"}, SUB: {"CallManager": "2", "TVS": None}}
    assert [each["serial"] for each in facts["trust_certificates"]] == ["5"]
    assert set(facts["unavailable"]) == {f"node_certificates.{SUB}.TVS", "trust_certificates.unreadable"}
    # What is not understood is not repeated.
    assert not text or text not in str(facts["unavailable"])


def test_a_node_without_any_is_told() -> None:
    facts = read(WHOLE[:1])
    assert set(facts["unavailable"]) == {f"node_certificates.{SUB}"}
    assert SUB not in facts["node_certificates"]


def test_a_certificate_in_several_stores_is_one() -> None:
    stores = ("tomcat-trust", "CallManager-trust", "Phone-SAST-trust")
    text = pem(3)
    facts = read([*WHOLE, *(row("elsewhere", store, text) for store in stores)])
    (found,) = facts["trust_certificates"]
    assert (found["serial"], found["services"]) == ("3", list(stores))


def test_a_large_database_leaves_most_stores_out_and_says_so() -> None:
    facts = read([{**each, "held": "9000"} for each in [*WHOLE, row(PUB, "Phone-Edge-trust", pem(3))]])
    assert serials(facts)[SUB] == {"CallManager": "2"}
    assert len(facts["trust_certificates"]) == 1
    assert "9000 certificates, more than 500" in facts["unavailable"]["trust_certificates.others"]


@pytest.mark.parametrize(
    "answer",
    [
        [],
        ProductFault("Query request too large. Total rows matched: 2816 rows.", code="soap_fault"),
        ProtocolError("The answer is too large.", code="output_too_large"),
    ],
)
def test_an_answer_that_is_refused_or_empty_is_unread_with_its_reason(answer: Rows | Exception) -> None:
    facts = read(answer)
    assert "node_certificates" not in facts and "trust_certificates" not in facts
    reasons = facts["unavailable"]
    assert set(reasons) == {"node_certificates", "trust_certificates"}
    assert ("too large" in reasons["node_certificates"]) == bool(answer)


def test_without_an_axl_account_nobody_is_asked() -> None:
    assert "axl_username" in read([], axl=False)["unavailable"]["node_certificates"]


TEXTS = st.one_of(
    st.text(max_size=40), st.sampled_from([PUB, SUB, "tomcat", "CallManager-trust", "-trust", pem(1), "5"])
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(dict.fromkeys(("server", "ipv4", "ipv6", "service", "pem", "held"), TEXTS)),
        max_size=8,
    )
)
def test_whatever_the_database_says_has_the_form_of_facts(rows: Rows) -> None:
    facts = read(rows)
    clean = model.clean(facts)
    for fact in (model.NODE_CERTIFICATES, model.TRUST_CERTIFICATES):
        assert clean.get(fact.name) == facts.get(fact.name)
    for node, services in (facts.get("node_certificates") or {}).items():
        for service, held in services.items():
            assert held or f"node_certificates.{node}.{service}" in facts["unavailable"]
