# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SOAP 1.1 envelopes: reading requests, writing answers and faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from ..texts import Texts

XSI = "http://www.w3.org/2001/XMLSchema-instance"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


class Said(Exception):
    """A refusal whose words are a text of the lab: its key and values."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(f"{key} {values}")
        self.key = key
        self.values = values

    def words(self, texts: Texts) -> str:
        """What the client is told."""
        return texts.say(self.key, **self.values)


class BadRequest(Said):
    """The body is no SOAP request."""


@dataclass(frozen=True)
class Answer:
    """What goes back: HTTP status, body and headers."""

    status: int
    body: str
    content_type: str = "text/xml;charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


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


def to_xml(name: str, value: Any, attributes: dict[str, str] | None = None) -> str:
    """An element. dict: children; list: the element repeated; None: empty; key ``@x`` of a dict: an attribute."""
    if isinstance(value, list):
        return "".join(to_xml(name, item) for item in value)
    attributes = dict(attributes or {})
    if isinstance(value, Reference):
        attributes["uuid"] = value.uuid
        value = value.text
    if isinstance(value, dict):
        attributes.update({k[1:]: v for k, v in value.items() if k.startswith("@")})
        content = "".join(to_xml(k, v) for k, v in value.items() if not k.startswith("@"))
    elif isinstance(value, bool):
        content = "true" if value else "false"
    else:
        content = "" if value is None else escape(str(value))
    marks = "".join(f" {k}={quoteattr(v)}" for k, v in attributes.items())
    return f"<{name}{marks}>{content}</{name}>" if content else f"<{name}{marks}/>"


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
