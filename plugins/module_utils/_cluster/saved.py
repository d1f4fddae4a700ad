# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answers of a cluster that somebody saved, in place of the ways to its nodes. PRIVATE to the collection.

Nothing is connected to. Questions to the database are answered one by one, each from a file of its own, because that is what
people can collect; what the answers mean is found out by the same code as that of live ones. The layout of the directory is
in docs/offline/README.md.
"""

from __future__ import annotations

import json
import os
import re
import typing as t
from datetime import datetime

from .._base import files
from .._base.clock import Clock
from .._base.errors import CucmError, InputError, ProtocolError, Refusal
from .._security import platform
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
from .access import Access
from .database import NODES, Part, Row
from .nodes import Node, NodeList, Places

_T = t.TypeVar("_T")


class SavedDatabase:
    """See C(Database). Every question has its answer in a file of its own."""

    def __init__(self, directory: SavedDirectory, places: Places) -> None:
        self.nodes = NodeList(places, self._node_rows)
        self._directory = directory
        self._now = _at_once(directory)

    def over(self, access: Access) -> SavedDatabase:
        """Return the same database: files are asked in one way."""
        return self

    def query(self, sql: str) -> list[Row]:
        """Refuse: only questions that have a name were saved."""
        raise Refusal(f"Nobody saved the answer to: {sql}", code=NotSaved.default_code)

    def ask(self, parts: t.Sequence[Part]) -> dict[str, list[Row] | CucmError]:
        """Return the answer to each question, or why there is none."""
        return {part.name: self._answer(part) for part in parts}

    def _answer(self, part: Part) -> list[Row] | CucmError:
        try:
            return self._rows_of(part)
        except CucmError as error:
            return error

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
                    f"{file} has no column {', '.join(missing)}, so it does not answer the question '{part.name}'.",
                    code="saved_other",
                    remedy="Nothing was concluded from it. Put the right answer there.",
                )
        return rows

    def _node_rows(self) -> list[Row]:
        try:
            return self._rows_of(NODES)
        except NotSaved as error:
            raise NotSaved(
                f"{self._directory.root} {self._said_of_it()}: {error.details['file']}",
                "at least the answer to the question 'nodes': in sql/nodes.xml what AXL's executeSQLQuery answers, or in "
                f"sql/nodes.txt what the publisher's command line prints after: run sql {NODES.alone()}",
            ) from None

    def _said_of_it(self) -> str:
        there = os.path.isdir(self._directory.root)
        return "does not contain a saved cluster" if there else "does not exist, or is not a directory"


class SavedAccess:
    """See C(Access). Every service is there to be asked, nobody logs in, and no way leads to a node."""

    def __init__(self, directory: SavedDirectory) -> None:
        self._directory = directory
        self._now = _at_once(directory)
        self.axl = SavedAxl(directory, self._now)
        self._services: dict[str, SavedConnection] = {}
        self._command_lines: dict[str, SavedSession] = {}

    def control_center(self, node: Node) -> ControlCenter:
        """Return the Control Center's answers of a node."""
        return ControlCenter(node.name, self._services_of(node), self._now)

    @property
    def risport(self) -> t.NoReturn:
        """Refuse: see C(_no_registrations)."""
        raise self._no_registrations()

    @property
    def perfmon(self) -> t.NoReturn:
        """Refuse: see C(_no_registrations)."""
        raise self._no_registrations()

    def certificate_api(self, node: Node) -> t.NoReturn:
        """Refuse: these answers are not among those that can be saved."""
        raise Refusal(
            "Trust stores are read from live clusters only: the certificate API is not among what can be saved.",
            code=NotSaved.default_code,
        )

    def run(
        self, node: Node, command: str, *, end: re.Pattern[str] | None = None, timeout: float | None = None
    ) -> str:
        """Return what a command printed at a node."""
        name = node.name
        if name not in self._command_lines:
            self._command_lines.setdefault(name, SavedSession(self._directory, _folder(name), name))
        return self._command_lines[name].run(command, end=end)

    def converse(
        self,
        node: Node,
        command: str,
        question: re.Pattern[str],
        before_answer: t.Callable[[str], None],
        *,
        timeout: float,
    ) -> t.NoReturn:
        """Refuse: see C(_not_connected)."""
        raise self._not_connected()

    def order(
        self, node: Node, command: str, before_enter: t.Callable[[], None], *, timeout: float
    ) -> t.NoReturn:
        """Refuse: see C(_not_connected)."""
        raise self._not_connected()

    def device_time(self, node: Node) -> t.NoReturn:
        """Refuse: see C(_not_connected)."""
        raise self._not_connected()

    def told_time(self, node: Node) -> datetime | None:
        """Return a node's clock (UTC) when it told of its services, None when that was saved without its HTTP header."""
        return self._services_of(node).device_time

    def has_account(self, service: str) -> bool:
        """Return that every service can be asked."""
        return True

    def username(self, service: str) -> t.NoReturn:
        """Refuse: another account than the one they were saved with will make the change."""
        raise Refusal(
            "Which account will change the cluster is not among what can be saved.",
            code=NotSaved.default_code,
            remedy="Read the cluster itself.",
        )

    def without_account(self, service: str) -> SavedAccess:
        """Return the same answers: no account was needed for them."""
        return self

    def login_failure(self, node: Node) -> None:
        """Return that no login failed."""

    def either(self, by_axl: t.Callable[[], _T], by_cli: t.Callable[[], _T]) -> _T:
        """Return what AXL answers or, where its answer was not saved, what the publisher's CLI does."""
        try:
            return by_axl()
        except NotSaved as missing:
            try:
                return by_cli()
            except NotSaved:
                raise missing from None

    def if_there(self, read: t.Callable[[], _T], otherwise: _T) -> _T:
        """Return what C(read) does, C(otherwise) when that was not saved: the reason is kept where the answer itself is asked for."""
        try:
            return read()
        except CucmError:
            return otherwise

    @property
    def change_sent(self) -> bool:
        """That nothing was sent."""
        return False

    def close(self) -> None:
        """Nothing is open."""

    def _services_of(self, node: Node) -> SavedConnection:
        if node.name not in self._services:
            file = f"{_folder(node.name)}/services.xml"
            save = f"what Control Center's soapGetServiceStatus answers at {node.name}"
            self._services.setdefault(node.name, SavedConnection(self._directory, file, save))
        return self._services[node.name]

    def _no_registrations(self) -> Refusal:
        """Registrations change from minute to minute: those that were saved would be a baseline of nothing."""
        return Refusal(
            "Registrations are read from live clusters only: RisPort and PerfMon are not among what can be saved.",
            code=NotSaved.default_code,
        )

    def _not_connected(self) -> Refusal:
        return Refusal(
            f"Nothing is connected to: the answers in {self._directory.root} stand for the cluster.",
            code="saved_only_reads",
            remedy="Leave saved out to reach the cluster itself.",
        )


def _at_once(directory: SavedDirectory) -> Clock:
    """Return the clock of a directory without its waits: what was saved does not become another, as a busy node's answer does."""
    return directory.clock.within(0)


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
            raise ValueError("it is not a mapping with nodes")
        read_at = str(facts.get("read_at"))
        datetime.fromisoformat(read_at)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path} has no facts of a cluster: {files.why(error)}.",
            code="saved_unreadable",
            remedy="Give a file with the cluster that cluster_info returned, as JSON.",
        ) from error
    return {"saved": {"first": read_at, "last": read_at}, **facts}
