# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node's TFTP service hands out by HTTP, as phones fetch it on port 6970 ([V] phone-facts 4.1)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from ..domain.services import TFTP, Service
from ..journal import current_client
from . import wire
from .soap import Answer

if TYPE_CHECKING:
    from ..domain.node import LabNode


class NodeTftp:
    """The HTTP server of one node's TFTP service. It listens while the node is up, the service runs, and it has a port."""

    def __init__(self, node: LabNode) -> None:
        self.node = node
        self._runner: web.AppRunner | None = None
        self._lock = asyncio.Lock()
        self._stopping = False
        node.status_listeners.append(self._status_changed)

    def _status_changed(self, service: Service) -> None:
        if service.name == TFTP:
            self.node.cluster.spawn(self.reconcile())

    async def stop(self) -> None:
        """Stop listening for good."""
        self._stopping = True
        await self.reconcile()

    async def reconcile(self) -> None:
        """Listen or not, as the state of the node wants it. Raises OSError when the port is taken."""
        async with self._lock:
            node = self.node
            wanted = node.tftp_port is not None and node.up and node.services[TFTP].status == "Started"
            if wanted and not self._stopping:
                await self._listen()
            elif self._runner is not None:
                runner, self._runner = self._runner, None
                for connection in list(runner.server.connections) if runner.server else ():
                    wire.reset_connection(connection.transport)
                await runner.cleanup()

    async def _listen(self) -> None:
        if self._runner is not None:
            return
        app = web.Application()
        app.router.add_get("/{name:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.node.address, self.node.tftp_port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        node, client = self.node, wire.HttpClient(request.transport)
        current_client.set(client)
        if not node.services[TFTP].listens_on(node.tftp_port or 0):
            client.cut()
            return web.Response()
        name = request.match_info["name"]
        operation = f"tftp {request.method} {name}"
        entry = await node.cluster.journal.record(node, None, "http", operation)
        answer = wire.injected(node, operation, None) or self._file(name)
        entry.detail["status"] = answer.status
        await node.cluster.journal.done(entry)
        if client.was_cut:
            return web.Response()
        return await wire.send(node, request, answer, operation)

    def _file(self, name: str) -> Answer:
        """A file, or that there is none; how the service says that is invented."""
        content = self.node.cluster.phones.tftp_file(self.node.name, name)
        if content is None:
            return Answer(404, self.node.cluster.texts.say("tftp.no_file", name=name), "text/plain")
        return Answer(200, content, "application/octet-stream")
