# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a node registers a phone: what the configuration of each wants, and whose certificate the other believes (phone-facts 1.5, 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import trust
from .phone import Phone
from .site import AUTHENTICATED, NON_SECURE, Device, effective

if TYPE_CHECKING:
    from .servers import CallManager
    from .simulation import Simulation

NO_ENTRY, MOST_EXCEEDED, CONNECTIVITY, AUTHENTICATION, CIPHER, PROTOCOL, SECURITY = 2, 5, 6, 10, 12, 15, 28
"""Reasons of Rejected ([V] AL15, [X] MIB)."""
MANUFACTURER = "Cisco Manufacturing CA SHA2"
"""The issuer of the factory certificates ([V] CERT15)."""


def refusal(sim: Simulation, phone: Phone, device: Device | None, node: CallManager) -> int | None:
    """Return why a node does not register a phone, None where it does. ``device``: as the database has it now."""
    if device is None:
        return NO_ENTRY
    mine = phone.configuration
    wanted = effective(device.configuration, mixed=node.loaded.mixed, oauth=node.loaded.oauth)
    if mine.protocol != wanted.protocol:
        return PROTOCOL
    if (mine.mode, mine.oauth) != (wanted.mode, wanted.oauth):
        return SECURITY
    if mine.mode == NON_SECURE:
        return None
    return _over_tls(sim, phone, device, node)


def _believes(sim: Simulation, phone: Phone, device: Device, certificate: str) -> bool:
    """Whether a phone believes the certificate of a CallManager.

    With SIP OAuth there need not be a CTL file: a phone asks TVS, a program the trust store of its computer ([I]).
    """
    if trust.knows(phone.ctl, phone.itl, certificate):
        return True
    return phone.configuration.oauth and (device.soft or sim.booting.vouched(phone, certificate))


def _over_tls(sim: Simulation, phone: Phone, device: Device, node: CallManager) -> int | None:
    behaviour = sim.behaviour
    oauth = phone.configuration.oauth
    server = node.loaded.certificate
    if not _believes(sim, phone, device, server):
        return CONNECTIVITY
    if phone.configuration.mode == AUTHENTICATED and (
        behaviour.minimum_tls == "1.3" or behaviour.strongest_ciphers_only
    ):
        return CIPHER
    if not oauth:
        issuer = device.lsc or (MANUFACTURER if device.mic else "")
        if not issuer:
            return SECURITY
        if issuer not in node.loaded.issuers and not (issuer == MANUFACTURER and behaviour.mic_trusted):
            return AUTHENTICATION
    if node.loaded.key_bits >= 4096 and node.secure >= behaviour.secure_phones_4096:
        return MOST_EXCEEDED
    return None
