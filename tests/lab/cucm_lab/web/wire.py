# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an answer leaves a node by HTTP, and the faults of the wire."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from email.utils import formatdate
from functools import lru_cache
from typing import TYPE_CHECKING

from aiohttp import web

from .soap import Answer

if TYPE_CHECKING:
    from ..domain.node import LabNode
    from ..texts import Texts


def reset_connection(transport: asyncio.BaseTransport | None) -> None:
    """Close a TCP connection with a reset: no TLS farewell, unsent bytes are thrown away."""
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()  # type: ignore[attr-defined]


class HttpClient:
    """The client of one request, as a fault sees it."""

    def __init__(self, transport: asyncio.BaseTransport | None) -> None:
        self._transport = transport
        self.was_cut = False

    def cut(self) -> None:
        self.was_cut = True
        reset_connection(self._transport)


def page(texts: Texts, status: int, text: str = "", title: str = "") -> Answer:
    """An error page as Tomcat writes it: HTML, not SOAP ([C] wire-facts 1.3)."""
    body = texts.say("http.page", status=status, title=title or texts[f"http.{status}"], text=text)
    headers = {"WWW-Authenticate": texts["http.realm"]} if status == 401 else {}
    return Answer(status, body, "text/html;charset=utf-8", headers)


def injected(node: LabNode, operation: str, account: str | None) -> Answer | None:
    """What the fault ``http`` answers in place of an operation; None when none fits."""
    fault = node.cluster.faults.take("http", node=node.name, operation=operation, account=account)
    if fault is None:
        return None
    status, body = fault.get("status"), fault.get("body")
    if body is None:
        return page(node.cluster.texts, status, title=node.cluster.texts["http.injected"])
    return Answer(status, body, fault.get("content_type", "text/html;charset=utf-8"))


async def send(
    node: LabNode, request: web.Request, answer: Answer, operation: str | None
) -> web.StreamResponse:
    """Send an answer, as late, as slowly and as far as the faults of the wire let it."""
    cluster = node.cluster
    where = {"node": node.name, "operation": operation}
    if delay := cluster.faults.take("http_delay", **where):
        await cluster.clock.sleep(float(delay.get("seconds")))
    headers = {
        "Date": _http_date(int(cluster.clock.now().timestamp())),
        "Server": "",
        "Content-Type": answer.content_type,
        **answer.headers,
    }
    data = answer.body if isinstance(answer.body, bytes) else answer.body.encode()
    if cluster.faults.take("http_truncate", **where):
        return await _send_half(request, web.StreamResponse(status=answer.status, headers=headers), data)
    if drip := cluster.faults.take("http_drip", **where):
        response = web.StreamResponse(status=answer.status, headers=headers)
        return await _drip(request, response, data, cluster.clock.real(float(drip.get("seconds_per_byte"))))
    # Head and body of a whole answer leave in one piece, by one system call.
    return web.Response(status=answer.status, headers=headers, body=data)


async def _send_half(request: web.Request, response: web.StreamResponse, data: bytes) -> web.StreamResponse:
    """A plain close, half of the announced length sent: the client sees the end in the middle."""
    response.content_length = len(data)
    with contextlib.suppress(ConnectionError):
        await response.prepare(request)
        await response.write(data[: len(data) // 2])
        if request.transport is not None:
            request.transport.close()
    return response


async def _drip(
    request: web.Request, response: web.StreamResponse, data: bytes, seconds: float
) -> web.StreamResponse:
    """Send the body byte by byte, so many real seconds apart, until it ends or the client is gone."""
    response.content_length = len(data)
    with contextlib.suppress(ConnectionError):
        await response.prepare(request)
        for place in range(len(data)):
            await response.write(data[place : place + 1])
            await asyncio.sleep(seconds)
    return response


@lru_cache(maxsize=8)
def _http_date(second: int) -> str:
    return formatdate(second, usegmt=True)
