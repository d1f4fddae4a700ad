# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of security modes, as operators write them and as the database stores them, and of services; and how things that
were counted are written. PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from .._facts import model

Facts = model.Facts

NON_SECURE = "non_secure"
MIXED = "mixed"
ENABLED = "enabled"
DISABLED = "disabled"
# The release has no such mode.
ABSENT = "absent"
UNKNOWN = "unknown"

# Enterprise parameters (wire-facts 3.1); the first two are display-only and set by the CLI alone.
MODE_PARAMETER = "ClusterSecurityMode"
SIP_OAUTH_PARAMETER = "ClusterSIPOAuthMode"
ROLLBACK_PARAMETER = "RollBackToPreGrayback"

_MODES = {"0": NON_SECURE, "1": MIXED}
_SIP_OAUTH = {"0": DISABLED, "1": ENABLED}


def mode_word(stored: str | None) -> str:
    """Return C(mixed), C(non_secure), or C(unknown) for a value no source documents."""
    return _MODES.get((stored or "").strip(), UNKNOWN)


def sip_oauth_word(stored: str | None) -> str:
    """Return C(enabled), C(disabled), C(absent) when the database has no such parameter, or C(unknown)."""
    return ABSENT if stored is None else _SIP_OAUTH.get(stored.strip(), UNKNOWN)


# Service names in the spelling of Control Center and the CLI (wire-facts 4.4, cli-facts 5).
CAPF = "Cisco Certificate Authority Proxy Function"
CTL_PROVIDER = "Cisco CTL Provider"
CALLMANAGER = "Cisco CallManager"
TFTP = "Cisco Tftp"
CTIMANAGER = "Cisco CTIManager"
TVS = "Cisco Trust Verification Service"
HAPROXY = "Cisco HAProxy"

# The ports phones register at in either mode, unless an administrator moved them: SCCP and SIP.
CALLMANAGER_PORTS = frozenset({2000, 5060})

# Names of the ports CallManager opens in SIP OAuth mode: for phones on premises, and for those behind Expressway.
SIP_OAUTH_PORTS: tuple[t.Literal["sip_oauth", "sip_oauth_mra"], ...] = ("sip_oauth", "sip_oauth_mra")

# What a node shows on them (cli-facts 3.4).
# The word of an inventory for a mode that is not to be touched.
UNCHANGED = "unchanged"
TOMCAT_UNITS = ("tomcat", "tomcat-ECDSA")

# Services that read the CTL file when they start. Sources disagree on the list (cli-facts 2.6), so this is their union,
# in the order in which phones need them: the new file must be served before phones come back to ask for it.
CTL_READERS = (TFTP, CALLMANAGER, CTIMANAGER)
# The order of restarts: last what phones fetch their files through, once there is something to fetch and a server to register at.
RESTARTED = (*CTL_READERS, HAPROXY)


def counted(number: int, thing: str) -> str:
    """Return a number with the word for what was counted, for example C(1 phone) and C(1,200 phones)."""
    return f"{number:,} {thing if number == 1 else f'{thing}s'}"
