# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many runs of ansible-playbook for the price of one start: L(fork_server.py) has imported Ansible, and forks each."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

from .names import HERE, ROOT
from .runs import Process


class Spawn(t.Protocol):
    """Starts a command in a session of its own: with nothing to read, or at a terminal."""

    def __call__(
        self,
        command: list[str],
        environment: dict[str, str],
        directory: Path,
        output: int,
        terminal: int | None,
    ) -> Process: ...


def spawn(
    command: list[str], environment: dict[str, str], directory: Path, output: int, terminal: int | None
) -> Process:
    """Start it from its file, as a shell does."""
    return subprocess.Popen(
        command,
        env=environment,
        cwd=directory,
        stdin=subprocess.DEVNULL if terminal is None else terminal,
        stdout=output if terminal is None else terminal,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


@functools.cache
def common() -> dict[str, str]:
    """Return what Ansible reads when it is imported, the same for all runs of this process but those that ask for something else."""
    home = Path(tempfile.mkdtemp(prefix="ansible-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return {
        "ANSIBLE_HOME": str(home),
        "ANSIBLE_LOCAL_TEMP": str(home / "local"),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
        "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "results_as_lines",
        "ANSIBLE_NOCOLOR": "1",
    }


def fork(
    command: list[str], environment: dict[str, str], directory: Path, output: int, terminal: int | None
) -> Process:
    """Fork a run; start it where its environment has settings of its own, since one that is forked could not follow them."""
    if {name: value for name, value in environment.items() if name.startswith("ANSIBLE_")} != common():
        return spawn(command, environment, directory, output, terminal)
    return _server().spawn(command, environment, directory, output, terminal)


class ForkServer:
    """A process that forks runs. It ends when this one does."""

    def __init__(self) -> None:
        """Start it."""
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            subprocess.Popen(
                [sys.executable, str(HERE / "fork_server.py"), str(theirs.fileno())],
                env={
                    **common(),
                    "PATH": os.environ["PATH"],
                    "HOME": common()["ANSIBLE_HOME"],
                    "LANG": "C.UTF-8",
                },
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


_server = functools.cache(ForkServer)


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
