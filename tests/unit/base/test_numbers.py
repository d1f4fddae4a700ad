# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a device writes is a whole number, or it is none; it is never an exception."""

from __future__ import annotations

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.numbers import whole


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("007", 7), ("-5", -5), ("-0", 0), ("9" * 18, 10**18 - 1)]
)
def test_a_whole_number(text: str, number: int) -> None:
    assert whole(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "-", "--5", "+5", "5-", " 5", "5\n", "5.0", "1e3", "0x1", "1_000", "5 6", "²", "٣", "9" * 19, "9" * 5000],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    assert whole(text) is None
