# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page over 1,000 clusters and 40 controls: how long until it can be used, and how long each thing one does takes.

Writes C(build/bench/page.json). Times are in seconds, each until the picture is drawn.
"""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

from playwright.sync_api import Page

from ansible_collections.ucops.cucm.plugins.module_utils._report import page, report

from ..browser.conftest import Open, browser, open_page
from ..unit.data import fleets

# Fixtures are found among the names of a module.
__all__ = ["browser", "open_page"]

WRITTEN = Path(__file__).resolve().parents[2] / "build" / "bench" / "page.json"
CLUSTERS, CONTROLS, POINTS = 1000, 40, 90
# What people wait for without a thought of waiting.
LONGEST = 2.0
TIMES = 5

# Runs what is given, and returns the milliseconds until the frame that shows it is done.
_MEASURED = """(act) => new Promise((done) => {
  const begun = performance.now();
  new Function(act)();
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
})"""


def drawn(page: Page, act: str) -> float:
    """Return the seconds from a script's start until what it made is drawn."""
    return float(page.evaluate(_MEASURED, act)) / 1000


def worst(page: Page, acts: dict[str, str]) -> tuple[str, float]:
    """Return which of several things takes longest, and the median of its times."""
    medians = {
        name: statistics.median(drawn(page, act) for _time in range(TIMES)) for name, act in acts.items()
    }
    return max(medians.items(), key=lambda each: each[1])


def typed(words: str) -> str:
    return (
        "const field = document.getElementById('search');"
        f"field.value = {json.dumps(words)}; field.dispatchEvent(new Event('input'));"
    )


def test_a_thousand_clusters_open_and_filter_at_once(open_page: Open) -> None:
    made = fleets.fleet(CLUSTERS, shown=CONTROLS, points=POINTS)
    begun = time.perf_counter()
    html = page.as_html(made, fleets.FRAME)
    made_s = time.perf_counter() - begun

    WRITTEN.parent.mkdir(parents=True, exist_ok=True)
    opened_s = []
    for _time in range(TIMES):
        fresh = open_page(html)
        begun = time.perf_counter()
        fresh.page.reload()
        fresh.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        opened_s.append(time.perf_counter() - begun)
        assert fresh.page.locator("#grid .cell").count() > 400
    view = fresh.page

    chips = {
        f"{group} {number}": f"document.querySelectorAll('#{group} button')[{number}].click()"
        for group, size in (("verdicts", len(report.VERDICTS)), ("severities", len(report.SEVERITIES)))
        for number in range(size)
    }
    chosen = {
        "one cluster": "const field = document.getElementById('cluster'); field.value = field.value === '500' ? '-1' : '500';"
        "field.dispatchEvent(new Event('change'));",
        "order": "const field = document.getElementById('order'); field.value = field.value === 'name' ? 'worst' : 'name';"
        "field.dispatchEvent(new Event('change'));",
    }
    filters, filter_s = worst(view, {**chips, **chosen})
    view.evaluate("() => document.getElementById('clear').click()")
    words = ("c", "ctl", "milan", "setup failed", "milan ctl 15.0.1", "V-260034", "no such thing", "")
    searched, search_s = worst(view, {each: typed(each) for each in words})
    _shown, list_s = worst(view, {"list": "document.getElementById('view-list').click()"})
    _back, grid_s = worst(view, {"grid": "document.getElementById('view-grid').click()"})
    _scrolled, scroll_s = worst(
        view,
        {
            "scroll": "const grid = document.getElementById('grid'); grid.scrollTop = (grid.scrollTop + 9000) % 27000;"
        },
    )
    _opened, control_s = worst(
        view,
        {
            "control": "document.getElementById('detail').close(); document.querySelector('#worst button').click()"
        },
    )
    heap = view.evaluate("performance.memory.usedJSHeapSize")
    fresh.require_quiet()

    told = {
        "clusters": CLUSTERS,
        "controls": CONTROLS,
        "reports_kept": POINTS,
        "file_bytes": len(html.encode("utf-8")),
        "make_s": round(made_s, 3),
        "open_s": round(statistics.median(opened_s), 3),
        "open_s_longest": round(max(opened_s), 3),
        "filter_s": round(filter_s, 3),
        "filter_s_of": filters,
        "search_s": round(search_s, 3),
        "search_s_of": searched,
        "list_s": round(max(list_s, grid_s), 3),
        "scroll_s": round(scroll_s, 3),
        "detail_s": round(control_s, 3),
        "heap_mb": round(heap / 2**20, 1),
        "repeated": TIMES,
    }
    WRITTEN.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    print(json.dumps(told, indent=2))
    for name in ("open_s", "filter_s", "search_s", "list_s", "scroll_s", "detail_s"):
        assert told[name] < LONGEST, name
