# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts a play takes, unless there are none or it would begin in the middle."""

from __future__ import annotations

DOCUMENTATION = r"""
name: clusters
author: ucops contributors (@ucops)
version_added: 0.1.0
short_description: The hosts of a play, of which there have to be some
description:
  - Returns patterns of hosts as they are given, for C(hosts) of a play. Ansible evaluates that before any task, so neither C(--limit)
    nor a tag leaves it out.
  - Fails when no host of the inventory matches, or none that C(--limit) leaves, since a play without hosts ends well; and when
    C(--start-at-task) is given, with which a play may end well without any task.
  - Made for the playbooks of this collection and not under semantic versioning.
options:
  _terms:
    description: Patterns of hosts.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Take the clusters
  hosts: "{{ query('ucops.cucm.clusters', 'cucm') }}"
"""

RETURN = r"""
_list:
  description: The patterns.
  type: list
  elements: str
"""

import typing as t

from ansible import context
from ansible.errors import AnsibleLookupError
from ansible.inventory.manager import InventoryManager
from ansible.plugins.lookup import LookupBase

_WRITTEN = ", ".join


class LookupModule(LookupBase):
    """The lookup."""

    def run(self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[str]:
        """Return the patterns."""
        patterns = [str(pattern) for term in terms for pattern in ([term] if isinstance(term, str) else term)]
        # Whoever only checks the syntax has no inventory.
        if context.CLIARGS.get("syntax"):
            return patterns
        if context.CLIARGS.get("start_at_task"):
            raise AnsibleLookupError(
                "A run of this playbook reads and judges every cluster from the beginning, so --start-at-task is not for it: nothing was "
                "done. Leave it out; what is done already is not done again."
            )
        self._require_hosts((variables or {}).get("groups") or {}, patterns, context.CLIARGS.get("subset"))
        return patterns

    def _require_hosts(
        self, groups: t.Mapping[str, t.Sequence[str]], patterns: list[str], limit: str | None
    ) -> None:
        named = _WRITTEN(patterns)
        inventory = InventoryManager(self._loader, parse=False)
        for group, hosts in groups.items():
            inventory.add_group(group)
            for host in hosts:
                inventory.add_host(host, group=group)
        if not inventory.get_hosts(patterns):
            raise AnsibleLookupError(
                f"No inventory host is in {named}, so there is no cluster: nothing was done. Put the clusters into the group cucm, or say "
                "in cucm_hosts which hosts they are."
            )
        inventory.subset(limit)
        if not inventory.get_hosts(patterns):
            raise AnsibleLookupError(
                f"--limit {limit} leaves no inventory host of {named}, so there is no cluster: nothing was done. Name hosts or groups of "
                "the inventory in it that are among them."
            )
