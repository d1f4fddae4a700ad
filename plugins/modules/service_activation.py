#!/usr/bin/python
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_activation
short_description: Activate or deactivate a service on a CUCM node
version_added: 0.1.0
author: ucops contributors (@ucops)
description:
  - Activates (deploys) or deactivates a feature service on one node through that node's Control Center, and waits until Control Center and
    the database both show it.
  - Waits for a service that is activated and still starting.
  - Activation is not control; a started service is activated, but an activated one may be stopped. See M(ucops.cucm.service_control).
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
    description: The desired state.
    type: str
    choices: [activated, deactivated]
    default: activated
  absent_ok:
    description:
      - Whether the node may lack the service altogether. Release 15 may not have C(Cisco CTL Provider).
      - The task then changes nothing and returns C(absent).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Activate CAPF on the publisher
  ucops.cucm.service_activation:
    service: Cisco Certificate Authority Proxy Function

- name: Activate the CTL Provider on releases that have it
  ucops.cucm.service_activation:
    service: Cisco CTL Provider
    absent_ok: true
"""

RETURN = r"""
absent:
  description: Whether the node lacks the service.
  returned: success
  type: bool
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
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import (
    CONNECTION_SPEC,
    JUDGEMENT_SPEC,
    Result,
    Task,
    run_module,
)
from ansible_collections.ucops.cucm.plugins.module_utils._transport.control_center import ServiceState

ARGUMENT_SPEC = {
    **CONNECTION_SPEC,
    **JUDGEMENT_SPEC,
    **_service_change.WAIT_SPEC,
    "node": {"type": "str"},
    "service": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["activated", "deactivated"], "default": "activated"},
    "absent_ok": {"type": "bool", "default": False},
}


def _facts(node: str, state: ServiceState) -> dict[str, t.Any]:
    return {"node": node, "service": state.name, "activated": state.activated, "status": state.status}


def run(task: Task) -> Result:
    """Bring the activation to the desired state."""
    cluster, name = task.cluster, task.params["service"]
    node = cluster.node(task.params["node"]) if task.params["node"] else cluster.publisher
    wanted = task.params["state"] == "activated"
    state = _service_change.read(cluster, node, name)
    before = _facts(node.name, state)
    if not state.present:
        if task.params["absent_ok"] or not wanted:
            return Result(changed=False, before=before, after=before, facts={"absent": True})
        raise Refusal(
            f"{node.name} has no service {name!r}.",
            code="service_absent",
            details={"node": node.name, "service": name},
            remedy="Check the spelling with cluster_info, or set absent_ok if the release may lack it.",
        )
    _service_change.require_agreement(cluster, node, state)
    facts = {"absent": False}
    if state.activated == wanted:
        if wanted and state.status == "Starting" and not task.check_mode:
            state = _service_change.await_started(task, node, state)
        return Result(changed=False, before=before, after=_facts(node.name, state), facts=facts)
    operations = [{"node": node.name, "action": f"{'activate' if wanted else 'deactivate'} {name}"}]
    if task.check_mode:
        after = {**before, "activated": wanted, "status": "Started" if wanted else "Stopped"}
        return Result(changed=True, before=before, after=after, operations=operations, facts=facts)
    with task.exclusive():
        task.progress(f"{node.name}: {operations[0]['action']}")
        after = _facts(node.name, _service_change.activate(task, node, name, wanted, state))
    return Result(changed=True, before=before, after=after, operations=operations, facts=facts)


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
