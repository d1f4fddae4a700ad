# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results of a cluster: every control judged, waivers applied. PRIVATE to the collection. Pure.

C(config) is a site's configuration as C(site.load) takes it; every function raises what that does.
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._facts import model
from .._security import duties, rules
from . import site
from .case import (
    CONTRADICTION,
    FAIL,
    GUIDE,
    NOT_APPLICABLE,
    UNKNOWN,
    WAIVED,
    Case,
    Judgement,
    Undecided,
    not_applicable,
    plain,
    some,
    utc,
    without_stop,
)
from .controls import Control
from .judges import JUDGES

Result = dict[str, t.Any]

# What somebody may answer for. A contradiction is nothing one could have agreed to: nobody knows what is so.
_WAIVABLE = (FAIL, UNKNOWN)
_LONGEST_REASON = 800
_NAMED_AT_MOST = 10


def judge_cluster(facts: t.Any, config: t.Any, cluster_name: str, now: datetime) -> list[Result]:
    """Return the results of all controls that are switched on, in the order of the catalogue.

    Args:
        facts: What C(cluster_info) returned. A fact in another form counts as unread.
        config: The site's configuration.
        cluster_name: The cluster's name in waivers and intent.
        now: The time to judge by; without a zone it is UTC.

    A judge that breaks down costs its own control a verdict (C(unknown)) and nothing else.
    """
    valid, moment, known = site.load(config), utc(now), model.clean(facts)
    intent = valid.wanted_of(cluster_name)
    known = {**rules.chosen(known, intent.ctl_restarts)}
    if model.NODES.name in known:
        known.update(duties.derived(known))
    return [
        _waived(
            _judged(control, Case(known, intent, moment, control.with_)),
            valid.waivers_of(control.id, cluster_name),
            moment,
        )
        for control in valid.controls
    ]


def unreachable(reason: str, config: t.Any) -> list[Result]:
    """Return the results of a cluster that could not be read: every control C(unknown), none waived."""
    why = f"the cluster could not be read: {reason}"
    return [_result(control, Judgement(UNKNOWN, why, {})) for control in site.load(config).controls]


def subsets(config: t.Any, cluster_name: str | None = None) -> list[str]:
    """Return the subsets of C(cluster_info) that the controls need; never empty, which would mean all of them.

    Args:
        config: The site's configuration.
        cluster_name: The cluster to be read. Nothing is read for a control that what is wanted of it leaves nothing to
            judge. None for what may be needed of any cluster.
    """
    valid = site.load(config)
    intent = None if cluster_name is None else valid.wanted_of(cluster_name)
    needed = {"nodes"}
    for control in valid.controls:
        if intent is None or not JUDGES[control.judge].idle(intent):
            needed.update(control.reads)
    return [subset for subset in model.SUBSETS if subset in needed]


def controls(config: t.Any) -> list[dict[str, t.Any]]:
    """Return the controls that are switched on, in the form of a report."""
    return [control.as_report() for control in site.load(config).controls]


def departures(clusters: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """Return the intentions for clusters that depart from the security guide.

    Args:
        clusters: Mappings with C(name) and C(results), as a report has them.
    """
    names: dict[tuple[str, str, str], list[str]] = {}
    for cluster in clusters:
        for result in cluster.get("results") or ():
            evidence = result.get("evidence")
            if result.get("verdict") == WAIVED and isinstance(evidence, dict):
                evidence = evidence.get("evidence")
            if isinstance(evidence, dict) and {GUIDE, "wanted"} <= set(evidence):
                key = (str(result.get("control")), str(evidence["wanted"]), str(evidence[GUIDE]))
                names.setdefault(key, []).append(str(cluster.get("name")))
    return [
        f"{control} is judged by the intent {wanted} at {some(found, _NAMED_AT_MOST)}, "
        f"which departs from the security guide: it wants {guide}"
        for (control, wanted, guide), found in names.items()
    ]


def _judged(control: Control, case: Case) -> Result:
    judge = JUDGES[control.judge]
    try:
        idle = judge.idle(case.intent)
        judgement = not_applicable(idle) if idle else judge.judge(case)
    except Undecided as error:
        judgement = Judgement(error.verdict, error.reason, {})
    except Exception as error:  # one control must not cost the others theirs
        judgement = Judgement(UNKNOWN, f"the facts could not be judged ({type(error).__name__}: {error})", {})
    return _result(control, judgement)


def _waived(result: Result, waivers: t.Sequence[site.Waiver], now: datetime) -> Result:
    """Return a result with the waiver that expires last, if one is still valid on this day."""
    if not waivers or result["verdict"] not in (*_WAIVABLE, CONTRADICTION):
        return result
    waiver = waivers[0]
    void = ""
    if result["verdict"] == CONTRADICTION:
        void = "does not hold for a contradiction"
    elif now.date() > waiver.expires:
        void = f"expired on {waiver.expires.isoformat()}"
    if void:
        told = f"{without_stop(result['reason'])}; the waiver of {waiver.owner} {void}"
        return {**result, "reason": _sentence(told)}
    return {
        **result,
        "verdict": WAIVED,
        "reason": _sentence(f"waived by {waiver.owner} until {waiver.expires.isoformat()}: {waiver.reason}"),
        "evidence": {
            "verdict": result["verdict"],
            "reason": result["reason"],
            "evidence": result["evidence"],
        },
        "waiver": waiver.as_report(),
    }


def _result(control: Control, judgement: Judgement) -> Result:
    reason, evidence = judgement.reason, judgement.evidence
    if judgement.verdict in (UNKNOWN, NOT_APPLICABLE):
        reason = plain(judgement.reason)
        if reason != judgement.reason:
            evidence = {"not_read": [judgement.reason], **(evidence or {})}
    return {
        "control": control.id,
        "verdict": judgement.verdict,
        "reason": _sentence(reason),
        "evidence": evidence,
        "waiver": None,
    }


def _sentence(text: str) -> str:
    """Return a text as one line that ends in a full stop; what cannot be printed is shown by its code."""
    folded = " ".join(text.split())
    line = "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in folded)
    if len(line) > _LONGEST_REASON:
        line = line[:_LONGEST_REASON] + "..."
    return line if line.endswith((".", "...")) else f"{line}."
