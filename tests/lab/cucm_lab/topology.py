# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The topology file: which clusters a run has. YAML, checked against ``schemas/topology.schema.json``."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jsonschema
import yaml

from .domain.configuration import BadValue, profile_columns
from .domain.installation import MOST_MEMBERS
from .domain.models import MODELS, TRUNK_PROFILE, models_of, standard_profile
from .domain.phones.settings import BadBehaviour, Behaviour
from .domain.releases import RELEASES
from .domain.services import CALLMANAGER, CTI_MANAGER, KINDS, TFTP
from .domain.settings import DEFAULT_TIMINGS
from .domain.spec import DEFAULT, AccountSpec, ClusterSpec, NodeSpec, Phones, Trunks
from .domain.type_tables import Types
from .platform_cli.settings import BadSetting
from .platform_cli.settings import check as check_cli_settings
from .texts import BadText, Texts, UnknownText
from .validation import best_error, json_path, not_xml, schema

FIRST_ADDRESS = ipaddress.IPv4Address("127.20.0.1")
DEFAULT_PORTS = {"https_port": 8443, "ssh_port": 2222}
DEFAULT_SERVICES = (CALLMANAGER, TFTP, CTI_MANAGER)
DEFAULT_ACCOUNTS = (
    AccountSpec("axl", "axladmin", 4),
    AccountSpec("axl", "axlread", 0),
    AccountSpec("cli", "admin", 4),
    AccountSpec("cli", "auditor", 0),
)
_OF_ONE_PLACE = ("address", "https_port", "ssh_port", "web_port")
"""What a clone does not take over from its original."""
_ANY_TEXT = ("texts", "cli", "inventory_vars", "accounts")
"""Keys whose texts do not go into XML, or are meant to break it."""


class TopologyError(Exception):
    """The topology is not usable. The message names the file, the place in it and what to do."""


Fail = Callable[[str, str, str], TopologyError]
"""Makes the error for a place in the topology, what is wrong there, and what to do."""


@dataclass(frozen=True)
class Topology:
    time_scale: float
    clusters: tuple[ClusterSpec, ...]


def _check_settings(cluster: dict[str, Any], at: str, fail: Fail) -> None:
    """Names of timings, CLI settings, texts and time zones: raises what ``fail`` makes."""
    for name in cluster.get("timings", {}):
        if name not in DEFAULT_TIMINGS:
            raise fail(f"{at}.timings", f"there is no {name!r}", f"One of: {', '.join(DEFAULT_TIMINGS)}.")
    if place := next(not_xml({name: cluster[name] for name in cluster if name not in _ANY_TEXT}), None):
        raise fail(f"{at}.{json_path(place)}", "has a character that XML 1.0 has not", "Leave it out.")
    for table, numbers in cluster.get("type_numbers", {}).items():
        if problem := Types.problem(table, numbers):
            raise fail(f"{at}.type_numbers.{table}", problem, "See type_tables.py.")
    oauth = RELEASES[cluster.get("release", "14")].oauth
    if cluster.get("expressway_c") and not oauth:
        raise fail(f"{at}.expressway_c", "this release has none", "Use 12.5 or later.")
    if cluster.get("tomcat_reuse") and cluster.get("release", "14") in ("11.5", "12.5"):
        raise fail(f"{at}.tomcat_reuse", "this release has none", "Use 14 or later.")
    if cluster.get("state", {}).get("sip_oauth_mode") == "enabled" and not oauth:
        raise fail(f"{at}.state.sip_oauth_mode", "this release has no SIP OAuth", "Use 12.5 or later.")
    for where, settings in (
        (f"{at}.cli", cluster.get("cli", {})),
        *((f"{at}.nodes[{n}].cli", node.get("cli", {})) for n, node in enumerate(cluster["nodes"])),
    ):
        try:
            check_cli_settings(settings)
        except BadSetting as error:
            raise fail(
                f"{where}.{error.name}", str(error), "See cucm_lab/platform_cli/settings.py."
            ) from None
    for name, text in cluster.get("texts", {}).items():
        try:
            Texts({name: text})
        except (UnknownText, BadText) as error:
            raise fail(f"{at}.texts.{name}", f"{type(error).__name__}: {error}", "See texts.py.") from None
    for place in (cluster, *cluster["nodes"]):
        try:
            ZoneInfo(place.get("timezone", "UTC"))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise fail(
                f"{at}: timezone", f"{place['timezone']!r} is not known", "Give a name such as Europe/Berlin."
            ) from None


def _phones(cluster: dict[str, Any], release: str, at: str, fail: Fail) -> tuple[Phones, ...]:
    """The groups of phones; checks their models and profiles, and the profiles of the topology's own."""
    models = [model.name for model in models_of(release)]
    profiles = {
        standard_profile(model, protocol): (model, protocol)
        for model in models
        for protocol in MODELS[model].protocols
    }
    for name, elements in cluster.get("phone_security_profiles", {}).items():
        where = f"{at}.phone_security_profiles.{name}"
        try:
            profile_columns(Types(), elements)
        except BadValue as error:
            raise fail(
                where, f"{error.element}: {error.value!r} is not known", "Use a word of AXL."
            ) from None
        profiles[name] = (elements.get("phoneType", ""), elements.get("protocol", "SIP"))
    wanted = cluster.get("phones", 0)
    groups = [{"count": wanted}] if isinstance(wanted, int) else wanted
    for index, group in enumerate(groups):
        where = f"{at}.phones[{index}]"
        if group.get("model", models[0]) not in models:
            raise fail(f"{where}.model", f"{group['model']!r} is not known", f"One of: {', '.join(models)}.")
        if group.get("security_profile", next(iter(profiles))) not in profiles:
            raise fail(
                f"{where}.security_profile",
                f"there is no {group['security_profile']!r}",
                "Give a standard profile, or describe it in phone_security_profiles.",
            )
        known = MODELS[group.get("model", models[0])].protocols
        if group.get("protocol", known[0]) not in known:
            raise fail(f"{where}.protocol", "the model does not speak it", f"One of: {', '.join(known)}.")
        if group.get("device_pool", DEFAULT) not in (DEFAULT, *cluster.get("device_pools", {})):
            raise fail(
                f"{where}.device_pool",
                f"there is no {group['device_pool']!r}",
                "Describe it in device_pools.",
            )
    return tuple(Phones(**group) for group in groups)


def _check_groups(cluster: dict[str, Any], at: str, fail: Fail) -> None:
    """CallManager groups have nodes of the cluster, device pools have groups, and phones behave in a way there is."""
    nodes = [node["name"] for node in cluster["nodes"]]
    groups = cluster.get("callmanager_groups", {})
    for name, members in groups.items():
        where = f"{at}.callmanager_groups.{name}"
        if not 1 <= len(members) <= MOST_MEMBERS or len(set(members)) < len(members):
            raise fail(where, f"{len(members)} members", f"Give 1 to {MOST_MEMBERS} different nodes.")
        if unknown := next((member for member in members if member not in nodes), None):
            raise fail(where, f"there is no node {unknown!r}", f"One of: {', '.join(nodes)}.")
    for name, group in cluster.get("device_pools", {}).items():
        if group not in (DEFAULT, *groups):
            where = f"{at}.device_pools.{name}"
            raise fail(where, f"there is no group {group!r}", "Describe it in callmanager_groups.")
    try:
        Behaviour().changed(cluster.get("phone_behaviour", {}))
    except BadBehaviour as error:
        where = f"{at}.phone_behaviour.{error.name}"
        raise fail(where, str(error), "See cucm_lab/domain/phones/settings.py.") from None


def _trunks(cluster: dict[str, Any], release: str, at: str, fail: Fail) -> tuple[Trunks, ...]:
    """The groups of SIP trunks; checks their names, their profiles, and the names of the topology's own profiles."""
    phones = {standard_profile(m.name, protocol) for m in models_of(release) for protocol in m.protocols}
    phones |= set(cluster.get("phone_security_profiles", {}))
    profiles = {TRUNK_PROFILE, *cluster.get("sip_trunk_security_profiles", {})}
    if both := sorted(phones & profiles):
        where = f"{at}.sip_trunk_security_profiles.{both[0]}"
        raise fail(where, "is the name of a phone security profile", "Give another one.")
    groups = tuple(Trunks(**group) for group in cluster.get("sip_trunks", ()))
    names: set[str] = set()
    for index, group in enumerate(groups):
        where = f"{at}.sip_trunks[{index}]"
        if group.security_profile not in profiles:
            remedy = "Give the standard profile, or describe it in sip_trunk_security_profiles."
            raise fail(f"{where}.security_profile", f"there is no {group.security_profile!r}", remedy)
        if twice := next((name for name in group.names if name in names), None):
            raise fail(f"{where}.name", f"{twice!r} is there twice", "Names must differ.")
        names.update(group.names)
    return groups


def load(path: str | Path, release: str | None = None) -> Topology:
    """Read and check a topology file. ``release`` takes the place of those in it. Raises TopologyError."""
    path = Path(path)
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise TopologyError(
            f"{path}: cannot be read: {error.strerror}. Give the path of a topology file."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TopologyError(f"{path}: is not YAML: {error}. Correct the file at that place.") from None
    if release is not None and isinstance(document, dict):
        for cluster in document.get("clusters") or ():
            if isinstance(cluster, dict):
                cluster["release"] = release
                cluster.pop("version", None)
    return parse(document, str(path))


def _with_clones(document: Any) -> Any:
    """Give a cluster that is a clone what it does not say itself; addresses and ports are its own."""
    described = document.get("clusters") if isinstance(document, dict) else None
    if not isinstance(described, list):
        return document
    known: dict[Any, dict[str, Any]] = {}
    for index, cluster in enumerate(described):
        if isinstance(cluster, dict):
            original = known.get(str(cluster.get("clone_of")), {})
            nodes = [
                {key: value for key, value in node.items() if key not in _OF_ONE_PLACE}
                for node in original.get("nodes", ())
            ]
            described[index] = {**original, **({"nodes": nodes} if nodes else {}), **cluster}
            known[str(cluster.get("name"))] = described[index]
    return document


def parse(document: Any, source: str = "topology") -> Topology:
    """Check a topology given as data. Raises TopologyError. ``source`` names it in messages."""

    def fail(where: str, what: str, remedy: str) -> TopologyError:
        return TopologyError(f"{source}: {where}: {what}. {remedy}")

    document = _with_releases_as_text(_with_clones(document))
    _check_schema(document, fail)
    addresses = _Addresses(document, fail)
    seed = document.get("seed", secrets.token_hex(8))
    clusters: list[ClusterSpec] = []
    for index, cluster in enumerate(document["clusters"]):
        at = f"clusters[{index}]"
        _check_name(cluster, [known.name for known in clusters], at, fail)
        _check_roles(cluster, at, fail)
        _check_settings(cluster, at, fail)
        _check_nodes(cluster, at, fail)
        _check_certificates(cluster, at, fail)
        _check_groups(cluster, at, fail)
        nodes = tuple(
            _node(node, cluster, document, addresses.take(node.get("address"))) for node in cluster["nodes"]
        )
        clusters.append(_cluster(cluster, nodes, seed, at, fail))
    return Topology(float(document.get("time_scale", 1)), tuple(clusters))


def _with_releases_as_text(document: Any) -> Any:
    """Turn releases into texts: an unquoted 12.5 or 14 is a number in YAML, and everybody writes it so."""
    for cluster in document.get("clusters", []) if isinstance(document, dict) else []:
        if isinstance(cluster, dict) and isinstance(cluster.get("release"), int | float):
            cluster["release"] = f"{cluster['release']:g}"
    return document


def _check_schema(document: Any, fail: Fail) -> None:
    validator = jsonschema.Draft202012Validator(schema("topology"))
    if error := best_error(validator.iter_errors(document)):
        allowed = error.schema.get("description") if isinstance(error.schema, dict) else None
        raise fail(json_path(error.absolute_path), error.message, allowed or "See docs/topologies.md.")


class _Addresses:
    """The addresses of all nodes of a run: those that the topology gives, and the free ones for the others."""

    def __init__(self, document: dict[str, Any], fail: Fail) -> None:
        """Take the given addresses. Raises what ``fail`` makes for one that is not loopback, or is given twice."""
        self._free = (str(FIRST_ADDRESS + number) for number in range(1 << 16))
        taken: dict[tuple[str, int], str] = {}
        for c, cluster in enumerate(document["clusters"]):
            for n, node in enumerate(cluster["nodes"]):
                if (address := node.get("address")) is None:
                    continue
                where = f"clusters[{c}].nodes[{n}].address"
                _check_loopback(address, where, fail)
                place = (address, _port("https_port", node, document))
                if place[1] and place in taken:
                    raise fail(
                        where, f"{address} is already used by {taken[place]}", "Give each node its own."
                    )
                taken[place] = node["name"]
        self._used = {address for address, _https_port in taken}

    def take(self, given: str | None) -> str:
        """Return the address a topology gives a node, or the next free one."""
        address = given or next(each for each in self._free if each not in self._used)
        self._used.add(address)
        return address


def _check_loopback(address: str, where: str, fail: Fail) -> None:
    remedy = "Give one of 127.0.0.0/8, or ::1."
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        raise fail(where, f"{address!r} is not an IP address", remedy) from None
    if not parsed.is_loopback:
        raise fail(where, f"{address} is not a loopback address", remedy)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _port(key: str, node: dict[str, Any], document: dict[str, Any]) -> int:
    """Return a node's port, of the node itself, of all nodes, or the lab's own: ``https_port``, ``ssh_port``."""
    return node.get(key, document.get(key, DEFAULT_PORTS[key]))


def _check_name(cluster: dict[str, Any], above: Sequence[str], at: str, fail: Fail) -> None:
    """A cluster has a name of its own, and is a clone only of one above it."""
    if cluster["name"] in above:
        raise fail(f"{at}.name", f"{cluster['name']} is there twice", "Give each cluster its own name.")
    original = cluster.get("clone_of")
    if original is not None and original not in above:
        raise fail(f"{at}.clone_of", f"there is no {original} before it", "Name a cluster above it.")


def _check_roles(cluster: dict[str, Any], at: str, fail: Fail) -> None:
    """The release is one the lab has, and one node is the publisher."""
    release = _release(cluster)
    if release not in RELEASES:
        raise fail(f"{at}.release", f"{release} is not known", f"One of {', '.join(RELEASES)}.")
    publishers = [node for node in cluster["nodes"] if node.get("role") == "publisher"]
    if len(publishers) != 1:
        raise fail(f"{at}.nodes", f"{len(publishers)} publishers", "Give exactly one node role: publisher.")


def _check_nodes(cluster: dict[str, Any], at: str, fail: Fail) -> None:
    """Nodes have names of their own, and activated services that can be activated."""
    names: set[str] = set()
    for n, node in enumerate(cluster["nodes"]):
        if node["name"] in names:
            raise fail(f"{at}.nodes[{n}].name", f"{node['name']} is there twice", "Names must differ.")
        names.add(node["name"])
        if _is_address(node["name"]) and "host_name" not in node:
            where = f"{at}.nodes[{n}].host_name"
            raise fail(
                where, "is missing for a node whose name is an address", "Give the name of the machine."
            )
        if not _is_address(node.get("ipv6", "::")) or ":" not in node.get("ipv6", "::"):
            raise fail(
                f"{at}.nodes[{n}].ipv6", f"{node['ipv6']!r} is no IPv6 address", "Give one such as fd00::1."
            )
        for s, service in enumerate(node.get("services", ())):
            if service not in KINDS or not KINDS[service].feature:
                features = ", ".join(name for name, kind in KINDS.items() if kind.feature)
                where = f"{at}.nodes[{n}].services[{s}]"
                raise fail(where, f"{service!r} is not a feature service", f"One of: {features}.")


def _check_certificates(cluster: dict[str, Any], at: str, fail: Fail) -> None:
    """Certificates of several servers are as the release makes them, and Tomcat's is reused only where there is one ([D] TN221070)."""
    release = RELEASES[_release(cluster)]
    shared = [name for name in ("multi_server_certificate", "multi_server_tomcat") if cluster.get(name)]
    if shared and cluster.get("tomcat") == "self_signed" and not release.tomcat_reuse:
        what = "this release signs no multi-server certificate itself"
        raise fail(f"{at}.{shared[0]}", what, "Use tomcat: ca, or release 14 or later.")
    if not cluster.get("tomcat_reuse"):
        return
    if not release.tomcat_reuse:
        raise fail(f"{at}.tomcat_reuse", "this release has none", "Use 14 or later.")
    if cluster.get("multi_server_certificate"):
        raise fail(
            f"{at}.tomcat_reuse", "CallManager has another certificate", "Leave out multi_server_certificate."
        )


def _release(cluster: dict[str, Any]) -> str:
    return cluster.get("release", "14")


def _node(node: dict[str, Any], cluster: dict[str, Any], document: dict[str, Any], address: str) -> NodeSpec:
    return NodeSpec(
        name=node["name"],
        role=node.get("role", "subscriber"),
        address=address,
        https_port=_port("https_port", node, document),
        ssh_port=_port("ssh_port", node, document),
        timezone=node.get("timezone", cluster.get("timezone", "UTC")),
        services=tuple(node.get("services", DEFAULT_SERVICES)),
        auto_registration=node.get("auto_registration", False),
        up=node.get("up", True),
        replication=node.get("replication", {}),
        uptime_s=node.get("uptime_s", 864000.0),
        tomcat=node.get("tomcat", cluster.get("tomcat", "ca")),
        ipv6=node.get("ipv6", ""),
        host_name=node.get("host_name", ""),
        web_port=node.get("web_port", document.get("web_port")),
        cli=node.get("cli", {}),
    )


def _cluster(
    cluster: dict[str, Any], nodes: tuple[NodeSpec, ...], seed: str, at: str, fail: Fail
) -> ClusterSpec:
    name, release = cluster["name"], _release(cluster)
    accounts = tuple(AccountSpec(**account) for account in cluster.get("accounts", ()))
    return ClusterSpec(
        name=name,
        release=release,
        version=cluster.get("version", RELEASES[release].version),
        nodes=nodes,
        accounts=accounts or DEFAULT_ACCOUNTS,
        imp_nodes=tuple(cluster.get("imp_nodes", ())),
        licence=cluster.get("licence", {}),
        image=cluster.get("image", "restricted"),
        ssh=cluster.get("ssh", "default"),
        lists_ctl_provider=cluster.get("lists_ctl_provider"),
        multi_server_certificate=cluster.get("multi_server_certificate", False),
        multi_server_tomcat=cluster.get("multi_server_tomcat", False),
        tomcat_reuse=cluster.get("tomcat_reuse", False),
        application_servers=cluster.get("application_servers", {}),
        enterprise_parameters={
            parameter: str(value) for parameter, value in cluster.get("enterprise_parameters", {}).items()
        },
        state=cluster.get("state", {}),
        timings=cluster.get("timings", {}),
        cli=cluster.get("cli", {}),
        axl=cluster.get("axl", {}),
        certificate_api=cluster.get("certificate_api", {}),
        phones=_phones(cluster, release, at, fail),
        callmanager_groups={
            group: tuple(members) for group, members in cluster.get("callmanager_groups", {}).items()
        },
        device_pools=cluster.get("device_pools", {}),
        phone_behaviour=cluster.get("phone_behaviour", {}),
        phone_security_profiles=cluster.get("phone_security_profiles", {}),
        sip_trunks=_trunks(cluster, release, at, fail),
        sip_trunk_security_profiles=cluster.get("sip_trunk_security_profiles", {}),
        expressway_c=cluster.get("expressway_c", {}),
        integrations=cluster.get("integrations", {}),
        type_numbers=cluster.get("type_numbers", {}),
        free_texts=tuple(cluster.get("free_texts", ())),
        texts=cluster.get("texts", {}),
        inventory_vars=cluster.get("inventory_vars", {}),
        key=f"{cluster.get('seed', seed)}/{cluster.get('clone_of') or name}",
    )
