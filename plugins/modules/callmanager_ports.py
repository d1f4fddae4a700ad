#!/usr/bin/python
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: callmanager_ports
short_description: Set the SIP OAuth ports of a CUCM cluster's CallManagers
version_added: 0.1.0
author: ucops contributors (@ucops)
description:
  - Sets the ports on which CallManager listens for phones in SIP OAuth mode, inside the network and through Expressway (MRA).
  - The cluster accepts the ports of a CallManager only as one block. The block is read, and written back with nothing else changed.
  - CallManager opens the new ports only after a restart, which this module does not do. See M(ucops.cucm.service_control).
  - Needs the AXL account. With a CLI account too, a port that another process on the node uses is refused.
extends_documentation_fragment:
  - ucops.cucm.connection
  - ucops.cucm.configuration
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
    description: Name of the node as the cluster lists it. Default is every node that has a CallManager.
    type: str
  sip_oauth_port:
    description: The port for phones inside the network, V(1024) to V(49151). Unchanged if omitted.
    type: int
  sip_oauth_mra_port:
    description: The port for phones through Expressway, V(1024) to V(49151). Unchanged if omitted.
    type: int
  state:
    description:
      - V(present) sets the ports.
      - V(restored) undoes the changes recorded under C(record), on every node.
      - V(gathered) changes nothing and returns C(callmanagers).
    type: str
    choices: [present, restored, gathered]
    default: present
"""

EXAMPLES = r"""
- name: Use other ports on every node
  ucops.cucm.callmanager_ports:
    sip_oauth_port: 5490
    sip_oauth_mra_port: 5491
    record: sip oauth ports

- name: Undo the change
  ucops.cucm.callmanager_ports:
    state: restored
    record: sip oauth ports

- name: Read all ports
  ucops.cucm.callmanager_ports:
    state: gathered
  register: ports
"""

RETURN = r"""
callmanagers:
  description:
    - For each node, the name of its C(callmanager) and its C(ports).
    - C(sip_oauth) and C(sip_oauth_mra) are null if the release does not have them.
  returned: with state V(gathered)
  type: dict
  sample:
    cucm-pub:
      callmanager: CM_cucm-pub
      ports:
        ethernet_phone: 2000
        mgcp_keep_alive: 2428
        mgcp_listen: 2427
        sip_oauth: 5090
        sip_oauth_mra: 5091
        sip_phone: 5060
        sip_phone_secure: 5061
before:
  description: The state of each requested object before, by name.
  returned: success
  type: dict
after:
  description: The state after; in check mode, the state a run would reach.
  returned: success
  type: dict
operations:
  description: The operations done, or in check mode the operations a run would do; each with C(node), C(action), C(before) and C(after).
  returned: success
  type: list
  elements: dict
kept:
  description: Objects that were not restored, by name, with the reason.
  returned: with state V(restored)
  type: dict
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
      description: Evidence. C(changed) and C(done) show what had been changed before the failure.
      type: dict
    remedy:
      description: What to do next.
      type: str
"""

import typing as t

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError, Refusal
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import (
    CONNECTION_SPEC,
    JUDGEMENT_SPEC,
    Result,
    Task,
    run_module,
)
from ansible_collections.ucops.cucm.plugins.module_utils._objects import callmanager_ports
from ansible_collections.ucops.cucm.plugins.module_utils._objects.configuration import (
    WRITE_SPEC,
    bring,
    restore,
)
from ansible_collections.ucops.cucm.plugins.module_utils._reading import readers

ARGUMENT_SPEC = {
    **CONNECTION_SPEC,
    **JUDGEMENT_SPEC,
    **WRITE_SPEC,
    "node": {"type": "str"},
    "sip_oauth_port": {"type": "int"},
    "sip_oauth_mra_port": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "restored", "gathered"], "default": "present"},
}


def run(task: Task) -> Result:
    """Set the ports to the desired numbers."""
    cluster, state = task.cluster, task.params["state"]
    given = {
        name: task.params[f"{name}_port"]
        for name in callmanager_ports.OAUTH
        if task.params[f"{name}_port"] is not None
    }
    if state == "restored":
        if given or task.params["node"]:
            raise InputError(
                "state restored undoes everything that was recorded; it does not accept node or ports.",
                remedy="Remove node and the ports.",
            )
        return restore(task, callmanager_ports.objects(cluster))
    if state == "present" and not given:
        raise InputError(
            "sip_oauth_port, sip_oauth_mra_port or both are required.",
            remedy="Set at least one; state gathered shows the current values.",
        )
    found = _chosen(cluster, callmanager_ports.read(cluster), task.params["node"])
    if state == "gathered":
        return Result(changed=False, before={}, after={}, facts={"callmanagers": found})
    callmanager_ports.require_sip_oauth(found, cluster.axl.release())
    for node, each in found.items():
        callmanager_ports.check(node, each["ports"], given)
    if cluster.has_account("cli"):
        for node, each in found.items():
            _check_listening(cluster, node, each["ports"], given)
    wanted = {
        node: {name: given.get(name, each["ports"][name]) for name in callmanager_ports.OAUTH}
        for node, each in found.items()
    }
    return bring(task, callmanager_ports.objects(cluster), wanted)


def _chosen(
    cluster: Cluster, found: t.Mapping[str, dict[str, t.Any]], name: str | None
) -> dict[str, dict[str, t.Any]]:
    if not name:
        return dict(found)
    node = cluster.node(name).name
    if node not in found:
        raise Refusal(
            f"{node} has no CallManager.",
            code="callmanager_absent",
            details={"node": node},
            remedy=f"CallManagers are on {', '.join(found)}.",
        )
    return {node: found[node]}


def _check_listening(
    cluster: Cluster, node: str, ports: t.Mapping[str, int | None], given: t.Mapping[str, int]
) -> None:
    """Raise Refusal when another process uses a new port; a node without a changed port is not asked."""
    moved = {name: port for name, port in given.items() if ports[name] != port}
    if moved:
        listening = readers.read_listening(cluster, cluster.node(node))
        callmanager_ports.check_listening(node, ports, moved, listening)


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
