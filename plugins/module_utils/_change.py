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
from ._cluster import Cluster, missing_account
from ._errors import (
    Contradiction,
    CucmError,
    DeadlineExceeded,
    ProductFault,
    ProtocolError,
    Refusal,
    TransportError,
    UnknownOutcome,
)
from ._facts import read_ctl, read_modes
from ._security import dialogue, words
from ._state import StateJournal
from ._task import Task
from ._transport.cli import Exchange

# Seconds. The interval is device time (DESIGN 3.2), the others the controller's; no public measurement of the command's
# own duration exists, so its limit is generous.
CHANGE_SPEC: dict[str, dict[str, t.Any]] = {
    "change_timeout": {"type": "int", "default": 900},
    "settle_interval": {"type": "float", "default": 30.0},
    "settle_timeout": {"type": "float", "default": 600.0},
    "poll_interval": {"type": "float", "default": 5.0},
}

State = dict[str, t.Any]
_LONGEST_PAUSE = 30.0
_DONE, _NOT_DONE, _NEITHER = "done", "not_done", "neither"
# A node that is busy, restarting or at its session limit answers again later.
_PASSING = (TransportError, ProtocolError, ProductFault, DeadlineExceeded)
_REFUSALS = {
    dialogue.Said.EXPORT_CONTROL: (
        "The cluster is not registered with export-controlled functionality allowed, so it refused '{command}'.",
        "Register it with Smart Licensing by a token that has 'Allow export-controlled functionality' checked.",
    ),
    dialogue.Said.NOT_PUBLISHER: (
        "The node refused '{command}': it is not the publisher.",
        "Give the publisher's address as publisher (or ansible_host).",
    ),
    dialogue.Said.PRIVILEGE: (
        "The CLI account may not run '{command}'.",
        "Use an account of privilege level {level}.",
    ),
    dialogue.Said.SOMETHING_ELSE: (
        "The node did not do '{command}' but said: {said}",
        "Run the command by hand to see why, and report the text to this project if it is new.",
    ),
}


@dataclass(frozen=True)
class Change:
    """A change and how to see it.

    Attributes:
        command: One of the commands of C(dialogue); one without a question there is refused any.
        read: Reads the witnessed state, the same keys every time.
        reached: Tells whether a state is the wanted one, given the state before the answer was sent.
    """

    command: str
    read: t.Callable[[], State]
    reached: t.Callable[[State, State], bool]

    def outcome(self, before: State, state: State) -> str:
        """Return C(done), C(not_done), or C(neither) when the cluster is in a state between the two."""
        if self.reached(before, state):
            return _DONE
        return _NOT_DONE if state == before else _NEITHER


def read_mode(cluster: Cluster) -> State:
    """Return what each witness says: the database and, with a CLI account, the publisher's CTL file."""
    state = {"security_mode": read_modes(cluster)["security_mode"], "ctl_file": None}
    if cluster.settings.cli is not None:
        state["ctl_file"] = read_ctl(cluster, cluster.publisher).implied_mode or "unverified"
    return state


def mode_change(cluster: Cluster, mode: str) -> Change:
    """Return the change to a cluster security mode."""
    wanted = {"security_mode": mode, "ctl_file": mode}
    return Change(
        dialogue.SET_CLUSTER[mode], lambda: read_mode(cluster), lambda before, state: state == wanted
    )


def ctl_update(cluster: Cluster) -> Change:
    """Return the update of the CTL file."""

    def read() -> State:
        file = read_ctl(cluster, cluster.publisher)
        modified = file.modified_at.isoformat() if file.modified_at else None
        return {"sha1": file.sha1, "modified_at": modified, "implied_mode": file.implied_mode}

    return Change(
        dialogue.UPDATE_CTL,
        read,
        lambda before, state: state != before and state["implied_mode"] == words.MIXED,
    )


def sip_oauth_change(cluster: Cluster, mode: str) -> Change:
    """Return the change to a SIP OAuth mode. Ports follow only with the restarts, so the database is the one witness."""
    wanted = {"sip_oauth_mode": mode}

    def read() -> State:
        return {"sip_oauth_mode": read_modes(cluster)["sip_oauth_mode"]}

    return Change(dialogue.SIP_OAUTH[mode], read, lambda before, state: state == wanted)


def settle_earlier(task: Task) -> list[dict[str, t.Any]]:
    """Settle answers that an earlier run sent without learning what became of them; return what they came to.

    Raises:
        Refusal: Another task holds the cluster: what is not settled may be its own, still under way.
        InputError: There is no CLI account, without which a witness is missing.
    """
    if not task.journal().unsettled():
        return []
    cluster = task.cluster
    if cluster.settings.cli is None:
        raise missing_account("cli")
    changes = [
        *(mode_change(cluster, mode) for mode in dialogue.SET_CLUSTER),
        *(sip_oauth_change(cluster, mode) for mode in dialogue.SIP_OAUTH),
        ctl_update(cluster),
    ]
    by_command = {change.command: change for change in changes}
    settled = []
    with task.exclusive() as journal:
        for sent in journal.unsettled():
            change = by_command[sent["command"]]
            task.progress(
                f"'{change.command}' was sent {sent['time']} and its outcome not confirmed; reading what became of it"
            )
            state = _settled_state(task, change, sent["before"])
            outcome = change.outcome(sent["before"], state)
            journal.append("settled", sent=sent["number"], outcome=outcome, after=state)
            settled.append({"command": change.command, "sent": sent["time"], "outcome": outcome})
    return settled


@dataclass(frozen=True)
class Made:
    """A change that is proven: the state after it, and what the node printed, for the record only."""

    after: State
    output: str


def make(task: Task, change: Change, before: State) -> Made:
    """Make the change and prove it.

    It is sent a second time only when the connection was lost after the answer and two equal readings show that
    nothing at all has changed.

    Raises:
        Refusal: The cluster refused, or asked something unknown; nothing was changed.
        Contradiction: The witnesses disagree after it. UnknownOutcome: What became of it could not be learned.
    """
    with task.exclusive() as journal:
        if journal.unsettled():
            raise Refusal(
                "What became of an earlier command is not settled yet; nothing was sent.",
                code="unsettled",
                remedy="Run this again: the outcome of the earlier command is read first.",
            )
        now = change.read()
        if now != before:
            raise Refusal(
                f"The cluster was changed by someone else between reading it and sending '{change.command}'; nothing was sent.",
                code="state_changed",
                details={"before": before, "now": now},
                remedy="Find out who else works on the cluster, then run this again: it reads first.",
            )
        made = _attempt(task, journal, change, before)
        if made is None:
            task.progress(f"'{change.command}' had no effect, read twice; sending it once more")
            made = _attempt(task, journal, change, before)
    if made is None:
        raise _not_effective(change.command, "")
    return made


def _attempt(task: Task, journal: StateJournal, change: Change, before: State) -> Made | None:
    """Send the command once; None when the connection was lost and nothing has changed."""
    sent: list[dict[str, t.Any]] = []

    def before_answer(question: str) -> None:
        sent.append(journal.append("answer", command=change.command, question=question, before=before))

    def before_enter() -> None:
        sent.append(journal.append("command", command=change.command, before=before))

    task.progress(f"{task.cluster.publisher.name}: {change.command}")
    question, timeout = dialogue.QUESTIONS.get(change.command), task.params["change_timeout"]
    if question is None:
        exchange = task.cluster.order(change.command, before_enter, timeout=timeout)
    else:
        exchange = task.cluster.converse(change.command, question, before_answer, timeout=timeout)
    if not sent:
        raise _unasked(change, before, exchange.output)
    try:
        state = _state_after(task, change, before, exchange)
    except UnknownOutcome:
        raise
    except CucmError as error:
        raise UnknownOutcome(
            f"'{change.command}' was sent, and what became of it could not be read: {error.message}",
            remedy=f"{error.remedy} Then run this again: it reads first.".strip(),
            details={"last_error": error.code},
        ) from error
    outcome = change.outcome(before, state)
    journal.append("settled", sent=sent[0]["number"], outcome=outcome, after=state)
    if outcome == _DONE:
        return Made(state, exchange.output)
    if outcome == _NEITHER:
        raise Contradiction(
            f"'{change.command}' was sent and the witnesses disagree since: {_told(state)}. It was not sent again.",
            details={"before": before, "witnesses": state, "changed": True},
            remedy="Find out by hand which is true (show ctl, Enterprise Parameters) before anything else is changed.",
        )
    if isinstance(exchange.failure, Refusal):
        raise exchange.failure
    if exchange.completed:
        raise _not_effective(change.command, exchange.output)
    return None


def _state_after(task: Task, change: Change, before: State, exchange: Exchange) -> State:
    if exchange.completed:
        try:
            state = change.read()
        except _PASSING as error:
            task.progress(f"the state could not be read after the answer ({error}); reading it again")
        else:
            refused = dialogue.refusal_in(exchange.output) is not dialogue.Said.SOMETHING_ELSE
            if change.reached(before, state) or (refused and state == before):
                return state
    else:
        task.progress(f"'{change.command}' did not end ({exchange.failure}); reading what became of it")
    return _settled_state(task, change, before)


def _unasked(change: Change, before: State, output: str) -> CucmError:
    """Return what to raise when the command came back without its question."""
    state = change.read()
    if state == before:
        return _refusal(change.command, output)
    return Contradiction(
        f"'{change.command}' came back without asking, and the cluster changed: {_told(state)}.",
        code="changed_without_asking",
        details={"before": before, "after": state, "said": _folded(output), "changed": True},
        remedy="Look at the cluster by hand, then run this again: it reads first. Report the release to this project.",
    )


def _refusal(command: str, output: str) -> Refusal:
    said = dialogue.refusal_in(output)
    message, remedy = _REFUSALS[said]
    folded = _folded(output)
    return Refusal(
        message.format(command=command, said=folded or "nothing"),
        code=said.value,
        remedy=remedy.format(level=dialogue.PRIVILEGE_LEVEL[command]),
        details={"command": command, "said": folded},
    )


def _not_effective(command: str, output: str) -> CucmError:
    if dialogue.refusal_in(output) is not dialogue.Said.SOMETHING_ELSE:
        return _refusal(command, output)
    said = _folded(output)
    return UnknownOutcome(
        f"'{command}' was sent and the cluster does not show it, read twice."
        + (f" The node said: {said}" if said else ""),
        code="change_not_effective",
        details={"command": command, "said": said},
        remedy=f"Run '{command}' by hand on the publisher and watch it; then run this again.",
    )


def _folded(output: str) -> str:
    return " ".join(output.split())[-400:]


def _told(state: State) -> str:
    return ", ".join(f"{witness} says {value}" for witness, value in state.items())


def _settled_state(task: Task, change: Change, before: State) -> State:
    """Return the state once two readings at least the settle interval of device time apart were equal."""
    interval, deadline = task.params["settle_interval"], task.clock.deadline(task.params["settle_timeout"])
    first: tuple[State, datetime] | None = None
    while True:
        reading = _try_reading(task, change, deadline)
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


def _try_reading(task: Task, change: Change, deadline: Deadline) -> tuple[State, datetime]:
    pause = min(task.params["poll_interval"], 2.0)
    while True:
        try:
            return change.read(), task.cluster.device_time()
        except _PASSING as error:
            if deadline.expired():
                raise UnknownOutcome(
                    f"What became of '{change.command}' could not be read in {deadline.seconds:g} s: {error.message}",
                    remedy="Reach the publisher again, then run this again: it reads first.",
                    details={"last_error": error.code},
                ) from error
            # Ever longer, since every try may be a login at a node that has no session left.
            deadline.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
