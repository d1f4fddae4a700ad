# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command is given to do its work: the node, the account, the terminal, questions."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from cucm_lab.domain.accounts import Account
    from cucm_lab.domain.cluster import LabCluster
    from cucm_lab.domain.node import LabNode
    from cucm_lab.journal import Entry
    from cucm_lab.platform_cli.grammar import Command
    from cucm_lab.platform_cli.session import CliSession
    from cucm_lab.platform_cli.settings import CliSettings
    from cucm_lab.texts import Texts

T = TypeVar("T")

CONFIRMING = ("y", "yes")
DECLINING = ("n", "no")


class Failed(Exception):
    """The command ends with the generic failure line."""


@dataclass
class Context:
    """One command being carried out in one session."""

    session: CliSession
    command: Command
    line: str
    argument: str
    usual_question: bool = True
    _unfinished_answer: Entry | None = None

    @property
    def node(self) -> LabNode:
        return self.session.node

    @property
    def cluster(self) -> LabCluster:
        return self.session.node.cluster

    @property
    def account(self) -> Account:
        return self.session.account

    @property
    def texts(self) -> Texts:
        return self.session.texts

    @property
    def settings(self) -> CliSettings:
        return self.session.settings

    async def out(self, text: str) -> None:
        """Print ``text``."""
        await self.session.terminal.write(text)

    async def say(self, key: str, **values: Any) -> None:
        """Print the text of ``key``."""
        await self.out(self.texts.say(key, **values))

    async def ask(self, question: str) -> str:
        """Print ``question``, wait for an answer and return it in lower case; both go to the journal.

        An answer that confirms makes the command one that a lost connection may not stop.
        """
        journal = self.cluster.journal
        prompt = await self.session.record("prompt", self.line, {"text": question.strip()})
        await self.out(question)
        await journal.done(prompt, client=self.session)
        answer = await self.session.read_answer(question)
        confirms = answer in CONFIRMING
        if confirms:
            self.session.confirmed()
        entry = await self.session.record(
            "answer", self.line, {"text": answer}, changing=confirms and self.command.changing
        )
        if confirms and self.command.changing:
            self._unfinished_answer = entry
        else:
            await journal.done(entry, client=self.session)
        return answer

    async def confirm(self, question: str) -> bool:
        """Ask until the answer is a yes or a no; True for yes."""
        while True:
            answer = await self.ask(question)
            if answer in CONFIRMING:
                return True
            if answer in DECLINING:
                return False
            question = self.texts["ctl.answer_unknown"]

    async def pause(self, device_seconds: float) -> None:
        """Let device time pass."""
        await self.cluster.clock.sleep(device_seconds)

    async def carry_out(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the device work.

        Ctrl-C ends the command but not the work; what a lost connection does is a setting.
        """
        if self.session.aborted:
            work.close()
            raise asyncio.CancelledError
        task = self.cluster.spawn(work)
        self.session.work.add(task)
        task.add_done_callback(self.session.work.discard)
        result = await asyncio.shield(task)
        if self._unfinished_answer is not None:
            entry, self._unfinished_answer = self._unfinished_answer, None
            await self.cluster.journal.done(entry, client=self.session)
        return result
