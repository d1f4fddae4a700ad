# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges of how the cluster is hardened beyond its modes. PRIVATE to the collection. Pure."""

from __future__ import annotations

import re
import typing as t

from .._base.release import Release
from .._base.release import parse as parse_release
from .._facts import model, records
from .._facts.model import PerNode
from .._objects import logins
from .._security import duties
from .._security.words import counted
from . import options, vulnerabilities
from .case import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    REQUIRED,
    UNKNOWN,
    Case,
    Intent,
    Judgement,
    Undecided,
    not_applicable,
    settle,
)
from .options import Judge, Option
from .vulnerabilities import Vulnerability

_T = t.TypeVar("_T")

_AUTHENTICATED, _ENCRYPTED = "authenticated", "encrypted"
_TRUNK_MODES = ("non_secure", _AUTHENTICATED, _ENCRYPTED)
_TLS_1_3 = (1, 3)


def _authenticated_with_tls_1_3(case: Case) -> Judgement:
    """Judge that nothing that is only authenticated meets a node that takes TLS 1.3 alone: it does not register there (CLI15 [V])."""
    phones = {
        f"profile {name} of {counted(state['phones'], 'phone')}"
        for name, state in case.fact(model.PHONE_PROFILES).items()
        if state["phones"] and state["device_security_mode"] == _AUTHENTICATED
    }
    trunks = {
        f"profile {name} of {counted(state['trunks'], 'trunk')}"
        for name, state in case.fact(model.SIP_TRUNK_PROFILES).items()
        if state["trunks"] and state["security_mode"] == _AUTHENTICATED
    }
    found = sorted(phones | trunks)
    if not found:
        return settle("no phone and no trunk is only authenticated", evidence={"authenticated": []})
    told, unread = case.per_node(model.TLS_MINIMUM)
    numbers = {node: re.fullmatch(r"(\d)\.(\d)", version.strip()) for node, version in told.items()}
    strict = [node for node, at in numbers.items() if at and (int(at[1]), int(at[2])) >= _TLS_1_3]
    return settle(
        f"{', '.join(told)} accept TLS 1.2 too, which what is only authenticated needs",
        problems=[
            f"{each} is authenticated, which does not work with TLS 1.3 alone at {', '.join(strict)}"
            for each in found
        ]
        if strict
        else [],
        unread=[
            *unread.values(),
            *(
                f"the TLS minimum version of {node} is not understood ({told[node]})"
                for node, at in numbers.items()
                if not at
            ),
        ],
        evidence={"authenticated": found, "tls_minimum": told},
    )


# -- trunks ----------------------------------------------------------------------------------------------


def _trunks(case: Case, modes: t.Sequence[str]) -> tuple[dict[str, records.SipTrunkMedia], list[str]]:
    """Return what trunks have beyond their profiles of certain modes, and why that is not known of other profiles that trunks use."""
    used = {
        name: state
        for name, state in case.fact(model.SIP_TRUNK_PROFILES).items()
        if state["trunks"] and name not in case.options["except_profiles"]
    }
    unread = [
        f"how profile {name} protects its {counted(state['trunks'], 'trunk')} is not known"
        for name, state in used.items()
        if state["security_mode"] not in _TRUNK_MODES
    ]
    mine = [name for name, state in used.items() if state["security_mode"] in modes]
    if not mine:
        return {}, unread
    told = case.fact(model.SIP_TRUNK_MEDIA)
    unread += [f"the trunks of profile {name} were not read" for name in mine if name not in told]
    return {name: told[name] for name in mine if name in told}, unread


def _sip_trunks_media(case: Case) -> Judgement:
    found, unread = _trunks(case, (_ENCRYPTED,))
    if not (found or unread):
        return not_applicable("no SIP trunk encrypts its signalling")
    without = {name: state["trunks"] - state["srtp_allowed"] for name, state in found.items()}
    unread += [
        f"profile {name} has more trunks with SRTP than trunks"
        for name, number in without.items()
        if number < 0
    ]
    return settle(
        f"{counted(sum(state['trunks'] for state in found.values()), 'trunk')} with encrypted signalling allow SRTP",
        problems=[
            f"{counted(number, 'trunk')} with profile {name} do not allow SRTP, so the media is not encrypted"
            for name, number in without.items()
            if number > 0
        ],
        unread=unread,
        evidence={"without_srtp": without},
    )


def _sip_trunks_peer(case: Case) -> Judgement:
    found, unread = _trunks(case, (_AUTHENTICATED, _ENCRYPTED))
    if not (found or unread):
        return not_applicable("no SIP trunk has TLS")
    named = {name: state["peer_named"] for name, state in found.items()}
    return settle(
        f"{counted(len(found), 'profile')} with TLS have the X.509 subject of the peer",
        problems=[
            f"profile {name} has no X.509 subject of the peer" for name, is_ in named.items() if is_ is False
        ],
        unread=[
            *unread,
            *(
                f"profile {name} does not show its X.509 subject"
                for name, is_ in named.items()
                if is_ is None
            ),
        ],
        evidence={"peer_named": named},
    )


# -- accounts and logins ---------------------------------------------------------------------------------


def _remote_account(case: Case) -> Judgement:
    told, unread = case.per_node(model.REMOTE_ACCOUNT)
    return settle(
        f"{', '.join(told)} have no remote account that works",
        problems=[f"the remote account of {node} is enabled" for node, on in told.items() if on],
        unread=list(unread.values()),
        evidence={"remote_account": told},
    )


def _ldap_encrypted(case: Case) -> Judgement:
    hosts = case.fact(model.LDAP_HOSTS)
    if not hosts:
        return not_applicable("no directory server checks passwords")
    return settle(
        f"{counted(len(hosts), 'directory server')} asked by TLS",
        problems=[
            f"{host['host']}:{host['port']} is asked without TLS"
            for host in hosts
            if host["encrypted"] is False
        ],
        unread=[
            f"whether {host['host']}:{host['port']} is asked by TLS is not known"
            for host in hosts
            if host["encrypted"] is None
        ],
        evidence={"ldap_hosts": hosts},
    )


def _logins_left_open(intent: Intent) -> str:
    if intent.directory_logins == REQUIRED:
        return ""
    return "logins by a directory are not required in intent.directory_logins"


def _directory_logins(case: Case) -> Judgement:
    hosts = case.value(model.LDAP_HOSTS)
    if hosts:
        return settle(
            f"{counted(len(hosts), 'directory server')} check passwords", evidence={"ldap_hosts": hosts}
        )
    modes = case.fact(model.SSO_MODES)
    told = {node: modes.get(node) for node in case.nodes}
    silent = [
        f"the single sign-on mode of {node} is not known" for node, mode in told.items() if mode is None
    ]
    local = [node for node, mode in told.items() if mode == logins.DISABLED]
    if local:
        # Only without a directory as well are its passwords the cluster's own.
        case.fact(model.LDAP_HOSTS)
    return settle(
        f"single sign-on is on at {', '.join(told)}",
        problems=[f"{', '.join(local)} have neither single sign-on nor a directory that checks passwords"]
        if local
        else [],
        unread=silent,
        evidence={"sso_modes": told, "ldap_hosts": hosts},
    )


# -- vulnerabilities -------------------------------------------------------------------------------------


def _vulnerabilities(case: Case) -> Judgement:
    """Judge that no node has a known vulnerability, by its release, the service it needs, and the patch files that are installed."""
    release = parse_release(case.release)
    if not (release.read and release.build):
        raise Undecided(f"release {case.release} is not understood")
    problems: list[str] = []
    unread: list[str] = []
    patched: list[str] = []
    for each in vulnerabilities.KNOWN:
        affected = each.affects(release)
        if affected is False:
            continue
        exposed, why = _exposed(case, each)
        if affected:
            unpatched, why_patched = _unpatched(case, each, exposed)
            problems += [_vulnerable(each, release, unpatched)] if unpatched else []
            why += why_patched
            patched += [each.cve] if exposed and not (unpatched or why) else []
        elif exposed:
            why = [f"whether {case.release} has {each.cve} is not known"]
        unread += [f"{each.cve}: {reason}" for reason in why]
    known = f"{len(vulnerabilities.KNOWN)} known vulnerabilities as of {vulnerabilities.AS_OF}"
    return settle(
        f"none of the {known} is open in {case.release}"
        + (f"; patched: {', '.join(patched)}" if patched else ""),
        problems=problems,
        unread=unread,
        evidence={
            "release": case.release,
            "known": {each.cve: each.affects(release) for each in vulnerabilities.KNOWN},
            "as_of": vulnerabilities.AS_OF,
        },
    )


def _vulnerable(each: Vulnerability, release: Release, nodes: t.Sequence[str]) -> str:
    line = each.line(release)
    fixed = f"; fixed in {line.named}" if line and line.named else ""
    return f"{', '.join(nodes)} have {each.cve} ({each.what}{fixed}; {each.advisory})"


def _exposed(case: Case, each: Vulnerability) -> tuple[list[str], list[str]]:
    """Return the nodes where a vulnerability can be used, and why that is not known of others."""
    if not each.service:
        return case.nodes, []
    told, unread = _told(case, model.SERVICES)
    found = {node: duties.service(case.facts, node, each.service) for node in told}
    return [
        node
        for node, state in found.items()
        if state and (state["activated"] or state["status"] == "Started")
    ], unread


def _unpatched(case: Case, each: Vulnerability, nodes: t.Sequence[str]) -> tuple[list[str], list[str]]:
    """Return which of the nodes have no patch of a vulnerability, and why that is not known of others."""
    if not nodes:
        return [], []
    told, unread = _told(case, model.SOFTWARE_OPTIONS)
    bare = [node for node in nodes if node in told and not any(each.defect in name for name in told[node])]
    missing = [node for node in nodes if node not in told]
    return bare, [f"whether {', '.join(missing)} have its patch is not known: {unread[0]}"] if missing else []


def _told(case: Case, fact: PerNode[_T]) -> tuple[dict[str, _T], list[str]]:
    """Return a fact by node, and why it was not read at others; also where it was read at no node."""
    try:
        told, unread = case.per_node(fact)
    except Undecided as error:
        return {}, [error.reason]
    return told, list(unread.values())


_PLAIN = (PASS, FAIL, UNKNOWN)
_ALL = (PASS, FAIL, NOT_APPLICABLE, UNKNOWN)
_EXCEPT = {"except_profiles": Option(options.names, default=[])}
_OF_TRUNKS = (model.SIP_TRUNK_PROFILES, model.SIP_TRUNK_MEDIA)

JUDGES: dict[str, Judge] = {
    "authenticated_with_tls_1_3": Judge(
        _authenticated_with_tls_1_3,
        (model.PHONE_PROFILES, model.SIP_TRUNK_PROFILES, model.TLS_MINIMUM),
        _PLAIN,
    ),
    "vulnerabilities": Judge(
        _vulnerabilities, (model.RELEASE, model.SERVICES, model.SOFTWARE_OPTIONS), _PLAIN
    ),
    "sip_trunks_media": Judge(_sip_trunks_media, _OF_TRUNKS, _ALL, _EXCEPT),
    "sip_trunks_peer": Judge(_sip_trunks_peer, _OF_TRUNKS, _ALL, _EXCEPT),
    "remote_account": Judge(_remote_account, (model.REMOTE_ACCOUNT,), _PLAIN),
    "ldap_encrypted": Judge(_ldap_encrypted, (model.LDAP_HOSTS,), _ALL),
    "directory_logins": Judge(
        _directory_logins, (model.SSO_MODES, model.LDAP_HOSTS), _ALL, idle=_logins_left_open
    ),
}
