# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a cluster into facts. PRIVATE to the collection.

Changes nothing. A node that cannot be reached, or a command the account may not run, costs the facts it would
have told and is listed under C(unavailable); a refused credential or an unproven identity ends the reading.
"""

from __future__ import annotations

import functools
import typing as t
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from ._cluster import Cluster, Node
from ._errors import AuthenticationError, CucmError, IdentityError, InputError, ProductFault
from ._objects import callmanager_ports, expressway_c, phone_security_profile, trust_store
from ._security import certificates, ctl, duties, licence, platform, words
from ._transport.axl import boolean
from ._transport.control_center import ServiceState

SUBSETS = (
    "version",
    "nodes",
    "modes",
    "services",
    "licence",
    "auto_registration",
    "replication",
    "network",
    "ctl_files",
    "listening",
    "certificates",
    "health",
    "parameters",
    "callmanagers",
    "expressway_c",
    "security_profiles",
    "trust_stores",
    "tomcat",
)
_MODES_SQL = "select paramname,paramvalue from processconfig where paramname in ({})".format(
    ",".join(
        f"'{name}'" for name in (words.MODE_PARAMETER, words.SIP_OAUTH_PARAMETER, words.ROLLBACK_PARAMETER)
    )
)
# By the pattern of their names, because they differ between releases (wire-facts 3.2).
_OAUTH_SQL = (
    "select paramname,paramvalue from processconfig where lower(paramname) like '%oauth%' "
    "or lower(paramname) like '%tokenexpirytimer' order by paramname"
)
_ACTIVATION_SQL = (
    "select processnode.name as node,typeservice.name as service,processnodeservice.isactive as isactive from processnodeservice "
    "inner join processnode on processnodeservice.fkprocessnode=processnode.pkid "
    "inner join typeservice on processnodeservice.tkservice=typeservice.enum"
)
_NODES_AT_ONCE = 8
_T = t.TypeVar("_T")


def gather(cluster: Cluster, subsets: t.Collection[str]) -> dict[str, t.Any]:
    """Return the facts of the named subsets; C(nodes) is always there.

    Args:
        cluster: The cluster.
        subsets: Any of SUBSETS.
    """
    facts: dict[str, t.Any] = {"unavailable": {}}
    cluster_nodes = cluster.callmanager_nodes
    facts["nodes"] = [node.as_facts() for node in cluster.nodes]
    facts["publisher"] = cluster.publisher.name
    facts["identity"] = cluster.identity

    def collect(key: str, read: t.Callable[[], _T]) -> _T | None:
        try:
            return read()
        except (AuthenticationError, IdentityError):
            raise
        except InputError as error:
            if error.code != "account_missing":
                raise
            facts["unavailable"][key] = error.message
        except CucmError as error:
            # Not a passing trouble of one node: this controller cannot speak to it at all.
            if error.code == "ssh_algorithms":
                raise
            facts["unavailable"][key] = f"{error.code}: {error.message}"
        return None

    def keep(key: str, read: t.Callable[[], t.Any]) -> None:
        if key in subsets:
            value = collect(key, read)
            if value is not None:
                facts[key] = value

    if "version" in subsets:
        facts["release"] = collect("version", cluster.release) or ""
        facts["axl_version"] = cluster.axl.version if cluster.settings.axl is not None else None
    if "modes" in subsets:
        facts.update(read_modes(cluster))
    keep("licence", lambda: read_licence(cluster).as_facts())
    keep("auto_registration", lambda: _auto_registration(cluster))
    keep("parameters", lambda: _parameters(cluster))
    keep("callmanagers", lambda: callmanager_ports.read(cluster))
    keep("expressway_c", lambda: expressway_c.objects(cluster).read())
    keep("security_profiles", lambda: phone_security_profile.read(cluster))
    if "security_profiles" in subsets:
        usage = collect("security_profiles.usage", lambda: phone_security_profile.usage(cluster))
        if usage is not None:
            facts["security_profile_usage"] = usage
    if "services" in subsets:
        activation = collect("services", lambda: _activation(cluster))
        facts["services"] = {}
        per_node = _each(
            cluster_nodes, lambda node: collect(f"services.{node.name}", lambda: read_services(cluster, node))
        )
        for node, states in per_node.items():
            if states is not None:
                facts["services"][node.name] = _service_facts(
                    states, (activation or {}).get(node.name, {}), cluster.told_time(node)
                )
    _gather_cli(cluster, cluster_nodes, subsets, facts, collect, keep)
    # After the command line: a refused platform password is told by the side that the operator knows it from.
    keep("trust_stores", lambda: trust_store.read(cluster))
    facts["contradictions"] = duties.contradictions(facts)
    facts["duties"] = {
        "restarts": duties.restart_duties(facts),
        "ctl_update": duties.ctl_update_duties(facts),
    }
    return facts


def _gather_cli(
    cluster: Cluster,
    nodes: t.Sequence[Node],
    subsets: t.Collection[str],
    facts: dict[str, t.Any],
    collect: t.Callable[[str, t.Callable[[], t.Any]], t.Any],
    keep: t.Callable[[str, t.Callable[[], t.Any]], None],
) -> None:
    """Read what only the platform CLI tells; every command of a node goes through its one session."""
    keep(
        "replication",
        lambda: platform.replication(cluster.run(None, "utils dbreplication runtimestate", timeout=300)),
    )
    keep("network", lambda: platform.network_cluster(cluster.run(None, "show network cluster")))
    if "network" in subsets:
        told = collect(
            "addressed_node",
            lambda: platform.is_publisher(cluster.run(None, "utils service list", end=platform.PRIMARY_NODE)),
        )
        facts["addressed_node_is_publisher"] = told
    if "certificates" in subsets:
        facts["certificates"] = collect("certificates", lambda: _certificates(cluster))
        refused = facts["unavailable"].get("certificates", "").startswith("privilege_too_low")
        told = collect("cli_privilege", lambda: platform.privilege(cluster.run(None, "show myself")))
        facts["cli_level_told"] = told is not None
        # What show myself prints is not public; show cert is a command of level 1 and tells 0 from more.
        facts["cli_privilege"] = (
            told if told is not None else 1 if facts["certificates"] is not None else 0 if refused else None
        )
    readers = {subset: read for subset, read in _NODE_READERS.items() if subset in subsets}
    if not readers:
        return

    def read_node(node: Node) -> dict[str, t.Any]:
        return {
            subset: collect(f"{subset}.{node.name}", functools.partial(read, cluster, node))
            for subset, read in readers.items()
        }

    per_node = _each(nodes, read_node)
    for subset in readers:
        told = {node.name: values[subset] for node, values in per_node.items()}
        facts[subset] = {node: value for node, value in told.items() if value is not None}
    if "health" in subsets:
        facts["health"] = {
            "nodes": facts["health"],
            "upgrade_running": collect(
                "health.upgrade",
                lambda: platform.upgrade_running(cluster.run(None, "utils system upgrade status")),
            ),
            "last_backup": collect("health.backup", lambda: _last_backup(cluster)),
        }


def _each(nodes: t.Sequence[Node], read: t.Callable[[Node], _T]) -> dict[Node, _T]:
    """Read every node; the publisher alone first, so that a wrong password meets one node once."""
    first = {node: read(node) for node in nodes[:1]}
    with ThreadPoolExecutor(max_workers=_NODES_AT_ONCE) as pool:
        return {**first, **dict(zip(nodes[1:], pool.map(read, nodes[1:]), strict=True))}


def read_modes(cluster: Cluster) -> dict[str, t.Any]:
    """Return both modes and the rollback flag as the database has them."""
    stored = {row["paramname"].lower(): row["paramvalue"] for row in cluster.query(_MODES_SQL)}
    rollback = stored.get(words.ROLLBACK_PARAMETER.lower())
    return {
        "security_mode": words.mode_word(stored.get(words.MODE_PARAMETER.lower())),
        "sip_oauth_mode": words.sip_oauth_word(stored.get(words.SIP_OAUTH_PARAMETER.lower())),
        "rollback_to_pre_8": None if rollback is None else boolean(rollback),
    }


def read_ctl(cluster: Cluster, node: Node) -> ctl.CtlFile:
    """Return a node's CTL file."""
    return ctl.parse(cluster.run(node, "show ctl", end=ctl.END))


def read_services(cluster: Cluster, node: Node, *names: str) -> dict[str, ServiceState]:
    """Return the states of a node's services (all when none is named)."""
    return cluster.control_center(node).states(*names)


def read_licence(cluster: Cluster) -> licence.Licence:
    """Return the smart licence, by AXL or, without an AXL account, by the CLI."""
    if cluster.settings.axl is not None:
        if cluster.axl.release().startswith("11."):
            raise ProductFault(
                "Release 11.5 has no smart licence; its licence manager holds an encryption licence.",
                code="not_in_this_release",
                remedy="Look at the licence manager, and attest the licence.",
            )
        return licence.from_axl(cluster.axl.call("getSmartLicenseStatus", []))
    return licence.from_cli(cluster.run(None, "show license all"))


def activated_in_database(cluster: Cluster, node: Node, service: str) -> bool | None:
    """Return whether the database has a service activated at a node; None when it has no row of it."""
    return _activation(cluster).get(node.name, {}).get(service)


def _activation(cluster: Cluster) -> dict[str, dict[str, bool | None]]:
    activation: dict[str, dict[str, bool | None]] = {}
    for row in cluster.query(_ACTIVATION_SQL):
        activation.setdefault(row["node"], {})[row["service"]] = boolean(row["isactive"])
    return activation


def _service_facts(
    states: t.Mapping[str, ServiceState], activation: t.Mapping[str, bool | None], told_at: datetime | None
) -> dict[str, t.Any]:
    def started_at_utc(state: ServiceState) -> str | None:
        # The node prints its local time without a zone; certificates are dated in UTC.
        if told_at is None or state.uptime is None:
            return None
        return (told_at - timedelta(seconds=state.uptime)).replace(tzinfo=None).isoformat()

    return {
        state.name: {
            "present": state.present,
            "activated": state.activated,
            "in_database": activation.get(state.name),
            "status": state.status,
            "reason_code": state.reason_code,
            "started_at": state.started_at.isoformat() if state.started_at else None,
            "started_at_utc": started_at_utc(state),
            "uptime": state.uptime,
        }
        for state in states.values()
    }


def _auto_registration(cluster: Cluster) -> dict[str, bool | None]:
    content = [
        ("searchCriteria", [("name", "%")]),
        ("returnedTags", [("name", ""), ("autoRegistration", [("autoRegistrationEnabled", "")])]),
    ]
    listed = cluster.axl.call("listCallManager", content).child("return")
    return {
        row.value("name"): boolean(row.value("autoRegistration", "autoRegistrationEnabled"))
        for row in (listed.all("callManager") if listed is not None else [])
    }


def _parameters(cluster: Cluster) -> dict[str, str]:
    return {row["paramname"]: row["paramvalue"] for row in cluster.query(_OAUTH_SQL)}


def _certificates(cluster: Cluster) -> dict[str, t.Any]:
    listed = certificates.listed(cluster.run(None, "show cert list own"))
    # A layout that is not known lists nothing; then every unit is asked for.
    units = [unit for unit in certificates.PUBLISHER_UNITS if unit in listed] or certificates.PUBLISHER_UNITS
    return {unit: certificates.describe(cluster.run(None, f"show cert own {unit}")) for unit in units}


def _tomcat(cluster: Cluster, node: Node) -> dict[str, t.Any]:
    """Return the certificates a node shows on its SIP OAuth ports; the elliptic one where it has it."""
    listed = certificates.listed(cluster.run(node, "show cert list own"))
    units = [unit for unit in words.TOMCAT_UNITS if unit in listed] or words.TOMCAT_UNITS[:1]
    return {unit: certificates.describe(cluster.run(node, f"show cert own {unit}")) for unit in units}


def _node_health(cluster: Cluster, node: Node) -> dict[str, t.Any]:
    status = platform.status(cluster.run(node, "show status"))
    return {**status, "ntp_synchronised": platform.ntp_synchronised(cluster.run(node, "utils ntp status"))}


def read_listening(cluster: Cluster, node: Node) -> list[int]:
    """Return the TCP ports a node listens on."""
    return platform.listening_ports(cluster.run(node, "show open ports regexp LISTEN"))


# What the platform CLI of each node tells, by subset.
_NODE_READERS: dict[str, t.Callable[[Cluster, Node], t.Any]] = {
    "ctl_files": lambda cluster, node: read_ctl(cluster, node).as_facts(),
    "listening": read_listening,
    "health": _node_health,
    "tomcat": _tomcat,
}


def _last_backup(cluster: Cluster) -> str | None:
    newest = platform.last_backup(cluster.run(None, "utils disaster_recovery history backup"))
    return newest.isoformat() if newest else None
