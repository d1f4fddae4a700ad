# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``show risdb query phone``: the phones in the RIS database of this node ([C] phone-facts 12, row 18, and parsers of public scripts)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cucm_lab.platform_cli.context import Context, Failed
from cucm_lab.platform_cli.grammar import Command

if TYPE_CHECKING:
    from cucm_lab.domain.phones.view import RisRow

_STATUS = {
    "Registered": "reg",
    "UnRegistered": "unr",
    "PartiallyRegistered": "par-reg",
    "Rejected": "rej",
}
"""[C]."""


def line(row: RisRow, number: int) -> str:
    """A phone as the table has it: 26 columns, of which the places of six are public ([C]); the others are empty or invented."""
    mac = row.name.removeprefix("SEP") if row.name.startswith("SEP") else ""
    changed = int(row.timestamp)
    columns = (
        row.name,
        row.description,
        row.address,
        *("", "", ""),
        mac,
        _STATUS[row.status],
        row.protocol,
        row.model,
        "no",
        1,
        row.model,
        row.login_user,
        number,
        changed,
        "ipv4" if row.address else "",
        *(row.active_load, row.active_load, "", ""),
        *("", "", ""),
        changed,
        2,
    )
    return ", ".join(map(str, columns))


async def _query(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    if context.argument != "phone":
        await context.say("error.not_simulated", what=f"{context.command.name} {context.argument}")
        raise Failed
    node = context.node
    if not node.answers_ris:
        await context.say("risdb.not_running")
        raise Failed
    phones = context.cluster.phones
    rows = [row for row in phones.rows(node.name) if row.device_class == "Phone"]
    states = Counter(row.status for row in rows)
    protocols = Counter(row.protocol for row in rows if row.status == "Registered")
    await context.say(
        "risdb.head",
        total=len(rows),
        registered=states["Registered"],
        sccp=protocols["SCCP"],
        sip=protocols["SIP"],
        unregistered=states["UnRegistered"],
        rejected=states["Rejected"],
        partly=states["PartiallyRegistered"],
        state=phones.state(node.name)[1],
    )
    await context.out("".join(f"{line(row, number)}\n" for number, row in enumerate(rows, start=1)))
    await context.say("risdb.tail", total=len(rows))


COMMANDS = [Command(("show", "risdb", "query"), 0, _query, "phone", "something")]
