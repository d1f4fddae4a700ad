# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only the platform CLI shows. PRIVATE to the collection.

Every node has one session, and nodes are read at once; a command that two facts come from is run once.
"""

from __future__ import annotations

import functools
import re
import typing as t
from dataclasses import dataclass, field

from .._base.errors import ProductFault
from .._cluster.cluster import Cluster
from .._cluster.nodes import Node
from .._cluster.parallel import each
from .._facts import model, records
from .._printed import backups, ports, replication
from .._security import ctl, hardening, membership, platform
from .._x509 import certificates, own_certificates
from .collector import Collector

_T = t.TypeVar("_T")

_LONG = 300
_CERTIFICATES = "show cert list own"


@dataclass
class _Cli:
    """The command line of one node; remembers what was printed."""

    cluster: Cluster
    node: Node
    _printed: dict[str, str | ProductFault] = field(default_factory=dict)

    def run(self, command: str, *, end: re.Pattern[str] | None = None, timeout: float | None = None) -> str:
        """Return what a reading command prints.

        Neither what a node has refused nor a login that came to nothing is tried again. Raises what C(Cluster.run) raises.
        """
        if command not in self._printed:
            failure = self.cluster.login_failure(self.node)
            if failure is not None:
                raise failure
            try:
                self._printed[command] = self.cluster.run(self.node, command, end=end, timeout=timeout)
            except ProductFault as refused:
                self._printed[command] = refused
        told = self._printed[command]
        if isinstance(told, ProductFault):
            raise told
        return told


def gather(cluster: Cluster, subsets: t.Collection[str], collector: Collector) -> None:
    """Read the named ones of SUBSETS into a collector."""
    readers = [reader for reader in _OF_NODES if reader.fact.subset_name in subsets]
    publisher = cluster.publisher

    def read_node(node: Node) -> list[t.Any]:
        cli = _Cli(cluster, node)
        told = [reader.of(node, cli, collector) for reader in readers]
        if node == publisher:
            _read_publisher(cli, subsets, collector)
        return told

    # Without a fact of every node the publisher alone is asked.
    nodes = cluster.callmanager_nodes if readers else [publisher]
    per_node = each(nodes, read_node)
    failure = cluster.login_failure(publisher)
    if failure is not None and failure.code == "ssh_algorithms":
        # This controller cannot speak to the cluster at all; of one subscriber it costs that node's facts.
        raise failure
    for number, reader in enumerate(readers):
        told = {node.name: values[number] for node, values in per_node.items()}
        collector.put(reader.fact, {node: value for node, value in told.items() if value is not None})


# -- the publisher ---------------------------------------------------------------------------------------


def _read_publisher(cli: _Cli, subsets: t.Collection[str], collector: Collector) -> None:
    if "replication" in subsets:
        collector.keep(
            model.REPLICATION,
            lambda: replication.read(cli.run("utils dbreplication runtimestate", timeout=_LONG)),
        )
    if "network" in subsets:
        collector.keep(model.NETWORK, lambda: membership.read(cli.run("show network cluster")))
        collector.keep_or_none(
            model.ADDRESSED_NODE_IS_PUBLISHER,
            lambda: platform.is_publisher(cli.run("utils service list", end=platform.PRIMARY_NODE)),
        )
    if "certificates" in subsets:
        _read_certificates(cli, collector)
    if "health" in subsets:
        collector.keep_or_none(
            model.UPGRADE_RUNNING, lambda: platform.upgrade_running(cli.run("utils system upgrade status"))
        )
        _read_backup(cli, collector)


def _read_certificates(cli: _Cli, collector: Collector) -> None:
    found = collector.keep_or_none(model.CERTIFICATES, lambda: _certificates(cli))
    refused = collector.unavailable.get(model.CERTIFICATES.reason, "").startswith("privilege_too_low")
    level = collector.collect(model.CLI_PRIVILEGE.reason, lambda: platform.privilege(cli.run("show myself")))
    collector.put(model.CLI_LEVEL_TOLD, level is not None)
    # What show myself prints is not public; show cert is a command of level 1 and tells 0 from more.
    concluded = 1 if found is not None else 0 if refused else None
    collector.put(model.CLI_PRIVILEGE, level if level is not None else concluded)


def _read_backup(cli: _Cli, collector: Collector) -> None:
    history = collector.collect(
        model.LAST_BACKUP.reason,
        lambda: (backups.newest(cli.run("utils disaster_recovery history backup")),),
    )
    newest = history[0] if history else None
    collector.put(model.HAS_BACKUP, newest is not None if history else None)
    collector.put(model.LAST_BACKUP, newest.local.isoformat() if newest else None)
    collector.put(model.LAST_BACKUP_ZONE, newest.zone if newest else "")


def _certificates(cli: _Cli) -> dict[str, records.Certificate | None]:
    return _described(cli, certificates.PUBLISHER_UNITS, certificates.PUBLISHER_UNITS)


def _described(
    cli: _Cli, units: t.Sequence[str], otherwise: t.Sequence[str]
) -> dict[str, records.Certificate | None]:
    """Return the certificates of those units that are listed; a layout that is not known lists none."""
    listed = certificates.listed(cli.run(_CERTIFICATES))
    found = [unit for unit in units if unit in listed] or otherwise
    return {unit: certificates.describe(cli.run(f"show cert own {unit}")) for unit in found}


# -- every node ------------------------------------------------------------------------------------------


def _health(cli: _Cli) -> records.Health:
    status = platform.status(cli.run("show status"))
    return {**status, **platform.ntp(cli.run("utils ntp status"))}


def _tomcat(cli: _Cli) -> dict[str, records.Certificate | None]:
    """Return the certificates a node shows on its SIP OAuth ports; the elliptic one where it has it."""
    return _described(cli, own_certificates.TOMCAT_UNITS, own_certificates.TOMCAT_UNITS[:1])


@dataclass(frozen=True)
class _OfNode:
    """A fact of every node that its command line shows, and how it is read there."""

    fact: model.PerNode[t.Any]
    read: t.Callable[[_Cli], t.Any]

    def of(self, node: Node, cli: _Cli, collector: Collector) -> t.Any:
        """Return the value at a node; None when it cannot be read, and the collector has the reason."""
        return collector.collect(self.fact.key(node.name), functools.partial(self.read, cli))


def _each(fact: model.PerNode[_T], read: t.Callable[[_Cli], _T]) -> _OfNode:
    """Return both together; a function, so that mypy holds the reader to the type of the fact."""
    return _OfNode(fact, read)


_OF_NODES: tuple[_OfNode, ...] = (
    _each(model.CTL_FILES, lambda cli: ctl.parse(cli.run("show ctl", end=ctl.END)).as_facts()),
    _each(model.LISTENING, lambda cli: ports.listening(cli.run("show open ports regexp LISTEN"))),
    _each(model.HEALTH, _health),
    _each(model.TOMCAT, _tomcat),
    _each(model.TLS_MINIMUM, lambda cli: platform.tls_minimum(cli.run("show tls min-version"))),
    _each(model.ACCOUNT_LOCKING, lambda cli: platform.account_locking(cli.run("show accountlocking"))),
    _each(model.SESSION_LIMIT, lambda cli: platform.session_limit(cli.run("show session maxlimit"))),
    _each(model.FIPS, lambda cli: platform.fips(cli.run("utils fips status"))),
    _each(model.REMOTE_ACCOUNT, lambda cli: hardening.remote_account(cli.run("utils remote_account status"))),
    _each(model.SOFTWARE_OPTIONS, lambda cli: hardening.software_options(cli.run("show version active"))),
)
SUBSETS = ("replication", "network", "certificates", *(reader.fact.subset_name for reader in _OF_NODES))
