# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as nodes print them, read the same in every language of the controller."""

from __future__ import annotations

import _strptime
import calendar
from datetime import datetime

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._device_time import parse_local

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
KNOWN = {
    "Fri Mar 06 19:45:13 CET 2015": datetime(2015, 3, 6, 19, 45, 13),
    "Tue Mar 03 10:11:12 2026": datetime(2026, 3, 3, 10, 11, 12),
    "Tue Mar  3 10:11:12 2026": datetime(2026, 3, 3, 10, 11, 12),
    "Tue Mar 3, 2026 10:11:12": datetime(2026, 3, 3, 10, 11, 12),
    "Mar 03 10:11:12 2026": datetime(2026, 3, 3, 10, 11, 12),
    "Thu Dec 10 10:35:22 CST 2009": datetime(2009, 12, 10, 10, 35, 22),
    "Tue Aug  1 15:10:52 +0530 2023": datetime(2023, 8, 1, 15, 10, 52),
    "Thu Feb 29 00:00:00 UTC 2024": datetime(2024, 2, 29),
    "  Fri\tMar 06 19:45:13 CET 2015 \r": datetime(2015, 3, 6, 19, 45, 13),
}


@pytest.mark.parametrize("text", KNOWN)
def test_known_forms(text: str) -> None:
    assert parse_local(text) == KNOWN[text]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-03 10:11:12",
        "03/03/2026 10:11:12",
        "Tue Mär 03 10:11:12 2026",
        "Tue Xyz 03 10:11:12 2026",
        "Tue Feb 30 10:11:12 2026",
        "Tue Mar 03 25:11:12 2026",
        "Tue Mar 03 10:11:60 2026",
        "Tue Mar 03 10:11 2026",
        "Tue Mar 03 10:11:12 26",
        "Tue Mar 03 10:11:12 2026 and more",
        "On Tue Mar 03 10:11:12 2026",
        "never",
    ],
)
def test_other_forms_are_not_guessed(text: str) -> None:
    assert parse_local(text) is None


@pytest.mark.parametrize("number", range(1, 13))
def test_every_month(number: int) -> None:
    assert parse_local(f"Mon {MONTHS[number - 1]} 02 01:02:03 2026") == datetime(2026, number, 2, 1, 2, 3)


def test_a_foreign_language_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar, "month_abbr", ["", *(f"{number}x" for number in range(1, 13))])
    monkeypatch.setattr(calendar, "day_abbr", [f"d{number}" for number in range(7)])
    monkeypatch.setattr(_strptime, "_TimeRE_cache", _strptime.TimeRE())
    monkeypatch.setattr(_strptime, "_regex_cache", {})
    with pytest.raises(ValueError, match="does not match"):
        datetime.strptime("Fri Mar 06 19:45:13 2015", "%a %b %d %H:%M:%S %Y")
    for text, moment in KNOWN.items():
        assert parse_local(text) == moment
