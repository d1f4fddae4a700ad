# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database replication as each node reports it."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass
class NodeReplication:
    """Replication of one node. ping_ms: round trip in milliseconds; queue: rows waiting."""

    state: int = 2
    queue: int = 0
    ping_ms: float = 0.163
    db_rpc_dbmon: str = "Y/Y/Y"

    def as_dict(self) -> dict[str, object]:
        return asdict(self)
