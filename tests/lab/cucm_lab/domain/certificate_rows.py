# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates of all nodes in the database, own and trusted, as they are on the nodes.

A certificate is one row, whatever holds it: [V] TN210541 has the statements CUCM's certificate manager inserts with, and the order of
the columns of ``certificateprocessnodemap``; the change notification of another TAC document has those of ``certificate`` ([V]).
``servername`` is the host name of a node, also where the cluster lists it by its address ([V] TN210541: ``hostName``, and the query of
``getProcessNodeId``). Which of several nodes it names is [R]: the one whose own it is, else the first that trusts it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509

from . import trust_stores
from .certificates import common_name, pem
from .database import new_pkid

if TYPE_CHECKING:
    from .cluster import LabCluster
    from .node import LabNode

TABLES = """
create table certificate (pkid text primary key, servername text, subjectname text, issuername text, serialnumber text,
  certificate text, ipv4address text, ipv6address text, timetolive integer, tkcertificatedistribution integer);
create table certificateservicecertificatemap (pkid text primary key, fkcertificate text,
  tkcertificateservice integer);
create table certificateprocessnodemap (pkid text primary key, fkcertificate text, fkprocessnode text,
  servername text, ipv4address text, ipv6address text);
create table certificatetrustrolemap (pkid text primary key, fkcertificate text, tktrustrole integer);
"""

_NAMES = (
    "certificate",
    "certificateservicecertificatemap",
    "certificateprocessnodemap",
    "certificatetrustrolemap",
)
_SERVICES = {trust_stores.PHONE_EDGE: "Phone-Edge-trust"}
_ROLES = {
    "CallManager": ("CallManager", "CallManagerTFTP"),
    "CallManager-ECDSA": ("CallManager-ECDSA",),
    "CAPF": ("CAPF",),
    "TVS": ("Authentication and Authorization",),
    "ITLRecovery": ("SAST",),
    # [V] TN210541: a certificate of tomcat-trust has role 7, which is this one's place in the AXL schema.
    "tomcat-trust": ("Application Server",),
}
"""Trust roles by what a certificate is for; without any, or for others, Unknown ([R])."""


@dataclass
class _Found:
    """A certificate, whose it is, and by which service and node it is held."""

    certificate: x509.Certificate
    owner: LabNode
    name: tuple[str, ...]
    services: list[str] = field(default_factory=list)
    nodes: list[LabNode] = field(default_factory=list)

    def held(self, service: str, node: LabNode) -> None:
        if service not in self.services:
            self.services.append(service)
        if node not in self.nodes:
            self.nodes.append(node)


def fill(cluster: LabCluster) -> None:
    """Let the tables tell of all nodes' certificates and trust stores as they are now."""
    for table in _NAMES:
        cluster.database.execute(f"delete from {table}")
    for found in _found(cluster):
        _insert(cluster, found)


def _found(cluster: LabCluster) -> list[_Found]:
    found: dict[x509.Certificate, _Found] = {}
    nodes = sorted(cluster.nodes.values(), key=lambda node: not node.is_publisher)
    for node in nodes:
        for unit, own in node.certificates.items():
            name = (node.name, unit)
            found.setdefault(own.certificate, _Found(own.certificate, node, name)).held(unit, node)
    for node in nodes:
        for store in node.trust_stores.values():
            service = _SERVICES.get(store.name, store.name)
            for entry in store.entries:
                name = (
                    "trust",
                    common_name(entry.certificate.subject),
                    f"{entry.certificate.serial_number:x}",
                )
                found.setdefault(entry.certificate, _Found(entry.certificate, node, name)).held(service, node)
    return list(found.values())


def _distinguished(name: x509.Name) -> str:
    """As the table has it: ``CN=...,OU=...,C=...`` ([V]); the lab's names begin with the CN too."""
    return x509.Name(reversed(list(name))).rfc4514_string()


def _insert(cluster: LabCluster, found: _Found) -> None:
    database, types, certificate = cluster.database, cluster.types, found.certificate
    pkid = new_pkid(cluster.key, "certificate", *found.name)
    database.insert(
        "certificate",
        pkid=pkid,
        servername=found.owner.host_name,
        subjectname=_distinguished(certificate.subject),
        issuername=_distinguished(certificate.issuer),
        serialnumber=f"{certificate.serial_number:x}",
        certificate=pem(certificate),
        **_addresses(found.owner),
        timetolive=None,
        tkcertificatedistribution=types.number("typecertificatedistribution", "Distributed"),
    )
    for service in found.services:
        number = types.number("typecertificateservice", service)
        _map(cluster, "certificateservicecertificatemap", pkid, tkcertificateservice=number)
    for node in found.nodes:
        where = {"servername": node.host_name, **_addresses(node)}
        _map(cluster, "certificateprocessnodemap", pkid, fkprocessnode=node.pkid, **where)
    for role in dict.fromkeys(_roles(found)):
        _map(cluster, "certificatetrustrolemap", pkid, tktrustrole=types.number("typetrustrole", role))


def _addresses(node: LabNode) -> dict[str, str]:
    return {"ipv4address": "" if ":" in node.address else node.address, "ipv6address": node.ipv6}


def _roles(found: _Found) -> Iterator[str]:
    known = [service for service in found.services if service in _ROLES]
    for service in known:
        yield from _ROLES[service]
    if not known:
        yield "Unknown"


def _map(cluster: LabCluster, table: str, certificate: str, **to: object) -> None:
    pkid = new_pkid(table, certificate, *map(str, to.values()))
    cluster.database.insert(table, pkid=pkid, fkcertificate=certificate, **to)
