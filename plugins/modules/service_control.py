#!/usr/bin/python
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_control
short_description: Start, stop or restart a service on a CUCM node
version_added: 0.1.0
author: ucops contributors (@ucops)
description:
  - Controls one service on one node through that node's Control Center and waits until it is stable.
  - A restart is proven by the service's start time. A request that was accepted but not carried out is sent once more, never a third time.
  - Restarting C(Cisco CallManager) interrupts the registration of the node's phones until they are back.
extends_documentation_fragment:
  - ucops.cucm.connection
  - ucops.cucm.connection.wait
  - ucops.cucm.judgement
  - ucops.cucm.attributes
  - ucops.cucm.attributes.actiongroup
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  node:
    description: Name of the node as the cluster lists it. Default is the publisher.
    type: str
  service:
    description: Name of the service as Control Center spells it.
    type: str
    required: true
  state:
    description:
      - V(started) and V(stopped) act only if the service is in another state. V(started) also waits for a service that is starting.
      - V(restarted) always restarts, except as limited by C(if_running_since).
    type: str
    choices: [started, stopped, restarted]
    default: started
  if_running_since:
    description:
      - Restart only if the service has been running since this time, the C(started_at) that M(ucops.cucm.cluster_info) returned.
      - A service that someone else restarted in the meantime is left alone.
    type: str
  only_wait:
    description: With V(started), send no request and only wait for a service that is starting.
    type: bool
    default: false
  listens_on:
    description:
      - TCP ports on which the node must listen when the service is up. After a start or restart the task waits for them, for at most
        C(wait_timeout), by C(show open ports) on the node's command line.
    type: list
    elements: int
    default: []
  others_up:
    description:
      - Services that must be up before this one is started, stopped or restarted. They are read under the lock, right before the
        request; if one is not up, the task fails (C(service_went_down)) and sends nothing to the node.
    type: list
    elements: dict
    default: []
    suboptions:
      node:
        description: Name of the node as the cluster lists it.
        type: str
        required: true
      service:
        description: Name of the service as Control Center spells it.
        type: str
        required: true
seealso:
  - module: ucops.cucm.service_activation
"""

EXAMPLES = r"""
- name: Restart CallManager on one node
  ucops.cucm.service_control:
    node: cucm-sub1
    service: Cisco CallManager
    state: restarted
"""

RETURN = r"""
before:
  description: The state before.
  returned: success
  type: dict
after:
  description: The state after; in check mode, the state a run would reach.
  returned: success
  type: dict
operations:
  description: The operations done, or in check mode the operations a run would do; each with C(node) and C(action).
  returned: success
  type: list
  elements: dict
failure:
  description: Why the task failed, for playbooks to branch on.
  returned: on failure
  type: dict
  contains:
    code:
      description: Stable word for the reason.
      type: str
    message:
      description: What went wrong and where.
      type: str
    details:
      description: Evidence.
      type: dict
    remedy:
      description: What to do next.
      type: str
"""

import typing as t

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import Refusal
from ansible_collections.ucops.cucm.plugins.module_utils._changes import service as _service_change
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.nodes import Node
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import (
    CONNECTION_SPEC,
    JUDGEMENT_SPEC,
    Result,
    Task,
    run_module,
)
from ansible_collections.ucops.cucm.plugins.module_utils._reading import readers
from ansible_collections.ucops.cucm.plugins.module_utils._security import plan
from ansible_collections.ucops.cucm.plugins.module_utils._transport.control_center import ServiceState

ARGUMENT_SPEC = {
    **CONNECTION_SPEC,
    **JUDGEMENT_SPEC,
    **_service_change.WAIT_SPEC,
    "node": {"type": "str"},
    "service": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["started", "stopped", "restarted"], "default": "started"},
    "if_running_since": {"type": "str"},
    "only_wait": {"type": "bool", "default": False},
    "listens_on": {"type": "list", "elements": "int", "default": []},
    "others_up": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "node": {"type": "str", "required": True},
            "service": {"type": "str", "required": True},
        },
    },
}


def _told(node: str, state: ServiceState) -> dict[str, t.Any]:
    started_at = state.started_at.isoformat() if state.started_at else None
    return {"node": node, "service": state.name, "status": state.status, "started_at": started_at}


def _require_others_up(task: Task) -> None:
    """Raise Refusal when a service that must be up is not: then no other may be restarted."""
    others = task.params["others_up"]
    down = plan.gone_down(others, readers.gather(task.cluster, {"services"})) if others else []
    if down:
        raise Refusal(
            "\n".join(["No further service was restarted:", *down]),
            code="service_went_down",
            details={"down": down},
            remedy="Check the named node; run the task again when its services are up.",
        )


def _restart(task: Task, node: Node, before: ServiceState) -> ServiceState:
    # A service that is down or starting needs no restart: it reads everything when it starts.
    change = _service_change.restart if before.status == "Started" else _service_change.start
    return change(task, node, before)


_CHANGES: dict[str, t.Callable[[Task, Node, ServiceState], ServiceState]] = {
    "started": _service_change.start,
    "stopped": _service_change.stop,
    "restarted": _restart,
}


def run(task: Task) -> Result:
    """Bring the service to the desired state."""
    cluster, name, wanted = task.cluster, task.params["service"], task.params["state"]
    node = cluster.node(task.params["node"]) if task.params["node"] else cluster.publisher
    state = _service_change.read(cluster, node, name)
    if state.present and not state.activated:
        _service_change.require_agreement(cluster, node, state)
    if not state.present or not state.activated:
        raise Refusal(
            f"{name!r} is {'not activated' if state.present else 'absent'} at {node.name}.",
            code="service_not_activated" if state.present else "service_absent",
            details={"node": node.name, "service": name},
            remedy="Activate it with ucops.cucm.service_activation first."
            if state.present
            else "Check the spelling with cluster_info.",
        )
    before = _told(node.name, state)
    if (wanted == "started" and state.status == "Started") or (
        wanted == "stopped" and state.status == "Stopped"
    ):
        return Result(changed=False, before=before, after=before)
    if wanted == "started" and task.params["only_wait"]:
        after = state if task.check_mode else _service_change.await_started(task, node, state)
        return Result(changed=False, before=before, after=_told(node.name, after))
    action = {"started": "start", "stopped": "stop", "restarted": "restart"}[wanted]
    operations = [{"node": node.name, "action": f"{action} {name}"}]
    if task.check_mode:
        reached = "Stopped" if wanted == "stopped" else "Started"
        after = {**before, "status": reached, "started_at": None}
        return Result(changed=True, before=before, after=after, operations=operations)
    with task.exclusive():
        # Read again under the lock: another run may have done it in the meantime.
        state = _service_change.read(cluster, node, name)
        before = _told(node.name, state)
        since = task.params["if_running_since"]
        if wanted == "restarted" and since and since != before["started_at"]:
            moving = state.status in ("Starting", "Stopping")
            after = _told(node.name, _service_change.await_started(task, node, state) if moving else state)
            return Result(changed=False, before=before, after=after)
        _require_others_up(task)
        after = _told(node.name, _CHANGES[wanted](task, node, state))
        _service_change.await_ports(task, node, name, task.params["listens_on"])
    return Result(changed=True, before=before, after=after, operations=operations)


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
