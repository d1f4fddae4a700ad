# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``run sql``: read-only queries, printed as the device's table."""

from __future__ import annotations

from cucm_lab.domain.database import Table
from cucm_lab.domain.errors import SqlError
from cucm_lab.platform_cli.context import Context, Failed
from cucm_lab.platform_cli.grammar import Command

NULL = "NULL"
_CHANGES = ("insert", "update", "delete")
"""[V] levensailor's README: a device carries these out."""


def render(table: Table) -> str:
    """A table as ``run sql`` prints it ([V] TN118893): names, a row of ``=``, padded values."""
    rows = [[NULL if value is None else value for value in row] for row in table.rows]
    widths = [
        max(len(name), *(len(row[position]) for row in rows)) if rows else len(name)
        for position, name in enumerate(table.columns)
    ]

    def line(values: list[str]) -> str:
        return " ".join(value.ljust(width) for value, width in zip(values, widths, strict=True)) + "\n"

    body = "".join(line(row) for row in rows)
    return line(list(table.columns)) + " ".join("=" * width for width in widths) + "\n" + body


async def _run_sql(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    word = context.argument.split(None, 1)[0].lower()
    if word in _CHANGES:
        await context.say("error.not_simulated", what=" ".join((*context.command.words, word)))
        raise Failed
    if word != "select":
        await context.say("sql.read_only")
        raise Failed
    try:
        table = context.cluster.database.query(context.argument)
    except SqlError as error:
        await context.say("sql.error", message=context.texts.say(error.key, **error.values))
        raise Failed from None
    if not table.rows and context.settings.sql_no_rows == "sentence":
        await context.say("sql.no_rows")
        return
    await context.out(render(table))


COMMANDS = [Command(("run", "sql"), 0, _run_sql, "sql_statement", "something")]
