# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Problems with the variables of all hosts in a play."""

from __future__ import annotations

DOCUMENTATION = r"""
name: variable_problems
author: ucops contributors (@ucops)
version_added: 0.1.0
short_description: What is wrong with the variables of all hosts of a play
description:
  - Looks at the C(cucm_) variables of all hosts of the play; names that do not exist, and values that cannot be what they are meant to be.
  - No cluster is asked, and no value of a password is shown.
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
    msg: "{{ query('ucops.cucm.variable_problems', 'rollout') }}"
"""

RETURN = r"""
_list:
  description: One line for each problem, with the hosts that have it; empty when there is none.
  type: list
  elements: str
"""

import typing as t

from ansible.plugins.lookup import LookupBase

from ansible_collections.ucops.cucm.plugins.plugin_utils import _host_variables as host_variables


class LookupModule(LookupBase):
    """The lookup."""

    def run(self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[str]:
        """Return the lines."""
        return [
            line for term in terms for line in host_variables.problems(variables or {}, self._loader, term)
        ]
