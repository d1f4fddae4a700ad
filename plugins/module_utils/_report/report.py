# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The compliance report: one JSON-like value from which every format is made. PRIVATE to the collection. Pure.

All text from a cluster or a site is hostile: it is carried and shortened, never interpreted.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
from collections import Counter
from datetime import UTC, date, datetime

from .._base.errors import InputError

Json = dict[str, t.Any]

SCHEMA = "ucops.cucm/compliance-report/1"
# Worst first; every format lists them in this order.
VERDICTS = ("fail", "contradiction", "unknown", "waived", "pass", "not_applicable")
OPEN_VERDICTS = ("fail", "contradiction")
SEVERITIES = ("high", "medium", "low")

_LONGEST_NAME = 200
_LONGEST_TEXT = 2000
_LONGEST_EVIDENCE_TEXT = 500
_LONGEST_EVIDENCE = 4000
# As JSON in ASCII: up to twelve characters for one, and escaped again in a text that holds JSON.
_LONGEST_KEPT_EVIDENCE = 15 * _LONGEST_EVIDENCE
_MOST_ITEMS = 50
# The most notes about clusters that turn out to be the same one.
_MOST_NAMES = 5
_DEEPEST = 8
# In bits.
_LONGEST_NUMBER = 1024

# The length to which _text cuts a longer text; a later report that keeps it does not cut it again.
_CUT = re.compile(r"\.\.\. \(\d{1,20} more characters\)\Z")
_LONGEST_CUT = 40

_REMEDY = "Pass as clusters the results that the option judge of cluster_info returns, and as controls those of the same run."


class Versions(t.NamedTuple):
    """The versions that made a report."""

    collection: str
    ansible: str


def make(
    clusters: t.Sequence[t.Any],
    controls: t.Sequence[t.Any],
    history: t.Sequence[Json],
    now: datetime,
    versions: Versions,
    notes: t.Sequence[t.Any] = (),
    earlier: Json | None = None,
    retired: t.Collection[str] = (),
) -> Json:
    """Return the report on the clusters that were judged and on those that this run did not include.

    Args:
        clusters: One mapping per cluster: C(name), C(results), and its properties (C(release), C(identity), C(read_at),
        C(accounts), C(unreachable), C(saved)). A control without a result becomes C(unknown) and is never left out.
        controls: The controls that were judged, in display order; keys that a report does not have are ignored.
        history: The points of earlier reports to keep, oldest first.
        now: When the report is made.
        versions: The versions that make it.
        notes: Texts about site changes and an odd setup. Notes about clusters that turn out to be the same one follow them.
        earlier: The last report, as C(read) returns it. Its clusters that are not in C(clusters) stay unchanged, as C(stale),
        with their controls.
        retired: Names of clusters to drop.

    Raises:
        InputError: C(report_invalid); the message names the place.
    """
    shown_controls = [_control(item, f"controls[{index}]") for index, item in enumerate(controls)]
    _require_unique(shown_controls, "id", "controls")
    generated_at = _written(now)
    seen = [
        _cluster(item, shown_controls, f"clusters[{index}]", generated_at)
        for index, item in enumerate(clusters)
    ]
    _require_unique(seen, "name", "clusters")
    told = _texts({"notes": notes}, "notes", "", _LONGEST_TEXT)
    names = {cluster["name"] for cluster in seen}
    kept_clusters, kept_controls = _unseen(earlier, {*names, *retired}, shown_controls)
    shown_controls += kept_controls
    shown_clusters = sorted(
        [*seen, *kept_clusters], key=lambda cluster: (cluster["name"].casefold(), cluster["name"])
    )
    point = {
        "generated_at": generated_at,
        "counts": counts(result for cluster in shown_clusters for result in cluster["results"]),
        "clusters": {cluster["name"]: _without_zeros(cluster["results"]) for cluster in shown_clusters},
    }
    return {
        "schema": SCHEMA,
        "generated_at": generated_at,
        "collection_version": versions.collection,
        "ansible_version": versions.ansible,
        "digest": digest(shown_controls, shown_clusters),
        "controls": shown_controls,
        "clusters": shown_clusters,
        "notes": [*told, *_same_clusters(shown_clusters), *_retired_in_vain(names, retired)],
        "history": [*history, point],
    }


def _unseen(
    earlier: Json | None, gone: t.Collection[str], controls: t.Sequence[Json]
) -> tuple[list[Json], list[Json]]:
    """Return the clusters to keep from an earlier report, and those of their controls that are missing from C(controls)."""
    if earlier is None:
        return [], []
    clusters = [{**cluster, "stale": True} for cluster in staying(earlier, gone)]
    judged = {result["control"] for cluster in clusters for result in cluster["results"]}
    further = judged - {control["id"] for control in controls}
    return clusters, [control for control in earlier["controls"] if control["id"] in further]


def staying(earlier: Json | None, gone: t.Collection[str]) -> list[Json]:
    """Return the clusters of an earlier report (empty without one), except those named in C(gone)."""
    return [cluster for cluster in (earlier or {"clusters": []})["clusters"] if cluster["name"] not in gone]


def of_this_run(report: Json) -> Json:
    """Return a report without the clusters that this run did not include."""
    return {**report, "clusters": [cluster for cluster in report["clusters"] if not cluster["stale"]]}


def unseen(report: Json) -> list[Json]:
    """Return the clusters that this run did not include, longest unseen first."""
    return sorted(
        (cluster for cluster in report["clusters"] if cluster["stale"]), key=lambda each: str(each["seen_at"])
    )


def age(report: Json, cluster: Json) -> int:
    """Return the seconds between the last sight of a cluster and the making of the report."""
    return max(0, int((moment(report["generated_at"]) - moment(cluster["seen_at"])).total_seconds()))


def counts(results: t.Iterable[Json]) -> dict[str, int]:
    """Return how many results have each verdict, worst first, including zero counts."""
    found = Counter(result["verdict"] for result in results)
    return {verdict: found[verdict] for verdict in VERDICTS}


def digest(controls: t.Sequence[Json], clusters: t.Sequence[Json]) -> str:
    """Return the SHA-256 over the controls, and each cluster's results with their waivers, in hexadecimal.

    Two reports with the same content have the same digest, whatever their times. Computed over JSON with sorted keys, without
    blanks and in ASCII: C({"clusters": {name: results}, "controls": controls}).
    """
    said = {"controls": controls, "clusters": {cluster["name"]: cluster["results"] for cluster in clusters}}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def findings(report: Json, verdicts: t.Collection[str]) -> list[Json]:
    """Return the results with one of the verdicts, most severe first: C(cluster), C(control), C(severity), C(verdict), C(reason)."""
    controls = {control["id"]: control for control in report["controls"]}
    found = [
        {
            "cluster": cluster["name"],
            "control": result["control"],
            "severity": controls[result["control"]]["severity"],
            "verdict": result["verdict"],
            "reason": result["reason"],
        }
        for cluster in report["clusters"]
        for result in cluster["results"]
        if result["verdict"] in verdicts
    ]
    return sorted(
        found, key=lambda each: (SEVERITIES.index(each["severity"]), VERDICTS.index(each["verdict"]))
    )


def worst_first(report: Json) -> list[Json]:
    """Return the clusters in the order in which to look at them.

    Clusters that could not be read come first: they may be down. Then come those with the most open findings of high severity,
    then of medium, of low, then with the most unknown results; otherwise by name.
    """
    severities = {control["id"]: control["severity"] for control in report["controls"]}

    def weight(cluster: Json) -> tuple[int, ...]:
        results = cluster["results"]
        found = Counter(
            severities[result["control"]] for result in results if result["verdict"] in OPEN_VERDICTS
        )
        unknown = sum(result["verdict"] == "unknown" for result in results)
        return (bool(cluster["unreachable"]), *(found[severity] for severity in SEVERITIES), unknown)

    # A reverse sort keeps the order of equal items.
    return sorted(report["clusters"], key=weight, reverse=True)


def unread(report: Json) -> list[Json]:
    """Return the clusters that could not be read, by name: C(cluster), and the C(reason)."""
    return [
        {"cluster": cluster["name"], "reason": cluster["unreachable"]}
        for cluster in report["clusters"]
        if cluster["unreachable"]
    ]


def _same_clusters(clusters: t.Sequence[Json]) -> list[str]:
    """Return a note for each identity shared by several clusters."""
    by_identity: dict[str, list[str]] = {}
    for cluster in clusters:
        if cluster["identity"]:
            by_identity.setdefault(cluster["identity"], []).append(cluster["name"])
    return [
        _text(f"{_listed(names)} are the same cluster (identity {identity})", _LONGEST_TEXT)
        for identity, names in by_identity.items()
        if len(names) > 1
    ]


def _retired_in_vain(names: t.Collection[str], retired: t.Collection[str]) -> list[str]:
    return [
        _text(f"{name} is retired, but this run judged it, so it is in the report", _LONGEST_TEXT)
        for name in sorted(set(retired) & set(names))
    ]


def _listed(names: t.Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    *most, last = [*names[:_MOST_NAMES], f"{more} more"] if more > 0 else names
    return f"{', '.join(most)} and {last}"


def at_the_time_of(report: Json, earlier: Json, keep: int) -> Json:
    """Return a report as made at the time of an earlier one, to compare their content."""
    then = {cluster["name"]: cluster for cluster in earlier["clusters"]}
    return {
        **report,
        "generated_at": earlier["generated_at"],
        "clusters": [
            {
                **cluster,
                "read_at": cluster["read_at"] and then[cluster["name"]]["read_at"],
                "seen_at": then[cluster["name"]]["seen_at"],
            }
            if cluster["name"] in then
            else cluster
            for cluster in report["clusters"]
        ],
        "history": kept(earlier["history"], keep + 1),
    }


def kept(history: t.Sequence[Json], number: int) -> list[Json]:
    """Return the last C(number) points of a history."""
    return list(history[-number:]) if number > 0 else []


def read(text: str) -> Json:
    """Return C(generated_at), C(digest), C(controls), C(clusters) and C(history) of a report.

    In a report from before clusters had C(seen_at), all of them count as seen.

    Args:
        text: The output of C(formats.as_json), which someone may have edited since.

    Raises:
        ValueError: It is not a report, or its history cannot be continued.
    """
    try:
        return _read(json.loads(text, parse_constant=_no_number))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except InputError as error:
        raise ValueError(error.message) from error


def _no_number(text: str) -> t.NoReturn:
    raise ValueError(f"{text} is not JSON")


def _read(told: t.Any) -> Json:
    if not isinstance(told, dict) or told.get("schema") != SCHEMA:
        raise ValueError(f"it is not a report of schema {SCHEMA}")
    clusters, history = told.get("clusters"), told.get("history")
    if (
        not _is_time(told.get("generated_at"))
        or not isinstance(told.get("digest"), str)
        or not isinstance(clusters, list)
        or not isinstance(told.get("controls"), list)
        or not isinstance(history, list)
        or not history
    ):
        raise ValueError("it lacks generated_at, digest, controls, clusters or history")
    for index, point in enumerate(history):
        if not _is_point(point):
            raise ValueError(f"history[{index}] is not understood")
    generated_at = _written(moment(told["generated_at"]))
    controls = [_control(item, f"controls[{index}]") for index, item in enumerate(told["controls"])]
    _require_unique(controls, "id", "controls")
    shown = [_kept(item, controls, f"clusters[{index}]", generated_at) for index, item in enumerate(clusters)]
    _require_unique(shown, "name", "clusters")
    return {
        "generated_at": generated_at,
        "digest": told["digest"],
        "controls": controls,
        "clusters": shown,
        "history": [
            {
                "generated_at": _written(moment(point["generated_at"])),
                "counts": {verdict: point["counts"].get(verdict, 0) for verdict in VERDICTS},
                "clusters": point["clusters"],
            }
            for point in history
        ],
    }


def _plain(value: t.Any, depth: int) -> t.Any:
    """Return evidence as plain JSON without Ansible's classes, with texts, lists and depth limited."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        # Python refuses to print a number with thousands of digits, except in a base that is a power of two.
        return (
            int(value) if value.bit_length() <= _LONGEST_NUMBER else _text(hex(value), _LONGEST_EVIDENCE_TEXT)
        )
    if isinstance(value, float):
        # JSON has neither infinity nor NaN.
        number = float(value)
        return number if number - number == 0 else str(number)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (dict, list, tuple, set, frozenset)) and not depth:
        return "... (nested too deeply)"
    if isinstance(value, dict):
        items = list(value.items())[:_MOST_ITEMS]
        shown = {_text(str(key), _LONGEST_EVIDENCE_TEXT): _plain(item, depth - 1) for key, item in items}
        if len(items) < len(value):
            shown["..."] = f"{len(value) - len(items)} more"
        return shown
    if isinstance(value, (set, frozenset)):
        value = sorted(value, key=str)
    if isinstance(value, (list, tuple)):
        elements = [_plain(item, depth - 1) for item in value[:_MOST_ITEMS]]
        return elements + ([f"... {len(value) - len(elements)} more"] if len(elements) < len(value) else [])
    return _text(str(value), _LONGEST_EVIDENCE_TEXT)


def _text(value: str, longest: int) -> str:
    # Half a surrogate pair is a Python string, but no text in any encoding.
    whole = value.encode("utf-8", "replace").decode("utf-8")
    if len(whole) <= longest or (len(whole) <= longest + _LONGEST_CUT and _CUT.search(whole)):
        return whole
    return f"{whole[:longest]}... ({len(whole) - longest} more characters)"


def _evidence(value: t.Any) -> t.Any:
    """Return evidence that fits into a report: long parts are cut first, then the whole."""
    shown = _plain(value, _DEEPEST)
    text = json.dumps(shown, ensure_ascii=False)
    if len(text) <= _LONGEST_EVIDENCE:
        return shown
    return {"shortened": f"{text[:_LONGEST_EVIDENCE]}...", "characters": len(text)}


def _kept_evidence(value: t.Any) -> t.Any:
    """Return evidence as in an earlier report; shortening it again would change it."""
    whole = len(json.dumps(value)) <= _LONGEST_KEPT_EVIDENCE
    return value if whole else _evidence(value)


def _control(value: t.Any, place: str) -> Json:
    given = _mapping(value, place)
    return {
        "id": _name(given, "id", place),
        "title": _required_text(given, "title", place),
        "severity": _one_of(given, "severity", SEVERITIES, place),
        "references": _texts(given, "references", place),
        "reads": _texts(given, "reads", place),
        "privilege": _optional_text(given, "privilege", place) or "",
        "remedy": _optional_text(given, "remedy", place) or "",
    }


def _cluster(value: t.Any, controls: t.Sequence[Json], place: str, seen_at: str) -> Json:
    given = _mapping(value, place)
    told = _results(given.get("results"), controls, f"{place}.results", _evidence)
    known = _known(given, place)
    return {
        **known,
        "seen_at": seen_at,
        "stale": False,
        "results": _completed(told, controls, known["unreachable"]),
    }


def _kept(value: t.Any, controls: t.Sequence[Json], place: str, generated_at: str) -> Json:
    """Return a cluster of an earlier report with only its own results."""
    given = _mapping(value, place)
    if "read_at" not in given:
        raise _invalid(f"{place}.read_at", "is missing")
    told = _results(given.get("results"), controls, f"{place}.results", _kept_evidence)
    return {
        **_known(given, place),
        "seen_at": _optional_time(given, "seen_at", place) or generated_at,
        "stale": bool(given.get("stale")),
        "results": [told[control["id"]] for control in controls if control["id"] in told],
    }


def _known(given: t.Mapping[str, t.Any], place: str) -> Json:
    """Return the properties of a cluster other than its results."""
    accounts = _mapping(given.get("accounts") or {}, f"{place}.accounts")
    return {
        "name": _name(given, "name", place),
        "release": _optional_text(given, "release", place),
        "identity": _optional_text(given, "identity", place),
        "read_at": _optional_time(given, "read_at", place),
        "accounts": {
            service: _optional_text(accounts, service, f"{place}.accounts") for service in ("axl", "cli")
        },
        "unreachable": _optional_text(given, "unreachable", place),
        "saved": _saved(given.get("saved"), f"{place}.saved"),
    }


def _saved(value: t.Any, place: str) -> Json | None:
    """Return when the first and the last of a cluster's answers were saved; None if it was read live."""
    if value is None:
        return None
    given = _mapping(value, place)
    return {key: _optional_time(given, key, place) for key in ("first", "last")}


def _results(
    value: t.Any, controls: t.Sequence[Json], place: str, evidence: t.Callable[[t.Any], t.Any]
) -> dict[str, Json]:
    """Return the result of each control."""
    if value is not None and not isinstance(value, (list, tuple)):
        raise _invalid(place, "must be a list")
    told: dict[str, Json] = {}
    known = {control["id"] for control in controls}
    for index, item in enumerate(value or []):
        result = _result(item, f"{place}[{index}]", evidence)
        control = result["control"]
        if control not in known:
            raise _invalid(f"{place}[{index}].control", f"{control!r} is not among the controls")
        if control in told:
            raise _invalid(f"{place}[{index}].control", f"{control!r} has a result already")
        told[control] = result
    return told


def _completed(told: t.Mapping[str, Json], controls: t.Sequence[Json], unreachable: str | None) -> list[Json]:
    """Return a result for each control; a missing result is C(unknown)."""
    missing = (
        f"the cluster could not be read: {unreachable}"
        if unreachable
        else "no verdict was given for this control"
    )
    return [
        told.get(control["id"])
        or {
            "control": control["id"],
            "verdict": "unknown",
            "reason": missing,
            "evidence": None,
            "waiver": None,
        }
        for control in controls
    ]


def _result(value: t.Any, place: str, evidence: t.Callable[[t.Any], t.Any]) -> Json:
    given = _mapping(value, place)
    verdict = _one_of(given, "verdict", VERDICTS, place)
    waiver = given.get("waiver")
    if verdict == "waived" and not waiver:
        raise _invalid(f"{place}.waiver", "a verdict of waived needs its waiver")
    return {
        "control": _name(given, "control", place),
        "verdict": verdict,
        "reason": _required_text(given, "reason", place),
        "evidence": evidence(given.get("evidence")),
        "waiver": _waiver(waiver, f"{place}.waiver") if waiver else None,
    }


def _waiver(value: t.Any, place: str) -> Json:
    given = _mapping(value, place)
    return {key: _required_text(given, key, place) for key in ("reason", "owner", "expires")}


def _without_zeros(results: t.Iterable[Json]) -> dict[str, int]:
    return {verdict: number for verdict, number in counts(results).items() if number}


def _written(when: datetime) -> str:
    return f"{when.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"


def _is_time(value: t.Any) -> bool:
    try:
        moment(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def moment(text: str) -> datetime:
    """Return the moment in an ISO 8601 text; without a zone it counts as UTC.

    Raises:
        ValueError: The text is not a time.
    """
    if len(text) < len("2026-01-01T00:00"):
        raise ValueError(f"{text!r} is not a time")
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)


def _is_point(value: t.Any) -> bool:
    return (
        isinstance(value, dict)
        and _is_time(value.get("generated_at"))
        and _is_counts(value.get("counts"))
        and isinstance(value.get("clusters"), dict)
        and all(0 < len(name) <= _LONGEST_NAME for name in value["clusters"])
        and all(_is_counts(each) for each in value["clusters"].values())
    )


def _is_counts(value: t.Any) -> bool:
    return isinstance(value, dict) and all(
        verdict in VERDICTS and isinstance(number, int) and not isinstance(number, bool) and number >= 0
        for verdict, number in value.items()
    )


def _mapping(value: t.Any, place: str) -> t.Mapping[str, t.Any]:
    if not isinstance(value, t.Mapping):
        raise _invalid(place, "must be a mapping")
    return value


def _required_text(given: t.Mapping[str, t.Any], key: str, place: str) -> str:
    text = _optional_text(given, key, place)
    if not text:
        raise _invalid(f"{place}.{key}", "is missing")
    return text


def _optional_text(given: t.Mapping[str, t.Any], key: str, place: str) -> str | None:
    value = given.get(key)
    if value is None:
        return None
    # A date that YAML read out of a waiver's text.
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if not isinstance(value, str):
        raise _invalid(f"{place}.{key}", "must be a text")
    return _text(str(value), _LONGEST_TEXT)


def _optional_time(given: t.Mapping[str, t.Any], key: str, place: str) -> str | None:
    text = _optional_text(given, key, place)
    if text is None:
        return None
    if not _is_time(text):
        raise _invalid(f"{place}.{key}", f"{text[:60]!r} is not an ISO 8601 time")
    return _written(moment(text))


def _name(given: t.Mapping[str, t.Any], key: str, place: str) -> str:
    name = _required_text(given, key, place)
    # Shortened names could become equal.
    if len(name) > _LONGEST_NAME:
        raise _invalid(f"{place}.{key}", f"has {len(name)} characters; at most {_LONGEST_NAME} are allowed")
    return name


def _texts(given: t.Mapping[str, t.Any], key: str, place: str, longest: int = _LONGEST_NAME) -> list[str]:
    value = given.get(key) or []
    if not isinstance(value, (list, tuple)) or not all(isinstance(each, str) for each in value):
        raise _invalid(f"{place}.{key}".lstrip("."), "must be a list of texts")
    return [_text(str(each), longest) for each in value]


def _one_of(given: t.Mapping[str, t.Any], key: str, words: t.Sequence[str], place: str) -> str:
    value = given.get(key)
    if value not in words:
        raise _invalid(f"{place}.{key}", f"{_text(str(value), 60)!r} is not one of {', '.join(words)}")
    return str(value)


def _require_unique(items: t.Sequence[Json], key: str, place: str) -> None:
    seen: dict[str, int] = {}
    for index, item in enumerate(items):
        first = seen.setdefault(item[key], index)
        if first != index:
            raise _invalid(
                f"{place}[{index}].{key}", f"{item[key]!r} is the {key} of {place}[{first}] already"
            )


def _invalid(place: str, what: str) -> InputError:
    return InputError(f"{place}: {what}.", code="report_invalid", remedy=_REMEDY)
