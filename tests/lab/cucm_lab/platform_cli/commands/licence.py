# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``show license``: smart licensing as the agent prints it ([V] TN212883, release 12.0)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cucm_lab.platform_cli.context import Context, Failed
from cucm_lab.platform_cli.grammar import Command

if TYPE_CHECKING:
    from cucm_lab.domain.node import LabNode
    from cucm_lab.texts import Texts

_RENEWAL = timedelta(days=180)
_EVALUATION = timedelta(days=90)


def _date(moment: datetime) -> str:
    return moment.strftime("%b %d %H:%M:%S %Y %Z")


def _registration(node: LabNode, texts: Texts, *, full: bool) -> Iterator[str]:
    licence = node.cluster.licence
    yield texts.say("license.enabled", state=licence.smart_licensing)
    yield texts.say("license.status", status=licence.registration, since="")
    registered = licence.registered_at
    if licence.registered and not licence.reserved:
        yield texts.say("license.accounts", smart=licence.smart_account, virtual=licence.virtual_account)
    if full:
        yield texts.say("license.export", export=licence.export_control)
    if licence.registered and not licence.reserved and registered is not None:
        local = node.local_time(registered)
        if full:
            yield texts.say("license.initial", date=_date(local))
        yield texts.say("license.renewal", date=_date(local + _RENEWAL))
        if full:
            yield texts.say("license.expires", date=_date(local + 2 * _RENEWAL))


def _authorization(node: LabNode, texts: Texts, *, full: bool) -> Iterator[str]:
    licence = node.cluster.licence
    since = ""
    registered = licence.registered_at
    if full and licence.authorization == "AUTHORIZED" and registered is not None:
        moment = node.local_time(registered + timedelta(seconds=106))
        since = texts.say("license.since", date=_date(moment))
    yield texts["license.authorization"]
    yield texts.say("license.status", status=licence.authorization, since=since)


def _evaluation(node: LabNode, texts: Texts) -> Iterator[str]:
    yield texts["license.evaluation"]
    if node.cluster.licence.authorization != "EVAL MODE":
        yield texts["license.evaluation.not_in_use"]
        return
    left = max(_EVALUATION - (node.cluster.clock.now() - node.started_at), timedelta(0))
    hours, rest = divmod(left.seconds, 3600)
    yield texts.say(
        "license.evaluation.in_use", days=left.days, hours=hours, minutes=rest // 60, seconds=rest % 60
    )


def render(node: LabNode, what: str) -> Iterator[str]:
    """``show license all``, ``summary`` or ``status``."""
    full = what != "summary"
    texts = node.cluster.texts
    if full:
        yield texts["license.title"]
    yield from _registration(node, texts, full=full)
    yield from _authorization(node, texts, full=full)
    if full:
        yield from _evaluation(node, texts)
    if what == "all":
        yield texts["license.usage"]
        yield texts["license.usage.none"]
        yield texts.say("license.product", serial=node.pkid[:8], uuid=node.pkid.replace("-", ""))
        yield texts["license.agent"]


async def _show(context: Context, what: str) -> None:
    await context.pause(context.cluster.timings["command_s"])
    if not context.node.is_publisher:
        await context.say("license.publisher_only")
        raise Failed
    await context.out("".join(render(context.node, what)))


async def _all(context: Context) -> None:
    await _show(context, "all")


async def _summary(context: Context) -> None:
    await _show(context, "summary")


async def _status(context: Context) -> None:
    await _show(context, "status")


COMMANDS = [
    Command(("show", "license", "all"), 0, _all, needs="smart_licensing"),
    Command(("show", "license", "summary"), 0, _summary, needs="smart_licensing"),
    Command(("show", "license", "status"), 0, _status, needs="smart_licensing"),
]
