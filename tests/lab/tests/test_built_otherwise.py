# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters that are built otherwise than most: shared certificates, other names, reserved licences, servers beside the cluster."""

from __future__ import annotations

from datetime import datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from cucm_lab import topology

from .conftest import HttpsClient, Shell
from .test_axl import texts
from .test_sql_of_users import values
from .test_tomcat import fingerprints, printed, shown

OF_SUB = (
    "select t.name, c.certificate from certificate c, certificateservicecertificatemap m, typecertificateservice t "
    "where m.fkcertificate = c.pkid and t.enum = m.tkcertificateservice and c.servername = 'sub'"
)

RESERVED = {
    "registration": "REGISTERED - SPECIFIC LICENSE RESERVATION",
    "authorization": "AUTHORIZED - RESERVED",
}
REGISTER = ("doSmartLicenseRegister", "<token>LAB-TOKEN-EXPORT-ALLOWED</token><force>true</force>")


@pytest.fixture(scope="module")
def of_many(cucm_lab_start):
    nodes = [{"name": "pub", "role": "publisher"}, {"name": "sub", "services": ["Cisco CallManager"]}]
    state = {"security_mode": "mixed"}
    cluster = {"name": "lab", "nodes": nodes, "multi_server_certificate": True, "state": state}
    return cucm_lab_start({"clusters": [cluster]}).clusters["lab"]


def test_one_certificate_stands_for_all_nodes(of_many):
    state = of_many.state()["nodes"]
    records = [r for r in state["pub"]["ctl_file"]["records"] if r["function"] == "CCM+TFTP"]
    assert [record["dns_name"] for record in records] == ["pub"]
    assert state["pub"]["ctl_file"]["verified"]


@pytest.fixture(scope="module")
def reused(cucm_lab_start):
    """Tomcat has one certificate for both nodes, and CallManager uses it."""
    nodes = [{"name": "pub", "role": "publisher"}, {"name": "sub", "services": ["Cisco CallManager"]}]
    cluster = {
        "name": "lab",
        "nodes": nodes,
        "multi_server_tomcat": True,
        "tomcat_reuse": True,
        "state": {"security_mode": "mixed"},
    }
    return cucm_lab_start({"time_scale": 50, "clusters": [cluster]}).clusters["lab"]


def sql(cluster, statement):
    client = HttpsClient(cluster)
    with client.session:
        return texts(client.axl("executeSQLQuery", f"<sql>{statement}</sql>"), "name")


SHARED = (
    "select p.name from certificate c join certificateservicecertificatemap m on m.fkcertificate = c.pkid "
    "join typecertificateservice t on t.enum = m.tkcertificateservice and t.name = '{service}' "
    "join certificateprocessnodemap n on n.fkcertificate = c.pkid join processnode p on p.pkid = n.fkprocessnode "
    "where c.subjectname like 'CN=pub-ms,%' order by p.name"
)


def test_callmanager_uses_the_certificate_of_tomcat(reused):
    reused.reset()
    state = reused.state()["nodes"]
    leaf = shown(reused, "sub")
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["pub", "sub"]
    assert fingerprints(reused) == fingerprints(reused, "sub")
    (record,) = [r for r in state["pub"]["ctl_file"]["records"] if r["function"] == "CCM+TFTP"]
    assert int(record["serial"].replace(":", ""), 16) == leaf.serial_number
    shell = Shell(reused, "pub")
    try:
        assert printed(shell, "CallManager") == printed(shell, "tomcat") == leaf
        assert "CallManager/" not in shell.run("show cert list own")
        reused.set(cli={"lists_reused": True})
        assert "CallManager/CallManager.pem" in shell.run("show cert list own")
    finally:
        shell.client.close()
    for service in ("CallManager", "tomcat"):
        assert sql(reused, SHARED.format(service=service)) == ["pub", "sub"]


def test_a_shared_certificate_is_renewed_on_every_node(reused):
    reused.reset()
    before = fingerprints(reused)
    reused.set(renew_tomcat="sub")
    assert fingerprints(reused) == fingerprints(reused, "sub") and fingerprints(reused) != before
    assert shown(reused, "pub") == shown(reused, "sub")
    shell = Shell(reused, "pub")
    try:
        assert printed(shell, "CallManager") == shown(reused, "pub")
    finally:
        shell.client.close()


@pytest.fixture(scope="module")
def named(cucm_lab_start):
    """Names with a domain, an address for a name, IPv6, nodes and servers beside those that are played."""
    nodes = [
        {"name": "pub.example.com", "role": "publisher", "ipv6": "2001:db8::1"},
        {"name": "10.1.1.2", "host_name": "sub"},
    ]
    cluster = {
        "name": "lab",
        "nodes": nodes,
        "imp_nodes": ["presence.example.com"],
        "application_servers": {"CER-1": {"type": "CER Location Management", "address": "192.0.2.31"}},
        "timings": {"cli_startup_s": 1},
    }
    return cucm_lab_start({"time_scale": 50, "clusters": [cluster]}).clusters["lab"]


def test_a_machine_calls_itself_by_its_short_name(named):
    named.reset()
    where = named.publisher["address"], named.node("10.1.1.2")["address"]
    shell = Shell(named, "pub.example.com")
    try:
        assert "Host Name          : pub\r" in shell.run("show status")
        network = shell.run("show network cluster").replace("\r", "")
        replication = shell.run("utils dbreplication runtimestate")
    finally:
        shell.client.close()
    assert f"{where[0]} pub.example.com pub Publisher callmanager DBPub authenticated\n" in network
    assert f"{where[1]} sub sub Subscriber callmanager DBSub authenticated using TCP since" in network
    assert "presence.example.com presence Subscriber cups DBPub authenticated using TCP since" in network
    listed = network[network.index("Server Table") :]
    assert all(name in listed for name in ("pub.example.com\n", "10.1.1.2\n", "presence.example.com\n"))
    rows = [line.split()[0] for line in replication.splitlines() if "Setup Completed" in line]
    assert rows == ["pub", "sub"] and "from pub (2 Servers)" in replication


def test_what_the_database_lists_of_them(named):
    named.reset()
    asked = "select ipv6name as name from processnode where name = 'pub.example.com'"
    assert sql(named, asked) == ["2001:db8::1"]
    servers = "select a.name from appserver a join typeappserver t on t.enum = a.tkappserver where t.name = 'CER Location Management'"
    assert sql(named, servers) == ["CER-1"]
    publishers = "select name from processnode where tknodeusage = 0 and tkprocessnoderole = {role}"
    assert sql(named, publishers.format(role=1)) == ["pub.example.com"]
    assert sql(named, publishers.format(role=2)) == ["presence.example.com"]


def test_certificates_are_for_names_and_not_for_addresses_that_stand_for_them(named):
    named.reset()
    names = [name.value for name in shown(named, "10.1.1.2").subject]
    assert names[0] == "sub"


@pytest.mark.parametrize(
    ("told", "release", "words"),
    [
        ({"tomcat_reuse": True, "multi_server_tomcat": True}, "12.5", "tomcat_reuse: this release has none"),
        (
            {"tomcat_reuse": True, "multi_server_tomcat": True, "multi_server_certificate": True},
            "15",
            "tomcat_reuse: CallManager has another certificate",
        ),
        (
            {"multi_server_tomcat": True, "tomcat": "self_signed"},
            "12.5",
            "multi_server_tomcat: this release signs",
        ),
        (
            {"nodes": [{"name": "10.1.1.1", "role": "publisher"}]},
            "14",
            "nodes[0].host_name: is missing for a node whose name is an address",
        ),
        (
            {"nodes": [{"name": "pub", "role": "publisher", "ipv6": "10.1.1.1"}]},
            "14",
            "nodes[0].ipv6: '10.1.1.1' is no IPv6 address",
        ),
        ({"application_servers": {"CER": {"type": "CER"}}}, "14", "application_servers.CER.type"),
    ],
)
def test_what_no_cluster_can_be(told, release, words):
    cluster = {"name": "lab", "release": release, "nodes": [{"name": "pub", "role": "publisher"}], **told}
    with pytest.raises(topology.TopologyError) as refused:
        topology.parse({"clusters": [cluster]})
    assert words in str(refused.value)


@pytest.fixture(scope="module")
def of_reuse(cucm_lab_start):
    nodes = [{"name": "pub", "role": "publisher"}, {"name": "sub", "services": ["Cisco CallManager"]}]
    cluster = {
        "name": "lab",
        "release": "15",
        "nodes": nodes,
        "tomcat_reuse": True,
        "state": {"security_mode": "mixed"},
    }
    return cucm_lab_start({"clusters": [cluster]}).clusters["lab"]


def test_a_reused_certificate_is_of_both_services_and_listed_once(of_reuse):
    shell = Shell(of_reuse, "sub")
    assert "CallManager/" not in shell.run("show cert list own")
    printed = {
        unit: shell.run(f"show cert own {unit}").partition("-----BEGIN")[2]
        for unit in ("tomcat", "CallManager")
    }
    assert printed["tomcat"] == printed["CallManager"]
    of_reuse.set(cli={"lists_reused": True})
    assert "CallManager/CallManager.pem" in shell.run("show cert list own")
    shell.client.close()


def test_a_renewal_of_a_reused_certificate_is_of_both(of_reuse):
    client = HttpsClient(of_reuse)
    ask_for = "select serialnumber from certificate where servername = 'sub'"
    before = {row[0] for row in values(client, ask_for)}
    of_reuse.set(renew_tomcat="sub")
    after = {row[0] for row in values(client, ask_for)}
    # Of tomcat, which is of CallManager, and of tomcat-ECDSA.
    assert (len(before - after), len(after - before)) == (2, 2)
    client.session.close()


def test_the_administrator_gives_a_node_a_certificate(of_many):
    client = HttpsClient(of_many)
    of_many.set(certificates={"sub": {"TVS": {"days": -1, "bits": 1024}, "ipsec": {"purposes": ["server"]}}})
    pems = dict(values(client, OF_SUB))
    client.session.close()
    tvs, ipsec = (x509.load_pem_x509_certificate(pems[unit].encode()) for unit in ("TVS", "ipsec"))
    now = datetime.fromisoformat(of_many.state()["clock"]["now"])
    assert tvs.not_valid_before_utc < tvs.not_valid_after_utc < now and tvs.public_key().key_size == 1024
    usage = ipsec.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH] and ipsec.issuer != ipsec.subject
    with pytest.raises(Exception, match="no unit 'tomcat'"):
        of_many.set(certificates={"sub": {"tomcat": {}}})


def test_a_reservation_is_told_and_no_token_replaces_it(https, shell, cucm_cluster):
    cucm_cluster.set(licence=RESERVED)
    printed = shell().run("show license all")
    assert f"  Status: {RESERVED['registration']}" in printed
    assert f"  Status: {RESERVED['authorization']}" in printed
    assert "Smart Account" not in printed
    (told,) = texts(https().axl("getSmartLicenseStatus"), "Status")[:1]
    assert told.upper() == RESERVED["registration"]
    https().axl(*REGISTER)
    assert cucm_cluster.state()["licence"]["registration"] == RESERVED["registration"]
    assert cucm_cluster.journal(kind="effect") == []


def test_an_upgrade_that_failed(shell, cucm_cluster):
    cucm_cluster.set(cli={"upgrade_failed": True})
    assert "Upgrade status: Failed" in shell().run("utils system upgrade status")
