# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The security profiles of SIP trunks. PRIVATE to the collection. Read only."""

from __future__ import annotations

import typing as t

from .._cluster.database import Part, Row, flag, joined, number, split
from .._facts import records
from .._transport.axl import boolean

# Trunk profiles share the table of phone profiles and have the policies 1 and 8 (wire-facts 3.3 [C]). The other column's name
# implies that the plain transport is the incoming one [R].
QUESTION = Part(
    "sip_trunks",
    {
        "name": "securityprofile.name",
        "words": joined(["typedevicesecuritymode.name", "incoming.name", "outgoing.name"]),
        "digest_authentication": flag("securityprofile.digestauthall"),
        "trunks": number("count(device.pkid)"),
    },
    "from securityprofile left outer join device on device.fksecurityprofile=securityprofile.pkid "
    "left outer join typedevicesecuritymode on securityprofile.tkdevicesecuritymode=typedevicesecuritymode.enum "
    "left outer join typetransport as incoming on securityprofile.tktransport=incoming.enum "
    "left outer join typetransport as outgoing on securityprofile.tktransport_out=outgoing.enum "
    "where securityprofile.tksecuritypolicy in (1,8)",
    grouped=3,
)

# device.srtpallowed of trunks: SQL of public clients [C]. Whether there is a subject is enough: the column is wide, and every row of a
# union with it.
MEDIA = Part(
    "sip_trunks.media",
    {
        "name": "securityprofile.name",
        "peer_named": "case when nvl(securityprofile.x509subjectname,'')='' then 'f' else 't' end",
        "trunks": number("count(device.pkid)"),
        "srtp_allowed": number("sum(case when device.srtpallowed='t' then 1 else 0 end)"),
    },
    "from securityprofile left outer join device on device.fksecurityprofile=securityprofile.pkid "
    "where securityprofile.tksecuritypolicy in (1,8)",
    grouped=2,
)

_WORDS = ("security_mode", "incoming_transport", "outgoing_transport")


def states(rows: t.Iterable[Row]) -> dict[str, records.SipTrunkProfile]:
    """Return the security profiles of SIP trunks by name, each with how many C(trunks) use it."""
    return {row["name"]: _state(row) for row in rows}


def media(rows: t.Iterable[Row]) -> dict[str, records.SipTrunkMedia]:
    """Return, by security profile, how many SIP trunks have it and allow SRTP, and whether it has the peer's X.509 subject."""
    return {
        row["name"]: {
            "trunks": int(row["trunks"]),
            "srtp_allowed": int(row["srtp_allowed"]),
            "peer_named": boolean(row["peer_named"]),
        }
        for row in rows
    }


def _state(row: Row) -> records.SipTrunkProfile:
    words = {key: word.lower().replace(" ", "_") or None for key, word in split(_WORDS, row["words"]).items()}
    return {
        "security_mode": words["security_mode"],
        "incoming_transport": words["incoming_transport"],
        "outgoing_transport": words["outgoing_transport"],
        "digest_authentication": boolean(row["digest_authentication"]),
        "trunks": int(row["trunks"]),
    }
