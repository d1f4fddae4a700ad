# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request to RisPort70 asks for, and which rows of RIS fit it ([X] wire-facts 5, phone-facts 1.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from .ris_answers import DOWNLOAD, cti_status
from .serviceability import BadArguments, sequence, text
from .soap import split

if TYPE_CHECKING:
    from ..domain.phones.view import RisRow

ANY_MODEL = 255
"""The number that stands for every model ([X])."""

_CRITERIA = (
    "MaxReturnedDevices",
    "DeviceClass",
    "Model",
    "Status",
    "NodeName",
    "SelectBy",
    "SelectItems",
    "Protocol",
    "DownloadStatus",
)
_CTI_CRITERIA = (
    "MaxReturnedItems",
    "CtiMgrClass",
    "Status",
    "NodeName",
    "SelectAppBy",
    "AppItems",
    "DevNames",
    "DirNumbers",
)
_WORDS: dict[str, tuple[str, ...]] = {
    "SelectBy": ("Name", "IPV4Address", "IPV6Address", "DirNumber", "Description"),
    "Protocol": ("Any", "SCCP", "SIP", "Unknown"),
    "DownloadStatus": ("Any", "Upgrading", "Successful", "Failed", "Unknown"),
    "CtiMgrClass": ("Provider", "Device", "Line"),
    "SelectAppBy": ("AppId", "AppIPV4Address", "AppIPV6Address", "UserId"),
}
"""The words of the types that the WSDL closes; DeviceClass and Status of a request are any text ([X])."""
_CTI_STATUS = ("Any", "Open", "Closed", "OpenFailed", "Unknown")


def _number(element: Element) -> int:
    value = text(element)
    if value and not value.isdigit():
        raise BadArguments("serviceability.no_number", value=value)
    return int(value or 0)


def _word(parts: dict[str, Element], name: str, allowed: tuple[str, ...], usual: str) -> str:
    value = text(parts[name]) or usual
    if value not in allowed:
        raise BadArguments("control_center.no_choice", name=name, value=value, allowed=", ".join(allowed))
    return value


def _items(element: Element, name: str) -> tuple[str, ...]:
    """The texts of ``item/<name>``, without empty ones."""
    found = [sequence(item, name)[name] for item in element if split(item.tag)[1] == "item"]
    return tuple(filter(None, map(text, found)))


@lru_cache(maxsize=4096)
def _pattern(item: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, item.split("*"))), re.DOTALL)


def matcher(items: Iterable[str], *, wildcards: bool) -> Callable[[str], bool]:
    """Return whether a text fits one of the items of a request.

    An asterisk stands for anything, at any place ([D]; the place is [R]); upper and lower case differ ([R]).
    """
    plain = {word for word in items if not wildcards or "*" not in word}
    patterns = [_pattern(word) for word in items if wildcards and "*" in word]
    return lambda value: value in plain or any(each.fullmatch(value) for each in patterns)


@dataclass(frozen=True)
class Criteria:
    """``CmSelectionCriteria``. limit: 0 when the request gives none; node: empty for all.

    Several names in one item, with commas between, are one name that fits nothing, unless ``commas`` says that they are a list.
    """

    limit: int
    device_class: str
    model: int
    status: str
    node: str
    by: str
    items: tuple[str, ...]
    protocol: str
    download: str

    @classmethod
    def read(cls, element: Element, *, commas: bool) -> Criteria:
        """Read them from a request. Raises BadArguments."""
        parts = sequence(element, *_CRITERIA)
        items = _items(parts["SelectItems"], "Item")
        if commas:
            items = tuple(word.strip() for item in items for word in item.split(","))
        return cls(
            limit=_number(parts["MaxReturnedDevices"]),
            device_class=text(parts["DeviceClass"]) or "Any",
            model=_number(parts["Model"]) if text(parts["Model"]) else ANY_MODEL,
            status=text(parts["Status"]) or "Any",
            node=text(parts["NodeName"]),
            by=_word(parts, "SelectBy", _WORDS["SelectBy"], "Name"),
            items=items,
            protocol=_word(parts, "Protocol", _WORDS["Protocol"], "Any"),
            download=_word(parts, "DownloadStatus", _WORDS["DownloadStatus"], "Any"),
        )

    def names(self, *, wildcards: bool) -> tuple[str, ...] | None:
        """Return the names of the only devices that can fit; None where any device can."""
        named = self.by == "Name" and not (wildcards and any("*" in item for item in self.items))
        return self.items if named else None

    def filter(self, *, wildcards: bool) -> Callable[[RisRow], bool]:
        """Return whether a row fits all of them."""
        chosen = matcher(self.items, wildcards=wildcards)

        def fits(row: RisRow) -> bool:
            return (
                self.device_class in ("Any", row.device_class)
                and self.model in (ANY_MODEL, row.model)
                and self.status in ("Any", row.status)
                and self.protocol in ("Any", row.protocol or "Unknown")
                and self.download in ("Any", DOWNLOAD)
                and any(map(chosen, self._chosen_by(row)))
            )

        return fits

    def _chosen_by(self, row: RisRow) -> Sequence[str]:
        """What the items of the request are compared with."""
        if self.by == "DirNumber":
            return [number for number, _status in row.lines]
        if self.by == "IPV4Address":
            return [row.address] if ":" not in row.address else []
        if self.by == "IPV6Address":
            return [row.address] if ":" in row.address else []
        return [row.description if self.by == "Description" else row.name]


@dataclass(frozen=True)
class CtiCriteria:
    """``CtiSelectionCriteria``. limit: 0 when the request gives none; node: empty for all; empty items fit everything."""

    limit: int
    kind: str
    status: str
    node: str
    by: str
    applications: tuple[str, ...]
    devices: tuple[str, ...]
    numbers: tuple[str, ...]

    @classmethod
    def read(cls, element: Element) -> CtiCriteria:
        """Read them from a request. Raises BadArguments."""
        parts = sequence(element, *_CTI_CRITERIA)
        return cls(
            limit=_number(parts["MaxReturnedItems"]),
            kind=_word(parts, "CtiMgrClass", _WORDS["CtiMgrClass"], "Provider"),
            status=_word(parts, "Status", _CTI_STATUS, "Any"),
            node=text(parts["NodeName"]),
            by=_word(parts, "SelectAppBy", _WORDS["SelectAppBy"], "AppId"),
            applications=_items(parts["AppItems"], "AppItem"),
            devices=_items(parts["DevNames"], "DevName"),
            numbers=_items(parts["DirNumbers"], "DirNumber"),
        )

    def fits(self, row: RisRow) -> bool:
        """Return whether a row is of a CTI device that fits."""

        def chosen(items: tuple[str, ...], values: Iterable[str]) -> bool:
            return not items or any(map(matcher(items, wildcards=True), values))

        application = row.address if self.by.endswith("Address") else row.login_user
        return (
            row.device_class == "Cti"
            and self.status in ("Any", cti_status(row.status))
            and chosen(self.applications, [application])
            and chosen(self.devices, [row.name])
            and chosen(self.numbers, [number for number, _status in row.lines])
        )
