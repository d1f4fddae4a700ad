# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line discipline of the platform CLI: echo, editing, live keys, paging, lost characters.

The SSH layer below hands over raw bytes and the commands above want lines and answers. Nothing here knows a
command or a cluster.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

ENTER = b"\r\n"
INTERRUPT = 0x03
BACKSPACES = (0x08, 0x7F)
KILL_LINE = 0x15
ESCAPE = 0x1B
TAB = 0x09
QUESTION_MARK = 0x3F

Reading = Literal["nothing", "line", "question", "key"]
LiveKey = Callable[[str, str], Awaitable[str]]


class Disconnected(Exception):
    """The client is gone."""


class Interrupted(Exception):
    """The client pressed Ctrl-C."""


class Idle(Exception):
    """The client sent nothing for the session's idle time."""


class OutputEnded(Exception):
    """The reader of a paged output pressed q."""


@dataclass
class Wire:
    """What the terminal needs of the connection below it."""

    write: Callable[[bytes], None]
    drained: Callable[[], Awaitable[object]]


@dataclass
class InputLoss:
    """How fast input gets lost ([P] DEVNET: the CLI drops characters that are sent all at once).

    ``where``: ``questions`` loses what follows the first character when a whole answer and its Enter arrive
    in one packet; ``everywhere`` loses any character that comes within ``within_ms`` (real milliseconds, the
    client's own time) of the one before; ``never`` loses none.
    """

    where: Literal["never", "questions", "everywhere"] = "questions"
    probability: float = 1.0
    within_ms: float = 5.0


@dataclass
class OutputFaults:
    """What an injected fault does to the bytes on their way out, asked anew for every piece of output."""

    seconds_per_byte: float = 0.0
    silent: bool = False


@dataclass
class Paging:
    """The pager's state while one command prints."""

    page: int
    lines_left: int = field(init=False)
    column: int = 0

    def __post_init__(self) -> None:
        self.lines_left = self.page


class LineEditor:
    """The line that is being typed, and what of it the client sees; ``text`` is without the prompt.

    write: prints what changes. prompt_width: characters left of the line. history: earlier lines, the latest last.
    """

    def __init__(
        self, write: Callable[[str], Awaitable[None]], *, prompt_width: int, history: Sequence[str]
    ) -> None:
        self.text = ""
        self._write = write
        self._prompt_width = prompt_width
        self._history = tuple(history)
        self._position = len(self._history)
        self._undecoded = bytearray()

    async def erase_character(self) -> None:
        if self.text:
            self.text = self.text[:-1]
            await self._write("\b \b")

    async def replace(self, text: str) -> None:
        await self._write("\b \b" * len(self.text) + text)
        self.text = text

    async def recall(self, step: int) -> None:
        """Show an earlier line (-1), or a later one (1); after the last of them, an empty one."""
        if step and 0 <= self._position + step <= len(self._history):
            self._position += step
            earlier = self._history[self._position : self._position + 1]
            await self.replace(earlier[0] if earlier else "")

    async def type(self, byte: int, columns: int) -> None:
        """Take one byte of UTF-8; its character is shown when it is whole. ``columns``: of the terminal."""
        self._undecoded.append(byte)
        try:
            character = self._undecoded.decode()
        except UnicodeDecodeError:
            if len(self._undecoded) < 4:
                return
            character = self._undecoded.decode(errors="replace")
        self._undecoded.clear()
        self.text += character
        await self._write(character)
        if (self._prompt_width + len(self.text)) % columns == 0:
            # A terminal keeps the cursor in the last column until something is printed;
            # readline prints a blank and returns, and so does the device's editor [R].
            await self._write(" \r")


class Terminal:
    """One session's terminal.

    ``sleep`` sleeps device seconds. ``idle_s`` gives the idle time in device seconds at each reading.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        sleep: Callable[[float], Awaitable[None]],
        timeout: Callable[[Awaitable[object], float], Awaitable[object]],
        columns: int,
        rows: int,
        losses: Callable[[], InputLoss],
        faults: Callable[[], OutputFaults],
        pager_texts: Callable[[], tuple[str, str]],
        seed: int,
    ) -> None:
        self.columns = columns or 80
        self.rows = rows or 24
        self._wire = wire
        self._sleep = sleep
        self._timeout = timeout
        self._losses = losses
        self._faults = faults
        self._pager_texts = pager_texts
        self._random = random.Random(seed)
        self._input: deque[int] = deque()
        self._arrived = asyncio.Event()
        self._closed = False
        self._muted = False
        self._input_ended = False
        self._last_input = float("-inf")
        self._reading: Reading = "nothing"
        self._paging: Paging | None = None
        self._lines_written = 0
        self._at_line_start = True
        self._false_prompt: tuple[str, float] | None = None
        self.idle_s = 0.0
        self.on_interrupt: Callable[[], None] | None = None

    # Input

    def feed(self, data: bytes) -> None:
        """Take one packet from the client; called by the SSH layer."""
        for byte in self._without_lost_input(data):
            if byte == INTERRUPT and self._reading == "nothing":
                self._input.clear()
                if self.on_interrupt is not None:
                    self.on_interrupt()
            else:
                self._input.append(byte)
        self._arrived.set()

    def end_input(self) -> None:
        """The client will type nothing more; what it has typed is still read."""
        self._input_ended = True
        self._arrived.set()

    def hang_up(self) -> None:
        """The client is gone: whoever reads or writes learns it."""
        self._closed = True
        self._arrived.set()

    @property
    def closed(self) -> bool:
        """The client is gone."""
        return self._closed

    @property
    def at_line_start(self) -> bool:
        """The last thing printed ended its line."""
        return self._at_line_start

    def mute(self) -> None:
        """Let the current command print into the void from now on."""
        self._muted = True

    def _without_lost_input(self, data: bytes) -> bytes:
        losses = self._losses()
        now = time.monotonic()
        soon = (now - self._last_input) * 1000 < losses.within_ms
        self._last_input = now
        if losses.where == "never" or not data:
            return data
        if losses.where == "questions":
            answer_and_enter = self._reading == "question" and len(data) > 1 and data[-1] in ENTER
            if not answer_and_enter:
                return data
            soon = False
        kept = bytearray()
        for position, byte in enumerate(data):
            too_fast = position > 0 or soon
            if too_fast and self._random.random() < losses.probability:
                continue
            kept.append(byte)
        return bytes(kept)

    async def _byte(self) -> int:
        while not self._input:
            if self._closed or self._input_ended:
                raise Disconnected
            self._arrived.clear()
            if self.idle_s:
                try:
                    await self._timeout(self._arrived.wait(), self.idle_s)
                except TimeoutError:
                    raise Idle from None
            else:
                await self._arrived.wait()
        return self._input.popleft()

    async def read_key(self) -> int:
        """Wait for one key; no echo.

        Raises:
            Interrupted: it was Ctrl-C.
        """
        self._reading = "key"
        try:
            byte = await self._byte()
        finally:
            self._reading = "nothing"
        if byte == INTERRUPT:
            raise Interrupted
        return byte

    async def read_line(
        self,
        *,
        prompt: str = "",
        as_question: bool = False,
        live: LiveKey | None = None,
        history: Sequence[str] | None = None,
    ) -> str:
        """Read a line with echo and editing, up to Enter (each of CR and LF is an Enter, as on a tty).

        ``prompt`` is what stands left of the cursor: only its width matters, for the wrap. ``live`` handles
        ``?`` and TAB and returns the text that shall be on the line now.

        Raises:
            Interrupted, Disconnected, Idle
        """
        self._reading = "question" if as_question else "line"
        line = LineEditor(self.write, prompt_width=len(prompt), history=history or ())
        try:
            while True:
                byte = await self._byte()
                if byte in ENTER:
                    await self.write("\n")
                    return line.text
                if byte == INTERRUPT:
                    await self.write("\n")
                    raise Interrupted
                if byte in BACKSPACES:
                    await line.erase_character()
                elif byte == KILL_LINE:
                    await line.replace("")
                elif byte == ESCAPE:
                    await line.recall(await self._escape())
                elif byte in (TAB, QUESTION_MARK) and live is not None:
                    line.text = await live("?" if byte == QUESTION_MARK else "\t", line.text)
                elif byte >= 0x20:
                    await line.type(byte, self.columns)
        finally:
            self._reading = "nothing"

    async def _escape(self) -> int:
        introducer = await self._byte()
        if introducer not in b"[O":
            return 0
        while True:
            byte = await self._byte()
            if 0x40 <= byte <= 0x7E:
                return {0x41: -1, 0x42: 1}.get(byte, 0)

    def forget_input(self) -> None:
        """Throw away what was typed ahead."""
        self._input.clear()

    # Output

    def begin_command(self, *, page: int | None, false_prompt: tuple[str, float] | None = None) -> None:
        """From here on output belongs to a command.

        ``page`` is how many lines the pager shows at once (None: no pager). ``false_prompt`` is a line to
        print once, after the first line of the output, and the device seconds to be quiet after it.
        """
        self._paging = Paging(page) if page else None
        self._lines_written = 0
        self._false_prompt = false_prompt

    def end_command(self) -> None:
        """The command has printed all it had."""
        self._paging = None
        self._false_prompt = None

    async def write(self, text: str) -> None:
        """Print ``text``; line ends become CR LF.

        Raises:
            Disconnected: the client is gone.
            OutputEnded: the reader left the pager.
        """
        if self._false_prompt is None and self._paging is None:
            await self._send(text)
            return
        for line in text.splitlines(keepends=True):
            await self._interpose()
            if self._paging is not None:
                await self._turn_page()
            await self._send(line)
            if line.endswith("\n"):
                self._lines_written += bool(line.strip())
                if self._paging is not None:
                    shown = self._paging.column + len(line.rstrip("\n"))
                    self._paging.lines_left -= max(1, -(-shown // self.columns))
                    self._paging.column = 0
            elif self._paging is not None:
                self._paging.column += len(line)

    async def _interpose(self) -> None:
        if self._false_prompt is None or not self._lines_written or not self._at_line_start:
            return
        text, pause = self._false_prompt
        self._false_prompt = None
        await self._send(text)
        await self._sleep(pause)
        await self._send("\n")

    async def _turn_page(self) -> None:
        paging = self._paging
        assert paging is not None
        if paging.lines_left > 0:
            return
        question, wipe = self._pager_texts()
        await self._send(question)
        while True:
            key = await self.read_key()
            if key in ENTER:
                paging.lines_left = 1
            elif key == 0x20:
                paging.lines_left = paging.page
            elif key in b"qQ":
                await self._send(wipe)
                raise OutputEnded
            else:
                continue
            await self._send(wipe)
            return

    async def _send(self, text: str) -> None:
        if not text:
            return
        self._at_line_start = text.endswith("\n")
        await self.send_raw(text.replace("\r\n", "\n").replace("\n", "\r\n").encode())

    async def send_raw(self, data: bytes) -> None:
        """Send bytes as they are, as slowly as an injected drip wants.

        Raises:
            Disconnected: the client is gone.
        """
        if self._muted:
            return
        if self._closed:
            raise Disconnected
        faults = self._faults()
        if faults.silent:
            return
        if not faults.seconds_per_byte:
            self._wire.write(data)
            await self._wire.drained()
        else:
            for byte in data:
                self._wire.write(bytes((byte,)))
                await self._sleep(self._faults().seconds_per_byte)
                if self._closed:
                    break
        if self._closed and not self._muted:
            raise Disconnected
