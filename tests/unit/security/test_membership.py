# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Members of a cluster: authenticated, not authenticated, or unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import ProtocolError
from ansible_collections.ucops.cucm.plugins.module_utils._security import membership

# Guides of 12.5 to 15, TN221069 (9.1), and a community post of 12.0 with only the role.
ROWS = {
    "192.168.125.10 cucm15-pub.example.com cucm15-pub Publisher callmanager DBPub authenticated": True,
    "172.18.172.213 cucm911sub1 Subscriber authenticated using TCP since Tue Dec 3 14:24:20 2013": True,
    "10.63.70.48 aligator.example.net aligator Publisher callmanager DBPub authenticated using TCP since Wed May 29 17:44:48 2013": True,
    "10.63.70.125 hippo2.example.net hippo2 Subscriber cups DBPub authenticated": True,
    "2001:db8::11 cucm15-six Subscriber callmanager DBSub authenticated using TCP since Fri Nov 28 17:59:21 2014": True,
    "192.168.125.12 CUCM15-sub2 Subscriber callmanager DBSub not authenticated or updated on server": False,
    "172.18.172.212 cucm911pub Publisher not authenticated - INITIATOR since Tue Dec 3 12:43:24 2013": False,
    "192.168.125.13 cucm15-sub3 Subscriber callmanager DBSub unauthenticated": False,
    "192.168.125.18 cucm15-sub8 Subscriber DBSub not authenticated": False,
    "192.168.125.19 cucm15-sub9 Subscriber DBSub authenticated": True,
    "192.168.125.14 cucm15-sub4 Subscriber callmanager DBSub": None,
    "192.168.125.15 cucm15-sub5 Subscriber callmanager DBSub auth": None,
    "192.168.125.16 cucm15-sub6 Subscriber callmanager DBSub authenticated but stale": None,
    "192.168.125.17 cucm15-sub7": None,
}
END = "\n\nServer Table (processnode) Entries\n----------------------------------\ncucm15-pub\n"


def address(row: str) -> str:
    return row.split()[0]


def test_read() -> None:
    read = membership.read("\n".join(ROWS) + END)
    assert {address(row): read[address(row)] for row in ROWS} == {
        address(row): told for row, told in ROWS.items()
    }
    assert read["cucm15-pub.example.com"] is True
    assert read["cucm15-pub"] is True
    assert read["cucm15-sub2"] is False


@pytest.mark.parametrize(
    "output", ["", "Executed command unsuccessfully", "cucm-pub Publisher authenticated"]
)
def test_no_member_at_all_is_unread(output: str) -> None:
    with pytest.raises(ProtocolError):
        membership.read(output)


def test_a_line_of_success_is_none_of_a_member() -> None:
    row = next(iter(ROWS))
    assert membership.read(f"{row}\n\nSuccessful\n")["cucm15-pub"] is True
    assert membership.read(f"{row}\nSuccessful\n")["cucm15-pub"] is True


@given(st.sampled_from([row for row, told in ROWS.items() if told is not None]), st.data())
def test_a_broken_line_never_turns_a_member_round(row: str, data: st.DataObject) -> None:
    """Wherever a narrow terminal breaks the line, the state of the member is right or unknown."""
    cuts = sorted(data.draw(st.sets(st.integers(len(address(row)) + 1, len(row) - 1), max_size=2)))
    pieces = [row[start:end].rstrip() for start, end in zip([0, *cuts], [*cuts, len(row)], strict=True)]
    others = "10.9.9.9 other Subscriber callmanager DBSub authenticated\n"
    told = membership.read(others + "\n".join(pieces) + "\n" + others.replace("9", "8"))
    assert told[address(row)] in (ROWS[row], None)
    between = all(pieces) and all(row[cut - 1].isspace() or row[cut].isspace() for cut in cuts)
    assert told[address(row)] is (ROWS[row] if between else told[address(row)])
    assert told["10.9.9.9"] is True
    assert told["10.8.8.8"] is True


@pytest.mark.parametrize("width", range(52, 100))
def test_a_line_that_is_broken_within_a_word_is_read(width: int) -> None:
    """As a terminal of this width breaks it: the state is known wherever the break is."""
    for row, state in ROWS.items():
        if state is not None and len(row) <= 2 * width:
            assert membership.read(f"{row[:width]}\n{row[width:]}\n")[address(row)] is state, row


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=40))
def test_no_other_word_authenticates(word: str) -> None:
    known = word.strip().startswith("authenticated") or "\n" in word or "\r" in word
    told = membership.read(f"10.0.0.1 a.example.net a Subscriber callmanager DBSub {word}\n")["10.0.0.1"]
    assert known or told is not True
