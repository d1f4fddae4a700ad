# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One attempt per credential over all tasks and forks of a run."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import os
import shutil
import stat
import tempfile
import time
import typing as t

from ansible_collections.ucops.cucm.plugins.module_utils._base.credentials import (
    ACCEPTED,
    PUBLISHER,
    REFUSED,
    TRIED,
    Credential,
    Gate,
    RefusedDoors,
    check,
    check_alone,
    door_hash,
)
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.plugin_utils._run_key import RUN_KEY as _RUN_KEY

# A file named by the run's key speaks of this run alone, and says nothing about the password to whoever reads the directory.
_RUN = hashlib.sha256(_RUN_KEY).hexdigest()[:16]
# Nodes have a key of their own, since a module that is shipped is given it.
_DOORS = hmac.new(_RUN_KEY, b"doors", "sha256").digest()
_FORGOTTEN_AFTER = 7 * 86400
_MEMORY = "/dev/shm"


class RunGate(Gate):
    """A gate whose marks are empty files, named by a hash with the run's key.

    Args:
        state_dir: Where to keep them. What cannot be written there goes into a private directory in memory, or among
            the temporary files: reading tasks may run without a state directory, and a full disk forgets nothing.
    """

    def __init__(self, state_dir: str) -> None:
        super().__init__()
        private = f"ucops.cucm-{os.getuid()}-{_RUN}"
        self._places = [
            _Place(os.path.join(os.path.expanduser(state_dir), "credentials")),
            *(_Place(os.path.join(place, private)) for place in (_MEMORY, tempfile.gettempdir())),
        ]

    def marks(self, credential: Credential) -> _Files:
        """See Gate."""
        return _Files(self._places, credential)

    @contextlib.contextmanager
    def alone(self, credential: Credential) -> t.Iterator[None]:
        """Let a module that was shipped use the credential, alone until it was accepted.

        It counts as tried, whatever becomes of the module, until C(learn) is given what the module says of it.
        """
        marks = self.marks(credential)
        check(marks, credential)
        with contextlib.ExitStack() as alone:
            if not marks.has(ACCEPTED):
                alone.enter_context(marks.alone())
                # Waited for somebody else, who may have learnt something.
                if marks.has(ACCEPTED):
                    alone.close()
                else:
                    check_alone(marks, credential)
                    marks.put(TRIED)
            yield

    def refused_doors(self, credentials: t.Iterable[Credential]) -> RefusedDoors:
        """Return which nodes refused the credentials, for a module that is shipped with them."""
        return RefusedDoors(_DOORS, {each.service: self.marks(each).doors() for each in credentials})

    def learn(self, credential: Credential, told: t.Sequence[t.Sequence[str]]) -> None:
        """Write down what a module that was shipped says of a credential it was given."""
        marks = self.marks(credential)
        for word, door in told:
            if door != PUBLISHER:
                marks.put(word, door)
        words = {word for word, door in told if door == PUBLISHER}
        if REFUSED in words:
            marks.turn(ACCEPTED, REFUSED)
            marks.turn(TRIED, REFUSED)
        elif ACCEPTED in words:
            marks.turn(TRIED, ACCEPTED)
        elif TRIED not in words:
            # It was not used.
            marks.drop(TRIED)


class _Place:
    """A directory of this run's own, made when it is needed."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self.path = os.path.join(directory, _RUN)
        self._is_ours = self._made = False

    def is_ours(self) -> bool:
        """Return whether it is there, and nobody else can have put anything into it."""
        if not self._is_ours:
            self._is_ours = all(_own(path) for path in (self._directory, self.path))
        return self._is_ours

    def make(self) -> None:
        """Make it. Raises OSError when that cannot be, or it is not our own."""
        if self._made:
            return
        # makedirs gives the mode to the last one only, and the state directory is private too.
        os.makedirs(os.path.dirname(self._directory), mode=0o700, exist_ok=True)
        os.makedirs(self._directory, mode=0o700, exist_ok=True)
        try:
            os.mkdir(self.path, mode=0o700)
        except FileExistsError:
            # Another task of this run made it, and cleared up. A run that goes on for days is not forgotten by others.
            os.utime(self.path, follow_symlinks=False)
        else:
            _forget_old(self._directory)
        if not self.is_ours():
            raise PermissionError(f"{self._directory} is a link, or not this user's alone")
        self._made = True


class _Files:
    """The marks of one credential, in whichever of the places they could be written."""

    def __init__(self, places: t.Sequence[_Place], credential: Credential) -> None:
        self._places = places
        self._credential = credential
        words = (credential.cluster, credential.service, credential.username, credential.password)
        self._name = _hashed("\0".join(words))

    def has(self, word: str, door: str = PUBLISHER) -> bool:
        return any(os.path.lexists(path) for path in self._paths(word, door))

    def put(self, word: str, door: str = PUBLISHER) -> None:
        failures = []
        for place in self._places:
            try:
                place.make()
                os.close(_opened(os.path.join(place.path, self._file(word, door))))
                return
            except OSError as error:
                failures.append(f"{place.path}: {error.strerror or error}")
        raise self._unwritable(failures)

    def turn(self, old: str, new: str) -> None:
        for path in self._paths(old):
            try:
                os.replace(path, os.path.join(os.path.dirname(path), self._file(new)))
            except FileNotFoundError:
                continue
            except OSError:  # it became read-only; the new word is stronger wherever it stands
                self.put(new)

    def drop(self, word: str) -> None:
        for path in self._paths(word):
            # What cannot be removed keeps the password from being sent, which is the safe side.
            with contextlib.suppress(OSError):
                os.unlink(path)

    def refusing(self) -> int:
        return len(self.doors())

    def doors(self) -> frozenset[str]:
        """Return the hashes of the doors that are marked as refused."""
        begin, end = f"{self._name}-", f".{REFUSED}"
        return frozenset(
            name.removeprefix(begin).removesuffix(end)
            for place in self._places
            if place.is_ours()
            for name in os.listdir(place.path)
            if name.startswith(begin) and name.endswith(end)
        )

    @contextlib.contextmanager
    def alone(self) -> t.Iterator[None]:
        failures = []
        for place in self._places:
            try:
                place.make()
                file = _opened(os.path.join(place.path, self._name))
            except OSError as error:
                failures.append(f"{place.path}: {error.strerror or error}")
                continue
            with contextlib.closing(os.fdopen(file)):
                try:
                    fcntl.flock(file, fcntl.LOCK_EX)
                except OSError as error:  # of file systems that have no locks
                    failures.append(f"{place.path}: {error.strerror or error}")
                    continue
                yield
                return
        raise self._unwritable(failures)

    def _paths(self, word: str, door: str = PUBLISHER) -> list[str]:
        return [os.path.join(place.path, self._file(word, door)) for place in self._places if place.is_ours()]

    def _file(self, word: str, door: str = PUBLISHER) -> str:
        return (
            f"{self._name}-{door_hash(_DOORS, door)}.{word}" if door != PUBLISHER else f"{self._name}.{word}"
        )

    def _unwritable(self, failures: t.Sequence[str]) -> InputError:
        return InputError(
            f"The password of {self._credential.service} account {self._credential.username} was not sent: that it is tried can be "
            f"written down nowhere ({'; '.join(failures)}), and without that memory it could be tried until the account is locked.",
            code="credential_memory_unwritable",
            remedy="Make room in cucm_state_dir, /dev/shm or the directory of temporary files, or make one of them writable.",
        )


def _hashed(words: str) -> str:
    return hmac.new(_RUN_KEY, words.encode(), "sha256").hexdigest()


def _opened(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _own(directory: str) -> bool:
    """Return whether a directory is a directory, ours, and closed to others' writing."""
    try:
        found = os.lstat(directory)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022


def _forget_old(directory: str) -> None:
    for entry in os.scandir(directory):
        with contextlib.suppress(OSError):
            if time.time() - entry.stat(follow_symlinks=False).st_mtime > _FORGOTTEN_AFTER:
                shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)
