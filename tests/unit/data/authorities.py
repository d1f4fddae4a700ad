# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates with real signatures, for tests: roots, intermediates and what they issue."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.ucops.cucm.plugins.module_utils._x509.chains import Certificate, read

NOW = datetime(2026, 3, 3, 12, 0, 0, tzinfo=UTC)
YEAR = timedelta(days=365)


def name(common_name: str) -> x509.Name:
    """Return a name of one part."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    x509: x509.Certificate
    key: t.Any

    @property
    def pem(self) -> str:
        """The certificate in PEM form."""
        return self.x509.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        """The private key in PEM form."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    @property
    def read(self) -> Certificate:
        """The certificate as the collection reads it."""
        (certificate,) = read(self.pem)
        return certificate

    @property
    def sha256(self) -> str:
        """The fingerprint."""
        return self.x509.fingerprint(hashes.SHA256()).hex()


def issue(
    subject: str,
    issuer: Issued | None = None,
    *,
    ca: bool | None = None,
    host: str | None = None,
    key: t.Any = None,
    start: datetime = NOW - YEAR,
    end: datetime = NOW + 5 * YEAR,
    digest: t.Any = None,
    padding: t.Any = None,
) -> Issued:
    """Issue a certificate; without an issuer it is self-signed. ``ca`` None leaves the basic constraints out.

    host: the name of the server that shows it.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(issuer.x509.subject if issuer else name(subject))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if host is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    options = {"rsa_padding": padding} if padding else {}
    return Issued(builder.sign(signer, hashes.SHA256() if digest is None else digest or None, **options), key)


def root(subject: str = "Root", **options: t.Any) -> Issued:
    """Issue a root CA."""
    return issue(subject, ca=True, **options)
