# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which form facts have, and how what has not is told."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._compliance import options
from ansible_collections.ucops.cucm.plugins.module_utils._facts import shapes

from ..data.clusters import CALLMANAGER, PUB, SUB1, audited, ctl_facts
from ..data.verdicts import GONE, changed

LARGEST = 10**12


@pytest.mark.parametrize(
    ("shape", "right", "wrong"),
    [
        (shapes.text, ["", "x"], [None, 1, True, b"x", ["x"]]),
        (shapes.boolean, [True, False], [None, 0, 1, "true", []]),
        (shapes.count, [0, 1, LARGEST - 1], [-1, LARGEST, 1.0, True, False, "1", None]),
        (shapes.whole, [-1, 0, LARGEST - 1, 1 - LARGEST], [LARGEST, -LARGEST, 1.0, True, "1", None]),
        (
            shapes.number,
            [-0.5, 0, 2, LARGEST - 1, 1 - LARGEST],
            [LARGEST, -LARGEST, True, "1", None, float("nan"), float("inf"), 10**400],
        ),
        (
            shapes.moment,
            ["2026-03-20T12:00:00", "2026-03-20"],
            ["", "now", "2026-03-20T12:00:00Z", "2026-03-20T12:00:00+01:00", 20260320, None],
        ),
        (shapes.maybe(shapes.text), [None, "x"], [1]),
        (shapes.list_of(shapes.text), [[], ["x"]], [None, "x", {}, [1], ["x", None]]),
        (shapes.mapping_of(shapes.count), [{}, {"a": 1}], [None, [], {"a": "1"}, {1: 1}, "x"]),
        (
            shapes.record({"a": shapes.text}, {"b": shapes.count}),
            [{"a": "x"}, {"a": "x", "b": 1}, {"a": "x", "c": object}],
            [{}, {"a": 1}, {"a": "x", "b": "y"}, [], {"a": "x", 1: 2}],
        ),
    ],
)
def test_shapes(shape: shapes.Shape, right: list[t.Any], wrong: list[t.Any]) -> None:
    for value in right:
        assert shape(value) == value
    for value in wrong:
        with pytest.raises(shapes.Misshapen):
            shape(value)


def told(*changes: tuple[tuple[t.Any, ...], t.Any]) -> dict[str, str]:
    """Return why facts of a changed cluster are left out."""
    return shapes.clean(changed(audited(), changes))["unavailable"]


def test_a_good_cluster_is_kept_whole() -> None:
    facts = audited("mixed", "enabled")
    clean = shapes.clean(facts)
    assert clean["unavailable"] == {}
    assert {name: clean[name] for name in facts} == facts
    assert clean["contradictions"] == [] and clean["duties"] == {"restarts": [], "ctl_update": []}


@pytest.mark.parametrize(
    ("place", "value", "key", "why"),
    [
        (("release",), 14, "release", "release is no text"),
        (("licence", "registered"), "yes", "licence", "licence.registered is neither true nor false"),
        (("licence", "registered"), GONE, "licence", "licence has no registered"),
        (("nodes", 1, "name"), "", "nodes", "nodes[1].name is empty"),
        (("nodes",), {}, "nodes", "nodes is no list"),
        (("services",), [], "services", "services is no mapping"),
        (
            ("services", SUB1, CALLMANAGER, "reason_code"),
            "x",
            f"services.{SUB1}",
            f"{SUB1}.{CALLMANAGER}.reason_code is no whole number",
        ),
        (("health",), "good", "health", "health is no mapping"),
        (("health", "nodes"), [], "health", "nodes is no mapping"),
        (("health", "nodes", PUB, "local_time"), "x", f"health.{PUB}", f"{PUB}.local_time is no time"),
        (("health", "upgrade_running"), "no", "health.upgrade", "upgrade_running is neither"),
        (("health", "last_backup"), 7, "health.backup", "last_backup is no text"),
        (("ctl_files", SUB1, "records"), {}, f"ctl_files.{SUB1}", f"{SUB1}.records is no list"),
        (
            ("ctl_files", SUB1, "records", 0, "name"),
            7,
            f"ctl_files.{SUB1}",
            f"{SUB1}.records[0].name is no text",
        ),
        (
            ("ctl_files", SUB1, "records", 0, "has_certificate"),
            "x",
            f"ctl_files.{SUB1}",
            f"{SUB1}.records[0].has_certificate is neither true nor false",
        ),
    ],
)
def test_what_has_not_its_form_is_told_with_its_place(
    place: tuple[t.Any, ...], value: t.Any, key: str, why: str
) -> None:
    found = told((place, value))
    assert list(found) == [key]
    assert found[key].startswith(f"not_understood: {why}")


def test_only_the_part_that_has_not_its_form_is_left_out() -> None:
    facts = changed(
        audited(),
        [
            (("session_limit", SUB1), "3"),
            (("health", "nodes", SUB1), 7),
            (("health", "last_backup"), None),
            (("rollback_to_pre_8",), None),
        ],
    )
    clean = shapes.clean(facts)
    assert set(clean["session_limit"]) == set(audited()["session_limit"]) - {SUB1}
    assert set(clean["health"]) == {"nodes", "upgrade_running"}
    assert SUB1 not in clean["health"]["nodes"] and PUB in clean["health"]["nodes"]
    assert "rollback_to_pre_8" not in clean


def test_what_the_reading_said_stays() -> None:
    facts = {**audited(), "unavailable": {"licence": "timed_out: x", "tomcat": ["x"], 7: "y"}}
    assert shapes.clean(facts)["unavailable"] == {
        "licence": "timed_out: x",
        "tomcat": "not_understood: the reason is no text",
    }


def test_a_ctl_file_with_more_in_it_is_still_one() -> None:
    """Of a later release of the collection, for example."""
    file = {**ctl_facts("mixed"), "sha256": "x"}
    file["records"] = [{**record, "more": 1} for record in file["records"]]
    clean = shapes.clean(changed(audited(), [(("ctl_files", SUB1), file)]))
    assert clean["unavailable"] == {}
    assert clean["ctl_files"][SUB1] == ctl_facts("mixed")


def test_nothing_follows_from_facts_without_nodes() -> None:
    clean = shapes.clean({**audited(), "nodes": "x", "duties": {}, "contradictions": []})
    assert "duties" not in clean and "contradictions" not in clean


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
