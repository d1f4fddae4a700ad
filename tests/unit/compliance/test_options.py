# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of a judge may be."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._compliance import options

LARGEST = 10**12


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (options.a_number, [-1, 0, 0.5, LARGEST - 1], [LARGEST, -LARGEST, float("nan"), True, "1"]),
        (options.not_negative, [0, 0.1], [-0.1]),
        (options.a_share, [0, 100], [-0.1, 100.1]),
        (options.at_least_one, [1, 10], [0, 1.5, True]),
        (options.texts, [["x"], ("x",)], [[], "x", [""]]),
        (options.names, [[], ["x"]], ["x", [""], [1]]),
        (options.a_list, [[None], (1,)], [[], "x"]),
        (options.a_version, ["1.2", 1.2, 1.0, "1.0"], ["1.20", 1, "2.0", None, True]),
        (options.one_of("a", "b"), ["a", "b"], ["c", None, ["a"], {}]),
        (options.a_pattern, ["x", ".*"], ["(", 7, None, "a{99999999999}"]),
        (options.anything, [None, 1], []),
    ],
)
def test_options(check: options.Check, right: list[t.Any], wrong: list[t.Any]) -> None:
    assert [value for value in right if check(value)] == []
    assert [value for value in wrong if not check(value)] == []
