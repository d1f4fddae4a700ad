# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A refused password is sent once, whoever else wants to send it: threads of a process, forks of a run."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._credentials import Credential, ProcessGate
from ansible_collections.ucops.cucm.plugins.module_utils._errors import AuthenticationError, TransportError
from ansible_collections.ucops.cucm.plugins.plugin_utils import credential_gate
from ansible_collections.ucops.cucm.plugins.plugin_utils.credential_gate import RunGate

FORK = multiprocessing.get_context("fork")
WRONG = Credential("pub", "cli", "administrator", "wrong pass&word")
RIGHT = Credential("pub", "cli", "administrator", "right")
AT_ONCE = 6


class Server:
    """Counts attempts in a file, so that forks count together; takes its time to answer."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "attempts"

    def log_in(self, credential: Credential) -> None:
        with open(self._path, "ab", buffering=0) as file:
            file.write(b"x")
        time.sleep(0.1)
        if credential.password != "right":
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


def attempt(gate: t.Any, server: Server, credential: Credential) -> str:
    try:
        with gate.use(credential):
            server.log_in(credential)
    except AuthenticationError as error:
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
        with gate.use(RIGHT):
            inside.set()
            time.sleep(0.3)
            together.append("first is done")
        return ""

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(10)
    with gate.use(RIGHT):
        together.append("second")
    thread.join()
    assert together == ["first is done", "second"]
    # Accepted by now: many at once, each waiting for all the others inside.
    barrier = threading.Barrier(AT_ONCE)

    def meet() -> str:
        with gate.use(RIGHT):
            barrier.wait(10)
        return "met"

    assert in_threads(AT_ONCE, meet) == ["met"] * AT_ONCE


def test_a_right_password_is_not_held_back(gate: t.Any, server: Server) -> None:
    assert in_threads(AT_ONCE, lambda: attempt(gate, server, RIGHT)) == ["logged in"] * AT_ONCE
    assert server.attempts == AT_ONCE


def test_a_password_that_stops_being_right_is_sent_once_more(gate: t.Any, server: Server) -> None:
    assert attempt(gate, server, RIGHT) == "logged in"
    with pytest.raises(AuthenticationError), gate.use(RIGHT):
        raise AuthenticationError("changed meanwhile")
    assert attempt(gate, server, RIGHT) == "credential_refused_before"
    assert server.attempts == 1


@pytest.mark.parametrize("error", [TransportError("down"), KeyboardInterrupt()])
def test_another_failure_says_nothing_about_the_password(
    gate: t.Any, server: Server, error: BaseException
) -> None:
    with pytest.raises(type(error)), gate.use(RIGHT):
        raise error
    assert attempt(gate, server, RIGHT) == "logged in"


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
    """What the action does around a module that runs elsewhere and tells afterwards how it went."""
    try:
        with gate.alone(credential):
            try:
                server.log_in(credential)
            except AuthenticationError as error:
                gate.remember_refused(credential)
                return error.code
    except AuthenticationError as error:
        return error.code
    return "logged in"


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
    (file,) = (path for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert file.read_text() == "refused"
    assert set(file.name) <= set("0123456789abcdef")
    assert file.parent.stat().st_mode & 0o077 == 0


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
    gate.remember_refused(WRONG)
    left = {path.name for path in credentials.iterdir()}
    assert len(left) == 2 and "yesterday" in left


def test_a_run_without_state_directory_has_a_gate_too(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(credential_gate.tempfile, "tempdir", str(tmp_path / "tmp"))
    said = in_forks(AT_ONCE, lambda: attempt(RunGate(str(tmp_path / "file")), server, WRONG))
    assert said == ONE_OF
    assert server.attempts == 1
    (private,) = (tmp_path / "tmp").iterdir()
    assert private.stat().st_mode & 0o077 == 0


def test_a_directory_of_somebody_else_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(credential_gate.tempfile, "tempdir", str(tmp_path / "tmp"))
    owner = os.getuid()
    (tmp_path / "state").mkdir()
    with contextlib.ExitStack() as stack:
        stack.enter_context(pytest.raises(PermissionError))
        monkeypatch.setattr(credential_gate.os, "getuid", lambda: owner + 1)
        RunGate(str(tmp_path / "state"))
