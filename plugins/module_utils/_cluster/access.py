# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster asks of the ways to its nodes and of its database. PRIVATE to the collection.

A cluster is built on one Access and one Database, and never learns which: C(live) has those that reach the nodes, C(saved)
those that answer from a directory.
"""

from __future__ import annotations

import re
import typing as t
from datetime import datetime

from .._base.errors import CucmError
from .._security import platform
from .._transport.axl import AxlService
from .._transport.certificate_api import CertificateApi
from .._transport.cli import Exchange
from .._transport.control_center import ControlCenter
from .._transport.perfmon import PerfMon
from .._transport.risport import RisPort
from .database import Part, Row
from .nodes import Node, NodeList, not_publisher

_T = t.TypeVar("_T")


class Access(t.Protocol):
    """The ways to the nodes. Services are C(axl), all that is asked over HTTPS with its account, and C(cli)."""

    @property
    def axl(self) -> AxlService:
        """AXL at the publisher. Raises InputError (C(account_missing)) without an account for it."""

    def control_center(self, node: Node) -> ControlCenter:
        """Return the Control Center of a node."""

    @property
    def risport(self) -> RisPort:
        """RisPort at the publisher, for all nodes. Raises InputError (C(account_missing)) without an account for AXL."""

    @property
    def perfmon(self) -> PerfMon:
        """PerfMon at the publisher, for all nodes. Raises InputError (C(account_missing)) without an account for AXL."""

    def certificate_api(self, node: Node) -> CertificateApi:
        """Return the certificate API of a node, for the platform account (wire-facts 6 [D])."""

    def run(self, node: Node, command: str, *, end: re.Pattern[str] | None, timeout: float | None) -> str:
        """Run a reading CLI command at a node; see C(CliSession.run)."""

    def converse(
        self,
        node: Node,
        command: str,
        question: re.Pattern[str],
        before_answer: t.Callable[[str], None],
        *,
        timeout: float,
    ) -> Exchange:
        """Have a changing dialogue at a node; see C(CliSession.converse)."""

    def order(
        self, node: Node, command: str, before_enter: t.Callable[[], None], *, timeout: float
    ) -> Exchange:
        """Send a changing command that asks nothing to a node; see C(CliSession.order)."""

    def device_time(self, node: Node) -> datetime:
        """Return the publisher's own clock as it is now."""

    def told_time(self, node: Node) -> datetime | None:
        """Return a node's clock (UTC) as of its latest answer over HTTPS, None when it told none."""

    def has_account(self, service: str) -> bool:
        """Return whether a service can be asked at all."""

    def username(self, service: str) -> str:
        """Return the name of the account of a service. Raises CucmError when none is known."""

    def without_account(self, service: str) -> Access:
        """Return these ways without the account of a service; what is open for the other is kept, and shared."""

    def login_failure(self, node: Node) -> CucmError | None:
        """Return why the last login to a node's CLI came to nothing, None when it did not or there was none."""

    def either(self, by_axl: t.Callable[[], _T], by_cli: t.Callable[[], _T]) -> _T:
        """Return what AXL answers or, where that cannot be had, what the CLI does."""

    def if_there(self, read: t.Callable[[], _T], otherwise: _T) -> _T:
        """Return what C(read) does; C(otherwise) where a missing answer costs only what depends on it."""

    @property
    def change_sent(self) -> bool:
        """Whether anything that may change the cluster has left this process, whatever became of it."""

    def close(self) -> None:
        """Close whatever is open. Never raises."""


class Database(t.Protocol):
    """The cluster's database. C(nodes) are what it lists as such."""

    nodes: NodeList

    def query(self, sql: str) -> list[Row]:
        """Run a reading SQL statement."""

    def ask(self, parts: t.Sequence[Part]) -> dict[str, list[Row] | CucmError]:
        """Put several questions, and return the answer to each, or why there is none.

        Raises:
            CucmError: The cluster does not answer at all, or refuses a credential.
        """

    def over(self, access: Access) -> Database:
        """Return the same database, asked by other ways."""


def require_publisher(access: Access, addressed: Node) -> None:
    """Raise Refusal (C(not_publisher)) when the addressed node says that it is a subscriber."""
    output = access.run(addressed, "utils service list", end=platform.PRIMARY_NODE, timeout=None)
    if platform.is_publisher(output) is False:
        raise not_publisher(addressed.address.host, "")
