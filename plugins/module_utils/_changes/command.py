# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A confirmed change by the publisher's CLI whose outcome is proven. PRIVATE to the collection.

The dialogue shows what was sent, never what happened. The outcome is read from the cluster, as in C(_settling).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from datetime import datetime

from .._base.errors import (
    Contradiction,
    CucmError,
    RecordNotWritten,
    Refusal,
    UnknownOutcome,
)
from .._base.record import StateJournal
from .._cluster.cluster import Cluster
from .._module.settling import (
    LONGEST_SILENCE,
    PASSING,
    Act,
    Report,
    Sent,
    cluster_seconds,
    patience,
    patient,
    settled,
)
from .._module.task import Task
from .._reading.readers import read_ctl, read_modes
from .._security import dialogue, words
from .._transport.cli import Exchange

# Seconds. The interval is device time (DESIGN 3.2), the others are the controller's. The time limit for settling begins
# where the command's ends.
CHANGE_SPEC: dict[str, dict[str, t.Any]] = {
    "change_timeout": {"type": "int", "default": 900},
    "settle_interval": {"type": "float", "default": 30.0},
    "settle_timeout": {"type": "float", "default": 600.0},
    "poll_interval": {"type": "float", "default": 5.0},
}

State = dict[str, t.Any]
_DONE, _NOT_DONE, _NEITHER = "done", "not_done", "neither"
_REFUSALS = {
    dialogue.Said.EXPORT_CONTROL: (
        "The cluster refused '{command}': it is not registered with export-controlled functionality allowed.",
        "Register it with Smart Licensing, with a token that has 'Allow export-controlled functionality' checked.",
    ),
    dialogue.Said.NOT_PUBLISHER: (
        "The node refused '{command}': it is not the publisher.",
        "Set publisher (or ansible_host) to the publisher's address.",
    ),
    dialogue.Said.PRIVILEGE: (
        "The CLI account may not run '{command}'.",
        "Use an account of privilege level {level}.",
    ),
    dialogue.Said.BUSY: (
        "The node did not start '{command}' because another command is running there. It printed: {said}",
        "Find out who else works on the cluster. Run the task again when the other command has ended; "
        "it reads the cluster first.",
    ),
    dialogue.Said.SOMETHING_ELSE: (
        "The node did not carry out '{command}'. It printed: {said}",
        "Run the command by hand to see why, and report the text to this project if it is new.",
    ),
}


@dataclass(frozen=True)
class Change:
    """A change, and how its effect is recognised.

    Attributes:
        command: One of the commands of C(dialogue); if it has no question there, every question is refused.
        read: Reads the witnessed state, with the same keys every time.
        reached: Returns whether a state is the desired one, given the state before the answer was sent.
        complete: Returns whether the command's work on other nodes is done too; while the command may still run, the desired
        state counts only then.
    """

    command: str
    read: t.Callable[[], State]
    reached: t.Callable[[State, State], bool]
    complete: t.Callable[[], bool] = lambda: True

    def outcome(self, before: State, state: State) -> str:
        """Return C(done), C(not_done), or C(neither) if the cluster is in a state between the two."""
        if self.reached(before, state):
            return _DONE
        return _NOT_DONE if state == before else _NEITHER


def read_mode(cluster: Cluster) -> State:
    """Return what each witness reports: the database and, with a CLI account, the publisher's CTL file."""
    state = {"security_mode": read_modes(cluster)["security_mode"], "ctl_file": None}
    if cluster.has_account("cli"):
        state["ctl_file"] = read_ctl(cluster, cluster.publisher).implied_mode or "unverified"
    return state


def mode_change(cluster: Cluster, mode: str) -> Change:
    """Return the change to a cluster security mode."""
    wanted = {"security_mode": mode, "ctl_file": mode}
    return Change(
        dialogue.SET_CLUSTER[mode],
        lambda: read_mode(cluster),
        lambda before, state: state == wanted,
        lambda: _copied(cluster),
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
        lambda: _copied(cluster),
    )


def _copied(cluster: Cluster) -> bool:
    """Return whether every node has the publisher's CTL file; a node whose file cannot be read counts as not having it."""
    try:
        return len({read_ctl(cluster, node).sha1 for node in cluster.callmanager_nodes}) == 1
    except CucmError:
        return False


def sip_oauth_change(cluster: Cluster, mode: str) -> Change:
    """Return the change to a SIP OAuth mode. Ports change only with the restarts, so the database is the only witness."""
    wanted = {"sip_oauth_mode": mode}

    def read() -> State:
        return {"sip_oauth_mode": read_modes(cluster)["sip_oauth_mode"]}

    return Change(dialogue.SIP_OAUTH[mode], read, lambda before, state: state == wanted)


def settle_earlier(task: Task) -> list[dict[str, t.Any]]:
    """Settle answers that an earlier run sent without learning their outcome; return the outcomes.

    Raises:
        Refusal: Another task holds the cluster: the unsettled command may be its own, still under way.
        InputError: There is no CLI account, so a witness is missing.
    """
    if not task.journal().unsettled():
        return []
    cluster = task.cluster
    cluster.require_account("cli")
    settled = []
    with task.exclusive() as journal:
        for record in journal.unsettled():
            task.progress(
                f"'{record['command']}' was sent {record['time']} and its outcome not confirmed; reading the outcome"
            )
            outcome, _state = _settle(task, journal, record)
            settled.append({"command": record["command"], "sent": record["time"], "outcome": outcome})
    return settled


def _settle(task: Task, journal: StateJournal, record: t.Mapping[str, t.Any]) -> tuple[str, State]:
    """Determine the outcome of a command, record it, and return it with the state that shows it."""
    change, sent = _change_of(task.cluster, record["command"]), _sent_earlier(task, record)
    state, ended = _settled_state(task, change, sent)
    outcome = change.outcome(sent.before, state)
    _conclude(journal, change, sent, outcome, state, ended)
    return outcome, state


def _reopen(task: Task, journal: StateJournal, said: str) -> dict[str, t.Any] | None:
    """Mark the last command as under way again, and return its record: the device reports a running command.

    A command sent more than twice its time limit ago cannot be the one it means.
    """
    record = journal.last_settled()
    if record is None:
        return None
    sent, device = _sent_earlier(task, record), task.cluster.device_time()
    sent.seen(cluster_seconds(task.clock), device)
    if sent.waited > 2 * sent.limit:
        return None
    seen = journal.append("reopened", sent=record["number"], said=said, device_time=device.isoformat())
    task.progress(
        f"'{record['command']}' counted as ended, but the device is still at work; it is under way again"
    )
    return {**record, "seen": seen}


def _change_of(cluster: Cluster, command: str) -> Change:
    changes = [
        *(mode_change(cluster, mode) for mode in dialogue.SET_CLUSTER),
        *(sip_oauth_change(cluster, mode) for mode in dialogue.SIP_OAUTH),
        ctl_update(cluster),
    ]
    for change in changes:
        if change.command == command:
            return change
    raise Refusal(
        f"According to the record '{command}' was sent, which this version does not know. Nothing was sent now.",
        code="state_newer",
        remedy="A newer version of ucops.cucm recorded it. Use that version for this cluster.",
    )


@dataclass(frozen=True)
class Made:
    """A proven change: the state after it, what the node printed, and how often the command was sent."""

    after: State
    output: str
    sent: int = 1

    def operations(self, task: Task, operation: dict[str, t.Any]) -> list[dict[str, t.Any]]:
        """Return one operation for each time the command was sent, and warn if that was more than once."""
        if self.sent > 1:
            task.warn(
                f"'{operation['action']}' was sent {self.sent} times: the connection was lost, and after its time limit had passed, "
                "two equal readings showed that the first one had changed nothing."
            )
        return [operation] * self.sent


@dataclass
class _Sent(Sent):
    """A command that may have been sent; C(number) is the number of its record, C(before) the state before it."""

    number: int
    before: State


def _sent_earlier(task: Task, record: t.Mapping[str, t.Any]) -> _Sent:
    """Return what another run sent, timed by this run's clocks from when the device was last known to be at work on it."""
    last = record.get("seen", record)
    device = last.get("device_time")
    age = (task.clock.now() - datetime.fromisoformat(last["time"])).total_seconds() * task.clock.pace
    return _Sent(
        limit=max(float(record.get("limit", 0)), task.params["change_timeout"]),
        since=cluster_seconds(task.clock) - age,
        device=datetime.fromisoformat(device) if device else None,
        number=record["number"],
        before=record.get("before", {}),
    )


def make(task: Task, change: Change, before: State) -> Made:
    """Make the change and prove it.

    It is sent a second time only when the connection was lost after the answer, the command's time limit has passed since, and
    two equal readings show that nothing at all has changed.

    Raises:
        Refusal: The cluster refused, or asked something unknown; nothing was changed.
        Contradiction: The witnesses disagree after it. UnknownOutcome: The outcome could not be determined.
    """
    with task.exclusive() as journal:
        if journal.unsettled():
            raise Refusal(
                "The outcome of an earlier command is not settled yet. Nothing was sent.",
                code="unsettled",
                remedy="Run the task again; it first reads the outcome of the earlier command.",
            )
        _await_end(task, journal, change.command)
        now = change.read()
        if now != before:
            raise Refusal(
                f"Someone else changed the cluster between reading it and sending '{change.command}'. Nothing was sent.",
                code="state_changed",
                details={"before": before, "now": now},
                remedy="Find out who else works on the cluster, then run the task again; it reads the cluster first.",
            )
        sendings: list[_Sent] = []
        try:
            made = _attempt(task, journal, change, before, sendings)
            if made is None:
                task.progress(f"'{change.command}' had no effect, read twice; sending it once more")
                made = _attempt(task, journal, change, before, sendings)
            if made is None:
                raise _not_effective(change.command, "")
        except CucmError as error:
            if len(sendings) > 1:
                error.details["sent"] = len(sendings)
            raise
    return replace(made, sent=len(sendings))


def _await_end(task: Task, journal: StateJournal, command: str) -> None:
    """Wait until no earlier command can be under way: one that has reached its goal may still be at work."""
    for record in journal.not_ended():
        sent = _sent_earlier(task, record)
        deadline = task.clock.deadline(patience(task, sent))
        report = Report(task, _act(record["command"]), sent)
        while True:
            sent.seen(cluster_seconds(task.clock), patient(task, report, task.cluster.device_time))
            if sent.over:
                break
            report.tell(f"'{command}' waits")
            if deadline.expired():
                raise Refusal(
                    f"'{record['command']}' was sent {record['time']} and may still be under way; '{command}' was not sent.",
                    code="under_way",
                    remedy="Run the task again later. If this persists, compare the clocks of the publisher and of this controller.",
                )
            deadline.sleep(min(task.params["poll_interval"], LONGEST_SILENCE))


def _attempt(
    task: Task, journal: StateJournal, change: Change, before: State, sendings: list[_Sent]
) -> Made | None:
    """Send the command once, and add it to C(sendings); return None if the connection was lost and nothing has changed."""
    earlier = len(sendings)
    question, limit = dialogue.QUESTIONS.get(change.command), task.params["change_timeout"]
    # Everything needed to settle it must be readable before anything is sent.
    device = task.cluster.device_time()

    def leaves(event: str, **details: t.Any) -> None:
        record = journal.append(
            event,
            command=change.command,
            before=before,
            limit=limit,
            device_time=device.isoformat(),
            **details,
        )
        journal.sending(f"'{change.command}'")
        sendings.append(_Sent(limit, cluster_seconds(task.clock), device, record["number"], before))

    task.progress(f"{task.cluster.publisher.name}: {change.command}")
    if question is None:
        exchange = task.cluster.order(
            change.command, lambda: leaves("command"), timeout=limit / task.clock.pace
        )
    else:
        exchange = task.cluster.converse(
            change.command,
            question,
            lambda asked: leaves("answer", question=asked),
            timeout=limit / task.clock.pace,
        )
    if len(sendings) == earlier:
        return _not_begun(task, journal, change, before, exchange.output, lost=earlier > 0)
    sent = sendings[-1]
    try:
        state, ended = _state_after(task, change, sent, exchange)
    except UnknownOutcome:
        raise
    except CucmError as error:
        raise UnknownOutcome(
            f"'{change.command}' was sent, and its outcome could not be read: {error.message}",
            remedy=f"{error.remedy} Then run the task again; it reads the cluster first.".strip(),
            details={"last_error": error.code},
        ) from error
    outcome = change.outcome(before, state)
    _conclude(journal, change, sent, outcome, state, ended, dialogue.advice(exchange.output))
    if outcome == _NOT_DONE:
        journal.without_effect(f"'{change.command}'")
    if outcome == _DONE:
        return Made(state, exchange.output)
    if outcome == _NEITHER:
        raise _disagreeing(change.command, before, state)
    if isinstance(exchange.failure, Refusal):
        raise exchange.failure
    if exchange.completed:
        raise _not_effective(change.command, exchange.output)
    return None


def _disagreeing(command: str, before: State, state: State) -> Contradiction:
    return Contradiction(
        f"'{command}' was sent, and the witnesses now disagree: {_told(state)}. It was not sent again.",
        details={"before": before, "witnesses": state, "changed": True},
        remedy="Find out by hand which is true (show ctl, Enterprise Parameters) before you change anything else.",
    )


_OUTCOMES = {
    _DONE: "it is done",
    _NOT_DONE: "it changed nothing",
    _NEITHER: "the cluster is in a state between the two",
}


def remember(task: Task, command: str, event: str, **details: t.Any) -> None:
    """Record what was read after a command that was sent. Raises RecordNotWritten if that is not possible."""
    with task.exclusive() as journal:
        journal.sending(f"'{command}'")
        journal.append(event, **details)


def _conclude(
    journal: StateJournal,
    change: Change,
    sent: _Sent,
    outcome: str,
    state: State,
    ended: bool,
    advice: t.Sequence[str] = (),
) -> None:
    """Record the outcome of a command. If it cannot be recorded, the next run determines it again.

    C(advice) is what the device said of restarts and resets, where this run saw it.
    """
    try:
        journal.append(
            "settled", sent=sent.number, outcome=outcome, after=state, ended=ended, said=list(advice)
        )
    except CucmError as error:
        error.message = (
            f"'{change.command}' was sent; the cluster shows that {_OUTCOMES[outcome]}. {error.message}"
        )
        if isinstance(error, RecordNotWritten):
            error.details.update(outcome=outcome, after=state, changed=outcome != _NOT_DONE)
        raise


def _state_after(task: Task, change: Change, sent: _Sent, exchange: Exchange) -> tuple[State, bool]:
    """Return the state that counts, and whether the command has certainly ended."""
    if exchange.completed:
        try:
            state = change.read()
        except PASSING as error:
            task.progress(f"the state could not be read after the answer ({error}); reading it again")
        else:
            # Another command at work may be this very one.
            refused = dialogue.refusal_in(exchange.output) not in (
                dialogue.Said.SOMETHING_ELSE,
                dialogue.Said.BUSY,
            )
            if change.reached(sent.before, state) or (refused and state == sent.before):
                return state, True
    else:
        task.progress(f"'{change.command}' did not end ({exchange.failure}); reading its outcome")
    return _settled_state(task, change, sent)


def _not_begun(
    task: Task, journal: StateJournal, change: Change, before: State, output: str, *, lost: bool
) -> Made:
    """Return the change that the first sending made after all, or raise why this one was not begun.

    Args:
        lost: Whether this run sent it before and lost the connection. Then any text that is not a known refusal may mean that
        the first one is still at work.
    """
    said = dialogue.refusal_in(output)
    refusal = _unasked(change, before, output)
    may_be_at_work = said is dialogue.Said.BUSY or (lost and said is dialogue.Said.SOMETHING_ELSE)
    if isinstance(refusal, Contradiction) or not may_be_at_work:
        raise refusal
    record = _reopen(task, journal, _folded(output))
    if record is None:
        raise refusal
    outcome, state = _settle(task, journal, record)
    if lost and outcome == _DONE:
        return Made(state, "")
    if outcome == _NEITHER:
        raise _disagreeing(record["command"], record.get("before", {}), state)
    raise refusal


def _unasked(change: Change, before: State, output: str) -> CucmError:
    """Return the error for a command that ended without its question."""
    state = change.read()
    if state == before:
        return _refusal(change.command, output)
    return Contradiction(
        f"'{change.command}' ended without its question, and the cluster changed: {_told(state)}.",
        code="changed_without_asking",
        details={"before": before, "after": state, "said": _folded(output), "changed": True},
        remedy="Check the cluster by hand, then run the task again; it reads the cluster first. "
        "Report the release to this project.",
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
        f"'{command}' was sent, and two readings of the cluster show no effect."
        + (f" The node printed: {said}" if said else ""),
        code="change_not_effective",
        details={"command": command, "said": said},
        remedy=f"Run '{command}' by hand on the publisher and watch its output, then run the task again.",
    )


def _folded(output: str) -> str:
    return " ".join(output.split())[-400:]


def _told(state: State) -> str:
    return ", ".join(f"{witness} says {value}" for witness, value in state.items())


def _act(command: str) -> Act:
    return Act(f"'{command}'", "the publisher", "Enterprise Parameters, show ctl")


def _settled_state(task: Task, change: Change, sent: _Sent) -> tuple[State, bool]:
    """Return the state that two equal readings show, and whether the command has certainly ended."""
    return settled(
        task,
        sent,
        Report(task, _act(change.command), sent),
        lambda: (change.read(), task.cluster.device_time()),
        lambda state: change.reached(sent.before, state) and change.complete(),
        _told,
        lambda state: {"before": sent.before, "last": state},
    )
