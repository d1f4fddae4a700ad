# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formats of the report: each is read back by a reader of its own, whatever a cluster or a site says."""

from __future__ import annotations

import itertools
import json
import re
import typing as t
import unicodedata
from collections import Counter
from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ansible_collections.ucops.cucm.plugins.module_utils._report import formats, page, report

from ..data import fleets
from ..data.fleets import HOSTILE, NOW, VERSIONS

FLEET = fleets.fleet(25)
HOSTILE_REPORT = fleets.hostile()
EMPTY = report.make([], [], [], NOW, VERSIONS)
REPORTS = {"fleet": FLEET, "hostile": HOSTILE_REPORT, "empty": EMPTY, "single": fleets.fleet(1)}
every_report = pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS)


def verdicts(made: report.Json) -> list[tuple[str, str, str]]:
    return [
        (cluster["name"], result["control"], result["verdict"])
        for cluster in made["clusters"]
        for result in cluster["results"]
    ]


# -- what can be seen ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain ünïcödé 漢字 👩", "plain ünïcödé 漢字 👩"),
        ("a\u00a0b\u3000c", "a\u00a0b\u3000c"),
        ("a\u202eb", "a[U+202E]b"),
        ("a\u200bb\ufeffc\u00add", "a[U+200B]b[U+FEFF]c[U+00AD]d"),
        ("a\x00b\x1b[31mc\x7f", "a[U+0000]b[U+001B][31mc[U+007F]"),
        ("a\r\nb\u2028c", "a[U+000D][U+000A]b[U+2028]c"),
        ("\u3164\u2800\uffa0", "[U+3164][U+2800][U+FFA0]"),
        ("\U0010ffff\ufffe", "[U+10FFFF][U+FFFE]"),
    ],
)
def test_what_hides_is_named(text: str, seen: str) -> None:
    assert formats.visible(text) == seen


def test_a_line_may_end_where_lines_are_meant() -> None:
    assert formats.visible("a\nb\tc\r\n", keep="\n") == "a\nb[U+0009]c[U+000D]\n"


@given(st.text())
def test_nothing_hides(text: str) -> None:
    seen = formats.visible(text)
    assert all(char.isprintable() or unicodedata.category(char) == "Zs" for char in seen)
    if all(" " <= char <= "~" for char in text):
        assert seen == text


# -- JSON ------------------------------------------------------------------------------------------------


@every_report
def test_json_is_the_report_in_ascii(made: report.Json) -> None:
    text = formats.as_json(made)
    assert text.isascii()
    assert text.endswith("}\n")
    assert json.loads(text, parse_constant=pytest.fail) == made
    # Lines that can be searched and compared.
    lines = [json.loads(line.rstrip(",")) for line in text.splitlines() if line.startswith("  {")]
    assert lines == [*made["controls"], *made["clusters"], *made["history"]]


# -- JUnit -----------------------------------------------------------------------------------------------

OUTCOMES = {
    "fail": "failure",
    "contradiction": "failure",
    "unknown": "error",
    "waived": "skipped",
    "not_applicable": "skipped",
    "pass": None,
}
TOTALS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def junit(made: report.Json) -> ElementTree.Element:
    """Return JUnit XML after a proof that it has the form readers of it agree on, and counts right."""
    text = formats.as_junit(made)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    root = ElementTree.fromstring(text.encode("utf-8"))
    assert root.tag == "testsuites"
    for suite in root:
        assert suite.tag == "testsuite"
        assert {"name", "timestamp", "time"} <= set(suite.attrib)
        assert datetime.fromisoformat(suite.attrib["timestamp"])
        assert suite[0].tag == "properties"
        assert {each.tag for each in suite[0]} <= {"property"}
        assert all(set(each.attrib) == {"name", "value"} for each in suite[0])
        assert {each.tag for each in suite[1:]} <= {"testcase"}
        for case in suite[1:]:
            assert {"name", "classname", "time"} == set(case.attrib)
            assert [each.tag for each in case] in ([], ["failure"], ["error"], ["skipped"])
            assert all(len(each) == 0 and each.attrib["message"] for each in case)
    for level in (root, *root):
        cases = list(level.iter("testcase"))
        found = Counter(outcome.tag for case in cases for outcome in case)
        assert int(level.attrib["tests"]) == len(cases)
        assert {name: int(level.attrib[name]) for name in TOTALS} == {
            name: found[tag] for name, tag in TOTALS.items()
        }
    return root


@every_report
def test_junit_has_every_verdict(made: report.Json) -> None:
    root = junit(made)
    told = [
        (suite.attrib["name"], case.attrib["name"], case[0].tag if len(case) else None)
        for suite in root
        for case in suite.iter("testcase")
    ]
    assert told == [
        (formats.visible(cluster, keep="\n"), formats.visible(control, keep="\n"), OUTCOMES[verdict])
        for cluster, control, verdict in verdicts(made)
    ]


def test_junit_tells_why_and_what_to_do() -> None:
    waiver = {"reason": "moves in spring", "owner": "Voice", "expires": "2027-03-31"}
    made = report.make(
        [
            {
                "name": "berlin",
                "release": "14.0.1",
                "accounts": {"axl": "reader"},
                "read_at": "2026-11-24T02:00:00Z",
                "results": [
                    {
                        "control": "a",
                        "verdict": "fail",
                        "reason": "it is <off>.",
                        "evidence": {"mode": "off & on"},
                    },
                    {"control": "b", "verdict": "waived", "reason": "it is off.", "waiver": waiver},
                    {
                        "control": "c",
                        "verdict": "waived",
                        "reason": "Voice waives it until 2027-03-31: moves in spring.",
                        "waiver": waiver,
                    },
                ],
            }
        ],
        [
            {
                "id": name,
                "title": f"Title {name}",
                "severity": "high",
                "references": ["V-1"],
                "remedy": "Turn it on.",
            }
            for name in "abc"
        ],
        [],
        NOW,
        VERSIONS,
        ["a is <new>", "b is off"],
    )
    (suite,) = junit(made)
    assert suite.attrib["timestamp"] == "2026-11-24T02:00:00Z"
    properties = {each.attrib["name"]: each.attrib["value"] for each in suite[0]}
    assert properties == {
        "schema": report.SCHEMA,
        "digest": made["digest"],
        "collection_version": "0.1.0",
        "ansible_version": "2.19.4",
        "release": "14.0.1",
        "axl_account": "reader",
        "note_1": "a is <new>",
        "note_2": "b is off",
    }
    failure, waived, told = [case[0] for case in suite.iter("testcase")]
    assert failure.attrib == {"message": "it is <off>.", "type": "fail"}
    assert failure.text == ('Title a (high)\nV-1\nRemedy: Turn it on.\nEvidence: {\n "mode": "off & on"\n}')
    assert waived.attrib == {
        "message": "it is off. (waiver of Voice until 2027-03-31: moves in spring)",
    }
    # Text that the reason already has is not repeated.
    assert told.attrib == {"message": "Voice waives it until 2027-03-31: moves in spring."}


def test_junit_tells_of_saved_answers_and_tells_the_notes_once() -> None:
    told = [{each.attrib["name"]: each.attrib["value"] for each in suite[0]} for suite in junit(FLEET)]
    assert [each.get("saved", "") for each in told] == [
        "2026-01-05" if cluster["saved"] else "" for cluster in FLEET["clusters"]
    ]
    assert [each.get("note_2") for each in told] == [fleets.NOTES[1], *[None] * 24]


# -- Prometheus ------------------------------------------------------------------------------------------

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(,|$)')
Sample = tuple[str, dict[str, str], float]


def prometheus(text: str) -> list[Sample]:
    """Return the samples of text in the exposition format 0.0.4; anything that is not in it fails."""
    text.encode("utf-8")
    assert text.endswith("\n")
    samples: list[Sample] = []
    declared: dict[str, str] = {}
    current = ""
    for line in text[:-1].split("\n"):
        if found := re.fullmatch(rf"# (HELP|TYPE) ({_NAME}) (.+)", line):
            kind, name, said = found.groups()
            if kind == "HELP":
                assert name not in declared, "the lines of a metric stand together"
                declared[name] = ""
            else:
                assert (name, declared[name], said) == (current, "", "gauge")
                declared[name] = said
            current = name
            continue
        found = re.fullmatch(rf"({_NAME})(?:\{{(.*)\}})? (-?[0-9]+)", line)
        assert found, f"not in the format: {line!r}"
        name, inside, value = found.groups()
        assert name == current
        assert declared[name] == "gauge"
        labels: dict[str, str] = {}
        place = 0
        while inside and place < len(inside):
            label = _LABEL.match(inside, place)
            assert label, f"not in the format: {inside[place:]!r}"
            key, written, _comma = label.groups()
            assert key not in labels
            labels[key] = re.sub(r"\\(.)", lambda each: {"n": "\n"}.get(each[1], each[1]), written)
            place = label.end()
        samples.append((name, labels, float(value)))
    assert len({(name, tuple(sorted(labels.items()))) for name, labels, _value in samples}) == len(samples)
    return samples


@every_report
def test_prometheus_has_every_verdict(made: report.Json) -> None:
    samples = prometheus(formats.as_prometheus(made))
    severities = {control["id"]: control["severity"] for control in made["controls"]}
    by_name: dict[str, list[tuple[dict[str, str], float]]] = {}
    for name, labels, value in samples:
        by_name.setdefault(name, []).append((labels, value))
    assert by_name.pop("cucm_compliance_result", []) == [
        ({"cluster": cluster, "control": control, "severity": severities[control], "verdict": verdict}, 1)
        for cluster, control, verdict in verdicts(made)
    ]
    assert by_name.pop("cucm_compliance_results", []) == [
        ({"cluster": cluster["name"], "verdict": verdict}, number)
        for cluster in made["clusters"]
        for verdict, number in report.counts(cluster["results"]).items()
    ]
    assert by_name.pop("cucm_compliance_cluster_read", []) == [
        ({"cluster": cluster["name"]}, 0 if cluster["unreachable"] else 1) for cluster in made["clusters"]
    ]
    assert by_name.pop("cucm_compliance_cluster_read_timestamp_seconds", []) == [
        ({"cluster": cluster["name"]}, datetime.fromisoformat(cluster["read_at"]).timestamp())
        for cluster in made["clusters"]
        if cluster["read_at"]
    ]
    assert by_name.pop("cucm_compliance_cluster_stale", []) == [
        ({"cluster": cluster["name"]}, int(cluster["stale"])) for cluster in made["clusters"]
    ]
    assert by_name.pop("cucm_compliance_cluster_seen_timestamp_seconds", []) == [
        ({"cluster": cluster["name"]}, datetime.fromisoformat(cluster["seen_at"]).timestamp())
        for cluster in made["clusters"]
    ]
    assert by_name.pop("cucm_compliance_notes") == [({}, len(made["notes"]))]
    assert by_name.pop("cucm_compliance_timestamp_seconds") == [({}, NOW.timestamp())]
    assert by_name.pop("cucm_compliance_info") == [
        (
            {"collection_version": "0.1.0", "ansible_version": "2.19.4", "digest": made["digest"]},
            1,
        )
    ]
    assert by_name == {}


@pytest.mark.parametrize(
    "text",
    ["m 1", '# HELP m x\n# TYPE m gauge\nm{a="b\n"} 1\n', '# HELP m x\n# TYPE m gauge\nm{a="\\x"} 1\n'],
)
def test_the_reader_of_the_format_is_strict(text: str) -> None:
    with pytest.raises(AssertionError):
        prometheus(text)


# -- Markdown --------------------------------------------------------------------------------------------

_BLOCKS = {
    *("heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline"),
    *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
    *(
        f"{part}_{side}"
        for part in ("table", "thead", "tbody", "tr", "th", "td")
        for side in ("open", "close")
    ),
}


def markdown(text: str) -> list[Token]:
    """Return the tokens of Markdown, after a proof that there is nothing but headings, tables, notes and paragraphs."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    assert {token.type for token in tokens} <= _BLOCKS
    inside = {child.type for token in tokens for child in token.children or []}
    assert inside <= {"text", "text_special", "strong_open", "strong_close", "code_inline"}
    strong = sum(child.type == "strong_open" for token in tokens for child in token.children or [])
    assert (
        strong == sum(child.type == "code_inline" for token in tokens for child in token.children or []) == 1
    )
    return tokens


def said(token: Token) -> str:
    return "".join(child.content for child in token.children or [])


def tables(tokens: t.Sequence[Token]) -> list[list[list[str]]]:
    """Return tables of rows of cells, the heads too."""
    found: list[list[list[str]]] = []
    for token, after in itertools.pairwise(tokens):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type in ("td_open", "th_open"):
            found[-1][-1].append(said(after))
    return found


def in_markdown(text: str) -> str:
    # Blanks at the ends of a cell do not count in Markdown.
    return formats.visible(text).replace("@", "@\u2060").strip()


def same(found: str, wanted: str) -> bool:
    return found.strip() == in_markdown(wanted)


@every_report
def test_markdown_is_an_overview_and_what_is_not_in_order(made: report.Json) -> None:
    tokens = markdown(formats.as_markdown(made))
    overview, *details = tables(tokens)
    assert overview[0] == [
        "Cluster",
        "Release",
        *(f"{formats.SYMBOLS[each]} {formats.WORDS[each]}" for each in report.VERDICTS),
    ]
    assert len(overview) == 1 + len(made["clusters"])
    titles = {control["id"]: control["title"] for control in made["controls"]}
    told = iter(details)
    for row, cluster in zip(overview[1:], report.worst_first(made), strict=True):
        assert same(row[0], cluster["name"])
        assert row[1].startswith("not read: ") is bool(cluster["unreachable"])
        assert row[2:] == [str(number) for number in report.counts(cluster["results"]).values()]
        kept_back = (
            ("pass", "not_applicable", "unknown") if cluster["unreachable"] else ("pass", "not_applicable")
        )
        wanted = sorted(
            (each for each in cluster["results"] if each["verdict"] not in kept_back),
            key=lambda each: report.VERDICTS.index(each["verdict"]),
        )
        if not wanted:
            continue
        rows = next(told)[1:]
        assert [line[0].split(" ", 1)[1] for line in rows] == [
            formats.WORDS[each["verdict"]] for each in wanted
        ]
        for line, each in zip(rows, wanted, strict=True):
            assert same(line[2], f"{titles[each['control']]} ({each['control']})")
            assert in_markdown(each["reason"]) in line[3].strip()
    assert next(told, None) is None
    headings = [said(after) for token, after in itertools.pairwise(tokens) if token.type == "heading_open"]
    assert len(headings) == 1 + len(made["clusters"]) + bool(made["notes"])
    assert [
        said(paragraph)
        for token, _opened, paragraph in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if token.type == "list_item_open"
    ] == [in_markdown(note) for note in made["notes"]]


def test_markdown_says_of_each_verdict_which_controls() -> None:
    text = formats.as_markdown(FLEET)
    plain = re.sub(r"\\(.)", r"\1", text)
    for cluster in FLEET["clusters"]:
        for verdict in ("pass", "not_applicable"):
            named = [each["control"] for each in cluster["results"] if each["verdict"] == verdict]
            if named:
                line = (
                    f"{formats.SYMBOLS[verdict]} {formats.WORDS[verdict]} ({len(named)}): {', '.join(named)}"
                )
                assert line in plain.splitlines()
        if cluster["saved"]:
            assert f"| {cluster['name']} | {cluster['release']} (saved 2026-01-05) |" in plain
            section = plain[plain.index(f"## {cluster['name']}\n") :].splitlines()
            assert section[2] == "Judged by what was saved on 2026-01-05."
        if cluster["unreachable"]:
            assert f"Not read: {cluster['unreachable']}" in plain.splitlines()
            assert any(line.startswith("? Unknown (40): ") for line in plain.splitlines())


def test_a_long_reason_is_shortened_where_a_line_has_to_do() -> None:
    made = judged(lost="no answer\nfrom \u202e " + "x" * 500)
    row = tables(markdown(formats.as_markdown(made)))[0][1]
    assert row[1] == f"not read: no answer from [U+202E] {'x' * 133}..."
    assert len(row[1]) == len("not read: ") + 160
    assert "x" * 500 in formats.as_markdown(made)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_text_in_markdown(name: str) -> None:
    made = report.make(
        [{"name": HOSTILE[name], "unreachable": HOSTILE[name]}],
        [{"id": HOSTILE[name], "title": HOSTILE[name], "severity": "low"}],
        [],
        NOW,
        VERSIONS,
        [HOSTILE[name]],
    )
    text = formats.as_markdown(made)
    tokens = markdown(text)
    assert same(tables(tokens)[0][1][0], made["clusters"][0]["name"])
    assert (
        re.search(
            r"(?<!\\)[<\[|`&$]", text.replace("| ", "").replace(" |", "").replace(f"`{made['digest']}`", "")
        )
        is None
    )
    # GitHub makes links of addresses and mentions of what follows an @, whatever is escaped.
    assert not re.search(r"://|www\.|@\w", text)


# -- the summary -----------------------------------------------------------------------------------------


def judged(**clusters: t.Any) -> report.Json:
    """Return a report over clusters; each is a list of verdicts of a high and a low control, or why it was not read."""
    names = ("h1", "h2", "l1", "l2")
    waiver = {"reason": "r", "owner": "o", "expires": "e"}
    given = [
        {"name": name, "unreachable": told}
        if isinstance(told, str)
        else {
            "name": name,
            "results": [
                {"control": control, "verdict": verdict, "reason": "r", "waiver": waiver}
                for control, verdict in zip(names, told, strict=True)
            ],
        }
        for name, told in clusters.items()
    ]
    controls = [{"id": name, "title": name, "severity": {"h": "high", "l": "low"}[name[0]]} for name in names]
    return report.make(given, controls, [], NOW, VERSIONS)


GOOD, WAIVED, UNKNOWN = ["pass"] * 4, ["waived", "not_applicable", "pass", "pass"], ["unknown", *["pass"] * 3]


@pytest.mark.parametrize(
    ("clusters", "line"),
    [
        ({}, "No cluster was judged"),
        ({"a": GOOD}, "No open findings on a"),
        ({"a": GOOD, "b": WAIVED}, "No open findings on 2 clusters"),
        ({"a": UNKNOWN}, "Nothing fails, but 1 result is not known"),
        ({"a": UNKNOWN, "b": UNKNOWN}, "Nothing fails, but 2 results are not known"),
        ({"a": UNKNOWN, "b": "no answer"}, "1 of 2 clusters could not be read"),
        ({"a": "no answer", "b": "no answer", "c": GOOD}, "2 of 3 clusters could not be read"),
        ({"a": "no answer"}, "a could not be read"),
        (
            {"a": ["fail"] * 4, "b": "no answer", "c": GOOD},
            "1 of 3 clusters needs attention, and 1 of 3 clusters could not be read",
        ),
        ({"a": ["fail"] * 4}, "a needs attention"),
        ({"a": ["contradiction", *["pass"] * 3], "b": GOOD}, "1 of 2 clusters needs attention"),
        ({"a": ["fail"] * 4, "b": ["fail"] * 4, "c": UNKNOWN}, "2 of 3 clusters need attention"),
    ],
)
def test_the_headline(clusters: dict[str, t.Any], line: str) -> None:
    assert formats.headline(judged(**clusters)) == line


def test_the_summary_is_what_an_operator_wants_to_see_first() -> None:
    made = judged(
        many=["pass", "pass", "fail", "fail"],
        grave=["contradiction", "pass", "pass", "pass"],
        all=["fail"] * 4,
        good=GOOD,
        waived=WAIVED,
        lost="no answer",
    )
    assert formats.as_summary(made) == [
        "3 of 6 clusters need attention, and 1 of 6 clusters could not be read.",
        "6 fail, 1 contradiction, 4 unknown, 1 waived, 11 pass, 1 not applicable",
        "lost: could not be read: no answer",
        "all: 4 open: h1 (high), h2 (high), l1 (low), and 1 more",
        "grave: 1 open: h1 (high)",
        "many: 2 open: l1 (low), l2 (low)",
    ]
    assert formats.as_summary(EMPTY) == ["No cluster was judged.", "no results"]


def test_the_summary_stays_short_and_says_how_much_it_leaves_out() -> None:
    lines = formats.as_summary(judged(**{f"c{number:02}": ["fail"] * 4 for number in range(13)}))
    assert len(lines) == 13
    assert lines[-1] == "and 3 more clusters with open findings"
    assert formats.as_summary(judged(**{f"c{number:02}": "x" * 900 for number in range(11)}))[-2:] == [
        f"c09: could not be read: {'x' * 157}...",
        "and 1 more cluster could not be read",
    ]
    big = formats.as_summary(fleets.fleet(100))
    assert [line.partition(":")[0] for line in big if line.startswith("Note")] == ["Note"] * 2
    assert sum("could not be read: no answer" in line for line in big) == 5
    assert len(big) < 30
    assert all(len(line) < 400 for line in big)


@pytest.mark.parametrize(
    ("saved", "line"),
    [
        (
            {"first": "2026-01-05T08:00:00Z", "last": "2026-01-05T09:00:00Z"},
            "hamburg was judged by what was saved on 2026-01-05",
        ),
        (
            {"first": "2026-01-05T08:00:00Z", "last": "2026-01-07T09:00:00Z"},
            "hamburg was judged by what was saved from 2026-01-05 to 2026-01-07",
        ),
        ({"last": "2026-01-05T08:00:00Z"}, "hamburg was judged by what was saved on 2026-01-05"),
        ({}, "hamburg was judged by what was saved on a day that is not known"),
    ],
)
def test_the_summary_tells_who_was_judged_by_what_was_saved(saved: t.Any, line: str) -> None:
    made = report.make([{"name": "hamburg", "saved": saved}, {"name": "x"}], [], [], NOW, VERSIONS)
    assert formats.as_summary(made)[2:] == [line]
    assert "".join(formats.as_markdown(made).replace("\\", "")).count(line.removeprefix("hamburg was j")) == 1


def test_the_summary_has_the_notes() -> None:
    made = report.make([], [], [], NOW, VERSIONS, ["a\nb", "n" * 400, *map(str, range(20))])
    lines = formats.as_summary(made)[2:]
    assert lines[:3] == ["Note: a b", f"Note: {'n' * 297}...", "Note: 0"]
    assert lines[-2:] == ["Note: 17", "Note: and 2 more"]


@pytest.mark.parametrize(
    ("before", "now", "line"),
    [
        ((5, 1, 3), (5, 1, 3), "as many open as in the report before"),
        # A finding that became a contradiction is still one.
        ((5, 1, 3), (4, 2, 3), "as many open as in the report before"),
        ((5, 1, 3), (3, 1, 3), "2 fewer open than in the report before"),
        ((5, 1, 3), (3, 1, 1), "2 fewer open, 2 fewer unknown than in the report before"),
        ((5, 1, 3), (4, 0, 55), "2 fewer open, 52 more unknown than in the report before"),
        ((5, 1, 3), (5, 1, 4), "as many open, 1 more unknown than in the report before"),
        ((5, 1, 3), (6, 2, 3), "2 more open than in the report before"),
        ((5, 1, 3), (1005, 1, 0), "1,000 more open, 3 fewer unknown than in the report before"),
    ],
)
def test_fewer_findings_are_told_with_what_became_unknown(
    before: tuple[int, ...], now: tuple[int, ...], line: str
) -> None:
    history = [
        {"counts": dict(zip(("fail", "contradiction", "unknown"), counts, strict=True))}
        for counts in ((9, 9, 9), before, now)
    ]
    assert formats.comparison({"history": history}) == line
    assert formats.comparison({"history": history[:1]}) == ""


def test_the_summary_is_clean_on_a_terminal() -> None:
    for line in formats.as_summary(HOSTILE_REPORT):
        assert all(char.isprintable() or unicodedata.category(char) == "Zs" for char in line)


# -- hostile texts ---------------------------------------------------------------------------------------

ANY_TEXT = st.text(st.characters(exclude_categories=()), min_size=1, max_size=30) | st.sampled_from(
    list(HOSTILE.values())
)


@settings(deadline=None, max_examples=200)
@given(
    words=st.lists(ANY_TEXT, min_size=5, max_size=5),
    told=st.lists(st.sampled_from(report.VERDICTS), min_size=2, max_size=2),
    unreachable=st.none() | ANY_TEXT,
)
def test_whatever_is_said_every_format_is_well_formed_and_has_the_verdicts(
    words: list[str], told: list[str], unreachable: str | None
) -> None:
    one, two, three, four, five = words
    waiver = {"reason": one, "owner": two, "expires": three}
    made = report.make(
        [
            {
                "name": one,
                "release": two,
                "identity": three,
                "accounts": {"cli": four},
                "unreachable": unreachable,
                "saved": {"last": None},
                "results": [
                    {
                        "control": "a",
                        "verdict": told[0],
                        "reason": five,
                        "evidence": {two: three},
                        "waiver": waiver,
                    },
                    {
                        "control": "b" + four,
                        "verdict": told[1],
                        "reason": three,
                        "evidence": [one],
                        "waiver": waiver,
                    },
                ],
            }
        ],
        [
            {
                "id": name,
                "title": five,
                "severity": "low",
                "references": [one],
                "reads": [two],
                "remedy": three,
            }
            for name in ("a", "b" + four)
        ],
        [],
        NOW,
        VERSIONS,
        [one, five],
    )
    assert [verdict for _cluster, _control, verdict in verdicts(made)] == told
    assert json.loads(formats.as_json(made)) == made
    (suite,) = junit(made)
    assert [case[0].tag if len(case) else None for case in suite.iter("testcase")] == [
        OUTCOMES[verdict] for verdict in told
    ]
    samples = prometheus(formats.as_prometheus(made))
    assert [labels["verdict"] for name, labels, _value in samples if name == "cucm_compliance_result"] == told
    assert {labels["cluster"] for _name, labels, _value in samples if "cluster" in labels} == {
        made["clusters"][0]["name"]
    }
    assert same(tables(markdown(formats.as_markdown(made)))[0][1][0], made["clusters"][0]["name"])
    assert all(line == formats.visible(line) for line in formats.as_summary(made))


# -- clusters that were not in this run ------------------------------------------------------------------


def sliced(*this_run: str, days: float = 5) -> report.Json:
    """Return the report of a run over some clusters, after a run over alpha and beta."""
    control = {"id": "mode", "title": "The mode is as intended", "severity": "high"}

    def made(names: t.Iterable[str], when: datetime, earlier: report.Json | None) -> report.Json:
        told = [
            {"name": name, "results": [{"control": "mode", "verdict": "pass", "reason": "so it is."}]}
            for name in names
        ]
        return report.make(told, [control], [], when, VERSIONS, earlier=earlier)

    first = made(["alpha", "beta"], NOW, None)
    return made(this_run, NOW + timedelta(days=days), report.read(formats.as_json(first)))


@pytest.mark.parametrize(
    ("this_run", "days", "said"),
    [
        (["alpha", "beta"], 5, "No open findings on 2 clusters"),
        (
            ["alpha"],
            5,
            "No open findings on 2 clusters when last seen; not in this run: beta, last seen 5 days ago",
        ),
        (
            ["gamma"],
            1,
            "No open findings on 3 clusters when last seen; "
            "not in this run: 2 of 3 clusters, one of them last seen 1 day ago",
        ),
        (
            ["alpha"],
            0.125,
            "No open findings on 2 clusters when last seen; not in this run: beta, last seen 3 hours ago",
        ),
        (
            ["alpha"],
            0,
            "No open findings on 2 clusters when last seen; "
            "not in this run: beta, last seen less than a minute ago",
        ),
    ],
)
def test_the_headline_claims_nothing_of_now_for_what_was_not_seen(
    this_run: list[str], days: float, said: str
) -> None:
    assert formats.headline(sliced(*this_run, days=days)) == said


def test_every_format_says_what_was_not_in_this_run_and_how_it_leaves() -> None:
    made = sliced("alpha")
    since = f"last seen {NOW:%Y-%m-%dT%H:%M:%SZ}, 5 days ago"
    summary = formats.as_summary(made)
    assert f"beta: not in this run, {since}" in summary
    assert any("cucm_compliance_retired" in line for line in summary)
    markdown = formats.as_markdown(made).replace("\\", "")
    assert f"- beta: {since}" in markdown and "cucm_compliance_retired" in markdown
    assert f'<property name="not_in_this_run" value="{since}" />' in formats.as_junit(made)
    assert 'cucm_compliance_cluster_stale{cluster="beta"} 1' in formats.as_prometheus(made)
    assert 'cucm_compliance_cluster_stale{cluster="alpha"} 0' in formats.as_prometheus(made)
    shown = page.encoded(made)
    assert [each["unseen"] for each in shown["clusters"]] == ["", since]
    assert "cucm_compliance_retired" in shown["retiring"]


def test_nothing_is_said_of_it_when_every_cluster_was_in_the_run() -> None:
    made = sliced("alpha", "beta")
    for told in (formats.as_markdown(made), formats.as_junit(made), *formats.as_summary(made)):
        assert "this run" not in told and "cucm_compliance_retired" not in told
