# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people do with the page: look, filter, search, open, print, with a mouse, with keys, on a telephone."""

from __future__ import annotations

import collections
import functools
import json
import re
import typing as t

import pytest
from playwright.sync_api import Locator, Page, expect

from ansible_collections.ucops.cucm.plugins.module_utils._report import formats, page, report

from ..unit.data import fleets
from .conftest import Open, Opened

SYMBOLS = formats.SYMBOLS
WIDE, NARROW = 1440, 390
CLUSTERS = 20
# Of it, one cluster could not be read.
ALL = (CLUSTERS * 40, CLUSTERS)


@functools.cache
def made(clusters: int, points: int = 45) -> report.Json:
    return fleets.fleet(clusters, points=points)


@functools.cache
def html(clusters: int, points: int = 45) -> str:
    return page.as_html(made(clusters, points), fleets.FRAME)


@pytest.fixture
def fleet(open_page: Open) -> t.Iterator[Page]:
    """A fleet in a window that is high enough for all of it."""
    opened = open_page(html(CLUSTERS), height=1300)
    yield opened.page
    opened.require_quiet()


class Result(t.NamedTuple):
    cluster: str
    control: report.Json
    told: report.Json

    @property
    def verdict(self) -> str:
        return str(self.told["verdict"])

    @property
    def severity(self) -> str:
        return str(self.control["severity"])


def results(of: report.Json) -> list[Result]:
    controls = {control["id"]: control for control in of["controls"]}
    return [
        Result(cluster["name"], controls[told["control"]], told)
        for cluster in of["clusters"]
        for told in cluster["results"]
    ]


FLEET = results(made(CLUSTERS))


def shown(page: Page) -> tuple[int, int]:
    """Return how many results and clusters the page says it shows."""
    said = page.locator("#status").inner_text()
    found = re.match(r"([\d,]+) (?:of [\d,]+ )?results? on ([\d,]+) clusters?\.", said)
    assert found, said
    results, clusters = (int(number.replace(",", "")) for number in found.groups())
    return results, clusters


def counted(of: t.Iterable[Result]) -> tuple[int, int]:
    found = list(of)
    return len(found), len({result.cluster for result in found})


def cells(page: Page) -> dict[tuple[str, str], str]:
    """Return the symbols of the cells of the grid that are not dimmed, by what they are called."""
    found = page.locator("#grid .cell:not(.dim)").evaluate_all(
        "nodes => nodes.map(node => [node.getAttribute('aria-label'), node.textContent])"
    )
    return {tuple(label.rpartition(": ")[0].split(", ", 1)): symbol for label, symbol in found}


def search(page: Page, words: str) -> None:
    page.get_by_role("searchbox", name="Search").fill(words)


def chip(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=re.compile(name))


def rows(page: Page, view: str = "list") -> int:
    return int(page.locator(f"#{view}").get_attribute("aria-rowcount") or -1)


# -- at first glance -------------------------------------------------------------------------------------


def test_the_first_screen_says_how_the_fleet_is(fleet: Page) -> None:
    found = report.counts([result.told for result in FLEET])
    open_results = [result for result in FLEET if result.verdict in report.OPEN_VERDICTS]
    expect(fleet.locator("h1")).to_contain_text(formats.headline(made(CLUSTERS)))
    assert fleet.title() == f"CUCM compliance: {formats.headline(made(CLUSTERS))}"
    said = fleet.locator("#subline").inner_text()
    assert f"{len(open_results)} open findings" in said
    assert f"({sum(result.severity == 'high' for result in open_results)} of high severity)" in said
    lost = next(each["name"] for each in made(CLUSTERS)["clusters"] if each["unreachable"])
    assert f"{lost} could not be read" in said
    assert f"{found['waived']} waived" in said
    assert "40 controls on 20 clusters." in said
    assert shown(fleet) == ALL
    for verdict, number in found.items():
        expect(chip(fleet, rf"^{number:,} {formats.WORDS[verdict].lower()}$")).to_have_count(1)
    worst = fleet.locator("#worst .number").all_inner_texts()
    by_control = [sum(result.control is each.control for each in open_results) for result in FLEET[:40]]
    assert worst == [str(number) for number in sorted(by_control, reverse=True)[:5]]
    provenance = fleet.locator("#provenance").inner_text()
    for word in (
        made(CLUSTERS)["digest"],
        "2026-11-24 02:14 UTC",
        "compliance-reader (19 clusters)",
        "auditor",
        "2.19.4",
    ):
        assert word in provenance


def test_every_cell_is_its_verdict(fleet: Page) -> None:
    found = cells(fleet)
    assert len(found) == ALL[0]
    assert found == {(result.cluster, result.control["title"]): SYMBOLS[result.verdict] for result in FLEET}


def test_the_worst_cluster_is_the_first(fleet: Page) -> None:
    def weight(cluster: report.Json) -> list[int]:
        own = [result for result in FLEET if result.cluster == cluster["name"]]
        return [
            bool(cluster["unreachable"]),
            *(
                sum(each.severity == severity and each.verdict in report.OPEN_VERDICTS for each in own)
                for severity in report.SEVERITIES
            ),
            sum(each.verdict == "unknown" for each in own),
        ]

    names = fleet.locator("#grid .label .text").all_inner_texts()
    assert names == [each["name"] for each in sorted(made(CLUSTERS)["clusters"], key=weight, reverse=True)]
    fleet.get_by_role("combobox", name="Order").select_option("by name")
    assert fleet.locator("#grid .label .text").all_inner_texts() == [
        each["name"] for each in made(CLUSTERS)["clusters"]
    ]


def test_few_clusters_are_columns_and_what_is_wrong_is_above(open_page: Open) -> None:
    opened = open_page(html(3), height=1800)
    names = opened.page.locator("#grid .column").all_inner_texts()
    assert sorted(names) == sorted(each["name"] for each in made(3)["clusters"])
    assert cells(opened.page) == {
        (result.cluster, result.control["title"]): SYMBOLS[result.verdict] + formats.WORDS[result.verdict]
        for result in results(made(3))
    }
    ranks = []
    for title in opened.page.locator("#grid .label .text").all_inner_texts():
        own = [result for result in results(made(3)) if result.control["title"] == title]
        ranks.append(
            min(
                (max(0, report.VERDICTS.index(each.verdict) - 1), report.SEVERITIES.index(each.severity))
                for each in own
            )
        )
    assert ranks == sorted(ranks)
    assert ranks[0][0] == 0, "what is wrong"
    opened.require_quiet()


def test_one_cluster_is_a_list(open_page: Open) -> None:
    opened = open_page(html(1))
    expect(opened.page.locator("#list")).to_be_visible()
    expect(opened.page.locator("#grid")).to_be_hidden()
    assert rows(opened.page) == 40
    opened.require_quiet()


def test_a_cluster_that_could_not_be_read_says_so(fleet: Page) -> None:
    lost = next(each for each in made(CLUSTERS)["clusters"] if each["unreachable"])
    row = fleet.locator("#grid .row", has_text=lost["name"])
    expect(row).to_contain_text("not read")
    assert row.locator(".cell").all_inner_texts() == ["?"] * 40
    row.locator(".label").click()
    expect(fleet.get_by_role("dialog")).to_contain_text(f"Could not be read: {lost['unreachable']}")


def test_a_cluster_judged_by_what_was_saved_says_so(fleet: Page) -> None:
    name = next(each["name"] for each in made(CLUSTERS)["clusters"] if each["saved"])
    row = fleet.locator("#grid .row", has_text=name)
    expect(row.locator(".label")).to_have_attribute("title", f"{name}\nSaved answers of 2026-01-05")
    expect(row.locator(".badge")).to_have_text("saved")
    expect(fleet.locator("#grid .badge")).to_have_count(1)
    expect(fleet.locator("#provenance")).to_contain_text(f"Saved answers{name} (2026-01-05)")
    row.locator(".label").click()
    expect(fleet.get_by_role("dialog").locator(".badge")).to_have_text("Saved answers of 2026-01-05")


def test_notes_are_shown_and_printed(fleet: Page) -> None:
    section = fleet.get_by_role("region", name="Notes")
    expect(section.locator("li")).to_have_text(list(fleets.NOTES))
    fleet.emulate_media(media="print")
    expect(section).to_be_visible()


def test_an_empty_report_says_that_there_is_nothing(open_page: Open) -> None:
    opened = open_page(page.as_html(report.make([], [], [], fleets.NOW, fleets.VERSIONS), fleets.FRAME))
    expect(opened.page.locator("h1")).to_have_text("?No cluster was judged")
    expect(opened.page.locator("#nothing")).to_have_text("There is nothing to show.")
    expect(opened.page.locator("#worst")).to_have_text("Nothing was judged.")
    expect(opened.page.locator("#trend")).to_have_text("The history begins with this report.")
    expect(opened.page.locator("#notes")).to_be_hidden()
    assert shown(opened.page) == (0, 0)
    opened.page.emulate_media(media="print")
    expect(opened.page.locator("#paper")).to_be_visible()
    opened.require_quiet()


def test_all_is_well(open_page: Open) -> None:
    controls = fleets.controls(4)
    good = [
        {
            "name": name,
            "results": [{"control": each["id"], "verdict": "pass", "reason": "r"} for each in controls],
        }
        for name in ("a", "b")
    ]
    opened = open_page(
        page.as_html(report.make(good, controls, [], fleets.NOW, fleets.VERSIONS), fleets.FRAME)
    )
    expect(opened.page.locator("h1")).to_have_text("✓No open findings on 2 clusters")
    expect(opened.page.locator("#worst")).to_have_text("No control fails on any cluster.")
    expect(opened.page.locator("#subline")).to_have_text("4 controls on 2 clusters.")
    opened.require_quiet()


# -- the trend -------------------------------------------------------------------------------------------


def test_the_trend_is_drawn(fleet: Page) -> None:
    history = made(CLUSTERS)["history"]
    drawn = fleet.locator("#trend rect").evaluate_all(
        "nodes => nodes.map(node => ['class', 'x', 'y', 'height'].map(name => node.getAttribute(name)))"
    )
    stacks: dict[float, list[tuple[str, float, float]]] = {}
    for name, x, y, height in drawn:
        stacks.setdefault(float(x), []).append((name, float(y), float(height)))
    assert len(stacks) == len(history) == 46
    most = max(
        sum(point["counts"][verdict] for verdict in ("fail", "contradiction", "unknown")) for point in history
    )
    for point, x in zip(history, sorted(stacks), strict=True):
        wanted = [(verdict, point["counts"][verdict]) for verdict in ("fail", "contradiction", "unknown")]
        assert [name for name, _y, _height in stacks[x]] == [verdict for verdict, number in wanted if number]
        bottom = 80.0
        for (_name, y, height), number in zip(
            stacks[x], [number for _verdict, number in wanted if number], strict=True
        ):
            assert height == pytest.approx(number / most * 78, abs=0.02)
            bottom -= height
            assert y == pytest.approx(bottom, abs=0.05)
    box = fleet.locator("#trend svg").bounding_box()
    assert box
    assert (box["width"], box["height"]) == (pytest.approx(350, abs=80), 80)
    assert fleet.locator("#trend .axis").inner_text().split() == [
        "2026-10-10",
        "peak",
        str(most),
        "2026-11-24",
    ]
    now = history[-1]["counts"]
    expect(fleet.locator("#trend p").first).to_have_text(
        f"{now['fail'] + now['contradiction']} open, {now['unknown']} unknown: {formats.comparison(made(CLUSTERS))}"
    )


def test_a_cluster_has_a_trend_of_its_own(fleet: Page) -> None:
    # The first could not be read.
    name = fleet.locator("#grid .label .text").nth(1).inner_text()
    fleet.locator("#grid .label").nth(1).click()
    drawn = fleet.get_by_role("dialog").locator("rect")
    points = [point["clusters"][name] for point in made(CLUSTERS)["history"]]
    open_at = sum(bool(point.get("fail", 0) + point.get("contradiction", 0)) for point in points)
    unknown_at = sum(bool(point.get("unknown", 0)) for point in points)
    assert drawn.count() == open_at + unknown_at
    assert drawn.and_(fleet.locator(".unknown")).count() == unknown_at > 40
    assert open_at > 40


# -- filter and search -----------------------------------------------------------------------------------


def test_filter_by_verdict(fleet: Page) -> None:
    for verdict in report.VERDICTS:
        wanted = [result for result in FLEET if result.verdict == verdict]
        button = chip(fleet, rf" {formats.WORDS[verdict].lower()}$")
        expect(button).to_have_attribute("aria-pressed", "false")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        assert shown(fleet) == counted(wanted)
        assert cells(fleet) == {(each.cluster, each.control["title"]): SYMBOLS[verdict] for each in wanted}
        fleet.get_by_role("button", name="List", exact=True).click()
        assert rows(fleet) == len(wanted)
        fleet.get_by_role("button", name="Grid", exact=True).click()
        button.click()
        assert shown(fleet) == ALL
        expect(fleet.get_by_role("button", name="Clear filter")).to_be_hidden()


def test_filter_by_several_at_once(fleet: Page) -> None:
    for name in (" fail$", " contradiction$", "^high$", "^low$"):
        chip(fleet, name).click()
    wanted = [each for each in FLEET if each.verdict in report.OPEN_VERDICTS and each.severity != "medium"]
    assert shown(fleet) == counted(wanted)
    name = wanted[0].cluster
    fleet.get_by_role("combobox", name="Cluster", exact=True).select_option(name)
    assert shown(fleet) == counted(each for each in wanted if each.cluster == name)
    search(fleet, wanted[0].control["title"])
    assert shown(fleet) == (1, 1)
    fleet.get_by_role("button", name="Clear filter").click()
    assert shown(fleet) == ALL
    expect(fleet.get_by_role("combobox", name="Cluster", exact=True)).to_have_value("-1")
    expect(fleet.get_by_role("searchbox")).to_have_value("")


def test_filter_by_severity(fleet: Page) -> None:
    for severity in report.SEVERITIES:
        chip(fleet, f"^{severity}$").click()
        assert shown(fleet) == counted(each for each in FLEET if each.severity == severity)
        columns = sum(each["severity"] == severity for each in made(CLUSTERS)["controls"])
        expect(fleet.locator("#grid .column")).to_have_count(columns)
        chip(fleet, f"^{severity}$").click()


def fits(result: Result, words: str) -> bool:
    cluster = next(each for each in made(CLUSTERS)["clusters"] if each["name"] == result.cluster)
    control, told = result.control, result.told
    said = "\n".join(
        [
            *(text or "" for text in (cluster["name"], cluster["release"], cluster["unreachable"])),
            *(control["id"], control["title"], *control["references"], told["reason"]),
        ]
    ).lower()
    return all(word in said for word in words.lower().split())


SEARCHES = (
    *("MILAN", "v-260034", "ctl", "ctl berlin-", "Setup Failed", "15.0.1 every"),
    *("no answer from", "  ", "nothing has this"),
)


def test_search(fleet: Page) -> None:
    found = set()
    for words in SEARCHES:
        search(fleet, words)
        wanted = [result for result in FLEET if fits(result, words)]
        found.add(len(wanted))
        assert shown(fleet) == counted(wanted), words
        expect(fleet.locator("#nothing")).to_be_visible(visible=not wanted)
        expect(fleet.locator("#grid")).to_be_visible(visible=bool(wanted))
        if wanted:
            assert cells(fleet) == {
                (each.cluster, each.control["title"]): SYMBOLS[each.verdict] for each in wanted
            }
        else:
            expect(fleet.locator("#nothing")).to_have_text("Nothing fits the filter.")
        fleet.keyboard.press("Escape")
        assert shown(fleet) == ALL
    assert len(found) > 5, "the searches find different numbers"


def test_the_list_is_gravest_first(fleet: Page) -> None:
    fleet.get_by_role("button", name="List", exact=True).click()
    chip(fleet, " fail$").click()
    chip(fleet, " waived$").click()
    lines = fleet.locator("#list .finding").evaluate_all(
        "nodes => nodes.map(node => ['.word', '.severity', '.cluster', '.control', '.reason']"
        ".map(part => node.querySelector(part).textContent))"
    )
    wanted = [result for result in FLEET if result.verdict in ("fail", "waived")]
    assert rows(fleet) == len(lines) == len(wanted)
    assert sorted(map(tuple, lines)) == sorted(
        (formats.WORDS[each.verdict], each.severity, each.cluster, each.control["title"], each.told["reason"])
        for each in wanted
    )
    order = [(word != "Fail", report.SEVERITIES.index(severity)) for word, severity, *_rest in lines]
    assert order == sorted(order)


# -- details ---------------------------------------------------------------------------------------------


def open_result(page: Page, result: Result) -> Locator:
    page.get_by_role(
        "gridcell",
        name=f"{result.cluster}, {result.control['title']}: {formats.WORDS[result.verdict]}",
        exact=True,
    ).click()
    dialog = page.get_by_role("dialog", name=result.control["title"])
    expect(dialog).to_be_visible()
    return dialog


def test_a_result_tells_why_and_what_to_do(fleet: Page) -> None:
    for verdict in report.VERDICTS:
        require_told(fleet, next(each for each in FLEET if each.verdict == verdict))
        fleet.keyboard.press("Escape")
    assert any(each.control["references"] for each in FLEET)
    require_told(fleet, next(each for each in FLEET if each.control["references"]))


def require_told(page: Page, result: Result) -> None:
    """Open a result and assert that all that is known of it is there."""
    dialog = open_result(page, result)
    said = dialog.inner_text()
    control, told = result.control, result.told
    assert result.cluster in said
    assert told["reason"] in said
    assert f"{control['severity']} severity" in said
    assert ", ".join(control["references"]) in said
    assert control["privilege"] in said
    assert ", ".join(control["reads"]) in said
    assert (control["remedy"] in said) is (result.verdict not in ("pass", "not_applicable"))
    if not told["evidence"]:
        expect(dialog.locator("pre")).to_have_count(0)
    else:
        assert json.loads(dialog.locator("pre").inner_text()) == told["evidence"]
    if result.verdict == "waived":
        waiver = dialog.locator(".waiver").inner_text()
        assert all(text in waiver for text in told["waiver"].values())
    else:
        expect(dialog.locator(".waiver")).to_have_count(0)


def test_a_waiver_that_does_not_count_is_called_that(open_page: Open) -> None:
    waiver = {"reason": "was to be replaced", "owner": "Voice", "expires": "2026-01-31"}
    control = {"id": "a", "title": "A", "severity": "high"}
    told = {"control": "a", "verdict": "fail", "reason": "r; the waiver expired", "waiver": waiver}
    opened = open_page(
        page.as_html(
            report.make([{"name": "x", "results": [told]}], [control], [], fleets.NOW, fleets.VERSIONS),
            fleets.FRAME,
        )
    )
    opened.page.locator("#list .finding").click()
    expect(opened.page.locator(".waiver")).to_contain_text("Waiver that does not count")
    expect(opened.page.locator(".waiver")).to_contain_text("2026-01-31")
    opened.require_quiet()


def test_from_one_result_to_the_next_and_back(fleet: Page) -> None:
    chip(fleet, " waived$").click()
    wanted = [each for each in FLEET if each.verdict == "waived"]
    fleet.get_by_role("button", name="List", exact=True).click()
    fleet.locator("#list .finding").first.click()
    dialog = fleet.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Previous")).to_be_disabled()
    assert len(wanted) > 2
    seen = []
    for _each in wanted:
        seen.append(
            (dialog.locator(".kicker").inner_text(), dialog.get_by_role("heading", level=2).inner_text())
        )
        if dialog.get_by_role("button", name="Next").is_enabled():
            dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_role("button", name="Next")).to_be_disabled()
    assert sorted(seen) == sorted((each.cluster, each.control["title"]) for each in wanted)
    dialog.get_by_role("button", name="Previous").click()
    assert dialog.get_by_role("heading", level=2).inner_text() == seen[-2][1]


def test_a_control_and_a_cluster_have_all_their_results(fleet: Page) -> None:
    result = next(each for each in FLEET if each.verdict == "fail")
    open_result(fleet, result)
    # What it is called changes with what it shows.
    dialog = fleet.get_by_role("dialog")
    dialog.get_by_role("button", name="This control everywhere").click()
    own = [each for each in FLEET if each.control is result.control]
    assert sorted(dialog.locator(".row-button .text").all_inner_texts()) == sorted(
        each.cluster for each in own
    )
    assert dialog.locator(".row-button .severity").first.inner_text() in ("Fail", "Contradiction")
    dialog.get_by_text(result.cluster, exact=True).click()
    dialog.get_by_role("button", name="All of this cluster").click()
    expect(dialog.get_by_role("heading", level=2)).to_have_text(result.cluster)
    own = [each for each in FLEET if each.cluster == result.cluster]
    assert sorted(dialog.locator(".row-button .text").all_inner_texts()) == sorted(
        each.control["title"] for each in own
    )
    said = dialog.inner_text()
    cluster = next(each for each in made(CLUSTERS)["clusters"] if each["name"] == result.cluster)
    assert all(
        text in said for text in (cluster["release"], cluster["identity"], "compliance-reader", "auditor")
    )


@pytest.mark.parametrize("how", ["button", "Escape", "outside"])
def test_a_detail_is_closed(fleet: Page, how: str) -> None:
    dialog = open_result(fleet, FLEET[0])
    if how == "button":
        dialog.get_by_role("button", name="Close").click()
    elif how == "Escape":
        fleet.keyboard.press("Escape")
    else:
        fleet.mouse.click(50, 500)
    expect(dialog).to_be_hidden()


def test_a_control_that_is_open_on_most_clusters_is_opened_from_the_first_screen(fleet: Page) -> None:
    first = fleet.locator("#worst button").first
    title = first.locator(".text").inner_text()
    first.click()
    expect(fleet.get_by_role("dialog", name=title)).to_be_visible()


# -- keys ------------------------------------------------------------------------------------------------


def active(page: Page) -> str | None:
    """Return the label of the cell that assistive technology is told to be on."""
    return page.evaluate(
        "() => { const id = document.activeElement.getAttribute('aria-activedescendant');"
        " const node = id && document.getElementById(id);"
        " return node && (node.getAttribute('aria-label') || node.textContent); }"
    )


def test_all_is_reached_by_keys(fleet: Page) -> None:
    fleet.keyboard.press("/")
    expect(fleet.get_by_role("searchbox")).to_be_focused()
    fleet.keyboard.type("milan/")
    assert fleet.get_by_role("searchbox").input_value() == "milan/"
    fleet.keyboard.press("Escape")
    expect(fleet.get_by_role("searchbox")).to_have_value("")
    fleet.locator("#view-list").focus()
    fleet.keyboard.press("Tab")
    expect(fleet.locator("#grid")).to_be_focused()
    controls = sorted(made(CLUSTERS)["controls"], key=lambda each: report.SEVERITIES.index(each["severity"]))
    names = fleet.locator("#grid .label .text").all_inner_texts()

    def at(row: int, column: int) -> str:
        title = controls[column]["title"]
        told = next(each for each in FLEET if each.cluster == names[row] and each.control["title"] == title)
        return f"{names[row]}, {title}: {formats.WORDS[told.verdict]}"

    assert active(fleet) == at(0, 0)
    for key, row, column in [
        ("ArrowDown", 1, 0),
        ("ArrowRight", 1, 1),
        ("ArrowRight", 1, 2),
        ("End", 19, 2),
        ("ArrowDown", 19, 2),
        ("Home", 0, 2),
        ("ArrowLeft", 0, 1),
    ]:
        fleet.keyboard.press(key)
        assert active(fleet) == at(row, column), key
    fleet.keyboard.press("Enter")
    dialog = fleet.get_by_role("dialog", name=controls[1]["title"])
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    fleet.keyboard.press("Escape")
    expect(fleet.locator("#grid")).to_be_focused()
    assert active(fleet) == at(0, 1)
    fleet.keyboard.press("ArrowUp")
    assert active(fleet) == controls[1]["id"]
    fleet.keyboard.press("Enter")
    expect(fleet.get_by_role("dialog", name=controls[1]["title"])).to_contain_text("Results")
    fleet.keyboard.press("Escape")
    for key in ("ArrowDown", "ArrowLeft", "ArrowLeft"):
        fleet.keyboard.press(key)
    assert (active(fleet) or "").startswith(names[0])
    fleet.keyboard.press("Space")
    expect(fleet.get_by_role("dialog", name=names[0])).to_be_visible()


def test_the_focus_can_be_seen(fleet: Page) -> None:
    for place in ("#search", "#cluster", "#view-grid", "#grid"):
        fleet.locator(place).focus()
        fleet.keyboard.press("Shift+Tab")
        fleet.keyboard.press("Tab")
        style, width = fleet.evaluate(
            "() => { const style = getComputedStyle(document.activeElement); return [style.outlineStyle, style.outlineWidth]; }"
        )
        assert (style, width) == ("solid", "2px"), place


def test_only_what_can_be_seen_is_in_the_document(open_page: Open) -> None:
    opened = open_page(html(1000, 5))
    page = opened.page
    assert shown(page) == (40_000, 1000)
    assert page.locator("#grid .row").count() < 60
    page.locator("#grid").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    assert rows(page, "grid") == 1001
    row = page.locator("#grid .row", has=page.locator(".active"))
    expect(row).to_have_attribute("aria-rowindex", "1001")
    expect(row).to_be_in_viewport()
    page.keyboard.press("PageUp")
    assert int(
        page.locator("#grid .row", has=page.locator(".active")).get_attribute("aria-rowindex") or 0
    ) in range(950, 1000)
    # With the wheel too.
    page.locator("#grid").evaluate("node => { node.scrollTop = 14000; }")
    expect(page.locator("#grid .row[aria-rowindex='502']")).to_be_in_viewport()
    assert page.locator("#grid .row").count() < 60
    opened.require_quiet()


# -- paper -----------------------------------------------------------------------------------------------


def test_paper_has_all_clusters_and_all_that_is_not_in_order(open_page: Open) -> None:
    opened = open_page(html(CLUSTERS), scheme="dark")
    page = opened.page
    expect(page.locator("#paper")).to_be_hidden()
    page.emulate_media(media="print")
    for hidden in ("#tools", "main", "#status"):
        expect(page.locator(hidden)).to_be_hidden()
    for there in ("h1", "#trend svg", "#provenance", "#paper"):
        expect(page.locator(there)).to_be_visible()
    expect(page.locator("#paper .overview tbody tr")).to_have_count(CLUSTERS)
    overview = page.locator("#paper .overview tbody tr").evaluate_all(
        "nodes => nodes.map(node => [...node.children].map(cell => cell.textContent))"
    )
    assert {
        name: list(map(int, (number or "0" for number in numbers))) for name, _release, *numbers in overview
    } == {each["name"]: list(report.counts(each["results"]).values()) for each in made(CLUSTERS)["clusters"]}
    lost = {each["name"]: each["unreachable"] for each in made(CLUSTERS)["clusters"] if each["unreachable"]}
    assert {name: release for name, release, *_numbers in overview if name in lost} == {
        name: f"not read: {why}" for name, why in lost.items()
    }
    assert [release.endswith(" (saved 2026-01-05)") for _name, release, *_numbers in overview].count(
        True
    ) == 1
    told = page.locator("#paper .told tbody tr").evaluate_all(
        "nodes => nodes.map(node => [...node.children].map(cell => cell.textContent))"
    )
    wanted = [
        [
            SYMBOLS[each.verdict] + formats.WORDS[each.verdict],
            each.severity,
            each.cluster,
            each.control["title"],
            each.told["reason"],
        ]
        for each in FLEET
        if each.verdict not in ("pass", "not_applicable") and each.cluster not in lost
    ]
    assert sorted(told) == sorted(wanted)
    # What to do about them is told once a control, the gravest first.
    remedies = page.locator("#paper .remedies tbody tr").evaluate_all(
        "nodes => nodes.map(node => [...node.children].map(cell => cell.textContent))"
    )
    waived = SYMBOLS["waived"] + formats.WORDS["waived"]
    places = collections.Counter(
        title for sign, _severity, _cluster, title, _reason in wanted if sign != waived
    )
    controls = {each["title"]: each for each in made(CLUSTERS)["controls"]}
    assert sorted(remedies) == sorted(
        [controls[title]["severity"], title, str(count), controls[title]["remedy"]]
        for title, count in places.items()
    )
    graveness = [report.SEVERITIES.index(severity) for severity, *_rest in remedies]
    assert graveness == sorted(graveness) and len(set(graveness)) > 1
    # White paper and dark ink, whatever the screen is.
    colours = page.evaluate(
        "() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('td')).color]"
    )
    assert colours == ["rgb(255, 255, 255)", "rgb(16, 23, 32)"]
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0
    assert page.pdf(format="A4").startswith(b"%PDF")
    opened.require_quiet()


def test_paper_has_what_the_filter_shows(fleet: Page) -> None:
    chip(fleet, " pass$").click()
    search(fleet, "milan")
    fleet.emulate_media(media="print")
    wanted = [each for each in FLEET if each.verdict == "pass" and fits(each, "milan")]
    expect(fleet.locator("#paper .told tbody tr")).to_have_count(len(wanted))
    expect(fleet.locator("#paper .overview tbody tr")).to_have_count(len({each.cluster for each in wanted}))
    expect(fleet.locator("#paper .remedies")).to_have_count(0)


def test_paper_of_a_large_fleet_counts_what_is_in_order(open_page: Open) -> None:
    opened = open_page(html(1000, 5))
    opened.page.emulate_media(media="print")
    trouble = {
        each.cluster for each in results(made(1000, 5)) if each.verdict not in ("pass", "not_applicable")
    }
    expect(opened.page.locator("#paper .overview tbody tr")).to_have_count(len(trouble))
    expect(opened.page.locator("#paper")).to_contain_text(
        f"and {1000 - len(trouble)} clusters with nothing to do."
    )
    opened.require_quiet()


# -- screens ---------------------------------------------------------------------------------------------

SIZES = pytest.mark.parametrize("width", [NARROW, WIDE])


@SIZES
@pytest.mark.parametrize("clusters", [0, 1, 3, 8, CLUSTERS])
def test_nothing_overflows(open_page: Open, clusters: int, width: int) -> None:
    opened = open_page(html(clusters), width=width, height=844)
    page = opened.page

    def require_room() -> None:
        assert (
            page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        )
        outside = page.evaluate(
            """() => [...document.querySelectorAll("#app *, dialog[open] *")].filter(node => {
                if (node.closest(".scroller, svg")) return false;
                const box = node.getBoundingClientRect();
                return box.width && (box.left < -0.5 || box.right > document.documentElement.clientWidth + 0.5);
            }).map(node => node.outerHTML.slice(0, 90))"""
        )
        assert outside == []

    require_room()
    if clusters:
        for view in ("grid", "list"):
            page.locator(f"#view-{view}").click()
            require_room()
        page.locator("#list .finding").first.click()
        require_room()
        page.get_by_role("button", name="All of this cluster").click()
        require_room()
    opened.require_quiet()


def test_a_telephone_shows_a_line_for_each_cluster(open_page: Open) -> None:
    opened = open_page(html(CLUSTERS), width=NARROW, height=844)
    page = opened.page
    first = page.locator("#grid .row").first
    name = first.locator(".label .text").inner_text()
    counts = report.counts([each.told for each in FLEET if each.cluster == name])
    assert first.locator(".tally").inner_text().replace("\n", "") == "".join(
        f"{SYMBOLS[verdict]}{counts[verdict]}"
        for verdict in ("fail", "contradiction", "unknown", "waived")
        if counts[verdict]
    )
    first.click()
    expect(page.get_by_role("dialog", name=name)).to_be_visible()
    page.get_by_role("button", name="Close").click()
    # Turned round, there is room for all.
    page.set_viewport_size({"width": 900, "height": 390})
    expect(page.locator("#grid .cell").first).to_be_visible()
    opened.require_quiet()


@SIZES
def test_what_is_to_be_touched_is_large_enough(open_page: Open, width: int) -> None:
    opened = open_page(html(CLUSTERS), width=width, height=844)
    small = opened.page.locator("button:visible, select:visible, input:visible, #grid .label").evaluate_all(
        "nodes => nodes.map(node => [node.textContent.slice(0, 30), node.getBoundingClientRect().height]).filter(([, high]) => high < 24)"
    )
    assert small == []


# -- colours ---------------------------------------------------------------------------------------------

# Contrast as WCAG 2.2 defines it, of every text that can be seen against the colours behind it.
CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
  const luminance = (colour) => {
    const [r, g, b] = colour.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    const layers = [];
    for (let each = node; each; each = each.parentElement) {
      const colour = rgba(getComputedStyle(each).backgroundColor);
      layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const faint = [];
  let texts = 0;
  const measure = (node, colour, said) => {
    let opacity = 1;
    for (let each = node; each; each = each.parentElement) opacity *= Number(getComputedStyle(each).opacity);
    const ground = behind(node), ink = rgba(colour);
    const [light, dark] = [luminance(over([ink[0], ink[1], ink[2], ink[3] * opacity], ground)), luminance(ground)]
      .sort((one, other) => other - one);
    const contrast = (light + 0.05) / (dark + 0.05);
    texts++;
    if (contrast < 4.5) faint.push([said.slice(0, 40), node.className, Math.round(contrast * 100) / 100]);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement, said = walker.currentNode.data.trim();
    if (!said || !node.checkVisibility() || node.closest("script, :disabled")) continue;
    measure(node, getComputedStyle(node).color, said);
  }
  const field = document.getElementById("search");
  if (field.checkVisibility()) measure(field, getComputedStyle(field, "::placeholder").color, "placeholder");
  return [texts, faint];
}"""


def require_contrast(opened: Opened, least: int) -> None:
    texts, faint = opened.page.evaluate(CONTRAST)
    assert faint == []
    assert texts > least


@pytest.mark.parametrize("scheme", ["light", "dark"])
@SIZES
def test_every_text_can_be_read(open_page: Open, scheme: str, width: int) -> None:
    for clusters, least in ((40, 120), (3, 80), (0, 20)):
        opened = open_page(html(clusters, 0 if not clusters else 45), width=width, scheme=scheme)
        require_contrast(opened, least)
    opened = open_page(html(CLUSTERS), width=width, scheme=scheme)
    page = opened.page
    chip(page, " waived$").click()
    require_contrast(opened, 60)
    page.locator("#view-list").click()
    require_contrast(opened, 60)
    page.locator("#list .finding").first.click()
    require_contrast(opened, 80)
    page.get_by_role("button", name="All of this cluster").click()
    require_contrast(opened, 100)


def test_the_measure_of_contrast_finds_what_is_faint(open_page: Open) -> None:
    opened = open_page(html(3))
    opened.page.locator("h1 .text").evaluate("node => { node.style.opacity = 0.3; }")
    _texts, faint = opened.page.evaluate(CONTRAST)
    assert len(faint) == 1


def test_light_and_dark(open_page: Open) -> None:
    grounds = {
        scheme: open_page(html(3), scheme=scheme).page.evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    lightness = {scheme: sum(map(int, re.findall(r"\d+", colour))) / 3 for scheme, colour in grounds.items()}
    assert lightness["light"] > 230
    assert lightness["dark"] < 40


def test_verdicts_differ_by_more_than_colour(fleet: Page) -> None:
    signs = {
        verdict: fleet.locator(
            f"#grid .cell .{'na' if verdict == 'not_applicable' else verdict}"
        ).first.inner_text()
        for verdict in report.VERDICTS
    }
    assert signs == SYMBOLS
    assert len(set(signs.values())) == 6


# -- assistive technology --------------------------------------------------------------------------------


def test_what_assistive_technology_is_told(fleet: Page) -> None:
    assert fleet.locator("html").get_attribute("lang") == "en"
    expect(fleet.get_by_role("heading", level=1)).to_have_count(1)
    expect(fleet.get_by_role("main")).to_have_count(1)
    expect(fleet.get_by_role("search")).to_have_count(1)
    expect(fleet.get_by_role("status")).to_contain_text("800 results")
    for name in ("Show verdicts", "Show severities", "View"):
        expect(fleet.get_by_role("group", name=name)).to_be_visible()
    for role, name in (("searchbox", "Search"), ("combobox", "Cluster"), ("combobox", "Order")):
        expect(fleet.get_by_role(t.cast(t.Any, role), name=name, exact=True)).to_be_visible()
    for name in ("Not met on most clusters", "Trend over the kept reports"):
        expect(fleet.get_by_role("region", name=name)).to_be_visible()
    expect(fleet.locator("#bar")).to_have_attribute(
        "aria-label", re.compile(r"^\d+ Fail, \d+ Contradiction, .* Not applicable$")
    )
    expect(fleet.get_by_role("img", name=re.compile("in 46 reports"))).to_be_visible()
    grid = fleet.get_by_role("grid", name="Clusters and controls")
    expect(grid).to_have_attribute("aria-rowcount", "21")
    expect(grid.get_by_role("columnheader")).to_have_count(41)
    expect(grid.get_by_role("rowheader")).to_have_count(20)
    expect(grid.get_by_role("gridcell")).to_have_count(800)
    nameless = fleet.locator("button, input, select, [role=gridcell], [role=img], [role=grid]").evaluate_all(
        "nodes => nodes.filter(node => node.checkVisibility() && !(node.getAttribute('aria-label') || node.textContent"
        " || (node.labels && node.labels.length))).map(node => node.outerHTML)"
    )
    assert nameless == []
    stray = grid.locator(
        "[role=row] > :not([role=gridcell]):not([role=rowheader]):not([role=columnheader])"
    ).count()
    assert stray == 0


def test_without_scripts_the_page_says_what_to_do(open_page: Open) -> None:
    opened = open_page(html(3), scripts=False)
    notice = opened.page.locator(".notice")
    expect(notice).to_be_visible()
    expect(notice).to_contain_text("compliance.md")
    expect(opened.page.locator("#app")).to_be_hidden()
    assert opened.requests == opened.complaints == []
