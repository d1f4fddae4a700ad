# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A value that outlives a run, in a file of its own in the state directory. PRIVATE to the collection.

The record of a cluster is read whole by every changing task, so what is large is kept beside it.
"""

from __future__ import annotations

import hashlib
import json
import os
import typing as t

from . import files
from .errors import Refusal
from .state_directory import StateDirectory

_VERSION = 1
_LARGEST = 64 * 1024 * 1024


class Document:
    """A JSON value under a name.

    Args:
        directory: The state directory; created at the first write.
        name: The name of the file.
        warn: Called with each doubtful thing that is allowed.
    """

    def __init__(self, directory: str, name: str, warn: t.Callable[[str], None]) -> None:
        self._directory = StateDirectory(directory, warn)
        self._name = name
        self.path = os.path.join(self._directory.path, name)

    def read(self) -> t.Any:
        """Return the value; None if there is none.

        Raises:
            Refusal: It cannot be read (C(state_dir_not_readable)), or was altered (C(state_corrupt)).
        """
        try:
            descriptor = self._directory.open(self._name, os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._unreadable(error) from error
        try:
            content = files.content(descriptor, _LARGEST)
        except OSError as error:
            raise self._unreadable(error) from error
        finally:
            os.close(descriptor)
        try:
            found = json.loads(content)
            right = found["version"] == _VERSION and found["check"] == _check(found["value"])
        except (ValueError, KeyError, TypeError, RecursionError):
            right = False
        if not right:
            raise Refusal(
                f"{self.path} was altered, or a newer version of this collection wrote it.",
                code="state_corrupt",
                remedy="Move the file away, and record what it holds anew.",
            )
        return found["value"]

    def write(self, value: t.Any) -> None:
        """Write the value in place of what was there. Raises Refusal (C(state_dir_not_writable)), and then the old value stays."""
        content = json.dumps({"version": _VERSION, "check": _check(value), "value": value}).encode()
        try:
            self._directory.make()
            self._directory.replace(self._name, content)
        except OSError as error:
            raise Refusal(
                f"{self.path} cannot be written: {files.why(error)}. Nothing was changed.",
                code="state_dir_not_writable",
                remedy="Set state_dir (cucm_state_dir) to a directory that survives the run and belongs to the user that runs Ansible, "
                "or free space if the disk is full.",
            ) from error

    def _unreadable(self, error: OSError) -> Refusal:
        return Refusal(
            f"{self.path} cannot be read: {files.why(error)}.",
            code="state_dir_not_readable",
            remedy="Let the user that runs Ansible read the state directory (cucm_state_dir).",
        )


def _check(value: t.Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
