# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change notifications of a database: what writes leave behind, and what throttles them."""

from __future__ import annotations

from collections.abc import Callable

from ..clock import Clock


class PendingNotifications:
    """Change notifications that are not yet delivered.

    rate: how many drain in a device second now (``timings.change_notifications_per_s``). AXL refuses writes from about
    1,500 on ([D] wire-facts 1.5); how many a write makes and how fast they drain is not public.
    """

    def __init__(self, clock: Clock, rate: Callable[[], float]) -> None:
        self._clock = clock
        self._rate = rate
        self._left = 0.0
        self._at = clock.monotonic()

    @property
    def pending(self) -> int:
        """How many there are now; one that is under way counts."""
        now = self._clock.monotonic()
        self._left = max(0.0, self._left - (now - self._at) * self._rate())
        self._at = now
        return -int(-self._left // 1)

    def add(self, count: int) -> None:
        self.put(self.pending + count)

    def put(self, count: int) -> None:
        """There are so many now."""
        self._left, self._at = float(count), self._clock.monotonic()
