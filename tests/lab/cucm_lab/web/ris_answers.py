# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What RisPort70 answers: rows of RIS as XML, node by node, and the token of their state ([X] wire-facts 5, phone-facts 1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from .soap import NIL

if TYPE_CHECKING:
    from ..domain.phones.view import RisRow

DOWNLOAD = "Unknown"
"""What RIS says of the firmware of every device here ([R])."""
_PERFMON_OBJECTS = {"Gateway": 5, "H323": 4, "MediaResources": 13, "HuntList": 21, "SIPTrunk": 22}
"""By class ([V] phone-facts 1.1, of one kind of each class); 2 for whatever is a station ([C])."""
_TRUNK = (
    "ConfigName",
    "TechPrefix",
    "Zone",
    "RemoteCmServer1",
    "RemoteCmServer2",
    "RemoteCmServer3",
    "AltGkList",
    "ActiveGk",
    "CallSignalAddr",
    "RasAddr",
)
State = tuple[str, str]
"""A node's state as StateInfo writes it: when its RIS began, and the number of its state."""


@dataclass(frozen=True)
class NodeAnswer:
    """What one node has for a query. code: of its answer; state: None when it gave none; rows: those that fit."""

    node: str
    code: str
    state: State | None = None
    unchanged: bool = False
    rows: tuple[RisRow, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it says that nothing fits."""
        return self.code == "Ok" and not self.rows and not self.unchanged

    def return_code(self, empty: str) -> str:
        """Its code; ``empty`` where nothing fits."""
        return empty if self.is_empty else self.code


def known_states(state_info: str) -> dict[str, State]:
    """The states of nodes that a client has sent back; nothing where they cannot be read."""
    if "<!" in state_info:
        return {}
    try:
        root = ElementTree.fromstring(state_info)
    except ElementTree.ParseError:
        return {}
    return {
        node.get("Name", ""): (node.get("SubsystemStartTime", ""), node.get("StateId", ""))
        for node in root.iter("Node")
    }


def newest(answers: list[NodeAnswer]) -> list[NodeAnswer]:
    """Keep of each device the row with the newest change of status, and of those the registered one ([P] phone-facts 1.2)."""
    best: dict[str, RisRow] = {}

    def order(row: RisRow) -> tuple[float, bool]:
        return row.timestamp, "Registered" in row.status and row.status != "UnRegistered"

    for answer in answers:
        for row in answer.rows:
            if row.name not in best or order(row) > order(best[row.name]):
                best[row.name] = row
    return [replace(each, rows=tuple(row for row in each.rows if best[row.name] is row)) for each in answers]


def page(answers: list[NodeAnswer], limit: int) -> list[NodeAnswer]:
    """The answers with so many rows at most, of the first nodes."""
    cut = []
    for answer in answers:
        rows = answer.rows[:limit]
        limit -= len(rows)
        cut.append(replace(answer, rows=rows))
    return cut


def state_info(found: list[NodeAnswer], returned: list[NodeAnswer], *, cluster_wide: bool) -> str:
    """The token by which a client can ask later whether anything has changed ([C] phone-facts 1.3)."""
    nodes = "".join(
        f'<Node Name={quoteattr(each.node)} SubsystemStartTime="{each.state[0]}" StateId="{each.state[1]}" '
        f'TotalItemsFound="{len(each.rows)}" TotalItemsReturned="{len(cut.rows)}"/>'
        for each, cut in zip(found, returned, strict=True)
        if each.state is not None
    )
    return f'<StateInfo ClusterWide="{int(cluster_wide)}">{nodes}</StateInfo>'


def cm_node(answer: NodeAnswer, *, empty: str) -> dict[str, Any]:
    """``CmNode``. empty: the code where nothing fits."""
    return {
        "ReturnCode": answer.return_code(empty),
        "Name": answer.node,
        "NoChange": answer.unchanged,
        "CmDevices": {"item": [device(row) for row in answer.rows]},
    }


def device(row: RisRow) -> dict[str, Any]:
    """``CmDevice`` ([X] wire-facts 5). What no row has is as in a capture ([C]), or 0 or unknown ([R])."""
    phone = row.device_class == "Phone"
    lines = [{"DirectoryNumber": number, "Status": status} for number, status in row.lines]
    address = {
        "IP": row.address,
        "IPAddrType": "ipv6" if ":" in row.address else "ipv4",
        "Attribute": "AdministrativeAndSignaling",
    }
    return {
        "Name": row.name,
        "DirNumber": ",".join(f"{number}-{status}" for number, status in row.lines),
        "DeviceClass": row.device_class,
        "Model": row.model,
        "Product": row.model,
        "BoxProduct": 0,
        "Httpd": "No" if phone else "Unknown",
        "RegistrationAttempts": 1,
        "IsCtiControllable": phone or row.device_class == "Cti",
        "LoginUserId": row.login_user or NIL,
        "Status": row.status,
        "StatusReason": row.reason,
        "PerfMonObject": _PERFMON_OBJECTS.get(row.device_class, 2),
        "DChannel": 0,
        "Description": row.description,
        "H323Trunk": dict.fromkeys(_TRUNK, NIL),
        "TimeStamp": int(row.timestamp),
        "Protocol": row.protocol or "Unknown",
        "NumOfLines": len(row.lines),
        "LinesStatus": {"item": lines} if lines else NIL,
        "ActiveLoadID": row.active_load,
        "InactiveLoadID": None,
        "DownloadStatus": DOWNLOAD,
        "DownloadFailureReason": None,
        "DownloadServer": None,
        "IPAddress": {"item": [address] if row.address else []},
    }


def cti_status(status: str) -> str:
    """How CTI calls the status of a device that an application controls ([R])."""
    return "Open" if status in ("Registered", "PartiallyRegistered") else "Closed"


def cti_node(answer: NodeAnswer, *, kind: str, empty: str) -> dict[str, Any]:
    """``CtiNode`` with what a class of CTIManager has. empty: the code where nothing fits."""
    return {
        "ReturnCode": answer.return_code(empty),
        "Name": answer.node,
        "NoChange": answer.unchanged,
        "CtiItems": {"item": [item for row in answer.rows for item in cti_items(row, kind)]},
    }


def cti_items(row: RisRow, kind: str) -> list[dict[str, Any]]:
    """``CtiItem`` of an application's provider, a device of it, or each line of that ([X] phone-facts 1.4)."""
    status, since = cti_status(row.status), int(row.timestamp)
    application = {
        "AppId": row.login_user or row.name,
        "UserId": row.login_user or NIL,
        "AppIpAddr": row.address,
        "AppIpv6Addr": None,
        "AppStatus": status,
        "AppStatusReason": row.reason,
        "AppTimeStamp": since,
    }
    controlled = {
        "AppControlsMedia": False,
        "DeviceName": row.name,
        "DeviceStatus": status,
        "DeviceStatusReason": row.reason,
        "DeviceTimeStamp": since,
    }
    if kind != "Line":
        return [{**application, "CtiDevice": controlled if kind == "Device" else NIL, "CtiLine": NIL}]
    return [
        {
            **application,
            "CtiDevice": controlled,
            "CtiLine": {
                "DirNumber": number,
                "LineStatus": cti_status(line),
                "LineStatusReason": row.reason,
                "LineTimeStamp": since,
            },
        }
        for number, line in row.lines
    ]
