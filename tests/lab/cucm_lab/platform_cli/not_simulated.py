# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands of the platform CLI that the lab does not have."""

from __future__ import annotations

_NOT_SIMULATED = (
    "file list",
    "file tail",
    "file view",
    "file get",
    "file search",
    "set cert",
    "set csr",
    "set password",
    "set tls",
    "show memory",
    "show network eth0",
    "show network route",
    "show packages",
    "show perf",
    "show process",
    "show risdb list",
    "show tech",
    "show trace",
    "show workingdir",
    "utils auditd",
    "utils capf",
    "utils core",
    "utils ctl reset",
    "utils dbreplication status",
    "utils diagnose",
    "utils disaster_recovery",
    "utils EnhancedSecurityMode",
    "utils fips",
    "utils firewall",
    "utils itl",
    "utils network",
    "utils ntp",
    "utils snmp",
    "utils sso",
    "utils system",
)
"""How commands begin that a device has ([D] CLI15) and the lab has not."""


def not_simulated(line: str) -> str | None:
    """The beginning of a line that a device would know and the lab does not; None: no device would know it either."""
    words = line.split()
    return next((each for each in _NOT_SIMULATED if words[: len(each.split())] == each.split()), None)
