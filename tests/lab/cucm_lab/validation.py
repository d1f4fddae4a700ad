# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every document from outside, topologies and bodies of the control API: its schema, and texts that fit XML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

import jsonschema

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def schema(name: str) -> dict[str, Any]:
    """A published JSON Schema by its short name (``topology``, ``fault``, ``set``, ...)."""
    text = resources.files("cucm_lab").joinpath("schemas", f"{name}.schema.json").read_text("utf-8")
    return json.loads(text)


def json_path(path: Any) -> str:
    """A place in a document, as ``clusters[0].nodes[2].role``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text or "(top level)"


def best_error(errors: Any) -> jsonschema.ValidationError | None:
    return jsonschema.exceptions.best_match(errors)


def not_xml(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of texts that XML 1.0 cannot carry, names of keys included."""
    if isinstance(value, str):
        if _NOT_XML.search(value):
            yield path
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from not_xml(key, (*path, key))
            yield from not_xml(item, (*path, key))
