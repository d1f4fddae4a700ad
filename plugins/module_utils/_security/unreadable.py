# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a reader says that it does not know a text: not no, not empty, not fewer rows. PRIVATE to the collection. Pure."""

from __future__ import annotations

from .._base.errors import ProtocolError

_SHOWN = 160


def unreadable(command: str, output: str, telling: str = "") -> ProtocolError:
    """Return the error that a text is in a form nobody knows; the text is kept in its details.

    Args:
        command: What printed it.
        output: The whole text.
        telling: The part that could not be read, when the rest could.
    """
    shown = " ".join((telling or output).split())
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
    return ProtocolError(
        f"What {command} printed is in a form that is not known: {shown or '(nothing)'}",
        code="unreadable_output",
        details={"output": output[-1000:]},
        remedy="Nothing was concluded from it. Report the text to this project.",
    )
