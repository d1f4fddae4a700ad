# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of a cluster, as an operator would write it in the inventory."""

from __future__ import annotations

import typing as t

from ansible_collections.ucops.cucm.plugins.module_utils._base import files
from ansible_collections.ucops.cucm.plugins.module_utils._facts.model import Facts
from ansible_collections.ucops.cucm.plugins.plugin_utils import _adoption as adoption
from ansible_collections.ucops.cucm.plugins.plugin_utils import _host_vars as written

# Bytes. No cluster has so much to say.
_LARGEST_FILE = 16 * 1024 * 1024


def host_vars(facts: Facts, cluster: str = "") -> str:
    """Return the text of a host_vars file that, applied, changes nothing."""
    return written.text(adoption.adopt(facts), facts, cluster)


def host_vars_remarks(facts: Facts) -> list[str]:
    """Return what host_vars leaves out and why, and what a rollout would do regardless of it."""
    return written.remarks(adoption.adopt(facts))


def own_host_vars(path: str) -> bool:
    """Return whether a file is as host_vars made it and has not been edited since; false for one that cannot be read."""
    try:
        return written.is_own(files.content(path, _LARGEST_FILE).decode("utf-8"))
    except (OSError, UnicodeDecodeError):
        return False


class FilterModule:
    """The filters of the playbook adopt."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return name to filter."""
        return {each.__name__: each for each in (host_vars, host_vars_remarks, own_host_vars)}
