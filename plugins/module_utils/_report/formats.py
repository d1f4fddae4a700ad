# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as JSON, JUnit XML, Markdown, a Prometheus text file and lines to print. PRIVATE to the collection. Pure.

Each function takes a report from C(report.make) and returns the whole file.
"""

from __future__ import annotations

import json
import re
import typing as t
import unicodedata
from xml.etree import ElementTree

from .._security.words import counted
from .report import OPEN_VERDICTS, VERDICTS, Json, age, counts, findings, moment, unread, unseen, worst_first

# How each verdict is shown, with and without colour.
SYMBOLS = {
    "fail": "✕",
    "contradiction": "≠",
    "unknown": "?",
    "waived": "⚑",
    "pass": "✓",
    "not_applicable": "·",
}
WORDS = {
    "fail": "Fail",
    "contradiction": "Contradiction",
    "unknown": "Unknown",
    "waived": "Waived",
    "pass": "Pass",
    "not_applicable": "Not applicable",
}

# Letters and symbols that Unicode counts as printable but that have no glyph.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]")
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&=:/$^\"'%])")
RETIRING = "Clusters that were not in this run keep their last results. To drop a cluster, name it in cucm_compliance_retired."
# The most clusters that the summary names before it counts the rest.
_CLUSTERS_SAID = 10
_CONTROLS_SAID = 3
_NOTES_SAID = 20
# Characters of a reason, or a note, on a single line.
_LONGEST_REASON = 160
_LONGEST_NOTE = 300
_JUNIT_OUTCOME = {
    "fail": "failure",
    "contradiction": "failure",
    "unknown": "error",
    "waived": "skipped",
    "not_applicable": "skipped",
}


def visible(text: str, *, keep: str = "") -> str:
    """Return text with everything visible: characters without a glyph, or that change text direction, are named.

    Args:
        text: Text of a device or a site.
        keep: A control character to keep.
    """
    # The fast path for nearly all text: a report can hold tens of thousands of pieces.
    if (text.replace(keep, "") if keep else text).isprintable() and not _BLANK.search(text):
        return text
    return "".join(char if char == keep or not _hides(char) else f"[U+{ord(char):04X}]" for char in text)


def _hides(char: str) -> bool:
    # Python's non-printable characters are controls, formats (direction marks, zero width), line separators and unassigned
    # ones; but also blanks other than the space, which are visible.
    return (not char.isprintable() and unicodedata.category(char) != "Zs") or bool(_BLANK.match(char))


def as_json(report: Json) -> str:
    """Return the report as ASCII JSON, with one line per control, cluster and point of the history."""
    # With an indent, Python's encoder is ten times slower, and the history makes this the largest file.
    parts = []
    for key, value in report.items():
        if isinstance(value, list):
            items = ",\n".join(f"  {json.dumps(item)}" for item in value)
            parts.append(f' "{key}": [\n{items}\n ]')
        else:
            parts.append(f' "{key}": {json.dumps(value)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def as_junit(report: Json) -> str:
    """Return JUnit XML: one testsuite per cluster, one testcase per control.

    C(fail) and C(contradiction) are failures, C(unknown) is an error, C(waived) and C(not_applicable) are skipped.
    """
    controls = {control["id"]: control for control in report["controls"]}
    root = ElementTree.Element("testsuites", {"name": "CUCM compliance", **_totals(_every(report))})
    properties = {key: report[key] for key in ("schema", "digest", "collection_version", "ansible_version")}
    notes = {f"note_{number}": note for number, note in enumerate(report["notes"], 1)}
    for cluster in report["clusters"]:
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            {
                "name": _xml(cluster["name"]),
                "timestamp": _xml(cluster["read_at"] or report["generated_at"]),
                "time": "0",
                **_totals(cluster["results"]),
            },
        )
        told = {**properties, **{key: cluster[key] for key in ("release", "identity", "unreachable")}}
        accounts = {f"{service}_account": name for service, name in cluster["accounts"].items()}
        # Most readers of JUnit XML look for properties inside a suite, so the notes are in the first one.
        known = {
            **told,
            "not_in_this_run": unseen_since(report, cluster),
            "saved": saved_on(cluster),
            **accounts,
            **notes,
        }
        notes = {}
        listed = ElementTree.SubElement(suite, "properties")
        for name, value in known.items():
            if value:
                ElementTree.SubElement(listed, "property", {"name": name, "value": _xml(value)})
        for result in cluster["results"]:
            _testcase(suite, cluster, controls[result["control"]], result)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _testcase(suite: ElementTree.Element, cluster: Json, control: Json, result: Json) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        {"classname": _xml(cluster["name"]), "name": _xml(control["id"]), "time": "0"},
    )
    outcome = _JUNIT_OUTCOME.get(result["verdict"])
    if outcome is None:
        return
    told = ElementTree.SubElement(case, outcome, {"message": _xml(_reason(result))})
    if outcome == "skipped":
        return
    told.set("type", result["verdict"])
    lines = [f"{control['title']} ({control['severity']})", *control["references"]]
    if control["remedy"]:
        lines.append(f"Remedy: {control['remedy']}")
    if result["evidence"] is not None:
        lines.append(f"Evidence: {json.dumps(result['evidence'], ensure_ascii=False, indent=1)}")
    told.text = _xml("\n".join(lines))


def _totals(results: t.Sequence[Json]) -> dict[str, str]:
    found = counts(results)
    return {
        "tests": str(len(results)),
        "failures": str(sum(found[verdict] for verdict in OPEN_VERDICTS)),
        "errors": str(found["unknown"]),
        "skipped": str(found["waived"] + found["not_applicable"]),
    }


def _xml(text: str) -> str:
    # visible() replaces everything that XML 1.0 cannot hold (section 2.2); ElementTree escapes the rest.
    return visible(text, keep="\n")


def _every(report: Json) -> list[Json]:
    return [result for cluster in report["clusters"] for result in cluster["results"]]


def _reason(result: Json) -> str:
    """Return the reason, with the waiver unless the reason already names it."""
    reason, waiver = str(result["reason"]), result["waiver"]
    if not waiver or all(told in reason for told in waiver.values()):
        return reason
    return f"{reason} (waiver of {waiver['owner']} until {waiver['expires']}: {waiver['reason']})"


def as_markdown(report: Json) -> str:
    """Return GitHub Markdown for a ticket: an overview, and for each cluster the controls that do not pass."""
    lines = [
        "# CUCM compliance",
        "",
        f"**{_md(headline(report).strip())}.**",
        "",
        f"Made {_md(report['generated_at'])} by ucops.cucm {_md(report['collection_version'])}, "
        f"ansible-core {_md(report['ansible_version'])}. Digest `{report['digest']}`.",
        "",
        *_table(
            ["Cluster", "Release", *(f"{SYMBOLS[verdict]} {WORDS[verdict]}" for verdict in VERDICTS)],
            [_overview(report, cluster) for cluster in worst_first(report)],
        ),
    ]
    if unseen(report):
        lines += ["", "## Not in this run", "", _md(RETIRING), ""]
        lines += [_md_item(f"{each['name']}: {unseen_since(report, each)}") for each in unseen(report)]
    if report["notes"]:
        lines += ["", "## Notes", "", *(_md_item(note) for note in report["notes"])]
    controls = {control["id"]: control for control in report["controls"]}
    for cluster in worst_first(report):
        lines += ["", *_section(cluster, controls)]
    return "\n".join(lines) + "\n"


def headline(report: Json) -> str:
    """Return the state of the fleet in one sentence without a full stop; a single cluster is named.

    Clusters that were not in this run count with their last results, and the sentence says so.
    """
    return "; ".join(filter(None, (_state(report), _unseen(report))))


def _unseen(report: Json) -> str:
    missing = unseen(report)
    if not missing:
        return ""
    longest = _ago(report, missing[0])
    if len(missing) == 1:
        return f"not in this run: {missing[0]['name']}, last seen {longest}"
    clusters = len(report["clusters"])
    return f"not in this run: {len(missing):,} of {clusters:,} clusters, one of them last seen {longest}"


def _ago(report: Json, cluster: Json) -> str:
    seconds = age(report, cluster)
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{counted(seconds // size, word)} ago"
    return "less than a minute ago"


def unseen_since(report: Json, cluster: Json) -> str:
    """Return when a cluster that was not in this run was last seen; empty if it was in the run."""
    if not cluster["stale"]:
        return ""
    return f"last seen {cluster['seen_at']}, {_ago(report, cluster)}"


def _state(report: Json) -> str:
    clusters, unknown = report["clusters"], counts(_every(report))["unknown"]
    bad = sum(
        any(result["verdict"] in OPEN_VERDICTS for result in cluster["results"]) for cluster in clusters
    )
    lost = len(unread(report))
    single = clusters[0]["name"] if len(clusters) == 1 else ""
    if not clusters:
        return "No cluster was judged"
    parts = []
    if bad:
        who = single or f"{bad:,} of {len(clusters):,} clusters"
        parts.append(f"{who} {'needs' if bad == 1 else 'need'} attention")
    if lost:
        parts.append(f"{single or f'{lost:,} of {len(clusters):,} clusters'} could not be read")
    if parts:
        return ", and ".join(parts)
    if unknown:
        return f"Nothing fails, but {counted(unknown, 'result')} {'is' if unknown == 1 else 'are'} not known"
    then = " when last seen" if unseen(report) else ""
    return f"No open findings on {single or f'{len(clusters):,} clusters'}{then}"


def comparison(report: Json) -> str:
    """Return how the last two points of the history differ; empty if there is only one.

    Unknown results are reported beside open findings: findings that could not be looked for are not fewer findings.
    """
    if len(report["history"]) < 2:
        return ""
    before, now = (point["counts"] for point in report["history"][-2:])
    more_open = sum(now[verdict] - before[verdict] for verdict in OPEN_VERDICTS)
    more_unknown = now["unknown"] - before["unknown"]
    parts = [_more(more_open, "open"), *([_more(more_unknown, "unknown")] if more_unknown else [])]
    return f"{', '.join(parts)} {'than' if more_open or more_unknown else 'as'} in the report before"


def _more(number: int, word: str) -> str:
    if not number:
        return f"as many {word}"
    return f"{abs(number):,} {'more' if number > 0 else 'fewer'} {word}"


def saved_on(cluster: Json) -> str:
    """Return the day or days on which a cluster's answers were saved; empty if it was read live."""
    if not cluster["saved"]:
        return ""
    days = sorted({when[:10] for when in cluster["saved"].values() if when})
    return " to ".join(days) or "a day that is not known"


def _judged_by(cluster: Json) -> str:
    days = saved_on(cluster)
    return f"judged by what was saved {'from' if ' to ' in days else 'on'} {days}"


def _short(text: str, longest: int) -> str:
    """Return the visible text on one line, cut to C(longest) characters."""
    line = visible(" ".join(text.split()))
    return line if len(line) <= longest else f"{line[: longest - 3].rstrip()}..."


def as_summary(report: Json) -> list[str]:
    """Return lines for an operator's terminal: the state of the fleet, the number of each verdict, the clusters that could
    not be read, the worst of the others, those that were not in this run or judged by saved answers, and the notes."""
    found = counts(_every(report))
    by_cluster: dict[str, list[Json]] = {}
    for finding in findings(report, OPEN_VERDICTS):
        by_cluster.setdefault(finding["cluster"], []).append(finding)
    return [
        f"{visible(headline(report))}.",
        ", ".join(f"{number:,} {WORDS[verdict].lower()}" for verdict, number in found.items() if number)
        or "no results",
        *_first(
            [
                f"{visible(each['cluster'])}: could not be read: {_short(each['reason'], _LONGEST_REASON)}"
                for each in unread(report)
            ],
            "could not be read",
        ),
        *_first(
            [
                visible(_open_findings(cluster["name"], by_cluster[cluster["name"]]))
                for cluster in worst_first(report)
                if cluster["name"] in by_cluster
            ],
            "with open findings",
        ),
        *_first(
            [
                visible(f"{cluster['name']}: not in this run, {unseen_since(report, cluster)}")
                for cluster in unseen(report)
            ],
            "not in this run",
        ),
        *([RETIRING] if unseen(report) else []),
        *_first(
            [
                visible(f"{cluster['name']} was {_judged_by(cluster)}")
                for cluster in report["clusters"]
                if cluster["saved"]
            ],
            "judged by what was saved",
        ),
        *(f"Note: {_short(note, _LONGEST_NOTE)}" for note in report["notes"][:_NOTES_SAID]),
        *(
            [f"Note: and {len(report['notes']) - _NOTES_SAID} more"]
            if len(report["notes"]) > _NOTES_SAID
            else []
        ),
    ]


def as_lines(lost: t.Sequence[Json], found: t.Sequence[Json], most: int) -> list[str]:
    """Return a line for each cluster that could not be read and for each finding, and the number of lines left out.

    Args:
        lost: The result of C(report.unread).
        found: The result of C(report.findings); those of clusters that could not be read add nothing.
        most: The most lines of each kind.
    """
    found = [each for each in found if each["cluster"] not in {other["cluster"] for other in lost}]
    lines = [
        f"{visible(each['cluster'])}: could not be read: {_short(each['reason'], _LONGEST_REASON)}"
        for each in lost[:most]
    ]
    lines += [
        f"{visible(each['cluster'])}: {visible(each['control'])} ({each['severity']}) {WORDS[each['verdict']].lower()}: "
        f"{_short(each['reason'], _LONGEST_REASON)}"
        for each in found[:most]
    ]
    more = max(0, len(lost) - most) + max(0, len(found) - most)
    return [*lines, *([f"and {more:,} more; the report has them all"] if more else [])]


def _first(lines: t.Sequence[str], what: str) -> list[str]:
    more = len(lines) - _CLUSTERS_SAID
    return [*lines[:_CLUSTERS_SAID], *([f"and {counted(more, 'more cluster')} {what}"] if more > 0 else [])]


def _open_findings(cluster: str, told: t.Sequence[Json]) -> str:
    named = ", ".join(f"{each['control']} ({each['severity']})" for each in told[:_CONTROLS_SAID])
    more = f", and {len(told) - _CONTROLS_SAID} more" if len(told) > _CONTROLS_SAID else ""
    return f"{cluster}: {len(told)} open: {named}{more}"


def _overview(report: Json, cluster: Json) -> list[str]:
    found = counts(cluster["results"])
    since = f" ({unseen_since(report, cluster)})" if cluster["stale"] else ""
    return [
        _md(cluster["name"]),
        _release(cluster) + _md(since),
        *(str(found[verdict]) for verdict in VERDICTS),
    ]


def _release(cluster: Json) -> str:
    if cluster["unreachable"]:
        return _md(f"not read: {_short(cluster['unreachable'], _LONGEST_REASON)}")
    saved = f" (saved {saved_on(cluster)})" if cluster["saved"] else ""
    return _md(f"{cluster['release'] or 'not known'}{saved}")


def _section(cluster: Json, controls: t.Mapping[str, Json]) -> list[str]:
    lines = [f"## {_md(cluster['name'])}", ""]
    if cluster["unreachable"]:
        lines += [f"Not read: {_md(cluster['unreachable'])}", ""]
    if cluster["saved"]:
        lines += [f"J{_md(_judged_by(cluster))[1:]}.", ""]
    # The reason that every control of an unread cluster shares is given once.
    listed = ("unknown", "pass", "not_applicable") if cluster["unreachable"] else ("pass", "not_applicable")
    told = [result for result in cluster["results"] if result["verdict"] not in listed]
    rows = []
    for result in sorted(told, key=lambda result: VERDICTS.index(result["verdict"])):
        control = controls[result["control"]]
        rows.append(
            [
                f"{SYMBOLS[result['verdict']]} {WORDS[result['verdict']]}",
                control["severity"],
                f"{_md(control['title'])} ({_md(control['id'])})",
                _md(_reason(result)),
                _md(control["remedy"]),
            ]
        )
    if rows:
        lines += [*_table(["Verdict", "Severity", "Control", "Reason", "Remedy"], rows), ""]
    for verdict in listed:
        named = [_md(result["control"]) for result in cluster["results"] if result["verdict"] == verdict]
        if named:
            lines += [f"{SYMBOLS[verdict]} {WORDS[verdict]} ({len(named)}): {', '.join(named)}", ""]
    return lines[:-1]


def _md_item(text: str) -> str:
    return f"- {_md(text)}"


def _table(head: t.Sequence[str], rows: t.Iterable[t.Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def _md(text: str) -> str:
    """Return text that Markdown shows literally on one line: no markup, no link, no mention of a user."""
    # GitHub finds mentions and addresses in the text that remains after markup; a zero-width character splits them.
    return _MARKUP.sub(r"\\\1", visible(text)).replace("@", "@\u2060")


def as_prometheus(report: Json) -> str:
    """Return a file for the textfile collector of the Prometheus node exporter."""
    lines: list[str] = []
    for name, meaning, samples in (
        *_verdict_metrics(report),
        *_cluster_metrics(report),
        *_report_metrics(report),
    ):
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
        lines += [_sample(name, value, **labels) for value, labels in samples]
    return "\n".join(lines) + "\n"


# Name, meaning, and the samples: each a value and its labels.
_Metric = tuple[str, str, list[tuple[int, dict[str, str]]]]


def _verdict_metrics(report: Json) -> t.Iterator[_Metric]:
    severities = {control["id"]: control["severity"] for control in report["controls"]}
    yield (
        "cucm_compliance_result",
        "The verdict of a control on a cluster; always 1.",
        [
            (
                1,
                {
                    "cluster": cluster["name"],
                    "control": result["control"],
                    "severity": severities[result["control"]],
                    "verdict": result["verdict"],
                },
            )
            for cluster in report["clusters"]
            for result in cluster["results"]
        ],
    )
    yield (
        "cucm_compliance_results",
        "How many controls have a verdict on a cluster.",
        [
            (number, {"cluster": cluster["name"], "verdict": verdict})
            for cluster in report["clusters"]
            for verdict, number in counts(cluster["results"]).items()
        ],
    )


def _cluster_metrics(report: Json) -> t.Iterator[_Metric]:
    clusters = [(cluster, {"cluster": cluster["name"]}) for cluster in report["clusters"]]
    yield (
        "cucm_compliance_cluster_read",
        "Whether a cluster could be read.",
        [(0 if cluster["unreachable"] else 1, labels) for cluster, labels in clusters],
    )
    yield (
        "cucm_compliance_cluster_read_timestamp_seconds",
        "When a cluster was read.",
        [(_seconds(cluster["read_at"]), labels) for cluster, labels in clusters if cluster["read_at"]],
    )
    yield (
        "cucm_compliance_cluster_stale",
        "Whether a cluster was not in the last run.",
        [(int(cluster["stale"]), labels) for cluster, labels in clusters],
    )
    yield (
        "cucm_compliance_cluster_seen_timestamp_seconds",
        "When a run last judged a cluster, or could not read it.",
        [(_seconds(cluster["seen_at"]), labels) for cluster, labels in clusters],
    )


def _report_metrics(report: Json) -> t.Iterator[_Metric]:
    yield (
        "cucm_compliance_notes",
        "How many notes there are on what the site changed and what is odd about how it is set up.",
        [(len(report["notes"]), {})],
    )
    yield (
        "cucm_compliance_timestamp_seconds",
        "When the report was made.",
        [(_seconds(report["generated_at"]), {})],
    )
    yield (
        "cucm_compliance_info",
        "What made the report, and the digest of what it says; always 1.",
        [(1, {key: report[key] for key in ("collection_version", "ansible_version", "digest")})],
    )


def _sample(name: str, value: int, **labels: str) -> str:
    told = ",".join(
        '{}="{}"'.format(key, text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"'))
        for key, text in labels.items()
    )
    return f"{name}{{{told}}} {value}" if told else f"{name} {value}"


def _seconds(text: str) -> int:
    return int(moment(text).timestamp())
