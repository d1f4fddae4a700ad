# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check that the AXL account is allowed to carry out the plan. PRIVATE to the collection.

Pure. The account changes the configuration by AXL and services by Control Center; modes and trust lists are changed by the
command line, certificates by the platform account. Only the plan's operations count: a plan without changes needs no write access.
"""

from __future__ import annotations

import typing as t

from .._facts import model
from .._facts.model import Facts
from . import plan, unread
from . import sip_oauth as oauth
from .checks import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Intent, Judged, Verdict, attested

# The permissions of the standard roles: wire-facts 1.3 [D]. They are fixed; those of a custom role are unknown.
MAY_WRITE = "Standard AXL API Access"
_READS_AXL = "Standard AXL Read Only API Access"
ADMINISTRATION = "Standard SERVICEABILITY Administration"
MAY_CONTROL = frozenset({"Standard SERVICEABILITY", ADMINISTRATION})
# These allow login or viewing, and nothing else.
_ONLY_READ = frozenset(
    {
        "Standard AXL API Users",
        _READS_AXL,
        "Standard CCM Admin Users",
        "Standard CCM End Users",
        "Standard CCMADMIN Read Only",
        "Standard CCMUSER Administration",
        "Standard CUReporting",
        "Standard SERVICEABILITY Read Only",
    }
)
# These allow changes, but not by AXL.
_WRITE_ELSEWHERE = MAY_CONTROL | {
    "Standard Admin Rep Tool Admin",
    "Standard Audit Log Administration",
    "Standard RealtimeAndTraceCollection",
    "Standard System Service Management",
}
_BY_AXL = frozenset({oauth.PARAMETER, oauth.PORTS, oauth.EXPRESSWAY_C, oauth.PROFILE})
_ID = "axl_account"


def may_write(roles: t.Collection[str]) -> bool | None:
    """Return whether an account with these roles may change the configuration by AXL; None if they do not decide it."""
    if MAY_WRITE in roles:
        return True
    return False if roles and set(roles) <= _ONLY_READ | _WRITE_ELSEWHERE else None


def may_control(roles: t.Collection[str]) -> bool | None:
    """Return whether an account with these roles may activate and restart services by Control Center; None if they do not decide it."""
    if MAY_CONTROL & set(roles):
        return True
    return False if roles and set(roles) <= _ONLY_READ else None


def _axl_account(facts: Facts, intent: Intent) -> Verdict:
    # Without these subsets the operations are unknown.
    unread.require(facts, "services")
    operations = plan.plan(
        facts,
        intent.security_mode,
        ctl_provider_nodes=intent.ctl_provider_nodes,
        sip_oauth=intent.sip_oauth,
        repeat_ctl_update=intent.repeat_ctl_update,
    )
    writes = [each["action"] for each in operations if each["module"] in _BY_AXL and not oauth.closes(each)]
    controls = [each["action"] for each in operations if plan.controls_service(each)]
    if not writes and not controls:
        return NOT_APPLICABLE, "nothing is to be changed by AXL or Control Center", ""
    gone = unread.common(facts, "axl_roles")
    if gone:
        raise unread.FactsUnread(gone)
    accounts, roles = model.value(facts, model.ACCOUNTS), model.value(facts, model.AXL_ROLES) or []
    account = accounts["axl"] if accounts else None
    who = f"the AXL account{f' {account}' if account else ''}"
    told = _told(who, model.value(facts, model.AXL_ROLES))
    missing = {
        role: refused[0]
        for role, refused, may in (
            (MAY_WRITE, writes, may_write(roles)),
            (ADMINISTRATION, controls, may_control(roles)),
        )
        if refused and may is False
    }
    if missing:
        return (
            FAIL,
            f"{told}, which do not allow it to {', '.join(missing.values())}",
            f"Add it to an access control group with {' and '.join(missing)}, or set cucm_axl_username to an account in one.",
        )
    if writes and may_write(roles) is None:
        what = f"{who} may write by AXL, which is needed to {writes[0]}"
        verdict, reason, remedy = attested(intent, _ID, what, facts, "axl_roles")
        return verdict, f"{reason}; {told}" if verdict == UNKNOWN else reason, remedy
    return PASS, "; ".join([told, *_warnings(roles, bool(writes), bool(controls))]), ""


def _told(who: str, roles: t.Sequence[str] | None) -> str:
    if roles is None:
        return f"the roles of {who} were not read"
    return f"{who} has the roles {', '.join(roles)}" if roles else f"the database lists no role of {who}"


def _warnings(roles: t.Collection[str], writes: bool, controls: bool) -> list[str]:
    warnings = []
    if controls and may_control(roles) is None:
        warnings.append(
            "warning: it is not known whether Control Center allows it to activate and restart services"
        )
    if writes and _READS_AXL in roles:
        # By default an account has the maximum of what its roles allow (wire-facts 1.3).
        warnings.append(
            f"warning: {_READS_AXL} counts where the enterprise parameter Effective Access Privileges For Overlapping User Groups "
            "and Roles is Minimum"
        )
    return warnings


CHECK: Judged = (_ID, "The AXL account may carry out the plan", _axl_account)
