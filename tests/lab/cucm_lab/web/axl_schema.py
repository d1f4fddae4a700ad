# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which AXL operations there are and the order of their elements ([X] wire-facts 2, the same on 12.5 to 15.0)."""

from __future__ import annotations

from dataclasses import dataclass
from types import EllipsisType
from xml.etree.ElementTree import Element

from .soap import Said, split


class Invalid(Said):
    """A request does not follow the schema.

    The words are those of the common Java validator; what the device prints exactly is not public ([?]).
    """


@dataclass(frozen=True)
class Item:
    """An element in a sequence. children None: text; ``...`` (Ellipsis): anything."""

    name: str
    required: bool = False
    children: tuple[Item | Choice, ...] | EllipsisType | None = None


@dataclass(frozen=True)
class Choice:
    """Exactly one of several sequences."""

    alternatives: tuple[tuple[Item, ...], ...]


def _need(*names: str) -> tuple[Item, ...]:
    return tuple(Item(name, True) for name in names)


def _may(*names: str) -> tuple[Item, ...]:
    return tuple(Item(name) for name in names)


_BY_NAME = Choice((_need("name"), _need("uuid")))
_TAGS = Item("returnedTags", False, ...)
_PAGE = _may("skip", "first")


def _list(*criteria: str) -> tuple[Item | Choice, ...]:
    return (Item("searchCriteria", True, _may(*criteria)), Item("returnedTags", True, ...), *_PAGE)


_SQL = _need("sql")

REQUESTS: dict[str, tuple[Item | Choice, ...]] = {
    "getCCMVersion": _may("processNodeName"),
    "getProcessNode": (_BY_NAME, _TAGS),
    "listProcessNode": _list("name", "description", "processNodeRole"),
    "getProcessNodeService": (Choice((_need("uuid"), _need("processNodeName", "service"))), _TAGS),
    "listProcessNodeService": _list("processNodeName"),
    "getCallManager": (_BY_NAME, _TAGS),
    "listCallManager": _list("name", "description"),
    "getServiceParameter": (Choice((_need("uuid"), _need("processNodeName", "name", "service"))), _TAGS),
    "listServiceParameter": _list("processNodeName", "service"),
    "getSmartLicenseStatus": (),
    "executeSQLQuery": _SQL,
    "executeSQLUpdate": _SQL,
}
"""What this lab carries out."""

SINCE = {"getSmartLicenseStatus": "12.5"}
"""The schema version that brought an operation ([X] wire-facts 2.10); the others are in all that are served."""


def number(version: str) -> tuple[int, ...]:
    """A version so that it compares."""
    return tuple(int(part) for part in version.split("."))


def operations(version: str) -> set[str]:
    """What this lab carries out of the operations of a schema version."""
    return {name for name in REQUESTS if number(SINCE.get(name, "0")) <= number(version)}


CHANGING_PREFIXES = ("add", "update", "remove", "apply", "reset", "restart", "do", "executeSQLUpdate")


def is_changing(operation: str) -> bool:
    """Whether an operation of this name changes something (``do...``, ``update...``, ...)."""
    return operation.startswith(CHANGING_PREFIXES)


PROCESS_NODE = (
    "name",
    "description",
    "mac",
    "ipv6Name",
    "nodeUsage",
    "lbmHubGroup",
    "processNodeRole",
    "cupDomain",
)
PROCESS_NODE_SERVICE = (
    "processNodeName",
    "service",
    "traceLevel",
    "userCategories",
    "enable",
    "numFiles",
    "maxFileSize",
    "isActive",
)
CALL_MANAGER = ("name", "description", "autoRegistration", "ports", "processNodeName", "lbmGroup")
SERVICE_PARAMETER = ("processNodeName", "name", "service", "value", "valueType")

TAGS: dict[str, tuple[str, ...]] = {
    "getProcessNode": PROCESS_NODE,
    "listProcessNode": PROCESS_NODE[:-1],
    "getProcessNodeService": PROCESS_NODE_SERVICE,
    "listProcessNodeService": PROCESS_NODE_SERVICE,
    "getCallManager": CALL_MANAGER,
    "listCallManager": tuple(tag for tag in CALL_MANAGER if tag != "ports"),
    "getServiceParameter": SERVICE_PARAMETER,
    "listServiceParameter": SERVICE_PARAMETER,
}
"""What ``returnedTags`` of an operation may name."""


def validate(request: Element) -> None:
    """Check names, order and namespaces of a request. Raises Invalid."""
    _, operation = split(request.tag)
    _sequence(list(request), REQUESTS[operation], operation)
    tags = request.find("returnedTags")
    for tag in tags if tags is not None else ():
        if tag.tag not in TAGS[operation]:
            raise _unexpected(tag.tag, TAGS[operation])
    criteria = request.find("searchCriteria")
    if criteria is not None and len(criteria) == 0:
        raise Invalid("axl.no_criteria")


def _unexpected(tag: str, wanted: tuple[str, ...] | list[str]) -> Invalid:
    return Invalid("axl.unexpected_element", name=split(tag)[1], wanted=", ".join(wanted))


def _sequence(children: list[Element], spec: tuple[Item | Choice, ...], parent: str) -> None:
    position = 0
    flat: list[Item] = []
    for part in spec:
        if isinstance(part, Choice):
            names = [child.tag for child in children]
            chosen = next((a for a in part.alternatives if a[0].name in names), part.alternatives[0])
            flat.extend(chosen)
        else:
            flat.append(part)
    for item in flat:
        if position < len(children) and children[position].tag == item.name:
            if isinstance(item.children, tuple):
                _sequence(list(children[position]), item.children, item.name)
            position += 1
        elif item.required:
            if position < len(children):
                raise _unexpected(children[position].tag, [item.name])
            raise Invalid("axl.incomplete_element", name=parent, wanted=item.name)
    if position < len(children):
        names = [item.name for item in flat]
        raise _unexpected(children[position].tag, names)
