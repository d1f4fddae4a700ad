# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster of which somebody saved the answers. PRIVATE to the collection.

Nothing is connected to. Questions to the database are answered one by one, each from a file of its own, because that is what
people can collect; what the answers mean is found out by the same code as that of live ones. The layout of the directory is
in docs/offline/README.md.
"""

from __future__ import annotations

import functools
import json
import os
import re
import typing as t
from datetime import datetime

from .._base import files
from .._base.clock import Clock
from .._base.credentials import CredentialGate
from .._base.errors import CucmError, InputError, ProtocolError, Refusal
from .._security import platform
from .._transport.certificate_api import CertificateApi
from .._transport.control_center import ControlCenter
from .._transport.http import BODY_CAP
from .._transport.saved import (
    NotSaved,
    SavedAxl,
    SavedConnection,
    SavedDirectory,
    SavedSession,
    component,
    printed_table,
)
from . import database
from .database import Part, Row
from .live import Account, Cluster, ClusterSettings, Node

# Every interface is there to be asked, and nobody logs in.
NOBODY = Account("", "")

_T = t.TypeVar("_T")


class SavedCluster(Cluster):
    """One cluster, by the answers in a directory (C(settings.saved))."""

    def __init__(self, settings: ClusterSettings, clock: Clock, gate: CredentialGate) -> None:
        super().__init__(settings, clock, gate)
        self._directory = SavedDirectory(settings.saved or "", clock)
        # What was saved does not become another by waiting, as the answer of a busy node does.
        self._now = clock.within(0)
        self._services: dict[str, SavedConnection] = {}
        self._command_lines: dict[str, SavedSession] = {}

    # -- who is there ------------------------------------------------------------------------------------

    @functools.cached_property
    def _rows(self) -> list[dict[str, str]]:
        try:
            return self._checked_nodes(self._rows_of(database.NODES))
        except NotSaved as error:
            raise NotSaved(
                f"{self.settings.saved} {self._said_of_it()}: {error.details['file']}",
                "at least the answer to the question 'nodes': in sql/nodes.xml what AXL's executeSQLQuery answers, or in "
                f"sql/nodes.txt what the publisher's command line prints after: run sql {database.NODES.alone()}",
            ) from None

    def _said_of_it(self) -> str:
        return (
            "tells of no cluster"
            if os.path.isdir(self.settings.saved or "")
            else "does not exist, or is no directory"
        )

    def _address_of(self, name: str, is_publisher: bool) -> t.Any:
        # Where the publisher of another site would be reached from here, nobody knows.
        return super()._address_of(name, is_publisher=False)

    def _check_addresses(self, nodes: t.Sequence[Node], publisher: Node) -> None:
        """Nobody is reached at them."""

    # -- the database ------------------------------------------------------------------------------------

    def ask(self, parts: t.Sequence[Part]) -> dict[str, list[Row] | CucmError]:
        """Return the answer to each question, or why there is none."""
        return {part.name: self._answer(part) for part in parts}

    def query(self, sql: str) -> list[dict[str, str]]:
        """Refuse: only questions that have a name were saved."""
        raise Refusal(f"Nobody saved the answer to: {sql}", code=NotSaved.default_code)

    def _rows_of(self, part: Part) -> list[Row]:
        printed = printed_table(self._directory, part.name)
        if printed is None:
            file = f"sql/{part.name}.xml"
            rows = SavedAxl(self._directory, self._now, part.name).query(part.alone())
        else:
            file = f"sql/{part.name}.txt"
            rows = platform.sql_table(printed)
        for row in rows:
            missing = [name for name in part.columns if name not in row]
            if missing:
                raise ProtocolError(
                    f"{file} has no column {', '.join(missing)}, so it is no answer to the question '{part.name}'.",
                    code="saved_other",
                    remedy="Nothing was concluded from it. Put the right answer there.",
                )
        return rows

    # -- the others --------------------------------------------------------------------------------------

    @functools.cached_property
    def axl(self) -> SavedAxl:
        """AXL's answers."""
        return SavedAxl(self._directory, self._now)

    def either(self, by_axl: t.Callable[[], _T], by_cli: t.Callable[[], _T]) -> _T:
        """Return what AXL tells or, where its answer was not saved, what the publisher's CLI does."""
        try:
            return by_axl()
        except NotSaved as missing:
            try:
                return by_cli()
            except NotSaved:
                raise missing from None

    def release_if_told(self) -> str:
        """Return the cluster's full version, empty when it was not saved."""
        try:
            return self.release()
        except CucmError:
            # Why it was not is told where it is asked for.
            return ""

    def control_center(self, node: Node) -> ControlCenter:
        """Return the Control Center's answers of a node."""
        return ControlCenter(node.name, self._services_of(node), self._now)

    def told_time(self, node: Node) -> datetime | None:
        """Return a node's clock (UTC) when it told of its services, None when that was saved without its HTTP header."""
        return self._services_of(node).device_time

    def saved_at(self) -> tuple[datetime, datetime] | None:
        """Return when the first and the last of the answers were given (UTC), None when none of them tells."""
        moments = self._directory.moments
        return (min(moments), max(moments)) if moments else None

    def certificate_api(self, node: Node) -> CertificateApi:
        """Refuse: these answers are not among those that can be saved."""
        raise Refusal(
            "Trust stores are read from live clusters only: the certificate API is not among what can be saved.",
            code=NotSaved.default_code,
        )

    def run(
        self,
        node: Node | None,
        command: str,
        *,
        end: re.Pattern[str] | None = None,
        timeout: float | None = None,
    ) -> str:
        """Return what a command printed at a node (None: the publisher)."""
        name = (node or self.publisher).name
        if name not in self._command_lines:
            self._command_lines.setdefault(name, SavedSession(self._directory, _folder(name), name))
        return self._command_lines[name].run(command, end=end)

    def _services_of(self, node: Node) -> SavedConnection:
        if node.name not in self._services:
            file = f"{_folder(node.name)}/services.xml"
            save = f"what Control Center's soapGetServiceStatus answers at {node.name}"
            self._services.setdefault(node.name, SavedConnection(self._directory, file, save))
        return self._services[node.name]

    # No way leads to a node, whatever is added to a cluster.

    def _connection(self, *wanted: t.Any, **options: t.Any) -> t.NoReturn:
        raise self._not_connected()

    def _session(self, *wanted: t.Any, **options: t.Any) -> t.NoReturn:
        raise self._not_connected()

    def _not_connected(self) -> Refusal:
        return Refusal(
            f"Nothing is connected to: the answers in {self.settings.saved} stand for the cluster.",
            code="saved_only_reads",
            remedy="Leave saved out to reach the cluster itself.",
        )


def _folder(node: str) -> str:
    return f"nodes/{component(node)}"


def saved_facts(path: str) -> dict[str, t.Any]:
    """Return the facts of an earlier reading from a file with JSON: those alone, or what C(cluster_info) returned.

    Raises:
        InputError: There are none in it (C(saved_unreadable)).
    """
    try:
        told = json.loads(files.content(path, BODY_CAP))
        facts = told.get("cluster", told) if isinstance(told, dict) else told
        if not isinstance(facts, dict) or not isinstance(facts.get("nodes"), list):
            raise ValueError("it is no mapping with nodes")
        read_at = str(facts.get("read_at"))
        datetime.fromisoformat(read_at)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path} has no facts of a cluster: {files.why(error)}.",
            code="saved_unreadable",
            remedy="Give a file with the cluster that cluster_info returned, as JSON.",
        ) from error
    return {"saved": {"first": read_at, "last": read_at}, **facts}
