# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads from the cluster's database which phones there are and what they are to do."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

from ..models import MODELS
from .site import Configuration, Device

if TYPE_CHECKING:
    from ..cluster import LabCluster

_PHONES = (
    "select d.pkid, d.name, d.description, d.tkmodel, d.tkdeviceprotocol, d.ctiid, d.lscissuername, d.fksecurityprofile, d.fkdevicepool "
    "from device d join typeclass c on c.enum = d.tkclass where c.name = 'Phone'"
)
_MEMBERS = (
    "select m.fkcallmanagergroup, n.name from callmanagergroupmember m join callmanager c on c.pkid = m.fkcallmanager "
    "join processnode n on n.pkid = c.fkprocessnode order by m.fkcallmanagergroup, m.priority"
)


class Population:
    """The phones of the database, read again when it has changed: all at once the first time, one by one after that."""

    def __init__(self, cluster: LabCluster) -> None:
        self._cluster = cluster
        self._read_at: Hashable = None
        self._known: dict[str, Device | None] = {}
        self._shared: dict[tuple[Any, ...], Configuration] = {}
        self._groups: dict[str, tuple[str, ...]] = {}
        self._profiles: dict[str, tuple[str, bool]] = {}
        self._addresses = self._read_addresses()
        self._machines = cluster.spec.machines()

    def _read_addresses(self) -> dict[str, str]:
        rows = self._cluster.database.execute("select fkdevice, lastknownipaddress from registrationdynamic")
        return dict(rows)

    def _refresh(self) -> bool:
        """Forget what was read before the last change; whether there was one."""
        generation = self._cluster.database.changes
        if generation == self._read_at:
            return False
        self._read_at = generation
        self._known = {}
        database, types = self._cluster.database, self._cluster.types
        members: dict[str, list[str]] = {}
        for group, node in database.execute(_MEMBERS):
            members.setdefault(group, []).append(node)
        pools = database.execute("select pkid, fkcallmanagergroup from devicepool")
        self._groups = {pool: tuple(members.get(group, ())) for pool, group in pools}
        flag = "sipoauthflag" if self._cluster.release_row.oauth else "'f'"
        profiles = database.execute(f"select pkid, tkdevicesecuritymode, {flag} from securityprofile")
        self._profiles = {
            pkid: (types.word("typedevicesecuritymode", mode), oauth == "t") for pkid, mode, oauth in profiles
        }
        return True

    def all(self) -> Mapping[str, Device]:
        """Return all phones by name."""
        self._refresh()
        self._known = {row[1]: self._device(row) for row in self._cluster.database.execute(_PHONES)}
        return {name: device for name, device in self._known.items() if device is not None}

    def one(self, name: str) -> Device | None:
        """Return one phone, None where the database has none of this name."""
        self._refresh()
        if name not in self._known:
            rows = self._cluster.database.execute(f"{_PHONES} and d.name = ?", (name,))
            self._known[name] = self._device(rows[0]) if rows else None
        return self._known[name]

    def _device(self, row: tuple[Any, ...]) -> Device:
        pkid, name, description, model, protocol, cti, issuer, profile, pool = row
        types = self._cluster.types
        model_name = types.word("typemodel", model)
        soft = model_name in MODELS and MODELS[model_name].prefix != "SEP"
        machine = self._machines.get(name, {})
        return Device(
            name=name,
            model=model,
            model_name=model_name,
            description=description,
            address=self._addresses.get(pkid, ""),
            lines=_numbers(cti, machine.get("lines", 1)),
            configuration=self._configuration(profile, pool, types.word("typedeviceprotocol", protocol)),
            soft=soft,
            mic=machine.get("mic", not soft),
            lsc=issuer or "",
            powered=machine.get("powered", True),
            flaps_s=machine.get("flaps_s", 0.0),
            lists=machine.get("trust_lists", "current"),
        )

    def _configuration(self, profile: str, pool: str, protocol: str) -> Configuration:
        servers = self._groups.get(pool, ())
        mode, oauth = self._profiles.get(profile, ("Non Secure", False))
        key = (servers, protocol, mode, oauth)
        return self._shared.setdefault(key, Configuration(*key))


def _numbers(cti: int, lines: int) -> tuple[str, ...]:
    """Directory numbers of a phone; the lab has no dial plan, so they are made up."""
    return (str(cti), *(f"{place}{cti:06d}" for place in range(2, lines + 1)))
