# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every control passing, failing, unknown and contradicting on a cluster of the lab; build/compliance/verdicts.md is the table."""

from __future__ import annotations

import copy
import typing as t
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from ansible_collections.ucops.cucm.plugins.module_utils._base.record import StateJournal
from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import BUILT_IN
from ansible_collections.ucops.cucm.plugins.module_utils._facts.model import SUBSETS
from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import CALLMANAGER, CAPF, CTIMANAGER, CTL_PROVIDER, NODES, PUBLISHER, ROOT, SUB1, SUB2
from .harness.topologies import TOPOLOGY

PASS, FAIL, UNKNOWN, IDLE, AGAINST = "pass", "fail", "unknown", "not_applicable", "contradiction"
TVS = "Cisco Trust Verification Service"
WEBDIALER = "Cisco WebDialer Web Service"
REFRESH_LOGIN = "oAuthWithRefreshLoginFlow"
ROLLBACK = "RollBackToPreGrayback"
TABLE = ROOT / "build" / "compliance" / "verdicts.md"
SITE: dict[str, t.Any] = {
    "controls": [{"id": "session-limit", "with": {"max_sessions": 3}}],
    "intent": {
        "security_mode": "mixed",
        "sip_oauth_mode": "enabled",
        "parameters": {REFRESH_LOGIN: "1"},
        "sip_oauth_ports": {"sip_oauth": 5090, "sip_oauth_mra": 5091},
        "expressway_c": [{"host": "exp-c1", "description": "edge"}],
        "edge_roots": [],
        "fips_mode": "enabled",
        "directory_logins": "required",
    },
}
# Nothing said: what the security guide wants.
GUIDE: dict[str, t.Any] = {}


def topology() -> dict[str, t.Any]:
    """Return three nodes in mixed mode and SIP OAuth mode, with phones and a trunk that are secure."""
    whole = copy.deepcopy(TOPOLOGY)
    (cluster,) = whole["clusters"]
    publisher, sub1, sub2 = cluster["nodes"]
    publisher["services"] += [CAPF, CTL_PROVIDER]
    for node in (publisher, sub1, sub2):
        # Services came up after the CTL file was written and the Tomcat certificate was made.
        node["uptime_s"] = 3600
    cluster |= {
        "state": {"security_mode": "mixed", "sip_oauth_mode": "enabled", "ctl_age_s": 36000},
        # Its release has a vulnerability where WebDialer runs.
        "version": "14.0.1.15900-24",
        "cli": {"max_sessions": 3, "fips": True},
        "enterprise_parameters": {REFRESH_LOGIN: "1"},
        "phone_security_profiles": {
            "Desk": {
                "phoneType": "Cisco 8841",
                "deviceSecurityMode": "Encrypted",
                "transportType": "TLS",
                "tftpEncryptedConfig": True,
                "keySize": "2048",
            },
            "Jabber": {
                "phoneType": "Cisco Dual Mode for iPhone",
                "deviceSecurityMode": "Encrypted",
                "transportType": "TLS",
                "EnableOAuthAuthentication": True,
            },
        },
        "phones": [
            {"count": 8, "model": "Cisco 8841", "security_profile": "Desk", "certificate": "installed"},
            {"count": 2, "model": "Cisco Dual Mode for iPhone", "security_profile": "Jabber"},
        ],
        "sip_trunk_security_profiles": {
            "Provider": {
                "securityMode": "Encrypted",
                "incomingTransport": "TLS",
                "outgoingTransport": "TLS",
                "x509SubjectName": "itsp.example.com",
            }
        },
        "sip_trunks": [{"name": "ITSP", "security_profile": "Provider", "srtp_allowed": True}],
    }
    return whole


@dataclass
class Scenario:
    """A state of the cluster, with what every control says of it.

    Attributes:
        name: In words, for the table.
        play: Plays the administrator, and injects faults.
        expected: Verdict to the controls that have it; the others pass.
        site: What the site says.
        options: Options of the reading, beside the connection.
        low: Whether it is read by the accounts that may do least.
        state: What is in the state directory: C(reset), a change after which phones were reset; C(sent), one after which they were not
            and a command whose outcome is open; or C(broken).
    """

    name: str
    play: t.Callable[[ClusterHandle], None]
    expected: dict[str, list[str]]
    site: dict[str, t.Any] = field(default_factory=lambda: SITE)
    options: dict[str, t.Any] = field(default_factory=dict)
    low: bool = False
    state: str = "reset"

    def wanted(self) -> dict[str, str]:
        """Return the expected verdict of every control."""
        told = {control: verdict for verdict, controls in self.expected.items() for control in controls}
        assert len(told) == sum(map(len, self.expected.values())) and set(told) <= set(BUILT_IN), self.name
        return {control: told.get(control, PASS) for control in BUILT_IN}


def as_it_should_be(cluster: ClusterHandle) -> None:
    root = cluster.lab.ca_path.read_text("utf-8")
    cluster.set(
        expressway_c={"exp-c1": {"description": "edge", "x509": ""}},
        trust_stores={PUBLISHER: {"phone-edge-trust": [root]}},
        ldap_hosts={"dc1": {"port": 636, "encrypted": True}},
    )


def weak_certificate() -> str:
    """Return a certificate that has expired, with a short key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "weak")])
    end = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=365))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def nothing_is_right(cluster: ClusterHandle) -> None:
    cluster.set(
        database={"processconfig": {"ClusterSIPOAuthMode": "0", ROLLBACK: "T"}},
        service_parameters={"Enterprise Wide": {REFRESH_LOGIN: "0"}},
        services={
            PUBLISHER: {CAPF: {"status": "Stopped"}, CTL_PROVIDER: {"activated": False}},
            SUB1: {TVS: {"status": "Stopped"}},
            SUB2: {CALLMANAGER: {"status": "Stopped"}},
        },
        phone_security_profiles={
            "Desk": {"tftpEncryptedConfig": False, "keySize": "1024"},
            "Jabber": {"enableDigestAuthentication": True},
        },
        phones={"*": {"certificate": "failed"}},
        sip_trunks={"ITSP": {"security_profile": "Non Secure SIP Trunk Profile"}},
        licence={
            "registration": "UNREGISTERED",
            "export_control": "Not Allowed",
            "authorization": "EVAL MODE",
        },
        auto_registration={SUB1: True},
        ldap_hosts={"dc1": {"port": 389, "encrypted": False}},
        replication={SUB1: {"state": 3}},
        cli={"ntp_synchronised": False, "upgrade_running": True, "last_backup_age_s": 30 * 86400},
        nodes={
            SUB1: {
                "cli": {"tls_min_version": "1.0", "max_sessions": 10, "lockout_attempts": 5, "fips": False}
            },
            SUB2: {"cli": {"account_locking": False, "remote_account": True}},
        },
        texts={
            "certificate.text": f"{weak_certificate()}\n",
            "status": "\nHost Name : {node}\nDate : {date}\nDisk/active 14154228K 140228K 12608044K (99%)\n",
            "network.authenticated": "{address} {node} Subscriber {database} not authenticated\n",
        },
        trust_stores={
            PUBLISHER: {
                "phone-edge-trust": [],
                "Phone-SAST-trust": [weak_certificate() for _each in range(40)],
            }
        },
        certificates={
            SUB1: {"TVS": {"days": -1}, "ipsec": {"purposes": ["server"]}},
            SUB2: {"CallManager": {"bits": 1024}},
        },
        expressway_c={"exp-c1": None},
    )


def without_ctl(cluster: ClusterHandle) -> None:
    as_it_should_be(cluster)
    cluster.set(ctl={SUB1: None})


def tampered(cluster: ClusterHandle) -> None:
    as_it_should_be(cluster)
    cluster.set(ctl={SUB1: "tampered"})
    # CallManager was not restarted after the ports were moved.
    cluster.set(ports={SUB1: {"sipOAuthPort": 5190}})


def tls_1_3_alone(cluster: ClusterHandle) -> None:
    as_it_should_be(cluster)
    cluster.set(
        phone_security_profiles={
            "Desk": {"deviceSecurityMode": "Authenticated", "tftpEncryptedConfig": False}
        },
        nodes={SUB1: {"cli": {"tls_min_version": "1.3"}}},
        # Single sign-on is as good as a directory that checks passwords.
        sso_mode="SAML",
        ldap_hosts={"dc1": None},
    )


def trunks_without_srtp(cluster: ClusterHandle) -> None:
    as_it_should_be(cluster)
    cluster.set(
        sip_trunk_security_profiles={"Provider": {"x509SubjectName": ""}},
        sip_trunks={"ITSP": {"srtp_allowed": False}},
        ldap_hosts={"dc1": None},
    )


def vulnerable(cluster: ClusterHandle) -> None:
    """WebDialer runs on a node without its patch; another has it."""
    as_it_should_be(cluster)
    cluster.set(
        services={node: {WEBDIALER: {"activated": True, "status": "Started"}} for node in (SUB1, SUB2)},
        nodes={SUB2: {"cli": {"software_options": "ciscocm.V14SU5_CSCws67331_v1.cop.sha512"}}},
    )


def non_secure(cluster: ClusterHandle) -> None:
    cluster.set(
        database={"processconfig": {"ClusterSecurityMode": "0", "ClusterSIPOAuthMode": "0"}},
        ctl=dict.fromkeys(NODES),
    )


def lies(cluster: ClusterHandle) -> None:
    """Control Center and the CLI say other things than the database."""
    as_it_should_be(cluster)
    cluster.set(ctl={SUB1: "rebuild", SUB2: None})
    for node, service in ((PUBLISHER, CAPF), (PUBLISHER, CTL_PROVIDER), (SUB2, TVS), (SUB1, CTIMANAGER)):
        cluster.fault(
            "control_center_reason",
            node=node,
            operation="soapGetServiceStatus",
            service=service,
            reason_code=-1068,
        )
    cluster.fault("not_listening", node=SUB1, service=CALLMANAGER)


def axl_is_odd(cluster: ClusterHandle) -> None:
    as_it_should_be(cluster)
    cluster.set(
        database={
            "processconfig": {"ClusterSecurityMode": "7", "ClusterSIPOAuthMode": "7", ROLLBACK: "perhaps"}
        }
    )
    cluster.fault("axl_fault", match={"operation": "axl getSmartLicenseStatus"})
    cluster.fault("http", status=403, match={"operation": "control-center *"})


def a_node_is_down(cluster: ClusterHandle) -> None:
    as_it_should_be(cluster)
    cluster.set(nodes={SUB1: {"up": False}})


# By the command line of level 1, or by AXL.
EITHER_WAY = [
    "publisher-certificates-expiry",
    "publisher-certificates-expiry-early",
    "publisher-key-size",
    "itlrecovery-key-size",
    "tomcat-certificates-expiry",
    "tomcat-certificates-expiry-early",
    "tomcat-key-size",
]
BY_DATABASE = [
    "node-certificates-expiry",
    "node-certificates-expiry-early",
    "node-key-size",
    "trust-certificates-expiry",
    "certificate-purposes",
    "itl-size",
]
LEVEL_1 = ["certificates-agree", "tls-minimum"]
BY_CLI = [
    *LEVEL_1,
    "phone-edge-trust",
    "ctl-present",
    "ctl-verified",
    "ctl-equal",
    "ctl-fits-mode",
    "ctl-signer",
    "no-restart-due",
    "no-ctl-update-due",
    "sip-oauth-ports",
    "callmanager-reachable",
    "account-lockout",
    "session-limit",
    "no-remote-account",
    "fips-mode",
    "backup-age",
    "database-replication",
    "nodes-authenticated",
    "ntp-synchronised",
    "disk-space",
    "no-upgrade-running",
]
OF_SERVICES = ["capf-running", "ctl-provider-running", "services-up", "tvs-up", "callmanager-reachable"]
OF_PHONES = [
    "phones-secure",
    "phones-encrypted",
    "phone-certificates",
    "tftp-encrypted-config",
    "profile-key-size",
    "sip-oauth-profiles",
]
OF_CTL = ["ctl-present", "ctl-verified", "ctl-equal", "no-ctl-update-due", "ctl-signer"]
OF_LICENCE = ["licence-registered", "licence-authorized", "licence-export-control"]
NEEDS_INTENT = [
    "sip-oauth-mode",
    "oauth-parameters",
    "expressway-c-entries",
    "phone-edge-trust",
    "fips-mode",
    "directory-logins",
]

SCENARIOS = [
    Scenario("as it should be", as_it_should_be, {}),
    Scenario(
        "nothing is right",
        nothing_is_right,
        {
            FAIL: [
                "sip-oauth-mode",
                *OF_PHONES,
                "sip-trunks-secure",
                "phone-edge-trust",
                "oauth-parameters",
                "expressway-c-entries",
                "capf-running",
                "ctl-provider-running",
                "ctl-signer",
                "no-ctl-update-due",
                "no-restart-due",
                "no-unsettled-command",
                "phone-resets-done",
                "services-up",
                "tvs-up",
                "callmanager-reachable",
                *OF_LICENCE,
                *EITHER_WAY,
                *BY_DATABASE,
                "tls-minimum",
                "not-prepared-for-rollback",
                "auto-registration",
                "account-lockout",
                "session-limit",
                "no-remote-account",
                "ldap-encrypted",
                "fips-mode",
                "backup-age",
                "database-replication",
                "nodes-authenticated",
                "ntp-synchronised",
                "disk-space",
                "no-upgrade-running",
            ],
            IDLE: ["sip-oauth-ports", "sip-trunks-media", "sip-trunks-peer"],
            AGAINST: ["certificates-agree"],
        },
        state="sent",
    ),
    Scenario(
        "a TFTP node without a CTL file",
        without_ctl,
        {
            FAIL: ["ctl-present", "ctl-verified", "ctl-equal", "no-ctl-update-due"],
            AGAINST: ["cluster-security-mode", "ctl-fits-mode"],
        },
    ),
    Scenario(
        "a CTL file that does not verify, and ports that were moved",
        tampered,
        {
            FAIL: ["ctl-verified", "ctl-fits-mode", "no-ctl-update-due", "sip-oauth-ports", "no-restart-due"],
            AGAINST: ["cluster-security-mode", "ctl-equal"],
        },
    ),
    Scenario(
        "phones that are only authenticated, and a node that takes TLS 1.3 alone",
        tls_1_3_alone,
        {FAIL: ["phones-encrypted", "authenticated-with-tls-1-3"], IDLE: ["ldap-encrypted"]},
    ),
    Scenario(
        "media of trunks that is not encrypted, and no directory",
        trunks_without_srtp,
        {
            FAIL: ["sip-trunks-media", "sip-trunks-peer", "directory-logins"],
            IDLE: ["ldap-encrypted"],
        },
    ),
    Scenario(
        "WebDialer runs where the release has a vulnerability in it",
        vulnerable,
        {FAIL: ["release-vulnerabilities"]},
    ),
    Scenario(
        "neither mode is on, and the site says nothing",
        non_secure,
        {
            FAIL: ["cluster-security-mode", "phones-secure", "phones-encrypted", "no-restart-due"],
            IDLE: [*NEEDS_INTENT, *OF_CTL, "sip-oauth-ports", "ldap-encrypted"],
        },
        site=GUIDE,
    ),
    Scenario(
        "witnesses disagree",
        lies,
        {
            AGAINST: [
                "cluster-security-mode",
                "ctl-equal",
                "ctl-fits-mode",
                "capf-running",
                "ctl-provider-running",
                "tvs-up",
                "services-up",
                "callmanager-reachable",
            ],
            FAIL: ["no-ctl-update-due", "sip-oauth-ports", "no-restart-due"],
        },
    ),
    Scenario(
        "AXL read-only and CLI level 0",
        as_it_should_be,
        {UNKNOWN: [*LEVEL_1, "phone-edge-trust"]},
        low=True,
    ),
    Scenario(
        "AXL alone, where modes are odd, and the licence and Control Center are refused",
        axl_is_odd,
        {
            UNKNOWN: sorted(
                {
                    *BY_CLI,
                    *OF_SERVICES,
                    *OF_LICENCE,
                    "release-vulnerabilities",
                    "cluster-security-mode",
                    "sip-oauth-mode",
                    "phones-secure",
                    "phones-encrypted",
                    "not-prepared-for-rollback",
                    "no-unsettled-command",
                    "phone-resets-done",
                }
            )
        },
        options={"cli_username": None, "cli_password": None},
        state="broken",
    ),
    Scenario(
        "CLI level 0 alone, and a parameter that is not read",
        as_it_should_be,
        {
            UNKNOWN: sorted(
                {
                    *LEVEL_1,
                    *EITHER_WAY,
                    *BY_DATABASE,
                    *OF_SERVICES,
                    *OF_PHONES,
                    "phone-edge-trust",
                    "no-restart-due",
                    "no-ctl-update-due",
                    "sip-trunks-secure",
                    "sip-trunks-media",
                    "sip-trunks-peer",
                    "ldap-encrypted",
                    "directory-logins",
                    "release-vulnerabilities",
                    "authenticated-with-tls-1-3",
                    "oauth-parameters",
                    "expressway-c-entries",
                    "sip-oauth-ports",
                    "auto-registration",
                    # Which nodes run TFTP is not known, so every one of them must have the file.
                }
            ),
        },
        site={"intent": {**SITE["intent"], "parameters": {"AutoRegPhoneProtocol": "SIP"}}},
        options={"axl_username": None, "axl_password": None},
        low=True,
    ),
    Scenario(
        "a node is down",
        a_node_is_down,
        {
            UNKNOWN: [
                "certificates-agree",
                "tls-minimum",
                "phone-edge-trust",
                "ctl-present",
                "ctl-verified",
                "ctl-equal",
                "ctl-fits-mode",
                "no-restart-due",
                "no-ctl-update-due",
                "sip-oauth-ports",
                "callmanager-reachable",
                "services-up",
                "tvs-up",
                "release-vulnerabilities",
                "account-lockout",
                "session-limit",
                "no-remote-account",
                "fips-mode",
                "ntp-synchronised",
                "disk-space",
            ],
            FAIL: ["nodes-authenticated", "database-replication"],
        },
    ),
]


@pytest.fixture(scope="module")
def audited(cucm_lab_start: t.Callable[..., RunningLab]) -> ClusterHandle:
    """The cluster of this file."""
    return cucm_lab_start(topology()).clusters["lab"]


def recorded(state: str, directory: Path, identity: str) -> None:
    """Write the record of the cluster; see C(Scenario.state)."""
    record = StateJournal(str(directory), identity)
    record.require_writable()
    sent = record.append("command", command="utils ctl update CTLFile")
    record.append("settled", sent=sent["number"], outcome="done", after={}, said=["Reset all phones"])
    if state == "reset":
        record.append("phones_reset", at=datetime.now(UTC).isoformat())
    if state == "sent":
        record.append("command", command="utils ctl update CTLFile")
    if state == "broken":
        (path,) = directory.glob("*.jsonl")
        path.write_text(path.read_text("utf-8").replace("update", "upset"), "utf-8")


def read(
    scenario: Scenario, cluster: ClusterHandle, directory: Path
) -> tuple[list[dict[str, t.Any]], Journal]:
    """Bring the cluster to a scenario, read it, and return the results, and the journal of the reading."""
    cluster.reset()
    scenario.play(cluster)
    directory.mkdir()
    modules = Modules(cluster, directory / "state")
    options = dict(scenario.options)
    if scenario.low:
        axl, cli = cluster.account("axl", 0), cluster.account("cli", 0)
        options = {
            "axl_username": axl["username"],
            "axl_password": axl["password"],
            "cli_username": cli["username"],
            "cli_password": cli["password"],
            **options,
        }
    identity = modules.run("cluster_info", gather_subset=["nodes"])["cluster"]["identity"]
    recorded(scenario.state, directory / "state", identity)
    journal = Journal(cluster, cluster.last_seq)
    result = modules.run("cluster_info", gather_subset=results.subsets(scenario.site, "lab"), **options)
    assert "failure" not in result, dict(result)
    facts = result["cluster"]
    # The certificates are dated by the lab's clock.
    now = datetime.fromisoformat(cluster.state()["clock"]["now"])
    return results.judge_cluster(facts, scenario.site, "lab", now), journal


def test_every_control_in_the_lab(audited: ClusterHandle, tmp_path: Path) -> None:
    told: dict[str, dict[str, dict[str, t.Any]]] = {}
    wrong: list[str] = []
    for number, scenario in enumerate(SCENARIOS):
        found, journal = read(scenario, audited, tmp_path / str(number))
        told[scenario.name] = {each["control"]: each for each in found}
        wrong += [
            f"{scenario.name}: {control} is {each['verdict']}, not {wanted}: {each['reason']}"
            for control, wanted in scenario.wanted().items()
            for each in [told[scenario.name][control]]
            if each["verdict"] != wanted
        ]
        assert journal.changing() == [], scenario.name
        logins = [node for node, _result in journal.logins("ssh")]
        if not scenario.low:
            assert len(logins) == len(set(logins)), scenario.name
        if scenario.options.get("cli_username", "") is None:
            assert logins == []
        if scenario.name == "AXL read-only and CLI level 0":
            for control in scenario.expected[UNKNOWN]:
                level = "4" if control == "phone-edge-trust" else "1"
                assert f"needed: CLI level {level}" in told[scenario.name][control]["reason"], control
            assert "by its name" in told[scenario.name]["ctl-signer"]["reason"]
    _write(told)
    assert wrong == []
    verdicts: dict[str, set[str]] = defaultdict(set)
    for each in (each for found in told.values() for each in found.values()):
        verdicts[each["control"]].add(each["verdict"])
    for control in BUILT_IN.values():
        needed = {PASS, UNKNOWN, *({FAIL, AGAINST} & set(control.verdicts))}
        assert needed <= verdicts[control.id], f"{control.id} lacks {needed - verdicts[control.id]}"
        assert verdicts[control.id] <= set(control.verdicts), control.id


MARKS = {PASS: "pass", FAIL: "**fail**", UNKNOWN: "unknown", IDLE: "-", AGAINST: "**≠**"}


def _write(told: dict[str, dict[str, dict[str, t.Any]]]) -> None:
    """Write the table: what every control said in every scenario, and one reason of each verdict."""
    lines = ["# Verdicts of every control in the lab", ""]
    lines += [f"{number}. {name}" for number, name in enumerate(told, 1)]
    lines += ["", f"| control | {' | '.join(str(number) for number in range(1, len(told) + 1))} |"]
    lines.append("|---" * (len(told) + 1) + "|")
    for control in BUILT_IN:
        marks = [MARKS[found[control]["verdict"]] for found in told.values()]
        lines.append(f"| `{control}` | {' | '.join(marks)} |")
    lines += ["", "`-` is not applicable, `≠` is a contradiction. A reason of each:", ""]
    for control in BUILT_IN:
        reasons: dict[str, str] = {}
        for found in told.values():
            reasons.setdefault(found[control]["verdict"], found[control]["reason"])
        lines.append(f"- `{control}`")
        lines += [f"  - {verdict}: {reason[:300]}" for verdict, reason in reasons.items()]
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text("\n".join(lines) + "\n", "utf-8")


def test_without_a_control_of_the_command_line_nobody_logs_in(audited: ClusterHandle, tmp_path: Path) -> None:
    by_cli = {name for name, subset in SUBSETS.items() if subset.needs.startswith("CLI")}
    off = [name for name, control in BUILT_IN.items() if by_cli & set(control.reads)]
    site = {"intent": SITE["intent"], "controls": [{"id": name, "enabled": False} for name in off]}
    scenario = Scenario("AXL can tell", as_it_should_be, {}, site=site)
    found, journal = read(scenario, audited, tmp_path / "alone")
    assert {each["verdict"] for each in found} == {PASS}
    assert journal.logins("ssh") == [] and journal.commands() == []
    assert not [
        each for each in journal.entries(kind="http") if each["operation"].startswith("certificate-api")
    ]
