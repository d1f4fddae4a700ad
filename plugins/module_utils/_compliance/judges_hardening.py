# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges of how the cluster is hardened beyond its modes. PRIVATE to the collection. Pure."""

from __future__ import annotations

import re
import typing as t

from .._base.release import Release
from .._base.release import parse as parse_release
from .._facts import model
from .._facts.model import PerNode
from .._security import duties
from .._security.words import counted
from . import vulnerabilities
from .case import FAIL, PASS, UNKNOWN, Case, Judgement, Unread, settle
from .options import Judge
from .vulnerabilities import Vulnerability

_T = t.TypeVar("_T")

_AUTHENTICATED = "authenticated"
_TLS_1_3 = (1, 3)


def _authenticated_with_tls_1_3(case: Case) -> Judgement:
    """Judge that nothing that is only authenticated meets a node that takes TLS 1.3 alone: it does not register there (CLI15 [V])."""
    phones = {
        f"profile {name} of {counted(state['phones'], 'phone')}"
        for name, state in case.fact(model.PHONE_PROFILES).items()
        if state["phones"] and state["device_security_mode"] == _AUTHENTICATED
    }
    trunks = {
        f"profile {name} of {counted(state['trunks'], 'trunk')}"
        for name, state in case.fact(model.SIP_TRUNK_PROFILES).items()
        if state["trunks"] and state["security_mode"] == _AUTHENTICATED
    }
    found = sorted(phones | trunks)
    if not found:
        return settle("no phone and no trunk is only authenticated", evidence={"authenticated": []})
    told, unread = case.per_node(model.TLS_MINIMUM)
    numbers = {node: re.fullmatch(r"(\d)\.(\d)", version.strip()) for node, version in told.items()}
    strict = [node for node, at in numbers.items() if at and (int(at[1]), int(at[2])) >= _TLS_1_3]
    return settle(
        f"{', '.join(told)} accept TLS 1.2 too, which what is only authenticated needs",
        problems=[
            f"{each} is authenticated, which does not work with TLS 1.3 alone at {', '.join(strict)}"
            for each in found
        ]
        if strict
        else [],
        unread=[
            *unread.values(),
            *(
                f"the TLS minimum version of {node} is not understood ({told[node]})"
                for node, at in numbers.items()
                if not at
            ),
        ],
        evidence={"authenticated": found, "tls_minimum": told},
    )


# -- vulnerabilities -------------------------------------------------------------------------------------


def _vulnerabilities(case: Case) -> Judgement:
    """Judge that no node has a known vulnerability, by its release, the service it needs, and the patch files that are installed."""
    release = parse_release(case.release)
    if not (release.read and release.build):
        raise Unread(f"release {case.release} is not understood")
    problems: list[str] = []
    unread: list[str] = []
    patched: list[str] = []
    for each in vulnerabilities.KNOWN:
        affected = each.affects(release)
        if affected is False:
            continue
        exposed, why = _exposed(case, each)
        if affected:
            unpatched, why_patched = _unpatched(case, each, exposed)
            problems += [_vulnerable(each, release, unpatched)] if unpatched else []
            why += why_patched
            patched += [each.cve] if exposed and not (unpatched or why) else []
        elif exposed:
            why = [f"whether {case.release} has {each.cve} is not known"]
        unread += [f"{each.cve}: {reason}" for reason in why]
    known = f"{len(vulnerabilities.KNOWN)} known vulnerabilities as of {vulnerabilities.AS_OF}"
    return settle(
        f"none of the {known} is open in {case.release}"
        + (f"; patched: {', '.join(patched)}" if patched else ""),
        problems=problems,
        unread=unread,
        evidence={
            "release": case.release,
            "known": {each.cve: each.affects(release) for each in vulnerabilities.KNOWN},
            "as_of": vulnerabilities.AS_OF,
        },
    )


def _vulnerable(each: Vulnerability, release: Release, nodes: t.Sequence[str]) -> str:
    line = each.line(release)
    fixed = f"; fixed in {line.named}" if line and line.named else ""
    return f"{', '.join(nodes)} have {each.cve} ({each.what}{fixed}; {each.advisory})"


def _exposed(case: Case, each: Vulnerability) -> tuple[list[str], list[str]]:
    """Return the nodes where a vulnerability can be used, and why that is not known of others."""
    if not each.service:
        return case.nodes, []
    told, unread = _told(case, model.SERVICES)
    found = {node: duties.service(case.facts, node, each.service) for node in told}
    return [
        node
        for node, state in found.items()
        if state and (state["activated"] or state["status"] == "Started")
    ], unread


def _unpatched(case: Case, each: Vulnerability, nodes: t.Sequence[str]) -> tuple[list[str], list[str]]:
    """Return which of the nodes have no patch of a vulnerability, and why that is not known of others."""
    if not nodes:
        return [], []
    told, unread = _told(case, model.SOFTWARE_OPTIONS)
    bare = [node for node in nodes if node in told and not any(each.defect in name for name in told[node])]
    missing = [node for node in nodes if node not in told]
    return bare, [f"whether {', '.join(missing)} have its patch is not known: {unread[0]}"] if missing else []


def _told(case: Case, fact: PerNode[_T]) -> tuple[dict[str, _T], list[str]]:
    """Return a fact by node, and why it was not read at others; also where it was read at no node."""
    try:
        told, unread = case.per_node(fact)
    except Unread as error:
        return {}, [error.reason]
    return told, list(unread.values())


_PLAIN = (PASS, FAIL, UNKNOWN)

JUDGES: dict[str, Judge] = {
    "authenticated_with_tls_1_3": Judge(
        _authenticated_with_tls_1_3,
        (model.PHONE_PROFILES, model.SIP_TRUNK_PROFILES, model.TLS_MINIMUM),
        _PLAIN,
    ),
    "vulnerabilities": Judge(
        _vulnerabilities, (model.RELEASE, model.SERVICES, model.SOFTWARE_OPTIONS), _PLAIN
    ),
}
