# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Informix' dialect of SQL, as users of CUCM write it, for SQLite: what differs is translated or added.

What Informix refuses and SQLite accepts is in :mod:`informix_rules`, its functions are in :mod:`informix_functions`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from . import informix_functions, informix_rules, unknowns
from .errors import NotSimulated
from .informix_rules import Schema, Token, words

_TOKEN = re.compile(
    r"(?P<space>\s+|--[^\n]*|\{[^}]*\}|/\*.*?\*/)|(?P<text>'(?:[^']|'')*')|(?P<quoted>\"(?:[^\"]|\"\")*\")"
    r"|(?P<word>[A-Za-z_]\w*)|(?P<number>\d+(?:\.\d+)?)|(?P<sign>::|[<>!=|]{2}|.)",
    re.DOTALL,
)
_KEYWORDS = words("""
abort action add after alter always analyze attach autoincrement before begin cascade check collate column commit
conflict constraint create current current_date current_time current_timestamp database default deferrable deferred
delete detach do drop each end exclude exclusive explain fail filter following for foreign generated glob group groups
having if ignore immediate index indexed initially insert instead into isnull key last match materialized natural no
nothing notnull nulls of offset on order others over partition plan pragma preceding primary query raise range
recursive references regexp reindex release rename replace restrict returning rollback row rows savepoint set table
temp temporary ties to transaction trigger unbounded update using vacuum values view virtual window with without
""")
"""Words that SQLite keeps for itself and Informix does not: it has no reserved words ([D] IBM Guide to SQL: Syntax)."""
_STRUCTURE = words("""
all and as asc between by case cast cross desc distinct else end escape except exists from full group having in inner
intersect into is join left like not null on or order outer over right select then union unique when where with
""")
"""Words that a query is built with; they are names where no such word can stand."""
_UNITS = ("year", "month", "day", "hour", "minute", "second", "fraction")


def _tokens(sql: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(sql):
        yield Token(match.lastgroup or "sign", match[0])


@lru_cache(maxsize=512)
def translate(sql: str, schema: Schema) -> str:
    """SQLite's form of a statement.

    ``select skip n first m ...`` at every depth, ``unique``, ``matches``, casts by ``::``, texts in double quotes, words that are
    names, ``name[1,3]``, ``current`` and ``today``; comments and hints are left out. Raises SqlError for what Informix is known to
    refuse and for what the lab cannot answer truly.
    """
    tokens = list(_tokens(sql.strip().rstrip(";").rstrip()))
    for token in tokens:
        if token.kind == "quoted":
            # DELIMIDENT is off in CUCM: double quotes make a text, not a name.
            inside = token.text[1:-1].replace('""', '"').replace("'", "''")
            token.kind, token.text = "text", f"'{inside}'"
        elif token.kind == "space":
            token.text = " "
    _name(tokens)
    for token in tokens:
        if token.is_word("matches"):
            token.text = "glob"
    tokens = _without_short_casts(_without_subscripts(_without_moments(tokens)))
    written = [token for token in tokens if token.kind != "space"]
    _check_outer(written)
    informix_functions.check(written)
    informix_rules.check(written, schema)
    unknowns.check(written, schema)
    return "".join(token.sql for token in _limited(tokens))


def _neighbours(tokens: list[Token]) -> Iterator[tuple[Token, Token, Token]]:
    """Every token that is no space, with the one before and the one behind it."""
    nothing = Token("space", "")
    shown = [token for token in tokens if token.kind != "space"]
    yield from zip(shown, [nothing, *shown], [*shown[1:], nothing], strict=False)


def _name(tokens: list[Token]) -> None:
    """Tell SQLite which of its own words are names: aliases, tables and columns may be called so."""
    casts = [False]
    first = True
    for token, before, behind in _neighbours(tokens):
        if first and token.is_word("insert", "update", "delete", "create", "drop", "alter"):
            return
        first = False
        if token.text == "(":
            casts.append(before.is_word("cast"))
        elif token.text == ")" and len(casts) > 1:
            casts.pop()
        word = token.text.lower()
        if token.kind != "word" or word not in _KEYWORDS | _STRUCTURE:
            continue
        labels = before.is_word("as") and not casts[-1]
        if labels or "." in (before.text, behind.text):
            token.kind = "name"
        elif word in ("group", "order"):
            token.kind = "word" if behind.is_word("by") else "name"
        elif word not in _STRUCTURE and word != "current" and behind.text != "(" and not _is_unit(before):
            token.kind = "name"


def _is_unit(token: Token) -> bool:
    """Whether ``to`` may stand behind it: ``current year to second``."""
    return token.is_word(*_UNITS)


def _without_moments(tokens: list[Token]) -> list[Token]:
    """``today``, and ``current`` with its precision, as calls."""
    answer: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        position += 1
        before = next((each for each in reversed(answer) if each.kind != "space"), Token("space", ""))
        is_name = before.is_word("as") or before.text == "."
        if token.is_word("today") and not is_name:
            answer += [Token("word", "today_"), Token("sign", "("), Token("sign", ")")]
        elif token.is_word("current") and not is_name:
            behind = [at for at in range(position, len(tokens)) if tokens[at].kind != "space"][:3]
            said = [tokens[at] for at in behind]
            unit = "'fraction'"
            if len(said) == 3 and said[0].is_word("year") and said[1].is_word("to") and _is_unit(said[2]):
                unit, position = f"'{said[2].text.lower()}'", behind[2] + 1
            elif said and _is_unit(said[0]):
                raise NotSimulated(f"current {said[0].text}")
            answer += [Token("word", "current_"), Token("sign", "("), Token("text", unit), Token("sign", ")")]
        else:
            answer.append(token)
    return answer


def _without_subscripts(tokens: list[Token]) -> list[Token]:
    """``name[1,3]``, a part of a text from one character to another, as a call."""
    answer: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        position += 1
        end = next((at for at in range(position, len(tokens)) if tokens[at].text == "]"), None)
        if token.text != "[" or end is None:
            answer.append(token)
            continue
        numbers = [each.text for each in tokens[position:end] if each.kind == "number"]
        signs = [each.text for each in tokens[position:end] if each.kind not in ("number", "space")]
        if signs != [","] * (len(numbers) - 1) or len(numbers) not in (1, 2):
            answer.append(token)
            continue
        start = _operand_start(answer)
        answer[start:start] = [Token("word", "subscript"), Token("sign", "(")]
        for number in (numbers[0], numbers[-1]):
            answer += [Token("sign", ","), Token("number", number)]
        answer.append(Token("sign", ")"))
        position = end + 1
    return answer


def _check_outer(tokens: list[Token]) -> None:
    for token, before, _behind in _neighbours(tokens):
        if token.is_word("outer") and (before.text == "," or before.is_word("from")):
            raise NotSimulated("the outer join of a FROM clause without JOIN")
        if token.is_word("units") and before.kind == "number":
            raise NotSimulated("intervals")


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
