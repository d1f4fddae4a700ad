# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster as somebody describes it: its nodes, accounts, phones and settings, before it is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .models import DEFAULT_MODEL, TRUNK_PROFILE


@dataclass(frozen=True)
class Phones:
    """So many phones of a model with a profile; without one, with the model's built-in profile.

    certificate: how they stand with CAPF, of ``configuration.CERTIFICATES``.
    """

    count: int
    model: str = DEFAULT_MODEL
    security_profile: str | None = None
    certificate: str = "none"


@dataclass(frozen=True)
class Trunks:
    """SIP trunks with a profile: one, or ``count`` of them whose names are numbered from 1 on."""

    name: str = "SIP-Trunk"
    count: int | None = None
    description: str = ""
    security_profile: str = TRUNK_PROFILE

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
    cli: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ClusterSpec:
    """A cluster as the file describes it.

    imp_nodes: names of IM and Presence nodes, which are rows only. key: what the keys (pkid) of its rows are made from.
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
    tomcat_reuse: bool = False
    enterprise_parameters: dict[str, str] = field(default_factory=dict)
    type_numbers: dict[str, dict[str, int]] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    cli: dict[str, Any] = field(default_factory=dict)
    axl: dict[str, Any] = field(default_factory=dict)
    certificate_api: dict[str, Any] = field(default_factory=dict)
    phones: tuple[Phones, ...] = ()
    phone_security_profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    sip_trunks: tuple[Trunks, ...] = ()
    sip_trunk_security_profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    expressway_c: dict[str, dict[str, str]] = field(default_factory=dict)
    free_texts: tuple[str, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    inventory_vars: dict[str, Any] = field(default_factory=dict)
    key: str = ""
