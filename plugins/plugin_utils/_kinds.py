# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of values a variable may have, and how each is read. Pure; runs in the controller only.

An INI inventory and C(-e key=value) give texts where YAML gives values. Each kind takes both and returns the value, so nothing
behind it meets a text that stands for something else. What does not fit is reported with its place and never returned.
"""

from __future__ import annotations

import math
import re
import typing as t
from dataclasses import dataclass

import yaml
from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import nearest

# Called with the place and the end of a sentence that begins there.
Problem = t.Callable[[str, str], None]
Read = t.Callable[[t.Any, str, Problem], t.Any]
_LONGEST_SHOWN = 60
# More are not listed beside the one that was meant.
_MOST_LISTED = 8
_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Kind:
    """What a value may be.

    Attributes:
        words: That in words, the end of the sentence "it must be ...".
        read: Returns the value, or reports why it does not fit; the value returned then is not used.
    """

    words: str
    read: Read


def is_said(value: t.Any) -> bool:
    """Return whether a variable says anything: one without a value, or with an empty text, does not."""
    return value is not None and not (isinstance(value, str) and not value.strip())


def shown(value: t.Any) -> str:
    """Return a value in words, for a message; a long one is cut."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"the number {value}"
    name = "the text" if isinstance(value, str) else "the list" if _is_list(value) else "the mapping"
    text = repr(_bare(value))
    return f"{name} {text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + '...'}"


def _bare(value: t.Any) -> t.Any:
    """Return a value without Ansible's own types, which show themselves."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, t.Mapping):
        return {_bare(key): _bare(item) for key, item in value.items()}
    return [_bare(item) for item in value] if _is_list(value) else value


def _is_list(value: t.Any) -> bool:
    return isinstance(value, t.Sequence) and not isinstance(value, (str, bytes))


def _kind(words: str, convert: t.Callable[[t.Any], t.Any]) -> Kind:
    """Return a kind from a function that raises ValueError or TypeError for what does not fit."""

    def read(value: t.Any, place: str, problem: Problem) -> t.Any:
        try:
            return convert(value)
        except (ValueError, TypeError, OverflowError):
            problem(place, f"must be {words}, and is {shown(value)}")
            return None

    return Kind(words, read)


# -- one value -------------------------------------------------------------------------------------------


def _text(value: t.Any, place: str, problem: Problem) -> t.Any:
    if not isinstance(value, str):
        problem(place, f"must be a text, and is {shown(value)}: put it in quotes")
    return value


def _secret(value: t.Any, place: str, problem: Problem) -> t.Any:
    if not isinstance(value, str):
        problem(place, "must be a text, and is something else: put it in quotes")
    return value


TEXT = Kind("a text", _text)
SECRET = Kind("a text", _secret)
FLAG = _kind("true or false", boolean)
ANYTHING = Kind("anything", lambda value, place, problem: value)


def whole(least: int, most: int | None = None) -> Kind:
    """Return the kind of a whole number within bounds."""

    def convert(value: t.Any) -> int:
        if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError
        return int(_within(value, least, most))

    return _kind(f"a whole number {_bounds(least, most)}", convert)


def number(least: float, *, above: bool = False, unit: str = "") -> Kind:
    """Return the kind of a number that is at least, or C(above), another."""

    def convert(value: t.Any) -> float:
        if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise TypeError
        if above and value <= least:
            raise ValueError
        return float(_within(value, least, None))

    what = f"a number of {unit}" if unit else "a number"
    return _kind(f"{what} {f'above {least:g}' if above else _bounds(least, None)}", convert)


def _within(value: float, least: float, most: float | None) -> float:
    if value < least or (most is not None and value > most):
        raise ValueError
    return value


def _bounds(least: float, most: float | None) -> str:
    return f"from {least:g} to {most}" if most is not None else f"of at least {least:g}"


def word(*choices: t.Any) -> Kind:
    """Return the kind of one of some words."""
    by_text = {str(choice): choice for choice in choices}
    words = _or(list(by_text))

    def read(value: t.Any, place: str, problem: Problem) -> t.Any:
        text = str(value).strip() if not isinstance(value, bool) else ""
        if text in by_text:
            return by_text[text]
        meant = nearest(text.lower(), by_text) if isinstance(value, str) else ""
        known = "a word that is known" if meant and len(choices) > _MOST_LISTED else words
        problem(place, f"must be {known}, and is {shown(value)}{meant}")
        return None

    return Kind(words, read)


def _or(words: t.Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


# -- several ---------------------------------------------------------------------------------------------


def _structure(value: t.Any) -> t.Any:
    """Return what a text says in YAML or JSON; texts that say no list and no mapping stay as they are."""
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return yaml.safe_load(value)
    except (yaml.YAMLError, ValueError, RecursionError):
        return value


def list_of(each: Kind, words: str, *, commas: bool = True) -> Kind:
    """Return the kind of a list. A single value is a list of one, and a text with C(commas) a list of its parts."""

    def read(value: t.Any, place: str, problem: Problem) -> t.Any:
        value = _structure(value)
        if isinstance(value, str) and not value.lstrip().startswith(("[", "{")):
            value = [part for part in (value.split(",") if commas else [value]) if part.strip()]
            value = [part.strip() for part in value] if commas else value
        elif isinstance(value, t.Mapping):
            value = [value] if each.words.startswith("a mapping") else value
        if not _is_list(value):
            problem(place, f"must be {words}, and is {shown(value)}")
            return []
        return [each.read(item, f"{place}[{index}]", problem) for index, item in enumerate(value)]

    return Kind(words, read)


def mapping_of(each: Kind, words: str, names: t.Callable[[], t.Sequence[str]] | None = None) -> Kind:
    """Return the kind of a mapping of names, of some that are known when C(names) tells them, to values of one kind."""

    def read(value: t.Any, place: str, problem: Problem) -> t.Any:
        given = _names(value, place, words, problem)
        known = names() if names is not None else None
        for name in given:
            if known is not None and name not in known:
                problem(f"{place}.{name}", _not_known(name, known))
        return {
            name: each.read(item, f"{place}.{name}", problem)
            for name, item in given.items()
            if known is None or name in known
        }

    return Kind(words, read)


def record(words: str, keys: t.Mapping[str, Kind], required: t.Collection[str] = ()) -> Kind:
    """Return the kind of a mapping with certain keys; a key without a value is left out."""

    def read(value: t.Any, place: str, problem: Problem) -> t.Any:
        given = {
            name: item for name, item in _names(value, place, words, problem).items() if item is not None
        }
        for name in given:
            if name not in keys:
                problem(f"{place}.{name}", _not_known(name, list(keys)))
        if isinstance(_structure(value), t.Mapping):
            for name in required:
                if not is_said(given.get(name)):
                    problem(place, f"has no {name}")
        return {
            name: keys[name].read(item, f"{place}.{name}", problem)
            for name, item in given.items()
            if name in keys
        }

    return Kind(words, read)


def _not_known(name: str, known: t.Sequence[str]) -> str:
    meant = nearest(name.lower(), known)
    return f"is not known{meant}" + (
        "" if meant and len(known) > _MOST_LISTED else f"; there are {', '.join(known)}"
    )


def _names(value: t.Any, place: str, words: str, problem: Problem) -> dict[str, t.Any]:
    given = _structure(value)
    if not isinstance(given, t.Mapping):
        problem(place, f"must be {words}, and is {shown(value)}")
        return {}
    for name in given:
        if not isinstance(name, str):
            problem(place, f"has the name {shown(name)}: put names in quotes")
    return {name: item for name, item in given.items() if isinstance(name, str)}


def either(*words: str, kind: Kind) -> Kind:
    """Return the kind of one of some words, or of what another kind takes; a text is a word unless it is a list."""
    said = f"{', '.join(words)} or {kind.words}"

    def read(value: t.Any, place: str, problem: Problem) -> t.Any:
        structure = _structure(value)
        if not isinstance(structure, str):
            return (
                kind.read(structure, place, problem) if _is_list(structure) else _wrong(value, place, problem)
            )
        if structure.strip() in words:
            return structure.strip()
        return _wrong(structure, place, problem, nearest(structure.strip().lower(), words))

    def _wrong(value: t.Any, place: str, problem: Problem, meant: str = "") -> None:
        problem(place, f"must be {said}, and is {shown(value)}{meant}")

    return Kind(said, read)


# -- options of modules ----------------------------------------------------------------------------------

_PORT = whole(1, 65535)
_OF_OPTIONS: dict[str, Kind] = {
    "str": TEXT,
    "path": TEXT,
    "bool": FLAG,
    "int": whole(1),
    "float": number(0, unit="seconds"),
}


def of_option(name: str, spec: t.Mapping[str, t.Any]) -> Kind:
    """Return the kind of a module's option, from its argument specification."""
    if spec.get("no_log"):
        return SECRET
    if "choices" in spec:
        return word(*spec["choices"])
    return _PORT if name.endswith("_port") else _OF_OPTIONS[spec.get("type", "str")]


PORT = _PORT
