# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing configuration objects to a state by AXL, and back to what they were. PRIVATE to the collection.

An object is read, compared, written only where it differs, and read again. What it was is written down first when the
task names a C(record), so that the change can be taken back by a later run.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._base.errors import (
    Contradiction,
    CucmError,
    InputError,
    ProductFault,
    Refusal,
    TransportError,
    UnknownOutcome,
)
from .._base.record import StateJournal
from .._module.task import Result, Task
from .._transport import xml

WRITE_SPEC: dict[str, dict[str, t.Any]] = {
    "record": {"type": "str"},
    # Seconds. A backlog of 1,500 change notifications is what throttling waits for (wire-facts 1.5).
    "throttle_timeout": {"type": "float", "default": 600.0},
}

# JSON-like and whole: two readings of an unchanged object are equal.
State = t.Any
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 30.0


@dataclass(frozen=True)
class Request:
    """An AXL request that brings one object from a state to another; C(action) says so in words."""

    operation: str
    content: xml.Content
    action: str


@dataclass(frozen=True)
class Objects:
    """One kind of configuration object of a cluster.

    Attributes:
        kind: Its name in records and operations, for example C(enterprise_parameter).
        read: Returns the states of the objects by name; one that does not exist is not among them.
        request: Returns the request that takes an object from a state to another (None: there is none).
        keep: Tells why an object must stay as it is although it could be taken back; None when nothing keeps it.
    """

    kind: str
    read: t.Callable[[], t.Mapping[str, State]]
    request: t.Callable[[str, State | None, State | None], Request]
    keep: t.Callable[[str, State | None], str | None] = field(default=lambda name, state: None)


def bring(task: Task, objects: Objects, wanted: t.Mapping[str, State | None]) -> Result:
    """Bring objects to the wanted states (None: absent); what is not named is left alone.

    Raises:
        Refusal: Somebody else changed an object in between (C(state_changed)), or the record cannot be written.
        ProductFault: The cluster refused a request. Contradiction: A request was accepted and has no effect.
        UnknownOutcome: The answer was lost and the object is not as wanted. C(details.changed) tells whether
        something had been changed before.
    """
    before = objects.read()
    result = _result(objects, before, wanted, task.cluster.publisher.name)
    if result.changed and not task.check_mode:
        with task.exclusive() as journal:
            _make(task, journal, objects, before, wanted)
    return result


def restore(task: Task, objects: Objects) -> Result:
    """Take back what earlier tasks changed under the same C(record).

    An object that somebody changed since is left as it is and named in a warning; so is one that C(keep) speaks for.
    The result has C(kept), the reasons by name.
    """
    purpose = task.params["record"]
    if not purpose:
        raise InputError(
            "state restored needs record: the name under which the changes were recorded.",
            remedy="Give the record of the tasks that are to be taken back.",
        )
    recorded = [
        item for item in task.journal().former() if (item["purpose"], item["kind"]) == (purpose, objects.kind)
    ]
    before = objects.read() if recorded else {}
    wanted: dict[str, State | None] = {}
    kept: dict[str, str] = {}
    settled: list[str] = []
    for item in recorded:
        name, now = item["name"], before.get(item["name"])
        reason = None if now == item["before"] else objects.keep(name, now)
        if reason is None and now not in (item["before"], *item["steps"]):
            reason = "it was changed by someone else since"
            settled.append(name)
        if reason is None:
            wanted[name] = item["before"]
            settled.append(name)
        else:
            kept[name] = reason
            task.warn(f"{objects.kind} {name} stays as it is: {reason}.")
    result = _result(objects, before, wanted, task.cluster.publisher.name)
    result.facts["kept"] = kept
    if settled and not task.check_mode:
        with task.exclusive() as journal:
            _make(task, journal, objects, before, wanted, recording=False)
            for name in settled:
                journal.append("restored", purpose=purpose, kind=objects.kind, name=name)
    return result


def _result(
    objects: Objects, before: t.Mapping[str, State], wanted: t.Mapping[str, State | None], node: str
) -> Result:
    operations = [
        {
            "node": node,
            "action": objects.request(name, before.get(name), state).action,
            "before": before.get(name),
            "after": state,
        }
        for name, state in wanted.items()
        if before.get(name) != state
    ]
    return Result(
        changed=bool(operations),
        before={name: before.get(name) for name in wanted},
        after=dict(wanted),
        operations=operations,
    )


def _make(
    task: Task,
    journal: StateJournal,
    objects: Objects,
    before: t.Mapping[str, State],
    wanted: t.Mapping[str, State | None],
    *,
    recording: bool = True,
) -> None:
    differing = [name for name, state in wanted.items() if before.get(name) != state]
    if not differing:
        return
    _require_unmoved(objects, differing, before)
    done: list[str] = []
    try:
        for name in differing:
            fresh = None
            if recording and task.params["record"]:
                fresh = _record(
                    journal, task.params["record"], objects.kind, name, before.get(name), wanted[name]
                )
            try:
                _send(task, journal, objects, name, before.get(name), wanted[name])
            except (Refusal, ProductFault) as turned_away:
                # For sure: what somebody does by hand later is not ours to take back.
                if fresh is not None:
                    _close(journal, fresh, turned_away)
                raise
            done.append(name)
        _prove(objects, {name: wanted[name] for name in differing})
    except CucmError as error:
        if done:
            error.details.update(changed=True, done=done)
        raise


def _record(
    journal: StateJournal, purpose: str, kind: str, name: str, before: State | None, after: State | None
) -> dict[str, str] | None:
    """Write down what an object is before it is changed; return what names the record when it was not open before.

    What it was before an earlier change counts only as long as nobody else changed it since.
    """
    thing = {"purpose": purpose, "kind": kind, "name": name}
    earlier = next((item for item in journal.former() if thing.items() <= item.items()), None)
    if earlier is not None and before not in (earlier["before"], *earlier["steps"]):
        journal.append("restored", **thing)
        earlier = None
    journal.append("former", **thing, before=before, after=after)
    return thing if earlier is None else None


def _close(journal: StateJournal, thing: dict[str, str], turned_away: CucmError) -> None:
    """Close the record of a request that was turned away. One that stays open is harmless: the object is as it was."""
    try:
        journal.append("restored", **thing)
    except CucmError as unwritten:
        turned_away.message += f" Its record stays open: {unwritten.message}"
        turned_away.details["record"] = unwritten.code


def _send(
    task: Task, journal: StateJournal, objects: Objects, name: str, before: State | None, wanted: State | None
) -> None:
    """Send one request; wait while the cluster throttles, and after a lost answer read what became of it."""
    deadline, pause = task.clock.deadline(task.params["throttle_timeout"]), _FIRST_PAUSE
    while True:
        request = objects.request(name, before, wanted)
        task.progress(request.action)
        task.require_held()
        journal.sending(request.action)
        try:
            task.cluster.axl.call(request.operation, request.content)
            return
        except UnknownOutcome as error:
            if _is_so(objects, name, wanted, error):
                return
            raise
        except TransportError as error:
            if error.code != "throttled" or deadline.expired():
                raise
            task.progress(f"the cluster throttles writes; '{request.action}' waits {pause:g} s")
            deadline.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            # Minutes may have passed since the object was read.
            _require_unmoved(objects, [name], {name: before})


def _is_so(objects: Objects, name: str, wanted: State | None, lost: UnknownOutcome) -> bool:
    """Read whether a change happened whose answer was lost; what cannot be read stays unknown."""
    try:
        return objects.read().get(name) == wanted
    except CucmError as error:
        raise lost from error


def _require_unmoved(objects: Objects, names: t.Sequence[str], before: t.Mapping[str, State | None]) -> None:
    now = objects.read()
    moved = [name for name in names if now.get(name) != before.get(name)]
    if moved:
        raise Refusal(
            f"{objects.kind} {', '.join(moved)} was changed by someone else between reading and writing it; it was not written.",
            code="state_changed",
            details={name: {"before": before.get(name), "now": now.get(name)} for name in moved},
            remedy="Find out who else works on the cluster, then run this again: it reads first.",
        )


def _prove(objects: Objects, wanted: t.Mapping[str, State | None]) -> None:
    now = objects.read()
    wrong = {
        name: {"wanted": state, "seen": now.get(name)}
        for name, state in wanted.items()
        if now.get(name) != state
    }
    if wrong:
        raise Contradiction(
            f"The cluster accepted the change of {objects.kind} {', '.join(wrong)} and does not show it.",
            code="change_not_effective",
            details={"witnesses": wrong, "changed": True},
            remedy="Look at the object in Unified CM Administration, then run this again: it reads first.",
        )
