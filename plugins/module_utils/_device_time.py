# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as a node prints them. PRIVATE to the collection.

Parsed by hand because C(strptime) reads month names in the controller's language, and Ansible sets the locale.
"""

from __future__ import annotations

import re
from datetime import datetime

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}

# "Tue Mar 03 10:11:12 2026" (Control Center), "Fri Mar 06 19:45:13 CET 2015" (show ctl), "Tue Mar 3, 2026 10:11:12" (show status).
_YEAR_LAST = re.compile(
    r"(?:\w{3} )?(?P<month>\w{3}) (?P<day>\d{1,2}) (?P<time>\d{1,2}:\d{2}:\d{2})(?: [A-Z0-9+:-]{1,6})? (?P<year>\d{4})"
)
_YEAR_MIDDLE = re.compile(
    r"(?:\w{3} )?(?P<month>\w{3}) (?P<day>\d{1,2}), (?P<year>\d{4}) (?P<time>\d{1,2}:\d{2}:\d{2})"
)


def parse_local(text: str) -> datetime | None:
    """Return the node's local time in ``text`` without a zone, or None when it is not one of the known forms.

    The zone's abbreviation is dropped: two times are only ever compared when the same node printed both.
    """
    folded = " ".join(text.split())
    match = _YEAR_LAST.fullmatch(folded) or _YEAR_MIDDLE.fullmatch(folded)
    if match is None or match["month"].lower() not in _MONTHS:
        return None
    hour, minute, second = (int(part) for part in match["time"].split(":"))
    try:
        return datetime(
            int(match["year"]), _MONTHS[match["month"].lower()], int(match["day"]), hour, minute, second
        )
    except ValueError:
        return None
