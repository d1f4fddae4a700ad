# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster: its nodes, its database and what the ``utils ctl`` commands do to them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ..clock import Clock
from ..faults import Faults
from ..journal import Journal
from ..texts import Texts
from . import certificate_rows, configuration, free_texts, installation, integrations, roles, trust_stores
from . import ctl_file as ctl
from .accounts import Account
from .certificates import Certificate, CertificateAuthority, KeyPool, PrivateKey, self_signed
from .ctl_file import CtlFile, RecordSpec
from .database import ENTERPRISE_WIDE_SERVICE, Database, new_pkid
from .errors import Busy, EncryptionLicenceRefused, ImageRefused, LicenceRefused, NotPublisher
from .licence import Licence, SmartAgent
from .node import LabNode
from .notifications import PendingNotifications
from .phones.registrations import ClusterPhones
from .releases import RELEASES, Release
from .replication import NodeReplication
from .services import CALLMANAGER, CAPF, TFTP
from .settings import DEFAULT_TIMINGS
from .spec import ClusterSpec
from .tomcat import ECDSA, RSA, TomcatIssuer
from .type_tables import Types

NON_SECURE, MIXED = 0, 1
_STORES = {RSA: trust_stores.TOMCAT, ECDSA: trust_stores.TOMCAT, "CallManager": trust_stores.CALLMANAGER}
"""Where the nodes trust what renews with Tomcat."""


def made_up_password() -> str:
    """A password for an account whose topology gives none; it does not begin like an option of a command line."""
    while (password := secrets.token_urlsafe(12)).startswith("-"):
        pass
    return password


class LabCluster:
    """One simulated cluster. State that CUCM keeps in its database is in ``database`` and nowhere else."""

    def __init__(
        self,
        spec: ClusterSpec,
        clock: Clock,
        keys: KeyPool,
        passwords: dict[str, str] | None = None,
        authority: CertificateAuthority | None = None,
    ) -> None:
        self.spec = spec
        self.name = spec.name
        self.key = spec.key
        self.release = spec.release
        self.release_row: Release = RELEASES[spec.release]
        self.version = spec.version
        self.clock = clock
        self.faults = Faults()
        self.journal = Journal(clock, self.faults)
        self._keys = keys
        self.tomcat = TomcatIssuer(
            authority or CertificateAuthority(keys.take(), clock.now()), keys, ecdsa=self.release_row.oauth
        )
        self.types = Types(spec.type_numbers)
        self._passwords = passwords or {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self.timings: dict[str, float] = {}
        self.cli: dict[str, Any] = {}
        self.axl: dict[str, Any] = {}
        self.certificate_api: dict[str, Any] = {}
        self.integrations: dict[str, Any] = {}
        self.texts = Texts()
        self.image = "restricted"
        self.ssh = spec.ssh
        self.licence = Licence()
        self.smart_agent = SmartAgent(self)
        self.notifications = PendingNotifications(clock, lambda: self.timings["change_notifications_per_s"])
        self.accounts: list[Account] = []
        self.database = self._new_database()
        self.phones = ClusterPhones(self)
        self.nodes: dict[str, LabNode] = {
            n.name: LabNode(
                self,
                n.name,
                n.role,
                n.address,
                n.https_port,
                n.ssh_port,
                timezone=n.timezone,
                tomcat_kind=n.tomcat,
                ipv6=n.ipv6,
                host_name=n.host_name,
                web_port=n.web_port,
            )
            for n in spec.nodes
        }
        self._running: list[str] = []
        self._one_at_a_time = asyncio.Lock()
        self.phones.follow()
        self._make_certificates()
        self._initialise()

    def _new_database(self) -> Database:
        tables = configuration.tables() + roles.TABLES + integrations.TABLES
        zone = ZoneInfo(next(node.timezone for node in self.spec.nodes if node.role == "publisher"))
        return Database(
            self.release_row,
            self.key,
            tables,
            self.types,
            lambda: self.clock.now().astimezone(zone),
            installation.absent_parameters(self.release_row, self.spec.enterprise_parameters),
        )

    # -- from the topology ------------------------------------------------------------------------------

    def _make_certificates(self) -> None:
        """Make those that the installation makes: no service of a node was up before them."""
        now = self.clock.now()
        installed = now - timedelta(seconds=max(node.uptime_s for node in self.spec.nodes))
        recovery = self_signed(
            "ITLRecovery", f"ITLRECOVERY_{self.publisher.full_name}", self._keys.take(), installed
        )
        tomcat = self._initial_tomcat(now)
        shared = self._shared_callmanager(installed)
        for node in self.nodes.values():
            node.certificates = {
                "CallManager": shared
                or self_signed("CallManager", node.full_name, self._keys.take(), installed),
                # [D] Security Guide 15: -EC stands behind the name.
                "CallManager-ECDSA": self_signed(
                    "CallManager-ECDSA",
                    f"{node.full_name}-EC",
                    ec.generate_private_key(ec.SECP384R1()),
                    installed,
                ),
                "ipsec": self_signed("ipsec", node.full_name, self._keys.take(), installed),
                "TVS": self_signed("TVS", node.full_name, self._keys.take(), installed),
                "ITLRecovery": recovery,
            }
            if node.is_publisher:
                common_name = f"CAPF-{secrets.token_hex(4)}"
                node.certificates["CAPF"] = self_signed("CAPF", common_name, self._keys.take(), installed)
            node.certificates |= tomcat[node.name]
            self._reuse_tomcat(node)
        if self.spec.free_texts:
            free_texts.put_into_certificates(self, self.spec.free_texts)
        self._first_certificates = {node.name: dict(node.certificates) for node in self.nodes.values()}

    def _initial_tomcat(self, now: datetime) -> dict[str, dict[str, Certificate]]:
        """The Tomcat certificates that each node begins with, by unit: its own, or those of all nodes."""
        if self.spec.multi_server_tomcat:
            return dict.fromkeys(self.nodes, self.tomcat.initial(self.publisher, now, servers=self._servers))
        return {name: self.tomcat.initial(node, now) for name, node in self.nodes.items()}

    def _shared_callmanager(self, installed: datetime) -> Certificate | None:
        """The one CallManager certificate of all nodes, signed as Tomcat's are; None where each has its own."""
        if not self.spec.multi_server_certificate:
            return None
        return self.tomcat.issue(self.publisher, installed, "CallManager", servers=self._servers)

    def _reuse_tomcat(self, node: LabNode) -> None:
        """Let a node's Tomcat certificate be that of CallManager too, where the cluster is so ([V] TN221070, from 14 on)."""
        if self.spec.tomcat_reuse:
            node.certificates["CallManager"] = replace(node.certificates[RSA], unit="CallManager")

    @property
    def _servers(self) -> list[LabNode]:
        return list(self.nodes.values())

    @property
    def shares_callmanager_certificate(self) -> bool:
        """Whether CallManager has one certificate for all nodes."""
        reused = self.spec.tomcat_reuse and self.spec.multi_server_tomcat
        return self.spec.multi_server_certificate or reused

    def _initialise(self) -> None:
        spec, now = self.spec, self.clock.now()
        self.started_at = now
        self.timings = {**DEFAULT_TIMINGS, **spec.timings}
        self.cli = dict(spec.cli)
        self.axl = dict(spec.axl)
        self.certificate_api = dict(spec.certificate_api)
        self.integrations = dict(spec.integrations)
        self.texts = Texts(spec.texts)
        self.image = spec.image
        self.ssh = spec.ssh
        self.licence = replace(Licence(registered_at=now - timedelta(days=40)), **spec.licence)
        self.smart_agent = SmartAgent(self)
        self.notifications.put(0)
        self.accounts = [
            Account(
                a.kind,
                a.username,
                a.password or self._passwords.setdefault(a.username, made_up_password()),
                a.privilege,
                a.state,
                has_role=a.has_role,
                roles=tuple(a.roles) if a.roles is not None else None,
                end_user=a.end_user,
            )
            for a in spec.accounts
        ]
        for node in self.nodes.values():
            node.certificates = dict(self._first_certificates[node.name])
        installation.fill(self)
        if spec.free_texts:
            free_texts.put_into_database(self, spec.free_texts)
        if spec.state.get("sip_oauth_mode") == "enabled":
            self.database.set_process_config("ClusterSIPOAuthMode", "1")
        for node in self.nodes.values():
            node.trust_stores = self._initial_trust_stores(node)
        certificate_rows.fill(self)
        for node_spec in spec.nodes:
            node = self.nodes[node_spec.name]
            node.up = node_spec.up
            node.started_at = now - timedelta(seconds=node_spec.uptime_s)
            node.replication = replace(NodeReplication(), **node_spec.replication)
            node.own_cli = dict(node_spec.cli)
            for service in node.services.values():
                service.initialise(node.started_at + timedelta(seconds=300))
        self._initial_ctl()
        self.phones.begin()

    def _initial_trust_stores(self, node: LabNode) -> dict[str, trust_stores.TrustStore]:
        return trust_stores.initial(
            [each.certificates for each in self.nodes.values()],
            self._certificate("CAPF"),
            self._certificate("ipsec"),
            phone_edge=node.is_publisher and self.release_row.oauth,
        )

    def update_licence_rows(self) -> None:
        """Bring ``slminfo`` in line with the licence (values of tkcssmregstatus are invented)."""
        if not self.release_row.smart_licensing:
            return
        self.database.execute("delete from slminfo")
        self.database.insert(
            "slminfo",
            pkid=new_pkid(self.key, "slminfo"),
            tkcssmregstatus=1 if self.licence.registered else 0,
            exportcontrolallowed="t" if self.licence.export_control.lower() == "allowed" else "f",
        )

    def _initial_ctl(self) -> None:
        state = self.spec.state
        mixed = state.get("security_mode") == "mixed"
        for node in self.nodes.values():
            node.ctl_file = None
        self.database.set_process_config("ClusterSecurityMode", str(int(mixed)))
        if not mixed and not state.get("leftover_ctl"):
            return
        built = self.clock.now() - timedelta(seconds=state.get("ctl_age_s", 86400))
        records = self.ctl_records(mixed, without_capf=state.get("capf_activated_after_ctl", False))
        content = self._build_ctl(records, built)
        for node in self.nodes.values():
            node.ctl_file = CtlFile(content.content, built + timedelta(seconds=2))
        for name, what in state.get("ctl", {}).items():
            self.set_ctl_file(name, None if what == "missing" else what, built)

    def reset(self) -> None:
        """Back to the topology's state: database, services, CTL files, accounts, settings; journal and faults empty.

        Tasks under way are cancelled. Passwords that were generated stay the ones of lab.json.
        """
        for task in list(self._tasks):
            task.cancel()
        self.faults.clear()
        self.phones.end()
        self.database.close()
        self.database = self._new_database()
        self._running = []
        self._one_at_a_time = asyncio.Lock()
        self._initialise()
        self.journal.clear()

    # -- reading ----------------------------------------------------------------------------------------

    @property
    def publisher(self) -> LabNode:
        return next(node for node in self.nodes.values() if node.is_publisher)

    @property
    def lists_ctl_provider(self) -> bool:
        """Whether the nodes list Cisco CTL Provider: the topology's word, else the release's."""
        wanted = self.spec.lists_ctl_provider
        return self.release_row.lists_ctl_provider if wanted is None else wanted

    @property
    def security_mode(self) -> int:
        """0 non-secure, 1 mixed ([V] TN118893), from the database."""
        return int(self.database.process_config("ClusterSecurityMode", "0") or 0)

    @property
    def sip_oauth_enabled(self) -> bool:
        """Whether SIP OAuth mode is on ([V] TN215572: ``ClusterSIPOAuthMode`` is 1), from the database."""
        return self.release_row.oauth and self.database.process_config("ClusterSIPOAuthMode") == "1"

    @property
    def replication(self) -> dict[str, NodeReplication]:
        return {name: node.replication for name, node in self.nodes.items()}

    def auto_registration_enabled(self, node_name: str | None = None) -> bool:
        """Whether auto-registration is enabled on the named node, or on any."""
        rows = self.database.execute(
            "select p.name from callmanager c join processnode p on p.pkid = c.fkprocessnode "
            "where c.autoregistrationenabled = 't'"
        )
        return any(node_name in (None, name) for (name,) in rows)

    def account(self, kind: str, username: str) -> Account | None:
        """The account of this kind and name."""
        return next((a for a in self.accounts if a.kind == kind and a.username == username), None)

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run something the device does by itself; cancelled by a reset and at the end of the run."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        self.faults.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.database.close()

    # -- trust lists ------------------------------------------------------------------------------------

    def _certificate(self, unit: str) -> Certificate:
        return self.publisher.certificates[unit]

    def ctl_records(self, mixed: bool, *, without_capf: bool = False) -> list[RecordSpec]:
        """Records of a CTL file for the cluster as it is now.

        SAST records per release (cli-facts 2.4), a CCM+TFTP record per node that runs CallManager or TFTP, CAPF
        when it is activated on the publisher. Not mixed: CCM+TFTP stripped ([V] TN118892). With a multi-server certificate the
        file has the publisher's ([V] Security Guide 15, security modes; that it is one record is inferred).
        """
        publisher = self.publisher
        records = [
            RecordSpec(publisher.name, ctl.SAST, publisher.address, self._certificate(unit))
            for unit in self.release_row.ctl_sast
        ]
        omitted = str(self.cli.get("ctl_omits", "")).split()
        for node in self.nodes.values() if not self.shares_callmanager_certificate else [publisher]:
            if node.name in omitted:
                continue
            if node.services[CALLMANAGER].activated or node.services[TFTP].activated:
                certificate = node.certificates["CallManager"] if mixed else None
                records.append(RecordSpec(node.name, ctl.CCM_TFTP, node.address, certificate))
        if publisher.services[CAPF].activated and not without_capf:
            records.append(RecordSpec(publisher.name, ctl.CAPF, publisher.address, self._certificate("CAPF")))
        return records

    def _build_ctl(self, records: list[RecordSpec], moment: datetime) -> CtlFile:
        signer = self._certificate(self.release_row.ctl_signer)
        return ctl.build(records, signer, moment, digest=self.release_row.ctl_digest)

    def build_itl(self, node: LabNode) -> CtlFile:
        """The ITL file of a node: SAST, CCM+TFTP of the node itself, TVS of all nodes, CAPF ([P] SBD15)."""
        records = [
            RecordSpec(node.name, ctl.SAST, node.address, self._certificate("ITLRecovery")),
            RecordSpec(node.name, ctl.CCM_TFTP, node.address, node.certificates["CallManager"]),
        ]
        for other in self.nodes.values():
            records.append(RecordSpec(other.name, ctl.TVS, other.address, other.certificates["TVS"]))
        records.append(
            RecordSpec(self.publisher.name, ctl.CAPF, self.publisher.address, self._certificate("CAPF"))
        )
        file = ctl.build(
            records,
            self._certificate("ITLRecovery"),
            self.publisher.started_at,
            digest=self.release_row.ctl_digest,
            filename="ITLFile.tlv",
        )
        file.modified_at = node.started_at
        return file

    # -- one command at a time ----------------------------------------------------------------------------

    async def check_running_commands(self, command: str, node: LabNode, account: Account | None) -> None:
        """Record in the journal that a changing command comes while another one runs.

        Raises Busy where ``cli.overlap`` says so.
        """
        if not self._running:
            return
        then = node.cli.get("overlap", "refuse")
        detail = {"running": list(self._running), "then": then}
        entry = await self.journal.record(node, account, "overlap", command, detail=detail)
        await self.journal.done(entry)
        if then == "refuse":
            raise Busy(f"{self._running[0]} is running")

    @asynccontextmanager
    async def _run_command(self, command: str, node: LabNode, account: Account | None) -> AsyncIterator[None]:
        """Run a command in the body. Two may have been let in before either of them began."""
        await self.check_running_commands(command, node, account)
        async with self._one_at_a_time if node.cli.get("overlap") == "wait" else nullcontext():
            self._running.append(command)
            try:
                yield
            finally:
                self._running.remove(command)

    # -- utils ctl --------------------------------------------------------------------------------------

    def check_ctl_command(self, node: LabNode, *, mixed_or_update: bool) -> None:
        """What the device checks before it asks, and once more before it acts.

        Raises NotPublisher ([V] CLI15), ImageRefused (XU image, [P] CVD14), LicenceRefused ([V] CTL125; for
        set-cluster mixed-mode and update CTLFile, ``mixed_or_update``), EncryptionLicenceRefused (11.5).
        """
        if not node.is_publisher and node.cli.get("subscriber_refused", True):
            raise NotPublisher(f"{node.name} is not the publisher")
        if mixed_or_update:
            if self.image != "restricted":
                raise ImageRefused("export-unrestricted image")
            if not self.release_row.smart_licensing:
                if not self.licence.encryption_licence:
                    raise EncryptionLicenceRefused("no Encryption licence")
            elif not self.licence.allows_export_controlled:
                raise LicenceRefused("export-controlled functionality is not allowed")

    async def set_security_mode(self, value: int, *, node: LabNode, account: Account | None) -> None:
        """Carry out ``utils ctl set-cluster``: takes ``timings.set_cluster_s`` device seconds.

        The flag is written first, then the CTL file is built and copied node by node, as three stretches of that
        time ([R]: the order inside the device is not public). Setting the mode it already has writes the CTL file
        again (cli-facts 2.1). Raises what :meth:`check_ctl_command` raises. Cancelling it between two stretches
        leaves the cluster in between, as a device that is interrupted would be.
        """
        self.check_ctl_command(node, mixed_or_update=value == MIXED)
        stretch = self.timings["set_cluster_s"] / 3
        mode = "mixed" if value == MIXED else "non-secure"
        async with self._run_command(f"utils ctl set-cluster {mode}-mode", node, account):
            await self.clock.sleep(stretch)
            if value != self.security_mode:
                word = "mixed" if value == MIXED else "non_secure"
                async with self.journal.effect(node, account, f"security_mode {word}"):
                    self.database.set_process_config("ClusterSecurityMode", str(value))
            await self.clock.sleep(stretch)
            had_file = any(n.ctl_file for n in self.nodes.values())
            if value == MIXED or had_file:
                await self._write_ctl(value == MIXED, account)
            await self.clock.sleep(stretch)

    async def update_ctl(self, *, node: LabNode, account: Account | None) -> None:
        """Carry out ``utils ctl update CTLFile``: takes ``timings.update_ctl_s`` device seconds.

        Raises what :meth:`check_ctl_command` raises. In non-secure mode the stripped form is written ([R]).
        """
        self.check_ctl_command(node, mixed_or_update=True)
        async with self._run_command("utils ctl update CTLFile", node, account):
            await self.clock.sleep(self.timings["update_ctl_s"] / 2)
            await self._write_ctl(self.security_mode == MIXED, account)
            await self.clock.sleep(self.timings["update_ctl_s"] / 2)

    async def _write_ctl(self, mixed: bool, account: Account | None) -> None:
        content = self._build_ctl(self.ctl_records(mixed), self.clock.now())
        for node in self.nodes.values():
            if not node.up or self.faults.take("ctl_not_distributed", node=node.name):
                continue
            async with self.journal.effect(node, account, "ctl_file update", {"sha1": content.sha1}):
                node.ctl_file = CtlFile(content.content, self.clock.now())

    async def delete_ctl(self, *, node: LabNode, account: Account | None) -> bool:
        """Carry out ``file delete tftp CTLFile.tlv`` on one node. False if there is no file."""
        if node.ctl_file is None:
            return False
        async with self.journal.effect(node, account, "ctl_file delete"):
            node.ctl_file = None
        return True

    # -- utils sipOAuth-mode ----------------------------------------------------------------------------

    def check_sip_oauth_command(self, node: LabNode, *, enable: bool) -> None:
        """What the device checks before it acts.

        Raises NotPublisher ([P] CLI15: publisher only), LicenceRefused (when enabling; whether the CLI looks at
        the licence at all is not public, cli-facts 11.3, so ``cli.sip_oauth_licence_check`` may say no).
        """
        if not node.is_publisher and node.cli.get("subscriber_refused", True):
            raise NotPublisher(f"{node.name} is not the publisher")
        checks = node.cli.get("sip_oauth_licence_check", True)
        if enable and checks and not self.licence.allows_export_controlled:
            raise LicenceRefused("export-controlled functionality is not allowed")

    async def set_sip_oauth_mode(self, enable: bool, *, node: LabNode, account: Account | None) -> None:
        """Carry out ``utils sipOAuth-mode``: takes ``timings.sip_oauth_s`` device seconds.

        The parameter in the database changes and nothing else: a CallManager opens or closes its ports when it
        starts the next time. ``cli.sip_oauth_lies`` leaves out the change. Raises what
        :meth:`check_sip_oauth_command` raises.
        """
        self.check_sip_oauth_command(node, enable=enable)
        word = "enable" if enable else "disable"
        async with self._run_command(f"utils sipOAuth-mode {word}", node, account):
            await self.clock.sleep(self.timings["sip_oauth_s"])
            if enable == self.sip_oauth_enabled or node.cli.get("sip_oauth_lies", False):
                return
            async with self.journal.effect(node, account, f"sip_oauth_mode {word}d"):
                self.database.set_process_config("ClusterSIPOAuthMode", str(int(enable)))

    # -- Tomcat -----------------------------------------------------------------------------------------

    def renew_tomcat(self, node: LabNode) -> None:
        """Give a node, or all where they have one for all, new Tomcat certificates, valid from now on (to the second).

        Every node's trust stores follow, and the CallManager certificate where it is Tomcat's. A CallManager goes on with the one it
        found at its start, or takes the new one, as the release.
        """
        self.phones.touch()
        shared = self.spec.multi_server_tomcat
        new = self.tomcat.issue_all(
            self.publisher if shared else node, self.clock.now(), servers=self._servers if shared else ()
        )
        for renewed in self.nodes.values() if shared else [node]:
            before = dict(renewed.certificates)
            renewed.certificates |= new
            self._reuse_tomcat(renewed)
            for unit, store in _STORES.items():
                if unit in before and before[unit] != renewed.certificates[unit]:
                    self._replace_trusted(store, before[unit], renewed.certificates[unit])
            if self.release_row.reloads_tomcat:
                renewed.services[CALLMANAGER].tomcat = renewed.tls_certificate
        certificate_rows.fill(self)
        if self.spec.tomcat_reuse:
            self.phones.certificates_changed()

    def renew(
        self,
        node: LabNode,
        unit: str,
        *,
        days: float = 1825,
        bits: int = 2048,
        purposes: Sequence[str] | None = None,
    ) -> None:
        """Give a node a new certificate of a unit that is not Tomcat's, which ends in so many days, or ended before.

        purposes: what it is for (of ``certificates.PURPOSES``) when the CA of the run signs it; without, it is signed by itself.
        """
        self.phones.touch()
        now = self.clock.now()
        start, end = now + timedelta(days=min(days, 0)), now + timedelta(days=days)
        key: PrivateKey = (
            ec.generate_private_key(ec.SECP384R1())
            if unit.endswith("-ECDSA")
            else rsa.generate_private_key(public_exponent=65537, key_size=bits)
        )
        if purposes is None:
            made = self_signed(unit, node.full_name, key, start, days=(end - start).days)
        else:
            valid = (start - timedelta(days=1), end)
            made = self.tomcat.authority.issue(node.full_name, None, key, valid, unit, purposes)
        node.certificates[unit] = made
        certificate_rows.fill(self)
        if unit in ("CallManager", "TVS", "CAPF"):
            self.phones.certificates_changed()

    def _replace_trusted(self, store: str, old: Certificate, new: Certificate) -> None:
        for node in self.nodes.values():
            if not old.chain:
                node.trust_stores[store].remove(old.certificate)
            node.trust_stores[store].put(trust_stores.above(new))

    # -- the administrator, or the test, plays ------------------------------------------------------------

    def set_ctl_file(self, node_name: str, what: str | None, built: datetime | None = None) -> None:
        """Put a CTL file on a node without any command: None, ``tampered``, ``stale`` or ``rebuild``.

        ``stale`` is a file as the cluster had it before its last node was added, an hour older.
        ``rebuild`` is a correct new file.
        """
        node = self.nodes[node_name]
        now = built or self.clock.now()
        mixed = self.security_mode == MIXED
        if what is None:
            node.ctl_file = None
        elif what == "tampered":
            base = node.ctl_file or self._build_ctl(self.ctl_records(mixed), now)
            node.ctl_file = base.tampered(now)
        elif what == "stale":
            records = self.ctl_records(mixed)
            last = next((r for r in reversed(records) if r.function == ctl.CCM_TFTP), None)
            moment = now - timedelta(hours=1)
            file = self._build_ctl([r for r in records if r is not last], moment)
            node.ctl_file = CtlFile(file.content, moment)
        elif what == "rebuild":
            node.ctl_file = self._build_ctl(self.ctl_records(mixed), now)
        else:
            raise ValueError(f"unknown CTL state {what!r}")

    def as_dict(self) -> dict[str, object]:
        """The whole state, without passwords."""
        parameters = self.database.execute(
            "select paramname, paramvalue from processconfig where tkservice = ? order by paramname",
            (ENTERPRISE_WIDE_SERVICE,),
        )
        return {
            "name": self.name,
            "release": self.release,
            "version": self.version,
            "publisher": self.publisher.name,
            "cluster_security_mode": "mixed" if self.security_mode == MIXED else "non_secure",
            "sip_oauth_mode": "enabled" if self.sip_oauth_enabled else "disabled",
            "clock": {"now": self.clock.now().isoformat(), "time_scale": self.clock.time_scale},
            "image": self.image,
            "ssh": self.ssh,
            "licence": self.licence.as_dict(),
            "auto_registration": self.auto_registration_enabled(),
            "enterprise_parameters": dict(parameters),
            **configuration.state(self),
            "change_notifications": self.notifications.pending,
            "registrations": self.phones.as_dict(),
            "nodes": {name: node.as_dict() for name, node in self.nodes.items()},
            "imp_nodes": list(self.spec.imp_nodes),
            "accounts": [account.as_dict() for account in self.accounts],
            "timings": self.timings,
            "cli": self.cli,
            "axl": self.axl,
            "certificate_api": self.certificate_api,
            "journal": {"last_seq": self.journal.last_seq},
        }
