# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters that are built otherwise than most: a multi-server certificate, reserved licences, an upgrade that failed."""

from __future__ import annotations

from datetime import datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from .conftest import HttpsClient, Shell
from .test_axl import texts
from .test_sql_of_users import values

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
