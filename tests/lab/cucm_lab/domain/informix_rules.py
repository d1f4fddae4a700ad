# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Informix refuses in a query and SQLite does not: unions, groups, NULL.

From the public SQL guides of Informix ([D]) and its list of error messages; how CUCM's own version of it handles a case
that they leave open is [?], and such a case is let through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from .errors import SqlError

Kind = Literal["text", "number", "boolean"]


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


AGGREGATES = ("count", "max", "min", "sum", "avg")
_TEXT_TYPES = ("char", "character", "varchar", "lvarchar", "nchar", "nvarchar")
_NUMBER_TYPES = ("int", "integer", "smallint", "bigint", "int8", "decimal", "numeric", "float", "serial")
_TEXT_CALLS = (
    "lower",
    "upper",
    "trim",
    "substr",
    "substring",
    "replace",
    "concat",
    "lpad",
    "rpad",
    "to_char",
    "initcap",
    "subscript",
    "current_",
    "today_",
)
_NUMBER_CALLS = ("count", "sum", "avg", "length", "char_length", "abs", "mod", "round")
_BEHIND_FROM = ("where", "group", "having", "order", "union")
_NO_ALIAS = (
    *_BEHIND_FROM,
    "on",
    "join",
    "left",
    "right",
    "full",
    "inner",
    "outer",
    "cross",
    "as",
)


@dataclass
class Token:
    """A piece of a statement: kind (space, text, word, name, number, sign) and how it is written.

    A ``name`` is a word that SQLite would take for one of its own.
    """

    kind: str
    text: str

    @property
    def sql(self) -> str:
        """As SQLite is to read it."""
        return f"`{self.text}`" if self.kind == "name" else self.text

    @property
    def is_identifier(self) -> bool:
        return self.kind in ("word", "name")

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words


@dataclass(frozen=True, eq=False)
class Schema:
    """The kinds of all columns, by table; compared by identity, so that statements can be kept by it.

    unknown: columns (table, column) of which not all values are public, with those that are. absent: columns of which a real cluster
    has rows that the lab has not, with their values.
    """

    tables: Mapping[str, Mapping[str, Kind]]
    unknown: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    absent: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)


@dataclass
class Select:
    """One select of a statement: the parts of its list, the tables it reads by alias, its groups, what orders it.

    names: the tables' own names by alias. tokens: all of it, what is in parentheses too.
    """

    items: list[list[Token]]
    tables: dict[str, Mapping[str, Kind]]
    names: dict[str, str]
    tokens: list[Token]
    groups: list[list[Token]]
    orders: list[list[Token]]

    def kind(self, column: list[Token]) -> Kind | None:
        """The kind of a column, given as ``name`` or ``alias . name``; None when there is no such column."""
        *qualifier, name = [each.text.lower() for each in column if each.text != "."]
        found = [
            table[name]
            for alias, table in self.tables.items()
            if name in table and (not qualifier or alias == qualifier[0])
        ]
        return found[0] if found else None


def check(tokens: list[Token], schema: Schema) -> None:
    """Raises SqlError with Informix' number (tokens: those that are no space):

    -201 for NULL as an item of a list (it has no type) and for groups by an expression, -294 for a column beside
    aggregates that is not grouped by, -317 and -308 for a union whose parts differ in number or kind of columns, -374
    for one that is ordered by a name.
    """
    for chain in chains(tokens, schema):
        for select in chain:
            _check_select(select)
        if len(chain) > 1:
            _check_union(chain)


def _check_select(select: Select) -> None:
    for item in select.items:
        if _written(_unlabelled(item)) == "null":
            raise SqlError(-201)
    if any(len(group) > 1 and group[1].text != "." for group in select.groups):
        raise SqlError(-201)
    if not select.groups and not any(_has_aggregate(item) for item in select.items):
        return
    grouped = [_written(group) for group in select.groups]
    for position, item in enumerate(select.items, start=1):
        if str(position) in grouped or _label(item) in grouped:
            continue
        for column in filter(select.kind, _columns(item)):
            if not any(_same(_written(column), each) for each in grouped):
                raise SqlError(-294, name=column[-1].text)


def _same(column: str, group: str) -> bool:
    """Whether both name one column; either may lack the alias of its table."""
    if "." in column and "." in group:
        return column == group
    return column.rsplit(".", 1)[-1] == group.rsplit(".", 1)[-1]


def _check_union(chain: list[Select]) -> None:
    if any(len(select.items) != len(chain[0].items) for select in chain):
        raise SqlError(-317)
    for position in range(len(chain[0].items)):
        kinds = {_kind(_unlabelled(select.items[position]), select) for select in chain}
        if len(kinds - {None}) > 1:
            raise SqlError(-308)
    if any(order[0].kind != "number" for order in chain[-1].orders if order):
        raise SqlError(-374)


# -- reading a statement -----------------------------------------------------------------------------------


def chains(tokens: list[Token], schema: Schema) -> Iterator[list[Select]]:
    """The selects of a statement at every depth; those a union combines are together."""
    for inside in _groups(tokens):
        yield from chains(inside, schema)
    arms = [each for each in _split(tokens, lambda token: token.is_word("union")) if each]
    selects = []
    for arm in arms:
        at = next((at for at, token in _outside(arm) if token.is_word("select")), None)
        if at is not None:
            selects.append(_select(arm[at + 1 :], schema))
    if selects:
        yield selects


def _outside(tokens: list[Token]) -> Iterator[tuple[int, Token]]:
    """The tokens that are in no parentheses, with their places."""
    depth = 0
    for at, token in enumerate(tokens):
        if token.text == "(":
            depth += 1
        elif token.text == ")":
            depth -= 1
        elif depth == 0:
            yield at, token


def _groups(tokens: list[Token]) -> Iterator[list[Token]]:
    """What is in parentheses, outermost ones only."""
    depth, start = 0, 0
    for at, token in enumerate(tokens):
        if token.text == "(":
            depth += 1
            start = at + 1 if depth == 1 else start
        elif token.text == ")":
            depth -= 1
            if depth == 0:
                yield tokens[start:at]


def _split(tokens: list[Token], separates: Callable[[Token], bool]) -> list[list[Token]]:
    """The stretches between the separators that are in no parentheses."""
    answer, begin = [], 0
    for at, token in _outside(tokens):
        if separates(token):
            answer.append(tokens[begin:at])
            begin = at + 1
    return [*answer, tokens[begin:]]


def _listed(tokens: list[Token]) -> list[list[Token]]:
    return [each for each in _split(tokens, lambda token: token.text == ",") if each]


def _select(tokens: list[Token], schema: Schema) -> Select:
    """Of what stands behind ``select``."""
    places = {"from": len(tokens), "where": len(tokens), "group": len(tokens), "having": len(tokens)}
    places["order"] = len(tokens)
    for at, token in _outside(tokens):
        if token.kind == "word" and places.get(token.text.lower()) == len(tokens):
            places[token.text.lower()] = at
    ends = sorted({*places.values(), len(tokens)})

    def part(name: str, words: int) -> list[Token]:
        start = places[name]
        end = next((each for each in ends if each > start), len(tokens))
        return tokens[start + words : end]

    names = _tables(part("from", 1))
    return Select(
        _listed(_without_head(tokens[: min(places.values())])),
        {alias: schema.tables.get(name, {}) for alias, name in names.items()},
        names,
        tokens,
        _listed(part("group", 2)),
        _listed(part("order", 2)),
    )


def _without_head(tokens: list[Token]) -> list[Token]:
    """Without ``skip n first m``, ``unique`` and what else stands before the list."""
    while tokens:
        if tokens[0].is_word("skip", "first", "limit") and len(tokens) > 1 and tokens[1].kind == "number":
            tokens = tokens[2:]
        elif tokens[0].is_word("unique", "distinct", "all"):
            tokens = tokens[1:]
        else:
            break
    return tokens


def _tables(tokens: list[Token]) -> dict[str, str]:
    """The names of the tables of a FROM clause by alias; those in parentheses are not looked into."""
    answer: dict[str, str] = {}
    expected = True
    outside = [token for _at, token in _outside(tokens)]
    for at, token in enumerate(outside):
        if token.text == "," or token.is_word("join"):
            expected = True
        elif expected and token.is_identifier and not token.is_word("outer"):
            expected = False
            behind = [each for each in outside[at + 1 : at + 3] if not each.is_word("as")]
            named = behind and behind[0].is_identifier and not behind[0].is_word(*_NO_ALIAS)
            alias = behind[0].text if named else token.text
            answer[alias.lower()] = token.text.lower()
    return answer


# -- parts of a list ---------------------------------------------------------------------------------------


def _unlabelled(item: list[Token]) -> list[Token]:
    """Without ``as label`` or ``label``."""
    if len(item) > 2 and item[-2].is_word("as"):
        return item[:-2]
    if len(item) > 1 and item[-1].is_identifier and item[-2].text != "." and not item[-1].is_word("end"):
        before = item[-2]
        if before.is_identifier or before.kind in ("text", "number") or before.text == ")":
            return item[:-1]
    return item


def _label(item: list[Token]) -> str:
    bare = _unlabelled(item)
    return item[-1].text.lower() if len(bare) < len(item) else ""


def _written(tokens: list[Token]) -> str:
    return "".join(token.text.lower() for token in tokens)


def _has_aggregate(item: list[Token]) -> bool:
    at = 0
    while at < len(item) - 1:
        if item[at].text == "(" and item[at + 1].is_word("select"):
            at = _closing(item, at)
        elif item[at].is_word(*AGGREGATES) and item[at + 1].text == "(":
            return True
        at += 1
    return False


def _columns(item: list[Token]) -> Iterator[list[Token]]:
    """What may be columns in an item, outside of aggregates and of selects of its own."""
    bare, at = _unlabelled(item), 0
    while at < len(bare):
        token = bare[at]
        behind = bare[at + 1].text if at + 1 < len(bare) else ""
        opens = at + (behind == "(")
        is_aggregate = token.is_word(*AGGREGATES) and behind == "("
        is_select = token.text == "(" and at + 1 < len(bare) and bare[at + 1].is_word("select")
        if is_aggregate or is_select:
            at = _closing(bare, opens) + 1
        elif token.is_identifier and behind == "." and at + 2 < len(bare):
            yield bare[at : at + 3]
            at += 3
        else:
            if token.is_identifier and behind != "(":
                yield [token]
            at += 1


def _closing(tokens: list[Token], opening: int) -> int:
    depth = 0
    for at in range(opening, len(tokens)):
        depth += (tokens[at].text == "(") - (tokens[at].text == ")")
        if depth == 0:
            return at
    return len(tokens)


def _kind(expression: list[Token], select: Select) -> Kind | None:
    """What an expression gives, as far as it shows; None when it does not, or may be anything."""
    first = expression[0] if expression else Token("space", "")
    outside = [token for _at, token in _outside(expression)]
    if any(token.text == "||" for token in outside):
        return "text"
    if any(token.text in ("+", "-", "*", "/") for token in outside) and len(expression) > 1:
        return "number"
    if len(expression) == 1 and first.kind in ("text", "number"):
        return "text" if first.kind == "text" else "number"
    if first.is_word("case"):
        then = next((at for at, token in _outside(expression) if token.is_word("then")), len(expression))
        value = _split(expression[then + 1 :], lambda token: token.is_word("when", "else", "end"))[0]
        return _kind(value, select)
    if len(expression) > 2 and expression[1].text == "(":
        inside = expression[2:-1]
        if first.is_word("cast"):
            place = next((at for at, token in _outside(inside) if token.is_word("as")), len(inside))
            return _type(inside[place + 1 :])
        if first.is_word("max", "min", "nvl"):
            return _kind(_listed(inside)[0], select) if inside else None
        return "text" if first.is_word(*_TEXT_CALLS) else "number" if first.is_word(*_NUMBER_CALLS) else None
    if first.is_identifier and (len(expression) == 1 or (len(expression) == 3 and expression[1].text == ".")):
        return select.kind(expression)
    return None


def _type(tokens: list[Token]) -> Kind | None:
    word = tokens[0].text.lower().split("(", 1)[0].strip() if tokens else ""
    if word in _TEXT_TYPES:
        return "text"
    return "number" if word in _NUMBER_TYPES else "boolean" if word == "boolean" else None
