# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every answer and every fault of the lab's AXL, against the vendor's WSDL (zeep, strict) and XSD (lxml)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import zeep.exceptions
from lxml import etree

from cucm_lab import hostile
from cucm_lab.web import axl_schema

from .conftest import PAIRS, TOOLKITS, Axl

FIRST_CRITERION = {each.name: each.criteria[0] for each in axl_schema.OBJECTS if each.criteria}
KEYS: dict[str, dict[str, str]] = {
    "ProcessNode": {"name": "{publisher}"},
    "ProcessNodeService": {"processNodeName": "{publisher}", "service": "Cisco Tftp"},
    "CallManager": {"name": "CM_{publisher}"},
    "ServiceParameter": {
        "processNodeName": "EnterpriseWideData",
        "name": "ClusterSecurityMode",
        "service": "Enterprise Wide",
    },
    "PhoneSecurityProfile": {"name": "Cisco 8841 - Standard SIP Non-Secure Profile"},
    "SipTrunkSecurityProfile": {"name": "Non Secure SIP Trunk Profile"},
    "Phone": {"name": "SEP000000000000"},
    "CallManagerGroup": {"name": "Default"},
    "DevicePool": {"name": "Default"},
    "RegistrationDynamic": {"device": "SEP000000000000"},
    "CredentialPolicy": {"name": "Default Credential Policy"},
}
"""How to get one of each object; what is not here has no row in a lab."""
EMPTY = ("ExpresswayCConfiguration", "MraServiceDomain", "ApplicationUserCapfProfile", "EndUserCapfProfile")
LISTED = sorted(FIRST_CRITERION)
STATEMENTS = (
    "select * from processnode",
    "select pkid, paramvalue from processconfig where paramname = 'ClusterSecurityMode'",
    "select count(*), 'a<b&c' as x from device",
    "select name from processnode where 1 = 0",
    "select 'parameter' as part, paramname as a, '' as b from processconfig union all "
    "select 'phones', name, cast(count(*) as varchar(12)) from typeclass group by name order by 1, 2",
)


def check(axl: Axl, tally: Callable[..., None], operation: str) -> None:
    """The last request and the last answer are what the XSD describes."""
    assert axl.schema.complaints(axl.request) == []
    assert axl.schema.complaints(axl.answer) == []
    assert axl.answer.tag == f"{{{axl.schema.namespace}}}{operation}Response"
    tally("request", operation)
    tally("answer", operation)


def available(axl: Axl, operation: str) -> bool:
    return operation in axl_schema.operations(axl.schema.version)


def uuid_of(found: Any) -> str:
    assert found.uuid.startswith("{") and len(found.uuid) == 38
    return found.uuid


@pytest.mark.parametrize("name", sorted(KEYS))
def test_get_by_name_and_by_uuid(axl, tally, name):
    operation = f"get{name}"
    keys = {key: value.format(publisher=axl.cluster.publisher["name"]) for key, value in KEYS[name].items()}
    element = next(each.element for each in axl_schema.OBJECTS if each.name == name)
    found = axl.call(operation, **keys)["return"][element]
    check(axl, tally, operation)
    again = axl.call(operation, uuid=uuid_of(found))["return"][element]
    check(axl, tally, operation)
    assert again == found
    only = "name" if "name" in axl_schema.TAGS[operation] else axl_schema.TAGS[operation][0]
    part = axl.call(operation, uuid=found.uuid, returnedTags={only: ""})["return"][element]
    check(axl, tally, operation)
    assert part[only] == found[only] and [e.tag for e in axl.answer.iterfind(f"return/{element}/*")] == [only]


@pytest.mark.parametrize("text", [*hostile.STRINGS.values()], ids=[*hostile.STRINGS])
def test_hostile_texts(axl, tally, text):
    """What is typed into free fields is served as the schema allows: no longer than its fields, and well-formed."""
    made = {"security_profile": "Provider"}
    axl.cluster.set(sip_trunk_security_profiles={"Provider": {}}, sip_trunks={"ITSP": made})
    axl.cluster.set(phone_security_profiles={"Mine": {}})
    if available(axl, "listExpresswayCConfiguration"):
        axl.cluster.set(expressway_c={"exp1.example.com": {}})
    axl.cluster.set(free_texts=[text])
    for name in LISTED:
        if available(axl, f"list{name}"):
            criteria = {FIRST_CRITERION[name]: "%"}
            axl.call(f"list{name}", searchCriteria=criteria, returnedTags={})
            check(axl, tally, f"list{name}")
    axl.call("executeSQLQuery", sql="select name, description from device")
    check(axl, tally, "executeSQLQuery")
    found = [each.text or "" for each in axl.answer.iter("description")]
    assert text[:128] in found
    if available(axl, "getSmartLicenseStatus"):
        axl.call("getSmartLicenseStatus")
        check(axl, tally, "getSmartLicenseStatus")


@pytest.mark.parametrize("name", LISTED)
def test_list(axl, tally, name):
    operation = f"list{name}"
    if not available(axl, operation):
        with pytest.raises(AttributeError):
            axl.call(operation)
        return
    element = next(each.element for each in axl_schema.OBJECTS if each.name == name)
    criterion = FIRST_CRITERION[name]
    answer = axl.call(operation, searchCriteria={criterion: "%"}, returnedTags={})["return"]
    check(axl, tally, operation)
    found = answer[element] if answer is not None else []
    assert bool(found) is (name not in EMPTY)
    # The first one is a text everywhere; an empty element is no number and no boolean by the schema.
    some = {axl_schema.TAGS[operation][0]: ""}
    page = axl.call(operation, searchCriteria={criterion: "%"}, returnedTags=some, skip=0, first=1)["return"]
    check(axl, tally, operation)
    assert len(page[element] if page is not None else []) == min(1, len(found))
    nothing = axl.call(operation, searchCriteria={criterion: "no such thing"}, returnedTags=some)["return"]
    check(axl, tally, operation)
    assert nothing is None or not nothing[element]


@pytest.mark.parametrize(
    ("certificate", "status", "operation"),
    [
        ("installed", "Upgrade Success", "No Pending Operation"),
        ("failed", "Upgrade Failed: Invalid Authentication String", "No Pending Operation"),
        ("pending", "Operation Pending", "Install/Upgrade"),
        ("none", "None", "No Pending Operation"),
    ],
)
def test_a_phone_s_certificate(axl, tally, certificate, status, operation):
    axl.cluster.set(phones={"SEP*": {"certificate": certificate}})
    tags = {"certificateStatus": "", "certificateOperation": ""}
    listed = axl.call("listPhone", searchCriteria={"name": "%"}, returnedTags=tags)["return"]["phone"]
    check(axl, tally, "listPhone")
    assert {(each.certificateStatus, each.certificateOperation) for each in listed} == {(status, operation)}
    one = axl.call("getPhone", name="SEP000000000000", returnedTags=tags)["return"]["phone"]
    check(axl, tally, "getPhone")
    assert (one.certificateStatus, one.certificateOperation) == (status, operation)


def test_a_trunk_s_profile(axl, tally):
    made = {
        "securityMode": "Encrypted",
        "incomingTransport": "TLS",
        "outgoingTransport": "TLS",
        "digestAuthentication": True,
        "x509SubjectName": "itsp.example.com",
        "incomingPort": 5061,
    }
    axl.cluster.set(sip_trunk_security_profiles={"Secure": made})
    found = axl.call("getSipTrunkSecurityProfile", name="Secure")["return"]["sipTrunkSecurityProfile"]
    check(axl, tally, "getSipTrunkSecurityProfile")
    # The library reads a boolean of AXL as a text.
    assert {name: str(found[name]) for name in made} == {
        name: str(value).lower() if value is True else str(value) for name, value in made.items()
    }


def test_certificates_by_key(axl, tally):
    listed = axl.call("listTvsCertificate", searchCriteria={"subjectName": "%"}, returnedTags={})["return"]
    for one in listed["tvsCertificate"]:
        found = axl.call("getTvsCertificate", issuerName=one.issuerName, serialNumber=one.serialNumber)
        check(axl, tally, "getTvsCertificate")
        assert found["return"]["tvsCertificate"]["roles"]["role"]


@pytest.mark.parametrize("operation", ["getCCMVersion", "getSmartLicenseStatus", "getTransportSettings"])
def test_what_has_no_key(axl, tally, operation):
    if not available(axl, operation):
        with pytest.raises(AttributeError):
            axl.call(operation)
        return
    axl.call(operation)
    check(axl, tally, operation)


@pytest.mark.parametrize(
    "state", [("REGISTERED", "Allowed", "AUTHORIZED"), ("UNREGISTERED", "Not Allowed", "EVAL MODE")]
)
def test_licence(axl, tally, state):
    if not available(axl, "getSmartLicenseStatus"):
        with pytest.raises(AttributeError):
            axl.call("getSmartLicenseStatus")
        return
    registration, export, authorization = state
    axl.cluster.set(
        licence={"registration": registration, "export_control": export, "authorization": authorization}
    )
    details = axl.call("getSmartLicenseStatus")["LicenseDetails"]
    check(axl, tally, "getSmartLicenseStatus")
    assert details["Registration"]["ExportControlFunctionality"] == export.upper()


@pytest.mark.parametrize("operation", ["executeSQLQuery", "executeSQLQueryInactive"])
@pytest.mark.parametrize("null", ["empty", "nil"])
def test_sql(axl, tally, operation, null):
    if not available(axl, operation):
        with pytest.raises(AttributeError):
            axl.call(operation, sql="")
        return
    axl.cluster.set(axl={"null": null})
    for statement in STATEMENTS:
        answer = axl.call(operation, sql=statement)["return"]
        check(axl, tally, operation)
        assert (answer is None) is ("1 = 0" in statement)
        if "a<b&c" in statement:
            assert [(column.tag, column.text) for column in answer["row"][0]] == [
                ("count", "2"),
                ("x", "a<b&c"),
            ]


def test_no_rows_without_a_return_is_against_the_schema_and_yet_happens(axl):
    axl.cluster.set(axl={"zero_rows": "missing"})
    axl.raw("executeSQLQuery", "<sql>select name from processnode where 1=0</sql>")
    assert any("Missing child element" in each for each in axl.schema.complaints(axl.answer))


FAULTS = [
    ("getCallManager", {"name": "CM_nothing"}, 5007),
    ("getPhone", {"uuid": "{00000000-0000-0000-0000-000000000000}"}, 5007),
    ("getProcessNodeService", {"processNodeName": "nothing", "service": "Cisco Tftp"}, 5007),
    ("getSecureConfig", {"name": "nothing"}, 5007),
    ("executeSQLQuery", {"sql": "select * from nowhere"}, -206),
    ("executeSQLQuery", {"sql": "selct"}, -201),
    ("listProcessNode", {"searchCriteria": {}, "returnedTags": {}}, -1),
    ("executeSQLUpdate", {"sql": "delete from device"}, -1),
    ("updateCallManager", {"name": "CM_x", "description": "y"}, 5007),
    ("removePhone", {"name": "SEP000000000000"}, -1),
    ("doServiceParametersReset", {"processNodeName": "x", "service": "Cisco Tftp"}, -1),
]


def axl_error(axl: Axl, fault: zeep.exceptions.Fault) -> Any:
    """AXLError of a fault, as zeep parses it with the schema's type."""
    (detail,) = fault.detail
    assert etree.QName(detail).localname == "axlError"
    kind = axl.schema.client.get_type(f"{{{axl.schema.namespace}}}AXLError")
    return kind.parse_xmlelement(detail, axl.schema.client.wsdl.types)


@pytest.mark.parametrize(("operation", "arguments", "code"), FAULTS, ids=lambda value: str(value)[:40])
def test_faults(axl, tally, operation, arguments, code):
    with pytest.raises(zeep.exceptions.Fault) as caught:
        axl.call(operation, **arguments)
    error = axl_error(axl, caught.value)
    assert (error.axlcode, error.request) == (code, operation)
    assert error.axlmessage == caught.value.message
    tally("fault", operation)


def test_injected_faults(axl, tally):
    axl.cluster.set(axl={"max_answer_bytes": 500})
    with pytest.raises(zeep.exceptions.Fault, match="Query request too large"):
        axl.call("executeSQLQuery", sql="select * from processconfig")
    tally("fault", "executeSQLQuery")
    with (
        axl.cluster.faulty("axl_fault", code=5003, message="not your rank"),
        pytest.raises(zeep.exceptions.Fault) as caught,
    ):
        axl.call("getCCMVersion")
    assert axl_error(axl, caught.value).axlcode == 5003
    tally("fault", "getCCMVersion")


@pytest.mark.parametrize(
    ("operation", "inner"),
    [
        ("getCallManager", "<nam>x</nam>"),
        ("listProcessNode", "<returnedTags/><searchCriteria><name>%</name></searchCriteria>"),
        (
            "listProcessNode",
            "<searchCriteria><name>%</name></searchCriteria><returnedTags><mac/><name/></returnedTags>",
        ),
        ("getServiceParameter", "<processNodeName>a</processNodeName><service>b</service><name>c</name>"),
        ("executeSQLQuery", ""),
    ],
)
def test_what_the_schema_refuses_the_lab_refuses(axl, operation, inner):
    request = etree.fromstring(f'<n:{operation} xmlns:n="{axl.schema.namespace}">{inner}</n:{operation}>')
    assert axl.schema.complaints(request) != []
    assert axl.raw(operation, inner).status_code == 500


def test_every_operation_that_reads_was_asked():
    asked = {f"get{name}" for name in KEYS} | {f"list{name}" for name in LISTED}
    asked |= {"getTvsCertificate", "getSecureConfig", "getCCMVersion", "getSmartLicenseStatus"}
    asked |= {"getTransportSettings", "executeSQLQuery", "executeSQLQueryInactive", "executeSQLUpdate"}
    assert set(axl_schema.REQUESTS) - asked == {f"get{name}" for name in EMPTY}
    assert {pair[0] for pair in PAIRS} >= ({"12.5", "14", "15"} if "12.5" in TOOLKITS else set())
    assert {pair[0] for pair in PAIRS} >= ({"11.5"} if "11.5" in TOOLKITS else set())
