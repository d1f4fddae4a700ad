# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters of compliance say what the functions say, and refuse what cannot be."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.ucops.cucm.plugins.filter.compliance import FilterModule
from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results, site

from .clusters import NOW, audited
from .verdicts import CLUSTER, MOMENT

FILTERS = FilterModule().filters()
OFF = {"controls": [{"id": "backup-age", "enabled": False}]}


def test_results() -> None:
    facts = audited()
    said = FILTERS["compliance_results"](facts, OFF, CLUSTER, NOW)
    assert said == results.judge_cluster(facts, OFF, CLUSTER, MOMENT)
    assert FILTERS["compliance_results"](facts, OFF, CLUSTER, now=f"{NOW}+00:00") == said


def test_results_are_of_now_when_nothing_else_is_said() -> None:
    facts = audited()
    for days, verdict in ((31, "pass"), (29, "fail")):
        end = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=days)
        facts["certificates"]["TVS"]["not_after"] = end.isoformat()
        said = {each["control"]: each for each in FILTERS["compliance_results"](facts, {}, CLUSTER)}
        assert said["publisher-certificates-expiry"]["verdict"] == verdict


@pytest.mark.parametrize("now", ["soon", "2026-13-01T00:00:00", 7, ""])
def test_a_time_that_is_none_is_refused(now: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"now must be a time like 2026-11-24T02:00:00, not"):
        FILTERS["compliance_results"](audited(), {}, CLUSTER, now)


@pytest.mark.parametrize("facts", [None, "x", []])
def test_what_is_no_cluster_is_refused(facts: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"the cluster that ucops\.cucm\.cluster_info returns"):
        FILTERS["compliance_results"](facts, {}, CLUSTER)


def test_the_others() -> None:
    assert FILTERS["compliance_unreachable"]("no answer", OFF) == results.unreachable("no answer", OFF)
    assert FILTERS["compliance_subsets"](OFF) == results.subsets(OFF)
    assert FILTERS["compliance_subsets"](OFF, CLUSTER) == results.subsets(OFF, CLUSTER)
    assert FILTERS["compliance_controls"](OFF) == results.controls(OFF)
    wanted = {"security_mode": "mixed"}
    assert FILTERS["compliance_site"](OFF, wanted) == site.with_wanted(OFF, wanted)
    assert FILTERS["compliance_site"](OFF, wanted)["intent"] == wanted


@pytest.mark.parametrize(
    ("name", "before", "arguments"),
    [
        ("compliance_results", audited(), ({"more": 1}, CLUSTER)),
        ("compliance_unreachable", "x", ({"more": 1},)),
        ("compliance_subsets", {"more": 1}, ()),
        ("compliance_controls", {"more": 1}, ()),
        ("compliance_site", {}, ({"more": 1},)),
    ],
)
def test_a_mistake_is_told_with_the_remedy(name: str, before: t.Any, arguments: tuple[t.Any, ...]) -> None:
    with pytest.raises(AnsibleFilterError, match=r"more: is not known.*docs/compliance\.md"):
        FILTERS[name](before, *arguments)
