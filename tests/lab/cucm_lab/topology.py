# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The topology file: which clusters a run has. YAML, checked against ``schemas/topology.schema.json``."""

from __future__ import annotations

import ipaddress
import json
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jsonschema
import yaml

from .domain.configuration import TRUNK_PROFILE, BadValue, Phones, Trunks, profile_columns
from .domain.models import MODELS, models_of, standard_profile
from .domain.releases import RELEASES
from .domain.services import CALLMANAGER, CTI_MANAGER, KINDS, TFTP
from .domain.settings import DEFAULT_TIMINGS
from .platform_cli.settings import BadSetting
from .platform_cli.settings import check as check_cli_settings
from .texts import BadText, Texts, UnknownText

FIRST_ADDRESS = ipaddress.IPv4Address("127.20.0.1")
DEFAULT_SERVICES = (CALLMANAGER, TFTP, CTI_MANAGER)


class TopologyError(Exception):
    """The topology is not usable. The message names the file, the place in it and what to do."""


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
    enterprise_parameters: dict[str, str] = field(default_factory=dict)
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


@dataclass(frozen=True)
class Topology:
    time_scale: float
    clusters: tuple[ClusterSpec, ...]


def _check_settings(cluster: dict[str, Any], at: str, fail: Callable[..., TopologyError]) -> None:
    """Names of timings, CLI settings, texts and time zones: raises what ``fail`` makes."""
    for name in cluster.get("timings", {}):
        if name not in DEFAULT_TIMINGS:
            raise fail(f"{at}.timings", f"there is no {name!r}", f"One of: {', '.join(DEFAULT_TIMINGS)}.")
    if place := next(not_xml({name: cluster[name] for name in cluster if name not in _ANY_TEXT}), None):
        raise fail(f"{at}.{json_path(place)}", "has a character that XML 1.0 has not", "Leave it out.")
    oauth = RELEASES[cluster.get("release", "14")].oauth
    if cluster.get("expressway_c") and not oauth:
        raise fail(f"{at}.expressway_c", "this release has none", "Use 12.5 or later.")
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


def _phones(
    cluster: dict[str, Any], release: str, at: str, fail: Callable[..., TopologyError]
) -> tuple[Phones, ...]:
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
            profile_columns(elements)
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
    return tuple(Phones(**group) for group in groups)


def _trunks(
    cluster: dict[str, Any], release: str, at: str, fail: Callable[..., TopologyError]
) -> tuple[Trunks, ...]:
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


DEFAULT_ACCOUNTS = (
    AccountSpec("axl", "axladmin", 4),
    AccountSpec("axl", "axlread", 0),
    AccountSpec("cli", "admin", 4),
    AccountSpec("cli", "auditor", 0),
)


def schema(name: str) -> dict[str, Any]:
    """A published JSON Schema by its short name (``topology``, ``fault``, ``set``, ...)."""
    text = resources.files("cucm_lab").joinpath("schemas", f"{name}.schema.json").read_text("utf-8")
    return json.loads(text)


def json_path(path: Any) -> str:
    """A place in a document, as ``clusters[0].nodes[2].role``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text or "(top level)"


def best_error(errors: Any) -> jsonschema.ValidationError | None:
    return jsonschema.exceptions.best_match(errors)


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OF_ONE_PLACE = ("address", "https_port", "ssh_port")
_ANY_TEXT = ("texts", "cli", "inventory_vars", "accounts")
"""What does not go into XML as it is, or shall go there broken."""


def not_xml(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of texts that XML 1.0 cannot carry, names of keys included."""
    if isinstance(value, str):
        if _NOT_XML.search(value):
            yield path
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from not_xml(key, (*path, key))
            yield from not_xml(item, (*path, key))


def load(path: str | Path) -> Topology:
    """Read and check a topology file. Raises TopologyError."""
    path = Path(path)
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise TopologyError(
            f"{path}: cannot be read: {error.strerror}. Give the path of a topology file."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TopologyError(f"{path}: is not YAML: {error}. Correct the file at that place.") from None
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

    document = _with_clones(document)
    for cluster in document.get("clusters", []) if isinstance(document, dict) else []:
        # An unquoted 12.5 or 14 is a number in YAML; everybody writes it so.
        if isinstance(cluster, dict) and isinstance(cluster.get("release"), int | float):
            cluster["release"] = f"{cluster['release']:g}"
    validator = jsonschema.Draft202012Validator(schema("topology"))
    if error := best_error(validator.iter_errors(document)):
        allowed = error.schema.get("description") if isinstance(error.schema, dict) else None
        raise fail(json_path(error.absolute_path), error.message, allowed or "See the README, 'Topologies'.")

    addresses = iter(str(FIRST_ADDRESS + n) for n in range(1 << 16))
    taken: dict[str, str] = {}
    for c, cluster in enumerate(document["clusters"]):
        for n, node in enumerate(cluster["nodes"]):
            where = f"clusters[{c}].nodes[{n}].address"
            if (address := node.get("address")) is None:
                continue
            try:
                parsed = ipaddress.ip_address(address)
            except ValueError:
                raise fail(
                    where, f"{address!r} is not an IP address", "Give one of 127.0.0.0/8, or ::1."
                ) from None
            if not parsed.is_loopback:
                raise fail(where, f"{address} is not a loopback address", "Give one of 127.0.0.0/8, or ::1.")
            key = f"{address}:{node.get('https_port', document.get('https_port', 8443))}"
            if key in taken:
                raise fail(where, f"{address} is already used by {taken[key]}", "Give each node its own.")
            taken[key] = node["name"]
    used = {key.rsplit(":", 1)[0] for key in taken}

    clusters: list[ClusterSpec] = []
    names: set[str] = set()
    any_seed = secrets.token_hex(8)
    for c, cluster in enumerate(document["clusters"]):
        at = f"clusters[{c}]"
        if cluster["name"] in names:
            raise fail(f"{at}.name", f"{cluster['name']} is there twice", "Give each cluster its own name.")
        if (original := cluster.get("clone_of")) is not None and original not in names:
            raise fail(f"{at}.clone_of", f"there is no {original} before it", "Name a cluster above it.")
        names.add(cluster["name"])
        release = cluster.get("release", "14")
        if release not in RELEASES:
            raise fail(f"{at}.release", f"{release} is not known", f"One of {', '.join(RELEASES)}.")
        publishers = [n for n in cluster["nodes"] if n.get("role", "subscriber") == "publisher"]
        if len(publishers) != 1:
            raise fail(
                f"{at}.nodes", f"{len(publishers)} publishers", "Give exactly one node role: publisher."
            )
        _check_settings(cluster, at, fail)
        nodes: list[NodeSpec] = []
        for n, node in enumerate(cluster["nodes"]):
            if any(node["name"] == other.name for other in nodes):
                raise fail(f"{at}.nodes[{n}].name", f"{node['name']} is there twice", "Names must differ.")
            for s, service in enumerate(node.get("services", ())):
                if service not in KINDS or not KINDS[service].feature:
                    features = ", ".join(k for k, v in KINDS.items() if v.feature)
                    raise fail(
                        f"{at}.nodes[{n}].services[{s}]",
                        f"{service!r} is not a feature service",
                        f"One of: {features}.",
                    )
            address = node.get("address")
            while address is None or (node.get("address") is None and address in used):
                address = next(addresses)
            used.add(address)
            nodes.append(
                NodeSpec(
                    name=node["name"],
                    role=node.get("role", "subscriber"),
                    address=address,
                    https_port=node.get("https_port", document.get("https_port", 8443)),
                    ssh_port=node.get("ssh_port", document.get("ssh_port", 2222)),
                    timezone=node.get("timezone", cluster.get("timezone", "UTC")),
                    services=tuple(node.get("services", DEFAULT_SERVICES)),
                    auto_registration=node.get("auto_registration", False),
                    up=node.get("up", True),
                    replication=node.get("replication", {}),
                    uptime_s=node.get("uptime_s", 864000.0),
                    tomcat=node.get("tomcat", cluster.get("tomcat", "ca")),
                    cli=node.get("cli", {}),
                )
            )
        accounts = tuple(AccountSpec(**account) for account in cluster.get("accounts", ()))
        clusters.append(
            ClusterSpec(
                name=cluster["name"],
                release=release,
                version=cluster.get("version", RELEASES[release].version),
                nodes=tuple(nodes),
                accounts=accounts or DEFAULT_ACCOUNTS,
                imp_nodes=tuple(cluster.get("imp_nodes", ())),
                licence=cluster.get("licence", {}),
                image=cluster.get("image", "restricted"),
                ssh=cluster.get("ssh", "default"),
                lists_ctl_provider=cluster.get("lists_ctl_provider"),
                multi_server_certificate=cluster.get("multi_server_certificate", False),
                enterprise_parameters={
                    k: str(v) for k, v in cluster.get("enterprise_parameters", {}).items()
                },
                state=cluster.get("state", {}),
                timings=cluster.get("timings", {}),
                cli=cluster.get("cli", {}),
                axl=cluster.get("axl", {}),
                certificate_api=cluster.get("certificate_api", {}),
                phones=_phones(cluster, release, at, fail),
                phone_security_profiles=cluster.get("phone_security_profiles", {}),
                sip_trunks=_trunks(cluster, release, at, fail),
                sip_trunk_security_profiles=cluster.get("sip_trunk_security_profiles", {}),
                expressway_c=cluster.get("expressway_c", {}),
                free_texts=tuple(cluster.get("free_texts", ())),
                texts=cluster.get("texts", {}),
                inventory_vars=cluster.get("inventory_vars", {}),
                key=f"{cluster.get('seed', document.get('seed', any_seed))}/{original or cluster['name']}",
            )
        )
    return Topology(float(document.get("time_scale", 1)), tuple(clusters))
