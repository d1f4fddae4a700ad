# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AXL does with devices: what ``updatePhone`` writes, and which devices a reset, restart or apply reaches ([X] phone-facts 5.2).

Pure but for reading the database. A reset of a whole pool, group or profile reaches every member at once (phone-facts 5.2).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..domain import type_tables
from ..domain.configuration import OF_PHONES
from ..domain.database import Change
from .axl_faults import AxlFault, duplicate, not_found
from .axl_schema import Values

if TYPE_CHECKING:
    from ..domain.cluster import LabCluster

Row = dict[str, Any]

_MEMBERS = {
    "Phone": "where d.pkid = ?",
    "DevicePool": "where d.fkdevicepool = ?",
    "CallManagerGroup": "join devicepool p on p.pkid = d.fkdevicepool where p.fkcallmanagergroup = ?",
    "PhoneSecurityProfile": "where d.fksecurityprofile = ?",
}
"""The devices of an object, by the pkid of that."""
WORDS = {
    "Phone": "phone",
    "DevicePool": "device_pool",
    "CallManagerGroup": "callmanager_group",
    "PhoneSecurityProfile": "phone_security_profile",
}
"""What the journal calls them."""
_RESETS = {"Reset": "reset", "Restart": "restart", "Apply Configuration": "apply"}
_LATER_RESETS = ("Generate PRT", "Extended Config Pull")
"""[X] of later schemas; nothing is registered anew by them."""


def members(cluster: LabCluster, kind: str, pkid: str) -> list[str]:
    """The names of the devices that a request for an object reaches, registered or not."""
    rows = cluster.database.execute(f"select d.name from device d {_MEMBERS[kind]} order by d.name", (pkid,))
    return [name for (name,) in rows]


def device(cluster: LabCluster, name: str) -> tuple[str, str]:
    """The pkid and the name of a device, by name or uuid. Raises AxlFault."""
    found = cluster.database.execute(
        "select pkid, name from device where lower(name) = ? or pkid = ?",
        (name.lower(), name.strip("{}").lower()),
    )
    if not found:
        raise not_found(name)
    return found[0]


def reset_word(given: Values) -> str:
    """What ``doDeviceReset`` asks a device for. Raises AxlFault."""
    if "isHardReset" in given:
        return "reset" if given["isHardReset"] in ("t", "true", "1") else "restart"
    wanted = given["deviceResetType"]
    if wanted in _LATER_RESETS:
        raise AxlFault(-1, "axl.not_simulated", operation=wanted)
    if wanted not in _RESETS:
        raise AxlFault(-1, "axl.no_choice", name="deviceResetType", value=wanted)
    return _RESETS[wanted]


# -- updatePhone ------------------------------------------------------------------------------------------------

_TEXTS = {
    "description": "description",
    "loadInformation": "specialloadinformation",
    "authenticationString": "authenticationstring",
    "upgradeFinishTime": "upgradefinishtime",
}
_CHOICES = {
    "certificateOperation": ("tkcertificateoperation", "typecertificateoperation"),
    "authenticationMode": ("tkauthenticationmode", "typeauthenticationmode"),
    "keySize": ("tkkeysize", "typekeysize"),
    "keyOrder": ("tkkeyorder", "typekeyorder"),
    "ecKeySize": ("tkeckeysize", "typeeckeysize"),
}
_REFERENCES = {
    "devicePoolName": ("fkdevicepool", "devicepool"),
    "commonPhoneConfigName": ("fkcommonphoneconfig", "commonphoneconfig"),
    "sipProfileName": ("fksipprofile", "sipprofile"),
}
_KEY = ("name", "uuid", "newName", "securityProfileName")


def update_phone(cluster: LabCluster, given: Values, row: Row) -> Change:
    """``updatePhone``: what is sent is written; an element that the lab has no column for is refused."""
    columns: dict[str, Any] = {}
    for name, value in given.items():
        if name in _TEXTS:
            columns[_TEXTS[name]] = value or ""
        elif name in _CHOICES:
            columns[_CHOICES[name][0]] = _choice(cluster, name, value)
        elif name in _REFERENCES:
            columns[_REFERENCES[name][0]] = _referred(cluster, name, value)
        elif name not in _KEY:
            raise AxlFault(-1, "axl.not_simulated", operation=f"updatePhone {name}")
    if "newName" in given:
        columns["name"] = _new_name(cluster, given["newName"], row)
    if "securityProfileName" in given:
        columns["fksecurityprofile"] = _profile(cluster, given["securityProfileName"], row)
    if "certificateOperation" in given:
        columns |= _operation(cluster, given["certificateOperation"], row, columns)
    changed = {name: value for name, value in columns.items() if row[name] != value}
    return Change("phone", "update", row["name"], "device", row["pkid"], changed)


def _choice(cluster: LabCluster, element: str, value: str | None) -> int | None:
    table = _CHOICES[element][1]
    if element == "ecKeySize" and not value:
        return None
    if value not in type_tables.WORDS[table]:
        raise AxlFault(-1, "axl.no_choice", name=element, value=value)
    return cluster.types.number(table, value)


def _referred(cluster: LabCluster, element: str, value: str | None) -> str:
    """The pkid of what an element names, by name or uuid."""
    if not value:
        raise AxlFault(-1, "axl.empty", name=element)
    found = cluster.database.value(
        f"select pkid from {_REFERENCES[element][1]} where lower(name) = ? or pkid = ?",
        (value.lower(), value.strip("{}").lower()),
    )
    if found is None:
        raise not_found(value)
    return found


def _new_name(cluster: LabCluster, name: str | None, row: Row) -> str:
    if not name:
        raise AxlFault(-1, "axl.empty", name="newName")
    if cluster.database.value("select 1 from device where name = ? and pkid <> ?", (name, row["pkid"])):
        raise duplicate()
    return name


def _profile(cluster: LabCluster, value: str | None, row: Row) -> str:
    """The pkid of a security profile that goes with the model and protocol of a phone."""
    if not value:
        raise AxlFault(-1, "axl.empty", name="securityProfileName")
    found = cluster.database.records(
        f"select * from securityprofile where (lower(name) = ? or pkid = ?) and {OF_PHONES}",
        (value.lower(), value.strip("{}").lower()),
    )
    if not found:
        raise not_found(value)
    (profile,) = found
    universal = profile["tksecuritypolicy"] == 99
    if not universal and any(profile[name] != row[name] for name in ("tkmodel", "tkdeviceprotocol")):
        raise AxlFault(-1, "axl.profile_of_another_model", profile=profile["name"], name=row["name"])
    return profile["pkid"]


def _operation(cluster: LabCluster, operation: str, row: Row, columns: Row) -> Row:
    """What goes with an operation of CAPF: it is pending until the phone comes for it, and ends by itself ([R]).

    One that is taken back leaves no status of itself.
    """
    status = cluster.types.number
    if operation != "No Pending Operation":
        days = int(cluster.database.process_config("CAPFOperationDuration", "10") or 10)
        end = cluster.publisher.local_time() + timedelta(days=days)
        usual = columns.get("upgradefinishtime") or end.strftime("%Y:%m:%d:%H:%M")
        return {
            "tkcertificatestatus": status("typecertificatestatus", "Operation Pending"),
            "upgradefinishtime": usual,
        }
    if row["tkcertificatestatus"] == status("typecertificatestatus", "Operation Pending"):
        return {"tkcertificatestatus": status("typecertificatestatus", "None")}
    return {}
