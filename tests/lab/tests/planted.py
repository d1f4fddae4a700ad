# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registrations that a test writes down itself, in place of simulated phones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cucm_lab.domain.phones.view import RisRow

BEGAN = 1_700_000_000.0


def row(node: str, name: str, **values: Any) -> RisRow:
    """A registered 8841 with one line, but for what is given."""
    usual = {
        "device_class": "Phone",
        "model": 683,
        "protocol": "SIP",
        "status": "Registered",
        "reason": 0,
        "address": "10.1.1.5",
        "lines": (("1001", "Registered"),),
        "timestamp": BEGAN + 100,
    }
    return RisRow(node=node, name=name, **{**usual, **values})


@dataclass
class Planted:
    """Implements ``Registrations`` by what is put into it; keeps what it was asked to do."""

    devices: list[RisRow] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    values: dict[str, dict[str, Mapping[str, int]]] = field(default_factory=dict)
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    asked: list[tuple[str, list[str]]] = field(default_factory=list)
    named: list[Sequence[str] | None] = field(default_factory=list)

    def rows(self, node: str, names: Iterable[str] | None = None) -> Sequence[RisRow]:
        wanted = None if names is None else list(names)
        self.named.append(wanted)
        return [
            each for each in self.devices if each.node == node and (wanted is None or each.name in wanted)
        ]

    def state(self, node: str) -> tuple[float, int]:
        return BEGAN, self.states.get(node, 1)

    def counters(self, node: str, object_name: str) -> Mapping[str, int] | None:
        return self.values.get(node, {}).get(object_name)

    def objects(self, node: str) -> Sequence[str]:
        return list(self.values.get(node, {}))

    def apply(self, names: Iterable[str]) -> None:
        self.asked.append(("apply", list(names)))

    def restart(self, names: Iterable[str]) -> None:
        self.asked.append(("restart", list(names)))

    def reset(self, names: Iterable[str]) -> None:
        self.asked.append(("reset", list(names)))

    def tftp_file(self, node: str, name: str) -> bytes | None:
        return self.files.get((node, name))
