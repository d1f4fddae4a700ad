# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate is read from its PEM block, whatever stands around it."""

from __future__ import annotations

import base64
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ansible_collections.ucops.cucm.plugins.module_utils._x509 import certificates

EC = ec.generate_private_key(ec.SECP256R1())


def pem(key: object, extensions: tuple[x509.ExtensionType, ...] = ()) -> str:
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
    for each in extensions:
        builder = builder.add_extension(each, critical=False)
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
        "not_before": "2020-01-01T00:00:00",
        "not_after": "2031-02-03T04:05:06",
        "key_type": kind,
        "key_bits": bits,
        "names": [],
        "extended_key_usage": None,
        "self_signed": True,
    }


@pytest.mark.parametrize(
    ("purposes", "told"),
    [
        ([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH], ["server_auth", "client_auth"]),
        ([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE], ["any"]),
        ([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.5")], ["ipsec_end_system"]),
        ([x509.ObjectIdentifier("1.2.3.4")], ["1.2.3.4"]),
    ],
)
def test_the_purposes_of_a_certificate(purposes: list[x509.ObjectIdentifier], told: list[str]) -> None:
    text = pem(
        EC,
        (
            x509.ExtendedKeyUsage(purposes),
            x509.SubjectAlternativeName([x509.DNSName("pub"), x509.DNSName("sub")]),
        ),
    )
    found = certificates.describe(text)
    assert found is not None
    assert (found["extended_key_usage"], found["names"]) == (told, ["pub", "sub"])


@pytest.mark.parametrize("breaks", ["\n", "\r\n", " ", "\n    "])
def test_a_pem_text_is_read_however_its_lines_are_broken(breaks: str) -> None:
    whole = pem(EC)
    found = certificates.describe(whole.strip().replace("\n", breaks))
    assert found is not None and found == certificates.describe(whole)


def test_a_certificate_that_the_library_refuses_is_none() -> None:
    """Of each byte of a good one, damaged: a description or none, and no fault."""
    der = x509.load_pem_x509_certificate(pem(EC).encode()).public_bytes(serialization.Encoding.DER)
    for place in range(len(der)):
        for value in (0x00, 0x7F, 0xFF):
            damaged = der[:place] + bytes([value]) + der[place + 1 :]
            text = base64.b64encode(damaged).decode()
            certificates.describe(f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----")


def test_an_extension_twice_costs_the_certificate_alone() -> None:
    """The library reads such a certificate and fails only when its extensions are asked for."""
    names = x509.SubjectAlternativeName([x509.DNSName("one")])
    text = pem(EC, (names, x509.IssuerAlternativeName([x509.DNSName("one")])))
    der = x509.load_pem_x509_certificate(text.encode()).public_bytes(serialization.Encoding.DER)
    # The last byte of the object identifiers 2.5.29.17 and 2.5.29.18 makes the one the other.
    twice = base64.b64encode(der.replace(b"\x06\x03\x55\x1d\x12", b"\x06\x03\x55\x1d\x11")).decode()
    assert certificates.describe(f"-----BEGIN CERTIFICATE-----\n{twice}\n-----END CERTIFICATE-----") is None


def test_what_is_no_certificate_is_none() -> None:
    good = pem(ec.generate_private_key(ec.SECP256R1()))
    assert certificates.describe("Certificate CAPF not found") is None
    assert certificates.describe(good.replace("-----END CERTIFICATE-----", "")) is None
    assert certificates.describe("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----") is None
    assert certificates.describe(good.replace("BEGIN CERTIFICATE", "BEGIN RSA PRIVATE KEY")) is None


@pytest.mark.parametrize(
    "output",
    [
        "tomcat/tomcat.pem: Certificate Signed by CA\nITLRecovery/ITLRecovery.pem: Self-signed certificate generated by system\n",
        "Unit: tomcat\nType: own\nName: tomcat.pem\nIssuer: CA\nExpires: x\n\nUnit: ITLRecovery\nType: own\nName: y\n",
    ],
    ids=["a line each", "a block each"],
)
def test_both_layouts_of_the_list(output: str) -> None:
    assert certificates.listed(output) == {"tomcat", "ITLRecovery"}
    assert certificates.listed("something else: entirely") == set()
