# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RisPort70: which devices are registered where, as each node's RIS database has it ([X] wire-facts 5, phone-facts 1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from xml.etree.ElementTree import Element

from ..domain.services import REALTIME_APIS
from .ris_answers import NodeAnswer, State, cm_node, cti_node, known_states, newest, page, state_info
from .ris_criteria import Criteria, CtiCriteria
from .serviceability import Limit, Monitor, response, sequence, text
from .soap import NIL, Answer

if TYPE_CHECKING:
    from ..domain.node import LabNode
    from ..domain.phones.view import RisRow

PATH = "/realtimeservice2/services/RISService70"
OPERATIONS = ("selectCmDevice", "selectCmDeviceExt", "selectCtiItem")
LIMIT = Limit("ris", "AllowedRisQueriesPerMinute", 15)
"""[D] wire-facts 5."""
PATIENCE = 0.9
"""How much of ``RisClientTimeout`` the other nodes have to answer in ([V] phone-facts 1.2)."""


@dataclass(frozen=True)
class Query:
    """What the RIS of a node is asked for. node: empty for all; names: of the only devices that can fit, if that is known."""

    node: str
    fits: Callable[[RisRow], bool]
    names: Sequence[str] | None = None


class RisPort(Monitor):
    """RisPort70 of one node; it asks the RIS of all nodes."""

    name: ClassVar = "risport"
    wsdls: ClassVar = dict.fromkeys((PATH, f"{PATH}/"), "ris.wsdl")
    runs_in: ClassVar = REALTIME_APIS
    operations: ClassVar = OPERATIONS
    limit: ClassVar = LIMIT
    reports_as: ClassVar = "RISService70"

    async def _carry_out(self, operation: str, request: Element) -> Answer:
        if operation == "selectCtiItem":
            return await self._cti_items(request)
        return await self._devices(request, consolidated=operation == "selectCmDeviceExt")

    async def _devices(self, request: Element, *, consolidated: bool) -> Answer:
        parts = sequence(request, "StateInfo", "CmSelectionCriteria")
        settings = self._settings
        criteria = Criteria.read(parts["CmSelectionCriteria"], commas=settings.commas == "list")
        wildcards = settings.ext_wildcards or not consolidated
        query = Query(
            criteria.node, criteria.filter(wildcards=wildcards), criteria.names(wildcards=wildcards)
        )
        answers = await self._ask(query, text(parts["StateInfo"]))
        if consolidated:
            answers = newest(answers)
        found, nodes, state = self._page(answers, criteria.limit, query, cm_node)
        content = {"SelectCmDeviceResult": {"TotalDevicesFound": found, "CmNodes": nodes}, "StateInfo": state}
        name = settings.ext_response if consolidated else "selectCmDeviceResponse"
        return response(name, {"selectCmDeviceReturn": content}, bare=settings.children == "bare")

    async def _cti_items(self, request: Element) -> Answer:
        """What applications control, made from the CTI devices that are registered.

        Which application that is nobody simulates, so it is named after the user of the device (invented).
        """
        parts = sequence(request, "StateInfo", "CtiSelectionCriteria")
        criteria = CtiCriteria.read(parts["CtiSelectionCriteria"])
        query = Query(criteria.node, criteria.fits)
        answers = await self._ask(query, text(parts["StateInfo"]))
        found, nodes, state = self._page(
            answers, criteria.limit, query, partial(cti_node, kind=criteria.kind)
        )
        content = {"SelectCtiItemResult": {"TotalItemsFound": found, "CtiNodes": nodes}, "StateInfo": state}
        bare = self._settings.children == "bare"
        return response("selectCtiItemResponse", {"selectCtiItemReturn": content}, bare=bare)

    def _page(
        self, answers: list[NodeAnswer], limit: int, query: Query, render: Callable[..., dict[str, Any]]
    ) -> tuple[int, object, str | None]:
        """How many rows were found, the nodes with the rows that one answer holds, and the token of their state.

        Where no node has anything, there are no nodes either ([C] phone-facts 1.1).
        """
        settings = self._settings
        returned = page(answers, min(limit or settings.max_devices, settings.max_devices))
        found = sum(len(each.rows) for each in (answers if settings.total == "matched" else returned))
        if all(each.is_empty for each in answers):
            return found, NIL, None
        nodes = {"item": [render(each, empty=settings.empty_node) for each in returned]}
        return found, nodes, state_info(answers, returned, cluster_wide=not query.node)

    async def _ask(self, query: Query, state_sent: str) -> list[NodeAnswer]:
        """Ask the RIS of all nodes, or of the one of a name."""
        cluster = self._node.cluster
        nodes = [each for each in cluster.nodes.values() if not query.node or each.is_called(query.node)]
        if not nodes:
            return [NodeAnswer(query.node, "InvalidNodeName")]
        if not all(each.answers_ris for each in nodes):
            await cluster.clock.sleep(PATIENCE * cluster.timings["ris_timeout_s"])
        known = known_states(state_sent)
        return [_answer(each, known.get(each.name), query) for each in nodes]


def _answer(node: LabNode, known: State | None, query: Query) -> NodeAnswer:
    """What the RIS of a node has for a query. known: the state that the client has already seen."""
    if not node.answers_ris:
        return NodeAnswer(node.name, "NodeNotResponding")
    phones = node.cluster.phones
    began, number = phones.state(node.name)
    state = (str(int(began)), str(number))
    if known == state:
        return NodeAnswer(node.name, "Ok", state, unchanged=True)
    rows = [row for row in phones.rows(node.name, query.names) if query.fits(row)]
    return NodeAnswer(node.name, "Ok", state, rows=tuple(sorted(rows, key=lambda row: row.name)))
