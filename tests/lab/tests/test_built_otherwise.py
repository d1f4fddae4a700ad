# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters that are built otherwise than most: a multi-server certificate, reserved licences, an upgrade that failed."""

from __future__ import annotations

import pytest

from .test_axl import texts

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
