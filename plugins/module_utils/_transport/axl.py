# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AXL, the configuration API of the publisher. PRIVATE to the collection.

Element orders and value formats are from the AXL schemas 12.5 to 15.0, which agree on everything used here.
"""

from __future__ import annotations

import re
import typing as t

from .._base.clock import Clock
from .._base.errors import ProtocolError, Refusal
from .._base.release import parse as parse_release
from . import xml
from .http import Connection
from .soap import SoapEndpoint

# Requests have the same structure from 12.5 on (wire-facts 0.3), so any of these works; 12.5, 14 and 15 accept 12.5.
KNOWN_VERSIONS = ("15.0", "14.0", "12.5", "12.0", "11.5", "11.0")
FIRST_VERSION = "12.5"
PATH = "/axl/"

# These two reset parameters to their defaults (XSD annotation); no code path may reach them.
_BLOCKED = frozenset({"doEnterpriseParametersReset", "doServiceParametersReset"})
_READING = ("get", "list", "executeSQLQuery")


class AxlService(t.Protocol):
    """What AXL can be asked."""

    @property
    def version(self) -> str | None:
        """The schema version in use, for example C(14.0); None as long as it is not known."""

    def release(self) -> str:
        """Return the cluster's full version, for example C(14.0.1.12900-161)."""

    def call(self, operation: str, content: xml.Content) -> xml.Element:
        """Call an operation and return its response element."""

    def query(self, sql: str) -> list[dict[str, str]]:
        """Run a reading SQL statement; one mapping a row, column names in lower case."""


class Axl:
    """The AXL service of one cluster; C(version) is that of the schema where it need not be found out."""

    def __init__(self, connection: Connection, clock: Clock, version: str | None = None) -> None:
        self._endpoint = SoapEndpoint(connection, PATH, clock)
        self._version = version
        self._release = ""

    @property
    def version(self) -> str | None:
        """The schema version in use, for example C(14.0); None before the first request."""
        return self._version

    def release(self) -> str:
        """Return the cluster's full version, for example C(14.0.1.12900-161).

        Also finds the schema version: for an unsupported version the server answers HTTP 599 with the list of
        supported ones.

        Raises:
            Refusal: The server supports no version that this collection knows (C(axl_version_unsupported)).
        """
        if not self._release:
            try:
                answer = self._call("getCCMVersion", [], FIRST_VERSION)
            except ProtocolError as error:
                if error.details.get("status") != 599:
                    raise
                self._version = self._served(error.details["said"])
                answer = self._call("getCCMVersion", [], self._version)
            self._release = answer.value("return", "componentVersion", "version")
            release = parse_release(self._release)
            native = f"{release.major}.{release.minor}"
            self._version = native if native in KNOWN_VERSIONS else self._version or FIRST_VERSION
        return self._release

    def call(self, operation: str, content: xml.Content) -> xml.Element:
        """Call an operation and return its response element.

        Args:
            operation: The operation's name.
            content: Its children in schema order; AXL's children carry no namespace.
        """
        if operation in _BLOCKED:
            raise Refusal(
                f"{operation} resets parameters to their defaults and is never sent.",
                code="operation_blocked",
            )
        if self._version is None:
            self.release()
        return self._call(operation, content, self._version or FIRST_VERSION)

    def query(self, sql: str) -> list[dict[str, str]]:
        """Run a reading SQL statement; return one mapping per row, with lower-case column names."""
        response = self.call("executeSQLQuery", [("sql", sql)])
        returned = response.child("return")
        # An empty result is an empty return element or no such element (wire-facts 2.4).
        rows = returned.all("row") if returned is not None else []
        return [{column.name.lower(): column.text.strip() for column in row.children} for row in rows]

    def _call(self, operation: str, content: xml.Content, version: str) -> xml.Element:
        namespace = {"ns": f"http://www.cisco.com/AXL/API/{version}"}
        return self._endpoint.call(
            f"CUCM:DB ver={version} {operation}",
            xml.render(operation, content, "ns:", namespace),
            changing=not operation.startswith(_READING),
        )

    def _served(self, said: str) -> str:
        """Return the newest known version among those the server lists."""
        served = said.partition("Supported axl versions are")[2] or said
        names = re.findall(r"\b\d+\.(?:\d+|x)(?!\w)", served)
        for version in KNOWN_VERSIONS:
            if version in names or f"{version.partition('.')[0]}.x" in names:
                return version
        raise Refusal(
            f"{self._endpoint.connection.where} supports no AXL version known to this collection; it lists {', '.join(names) or 'none'}.",
            code="axl_version_unsupported",
            details={"served": names, "known": list(KNOWN_VERSIONS)},
            remedy="Releases 11.5 to 15 are supported. Check that the address is a CUCM publisher.",
        )


def boolean(text: str) -> bool | None:
    """Return the value of an AXL or SQL boolean (C(t), C(f), C(true), C(false), C(0), C(1)); None for any other text."""
    return {"t": True, "true": True, "1": True, "f": False, "false": False, "0": False}.get(
        text.strip().lower()
    )
