# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that are not ours, as their own documentation uses them, against a lab of every release."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import netmiko
import paramiko
import paramiko_expect
import pytest
import requests
import zeep
import zeep.exceptions

from cucm_lab.fixture import ClusterHandle, RunningLab

from .conftest import BINDING, PAIRS, RELEASES, TOOLKITS, cluster_of, package

CONTROL_CENTER = "/controlcenterservice2/services/ControlCenterServices"
MIXED = "utils ctl set-cluster mixed-mode"
MODE = "run sql select paramvalue from processconfig where paramname='ClusterSecurityMode'"
PROMPT = r"admin:"


@pytest.fixture(params=RELEASES)
def cluster(request: pytest.FixtureRequest, contract_lab: RunningLab) -> ClusterHandle:
    return cluster_of(contract_lab, request.param)


@pytest.fixture
def did(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Note a success for the summary: ``did(cluster, "requests", "getCCMVersion", "200")``."""

    def note(cluster: ClusterHandle, client: str, operation: str, result: str) -> None:
        release = cluster.info["release"]
        record_property("contract client", f"{package(client)} | {operation} | {release} | {result}")

    return note


# -- ciscoaxl -----------------------------------------------------------------------------------------------


@pytest.fixture(params=[pair for pair in PAIRS if pair[1] in ("11.5", "12.5")], ids="-axl".join)
def ciscoaxl(
    request: pytest.FixtureRequest,
    contract_lab: RunningLab,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> tuple[ClusterHandle, Any]:
    """A cluster and ciscoaxl's client of it; its certificate is checked, and its cache is kept out of the home."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(contract_lab.ca_path))
    from ciscoaxl import axl

    release, version = request.param
    cluster = cluster_of(contract_lab, release)
    account, node = cluster.account("axl"), cluster.publisher
    return cluster, axl(
        username=account["username"],
        password=account["password"],
        cucm=node["address"],
        cucm_version=version,
        cucm_port=node["https_port"],
        strict_ssl=True,
    )


def test_ciscoaxl(ciscoaxl, did):
    cluster, client = ciscoaxl
    nodes = sorted(cluster.info["nodes"])
    results = {
        "list_process_nodes": (
            sorted(node["name"] for node in client.list_process_nodes()),
            ["EnterpriseWideData", *nodes],
        ),
        "get_call_manager_groups": ([g["name"] for g in client.get_call_manager_groups()], ["Default"]),
        "get_call_manager_group": (
            len(client.get_call_manager_group("Default")["return"]["callManagerGroup"]["members"]["member"]),
            2,
        ),
        "get_device_pools": (
            [pool["callManagerGroupName"]["_value_1"] for pool in client.get_device_pools()],
            ["Default"],
        ),
        "get_device_pool": (client.get_device_pool(name="Default")["regionName"]["_value_1"], "Default"),
        "get_phones": ([p["name"] for p in client.get_phones()], ["SEP000000000000", "SEP000000000001"]),
        "get_phone": (client.get_phone(name="SEP000000000001")["description"], "Phone 2"),
        "get_sip_security_profile": (
            client.get_sip_security_profile("Non Secure SIP Trunk Profile")["sipTrunkSecurityProfile"][
                "incomingTransport"
            ],
            "TCP+UDP",
        ),
        "run_sql_query": (
            client.run_sql_query(MODE.removeprefix("run sql ")),
            {"num_rows": 1, "query": MODE.removeprefix("run sql "), "rows": [{"paramvalue": "0"}]},
        ),
        "run_sql_query, no rows": (
            client.run_sql_query("select name from device where 1=0")["num_rows"],
            0,
        ),
    }
    for operation, (got, wanted) in results.items():
        assert got == wanted, operation
        did(cluster, "ciscoaxl", operation, "as the database says")
    fault = client.sql_query("select nothing from")
    assert isinstance(fault, zeep.exceptions.Fault) and "syntax" in fault.message
    refused = client.sql_update("delete from device")
    assert isinstance(refused, zeep.exceptions.Fault)
    did(cluster, "ciscoaxl", "sql_query, sql_update", "its faults")


def test_ciscoaxl_writes(ciscoaxl, did):
    """As its users write what it has no method for: through the service it carries."""
    cluster, client = ciscoaxl
    later = cluster.info["release"] != "11.5" and client.cucm_version != "11.5"
    name = f"CM_{cluster.publisher['name']}"
    service = client.client
    service.updateServiceParameter(
        processNodeName="EnterpriseWideData", name="ClusterID", service="Enterprise Wide", value="ciscoaxl"
    )
    ports = service.getCallManager(name=name)["return"]["callManager"]["ports"]
    ports["sipPorts"]["sipPhonePort"] = 5070
    service.updateCallManager(name=name, ports=ports)
    profile = {"phoneType": "Cisco 8841", "protocol": "SIP", "name": "Theirs"}
    service.addPhoneSecurityProfile(profile)
    service.updatePhoneSecurityProfile(name="Theirs", deviceSecurityMode="Encrypted", transportType="TLS")
    service.addPhoneSecurityProfile({**profile, "name": "Gone"})
    service.removePhoneSecurityProfile(name="Gone")
    with pytest.raises(zeep.exceptions.Fault, match="duplicate value in a UNIQUE INDEX column"):
        service.addPhoneSecurityProfile(profile)
    operations = ["updateServiceParameter", "updateCallManager", "add, update, removePhoneSecurityProfile"]
    if later:
        service.addExpresswayCConfiguration({"HostNameOrIP": "exp1"})
        service.updateExpresswayCConfiguration(HostNameOrIP="exp1", description="theirs")
        service.addExpresswayCConfiguration({"HostNameOrIP": "exp2"})
        service.removeExpresswayCConfiguration(HostNameOrIP="exp2")
        cluster.set(timings={"licence_register_s": 0.1})
        service.doSmartLicenseRegister(token="LAB-TOKEN-EXPORT-NOT-ALLOWED", force="true")
        cluster.wait(lambda: cluster.state()["licence"]["registration"] == "REGISTERED")
        service.doSmartLicenseRenewAuthorization()
        service.doSmartLicenseRenewRegistration()
        service.doSmartLicenseReRegister(token="no such token")
        cluster.wait(lambda: cluster.state()["licence"]["registration"] == "UNREGISTERED")
        with pytest.raises(zeep.exceptions.Fault, match="not registered"):
            service.doSmartLicenseDeRegister()
        operations += ["add, update, removeExpresswayCConfiguration", "doSmartLicense..."]
    state = cluster.state()
    assert state["enterprise_parameters"]["ClusterID"] == "ciscoaxl"
    assert state["ports"][cluster.publisher["name"]]["sipPhonePort"] == 5070
    assert state["ports"][cluster.publisher["name"]].get("sipOAuthPort", 5090) == 5090
    theirs = state["phone_security_profiles"]["Theirs"]
    assert (theirs["deviceSecurityMode"], theirs["transportType"]) == ("Encrypted", "TLS")
    assert "Gone" not in state["phone_security_profiles"]
    assert state["expressway_c"] == ({"exp1": {"description": "theirs", "x509": ""}} if later else {})
    for operation in operations:
        did(cluster, "ciscoaxl", operation, "written")


def test_ciscoaxl_says_what_is_wrong_with_the_login(contract_lab, monkeypatch, tmp_path, did):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(contract_lab.ca_path))
    from ciscoaxl import axl

    cluster = cluster_of(contract_lab, "14")
    node, account = cluster.publisher, cluster.account("axl")
    arguments = {"cucm": node["address"], "cucm_version": "12.5", "cucm_port": node["https_port"]}
    with pytest.raises(Exception, match="401 Unauthorized"):
        axl(account["username"], "wrong", **arguments)
    cluster.set(accounts={account["username"]: {"has_role": False}})
    with pytest.raises(Exception, match="403 Forbidden"):
        axl(account["username"], account["password"], **arguments)
    did(cluster, "ciscoaxl", "login", "401, 403")


# -- zeep and requests --------------------------------------------------------------------------------------


def https(cluster: ClusterHandle) -> tuple[requests.Session, str]:
    account, node = cluster.account("axl"), cluster.publisher
    session = requests.Session()
    session.trust_env = False
    session.verify = str(cluster.lab.ca_path)
    session.auth = (account["username"], account["password"])
    return session, f"https://{node['address']}:{node['https_port']}"


def test_zeep_with_the_lab_s_control_center_wsdl(cluster, did):
    session, base = https(cluster)
    client = zeep.Client(f"{base}{CONTROL_CENTER}?wsdl", transport=zeep.Transport(session=session))
    listed = client.service.soapGetServiceStatus(ServiceStatus=[""])
    state = {each.ServiceName: each.ServiceStatus for each in listed.ServiceInfoList["item"]}
    assert state["Cisco CallManager"] == "Started"
    assert ("Cisco CTL Provider" in state) is (cluster.info["release"] != "15")
    did(cluster, "zeep", "Control Center soapGetServiceStatus", f"{len(state)} services")
    static = client.service.soapGetStaticServiceList(ServiceInformationResponse="")
    assert len(static["item"]) == len(state)
    product = client.service.getProductInformationList(ServiceInfo="")
    assert product.ActiveServerVersion == cluster.state()["version"]
    did(cluster, "zeep", "Control Center static list, product list", "as the node says")
    request = {"NodeName": "", "ControlType": "Restart", "ServiceList": {"item": ["Cisco Tftp"]}}
    answer = client.service.soapDoControlServices(ControlServiceRequest=request)
    assert answer.ReturnCode == "0"
    assert [e["operation"] for e in cluster.journal(kind="effect")] == ["service restart Cisco Tftp"]
    did(cluster, "zeep", "Control Center restart of Cisco Tftp", "restarted once")


def test_zeep_with_the_vendor_s_axl_wsdl(cluster, did):
    session, base = https(cluster)
    version = next(v for r, v in reversed(PAIRS) if r == cluster.info["release"])
    client = zeep.Client(str(TOOLKITS[version] / "AXLAPI.wsdl"), transport=zeep.Transport(session=session))
    service = client.create_service(BINDING, f"{base}/axl/")
    told = service.getCCMVersion()["return"]["componentVersion"]["version"]
    assert told.partition("(")[0] == cluster.state()["version"].partition("-")[0]
    did(cluster, "zeep", f"AXL {version} getCCMVersion", told)


def test_requests(cluster, did):
    session, base = https(cluster)
    version = {"11.5": "11.5", "12.5": "12.5", "14": "14.0", "15": "15.0"}[cluster.info["release"]]
    body = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Header/><soapenv:Body>'
        f'<ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/{version}"><sql><![CDATA[select count(*) from '
        "processnode where tknodeusage <> 9]]></sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>"
    )
    headers = {"SOAPAction": f"CUCM:DB ver={version} executeSQLQuery", "Content-Type": "text/xml"}
    answer = session.post(f"{base}/axl/", data=body, headers=headers, timeout=10)
    assert answer.status_code == 200 and "<count>3</count>" in answer.text
    did(cluster, "requests", f"AXL {version} executeSQLQuery", "200")
    session.auth = None
    assert session.post(f"{base}/axl/", data=body, headers=headers, timeout=10).status_code == 200
    assert len(cluster.journal(kind="login")) == 1
    did(cluster, "requests", "AXL with the session cookie only", "200, one login")
    wrong = session.post(f"{base}/axl/", data=body, headers={"SOAPAction": "CUCM:DB ver=8.0"}, timeout=10)
    assert wrong.status_code == 599
    did(cluster, "requests", "AXL 8.0", "599")


# -- the platform CLI ---------------------------------------------------------------------------------------


def mixed(cluster: ClusterHandle) -> None:
    """The cluster has really become mixed, once, and its nodes have the file."""
    state = cluster.state()
    assert state["cluster_security_mode"] == "mixed"
    assert [e["operation"] for e in cluster.journal(kind="effect")].count("security_mode mixed") == 1
    assert all(node["ctl_file"]["verified"] for node in state["nodes"].values())


@pytest.fixture(params=["terminal_server", "generic"])
def connection(request: pytest.FixtureRequest, cluster: ClusterHandle) -> Iterator[Any]:
    account, node = cluster.account("cli"), cluster.publisher
    with netmiko.ConnectHandler(
        device_type=request.param,
        host=node["address"],
        port=node["ssh_port"],
        username=account["username"],
        password=account["password"],
        use_keys=False,
        allow_agent=False,
        ssh_strict=True,
        alt_host_keys=True,
        alt_key_file=str(cluster.lab.known_hosts),
        conn_timeout=20,
        # The default types faster than a device at a question listens.
        default_enter="\r",
    ) as made:
        yield made


def test_netmiko(connection, cluster, did):
    kind = connection.device_type
    connection.read_until_pattern(PROMPT, read_timeout=20)
    assert "Automatic pagination is turned off" in connection.send_command(
        "set cli pagination off", expect_string=PROMPT
    )
    version = connection.send_command("show version active", expect_string=PROMPT, read_timeout=20)
    assert f"Active Master Version: {cluster.state()['version']}" in version
    did(cluster, "netmiko", f"{kind}: login, show version active", "read")
    question = connection.send_command(MIXED, expect_string=r"\(y/n\):", read_timeout=20, strip_prompt=False)
    assert "Do you want to continue?" in question
    connection.write_channel("y")
    time.sleep(0.1)
    done = connection.send_command("", expect_string=PROMPT, read_timeout=20)
    assert "Cluster set to Mixed Mode" in done
    assert "1" in connection.send_command(MODE, expect_string=PROMPT).split()
    mixed(cluster)
    did(cluster, "netmiko", f"{kind}: set-cluster mixed-mode, y", "mixed")


def test_paramiko_expect(cluster, did):
    account, node = cluster.account("cli"), cluster.publisher
    client = paramiko.SSHClient()
    client.load_host_keys(str(cluster.lab.known_hosts))
    client.connect(
        node["address"],
        node["ssh_port"],
        account["username"],
        account["password"],
        look_for_keys=False,
        allow_agent=False,
    )
    with client, paramiko_expect.SSHClientInteraction(client, timeout=20, tty_width=400) as session:
        session.expect("admin:")
        time.sleep(0.2)
        session.send("show version active")
        assert session.expect("admin:") == 0
        # The first prompt of a session comes twice, which this client takes for the answer to its first command.
        while "Active Master Version" not in session.current_output:
            assert session.expect("admin:") == 0
        assert cluster.state()["version"] in session.current_output
        did(cluster, "paramiko-expect", "login, show version active", "read")
        session.send(MIXED)
        assert session.expect([r".*\(y/n\):", "admin:"]) == 0
        session.send("y", newline="")
        time.sleep(0.1)
        session.send("")
        assert session.expect("admin:") == 0
        assert "Cluster set to Mixed Mode" in session.current_output
    mixed(cluster)
    did(cluster, "paramiko-expect", "set-cluster mixed-mode, y", "mixed")
