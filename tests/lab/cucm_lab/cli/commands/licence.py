# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``show license``: smart licensing as the agent prints it ([V] TN212883, release 12.0)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cucm_lab.cli.context import Context, Failed
from cucm_lab.cli.grammar import Command

if TYPE_CHECKING:
    from cucm_lab.domain.node import LabNode

_RENEWAL = timedelta(days=180)
_EVALUATION = timedelta(days=90)


def _date(moment: datetime) -> str:
    return moment.strftime("%b %d %H:%M:%S %Y %Z")


def _registration(node: LabNode, *, full: bool) -> Iterator[str]:
    licence = node.cluster.licence
    yield f"Smart Licensing is {licence.smart_licensing}\n \nRegistration:\n"
    yield f"  Status: {licence.registration}\n"
    registered = licence.registered_at
    if licence.registration.upper() == "REGISTERED":
        yield f"  Smart Account: {licence.smart_account}\n  Virtual Account: {licence.virtual_account}\n"
    if full:
        yield f"  Export-Controlled Functionality: {licence.export_control}\n"
    if licence.registration.upper() == "REGISTERED" and registered is not None:
        local = node.local_time(registered)
        if full:
            yield f"  Initial Registration: SUCCEEDED on {_date(local)}\n"
        yield f"  Last Renewal Attempt: None\n  Next Renewal Attempt: {_date(local + _RENEWAL)}\n"
        if full:
            yield f"  Registration Expires: {_date(local + 2 * _RENEWAL)}\n"


def _authorization(node: LabNode, *, full: bool) -> Iterator[str]:
    licence = node.cluster.licence
    since = ""
    registered = licence.registered_at
    if full and licence.authorization == "AUTHORIZED" and registered is not None:
        since = f" on {_date(node.local_time(registered + timedelta(seconds=106)))}"
    yield f" \nLicense Authorization:\n  Status: {licence.authorization}{since}\n"


def _evaluation(node: LabNode) -> Iterator[str]:
    yield " \nEvaluation Period:\n"
    if node.cluster.licence.authorization != "EVAL MODE":
        yield "  Evaluation Mode: Not In Use\n"
        return
    left = max(_EVALUATION - (node.cluster.clock.now() - node.started_at), timedelta(0))
    hours, rest = divmod(left.seconds, 3600)
    yield (
        "  Evaluation Mode: In Use\n"
        f"  Evaluation Period Remaining: {left.days} days {hours} hr {rest // 60} min {rest % 60} sec\n"
    )


def render(node: LabNode, what: str) -> Iterator[str]:
    """``show license all``, ``summary`` or ``status``."""
    full = what != "summary"
    if full:
        yield "Smart Licensing Status\n=======================\n"
    yield from _registration(node, full=full)
    yield from _authorization(node, full=full)
    if full:
        yield from _evaluation(node)
    if what == "all":
        yield (
            " \nLicense Usage\n=============\nNo licenses in use\n \n"
            "Product Information\n===================\n"
            f"UDI: PID:UCM,SN:{node.pkid[:8]},UUID:{node.pkid.replace('-', '')}\n \n"
            "Agent Version\n=============\nSmart Agent for Licensing: 1.3.4\n"
        )


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
