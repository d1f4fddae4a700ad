# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof that this run read a set of facts: from which host, place and cluster, and when."""

from __future__ import annotations

import hashlib
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.ucops.cucm.plugins.module_utils._base.address import endpoint
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.nodes import Address, parse_address
from ansible_collections.ucops.cucm.plugins.module_utils._facts.model import Facts
from ansible_collections.ucops.cucm.plugins.plugin_utils import _seal as seal

# Where the facts have it.
SEAL = "seal"


@dataclass(frozen=True)
class Reading:
    """A reading of a cluster in this run.

    Attributes:
        place: Where it was reached, as C(place) has it.
        identity: The cluster's lasting identity.
        moment: Nanoseconds of a clock that all processes of the controller share and nobody sets.
    """

    place: str
    identity: str
    moment: int

    def other_cluster(self, other: Reading) -> str:
        """Return in a sentence why another reading is not of the same cluster at the same place; empty when it is."""
        if other.place != self.place:
            return f"It was judged as it is reached at {self.place}, and now it is reached at {other.place}."
        if other.identity != self.identity:
            return f"The cluster that was judged has the identity {self.identity}, and the one that is reached now has {other.identity}."
        return ""


def sealed(facts: Facts, cluster: str, place: str) -> dict[str, t.Any]:
    """Return facts that were just read of a cluster (an inventory host's name), with their seal."""
    read = Reading(place, str(facts.get("identity")), time.monotonic_ns())
    return {**facts, SEAL: seal.sealed(vars(read), "reading", cluster, _digest(facts))}


def opened(facts: t.Any, cluster: str) -> Reading | None:
    """Return how facts were read, or None when this run did not read them of this cluster just so."""
    if not isinstance(facts, t.Mapping):
        return None
    content = seal.opened(facts.get(SEAL), "reading", cluster, _digest(facts))
    return Reading(**content) if content is not None else None


def place(params: t.Mapping[str, t.Any]) -> str:
    """Return where a module reaches a cluster, from its options: the same for two spellings of one address."""
    publisher = Address(str(params.get("publisher") or ""), params["https_port"], params["ssh_port"])
    nodes = params.get("node_addresses") or {}
    # What is no mapping is refused by the module, in its own words.
    reached = {
        name: parse_address(value, Address(name, publisher.https_port, publisher.ssh_port))
        for name, value in nodes.items()
        if isinstance(value, t.Mapping)
    }
    return ", ".join(
        [_written(publisher), *(f"{name} at {_written(reached[name])}" for name in sorted(reached))]
    )


def _written(address: Address) -> str:
    return f"{endpoint(address.host, address.https_port)} (SSH {address.ssh_port})"


def _digest(facts: Facts) -> str:
    content = {key: value for key, value in facts.items() if key != SEAL}
    return hashlib.sha256(seal.written(content).encode()).hexdigest()
