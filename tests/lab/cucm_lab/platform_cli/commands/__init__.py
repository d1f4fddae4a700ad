# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of the platform CLI, one module for each thing they speak about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cucm_lab.platform_cli.grammar import Command

if TYPE_CHECKING:
    from cucm_lab.domain.releases import Release


def all_commands(release: Release) -> list[Command]:
    """Every command of a node of this release."""
    from cucm_lab.platform_cli.commands import (
        certificates,
        database,
        files,
        licence,
        node,
        policies,
        replication,
        risdb,
        security_mode,
        services,
        session,
        sip_oauth,
        trust_lists,
    )

    modules = (
        certificates,
        database,
        files,
        licence,
        node,
        policies,
        replication,
        risdb,
        security_mode,
        services,
        session,
        sip_oauth,
        trust_lists,
    )
    return [
        command
        for module in modules
        for command in module.COMMANDS
        if not command.needs or getattr(release, command.needs)
    ]
