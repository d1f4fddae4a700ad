# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping secrets out of everything that is returned. PRIVATE to the collection. Pure.

Ansible masks only the literal secret, which also travels in other spellings. And Ansible masks it everywhere, although a
password may be C(cucm), C(mixed) or C(1): that would alter the facts that a playbook uses, and a gap in a known text
reveals the password. So results have two kinds of text:

- Texts that explain (messages, remedies, details, warnings, progress) lose every spelling of C(SHORTEST) characters or more.
- Facts, operations and states lose only a spelling that is C(distinctive): nothing but the secret itself is written like it.
  No password is part of a request's or a command's text; only a token is, and tokens are long.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

MASK = "********"
# A shorter spelling occurs in many words, and a gap in a word reveals it.
SHORTEST = 4
_DISTINCTIVE = 6
_WITHOUT_SIGNS = 8
_ONE_KIND = 16
# Names, numbers, times and paths consist of letters, digits and these; the collection's own words have underscores.
_OF_NAMES = frozenset("-_.:/, ")
_OUR_WORD = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+")
# Keys of a result, and of its failure, that explain; all other keys hold values that a playbook may use.
_TEXTS = frozenset({"msg", "warnings"})
_FAILURE_TEXTS = frozenset({"message", "remedy", "details"})


def spellings(secret: str, usernames: t.Iterable[str] = ()) -> set[str]:
    """Return the spellings in which a secret may appear: plain, base64 (also as Basic), XML, URL, JSON, shell, Python."""
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
        # As repr() writes it inside a text: our own messages quote device output.
        doubled,
        doubled.replace("'", "\\'"),
    }
    encoded = {
        base64.b64encode(text.encode()).decode()
        for text in (secret, *(f"{name}:{secret}" for name in usernames))
    }
    return plain | encoded | {text.rstrip("=") for text in encoded}


def distinctive(text: str, names: t.Iterable[str] = ()) -> bool:
    """Return whether only a secret can look like this.

    It has six characters or more with a sign that names, numbers and times do not have, or eight with letters and digits and no
    blank, or sixteen with letters and no blank; and it is neither a part of C(names) nor a word with underscores like the collection's own.
    """
    if len(text) < _DISTINCTIVE or _OUR_WORD.fullmatch(text) or any(text in name for name in names):
        return False
    letters, digits = (any(map(kind, text)) for kind in (str.isalpha, str.isdigit))
    if not all(each.isalnum() or each in _OF_NAMES for each in text):
        return True
    return " " not in text and letters and len(text) >= (_WITHOUT_SIGNS if digits else _ONE_KIND)


@dataclass(frozen=True)
class Secrets:
    """The spellings of a task's secrets, longest first.

    Attributes:
        in_texts: Spellings to mask in texts that explain.
        in_facts: Spellings to mask everywhere else.
    """

    in_texts: tuple[str, ...]
    in_facts: tuple[str, ...]

    @classmethod
    def of(cls, written: t.Collection[str], names: t.Iterable[str] = ()) -> Secrets:
        """Return the secrets with these spellings; C(names) are the names of the nodes."""
        ordered, known = sorted(written, key=len, reverse=True), tuple(names)
        return cls(
            tuple(text for text in ordered if len(text) >= SHORTEST),
            tuple(text for text in ordered if distinctive(text, known)),
        )

    def from_text(self, value: t.Any) -> t.Any:
        """Return an explaining text without secrets."""
        return _masked(value, self.in_texts, keys=self.in_facts)

    def from_result(self, result: Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Return a module's result without secrets."""
        shown = {
            key: self.from_text(value) if key in _TEXTS else redact(value, self.in_facts)
            for key, value in result.items()
            if key != "failure"
        }
        failure = result.get("failure")
        if isinstance(failure, Mapping):
            shown["failure"] = {
                key: self.from_text(value) if key in _FAILURE_TEXTS else value
                for key, value in failure.items()
            }
        return {redact(key, self.in_facts): value for key, value in shown.items()}


def redact(value: t.Any, secrets: t.Collection[str]) -> t.Any:
    """Return ``value`` with every one of these spellings masked, in keys too."""
    ordered = sorted(secrets, key=len, reverse=True)
    return _masked(value, ordered, keys=ordered)


def _masked(value: t.Any, secrets: t.Sequence[str], keys: t.Sequence[str]) -> t.Any:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, Mapping):
        return {_masked(key, keys, keys): _masked(item, secrets, keys) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(item, secrets, keys) for item in value]
    return value
