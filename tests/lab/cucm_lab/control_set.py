# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``POST /clusters/NAME/set``: the administrator changes a cluster, or the test does. It writes no journal entry.

Each section of the body is checked, then each is carried out, so that a body with a mistake changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .domain import administrator, certificate_rows, free_texts, integrations, roles
from .domain.certificates import KeyPool, new_ssh_host_keys, read_pem
from .domain.phones.settings import BadBehaviour
from .domain.settings import DEFAULT_TIMINGS
from .domain.trust_stores import PHONE_SAST, TrustStore
from .platform_cli.settings import BadSetting
from .platform_cli.settings import check as check_cli_settings
from .texts import Texts
from .validation import json_path, not_xml

if TYPE_CHECKING:
    from .domain.cluster import LabCluster
    from .domain.node import LabNode
    from .lab import NodeServers

Body = Mapping[str, Any]

_BY_NODE = (
    "services",
    "ctl",
    "replication",
    "auto_registration",
    "nodes",
    "trust_stores",
    "certificates",
    "ports",
)
"""Sections whose keys are names of nodes."""


class Refusal(Exception):
    """A request that cannot be carried out: what is wrong, where, what to do."""

    def __init__(self, error: str, where: str, hint: str, status: int = 400) -> None:
        super().__init__(error)
        self.where, self.hint, self.status = where, hint, status


# -- checks ---------------------------------------------------------------------------------------------


def check(cluster: LabCluster, body: Body) -> None:
    """Whether :func:`apply` can carry it out. ``body`` fits the schema ``set``. Raises Refusal."""
    _check_characters(body)
    _check_node_names(cluster, body)
    _check_services(cluster, body)
    _check_trust_stores(cluster, body)
    _check_certificates(cluster, body)
    try:
        administrator.check(cluster, body)
    except administrator.CannotSet as problem:
        raise Refusal(str(problem), problem.where, problem.hint) from None
    usernames = [account.username for account in cluster.accounts]
    _check_known("account", body.get("accounts", {}), usernames, "accounts.")
    _check_known("timing", body.get("timings", {}), DEFAULT_TIMINGS, "timings.")
    _check_cli_settings(body)
    _check_phone_behaviour(cluster, body)
    _check_texts(body)


def _check_known(what: str, names: Any, known: Any, prefix: str) -> None:
    for name in names:
        if name not in known:
            raise Refusal(f"no {what} {name!r}", f"{prefix}{name}", f"One of: {', '.join(known)}.")


def _check_characters(body: Body) -> None:
    """Texts that XML cannot carry are only for the CLI, and for replaced texts."""
    for_xml = {name: section for name, section in body.items() if name not in ("texts", "cli")}
    if place := next(not_xml(for_xml), None):
        raise Refusal("has a character that XML 1.0 has not", json_path(place), "Leave it out.")


def _check_node_names(cluster: LabCluster, body: Body) -> None:
    for section in _BY_NODE:
        _check_known("node", body.get(section, {}), cluster.nodes, f"{section}.")
    for name in _nodes_to_renew(body):
        if name not in cluster.nodes:
            raise Refusal(f"no node {name!r}", "renew_tomcat", f"One of: {', '.join(cluster.nodes)}.")


def _check_services(cluster: LabCluster, body: Body) -> None:
    for node, services in body.get("services", {}).items():
        listed = [service.name for service in cluster.nodes[node].listed_services()]
        _check_known("service", services, listed, f"services.{node}.")
        for name, wanted in services.items():
            where = f"services.{node}.{name}"
            if "activated" in wanted and not cluster.nodes[node].services[name].deployable:
                hint = "Only feature services can be."
                raise Refusal(f"{name} is a network service", f"{where}.activated", hint)
            if wanted.get("started_at"):
                try:
                    datetime.fromisoformat(wanted["started_at"])
                except ValueError as error:
                    raise Refusal(str(error), f"{where}.started_at", "Give an ISO time.") from None


def _check_trust_stores(cluster: LabCluster, body: Body) -> None:
    for node, stores in body.get("trust_stores", {}).items():
        known = (*cluster.nodes[node].trust_stores, PHONE_SAST)
        _check_known("trust store", stores, known, f"trust_stores.{node}.")
        for name, texts in stores.items():
            for number, text in enumerate(texts):
                if read_pem(text) is None:
                    where = f"trust_stores.{node}.{name}[{number}]"
                    raise Refusal("is not one certificate", where, "Give a PEM text.")


def _check_certificates(cluster: LabCluster, body: Body) -> None:
    for node, units in body.get("certificates", {}).items():
        known = [unit for unit in cluster.nodes[node].certificates if not unit.startswith("tomcat")]
        _check_known("unit", units, known, f"certificates.{node}.")


def _check_cli_settings(body: Body) -> None:
    of_nodes = {f"nodes.{name}.cli": wanted.get("cli", {}) for name, wanted in body.get("nodes", {}).items()}
    for where, settings in {"cli": body.get("cli", {}), **of_nodes}.items():
        try:
            check_cli_settings(settings)
        except BadSetting as error:
            hint = "See cucm_lab/platform_cli/settings.py."
            raise Refusal(str(error), f"{where}.{error.name}", hint) from None


def _check_phone_behaviour(cluster: LabCluster, body: Body) -> None:
    try:
        cluster.phones.behaviour.changed(body.get("phone_behaviour", {}))
    except BadBehaviour as error:
        hint = "See cucm_lab/domain/phones/settings.py."
        raise Refusal(str(error), f"phone_behaviour.{error.name}", hint) from None


def _check_texts(body: Body) -> None:
    for name, text in body.get("texts", {}).items():
        try:
            Texts({name: text})
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            raise Refusal(what, f"texts.{name}", "GET .../texts lists them.") from None


def _nodes_to_renew(body: Body) -> list[str]:
    """The nodes that get new Tomcat certificates: the body gives one name or a list."""
    wanted = body.get("renew_tomcat", [])
    return [wanted] if isinstance(wanted, str) else wanted


# -- carrying it out ------------------------------------------------------------------------------------


async def apply(cluster: LabCluster, body: Body, servers: Mapping[str, NodeServers], keys: KeyPool) -> None:
    """Carry out what :func:`check` has let pass. ``servers``: of the cluster's nodes, by name."""
    cluster.phones.advance()
    _apply_to_database(cluster, body)
    cluster.image = body.get("image", cluster.image)
    if body.get("ssh", cluster.ssh) != cluster.ssh:
        cluster.ssh = body["ssh"]
        for each in servers.values():
            await each.restart_cli()
    for node, name, wanted in _services(cluster, body):
        _apply_to_service(cluster, node, name, wanted)
    # One moment for all nodes: a cluster's nodes have copies of one file.
    moment = cluster.clock.now()
    for node_name, what in body.get("ctl", {}).items():
        cluster.set_ctl_file(node_name, what, moment)
    _apply_to_accounts(cluster, body)
    _apply_settings(cluster, body)
    _apply_certificates(cluster, body, servers)
    _apply_to_phones(cluster, body)
    await _apply_to_nodes(cluster, body, servers, keys)


def _apply_to_database(cluster: LabCluster, body: Body) -> None:
    for name, value in body.get("database", {}).get("processconfig", {}).items():
        cluster.database.set_process_config(name, value)
    if "licence" in body:
        cluster.licence = replace(cluster.licence, **body["licence"])
        cluster.update_licence_rows()
    administrator.apply(cluster, body)
    for node, enabled in body.get("auto_registration", {}).items():
        cluster.database.execute(
            "update callmanager set autoregistrationenabled = ? where fkprocessnode = ?",
            ("t" if enabled else "f", cluster.nodes[node].pkid),
        )


def _services(cluster: LabCluster, body: Body) -> Iterator[tuple[LabNode, str, dict[str, Any]]]:
    for node_name, services in body.get("services", {}).items():
        for name, wanted in services.items():
            yield cluster.nodes[node_name], name, wanted


def _apply_to_service(cluster: LabCluster, node: LabNode, name: str, wanted: dict[str, Any]) -> None:
    service = node.services[name]
    if service.transition and not service.transition.done():
        service.transition.cancel()
    status = wanted.get("status")
    if "activated" in wanted:
        node.set_service_row_active(service.kind, wanted["activated"])
        status = status or ("Started" if wanted["activated"] else "Stopped")
    if status == "Started":
        service.begin(cluster.clock.now())
    elif status:
        service.status, service.started_at = status, None
    if "status" in wanted:
        service.stopped_by_operator = wanted["status"] == "Stopped"
    if wanted.get("started_at"):
        moment = datetime.fromisoformat(wanted["started_at"])
        service.started_at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    node.status_changed(service)


def _apply_to_accounts(cluster: LabCluster, body: Body) -> None:
    for account in cluster.accounts:
        wanted = body.get("accounts", {}).get(account.username, {})
        for key, value in wanted.items():
            setattr(account, key, value)
        if wanted.get("state") == "active":
            account.failures, account.locked_until = 0, None
    if "integrations" in body:
        cluster.integrations.update(body["integrations"])
        integrations.fill(cluster)
    if "accounts" in body or "integrations" in body:
        roles.fill(cluster)


def _apply_settings(cluster: LabCluster, body: Body) -> None:
    for name, text in body.get("texts", {}).items():
        cluster.texts.replace(name, text)
    cluster.timings.update(body.get("timings", {}))
    cluster.cli.update(body.get("cli", {}))
    cluster.axl.update(body.get("axl", {}))
    cluster.certificate_api.update(body.get("certificate_api", {}))


def _apply_to_phones(cluster: LabCluster, body: Body) -> None:
    """What befalls the machines; what the database says of them is with the rest of the configuration."""
    if "phone_behaviour" in body:
        cluster.phones.behave(body["phone_behaviour"])
    for names, wanted in body.get("phones", {}).items():
        cluster.phones.befall(names, wanted)
    if body.get("measure_outage"):
        cluster.phones.measure()


def _apply_certificates(cluster: LabCluster, body: Body, servers: Mapping[str, NodeServers]) -> None:
    """Trust stores, new Tomcat certificates, and texts that stand in the subjects of certificates too."""
    for node, stores in body.get("trust_stores", {}).items():
        for name, texts in stores.items():
            certificates = [each for text in texts if (each := read_pem(text))]
            cluster.nodes[node].trust_stores[name] = TrustStore(name, certificates)
    if "trust_stores" in body:
        certificate_rows.fill(cluster)
    for node, units in body.get("certificates", {}).items():
        for unit, wanted in units.items():
            cluster.renew(cluster.nodes[node], unit, **wanted)
    for name in _nodes_to_renew(body):
        cluster.renew_tomcat(cluster.nodes[name])
    if "free_texts" in body:
        free_texts.put(cluster, body["free_texts"])
    for each in servers.values():
        each.use_node_certificate()


async def _apply_to_nodes(
    cluster: LabCluster, body: Body, servers: Mapping[str, NodeServers], keys: KeyPool
) -> None:
    for name, values in body.get("replication", {}).items():
        cluster.nodes[name].replication = replace(cluster.nodes[name].replication, **values)
    for name, wanted in body.get("nodes", {}).items():
        if "tls_certificate" in wanted:
            servers[name].set_tls(wanted["tls_certificate"])
        if "ssh_host_key" in wanted:
            await servers[name].set_ssh(new_ssh_host_keys(keys.fresh()))
        cluster.nodes[name].own_cli.update(wanted.get("cli", {}))
        if "hangs" in wanted:
            cluster.phones.hang(name, wanted["hangs"])
        if "up" in wanted:
            cluster.nodes[name].up = wanted["up"]
            cluster.phones.node_changed(name)
            await servers[name].reconcile()
