# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was judged of a cluster, as a text that only this run can make.

Every step of a role that changes or disturbs a cluster asks for it. Variables come from many places: extra variables win over
facts, and a fact cache outlives the run. So a judgement carries a seal over itself and its cluster by the key of the run.
"""

from __future__ import annotations

import hmac
import json
import typing as t
from dataclasses import dataclass, field

from ansible_collections.ucops.cucm.plugins.plugin_utils.run_key import RUN_KEY

# What tells an operation of a plan from every other.
_WHICH = ("module", "node", "service", "name", "action")
Lines = t.Sequence[str]
Operation = t.Mapping[str, t.Any]
# The name of a module, several of them, or an operation of which some keys are given.
Step = str | t.Sequence[str] | Operation


@dataclass(frozen=True)
class Judgement:
    """What a judged cluster needs, and what is missing for it.

    Attributes:
        operations: What is to be done, as the plan has it.
        missing: What is missing before the first operation, as lines for a person; empty when they may be done.
        checks: The verdicts of the preflight.
        accept: Ids of checks that the operator accepts whatever their verdict.
    """

    operations: list[dict[str, t.Any]]
    missing: list[str]
    checks: list[dict[str, t.Any]] = field(default_factory=list)
    accept: list[str] = field(default_factory=list)

    def has(self, step: Step) -> bool:
        """Return whether a step is one of the operations."""
        if isinstance(step, t.Mapping):
            wanted = {key: step[key] for key in _WHICH if key in step}
            return any(wanted.items() <= operation.items() for operation in map(_which, self.operations))
        modules = [step] if isinstance(step, str) else step
        return any(operation["module"] in modules for operation in self.operations)


def sealed(judgement: Judgement, cluster: str) -> str:
    """Return a judgement of a cluster (an inventory host's name) as a sealed text."""
    content = json.dumps(vars(judgement), sort_keys=True)
    return f"{_seal(content, cluster)} {content}"


def opened(text: t.Any, cluster: str) -> Judgement | None:
    """Return what C(sealed) was given, or None when this run did not judge this cluster so."""
    if not isinstance(text, str):
        return None
    seal, _blank, content = text.partition(" ")
    if not hmac.compare_digest(seal.encode(), _seal(content, cluster).encode()):
        return None
    return Judgement(**json.loads(content))


def _seal(content: str, cluster: str) -> str:
    # A JSON text has no NUL.
    return hmac.new(RUN_KEY, f"{cluster}\0{content}".encode(), "sha256").hexdigest()


def _which(operation: Operation) -> dict[str, t.Any]:
    return {key: operation[key] for key in _WHICH if key in operation}
