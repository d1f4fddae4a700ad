# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the node itself: version, status, network, time, backup and hardening settings."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cucm_lab.domain.listeners import listening
from cucm_lab.platform_cli.commands.trust_lists import device_date
from cucm_lab.platform_cli.context import Context, Failed
from cucm_lab.platform_cli.grammar import Command

if TYPE_CHECKING:
    from cucm_lab.domain.node import LabNode
    from cucm_lab.texts import Texts

_NTP_PID = 6512


async def _version(context: Context) -> None:
    await context.pause(context.cluster.timings["show_version_s"])
    await context.say("version.active", version=context.cluster.version)
    for name in context.settings.software_options.split():
        await context.say("version.option", name=name)
    if not context.settings.software_options:
        await context.say("version.no_options")


async def _inactive_version(context: Context) -> None:
    await context.pause(context.cluster.timings["show_version_s"])
    version = context.settings.inactive_version
    await context.say("version.inactive" if version else "version.none_inactive", version=version)


async def _date(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    now = context.node.local_time()
    await context.say("date", date=f"{now:%a %b} {now.day:>2} {now:%H:%M:%S %Z %Y}")


async def _hardware(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    await context.say("hardware")


async def _ntp_servers(context: Context) -> None:
    """``utils ntp server list``: a subscriber asks the publisher ([D] TN215013), so it has none of its own ([R])."""
    await context.pause(context.cluster.timings["command_s"])
    if context.argument:
        await context.say("ntp.usage")
        return
    if not context.node.is_publisher:
        await context.say("ntp.no_server")
        return
    await context.say("ntp.server", server=context.settings.ntp_server)


def render_status(node: LabNode) -> str:
    """``show status``."""
    texts = node.cluster.texts
    now = node.local_time()
    up = node.cluster.clock.now() - node.started_at
    hours, rest = divmod(up.seconds, 3600)
    return texts.say(
        "status",
        node=node.host_name,
        date=f"{now.strftime('%a %b')} {now.day}, {now.strftime('%Y %H:%M:%S')}",
        zone=f"{now.tzname()} ({node.timezone})",
        version=node.cluster.version,
        time=now.strftime("%H:%M:%S"),
        uptime=texts.say("status.uptime", days=up.days, hours=hours, minutes=rest // 60),
    )


async def _status(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    await context.out(render_status(context.node))


def render_network_cluster(node: LabNode) -> Iterator[str]:
    """``show network cluster`` ([V] TN221069 for 9.1, CTMCP for 15, TN215013 for its names)."""
    texts = node.cluster.texts
    for each in node.cluster.nodes.values():
        yield _member(node, each)
    for number, name in enumerate(node.cluster.spec.imp_nodes):
        yield _presence(node, number, name)
    yield texts["network.table"]
    for (name,) in node.cluster.database.execute("select name from processnode order by nodeid"):
        yield f"{name}\n"


def _member(node: LabNode, each: LabNode) -> str:
    """The row that ``node`` has of another node, or of itself."""
    columns = {
        "address": each.address,
        "name": each.full_name,
        "node": each.host_name,
        "role": "Publisher" if each.is_publisher else "Subscriber",
        "product": "callmanager",
        "database": "DBPub" if each.is_publisher else "DBSub",
    }
    if each is node:
        return node.cluster.texts.say("network.itself", **columns)
    since = _stamp(node, max(each.started_at, node.started_at))
    if each.up:
        return node.cluster.texts.say("network.authenticated", **columns, since=since)
    known = {name: columns[name] for name in ("address", "node", "role")}
    return node.cluster.texts.say("network.not_authenticated", **known, since=since)


def _presence(node: LabNode, number: int, name: str) -> str:
    """The row of an IM and Presence node, whose address is one for documentation ([V] a TAC document with such rows)."""
    return node.cluster.texts.say(
        "network.authenticated",
        address=f"192.0.2.{100 + number}",
        name=name,
        node=name.partition(".")[0],
        role="Subscriber",
        product="cups",
        database="DBSub" if number else "DBPub",
        since=_stamp(node, node.started_at),
    )


def _stamp(node: LabNode, moment: datetime) -> str:
    """Since when the nodes have known each other: a minute after both were up."""
    since = node.local_time(moment + timedelta(seconds=60))
    return f"{since.strftime('%a %b')} {since.day} {since.strftime('%H:%M:%S %Y')}"


async def _network_cluster(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    await context.out("".join(render_network_cluster(context.node)))


async def _ntp(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    settings = context.settings
    if settings.ntp_synchronised:
        await context.say(
            "ntp.synchronised", pid=_NTP_PID, server=settings.ntp_server, refid=".GPS.", when=312, stratum=3
        )
    else:
        await context.say("ntp.unsynchronised", pid=_NTP_PID, server=settings.ntp_server)


async def _upgrade(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    if context.settings.upgrade_failed and not context.settings.upgrade_running:
        file = f"UCSInstall_UCOS_{context.cluster.version}.sha512.iso"
        await context.say("upgrade.failed", file=file, log="install_log_2026-07-31.20.52.39.log")
        return
    await context.say("upgrade.running" if context.settings.upgrade_running else "upgrade.none")


async def _backup(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    settings = context.settings
    if settings.last_backup == "none":
        await context.say("backup.none")
        return
    if settings.last_backup == "unreachable":
        await context.say("backup.master_unreachable", host=context.cluster.publisher.address)
        raise Failed
    started = context.node.local_time(
        context.cluster.clock.now() - timedelta(seconds=settings.last_backup_age_s)
    )
    await context.say(
        "backup.row",
        stamp=started.strftime("%Y-%m-%d-%H-%M-%S"),
        completed=device_date(started + timedelta(minutes=5)),
        status=settings.last_backup,
        kind="SCHEDULED",
        features="UCM,CDR_CAR",
    )


async def _fips(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    if not context.settings.fips:
        await context.say("fips.disabled")
        return
    now = context.node.local_time(context.cluster.clock.now())
    await context.say("fips.enabled", time=f"{now:%a %b} {now.day} {now:%H:%M:%S %Z %Y}")


async def _account_locking(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    lockout = context.settings.lockout(context.cluster.timings["lockout_s"])
    if lockout is None:
        await context.say("account_locking.disabled")
    else:
        await context.say("account_locking", unlock=round(lockout.seconds), retries=lockout.attempts)


async def _session_limit(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    await context.say("session_maxlimit", limit=context.settings.max_sessions)


async def _tls(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    await context.say("tls.min_version", version=context.settings.tls_min_version)


def render_ports(node: LabNode, texts: Texts) -> Iterator[str]:
    """The lines of ``show open ports`` for what the node's services listen on."""
    for number, each in enumerate(listening(node)):
        yield texts.say(
            "open_ports.line",
            process=each.process,
            pid=11234 + zlib.crc32(each.process.encode()) % 20000,
            owner=each.owner,
            file=f"{66 + number}u",
            device=103822 + number,
            protocol=each.protocol,
            node=node.host_name,
            port=each.port,
            state=" (LISTEN)" if each.protocol == "TCP" else "",
        )


async def _open_ports(context: Context) -> None:
    await context.pause(context.cluster.timings["command_s"])
    try:
        pattern = re.compile(context.argument.strip("\"'"))
    except re.error:
        await context.say("error.argument", argument=context.argument)
        raise Failed from None
    found = [line for line in render_ports(context.node, context.texts) if pattern.search(line)]
    if not found:
        await context.say("open_ports.none")
        return
    await context.say("open_ports.executing")
    await context.out("".join(found))


COMMANDS = [
    Command(("show", "version", "active"), 0, _version),
    Command(("show", "status"), 0, _status),
    Command(("show", "network", "cluster"), 0, _network_cluster),
    Command(("show", "accountlocking"), 0, _account_locking),
    Command(("show", "session", "maxlimit"), 0, _session_limit),
    Command(("show", "tls", "min-version"), 1, _tls),
    Command(("show", "open", "ports", "all"), 0, _open_ports),
    Command(("show", "open", "ports", "regexp"), 0, _open_ports, "regexp", "something"),
    Command(("show", "version", "inactive"), 0, _inactive_version),
    Command(("show", "date"), 0, _date),
    Command(("show", "hardware"), 0, _hardware),
    Command(("utils", "ntp", "status"), 0, _ntp),
    Command(("utils", "ntp", "server", "list"), 1, _ntp_servers, "", "anything"),
    Command(("utils", "system", "upgrade", "status"), 0, _upgrade),
    Command(("utils", "disaster_recovery", "history", "backup"), 0, _backup),
    Command(("utils", "fips", "status"), 0, _fips),
]
