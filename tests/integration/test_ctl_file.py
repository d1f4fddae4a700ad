# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ctl_file against the lab."""

from __future__ import annotations

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.record import StateJournal
from cucm_lab.fixture import ClusterHandle

from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import CAPF, NODES, PUBLISHER, SUB1, SUB2, UPDATE_COMMAND
from .harness.playbooks import Plays

OPERATIONS = [{"node": PUBLISHER, "action": UPDATE_COMMAND}]


@pytest.fixture
def stale_cluster(mixed_cluster: ClusterHandle) -> ClusterHandle:
    """A mixed cluster whose CAPF was activated after the CTL file was written."""
    mixed_cluster.set(services={PUBLISHER: {CAPF: {"activated": False}}})
    mixed_cluster.set(ctl=dict.fromkeys(NODES, "rebuild"))
    mixed_cluster.set(services={PUBLISHER: {CAPF: {"activated": True}}})
    return mixed_cluster


def test_nothing_is_sent_when_the_file_matches(
    modules: Modules, mixed_cluster: ClusterHandle, journal: Journal
) -> None:
    result = modules.run("ctl_file", state="matching", diff=True)
    assert (result["changed"], result["operations"], result["update_due"]) == (False, [], [])
    assert sorted(result["before"]["nodes"]) == sorted(NODES)
    assert "diff" not in result
    assert journal.changing() == []
    assert sorted(journal.logins("ssh")) == sorted((node, "accepted") for node in NODES)


def test_gathering_changes_nothing_even_when_an_update_is_due(
    modules: Modules, stale_cluster: ClusterHandle, journal: Journal
) -> None:
    result = modules.run("ctl_file", state="gathered")
    assert not result["changed"]
    assert "CAPF" in result["update_due"][0]
    assert journal.changing() == []


def test_an_update_that_is_due_is_made_once(
    modules: Modules, stale_cluster: ClusterHandle, journal: Journal
) -> None:
    result = modules.run("ctl_file")
    assert (result["changed"], result["operations"]) == (True, OPERATIONS)
    before, after = (result[key]["nodes"][PUBLISHER] for key in ("before", "after"))
    assert before["sha1"] != after["sha1"]
    assert len({file["sha1"] for file in result["after"]["nodes"].values()}) == 1
    assert journal.effects() == ["ctl_file update"] * 3
    assert journal.answers() == ["y"]

    since = stale_cluster.last_seq
    assert not modules.run("ctl_file")["changed"]
    assert Journal(stale_cluster, since).changing() == []


def test_check_mode_and_diff(modules: Modules, stale_cluster: ClusterHandle, journal: Journal) -> None:
    planned = modules.run("ctl_file", check=True, diff=True)
    assert (planned["changed"], planned["operations"]) == (True, OPERATIONS)
    assert journal.changing() == []
    assert not modules.state_dir.exists()
    done = modules.run("ctl_file", diff=True)
    assert done["operations"] == planned["operations"]
    assert done["diff"] == {"before": done["before"], "after": done["after"]}
    assert planned["diff"]["before"] == done["before"]


def test_updated_writes_a_matching_file_anew(
    modules: Modules, mixed_cluster: ClusterHandle, journal: Journal
) -> None:
    result = modules.run("ctl_file", state="updated")
    assert result["changed"]
    assert journal.effects() == ["ctl_file update"] * 3


def test_a_node_without_the_file_gets_it(
    modules: Modules, mixed_cluster: ClusterHandle, journal: Journal
) -> None:
    mixed_cluster.set(ctl={SUB2: "stale"})
    (due,) = modules.run("ctl_file", state="gathered")["update_due"]
    assert SUB2 in due
    result = modules.run("ctl_file")
    assert (result["changed"], journal.answers()) == (True, ["y"])
    assert modules.run("ctl_file", state="gathered")["update_due"] == []


def test_a_copy_that_fails_again_is_told(
    modules: Modules, stale_cluster: ClusterHandle, journal: Journal
) -> None:
    with stale_cluster.faulty("ctl_not_distributed", node=SUB1):
        result = modules.run("ctl_file")
    result.refused("ctl_still_differs", SUB1)
    assert result["changed"], "the file was written on the other nodes"
    assert modules.run("ctl_file")["changed"]
    assert journal.answers() == ["y", "y"]


def test_an_update_that_leaves_its_reasons_is_not_repeated(
    modules: Modules, mixed_cluster: ClusterHandle, journal: Journal
) -> None:
    """Until there is another reason, another file, or somebody who asks for it."""
    mixed_cluster.set(cli={"ctl_omits": SUB2})
    mixed_cluster.set(ctl=dict.fromkeys(NODES, "rebuild"))
    failed = modules.run("ctl_file")
    failed.refused("ctl_still_differs", SUB2)
    assert "not repeated" in failed["failure"]["remedy"]
    assert failed["changed"]
    assert len(journal.answers()) == 1

    since = Journal(mixed_cluster, mixed_cluster.last_seq)
    for _number in range(2):
        held = modules.run("ctl_file")
        assert (held["changed"], held["operations"]) == (False, [])
        assert SUB2 in held["update_due"][0] and SUB2 in held["not_repeated"]
        assert "cucm_repeat_ctl_update" in modules.warnings[-1]
    assert modules.run("ctl_file", check=True)["changed"] is False
    assert "not_repeated" not in modules.run("ctl_file", state="gathered")
    assert since.changing() == []

    modules.run("ctl_file", state="updated").refused("ctl_still_differs")
    mixed_cluster.set(services={PUBLISHER: {CAPF: {"activated": False}}})
    mixed_cluster.set(ctl=dict.fromkeys(NODES, "rebuild"))
    modules.run("ctl_file").refused("ctl_still_differs")
    mixed_cluster.set(services={PUBLISHER: {CAPF: {"activated": True}}})
    modules.run("ctl_file").refused("ctl_still_differs")
    assert len(since.answers()) == 3

    since = Journal(mixed_cluster, mixed_cluster.last_seq)
    assert not modules.run("ctl_file")["changed"]
    mixed_cluster.set(cli={"ctl_omits": ""})
    elsewhere = Modules(mixed_cluster, modules.state_dir.parent / "elsewhere")
    assert elsewhere.run("ctl_file")["changed"], "another controller has no record of it"
    assert elsewhere.run("ctl_file", state="gathered")["update_due"] == []
    assert len(since.answers()) == 1


def test_an_update_whose_end_is_not_recorded_is_due_again(
    modules: Modules, mixed_cluster: ClusterHandle, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed_cluster.set(cli={"ctl_omits": SUB2})
    mixed_cluster.set(ctl=dict.fromkeys(NODES, "rebuild"))
    append = StateJournal.append

    def full(self: StateJournal, event: str, **details: object) -> dict[str, object]:
        if event == "ctl_update_without_effect":
            with self._told("A record could not be written"):
                raise OSError(28, "No space left on device")
        return append(self, event, **details)

    with monkeypatch.context() as patched:
        patched.setattr(StateJournal, "append", full)
        failed = modules.run("ctl_file")
    failed.refused("record_not_written", UPDATE_COMMAND)
    assert failed["changed"]
    modules.run("ctl_file").refused("ctl_still_differs")
    assert len(journal.answers()) == 2


@pytest.mark.parametrize("state", ["matching", "updated"])
@pytest.mark.parametrize("ctl", [None, "tampered"])
def test_a_publishers_file_that_contradicts_is_not_overwritten(
    modules: Modules, mixed_cluster: ClusterHandle, ctl: str | None, state: str
) -> None:
    mixed_cluster.set(ctl={PUBLISHER: ctl})
    journal = Journal(mixed_cluster, mixed_cluster.last_seq)
    modules.run("ctl_file", state=state).refused("contradiction", "mixed", f"ctl_file@{PUBLISHER}")
    assert journal.changing() == []


def test_a_file_left_in_a_database_that_says_non_secure(
    modules: Modules, mixed_cluster: ClusterHandle, journal: Journal
) -> None:
    mixed_cluster.set(database={"processconfig": {"ClusterSecurityMode": "0"}})
    modules.run("ctl_file", state="updated").refused("contradiction", "non_secure", "mixed")
    assert journal.changing() == []


def test_a_non_secure_cluster_is_refused(modules: Modules, journal: Journal) -> None:
    assert not modules.run("ctl_file", state="matching")["changed"]
    modules.run("ctl_file", state="updated").refused("not_mixed", "non_secure")
    assert journal.changing() == []


def test_a_node_that_is_down_is_named(
    modules: Modules, stale_cluster: ClusterHandle, journal: Journal
) -> None:
    stale_cluster.set(nodes={SUB1: {"up": False}})
    modules.run("ctl_file").refused("ctl_unreadable", SUB1)
    assert journal.changing() == []


def test_without_a_cli_account(modules: Modules, journal: Journal) -> None:
    modules.run("ctl_file", cli_username=None, cli_password=None).refused("account_missing", "cli_username")
    assert journal.entries() == []


def test_in_a_playbook(plays: Plays, stale_cluster: ClusterHandle, journal: Journal) -> None:
    run = plays.run(
        plays.task("ctl_file", "planned", _check_mode=True),
        plays.task("ctl_file", "done"),
        plays.task("ctl_file", "already"),
    ).ok()
    assert run.result("planned")["operations"] == run.result("done")["operations"] == OPERATIONS
    assert not run.result("already")["changed"]
    assert journal.answers() == ["y"]
