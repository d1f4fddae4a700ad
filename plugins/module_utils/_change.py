# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A confirmed change by the publisher's CLI whose outcome is proven. PRIVATE to the collection.

The dialogue says what was sent, never what happened. What happened is read from the cluster; after a lost
connection from two equal readings at least C(settle_interval) seconds of device time apart.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from ._clock import Deadline
from ._cluster import Cluster
from ._errors import ProductFault, ProtocolError, Refusal, TransportError, UnknownOutcome
from ._security import dialogue
from ._state import StateJournal
from ._task import Task

# Seconds. The interval is device time (DESIGN 3.2), the others the controller's; no public measurement of the command's
# own duration exists, so its limit is generous.
CHANGE_SPEC: dict[str, dict[str, t.Any]] = {
    "change_timeout": {"type": "int", "default": 900},
    "settle_interval": {"type": "float", "default": 30.0},
    "settle_timeout": {"type": "float", "default": 600.0},
    "poll_interval": {"type": "float", "default": 5.0},
}

State = dict[str, t.Any]
_REFUSALS = {
    dialogue.Said.EXPORT_CONTROL: (
        "The cluster is not registered with export-controlled functionality allowed, so it refused '{command}'.",
        "Register it with Smart Licensing by a token that has 'Allow export-controlled functionality' checked.",
    ),
    dialogue.Said.NOT_PUBLISHER: (
        "The node refused '{command}': it is not the publisher.",
        "Give the publisher's address as publisher (or ansible_host).",
    ),
    dialogue.Said.SOMETHING_ELSE: (
        "The node did not ask for confirmation of '{command}' but said: {said}",
        "Run the command by hand to see why, and report the text to this project if it is new.",
    ),
}


@dataclass(frozen=True)
class Change:
    """A change and how to see it.

    Attributes:
        command: One of the commands of C(dialogue).
        read: Reads the witnessed state, the same keys every time.
        reached: Tells whether a state is the wanted one, given the state before the answer was sent.
    """

    command: str
    read: t.Callable[[], State]
    reached: t.Callable[[State, State], bool]


def settle_earlier(task: Task, changes: t.Sequence[Change]) -> list[dict[str, t.Any]]:
    """Settle answers that an earlier run sent without learning what became of them; return what they came to.

    Raises:
        Refusal: Another task holds the cluster: what is not settled may be its own, still under way.
    """
    settled = []
    with task.exclusive() as journal:
        for answer in journal.unsettled():
            change = next((change for change in changes if change.command == answer["command"]), None)
            if change is None:
                continue
            task.progress(
                f"an answer to '{change.command}' sent {answer['time']} was never confirmed; reading what became of it"
            )
            state = _settled_state(task, change, answer["before"])
            outcome = "done" if change.reached(answer["before"], state) else "not_done"
            journal.append("settled", answer=answer["number"], outcome=outcome, after=state)
            settled.append({"command": change.command, "answered": answer["time"], "outcome": outcome})
    return settled


@dataclass(frozen=True)
class Made:
    """A change that is proven: the state after it, and what the node printed, for the record only."""

    after: State
    output: str


def make(task: Task, change: Change, before: State) -> Made:
    """Make the change and prove it.

    Raises:
        Refusal: The cluster refused, or asked something unknown; nothing was changed.
        UnknownOutcome: It could not be learned what became of it, or it was sent twice without effect.
    """
    with task.exclusive() as journal:
        now = change.read()
        if now != before:
            raise Refusal(
                f"The cluster was changed by someone else between reading it and sending '{change.command}'; nothing was sent.",
                code="state_changed",
                details={"before": before, "now": now},
                remedy="Find out who else works on the cluster, then run this again: it reads first.",
            )
        for last in (False, True):
            made = _attempt(task, journal, change, before)
            if change.reached(before, made.after):
                return made
            if last:
                break
            task.progress(f"'{change.command}' had no effect, read twice; sending it once more")
    raise UnknownOutcome(
        f"'{change.command}' was confirmed twice and the cluster still does not show it.",
        code="change_not_effective",
        details={"before": before, "after": made.after},
        remedy=f"Run '{change.command}' by hand on the publisher and watch it; then run this again.",
    )


def _attempt(task: Task, journal: StateJournal, change: Change, before: State) -> Made:
    answers: list[dict[str, t.Any]] = []

    def before_answer(question: str) -> None:
        answers.append(journal.append("answer", command=change.command, question=question, before=before))

    task.progress(f"{task.cluster.publisher.name}: {change.command}")
    exchange = task.cluster.converse(
        change.command,
        dialogue.QUESTIONS[change.command],
        before_answer,
        timeout=task.params["change_timeout"],
    )
    if not answers:
        raise _refusal(change.command, exchange.output)
    if exchange.completed:
        try:
            state = change.read()
        except (TransportError, ProtocolError, ProductFault) as error:
            task.progress(f"the state could not be read after the answer ({error}); reading it again")
        else:
            if change.reached(before, state):
                journal.append("settled", answer=answers[0]["number"], outcome="done", after=state)
                return Made(state, exchange.output)
    else:
        task.progress(
            f"the connection was lost after the answer ({exchange.failure}); reading what became of it"
        )
    state = _settled_state(task, change, before)
    outcome = "done" if change.reached(before, state) else "not_done"
    journal.append("settled", answer=answers[0]["number"], outcome=outcome, after=state)
    if outcome == "not_done":
        # What the node refuses, or wants more than one answer for, is not sent a second time.
        if isinstance(exchange.failure, Refusal):
            raise exchange.failure
        if dialogue.refusal_in(exchange.output) is not dialogue.Said.SOMETHING_ELSE:
            raise _refusal(change.command, exchange.output)
    return Made(state, exchange.output)


def _refusal(command: str, output: str) -> Refusal:
    said = dialogue.refusal_in(output)
    message, remedy = _REFUSALS[said]
    folded = " ".join(output.split())[-400:]
    return Refusal(
        message.format(command=command, said=folded or "nothing"),
        code=said.value,
        remedy=remedy,
        details={"command": command, "said": folded},
    )


def _settled_state(task: Task, change: Change, before: State) -> State:
    """Return the state once two readings at least the settle interval of device time apart were equal."""
    interval, deadline = task.params["settle_interval"], task.clock.deadline(task.params["settle_timeout"])
    first: tuple[State, datetime] | None = None
    while True:
        reading = _try_reading(task.cluster, change, deadline)
        if first is None or reading[0] != first[0] or reading[1] < first[1]:
            first = reading
        elif (reading[1] - first[1]).total_seconds() >= interval:
            return reading[0]
        if deadline.expired():
            raise UnknownOutcome(
                f"What became of '{change.command}' could not be settled in {deadline.seconds:g} s: the readings keep changing.",
                details={"before": before, "last": reading[0]},
                remedy="Look at the cluster by hand (Enterprise Parameters, show ctl), then run this again: it reads first.",
            )
        deadline.sleep(task.params["poll_interval"])


def _try_reading(cluster: Cluster, change: Change, deadline: Deadline) -> tuple[State, datetime]:
    while True:
        try:
            state = change.read()
            return state, cluster.device_time()
        except (TransportError, ProtocolError, ProductFault) as error:
            if deadline.expired():
                raise UnknownOutcome(
                    f"What became of '{change.command}' could not be read in {deadline.seconds:g} s: {error.message}",
                    remedy="Reach the publisher again, then run this again: it reads first.",
                    details={"last_error": error.code},
                ) from error
            deadline.sleep(2)
