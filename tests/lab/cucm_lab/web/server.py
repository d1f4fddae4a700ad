# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTPS server of a node: TLS, authentication, sessions, and the faults of the wire."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hmac
import secrets
import socket
import ssl
import struct
import tempfile
from email.utils import formatdate
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from aiohttp import web

from ..domain.certificates import Certificate
from ..domain.services import AXL, TOMCAT, Service
from ..journal import Entry, current_client
from ..platform_cli.settings import CliSettings
from . import axl_schema, certificate_api, control_center
from .axl import Axl
from .certificate_api import CertificateApi
from .control_center import ControlCenter
from .not_simulated import not_simulated
from .soap import Answer, BadRequest, fault, read, split

if TYPE_CHECKING:
    from ..domain.accounts import Account
    from ..domain.node import LabNode
    from ..texts import Texts

_NEVER = 10 * 365 * 86400.0
_IN_FRONT = (404, 429, *range(500, 600))
COOKIE = "JSESSIONIDSSO"
MAX_REQUEST = 16 * 1024 * 1024


def reset_connection(transport: asyncio.BaseTransport | None) -> None:
    """Close a TCP connection with a reset: no TLS farewell, unsent bytes are thrown away."""
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()  # type: ignore[attr-defined]


def _has_login(request: web.Request) -> bool:
    return "Authorization" in request.headers or COOKIE in request.cookies


def _recorded(request: web.Request, operation: str) -> str:
    """What the journal calls a request: without a login nobody performs the operation."""
    return operation if _has_login(request) else f"no-login {request.method} {request.path}"


class HttpClient:
    """The client of one request, as a fault sees it."""

    def __init__(self, transport: asyncio.BaseTransport | None) -> None:
        self._transport = transport
        self.was_cut = False

    def cut(self) -> None:
        self.was_cut = True
        reset_connection(self._transport)


def _html(texts: Texts, status: int, text: str = "", title: str = "") -> Answer:
    """An error page as Tomcat writes it: HTML, not SOAP ([C] wire-facts 1.3)."""
    body = texts.say("http.page", status=status, title=title or texts[f"http.{status}"], text=text)
    headers = {"WWW-Authenticate": texts["http.realm"]} if status == 401 else {}
    return Answer(status, body, "text/html;charset=utf-8", headers)


class NodeWeb:
    """The running HTTPS server of one node. It listens while the node is up and Cisco Tomcat runs."""

    def __init__(self, node: LabNode) -> None:
        self.node = node
        self._axl = Axl(node)
        self._control_center = ControlCenter(node)
        self._certificate_api = CertificateApi(node)
        self._sessions: dict[str, tuple[str, float]] = {}
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._runner: web.AppRunner | None = None
        self._sites: list[web.TCPSite] = []
        self._lock = asyncio.Lock()
        self._stopping = False
        self._idle: WeakKeyDictionary[asyncio.BaseTransport, asyncio.TimerHandle] = WeakKeyDictionary()
        self.use_certificate(node.tls_certificate)
        node.status_listeners.append(self._status_changed)

    @property
    def _texts(self) -> Texts:
        return self.node.cluster.texts

    def _html(self, status: int, text: str = "", title: str = "") -> Answer:
        return _html(self._texts, status, text, title)

    def use_certificate(self, certificate: Certificate) -> None:
        """Show this certificate and the intermediates above it to every client that connects from now on."""
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "server.pem"
            path.write_text(certificate.chain_pem + certificate.key_pem)
            self._context.load_cert_chain(path)

    async def start(self) -> None:
        """Listen if the node is up. Raises OSError when the port is taken."""
        app = web.Application(client_max_size=MAX_REQUEST)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(
            app, access_log=None, handle_signals=False, shutdown_timeout=0.5, keepalive_timeout=_NEVER
        )
        await self._runner.setup()
        await self.reconcile()

    async def stop(self) -> None:
        self._stopping = True
        self.cut_all()
        if self._runner:
            await self._runner.cleanup()
        self._runner, self._sites = None, []

    def cut_all(self) -> None:
        """Reset every open connection."""
        server = self._runner.server if self._runner else None
        for connection in list(server.connections) if server else ():
            reset_connection(connection.transport)

    def forget_sessions(self) -> None:
        self._sessions.clear()

    async def reconcile(self) -> None:
        """Listen or not, as the state of the node wants it."""
        async with self._lock:
            if self._runner is None or self._stopping:
                return
            wanted = self.node.up and self.node.services[TOMCAT].status == "Started"
            if wanted and not self._sites:
                for port in filter(None, (self.node.https_port, self.node.web_port)):
                    site = web.TCPSite(
                        self._runner, self.node.address, port, ssl_context=self._context, backlog=512
                    )
                    await site.start()
                    self._sites.append(site)
            elif not wanted and self._sites:
                sites, self._sites = self._sites, []
                self.cut_all()
                for site in sites:
                    await site.stop()
                self._sessions.clear()

    def _status_changed(self, service: Service) -> None:
        if service.name == TOMCAT:
            self.node.cluster.spawn(self.reconcile())

    # -- a request --------------------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        transport = request.transport
        if transport is not None and (timer := self._idle.pop(transport, None)):
            timer.cancel()
        try:
            return await self._serve(request)
        finally:
            if transport is not None:
                patience = self.node.cluster.timings["https_keepalive_s"]
                # One request at a time: the next one, if any, stops the timer.
                self._idle[transport] = asyncio.get_running_loop().call_later(patience, transport.close)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        client = HttpClient(request.transport)
        current_client.set(client)
        body = await request.read()
        if request.path.startswith(certificate_api.BASE) and self.node.cluster.release_row.certificate_api:
            answer, entry = await self._answer_certificate_api(request, body, client)
            cookie = None
        else:
            answer, entry, cookie = await self._answer(request, body, client)
        if client.was_cut:
            return web.Response()
        return await self._send(request, answer, entry, cookie)

    async def _answer(
        self, request: web.Request, body: bytes, client: HttpClient
    ) -> tuple[Answer, Entry | None, str | None]:
        account, refusal, cookie = await self._authenticate(request)
        if client.was_cut:
            return self._html(503), None, None
        path = request.path
        is_axl = path in ("/axl/", "/axl")
        is_control_center = path in control_center.OPERATIONS
        element, problem = None, None
        if request.method == "POST" and refusal is None:
            try:
                element = read(body)
            except BadRequest as error:
                problem = fault("soapenv:Client", error.words(self._texts))
        name = self._operation_name(request, is_axl, is_control_center, element)
        word = split(element.tag)[1] if element is not None else ""
        changing = element is not None and (
            (is_axl and axl_schema.is_changing(word))
            or (is_control_center and word in control_center.CHANGING)
        )
        journal = self.node.cluster.journal
        entry = await journal.record(self.node, account, "http", _recorded(request, name), changing=changing)
        if client.was_cut:
            entry.detail["status"] = None
            return self._html(503), entry, None
        answer = self._in_front(request, name) or refusal or self._injected(name, account) or problem
        if answer is None and account is not None:
            if is_axl:
                answer = await self._call_axl(request, element, account, changing)
            elif is_control_center:
                answer = await self._call_control_center(request, element, account, changing)
        answer = answer or self._html(404, path)
        entry.detail["status"] = answer.status
        await journal.done(entry)
        return answer, entry, cookie

    async def _answer_certificate_api(
        self, request: web.Request, body: bytes, client: HttpClient
    ) -> tuple[Answer, Entry | None]:
        """As :meth:`_answer`, for platform accounts and without a session cookie ([D] wire-facts 6)."""
        account, refusal = await self._authenticate_platform(request)
        if client.was_cut:
            return self._html(503), None
        path = request.path.removeprefix(certificate_api.BASE)
        name = f"certificate-api {request.method} {path}"
        journal = self.node.cluster.journal
        changing = request.method == "POST" and account is not None
        entry = await journal.record(self.node, account, "http", _recorded(request, name), changing=changing)
        if client.was_cut:
            entry.detail["status"] = None
            return self._html(503), entry
        if account is not None and account.privilege < certificate_api.LEVEL:
            refusal = self._html(self._certificate_api.settings.low_privilege_status)
        answer = self._in_front(request, name) or refusal or self._injected(name, account)
        if answer is None and account is not None:
            answer = await self._certificate_api.call(request.method, path, request.query, body, account)
        said = answer or self._html(404, request.path)
        entry.detail["status"] = said.status
        await journal.done(entry)
        return said, entry

    @staticmethod
    def _operation_name(request: web.Request, is_axl: bool, is_control_center: bool, element: Any) -> str:
        service = "axl" if is_axl else "control-center" if is_control_center else "web"
        if element is not None:
            return f"{service} {split(element.tag)[1]}"
        if request.method == "POST" and service != "web":
            action = request.headers.get("SOAPAction", "").strip('"').split()
            return f"{service} {action[-1] if action else 'unreadable'}"
        if is_control_center and "wsdl" in request.query:
            return f"{service} wsdl"
        return f"{service} {request.method}" if service != "web" else f"web {request.method} {request.path}"

    def _injected(self, operation: str, account: Account | None) -> Answer | None:
        injected = self.node.cluster.faults.take(
            "http", node=self.node.name, operation=operation, account=account.username if account else None
        )
        if injected is None:
            return None
        status = injected.get("status")
        body = injected.get("body")
        if body is None:
            return self._html(status, title=self._texts["http.injected"])
        return Answer(status, body, injected.get("content_type", "text/html;charset=utf-8"))

    def _in_front(self, request: web.Request, operation: str) -> Answer | None:
        """What a fault lets the web server say to a request without a login: by a bare 404, 429 or 5xx nobody asked for one."""
        if _has_login(request):
            return None
        where = {"node": self.node.name, "operation": operation, "account": None}
        waiting = self.node.cluster.faults.active("http", **where)
        if (
            waiting is None
            or waiting.to_skip
            or waiting.get("body") is not None
            or waiting.get("status") not in _IN_FRONT
        ):
            return None
        return self._injected(operation, None)

    # -- authentication ---------------------------------------------------------------------------------

    async def _authenticate(self, request: web.Request) -> tuple[Account | None, Answer | None, str | None]:
        """The account, or the refusal; and a new session cookie when the password was checked.

        A request with the cookie and without Authorization is not checked again; an expired cookie answers 404
        ([D] wire-facts 1.3; that an unknown cookie does the same is [?]).
        """
        if what := not_simulated(request.path):
            return None, self._html(404, self._texts.say("web.not_simulated", what=what)), None
        if request.path.startswith(certificate_api.BASE):
            # Before release 14 there is nothing, whoever asks ([D] wire-facts 6).
            return None, self._html(404, request.path), None
        cluster = self.node.cluster
        header = request.headers.get("Authorization", "")
        cookie = request.cookies.get(COOKIE)
        now = cluster.clock.monotonic()
        if not header:
            if cookie is None:
                return None, self._html(401), None
            username, used = self._sessions.get(cookie, ("", float("-inf")))
            account = cluster.account("axl", username)
            if account is None or now - used > cluster.timings["http_session_idle_s"]:
                self._sessions.pop(cookie, None)
                return None, self._html(404), None
            self._sessions[cookie] = (username, now)
            return account, None, None
        username, password = _basic(header)
        account = cluster.account("axl", username)
        good = (
            account is not None
            and account.state == "active"
            and hmac.compare_digest(account.password.encode(), password.encode())
        )
        entry = await cluster.journal.record(
            self.node,
            username,
            "login",
            "https-basic",
            detail={"result": "accepted" if good else "refused"},
        )
        await cluster.journal.done(entry)
        if not good or account is None:
            if account is not None:
                account.failures += 1
            return None, self._html(401), None
        account.failures = 0
        if not account.has_role:
            return account, self._html(403), None
        fresh = secrets.token_hex(16).upper()
        self._sessions[fresh] = (username, now)
        return account, None, fresh

    async def _authenticate_platform(self, request: web.Request) -> tuple[Account | None, Answer | None]:
        """The platform account, or the refusal. Refused attempts count as those of SSH do ([R])."""
        header = request.headers.get("Authorization", "")
        if not header:
            return None, self._html(401)
        cluster = self.node.cluster
        username, password = _basic(header)
        account = cluster.account("cli", username)
        good = account is not None and account.check_platform_password(
            password,
            cluster.clock.monotonic(),
            CliSettings.of(self.node.cli).lockout(cluster.timings["lockout_s"]),
        )
        entry = await cluster.journal.record(
            self.node,
            username,
            "login",
            "https-basic",
            detail={"result": "accepted" if good else "refused", "service": "certificate-api"},
        )
        await cluster.journal.done(entry)
        if not good or account is None or account.state == "expired":
            return None, self._html(401)
        return account, None

    # -- the services -----------------------------------------------------------------------------------

    async def _call_axl(self, request: web.Request, element: Any, account: Account, changing: bool) -> Answer:
        service = self.node.services[AXL]
        if not service.activated:
            return self._html(404, request.path)
        if service.status != "Started":
            return self._html(503)
        if request.method == "GET":
            return Answer(200, self._texts["axl.page"], "text/html;charset=utf-8")
        if element is None:
            return self._html(405)
        action = request.headers.get("SOAPAction", "")
        if problem := self._axl.version_problem(action):
            return problem
        if changing and account.privilege == 0:
            # [D] wire-facts 1.3: a write by a read-only user answers 401.
            return self._html(401)
        if changing and self._axl.is_throttling:
            return self._html(503)
        cluster = self.node.cluster
        await cluster.clock.sleep(cluster.timings["axl_s"])
        return await self._axl.call(element, action, account)

    async def _call_control_center(
        self, request: web.Request, element: Any, account: Account, changing: bool
    ) -> Answer:
        if request.method == "GET":
            if "wsdl" in request.query:
                told = control_center.wsdl(request.path, self.node.address, self.node.https_port)
                return Answer(200, told)
            return self._html(405)
        if element is None:
            return self._html(405)
        if changing and not account.may_control_services:
            return self._html(403)
        return await self._control_center.call(request.path, element, account)

    # -- the answer -------------------------------------------------------------------------------------

    async def _send(
        self, request: web.Request, answer: Answer, entry: Entry | None, cookie: str | None
    ) -> web.StreamResponse:
        cluster = self.node.cluster
        operation = entry.operation if entry else None
        if delay := cluster.faults.take("http_delay", node=self.node.name, operation=operation):
            await cluster.clock.sleep(float(delay.get("seconds")))
        headers = {
            "Date": _http_date(int(cluster.clock.now().timestamp())),
            "Server": "",
            "Content-Type": answer.content_type,
            **_HEADERS,
            **answer.headers,
        }
        if cookie and answer.status != 401:
            headers["Set-Cookie"] = f"{COOKIE}={cookie}; HttpOnly; Path=/; Secure"
        data = answer.body.encode()
        if cluster.faults.take("http_truncate", node=self.node.name, operation=operation):
            return await self._send_half(
                request, web.StreamResponse(status=answer.status, headers=headers), data
            )
        # Head and body of a whole answer leave in one piece, by one system call.
        return web.Response(status=answer.status, headers=headers, body=data)

    @staticmethod
    async def _send_half(
        request: web.Request, response: web.StreamResponse, data: bytes
    ) -> web.StreamResponse:
        """A plain close, half of the announced length sent: the client sees the end in the middle."""
        response.content_length = len(data)
        with contextlib.suppress(ConnectionError):
            await response.prepare(request)
            await response.write(data[: len(data) // 2])
            if request.transport is not None:
                request.transport.close()
        return response


_HEADERS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


@lru_cache(maxsize=8)
def _http_date(second: int) -> str:
    return formatdate(second, usegmt=True)


def _basic(header: str) -> tuple[str, str]:
    kind, value = (*header.split(" ", 1), "")[:2]
    if kind.lower() != "basic":
        return "", ""
    try:
        text = base64.b64decode(value.strip(), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return "", ""
    username, password = (*text.split(":", 1), "")[:2]
    return username, password
