# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The judgement of the role rollout, for the steps that depend on it."""

    DOCUMENTATION = r"""
options:
  judgement:
    description:
      - The judgement of the cluster in this run, C(rollout_judgement) of the role C(rollout). The role passes it to each of its steps.
      - With it, the task fails before it changes anything unless this run judged the host, at its present address, for exactly these
        options, and the cluster that answers is the one that was judged.
      - Without it, the task runs without this check.
    type: str
"""
