# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Control Center, the service manager of one node. PRIVATE to the collection.

It acts only on the node that receives the call (wire-facts 4.1); the node name in a request does not redirect it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from .._base.clock import Clock
from .._base.device_time import parse
from .._base.errors import ProductFault, UnknownOutcome
from .._base.numbers import whole
from . import xml
from .http import Connection
from .serviceability import request
from .soap import SoapEndpoint


class Reason(enum.Enum):
    """The meaning of a Control Center reason code."""

    DONE = "done"
    ALREADY_SO = "already so"
    PENDING = "pending"
    ABSENT = "absent on this node"
    NOT_ACTIVATED = "not activated"
    STOPPED_BY_OPERATOR = "stopped by the operator"
    REFUSED = "refused"


# Codes and texts: serviceabilitytools, from release 10.5 (wire-facts 4.3).
_REASONS: dict[int, Reason] = {
    -1: Reason.DONE,
    0: Reason.DONE,
    -1003: Reason.ALREADY_SO,
    -1004: Reason.ABSENT,
    -1010: Reason.ABSENT,
    -1014: Reason.ALREADY_SO,
    -1019: Reason.ALREADY_SO,
    -1029: Reason.PENDING,
    -1031: Reason.PENDING,
    -1039: Reason.ALREADY_SO,
    -1040: Reason.ALREADY_SO,
    -1041: Reason.PENDING,
    -1043: Reason.ALREADY_SO,
    -1046: Reason.PENDING,
    -1047: Reason.PENDING,
    -1048: Reason.PENDING,
    -1049: Reason.PENDING,
    -1057: Reason.ALREADY_SO,
    -1068: Reason.NOT_ACTIVATED,
    -1069: Reason.STOPPED_BY_OPERATOR,
}

REMEDIES: dict[int, str] = {
    -1036: "Another service depends on it; stop that one first.",
    -1037: "A service it depends on is not active; start that one first.",
    -1038: "The services depend on each other in a circle; look at the node's Serviceability page.",
    -1042: "The service cannot go there from its present state; wait until it is Started or Stopped.",
    -1045: "The service does not support this; use the platform CLI.",
    -1011: "This service is reserved for the platform; use the platform CLI (utils service ...).",
}


def reason_of(code: int) -> Reason:
    """Return the meaning of a reason code; unknown codes are refusals."""
    return _REASONS.get(code, Reason.REFUSED)


@dataclass(frozen=True)
class ServiceState:
    """One service on one node as Control Center reports it.

    Attributes:
        name: The service's name in Control Center's spelling.
        status: C(Started), C(Stopped), C(Starting), C(Stopping), C(Unknown).
        reason_code: The product's code.
        reason_text: The product's words for it.
        started_at: The node's local time; None if not reported or not running.
        started_zone: The zone printed with it; empty if none is, as on every known release.
        uptime: Seconds; None if not reported or not running.
    """

    name: str
    status: str
    reason_code: int
    reason_text: str = ""
    started_at: datetime | None = None
    uptime: int | None = None
    started_zone: str = ""

    @property
    def reason(self) -> Reason:
        """The meaning of the reason code."""
        return reason_of(self.reason_code)

    @property
    def present(self) -> bool:
        """Whether the node has the service at all."""
        return self.reason is not Reason.ABSENT

    @property
    def activated(self) -> bool:
        """Whether the service is activated on the node."""
        return self.present and self.reason is not Reason.NOT_ACTIVATED


@dataclass(frozen=True)
class Verdict:
    """A node's answer to a change request: its code, its text, and the service states in it."""

    reason_code: int
    reason_text: str
    states: tuple[ServiceState, ...]

    @property
    def reason(self) -> Reason:
        """The meaning of the code; the service's own code is more specific than the request's."""
        own = [state.reason for state in self.states]
        general = reason_of(self.reason_code)
        return (
            own[0]
            if general is Reason.DONE and own and own[0] in (Reason.ABSENT, Reason.REFUSED)
            else general
        )


class ControlCenter:
    """The Control Center service of one node."""

    def __init__(self, node: str, connection: Connection, clock: Clock) -> None:
        self.node = node
        self._endpoint = SoapEndpoint(
            connection, "/controlcenterservice2/services/ControlCenterServices", clock
        )

    def states(self, *names: str) -> dict[str, ServiceState]:
        """Return the states of the named services, or of all."""
        answer = self._call("soapGetServiceStatus", [("ServiceStatus", name) for name in names or ("",)])
        returned = self._returned(answer, "soapGetServiceStatusReturn")
        return {state.name: state for state in _states(returned)}

    def deploy(self, name: str, deployed: bool) -> Verdict:
        """Ask the node to activate or deactivate a service. The effect comes later: poll C(states)."""
        return self._change(
            "soapDoServiceDeployment",
            "DeploymentServiceRequest",
            "DeployType",
            "Deploy" if deployed else "UnDeploy",
            name,
        )

    def control(self, name: str, control: str) -> Verdict:
        """Ask the node to C(Start), C(Stop) or C(Restart) a service. The effect comes later: poll C(states)."""
        return self._change("soapDoControlServices", "ControlServiceRequest", "ControlType", control, name)

    def _change(self, operation: str, request: str, kind: str, value: str, service: str) -> Verdict:
        content = [(request, [("NodeName", self.node), (kind, value), ("ServiceList", [("item", service)])])]
        answer = self._call(operation, content, changing=True)
        try:
            returned = self._returned(answer, f"{operation}Return")
        except ProductFault as error:
            raise UnknownOutcome(
                f"A change request was sent, but its answer cannot be read: {error.message}",
                remedy="Run the task again; it reads the state first.",
            ) from error
        code = returned.value("ReasonCode")
        return Verdict(
            whole(code) or 0,
            returned.value("ReasonString"),
            tuple(_states(returned)),
        )

    def _call(self, operation: str, content: xml.Content, *, changing: bool = False) -> xml.Element:
        return self._endpoint.call(operation, request(operation, content), changing=changing)

    def _returned(self, answer: xml.Element, name: str) -> xml.Element:
        returned = answer.child(name)
        if returned is None:
            raise ProductFault(f"The answer of Control Center at {self.node} lacks {name}.", code="not_soap")
        return returned


def _states(returned: xml.Element) -> list[ServiceState]:
    listed = returned.child("ServiceInfoList")
    return [_state(item) for item in listed.all("item")] if listed is not None else []


def _state(item: xml.Element) -> ServiceState:
    code, uptime = item.value("ReasonCode"), item.value("UpTime")
    status = item.value("ServiceStatus")
    running = status == "Started"
    started = parse(item.value("StartTime")) if running else None
    return ServiceState(
        name=item.value("ServiceName"),
        status=status if status in ("Started", "Stopped", "Starting", "Stopping") else "Unknown",
        reason_code=whole(code) or 0,
        reason_text=item.value("ReasonCodeString"),
        started_at=started.local if started else None,
        uptime=whole(uptime) if running else None,
        started_zone=started.zone if started else "",
    )
