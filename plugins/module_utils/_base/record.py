# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of earlier states and of what was sent, which can no longer be read from the cluster. PRIVATE to the collection.

One file per cluster in the state directory, named after the cluster's identity. A record is appended and flushed to
the disk before the act it describes. Each carries a checksum over all records before it, and the place where the cluster
was reached: a clone or a restored backup has the same identity at another place.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import io
import json
import os
import tempfile
import typing as t
from datetime import UTC, datetime

from . import files
from .errors import CucmError, RecordNotWritten, Refusal
from .state_directory import StateDirectory, fit_for_a_name

_SEED = "ucops.cucm state 1"
_LARGEST = 64 * 1024 * 1024
_HELD_BY_ANOTHER = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
_REPAIR = "Free space or repair the directory, then run the task again; it first reads the outcome from the cluster."
# The fields that a record of each kind must have.
_EVENTS: dict[str, tuple[str, ...]] = {
    "answer": ("command",),
    "command": ("command",),
    "settled": ("sent", "outcome"),
    "reopened": ("sent", "said"),
    "former": ("purpose", "kind", "name", "before", "after"),
    "restored": ("purpose", "kind", "name"),
    "moved": ("moved_from",),
    "ctl_update_without_effect": ("reasons", "files"),
    "phones_reset": ("at",),
    "restarts_named": ("services", "files"),
}
_WORDS = ("command", "purpose", "kind", "name", "place")
_SENT = ("answer", "command")


class StateJournal:
    """The record of one cluster.

    Args:
        directory: The state directory; created at the first write.
        identity: The cluster's permanent identity (the publisher's key in its database).
        place: Where the cluster is reached; None is not compared.
        moved_from: An earlier place whose records are accepted although the cluster is now reached at another.
        now: The time of day.
        warn: Called with each doubtful thing that is allowed.
    """

    def __init__(
        self,
        directory: str,
        identity: str,
        place: str | None = None,
        moved_from: str | None = None,
        now: t.Callable[[], datetime] = lambda: datetime.now(UTC),
        warn: t.Callable[[str], None] = lambda message: None,
    ) -> None:
        self._directory = StateDirectory(directory, warn)
        self._identity = identity
        self._place = place
        self._moved_from = moved_from
        self._now = now
        self._name = fit_for_a_name(identity) + ".jsonl"
        self._path = os.path.join(self._directory.path, self._name)
        self._sent: list[str] = []
        self._known = 0
        self._moved = False

    def require_writable(self) -> None:
        """Raise Refusal (C(state_dir_not_writable)) unless a record could be written now."""
        with self._told(f"The state directory {self._directory.path} cannot be written"):
            self._directory.make()
        with self._told(f"The record {self._path} cannot be written"):
            with self._file(os.O_RDWR | os.O_CREAT) as file:
                os.fsync(file.fileno())
            # The file's name has to survive a power loss too.
            self._directory.make()
        self._records()

    @contextlib.contextmanager
    def lock(self, holder: str) -> t.Iterator[None]:
        """Lock the cluster against other changing tasks on this controller.

        Raises:
            Refusal: Another task holds the lock (C(cluster_locked)), and the message names it; or the file cannot be locked at all
            (C(state_dir_not_lockable)).
        """
        self.require_writable()
        with self._told(f"The lock {self._path}.lock cannot be opened"):
            # Unbuffered: data that could not be written would be written again when the file is closed.
            lock = os.fdopen(self._directory.open(self._name + ".lock", os.O_RDWR | os.O_CREAT), "r+b", 0)
        with lock:
            self._take(lock)
            with self._told(f"The lock {self._path}.lock cannot be written"):
                lock.truncate(0)
                lock.write(f"{holder}, process {os.getpid()}, since {_written(self._now())}\n".encode())
            if self._moved:
                self.append("moved", moved_from=self._moved_from)
            yield

    def _take(self, lock: io.FileIO) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _HELD_BY_ANOTHER:
                raise Refusal(
                    f"{self._path}.lock cannot be locked: {error.strerror or error}. Nothing was changed.",
                    code="state_dir_not_lockable",
                    remedy="Put the state directory (cucm_state_dir) on a local file system, or on NFS with its lock service.",
                ) from error
            lock.seek(0)
            told = (lock.read(1000) or b"").decode("utf-8", "replace").strip()
            raise Refusal(
                f"Another task on this controller is changing this cluster: {told or 'unknown holder'}.",
                code="cluster_locked",
                remedy="Wait for it to finish, then run the task again.",
            ) from error

    def sending(self, act: str) -> None:
        """Note that C(act) may be sent from here on: a record that cannot be written no longer prevents it."""
        self._sent.append(act)

    def without_effect(self, act: str) -> None:
        """Note that C(act) was sent and is known to have changed nothing."""
        self._sent.remove(act)

    def append(self, event: str, **details: t.Any) -> dict[str, t.Any]:
        """Write a record, and return it once it is on the disk.

        Raises:
            Refusal: It could not be written, and nothing had been sent. RecordNotWritten: Something had been sent.
        """
        records, size = self._records()
        record = {
            "event": event,
            "cluster": self._identity,
            "time": _written(self._now()),
            "number": len(records) + 1,
            **({} if self._place is None else {"place": self._place}),
            **details,
        }
        check = _check(records[-1]["check"] if records else _SEED, record)
        line = json.dumps({**record, "check": check}, sort_keys=True)
        with (
            self._told(f"A record could not be written to {self._path}"),
            self._file(os.O_RDWR | os.O_CREAT) as file,
        ):
            try:
                os.truncate(file.fileno(), size)
                _write_at(file.fileno(), line.encode() + b"\n", size)
                os.fsync(file.fileno())
            except OSError:
                # Data that may not be on the disk must not be read as a record later.
                with contextlib.suppress(OSError):
                    os.truncate(file.fileno(), size)
                raise
        self._known = len(records) + 1
        return record

    def unsettled(self) -> list[dict[str, t.Any]]:
        """Return what was sent (an C(answer), or a C(command) that asks nothing) and is not C(settled), oldest first.

        If one was C(reopened) since, because the device was still at work, it has that record as C(seen).
        """
        return [
            record if last is None else {**record, "seen": last}
            for record, last in self._sendings()
            if last is None or last["event"] == "reopened"
        ]

    def last_settled(self) -> dict[str, t.Any] | None:
        """Return the last thing sent, if it is settled, with its latest C(reopened) record as C(seen); None otherwise."""
        records = self._understood()
        for record, last in self._sendings()[-1:]:
            if last is not None and last["event"] == "settled":
                seen = [
                    each
                    for each in records
                    if each["event"] == "reopened" and each["sent"] == record["number"]
                ]
                return {**record, **({"seen": seen[-1]} if seen else {})}
        return None

    def ctl_update_without_effect(self) -> dict[str, t.Any] | None:
        """Return the last update of the CTL file that left reasons for it: C(time), C(reasons), C(files); None if there is none."""
        return self._last("ctl_update_without_effect")

    def restarts_named(self) -> dict[str, t.Any] | None:
        """Return the C(services) to restart that the device named after it last wrote the CTL file, with C(time) and C(files); None
        if it never did."""
        return self._last("restarts_named")

    def _last(self, event: str) -> dict[str, t.Any] | None:
        found = [record for record in self._understood() if record["event"] == event]
        return {key: found[-1][key] for key in ("time", *_EVENTS[event])} if found else None

    def awaiting_phones(self) -> list[dict[str, t.Any]] | None:
        """Return what was changed since all phones were last reset, oldest first; None if nothing was ever recorded.

        Returns:
            For each command that is done: C(time), C(command), and what the device C(said) of restarts and resets. For each object that
            was changed or brought back: C(time), C(kind), C(name), and its state C(before) the first change.
        """
        records = self._understood()
        if not records:
            return None
        resets = [
            datetime.fromisoformat(record["at"]) for record in records if record["event"] == "phones_reset"
        ]
        found = [*self._done(), *_changed_objects(records)]
        return sorted(
            (each for each in found if not resets or datetime.fromisoformat(each["time"]) > max(resets)),
            key=lambda each: datetime.fromisoformat(each["time"]),
        )

    def _done(self) -> list[dict[str, t.Any]]:
        return [
            {"time": last["time"], "command": record["command"], "said": last.get("said", [])}
            for record, last in self._sendings()
            if last is not None and last["event"] == "settled" and last["outcome"] == "done"
        ]

    def _sendings(self) -> list[tuple[dict[str, t.Any], dict[str, t.Any] | None]]:
        """Return everything sent, each with the last record of its outcome."""
        records = self._understood()
        last = {record["sent"]: record for record in records if record["event"] in ("settled", "reopened")}
        return [(record, last.get(record["number"])) for record in records if record["event"] in _SENT]

    def not_ended(self) -> list[dict[str, t.Any]]:
        """Return everything sent that has reached its goal but may not have ended, oldest first."""
        return [
            record
            for record, last in self._sendings()
            if last is not None and last["event"] == "settled" and last.get("ended") is False
        ]

    def former(self) -> list[dict[str, t.Any]]:
        """Return the earlier states of objects whose recorded changes have not been undone.

        Returns:
            One entry per object, oldest first: C(purpose) of the recorded change, C(kind) and C(name) of the object, its state
            C(before) the first change and C(after) the last one (None: it did not exist), and C(steps), the state that each
            change was to reach: the last ones may have failed.
        """
        records = self._understood()
        open_changes: dict[tuple[str, str, str], dict[str, t.Any]] = {}
        for record in records:
            if record["event"] not in ("former", "restored"):
                continue
            key = (record["purpose"], record["kind"], record["name"])
            if record["event"] == "restored":
                open_changes.pop(key, None)
                continue
            first = open_changes.get(key, record)
            open_changes[key] = {
                "purpose": record["purpose"],
                "kind": record["kind"],
                "name": record["name"],
                "before": first["before"],
                "after": record["after"],
                "steps": [*first.get("steps", []), record["after"]],
            }
        return list(open_changes.values())

    def _records(self) -> tuple[list[dict[str, t.Any]], int]:
        """Return the records, and the offset in bytes after the last complete one.

        A last line without its end was never flushed completely, so its act never happened: it is dropped.
        """
        data = self._content()
        whole = data[: data.rfind(b"\n") + 1]
        records: list[dict[str, t.Any]] = []
        for number, line in enumerate(whole.splitlines(), 1):
            record = self._record(line, records[-1]["check"] if records else _SEED)
            if record is None:
                raise self._damaged(number)
            records.append(record)
        self._require_here(records)
        if self._sent and len(records) < self._known:
            raise self._trouble(
                f"Records that were in {self._path} a moment ago have disappeared.",
                code="state_corrupt",
                remedy="Check that the storage of the state directory is still mounted, then run the task again.",
            )
        self._known = len(records)
        return records, len(whole)

    def _content(self) -> bytes:
        with self._told(f"The state file {self._path} cannot be read"):
            try:
                with self._file(os.O_RDONLY) as file:
                    return files.content(file.fileno(), _LARGEST)
            except (FileNotFoundError, NotADirectoryError):
                return b""
            except OSError as error:
                if error.errno != errno.EFBIG:
                    raise
        raise self._trouble(
            f"The state file {self._path} is larger than {_LARGEST // 1024 // 1024} MiB.",
            code="state_corrupt",
            remedy="Read the cluster's state by hand (cluster_info, show ctl), then move the file away.",
        )

    def _record(self, line: bytes, check_before: str) -> dict[str, t.Any] | None:
        """Return the record in a line; None if it does not belong to this cluster, was altered, or is out of place."""
        try:
            record = json.loads(line)
            check = record.pop("check")
            right = check == _check(check_before, record) and record["cluster"] == self._identity
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
            return None
        return {**record, "check": check} if right else None

    def _understood(self) -> list[dict[str, t.Any]]:
        """Return the records. Raises Refusal when one lacks a field of its kind, or its kind is unknown."""
        records, _size = self._records()
        unknown = sorted({str(record.get("event")) for record in records} - set(_EVENTS))
        if unknown:
            raise self._trouble(
                f"The state file {self._path} has records that this version does not understand: {', '.join(unknown)}.",
                code="state_newer",
                remedy="A newer version of ucops.cucm wrote them. Use that version for this cluster.",
            )
        for number, record in enumerate(records, 1):
            whole = all(name in record for name in ("time", *_EVENTS[record["event"]]))
            if not whole or not all(isinstance(record.get(name, ""), str) for name in _WORDS):
                raise self._damaged(number)
        return records

    def _damaged(self, line: int) -> CucmError:
        return self._trouble(
            f"The state file {self._path} is damaged or belongs to another cluster (line {line}).",
            code="state_corrupt",
            remedy="Read the cluster's state by hand (cluster_info, show ctl), then move the file away.",
        )

    def _require_here(self, records: t.Sequence[t.Mapping[str, t.Any]]) -> None:
        """Raise Refusal (C(state_elsewhere)) when the record belongs to a cluster at another place, unless that cluster moved."""
        there = next((str(record["place"]) for record in reversed(records) if "place" in record), None)
        self._moved = False
        if self._place is None or there is None or there.lower() == self._place.lower():
            return
        if self._moved_from is not None and self._moved_from.strip().lower() == there.lower():
            self._moved = True
            return
        raise self._trouble(
            f"The record {self._path} belongs to the cluster at {there}, and this cluster is at {self._place}. Both have the same key "
            "in the database, as a clone or a restored backup has.",
            code="state_elsewhere",
            details={"recorded": there, "reached": self._place},
            remedy=of_another_place(there),
        )

    @contextlib.contextmanager
    def _file(self, flags: int) -> t.Iterator[t.BinaryIO]:
        with os.fdopen(self._directory.open(self._name, flags), "r+b" if flags & os.O_RDWR else "rb") as file:
            yield file

    @contextlib.contextmanager
    def _told(self, what: str) -> t.Iterator[None]:
        """Raise an error that names what failed, and whether anything had been sent."""
        try:
            yield
        except OSError as error:
            raise self._trouble(
                f"{what}: {files.why(error)}.",
                code="state_dir_not_writable",
                remedy="Set state_dir (cucm_state_dir) to a directory that survives the run and belongs to the user that runs Ansible; "
                "under AWX, mount persistent storage there. Free space if the disk is full.",
            ) from error
        except Refusal as error:
            raise self._trouble(error.message, code=error.code, remedy=error.remedy) from error

    def _trouble(
        self, what: str, *, code: str, remedy: str, details: dict[str, t.Any] | None = None
    ) -> CucmError:
        if not self._sent:
            return Refusal(f"{what} Nothing was changed.", code=code, remedy=remedy, details=details)
        return RecordNotWritten(
            f"{what} Sent before: {'; '.join(self._sent)}.",
            remedy=_REPAIR,
            details={
                **(details or {}),
                "reason_code": code,
                "sent_before": list(self._sent),
                "changed": True,
            },
        )


def of_another_place(there: str) -> str:
    """Return what to do about what was kept of a cluster that was reached at another place."""
    return (
        "If this is another cluster, give it its own state directory (cucm_state_dir). If the cluster moved, or is "
        f"now addressed by another name, set cucm_state_moved_from: '{there}' for it."
    )


def _changed_objects(records: t.Iterable[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Return the recorded changes of objects, and what brought them back, each with the state before the first change."""
    before: dict[tuple[str, str, str], t.Any] = {}
    found = []
    for record in records:
        if record["event"] not in ("former", "restored"):
            continue
        key = (record["purpose"], record["kind"], record["name"])
        first = before.setdefault(key, record.get("before"))
        found.append(
            {"time": record["time"], "kind": record["kind"], "name": record["name"], "before": first}
        )
        if record["event"] == "restored":
            del before[key]
    return found


def _write_at(descriptor: int, content: bytes, position: int) -> None:
    """Write all of it unbuffered: a buffer would be flushed again after a failure."""
    while content:
        written = os.pwrite(descriptor, content, position)
        content, position = content[written:], position + written


def _check(before: str, record: t.Mapping[str, t.Any]) -> str:
    return hashlib.sha256((before + json.dumps(record, sort_keys=True)).encode()).hexdigest()


def unwritable(directory: str) -> str | None:
    """Return why no record can be written into a state directory, None if one can. Leaves nothing behind."""
    nearest = os.path.abspath(os.path.expanduser(directory))
    while not os.path.lexists(nearest):
        nearest = os.path.dirname(nearest)
    try:
        # Permissions alone do not decide: a file system may be read-only, or refuse every write.
        os.rmdir(tempfile.mkdtemp(prefix=".ucops.cucm-", dir=nearest))
    except OSError as error:
        return f"{nearest}: {error.strerror or error}"
    return None


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
