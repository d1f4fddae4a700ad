# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SOAP 1.1 envelopes: reading requests, writing answers and faults."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from ..texts import Texts

XSI = "http://www.w3.org/2001/XMLSchema-instance"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


class RefusalByText(Exception):
    """A refusal whose words are a text of the lab: its key and values."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(f"{key} {values}")
        self.key = key
        self.values = values

    def words(self, texts: Texts) -> str:
        """What the client is told."""
        return texts.say(self.key, **self.values)


class BadRequest(RefusalByText):
    """The body is no SOAP request."""


@dataclass(frozen=True)
class Answer:
    """What goes back: HTTP status, body and headers."""

    status: int
    body: str | bytes
    content_type: str = "text/xml;charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


class Nil:
    """A value that is nil, which its element says itself ([C] phone-facts 1.1)."""


NIL = Nil()


@dataclass(frozen=True)
class Reference:
    """A value that names another object: its text and its uuid attribute (AXL's XFkType)."""

    text: str
    uuid: str


def split(tag: str) -> tuple[str, str]:
    """Namespace and local name of an ElementTree tag."""
    if tag.startswith("{"):
        namespace, name = tag[1:].split("}", 1)
        return namespace, name
    return "", tag


def is_nil(element: ElementTree.Element) -> bool:
    """Whether an element says that it is nil."""
    return element.get(f"{{{XSI}}}nil", "").strip() in ("true", "1")


def read(body: bytes) -> ElementTree.Element:
    """The operation element of a request. Raises BadRequest."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise BadRequest("soap.doctype")
    try:
        # A line break before the XML declaration is no well-formed XML, yet clients send it.
        root = ElementTree.fromstring(body.lstrip(b" \t\r\n"))
    except ElementTree.ParseError as error:
        raise BadRequest("soap.malformed", reason=error) from None
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        raise BadRequest("soap.no_envelope")
    soap_body = root.find(f"{{{ENVELOPE}}}Body")
    if soap_body is None or len(soap_body) != 1:
        raise BadRequest("soap.no_operation")
    return soap_body[0]


_SPECIAL = re.compile("[&<>\r]")


def _escaped(text: str) -> str:
    # A bare carriage return is a line feed to whoever reads XML.
    return escape(text, {"\r": "&#13;"}) if _SPECIAL.search(text) else text


def to_xml(name: str, value: Any, prefix: str = "") -> str:
    """An element. dict: children; list: the element repeated; None: empty; NIL: nil; key ``@x`` of a dict: an attribute.

    prefix: what the names of all elements begin with.
    """
    parts: list[str] = []
    _write(parts.append, prefix + name, value, prefix)
    return "".join(parts)


def _write(out: Callable[[str], None], name: str, value: Any, prefix: str) -> None:
    # An answer has thousands of elements and most of them are texts, which is why these come first.
    if isinstance(value, str):
        out(f"<{name}>{_escaped(value)}</{name}>" if value else f"<{name}/>")
    elif value is None:
        out(f"<{name}/>")
    elif isinstance(value, dict):
        marks = "".join([f" {key[1:]}={quoteattr(item)}" for key, item in value.items() if key[0] == "@"])
        children = [(prefix + key, item) for key, item in value.items() if key[0] != "@" and item != []]
        out(f"<{name}{marks}>" if children else f"<{name}{marks}/>")
        for key, item in children:
            _write(out, key, item, prefix)
        if children:
            out(f"</{name}>")
    elif isinstance(value, list):
        for item in value:
            _write(out, name, item, prefix)
    elif isinstance(value, Reference):
        mark = f" uuid={quoteattr(value.uuid)}"
        out(f"<{name}{mark}>{_escaped(value.text)}</{name}>" if value.text else f"<{name}{mark}/>")
    elif isinstance(value, Nil):
        out(f'<{name} xmlns:xsi="{XSI}" xsi:nil="1"/>')
    elif isinstance(value, bool):
        out(f"<{name}>{'true' if value else 'false'}</{name}>")
    else:
        out(f"<{name}>{_escaped(str(value))}</{name}>")


def envelope(content: str) -> str:
    return (
        "<?xml version='1.0' encoding='UTF-8'?>"
        f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}"><soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>'
    )


def fault(code: str, message: str, detail: str = "") -> Answer:
    """A SOAP fault: HTTP 500."""
    content = to_xml("faultcode", code) + to_xml("faultstring", message)
    if detail:
        content += f"<detail>{detail}</detail>"
    return Answer(500, envelope(f"<soapenv:Fault>{content}</soapenv:Fault>"))
