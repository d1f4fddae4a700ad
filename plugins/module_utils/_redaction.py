# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping secrets out of whatever is returned. PRIVATE to the collection. Pure.

Ansible masks the literal secret only; a secret also travels in other spellings.
"""

from __future__ import annotations

import base64
import json
import shlex
import typing as t
from collections.abc import Mapping
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

MASK = "********"


def spellings(secret: str, usernames: t.Iterable[str] = ()) -> set[str]:
    """Return the ways in which a secret may be written: plain, base64 (also as Basic), XML, URL, JSON, shell, Python."""
    if not secret:
        return set()
    doubled = secret.replace("\\", "\\\\")
    plain = {
        secret,
        escape(secret),
        quoteattr(secret)[1:-1],
        quote(secret, safe=""),
        quote_plus(secret),
        escape(secret, {'"': "&quot;", "'": "&apos;"}),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        shlex.quote(secret),
        # As repr() writes it inside a text: our own messages quote what a device said.
        doubled,
        doubled.replace("'", "\\'"),
    }
    encoded = {
        base64.b64encode(text.encode()).decode()
        for text in (secret, *(f"{name}:{secret}" for name in usernames))
    }
    return plain | encoded | {text.rstrip("=") for text in encoded}


def redact(value: t.Any, secrets: t.Collection[str]) -> t.Any:
    """Return ``value`` with every spelling of a secret masked, in keys too."""
    return _masked(value, sorted(secrets, key=len, reverse=True))


def _masked(value: t.Any, secrets: list[str]) -> t.Any:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, Mapping):
        return {_masked(key, secrets): _masked(item, secrets) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(item, secrets) for item in value]
    return value
