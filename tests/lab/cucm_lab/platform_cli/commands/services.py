# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``utils service``: the list, and starting, stopping, activating."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

from cucm_lab.domain.errors import ServiceRefused
from cucm_lab.platform_cli.context import Context, Failed
from cucm_lab.platform_cli.grammar import Command

if TYPE_CHECKING:
    from cucm_lab.domain.node import LabNode
    from cucm_lab.domain.services import Service
    from cucm_lab.texts import Texts

_PATIENCE = 4
"""How many times its usual restart time the command waits for a service before it gives up (invented)."""

_NOT_ACTIVATED, _COMMANDED_OUT = -1068, -1069


def _reason(service: Service, texts: Texts) -> str:
    if service.status != "Stopped":
        return "  "
    key = {_NOT_ACTIVATED: "service.not_activated", _COMMANDED_OUT: "service.commanded_out"}
    return texts[key.get(service.reason_code, "service.not_running")]


def render_list(node: LabNode, texts: Texts) -> Iterator[str]:
    """The lines of ``utils service list`` after its first."""
    for name in texts["service.platform_services"].split("\n"):
        yield texts.say("service.platform_line", service=name, status="STARTED", reason="")
    yield texts["service.manager_running"]
    yield texts["service.getting_list"]
    yield texts.say("service.return_code", code=0)
    for service in node.listed_services():
        yield _state(service, texts, _reason(service, texts))
    yield texts.say("service.primary_node", value=str(node.is_publisher).lower())


def _state(service: Service, texts: Texts, reason: str = "  ") -> str:
    return texts.say("service.line", service=service.name, status=service.status.upper(), reason=reason)


async def _list(context: Context) -> None:
    await context.say("service.requesting")
    await context.pause(context.cluster.timings["command_s"])
    for piece in render_list(context.node, context.texts):
        await context.out(piece)


async def _service(context: Context) -> Service:
    service = context.node.find_service(context.argument)
    if service is None:
        await context.say("service.unknown", service=context.argument)
        raise Failed
    return service


async def _refused(context: Context, service: Service, refusal: ServiceRefused) -> None:
    await context.say("service.refused", service=service.name, reason=refusal)
    await context.out(_state(service, context.texts, _reason(service, context.texts)))
    raise Failed


async def _control(context: Context, word: str) -> None:
    service = await _service(context)
    await context.pause(context.cluster.timings["command_s"])
    if word == "restart":
        await context.say("service.restart_notice")
    await context.say("service.manager_running")
    clock = context.cluster.clock
    try:
        transition = await getattr(service, word)(context.account, by_cli=True)
    except ServiceRefused as refusal:
        await _refused(context, service, refusal)
        return
    if word == "stop":
        await context.say("service.stopped_by_command")
    await asyncio.sleep(0)
    last = None
    patience = clock.monotonic() + _PATIENCE * service.restart_s
    while not transition.done() and clock.monotonic() < patience:
        if service.status != last and service.status != "Stopped":
            last = service.status
            await context.out(_state(service, context.texts))
        await clock.sleep(0.2)
    reason = _reason(service, context.texts) if service.status == "Stopped" else "  "
    await context.out(_state(service, context.texts, reason))
    wanted = "Stopped" if word == "stop" else "Started"
    if service.status != wanted:
        raise Failed


async def _start(context: Context) -> None:
    await _control(context, "start")


async def _stop(context: Context) -> None:
    await _control(context, "stop")


async def _restart(context: Context) -> None:
    await _control(context, "restart")


async def _deploy(context: Context, word: str) -> None:
    service = await _service(context)
    await context.pause(context.cluster.timings["command_s"])
    await context.say("service.manager_running")
    try:
        await context.carry_out(getattr(service, word)(context.account))
    except ServiceRefused as refusal:
        await _refused(context, service, refusal)
        return
    await context.say(f"service.{word}d", service=service.name)


async def _activate(context: Context) -> None:
    await _deploy(context, "activate")


async def _deactivate(context: Context) -> None:
    await _deploy(context, "deactivate")


def _changing(word: str, run: Callable[[Context], Awaitable[None]]) -> Command:
    return Command(
        ("utils", "service", word), 1, run, "service_name", "something", changing=True, paged=False
    )


COMMANDS = [
    Command(("utils", "service", "list"), 0, _list, "[page]", "anything"),
    _changing("start", _start),
    _changing("stop", _stop),
    _changing("restart", _restart),
    _changing("activate", _activate),
    _changing("deactivate", _deactivate),
]
