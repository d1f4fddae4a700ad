# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables as the text of a host_vars file, and whether a file is still as it was written. Pure; runs in the controller only.

All that a cluster said is hostile: it is quoted whatever it looks like, what could be taken for a template is marked
C(!unsafe), and characters that cannot be seen are escaped, in values and in comments.
"""

from __future__ import annotations

import hashlib
import re
import textwrap
import typing as t

from ansible_collections.ucops.cucm.plugins.module_utils._facts.model import Facts
from ansible_collections.ucops.cucm.plugins.plugin_utils._adoption import ORDER, Adopted

_WIDTH = 120
_START = "---\n"
# Words of the collection, which YAML 1.1 takes for nothing else than a text.
_WORD = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z]+(?:[_+][a-z]+)*")
_NAME = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z][a-z0-9_]+", re.IGNORECASE)
# What templates are made of: their marks, and the line that changes the marks.
_TEMPLATE = re.compile(r"[{}%#]")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\n(?:[A-Za-z0-9+/=]+\n)+-----END CERTIFICATE-----\n")
# YAML takes keys up to 1024 characters, with their tag, without a question mark before them.
_LONGEST_KEY = 1000
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def text(adopted: Adopted, facts: Facts, cluster: str = "") -> str:
    """Return the text of a host_vars file. The same facts always make the same text.

    Args:
        adopted: The variables and the remarks on them.
        facts: The facts they are from.
        cluster: What the inventory calls the cluster.
    """
    source = (
        f"CUCM release {facts.get('release') or 'not told'}, publisher {facts.get('publisher') or 'not told'}"
    )
    lines = [
        *_comment(
            f"What the cluster {cluster or facts.get('publisher')} has, as ucops.cucm.adopt read it ({source})."
        ),
        *_comment(
            "Applied by a rollout, these variables change nothing. The file is yours: once edited, it is not written over."
        ),
        *_listed(
            "Due in the cluster as it is, so that a rollout would do it (the playbook plan says why)",
            adopted.due,
        ),
        *_listed(
            "Why a rollout would not call the cluster proven to be as it is said here", adopted.unproven
        ),
    ]
    for name in ORDER:
        remarks = adopted.remarks.get(name, [])
        if name not in adopted.variables and not remarks:
            continue
        lines.append("")
        lines += [
            line
            for remark in remarks
            for line in _comment(remark if name in adopted.variables else f"{name}: {remark}")
        ]
        if name in adopted.variables:
            lines += _mapping({name: adopted.variables[name]})
    body = "".join(f"{line}\n" for line in lines)
    return f"{_START}{_seal(body)}{body}"


def remarks(adopted: Adopted) -> list[str]:
    """Return the remarks on the variables and on the cluster, as lines for a person."""
    about = [f"{name}: {_seen(remark)}" for name in ORDER for remark in adopted.remarks.get(name, [])]
    due = [f"Due as it is, so that a rollout would do it: {_seen(line)}." for line in adopted.due]
    return [
        *about,
        *due,
        *(f"A rollout would not call it proven: {_seen(line)}" for line in adopted.unproven),
    ]


def is_own(content: str) -> bool:
    """Return whether a file is as C(text) made it and has not been edited since."""
    start, seal, body = (*content.split("\n", 2), "", "")[:3]
    return f"{start}\n" == _START and f"{seal}\n" == _seal(body)


def _seal(body: str) -> str:
    return f"# sha256 of the lines below: {hashlib.sha256(body.encode()).hexdigest()}\n"


# -- comments --------------------------------------------------------------------------------------------


def _comment(sentence: str) -> list[str]:
    return _wrapped(sentence, "# ", "# ")


def _listed(heading: str, items: t.Sequence[str]) -> list[str]:
    if not items:
        return []
    return [
        "#",
        *_comment(f"{heading}:"),
        *(line for item in items for line in _wrapped(item, "# - ", "#   ")),
    ]


def _wrapped(sentence: str, first: str, later: str) -> list[str]:
    return textwrap.wrap(
        _seen(sentence),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _seen(sentence: str) -> str:
    """Return a sentence in which every character can be seen, so that none breaks the line or turns its direction."""
    return "".join(each if each.isprintable() else _escaped(each) for each in sentence)


def _escaped(character: str) -> str:
    number = ord(character)
    return (
        f"\\x{number:02X}"
        if number < 0x100
        else f"\\u{number:04X}"
        if number < 0x10000
        else f"\\U{number:08X}"
    )


# -- YAML ------------------------------------------------------------------------------------------------


def _mapping(values: t.Mapping[str, t.Any], indent: str = "") -> list[str]:
    lines = []
    for key, value in values.items():
        written = key if _NAME.fullmatch(key) else _scalar(key)
        if len(written) > _LONGEST_KEY:
            lines.append(f"{indent}? {written}")
            written = ""
        lines += _item(f"{indent}{written}:", value, indent + "  ")
    return lines


def _item(start: str, value: t.Any, indent: str) -> list[str]:
    """Return what begins with a key or a dash, and its value."""
    if isinstance(value, t.Mapping) and value:
        return [start, *_mapping(value, indent)]
    if isinstance(value, (list, tuple)) and value:
        return [start, *(line for each in value for line in _element(each, indent))]
    if isinstance(value, str) and _PEM.fullmatch(value):
        return [f"{start} |", *(f"{indent}{line}" for line in value.splitlines())]
    return [f"{start} {_scalar(value)}"]


def _element(value: t.Any, indent: str) -> list[str]:
    if isinstance(value, t.Mapping) and value:
        first, *rest = _mapping(value, indent + "  ")
        return [f"{indent}- {first.removeprefix(indent + '  ')}", *rest]
    return _item(f"{indent}-", value, indent + "  ")


def _scalar(value: t.Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, t.Mapping):
        return "{}"
    if isinstance(value, (list, tuple)):
        return "[]"
    if not isinstance(value, str):
        raise TypeError(f"{value!r} cannot be written as a value of a variable")
    if _WORD.fullmatch(value):
        return value
    quoted = "".join(_ESCAPES.get(each, each if each.isprintable() else _escaped(each)) for each in value)
    return f'!unsafe "{quoted}"' if _TEMPLATE.search(value) else f'"{quoted}"'
