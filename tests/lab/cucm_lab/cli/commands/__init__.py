# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of the platform CLI, one module for each thing they speak about."""

from __future__ import annotations

from cucm_lab.cli.grammar import Command


def all_commands() -> list[Command]:
    """Every command of a node."""
    from cucm_lab.cli.commands import (
        certificates,
        database,
        files,
        licence,
        node,
        replication,
        security_mode,
        services,
        session,
        trust_lists,
    )

    modules = (
        certificates,
        database,
        files,
        licence,
        node,
        replication,
        security_mode,
        services,
        session,
        trust_lists,
    )
    return [command for module in modules for command in module.COMMANDS]
