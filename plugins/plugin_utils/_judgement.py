# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The judgement of a cluster, as a text that only this run can make.

Every step of the role that changes or disturbs a cluster asks for it, and is given it: it holds for one cluster at one place, and
for the options that were judged.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.ucops.cucm.plugins.plugin_utils import _seal as seal
from ansible_collections.ucops.cucm.plugins.plugin_utils._reading import Reading

# What tells an operation of a plan from every other.
_WHICH = ("module", "node", "service", "name", "action")
Operation = t.Mapping[str, t.Any]
# Options of a module; None where the step must not give one.
Options = dict[str, t.Any]
# Why a step is refused of a cluster (an inventory host's name) that nobody judged.
NOT_JUDGED = (
    "{} was not judged in this run, so this step was not taken. Run it from the beginning: without --start-at-task, "
    "with the tasks that read and judge the cluster (no --skip-tags always, none left out under --step), "
    "and without rollout_ variables that hold results of another run."
)
# The name of a module, several of them, or an operation of which some keys are given.
Step = str | t.Sequence[str] | Operation


@dataclass(frozen=True)
class Judgement:
    """The operations a judged cluster needs, and the conditions that are not met yet.

    Attributes:
        reading: The reading it was judged by.
        operations: What is to be done, as the plan has it.
        missing: What is missing before the first operation, as lines for a person; empty when they may be done.
        steps: Module to the options that its steps have; a step with others was not judged.
        up: The services (C(service) at C(node)) that have to be up before one is restarted.
        first: What comes before the first operation that disrupts, as lines; it has to be judged again then.
        rehearsal: Whether it was judged for check mode, by what a plan predicts.
        checks: The verdicts of the preflight.
        accept: Ids of checks that the operator accepts whatever their verdict.
        asked: A digest of the settings it was judged for.
    """

    reading: Reading
    operations: list[dict[str, t.Any]]
    missing: list[str]
    steps: dict[str, list[Options]] = field(default_factory=dict)
    up: list[dict[str, str]] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    rehearsal: bool = False
    checks: list[dict[str, t.Any]] = field(default_factory=list)
    accept: list[str] = field(default_factory=list)
    asked: str = ""

    @property
    def restarts(self) -> list[dict[str, t.Any]]:
        """The operations that disrupt: each restarts a service."""
        return [operation for operation in self.operations if operation["disrupts"]]

    @property
    def waits(self) -> list[dict[str, t.Any]]:
        """The operations that wait for a service which is on its way."""
        return [
            each for each in self.operations if each["module"] == "service_control" and not each["disrupts"]
        ]

    def content(self) -> dict[str, t.Any]:
        """Return the judgement as JSON-like content."""
        return {**vars(self), "reading": vars(self.reading)}

    def view(self) -> dict[str, t.Any]:
        """Return the judgement shaped for tasks: operations by module, those that restart, those that wait, and checks by id."""
        by_module: dict[str, list[Operation]] = {}
        for operation in self.operations:
            by_module.setdefault(operation["module"], []).append(operation)
        return {
            "operations": self.operations,
            "by_module": by_module,
            "restarts": self.restarts,
            "waits": self.waits,
            "steps": self.steps,
            "missing": self.missing,
            "checks": {check["id"]: check for check in self.checks},
            "up": self.up,
        }

    def lacks(self, step: Step) -> list[str] | None:
        """Return what is missing for a step, as lines; None when it is not one of the operations."""
        found = self._operations(step)
        if not found:
            return None
        return [*self.missing, *(self.first if any(each["disrupts"] for each in found) else [])]

    def _operations(self, step: Step) -> list[dict[str, t.Any]]:
        if isinstance(step, t.Mapping):
            wanted = {key: step[key] for key in _WHICH if key in step}
            return [each for each in self.operations if wanted.items() <= _which(each).items()]
        modules = [step] if isinstance(step, str) else step
        return [each for each in self.operations if each["module"] in modules]


def sealed(judgement: Judgement, cluster: str) -> str:
    """Return a judgement of a cluster (an inventory host's name) as a sealed text."""
    return seal.sealed(judgement.content(), "judgement", cluster)


def opened(text: t.Any, cluster: str) -> Judgement | None:
    """Return what C(sealed) was given, or None when this run did not judge this cluster so."""
    content = seal.opened(text, "judgement", cluster)
    return Judgement(**{**content, "reading": Reading(**content["reading"])}) if content is not None else None


def _which(operation: Operation) -> dict[str, t.Any]:
    return {key: operation[key] for key in _WHICH if key in operation}
