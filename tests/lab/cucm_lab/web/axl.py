# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AXL: the operations, answered from the cluster's database."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from ..domain.database import PARAM_TYPES
from ..domain.errors import SqlError
from . import axl_schema
from .soap import Answer, Reference, Said, envelope, fault, split, to_xml

if TYPE_CHECKING:
    from ..domain.node import LabNode
    from ..texts import Texts

NAMESPACE = "http://www.cisco.com/AXL/API/"
MAX_ANSWER = 8 * 1024 * 1024
"""Bytes of one answer ([D] wire-facts 1.5)."""

_ACTION = re.compile(r"CUCM:DB\s+ver=([\d.]+)(?:\s+(\w+))?")


class AxlFault(Said):
    """A fault with AXL's code ([D][C] wire-facts 1.4)."""

    def __init__(self, code: int, key: str, **values: object) -> None:
        super().__init__(key, **values)
        self.code = code


def not_found(what: str) -> AxlFault:
    return AxlFault(5007, "axl.not_found", what=what)


def braces(pkid: str) -> str:
    """A pkid as AXL writes it: upper case in braces."""
    return "{" + pkid.upper() + "}"


def wrong_version(supported: str, texts: Texts) -> Answer:
    """HTTP 599 ([C] wire-facts 1.4)."""
    sentence = texts.say("axl.wrong_version", versions=supported)
    return Answer(599, texts.say("axl.wrong_version.page", sentence=sentence), "text/html;charset=utf-8")


def fault_answer(code: int, message: str, operation: str) -> Answer:
    detail = to_xml("axlError", {"axlcode": code, "axlmessage": message, "request": operation})
    return fault("soapenv:Server", message, detail)


class Axl:
    """AXL of one node."""

    def __init__(self, node: LabNode) -> None:
        self._node = node
        self._operations: dict[str, Callable[[Element], Any]] = {
            "getCCMVersion": self._version,
            "getProcessNode": lambda r: self._get(r, "processNode", self._process_nodes),
            "listProcessNode": lambda r: self._list(r, "processNode", self._process_nodes),
            "getProcessNodeService": lambda r: self._get(r, "processNodeService", self._node_services),
            "listProcessNodeService": lambda r: self._list(r, "processNodeService", self._node_services),
            "getCallManager": lambda r: self._get(r, "callManager", self._call_managers),
            "listCallManager": lambda r: self._list(r, "callManager", self._call_managers),
            "getServiceParameter": lambda r: self._get(r, "serviceParameter", self._parameters),
            "listServiceParameter": lambda r: self._list(r, "serviceParameter", self._parameters),
            "executeSQLQuery": self._query,
            "executeSQLUpdate": self._update,
        }

    @property
    def _database(self):
        return self._node.cluster.database

    def version_problem(self, soap_action: str) -> Answer | None:
        """HTTP 599 when the SOAPAction names a version this release does not speak."""
        cluster = self._node.cluster
        supported = cluster.release_row.axl_versions
        text = cluster.release_row.axl_versions_text
        if limited := cluster.faults.take("axl_versions", node=self._node.name):
            supported = tuple(limited.get("supported"))
            text = " and ".join(supported)
        version = self._version_of(soap_action)
        return None if version is None or version in supported else wrong_version(text, cluster.texts)

    @staticmethod
    def _version_of(soap_action: str) -> str | None:
        match = _ACTION.search(soap_action)
        return match[1] if match else None

    def call(self, request: Element, soap_action: str) -> Answer:
        """Carry out an operation."""
        texts = self._node.cluster.texts
        namespace, operation = split(request.tag)
        version = self._version_of(soap_action) or self._node.cluster.release_row.axl_versions[-1]
        try:
            if namespace != NAMESPACE + version:
                raise AxlFault(-1, "axl.wrong_namespace", namespace=namespace, version=version)
            action = _ACTION.search(soap_action)
            if action and action[2] and action[2] != operation:
                raise AxlFault(-1, "axl.wrong_action", action=action[2], operation=operation)
            if operation not in axl_schema.operations(version):
                raise AxlFault(-1, "axl.unknown_operation", operation=operation)
            axl_schema.validate(request)
            content = self._content(request, operation)
        except axl_schema.Invalid as error:
            return fault_answer(-1, error.words(texts), operation)
        except AxlFault as error:
            return fault_answer(error.code, error.words(texts), operation)
        except SqlError as error:
            return fault_answer(error.code, texts.say(error.key, **error.values), operation)
        body = envelope(
            f'<ns:{operation}Response xmlns:ns="{NAMESPACE}{version}">{content}</ns:{operation}Response>'
        )
        return Answer(200, body)

    def _content(self, request: Element, operation: str) -> str:
        if operation == "getSmartLicenseStatus":
            return self._licence()
        return to_xml("return", self._operations[operation](request))

    # -- operations -------------------------------------------------------------------------------------

    def _version(self, request: Element) -> dict[str, Any]:
        name = request.findtext("processNodeName")
        if name and name not in self._node.cluster.nodes:
            raise not_found(name)
        # 14.0.1.12900-161 on the CLI is 14.0.1.12900(161) in AXL ([C]).
        head, _, build = self._node.cluster.version.partition("-")
        return {"componentVersion": {"version": f"{head}({build})"}}

    def _get(
        self, request: Element, wrapper: str, rows: Callable[[], list[dict[str, Any]]]
    ) -> dict[str, Any]:
        keys = {child.tag: (child.text or "").strip() for child in request if child.tag != "returnedTags"}
        for row in rows():
            if all(_key_matches(row, key, value) for key, value in keys.items()):
                return {wrapper: _choose(row, request.find("returnedTags"), None)}
        raise not_found(keys.get("name") or keys.get("uuid") or " ".join(keys.values()))

    def _list(
        self, request: Element, wrapper: str, rows: Callable[[], list[dict[str, Any]]]
    ) -> dict[str, Any]:
        criteria = request.find("searchCriteria")
        found = [
            row
            for row in rows()
            if all(_like(_text(row.get(c.tag)), (c.text or "").strip()) for c in (criteria or ()))
        ]
        first, skip = request.findtext("first"), request.findtext("skip")
        if first:
            start = int(skip or 0)
            found = found[start : start + int(first)]
        operation = split(request.tag)[1]
        tags = request.find("returnedTags")
        return {wrapper: [_choose(row, tags, axl_schema.TAGS[operation]) for row in found]}

    def _process_nodes(self) -> list[dict[str, Any]]:
        rows = self._database.execute(
            "select n.pkid, n.name, n.description, n.mac, n.ipv6name, u.name, r.name from processnode n "
            "join typenodeusage u on u.enum = n.tknodeusage "
            "join typeprocessnoderole r on r.enum = n.tkprocessnoderole order by n.nodeid"
        )
        return [
            {
                "@uuid": braces(pkid),
                "name": name,
                "description": description,
                "mac": mac,
                "ipv6Name": ipv6,
                "nodeUsage": usage,
                "lbmHubGroup": None,
                "processNodeRole": role,
                "cupDomain": None,
            }
            for pkid, name, description, mac, ipv6, usage, role in rows
        ]

    def _node_services(self) -> list[dict[str, Any]]:
        rows = self._database.execute(
            "select s.pkid, n.name, n.pkid, t.name, s.tracelevel, s.enable, s.numfiles, s.maxfilesize, s.isactive "
            "from processnodeservice s join processnode n on n.pkid = s.fkprocessnode "
            "join typeservice t on t.enum = s.tkservice order by n.nodeid, t.name"
        )
        return [
            {
                "@uuid": braces(pkid),
                "processNodeName": Reference(name, braces(node)),
                "service": service,
                "traceLevel": level,
                "userCategories": None,
                "enable": enable == "t",
                "numFiles": files,
                "maxFileSize": size,
                "isActive": active == "t",
            }
            for pkid, name, node, service, level, enable, files, size, active in rows
        ]

    def _call_managers(self) -> list[dict[str, Any]]:
        oauth = self._node.cluster.release_row.oauth
        oauth_columns = "c.sipoauthport, c.sipoauthmraport" if oauth else "null, null"
        rows = self._database.execute(
            "select c.pkid, c.name, c.description, c.ctiid, c.ethernetphoneport, c.mgcplistenport, "
            f"c.mgcpkeepaliveport, c.sipphoneport, c.sipphonesecureport, {oauth_columns}, "
            "c.autoregistrationenabled, c.autoregstartdn, c.autoregenddn, c.autoregnextdn, n.name, n.pkid "
            "from callmanager c join processnode n on n.pkid = c.fkprocessnode order by c.ctiid"
        )
        return [
            {
                "@ctiid": str(r[3]),
                "@uuid": braces(r[0]),
                "name": r[1],
                "description": r[2],
                "autoRegistration": {
                    "startDn": r[12],
                    "endDn": r[13],
                    "nextDn": r[14],
                    "routePartitionName": None,
                    "e164Mask": None,
                    "autoRegistrationEnabled": r[11] == "t",
                    "universalDeviceTemplate": None,
                    "lineTemplate": None,
                },
                "ports": {
                    "ethernetPhonePort": r[4],
                    "mgcpPorts": {"listen": r[5], "keepAlive": r[6]},
                    "sipPorts": {
                        "sipPhonePort": r[7],
                        "sipPhoneSecurePort": r[8],
                        **({"sipOAuthPort": r[9], "sipOAuthMRAPort": r[10]} if oauth else {}),
                    },
                },
                "processNodeName": Reference(r[15], braces(r[16])),
                "lbmGroup": None,
            }
            for r in rows
        ]

    def _parameters(self) -> list[dict[str, Any]]:
        rows = self._database.execute(
            "select c.pkid, n.name, n.pkid, c.paramname, t.name, c.paramvalue, c.tkparam from processconfig c "
            "join processnode n on n.pkid = c.fkprocessnode join typeservice t on t.enum = c.tkservice "
            "order by c.paramname"
        )
        return [
            {
                "@uuid": braces(pkid),
                "processNodeName": Reference(node, braces(node_pkid)),
                "name": name,
                "service": service,
                "value": value,
                "valueType": PARAM_TYPES.get(kind, "string"),
            }
            for pkid, node, node_pkid, name, service, value, kind in rows
        ]

    def _query(self, request: Element) -> dict[str, Any]:
        table = self._database.query(request.findtext("sql") or "")
        size = sum(
            len(value or "") + 2 * len(c) + 5
            for row in table.rows
            for c, value in zip(table.columns, row, strict=True)
        )
        if size > MAX_ANSWER:
            total = len(table.rows)
            fetch = max(1, total * MAX_ANSWER // size)
            raise AxlFault(-1, "axl.too_large", total=total, fetch=fetch)
        return {"row": [dict(zip(table.columns, row, strict=True)) for row in table.rows]}

    def _update(self, request: Element) -> dict[str, Any]:
        # No user of this lab needs it yet; a refusal is a real answer, a pretended success would not be one.
        raise AxlFault(-1, "axl.update_refused", operation="executeSQLUpdate")

    def _licence(self) -> str:
        licence, texts = self._node.cluster.licence, self._node.cluster.texts
        registered = licence.registration == "REGISTERED"
        details = {
            "SmartLicensing": licence.smart_licensing,
            "Registration": {
                "Status": licence.registration.capitalize(),
                "SmartAccount": licence.smart_account if registered else None,
                "VirtualAccount": licence.virtual_account if registered else None,
                "LastRenewalAttempt": None,
                "NextRenewalAttempt": None,
                "LastRenewalStatus": None,
                "RegistrationFailedReason": None,
                "RegistrationExpires": None,
                "ProductUDI": texts["axl.licence.udi"],
                "ExportControlFunctionality": licence.export_control.upper(),
            },
            "Authorization": {
                "Status": licence.authorization.capitalize(),
                "LastCommunicationAttempt": None,
                "NextCommunicationAttempt": None,
                "LastCommunicationStatus": None,
                "AuthorizationFailedReason": None,
                "AuthorizationExpires": None,
                "EvaluationPeriodRemaining": None,
            },
            "LicenseStatus": {
                "Entitlement": [
                    {
                        "Tag": texts["axl.licence.tag"],
                        "Count": 0,
                        "Status": "InCompliance" if registered else "Init",
                    }
                ]
            },
        }
        return to_xml("return", texts["axl.licence.return"]) + to_xml("LicenseDetails", details)


def _text(value: Any) -> str:
    if isinstance(value, Reference):
        return value.text
    return "" if value is None else str(value)


def _key_matches(row: dict[str, Any], key: str, value: str) -> bool:
    if key == "uuid":
        return row["@uuid"].strip("{}").lower() == value.strip("{}").lower()
    return _text(row.get(key)).lower() == value.lower()


def _like(text: str, pattern: str) -> bool:
    """SQL's like, as searchCriteria use it; without regard to case."""
    parts = [re.escape(part) for part in pattern.split("%")]
    return re.fullmatch(".*".join(parts), text, re.IGNORECASE | re.DOTALL) is not None


def _choose(row: dict[str, Any], tags: Element | None, allowed: tuple[str, ...] | None) -> dict[str, Any]:
    """The part of a row that returnedTags ask for; without tags, or with empty ones, all of it."""
    if tags is not None and len(tags):
        wanted = {tag.tag: tag for tag in tags}
        chosen: dict[str, Any] = {}
        for key, value in row.items():
            if key.startswith("@"):
                chosen[key] = value
            elif key in wanted:
                nested = isinstance(value, dict)
                chosen[key] = _choose(value, wanted[key], None) if nested else value
        return chosen
    return {k: v for k, v in row.items() if k.startswith("@") or allowed is None or k in allowed}
