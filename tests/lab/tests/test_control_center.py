# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control Center, by plain HTTP and by a WSDL client."""

from __future__ import annotations

import zeep
from zeep.transports import Transport

from .conftest import CONTROL_CENTER_PATH
from .test_axl import texts

CAPF = "Cisco Certificate Authority Proxy Function"


def status(client, service: str) -> dict[str, str]:
    answer = client.control("soapGetServiceStatus", f"<s:ServiceStatus>{service}</s:ServiceStatus>")
    assert answer.status_code == 200
    names = ("ServiceStatus", "StartTime", "UpTime")
    return {name: texts(answer, name)[0] for name in names} | {"ReasonCode": texts(answer, "ReasonCode")[1]}


def test_wsdl_client(https):
    client = https()
    soap = zeep.Client(
        f"{client.base}{CONTROL_CENTER_PATH}?wsdl", transport=Transport(session=client.session)
    )
    answer = soap.service.soapGetServiceStatus(ServiceStatus=[""])
    names = [item.ServiceName for item in answer.ServiceInfoList["item"]]
    assert "Cisco CallManager" in names and "Cisco CTL Provider" in names
    static = soap.service.soapGetStaticServiceList("")
    deployable = {item.ServiceName: item.Deployable for item in static["item"]}
    assert deployable["Cisco Tftp"] is True and deployable["Cisco Tomcat"] is False
    product = soap.service.getProductInformationList("")
    assert product.PrimaryNode == "cucm-pub"
    request = {"NodeName": "cucm-pub", "DeployType": "Deploy", "ServiceList": {"item": [CAPF]}}
    assert soap.service.soapDoServiceDeployment(request).ReturnCode == "0"


def extended(client):
    """The extended service, as a WSDL client reads it."""
    transport = Transport(session=client.session)
    return zeep.Client(f"{client.base}{CONTROL_CENTER_PATH}Ex?wsdl", transport=transport).service


def test_the_extended_service_lists_and_controls(https, cucm_cluster):
    client = https()
    service = extended(client)
    told = service.getStaticServiceListExtended("")
    listed = {item.ServiceName: item for item in told["Services"]["item"]}
    assert told["PrimaryNode"] is True and listed["Cisco Tftp"].ServiceEnum == "1"
    assert listed["Cisco Tftp"].ProductID == "CallManager" and listed["Cisco CDR Agent"].Deployable is False
    request = {
        "ProductId": "CallManager",
        "DependencyType": "None",
        "ControlType": "Stop",
        "ServiceList": {"item": ["Cisco CTIManager", "Cisco CallManager"]},
    }
    assert service.soapDoControlServicesEx(request).ReturnCode == "0"
    cucm_cluster.wait(lambda: status(client, "Cisco CallManager")["ServiceStatus"] == "Stopped", 30)
    cti = {**request, "ControlType": "Start", "ServiceList": {"item": ["Cisco CTIManager"]}}
    refused = service.soapDoControlServicesEx(cti)
    assert (refused.ReturnCode, refused.ReasonCode) == ("1", -1037)
    service.soapDoControlServicesEx({**cti, "DependencyType": "Enforce"})
    cucm_cluster.wait(lambda: status(client, "Cisco CallManager")["ServiceStatus"] == "Started", 30)
    names = [entry["operation"] for entry in cucm_cluster.journal(kind="http", changing=True)]
    assert names == ["control-center soapDoControlServicesEx"] * 3


def test_what_the_extended_service_has_and_the_lab_has_not_is_said(https):
    client = https()
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:s="http://schemas.cisco.com/ast/soap">'
        "<e:Body><s:getFileDirectoryList><s:DirectoryPath>/var</s:DirectoryPath></s:getFileDirectoryList></e:Body>"
        "</e:Envelope>"
    )
    answer = client.session.post(f"{client.base}{CONTROL_CENTER_PATH}Ex", data=body, timeout=20)
    assert answer.status_code == 500 and "does not simulate this: getFileDirectoryList" in answer.text


def test_services_the_axl_schema_does_not_know_are_not_in_axl(https):
    client = https()
    inner = (
        "<searchCriteria><processNodeName>cucm-pub</processNodeName></searchCriteria>"
        "<returnedTags><service/></returnedTags>"
    )
    known = texts(client.axl("listProcessNodeService", inner), "service")
    assert {"Cisco CDR Agent", "Cisco Database Layer Monitor", "Cisco Tomcat"} <= set(known)
    strange = {
        "A Cisco DB",
        "A Cisco DB Replicator",
        "Cisco CDP",
        "Cisco Trace Collection Servlet",
        "Cisco HAProxy",
    }
    assert not strange & set(known)
    shown = texts(client.control("soapGetServiceStatus", "<s:ServiceStatus/>"), "ServiceName")
    assert strange | {"SOAP -Real-Time Service APIs", "Cisco Syslog Agent"} <= set(shown)


def test_deployment_activates_and_starts_on_the_addressed_node_only(https, cucm_cluster):
    client = https("cucm-sub1")
    answer = client.deploy("Deploy", CAPF)
    assert texts(answer, "ReturnCode") == ["0"]
    cucm_cluster.wait(lambda: status(client, CAPF)["ServiceStatus"] == "Started")
    nodes = cucm_cluster.state()["nodes"]
    assert [nodes[n]["services"][CAPF]["activated"] for n in nodes] == [False, True, False]
    assert texts(client.deploy("Deploy", CAPF), "ReasonCode")[0] == "-1057"
    assert [e["operation"] for e in cucm_cluster.journal(kind="effect")] == [f"service activate {CAPF}"]
    assert texts(client.deploy("UnDeploy", CAPF), "ReturnCode") == ["0"]
    assert status(client, CAPF)["ReasonCode"] == "-1068"


def test_restart_walks_through_the_states(https, cucm_cluster):
    cucm_cluster.set(timings={"service_scale": 10})
    client = https()
    before = status(client, "Cisco Tftp")
    # Held, since a busy machine would look too late for a state that lasts some milliseconds.
    hold = cucm_cluster.fault("hold", match={"operation": "service restart *"}, when="after")
    assert texts(client.do_control("Restart", "Cisco Tftp"), "ReturnCode") == ["0"]
    cucm_cluster.wait_hit(hold)
    seen = [status(client, "Cisco Tftp")["ServiceStatus"]]
    cucm_cluster.release(hold)

    def started() -> bool:
        now = status(client, "Cisco Tftp")["ServiceStatus"]
        if now != seen[-1]:
            seen.append(now)
        return now == "Started"

    cucm_cluster.wait(started)
    after = status(client, "Cisco Tftp")
    states = ["Stopping", "Stopped", "Starting", "Started"]
    assert seen[0] == states[0] and seen[-1] == states[-1]
    assert seen == [state for state in states if state in seen]
    assert int(after["UpTime"]) < int(before["UpTime"]) and after["StartTime"] != before["StartTime"]
    assert [e["operation"] for e in cucm_cluster.journal(kind="effect")] == ["service restart Cisco Tftp"]


def test_reason_codes(https, cucm_cluster):
    client = https("cucm-sub2")

    def code(kind: str, service: str) -> str:
        return texts(client.do_control(kind, service), "ReasonCode")[0]

    assert code("Start", "No such service") == "-1010"
    assert code("Start", "Cisco Tftp") == "-1068"
    assert code("Start", "Cisco CallManager") == "-1039"
    assert code("Restart", "Cisco Tomcat") == "-1011"
    assert texts(client.deploy("Deploy", "Cisco Tomcat"), "ReasonCode")[0] == "-1045"
    assert code("Stop", "Cisco CallManager") == "-1"
    assert code("Stop", "Cisco CallManager") == "-1029"
    cucm_cluster.wait(lambda: status(client, "Cisco CallManager")["ServiceStatus"] == "Stopped")
    assert status(client, "Cisco CallManager")["ReasonCode"] == "-1069"
    assert code("Stop", "Cisco CallManager") == "-1040"
    assert code("Restart", "Cisco CTIManager") == "-1037"


def test_read_only_account_may_only_read(https, cucm_cluster):
    client = https(privilege=0)
    assert status(client, "Cisco Tftp")["ServiceStatus"] == "Started"
    assert client.do_control("Restart", "Cisco Tftp").status_code == 403
    assert cucm_cluster.journal(kind="effect") == []


def test_faults_of_services(https, cucm_cluster):
    client = https()
    with cucm_cluster.faulty(
        "control_center_reason", node="cucm-pub", service="Cisco Tftp", reason_code=-1031
    ):
        assert texts(client.do_control("Restart", "Cisco Tftp"), "ReasonCode")[0] == "-1031"
    assert cucm_cluster.journal(kind="effect") == []
    with cucm_cluster.faulty("restart_ignored", node="cucm-pub", service="Cisco Tftp", times=1):
        assert texts(client.do_control("Restart", "Cisco Tftp"), "ReturnCode") == ["0"]
        assert status(client, "Cisco Tftp")["ServiceStatus"] == "Started"
    assert cucm_cluster.journal(kind="effect") == []
    # Slow enough for each of its states to be seen.
    cucm_cluster.set(timings={"service_scale": 10})
    cucm_cluster.fault("service_flaps", node="cucm-pub", service="Cisco Tftp", times=1)
    client.do_control("Restart", "Cisco Tftp")
    starts = []

    def two_starts() -> bool:
        started = cucm_cluster.state()["nodes"]["cucm-pub"]["services"]["Cisco Tftp"]
        if started["status"] == "Started" and started["started_at"] not in starts:
            starts.append(started["started_at"])
        return len(starts) == 2

    cucm_cluster.wait(two_starts)
    cucm_cluster.fault("service_never_starts", node="cucm-pub", service="Cisco Tftp")
    client.do_control("Restart", "Cisco Tftp")
    cucm_cluster.wait(lambda: status(client, "Cisco Tftp")["ServiceStatus"] == "Starting")
    assert cucm_cluster.faults()[-1]["fault"] == "service_never_starts"
    state = cucm_cluster.wait(lambda: cucm_cluster.faults()[-1]["hit"])
    assert state and status(client, "Cisco Tftp")["ServiceStatus"] == "Starting"


def test_tomcat_restart_takes_https_away(https, cucm_cluster):
    cucm_cluster.set(services={"cucm-sub1": {"Cisco Tomcat": {"status": "Stopped"}}})
    client = https("cucm-sub1")

    def refused() -> bool:
        try:
            status(client, "Cisco Tftp")
        except OSError:
            return True
        return False

    cucm_cluster.wait(refused)
    cucm_cluster.set(services={"cucm-sub1": {"Cisco Tomcat": {"status": "Started"}}})
    cucm_cluster.wait(lambda: not refused())
