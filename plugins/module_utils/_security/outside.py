# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change asks of systems outside the cluster: Unity Connection, Expressway, the backup. PRIVATE to the collection.

Pure. None of them is reached by this collection: what can be derived from the cluster is, the operator attests the rest before the change,
and the plan and the proof say what is left to do after it.
"""

from __future__ import annotations

import typing as t

from .._facts import model
from .._facts.model import Facts
from . import dialogue, unread
from . import sip_oauth as oauth
from .checks import NOT_APPLICABLE, PASS, PLANNED, Intent, Judged, Verdict, attested
from .phone_types import is_jabber
from .words import ABSENT, ENABLED, MIXED, counted

DEVICE_TOKENS = "OAuthAccessTokenForDevices"
_CTL_CHANGES = ("security_mode", "ctl_file")
_PHONES_SINCE = 14
_MODES = (*_CTL_CHANGES, "sip_oauth_mode")


def afterwards(operations: t.Iterable[Facts], facts: Facts) -> list[str]:
    """Return what is left to do outside the cluster after the operations of a plan, as lines for a person."""
    modules = {operation["module"] for operation in operations}
    found = []
    if any(operation.get("action") == dialogue.SET_CLUSTER[MIXED] for operation in operations):
        found += _with_mixed_mode(facts)
    if modules & set(_CTL_CHANGES) and uses_voicemail(facts) is not False:
        # Security Guide 12.5(1)SU6, Cisco CTL: the caution on an update of the file.
        found.append(
            "If Unity Connection is integrated by secure SIP or SCCP, reset its port groups: secure calls with it may fail until then."
        )
    enables = any(operation.get("action") == dialogue.SIP_OAUTH[ENABLED] for operation in operations)
    if enables and oauth.major(facts) >= _PHONES_SINCE:
        # Feature Configuration Guide 15, SIP OAuth Mode: "Configure SIP OAuth Registered Phones for MRA Mode".
        found.append(
            "If phones register through Expressway (MRA) by SIP OAuth, onboard them with activation codes: user name and password do "
            "not work for them then."
        )
    if modules & set(_MODES):
        # MRA Deployment Guide X15 and phone-facts: cli-facts 7, points 12 and 14.
        listed = model.value(facts, model.EXPRESSWAY_C)
        named = f" (the cluster lists {', '.join(listed)})" if listed else ""
        found.append(
            f"If an Expressway serves phones of this cluster{named}, refresh its Unified CM servers."
        )
        found.append("Take a new backup (DRS): one from before the change restores the former trust.")
    return found


def _with_mixed_mode(facts: Facts) -> list[str]:
    """Return what mixed mode asks of CTI applications and of gateways, as lines; what was not read may be there."""
    found, users = [], model.value(facts, model.SECURE_CTI_USERS)
    if users != 0:
        # Security Guide 15, CTI: a profile is set up only in mixed mode, and each instance needs a certificate of its own.
        told = "CTI users" if users is None else counted(users, "CTI user")
        found.append(
            f"{told} of the group Standard CTI Secure Connection: CTIManager speaks TLS in mixed mode, so give each instance of their "
            "applications a CAPF profile and let it fetch its certificate, or take the users out of the group before the change."
        )
    gateways = model.value(facts, model.GATEWAYS)
    if gateways != 0:
        # Security Guide 15, Trunk and Gateway SIP Security: the cluster does not know whether there is IPsec.
        told = "gateways" if gateways is None else counted(gateways, "device") + " of gateways"
        found.append(
            f"{told[:1].upper()}{told[1:]}: over H.323 and MGCP the keys of encrypted calls go to them in clear text unless IPsec protects "
            "the signalling."
        )
    return found


def uses_voicemail(facts: Facts) -> bool | None:
    """Return whether the cluster has voice mail: a pilot with a number, or ports; None if that was not read."""
    told = [model.value(facts, model.VOICEMAIL_PILOTS), model.value(facts, model.VOICEMAIL_PORTS)]
    if any(told):
        return True
    return None if None in told else False


def _wanted(intent: Intent) -> oauth.Desired:
    if intent.sip_oauth is None:
        raise ValueError("these checks run only when something is wanted of SIP OAuth")
    return intent.sip_oauth


def _stored(facts: Facts) -> t.Mapping[str, str]:
    """Return the stored OAuth parameters. Raises Unread if they were not read."""
    found = model.value(facts, model.PARAMETERS)
    if found is None:
        unread.require({name: value for name, value in facts.items() if value is not None}, "parameters")
    return found or {}


def _voicemail(facts: Facts, intent: Intent) -> Verdict:
    """Judge whether Unity Connection can follow: without the keys of the cluster it refuses tokens (TN212794, EXPMRA)."""
    desired = _wanted(intent)
    if desired.mode != ENABLED or oauth.REFRESH_LOGIN not in desired.parameters:
        return NOT_APPLICABLE, "OAuth refresh logins are not turned on", ""
    if _stored(facts).get(oauth.REFRESH_LOGIN) == desired.parameters[oauth.REFRESH_LOGIN]:
        return NOT_APPLICABLE, "OAuth refresh logins stay as they are", ""
    if uses_voicemail(facts) is False:
        return NOT_APPLICABLE, "the cluster has no voice mail pilot with a number and no voice mail port", ""
    return attested(
        intent,
        "voicemail_oauth",
        "Unity Connection, where it serves voice mail to Jabber, has OAuth with Refresh Login Flow enabled and this cluster as its "
        "Authz server",
        facts,
        "integrations",
    )


def _device_tokens(facts: Facts, intent: Intent) -> Verdict:
    """Judge whether phones get tokens (OAUTH15, step 2): the stored values of the parameter are not published."""
    desired = _wanted(intent)
    if (
        desired.mode != ENABLED
        or not desired.serves_phones(facts)
        or model.value(facts, model.SIP_OAUTH_MODE) == ABSENT
    ):
        return NOT_APPLICABLE, "phones are not to be served", ""
    stored = _stored(facts).get(DEVICE_TOKENS)
    if DEVICE_TOKENS in desired.parameters:
        value = desired.parameters[DEVICE_TOKENS]
        said = f"{DEVICE_TOKENS} is {'' if stored == value else 'to be '}{value}, as desired"
        return (PASS if stored == value else PLANNED), said, ""
    unread.require(facts, "security_profiles")
    profiles = {**facts["security_profiles"], **desired.profiles}
    of_phones = [
        name
        for name, state in profiles.items()
        if state.get("sip_oauth") and not is_jabber(state["phone_type"])
    ]
    if desired.phones is None and not of_phones:
        return NOT_APPLICABLE, "no profile of phones has SIP OAuth", ""
    if model.value(facts, model.SIP_OAUTH_MODE) == ENABLED and set(oauth.phones_on_sip_oauth(facts)) & set(
        of_phones
    ):
        return PASS, "phones use SIP OAuth already", ""
    # The change endangers no phone by it: none is on SIP OAuth, and the rollout moves none.
    return (
        PASS,
        "no phone uses SIP OAuth yet; before one does, make sure that OAuth Access Token for Devices is as the phones are onboarded "
        f"({DEVICE_TOKENS} is {stored}; which values mean what is not published)",
        "",
    )


CHECKS: tuple[Judged, ...] = (
    ("voicemail_oauth", "Unity Connection takes OAuth tokens", _voicemail),
    ("device_tokens", "Phones get OAuth tokens", _device_tokens),
)
