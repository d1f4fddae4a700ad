# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What depends on the modes of a cluster beside its phones, as the database has it. PRIVATE to the collection. Read only.

Tables and columns: wire-facts 3.3 [C]; the classes 2 (gateway), 4 (conference bridge) and 8 (voice mail) from a capture of typeclass
[C]; the group of users whose CTI applications use TLS from the Security Guide 12.5(1)SU6 [D].
"""

from __future__ import annotations

import typing as t

from .._base.errors import ProtocolError
from .._cluster.database import Part, Row, number

CTI_GROUP = "Standard CTI Secure Connection"
_PILOTS = Part(
    "integrations.voicemail_pilots",
    {"pilot": "voicemessagingpilot.directorynumber"},
    "from voicemessagingpilot",
)


def _devices(name: str, device_class: int) -> Part:
    return Part(
        f"integrations.{name}",
        {"device_class": number("device.tkclass"), "devices": number("count(device.pkid)")},
        f"from device where device.tkclass={device_class}",
        grouped=1,
    )


_PORTS, _GATEWAYS = _devices("voicemail_ports", 8), _devices("gateways", 2)
_BRIDGES = Part(
    "integrations.conference_bridges",
    {"profile": "nvl(securityprofile.name,'')", "devices": number("count(device.pkid)")},
    "from device left outer join securityprofile on device.fksecurityprofile=securityprofile.pkid where device.tkclass=4",
    grouped=1,
)


def _cti_users(table: str) -> Part:
    members = f"{table}dirgroupmap"
    return Part(
        f"integrations.secure_cti_users.{table}",
        {"group_name": "dirgroup.name", "members": number(f"count({members}.fk{table})")},
        f"from dirgroup left outer join {members} on {members}.fkdirgroup=dirgroup.pkid where dirgroup.name='{CTI_GROUP}'",
        grouped=1,
    )


_CTI = tuple(_cti_users(table) for table in ("applicationuser", "enduser"))
QUESTIONS: tuple[Part, ...] = (_PILOTS, _PORTS, _BRIDGES, _GATEWAYS, *_CTI)
Answers = t.Callable[[str], list[Row]]


def voicemail_pilots(told: Answers) -> int:
    """Return how many voice mail pilots have a number; a new cluster has one without."""
    return sum(bool(row["pilot"].strip()) for row in told(_PILOTS.name))


def voicemail_ports(told: Answers) -> int:
    """Return how many voice mail ports there are."""
    return sum(int(row["devices"]) for row in told(_PORTS.name))


def gateways(told: Answers) -> int:
    """Return how many devices of gateways there are: an H.323 gateway, or an endpoint of one by MGCP or SCCP."""
    return sum(int(row["devices"]) for row in told(_GATEWAYS.name))


def conference_bridges(told: Answers) -> dict[str, int]:
    """Return by security profile how many conference bridges have it; the name is empty for those without one."""
    return {row["profile"].strip(): int(row["devices"]) for row in told(_BRIDGES.name)}


def secure_cti_users(told: Answers) -> int:
    """Return how many users are in the group whose CTI applications connect by TLS.

    Raises:
        ProtocolError: The database does not list the group.
    """
    rows = [row for part in _CTI for row in told(part.name)]
    if not rows:
        raise ProtocolError(
            f"The database does not list the access control group {CTI_GROUP}.",
            code="unreadable_output",
            remedy="Check User Management > User Settings > Access Control Group.",
        )
    return sum(int(row["members"]) for row in rows)
