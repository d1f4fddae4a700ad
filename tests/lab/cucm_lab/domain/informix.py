# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Informix' dialect of SQL, as users of CUCM write it, for SQLite: what differs is translated or added."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"(?P<space>\s+|--[^\n]*)|(?P<text>'(?:[^']|'')*')|(?P<quoted>\"(?:[^\"]|\"\")*\")|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<sign>[<>!=|]{2}|.)",
    re.DOTALL,
)


@dataclass
class _Token:
    kind: str
    text: str

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words


def _tokens(sql: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(sql):
        yield _Token(match.lastgroup or "sign", match[0])


def translate(sql: str) -> str:
    """SQLite's form of a statement.

    ``select skip n first m ...`` at every depth, ``unique``, ``matches``, and texts in double quotes.
    """
    tokens = list(_tokens(sql.strip().rstrip(";").rstrip()))
    for token in tokens:
        if token.kind == "quoted":
            # DELIMIDENT is off in CUCM: double quotes make a text, not a name.
            inside = token.text[1:-1].replace('""', '"').replace("'", "''")
            token.kind, token.text = "text", f"'{inside}'"
        elif token.is_word("matches"):
            token.text = "glob"
    return "".join(token.text for token in _limited(tokens))


def _limited(tokens: list[_Token]) -> list[_Token]:
    """Move ``skip`` and ``first`` from the head of each select to its end."""
    answer: list[_Token] = []
    pending: list[str] = [""]
    position = 0
    while position < len(tokens):
        token = tokens[position]
        position += 1
        if token.text == "(":
            pending.append("")
        elif token.text == ")" and len(pending) > 1:
            answer.append(_Token("sign", pending.pop()))
        elif token.is_word("union"):
            answer.append(_Token("sign", pending[-1] + " "))
            pending[-1] = ""
        answer.append(token)
        if token.is_word("select"):
            position, pending[-1] = _head(tokens, position)
            answer.append(_Token("space", " "))
    return [*answer, *(_Token("sign", each) for each in reversed(pending))]


def _head(tokens: list[_Token], position: int) -> tuple[int, str]:
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


def _like(pattern: str | None, value: object, escape: str = "\\") -> bool | None:
    if pattern is None or value is None:
        return None
    expression, taken = "", False
    for character in str(pattern):
        if taken:
            expression, taken = expression + re.escape(character), False
        elif character == escape:
            taken = True
        else:
            expression += {"%": ".*", "_": "."}.get(character) or re.escape(character)
    return re.fullmatch(expression, str(value), re.DOTALL) is not None


def prepare(connection: sqlite3.Connection) -> None:
    """Give a connection what Informix has: ``like`` that minds case, ``nvl``."""
    connection.create_function("like", 2, _like, deterministic=True)
    connection.create_function("like", 3, _like, deterministic=True)
    connection.create_function(
        "nvl", 2, lambda value, other: other if value is None else value, deterministic=True
    )
