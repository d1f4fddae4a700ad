# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``utils sipOAuth-mode``: SIP OAuth mode on and off ([V] CLI15, the same in every reference from 12.5 on)."""

from __future__ import annotations

from cucm_lab.domain.errors import Busy, LicenceRefused, NotPublisher
from cucm_lab.platform_cli.context import Context, Failed
from cucm_lab.platform_cli.grammar import Command


async def _change(context: Context, *, enable: bool) -> None:
    await context.pause(context.cluster.timings["command_s"])
    cluster, node = context.cluster, context.node
    try:
        cluster.check_sip_oauth_command(node, enable=enable)
        await cluster.check_running_commands(context.line, node, context.account)
        asks = context.settings.sip_oauth_asks and context.usual_question
        if asks and not await context.confirm(context.texts["sip_oauth.question"]):
            await context.say("sip_oauth.declined")
            return
        await context.carry_out(cluster.set_sip_oauth_mode(enable, node=node, account=context.account))
    except Busy:
        await context.say("ctl.busy")
        raise Failed from None
    except NotPublisher:
        await context.say("sip_oauth.subscriber")
        raise Failed from None
    except LicenceRefused:
        await context.say("sip_oauth.export_refused")
        raise Failed from None
    await context.say("sip_oauth.enabled" if enable else "sip_oauth.disabled")


async def _enable(context: Context) -> None:
    await _change(context, enable=True)


async def _disable(context: Context) -> None:
    await _change(context, enable=False)


COMMANDS = [
    Command(("utils", "sipOAuth-mode", word), 4, run, changing=True, paged=False, needs="oauth")
    for word, run in (("enable", _enable), ("disable", _disable))
]
