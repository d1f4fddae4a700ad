# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check that the AXL account may do what is to be done. PRIVATE to the collection.

Pure. The account changes the configuration by AXL and services by Control Center; the modes and trust lists are the command
line's, certificates the platform account's. Only what the plan has is judged: whoever changes nothing may only read.
"""

from __future__ import annotations

import typing as t

from .._facts import model
from . import plan, unread
from . import sip_oauth as oauth
from .checks import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Intent, Judged, Verdict, attested
from .words import Facts

# What the standard roles allow: wire-facts 1.3 [D]. Nobody can change what they allow; what a custom role does, nobody knows.
MAY_WRITE = "Standard AXL API Access"
_READS_AXL = "Standard AXL Read Only API Access"
ADMINISTRATION = "Standard SERVICEABILITY Administration"
MAY_CONTROL = frozenset({"Standard SERVICEABILITY", ADMINISTRATION})
# They allow to log in or to view, and nothing else.
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
# They change something, and not by AXL.
_WRITE_ELSEWHERE = MAY_CONTROL | {
    "Standard Admin Rep Tool Admin",
    "Standard Audit Log Administration",
    "Standard RealtimeAndTraceCollection",
    "Standard System Service Management",
}
_BY_AXL = frozenset({oauth.PARAMETER, oauth.PORTS, oauth.EXPRESSWAY_C, oauth.PROFILE})
_ID = "axl_account"


def may_write(roles: t.Collection[str]) -> bool | None:
    """Return whether an account with these roles may change the configuration by AXL; None where they do not tell."""
    if MAY_WRITE in roles:
        return True
    return False if roles and set(roles) <= _ONLY_READ | _WRITE_ELSEWHERE else None


def may_control(roles: t.Collection[str]) -> bool | None:
    """Return whether an account with these roles may activate and restart services by Control Center; None where they do not tell."""
    if MAY_CONTROL & set(roles):
        return True
    return False if roles and set(roles) <= _ONLY_READ else None


def _axl_account(facts: Facts, intent: Intent) -> Verdict:
    # Without them it is not known what is to be done.
    unread.require(facts, "services")
    operations = plan.plan(
        facts,
        intent.security_mode,
        ctl_provider_nodes=intent.ctl_provider_nodes,
        sip_oauth=intent.sip_oauth,
    )
    writes = [each["action"] for each in operations if each["module"] in _BY_AXL and not oauth.closes(each)]
    controls = [each["action"] for each in operations if plan.controls_service(each)]
    if not writes and not controls:
        return NOT_APPLICABLE, "nothing is to be changed by AXL or Control Center", ""
    gone = unread.common(facts, "axl_roles")
    if gone:
        raise unread.Unread(gone)
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
            f"{told}, which do not allow what is to be done: {', '.join(missing.values())}",
            f"Give it an access control group with {' and '.join(missing)}, or set cucm_axl_username to an account that has one.",
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
        warnings.append("warning: whether Control Center lets it activate and restart services is not known")
    if writes and _READS_AXL in roles:
        # By default an account may do the most that its roles allow (wire-facts 1.3).
        warnings.append(
            f"warning: {_READS_AXL} counts where the enterprise parameter Effective Access Privileges For Overlapping User Groups "
            "and Roles is Minimum"
        )
    return warnings


CHECK: Judged = (_ID, "The AXL account may do what is to be done", _axl_account)
