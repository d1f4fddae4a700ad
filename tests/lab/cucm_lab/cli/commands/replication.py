# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``utils dbreplication runtimestate`` ([V] pcdadmin 12.5.1 guide, release 15)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from cucm_lab.cli.context import Context, Failed
from cucm_lab.cli.grammar import Command
from cucm_lab.domain.replication import STATE_TEXT

if TYPE_CHECKING:
    from cucm_lab.domain.node import LabNode

_TABLES = 753
_GOOD = 2
_COLUMNS = "{:<24} {:<17} {:<9} {:<9} {:<8} {:<14} {}\n"
_HEAD = "".join(
    _COLUMNS.format(*titles)
    for titles in (
        ("", "", "PING", "DB/RPC/", "REPL.", "Replication", "REPLICATION SETUP"),
        ("SERVER-NAME", "IP ADDRESS", "(msec)", "DbMon?", "QUEUE", "Group ID", "(RTMT) & Details"),
        ("-----------", "----------", "------", "-------", "-----", "-----------", "------------------"),
    )
)


def _row(seen_from: LabNode, node: LabNode, group: int) -> str:
    state = node.replication
    itself = node is seen_from
    number = str(state.state)
    text = STATE_TEXT.get(state.state, "Unknown")
    if not node.up:
        number, text, checks, ping = "-", "DB Down", "N/N/N", "Failed"
    else:
        checks, ping = state.db_rpc_dbmon, f"{0.012 if itself else state.ping_ms:.3f}"
        # [P] ALETH: from a subscriber, the rows of its peers can read "(-)".
        if not seen_from.is_publisher and not itself:
            number = "-"
    detail = f"({number}) {text}"
    return _COLUMNS.format(node.name, node.address, ping, checks, state.queue, f"(g_{group})", detail)


def render(node: LabNode) -> Iterator[str]:
    """The report of ``node``."""
    cluster = node.cluster
    now = node.local_time()
    synchronised = all(each.replication.state == _GOOD and each.up for each in cluster.nodes.values())
    ended = (now - timedelta(days=20)).strftime("%Y-%m-%d-%H-%M")
    status = "All Tables are in sync" if synchronised else "Errors or Mismatches are found"
    version = "ccm" + cluster.version.replace(".", "_").replace("-", "_")
    yield f"Server Time: {now.strftime('%a %b')} {now.day:>2} {now.strftime('%H:%M:%S %Z %Y')}\n\n"
    yield f"Cluster Replication State: BROADCAST SYNC ended at: {ended}\n"
    yield f"     Sync Result: SYNC COMPLETED on {_TABLES} tables out of {_TABLES}\n"
    yield f"     Sync Status: {status}\n"
    yield (
        "     Use CLI to see detail: 'file view activelog cm/trace/dbl/"
        f"{ended.replace('-', '_')}_dbl_repl_output_Broadcast.log'\n\n"
    )
    yield f"DB Version: {version}\n\nRepltimeout set to: 300s\nPROCESS option set to: 1\n\n"
    yield f"Cluster Detailed View from {node.name} ({len(cluster.nodes)} Servers):\n\n"
    yield _HEAD
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
