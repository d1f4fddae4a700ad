# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a statement compares with that nobody published: its answer would be a guess, so it is refused.

A number of a type table, or a moniker, which is invented here, is another one in a real cluster: ``tktransport = 3`` may be TLS
there. With a join by ``name`` the same question has an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from . import informix_rules
from .errors import NotSimulated
from .informix_rules import Schema, Select, Token

_COMPARES = ("=", "==", "!=", "<>", "<", ">", "<=", ">=")
_PUBLIC = ("typesecuritypolicy",)
"""Tables of enumeration that the lab has not, whose numbers are public all the same ([C] wire-facts 3.3)."""
_EQUALS = ("=", "==", "!=", "<>")


def check(tokens: list[Token], schema: Schema) -> None:
    """Raises NotSimulated when the answer hangs on a value that is not public, or on a row that the lab has not.

    A value of one of ``schema.unknown``'s columns may be shown, and compared with other columns and with public literals. A literal
    must not fit a value of ``schema.absent``.
    """
    for chain in informix_rules.chains(tokens, schema):
        for select in chain:
            for column, operator, literals in _comparisons(select.tokens):
                _check_literals(_place(column, select), operator, literals, schema)
            for column in _computed_with(select):
                place = _place(column, select)
                if place in schema.unknown and place[1] in ("enum", "moniker"):
                    raise NotSimulated(
                        f"{'.'.join(place)} in an expression, whose values nobody published: join by its name"
                    )


def _check_literals(
    place: tuple[str, str] | None, operator: str, literals: list[str], schema: Schema
) -> None:
    if place is None:
        return
    without_a_table = place[1] == "enum" and place[0] not in (*schema.tables, *_PUBLIC)
    if place in schema.unknown or without_a_table:
        known = schema.unknown.get(place, frozenset())
        strange = [each for each in literals if each not in known or operator not in (*_EQUALS, "in")]
        if strange:
            raise NotSimulated(_said(place, operator, strange))
    for value in sorted(schema.absent.get(place, ())):
        if any(_fits(value, operator, each) for each in literals):
            raise NotSimulated(f"{'.'.join(place)} {value}")


def _fits(value: str, operator: str, literal: str) -> bool:
    """Whether a row with this value would be found by comparing it with a literal."""
    if operator in ("=", "==", "in"):
        return value == literal
    if operator == "glob":
        return fnmatchcase(value, literal)
    if operator == "like":
        pattern = re.escape(literal).replace("%", ".*").replace("_", ".")
        return re.fullmatch(pattern, value) is not None
    return False


_ARITHMETIC = ("+", "-", "*", "/", "||", "::")
_ANY_VALUE = (*informix_rules.AGGREGATES, "exists")
_STRUCTURE = (
    "in",
    "and",
    "or",
    "not",
    "on",
    "where",
    "having",
    "when",
    "then",
    "else",
    "by",
    "from",
    "join",
    "select",
)


def _computed_with(select: Select) -> Iterator[list[Token]]:
    """Columns that a filter, a ``case`` or a ``decode`` does more with than compare them."""
    tokens, in_list, owners = select.tokens, True, [""]
    for at, token in enumerate(tokens):
        before = tokens[at - 1] if at else Token("space", "")
        if token.text == "(":
            named = before.is_identifier and not before.is_word(*_STRUCTURE)
            owners.append(before.text.lower() if named or before.is_word("in") else "(")
        elif token.text == ")":
            owners = owners[:-1] or [""]
        elif len(owners) == 1 and token.is_word("from"):
            in_list = False
        if not token.is_identifier or (at + 1 < len(tokens) and tokens[at + 1].text in (".", "(")):
            continue
        column = _column_before(tokens, at + 1)
        start = at + 1 - len(column)
        before = tokens[start - 1] if start else Token("space", "")
        behind = tokens[at + 1] if at + 1 < len(tokens) else Token("space", "")
        decided = before.is_word("case") or (owners[-1] == "decode" and before.text == "(")
        if decided or (not in_list and _is_computed(owners[-1], before, behind)):
            yield column


def _is_computed(owner: str, before: Token, behind: Token) -> bool:
    """Whether a column in a filter stands in a call, in arithmetic, or alone in parentheses."""
    if before.text in _ARITHMETIC or behind.text in _ARITHMETIC:
        return True
    if owner in ("(", "in"):
        return before.text == "(" and behind.text == ")"
    return bool(owner) and owner not in _ANY_VALUE


def _said(place: tuple[str, str], operator: str, literals: list[str]) -> str:
    if place[0] in ("systables", "syscolumns"):
        what = "table" if place[0] == "systables" else "column"
        return f"whether there is a {what} {operator} {', '.join(literals)}"
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
