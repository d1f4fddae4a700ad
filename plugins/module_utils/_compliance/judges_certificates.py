# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges of the nodes' certificates. PRIVATE to the collection. Pure.

A certificate is judged as the node printed it, or else as the database has it, so that an account of AXL alone is enough.
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._facts import model, records
from .._facts.model import PerNode
from .._security.words import counted
from .._x509 import own_certificates
from .._x509.certificates import ANY_PURPOSE, CLIENT_AUTH, PUBLISHER_UNITS, SERVER_AUTH
from .._x509.own_certificates import (
    CALLMANAGER,
    CALLMANAGER_ECDSA,
    CAPF,
    IPSEC,
    ITLRECOVERY,
    TOMCAT,
    TOMCAT_UNITS,
    TVS,
)
from . import options
from .case import (
    CONTRADICTION,
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Case,
    Judgement,
    Undecided,
    not_applicable,
    settle,
    some,
)
from .options import Judge, Option

# CAPF has its certificate only where it was activated once.
_EXPECTED = (CALLMANAGER, TVS, ITLRECOVERY, TOMCAT)
# Every Unified CM node has these; of the others those that were read.
_OF_EVERY_NODE, _OF_SOME = (CALLMANAGER, TVS), (CALLMANAGER_ECDSA, IPSEC, CAPF)
# What a certificate of a CA must allow (extended key usage of signing requests, Security Guide 15; field notice 74345).
_BOTH = (SERVER_AUTH, CLIENT_AUTH)
_NEEDED_PURPOSES = {
    **dict.fromkeys((CALLMANAGER, CALLMANAGER_ECDSA, TVS, IPSEC, *TOMCAT_UNITS), _BOTH),
    CAPF: (SERVER_AUTH,),
}
_WORDS = {SERVER_AUTH: "server authentication", CLIENT_AUTH: "client authentication"}
_DAY = 86400
_SHOWN = 40

_Found = tuple[dict[str, records.Certificate], list[str]]
_Certificates = t.Callable[[Case], _Found]


# -- which certificates ----------------------------------------------------------------------------------


def _of_publisher(case: Case) -> _Found:
    """Return the publisher's certificates by unit, and why some are not known."""
    known = own_certificates.units(case.facts, case.publisher)
    units = dict.fromkeys([*(unit for unit in known if unit in PUBLISHER_UNITS), *_EXPECTED])
    found = {unit: own_certificates.current(case.facts, case.publisher, unit) for unit in units}
    lacking = [unit for unit, certificate in found.items() if not certificate]
    if lacking:
        case.fact(model.CERTIFICATES)
    return (
        {unit: certificate for unit, certificate in found.items() if certificate},
        [f"the certificate {unit} of the publisher cannot be read" for unit in lacking],
    )


def _of_tomcat(case: Case) -> _Found:
    """Return the Tomcat certificates of every node by unit and node, and why some are not known.

    One that is reused for CallManager says so: its renewal is one of both.
    """
    read, missing = _of_nodes(
        case, model.TOMCAT, lambda known, _node: [unit for unit in TOMCAT_UNITS if unit in known]
    )
    reused = {f"{TOMCAT} of {node}" for node in case.nodes if own_certificates.is_shared(case.facts, node)}
    return {
        f"{name} (CallManager's too)" if name in reused else name: each for name, each in read.items()
    }, missing


def _of_others(case: Case) -> _Found:
    """Return the certificates of every node that neither C(_of_publisher) nor C(_of_tomcat) has, and why some are not known."""

    def wanted(known: t.Collection[str], node: str) -> list[str]:
        units = [*(_OF_EVERY_NODE if known else ()), *(unit for unit in _OF_SOME if unit in known)]
        elsewhere = PUBLISHER_UNITS if node == case.publisher else ()
        reused = (CALLMANAGER,) if own_certificates.is_shared(case.facts, node) else ()
        return [unit for unit in units if unit not in (*elsewhere, *reused)]

    return _of_nodes(case, model.NODE_CERTIFICATES, wanted)


def _of_all(case: Case) -> _Found:
    """Return the certificates of every node by unit and node, and why some are not known."""

    def wanted(known: t.Collection[str], _node: str) -> list[str]:
        return [*(_OF_EVERY_NODE if known else ()), *(unit for unit in known if unit not in _OF_EVERY_NODE)]

    return _of_nodes(case, model.NODE_CERTIFICATES, wanted)


def _of_nodes(
    case: Case, source: PerNode[t.Any], wanted: t.Callable[[t.Collection[str], str], list[str]]
) -> _Found:
    """Return the wanted certificates of every node.

    Args:
        case: The case.
        source: The fact whose reason counts at a node where nothing was read.
        wanted: Takes the units that are known at a node, and the node; returns those to judge.

    Raises:
        Undecided: The source was read at no node, and something is missing.
    """
    if not case.nodes:
        case.per_node(source)
    told, silent = case.value(source) or {}, case.unread_nodes(source)
    read: dict[str, records.Certificate] = {}
    missing: list[str] = []
    for node in case.nodes:
        units = wanted(own_certificates.units(case.facts, node), node)
        found = {unit: own_certificates.current(case.facts, node, unit) for unit in units}
        read |= {f"{unit} of {node}": certificate for unit, certificate in found.items() if certificate}
        lacking = [unit for unit, certificate in found.items() if not certificate]
        if node not in told and (lacking or not units):
            missing.append(silent[node])
        elif not units:
            missing.append(f"{node} reported no such certificate")
        else:
            missing += [f"the certificate {unit} of {node} cannot be read" for unit in lacking]
    if missing and not (told and read):
        case.per_node(source)
    return read, missing


def _of_trust(case: Case) -> _Found:
    """Return the certificates in trust stores by their subject and stores, and why some are not known."""
    read = {
        f"{certificate.get('subject') or 'a certificate'} in {', '.join(certificate['services'])}"
        f" (serial number {own_certificates.serial(certificate) or 'not known'})": certificate
        for certificate in case.fact(model.TRUST_CERTIFICATES)
    }
    prefix = f"{model.TRUST_CERTIFICATES.reason}."
    reasons = case.value(model.UNAVAILABLE) or {}
    return t.cast("_Found", (read, [why for key, why in reasons.items() if key.startswith(prefix)]))


# -- what is right about them ----------------------------------------------------------------------------


def _validity(certificates: _Certificates) -> t.Callable[[Case], Judgement]:
    """Return a judge of how long certificates are still valid."""

    def judge(case: Case) -> Judgement:
        read, unread = certificates(case)
        least, problems, left = case.options["min_days"], [], {}
        for name, certificate in read.items():
            end = datetime.fromisoformat(certificate["not_after"])
            days = (end - case.now).total_seconds() / _DAY
            left[name] = round(days, 1)
            if days < 0:
                problems.append(f"{name} expired on {end.date().isoformat()}")
            elif days < least:
                problems.append(f"{name} expires on {end.date().isoformat()}, in {days:.0f} days")
            if certificate.get("not_before") and datetime.fromisoformat(certificate["not_before"]) > case.now:
                problems.append(f"{name} is not valid before {certificate['not_before'][:10]}")
        nearest = dict(sorted(left.items(), key=lambda item: item[1])[:_SHOWN])
        return settle(
            f"{counted(len(read), 'certificate')} valid for {least:g} days or more",
            problems=problems,
            unread=unread,
            evidence={"days_left": nearest},
        )

    return judge


def _key_size(certificates: _Certificates) -> t.Callable[[Case], Judgement]:
    """Return a judge of the size of certificates' keys."""

    def judge(case: Case) -> Judgement:
        read, unread = certificates(case)
        least = {"rsa": case.options["min_rsa_bits"], "ec": case.options["min_ec_bits"]}
        problems, keys = [], {}
        for name, certificate in read.items():
            kind, bits = certificate["key_type"], certificate["key_bits"]
            keys[name] = f"{kind} {bits}"
            if kind not in least:
                unread.append(f"the kind of {name}'s key is not known")
            elif bits < least[kind]:
                problems.append(f"the {kind.upper()} key of {name} has {bits} bits, less than {least[kind]}")
        return settle(
            f"{len(read)} keys are long enough", problems=problems, unread=unread, evidence={"keys": keys}
        )

    return judge


def _itlrecovery_key(case: Case) -> Judgement:
    certificate = own_certificates.current(case.facts, case.publisher, ITLRECOVERY)
    if not certificate:
        case.fact(model.CERTIFICATES)
        raise Undecided("the certificate ITLRecovery of the publisher cannot be read")
    kind, bits, least = certificate["key_type"], certificate["key_bits"], case.options["min_bits"]
    if kind == "ec":
        return not_applicable("the key of ITLRecovery is not an RSA key")
    if kind != "rsa":
        raise Undecided("the kind of ITLRecovery's key is not known")
    return settle(
        f"the key of ITLRecovery has {bits} bits",
        problems=[] if bits >= least else [f"the key of ITLRecovery has {bits} bits, less than {least}"],
        evidence={"bits": bits},
    )


def _purposes(case: Case) -> Judgement:
    """Judge what the certificates that a CA signed may be used for; the product makes those that sign themselves."""
    read, unread = _of_all(case)
    problems, signed = [], {}
    for name, certificate in read.items():
        needed = _NEEDED_PURPOSES.get(name.partition(" of ")[0], ())
        if not needed or certificate.get("self_signed"):
            continue
        if "extended_key_usage" not in certificate or "self_signed" not in certificate:
            unread.append(f"what {name} may be used for was not read")
            continue
        signed[name] = certificate.get("issuer", "")
        purposes = certificate["extended_key_usage"]
        # Without the extension every purpose is allowed (RFC 5280, 4.2.1.12).
        if purposes is not None and ANY_PURPOSE not in purposes:
            lacking = [_WORDS[purpose] for purpose in needed if purpose not in purposes]
            problems += [f"{name} is not for {' and '.join(lacking)}"] if lacking else []
    if not (signed or unread):
        return not_applicable("no certificate is signed by a CA")
    return settle(
        f"{counted(len(signed), 'certificate')} of a CA may be used for what the services need",
        problems=problems,
        unread=unread,
        evidence={"signed_by": dict(list(signed.items())[:_SHOWN])},
    )


def _itl_size(case: Case) -> Judgement:
    case.per_node(model.NODE_CERTIFICATES)
    files = {node: own_certificates.in_itl(case.facts, node) for node in case.nodes}
    most = own_certificates.MOST_IN_ITL
    unread = []
    for node, file in files.items():
        stores = () if file.all_stores else (own_certificates.SIGNERS_OF_OTHERS,)
        if file.fits is None:
            without = some([*stores, *file.unread], 5)
            unread.append(f"how many certificates the ITL file of {node} has is not known, without {without}")
    return settle(
        f"the ITL file of every node has {most} certificates or fewer",
        problems=[
            f"the ITL file of {node} has {len(file.names)} certificates, more than {most}"
            for node, file in files.items()
            if file.fits is False
        ],
        unread=unread,
        evidence={"certificates": {node: len(file.names) for node, file in files.items()}},
    )


def _agreement(case: Case) -> Judgement:
    """Judge whether the database has the certificates that nodes printed."""
    compared = [
        f"{unit} of {node}"
        for node in case.nodes
        for unit in own_certificates.units(case.facts, node)
        if own_certificates.serial(own_certificates.shown(case.facts, node, unit))
        and own_certificates.serial(own_certificates.stored(case.facts, node, unit))
    ]
    unread = case.silent(model.NODE_CERTIFICATES, model.TOMCAT)
    try:
        case.fact(model.CERTIFICATES)
    except Undecided as error:
        unread.append(error.reason)
    return settle(
        f"{counted(len(compared), 'certificate')} the same in the database as at the nodes",
        unread=unread or ([] if compared else ["no certificate was read both ways"]),
        contradictions=case.contradictions("certificate"),
        evidence={"compared": compared[:_SHOWN]},
    )


_PLAIN = (PASS, FAIL, UNKNOWN)
_WITH_IDLE = (PASS, FAIL, NOT_APPLICABLE, UNKNOWN)
_DAYS = {"min_days": Option(options.not_negative, default=30)}
_BITS = {
    "min_rsa_bits": Option(options.not_negative, default=2048),
    "min_ec_bits": Option(options.not_negative, default=256),
}
_PUBLISHERS = (model.NODE_CERTIFICATES, model.CERTIFICATES)
_TOMCATS = (model.NODE_CERTIFICATES, model.TOMCAT)
_STORED, _SHOWN_TOO = (model.NODE_CERTIFICATES,), (model.CERTIFICATES, model.TOMCAT)

JUDGES: dict[str, Judge] = {
    "publisher_certificate_validity": Judge(_validity(_of_publisher), _PUBLISHERS, _PLAIN, _DAYS),
    "tomcat_certificate_validity": Judge(_validity(_of_tomcat), _TOMCATS, _PLAIN, _DAYS),
    "node_certificate_validity": Judge(_validity(_of_others), _STORED, _PLAIN, _DAYS, also=_SHOWN_TOO),
    "trust_certificate_validity": Judge(
        _validity(_of_trust),
        (model.TRUST_CERTIFICATES,),
        _PLAIN,
        {"min_days": Option(options.not_negative, default=0)},
    ),
    "publisher_key_size": Judge(_key_size(_of_publisher), _PUBLISHERS, _PLAIN, _BITS),
    "tomcat_key_size": Judge(_key_size(_of_tomcat), _TOMCATS, _PLAIN, _BITS),
    "node_key_size": Judge(_key_size(_of_others), _STORED, _PLAIN, _BITS, also=_SHOWN_TOO),
    "itlrecovery_key_size": Judge(
        _itlrecovery_key,
        _PUBLISHERS,
        _WITH_IDLE,
        {"min_bits": Option(options.not_negative, default=2048)},
    ),
    "certificate_purposes": Judge(_purposes, _STORED, _WITH_IDLE, also=_SHOWN_TOO),
    "itl_size": Judge(_itl_size, _STORED, _PLAIN, also=_SHOWN_TOO),
    "certificate_agreement": Judge(_agreement, (*_STORED, *_SHOWN_TOO), (PASS, UNKNOWN, CONTRADICTION)),
}
