# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real X.509 certificates and keys: of the nodes' units, of the lab's CA, and SSH host keys."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


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
    """A certificate with its private key. ``unit`` is CUCM's name for what it is for (CallManager, TVS, ...).

    chain: the certificates above it, its issuer's first and the root last; empty when it is self-signed.
    """

    unit: str
    certificate: x509.Certificate
    key: PrivateKey
    signed_by: str | None = None
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> str:
        return pem(self.certificate)

    @property
    def chain_pem(self) -> str:
        """What a server shows: the certificate and the intermediates above it, without the root."""
        return self.pem + "".join(pem(each) for each in self.chain[:-1])

    @property
    def root(self) -> x509.Certificate:
        """What a client has to trust."""
        return self.chain[-1] if self.chain else self.certificate

    @property
    def rsa_key(self) -> rsa.RSAPrivateKey:
        """The key, of a unit that signs trust lists. Raises TypeError when it is no RSA key."""
        if not isinstance(self.key, rsa.RSAPrivateKey):
            raise TypeError(f"{self.unit} has no RSA key")
        return self.key

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
        return sha256(self.certificate)

    def as_dict(self) -> dict[str, object]:
        return {
            "sha256": self.sha256,
            "signed_by": self.signed_by,
            "root_sha256": sha256(self.root),
            "not_before": self.certificate.not_valid_before_utc.isoformat(),
            "not_after": self.certificate.not_valid_after_utc.isoformat(),
        }


def signing_request(certificate: Certificate) -> str:
    """A request to sign what a certificate says, with its key, in PEM form."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(certificate.certificate.subject)
    request = builder.sign(certificate.key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def read_pem(text: str) -> x509.Certificate | None:
    """The one certificate of a PEM text; None when the text is none, or holds several."""
    try:
        certificates = x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        return None
    return certificates[0] if len(certificates) == 1 else None


def sha256(certificate: x509.Certificate) -> str:
    """Fingerprint of the DER form, hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def common_name(name: x509.Name) -> str:
    """The CN of a name, or the whole of it in RFC 4514 form when it has none."""
    values = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(values[0].value) if values else name.rfc4514_string()


def is_root(certificate: x509.Certificate) -> bool:
    """Whether it is signed with its own key."""
    return issued_by(certificate, certificate)


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether ``issuer`` has signed it: by names and by signature."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


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
    unit: str, common_name: str, key: PrivateKey, now: datetime, *, days: int = 1825
) -> Certificate:
    """A certificate as CUCM generates it for a unit: self-signed, five years."""
    name = _name(common_name)
    builder = (
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
    )
    return Certificate(unit, builder.sign(key, hashes.SHA256()), key)


def server_certificate(
    unit: str,
    common_name: str,
    hosts: Sequence[str] | None,
    key: PrivateKey,
    valid: tuple[datetime, datetime],
) -> Certificate:
    """A self-signed certificate for names and addresses, as CUCM makes it for Tomcat at its installation ([R] its extensions)."""
    builder = _server(common_name, hosts, key, valid, _name(common_name))
    return Certificate(unit, builder.sign(key, hashes.SHA256()), key)


PURPOSES = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}
"""What a certificate may be used for, by words of a topology."""


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _server(
    common_name: str,
    hosts: Sequence[str] | None,
    key: PrivateKey,
    valid: tuple[datetime, datetime],
    issuer: x509.Name,
    purposes: Iterable[str] = tuple(PURPOSES),
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(map(_host, hosts or [common_name])), critical=False)
        .add_extension(
            x509.ExtendedKeyUsage([PURPOSES[purpose] for purpose in purposes]),
            critical=False,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def renamed(
    certificate: Certificate, subject: x509.Name, authority: CertificateAuthority | None
) -> Certificate:
    """The same certificate (key, serial number, validity, extensions) with another subject, signed anew.

    authority: who has signed it; None: it is self-signed.
    """
    old = certificate.certificate
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(old.issuer if authority else subject)
        .public_key(old.public_key())
        .serial_number(old.serial_number)
        .not_valid_before(old.not_valid_before_utc)
        .not_valid_after(old.not_valid_after_utc)
    )
    for extension in old.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    signed = authority.sign(builder) if authority else builder.sign(certificate.key, hashes.SHA256())
    return replace(certificate, certificate=signed)


class CertificateAuthority:
    """A CA that signs the nodes' HTTPS certificates: a root, or one that ``issuer`` has signed.

    chain: its own certificate and those above it, the root last.
    """

    def __init__(
        self,
        key: rsa.RSAPrivateKey,
        now: datetime,
        common_name: str = "cucm-lab CA",
        issuer: CertificateAuthority | None = None,
    ) -> None:
        self._key = key
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        self._intermediate: CertificateAuthority | None = None
        self.common_name = common_name
        signer = issuer or self
        builder = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(signer._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0 if issuer else 1), critical=True)
            .add_extension(
                x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        if issuer:
            builder = builder.add_extension(issuer._key_identifier, critical=False)
        self.certificate = builder.sign(signer._key, hashes.SHA256())
        self.chain: tuple[x509.Certificate, ...] = (self.certificate, *(issuer.chain if issuer else ()))

    @property
    def _key_identifier(self) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())

    @property
    def pem(self) -> str:
        return pem(self.certificate)

    def intermediate(self, keys: KeyPool, now: datetime) -> CertificateAuthority:
        """The one CA below this one; made when it is asked for the first time."""
        if self._intermediate is None:
            name = f"{self.common_name} intermediate"
            self._intermediate = CertificateAuthority(keys.fresh(), now, name, self)
        return self._intermediate

    def issue(
        self,
        common_name: str,
        hosts: Sequence[str] | None,
        key: PrivateKey,
        valid: tuple[datetime, datetime],
        unit: str = "tomcat",
        purposes: Iterable[str] = tuple(PURPOSES),
    ) -> Certificate:
        """A server certificate for names and addresses (None: for the common name).

        valid: from and to; purposes: of ``PURPOSES``.
        """
        builder = _server(common_name, hosts, key, valid, self._name, purposes)
        certificate = self.sign(builder.add_extension(self._key_identifier, critical=False))
        return Certificate(unit, certificate, key, signed_by=self.common_name, chain=self.chain)

    def sign(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        """A certificate of what a builder says; its issuer must be this one."""
        return builder.sign(self._key, hashes.SHA256())


@dataclass(frozen=True)
class SshHostKey:
    """An SSH host key: private part in OpenSSH PEM form, public part as ``type base64``."""

    private_pem: bytes
    public: str

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(base64.b64decode(self.public.split()[1])).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


@lru_cache(maxsize=64)
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
