# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a cluster into facts. PRIVATE to the collection.

Changes nothing, and asks nothing twice. A node that cannot be reached, or a command the account may not run, costs the
facts it would have told and is listed under C(unavailable); a refused credential or an unproven identity ends the reading, unless
it is a subscriber's and whoever reads says that this costs its facts.
"""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from .._base.errors import CucmError, ProductFault, Refusal
from .._base.release import parse as parse_release
from .._cluster import database
from .._cluster.accounts import missing_account
from .._cluster.cluster import Cluster
from .._cluster.database import Part, Row
from .._cluster.nodes import Node
from .._cluster.parallel import each
from .._facts import model, records
from .._facts.model import Fact
from .._objects import (
    axl_account,
    callmanager_groups,
    callmanager_ports,
    expressway_c,
    integrations,
    logins,
    phone_security_profile,
    sip_trunk_profile,
    trust_store,
)
from .._printed import ports
from .._security import ctl, duties, licence, words
from .._security.phone_types import has_sip_oauth
from .._transport.axl import boolean
from .._transport.control_center import ServiceState
from . import by_cli, node_certificates, registrations
from .collector import Collector

_T = t.TypeVar("_T")


def gather(
    cluster: Cluster, subsets: t.Collection[str], *, subscribers_may_be_unproven: bool = False
) -> dict[str, t.Any]:
    """Return the facts of the named subsets; C(nodes) is always there.

    Args:
        cluster: The cluster.
        subsets: Any of C(model.SUBSETS).
        subscribers_may_be_unproven: Whether a subscriber that does not prove its identity costs its own facts only. Whoever
            changes the cluster by what is read leaves it out.

    Raises:
        AuthenticationError: A credential was refused. IdentityError: A node did not prove who it is.
    """
    collector = Collector(cluster.warn, subscribers_may_be_unproven=subscribers_may_be_unproven)
    if "version" in subsets:
        collector.put(model.RELEASE, collector.collect(model.RELEASE.reason, cluster.release) or "")
        collector.put(model.AXL_VERSION, cluster.axl.version if cluster.has_account("axl") else None)
    answers = cluster.ask(_questions(cluster, subsets))
    collector.put(model.NODES, [node.as_facts() for node in cluster.nodes])
    collector.put(model.PUBLISHER, cluster.publisher.name)
    collector.put(model.IDENTITY, cluster.identity)
    told = _Answers(cluster, answers)
    of_cli = set(subsets) & set(by_cli.SUBSETS)
    if of_cli and cluster.has_account("axl"):
        # Neither side waits for the other: they are different services of the nodes.
        with ThreadPoolExecutor(max_workers=1) as pool:
            cli_side = pool.submit(by_cli.gather, cluster, of_cli, collector)
            try:
                _gather_https(cluster, set(subsets), told, collector)
            except BaseException:
                collector.stop()
                raise
            cli_side.result()
    else:
        _gather_https(cluster, set(subsets), told, collector)
        if of_cli:
            by_cli.gather(cluster, of_cli, collector)
    # After the command line: a refused platform password is told by the side that the operator knows it from.
    if "trust_stores" in subsets:
        collector.keep(model.TRUST_STORES, lambda: trust_store.read(cluster))
    collector.facts.update(duties.derived(collector.facts))
    return collector.facts


# -- the database ----------------------------------------------------------------------------------------


def _questions(cluster: Cluster, subsets: t.Collection[str]) -> list[Part]:
    """Return what the database has to be asked; what only AXL is asked for is left out without its account."""
    parts = {"modes": [database.MODES], "parameters": [database.OAUTH_PARAMETERS]}
    if cluster.has_account("axl"):
        parts |= {
            "services": [database.ACTIVATION],
            "callmanagers": [database.CALLMANAGERS],
            "auto_registration": [database.CALLMANAGERS],
            "callmanager_groups": [*callmanager_groups.QUESTIONS],
            "security_profiles": [phone_security_profile.USAGE],
            "sip_trunks": [sip_trunk_profile.QUESTION, sip_trunk_profile.MEDIA],
            "integrations": [*integrations.QUESTIONS],
            "logins": [logins.SSO, logins.LDAP],
            "axl_roles": _questions_of_roles(cluster),
            "registrations": [*registrations.QUESTIONS],
        }
        if "phone_profiles" in subsets:
            parts["phone_profiles"] = [
                phone_security_profile.with_phones(has_sip_oauth(cluster.release_if_told()))
            ]
    wanted = [part for subset, asked in parts.items() if subset in subsets for part in asked]
    return list({part.name: part for part in wanted}.values())


def _questions_of_roles(cluster: Cluster) -> list[Part]:
    try:
        return axl_account.questions(cluster.username("axl"))
    except CucmError:
        # Why no account is known is said where its roles are read.
        return []


class _Answers:
    """What the database said, by the name of the question."""

    def __init__(self, cluster: Cluster, answers: t.Mapping[str, list[Row] | CucmError]) -> None:
        self._cluster = cluster
        self._answers = answers

    def __getitem__(self, part: str) -> list[Row]:
        """Return the rows of a part.

        Raises:
            CucmError: Why there are none; without an AXL account that it is missing.
        """
        if part not in self._answers:
            raise missing_account("axl")
        answer = self._answers[part]
        if isinstance(answer, CucmError):
            raise answer
        return answer


# -- AXL and Control Center ------------------------------------------------------------------------------


def _gather_https(cluster: Cluster, subsets: set[str], told: _Answers, collector: Collector) -> None:
    def keep(fact: Fact[_T], read: t.Callable[[], _T]) -> None:
        if fact.subset_name in subsets:
            collector.keep(fact, read)

    if "modes" in subsets:
        _keep_modes(told, collector)
    keep(model.LICENCE, lambda: read_licence(cluster).as_facts())
    keep(model.PARAMETERS, lambda: {row["paramname"]: row["paramvalue"] for row in told["parameters"]})
    keep(model.CALLMANAGER_GROUPS, lambda: callmanager_groups.states(told.__getitem__))
    keep(model.EXPRESSWAY_C, lambda: expressway_c.states(cluster))
    keep(model.SECURITY_PROFILES, lambda: phone_security_profile.read(cluster))
    keep(
        model.SECURITY_PROFILE_USAGE,
        lambda: phone_security_profile.usage_of(told[phone_security_profile.USAGE.name]),
    )
    keep(model.PHONE_PROFILES, lambda: phone_security_profile.with_phones_of(told["phone_profiles"]))
    keep(model.SIP_TRUNK_PROFILES, lambda: sip_trunk_profile.states(told["sip_trunks"]))
    keep(model.VOICEMAIL_PILOTS, lambda: integrations.voicemail_pilots(told.__getitem__))
    keep(model.VOICEMAIL_PORTS, lambda: integrations.voicemail_ports(told.__getitem__))
    keep(model.CONFERENCE_BRIDGES, lambda: integrations.conference_bridges(told.__getitem__))
    keep(model.GATEWAYS, lambda: integrations.gateways(told.__getitem__))
    keep(model.SECURE_CTI_USERS, lambda: integrations.secure_cti_users(told.__getitem__))
    keep(model.SIP_TRUNK_MEDIA, lambda: sip_trunk_profile.media(told[sip_trunk_profile.MEDIA.name]))
    keep(model.SSO_MODES, lambda: logins.sso_modes(told[logins.SSO.name]))
    keep(model.LDAP_HOSTS, lambda: logins.ldap_hosts(told[logins.LDAP.name]))
    keep(model.AXL_ROLES, lambda: _axl_roles(cluster, told))
    wanted = [fact for fact in (model.CALLMANAGERS, model.AUTO_REGISTRATION) if fact.subset_name in subsets]
    if wanted:
        _callmanagers(cluster, wanted, told, collector)
    if "services" in subsets:
        _services(cluster, told, collector)
    if model.NODE_CERTIFICATES.subset_name in subsets:
        node_certificates.gather(cluster, collector)
    if model.REGISTRATIONS.subset_name in subsets:
        registrations.gather(cluster, told.__getitem__, collector)


def _keep_modes(told: _Answers, collector: Collector) -> None:
    """Keep what one question tells; without its answer there is none of it."""
    found = collector.collect(model.SECURITY_MODE.reason, lambda: _modes(told["modes"]))
    if found is not None:
        collector.put(model.SECURITY_MODE, found["security_mode"])
        collector.put(model.SIP_OAUTH_MODE, found["sip_oauth_mode"])
        collector.put(model.ROLLBACK_TO_PRE_8, found["rollback_to_pre_8"])
        collector.put(model.PHONE_INTERACTION, found["phone_interaction"])


def _axl_roles(cluster: Cluster, told: _Answers) -> list[str]:
    username = cluster.username("axl")
    parts = axl_account.questions(username)
    if not parts:
        raise Refusal(
            "The name of the AXL account has characters that no user ID has.",
            remedy="Correct cucm_axl_username.",
        )
    return axl_account.roles(username, [told[part.name] for part in parts])


def _callmanagers(
    cluster: Cluster, wanted: t.Sequence[Fact[t.Any]], told: _Answers, collector: Collector
) -> None:
    """Each CallManager is asked once, whichever of its facts are wanted."""

    def read() -> dict[str, dict[str, t.Any]]:
        names = {row["node"]: row["name"] for row in told["callmanagers"]}
        return callmanager_ports.read_each(cluster, names)

    found = collector.collect(wanted[0].reason, read)
    if found is None:
        collector.same(wanted[0].reason, [fact.reason for fact in wanted])
        return
    if model.CALLMANAGERS in wanted:
        callmanagers: dict[str, records.CallManager] = {
            node: {"callmanager": each["callmanager"], "ports": each["ports"]} for node, each in found.items()
        }
        collector.put(model.CALLMANAGERS, callmanagers)
    if model.AUTO_REGISTRATION in wanted:
        automatic: dict[str, bool | None] = {
            each["callmanager"]: each["auto_registration"] for each in found.values()
        }
        collector.put(model.AUTO_REGISTRATION, automatic)


def _services(cluster: Cluster, told: _Answers, collector: Collector) -> None:
    fact = model.SERVICES
    activation = collector.collect(fact.reason, lambda: database.activation(told["services"])) or {}
    per_node = each(
        cluster.callmanager_nodes,
        lambda node: collector.collect(fact.key(node.name), lambda: read_services(cluster, node)),
    )
    collector.put(
        fact,
        {
            node.name: {
                state.name: _service_facts(
                    state, activation.get(node.name, {}).get(state.name), cluster.told_time(node)
                )
                for state in states.values()
            }
            for node, states in per_node.items()
            if states is not None
        },
    )


def _service_facts(
    state: ServiceState, in_database: bool | None, told_at: datetime | None
) -> records.Service:
    return {
        "present": state.present,
        "activated": state.activated,
        "in_database": in_database,
        "status": state.status,
        "reason_code": state.reason_code,
        "started_at": state.started_at.isoformat() if state.started_at else None,
        "started_zone": state.started_zone,
        "started_at_utc": _started_at_utc(state, told_at),
        "uptime": state.uptime,
    }


def _started_at_utc(state: ServiceState, told_at: datetime | None) -> str | None:
    # The node prints its local time without a zone; certificates are dated in UTC.
    if told_at is None or state.uptime is None:
        return None
    try:
        return (told_at - timedelta(seconds=state.uptime)).replace(tzinfo=None).isoformat()
    except OverflowError:
        return None


class Modes(t.TypedDict):
    """What the database has of the modes."""

    security_mode: str
    sip_oauth_mode: str
    rollback_to_pre_8: bool | None
    phone_interaction: str | None


def _modes(rows: t.Iterable[Row]) -> Modes:
    stored = {row["paramname"].lower(): row["paramvalue"] for row in rows}
    rollback = stored.get(words.ROLLBACK_PARAMETER.lower())
    return {
        "security_mode": words.mode_word(stored.get(words.MODE_PARAMETER.lower())),
        "sip_oauth_mode": words.sip_oauth_word(stored.get(words.SIP_OAUTH_PARAMETER.lower())),
        "rollback_to_pre_8": None if rollback is None else boolean(rollback),
        "phone_interaction": stored.get(words.PHONE_INTERACTION_PARAMETER.lower()),
    }


# -- one fact alone, for those who change it -------------------------------------------------------------


def read_modes(cluster: Cluster) -> Modes:
    """Return both modes and the rollback flag as the database has them."""
    return _modes(cluster.query(database.MODES.alone()))


def read_ctl(cluster: Cluster, node: Node) -> ctl.CtlFile:
    """Return a node's CTL file."""
    return ctl.parse(cluster.run(node, "show ctl", end=ctl.END))


def read_services(cluster: Cluster, node: Node, *names: str) -> dict[str, ServiceState]:
    """Return the states of a node's services (all when none is named)."""
    return cluster.control_center(node).states(*names)


def read_licence(cluster: Cluster) -> licence.Licence:
    """Return the smart licence, by AXL or, without an AXL account, by the CLI."""
    return cluster.either(
        lambda: _licence_by_axl(cluster),
        lambda: licence.from_cli(cluster.run(None, "show license all")),
    )


def _licence_by_axl(cluster: Cluster) -> licence.Licence:
    if parse_release(cluster.release_if_told()).major == 11:
        raise ProductFault(
            "Release 11.5 has no smart licence; its licence manager holds an encryption licence.",
            code="not_in_this_release",
            remedy="Look at the licence manager, and attest the licence.",
        )
    return licence.from_axl(cluster.axl.call("getSmartLicenseStatus", []))


def activated_in_database(cluster: Cluster, node: Node, service: str) -> bool | None:
    """Return whether the database has a service activated at a node; None when it has no row of it."""
    rows = cluster.query(database.ACTIVATION.alone())
    return database.activation(rows).get(node.name, {}).get(service)


def read_listening(cluster: Cluster, node: Node) -> list[int]:
    """Return the TCP ports a node listens on."""
    return ports.listening(cluster.run(node, "show open ports regexp LISTEN"))
