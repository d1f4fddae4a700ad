# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab run: clusters, their servers, the control API and the run directory."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import json
import os
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from .clock import Clock
from .control import ControlServer
from .domain.certificates import CertificateAuthority, KeyPool, SshHostKey, new_ssh_host_keys
from .domain.cluster import LabCluster
from .domain.node import LabNode
from .domain.spec import NodeSpec
from .domain.tomcat import ECDSA, RSA
from .platform_cli.server import NodeCli
from .topology import Topology
from .web.server import NodeWeb
from .web.tftp import NodeTftp


class LabError(Exception):
    """The lab cannot run. The message says what to do."""


class RunDirectory:
    """The directory a run writes its files to; locked for as long as the run lives.

    Raises LabError when a live lab uses it, or it cannot be written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).resolve()
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.path / "lab.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LabError(f"{self.path}: {error.strerror}. Give a directory that can be written.") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise LabError(
                f"{self.path}: a lab is running there. Stop it (cucm-lab down --run-dir {self.path}) "
                "or give another directory."
            ) from None
        (self.path / "lab.json").unlink(missing_ok=True)

    def write(self, name: str, text: str) -> None:
        """Write a file for the owner's eyes only, in one step."""
        temporary = self.path / f".{name}.new"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(self.path / name)

    def release(self) -> None:
        """The run is over: lab.json goes, so that nobody takes it for a running one."""
        (self.path / "lab.json").unlink(missing_ok=True)
        os.close(self._lock)


class NodeServers:
    """The servers of one node and what identifies it: TLS certificate and SSH host keys."""

    def __init__(self, lab: Lab, node: LabNode) -> None:
        self._lab = lab
        self.node = node
        node.ssh_host_keys = self._original_ssh = new_ssh_host_keys(lab.keys.take())
        self._shown = node.tls_certificate
        self.web = NodeWeb(node)
        self.tftp = NodeTftp(node)
        self.cli = NodeCli(node)
        self._cli_listens = False

    def set_tls(self, what: str) -> None:
        """Another HTTPS certificate: ``new``, ``other-ca``, ``expired`` or ``wrong-name``."""
        issuer, now = self.node.cluster.tomcat, self._lab.clock.now()
        if what == "new":
            certificate = issuer.initial(self.node, now)[RSA]
        else:
            certificate = issuer.bad(self.node, what, now)
        self.node.certificates[RSA] = certificate
        self.use_node_certificate()

    def use_node_certificate(self) -> None:
        """Show every new client the node's present certificate; whoever reads ca.pem can verify it."""
        if self._shown is not self.node.tls_certificate:
            self._shown = self.node.tls_certificate
            self.web.use_certificate(self._shown)
            self._lab.write_authorities()

    async def set_ssh(self, keys: list[SshHostKey]) -> None:
        """Change the host keys. known_hosts in the run directory stays as it is: that is what a client sees."""
        self.node.ssh_host_keys = keys
        if self._cli_listens:
            await self.restart_cli()

    async def restart_cli(self) -> None:
        """Cut all SSH connections and listen again."""
        await self._close_cli()
        await self.reconcile()

    async def _close_cli(self) -> None:
        if self._cli_listens:
            self._cli_listens = False
            await self.cli.close()

    async def reconcile(self) -> None:
        """Listen or not, as ``node.up`` says."""
        await self.web.reconcile()
        await self.tftp.reconcile()
        if self.node.up and not self._cli_listens:
            self._cli_listens = True
            await self.cli.listen()
        elif not self.node.up:
            await self._close_cli()

    async def start(self) -> None:
        try:
            await self.web.start()
        except OSError as error:
            ports = " or ".join(map(str, filter(None, (self.node.https_port, self.node.web_port))))
            raise _cannot_listen(self.node.address, ports, error) from None
        try:
            await self.reconcile()
        except OSError as error:
            ports = " or ".join(map(str, filter(None, (self.node.ssh_port, self.node.tftp_port))))
            raise _cannot_listen(self.node.address, ports, error) from None

    async def stop(self) -> None:
        await self._close_cli()
        await self.tftp.stop()
        await self.web.stop()

    async def reset(self) -> None:
        """After the cluster was reset: the topology's identity, no session, listening as the node is up."""
        self.use_node_certificate()
        self.node.ssh_host_keys = self._original_ssh
        self.web.forget_sessions()
        await self.restart_cli()


def _cannot_listen(address: str, port: int | str, error: OSError) -> LabError:
    where = f"{address}:{port}"
    if error.errno == errno.EADDRINUSE:
        return LabError(
            f"{where} is in use. Stop what listens there, or set other ports or addresses in the topology."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return LabError(
            f"{address} is not an address of this machine. Linux has all of 127.0.0.0/8; elsewhere add it to "
            "the loopback interface."
        )
    return LabError(f"{where}: cannot listen: {error.strerror or error}.")


def free_ports(address: str, number: int) -> list[int]:
    """Different ports on which nobody listens at the moment."""
    with contextlib.ExitStack() as held:
        probes = [
            held.enter_context(socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET))
            for _each in range(number)
        ]
        for probe in probes:
            probe.bind((address, 0))
        return [probe.getsockname()[1] for probe in probes]


def _clock(time_scale: float) -> Clock:
    """The clock of a run. A fast one begins in the past and reaches the real time after six hours.

    Clients judge certificates by their own clock, and one that is made during the run is valid from the device's
    time on: it must not be in the clients' future. At most 90 days, so that no other certificate is too old.
    """
    lead = min(timedelta(hours=6) * max(0.0, time_scale - 1), timedelta(days=90))
    return Clock(time_scale, datetime.now(UTC) - lead)


def _with_ports(node: NodeSpec, free: bool) -> NodeSpec:
    """A node with ports for its servers: a free one for each 0, or for all; none where it has none."""
    names = [
        name
        for name in ("https_port", "ssh_port", "web_port", "tftp_port")
        if getattr(node, name) is not None
    ]
    wanted = [name for name in names if free or getattr(node, name) == 0]
    return replace(node, **dict(zip(wanted, free_ports(node.address, len(wanted)), strict=True)))


class Lab:
    """Everything of one run. Create it inside the event loop that serves it.

    free_ports: take free ports instead of the topology's, so that several runs live on the same addresses.
    """

    def __init__(
        self,
        topology: Topology,
        run_directory: RunDirectory,
        *,
        time_scale: float | None = None,
        control_port: int = 0,
        free_ports: bool = False,
    ) -> None:
        self.topology = topology
        self.run_directory = run_directory
        self.clock = _clock(time_scale or topology.time_scale)
        self.keys = KeyPool()
        self.authority = CertificateAuthority(self.keys.fresh(), self.clock.now())
        passwords: dict[str, str] = {}
        self.clusters: dict[str, LabCluster] = {}
        self.servers: dict[str, dict[str, NodeServers]] = {}
        for described in topology.clusters:
            spec = replace(described, nodes=tuple(_with_ports(node, free_ports) for node in described.nodes))
            cluster = LabCluster(spec, self.clock, self.keys, passwords, self.authority)
            self.clusters[spec.name] = cluster
            self.servers[spec.name] = {n.name: NodeServers(self, n) for n in cluster.nodes.values()}
        self.control = ControlServer(self, control_port)

    async def start(self) -> None:
        """Listen everywhere, then write the run directory. Raises LabError; nothing is left listening then."""
        try:
            for servers in self.servers.values():
                for server in servers.values():
                    await server.start()
            try:
                await self.control.start()
            except OSError as error:
                raise _cannot_listen("127.0.0.1", self.control.port, error) from None
            self._write_files()
        except BaseException:
            await self._stop_servers()
            raise

    async def stop(self) -> None:
        """Stop listening, cut all connections, remove lab.json, give the run directory free."""
        await self._stop_servers()
        self.run_directory.release()

    async def _stop_servers(self) -> None:
        await self.control.stop()
        for cluster in self.clusters.values():
            cluster.faults.clear()
        for servers in self.servers.values():
            for server in servers.values():
                with contextlib.suppress(Exception):
                    await server.stop()
        for cluster in self.clusters.values():
            await cluster.close()

    async def reset(self, name: str) -> None:
        """Put a cluster back to the topology's state and cut its SSH connections."""
        self.clusters[name].reset()
        for server in self.servers[name].values():
            await server.reset()

    # -- run directory ----------------------------------------------------------------------------------

    def describe(self) -> dict[str, Any]:
        """The content of lab.json."""
        clusters = {}
        everyone = []
        for cluster in self.clusters.values():
            accounts = [
                {
                    "kind": a.kind,
                    "username": a.username,
                    "password": a.password,
                    "privilege": a.privilege,
                }
                for a in cluster.accounts
            ]
            everyone += [{**account, "cluster": cluster.name} for account in accounts]
            clusters[cluster.name] = {
                "release": cluster.release,
                "publisher": cluster.publisher.name,
                "nodes": {
                    n.name: {
                        "address": n.address,
                        "https_port": n.https_port,
                        "ssh_port": n.ssh_port,
                        "role": n.role,
                        **({"web_port": n.web_port} if n.web_port else {}),
                        **({"tftp_port": n.tftp_port} if n.tftp_port else {}),
                    }
                    for n in cluster.nodes.values()
                },
                "accounts": accounts,
            }
        return {
            "control_url": self.control.url,
            "pid": os.getpid(),
            "time_scale": self.clock.time_scale,
            "clusters": clusters,
            "accounts": everyone,
        }

    def _inventory(self) -> dict[str, Any]:
        hosts = {}
        for cluster in self.clusters.values():
            axl = next((a for a in cluster.accounts if a.kind == "axl" and a.privilege == 4), None)
            cli = next((a for a in cluster.accounts if a.kind == "cli" and a.privilege == 4), None)
            publisher = cluster.publisher
            host: dict[str, Any] = {
                "ansible_connection": "local",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "ansible_host": publisher.address,
                "cucm_https_port": publisher.https_port,
                "cucm_ssh_port": publisher.ssh_port,
                "cucm_ca_path": str(self.run_directory.path / "ca.pem"),
                "cucm_known_hosts": str(self.run_directory.path / "known_hosts"),
                "cucm_node_addresses": {
                    n.name: {"address": n.address, "https_port": n.https_port, "ssh_port": n.ssh_port}
                    for n in cluster.nodes.values()
                },
            }
            if axl:
                host |= {"cucm_axl_username": axl.username, "cucm_axl_password": axl.password}
            if cli:
                host |= {"cucm_cli_username": cli.username, "cucm_cli_password": cli.password}
            hosts[cluster.name] = host | cluster.spec.inventory_vars
        return {"all": {"children": {"cucm": {"hosts": hosts}}}}

    def _known_hosts(self) -> str:
        lines = []
        for cluster in self.clusters.values():
            for node in cluster.nodes.values():
                name = node.address if node.ssh_port == 22 else f"[{node.address}]:{node.ssh_port}"
                lines += [f"{name} {' '.join(key.public.split()[:2])}\n" for key in node.ssh_host_keys]
        return "".join(lines)

    def write_authorities(self) -> None:
        """Write ca.pem: the CA of the run, and the Tomcat certificates that are signed by nobody else."""
        alone = [
            certificate.pem
            for cluster in self.clusters.values()
            for node in cluster.nodes.values()
            for unit, certificate in node.certificates.items()
            if unit in (RSA, ECDSA) and not certificate.chain
        ]
        self.run_directory.write("ca.pem", "".join([self.authority.pem, *alone]))

    def _write_files(self) -> None:
        directory = self.run_directory
        self.write_authorities()
        directory.write("known_hosts", self._known_hosts())
        directory.write("inventory.yml", yaml.safe_dump(self._inventory(), sort_keys=False))
        directory.write("lab.json", json.dumps(self.describe(), indent=2) + "\n")


async def serve(lab: Lab, stop: asyncio.Event) -> None:
    """Start, serve until the event is set, stop."""
    await lab.start()
    try:
        await stop.wait()
    finally:
        await lab.stop()
