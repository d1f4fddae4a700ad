# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the administrator, or the test, changes in the configuration by the control API, as if in the GUI."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from .configuration import ELEMENTS, PORTS, TYPES, play_profile
from .database import new_pkid

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
    profiles = {name for (name,) in database.execute("select name from securityprofile")}
    for name, elements in wishes.get("phone_security_profiles", {}).items():
        for element, value in (elements or {}).items():
            words = TYPES.get(ELEMENTS[element][1] or "")
            if words is not None and value not in words:
                where = f"phone_security_profiles.{name}.{element}"
                raise Impossible(f"no {element} {value!r}", where, f"One of: {', '.join(words)}.")
        profiles.add(name)
    for name, wanted in wishes.get("phones", {}).items():
        if wanted["security_profile"] not in profiles:
            hint = "GET /clusters/NAME lists phone_security_profiles."
            raise Impossible(
                f"no profile {wanted['security_profile']!r}", f"phones.{name}.security_profile", hint
            )


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
        _expressway(cluster, host, details)
    for name, elements in wishes.get("phone_security_profiles", {}).items():
        play_profile(cluster, name, elements)
    for names, wanted in wishes.get("phones", {}).items():
        _phones(cluster, names, wanted["security_profile"])
    if "change_notifications" in wishes:
        cluster.notifications.put(wishes["change_notifications"])


def _expressway(cluster: LabCluster, host: str, details: Mapping[str, str] | None) -> None:
    """Make, change (None: delete) an Expressway-C row: ``description``, ``x509``."""
    database = cluster.database
    names = {"description": "description", "x509": "x509subjectnameorsubjectalternatename"}
    columns = {names[key]: value for key, value in (details or {}).items()}
    pkid = database.value("select pkid from expresswaycconfiguration where hostnameorip = ?", (host,))
    if details is None:
        database.execute("delete from expresswaycconfiguration where hostnameorip = ?", (host,))
    elif pkid is None:
        pkid = new_pkid(cluster.name, "expresswaycconfiguration", host)
        empty = dict.fromkeys(names.values(), "")
        database.insert("expresswaycconfiguration", pkid=pkid, hostnameorip=host, **{**empty, **columns})
    else:
        database.update("expresswaycconfiguration", pkid, columns)


def _phones(cluster: LabCluster, names: str, profile: str) -> None:
    """Give phones (a name, or a shell glob) a security profile."""
    database = cluster.database
    pkid = database.value("select pkid from securityprofile where name = ?", (profile,))
    found = [row for row in database.execute("select name from device") if fnmatchcase(row[0], names)]
    database.execute_many(
        "update device set fksecurityprofile = ? where name = ?", [(pkid, *row) for row in found]
    )
