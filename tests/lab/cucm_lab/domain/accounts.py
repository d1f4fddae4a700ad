# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts: application users (AXL, Control Center) and platform administrators (CLI)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass


@dataclass(frozen=True)
class Lockout:
    """After how many refused attempts a platform account is locked, and for how many device seconds ([V] CLI15)."""

    attempts: int
    seconds: float


@dataclass
class Account:
    """An account of a cluster.

    kind: ``axl`` or ``cli``. privilege: cli 0, 1 or 4 (4 is the install-time administrator, [P] CLI15); axl 0 is
    read only, 4 full. state: ``active``, ``locked`` or ``expired``. failures: refused attempts since the last
    success. locked_until: device seconds of ``Clock.monotonic`` at which a lock-out by failures ends.
    has_role: False makes HTTPS answer 403, as for a user without the AXL role ([C] wire-facts 1.3).
    """

    kind: str
    username: str
    password: str
    privilege: int
    state: str = "active"
    failures: int = 0
    locked_until: float | None = None
    has_role: bool = True

    def check_platform_password(self, password: str, now: float, lockout: Lockout | None) -> bool:
        """Whether a platform account may log in with this password now; refused attempts count.

        A locked account is refused whatever the password. ``now`` is of ``Clock.monotonic``; ``lockout`` is None where
        failures lock nobody out.
        """
        if self.locked_until is not None and self.locked_until <= now:
            self.locked_until, self.failures = None, 0
        if self.state == "locked" or self.locked_until is not None:
            return False
        if hmac.compare_digest(password.encode(), self.password.encode()):
            self.failures = 0
            return True
        self.failures += 1
        if lockout is not None and self.failures >= lockout.attempts:
            self.locked_until = now + lockout.seconds
        return False

    def as_dict(self) -> dict[str, object]:
        """Without the password."""
        return {
            "kind": self.kind,
            "username": self.username,
            "privilege": self.privilege,
            "state": self.state,
            "failures": self.failures,
        }
