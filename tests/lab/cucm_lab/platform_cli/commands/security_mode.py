# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``utils ctl``: the cluster security mode and the CTL file."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, NoReturn

from cucm_lab.domain.errors import (
    Busy,
    EncryptionLicenceRefused,
    ImageRefused,
    LicenceRefused,
    NotPublisher,
    Refused,
)
from cucm_lab.platform_cli.context import Context, Failed
from cucm_lab.platform_cli.grammar import Command


@dataclass(frozen=True)
class _Operation:
    """What the three commands differ in. ``gated``: needs export-controlled functionality ([V] CTL125)."""

    texts: str
    gated: bool
    work: Callable[[Context], Coroutine[Any, Any, Any]]


_REFUSALS: dict[type[Refused], str] = {
    LicenceRefused: "ctl.export_refused",
    EncryptionLicenceRefused: "ctl.encryption_licence_refused",
    ImageRefused: "ctl.unrestricted",
    NotPublisher: "ctl.subscriber",
    Busy: "ctl.busy",
}


async def _refused(context: Context, refusal: Refused) -> NoReturn:
    key = _REFUSALS.get(type(refusal))
    if key is None:
        await context.say("ctl.failed", reason=refusal)
    else:
        await context.say(key)
    raise Failed


async def _check_before_asking(context: Context, operation: _Operation) -> None:
    try:
        context.cluster.check_ctl_command(context.node, mixed_or_update=operation.gated)
    except NotPublisher as refusal:
        await _refused(context, refusal)
    except Refused as refusal:
        if context.settings.licence_check == "before_question":
            await _refused(context, refusal)


async def _carry_out(context: Context, operation: _Operation) -> None:
    await context.pause(context.cluster.timings["command_s"])
    await _check_before_asking(context, operation)
    try:
        await context.cluster.check_running_commands(context.line, context.node, context.account)
    except Busy as refusal:
        await _refused(context, refusal)
    if context.usual_question and not await context.confirm(_question(context, operation)):
        await context.say("ctl.declined")
        return
    await context.out("\n")
    await context.say(f"{operation.texts}.progress")
    try:
        await context.carry_out(operation.work(context))
    except Refused as refusal:
        await _refused(context, refusal)
    await context.say(f"{operation.texts}.done")
    trailer = context.settings.trailer or context.cluster.release_row.trailer
    await context.say(f"ctl.trailer.{trailer}")


def _question(context: Context, operation: _Operation) -> str:
    wording = context.settings.wording or context.cluster.release_row.wording[operation.texts]
    key = f"{operation.texts}.question.{wording}"
    if operation.texts != "ctl.mixed":
        return context.texts.say(key)
    warns = context.cluster.auto_registration_enabled()
    return context.texts.say(key, clause=context.texts["ctl.mixed.clause.auto_registration"] if warns else "")


_MIXED = _Operation(
    "ctl.mixed",
    True,
    lambda context: context.cluster.set_security_mode(1, node=context.node, account=context.account),
)
_NON_SECURE = _Operation(
    "ctl.non_secure",
    False,
    lambda context: context.cluster.set_security_mode(0, node=context.node, account=context.account),
)
_UPDATE = _Operation(
    "ctl.update",
    True,
    lambda context: context.cluster.update_ctl(node=context.node, account=context.account),
)


async def _mixed(context: Context) -> None:
    await _carry_out(context, _MIXED)


async def _non_secure(context: Context) -> None:
    await _carry_out(context, _NON_SECURE)


async def _update(context: Context) -> None:
    await _carry_out(context, _UPDATE)


COMMANDS = [
    Command(words, 1, run, changing=True, asks=True, paged=False)
    for words, run in (
        (("utils", "ctl", "set-cluster", "mixed-mode"), _mixed),
        (("utils", "ctl", "set-cluster", "non-secure-mode"), _non_secure),
        (("utils", "ctl", "update", "CTLFile"), _update),
    )
]
