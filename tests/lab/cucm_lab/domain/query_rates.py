# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many queries of RIS and PerfMon a cluster lets through in a minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

MINUTE = 60.0
"""Device seconds."""


class QueryRates:
    """The queries of the last minute. That the minute slides with each query is invented."""

    def __init__(self, now: Callable[[], float]) -> None:
        """now: device seconds that never go back."""
        self._now = now
        self._queries: dict[str, deque[float]] = {}

    def lets_through(self, what: str, limit: int, *, counts_refused: bool = False) -> bool:
        """Whether one more query of a kind is within its limit; if so, or if refused ones count too, it is counted."""
        queries, now = self._queries.setdefault(what, deque()), self._now()
        while queries and queries[0] <= now - MINUTE:
            queries.popleft()
        allowed = len(queries) < limit
        if allowed or counts_refused:
            queries.append(now)
        return allowed

    def clear(self) -> None:
        """Forget all queries."""
        self._queries.clear()
