# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release of the product as a value that compares. PRIVATE to the collection. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_VERSION = re.compile(
    r"([0-9]{1,4})(?:\.([0-9]{1,4})(?:\.([0-9]{1,4})(?:\.([0-9]{1,6})(?:[-(]([0-9]{1,6})\)?)?)?)?)?(?![.\w])"
)
# Builds begin at 10000, and service update n at 10000 + n * 1000 + 900: 14SU1 is 14.0.1.11900, 14SU3 is 14.0.1.13900. A build
# in between, such as 15.0.1.13010, is a fix on top of the update before it.
_FIRST_BUILD, _AN_UPDATE, _BEGINS = 10000, 1000, 900
# From this release on, the first number alone names a release.
_SHORT_NAMES_SINCE = 14


@dataclass(frozen=True, order=True)
class Release:
    """A release: C(14.0.1.12900-161) is major 14, minor 0, maintenance 1, build 12900, patch 161.

    A number that was not given is 0, and a release that was not read at all is UNREAD. Releases compare number by number, so UNREAD
    is less than any other: check C(read) before you conclude anything from a comparison.
    """

    major: int = 0
    minor: int = 0
    maintenance: int = 0
    build: int = 0
    patch: int = 0

    @property
    def read(self) -> bool:
        """Whether it was read."""
        return self != UNREAD

    @property
    def su(self) -> int | None:
        """The service update, 0 before the first; None if the build was not given or does not follow this numbering."""
        updates, rest = divmod(self.build - _FIRST_BUILD, _AN_UPDATE)
        if not 0 <= updates < 10:
            return None
        return updates if rest >= _BEGINS else max(updates - 1, 0)

    @property
    def name(self) -> str:
        """Its common name: C(14SU2), C(12.5(1)SU6), C(15)."""
        if not self.read:
            return "not read"
        short = self.major >= _SHORT_NAMES_SINCE
        name = str(self.major) if short else f"{self.major}.{self.minor}({self.maintenance})"
        return f"{name}SU{self.su}" if self.su else name

    @property
    def last(self) -> Release:
        """The last release it may be: itself, or if its build was not given, the last build with its numbers."""
        return self if self.build else Release(self.major, self.minor, _NEVER)


UNREAD = Release()
_NEVER = 10**6


def parse(text: str | None) -> Release:
    """Return the release in a version as the product writes it (C(12.5.1.17900-64) or C(12.5.1.17900(64))), UNREAD for any other text."""
    found = _VERSION.match((text or "").strip())
    return Release(*(int(number or 0) for number in found.groups())) if found else UNREAD
