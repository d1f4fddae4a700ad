# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Determining the outcome of something that was sent and whose answer was lost. PRIVATE to the collection.

Two equal readings at least C(settle_interval) seconds of device time apart count. Readings that show the wanted state count
at any time. Any other state may be one that the device is still working on: until the time limit of what was sent has passed
since, it is under way.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from .._base.clock import Clock
from .._base.errors import DeadlineExceeded, ProductFault, ProtocolError, TransportError, UnknownOutcome
from .task import Task

_T = t.TypeVar("_T")
LONGEST_SILENCE = 30.0
_LONGEST_PAUSE = 30.0
# A node that is busy, restarting or at its session limit answers again later.
PASSING = (TransportError, ProtocolError, ProductFault, DeadlineExceeded)


@dataclass
class Sent:
    """Something that may have left.

    Attributes:
        limit: The seconds it may take.
        since: When it left, by the controller's monotonic clock, in seconds of the cluster.
        device: When it left, or a little earlier, by the node's clock; None when that was not recorded.
        waited: The seconds that have passed at least since. Either clock may be set or stand still, so the smaller
            step of the two counts; a step back counts nothing.
    """

    limit: float
    since: float
    device: datetime | None
    waited: float = field(default=0.0, init=False)

    @property
    def over(self) -> bool:
        """Whether the command can no longer be under way."""
        return self.waited >= self.limit

    def seen(self, now: float, device: datetime) -> None:
        """Take both clocks into account."""
        self.waited += max(0.0, min(now - self.since, seconds_between(self.device, device)))
        self.since, self.device = now, device


@dataclass(frozen=True)
class Act:
    """What was sent, in words.

    Attributes:
        name: What it is called in messages.
        node: The node that has to be reached.
        look: Where a person can look it up by hand.
    """

    name: str
    node: str
    look: str


def cluster_seconds(clock: Clock) -> float:
    """Return the controller's monotonic clock in seconds of the cluster."""
    return clock.monotonic() * clock.pace


def seconds_between(earlier: datetime | None, later: datetime) -> float:
    """Return the seconds between two readings of a device's clock, 0 when they cannot be compared."""
    if earlier is None or (earlier.tzinfo is None) != (later.tzinfo is None):
        return 0.0
    return (later - earlier).total_seconds()


def patience(task: Task, sent: Sent) -> float:
    """Return the seconds of the controller after which its outcome stays unknown."""
    settle: float = task.params["settle_timeout"]
    return sent.limit / task.clock.pace + settle


class Progress:
    """Reports what a run waits for: whenever it changes, and at least every 30 seconds."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._last, self._at = "", task.clock.monotonic()

    def tell(self, what: str, before: str = "") -> None:
        """Report it; C(before), which changes with time alone, is put before it."""
        now = self._task.clock.monotonic()
        if what == self._last and now - self._at < LONGEST_SILENCE:
            return
        self._last, self._at = what, now
        self._task.progress(before + what)


class Report:
    """Reports what is waited for after something was sent, and since when."""

    def __init__(self, task: Task, act: Act, sent: Sent) -> None:
        self.act, self._sent, self._progress = act, sent, Progress(task)

    def tell(self, what: str) -> None:
        """Report it as C(Progress) does."""
        stage = "has had its time" if self._sent.over else "is under way"
        self._progress.tell(
            what,
            f"{self.act.name} {stage}: sent {self._sent.waited:.0f} s ago, may take {self._sent.limit:g} s; ",
        )


def settled(
    task: Task,
    sent: Sent,
    report: Report,
    read: t.Callable[[], tuple[_T, datetime]],
    reached: t.Callable[[_T], bool],
    told: t.Callable[[_T], str],
    details: t.Callable[[_T], dict[str, t.Any]],
) -> tuple[_T, bool]:
    """Return what two equal readings show, and whether the command has certainly ended.

    Args:
        read: Returns a reading, and the node's clock at it. It is tried again as long as it raises what passes.
        reached: Returns whether a reading shows the desired state in full, so that it counts before the limit.
        told: Puts a reading into words. details: Returns the evidence when nothing could be concluded.

    Raises:
        UnknownOutcome: Nothing could be concluded C(settle_timeout) seconds after the limit, or nothing read for so long.
    """
    interval, act = task.params["settle_interval"], report.act
    deadline = task.clock.deadline(patience(task, sent))
    first: tuple[_T, datetime] | None = None
    while True:
        state, moment = reading = patient(task, report, read)
        sent.seen(cluster_seconds(task.clock), moment)
        if not sent.over and not reached(state):
            first = None
        elif first is None or state != first[0] or seconds_between(first[1], moment) < 0:
            first = reading
        elif seconds_between(first[1], moment) >= interval:
            return state, sent.over
        report.tell(told(state))
        if deadline.expired():
            raise UnknownOutcome(
                f"The outcome of {act.name} could not be determined within {deadline.seconds:g} s: "
                + (
                    "the readings keep changing."
                    if sent.over
                    else "it is under way, or a clock stands still."
                ),
                details=details(state),
                remedy=f"Check the cluster by hand ({act.look}), then run the task again; it reads the cluster first.",
            )
        deadline.sleep(min(task.params["poll_interval"], LONGEST_SILENCE))


def patient(task: Task, report: Report, read: t.Callable[[], _T]) -> _T:
    """Read until there is an answer; give up after C(settle_timeout) seconds without one."""
    act, deadline = report.act, task.clock.deadline(task.params["settle_timeout"])
    pause = min(task.params["poll_interval"], 2.0)
    while True:
        try:
            return read()
        except PASSING as error:
            if deadline.expired():
                raise UnknownOutcome(
                    f"The outcome of {act.name} could not be read within {deadline.seconds:g} s: {error.message}",
                    remedy=f"Make {act.node} reachable, then run the task again; it reads the cluster first.",
                    details={"last_error": error.code},
                ) from error
            report.tell(f"{act.node} cannot be read ({error.message})")
            # Ever longer, since every try may be a login at a node that has no session left.
            deadline.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
