# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An address in each of the places it stands in."""

from __future__ import annotations

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.address import (
    canonical,
    endpoint,
    in_known_hosts,
    in_url,
)
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.nodes import Address


@pytest.mark.parametrize(
    ("written", "one", "url", "known"),
    [
        ("::1", "::1", "[::1]", "[::1]:2222"),
        ("[::1]", "::1", "[::1]", "[::1]:2222"),
        (" ::1 ", "::1", "[::1]", "[::1]:2222"),
        ("0:0:0:0:0:0:0:1", "::1", "[::1]", "[::1]:2222"),
        ("2001:DB8::00A", "2001:db8::a", "[2001:db8::a]", "[2001:db8::a]:2222"),
        ("fe80::1%eth0", "fe80::1%eth0", "[fe80::1%25eth0]", "[fe80::1%eth0]:2222"),
        ("[fe80:0::1%eth0]", "fe80::1%eth0", "[fe80::1%25eth0]", "[fe80::1%eth0]:2222"),
        ("10.0.0.1", "10.0.0.1", "10.0.0.1", "[10.0.0.1]:2222"),
        (
            "cucm-pub.example.com",
            "cucm-pub.example.com",
            "cucm-pub.example.com",
            "[cucm-pub.example.com]:2222",
        ),
        ("[cucm-pub]", "[cucm-pub]", "[cucm-pub]", "[[cucm-pub]]:2222"),
        ("", "", "", "[]:2222"),
    ],
)
def test_forms(written: str, one: str, url: str, known: str) -> None:
    assert canonical(written) == one == canonical(one)
    assert (in_url(one), in_known_hosts(one, 2222), in_known_hosts(one, 22)) == (url, known, one)
    assert Address(written, 8443, 22) == Address(one, 8443, 22)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("CUCM-Pub.example.com.", 8443), ("cucm-pub.example.com", 8443)),
        (("[2001:DB8::1]", 8443), ("2001:db8:0:0:0:0:0:1", 8443)),
        (("FE80::1%eth0", 22), ("[fe80:0::1%eth0]", 22)),
        (("::ffff:192.0.2.1", 22), ("192.0.2.1", 22)),
    ],
)
def test_one_place_has_one_spelling(one: tuple[str, int], other: tuple[str, int]) -> None:
    assert endpoint(*one) == endpoint(*other)
    assert endpoint(*one) != endpoint(one[0], 4443)
