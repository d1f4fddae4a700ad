# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate that every step carries which changes or disturbs a cluster.

A step asks in its own C(when): neither a tag nor where a run begins can leave out what belongs to the step.
"""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.ucops.cucm.plugins.filter import rollout
from ansible_collections.ucops.cucm.plugins.module_utils._security import plan, preflight
from ansible_collections.ucops.cucm.plugins.plugin_utils import judgement as judgements
from ansible_collections.ucops.cucm.plugins.plugin_utils.judgement import Judgement

Facts = t.Mapping[str, t.Any]


def preflight_judgement(
    facts: Facts,
    cluster: str,
    security_mode: str,
    sip_oauth: rollout.SipOAuth = None,
    ctl_provider_nodes: rollout.Nodes = "publisher",
    restarts: bool = False,
    outage: bool = False,
    **intent: t.Any,
) -> str:
    """Return what is to be done and what is missing for it, sealed. Nothing is missing where nothing is to be done."""
    checks = rollout.preflight_checks(facts, security_mode, sip_oauth, ctl_provider_nodes, **intent)
    operations = rollout.rollout_plan(facts, security_mode, ctl_provider_nodes, sip_oauth)
    # A restart that cannot be decided now cannot be decided after the change either.
    missing = [
        *preflight.blocking(checks, plan.undecided_by_cause(facts)),
        *plan.undecided_alone(facts),
        *plan.missing_consents(operations, facts, {"restarts": restarts, "outage": outage}),
    ]
    accept = [str(name) for name in intent.get("accept", ())]
    found = Judgement(operations, missing if operations else [], checks, accept)
    return judgements.sealed(found, cluster)


def restart_judgement(
    facts: Facts,
    cluster: str,
    earlier: str,
    restarts: bool = False,
    outage: bool = False,
    waited: bool = False,
    predicted: t.Sequence[dict[str, t.Any]] = (),
) -> str:
    """Return which restarts are due and what is missing for them, sealed, by the facts of now and the checks of before."""
    before = _judged(earlier, cluster)
    operations = list(predicted) or plan.restarts(facts)
    checks = preflight.judged_again(before.checks, facts, before.accept)
    # What a plan predicts comes after what settles an earlier command.
    missing = preflight.blocking(checks if operations else [], plan.undecided_by_cause(facts))
    missing += plan.undecided_alone(facts) + ([] if predicted else plan.unsettled(facts))
    if operations:
        missing += plan.missing_consents(operations, facts, {"restarts": restarts, "outage": outage})
    if waited:
        missing += plan.still_on_their_way(operations)
    return judgements.sealed(Judgement(operations, missing, checks, before.accept), cluster)


def is_judged(judgement: str, cluster: str) -> bool:
    """Return whether this run judged the cluster so."""
    return judgements.opened(judgement, cluster) is not None


def judged(judgement: str, cluster: str) -> dict[str, t.Any]:
    """Return what was judged. Fails when this run did not judge the cluster so."""
    return dict(vars(_judged(judgement, cluster)))


def permits(judgement: str, cluster: str, step: judgements.Step, meanwhile: t.Sequence[str] = ()) -> bool:
    """Return whether a step is to be taken. Fails when it may not be: something is missing, or nobody judged."""
    found = _judged(judgement, cluster)
    if not found.has(step):
        return False
    lines = [*found.missing, *meanwhile]
    if lines:
        raise AnsibleFilterError("\n".join(["This step was not taken. Before it can be:", *lines]))
    return True


def _judged(judgement: str, cluster: str) -> Judgement:
    found = judgements.opened(judgement, cluster)
    if found is None:
        raise AnsibleFilterError(
            f"{cluster} was not judged in this run, so this step was not taken. Run it from the beginning: without --start-at-task, "
            "with the tasks that read and judge the cluster (no --skip-tags always, none left out under --step), "
            "and without preflight_ variables that hold results of another run."
        )
    return found


class FilterModule:
    """The filters of the gate."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return name to filter."""
        return {
            each.__name__: each
            for each in (preflight_judgement, restart_judgement, is_judged, judged, permits)
        }
