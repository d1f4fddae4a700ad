# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the SOAP services of Cisco Unified Serviceability share: Control Center, RisPort70 and PerfMon."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from xml.etree.ElementTree import Element

from .serviceability_settings import ServiceabilitySettings
from .soap import Answer, RefusalByText, envelope, fault, is_nil, split, to_xml

if TYPE_CHECKING:
    from ..domain.accounts import Account
    from ..domain.node import LabNode
    from ..texts import Texts

NAMESPACE = "http://schemas.cisco.com/ast/soap"
_AXIS = "http://xml.apache.org/axis/"
"""The namespace of the codes that its framework gives ([R]; the prefix ``ns1`` is [C])."""


class BadArguments(RefusalByText):
    """A request that the service does not carry out: what stands in it, or what it asks for."""

    code = "soapenv:Client"


class Service(Protocol):
    """A SOAP service of one node.

    name: what the journal calls it. wsdls: the files of its WSDLs by the paths it answers at. runs_in: the service of the node
    without which it does not answer, if any.
    """

    name: ClassVar[str]
    wsdls: ClassVar[Mapping[str, str]]
    runs_in: ClassVar[str | None]

    def is_changing(self, operation: str) -> bool:
        """Whether an operation of this name changes something."""

    def allows(self, account: Account, *, changing: bool) -> bool:
        """Whether the roles of an account are enough."""

    async def call(self, path: str, request: Element, account: Account) -> Answer:
        """Carry out an operation of the service at a path."""


def wsdl(service: Service, path: str, node: LabNode) -> str:
    """Our WSDL of the service at a path, with the location of this node."""
    text = resources.files("cucm_lab.web").joinpath("wsdl", service.wsdls[path]).read_text("utf-8")
    address = f"[{node.address}]" if ":" in node.address else node.address
    return text.replace("@LOCATION@", f"https://{address}:{node.https_port}{path}")


def operation_of(request: Element, known: tuple[str, ...]) -> str:
    """The name of a request's operation. Raises BadArguments when there is no such operation."""
    namespace, operation = split(request.tag)
    if namespace != NAMESPACE or operation not in known:
        raise BadArguments("control_center.no_operation", operation=operation)
    return operation


def response(name: str, content: Mapping[str, Any], *, bare: bool = False) -> Answer:
    """An answer whose element is ``name``; the names of all elements begin with ``ns1:``, or only the outer two ([C] both)."""
    prefix = "" if bare else "ns1:"
    inner = "".join(to_xml("ns1:" * bare + key, value, prefix) for key, value in content.items())
    return Answer(200, envelope(f'<ns1:{name} xmlns:ns1="{NAMESPACE}">{inner}</ns1:{name}>'))


@dataclass(frozen=True)
class Limit:
    """How many queries of a kind a minute lets through: an enterprise parameter, and its default."""

    what: str
    parameter: str
    usual: int

    def of(self, node: LabNode) -> int:
        """The limit of the cluster of a node."""
        value = node.cluster.database.process_config(self.parameter) or ""
        return int(value) if value.isdigit() else self.usual

    def lets_through(self, node: LabNode) -> bool:
        """Whether one more query to a node is within the limit."""
        cluster = node.cluster
        settings = ServiceabilitySettings(**cluster.serviceability)
        scope = self.what if settings.rate_per == "cluster" else f"{self.what} {node.name}"
        return cluster.query_rates.lets_through(scope, self.of(node), counts_refused=settings.counts_refused)


class Monitor(ABC):
    """A service of one node that only reads, and whose queries a minute are limited.

    operations: the names it knows. limit: how many queries. reports_as: what its faults of the framework name.
    """

    operations: ClassVar[tuple[str, ...]]
    limit: ClassVar[Limit]
    reports_as: ClassVar[str]

    def __init__(self, node: LabNode) -> None:
        self._node = node

    @property
    def _texts(self) -> Texts:
        return self._node.cluster.texts

    @property
    def _settings(self) -> ServiceabilitySettings:
        return ServiceabilitySettings(**self._node.cluster.serviceability)

    def is_changing(self, operation: str) -> bool:
        """Whether an operation of this name changes something: none does."""
        return False

    def allows(self, account: Account, *, changing: bool) -> bool:
        """Whether the roles of an account are enough."""
        return account.may_monitor

    async def call(self, path: str, request: Element, account: Account) -> Answer:
        """Carry out an operation of the service, within its limit."""
        try:
            operation = operation_of(request, self.operations)
            if not self.limit.lets_through(self._node):
                message = self._texts.say(f"{self.limit.what}.rate", limit=self.limit.of(self._node))
                return axis_fault("RateControl", message, self.reports_as)
            return await self._carry_out(operation, request)
        except BadArguments as error:
            return self._refusal(error)

    @abstractmethod
    async def _carry_out(self, operation: str, request: Element) -> Answer:
        """The answer of an operation. Raises BadArguments."""

    def _refusal(self, error: BadArguments) -> Answer:
        return refusal(error, self._texts)


def refusal(error: BadArguments, texts: Texts) -> Answer:
    """The fault that a refused request gets."""
    return fault(error.code, error.words(texts))


def axis_fault(kind: str, message: str, service: str) -> Answer:
    """A fault as the framework of the services writes it ([C] phone-facts 1.3; that the service stands in the detail is [R])."""
    code = f'<faultcode xmlns:ns1="{_AXIS}">ns1:Server.{kind}</faultcode>'
    content = f"{code}{to_xml('faultstring', message)}<detail>{service}</detail>"
    return Answer(500, envelope(f"<soapenv:Fault>{content}</soapenv:Fault>"))


def child(element: Element, name: str) -> Element:
    """A child by its name. Raises BadArguments when it is missing."""
    found = element.find(f"{{{NAMESPACE}}}{name}")
    if found is None:
        raise BadArguments("control_center.missing", name=name)
    return found


def children(element: Element, name: str) -> list[str]:
    """The texts of all children of a name."""
    return [(each.text or "").strip() for each in element.findall(f"{{{NAMESPACE}}}{name}")]


def choice(element: Element, name: str, allowed: tuple[str, ...]) -> str:
    """The text of a child that is one of some words. Raises BadArguments."""
    value = (child(element, name).text or "").strip()
    if value not in allowed:
        raise BadArguments("control_center.no_choice", name=name, value=value, allowed=", ".join(allowed))
    return value


def sequence(element: Element, *names: str) -> dict[str, Element]:
    """The children of an element, which are exactly these, in this order ([X]); by name. Raises BadArguments."""
    found = [split(each.tag)[1] for each in element]
    for name, there in zip(names, found, strict=False):
        if name != there:
            raise BadArguments("serviceability.unexpected", name=there)
    if len(found) != len(names):
        missing = names[len(found)] if len(found) < len(names) else None
        if missing is not None:
            raise BadArguments("control_center.missing", name=missing)
        raise BadArguments("serviceability.unexpected", name=found[len(names)])
    return dict(zip(names, element, strict=True))


def text(element: Element) -> str:
    """What an element says; nothing for one that is nil."""
    return "" if is_nil(element) else (element.text or "").strip()
