# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node's own certificates. PRIVATE to the collection.

The PEM block is read, not the text around it: its layout differs between releases (cli-facts 6).
"""

from __future__ import annotations

import re
import typing as t
from datetime import datetime

from .._facts import records

try:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
except ImportError:  # reported by chains, which uses the library most
    x509 = None  # type: ignore[assignment]

# Units of show cert own whose expiry strands phones or nodes (cli-facts 7.1, check 11).
PUBLISHER_UNITS = ("CallManager", "TVS", "CAPF", "ITLRecovery", "tomcat")

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
# Turning mixed mode on fails when a name is longer (alarm catalogue, wire-facts 8).
LONGEST_NAME = 255


def listed(output: str) -> set[str]:
    """Return the units that C(show cert list own) names, in either layout: one line per unit, or one block with C(Unit:)."""
    lines = re.findall(r"(?m)^\s*([\w-]+)/\S+\.(?:pem|der)\s*:", output)
    blocks = re.findall(r"(?m)^\s*Unit\s*:\s*([\w-]+)", output)
    return {*lines, *blocks}


def describe(output: str) -> records.Certificate | None:
    """Return facts of the certificate printed by C(show cert own UNIT), or None when there is no PEM block."""
    block = _PEM.search(output)
    if block is None or x509 is None:
        return None
    try:
        certificate = x509.load_pem_x509_certificate(
            "\n".join(line.strip() for line in block[0].splitlines()).encode()
        )
    except ValueError:
        return None
    key = certificate.public_key()
    return {
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "serial": f"{certificate.serial_number:X}",
        "not_before": _moment(certificate.not_valid_before_utc),
        "not_after": _moment(certificate.not_valid_after_utc),
        "key_type": "rsa"
        if isinstance(key, rsa.RSAPublicKey)
        else "ec"
        if isinstance(key, ec.EllipticCurvePublicKey)
        else "other",
        "key_bits": key.key_size if isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)) else 0,
        "names": _names(certificate),
    }


def _names(certificate: t.Any) -> list[str]:
    """Return the DNS names in the certificate's SubjectAltName."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return list(found.get_values_for_type(x509.DNSName))


def _moment(moment: datetime) -> str:
    """Return a start or end of validity in UTC without a zone."""
    return moment.replace(tzinfo=None).isoformat()
