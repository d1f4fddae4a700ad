# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates of all nodes by one SQL statement are those that TLS, the CLI, the certificate API and the CTL file show."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from cucm_lab.fixture import ClusterHandle, RunningLab

from .conftest import HttpsClient, Shell
from .test_sql_of_users import ask, values

NODES = [
    {"name": "pub", "role": "publisher"},
    {"name": "sub", "tomcat": "self_signed", "services": ["Cisco CallManager"]},
]
# [V] TN214231, "Verification".
EVERYTHING = (
    "select c.servername, tcs.name, dist.moniker, c.ipv4address, c.certificate from certificate as c "
    "inner join certificateservicecertificatemap as cscm on c.pkid = cscm.fkcertificate "
    "inner join typecertificateservice as tcs on cscm.tkcertificateservice = tcs.enum "
    "inner join typecertificatedistribution as dist on c.tkcertificatedistribution = dist.enum"
)
HELD = (
    "select t.name as service, n.servername as node, c.certificate as pem from certificate c, "
    "certificateservicecertificatemap m, typecertificateservice t, certificateprocessnodemap n "
    "where m.fkcertificate = c.pkid and t.enum = m.tkcertificateservice and n.fkcertificate = c.pkid"
)


@pytest.fixture(scope="module")
def lab(cucm_lab_start: Callable[..., RunningLab]) -> RunningLab:
    state = {"security_mode": "mixed"}
    clusters = [
        {"name": "new", "release": "15", "nodes": NODES, "state": state, "phones": [{"count": 2, "certificate": "installed"}]},
        {"name": "old", "release": "11.5", "nodes": NODES},
    ]  # fmt: skip
    for cluster in clusters:
        cluster["timings"] = {"cli_startup_s": 1}
    return cucm_lab_start({"time_scale": 50, "clusters": clusters})


@pytest.fixture
def cluster(lab: RunningLab) -> ClusterHandle:
    lab.clusters["new"].reset()
    return lab.clusters["new"]


@pytest.fixture
def client(cluster: ClusterHandle) -> Iterator[HttpsClient]:
    made = HttpsClient(cluster)
    yield made
    made.session.close()


def certificates(rows: list[dict[str, str]]) -> dict[str, set[str]]:
    """Fingerprints by service and node."""
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(f"{row['service']} {row['node']}", set()).add(fingerprint(row["pem"]))
    return found


def fingerprint(text: str) -> str:
    return x509.load_pem_x509_certificate(text.encode()).fingerprint(hashes.SHA256()).hex()


def snapshot(cluster: ClusterHandle, node: str) -> dict:
    where, account = cluster.node(node), cluster.account("cli")
    answer = requests.get(
        f"https://{where['address']}:{where['https_port']}/platformcom/api/v1/certmgr/config/snapshot/server",
        auth=(account["username"], account["password"]),
        verify=str(cluster.lab.ca_path),
        timeout=20,
    )
    return answer.json()


def test_one_statement_has_every_certificate_of_every_node(client):
    rows = ask(client, EVERYTHING)
    own = {(row["servername"], row["name"]) for row in rows if not row["name"].endswith("-trust")}
    each = {"CallManager", "CallManager-ECDSA", "tomcat", "tomcat-ECDSA", "ipsec", "TVS"}
    assert own == {
        *((node, unit) for node in ("pub", "sub") for unit in each),
        ("pub", "CAPF"),
        ("pub", "ITLRecovery"),
    }
    assert {row["name"] for row in rows if row["name"].endswith("-trust")} == {
        "CallManager-trust",
        "CAPF-trust",
        "ipsec-trust",
        "tomcat-trust",
    }
    keys = {
        row["name"]: type(x509.load_pem_x509_certificate(row["certificate"].encode()).public_key())
        for row in rows
    }
    assert all(
        issubclass(keys[f"{unit}-ECDSA"], ec.EllipticCurvePublicKey) for unit in ("tomcat", "CallManager")
    )


def test_the_database_has_what_the_nodes_show(cluster, client):
    found = certificates(ask(client, HELD))
    for node in ("pub", "sub"):
        told = snapshot(cluster, node)
        for identity in told["identities"]:
            assert fingerprint(identity["certificate"]) in found[f"{identity['service']} {node}"]
        for store in told["trusts"]:
            service = {"phone-edge": "Phone-Edge-trust"}.get(store["service"], f"{store['service']}-trust")
            held = {fingerprint(each["certificate"]) for each in store["certificate_data"]}
            assert held <= found.get(f"{service} {node}", set())
        where = cluster.node(node)
        pem = ssl.get_server_certificate((where["address"], where["https_port"]))
        assert fingerprint(pem) in found[f"tomcat {node}"]
    shell = Shell(cluster, "sub")
    listed = shell.run("show cert list own")
    units = [line.split("/")[0] for line in listed.splitlines() if ".pem:" in line]
    assert sorted(units) == sorted(
        ["CallManager", "CallManager-ECDSA", "ipsec", "ITLRecovery", "tomcat", "tomcat-ECDSA", "TVS"]
    )
    for unit in units:
        printed = shell.run(f"show cert own {unit}")
        pem = printed[printed.index("-----BEGIN") : printed.index("-----END")] + "-----END CERTIFICATE-----"
        assert fingerprint(pem.replace("\r", "")) in found[f"{unit} sub"]
    shell.client.close()


def test_the_ctl_file_has_certificates_of_the_database(cluster, client):
    rows = ask(client, "select servername, serialnumber, certificate from certificate")
    known = {
        x509.load_pem_x509_certificate(row["certificate"].encode())
        .fingerprint(hashes.SHA1())
        .hex(" ")
        .upper()
        for row in rows
    }
    records = cluster.state()["nodes"]["sub"]["ctl_file"]["records"]
    assert records and all(each["certificate_sha1"] in known for each in records)


def test_renewals_and_uploads_follow(cluster, client):
    before = certificates(ask(client, HELD))
    cluster.set(renew_tomcat=["sub"])
    after = certificates(ask(client, HELD))
    assert (
        not before["tomcat sub"] & after["tomcat sub"]
        and not before["tomcat-ECDSA sub"] & after["tomcat-ECDSA sub"]
    )
    assert (
        after["tomcat sub"] <= after["tomcat-trust pub"]
        and not before["tomcat sub"] & after["tomcat-trust pub"]
    )
    assert before["CallManager sub"] == after["CallManager sub"]
    pem = next(row["pem"] for row in ask(client, HELD) if row["service"] == "TVS")
    cluster.set(trust_stores={"sub": {"TVS-trust": [pem]}})
    assert certificates(ask(client, HELD))["TVS-trust sub"] == {fingerprint(pem)}
    cluster.reset()
    assert certificates(ask(client, HELD)) == before


def test_names_and_numbers_are_written_as_in_captures(client):
    rows = values(
        client, "select subjectname, serialnumber, ipv6address, tkcertificatedistribution from certificate"
    )
    for subject, serial, ipv6, distribution in rows:
        assert subject.startswith("CN=") and serial == serial.lower() and (ipv6, distribution) == ("", "1")
    maps = values(client, "select fkprocessnode, servername, ipv4address from certificateprocessnodemap")
    nodes = dict(values(client, "select pkid, name from processnode"))
    assert maps and all(nodes[pkid] == name for pkid, name, _address in maps)


def test_a_phone_s_lsc_has_its_end_and_its_issuer(cluster, client):
    statement = "select name, publickey, lscvaliduntil, lscissuername, lscissuervaliduntil from device"
    capf = next(row["pem"] for row in ask(client, HELD) if row["service"] == "CAPF")
    issuer = x509.load_pem_x509_certificate(capf.encode())
    for _name, key, until, name, issuer_until in values(client, statement):
        assert key and int(until) > 1_700_000_000
        assert f"CN={name}" in issuer.subject.rfc4514_string()
        assert int(issuer_until) == int(issuer.not_valid_after_utc.timestamp())
    cluster.set(phones={"SEP*": {"certificate": "none"}})
    assert {row[1:] for row in values(client, statement)} == {("", "0", "", "0")}


def test_what_live_captures_have_in_device_and_registrationdynamic(client):
    row = dict(ask(client, "select * from device")[0])
    assert (row["tkdeviceprofile"], row["resettoggle"], row["authenticationstring"]) == ("0", "f", "")
    row = dict(ask(client, "select * from registrationdynamic")[0])
    assert row["datetimestamp"] == row["lastseen"] and "tkendpointconnection" in row


def test_a_release_without_ec_certificates_of_tomcat_lists_none(lab):
    client = HttpsClient(lab.clusters["old"])
    answer = client.axl("executeSQLQuery", f"<sql>{EVERYTHING}</sql>", version="11.5")
    client.session.close()
    assert "<name>CallManager-ECDSA</name>" in answer.text and "tomcat-ECDSA" not in answer.text
