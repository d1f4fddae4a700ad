# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose certificate is which, by the database and by the nodes."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._security import duties
from ansible_collections.ucops.cucm.plugins.module_utils._x509 import own_certificates

from ..data.clusters import PUB, SERIALS, SUB1, SUB2, certificate, cluster, ctl_facts, spoiled, without

NODES = (PUB, SUB1, SUB2)
WHOLE = cluster()


def test_what_a_node_printed_counts_and_else_the_database() -> None:
    printed = spoiled(WHOLE, "certificates", "TVS", to=certificate("AA"))
    assert own_certificates.serial(own_certificates.current(printed, PUB, "TVS")) == "AA"
    unread = spoiled(WHOLE, "certificates", "TVS", to=None)
    assert own_certificates.current(unread, PUB, "TVS") == WHOLE["node_certificates"][PUB]["TVS"]
    # What the publisher printed is nobody else's.
    assert own_certificates.serial(own_certificates.current(printed, SUB1, "TVS")) == f"{SERIALS[SUB1]}2"
    assert own_certificates.current(without(WHOLE, "node_certificates"), SUB1, "TVS") is None


def test_tomcat_of_every_node_is_printed() -> None:
    facts = {**WHOLE, "tomcat": {SUB1: {"tomcat": certificate("AA"), "tomcat-ECDSA": None}}}
    assert own_certificates.serial(own_certificates.shown(facts, SUB1, "tomcat")) == "AA"
    assert own_certificates.shown(facts, SUB1, "tomcat-ECDSA") is None
    assert own_certificates.serial(own_certificates.shown(facts, PUB, "tomcat")) == f"{SERIALS[PUB]}4"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("70:CA:F6:02", "70CAF602"),
        (" 0070caf602 ", "70CAF602"),
        ("", ""),
        ("0", ""),
        ("00:00", ""),
        ("-5", "-5"),
    ],
)
def test_serial_numbers(written: str, plain: str) -> None:
    assert own_certificates.plain_serial(written) == plain
    assert own_certificates.serial(t.cast("t.Any", certificate(written))) == plain


def test_no_certificate_has_no_serial_number() -> None:
    assert own_certificates.serial(None) == "" == own_certificates.serial(t.cast("t.Any", {}))


def test_the_itl_file_of_each_node_has_its_own_callmanager() -> None:
    files = {node: own_certificates.in_itl(WHOLE, node).names for node in NODES}
    common = {f"ITLRecovery of {PUB}", f"CAPF of {PUB}", *(f"TVS of {node}" for node in NODES)}
    for node, names in files.items():
        assert set(names) == common | {f"CallManager of {node}", f"CallManager-ECDSA of {node}"}


# -- for any assignment of certificates to nodes ----------------------------------------------------------

# Certificate of each node: some share one.
ASSIGNED = st.lists(st.sampled_from(["A1", "B2", "C3"]), min_size=3, max_size=3)


def assigned(serials: t.Sequence[str], records: t.Sequence[tuple[str, str]]) -> t.Any:
    """Return a cluster whose nodes have these CallManager certificates, and whose CTL file has records by name and serial number."""
    facts = without(cluster(), "certificates")
    for node, number in zip(NODES, serials, strict=True):
        facts["node_certificates"][node]["CallManager"] = certificate(number)
    file = ctl_facts("mixed", names=[name for name, _serial in records])
    servers = [each for each in file["records"] if each["function"] == "CCM+TFTP"]
    for each, (_name, number) in zip(servers, records, strict=True):
        each["serial"] = number
    facts["ctl_files"] = dict.fromkeys(NODES, file)
    return facts


@settings(max_examples=60, deadline=None)
@given(ASSIGNED, st.permutations(NODES), st.data())
def test_the_file_covers_a_node_exactly_when_it_has_its_certificate(
    serials: list[str], names: tuple[str, ...], data: st.DataObject
) -> None:
    """Whatever the records are called and however many nodes share a certificate."""
    different = sorted(set(serials))
    records = list(zip(names, different, strict=False))
    assert duties.ctl_update_duties(assigned(serials, records)) == []
    gone = data.draw(st.sampled_from(records))
    if len(records) > 1:
        left = [record for record in records if record != gone]
        reasons = duties.ctl_update_duties(assigned(serials, left))
        lacking = [node for node, number in zip(NODES, serials, strict=True) if number == gone[1]]
        assert len(reasons) == len(lacking)
        assert all(f"of node {node} " in reason for node, reason in zip(lacking, reasons, strict=True))
    # A record with a certificate that no node has is one reason more, and the file is not the cluster's.
    stale = duties.ctl_update_duties(assigned(serials, [*records, (gone[0], "FF")]))
    assert len(stale) == 1 and "FF" in stale[0]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(["x", "y"]), st.integers(0, 3)), max_size=12)
)
def test_each_node_and_service_has_one_certificate_or_a_reason(rows: list[tuple[str, str, int]]) -> None:
    told = [([node], service, certificate(f"{number}") if number else None) for node, service, number in rows]
    found, wrong = own_certificates.sort(t.cast("t.Any", told))
    held: dict[tuple[str, str], set[int]] = {}
    for node, service, number in rows:
        held.setdefault((node, service), set()).add(number)
    assert {(node, service) for node, services in found.items() for service in services} == set(held)
    for (node, service), numbers in held.items():
        known = len(numbers) == 1 and numbers != {0}
        assert (found[node][service] is not None) == known
        assert (service in wrong.get(node, {})) != known
