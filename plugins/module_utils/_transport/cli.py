# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The platform CLI (C(admin:)) of one node. PRIVATE to the collection.

Handles the dialogue, not the meaning of commands. Device facts are from public captures of the platform CLI:
there is no exec channel, input is echoed, the prompt is the constant C(admin:) and may be printed twice,
there are two pagers, and fast input can be dropped.
"""

from __future__ import annotations

import contextlib
import re
import threading
import typing as t
from dataclasses import dataclass, field

from .._base.clock import Clock, Deadline
from .._base.credentials import Attempt
from .._base.errors import (
    CucmError,
    DeadlineExceeded,
    InputError,
    ProductFault,
    ProtocolError,
    Refusal,
    TransportError,
)
from .ssh import SshTarget, connect, described, translated
from .terminal import PAGER_FILE, PAGER_OUTPUT, Terminal, TooMuch
from .watchdog import cut_after

PROMPT = "admin:"
# Wide, so that no command line wraps; tall, so that output pages as little as possible until pagination is off.
_COLUMNS, _ROWS = 500, 1000
_LONGEST_COMMAND = _COLUMNS - len(PROMPT) - 2
_SENTINEL = "show cli pagination"
_SENTINEL_REPLY = re.compile(r"Automatic Pagination : (On|Off)\.?")
_PAGINATION_OFF = "set cli pagination off"
_WELCOME = "Welcome to the Platform Command Line Interface"
_ASKS = re.compile(r".*(?:\([yY](?:es)?[/|][nN]o?\)\s*[?:]?|\?)\s*")
# Bytes. A device's question, with the echo of its command before it, is a few lines.
_WANTS_PASSWORD = re.compile(r"password\s*:\s*$", re.IGNORECASE)
# Seconds by which the library's own timer ends after ours.
_LATER = 30
_LONGEST_QUESTION = 16 * 1024
# cli-facts 1.6: the CLI's error messages. Each counts only as a whole line, so data that contains one does not match;
# the first two come at once, the third after the description of the failure.
_INCOMPLETE = re.compile(r"(?:error\s*:\s*)?Incomplete command entered\s*[.!]?", re.IGNORECASE)
_UNKNOWN = re.compile(r"(?:error\s*:\s*)?No valid command entered\s*[.!]?", re.IGNORECASE)
_FAILED = re.compile(r"Executed command unsuccessfully\s*\.?")
_LOOKS_LIKE_QUESTION = re.compile(r".*[?:)>\]]\s*")


@dataclass(frozen=True)
class CliLimits:
    """Deadlines in seconds and the cap on one command's output in bytes."""

    connect: float = 30
    startup: float = 180
    command: float = 120
    echo: float = 15
    quiet: float = 0.3
    nudge_after: float = 10
    unknown_question_after: float = 5
    output_bytes: int = 8 * 1024 * 1024


@dataclass(frozen=True)
class Exchange:
    """The result of a changing command.

    ``completed`` is true when the prompt came back. That does not prove a change: only reading the state does.
    """

    completed: bool
    output: str
    failure: CucmError | None = None


@dataclass
class _Wait:
    """When to stop reading: ``done`` holds and nothing has come for ``quiet`` seconds."""

    done: t.Callable[[Terminal], bool]
    quiet: float = 0.0
    what: str = ""
    page: bool = True
    on_idle: t.Callable[[float], None] | None = field(default=None)


class GarbledInput(ProtocolError):
    """The node did not echo the typed text; Enter was not pressed, so nothing ran."""

    default_code = "input_garbled"


def ends_with(output: str, end: re.Pattern[str]) -> bool:
    """Return whether an output ends with the known last line of its command."""
    lines = output.rstrip().splitlines()
    return bool(lines and end.fullmatch(lines[-1].strip()))


def require_answer(command: str, output: str, where: str, account: str, node: str) -> str:
    """Return the output of a command.

    Raises:
        ProductFault: The output is an error message of the CLI (cli-facts 1.6: there is no exit status).
    """
    details = {"node": node, "command": command, "output": output[-2000:]}
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if lines and _INCOMPLETE.fullmatch(lines[0]):
        raise ProductFault(
            f"{where} does not allow {account} to run '{command}'.",
            code="privilege_too_low",
            details=details,
            remedy="The node reports a command above the account's privilege level as incomplete. Use an account with a higher level.",
        )
    if lines and _UNKNOWN.fullmatch(lines[0]):
        raise ProductFault(
            f"{where} does not know the command '{command}'.",
            code="command_unknown",
            details=details,
            remedy="The release may not have it. Run it by hand; if it works there, report this to this project.",
        )
    if lines and (any(map(_FAILED.fullmatch, lines)) or re.search(_FAILED.pattern + "$", lines[-1])):
        raise ProductFault(
            f"{where} could not run '{command}': {' '.join(output.split())[-300:]}",
            code="command_failed",
            details=details,
            remedy="Run the command by hand to see why it fails.",
        )
    return output


class CliSession:
    """One login at one node; many commands."""

    def __init__(self, target: SshTarget, limits: CliLimits, clock: Clock, *, pace: float = 0.0) -> None:
        """Prepare a session; nothing is sent before C(open).

        Args:
            target: The node and account.
            limits: Deadlines and caps.
            clock: Injected time.
            pace: Seconds between typed characters; 0 types a command at once.
        """
        self._target = target
        self._limits = limits
        self._clock = clock
        self._pace = pace
        self._transport: t.Any = None
        self._channel: t.Any = None
        self._terminal = Terminal()
        self._bytes = 0
        self._paged_at = -1
        self._last_data = 0.0

    @property
    def node(self) -> str:
        """The node's name."""
        return self._target.node

    @property
    def usable(self) -> bool:
        """Whether another command may be sent in this session."""
        return self._channel is not None

    def open(self) -> None:
        """Log in and wait for the first prompt. Raises the errors of C(log_in) and C(start)."""
        self.log_in()
        self.start()

    def log_in(self, attempt: Attempt | None = None) -> None:
        """Connect and authenticate with a single use of the password. Raises the errors of C(ssh.connect)."""
        self._transport = connect(self._target, self._limits.connect, self._clock, attempt)

    def start(self) -> None:
        """Start the command line and wait for its first prompt.

        Raises:
            TransportError: The node ended the session or did not open it (C(session_refused)), or sent nothing (C(no_answer)).
            DeadlineExceeded: No prompt came.
        """
        try:
            self._open_channel()
            self._start_up()
            self.run(_PAGINATION_OFF, end=re.compile(r"Automatic pagination is turned off"))
        except TransportError as error:
            self.close()
            if error.code == "connection_lost":
                raise self._refused(error) from error
            raise
        except BaseException:
            self.close()
            raise

    def _open_channel(self) -> None:
        seconds, transport, late = self._clock.limit(self._limits.connect), self._transport, threading.Event()

        def cut() -> None:
            late.set()
            transport.close()

        try:
            with cut_after(seconds, cut), translated(self._where, self.node):
                # Only one timer may end this, or the error depends on chance.
                self._channel = transport.open_session(timeout=seconds + _LATER)
                self._channel.get_pty("vt100", _COLUMNS, _ROWS)
                self._channel.invoke_shell()
        except TransportError as error:
            if not late.is_set():
                raise
            raise TransportError(
                f"{self._where} accepted the login but did not open a session within {seconds:.3g} s.",
                code="no_answer",
                details={"node": self.node},
                remedy="The node may hang: check its console. If it is only slow, increase timeout.",
            ) from error

    def _refused(self, error: CucmError) -> TransportError:
        return TransportError(
            f"{self._where} closed the session before its first prompt: {error.message}",
            code="session_refused",
            details={"node": self.node},
            remedy="The node may have reached its session limit (show session maxlimit).",
        )

    def close(self) -> None:
        """End the session. Never raises."""
        transport, self._transport, self._channel = self._transport, None, None
        if transport is not None:
            # The connection is being dropped, so any error of the library no longer matters.
            with contextlib.suppress(Exception):
                transport.close()

    def run(self, command: str, *, end: re.Pattern[str] | None = None, timeout: float | None = None) -> str:
        """Run a command that asks no question and return its output, lines joined by LF.

        A prompt alone does not end the output: a line of output can look like one. The command's known last line
        (``end``) proves the end, or else a second command whose echo and answer must follow at once.

        Raises:
            InputError: The command holds a key the CLI acts on at once.
            GarbledInput: The echo differs from the typed text; nothing ran.
            ProtocolError: The end could not be proven, or the output is too large.
            TransportError, DeadlineExceeded: See their classes.
        """
        deadline = self._clock.deadline(timeout or self._limits.command)
        with _Spoil(self):
            start = self._enter(command, deadline)
            self._wait(
                _Wait(lambda terminal: self._at_prompt(start), what=f"for the end of '{command}'"), deadline
            )
            proven = end is not None and self._ends_with(start, end)
            output = self._output(start) if proven else self._prove_end(command, start, deadline)
        # A refusal ends the output too, and the session stays usable.
        return require_answer(command, output, self._where, self._target.username, self.node)

    def converse(
        self,
        command: str,
        question: re.Pattern[str],
        before_answer: t.Callable[[str], None],
        *,
        timeout: float,
    ) -> Exchange:
        """Send a command that asks C(question) before it acts, and answer C(y) once.

        The session is closed afterwards: no other command follows input typed into a dialogue.

        Args:
            command: The command.
            question: Matches the whole text of the question with white space folded. Nothing else is answered.
            before_answer: Called with the question once it is recognised and before any byte of the answer is sent.
            timeout: Seconds for the whole dialogue.

        Raises:
            Refusal: Another question was asked; nothing was answered.
            TransportError, DeadlineExceeded, ProtocolError: Before the answer only.
        """
        deadline = self._clock.deadline(timeout)
        try:
            start = self._enter(command, deadline)
            asked = self._question_or_prompt(command, start, question, deadline)
            if asked is None:
                return Exchange(completed=True, output=self._output(start))
            before_answer(asked)
            return self._answer(command, start, deadline)
        finally:
            self.close()

    def order(self, command: str, before_enter: t.Callable[[], None], *, timeout: float) -> Exchange:
        """Send a changing command that asks no question.

        Any question is left unanswered: the exchange then has the Refusal (C(unexpected_question)) as its C(failure).
        The session is closed afterwards.

        Args:
            command: The command.
            before_enter: Called once the command has been echoed in full and before Enter is pressed.
            timeout: Seconds for the whole command.

        Raises:
            TransportError, DeadlineExceeded, ProtocolError: Before Enter only.
        """
        deadline = self._clock.deadline(timeout)
        try:
            start = self._enter(command, deadline, before_enter)
            try:
                self._question_or_prompt(command, start, None, deadline)
            except CucmError as error:
                return Exchange(False, self._output(start), error)
            return Exchange(True, self._output(start))
        finally:
            self.close()

    # -- the dialogue ------------------------------------------------------------------------------------

    def _start_up(self) -> None:
        deadline = self._clock.deadline(self._limits.startup)
        nudged = False

        def on_idle(idle: float) -> None:
            nonlocal nudged
            # A banner may have such words at the end of a packet and continue in the next.
            if idle >= self._limits.unknown_question_after and _WANTS_PASSWORD.search(self._terminal.current):
                raise Refusal(
                    f"{self._where} asked for a password after login: {self._terminal.current!r}. Nothing was answered.",
                    code="password_change_required",
                    details={"node": self.node},
                    remedy="Log in by hand once and change the password.",
                )
            # Some nodes print the first prompt only after Enter. No question can be open before the first command.
            if (
                not nudged
                and not self._terminal.current
                and idle >= self._limits.nudge_after
                and any(_WELCOME in line for line in self._terminal.lines)
            ):
                nudged = True
                self._send(b"\r")

        self._wait(
            _Wait(
                lambda terminal: terminal.current == PROMPT,
                quiet=self._limits.quiet,
                what="for the first prompt",
                on_idle=on_idle,
            ),
            deadline,
        )

    def _enter(
        self, command: str, deadline: Deadline, before_enter: t.Callable[[], None] = lambda: None
    ) -> int:
        """Type a command, wait for its full echo, and press Enter; return the number of the line where its output begins."""
        if len(command) > _LONGEST_COMMAND or not command.isprintable() or "?" in command:
            raise InputError(
                f"The command {command!r} cannot be typed into the platform CLI: it is too long, or has '?' or a control character."
            )
        self._bytes, self._paged_at = 0, -1
        self._terminal.forget()
        self._type(command, lambda shown: shown == PROMPT + command, deadline)
        start = len(self._terminal.lines) + 1
        before_enter()
        self._send(b"\r")
        return start

    def _type(self, text: str, echoed: t.Callable[[str], bool], deadline: Deadline) -> None:
        # Input that follows the last Enter too closely is lost too.
        self._clock.sleep(self._clock.limit(self._pace))
        for piece in text if self._pace else (text,):
            self._send(piece.encode())
            self._clock.sleep(self._clock.limit(self._pace))
        echo = self._clock.deadline(min(self._limits.echo, deadline.remaining()))
        try:
            self._wait(
                _Wait(lambda terminal: echoed(terminal.current), what=f"for the echo of '{text}'"), echo
            )
        except DeadlineExceeded as error:
            raise GarbledInput(
                f"{self._where} did not echo {text!r} but {self._terminal.current!r}. Enter was not pressed.",
                details={"node": self.node, "typed": text, "shown": self._terminal.current},
                remedy="The connection loses input. Run the task again; if it persists, check the network path to the node.",
            ) from error

    def _prove_end(self, command: str, start: int, deadline: Deadline) -> str:
        self._type(_SENTINEL, lambda shown: shown == PROMPT + _SENTINEL, deadline)
        marker = len(self._terminal.lines)
        self._send(b"\r")
        self._wait(
            _Wait(
                lambda terminal: self._at_prompt(marker + 1) and self._has_output(marker + 1),
                what="for the end marker",
            ),
            deadline,
        )
        reply = [line for line in self._terminal.lines[marker + 1 :] if line and line != PROMPT]
        if len(reply) != 1 or not _SENTINEL_REPLY.fullmatch(reply[0]):
            raise ProtocolError(
                f"{self._where}: the end of '{command}' could not be proven; more output came after an apparent prompt.",
                code="output_end_not_proven",
                details={"node": self.node, "command": command},
                remedy="Nothing was concluded from this output. Run the task again.",
            )
        return self._text(self._terminal.lines[start:marker])

    def _question_or_prompt(
        self, command: str, start: int, question: re.Pattern[str] | None, deadline: Deadline
    ) -> str | None:
        def folded() -> str:
            return " ".join(" ".join([*self._terminal.lines[start:], self._terminal.current]).split())

        def on_idle(idle: float) -> None:
            shown = self._terminal.current
            if idle < self._limits.unknown_question_after or len(self._terminal.lines) < start:
                return
            if shown and shown != PROMPT and _LOOKS_LIKE_QUESTION.fullmatch(shown):
                raise Refusal(
                    f"{self._where} asked an unknown question after '{command}': {folded()!r}. "
                    "Nothing was answered and the session was closed.",
                    code="unexpected_question",
                    details={"node": self.node, "command": command, "question": folded()},
                    remedy="Run the command by hand to see what the node asks, and report the text to this project.",
                )

        self._wait(
            _Wait(
                lambda terminal: (
                    self._at_prompt(start)
                    or bool(
                        question
                        and len(terminal.lines) >= start
                        and self._bytes <= _LONGEST_QUESTION
                        and question.fullmatch(folded())
                    )
                ),
                quiet=self._limits.quiet,
                what=f"for the question of '{command}'",
                page=False,
                on_idle=on_idle,
            ),
            deadline,
        )
        return None if self._at_prompt(start) else folded()

    def _answer(self, command: str, start: int, deadline: Deadline) -> Exchange:
        asked = "".join(self._terminal.current.split())
        try:
            # Whether a blank follows the question differs between releases; it carries no meaning here.
            self._type("y", lambda shown: "".join(shown.split()) == asked + "y", deadline)
        except CucmError as error:
            return Exchange(False, self._output(start), error)
        after = len(self._terminal.lines) + 1

        def on_idle(idle: float) -> None:
            shown = self._terminal.current
            if (
                idle >= self._limits.unknown_question_after
                and len(self._terminal.lines) >= after
                and _ASKS.fullmatch(shown)
            ):
                raise Refusal(
                    f"{self._where} asked again after the answer: {shown!r}. It was not answered a second time.",
                    code="asked_twice",
                    details={"node": self.node, "command": command, "question": shown},
                    remedy="Run the command by hand to see what the node asks, and report the text to this project.",
                )

        try:
            self._send(b"\r")
            self._wait(
                _Wait(
                    lambda terminal: self._at_prompt(after),
                    quiet=self._limits.quiet,
                    what=f"for '{command}' to end",
                    page=False,
                    on_idle=on_idle,
                ),
                deadline,
            )
        except CucmError as error:
            return Exchange(False, self._output(start), error)
        return Exchange(True, self._output(start))

    # -- the screen --------------------------------------------------------------------------------------

    def _at_prompt(self, start: int) -> bool:
        return len(self._terminal.lines) >= start and self._terminal.current == PROMPT

    def _has_output(self, start: int) -> bool:
        lines = self._terminal.lines
        return any(lines[at] and lines[at] != PROMPT for at in range(start, len(lines)))

    def _ends_with(self, start: int, end: re.Pattern[str]) -> bool:
        return ends_with(self._output(start), end)

    def _output(self, start: int) -> str:
        return self._text(self._terminal.lines[start:])

    @staticmethod
    def _text(lines: t.Sequence[str]) -> str:
        kept = list(lines)
        while kept and kept[-1] in ("", PROMPT):
            kept.pop()
        return "\n".join(kept)

    # -- bytes -------------------------------------------------------------------------------------------

    @property
    def _where(self) -> str:
        return f"{self._target.node} ({self._target.host} port {self._target.port})"

    def _send(self, data: bytes) -> None:
        if self._channel is None:
            raise TransportError(f"The CLI session to {self._where} is closed.", code="connection_lost")
        limit = self._clock.limit(self._limits.connect)
        try:
            self._channel.settimeout(limit)
            self._channel.sendall(data)
        except Exception as error:
            # What the library raises depends on what the node sent meanwhile.
            raise self._lost(described(error)) from error

    def _lost(self, why: str) -> TransportError:
        return TransportError(
            f"The CLI session to {self._where} was lost: {why}.",
            code="connection_lost",
            details={"node": self.node},
            remedy="Check whether the node is restarting or a firewall ends idle connections, then run the task again.",
        )

    def _wait(self, wait: _Wait, deadline: Deadline) -> None:
        """Read until ``wait`` is satisfied. The deadline is absolute, so a slow trickle cannot extend it."""
        self._last_data = self._clock.monotonic()
        while True:
            idle = self._clock.monotonic() - self._last_data
            if wait.done(self._terminal):
                if idle >= wait.quiet:
                    return
            elif wait.on_idle is not None:
                wait.on_idle(idle)
            if deadline.expired():
                raise DeadlineExceeded(
                    f"{self._where}: stopped waiting {wait.what} after {deadline.seconds:g} s.",
                    details={"node": self.node, "shown": self._terminal.current},
                    remedy="The node may be busy. Check its load, or increase the time-outs.",
                )
            self._read(
                min(deadline.remaining(), max(wait.quiet - idle, 0.05) if wait.quiet else 0.5), page=wait.page
            )

    def _read(self, seconds: float, *, page: bool) -> None:
        self._channel.settimeout(max(seconds, 0.01))
        try:
            data = self._channel.recv(65536)
        except TimeoutError:
            return
        except Exception as error:
            raise self._lost(described(error)) from error
        if not data:
            raise self._lost("closed by the node")
        self._last_data = self._clock.monotonic()
        self._bytes += len(data)
        if self._bytes > self._limits.output_bytes:
            raise self._too_large(f"more than {self._limits.output_bytes} bytes")
        try:
            self._terminal.feed(data)
        except TooMuch as error:
            raise self._too_large(str(error)) from error
        if page:
            self._turn_page()

    def _too_large(self, what: str) -> ProtocolError:
        return ProtocolError(
            f"{self._where} sent {what} for one command; the session was closed.",
            code="output_too_large",
            details={"node": self.node},
            remedy="Nothing was concluded from this output. Run the command by hand to see what the node prints.",
        )

    def _turn_page(self) -> None:
        # One key per pager line, even when the line arrives in several packets.
        if self._paged_at == len(self._terminal.lines):
            return
        key = (
            b" "
            if PAGER_OUTPUT.fullmatch(self._terminal.current)
            else b"n"
            if PAGER_FILE.fullmatch(self._terminal.current)
            else b""
        )
        if key:
            self._paged_at = len(self._terminal.lines)
            self._send(key)


class _Spoil:
    """Closes a session when a command in it fails: output still under way must not reach the next command."""

    def __init__(self, session: CliSession) -> None:
        self._session = session

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if error is not None:
            self._session.close()
