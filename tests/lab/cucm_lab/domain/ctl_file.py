# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust list files (CTL, ITL): real TLV files with a real signature.

Layout: [V] TN118893's dump, cli-facts 2.2(h): the tags and lengths printed there. A tag is one byte, a length two
bytes (big endian). SIGNERID counts the bytes of the three elements behind it, RECORDLENGTH those of the record.
Numbers of FUNCTION other than 0 and of the digests are invented.
"""

from __future__ import annotations

import hashlib
import ipaddress
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .certificates import Certificate, cisco_name

FUNCTIONS = {0: "System Administrator Security Token", 2: "CCM+TFTP", 4: "CAPF", 21: "TVS"}
SAST, CCM_TFTP, CAPF, TVS = 0, 2, 4, 21

HEADER_TAGS = {
    1: "VERSION",
    2: "HEADERLENGTH",
    3: "SIGNERID",
    4: "SIGNERNAME",
    5: "SERIALNUMBER",
    6: "CANAME",
    7: "SIGNATUREINFO",
    8: "DIGESTALGORTITHM",
    9: "SIGNATUREALGOINFO",
    10: "SIGNATUREALGORTITHM",
    11: "SIGNATUREMODULUS",
    12: "SIGNATURE",
    14: "FILENAME",
    15: "TIMESTAMP",
}
"""The misspellings are the device's own ([V] TN118893)."""
RECORD_TAGS = {
    1: "RECORDLENGTH",
    2: "DNSNAME",
    3: "SUBJECTNAME",
    4: "FUNCTION",
    5: "ISSUERNAME",
    6: "SERIALNUMBER",
    7: "PUBLICKEY",
    8: "SIGNATURE",
    9: "CERTIFICATE",
    10: "IPADDRESS",
}
_DIGESTS: dict[str, tuple[int, type[hashes.HashAlgorithm]]] = {
    "sha1": (1, hashes.SHA1),
    "sha512": (2, hashes.SHA512),
}


@dataclass(frozen=True)
class Element:
    """One TLV. ``position`` is its number in the header or record, which the dump prints as BYTEPOS."""

    tag: int
    name: str
    value: bytes

    @property
    def number(self) -> int:
        return int.from_bytes(self.value, "big")

    @property
    def text(self) -> str:
        return self.value.rstrip(b"\x00").decode("utf-8", "replace")


@dataclass(frozen=True)
class Record:
    """One record of a trust list: what it says, and its elements in file order."""

    elements: tuple[Element, ...]

    def element(self, name: str) -> Element | None:
        return next((e for e in self.elements if e.name == name), None)

    def _text(self, name: str) -> str | None:
        element = self.element(name)
        return element.text if element else None

    @property
    def dns_name(self) -> str:
        return self._text("DNSNAME") or ""

    @property
    def number(self) -> int:
        """Of the function."""
        element = self.element("FUNCTION")
        return element.number if element else -1

    @property
    def function(self) -> str:
        return FUNCTIONS.get(self.number, f"Unknown ({self.number})")

    @property
    def subject(self) -> str | None:
        return self._text("SUBJECTNAME")

    @property
    def issuer(self) -> str | None:
        return self._text("ISSUERNAME")

    @property
    def serial(self) -> str | None:
        element = self.element("SERIALNUMBER")
        return colon_hex(element.value) if element else None

    @property
    def certificate(self) -> bytes | None:
        """DER, or None when the record is stripped."""
        element = self.element("CERTIFICATE")
        return element.value if element else None

    @property
    def certificate_sha1(self) -> str | None:
        """As the dump prints it: `E9 D4 33 ...`."""
        der = self.certificate
        return hashlib.sha1(der).digest().hex(" ").upper() if der else None

    @property
    def address(self) -> str | None:
        element = self.element("IPADDRESS")
        return str(ipaddress.ip_address(element.value)) if element else None

    def as_dict(self) -> dict[str, object]:
        return {
            "dns_name": self.dns_name,
            "function": self.function,
            "subject": self.subject,
            "issuer": self.issuer,
            "serial": self.serial,
            "certificate_sha1": self.certificate_sha1,
            "address": self.address,
            "stripped": self.certificate is None,
        }


@dataclass(frozen=True)
class RecordSpec:
    """What a record shall say. certificate None makes the stripped form ([V] TN118892)."""

    dns_name: str
    function: int
    address: str | None = None
    certificate: Certificate | None = None


@dataclass
class CtlFile:
    """A trust list file on one node: its bytes and when that node wrote them (device time)."""

    content: bytes
    modified_at: datetime
    header: tuple[Element, ...] = field(init=False)
    records: tuple[Record, ...] = field(init=False)
    parse_error: str | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        try:
            self.header, self.records = parse(self.content)
        except ValueError as error:
            self.header, self.records, self.parse_error = (), (), str(error)

    @property
    def length(self) -> int:
        return len(self.content)

    @property
    def md5(self) -> str:
        return hashlib.md5(self.content).hexdigest()

    @property
    def sha1(self) -> str:
        return hashlib.sha1(self.content).hexdigest()

    @property
    def checksums(self) -> dict[str, str]:
        return {"md5": self.md5, "sha1": self.sha1}

    def _header(self, name: str) -> Element | None:
        return next((e for e in self.header if e.name == name), None)

    @property
    def version(self) -> str:
        element = self._header("VERSION")
        return ".".join(str(b) for b in element.value) if element else ""

    @property
    def header_length(self) -> int:
        """Bytes."""
        element = self._header("HEADERLENGTH")
        return element.number if element else 0

    @property
    def signer(self) -> str:
        """Distinguished name of the signer."""
        element = self._header("SIGNERNAME")
        return element.text if element else ""

    @property
    def signer_serial(self) -> str:
        element = self._header("SERIALNUMBER")
        return colon_hex(element.value) if element else ""

    @property
    def timestamp(self) -> datetime | None:
        """When the file was built and signed."""
        element = self._header("TIMESTAMP")
        return datetime.fromtimestamp(element.number, UTC) if element else None

    def is_signer(self, record: Record) -> bool:
        return record.function == FUNCTIONS[SAST] and record.serial == self.signer_serial

    @property
    def verified(self) -> bool:
        """Computed from the bytes every time: does the signer's certificate in the file verify its signature?"""
        if self.parse_error or not self.header:
            return False
        signer = next((r for r in self.records if self.is_signer(r)), None)
        if signer is None or signer.certificate is None:
            return False
        signature, digest = self._header("SIGNATURE"), self._header("DIGESTALGORTITHM")
        if signature is None or digest is None:
            return False
        algorithm = next((a for number, a in _DIGESTS.values() if number == digest.number), None)
        if algorithm is None:
            return False
        key = x509.load_der_x509_certificate(signer.certificate).public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        position = self.content.find(signature.value)
        signed = self.content[:position] + self.content[position + len(signature.value) :]
        try:
            key.verify(signature.value, signed, padding.PKCS1v15(), algorithm())
        except InvalidSignature:
            return False
        return True

    def tampered(self, now: datetime) -> CtlFile:
        """The same file with one byte of the last record changed, as if somebody had edited it."""
        content = bytearray(self.content)
        content[-1] ^= 0xFF
        return CtlFile(bytes(content), now)

    def as_dict(self) -> dict[str, object]:
        return {
            "length": self.length,
            "md5": self.md5,
            "sha1": self.sha1,
            "modified_at": self.modified_at.isoformat(timespec="seconds"),
            "verified": self.verified,
            "signer": self.signer,
            "signer_serial": self.signer_serial,
            "records": [record.as_dict() for record in self.records],
        }


def colon_hex(value: bytes) -> str:
    return value.hex(":").upper()


def serial_bytes(certificate: Certificate) -> bytes:
    number = certificate.certificate.serial_number
    return number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")


def _tlv(tag: int, value: bytes) -> bytes:
    return struct.pack(">BH", tag, len(value)) + value


def _text(value: str) -> bytes:
    return value.encode() + b"\x00"


def _record(spec: RecordSpec) -> bytes:
    body = _tlv(2, _text(spec.dns_name))
    if spec.certificate:
        certificate = spec.certificate.certificate
        public_key = spec.certificate.rsa_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.PKCS1
        )
        body += _tlv(3, _text(cisco_name(certificate.subject)))
        body += _tlv(4, struct.pack(">H", spec.function))
        body += _tlv(5, _text(cisco_name(certificate.issuer)))
        body += _tlv(6, serial_bytes(spec.certificate))
        body += _tlv(7, public_key)
        body += _tlv(8, certificate.signature)
        body += _tlv(9, spec.certificate.der)
    else:
        body += _tlv(4, struct.pack(">H", spec.function))
    if spec.address:
        body += _tlv(10, ipaddress.ip_address(spec.address).packed)
    return _tlv(1, struct.pack(">H", len(body) + 5)) + body


def build(
    records: Iterable[RecordSpec],
    signer: Certificate,
    now: datetime,
    *,
    digest: str = "sha1",
    filename: str = "CTLFile.tlv",
) -> CtlFile:
    """Build and sign a trust list with the signer's real key. ``now`` is the device time written into it."""
    content = b"".join(_record(spec) for spec in records)
    return CtlFile(signed(content, signer, now, digest=digest, filename=filename), now)


def signed(content: bytes, signer: Certificate, now: datetime, *, digest: str, filename: str) -> bytes:
    """Put the header of a signed file before its content, as trust lists have it ([R] for other files)."""
    number, algorithm = _DIGESTS[digest]
    subject = _text(cisco_name(signer.certificate.subject))
    issuer = _text(cisco_name(signer.certificate.issuer))
    identity = _tlv(4, subject) + _tlv(5, serial_bytes(signer)) + _tlv(6, issuer)
    key = signer.rsa_key
    size = key.key_size // 8
    after_length = (
        _tlv(3, struct.pack(">H", len(identity)))
        + identity
        + _tlv(7, struct.pack(">H", 15))
        + _tlv(8, bytes([number]))
        + _tlv(9, struct.pack(">H", 8))
        + _tlv(10, b"\x00")
        + _tlv(11, bytes([1 if size == 128 else 2]))
        + struct.pack(">BH", 12, size)
    )
    after_signature = _tlv(14, _text(filename)) + _tlv(15, struct.pack(">I", int(now.timestamp())))
    header_length = 5 + 5 + len(after_length) + size + len(after_signature)
    before = _tlv(1, b"\x01\x02") + _tlv(2, struct.pack(">H", header_length)) + after_length
    after = after_signature + content
    signature = key.sign(before + after, padding.PKCS1v15(), algorithm())
    return before + signature + after


def with_certificates(file: CtlFile, new: Mapping[bytes, Certificate]) -> CtlFile:
    """A trust list with other certificates in it (new ones by the DER form of the old ones), signed anew.

    What it lists, its times and whether it verifies stay the same; one that has a certificate nobody knows stays as it is.
    """
    der = {record.certificate for record in file.records} - {None}
    signer = next((record for record in file.records if file.is_signer(record)), None)
    filename, digest = file._header("FILENAME"), file._header("DIGESTALGORTITHM")
    if not der <= set(new) or signer is None or not signer.certificate or not filename or not digest:
        return file
    records = [
        RecordSpec(
            record.dns_name,
            record.number,
            record.address,
            new[record.certificate] if record.certificate else None,
        )
        for record in file.records
    ]
    name = next(name for name, (number, _algorithm) in _DIGESTS.items() if number == digest.number)
    moment = file.timestamp or file.modified_at
    built = build(records, new[signer.certificate], moment, digest=name, filename=filename.text)
    answer = CtlFile(built.content, file.modified_at)
    return answer if file.verified else answer.tampered(file.modified_at)


def _elements(content: bytes, names: dict[int, str]) -> Iterable[tuple[int, Element]]:
    position = 0
    while position < len(content):
        if position + 3 > len(content):
            raise ValueError("truncated element")
        tag, length = struct.unpack_from(">BH", content, position)
        value = content[position + 3 : position + 3 + length]
        if len(value) != length:
            raise ValueError("truncated element")
        position += 3 + length
        yield position, Element(tag, names.get(tag, f"TAG{tag}"), value)


def parse(content: bytes) -> tuple[tuple[Element, ...], tuple[Record, ...]]:
    """Header and records of a trust list. Raises ValueError when the bytes are not one."""
    if len(content) < 10:
        raise ValueError("too short")
    header_length = int.from_bytes(content[8:10], "big")
    header = tuple(element for _tag, element in _elements(content[:header_length], HEADER_TAGS))
    if [e.tag for e in header[:2]] != [1, 2]:
        raise ValueError("not a trust list")
    records = []
    position = header_length
    while position < len(content):
        if content[position : position + 3] != b"\x01\x00\x02":
            raise ValueError("record does not begin with RECORDLENGTH")
        length = int.from_bytes(content[position + 3 : position + 5], "big")
        if length < 5 or position + length > len(content):
            raise ValueError("record length")
        body = content[position : position + length]
        records.append(Record(tuple(element for _tag, element in _elements(body, RECORD_TAGS))))
        position += length
    return header, tuple(records)
