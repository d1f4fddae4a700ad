# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges of what phones get: security profiles, trust, Expressway-C. PRIVATE to the collection. Pure."""

from __future__ import annotations

import typing as t

from .._base.numbers import is_number
from .._facts import model, records
from .._security import phone_types, sip_oauth
from .._security.words import ABSENT, ENABLED, MIXED, counted
from . import options
from .case import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Case,
    Intent,
    Judgement,
    Undecided,
    not_applicable,
    sentence,
    settle,
)
from .options import Judge, Option

_SECURE = {"authenticated": ("authenticated", "encrypted"), "encrypted": ("encrypted",)}
_TRANSPORTS = {"tls", "tcp", "udp", "tcp+udp"}
_DEVICE_MODES = ("non_secure", "authenticated", "encrypted")
# Phones take no more (wire-facts 6 [D]).
_PHONE_EDGE_LIMIT = 16
_SHOWN = 20


def _used(case: Case) -> tuple[dict[str, records.PhoneProfile], list[str]]:
    """Return the profiles that phones use, and why the protection by other used profiles is not known."""
    used = {name: state for name, state in case.fact(model.PHONE_PROFILES).items() if state["phones"]}
    known = {name: state for name, state in used.items() if state["device_security_mode"] in _DEVICE_MODES}
    return known, [
        f"how profile {name} protects its {counted(state['phones'], 'phone')} is not known"
        for name, state in used.items()
        if name not in known
    ]


class _Share:
    """The share of the examined phones that are not as they should be."""

    def __init__(self, total: int, most: float) -> None:
        self.total, self.most = total, most
        self.wrong: dict[str, int] = {}

    def add(self, which: str, phones: int) -> None:
        """Count phones that are not as they should be."""
        if phones:
            self.wrong[which] = phones

    @property
    def percent(self) -> float:
        """Their share."""
        return 100 * sum(self.wrong.values()) / self.total

    @property
    def is_too_much(self) -> bool:
        """Whether the share exceeds the limit."""
        return self.percent > self.most

    def said(self, words: str) -> str:
        """Return the share as the beginning of a sentence; C(words) describe the fault."""
        return f"{sum(self.wrong.values())} of {self.total} phones ({self.percent:.3g} %) {words}"

    def worst(self) -> str:
        """Return the groups of faulty phones, largest first."""
        return sentence(f"{phones} {which}" for which, phones in self._sorted())

    def evidence(self) -> dict[str, int]:
        """Return the same as a mapping."""
        return dict(self._sorted()[:_SHOWN])

    def _sorted(self) -> list[tuple[str, int]]:
        return sorted(self.wrong.items(), key=lambda item: -item[1])


def _phone_security(case: Case) -> Judgement:
    """Count the phones that are really protected.

    A secure profile protects nobody unless the mode it needs is on, and the phone has what it shows who it is with: a
    certificate of this cluster (LSC) or of its manufacturer (MIC), or in SIP OAuth mode a token. Phones register without, or not at
    all, otherwise (cli-facts 2.7 [P]).
    """
    mode, level = case.mode(), case.options["level"]
    profiles, unread = _used(case)
    total = sum(state["phones"] for state in case.fact(model.PHONE_PROFILES).values())
    if not total:
        return not_applicable("no phone has a security profile")
    share, by_manufacturer = _Share(total, case.options["max_share_percent"]), 0
    for name, state in profiles.items():
        if state["device_security_mode"] not in _SECURE[level]:
            share.add(f"with {name} ({state['device_security_mode']})", state["phones"])
        elif state["sip_oauth"]:
            if case.value(model.SIP_OAUTH_MODE) != ENABLED:
                share.add(f"with {name}, which needs SIP OAuth mode", state["phones"])
        elif mode != MIXED:
            share.add(f"with {name}, which needs mixed mode", state["phones"])
        else:
            lacking = _lacking(name, state)
            unread += lacking.unread
            by_manufacturer += lacking.by_manufacturer
            share.add(f"with {name} and no certificate", lacking.unproven)
    said = share.said(f"are not {level}")
    return settle(
        said + _and_by_manufacturer(by_manufacturer),
        problems=[f"{said}: {share.worst()}"] if share.is_too_much else [],
        unread=unread,
        evidence={
            "phones": total,
            "share_percent": round(share.percent, 2),
            "wrong": share.evidence(),
            **({"by_manufacturers_certificate": by_manufacturer} if by_manufacturer else {}),
        },
    )


class _Lacking(t.NamedTuple):
    """The phones of a secure profile that have no certificate of this cluster (LSC).

    Attributes:
        unproven: How many have nothing else that proves their identity.
        by_manufacturer: How many have the certificate of their manufacturer (MIC), by which they get TLS all the same.
        unread: Why that is not known of others.
    """

    unproven: int = 0
    by_manufacturer: int = 0
    unread: tuple[str, ...] = ()


def _lacking(name: str, state: records.PhoneProfile) -> _Lacking:
    """Return the phones of a secure profile without an LSC, by what their models have instead."""
    missing = state["phones"] - state["certificates_installed"]
    if missing < 0:
        return _Lacking(unread=(f"profile {name} has more certificates than phones",))
    if not missing:
        return _Lacking()
    without = {
        model: told["phones"] - told["certificates_installed"]
        for model, told in state.get("models", {}).items()
    }
    if sum(without.values()) != missing or min(without.values()) < 0:
        told = counted(missing, "phone")
        return _Lacking(
            unread=(f"the models of {told} with profile {name} and no certificate are not known",)
        )
    found = {model: phone_types.has_manufacturers_certificate(model) for model in without}
    return _Lacking(
        sum(phones for model, phones in without.items() if found[model] is False),
        sum(phones for model, phones in without.items() if found[model]),
        tuple(
            f"what proves the identity of {counted(phones, 'phone')} {model or 'of no model'} with profile {name} and no certificate "
            "is not known"
            for model, phones in without.items()
            if phones and found[model] is None
        ),
    )


def _and_by_manufacturer(phones: int) -> str:
    """Return the end of a sentence about phones whose identity only their manufacturer's certificate proves; empty without any."""
    return f"; {counted(phones, 'phone')} by the manufacturer's certificate (MIC)" if phones else ""


def _phone_certificates(case: Case) -> Judgement:
    profiles, unread = _used(case)
    secure = {
        name: state
        for name, state in profiles.items()
        if state["device_security_mode"] != "non_secure" and not state["sip_oauth"]
    }
    total, most = sum(state["phones"] for state in secure.values()), case.options["max_share_percent"]
    if not secure and not unread:
        return not_applicable("no phone has a secure profile that needs a certificate")
    if not secure:
        raise Undecided(sentence(unread))
    missing, failed, by_manufacturer = _Share(total, most), _Share(total, most), 0
    for name, state in secure.items():
        lacking = _lacking(name, state)
        unread += lacking.unread
        counts = case.options["mic"] == "counts"
        by_manufacturer += lacking.by_manufacturer if counts else 0
        missing.add(f"with {name}", lacking.unproven + (0 if counts else lacking.by_manufacturer))
        failed.add(f"with {name}", state["certificates_failed"])
    said = {
        missing.said("on secure profiles have no certificate"): missing,
        failed.said("on secure profiles had an operation of CAPF that failed"): failed,
    }
    return settle(
        "; ".join(said) + _and_by_manufacturer(by_manufacturer),
        problems=[f"{words}: {share.worst()}" for words, share in said.items() if share.is_too_much],
        unread=unread,
        evidence={
            "phones": total,
            "no_certificate": missing.evidence(),
            "failed": failed.evidence(),
            **({"by_manufacturers_certificate": by_manufacturer} if by_manufacturer else {}),
        },
    )


def _sip_trunks(case: Case) -> Judgement:
    told, level = case.fact(model.SIP_TRUNK_PROFILES), case.options["level"]
    used = {
        name: state
        for name, state in told.items()
        if state["trunks"] and name not in case.options["except_profiles"]
    }
    if not used:
        return not_applicable("no SIP trunk is to be judged")
    problems, unread = [], []
    for name, state in used.items():
        trunks = counted(state["trunks"], "trunk")
        mode, ways = state["security_mode"], (state["incoming_transport"], state["outgoing_transport"])
        if mode not in _DEVICE_MODES:
            unread.append(f"how profile {name} protects its {trunks} is not known")
        elif mode not in _SECURE[level]:
            problems.append(f"profile {name} of {trunks} is {mode}, not {level}")
        elif not set(ways) <= _TRANSPORTS:
            unread.append(f"which transport profile {name} of {trunks} uses is not known")
        elif set(ways) != {"tls"}:
            problems.append(f"profile {name} of {trunks} uses {ways[0]} and {ways[1]}, not TLS alone")
    return settle(
        f"the profiles of {counted(sum(state['trunks'] for state in used.values()), 'trunk')} are {level}",
        problems=problems,
        unread=unread,
        evidence={"profiles": dict(list(used.items())[:_SHOWN])},
    )


# What goes with SIP OAuth (wire-facts 2.5 [D]), and what to call it otherwise.
_OAuthKey = t.Literal["device_security_mode", "transport", "digest_authentication", "tftp_encrypted_config"]
_OAUTH_NEEDS: t.Mapping[_OAuthKey, tuple[t.Any, str]] = {
    "device_security_mode": ("encrypted", "the mode"),
    "transport": ("tls", "the transport"),
    "digest_authentication": (False, "digest authentication"),
    "tftp_encrypted_config": (False, "an encrypted TFTP configuration"),
}


def _sip_oauth_profiles(case: Case) -> Judgement:
    found = {name: state for name, state in case.fact(model.PHONE_PROFILES).items() if state["sip_oauth"]}
    if not found:
        return not_applicable("no phone security profile has SIP OAuth")
    problems, unread = [], []
    for name, state in found.items():
        wrong = [
            words if state[key] is True else f"{words} {state[key]}"
            for key, (needed, words) in _OAUTH_NEEDS.items()
            if state[key] not in (needed, None)
        ]
        if wrong:
            problems.append(f"profile {name} has SIP OAuth and {' and '.join(wrong)}")
        unread += [f"profile {name} does not show its {key}" for key in _OAUTH_NEEDS if state[key] is None]
    return settle(
        f"nothing in {counted(len(found), 'profile')} with SIP OAuth does not go with it",
        problems=problems,
        unread=unread,
        evidence={"profiles": list(found)[:_SHOWN]},
    )


def _tftp_encryption(case: Case) -> Judgement:
    """Judge whether the files that configure encrypted phones are encrypted.

    With SIP OAuth desk phones fetch theirs encrypted, and no setting does the same for a client (CVD14 [V]).
    """
    profiles, unread = _used(case)
    encrypted = {
        name: state for name, state in profiles.items() if state["device_security_mode"] == "encrypted"
    }
    found = {
        name: state["tftp_encrypted_config"] for name, state in encrypted.items() if not state["sip_oauth"]
    }
    clients = {
        name: number
        for name, state in encrypted.items()
        if state["sip_oauth"]
        for number in [_clients(state)]
        if number
    }
    if not (found or clients or unread):
        return not_applicable(
            "no phone has an encrypted profile without SIP OAuth, and no client has one with it"
        )
    bare = sum(clients.values())
    bare_files = (
        [
            f"the configuration of {counted(bare, 'client')} with SIP OAuth is not encrypted, which no setting changes"
        ]
        if bare
        else []
    )
    good = [f"{len(found)} encrypted profiles encrypt the configuration too"] if found else []
    return settle(
        "; ".join(good + bare_files),
        problems=[
            *(
                f"profile {name} sends its configuration by TFTP without encryption"
                for name, encrypts in found.items()
                if encrypts is False
            ),
            *(bare_files if case.options["clients"] == "judged" else []),
        ],
        unread=unread
        + [
            f"profile {name} does not tell whether its configuration is encrypted"
            for name, encrypts in found.items()
            if encrypts is None
        ],
        evidence={
            "profiles": dict(list(found.items())[:_SHOWN]),
            "clients_with_sip_oauth": dict(list(clients.items())[:_SHOWN]),
        },
    )


def _clients(state: records.PhoneProfile) -> int:
    """Return how many of the phones of a profile are clients, by their models."""
    models = state.get("models", {})
    return sum(told["phones"] for model, told in models.items() if phone_types.is_client(model))


def _profile_key_size(case: Case) -> Judgement:
    profiles, unread = _used(case)
    found = {
        name: state["key_size"]
        for name, state in profiles.items()
        if state["device_security_mode"] != "non_secure" and state["key_order"] != "ec_only"
    }
    if not found and not unread:
        return not_applicable("no phone has a secure profile with RSA keys")
    least, problems = case.options["min_bits"], []
    for name, bits in found.items():
        if not is_number(bits):
            unread.append(f"profile {name} does not tell the size of its keys")
        elif bits < least:
            problems.append(f"profile {name} asks for keys of {bits} bits, less than {least}")
    return settle(
        f"{len(found)} secure profiles ask for keys of {least} bits or more",
        problems=problems,
        unread=unread,
        evidence={"key_size": dict(list(found.items())[:_SHOWN])},
    )


def _sip_oauth_not_wanted(intent: Intent) -> str:
    if intent.sip_oauth_mode == ENABLED:
        return ""
    return "SIP OAuth mode is not wanted in intent.sip_oauth_mode"


def _phone_edge_trust(case: Case) -> Judgement:
    if case.fact(model.SIP_OAUTH_MODE) == ABSENT:
        return not_applicable("the release has no SIP OAuth mode")
    desired = sip_oauth.Desired(ENABLED, phones=case.intent.phones, edge_roots=case.intent.edge_roots)
    # The release is asked for first: without one it is not known whether it serves phones.
    if case.release and not desired.serves_phones(case.facts):
        return not_applicable("no phone is served by SIP OAuth")
    stores = case.fact(model.TRUST_STORES)
    case.fact(model.NODES)
    held = stores["phone_edge"]
    if held is None:
        raise Undecided("the publisher shows no phone-edge trust store")
    shown = stores["tomcat"]
    rootless = [
        f"no root is known for {unit} of {node}"
        for node, units in shown.items()
        for unit, certificate in units.items()
        if certificate and not certificate["root"]
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
        unread=[
            f"{node} reported no Tomcat certificate"
            for node in case.nodes
            if not any((shown.get(node) or {}).values())
        ],
        evidence={"phone_edge": [each["sha256"] for each in held[:_SHOWN]]},
    )


def _no_expressway_said(intent: Intent) -> str:
    if intent.expressway_c or (intent.expressway_c is not None and intent.expressway_c_exactly):
        return ""
    return "no Expressway-C entry is wanted in intent.expressway_c"


def _expressway_c(case: Case) -> Judgement:
    wanted, entries = case.intent.expressway_c or (), case.fact(model.EXPRESSWAY_C)
    present = {_host(host): entry for host, entry in entries.items()}
    problems = []
    for entry in wanted:
        found = present.get(_host(entry["host"]))
        if found is None:
            problems.append(f"there is no Expressway-C {entry['host']}")
            continue
        names = entry.get("subject_names")
        if names is not None and {name.strip() for name in names} != set(found["subject_names"]):
            problems.append(f"the subject names of Expressway-C {entry['host']} are not as intended")
        if entry.get("description") is not None and found["description"] != entry["description"].strip():
            problems.append(f"the description of Expressway-C {entry['host']} is not as intended")
    if case.intent.expressway_c_exactly:
        hosts = {_host(entry["host"]) for entry in wanted}
        problems += [f"Expressway-C {host} is not intended" for host in entries if _host(host) not in hosts]
    return settle(
        f"{len(wanted)} Expressway-C entries are as intended",
        problems=problems,
        evidence={"entries": dict(list(entries.items())[:_SHOWN])},
    )


def _host(name: str) -> str:
    return name.strip().lower()


_ALL = (PASS, FAIL, NOT_APPLICABLE, UNKNOWN)

_LEVEL = options.one_of("authenticated", "encrypted")
_MAX_SHARE = {"max_share_percent": Option(options.a_share, default=0)}

JUDGES: dict[str, Judge] = {
    "phone_security": Judge(
        _phone_security,
        (model.SECURITY_MODE, model.SIP_OAUTH_MODE, model.PHONE_PROFILES),
        _ALL,
        {"level": Option(_LEVEL, default="authenticated"), **_MAX_SHARE},
    ),
    "phone_certificates": Judge(
        _phone_certificates,
        (model.PHONE_PROFILES,),
        _ALL,
        {**_MAX_SHARE, "mic": Option(options.one_of("counts", "does_not_count"), default="counts")},
    ),
    "sip_trunks": Judge(
        _sip_trunks,
        (model.SIP_TRUNK_PROFILES,),
        _ALL,
        {
            "level": Option(_LEVEL, default="encrypted"),
            "except_profiles": Option(options.names, default=[]),
        },
    ),
    "sip_oauth_profiles": Judge(_sip_oauth_profiles, (model.PHONE_PROFILES,), _ALL),
    "tftp_encryption": Judge(
        _tftp_encryption,
        (model.PHONE_PROFILES,),
        _ALL,
        {"clients": Option(options.one_of("told", "judged"), default="told")},
    ),
    "profile_key_size": Judge(
        _profile_key_size,
        (model.PHONE_PROFILES,),
        _ALL,
        {"min_bits": Option(options.not_negative, default=2048)},
    ),
    "phone_edge_trust": Judge(
        _phone_edge_trust,
        (model.RELEASE, model.SIP_OAUTH_MODE, model.TRUST_STORES),
        _ALL,
        idle=_sip_oauth_not_wanted,
    ),
    "expressway_c": Judge(_expressway_c, (model.EXPRESSWAY_C,), _ALL, idle=_no_expressway_said),
}
