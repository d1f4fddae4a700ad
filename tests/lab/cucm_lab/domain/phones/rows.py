# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of a node's RIS database as its interfaces show them (phone-facts 1.1, 1.2)."""

from __future__ import annotations

from collections.abc import Iterable

from .phone import Phone
from .ris import PARTIAL, REGISTERED, Entry
from .servers import CallManager
from .simulation import Simulation
from .view import RisRow


def phone_rows(sim: Simulation, node: CallManager, names: Iterable[str] | None) -> list[RisRow]:
    """Return what is seen now of these phones, or of all, in the order of their names."""
    if names is None:
        seen = list(node.ris.seen(sim.now))
    else:
        of_each = ((phone, node.ris.seen_of(phone, sim.now)) for phone in sim.find(names))
        seen = [(phone, entry) for phone, entry in of_each if entry is not None]
    return [
        _row(node, phone, entry, sim.epoch) for phone, entry in sorted(seen, key=lambda each: each[0].name)
    ]


def _row(node: CallManager, phone: Phone, entry: Entry, epoch: float) -> RisRow:
    device = phone.device
    return RisRow(
        node=node.name,
        name=phone.name,
        device_class="Phone",
        model=device.model,
        protocol=phone.configuration.protocol,
        status=entry.status,
        reason=entry.reason,
        address=device.address,
        lines=tuple((number, _line(entry.status, n)) for n, number in enumerate(device.lines)),
        timestamp=epoch + entry.at,
        description=device.description,
    )


def _line(status: str, place: int) -> str:
    """The status of a line: it knows no registration in part, of which the primary line alone has one ([X] RISW, [V] TN217220)."""
    if status == PARTIAL:
        return "UnRegistered" if place else REGISTERED
    return status
