# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How phones and call processing behave where nobody published it, or where the published value can be configured."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any


class BadBehaviour(ValueError):
    """A setting of :class:`Behaviour` that there is not, or that has a value of another type. ``name``: which."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The settings, in seconds (device time) unless the name says otherwise. Section numbers: phone-facts.

    Registering (3.2, 3.3): sip_registrations_per_s and sccp_registrations_per_s of one node ([P]); registration_queue: how many wait
    before 486 (invented); busy_retry_s: until the phone asks again (invented); tokens: how many phones may be on their way back at
    once (invented), token_retry_s: until a refused one asks again (invented); fallback_s and fallback_jitter_s: between two probes of
    a lost node ([C], jitter invented); initialization_s: from Started to InitializationState 100 (invented).

    Noticing (3.2): refresh_s: between two REGISTER of a SIP phone ([V]), refresh_timeout_s: until it gives up one that nobody takes
    ([C]), expiry_s: until a node drops a phone it hears nothing of ([P]); sccp_keepalive_s, sccp_keepalives: how many are missed
    ([P]); sccp_dead_s, sccp_dead_spread_s: TCP retries to a dead host ([P] 20 to 25); hang_timeout_s: until a request to a process
    that hangs is given up ([D] RFC 3261, 64 T1); connect_timeout_s: to a dead host (invented); all_failed_s: until a phone that has
    tried all servers restarts itself (invented).

    Restarts of a phone (section 12, row 12, all invented): reset_s, reset_spread_s, restart_s, restart_spread_s, apply_s;
    unconditional_apply: models whose apply is a restart; auto_reset_s: within which all phones reset by themselves after a change of
    certificates (row 20).

    Models, by name: no_failback: those that stay on the backup; lost_on_bulk_reset: with which probability a phone does not come back
    from a reset while more than bulk_reset phones are in one (10, case 15).

    Trust (section 4, 6): tvs_cache_s ([C]); mic_trusted: whether CallManager-trust has the roots of the factory certificates, which
    the lab's stores do not list (invented); minimum_tls and strongest_ciphers_only: of the nodes (10, case 16); secure_phones_4096:
    how many TLS phones a node with a key of 4096 bits takes (10, case 10); itl_bytes: the longest list a phone takes (10, case 12).

    TFTP (4.1): tftp_requests_per_s of one node (invented), tftp_queue: beyond it 503 ([V] 1,500 to 3,500).

    RIS (section 12, rows 1 and 19, invented unless marked): ris_lag_s, ris_store_days ([V] 3), ris_cleanup_hour ([V] 22), stop_reason
    of the rows of a node whose CallManager stops.

    perfmon_down: what PerfMon has of a CallManager that does not run: fault (the object is unknown), empty (no counters), stale (those
    of its end) (section 12, row 6, invented).
    """

    sip_registrations_per_s: float = 40.0
    sccp_registrations_per_s: float = 125.0
    registration_queue: int = 5000
    busy_retry_s: float = 30.0
    tokens: int = 10
    token_retry_s: float = 30.0
    fallback_s: float = 120.0
    fallback_jitter_s: float = 10.0
    initialization_s: float = 30.0
    refresh_s: float = 115.0
    refresh_timeout_s: float = 4.0
    expiry_s: float = 130.0
    sccp_keepalive_s: float = 30.0
    sccp_keepalives: int = 3
    sccp_dead_s: float = 20.0
    sccp_dead_spread_s: float = 5.0
    hang_timeout_s: float = 32.0
    connect_timeout_s: float = 4.0
    all_failed_s: float = 30.0
    reset_s: float = 90.0
    reset_spread_s: float = 30.0
    restart_s: float = 15.0
    restart_spread_s: float = 5.0
    apply_s: float = 5.0
    unconditional_apply: tuple[str, ...] = ()
    auto_reset_s: float = 300.0
    no_failback: tuple[str, ...] = ()
    lost_on_bulk_reset: dict[str, float] = field(default_factory=dict)
    bulk_reset: int = 10
    tvs_cache_s: float = 86400.0
    mic_trusted: bool = True
    minimum_tls: str = "1.2"
    strongest_ciphers_only: bool = False
    secure_phones_4096: int = 2000
    itl_bytes: int = 65536
    tftp_requests_per_s: float = 200.0
    tftp_queue: int = 3000
    ris_lag_s: float = 2.0
    ris_store_days: float = 3.0
    ris_cleanup_hour: int = 22
    stop_reason: int = 6
    perfmon_down: str = "fault"

    def changed(self, values: dict[str, Any]) -> Behaviour:
        """Return these settings with others, as JSON or YAML has them. Raises BadBehaviour."""
        kinds = {each.name: type(getattr(self, each.name)) for each in fields(self)}
        wanted: dict[str, Any] = {}
        for name, value in values.items():
            if name not in kinds:
                raise BadBehaviour(name, f"is not known; one of {', '.join(kinds)}")
            wanted[name] = _as_kind(name, value, kinds[name])
            if value not in _WORDS.get(name, (value,)):
                raise BadBehaviour(name, f"{value!r} does not fit; one of {', '.join(_WORDS[name])}")
        return replace(self, **wanted)


_WORDS = {"perfmon_down": ("fault", "empty", "stale"), "minimum_tls": ("1.0", "1.1", "1.2", "1.3")}


def _as_kind(name: str, value: Any, kind: type) -> Any:
    """Return a value as its setting has it. Raises BadBehaviour."""
    if kind is tuple and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    if kind is int and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if kind in (bool, str, dict) and isinstance(value, kind):
        return value
    raise BadBehaviour(name, f"{value!r} does not fit; it is a {kind.__name__} that is not negative")
