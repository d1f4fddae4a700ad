# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate is read from its PEM block, whatever stands around it."""

from __future__ import annotations

from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from ansible_collections.ucops.cucm.plugins.module_utils._security import certificates


def pem(key: object) -> str:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "cucm-pub"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Ä, GmbH"),
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())  # type: ignore[attr-defined]
        .serial_number(0xABCDEF0123)
        .not_valid_before(datetime(2020, 1, 1))
        .not_valid_after(datetime(2031, 2, 3, 4, 5, 6))
    )
    signed = builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())  # type: ignore[arg-type]
    return signed.public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize(
    ("key", "kind", "bits"),
    [
        (rsa.generate_private_key(65537, 1024), "rsa", 1024),
        (ec.generate_private_key(ec.SECP384R1()), "ec", 384),
        (ed25519.Ed25519PrivateKey.generate(), "other", 0),
    ],
)
def test_described(key: object, kind: str, bits: int) -> None:
    indented = "\n".join(f"   {line}  " for line in pem(key).splitlines())
    facts = certificates.describe(
        f"[\n Validity From: Wed\n To: yesterday\n]\r\n{indented}\n\nadmin text -----END"
    )
    assert facts == {
        "subject": "O=Ä\\, GmbH,CN=cucm-pub",
        "issuer": "O=Ä\\, GmbH,CN=cucm-pub",
        "serial": "ABCDEF0123",
        "not_after": "2031-02-03T04:05:06",
        "key_type": kind,
        "key_bits": bits,
    }


def test_what_is_no_certificate_is_none() -> None:
    good = pem(ec.generate_private_key(ec.SECP256R1()))
    assert certificates.describe("Certificate CAPF not found") is None
    assert certificates.describe(good.replace("-----END CERTIFICATE-----", "")) is None
    assert certificates.describe("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----") is None
    assert certificates.describe(good.replace("BEGIN CERTIFICATE", "BEGIN RSA PRIVATE KEY")) is None
