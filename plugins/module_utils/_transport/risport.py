# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RisPort70, which has the registrations of devices. PRIVATE to the collection.

Requests and answers: wire-facts 5 [X], and their variants: phone-facts 1.1 [C].
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._base.clock import Clock
from .._base.errors import ProtocolError
from .._base.numbers import whole
from .._base.request_budget import RequestBudget
from . import xml
from .http import Connection
from .serviceability import CountedService, required

CALLED = "RisPort"
PATH = "/realtimeservice2/services/RISService70"
# The most devices in an answer (phone-facts 1.3 [C]; one source has 2,000). What is beyond is left out in silence.
MOST_DEVICES = 1000
# Requests a minute: a cluster takes 15 by default, and 18 at most, from all clients (wire-facts 5 [D]).
DEFAULT_RATE = 10
# Return codes of a node that answered; any other word says that it did not, or not this.
_ANSWERED = ("Ok", "NotFound")
_NO_CHANGE = "NoChange"
_ANY_MODEL = "255"


@dataclass(frozen=True)
class DeviceRow:
    """A device as one node has it; a device may have one row of each of several nodes.

    Attributes:
        name: Its name.
        node: The node, as it calls itself.
        status: The node's word: C(Registered), C(PartiallyRegistered), C(UnRegistered), C(Rejected), or any other.
        reason: The number that goes with the status; None if that is not a number.
        stamp: When the status began, by the node's clock, in seconds since 1970; None if that is not a number.
    """

    name: str
    node: str
    status: str
    reason: int | None
    stamp: int | None


@dataclass(frozen=True)
class Selection:
    """An answer.

    Attributes:
        rows: The devices of the nodes that answered.
        answered: The nodes that answered, as they call themselves.
        silent: Node to its return code, of nodes that did not answer.
        found: How many devices the cluster says that it found; None if that is not a number.
    """

    rows: tuple[DeviceRow, ...]
    answered: tuple[str, ...]
    silent: t.Mapping[str, str]
    found: int | None

    @property
    def nobody_answered(self) -> bool:
        """Whether no node is named at all, which may mean that there is no such device or that nobody could say."""
        return not self.answered and not self.silent

    @property
    def incomplete(self) -> bool:
        """Whether rows may be missing: fewer came than were found, or as many as come at most, or their number is not known.

        Whether an answer that is cut counts what was found or what is returned is not known (phone-facts 1.2 [?]).
        """
        count = len(self.rows)
        return self.found is None or count < self.found or count >= MOST_DEVICES


class RisPort:
    """RisPort70 at one node; any node answers for all."""

    def __init__(self, connection: Connection, clock: Clock, budget: RequestBudget) -> None:
        self._service = CountedService.at(CALLED, PATH, connection, clock, budget)

    def select(self, names: t.Sequence[str]) -> Selection:
        """Return the rows that the nodes have of the devices with these names, C(MOST_DEVICES) names at most.

        Raises:
            ProtocolError: The answer cannot be understood. Also the errors of C(CountedService.call).
        """
        # Its sister selectCmDeviceExt leaves one row of each device, and by which rule is not published.
        answer = self._service.call(
            "selectCmDevice", [("StateInfo", ""), ("CmSelectionCriteria", _criteria(names))]
        )
        where = self._service.endpoint.connection.where
        return _selection(required(answer, where, "selectCmDeviceReturn", "SelectCmDeviceResult"), where)


def _criteria(names: t.Sequence[str]) -> list[tuple[str, t.Any]]:
    return [
        ("MaxReturnedDevices", str(MOST_DEVICES)),
        ("DeviceClass", "Any"),
        ("Model", _ANY_MODEL),
        ("Status", "Any"),
        ("NodeName", ""),
        ("SelectBy", "Name"),
        ("SelectItems", [("item", [("Item", name)]) for name in names]),
        ("Protocol", "Any"),
        ("DownloadStatus", "Any"),
    ]


def _selection(result: xml.Element, where: str) -> Selection:
    listed = result.child("CmNodes")
    nodes = listed.all("item") if listed is not None else []
    codes = {node.value("Name"): _code(node) for node in nodes}
    if len(codes) < len(nodes) or "" in codes:
        raise _unreadable(where, "names a node twice, or one without a name")
    return Selection(
        rows=tuple(
            row for node in nodes if codes[node.value("Name")] in _ANSWERED for row in _rows(node, where)
        ),
        answered=tuple(name for name, code in codes.items() if code in _ANSWERED),
        silent={name: code for name, code in codes.items() if code not in _ANSWERED},
        found=whole(result.value("TotalDevicesFound")),
    )


def _code(node: xml.Element) -> str:
    """Return the code of a node; one that answers that nothing has changed did not answer the question."""
    return _NO_CHANGE if node.value("NoChange").lower() in ("true", "1") else node.value("ReturnCode")


def _rows(node: xml.Element, where: str) -> t.Iterator[DeviceRow]:
    devices = node.child("CmDevices")
    for device in devices.all("item") if devices is not None else []:
        if not device.value("Name"):
            raise _unreadable(where, "has a device without a name")
        yield DeviceRow(
            name=device.value("Name"),
            node=node.value("Name"),
            status=device.value("Status"),
            reason=whole(device.value("StatusReason")),
            stamp=whole(device.value("TimeStamp")),
        )


def _unreadable(where: str, what: str) -> ProtocolError:
    return ProtocolError(
        f"The answer of {CALLED} at {where} {what}.",
        code="unreadable_output",
        remedy="Nothing was concluded from it. Run the task again; if it persists, report it with the release of the cluster.",
    )
