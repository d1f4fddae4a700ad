# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of a cluster that somebody saved, in place of connections to it. PRIVATE to the collection.

A file stands for the answer to one request, or for what commands printed; what reads live answers reads it. The directory
was made elsewhere, by hand as well as by a script, so it is hostile input as a device is.
"""

from __future__ import annotations

import codecs
import errno
import os
import re
import threading
import typing as t
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from .._base import files
from .._base.clock import Clock
from .._base.errors import CucmError, ProtocolError, Refusal
from . import stamps, xml
from .axl import FIRST_VERSION, Axl
from .cli import PROMPT, CliLimits, ends_with, require_answer
from .http import BODY_CAP, Answer, date_of
from .terminal import PAGER_OUTPUT, Terminal, TooMuch

_T = t.TypeVar("_T")
# A log of a node's terminal with many commands in it.
SESSION = "session.txt"
_ACCOUNT = "the account it was saved with"
_PIECE = 65536

_HTTP_HEAD = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n")
_DATE = re.compile(rb"(?im)^date:[ \t]*([^\r\n]*)")

# The pager, what its keys make a terminal do, and what a log has when it was left with q.
_PAGER = PAGER_OUTPUT.pattern.removesuffix(r"\s*")
_CONTROL = r"(?:\x1b\[[0-9;?]*[A-Za-z]|\r(?!\n)|[ \t])*"
_PAGER_LEFT = re.compile(rf"{_PAGER}(?:\x1b\[[0-9;?]*[A-Za-z]|\s|q)*(?={PROMPT})")
_PAGER_SHOWN = re.compile(rf"{_PAGER}{_CONTROL}(?:\r?\n)?")
_LEFT = "[the pager was left here]"

# What is after a prompt (cli-facts 1.1, 1.6).
_COMMAND = re.compile(r"(?:show|utils|set|unset|run|file|license|delete|help|quit|exit)\b")
_NO_COMMAND = "No valid command entered"
# What may follow the last prompt of a login: another login, or the end that script(1), PuTTY or an SSH client writes.
_LOGIN_OVER = re.compile(
    r"Command Line Interface is starting up|Script done\b|=~=~|login as:|Connection (?:to \S+ )?closed\b"
)

# A long statement, and what goes on in the next line where a terminal is narrow.
_STATEMENT = re.compile(rf"(?<={PROMPT})run sql [^\n]*")
_WRAPPED = " \r"


class NotSaved(CucmError):
    """An answer that was not saved. It costs the facts that come from it, and no others."""

    default_code = "not_saved"

    def __init__(self, file: str, save: str) -> None:
        """Tell that C(file) is not there, and in C(save) what would be in it."""
        super().__init__(
            f"{file} is not there; save {save}.",
            details={"file": file},
            remedy="Ask those who reach the cluster for it, and put it into the directory.",
        )


def component(name: str) -> str:
    """Return what a name that a cluster told is called in the directory: one step of a path, whatever is in it."""
    return quote(name, safe="") if name.strip(".") else name.replace(".", "%2E") or "%"


@dataclass
class SavedDirectory:
    """A directory of saved answers, to be read once.

    Attributes:
        root: Its path.
        clock: Ends the reading in time.
        moments: When the answers that were read had been given, as far as they tell.
    """

    root: str
    clock: Clock
    moments: list[datetime] = field(default_factory=list)

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """When the first and the last of the answers that were read were given (UTC); None when none of them has a time."""
        return (min(self.moments), max(self.moments)) if self.moments else None

    def read(self, file: str, cap: int) -> bytes | None:
        """Return what is in a file, by its path below the directory; None when it is not there.

        Raises:
            ProtocolError: It leads out of the directory (C(saved_outside)), is not a file or cannot be read
            (C(saved_unreadable)), or has more than C(cap) bytes (C(output_too_large)).
        """
        root = os.path.realpath(self.root)
        path = os.path.realpath(os.path.join(root, file))
        if os.path.commonpath([root, path]) != root:
            raise ProtocolError(
                f"{file} is a link that leads out of the directory; it was not read.",
                code="saved_outside",
                remedy="Put the file itself there.",
            )
        try:
            descriptor = files.opened(path, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                return files.content(descriptor, cap)
            finally:
                os.close(descriptor)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno == errno.EFBIG:
                raise _too_large(os.path.join(self.root, file), f"more than {cap} bytes") from error
            raise _unreadable(os.path.join(self.root, file), files.why(error)) from error

    def shown(self, file: str) -> list[str] | None:
        """Return the lines a terminal shows of a file, None when it is not there. Raises what C(read) raises."""
        data = self.read(file, CliLimits().output_bytes)
        if data is None:
            return None
        terminal = Terminal()
        content = _unwrapped(_without_pager(_as_text(file, data))).encode()
        for start in range(0, len(content), _PIECE):
            self.clock.limit(1)
            try:
                terminal.feed(content[start : start + _PIECE])
            except TooMuch as error:
                raise _too_large(file, str(error)) from error
        return stamps.without([*terminal.lines, terminal.current])


@dataclass
class SavedConnection:
    """One saved answer in place of a connection; C(save) tells a person what it is the answer to.

    C(device_time) is the node's clock (UTC) when it was given, None when it was saved without its HTTP header.
    """

    directory: SavedDirectory
    file: str
    save: str
    device_time: datetime | None = field(default=None, init=False)

    @property
    def where(self) -> str:
        """The file, for messages."""
        return self.file

    def post(self, path: str, body: str, headers: t.Mapping[str, str], *, changing: bool = False) -> Answer:
        """Return the answer.

        Raises:
            NotSaved: It is not there. Refusal: The request would change something (C(saved_only_reads)).
            ProtocolError: It was saved as a web page or throttled (C(not_soap)); and what C(SavedDirectory.read) raises.
        """
        if changing:
            raise Refusal(
                f"{self.file} is a saved answer; nothing can be changed by it.", code="saved_only_reads"
            )
        data = self.directory.read(self.file, BODY_CAP)
        if data is None:
            raise NotSaved(self.file, self.save)
        status, told, content = _http(data)
        # One that says to come again later never becomes another.
        if b"Envelope" not in content[:4096] or status == 503:
            answered = f"HTTP {status} and " if status else ""
            raise ProtocolError(
                f"{self.file} has {answered}no SOAP answer.",
                code="not_soap",
                remedy=f"Save {self.save}.",
            )
        self.device_time = told
        if told is not None:
            self.directory.moments.append(told)
        return Answer(status or 200, content)


class SavedAxl:
    """AXL whose answers were saved, each operation's in a file of its own; see C(AxlService).

    C(question) names the question to the database that C(query) has the answer to. What version the answers were asked
    for in makes no difference to their reading, so it is not found out before.
    """

    def __init__(self, directory: SavedDirectory, clock: Clock, question: str = "") -> None:
        self._directory = directory
        self._clock = clock
        self._question = question
        self._release = ""
        self.version: str | None = None

    def release(self) -> str:
        """Return the cluster's full version. Raises what C(SavedConnection.post) raises."""
        if not self._release:

            def read(axl: Axl) -> str:
                release = axl.release()
                self.version = axl.version
                return release

            self._release = self._answered("getCCMVersion", [], read)
        return self._release

    def call(self, operation: str, content: xml.Content) -> xml.Element:
        """Return the saved answer to an operation. Raises what C(SavedConnection.post) raises."""
        return self._answered(operation, content, lambda axl: axl.call(operation, content))

    def query(self, sql: str) -> list[dict[str, str]]:
        """Return the saved answer to the question. Raises what C(SavedConnection.post) raises."""
        return self._answered("executeSQLQuery", [("sql", sql)], lambda axl: axl.query(sql))

    def _answered(self, operation: str, content: xml.Content, read: t.Callable[[Axl], _T]) -> _T:
        """Return what C(read) makes of the file that has the answer to an operation."""
        file = self._file(operation, content)
        connection = SavedConnection(self._directory, file, self._what(operation))
        try:
            return read(Axl(connection, self._clock, self.version or FIRST_VERSION))
        except ProtocolError as error:
            if "answer" not in error.details:
                raise
            raise ProtocolError(
                f"{file} has {error.details['answer']}, which does not answer {operation}.",
                code="saved_other",
                remedy="Nothing was concluded from it. Put the right answer there.",
            ) from error

    def _what(self, operation: str) -> str:
        if not self._question:
            return f"what AXL's {operation} answers at the publisher"
        return (
            f"what AXL answers at the publisher to the question '{self._question}', "
            f"or what 'run sql' prints there, in sql/{self._question}.txt"
        )

    def _file(self, operation: str, content: xml.Content) -> str:
        if self._question:
            return f"sql/{self._question}.xml"
        # One object is asked for by its name.
        asked = {} if isinstance(content, str) else dict(content)
        name = asked.get("name", "") if operation.startswith("get") else ""
        return f"axl/{operation}-{component(name)}.xml" if name else f"axl/{operation}.xml"


@dataclass
class SavedSession:
    """What the command line of one node printed: each command in a file of its own, or many in C(SESSION).

    C(folder) is the node's, C(node) its name.
    """

    directory: SavedDirectory
    folder: str
    node: str
    _log: list[Printed] | None = field(default=None, init=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, init=False)

    def run(self, command: str, *, end: re.Pattern[str] | None = None) -> str:
        """Return what a command printed, lines joined by LF.

        It is complete when its last line is the known one (C(end)); without such a line, when a prompt follows. Where there
        is no prompt, what a file has of one command alone is taken as it is.

        Raises:
            NotSaved: It was not saved.
            ProtocolError: It is what another command printed, or two different things (C(saved_other)), or not all of it
            (C(saved_incomplete)).
            ProductFault: The command was refused. And what C(SavedDirectory.read) raises.
        """
        own = f"{self.folder}/{command.replace(' ', '_')}.txt"
        lines = self.directory.shown(own)
        if lines is not None:
            return self._settled(command, own, _of(command, own, blocks(lines)), end)
        found = [each for each in self._session() if each.command == command]
        if not found:
            raise NotSaved(own, f"what '{command}' prints at {self.node}")
        return self._settled(command, f"{self.folder}/{SESSION}", found, end)

    def _session(self) -> list[Printed]:
        with self._guard:
            if self._log is None:
                self._log = blocks(self.directory.shown(f"{self.folder}/{SESSION}") or [])
            return self._log

    def _settled(
        self, command: str, file: str, found: t.Sequence[Printed], end: re.Pattern[str] | None
    ) -> str:
        """Return the output of a command that may have been given more than once: those that came to nothing do not count."""
        outputs: list[str] = []
        failure: CucmError | None = None
        for printed in found:
            try:
                outputs.append(self._whole(command, file, printed, end))
            except CucmError as error:
                failure = error
        if not outputs and failure is not None:
            raise failure
        if len(set(outputs)) != 1:
            raise ProtocolError(
                f"{file} has different things that '{command}' printed.",
                code="saved_other",
                remedy="Nothing was concluded from it. Keep the one that counts.",
            )
        return outputs[0]

    def _whole(self, command: str, file: str, printed: Printed, end: re.Pattern[str] | None) -> str:
        output = require_answer(command, printed.output, file, _ACCOUNT, self.node)
        taken_as_it_is = bool(output) and not file.endswith(f"/{SESSION}")
        proven = ends_with(output, end) if end is not None else printed.followed or taken_as_it_is
        if printed.broken or not proven:
            raise ProtocolError(
                f"{file} does not have all that '{command}' printed.",
                code="saved_incomplete",
                details={"output": output[-1000:]},
                remedy="Nothing was concluded from it. Switch pages off first (set cli pagination off), and save it to its end.",
            )
        return output


@dataclass(frozen=True)
class Printed:
    """What is between two prompts.

    Attributes:
        command: What was typed at the first, empty where none can be seen.
        lines: What came after it.
        followed: Whether there is a second.
        broken: Whether it cannot be all: the pager was left, or what follows only looks like a prompt.
    """

    command: str
    lines: tuple[str, ...]
    followed: bool
    broken: bool

    @property
    def output(self) -> str:
        """The lines as one text, without empty ones at the end."""
        kept = list(self.lines)
        while kept and not kept[-1]:
            kept.pop()
        return "\n".join(kept)


def blocks(lines: t.Iterable[str]) -> list[Printed]:
    """Return what a terminal showed, cut at its prompts; the first block is what came before any.

    A line of output can look like a prompt, and a log proves neither. But if the text after it is neither a command, nor
    empty, nor another login, it is not a prompt.
    """
    cut: list[tuple[str, list[str]]] = [("", [])]
    for line in lines:
        if line.startswith(PROMPT):
            cut.append((" ".join(line.removeprefix(PROMPT).split()), []))
        else:
            cut[-1][1].append(line)
    found: list[Printed] = []
    is_prompt = True
    for number, (command, own) in reversed(list(enumerate(cut))):
        followed = number + 1 < len(cut)
        found.append(Printed(command, tuple(own), followed, _LEFT in own or not is_prompt))
        first = next((line for line in own if line), None)
        if command:
            is_prompt = _COMMAND.match(command) is not None or _NO_COMMAND in own
        elif first is not None:
            is_prompt = _LOGIN_OVER.match(first) is not None
    return found[::-1]


def printed_table(directory: SavedDirectory, question: str) -> str | None:
    """Return what C(run sql) printed for a question, None when it was not saved.

    Where the echo of a long statement is broken into lines, as on a screen, the table is known by itself.

    Raises:
        ProtocolError: There is no output or more than one (C(saved_other)), or not all of it (C(saved_incomplete)). And what
        C(SavedDirectory.read) raises.
    """
    file = f"sql/{question}.txt"
    lines = directory.shown(file)
    if lines is None:
        return None
    found = blocks(lines)
    asked = [each for each in found if each.command.startswith("run sql") or _has_table(each)]
    asked = asked or [each for each in found if each.output]
    if len(asked) != 1:
        raise _other(file, "one 'run sql'", asked)
    if asked[0].broken:
        raise ProtocolError(
            f"{file} does not have the whole table.",
            code="saved_incomplete",
            remedy="Nothing was concluded from it. Save the answer of AXL instead.",
        )
    return require_answer("run sql", asked[0].output, file, _ACCOUNT, "the publisher")


def _has_table(printed: Printed) -> bool:
    return any(re.fullmatch(r"=+(?: =+)*", line) for line in printed.lines)


def _of(command: str, file: str, found: t.Sequence[Printed]) -> list[Printed]:
    """Return what one command printed, from what its own file has: where no command can be seen, what there is."""
    asked = [each for each in found if each.command == command]
    nameless = [each for each in found if each.output]
    if not asked and (any(each.command for each in found) or len(nameless) > 1):
        raise _other(file, f"'{command}'", found)
    return asked or nameless or list(found[:1])


def _other(file: str, wanted: str, found: t.Sequence[Printed]) -> ProtocolError:
    commands = (
        ", ".join(sorted({each.command for each in found if each.command})) or "no command that can be told"
    )
    return ProtocolError(
        f"{file} is to have what {wanted} printed, and has {commands[:200]}.",
        code="saved_other",
        remedy="Nothing was concluded from it. Put the right output there.",
    )


def _http(data: bytes) -> tuple[int, datetime | None, bytes]:
    """Return status, Date and body of an answer that was saved with its header; 0 and None when without.

    A proxy, or an answer that asks to go on, puts a header of its own before.
    """
    status, told, start = 0, None, 0
    while head := _HTTP_HEAD.match(data, start):
        status, date, start = int(head[1]), _DATE.search(head[0]), head.end()
        told = date_of(date[1].decode("ascii", "replace")) if date else None
    return status, told, data[start:]


# What web pages, mails and word processors put in place of the characters that a node prints.
_TYPOGRAPHY = {
    **dict.fromkeys(map(ord, "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{FIGURE SPACE}"), " "),
    **dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-"),
    **dict.fromkeys(map(ord, "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"), "'"),
    **dict.fromkeys(map(ord, "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"), '"'),
}


def _as_text(file: str, data: bytes) -> str:
    """Return the text of a file as editors write it.

    Raises:
        ProtocolError: It is not a text (C(saved_unreadable)).
    """
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = data.decode("utf-16" if wide else "utf-8-sig", "replace")
    if "\0" in text:
        raise _unreadable(file, "it is not a text")
    return text.translate(_TYPOGRAPHY)


def _without_pager(text: str) -> str:
    return _PAGER_SHOWN.sub("", _PAGER_LEFT.sub(f"\r\n{_LEFT}\r\n", text))


def _unwrapped(text: str) -> str:
    return _STATEMENT.sub(lambda typed: typed[0].replace(_WRAPPED, ""), text)


def _too_large(file: str, what: str) -> ProtocolError:
    return ProtocolError(
        f"{file} has {what}; it was not used.",
        code="output_too_large",
        remedy="No answer is that large. Save it again.",
    )


def _unreadable(file: str, why: str) -> ProtocolError:
    return ProtocolError(
        f"{file} cannot be read: {why}.", code="saved_unreadable", remedy="Save it again as it came."
    )
