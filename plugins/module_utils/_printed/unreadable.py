# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error for text in an unknown form, which never counts as no, empty, or fewer rows. PRIVATE to the collection. Pure."""

from __future__ import annotations

from .._base.errors import ProtocolError

_SHOWN = 160


def unreadable(command: str, output: str, telling: str = "") -> ProtocolError:
    """Return the error for text in an unknown form; its details keep the text.

    Args:
        command: The command that printed it.
        output: The whole text.
        telling: The part that could not be read, if the rest could.
    """
    shown = " ".join((telling or output).split())
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
    return ProtocolError(
        f"The output of {command} is in an unknown form: {shown or '(nothing)'}",
        code="unreadable_output",
        details={"output": output[-1000:]},
        remedy="Nothing was concluded from it. Report the text to this project.",
    )
