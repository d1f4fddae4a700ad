# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The meanings of the collection as filters, so that roles decide without asking the cluster again."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.ucops.cucm.plugins.module_utils._security import phone_resets, plan, preflight
from ansible_collections.ucops.cucm.plugins.module_utils._security.words import Facts
from ansible_collections.ucops.cucm.plugins.plugin_utils import _variables as variables
from ansible_collections.ucops.cucm.plugins.plugin_utils import _wanted as wanted
from ansible_collections.ucops.cucm.plugins.plugin_utils._filters import said

SipOAuth = t.Mapping[str, t.Any] | None
Nodes = str | t.Sequence[str]

# Enough to tell which restarts are due; more when SIP OAuth is asked for.
_RESTARTS = ["version", "modes", "services", "ctl_files", "certificates"]
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
    "health",
    "axl_roles",
    "phone_profiles",
]
_SIP_OAUTH = ["parameters", "callmanagers", "expressway_c", "security_profiles", "tomcat", "trust_stores"]


def preflight_subsets(security_mode: str, sip_oauth: SipOAuth = None) -> list[str]:
    """Return what has to be read of a cluster before it is changed."""
    said(lambda: wanted.security_mode(security_mode))
    return _SECURITY + (_SIP_OAUTH if sip_oauth else [])


def restart_subsets(sip_oauth: SipOAuth = None) -> list[str]:
    """Return what has to be read to tell which restarts are due."""
    return _RESTARTS + (_RESTARTS_OF_SIP_OAUTH if sip_oauth else [])


def proof_subsets(security_mode: str, sip_oauth: SipOAuth = None) -> list[str]:
    """Return what has to be read to prove that a cluster is as wanted."""
    said(lambda: wanted.security_mode(security_mode))
    return [*_RESTARTS, "licence", "listening", "phone_profiles"] + (_SIP_OAUTH if sip_oauth else [])


def preflight_checks(
    facts: Facts,
    security_mode: str,
    sip_oauth: SipOAuth = None,
    ctl_provider_nodes: Nodes = "publisher",
    **intent: t.Any,
) -> list[dict[str, t.Any]]:
    """Return the verdict of every preflight check."""
    accept, wrong = variables.read("cucm_accept", intent.pop("accept", None))
    attestations, also_wrong = variables.read("cucm_attestations", intent.pop("attestations", None))
    if wrong or also_wrong:
        raise AnsibleFilterError("\n".join(wrong + also_wrong))
    return said(
        lambda: preflight.run(
            facts,
            preflight.Intent(
                wanted.security_mode(security_mode),
                attestations,
                frozenset(accept),
                sip_oauth=wanted.sip_oauth(facts, sip_oauth),
                ctl_provider_nodes=wanted.ctl_provider_nodes(facts, ctl_provider_nodes),
                **intent,
            ),
        )
    )


def preflight_blocking(checks: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """Return the checks that keep a rollout from starting, as lines with reason and remedy."""
    return preflight.blocking(checks)


def preflight_report(checks: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """Return the checks as lines for a person, what several of them miss first."""
    return preflight.report(checks)


def rollout_plan(
    facts: Facts, security_mode: str, ctl_provider_nodes: Nodes = "publisher", sip_oauth: SipOAuth = None
) -> list[dict[str, t.Any]]:
    """Return the operations that take the cluster to what is wanted."""
    return said(
        lambda: plan.plan(
            facts,
            wanted.security_mode(security_mode),
            ctl_provider_nodes=wanted.ctl_provider_nodes(facts, ctl_provider_nodes),
            sip_oauth=wanted.sip_oauth(facts, sip_oauth),
        )
    )


def rollout_report(
    operations: t.Sequence[dict[str, t.Any]],
    cluster: str,
    facts: Facts,
    security_mode: str,
    sip_oauth: SipOAuth = None,
    missing: t.Sequence[str] = (),
) -> list[str]:
    """Return the plan, what stays as it is, and what is missing before it can be carried out, as lines for a person."""
    headline, *rest = plan.describe(operations, cluster, goal(security_mode, sip_oauth))
    asked = said(lambda: wanted.security_mode(security_mode)), (sip_oauth or {}).get("mode")
    lines = [headline, *plan.modes(facts, *asked), *rest]
    desired = said(lambda: wanted.sip_oauth(facts, sip_oauth))
    lines += [f"  {line}" for line in plan.afterwards(operations, facts) + plan.stays(facts, desired)]
    if missing:
        lines += ["Missing before it can be carried out:", *(f"  - {line}" for line in missing)]
    return lines


def goal(security_mode: str, sip_oauth: SipOAuth = None) -> str:
    """Return in words what is wanted."""
    return plan.goal(said(lambda: wanted.security_mode(security_mode)), (sip_oauth or {}).get("mode"))


def missing_consents(operations: t.Sequence[dict[str, t.Any]], facts: Facts, **given: bool) -> list[str]:
    """Return the consents that the plan needs and that were not given, as lines."""
    return plan.missing_consents(operations, facts, given)


def mode_findings(facts: Facts, security_mode: str, sip_oauth: SipOAuth = None) -> list[dict[str, t.Any]]:
    """Return what keeps the cluster from being proven to be as wanted."""
    return said(
        lambda: plan.findings(facts, wanted.security_mode(security_mode), wanted.sip_oauth(facts, sip_oauth))
    )


def proof_report(
    facts: Facts,
    cluster: str,
    security_mode: str,
    sip_oauth: SipOAuth = None,
    operations: t.Sequence[dict[str, t.Any]] = (),
) -> str:
    """Return what was proven, what is left to be done by hand after the operations of this run, and what stays as it is, as one text."""
    desired = said(lambda: wanted.sip_oauth(facts, sip_oauth))
    witnesses = plan.witnesses(wanted.security_mode(security_mode), desired)
    proven = f"{cluster} is {goal(security_mode, sip_oauth)}: {witnesses} agree, and nothing is left to do on its nodes."
    return " ".join([proven, *phones_left(facts, operations), *plan.stays(facts, desired)])


def phones_left(facts: Facts, operations: t.Sequence[dict[str, t.Any]] = ()) -> list[str]:
    """Return which phones must be reset after the operations of this run, or else what they have only if they were, as lines."""
    return phone_resets.lines(phone_resets.due(operations, facts)) or phone_resets.since(facts)


class FilterModule:
    """The filters of the collection."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return name to filter."""
        return {
            each.__name__: each
            for each in (
                preflight_subsets,
                restart_subsets,
                proof_subsets,
                preflight_checks,
                preflight_blocking,
                preflight_report,
                rollout_plan,
                rollout_report,
                goal,
                missing_consents,
                mode_findings,
                proof_report,
                phones_left,
            )
        }
