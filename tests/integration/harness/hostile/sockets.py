# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server for any protocol: a function for each connection, and what can be done to one below every protocol."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
import typing as t
from collections.abc import Iterator

# Seconds a connection is held at most, should a test forget to end.
LONGEST = 60.0


class Peer:
    """One connection, at the server's end; C(over) is set when the test ends."""

    def __init__(self, end: socket.socket, over: threading.Event) -> None:
        self.end, self.over = end, over

    def silence(self) -> None:
        """Say nothing until the test ends."""
        self.over.wait(LONGEST)

    def say(self, data: bytes) -> None:
        self.end.sendall(data)

    def drip(self, data: bytes, seconds: float = 0.05) -> None:
        """Say one byte after the other, again and again."""
        while not self.over.wait(seconds):
            self.end.sendall(data[:1])
            data = data[1:] + data[:1]

    def cut(self) -> None:
        """End the connection as one that is closed (FIN)."""
        with contextlib.suppress(OSError):
            self.end.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """End the connection as one whose peer is gone (RST)."""
        with contextlib.suppress(OSError):
            self.end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.end.close()


Play = t.Callable[[Peer], None]


@contextlib.contextmanager
def serving(address: str, play: Play) -> Iterator[int]:
    """Serve each connection to an address with C(play); return the port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, 0), family=family)
    over = threading.Event()

    def serve(end: socket.socket) -> None:
        # What the client does to a connection that goes wrong is its own affair.
        with end, contextlib.suppress(Exception):
            play(Peer(end, over))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def noise(size: int, seed: int = 1) -> bytes:
    """Return bytes of no meaning, the same every time."""
    return random.Random(seed).randbytes(size)
