# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table of verdicts: one change of a good cluster a row, and what a control says of it."""

from __future__ import annotations

import copy
import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import BUILT_IN

from .clusters import NOW, Facts, audited

CLUSTER = "hq"
MOMENT = datetime.fromisoformat(NOW)
GONE = object()


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        control: The control's id.
        verdict: What it says.
        words: What its reason has in it.
        change: Places in the facts, each to what is there instead; GONE takes it away.
        modes: The cluster's security mode and SIP OAuth mode.
        intent: What the site wants.
        options: The control's options.
    """

    control: str
    verdict: str
    words: str = ""
    change: t.Sequence[tuple[tuple[t.Any, ...], t.Any]] = ()
    modes: tuple[str, str] = ("mixed", "disabled")
    intent: t.Mapping[str, t.Any] = field(default_factory=dict)
    options: t.Mapping[str, t.Any] = field(default_factory=dict)

    def __str__(self) -> str:
        changed = ", ".join(".".join(map(str, place[-2:])) for place, _value in self.change)
        return f"{self.control} {self.verdict} {changed or self.words}".strip()

    def facts(self) -> Facts:
        """Return the cluster with its changes."""
        return changed(audited(*self.modes), self.change)

    def result(self) -> dict[str, t.Any]:
        """Return what the control says."""
        return judged(self.control, self.facts(), intent=self.intent, options=self.options)


def changed(facts: Facts, changes: t.Iterable[tuple[tuple[t.Any, ...], t.Any]]) -> Facts:
    """Return a copy of facts with changes."""
    facts = copy.deepcopy(facts)
    for place, value in changes:
        at: t.Any = facts
        for key in place[:-1]:
            at = at[key]
        if value is GONE:
            del at[place[-1]]
        else:
            at[place[-1]] = value
    return facts


def judged(
    control: str,
    facts: t.Any,
    *,
    intent: t.Mapping[str, t.Any] | None = None,
    options: t.Mapping[str, t.Any] | None = None,
    now: datetime = MOMENT,
    **site: t.Any,
) -> dict[str, t.Any]:
    """Return what a control of the catalogue says of facts."""
    own = [*site.pop("controls", []), *([{"id": control, "with": dict(options)}] if options else [])]
    # The others are switched off: nobody looks at them here.
    others = set(BUILT_IN) - {control} - {each["id"] for each in own}
    config = {
        **site,
        "intent": dict(intent or {}),
        "controls": [*own, *({"id": other, "enabled": False} for other in others)],
    }
    found = results.judge_cluster(facts, config, CLUSTER, now)
    assert [each["control"] for each in found] == [control]
    return found[0]
