# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields that are there for people only, and what an administrator may type into them: anything.

Names of nodes and phones, addresses, and texts with a meaning are none: what a cluster *is* stays the same. Lengths are
those of the AXL schema ([X]), 1024 for a parameter's value and 64 for a part of a certificate's subject ([R]).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import NameOID

from . import certificate_rows, configuration, ctl_file, installation
from .certificates import Certificate
from .services import CALLMANAGER
from .trust_stores import TrustedCertificate

if TYPE_CHECKING:
    from .cluster import LabCluster

FREE_PARAMETERS = ("ClusterID",)
"""Enterprise parameters a release has whose value means nothing to the cluster; a topology's own are free too."""


@dataclass(frozen=True)
class Field:
    """A column, how many characters it holds, whether each row has its own value, and which rows are meant."""

    table: str
    column: str
    longest: int
    unique: bool = False
    rows: str = "1 = 1"


_TRUNKS = "tkclass in (select enum from typeclass where name = 'Trunk')"
FIELDS = (
    Field("processnode", "description", 50),
    Field("callmanager", "name", 50, unique=True),
    Field("callmanager", "description", 50),
    Field("callmanagergroup", "name", 50, unique=True),
    Field("devicepool", "name", 50, unique=True),
    Field("region", "name", 50, unique=True),
    Field("sipprofile", "name", 50, unique=True),
    Field("device", "name", 128, unique=True, rows=_TRUNKS),
    Field("device", "description", 128),
    Field("securityprofile", "name", 75, unique=True, rows="isstandard = 'f'"),
    Field("securityprofile", "description", 100),
    Field("securityprofile", "x509subjectname", 4096, rows=configuration.OF_TRUNKS),
    Field("expresswaycconfiguration", "hostnameorip", 255, unique=True),
    Field("expresswaycconfiguration", "description", 50),
    Field("expresswaycconfiguration", "x509subjectnameoraltname", 4096),
    Field("processconfig", "paramvalue", 1024, rows="tkparam = 4 and paramname in ({free})"),
    Field("credentialpolicy", "name", 50, unique=True),
    Field("ldapauthenticationhost", "hostname", 255),
)
_STATUS = 255
_SUBJECT = 64
_PARTS = (
    NameOID.ORGANIZATIONAL_UNIT_NAME,
    NameOID.ORGANIZATION_NAME,
    NameOID.LOCALITY_NAME,
    NameOID.STATE_OR_PROVINCE_NAME,
)


def put(cluster: LabCluster, texts: Sequence[str]) -> None:
    """Put the texts into all free fields, by turns. Trust lists and trust stores follow the certificates."""
    _follow(cluster, put_into_certificates(cluster, texts))
    put_into_database(cluster, texts)


def put_into_database(cluster: LabCluster, texts: Sequence[str]) -> None:
    """Rows and the licence."""
    database, turns = cluster.database, cycle(texts)
    known = {name for (name,) in database.execute("select name from sqlite_master where type = 'table'")}
    usual = installation.usual_parameters(cluster.release_row)
    own = [name for name in cluster.spec.enterprise_parameters if name not in usual]
    free = ", ".join(f"'{name}'" for name in (*FREE_PARAMETERS, *own))
    for field in FIELDS:
        if field.table not in known:
            continue
        where = field.rows.format(free=free)
        pkids = database.execute(f"select pkid from {field.table} where {where} order by rowid")
        values = (_numbered(next(turns), field, number) for number in range(1, len(pkids) + 1))
        database.execute_many(
            f"update {field.table} set {field.column} = ? where pkid = ?",
            [(value, pkid) for value, (pkid,) in zip(values, pkids, strict=True)],
        )
    cluster.licence = replace(
        cluster.licence,
        **{
            name: next(turns)[:_STATUS]
            for name in ("smart_account", "virtual_account", "renewal_status", "communication_status")
        },
    )


def _numbered(text: str, field: Field, number: int) -> str:
    ending = f" {number}" if field.unique else ""
    return text[: field.longest - len(ending)] + ending


def put_into_certificates(cluster: LabCluster, texts: Sequence[str]) -> dict[bytes, Certificate]:
    """Give the nodes certificates with other subjects: same keys, serial numbers and common names.

    Returns the new ones by the DER form of the old ones.
    """
    turns, new = cycle(texts), {}
    for node in cluster.nodes.values():
        for unit, old in node.certificates.items():
            if old.der not in new:
                subject = x509.Name(_subject(old.certificate.subject, turns))
                new[old.der] = cluster.tomcat.renamed(node, old, subject, cluster.clock.now())
            node.certificates[unit] = replace(new[old.der], unit=unit)
    return new


def _subject(name: x509.Name, turns: Iterator[str]) -> list[x509.NameAttribute]:
    values = [(part, next(turns)[:_SUBJECT] if part.oid in _PARTS else part.value) for part in name]
    return [x509.NameAttribute(part.oid, value) if value else part for part, value in values]


def _follow(cluster: LabCluster, new: Mapping[bytes, Certificate]) -> None:
    by_print = {x509.load_der_x509_certificate(old): each for old, each in new.items()}
    for node in cluster.nodes.values():
        for store in node.trust_stores.values():
            store.entries = [
                TrustedCertificate(by_print[each.certificate].certificate, each.description)
                if each.certificate in by_print
                else each
                for each in store.entries
            ]
        found = node.services[CALLMANAGER].tomcat
        if found is not None and found.der in new:
            node.services[CALLMANAGER].tomcat = new[found.der]
        if node.ctl_file is not None:
            node.ctl_file = ctl_file.with_certificates(node.ctl_file, new)
    certificate_rows.fill(cluster)
