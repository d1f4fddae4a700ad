# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options for writing and restoring configuration objects."""

    DOCUMENTATION = r"""
options:
  record:
    description:
      - Name under which the earlier state is recorded in C(state_dir) before the first change, so that a later task with
        C(state=restored) and the same name can undo it.
      - With C(state=restored), the name of the changes to undo. An object that someone else changed since is left alone and
        named in a warning and in C(kept).
      - Without it nothing is recorded.
    type: str
  throttle_timeout:
    description:
      - Seconds one request waits while the cluster throttles writes (HTTP 503).
      - A cluster throttles while many change notifications are pending; a throttled request has no effect.
    type: float
    default: 600.0
"""
