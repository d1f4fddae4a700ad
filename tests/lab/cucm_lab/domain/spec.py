# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster as somebody describes it: its nodes, accounts, phones and settings, before it is built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .models import DEFAULT_MODEL, MODELS, TRUNK_PROFILE, device_name, standard_profile

DEFAULT = "Default"
"""The device pool and CallManager group that every cluster has."""


@dataclass(frozen=True)
class Phones:
    """So many phones of a model with a profile; without one, with the model's built-in profile.

    certificate: how they stand with CAPF, of ``configuration.CERTIFICATES``. protocol: one of the model's, where it has more than one
    and no profile says it. device_pool: one of the topology, else Default. lines: directory numbers of each.

    The machines themselves: powered, mic (whether they left the factory with a certificate; None: as the model), trust_lists (current
    or none), flaps_s (seconds between two refreshes that the network eats; 0: none).
    """

    count: int
    model: str = DEFAULT_MODEL
    security_profile: str | None = None
    certificate: str = "none"
    protocol: str | None = None
    device_pool: str = DEFAULT
    lines: int = 1
    powered: bool = True
    mic: bool | None = None
    trust_lists: str = "current"
    flaps_s: float = 0.0

    @property
    def wanted_profile(self) -> str:
        """The name of their security profile."""
        protocol = self.protocol or MODELS[self.model].protocols[0]
        return self.security_profile or standard_profile(self.model, protocol)

    @property
    def machine(self) -> dict[str, Any]:
        """What the database does not have of them, where it is not the usual thing."""
        usual = Phones(self.count)
        names = ("lines", "powered", "mic", "trust_lists", "flaps_s")
        return {name: getattr(self, name) for name in names if getattr(self, name) != getattr(usual, name)}


@dataclass(frozen=True)
class Trunks:
    """SIP trunks with a profile: one, or ``count`` of them whose names are numbered from 1 on."""

    name: str = "SIP-Trunk"
    count: int | None = None
    description: str = ""
    security_profile: str = TRUNK_PROFILE
    srtp_allowed: bool = False

    @property
    def names(self) -> list[str]:
        if self.count is None:
            return [self.name]
        return [f"{self.name}-{number}" for number in range(1, self.count + 1)]


@dataclass(frozen=True)
class AccountSpec:
    kind: str
    username: str
    privilege: int
    password: str | None = None
    state: str = "active"
    has_role: bool = True
    roles: tuple[str, ...] | None = None
    end_user: bool = False


@dataclass(frozen=True)
class NodeSpec:
    name: str
    role: str
    address: str
    https_port: int
    ssh_port: int
    timezone: str
    services: tuple[str, ...]
    auto_registration: bool = False
    up: bool = True
    replication: dict[str, Any] = field(default_factory=dict)
    uptime_s: float = 864000.0
    tomcat: str = "ca"
    ipv6: str = ""
    host_name: str = ""
    web_port: int | None = None
    cli: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ClusterSpec:
    """A cluster as the file describes it.

    imp_nodes: names of IM and Presence nodes, which are rows only. application_servers: name, then type and address of servers
    outside the cluster that its administrator has entered, rows only too. multi_server_certificate, multi_server_tomcat: whether
    CallManager, and Tomcat, have one certificate for all nodes. tomcat_reuse: CallManager uses that of Tomcat.
    key: what the keys (pkid) of its rows are made from. callmanager_groups: names of nodes, by priority. device_pools: each with its
    group. phone_behaviour: settings of ``phones.settings.Behaviour``.
    """

    name: str
    release: str
    version: str
    nodes: tuple[NodeSpec, ...]
    accounts: tuple[AccountSpec, ...]
    imp_nodes: tuple[str, ...] = ()
    licence: dict[str, Any] = field(default_factory=dict)
    image: str = "restricted"
    ssh: str = "default"
    lists_ctl_provider: bool | None = None
    multi_server_certificate: bool = False
    multi_server_tomcat: bool = False
    tomcat_reuse: bool = False
    application_servers: dict[str, dict[str, str]] = field(default_factory=dict)
    enterprise_parameters: dict[str, str] = field(default_factory=dict)
    type_numbers: dict[str, dict[str, int]] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    cli: dict[str, Any] = field(default_factory=dict)
    axl: dict[str, Any] = field(default_factory=dict)
    certificate_api: dict[str, Any] = field(default_factory=dict)
    phones: tuple[Phones, ...] = ()
    callmanager_groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    device_pools: dict[str, str] = field(default_factory=dict)
    phone_behaviour: dict[str, Any] = field(default_factory=dict)
    phone_security_profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    sip_trunks: tuple[Trunks, ...] = ()
    sip_trunk_security_profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    expressway_c: dict[str, dict[str, str]] = field(default_factory=dict)
    integrations: dict[str, Any] = field(default_factory=dict)
    free_texts: tuple[str, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    inventory_vars: dict[str, Any] = field(default_factory=dict)
    key: str = ""

    def devices(self) -> Iterator[tuple[int, str, Phones]]:
        """The phones one by one: their number from 0 on, their name, their group."""
        number = 0
        for group in self.phones:
            for _each in range(group.count):
                yield number, device_name(group.model, number), group
                number += 1

    def machines(self) -> dict[str, dict[str, Any]]:
        """What the database does not have of a phone (:attr:`Phones.machine`), by name, where there is something."""
        wanted = {id(group): group.machine for group in self.phones}
        if not any(wanted.values()):
            return {}
        return {name: wanted[id(group)] for _number, name, group in self.devices() if wanted[id(group)]}
