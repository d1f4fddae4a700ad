# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's cluster as its phones see it: certificates, trust lists, what services have loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .. import ctl_file as ctl
from .. import trust_stores
from ..certificates import common_name
from ..ctl_file import CtlFile
from ..services import CALLMANAGER
from .population import Population
from .site import Device, Files, Loaded, TftpLoaded, TrustList

if TYPE_CHECKING:
    from ..cluster import LabCluster

ROLLBACK = "RollBackToPreGrayback"
"""The parameter *Prepare Cluster for Rollback to pre 8.0* ([C] wire-facts 3.2)."""
_MIXED = 1


class ClusterSite:
    """A :class:`~.site.Site` over a cluster of the lab.

    touched: to be counted up before a certificate or a CTL file changes, which no table shows.
    """

    def __init__(self, cluster: LabCluster) -> None:
        self._cluster = cluster
        self._population = Population(cluster)
        self.touched = 0
        self._lists: dict[tuple[str, ...], TrustList] = {}
        self._files: dict[str, Files] = {}
        self._known: frozenset[str] | None = None
        self._read_at: Hashable = None

    def nodes(self) -> Sequence[str]:
        return list(self._cluster.nodes)

    def devices(self) -> Mapping[str, Device]:
        return self._population.all()

    def device(self, name: str) -> Device | None:
        return self._population.one(name)

    def generation(self) -> Hashable:
        return (self._cluster.database.changes, self.touched)

    def time_of_day(self, at: float) -> float:
        local = self._cluster.publisher.local_time(datetime.fromtimestamp(at, UTC))
        return local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6

    def load(self, node: str) -> Loaded:
        host, cluster = self._cluster.nodes[node], self._cluster
        certificate = host.certificates["CallManager"]
        trusted = host.trust_stores[trust_stores.CALLMANAGER].entries
        return Loaded(
            mixed=cluster.security_mode == _MIXED,
            oauth=bool(host.services[CALLMANAGER].opened),
            issuers=frozenset(common_name(each.certificate.subject) for each in trusted),
            certificate=certificate.sha256,
            key_bits=certificate.rsa_key.key_size,
        )

    def load_tftp(self, node: str) -> TftpLoaded:
        return TftpLoaded(self._cluster.security_mode == _MIXED, self._cluster.sip_oauth_enabled)

    def _refresh(self) -> None:
        generation = self.generation()
        if generation != self._read_at:
            self._read_at, self._files, self._known = generation, {}, None

    def files(self, node: str) -> Files:
        self._refresh()
        if node not in self._files:
            host = self._cluster.nodes[node]
            file = host.ctl_file
            content = None if file is None else self._list(("ctl", file.sha1), file)
            self._files[node] = Files(content, self._itl(node), host.certificates["CallManager"].sha256)
        return self._files[node]

    def _itl(self, node: str) -> TrustList:
        """The ITL file of a node; the rollback parameter empties it ([P] TN213407)."""
        host, nodes = self._cluster.nodes[node], self._cluster.nodes.values()
        key = (
            "itl",
            host.certificates["CallManager"].sha256,
            *(each.certificates["TVS"].sha256 for each in nodes),
            self._cluster.publisher.certificates["ITLRecovery"].sha256,
            self._cluster.publisher.certificates["CAPF"].sha256,
            str(self._cluster.database.process_config(ROLLBACK)),
        )
        if key not in self._lists:
            made = self._list(key, self._cluster.build_itl(host))
            if key[-1] == "T":
                made = TrustList(made.digest, made.signer, frozenset(), size=made.size)
            self._lists[key] = made
        return self._lists[key]

    def _list(self, key: tuple[str, ...], file: CtlFile) -> TrustList:
        if key not in self._lists:
            self._lists[key] = _as_list(file)
        return self._lists[key]

    def tvs_certificate(self, node: str) -> str:
        return self._cluster.nodes[node].certificates["TVS"].sha256

    def known_certificates(self) -> frozenset[str]:
        self._refresh()
        if self._known is None:
            self._known = frozenset(
                certificate.sha256
                for node in self._cluster.nodes.values()
                for unit, certificate in node.certificates.items()
                if unit in ("CallManager", "TVS", "ITLRecovery", "CAPF")
            )
        return self._known


def _as_list(file: CtlFile) -> TrustList:
    """A trust list file as a phone reads it."""
    by_function = [
        (record.number, hashlib.sha256(record.certificate).hexdigest(), file.is_signer(record))
        for record in file.records
        if record.certificate
    ]
    signers = [fingerprint for _number, fingerprint, signs in by_function if signs]
    return TrustList(
        digest=file.md5,
        signer=signers[0] if signers else f"serial {file.signer_serial}",
        certificates=frozenset(fingerprint for _number, fingerprint, _signs in by_function),
        tvs=frozenset(fingerprint for number, fingerprint, _signs in by_function if number == ctl.TVS),
        size=file.length,
        verified=file.verified,
    )
