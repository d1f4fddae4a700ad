# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile texts in every free field: served as they are, in well-formed XML and raw on the CLI; nothing else changes."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from cucm_lab import hostile, topology
from cucm_lab.fixture import ClusterHandle, ControlError, RunningLab

from .conftest import HttpsClient, Shell

CLUSTER: dict[str, Any] = {
    "name": "lab",
    "release": "14",
    "nodes": [{"name": "pub", "role": "publisher"}, {"name": "sub", "tomcat": "self_signed"}],
    "imp_nodes": ["imp"],
    "state": {"security_mode": "mixed", "ctl": {"sub": "tampered"}},
    "phones": [{"count": 2}, {"count": 1, "security_profile": "Mine", "certificate": "installed"}],
    "phone_security_profiles": {"Mine": {"deviceSecurityMode": "Encrypted", "transportType": "TLS"}},
    "sip_trunk_security_profiles": {"Provider": {"securityMode": "Encrypted"}},
    "sip_trunks": [{"name": "ITSP", "security_profile": "Provider"}],
    "expressway_c": {"exp1.example.com": {"description": "one"}},
    "enterprise_parameters": {"Motto": "none"},
    "timings": {"cli_startup_s": 0, "command_s": 0},
}
FREE: dict[str, tuple[str, int, bool]] = {
    "processnode.description": ("name = 'sub'", 50, False),
    "callmanager.name": ("name not like 'CM%'", 50, True),
    "callmanager.description": ("1 = 1", 50, False),
    "callmanagergroup.name": ("1 = 1", 50, True),
    "devicepool.name": ("1 = 1", 50, True),
    "device.name": ("tkclass = 18", 128, True),
    "device.description": ("name like 'SEP%'", 128, False),
    "securityprofile.name": ("isstandard = 'f' and tksecuritypolicy = 4", 75, True),
    "securityprofile.description": ("isstandard = 't'", 100, False),
    "securityprofile.x509subjectname": ("tksecuritypolicy = 1", 4096, False),
    "expresswaycconfiguration.hostnameorip": ("1 = 1", 255, True),
    "expresswaycconfiguration.description": ("1 = 1", 50, False),
    "expresswaycconfiguration.x509subjectnameoraltname": ("1 = 1", 4096, False),
    "processconfig.paramvalue": ("paramname in ('ClusterID', 'Motto')", 1024, False),
}
"""Which rows of a column are free, how long its values may be, and whether they are numbered."""
every_text = pytest.mark.parametrize("text", hostile.STRINGS.values(), ids=hostile.STRINGS)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    with RunningLab({"clusters": [CLUSTER]}, tmp_path_factory.mktemp("hostile")) as running:
        yield running


@pytest.fixture
def cluster(lab: RunningLab) -> ClusterHandle:
    handle = lab.clusters["lab"]
    handle.reset()
    return handle


@pytest.fixture
def client(cluster: ClusterHandle) -> Iterator[HttpsClient]:
    made = HttpsClient(cluster, privilege=0)
    yield made
    made.session.close()


def elements(client: HttpsClient, operation: str, inner: str = "") -> ElementTree.Element:
    answer = client.axl(operation, inner)
    assert answer.status_code == 200, answer.text
    return ElementTree.fromstring(answer.content)


def column(client: HttpsClient, name: str) -> list[str]:
    table, field = name.split(".")
    statement = f"select {field} as found from {table} where {FREE[name][0]}"
    return [
        each.text or ""
        for each in elements(client, "executeSQLQuery", f"<sql>{statement}</sql>").iter("found")
    ]


@every_text
def test_axl_serves_every_free_field_as_it_is(cluster, client, text):
    cluster.set(free_texts=[text])
    for name, (_rows, longest, numbered) in FREE.items():
        found = column(client, name)
        assert found, name
        for value in found:
            shown = value.rsplit(" ", 1)[0] if numbered else value
            assert shown == text[: len(shown)], name
            assert len(shown) == min(len(text), longest - len(value) + len(shown)), name
    licence = elements(client, "getSmartLicenseStatus")
    for name in ("SmartAccount", "VirtualAccount", "LastRenewalStatus", "LastCommunicationStatus"):
        assert licence.find(f".//{name}").text == text[:255], name


@every_text
def test_objects_are_found_by_their_names(cluster, client, text):
    cluster.set(free_texts=[text])
    (name,) = column(client, "securityprofile.name")

    def sent(value: str) -> str:
        return escape(value, {"\r": "&#13;"})

    got = elements(client, "getPhoneSecurityProfile", f"<name>{sent(name)}</name>")
    assert got.find(".//phoneSecurityProfile/name").text == name
    wanted = f"<searchCriteria><securityProfileName>{sent(name)}</securityProfileName></searchCriteria>"
    if not set("%_") & set(name):
        listed = elements(client, "listPhone", f"{wanted}<returnedTags><name/></returnedTags>")
        assert [each.text for each in listed.iter("name")] == ["SEP000000000002"]


@every_text
def test_the_cli_prints_them_raw(cluster, text):
    cluster.set(free_texts=[text])
    value = text[:1024].ljust(len("paramvalue")).replace("\r\n", "\n").replace("\n", "\r\n")
    shell, shown = Shell(cluster, "pub"), ""
    try:
        shell.channel.sendall(b"run sql select paramvalue from processconfig where paramname = 'ClusterID'\r")
        while f"\r\n{value}\r\n" not in shown:
            # Raises TimeoutError when it does not come.
            shown += shell.channel.recv(65536).decode()
    finally:
        shell.client.close()


def test_the_licence_and_the_certificates_on_the_cli(cluster):
    cluster.set(free_texts=[hostile.STRINGS["script"]])
    shell = Shell(cluster, "pub")
    try:
        assert "  Smart Account: <script>alert(1)</script>\r\n" in shell.run("show license all")
        shown = shell.run("show cert own tomcat")
        begin = shown.index("-----BEGIN")
        pem = shown[begin : shown.index("-----END CERTIFICATE-----") + 25].replace("\r\n", "\n")
        subject = x509.load_pem_x509_certificate(pem.encode()).subject
        assert [part.value for part in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)] == [
            "<script>alert(1)</script>"
        ]
        ctl = shell.run("show ctl")
        assert "OU=<script>alert(1)</script>;O=<script>" in ctl
        assert "The CTL file was verified successfully." in ctl
    finally:
        shell.client.close()


def without_free_texts(state: dict[str, Any]) -> dict[str, Any]:
    """What a cluster is, without the names of its profiles and without what comes from a certificate's bytes."""
    state = copy.deepcopy(state)
    for section in ("clock", "licence", "expressway_c", "sip_trunks", "journal"):
        del state[section]
    for section in ("phone_security_profiles", "sip_trunk_security_profiles"):
        state[section] = sorted(
            sorted((k, str(v)) for k, v in each.items() if k not in ("description", "x509SubjectName"))
            for each in state[section].values()
        )
    for name in ("ClusterID", "Motto"):
        state["enterprise_parameters"].pop(name)
        state["service_parameters"]["Enterprise Wide"].pop(name)
    for node in state["nodes"].values():
        for name in ("tls_certificate_sha256", "tomcat_certificate_of_callmanager_sha256"):
            node[name] = node[name] is not None
        for certificate in node["tomcat_certificates"].values():
            del certificate["sha256"]
            certificate["root_sha256"] = certificate["signed_by"] and certificate["root_sha256"]
        node["trust_stores"] = {name: len(found) for name, found in node["trust_stores"].items()}
        for name in ("length", "md5", "sha1", "signer"):
            del node["ctl_file"][name]
        node["ctl_file"]["records"] = [
            (r["dns_name"], r["function"], r["serial"], r["stripped"]) for r in node["ctl_file"]["records"]
        ]
    return state


def test_what_the_cluster_is_stays_the_same(cluster, client):
    before = cluster.state()
    cluster.set(free_texts=hostile.ALL)
    after = cluster.state()
    assert without_free_texts(after) == without_free_texts(before)
    assert cluster.journal(changing=True) == []
    nodes = after["nodes"]
    assert nodes["pub"]["ctl_file"]["verified"] and not nodes["sub"]["ctl_file"]["verified"]
    for node in nodes.values():
        assert node["tls_certificate_sha256"] == node["tomcat_certificate_of_callmanager_sha256"]
        assert node["tls_certificate_sha256"] != before["nodes"]["pub"]["tls_certificate_sha256"]
    # Whoever reads ca.pem verifies both, the one the CA signed and the self-signed one.
    for name in nodes:
        again = HttpsClient(cluster, name)
        assert again.control("soapGetServiceStatus", "<s:ServiceStatus/>").status_code == 200
        again.session.close()
    store = set(nodes["pub"]["trust_stores"]["tomcat-trust"])
    assert nodes["sub"]["tls_certificate_sha256"] in store


def test_the_certificates_of_the_database_are_those_of_the_nodes(cluster, client):
    cluster.set(free_texts=[hostile.STRINGS["lines"]])
    rows = elements(client, "executeSQLQuery", "<sql>select certificate x from certificate</sql>")
    found = [x509.load_pem_x509_certificate((each.text or "").encode()) for each in rows.iter("x")]
    own = [each for each in found if each.issuer == each.subject and "cucm-lab" not in str(each.subject)]
    # CallManager, CallManager-ECDSA, TVS and ipsec of two nodes, CAPF and ITLRecovery of the publisher, Tomcat's that are self-signed.
    assert len(own) == 2 * 4 + 2 + 2
    for certificate in own:
        organization = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        assert organization[0].value == hostile.STRINGS["lines"]
        certificate.verify_directly_issued_by(certificate)
    listed = elements(
        client,
        "listTvsCertificate",
        "<searchCriteria><subjectName>%</subjectName></searchCriteria><returnedTags><subjectName/></returnedTags>",
    )
    told = [each.text or "" for each in listed.iter("subjectName")]
    assert len([each for each in told if "first\nsecond\r\nthird" in each]) == len(told) - 1


def test_a_topology_may_begin_so(tmp_path):
    described = {"clusters": [{**CLUSTER, "free_texts": hostile.ALL, "release": "11.5", "expressway_c": {}}]}
    with RunningLab(described, tmp_path) as lab:
        cluster = lab.clusters["lab"]
        before = cluster.state()
        assert hostile.STRINGS["script"] in str(cluster.database())
        assert before["nodes"]["pub"]["ctl_file"]["verified"]
        assert "<script>" in before["nodes"]["pub"]["ctl_file"]["signer"]
        cluster.set(free_texts=["other"])
        cluster.reset()
        after = cluster.state()
        assert (
            after["nodes"]["pub"]["tls_certificate_sha256"]
            == before["nodes"]["pub"]["tls_certificate_sha256"]
        )
        assert after["sip_trunks"] == before["sip_trunks"]


@pytest.mark.parametrize("text", ["escape \x1b[31m", "nul \x00", "\ufffe", "\x0b"])
def test_what_xml_cannot_carry_is_refused(cluster, text):
    with pytest.raises(ControlError) as refused:
        cluster.set(sip_trunks={"T": {"description": text}})
    assert refused.value.status == 400 and refused.value.body["where"] == "sip_trunks.T.description"
    with pytest.raises(topology.TopologyError) as wrong:
        topology.parse({"clusters": [{**CLUSTER, "free_texts": ["good", text]}]})
    assert "clusters[0].free_texts[1]" in str(wrong.value)
    # The CLI is no XML.
    cluster.set(texts={"sql.no_rows": text.replace("{", "")}, cli={"banner": text})


def test_hostile_names_may_be_given_one_by_one(cluster, client):
    text = hostile.STRINGS["attribute"]
    cluster.set(
        sip_trunk_security_profiles={text: {"securityMode": "Encrypted", "description": text}},
        sip_trunks={text: {"security_profile": text}},
        phone_security_profiles={text + "!": {}},
    )
    state = cluster.state()
    assert state["sip_trunks"][text] == {"security_profile": text, "description": "", "srtp_allowed": False}
    statement = "<sql>select name x from device where tkclass = 18</sql>"
    names = [each.text for each in elements(client, "executeSQLQuery", statement).iter("x")]
    assert sorted(names) == sorted(["ITSP", text])
