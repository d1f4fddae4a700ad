# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node of a cluster: its services, certificates and its copy of the CTL file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .certificates import Certificate, SshHostKey
from .ctl_file import CtlFile
from .database import new_pkid
from .replication import NodeReplication
from .services import CALLMANAGER, CATALOGUE, Service, ServiceKind
from .tomcat import ECDSA, RSA
from .trust_stores import TrustStore

if TYPE_CHECKING:
    from .cluster import LabCluster


class LabNode:
    """A node. Addresses and keys stay through a reset; everything else is built from the topology again.

    services: by name; a service with ``listed`` False is to be treated as unknown on this node.
    certificates: by unit: CallManager, TVS, tomcat, tomcat-ECDSA (from 12.5 on), ITLRecovery (the same on all nodes),
    CAPF (publisher only). tomcat_kind: how the Tomcat certificates are signed, of ``tomcat.KINDS``. ipv6: what the database lists.
    full_name: with the domain, if the name in the cluster has one; certificates are for it, not for an address.
    web_port: where its HTTPS server listens beside ``https_port``, if anywhere.
    host_name: what the operating system calls itself, which has no domain where the name in the cluster has one ([V] TN211393, TN215013).
    trust_stores: by name (``tomcat-trust``).
    own_cli: CLI settings of this node alone, over those of the cluster.
    status_listeners: called with the service whenever one of this node's services has started or stopped.
    """

    def __init__(
        self,
        cluster: LabCluster,
        name: str,
        role: str,
        address: str,
        https_port: int,
        ssh_port: int,
        *,
        timezone: str = "UTC",
        tomcat_kind: str = "ca",
        ipv6: str = "",
        host_name: str = "",
        web_port: int | None = None,
    ) -> None:
        self.cluster = cluster
        self.name = name
        self.role = role
        self.address = address
        self.https_port = https_port
        self.ssh_port = ssh_port
        self.timezone = timezone
        self.pkid = new_pkid(cluster.key, "processnode", name)
        self.up = True
        self.services: dict[str, Service] = {kind.name: Service(self, kind) for kind in CATALOGUE}
        self._ctl_file: CtlFile | None = None
        self.certificates: dict[str, Certificate] = {}
        self.ssh_host_keys: list[SshHostKey] = []
        self.tomcat_kind = tomcat_kind
        self.web_port = web_port
        self.ipv6 = ipv6
        self.host_name = host_name or name.partition(".")[0]
        self.full_name = name if name.partition(".")[0] == self.host_name else self.host_name
        self.trust_stores: dict[str, TrustStore] = {}
        self.replication = NodeReplication()
        self.own_cli: dict[str, Any] = {}
        self.started_at: datetime = cluster.clock.now()
        self.status_listeners: list[Callable[[Service], None]] = []

    @property
    def ctl_file(self) -> CtlFile | None:
        """Its copy of the CTL file, which its TFTP service serves."""
        return self._ctl_file

    @ctl_file.setter
    def ctl_file(self, file: CtlFile | None) -> None:
        self.cluster.phones.touch()
        self._ctl_file = file

    @property
    def is_publisher(self) -> bool:
        return self.role == "publisher"

    @property
    def tls_certificate(self) -> Certificate:
        """What its HTTPS server shows: the RSA one, as CUCM does unless it is told otherwise ([R])."""
        return self.certificates[RSA]

    @property
    def cli(self) -> dict[str, Any]:
        """The settings of its platform CLI."""
        return {**self.cluster.cli, **self.own_cli}

    def local_time(self, moment: datetime | None = None) -> datetime:
        """Device time (or the given moment) in this node's time zone."""
        return (moment or self.cluster.clock.now()).astimezone(ZoneInfo(self.timezone))

    def listed_services(self) -> list[Service]:
        """The services this node knows, in name order."""
        return sorted((s for s in self.services.values() if s.listed), key=lambda s: s.name)

    def find_service(self, name: str) -> Service | None:
        """The service of this exact name if this node lists it."""
        service = self.services.get(name)
        return service if service and service.listed else None

    def service_row_active(self, kind: ServiceKind) -> bool:
        return (
            self.cluster.database.value(
                "select isactive from processnodeservice where fkprocessnode = ? and tkservice = ?",
                (self.pkid, kind.enum),
            )
            == "t"
        )

    def set_service_row_active(self, kind: ServiceKind, active: bool) -> None:
        self.cluster.database.execute(
            "update processnodeservice set isactive = ? where fkprocessnode = ? and tkservice = ?",
            ("t" if active else "f", self.pkid, kind.enum),
        )

    def sip_oauth_ports(self) -> tuple[int, ...]:
        """The SIP OAuth ports a CallManager that starts now opens: those of its row ([X] wire-facts 2.2) or none."""
        if not self.cluster.sip_oauth_enabled:
            return ()
        rows = self.cluster.database.execute(
            "select sipoauthport, sipoauthmraport from callmanager where fkprocessnode = ?", (self.pkid,)
        )
        return tuple(port for row in rows for port in row)

    def status_changing(self) -> None:
        """One of its services is about to start or stop: phones find it as it is until now."""
        self.cluster.phones.advance()

    def status_changed(self, service: Service) -> None:
        for listener in list(self.status_listeners):
            listener(service)

    def _callmanager_tomcat(self) -> str | None:
        service = self.services[CALLMANAGER]
        return service.tomcat.sha256 if service.tomcat and service.status == "Started" else None

    def as_dict(self) -> dict[str, object]:
        return {
            "address": self.address,
            "https_port": self.https_port,
            "ssh_port": self.ssh_port,
            "web_port": self.web_port,
            "role": self.role,
            "up": self.up,
            "timezone": self.timezone,
            "started_at": self.started_at.isoformat(timespec="seconds"),
            "auto_registration": self.cluster.auto_registration_enabled(self.name),
            "ssh_host_keys": [key.public for key in self.ssh_host_keys],
            "ssh_host_key_fingerprints": [key.fingerprint for key in self.ssh_host_keys],
            "tls_certificate_sha256": self.tls_certificate.sha256,
            "tomcat_certificates": {
                unit: self.certificates[unit].as_dict() for unit in (RSA, ECDSA) if unit in self.certificates
            },
            "tomcat_certificate_of_callmanager_sha256": self._callmanager_tomcat(),
            "trust_stores": {name: store.fingerprints for name, store in self.trust_stores.items()},
            "open_sip_oauth_ports": self.services[CALLMANAGER].open_sip_oauth_ports,
            "services": {s.name: s.as_dict() for s in self.listed_services()},
            "ctl_file": self.ctl_file.as_dict() if self.ctl_file else None,
            "replication": self.replication.as_dict(),
            "cli": self.own_cli,
        }
