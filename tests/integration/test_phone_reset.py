# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""phone_reset against the lab: what waits for a reset of phones, until the operator says that they were."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

import pytest

from cucm_lab.fixture import ClusterHandle

from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import MIXED_COMMAND, PUBLISHER
from .harness.playbooks import Plays

TOLD = "You must reset all phones to ensure they received the updated CTL file"


def now(**earlier: float) -> str:
    """Return the time of day, or an earlier one."""
    return (datetime.now(UTC) - timedelta(**earlier)).isoformat()


def waiting(modules: Modules) -> list[dict[str, t.Any]]:
    return modules.run("phone_reset", state="gathered")["before"]


def test_a_change_waits_until_the_phones_were_reset(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    assert waiting(modules) == []
    assert modules.run("cluster_info", gather_subset=["nodes"])["cluster"].get("phone_changes") is None
    earlier = now()
    assert modules.run("security_mode", state="mixed")["changed"]
    assert journal.commands().count(MIXED_COMMAND) == 1

    (change,) = waiting(modules)
    assert (change["change"], change["name"]) == ("the CTL file", "")
    assert TOLD in change["said"]
    facts = modules.run("cluster_info", gather_subset=["nodes"])["cluster"]
    assert facts["phone_changes"] == [change]

    since = Journal(cluster, cluster.last_seq)
    before = modules.run("phone_reset", reset_at=earlier)
    assert (before["changed"], before["after"]) == (False, [change])
    planned = modules.run("phone_reset", reset_at=now(), check=True, diff=True)
    assert (planned["changed"], planned["after"]) == (True, [])
    assert waiting(modules) == [change]
    done = modules.run("phone_reset", reset_at=now(), diff=True)
    assert (done["changed"], done["before"], done["after"]) == (True, [change], [])
    assert [each["node"] for each in done["operations"]] == [PUBLISHER]
    assert "diff" in done
    assert waiting(modules) == []
    assert not modules.run("phone_reset", reset_at=now())["changed"]
    assert since.changing() == []

    assert modules.run("ctl_file", state="updated")["changed"]
    assert [each["change"] for each in waiting(modules)] == ["the CTL file"]


@pytest.mark.parametrize(
    "given", [None, "", "yesterday", "2026-03-10T22:15", "2999-01-01T00:00+00:00"], ids=repr
)
def test_a_time_that_is_none_or_not_past_is_refused(modules: Modules, given: str | None) -> None:
    result = modules.run("phone_reset", reset_at=given)
    result.refused("time_invalid", "reset_at")
    assert not modules.state_dir.exists()


def test_a_record_that_cannot_be_read_is_refused(modules: Modules, cluster: ClusterHandle) -> None:
    assert modules.run("security_mode", state="mixed")["changed"]
    (path,) = modules.state_dir.glob("*.jsonl")
    path.write_text(path.read_text("utf-8").replace("mixed", "other"), "utf-8")
    modules.run("phone_reset", reset_at=now()).refused("state_corrupt", str(path))


def test_in_a_playbook(plays: Plays, cluster: ClusterHandle) -> None:
    run = plays.run(
        plays.task("security_mode", "change", state="mixed"),
        plays.task(
            "phone_reset", "planned", _check_mode=True, reset_at="{{ now(utc=true).isoformat() }}+00:00"
        ),
        plays.task("phone_reset", "done", reset_at="{{ now(utc=true).isoformat() }}+00:00"),
        plays.task("phone_reset", "already", reset_at="{{ now(utc=true).isoformat() }}+00:00"),
        plays.task("phone_reset", "left", state="gathered"),
    ).ok()
    assert run.result("planned")["changed"] and run.result("done")["changed"]
    assert not run.result("already")["changed"]
    assert run.result("left")["before"] == []
