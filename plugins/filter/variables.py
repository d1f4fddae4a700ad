# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator's variables say, in the form roles take it."""

from __future__ import annotations

import typing as t

from ansible_collections.ucops.cucm.plugins.plugin_utils import _variables as variables


def sip_oauth_settings(settings: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return what variables say of SIP OAuth; empty when it is to stay as it is."""
    return variables.sip_oauth_of(settings)


class FilterModule:
    """The filters of an operator's variables."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return name to filter."""
        return {"sip_oauth_settings": sip_oauth_settings}
