# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates and the chains they form, by their signatures. PRIVATE to the collection. Pure.

A certificate is identified by the SHA-256 of its DER form: two certificates can share a file name or a subject.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import traceback
import typing as t
from dataclasses import dataclass, field
from datetime import datetime

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if not hasattr(x509.Certificate, "not_valid_after_utc"):
        raise ImportError("this cryptography is older than 42")
except ImportError:
    x509 = None  # type: ignore[assignment]
    CRYPTOGRAPHY_IMPORT_ERROR: str | None = traceback.format_exc()
    # What the library raises at a certificate, or a part of one, that it cannot read.
    FAULTS: tuple[type[Exception], ...] = ()
else:
    CRYPTOGRAPHY_IMPORT_ERROR = None
    FAULTS = (
        ValueError,
        TypeError,
        OverflowError,
        UnsupportedAlgorithm,
        x509.DuplicateExtension,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    )

_BEGIN = "-----BEGIN CERTIFICATE-----"
_BLOCK = re.compile(_BEGIN + r"([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")


class Unreadable(Exception):
    """A text has no certificate, or one that cannot be read. The message gives the reason and repeats nothing of the text."""


@dataclass(frozen=True)
class Certificate:
    """A certificate. Names are RFC 4514 strings, times are UTC, C(ca) is from its basic constraints.

    A certificate on a device that cannot be read has a fingerprint and empty names.
    """

    sha256: str
    der: bytes = field(repr=False)
    subject: str = ""
    issuer: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    ca: bool = False
    parsed: t.Any = field(default=None, repr=False, compare=False)

    @property
    def pem(self) -> str:
        """The certificate alone in PEM form, without the text around it."""
        text = base64.b64encode(self.der).decode()
        lines = [text[start : start + 64] for start in range(0, len(text), 64)]
        return "\n".join([_BEGIN, *lines, "-----END CERTIFICATE-----", ""])

    @property
    def self_signed(self) -> bool:
        """Whether it is signed with its own key."""
        return signed_by(self, self)

    def valid_at(self, moment: datetime) -> bool:
        """Return whether it is valid at ``moment`` (UTC); an unreadable certificate is never valid."""
        return (
            self.not_before is not None
            and self.not_after is not None
            and self.not_before <= moment <= self.not_after
        )

    def as_facts(self) -> dict[str, t.Any]:
        """Return JSON-like facts; times are in UTC."""
        return {
            "subject": self.subject,
            "issuer": self.issuer,
            "sha256": self.sha256,
            "not_before": _iso(self.not_before),
            "not_after": _iso(self.not_after),
            "ca": self.ca,
        }


def read(text: str) -> list[Certificate]:
    """Return the certificates of a PEM text, in order.

    Raises:
        Unreadable: There is no certificate, one of them is broken, or there is a private key.
    """
    if "PRIVATE KEY" in text:
        raise Unreadable("it has a private key; only certificates may leave this machine")
    found = [_load(der) for der in _blocks(text)]
    if not found:
        raise Unreadable("it has no certificate in PEM form")
    if len(found) < text.count("-----BEGIN ") or not all(each.parsed for each in found):
        raise Unreadable("it has something that cannot be read as a certificate")
    return found


def read_all(text: str) -> list[Certificate]:
    """Return the certificates in device output; an unreadable one has a fingerprint and no names."""
    return [_load(der) for der in _blocks(text)]


def _blocks(text: str) -> list[bytes]:
    blocks = []
    for match in _BLOCK.finditer(text):
        try:
            blocks.append(base64.b64decode("".join(match[1].split()), validate=True))
        except binascii.Error:
            continue
    return blocks


def _load(der: bytes) -> Certificate:
    fingerprint = hashlib.sha256(der).hexdigest()
    if x509 is None:
        return Certificate(fingerprint, der)
    try:
        parsed = x509.load_der_x509_certificate(der)
        return Certificate(
            sha256=fingerprint,
            der=der,
            subject=parsed.subject.rfc4514_string(),
            issuer=parsed.issuer.rfc4514_string(),
            not_before=parsed.not_valid_before_utc,
            not_after=parsed.not_valid_after_utc,
            ca=_is_ca(parsed),
            parsed=parsed,
        )
    except FAULTS:
        return Certificate(fingerprint, der)


def _is_ca(parsed: t.Any) -> bool:
    try:
        return bool(parsed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _iso(moment: datetime | None) -> str | None:
    return moment.replace(tzinfo=None).isoformat() if moment else None


def signed_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Return whether ``certificate`` names ``issuer`` as its issuer and the signature proves it.

    The library's own C(verify_directly_issued_by) refuses SHA-1, which signed the roots of older phones' certificates.
    """
    below, above = certificate.parsed, issuer.parsed
    if below is None or above is None or below.issuer != above.subject:
        return False
    signature, signed = below.signature, below.tbs_certificate_bytes
    try:
        key, scheme = above.public_key(), below.signature_algorithm_parameters
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, scheme, below.signature_hash_algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, scheme)
        else:
            key.verify(signature, signed)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, AttributeError):
        return False
    return True


@dataclass(frozen=True)
class Chain:
    """The ends of a certificate's chain.

    Attributes:
        roots: The self-signed certificates at its ends, the best one first; more than one if a CA is cross-signed.
        missing: The issuers that are named but absent.
    """

    roots: tuple[Certificate, ...]
    missing: tuple[str, ...]


def chain(certificate: Certificate, pool: t.Iterable[Certificate], now: datetime) -> Chain:
    """Return the chain from a certificate to its roots through ``pool``.

    Every certificate between it and a root must be a CA. Of several roots, one that is valid at ``now`` comes first,
    then the nearer one, then the one that is valid longest.
    """
    known = list({each.sha256: each for each in pool}.values())
    roots: list[tuple[int, Certificate]] = []
    missing: list[str] = []
    seen = {certificate.sha256}
    level, steps = [certificate], 0
    while level:
        above: list[Certificate] = []
        for each in level:
            if each.self_signed:
                roots.append((steps, each))
                continue
            issuers = [
                issuer for issuer in known if signed_by(each, issuer) and (issuer.ca or issuer.self_signed)
            ]
            if not issuers and each.issuer not in missing:
                missing.append(each.issuer)
            above += [issuer for issuer in issuers if issuer.sha256 not in seen]
            seen.update(issuer.sha256 for issuer in issuers)
        level, steps = above, steps + 1

    def merit(found: tuple[int, Certificate]) -> tuple[bool, int, float]:
        away, root = found
        return not root.valid_at(now), away, -root.not_after.timestamp() if root.not_after else 0.0

    return Chain(tuple(root for _steps, root in sorted(roots, key=merit)), tuple(missing))


def distinct(certificates: t.Iterable[Certificate]) -> list[Certificate]:
    """Return the certificates without repetitions, in order."""
    return list({each.sha256: each for each in certificates}.values())


def issuers_first(certificates: t.Iterable[Certificate]) -> list[Certificate]:
    """Return the certificates so that an issuer comes before what it signed."""
    left, ordered = distinct(certificates), []
    while left:
        free = [
            each for each in left if not any(other is not each and signed_by(each, other) for other in left)
        ]
        # Certificates that sign each other in a ring have no order.
        ordered += free or left
        left = [each for each in left if each not in ordered]
    return ordered
