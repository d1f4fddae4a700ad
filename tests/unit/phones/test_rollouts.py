# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random clusters and faults against the order and the gate: nobody is stranded by us, and nothing goes on while somebody is away."""

from __future__ import annotations

import os
import typing as t

import pytest

from . import rollouts
from .rollouts import Broken, planned, roll

SOAK = os.environ.get("CUCM_EXAMPLES") == "soak"
# Clusters that a former gate got wrong: phones that flapped hid others that were away, and late rows of nodes hid phones in service.
KNOWN = (103, 239, 259, 358, 461, 561, 580)
SEEDS = range(1000) if SOAK else (*range(20), *KNOWN)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_rollout_strands_nobody_and_stops_when_somebody_stays_away(seed: int) -> None:
    roll(seed)


def test_the_clusters_have_everything_that_may_befall_them() -> None:
    """Otherwise the rollouts above would show nothing."""
    plans = [planned(seed) for seed in range(200)]
    assert {what for plan in plans for _at, what, _whom in plan.faults} >= {
        "down", "up", "hang", "resume", "stop", "start", "power_off", "power_on", "unplug", "plug", "call", "hang_up", "late",
    }  # fmt: skip
    for kind in ("parallel", "outage", "killed"):
        assert {getattr(plan, kind) for plan in plans} == {True, False}
    assert any(plan.permanent for plan in plans)
    assert {len(members) for plan in plans for members in plan.groups.values()} == {1, 2, 3}
    ends = {bool(roll(seed).stopped) for seed in range(10)}
    assert ends == {True, False}


def broken(monkeypatch: pytest.MonkeyPatch, name: str, function: t.Callable[..., t.Any]) -> list[str]:
    """Return what the simulation finds when a function of the collection is another one."""
    monkeypatch.setattr(rollouts, name, function)
    found = []
    for seed in range(40):
        try:
            roll(seed)
        except Broken as error:
            found.append(str(error))
    return found


def test_a_gate_that_always_opens_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    found = broken(monkeypatch, "decide", lambda *_given: rollouts.Decision(rollouts.GO))
    assert any("both members" in why for why in found)
    assert any("are not back" in why for why in found)


def test_a_gate_without_a_settling_time_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    decide = rollouts.decide

    def hasty(*given: t.Any) -> rollouts.Decision:
        found = decide(*given)
        return (
            rollouts.Decision(rollouts.GO) if "Everything is as before" in " ".join(found.reasons) else found
        )

    assert broken(monkeypatch, "decide", hasty)


def test_an_order_that_takes_all_at_once_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def all_at_once(_topology: t.Any, due: t.Iterable[str], **_more: t.Any) -> rollouts.Order:
        return rollouts.Order((tuple(due),))

    assert any("both members" in why for why in broken(monkeypatch, "order", all_at_once))
