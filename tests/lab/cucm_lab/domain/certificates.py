# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real X.509 certificates and keys: of the nodes' units, of the lab's CA, and SSH host keys."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


class KeyPool:
    """RSA keys are slow to make, so a run shares a few; a caller that needs a key of its own asks for one.

    The pool answers cyclically. Certificates made from the same key still differ in name and serial number.
    """

    def __init__(self, size: int = 4) -> None:
        self._size = size
        self._keys: list[rsa.RSAPrivateKey] = []
        self._next = 0

    def fresh(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def take(self) -> rsa.RSAPrivateKey:
        if len(self._keys) < self._size:
            self._keys.append(self.fresh())
            return self._keys[-1]
        self._next = (self._next + 1) % self._size
        return self._keys[self._next]


@dataclass(frozen=True)
class Certificate:
    """A certificate with its private key. ``unit`` is CUCM's name for what it is for (CallManager, TVS, ...)."""

    unit: str
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    signed_by: str | None = None

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ).decode()

    @property
    def sha256(self) -> str:
        """Fingerprint of the DER form, hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()


def cisco_name(name: x509.Name) -> str:
    """A distinguished name as `show ctl` prints it: `CN=...;OU=...;O=...` ([V] TN118893)."""
    return ";".join(f"{a.rfc4514_attribute_name}={a.value!s}" for a in name)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Lab"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Simulated"),
            x509.NameAttribute(NameOID.LOCALITY_NAME, "Krakow"),
            x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "Malopolska"),
            x509.NameAttribute(NameOID.COUNTRY_NAME, "PL"),
        ]
    )


def self_signed(
    unit: str, common_name: str, key: rsa.RSAPrivateKey, now: datetime, *, days: int = 1825
) -> Certificate:
    """A certificate as CUCM generates it for a unit: self-signed, five years."""
    name = _name(common_name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(
            x509.KeyUsage(True, False, True, True, False, True, False, False, False), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Certificate(unit, certificate, key)


class CertificateAuthority:
    """The CA that signs the nodes' HTTPS certificates."""

    def __init__(self, key: rsa.RSAPrivateKey, now: datetime, common_name: str = "cucm-lab CA") -> None:
        self._key = key
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        self.common_name = common_name
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(
                x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issue(
        self,
        common_name: str,
        address: str | None,
        key: rsa.RSAPrivateKey,
        now: datetime,
        *,
        days: int = 825,
        started_days_ago: int = 1,
    ) -> Certificate:
        """A server certificate for a node name and, if given, its address."""
        names: list[x509.GeneralName] = [x509.DNSName(common_name)]
        if address:
            names.append(x509.IPAddress(ipaddress.ip_address(address)))
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(common_name))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=started_days_ago))
            .not_valid_after(now - timedelta(days=started_days_ago) + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        return Certificate("tomcat", certificate, key, signed_by=self.common_name)


@dataclass(frozen=True)
class SshHostKey:
    """An SSH host key: private part in OpenSSH PEM form, public part as ``type base64``."""

    private_pem: bytes
    public: str

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(base64.b64decode(self.public.split()[1])).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def ssh_host_key(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> SshHostKey:
    return SshHostKey(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        ),
        key.public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .decode(),
    )


def new_ssh_host_keys(rsa_key: rsa.RSAPrivateKey) -> list[SshHostKey]:
    """RSA and ECDSA host keys, as CUCM has ([P] CIPH15). The ECDSA key is always new."""
    return [ssh_host_key(rsa_key), ssh_host_key(ec.generate_private_key(ec.SECP256R1()))]
