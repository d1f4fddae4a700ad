# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A command that asks nothing is recorded before it is sent, and what became of it is read, never believed."""

from __future__ import annotations

import errno
import itertools
import os
import typing as t
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base import record as _state
from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import (
    Contradiction,
    CucmError,
    DeadlineExceeded,
    InputError,
    RecordNotWritten,
    Refusal,
    TransportError,
    UnknownOutcome,
)
from ansible_collections.ucops.cucm.plugins.module_utils._base.record import StateJournal
from ansible_collections.ucops.cucm.plugins.module_utils._changes import command as _change
from ansible_collections.ucops.cucm.plugins.module_utils._changes import service as _service_change
from ansible_collections.ucops.cucm.plugins.module_utils._changes.command import Made
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.accounts import missing_account
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.nodes import Address, Node
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import Task
from ansible_collections.ucops.cucm.plugins.module_utils._transport.cli import Exchange

ENABLE, DISABLE = "utils sipOAuth-mode enable", "utils sipOAuth-mode disable"
OFF, ON = {"sip_oauth_mode": "disabled"}, {"sip_oauth_mode": "enabled"}
LOST = TransportError("lost", code="connection_lost")
ASKED = Refusal("asked something", code="unexpected_question")
Answer = t.Callable[["World"], Exchange]


@dataclass
class World:
    """A cluster whose SIP OAuth mode is a stored value; each order is met by the next of C(answers)."""

    state_dir: Path
    answers: list[Answer] = field(default_factory=list)
    stored: str | None = "0"
    unreadable: int = 0
    now: float = 0.0
    orders: list[str] = field(default_factory=list)
    recorded_at_enter: list[list[dict[str, t.Any]]] = field(default_factory=list)
    lost_before_enter: bool = False
    listening: list[t.Any] = field(default_factory=list)
    reads: int = 0
    later: tuple[float, str] | None = None
    device_jumps: tuple[float, float] = (0.0, 0.0)
    device_pace: float = 1.0
    said: list[tuple[float, str]] = field(default_factory=list)
    identity: str = "cluster-1"
    accounts: set[str] = field(default_factory=lambda: {"axl", "cli"})
    publisher: Node = field(
        default_factory=lambda: Node("cucm-pub", "publisher", "callmanager", Address("10.0.0.1", 8443, 22))
    )

    def query(self, sql: str) -> list[dict[str, str]]:
        if self.unreadable:
            self.unreadable -= 1
            raise LOST
        if self.later is not None and self.now >= self.later[0]:
            self.stored, self.later = self.later[1], None
        rows = {"ClusterSecurityMode": "0", "ClusterSIPOAuthMode": self.stored}
        return [{"paramname": name, "paramvalue": value} for name, value in rows.items() if value is not None]

    def has_account(self, service: str) -> bool:
        return service in self.accounts

    def require_account(self, service: str) -> None:
        if not self.has_account(service):
            raise missing_account(service)

    def device_time(self) -> datetime:
        moment, jump = self.device_jumps
        return datetime(2026, 3, 10) + timedelta(
            seconds=self.now * self.device_pace + (jump if self.now >= moment else 0)
        )

    def wall(self) -> datetime:
        return datetime(2026, 3, 10, tzinfo=UTC) + timedelta(seconds=self.now)

    def order(self, command: str, before_enter: t.Callable[[], None], *, timeout: float) -> Exchange:
        assert timeout == 900
        self.orders.append(command)
        if self.lost_before_enter:
            raise LOST
        before_enter()
        self.recorded_at_enter.append(self.journal.unsettled())
        return self.answers.pop(0)(self)

    def run(self, node: Node, command: str) -> str:
        assert (node.name, command) == ("cucm-pub", "show open ports regexp LISTEN")
        self.reads += 1
        ports = self.listening.pop(0) if len(self.listening) > 1 else self.listening[0]
        if isinstance(ports, Exception):
            raise ports
        return "\n".join(f"ccm 1 ccmbase 1u IPv4 1 0t0 TCP *:{port} (LISTEN)" for port in ports)

    @property
    def journal(self) -> StateJournal:
        return StateJournal(str(self.state_dir), self.identity)

    def task(self) -> Task:
        def sleep(seconds: float) -> None:
            self.now += seconds

        params = {
            "state_dir": str(self.state_dir),
            "change_timeout": 900,
            "settle_interval": 30.0,
            "settle_timeout": 600.0,
            "poll_interval": 5.0,
            "wait_timeout": 60.0,
        }
        clock = Clock(monotonic=lambda: self.now, sleep=sleep, now=self.wall)
        task = Task(
            params=params, clock=clock, progress=lambda message: self.said.append((self.now, message))
        )
        task._cluster = t.cast(t.Any, self)
        return task

    def make(self, mode: str = "enabled") -> Made:
        task = self.task()
        change = _change.sip_oauth_change(task.cluster, mode)
        return _change.make(task, change, change.read())

    def refused(self) -> CucmError:
        with pytest.raises(CucmError) as raised:
            self.make()
        return raised.value


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "state")


def does(stored: str | None, output: str = "", failure: CucmError | None = None) -> Answer:
    def answer(world: World) -> Exchange:
        world.stored = stored
        return Exchange(failure is None, output, failure)

    return answer


def test_it_is_recorded_before_it_is_sent(world: World) -> None:
    world.answers = [does("1", "SIP OAuth mode is enabled.")]
    assert world.make() == Made(ON, "SIP OAuth mode is enabled.")
    ((record,),) = world.recorded_at_enter
    assert (record["event"], record["command"], record["before"]) == ("command", ENABLE, OFF)
    assert "question" not in record
    assert (world.orders, world.now) == ([ENABLE], 0.0)
    assert world.journal.unsettled() == []


def test_disabling(world: World) -> None:
    world.stored, world.answers = "1", [does("0")]
    assert world.make("disabled").after == OFF
    assert world.orders == [DISABLE]


@pytest.mark.parametrize(
    ("output", "code", "said"),
    [
        (
            "Incomplete command entered",
            "privilege_too_low",
            "level 4 (the administrator made at installation)",
        ),
        ("Export-controlled functionality is not allowed", "export_control_not_allowed", "Smart Licensing"),
        ("This can only be done on the publisher", "not_publisher", "publisher's address"),
    ],
)
def test_a_refusal_is_told_apart(output: str, code: str, said: str, world: World) -> None:
    world.answers = [does("0", output)]
    refused = world.refused()
    assert isinstance(refused, Refusal)
    assert refused.code == code and said in refused.remedy
    assert len(world.orders) == 1
    assert world.journal.unsettled() == []


def test_success_that_is_not_there_is_not_believed(world: World) -> None:
    world.answers = [does("0", "SIP OAuth mode is enabled.")]
    refused = world.refused()
    assert isinstance(refused, UnknownOutcome)
    assert refused.code == "change_not_effective" and "SIP OAuth mode is enabled." in refused.message
    assert len(world.orders) == 1
    # Read twice, the interval apart.
    assert world.now >= 30.0


def test_a_question_is_the_failure_when_nothing_changed(world: World) -> None:
    world.answers = [does("0", "Sure? (y/n):", ASKED)]
    assert world.refused() is ASKED
    assert len(world.orders) == 1
    assert world.journal.unsettled() == []


@pytest.mark.parametrize("failure", [ASKED, LOST, DeadlineExceeded("no end")])
def test_what_happened_counts_more_than_how_it_ended(failure: CucmError, world: World) -> None:
    world.answers = [does("1", "", failure)]
    assert world.make().after == ON
    assert len(world.orders) == 1


def test_it_is_sent_once_more_when_it_was_lost_without_effect(world: World) -> None:
    world.answers = [does("0", "", LOST), does("1")]
    assert world.make().after == ON
    assert world.orders == [ENABLE, ENABLE]
    assert [len(records) for records in world.recorded_at_enter] == [1, 1]
    assert world.now >= 30.0


def test_it_is_not_sent_a_third_time(world: World) -> None:
    world.answers = [does("0", "", LOST), does("0", "", LOST)]
    assert world.refused().code == "change_not_effective"
    assert len(world.orders) == 2
    assert world.journal.unsettled() == []


def test_a_mode_that_is_neither_is_no_reason_to_send_it_again(world: World) -> None:
    world.answers = [does("7", "", LOST)]
    refused = world.refused()
    assert isinstance(refused, Contradiction)
    assert "sip_oauth_mode says unknown" in refused.message
    assert len(world.orders) == 1


def test_lost_before_enter_leaves_no_record(world: World) -> None:
    world.lost_before_enter = True
    assert world.refused() is LOST
    assert world.journal.unsettled() == []


def test_a_state_that_someone_changed_meanwhile_is_left_alone(world: World) -> None:
    task = world.task()
    change = _change.sip_oauth_change(task.cluster, "enabled")
    before = change.read()
    world.stored = "1"
    with pytest.raises(Refusal) as refused:
        _change.make(task, change, before)
    assert refused.value.code == "state_changed"
    assert world.orders == []


def test_what_cannot_be_read_afterwards_is_settled_by_the_next_run(world: World) -> None:
    def lost(world: World) -> Exchange:
        world.stored, world.unreadable = "1", 1000
        return Exchange(False, "", LOST)

    world.answers = [lost]
    assert isinstance(world.refused(), UnknownOutcome)
    (left,) = world.journal.unsettled()
    assert (left["event"], left["command"]) == ("command", ENABLE)
    world.unreadable = 0
    assert world.refused().code == "unsettled"
    assert len(world.orders) == 1
    assert _change.settle_earlier(world.task()) == [
        {"command": ENABLE, "sent": left["time"], "outcome": "done"}
    ]
    assert world.journal.unsettled() == []
    assert _change.settle_earlier(world.task()) == []


@pytest.mark.parametrize(("stored", "outcome"), [("0", "not_done"), ("1", "done"), ("7", "neither")])
def test_an_order_that_died_at_enter_is_settled(stored: str, outcome: str, world: World) -> None:
    def dies(world: World) -> Exchange:
        raise LOST

    world.answers = [dies]
    assert world.refused() is LOST
    world.stored = stored
    started = world.now
    assert [item["outcome"] for item in _change.settle_earlier(world.task())] == [outcome]
    assert world.now - started >= 30.0
    assert world.journal.unsettled() == []


def test_settling_needs_every_witness(world: World) -> None:
    world.task().journal().require_writable()
    world.journal.append("command", command=DISABLE, before=ON)
    world.accounts.remove("cli")
    with pytest.raises(InputError) as refused:
        _change.settle_earlier(world.task())
    assert refused.value.code == "account_missing"
    assert len(world.journal.unsettled()) == 1


# -- how long it may be under way -----------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [5, 20, 60, 100, 150, 300, 600, 899])
def test_a_command_that_takes_long_is_waited_for_and_not_sent_again(seconds: int, world: World) -> None:
    def goes_on(world: World) -> Exchange:
        world.later = (world.now + seconds, "1")
        return Exchange(False, "", LOST)

    world.answers = [goes_on]
    assert world.make() == Made(ON, "", 1)
    assert world.orders == [ENABLE]
    said = [(moment, line) for moment, line in world.said if "is under way" in line]
    moments = [0.0, *(moment for moment, _line in said), float(seconds)]
    assert all(later - earlier <= 35 for earlier, later in itertools.pairwise(moments))


@pytest.mark.parametrize("stored", ["0", "7"])
def test_nothing_but_the_wanted_state_counts_before_the_limit(stored: str, world: World) -> None:
    world.answers = [does(stored, "", LOST), does("1")]
    if stored == "0":
        assert world.make() == Made(ON, "", 2)
    else:
        assert isinstance(world.refused(), Contradiction)
    assert world.now >= 900 + 30


def test_a_prompt_is_no_proof_that_it_has_ended(world: World) -> None:
    def goes_on(world: World) -> Exchange:
        world.later = (world.now + 600, "1")
        return Exchange(True, "admin:")

    world.answers = [goes_on]
    assert world.make().after == ON
    assert world.orders == [ENABLE]


@pytest.mark.parametrize("clock", ["device_ahead", "device_behind", "device_stands", "controller_slow"])
def test_a_clock_that_is_set_does_not_shorten_the_wait(clock: str, world: World) -> None:
    def lost(world: World) -> Exchange:
        world.later = (world.now + 800, "1")
        world.device_jumps = {
            "device_ahead": (100.0, 86400.0),
            "device_behind": (100.0, -86400.0),
            "device_stands": (100.0, 0.0),
            "controller_slow": (100.0, 0.0),
        }[clock]
        world.device_pace = {"device_stands": 0.5, "controller_slow": 60.0}.get(clock, 1.0)
        return Exchange(False, "", LOST)

    world.answers = [lost]
    assert world.make().after == ON
    assert world.orders == [ENABLE]


def _left_by_an_earlier_run(world: World, *, wall: float, device: float | None, limit: float = 900) -> None:
    """A record as a run left it C(wall) and C(device) seconds ago."""
    journal = StateJournal(
        str(world.state_dir), world.identity, now=lambda: world.wall() - timedelta(seconds=wall)
    )
    journal.require_writable()
    more = (
        {}
        if device is None
        else {"device_time": (world.device_time() - timedelta(seconds=device)).isoformat()}
    )
    journal.append("command", command=ENABLE, before=OFF, limit=limit, **more)


@pytest.mark.parametrize(
    ("wall", "device", "waits"),
    [
        (10, 10, 890),
        (880, 880, 20),
        (5000, 5000, 0),
        # One clock was set meanwhile, or is not known.
        (86400, 10, 890),
        (10, 86400, 890),
        (-3600, 10, 900),
        (10, -3600, 900),
        (5000, None, 900),
    ],
)
def test_what_an_earlier_run_sent_is_given_its_time(
    wall: float, device: float | None, waits: float, world: World
) -> None:
    _left_by_an_earlier_run(world, wall=wall, device=device)
    (settled,) = _change.settle_earlier(world.task())
    assert settled["outcome"] == "not_done"
    assert waits + 30 <= world.now <= waits + 45


def test_the_limit_of_the_run_that_sent_it_holds(world: World) -> None:
    _left_by_an_earlier_run(world, wall=1000, device=1000, limit=3600)
    _change.settle_earlier(world.task())
    assert world.now >= 2600


def test_a_command_of_a_newer_version_is_refused_in_words(world: World) -> None:
    world.journal.require_writable()
    world.journal.append("command", command="utils ctl set-cluster quantum-mode", before={})
    with pytest.raises(Refusal) as refused:
        _change.settle_earlier(world.task())
    assert refused.value.code == "state_newer" and "quantum-mode" in refused.value.message


def test_the_next_command_waits_for_one_that_may_still_be_at_work(world: World) -> None:
    world.answers = [does("1", "", LOST), does("0")]
    world.make()
    assert world.now < 100
    world.make("disabled")
    assert world.now >= 900 and world.orders == [ENABLE, DISABLE]
    assert any(f"'{DISABLE}' waits" in line for _moment, line in world.said)


def test_one_that_ended_is_not_waited_for(world: World) -> None:
    world.answers = [does("1"), does("0")]
    world.make()
    world.make("disabled")
    assert world.now == 0.0


@pytest.mark.parametrize(
    ("answer", "changed", "told"),
    [
        (does("1"), True, "it is done"),
        (does("7", "", LOST), True, "between the two"),
        (does("0", "", LOST), False, "it changed nothing"),
    ],
)
def test_a_record_that_fails_after_the_act_says_what_happened(
    answer: Answer, changed: bool, told: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def fills_up(world: World) -> Exchange:
        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(_state.os, "fsync", full)
        return answer(world)

    world.answers = [fills_up]
    result = world.refused()
    assert isinstance(result, RecordNotWritten)
    assert told in result.message and "Nothing was" not in result.message and result.remedy
    assert result.details["changed"] is changed
    assert len(world.orders) == 1
    # The next run, with room again, finds it out.
    monkeypatch.setattr(_state.os, "fsync", fsync)
    (settled,) = _change.settle_earlier(world.task())
    assert settled["outcome"] == result.details["outcome"]


# -- ports -------------------------------------------------------------------------------------------------


def awaited(world: World, *ports: int) -> None:
    _service_change.await_ports(world.task(), world.publisher, "Cisco CallManager", ports)


def test_ports_that_are_open_are_not_waited_for(world: World) -> None:
    world.listening = [[2000, 5090, 5091]]
    awaited(world, 5091, 5090)
    assert (world.reads, world.now) == (1, 0.0)


def test_no_port_is_not_looked_for(world: World) -> None:
    awaited(world)
    assert world.reads == 0


def test_all_ports_are_waited_for(world: World) -> None:
    # At first there may be no port at all that is listened on.
    world.listening = [[], [2000], [2000, 5090], [2000, 5090, 5091]]
    awaited(world, 5090, 5091)
    assert (world.reads, world.now) == (4, 15.0)


def test_ports_that_do_not_open_are_named(world: World) -> None:
    world.listening = [[2000, 5090]]
    with pytest.raises(DeadlineExceeded) as given_up:
        awaited(world, 5091, 5090, 5092)
    assert given_up.value.code == "service_not_listening"
    assert given_up.value.details == {
        "node": "cucm-pub",
        "service": "Cisco CallManager",
        "ports": [5091, 5092],
        "changed": True,
    }
    assert "does not listen on 5091, 5092 after 60 s" in given_up.value.message
    assert world.now == 60.0


def test_a_node_that_cannot_be_asked_is_not_taken_for_one_that_does_not_listen(world: World) -> None:
    world.listening = [LOST]
    with pytest.raises(TransportError):
        awaited(world, 5090)


# -- what the device says to be at work on -------------------------------------------------------------------

BUSY = "Another operation is in progress. Please try again later."
UPDATE = "utils ctl update CTLFile"


def asking(world: World, monkeypatch: pytest.MonkeyPatch, answers: list[str | None]) -> t.Callable[[], Made]:
    """Return what makes a change by a command that asks: None is answered and the connection lost, a text comes instead of the question."""
    monkeypatch.setattr(
        _change,
        "_change_of",
        lambda cluster, command: _change.sip_oauth_change(cluster, "enabled"),
    )

    def converse(
        command: str, question: object, before_answer: t.Callable[[str], None], *, timeout: float
    ) -> Exchange:
        said = answers.pop(0)
        if said is not None:
            return Exchange(True, said)
        before_answer("?")
        world.orders.append("y")
        return Exchange(False, "", LOST)

    monkeypatch.setattr(World, "converse", staticmethod(converse), raising=False)

    def make() -> Made:
        task = world.task()
        change = replace(_change.sip_oauth_change(task.cluster, "enabled"), command=UPDATE)
        return _change.make(task, change, change.read())

    return make


@pytest.mark.parametrize("said", [BUSY, "Something nobody has seen.", ""])
def test_one_that_was_taken_for_ended_is_under_way_again(
    world: World, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """It takes longer than its limit; the second attempt is turned away, and the first reaches its aim."""
    make = asking(world, monkeypatch, [None, said])
    world.later = (1500.0, "1")
    assert make() == Made(ON, "", 1)
    assert world.orders == ["y"]
    assert world.journal.unsettled() == []


def test_it_is_not_sent_again_before_its_time_has_passed_once_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = asking(world, monkeypatch, [None, BUSY])
    with pytest.raises(Refusal) as refused:
        make()
    assert refused.value.code == "busy" and BUSY in refused.value.message
    assert world.orders == ["y"]
    assert world.now >= 2 * 900


def test_another_run_takes_it_for_under_way_as_well(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    make = asking(world, monkeypatch, [None, "Incomplete command entered", BUSY, BUSY])
    with pytest.raises(Refusal) as first:
        make()
    assert first.value.code == "privilege_too_low", "that says nothing of the first"
    before = world.now
    with pytest.raises(Refusal) as second:
        make()
    assert second.value.code == "busy"
    assert (world.orders, world.now >= before + 900) == (["y"], True)
    # A week later the running command is someone else's.
    world.now += 7 * 24 * 3600
    before = world.now
    with pytest.raises(Refusal) as third:
        make()
    assert (third.value.code, world.now - before < 60) == ("busy", True)


def test_what_died_while_it_was_under_way_again_is_settled_by_the_next_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = asking(world, monkeypatch, [None, BUSY])
    reopen = _change._reopen

    def dies(*given: t.Any) -> None:
        assert reopen(*given) is not None
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(_change, "_reopen", dies)
        with pytest.raises(KeyboardInterrupt):
            make()
    (record,) = world.journal.unsettled()
    assert (record["command"], record["seen"]["said"]) == (UPDATE, BUSY)
    before = world.now
    assert [item["outcome"] for item in _change.settle_earlier(world.task())] == ["not_done"]
    assert world.now >= before + 900


def test_a_device_that_is_busy_with_somebody_elses_command(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refusal) as refused:
        asking(world, monkeypatch, [BUSY])()
    assert refused.value.code == "busy" and BUSY in refused.value.message and refused.value.remedy
    assert (world.orders, world.journal.unsettled()) == ([], [])
