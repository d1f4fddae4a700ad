# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opening files that an operator named or an earlier run left behind. PRIVATE to the collection.

Whatever is in a file's place, opening it never blocks and reading it is bounded. Every failure is an OSError, and C(why) puts its
reason into words; the caller adds what it means and what to do next.
"""

from __future__ import annotations

import codecs
import errno
import os
import stat
import typing as t

from .errors import InputError

# Options of any module that name a file or a directory.
_PATHS = ("ca_path", "known_hosts", "saved", "state_dir", "lock_dir", "directory")
_WIDE = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


_DIRECTORY = "it is a directory"


class NotRegular(OSError):
    """The path leads to a pipe, a socket or a device."""


def opened(path: str, flags: int = os.O_RDONLY, mode: int = 0o666, *, below: int | None = None) -> int:
    """Return a descriptor of a regular file.

    Args:
        path: Its path; relative to C(below) if that is given.
        flags: As for C(os.open).
        mode: Permissions of a new file, before the umask.
        below: Descriptor of a directory.

    Raises:
        OSError: It cannot be opened, or is a directory. NotRegular: It is something else; opening a pipe would wait forever.
    """
    try:
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, mode, dir_fd=below)
    except ValueError as error:
        raise OSError(errno.EINVAL, "it is not a valid file name", path) from error
    kind = os.fstat(descriptor).st_mode
    if stat.S_ISREG(kind):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, _DIRECTORY, path)
    raise NotRegular(errno.EINVAL, "it is not a regular file", path)


def content(file: str | int, most: int) -> bytes:
    """Return the content of a regular file, by its path or an open descriptor, which stays open.

    Raises:
        OSError: It cannot be opened or read, or has more than C(most) bytes.
    """
    if isinstance(file, str):
        descriptor = opened(file)
        try:
            return content(descriptor, most)
        finally:
            os.close(descriptor)
    # The reported size can save the reading; a file that grows meanwhile is bounded all the same.
    if os.fstat(file).st_size > most:
        raise _too_large(most)
    with open(file, "rb", closefd=False) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise _too_large(most)
    return data


def wide(data: bytes) -> str:
    """Return the name of the two- or four-byte encoding whose byte order mark begins the data; empty if there is none."""
    return next((name for mark, name in _WIDE.items() if data.startswith(mark)), "")


def why(error: Exception) -> str:
    """Return the reason for a failure raised by this file, without a full stop and without the path."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    # The system itself refuses to open a directory for writing.
    if isinstance(error, IsADirectoryError):
        return _DIRECTORY
    if isinstance(error, FileNotFoundError):
        return "it does not exist"
    return getattr(error, "strerror", None) or str(error)


def require_names(params: t.Mapping[str, t.Any]) -> None:
    """Raise InputError when an option that names a file or directory holds an impossible name, such as one with a NUL byte."""
    for option in _PATHS:
        value = params.get(option)
        try:
            possible = value is None or b"\0" not in os.fsencode(value)
        except UnicodeEncodeError:
            possible = False
        if not possible:
            raise InputError(
                f"{option} is {value!a}, which is not a valid file name.",
                details={"option": option},
                remedy="Write the path without control characters. Nothing was sent.",
            )


def _too_large(most: int) -> OSError:
    return OSError(errno.EFBIG, f"it has more than {most} bytes")
