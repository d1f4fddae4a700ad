# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""trust_certificate against the lab."""

from __future__ import annotations

import json
import threading
import time
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._base.credentials import Credential, ProcessGate
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import Refusal
from ansible_collections.ucops.cucm.plugins.module_utils._base.waits import SHORTEST_CHANGE
from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
from ansible_collections.ucops.cucm.plugins.module_utils._objects import trust_store
from ansible_collections.ucops.cucm.plugins.module_utils._transport.http import HttpConnection, HttpTarget
from cucm_lab.domain.certificates import CertificateAuthority, KeyPool
from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness.journal import Journal
from .harness.modules import Modules, connection
from .harness.names import CALLMANAGER, NODES, PUBLISHER, SUB1, TFTP
from .harness.outcome import Outcome
from .harness.playbooks import Plays
from .harness.topologies import AXL_PASSWORD, CLI_PASSWORD, SHORT_PASSWORD

UPLOAD = "certificate-api POST trust/certificates"
SNAPSHOT = "certificate-api GET snapshot/server"
ADDED = "trust_store phone-edge-trust add"
# Seconds of the controller's clock, but for settle_interval and change_timeout: device seconds.
WAITS: dict[str, t.Any] = {
    "change_timeout": SHORTEST_CHANGE,
    "settle_interval": 30,
    "settle_timeout": 5,
    "poll_interval": 0.05,
}
NO_AXL: dict[str, t.Any] = {"axl_username": None, "axl_password": None}
# The lab's clock is not that of this machine.
NOW = datetime.now(UTC) - timedelta(days=400)
KEYS = KeyPool(2)
CA = CertificateAuthority(KEYS.take(), NOW, "Expressway CA")
OTHER_CA = CertificateAuthority(KEYS.take(), NOW, "Other CA")
LEAF = CA.issue("exp-e.example", None, KEYS.take(), (NOW - timedelta(days=1), NOW + timedelta(days=900)))


def sha256(certificate: x509.Certificate) -> str:
    """Return the fingerprint of a certificate."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def lab_roots(cluster: ClusterHandle) -> list[str]:
    """Return the fingerprints of the CA certificates of the run."""
    found = x509.load_pem_x509_certificates(cluster.lab.ca_path.read_bytes())
    return [sha256(each) for each in found if each.subject == each.issuer]


def stored(cluster: ClusterHandle, node: str = PUBLISHER, store: str = "phone-edge-trust") -> list[str]:
    """Return the fingerprints in a store, as the lab has them."""
    return cluster.state()["nodes"][node]["trust_stores"][store]


def put(modules: Modules, check: bool = False, diff: bool = False, **options: t.Any) -> Outcome:
    """Run the module with waits as long as a test may take."""
    return modules.run("trust_certificate", check=check, diff=diff, **{**WAITS, **options})


def unchanged(journal: Journal, result: Outcome) -> None:
    """Assert that nothing was asked to change, and that the result says so."""
    assert not result["changed"]
    assert journal.changing() == []


# -- what it is for ------------------------------------------------------------------------------------


def test_all_roots_go_in_by_one_request_and_only_once(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    result = put(modules, certificates=[CA.pem], verifies=[LEAF.pem])
    wanted = sorted([*lab_roots(cluster), sha256(CA.certificate)])
    assert result["changed"], dict(result)
    assert sorted(stored(cluster)) == wanted == [each["sha256"] for each in result["after"]]
    assert (result["before"], result["service"]) == ([], "phone-edge")
    (operation,) = result["operations"]
    assert (operation["node"], operation["certificates"]) == (PUBLISHER, result["after"])
    assert journal.effects() == [ADDED]
    assert [entry["node"] for entry in journal.entries(operation=UPLOAD)] == [PUBLISHER]
    facts = {each["sha256"]: each for each in result["certificates"]}
    assert facts[sha256(CA.certificate)]["subject"] == "CN=Expressway CA"
    assert all(each["ca"] and each["not_after"] for each in facts.values())

    since = Journal(cluster, cluster.last_seq)
    again = put(modules, certificates=[CA.pem], verifies=[LEAF.pem], diff=True)
    assert (again["operations"], again["before"], again["after"]) == ([], result["after"], result["after"])
    assert "diff" not in again
    unchanged(since, again)
    # One snapshot a node, and the names of the publisher's services.
    asked = [(entry["node"], entry["operation"]) for entry in since.entries(kind="http")]
    api = sorted(item for item in asked if item[1].startswith("certificate-api"))
    assert api == sorted([*((node, SNAPSHOT) for node in NODES), (PUBLISHER, "certificate-api GET options")])


def test_check_mode_and_diff(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    planned = put(modules, certificates=[CA.pem], check=True, diff=True)
    assert planned["changed"]
    assert journal.changing() == []
    assert not modules.state_dir.exists()
    done = put(modules, certificates=[CA.pem], diff=True)
    assert done["diff"] == planned["diff"]
    assert [each["sha256"] in done["diff"]["after"] for each in done["after"]] == [True, True]
    assert done["diff"]["before"] == ""
    for key in ("operations", "before", "after", "certificates", "service"):
        assert done[key] == planned[key], key


def test_gathering_reads_one_store_of_one_node(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    assert put(modules, state="gathered")["certificates"] == []
    found = put(modules, state="gathered", store="TOMCAT-trust", node=SUB1)
    assert {each["sha256"] for each in found["certificates"]} == set(stored(cluster, SUB1, "tomcat-trust"))
    unchanged(journal, found)
    assert {entry["node"] for entry in journal.entries(operation=SNAPSHOT)} == {PUBLISHER, SUB1}


def test_another_store_on_another_node(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    options: dict[str, t.Any] = {
        "store": "callmanager-TRUST",
        "node": SUB1,
        "certificates": [LEAF.pem, CA.pem],
    }
    before = stored(cluster, SUB1, "CallManager-trust")
    result = put(modules, **options)
    assert result["changed"], dict(result)
    added = [sha256(CA.certificate), sha256(LEAF.certificate)]
    assert stored(cluster, SUB1, "CallManager-trust") == [*before, *added]
    assert result["service"] == "CallManager"
    assert journal.effects() == ["trust_store CallManager-trust add"]
    assert not put(modules, **options)["changed"]


def test_with_the_platform_account_alone(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    result = put(modules, **NO_AXL)
    assert result["changed"], dict(result)
    assert sorted(stored(cluster)) == sorted(lab_roots(cluster))
    accounts = {entry["account"] for entry in journal.entries(kind="http")}
    assert accounts == {"admin"}


@pytest.mark.parametrize("word", ["phone-edge-trust", "Cisco-Phone-Edge"])
def test_what_the_store_is_called_is_asked(modules: Modules, cluster: ClusterHandle, word: str) -> None:
    cluster.set(certificate_api={"phone_edge_service": word})
    assert put(modules)["service"] == word
    assert sorted(stored(cluster)) == sorted(lab_roots(cluster))


@pytest.mark.parametrize("form", ["array", "object"])
def test_a_store_that_the_snapshot_leaves_out_is_asked_for(
    modules: Modules, cluster: ClusterHandle, journal: Journal, form: str
) -> None:
    put(modules)
    body = json.loads(_snapshot(cluster))
    body["trusts"] = [each for each in body["trusts"] if each["service"] != "phone-edge"]
    cluster.set(certificate_api={"trust_answer": form})
    cluster.fault("http", match={"operation": SNAPSHOT, "node": PUBLISHER}, status=200, body=json.dumps(body))
    since = Journal(cluster, cluster.last_seq)
    found = put(modules, state="gathered")
    assert sorted(each["sha256"] for each in found["certificates"]) == sorted(lab_roots(cluster))
    assert since.entries(operation="certificate-api GET trust/certificate")


def test_a_node_that_does_not_know_the_store(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    body = json.loads(_snapshot(cluster))
    body["trusts"] = [each for each in body["trusts"] if each["service"] != "phone-edge"]
    cluster.fault("http", match={"operation": SNAPSHOT, "node": PUBLISHER}, status=200, body=json.dumps(body))
    cluster.fault("http", match={"operation": "certificate-api GET options"}, status=200, body="{}")
    put(modules).refused("store_unknown", PUBLISHER, "phone-edge", "CallManager")
    assert facts_of(cluster)["phone_edge"] is None
    assert journal.changing() == []


def reader(cluster: ClusterHandle) -> _task.Task:
    """Return a task with no more than the options of the connection."""
    validation = ArgumentSpecValidator(_task.CONNECTION_SPEC).validate(connection(cluster))
    assert not validation.error_messages, validation.error_messages
    return _task.Task(params=validation.validated_parameters)


def facts_of(cluster: ClusterHandle) -> dict[str, t.Any]:
    """Return the facts of trust."""
    task = reader(cluster)
    try:
        return trust_store.read(task.cluster)
    finally:
        task.close()


def _snapshot(cluster: ClusterHandle) -> str:
    """Return what the publisher's snapshot says."""
    task = reader(cluster)
    try:
        told = task.cluster.certificate_api(task.cluster.publisher).snapshot()
    finally:
        task.close()
    return json.dumps(
        {
            "identities": [
                {"service": name, "certificate": text, "csr": None} for name, text in told.identities.items()
            ],
            "trusts": [
                {"service": name, "certificate_data": [{"certificate": text} for text in texts]}
                for name, texts in told.trusts.items()
            ],
        }
    )


# -- how the nodes' certificates are signed ------------------------------------------------------------


@pytest.fixture(scope="module")
def other_labs(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """Clusters of other releases, and one whose nodes have each another kind of Tomcat certificate."""

    def cluster(name: str, release: str, *kinds: str) -> dict[str, t.Any]:
        return {
            "name": name,
            "release": release,
            "nodes": [
                {
                    "name": f"{name}-{number}",
                    "role": "subscriber" if number else "publisher",
                    "services": [CALLMANAGER, TFTP],
                    "tomcat": kind,
                }
                for number, kind in enumerate(kinds)
            ],
            "accounts": [
                {"kind": "axl", "username": "axladmin", "privilege": 4, "password": AXL_PASSWORD},
                {"kind": "cli", "username": "admin", "privilege": 4, "password": CLI_PASSWORD},
            ],
        }

    clusters = [
        cluster("mixed", "15", "chain", "self_signed"),
        cluster("old", "12.5", "ca", "self_signed"),
        cluster("oldest", "11.5", "ca"),
    ]
    return cucm_lab_start({"time_scale": 120, "clusters": clusters})


def of(labs: RunningLab, name: str, tmp_path: Path) -> tuple[Modules, ClusterHandle, Journal]:
    """Return a fresh cluster, and what is needed to work on it."""
    cluster = labs.clusters[name]
    cluster.reset()
    return Modules(cluster, tmp_path / "state"), cluster, Journal(cluster, cluster.last_seq)


def test_the_root_is_found_above_intermediates_and_in_what_signed_itself(
    other_labs: RunningLab, tmp_path: Path
) -> None:
    modules, cluster, journal = of(other_labs, "mixed", tmp_path)
    own = cluster.state()["nodes"]["mixed-1"]["tomcat_certificates"]
    result = put(modules)
    assert result["changed"], dict(result)
    assert sorted(stored(cluster, "mixed-0")) == sorted(
        {*(each["sha256"] for each in own.values()), facts_of(cluster)["tomcat"]["mixed-0"]["tomcat"]["root"]}
    )
    assert journal.effects() == [ADDED]


def test_facts_of_trust(other_labs: RunningLab, tmp_path: Path) -> None:
    _modules, cluster, journal = of(other_labs, "mixed", tmp_path)
    cluster.set(trust_stores={"mixed-0": {"phone-edge-trust": [CA.pem]}})
    facts = facts_of(cluster)
    assert [each["sha256"] for each in facts["phone_edge"]] == [sha256(CA.certificate)]
    nodes = cluster.state()["nodes"]
    for node in ("mixed-0", "mixed-1"):
        told = facts["tomcat"][node]
        assert set(told) == {"tomcat", "tomcat-ECDSA"}
        for unit, each in told.items():
            assert each["sha256"] == nodes[node]["tomcat_certificates"][unit]["sha256"]
    assert facts["tomcat"]["mixed-0"]["tomcat"]["root"] in lab_roots(cluster)
    signed_itself = facts["tomcat"]["mixed-1"]["tomcat-ECDSA"]
    assert signed_itself["root"] == signed_itself["sha256"]
    assert len(journal.entries(kind="http", operation=SNAPSHOT)) == 2
    assert journal.entries(operation="certificate-api GET options") == []


def test_a_release_without_the_api_says_what_to_do_by_hand(other_labs: RunningLab, tmp_path: Path) -> None:
    modules, cluster, journal = of(other_labs, "old", tmp_path)
    result = put(modules, certificates=[CA.pem])
    nodes = cluster.state()["nodes"]
    own = nodes["old-1"]["tomcat_certificates"]["tomcat"]["sha256"]
    result.refused("by_hand", "12.5", "CN=Expressway CA", sha256(CA.certificate), own, "CN=cucm-lab CA")
    for words in ("Upload Certificate/Certificate chain", "Phone-Edge-Trust", "set cert import trust"):
        assert words in result["failure"]["remedy"]
    needed = {each["sha256"] for each in result["failure"]["details"]["needed"]}
    assert needed >= {own, sha256(CA.certificate)}
    assert not journal.entries(operation="certificate-api*")
    unchanged(journal, result)
    put(modules, state="gathered").refused("not_in_this_release", "12.5")
    with pytest.raises(Refusal, match=r"12\.5"):
        facts_of(cluster)
    ca_of_the_lab = cluster.lab.ca_path.read_text("utf-8")
    complete = put(modules, certificates=[CA.pem, ca_of_the_lab])
    assert complete["failure"]["details"]["needed_by_issuer"] == []


def test_release_11_5_has_no_phone_edge_trust(other_labs: RunningLab, tmp_path: Path) -> None:
    modules, _cluster, journal = of(other_labs, "oldest", tmp_path)
    put(modules).refused("not_in_this_release", "11.5", "phone-edge")
    put(modules, store="tomcat", certificates=[CA.pem]).refused("by_hand", "11.5", "CN=Expressway CA")
    assert journal.changing() == []


# -- what is refused -----------------------------------------------------------------------------------

EARLIER = CertificateAuthority(KEYS.take(), datetime(2001, 1, 1, tzinfo=UTC), "Expired CA")
LATER = CertificateAuthority(KEYS.take(), datetime(2090, 1, 1, tzinfo=UTC), "Future CA")


@pytest.mark.parametrize("check", [False, True], ids=["", "check mode"])
@pytest.mark.parametrize(
    ("code", "words", "options"),
    [
        ("incomplete_roots", ["CN=Expressway CA", "exp-e.example"], {"verifies": [LEAF.pem]}),
        (
            "incomplete_roots",
            [f"tomcat at {SUB1}", "cucm-lab CA"],
            {"tomcat_roots": False, "certificates": [CA.pem]},
        ),
        ("not_a_ca", ["exp-e.example"], {"certificates": [LEAF.pem]}),
        ("certificate_expired", ["CN=Expired CA"], {"certificates": [EARLIER.pem]}),
        ("certificate_not_yet_valid", ["CN=Future CA"], {"certificates": [LATER.pem]}),
        ("certificate_unreadable", ["Item 2 of certificates"], {"certificates": [CA.pem, "no certificate"]}),
        ("certificate_unreadable", ["Item 1 of verifies"], {"verifies": [LEAF.key_pem]}),
        ("publisher_only", [PUBLISHER, SUB1], {"node": SUB1}),
        ("node_unknown", ["nowhere", SUB1], {"store": "tomcat", "node": "nowhere", "certificates": [CA.pem]}),
        ("store_unknown", ["teapot", "CallManager"], {"store": "teapot", "certificates": [CA.pem]}),
        # A certificate of the node, not a store.
        ("store_unknown", ["itlrecovery"], {"store": "ITLRecovery", "certificates": [CA.pem]}),
        ("invalid_input", ["tomcat", "empty"], {"store": "tomcat"}),
        ("account_missing", ["cli_username"], {"cli_username": None, "cli_password": None}),
        ("privilege_too_low", ["auditor"], {"cli_username": "auditor", "cli_password": SHORT_PASSWORD}),
    ],
)
def test_refused_before_anything_is_sent(
    modules: Modules, journal: Journal, code: str, words: list[str], options: dict[str, t.Any], check: bool
) -> None:
    result = put(modules, check=check, **options)
    result.refused(code, *words)
    unchanged(journal, result)
    assert not modules.state_dir.exists()
    assert LEAF.key_pem.splitlines()[1] not in json.dumps(result)


def test_more_than_phones_take(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    key = KEYS.take()
    many = [CertificateAuthority(key, NOW, f"CA {number}").pem for number in range(16)]
    cluster.set(trust_stores={PUBLISHER: {"phone-edge-trust": many[:10]}})
    put(modules, certificates=many).refused("too_many_certificates", "17", "16")
    assert journal.changing() == []
    assert put(modules, certificates=many[:15])["changed"]
    assert len(stored(cluster)) == 16


def test_what_the_node_itself_refuses(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    """Its own reasons are told; that the request was sent shows in the journal, and that nothing came of it too."""
    cluster.set(certificate_api={"max_phone_edge": 0})
    result = put(modules)
    result.refused("certificate_refused", "400", PUBLISHER)
    assert "0" in result["failure"]["details"]["said"]
    assert (result["changed"], journal.effects()) == (False, [])


def test_an_address_that_is_a_subscribers(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    addressed = connection(cluster, SUB1)
    options = {name: addressed[name] for name in ("publisher", "https_port", "ssh_port")}
    result = put(modules, store="tomcat", certificates=[CA.pem], node_addresses=None, **NO_AXL, **options)
    result.refused("not_publisher")
    unchanged(journal, result)


def test_a_store_that_somebody_else_changes(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    held = cluster.fault(
        "hold", match={"kind": "http", "operation": SNAPSHOT, "node": PUBLISHER}, when="before", skip=1
    )
    results: list[Outcome] = []
    thread = threading.Thread(target=lambda: results.append(put(modules)))
    thread.start()
    cluster.wait_hit(held)
    cluster.set(trust_stores={PUBLISHER: {"phone-edge-trust": [OTHER_CA.pem]}})
    cluster.release(held)
    thread.join(20)
    results[0].refused("state_changed", PUBLISHER)
    unchanged(journal, results[0])


def test_a_refused_password_is_remembered_for_the_command_line_too(
    modules: Modules, journal: Journal
) -> None:
    result = put(modules, cli_password="wrong")
    result.refused("authentication_refused", "admin")
    assert "cli_password" in result["failure"]["remedy"]
    assert modules.run("ctl_file", cli_password="wrong").code == "credential_refused_before"
    assert put(modules, cli_password="wrong").code == "credential_refused_before"
    refused = [entry for entry in journal.entries(kind="login") if entry["detail"]["result"] == "refused"]
    assert [(entry["node"], entry["account"]) for entry in refused] == [(PUBLISHER, "admin")]
    assert journal.changing() == []


@pytest.mark.parametrize(("keeps_session", "logins"), [(False, 2), (True, 1)])
def test_a_session_cookie_stands_for_the_password_only_where_that_is_known(
    cluster: ClusterHandle, journal: Journal, keeps_session: bool, logins: int
) -> None:
    options = connection(cluster)
    address, username, password = (options[name] for name in ("publisher", "axl_username", "axl_password"))
    target = HttpTarget(
        PUBLISHER,
        address,
        options["https_port"],
        username,
        password,
        options["ca_path"],
        5.0,
        keeps_session=keeps_session,
    )
    gate = ProcessGate()
    session = HttpConnection(target, lambda: gate.use(Credential(address, "axl", username, password)))
    assert [session.get("/axl/", {}).status for _each in range(2)] == [200, 200]
    session.close()
    assert journal.logins() == [(PUBLISHER, "accepted")] * logins


# -- when the wire or the node misbehaves --------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words", "fault"),
    [
        ("authentication_refused", ["401"], {"status": 401}),
        ("privilege_too_low", ["403", "admin"], {"status": 403}),
        ("certificate_api_absent", ["404"], {"status": 404}),
        ("not_json", ["HTTP 400", "what is this"], {"status": 400, "body": '{"errors": ["what is this"]}'}),
        ("not_json", ["HTTP 500"], {"status": 500}),
        ("not_json", ["not JSON", "text/html"], {"status": 200, "body": "<html>Welcome</html>"}),
        ("not_json", ["not JSON"], {"status": 200, "body": '{"identities": ['}),
        ("not_json", ["not an object"], {"status": 200, "body": "[]"}),
        ("not_json", ["no identities"], {"status": 200, "body": '{"trusts": []}'}),
        ("not_json", ["not a list"], {"status": 200, "body": '{"identities": [], "trusts": [{"service": "x", "certificate_data": "y"}]}'}),
        ("not_json", ["not a text"], {"status": 200, "body": '{"identities": [], "trusts": [{"service": "x", "certificate_data": [{}]}]}'}),
        ("not_json", ["no name"], {"status": 200, "body": '{"identities": [], "trusts": [[]]}'}),
        ("not_json", ["not JSON"], {"status": 200, "body": "[" * 100_000}),
        ("unreadable_output", ["no Tomcat certificate"], {"status": 200, "body": '{"identities": [], "trusts": []}'}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("node", [PUBLISHER, SUB1])
def test_a_snapshot_that_is_none(
    modules: Modules,
    cluster: ClusterHandle,
    journal: Journal,
    node: str,
    code: str,
    words: list[str],
    fault: dict[str, t.Any],
) -> None:
    if node == SUB1 and code == "authentication_refused":
        # The publisher accepted the same password.
        code = "node_refused_credential"
    with cluster.faulty("http", match={"operation": SNAPSHOT, "node": node}, **fault):
        result = put(modules)
    result.refused(code, node, *words)
    unchanged(journal, result)


def test_an_answer_without_end_is_dropped(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    body = json.dumps({"identities": [], "trusts": [], "more": "x" * (17 * 1024 * 1024)})
    with cluster.faulty("http", match={"operation": SNAPSHOT}, status=200, body=body):
        result = put(modules)
    assert result.code == "output_too_large", dict(result)
    unchanged(journal, result)


def test_a_node_that_is_not_ready_is_asked_again(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    modules.clock = Clock(sleep=lambda seconds: time.sleep(seconds / 1000))
    cluster.fault("http", match={"operation": SNAPSHOT, "node": PUBLISHER}, status=503, times=3)
    assert put(modules, check=True)["changed"]
    with cluster.faulty("http", match={"operation": SNAPSHOT, "node": PUBLISHER}, status=503):
        put(modules).refused("throttled", PUBLISHER)
    assert journal.changing() == []


@pytest.mark.parametrize("fault", ["http_truncate", "cut"])
def test_a_lost_answer_is_settled_by_reading(
    modules: Modules, cluster: ClusterHandle, journal: Journal, fault: str
) -> None:
    match = {"operation": UPLOAD}
    spec = {"match": {**match, "kind": "http"}, "when": "after"} if fault == "cut" else {"match": match}
    cluster.fault(fault, **spec)
    result = put(modules)
    assert result["changed"], dict(result)
    assert sorted(stored(cluster)) == sorted(lab_roots(cluster))
    assert len(journal.entries(operation=UPLOAD)) == 1


@pytest.mark.parametrize("what", ["cut", 500, 503, 302])
def test_a_lost_request_is_told_and_not_sent_again(
    modules: Modules, cluster: ClusterHandle, journal: Journal, what: str | int
) -> None:
    if what == "cut":
        cluster.fault("cut", match={"operation": UPLOAD, "kind": "http"}, when="before")
    else:
        cluster.fault("http", match={"operation": UPLOAD}, status=what, times=1)
    result = put(modules)
    result.refused("change_not_effective", PUBLISHER)
    assert (result["changed"], journal.effects()) == (False, [])
    assert len(journal.entries(operation=UPLOAD)) == 1
    assert put(modules)["changed"]
    assert journal.effects() == [ADDED]


def test_a_lost_answer_whose_outcome_cannot_be_read(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.fault("cut", match={"operation": UPLOAD, "kind": "http"}, when="after")
    # The publisher is read before, and once more under the lock.
    cluster.fault("http", match={"operation": SNAPSHOT, "node": PUBLISHER}, status=500, skip=2, times=1000)
    result = put(modules, settle_timeout=0.5)
    result.refused("outcome_unknown", PUBLISHER, "HTTP 500")
    assert journal.effects() == [ADDED]


@pytest.mark.parametrize(("status", "code"), [(403, "privilege_too_low"), (404, "certificate_api_absent")])
def test_an_upload_that_is_turned_away(
    modules: Modules, cluster: ClusterHandle, journal: Journal, status: int, code: str
) -> None:
    cluster.fault("http", match={"operation": UPLOAD}, status=status)
    result = put(modules)
    result.refused(code, PUBLISHER)
    assert (result["changed"], journal.effects()) == (False, [])


@pytest.mark.parametrize("body", ["<html>Welcome</html>", ""])
def test_an_accepted_upload_counts_by_what_is_read(
    modules: Modules, cluster: ClusterHandle, journal: Journal, body: str
) -> None:
    """What the node says to have done proves nothing, in whatever form."""
    cluster.fault("http", match={"operation": UPLOAD}, status=200, body=body)
    result = put(modules)
    result.refused("contradiction", PUBLISHER, "cucm-lab CA")
    assert (result["changed"], journal.effects()) == (False, [])


def test_a_node_that_stores_nothing_is_contradicted(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.set(certificate_api={"stores_nothing": True})
    result = put(modules)
    result.refused("contradiction", PUBLISHER, "cucm-lab CA")
    assert result["failure"]["details"]["after"] == []
    assert len(journal.entries(operation=UPLOAD)) == 1


# -- in plays --------------------------------------------------------------------------------------


def test_in_a_playbook(plays: Plays, journal: Journal) -> None:
    run = plays.run(
        plays.task("trust_certificate", "planned", _check_mode=True),
        plays.task("trust_certificate", "done"),
        plays.task("trust_certificate", "already"),
    ).ok()
    assert run.result("planned")["operations"] == run.result("done")["operations"]
    assert not run.result("already")["changed"]
    assert journal.effects() == [ADDED]


def test_a_private_key_is_shown_nowhere(plays: Plays, journal: Journal) -> None:
    run = plays.run(
        plays.task("trust_certificate", certificates=[CA.pem + LEAF.key_pem], _ignore_errors=True),
        plays.task("trust_certificate", "other", verifies=[LEAF.key_pem], _ignore_errors=True),
        arguments=["-vvvv"],
    ).ok()
    run.result("trust_certificate").refused("certificate_unreadable", "Item 1 of certificates", "private key")
    run.result("other").refused("certificate_unreadable", "Item 1 of verifies", "private key")
    for line in LEAF.key_pem.splitlines()[1:-1]:
        assert line not in run.output + json.dumps(run.results)
    assert journal.entries() == []
