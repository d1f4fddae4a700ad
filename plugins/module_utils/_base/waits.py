# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How short a wait may be made, and how fast time passes at a simulated cluster. PRIVATE to the collection."""

from __future__ import annotations

import ipaddress
import math
import typing as t
from dataclasses import replace

from .address import canonical
from .clock import Clock
from .errors import InputError

# Seconds. How long the commands take was published nowhere; 10 to 15 minutes is what the fact sheet allows them (cli-facts 9).
# Less would let one be sent again while it is at work.
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
# What says how patiently something is done, and not what is done.
OPTIONS = frozenset(_LEAST)
LAB_TIME_SCALE = "CUCM_LAB_TIME_SCALE"


def require_long_enough(params: t.Mapping[str, t.Any]) -> None:
    """Raise InputError (C(wait_too_short)) when an option makes a wait shorter than it may be."""
    for option, (least, above) in _LEAST.items():
        value = params.get(option)
        if value is None or (value > least if above else value >= least):
            continue
        why = (
            " No shorter time is known to be enough for the command, and when it is over the command counts as ended and may be sent again."
            if option == "change_timeout"
            else ""
        )
        raise InputError(
            f"{option} (cucm_{option}) is {value:g} s; it must be {'more than' if above else 'at least'} {least:g} s.{why}",
            code="wait_too_short",
            details={"option": option, "value": value, "least": least},
            remedy=f"Leave {option} out, or give {f'{least:g} s or more' if least else 'a longer time'}.",
        )


def paced(clock: Clock, params: t.Mapping[str, t.Any], environment: t.Mapping[str, str]) -> Clock:
    """Return the clock with the pace of the simulated cluster that the environment speaks of, for tests.

    Only modules that send a command have a use for it; the others are left alone.

    Raises:
        InputError: The cluster is not at a loopback address (C(not_a_lab)), or what the environment says is not a number.
    """
    told = environment.get(LAB_TIME_SCALE)
    if told is None or "change_timeout" not in params:
        return clock
    publisher = str(params.get("publisher") or "")
    try:
        simulated = ipaddress.ip_address(canonical(publisher)).is_loopback
    except ValueError:
        simulated = False
    if not simulated:
        raise InputError(
            f"{LAB_TIME_SCALE} is in the environment, and {publisher or 'the cluster'} is not at a loopback address. It is for tests "
            "against a simulated cluster: commands of a real one would count as ended while they are at work.",
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
            remedy="Give the time_scale in lab.json, or remove the variable.",
        )
    return replace(clock, pace=pace)
