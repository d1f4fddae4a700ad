# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Peers that are silent, or drip, at places the libraries wait at without end: over real sockets, SSH and TLS.

The peers never go on by themselves, so a reading whose time does not end it hangs until the test's own time is over."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import typing as t
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._base.credentials import Attempt
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import CucmError, TransportError
from ansible_collections.ucops.cucm.plugins.module_utils._transport import http, ssh
from ansible_collections.ucops.cucm.plugins.module_utils._transport.cli import CliLimits, CliSession
from ansible_collections.ucops.cucm.plugins.module_utils._transport.http import HttpConnection, HttpTarget

from ..data import authorities

SECONDS = 1.0


class SilentAt(paramiko.ServerInterface):
    """An SSH server that does not answer at one place."""

    def __init__(self, place: str, passwords: list[str]) -> None:
        self.place, self.passwords, self.over = place, passwords, threading.Event()

    def _stop(self, place: str) -> None:
        if place == self.place:
            self.over.wait()

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_none(self, username: str) -> int:
        self._stop("methods")
        return paramiko.AUTH_FAILED

    def check_auth_password(self, username: str, password: str) -> int:
        self.passwords.append(password)
        self._stop("password")
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, channel: int) -> int:
        self._stop("channel")
        return paramiko.OPEN_SUCCEEDED

    def check_channel_pty_request(self, *request: t.Any) -> bool:
        self._stop("pty")
        return True

    def check_channel_shell_request(self, channel: t.Any) -> bool:
        self._stop("shell")
        return True


@contextlib.contextmanager
def ssh_server(place: str, passwords: list[str]) -> Iterator[ssh.SshTarget]:
    """Serve one login, and return how it is reached."""
    key = paramiko.ECDSAKey.generate()
    listener = socket.create_server(("127.0.0.1", 0))
    server = SilentAt(place, passwords)

    def serve() -> None:
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            transport = paramiko.Transport(listener.accept()[0])
            transport.add_server_key(key)
            transport.start_server(server=server)
            server.over.wait()
            transport.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    keys = ssh.HostKeys(pinned=ssh.fingerprint(key.asbytes()))
    yield ssh.SshTarget("cucm-pub", "127.0.0.1", listener.getsockname()[1], "admin", "secret", keys)
    server.over.set()
    listener.close()


@pytest.mark.parametrize("place", ["methods", "password", "channel", "pty", "shell"])
def test_a_silent_command_line_ends_with_the_reading(place: str) -> None:
    passwords: list[str] = []
    with ssh_server(place, passwords) as target:
        session = CliSession(target, CliLimits(connect=60), Clock().within(SECONDS))
        with pytest.raises(CucmError) as ended:
            session.open()
    if place == "methods":
        # Nobody has seen a password, so nobody has refused one.
        assert isinstance(ended.value, TransportError) and passwords == []
    elif place == "password":
        assert ended.value.code == "authentication_unanswered" and passwords == ["secret"]
    else:
        assert isinstance(ended.value, TransportError)


DRIPS = {
    "header": (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "silence in the middle": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n1234", b""),
    "handshake": (b"", b""),
}


@contextlib.contextmanager
def web_server(tmp_path: Path, what: str) -> Iterator[HttpTarget]:
    """Serve one request with an answer that drips, and return how it is reached."""
    authority = authorities.root()
    node = authorities.issue("localhost", authority, host="localhost")
    (tmp_path / "ca.pem").write_text(authority.pem)
    (tmp_path / "node.pem").write_text(node.pem + node.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "node.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError):
            raw, _peer = listener.accept()
            if what == "handshake":
                # A record that says it is long, byte by byte.
                for byte in b"\x16\x03\x03\x40\x00" + bytes(0x4000):
                    raw.sendall(bytes([byte]))
                    if over.wait(0.1):
                        return
            begin, drip = DRIPS[what]
            with context.wrap_socket(raw, server_side=True) as peer:
                peer.recv(65536)
                peer.sendall(begin)
                while not over.wait(0.1):
                    peer.sendall(drip)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    yield HttpTarget("cucm-pub", "localhost", port, "axladmin", "secret", str(tmp_path / "ca.pem"), 2.0)
    over.set()
    listener.close()


@pytest.mark.parametrize("what", DRIPS)
def test_a_web_service_that_drips_ends_with_the_reading(tmp_path: Path, what: str) -> None:
    with web_server(tmp_path, what) as target:
        # Accepted before in this run.
        attempt = Attempt(lambda: False)
        connection = HttpConnection(target, lambda: contextlib.nullcontext(attempt), Clock().within(SECONDS))
        with pytest.raises(TransportError) as ended:
            connection.post("/axl/", "<x/>", {})
        connection.close()
    assert "took too long" in ended.value.message and ended.value.details[http.LATE]
