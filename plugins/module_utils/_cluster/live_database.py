# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database of a cluster that is reached, by AXL or the publisher's CLI. PRIVATE to the collection."""

from __future__ import annotations

import functools
import typing as t

from .._base.errors import (
    AuthenticationError,
    CucmError,
    IdentityError,
    ProductFault,
    ProtocolError,
    TransportError,
)
from .._security import platform
from .._transport.http import LATE
from . import database
from .access import Access, require_publisher
from .database import NODES, Part, Row
from .nodes import NodeList, Places

# After these a smaller question may be answered; a throttled cluster must not be asked more.
_ASK_ALONE_AFTER = frozenset({"soap_fault", "not_soap", "xml_malformed", "xml_refused", "output_too_large"})


class LiveDatabase:
    """See C(Database). By AXL several questions are one request; without an AXL account each is one CLI command."""

    def __init__(self, access: Access, places: Places) -> None:
        self._access = access
        self.nodes = NodeList(places, functools.partial(self._rows_of, NODES))

    def over(self, access: Access) -> LiveDatabase:
        """Return the same database, asked by other ways."""
        return LiveDatabase(access, self.nodes.places)

    def query(self, sql: str) -> list[Row]:
        """Run a reading SQL statement, by AXL or, without an AXL account, by the publisher's CLI."""
        access = self._access
        if not access.has_account("axl"):
            printed = access.run(self.nodes.addressed(), f"run sql {sql}", end=None, timeout=None)
            return platform.sql_table(printed)
        try:
            return access.axl.query(sql)
        except ProtocolError as error:
            # A subscriber serves no AXL; the CLI can tell that from a publisher whose AXL is not activated.
            if error.details.get("status") == 404 and access.has_account("cli"):
                require_publisher(access, self.nodes.addressed())
            raise

    def ask(self, parts: t.Sequence[Part]) -> dict[str, list[Row] | CucmError]:
        """Put several questions, by AXL in one request; the nodes are read with them.

        A question that is refused costs its own answer: where all of them together are refused, each is asked alone. Without
        an AXL account the publisher's CLI is asked, whose lines are too short for all at once.

        Raises:
            CucmError: The cluster does not answer at all, or refuses a credential.
        """
        if not parts or not self._access.has_account("axl"):
            return self._ask_each(parts)
        with_nodes = [*parts, *([NODES] if self.nodes.rows is None else [])]
        try:
            rows = database.apart(with_nodes, self.query(database.together(with_nodes)))
        except IdentityError:
            raise
        except (ProductFault, ProtocolError, TransportError) as error:
            if error.code not in _ASK_ALONE_AFTER and not error.details.get(LATE):
                raise
            # Whoever does not list its nodes either is not asked anything else.
            self.nodes.all()
            if len(with_nodes) == 1:
                # It was asked alone.
                return {parts[0].name: error}
            return self._ask_each(parts)
        if self.nodes.rows is None:
            self.nodes.take(rows.pop(NODES.name))
        return dict(rows)

    def _ask_each(self, parts: t.Sequence[Part]) -> dict[str, list[Row] | CucmError]:
        return {part.name: self._answer(part) for part in parts}

    def _answer(self, part: Part) -> list[Row] | CucmError:
        try:
            return self._rows_of(part)
        except (AuthenticationError, IdentityError):
            raise
        except CucmError as error:
            if self._access.login_failure(self.nodes.addressed()) is not None:
                # By the command line each further question would log in once more.
                raise
            return error

    def _rows_of(self, part: Part) -> list[Row]:
        return self.query(part.alone())
