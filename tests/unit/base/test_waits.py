# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No wait can be made so short that a command is taken for ended while it is at work; only a simulated cluster has another pace."""

from __future__ import annotations

import importlib
import pkgutil
import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins import modules
from ansible_collections.ucops.cucm.plugins.module_utils._base import waits as _waits
from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import Result, Task, perform
from ansible_collections.ucops.cucm.plugins.plugin_utils._variables import TABLE, read

SPECS: dict[str, dict[str, t.Any]] = {
    found.name: importlib.import_module(f"{modules.__name__}.{found.name}").ARGUMENT_SPEC
    for found in pkgutil.iter_modules(modules.__path__)
}
TIMED = {
    (option, spec["default"])
    for specs in SPECS.values()
    for option, spec in specs.items()
    if option.endswith(("timeout", "interval", "_for")) and "default" in spec
}


def performed(environment: dict[str, str] | None = None, /, **params: t.Any) -> tuple[dict[str, t.Any], bool]:
    """Return the result of a module with these options, and whether it was started."""
    started: list[Task] = []

    def run(task: Task) -> Result:
        started.append(task)
        return Result(False, None, None, facts={"pace": task.clock.pace})

    with pytest.MonkeyPatch.context() as patched:
        patched.delenv(_waits.LAB_TIME_SCALE, raising=False)
        for name, value in (environment or {}).items():
            patched.setenv(name, value)
        given = {"publisher": "10.0.0.1", "change_timeout": 900, **params}
        return perform(Task(params=given), run), bool(started)


@pytest.mark.parametrize("seconds", [-900, -1, 0, 1, 30, 599])
def test_a_command_is_given_no_less_than_the_shortest_time(seconds: int) -> None:
    result, started = performed(change_timeout=seconds)
    assert (result["failure"]["code"], result["changed"], started) == ("wait_too_short", False, False)
    assert (
        "cucm_change_timeout" in result["msg"]
        and f"is {seconds} s" in result["msg"]
        and "600" in result["msg"]
    )


@pytest.mark.parametrize("seconds", [600, 900, 7200])
def test_a_command_may_be_given_more(seconds: int) -> None:
    assert performed(change_timeout=seconds)[1]


@pytest.mark.parametrize("option", sorted(option for option, _default in TIMED))
def test_no_wait_of_any_module_can_be_negative(option: str) -> None:
    result, started = performed(**{option: -0.1})
    assert (result["failure"]["code"], started) == ("wait_too_short", False)
    assert option in result["msg"]


@pytest.mark.parametrize(("option", "default"), sorted(TIMED))
def test_what_a_module_waits_by_itself_is_long_enough(option: str, default: float) -> None:
    _waits.require_long_enough({option: default})


@pytest.mark.parametrize("seconds", [-1, 0, 1, 599.9, "30"])
def test_the_inventory_is_held_to_the_same(seconds: t.Any) -> None:
    _value, problems = read("cucm_change_timeout", seconds)
    assert len(problems) == 1 and "cucm_change_timeout" in problems[0] and "at least 600" in problems[0]
    assert read("cucm_change_timeout", 600)[1] == []
    assert TABLE["cucm_change_timeout"].default >= _waits.SHORTEST_CHANGE


@pytest.mark.parametrize("address", ["127.0.0.1", "127.60.3.1", "::1", "[::1]"])
def test_a_simulated_cluster_has_its_own_pace(address: str) -> None:
    result, _started = performed({"CUCM_LAB_TIME_SCALE": "120"}, publisher=address)
    assert result["pace"] == 120


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "cucm-pub.example.com", "localhost", "2001:db8::1", "", None]
)
def test_a_real_cluster_has_none(address: str | None) -> None:
    """A name may lead anywhere, whatever it is."""
    result, started = performed({"CUCM_LAB_TIME_SCALE": "120"}, publisher=address)
    assert (result["failure"]["code"], started) == ("not_a_lab", False)
    assert "CUCM_LAB_TIME_SCALE" in result["msg"] and "Remove" in result["msg"]


@pytest.mark.parametrize("told", ["", "fast", "0", "-5", "0.5", "nan", "inf"])
def test_a_pace_is_a_number(told: str) -> None:
    with pytest.raises(InputError) as refused:
        _waits.paced(
            Clock(), {"publisher": "127.0.0.1", "change_timeout": 900}, {"CUCM_LAB_TIME_SCALE": told}
        )
    assert refused.value.code == "not_a_lab"


def test_without_the_variable_a_second_is_a_second() -> None:
    assert performed(publisher="127.0.0.1")[0]["pace"] == 1
