# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state directory: opening only files that nobody else put there. PRIVATE to the collection.

Anyone who may write to the directory could put a link, a pipe or another file in a record's place. Files are opened
below a directory that is held open, no link is followed, and only a plain file of a trusted owner is accepted.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import typing as t

from . import files
from .errors import Refusal

_UNSAFE = "state_dir_unsafe"
_UNFIT_FOR_A_NAME = re.compile(r"[^A-Za-z0-9.-]")


def fit_for_a_name(text: str) -> str:
    """Return a text as part of a file's name, with an underscore for every character that may not be in one."""
    return _UNFIT_FOR_A_NAME.sub("_", text)


class StateDirectory:
    """A directory for records and locks.

    This user and root are trusted, and so is the group of a group-writable directory: a container platform gives every
    container its own user, and only the group is shared (OpenShift: group 0).

    Args:
        path: Its path; C(make) creates it with mode 0700.
        warn: Called with each doubtful thing that is allowed.
    """

    def __init__(self, path: str, warn: t.Callable[[str], None] = lambda message: None) -> None:
        self.path = os.path.expanduser(path)
        self._warn = warn

    def make(self) -> None:
        """Create the directory if it is missing, and flush its name to the disk. Raises OSError, Refusal."""
        os.makedirs(self.path, mode=0o700, exist_ok=True)
        with self._held() as (descriptor, info):
            self._point_out(info)
            os.fsync(descriptor)

    def open(self, name: str, flags: int) -> int:
        """Return a descriptor of a plain file in the directory; C(flags) as for C(os.open).

        A new file may be read and written by its owner, and by the group exactly as the directory may.

        Raises:
            OSError: It cannot be opened. Refusal: The file or the directory may belong to somebody else (C(state_dir_unsafe)).
        """
        path = os.path.join(self.path, name)
        with self._held() as (directory, info):
            mode = 0o600 | (info.st_mode & 0o060)
            if stat.S_ISLNK(_mode_of(name, directory)):
                raise _unsafe(f"{path} is a symbolic link.", "Remove it; a record is a plain file.")
            try:
                descriptor = files.opened(name, flags | os.O_NOFOLLOW, mode, below=directory)
            except files.NotRegular as error:
                raise _unsafe(
                    f"{path} is not a plain file.", "Remove it; a record is a plain file."
                ) from error
        try:
            self._require_trusted(path, descriptor, info)
            if flags & os.O_RDWR and os.fstat(descriptor).st_uid == os.geteuid():
                os.fchmod(descriptor, mode)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def replace(self, name: str, content: bytes) -> None:
        """Write a file anew, whole or not at all, and flush it and its name to the disk.

        Raises:
            OSError: It could not be written, and what was there still is. Refusal: see C(open).
        """
        new = f"{name}.new"
        with os.fdopen(self.open(new, os.O_RDWR | os.O_CREAT), "r+b") as file:
            file.truncate(0)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with self._held() as (directory, _info):
            os.replace(new, name, src_dir_fd=directory, dst_dir_fd=directory)
            os.fsync(directory)

    @contextlib.contextmanager
    def _held(self) -> t.Iterator[tuple[int, os.stat_result]]:
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            info = os.fstat(descriptor)
            # Where the sticky bit is set, as in /tmp, others cannot replace our files; files they put there are detected.
            if info.st_mode & stat.S_IWOTH and not info.st_mode & stat.S_ISVTX:
                raise _unsafe(
                    f"Everybody on this machine may write to the state directory {self.path} (mode {_octal(info)}).",
                    f"Set state_dir (cucm_state_dir) to a directory below it, such as {os.path.join(self.path, 'ucops.cucm')}: "
                    "it is created with mode 0700. Or remove the permission: chmod o-w.",
                )
            yield descriptor, info
        finally:
            os.close(descriptor)

    def _require_trusted(self, path: str, descriptor: int, directory: os.stat_result) -> None:
        info = os.fstat(descriptor)
        if info.st_nlink == 0:
            # Another controller replaced or removed it between the opening and this look.
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        if info.st_nlink > 1:
            raise _unsafe(f"{path} has {info.st_nlink} names (hard links).", "Remove the others.")
        shared = directory.st_mode & stat.S_IWGRP
        if not shared and info.st_uid not in (os.geteuid(), 0, directory.st_uid):
            raise _unsafe(
                f"{path} belongs to the user {info.st_uid}, and Ansible runs as {os.geteuid()}.",
                "Let the user that runs Ansible own the state directory and its files.",
            )
        if info.st_uid != os.geteuid() and info.st_mode & stat.S_IWOTH:
            raise _unsafe(
                f"Everybody on this machine may write to {path} (mode {_octal(info)}).", "chmod o-w."
            )

    def _point_out(self, info: os.stat_result) -> None:
        shared = info.st_mode & stat.S_IWGRP
        # A container platform shares a mount by group 0; a umask of 002 leaves write access to the user's own group.
        if shared and info.st_gid not in (0, os.getegid()):
            self._warn(
                f"The group {info.st_gid} may write to the state directory {self.path} (mode {_octal(info)}): its members are trusted."
            )
        if info.st_uid not in (os.geteuid(), 0) and not (shared and info.st_gid == 0):
            self._warn(
                f"The state directory {self.path} belongs to the user {info.st_uid}, and Ansible runs as {os.geteuid()}: "
                "that user is trusted."
            )


def _mode_of(name: str, directory: int) -> int:
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return 0


def _octal(info: os.stat_result) -> str:
    return f"{stat.S_IMODE(info.st_mode):04o}"


def _unsafe(what: str, remedy: str) -> Refusal:
    return Refusal(what, code=_UNSAFE, remedy=remedy)
