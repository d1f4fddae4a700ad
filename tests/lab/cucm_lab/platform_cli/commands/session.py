# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands about the session itself."""

from __future__ import annotations

from cucm_lab.platform_cli.context import Context, Failed
from cucm_lab.platform_cli.grammar import Command


async def _quit(context: Context) -> None:
    await context.say("session.goodbye")
    context.session.ended = True


async def _show_pagination(context: Context) -> None:
    await context.say("pagination.show", state="On" if context.session.pagination else "Off")


async def _set_pagination(context: Context) -> None:
    if context.argument not in ("on", "off"):
        await context.say("error.argument", argument=context.argument)
        raise Failed
    context.session.pagination = context.argument == "on"
    await context.say(f"pagination.set_{context.argument}")


async def _myself(context: Context) -> None:
    await context.say(
        "myself",
        node=context.node.host_name,
        account=context.account.username,
        privilege=context.account.privilege,
        commands=context.session.commands_entered,
    )


COMMANDS = [
    Command(("quit",), 0, _quit),
    Command(("exit",), 0, _quit),
    Command(("show", "cli", "pagination"), 0, _show_pagination),
    Command(("set", "cli", "pagination"), 0, _set_pagination, "{on|off}", "something"),
    Command(("show", "myself"), 0, _myself),
]
