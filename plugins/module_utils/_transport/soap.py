# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SOAP 1.1 over one HTTPS connection. PRIVATE to the collection."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._base.clock import Clock
from .._base.errors import CucmError, ProductFault, ProtocolError, TransportError, UnknownOutcome
from . import xml
from .http import Answer, Connection

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_BACK_OFF = (2.0, 4.0, 8.0, 16.0, 32.0)
_MOST_HEAD = 4096
_MOST_SAID = 1000
_MOST_READ = 16384
_MOST_NAME = 100
# In the code of the fault for an exceeded rate (wire-facts 5 [C]).
_RATE_CODE = "RateControl"
# Codes of requests that the node may answer later.
LATER = frozenset({"throttled", "rate_limited"})


@dataclass
class SoapEndpoint:
    """One service at one node; C(back_off) are the seconds after which a request is repeated."""

    connection: Connection
    path: str
    clock: Clock
    back_off: tuple[float, ...] = _BACK_OFF

    def call(self, action: str, body: str, *, changing: bool = False) -> xml.Element:
        """Send ``body`` (the content of soap:Body) and return the first element of the answer's Body.

        A reading request answered with 503 (throttling, or a service that is starting) or with the fault for an exceeded
        rate is repeated after C(back_off), 2, 4, 8, 16 and 32 s unless given, or for as long as the clock's patience lasts. A
        changing one is not repeated: the caller reads the state first.

        Raises:
            ProductFault: A SOAP fault under any HTTP status; an empty or HTML answer is never a result.
            TransportError: Still throttled (C(throttled)). UnknownOutcome: The answer to a change cannot be read.
            Also the errors of C(HttpConnection.post).
        """
        for pause in (*self.back_off, None):
            try:
                return self._attempt(action, body, changing)
            except CucmError as error:
                if error.code not in LATER or changing or pause is None or not self.clock.may_wait(pause):
                    raise
                self.clock.sleep(pause)
        raise ProtocolError(f"{action} was neither answered nor refused.")  # not reached: the last try raises

    def _attempt(self, action: str, body: str, changing: bool) -> xml.Element:
        answer = self.post(action, body, changing=changing)
        # The fault for an exceeded rate may come with 503 too (phone-facts 1.3 [?]).
        if answer.status == 503 and _RATE_CODE.encode() not in answer.body[:_MOST_HEAD]:
            raise TransportError(
                f"{self.connection.where} is throttling or not ready: it answered {action} with 503.",
                code="throttled",
                remedy="Let the cluster finish its pending change notifications, or check that the service is activated.",
            )
        try:
            return self._content(action, answer)
        except ProtocolError as error:
            # A garbled answer to a change proves nothing about the change; a rejected one (4xx) did nothing.
            raise _unknown(error) if changing and not 400 <= answer.status < 500 else error from None

    def post(self, action: str, body: str, *, changing: bool = False) -> Answer:
        """Send one request in an envelope and return the raw answer."""
        envelope = (
            f'<?xml version="1.0" encoding="UTF-8"?>'
            f'<soapenv:Envelope xmlns:soapenv="{_ENVELOPE}"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>'
        )
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "Accept": "text/xml",
            "SOAPAction": f'"{action}"',
        }
        return self.connection.post(self.path, envelope, headers, changing=changing)

    def _content(self, action: str, answer: Answer) -> xml.Element:
        where = self.connection.where
        if b"Envelope" not in answer.body[:_MOST_HEAD]:
            raise ProtocolError(
                f"{where} answered {action} with HTTP {answer.status} and without SOAP.",
                code="not_soap",
                details={
                    "status": answer.status,
                    "content_type": answer.content_type,
                    "said": _words(answer.body),
                },
                remedy=_HTTP_REMEDIES.get(
                    answer.status, "Check that the port is the node's Tomcat and the service is activated."
                ),
            )
        envelope = xml.parse(answer.body, where)
        body = envelope.child("Body")
        if envelope.name != "Envelope" or body is None or not body.children:
            raise ProtocolError(
                f"{where} answered {action} with an empty SOAP body.",
                code="not_soap",
                remedy="Nothing was concluded from it. Run the task again; if it persists, check the service on the node.",
            )
        content = body.children[0]
        if content.name == "Fault":
            raise _fault(action, where, content)
        # Both services name the answer after the operation, the last part of the action.
        expected = f"{action.split()[-1]}Response"
        if answer.status != 200 or content.name != expected:
            raise ProtocolError(
                f"{where} answered {action} with HTTP {answer.status} and {content.name[:_MOST_NAME]} "
                f"instead of HTTP 200 and {expected}.",
                code="not_soap",
                details={"status": answer.status, "answer": content.name[:_MOST_NAME]},
                remedy="Nothing was concluded from it. Check that the address is the node's own and nothing in between answers for it.",
            )
        return content


_HTTP_REMEDIES: t.Mapping[int, str] = {
    403: "The account is known but lacks a role: Standard AXL API Access for AXL, "
    "Standard CCM Admin Users and Standard SERVICEABILITY Administration for Control Center.",
    404: "Is the service activated on this node (Cisco AXL Web Service)?",
}


def _words(page: bytes) -> str:
    """Return the text of a web page without markup."""
    text = re.sub(r"<[^<>]*>", " ", page[:_MOST_READ].decode("utf-8", "replace"))
    return " ".join(text.split())[:_MOST_SAID]


def _unknown(error: ProtocolError) -> UnknownOutcome:
    return UnknownOutcome(
        f"A change request was sent, but its answer cannot be read: {error.message}",
        remedy=error.remedy,
        details=error.details,
    )


def _fault(action: str, where: str, fault: xml.Element) -> ProductFault:
    message = fault.value("faultstring")
    code = ""
    for element in fault.walk():
        # AXL puts its own code and message into the detail; the prefix differs between releases.
        if element.name == "axlcode":
            code = element.text.strip()
        elif element.name == "axlmessage" and element.text.strip():
            message = element.text.strip()
    code = code or fault.value("faultcode")
    # Control Center's is not public beyond its text.
    limited = code.endswith(_RATE_CODE) or message.partition("rate")[0].endswith("Exceeded allowed ")
    return ProductFault(
        f"{where} refused {action}: {message or 'no reason given'}.",
        code="rate_limited" if limited else "soap_fault",
        details={"operation": action, "fault_code": code, "fault": message},
        remedy="The reason is the product's own text. Resolve it, then run the task again; it reads the cluster first.",
    )
