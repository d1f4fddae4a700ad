# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is asked when a user logs in: single sign-on and directories. PRIVATE to the collection. Read only."""

from __future__ import annotations

import typing as t

from .._base.errors import ProtocolError
from .._cluster.database import Part, Row, flag, number
from .._facts import records
from .._transport.axl import boolean

SAML, AGENT_FLOW, DISABLED = "saml", "agent_flow", "disabled"
# typessomode (TN217268 [V]).
_MODES = {"0": DISABLED, "1": AGENT_FLOW, "2": SAML}

SSO = Part(
    "logins.sso",
    {"node": "processnode.name", "mode": number("processnode.tkssomode")},
    # Role 1 is Unified CM (wire-facts 3.3 [C]).
    "from processnode where processnode.tkprocessnoderole=1 and processnode.name<>'EnterpriseWideData'",
)
# The columns: a capture in TN220329 [V].
LDAP = Part(
    "logins.ldap",
    {
        "host": "ldapauthenticationhost.hostname",
        "port": number("ldapauthenticationhost.portnumber"),
        "encrypted": flag("ldapauthenticationhost.sslenabled"),
    },
    "from ldapauthenticationhost",
)


def sso_modes(rows: t.Iterable[Row]) -> dict[str, str | None]:
    """Return the mode of single sign-on of each node: C(saml), C(agent_flow), C(disabled), or None for another value."""
    return {row["node"]: _MODES.get(row["mode"].strip()) for row in rows}


def ldap_hosts(rows: t.Iterable[Row]) -> list[records.LdapHost]:
    """Return the directory servers that check passwords of users; empty if the cluster asks none.

    Raises:
        ProtocolError: A port is not a number.
    """
    return [_ldap_host(row) for row in rows]


def _ldap_host(row: Row) -> records.LdapHost:
    if not row["port"].strip().isdecimal():
        raise ProtocolError(
            f"The port of the directory server {row['host']} is not a number.",
            code="unreadable_output",
            details={"text": row["port"][:200]},
            remedy="Nothing was concluded from it. Report the text to this project.",
        )
    return {
        "host": row["host"],
        "port": int(row["port"]),
        "encrypted": boolean(row["encrypted"]),
    }
