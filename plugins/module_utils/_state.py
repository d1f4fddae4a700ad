# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was, and cannot be read from the cluster any more. PRIVATE to the collection.

One file a cluster in the state directory, named by the cluster's identity. A record is appended and flushed to
the disk before the act it speaks of; each carries a checksum over all before it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import tempfile
import typing as t
from datetime import UTC, datetime

from ._errors import Refusal

_SEED = "ucops.cucm state 1"
_UNFIT_FOR_A_NAME = re.compile(r"[^A-Za-z0-9.-]")


class StateJournal:
    """The record of one cluster.

    Args:
        directory: The state directory; made when it is first written.
        identity: What the cluster is known by for ever (the publisher's key in its database).
    """

    def __init__(self, directory: str, identity: str) -> None:
        self._directory = os.path.expanduser(directory)
        self._identity = identity
        self._path = os.path.join(self._directory, _UNFIT_FOR_A_NAME.sub("_", identity) + ".jsonl")

    def require_writable(self) -> None:
        """Raise Refusal (C(state_dir_not_writable)) unless a record could be written now."""
        try:
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            with open(self._path, "ab") as file:
                os.fsync(file.fileno())
            # The file's name has to survive a power loss too.
            directory = os.open(self._directory, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError as error:
            raise Refusal(
                f"The state directory {self._directory} cannot be written: {error.strerror or error}. Nothing was changed.",
                code="state_dir_not_writable",
                remedy="Name a directory that survives the run as state_dir (cucm_state_dir); under AWX mount persistent storage there.",
            ) from error
        self._records()

    @contextlib.contextmanager
    def lock(self, holder: str) -> t.Iterator[None]:
        """Hold the cluster against other changing tasks of this controller.

        Raises:
            Refusal: Another task holds it (C(cluster_locked)); the message names it.
        """
        self.require_writable()
        with self._open_lock() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.seek(0)
                raise Refusal(
                    f"Another task on this controller is changing this cluster: {file.read().strip() or 'unknown holder'}.",
                    code="cluster_locked",
                    remedy="Wait for it to end.",
                ) from error
            file.truncate(0)
            file.write(f"{holder}, process {os.getpid()}, since {_now()}\n")
            file.flush()
            yield

    def _open_lock(self) -> t.TextIO:
        try:
            return open(self._path + ".lock", "a+", encoding="utf-8")
        except OSError as error:
            raise Refusal(
                f"The lock {self._path}.lock cannot be opened: {error.strerror or error}. Nothing was changed.",
                code="state_dir_not_writable",
                remedy="Let the account that runs Ansible own the state directory.",
            ) from error

    def append(self, event: str, **details: t.Any) -> dict[str, t.Any]:
        """Write a record and return it once it is on the disk."""
        records, size = self._records()
        record = {
            "event": event,
            "cluster": self._identity,
            "time": _now(),
            "number": len(records) + 1,
            **details,
        }
        line = json.dumps(
            {**record, "check": _check(records[-1]["check"] if records else _SEED, record)}, sort_keys=True
        )
        try:
            with open(self._path, "r+b" if os.path.exists(self._path) else "wb") as file:
                file.seek(size)
                file.truncate()
                file.write(line.encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise Refusal(
                f"A record could not be written to {self._path}: {error.strerror or error}. Nothing was sent.",
                code="state_dir_not_writable",
                remedy="Free space or repair the directory, then run again.",
            ) from error
        return record

    def unsettled(self) -> list[dict[str, t.Any]]:
        """Return what was sent (an C(answer), or a C(command) that asks nothing) and not C(settled), oldest first."""
        records, _size = self._records()
        settled = {record.get("sent") for record in records if record["event"] == "settled"}
        return [
            record
            for record in records
            if record["event"] in ("answer", "command") and record["number"] not in settled
        ]

    def former(self) -> list[dict[str, t.Any]]:
        """Return what objects were before the changes that are recorded and not taken back yet.

        Returns:
            One entry an object, oldest first: C(purpose) the change was recorded for, C(kind) and C(name) of the
            object, C(before) the first of the changes, C(after) the last of them (None: there was none), and C(steps),
            what every change was to lead to: the last ones may have failed.
        """
        records, _size = self._records()
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
        """Return the records and the byte after the last whole one.

        A last line without its end was never flushed as a whole, so what it speaks of was never done: it is dropped.
        """
        try:
            with open(self._path, "rb") as file:
                data = file.read()
        except (FileNotFoundError, NotADirectoryError):
            return [], 0
        except OSError as error:
            raise Refusal(
                f"The state file {self._path} cannot be read: {error.strerror or error}. Nothing was changed.",
                code="state_dir_not_writable",
                remedy="Let the user that runs Ansible read and write the directory, or name another as state_dir.",
            ) from error
        whole = data[: data.rfind(b"\n") + 1]
        records: list[dict[str, t.Any]] = []
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                record = json.loads(line)
                check = record.pop("check")
                right = (
                    check == _check(records[-1]["check"] if records else _SEED, record)
                    and record["cluster"] == self._identity
                )
            except (ValueError, KeyError, AttributeError, TypeError):
                right, record, check = False, {}, ""
            if not right:
                raise Refusal(
                    f"The state file {self._path} is damaged or belongs to another cluster (line {number}). Nothing was changed.",
                    code="state_corrupt",
                    remedy="Read the cluster's state by hand (cluster_info, show ctl), then move the file away.",
                )
            records.append({**record, "check": check})
        return records, len(whole)


def _check(before: str, record: t.Mapping[str, t.Any]) -> str:
    return hashlib.sha256((before + json.dumps(record, sort_keys=True)).encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def unwritable(directory: str) -> str | None:
    """Return why no record could be written into a state directory, None when one could. Leaves nothing behind."""
    nearest = os.path.abspath(os.path.expanduser(directory))
    while not os.path.lexists(nearest):
        nearest = os.path.dirname(nearest)
    try:
        # Permissions alone do not say it: a file system may be read-only, or take nothing from anybody.
        os.rmdir(tempfile.mkdtemp(prefix=".ucops.cucm-", dir=nearest))
    except OSError as error:
        return f"{nearest}: {error.strerror or error}"
    return None
