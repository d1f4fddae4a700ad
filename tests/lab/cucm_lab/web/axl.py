# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AXL: the operations, answered from the cluster's database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from ..domain.database import Change
from ..domain.errors import SqlError
from ..domain.licence import RENEWAL, LicenceActionRefused
from . import axl_devices, axl_schema
from .axl_faults import AxlFault, not_found
from .axl_objects import ROWS, braces, count_phones, phones
from .axl_settings import AxlSettings
from .axl_writes import ADDS, ALTERS
from .soap import XSI, Answer, Reference, envelope, fault, split, to_xml

if TYPE_CHECKING:
    from ..domain.accounts import Account
    from ..domain.node import LabNode
    from ..texts import Texts

NAMESPACE = "http://www.cisco.com/AXL/API/"
NIL_AT_TOP = "14.0"
"""From this schema version on the prefix of ``nil`` is declared on the top response element only ([D] wire-facts 1.1)."""

_VERB = re.compile(
    r"(add|get|list|update|remove|apply|reset|restart|do|execute|assign|unassign|lock|wipe)[A-Z]"
)
"""How the operations of the schema begin ([X])."""
_ACTION = re.compile(r"CUCM:DB\s+ver=([\d.]+)(?:\s+(\w+))?")
_OBJECTS = {f"{verb}{each.name}": (verb, each) for each in axl_schema.OBJECTS for verb in ("get", "list")}


@dataclass(frozen=True)
class Content:
    """What stands inside an answer's response element. rows: how many rows were matched."""

    xml: str
    rows: int = 1


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

    @property
    def _cluster(self):
        return self._node.cluster

    @property
    def _settings(self) -> AxlSettings:
        return AxlSettings(**self._cluster.axl)

    def version_problem(self, soap_action: str) -> Answer | None:
        """HTTP 599 when the SOAPAction names a version this release does not speak."""
        cluster = self._cluster
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

    @property
    def is_throttling(self) -> bool:
        """Whether writes are refused until change notifications have drained ([D] wire-facts 1.5)."""
        return self._cluster.notifications.pending >= self._settings.notification_limit

    async def call(self, request: Element, soap_action: str, account: Account) -> Answer:
        """Carry out an operation.

        Without a version in the SOAPAction the oldest one served is spoken ([D] wire-facts 1.2), whatever version the
        request's namespace names ([C] CiscoDevNet/axl-ansible-examples: ``.../AXL/API/1.0``, a version no release has).
        """
        texts = self._cluster.texts
        operation = split(request.tag)[1]
        try:
            version = self._version(request, soap_action)
            if injected := self._cluster.faults.take(
                "axl_fault", node=self._node.name, operation=f"axl {operation}"
            ):
                message = injected.get("message") or texts["axl.memory"]
                return fault_answer(injected.get("code", -1), message, operation)
            changing = axl_schema.is_changing(operation)
            schema = axl_schema.edition(version, first=self._settings.first_schema)
            there = axl_schema.writes(schema) if changing else axl_schema.operations(schema)
            if operation not in there:
                known = _VERB.match(operation) and axl_schema.may_have(operation, schema)
                raise AxlFault(
                    -1, "axl.not_simulated" if known else "axl.unknown_operation", operation=operation
                )
            axl_schema.validate(request, schema)
            if changing:
                content = await self._write(request, operation, schema, account)
            else:
                content = self._content(request, operation, schema)
            self._check_size(content)
        except (axl_schema.Invalid, AxlFault) as error:
            return fault_answer(getattr(error, "code", -1), error.words(texts), operation)
        except SqlError as error:
            return fault_answer(error.code, texts.say(error.key, **error.values), operation)
        xsi = f' xmlns:xsi="{XSI}"' if _nil_at_top(version) else ""
        sequence = f' sequence="{escape(request.attrib["sequence"])}"' if "sequence" in request.attrib else ""
        head = f'ns:{operation}Response xmlns:ns="{NAMESPACE}{version}"{xsi}{sequence}'
        return Answer(200, envelope(f"<{head}>{content.xml}</ns:{operation}Response>"))

    def _version(self, request: Element, soap_action: str) -> str:
        namespace, operation = split(request.tag)
        served = self._cluster.release_row.axl_versions
        version = self._version_of(soap_action)
        if version is None:
            if not namespace.startswith(NAMESPACE):
                raise AxlFault(-1, "axl.wrong_namespace", namespace=namespace, version=served[-1])
            return served[-1]
        if namespace != NAMESPACE + version:
            raise AxlFault(-1, "axl.wrong_namespace", namespace=namespace, version=version)
        action = _ACTION.search(soap_action)
        if action and action[2] and action[2] != operation:
            raise AxlFault(-1, "axl.wrong_action", action=action[2], operation=operation)
        return version

    def _check_size(self, content: Content) -> None:
        """[D][C] wire-facts 1.5: 8 MB for one answer; the suggestion goes by the mean size of a row."""
        size, limit = len(content.xml.encode()), self._settings.max_answer_bytes
        if size > limit:
            fetch = max(1, content.rows * limit // size)
            raise AxlFault(-1, "axl.too_large", total=content.rows, fetch=fetch)

    def _content(self, request: Element, operation: str, version: str) -> Content:
        if operation in _OBJECTS:
            verb, kind = _OBJECTS[operation]
            answer = self._get if verb == "get" else self._list
            return answer(request, kind, version)
        if operation == "getCCMVersion":
            return self._ccm_version(request)
        if operation == "getSmartLicenseStatus":
            return self._licence()
        if operation == "getTransportSettings":
            return self._transport_settings()
        return self._query(request, version)

    # -- what changes something -------------------------------------------------------------------------

    async def _write(self, request: Element, operation: str, version: str, account: Account) -> Content:
        if operation in axl_schema.ASKING or operation == "doDeviceReset":
            return Content(to_xml("return", await self._ask_devices(request, operation, version, account)))
        if operation.startswith("doSmartLicense"):
            await self._license(request, operation, version, account)
            answer = self._cluster.texts["axl.licence.return"]
        else:
            answer = braces(await self._change(request, operation, version, account))
        self._cluster.notifications.add(self._settings.notifications_per_write)
        return Content(to_xml("return", answer))

    async def _change(self, request: Element, operation: str, version: str, account: Account) -> str:
        """Carry out a change; the pkid of its row. What is already so makes no effect."""
        cluster = self._cluster
        planned = self._planned(request, operation, version)
        if planned.verb == "update" and not planned.values:
            return planned.pkid
        async with cluster.journal.effect(self._node, account, planned.words, {"values": planned.values}):
            # Once more: a test may have held it, and the database is another one now.
            planned = self._planned(request, operation, version)
            cluster.database.apply(planned)
        return planned.pkid

    def _planned(self, request: Element, operation: str, version: str) -> Change:
        spec = axl_schema.writes(version)[operation]
        given = axl_schema.values(list(request), spec)
        if operation in ADDS:
            return ADDS[operation](self._cluster, given, version)
        name, table, alter = ALTERS[operation]
        kind = next(each for each in axl_schema.OBJECTS if each.name == name)
        keys = [child for child in request if child.tag in ("uuid", *kind.keys)]
        pkid = self._row(name, keys)["@uuid"].strip("{}").lower()
        (row,) = self._cluster.database.records(f"select * from {table} where pkid = ?", (pkid,))
        return alter(self._cluster, given, row)

    async def _ask_devices(
        self, request: Element, operation: str, version: str, account: Account
    ) -> str | bool:
        """Ask devices to apply their configuration, restart or reset; what AXL returns.

        It returns the same whether they are registered or not: one that is not does not hear it ([I] phone-facts 5.2). That it
        is the uuid of the object is [R].
        """
        cluster = self._cluster
        if operation == "doDeviceReset":
            given = axl_schema.values(list(request), axl_schema.writes(version)[operation])
            word, kind = axl_devices.reset_word(given), "Phone"
            pkid, name = axl_devices.device(cluster, given["deviceName"])
            answer: str | bool = True
        else:
            word, kind = axl_schema.ASKING[operation]
            row = self._row(kind, list(request))
            pkid, name, answer = row["@uuid"].strip("{}").lower(), row["name"], row["@uuid"]
        words = f"{axl_devices.WORDS[kind]} {word} {name}"
        async with cluster.journal.effect(self._node, account, words) as entry:
            # A test may have held it, and the members are others now.
            names = axl_devices.members(cluster, kind, pkid)
            entry.detail["devices"] = len(names)
            getattr(cluster.phones, word)(names)
        return answer

    async def _license(self, request: Element, operation: str, version: str, account: Account) -> None:
        given = axl_schema.values(list(request), axl_schema.writes(version)[operation])
        agent, node = self._cluster.smart_agent, self._node
        try:
            if operation == "doSmartLicenseRegister":
                forced = given["force"] in ("t", "true", "1")
                await agent.register(given["token"], force=forced, node=node, account=account)
            elif operation == "doSmartLicenseReRegister":
                await agent.register(given["token"], force=True, node=node, account=account)
            elif operation == "doSmartLicenseDeRegister":
                await agent.deregister(node=node, account=account)
            else:
                what = "authorization" if operation.endswith("Authorization") else "registration"
                await agent.renew(what, node=node, account=account)
        except LicenceActionRefused as refusal:
            raise AxlFault(-1, refusal.key) from None

    # -- operations -------------------------------------------------------------------------------------

    def _ccm_version(self, request: Element) -> Content:
        name = (request.findtext("processNodeName") or "").strip()
        if name and name not in self._cluster.nodes:
            raise not_found(name)
        # 14.0.1.12900-161 on the CLI is 14.0.1.12900(161) in AXL ([C]).
        head, build = self._cluster.version.split("-")
        return Content(to_xml("return", {"componentVersion": {"version": f"{head}({build})"}}))

    def _row(self, name: str, keys: list[Element]) -> dict[str, Any]:
        """The object of a kind that has these keys. Raises AxlFault 5007."""
        if name != "Phone":
            return _found(ROWS[name](self._cluster), keys)
        named = {key.tag: (key.text or "").strip().strip("{}") for key in keys}
        return _found(phones(self._cluster, named), keys)

    def _get(self, request: Element, kind: axl_schema.Object, version: str) -> Content:
        row = self._row(kind.name, [child for child in request if child.tag != "returnedTags"])
        chosen = _choose(row, request.find("returnedTags"), axl_schema.TAGS[f"get{kind.name}"], version)
        return Content(to_xml("return", {kind.element: chosen}))

    def _list(self, request: Element, kind: axl_schema.Object, version: str) -> Content:
        criteria = {each.tag: each.text or "" for each in request.findall("searchCriteria/*")}
        first = request.findtext("first")
        # skip counts only beside first ([X] wire-facts 1.5).
        page = (int(request.findtext("skip") or 0), int(first)) if first else None
        if kind.name == "Phone":
            found, matched = (
                phones(self._cluster, criteria, page),
                count_phones(self._cluster, criteria),
            )
        else:
            patterns = [(name, _like(pattern)) for name, pattern in criteria.items()]
            fitting = [
                row
                for row in ROWS[kind.name](self._cluster)
                if all(pattern.fullmatch(_text(row.get(name))) for name, pattern in patterns)
            ]
            found, matched = fitting[page[0] : sum(page)] if page else fitting, len(fitting)
        tags = request.find("returnedTags")
        names = axl_schema.TAGS[f"list{kind.name}"]
        answer = [_choose(row, tags, names, version) for row in found]
        return Content(to_xml("return", {kind.element: answer}), matched)

    def _query(self, request: Element, version: str) -> Content:
        table = self._cluster.database.query(request.findtext("sql") or "")
        settings = self._settings
        if not table.rows:
            empty = {"empty": "<return/>", "missing": "", "nil": _nil("return", version)}
            return Content(empty[settings.zero_rows], 0)
        null = "" if settings.null == "empty" else None

        def cell(name: str, value: str | None) -> str:
            value = null if value is None else value
            return _nil(name, version) if value is None else to_xml(name, value)

        rows = "".join(
            f"<row>{''.join(cell(name, value) for name, value in zip(table.columns, row, strict=True))}</row>"
            for row in table.rows
        )
        return Content(f"<return>{rows}</return>", len(table.rows))

    def _transport_settings(self) -> Content:
        """Smart licensing straight to the vendor ([X] for the elements; the values are invented)."""
        texts = self._cluster.texts
        settings = {
            "transportmode": texts["axl.transport.mode"],
            "transportUrl": self._cluster.database.value("select transporturl from slmserver", default=""),
            "transportGatewayUrl": None,
            "httpHost": None,
            "httpPort": None,
        }
        return Content(to_xml("return", texts["axl.licence.return"]) + to_xml("TransportSettings", settings))

    def _licence(self) -> Content:
        licence, texts = self._cluster.licence, self._cluster.texts
        registered = licence.registered
        attempt = licence.renewal_attempt or licence.registered_at
        status = licence.renewal_status or ("SUCCEEDED" if licence.registered_at else "")
        asked = licence.communication_attempt or (licence.registered_at if registered else None)
        details = {
            "SmartLicensing": licence.smart_licensing,
            "Registration": {
                # How AXL spells a reservation's words is not public [?].
                "Status": licence.registration.capitalize(),
                "SmartAccount": licence.smart_account if registered else None,
                "VirtualAccount": licence.virtual_account if registered else None,
                "LastRenewalAttempt": self._date(attempt),
                "NextRenewalAttempt": self._date(attempt, RENEWAL) if registered else None,
                "LastRenewalStatus": status,
                "RegistrationFailedReason": texts[licence.failed_reason] if licence.failed_reason else None,
                "RegistrationExpires": self._date(attempt, 2 * RENEWAL) if registered else None,
                "ProductUDI": texts["axl.licence.udi"],
                "ExportControlFunctionality": licence.export_control.upper(),
            },
            "Authorization": {
                "Status": licence.authorization.capitalize(),
                "LastCommunicationAttempt": self._date(asked),
                "NextCommunicationAttempt": None,
                "LastCommunicationStatus": (licence.communication_status or "SUCCEEDED") if asked else None,
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
        return Content(to_xml("return", texts["axl.licence.return"]) + to_xml("LicenseDetails", details))

    def _date(self, moment: datetime | None, later: timedelta = timedelta()) -> str | None:
        """As the CLI writes dates ([V] TN212883); how AXL does is [?]."""
        if moment is None:
            return None
        return self._node.local_time(moment + later).strftime("%b %d %H:%M:%S %Y %Z")


def _nil_at_top(version: str) -> bool:
    return axl_schema.number(version) >= axl_schema.number(NIL_AT_TOP)


def _nil(name: str, version: str) -> str:
    declaration = "" if _nil_at_top(version) else f' xmlns:xsi="{XSI}"'
    return f'<{name}{declaration} xsi:nil="true"/>'


def _text(value: Any) -> str:
    if isinstance(value, Reference):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _same_pkid(one: str, other: str) -> bool:
    return one.strip("{} \r\n\t").lower() == other.strip("{}").lower()


def _key_matches(row: dict[str, Any], key: Element) -> bool:
    """Whether a row has this key: its uuid, its name, or the uuid of what the key refers to."""
    value = key.text or ""
    if key.tag == "uuid":
        return _same_pkid(value.strip(), row["@uuid"])
    there = row.get(key.tag)
    if not value.strip() and key.get("uuid") and isinstance(there, Reference):
        return _same_pkid(key.get("uuid", ""), there.uuid)
    # A name may begin or end with blanks; a client may also have put some around it.
    return _text(there).lower() in (value.lower(), value.strip().lower())


def _found(rows: list[dict[str, Any]], keys: list[Element]) -> dict[str, Any]:
    """The row that has these keys. Raises AxlFault 5007."""
    for row in rows:
        if all(_key_matches(row, key) for key in keys):
            return row
    raise not_found(" ".join(filter(None, ((key.text or "").strip() or key.get("uuid", "") for key in keys))))


@lru_cache(maxsize=256)
def _like(pattern: str) -> re.Pattern[str]:
    """What matches as SQL's like does, as searchCriteria use it; without regard to case."""
    words = {"%": ".*", "_": "."}
    expression = "".join(words.get(character) or re.escape(character) for character in pattern)
    return re.compile(expression, re.IGNORECASE | re.DOTALL)


def _choose(
    row: dict[str, Any], tags: Element | None, allowed: tuple[str, ...] | None, version: str
) -> dict[str, Any]:
    """The part of a row that returnedTags ask for; without tags, or with empty ones, all of it.

    allowed: the elements there are, in order; None inside an element. What the schema version lacks is left out.
    """
    wanted = {tag.tag: tag for tag in (tags if tags is not None else ())}
    names = allowed if allowed is not None else tuple(key for key in row if not key.startswith("@"))
    chosen: dict[str, Any] = {key: value for key, value in row.items() if key.startswith("@")}
    for name in names:
        if name not in row or (wanted and name not in wanted) or not axl_schema.has_tag(name, version):
            continue
        value = row[name]
        chosen[name] = _choose(value, wanted.get(name), None, version) if isinstance(value, dict) else value
    return chosen
