# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges of what the record of a cluster in the state directory says is left to do. PRIVATE to the collection. Pure."""

from __future__ import annotations

from .._facts import model
from .._security import phone_resets
from .case import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Case, Judgement, not_applicable, settle
from .options import Judge


def _phone_resets(case: Case) -> Judgement:
    """Judge by what this collection changed: whether a phone was reset is in no fact that is read."""
    if case.value(model.PHONE_CHANGES) is None and not model.unread(case.facts, model.PHONE_CHANGES).reasons:
        return not_applicable("the state directory has no record of the cluster")
    changes = case.fact(model.PHONE_CHANGES)
    waiting = phone_resets.waiting(case.facts)
    unread = [entry for entry in waiting if entry["phones"] is None]
    lines = phone_resets.waiting_lines(case.facts)
    return settle(
        "no recorded change waits for a reset of phones",
        problems=[] if unread else lines,
        unread=lines if unread else [],
        evidence={"changes": list(changes)},
    )


JUDGES: dict[str, Judge] = {
    "phone_resets": Judge(
        _phone_resets, (), (PASS, FAIL, NOT_APPLICABLE, UNKNOWN), also=(model.PHONE_PROFILES,)
    ),
}
