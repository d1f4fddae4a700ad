# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook rollout with SIP OAuth mode: alone, together with the security mode, back, and what stops it."""

from __future__ import annotations

import copy
import os
import typing as t
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness import points, topologies
from .harness.journal import Entry
from .harness.names import CALLMANAGER, CTIMANAGER, PUBLISHER, SUBSCRIBER, TFTP
from .harness.playbooks import Playbooks
from .harness.points import PATIENCE, Point, Reference
from .harness.runs import Run

ENABLE, DISABLE = "utils sipOAuth-mode enable", "utils sipOAuth-mode disable"
DERIVED = "Plan the operations"
STANDARD = "Cisco 8845 - Standard SIP Non-Secure Profile"
PHONE_PROFILE = {"name": "8845 SIP OAuth", "copy_from": STANDARD, "sip_oauth": True}
JABBER_PROFILE = {
    "name": "Jabber SIP OAuth",
    "phone_type": "Cisco Unified Client Services Framework",
    "sip_oauth": True,
}
REFRESH_LOGIN = "oAuthWithRefreshLoginFlow"
# Everything the role can change, so that everything is seen to be taken back.
WANTED: dict[str, t.Any] = {
    "cucm_sip_oauth_mode": "enabled",
    "cucm_sip_oauth_parameters": {REFRESH_LOGIN: "1"},
    "cucm_sip_oauth_ports": {"sip_oauth": 5190, "sip_oauth_mra": 5191},
    "cucm_sip_oauth_edge_roots": [],
    "cucm_expressway_c": [{"host": "expc.example.com", "subject_names": ["expc.example.com"]}],
    "cucm_sip_oauth_profiles": [PHONE_PROFILE, JABBER_PROFILE],
    "cucm_attestations": {
        "export_restricted_image": True,
        "itlrecovery_backup": True,
        "registration_baseline": True,
        "maintenance_window": True,
        "expressway_c_trusted": True,
    },
}


def certificate(name: str, *, ca: bool = True, until: int = 2100) -> str:
    """Return a self-signed certificate, valid from 2000 on, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2000, 1, 1))
        .not_valid_after(datetime(until, 1, 1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )


def started(start: t.Callable[..., RunningLab], block: int, release: str, **changes: t.Any) -> ClusterHandle:
    """Return the cluster of a lab of its own, whose inventory asks for SIP OAuth alone."""
    topology = topologies.two_nodes(block, subscriber=[CALLMANAGER, CTIMANAGER])
    cluster = topology["clusters"][0]
    cluster["release"] = release
    cluster["inventory_vars"] = {**cluster["inventory_vars"], **WANTED}
    del cluster["inventory_vars"]["cucm_security_mode"]
    cluster.update(changes)
    return start(topology).clusters["lab"]


@pytest.fixture(scope="module")
def handle(cucm_lab_start: t.Callable[..., RunningLab]) -> ClusterHandle:
    """A cluster of release 14 with phones."""
    return started(cucm_lab_start, 70, "14", phones=[{"model": "Cisco 8845", "count": 3}])


@pytest.fixture
def cluster(handle: ClusterHandle) -> ClusterHandle:
    """The same, as new."""
    handle.reset()
    return handle


def planned(run: Run) -> list[str]:
    """Return node and action of the plan that a run derived."""
    plan = run.result(DERIVED)["ansible_facts"]["rollout_plan"]["operations"]
    return [f"{operation['node']}: {operation['action']}" for operation in plan]


def restarts(run: Run) -> Counter[str]:
    """Return how often each service was restarted."""
    return Counter({name: count for name, count in run.effects().items() if "service restart" in name})


def quiet(run: Run) -> None:
    """Assert that a run found nothing to do and logged in once at most at every node."""
    run.ok()
    assert planned(run) == []
    assert run.recap["changed"] == 0, run.output
    assert run.changing() == []
    assert max(run.logins().values()) == 1, run.logins()


def test_both_modes_restart_every_service_once(cluster: ClusterHandle, playbooks: Playbooks) -> None:
    first = playbooks.rollout(cucm_security_mode="mixed").ok()
    assert restarts(first) == Counter(
        {
            f"{PUBLISHER}: service restart {TFTP}": 1,
            f"{PUBLISHER}: service restart {CALLMANAGER}": 1,
            f"{SUBSCRIBER}: service restart {CALLMANAGER}": 1,
            f"{SUBSCRIBER}: service restart {CTIMANAGER}": 1,
        }
    )
    state = cluster.state()
    assert (state["cluster_security_mode"], state["sip_oauth_mode"]) == ("mixed", "enabled")
    for node in (PUBLISHER, SUBSCRIBER):
        assert state["nodes"][node]["open_sip_oauth_ports"] == [5190, 5191]
    assert "mixed and SIP OAuth enabled: the database, the CTL file of every node" in first.output
    quiet(playbooks.rollout(cucm_security_mode="mixed"))


def test_check_mode_predicts_the_run_and_changes_nothing(playbooks: Playbooks) -> None:
    check = playbooks.rollout("--check").ok()
    assert check.changing() == []
    first = playbooks.rollout().ok()
    assert planned(check) == planned(first)
    assert [line for line in check.changed() if "restart" in line] == [
        line for line in first.changed() if "restart" in line
    ]


def without_certificates(database: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return the tables but for those of certificates: what was uploaded stays, on the nodes and in the database."""
    return {table: rows for table, rows in database.items() if not table.startswith("certificate")}


def test_enable_disable_enable(cluster: ClusterHandle, playbooks: Playbooks) -> None:
    """The way back leaves what was there before, and the way there again the same as the first time."""
    untouched = cluster.database()
    first = playbooks.rollout().ok()
    enabled = cluster.database()
    assert enabled != untouched
    assert sum(entry["operation"] == ENABLE for entry in first.entries if entry["kind"] == "command") == 1

    back = playbooks.rollout(cucm_sip_oauth_mode="disabled").ok()
    assert without_certificates(cluster.database()) == without_certificates(untouched)
    assert restarts(back) == Counter(
        {f"{node}: service restart {CALLMANAGER}": 1 for node in (PUBLISHER, SUBSCRIBER)}
    )
    state = cluster.state()
    assert [state["nodes"][node]["open_sip_oauth_ports"] for node in (PUBLISHER, SUBSCRIBER)] == [[], []]
    assert "stay in the phone-edge trust store" in back.output
    quiet(playbooks.rollout(cucm_sip_oauth_mode="disabled"))

    playbooks.rollout().ok()
    assert cluster.database() == enabled


def test_what_somebody_else_set_and_what_phones_use_stays(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    playbooks.rollout().ok()
    cluster.set(service_parameters={"Enterprise Wide": {REFRESH_LOGIN: "2"}})
    phone = cluster.database()["device"][0]["name"]
    cluster.set(phones={phone: {"security_profile": PHONE_PROFILE["name"]}})
    stopped = playbooks.rollout(cucm_sip_oauth_mode="disabled")
    stopped.refused("sip_oauth_phones (fail)", f"1 with {PHONE_PROFILE['name']}")
    assert stopped.changing() == []

    back = playbooks.rollout(cucm_sip_oauth_mode="disabled", cucm_accept=["sip_oauth_phones"]).ok()
    after = cluster.database()
    assert PHONE_PROFILE["name"] in {row["name"] for row in after["securityprofile"]}
    assert JABBER_PROFILE["name"] not in {row["name"] for row in after["securityprofile"]}
    stored = {row["paramname"]: row["paramvalue"] for row in after["processconfig"]}
    assert stored[REFRESH_LOGIN] == "2"
    assert f"{REFRESH_LOGIN} stays unchanged: someone else changed it since" in back.output
    assert f"{PHONE_PROFILE['name']} stays unchanged: it is used by 1 phone" in back.output
    quiet(playbooks.rollout(cucm_sip_oauth_mode="disabled", cucm_accept=["sip_oauth_phones"]))


def test_a_renewed_tomcat_certificate_makes_one_restart_due_before_release_14(
    cucm_lab_start: t.Callable[..., RunningLab], tmp_path: Path
) -> None:
    cluster = started(cucm_lab_start, 78, "12.5")
    playbooks = Playbooks(cluster, tmp_path)
    jabber = {"cucm_sip_oauth_clients": ["jabber"], "cucm_sip_oauth_profiles": [JABBER_PROFILE]}
    playbooks.rollout(**jabber).ok()
    cluster.set(renew_tomcat=SUBSCRIBER)
    again = playbooks.rollout(**jabber).ok()
    assert planned(again) == [f"{SUBSCRIBER}: restart {CALLMANAGER}"]
    assert "(before 14: SEC125-CERT, TN215572)" in again.output
    assert restarts(again) == Counter({f"{SUBSCRIBER}: service restart {CALLMANAGER}": 1})
    quiet(playbooks.rollout(**jabber))


def test_from_release_14_on_callmanager_takes_a_renewed_tomcat_certificate_by_itself(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    playbooks.rollout().ok()
    cluster.set(renew_tomcat=SUBSCRIBER)
    node = cluster.state()["nodes"][SUBSCRIBER]
    assert node["tomcat_certificate_of_callmanager_sha256"] == node["tomcat_certificates"]["tomcat"]["sha256"]
    again = playbooks.rollout()
    quiet(again)
    assert "only if they were reset since: with SIP OAuth, the Tomcat certificates" in again.output


def test_a_port_that_does_not_open_stops_before_the_next_node(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    cluster.fault("not_listening", node=PUBLISHER, service=CALLMANAGER, port="5190")
    run = playbooks.rollout(cucm_wait_timeout=2).refused(
        "does not listen on 5190", "No further node was touched"
    )
    assert restarts(run) == Counter({f"{PUBLISHER}: service restart {CALLMANAGER}": 1})


def test_a_node_that_does_not_come_back_is_not_passed_over(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    """Neither this run nor the next takes another node's CallManager away, and neither calls it proven."""
    cluster.fault("service_never_starts", node=PUBLISHER, service=CALLMANAGER)
    quick = {"cucm_wait_timeout": 2}
    playbooks.rollout(**quick).refused("No further node was touched")
    again = playbooks.rollout(**quick).refused("No further node was touched")
    assert planned(again)[0] == f"{PUBLISHER}: wait for {CALLMANAGER}"
    assert restarts(again) == Counter()


def test_ports_are_taken_back_only_after_callmanager_closed_them(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    playbooks.rollout().ok()
    early = playbooks.rollout("--tags", "apply", cucm_sip_oauth_mode="disabled")
    early.refused(f"restart {CALLMANAGER}")
    assert cluster.state()["nodes"][SUBSCRIBER]["open_sip_oauth_ports"] == [5190, 5191]
    back = playbooks.rollout(cucm_sip_oauth_mode="disabled").ok()
    assert restarts(back).total() == 2
    assert cluster.state()["nodes"][SUBSCRIBER]["open_sip_oauth_ports"] == []


def test_a_record_is_closed_when_there_is_nothing_to_bring_back(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    """What an administrator sets later is not taken for what enabling changed."""
    playbooks.rollout().ok()
    cluster.set(service_parameters={"Enterprise Wide": {REFRESH_LOGIN: "0"}})
    playbooks.rollout(cucm_sip_oauth_mode="disabled").ok()
    cluster.set(service_parameters={"Enterprise Wide": {REFRESH_LOGIN: "1"}})
    quiet(playbooks.rollout(cucm_sip_oauth_mode="disabled"))


def test_a_profile_that_phones_use_is_not_changed_without_being_said(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    cluster.set(phone_security_profiles={"Mine": {"phoneType": "Cisco 8845", "protocol": "SIP"}})
    phone = cluster.database()["device"][0]["name"]
    cluster.set(phones={phone: {"security_profile": "Mine"}})
    run = playbooks.rollout(cucm_sip_oauth_profiles=[{"name": "Mine", "sip_oauth": True}])
    run.refused("sip_oauth_profiles (fail)", "1 with Mine")
    assert run.changing() == []


@pytest.mark.parametrize(
    ("setting", "variables", "words"),
    [
        pytest.param(
            {"licence": {"export_control": "Not Allowed"}}, {}, ["licence (fail)"], id="export control"
        ),
        pytest.param(
            {"accounts": {"admin": {"privilege": 1}}},
            {},
            ["sip_oauth_account (fail)", "level 1", "needs level 4"],
            id="privilege",
        ),
        pytest.param(
            {},
            {"cucm_sip_oauth_profiles": [{**PHONE_PROFILE, "digest_authentication": True}]},
            ["sip_oauth_profiles (fail)", "digest"],
            id="digest",
        ),
        pytest.param(
            {},
            {"cucm_sip_oauth_profiles": [{**PHONE_PROFILE, "tftp_encrypted_config": True}]},
            ["sip_oauth_profiles (fail)", "TFTP"],
            id="encrypted TFTP",
        ),
        pytest.param(
            {},
            {
                "cucm_sip_oauth_profiles": [
                    {"name": "old", "phone_type": "Cisco 7942", "sip_oauth": True},
                ]
            },
            ["sip_oauth_profiles (fail)", "Cisco 7942"],
            id="phone type",
        ),
        pytest.param(
            {},
            {"cucm_sip_oauth_ports": {"sip_oauth": 80}},
            ["sip_oauth_ports (fail)", "outside 1024 to 49151"],
            id="port out of range",
        ),
        pytest.param(
            {},
            {"cucm_sip_oauth_ports": {"sip_oauth": 5060}},
            ["sip_oauth_ports (fail)", "5060"],
            id="port in use",
        ),
        pytest.param(
            {},
            {"cucm_sip_oauth_parameters": {"oAuthWithRefreshLogin": "1"}},
            ["sip_oauth_parameters (fail)", "has no enterprise parameter oAuthWithRefreshLogin"],
            id="parameter unknown",
        ),
        pytest.param(
            {},
            {"cucm_sip_oauth_parameters": {}},
            ["sip_oauth_parameters (unknown)"],
            id="parameter not given",
        ),
        pytest.param(
            {},
            {"cucm_sip_oauth_parameters": {REFRESH_LOGIN: True}},
            ["must be a text", "in quotes"],
            id="parameter no text",
        ),
        pytest.param(
            {},
            {"cucm_sip_oauth_edge_roots": None},
            ["phone_edge_trust (unknown)", "Expressway-E"],
            id="edge roots",
        ),
        pytest.param(
            {},
            {"cucm_sip_oauth_edge_roots": [certificate("expe.example.com", ca=False)]},
            ["phone_edge_trust (fail)", "CN=expe.example.com is the certificate of no CA"],
            id="edge root no CA",
        ),
        pytest.param(
            {},
            {"cucm_sip_oauth_edge_roots": [certificate("Old Root", until=2001)]},
            ["phone_edge_trust (fail)", "CN=Old Root is not valid now"],
            id="edge root expired",
        ),
        pytest.param(
            {},
            {"cucm_sip_oauth_parameters": {"ClusterSIPOAuthMode": "1"}},
            ["ClusterSIPOAuthMode"],
            id="parameter of the command line only",
        ),
        pytest.param(
            {"trust_stores": {PUBLISHER: {"tomcat-trust": []}}},
            {},
            ["phone_edge_trust (fail)", "no root certificate is known"],
            id="incomplete set of roots",
        ),
        pytest.param(
            {},
            {"cucm_consent_to_restarts": False},
            ["cucm_consent_to_restarts"],
            id="no consent",
        ),
    ],
)
def test_refused_before_the_first_change(
    cluster: ClusterHandle,
    playbooks: Playbooks,
    setting: dict[str, t.Any],
    variables: dict[str, t.Any],
    words: list[str],
) -> None:
    if setting:
        cluster.set(**copy.deepcopy(setting))
    run = playbooks.rollout(**variables).refused(*words)
    assert run.changing() == []


def test_release_12_5_serves_jabber(cucm_lab_start: t.Callable[..., RunningLab], tmp_path: Path) -> None:
    cluster = started(cucm_lab_start, 71, "12.5")
    playbooks = Playbooks(cluster, tmp_path)
    jabber = {"cucm_sip_oauth_profiles": [JABBER_PROFILE]}
    refused = playbooks.rollout(cucm_sip_oauth_clients=["jabber", "phones"], **jabber)
    refused.refused("sip_oauth_release (fail)", "SIP OAuth for Jabber")
    assert refused.changing() == []
    phones = playbooks.rollout().refused("sip_oauth_profiles (fail)", "cannot serve Cisco 8845")
    assert phones.changing() == []

    first = playbooks.rollout(**jabber).ok()
    assert not [line for line in planned(first) if "trust" in line]
    assert cluster.state()["sip_oauth_mode"] == "enabled"
    quiet(playbooks.rollout(**jabber))


def test_release_11_5_has_no_sip_oauth(cucm_lab_start: t.Callable[..., RunningLab], tmp_path: Path) -> None:
    cluster = started(cucm_lab_start, 72, "11.5")
    playbooks = Playbooks(cluster, tmp_path)
    attested = {"cucm_attestations": {**WANTED["cucm_attestations"], "licence": True}}
    run = playbooks.rollout(**attested).refused("sip_oauth_release (fail)", "has no SIP OAuth mode")
    assert run.changing() == []


def effect(number: int) -> t.Callable[[list[Entry]], Entry]:
    """Select a real change of an undisturbed run by its number."""
    return lambda journal: [entry for entry in journal if entry["kind"] == "effect"][number]


EFFECTS = (
    "the parameter",
    "the publisher's ports",
    "the subscriber's ports",
    "the Expressway-C entry",
    "phones trust the roots",
    "the mode",
    "CallManager goes down at the publisher",
    "CallManager goes down at the subscriber",
    "the first profile",
    "the second profile",
)
# Around the mode, in the middle of what is recorded, and before a restart; make soak takes both sides of all.
DEFAULT_KILLS = {(1, "after"), (5, "before"), (5, "after"), (7, "before")}
KILLS = [
    Point(name, effect(number), when, PATIENCE if "goes down" in name else {})
    for number, name in enumerate(EFFECTS)
    for when in ("before", "after")
    if "CUCM_KILL_POINTS" in os.environ or (number, when) in DEFAULT_KILLS
]


@pytest.fixture(scope="module")
def reference(
    handle: ClusterHandle, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Reference, dict[str, t.Any]]:
    """An undisturbed rollout, and the database after it."""
    undisturbed = points.undisturbed(handle, tmp_path_factory.mktemp("undisturbed"))
    assert undisturbed.effects.total() == len(EFFECTS), undisturbed.effects
    return undisturbed, handle.database()


@pytest.mark.parametrize("point", KILLS, ids=str)
def test_a_killed_rollout_is_finished_by_the_next_and_can_be_taken_back(
    point: Point,
    reference: tuple[Reference, dict[str, t.Any]],
    cluster: ClusterHandle,
    tmp_path: Path,
) -> None:
    """At every point of kill -9: the same effects once, the same database, and the way back to what was before."""
    undisturbed, database = reference
    untouched = cluster.database()
    killed = points.kill_at(point, cluster, tmp_path / "killed", undisturbed)
    assert killed.differences(undisturbed) == []
    assert cluster.database() == database
    back = Playbooks(cluster, tmp_path / "back").rollout(
        cucm_sip_oauth_mode="disabled", cucm_state_dir=str(Playbooks(cluster, tmp_path / "killed").state_dir)
    )
    back.ok()
    assert without_certificates(cluster.database()) == without_certificates(untouched)
