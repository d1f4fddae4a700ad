#!/usr/bin/python
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: enterprise_parameter
short_description: Set enterprise parameters and cluster-wide service parameters of a CUCM cluster
version_added: 0.1.0
author: ucops contributors (@ucops)
description:
  - Sets cluster-wide parameters by AXL, only those that differ, and reads them again.
  - All names and values are checked before the first one is written.
  - Can record the earlier values, and restore them.
  - Needs the AXL account. C(ClusterSecurityMode) and C(ClusterSIPOAuthMode) are never written; see M(ucops.cucm.security_mode).
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
  service:
    description:
      - The service of the parameters, in the cluster's spelling.
      - With C(state=restored), all recorded services are restored.
    type: str
    default: Enterprise Wide
  parameters:
    description:
      - Parameter names in the cluster's spelling, and the values as it stores them, which may differ from what the administration pages
        show. C(state=gathered) shows both.
      - Quote values. YAML converts an unquoted V(true), V(yes) or V(1.0), so these are refused; whole numbers need no quotes.
      - Blanks around a value are removed.
      - With C(state=gathered), the names to read; their values are ignored. Default is all.
    type: dict
  state:
    description:
      - V(present) sets C(parameters).
      - V(restored) undoes the changes recorded under C(record).
      - V(gathered) changes nothing and returns C(parameters).
    type: str
    choices: [present, restored, gathered]
    default: present
"""

EXAMPLES = r"""
- name: Show the stored values
  ucops.cucm.enterprise_parameter:
    state: gathered
    parameters:
      oAuthWithRefreshLoginFlow:
      OAuthAccessTokenForDevices:
  register: oauth

- name: Let clients keep their tokens for 30 days, and record the earlier value
  ucops.cucm.enterprise_parameter:
    parameters:
      refreshTokenExpiryTimer: "30"
    record: tokens

- name: Set a cluster-wide parameter of a service
  ucops.cucm.enterprise_parameter:
    service: Cisco Certificate Authority Proxy Function
    parameters:
      CAPFCertValidityDuration: "1825"

- name: Undo the change
  ucops.cucm.enterprise_parameter:
    state: restored
    record: tokens
"""

RETURN = r"""
parameters:
  description: The parameters by name, each with C(value) and C(type).
  returned: with state V(gathered)
  type: dict
  sample:
    refreshTokenExpiryTimer:
      type: long
      value: "60"
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

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import (
    CONNECTION_SPEC,
    JUDGEMENT_SPEC,
    Result,
    Task,
    run_module,
)
from ansible_collections.ucops.cucm.plugins.module_utils._objects import parameters
from ansible_collections.ucops.cucm.plugins.module_utils._objects.configuration import (
    WRITE_SPEC,
    bring,
    restore,
)

ARGUMENT_SPEC = {
    **CONNECTION_SPEC,
    **JUDGEMENT_SPEC,
    **WRITE_SPEC,
    "service": {"type": "str", "default": parameters.ENTERPRISE},
    "parameters": {"type": "dict"},
    "state": {"type": "str", "choices": ["present", "restored", "gathered"], "default": "present"},
}


def run(task: Task) -> Result:
    """Set the parameters to the desired values."""
    cluster, service, given = task.cluster, task.params["service"], task.params["parameters"]
    if task.params["state"] == "restored":
        return _restore(task)
    if given is None and task.params["state"] == "present":
        raise InputError(
            "parameters is missing: set it to names with their desired values.",
            remedy="List the parameters with state gathered.",
        )
    existing = parameters.read(cluster, service)
    release = cluster.axl.release()
    if task.params["state"] == "gathered":
        return _gathered(service, existing, existing if given is None else given, release)
    wanted = parameters.texts(service, given, existing)
    parameters.check(service, wanted, existing, release=release)
    names = {f"{service}/{name}": value for name, value in wanted.items()}
    return bring(task, parameters.objects(cluster, [service]), names)


def _gathered(
    service: str,
    existing: t.Mapping[str, parameters.Parameter],
    names: t.Iterable[str],
    release: str,
) -> Result:
    facts = {}
    for name in names:
        parameters.require_known(service, name, existing, release=release)
        facts[name] = existing[name].as_facts()
    return Result(changed=False, before={}, after={}, facts={"parameters": facts})


def _restore(task: Task) -> Result:
    if task.params["parameters"] is not None:
        raise InputError(
            "state restored undoes everything that was recorded; it does not accept parameters.",
            remedy="Remove parameters.",
        )
    recorded = task.journal().former() if task.params["record"] else []
    services = {parameters.service_of(item["name"]) for item in recorded if item["kind"] == parameters.KIND}
    return restore(task, parameters.objects(task.cluster, sorted(services)))


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
