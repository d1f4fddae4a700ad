# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a cluster's AXL behaves where our knowledge ends or a test needs small numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class AxlSettings:
    """One cluster's AXL settings; ``topology.schema.json`` checks them.

    max_answer_bytes: of one answer ([D] wire-facts 1.5). zero_rows: how executeSQLQuery answers no rows: an empty
    ``return``, none ([D] wire-facts 2.4 knows both) or one that is nil. null: how SQL NULL is answered, as an empty
    element or as nil ([R]). checks_oauth_profile: whether OAuth is refused in a phone security profile it does not go with,
    as the GUI does ([?]). notifications_per_write: change notifications a write leaves ([R]); notification_limit: from
    so many on writes answer 503 ([D] wire-facts 1.5). first_schema: schema 12.5 is the one 12.5 came with, not that of its
    later service updates (:func:`axl_schema.edition`).
    """

    max_answer_bytes: int = 8 * 1024 * 1024
    zero_rows: Literal["empty", "missing", "nil"] = "empty"
    null: Literal["empty", "nil"] = "empty"
    checks_oauth_profile: bool = True
    notifications_per_write: int = 1
    notification_limit: int = 1500
    first_schema: bool = False
