# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forms that values have. PRIVATE to the collection. Pure.

A form is written once and gives three things: the value as judges may use it, its JSON Schema, and how Ansible's documentation
describes it. A record is a TypedDict: its annotations are its form, so a type checker and a reader of saved facts go by the same text.
"""

from __future__ import annotations

import types
import typing as t
from dataclasses import dataclass
from datetime import datetime

from .._base.numbers import LARGEST, is_number

Schema = t.Mapping[str, t.Any]
_T = t.TypeVar("_T")
_T_co = t.TypeVar("_T_co", covariant=True)


class Misshapen(Exception):
    """A value does not have its form; the message is the end of a sentence that begins with its place."""


@dataclass(frozen=True, eq=False)
class Form(t.Generic[_T_co]):
    """The form of a value.

    Attributes:
        shaped: Returns the value as judges may use it, or raises Misshapen.
        schema: Its JSON Schema (draft 2020-12).
        returned: C(type), and where it has them C(elements) and C(contains), as RETURN of a module describes it.
    """

    shaped: t.Callable[[t.Any], _T_co]
    schema: Schema
    returned: t.Mapping[str, t.Any]


def _text(value: t.Any) -> str:
    if not isinstance(value, str):
        raise Misshapen(" is not text")
    return value


def _boolean(value: t.Any) -> bool:
    if not isinstance(value, bool):
        raise Misshapen(" is neither true nor false")
    return value


def _count(value: t.Any) -> int:
    if not isinstance(value, int) or not is_number(value) or value < 0:
        raise Misshapen(" is not a whole number of 0 or more")
    return value


def _whole(value: t.Any) -> int:
    if not isinstance(value, int) or not is_number(value):
        raise Misshapen(" is not a whole number")
    return value


def _number(value: t.Any) -> float:
    if not is_number(value):
        raise Misshapen(" is not a number")
    return t.cast(float, value)


def _moment(value: t.Any) -> str:
    written = _text(value)
    try:
        if datetime.fromisoformat(written).tzinfo is None:
            return written
    except ValueError:
        pass
    raise Misshapen(" is not a time without a zone")


def _name(value: t.Any) -> str:
    written = _text(value)
    if not written:
        raise Misshapen(" is empty")
    return written


def _anything(value: t.Any) -> t.Any:
    return value


_BELOW = {"exclusiveMaximum": LARGEST}
_WITHIN = {"exclusiveMinimum": -LARGEST, **_BELOW}

text: Form[str] = Form(_text, {"type": "string"}, {"type": "str"})
boolean: Form[bool] = Form(_boolean, {"type": "boolean"}, {"type": "bool"})
count: Form[int] = Form(_count, {"type": "integer", "minimum": 0, **_BELOW}, {"type": "int"})
whole: Form[int] = Form(_whole, {"type": "integer", **_WITHIN}, {"type": "int"})
number: Form[float] = Form(_number, {"type": "number", **_WITHIN}, {"type": "float"})
# A time as ISO 8601 text; readings write them without a zone.
moment: Form[str] = Form(
    _moment,
    {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{3,6})?)?)?$"},
    {"type": "str"},
)
name: Form[str] = Form(_name, {"type": "string", "minLength": 1}, {"type": "str"})
anything: Form[t.Any] = Form(_anything, {}, {"type": "raw"})

# The same as annotations of a record's keys; of the others the type alone is enough.
Count = t.Annotated[int, count]
Moment = t.Annotated[str, moment]
Name = t.Annotated[str, name]


def maybe(form: Form[_T]) -> Form[_T | None]:
    """Return the form of what may be unknown."""
    shaped = form.shaped
    return Form(
        lambda value: None if value is None else shaped(value),
        {"anyOf": [form.schema, {"type": "null"}]},
        form.returned,
    )


def list_of(form: Form[_T]) -> Form[list[_T]]:
    """Return the form of a list."""

    def shaped(value: t.Any) -> list[_T]:
        if not isinstance(value, (list, tuple)):
            raise Misshapen(" is not a list")
        found = []
        for number, item in enumerate(value):
            try:
                found.append(form.shaped(item))
            except Misshapen as error:
                raise Misshapen(f"[{number}]{error}") from None
        return found

    elements = {"elements": form.returned["type"]}
    contains = {"contains": form.returned["contains"]} if "contains" in form.returned else {}
    return Form(shaped, {"type": "array", "items": form.schema}, {"type": "list", **elements, **contains})


def mapping_of(form: Form[_T]) -> Form[dict[str, _T]]:
    """Return the form of a mapping of names to what is alike."""

    def shaped(value: t.Any) -> dict[str, _T]:
        found = _keyed(value)
        _shape(found, dict.fromkeys(found, form))
        return found

    return Form(shaped, {"type": "object", "additionalProperties": form.schema}, {"type": "dict"})


def record(kind: type[_T], *also: str) -> Form[_T]:
    """Return the form of a mapping with certain keys; others stay as they are.

    Args:
        kind: A TypedDict. A key that facts of an earlier release do not have is C(NotRequired). A text in an annotation
            (C(Annotated[str, "..."])) is the description of the key.
        also: Keys that are needed here although they are C(NotRequired).
    """
    keys = _keys(kind)
    needed = {key: each.form for key, each in keys.items() if each.needed or key in also}
    optional = {key: each.form for key, each in keys.items() if key not in needed}

    def shaped(value: t.Any) -> _T:
        found = _keyed(value)
        missing = needed.keys() - found.keys()
        if missing:
            raise Misshapen(f" has no {min(missing)}")
        _shape(found, needed)
        _shape(found, {key: optional[key] for key in optional.keys() & found.keys()})
        return t.cast(_T, found)

    schema = {
        "type": "object",
        "required": list(needed),
        "properties": {
            key: {**({"description": each.says} if each.says else {}), **each.form.schema}
            for key, each in keys.items()
        },
    }
    contains = {
        key: {"description": each.says, **each.form.returned} for key, each in keys.items() if each.says
    }
    return Form(shaped, schema, {"type": "dict", **({"contains": contains} if contains else {})})


class _Key(t.NamedTuple):
    """A key of a record: its form, whether it is always there, and its description."""

    form: Form[t.Any]
    needed: bool
    says: str


def _keys(kind: type) -> dict[str, _Key]:
    found = {}
    for key, hint in t.get_type_hints(kind, include_extras=True).items():
        needed = t.get_origin(hint) is not t.NotRequired
        inner = hint if needed else t.get_args(hint)[0]
        notes = getattr(inner, "__metadata__", ())
        says = next((note for note in notes if isinstance(note, str)), "")
        found[key] = _Key(_form_of(inner), needed, says)
    return found


_PLAIN: t.Mapping[t.Any, Form[t.Any]] = {
    str: text,
    bool: boolean,
    int: whole,
    float: number,
    t.Any: anything,
}


def _form_of(hint: t.Any) -> Form[t.Any]:
    """Return the form that an annotation is."""
    origin, parts = t.get_origin(hint), t.get_args(hint)
    if origin is t.Annotated:
        return next((note for note in parts[1:] if isinstance(note, Form)), None) or _form_of(parts[0])
    if origin in (t.Union, types.UnionType):
        (inner,) = (part for part in parts if part is not types.NoneType)
        return maybe(_form_of(inner))
    if origin is list:
        return list_of(_form_of(parts[0]))
    if origin is dict:
        return mapping_of(_form_of(parts[1]))
    return _PLAIN[hint] if hint in _PLAIN else record(hint)


def _keyed(value: t.Any) -> dict[str, t.Any]:
    """Return a copy of a mapping."""
    if not isinstance(value, dict):
        raise Misshapen(" is not a mapping")
    for key in value:
        if not isinstance(key, str):
            raise Misshapen(" has a key that is not text")
    return dict(value)


def _shape(found: dict[str, t.Any], forms: t.Mapping[str, Form[t.Any]]) -> None:
    """Give what is under keys its form. Raises Misshapen with the place before the message."""
    for key, form in forms.items():
        try:
            found[key] = form.shaped(found[key])
        except Misshapen as error:
            raise Misshapen(f".{key}{error}") from None
