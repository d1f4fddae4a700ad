# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release as a value that compares."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.release import UNREAD, Release, parse


@pytest.mark.parametrize(
    ("text", "release", "su", "name"),
    [
        ("11.5.1.18900-97", Release(11, 5, 1, 18900, 97), 8, "11.5(1)SU8"),
        ("12.5.1.10000-22", Release(12, 5, 1, 10000, 22), 0, "12.5(1)"),
        ("12.5.1.16900-48", Release(12, 5, 1, 16900, 48), 6, "12.5(1)SU6"),
        ("14.0.1.10000-20", Release(14, 0, 1, 10000, 20), 0, "14"),
        ("14.0.1.11001-9", Release(14, 0, 1, 11001, 9), 0, "14"),
        ("14.0.1.11900-132", Release(14, 0, 1, 11900, 132), 1, "14SU1"),
        ("14.0.1.12900(161)", Release(14, 0, 1, 12900, 161), 2, "14SU2"),
        ("15.0.1.13010-1", Release(15, 0, 1, 13010, 1), 2, "15SU2"),
        (" 15.0.1.13900-155 ", Release(15, 0, 1, 13900, 155), 3, "15SU3"),
        ("12.5(1)SU6", Release(12, 5), None, "12.5(0)"),
        ("14.0", Release(14), None, "14"),
        ("11.5.1.22900-28", Release(11, 5, 1, 22900, 28), None, "11.5(1)"),
    ],
)
def test_a_version_is_read(text: str, release: Release, su: int | None, name: str) -> None:
    assert parse(text) == release
    assert (parse(text).su, parse(text).name, parse(text).read) == (su, name, True)


@pytest.mark.parametrize(
    "text", [None, "", "unknown", "14SU1", "v14.0.1", "14.x", "14.0.1.x", "1" * 5000, "\u0661\u0664.0", "-14"]
)
def test_what_is_no_version_is_not_read(text: str | None) -> None:
    assert parse(text) == UNREAD
    assert not parse(text).read
    assert parse(text).name == "not read"


def test_releases_are_in_one_order() -> None:
    texts = [
        "",
        "11.5.1.18900-97",
        "12.0.1.10000-10",
        "12.5.1.9900-1",
        "12.5.1.17900-64",
        "14",
        "14.0.1.10000-20",
        "14.0.1.11900-132",
        "14.0.1.11900-133",
        "15.0.1.10100-41",
    ]
    for earlier, later in itertools.combinations(texts, 2):
        assert parse(earlier) < parse(later), (earlier, later)


def test_a_build_that_was_not_told_may_be_any() -> None:
    assert parse("14.0").last > parse("14.0.1.15900-1")
    assert parse("14.0").last < parse("14.1")
    assert parse("14.0.1.11900-132").last == parse("14.0.1.11900-132")
