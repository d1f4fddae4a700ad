#!/usr/bin/python
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: smart_license
short_description: Read the smart licence of a CUCM cluster
version_added: 0.1.0
author: ucops contributors (@ucops)
description:
  - Tells whether the cluster is registered with Smart Licensing and whether export-controlled functionality is allowed, without which
    neither mixed mode nor a CTL update nor SIP OAuth mode can be set.
  - Reads by AXL, or by the platform command line when no AXL account is given.
extends_documentation_fragment:
  - ucops.cucm.connection
  - ucops.cucm.attributes
  - ucops.cucm.attributes.actiongroup
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
options:
  state:
    description: V(gathered) only reads.
    type: str
    choices: [gathered]
    default: gathered
  require_export_control:
    description: Fail unless the cluster is registered and export-controlled functionality is allowed.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Stop here unless the licence allows encryption
  ucops.cucm.smart_license:
    require_export_control: true
"""

RETURN = r"""
licence:
  description: C(registered) and C(export_allowed), and the product's own words.
  returned: success
  type: dict
before:
  description: The state before.
  returned: success
  type: dict
after:
  description: The state after; in check mode the state a run would reach.
  returned: success
  type: dict
operations:
  description: What was done, or in check mode would be done; each with C(node) and C(action).
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

from ansible_collections.ucops.cucm.plugins.module_utils._errors import Refusal
from ansible_collections.ucops.cucm.plugins.module_utils._facts import read_licence
from ansible_collections.ucops.cucm.plugins.module_utils._security.licence import Licence
from ansible_collections.ucops.cucm.plugins.module_utils._task import (
    CONNECTION_SPEC,
    Result,
    Task,
    run_module,
)

ARGUMENT_SPEC = {
    **CONNECTION_SPEC,
    "state": {"type": "str", "choices": ["gathered"], "default": "gathered"},
    "require_export_control": {"type": "bool", "default": False},
}


def _require(licence: Licence) -> None:
    if not licence.registered:
        raise Refusal(
            f"The cluster is not registered with Smart Licensing ({licence.registration or 'no status told'}).",
            code="licence_not_registered",
            details=licence.as_facts(),
            remedy="Register it with a token that allows export-controlled functionality.",
        )
    if not licence.export_allowed:
        raise Refusal(
            f"Export-controlled functionality is not allowed ({licence.export_control or 'not told'}).",
            code="export_control_not_allowed",
            details=licence.as_facts(),
            remedy="Register the cluster again with a token that has 'Allow export-controlled functionality' checked.",
        )


def run(task: Task) -> Result:
    """Read the licence."""
    licence = read_licence(task.cluster)
    if task.params["require_export_control"]:
        _require(licence)
    return Result(
        changed=False,
        before=licence.as_facts(),
        after=licence.as_facts(),
        facts={"licence": licence.as_facts()},
    )


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
