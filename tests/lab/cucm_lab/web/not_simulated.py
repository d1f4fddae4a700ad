# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Web services of a node that the lab does not have."""

from __future__ import annotations

_NOT_SIMULATED = {
    "/logcollectionservice2/": "LogCollectionPort",
    "/CDRonDemandService2/": "CDRonDemandService",
    "/platform-services/": "Platform Administrative Web Services",
    "/cucm-uds/": "User Data Services",
    "/ccmadmin/": "Cisco Unified CM Administration",
}
"""By the beginning of their paths ([D] Cisco's developer pages)."""


def not_simulated(path: str) -> str | None:
    """The service at a path that a node would have and the lab has not; None: a node would have none there either."""
    return next((name for start, name in _NOT_SIMULATED.items() if path.startswith(start)), None)
