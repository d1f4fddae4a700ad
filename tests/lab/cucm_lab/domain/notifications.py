# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change notifications of a database: what writes leave behind, and what throttles them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cluster import LabCluster


class Backlog:
    """Change notifications that are not yet delivered.

    They drain at ``timings.change_notifications_per_s``. AXL refuses writes from about 1,500 on ([D] wire-facts 1.5);
    how many a write makes and how fast they drain is not public.
    """

    def __init__(self, cluster: LabCluster) -> None:
        self._cluster = cluster
        self._left = 0.0
        self._at = cluster.clock.monotonic()

    @property
    def pending(self) -> int:
        """How many there are now; one that is under way counts."""
        now = self._cluster.clock.monotonic()
        rate = self._cluster.timings["change_notifications_per_s"]
        self._left = max(0.0, self._left - (now - self._at) * rate)
        self._at = now
        return -int(-self._left // 1)

    def add(self, count: int) -> None:
        self.put(self.pending + count)

    def put(self, count: int) -> None:
        """There are so many now."""
        self._left, self._at = float(count), self._cluster.clock.monotonic()
