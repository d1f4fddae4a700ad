# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services of a node: the catalogue, activation and the state machine of control."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from .errors import ServiceRefused
from .models import RELEASE_ORDER

if TYPE_CHECKING:
    from ..clock import Clock
    from ..faults import Faults
    from ..journal import Journal
    from .accounts import Account
    from .certificates import Certificate

CALLMANAGER = "Cisco CallManager"
TFTP = "Cisco Tftp"
CTI_MANAGER = "Cisco CTIManager"
CTL_PROVIDER = "Cisco CTL Provider"
CAPF = "Cisco Certificate Authority Proxy Function"
TVS = "Cisco Trust Verification Service"
TOMCAT = "Cisco Tomcat"
AXL = "Cisco AXL Web Service"

NOT_ACTIVATED, OUT_OF_SERVICE = -1068, -1069


@dataclass(frozen=True)
class ServiceKind:
    """A row of the catalogue.

    enum: ``typeservice.enum``; 0, 1, 11 are known, the rest invented. feature: can be activated (the others are
    network services and always run). group: heading in the GUI and Control Center. stop_s, start_s: device
    seconds, invented (no public measurement, cli-facts 9). publisher_only: listed on the publisher only.
    axl_name: AXL spells it so when it differs. platform: control by CLI only ([C] wire-facts 4.4). in_axl: XService of the AXL
    schema has it ([X]), so that processnodeservice does; the others have no row. since: the first release that has it.
    """

    name: str
    enum: int
    group: str
    feature: bool = True
    depends_on: tuple[str, ...] = ()
    stop_s: float = 3.0
    start_s: float = 5.0
    publisher_only: bool = False
    axl_name: str | None = None
    platform: bool = False
    type: str = "Service"
    in_axl: bool = True
    since: str = "11.5"


CATALOGUE: tuple[ServiceKind, ...] = (
    ServiceKind(CALLMANAGER, 0, "CM Services", stop_s=12, start_s=28),
    ServiceKind(TFTP, 1, "CM Services", stop_s=3, start_s=9),
    ServiceKind(CTI_MANAGER, 6, "CTI Services", depends_on=(CALLMANAGER,), stop_s=5, start_s=10),
    ServiceKind("Cisco IP Voice Media Streaming App", 3, "CM Services"),
    ServiceKind("Cisco DHCP Monitor Service", 29, "CM Services"),
    ServiceKind("Cisco Intercluster Lookup Service", 60, "CM Services"),
    ServiceKind("Cisco Location Bandwidth Manager", 61, "CM Services"),
    ServiceKind(CTL_PROVIDER, 30, "Security Services"),
    ServiceKind(CAPF, 31, "Security Services", stop_s=2, start_s=6),
    ServiceKind("Cisco DirSync", 25, "Directory Services"),
    ServiceKind(AXL, 40, "Database and Admin Services", type="Servlet"),
    ServiceKind(TVS, 50, "Security Services", feature=False),
    ServiceKind(TOMCAT, 33, "Platform Services", feature=False, platform=True, stop_s=15, start_s=45),
    ServiceKind("A Cisco DB", 51, "DB Services", feature=False, platform=True, in_axl=False),
    ServiceKind("A Cisco DB Replicator", 52, "DB Services", feature=False, in_axl=False),
    ServiceKind("Cisco RIS Data Collector", 21, "Performance and Monitoring", feature=False),
    ServiceKind("Cisco AMC Service", 34, "Performance and Monitoring", feature=False),
    ServiceKind("Cisco DRF Local", 53, "Backup and Restore Services", feature=False),
    ServiceKind("Cisco DRF Master", 54, "Backup and Restore Services", feature=False, publisher_only=True),
    ServiceKind("Cisco CDP", 55, "System Services", feature=False, in_axl=False),
    ServiceKind(
        "Cisco Trace Collection Servlet", 56, "System Services", feature=False, type="Servlet", in_axl=False
    ),
    ServiceKind(
        "Cisco Certificate Change Notification",
        57,
        "Platform Services",
        feature=False,
        axl_name="Cisco Certificate Change Notification Service",
    ),
    ServiceKind("Cisco Certificate Expiry Monitor", 58, "Platform Services", feature=False, in_axl=False),
    ServiceKind("Cisco HAProxy", 59, "Platform Services", feature=False, in_axl=False),
)
_MORE: tuple[tuple[str, str], ...] = (
    ("Cisco Messaging Interface", "CM Services"),
    ("Cisco Unified Mobile Voice Access Service", "CM Services"),
    ("Cisco Extension Mobility", "CM Services"),
    ("Cisco Directory Number Alias Sync", "CM Services"),
    ("Cisco Directory Number Alias Lookup", "CM Services"),
    ("Cisco Dialed Number Analyzer Server", "CM Services"),
    ("Cisco Dialed Number Analyzer", "CM Services"),
    ("Self Provisioning IVR", "CM Services"),
    ("Cisco Wireless Controller Synchronization Service", "CM Services"),
    ("Cisco IP Manager Assistant", "CTI Services"),
    ("Cisco WebDialer Web Service", "CTI Services"),
    ("Cisco SOAP - CDRonDemand Service", "CDR Services"),
    ("Cisco CAR Web Service", "CDR Services"),
    ("Cisco Bulk Provisioning Service", "Database and Admin Services"),
    ("Cisco UXL Web Service", "Database and Admin Services"),
    ("Cisco TAPS Service", "Database and Admin Services"),
    ("Cisco Serviceability Reporter", "Performance and Monitoring"),
    ("Cisco CallManager SNMP Service", "Performance and Monitoring"),
)
"""Other feature services, none of them active unless a topology says so, with their heading."""
_NETWORK: tuple[tuple[str, str, bool], ...] = (
    ("Cisco Database Layer Monitor", "DB Services", True),
    ("Cisco Log Partition Monitoring Tool", "Performance and Monitoring", True),
    ("Cisco Audit Event Service", "Performance and Monitoring", True),
    ("Cisco CallManager Serviceability RTMT", "Performance and Monitoring", False),
    ("Cisco RTMT Reporter Servlet", "Performance and Monitoring", False),
    ("Cisco Tomcat Stats Servlet", "Performance and Monitoring", False),
    ("Cisco CallManager Serviceability", "System Services", False),
    ("Cisco Trace Collection Service", "System Services", True),
    ("SNMP Master Agent", "Platform Services", False),
    ("MIB2 Agent", "Platform Services", False),
    ("Host Resources Agent", "Platform Services", False),
    ("System Application Agent", "Platform Services", False),
    ("Cisco CDP Agent", "Platform Services", False),
    ("Cisco Syslog Agent", "Platform Services", False),
    ("Platform Administrative Web Service", "Platform Services", True),
    ("SOAP -Real-Time Service APIs", "SOAP Services", False),
    ("SOAP -Performance Monitoring APIs", "SOAP Services", False),
    ("SOAP -Log Collection APIs", "SOAP Services", False),
    ("SOAP -Diagnostic Portal Database Service", "SOAP Services", False),
    ("Cisco CDR Agent", "CDR Services", True),
    ("Cisco CDR Repository Manager", "CDR Services", True),
    ("Cisco CAR Scheduler", "CDR Services", True),
    ("Cisco CAR DB", "CDR Services", False),
    ("Cisco CallManager Admin", "Admin Services", False),
    ("Cisco CallManager Personal Directory", "CM Services", False),
    ("Cisco Extension Mobility Application", "CM Services", True),
    ("Cisco CallManager Cisco IP Phone Services", "CM Services", True),
    ("Cisco User Data Services", "CM Services", True),
    ("Cisco Change Credential Application", "CM Services", True),
)
"""Other network services, with their heading and whether XService has them."""
_PUBLISHER_ONLY = ("Cisco CDR Repository Manager", "Cisco CAR Scheduler", "Cisco CAR DB")
_LATER = (
    ServiceKind(
        "Cisco Smart License Manager",
        200,
        "Platform Services",
        feature=False,
        since="12.5",
        publisher_only=True,
    ),
    ServiceKind("Cisco Push Notification Service", 201, "CM Services", feature=False, since="12.5"),
    ServiceKind(
        "Cisco Certificate Enrollment Service", 202, "Security Services", since="12.5", publisher_only=True
    ),
    ServiceKind("Cisco Device Activation Service", 203, "CM Services", since="12.5"),
)
"""Came with 12.x ([X] XService of 12.5, which 11.5's has not)."""

CATALOGUE += (
    *(ServiceKind(name, 100 + number, group) for number, (name, group) in enumerate(_MORE)),
    *(
        ServiceKind(
            name, 150 + number, group, feature=False, in_axl=in_axl, publisher_only=name in _PUBLISHER_ONLY
        )
        for number, (name, group, in_axl) in enumerate(_NETWORK)
    ),
    *_LATER,
)
"""[X] XService; [D] Cisco Unified Serviceability guide, feature and network services, for those it does not have; [C] lists
captured of the platform (VVB and Finesse guides). Which are on the publisher only, beside DRF, is [D] of the same guide."""
KINDS = {kind.name: kind for kind in CATALOGUE}

OTHER_SERVICES = ((11, "Enterprise Wide"),)
"""Rows of ``typeservice`` that are no services."""


class Surroundings(Protocol):
    """What a service needs of the cluster."""

    clock: Clock
    faults: Faults
    journal: Journal
    timings: dict[str, float]

    @property
    def lists_ctl_provider(self) -> bool: ...
    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]: ...


class Host(Protocol):
    """What a service needs of its node."""

    name: str
    role: str
    services: dict[str, Service]

    @property
    def cluster(self) -> Surroundings: ...
    @property
    def tls_certificate(self) -> Certificate: ...
    def service_row_active(self, kind: ServiceKind) -> bool: ...
    def set_service_row_active(self, kind: ServiceKind, active: bool) -> None: ...
    def sip_oauth_ports(self) -> tuple[int, ...]: ...
    def status_changing(self) -> None: ...
    def status_changed(self, service: Service) -> None: ...


class Service:
    """A service on one node.

    Activation is read from and written to ``processnodeservice.isactive``; the run state lives here. Control
    methods check, refuse with ServiceRefused, or start the transition and return its task at once; await the
    task to wait for the end. opened: the ports a start opened beside those that are always open;
    tomcat: the Tomcat certificate it uses (both CallManager only).
    """

    def __init__(self, node: Host, kind: ServiceKind) -> None:
        self.node = node
        self.kind = kind
        self.name = kind.name
        self.status = "Stopped"
        self.started_at: datetime | None = None
        self.stopped_by_operator = False
        self.transition: asyncio.Task[None] | None = None
        self.opened: tuple[int, ...] = ()
        self.tomcat: Certificate | None = None
        self._flaps_done = 0

    @property
    def deployable(self) -> bool:
        """Can be activated and deactivated: a feature service."""
        return self.kind.feature

    @property
    def group(self) -> str:
        return self.kind.group

    @property
    def depends_on(self) -> tuple[str, ...]:
        return self.kind.depends_on

    @property
    def restart_s(self) -> float:
        """Device seconds a restart takes."""
        return (self.kind.stop_s + self.kind.start_s) * self._scale

    @property
    def _scale(self) -> float:
        return self.node.cluster.timings["service_scale"]

    @property
    def listed(self) -> bool:
        """Whether this node knows the service at all (release and role decide)."""
        cluster = self.node.cluster
        if self.name == CTL_PROVIDER and not cluster.lists_ctl_provider:
            return False
        if RELEASE_ORDER.index(self.kind.since) > RELEASE_ORDER.index(cluster.release):
            return False
        return self.node.role == "publisher" or not self.kind.publisher_only

    @property
    def activated(self) -> bool:
        if not self.kind.feature:
            return True
        return self.node.service_row_active(self.kind)

    @property
    def reason_code(self) -> int:
        """Control Center's reason for the present state: -1, -1068 or -1069."""
        if not self.activated:
            return NOT_ACTIVATED
        if self.status == "Stopped" and self.stopped_by_operator:
            return OUT_OF_SERVICE
        return -1

    @property
    def uptime(self) -> int | None:
        """Whole device seconds since the start, None when not running."""
        if self.started_at is None or self.status != "Started":
            return None
        return max(0, int((self.node.cluster.clock.now() - self.started_at).total_seconds()))

    def listens_on(self, port: int) -> bool:
        """Whether it really listens on a port of its own: it is started, unless the fault ``not_listening`` fits."""
        if not self.listed or self.status != "Started":
            return False
        faults = self.node.cluster.faults
        return not faults.active("not_listening", node=self.node.name, service=self.name, port=str(port))

    @property
    def open_sip_oauth_ports(self) -> list[int]:
        """Those of the ``opened`` ports on which it really listens now."""
        return sorted(port for port in set(self.opened) if self.listens_on(port))

    def as_dict(self) -> dict[str, object]:
        return {
            "activated": self.activated,
            "status": self.status,
            "started_at": self.started_at.isoformat(timespec="seconds") if self.started_at else None,
            "reason_code": self.reason_code,
            "deployable": self.deployable,
            "depends_on": list(self.depends_on),
            "group": self.group,
            "listed": self.listed,
            "restart_s": self.restart_s,
        }

    def initialise(self, started_at: datetime) -> None:
        """State at the topology's beginning: running if activated."""
        self.stopped_by_operator = False
        self.status, self.started_at = "Stopped", None
        if self.activated:
            self.begin(started_at)

    def begin(self, moment: datetime) -> None:
        """Be started since this moment, with what a start reads: it is kept until the next one.

        CallManager: its SIP OAuth ports, if the mode is on now ([P] OAUTH15: a restart is needed; that a port
        which was opened stays so until then is [R]), and the Tomcat certificate it shows there ([P] TN215572; from 14 on a
        renewed one is taken without a start, see Release).
        """
        self.status, self.started_at = "Started", moment
        if self.name == CALLMANAGER:
            self.opened = self.node.sip_oauth_ports()
            self.tomcat = self.node.tls_certificate

    def _check_listed(self) -> None:
        if not self.listed:
            raise ServiceRefused(-1010, f"{self.name} is not a service of {self.node.name}")

    def _check_controllable(self, by_cli: bool) -> None:
        self._check_listed()
        if self.kind.platform and not by_cli:
            raise ServiceRefused(-1011, f"{self.name} is controlled by the CLI only")
        if not self.activated:
            raise ServiceRefused(NOT_ACTIVATED, f"{self.name} is not activated")
        if self.status in ("Starting", "Stopping"):
            raise ServiceRefused(-1029, f"{self.name} is {self.status}")

    def _check_dependencies(self) -> None:
        for name in self.depends_on:
            service = self.node.services[name]
            if not service.activated or service.status == "Stopped":
                raise ServiceRefused(-1037, f"{self.name} needs {name}")

    def _spawn(self, coroutine) -> asyncio.Task[None]:
        self.node.status_changing()
        self.transition = self.node.cluster.spawn(coroutine)
        return self.transition

    def _ignored(self) -> bool:
        fault = self.node.cluster.faults.take("restart_ignored", node=self.node.name, service=self.name)
        return fault is not None

    async def start(self, account: Account | None, *, by_cli: bool = False) -> asyncio.Task[None]:
        """Begin to start. Raises ServiceRefused: -1010, -1011, -1068, -1029, -1039, -1037."""
        self._check_controllable(by_cli)
        if self.status == "Started":
            raise ServiceRefused(-1039, f"{self.name} is already started")
        self._check_dependencies()
        if self._ignored():
            return self._spawn(_nothing())
        return self._spawn(self._run("start", account, stop=False, start=True))

    async def stop(self, account: Account | None, *, by_cli: bool = False) -> asyncio.Task[None]:
        """Begin to stop. Raises ServiceRefused: -1010, -1011, -1068, -1029, -1040."""
        self._check_controllable(by_cli)
        if self.status == "Stopped":
            raise ServiceRefused(-1040, f"{self.name} is already stopped")
        if self._ignored():
            return self._spawn(_nothing())
        return self._spawn(self._run("stop", account, stop=True, start=False))

    async def restart(self, account: Account | None, *, by_cli: bool = False) -> asyncio.Task[None]:
        """Begin to restart: Stopping, Stopped, Starting, Started in device time.

        A stopped service is started. Raises ServiceRefused as :meth:`start` does, but for -1039.
        """
        self._check_controllable(by_cli)
        self._check_dependencies()
        if self._ignored():
            return self._spawn(_nothing())
        return self._spawn(self._run("restart", account, stop=self.status != "Stopped", start=True))

    async def _run(self, word: str, account: Account | None, *, stop: bool, start: bool) -> None:
        journal = self.node.cluster.journal
        async with journal.effect(self.node, account, f"service {word} {self.name}"):
            if stop:
                self.status = "Stopping"
            else:
                self.status = "Starting"
        if stop:
            await self._sleep(self.kind.stop_s)
            self.status = "Stopped"
            self.started_at = None
            self.stopped_by_operator = not start
            self.node.status_changed(self)
        if start:
            await self._start_up()

    async def _sleep(self, seconds: float) -> None:
        await self.node.cluster.clock.sleep(seconds * self._scale)

    async def _start_up(self) -> None:
        faults = self.node.cluster.faults
        if self.status == "Stopped":
            await self._sleep(0.5)
        self.status = "Starting"
        self.stopped_by_operator = False
        if faults.take("service_never_starts", node=self.node.name, service=self.name):
            return
        await self._sleep(self.kind.start_s)
        self._started()
        while faults.take("service_flaps", node=self.node.name, service=self.name):
            await self._sleep(2)
            self.status, self.started_at = "Stopped", None
            self.node.status_changed(self)
            await self._sleep(1)
            self.status = "Starting"
            await self._sleep(self.kind.start_s)
            self._started()

    def _started(self) -> None:
        self.begin(self.node.cluster.clock.now())
        self.node.status_changed(self)

    async def activate(self, account: Account | None) -> asyncio.Task[None]:
        """Activate and begin to start. The caller waits ``timings.deploy_s`` device seconds, as a client does.

        Raises ServiceRefused: -1010 (not listed), -1045 (a network service), -1057 (already activated).
        """
        self._check_listed()
        if not self.deployable:
            raise ServiceRefused(-1045, f"{self.name} is a network service")
        if self.activated:
            raise ServiceRefused(-1057, f"{self.name} is already activated")
        cluster = self.node.cluster
        await cluster.clock.sleep(cluster.timings["deploy_s"])
        async with cluster.journal.effect(self.node, account, f"service activate {self.name}"):
            self.node.set_service_row_active(self.kind, True)
            self.status = "Starting"
        return self._spawn(self._start_up())

    async def deactivate(self, account: Account | None) -> asyncio.Task[None]:
        """Stop and deactivate. Raises ServiceRefused: -1010, -1045, -1057 (already so)."""
        self._check_listed()
        if not self.deployable:
            raise ServiceRefused(-1045, f"{self.name} is a network service")
        if not self.activated:
            raise ServiceRefused(-1057, f"{self.name} is already deactivated")
        cluster = self.node.cluster
        await cluster.clock.sleep(cluster.timings["undeploy_s"])
        async with cluster.journal.effect(self.node, account, f"service deactivate {self.name}"):
            if self.transition and not self.transition.done():
                self.transition.cancel()
            self.node.set_service_row_active(self.kind, False)
            self.status, self.started_at, self.stopped_by_operator = "Stopped", None, False
        self.node.status_changed(self)
        return self._spawn(_nothing())


async def _nothing() -> None:
    return None
