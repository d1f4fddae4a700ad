# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollout that dies anywhere is finished by running it again: kill -9 at every entry of the journal that changes.

The table of the points is printed at the end, and seen with ``-rA`` or ``-s``. The environment's CUCM_KILL_POINTS
asks for more: ``all`` for both sides of every entry that changes, ``every`` for every entry at all (``make soak``; it takes
half an hour and more).
"""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

import pytest

from cucm_lab.fixture import HANGS_AFTER, ClusterHandle, RunningLab

from .harness import journal, points, runs, topologies
from .harness.journal import key
from .harness.names import CALLMANAGER, CAPF, CTL_PROVIDER, MIXED_COMMAND, PUBLISHER, SUBSCRIBER, TFTP
from .harness.playbooks import Playbooks
from .harness.points import PATIENCE, Killed, Point, Reference, first_after, last_effect, nth
from .harness.runs import NotReached

# Seconds of the device's clock; seven minutes of this machine's.
LONG = 86400

SELECTION = os.environ.get("CUCM_KILL_POINTS", "")
DEPLOY, CONTROL = "control-center soapDoServiceDeployment", "control-center soapDoControlServices"
STATUS, SQL = "control-center soapGetServiceStatus", "axl executeSQLQuery"
WHEN = ("before", "after")

# All that changes in an undisturbed rollout, in order: in words, as the lab's journal has it, and on which sides of
# it a run is killed by default. What is left out looks the same to the cluster and to the next run as what is in:
# after a request is after its effect, and after an effect is before the next.
CHANGES: tuple[tuple[str, tuple[str, str, str], tuple[str, ...]], ...] = (
    ("the request to activate CAPF", ("http", DEPLOY, PUBLISHER), WHEN),
    ("CAPF is activated", ("effect", f"service activate {CAPF}", PUBLISHER), ("before",)),
    ("the request to activate CTL Provider", ("http", DEPLOY, PUBLISHER), ("before",)),
    ("CTL Provider is activated", ("effect", f"service activate {CTL_PROVIDER}", PUBLISHER), ("after",)),
    ("the mode command", ("command", MIXED_COMMAND, PUBLISHER), ("before",)),
    ("the answer y", ("answer", MIXED_COMMAND, PUBLISHER), WHEN),
    ("the mode is written", ("effect", "security_mode mixed", PUBLISHER), ("before",)),
    ("the publisher's CTL file", ("effect", "ctl_file update", PUBLISHER), ("before",)),
    ("the subscriber's CTL file", ("effect", "ctl_file update", SUBSCRIBER), ("before",)),
    ("the request to restart TFTP at the publisher", ("http", CONTROL, PUBLISHER), WHEN),
    ("TFTP goes down at the publisher", ("effect", f"service restart {TFTP}", PUBLISHER), ("before",)),
    ("the request to restart CallManager at the publisher", ("http", CONTROL, PUBLISHER), WHEN),
    (
        "CallManager goes down at the publisher",
        ("effect", f"service restart {CALLMANAGER}", PUBLISHER),
        ("before",),
    ),
    ("the request to restart CallManager at the subscriber", ("http", CONTROL, SUBSCRIBER), WHEN),
    (
        "CallManager goes down at the subscriber",
        ("effect", f"service restart {CALLMANAGER}", SUBSCRIBER),
        ("before",),
    ),
)
ANSWER = nth("answer", MIXED_COMMAND, PUBLISHER)


def _changing_points() -> list[Point]:
    points, seen = [], []
    for name, entry, sides in CHANGES:
        select = nth(*entry, seen.count(entry))
        patience = PATIENCE if entry[1].startswith("service restart") else {}
        points += [Point(name, select, when, patience) for when in (WHEN if SELECTION else sides)]
        seen.append(entry)
    return points


READING = [
    Point("the first CLI login, during its start-up", nth("login", "ssh", PUBLISHER), "after"),
    Point("the licence is asked once more", nth("http", "axl getSmartLicenseStatus", PUBLISHER, 1)),
    Point("the question is printed", nth("prompt", MIXED_COMMAND, PUBLISHER)),
    Point("the mode is read back", first_after(ANSWER, "http", SQL)),
    Point(
        "a poll of the publisher's CallManager on its way",
        first_after(nth("effect", f"service restart {CALLMANAGER}", PUBLISHER), "http", STATUS),
    ),
    Point("the proof by the CTL files", first_after(last_effect, "login", "ssh")),
]
POINTS = [*READING, *_changing_points()]


@pytest.fixture(scope="module")
def lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """A lab of these tests' own."""
    return cucm_lab_start(topologies.two_nodes(1, subscriber=[CALLMANAGER]))


@pytest.fixture(scope="module")
def reference(lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """An undisturbed rollout."""
    return points.undisturbed(lab.clusters["lab"], tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture
def cluster(lab: RunningLab, reference: Reference) -> ClusterHandle:
    """A fresh non-secure cluster."""
    cluster = lab.clusters["lab"]
    cluster.reset()
    return cluster


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[t.Callable[[str], None]]:
    """Takes rows; the last process of a parallel run to come here prints all of them."""
    base = tmp_path_factory.getbasetemp()
    rows = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "killed-rollouts.txt"

    def add(row: str) -> None:
        with rows.open("a", encoding="utf-8") as file:
            file.write(row + "\n")

    yield add
    if rows.exists():
        print(f"\n{Killed.HEADING}\n{rows.read_text('utf-8')}", end="")


def as_undisturbed(playbooks: Playbooks, reference: Reference) -> None:
    """Assert that all runs together did what an undisturbed one does, and that nothing is left to do."""
    last = playbooks.rollout().ok()
    assert last.recap["changed"] == 0 and last.changing() == [], last.output
    assert journal.effects(playbooks.cluster.journal()) == reference.effects
    assert journal.end_state(playbooks.cluster) == reference.end


def test_undisturbed_rollout_changes_what_the_points_say(reference: Reference) -> None:
    """No changing entry of the journal is without its points, and the end is what it is compared with."""
    assert [key(entry) for entry in reference.journal if entry["changing"]] == [
        entry for _name, entry, _sides in CHANGES
    ]
    assert set(reference.effects.values()) == {1}
    assert reference.end["cluster_security_mode"] == "mixed"
    assert reference.end["one_ctl_file"] and not reference.end["running_an_old_ctl_file"]


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_killed_rollout_is_finished_by_the_next(
    point: Point,
    cluster: ClusterHandle,
    reference: Reference,
    tmp_path: Path,
    table: t.Callable[[str], None],
) -> None:
    """Same end state, every effect as often as in an undisturbed run, and nothing left for a third run."""
    killed = points.kill_at(point, cluster, tmp_path, reference)
    table(killed.row(reference))
    differences = killed.differences(reference)
    assert not differences, "\n".join(differences)


if SELECTION == "every":
    # Shares of the work for processes that run side by side.
    SHARES = 2

    @pytest.mark.parametrize("share", range(SHARES))
    def test_every_point_of_the_journal(
        lab: RunningLab,
        reference: Reference,
        tmp_path: Path,
        table: t.Callable[[str], None],
        share: int,
    ) -> None:
        """As above, for every entry. How often is polled differs from run to run, so a point may not be reached."""
        cluster, failed, missed, data = lab.clusters["lab"], {}, [], []
        share_of_all = points.every_point(reference.journal)[share::SHARES]
        for number, point in enumerate(share_of_all):
            cluster.reset()
            try:
                killed = points.kill_at(point, cluster, tmp_path / str(number), reference)
            except NotReached:
                missed.append(str(point))
                continue
            table(killed.row(reference))
            data.append(killed.as_data(reference))
            if differences := killed.differences(reference):
                failed[str(point)] = differences
        report = {
            "share": share,
            "entries": len(reference.journal),
            "points": len(share_of_all),
            "killed": len(data),
        }
        report |= {"not_reached": missed, "failed": failed, "runs": data}
        if where := os.environ.get("CUCM_KILL_REPORT"):
            Path(f"{where}-{share}.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
        assert not failed, json.dumps(failed, indent=2)
        assert len(missed) < len(share_of_all) / 10, missed


def test_unconfirmed_answer_is_settled_before_anything_is_sent(
    playbooks: Playbooks, reference: Reference
) -> None:
    """The device acts on the answer of a dead run only while the next one is reading: one reading is not enough."""
    cluster = playbooks.cluster
    held, running = points.hold_and_start(Point("the answer y", ANSWER), playbooks, reference)
    running.kill()
    # The first CTL file is read for the plan, the second to settle.
    reading = cluster.fault(
        "hold", match={"kind": "command", "operation": "show ctl", "node": PUBLISHER}, when="after", skip=1
    )
    running = playbooks.start("rollout")
    running.wait_hit(reading)
    assert journal.effects(cluster.journal())[f"{PUBLISHER}: security_mode mixed"] == 0
    cluster.release(held)
    cluster.wait(lambda: journal.effects(cluster.journal())[f"{SUBSCRIBER}: ctl_file update"])
    cluster.release(reading)
    second = running.end().ok()
    assert journal.confirmations(cluster.journal()) == 1
    result = second.result("Set the cluster security mode")
    assert [answer["outcome"] for answer in result["settled"]] == ["done"]
    assert result["changed"] is False
    as_undisturbed(playbooks, reference)


def test_answer_that_died_with_the_run_is_given_once_more(playbooks: Playbooks, reference: Reference) -> None:
    """A device that gives up with the connection has not done it: the next run finds that out, and does it."""
    cluster = playbooks.cluster
    cluster.set(cli={"on_disconnect": "abort"})
    held, running = points.hold_and_start(Point("the answer y", ANSWER), playbooks, reference)
    running.kill()
    cluster.release(held)
    second = playbooks.rollout().ok()
    assert [answer["outcome"] for answer in second.result("Set the cluster security mode")["settled"]] == [
        "not_done"
    ]
    assert journal.confirmations(cluster.journal()) == 2
    as_undisturbed(playbooks, reference)


def test_half_done_change_is_left_to_a_person(playbooks: Playbooks, reference: Reference) -> None:
    """A device that gave up between the mode and the CTL file contradicts itself: nothing more is sent."""
    cluster = playbooks.cluster
    cluster.set(cli={"on_disconnect": "abort"})
    written = Point("the mode is written", nth("effect", "security_mode mixed", PUBLISHER), "after")
    held, running = points.hold_and_start(written, playbooks, reference)
    running.kill()
    cluster.release(held)
    second = playbooks.rollout().refused("mode mixed", "CTL file non_secure")
    assert second.failures() == ["contradiction"]
    third = playbooks.rollout().refused("is not proven to be mixed", "no CTL file")
    assert second.changing() == third.changing() == []
    assert journal.effects(cluster.journal())[f"{PUBLISHER}: security_mode mixed"] == 1


def test_worker_that_outlives_its_run_keeps_the_cluster(playbooks: Playbooks, reference: Reference) -> None:
    """Kill -9 of the process group leaves Ansible's worker at work: until it has ended, no other run may change."""
    cluster = playbooks.cluster
    # The worker waits for its command as long as the second run takes, on whatever machine.
    held, running = points.hold_and_start(
        Point("the answer y", ANSWER), playbooks, reference, cucm_change_timeout=LONG
    )
    workers = running.kill_group()
    assert workers, "this version of ansible-core has no worker that leads a session of its own"
    second = playbooks.rollout().refused("Another task on this controller is changing this cluster")
    assert second.changing() == []
    cluster.release(held)
    runs.wait_gone(workers)
    playbooks.rollout().ok()
    assert journal.confirmations(cluster.journal()) == 1
    as_undisturbed(playbooks, reference)


def test_next_run_waits_for_what_the_dead_one_began(playbooks: Playbooks, reference: Reference) -> None:
    """CallManager is still down when the next run reads: it is waited for, not restarted again, and nothing else is."""
    cluster = playbooks.cluster
    down = Point("CallManager", nth("effect", f"service restart {CALLMANAGER}", PUBLISHER), "after")
    held, running = points.hold_and_start(down, playbooks, reference)
    running.kill()
    dead = cluster.last_seq
    running = playbooks.start("rollout", cucm_wait_timeout=HANGS_AFTER)
    # The plan asks for the state once; more is waiting.
    cluster.wait(lambda: len(cluster.journal(dead, operation=STATUS, node=PUBLISHER)) > 4)
    assert not cluster.journal(dead, kind="effect")
    assert not cluster.journal(dead, operation=CONTROL, node=SUBSCRIBER)
    cluster.release(held)
    running.end().ok()
    as_undisturbed(playbooks, reference)


def test_rollout_killed_again_and_again_is_finished(playbooks: Playbooks, reference: Reference) -> None:
    """Each run gets a little further than the one before it."""
    for node, operation in (
        (PUBLISHER, f"service activate {CAPF}"),
        (PUBLISHER, "security_mode mixed"),
        (PUBLISHER, f"service restart {TFTP}"),
        (SUBSCRIBER, f"service restart {CALLMANAGER}"),
    ):
        held, running = points.hold_and_start(
            Point(operation, nth("effect", operation, node), "after"), playbooks, reference
        )
        running.kill()
        playbooks.cluster.release(held)
    playbooks.rollout().ok()
    assert journal.confirmations(playbooks.cluster.journal()) == 1
    as_undisturbed(playbooks, reference)
