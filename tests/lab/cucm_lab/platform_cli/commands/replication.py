# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``utils dbreplication runtimestate`` ([V] pcdadmin 12.5.1 guide, release 15; TN215013 for names without their domain)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from cucm_lab.platform_cli.context import Context, Failed
from cucm_lab.platform_cli.grammar import Command

if TYPE_CHECKING:
    from cucm_lab.domain.node import LabNode

_TABLES = 753
_GOOD = 2


def _row(seen_from: LabNode, node: LabNode, group: int) -> str:
    texts = node.cluster.texts
    state = node.replication
    itself = node is seen_from
    number = str(state.state)
    if not node.up:
        number, text, checks, ping = "-", texts["replication.down"], "N/N/N", "Failed"
    else:
        text = texts[f"replication.state.{state.state}"]
        checks, ping = state.db_rpc_dbmon, f"{0.012 if itself else state.ping_ms:.3f}"
        # [P] ALETH: from a subscriber, the rows of its peers can read "(-)".
        if not seen_from.is_publisher and not itself:
            number = "-"
    return texts.say(
        "replication.row",
        node=node.host_name,
        address=node.address,
        ping=ping,
        checks=checks,
        queue=state.queue,
        group=f"(g_{group})",
        state=number,
        text=text,
    )


def render(node: LabNode) -> Iterator[str]:
    """The report of ``node``."""
    cluster = node.cluster
    texts = cluster.texts
    now = node.local_time()
    synchronised = all(each.replication.state == _GOOD and each.up for each in cluster.nodes.values())
    ended = (now - timedelta(days=20)).strftime("%Y-%m-%d-%H-%M")
    yield texts.say(
        "replication.head",
        now=f"{now.strftime('%a %b')} {now.day:>2} {now.strftime('%H:%M:%S %Z %Y')}",
        ended=ended,
        tables=_TABLES,
        status=texts["replication.in_sync" if synchronised else "replication.mismatch"],
        log=ended.replace("-", "_"),
        version="ccm" + cluster.version.replace(".", "_").replace("-", "_"),
        node=node.host_name,
        count=len(cluster.nodes),
    )
    for number, each in enumerate(cluster.nodes.values(), start=2):
        yield _row(node, each, number)


async def _runtime_state(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    database = context.node.services.get("A Cisco DB")
    if database is not None and database.status != "Started":
        await context.say("replication.no_database")
        raise Failed
    if len(context.cluster.nodes) == 1:
        await context.say("replication.single")
        return
    for piece in render(context.node):
        await context.out(piece)


COMMANDS = [Command(("utils", "dbreplication", "runtimestate"), 0, _runtime_state)]
