# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RisPort70, by plain HTTP and by a WSDL client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
import requests
import zeep
from zeep.transports import Transport

from cucm_lab.domain.query_rates import QueryRates

from .planted import BEGAN, row
from .test_axl import texts

PATH = "/realtimeservice2/services/RISService70"
NAMESPACE = "{http://schemas.cisco.com/ast/soap}"
XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
FIELDS = [
    "Name",
    "DirNumber",
    "DeviceClass",
    "Model",
    "Product",
    "BoxProduct",
    "Httpd",
    "RegistrationAttempts",
    "IsCtiControllable",
    "LoginUserId",
    "Status",
    "StatusReason",
    "PerfMonObject",
    "DChannel",
    "Description",
    "H323Trunk",
    "TimeStamp",
    "Protocol",
    "NumOfLines",
    "LinesStatus",
    "ActiveLoadID",
    "InactiveLoadID",
    "DownloadStatus",
    "DownloadFailureReason",
    "DownloadServer",
    "IPAddress",
]
CRITERIA = {
    "MaxReturnedDevices": "1000",
    "DeviceClass": "Any",
    "Model": "255",
    "Status": "Any",
    "NodeName": "",
    "SelectBy": "Name",
    "SelectItems": "*",
    "Protocol": "Any",
    "DownloadStatus": "Any",
}


def request(state: str = "", **criteria: Any) -> str:
    """The inside of a request; ``SelectItems`` is an item or a list of them."""
    wanted = {**CRITERIA, **criteria}
    items = wanted["SelectItems"]
    wanted["SelectItems"] = "".join(
        f"<s:item><s:Item>{item}</s:Item></s:item>" for item in ([items] if isinstance(items, str) else items)
    )
    inner = "".join(f"<s:{name}>{value}</s:{name}>" for name, value in wanted.items())
    return f"<s:StateInfo>{state}</s:StateInfo><s:CmSelectionCriteria>{inner}</s:CmSelectionCriteria>"


def nodes(answer: requests.Response) -> dict[str, tuple[str, bool, list[str]]]:
    """Of each node the return code, NoChange, and the names of its devices; local names, as a careful client reads them."""
    assert answer.status_code == 200, answer.text
    root = ElementTree.fromstring(answer.content)
    for each in root.iter():
        each.tag = each.tag.rpartition("}")[2]
    return {
        node.findtext("Name", ""): (
            node.findtext("ReturnCode", ""),
            node.findtext("NoChange") == "true",
            [name.text or "" for name in node.findall("CmDevices/item/Name")],
        )
        for node in root.findall(".//CmNodes/item")
    }


@pytest.fixture
def select(https) -> Callable[..., requests.Response]:
    """Send a query: ``select(SelectItems=["SEP1"], operation="selectCmDeviceExt", node=None)``."""

    def send(operation: str = "selectCmDevice", node: str | None = None, **asked: Any) -> requests.Response:
        client = https(node, privilege=asked.pop("privilege", 4))
        try:
            return client.soap(PATH, operation, request(**asked))
        finally:
            client.session.close()

    return send


def test_a_strict_wsdl_client_reads_every_field(https, cucm_cluster, phones):
    phones.devices = [
        row("cucm-sub1", "SEP000000000001", description="Hall <1>", login_user="jdoe", active_load="sip88xx"),
        row("cucm-sub1", "SEP000000000002", lines=(), address="", status="UnRegistered", reason=9),
        row("cucm-sub1", "Trunk", device_class="SIPTrunk", protocol="SIP", model=131, lines=()),
    ]
    client = https()
    soap = zeep.Client(f"{client.base}{PATH}?wsdl", transport=Transport(session=client.session))
    criteria = {
        **CRITERIA,
        "MaxReturnedDevices": 1000,
        "Model": 255,
        "SelectItems": {"item": [{"Item": "*"}]},
    }
    told = soap.service.selectCmDevice("", criteria)
    assert told.SelectCmDeviceResult.TotalDevicesFound == 3
    by_node = {node.Name: node for node in told.SelectCmDeviceResult.CmNodes.item}
    assert list(by_node) == ["cucm-pub", "cucm-sub1", "cucm-sub2"]
    assert [node.ReturnCode for node in by_node.values()] == ["NotFound", "Ok", "NotFound"]
    first, second, trunk = by_node["cucm-sub1"].CmDevices.item
    assert (first.Name, first.DirNumber, first.Model, first.Status, first.StatusReason) == (
        "SEP000000000001",
        "1001-Registered",
        683,
        "Registered",
        0,
    )
    assert first.LinesStatus.item[0].DirectoryNumber == "1001" and first.Description == "Hall <1>"
    assert first.IPAddress.item[0].IP == "10.1.1.5" and first.TimeStamp == int(BEGAN) + 100
    assert (first.LoginUserId, second.LoginUserId) == ("jdoe", None)
    assert (second.Status, second.StatusReason, second.LinesStatus.item) == ("UnRegistered", 9, [])
    assert (trunk.DeviceClass, trunk.PerfMonObject, trunk.H323Trunk.Zone) == ("SIPTrunk", 22, None)
    ext = soap.service.selectCmDeviceExt("", {**criteria, "SelectItems": {"item": [{"Item": "Trunk"}]}})
    assert ext.SelectCmDeviceResult.TotalDevicesFound == 1
    assert [e["operation"] for e in cucm_cluster.journal(kind="http")] == [
        "risport wsdl",
        "risport selectCmDevice",
        "risport selectCmDeviceExt",
    ]
    assert not any(entry["changing"] for entry in cucm_cluster.journal(kind="http"))


def test_fields_stand_in_the_order_of_the_schema_with_its_prefix(select, phones):
    phones.devices = [row("cucm-pub", "SEP000000000001")]
    answer = select()
    (found,) = ElementTree.fromstring(answer.content).findall(f".//{NAMESPACE}CmDevices/{NAMESPACE}item")
    assert [each.tag for each in found] == [NAMESPACE + name for name in FIELDS]
    assert "<ns1:selectCmDeviceResponse xmlns:ns1=" in answer.text and "<ns1:Name>" in answer.text


def test_children_may_be_bare_and_the_answer_of_ext_called_otherwise(select, cucm_cluster, phones):
    phones.devices = [row("cucm-pub", "SEP000000000001")]
    cucm_cluster.set(serviceability={"children": "bare", "ext_response": "selectCmDeviceExtResponse"})
    answer = select("selectCmDeviceExt", SelectItems="SEP000000000001")
    assert "<ns1:selectCmDeviceExtResponse " in answer.text and "<ns1:selectCmDeviceReturn>" in answer.text
    assert "<ns1:Name>" not in answer.text
    assert nodes(answer)["cucm-pub"] == ("Ok", False, ["SEP000000000001"])


def test_nothing_found_is_an_answer_without_nodes_and_without_state(select, phones):
    answer = select()
    root = ElementTree.fromstring(answer.content)
    (listed,) = root.iter(f"{NAMESPACE}CmNodes")
    assert listed.get(XSI_NIL) == "1" and len(listed) == 0
    assert texts(answer, "TotalDevicesFound") == ["0"] and texts(answer, "StateInfo") == [""]


def test_a_device_of_two_nodes_is_there_twice_and_once_consolidated(select, phones):
    name = "SEP000000000001"
    phones.devices = [
        row("cucm-pub", name, status="UnRegistered", reason=28, timestamp=BEGAN + 5),
        row("cucm-sub1", name, timestamp=BEGAN + 9),
    ]
    plain = select()
    assert {node: found[2] for node, found in nodes(plain).items()} == {
        "cucm-pub": [name],
        "cucm-sub1": [name],
        "cucm-sub2": [],
    }
    assert texts(plain, "TotalDevicesFound") == ["2"] and texts(plain, "StatusReason") == ["28", "0"]
    ext = select("selectCmDeviceExt", SelectItems=name)
    assert [found[2] for found in nodes(ext).values()] == [[], [name], []]
    assert texts(ext, "TotalDevicesFound") == ["1"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"SelectItems": "SEP*"}, ["SEP1", "SEP2"]),
        ({"SelectItems": "*2"}, ["SEP2"]),
        ({"SelectItems": ["SEP2", "GW1"]}, ["GW1", "SEP2"]),
        ({"SelectItems": "SEP1,SEP2"}, []),
        ({"SelectItems": "sep1"}, []),
        ({"SelectItems": ""}, []),
        ({"DeviceClass": "Gateway"}, ["GW1"]),
        ({"DeviceClass": "SIP Trunk"}, []),
        ({"Status": "Rejected"}, ["SEP2"]),
        ({"Model": "684"}, ["SEP2"]),
        ({"Protocol": "SCCP"}, ["SEP2"]),
        ({"Protocol": "Unknown"}, ["GW1"]),
        ({"DownloadStatus": "Failed"}, []),
        ({"SelectBy": "DirNumber", "SelectItems": "2*"}, ["SEP2"]),
        ({"SelectBy": "IPV4Address", "SelectItems": "10.1.1.5"}, ["GW1", "SEP1"]),
        ({"SelectBy": "IPV6Address", "SelectItems": "*"}, ["SEP2"]),
        ({"SelectBy": "Description", "SelectItems": "Hall*"}, ["SEP1"]),
        ({"NodeName": "cucm-sub1"}, []),
    ],
)
def test_criteria(select, phones, asked, found):
    phones.devices = [
        row("cucm-pub", "SEP1", description="Hall 1"),
        row(
            "cucm-pub",
            "SEP2",
            model=684,
            protocol="SCCP",
            status="Rejected",
            reason=28,
            lines=(("2001", "Rejected"),),
            address="fd00::5",
        ),
        row("cucm-pub", "GW1", device_class="Gateway", protocol="", lines=()),
    ]
    answer = select(**asked)
    assert [name for node in nodes(answer).values() for name in node[2]] == found


def test_ext_takes_names_alone_and_ris_is_asked_for_them_alone(select, cucm_cluster, phones):
    phones.devices = [row("cucm-pub", f"SEP{number}") for number in range(3)]
    assert nodes(select("selectCmDeviceExt", SelectItems="SEP*")) == {}
    assert nodes(select("selectCmDeviceExt", SelectItems=["SEP1", "SEP9"]))["cucm-pub"][2] == ["SEP1"]
    assert phones.named[-1] == ["SEP1", "SEP9"]
    cucm_cluster.set(serviceability={"ext_wildcards": True, "commas": "list"})
    assert nodes(select("selectCmDeviceExt", SelectItems="SEP*"))["cucm-pub"][2] == ["SEP0", "SEP1", "SEP2"]
    assert nodes(select("selectCmDeviceExt", SelectItems="SEP0, SEP2"))["cucm-pub"][2] == ["SEP0", "SEP2"]


@pytest.mark.parametrize(("total", "told"), [("matched", "5"), ("returned", "3")])
def test_a_page_is_cut_in_silence(select, cucm_cluster, phones, total, told):
    cucm_cluster.set(serviceability={"max_devices": 3, "total": total})
    phones.devices = [row(node, f"SEP{number}") for node in ("cucm-pub", "cucm-sub1") for number in range(3)][
        :5
    ]
    answer = select(MaxReturnedDevices="2000")
    assert [len(found[2]) for found in nodes(answer).values()] == [3, 0, 0]
    assert texts(answer, "TotalDevicesFound") == [told]
    assert [len(found[2]) for found in nodes(select(MaxReturnedDevices="1")).values()] == [1, 0, 0]
    assert [len(found[2]) for found in nodes(select(MaxReturnedDevices="")).values()] == [3, 0, 0]


def test_state_info_asks_what_has_changed_and_never_pages(select, cucm_cluster, phones):
    cucm_cluster.set(serviceability={"max_devices": 2})
    phones.devices = [row("cucm-pub", f"SEP{number}") for number in range(3)]
    (state,) = texts(select(), "StateInfo")
    token = ElementTree.fromstring(state)
    assert token.get("ClusterWide") == "1" and [node.get("Name") for node in token] == [
        "cucm-pub",
        "cucm-sub1",
        "cucm-sub2",
    ]
    assert token[0].attrib == {
        "Name": "cucm-pub",
        "SubsystemStartTime": str(int(BEGAN)),
        "StateId": "1",
        "TotalItemsFound": "3",
        "TotalItemsReturned": "2",
    }
    back = state.replace("<", "&lt;")
    again = select(state=back)
    assert nodes(again) == dict.fromkeys(("cucm-pub", "cucm-sub1", "cucm-sub2"), ("Ok", True, []))
    phones.states["cucm-pub"] = 2
    changed = nodes(select(state=back))
    assert changed["cucm-pub"] == ("Ok", False, ["SEP0", "SEP1"]) and changed["cucm-sub1"][1] is True
    assert nodes(select(state="not XML &lt;"))["cucm-pub"][2] == ["SEP0", "SEP1"]


@pytest.mark.parametrize("how", ["down", "ris stopped"])
def test_a_node_that_does_not_answer_is_said_so(select, cucm_cluster, phones, how):
    cucm_cluster.set(timings={"ris_timeout_s": 1})
    phones.devices = [row("cucm-pub", "SEP1"), row("cucm-sub1", "SEP1")]
    if how == "down":
        cucm_cluster.set(nodes={"cucm-sub1": {"up": False}})
    else:
        cucm_cluster.set(services={"cucm-sub1": {"Cisco RIS Data Collector": {"status": "Stopped"}}})
    answer = select()
    assert nodes(answer) == {
        "cucm-pub": ("Ok", False, ["SEP1"]),
        "cucm-sub1": ("NodeNotResponding", False, []),
        "cucm-sub2": ("NotFound", False, []),
    }
    assert "cucm-sub1" not in texts(answer, "StateInfo")[0]
    alone = select(NodeName="cucm-sub1", SelectItems="none")
    assert nodes(alone) == {"cucm-sub1": ("NodeNotResponding", False, [])}
    assert nodes(select(NodeName="elsewhere")) == {"elsewhere": ("InvalidNodeName", False, [])}


def test_a_node_is_named_by_its_address_too(select, cucm_cluster, phones):
    phones.devices = [row("cucm-sub1", "SEP1")]
    assert list(nodes(select(NodeName=cucm_cluster.node("cucm-sub1")["address"]))) == ["cucm-sub1"]


def test_the_rate_is_limited_for_the_cluster(https, select, cucm_cluster, phones):
    cucm_cluster.set(service_parameters={"Enterprise Wide": {"AllowedRisQueriesPerMinute": "2"}})
    # A minute of the lab must not go by while the test runs.
    assert [select(node=node).status_code for node in ("cucm-pub", "cucm-sub1")] == [200, 200]
    refused = select(node="cucm-sub2")
    assert refused.status_code == 500
    assert texts(refused, "faultcode") == ["ns1:Server.RateControl"]
    assert texts(refused, "faultstring") == [
        "AxisFault: Exceeded allowed rate for Reatime information. "
        "Current allowed rate for realtime information is 2 requests per minute."
    ]
    cucm_cluster.set(serviceability={"rate_per": "node"})
    assert select(node="cucm-sub2").status_code == 200
    cucm_cluster.reset()
    assert select().status_code == 200


def test_a_minute_slides():
    now = [0.0]
    rates = QueryRates(lambda: now[0])
    assert [rates.lets_through("ris", 2) for _each in range(3)] == [True, True, False]
    assert rates.lets_through("perfmon", 2)
    now[0] = 59.9
    assert not rates.lets_through("ris", 2, counts_refused=True)
    now[0] = 60.0
    assert rates.lets_through("ris", 2) and not rates.lets_through("ris", 2)


@pytest.mark.parametrize(
    ("inner", "told"),
    [
        (request().replace("s:Protocol>", "s:Protocoll>"), "Unexpected subelement Protocoll"),
        (request().replace("<s:DownloadStatus>Any</s:DownloadStatus>", ""), "DownloadStatus is missing"),
        (request(SelectBy="Mac"), "SelectBy 'Mac' is none of Name, IPV4Address"),
        (request(MaxReturnedDevices="many"), 'For input string: "many"'),
        ("<s:StateInfo/>", "CmSelectionCriteria is missing"),
        (request() + "<s:More/>", "Unexpected subelement More"),
    ],
)
def test_a_request_that_does_not_fit_the_wsdl_is_a_fault(https, phones, inner, told):
    answer = https().soap(PATH, "selectCmDevice", inner)
    assert answer.status_code == 500 and texts(answer, "faultstring")[0].startswith(told)
    assert https().soap(PATH, "selectEverything", "").status_code == 500


def test_who_may_ask(https, select, cucm_cluster, phones):
    assert select(privilege=0).status_code == 200
    cucm_cluster.set(accounts={"axlread": {"roles": ["Standard AXL API Users"]}})
    assert select(privilege=0).status_code == 403
    cucm_cluster.set(accounts={"axlread": {"roles": ["Standard CCM Server Monitoring"]}})
    assert select(privilege=0).status_code == 200
    client = https()
    client.session.auth = (client.session.auth[0], "wrong")
    assert client.soap(PATH, "selectCmDevice", request()).status_code == 401
    cucm_cluster.set(services={"cucm-pub": {"SOAP -Real-Time Service APIs": {"status": "Stopped"}}})
    assert select().status_code == 503 and select(node="cucm-sub1").status_code == 200


def test_faults_of_the_wire(https, select, cucm_cluster, phones):
    phones.devices = [row("cucm-pub", "SEP1")]
    where = {"match": {"operation": "risport *"}}
    with cucm_cluster.faulty("http", status=200, body="<html>", **where):
        assert select().text == "<html>"
    with cucm_cluster.faulty("http", status=503, **where):
        assert select().status_code == 503
    with cucm_cluster.faulty("http_truncate", **where), pytest.raises(requests.RequestException):
        select()
    with (
        cucm_cluster.faulty("cut", match={"kind": "http", "operation": "risport *"}),
        pytest.raises(requests.ConnectionError),
    ):
        select()
    with cucm_cluster.faulty("http_drip", seconds_per_byte=0.0001, **where):
        assert nodes(select())["cucm-pub"][2] == ["SEP1"]
    with cucm_cluster.faulty("http_drip", seconds_per_byte=100000, **where):
        answer = https().soap(PATH, "selectCmDevice", request(), stream=True, timeout=1)
        assert answer.raw.read(1) == b"<"
        with pytest.raises(requests.RequestException):
            https().soap(PATH, "selectCmDevice", request(), timeout=1)
        answer.close()


CTI = {
    "MaxReturnedItems": "10",
    "CtiMgrClass": "Device",
    "Status": "Any",
    "NodeName": "",
    "SelectAppBy": "UserId",
    "AppItems": "",
    "DevNames": "",
    "DirNumbers": "",
}


def test_cti_items(https, phones):
    port = row("cucm-sub1", "CTI1", device_class="Cti", login_user="jtapi", lines=(("5001", "Registered"),))
    phones.devices = [
        port,
        replace(port, name="CTI2", status="UnRegistered", lines=()),
        row("cucm-sub1", "SEP1"),
    ]
    client = https()
    soap = zeep.Client(f"{client.base}{PATH}?wsdl", transport=Transport(session=client.session)).service
    lists = {name: {"item": []} for name in ("AppItems", "DevNames", "DirNumbers")}
    usual = {**CTI, "MaxReturnedItems": 10, **lists}
    told = soap.selectCtiItem("", usual).SelectCtiItemResult
    assert told.TotalItemsFound == 2
    (items,) = [node.CtiItems.item for node in told.CtiNodes.item if node.CtiItems]
    assert [(item.UserId, item.CtiDevice.DeviceName, item.AppStatus) for item in items] == [
        ("jtapi", "CTI1", "Open"),
        ("jtapi", "CTI2", "Closed"),
    ]
    lines = {**usual, "CtiMgrClass": "Line", "DevNames": {"item": [{"DevName": "CTI*"}]}, "Status": "Open"}
    told = soap.selectCtiItem("", lines).SelectCtiItemResult
    (items,) = [node.CtiItems.item for node in told.CtiNodes.item if node.CtiItems]
    assert [item.CtiLine.DirNumber for item in items] == ["5001"]
    nothing = {**usual, "AppItems": {"item": [{"AppItem": "somebody"}]}}
    assert soap.selectCtiItem("", nothing).SelectCtiItemResult.CtiNodes.item == []
