# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""security_mode against the lab."""

from __future__ import annotations

import typing as t

import pytest

from cucm_lab.fixture import ClusterHandle

from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import MIXED_COMMAND, NODES, NON_SECURE_COMMAND, PUBLISHER, SUB1
from .harness.playbooks import Plays

BOTH_NON_SECURE = {"security_mode": "non_secure", "ctl_file": "non_secure"}
BOTH_MIXED = {"security_mode": "mixed", "ctl_file": "mixed"}


def test_nothing_is_sent_when_the_mode_is_so_already(modules: Modules, journal: Journal) -> None:
    result = modules.run("security_mode", state="non_secure", diff=True)
    assert (result["changed"], result["operations"]) == (False, [])
    assert result["before"] == result["after"] == BOTH_NON_SECURE
    assert "diff" not in result
    assert journal.changing() == []
    # Every witness is asked, each node once by HTTPS and once by SSH.
    assert sorted(journal.logins()) == sorted([(node, "accepted") for node in NODES] * 2)


def test_to_mixed_mode_and_then_nothing_more(
    modules: Modules, journal: Journal, cluster: ClusterHandle
) -> None:
    result = modules.run("security_mode", state="mixed")
    assert result["changed"]
    assert (result["before"], result["after"]) == (BOTH_NON_SECURE, BOTH_MIXED)
    assert result["operations"] == [{"node": PUBLISHER, "action": MIXED_COMMAND}]
    assert journal.answers() == ["y"]
    # The mode, a CTL file on every node, and no restart of anything.
    assert journal.effects() == ["security_mode mixed", *["ctl_file update"] * 3]
    assert cluster.state()["cluster_security_mode"] == "mixed"

    since = cluster.last_seq
    again = modules.run("security_mode", state="mixed")
    assert (again["changed"], again["operations"], again["settled"]) == (False, [], [])
    assert Journal(cluster, since).changing() == []


def test_back_to_non_secure_names_the_files_that_stay(
    modules: Modules, mixed_cluster: ClusterHandle, journal: Journal
) -> None:
    result = modules.run("security_mode", state="non_secure")
    assert (result["changed"], result["after"]) == (True, BOTH_NON_SECURE)
    assert result["operations"] == [{"node": PUBLISHER, "action": NON_SECURE_COMMAND}]
    assert sorted(result["ctl_files_left"]) == sorted(NODES)
    assert mixed_cluster.state()["cluster_security_mode"] == "non_secure"


@pytest.mark.parametrize("state", ["mixed", "non_secure"])
def test_check_mode_and_diff_tell_what_a_run_does(
    modules: Modules, cluster: ClusterHandle, request: pytest.FixtureRequest, state: str
) -> None:
    if state == "non_secure":
        request.getfixturevalue("mixed_cluster")
    since = cluster.last_seq
    planned = modules.run("security_mode", state=state, check=True, diff=True)
    assert planned["changed"]
    assert Journal(cluster, since).changing() == []
    assert not modules.state_dir.exists()
    done = modules.run("security_mode", state=state, diff=True)
    for key in ("operations", "before", "after", "diff"):
        assert planned[key] == done[key], key
    assert done["diff"] == {"before": done["before"], "after": done["after"]}


@pytest.mark.parametrize(
    ("mode", "ctl", "database_says", "file_says"),
    [
        pytest.param("1", None, "mixed", "non_secure", id="database alone says mixed"),
        pytest.param("0", "rebuild", "non_secure", "mixed", id="file alone says mixed"),
        pytest.param("1", "tampered", "mixed", "unverified", id="file does not verify"),
    ],
)
@pytest.mark.parametrize("state", ["mixed", "non_secure"])
def test_witnesses_that_disagree_stop_it(
    modules: Modules,
    cluster: ClusterHandle,
    mode: str,
    ctl: str | None,
    database_says: str,
    file_says: str,
    state: str,
) -> None:
    # The file is built for the mode of the moment.
    cluster.set(database={"processconfig": {"ClusterSecurityMode": "1"}})
    cluster.set(ctl={PUBLISHER: ctl})
    cluster.set(database={"processconfig": {"ClusterSecurityMode": mode}})
    journal = Journal(cluster, cluster.last_seq)
    result = modules.run("security_mode", state=state)
    result.refused("contradiction", database_says, file_says)
    assert result["failure"]["details"]["witnesses"] == {"database": database_says, "ctl_file": file_says}
    assert (result["changed"], journal.changing()) == (False, [])


def test_a_mode_that_is_no_mode_is_refused(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.set(database={"processconfig": {"ClusterSecurityMode": "7"}})
    result = modules.run("security_mode", state="mixed")
    assert result.code == "mode_unreadable"
    assert journal.changing() == []


def test_without_axl_the_mode_is_read_by_sql_on_the_cli(
    modules: Modules, journal: Journal, cluster: ClusterHandle
) -> None:
    result = modules.run("security_mode", state="mixed", axl_username=None, axl_password=None)
    assert (result["changed"], result["after"]) == (True, BOTH_MIXED)
    assert journal.entries(kind="http") == []
    assert any(command.startswith("run sql ") for command in journal.commands())


def test_without_a_cli_account_it_reads_but_cannot_change(modules: Modules, journal: Journal) -> None:
    no_cli: dict[str, t.Any] = {"cli_username": None, "cli_password": None}
    assert modules.run("security_mode", state="non_secure", **no_cli)["changed"] is False
    modules.run("security_mode", state="mixed", **no_cli).refused("account_missing", "cli_username")
    assert journal.changing() == []
    assert journal.logins("ssh") == []


@pytest.mark.parametrize("wording", ["will_set", "sets"])
@pytest.mark.parametrize("auto_registration", [False, True], ids=["", "auto-registration"])
def test_both_wordings_of_the_question_are_known(
    modules: Modules, cluster: ClusterHandle, journal: Journal, wording: str, auto_registration: bool
) -> None:
    cluster.set(cli={"wording": wording}, auto_registration={PUBLISHER: auto_registration})
    assert modules.run("security_mode", state="mixed")["changed"]
    (prompt,) = journal.entries(kind="prompt")
    assert ("Auto-registration" in prompt["detail"]["text"]) is auto_registration
    assert modules.run("security_mode", state="non_secure")["changed"]
    assert journal.answers() == ["y", "y"]


@pytest.mark.parametrize(
    ("trailer", "named"),
    [
        ("tftp_callmanager", ["Cisco Tftp", "Cisco CallManager"]),
        ("phones_ctimanager", ["Cisco CTIManager"]),
        ("callmanager_ctimanager", ["Cisco CallManager", "Cisco CTIManager"]),
    ],
)
def test_every_family_of_trailers_is_recorded(
    modules: Modules, cluster: ClusterHandle, trailer: str, named: list[str]
) -> None:
    cluster.set(cli={"trailer": trailer})
    assert modules.run("security_mode", state="mixed")["restarts_named"] == named
    assert modules.warnings == []


def test_the_command_succeeding_in_words_proves_nothing(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    """The file does not reach the publisher: the transcript says that all went well, the witness does not."""
    with cluster.faulty("ctl_not_distributed", node=PUBLISHER):
        result = modules.run("security_mode", state="mixed")
    result.refused("contradiction", "mixed", "non_secure")
    # A change that is half done is not sent a second time.
    assert (journal.answers(), result["changed"]) == (["y"], True)
    assert journal.effects().count("security_mode mixed") == 1
    # What was half done is a contradiction for the next run, and it stops there.
    assert modules.fresh().run("security_mode", state="mixed").code == "contradiction"


def test_a_node_that_missed_the_file_does_not_spoil_the_mode(
    modules: Modules, cluster: ClusterHandle
) -> None:
    with cluster.faulty("ctl_not_distributed", node=SUB1):
        assert modules.run("security_mode", state="mixed")["changed"]
    (found,) = modules.run("cluster_info")["cluster"]["contradictions"]
    assert found["witnesses"] == {"database": "mixed", f"ctl_file@{SUB1}": "no CTL file"}


def test_in_a_playbook(plays: Plays, journal: Journal) -> None:
    tasks = [
        plays.task("security_mode", "planned", state="mixed", _check_mode=True, _diff=True),
        plays.task("security_mode", "done", state="mixed"),
        plays.task("security_mode", "already", state="mixed"),
    ]
    run = plays.run(*tasks).ok()
    assert run.result("planned")["operations"] == run.result("done")["operations"]
    assert [run.result(name)["changed"] for name in ("planned", "done", "already")] == [True, True, False]
    assert "changed=2" in run.output
    assert '"security_mode": "mixed"' in run.output
    assert journal.answers() == ["y"]
