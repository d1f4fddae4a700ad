# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges of what phones get: security profiles, trust, Expressway-C. PRIVATE to the collection. Pure."""

from __future__ import annotations

import typing as t

from .._security import sip_oauth
from .._security.duties import Facts
from .._security.words import ABSENT, DISABLED, ENABLED, MIXED
from . import options
from .case import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Case,
    Judgement,
    Unread,
    not_applicable,
    sentence,
    settle,
)
from .options import Judge, Option

_SECURE = {"authenticated": ("authenticated", "encrypted"), "encrypted": ("encrypted",)}
_DEVICE_MODES = ("non_secure", "authenticated", "encrypted")
# Phones take no more (wire-facts 6 [D]).
_PHONE_EDGE_LIMIT = 16
_SHOWN = 20


def _phones(case: Case) -> dict[str, int]:
    """Return how many phones each profile has, where it has any."""
    usage = case.fact("security_profile_usage")
    return {name: used["phones"] for name, used in usage.items() if used["phones"]}


def _phone_security(case: Case) -> Judgement:
    profiles, phones, mode = case.fact("security_profiles"), _phones(case), case.mode()
    total, most = sum(phones.values()), case.options["max_share_percent"]
    if not total:
        return not_applicable("no phone has a security profile")
    without: dict[str, int] = {}
    unread: list[str] = []
    for name, count in phones.items():
        protected = _protects(case, profiles.get(name) or {}, mode)
        if protected is None:
            unread.append(f"how profile {name} of {count} phones protects them is not known")
        elif not protected:
            without[name] = count
    share = 100 * sum(without.values()) / total
    worst = sorted(without.items(), key=lambda item: -item[1])
    level = case.options["level"]
    told = sentence(f"{count} with {name}" for name, count in worst)
    problem = f"{sum(without.values())} of {total} phones ({share:.1f} %) are not {level}: {told}"
    return settle(
        f"{share:.1f} % of {total} phones are not {level}",
        problems=[problem] if share > most else [],
        unread=unread,
        evidence={"phones": total, "share_percent": round(share, 2), "profiles": dict(worst[:_SHOWN])},
    )


def _protects(case: Case, profile: Facts, mode: str) -> bool | None:
    """Return whether phones with a profile are protected; None when that is not known.

    A secure profile protects nobody unless the mode it needs is on: phones then register without, or not at all.
    """
    device_mode = profile.get("device_security_mode")
    if device_mode not in _DEVICE_MODES:
        return None
    if device_mode not in _SECURE[case.options["level"]]:
        return False
    return case.facts.get("sip_oauth_mode") == ENABLED if profile.get("sip_oauth") else mode == MIXED


def _sip_oauth_profiles(case: Case) -> Judgement:
    found = {name: state for name, state in case.fact("security_profiles").items() if state.get("sip_oauth")}
    if not found:
        return not_applicable("no phone security profile has SIP OAuth")
    problems = []
    for name, state in found.items():
        wrong = [
            *(["digest authentication"] if state["digest_authentication"] else []),
            *(["an encrypted TFTP configuration"] if state["tftp_encrypted_config"] else []),
            *(
                [f"the mode {state['device_security_mode']}"]
                if state["device_security_mode"] != "encrypted"
                else []
            ),
            *([f"the transport {state['transport']}"] if state["transport"] != "tls" else []),
        ]
        if wrong:
            problems.append(f"profile {name} has SIP OAuth and {' and '.join(wrong)}")
    return settle(
        f"{len(found)} profiles with SIP OAuth have nothing that does not go with it",
        problems=problems,
        evidence={"profiles": len(found)},
    )


def _used_profiles(case: Case, wanted: t.Callable[[Facts], bool]) -> tuple[dict[str, Facts], list[str]]:
    """Return the profiles phones use and that are wanted, and which of those phones use are not known."""
    profiles, phones = case.fact("security_profiles"), _phones(case)
    missing = [
        f"profile {name} of {count} phones was not read"
        for name, count in phones.items()
        if name not in profiles
    ]
    return {name: profiles[name] for name in phones if name in profiles and wanted(profiles[name])}, missing


def _tftp_encryption(case: Case) -> Judgement:
    found, unread = _used_profiles(
        case, lambda state: state["device_security_mode"] == "encrypted" and not state.get("sip_oauth")
    )
    if not found and not unread:
        return not_applicable("no phone has an encrypted profile without SIP OAuth")
    return settle(
        f"{len(found)} encrypted profiles encrypt the configuration too",
        problems=[
            f"profile {name} sends its configuration by TFTP without encryption"
            for name, state in found.items()
            if state["tftp_encrypted_config"] is False
        ],
        unread=unread
        + [
            f"profile {name} does not tell whether its configuration is encrypted"
            for name, state in found.items()
            if state["tftp_encrypted_config"] is None
        ],
        evidence={"profiles": len(found)},
    )


def _profile_key_size(case: Case) -> Judgement:
    found, unread = _used_profiles(
        case,
        lambda state: state["device_security_mode"] != "non_secure" and state.get("key_order") != "ec_only",
    )
    if not found and not unread:
        return not_applicable("no phone has a secure profile with RSA keys")
    least, problems = case.options["min_bits"], []
    for name, state in found.items():
        if not options.is_number(state["key_size"]):
            unread.append(f"profile {name} does not tell the size of its keys")
        elif state["key_size"] < least:
            problems.append(f"profile {name} asks for keys of {state['key_size']} bits, less than {least}")
    return settle(
        f"{len(found)} secure profiles ask for keys of {least} bits or more",
        problems=problems,
        unread=unread,
        evidence={"profiles": len(found)},
    )


def _phone_edge_trust(case: Case) -> Judgement:
    mode = case.fact("sip_oauth_mode")
    if (
        mode == ABSENT
        or ENABLED not in (mode, case.intent.sip_oauth_mode)
        or case.intent.sip_oauth_mode == DISABLED
    ):
        return not_applicable("SIP OAuth mode is neither enabled nor to be")
    desired = sip_oauth.Desired(ENABLED, phones=case.intent.phones, edge_roots=case.intent.edge_roots)
    # The release is asked for first: without one it is not known whether it serves phones.
    if case.release and not desired.serves_phones(case.facts):
        return not_applicable("no phone is served by SIP OAuth")
    stores = case.fact("trust_stores")
    held = stores.get("phone_edge")
    if held is None:
        raise Unread("the publisher shows no phone-edge trust store")
    shown = stores.get("tomcat") or {}
    rootless = [
        f"no root is known for {unit} of {node}"
        for node, units in shown.items()
        for unit, certificate in units.items()
        if certificate and not certificate.get("root")
    ]
    problems = rootless + [
        f"phone-edge trust lacks {root}" for root in sip_oauth.missing_roots(case.facts, desired)
    ]
    if len(held) > _PHONE_EDGE_LIMIT:
        problems.append(f"phone-edge trust has {len(held)} certificates; phones take {_PHONE_EDGE_LIMIT}")
    said = (
        "" if case.intent.edge_roots is not None else ", Expressway-E aside (intent.edge_roots says nothing)"
    )
    return settle(
        f"phone-edge trust has every root that phones need{said}",
        problems=problems,
        unread=[f"{node} told of no Tomcat certificate" for node in case.nodes if not shown.get(node)],
        evidence={"phone_edge": [each["sha256"] for each in held[:_SHOWN]]},
    )


def _expressway_c(case: Case) -> Judgement:
    wanted = case.intent.expressway_c
    if wanted is None:
        return not_applicable("nothing is said about Expressway-C in intent.expressway_c")
    entries = case.fact("expressway_c")
    present = {_host(host): entry for host, entry in entries.items()}
    problems = []
    for entry in wanted:
        found = present.get(_host(entry["host"]))
        if found is None:
            problems.append(f"there is no Expressway-C {entry['host']}")
            continue
        if entry.get("subject_names") is not None and set(found["subject_names"]) != set(
            entry["subject_names"]
        ):
            problems.append(f"the subject names of Expressway-C {entry['host']} are not as intended")
        if entry.get("description") is not None and found["description"] != entry["description"]:
            problems.append(f"the description of Expressway-C {entry['host']} is not as intended")
    if case.intent.expressway_c_exactly:
        hosts = {_host(entry["host"]) for entry in wanted}
        problems += [f"Expressway-C {host} is not intended" for host in entries if _host(host) not in hosts]
    return settle(
        f"{len(entries)} Expressway-C entries are as intended",
        problems=problems,
        evidence={"entries": dict(list(entries.items())[:_SHOWN])},
    )


def _host(name: str) -> str:
    return name.strip().lower()


_ALL = (PASS, FAIL, NOT_APPLICABLE, UNKNOWN)

JUDGES: dict[str, Judge] = {
    "phone_security": Judge(
        _phone_security,
        ("modes", "security_profiles"),
        _ALL,
        {
            "level": Option(options.one_of("authenticated", "encrypted"), default="authenticated"),
            "max_share_percent": Option(options.a_share, default=0),
        },
    ),
    "sip_oauth_profiles": Judge(
        _sip_oauth_profiles, ("security_profiles",), (PASS, FAIL, NOT_APPLICABLE, UNKNOWN)
    ),
    "tftp_encryption": Judge(_tftp_encryption, ("security_profiles",), _ALL),
    "profile_key_size": Judge(
        _profile_key_size,
        ("security_profiles",),
        _ALL,
        {"min_bits": Option(options.not_negative, default=2048)},
    ),
    "phone_edge_trust": Judge(_phone_edge_trust, ("version", "modes", "trust_stores"), _ALL),
    "expressway_c": Judge(_expressway_c, ("expressway_c",), _ALL),
}
