# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lock on a cluster against the tasks of every controller, as a file on shared storage. PRIVATE to the collection.

The file is created exclusively, which shared file systems support even where they cannot lock. It names its holder and
its expiry, and is rewritten while it is held, so that the lock of a killed holder can be taken over. Clocks of two
controllers differ: a file that has expired by the local clock is watched for as long as a lock is valid, and taken over
only if nobody rewrites it.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import threading
import typing as t
from datetime import datetime, timedelta

from . import files
from .clock import Clock
from .errors import Refusal
from .state_directory import StateDirectory

# Seconds. Three renewals may fail before another controller may take the lock over.
VALID_FOR = 60.0
_RENEWED_EVERY = VALID_FOR / 4
_LARGEST = 4096


class SharedLock:
    """The lock of one cluster in a directory that all controllers reach.

    Args:
        directory: The directory of the file.
        name: The name of the file.
        holder: Who holds the lock, in words.
        clock: Injected time.
        progress, warn: Called with what is waited for, and with what was taken over.
    """

    def __init__(
        self,
        directory: str,
        name: str,
        holder: str,
        clock: Clock,
        progress: t.Callable[[str], None],
        warn: t.Callable[[str], None],
    ) -> None:
        self._directory = StateDirectory(directory)
        self._name = name
        self._path = os.path.join(self._directory.path, name)
        self._clock, self._progress, self._warn = clock, progress, warn
        self._own = {
            "holder": holder,
            "host": socket.gethostname(),
            "process": os.getpid(),
            "since": _written(clock.now()),
            "token": secrets.token_hex(16),
        }
        self._descriptor = -1
        self._trouble = ""
        self._released = threading.Event()

    @contextlib.contextmanager
    def held(self) -> t.Iterator[None]:
        """Hold the lock, and renew it meanwhile.

        Raises:
            Refusal: Another controller holds the lock (C(cluster_locked)), or the directory cannot be used
                (C(lock_dir_not_usable)).
        """
        try:
            self._directory.make()
            self._take()
        except OSError as error:
            raise self._unusable(files.why(error)) from error
        except Refusal as error:
            raise error if error.code == "cluster_locked" else self._unusable(error.message) from error
        keeper = threading.Thread(target=self._keep, name="ucops.cucm lock", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            self._released.set()
            keeper.join()
            self._give_back()

    def require_held(self) -> None:
        """Raise Refusal (C(lock_lost)) when another controller may hold the lock by now; called before anything is sent."""
        trouble = self._trouble or self._not_own()
        if trouble:
            raise Refusal(
                f"The lock {self._path} was lost: {trouble} The next request was not sent.",
                code="lock_lost",
                remedy="Check the storage of the directory (cucm_lock_dir), and who else changes the cluster; then run the task again.",
            )

    # -- taking ------------------------------------------------------------------------------------------

    def _take(self) -> None:
        if self._make(self._name):
            return
        found = self._read()
        if found is not None and not self._expired(found):
            raise _held_by(found, self._path)
        self._progress(
            f"{self._path} {_told(found)} has expired; it is watched for {VALID_FOR:g} s before it is taken over"
        )
        self._clock.sleep(VALID_FOR)
        now = self._read()
        if found is None or now != found:
            raise _held_by(now, self._path)
        self._take_over(found)
        self._warn(f"The lock {self._path} was taken over: it {_told(found)}, who no longer renewed it.")

    def _take_over(self, found: t.Mapping[str, t.Any]) -> None:
        """Replace a file that was left behind; of all who try, one succeeds."""
        claim = f"{self._name}.{found.get('token', 'none')}.taken"
        if not self._make(claim):
            raise Refusal(
                f"Another controller is taking over the lock {self._path}.",
                code="cluster_locked",
                remedy="Run the task again in a minute. If this persists and no controller is changing the cluster, "
                f"remove {self._path}* by hand.",
            )
        try:
            # A slow controller finds the claim free again once another has used it to take the lock over.
            now = self._read()
            if now != found:
                raise _held_by(now, self._path)
            with _in(self._directory.path) as directory:
                os.replace(claim, self._name, src_dir_fd=directory, dst_dir_fd=directory)
        except BaseException:
            self._unmake(claim)
            raise

    def _make(self, name: str) -> bool:
        try:
            self._descriptor = self._directory.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            return False
        try:
            self._write()
        except BaseException:
            # A file that names no holder would block everybody until it counts as left behind.
            self._unmake(name)
            raise
        return True

    def _unmake(self, name: str) -> None:
        with contextlib.suppress(OSError), _in(self._directory.path) as directory:
            os.unlink(name, dir_fd=directory)
        os.close(self._descriptor)

    def _expired(self, found: t.Mapping[str, t.Any]) -> bool:
        try:
            return datetime.fromisoformat(found["expires"]) <= self._clock.now()
        except (KeyError, TypeError, ValueError):
            return True

    def _read(self) -> dict[str, t.Any] | None:
        """Return the content of the file, None if it does not exist; content that is not understood is kept as C(holder)."""
        try:
            descriptor = self._directory.open(self._name, os.O_RDONLY)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(_LARGEST)
        try:
            found = json.loads(content)
        except (ValueError, RecursionError):
            found = None
        return found if isinstance(found, dict) else {"holder": content.decode("utf-8", "replace")}

    # -- keeping -----------------------------------------------------------------------------------------

    def _keep(self) -> None:
        """Renew the lock until it is released. Without an answer from the storage it counts as lost before it expires."""
        failed = 0
        while not self._released.wait(_RENEWED_EVERY):
            try:
                self._write()
                failed = 0
            except OSError as error:
                failed += 1
                if failed > 1:
                    self._trouble = f"it could not be written ({error.strerror or error})."

    def _write(self) -> None:
        expires = self._clock.now() + timedelta(seconds=VALID_FOR)
        content = json.dumps({**self._own, "expires": _written(expires)}).encode()
        # Into the file that was created, whatever has its name by now: a new holder's file is never overwritten.
        os.pwrite(self._descriptor, content.ljust(_LARGEST // 4), 0)
        os.fsync(self._descriptor)

    def _not_own(self) -> str:
        try:
            found = self._read()
        except (OSError, Refusal) as error:
            return f"it cannot be read ({error})."
        if found is None:
            return "it was removed."
        return "" if found.get("token") == self._own["token"] else f"it {_told(found)} now."

    def _give_back(self) -> None:
        with contextlib.suppress(OSError):
            if not self._not_own():
                os.unlink(self._path)
        os.close(self._descriptor)

    def _unusable(self, why: str) -> Refusal:
        return Refusal(
            f"The lock {self._path} cannot be taken: {why.rstrip('.')}. Nothing was changed.",
            code="lock_dir_not_usable",
            remedy="Set lock_dir (cucm_lock_dir) to a directory on storage that all controllers share and may write, or leave it out.",
        )


@contextlib.contextmanager
def _in(path: str) -> t.Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _held_by(found: t.Mapping[str, t.Any] | None, path: str) -> Refusal:
    return Refusal(
        f"Another controller is changing this cluster: the lock {path} {_told(found)}.",
        code="cluster_locked",
        remedy="Wait for it to finish, then run the task again. The lock of a killed run is taken over once it has expired.",
    )


def _told(found: t.Mapping[str, t.Any] | None) -> str:
    if found is None:
        return "was released a moment ago"
    words = [f"is held by {found.get('holder', 'an unknown holder')}"]
    words += [f"{key} {found[key]}" for key in ("host", "process", "since", "expires") if key in found]
    return ", ".join(words)


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
