# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A confirmed change by the publisher's CLI whose outcome is proven. PRIVATE to the collection.

The dialogue says what was sent, never what happened. What happened is read from the cluster, as C(_settling) has it.
"""

from __future__ import annotations

import contextlib
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

# Seconds. The interval is device time (DESIGN 3.2), the others the controller's. The limit of settling begins where that of
# the command ends.
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
    dialogue.Said.BUSY: (
        "The node did not begin '{command}': another command is at work there. It said: {said}",
        "Find out who else works on the cluster, and run this again when the other command has ended: it reads first.",
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
        complete: Tells whether what the command does elsewhere is done as well; while it may be at work, the wanted state
            counts only then.
    """

    command: str
    read: t.Callable[[], State]
    reached: t.Callable[[State, State], bool]
    complete: t.Callable[[], bool] = lambda: True

    def outcome(self, before: State, state: State) -> str:
        """Return C(done), C(not_done), or C(neither) when the cluster is in a state between the two."""
        if self.reached(before, state):
            return _DONE
        return _NOT_DONE if state == before else _NEITHER


def read_mode(cluster: Cluster) -> State:
    """Return what each witness says: the database and, with a CLI account, the publisher's CTL file."""
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
    """Tell whether every node has the publisher's CTL file; one that cannot be read has not told that it does."""
    try:
        return len({read_ctl(cluster, node).sha1 for node in cluster.callmanager_nodes}) == 1
    except CucmError:
        return False


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
    cluster.require_account("cli")
    settled = []
    with task.exclusive() as journal:
        for record in journal.unsettled():
            task.progress(
                f"'{record['command']}' was sent {record['time']} and its outcome not confirmed; reading what became of it"
            )
            outcome, _state = _settle(task, journal, record)
            settled.append({"command": record["command"], "sent": record["time"], "outcome": outcome})
    return settled


def _settle(task: Task, journal: StateJournal, record: t.Mapping[str, t.Any]) -> tuple[str, State]:
    """Find out what became of a command, write it down, and return the outcome with the state that shows it."""
    change, sent = _change_of(task.cluster, record["command"]), _sent_earlier(task, record)
    state, ended = _settled_state(task, change, sent)
    outcome = change.outcome(sent.before, state)
    _conclude(journal, change, sent, outcome, state, ended)
    return outcome, state


def _reopen(task: Task, journal: StateJournal, said: str) -> dict[str, t.Any] | None:
    """Take the last command for under way again, and return its record: the device says that one is at work.

    What was sent more than twice its time ago is not what it speaks of.
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
        f"'{record['command']}' was taken for ended, and the device is at work; it is under way again"
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
        f"The record says that '{command}' was sent, a command this version does not know; nothing was sent now.",
        code="state_newer",
        remedy="A newer version of ucops.cucm recorded it. Use that version for this cluster.",
    )


@dataclass(frozen=True)
class Made:
    """A change that is proven: the state after it, what the node printed, and how often the command was sent."""

    after: State
    output: str
    sent: int = 1

    def operations(self, task: Task, operation: dict[str, t.Any]) -> list[dict[str, t.Any]]:
        """Return one operation for each sending, and warn when there was more than one."""
        if self.sent > 1:
            task.warn(
                f"'{operation['action']}' was sent {self.sent} times: the connection was lost, and when its time limit had passed "
                "two equal readings showed that the first had changed nothing."
            )
        return [operation] * self.sent


@dataclass
class _Sent(Sent):
    """A command that may have left; C(number) is that of its record, C(before) the state before it."""

    number: int
    before: State


def _sent_earlier(task: Task, record: t.Mapping[str, t.Any]) -> _Sent:
    """Return what another run sent, as this run's clocks see it, from when the device was last known to be at work on it."""
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
        Contradiction: The witnesses disagree after it. UnknownOutcome: What became of it could not be learned.
    """
    with task.exclusive() as journal:
        if journal.unsettled():
            raise Refusal(
                "What became of an earlier command is not settled yet; nothing was sent.",
                code="unsettled",
                remedy="Run this again: the outcome of the earlier command is read first.",
            )
        _await_end(task, journal, change.command)
        now = change.read()
        if now != before:
            raise Refusal(
                f"The cluster was changed by someone else between reading it and sending '{change.command}'; nothing was sent.",
                code="state_changed",
                details={"before": before, "now": now},
                remedy="Find out who else works on the cluster, then run this again: it reads first.",
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
    """Wait until no earlier command can be under way: one that was seen to reach its aim may still be at work."""
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
                    remedy="Run this again later. If it goes on, compare the clocks of the publisher and of this controller.",
                )
            deadline.sleep(min(task.params["poll_interval"], LONGEST_SILENCE))


def _attempt(
    task: Task, journal: StateJournal, change: Change, before: State, sendings: list[_Sent]
) -> Made | None:
    """Send the command once, and add it to C(sendings); None when the connection was lost and nothing has changed."""
    earlier = len(sendings)
    question, limit = dialogue.QUESTIONS.get(change.command), task.params["change_timeout"]
    # What is needed to settle it must be readable before anything is sent.
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
            f"'{change.command}' was sent, and what became of it could not be read: {error.message}",
            remedy=f"{error.remedy} Then run this again: it reads first.".strip(),
            details={"last_error": error.code},
        ) from error
    outcome = change.outcome(before, state)
    _conclude(journal, change, sent, outcome, state, ended)
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


@contextlib.contextmanager
def after_change() -> t.Iterator[None]:
    """Say of whatever fails in here that the cluster was changed before."""
    try:
        yield
    except CucmError as error:
        error.details["changed"] = True
        raise


def _disagreeing(command: str, before: State, state: State) -> Contradiction:
    return Contradiction(
        f"'{command}' was sent and the witnesses disagree since: {_told(state)}. It was not sent again.",
        details={"before": before, "witnesses": state, "changed": True},
        remedy="Find out by hand which is true (show ctl, Enterprise Parameters) before anything else is changed.",
    )


_OUTCOMES = {
    _DONE: "it is done",
    _NOT_DONE: "it changed nothing",
    _NEITHER: "the cluster is in a state between the two",
}


def _conclude(
    journal: StateJournal, change: Change, sent: _Sent, outcome: str, state: State, ended: bool
) -> None:
    """Write down what became of a command. What cannot be written down is found out again by the next run."""
    try:
        journal.append("settled", sent=sent.number, outcome=outcome, after=state, ended=ended)
    except CucmError as error:
        error.message = (
            f"'{change.command}' was sent, and as the cluster shows {_OUTCOMES[outcome]}. {error.message}"
        )
        if isinstance(error, RecordNotWritten):
            error.details.update(outcome=outcome, after=state, changed=outcome != _NOT_DONE)
        raise


def _state_after(task: Task, change: Change, sent: _Sent, exchange: Exchange) -> tuple[State, bool]:
    """Return the state that counts, and whether the command has ended for sure."""
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
        task.progress(f"'{change.command}' did not end ({exchange.failure}); reading what became of it")
    return _settled_state(task, change, sent)


def _not_begun(
    task: Task, journal: StateJournal, change: Change, before: State, output: str, *, lost: bool
) -> Made:
    """Return the change that the first sending has made after all, or raise why this one was not begun.

    Args:
        lost: Whether this run sent it before and lost the connection. Then what is not a known refusal may mean that the
            first one is at work, in whatever words.
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


def _act(command: str) -> Act:
    return Act(f"'{command}'", "the publisher", "Enterprise Parameters, show ctl")


def _settled_state(task: Task, change: Change, sent: _Sent) -> tuple[State, bool]:
    """Return the state that two equal readings show, and whether the command has ended for sure."""
    return settled(
        task,
        sent,
        Report(task, _act(change.command), sent),
        lambda: (change.read(), task.cluster.device_time()),
        lambda state: change.reached(sent.before, state) and change.complete(),
        _told,
        lambda state: {"before": sent.before, "last": state},
    )
