# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings that a host's variables give."""

from __future__ import annotations

DOCUMENTATION = r"""
name: settings
author: ucops contributors (@ucops)
version_added: 0.1.0
short_description: What the variables of a host say
description:
  - The value of every C(cucm_) variable that a playbook uses, each read as what it is, with its default when the host has none.
  - Variables that say how a cluster is reached are not among them; the modules take those themselves.
  - Made for the playbooks of this collection and not under semantic versioning.
options:
  _terms:
    description: The playbook; V(rollout), V(compliance) or V(adopt).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- ansible.builtin.debug:
    msg: "{{ lookup('ucops.cucm.settings', 'rollout').cucm_wait_timeout }}"
"""

RETURN = r"""
_list:
  description: For each playbook a mapping of variables to values.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.ucops.cucm.plugins.plugin_utils import _host_variables as host_variables


class LookupModule(LookupBase):
    """The lookup."""

    def run(
        self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        """Return a mapping for each term."""
        try:
            return [host_variables.settings(variables or {}, self._templar, term) for term in terms]
        except ValueError as error:
            raise AnsibleLookupError(str(error)) from None
