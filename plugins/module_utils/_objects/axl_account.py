# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles of the AXL account, as the cluster's database lists them. PRIVATE to the collection. Read only.

An account is an application user or an end user, and has the roles of its access control groups.
"""

from __future__ import annotations

import typing as t

from .._base.errors import ProtocolError
from .._cluster.database import Part, Row, literal

# The table of each kind of account, with the column that holds the login name (wire-facts 3.3 [C]).
_KINDS: t.Mapping[str, str] = {"applicationuser": "name", "enduser": "userid"}


def questions(username: str) -> list[Part]:
    """Return the queries for the roles of an account by its login name; empty for a name that no account can have."""
    if not username or not username.isprintable():
        return []
    return [_question(table, column, username) for table, column in _KINDS.items()]


def _question(table: str, column: str, username: str) -> Part:
    members = f"{table}dirgroupmap"
    return Part(
        f"axl_roles.{table}",
        {"account": f"{table}.{column}", "role": "functionrole.name"},
        f"from {table} inner join {members} on {members}.fk{table}={table}.pkid "
        f"inner join functionroledirgroupmap on functionroledirgroupmap.fkdirgroup={members}.fkdirgroup "
        "inner join functionrole on functionroledirgroupmap.fkfunctionrole=functionrole.pkid "
        # A CUCM login ignores the case of the user ID [R].
        f"where lower({table}.{column})=lower({literal(username)})",
        grouped=2,
    )


def roles(username: str, answers: t.Iterable[t.Iterable[Row]]) -> list[str]:
    """Return the sorted names of an account's roles from the rows of each query; empty if none is listed.

    Raises:
        ProtocolError: Two accounts have the name, so it is unknown whose roles count.
    """
    found: dict[tuple[int, str], set[str]] = {}
    for number, rows in enumerate(answers):
        for row in rows:
            found.setdefault((number, row["account"]), set()).add(row["role"])
    exact = {account: held for account, held in found.items() if account[1] == username}
    candidates = exact or found
    if len(candidates) > 1:
        raise ProtocolError(
            f"The database lists {len(candidates)} accounts with the name {username}.",
            code="unreadable_output",
            remedy="Nothing was concluded from it. Check User Management > Application User and End User.",
        )
    return sorted(role for held in candidates.values() for role in held if role)
