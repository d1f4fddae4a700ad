# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Surroundings of phones that a test can change at will, without a database, servers or a clock."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cucm_lab.domain.phones.settings import Behaviour
from cucm_lab.domain.phones.simulation import Simulation
from cucm_lab.domain.phones.site import Configuration, Device, Files, Loaded, TftpLoaded, TrustList

BEGINNING = 1_750_000_000.0


def trust_list(
    name: str, signer: str, *certificates: str, tvs: Iterable[str] = (), **other: Any
) -> TrustList:
    return TrustList(name, signer, frozenset([signer, *certificates, *tvs]), frozenset(tvs), **other)


class Surroundings:
    """A cluster of nodes with certificates called after them: ``ccm pub``, ``tvs pub``, ``recovery``."""

    def __init__(self, nodes: Sequence[str]) -> None:
        self._nodes = list(nodes)
        self.phones: dict[str, Device] = {}
        self.loaded = {name: Loaded(certificate=f"ccm {name}", issuers=frozenset(["CAPF"])) for name in nodes}
        self.mixed = False
        self.oauth = False
        self.recovery = "recovery"
        self.ccm = {name: f"ccm {name}" for name in nodes}
        self.tvs = {name: f"tvs {name}" for name in nodes}
        self.ctl: TrustList | None = None
        self.version = 0
        self._files: dict[Any, Files] = {}

    def add(self, count: int, servers: Sequence[str], *, prefix: str = "SEP", **device: Any) -> list[str]:
        names = [f"{prefix}{len(self.phones) + n:012d}" for n in range(count)]
        wanted = {key: device.pop(key) for key in ("protocol", "mode", "oauth") if key in device}
        configuration = Configuration(tuple(servers), **wanted)
        for name in names:
            about: dict[str, Any] = {"model": 683, "model_name": "Cisco 8841", **device}
            self.phones[name] = Device(
                name,
                description="",
                address="10.0.0.1",
                lines=("1000", "1001"),
                configuration=configuration,
                **about,
            )
        return names

    def configure(self, names: Iterable[str], **changes: Any) -> None:
        for name in names:
            device = self.phones[name]
            self.phones[name] = replace(device, configuration=replace(device.configuration, **changes))
        self.version += 1

    def write_ctl(self, signer: str | None = None) -> None:
        self.ctl = trust_list(
            f"CTL {self.version}", signer or self.recovery, *self.ccm.values(), "CAPF certificate"
        )
        self.version += 1

    def go_mixed(self) -> None:
        """As ``utils ctl set-cluster mixed-mode`` leaves it: no service has started since."""
        self.mixed = True
        self.write_ctl()

    # -- Site -------------------------------------------------------------------------------------------

    def nodes(self) -> Sequence[str]:
        return self._nodes

    def devices(self) -> Mapping[str, Device]:
        return self.phones

    def device(self, name: str) -> Device | None:
        return self.phones.get(name)

    def generation(self) -> Hashable:
        return self.version

    def time_of_day(self, at: float) -> float:
        return at % 86400

    def load(self, node: str) -> Loaded:
        return replace(self.loaded[node], mixed=self.mixed, oauth=self.oauth, certificate=self.ccm[node])

    def load_tftp(self, node: str) -> TftpLoaded:
        return TftpLoaded(self.mixed, self.oauth)

    def files(self, node: str) -> Files:
        key = (node, self.recovery, self.ccm[node], *self.tvs.values(), id(self.ctl))
        if key not in self._files:
            itl = trust_list(f"ITL {key}", self.recovery, self.ccm[node], tvs=self.tvs.values())
            self._files[key] = Files(self.ctl, itl, self.ccm[node])
        return self._files[key]

    def tvs_certificate(self, node: str) -> str:
        return self.tvs[node]

    def known_certificates(self) -> frozenset[str]:
        return frozenset([self.recovery, *self.ccm.values(), *self.tvs.values()])


class Phones:
    """A simulation with a clock of its own, which stands still until a test moves it."""

    def __init__(
        self, site: Surroundings, seed: str = "", tftp: Sequence[str] = (), **behaviour: Any
    ) -> None:
        self.site = site
        self.sim = Simulation(site, Behaviour().changed(behaviour), BEGINNING, seed)
        for name in site.nodes():
            self.sim.inputs.begin(
                name,
                up=True,
                running_since=-86400.0,
                tftp=name in (tftp or site.nodes()[:1]),
                tvs=True,
            )
        self.sim.populate()

    @property
    def passed(self) -> float:
        return self.sim.now

    def wait(self, seconds: float) -> None:
        self.sim.advance(self.sim.now + seconds)

    def restart(self, node: str, *, down_s: float = 28.5) -> None:
        """As Control Center does it: the phones are told when the process has ended and when it runs again."""
        self.sim.inputs.callmanager_stopped(node)
        self.wait(down_s)
        self.sim.inputs.callmanager_started(node)

    def registered(self) -> dict[str, int]:
        return {name: len(node.phones) for name, node in self.sim.nodes.items()}

    def where(self, name: str) -> str | None:
        node = self.sim.phones[name].node
        return node.name if node and self.sim.phones[name] in node.phones else None

    def row(self, node: str, name: str) -> tuple[str, int] | None:
        """What call processing of a node itself knows of a phone."""
        entry = self.sim.nodes[node].ris.last(self.sim.phones[name])
        return (entry.status, entry.reason) if entry else None

    @property
    def out(self) -> tuple[int, int, float]:
        """Without a server now, at most at once, phone-seconds."""
        outage = self.sim.outage
        return outage.now, outage.most, outage.phone_seconds(self.sim.now)
