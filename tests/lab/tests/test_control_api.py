# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API: faults that really happen on the wire, the journal, set and reset."""

from __future__ import annotations

import socket
import ssl
import threading
import time

import jsonschema
import pytest
import referencing
import requests

from cucm_lab.fixture import ClusterHandle, ControlError

from .test_axl import texts


def validator(cluster: ClusterHandle, name: str) -> jsonschema.Draft202012Validator:
    documents = {p: cluster.lab.call("GET", p) for p in cluster.lab.call("GET", "/")["schemas"]}
    resources = [referencing.Resource.from_contents(d) for d in documents.values()]
    registry = referencing.Registry().with_resources((r.id(), r) for r in resources)
    return jsonschema.Draft202012Validator(documents[f"/schemas/{name}.json"], registry=registry)


def test_schemas_describe_what_is_published(https, cucm_cluster):
    https().axl("getCCMVersion")
    validator(cucm_cluster, "cluster").validate(cucm_cluster.state())
    for entry in cucm_cluster.journal():
        validator(cucm_cluster, "journal-entry").validate(entry)
    validator(cucm_cluster, "lab").validate(cucm_cluster.lab.info)


def test_no_password_in_state_or_journal(https, cucm_cluster):
    https().axl("getCCMVersion")
    told = str(cucm_cluster.state()) + str(cucm_cluster.journal())
    assert not [a["username"] for a in cucm_cluster.info["accounts"] if a["password"] in told]


def test_journal_is_in_order_and_since_cuts_it(https, cucm_cluster):
    client = https()
    client.axl("getCCMVersion")
    last = cucm_cluster.last_seq
    client.axl("getSmartLicenseStatus")
    entries = cucm_cluster.journal()
    assert [e["seq"] for e in entries] == list(range(1, len(entries) + 1))
    assert [(e["kind"], e["operation"]) for e in cucm_cluster.journal(since=last)] == [
        ("login", "https-basic"),
        ("http", "axl getSmartLicenseStatus"),
    ]
    assert entries[-1]["detail"] == {"status": 200} and entries[-1]["account"] == "axladmin"


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("faults", {"fault": "bogus"}, "fault"),
        ("faults", {"fault": "http"}, "(top level)"),
        ("faults", {"fault": "http", "status": 503, "node": "nobody"}, "node"),
        ("set", {"nodes": {"cucm-pub": {"up": "no"}}}, "nodes.cucm-pub.up"),
        ("set", {"ctl": {"nobody": None}}, "ctl.nobody"),
        ("set", {"services": {"cucm-pub": {"Cisco Nothing": {}}}}, "services.cucm-pub.Cisco Nothing"),
        ("set", {"timings": {"bogus_s": 1}}, "timings.bogus_s"),
        ("set", {"cli": {"bogus": 1}}, "cli.bogus"),
        ("set", {"cli": {"max_sessions": 11}}, "cli.max_sessions"),
        ("set", {"nodes": {"cucm-sub1": {"cli": {"bogus": 1}}}}, "nodes.cucm-sub1.cli.bogus"),
        ("set", {"phones": {"SEP*": {}}}, "phones.SEP*"),
        ("set", {"phones": {"SEP*": {"certificate": "lost"}}}, "phones.SEP*.certificate"),
        ("set", {"sip_trunks": {"T": {"security_profile": "Nobody's"}}}, "sip_trunks.T.security_profile"),
        (
            "set",
            {"sip_trunk_security_profiles": {"Cisco 8841 - Standard SIP Non-Secure Profile": {}}},
            "sip_trunk_security_profiles.Cisco 8841 - Standard SIP Non-Secure Profile",
        ),
        (
            "set",
            {"phone_security_profiles": {"Non Secure SIP Trunk Profile": {}}},
            "phone_security_profiles.Non Secure SIP Trunk Profile",
        ),
        (
            "set",
            {"sip_trunk_security_profiles": {"T": {"securityMode": "Open"}}},
            "sip_trunk_security_profiles.T.securityMode",
        ),
        ("set", {"texts": {"bogus": "x"}}, "texts.bogus"),
        ("set", {"accounts": {"nobody": {}}}, "accounts.nobody"),
        ("set", {"bogus": {}}, "(top level)"),
    ],
)
def test_bad_input_is_refused_with_place_and_hint(cucm_cluster, path, body, where):
    with pytest.raises(ControlError) as caught:
        cucm_cluster._call("POST", f"/{path}", body)
    assert caught.value.status == 400
    assert caught.value.body["where"] == where and caught.value.body["hint"] and caught.value.body["error"]


def test_set_is_all_or_nothing(cucm_cluster):
    with pytest.raises(ControlError):
        cucm_cluster.set(image="unrestricted", ctl={"nobody": None})
    assert cucm_cluster.state()["image"] == "restricted"


def test_http_status_body_times_and_skip(https, cucm_cluster):
    client = https()
    cucm_cluster.fault(
        "http", match={"operation": "axl get*"}, status=200, body="<html>ok?</html>", times=1, skip=1
    )
    answers = [client.axl("getCCMVersion") for _each in range(3)]
    assert [a.text.startswith("<html>") for a in answers] == [False, True, False]
    with cucm_cluster.faulty("http", node="cucm-pub", status=503):
        assert client.axl("getCCMVersion").status_code == 503
        assert https("cucm-sub1").control("soapGetServiceStatus", "<s:ServiceStatus/>").status_code == 200


def test_http_truncated(https, cucm_cluster):
    cucm_cluster.fault("http_truncate", match={"operation": "axl getCCMVersion"}, times=1)
    with pytest.raises(requests.exceptions.RequestException):
        https().axl("getCCMVersion")
    assert https().axl("getCCMVersion").status_code == 200


def test_http_delayed(https, cucm_cluster):
    client = https()
    client.axl("getCCMVersion")
    cucm_cluster.fault("http_delay", seconds=25, times=1)
    start = time.monotonic()
    client.axl("getCCMVersion")
    assert time.monotonic() - start > 0.45


def test_cut_before_means_not_carried_out_and_after_means_done(https, cucm_cluster):
    client = https()
    match = {"kind": "http", "operation": "control-center soapDoControlServices"}
    cucm_cluster.fault("cut", match=match, when="before")
    with pytest.raises(requests.exceptions.ConnectionError):
        client.do_control("Restart", "Cisco Tftp")
    assert cucm_cluster.journal(kind="effect") == []
    cucm_cluster.fault("cut", match=match, when="after")
    with pytest.raises(requests.exceptions.ConnectionError):
        client.do_control("Restart", "Cisco Tftp")
    assert [e["operation"] for e in cucm_cluster.journal(kind="effect")] == ["service restart Cisco Tftp"]


def test_cut_is_a_reset(https, cucm_cluster):
    # OpenSSL reports a reset as an end of file, so the test does its own reading from the socket.
    client = https()
    cucm_cluster.fault("cut", match={"kind": "http"})
    context = ssl.create_default_context(cafile=str(cucm_cluster.lab.ca_path))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=client.node["address"])
    with socket.create_connection((client.node["address"], client.node["https_port"]), 5) as raw:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                raw.sendall(outgoing.read())
                incoming.write(raw.recv(65536))
        tls.write(b"GET /axl/ HTTP/1.1\r\nHost: x\r\n\r\n")
        raw.sendall(outgoing.read())
        with pytest.raises(ConnectionResetError):
            b"".join(iter(lambda: raw.recv(65536), b""))


def test_hold_stops_before_the_effect_until_it_is_released(https, cucm_cluster):
    client = https()
    service = "Cisco Certificate Authority Proxy Function"
    hold = cucm_cluster.fault("hold", match={"kind": "effect", "operation": "service activate *"})
    answers = []
    thread = threading.Thread(target=lambda: answers.append(client.deploy("Deploy", service)))
    thread.start()
    cucm_cluster.wait_hit(hold)
    state = cucm_cluster.state()["nodes"]["cucm-pub"]["services"][service]
    assert state["activated"] is False and cucm_cluster.journal(kind="effect") == []
    cucm_cluster.release(hold)
    thread.join(10)
    assert texts(answers[0], "ReturnCode") == ["0"]
    assert len(cucm_cluster.journal(kind="effect")) == 1


def test_node_down_and_up(https, cucm_cluster):
    client = https("cucm-sub2")
    assert client.control("soapGetServiceStatus", "<s:ServiceStatus/>").status_code == 200
    cucm_cluster.set(nodes={"cucm-sub2": {"up": False}})
    with pytest.raises(requests.exceptions.ConnectionError):
        client.control("soapGetServiceStatus", "<s:ServiceStatus/>")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((client.node["address"], client.node["ssh_port"]), 2)
    cucm_cluster.set(nodes={"cucm-sub2": {"up": True}})
    assert client.control("soapGetServiceStatus", "<s:ServiceStatus/>").status_code == 200


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("other-ca", "certificate verify failed"), ("expired", "expired"), ("wrong-name", "match")],
)
def test_bad_tls_certificates_are_refused_by_clients(https, cucm_cluster, kind, reason):
    cucm_cluster.set(nodes={"cucm-pub": {"tls_certificate": kind}})
    with pytest.raises(requests.exceptions.SSLError, match=reason):
        https().axl("getCCMVersion")
    assert cucm_cluster.journal() == []
    cucm_cluster.set(nodes={"cucm-pub": {"tls_certificate": "new"}})
    assert https().axl("getCCMVersion").status_code == 200


def test_ctl_states_are_real_files(cucm_cluster):
    cucm_cluster.set(
        database={"processconfig": {"ClusterSecurityMode": "1"}},
        ctl={"cucm-pub": "rebuild", "cucm-sub1": "tampered", "cucm-sub2": "stale"},
    )
    nodes = cucm_cluster.state()["nodes"]
    assert [nodes[n]["ctl_file"]["verified"] for n in nodes] == [True, False, True]
    functions = [[r["function"] for r in nodes[n]["ctl_file"]["records"]] for n in nodes]
    assert functions[0].count("CCM+TFTP") == 3 and functions[2].count("CCM+TFTP") == 2
    assert functions[0][:2] == ["System Administrator Security Token"] * 2
    cucm_cluster.set(ctl={"cucm-pub": None})
    assert cucm_cluster.state()["nodes"]["cucm-pub"]["ctl_file"] is None


def test_reset_brings_everything_back(https, cucm_cluster):
    before = cucm_cluster.state()
    cucm_cluster.set(
        database={"processconfig": {"ClusterSecurityMode": "1"}},
        licence={"registration": "UNREGISTERED"},
        nodes={
            "cucm-sub1": {"up": False, "ssh_host_key": "new", "tls_certificate": "expired"},
            "cucm-sub2": {"cli": {"tls_min_version": "1.0"}},
        },
        sip_trunk_security_profiles={"T": {"securityMode": "Encrypted"}},
        sip_trunks={"ITSP": {"security_profile": "T"}},
        accounts={"axladmin": {"password": "other"}},
        services={"cucm-pub": {"Cisco Tftp": {"activated": False}}},
        replication={"cucm-sub1": {"state": 3}},
        timings={"command_s": 9},
        cli={"fips": True},
        image="unrestricted",
    )
    cucm_cluster.fault("http", status=500)
    https().axl("getCCMVersion")
    assert cucm_cluster.state()["cluster_security_mode"] == "mixed"
    cucm_cluster.reset()
    after = cucm_cluster.state()
    assert cucm_cluster.journal() == [] and cucm_cluster.faults() == []
    for state in (before, after):
        state.pop("clock")
        state["registrations"].pop("measured_since")
        state["licence"].pop("registered_at")
        for node in state["nodes"].values():
            node.pop("started_at")
            for service in node["services"].values():
                service.pop("started_at")
    assert before == after
    assert https().axl("getCCMVersion").status_code == 200


def test_ssh_algorithms_change_for_new_connections(cucm_cluster):
    def offers() -> list[bytes]:
        node = cucm_cluster.publisher
        with socket.create_connection((node["address"], node["ssh_port"]), 5) as connection:
            received = b""
            connection.sendall(b"SSH-2.0-probe\r\n")
            while b"ssh-rsa" not in received and b"rsa-sha2-256" not in received:
                received += connection.recv(65536)
            return [name for name in (b"group14-sha1", b"ecdh-sha2-nistp256") if name in received]

    assert offers() == [b"group14-sha1", b"ecdh-sha2-nistp256"]
    cucm_cluster.set(ssh="sha2")
    assert offers() == [b"ecdh-sha2-nistp256"] and cucm_cluster.state()["ssh"] == "sha2"
    cucm_cluster.set(ssh="old")
    assert offers() == [b"group14-sha1"]
    cucm_cluster.reset()
    assert len(offers()) == 2
