# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a statement compares with that nobody published: its answer would be a guess, so it is refused.

A number of a type table, or a moniker, which is invented here, is another one in a real cluster: ``tktransport = 3`` may be TLS
there. With a join by ``name`` the same question has an answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import informix_rules
from .errors import NotSimulated
from .informix_rules import Schema, Select, Token

_COMPARES = ("=", "==", "!=", "<>", "<", ">", "<=", ">=")
_EQUALS = ("=", "==", "!=", "<>")


def check(tokens: list[Token], schema: Schema) -> None:
    """Raises NotSimulated when a value of one of ``schema.unknown``'s columns is compared with a literal that is not public."""
    for chain in informix_rules.chains(tokens, schema):
        for select in chain:
            for column, operator, literals in _comparisons(select.tokens):
                place = _place(column, select)
                if place is None or place not in schema.unknown:
                    continue
                known = schema.unknown[place]
                strange = [each for each in literals if each not in known or operator not in (*_EQUALS, "in")]
                if strange:
                    raise NotSimulated(_said(place, operator, strange))


def _said(place: tuple[str, str], operator: str, literals: list[str]) -> str:
    if place[0] == "systables":
        return f"whether there is a table {operator} {', '.join(literals)}"
    return f"{'.'.join(place)} {operator} {', '.join(literals)}, which nobody published: join by its name"


def _place(column: list[Token], select: Select) -> tuple[str, str] | None:
    """Table and column whose values a column has: ``tktransport_out`` has those of ``typetransport.enum``."""
    *qualifier, name = [each.text.lower() for each in column if each.text != "."]
    if name.startswith("tk"):
        return "type" + name[2:].split("_", 1)[0], "enum"
    tables = [
        table
        for alias, table in select.names.items()
        if name in select.tables[alias] and (not qualifier or alias == qualifier[0])
    ]
    return (tables[0], name) if tables else None


def _comparisons(tokens: list[Token]) -> Iterator[tuple[list[Token], str, list[str]]]:
    """Columns with the operator and the literals they are compared with, in either order."""
    for at, token in enumerate(tokens):
        if token.is_word("in", "like", "glob", "between"):
            end = at - 1 if at and tokens[at - 1].is_word("not") else at
            column = _column_before(tokens, end)
            literals = list(_literals(tokens, at + 1, token.text.lower()))
            if column and literals:
                yield column, token.text.lower(), literals
        elif token.text in _COMPARES and at + 1 < len(tokens):
            column, value = _column_before(tokens, at), tokens[at + 1]
            if column and value.kind in ("number", "text"):
                yield column, token.text, [_bare(value)]
            elif at and tokens[at - 1].kind in ("number", "text") and value.is_identifier:
                dotted = at + 3 < len(tokens) and tokens[at + 2].text == "."
                yield tokens[at + 1 : at + 4] if dotted else [value], token.text, [_bare(tokens[at - 1])]


def _column_before(tokens: list[Token], end: int) -> list[Token]:
    if end < 1 or not tokens[end - 1].is_identifier:
        return []
    return tokens[end - 3 : end] if end > 2 and tokens[end - 2].text == "." else [tokens[end - 1]]


def _literals(tokens: list[Token], start: int, operator: str) -> Iterator[str]:
    if operator in ("like", "glob"):
        yield from (_bare(each) for each in tokens[start : start + 1] if each.kind == "text")
    elif operator == "between":
        yield from (_bare(each) for each in tokens[start : start + 3] if each.kind in ("number", "text"))
    elif start < len(tokens) and tokens[start].text == "(":
        for each in tokens[start + 1 :]:
            if each.text == ")" or each.is_word("select"):
                return
            if each.kind in ("number", "text"):
                yield _bare(each)


def _bare(token: Token) -> str:
    return token.text.strip("'")
