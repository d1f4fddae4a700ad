# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words for security modes, in the inventory and in the database, and for services; and the wording of counts. PRIVATE to
the collection.
"""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

NON_SECURE = "non_secure"
MIXED = "mixed"
ENABLED = "enabled"
DISABLED = "disabled"
# The release does not have the mode.
ABSENT = "absent"
UNKNOWN = "unknown"

# Enterprise parameters (wire-facts 3.1); the first two are display-only and set only by the CLI.
MODE_PARAMETER = "ClusterSecurityMode"
SIP_OAUTH_PARAMETER = "ClusterSIPOAuthMode"
ROLLBACK_PARAMETER = "RollBackToPreGrayback"
# Phone Interaction on Certificate Update, from 14 on; its stored values are not published (wire-facts 3.2, phone-facts 5.4).
PHONE_INTERACTION_PARAMETER = "ResetPhonesOnCertChange"

_MODES = {"0": NON_SECURE, "1": MIXED}
_SIP_OAUTH = {"0": DISABLED, "1": ENABLED}


def mode_word(stored: str | None) -> str:
    """Return C(mixed), C(non_secure), or C(unknown) for an undocumented value."""
    return _MODES.get((stored or "").strip(), UNKNOWN)


def sip_oauth_word(stored: str | None) -> str:
    """Return C(enabled), C(disabled), C(absent) if the database lacks the parameter, or C(unknown)."""
    return ABSENT if stored is None else _SIP_OAUTH.get(stored.strip(), UNKNOWN)


# Service names in the spelling of Control Center and the CLI (wire-facts 4.4, cli-facts 5).
CAPF = "Cisco Certificate Authority Proxy Function"
CTL_PROVIDER = "Cisco CTL Provider"
CALLMANAGER = "Cisco CallManager"
TFTP = "Cisco Tftp"
CTIMANAGER = "Cisco CTIManager"
TVS = "Cisco Trust Verification Service"
HAPROXY = "Cisco HAProxy"

# The ports where phones register in either mode, unless an administrator moved them: SCCP and SIP.
CALLMANAGER_PORTS = frozenset({2000, 5060})

# Names of the ports CallManager opens in SIP OAuth mode: for phones on premises, and for those behind Expressway.
SIP_OAUTH_PORTS: tuple[t.Literal["sip_oauth", "sip_oauth_mra"], ...] = ("sip_oauth", "sip_oauth_mra")

# The most root certificates that phones accept for them (wire-facts 6 [D]).
MOST_IN_PHONE_EDGE = 16

# The inventory's word for a mode that must not be changed.
UNCHANGED = "unchanged"

# Services that read the CTL file when they start. Sources disagree on the list (cli-facts 2.6), so this is their union,
# in the order in which phones need them: the new file must be available before phones come back and request it.
CTL_READERS = (TFTP, CALLMANAGER, CTIMANAGER)
# The order of restarts. The service through which phones fetch files is last, once the files and a server to register with exist.
RESTARTED = (*CTL_READERS, HAPROXY)


def dated(time: str) -> str:
    """Return a time of a record (ISO 8601) in UTC as people write it; any other text stays as it is."""
    try:
        return datetime.fromisoformat(time).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return time


def shortened(lines: t.Sequence[str], most: int) -> list[str]:
    """Return at most C(most) lines, and how many more there are as another one."""
    more = len(lines) - most
    return [*lines[:most], *([f"and {more} more"] if more > 0 else [])]


def counted(number: int, thing: str) -> str:
    """Return a number with its noun, for example C(1 phone) and C(1,200 phones)."""
    return f"{number:,} {thing if number == 1 else f'{thing}s'}"
