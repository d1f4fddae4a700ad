# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PerfMon: the counters of the nodes, in one answer or by a session ([X] phone-facts 2.1)."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from xml.etree.ElementTree import Element

from ..domain.services import PERFORMANCE_APIS
from .ris import PATIENCE
from .serviceability import BadArguments, Limit, Monitor, axis_fault, response, sequence, text
from .soap import Answer

if TYPE_CHECKING:
    from ..domain.node import LabNode

PATH = "/perfmonservice2/services/PerfmonService"
OPERATIONS = (
    "perfmonOpenSession",
    "perfmonAddCounter",
    "perfmonRemoveCounter",
    "perfmonCollectSessionData",
    "perfmonCloseSession",
    "perfmonListInstance",
    "perfmonQueryCounterDescription",
    "perfmonListCounter",
    "perfmonCollectCounterData",
)
LIMIT = Limit("perfmon", "AllowedPerfmonQueriesPerMinute", 80)
"""[C] phone-facts 0, row 5. That every operation counts is [R]."""
Counters = Mapping[str, int]


@dataclass(frozen=True)
class CounterName:
    """A counter as clients name it: ``\\\\host\\Object(instance)\\Counter``, with or without an instance."""

    host: str
    object: str
    counter: str
    instance: str | None = None

    _PATTERN: ClassVar = re.compile(r"\\\\([^\\]+)\\([^\\(]+)(?:\((.*)\))?\\([^\\]+)", re.DOTALL)

    @classmethod
    def read(cls, name: str) -> CounterName:
        """Read a name. Raises BadArguments."""
        match = cls._PATTERN.fullmatch(name)
        if match is None:
            raise BadArguments("perfmon.no_counter", name=name)
        host, of, instance, counter = match.groups()
        return cls(host, of, counter, instance)

    @property
    def key(self) -> str:
        """How the simulation names it within its object."""
        return self.counter if self.instance is None else f"({self.instance})\\{self.counter}"


def full_name(host: str, object_name: str, key: str) -> str:
    """The whole name of a counter of a host, by its name within its object."""
    instance, _backslash, counter = key.rpartition("\\")
    return f"\\\\{host}\\{object_name}{instance}\\{counter}"


class PerfMon(Monitor):
    """PerfMon of one node; it asks the nodes that requests name."""

    name: ClassVar = "perfmon"
    wsdls: ClassVar = dict.fromkeys((PATH, f"{PATH}/"), "perfmon.wsdl")
    runs_in: ClassVar = PERFORMANCE_APIS
    operations: ClassVar = OPERATIONS
    limit: ClassVar = LIMIT
    reports_as: ClassVar = "PerfmonService"

    def __init__(self, node: LabNode) -> None:
        super().__init__(node)
        self._sessions: dict[str, dict[str, CounterName]] = {}

    def forget(self) -> None:
        """Close all sessions."""
        self._sessions.clear()

    async def _carry_out(self, operation: str, request: Element) -> Answer:
        told = await getattr(self, "_" + operation)(request)
        content = {} if told is None else {f"{operation}Return": told}
        return response(f"{operation}Response", content, bare=self._settings.children == "bare")

    def _refusal(self, error: BadArguments) -> Answer:
        return axis_fault("generalException", error.words(self._texts), self.reports_as)

    # -- one answer -------------------------------------------------------------------------------------

    async def _perfmonCollectCounterData(self, request: Element) -> list[dict[str, Any]]:
        host, of = self._texts_of(request, "Host", "Object")
        counters = _fed(await self._host(host), of)
        if counters is None:
            raise BadArguments("perfmon.no_object", name=of, host=host)
        return [self._value(full_name(host, of, key), value) for key, value in counters.items()]

    async def _perfmonListCounter(self, request: Element) -> list[dict[str, Any]]:
        (host,) = self._texts_of(request, "Host")
        node = await self._host(host)
        phones = node.cluster.phones
        return [
            {
                "Name": each,
                "MultiInstance": any(key.startswith("(") for key in counters),
                "ArrayOfCounter": {"item": [{"Name": name} for name in _counter_names(counters)]},
            }
            for each in phones.objects(node.name)
            if (counters := phones.counters(node.name, each)) is not None
        ]

    async def _perfmonListInstance(self, request: Element) -> list[dict[str, Any]]:
        host, of = self._texts_of(request, "Host", "Object")
        counters = _fed(await self._host(host), of)
        if counters is None:
            raise BadArguments("perfmon.no_object", name=of, host=host)
        instances = (key.rpartition("\\")[0][1:-1] for key in counters if key.startswith("("))
        return [{"Name": each} for each in dict.fromkeys(instances)]

    async def _perfmonQueryCounterDescription(self, request: Element) -> str:
        (name,) = self._texts_of(request, "Counter")
        counter = CounterName.read(name)
        counters = _fed(await self._host(counter.host), counter.object)
        if counter.counter not in _counter_names(counters or ()):
            raise BadArguments("perfmon.no_counter", name=name)
        return self._texts.say("perfmon.description", counter=counter.counter, name=counter.object)

    # -- sessions ---------------------------------------------------------------------------------------

    async def _perfmonOpenSession(self, request: Element) -> str:
        """How long a session lives is not published: as long as Tomcat, here."""
        sequence(request)
        handle = secrets.token_hex(16)
        self._sessions[handle] = {}
        return handle

    async def _perfmonAddCounter(self, request: Element) -> None:
        session, names = self._session_and_names(request)
        added = {name: CounterName.read(name) for name in names}
        for name, counter in added.items():
            if counter.key not in (_fed(await self._host(counter.host), counter.object) or ()):
                raise BadArguments("perfmon.no_counter", name=name)
        session.update(added)

    async def _perfmonRemoveCounter(self, request: Element) -> None:
        session, names = self._session_and_names(request)
        for name in names:
            if session.pop(name, None) is None:
                raise BadArguments("perfmon.no_counter", name=name)

    async def _perfmonCollectSessionData(self, request: Element) -> list[dict[str, Any]]:
        (handle,) = self._texts_of(request, "SessionHandle")
        session = dict(self._session(handle))
        hosts = {counter.host for counter in session.values()}
        nodes = dict(zip(hosts, await asyncio.gather(*map(self._answering, hosts)), strict=True))
        values = []
        for name, counter in session.items():
            node = nodes[counter.host]
            counters = _fed(node, counter.object) if node is not None else None
            if counters is None or counter.key in counters:
                values.append(self._value(name, (counters or {}).get(counter.key)))
        return values

    async def _perfmonCloseSession(self, request: Element) -> None:
        (handle,) = self._texts_of(request, "SessionHandle")
        self._session(handle)
        del self._sessions[handle]

    # -- pieces -----------------------------------------------------------------------------------------

    @staticmethod
    def _texts_of(request: Element, *names: str) -> list[str]:
        return [text(each) for each in sequence(request, *names).values()]

    def _session(self, handle: str) -> dict[str, CounterName]:
        if handle not in self._sessions:
            raise BadArguments("perfmon.no_session", handle=handle)
        return self._sessions[handle]

    def _session_and_names(self, request: Element) -> tuple[dict[str, CounterName], list[str]]:
        parts = sequence(request, "SessionHandle", "ArrayOfCounter")
        names = [text(sequence(each, "Name")["Name"]) for each in parts["ArrayOfCounter"]]
        return self._session(text(parts["SessionHandle"])), names

    async def _host(self, name: str) -> LabNode:
        """The node of a name, once it has answered. Raises BadArguments when none does."""
        cluster = self._node.cluster
        node = next((each for each in cluster.nodes.values() if each.is_called(name)), None)
        if node is None:
            raise BadArguments("perfmon.no_host", host=name)
        if not node.answers_ris:
            await cluster.clock.sleep(PATIENCE * cluster.timings["ris_timeout_s"])
        if not node.answers_ris:
            raise BadArguments("perfmon.no_answer", host=name)
        return node

    async def _answering(self, name: str) -> LabNode | None:
        """The node of a name, once it has answered; None when none does."""
        try:
            return await self._host(name)
        except BadArguments:
            return None

    def _value(self, name: str, value: int | None) -> dict[str, Any]:
        settings = self._settings
        status = settings.bad_cstatus if value is None else settings.cstatus
        return {"Name": name, "Value": value or 0, "CStatus": status}


def _fed(node: LabNode, of: str) -> Counters | None:
    """The counters of an object of a node; None while nothing feeds it."""
    return node.cluster.phones.counters(node.name, of)


def _counter_names(counters: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(key.rpartition("\\")[2] for key in counters))
