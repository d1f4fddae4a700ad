# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Informix' dialect of SQL, as users of CUCM write it, for SQLite: what differs is translated or added.

What Informix refuses and SQLite accepts is in :mod:`informix_rules`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from functools import lru_cache

from . import informix_rules
from .informix_rules import Schema, Token

_TOKEN = re.compile(
    r"(?P<space>\s+|--[^\n]*)|(?P<text>'(?:[^']|'')*')|(?P<quoted>\"(?:[^\"]|\"\")*\")|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<sign>::|[<>!=|]{2}|.)",
    re.DOTALL,
)


def _tokens(sql: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(sql):
        yield Token(match.lastgroup or "sign", match[0])


@lru_cache(maxsize=512)
def translate(sql: str, schema: Schema) -> str:
    """SQLite's form of a statement.

    ``select skip n first m ...`` at every depth, ``unique``, ``matches``, casts by ``::``, and texts in double quotes.
    Raises SqlError for what Informix is known to refuse.
    """
    tokens = list(_tokens(sql.strip().rstrip(";").rstrip()))
    for token in tokens:
        if token.kind == "quoted":
            # DELIMIDENT is off in CUCM: double quotes make a text, not a name.
            inside = token.text[1:-1].replace('""', '"').replace("'", "''")
            token.kind, token.text = "text", f"'{inside}'"
        elif token.is_word("matches"):
            token.text = "glob"
    tokens = _without_short_casts(tokens)
    informix_rules.check(tokens, schema)
    return "".join(token.text for token in _limited(tokens))


def _without_short_casts(tokens: list[Token]) -> list[Token]:
    """``x::varchar(12)`` as ``cast(x as varchar(12))``."""
    answer: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        position += 1
        if token.text != "::":
            answer.append(token)
            continue
        end = _type_end(tokens, position)
        start = _operand_start(answer)
        kind = "".join(each.text for each in tokens[position:end]).strip()
        answer[start:start] = [Token("word", "cast"), Token("sign", "(")]
        answer += [Token("space", " "), Token("word", "as"), Token("space", " "), Token("word", kind)]
        answer.append(Token("sign", ")"))
        position = end
    return answer


def _type_end(tokens: list[Token], position: int) -> int:
    """Where the name of a type ends that begins at ``position``: ``varchar(12)``."""
    end = next((at for at in range(position, len(tokens)) if tokens[at].kind == "word"), position - 1) + 1
    if end < len(tokens) and tokens[end].text == "(":
        while end < len(tokens) and tokens[end].text != ")":
            end += 1
        end += 1
    return end


def _operand_start(tokens: list[Token]) -> int:
    """Where the last operand of the tokens begins: a name, a literal, a call or something in parentheses."""
    at, depth = len(tokens) - 1, 0
    while at > 0:
        depth += (tokens[at].text == ")") - (tokens[at].text == "(")
        before = tokens[at - 1]
        joined = before.text == "." or tokens[at].text == "."
        called = tokens[at].text == "(" and before.kind == "word" and not before.is_word("as", "select")
        if depth == 0 and not joined and not called:
            break
        at -= 1
    return max(at, 0)


def _limited(tokens: list[Token]) -> list[Token]:
    """Move ``skip`` and ``first`` from the head of each select to its end."""
    answer: list[Token] = []
    pending: list[str] = [""]
    position = 0
    while position < len(tokens):
        token = tokens[position]
        position += 1
        if token.text == "(":
            pending.append("")
        elif token.text == ")" and len(pending) > 1:
            answer.append(Token("sign", pending.pop()))
        elif token.is_word("union"):
            answer.append(Token("sign", pending[-1] + " "))
            pending[-1] = ""
        answer.append(token)
        if token.is_word("select"):
            position, pending[-1] = _head(tokens, position)
            answer.append(Token("space", " "))
    return [*answer, *(Token("sign", each) for each in reversed(pending))]


def _head(tokens: list[Token], position: int) -> tuple[int, str]:
    """Behind ``select``: where its columns begin, and the limit that SQLite wants at its end."""
    limits: dict[str, str] = {}
    while True:
        behind = [at for at in range(position, len(tokens)) if tokens[at].kind != "space"][:2]
        if len(behind) == 2 and tokens[behind[0]].is_word("skip", "first", "limit"):
            if tokens[behind[1]].kind != "number":
                break
            limits[tokens[behind[0]].text.lower()] = tokens[behind[1]].text
            position = behind[1] + 1
        elif behind and tokens[behind[0]].is_word("unique"):
            tokens[behind[0]].text = "distinct"
            position = behind[0]
            break
        else:
            position = behind[0] if behind else position
            break
    if not limits:
        return position, ""
    return (
        position,
        f" limit {limits.get('first', limits.get('limit', '-1'))} offset {limits.get('skip', '0')}",
    )


@lru_cache(maxsize=256)
def _pattern(pattern: str, escape: str) -> re.Pattern[str]:
    expression, taken = "", False
    for character in pattern:
        if taken:
            expression, taken = expression + re.escape(character), False
        elif character == escape:
            taken = True
        else:
            expression += {"%": ".*", "_": "."}.get(character) or re.escape(character)
    return re.compile(expression, re.DOTALL)


def _like(pattern: str | None, value: object, escape: str = "\\") -> bool | None:
    if pattern is None or value is None:
        return None
    return _pattern(str(pattern), escape).fullmatch(str(value)) is not None


def prepare(connection: sqlite3.Connection) -> None:
    """Give a connection what Informix has: ``like`` that minds case, ``nvl``."""
    connection.create_function("like", 2, _like, deterministic=True)
    connection.create_function("like", 3, _like, deterministic=True)
    connection.create_function(
        "nvl", 2, lambda value, other: other if value is None else value, deterministic=True
    )
