# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What the role rollout judged, for the steps that go by it."""

    DOCUMENTATION = r"""
options:
  judgement:
    description:
      - What the role C(rollout) judged of the cluster in this run, its C(rollout_judgement). The role gives it to each of its steps.
      - With it the task fails before anything is changed, unless this run judged the host, where it is reached now, for just these
        options; and unless the cluster that answers is the one that was judged.
      - Without it the task does what it says.
    type: str
"""
