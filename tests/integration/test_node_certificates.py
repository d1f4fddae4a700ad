# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates of every node by one AXL request, and what stands on them."""

from __future__ import annotations

import copy
import typing as t
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.ucops.cucm.plugins.filter.rollout import FilterModule
from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import BUILT_IN
from ansible_collections.ucops.cucm.plugins.module_utils._facts import model
from ansible_collections.ucops.cucm.plugins.module_utils._security import preflight
from ansible_collections.ucops.cucm.plugins.module_utils._security.sip_oauth import Desired
from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import CALLMANAGER, NODES, PUBLISHER, SUB1, SUB2, UPDATE_COMMAND
from .harness.topologies import TOPOLOGY

OWN = {"CallManager", "CallManager-ECDSA", "TVS", "ipsec", "tomcat", "tomcat-ECDSA"}
SUBSET = "node_certificates"


def axl_requests(journal: Journal) -> list[str]:
    """Return the AXL requests that were answered."""
    return [
        entry["operation"] for entry in journal.entries(kind="http") if entry["operation"].startswith("axl ")
    ]


@pytest.fixture(scope="module")
def certificates() -> list[str]:
    """More certificates than the collection reads of trust stores."""
    key = ec.generate_private_key(ec.SECP256R1())
    start = datetime(2026, 1, 1, tzinfo=UTC)
    found = []
    for number in range(501):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"ca {number}")])
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(1000 + number)
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=3650))
            .sign(key, hashes.SHA256())
        )
        found.append(made.public_bytes(serialization.Encoding.PEM).decode())
    return found


def serials(facts: dict[str, t.Any]) -> dict[str, dict[str, str]]:
    """Return the serial numbers by node and service."""
    return {
        node: {service: held["serial"] for service, held in services.items() if held}
        for node, services in facts[SUBSET].items()
    }


def test_one_request_tells_what_the_nodes_print(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    facts = modules.run("cluster_info", gather_subset=["modes", "certificates", "tomcat", SUBSET])["cluster"]
    assert facts["unavailable"] == {} and facts["contradictions"] == []
    found = serials(facts)
    assert {node: set(services) for node, services in found.items()} == {
        PUBLISHER: {*OWN, "CAPF", "ITLRecovery"},
        SUB1: OWN,
        SUB2: OWN,
    }
    printed = {unit: held["serial"] for unit, held in facts["certificates"].items()}
    assert printed == {unit: found[PUBLISHER][unit] for unit in printed}
    for node, units in facts["tomcat"].items():
        assert {unit: held["serial"] for unit, held in units.items()}.items() <= found[node].items()
    tomcat = facts[SUBSET][SUB1]["tomcat"]
    assert (tomcat["self_signed"], tomcat["extended_key_usage"]) == (False, ["server_auth", "client_auth"])
    stores = {store for each in facts["trust_certificates"] for store in each["services"]}
    assert {"CallManager-trust", "tomcat-trust", "CAPF-trust"} <= stores
    # Nothing but the reading of the database: no login to any node but those whose command line was asked.
    modules.run("cluster_info", gather_subset=["modes"])
    first = axl_requests(journal)
    journal = Journal(cluster, cluster.last_seq)
    modules.run("cluster_info", gather_subset=["modes"])
    alone = Counter(axl_requests(journal))
    journal = Journal(cluster, cluster.last_seq)
    modules.run("cluster_info", gather_subset=["modes", SUBSET])
    with_them = Counter(axl_requests(journal))
    assert with_them - alone == Counter({"axl executeSQLQuery": 1}) and not alone - with_them, first
    assert journal.logins("ssh") == []


def test_nothing_is_asked_when_no_control_needs_it(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    off = [name for name, control in BUILT_IN.items() if SUBSET in control.reads]
    site = {"controls": [{"id": name, "enabled": False} for name in off]}
    subsets = results.subsets(site, "lab")
    assert SUBSET not in subsets and SUBSET in results.subsets({}, "lab")
    facts = modules.run("cluster_info", gather_subset=subsets)["cluster"]
    assert SUBSET not in facts
    without = len(axl_requests(journal))
    journal = Journal(cluster, cluster.last_seq)
    modules.run("cluster_info", gather_subset=results.subsets({}, "lab"))
    assert len(axl_requests(journal)) - without <= 1


def test_the_least_accounts_see_them(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    account = cluster.account("axl", 0)
    low = {"axl_username": account["username"], "axl_password": account["password"]}
    facts = modules.run("cluster_info", gather_subset=[SUBSET], cli_username=None, cli_password=None, **low)[
        "cluster"
    ]
    assert set(facts[SUBSET]) == set(NODES) and facts["unavailable"] == {}
    assert journal.logins("ssh") == []
    now = datetime.fromisoformat(cluster.state()["clock"]["now"])
    told = {each["control"]: each["verdict"] for each in results.judge_cluster(facts, {}, "lab", now)}
    seen = ["publisher-certificates-expiry", "tomcat-certificates-expiry", "node-certificates-expiry"]
    seen += ["publisher-key-size", "tomcat-key-size", "node-key-size", "itlrecovery-key-size"]
    seen += ["trust-certificates-expiry", "certificate-purposes", "itl-size"]
    assert {name: told[name] for name in seen} == dict.fromkeys(seen, "pass")


def test_an_answer_that_is_refused_costs_the_certificates_alone(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.set(axl={"max_answer_bytes": 20000})
    facts = modules.run("cluster_info", gather_subset=["modes", "services", SUBSET])["cluster"]
    assert set(facts["unavailable"]) == {SUBSET, "trust_certificates"}
    assert "too large" in facts["unavailable"][SUBSET]
    assert set(facts["services"]) == set(NODES)
    # It is not asked again, neither whole nor in parts.
    assert axl_requests(journal).count("axl executeSQLQuery") == 2
    cluster.set(axl={"max_answer_bytes": 8 * 1024 * 1024})


def test_many_certificates_of_trust_are_left_out_by_the_database(
    modules: Modules, cluster: ClusterHandle, certificates: list[str]
) -> None:
    cluster.set(
        trust_stores={
            SUB1: {"tomcat-trust": certificates},
            PUBLISHER: {"Phone-SAST-trust": certificates[:40]},
        }
    )
    facts = modules.run("cluster_info", gather_subset=[SUBSET])["cluster"]
    assert set(facts["unavailable"]) == {"trust_certificates.others"}
    assert "more than 500" in facts["unavailable"]["trust_certificates.others"]
    assert len(facts["trust_certificates"]) == 40
    assert {node: set(services) >= OWN for node, services in serials(facts).items()} == dict.fromkeys(
        NODES, True
    )
    checks = {each["id"]: each for each in preflight.run(facts, preflight.Intent("mixed", {}, frozenset()))}
    assert checks["itl_size"]["verdict"] == "fail" and "more than 39" in checks["itl_size"]["reason"]


def test_a_certificate_of_a_subscriber_that_has_expired_stops_a_rollout_before_it_begins(
    modules: Modules, cluster: ClusterHandle
) -> None:
    wanted = FilterModule().filters()["preflight_subsets"]({"cucm_security_mode": "mixed"})

    def verdict() -> dict[str, t.Any]:
        facts = modules.run("cluster_info", gather_subset=wanted)["cluster"]
        checks = preflight.run(facts, preflight.Intent("mixed", {}, frozenset()))
        return next(each for each in checks if each["id"] == "node_certificates")

    assert verdict()["verdict"] == "pass"
    for unit in ("CallManager-ECDSA", "TVS", "ipsec"):
        cluster.set(certificates={SUB2: {unit: {"days": -1}}})
        found = verdict()
        assert found["verdict"] == "fail" and f"{unit} of {SUB2} expired" in found["reason"]
        cluster.set(certificates={SUB2: {unit: {}}})


# -- clusters built in other ways -------------------------------------------------------------------------


def built(name: str, block: int, nodes: int = 3, **cluster: t.Any) -> dict[str, t.Any]:
    """Return a cluster in mixed mode with so many nodes."""
    (whole,) = copy.deepcopy(TOPOLOGY["clusters"])
    more = [{"name": f"cucm-sub{number}", "services": [CALLMANAGER]} for number in range(3, nodes)]
    return {**whole, "name": name, "release": "15", "nodes": [*whole["nodes"], *more], **cluster}


MIXED = {"state": {"security_mode": "mixed"}}
WAYS = {
    "many": {**MIXED, "multi_server_certificate": True},
    "reuse": {**MIXED, "tomcat_reuse": True},
    "nine": {"nodes": 9, "tomcat": "self_signed"},
}


BY_ADDRESS = "by-address"
ADDRESSES = [f"127.61.7.{number}" for number in (1, 2, 3)]


def by_address() -> dict[str, t.Any]:
    """Return a cluster in mixed mode that lists its nodes by their addresses; one certificate is for all, by their host names."""
    whole = built(BY_ADDRESS, 3, **MIXED, multi_server_certificate=True, multi_server_tomcat=True)
    for node, address in zip(whole["nodes"], ADDRESSES, strict=True):
        node |= {"host_name": node["name"], "name": address, "address": address}
    return whole


@pytest.fixture(scope="module")
def others(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    clusters = [built(name, number, **way) for number, (name, way) in enumerate(WAYS.items())]
    return cucm_lab_start({**TOPOLOGY, "clusters": [*clusters, by_address()]})


@pytest.fixture
def other(others: RunningLab, request: pytest.FixtureRequest) -> ClusterHandle:
    """The cluster of the name that a test gives."""
    cluster = others.clusters[request.param]
    cluster.reset()
    return cluster


@pytest.mark.parametrize("other", ["many", "reuse", BY_ADDRESS], indirect=True)
def test_no_ctl_update_is_due_where_nodes_share_certificates(other: ClusterHandle, tmp_path: t.Any) -> None:
    modules = Modules(other, tmp_path / "state")
    journal = Journal(other, other.last_seq)
    result = modules.run("ctl_file", state="matching")
    assert (result["changed"], result["update_due"]) == (False, [])
    facts = modules.run("cluster_info")["cluster"]
    assert facts["duties"]["ctl_update"] == facts["contradictions"] == []
    assert set(facts["unavailable"]) == set()
    checks = {each["id"]: each for each in preflight.run(facts, preflight.Intent("mixed", {}, frozenset()))}
    assert {checks[name]["verdict"] for name in ("certificates", "node_certificates", "itl_size")} == {"pass"}
    assert journal.changing() == []


@pytest.mark.parametrize("other", [BY_ADDRESS], indirect=True)
def test_nodes_that_are_listed_by_their_address_have_their_certificates(
    other: ClusterHandle, tmp_path: t.Any
) -> None:
    """By the database, and without it by the host names that the nodes print."""
    modules = Modules(other, tmp_path / "state")
    facts = modules.run("cluster_info", gather_subset=[SUBSET])["cluster"]
    assert facts["unavailable"] == {}
    found = serials(facts)
    assert {node: set(services) >= OWN for node, services in found.items()} == dict.fromkeys(ADDRESSES, True)
    assert len({services["CallManager"] for services in found.values()}) == 1
    assert len({services["TVS"] for services in found.values()}) == len(ADDRESSES)
    wanted = ["modes", "services", "ctl_files", "certificates", "health"]
    facts = modules.run("cluster_info", gather_subset=wanted)["cluster"]
    assert not set(facts["certificates"]["CallManager"]["names"]) & set(ADDRESSES)
    assert facts["duties"]["ctl_update"] == facts["contradictions"] == []


@pytest.mark.parametrize("other", ["many"], indirect=True)
def test_a_node_that_has_another_certificate_since_is_a_duty(other: ClusterHandle, tmp_path: t.Any) -> None:
    modules = Modules(other, tmp_path / "state")
    other.set(certificates={SUB2: {"CallManager": {}}})
    result = modules.run("ctl_file", state="gathered")
    # The names in the shared certificate still have the node: only what the database has twice is not decided.
    reasons = [
        *result["update_due"],
        *modules.run("cluster_info", gather_subset=[SUBSET])["cluster"]["unavailable"],
    ]
    assert any(SUB2 in reason for reason in reasons)


@pytest.mark.parametrize("other", ["reuse"], indirect=True)
def test_a_renewal_of_tomcat_that_is_one_of_callmanager(other: ClusterHandle, tmp_path: t.Any) -> None:
    modules = Modules(other, tmp_path / "state")
    facts = modules.run("cluster_info")["cluster"]
    assert "CallManager" not in facts["certificates"]
    assert facts[SUBSET][SUB1]["CallManager"] == facts[SUBSET][SUB1]["tomcat"]
    other.set(renew_tomcat=SUB1)
    (reason,) = modules.run("ctl_file", state="gathered")["update_due"]
    assert f"node {SUB1}" in reason
    result = modules.run("ctl_file", state="matching")
    assert result["changed"] and modules.run("ctl_file", state="matching")["changed"] is False
    journal = Journal(other, 0)
    assert journal.commands().count(UPDATE_COMMAND) == 1


@pytest.mark.parametrize("other", ["nine"], indirect=True)
def test_roots_that_phones_cannot_hold_are_told_before_any_change(
    other: ClusterHandle, tmp_path: t.Any
) -> None:
    modules = Modules(other, tmp_path / "state")
    journal = Journal(other, other.last_seq)
    settings = {"cucm_sip_oauth_mode": "enabled"}
    wanted = FilterModule().filters()["preflight_subsets"](settings)
    facts = modules.run("cluster_info", gather_subset=wanted)["cluster"]
    assert len(model.callmanager_nodes(facts)) == 9
    desired = Desired("enabled", parameters={}, edge_roots=[])
    checks = preflight.run(facts, preflight.Intent(None, {}, frozenset(), sip_oauth=desired))
    (found,) = [each for each in checks if each["id"] == "phone_edge_trust"]
    assert found["verdict"] == "fail" and "18 more" in found["reason"]
    assert journal.changing() == []
