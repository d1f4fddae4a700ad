# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page before a browser sees it: what is markup is ours, and what others say is in one island of JSON."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import typing as t
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._report import formats, page, report
from ansible_collections.ucops.cucm.plugins.plugin_utils._page import frame

from ..data import fleets
from ..data.fleets import FRAME, HOSTILE, NOW, VERSIONS

EMPTY = report.make([], [], [], NOW, VERSIONS)
REPORTS = {"fleet": fleets.fleet(25), "hostile": fleets.hostile(), "empty": EMPTY}
every_report = pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS)


class Elements(HTMLParser):
    """The elements of a page: tag and attributes, and the text within."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.open = False
        self.other: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), []))
        self.open = True

    def handle_endtag(self, tag: str) -> None:
        self.open = False

    def handle_data(self, data: str) -> None:
        if self.open:
            self.found[-1][2].append(data)

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)

    def shape(self) -> list[tuple[str, dict[str, str | None]]]:
        return [(tag, attributes) for tag, attributes, _text in self.found]

    def texts(self, tag: str) -> list[str]:
        return ["".join(text) for found, _attributes, text in self.found if found == tag]


def island(html: str) -> t.Any:
    """Return the data in the page."""
    (text,) = [
        "".join(text)
        for tag, attributes, text in Elements(html).found
        if tag == "script" and attributes == {"type": "application/json", "id": "data"}
    ]
    return json.loads(text, parse_constant=pytest.fail)


SCRIPT = Elements(FRAME).texts("script")[1]
(STYLE,) = Elements(FRAME).texts("style")


# -- markup ----------------------------------------------------------------------------------------------


@every_report
def test_the_markup_is_the_same_whatever_is_said(made: report.Json) -> None:
    html = page.as_html(made, FRAME)
    elements = Elements(html)
    assert elements.shape() == Elements(page.as_html(EMPTY, FRAME)).shape()
    assert elements.other == []
    assert html.startswith("<!doctype html>\n")
    data_at = html.index('id="data">') + len('id="data">')
    data = html[data_at : html.index("</script>", data_at)]
    assert html == page.as_html(EMPTY, FRAME).replace(_data(EMPTY), data)
    assert data.isascii()
    assert not re.search(r"[<>&\x00-\x1f\x7f]", data)


def _data(made: report.Json) -> str:
    return re.search(r'id="data">([^<]*)</script>', page.as_html(made, FRAME))[1]  # type: ignore[index]


def test_the_policy_allows_this_script_and_this_style_and_nothing_else() -> None:
    elements = Elements(page.as_html(EMPTY, FRAME))
    (policy,) = [
        attributes["content"]
        for tag, attributes in elements.shape()
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    directives = dict(each.split(" ", 1) for each in str(policy).split("; "))
    data, script = elements.texts("script")
    (style,) = elements.texts("style")

    def hashed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert directives == {
        "default-src": "'none'",
        "script-src": hashed(script),
        "style-src": hashed(style),
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert json.loads(data)
    # Before anything the policy is to govern.
    tags = [tag for tag, _attributes in elements.shape()]
    assert tags.index("meta") < tags.index("style") < tags.index("script")


def test_nothing_is_loaded_and_nothing_runs_from_an_attribute() -> None:
    for tag, attributes in Elements(page.as_html(EMPTY, FRAME)).shape():
        assert not {"src", "href", "action", "style", "srcset", "background"} & set(attributes), tag
        assert not [name for name in attributes if name.startswith("on")], tag
    assert not re.search(r"url\(|@import|@font-face|expression\(", STYLE)
    assert re.findall(r"\w+://[^\"'\s]+", SCRIPT) == ["http://www.w3.org/2000/svg"]


@pytest.mark.parametrize(
    "word",
    [
        *(
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "DOMParser",
            "createContextualFragment",
        ),
        *(
            "eval(",
            "new Function",
            "setTimeout",
            "fetch(",
            "XMLHttpRequest",
            "import(",
            "localStorage",
            "srcdoc",
            "window.open",
        ),
    ],
)
def test_the_script_has_no_way_to_make_markup_or_to_speak_to_anybody(word: str) -> None:
    assert word not in SCRIPT


def test_script_and_style_do_not_end_early() -> None:
    for source in (SCRIPT, STYLE):
        assert not re.search(r"</|<!--|<script", source)
        assert source.isascii()


def test_who_allows_no_scripts_is_told_where_to_look() -> None:
    assert "compliance.md" in "".join(Elements(page.as_html(EMPTY, FRAME)).texts("p"))


# -- data ------------------------------------------------------------------------------------------------


@every_report
def test_the_data_has_every_verdict(made: report.Json) -> None:
    told = island(page.as_html(made, FRAME))
    words = [word for word, _shown, _symbol in told["verdicts"]]
    assert [[words[int(digit)] for digit in each["verdicts"]] for each in told["clusters"]] == [
        [each["verdict"] for each in cluster["results"]] for cluster in made["clusters"]
    ]
    assert [each["name"] for each in told["clusters"]] == [
        formats.visible(each["name"]) for each in made["clusters"]
    ]
    assert [told["severities"][each["severity"]] for each in told["controls"]] == [
        each["severity"] for each in made["controls"]
    ]
    assert told["headline"] == formats.visible(formats.headline(made))


@every_report
def test_reasons_evidence_and_waivers_are_found_by_their_numbers(made: report.Json) -> None:
    told = island(page.as_html(made, FRAME))
    assert len(set(told["texts"])) == len(told["texts"])
    for shown, cluster in zip(told["clusters"], made["clusters"], strict=True):
        for place, result in enumerate(cluster["results"]):
            assert told["texts"][shown["reasons"][place]] == formats.visible(result["reason"], keep="\n")
            evidence = shown["evidence"][place]
            if result["evidence"] in (None, {}, []):
                assert evidence == -1
            else:
                wanted = json.dumps(result["evidence"], ensure_ascii=False, indent=1)
                assert told["texts"][evidence] == formats.visible(wanted, keep="\n")
            waiver = shown["waivers"].get(str(place))
            assert waiver == (
                result["waiver"] and {key: formats.visible(text) for key, text in result["waiver"].items()}
            )


def test_the_trend_of_a_cluster_has_a_gap_where_it_was_not_in_the_report() -> None:
    def point(**clusters: t.Any) -> report.Json:
        return {
            "generated_at": "2026-11-01T00:00:00Z",
            "counts": dict.fromkeys(report.VERDICTS, 2),
            "clusters": clusters,
        }

    made = report.make(
        [{"name": "a", "results": [{"control": "c", "verdict": "fail", "reason": "r"}]}, {"name": "b"}],
        [{"id": "c", "title": "c", "severity": "low"}],
        [point(a={"fail": 3, "contradiction": 2, "unknown": 7}), point(b={})],
        NOW,
        VERSIONS,
    )
    told = page.encoded(made)
    assert [each["open"] for each in told["clusters"]] == [[5, -1, 1], [-1, 0, 0]]
    assert [each["unknown"] for each in told["clusters"]] == [[7, -1, 0], [-1, 0, 1]]
    assert told["comparison"] == "3 fewer open, 1 fewer unknown than in the report before"
    assert told["history"][0] == {"at": "2026-11-01T00:00:00Z", "counts": [2] * 6}


@every_report
def test_the_data_has_the_notes_the_order_and_what_was_saved(made: report.Json) -> None:
    told = island(page.as_html(made, FRAME))
    assert told["notes"] == [formats.visible(note) for note in made["notes"]]
    assert [made["clusters"][place] for place in told["worst"]] == report.worst_first(made)
    assert [each["saved"] for each in told["clusters"]] == [
        cluster["saved"]["last"][:10] if cluster["saved"] else "" for cluster in made["clusters"]
    ]


def test_long_numbers_keep_their_digits() -> None:
    made = report.make(
        [
            {
                "name": "a",
                "results": [{"control": "c", "verdict": "fail", "reason": "r", "evidence": {"n": 2**70}}],
            }
        ],
        [{"id": "c", "title": "c", "severity": "low"}],
        [],
        NOW,
        VERSIONS,
    )
    assert str(2**70) in page.as_html(made, FRAME)


ANY_TEXT = st.text(st.characters(exclude_categories=()), min_size=1, max_size=30) | st.sampled_from(
    list(HOSTILE.values())
)


@settings(deadline=None, max_examples=100)
@given(words=st.lists(ANY_TEXT, min_size=3, max_size=3), verdict=st.sampled_from(report.VERDICTS))
def test_whatever_is_said_the_page_is_the_same_markup_and_has_the_verdict(
    words: list[str], verdict: str
) -> None:
    one, two, three = words
    waiver = {"reason": one, "owner": two, "expires": three}
    made = report.make(
        [
            {
                "name": one,
                "unreachable": three,
                "results": [
                    {"control": two, "verdict": verdict, "reason": three, "evidence": one, "waiver": waiver}
                ],
            }
        ],
        [{"id": two, "title": three, "severity": "high", "remedy": one}],
        [],
        NOW,
        VERSIONS,
    )
    html = page.as_html(made, FRAME)
    assert Elements(html).shape() == Elements(page.as_html(EMPTY, FRAME)).shape()
    (cluster,) = island(html)["clusters"]
    assert report.VERDICTS[int(cluster["verdicts"])] == verdict
    assert cluster["name"] == formats.visible(made["clusters"][0]["name"])


# -- the sources ------------------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parents[3]
SOURCES = Path(frame.__file__).parent


@pytest.mark.parametrize(
    "part",
    [
        "content=\"default-src 'none'\"",
        '<link rel="stylesheet" href="page.css">',
        '<script src="page.js"></script>',
    ],
)
@pytest.mark.parametrize("times", [0, 2])
def test_a_page_without_one_place_for_each_part_is_refused(
    part: str, times: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("page.html", "page.css", "page.js"):
        shutil.copy(SOURCES / name, tmp_path)
    html = (tmp_path / "page.html").read_text("utf-8")
    (tmp_path / "page.html").write_text(html.replace(part, part * times), "utf-8")
    monkeypatch.setattr(frame, "_HERE", tmp_path)
    with pytest.raises(ValueError, match="exactly once"):
        frame.frame()


@pytest.mark.parametrize("times", [0, 2])
def test_a_frame_without_one_place_for_the_data_is_refused(times: int) -> None:
    place = '<script type="application/json" id="data">'
    with pytest.raises(ValueError, match="exactly one place"):
        page.as_html(EMPTY, FRAME.replace(place, place * times))


def test_every_element_the_script_asks_for_by_its_id_is_in_the_page() -> None:
    asked = set(re.findall(r'\b(?:byId|on)\("([\w-]+)"', SCRIPT))
    there = [attributes["id"] for _tag, attributes in Elements(FRAME).shape() if "id" in attributes]
    assert len(there) == len(set(there))
    # Made by the script itself.
    assert asked - {"view-"} <= set(there)
    assert {"view-grid", "view-list", "search", "detail"} <= set(there)


def _declared(interface: str) -> set[str]:
    """Return the members of an interface of island.d.ts, without those that the script adds."""
    source = (ROOT / "tools" / "page" / "island.d.ts").read_text("utf-8")
    (body,) = re.findall(rf"(?ms)^interface {interface} \{{\n(.*?)^\}}", source)
    from_report = re.sub(r"(?s)/\*\* Added by the script.*", "", body)
    return set(re.findall(r"(?m)^  (\w+):", from_report))


def test_the_types_that_the_script_is_checked_with_are_those_of_the_data() -> None:
    told = page.encoded(fleets.fleet(1))
    assert _declared("Island") == set(told)
    assert _declared("Control") == set(told["controls"][0])
    assert _declared("Cluster") == set(told["clusters"][0])
