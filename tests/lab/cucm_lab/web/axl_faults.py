# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AXL refuses, with its code."""

from __future__ import annotations

from .soap import RefusalByText


class AxlFault(RefusalByText):
    """A fault with AXL's code ([D][C] wire-facts 1.4)."""

    def __init__(self, code: int, key: str, **values: object) -> None:
        super().__init__(key, **values)
        self.code = code


def not_found(what: str) -> AxlFault:
    """There is no such object ([D][C] wire-facts 1.4)."""
    return AxlFault(5007, "axl.not_found", what=what)


def duplicate() -> AxlFault:
    """There is one of that name already ([C] wire-facts 1.4; the code is Informix' number of that text, [R])."""
    return AxlFault(-239, "sql.-239")


def still_used(name: str) -> AxlFault:
    """Another row refers to it ([R]: Informix' words and number)."""
    return AxlFault(-692, "sql.-692", name=name)
