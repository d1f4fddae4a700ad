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
import tempfile
import time
import typing as t

from ansible_collections.ucops.cucm.plugins.module_utils._credentials import Credential, refused_before
from ansible_collections.ucops.cucm.plugins.module_utils._errors import AuthenticationError
from ansible_collections.ucops.cucm.plugins.plugin_utils.run_key import RUN_KEY as _RUN_KEY

# A file named by the run's key speaks of this run alone, and says nothing about the password to whoever reads the directory.
_RUN = hashlib.sha256(_RUN_KEY).hexdigest()[:16]
_FORGOTTEN_AFTER = 7 * 86400


class RunGate:
    """A gate kept in files, one a credential, named by a hash with the run's key.

    Args:
        state_dir: Where to keep them; a private temporary directory when it cannot be written, since reading
            tasks may run without a state directory.
    """

    def __init__(self, state_dir: str) -> None:
        self._directory = _first_writable(
            os.path.join(os.path.expanduser(state_dir), "credentials"),
            os.path.join(tempfile.gettempdir(), f"ucops.cucm-{os.getuid()}-{_RUN}"),
        )

    @contextlib.contextmanager
    def use(self, credential: Credential) -> t.Iterator[None]:
        """See CredentialGate. The first use of a credential holds all others back until it is answered."""
        with open(self._path(credential), "a+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            known = _read(file)
            if known == "refused":
                raise refused_before(credential)
            if known == "accepted":
                fcntl.flock(file, fcntl.LOCK_UN)
            try:
                yield
            except AuthenticationError:
                _write(file, "refused")
                raise
            if known != "accepted":
                _write(file, "accepted")

    @contextlib.contextmanager
    def alone(self, credential: Credential) -> t.Iterator[None]:
        """Hold back all other uses while a module that was shipped may use the credential, unless it was accepted.

        Whether it was used, and how it ended, is told by C(remember_refused).
        """
        with open(self._path(credential), "a+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            known = _read(file)
            if known == "refused":
                raise refused_before(credential)
            if known == "accepted":
                fcntl.flock(file, fcntl.LOCK_UN)
            yield

    def remember_refused(self, credential: Credential) -> None:
        """Keep the credential from being sent again in this run."""
        with open(self._path(credential), "a+", encoding="ascii") as file:
            _write(file, "refused")

    def _path(self, credential: Credential) -> str:
        words = "\0".join((credential.cluster, credential.service, credential.username, credential.password))
        return os.path.join(self._directory, hmac.new(_RUN_KEY, words.encode(), "sha256").hexdigest())


def _read(file: t.TextIO) -> str:
    file.seek(0)
    return file.read().strip()


def _write(file: t.TextIO, word: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(word)
    # Read by other processes of the same run on this machine, and by nobody after it.
    file.flush()


def _first_writable(*directories: str) -> str:
    """Return this run's own directory in the first of those that can be written."""
    failure: OSError | None = None
    for directory in directories:
        own = os.path.join(directory, _RUN)
        try:
            os.makedirs(directory, mode=0o700, exist_ok=True)
            if os.stat(directory).st_uid != os.getuid():
                raise PermissionError(f"{directory} belongs to another user")
            try:
                os.mkdir(own, mode=0o700)
            except FileExistsError:
                # Another task of this run made it, and cleared up. A run that goes on for days is not forgotten by others.
                os.utime(own)
            else:
                _forget_old(directory)
            if os.access(own, os.W_OK | os.X_OK):
                return own
        except OSError as error:
            failure = error
    raise failure or OSError("no directory")


def _forget_old(directory: str) -> None:
    for entry in os.scandir(directory):
        with contextlib.suppress(OSError):
            if time.time() - entry.stat().st_mtime > _FORGOTTEN_AFTER:
                shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)
