# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What went wrong in real clusters, to be brought about by name (phone-facts 10). Each only sets the scene: the mechanisms do the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from .. import certificate_rows, trust_stores
from .surroundings import ROLLBACK

if TYPE_CHECKING:
    from ..cluster import LabCluster

Incident = Callable[["LabCluster"], None]


def _renew_everywhere(*units: str) -> Incident:
    """Renew certificates of all nodes, without anything between them."""

    def happen(cluster: LabCluster) -> None:
        for node in cluster.nodes.values():
            for unit in units:
                if unit in node.certificates and unit != "ITLRecovery":
                    cluster.renew(node, unit)
        if "ITLRecovery" in units:
            _renew_recovery(cluster)

    return happen


def _renew_recovery(cluster: LabCluster) -> None:
    """All nodes have the same ITLRecovery."""
    cluster.renew(cluster.publisher, "ITLRecovery")
    for node in cluster.nodes.values():
        node.certificates["ITLRecovery"] = cluster.publisher.certificates["ITLRecovery"]
    certificate_rows.fill(cluster)


def _without_capf(cluster: LabCluster) -> None:
    """CAPF is renewed, and the old one deleted from CallManager-trust, which is read at the next start."""
    old = cluster.publisher.certificates["CAPF"].certificate
    cluster.renew(cluster.publisher, "CAPF")
    new = cluster.publisher.certificates["CAPF"].certificate
    for node in cluster.nodes.values():
        store = node.trust_stores[trust_stores.CALLMANAGER]
        store.remove(old)
        store.put([new])
    certificate_rows.fill(cluster)


def _off_meanwhile(cluster: LabCluster) -> None:
    """Every second phone is off while TVS and ITLRecovery are renewed one after the other."""
    names = [phone.name for phone in cluster.phones.find("*")][::2]
    for name in names:
        cluster.phones.befall(name, {"powered": False})
    _renew_everywhere("TVS")(cluster)
    _renew_recovery(cluster)


def _rolled_back(cluster: LabCluster) -> None:
    """*Prepare Cluster for Rollback to pre 8.0* empties the ITL file, and leaves the CTL file as it is."""
    cluster.database.set_process_config(ROLLBACK, "T")


def _restored(cluster: LabCluster) -> None:
    """A backup from before the certificates were renewed is restored: the keys of the installation are back."""
    cluster.restore_certificates()


def _large_keys(cluster: LabCluster) -> None:
    for node in cluster.nodes.values():
        cluster.renew(node, "CallManager", bits=4096)


def _behave(**settings: object) -> Incident:
    def happen(cluster: LabCluster) -> None:
        cluster.phones.behave(settings)

    return happen


def _befall(**what: object) -> Incident:
    def happen(cluster: LabCluster) -> None:
        cluster.phones.befall("*", what)

    return happen


def _models(cluster: LabCluster) -> None:
    """Half of all phones are of a model that is lost in a reset of many; the others of one that never goes home."""
    names = sorted({phone.device.model_name for phone in cluster.phones.find("*")})
    cluster.phones.behave({"lost_on_bulk_reset": dict.fromkeys(names[::2], 0.5), "no_failback": names[1::2]})


INCIDENTS: Mapping[str, Incident] = {
    "all_anchors_renewed": _renew_everywhere("CallManager", "TVS", "ITLRecovery"),
    "capf_replaced": _without_capf,
    "itlrecovery_renewed": _renew_recovery,
    "off_during_renewal": _off_meanwhile,
    "rolled_back": _rolled_back,
    "backup_restored": _restored,
    "large_keys": _large_keys,
    "tftp_overloaded": _behave(tftp_requests_per_s=2.0, tftp_queue=20),
    "itl_too_long": _behave(itl_bytes=100),
    "refreshes_eaten": _befall(flaps_s=960.0),
    "refreshes_late": _befall(late=True),
    "odd_models": _models,
    "tls_1_3_only": _behave(minimum_tls="1.3"),
    "factory_roots_removed": _behave(mic_trusted=False),
}
"""By name; docs/phones.md says what comes of each."""
