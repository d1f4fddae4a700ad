# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the administrator, or the test, changes in the configuration by the control API, as if in the GUI."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from .configuration import (
    ELEMENTS,
    PORTS,
    TRUNK_ELEMENTS,
    TYPES,
    Elements,
    certificate_columns,
    play_expressway,
    play_profile,
    play_trunk,
    play_trunk_profile,
    profile_names,
)

if TYPE_CHECKING:
    from .cluster import LabCluster


class Impossible(Exception):
    """A wish that cannot be fulfilled: where it stands, and what can be wished instead."""

    def __init__(self, what: str, where: str, hint: str) -> None:
        super().__init__(what)
        self.where = where
        self.hint = hint


def check(cluster: LabCluster, wishes: Mapping[str, Any]) -> None:
    """Whether :func:`apply` can do it. Raises Impossible."""
    database = cluster.database
    known = {(service, name) for service, name, _pkid in database.execute(_PARAMETERS)}
    for service, parameters in wishes.get("service_parameters", {}).items():
        for name in parameters:
            if (service, name) not in known:
                hint = "GET /clusters/NAME lists service_parameters."
                raise Impossible(f"no parameter {name!r}", f"service_parameters.{service}.{name}", hint)
    row = database.records("select * from callmanager limit 1")[0]
    possible = [name for name, column in PORTS.items() if column in row]
    for node, ports in wishes.get("ports", {}).items():
        for name in ports:
            if name not in possible:
                raise Impossible(
                    f"no port {name!r}", f"ports.{node}.{name}", f"One of: {', '.join(possible)}."
                )
    if "expressway_c" in wishes and not cluster.release_row.oauth:
        raise Impossible("this release has none", "expressway_c", "Use 12.5 or later.")
    _check_profiles(cluster, wishes, "phones", "phone_security_profiles", ELEMENTS)
    _check_profiles(cluster, wishes, "sip_trunks", "sip_trunk_security_profiles", TRUNK_ELEMENTS)
    classes = dict(
        database.execute("select d.name, c.name from device d join typeclass c on c.enum = d.tkclass")
    )
    for name in wishes.get("sip_trunks", {}):
        if classes.get(name, "Trunk") != "Trunk":
            raise Impossible(f"{name!r} is a {classes[name]}", f"sip_trunks.{name}", "Give another name.")


def _check_profiles(
    cluster: LabCluster, wishes: Mapping[str, Any], devices: str, section: str, elements: Elements
) -> None:
    """The words of the profiles in a section, and that the profiles exist which devices want."""
    mine, others = profile_names(cluster, trunks=section == "sip_trunk_security_profiles")
    for name, wanted in wishes.get(section, {}).items():
        if name in others:
            hint = "Give another name."
            raise Impossible(f"{name!r} is a profile of another kind", ".".join((section, name)), hint)
        for element, value in (wanted or {}).items():
            words = TYPES.get(elements[element][1] or "")
            if words is not None and value not in words:
                where = ".".join((section, name, element))
                raise Impossible(f"no {element} {value!r}", where, f"One of: {', '.join(words)}.")
        mine.add(name)
    for name, wanted in wishes.get(devices, {}).items():
        profile = (wanted or {}).get("security_profile")
        if profile is not None and profile not in mine:
            hint = f"GET /clusters/NAME lists {section}."
            raise Impossible(f"no profile {profile!r}", ".".join((devices, name, "security_profile")), hint)


_PARAMETERS = (
    "select t.name, c.paramname, c.pkid from processconfig c join typeservice t on t.enum = c.tkservice"
)


def apply(cluster: LabCluster, wishes: Mapping[str, Any]) -> None:
    """Do what :func:`check` has let pass. Nothing of it is in the journal."""
    database = cluster.database
    pkids = {(service, name): pkid for service, name, pkid in database.execute(_PARAMETERS)}
    for service, parameters in wishes.get("service_parameters", {}).items():
        for name, value in parameters.items():
            database.update("processconfig", pkids[service, name], {"paramvalue": value})
    for node, ports in wishes.get("ports", {}).items():
        pkid = database.value(
            "select pkid from callmanager where fkprocessnode = ?", (cluster.nodes[node].pkid,)
        )
        database.update("callmanager", pkid, {PORTS[name]: port for name, port in ports.items()})
    for host, details in wishes.get("expressway_c", {}).items():
        play_expressway(cluster, host, details)
    for name, elements in wishes.get("phone_security_profiles", {}).items():
        play_profile(cluster, name, elements)
    for names, wanted in wishes.get("phones", {}).items():
        _phones(cluster, names, wanted)
    for name, elements in wishes.get("sip_trunk_security_profiles", {}).items():
        play_trunk_profile(cluster, name, elements)
    for name, wanted in wishes.get("sip_trunks", {}).items():
        play_trunk(cluster, name, wanted)
    if "change_notifications" in wishes:
        cluster.notifications.put(wishes["change_notifications"])


def _phones(cluster: LabCluster, names: str, wanted: Mapping[str, str]) -> None:
    """Give phones (a name, or a shell glob) a ``security_profile``, or another ``certificate`` state."""
    database = cluster.database
    rows = database.execute(
        "select d.pkid, d.name from device d join typeclass c on c.enum = d.tkclass where c.name = 'Phone'"
    )
    found = [(pkid, name) for pkid, name in rows if fnmatchcase(name, names)]
    if "security_profile" in wanted:
        profile = database.value(
            "select pkid from securityprofile where name = ?", (wanted["security_profile"],)
        )
        database.execute_many(
            "update device set fksecurityprofile = ? where pkid = ?",
            [(profile, pkid) for pkid, _name in found],
        )
    if "certificate" in wanted:
        columns = [(certificate_columns(name, wanted["certificate"]), pkid) for pkid, name in found]
        database.execute_many(
            "update device set tkcertificatestatus = ?, tkcertificateoperation = ?, publickey = ? where pkid = ?",
            [(*each.values(), pkid) for each, pkid in columns],
        )
