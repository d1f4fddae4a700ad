# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTPS connection to one node. PRIVATE to the collection."""

from __future__ import annotations

import email.utils
import http.client
import io
import ssl
import threading
import traceback
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .._base.address import in_url, without_zone
from .._base.clock import Clock, Deadline
from .._base.credentials import Attempt
from .._base.errors import (
    UNANSWERED,
    AuthenticationError,
    CucmError,
    IdentityError,
    ProtocolError,
    Refusal,
    TransportError,
    UnknownOutcome,
)
from . import trust

# Bytes. AXL itself cuts off a longer answer (wire-facts 2.4), and no other service comes near.
BODY_CAP = 8 * 1024 * 1024
_HEADER_CAP = 256 * 1024
# Bytes allowed for chunk headers and trailers beside the body.
_RAW_CAP = BODY_CAP + 1024 * 1024


class _Response(http.client.HTTPResponse):
    """An answer that is read only within the time and size limits of the thread's exchange."""

    def __init__(self, sock: t.Any, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(sock, *args, **kwargs)
        # Nothing has been read yet, so the buffer is empty.
        self.fp = io.BufferedReader(_InTime(self.fp.detach(), sock))


class _InTime(io.RawIOBase):
    """The data from a socket, within the time and size limits of the thread's exchange.

    The library's time-out applies to each packet: a node that trickles data must not hold us longer than a silent one. And
    the library limits neither the length of a chunk-size line nor the data after the last chunk.
    """

    def __init__(self, source: t.Any, sock: t.Any) -> None:
        self._source, self._sock = source, sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        exchange: _Exchange = _thread.exchange
        left = exchange.deadline.remaining()
        if not left:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(min(left, exchange.timeout))
        count = self._source.readinto(buffer)
        exchange.room -= count or 0
        if exchange.room < 0:
            exchange.too_large = True
            raise OSError("the answer is too large")
        return t.cast("int | None", count)

    def close(self) -> None:
        self._source.close()
        super().close()


@dataclass
class _Exchange:
    """One request and its answer.

    Attributes:
        dial: The address to connect to.
        deadline: The time by which the answer must be complete.
        timeout: Seconds for each packet.
        leaves: Called before the first byte of the request is sent.
        sent: Whether a byte of the request was or may have been sent: the connection is up, the certificate verified.
        room: Bytes that may still arrive.
        status: The status of the answer, 0 until it arrives.
    """

    dial: str
    deadline: Deadline
    timeout: float
    leaves: t.Callable[[], None]
    sent: bool = False
    room: int = _HEADER_CAP
    too_large: bool = False
    status: int = 0

    def begin(self) -> None:
        """Note that the request is about to be sent. If C(leaves) raises an error, nothing is sent."""
        if not self.sent:
            self.leaves()
            self.sent = True


# The current exchange of a thread: the library's callbacks have no other access to it.
_thread = threading.local()


try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
    from urllib3.connectionpool import HTTPSConnectionPool
    from urllib3.util.ssl_ import create_urllib3_context, resolve_cert_reqs
except ImportError:
    requests = None  # type: ignore[assignment]
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None

    class _Connection(HTTPSConnectionPool.ConnectionCls):  # type: ignore[misc, valid-type]
        """A connection that reads answers within the limits and notes when a request is sent."""

        response_class = _Response
        ssl_context: ssl.SSLContext | None

        def _new_conn(self) -> t.Any:
            # The zone of an IPv6 address is local to this machine: no URL, certificate or other machine has it.
            self._dns_host = _thread.exchange.dial
            return super()._new_conn()

        def connect(self) -> None:
            """Connect, and verify the certificate alike with every Python.

            From Python 3.13 on the library also demands what RFC 5280 asks of those who issue certificates, as an identifier of the
            authority's key. Nodes sign their own, and company CAs are old; what Python 3.12 accepts is accepted.
            """
            if self.ssl_context is None:
                self.ssl_context = create_urllib3_context(cert_reqs=resolve_cert_reqs(self.cert_reqs))
            self.ssl_context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            super().connect()

        def send(self, data: t.Any) -> None:
            """Send a part of a request; the connection is made and verified before anything is sent."""
            if self.sock is None:
                self.connect()
            _thread.exchange.begin()
            super().send(data)

    class _Pool(HTTPSConnectionPool):
        """Connections that read answers within the limits."""

        ConnectionCls = _Connection

    class _Adapter(HTTPAdapter):
        """An adapter whose connections read answers within the limits."""

        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"https": _Pool}

    class _Session(requests.Session):
        """A session that follows no redirect: the library would read its body, whatever the size."""

        def get_redirect_target(self, resp: t.Any) -> None:
            """See requests."""
            return


# In the details of a failure: a request was sent, and its answer did not arrive in time.
LATE = "late"


@dataclass(frozen=True)
class HttpTarget:
    """One node's web server, the account, and how its certificate is verified.

    C(account) is the kind of account, C(axl) or C(cli). Without C(keeps_session) every request carries the credential:
    only for AXL accounts is a session cookie known to replace it.
    """

    node: str
    host: str
    port: int
    username: str
    password: str
    verify: bool | str
    timeout: float
    account: str = "axl"
    keeps_session: bool = True


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    content_type: str = ""


class Connection(t.Protocol):
    """The interface to a node that protocols over HTTPS need."""

    @property
    def where(self) -> str:
        """The peer, for messages."""

    @property
    def device_time(self) -> datetime | None:
        """The node's clock (UTC) at its latest answer; None if the answer had no date."""

    def post(self, path: str, body: str, headers: t.Mapping[str, str], *, changing: bool = False) -> Answer:
        """POST ``body`` and return the answer."""


class AuthorizationGate(t.Protocol):
    """Guards the use of a credential; see C(_base/credentials)."""

    def __call__(self) -> t.ContextManager[Attempt]:
        """Return a context in which the credential may be sent once."""


@dataclass
class HttpConnection:
    """A keep-alive connection that sends the credential until the node issues a session cookie.

    The environment is ignored: a CA bundle, a proxy or a .netrc set for other programs never
    applies here. No redirect is followed. C(device_time) is the node's clock (UTC) at its latest answer.
    """

    target: HttpTarget
    gate: AuthorizationGate
    clock: Clock = field(default_factory=Clock)
    device_time: datetime | None = field(default=None, init=False)
    _session: t.Any = field(default=None, init=False)
    change_sent: bool = field(default=False, init=False)
    _accepted: bool = field(default=False, init=False)

    def post(self, path: str, body: str, headers: t.Mapping[str, str], *, changing: bool = False) -> Answer:
        """POST ``body`` and return the answer.

        Raises:
            TransportError: No connection. IdentityError: The certificate did not verify; no credential was sent.
            AuthenticationError: 401, or at its first use in the run no answer that proves the credential accepted
            (C(authentication_unanswered)); it is not tried again. Refusal: 401 to a changing request although
            the credential was accepted before (C(write_not_allowed)): the account may only read (wire-facts 1.3 [D]).
            UnknownOutcome: A changing request was sent and no answer came. ProtocolError: The answer is too large, or encoded.
        """
        return self._exchange("POST", path, body, headers, changing)

    def get(self, path: str, headers: t.Mapping[str, str]) -> Answer:
        """GET and return the answer. Raises the errors of C(post) for a reading request."""
        return self._exchange("GET", path, "", headers, changing=False)

    def _exchange(
        self, method: str, path: str, body: str, headers: t.Mapping[str, str], changing: bool
    ) -> Answer:
        session = self._open()
        # The cookie saves the node an authentication (AXL guide); it expires after 30 idle minutes with a 404 or 401.
        if session.cookies and self.target.keeps_session:
            answer = self._send(method, path, body, headers, changing, None)
            if answer.status not in (401, 404):
                return answer
            session.cookies.clear()
        with self.gate() as attempt:
            if not attempt.accepted_before and (without := self._knock(path)).status != 401:
                return without
            return self._offer(method, path, body, headers, changing, attempt)

    def _knock(self, path: str) -> Answer:
        """Send a request without a password, and return the answer: 401 proves that a login is ready to check one.

        A node that is starting, overloaded or absent, or another service in its place, shows it here. A password sent to such a
        peer could not be sent again, since it would be unknown whether it was refused.
        """
        answer = self._send("GET", path, "", {}, False, None)
        self._session.cookies.clear()
        return answer

    def _offer(
        self,
        method: str,
        path: str,
        body: str,
        headers: t.Mapping[str, str],
        changing: bool,
        attempt: Attempt,
    ) -> Answer:
        """Send a request with the credential. Raises AuthenticationError when it is refused or gets no answer."""
        try:
            answer = self._send(method, path, body, headers, changing, attempt)
        except (TransportError, ProtocolError) as error:
            if attempt.sent and attempt.first and not _lets_in(_thread.exchange.status):
                raise self._unanswered(error.message.rstrip(".")) from error
            raise
        if answer.status == 401 and changing and self._accepted:
            raise self._write_not_allowed()
        if answer.status == 401:
            raise AuthenticationError(
                f"{self.where} refused the password of account {self.target.username} (401). It will not be tried again in this run.",
                details={
                    "node": self.target.node,
                    "service": "https",
                },
                remedy=f"Check {self.target.account}_username and {self.target.account}_password; "
                "three refusals lock the account.",
            )
        if attempt.first and not _proves_acceptance(answer):
            raise self._unanswered(f"the answer was HTTP {answer.status}", answer.status)
        self._accepted = True
        return answer

    def _unanswered(self, why: str, status: int | None = None) -> AuthenticationError:
        account = self.target.account
        return AuthenticationError(
            f"{self.where} did not confirm the password of account {self.target.username}: {why}. "
            "It will not be sent again in this run, since it may have been refused.",
            code=UNANSWERED,
            details={
                "node": self.target.node,
                "service": "https",
                **({"status": status} if status else {}),
            },
            remedy="The node may be busy or starting, or a device in between may answer for it. Check that it answers "
            f"(log in to its web pages by hand as {account}_username), then start a new run.",
        )

    def _write_not_allowed(self) -> Refusal:
        account = self.target.username
        return Refusal(
            f"{self.where} refused a change by account {account} (401) but accepts its password for reading: "
            "the account may be read-only. This request changed nothing.",
            code="write_not_allowed",
            details={"node": self.target.node, "account": account},
            remedy="Give the account a role that may write (for AXL: Standard AXL API Access), or use another account.",
        )

    @property
    def where(self) -> str:
        """The node and address, for messages."""
        return f"{self.target.node} (https://{in_url(self.target.host)}:{self.target.port})"

    def close(self) -> None:
        """Close the connection. Never raises."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _open(self) -> t.Any:
        if self._session is None:
            if isinstance(self.target.verify, str):
                trust.require_ca_file(self.target.verify)
            self._session = _Session()
            self._session.trust_env = False
            self._session.mount("https://", _Adapter())
            if self.target.verify is False:
                # The task warns once itself, instead of on standard error for every request.
                urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        return self._session

    def _send(
        self,
        method: str,
        path: str,
        body: str,
        headers: t.Mapping[str, str],
        changing: bool,
        attempt: Attempt | None,
    ) -> Answer:
        """Send a request, with the credential if there is an attempt for it, and return the answer."""
        timeout = self.clock.limit(self.target.timeout)
        exchange = _thread.exchange = _Exchange(
            self.target.host,
            self.clock.deadline(2 * self.target.timeout),
            timeout,
            attempt.leaves if attempt else _nothing,
        )
        try:
            with self._session.request(
                method,
                f"https://{in_url(without_zone(self.target.host))}:{self.target.port}{path}",
                data=body.encode() or None,
                headers={**headers, "Accept-Encoding": "identity"},
                auth=(self.target.username.encode(), self.target.password.encode()) if attempt else None,
                verify=self.target.verify,
                timeout=(min(timeout, 30), timeout),
                allow_redirects=False,
                stream=True,
            ) as response:
                exchange.status = response.status_code
                exchange.room += _RAW_CAP
                content = self._read(response)
        except CucmError:
            raise
        # Any exception: a node's data can make the library fail in any way.
        except Exception as error:
            raise self._broken(error, exchange, changing) from error
        finally:
            self.change_sent = self.change_sent or (changing and exchange.sent)
        self.device_time = date_of(response.headers.get("Date"))
        return Answer(response.status_code, content, response.headers.get("Content-Type", ""))

    def _broken(self, error: Exception, exchange: _Exchange, changing: bool) -> CucmError:
        """Return the meaning of a failure, which depends on whether the request was sent, not on the exception."""
        node = self.target.node
        if exchange.too_large:
            return self._too_large()
        if exchange.sent and changing:
            return UnknownOutcome(
                f"A change request was sent to {self.where}, but no answer came ({type(error).__name__}). "
                "It is not known yet whether the change happened.",
                details={"node": node},
                remedy="Run the task again; it reads the state first.",
            )
        if not exchange.sent and trust.is_about_certificate(error):
            return self._not_trusted(error)
        late = _is_late(error)
        why = "the answer took too long" if late else _short(error)
        return TransportError(
            f"The request to {self.where} failed: {why}."
            if exchange.sent
            else f"No connection to {self.where}: {why}. Nothing was sent.",
            details={
                "node": node,
                "interface": "https",
                "port": self.target.port,
                "reason": why,
                **({LATE: True} if late else {}),
            },
            remedy="Check the address, https_port, and that the node is up.",
        )

    def _not_trusted(self, error: Exception) -> IdentityError:
        target = self.target
        store = trust.store(target.verify)
        shown = trust.shown_by(target.host, target.port, min(self.clock.left(), target.timeout, 5.0))
        return IdentityError(
            f"The certificate of {self.where} was not accepted: {trust.reason(error)}. {trust.in_words(shown)} "
            f"It was checked against {store}. No password was sent.",
            code="certificate_not_trusted",
            details={
                "node": target.node,
                "interface": "https",
                "port": target.port,
                "ca": store,
                "certificate": shown,
            },
            remedy="Give the CA of the node's Tomcat certificate as ca_path, and address the node by a name in "
            "the certificate.",
        )

    def _too_large(self) -> ProtocolError:
        return ProtocolError(
            f"{self.where} sent more than {BODY_CAP} bytes; the answer was dropped.",
            code="output_too_large",
            details={"node": self.target.node},
            remedy="Nothing was concluded from it. Check that the address is the node's own.",
        )

    def _read(self, response: t.Any) -> bytes:
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in ("", "identity"):
            # No encoding was requested, and a few compressed bytes can expand to any size.
            raise ProtocolError(
                f"{self.where} sent an encoded answer ({coding[:40]}) although none was accepted; the answer was dropped.",
                code="content_encoding_refused",
                details={"node": self.target.node},
                remedy="Nothing was concluded from it. Check which service answers at this address: Tomcat does not do this.",
            )
        content = bytearray()
        for chunk in response.raw.stream(65536, decode_content=False):
            content += chunk
            if len(content) > BODY_CAP:
                raise self._too_large()
        expected = response.headers.get("Content-Length", "")
        if expected.isascii() and expected.isdigit() and len(content) < int(expected[:20]):
            raise requests.exceptions.ConnectionError("the connection closed in the middle of the answer")
        return bytes(content)


def _nothing() -> None:
    return


def _proves_acceptance(answer: Answer) -> bool:
    """Return whether an answer proves that the login accepted the credential, after a 401 without one.

    599 is AXL's own status (wire-facts 1.1 [C]); SOAP and JSON come from behind the login. A bare 500 or 503 may come from before it.
    """
    speaks = b"Envelope" in answer.body[:4096] or answer.body[:64].lstrip()[:1] in (b"{", b"[")
    return (
        _lets_in(answer.status)
        or answer.status == 599
        or (speaks and answer.status not in (401, 407, 408, 429, 502, 503, 504))
    )


def _lets_in(status: int) -> bool:
    """Return whether a status comes from behind the login: 403 too, for a known account without a role."""
    return 200 <= status < 500 and status not in (401, 407, 408, 429)


def date_of(value: str | None) -> datetime | None:
    """Return the moment (UTC) in a C(Date) header; None if it is not a date or not a plausible one."""
    try:
        told = email.utils.parsedate_to_datetime(value or "")
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return told.astimezone(UTC) if told.tzinfo is not None and 2000 <= told.year < 2200 else None


def _is_late(error: BaseException) -> bool:
    """Return whether an error means that the answer did not arrive completely in time."""
    # While the body is read, the library reports only a failed connection, with the time-out as its cause.
    return isinstance(
        error,
        (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError),
    ) or any(isinstance(reason, Exception) and _is_late(reason) for reason in error.args)


def _short(error: Exception) -> str:
    text = str(error)[:2000]
    return (text.rpartition(": ")[2] if "Caused by" in text else text).strip("')\" .") or type(error).__name__
