# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The newest successful backup: read whole, or not at all."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import ProtocolError
from ansible_collections.ucops.cucm.plugins.module_utils._printed import backups

# CLI reference.
HEADING = "Tar Filename: Backup Device: Completed On: Result: Backup Type: Features Backed Up:\n"
GOOD = "2026-11-28-02-00-02.tar NETWORK {when} SUCCESS SCHEDULED UCM,CDR_CAR\n"
BAD = "2026-11-29-02-00-02.tar NETWORK {when} ERROR MANUAL\n"
OLD, NEW = "Sat Nov 28 02:10:22 {zone} 2026", "Sun Nov 29 02:10:31 {zone} 2026"


def when(text: str) -> datetime | None:
    newest = backups.newest(text)
    return newest.local if newest else None


def test_the_newest_successful_one() -> None:
    rows = (
        "Tar Filename:\t\tBackup Device:\tCompleted On:\tResult:\n"
        "2009-12-10-10-30-17.tar TAPE Thu Dec 10 10:35:22 CST 2009 SUCCESS MANUAL CDR_CAR,CCM\n"
        "2009-12-12-10-30-17.tar NETWORK Sat Dec 12 10:35:22 CST 2009 SUCCESS SCHEDULED CCM\n"
        "2009-12-11-10-30-17.tar NETWORK Fri Dec 11 10:35:22 CST 2009 SUCCESS SCHEDULED CCM\n"
        "2009-12-13-10-30-17.tar NETWORK Sun Dec 13 10:35:22 CST 2009 ERROR SCHEDULED CCM\n"
    )
    assert when(rows) == datetime(2009, 12, 12, 10, 35, 22)


def test_a_device_with_a_blank_in_its_name() -> None:
    assert when(
        HEADING + GOOD.replace("NETWORK", "backup server 1").format(when=NEW.format(zone="CET"))
    ) == datetime(2026, 11, 29, 2, 10, 31)


@pytest.mark.parametrize("zone", ["CET", "ChST", "-03", "+0545", "GMT-03:00"])
def test_zones(zone: str) -> None:
    rows = GOOD.format(when=OLD.format(zone="CEST")) + GOOD.format(when=NEW.format(zone=zone))
    newest = backups.newest(HEADING + rows)
    assert newest is not None
    assert (newest.local, newest.zone) == (datetime(2026, 11, 29, 2, 10, 31), zone)


@pytest.mark.parametrize(
    "output",
    [
        "drfCliMsg:  No history data is available\n",
        HEADING + BAD.format(when=NEW.format(zone="CET")),
        HEADING + "TAR file not created NETWORK Sun Nov 29 02:10:31 CET 2026 ERROR SCHEDULED UCM\n",
        # When a backup that failed did so makes no difference.
        HEADING + BAD.format(when="Sun Xyz 29 02:10:31 CET 2026"),
    ],
)
def test_none_is_said(output: str) -> None:
    assert backups.newest(output) is None


@pytest.mark.parametrize(
    "output",
    [
        "",
        HEADING,
        "x.tar NETWORK 2026-01-01 SUCCESS",
        "Unable to connect to Master Agent host: alpha-pub, Port: 4040.",
        HEADING + GOOD.format(when="Sun Nov 29 02:10 CET 2026"),
        HEADING + GOOD.format(when="Sun Xyz 29 02:10:31 CET 2026"),
        HEADING + GOOD.format(when=NEW.format(zone="CET")).replace("SUCCESS", "PARTIAL"),
        HEADING + GOOD.format(when=OLD.format(zone="CET")) + "2026-11-29.tar NETWORK Sun Nov 29\n",
    ],
)
def test_what_cannot_be_read_whole_is_unread(output: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        backups.newest(output)
    assert refused.value.code == "unreadable_output"


@given(st.data())
def test_a_row_is_never_lost(data: st.DataObject) -> None:
    """However the newest row is broken or damaged, an older one is not returned in its place."""
    old, new = GOOD.format(when=OLD.format(zone="CET")), GOOD.format(when=NEW.format(zone="+03"))
    if data.draw(st.booleans()):
        cut = data.draw(st.integers(0, len(new)))
        spoilt = f"{new[:cut].rstrip()}\n{new[cut:]}"
    else:
        at = data.draw(st.integers(0, len(new) - 1))
        # Another digit, or one less, makes another date, which is as good as this one.
        other = st.characters(codec="ascii", exclude_characters="\n\r\t\x0b\x0c\x1c\x1d\x1e\x1f 0123456789")
        spoilt = new[:at] + data.draw(other) + new[at + 1 :]
    try:
        told = when(HEADING + old + spoilt)
    except ProtocolError:
        return
    assert told is not None
    assert told > datetime(2026, 11, 28, 2, 10, 22) or "SUCCESS" not in " ".join(spoilt.split())
