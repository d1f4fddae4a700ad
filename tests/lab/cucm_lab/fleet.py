# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Topologies of many clusters that are alike: for measurements, and for tests of what a fleet needs."""

from __future__ import annotations

import copy
import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

FIRST_ADDRESS = "127.30.0.1"


def topology(
    clusters: int,
    nodes: int = 1,
    *,
    releases: Sequence[str] = ("14",),
    first_address: str = FIRST_ADDRESS,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A topology as data, for :func:`cucm_lab.topology.parse` or a YAML file.

    Clusters are called ``c001`` and so on, their nodes ``c001-pub``, ``c001-sub1``. Each node has an address of its own,
    counted up from ``first_address``. The clusters take the releases in turn. more: other keys of a cluster, the same
    for all.

    Raises:
        ValueError: there are not so many loopback addresses, or there is to be less than one of something.
    """
    if clusters < 1 or nodes < 1:
        raise ValueError(f"{clusters} clusters of {nodes} nodes: give at least one of each")
    first = ipaddress.IPv4Address(first_address)
    if not first.is_loopback or not (first + clusters * nodes - 1).is_loopback:
        raise ValueError(f"{clusters * nodes} addresses from {first_address} on are not all in 127.0.0.0/8")
    width = max(3, len(str(clusters)))
    described = []
    for number in range(clusters):
        name = f"c{number + 1:0{width}}"
        members = [
            {
                "name": f"{name}-sub{node}" if node else f"{name}-pub",
                **({} if node else {"role": "publisher"}),
                "address": str(first + number * nodes + node),
            }
            for node in range(nodes)
        ]
        release = releases[number % len(releases)]
        described.append(
            {"name": name, "release": release, "nodes": members, **copy.deepcopy(dict(more or {}))}
        )
    return {"clusters": described}
