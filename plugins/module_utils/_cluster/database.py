# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several questions to the cluster's database in one statement. PRIVATE to the collection.

Pure: makes statements, and takes answers apart. A cluster answers requests one by one, so a reading that asks once for
all it needs from the database costs it and the reader the least. The statements are constants, but for what C(literal) puts into them.
"""

from __future__ import annotations

import itertools
import string
import typing as t
from dataclasses import dataclass

from .._base.errors import ProtocolError
from .._transport.axl import boolean

Row = dict[str, str]
# Between words that the database has in its type tables; none of them has it.
_MARK = "|"


@dataclass(frozen=True)
class Part:
    """One question.

    Attributes:
        name: What it is called among others.
        columns: What a row calls a column, to the expression that gives it. All of them are character types, as a union
            of several questions demands: see C(number) and C(flag).
        source: The statement from C(from) on.
        grouped: How many of the columns, from the first, the rows are grouped by; the others are aggregates. Grouping is by
            position, the only way Informix has for an expression.
    """

    name: str
    columns: t.Mapping[str, str]
    source: str
    grouped: int = 0

    def alone(self) -> str:
        """Return the statement that asks this alone."""
        told = ",".join(f"{expression} as {name}" for name, expression in self.columns.items())
        return f"select {told} {self._from(1)}"

    def _from(self, first: int) -> str:
        positions = ",".join(str(first + column) for column in range(self.grouped))
        return f"{self.source} group by {positions}" if positions else self.source

    def _arm(self, letters: str, first: bool) -> str:
        told = [*self.columns.values(), *("''" for _each in letters[len(self.columns) :])]
        # Only the first arm of a union names the columns.
        named = [f"{expression} as {letter}" for expression, letter in zip(told, letters, strict=True)]
        part = f"'{self.name}'"
        shown = ",".join([f"{part} as part", *named] if first else [part, *told])
        return f"select {shown} {self._from(2)}"


def number(expression: str) -> str:
    """Return an expression of a number as text."""
    return f"cast({expression} as varchar(12))"


def flag(expression: str) -> str:
    """Return an expression of a boolean as C(t) or C(f): Informix casts its booleans to nothing."""
    return f"case when {expression}='t' then 't' else 'f' end"


def literal(text: str) -> str:
    """Return a text as a value of a statement.

    Between single quotation marks Informix gives no other character a meaning, and reads two of them as one (IBM Informix Guide
    to SQL: Syntax, Quoted String [D]).
    """
    return "'" + text.replace("'", "''") + "'"


def joined(expressions: t.Iterable[str]) -> str:
    """Return an expression of several ones as one text, for C(split). They must not have the mark between them themselves.

    Every row of a union is as wide as the widest, so narrow ones save most of the answer.
    """
    return f"||'{_MARK}'||".join(f"nvl({expression},'')" for expression in expressions)


def split(keys: t.Iterable[str], text: str) -> dict[str, str]:
    """Return what C(joined) put together, by keys in the same order; empty texts where an answer has fewer.

    Raises:
        ProtocolError: It has more, so which is which is not known.
    """
    names, words = list(keys), text.split(_MARK)
    if len(words) > len(names):
        raise ProtocolError(
            f"Of {', '.join(names)} the database told {len(words)}.",
            code="unreadable_output",
            details={"text": text[:200]},
            remedy="Nothing was concluded from it. Report the text to this project.",
        )
    return dict(itertools.zip_longest(names, words, fillvalue=""))


def together(parts: t.Sequence[Part]) -> str:
    """Return the one statement that asks all of them."""
    letters = string.ascii_lowercase[: max(len(part.columns) for part in parts)]
    return " union all ".join(part._arm(letters, first=not index) for index, part in enumerate(parts))


def apart(parts: t.Sequence[Part], rows: t.Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows of each part, from the answer to what C(together) asked; columns by their own names."""
    found: dict[str, list[Row]] = {part.name: [] for part in parts}
    columns = {part.name: tuple(part.columns) for part in parts}
    for row in rows:
        name = row.get("part", "")
        if name in found:
            letters = zip(string.ascii_lowercase, columns[name], strict=False)
            found[name].append({column: row.get(letter, "") for letter, column in letters})
    return found


# -- the questions ---------------------------------------------------------------------------------------
# Tables and columns: wire-facts 3.3. Those about one kind of object are beside the object.

NODES = Part(
    "nodes",
    {
        "pkid": "processnode.pkid",
        "name": "processnode.name",
        "tknodeusage": number("processnode.tknodeusage"),
        "tkprocessnoderole": number("processnode.tkprocessnoderole"),
    },
    "from processnode",
)


def _parameters(name: str, where: str) -> Part:
    columns = {"paramname": "processconfig.paramname", "paramvalue": "processconfig.paramvalue"}
    return Part(name, columns, f"from processconfig where {where}")


# The modes, whether the cluster is prepared for a rollback to pre 8.0, and whether it resets phones itself (wire-facts 3.1 and 3.2).
MODES = _parameters(
    "modes",
    "paramname in ('ClusterSecurityMode','ClusterSIPOAuthMode','RollBackToPreGrayback','ResetPhonesOnCertChange')",
)
# By the pattern of their names, because they differ between releases (wire-facts 3.2).
OAUTH_PARAMETERS = _parameters(
    "parameters", "lower(paramname) like '%oauth%' or lower(paramname) like '%tokenexpirytimer'"
)
ACTIVATION = Part(
    "services",
    {
        "node": "processnode.name",
        "service": "typeservice.name",
        "isactive": flag("processnodeservice.isactive"),
    },
    "from processnodeservice inner join processnode on processnodeservice.fkprocessnode=processnode.pkid "
    "inner join typeservice on processnodeservice.tkservice=typeservice.enum",
)
CALLMANAGERS = Part(
    "callmanagers",
    {"name": "callmanager.name", "node": "processnode.name"},
    "from callmanager inner join processnode on callmanager.fkprocessnode=processnode.pkid",
)
# -- what the answers mean -------------------------------------------------------------------------------


def activation(rows: t.Iterable[Row]) -> dict[str, dict[str, bool | None]]:
    """Return by node and service whether the database has it activated."""
    found: dict[str, dict[str, bool | None]] = {}
    for row in rows:
        found.setdefault(row["node"], {})[row["service"]] = boolean(row["isactive"])
    return found
