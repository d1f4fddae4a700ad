# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects are brought to a state with as little as possible, and back to what was written down."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import (
    Contradiction,
    CucmError,
    InputError,
    ProductFault,
    Refusal,
    TransportError,
    UnknownOutcome,
)
from ansible_collections.ucops.cucm.plugins.module_utils._base.record import StateJournal
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import Task
from ansible_collections.ucops.cucm.plugins.module_utils._objects.configuration import (
    Objects,
    Request,
    bring,
    restore,
)

KIND = "thing"
Event = t.Callable[[], None]


def throttled() -> None:
    raise TransportError("503", code="throttled")


def refused() -> None:
    raise ProductFault("no")


def lost() -> None:
    raise UnknownOutcome("no answer")


@dataclass
class Node:
    name: str = "cucm-pub"


@dataclass
class World:
    """A cluster of things with a state each; C(before_write) and C(after_write) happen in turn, one a request."""

    states: dict[str, t.Any]
    state_dir: Path
    before_write: list[Event | None] = field(default_factory=list)
    after_write: list[Event | None] = field(default_factory=list)
    before_read: dict[int, Event] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    keep: t.Callable[[str, t.Any], str | None] = lambda name, state: None
    reads: int = 0
    now: float = 0.0
    publisher: Node = field(default_factory=Node)
    identity: str = "cluster-1"

    @property
    def axl(self) -> World:
        return self

    def call(self, operation: str, content: t.Any) -> None:
        name, state = content
        self.sent.append(f"{operation} {name}")
        for events, write in ((self.before_write, True), (self.after_write, False)):
            event = events.pop(0) if events else None
            if event is not None:
                event()
            if write:
                self.put(name, state)

    def put(self, name: str, state: t.Any) -> None:
        """Act as another administrator."""
        if state is None:
            self.states.pop(name, None)
        else:
            self.states[name] = state

    def read(self) -> dict[str, t.Any]:
        self.reads += 1
        if self.reads in self.before_read:
            self.before_read[self.reads]()
        return dict(self.states)

    @property
    def objects(self) -> Objects:
        def request(name: str, before: t.Any, wanted: t.Any) -> Request:
            operation = "add" if before is None else "remove" if wanted is None else "update"
            return Request(operation, (name, wanted), f"{operation} {name}")  # type: ignore[arg-type]

        return Objects(KIND, self.read, request, self.keep)

    def task(self, record: str | None = None, check_mode: bool = False, **options: t.Any) -> Task:
        def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            self.now += seconds

        task = Task(
            params={"record": record, "throttle_timeout": 600.0, "state_dir": str(self.state_dir), **options},
            check_mode=check_mode,
            warn=self.warnings.append,
            clock=Clock(monotonic=lambda: self.now, sleep=sleep),
        )
        task._cluster = t.cast(t.Any, self)
        return task

    @property
    def journal(self) -> StateJournal:
        return StateJournal(str(self.state_dir), self.identity)

    def bring(self, wanted: dict[str, t.Any], record: str | None = None, **options: t.Any) -> t.Any:
        self.sent.clear()
        return bring(self.task(record, **options), self.objects, wanted)

    def restore(self, record: str | None = "r", **options: t.Any) -> t.Any:
        self.sent.clear()
        return restore(self.task(record, **options), self.objects)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World({"a": 1, "b": 2, "c": 3}, tmp_path / "state")


# -- bringing ---------------------------------------------------------------------------------------------------


def test_what_is_so_is_left_alone(world: World) -> None:
    result = world.bring({"a": 1, "x": None}, "r")
    assert (result.changed, result.operations, world.sent) == (False, [], [])
    assert result.before == result.after == {"a": 1, "x": None}
    assert not world.state_dir.exists()


def test_only_what_differs_is_sent(world: World) -> None:
    result = world.bring({"a": 1, "b": 5, "c": None, "d": 4})
    assert world.sent == ["update b", "remove c", "add d"]
    assert world.states == {"a": 1, "b": 5, "d": 4}
    assert result.before == {"a": 1, "b": 2, "c": 3, "d": None}
    assert result.after == {"a": 1, "b": 5, "c": None, "d": 4}
    assert result.operations == [
        {"node": "cucm-pub", "action": "update b", "before": 2, "after": 5},
        {"node": "cucm-pub", "action": "remove c", "before": 3, "after": None},
        {"node": "cucm-pub", "action": "add d", "before": None, "after": 4},
    ]


def test_check_mode_tells_the_same_and_does_nothing(world: World) -> None:
    wanted = {"b": 5, "c": None}
    planned = world.bring(wanted, "r", check_mode=True)
    assert (world.sent, world.states, world.state_dir.exists()) == ([], {"a": 1, "b": 2, "c": 3}, False)
    assert planned == world.bring(wanted, "r")


@pytest.mark.parametrize("by_somebody", [7, None])
def test_what_somebody_changed_in_between_is_not_overwritten(world: World, by_somebody: int | None) -> None:
    world.before_read[2] = lambda: world.put("b", by_somebody)
    with pytest.raises(Refusal) as raised:
        world.bring({"a": 9, "b": 5}, "r")
    assert raised.value.code == "state_changed"
    assert raised.value.details == {"b": {"before": 2, "now": by_somebody}}
    assert (world.sent, world.journal.former()) == ([], [])


def test_what_nobody_asked_about_may_move(world: World) -> None:
    world.before_read[2] = lambda: world.put("c", 7)
    assert world.bring({"b": 5}).changed
    assert world.states["c"] == 7


def test_the_former_state_is_on_the_disk_before_the_request(world: World) -> None:
    seen: list[t.Any] = []
    world.before_write = [lambda: seen.append([dict(item) for item in world.journal.former()])] * 2
    world.bring({"b": 5, "d": 4}, "r")
    first = {"purpose": "r", "kind": KIND, "name": "b", "before": 2, "after": 5, "steps": [5]}
    second = {"purpose": "r", "kind": KIND, "name": "d", "before": None, "after": 4, "steps": [4]}
    assert seen == [[first], [first, second]]


def test_without_a_name_nothing_is_written_down(world: World) -> None:
    world.bring({"b": 5})
    assert world.journal.former() == []


def test_one_that_cannot_be_written_down_is_not_sent(world: World) -> None:
    world.state_dir.write_text("in the way", "utf-8")
    with pytest.raises(Refusal) as raised:
        world.bring({"b": 5}, "r")
    assert (raised.value.code, world.sent) == ("state_dir_not_writable", [])


def test_a_refusal_in_the_middle_tells_what_was_done(world: World) -> None:
    world.before_write = [None, refused]
    with pytest.raises(ProductFault) as raised:
        world.bring({"a": 9, "b": 5, "c": 7})
    assert raised.value.details == {"changed": True, "done": ["a"]}
    assert world.sent == ["update a", "update b"]


def test_a_first_refusal_changed_nothing(world: World) -> None:
    world.before_write = [refused]
    with pytest.raises(ProductFault) as raised:
        world.bring({"a": 9, "b": 5})
    assert "changed" not in raised.value.details


def test_a_change_that_does_not_show_is_a_contradiction(world: World) -> None:
    world.after_write = [None, lambda: world.put("b", 2)]
    with pytest.raises(Contradiction) as raised:
        world.bring({"a": 9, "b": 5})
    assert raised.value.code == "change_not_effective"
    assert raised.value.details["witnesses"] == {"b": {"wanted": 5, "seen": 2}}
    assert raised.value.details["changed"]


# -- throttled --------------------------------------------------------------------------------------------------


def test_throttling_is_waited_for_longer_and_longer(world: World) -> None:
    world.before_write = [throttled] * 7
    assert world.bring({"b": 5}).changed
    assert (world.slept, world.sent) == ([2, 4, 8, 16, 30, 30, 30], ["update b"] * 8)


def test_throttling_is_not_waited_for_for_ever(world: World) -> None:
    world.before_write = [throttled] * 99
    with pytest.raises(TransportError) as raised:
        world.bring({"b": 5}, throttle_timeout=5.0)
    assert (raised.value.code, sum(world.slept)) == ("throttled", 5)
    assert "changed" not in raised.value.details


def test_each_request_has_the_time_of_its_own(world: World) -> None:
    world.before_write = [throttled, throttled, None, throttled, throttled, None]
    assert world.bring({"a": 9, "b": 5}, throttle_timeout=6.0).changed


def test_what_somebody_changed_during_the_wait_is_not_overwritten(world: World) -> None:
    def meanwhile() -> None:
        world.put("b", 7)
        throttled()

    world.before_write = [meanwhile]
    with pytest.raises(Refusal) as raised:
        world.bring({"b": 5})
    assert (raised.value.code, world.sent, world.states["b"]) == ("state_changed", ["update b"], 7)


# -- lost answers -----------------------------------------------------------------------------------------------


def test_a_lost_answer_after_the_change(world: World) -> None:
    world.after_write = [lost]
    result = world.bring({"b": 5, "c": 6})
    assert (result.changed, world.sent) == (True, ["update b", "update c"])


def test_a_lost_answer_before_the_change_is_unknown_and_not_sent_again(world: World) -> None:
    world.before_write = [None, lost]
    with pytest.raises(UnknownOutcome) as raised:
        world.bring({"a": 9, "b": 5})
    assert raised.value.details == {"changed": True, "done": ["a"]}
    assert world.sent == ["update a", "update b"]


def test_a_lost_answer_stays_unknown_when_nothing_can_be_read(world: World) -> None:
    def down() -> None:
        raise TransportError("down")

    world.after_write = [lost]
    world.before_read[3] = down
    with pytest.raises(UnknownOutcome):
        world.bring({"b": 5})


# -- back -------------------------------------------------------------------------------------------------------


def test_back_and_then_nothing_more(world: World) -> None:
    world.bring({"a": 9, "c": None, "d": 4}, "r")
    result = world.restore()
    assert world.states == {"a": 1, "b": 2, "c": 3}
    assert (result.changed, result.facts) == (True, {"kept": {}})
    assert [item["action"] for item in result.operations] == ["update a", "add c", "remove d"]
    again = world.restore()
    assert (again.changed, again.operations, world.sent) == (False, [], [])


def test_back_to_before_the_first_of_several_changes(world: World) -> None:
    for state in (7, 8, 9):
        world.bring({"a": state}, "r")
    world.restore()
    assert world.states["a"] == 1


def test_back_in_check_mode(world: World) -> None:
    world.bring({"a": 9}, "r")
    planned = world.restore(check_mode=True)
    assert (planned.changed, world.sent, world.states["a"]) == (True, [], 9)
    assert planned == world.restore()


def test_what_somebody_changed_since_stays_and_is_told_once(world: World) -> None:
    world.bring({"a": 9, "b": 5}, "r")
    world.put("a", 7)
    result = world.restore()
    assert (world.states["a"], world.states["b"]) == (7, 2)
    assert list(result.facts["kept"]) == ["a"]
    assert len(world.warnings) == 1 and "thing a" in world.warnings[0]
    assert world.restore().facts["kept"] == {}


def test_what_somebody_changed_in_between_is_the_former_state_of_the_next_change(world: World) -> None:
    world.bring({"a": 9}, "r")
    world.put("a", 7)
    world.bring({"a": 9}, "r")
    world.restore()
    assert world.states["a"] == 7


def test_what_is_kept_can_be_taken_back_later(world: World) -> None:
    world.bring({"a": 9}, "r")
    world.keep = lambda name, state: "it is in use"
    result = world.restore()
    assert (result.changed, result.facts["kept"], world.states["a"]) == (False, {"a": "it is in use"}, 9)
    world.keep = lambda name, state: None
    assert world.restore().changed
    assert world.states["a"] == 1


def test_what_is_back_already_is_not_asked_to_be_kept(world: World) -> None:
    world.bring({"a": 9}, "r")
    world.put("a", 1)
    world.keep = lambda name, state: "it is in use"
    assert world.restore().facts["kept"] == {}


@pytest.mark.parametrize("after_the_failure", ["again", "back"])
def test_a_change_that_failed_does_not_hide_the_one_before(world: World, after_the_failure: str) -> None:
    world.bring({"a": 9}, "r")
    world.before_write = [refused]
    with pytest.raises(ProductFault):
        world.bring({"a": 10}, "r")
    if after_the_failure == "again":
        world.bring({"a": 10}, "r")
    result = world.restore()
    assert (world.states["a"], result.facts["kept"]) == (1, {})


def test_a_change_that_was_never_made_is_nothing_to_take_back(world: World) -> None:
    world.before_write = [refused]
    with pytest.raises(ProductFault):
        world.bring({"a": 9}, "r")
    assert not world.restore().changed
    assert world.journal.former() == []


def test_back_refused_in_the_middle_goes_on_next_time(world: World) -> None:
    world.bring({"a": 9, "b": 5}, "r")
    world.before_write = [None, refused]
    with pytest.raises(ProductFault) as raised:
        world.restore()
    assert raised.value.details["done"] == ["a"]
    assert world.restore().changed
    assert world.states == {"a": 1, "b": 2, "c": 3}


def test_back_needs_a_name(world: World) -> None:
    for record in (None, ""):
        with pytest.raises(InputError):
            world.restore(record)


def test_only_the_named_record_and_kind_are_taken_back(world: World) -> None:
    world.bring({"a": 9}, "r")
    world.bring({"b": 9}, "other")
    with world.task().exclusive() as journal:
        journal.append("former", purpose="r", kind="other", name="c", before=1, after=3)
    world.restore()
    assert world.states == {"a": 1, "b": 9, "c": 3}
    assert [(item["purpose"], item["name"]) for item in world.journal.former()] == [
        ("other", "b"),
        ("r", "c"),
    ]


def test_nothing_recorded_reads_nothing(world: World) -> None:
    result = world.restore()
    assert (result.changed, result.facts, world.reads) == (False, {"kept": {}}, 0)


# -- what is written down ---------------------------------------------------------------------------------------


def former(journal: StateJournal, name: str, before: t.Any, after: t.Any, purpose: str = "r") -> None:
    journal.append("former", purpose=purpose, kind=KIND, name=name, before=before, after=after)


def test_former_states(world: World) -> None:
    journal = world.journal
    assert journal.former() == []
    journal.require_writable()
    former(journal, "a", 1, 2)
    former(journal, "b", None, {"x": ["é"]})
    journal.append("answer", command="x")
    former(journal, "a", 2, 3)
    former(journal, "a", 1, 2, "other")
    common = {"kind": KIND}
    assert world.journal.former() == [
        {"purpose": "r", "name": "a", "before": 1, "after": 3, "steps": [2, 3], **common},
        {
            "purpose": "r",
            "name": "b",
            "before": None,
            "after": {"x": ["é"]},
            "steps": [{"x": ["é"]}],
            **common,
        },
        {"purpose": "other", "name": "a", "before": 1, "after": 2, "steps": [2], **common},
    ]


def test_what_is_taken_back_is_no_former_state_until_it_is_changed_again(world: World) -> None:
    journal = world.journal
    journal.require_writable()
    former(journal, "a", 1, 2)
    former(journal, "b", 1, 2)
    journal.append("restored", purpose="r", kind=KIND, name="a")
    assert [item["name"] for item in journal.former()] == ["b"]
    former(journal, "a", 5, 6)
    assert [(item["name"], item["before"], item["steps"]) for item in journal.former()] == [
        ("b", 1, [2]),
        ("a", 5, [6]),
    ]


def test_a_damaged_record_is_not_believed(world: World) -> None:
    journal = world.journal
    journal.require_writable()
    former(journal, "a", 1, 2)
    (file,) = world.state_dir.glob("*.jsonl")
    file.write_text(file.read_text("utf-8").replace('"before": 1', '"before": 7'), "utf-8")
    with pytest.raises(CucmError) as raised:
        journal.former()
    assert raised.value.code == "state_corrupt"


def test_what_was_refused_is_nothing_to_take_back(world: World) -> None:
    world.before_write = [refused]
    with pytest.raises(ProductFault):
        world.bring({"a": 9}, "r")
    world.put("a", 9)
    assert world.restore().changed is False
    assert world.states["a"] == 9
