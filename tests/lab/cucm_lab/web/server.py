# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTPS server of a node: TLS, authentication, sessions, and the faults of the wire."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import secrets
import ssl
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from aiohttp import web

from ..domain.certificates import Certificate
from ..domain.services import AXL, TOMCAT, Service
from ..journal import Entry, current_client
from ..platform_cli.settings import CliSettings
from . import axl_schema, certificate_api, serviceability, wire
from .axl import Axl
from .certificate_api import CertificateApi
from .control_center import ControlCenter
from .not_simulated import not_simulated
from .perfmon import PerfMon
from .ris import RisPort
from .soap import Answer, BadRequest, fault, read, split

if TYPE_CHECKING:
    from ..domain.accounts import Account
    from ..domain.node import LabNode
    from ..texts import Texts

_NEVER = 10 * 365 * 86400.0
_IN_FRONT = (404, 429, *range(500, 600))
COOKIE = "JSESSIONIDSSO"
AXL_PATHS = ("/axl/", "/axl")
MAX_REQUEST = 16 * 1024 * 1024


def _has_login(request: web.Request) -> bool:
    return "Authorization" in request.headers or COOKIE in request.cookies


def _recorded(request: web.Request, operation: str) -> str:
    """What the journal calls a request: without a login nobody performs the operation."""
    return operation if _has_login(request) else f"no-login {request.method} {request.path}"


def _by_path(*services: serviceability.Service) -> dict[str, serviceability.Service]:
    return {path: service for service in services for path in service.wsdls}


class NodeWeb:
    """The running HTTPS server of one node. It listens while the node is up and Cisco Tomcat runs."""

    def __init__(self, node: LabNode) -> None:
        self.node = node
        self._axl = Axl(node)
        self._perfmon = PerfMon(node)
        self._services = _by_path(ControlCenter(node), RisPort(node), self._perfmon)
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
        return wire.page(self._texts, status, text, title)

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
            wire.reset_connection(connection.transport)

    def forget_sessions(self) -> None:
        self._sessions.clear()
        self._perfmon.forget()

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
                self.forget_sessions()

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
        client = wire.HttpClient(request.transport)
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
        self, request: web.Request, body: bytes, client: wire.HttpClient
    ) -> tuple[Answer, Entry | None, str | None]:
        account, refusal, cookie = await self._authenticate(request)
        if client.was_cut:
            return self._html(503), None, None
        service = self._services.get(request.path)
        element, problem = None, None
        if request.method == "POST" and refusal is None:
            try:
                element = read(body)
            except BadRequest as error:
                problem = fault("soapenv:Client", error.words(self._texts))
        name = self._operation_name(request, element)
        changing = element is not None and self._is_changing(request.path, split(element.tag)[1])
        journal = self.node.cluster.journal
        entry = await journal.record(self.node, account, "http", _recorded(request, name), changing=changing)
        if client.was_cut:
            entry.detail["status"] = None
            return self._html(503), entry, None
        answer = self._in_front(request, name) or refusal or self._injected(name, account) or problem
        if answer is None and account is not None:
            if request.path in AXL_PATHS:
                answer = await self._call_axl(request, element, account, changing)
            elif service is not None:
                answer = await self._call_service(service, request, element, account, changing)
        answer = answer or self._html(404, request.path)
        entry.detail["status"] = answer.status
        await journal.done(entry)
        return answer, entry, cookie

    async def _answer_certificate_api(
        self, request: web.Request, body: bytes, client: wire.HttpClient
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

    def _is_changing(self, path: str, operation: str) -> bool:
        if path in AXL_PATHS:
            return axl_schema.is_changing(operation)
        return path in self._services and self._services[path].is_changing(operation)

    def _operation_name(self, request: web.Request, element: Any) -> str:
        service = self._services.get(request.path)
        name = "axl" if request.path in AXL_PATHS else service.name if service else "web"
        if element is not None:
            return f"{name} {split(element.tag)[1]}"
        if request.method == "POST" and name != "web":
            action = request.headers.get("SOAPAction", "").strip('"').split()
            return f"{name} {action[-1] if action else 'unreadable'}"
        if service is not None and "wsdl" in request.query:
            return f"{name} wsdl"
        return f"{name} {request.method}" if name != "web" else f"web {request.method} {request.path}"

    def _injected(self, operation: str, account: Account | None) -> Answer | None:
        return wire.injected(self.node, operation, account.username if account else None)

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
        if request.path not in self._services and (what := not_simulated(request.path)):
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

    async def _call_service(
        self,
        service: serviceability.Service,
        request: web.Request,
        element: Any,
        account: Account,
        changing: bool,
    ) -> Answer:
        if service.runs_in is not None and self.node.services[service.runs_in].status != "Started":
            return self._html(503)
        if request.method == "GET" and "wsdl" in request.query:
            return Answer(200, serviceability.wsdl(service, request.path, self.node))
        if element is None:
            return self._html(405)
        if not service.allows(account, changing=changing):
            return self._html(403)
        return await service.call(request.path, element, account)

    # -- the answer -------------------------------------------------------------------------------------

    async def _send(
        self, request: web.Request, answer: Answer, entry: Entry | None, cookie: str | None
    ) -> web.StreamResponse:
        headers = {**_HEADERS, **answer.headers}
        if cookie and answer.status != 401:
            headers["Set-Cookie"] = f"{COOKIE}={cookie}; HttpOnly; Path=/; Secure"
        operation = entry.operation if entry else None
        return await wire.send(self.node, request, replace(answer, headers=headers), operation)


_HEADERS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


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
