# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Phones with certificates, and SIP trunks: from the topology, by the control API, as AXL and SQL show them."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from cucm_lab import topology
from cucm_lab.clock import Clock
from cucm_lab.domain.certificates import KeyPool
from cucm_lab.domain.cluster import LabCluster

TRUNKED = {
    "sip_trunk_security_profiles": {
        "Secure": {"securityMode": "Encrypted", "incomingTransport": "TLS", "outgoingTransport": "TLS"},
        "Unused": {"description": "nobody has it", "digestAuthentication": True},
    },
    "sip_trunks": [
        {"name": "ITSP", "security_profile": "Secure", "description": "to the provider"},
        {"name": "PBX", "count": 2},
    ],
}
CERTIFICATES = (
    "select d.name, s.name as status, o.name as operation, case when d.publickey is not null then 't' else 'f' end as lsc "
    "from device d join typecertificatestatus s on s.enum = d.tkcertificatestatus "
    "join typecertificateoperation o on o.enum = d.tkcertificateoperation order by d.name"
)
TRUNKS = (
    "select d.name, d.description, p.name as profile, m.name as mode, i.name as inbound, o.name as outbound, "
    "p.digestauthall, p.tksecuritypolicy from device d join typeclass c on c.enum = d.tkclass "
    "join typemodel y on y.enum = d.tkmodel join securityprofile p on p.pkid = d.fksecurityprofile "
    "join typedevicesecuritymode m on m.enum = p.tkdevicesecuritymode "
    "join typetransport i on i.enum = p.tktransport join typetransport o on o.enum = p.tktransport_out "
    "where c.name = 'Trunk' and y.name = 'SIP Trunk' order by d.name"
)


def described(**more) -> dict:
    return {"clusters": [{"name": "lab", "nodes": [{"name": "pub", "role": "publisher"}], **more}]}


def cluster(**more) -> LabCluster:
    return LabCluster(topology.parse(described(**more)).clusters[0], Clock(), KeyPool(1))


def test_phones_begin_with_the_certificates_the_topology_gives_them():
    groups = [{"count": 1, "certificate": each} for each in ("installed", "failed", "pending", "none")]
    made = cluster(phones=[*groups, {"count": 1}])
    failed = "Upgrade Failed: Invalid Authentication String"
    assert [row[1:] for row in made.database.query(CERTIFICATES).rows] == [
        ("Upgrade Success", "No Pending Operation", "t"),
        (failed, "No Pending Operation", "f"),
        ("Operation Pending", "Install/Upgrade", "f"),
        ("None", "No Pending Operation", "f"),
        ("None", "No Pending Operation", "f"),
    ]


def test_public_keys_are_keys_and_each_phone_has_its_own():
    keys = [
        row[0]
        for row in cluster(phones=[{"count": 20, "certificate": "installed"}])
        .database.query("select publickey from device")
        .rows
    ]
    assert len(set(keys)) == 20
    assert {load_der_public_key(base64.b64decode(key)).key_size for key in keys} == {2048}


def test_numbers_of_certificate_states_are_those_of_captures():
    database = cluster().database
    assert database.query(
        "select enum, name from typecertificatestatus where enum in (1, 2) order by enum"
    ).rows == (
        ("1", "None"),
        ("2", "Operation Pending"),
    )
    assert database.query("select name from typecertificateoperation where enum = 2").rows == (
        ("Install/Upgrade",),
    )


def test_trunks_and_their_profiles_come_from_the_topology():
    usual = "Non Secure SIP Trunk Profile"
    assert cluster(**TRUNKED).database.query(TRUNKS).rows == (
        ("ITSP", "to the provider", "Secure", "Encrypted", "TLS", "TLS", "f", "1"),
        ("PBX-1", "", usual, "Non Secure", "TCP+UDP", "TCP", "f", "1"),
        ("PBX-2", "", usual, "Non Secure", "TCP+UDP", "TCP", "f", "1"),
    )


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"phones": [{"count": 1, "certificate": "lost"}]}, "phones[0].certificate"),
        ({"sip_trunks": [{"security_profile": "Nobody's"}]}, "sip_trunks[0].security_profile"),
        ({"sip_trunks": [{"name": "A"}, {"name": "A"}]}, "sip_trunks[1].name"),
        ({"sip_trunks": [{"name": "A", "count": 2}, {"name": "A-2"}]}, "sip_trunks[1].name"),
        (
            {"sip_trunk_security_profiles": {"Cisco 8841 - Standard SIP Non-Secure Profile": {}}},
            "sip_trunk_security_profiles.Cisco 8841 - Standard SIP Non-Secure Profile",
        ),
        ({"sip_trunk_security_profiles": {"A": {"incomingTransport": "SCTP"}}}, "incomingTransport"),
        ({"nodes": [{"name": "p", "role": "publisher", "cli": {"fips": "no"}}]}, "nodes[0].cli.fips"),
        ({"nodes": [{"name": "p", "role": "publisher", "cli": {"max_sessions": 11}}]}, "cli.max_sessions"),
    ],
)
def test_mistakes_in_a_topology_are_named(more, where):
    with pytest.raises(topology.TopologyError) as refused:
        topology.parse(described(**more))
    assert where in str(refused.value)


def test_the_administrator_changes_trunks(cucm_cluster, https):
    def trunks() -> list[list[str]]:
        answer = https().axl("executeSQLQuery", f"<sql>{TRUNKS}</sql>")
        return [
            [column.text or "" for column in row]
            for row in ElementTree.fromstring(answer.content).iter("row")
        ]

    assert trunks() == []
    cucm_cluster.set(
        sip_trunk_security_profiles=TRUNKED["sip_trunk_security_profiles"],
        sip_trunks={"ITSP": {"security_profile": "Secure"}, "PBX": {}},
    )
    assert [row[:3] for row in trunks()] == [
        ["ITSP", "", "Secure"],
        ["PBX", "", "Non Secure SIP Trunk Profile"],
    ]
    assert cucm_cluster.state()["sip_trunk_security_profiles"]["Secure"]["trunks"] == 1
    cucm_cluster.set(
        sip_trunk_security_profiles={"Secure": {"outgoingTransport": "TCP"}, "Unused": None},
        sip_trunks={"ITSP": {"description": "to the provider"}, "PBX": None},
    )
    assert trunks() == [["ITSP", "to the provider", "Secure", "Encrypted", "TLS", "TCP", "f", "1"]]
    profiles = cucm_cluster.state()["sip_trunk_security_profiles"]
    assert "Unused" not in profiles and profiles["Secure"]["outgoingTransport"] == "TCP"
    assert cucm_cluster.journal(changing=True) == []


def test_a_node_s_settings_are_changed_alone(cucm_cluster):
    cucm_cluster.set(nodes={"cucm-sub1": {"cli": {"tls_min_version": "1.0"}}}, cli={"max_sessions": 3})
    state = cucm_cluster.state()
    assert state["nodes"]["cucm-sub1"]["cli"] == {"tls_min_version": "1.0"}
    assert state["nodes"]["cucm-pub"]["cli"] == {} and state["cli"]["max_sessions"] == 3
    cucm_cluster.set(nodes={"cucm-sub1": {"cli": {"max_sessions": 5}}})
    assert cucm_cluster.state()["nodes"]["cucm-sub1"]["cli"] == {"tls_min_version": "1.0", "max_sessions": 5}
