# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many runs of ansible-playbook for the price of one start: L(fork_server.py) has imported Ansible, and forks each."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import typing as t
from pathlib import Path

from ._runs import HERE


class ForkServer:
    """A process that forks runs. C(spawn) takes the place of C(_runs.spawn).

    Attributes:
        environment: What all its runs have in common, because Ansible reads it when it is imported.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        """Start it. ``environment`` is that of a run."""
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.environment = {
            name: value
            for name, value in environment.items()
            if name.startswith("ANSIBLE_") or name in ("HOME", "TMPDIR")
        }
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, str(HERE / "fork_server.py"), str(theirs.fileno())],
                env=environment,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )

    def spawn(
        self,
        command: list[str],
        environment: dict[str, str],
        directory: Path,
        output: int,
        terminal: int | None,
    ) -> Forked:
        """Fork a run and do not wait for it."""
        run = {"arguments": command, "environment": environment, "directory": str(directory)}
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, open(os.devnull, "rb") as nothing:
            streams = [nothing.fileno(), output] if terminal is None else [terminal, terminal]
            socket.send_fds(self._requests, [json.dumps(run).encode()], [theirs.fileno(), *streams])
        return Forked(ours, command)

    def stop(self) -> None:
        """End it when its runs have ended."""
        self._requests.close()
        self._process.wait(60)


class Forked:
    """A run under way, as C(subprocess.Popen) has it."""

    def __init__(self, answers: socket.socket, command: list[str]) -> None:
        self._answers, self._command = answers, command
        self.returncode: int | None = None
        self.pid = self._next(60)

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit status. Raises subprocess.TimeoutExpired (seconds)."""
        if self.returncode is None:
            self.returncode = self._next(timeout)
            self._answers.close()
        return self.returncode

    def poll(self) -> int | None:
        """Return its exit status if it has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0.001)
        return None

    def _next(self, timeout: float | None) -> int:
        self._answers.settimeout(timeout)
        try:
            answer = self._answers.recv(64)
        except TimeoutError:
            raise subprocess.TimeoutExpired(self._command, timeout or 0) from None
        if not answer:
            raise RuntimeError("the fork server has ended")
        return int(answer)


def forked(environment: dict[str, str]) -> t.Iterator[ForkServer]:
    """Have a fork server, for a fixture."""
    server = ForkServer(environment)
    yield server
    server.stop()
