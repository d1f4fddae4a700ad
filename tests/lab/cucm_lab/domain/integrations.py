# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What depends on a cluster beside its phones: voice mail, conference bridges, gateways, CTI applications; as rows of its database.

Tables, columns and numbers of classes: [C] wire-facts 3.3. Names of the security profiles of bridges: [D] Security Guide 14SU2, and the
default of public AXL clients. Invented: that a new cluster has a pilot without a number, and the number of the profiles' policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .database import new_pkid

if TYPE_CHECKING:
    from .cluster import LabCluster

TABLES = """
create table voicemessagingpilot (pkid text primary key, directorynumber text, description text, isdefault boolean);
"""
CTI_GROUP = "Standard CTI Secure Connection"
BRIDGE_PROFILES = {"Non Secure Conference Bridge": "Non Secure", "Encrypted Conference Bridge": "Encrypted"}
_POLICY = 6


def fill(cluster: LabCluster) -> None:
    """Let the tables say what is integrated now (``cluster.integrations``)."""
    database, wanted = cluster.database, cluster.integrations
    kinds = ("Conference Bridge", "Voice Mail", "Gateway")
    classes = [cluster.types.number("typeclass", name) for name in kinds]
    database.execute(f"delete from device where tkclass in ({','.join(map(str, classes))})")
    database.execute("delete from securityprofile where tksecuritypolicy = ?", (_POLICY,))
    database.execute("delete from voicemessagingpilot")
    for number in ["", *wanted.get("voice_mail_pilots", ())]:
        database.insert(
            "voicemessagingpilot",
            pkid=new_pkid(cluster.key, "voicemessagingpilot", number),
            directorynumber=number,
            isdefault="f" if number else "t",
        )
    for index in range(wanted.get("voice_mail_ports", 0)):
        _device(cluster, f"CiscoUM1-VI{index + 1}", "Voice Mail", "")
    for index in range(wanted.get("gateways", 0)):
        _device(cluster, f"AALN/S0/SU1/{index}@gateway", "Gateway", "")
    for profile, count in wanted.get("conference_bridges", {}).items():
        if profile:
            _bridge_profile(cluster, profile)
        for index in range(count):
            _device(cluster, f"CFB {profile or 'software'} {index + 1}", "Conference Bridge", profile)


def cti_users(cluster: LabCluster) -> None:
    """List the users that CTIManager is to let in by TLS alone."""
    database = cluster.database
    group = new_pkid(cluster.key, "dirgroup", CTI_GROUP)
    database.insert("dirgroup", pkid=group, name=CTI_GROUP, isstandard="t")
    for index in range(cluster.integrations.get("secure_cti_users", 0)):
        table = "enduser" if index % 2 else "applicationuser"
        pkid = new_pkid(cluster.key, "cti user", str(index))
        name = {"userid" if table == "enduser" else "name": f"cti-{index + 1}"}
        database.insert(table, pkid=pkid, **name)
        database.insert(f"{table}dirgroupmap", pkid=pkid, **{f"fk{table}": pkid, "fkdirgroup": group})


def _bridge_profile(cluster: LabCluster, name: str) -> None:
    mode = BRIDGE_PROFILES.get(name, "Non Secure")
    cluster.database.insert(
        "securityprofile",
        pkid=new_pkid(cluster.key, "securityprofile", name),
        name=name,
        tksecuritypolicy=_POLICY,
        tkdevicesecuritymode=cluster.types.number("typedevicesecuritymode", mode),
        isstandard="t",
    )


def _device(cluster: LabCluster, name: str, kind: str, profile: str) -> None:
    cluster.database.insert(
        "device",
        pkid=new_pkid(cluster.key, "device", name),
        name=name,
        tkclass=cluster.types.number("typeclass", kind),
        fksecurityprofile=new_pkid(cluster.key, "securityprofile", profile) if profile else None,
    )
