# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the database says of CallManager groups: their members in the order of priority, and their phones."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import ProtocolError
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.database import Row
from ansible_collections.ucops.cucm.plugins.module_utils._objects import callmanager_groups


def answers(members: list[tuple[str, str, str]], phones: dict[str, str]) -> t.Callable[[str], list[Row]]:
    rows = {
        "callmanager_groups": [dict(zip(("name", "node", "priority"), row, strict=True)) for row in members],
        "callmanager_groups.phones": [{"name": name, "phones": number} for name, number in phones.items()],
    }
    return rows.__getitem__


def test_members_stand_in_the_order_of_their_priority_as_numbers() -> None:
    told = answers(
        [("HQ", "c", "10"), ("HQ", "b", "2"), ("HQ", "a", " 1"), ("Branch", "a", "1")], {"HQ": "1200"}
    )
    assert callmanager_groups.states(told) == {
        "HQ": {"members": ["a", "b", "c"], "phones": 1200},
        "Branch": {"members": ["a"], "phones": 0},
    }


def test_a_group_without_members_is_a_group() -> None:
    told = answers([("Empty", "", "")], {"Empty": "3"})
    assert callmanager_groups.states(told) == {"Empty": {"members": [], "phones": 3}}


@pytest.mark.parametrize("row", [("HQ", "", "1"), ("HQ", "a", ""), ("HQ", "a", "first")])
def test_a_member_that_cannot_be_placed_costs_the_fact(row: tuple[str, str, str]) -> None:
    """A group with one member fewer would look like one that needs no consent, or has no second member."""
    with pytest.raises(ProtocolError, match="HQ"):
        callmanager_groups.states(answers([row, ("HQ", "b", "2")], {}))


def test_phones_of_a_group_that_is_not_listed_cost_the_fact() -> None:
    with pytest.raises(ProtocolError, match="Branch"):
        callmanager_groups.states(answers([("HQ", "a", "1")], {"Branch": "3"}))
