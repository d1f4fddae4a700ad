# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of the certificates of every node before the CTL file is changed. PRIVATE to the collection. Pure.

The check C(certificates) is about those that the publisher printed. These go by the database as well, which has those of all nodes.
"""

from __future__ import annotations

from datetime import datetime

from .._facts import model
from .._facts.model import Facts
from .._x509 import own_certificates
from . import duties, unread
from .checks import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Intent, Judged, Verdict, local_now

_NODES, _ITL = "node_certificates", "itl_size"
_NO_CTL_CHANGE: Verdict = (NOT_APPLICABLE, "no trust list is changed", "")
# Phones and nodes prove each other by these in mixed mode (cli-facts 7.1; TN214231 on what an expired one costs).
_NEEDED = (own_certificates.CALLMANAGER, own_certificates.TVS)
_WHERE_THERE = (own_certificates.CALLMANAGER_ECDSA, own_certificates.CAPF, own_certificates.IPSEC)


def _node_certificates(facts: Facts, intent: Intent) -> Verdict:
    if not intent.changes:
        return NOT_APPLICABLE, "no mode is changed", ""
    wrong = own_certificates.contradictions(facts)
    if wrong:
        return (
            FAIL,
            f"contradiction: {duties.describe_contradictions(wrong).rstrip('.')}",
            "Compare show cert own of the node with the certificates in its web page before you change anything: what the node serves is "
            "not what other nodes know of it.",
        )
    if intent.security_mode is None:
        return _NO_CTL_CHANGE
    _require_read(facts)
    now = local_now(facts)
    if now is None:
        unread.blame(facts, f"health.{model.publisher_name(facts)}")
        return UNKNOWN, "the node's time was not read", "Check show status."
    problems, unknown = [], []
    for name, unit in _judged(facts):
        certificate = own_certificates.current(facts, name, unit)
        if certificate is None:
            unknown.append(f"{unit} of {name}{_why(facts, name, unit)}")
            continue
        days = (datetime.fromisoformat(certificate["not_after"]) - now).total_seconds() / 86400
        if days < 0:
            problems.append(f"{unit} of {name} expired {certificate['not_after'][:10]}")
        elif days < intent.certificate_min_days:
            problems.append(f"{unit} of {name} expires {certificate['not_after'][:10]}")
    if problems:
        return FAIL, "; ".join(problems), "Renew it first, one at a time, never CallManager and TVS together."
    if unknown:
        return (
            UNKNOWN,
            f"not known: {'; '.join(unknown)}",
            f"Check show cert own of these on the nodes. If they are valid, set cucm_accept: [{_NODES}].",
        )
    return PASS, f"valid for {intent.certificate_min_days:g} days or more on every node", ""


def _require_read(facts: Facts) -> None:
    """Raise Unread unless the database listed certificates. One alone that is not known is the business of each check."""
    if not model.value(facts, model.NODE_CERTIFICATES):
        unread.blame(facts, _NODES)
        unread.require({}, _NODES)


def _judged(facts: Facts) -> list[tuple[str, str]]:
    """Return the certificates to judge, by node and unit; without those that the check C(certificates) judges."""
    found = []
    for node in model.callmanager_nodes(facts):
        known = own_certificates.units(facts, node["name"])
        units = [*_NEEDED, *(unit for unit in _WHERE_THERE if unit in known)]
        found += [
            (node["name"], unit)
            for unit in units
            if own_certificates.shown(facts, node["name"], unit) is None
        ]
    return found


def _why(facts: Facts, node: str, unit: str) -> str:
    reasons = model.value(facts, model.UNAVAILABLE) or {}
    keys = (f"{model.NODE_CERTIFICATES.key(node)}.{unit}", model.NODE_CERTIFICATES.key(node))
    told = next((reasons[key] for key in keys if key in reasons), "")
    return f" ({told.rstrip('.')})" if told else ""


def _itl_size(facts: Facts, intent: Intent) -> Verdict:
    if intent.security_mode is None:
        return _NO_CTL_CHANGE
    _require_read(facts)
    names = [node["name"] for node in model.callmanager_nodes(facts)]
    files = {name: own_certificates.in_itl(facts, name) for name in names}
    most = own_certificates.MOST_IN_ITL
    large = [f"{len(file.names)} at {name}" for name, file in files.items() if file.fits is False]
    if large:
        return (
            FAIL,
            f"the ITL file has more than {most} certificates ({', '.join(large)}): phones do not load it and fail to register",
            f"Remove what is not needed from {own_certificates.SIGNERS_OF_OTHERS}.",
        )
    if any(file.fits is None for file in files.values()):
        gone = sorted({name for file in files.values() for name in file.unread})
        stores = (
            [] if all(file.all_stores for file in files.values()) else [own_certificates.SIGNERS_OF_OTHERS]
        )
        return (
            UNKNOWN,
            f"how many certificates the ITL file has is not known, without {', '.join([*stores, *gone])}",
            f"Count them in show itl. If they are {most} or fewer, set cucm_accept: [{_ITL}].",
        )
    return PASS, f"the ITL file of every node has {most} certificates or fewer", ""


CHECKS: tuple[Judged, ...] = (
    (_NODES, "Certificates of every node valid", _node_certificates),
    (_ITL, "ITL files that phones can load", _itl_size),
)
