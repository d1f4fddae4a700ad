# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was written down is whole, bound to its cluster, and on the disk before anything else happens."""

from __future__ import annotations

import errno
import fcntl
import json
import multiprocessing
import os
import resource
import signal
import stat
import typing as t
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base import record as _state
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import RecordNotWritten, Refusal
from ansible_collections.ucops.cucm.plugins.module_utils._base.record import StateJournal

FORK = multiprocessing.get_context("fork")
ANSWER = {"command": "utils ctl update CTLFile", "question": "?", "before": {"sha1": "é"}}


def file_of(directory: Path) -> Path:
    return next(directory.glob("*.jsonl"))


@pytest.fixture
def journal(tmp_path: Path) -> StateJournal:
    return StateJournal(str(tmp_path / "state"), "cluster-1")


@pytest.fixture
def three(journal: StateJournal, tmp_path: Path) -> Path:
    """A file with three records; the second answer is not settled."""
    journal.require_writable()
    first = journal.append("answer", **ANSWER)
    journal.append("settled", sent=first["number"], outcome="done", after={})
    journal.append("answer", **ANSWER)
    return file_of(tmp_path / "state")


def test_nothing_is_unsettled_in_a_directory_that_is_not_there(journal: StateJournal, tmp_path: Path) -> None:
    assert journal.unsettled() == []
    assert not (tmp_path / "state").exists()


def test_records(three: Path, journal: StateJournal) -> None:
    (left,) = journal.unsettled()
    assert (left["number"], left["event"], left["cluster"]) == (3, "answer", "cluster-1")
    assert left["before"] == {"sha1": "é"}
    assert len(three.read_text("utf-8").splitlines()) == 3
    journal.append("settled", sent=3, outcome="not_done", after={})
    assert journal.unsettled() == []
    assert StateJournal(str(three.parent), "cluster-1").unsettled() == []


def test_the_last_update_without_effect_counts(journal: StateJournal, three: Path) -> None:
    assert journal.ctl_update_without_effect() is None
    for reason in ("a", "b"):
        journal.append("ctl_update_without_effect", reasons=[reason], files={"pub": "é"})
    found = journal.ctl_update_without_effect()
    assert found is not None and sorted(found) == ["files", "reasons", "time"]
    assert (found["reasons"], found["files"]) == (["b"], {"pub": "é"})
    assert [each["number"] for each in journal.unsettled()] == [3]


def test_what_was_changed_waits_for_phones_until_they_were_reset(journal: StateJournal, three: Path) -> None:
    journal.append("settled", sent=3, outcome="not_done", after={}, said=["Reset all phones"])
    profile = {"purpose": "p", "kind": "phone_security_profile", "name": "Desk"}
    journal.append("former", **profile, before={"a": 1}, after={"a": 2})
    journal.append("restored", **profile)
    journal.append("restored", **profile)
    done, changed, back, gone = journal.awaiting_phones() or []
    assert (done["command"], done["said"]) == (ANSWER["command"], [])
    assert [each["before"] for each in (changed, back, gone)] == [{"a": 1}, {"a": 1}, None]
    journal.append("phones_reset", at=back["time"])
    later = journal.append("former", **profile, before={"a": 1}, after={"a": 2})
    left = journal.awaiting_phones() or []
    assert [each["time"] for each in left][-1] == later["time"] and len(left) < 4
    # What was reset earlier says nothing of what came later.
    journal.append("phones_reset", at="2020-01-01T00:00:00+09:00")
    assert journal.awaiting_phones() == left


def test_without_a_record_nothing_is_known_to_wait(tmp_path: Path) -> None:
    assert StateJournal(str(tmp_path / "none"), "cluster-1").awaiting_phones() is None


def test_a_command_that_asks_nothing_is_unsettled_like_an_answer(journal: StateJournal) -> None:
    journal.require_writable()
    journal.append("answer", **ANSWER)
    journal.append("former", purpose="x", kind="thing", name="a", before=None, after="1")
    journal.append("command", command="utils sipOAuth-mode enable", before={})
    assert [(each["number"], each["event"]) for each in journal.unsettled()] == [
        (1, "answer"),
        (3, "command"),
    ]
    journal.append("settled", sent=3, outcome="done", after={})
    assert [each["number"] for each in journal.unsettled()] == [1]


def test_only_the_owner_may_look(three: Path) -> None:
    assert stat.S_IMODE(three.parent.stat().st_mode) == 0o700


def test_clusters_have_files_of_their_own(journal: StateJournal, three: Path) -> None:
    other = StateJournal(str(three.parent), "cluster-2")
    assert other.unsettled() == []
    other.append("answer", **ANSWER)
    assert len(journal.unsettled()) == len(other.unsettled()) == 1
    assert len(list(three.parent.glob("*.jsonl"))) == 2


def test_an_identity_cannot_leave_the_directory(tmp_path: Path) -> None:
    StateJournal(str(tmp_path / "state"), "../../x/{y}").require_writable()
    assert [path.parent for path in tmp_path.rglob("*.jsonl")] == [tmp_path / "state"]


@pytest.mark.parametrize("kept", range(1, 60, 7))
def test_a_torn_last_line_was_never_written(kept: int, three: Path, journal: StateJournal) -> None:
    whole = three.read_bytes()
    lines = whole.splitlines(keepends=True)
    three.write_bytes(b"".join(lines[:2]) + lines[2][:kept])
    assert journal.unsettled() == []
    journal.require_writable()
    record = journal.append("answer", **ANSWER)
    assert record["number"] == 3
    assert [each["number"] for each in journal.unsettled()] == [3]
    assert three.read_bytes().startswith(b"".join(lines[:2]))
    assert len(three.read_bytes().splitlines()) == 3


def test_a_whole_last_line_without_its_end_is_torn_too(three: Path, journal: StateJournal) -> None:
    three.write_bytes(three.read_bytes()[:-1])
    assert journal.unsettled() == []


def changed(line: bytes, **values: t.Any) -> bytes:
    return json.dumps({**json.loads(line), **values}, sort_keys=True).encode() + b"\n"


DAMAGE: dict[str, t.Callable[[list[bytes]], list[bytes]]] = {
    "a value was changed": lambda lines: [lines[0], changed(lines[1], outcome="not_done"), lines[2]],
    "a record is missing": lambda lines: [lines[0], lines[2]],
    "the first record is missing": lambda lines: lines[1:],
    "records changed places": lambda lines: [lines[1], lines[0], lines[2]],
    "a record stands twice": lambda lines: [*lines, lines[2]],
    "a byte is wrong": lambda lines: [lines[0][:10] + b"\xff" + lines[0][11:], *lines[1:]],
    "a block of zeros": lambda lines: [lines[0], b"\0" * 64 + b"\n", lines[2]],
    "an empty line": lambda lines: [lines[0], b"\n", *lines[1:]],
    "a list": lambda lines: [lines[0], b'["check"]\n', *lines[1:]],
    "a number": lambda lines: [lines[0], b"7\n", *lines[1:]],
    "no checksum": lambda lines: [b'{"event": "answer", "cluster": "cluster-1", "number": 1}\n', *lines[1:]],
    "a checksum without the ones before": lambda lines: [lines[2]],
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file_is_refused_and_left_alone(name: str, three: Path, journal: StateJournal) -> None:
    three.write_bytes(b"".join(DAMAGE[name](three.read_bytes().splitlines(keepends=True))))
    damaged = three.read_bytes()
    for act in (
        journal.unsettled,
        journal.require_writable,
        lambda: journal.append("answer", **ANSWER),
        lambda: _hold(journal),
    ):
        with pytest.raises(Refusal) as refused:
            act()
        assert refused.value.code == "state_corrupt"
        assert str(three) in refused.value.message
        assert refused.value.remedy
    assert three.read_bytes() == damaged


def _hold(journal: StateJournal) -> None:
    with journal.lock("a task"):
        pytest.fail("the lock was given")


def test_the_file_of_another_cluster_is_refused(three: Path) -> None:
    os.rename(three, three.with_name("cluster-2.jsonl"))
    with pytest.raises(Refusal) as refused:
        StateJournal(str(three.parent), "cluster-2").unsettled()
    assert refused.value.code == "state_corrupt"
    assert "another cluster" in refused.value.message


@pytest.mark.parametrize("below", ["file", "file/deeper"])
def test_a_directory_that_cannot_be_made_is_refused(below: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    journal = StateJournal(str(tmp_path / below), "cluster-1")
    for act in (journal.require_writable, lambda: _hold(journal)):
        with pytest.raises(Refusal) as refused:
            act()
        assert refused.value.code == "state_dir_not_writable"
        assert str(tmp_path / below) in refused.value.message
        assert "cucm_state_dir" in refused.value.remedy


def test_a_file_that_cannot_be_read_is_refused(journal: StateJournal, tmp_path: Path) -> None:
    (tmp_path / "state" / "cluster-1.jsonl").mkdir(parents=True)
    for act in (journal.unsettled, journal.require_writable):
        with pytest.raises(Refusal) as refused:
            act()
        assert refused.value.code == "state_dir_not_writable"


def _append_to_a_full_disk(journal: StateJournal, room: int, result: t.Any) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    try:
        journal.append("answer", **ANSWER)
    except Refusal as error:
        result.put(error.code)
    else:
        result.put("written")


@pytest.mark.parametrize("room", [0, 20])
def test_a_full_disk_is_refused_and_what_was_written_is_kept(
    room: int, three: Path, journal: StateJournal
) -> None:
    before = three.read_bytes()
    result = FORK.Queue()
    process = FORK.Process(target=_append_to_a_full_disk, args=(journal, len(before) + room, result))
    process.start()
    assert result.get(timeout=20) == "state_dir_not_writable"
    process.join()
    assert [each["number"] for each in journal.unsettled()] == [3]
    assert journal.append("answer", **ANSWER)["number"] == 4
    assert three.read_bytes().startswith(before)


def test_a_record_is_on_the_disk_before_append_returns(
    journal: StateJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, bytes]] = []
    fsync = os.fsync

    def seen(descriptor: int) -> None:
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        synced.append((path, Path(path).read_bytes() if os.path.isfile(path) else b""))
        fsync(descriptor)

    monkeypatch.setattr(_state.os, "fsync", seen)
    journal.require_writable()
    for count in (1, 2):
        synced.clear()
        journal.append("answer", **ANSWER)
        path = str(file_of(tmp_path / "state"))
        at_sync = [content for where, content in synced if where == path]
        assert at_sync, "nothing was flushed to the disk"
        assert at_sync[-1] == Path(path).read_bytes()
        assert len(at_sync[-1].splitlines()) == count


def _take(journal: StateJournal, result: t.Any) -> None:
    try:
        with journal.lock("a second task"):
            result.put("held")
    except Refusal as error:
        result.put((error.code, error.message))


def test_the_lock_names_its_holder(journal: StateJournal) -> None:
    result = FORK.Queue()
    with journal.lock("set the mode for cluster A"):
        process = FORK.Process(target=_take, args=(journal, result))
        process.start()
        code, message = result.get(timeout=20)
        process.join()
    assert code == "cluster_locked"
    assert f"set the mode for cluster A, process {os.getpid()}, since 20" in message
    # Another cluster of the same directory, and this one afterwards, are free.
    _take(journal, result)
    assert result.get(timeout=20) == "held"


def test_the_lock_is_one_of_the_cluster(journal: StateJournal, tmp_path: Path) -> None:
    result = FORK.Queue()
    with journal.lock("one"):
        _take(StateJournal(str(tmp_path / "state"), "cluster-2"), result)
    assert result.get(timeout=20) == "held"


def test_a_killed_holder_holds_no_more(journal: StateJournal) -> None:
    held = FORK.Event()

    def hold() -> None:
        with journal.lock("killed"):
            held.set()
            signal.pause()

    process = FORK.Process(target=hold)
    process.start()
    assert held.wait(20)
    with pytest.raises(Refusal, match="killed"), journal.lock("too early"):
        pass
    os.kill(t.cast(int, process.pid), signal.SIGKILL)
    process.join()
    with journal.lock("the next") as nothing:
        assert nothing is None


def test_the_lock_ends_with_an_error(journal: StateJournal, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), journal.lock("failing"):
        raise RuntimeError
    with open(next((tmp_path / "state").glob("*.lock")), encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


# -- what is not plain, or not ours -------------------------------------------------------------------------


def refusal_of(act: t.Callable[[], t.Any]) -> Refusal:
    with pytest.raises(Refusal) as refused:
        act()
    return refused.value


def test_a_lock_that_is_a_link_does_not_empty_what_it_points_to(
    journal: StateJournal, three: Path, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    (three.parent / (three.name + ".lock")).symlink_to(victim)
    assert refusal_of(lambda: _hold(journal)).code == "state_dir_unsafe"
    assert victim.read_text() == "kept"


def test_a_record_that_is_a_link_is_not_followed(journal: StateJournal, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("no newline")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "cluster-1.jsonl").symlink_to(victim)
    for act in (journal.unsettled, journal.require_writable, lambda: journal.append("answer", **ANSWER)):
        refused = refusal_of(act)
        assert refused.code == "state_dir_unsafe" and "symbolic link" in refused.message
    assert victim.read_text() == "no newline"


def test_a_record_with_a_second_name_is_not_written(
    journal: StateJournal, three: Path, tmp_path: Path
) -> None:
    os.link(three, tmp_path / "other-name")
    assert refusal_of(lambda: journal.append("answer", **ANSWER)).code == "state_dir_unsafe"


@pytest.mark.parametrize("name", ["cluster-1.jsonl", "cluster-1.jsonl.lock"])
def test_a_pipe_does_not_hang(name: str, journal: StateJournal, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    os.mkfifo(tmp_path / "state" / name)
    refused = refusal_of(lambda: _hold(journal))
    assert refused.code == "state_dir_unsafe" and "not a plain file" in refused.message


@pytest.mark.parametrize(("mode", "fine"), [(0o777, False), (0o1777, True), (0o775, True), (0o755, True)])
def test_a_directory_that_everybody_may_write_is_refused(
    mode: int, fine: bool, journal: StateJournal, tmp_path: Path
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(mode)
    if fine:
        with journal.lock("a task"):
            pass
        return
    refused = refusal_of(lambda: _hold(journal))
    assert refused.code == "state_dir_unsafe"
    assert "0777" in refused.message and "cucm_state_dir" in refused.remedy
    assert list((tmp_path / "state").iterdir()) == []


def test_a_file_is_as_open_as_its_directory(journal: StateJournal, three: Path) -> None:
    three.chmod(0o644)
    journal.append("answer", **ANSWER)
    assert stat.S_IMODE(three.stat().st_mode) == 0o600
    three.parent.chmod(0o770)
    journal.append("answer", **ANSWER)
    assert stat.S_IMODE(three.stat().st_mode) == 0o660


def test_a_group_that_may_write_is_named(tmp_path: Path) -> None:
    warned: list[str] = []
    (tmp_path / "state").mkdir()
    os.chown(tmp_path / "state", -1, 12345)
    (tmp_path / "state").chmod(0o770)
    StateJournal(str(tmp_path / "state"), "cluster-1", warn=warned.append).require_writable()
    assert warned and "group 12345" in warned[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_another_user_is_refused(journal: StateJournal, three: Path) -> None:
    os.chown(three, 12345, -1)
    assert refusal_of(journal.unsettled).code == "state_dir_unsafe"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOLCK, "state_dir_not_lockable"),
        (errno.EIO, "state_dir_not_lockable"),
        (errno.EAGAIN, "cluster_locked"),
    ],
)
def test_what_locking_fails_with_is_told(
    number: int, code: str, journal: StateJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(file: t.Any, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(_state.fcntl, "flock", fails)
    refused = refusal_of(lambda: _hold(journal))
    assert refused.code == code
    assert (os.strerror(number) in refused.message) is (code != "cluster_locked")


def test_a_lock_with_other_than_text_names_nobody(journal: StateJournal, three: Path) -> None:
    lock = three.parent / (three.name + ".lock")
    lock.write_bytes(b"\xff\xfe" * 10)
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert refusal_of(lambda: _hold(journal)).code == "cluster_locked"


def test_brackets_without_end_are_damage(journal: StateJournal, three: Path) -> None:
    three.write_bytes(b"[" * 100_000 + b"\n")
    assert refusal_of(journal.unsettled).code == "state_corrupt"


def test_a_file_that_is_too_large_is_not_read(
    journal: StateJournal, three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_state, "_LARGEST", three.stat().st_size - 1)
    refused = refusal_of(journal.unsettled)
    assert refused.code == "state_corrupt" and "larger" in refused.message


def test_a_kind_of_record_from_a_newer_version_is_refused(journal: StateJournal, three: Path) -> None:
    journal.append("teleported", what="x")
    for act in (journal.unsettled, journal.former, journal.not_ended):
        refused = refusal_of(act)
        assert refused.code == "state_newer" and "teleported" in refused.message


@pytest.mark.parametrize("details", [{"command": ["a"]}, {}, {"command": None}])
def test_a_record_that_does_not_say_what_it_must_is_damage(
    details: dict[str, t.Any], journal: StateJournal, three: Path
) -> None:
    journal.append("answer", **details)
    assert refusal_of(journal.unsettled).code == "state_corrupt"


# -- one cluster at one place -------------------------------------------------------------------------------

HERE, THERE = "pub@10.0.0.1:8443:22", "pub@10.9.9.9:8443:22"


def at(directory: Path, place: str | None, moved_from: str | None = None) -> StateJournal:
    return StateJournal(str(directory), "cluster-1", place=place, moved_from=moved_from)


def test_a_record_of_another_place_is_refused_and_left_alone(tmp_path: Path) -> None:
    own = at(tmp_path, HERE)
    with own.lock("a task"):
        own.append("answer", **ANSWER)
    (path,) = tmp_path.glob("*.jsonl")
    content = path.read_bytes()
    clone = at(tmp_path, THERE)
    for act in (
        clone.unsettled,
        clone.former,
        clone.require_writable,
        lambda: clone.append("answer", **ANSWER),
        lambda: _hold(clone),
    ):
        refused = refusal_of(act)
        assert refused.code == "state_elsewhere"
        assert HERE in refused.message and THERE in refused.message and "clone" in refused.message
        assert f"cucm_state_moved_from: '{HERE}'" in refused.remedy and "cucm_state_dir" in refused.remedy
    assert path.read_bytes() == content
    assert len(own.unsettled()) == 1


def test_a_cluster_that_moved_takes_its_record_along(tmp_path: Path) -> None:
    own = at(tmp_path, HERE)
    own.require_writable()
    own.append("answer", **ANSWER)
    moved = at(tmp_path, THERE, HERE.upper())
    assert len(moved.unsettled()) == 1
    with moved.lock("a task"):
        pass
    # The option may stay; the old place no longer has a record.
    assert len(at(tmp_path, THERE, HERE).unsettled()) == len(at(tmp_path, THERE).unsettled()) == 1
    assert refusal_of(own.unsettled).code == "state_elsewhere"


def test_the_former_place_must_be_named_rightly(tmp_path: Path) -> None:
    own = at(tmp_path, HERE)
    own.require_writable()
    own.append("answer", **ANSWER)
    assert refusal_of(at(tmp_path, THERE, "pub@10.0.0.2:8443:22").unsettled).code == "state_elsewhere"


def test_a_record_from_before_places_is_taken_over_by_the_first_write(
    journal: StateJournal, three: Path
) -> None:
    own = at(three.parent, HERE)
    assert len(own.unsettled()) == 1
    own.append("settled", sent=3, outcome="done", after={})
    assert refusal_of(at(three.parent, THERE).unsettled).code == "state_elsewhere"


# -- what was sent ------------------------------------------------------------------------------------------


def _full(journal: StateJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(_state.os, "fsync", full)


def test_a_record_that_fails_says_whether_something_was_sent(
    journal: StateJournal, three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _full(journal, monkeypatch)
    before = refusal_of(lambda: journal.append("answer", **ANSWER))
    assert "Nothing was changed" in before.message
    journal.sending("'a command'")
    with pytest.raises(RecordNotWritten) as after:
        journal.append("settled", sent=3, outcome="done", after={})
    assert "Sent before: 'a command'" in after.value.message
    assert "Nothing was" not in after.value.message and after.value.details["changed"] is True
    journal.without_effect("'a command'")
    assert "Nothing was changed" in refusal_of(lambda: journal.append("answer", **ANSWER)).message


def test_records_that_vanish_after_the_act_are_not_begun_anew(journal: StateJournal, three: Path) -> None:
    """As when the storage is unmounted: the outcome must not go into the empty directory below it."""
    journal.append("answer", **ANSWER)
    journal.sending("'a command'")
    three.unlink()
    with pytest.raises(RecordNotWritten):
        journal.append("settled", sent=4, outcome="done", after={})
    assert not three.exists()
