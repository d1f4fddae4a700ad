#!/usr/bin/python
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: expressway_c
short_description: Set the Expressway-C entries of a CUCM cluster
version_added: 0.1.0
author: ucops contributors (@ucops)
description:
  - Adds, changes and removes the entries of Device > Expressway-C, which SIP OAuth through Expressway (MRA) needs, by AXL.
  - The case of hosts and the order of subject names do not matter.
  - Needs the AXL account and release 12.5 or later.
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
  entries:
    description:
      - The entries.
      - Not accepted with C(state=gathered) or C(state=restored).
    type: list
    elements: dict
    suboptions:
      host:
        description: Host name or IP address of the Expressway-C, at most 255 characters.
        type: str
        required: true
      description:
        description: At most 50 characters. Unchanged if omitted; a new entry then has none.
        type: str
      subject_names:
        description:
          - Subject name and subject alternative names of the Expressway-C's certificate, at most 4096 characters including the commas
            between them.
          - Unchanged if omitted; a new entry then has none.
        type: list
        elements: str
  state:
    description:
      - V(present) adds or changes C(entries), V(absent) removes them by host.
      - V(exactly) makes C(entries) the only ones; an empty list removes all. An Expressway-C writes entries itself, so name those too.
      - V(restored) undoes the changes recorded under C(record).
      - V(gathered) changes nothing and returns C(entries).
    type: str
    choices: [present, absent, exactly, restored, gathered]
    default: present
"""

EXAMPLES = r"""
- name: Name the Expressway-C peers
  ucops.cucm.expressway_c:
    state: exactly
    entries:
      - host: exp-c1.example.com
        description: Peer 1
        subject_names: [exp-c1.example.com, exp-c.example.com]
      - host: exp-c2.example.com
        description: Peer 2
        subject_names: [exp-c2.example.com, exp-c.example.com]
    record: expressway

- name: Remove one
  ucops.cucm.expressway_c:
    state: absent
    entries:
      - host: exp-c2.example.com

- name: Undo all changes
  ucops.cucm.expressway_c:
    state: restored
    record: expressway
"""

RETURN = r"""
entries:
  description: The entries, in the form of the option with the same name.
  returned: with state V(gathered)
  type: list
  elements: dict
  sample:
    - description: Peer 1
      host: exp-c1.example.com
      subject_names: [exp-c1.example.com]
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

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import (
    CONNECTION_SPEC,
    JUDGEMENT_SPEC,
    Result,
    Task,
    run_module,
)
from ansible_collections.ucops.cucm.plugins.module_utils._objects import expressway_c
from ansible_collections.ucops.cucm.plugins.module_utils._objects.configuration import (
    WRITE_SPEC,
    bring,
    restore,
)

ARGUMENT_SPEC = {
    **CONNECTION_SPEC,
    **JUDGEMENT_SPEC,
    **WRITE_SPEC,
    "entries": {
        "type": "list",
        "elements": "dict",
        "options": {
            "host": {"type": "str", "required": True},
            "description": {"type": "str"},
            "subject_names": {"type": "list", "elements": "str"},
        },
    },
    "state": {
        "type": "str",
        "choices": ["present", "absent", "exactly", "restored", "gathered"],
        "default": "present",
    },
}


def run(task: Task) -> Result:
    """Bring the entries to the desired state."""
    cluster, state, entries = task.cluster, task.params["state"], task.params["entries"]
    objects = expressway_c.objects(cluster)
    if state in ("restored", "gathered"):
        if entries is not None:
            raise InputError(
                f"state {state} does not accept entries: it covers all of them.", remedy="Remove entries."
            )
        if state == "restored":
            return restore(task, objects)
        found = [{"host": host, **entry} for host, entry in expressway_c.read(cluster).items()]
        return Result(changed=False, before={}, after={}, facts={"entries": found})
    if entries is None:
        raise InputError(
            f"entries is required when state is {state}.",
            remedy="Set entries to a list, each with its host.",
        )
    expressway_c.check(entries)
    return bring(task, objects, expressway_c.wanted(entries, objects.read(), state))


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
