# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``file delete tftp``: the one file command the lab has, to remove a CTL file that was left behind."""

from __future__ import annotations

from cucm_lab.platform_cli.context import Context
from cucm_lab.platform_cli.grammar import Command

CTL_FILE = "CTLFile.tlv"


async def _delete_tftp(context: Context) -> None:
    """Delete this node's CTL file ([V] TN118892; what is said when there is no file is [R])."""
    await context.pause(context.cluster.timings["command_s"])
    there = context.argument == CTL_FILE and context.node.ctl_file is not None
    deleted = 0
    if there and await context.ask(context.texts.say("file.delete.question", name=context.argument)) == "y":
        deleted = int(
            await context.carry_out(context.cluster.delete_ctl(node=context.node, account=context.account))
        )
    await context.say("file.delete.done", found=int(there), deleted=deleted)


COMMANDS = [
    Command(("file", "delete", "tftp"), 1, _delete_tftp, "filename", "something", True, True, False),
]
