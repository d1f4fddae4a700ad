# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that stop, lie or flood at one step, over TLS and SSH, and count the passwords that reach them."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import re
import socket
import ssl
import struct
import threading
import typing as t
from pathlib import Path

import paramiko

from . import authorities

HOST = "127.0.0.1"
# What a peer says after it read one request; ends by closing.
Say = t.Callable[[ssl.SSLSocket, bytes], None]
# What a peer does with a connection before TLS; true when it is over.
Greet = t.Callable[[socket.socket], bool]


def envelope(content: str) -> bytes:
    """Return a SOAP envelope."""
    return (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
        f"{content}</soapenv:Body></soapenv:Envelope>"
    ).encode()


def answer(status: int, body: bytes = b"", *headers: str, reason: str = "X") -> bytes:
    """Return an HTTP answer."""
    lines = [f"HTTP/1.1 {status} {reason}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def reset(peer: socket.socket) -> None:
    """End a connection by RST."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


class WebServer:
    """Serves HTTPS with a certificate of its own authority.

    As a login does it answers a request without a password by 401, unless C(asks) is false: then it says to everybody
    what C(say) does.
    """

    def __init__(
        self, directory: Path, say: Say | None = None, greet: Greet | None = None, *, asks: bool = True
    ) -> None:
        authority = authorities.root()
        node = authorities.issue("localhost", authority, host="localhost")
        self.ca_path = directory / "ca.pem"
        self.ca_path.write_text(authority.pem)
        (directory / "node.pem").write_text(node.pem + node.key_pem)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(directory / "node.pem")
        self._say, self._greet, self._asks = say, greet, asks
        self._listener = socket.create_server((HOST, 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.over = threading.Event()
        self.knocks: list[bytes] = []
        self.requests: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def passwords(self) -> list[str]:
        """The passwords that came, in order."""
        found = [re.search(rb"(?i)authorization: basic (\S+)", request) for request in self.requests]
        return [base64.b64decode(each[1]).decode().partition(":")[2] for each in found if each]

    def _serve(self) -> None:
        while not self.over.is_set():
            with contextlib.suppress(OSError):
                peer = self._listener.accept()[0]
                threading.Thread(target=self._one, args=(peer,), daemon=True).start()

    def _one(self, raw: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), raw:
            if self._greet is not None and self._greet(raw):
                return
            with self._context.wrap_socket(raw, server_side=True) as peer:
                while not self.over.is_set():
                    request = _request(peer)
                    if not request:
                        return
                    if self._asks and not re.search(rb"(?i)authorization:", request):
                        self.knocks.append(request)
                        peer.sendall(answer(401, b"<p>who are you?</p>", 'WWW-Authenticate: Basic realm="x"'))
                        continue
                    self.requests.append(request)
                    if self._say is None:
                        return
                    self._say(peer, request)

    def close(self) -> None:
        """Stop."""
        self.over.set()
        self._listener.close()


def _request(peer: ssl.SSLSocket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = peer.recv(65536)
        if not piece:
            return b""
        received += piece
    head, _blank, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    while length and len(body) < int(length[1]):
        body += peer.recv(65536)
    return head + b"\r\n\r\n" + body


class Login(paramiko.ServerInterface):
    """Notes the password, and does one thing then."""

    def __init__(self, server: SshServer, transport: t.Any) -> None:
        self._server, self._transport = server, transport

    def get_allowed_auths(self, username: str) -> str:
        return self._server.method

    def check_auth_password(self, username: str, password: str) -> int:
        self._server.passwords.append(password)
        return self._server.then(self._transport)

    def check_auth_interactive(self, username: str, submethods: str) -> t.Any:
        return paramiko.InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        self._server.passwords += responses
        return self._server.then(self._transport)


class SshServer:
    """Serves SSH logins; C(then) is what happens when a password came."""

    def __init__(self, method: str, then: t.Callable[[t.Any], int]) -> None:
        self.method, self.then = method, then
        self.passwords: list[str] = []
        self.key = paramiko.ECDSAKey.generate()
        self._listener = socket.create_server((HOST, 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.over = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self.over.is_set():
            with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
                transport = paramiko.Transport(self._listener.accept()[0])
                transport.add_server_key(self.key)
                transport.start_server(threading.Event(), Login(self, transport))

    def close(self) -> None:
        """Stop."""
        self.over.set()
        self._listener.close()


EVERY = os.environ.get("CUCM_PEERS") == "every"


def note(report: str, name: str, **counted: t.Any) -> None:
    """Add a row to the report that an environment variable names; workers take turns."""
    path = os.environ.get(report)
    if not path:
        return
    with open(path, "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        rows = json.loads(file.read() or "{}")
        file.truncate(0)
        file.write(json.dumps({**rows, name: counted}, indent=1, sort_keys=True))
