# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing configuration objects to a state by AXL, and back to their earlier state. PRIVATE to the collection.

An object is read, compared, written only where it differs, and read again. If the task names a C(record), the earlier
state is recorded first, so that a later run can undo the change.
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
    # Seconds. Throttling lasts until a backlog of 1,500 change notifications is processed (wire-facts 1.5).
    "throttle_timeout": {"type": "float", "default": 600.0},
}

# JSON-like and complete: two readings of an unchanged object are equal.
State = t.Any
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 30.0


@dataclass(frozen=True)
class Request:
    """An AXL request that brings one object from one state to another; C(action) describes it in words."""

    operation: str
    content: xml.Content
    action: str


@dataclass(frozen=True)
class Objects:
    """One kind of configuration object of a cluster.

    Attributes:
        kind: Its name in records and operations, for example C(enterprise_parameter).
        read: Returns the states of the existing objects by name.
        request: Returns the request that takes an object from one state to another (None: the object does not exist).
        keep: Returns why an object must not be restored although it could be; None if nothing prevents it.
    """

    kind: str
    read: t.Callable[[], t.Mapping[str, State]]
    request: t.Callable[[str, State | None, State | None], Request]
    keep: t.Callable[[str, State | None], str | None] = field(default=lambda name, state: None)


def bring(task: Task, objects: Objects, wanted: t.Mapping[str, State | None]) -> Result:
    """Bring the named objects to the desired states (None: absent); all others are left alone.

    Raises:
        Refusal: Someone else changed an object in between (C(state_changed)), or the record cannot be written.
        ProductFault: The cluster refused a request. Contradiction: A request was accepted but had no effect.
        UnknownOutcome: The answer was lost and the object is not in the desired state. C(details.changed) is whether
        an earlier request changed something.
    """
    before = objects.read()
    result = _result(objects, before, wanted, task.cluster.publisher.name)
    if result.changed and not task.check_mode:
        with task.exclusive() as journal:
            _make(task, journal, objects, before, wanted)
    return result


def restore(task: Task, objects: Objects) -> Result:
    """Undo the changes that earlier tasks recorded under the same C(record).

    An object that someone changed since is left alone and named in a warning, and so is one that C(keep) protects.
    The result has C(kept), the reasons by name.
    """
    purpose = task.params["record"]
    if not purpose:
        raise InputError(
            "record is required when state is restored: it is the name under which the changes were recorded.",
            remedy="Set record to the one of the tasks to undo.",
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
            reason = "someone else changed it since"
            settled.append(name)
        if reason is None:
            wanted[name] = item["before"]
            settled.append(name)
        else:
            kept[name] = reason
            task.warn(f"{objects.kind} {name} was left unchanged: {reason}.")
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
                # Durably: changes that someone makes by hand later must not be undone.
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
    """Record an object's state before a change; return the key of the record if it was not open before.

    The state before an earlier change counts only while nobody else has changed the object since.
    """
    thing = {"purpose": purpose, "kind": kind, "name": name}
    earlier = next((item for item in journal.former() if thing.items() <= item.items()), None)
    if earlier is not None and before not in (earlier["before"], *earlier["steps"]):
        journal.append("restored", **thing)
        earlier = None
    journal.append("former", **thing, before=before, after=after)
    return thing if earlier is None else None


def _close(journal: StateJournal, thing: dict[str, str], turned_away: CucmError) -> None:
    """Close the record of a rejected request. A record that stays open is harmless: the object has not changed."""
    try:
        journal.append("restored", **thing)
    except CucmError as unwritten:
        turned_away.message += f" Its record stays open: {unwritten.message}"
        turned_away.details["record"] = unwritten.code


def _send(
    task: Task, journal: StateJournal, objects: Objects, name: str, before: State | None, wanted: State | None
) -> None:
    """Send one request; wait while the cluster throttles, and read the outcome if the answer was lost."""
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
            # Minutes may have passed since the object was read, so it is read again.
            _require_unmoved(objects, [name], {name: before})


def _is_so(objects: Objects, name: str, wanted: State | None, lost: UnknownOutcome) -> bool:
    """Return whether a change with a lost answer happened; if that cannot be read, raise that it is unknown."""
    try:
        return objects.read().get(name) == wanted
    except CucmError as error:
        raise lost from error


def _require_unmoved(objects: Objects, names: t.Sequence[str], before: t.Mapping[str, State | None]) -> None:
    now = objects.read()
    moved = [name for name in names if now.get(name) != before.get(name)]
    if moved:
        raise Refusal(
            f"Someone else changed {objects.kind} {', '.join(moved)} between reading and writing it; it was not written.",
            code="state_changed",
            details={name: {"before": before.get(name), "now": now.get(name)} for name in moved},
            remedy="Find out who else works on the cluster, then run the task again; it reads the cluster first.",
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
            f"The cluster accepted the change of {objects.kind} {', '.join(wrong)}, but a new reading does not show it.",
            code="change_not_effective",
            details={"witnesses": wrong, "changed": True},
            remedy="Check the object in Unified CM Administration, then run the task again; it reads the cluster first.",
        )
