# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's decisions as filters, so that the role decides without asking the cluster again."""

from __future__ import annotations

import typing as t

from ansible_collections.ucops.cucm.plugins.module_utils._facts.model import Facts
from ansible_collections.ucops.cucm.plugins.module_utils._security import (
    ctl_updates,
    outside,
    phone_resets,
    plan,
    preflight,
)
from ansible_collections.ucops.cucm.plugins.plugin_utils import _settings as rollout_settings
from ansible_collections.ucops.cucm.plugins.plugin_utils._filters import said
from ansible_collections.ucops.cucm.plugins.plugin_utils._settings import Settings

# What an operator's variables say, as the lookup C(settings) has it.
Given = t.Mapping[str, t.Any]

# Enough to tell which restarts are due; more when SIP OAuth is asked for.
_RESTARTS = ["version", "modes", "services", "ctl_files", "certificates", "node_certificates"]
_RESTARTS_OF_SIP_OAUTH = ["listening", "callmanagers", "tomcat"]
_SECURITY = [
    "version",
    "nodes",
    "modes",
    "services",
    "licence",
    "auto_registration",
    "replication",
    "network",
    "ctl_files",
    "listening",
    "certificates",
    "node_certificates",
    "health",
    "axl_roles",
    "phone_profiles",
    "integrations",
]
_SIP_OAUTH = ["parameters", "callmanagers", "expressway_c", "security_profiles", "tomcat", "trust_stores"]


def preflight_subsets(settings: Given) -> list[str]:
    """Return the subsets to read from a cluster before it is changed."""
    return _SECURITY + (_SIP_OAUTH if _read(settings).sip_oauth else [])


def restart_subsets(settings: Given) -> list[str]:
    """Return the subsets that show which restarts are due."""
    return _RESTARTS + (_RESTARTS_OF_SIP_OAUTH if _read(settings).sip_oauth else [])


def proof_subsets(settings: Given) -> list[str]:
    """Return the subsets that prove that a cluster is as desired."""
    more = _SIP_OAUTH if _read(settings).sip_oauth else []
    return [*_RESTARTS, "licence", "listening", "phone_profiles", "integrations", *more]


def preflight_checks(facts: Facts, settings: Given | str) -> list[dict[str, t.Any]]:
    """Return the verdict of every check on facts, for example saved ones; no step relies on it."""
    asked = _read({"cucm_security_mode": settings} if isinstance(settings, str) else settings)
    return said(lambda: asked.checks(facts))


def preflight_report(judged: t.Mapping[str, t.Any]) -> list[str]:
    """Return the judged checks as lines for a person; a cause that several checks share comes first."""
    return preflight.report(judged["checks"].values())


def rollout_report(judged: t.Mapping[str, t.Any], cluster: str, facts: Facts, settings: Given) -> list[str]:
    """Return the plan, what stays unchanged, and the conditions still missing, as lines for a person."""
    asked, operations = _read(settings), judged["operations"]
    headline, *rest = plan.describe(operations, cluster, goal(settings))
    lines = [headline, *plan.modes(facts, asked.security_mode, asked.sip_oauth_mode), *rest]
    desired = said(lambda: asked.desired_sip_oauth(facts))
    after = [
        *phone_resets.waiting_lines(facts),
        *plan.afterwards(operations, asked.seen(facts)),
        *outside.afterwards(operations, facts),
        *plan.stays(facts, desired),
        *_not_repeated(asked, facts),
    ]
    lines += [f"  {line}" for line in after]
    if judged["missing"]:
        lines += ["Missing before it can be carried out:", *(f"  - {line}" for line in judged["missing"])]
    return lines


def goal(settings: Given) -> str:
    """Return the desired state in words."""
    asked = _read(settings)
    return plan.goal(asked.security_mode, asked.sip_oauth_mode)


def mode_findings(facts: Facts, settings: Given) -> list[dict[str, t.Any]]:
    """Return what keeps the cluster from being proven to be as desired."""
    asked = _read(settings)
    return said(
        lambda: plan.findings(
            asked.seen(facts), asked.security_mode, asked.desired_sip_oauth(facts), asked.accept
        )
    )


def proof_report(
    facts: Facts, cluster: str, settings: Given, operations: t.Sequence[dict[str, t.Any]] = ()
) -> str:
    """Return what was proven, what is left to be done by hand after the operations of this run, and what stays as it is, as one text."""
    asked = _read(settings)
    desired = said(lambda: asked.desired_sip_oauth(facts))
    witnesses = plan.witnesses(asked.security_mode, desired)
    proven = f"{cluster} is {goal(settings)}: {witnesses} agree, and nothing is left to do on its nodes."
    left = [
        *phones_left(facts, operations),
        *outside.afterwards(operations, facts),
        *plan.stays(facts, desired),
        *_not_repeated(asked, facts),
    ]
    return " ".join([proven, *left])


def phones_left(facts: Facts, operations: t.Sequence[dict[str, t.Any]] = ()) -> list[str]:
    """Return which phones must be reset after the operations of this run or recorded changes, and why, as lines."""
    found = phone_resets.due(operations, facts) or phone_resets.waiting(facts)
    return phone_resets.lines(found) or phone_resets.since(facts)


def _not_repeated(asked: Settings, facts: Facts) -> list[str]:
    """Return the CTL update that is not repeated as lines."""
    if asked.security_mode is None or asked.repeat_ctl_update:
        return []
    return ctl_updates.lines(facts, asked.accept)


def _read(settings: Given) -> Settings:
    return said(lambda: rollout_settings.read(settings))


class FilterModule:
    """The filters of the role rollout that need no judgement."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return name to filter."""
        return {
            each.__name__: each
            for each in (
                preflight_subsets,
                restart_subsets,
                proof_subsets,
                preflight_checks,
                preflight_report,
                rollout_report,
                goal,
                mode_findings,
                proof_report,
                phones_left,
            )
        }
