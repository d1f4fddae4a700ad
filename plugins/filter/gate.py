# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate that guards every step which changes or disturbs a cluster.

A step asks in its own C(when): neither a tag nor where a run begins can leave out what belongs to the step. Only facts that this run
read of the cluster are judged, each reading once.
"""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.ucops.cucm.plugins.module_utils._facts.model import Facts
from ansible_collections.ucops.cucm.plugins.module_utils._security import plan, preflight, words
from ansible_collections.ucops.cucm.plugins.plugin_utils import _judgement as judgements
from ansible_collections.ucops.cucm.plugins.plugin_utils import _reading as reading
from ansible_collections.ucops.cucm.plugins.plugin_utils import _settings as rollout_settings
from ansible_collections.ucops.cucm.plugins.plugin_utils import _steps as steps
from ansible_collections.ucops.cucm.plugins.plugin_utils._filters import said
from ansible_collections.ucops.cucm.plugins.plugin_utils._judgement import NOT_JUDGED, Judgement
from ansible_collections.ucops.cucm.plugins.plugin_utils._reading import Reading
from ansible_collections.ucops.cucm.plugins.plugin_utils._settings import Settings

# What an operator's variables say, as the lookup C(settings) has it.
Given = t.Mapping[str, t.Any]


def preflight_judgement(facts: Facts, cluster: str, settings: Given, earlier: str = "") -> str:
    """Return the operations to do and the conditions still missing, sealed. Nothing is missing where nothing is to be done."""
    asked = _asked(settings)
    read = _read(facts, cluster, earlier)
    checks, operations = said(lambda: (asked.checks(facts), asked.operations(facts)))
    facts = asked.seen(facts)
    # A restart that cannot be decided now cannot be decided after the change either.
    missing = [
        *preflight.blocking(checks, plan.undecided_by_cause(facts)),
        *plan.undecided_alone(facts),
        *plan.missing_consents(operations, facts, asked.consents),
    ]
    found = Judgement(
        read,
        operations,
        missing if operations else [],
        steps.of_modes(operations, asked.security_mode, asked.sip_oauth, asked.repeat_ctl_update),
        checks=checks,
        accept=asked.accept,
        asked=asked.digest,
    )
    return judgements.sealed(found, cluster)


def restart_judgement(
    facts: Facts,
    cluster: str,
    earlier: str,
    settings: Given,
    before_waiting: str = "",
    waited: bool = False,
    rehearsal: bool = False,
) -> str:
    """Return the restarts that are due and the conditions still missing, sealed, by the current facts and the earlier checks."""
    before = _judged(earlier, cluster)
    # In check mode nothing was changed since.
    read = _read(facts, cluster) if rehearsal else _read(facts, cluster, earlier, before_waiting)
    _require_same_cluster(read, before, cluster)
    facts = _asked(settings).seen(facts)
    predicted = before.restarts if rehearsal else []
    operations = predicted or plan.restarts(facts)
    checks = preflight.judged_again(before.checks, facts, before.accept)
    # What a plan predicts comes after what settles an earlier command.
    missing = preflight.blocking(checks if operations else [], plan.undecided_by_cause(facts))
    missing += plan.undecided_alone(facts) + ([] if predicted else plan.unsettled(facts))
    if operations:
        missing += plan.missing_consents(operations, facts, _asked(settings).consents)
    up = plan.up(facts)
    on_their_way = plan.still_on_their_way(operations)
    found = Judgement(
        read,
        operations,
        missing + (on_their_way if waited else []),
        steps.of_restarts(operations, up),
        up=up,
        first=[] if rehearsal else on_their_way,
        rehearsal=rehearsal,
        checks=checks,
        accept=before.accept,
        asked=before.asked,
    )
    return judgements.sealed(found, cluster)


def is_judged(judgement: str, cluster: str, settings: Given) -> bool:
    """Return whether this run judged the cluster for these settings."""
    found = judgements.opened(judgement, cluster)
    return found is not None and found.asked == _asked(settings).digest


def is_done(judgement: str, cluster: str, settings: Given) -> bool:
    """Return whether this run judged the cluster for these settings and found nothing to do."""
    return is_judged(judgement, cluster, settings) and not _judged(judgement, cluster).operations


def judged(judgement: str, cluster: str) -> dict[str, t.Any]:
    """Return the judgement, shaped for the tasks that follow it. Fails when this run did not judge the cluster for these settings."""
    found = _judged(judgement, cluster)
    return {**found.view(), "blocking": preflight.blocking(found.checks)}


def permits(judgement: str, cluster: str, step: judgements.Step, meanwhile: t.Sequence[str] = ()) -> bool:
    """Return whether to take a step. Fails when it may not be taken: a condition is missing, or there is no judgement."""
    lacks = _judged(judgement, cluster).lacks(step)
    if lacks is None:
        return False
    lines = [*lacks, *meanwhile]
    if lines:
        raise AnsibleFilterError("\n".join(["This step was not taken. Before it can be:", *lines]))
    return True


def read_in_this_run(facts: Facts, cluster: str, judgement: str = "") -> Facts:
    """Return facts. Fails unless this run read them from the cluster, after the reading that was judged last."""
    read, before = _read(facts, cluster), judgements.opened(judgement, cluster)
    if before is not None and read.moment < before.reading.moment:
        raise _too_old(cluster)
    return facts


def still_in_use(facts: Facts, cluster: str, earlier: str, restarts: str, settings: Given) -> list[str]:
    """Return what must be done before SIP OAuth settings are undone, as lines, by facts read after both judgements."""
    _require_same_cluster(_read(facts, cluster, earlier, restarts), _judged(earlier, cluster), cluster)
    enabled = (
        [] if facts.get("sip_oauth_mode") in (words.DISABLED, words.ABSENT) else ["disable SIP OAuth mode"]
    )
    facts = _asked(settings).seen(facts)
    return enabled + plan.undecided(facts) + [operation["action"] for operation in plan.restarts(facts)]


def _asked(settings: Given) -> Settings:
    return said(lambda: rollout_settings.read(settings))


def _judged(judgement: str, cluster: str) -> Judgement:
    found = judgements.opened(judgement, cluster)
    if found is None:
        raise AnsibleFilterError(NOT_JUDGED.format(cluster))
    return found


def _read(facts: Facts, cluster: str, *earlier: str) -> Reading:
    """Return the reading that facts come from.

    Raises:
        AnsibleFilterError: This run did not read them of this cluster, or one of the earlier judgements went by them or by newer ones.
    """
    found = reading.opened(facts, cluster)
    if found is None:
        raise AnsibleFilterError(
            f"{cluster} is judged by what this run reads of it, and these facts are not as it read them: nothing was judged by them. "
            "Leave out variables that hold facts or results of a task, and take the tasks that read the cluster."
        )
    judged = [judgements.opened(each, cluster) for each in earlier]
    if any(each is not None and found.moment <= each.reading.moment for each in judged):
        raise _too_old(cluster)
    return found


def _too_old(cluster: str) -> AnsibleFilterError:
    return AnsibleFilterError(
        f"{cluster} was judged by these facts, or by newer ones, already. It has to be read again for what comes now: take the task that "
        "reads it (none left out under --step)."
    )


def _require_same_cluster(read: Reading, before: Judgement, cluster: str) -> None:
    other = before.reading.other_cluster(read)
    if other:
        raise AnsibleFilterError(
            f"{cluster}: {other} Nothing was judged by it. Judge the cluster first where it is reached now: take the whole role, or "
            "its step preflight."
        )


class FilterModule:
    """The filters of the gate."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return name to filter."""
        return {
            each.__name__: each
            for each in (
                preflight_judgement,
                restart_judgement,
                is_judged,
                is_done,
                judged,
                permits,
                read_in_this_run,
                still_in_use,
            )
        }
