# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which command a typed line is, for an account of a given privilege; help and completion."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from cucm_lab.platform_cli.context import Context


@dataclass(frozen=True)
class Command:
    """One command of the platform CLI.

    ``level`` is the lowest privilege that may use it ([P] CLI15). ``argument`` names what follows the words
    in the syntax help; ``takes`` says whether something must, may or must not follow. ``changing`` marks
    commands whose execution can change the device. ``asks`` marks those that change only after a question.
    ``paged`` output goes through the pager while pagination is on. ``needs`` names a property of the release
    (``smart_licensing``) without which there is no such command.
    """

    words: tuple[str, ...]
    level: int
    run: Callable[[Context], Awaitable[None]]
    argument: str = ""
    takes: Literal["nothing", "something", "anything"] = "nothing"
    changing: bool = False
    asks: bool = False
    paged: bool = True
    needs: str = ""

    @property
    def name(self) -> str:
        return " ".join(self.words)

    @property
    def syntax(self) -> str:
        return f"{self.name} {self.argument}".strip()


class Unknown(Exception):
    """No command begins like this."""


class Incomplete(Exception):
    """A command begins like this but more words are needed, or the account's privilege is too low.

    A device does not tell the two apart ([V] CLI15, ``set account`` at level 1).
    """


class Grammar:
    """All commands of a node."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self._commands = {command.words: command for command in commands}

    def visible(self, privilege: int) -> list[Command]:
        """The commands an account of ``privilege`` may use, sorted."""
        return sorted(
            (each for each in self._commands.values() if each.level <= privilege), key=lambda each: each.words
        )

    def parse(self, line: str, privilege: int) -> tuple[Command, str]:
        """Return the command of ``line`` and what follows its words.

        Raises:
            Incomplete, Unknown
        """
        words = line.split()
        for length in range(len(words), 0, -1):
            command = self._commands.get(tuple(words[:length]))
            if command is None:
                continue
            if command.level > privilege:
                raise Incomplete
            argument = line.strip()
            for word in command.words:
                argument = argument[len(word) :].lstrip()
            if argument and command.takes == "nothing":
                raise Unknown
            if not argument and command.takes == "something":
                raise Incomplete
            return command, argument
        prefix = tuple(words)
        if any(known[: len(prefix)] == prefix for known in self._commands):
            raise Incomplete
        raise Unknown

    def following(self, line: str, privilege: int) -> list[Command]:
        """The commands that ``line`` is the beginning of."""
        words = line.split()
        partial = words.pop() if words and not line.endswith(" ") else ""
        found = []
        for command in self.visible(privilege):
            if list(command.words[: len(words)]) != words[: len(command.words)]:
                continue
            if len(words) >= len(command.words) or command.words[len(words)].startswith(partial):
                found.append(command)
        return found

    def completion(self, line: str, privilege: int) -> tuple[str, list[str]]:
        """Return ``line`` as TAB completes it, and the choices when it is not unique."""
        words = line.split()
        partial = words.pop() if words and not line.endswith(" ") else ""
        choices = sorted(
            {
                command.words[len(words)]
                for command in self.following(line, privilege)
                if len(command.words) > len(words)
            }
        )
        if len(choices) == 1:
            return line + choices[0][len(partial) :] + " ", []
        return line, choices
