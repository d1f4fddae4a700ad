# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control Center: activation and control of the services of the node that is addressed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar
from xml.etree.ElementTree import Element

from ..domain.errors import ServiceRefused
from ..domain.services import Service
from ..texts import TEXTS, Texts
from .serviceability import BadArguments, child, children, choice, operation_of, refusal, response
from .soap import Answer, fault, split

if TYPE_CHECKING:
    from ..domain.accounts import Account
    from ..domain.node import LabNode

PRODUCT = "CallManager"
PATH = "/controlcenterservice2/services/ControlCenterServices"
EXTENDED_PATH = PATH + "Ex"
OPERATIONS = {
    PATH: (
        "getProductInformationList",
        "soapGetStaticServiceList",
        "soapGetServiceStatus",
        "soapDoServiceDeployment",
        "soapDoControlServices",
    ),
    EXTENDED_PATH: ("getStaticServiceListExtended", "soapDoControlServicesEx"),
}
"""By the path of the service ([X] wire-facts 4.1, 4.3; [C] clients of the extended one for its names)."""
NOT_SIMULATED = ("getFileDirectoryList", "soapDoServiceDeploymentNoDbUpdate")
"""Operations of the extended service that the lab does not have ([D] Cisco's page on Control Center)."""
CHANGING = ("soapDoServiceDeployment", "soapDoControlServices", "soapDoControlServicesEx")


class ControlCenter:
    """Control Center of one node."""

    name: ClassVar = "control-center"
    wsdls: ClassVar = {PATH: "control_center.wsdl", EXTENDED_PATH: "control_center_ex.wsdl"}
    runs_in: ClassVar = None

    def __init__(self, node: LabNode) -> None:
        self._node = node

    @property
    def _texts(self) -> Texts:
        return self._node.cluster.texts

    def is_changing(self, operation: str) -> bool:
        """Whether an operation of this name changes something."""
        return operation in CHANGING

    def allows(self, account: Account, *, changing: bool) -> bool:
        """Whether the roles of an account are enough."""
        return account.may_control_services or not changing

    async def call(self, path: str, request: Element, account: Account) -> Answer:
        """Carry out an operation of the service at a path."""
        operation = split(request.tag)[1]
        if path == EXTENDED_PATH and operation in NOT_SIMULATED:
            return fault("soapenv:Server", self._texts.say("web.not_simulated", what=operation))
        try:
            operation_of(request, OPERATIONS[path])
            content = await getattr(self, "_" + operation)(request, account)
        except BadArguments as error:
            return refusal(error, self._texts)
        return response(f"{operation}Response", content)

    # -- reading ----------------------------------------------------------------------------------------

    async def _getProductInformationList(self, request: Element, account: Account) -> dict[str, Any]:
        cluster = self._node.cluster
        subscribers = [n.name for n in cluster.nodes.values() if not n.is_publisher]
        return {
            "getProductInformationListReturn": {
                "ActiveServerVersion": cluster.version,
                "PrimaryNode": cluster.publisher.name,
                "SecondaryNode": ",".join(subscribers),
                "Products": {
                    "item": [
                        {
                            "ProductName": self._texts["control_center.product"],
                            "ProductVersion": cluster.version,
                            "ProductDescription": self._texts["control_center.product"],
                            "ProductID": PRODUCT,
                            "ShortName": "CCM",
                        }
                    ]
                },
                "Services": {"item": [self._specification(s, product=True) for s in self._services()]},
            }
        }

    async def _soapGetStaticServiceList(self, request: Element, account: Account) -> dict[str, Any]:
        services = [self._specification(s, product=False) for s in self._services()]
        return {"soapGetStaticServiceListReturn": {"Services": {"item": services}}}

    async def _getStaticServiceListExtended(self, request: Element, account: Account) -> dict[str, Any]:
        """Names: [C]; their order, and that restrictions may be missing, is [R]."""
        services = [
            {**self._specification(s, product=True), "ServiceEnum": str(s.kind.enum)}
            for s in self._services()
        ]
        primary = self._node.is_publisher
        listed = {"PrimaryNode": primary, "SecondaryNode": not primary, "Services": {"item": services}}
        return {"getStaticServiceListExtendedReturn": listed}

    async def _soapGetServiceStatus(self, request: Element, account: Account) -> dict[str, Any]:
        names = children(request, "ServiceStatus")
        if not names or names == [""]:
            names = [s.name for s in self._services()]
        items = []
        for name in names:
            lie = self._node.cluster.faults.active(
                "control_center_reason", node=self._node.name, service=name, operation="soapGetServiceStatus"
            )
            told = None
            if lie is not None and "operation" in lie.spec:
                self._node.cluster.faults.take("control_center_reason", node=self._node.name, service=name)
                told = lie.get("reason_code")
            items.append(self._item(name, told))
        return {"soapGetServiceStatusReturn": self._result(items, 0)}

    # -- changing ---------------------------------------------------------------------------------------

    async def _soapDoServiceDeployment(self, request: Element, account: Account) -> dict[str, Any]:
        inner = child(request, "DeploymentServiceRequest")
        kind = choice(inner, "DeployType", ("Deploy", "UnDeploy"))
        word = "activate" if kind == "Deploy" else "deactivate"
        names = _service_names(inner)
        codes = await asyncio.gather(*(self._do(name, word, account) for name in names))
        items = [self._item(name, code or None) for name, code in zip(names, codes, strict=True)]
        return {"soapDoServiceDeploymentReturn": self._result(items, next((c for c in codes if c), 0))}

    async def _soapDoControlServices(self, request: Element, account: Account) -> dict[str, Any]:
        inner = child(request, "ControlServiceRequest")
        word = choice(inner, "ControlType", ("Start", "Stop", "Restart")).lower()
        names = _service_names(inner)
        codes = [await self._do(name, word, account) for name in names]
        # The device answers once it has begun, not when it is done.
        await self._node.cluster.clock.sleep(0.5)
        items = [self._item(name, code or None) for name, code in zip(names, codes, strict=True)]
        return {"soapDoControlServicesReturn": self._result(items, next((c for c in codes if c), 0))}

    async def _soapDoControlServicesEx(self, request: Element, account: Account) -> dict[str, Any]:
        inner = child(request, "ControlServiceRequestEx")
        choice(inner, "ProductId", (PRODUCT, "Common", "Elm"))
        enforced = choice(inner, "DependencyType", ("Enforce", "None")) == "Enforce"
        word = choice(inner, "ControlType", ("Start", "Stop", "Restart")).lower()
        names, codes = _service_names(inner), []
        for name in names:
            if enforced and word != "stop":
                await self._start_needed(name, account)
            codes.append(await self._do(name, word, account))
        await self._node.cluster.clock.sleep(0.5)
        items = [self._item(name, code or None) for name, code in zip(names, codes, strict=True)]
        return {"soapDoControlServicesExReturn": self._result(items, next((c for c in codes if c), 0))}

    async def _start_needed(self, name: str, account: Account) -> None:
        """Start what a service depends on, if it does not run ([D]: so does Enforce)."""
        service = self._node.find_service(name)
        for needed in service.depends_on if service else ():
            if self._node.services[needed].status == "Stopped":
                await self._do(needed, "start", account)

    async def _do(self, name: str, word: str, account: Account) -> int:
        """0, or the reason code of the refusal."""
        lie = self._node.cluster.faults.active("control_center_reason", node=self._node.name, service=name)
        if lie is not None and "operation" not in lie.spec:
            self._node.cluster.faults.take("control_center_reason", node=self._node.name, service=name)
            return int(lie.get("reason_code"))
        service = self._node.find_service(name)
        if service is None:
            return -1010
        try:
            await getattr(service, word)(account)
        except ServiceRefused as refusal:
            return refusal.reason_code
        return 0

    # -- pieces -----------------------------------------------------------------------------------------

    def _services(self) -> list[Service]:
        return self._node.listed_services()

    def _specification(self, service: Service, *, product: bool) -> dict[str, Any]:
        specification: dict[str, Any] = {
            "ServiceName": service.name,
            "ServiceType": service.kind.type,
            "Deployable": service.deployable,
            "GroupName": service.group,
        }
        if product:
            specification["ProductID"] = PRODUCT
        specification["DependentServices"] = {"Service": list(service.depends_on)}
        return specification

    def _item(self, name: str, told: int | None = None) -> dict[str, Any]:
        """State of a service, or why it was refused.

        The form of StartTime (node local) and UpTime (whole seconds, -1 when not running) is as captured by
        public clients ([C]).
        """
        service = self._node.find_service(name)
        if service is None:
            code = -1010 if told is None else told
            status, start, uptime = "Unknown", "", -1
        else:
            code = service.reason_code if told is None else told
            status = service.status
            running = service.uptime
            uptime = -1 if running is None else running
            start = ""
            if running is not None and service.started_at is not None:
                start = self._node.local_time(service.started_at).strftime("%a %b %d %H:%M:%S %Y")
        text = self._texts["control_center.reason.none"] if code == -1 else self._reason(code)
        return {
            "ServiceName": name,
            "ServiceStatus": status,
            "ReasonCode": code,
            "ReasonCodeString": text,
            "StartTime": start,
            "UpTime": uptime,
        }

    def _reason(self, code: int) -> str:
        key = f"control_center.reason.{code}"
        return self._texts[key if key in TEXTS else "control_center.reason.unknown"]

    def _result(self, items: list[dict[str, Any]], refusal: int) -> dict[str, Any]:
        """The common answer. That ReturnCode is 1 for a refusal is invented; 0 with -1 is captured ([C])."""
        return {
            "ReturnCode": "1" if refusal else "0",
            "ReasonCode": refusal or -1,
            "ReasonString": self._reason(refusal or -1),
            "ServiceInfoList": {"item": items},
        }


def _service_names(element: Element) -> list[str]:
    names = [name for name in children(child(element, "ServiceList"), "item") if name]
    if not names:
        raise BadArguments("control_center.no_item")
    return names
