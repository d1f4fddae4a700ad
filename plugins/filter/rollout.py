# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The meanings of the collection as filters, so that roles decide without asking the cluster again."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.ucops.cucm.plugins.module_utils._security import plan, preflight

Facts = t.Mapping[str, t.Any]


def preflight_checks(facts: Facts, security_mode: str, **intent: t.Any) -> list[dict[str, t.Any]]:
    """Return the verdict of every preflight check."""
    accept = intent.pop("accept", ())
    attestations = intent.pop("attestations", {})
    unknown = sorted((set(accept) | set(attestations)) - set(preflight.names()))
    if unknown:
        raise AnsibleFilterError(
            f"There is no preflight check called {', '.join(unknown)}; there are {', '.join(preflight.names())}."
        )
    return preflight.run(facts, preflight.Intent(security_mode, attestations, frozenset(accept), **intent))


def preflight_blocking(checks: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """Return the checks that keep a rollout from starting, as lines with reason and remedy."""
    return preflight.blocking(checks)


def preflight_report(checks: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """Return every check as a line for a person."""
    return [
        f"{check['number']:2}. {check['verdict']:14} {check['title']}: {check['reason']}" for check in checks
    ]


def rollout_plan(
    facts: Facts, security_mode: str, ctl_provider_nodes: str = "publisher"
) -> list[dict[str, t.Any]]:
    """Return the operations that take the cluster to the mode."""
    return plan.plan(facts, security_mode, ctl_provider_nodes=ctl_provider_nodes)


def rollout_report(
    operations: t.Sequence[dict[str, t.Any]], cluster: str, security_mode: str, missing: t.Sequence[str] = ()
) -> list[str]:
    """Return the plan, and what is missing before it can be carried out, as lines for a person."""
    lines = plan.describe(operations, cluster, security_mode)
    return (
        [*lines, "Missing before it can be carried out:", *(f"  - {line}" for line in missing)]
        if missing
        else lines
    )


def missing_consents(operations: t.Sequence[dict[str, t.Any]], facts: Facts, **given: bool) -> list[str]:
    """Return the consents that the plan needs and that were not given, as lines."""
    return plan.missing_consents(operations, facts, given)


def undecided_restarts(facts: Facts) -> list[str]:
    """Return what cannot be decided about restarts, as lines."""
    return plan.undecided(facts)


def gone_down(now: Facts, before: Facts) -> list[str]:
    """Return the services that were up before and are not now, as lines."""
    return plan.gone_down(before, now)


def due_restarts(facts: Facts) -> list[dict[str, t.Any]]:
    """Return the restarts that are due and the waits for services on their way, in order."""
    return plan.restarts(facts)


def mode_findings(facts: Facts, security_mode: str) -> list[dict[str, t.Any]]:
    """Return what keeps the cluster from being proven to be in the mode."""
    return plan.findings(facts, security_mode)


class FilterModule:
    """The filters of the collection."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return name to filter."""
        return {
            "preflight_checks": preflight_checks,
            "preflight_blocking": preflight_blocking,
            "preflight_report": preflight_report,
            "rollout_plan": rollout_plan,
            "rollout_report": rollout_report,
            "missing_consents": missing_consents,
            "undecided_restarts": undecided_restarts,
            "gone_down": gone_down,
            "due_restarts": due_restarts,
            "mode_findings": mode_findings,
        }
