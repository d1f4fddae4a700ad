# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How configuration objects are written, and taken back."""

    DOCUMENTATION = r"""
options:
  record:
    description:
      - Name under which the former state is written down in C(state_dir) before the first change, so that a later task with
        C(state=restored) and the same name takes it back.
      - With C(state=restored), the name whose changes are taken back. An object that somebody else changed since stays as it is and is
        named in a warning and in C(kept).
      - Without it nothing is written down.
    type: str
  throttle_timeout:
    description:
      - Seconds one request waits while the cluster throttles writes (HTTP 503).
      - A cluster does so while many change notifications are pending; nothing of a throttled request was done.
    type: float
    default: 600.0
"""
