# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one clock of a lab run: device time, which may pass faster than real time."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Device time. One real second is ``time_scale`` device seconds, counted from the moment of creation.

    All timestamps, uptimes, timeouts and durations inside the lab are device time, so that a run can be sped
    up without any of them contradicting another.
    """

    def __init__(self, time_scale: float = 1.0, start: datetime | None = None) -> None:
        if time_scale <= 0:
            raise ValueError("time_scale must be greater than 0")
        self.time_scale = float(time_scale)
        self._origin = start or datetime.now(UTC)
        self._real_start = time.monotonic()

    def monotonic(self) -> float:
        """Device seconds since the clock was created; never goes back."""
        return (time.monotonic() - self._real_start) * self.time_scale

    def now(self) -> datetime:
        """Device time, aware, in UTC."""
        return self._origin + timedelta(seconds=self.monotonic())

    def real(self, device_seconds: float) -> float:
        """How many real seconds the given device seconds last."""
        return device_seconds / self.time_scale

    async def sleep(self, device_seconds: float) -> None:
        """Sleep for device seconds."""
        if device_seconds > 0:
            await asyncio.sleep(device_seconds / self.time_scale)
