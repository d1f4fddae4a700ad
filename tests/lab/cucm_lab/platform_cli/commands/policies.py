# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that read how a node is hardened: accounts, passwords, sessions, support access, SELinux, HAProxy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cucm_lab.platform_cli.context import Context, Failed
from cucm_lab.platform_cli.grammar import Command

_PORTS = ("6971", "6972", "9443")
"""[D] CLI15, and its edition for 12.5(1)SU3."""


async def _accounts(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    for account in context.cluster.accounts:
        if account.kind == "cli":
            await context.say("account.line", account=account.username, privilege=account.privilege)


async def _password(context: Context, what: str) -> None:
    await context.pause(context.cluster.timings["command_s"])
    value = getattr(context.settings, f"password_{what}")
    key = f"password.{what}" if value else f"password.{what}.disabled"
    await context.say(key, **({"value": value} if value else {}))


def _reading(what: str) -> Callable[[Context], Awaitable[None]]:
    async def run(context: Context) -> None:
        await _password(context, what)

    return run


async def _remote_account(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    state = "enabled" if context.settings.remote_account else "disabled"
    await context.say("remote_account.status", state=state)


async def _os_security(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    await context.say("os_security.status", mode=context.settings.os_security)


async def _web_timeout(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    await context.say("session_timeout.webapp", minutes=context.settings.webapp_timeout_minutes)


async def _cli_timeout(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    minutes = round(context.cluster.timings["cli_idle_s"] / 60)
    await context.say("session_timeout.cli", minutes=minutes)


async def _haproxy(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    if context.argument not in _PORTS:
        await context.say("haproxy.bad_port")
        raise Failed
    await context.say(
        "haproxy.client_auth", port=context.argument, state=context.settings.haproxy_client_auth
    )


async def _logins(context: Context) -> None:
    """``show logins``: those of the command line, newest first, as many as wanted ([D] CLI 12.5: 20)."""
    await context.pause(context.cluster.timings["command_s"])
    if context.argument.startswith("unsuccessful"):
        await context.say("error.not_simulated", what=f"{context.command.name} unsuccessful")
        raise Failed
    wanted = context.argument.removeprefix("last").strip() or "20"
    if not wanted.isdigit():
        await context.say("error.argument", argument=context.argument)
        raise Failed
    node = context.node
    found = [
        entry
        for entry in context.cluster.journal.entries()
        if (entry.node, entry.kind, entry.operation) == (node.name, "login", "ssh")
        and entry.detail["result"] == "accepted"
    ]
    for entry in found[: -int(wanted) - 1 : -1]:
        since = node.local_time(entry.time)
        await context.say(
            "logins.line", account=entry.account, since=f"{since:%a %b} {since.day:>2} {since:%H:%M}"
        )


COMMANDS = [
    Command(("show", "logins"), 0, _logins, "[number]", "anything"),
    Command(("show", "logins", "successful"), 0, _logins, "[last n]", "anything"),
    Command(("show", "account"), 4, _accounts),
    Command(("show", "password", "age"), 0, _reading("age")),
    Command(("show", "password", "inactivity"), 0, _reading("inactivity")),
    Command(("show", "password", "history"), 0, _reading("history")),
    Command(("show", "password", "expiry", "maximum-age"), 0, _reading("maximum_age")),
    Command(("show", "password", "expiry", "minimum-age"), 0, _reading("minimum_age")),
    Command(("show", "password", "complexity", "character"), 0, _reading("characters")),
    Command(("show", "password", "complexity", "length"), 0, _reading("length")),
    Command(("utils", "remote_account", "status"), 0, _remote_account),
    Command(("utils", "os", "secure", "status"), 0, _os_security),
    Command(("show", "webapp", "session", "timeout"), 0, _web_timeout),
    Command(("show", "cli", "session", "timeout"), 0, _cli_timeout),
    Command(("show", "haproxy", "client-auth"), 0, _haproxy, "portnum", "something", needs="oauth"),
]
"""Privilege levels: [D] CLI15; those of ``show password`` are [R]."""
