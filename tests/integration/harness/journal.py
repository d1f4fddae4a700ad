# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a lab's cluster wrote down, and what it came to."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass

from cucm_lab.fixture import ClusterHandle

from .names import CALLMANAGER, CTIMANAGER, TFTP

READERS = (TFTP, CALLMANAGER, CTIMANAGER)

Entry = dict[str, t.Any]
State = dict[str, t.Any]


@dataclass
class Journal:
    """Questions to the lab's journal, from the moment this was made on."""

    cluster: ClusterHandle
    since: int

    def entries(self, **wanted: t.Any) -> list[dict[str, t.Any]]:
        """Return the entries that fit."""
        return self.cluster.journal(self.since, **wanted)

    def changing(self) -> list[str]:
        """Return what could have changed the cluster: requests, commands, confirmed answers and effects."""
        return [f"{entry['kind']} {entry['operation']}" for entry in self.entries(changing=True)]

    def effects(self) -> list[str]:
        """Return what really changed."""
        return [entry["operation"] for entry in self.entries(kind="effect")]

    def logins(self, operation: str | None = None) -> list[tuple[str, str]]:
        """Return node and result of every login."""
        return [
            (entry["node"], entry["detail"]["result"])
            for entry in self.entries(kind="login")
            if operation in (None, entry["operation"])
        ]

    def answers(self) -> list[str]:
        """Return what was answered to questions."""
        return [entry["detail"]["text"] for entry in self.entries(kind="answer")]

    def commands(self) -> list[str]:
        """Return the CLI commands, in order."""
        return [entry["operation"] for entry in self.entries(kind="command")]


def settled(cluster: ClusterHandle) -> None:
    """Wait until no service of the cluster is on its way."""

    def quiet() -> bool:
        nodes = cluster.state()["nodes"].values()
        return all(
            service["status"] in ("Started", "Stopped")
            for node in nodes
            for service in node["services"].values()
        )

    cluster.wait(quiet)


def key(entry: Entry) -> tuple[str, str, str]:
    """Return what tells an entry from others: kind, operation, node."""
    return (entry["kind"], entry["operation"], entry["node"])


def effects(entries: t.Iterable[Entry]) -> Counter[str]:
    """Return how often what really changed: node and what."""
    return Counter(f"{entry['node']}: {entry['operation']}" for entry in entries if entry["kind"] == "effect")


def confirmations(entries: t.Iterable[Entry]) -> int:
    """Return how often a changing question was answered with yes."""
    return sum(entry["kind"] == "answer" and entry["changing"] for entry in entries)


def end_state(cluster: ClusterHandle) -> State:
    """Return what a cluster came to, as its administrator would see it, without times and checksums."""
    state = cluster.state()
    files = {name: node["ctl_file"] or {} for name, node in state["nodes"].items()}
    return {
        "cluster_security_mode": state["cluster_security_mode"],
        "services": {
            name: {
                service: (found["activated"], found["status"])
                for service, found in node["services"].items()
                if found["listed"]
            }
            for name, node in state["nodes"].items()
        },
        "ctl_records": {
            name: [
                (record["dns_name"], record["function"], record["stripped"])
                for record in file.get("records", [])
            ]
            for name, file in files.items()
        },
        "one_ctl_file": len({file.get("sha1") for file in files.values()}) == 1,
        "running_an_old_ctl_file": [
            f"{name}: {service}"
            for name, node in state["nodes"].items()
            for service in READERS
            if node["services"][service]["started_at"]
            and node["services"][service]["started_at"] <= files[name].get("modified_at", "")
        ],
    }
