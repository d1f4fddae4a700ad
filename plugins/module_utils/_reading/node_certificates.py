# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates of all nodes, read from the database with one AXL request. PRIVATE to the collection.

Only AXL is asked: C(run sql) prints a table, whose columns the lines of a PEM text break.

An AXL answer of more than 8 MB is refused, and all answers of the moment share 16 MB (wire-facts 1.5). The nodes' own certificates are few,
but a certificate of trust is one row for each store, and nothing limits their number. So where the database holds more than LARGEST_TABLE
certificates, it leaves out those of trust stores that no check is about, which keeps an answer near 2 MB. A request of its own, so that a
refusal costs nothing else.
"""

from __future__ import annotations

import functools
import typing as t

from .._base.errors import CucmError, ProtocolError
from .._cluster.accounts import missing_account
from .._cluster.cluster import Cluster
from .._cluster.database import Part, Row
from .._facts import model, records
from .._security import membership
from .._x509 import certificates, own_certificates
from .._x509.own_certificates import SIGNERS_OF_OTHERS, TRUST
from .collector import Collector

LARGEST_TABLE = 500
_HELD = "(select count(*) from certificate)"
# Tables and joins: TN214231, "Verification" (wire-facts 3.3).
QUESTION = Part(
    "node_certificates",
    {
        "server": "certificate.servername",
        "ipv4": "certificate.ipv4address",
        "ipv6": "certificate.ipv6address",
        "service": "typecertificateservice.name",
        "pem": "certificate.certificate",
        "held": _HELD,
    },
    "from certificate "
    "inner join certificateservicecertificatemap on certificateservicecertificatemap.fkcertificate=certificate.pkid "
    "inner join typecertificateservice on certificateservicecertificatemap.tkcertificateservice=typecertificateservice.enum "
    f"where typecertificateservice.name not like '%{TRUST}' or typecertificateservice.name in ('{SIGNERS_OF_OTHERS}','Phone-Edge-trust') "
    f"or {_HELD}<={LARGEST_TABLE}",
)


def gather(cluster: Cluster, collector: Collector) -> None:
    """Read the own certificates of every node and those of the trust stores into a collector.

    Why one of them is not known stands under its node and service; a certificate that cannot be read costs itself alone.
    """
    rows = collector.collect(model.NODE_CERTIFICATES.reason, lambda: _rows(cluster))
    if rows is None:
        collector.same(model.NODE_CERTIFICATES.reason, [model.TRUST_CERTIFICATES.reason])
        return
    described = {pem: certificates.describe(pem) for pem in dict.fromkeys(row["pem"] for row in rows)}
    _own(cluster, [row for row in rows if not row["service"].endswith(TRUST)], described, collector)
    trusted = [row for row in rows if row["service"].endswith(TRUST)]
    collector.keep(model.TRUST_CERTIFICATES, lambda: _trusted(rows, trusted, described, collector))


def _rows(cluster: Cluster) -> list[Row]:
    if not cluster.has_account("axl"):
        raise missing_account("axl")
    rows = cluster.ask([QUESTION])[QUESTION.name]
    if isinstance(rows, CucmError):
        raise rows
    if not rows:
        raise ProtocolError("The database listed no certificate.", code="unreadable_output")
    return rows


# What is in a PEM text; None where nothing can be read.
_Described = t.Mapping[str, "records.Certificate | None"]


def _own(cluster: Cluster, rows: t.Sequence[Row], described: _Described, collector: Collector) -> None:
    known = _known([node.as_facts() for node in cluster.nodes], rows)
    found, wrong = own_certificates.sort(
        (_owners(known, row["server"], described[row["pem"]]), row["service"], described[row["pem"]])
        for row in rows
    )
    for node in cluster.callmanager_nodes:
        if node.name not in found:
            _miss(collector, node.name, "The database has no certificate of the node.")
    for name, services in wrong.items():
        for service, why in services.items():
            _miss(collector, f"{name}.{service}", f"The certificate {service} of {name} is not known: {why}.")
    collector.put(model.NODE_CERTIFICATES, found)


# A node with the name by which the database lists it; the same node may be there again by its host name.
_Known = tuple[str, records.Node]


def _known(nodes: t.Sequence[records.Node], rows: t.Sequence[Row]) -> list[_Known]:
    """Return the nodes, and those that are listed by their address again by their host name.

    A row has the host name and the addresses of one node, which may be listed by any of them (TN210541, C(getProcessNodeId)).
    """
    listed = [(node["name"], node) for node in nodes]
    places = {(row["server"], row.get("ipv4", ""), row.get("ipv6", "")) for row in rows}
    unlisted = [place for place in places if not _called(listed, place[0])]
    return listed + [
        (node["name"], {**node, "name": server})
        for server, *addresses in unlisted
        for node in nodes
        if any(address and membership.is_called(node, address) for address in addresses)
    ]


def _called(known: t.Iterable[_Known], *names: str) -> list[str]:
    """Return the nodes that are called by one of the names, each once."""
    return list(
        dict.fromkeys(
            listed for listed, node in known if any(membership.is_called(node, name) for name in names)
        )
    )


def _owners(known: t.Iterable[_Known], server: str, certificate: records.Certificate | None) -> list[str]:
    """Return the nodes whose own a certificate is: that of its row, and where it is of several servers, those it names."""
    return _called(known, server, *own_certificates.names(certificate))


def _trusted(
    rows: t.Sequence[Row], trusted: t.Sequence[Row], described: _Described, collector: Collector
) -> list[records.CertificateInTrust]:
    """Return the certificates of the trust stores, each once."""
    services: dict[str, list[str]] = {}
    for row in trusted:
        services.setdefault(row["pem"], []).append(row["service"])
    unreadable = [store for pem, stores in services.items() if described[pem] is None for store in stores]
    if unreadable:
        _miss_trusted(
            collector,
            "unreadable",
            f"{len(unreadable)} certificates in {', '.join(sorted({*unreadable}))} cannot be read.",
        )
    held = int(rows[0]["held"])
    if held > LARGEST_TABLE:
        _miss_trusted(
            collector,
            "others",
            f"The database holds {held} certificates, more than {LARGEST_TABLE}: only some trust stores were asked for.",
        )
    return [
        {**certificate, "services": stores}
        for pem, stores in services.items()
        for certificate in [described[pem]]
        if certificate is not None
    ]


def _miss(collector: Collector, place: str, message: str) -> None:
    collector.collect(f"{model.NODE_CERTIFICATES.reason}.{place}", functools.partial(_fail, message))


def _miss_trusted(collector: Collector, place: str, message: str) -> None:
    collector.collect(f"{model.TRUST_CERTIFICATES.reason}.{place}", functools.partial(_fail, message))


def _fail(message: str) -> t.NoReturn:
    raise ProtocolError(message, code="unreadable_output")
