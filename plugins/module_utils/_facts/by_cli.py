# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only the platform CLI tells. PRIVATE to the collection.

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
from .._security import backups, ctl, membership, platform, ports, replication, words
from .._x509 import certificates
from .collector import Collector

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
    readers = {subset: read for subset, read in _OF_NODES.items() if subset in subsets}
    publisher = cluster.publisher

    def read_node(node: Node) -> dict[str, t.Any]:
        cli = _Cli(cluster, node)
        told = {
            subset: collector.collect(f"{subset}.{node.name}", functools.partial(read, cli))
            for subset, read in readers.items()
        }
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
    for subset in readers:
        told = {node.name: values[subset] for node, values in per_node.items()}
        found = {node: value for node, value in told.items() if value is not None}
        if subset == "health":
            collector.facts["health"] = {"nodes": found, **collector.facts.get("health", {})}
        else:
            collector.facts[subset] = found


# -- the publisher ---------------------------------------------------------------------------------------


def _read_publisher(cli: _Cli, subsets: t.Collection[str], collector: Collector) -> None:
    facts = collector.facts
    if "replication" in subsets:
        collector.keep(
            "replication",
            lambda: replication.read(cli.run("utils dbreplication runtimestate", timeout=_LONG)),
        )
    if "network" in subsets:
        collector.keep("network", lambda: membership.read(cli.run("show network cluster")))
        facts["addressed_node_is_publisher"] = collector.collect(
            "addressed_node",
            lambda: platform.is_publisher(cli.run("utils service list", end=platform.PRIMARY_NODE)),
        )
    if "certificates" in subsets:
        facts["certificates"] = collector.collect("certificates", lambda: _certificates(cli))
        refused = collector.unavailable.get("certificates", "").startswith("privilege_too_low")
        told = collector.collect("cli_privilege", lambda: platform.privilege(cli.run("show myself")))
        facts["cli_level_told"] = told is not None
        # What show myself prints is not public; show cert is a command of level 1 and tells 0 from more.
        facts["cli_privilege"] = (
            told if told is not None else 1 if facts["certificates"] is not None else 0 if refused else None
        )
    if "health" in subsets:
        facts["health"] = {
            "upgrade_running": collector.collect(
                "health.upgrade", lambda: platform.upgrade_running(cli.run("utils system upgrade status"))
            ),
            **(collector.collect("health.backup", lambda: _last_backup(cli)) or _NO_BACKUP_TOLD),
        }


def _certificates(cli: _Cli) -> dict[str, t.Any]:
    return _described(cli, certificates.PUBLISHER_UNITS, certificates.PUBLISHER_UNITS)


def _described(cli: _Cli, units: t.Sequence[str], otherwise: t.Sequence[str]) -> dict[str, t.Any]:
    """Return the certificates of those units that are listed; a layout that is not known lists none."""
    listed = certificates.listed(cli.run(_CERTIFICATES))
    found = [unit for unit in units if unit in listed] or otherwise
    return {unit: certificates.describe(cli.run(f"show cert own {unit}")) for unit in found}


def _last_backup(cli: _Cli) -> dict[str, t.Any]:
    newest = backups.newest(cli.run("utils disaster_recovery history backup"))
    return {
        "has_backup": newest is not None,
        "last_backup": newest.local.isoformat() if newest else None,
        "last_backup_zone": newest.zone if newest else "",
    }


_NO_BACKUP_TOLD = {"has_backup": None, "last_backup": None, "last_backup_zone": ""}


# -- every node ------------------------------------------------------------------------------------------


def _health(cli: _Cli) -> dict[str, t.Any]:
    status = platform.status(cli.run("show status"))
    return {**status, **platform.ntp(cli.run("utils ntp status"))}


def _tomcat(cli: _Cli) -> dict[str, t.Any]:
    """Return the certificates a node shows on its SIP OAuth ports; the elliptic one where it has it."""
    return _described(cli, words.TOMCAT_UNITS, words.TOMCAT_UNITS[:1])


# What the command line of each node tells, by subset.
_OF_NODES: dict[str, t.Callable[[_Cli], t.Any]] = {
    "ctl_files": lambda cli: ctl.parse(cli.run("show ctl", end=ctl.END)).as_facts(),
    "listening": lambda cli: ports.listening(cli.run("show open ports regexp LISTEN")),
    "health": _health,
    "tomcat": _tomcat,
    "tls_minimum": lambda cli: platform.tls_minimum(cli.run("show tls min-version")),
    "account_locking": lambda cli: platform.account_locking(cli.run("show accountlocking")),
    "session_limit": lambda cli: platform.session_limit(cli.run("show session maxlimit")),
}
SUBSETS = ("replication", "network", "certificates", *_OF_NODES)
