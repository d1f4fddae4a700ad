# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTPS connection to one node. PRIVATE to the collection."""

from __future__ import annotations

import email.utils
import http.client
import io
import threading
import traceback
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .._clock import Clock
from .._errors import (
    AuthenticationError,
    IdentityError,
    InputError,
    ProtocolError,
    Refusal,
    TransportError,
    UnknownOutcome,
)
from .address import in_url


class _Response(http.client.HTTPResponse):
    """An answer of which nothing is read after the time the thread has for it."""

    def __init__(self, sock: t.Any, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(sock, *args, **kwargs)
        # Nothing was read yet, so nothing is in the buffer.
        self.fp = io.BufferedReader(_InTime(self.fp.detach(), sock))


class _InTime(io.RawIOBase):
    """What comes from a socket, until the time the thread has for the answer is over.

    The library's time-out is for each packet: a node that drips must not hold us longer than one that is silent.
    """

    def __init__(self, source: t.Any, sock: t.Any) -> None:
        self._source, self._sock = source, sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        left = _answer.deadline.remaining()
        if not left:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(min(left, _answer.timeout))
        return t.cast("int | None", self._source.readinto(buffer))

    def close(self) -> None:
        self._source.close()
        super().close()


# Of the answer that a thread waits for: C(deadline), a Deadline, and C(timeout), how long for each packet (seconds).
_answer = threading.local()


try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
    from urllib3.connectionpool import HTTPSConnectionPool
except ImportError:
    requests = None  # type: ignore[assignment]
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None

    class _Connection(HTTPSConnectionPool.ConnectionCls):  # type: ignore[misc, valid-type]
        """A connection whose answers are read in time."""

        response_class = _Response

        def __init__(self, host: str, *args: t.Any, **kwargs: t.Any) -> None:
            # The library hands on the zone of an IPv6 address as the URL has it.
            super().__init__(host.replace("%25", "%") if ":" in host else host, *args, **kwargs)

    class _Pool(HTTPSConnectionPool):
        """Connections whose answers are read in time."""

        ConnectionCls = _Connection

    class _Adapter(HTTPAdapter):
        """Connects by connections whose answers are read in time."""

        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"https": _Pool}


# In the details of a failure: a request went out, and its answer did not come in time.
LATE = "late"
BODY_CAP = 16 * 1024 * 1024


@dataclass(frozen=True)
class HttpTarget:
    """One node's web server, the account, and how its certificate is verified.

    C(account) is the kind of account, C(axl) or C(cli). Without C(keeps_session) the credential goes with every
    request: only for AXL's accounts it is known that a session cookie stands for it.
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
    """What came back."""

    status: int
    body: bytes
    content_type: str = ""


class Connection(t.Protocol):
    """What a protocol over HTTPS asks of the way to a node."""

    @property
    def where(self) -> str:
        """Who is asked, for messages."""

    @property
    def device_time(self) -> datetime | None:
        """The node's clock (UTC) at its latest answer, None when it did not tell."""

    def post(self, path: str, body: str, headers: t.Mapping[str, str], *, changing: bool = False) -> Answer:
        """POST ``body`` and return the answer."""


class AuthorizationGate(t.Protocol):
    """Guards the use of a credential: see C(_credentials)."""

    def __call__(self) -> t.ContextManager[None]:
        """Return a context in which the credential may be sent once."""


@dataclass
class HttpConnection:
    """A keep-alive connection that offers the credential until the node hands out a session cookie.

    The environment is not trusted: a CA bundle, a proxy or a .netrc set for other programs never
    applies here, and a redirect is never followed. C(device_time) is the node's clock (UTC) at its latest answer.
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
            TransportError: No connection. IdentityError: the certificate did not verify; no credential was sent.
            AuthenticationError: 401; the credential is not tried again. Refusal: 401 to a changing request although
            the credential was accepted before (C(write_not_allowed)): the account may only read (wire-facts 1.3 [D]).
            UnknownOutcome: a changing request was sent and no answer came.
        """
        return self._exchange("POST", path, body, headers, changing)

    def get(self, path: str, headers: t.Mapping[str, str]) -> Answer:
        """GET and return the answer. Raises what C(post) raises for a reading request."""
        return self._exchange("GET", path, "", headers, changing=False)

    def _exchange(
        self, method: str, path: str, body: str, headers: t.Mapping[str, str], changing: bool
    ) -> Answer:
        session = self._open()
        self.change_sent = self.change_sent or changing
        # The cookie saves the node an authentication (AXL guide); it expires after 30 idle minutes with a 404 or 401.
        if session.cookies and self.target.keeps_session:
            answer = self._send(method, path, body, headers, changing, auth=None)
            if answer.status not in (401, 404):
                return answer
            session.cookies.clear()
        with self.gate():
            answer = self._send(
                method,
                path,
                body,
                headers,
                changing,
                auth=(self.target.username.encode(), self.target.password.encode()),
            )
            if answer.status == 401 and changing and self._accepted:
                raise self._write_not_allowed()
            if answer.status == 401:
                raise AuthenticationError(
                    f"{self.where} refused the password of account {self.target.username} (401). It will not be tried again in this run.",
                    details={
                        "node": self.target.node,
                        "service": "https",
                        "account_kind": self.target.account,
                    },
                    remedy=f"Check {self.target.account}_username and {self.target.account}_password; "
                    "three refusals lock the account.",
                )
            self._accepted = True
        return answer

    def _write_not_allowed(self) -> Refusal:
        account = self.target.username
        return Refusal(
            f"{self.where} refused a change by account {account} (401), whose password it accepts for reading: "
            "the account may be read-only. Nothing was changed by this request.",
            code="write_not_allowed",
            details={"node": self.target.node, "account": account},
            remedy="Give the account a role that may write (for AXL: Standard AXL API Access), or use another account.",
        )

    @property
    def where(self) -> str:
        """The node and address, for messages."""
        return f"{self.target.node} ({self._url()})"

    def _url(self, path: str = "") -> str:
        return f"https://{in_url(self.target.host)}:{self.target.port}{path}"

    def close(self) -> None:
        """Close the connection. Never raises."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _open(self) -> t.Any:
        if self._session is None:
            self._session = requests.Session()
            self._session.trust_env = False
            self._session.mount("https://", _Adapter())
            if self.target.verify is False:
                # Said once in the task's own words instead of on standard error for every request.
                urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        return self._session

    def _send(
        self,
        method: str,
        path: str,
        body: str,
        headers: t.Mapping[str, str],
        changing: bool,
        auth: t.Any,
    ) -> Answer:
        timeout = self.clock.limit(self.target.timeout)
        _answer.deadline, _answer.timeout = self.clock.deadline(2 * self.target.timeout), timeout
        try:
            with self._session.request(
                method,
                self._url(path),
                data=body.encode() or None,
                headers=dict(headers),
                auth=auth,
                verify=self.target.verify,
                timeout=(min(timeout, 30), timeout),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = self._read(response)
        except requests.exceptions.SSLError as error:
            if not _is_about_certificate(error):
                raise self._broken(error, changing) from error
            raise IdentityError(
                f"The certificate of {self.where} was not accepted: {_tls_reason(error)}. No password was sent.",
                code="certificate_not_trusted",
                details={"node": self.target.node},
                remedy="Give the CA of the node's Tomcat certificate as ca_path, and address the node by a name in the certificate.",
            ) from error
        except requests.exceptions.ConnectTimeout as error:
            raise TransportError(
                f"No connection to {self.where}: timed out.", details={"node": self.target.node}
            ) from error
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._broken(error, changing) from error
        self.device_time = date_of(response.headers.get("Date"))
        return Answer(response.status_code, content, response.headers.get("Content-Type", ""))

    def _broken(self, error: Exception, changing: bool) -> Exception:
        refused = isinstance(error, requests.exceptions.ConnectionError) and "NewConnectionError" in repr(
            error
        )
        if changing and not refused:
            return UnknownOutcome(
                f"A changing request was sent to {self.where} and no answer came ({type(error).__name__}). "
                "Whether it happened is not known yet.",
                details={"node": self.target.node},
                remedy="Run the task again: it reads the state first.",
            )
        if isinstance(error, OSError) and not isinstance(error, requests.exceptions.RequestException):
            return InputError(
                f"The CA file for {self.where} cannot be used: {error}.", remedy="Check ca_path."
            )
        late = _is_late(error)
        return TransportError(
            f"The request to {self.where} failed: {'the answer took too long' if late else _short(error)}.",
            details={
                "node": self.target.node,
                "interface": "https",
                "port": self.target.port,
                "reason": "the answer took too long" if late else _short(error),
                **({LATE: True} if late else {}),
            },
            remedy="Check the address, the port and that the node is up.",
        )

    def _read(self, response: t.Any) -> bytes:
        chunks, size = [], 0
        for chunk in response.iter_content(65536):
            size += len(chunk)
            if size > BODY_CAP:
                raise ProtocolError(
                    f"{self.where} sent more than {BODY_CAP} bytes; the answer was dropped.",
                    code="output_too_large",
                )
            chunks.append(chunk)
        expected = response.headers.get("Content-Length", "")
        if expected.isdigit() and "Content-Encoding" not in response.headers and size < int(expected):
            raise requests.exceptions.ConnectionError("the connection closed in the middle of the answer")
        return b"".join(chunks)


def date_of(value: str | None) -> datetime | None:
    """Return the moment (UTC) a header C(Date) tells; None when it is no date, or none of these times."""
    try:
        told = email.utils.parsedate_to_datetime(value or "")
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return told.astimezone(UTC) if told.tzinfo is not None and 2000 <= told.year < 2200 else None


def _is_late(error: Exception) -> bool:
    """Tell an answer that did not come in time, or not all of it."""
    # While the body is read the library says no more than that the connection failed, and gives its reason.
    return isinstance(error, requests.exceptions.ReadTimeout) or any(
        isinstance(reason, urllib3.exceptions.ReadTimeoutError) for reason in error.args
    )


def _is_about_certificate(error: Exception) -> bool:
    """Tell a certificate that did not verify from a handshake or a record that broke."""
    text = str(error)
    return any(
        sign in text
        for sign in (
            "CERTIFICATE_VERIFY_FAILED",
            "certificate verify failed",
            "CertificateError",
            "doesn't match",
        )
    )


def _tls_reason(error: Exception) -> str:
    text = str(error)
    for sign in ("certificate verify failed:", "SSLCertVerificationError("):
        if sign in text:
            return text.split(sign, 1)[1].split("(_ssl.c")[0].strip(" '\")(")
    return text[-200:]


def _short(error: Exception) -> str:
    text = str(error)
    return (text.rpartition(": ")[2] if "Caused by" in text else text).strip("')\" ") or type(error).__name__
