# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading XML from a device, and writing XML to it. PRIVATE to the collection.

Device data is hostile input. A document is refused while it is parsed if it is malformed, has a document type declaration, or
exceeds C(MAX_DEPTH) levels, C(MAX_NODES) elements and attributes, C(MAX_NAMES) names, C(MAX_TEXT) characters in a text,
C(MAX_TAG) bytes in a tag, or C(PARSE_SECONDS) of work. Elements are found by local name, because CUCM's prefixes differ
between releases.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field
from types import MappingProxyType
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from .._base.errors import ProtocolError

MAX_DEPTH = 64
# AXL's longest answer, 8 MB (wire-facts 2.4), has this many if a column and its value take 40 bytes.
MAX_NODES = 200_000
# One AXL answer has some hundreds of the schema's names.
MAX_NAMES = 5_000
MAX_TEXT = 1024 * 1024
MAX_TAG = 64 * 1024
PARSE_SECONDS = 5.0
_PIECE = 64 * 1024
_REMEDY = "Nothing was concluded from it. Check that the address belongs to the node and that nothing in between answers for it."


@dataclass(slots=True)
class Element:
    """An element: local name, attributes (local names), own text, children."""

    name: str
    attributes: t.Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def child(self, name: str) -> Element | None:
        """Return the first child with that local name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> list[Element]:
        """Return the children with that local name."""
        return [child for child in self.children if child.name == name]

    def find(self, *path: str) -> Element | None:
        """Return the element at a path of first children, or None if there is none."""
        at: Element | None = self
        for name in path:
            at = at.child(name) if at is not None else None
        return at

    def value(self, *path: str) -> str:
        """Return the stripped text at a path; empty without such an element."""
        found = self.find(*path)
        return found.text.strip() if found is not None else ""

    def walk(self) -> t.Iterator[Element]:
        """Yield this element and all its descendants."""
        pending = [self]
        while pending:
            at = pending.pop()
            yield at
            pending.extend(reversed(at.children))


def parse(data: bytes, where: str, worked: t.Callable[[], float] = time.thread_time) -> Element:
    """Return the root element of ``data``.

    Args:
        data: The document.
        where: The peer, for messages.
        worked: Returns the CPU seconds of this thread: load from other work does not make a document hostile.

    Raises:
        ProtocolError: Not well formed (C(xml_malformed)), or over one of the limits above (C(xml_refused)); the message names ``where``.
    """
    tree = _Tree(where)
    end = worked() + PARSE_SECONDS
    # The tree keeps and counts the names; the library would keep them all.
    parser = expat.ParserCreate(None, None, None)
    parser.buffer_text = True
    parser.buffer_size = _PIECE
    parser.ordered_attributes = True
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.data
    parser.StartDoctypeDeclHandler = lambda *args: tree.refuse("it has a document type declaration")
    try:
        for at in range(0, len(data), _PIECE):
            if worked() > end:
                tree.refuse(f"parsing it takes more than {PARSE_SECONDS:g} s of work")
            parser.Parse(data[at : at + _PIECE], False)
            # The library buffers an unfinished tag and reports nothing until it is complete.
            if at + _PIECE - parser.CurrentByteIndex > MAX_TAG + _PIECE:
                tree.refuse(f"a tag, a comment or a name is longer than {MAX_TAG} bytes")
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise ProtocolError(
            f"{where} sent malformed XML: {error}.", code="xml_malformed", remedy=_REMEDY
        ) from error
    if tree.root is None:
        raise ProtocolError(f"{where} sent an empty document.", code="xml_malformed", remedy=_REMEDY)
    return tree.root


class _Tree:
    """The elements of a document during parsing, within limits."""

    def __init__(self, where: str) -> None:
        self.root: Element | None = None
        self._where = where
        self._stack: list[Element] = []
        self._texts: list[list[str]] = []
        self._names: dict[str, str] = {}
        self._nodes = 0
        self._length = 0

    def refuse(self, reason: str) -> t.NoReturn:
        raise ProtocolError(
            f"{self._where} sent unacceptable XML: {reason}.", code="xml_refused", remedy=_REMEDY
        )

    def start(self, name: str, attributes: list[str]) -> None:
        if len(self._stack) >= MAX_DEPTH:
            self.refuse(f"it is nested deeper than {MAX_DEPTH} levels")
        self._nodes += 1 + len(attributes) // 2
        if self._nodes > MAX_NODES:
            self.refuse(f"it has more than {MAX_NODES} elements and attributes")
        element = Element(
            self._local(name),
            {self._local(key): value for key, value in zip(attributes[::2], attributes[1::2], strict=True)}
            if attributes
            else _NONE,
            "",
            [],
        )
        if self._stack:
            self._stack[-1].children.append(element)
        else:
            self.root = element
        self._stack.append(element)
        self._texts.append([])
        self._length = 0

    def end(self, name: str) -> None:
        texts = self._texts.pop()
        self._stack.pop().text = texts[0] if len(texts) == 1 else "".join(texts)

    def data(self, text: str) -> None:
        self._texts[-1].append(text)
        self._length += len(text)
        if self._length > MAX_TEXT:
            self.refuse(f"a text is longer than {MAX_TEXT} characters")

    def _local(self, name: str) -> str:
        known = self._names.get(name)
        if known is None:
            if len(self._names) >= MAX_NAMES:
                self.refuse(f"it has more than {MAX_NAMES} different names")
            known = self._names[name] = name.rpartition(":")[2]
        return known


_NONE: t.Mapping[str, str] = MappingProxyType({})


# The content of an element: text, or (name, content) pairs in schema order.
Content: t.TypeAlias = "str | t.Sequence[tuple[str, t.Any]]"


def render(
    name: str, content: Content, prefix: str = "", namespaces: t.Mapping[str, str] | None = None
) -> str:
    """Return an element as text, with ``prefix`` (including its colon) before this element's name only."""
    declared = "".join(f" xmlns:{key}={quoteattr(uri)}" for key, uri in (namespaces or {}).items())
    body = (
        escape(content)
        if isinstance(content, str)
        else "".join(render(child, inner) for child, inner in content)
    )
    return f"<{prefix}{name}{declared}>{body}</{prefix}{name}>"


def render_qualified(name: str, content: Content, prefix: str) -> str:
    """Return an element as text, with ``prefix`` (including its colon) before every name."""
    body = (
        escape(content)
        if isinstance(content, str)
        else "".join(render_qualified(child, inner, prefix) for child, inner in content)
    )
    return f"<{prefix}{name}>{body}</{prefix}{name}>"
