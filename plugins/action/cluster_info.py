# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.ucops.cucm.plugins.plugin_utils._in_process import InProcessAction


class ActionModule(InProcessAction):
    """The action of every module of the collection: the other files here are links to this one."""
