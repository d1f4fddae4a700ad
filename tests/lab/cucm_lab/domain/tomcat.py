# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Tomcat certificates of a node: RSA, and ECDSA where the release has SIP OAuth ([D] wire-facts 6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from .certificates import Certificate, CertificateAuthority, KeyPool, renamed, server_certificate

RSA, ECDSA = "tomcat", "tomcat-ECDSA"
KINDS = ("ca", "self_signed", "chain")
"""How a node's Tomcat certificates came to be: signed by the CA of the run, by nobody else, or by a CA below it."""
_SELF_SIGNED, _SIGNED = timedelta(days=1825), timedelta(days=825)
_SETTLED = timedelta(days=1)
"""How old the certificates are at the beginning of a run."""


class Server(Protocol):
    """What a certificate says of the node it is for, and how it is signed (of ``KINDS``)."""

    full_name: str
    address: str
    tomcat_kind: str


class TomcatIssuer:
    """Makes the Tomcat certificates of all nodes of a cluster. ecdsa: whether they have one of ECDSA too."""

    def __init__(self, authority: CertificateAuthority, keys: KeyPool, *, ecdsa: bool) -> None:
        self.authority = authority
        self._keys = keys
        self._units = (RSA, ECDSA) if ecdsa else (RSA,)

    def issue(
        self, node: Server, now: datetime, unit: str = RSA, *, servers: Sequence[Server] = ()
    ) -> Certificate:
        """A certificate as the node's kind wants it, valid from ``now`` on.

        servers: the nodes of a multi-server certificate, whose name is the node's with ``-ms`` behind it ([V] TN118731, TN221070);
        none: the certificate is the node's own.
        """
        key = ec.generate_private_key(ec.SECP384R1()) if unit == ECDSA else self._keys.take()
        name = f"{node.full_name}-ms" if servers else node.full_name
        hosts = _hosts(servers or (node,))
        if node.tomcat_kind == "self_signed":
            return server_certificate(unit, name, hosts, key, (now, now + _SELF_SIGNED))
        return self._signer(node, now).issue(name, hosts, key, (now, now + _SIGNED), unit)

    def _signer(self, node: Server, now: datetime) -> CertificateAuthority:
        if node.tomcat_kind == "chain":
            return self.authority.intermediate(self._keys, now)
        return self.authority

    def renamed(
        self, node: Server, certificate: Certificate, subject: x509.Name, now: datetime
    ) -> Certificate:
        """A certificate of a node, of Tomcat or another unit, with another subject and nothing else changed."""
        signer = self._signer(node, now) if certificate.chain else None
        return renamed(certificate, subject, signer)

    def issue_all(
        self, node: Server, now: datetime, *, servers: Sequence[Server] = ()
    ) -> dict[str, Certificate]:
        """New Tomcat certificates by unit, valid from ``now`` on; ``servers`` as of :meth:`issue`."""
        return {unit: self.issue(node, now, unit, servers=servers) for unit in self._units}

    def initial(
        self, node: Server, now: datetime, *, servers: Sequence[Server] = ()
    ) -> dict[str, Certificate]:
        """The certificates a node begins with: a day old."""
        return self.issue_all(node, now - _SETTLED, servers=servers)

    def bad(self, node: Server, what: str, now: datetime) -> Certificate:
        """A certificate no client should accept: ``other-ca``, ``expired`` or ``wrong-name``."""
        key, start = self._keys.take(), now - _SETTLED
        if what == "other-ca":
            other = CertificateAuthority(self._keys.fresh(), now, self.authority.common_name)
            return other.issue(node.full_name, _hosts([node]), key, (start, start + _SIGNED))
        if what == "expired":
            ended = now - timedelta(days=10)
            valid = (ended - timedelta(days=10), ended)
            return self.authority.issue(node.full_name, _hosts([node]), key, valid)
        return self.authority.issue("some-other-node", ["some-other-node"], key, (start, start + _SIGNED))


def _hosts(servers: Iterable[Server]) -> list[str]:
    """Names and addresses of servers: clients of the lab reach a node by its address."""
    return [host for server in servers for host in (server.full_name, server.address)]
