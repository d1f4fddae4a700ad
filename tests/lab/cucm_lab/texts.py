# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every text of the lab with where it comes from, and what an administrator put in its place.

A text is *known* when a public source shows it on a real system and *invented* when none does; tests of a
client must not harden on an invented one. Every text can be replaced per cluster (``set`` of the control
API), because real releases differ and public transcripts are few. The texts themselves are in ``sentences``.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from typing import Any

from .sentences.certificate_api import CERTIFICATE_API
from .sentences.cli import CLI
from .sentences.database import DATABASE
from .sentences.model import Text
from .sentences.serviceability import SERVICEABILITY
from .sentences.web import WEB

TEXTS: dict[str, Text] = {**CLI, **WEB, **SERVICEABILITY, **CERTIFICATE_API, **DATABASE}


class UnknownText(KeyError):
    """There is no text with this key."""


class BadText(ValueError):
    """A replacement asks for a field that the text is not given."""


def _fields(template: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(template) if name}


def check(key: str, template: str) -> None:
    """Check that ``template`` may replace the text of ``key``.

    Raises:
        UnknownText: there is no such key.
        BadText: the template is malformed, or uses a field the text is not given.
    """
    if key not in TEXTS:
        raise UnknownText(key)
    try:
        surplus = _fields(template) - _fields(TEXTS[key].template)
    except ValueError as error:
        raise BadText(f"the text {key} is no valid template: {error}") from None
    if surplus:
        raise BadText(f"the text {key} has no field {', '.join(sorted(surplus))}")


class Texts(Mapping[str, str]):
    """The texts of one cluster: the table above under what an administrator replaced.

    Reads like a mapping of key to template; :meth:`say` fills a template in.
    """

    def __init__(self, replaced: Mapping[str, str] | None = None) -> None:
        """Start with some texts replaced (key to template).

        Raises:
            UnknownText, BadText: as :func:`check` does.
        """
        self._replaced: dict[str, str] = {}
        for key, template in (replaced or {}).items():
            self.replace(key, template)

    def __getitem__(self, key: str) -> str:
        if key in self._replaced:
            return self._replaced[key]
        try:
            return TEXTS[key].template
        except KeyError:
            raise UnknownText(key) from None

    def __iter__(self) -> Iterator[str]:
        return iter(TEXTS)

    def __len__(self) -> int:
        return len(TEXTS)

    def say(self, key: str, **values: Any) -> str:
        """Return the text of ``key`` with ``values`` filled in (``\\n`` line ends)."""
        return self[key].format(**values)

    def replace(self, key: str, template: str) -> None:
        """Let this cluster say ``template`` instead.

        Raises:
            UnknownText, BadText: as :func:`check` does.
        """
        check(key, template)
        self._replaced[key] = template

    def reset(self) -> None:
        """Forget all replacements."""
        self._replaced.clear()

    def described(self) -> dict[str, dict[str, str]]:
        """All texts with provenance (a replaced text counts as invented) and source."""
        return {
            key: {
                "text": self[key],
                "provenance": "invented" if key in self._replaced else text.provenance,
                "source": "replaced by the administrator" if key in self._replaced else text.source,
            }
            for key, text in TEXTS.items()
        }
