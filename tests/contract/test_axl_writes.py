# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every write of the lab's AXL against the vendor's WSDL and XSD: what one refuses, the other refuses."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
import zeep.exceptions
from lxml import etree

from cucm_lab.web import axl_schema

from .conftest import TOOLKITS, Axl, Schema
from .test_axl_answers import available, axl_error, check

XSI = "http://www.w3.org/2001/XMLSchema-instance"
ENTERPRISE = {"processNodeName": "EnterpriseWideData", "service": "Enterprise Wide"}
CALL_MANAGER_PORTS = {
    "ethernetPhonePort": 2000,
    "mgcpPorts": {"listen": 2427, "keepAlive": 2428},
    "sipPorts": {
        "sipPhonePort": 5060,
        "sipPhoneSecurePort": 5061,
        "sipOAuthPort": 5190,
        "sipOAuthMRAPort": 5191,
    },
}
PROFILE = {
    "phoneType": "Cisco Dual Mode for iPhone",
    "protocol": "SIP",
    "name": "Contract",
    "description": "d",
    "deviceSecurityMode": "Encrypted",
    "authenticationMode": "By Null String",
    "keySize": "2048",
    "keyOrder": "RSA Only",
    "ecKeySize": "384",
    "tftpEncryptedConfig": "false",
    "EnableOAuthAuthentication": "true",
    "nonceValidityTime": 600,
    "transportType": "TLS",
    "sipPhonePort": 5060,
    "enableDigestAuthentication": "f",
    "excludeDigestCredentials": "0",
}
PROFILE_UPDATE = {
    name: value for name, value in PROFILE.items() if name not in ("phoneType", "protocol", "name")
}
EXPRESSWAY = {"HostNameOrIP": "exp1", "description": "d", "X509SubjectNameorSubjectAlternateName": "x"}
AUTO_REGISTRATION = {
    "startDn": "1000",
    "endDn": "1000",
    "nextDn": "1000",
    "routePartitionName": "",
    "e164Mask": "",
    "autoRegistrationEnabled": "false",
    "universalDeviceTemplate": "",
    "lineTemplate": "",
}
PHONE_UPDATE = {
    "description": "d",
    "devicePoolName": "Default",
    "commonPhoneConfigName": "Standard Common Phone Profile",
    "loadInformation": "sip88xx",
    "securityProfileName": "Cisco 8841 - Standard SIP Non-Secure Profile",
    "sipProfileName": "Standard SIP Profile",
    "certificateOperation": "Install/Upgrade",
    "authenticationMode": "By Null String",
    "keySize": "2048",
    "keyOrder": "RSA Only",
    "ecKeySize": "384",
    "authenticationString": "12345",
    "upgradeFinishTime": "2031:01:02:03:04",
}
WRITES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("updateServiceParameter", {**ENTERPRISE, "name": "ClusterID", "value": "x"}),
    (
        "updateCallManager",
        {
            "name": "CM_{publisher}",
            "newName": "CM_{publisher}",
            "description": "d",
            "autoRegistration": AUTO_REGISTRATION,
            "ports": CALL_MANAGER_PORTS,
            "lbmGroup": "",
        },
    ),
    ("addExpresswayCConfiguration", {"expresswayCConfiguration": EXPRESSWAY}),
    ("updateExpresswayCConfiguration", {**EXPRESSWAY, "newHostNameOrIP": "exp2"}),
    ("removeExpresswayCConfiguration", {"HostNameOrIP": "exp2"}),
    ("addPhoneSecurityProfile", {"phoneSecurityProfile": PROFILE}),
    ("updatePhoneSecurityProfile", {"name": "Contract", "newName": "Contracted", **PROFILE_UPDATE}),
    ("removePhoneSecurityProfile", {"name": "Contracted"}),
    ("updatePhone", {"name": "SEP000000000000", **PHONE_UPDATE}),
    ("doDeviceReset", {"deviceName": "SEP000000000000", "deviceResetType": "Restart"}),
    *((f"{verb}Phone", {"name": "SEP000000000001"}) for verb in ("apply", "restart", "reset")),
    *((f"{verb}DevicePool", {"name": "Default"}) for verb in ("apply", "restart", "reset")),
    *((f"{verb}CallManagerGroup", {"name": "Default"}) for verb in ("apply", "reset")),
    *(
        (f"{verb}PhoneSecurityProfile", {"name": "Cisco 8841 - Standard SIP Non-Secure Profile"})
        for verb in ("apply", "reset")
    ),
    ("doSmartLicenseRenewAuthorization", {}),
    ("doSmartLicenseRenewRegistration", {}),
    ("doSmartLicenseDeRegister", {}),
    ("doSmartLicenseRegister", {"token": "LAB-TOKEN-EXPORT-ALLOWED", "force": "true"}),
    ("doSmartLicenseReRegister", {"token": "LAB-TOKEN-EXPORT-ALLOWED"}),
)
"""Every write once, with everything it can carry; one after the other they leave nothing behind."""


def known(given: Any, version: str, axl: Axl | None = None) -> Any:
    """Arguments without what the schema version does not have; names filled in."""
    if isinstance(given, dict):
        return {
            name: known(value, version, axl)
            for name, value in given.items()
            if axl_schema.has_tag(name, version)
        }
    if isinstance(given, str) and axl is not None:
        return given.format(publisher=axl.cluster.publisher["name"])
    return given


def settled(axl: Axl) -> None:
    axl.cluster.wait(lambda: axl.cluster.state()["licence"]["registration"] != "REGISTERING")


def test_every_write_and_its_answer(axl, tally):
    axl.cluster.set(timings={"licence_register_s": 1})
    done = []
    for operation, arguments in WRITES:
        if not available(axl, operation):
            with pytest.raises(AttributeError):
                axl.call(operation)
            continue
        answer = axl.call(operation, **known(arguments, axl.schema.version, axl))
        check(axl, tally, operation)
        # zeep gives the content of an answer that holds nothing but return.
        done.append((operation, answer if isinstance(answer, str) else answer["return"]))
        settled(axl)
    uuids = {operation: said for operation, said in done if not operation.startswith("do")}
    assert all(each.startswith("{") for each in uuids.values())
    for added, removed in (
        ("addExpresswayCConfiguration", "removeExpresswayCConfiguration"),
        ("addPhoneSecurityProfile", "removePhoneSecurityProfile"),
    ):
        assert uuids.get(added) == uuids.get(removed)
    assert {operation for operation, _said in done} == set(axl_schema.writes(axl.schema.version))


def test_by_uuid(axl, tally):
    row = axl.call("getServiceParameter", **ENTERPRISE, name="ClusterID")["return"]["serviceParameter"]
    axl.call("updateServiceParameter", uuid=row.uuid, value="by uuid")
    check(axl, tally, "updateServiceParameter")
    row = axl.call("getServiceParameter", uuid=row.uuid)["return"]["serviceParameter"]
    assert row.value == "by uuid"
    added = axl.call(
        "addPhoneSecurityProfile",
        phoneSecurityProfile={"phoneType": "Cisco 8841", "protocol": "SIP", "name": "By uuid"},
    )["return"]
    axl.call("updatePhoneSecurityProfile", uuid=added, deviceSecurityMode="Encrypted")
    check(axl, tally, "updatePhoneSecurityProfile")
    profile = axl.call("getPhoneSecurityProfile", uuid=added)["return"]["phoneSecurityProfile"]
    assert (profile.deviceSecurityMode, profile.transportType) == ("Encrypted", "TCP+UDP")
    axl.call("removePhoneSecurityProfile", uuid=added)
    check(axl, tally, "removePhoneSecurityProfile")
    with pytest.raises(zeep.exceptions.Fault, match="was not found"):
        axl.call("getPhoneSecurityProfile", uuid=added)


# -- the same verdict over every small mutation --------------------------------------------------------------------


def element(name: str, value: Any) -> etree._Element:
    made = etree.Element(name)
    if isinstance(value, dict):
        made.extend(element(child, inner) for child, inner in value.items())
    elif value != "":
        made.text = str(value)
    return made


ORDER = {
    "updateServiceParameter": ("processNodeName", "name", "service", "value"),
    "updateExpresswayCConfiguration": (
        "HostNameOrIP",
        "newHostNameOrIP",
        "description",
        "X509SubjectNameorSubjectAlternateName",
    ),
}
"""Where the arguments above are in another order than the schema's."""


def whole(operation: str, schema: Schema) -> etree._Element:
    """A request with everything in it."""
    arguments = known(dict(WRITES)[operation], schema.version)
    request = etree.Element(f"{{{schema.namespace}}}{operation}")
    request.extend(element(name, arguments[name]) for name in ORDER.get(operation, arguments))
    return request


def _moved(each: etree._Element) -> None:
    after = each.getnext()
    if after is not None:
        after.addnext(each)


def _nil(each: etree._Element) -> None:
    each.clear()
    each.set(f"{{{XSI}}}nil", "true")


CHANGES: dict[str, Callable[[etree._Element], object]] = {
    "missing": lambda each: each.getparent().remove(each),
    "later": _moved,
    "twice": lambda each: each.addnext(copy.deepcopy(each)),
    "unknown": lambda each: setattr(each, "tag", each.tag + "X"),
    "qualified": lambda each: setattr(each, "tag", f"{{http://www.cisco.com/AXL/API/12.5}}{each.tag}"),
    "surplus": lambda each: each.addnext(etree.Element("surplus")),
    "child": lambda each: each.append(etree.Element("child")),
    "nil": _nil,
    "empty": lambda each: each.clear(),
}
VALUES = ("x" * 51, "x" * 101, "x" * 256, "x" * 4097, "true", "t", "TRUE", "1", "2", "-7", "+7", "1.5")


def mutations(request: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """A request with one thing different, for everything that can be."""
    for place, original in enumerate(request.iterdescendants()):

        def mutated(change: Callable[[etree._Element], object], place: int = place) -> etree._Element:
            changed = copy.deepcopy(request)
            change(list(changed.iterdescendants())[place])
            return changed

        for name, change in CHANGES.items():
            yield f"{name} {original.tag} ({place})", mutated(change)
        for said in () if len(original) else VALUES:
            what = f"{said[:4]}, {len(said)} long, in {original.tag} ({place})"
            yield what, mutated(lambda each, said=said: setattr(each, "text", said))


def lab_accepts(request: etree._Element, version: str) -> bool:
    try:
        axl_schema.validate(ElementTree.fromstring(etree.tostring(request)), version)
    except axl_schema.Invalid:
        return False
    return True


@pytest.mark.parametrize(
    ("operation", "version"),
    [
        (operation, version)
        for version in sorted(TOOLKITS)
        for operation, _arguments in WRITES
        if operation in axl_schema.writes(version)
    ],
)
def test_the_lab_s_verdict_is_the_schema_s(schemas, record_property, operation, version):
    schema = schemas[version]
    request = whole(operation, schema)
    assert schema.complaints(request) == [] and lab_accepts(request, version)
    accepted = {True: 0, False: 0}
    for what, changed in mutations(request):
        verdict = schema.complaints(changed) == []
        assert lab_accepts(changed, version) is verdict, what
        accepted[verdict] += 1
    assert all(accepted.values()) or not len(request)
    record_property("contract verdict", operation)


REFUSED = (
    ("updateServiceParameter", "<name>a</name><processNodeName>b</processNodeName><service>c</service>"),
    ("updateCallManager", "<name>x</name><ports><ethernetPhonePort>2000</ethernetPhonePort></ports>"),
    ("addExpresswayCConfiguration", "<expresswayCConfiguration><name>x</name></expresswayCConfiguration>"),
    ("removePhoneSecurityProfile", ""),
    (
        "updatePhoneSecurityProfile",
        "<name>x</name><enableOAuthAuthentication>t</enableOAuthAuthentication>",
    ),
    ("doSmartLicenseRegister", "<force>true</force><token>x</token>"),
)


@pytest.mark.parametrize(("operation", "inner"), REFUSED)
def test_what_the_schema_refuses_is_a_fault_and_no_effect(axl, operation, inner):
    request = etree.fromstring(f'<n:{operation} xmlns:n="{axl.schema.namespace}">{inner}</n:{operation}>')
    assert axl.schema.complaints(request) != []
    assert axl.raw(operation, inner).status_code == 500
    assert axl.cluster.journal(kind="effect") == []


FAULTS = (
    ("updateServiceParameter", {**ENTERPRISE, "name": "nothing", "value": "1"}, 5007),
    ("updateServiceParameter", {**ENTERPRISE, "name": "ClusterSecurityMode", "value": "1"}, -1),
    ("addPhoneSecurityProfile", {"phoneSecurityProfile": {**PROFILE, "name": "{standard}"}}, -239),
    ("removePhoneSecurityProfile", {"name": "{standard}"}, -1),
    ("removePhoneSecurityProfile", {"name": "nothing"}, 5007),
)


@pytest.mark.parametrize(("operation", "arguments", "code"), FAULTS, ids=lambda value: str(value)[:30])
def test_faults_of_writes(axl, tally, operation, arguments, code):
    standard = "Cisco 8841 - Standard SIP Non-Secure Profile"
    filled = etree.tostring(element("x", arguments)).decode().replace("{standard}", standard)
    given = _arguments(etree.fromstring(filled))
    with pytest.raises(zeep.exceptions.Fault) as caught:
        axl.call(operation, **known(given, axl.schema.version))
    error = axl_error(axl, caught.value)
    assert (error.axlcode, error.request) == (code, operation)
    tally("fault", operation)


def _arguments(made: etree._Element) -> Any:
    return {child.tag: _arguments(child) for child in made} if len(made) else made.text
