# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a node is hardened, from the output of platform CLI commands. PRIVATE to the collection.

Pure. Words that a source has are read; every other text is unreadable and kept.
"""

from __future__ import annotations

import re

from .._printed.unreadable import unreadable

_OPTIONS = re.compile(r"(?i)Active Version Installed Software Options\s*:")
_NO_OPTIONS = re.compile(r"(?i)No Installed Software Options Found\.?")


# Names of packages have a dot, a hyphen or a digit; a word alone is a message.
_NAME = re.compile(r"\S*[\d.-]\S*")
_REMOTE = re.compile(r"(?im)^\s*Status\s*:\s*(\S.*?)\s*$")


def remote_account(output: str) -> bool:
    """Tell from C(utils remote_account status) whether the vendor's support has an account that works (cli-facts 6 [V]).

    Raises:
        ProtocolError: It does not say that, or in another word.
    """
    states = [found.lower() for found in _REMOTE.findall(output)]
    if "remote support" not in output.lower() or states not in (["enabled"], ["disabled"]):
        raise unreadable("utils remote_account status", output)
    return states == ["enabled"]


def software_options(output: str) -> list[str]:
    """Return the names of the installed software options in C(show version active), none if it says that there are none (cli-facts 6 [V]).

    Raises:
        ProtocolError: It has no such list, or a line in it is anything but a name.
    """
    command = "show version active"
    heading = _OPTIONS.search(output)
    if heading is None:
        raise unreadable(command, output)
    lines = [line.strip() for line in output[heading.end() :].splitlines() if line.strip()]
    if len(lines) == 1 and _NO_OPTIONS.fullmatch(lines[0]):
        return []
    if not lines or not all(map(_NAME.fullmatch, lines)):
        raise unreadable(command, output)
    return lines
