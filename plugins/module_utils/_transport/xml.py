# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading XML that a device sent, and writing XML to it. PRIVATE to the collection.

What a device sends is hostile input: a document type declaration, more than C(MAX_DEPTH) levels or an
unreadable document is refused while it is parsed. Elements are known by local name, because CUCM's prefixes
differ between releases.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from .._errors import ProtocolError

MAX_DEPTH = 64
_REMEDY = "Nothing was concluded from it. Check that the address is the node's own and nothing in between answers for it."


@dataclass
class Element:
    """An element: local name, attributes (local names), text of its own, children."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def child(self, name: str) -> Element | None:
        """Return the first child of that local name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> list[Element]:
        """Return the children of that local name."""
        return [child for child in self.children if child.name == name]

    def find(self, *path: str) -> Element | None:
        """Return the element at a path of first children, or None."""
        at: Element | None = self
        for name in path:
            at = at.child(name) if at is not None else None
        return at

    def value(self, *path: str) -> str:
        """Return the stripped text at a path; empty when there is no such element."""
        found = self.find(*path)
        return found.text.strip() if found is not None else ""

    def walk(self) -> t.Iterator[Element]:
        """Yield this element and all below it."""
        pending = [self]
        while pending:
            at = pending.pop()
            yield at
            pending.extend(reversed(at.children))


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def parse(data: bytes, where: str) -> Element:
    """Return the root element of ``data``.

    Raises:
        ProtocolError: Not well formed, has a DOCTYPE, or is nested deeper than MAX_DEPTH; ``where`` names the peer.
    """
    root: Element | None = None
    stack: list[Element] = []

    def refuse(reason: str) -> t.NoReturn:
        raise ProtocolError(
            f"{where} sent XML that is refused: {reason}.", code="xml_refused", remedy=_REMEDY
        )

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal root
        if len(stack) >= MAX_DEPTH:
            refuse(f"nested deeper than {MAX_DEPTH} levels")
        element = Element(_local(name), {_local(key): value for key, value in attributes.items()})
        if stack:
            stack[-1].children.append(element)
        else:
            root = element
        stack.append(element)

    def text(data: str) -> None:
        stack[-1].text += data

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: stack.pop() and None
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = lambda *args: refuse("it has a document type declaration")
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise ProtocolError(
            f"{where} sent something that is not XML: {error}.", code="xml_malformed", remedy=_REMEDY
        ) from error
    if root is None:
        raise ProtocolError(f"{where} sent an empty document.", code="xml_malformed", remedy=_REMEDY)
    return root


# The content of an element: text, or (name, content) pairs in the order the schema wants.
Content: t.TypeAlias = "str | t.Sequence[tuple[str, t.Any]]"


def render(
    name: str, content: Content, prefix: str = "", namespaces: t.Mapping[str, str] | None = None
) -> str:
    """Return an element as text. ``prefix`` (with its colon) is put before this element's name only."""
    declared = "".join(f" xmlns:{key}={quoteattr(uri)}" for key, uri in (namespaces or {}).items())
    body = (
        escape(content)
        if isinstance(content, str)
        else "".join(render(child, inner) for child, inner in content)
    )
    return f"<{prefix}{name}{declared}>{body}</{prefix}{name}>"


def render_qualified(name: str, content: Content, prefix: str) -> str:
    """Return an element as text with ``prefix`` (with its colon) before every name."""
    body = (
        escape(content)
        if isinstance(content, str)
        else "".join(render_qualified(child, inner, prefix) for child, inner in content)
    )
    return f"<{prefix}{name}>{body}</{prefix}{name}>"
