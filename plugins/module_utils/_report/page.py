# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as one HTML page that needs no network. PRIVATE to the collection. Pure.

Every report has the same page, the frame, except for one island of JSON, which the page's script reads and writes into
text nodes only.
"""

from __future__ import annotations

import json
import typing as t

from .formats import RETIRING, SYMBOLS, WORDS, comparison, headline, saved_on, unseen_since, visible
from .report import OPEN_VERDICTS, SEVERITIES, VERDICTS, Json, worst_first

_NOT_JUDGED = "The run that last read this cluster did not include this control."

# The place for the data in the frame.
_ISLAND = '<script type="application/json" id="data">'


def as_html(report: Json, frame: str) -> str:
    """Return the page.

    Args:
        report: The report to show.
        frame: The page without data, as C(plugin_utils/_page) builds it from page.html, page.css and page.js.

    Raises:
        ValueError: The frame does not have exactly one place for the data.
    """
    before, found, after = frame.partition(_ISLAND)
    if not found or _ISLAND in after:
        raise ValueError("The frame of the page must have exactly one place for the data.")
    return before + found + _island(encoded(report)) + after


def _island(value: t.Any) -> str:
    """Return JSON in which an HTML parser finds no end tag, comment or entity."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class _Table:
    """Distinct texts, each identified by its number."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Return the number of a text."""
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self.texts)
            self.texts.append(visible(text, keep="\n"))
        return number


def encoded(report: Json) -> Json:
    """Return the report in the form that the page's script reads.

    A verdict is one digit, its index in C(report.VERDICTS); a cluster's verdicts are one text in the order of the controls.
    A reason or evidence is an index into C(texts), since most of a fleet shares them; -1 means absent. Evidence is a text here,
    because a script would lose digits of a long number.
    """
    texts = _Table()
    places = {cluster["name"]: place for place, cluster in enumerate(report["clusters"])}
    return {
        "headline": visible(headline(report)),
        "comparison": comparison(report),
        "notes": [visible(note) for note in report["notes"]],
        "verdicts": [[verdict, WORDS[verdict], SYMBOLS[verdict]] for verdict in VERDICTS],
        "severities": list(SEVERITIES),
        "made": {
            key: visible(report[key])
            for key in ("schema", "generated_at", "collection_version", "ansible_version", "digest")
        },
        "controls": [_control(control) for control in report["controls"]],
        "clusters": [_cluster(cluster, texts, report) for cluster in report["clusters"]],
        "retiring": RETIRING,
        "worst": [places[cluster["name"]] for cluster in worst_first(report)],
        "history": [
            {"at": point["generated_at"], "counts": [point["counts"][verdict] for verdict in VERDICTS]}
            for point in report["history"]
        ],
        "texts": texts.texts,
    }


def _control(control: Json) -> Json:
    return {
        **{key: visible(control[key]) for key in ("id", "title", "privilege", "remedy")},
        **{key: [visible(text) for text in control[key]] for key in ("references", "reads")},
        "severity": SEVERITIES.index(control["severity"]),
    }


def _cluster(cluster: Json, texts: _Table, report: Json) -> Json:
    results, history = _of_every_control(cluster, report["controls"]), report["history"]
    return {
        **{
            key: visible(cluster[key] or "")
            for key in ("name", "release", "identity", "read_at", "unreachable")
        },
        "saved": saved_on(cluster),
        "unseen": unseen_since(report, cluster),
        **{service: visible(account or "") for service, account in cluster["accounts"].items()},
        "verdicts": "".join(str(VERDICTS.index(result["verdict"])) for result in results),
        "reasons": [texts.number(result["reason"]) for result in results],
        "evidence": [_evidence(result["evidence"], texts) for result in results],
        "waivers": {
            index: {key: visible(told) for key, told in result["waiver"].items()}
            for index, result in enumerate(results)
            if result["waiver"]
        },
        "open": [_number(point["clusters"].get(cluster["name"]), OPEN_VERDICTS) for point in history],
        "unknown": [_number(point["clusters"].get(cluster["name"]), ["unknown"]) for point in history],
    }


def _of_every_control(cluster: Json, controls: t.Sequence[Json]) -> list[Json]:
    """Return a result for each control, since every cell of the grid has one.

    Runs over parts of a fleet may have different controls; a control missing from a cluster's run is not applicable to it.
    """
    told = {result["control"]: result for result in cluster["results"]}
    absent = {"verdict": "not_applicable", "reason": _NOT_JUDGED, "evidence": None, "waiver": None}
    return [told.get(control["id"], absent) for control in controls]


def _evidence(evidence: t.Any, texts: _Table) -> int:
    if evidence is None or evidence == {} or evidence == []:
        return -1
    return texts.number(json.dumps(evidence, ensure_ascii=False, indent=1))


def _number(counts: t.Mapping[str, int] | None, verdicts: t.Iterable[str]) -> int:
    """Return how many results of a cluster had one of the verdicts at a point of the history; -1 if the cluster was not in it."""
    return -1 if counts is None else sum(counts.get(verdict, 0) for verdict in verdicts)
