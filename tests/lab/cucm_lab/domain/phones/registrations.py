# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The phones of a lab's cluster: the simulation, driven by the lab's clock whenever somebody asks or something changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from ..services import CALLMANAGER, TFTP, TVS, Service
from . import counters, rows
from .phone import Phone, State
from .restarts import APPLY, RESET, RESTART
from .settings import Behaviour
from .simulation import Simulation
from .surroundings import ClusterSite
from .view import RisRow

if TYPE_CHECKING:
    from ..cluster import LabCluster

RIS = "Cisco RIS Data Collector"


class ClusterPhones:
    """Everything about the registrations of one cluster; implements :class:`~.view.Registrations`.

    The phones are built when something changes or somebody asks for the first time, so that a cluster nobody asks about its phones
    costs nothing. Whatever changes what phones read or find calls :meth:`advance` first: the database before every write, services
    before a transition, and the few places that change certificates and trust lists (:meth:`touch`).
    """

    def __init__(self, cluster: LabCluster) -> None:
        self._cluster = cluster
        self._simulation: Simulation | None = None
        self._site: ClusterSite | None = None
        self._ready = False
        self.behaviour = Behaviour()

    def follow(self) -> None:
        """Hear of the services of all nodes from now on."""
        for node in self._cluster.nodes.values():
            node.status_listeners.append(self._service_changed)

    def begin(self) -> None:
        """The cluster stands as its topology says."""
        self._ready, self._simulation = True, None
        self.behaviour = Behaviour().changed(dict(self._cluster.spec.phone_behaviour))
        self._cluster.database.before_change = self.advance

    def end(self) -> None:
        """The cluster is being built again."""
        self._ready, self._simulation = False, None

    # -- time -------------------------------------------------------------------------------------------

    def advance(self) -> None:
        """Bring the phones to the present; before this moment nothing of what they read has changed since the last call."""
        if self._ready:
            self._advanced()

    def touch(self) -> None:
        """A certificate or a trust list is about to change."""
        if self._ready:
            self._advanced()
            assert self._site is not None
            self._site.touched += 1

    def _advanced(self) -> Simulation:
        if self._simulation is None:
            self._simulation = self._built()
        sim = self._simulation
        sim.advance(self._cluster.clock.now().timestamp() - sim.epoch)
        return sim

    def _built(self) -> Simulation:
        cluster = self._cluster
        self._site = ClusterSite(cluster)
        epoch = cluster.started_at.timestamp()
        sim = Simulation(self._site, self.behaviour, epoch, cluster.key)
        for node in cluster.nodes.values():
            started = node.services[CALLMANAGER].started_at
            ris = node.services[RIS].started_at
            sim.inputs.begin(
                node.name,
                up=node.up,
                running_since=started.timestamp() - epoch
                if started and _runs(node.services[CALLMANAGER])
                else None,
                tftp=_runs(node.services[TFTP]),
                tvs=_runs(node.services[TVS]),
                ris_since=ris.timestamp() - epoch if ris else None,
            )
        sim.populate()
        return sim

    # -- what happens to nodes --------------------------------------------------------------------------

    def _service_changed(self, service: Service) -> None:
        if not self._ready or service.name not in (CALLMANAGER, TFTP, TVS, RIS):
            return
        inputs, node, runs = self._advanced().inputs, service.node.name, _runs(service)
        if service.name == CALLMANAGER:
            (inputs.callmanager_started if runs else inputs.callmanager_stopped)(node)
        elif service.name == TFTP:
            inputs.tftp_runs(node, runs)
        elif service.name == TVS:
            inputs.tvs_runs(node, runs)
        elif runs:
            inputs.ris_started(node)

    def node_changed(self, name: str) -> None:
        """A node went down or came up."""
        inputs = self._advanced().inputs
        (inputs.came_up if self._cluster.nodes[name].up else inputs.down)(name)

    def hang(self, name: str, hangs: bool) -> None:
        """Let the CallManager of a node hang, or go on."""
        inputs = self._advanced().inputs
        (inputs.hang if hangs else inputs.resume)(name)

    def certificates_changed(self) -> None:
        """CallManager, TVS or CAPF have a new certificate: from release 14 on phones reset by themselves (5.4)."""
        if not self._ready or not self._cluster.release_row.reloads_tomcat:
            return
        sim = self._advanced()
        sim.inputs.reload()
        if self._cluster.database.process_config("ResetPhonesOnCertChange") == "T":
            sim.restarts.all_by_themselves()

    def behave(self, values: Mapping[str, Any]) -> None:
        """Take other settings. Raises BadBehaviour."""
        self.behaviour = self.behaviour.changed(dict(values))
        self._advanced().take(self.behaviour)

    # -- what the interfaces ask ------------------------------------------------------------------------

    def rows(self, node: str, names: Iterable[str] | None = None) -> Sequence[RisRow]:
        sim = self._advanced()
        return rows.phone_rows(sim, sim.nodes[node], names) if sim.nodes[node].up else []

    def state(self, node: str) -> tuple[float, int]:
        sim = self._advanced()
        ris = sim.nodes[node].ris
        return sim.epoch + ris.began_at, ris.changes(sim.now)

    def counters(self, node: str, object_name: str) -> Mapping[str, int] | None:
        sim = self._advanced()
        return counters.counters(sim, sim.nodes[node], object_name)

    def objects(self, node: str) -> Sequence[str]:
        return counters.objects(self._advanced().nodes[node])

    def apply(self, names: Iterable[str]) -> None:
        self._advanced().restarts.ask(names, APPLY)

    def restart(self, names: Iterable[str]) -> None:
        self._advanced().restarts.ask(names, RESTART)

    def reset(self, names: Iterable[str]) -> None:
        self._advanced().restarts.ask(names, RESET)

    def tftp_file(self, node: str, name: str) -> bytes | None:
        self._advanced()
        host = self._cluster.nodes[node]
        if not host.up or not _runs(host.services[TFTP]):
            return None
        if name == "CTLFile.tlv" or (name.startswith("CTL") and name.endswith(".tlv")):
            return host.ctl_file.content if host.ctl_file else None
        if name == "ITLFile.tlv" or (name.startswith("ITL") and name.endswith(".tlv")):
            return self._cluster.build_itl(host).content
        return None

    # -- what the control API asks ----------------------------------------------------------------------

    def find(self, pattern: str) -> list[Phone]:
        """Return the phones whose names fit a shell glob."""
        return [phone for name, phone in self._advanced().phones.items() if fnmatchcase(name, pattern)]

    def befall(self, pattern: str, wanted: Mapping[str, Any]) -> None:
        """Let something befall phones: ``powered``, ``connected``, ``in_call``, ``flaps_s``, ``late``, ``trust_lists``."""
        sim = self._advanced()
        for phone in self.find(pattern):
            if "trust_lists" in wanted:
                sim.upsets.give_lists(phone, wanted["trust_lists"])
            if "powered" in wanted:
                sim.upsets.power(phone, wanted["powered"])
            if "connected" in wanted:
                sim.upsets.connect(phone, wanted["connected"])
            if "in_call" in wanted:
                sim.upsets.call(phone, wanted["in_call"])
            if "flaps_s" in wanted:
                sim.upsets.flap(phone, wanted["flaps_s"])
            if wanted.get("late"):
                sim.upsets.late(phone)

    def measure(self) -> None:
        """Begin to measure the outage anew."""
        sim = self._advanced()
        sim.outage.begin(sim.now)

    def as_dict(self) -> dict[str, Any]:
        """Counts, and what the outage was since the measurement began: exact, whenever it is asked."""
        sim = self._advanced()
        powered = [phone for phone in sim.phones.values() if phone.powered]
        return {
            "phones": len(sim.phones),
            "powered_off": len(sim.phones) - len(powered),
            "registered": {name: len(node.phones) for name, node in sim.nodes.items()},
            "partially_registered": sum(
                phone.partial for phone in powered if phone.state is State.REGISTERED
            ),
            "unregistered": sum(phone.state not in (State.REGISTERED, State.BEREFT) for phone in powered),
            "refused_files": sum(phone.refused for phone in powered),
            "phones_without_server": sim.outage.now,
            "phones_without_server_max": sim.outage.most,
            "phone_seconds_out": round(sim.outage.phone_seconds(sim.now), 6),
            "measured_since": sim.epoch + sim.outage.began_at,
        }

    def described(self, pattern: str = "*") -> list[dict[str, Any]]:
        """Return what there is to say of phones, one by one."""
        return [_described(phone) for phone in self.find(pattern)]


def _runs(service: Service) -> bool:
    """Whether the process is there: one that is stopping still is."""
    return service.status in ("Started", "Stopping")


def _described(phone: Phone) -> dict[str, Any]:
    node = phone.node.name if phone.node is not None and phone in phone.node.phones else None
    return {
        "name": phone.name,
        "model": phone.device.model_name,
        "state": phone.state.value,
        "node": node,
        "partial": phone.partial and node is not None,
        "without_server": phone.out,
        "powered": phone.powered,
        "connected": phone.connected,
        "in_call": phone.in_call,
        "flaps_s": phone.flaps_s,
        "servers": list(phone.configuration.servers),
        "protocol": phone.configuration.protocol,
        "security_mode": phone.configuration.mode,
        "oauth": phone.configuration.oauth,
        "lsc_issuer": phone.device.lsc or None,
        "ctl_md5": phone.ctl.digest if phone.ctl else None,
        "itl_md5": phone.itl.digest if phone.itl else None,
        "refused_files": phone.refused,
    }
