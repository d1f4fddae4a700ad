# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A refused password is sent only once, by any thread of a process and any fork of a run."""

from __future__ import annotations

import contextlib
import errno
import multiprocessing
import os
import re
import threading
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.credentials import (
    ACCEPTED,
    PUBLISHER,
    REFUSED,
    Attempt,
    Credential,
    ProcessGate,
    RefusedDoors,
)
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import (
    UNANSWERED,
    AuthenticationError,
    CucmError,
    TransportError,
)
from ansible_collections.ucops.cucm.plugins.plugin_utils import _credential_gate as credential_gate
from ansible_collections.ucops.cucm.plugins.plugin_utils._credential_gate import RunGate

FORK = multiprocessing.get_context("fork")
WRONG = Credential("pub", "cli", "administrator", "wrong pass&word")
RIGHT = Credential("pub", "cli", "administrator", "right")
AT_ONCE = 6


class Server:
    """Counts attempts in a file, so that forks count together; takes its time to answer."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "attempts"
        self.right = "right"

    def log_in(self, credential: Credential, attempt: Attempt | None = None) -> None:
        if attempt is not None:
            attempt.leaves()
        with open(self._path, "ab", buffering=0) as file:
            file.write(b"x")
        time.sleep(0.1)
        if credential.password != self.right:
            raise AuthenticationError("refused", code="authentication_refused")

    @property
    def attempts(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


@pytest.fixture(params=["process", "run"])
def gate(request: pytest.FixtureRequest, tmp_path: Path) -> t.Any:
    return ProcessGate() if request.param == "process" else RunGate(str(tmp_path / "state"))


def attempt(gate: t.Any, server: Server, credential: Credential, door: str = PUBLISHER) -> str:
    try:
        with gate.use(credential, door) as use:
            server.log_in(credential, use)
    except CucmError as error:
        return error.code
    return "logged in"


def in_threads(count: int, act: t.Callable[[], str]) -> list[str]:
    said: list[str] = []
    threads = [threading.Thread(target=lambda: said.append(act())) for _each in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(said)


def in_forks(count: int, act: t.Callable[[], str]) -> list[str]:
    said = FORK.Queue()
    processes = [FORK.Process(target=lambda: said.put(act())) for _each in range(count)]
    for process in processes:
        process.start()
    answers = sorted(said.get(timeout=30) for _each in processes)
    for process in processes:
        process.join()
    return answers


ONE_OF = ["authentication_refused", *["credential_refused_before"] * (AT_ONCE - 1)]


def test_threads_send_a_wrong_password_once(gate: t.Any, server: Server) -> None:
    assert in_threads(AT_ONCE, lambda: attempt(gate, server, WRONG)) == ONE_OF
    assert server.attempts == 1


def test_the_state_directory_is_private_whatever_the_umask(tmp_path: Path, server: Server) -> None:
    before = os.umask(0)
    try:
        attempt(RunGate(str(tmp_path / "state")), server, WRONG)
    finally:
        os.umask(before)
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_forks_send_a_wrong_password_once(tmp_path: Path, server: Server) -> None:
    directory = str(tmp_path / "state")
    assert in_forks(AT_ONCE, lambda: attempt(RunGate(directory), server, WRONG)) == ONE_OF
    assert server.attempts == 1
    assert attempt(RunGate(directory), server, WRONG) == "credential_refused_before"
    assert server.attempts == 1


def test_forks_with_threads_send_a_wrong_password_once(tmp_path: Path, server: Server) -> None:
    directory = str(tmp_path / "state")
    said = in_forks(3, lambda: " ".join(in_threads(3, lambda: attempt(RunGate(directory), server, WRONG))))
    assert sorted(" ".join(said).split()) == ["authentication_refused", *["credential_refused_before"] * 8]
    assert server.attempts == 1


def test_the_first_use_is_alone_and_later_ones_are_not(gate: t.Any, server: Server) -> None:
    inside, together = threading.Event(), []

    def first() -> str:
        with gate.use(RIGHT) as use:
            use.leaves()
            inside.set()
            time.sleep(0.3)
            together.append("first is done")
        return ""

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(10)
    with gate.use(RIGHT) as use:
        use.leaves()
        together.append("second")
    thread.join()
    assert together == ["first is done", "second"]
    # Accepted by now: many at once, each waiting for all the others inside.
    barrier = threading.Barrier(AT_ONCE)

    def meet() -> str:
        with gate.use(RIGHT) as use:
            use.leaves()
            barrier.wait(10)
        return "met"

    assert in_threads(AT_ONCE, meet) == ["met"] * AT_ONCE


def test_a_right_password_is_not_held_back(gate: t.Any, server: Server) -> None:
    assert in_threads(AT_ONCE, lambda: attempt(gate, server, RIGHT)) == ["logged in"] * AT_ONCE
    assert server.attempts == AT_ONCE


def test_a_password_that_stops_being_right_is_sent_once_more(gate: t.Any, server: Server) -> None:
    assert attempt(gate, server, RIGHT) == "logged in"
    assert refuse(gate, PUBLISHER) == "authentication_refused"
    assert attempt(gate, server, RIGHT) == "credential_refused_before"
    assert server.attempts == 1


def broken(use: Attempt, error: BaseException, *, stayed: bool = False) -> t.NoReturn:
    """Something breaks after the password was about to leave, or did."""
    use.leaves()
    if stayed:
        use.stayed()
    raise error


@pytest.mark.parametrize("error", [TransportError("down"), KeyboardInterrupt()])
def test_a_failure_before_the_password_left_says_nothing_about_it(
    gate: t.Any, server: Server, error: BaseException
) -> None:
    with pytest.raises(type(error)), gate.use(RIGHT):
        raise error
    with pytest.raises(type(error)), gate.use(RIGHT) as use:
        broken(use, error, stayed=True)
    assert attempt(gate, server, RIGHT) == "logged in"


@pytest.mark.parametrize("error", [TransportError("reset"), KeyboardInterrupt(), ValueError("garbled")])
def test_a_password_that_left_and_was_not_accepted_is_not_sent_again(
    gate: t.Any, server: Server, error: BaseException
) -> None:
    with pytest.raises(type(error)), gate.use(RIGHT) as use:
        broken(use, error)
    with pytest.raises(AuthenticationError) as refused, gate.use(RIGHT):
        pytest.fail("it would have been sent")
    assert (refused.value.code, server.attempts) == ("credential_refused_before", 0)
    assert "may have been refused" in refused.value.message


def test_a_use_knows_whether_the_password_was_accepted_before(gate: t.Any, server: Server) -> None:
    with gate.use(RIGHT) as use:
        assert not use.accepted_before
    assert attempt(gate, server, RIGHT) == "logged in"
    with gate.use(RIGHT) as use:
        assert use.accepted_before


def test_a_fork_that_is_killed_while_the_password_is_out_has_tried_it(tmp_path: Path, server: Server) -> None:
    directory = str(tmp_path / "state")

    def die() -> None:
        with RunGate(directory).use(WRONG) as use:
            use.leaves()
            os.kill(os.getpid(), 9)

    process = FORK.Process(target=die)
    process.start()
    process.join(30)
    assert attempt(RunGate(directory), server, WRONG) == "credential_refused_before"
    assert server.attempts == 0


# -- nodes ---------------------------------------------------------------------------------------------


def refuse(gate: t.Any, door: str, code: str = "authentication_refused") -> str:
    """A node refuses a credential, if it is sent there."""
    try:
        with gate.use(RIGHT, door) as use:
            use.leaves()
            raise AuthenticationError("no", code=code)
    except CucmError as error:
        return error.code


@pytest.mark.parametrize("code", ["authentication_refused", UNANSWERED])
def test_a_node_that_refuses_what_the_publisher_accepts_costs_itself(
    gate: t.Any, server: Server, code: str
) -> None:
    assert attempt(gate, server, RIGHT) == "logged in"
    assert refuse(gate, "sub1:8443", code) == "node_refused_credential"
    assert attempt(gate, server, RIGHT) == "logged in"
    assert attempt(gate, server, RIGHT, "sub2:8443") == "logged in"
    before = server.attempts
    with pytest.raises(CucmError) as again, gate.use(RIGHT, "sub1:8443"):
        pytest.fail("it would have been sent")
    assert (again.value.code, server.attempts) == ("node_refused_credential", before)
    assert "sub1:8443" in again.value.message and again.value.remedy


def test_two_nodes_that_refuse_it_are_the_credential(gate: t.Any, server: Server) -> None:
    assert attempt(gate, server, RIGHT) == "logged in"
    assert refuse(gate, "sub1:8443") == "node_refused_credential"
    assert refuse(gate, "sub2:8443") == "authentication_refused"
    assert refuse(gate, "sub3:8443") == attempt(gate, server, RIGHT) == "credential_refused_before"


def test_after_a_refusal_nodes_are_asked_one_at_a_time(gate: t.Any, server: Server) -> None:
    """The password may have been changed meanwhile, and all of them at once would lock the account."""
    assert attempt(gate, server, RIGHT) == "logged in"
    assert refuse(gate, "sub1:8443") == "node_refused_credential"
    server.right, before = "another", server.attempts
    doors = [f"sub{number}:8443" for number in range(2, 2 + AT_ONCE)]
    assert in_threads(AT_ONCE, lambda: attempt(gate, server, RIGHT, doors.pop())) == ONE_OF
    assert server.attempts == before + 1


def test_a_first_use_at_a_subscriber_decides_alone(gate: t.Any, server: Server) -> None:
    assert refuse(gate, "sub1:8443") == "authentication_refused"
    assert attempt(gate, server, RIGHT) == "credential_refused_before"


def test_the_publishers_word_counts_for_all(gate: t.Any, server: Server) -> None:
    assert attempt(gate, server, RIGHT, "sub1:8443") == "logged in"
    assert refuse(gate, PUBLISHER) == "authentication_refused"
    assert attempt(gate, server, RIGHT, "sub1:8443") == "credential_refused_before"


@pytest.mark.parametrize(
    "other",
    [
        Credential("pub", "cli", "administrator", "another"),
        Credential("pub", "axl", "administrator", WRONG.password),
        Credential("pub", "cli", "second", WRONG.password),
        Credential("pub2", "cli", "administrator", WRONG.password),
    ],
)
def test_another_credential_is_not_held_back(gate: t.Any, server: Server, other: Credential) -> None:
    assert attempt(gate, server, WRONG) == "authentication_refused"
    with gate.use(other):
        pass


def test_the_refusal_names_account_and_cluster_not_the_password(gate: t.Any, server: Server) -> None:
    attempt(gate, server, WRONG)
    with pytest.raises(AuthenticationError) as refused, gate.use(WRONG):
        pytest.fail("it would have been sent")
    assert "administrator" in refused.value.message
    assert "pub" in refused.value.message
    assert refused.value.remedy
    assert WRONG.password not in refused.value.message + repr(WRONG)


def ship(gate: RunGate, server: Server, credential: Credential) -> str:
    """Act as the action does around a module that runs elsewhere and reports its uses afterwards."""
    try:
        with gate.alone(credential):
            there = ProcessGate()
            code = attempt(there, server, credential)
            gate.learn(credential, there.told().get(credential.service, []))
            return code
    except AuthenticationError as error:
        return error.code


@pytest.mark.parametrize("credential", [RIGHT, WRONG])
def test_a_shipped_module_that_does_not_come_back_has_tried_it(
    tmp_path: Path, server: Server, credential: Credential
) -> None:
    gate = RunGate(str(tmp_path / "state"))
    with contextlib.suppress(ConnectionError), gate.alone(credential):
        raise ConnectionError("the host is gone")
    assert attempt(gate, server, credential) == "credential_refused_before"
    assert ship(gate, server, credential) == "credential_refused_before"


def test_a_shipped_module_that_did_not_use_it_has_not_tried_it(tmp_path: Path, server: Server) -> None:
    gate = RunGate(str(tmp_path / "state"))
    with gate.alone(RIGHT):
        gate.learn(RIGHT, [])
    assert attempt(gate, server, RIGHT) == "logged in"


def test_shipped_modules_send_a_wrong_password_once(tmp_path: Path, server: Server) -> None:
    directory = str(tmp_path / "state")
    assert in_forks(AT_ONCE, lambda: ship(RunGate(directory), server, WRONG)) == ONE_OF
    assert server.attempts == 1
    assert attempt(RunGate(directory), server, WRONG) == "credential_refused_before"
    assert ship(RunGate(directory), server, RIGHT) == "logged in"
    assert server.attempts == 2


def test_a_shipped_module_does_not_send_what_was_refused_here(tmp_path: Path, server: Server) -> None:
    gate = RunGate(str(tmp_path / "state"))
    assert attempt(gate, server, WRONG) == "authentication_refused"
    assert ship(gate, server, WRONG) == "credential_refused_before"
    assert server.attempts == 1


def test_another_run_may_try_again(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = str(tmp_path / "state")
    assert attempt(RunGate(directory), server, WRONG) == "authentication_refused"
    monkeypatch.setattr(credential_gate, "_RUN_KEY", os.urandom(32))
    assert attempt(RunGate(directory), server, WRONG) == "authentication_refused"
    assert server.attempts == 2


def test_files_tell_neither_account_nor_password(tmp_path: Path, server: Server) -> None:
    attempt(RunGate(str(tmp_path / "state")), server, WRONG)
    attempt(RunGate(str(tmp_path / "state")), server, RIGHT)
    refuse(RunGate(str(tmp_path / "state")), "sub1:8443")
    files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    for file in files:
        assert file.read_text() == ""
        assert re.fullmatch(r"[0-9a-f]{64}(-[0-9a-f]{64})?(\.(accepted|refused))?", file.name)
    assert sorted(file.suffix for file in files if file.suffix) == [".accepted", ".refused", ".refused"]
    assert files[0].parent.stat().st_mode & 0o077 == 0


def test_files_of_old_runs_are_forgotten(tmp_path: Path) -> None:
    credentials = tmp_path / "state" / "credentials"
    for name, days in (("yesterday", 1), ("last week", 8)):
        (credentials / name).mkdir(parents=True)
        (credentials / name / "0123").write_text("accepted")
        os.utime(credentials / name, (time.time() - days * 86400,) * 2)
    # What earlier versions left lay there without a directory of its run.
    (credentials / "4567").write_text("refused")
    os.utime(credentials / "4567", (time.time() - 8 * 86400,) * 2)
    gate = RunGate(str(tmp_path / "state"))
    gate.marks(WRONG).put(REFUSED)
    left = {path.name for path in credentials.iterdir()}
    assert len(left) == 2 and "yesterday" in left


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The two other places, below the test's own directory."""
    places = {name: tmp_path / name for name in ("shm", "tmp")}
    for place in places.values():
        place.mkdir()
    monkeypatch.setattr(credential_gate, "_MEMORY", str(places["shm"]))
    monkeypatch.setattr(credential_gate.tempfile, "tempdir", str(places["tmp"]))
    return places


def test_a_run_without_state_directory_has_a_gate_too(
    tmp_path: Path, server: Server, elsewhere: dict[str, Path]
) -> None:
    (tmp_path / "file").touch()
    said = in_forks(AT_ONCE, lambda: attempt(RunGate(str(tmp_path / "file")), server, WRONG))
    assert said == ONE_OF
    assert server.attempts == 1
    (private,) = elsewhere["shm"].iterdir()
    assert private.stat().st_mode & 0o077 == 0
    assert attempt(RunGate(str(tmp_path / "file")), server, RIGHT) == "logged in"


class Disk:
    """Files below some directories cannot be made: the disk is full there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *full: Path) -> None:
        self._full, self._open = full, credential_gate._opened
        monkeypatch.setattr(credential_gate, "_opened", self)

    def __call__(self, path: str) -> int:
        if any(str(directory) in path for directory in self._full):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._open(path)


@pytest.mark.parametrize("full", [["state"], ["state", "shm"]])
def test_a_full_disk_forgets_nothing(
    tmp_path: Path,
    server: Server,
    elsewhere: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    full: list[str],
) -> None:
    state = str(tmp_path / "state")
    Disk(monkeypatch, *(tmp_path / name for name in full))
    assert in_forks(AT_ONCE, lambda: attempt(RunGate(state), server, WRONG)) == ONE_OF
    assert attempt(RunGate(state), server, WRONG) == "credential_refused_before"
    assert server.attempts == 1
    assert in_forks(AT_ONCE, lambda: attempt(RunGate(state), server, RIGHT)) == ["logged in"] * AT_ONCE


def test_a_disk_that_becomes_full_and_empty_again_forgets_nothing(
    tmp_path: Path, server: Server, elsewhere: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = str(tmp_path / "state")
    assert attempt(RunGate(state), server, RIGHT) == "logged in"
    with monkeypatch.context() as meanwhile:
        Disk(meanwhile, tmp_path / "state")
        assert attempt(RunGate(state), server, WRONG) == "authentication_refused"
        assert attempt(RunGate(state), server, RIGHT) == "logged in"
    assert attempt(RunGate(state), server, WRONG) == "credential_refused_before"


def test_what_can_be_written_down_nowhere_is_not_sent(
    tmp_path: Path, server: Server, elsewhere: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    Disk(monkeypatch, tmp_path)
    for credential in (WRONG, RIGHT):
        with pytest.raises(CucmError) as refused, RunGate(str(tmp_path / "state")).use(credential) as use:
            server.log_in(credential, use)
        assert refused.value.code == "credential_memory_unwritable"
        assert "was not sent" in refused.value.message and os.strerror(errno.ENOSPC) in refused.value.message
        assert "cucm_state_dir" in refused.value.remedy
        assert credential.password not in refused.value.message
    assert server.attempts == 0


@pytest.mark.parametrize("what", ["link", "loop", "file", "others may write", "the run's own is a link"])
def test_a_directory_others_may_have_a_hand_in_is_not_used(
    tmp_path: Path, server: Server, elsewhere: dict[str, Path], what: str
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    credentials = state / "credentials"
    if what == "link":
        credentials.symlink_to(theirs)
    elif what == "loop":
        credentials.symlink_to(credentials)
    elif what == "file":
        credentials.touch()
    elif what == "others may write":
        credentials.mkdir()
        credentials.chmod(0o777)
    else:
        credentials.mkdir(0o700)
        (credentials / credential_gate._RUN).symlink_to(theirs)
    name = Path(RunGate(str(state)).marks(WRONG)._file(ACCEPTED)).name
    # A mark claims that the wrong password was accepted.
    (theirs / name).touch()
    (theirs / credential_gate._RUN).mkdir()
    (theirs / credential_gate._RUN / name).touch()
    assert attempt(RunGate(str(state)), server, WRONG) == "authentication_refused"
    assert attempt(RunGate(str(state)), server, WRONG) == "credential_refused_before"
    assert {path.name for path in theirs.rglob("*")} == {name, credential_gate._RUN}


def test_a_directory_of_somebody_else_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server, elsewhere: dict[str, Path]
) -> None:
    owner = os.getuid()
    monkeypatch.setattr(credential_gate.os, "getuid", lambda: owner + 1)
    with pytest.raises(CucmError) as refused, RunGate(str(tmp_path / "state")).use(WRONG) as use:
        server.log_in(WRONG, use)
    assert (refused.value.code, server.attempts) == ("credential_memory_unwritable", 0)


def test_a_lock_that_the_file_system_does_not_have_is_taken_elsewhere(
    tmp_path: Path, server: Server, elsewhere: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = credential_gate.fcntl.flock

    def flock(file: int, how: int) -> None:
        if str(tmp_path / "state") in os.readlink(f"/proc/self/fd/{file}"):
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
        lock(file, how)

    monkeypatch.setattr(credential_gate.fcntl, "flock", flock)
    said = in_forks(AT_ONCE, lambda: attempt(RunGate(str(tmp_path / "state")), server, WRONG))
    assert (said, server.attempts) == (ONE_OF, 1)


# -- a module that is shipped ----------------------------------------------------------------------------


def test_a_shipped_module_knows_which_nodes_refused_before(tmp_path: Path, server: Server) -> None:
    here = RunGate(str(tmp_path))
    assert attempt(here, server, RIGHT) == "logged in"
    assert refuse(here, "sub1:8443") == "node_refused_credential"
    written = here.refused_doors([RIGHT]).written()
    assert "sub1" not in written and RIGHT.password not in written
    there = ProcessGate(RefusedDoors.read(written))
    assert attempt(there, server, RIGHT) == "logged in"
    before = server.attempts
    assert refuse(there, "sub1:8443") == "node_refused_credential" and server.attempts == before
    assert attempt(there, server, RIGHT, "sub2:8443") == "logged in"
    # It reports only its own findings, and a second node that refuses condemns the credential.
    assert there.told() == {RIGHT.service: [[ACCEPTED, PUBLISHER]]}
    assert refuse(there, "sub3:8443") == "authentication_refused"


def test_nothing_is_handed_over_of_a_run_without_refusals(tmp_path: Path) -> None:
    assert RunGate(str(tmp_path)).refused_doors([RIGHT, WRONG]).written() == ""
    assert RefusedDoors.read("") == RefusedDoors()
