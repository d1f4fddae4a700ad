# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the interfaces of a node are told about registrations: the seam between the simulated phones and RisPort, PerfMon, CLI and AXL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RisRow:
    """One row of one node's RIS database; a device may have one on several nodes (phone-facts 1.2).

    device_class: as RisPort spells it: Phone, Gateway, H323, Cti, VoiceMail, MediaResources, HuntList, SIPTrunk.
    model: number of typemodel. protocol: SIP or SCCP, or "" where the class has none.
    status: Registered, PartiallyRegistered, UnRegistered, Rejected. reason: of the list that belongs to the status (phone-facts 1.5).
    lines: directory number and its status, in order. timestamp: of the last change of status, in seconds since 1970, device time.
    """

    node: str
    name: str
    device_class: str
    model: int
    protocol: str
    status: str
    reason: int
    address: str
    lines: tuple[tuple[str, str], ...]
    timestamp: float
    description: str = ""
    login_user: str = ""
    active_load: str = ""


class Registrations(Protocol):
    """Who is registered where. Every method first brings the simulation up to the present of the lab's clock."""

    def rows(self, node: str, names: Iterable[str] | None = None) -> Sequence[RisRow]:
        """Return the rows of a node's RIS database, of these devices only or of all, as old as RIS is behind (phone-facts 12, row 19)."""

    def state(self, node: str) -> tuple[float, int]:
        """Return when the node's RIS began (seconds since 1970) and a number that changes whenever one of its rows does."""

    def counters(self, node: str, object_name: str) -> Mapping[str, int] | None:
        """Return the counters of a PerfMon object on a node, instances as ``Counter`` or ``(instance)\\Counter``.

        None while nothing feeds it (phone-facts 2).
        """

    def objects(self, node: str) -> Sequence[str]:
        """Return the names of the PerfMon objects the node feeds now."""

    def apply(self, names: Iterable[str]) -> None:
        """Ask these devices to apply their configuration; one that is not registered does not hear it (phone-facts 5)."""

    def restart(self, names: Iterable[str]) -> None:
        """Ask these devices to restart; one that is not registered does not hear it."""

    def reset(self, names: Iterable[str]) -> None:
        """Ask these devices to reset; one that is not registered does not hear it."""

    def tftp_file(self, node: str, name: str) -> bytes | None:
        """Return a file that the node's TFTP service has now (CTLSEP….tlv, ITLSEP….tlv, SEP….cnf.xml.sgn ...); None where it has none."""
