# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A way to a node that passes everything on, until the node resets a connection: then whoever comes is kept waiting."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from . import sockets
from .sockets import Peer


@dataclass
class Way:
    """What a test sees of it.

    Attributes:
        hangs: Whether new connections are taken and not served.
        port: Where it is, at the node's address.
        hung: How many were kept waiting.
    """

    hangs: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    hung: int = 0


def _pass_on(source: socket.socket, target: socket.socket) -> bool:
    """Pass on what comes until it ends; return whether the source ended it by a reset."""
    while True:
        try:
            piece = source.recv(65536)
        except OSError as error:
            return isinstance(error, ConnectionResetError)
        if not piece:
            return False
        try:
            target.sendall(piece)
        except OSError:
            return False


@contextlib.contextmanager
def after_a_reset(address: str, port: int) -> Iterator[Way]:
    """Stand between the client and the server at an address."""
    way = Way()

    def play(peer: Peer) -> None:
        if way.hangs.is_set():
            way.hung += 1
            return peer.silence()
        with socket.create_connection((address, port)) as server:

            def up() -> None:
                _pass_on(peer.end, server)
                with contextlib.suppress(OSError):
                    server.shutdown(socket.SHUT_RDWR)

            threading.Thread(target=up, daemon=True).start()
            if _pass_on(server, peer.end):
                way.hangs.set()
            peer.cut()
        return None

    with sockets.serving(address, play) as way.port:
        yield way
