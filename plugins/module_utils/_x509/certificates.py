# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a certificate says, and which of them a node lists as its own. PRIVATE to the collection.

The PEM block is read, not the text around it: its layout differs between releases (cli-facts 6).
"""

from __future__ import annotations

import re
import typing as t
from datetime import datetime

from .._facts import records
from . import chains

try:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
except ImportError:  # reported by chains, which uses the library most
    pass

# Units of show cert own whose expiry strands phones or nodes (cli-facts 7.1, check 11).
PUBLISHER_UNITS = ("CallManager", "TVS", "CAPF", "ITLRecovery", "tomcat")

# Turning mixed mode on fails when a name is longer (alarm catalogue, wire-facts 8).
LONGEST_NAME = 255
# Purposes of an extended key usage (RFC 5280, 4.2.1.12); others keep their number.
SERVER_AUTH, CLIENT_AUTH, ANY_PURPOSE = "server_auth", "client_auth", "any"
_PURPOSES = {
    "1.3.6.1.5.5.7.3.1": SERVER_AUTH,
    "1.3.6.1.5.5.7.3.2": CLIENT_AUTH,
    "1.3.6.1.5.5.7.3.5": "ipsec_end_system",
    "2.5.29.37.0": ANY_PURPOSE,
}


def listed(output: str) -> set[str]:
    """Return the units that C(show cert list own) names, in either layout: one line per unit, or one block with C(Unit:)."""
    lines = re.findall(r"(?m)^\s*([\w-]+)/\S+\.(?:pem|der)\s*:", output)
    blocks = re.findall(r"(?m)^\s*Unit\s*:\s*([\w-]+)", output)
    return {*lines, *blocks}


def describe(output: str) -> records.Certificate | None:
    """Return facts of the first certificate in a text, or None when there is none that can be read.

    Args:
        output: What C(show cert own UNIT) prints, or a PEM text of the database.
    """
    found = next(iter(chains.read_all(output)), None)
    if found is None or found.parsed is None:
        return None
    try:
        return _described(found)
    except chains.FAULTS:
        return None


def _described(certificate: chains.Certificate) -> records.Certificate:
    parsed = certificate.parsed
    kind, bits = _key(parsed)
    return {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial": f"{parsed.serial_number:X}",
        "not_before": _moment(parsed.not_valid_before_utc),
        "not_after": _moment(parsed.not_valid_after_utc),
        "key_type": kind,
        "key_bits": bits,
        "names": _names(parsed),
        "extended_key_usage": _purposes(parsed),
        "self_signed": certificate.self_signed,
    }


def _key(parsed: t.Any) -> tuple[str, int]:
    """Return the kind and the bits of a certificate's key; C(other) and 0 of one that the library does not know."""
    try:
        key = parsed.public_key()
    except chains.FAULTS:
        return "other", 0
    if isinstance(key, rsa.RSAPublicKey):
        return "rsa", key.key_size
    return ("ec", key.key_size) if isinstance(key, ec.EllipticCurvePublicKey) else ("other", 0)


def _names(parsed: t.Any) -> list[str]:
    """Return the DNS names in the certificate's SubjectAltName."""
    try:
        found = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    except chains.FAULTS:
        return []
    return list(found.get_values_for_type(x509.DNSName))


def _purposes(parsed: t.Any) -> list[str] | None:
    """Return the purposes of the certificate's extended key usage; None when it has none, which allows every purpose (RFC 5280)."""
    try:
        found = parsed.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return None
    return [_PURPOSES.get(each.dotted_string, each.dotted_string) for each in found]


def _moment(moment: datetime) -> str:
    """Return a start or end of validity in UTC without a zone."""
    return moment.replace(tzinfo=None).isoformat()
