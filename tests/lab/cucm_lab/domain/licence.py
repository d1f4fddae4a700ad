# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The licence of a cluster: what the export gate looks at."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime


@dataclass
class Licence:
    """State of smart licensing, and for a release without it, of the licence manager outside the cluster.

    registration: ``REGISTERED`` or ``UNREGISTERED``; export_control: ``Allowed`` or ``Not Allowed``;
    authorization: ``AUTHORIZED``, ``EVAL MODE``, ... (words of ``show license all``, [V] TN212883).
    encryption_licence: whether the licence manager (PLM) has granted an Encryption licence; counts on 11.5 only
    ([P] TN118893: from 11.5(1)SU3 on). No interface of the cluster shows it: a client has to be told.
    """

    smart_licensing: str = "ENABLED"
    registration: str = "REGISTERED"
    export_control: str = "Allowed"
    authorization: str = "AUTHORIZED"
    smart_account: str = "UC Lab"
    virtual_account: str = "Lab"
    registered_at: datetime | None = None
    encryption_licence: bool = True

    @property
    def allows_export_controlled(self) -> bool:
        return self.registration.upper() == "REGISTERED" and self.export_control.lower() == "allowed"

    def as_dict(self) -> dict[str, object]:
        state = asdict(self)
        state["registered_at"] = self.registered_at.isoformat() if self.registered_at else None
        return state
