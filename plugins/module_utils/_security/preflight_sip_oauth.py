# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks before a change of SIP OAuth mode. PRIVATE to the collection.

Pure. They run only if a desired state of SIP OAuth is set.
"""

from __future__ import annotations

from datetime import datetime

from .._facts import model
from .._facts.model import Facts
from . import outside, unread
from . import sip_oauth as oauth
from .checks import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    PLANNED,
    UNKNOWN,
    Intent,
    Judged,
    Verdict,
    attested,
    local_now,
)
from .phone_types import has_sip_oauth
from .words import ABSENT, DISABLED, ENABLED, MOST_IN_PHONE_EDGE, SIP_OAUTH_PARAMETER


def _wanted(intent: Intent) -> oauth.Desired:
    if intent.sip_oauth is None:
        raise ValueError("these checks run only when something is wanted of SIP OAuth")
    return intent.sip_oauth


_DISABLING: Verdict = (NOT_APPLICABLE, "SIP OAuth is to be disabled", "")


def _sip_oauth_release(facts: Facts, intent: Intent) -> Verdict:
    desired, release = _wanted(intent), model.value(facts, model.RELEASE) or ""
    if not oauth.major(facts):
        unread.blame(facts, "version")
        return UNKNOWN, f"release {release!r} is not understood", "Check show version active."
    if desired.mode == DISABLED:
        return _DISABLING
    if model.value(facts, model.SIP_OAUTH_MODE) == ABSENT or not has_sip_oauth(release):
        return (
            FAIL,
            f"release {release} has no SIP OAuth mode",
            "SIP OAuth needs release 12.5 for Jabber and release 14 for phones: upgrade, or remove cucm_sip_oauth_mode.",
        )
    if desired.phones and oauth.major(facts) < 14:
        return (
            FAIL,
            f"release {release} supports SIP OAuth for Jabber, not for phones",
            "Phones need release 14. Set cucm_sip_oauth_clients: [jabber], or upgrade.",
        )
    served = "Jabber and phones" if desired.serves_phones(facts) else "Jabber only"
    return PASS, f"release {release} serves {served}", ""


def _sip_oauth_account(facts: Facts, intent: Intent) -> Verdict:
    mode = model.value(facts, model.SIP_OAUTH_MODE)
    if mode in (_wanted(intent).mode, ABSENT):
        return NOT_APPLICABLE, "the mode is already as desired, no command is needed", ""
    level = model.value(facts, model.CLI_PRIVILEGE)
    if model.value(facts, model.CLI_LEVEL_TOLD) and level is not None:
        if level >= 4:
            return PASS, f"the CLI account has level {level}", ""
        return (
            FAIL,
            f"the CLI account has level {level}, and utils sipOAuth-mode needs level 4",
            "Use the administrator account created at installation; no other account can have level 4.",
        )
    return attested(intent, "sip_oauth_account", "the CLI account has level 4", facts, "cli_privilege")


def _sip_oauth_parameters(facts: Facts, intent: Intent) -> Verdict:
    desired, stored = _wanted(intent), model.value(facts, model.PARAMETERS)
    if desired.mode == DISABLED or model.value(facts, model.SIP_OAUTH_MODE) == ABSENT:
        return NOT_APPLICABLE, "no parameter is needed", ""
    if stored is None:
        unread.require(facts, "parameters")
        return UNKNOWN, "the parameters were not read", "Check Enterprise Parameters by hand."
    by_command = sorted(name for name in desired.parameters if name.lower() == SIP_OAUTH_PARAMETER.lower())
    if by_command:
        return (
            FAIL,
            f"{', '.join(by_command)} can be set only by the command line",
            "Remove it from cucm_sip_oauth_parameters, and set cucm_sip_oauth_mode instead.",
        )
    missing = sorted(set(desired.parameters) - set(stored))
    if missing:
        return (
            FAIL,
            f"the cluster has no enterprise parameter {', '.join(missing)}; its OAuth parameters are {', '.join(sorted(stored))}",
            "Correct cucm_sip_oauth_parameters; names are case-sensitive and spelled as in the cluster.",
        )
    if oauth.REFRESH_LOGIN not in desired.parameters:
        told = ", ".join(f"{name} = {value}" for name, value in sorted(stored.items()))
        return (
            UNKNOWN,
            f"the stored value for 'enabled' is not published, and cucm_sip_oauth_parameters does not set {oauth.REFRESH_LOGIN} ({told})",
            "Set cucm_sip_oauth_parameters to the values as the cluster stores them: set them once in the web page, then read them with "
            "ucops.cucm.enterprise_parameter (state: gathered).",
        )
    differing = [name for name, value in desired.parameters.items() if stored[name] != value]
    if differing:
        return PLANNED, f"to be set: {', '.join(differing)}", ""
    return PASS, "the parameters are as desired", ""


def _sip_oauth_ports(facts: Facts, intent: Intent) -> Verdict:
    desired = _wanted(intent)
    if desired.mode == DISABLED or model.value(facts, model.SIP_OAUTH_MODE) == ABSENT:
        return NOT_APPLICABLE, "no port is opened", ""
    unread.require(facts, "callmanagers")
    problems, planned = [], []
    for node, found in facts["callmanagers"].items():
        wanted = {**found["ports"], **desired.ports}
        used = [port for port in wanted.values() if port]
        twice = sorted({port for port in used if used.count(port) > 1})
        if twice:
            problems.append(f"{node} would use port {', '.join(map(str, twice))} twice")
        for name, port in desired.ports.items():
            if not 1024 <= port <= 49151:
                problems.append(f"{name} port {port} is outside 1024 to 49151")
            if found["ports"].get(name) != port:
                planned.append(f"{name} {port} at {node}")
                if port in ((model.value(facts, model.LISTENING) or {}).get(node) or []):
                    problems.append(f"something listens on port {port} at {node} already")
    if problems:
        return FAIL, "; ".join(dict.fromkeys(problems)), "Choose other ports in cucm_sip_oauth_ports."
    return (
        (PLANNED, f"to be set: {', '.join(planned)}", "")
        if planned
        else (PASS, "the ports are as desired", "")
    )


def _tomcat(facts: Facts, intent: Intent) -> Verdict:
    desired = _wanted(intent)
    if desired.mode == DISABLED or model.value(facts, model.SIP_OAUTH_MODE) == ABSENT:
        return NOT_APPLICABLE, "no port shows the Tomcat certificate", ""
    unread.require(facts, "tomcat")
    now = local_now(facts)
    if now is None:
        unread.blame(facts, f"health.{model.publisher_name(facts)}")
        return UNKNOWN, "the node's time was not read", "Check show status."
    problems, unknown = [], []
    for node, units in facts["tomcat"].items():
        for unit, certificate in units.items():
            if certificate is None:
                unknown.append(f"{unit} of {node}")
                continue
            days = (datetime.fromisoformat(certificate["not_after"]) - now).total_seconds() / 86400
            if days < intent.certificate_min_days:
                problems.append(f"{unit} of {node} expires {certificate['not_after'][:10]}")
    if problems:
        return FAIL, "; ".join(problems), "Renew it first: both SIP OAuth ports present it to clients."
    if unknown:
        return (
            UNKNOWN,
            f"cannot be read: {', '.join(unknown)}",
            "Check show cert own of these on the nodes. If they are valid, set cucm_accept: [tomcat].",
        )
    return PASS, f"valid for {intent.certificate_min_days:g} days or more on every node", ""


def _phone_edge_trust(facts: Facts, intent: Intent) -> Verdict:
    desired = _wanted(intent)
    if (
        desired.mode == DISABLED
        or not desired.serves_phones(facts)
        or model.value(facts, model.SIP_OAUTH_MODE) == ABSENT
    ):
        return NOT_APPLICABLE, "phones are not to be served", ""
    unread.require(facts, "trust_stores")
    without = [
        f"{unit} of {node} (issuer {certificate['issuer']})"
        for node, units in facts["trust_stores"]["tomcat"].items()
        for unit, certificate in units.items()
        if certificate and not certificate.get("root")
    ]
    if without:
        return (
            FAIL,
            f"no root certificate is known for {', '.join(without)}",
            "Upload the chain to tomcat-trust of that node (ucops.cucm.trust_certificate with store tomcat).",
        )
    if desired.edge_root_problems:
        return FAIL, "; ".join(desired.edge_root_problems), "Correct cucm_sip_oauth_edge_roots."
    roots = oauth.missing_roots(facts, desired)
    trusted = oauth.trusted_roots(facts)
    if roots and len(roots) + len(trusted) > MOST_IN_PHONE_EDGE:
        return (
            FAIL,
            f"phones accept {MOST_IN_PHONE_EDGE} certificates in phone-edge trust; it has {len(trusted)}, and {len(roots)} more are needed",
            "Let one CA sign the Tomcat certificates of the nodes: each that signs itself is a root of its own. Or remove certificates "
            "that are not needed from phone-edge trust.",
        )
    if not roots:
        return PASS, "the phone-edge trust store has every required root", ""
    if desired.edge_roots is None:
        return (
            UNKNOWN,
            "with any certificate in phone-edge trust, phones no longer trust their built-in public CAs, "
            "and cucm_sip_oauth_edge_roots does not give the roots of Expressway-E",
            "Set cucm_sip_oauth_edge_roots to them (a list of PEM texts), or to an empty list if no phone connects through Expressway.",
        )
    return PLANNED, f"to be uploaded: {', '.join(roots)}", ""


def _expressway_c(facts: Facts, intent: Intent) -> Verdict:
    desired, listed = _wanted(intent), model.get(facts, model.EXPRESSWAY_C)
    if desired.mode == DISABLED:
        return _DISABLING
    if not desired.expressway_c:
        # An Expressway writes entries itself (TN215572).
        turns_on = (model.value(facts, model.SIP_OAUTH_MODE) or "") not in (ENABLED, ABSENT)
        if not turns_on or listed == {} or (isinstance(listed, model.Unread) and listed.absent):
            return NOT_APPLICABLE, "no Expressway-C is named, and none is new to SIP OAuth", ""
    unread.require(facts, "expressway_c")
    return attested(
        intent,
        "expressway_c_trusted",
        "each Expressway-C's CA is in tomcat-trust and its CUCM servers are refreshed after the change",
    )


def _sip_oauth_profiles(facts: Facts, intent: Intent) -> Verdict:
    desired = _wanted(intent)
    if desired.mode == DISABLED:
        return _DISABLING
    if desired.profile_problems:
        return FAIL, "; ".join(desired.profile_problems.values()), "Correct cucm_sip_oauth_profiles."
    if not desired.profiles:
        return NOT_APPLICABLE, "no profile is named", ""
    unread.require(facts, "security_profiles")
    used = {
        name: phones
        for name, state in desired.profiles.items()
        for phones in [oauth.phones_with(facts, name)]
        if phones and facts["security_profiles"].get(name) != state
    }
    if used:
        told = ", ".join(f"{count} with {name}" for name, count in sorted(used.items()))
        return (
            FAIL,
            f"phones use profiles that would change, and apply the change when they are reset: {told}",
            "Use profiles with other names, or accept the check sip_oauth_profiles.",
        )
    planned = [
        name for name, state in desired.profiles.items() if facts["security_profiles"].get(name) != state
    ]
    return (
        (PLANNED, f"to be created: {', '.join(planned)}", "")
        if planned
        else (PASS, "the profiles are as desired", "")
    )


def _sip_oauth_phones(facts: Facts, intent: Intent) -> Verdict:
    if _wanted(intent).mode == ENABLED or model.value(facts, model.SIP_OAUTH_MODE) == ABSENT:
        return NOT_APPLICABLE, "SIP OAuth is not being disabled, so no phone is affected", ""
    unread.require(facts, "security_profiles")
    phones = oauth.phones_on_sip_oauth(facts)
    if phones:
        told = ", ".join(f"{count} with {name}" for name, count in sorted(phones.items()))
        return (
            FAIL,
            f"phones use profiles with SIP OAuth and could no longer register: {told}",
            "Assign other profiles to them first, or accept the check sip_oauth_phones.",
        )
    return PASS, "no phone uses a profile with SIP OAuth", ""


CHECKS: tuple[Judged, ...] = (
    ("sip_oauth_release", "The release supports SIP OAuth for the clients", _sip_oauth_release),
    ("sip_oauth_account", "The CLI account may change SIP OAuth mode", _sip_oauth_account),
    ("sip_oauth_parameters", "OAuth parameters", _sip_oauth_parameters),
    ("sip_oauth_ports", "SIP OAuth ports", _sip_oauth_ports),
    ("tomcat", "Tomcat certificates and their chains", _tomcat),
    ("phone_edge_trust", "Phones trust every server certificate", _phone_edge_trust),
    ("expressway_c_trusted", "Expressway-C trusted and refreshed", _expressway_c),
    ("sip_oauth_profiles", "Phone security profiles", _sip_oauth_profiles),
    ("sip_oauth_phones", "No phone is left without service", _sip_oauth_phones),
    *outside.CHECKS,
)
