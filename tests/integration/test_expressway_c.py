# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""expressway_c against the lab."""

from __future__ import annotations

import typing as t

import pytest

from cucm_lab.fixture import ClusterHandle

from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import PUBLISHER
from .harness.writes import Writes, refuse

MODULE = "expressway_c"
ONE = {
    "host": "Exp1.example.com",
    "description": "One",
    "subject_names": ["exp1.example.com", "exp.example.com"],
}
TWO = {"host": "exp2.example.com"}


class TestExpresswayC(Writes):
    module = MODULE
    changing: t.ClassVar = {"entries": [ONE]}
    name = "exp1.example.com"
    operation = "addExpresswayCConfiguration"
    effects: t.ClassVar = ["expressway_c add Exp1.example.com"]
    reading = "listExpresswayCConfiguration"
    by_somebody: t.ClassVar = {"expressway_c": {"Exp1.example.com": {"description": "theirs"}}}
    gathered = "entries"


@pytest.fixture
def two(cluster: ClusterHandle) -> ClusterHandle:
    """A cluster with two entries."""
    names = "exp1.example.com, exp.example.com"
    cluster.set(
        expressway_c={"Exp1.example.com": {"description": "One", "x509": names}, "exp2.example.com": {}}
    )
    return cluster


def test_neither_case_nor_order_makes_a_difference(
    two: ClusterHandle, modules: Modules, journal: Journal
) -> None:
    since = Journal(two, two.last_seq)
    same = {**ONE, "host": "EXP1.EXAMPLE.COM", "subject_names": ONE["subject_names"][::-1]}
    assert not modules.run(MODULE, entries=[same])["changed"]
    assert not modules.run(MODULE, entries=[same, TWO], state="exactly")["changed"]
    assert since.changing() == []


def test_only_what_is_given_is_changed(two: ClusterHandle, modules: Modules, journal: Journal) -> None:
    result = modules.run(MODULE, entries=[{"host": "EXP1.example.com", "description": "Uno"}, TWO])
    assert [operation["action"] for operation in result["operations"]] == [
        "change the Expressway-C entry Exp1.example.com"
    ]
    assert result["operations"][0]["node"] == PUBLISHER
    # Not written anew, so the blank after the comma is still there.
    assert two.state()["expressway_c"] == {
        "Exp1.example.com": {"description": "Uno", "x509": "exp1.example.com, exp.example.com"},
        "exp2.example.com": {"description": "", "x509": ""},
    }


def test_removal(two: ClusterHandle, modules: Modules, journal: Journal) -> None:
    gone = [{"host": "EXP1.example.com"}, {"host": "never.example.com"}]
    assert modules.run(MODULE, entries=gone, state="absent")["changed"]
    assert list(two.state()["expressway_c"]) == ["exp2.example.com"]
    since = Journal(two, two.last_seq)
    assert not modules.run(MODULE, entries=gone, state="absent")["changed"]
    assert since.changing() == []


def test_exactly_these_and_back(two: ClusterHandle, modules: Modules, journal: Journal) -> None:
    before = modules.run(MODULE, state="gathered")["entries"]
    three = {"host": "exp3.example.com", "description": "", "subject_names": []}
    result = modules.run(MODULE, entries=[TWO, three], state="exactly", record="r")
    assert sorted(two.state()["expressway_c"]) == ["exp2.example.com", "exp3.example.com"]
    assert [operation["action"] for operation in result["operations"]] == [
        "add the Expressway-C entry exp3.example.com",
        "remove the Expressway-C entry Exp1.example.com",
    ]
    modules.run(MODULE, state="restored", record="r")
    after = modules.run(MODULE, state="gathered")["entries"]
    for entries in (before, after):
        entries.sort(key=lambda entry: entry["host"])
        entries[0]["subject_names"].sort()
    assert after == before


def test_exactly_none(two: ClusterHandle, modules: Modules, journal: Journal) -> None:
    result = modules.run(MODULE, entries=[], state="exactly", record="r")
    assert len(result["operations"]) == 2
    assert two.state()["expressway_c"] == {}
    modules.run(MODULE, state="restored", record="r")
    assert sorted(two.state()["expressway_c"]) == ["Exp1.example.com", "exp2.example.com"]


def test_gathered(two: ClusterHandle, modules: Modules) -> None:
    assert modules.run(MODULE, state="gathered")["entries"] == [
        {**ONE, "subject_names": ["exp1.example.com", "exp.example.com"]},
        {"host": "exp2.example.com", "description": "", "subject_names": []},
    ]


@pytest.mark.parametrize(
    ("code", "words", "options"),
    [
        ("entry_too_long", ["host", "255", "256"], {"entries": [TWO, {"host": "h" * 256}]}),
        ("entry_too_long", ["description", "50"], {"entries": [{"host": "h", "description": "d" * 51}]}),
        ("entry_too_long", ["4096"], {"entries": [{"host": "h", "subject_names": ["n" * 4097]}]}),
        ("entry_twice", ["EXP2.example.com"], {"entries": [TWO, {"host": "EXP2.example.com"}]}),
        ("subject_name_invalid", ["CN=a,O=b"], {"entries": [{"host": "h", "subject_names": ["CN=a,O=b"]}]}),
        ("invalid_input", ["entries"], {}),
        ("invalid_input", ["entries"], {"state": "absent"}),
        ("invalid_input", ["entries"], {"state": "restored", "record": "r", "entries": []}),
        ("invalid_input", ["entries"], {"state": "gathered", "entries": []}),
    ],
)
def test_all_is_checked_before_anything_is_sent(
    modules: Modules, journal: Journal, code: str, words: list[str], options: dict[str, t.Any]
) -> None:
    refuse(modules, journal, MODULE, code, words, **options)


@pytest.mark.parametrize("state", ["present", "absent", "exactly", "gathered"])
def test_a_release_without_entries(old_modules: Modules, state: str) -> None:
    journal = Journal(old_modules.cluster, old_modules.cluster.last_seq)
    options = {} if state == "gathered" else {"entries": [TWO]}
    refuse(old_modules, journal, MODULE, "not_in_this_release", ["11.5.1"], state=state, **options)
