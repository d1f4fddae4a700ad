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


AXL_WRITING = (
    "Standard AXL API Access",
    "Standard CCM Admin Users",
    "Standard SERVICEABILITY Administration",
)
AXL_READING = (
    "Standard AXL API Users",
    "Standard AXL Read Only API Access",
    "Standard CCM Admin Users",
    "Standard SERVICEABILITY Read Only",
)
MAY_CONTROL = frozenset({"Standard SERVICEABILITY", "Standard SERVICEABILITY Administration"})
"""Roles that may use Control Center, and not only view ([D] wire-facts 1.3)."""
MAY_MONITOR = MAY_CONTROL | {
    "Standard CCM Server Monitoring",
    "Standard RealtimeAndTraceCollection",
    "Standard SERVICEABILITY Read Only",
}
"""Roles that may read what is going on ([D] wire-facts 1.3 and 5)."""


@dataclass
class Account:
    """An account of a cluster.

    kind: ``axl`` or ``cli``. privilege: cli 0, 1 or 4 (4 is the install-time administrator, [P] CLI15); axl 0 is
    read only, 4 full. state: ``active``, ``locked`` or ``expired``. failures: refused attempts since the last
    success. locked_until: device seconds of ``Clock.monotonic`` at which a lock-out by failures ends.
    has_role: False makes HTTPS answer 403, as for a user without the AXL role ([C] wire-facts 1.3).
    roles: of an axl account, what the database lists in place of the standard roles that go with its privilege; names that no
    system has stand for custom roles (invented: what AXL lets them do is still what the privilege says). end_user: listed
    among the end users, not among the application users.
    """

    kind: str
    username: str
    password: str
    privilege: int
    state: str = "active"
    failures: int = 0
    locked_until: float | None = None
    has_role: bool = True
    roles: tuple[str, ...] | None = None
    end_user: bool = False

    @property
    def roles_held(self) -> tuple[str, ...]:
        """The roles that the database lists for it."""
        if not self.has_role:
            return ()
        if self.roles is not None:
            return tuple(dict.fromkeys(self.roles))
        return AXL_WRITING if self.privilege else AXL_READING

    @property
    def may_monitor(self) -> bool:
        """Whether RisPort70 and PerfMon answer it; a custom role may do what the privilege says."""
        return self.privilege > 0 or bool(MAY_MONITOR & set(self.roles_held))

    @property
    def may_control_services(self) -> bool:
        """Whether Control Center does what it asks for; a custom role may do what the privilege says."""
        return self.privilege > 0 or bool(MAY_CONTROL & set(self.roles_held))

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
