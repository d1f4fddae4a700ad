# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many phones have no server, and for how long in total: what a rollout has done to the people at the phones."""

from __future__ import annotations


class Outage:
    """Counts phones that are powered and registered with no node that works.

    now: how many. most: at once, since the measurement began. A phone counts from the moment its node is gone, whether or not it has
    noticed, and until another one has registered it whole or in part; its own restart counts too.
    """

    def __init__(self, at: float) -> None:
        self.now = 0
        self.most = 0
        self.began_at = at
        self._seconds = 0.0
        self._until = at

    def _advance(self, at: float) -> None:
        self._seconds += self.now * (at - self._until)
        self._until = at

    def add(self, at: float) -> None:
        """A phone has lost its last server, or came without one."""
        self._advance(at)
        self.now += 1
        self.most = max(self.most, self.now)

    def remove(self, at: float) -> None:
        """A phone has a server again, or is off."""
        self._advance(at)
        self.now -= 1

    def phone_seconds(self, at: float) -> float:
        """Seconds without a server, of all phones together, until ``at``."""
        self._advance(at)
        return self._seconds

    def begin(self, at: float) -> None:
        """Begin to measure anew."""
        self.began_at = self._until = at
        self._seconds = 0.0
        self.most = self.now
