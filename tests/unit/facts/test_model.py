# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts there are, the form they must have, and the reason given for one that does not have it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._facts import model
from ansible_collections.ucops.cucm.plugins.module_utils._security import ctl

from ..data.clusters import CALLMANAGER, PUB, SUB1, audited, ctl_facts
from ..data.verdicts import GONE, changed


def told(*changes: tuple[tuple[t.Any, ...], t.Any]) -> dict[str, str]:
    """Return why facts of a changed cluster are left out."""
    return model.clean(changed(audited(), changes))["unavailable"]


def test_a_good_cluster_is_kept_whole() -> None:
    facts = audited("mixed", "enabled")
    clean = model.clean(facts)
    assert clean["unavailable"] == {}
    assert clean == facts


@pytest.mark.parametrize(
    ("place", "value", "key", "why"),
    [
        (("release",), 14, "release", "release is not text"),
        (("licence", "registered"), "yes", "licence", "licence.registered is neither true nor false"),
        (("licence", "registered"), GONE, "licence", "licence has no registered"),
        (("nodes", 1, "name"), "", "nodes", "nodes[1].name is empty"),
        (("nodes",), {}, "nodes", "nodes is not a list"),
        (("services",), [], "services", "services is not a mapping"),
        (
            ("services", SUB1, CALLMANAGER, "reason_code"),
            "x",
            f"services.{SUB1}",
            f"services.{SUB1}.{CALLMANAGER}.reason_code is not a whole number",
        ),
        (("health",), "good", "health", "health is not a mapping"),
        (("health", "nodes"), [], "health", "health.nodes is not a mapping"),
        (
            ("health", "nodes", PUB, "local_time"),
            "x",
            f"health.{PUB}",
            f"health.nodes.{PUB}.local_time is not a time",
        ),
        (("health", "upgrade_running"), "no", "health.upgrade", "health.upgrade_running is neither"),
        (("health", "last_backup"), 7, "health.backup", "health.last_backup is not text"),
        (("ctl_files", SUB1, "records"), {}, f"ctl_files.{SUB1}", f"ctl_files.{SUB1}.records is not a list"),
        (
            ("ctl_files", SUB1, "records", 0, "name"),
            7,
            f"ctl_files.{SUB1}",
            f"ctl_files.{SUB1}.records[0].name is not text",
        ),
        (
            ("ctl_files", SUB1, "records", 0, "has_certificate"),
            "x",
            f"ctl_files.{SUB1}",
            f"ctl_files.{SUB1}.records[0].has_certificate is neither true nor false",
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
    clean = model.clean(facts)
    assert set(clean["session_limit"]) == set(audited()["session_limit"]) - {SUB1}
    assert set(clean["health"]) == {"nodes", "upgrade_running"}
    assert SUB1 not in clean["health"]["nodes"] and PUB in clean["health"]["nodes"]
    assert "rollback_to_pre_8" not in clean


def test_what_the_reading_said_stays() -> None:
    facts = {**audited(), "unavailable": {"licence": "timed_out: x", "tomcat": ["x"], 7: "y"}}
    assert model.clean(facts)["unavailable"] == {
        "licence": "timed_out: x",
        "tomcat": "not_understood: the reason is not text",
    }


def test_a_ctl_file_with_more_in_it_is_still_one() -> None:
    """Of a later release of the collection, for example."""
    file = {**ctl_facts("mixed"), "sha256": "x"}
    file["records"] = [{**record, "more": 1} for record in file["records"]]
    clean = model.clean(changed(audited(), [(("ctl_files", SUB1), file)]))
    assert clean["unavailable"] == {}
    assert ctl.from_facts(clean["ctl_files"][SUB1]) == ctl.from_facts(ctl_facts("mixed"))


def test_what_follows_from_facts_is_not_taken_from_outside() -> None:
    clean = model.clean({**audited(), "duties": {"restarts": []}, "contradictions": []})
    assert "duties" not in clean and "contradictions" not in clean


def test_a_fact_is_its_value_or_unread_with_the_reasons() -> None:
    facts: dict[str, t.Any] = audited()
    assert model.get(facts, model.RELEASE) == "14.0.1.16900-4"
    facts["unavailable"] = {"version": "timed_out: x", f"services.{SUB1}": "refused: y"}
    for nothing in (None, ""):
        facts["release"] = nothing
        assert model.get(facts, model.RELEASE) == model.Unread("release", ("timed_out: x",))
    del facts["services"], facts["health"]
    assert model.get(facts, model.SERVICES) == model.Unread("services", ("refused: y",))
    assert model.get(facts, model.LAST_BACKUP) == model.Unread("health.backup")
    assert model.node_reason(facts, model.SERVICES, SUB1) == "refused: y"
    assert model.node_reason(facts, model.SERVICES, PUB) == ""


def test_what_no_release_has_is_told_from_what_was_not_read() -> None:
    absent = "not_in_this_release: x"
    assert model.Unread("x", (absent,)).absent
    assert not model.Unread("x").absent and not model.Unread("x", (absent, "timed_out: y")).absent


def test_a_fact_is_written_to_its_place() -> None:
    facts: dict[str, t.Any] = {}
    model.put(facts, model.UPGRADE_RUNNING, False)
    model.put(facts, model.HEALTH, {})
    model.put(facts, model.LISTENING, {PUB: [22]})
    assert facts == {"health": {"upgrade_running": False, "nodes": {}}, "listening": {PUB: [22]}}


def test_every_fact_has_a_place_of_its_own() -> None:
    names = [fact.name for fact in model.FACTS]
    assert len(names) == len(set(names)) and len(model.SUBSETS) == len({*model.SUBSETS.values()})
    assert {fact.path[0] for fact in model.FACTS if len(fact.path) > 1} == set(model.GROUPS)
    # What is read of the cluster has a subset; the rest says why it has none: it is derived, or of the controller.
    assert not [fact.name for fact in model.FACTS if fact.subset and fact.derived]


def test_a_subset_is_one_object_wherever_it_stands() -> None:
    """Two of one name could differ in who may read them."""
    for fact in model.FACTS:
        assert fact.subset is None or fact.subset is model.SUBSETS[fact.subset.name], fact.name
