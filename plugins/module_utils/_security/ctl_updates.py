# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The updates of the CTL file that are due, and those that are not repeated. PRIVATE to the collection.

Pure. An update that did not remove the reasons for it would be due again in every run, and with it every restart and phone reset. So it is
recorded, and due again only for another reason, for other records in a file, or if the operator asks for it.
"""

from __future__ import annotations

import typing as t

from .._facts import model
from .._facts.model import Facts
from . import ctl, duties, unread
from .checks import NOT_APPLICABLE, PASS, PLANNED, UNKNOWN, Intent, Judged, Verdict
from .words import MIXED, dated

_ID = "ctl_update"
_REMEDY = (
    "Compare show ctl with the nodes and services named. To update the file once more, run the rollout with "
    "-e cucm_repeat_ctl_update=true. "
)
_IF_RIGHT = f"If the file is right, set cucm_accept: [{_ID}]."


def due(facts: Facts, repeat: bool = False) -> list[str]:
    """Return the reasons for an update that is due; empty if none is. C(repeat): the operator wants it repeated."""
    return [] if not_repeated(facts) and not repeat else duties.ctl_update_duties(facts)


def not_repeated(facts: Facts) -> str:
    """Return, as a clause, which reasons for an update stand and why it is not repeated; empty if there are none, or it is due."""
    last = model.value(facts, model.CTL_UPDATE_WITHOUT_EFFECT)
    reasons = duties.ctl_update_duties(facts)
    if (
        last is None
        or not reasons
        or not set(reasons) <= set(last["reasons"])
        or ctl.changed(facts, last["files"])
    ):
        return ""
    return f"the update of {dated(last['time'])} did not remove the reasons for it and is not repeated: {'; '.join(reasons)}"


def standing(before: t.Collection[str], facts: Facts) -> list[str]:
    """Return the reasons for an update that stood C(before) it and stand after it."""
    return [reason for reason in duties.ctl_update_duties(facts) if reason in before]


def lines(facts: Facts, accept: t.Collection[str] = ()) -> list[str]:
    """Return the update that is not repeated, with what to do, as lines for a person. C(accept) has ids of accepted checks."""
    clause = not_repeated(facts)
    if not clause:
        return []
    said = f"{clause[:1].upper()}{clause[1:]}."
    return [f"{said} Accepted by the operator." if _ID in accept else f"{said} {_REMEDY}{_IF_RIGHT}"]


def accepted(accept: t.Collection[str]) -> bool:
    """Return whether the operator accepts that an update is not repeated."""
    return _ID in accept


def _judge(facts: Facts, intent: Intent) -> Verdict:
    if intent.security_mode != MIXED:
        return NOT_APPLICABLE, "no CTL update is planned", ""
    unread.require(facts, "ctl_files")
    if model.value(facts, model.SECURITY_MODE) != MIXED:
        return NOT_APPLICABLE, "the CTL file is written when the mode is changed", ""
    clause = not_repeated(facts)
    if not clause:
        return PASS, "no CTL update is held back", ""
    if intent.repeat_ctl_update:
        return PLANNED, "a CTL update is repeated because cucm_repeat_ctl_update says so", ""
    return UNKNOWN, clause, f"{_REMEDY}{_IF_RIGHT}"


CHECK: Judged = (_ID, "No CTL update is held back", _judge)
