# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An SSH server with a platform command line that goes wrong at one step, in one way.

Steps before the key exchange are played on the bare socket (C(BEFORE)). From the key exchange on every message the server
sends is a step (C(MESSAGES)), and each of C(WAYS) replaces one: C("51 garbage") is the first refusal of a login, as rubbish.
Steps of the command line (C(COMMAND_LINE)) are what is shown after a number of lines was typed.
"""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Iterator

import paramiko

from ansible_collections.ucops.cucm.plugins.module_utils._transport.ssh import fingerprint

from . import sockets
from .sockets import Peer, Play

_BANNER = b"SSH-2.0-OpenSSH_8.0\r\n"


def _then(*data: bytes, end: t.Callable[[Peer], None] = Peer.silence) -> Play:
    def play(peer: Peer) -> None:
        for piece in data:
            peer.say(piece)
        end(peer)

    return play


def _endless(peer: Peer) -> None:
    while not peer.over.is_set():
        peer.say(b"# welcome\r\n" * 100)


BEFORE: dict[str, Play] = {
    "silence": Peer.silence,
    "cut": Peer.cut,
    "reset": Peer.reset,
    "banner drips": lambda peer: peer.drip(_BANNER[:-2]),
    "banner partial": _then(_BANNER[:9]),
    "banner partial, cut": _then(_BANNER[:9], end=Peer.cut),
    "banner line, silence": _then(b"Welcome\r\n"),
    "banner endless": _endless,
    "banner huge": _then(b"x" * 1_000_000, end=Peer.cut),
    "banner noise": _then(sockets.noise(4000), end=Peer.cut),
    "banner not ASCII": _then(b"SSH-2.0-\xff\xfe\r\n"),
    "banner of version 1": _then(b"SSH-1.5-old\r\n"),
    "banner without a version": _then(b"SSH-\r\n"),
    "http": _then(b"HTTP/1.1 400 Bad Request\r\n\r\n", end=Peer.cut),
    "tls": _then(b"\x15\x03\x01\x00\x02\x02\x46", end=Peer.cut),
    "after banner silence": _then(_BANNER),
    "after banner cut": _then(_BANNER, end=Peer.cut),
    "after banner reset": _then(_BANNER, end=Peer.reset),
    "after banner noise": _then(_BANNER, sockets.noise(4000, 2)),
    "after banner drips": _then(_BANNER, end=lambda peer: peer.drip(b"\0\0\1\x2c\4\x14" + b"x" * 300)),
    "kexinit empty": _then(_BANNER, b"\0\0\0\x0c\x0a\x14" + b"\0" * 10),
    "kexinit noise": _then(_BANNER, b"\0\0\0\x2c\4\x14" + sockets.noise(42, 3)),
    "packet of 4 GB": _then(_BANNER, b"\xff\xff\xff\xff" + b"x" * 100),
}
# RFC 4253, 4252, 4254: what a server sends until a shell talks, by the message's number; 99 comes for pty and shell.
MESSAGES = (20, 31, 21, 6, 51, 60, 52, 91, 99, 94)
WAYS: dict[str, t.Callable[[bytes], bytes | None]] = {
    "silence": lambda message: None,
    "cut": lambda message: None,
    "reset": lambda message: None,
    "garbage": lambda message: message[:1] + sockets.noise(40, message[0]),
    "short": lambda message: message[: 1 + len(message) // 3],
    "only its number": lambda message: message[:1],
    "of no kind": lambda message: b"\xc0" + message[1:],
    "disconnect": lambda message: b"\x01\0\0\0\x02\0\0\0\x04gone\0\0\0\0",
}
COMMAND_LINE: dict[str, tuple[int, bytes]] = {
    "shell silent": (0, b""),
    "shell ends": (0, b"cut"),
    "shell asks for a password": (0, b"Changing password for admin.\r\n(current) UNIX password: "),
    "shell prints one endless line": (0, b"x" * 200_000),
    "first command silent": (1, b"set cli"),
    "first command lost": (1, b"cut"),
    "output stops": (2, b"\r\nLength of CTL file: 5"),
    "output lost": (2, b"cut"),
    "output is noise": (2, sockets.noise(5000, 4)),
    "output is one endless line": (2, b"\r\n" + b"y" * 200_000),
    "output has no end": (2, b"\r\n" + b"line\r\n" * 2_000_000),
}
STEPS = [*BEFORE, *(f"{number} {way}" for number in MESSAGES for way in WAYS), *COMMAND_LINE]


class _Login(paramiko.ServerInterface):
    """Lets whoever comes in, as a platform does: by keyboard-interactive."""

    def get_allowed_auths(self, username: str) -> str:
        return "keyboard-interactive"

    def check_auth_none(self, username: str) -> int:
        return paramiko.AUTH_FAILED

    def check_auth_interactive(self, username: str, submethods: str) -> paramiko.InteractiveQuery:
        return paramiko.InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, channel: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_pty_request(self, *request: t.Any) -> bool:
        return True

    def check_channel_shell_request(self, channel: t.Any) -> bool:
        return True


class _Transport(paramiko.Transport):
    """A server's end that sends one message otherwise."""

    peer: Peer
    step = ""
    mute = False

    def _send_message(self, message: t.Any) -> None:
        data = message.asbytes()
        number, _blank, way = self.step.partition(" ")
        if not self.mute and way in WAYS and data[0] == int(number):
            instead = WAYS[way](data)
            self.mute = True
            if way == "cut":
                self.peer.cut()
            elif way == "reset":
                self.peer.reset()
            elif instead is not None:
                super()._send_message(paramiko.Message(instead))
        elif not self.mute:
            super()._send_message(message)


def _play_command_line(channel: t.Any, step: str) -> None:
    at, shown = COMMAND_LINE.get(step, (-1, b""))
    entered = 0

    def stop() -> None:
        if shown == b"cut":
            channel.close()
        else:
            channel.sendall(shown)

    channel.sendall(b"\r\n   Welcome to the Platform Command Line Interface\r\n\r\n")
    if at == 0:
        return stop()
    channel.sendall(b"admin:")
    typed = b""
    while data := channel.recv(4096):
        for byte in (data[number : number + 1] for number in range(len(data))):
            if byte != b"\r":
                typed += byte
                channel.sendall(byte)
                continue
            entered += 1
            if entered == at:
                return stop()
            answer = {
                b"set cli pagination off": b"Automatic pagination is turned off",
                b"show cli pagination": b"Automatic Pagination : Off.",
            }.get(typed, b"Executed command unsuccessfully")
            channel.sendall(b"\r\n" + answer + b"\r\nadmin:")
            typed = b""
    return None


def _play(step: str, key: paramiko.PKey) -> Play:
    if step in BEFORE:
        return BEFORE[step]

    def play(peer: Peer) -> None:
        transport = _Transport(peer.end)
        transport.peer, transport.step = peer, step
        transport.add_server_key(key)
        try:
            transport.start_server(server=_Login())
            channel = transport.accept(sockets.LONGEST)
            if channel is not None:
                _play_command_line(channel, step)
            peer.silence()
        finally:
            peer.silence()
            transport.close()

    return play


@contextlib.contextmanager
def serving(address: str, step: str) -> Iterator[tuple[int, str]]:
    """Serve SSH that goes wrong at a step, one of STEPS or none of them; return the port and the host key's fingerprint."""
    key = paramiko.ECDSAKey.generate()
    with sockets.serving(address, _play(step, key)) as port:
        yield port, fingerprint(key.asbytes())
