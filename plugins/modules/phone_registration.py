#!/usr/bin/python
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: phone_registration
short_description: Record which phones of a CUCM cluster are registered, and wait until they are back
version_added: 0.1.0
author: ucops contributors (@ucops)
description:
  - Records by name which phones are registered before a change (a baseline), compares it with now, and waits until the phones are back.
    As many phones as before may be other phones, so a count proves nothing.
  - Reads the names of the phones by AXL, their registrations by RisPort, and the counters of the nodes by PerfMon. Changes nothing in the
    cluster.
  - The AXL account needs the role Standard CCM Server Monitoring or Standard RealtimeAndTraceCollection, and Standard CCM Admin Users.
  - RisPort costs one request for each 900 phones, or for each 450 when they have been at two nodes in the last days; a cluster answers 15
    a minute for all its clients. This module keeps to O(risport_rate), so reading 40,000 phones takes five to ten minutes, and
    recording them twice that. While it waits it asks PerfMon, three requests for each node and reading, and RisPort only for the
    phones it waits for, when their number is right or no longer changes.
  - A phone that could not be read is neither back nor missing; it is waited for as well.
extends_documentation_fragment:
  - ucops.cucm.connection
  - ucops.cucm.attributes
  - ucops.cucm.attributes.actiongroup
attributes:
  check_mode:
    support: full
    details: With V(back), check mode compares once and does not wait.
  diff_mode:
    support: full
options:
  state:
    description:
      - V(recorded) writes a baseline into O(state_dir). A baseline of the same C(name) stays, so that a run that is resumed compares
        with what was before the first one; see C(overwrite). The task fails (C(registrations_unread)) when a phone or a node could not
        be read.
      - V(compared) returns what the phones of a baseline are now.
      - V(back) waits until they are back, and fails (C(phones_missing)) with the missing ones by name when they are not within
        C(wait_timeout).
      - V(gathered) returns the registrations of all phones, and writes nothing.
    type: str
    choices: [recorded, compared, back, gathered]
    required: true
  name:
    description:
      - Name of the baseline. Letters, digits, full stops, hyphens and underscores.
    type: str
    default: rollout
  overwrite:
    description: With V(recorded), whether to replace a baseline of the same name.
    type: bool
    default: false
  leave_out:
    description:
      - With V(recorded), names of phones that are not part of the baseline, such as one whose status RisPort never knows.
    type: list
    elements: str
    default: []
  nodes:
    description:
      - With V(compared) and V(back), only the phones that were registered at these nodes; with V(back), the nodes whose CallManager was
        restarted. Default is all phones of the baseline.
    type: list
    elements: str
    default: []
  phones:
    description: With V(compared) and V(back), only these phones, and those of C(nodes).
    type: list
    elements: str
    default: []
  allowed_missing:
    description:
      - Percent of the phones that may stay away. Only phones that were stable at the baseline count; the others are named.
    type: float
    default: 0.0
  fail_back:
    description:
      - Whether phones must have returned to the node where they were. A phone at its backup node is in service either way, so after
        C(wait_timeout) this alone does not fail the task.
    type: bool
    default: true
  stable_for:
    description:
      - With V(back), seconds for which everything must stay as it was at the baseline. At least 130, because a lost SIP phone shows only
        at its next refresh.
      - With V(recorded), seconds between two readings, by which phones that register anew by themselves are known; V(0) reads once.
    type: float
    default: 150.0
  wait_timeout:
    description: Seconds after which V(back) fails.
    type: float
    default: 1800.0
  poll_interval:
    description: Seconds between two readings while waiting.
    type: float
    default: 20.0
seealso:
  - module: ucops.cucm.service_control
  - module: ucops.cucm.phone_reset
  - module: ucops.cucm.cluster_info
"""

EXAMPLES = r"""
- name: Record which phones are registered
  ucops.cucm.phone_registration:
    state: recorded
    name: window-2026-03-10

- name: Wait until the phones of a restarted node are back
  ucops.cucm.phone_registration:
    state: back
    name: window-2026-03-10
    nodes: [cucm-sub1]

- name: See what is different now
  ucops.cucm.phone_registration:
    state: compared
    name: window-2026-03-10
  register: phones
"""

RETURN = r"""
before:
  description:
    - The baseline; its C(name), the C(moment) when it was read, the number of C(phones) and of those that are C(stable), and C(nodes),
      node to the number of its phones. Null if there is none.
  returned: success
  type: dict
after:
  description:
    - With V(recorded) the baseline afterwards, in check mode the one that there would be. With V(compared) and V(back), how many phones
      are C(back), C(moved), C(partial), C(missing), C(unread) and C(new).
  returned: success
  type: dict
operations:
  description: What was recorded, or in check mode would be; each with C(node) and C(action).
  returned: success
  type: list
  elements: dict
comparison:
  description: The phones of the baseline now. Every phone compared is in exactly one of the first five.
  returned: with state V(compared) or V(back)
  type: dict
  contains:
    back:
      description: How many are in service at their node.
      type: int
    moved:
      description: Phones in service at another node, by name; the node.
      type: dict
    partial:
      description: Names of phones that had all of their lines and do not have them now.
      type: list
      elements: str
    missing:
      description:
        - Phones in service nowhere, each with C(name), C(model), C(pool), C(group), C(node) where it was, C(why) it is away, what C(to_do),
          and whether it was C(stable).
      type: list
      elements: dict
    unread:
      description: Phones that could not be read, by name; the reason.
      type: dict
    new:
      description: How many phones are in service that were not; 0 where only those of the baseline were asked for.
      type: int
registrations:
  description: Phone to its registration, as C(cluster_info) returns it.
  returned: with state V(gathered)
  type: dict
counts:
  description: Node to its counters by the names of PerfMon, null for a node that did not answer.
  returned: with state V(gathered)
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
      description: Evidence. C(missing), C(partial) and C(unread) have the phones of C(phones_missing).
      type: dict
    remedy:
      description: What to do next.
      type: str
"""

import typing as t
from collections import Counter

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.module_utils._changes import phone_baseline, phones_back
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import (
    CONNECTION_SPEC,
    Result,
    Task,
    run_module,
)
from ansible_collections.ucops.cucm.plugins.module_utils._phones import gate
from ansible_collections.ucops.cucm.plugins.module_utils._phones.registration import (
    Baseline,
    Comparison,
    compare,
)
from ansible_collections.ucops.cucm.plugins.module_utils._reading import registrations
from ansible_collections.ucops.cucm.plugins.module_utils._security.words import counted

ARGUMENT_SPEC = {
    **CONNECTION_SPEC,
    "state": {"type": "str", "choices": ["recorded", "compared", "back", "gathered"], "required": True},
    "name": {"type": "str", "default": "rollout"},
    "overwrite": {"type": "bool", "default": False},
    "leave_out": {"type": "list", "elements": "str", "default": []},
    "nodes": {"type": "list", "elements": "str", "default": []},
    "phones": {"type": "list", "elements": "str", "default": []},
    "allowed_missing": {"type": "float", "default": 0.0},
    "fail_back": {"type": "bool", "default": True},
    "stable_for": {"type": "float", "default": 150.0},
    "wait_timeout": {"type": "float", "default": 1800.0},
    "poll_interval": {"type": "float", "default": 20.0},
}


def run(task: Task) -> Result:
    """Record, compare, or wait."""
    return _STATES[task.params["state"]](task)


def _gathered(task: Task) -> Result:
    cluster = task.cluster
    told = registrations.ask(cluster)
    counts, _why = phone_baseline.read_counts(
        task, [node.name for node in registrations.running(cluster, told)]
    )
    listing = registrations.Listing(
        cluster, registrations.phones(cluster, told), lambda: registrations.nobody(counts)
    )
    return Result(
        changed=False, before=None, after=None, facts={"registrations": listing.states(), "counts": counts}
    )


def _recorded(task: Task) -> Result:
    name = task.params["name"]
    before = phone_baseline.stored(task, name)
    summary = _summary(name, before)
    if before is not None and not task.params["overwrite"]:
        return Result(changed=False, before=summary, after=summary)
    taken = phone_baseline.taken(task, task.params["leave_out"])
    action = f"record the registrations of {counted(len(taken['phones']), 'phone')} as {name}"
    operations = [{"node": task.cluster.publisher.name, "action": action}]
    if not task.check_mode:
        phone_baseline.document(task, name).write(taken)
    return Result(changed=True, before=summary, after=_summary(name, taken), operations=operations)


def _compared(task: Task) -> Result:
    name = task.params["name"]
    before = phone_baseline.required(task, name)
    names = _chosen(task, before)
    found = compare(before, phones_back.read(task, before, names), names)
    return _result(_summary(name, before), found)


def _back(task: Task) -> Result:
    limits, name = _limits(task), task.params["name"]
    if task.check_mode:
        return _compared(task)
    before = phone_baseline.required(task, name)
    names = _chosen(task, before)
    step = gate.Step(tuple(_nodes(task)), names)
    decision = phones_back.wait(task, before, step, limits)
    return _result(_summary(name, before), decision.phones or Comparison())


_STATES: t.Mapping[str, t.Callable[[Task], Result]] = {
    "gathered": _gathered,
    "recorded": _recorded,
    "compared": _compared,
    "back": _back,
}


def _limits(task: Task) -> gate.Limits:
    params = task.params
    if not 0 <= params["allowed_missing"] <= 100:
        raise InputError(
            f"allowed_missing is {params['allowed_missing']:g}; it is a number of percent, from 0 to 100.",
            code="share_invalid",
            remedy="Set it to the percent of the phones that may stay away.",
        )
    if params["stable_for"] < gate.LEAST_SETTLING:
        raise InputError(
            f"stable_for is {params['stable_for']:g} s; it must be at least {gate.LEAST_SETTLING:g} s, because a lost SIP phone shows "
            "only at its next refresh.",
            code="wait_too_short",
            details={"option": "stable_for", "value": params["stable_for"], "least": gate.LEAST_SETTLING},
            remedy="Remove stable_for, or set it to a longer time.",
        )
    return gate.Limits(
        settling=params["stable_for"],
        deadline=params["wait_timeout"],
        allowed_share=params["allowed_missing"] / 100,
        fail_back=params["fail_back"],
    )


def _nodes(task: Task) -> list[str]:
    """Return the nodes of the task by their names in the cluster. Raises InputError (C(node_unknown)) for one that it does not have."""
    return [task.cluster.node(name).name for name in task.params["nodes"]]


def _chosen(task: Task, before: Baseline) -> frozenset[str]:
    """Return the phones to compare. Raises InputError (C(phone_unknown)) for one that the baseline does not have."""
    unknown = sorted(set(task.params["phones"]) - before["phones"].keys())
    if unknown:
        raise InputError(
            f"The baseline does not have {', '.join(unknown[:20])}.",
            code="phone_unknown",
            details={"phones": unknown},
            remedy="Name phones as the cluster does; only those that were registered are in a baseline.",
        )
    return phones_back.chosen(before, _nodes(task), task.params["phones"])


def _summary(name: str, before: Baseline | None) -> dict[str, t.Any] | None:
    if before is None:
        return None
    phones = before["phones"].values()
    return {
        "name": name,
        "moment": before["moment"],
        "phones": len(phones),
        "stable": sum(phone["stable"] for phone in phones),
        "nodes": dict(sorted(Counter(phone["node"] for phone in phones).items())),
    }


def _result(summary: t.Any, found: Comparison) -> Result:
    comparison = {
        "back": len(found.back),
        "moved": dict(found.moved),
        "partial": list(found.partial),
        "missing": [phones_back.missing_facts(each) for each in found.missing],
        "unread": dict(found.unread),
        "new": len(found.new),
    }
    numbers = {key: value if isinstance(value, int) else len(value) for key, value in comparison.items()}
    return Result(changed=False, before=summary, after=numbers, facts={"comparison": comparison})


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
