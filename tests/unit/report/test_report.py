# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report: what it takes, what it makes of it, and how it goes on with the history of the last one."""

from __future__ import annotations

import hashlib
import json
import typing as t
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.module_utils._report import formats, report

from ..data import fleets
from ..data.fleets import NOW, VERSIONS

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "compliance-report-1.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
WAIVER = {"reason": "moves in spring", "owner": "Voice", "expires": "2027-03-31"}


def control(name: str, **changes: t.Any) -> report.Json:
    return {"id": name, "title": f"{name} is as intended", "severity": "medium", **changes}


def result(name: str, verdict: str = "pass", **changes: t.Any) -> report.Json:
    return {"control": name, "verdict": verdict, "reason": "so it is.", **changes}


def cluster(name: str, *results: report.Json, **changes: t.Any) -> report.Json:
    return {"name": name, "results": list(results), **changes}


def make(
    *clusters: report.Json, controls: t.Sequence[report.Json] | None = None, **changes: t.Any
) -> report.Json:
    """Return a report over clusters by the controls a and b, unless others are given."""
    given = {"history": [], "now": NOW, "versions": VERSIONS, **changes}
    return report.make(clusters, controls or [control("a"), control("b")], **given)


def verdicts(made: report.Json) -> dict[str, list[str]]:
    return {each["name"]: [told["verdict"] for told in each["results"]] for each in made["clusters"]}


# -- make ------------------------------------------------------------------------------------------------


def test_a_report_has_what_was_judged_and_what_made_it() -> None:
    evidence = {"nodes": ["pub", "sub"], "wanted": 2}
    made = make(
        cluster(
            "berlin",
            result("b", "fail", reason="it is off.", evidence=evidence),
            result("a", "waived", waiver=WAIVER),
            release="14.0.1",
            identity="pub/7",
            read_at="2026-11-24T02:00:00Z",
            accounts={"axl": "reader", "cli": "auditor", "password": "secret"},
            further="is not shown",
        ),
        controls=[
            control("a", further=1),
            control("b", severity="high", references=["V-1"], remedy="Turn it on."),
        ],
    )
    assert made["schema"] == "ucops.cucm/compliance-report/1"
    assert (made["generated_at"], made["collection_version"], made["ansible_version"]) == (
        "2026-11-24T02:14:05Z",
        "0.1.0",
        "2.19.4",
    )
    assert made["controls"] == [
        {**control("a"), "references": [], "reads": [], "privilege": "", "remedy": ""},
        {
            **control("b", severity="high", references=["V-1"], remedy="Turn it on."),
            "reads": [],
            "privilege": "",
        },
    ]
    assert made["clusters"] == [
        {
            "name": "berlin",
            "release": "14.0.1",
            "identity": "pub/7",
            "read_at": "2026-11-24T02:00:00Z",
            "accounts": {"axl": "reader", "cli": "auditor"},
            "unreachable": None,
            "saved": None,
            "seen_at": "2026-11-24T02:14:05Z",
            "stale": False,
            "results": [
                {
                    "control": "a",
                    "verdict": "waived",
                    "reason": "so it is.",
                    "evidence": None,
                    "waiver": WAIVER,
                },
                {
                    "control": "b",
                    "verdict": "fail",
                    "reason": "it is off.",
                    "evidence": evidence,
                    "waiver": None,
                },
            ],
        }
    ]
    assert made["history"] == [
        {
            "generated_at": "2026-11-24T02:14:05Z",
            "counts": {**dict.fromkeys(report.VERDICTS, 0), "fail": 1, "waived": 1},
            "clusters": {"berlin": {"fail": 1, "waived": 1}},
        }
    ]
    assert made["notes"] == []
    assert "secret" not in json.dumps(made)


def test_clusters_are_in_the_order_of_their_names_and_controls_as_they_were_given() -> None:
    made = make(*(cluster(name) for name in ("Zürich", "b", "A", "a")), controls=[control("z"), control("a")])
    assert [each["name"] for each in made["clusters"]] == ["A", "a", "b", "Zürich"]
    assert [each["id"] for each in made["controls"]] == ["z", "a"]
    assert [told["control"] for told in made["clusters"][0]["results"]] == ["z", "a"]


def test_what_has_no_result_is_unknown() -> None:
    made = make(cluster("read", result("b")), cluster("lost", unreachable="no answer"), {"name": "new"})
    assert verdicts(made) == {
        "lost": ["unknown", "unknown"],
        "new": ["unknown", "unknown"],
        "read": ["unknown", "pass"],
    }
    reasons = {each["name"]: each["results"][0]["reason"] for each in made["clusters"]}
    assert reasons["lost"] == "the cluster could not be read: no answer"
    assert reasons["read"] == reasons["new"] == "no verdict was given for this control"


def test_nothing_at_all_is_a_report_too() -> None:
    made = report.make([], [], [], NOW, VERSIONS)
    assert (made["clusters"], made["controls"]) == ([], [])
    assert made["history"][0]["counts"] == dict.fromkeys(report.VERDICTS, 0)
    VALIDATOR.validate(made)


@pytest.mark.parametrize(
    ("when", "written"),
    [
        ("2026-11-24T02:00:00Z", "2026-11-24T02:00:00Z"),
        ("2026-11-24T02:00", "2026-11-24T02:00:00Z"),
        ("2026-11-24 02:00:00.999", "2026-11-24T02:00:00Z"),
        ("2026-11-24T02:00:00+09:00", "2026-11-23T17:00:00Z"),
        ("0099-01-01T00:00:00", "0099-01-01T00:00:00Z"),
        (datetime(2026, 11, 24, 2, tzinfo=timezone(timedelta(hours=-5))), "2026-11-24T07:00:00Z"),
        (None, None),
    ],
)
def test_times_are_utc(when: t.Any, written: str | None) -> None:
    assert make(cluster("a", read_at=when))["clusters"][0]["read_at"] == written


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (None, None),
        ({}, {"first": None, "last": None}),
        (
            {"first": "2026-01-05T09:00:00+01:00", "last": None, "further": 1},
            {"first": "2026-01-05T08:00:00Z", "last": None},
        ),
    ],
)
def test_when_answers_were_saved(given: t.Any, shown: t.Any) -> None:
    made = make(cluster("a", saved=given))
    assert made["clusters"][0]["saved"] == shown
    VALIDATOR.validate(made)


def test_clusters_that_are_the_same_one_are_noted_after_what_the_site_says() -> None:
    made = make(
        cluster("hq2", identity="pub/7"),
        cluster("other", identity="pub/8"),
        cluster("headquarters", identity="pub/7"),
        cluster("lost"),
        cluster("lost too"),
        cluster("nameless", identity=""),
        cluster("nameless too", identity=""),
        notes=["disk-space is switched off"],
    )
    assert made["notes"] == [
        "disk-space is switched off",
        "headquarters and hq2 are the same cluster (identity pub/7)",
    ]
    many = make(*(cluster(f"c{number}", identity="i") for number in range(8)))
    assert many["notes"] == ["c0, c1, c2, c3, c4 and 3 more are the same cluster (identity i)"]
    long = make(cluster("x" * 200, identity="i" * 3000), cluster("y" * 200, identity="i" * 3000))
    VALIDATOR.validate(long)


INVALID: dict[str, tuple[t.Any, t.Any, str]] = {
    "cluster that is none": (["x"], [], "clusters[0]: must be a mapping"),
    "no name": ([{}], [], "clusters[0].name: is missing"),
    "empty name": ([{"name": ""}], [], "clusters[0].name: is missing"),
    "name that is no text": ([{"name": 5}], [], "clusters[0].name: must be a text"),
    "long name": ([{"name": "x" * 201}], [], "clusters[0].name: has 201 characters; at most 200"),
    "same name": (
        [{"name": "x"}, {"name": "x"}],
        [],
        "clusters[1].name: 'x' is the name of clusters[0] already",
    ),
    "names that are the same when they can be written": (
        [{"name": "\ud800"}, {"name": "?"}],
        [],
        "clusters[1].name: '?' is the name of clusters[0] already",
    ),
    "accounts": ([{"name": "x", "accounts": ["a"]}], [], "clusters[0].accounts: must be a mapping"),
    "account": ([{"name": "x", "accounts": {"cli": 1}}], [], "clusters[0].accounts.cli: must be a text"),
    "time": ([{"name": "x", "read_at": "today"}], [], "clusters[0].read_at: 'today'"),
    "day": ([{"name": "x", "read_at": "2026-11-24"}], [], "clusters[0].read_at: '2026-11-24'"),
    "time before all": (
        [{"name": "x", "read_at": "0001-01-01T00:00:00+14:00"}],
        [],
        "clusters[0].read_at: '0001-01-01T00:00:00+14:00'",
    ),
    "saved": ([{"name": "x", "saved": "yes"}], [], "clusters[0].saved: must be a mapping"),
    "saved when": (
        [{"name": "x", "saved": {"first": None, "last": "in May"}}],
        [],
        "clusters[0].saved.last: 'in May'",
    ),
    "results": ([{"name": "x", "results": "pass"}], [], "clusters[0].results: must be a list"),
    "result": ([cluster("x", t.cast(t.Any, "pass"))], [], "clusters[0].results[0]: must be a mapping"),
    "verdict": (
        [cluster("x", result("a", "good"))],
        [control("a")],
        "clusters[0].results[0].verdict: 'good'",
    ),
    "verdict that is no text": (
        [cluster("x", result("a", t.cast(t.Any, ["fail"])))],
        [control("a")],
        "clusters[0].results[0].verdict: \"['fail']\"",
    ),
    "unknown control": (
        [cluster("x", result("b"))],
        [control("a")],
        "clusters[0].results[0].control: 'b' is not among the controls",
    ),
    "two results": (
        [cluster("x", result("a"), result("a", "fail"))],
        [control("a")],
        "clusters[0].results[1].control: 'a' has a result already",
    ),
    "no reason": (
        [cluster("x", {"control": "a", "verdict": "pass"})],
        [control("a")],
        "clusters[0].results[0].reason: is missing",
    ),
    "waived by nobody": (
        [cluster("x", result("a", "waived"))],
        [control("a")],
        "clusters[0].results[0].waiver: a verdict of waived needs its waiver",
    ),
    "half a waiver": (
        [cluster("x", result("a", "waived", waiver={"reason": "r", "owner": "o"}))],
        [control("a")],
        "clusters[0].results[0].waiver.expires: is missing",
    ),
    "control that is none": ([], [5], "controls[0]: must be a mapping"),
    "control without title": ([], [{"id": "a", "severity": "low"}], "controls[0].title: is missing"),
    "severity": (
        [],
        [control("a", severity="grave")],
        "controls[0].severity: 'grave'",
    ),
    "references": ([], [control("a", references="V-1")], "controls[0].references: must be a list of texts"),
    "reads": ([], [control("a", reads=[1])], "controls[0].reads: must be a list of texts"),
    "remedy": ([], [control("a", remedy=["x"])], "controls[0].remedy: must be a text"),
    "same control": (
        [],
        [control("a"), control("a")],
        "controls[1].id: 'a' is the id of controls[0] already",
    ),
}


@pytest.mark.parametrize("name", INVALID)
def test_what_cannot_be_right_is_named_with_its_place(name: str) -> None:
    clusters, controls, message = INVALID[name]
    with pytest.raises(InputError) as raised:
        report.make(clusters, controls, [], NOW, VERSIONS)
    assert raised.value.code == "report_invalid"
    assert message in raised.value.message
    assert raised.value.remedy


@pytest.mark.parametrize("notes", ["text", [1], [None]])
def test_notes_are_texts(notes: t.Any) -> None:
    with pytest.raises(InputError, match="notes: must be a list of texts"):
        make(notes=notes)


# -- limits ----------------------------------------------------------------------------------------------


def evidence_of(value: t.Any) -> t.Any:
    """Return evidence as a report has it, after a proof that it is JSON as others read it."""
    made = make(cluster("x", result("a", evidence=value)))
    shown = made["clusters"][0]["results"][0]["evidence"]
    text = json.dumps(shown, ensure_ascii=False, allow_nan=False)
    text.encode("utf-8")
    assert len(text) < 4100
    VALIDATOR.validate(made)
    return shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (True, True),
        (0, 0),
        (1.5, 1.5),
        ("x", "x"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (2**1000, 2**1000),
        ((1, 2), [1, 2]),
        ({2, 1, "x"}, [1, 2, "x"]),
        (frozenset(), []),
        ({1: {None: "x"}}, {"1": {"None": "x"}}),
        (date(2026, 11, 24), "2026-11-24"),
        (NOW, "2026-11-24T02:14:05+00:00"),
        (b"\xff", "b'\\xff'"),
        ("\ud800", "?"),
        ("x" * 501, "x" * 500 + "... (1 more characters)"),
        (list(range(51)), [*range(50), "... 1 more"]),
        (
            {str(number): 0 for number in range(52)},
            {**{str(number): 0 for number in range(50)}, "...": "2 more"},
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_evidence_becomes_plain_json(value: t.Any, shown: t.Any) -> None:
    assert evidence_of(value) == shown
    assert type(evidence_of(value)) is type(shown)


def test_evidence_may_be_of_any_size() -> None:
    assert "nested too deeply" in json.dumps(evidence_of(fleets.nested(900)))
    # Python writes out no integer of so many digits.
    assert evidence_of(10**5000).startswith("0x")
    huge = {f"node {number}": {f"key {key}": fleets.LONG for key in range(60)} for number in range(60)}
    shown = evidence_of(huge)
    assert set(shown) == {"shortened", "characters"}
    assert shown["shortened"].startswith('{"node 0": {"key 0": "<b>long</b>')
    assert shown["characters"] > 4000


def test_long_texts_are_cut_and_say_so() -> None:
    made = make(
        cluster("x", result("a", reason="r" * 10_000), release="v" * 2001),
        controls=[control("a", title="t" * 2000, references=["V" * 201])],
        notes=["n" * 2001],
    )
    (only,) = made["clusters"]
    assert only["results"][0]["reason"] == "r" * 2000 + "... (8000 more characters)"
    assert only["release"].endswith("v... (1 more characters)")
    assert made["controls"][0]["title"] == "t" * 2000
    assert made["notes"] == ["n" * 2000 + "... (1 more characters)"]
    assert made["controls"][0]["references"] == ["V" * 200 + "... (1 more characters)"]
    VALIDATOR.validate(made)


class Tagged(str):
    """A text as Ansible gives it, with more than a text has."""

    __slots__ = ("origin",)


class TaggedDict(dict[str, t.Any]):
    """A mapping as Ansible gives it."""


def test_classes_of_others_do_not_stay() -> None:
    told = TaggedDict({Tagged("x"): [Tagged("y"), TaggedDict()]})
    made = make(
        TaggedDict(
            cluster(Tagged("n"), result(Tagged("a"), Tagged("fail"), reason=Tagged("r"), evidence=told))
        ),
        controls=[TaggedDict(control(Tagged("a"), references=[Tagged("V")]))],
    )

    def classes(value: t.Any) -> set[type]:
        inner = (
            [*value.keys(), *value.values()]
            if isinstance(value, dict)
            else value
            if isinstance(value, list)
            else []
        )
        return {type(value)}.union(*map(classes, inner))

    assert classes(made) <= {dict, list, str, int, bool, type(None)}


# -- what it says ----------------------------------------------------------------------------------------


def test_findings_are_gravest_first() -> None:
    made = make(
        cluster("x", result("low", "fail"), result("high", "contradiction"), result("medium", "unknown")),
        cluster("y", result("low", "pass"), result("high", "fail", reason="why"), result("medium", "fail")),
        controls=[control(severity, severity=severity) for severity in ("low", "high", "medium")],
    )
    found = report.findings(made, ("fail", "contradiction"))
    assert [(each["severity"], each["verdict"], each["cluster"]) for each in found] == [
        ("high", "fail", "y"),
        ("high", "contradiction", "x"),
        ("medium", "fail", "y"),
        ("low", "fail", "x"),
    ]
    assert found[0] == {
        "cluster": "y",
        "control": "high",
        "severity": "high",
        "verdict": "fail",
        "reason": "why",
    }
    assert [each["verdict"] for each in report.findings(made, ["unknown"])] == ["unknown"]
    assert report.findings(made, []) == []


def test_what_could_not_be_read_is_worst_and_then_what_is_gravest() -> None:
    controls = [control(severity, severity=severity) for severity in report.SEVERITIES]

    def told(name: str, high: str, medium: str = "pass", low: str = "pass") -> report.Json:
        return cluster(name, result("high", high), result("medium", medium), result("low", low))

    made = make(
        told("clean", "pass"),
        told("fine", "pass"),
        told("unknown", "unknown", "unknown"),
        told("medium", "unknown", "fail", "fail"),
        told("high", "contradiction"),
        told("most", "fail", "fail"),
        cluster("a lost one", unreachable="no answer"),
        cluster("lost", unreachable="no route"),
        controls=controls,
    )
    assert [each["name"] for each in report.worst_first(made)] == [
        *("a lost one", "lost", "most", "high", "medium", "unknown", "clean", "fine"),
    ]
    assert report.unread(made) == [
        {"cluster": "a lost one", "reason": "no answer"},
        {"cluster": "lost", "reason": "no route"},
    ]


def test_the_digest_is_what_is_said_and_nothing_else() -> None:
    def said(**changes: t.Any) -> str:
        given = {"verdict": "fail", "reason": "r", "waiver": None, "title": "t", **changes}
        made = make(
            cluster("x", result("a", given["verdict"], reason=given["reason"], waiver=given["waiver"])),
            controls=[control("a", title=given["title"])],
            now=given.get("now", NOW),
            history=given.get("history", []),
        )
        return str(made["digest"])

    same = said()
    assert said(now=NOW + timedelta(days=1)) == same
    assert said(history=make()["history"]) == same
    different = {
        said(verdict="pass"),
        said(reason="s"),
        said(waiver=WAIVER),
        said(title="u"),
        said(waiver={**WAIVER, "expires": "2027-04-30"}),
    }
    assert len(different | {same}) == 6


def test_the_digest_can_be_computed_as_the_schema_tells() -> None:
    told = json.loads(formats.as_json(fleets.hostile()))
    said = {
        "clusters": {each["name"]: each["results"] for each in told["clusters"]},
        "controls": told["controls"],
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    assert hashlib.sha256(text.encode("ascii")).hexdigest() == told["digest"]


# -- history ---------------------------------------------------------------------------------------------


def test_the_history_goes_on() -> None:
    first = make(cluster("x", result("a", "fail")))
    second = make(cluster("x", result("a")), history=first["history"], now=NOW + timedelta(days=1))
    assert [point["generated_at"] for point in second["history"]] == [
        "2026-11-24T02:14:05Z",
        "2026-11-25T02:14:05Z",
    ]
    assert [point["counts"]["fail"] for point in second["history"]] == [1, 0]
    assert len(first["history"]) == 1


@pytest.mark.parametrize(
    ("number", "left"), [(0, []), (1, [3]), (2, [2, 3]), (3, [1, 2, 3]), (9, [1, 2, 3]), (-1, [])]
)
def test_the_last_points_are_kept(number: int, left: list[int]) -> None:
    assert report.kept(t.cast(t.Any, [1, 2, 3]), number) == left


def written_and_read(made: report.Json) -> report.Json:
    return report.read(formats.as_json(made))


def test_a_report_is_read_as_it_was_written() -> None:
    made = fleets.fleet(20)
    told = written_and_read(made)
    assert (told["generated_at"], told["digest"]) == (made["generated_at"], made["digest"])
    assert (told["controls"], told["clusters"]) == (made["controls"], made["clusters"])
    assert len(told["history"]) == 46
    assert told["history"][-1] == made["history"][-1]
    VALIDATOR.validate({**made, "history": told["history"]})


def spoiled(**changes: t.Any) -> str:
    """Return a report with other values; ``...`` takes the key away."""
    made = {**make(cluster("x", result("a"))), **changes}
    return json.dumps({key: value for key, value in made.items() if value is not ...})


POINT = make()["history"][0]
UNREADABLE = {
    "nothing": "",
    "half": spoiled()[:-20],
    "no JSON": "<html>",
    "no mapping": "[]",
    "deep": "[" * 100_000,
    "another schema": spoiled(schema="ucops.cucm/compliance-report/2"),
    "no time": spoiled(generated_at=...),
    "a time that is none": spoiled(generated_at="yesterday, or the day before"),
    "a time that is a number": spoiled(generated_at=5),
    "no digest": spoiled(digest=...),
    "a digest that is none": spoiled(digest=None),
    "no clusters": spoiled(clusters=...),
    "clusters that are none": spoiled(clusters={"x": {}}),
    "a cluster without a name": spoiled(clusters=[{"read_at": None}]),
    "a cluster without a time": spoiled(clusters=[{"name": "x"}]),
    "a cluster with a time that is none": spoiled(clusters=[{"name": "x", "read_at": 5}]),
    "no controls": spoiled(controls=...),
    "a result of a control that is none": spoiled(controls=[]),
    "a cluster twice": spoiled(clusters=make(cluster("x"))["clusters"] * 2),
    "a number that is none": spoiled(digest=float("nan")),
    "a time of a run that is none": spoiled(clusters=[{"name": "x", "read_at": None, "seen_at": "then"}]),
    "no history": spoiled(history=...),
    "an empty history": spoiled(history=[]),
    "a history that is none": spoiled(history={"0": POINT}),
    "a point that is none": spoiled(history=[POINT, 5]),
    "a point without a time": spoiled(history=[{**POINT, "generated_at": None}]),
    "a point without counts": spoiled(history=[{**POINT, "counts": None}]),
    "a negative count": spoiled(history=[{**POINT, "counts": {"fail": -1}}]),
    "a count that is none": spoiled(history=[{**POINT, "counts": {"fail": True}}]),
    "a verdict that is none": spoiled(history=[{**POINT, "counts": {"good": 1}}]),
    "a point without clusters": spoiled(history=[{**POINT, "clusters": []}]),
    "a cluster's counts that are none": spoiled(history=[{**POINT, "clusters": {"x": {"fail": "1"}}}]),
    "a name that is too long": spoiled(history=[{**POINT, "clusters": {"x" * 201: {}}}]),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_report_is_not_read(name: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        report.read(UNREADABLE[name])


def test_what_others_added_to_the_history_does_not_stay() -> None:
    point = {
        **POINT,
        "note": "x",
        "generated_at": "2026-11-23T02:00:00+01:00",
        "counts": {"fail": 3},
        "clusters": {},
    }
    made = make(history=report.read(spoiled(history=[point]))["history"])
    VALIDATOR.validate(made)
    assert made["history"][0] == {
        "generated_at": "2026-11-23T01:00:00Z",
        "counts": {**dict.fromkeys(report.VERDICTS, 0), "fail": 3},
        "clusters": {},
    }


def test_a_report_at_the_time_of_an_earlier_one_says_whether_they_say_the_same() -> None:
    def at(day: int, earlier: report.Json | None, verdict: str = "fail", keep: int = 2) -> report.Json:
        history = report.kept(written_and_read(earlier)["history"], keep) if earlier else []
        when = NOW + timedelta(days=day)
        return make(
            cluster("x", result("a", verdict), read_at=when.isoformat()),
            cluster("lost", unreachable="no answer"),
            history=history,
            now=when,
        )

    def same(made: report.Json, earlier: report.Json, keep: int = 2) -> bool:
        return report.at_the_time_of(made, written_and_read(earlier), keep) == earlier

    reports = [at(0, None)]
    for day in range(1, 6):
        reports.append(at(day, reports[-1]))
        assert same(reports[-1], reports[-2])
        assert len(reports[-1]["history"]) == min(day + 1, 3)
    assert not same(at(7, reports[-1], "pass"), reports[-1])
    assert not same(at(7, reports[-1]) | {"ansible_version": "2.20.0"}, reports[-1])
    # With fewer kept, the file is another one.
    assert not same(at(7, reports[-1], keep=1), reports[-1], keep=1)
    # A cluster that could be read then and not now.
    unread = make(
        cluster("x", result("a", "fail")), cluster("lost", unreachable="no answer"), now=NOW + timedelta(9)
    )
    assert not same(unread, reports[-1])


# -- hostile texts ---------------------------------------------------------------------------------------


def test_the_schema_is_one_and_is_strict() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def objects(value: t.Any) -> t.Iterator[dict[str, t.Any]]:
        if isinstance(value, dict):
            if value.get("type") == "object" and "properties" in value:
                yield value
            for inner in value.values():
                yield from objects(inner)

    found = list(objects(SCHEMA))
    assert len(found) == 8
    for each in found:
        assert each["additionalProperties"] is False
        assert sorted(each["required"]) == sorted(each["properties"])
    assert SCHEMA["$defs"]["verdict"]["enum"] == list(report.VERDICTS)
    assert SCHEMA["properties"]["schema"]["const"] == report.SCHEMA


@pytest.mark.parametrize(
    "spoil",
    [
        lambda made: made.update(further=1),
        lambda made: made.update(digest="x"),
        lambda made: made["clusters"][0].update(further=1),
        lambda made: made.pop("notes"),
        lambda made: made.update(notes=[1]),
        lambda made: made["clusters"][0].pop("identity"),
        lambda made: made["clusters"][0].pop("saved"),
        lambda made: made["clusters"][0].update(saved={"first": None}),
        lambda made: made["clusters"][0].update(saved={"first": None, "last": "2026-01-05"}),
        lambda made: made["clusters"][0].update(read_at="2026-11-24T02:00:00+01:00"),
        lambda made: made["clusters"][0]["results"][0].update(verdict="good"),
        lambda made: made["clusters"][0]["results"][0].update(verdict="waived"),
        lambda made: made["controls"][0].update(severity="grave"),
        lambda made: made["history"][0]["counts"].pop("fail"),
        lambda made: made["history"][0]["clusters"].update(x={"good": 1}),
        lambda made: made["history"].clear(),
    ],
)
def test_the_schema_refuses_what_is_no_report(spoil: t.Callable[[report.Json], t.Any]) -> None:
    made = make(cluster("x", result("a")))
    VALIDATOR.validate(made)
    spoil(made)
    assert not VALIDATOR.is_valid(made)


@pytest.mark.parametrize(
    "made", [fleets.fleet(25), fleets.fleet(1, points=0), fleets.hostile()], ids=["fleet", "one", "hostile"]
)
def test_what_is_written_fits_the_schema(made: report.Json) -> None:
    VALIDATOR.validate(json.loads(formats.as_json(made)))


def test_hostile_texts_change_no_verdict() -> None:
    given, _controls = fleets.hostile_input()
    told = {tuple(each["verdict"] for each in one["results"]) for one in given}
    assert {tuple(line) for line in verdicts(fleets.hostile()).values()} == told


ANY_TEXT = st.text(st.characters(exclude_categories=()), min_size=1, max_size=40)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | st.dates() | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT | st.integers(), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=150)
@given(
    words=st.lists(ANY_TEXT, min_size=4, max_size=4),
    verdict=st.sampled_from(report.VERDICTS),
    evidence=ANYTHING,
)
def test_whatever_is_said_becomes_a_report_that_fits_the_schema(
    words: list[str], verdict: str, evidence: t.Any
) -> None:
    one, two, three, four = words
    waiver = {"reason": one, "owner": two, "expires": three}
    made = make(
        cluster(
            one,
            {"control": two, "verdict": verdict, "reason": three, "evidence": evidence, "waiver": waiver},
            release=four,
            accounts={"axl": two},
            identity=one,
        ),
        cluster(f"{one[:20]}2", identity=one, unreachable=four),
        notes=[four],
        controls=[control(two, title=three, remedy=four, references=[one])],
    )
    assert [verdict] in verdicts(made).values()
    VALIDATOR.validate(made)
    assert json.loads(formats.as_json(made)) == made
    assert report.at_the_time_of(made, written_and_read(made), 5) == made


# -- clusters of other runs ------------------------------------------------------------------------------


A = [cluster("a1", result("a"), result("b", "fail"), read_at="2026-11-24T02:00:00Z"), cluster("a2")]
B = [cluster("b1", result("a"), result("b")), cluster("b2", unreachable="no answer")]
LATER = NOW + timedelta(days=5)


def after(earlier: report.Json, *clusters: report.Json, **changes: t.Any) -> report.Json:
    """Return a report that continues an earlier one, five days later by default."""
    told = written_and_read(earlier)
    return make(*clusters, **{"history": told["history"], "earlier": told, "now": LATER, **changes})


def test_parts_of_a_fleet_make_the_report_of_the_whole() -> None:
    whole = make(*A, *B)
    for one, other in ((A, B), (B, A)):
        made = after(make(*one), *other)
        VALIDATOR.validate(made)
        assert made["digest"] == whole["digest"]
        assert verdicts(made) == verdicts(whole)
        assert made["history"][-1]["counts"] == whole["history"][-1]["counts"]
        assert {each["name"] for each in report.unseen(made)} == {each["name"] for each in one}
        assert after(made, *A, *B)["clusters"] == make(*A, *B, now=LATER)["clusters"]


def test_a_cluster_that_was_not_seen_keeps_what_was_known_and_when() -> None:
    first = make(*A)
    made = after(after(first, *B), *B, now=LATER + timedelta(days=1))
    kept = {each["name"]: each for each in made["clusters"]}
    assert kept["a1"] == {**first["clusters"][0], "stale": True}
    assert kept["a1"]["seen_at"] == "2026-11-24T02:14:05Z"
    assert (kept["b1"]["seen_at"], kept["b1"]["stale"]) == ("2026-11-30T02:14:05Z", False)
    assert report.age(made, kept["a1"]) == 6 * 86400
    assert [each["name"] for each in report.of_this_run(made)["clusters"]] == ["b1", "b2"]


def test_a_cluster_leaves_when_it_is_retired_by_name() -> None:
    made = after(make(*A), *B, retired=["a1", "never-there"])
    assert set(verdicts(made)) == {"a2", "b1", "b2"}
    assert set(made["history"][-1]["clusters"]) == {"a2", "b1", "b2"}
    assert set(made["history"][0]["clusters"]) == {"a1", "a2"}
    assert set(verdicts(after(made, *B))) == {"a2", "b1", "b2"}
    judged = after(make(*A), *A, retired=["a1"])
    assert set(verdicts(judged)) == {"a1", "a2"}
    assert "a1 is retired" in judged["notes"][-1]


def test_runs_with_other_controls_keep_their_own() -> None:
    other = [control("b", severity="high"), control("c")]
    made = after(make(*A), cluster("b1", result("b"), result("c", "fail")), controls=other)
    VALIDATOR.validate(made)
    assert [(each["id"], each["severity"]) for each in made["controls"]] == [
        ("b", "high"),
        ("c", "medium"),
        ("a", "medium"),
    ]
    told = {each["name"]: [one["control"] for one in each["results"]] for each in made["clusters"]}
    assert told == {"a1": ["a", "b"], "a2": ["a", "b"], "b1": ["b", "c"]}
    assert report.findings(made, ["fail"])
    for render in (formats.as_junit, formats.as_markdown, formats.as_prometheus, formats.as_json):
        assert render(made)
    # What nobody was judged by any longer goes with the last cluster that was.
    gone = after(made, cluster("b1", result("b")), controls=other, retired=["a1", "a2"])
    assert [each["id"] for each in gone["controls"]] == ["b", "c"]


def test_a_report_from_before_clusters_had_a_time_of_their_run_has_seen_them_all() -> None:
    old = make(*A)
    old["clusters"] = [
        {key: value for key, value in each.items() if key not in ("seen_at", "stale")}
        for each in old["clusters"]
    ]
    made = after(old, *B)
    assert {each["name"]: each["seen_at"] for each in report.unseen(made)} == {
        "a1": "2026-11-24T02:14:05Z",
        "a2": "2026-11-24T02:14:05Z",
    }


@pytest.mark.parametrize(
    "evidence",
    [
        {"text": "x" * 600},
        list(range(100)),
        {str(number): "y" * 400 for number in range(50)},
        {"quotes": ['"\\' * 200] * 50},
        "👩" * 499,
        ["👩" * 499] * 40,
    ],
)
def test_what_was_shortened_stays_as_it_was(evidence: t.Any) -> None:
    first = make(cluster("x", result("a", "fail", reason="r" * 2500, evidence=evidence)), notes=["n" * 2500])
    kept = first["clusters"][0]["results"]
    for _run in range(3):
        first = after(first, cluster("y"))
        assert first["clusters"][0]["results"] == kept


def test_the_same_parts_again_say_the_same() -> None:
    made = after(make(*A), *B)
    again = after(made, *B, now=LATER + timedelta(hours=1))
    assert report.at_the_time_of(again, written_and_read(made), 1)["clusters"] == made["clusters"]


def test_the_clock_may_stand_anywhere() -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    assert make(now=tokyo)["generated_at"] == make(now=NOW)["generated_at"] == "2026-11-24T02:14:05Z"
    assert make(now=datetime(2026, 1, 2, 3, 4, 5, 999_999, UTC))["generated_at"] == "2026-01-02T03:04:05Z"
