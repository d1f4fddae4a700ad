# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changing a service on one node and waiting for the result. PRIVATE to the collection."""

from __future__ import annotations

import typing as t

from .._base.errors import (
    Contradiction,
    CucmError,
    DeadlineExceeded,
    ProductFault,
    ProtocolError,
    Refusal,
    TransportError,
    UnknownOutcome,
    after_change,
)
from .._cluster.cluster import Cluster
from .._cluster.nodes import Node
from .._module.task import Task
from .._reading.readers import activated_in_database, read_listening, read_services
from .._transport.control_center import REMEDIES, ControlCenter, Reason, ServiceState, Verdict

# Seconds of the controller's clock.
WAIT_SPEC: dict[str, dict[str, t.Any]] = {
    "wait_timeout": {"type": "float", "default": 600.0},
    "poll_interval": {"type": "float", "default": 5.0},
    "stable_for": {"type": "float", "default": 10.0},
}

_DATABASE_LAG = 30.0
_BUSY = frozenset({"throttled", "rate_limited"})
_BUSY_PAUSES = (2.0, 4.0, 8.0, 16.0, 32.0)


def read(cluster: Cluster, node: Node, name: str) -> ServiceState:
    """Return a service's state; absence is a state too."""
    states = read_services(cluster, node, name)
    return states.get(name) or ServiceState(name, "Unknown", -1010, "not listed by the node")


def require_agreement(cluster: Cluster, node: Node, state: ServiceState) -> None:
    """Raise Contradiction when the database and the node disagree about the activation of a service."""
    in_database = activated_in_database(cluster, node, state.name)
    if in_database is None or in_database == state.activated:
        return
    said = "activated" if state.activated else "not activated"
    raise Contradiction(
        f"{state.name} at {node.name}: Control Center reports {said}, the database the opposite.",
        details={"witnesses": {"control_center": state.activated, "database": in_database}},
        remedy="Check Service Activation in Cisco Unified Serviceability and database replication.",
    )


def activate(task: Task, node: Node, name: str, activated: bool, before: ServiceState) -> ServiceState:
    """Activate or deactivate a service and return its state once every witness shows it.

    Raises:
        Refusal: The node refused. DeadlineExceeded: It did not happen in time. Contradiction: Database and node disagree.
    """
    _ask(task, node, before, lambda center: center.deploy(name, activated))

    def done(state: ServiceState) -> bool:
        return state.activated == activated and (state.status == "Started" or not activated)

    what = f"to be {'activated and started' if activated else 'deactivated'}"
    state = _wait(task, node, before, done, what)
    _await_agreement(task, node, state)
    return state


@after_change()
def _await_agreement(task: Task, node: Node, state: ServiceState) -> None:
    """Wait until the publisher's database, which may lag a moment behind, agrees with the node."""
    deadline = task.clock.deadline(_DATABASE_LAG)
    while True:
        try:
            require_agreement(task.cluster, node, state)
            return
        except Contradiction:
            if deadline.expired():
                raise
            deadline.sleep(task.params["poll_interval"])


def await_started(task: Task, node: Node, before: ServiceState) -> ServiceState:
    """Wait for a service that is starting or stopping, and return its state once it is stable. Requests no change."""
    return _wait(task, node, before, lambda state: state.status == "Started", "to be started")


def start(task: Task, node: Node, before: ServiceState) -> ServiceState:
    """Start a stopped service, or wait for one that is already starting, and return its state once it is stable."""
    state = before
    deadline = task.clock.deadline(task.params["wait_timeout"])
    while state.status in ("Stopping", "Unknown") and not deadline.expired():
        deadline.sleep(task.params["poll_interval"])
        state = read(task.cluster, node, before.name)
    if state.status == "Stopped":
        _ask(task, node, state, lambda center: center.control(before.name, "Start"))
    return await_started(task, node, before)


def stop(task: Task, node: Node, before: ServiceState) -> ServiceState:
    """Stop a service and return its state once it stays stopped."""
    _ask(task, node, before, lambda center: center.control(before.name, "Stop"))
    return _wait(task, node, before, lambda state: state.status == "Stopped", "to be stopped")


def restart(task: Task, node: Node, before: ServiceState) -> ServiceState:
    """Restart a running service, and return its state once it is up again and stable.

    A request that was accepted but not carried out (the start time has not changed after the time a restart takes to begin)
    is sent once more, never a third time.

    Raises:
        Refusal, DeadlineExceeded: See their classes. UnknownOutcome: Sent twice, and the service never went down.
    """
    name = before.name
    for attempt in (1, 2):
        task.progress(f"{node.name}: restarting {name}")
        _ask(task, node, before, lambda center: center.control(name, "Restart"))
        try:
            return _wait(
                task,
                node,
                before,
                lambda state: state.status == "Started" and _is_another_run(state, before),
                "to be up again",
                ignored=lambda state: state.status == "Started" and not _is_another_run(state, before),
            )
        except _Ignored:
            task.progress(
                f"{node.name}: {name} did not go down" + ("; asking once more" if attempt == 1 else "")
            )
    raise UnknownOutcome(
        f"{name} at {node.name} accepted two restart requests and did not restart; it has been running since {before.started_at}.",
        code="restart_not_executed",
        details={"node": node.name, "service": name},
        remedy=f"Restart it by hand (utils service restart {name}), then run the task again.",
    )


@after_change()
def await_ports(task: Task, node: Node, name: str, ports: t.Collection[int]) -> None:
    """Wait until a node listens on every port, after a restart.

    Raises:
        DeadlineExceeded: It still does not after C(wait_timeout) seconds (C(service_not_listening)).
    """
    deadline = task.clock.deadline(task.params["wait_timeout"])
    missing = sorted(ports)
    while missing:
        try:
            listening = read_listening(task.cluster, node)
        except ProtocolError:
            listening = []
        missing = [port for port in missing if port not in listening]
        if missing and deadline.expired():
            raise DeadlineExceeded(
                f"{name} at {node.name} is up but does not listen on {', '.join(map(str, missing))} after {deadline.seconds:g} s. "
                "No further node was touched.",
                code="service_not_listening",
                details={"node": node.name, "service": name, "ports": missing},
                remedy="Check the node's CallManager logs; run the task again when it listens.",
            )
        if missing:
            deadline.sleep(task.params["poll_interval"])


class _Ignored(Exception):
    """A request was accepted and nothing happened."""


def _is_another_run(state: ServiceState, before: ServiceState) -> bool:
    """Return whether the service was started again. The node's clock may have been set back meanwhile."""
    if state.started_at is not None and before.started_at is not None:
        return state.started_at != before.started_at
    return state.uptime is not None and before.uptime is not None and state.uptime < before.uptime


def _ask(task: Task, node: Node, before: ServiceState, request: t.Callable[[ControlCenter], Verdict]) -> None:
    """Send a changing request once; repeat it only while the node reports that it is too busy and nothing happened."""
    name = before.name
    for pause in (*_BUSY_PAUSES, None):
        try:
            verdict = request(task.cluster.control_center(node))
            break
        except UnknownOutcome as error:
            # The service's state, which is read next, shows whether it was carried out.
            task.progress(
                f"{node.name}: no answer to the request ({error.message}); reading the state of {name}"
            )
            return
        except (TransportError, ProductFault) as error:
            if error.code not in _BUSY or pause is None:
                raise
            task.clock.sleep(pause)
            state = read(task.cluster, node, name)
            if _differs(state, before):
                task.progress(
                    f"{node.name}: {name} is {state.status}, although the node reported that it was busy"
                )
                return
    if verdict.reason is Reason.ABSENT:
        raise Refusal(
            f"{node.name} has no service {name!r}.",
            code="service_absent",
            details={"node": node.name, "service": name, "reason_code": verdict.reason_code},
            remedy="Check the spelling with cluster_info; not every release or node lists every service.",
        )
    if verdict.reason in (Reason.REFUSED, Reason.NOT_ACTIVATED):
        own = verdict.states[0] if verdict.states else None
        code = own.reason_code if own is not None and own.reason is verdict.reason else verdict.reason_code
        text = (own.reason_text if own is not None and own.reason_code == code else "") or verdict.reason_text
        raise Refusal(
            f"{node.name} refused the request for {name}: {text or 'no reason given'} ({code}).",
            code="service_not_activated" if verdict.reason is Reason.NOT_ACTIVATED else "service_refused",
            details={"node": node.name, "service": name, "reason_code": code},
            remedy=REMEDIES.get(code, "See the service's page in Cisco Unified Serviceability."),
        )


def _wait(
    task: Task,
    node: Node,
    before: ServiceState,
    done: t.Callable[[ServiceState], bool],
    what: str,
    ignored: t.Callable[[ServiceState], bool] | None = None,
) -> ServiceState:
    """Poll until C(done) holds for C(stable_for) seconds without a change of the start time."""
    clock, deadline = task.clock, task.clock.deadline(task.params["wait_timeout"])
    grace = clock.deadline(max(task.params["stable_for"], 3 * task.params["poll_interval"]))
    since, steady, state = clock.monotonic(), None, None
    trouble = ""
    while True:
        try:
            state = read(task.cluster, node, before.name)
        except (TransportError, ProtocolError, ProductFault) as error:
            state, trouble = None, error.message
        if state is None or not done(state):
            steady = None
        elif steady is None or state.started_at != steady.started_at:
            steady, since = state, clock.monotonic()
        if steady is not None and clock.monotonic() - since >= task.params["stable_for"]:
            return steady
        if ignored is not None and state is not None:
            if not ignored(state):
                ignored = None
            elif grace.expired():
                raise _Ignored
        if deadline.expired():
            raise _gave_up(node, before, what, state, trouble, deadline.seconds)
        deadline.sleep(task.params["poll_interval"])


def _differs(state: ServiceState, before: ServiceState) -> bool:
    return (state.status, state.activated, state.started_at) != (
        before.status,
        before.activated,
        before.started_at,
    )


def _gave_up(
    node: Node, before: ServiceState, what: str, state: ServiceState | None, trouble: str, seconds: float
) -> CucmError:
    seen = (
        f"it is {state.status} ({state.reason_text or state.reason_code})" if state is not None else trouble
    )
    return DeadlineExceeded(
        f"{before.name} at {node.name} had {seconds:g} s {what}, but {seen}. No further node was touched.",
        code="service_not_stable",
        details={
            "node": node.name,
            "service": before.name,
            "status": state.status if state else "unreadable",
            "changed": state is None or _differs(state, before),
        },
        remedy="Check the node's Control Center and its logs; run the task again when the service is up.",
    )
