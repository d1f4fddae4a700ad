# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key that identifies one run of Ansible."""

from __future__ import annotations

import os

# Ansible loads the action of the first module task, and with it this file, in its parent process. So every forked worker
# of a run has the same key, and no other run has it. A worker that loads it by itself has a key that fits nothing.
RUN_KEY = os.urandom(32)
