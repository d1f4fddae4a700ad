# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of nodes verify alike with every Python."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._base.credentials import Attempt
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import IdentityError
from ansible_collections.ucops.cucm.plugins.module_utils._transport import http
from ansible_collections.ucops.cucm.plugins.module_utils._transport.http import HttpConnection, HttpTarget

from ..data import authorities


@pytest.fixture
def node(tmp_path: Path) -> t.Iterator[int]:
    """Serve 200 at a port, with a certificate that names no key of its authority, as old authorities make them."""
    authority = authorities.root()
    shown = authorities.issue("localhost", authority, host="localhost")
    (tmp_path / "ca.pem").write_text(authority.pem)
    (tmp_path / "other.pem").write_text(authorities.root("other").pem)
    (tmp_path / "node.pem").write_text(shown.pem + shown.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "node.pem")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            raw, _peer = listener.accept()
            with context.wrap_socket(raw, server_side=True) as peer:
                peer.recv(65536)
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<x/>")

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


@pytest.fixture(autouse=True)
def _as_with_python_3_13(monkeypatch: pytest.MonkeyPatch) -> None:
    real = http.create_urllib3_context

    def strict(**given: t.Any) -> ssl.SSLContext:
        context = real(**given)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(http, "create_urllib3_context", strict)


def post(port: int, verify: bool | str) -> t.Any:
    target = HttpTarget("cucm-pub", "localhost", port, "axladmin", "secret", verify, 5.0)
    connection = HttpConnection(
        target, lambda: contextlib.nullcontext(Attempt(lambda: False)), Clock().within(60)
    )
    try:
        return connection.post("/axl/", "<x/>", {})
    finally:
        connection.close()


@pytest.mark.parametrize("verify", ["ca.pem", False])
def test_a_certificate_of_an_old_authority_is_accepted(node: int, tmp_path: Path, verify: str | bool) -> None:
    assert post(node, str(tmp_path / verify) if isinstance(verify, str) else verify).status == 200


def test_one_of_another_authority_is_refused(node: int, tmp_path: Path) -> None:
    with pytest.raises(IdentityError):
        post(node, str(tmp_path / "other.pem"))
