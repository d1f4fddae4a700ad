# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trust stores of a node, and what it takes to get a certificate into one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from .certificates import Certificate, common_name, is_root, issued_by, sha256
from .tomcat import ECDSA, RSA

SUFFIX = "-trust"
TOMCAT, CALLMANAGER, CAPF, TVS = "tomcat-trust", "CallManager-trust", "CAPF-trust", "TVS-trust"
IPSEC = "ipsec-trust"
PHONE_EDGE = "phone-edge-trust"
PHONE_SAST = "Phone-SAST-trust"
"""Names of stores: [X] wire-facts 2.9; how the CLI and the API spell the one of phone-edge is not public ([?])."""


class TrustRefused(Exception):
    """A certificate does not get into a store. ``key`` and ``values`` are of the text that says why."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(f"{key} {values}")
        self.key = key
        self.values = values


@dataclass(frozen=True)
class TrustedCertificate:
    """A certificate in a trust store."""

    certificate: x509.Certificate
    description: str = ""

    @property
    def sha256(self) -> str:
        return sha256(self.certificate)

    @property
    def file_name(self) -> str:
        """Its name in lists ([R]: common name and serial number)."""
        name = common_name(self.certificate.subject).replace(" ", "_")
        return f"{name}_{self.certificate.serial_number:x}.pem"


class TrustStore:
    """One trust store of one node: certificates in the order they came, each once."""

    def __init__(self, name: str, certificates: Iterable[x509.Certificate] = ()) -> None:
        self.name = name
        self.entries: list[TrustedCertificate] = []
        self.put(certificates)

    @property
    def base_name(self) -> str:
        """Without ``-trust``, as the certificate API says it ([C] wire-facts 6)."""
        return self.name.removesuffix(SUFFIX)

    @property
    def fingerprints(self) -> list[str]:
        return [each.sha256 for each in self.entries]

    def put(self, certificates: Iterable[x509.Certificate], description: str = "") -> list[str]:
        """Add those it does not have yet, unconditionally. Returns the fingerprints of what was added."""
        added = []
        for certificate in certificates:
            entry = TrustedCertificate(certificate, description)
            if entry.sha256 not in self.fingerprints:
                self.entries.append(entry)
                added.append(entry.sha256)
        return added

    def remove(self, certificate: x509.Certificate) -> None:
        """Take a certificate out, if it is there."""
        wanted = sha256(certificate)
        self.entries = [each for each in self.entries if each.sha256 != wanted]

    def check(
        self, certificates: Sequence[x509.Certificate], now: datetime, *, most: int | None, expired: bool
    ) -> None:
        """Check that an upload may go in; nothing is changed.

        most: how many certificates the store holds at the most. expired: whether those are refused that are not
        valid now ([R]). Raises TrustRefused; an issuer that is missing is [C] wire-facts 6.
        """
        there = [each.certificate for each in self.entries]
        known = {*self.fingerprints, *map(sha256, certificates)}
        if most is not None and len(known) > most:
            raise TrustRefused("certificate_api.too_many", most=most)
        for each in certificates:
            name = common_name(each.subject)
            if expired and not each.not_valid_before_utc <= now <= each.not_valid_after_utc:
                raise TrustRefused("certificate_api.not_valid_now", name=name)
            if not is_root(each) and not any(issued_by(each, other) for other in (*there, *certificates)):
                raise TrustRefused("certificate_api.no_issuer", name=name, issuer=common_name(each.issuer))


def initial(
    nodes: Sequence[Mapping[str, Certificate]], capf: Certificate, ipsec: Certificate, *, phone_edge: bool
) -> dict[str, TrustStore]:
    """The stores of a node at the beginning, by name.

    tomcat-trust: the CA certificates of all nodes' Tomcat chains, and those Tomcat certificates that are signed by
    nobody else. ipsec-trust: the publisher's ipsec certificate, which backups need ([V] TN214231). The others hold what the
    cluster's own services need ([R]).

    nodes: each node's certificates, by unit. capf, ipsec: the publisher's. phone_edge: whether the node has that store: the
    publisher only; it came with SIP OAuth ([D] wire-facts 6).
    """
    call_managers = [root for each in nodes for root in above(each["CallManager"])]
    stores = [
        TrustStore(CALLMANAGER, [capf.certificate, *call_managers]),
        TrustStore(CAPF, [capf.certificate]),
        TrustStore(TVS),
        TrustStore(IPSEC, [ipsec.certificate]),
        TrustStore(TOMCAT, tomcat_roots(nodes)),
    ]
    if phone_edge:
        stores.append(TrustStore(PHONE_EDGE))
    return {store.name: store for store in stores}


def above(certificate: Certificate) -> list[x509.Certificate]:
    """What a store holds to believe a certificate: those above it, root first; one that nobody else signed stands for itself."""
    return list(reversed(certificate.chain or (certificate.certificate,)))


def tomcat_roots(nodes: Iterable[Mapping[str, Certificate]]) -> list[x509.Certificate]:
    """What every node has to trust to believe every node's Tomcat. ``nodes``: each node's certificates, by unit."""
    found: list[x509.Certificate] = []
    for certificates in nodes:
        for unit in (RSA, ECDSA):
            if unit in certificates:
                found += above(certificates[unit])
    return found
