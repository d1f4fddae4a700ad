# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PerfMon counters that call processing, TFTP and CTI of a node feed (phone-facts 2.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from .phone import State
from .ris import PARTIAL
from .servers import CallManager
from .simulation import Simulation
from .site import AUTHENTICATED, ENCRYPTED

CALLMANAGER = "Cisco CallManager"
SIP_STATION = "Cisco SIP Station"
SYSTEM = "Cisco CallManager System Performance"
TFTP = "Cisco TFTP Server"
PHONES, LINES = "Cisco Phones", "Cisco Lines"
HEARTBEAT_S = 2.0
"""Seconds between two heartbeats (invented)."""
_STATES = 14
"""InitializationState goes from 1 to 14, then to 100 ([V] RTMT15)."""
_JABBER = {"TCT": "TCT", "BOT": "BOT", "TAB": "TAB", "CSF": "CSF"}
"""Prefix of a device name, and what the counter of its kind is called after."""


def _callmanager(sim: Simulation, node: CallManager) -> dict[str, int]:
    present = [(phone, entry) for phone, entry in node.ris.present() if entry.registered]
    kinds: Counter[str] = Counter()
    for phone, entry in present:
        mode, partly = phone.configuration.mode, entry.status == PARTIAL
        soft = phone.device.soft
        kinds["RegisteredOtherStationDevices" if soft else "RegisteredHardwarePhones"] += 1
        if soft and phone.name[:3] in _JABBER:
            kinds[f"Registered{_JABBER[phone.name[:3]]}JabberNonMRA"] += 1
        kinds["PartiallyRegisteredPhone"] += partly
        # Whether the authenticated ones include the encrypted ones is not published: here they do not.
        if mode == ENCRYPTED:
            kinds["EncryptedPartiallyRegisteredPhones" if partly else "EncryptedRegisteredPhones"] += 1
        elif mode == AUTHENTICATED:
            kinds["AuthenticatedPartiallyRegisteredPhone" if partly else "AuthenticatedRegisteredPhones"] += 1
        kinds["CallsActive"] += phone.in_call
        kinds["EncryptedCallsActive"] += phone.in_call and mode == ENCRYPTED
        kinds["AuthenticatedCallsActive"] += phone.in_call and mode == AUTHENTICATED
    counted = {name: kinds[name] for name in _ALWAYS}
    return {
        **counted,
        **{name: number for name, number in kinds.items() if name not in counted},
        "CallManagerHeartBeat": int((_alive_until(sim, node) - node.started_at) / HEARTBEAT_S),
        "InitializationState": _initialization(sim, node),
    }


_ALWAYS = (
    "RegisteredHardwarePhones",
    "RegisteredOtherStationDevices",
    "PartiallyRegisteredPhone",
    "AuthenticatedRegisteredPhones",
    "EncryptedRegisteredPhones",
    "AuthenticatedPartiallyRegisteredPhone",
    "EncryptedPartiallyRegisteredPhones",
    "CallsActive",
    "EncryptedCallsActive",
    "AuthenticatedCallsActive",
)


def _alive_until(sim: Simulation, node: CallManager) -> float:
    """A process that hangs has stopped to count."""
    return node.hung_at if node.hung else sim.now


def _initialization(sim: Simulation, node: CallManager) -> int:
    at = _alive_until(sim, node)
    if at >= node.ready_at:
        return 100
    whole = node.ready_at - node.started_at
    return 1 + min(_STATES - 1, int((at - node.started_at) / whole * _STATES))


def _sip_station(sim: Simulation, node: CallManager) -> dict[str, int]:
    return {
        "NewRegQueueSize": node.queues["SIP"].length(sim.now),
        "NewRegAccepted": node.accepted,
        "NewRegRejected": node.rejected,
        "TokensOutstanding": node.outstanding,
        "TokensAccepted": node.tokens_accepted,
        "TokensRejected": node.tokens_rejected,
        "ConfigMismatchesTemporary": 0,
        "ConfigMismatchesPersistent": sum(phone.refused for phone in node.phones),
        "DBTimeouts": 0,
    }


def _system(sim: Simulation, node: CallManager) -> dict[str, int]:
    return {
        "QueueSignalsPresent 1-High": 0,
        "QueueSignalsPresent 2-Normal": 0,
        "QueueSignalsPresent 3-Low": min(len(node.waiting), node.outstanding),
        "QueueSignalsPresent 4-Lowest": len(node.waiting),
        "CodeYellowEntryExit": 0,
        "AverageExpectedDelay": 0,
        "SkinnyDevicesThrottled": 0,
    }


def _tftp(sim: Simulation, node: CallManager) -> dict[str, int]:
    return {
        "HeartBeat": int((sim.now - node.tftp_started_at) / HEARTBEAT_S),
        "Requests": node.tftp_requests,
        "RequestsInProgress": min(5, node.tftp_queue.length(sim.now)),
        "RequestsNotFound": 0,
        "RequestsOverflow": node.tftp_overflows,
        "MaxServingCount": sim.behaviour.tftp_queue,
    }


def _phones(_sim: Simulation, node: CallManager) -> dict[str, int]:
    """One instance for each registered phone ([V] RTMT15)."""
    registered = sorted(phone.name for phone, entry in node.ris.present() if entry.registered)
    return {f"({name})\\CallsAttempted": 0 for name in registered}


def _lines(_sim: Simulation, node: CallManager) -> dict[str, int]:
    numbers = {
        number: phone.in_call and place == 0
        for phone in node.phones
        if phone.state is State.REGISTERED
        for place, number in enumerate(phone.device.lines)
    }
    return {f"({number})\\Active": int(busy) for number, busy in sorted(numbers.items())}


_OF_CALLMANAGER: Mapping[str, Callable[[Simulation, CallManager], dict[str, int]]] = {
    CALLMANAGER: _callmanager,
    SIP_STATION: _sip_station,
    SYSTEM: _system,
    PHONES: _phones,
    LINES: _lines,
}


def objects(node: CallManager) -> list[str]:
    """Return the objects that something on the node feeds now."""
    fed = list(_OF_CALLMANAGER) if node.up and node.running else []
    return [*fed, TFTP] if node.up and node.tftp is not None else fed


def counters(sim: Simulation, node: CallManager, name: str) -> dict[str, int] | None:
    """Return the counters of an object; None where nothing feeds it."""
    if name not in objects(node):
        return None
    return _tftp(sim, node) if name == TFTP else _OF_CALLMANAGER[name](sim, node)
