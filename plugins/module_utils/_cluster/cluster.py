# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster as readers and modules know it: its nodes, its database, and the ways to the nodes. PRIVATE to the collection."""

from __future__ import annotations

import re
import typing as t
from datetime import datetime

from .._base.errors import CucmError, InputError
from .._security import platform
from .._transport.axl import AxlService
from .._transport.certificate_api import CertificateApi
from .._transport.cli import Exchange
from .._transport.control_center import ControlCenter
from .._transport.perfmon import PerfMon
from .._transport.risport import RisPort
from .access import Access, Database, require_publisher
from .accounts import missing_account
from .database import Part, Row
from .nodes import Node

_T = t.TypeVar("_T")


class Cluster:
    """One cluster, addressed by its publisher."""

    def __init__(self, access: Access, database: Database) -> None:
        self._access = access
        self._database = database
        self.warn: t.Callable[[str], None] = lambda message: None

    # -- its nodes ---------------------------------------------------------------------------------------

    @property
    def nodes(self) -> list[Node]:
        """The nodes as the database lists them, without the pseudo node; publisher first.

        Raises:
            Refusal: The address given as publisher is another node's (C(not_publisher)).
        """
        return self._database.nodes.all()

    @property
    def callmanager_nodes(self) -> list[Node]:
        """The Unified CM nodes, publisher first."""
        return [node for node in self.nodes if node.type == "callmanager"]

    @property
    def publisher(self) -> Node:
        """The publisher."""
        return self.nodes[0]

    @property
    def identity(self) -> str:
        """What the cluster is known by for ever: the key of its publisher's row."""
        return self._database.nodes.identity

    @property
    def known_names(self) -> list[str]:
        """Names of nodes as far as the cluster has told them; asks nothing."""
        return [row["name"] for row in self._database.nodes.rows or ()]

    def node(self, name: str) -> Node:
        """Return a Unified CM node by name.

        Raises:
            InputError: There is no such Unified CM node.
        """
        for node in self.callmanager_nodes:
            if node.name.lower() == name.lower():
                return node
        raise InputError(
            f"The cluster has no Unified CM node {name!r}; it has {', '.join(node.name for node in self.callmanager_nodes)}.",
            code="node_unknown",
            remedy="Use the name the cluster lists. IM and Presence nodes and EnterpriseWideData are never touched.",
        )

    # -- its database ------------------------------------------------------------------------------------

    def query(self, sql: str) -> list[Row]:
        """Run a reading SQL statement."""
        return self._database.query(sql)

    def ask(self, parts: t.Sequence[Part]) -> dict[str, list[Row] | CucmError]:
        """Put several questions to the database; see C(Database.ask)."""
        return self._database.ask(parts)

    # -- accounts ----------------------------------------------------------------------------------------

    def has_account(self, service: str) -> bool:
        """Return whether a service, C(axl) or C(cli), can be asked."""
        return self._access.has_account(service)

    def require_account(self, service: str) -> None:
        """Raise InputError (C(account_missing)) when a service cannot be asked."""
        if not self.has_account(service):
            raise missing_account(service)

    def username(self, service: str) -> str:
        """Return the name of the account of a service. Raises CucmError when none is known."""
        return self._access.username(service)

    def without_account(self, service: str) -> Cluster:
        """Return this cluster as it is reached without its account of a service."""
        access = self._access.without_account(service)
        other = Cluster(access, self._database.over(access))
        other.warn = self.warn
        return other

    def either(self, by_axl: t.Callable[[], _T], by_cli: t.Callable[[], _T]) -> _T:
        """Return what AXL answers or, where that cannot be had, what the publisher's CLI does."""
        return self._access.either(by_axl, by_cli)

    # -- what its nodes are asked through ----------------------------------------------------------------

    @property
    def axl(self) -> AxlService:
        """AXL at the publisher."""
        return self._access.axl

    def control_center(self, node: Node) -> ControlCenter:
        """Return the Control Center of a node."""
        return self._access.control_center(node)

    @property
    def risport(self) -> RisPort:
        """RisPort at the publisher, for all nodes."""
        return self._access.risport

    @property
    def perfmon(self) -> PerfMon:
        """PerfMon at the publisher, for all nodes."""
        return self._access.perfmon

    def certificate_api(self, node: Node) -> CertificateApi:
        """Return the certificate API of a node."""
        return self._access.certificate_api(node)

    def run(
        self,
        node: Node | None,
        command: str,
        *,
        end: re.Pattern[str] | None = None,
        timeout: float | None = None,
    ) -> str:
        """Run a reading CLI command at a node (None: the addressed publisher)."""
        return self._access.run(node or self._addressed, command, end=end, timeout=timeout)

    def converse(
        self,
        command: str,
        question: re.Pattern[str],
        before_answer: t.Callable[[str], None],
        *,
        timeout: float,
    ) -> Exchange:
        """Have a changing dialogue at the publisher; see C(CliSession.converse)."""
        return self._access.converse(self._addressed, command, question, before_answer, timeout=timeout)

    def order(self, command: str, before_enter: t.Callable[[], None], *, timeout: float) -> Exchange:
        """Send a changing command that asks nothing to the publisher; see C(CliSession.order)."""
        return self._access.order(self._addressed, command, before_enter, timeout=timeout)

    def login_failure(self, node: Node) -> CucmError | None:
        """Return why the last login to a node's CLI came to nothing, None when it did not or there was none."""
        return self._access.login_failure(node)

    @property
    def change_sent(self) -> bool:
        """Whether anything that may change the cluster has left this process, whatever became of it."""
        return self._access.change_sent

    def close(self) -> None:
        """Close whatever is open. Never raises."""
        self._access.close()

    # -- its release, and time ---------------------------------------------------------------------------

    def release(self) -> str:
        """Return the cluster's full version, for example C(14.0.1.12900-161), by AXL or else by the CLI."""

        def by_axl() -> str:
            return self.axl.release()

        return self.either(by_axl, lambda: platform.version(self.run(None, "show version active")))

    def release_if_told(self) -> str:
        """Return what C(release) does; empty where its absence costs only what depends on it."""
        return self._access.if_there(self.release, "")

    def require_publisher(self) -> None:
        """Raise Refusal (C(not_publisher)) when the addressed node says that it is a subscriber."""
        require_publisher(self._access, self._addressed)

    def device_time(self) -> datetime:
        """Return the publisher's own clock as it is now."""
        return self._access.device_time(self._addressed)

    def told_time(self, node: Node) -> datetime | None:
        """Return a node's clock (UTC) as of its latest answer over HTTPS, None when it told none."""
        return self._access.told_time(node)

    @property
    def _addressed(self) -> Node:
        return self._database.nodes.addressed()
