# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One interactive session: start-up, prompt, commands, end; and what a lost connection does to it."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import zlib
from typing import TYPE_CHECKING, Any

import asyncssh

from cucm_lab.journal import Entry, current_client
from cucm_lab.platform_cli.context import Context, Failed
from cucm_lab.platform_cli.faults import FAULT_PAGE, SessionFaults
from cucm_lab.platform_cli.grammar import Grammar, Incomplete, Unknown
from cucm_lab.platform_cli.not_simulated import not_simulated
from cucm_lab.platform_cli.settings import CliSettings
from cucm_lab.platform_cli.terminal import Disconnected, Idle, Interrupted, OutputEnded, Terminal, Wire
from cucm_lab.texts import Texts

if TYPE_CHECKING:
    from cucm_lab.domain.accounts import Account
    from cucm_lab.domain.node import LabNode
    from cucm_lab.platform_cli.server import NodeCli

_log = logging.getLogger(__name__)

_FILLER = "0123456789abcdef" * 4 + "\n"
_FILLER_LINES = 500
_MOST_HELD = 32 * 1024


def reset(connection: asyncssh.SSHServerConnection) -> None:
    """Reset the TCP connection: no SSH farewell, no FIN."""
    raw = connection.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.abort()


class CliSession(asyncssh.SSHServerSession[bytes]):
    """A session of ``account`` on a node. Also the handle a fault uses to cut the client's connection."""

    def __init__(self, cli: NodeCli, account: Account, connection: asyncssh.SSHServerConnection) -> None:
        self.cli = cli
        self.node: LabNode = cli.node
        self.account = account
        self.pagination = self.settings.pagination
        self.commands_entered = 0
        self.work: set[asyncio.Future[Any]] = set()
        self.ended = False
        self.aborted = False
        self._connection = connection
        self._grammar: Grammar = cli.grammar
        self._faults = SessionFaults(self.node)
        self._channel: asyncssh.SSHServerChannel[bytes] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._held = bytearray()
        self._has_terminal = False
        self._wants_shell = False
        self._size = (80, 24)
        self._task: asyncio.Task[None] | None = None
        self._foreground: asyncio.Task[None] | None = None
        self._confirmed = False
        self._line = ""
        self._history: list[str] = []
        self._first_prompt = True
        self.terminal: Terminal

    @property
    def settings(self) -> CliSettings:
        return CliSettings.of(self.node.cli)

    @property
    def texts(self) -> Texts:
        """What this node's cluster says."""
        return self.node.cluster.texts

    # What the SSH layer calls

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    def pty_requested(self, term_type: str | None, term_size: Any, term_modes: Any) -> bool:
        self._has_terminal = True
        self._size = (term_size[0], term_size[1])
        return True

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        self.terminal.columns = width or 80
        self.terminal.rows = height or 24

    def shell_requested(self) -> bool:
        self._wants_shell = True
        return True

    def exec_requested(self, command: str) -> bool:
        return True

    def subsystem_requested(self, subsystem: str) -> bool:
        return False

    def session_started(self) -> None:
        clock = self.node.cluster.clock

        async def timeout(waiting: Any, device_seconds: float) -> object:
            return await asyncio.wait_for(waiting, clock.real(device_seconds))

        self.terminal = Terminal(
            Wire(self._write, self._writable.wait),
            sleep=clock.sleep,
            timeout=timeout,
            columns=self._size[0],
            rows=self._size[1],
            losses=self._faults.input_loss,
            faults=lambda: self._faults.output(self._line),
            pager_texts=lambda: (
                self.texts["pager.output"],
                self.texts["pager.wipe"],
            ),
            seed=zlib.crc32(self.node.name.encode()),
        )
        self._task = asyncio.get_running_loop().create_task(self._run())

    def data_received(self, data: bytes, datatype: Any) -> None:
        if self._has_terminal:
            self.terminal.feed(data)

    def eof_received(self) -> bool:
        self.terminal.end_input()
        # The client has no more to type but still reads: keep our half open until the session ends.
        return True

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost()

    def _write(self, data: bytes) -> None:
        """Send what is printed without a pause in between as one packet, as sshd does with what it reads from a pty."""
        if not self._held:
            asyncio.get_running_loop().call_soon(self._flush)
        self._held += data
        if len(self._held) > _MOST_HELD:
            self._flush()

    def _flush(self) -> None:
        data, self._held = bytes(self._held), bytearray()
        if data and self._channel is not None and not self._channel.is_closing():
            self._channel.write(data)

    # Losing the client

    def cut(self) -> None:
        """Reset the client's TCP connection, as a power cut on the way would."""
        self._flush()
        reset(self._connection)
        self._lost()

    def confirmed(self) -> None:
        """From here on the device has been told to do it: a lost connection does not take that back."""
        self._confirmed = True

    def _lost(self) -> None:
        if not hasattr(self, "terminal") or self.terminal.closed:
            return
        self._writable.set()
        self.terminal.hang_up()
        if self._foreground is None:
            return
        if self._confirmed and self.settings.on_disconnect == "continue":
            self.terminal.mute()
            return
        if self._confirmed:
            self.aborted = True
            for work in list(self.work):
                work.cancel()
        self._foreground.cancel()

    def close(self) -> None:
        """The SSH server stops, which is a lost connection; a node that is down does not work on either."""
        self._connection.abort()
        self._lost()
        if self.node.up:
            return
        for task in (self._task, self._foreground, *self.work):
            if task is not None:
                task.cancel()

    # The session itself

    async def record(
        self, kind: str, operation: str, detail: dict[str, Any] | None = None, *, changing: bool = False
    ) -> Entry:
        """Write to the journal for this session."""
        return await self.node.cluster.journal.record(
            self.node, self.account, kind, operation, changing=changing, detail=detail, client=self
        )

    async def _run(self) -> None:
        current_client.set(self)
        status = 0
        try:
            if not (self._has_terminal and self._wants_shell):
                await self.terminal.write(self.texts["session.starting"])
                status = 1
            elif not self.cli.admit(self):
                entry = await self.record("login", "ssh", {"result": "closed"})
                await self.terminal.write(self.texts.say("session.limit", account=self.account.username))
                await self.node.cluster.journal.done(entry, client=self)
                status = 1
            else:
                await self._start_up()
                await self._serve()
        except Disconnected:
            pass
        except Idle:
            await self._farewell("session.idle")
        except Exception:
            _log.exception("a CLI session on %s failed", self.node.name)
            status = 1
        finally:
            self.ended = True
            self.cli.leave(self)
            if self._channel is not None and not self._channel.is_closing():
                self._flush()
                # As sshd, leave it to the client to close the connection after its last channel.
                self._channel.exit(status)

    async def _farewell(self, key: str) -> None:
        try:
            await self.terminal.write(self.texts[key])
        except Disconnected:
            pass

    async def _start_up(self) -> None:
        cluster = self.node.cluster
        # The shares are those of a timestamped capture ([V] COPINST: 20.8, 26.2, 27.8 and 28.8 s).
        total = cluster.timings["cli_startup_s"]
        await self.terminal.write(self.settings.banner or self.texts["session.banner"])
        await self.terminal.write(self.texts["session.starting"])
        await cluster.clock.sleep(total * 0.68)
        await self.terminal.write(self.texts["session.welcome"])
        await cluster.clock.sleep(total * 0.20)
        hardware = self.texts["session.hardware"]
        if self.settings.dns_warning:
            hardware = hardware.rstrip("\n") + "\n" + self.texts["session.dns_warning"] + "\n"
        await self.terminal.write(hardware)
        await cluster.clock.sleep(total * 0.12)
        if self.settings.needs_nudge:
            while await self.terminal.read_key() not in b"\r\n":
                pass

    async def _serve(self) -> None:
        while True:
            self._line = ""
            self.terminal.idle_s = self.node.cluster.timings["cli_idle_s"]
            prompt = self.texts["session.prompt"]
            await self.terminal.write(prompt)
            if self._first_prompt and self.settings.double_prompt:
                await self.terminal.send_raw(b"\r\n\r" + prompt.encode())
            self._first_prompt = False
            try:
                line = await self.terminal.read_line(
                    prompt=prompt, live=self._live_key, history=self._history
                )
            except Interrupted:
                continue
            if not line.strip():
                continue
            self._history.append(line)
            self.commands_entered += 1
            await self._execute(line.strip())
            if self.ended:
                return

    async def _execute(self, line: str) -> None:
        self._line = line
        self._confirmed = False
        try:
            command, argument = self._grammar.parse(line, self.account.privilege)
        except (Unknown, Incomplete) as error:
            key = "error.incomplete" if isinstance(error, Incomplete) else "error.unknown"
            entry = await self.record("command", line, {"understood": False})
            if name := not_simulated(line):
                await self.terminal.write(self.texts.say("error.not_simulated", what=name))
                key = "error.failed"
            await self.terminal.write(self.texts[key])
            await self.node.cluster.journal.done(entry, client=self)
            return
        context = Context(self, command, line, argument)
        # A command that changes without asking counts as told from the moment Enter is pressed.
        self._confirmed = command.changing and not command.asks
        self._foreground = asyncio.get_running_loop().create_task(self._command(context))
        self.terminal.on_interrupt = self._interrupt
        try:
            await asyncio.wait({self._foreground})
        finally:
            foreground, self._foreground = self._foreground, None
            self.terminal.on_interrupt = None
            self.terminal.end_command()
        if foreground.cancelled():
            if self.terminal.closed:
                raise Disconnected
            await self.terminal.write("\n" + self.texts["session.interrupted"])
            return
        failure = foreground.exception()
        if isinstance(failure, Interrupted):
            await self.terminal.write(self.texts["session.interrupted"])
        elif isinstance(failure, OutputEnded):
            pass
        elif failure is not None:
            raise failure
        if self.terminal.closed:
            raise Disconnected

    def _interrupt(self) -> None:
        if self._foreground is not None:
            self._foreground.cancel()

    def _page(self, context: Context) -> int | None:
        command = context.command
        if self._faults.pages():
            return FAULT_PAGE
        asked = command.argument == "[page]" and context.argument == "page"
        everything = self.settings.pages == "everything" and command.paged
        if self.pagination and (asked or everything):
            return max(2, self.terminal.rows - 1)
        return None

    async def _command(self, context: Context) -> None:
        journal = self.node.cluster.journal
        entry = await self.record("command", context.line, changing=context.command.changing)
        self._still_wanted()
        self.terminal.begin_command(
            page=self._page(context), false_prompt=self._faults.false_prompt(context.line)
        )
        await self._fill(self._faults.extra_bytes(context.line))
        question = self._faults.question(context.line)
        try:
            if question is not None:
                context.usual_question = not question.get("instead", False)
                if not await context.confirm(str(question.get("text", "Continue (y/n)?"))):
                    await context.say("ctl.declined")
                    return
            await context.command.run(context)
        except Failed:
            await self.terminal.write(self.texts["error.failed"])
        finally:
            await journal.done(entry, client=self)
        if not self.terminal.at_line_start:
            await self.terminal.write("\n")

    def _still_wanted(self) -> None:
        if self.terminal.closed and not self._confirmed:
            raise Disconnected

    async def _fill(self, count: int) -> None:
        """Print ``count`` bytes, of which each line end takes two."""
        lines, rest = divmod(count, len(_FILLER) + 1)
        while lines > 0:
            await self.terminal.write(_FILLER * min(lines, _FILLER_LINES))
            lines -= _FILLER_LINES
        await self.terminal.write("." * (rest - 2) + "\n" if rest > 1 else "")

    async def read_answer(self, question: str) -> str:
        """Read the answer to a question that has been printed, in lower case and without blanks."""
        shown = question.rsplit("\n", 1)[-1]
        return (await self.terminal.read_line(prompt=shown, as_question=True)).strip().lower()

    async def _live_key(self, key: str, line: str) -> str:
        prompt = self.texts["session.prompt"]
        if key == "\t":
            completed, choices = self._grammar.completion(line, self.account.privilege)
            if choices:
                await self.terminal.write("\n" + "\n".join(choices) + "\n" + prompt + line)
                return line
            await self.terminal.write(completed[len(line) :])
            return completed
        await self.terminal.write("?" + self.texts["help.syntax"])
        for command in self._grammar.following(line, self.account.privilege):
            await self.terminal.write(self.texts.say("help.line", syntax=command.syntax))
        await self.terminal.write(prompt + line)
        return line
