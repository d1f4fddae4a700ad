# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as nodes print them, read the same in every language of the controller, and their order in every zone there is."""

from __future__ import annotations

import _strptime
import calendar
import itertools
import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base import device_time
from ansible_collections.ucops.cucm.plugins.module_utils._base.device_time import DeviceTime, parse

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
KNOWN = {
    "Fri Mar 06 19:45:13 CET 2015": (datetime(2015, 3, 6, 19, 45, 13), "CET"),
    "Tue Mar 03 10:11:12 2026": (datetime(2026, 3, 3, 10, 11, 12), ""),
    "Tue Mar  3 10:11:12 2026": (datetime(2026, 3, 3, 10, 11, 12), ""),
    "Tue Mar 3, 2026 10:11:12": (datetime(2026, 3, 3, 10, 11, 12), ""),
    "Mar 03 10:11:12 2026": (datetime(2026, 3, 3, 10, 11, 12), ""),
    "Thu Dec 10 10:35:22 CST 2009": (datetime(2009, 12, 10, 10, 35, 22), "CST"),
    "Tue Aug  1 15:10:52 +0530 2023": (datetime(2023, 8, 1, 15, 10, 52), "+0530"),
    "Fri Jan  2 16:18:22 -05 2026": (datetime(2026, 1, 2, 16, 18, 22), "-05"),
    "Fri Jan  2 16:18:22 GMT-05:00 2026": (datetime(2026, 1, 2, 16, 18, 22), "GMT-05:00"),
    "Sun Nov 29 04:22:21 ChST 2026": (datetime(2026, 11, 29, 4, 22, 21), "ChST"),
    "Thu Feb 29 00:00:00 UTC 2024": (datetime(2024, 2, 29), "UTC"),
    "  Fri\tMar 06 19:45:13 CET 2015 \r": (datetime(2015, 3, 6, 19, 45, 13), "CET"),
    # show license.
    "Jan 26 15:06:21 2019 IST": (datetime(2019, 1, 26, 15, 6, 21), "IST"),
    # date(1) of newer systems, in en_US.
    "Mon 30 Nov 2026 04:22:33 PM CET": (datetime(2026, 11, 30, 16, 22, 33), "CET"),
    "Mon Nov 30 12:22:33 AM CET 2026": (datetime(2026, 11, 30, 0, 22, 33), "CET"),
    # An emulator's.
    "2026-11-20T04:27:19": (datetime(2026, 11, 20, 4, 27, 19), ""),
    "2026-11-20T04:27:19.250Z": (datetime(2026, 11, 20, 4, 27, 19), "Z"),
    "2026-11-20 04:27:19+01:00": (datetime(2026, 11, 20, 4, 27, 19), "+01:00"),
}


@pytest.mark.parametrize("text", KNOWN)
def test_known_forms(text: str) -> None:
    assert parse(text) == DeviceTime(*KNOWN[text])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "03/03/2026 10:11:12",
        "2026-03-03",
        "2026-03-03 10:11",
        "2026-02-30T10:11:12",
        "20260303T101112",
        "Tue Mär 03 10:11:12 2026",
        "Tue Xyz 03 10:11:12 2026",
        "Tue Feb 30 10:11:12 2026",
        "Tue Mar 03 25:11:12 2026",
        "Tue Mar 03 13:11:12 PM 2026",
        "Tue Mar 03 10:11:60 2026",
        "Tue Mar 03 10:11 2026",
        "Tue Mar 03 10:11:12 26",
        "Tue Mar 03 10:11:12 2026 and more",
        "Tue Mar 03 10:11:12 CET CET 2026",
        "Tue Mar 03 10:11:12 10:11:12 2026",
        "On Tue Mar 03 10:11:12 2026",
        "never",
    ],
)
def test_other_forms_are_not_guessed(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize("number", range(1, 13))
def test_every_month(number: int) -> None:
    read = parse(f"Mon {MONTHS[number - 1]} 02 01:02:03 2026")
    assert read is not None
    assert read.local == datetime(2026, number, 2, 1, 2, 3)


def test_a_foreign_language_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar, "month_abbr", ["", *(f"{number}x" for number in range(1, 13))])
    monkeypatch.setattr(calendar, "day_abbr", [f"d{number}" for number in range(7)])
    monkeypatch.setattr(_strptime, "_TimeRE_cache", _strptime.TimeRE())
    monkeypatch.setattr(_strptime, "_regex_cache", {})
    with pytest.raises(ValueError, match="does not match"):
        datetime.strptime("Fri Mar 06 19:45:13 2015", "%a %b %d %H:%M:%S %Y")
    for text, told in KNOWN.items():
        assert parse(text) == DeviceTime(*told)


# -- every zone of the tz database ------------------------------------------------------------------------

# In the years a cluster of today lives in.
FIRST, LAST = datetime(2022, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
AROUND = [timedelta(minutes=minutes) for minutes in (-90, -50, -20, -1, 1, 20, 50)]


def kind(name: str) -> object:
    """Return what zones have in common that differ in nothing but their name, as far as the years above go."""
    files = [Path(directory, name) for directory in zoneinfo.TZPATH]
    rule = next((file.read_bytes().rsplit(b"\n", 2)[-2] for file in files if file.is_file()), name)
    zone = zoneinfo.ZoneInfo(name)
    weeks = (FIRST + timedelta(weeks=week) for week in range((LAST - FIRST).days // 7))
    return rule, tuple((at.utcoffset(), at.tzname()) for at in (week.astimezone(zone) for week in weeks))


ZONES = sorted(
    {kind(name): name for name in sorted(zoneinfo.available_timezones()) if name != "localtime"}.values()
)
# Its names are Chicago's an hour off, and it changes on the same Sundays (see not_after).
HAVANA = ("America/Havana", "Cuba")
CASEY = "Antarctica/Casey"


def test_the_tz_database_is_there() -> None:
    assert len(ZONES) > 100


def printed(moment: datetime) -> str:
    """Return a time as show ctl prints it."""
    month = MONTHS[moment.month - 1]
    return f"{moment:%a} {month} {moment.day:2} {moment:%H:%M:%S} {moment.tzname()} {moment.year}"


def changes(zone: zoneinfo.ZoneInfo) -> list[datetime]:
    """Return the moments (UTC) at which clocks of a zone are put on or back."""
    found, moment = [], FIRST
    while moment < LAST:
        later = moment + timedelta(days=1)
        if later.astimezone(zone).utcoffset() != moment.astimezone(zone).utcoffset():
            low, high = moment, later
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                same = middle.astimezone(zone).utcoffset() == moment.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high.replace(microsecond=0))
        moment = later
    return found


def local(moment: datetime, zone: zoneinfo.ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


@pytest.mark.parametrize("name", ZONES)
def test_a_service_and_a_file_are_in_the_right_order_in_every_zone(name: str) -> None:
    """StartTime has no zone, and UpTime supplies it; the file's zone is printed. Around every clock change, and on ordinary days."""
    zone = zoneinfo.ZoneInfo(name)
    plain = [datetime(2026, 1, 15, 3, tzinfo=UTC), datetime(2026, 7, 14, 12, tzinfo=UTC)]
    for change in plain + changes(zone):
        for before, after in itertools.product(AROUND, AROUND):
            started, modified = change + before, change + after
            file = parse(printed(modified.astimezone(zone)))
            assert file is not None
            assert file.local == local(modified, zone)
            service = device_time.witnessed(local(started, zone), started.replace(tzinfo=None))
            assert service is not None
            told, true = device_time.not_after(service, file), started <= modified
            # Havana errs on the night of a change, and then to a restart that is not needed.
            assert told is true or (name in HAVANA and change not in plain and told is True)
            # Without the second witness the hour that comes twice is left open; Casey puts its clocks back by three.
            alone = device_time.not_after(DeviceTime(local(started, zone)), file)
            assert alone in (None, true) or name == CASEY


def test_times_of_day_have_an_order_in_a_zone_nobody_knows() -> None:
    noon = datetime(2026, 7, 14, 12)
    assert device_time.not_after(DeviceTime(noon), DeviceTime(noon + timedelta(minutes=1), "XYZ")) is True
    assert device_time.not_after(DeviceTime(noon), DeviceTime(noon - timedelta(minutes=1), "XYZ")) is False


@pytest.mark.parametrize("name", ZONES)
def test_what_a_time_may_be_in_utc_is_among_what_it_can_be(name: str) -> None:
    for month in range(1, 13):
        moment = datetime(2026, month, 14, 12, tzinfo=UTC)
        read = parse(printed(moment.astimezone(zoneinfo.ZoneInfo(name))))
        assert read is not None
        assert moment.replace(tzinfo=None) in read.moments()


@pytest.mark.parametrize("hours", [*range(-12, 15)])
def test_the_names_that_fixed_zones_had_until_2016_are_of_posix(hours: int) -> None:
    """Etc/GMT+5 is five hours west: GMT+5 was its name, as /etc/localtime of older releases prints it."""
    noon = datetime(2026, 11, 30, 12)
    name = f"GMT{-hours:+d}" if hours else "GMT"
    if hours:
        zone = zoneinfo.ZoneInfo(f"Etc/{name}")
        assert zone.utcoffset(noon) == timedelta(hours=hours)
    assert DeviceTime(noon, name).moments() == {noon - timedelta(hours=hours)}
    # Java's names have two digits and minutes, and the sign of ISO 8601.
    java = f"GMT{'+' if hours >= 0 else '-'}{abs(hours):02}:00"
    assert DeviceTime(noon, java).moments() == {noon - timedelta(hours=hours)}


@pytest.mark.parametrize("zone", ["+99", "-13", "+1430", "GMT+15:00", "GMT-15", "GMT+13"])
def test_a_zone_of_no_place_is_not_known(zone: str) -> None:
    assert DeviceTime(datetime(2026, 11, 30, 12), zone).moments() == frozenset()
    assert parse(f"Mon Nov 30 12:00:00 {zone} 2026") is not None


def test_both_hours_that_come_twice() -> None:
    """Berlin, 25 October 2026: up since 02:50 CEST, the file modified 02:20 CET, half an hour later."""
    file = DeviceTime(datetime(2026, 10, 25, 2, 20), "CET")
    first = device_time.witnessed(datetime(2026, 10, 25, 2, 50), datetime(2026, 10, 25, 0, 50))
    second = device_time.witnessed(datetime(2026, 10, 25, 2, 50), datetime(2026, 10, 25, 1, 50))
    assert first is not None
    assert second is not None
    assert device_time.not_after(first, file) is True
    assert device_time.not_after(second, file) is False
    assert device_time.not_after(DeviceTime(datetime(2026, 10, 25, 2, 50)), file) is None


@pytest.mark.parametrize(("hours", "minutes"), [(1, 7), (15, 0), (-13, 0), (600, 0)])
def test_witnesses_that_tell_different_moments(hours: int, minutes: int) -> None:
    utc = datetime(2026, 10, 25, 2, 50)
    assert device_time.witnessed(utc + timedelta(hours=hours, minutes=minutes), utc) is None


def test_time_between_two_zones() -> None:
    """A cluster that was moved: the backup is dated in the old zone."""
    day = timedelta(days=1)
    then, now = DeviceTime(datetime(2026, 11, 29, 2), "+03"), DeviceTime(datetime(2026, 11, 30, 0), "CET")
    assert device_time.elapsed(then, now) == (day, day)
    least, most = device_time.elapsed(DeviceTime(datetime(2026, 11, 29, 2), "IST"), now)
    assert (least, most) == (timedelta(hours=22), timedelta(hours=26, minutes=30))
    assert device_time.elapsed(DeviceTime(datetime(2026, 11, 29, 0), "XYZ"), now) == (day, day)
