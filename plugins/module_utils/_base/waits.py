# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shortest waits that are allowed, and the pace of time at a simulated cluster. PRIVATE to the collection."""

from __future__ import annotations

import ipaddress
import math
import typing as t
from dataclasses import replace

from .address import canonical
from .clock import Clock
from .errors import InputError

# Seconds. The duration of the commands is not published; the fact sheet allows them 10 to 15 minutes (cli-facts 9).
# Less would let a command be sent again while it is still at work.
SHORTEST_CHANGE = 600
# The name of an option of any module, and the least it may be; True: it must be above that.
_LEAST: dict[str, tuple[float, bool]] = {
    "change_timeout": (SHORTEST_CHANGE, False),
    "settle_interval": (0, True),
    "settle_timeout": (0, True),
    "wait_timeout": (0, True),
    "poll_interval": (0, True),
    "stable_for": (0, False),
    "throttle_timeout": (0, False),
    "timeout": (0, True),
    "cli_startup_timeout": (0, True),
    "cli_command_timeout": (0, True),
}
# Options for how patiently something is done, not what is done.
OPTIONS = frozenset(_LEAST)
# Options of the modules that measure the time of the cluster: of those that send a command, and of what waits for phones.
_OF_CLUSTER = frozenset({"change_timeout", "allowed_missing"})
LAB_TIME_SCALE = "CUCM_LAB_TIME_SCALE"


def require_long_enough(params: t.Mapping[str, t.Any]) -> None:
    """Raise InputError (C(wait_too_short)) when an option makes a wait shorter than allowed."""
    for option, (least, above) in _LEAST.items():
        value = params.get(option)
        if value is None or (value > least if above else value >= least):
            continue
        why = (
            " After this time the command counts as ended and may be sent again; no shorter time is known to be safe."
            if option == "change_timeout"
            else ""
        )
        raise InputError(
            f"{option} (cucm_{option}) is {value:g} s; it must be {'more than' if above else 'at least'} {least:g} s.{why}",
            code="wait_too_short",
            details={"option": option, "value": value, "least": least},
            remedy=f"Remove {option}, or set it to {f'{least:g} s or more' if least else 'a longer time'}.",
        )


def paced(clock: Clock, params: t.Mapping[str, t.Any], environment: t.Mapping[str, str]) -> Clock:
    """Return the clock with the pace of the simulated cluster named by the environment, for tests.

    Only modules that measure the time of the cluster use it; the others are left alone.

    Raises:
        InputError: The cluster is not at a loopback address (C(not_a_lab)), or the variable does not hold a number.
    """
    told = environment.get(LAB_TIME_SCALE)
    if told is None or not _OF_CLUSTER & params.keys():
        return clock
    publisher = str(params.get("publisher") or "")
    try:
        simulated = ipaddress.ip_address(canonical(publisher)).is_loopback
    except ValueError:
        simulated = False
    if not simulated:
        raise InputError(
            f"{LAB_TIME_SCALE} is set in the environment, and {publisher or 'the cluster'} is not at a loopback address. It is for tests "
            "against a simulated cluster: commands of a real one would count as ended while they are still at work.",
            code="not_a_lab",
            remedy=f"Remove {LAB_TIME_SCALE} from the environment.",
        )
    try:
        pace = float(told)
    except ValueError:
        pace = math.nan
    if not (math.isfinite(pace) and pace >= 1):
        raise InputError(
            f"{LAB_TIME_SCALE} is {told!r}; it must be the time_scale of the lab, a number of at least 1.",
            code="not_a_lab",
            remedy="Set it to the time_scale in lab.json, or remove the variable.",
        )
    return replace(clock, pace=pace)
