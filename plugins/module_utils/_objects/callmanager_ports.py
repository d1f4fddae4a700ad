# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ports of every CallManager. PRIVATE to the collection.

C(listCallManager) returns no ports, and an update with C(ports) needs the whole block (wire-facts 2.2 [X]). So the block
is read, and written back with only the two SIP OAuth ports changed.
"""

from __future__ import annotations

import typing as t

from .._base.errors import ProtocolError, Refusal
from .._cluster.cluster import Cluster
from .._transport.axl import boolean
from .._transport.xml import Element
from .configuration import Objects, Request

KIND = "callmanager_ports"
# wire-facts 2.2 [D]
RANGE = (1024, 49151)
OAUTH = ("sip_oauth", "sip_oauth_mra")
# The elements of the block in the order of the schema.
_PORTS: t.Mapping[str, tuple[str, ...]] = {
    "ethernet_phone": ("ethernetPhonePort",),
    "mgcp_listen": ("mgcpPorts", "listen"),
    "mgcp_keep_alive": ("mgcpPorts", "keepAlive"),
    "sip_phone": ("sipPorts", "sipPhonePort"),
    "sip_phone_secure": ("sipPorts", "sipPhoneSecurePort"),
    "sip_oauth": ("sipPorts", "sipOAuthPort"),
    "sip_oauth_mra": ("sipPorts", "sipOAuthMRAPort"),
}

Ports: t.TypeAlias = "dict[str, int | None]"


def read(cluster: Cluster) -> dict[str, dict[str, t.Any]]:
    """Return every CallManager by node name: its own name as C(callmanager), and C(ports) by name.

    The SIP OAuth ports are None where the release does not have them.

    Raises:
        ProtocolError: An answer lacks a port that the schema requires.
    """
    listed = cluster.axl.call(
        "listCallManager",
        [("searchCriteria", [("name", "%")]), ("returnedTags", [("name", ""), ("processNodeName", "")])],
    ).child("return")
    rows = listed.all("callManager") if listed is not None else []
    return {
        node: {"callmanager": found["callmanager"], "ports": found["ports"]}
        for node, found in read_each(
            cluster, {row.value("processNodeName"): row.value("name") for row in rows}
        ).items()
    }


def read_each(cluster: Cluster, names: t.Mapping[str, str]) -> dict[str, dict[str, t.Any]]:
    """Return the named CallManagers by node name: the result of C(read), and whether C(auto_registration) is on.

    Raises the errors of C(read).
    """
    found = {}
    for node, name in names.items():
        answer = cluster.axl.call("getCallManager", [("name", name)])
        automatic = answer.value("return", "callManager", "autoRegistration", "autoRegistrationEnabled")
        found[node] = {
            "callmanager": name,
            "ports": _ports(name, answer),
            "auto_registration": boolean(automatic),
        }
    return found


def require_sip_oauth(read_ports: t.Mapping[str, t.Mapping[str, t.Any]], release: str) -> None:
    """Raise Refusal (C(not_in_this_release)) when a CallManager has no SIP OAuth ports."""
    without = [
        node for node, found in read_ports.items() if any(found["ports"][name] is None for name in OAUTH)
    ]
    if without:
        raise Refusal(
            f"CallManager at {', '.join(without)} has no SIP OAuth ports in release {release}.",
            code="not_in_this_release",
            details={"release": release, "nodes": without},
            remedy="SIP OAuth needs release 12.5 or later.",
        )


def check(node: str, ports: t.Mapping[str, int | None], wanted: t.Mapping[str, int]) -> None:
    """Raise Refusal unless the SIP OAuth ports of a node's block can be set to the desired ones.

    Codes: C(port_out_of_range), C(port_in_use) by another port of the block.
    """
    for name, port in wanted.items():
        if not RANGE[0] <= port <= RANGE[1]:
            raise Refusal(
                f"{name} cannot be {port}: a SIP OAuth port must be from {RANGE[0]} to {RANGE[1]}.",
                code="port_out_of_range",
                details={"node": node, "port": port, "lowest": RANGE[0], "highest": RANGE[1]},
                remedy="Choose a port in that range.",
            )
    after = {**ports, **wanted}
    for name, port in wanted.items():
        others = [other for other, taken in after.items() if other != name and taken == port]
        if others:
            raise _in_use(node, port, f"CallManager's own {' and '.join(others)}")


def check_listening(
    node: str, ports: t.Mapping[str, int | None], wanted: t.Mapping[str, int], listening: t.Collection[int]
) -> None:
    """Raise Refusal (C(port_in_use)) when a node already listens on a new port."""
    own = {ports[name] for name in OAUTH}
    for port in wanted.values():
        if port in listening and port not in own:
            raise _in_use(node, port, "another process that listens there")


def objects(cluster: Cluster) -> Objects:
    """Return the SIP OAuth ports of every CallManager by node name.

    A state has C(sip_oauth) and C(sip_oauth_mra). A request carries the rest of the block as last read.
    """
    last: dict[str, dict[str, t.Any]] = {}

    def states() -> dict[str, dict[str, int | None]]:
        last.clear()
        last.update(read(cluster))
        return {node: {name: found["ports"][name] for name in OAUTH} for node, found in last.items()}

    def request(node: str, before: t.Any, wanted: t.Any) -> Request:
        found = last[node]
        words = ", ".join(
            f"{name} {wanted[name]}" for name in OAUTH if before is None or before[name] != wanted[name]
        )
        return Request(
            "updateCallManager",
            [("name", found["callmanager"]), ("ports", _block({**found["ports"], **wanted}))],
            f"set the ports of {found['callmanager']}: {words}",
        )

    return Objects(kind=KIND, read=states, request=request)


def _ports(name: str, answer: Element) -> Ports:
    ports: Ports = {}
    for key, path in _PORTS.items():
        text = answer.value("return", "callManager", "ports", *path)
        if not text.isdigit() and (text or key not in OAUTH):
            raise ProtocolError(
                f"AXL returned {text!r} as {'.'.join(path)} of CallManager {name}, which is not a port.",
                code="ports_unreadable",
                details={"callmanager": name, "element": ".".join(path), "text": text},
                remedy="Nothing was changed. Check System > Cisco Unified CM.",
            )
        ports[key] = int(text) if text else None
    return ports


def _block(ports: t.Mapping[str, int | None]) -> list[tuple[str, t.Any]]:
    block: dict[str, t.Any] = {}
    for name, path in _PORTS.items():
        if len(path) == 1:
            block[path[0]] = str(ports[name])
        else:
            block.setdefault(path[0], []).append((path[1], str(ports[name])))
    return list(block.items())


def _in_use(node: str, port: int, by: str) -> Refusal:
    return Refusal(
        f"Port {port} of {node} is in use by {by}.",
        code="port_in_use",
        details={"node": node, "port": port, "by": by},
        remedy="Choose another port. If CallManager itself still listens there after an earlier change, restart it first.",
    )
