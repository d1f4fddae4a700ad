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
    Elements,
    certificate_columns,
    profile_names,
    set_callmanager_group,
    set_expressway,
    set_ldap_host,
    set_phone_profile,
    set_sso_mode,
    set_trunk,
    set_trunk_profile,
)
from .type_tables import WORDS

if TYPE_CHECKING:
    from .cluster import LabCluster


class CannotSet(Exception):
    """A section of a ``set`` that cannot be carried out: where it stands, and what to write instead."""

    def __init__(self, what: str, where: str, hint: str) -> None:
        super().__init__(what)
        self.where = where
        self.hint = hint


def check(cluster: LabCluster, body: Mapping[str, Any]) -> None:
    """Whether :func:`apply` can do it. Raises CannotSet."""
    database = cluster.database
    known = {(service, name) for service, name, _pkid in database.execute(_PARAMETERS)}
    for service, parameters in body.get("service_parameters", {}).items():
        for name in parameters:
            if (service, name) not in known:
                hint = "GET /clusters/NAME lists service_parameters."
                raise CannotSet(f"no parameter {name!r}", f"service_parameters.{service}.{name}", hint)
    row = database.records("select * from callmanager limit 1")[0]
    possible = [name for name, column in PORTS.items() if column in row]
    for node, ports in body.get("ports", {}).items():
        for name in ports:
            if name not in possible:
                raise CannotSet(
                    f"no port {name!r}", f"ports.{node}.{name}", f"One of: {', '.join(possible)}."
                )
    if "expressway_c" in body and not cluster.release_row.oauth:
        raise CannotSet("this release has none", "expressway_c", "Use 12.5 or later.")
    _check_profiles(cluster, body, "phones", "phone_security_profiles", ELEMENTS)
    _check_profiles(cluster, body, "sip_trunks", "sip_trunk_security_profiles", TRUNK_ELEMENTS)
    _check_groups(cluster, body)
    classes = dict(
        database.execute("select d.name, c.name from device d join typeclass c on c.enum = d.tkclass")
    )
    for name in body.get("sip_trunks", {}):
        if classes.get(name, "Trunk") != "Trunk":
            raise CannotSet(f"{name!r} is a {classes[name]}", f"sip_trunks.{name}", "Give another name.")


def _check_groups(cluster: LabCluster, body: Mapping[str, Any]) -> None:
    """CallManager groups that exist have nodes that exist, and phones get device pools that exist."""
    groups = {name for (name,) in cluster.database.execute("select name from callmanagergroup")}
    pools = {name for (name,) in cluster.database.execute("select name from devicepool")}
    for name, members in body.get("callmanager_groups", {}).items():
        where = f"callmanager_groups.{name}"
        if name not in groups:
            raise CannotSet(f"no group {name!r}", where, f"One of: {', '.join(sorted(groups))}.")
        if unknown := next((member for member in members if member not in cluster.nodes), None):
            raise CannotSet(f"no node {unknown!r}", where, f"One of: {', '.join(cluster.nodes)}.")
    for names, wanted in body.get("phones", {}).items():
        pool = wanted.get("device_pool")
        if pool is not None and pool not in pools:
            hint = f"One of: {', '.join(sorted(pools))}."
            raise CannotSet(f"no device pool {pool!r}", f"phones.{names}.device_pool", hint)


def _check_profiles(
    cluster: LabCluster, body: Mapping[str, Any], devices: str, section: str, elements: Elements
) -> None:
    """The words of the profiles in a section, and that the profiles exist which devices want."""
    mine, others = profile_names(cluster, trunks=section == "sip_trunk_security_profiles")
    for name, wanted in body.get(section, {}).items():
        if name in others:
            hint = "Give another name."
            raise CannotSet(f"{name!r} is a profile of another kind", ".".join((section, name)), hint)
        for element, value in (wanted or {}).items():
            words = WORDS.get(elements[element][1] or "")
            if words is not None and value not in words:
                where = ".".join((section, name, element))
                raise CannotSet(f"no {element} {value!r}", where, f"One of: {', '.join(words)}.")
        mine.add(name)
    for name, wanted in body.get(devices, {}).items():
        profile = (wanted or {}).get("security_profile")
        if profile is not None and profile not in mine:
            hint = f"GET /clusters/NAME lists {section}."
            raise CannotSet(f"no profile {profile!r}", ".".join((devices, name, "security_profile")), hint)


_PARAMETERS = (
    "select t.name, c.paramname, c.pkid from processconfig c join typeservice t on t.enum = c.tkservice"
)


def apply(cluster: LabCluster, body: Mapping[str, Any]) -> None:
    """Do what :func:`check` has let pass. Nothing of it is in the journal."""
    database = cluster.database
    pkids = {(service, name): pkid for service, name, pkid in database.execute(_PARAMETERS)}
    for service, parameters in body.get("service_parameters", {}).items():
        for name, value in parameters.items():
            database.update("processconfig", pkids[service, name], {"paramvalue": value})
    for node, ports in body.get("ports", {}).items():
        pkid = database.value(
            "select pkid from callmanager where fkprocessnode = ?", (cluster.nodes[node].pkid,)
        )
        database.update("callmanager", pkid, {PORTS[name]: port for name, port in ports.items()})
    for host, details in body.get("expressway_c", {}).items():
        set_expressway(cluster, host, details)
    for name, elements in body.get("phone_security_profiles", {}).items():
        set_phone_profile(cluster, name, elements)
    for name, members in body.get("callmanager_groups", {}).items():
        set_callmanager_group(cluster, name, members)
    for names, wanted in body.get("phones", {}).items():
        _phones(cluster, names, wanted)
    for name, elements in body.get("sip_trunk_security_profiles", {}).items():
        set_trunk_profile(cluster, name, elements)
    for name, wanted in body.get("sip_trunks", {}).items():
        set_trunk(cluster, name, wanted)
    if "sso_mode" in body:
        set_sso_mode(cluster, body["sso_mode"])
    for host, details in body.get("ldap_hosts", {}).items():
        set_ldap_host(cluster, host, details)
    if "change_notifications" in body:
        cluster.notifications.put(body["change_notifications"])


def _phones(cluster: LabCluster, names: str, wanted: Mapping[str, str]) -> None:
    """Give phones (a name, or a shell glob) a ``security_profile``, a ``device_pool`` or another ``certificate`` state."""
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
    if "device_pool" in wanted:
        pool = database.value("select pkid from devicepool where name = ?", (wanted["device_pool"],))
        database.execute_many(
            "update device set fkdevicepool = ? where pkid = ?", [(pool, pkid) for pkid, _name in found]
        )
    if "certificate" in wanted:
        for pkid, name in found:
            database.update("device", pkid, certificate_columns(cluster, name, wanted["certificate"]))
