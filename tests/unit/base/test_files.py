# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every file that an operator can name or an earlier run left, spoiled in every way, at the edge of a module.

A file that a module can do without, or can still read, costs nothing; the table says which. All others end with a code, the path and
a remedy: in bounded memory, without waiting, with nothing sent and the file as it was.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import fcntl
import os
import resource
import shutil
import signal
import socket
import stat
import tempfile
import threading
import tracemalloc
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.ucops.cucm.plugins.filter import adopt
from ansible_collections.ucops.cucm.plugins.module_utils._base import files
from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
from ansible_collections.ucops.cucm.plugins.modules import cluster_info, compliance_report

from ..cluster.test_saved import ANSWERS, put
from ..data import authorities
from ..transport.test_known_hosts import line

Json = dict[str, t.Any]
HUGE = 1 << 30
# Bytes that a module may hold at a time, whatever is in a file.
MOST_HELD = HUGE // 3
NOBODY = 65534
CONTROLS = [{"id": "mode", "title": "The mode is as intended", "severity": "high", "remedy": "Change it."}]


# -- the modules -----------------------------------------------------------------------------------------


def perform(
    module: t.Any, run: t.Callable[[_task.Task], _task.Result] | None = None, **options: t.Any
) -> Json:
    validation = ArgumentSpecValidator(module.ARGUMENT_SPEC).validate(options)
    assert not validation.error_messages, validation.error_messages
    # No file is waited for; a lock that was left behind is, by this clock.
    task = _task.Task(params=validation.validated_parameters, clock=Clock(sleep=lambda seconds: None))
    return _task.perform(task, run or module.run)


def connect(base: Path, service: str, **options: t.Any) -> Json:
    """Read a node that takes connections and ends them; C(sent) is whether it was reached."""
    connections: list[t.Any] = []
    with socket.create_server(("127.0.0.1", 0)) as node:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connections.append(node.accept())
                    connections[-1][0].close()

        threading.Thread(target=serve, daemon=True).start()
        port = node.getsockname()[1]
        account = {f"{service}_username": "a", f"{service}_password": "a password"}
        reached = {"publisher": "127.0.0.1", "https_port": port, "ssh_port": port, "timeout": 5}
        result = perform(cluster_info, **{"state_dir": str(base / "state"), **reached, **account, **options})
        node.shutdown(socket.SHUT_RDWR)
    return {**result, "sent": bool(connections)}


def read_saved(base: Path, name: str = "site") -> Json:
    return perform(cluster_info, saved=str(base / name), state_dir=str(base / "state"))


def report(base: Path) -> Json:
    cluster = {
        "name": "berlin",
        "results": [{"control": "mode", "verdict": "pass", "reason": "as intended."}],
    }
    return perform(
        compliance_report,
        clusters=[cluster],
        controls=CONTROLS,
        directory=str(base / "report"),
        formats=["json", "markdown"],
    )


def change(base: Path) -> Json:
    """Hold a cluster and write a record of it, as every changing module does before it sends anything."""

    def run(task: _task.Task) -> _task.Result:
        with task.exclusive() as journal:
            journal.append("command", command="utils ctl update CTLFile", before={})
        return _task.Result(changed=True, before=None, after=None, operations=[])

    options = {name: str(base / name) for name in ("state_dir", "lock_dir")}
    return perform(cluster_info, run, saved=str(base / "site"), **options)


# -- the files -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Surface:
    """A file, or a directory, that is spoiled.

    Attributes:
        place: Its path below a directory of the test.
        run: What uses it; is given the directory.
        fine: The kinds it may be of.
        content: What is in it before it is spoiled; None where C(run) makes it.
    """

    place: str
    run: t.Callable[[Path], Json]
    fine: frozenset[str]
    content: bytes | None = None


# What is wrong with writing costs nobody who reads.
READ = frozenset({"no room", "disk full", "no locks", "read-only", "other owner"})
# Of a lock it counts that it is a regular file, and for one of other controllers what it says.
ANY_TEXT = frozenset(
    {"absent", "empty", "NUL bytes", "UTF-16", "BOM", "Latin-1", "huge", "grows", "shrinks", "other owner"}
)
IDENTITY = "ab-0"
SURFACES: dict[str, Surface] = {
    "ca_path": Surface(
        "ca.pem",
        lambda base: connect(base, "axl", ca_path=str(base / "ca.pem")),
        READ | {"Latin-1"},
        authorities.root().pem.encode(),
    ),
    "known_hosts": Surface(
        "hosts",
        lambda base: connect(base, "cli", known_hosts=str(base / "hosts")),
        READ | {"empty", "NUL bytes", "Latin-1", "BOM", "shrinks"},
        line("127.0.0.1").encode(),
    ),
    "saved": Surface(
        "facts.json",
        lambda base: read_saved(base, "facts.json"),
        READ | {"BOM", "UTF-16"},
        b'{"nodes": [{"name": "cucm-pub"}], "read_at": "2026-11-24T01:02:03+00:00"}',
    ),
    "saved, a directory": Surface("site", read_saved, READ),
    # A report that is not understood is put aside, with a warning.
    "the report": Surface("report/compliance.json", report, (ANY_TEXT - {"huge", "grows"}) | {"dangling"}),
    # A whole file is put in its place, which needs no reading of what is there.
    "another format": Surface(
        "report/compliance.md", report, ANY_TEXT | {"FIFO", "socket", "device", "loop", "dangling"}
    ),
    "the report's lock": Surface("report/.compliance.lock", report, ANY_TEXT),
    "directory": Surface("report", report, frozenset({"absent"})),
    # A text without an end of line was never written completely, and JSON is recognised in any encoding.
    "the record": Surface(
        f"state_dir/{IDENTITY}.jsonl",
        change,
        frozenset({"absent", "empty", "shrinks", "NUL bytes", "UTF-16", "BOM"}),
    ),
    "the record's lock": Surface(f"state_dir/{IDENTITY}.jsonl.lock", change, ANY_TEXT - {"other owner"}),
    "state_dir": Surface("state_dir", change, frozenset({"absent"})),
    "a shared lock": Surface(
        f"lock_dir/{IDENTITY}.lock", change, ANY_TEXT - {"other owner"}, b'{"holder": "one that was killed"}'
    ),
    "lock_dir": Surface("lock_dir", change, frozenset({"absent"})),
}


@pytest.fixture
def base() -> t.Iterator[Path]:
    """A directory that others may look into, as those of pytest are not."""
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        base.chmod(0o755)
        for file, text in ANSWERS.items():
            put(base / "site", file, text)
        yield base


# -- the kinds -------------------------------------------------------------------------------------------

Spoil = t.Callable[[Path, bytes], object]


def huge(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.truncate(HUGE)


def server_socket(path: Path, content: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(path))


def given_away(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        os.chown(path, 12345, 12345)
    except PermissionError:
        pytest.skip("this account may not give a file to another one")


# What is put into the place of a file or a directory.
KINDS: dict[str, Spoil] = {
    "absent": lambda path, content: None,
    "FIFO": lambda path, content: os.mkfifo(path),
    "socket": server_socket,
    "device": lambda path, content: path.symlink_to("/dev/zero"),
    "loop": lambda path, content: path.symlink_to(path),
    "dangling": lambda path, content: path.symlink_to(path.parent / "nowhere"),
}
OF_FILES: dict[str, Spoil] = {
    "directory": lambda path, content: path.mkdir(),
    "empty": lambda path, content: path.touch(),
    "NUL bytes": lambda path, content: path.write_bytes(b"\0" * 5000),
    "UTF-16": lambda path, content: path.write_bytes(content.decode().encode("utf-16")),
    "BOM": lambda path, content: path.write_bytes(content.decode().encode("utf-8-sig")),
    "Latin-1": lambda path, content: path.write_bytes(b"# caf\xe9\n" + content),
    "huge": huge,
    "other owner": given_away,
}
OF_DIRECTORIES: dict[str, Spoil] = {"file": lambda path, content: path.write_bytes(b"no directory")}


@contextlib.contextmanager
def as_nobody(*modes: tuple[Path, int]) -> t.Iterator[None]:
    """Continue as an account with only these permissions; root has all."""
    before = [(path, path.stat().st_mode & 0o7777) for path, _mode in modes]
    for path, mode in modes:
        path.chmod(mode)
    if os.geteuid() == 0:
        os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        if os.getresuid()[2] == 0:
            os.setresuid(0, 0, 0)
        for path, mode in before:
            path.chmod(mode)


def failing(number: int) -> t.Callable[..., t.NoReturn]:
    def fail(*wanted: t.Any) -> t.NoReturn:
        raise OSError(number, os.strerror(number))

    return fail


@contextlib.contextmanager
def unreadable(path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    with as_nobody((path, 0)):
        yield


@contextlib.contextmanager
def read_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    with as_nobody((path, 0o555), (path.parent, 0o555)):
        yield


@contextlib.contextmanager
def no_room(path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


@contextlib.contextmanager
def disk_full(path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing(errno.ENOSPC))
        yield


@contextlib.contextmanager
def no_locks(path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "flock", failing(errno.ENOLCK))
        yield


def becoming(size: int) -> t.Callable[[Path, pytest.MonkeyPatch], t.ContextManager[None]]:
    """A file that is of another size when it is read than when it was opened."""

    @contextlib.contextmanager
    def change(path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
        def reading(file: t.Any, *mode: t.Any, **options: t.Any) -> t.Any:
            if os.path.samestat(os.fstat(file), path.stat()):
                os.truncate(path, size)
            return builtins.open(file, *mode, **options)

        with monkeypatch.context() as patched:
            patched.setattr(files, "open", reading, raising=False)
            yield

    return change


# What is wrong with the system while a sound file or directory is used.
CIRCUMSTANCES: dict[str, t.Callable[[Path, pytest.MonkeyPatch], t.ContextManager[None]]] = {
    "unreadable": unreadable,
    "read-only": read_only,
    "no room": no_room,
    "disk full": disk_full,
    "no locks": no_locks,
}
CHANGING = {"grows": becoming(HUGE), "shrinks": becoming(0)}
DIRECTORIES = {"saved, a directory", "directory", "state_dir", "lock_dir"}


def cases() -> t.Iterator[t.Any]:
    for surface in SURFACES:
        own = OF_DIRECTORIES if surface in DIRECTORIES else {**OF_FILES, **CHANGING}
        for kind in {**KINDS, **own, **CIRCUMSTANCES}:
            yield pytest.param(surface, kind, id=f"{surface}: {kind}")


def snapshot(path: Path) -> t.Any:
    """Return what is at a path, and below it."""
    if path.is_symlink():
        return os.readlink(path)
    if path.is_dir():
        return {each.name: snapshot(each) for each in path.iterdir() if not each.name.endswith(".lock")}
    found = path.lstat() if os.path.lexists(path) else None
    return found and (stat.S_IFMT(found.st_mode), found.st_size, found.st_ino, found.st_mtime_ns)


def bounded(kind: str, run: t.Callable[[], Json]) -> Json:
    """Return what C(run) does; of a file that is large it must not hold much at a time."""
    if kind not in ("huge", "grows", "device"):
        return run()
    tracemalloc.start()
    try:
        result = run()
        assert tracemalloc.get_traced_memory()[1] < MOST_HELD
    finally:
        tracemalloc.stop()
    return result


def require_told(result: Json, path: Path) -> None:
    failure = result["failure"]
    said = f"{failure['message']} {failure['remedy']}"
    assert failure["code"] not in ("unexpected", "error"), failure
    assert str(path) in failure["message"], failure
    assert failure["remedy"], failure
    assert "Traceback" not in said and "Errno" not in said and "codec" not in said, failure


@pytest.mark.parametrize(("name", "kind"), list(cases()))
def test_a_file_that_cannot_be_used_is_told_in_words(
    name: str, kind: str, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    surface, circumstances = SURFACES[name], {**CIRCUMSTANCES, **CHANGING}
    path = base / surface.place
    spoil = {**KINDS, **OF_FILES, **OF_DIRECTORIES}.get(kind)
    if surface.content is not None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(surface.content)
    else:
        surface.run(base)
    if spoil is not None:
        content = path.read_bytes() if path.is_file() else b""
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        spoil(path, content)
    before = snapshot(path)
    with circumstances[kind](path, monkeypatch) if kind in circumstances else contextlib.nullcontext():
        result = bounded(kind, lambda: surface.run(base))
    told = "failure" in result and not result.get("sent")
    assert told is (kind not in surface.fine), result
    if told:
        # Of a disk that is full the directory may be named, whichever file is the first to notice.
        require_told(result, base if kind in CIRCUMSTANCES else path)
        # A lock that is held names its holder, and that is all it says.
        if kind not in CHANGING and not (path.suffix == ".lock" and kind in CIRCUMSTANCES):
            assert snapshot(path) == before


IN_PLACE = {kind: spoil for kind, spoil in {**KINDS, **OF_FILES}.items() if kind != "other owner"}


@pytest.mark.parametrize("kind", IN_PLACE)
def test_every_file_below_a_saved_directory_costs_its_facts_and_no_others(kind: str, base: Path) -> None:
    whole, costly = set(read_saved(base)["cluster"]["unavailable"]), 0
    for name in ANSWERS:
        path = base / "site" / name
        content = path.read_bytes()
        path.unlink()
        IN_PLACE[kind](path, content)
        result = bounded(kind, lambda: read_saved(base))
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
        path.write_bytes(content)
        if "failure" in result:
            assert name == "sql/nodes.xml", name
            require_told(result, Path("sql/nodes."))
            costly += 1
            continue
        causes = result["cluster"]["unavailable_causes"]
        lost = {key: causes[key] for key in set(result["cluster"]["unavailable"]) - whole}
        costly += bool(lost)
        for key, cause in lost.items():
            assert cause["code"] not in ("unexpected", "error") and cause["remedy"], (name, key, cause)
            assert "Errno" not in cause["message"] and "codec" not in cause["message"], (name, key, cause)
    assert costly >= (1 if kind in ("UTF-16", "BOM", "Latin-1") else len(ANSWERS) // 2), kind


@pytest.mark.parametrize("kind", IN_PLACE)
def test_host_vars_that_cannot_be_read_are_somebody_elses(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "cucm.yml"
    text = adopt.host_vars({"nodes": [], "unavailable": {}}, "lab").encode()
    path.write_bytes(text)
    assert adopt.own_host_vars(str(path))
    path.unlink()
    IN_PLACE[kind](path, text)
    assert not adopt.own_host_vars(str(path))


@pytest.mark.parametrize("option", ["ca_path", "known_hosts", "saved", "state_dir", "lock_dir", "directory"])
@pytest.mark.parametrize("character", ["\0", "\ud800"])
def test_what_cannot_be_a_name_is_refused_by_the_options_name(
    option: str, character: str, base: Path
) -> None:
    name = f"{base}/a{character}b"
    if option == "directory":
        result = perform(compliance_report, clusters=[], controls=[], directory=name)
    else:
        result = connect(base, "axl", **{option: name})
        assert not result["sent"]
    require_told(result, Path(option))
    assert result["failure"]["code"] == "invalid_input"
