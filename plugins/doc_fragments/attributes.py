# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The attributes every module documents."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the operations a run would do, without changing anything.
  diff_mode:
    description: Returns what changed, or in check mode would change, as before and after.
"""

    ACTIONGROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/ucops.cucm.cluster) in C(module_defaults) to set the connection once.
    support: full
    membership:
      - ucops.cucm.cluster
"""
