# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that tasks are delegated to."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import typing as t
from pathlib import Path

import asyncssh


class JumpHost:
    """A real SSH server on loopback that runs what it is told, in a home of its own.

    ``ran`` are the commands; what they start has C(JUMP_HOST) in its environment.
    """

    def __init__(self, directory: Path, address: str = "127.20.9.9") -> None:
        self.home = directory / "home"
        self.home.mkdir(parents=True)
        self.directory = directory
        self.address = address
        self.ran: list[str] = []
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="jump", daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        host_key, user_key = (asyncssh.generate_private_key("ssh-ed25519") for _each in range(2))
        user_key.write_private_key(self.directory / "key")
        (self.directory / "key").chmod(0o600)
        (self.directory / "authorized").write_bytes(user_key.export_public_key())
        server = await asyncssh.listen(
            self.address,
            0,
            server_host_keys=[host_key],
            authorized_client_keys=str(self.directory / "authorized"),
            process_factory=self._run,
            sftp_factory=True,
            encoding=None,
        )
        self.port = server.sockets[0].getsockname()[1]
        public = host_key.export_public_key().decode().strip()
        (self.directory / "known_hosts").write_text(f"[{self.address}]:{self.port} {public}\n", "utf-8")
        self._ready.set()
        await self._stop.wait()
        server.close()
        await server.wait_closed()

    async def _run(self, process: t.Any) -> None:
        self.ran.append(process.command or "")
        environment = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "JUMP_HOST": "yes",
        }
        local = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-c",
            process.command or "true",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=self.home,
        )
        pump = asyncio.create_task(self._pump(process.stdin, local.stdin))
        output, errors = await asyncio.gather(local.stdout.read(), local.stderr.read())
        process.stdout.write(output)
        process.stderr.write(errors)
        process.exit(await local.wait())
        pump.cancel()

    @staticmethod
    async def _pump(source: t.Any, sink: t.Any) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        sink.close()

    def stop(self) -> None:
        """Stop listening."""
        if self._loop and self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def host(self) -> dict[str, t.Any]:
        """Return the variables of the inventory host."""
        return {
            "ansible_connection": "ssh",
            "ansible_host": self.address,
            "ansible_port": self.port,
            "ansible_user": "operator",
            "ansible_ssh_private_key_file": str(self.directory / "key"),
            "ansible_ssh_args": "-F /dev/null -o ControlMaster=no -o IdentitiesOnly=yes "
            f"-o StrictHostKeyChecking=yes -o UserKnownHostsFile={self.directory / 'known_hosts'}",
            "ansible_python_interpreter": sys.executable,
        }
