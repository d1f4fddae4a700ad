# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters as administrators leave them: any release, mode and configuration, in order, and with nothing due."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cucm_lab.fixture import ClusterHandle

CALLMANAGER, TFTP, CTIMANAGER = "Cisco CallManager", "Cisco Tftp", "Cisco CTIManager"
CAPF, CTL_PROVIDER = "Cisco Certificate Authority Proxy Function", "Cisco CTL Provider"
_TRUST = "/platformcom/api/v1/certmgr/config/trust/certificate"
RELEASES = ("11.5", "12.5", "14", "15")
# Names and descriptions that mean something to YAML, to templates, to shells or to nobody.
TEXTS = (
    "Desk phones",
    "{{ 7 * 7 }}",
    "{% raw %} {#",
    "{{ lookup('ansible.builtin.pipe', 'touch pwned') }}",
    "!!python/object/apply:os.system [id]",
    "!unsafe x",
    "a: b #c",
    "- x",
    "yes",
    "null",
    "1e3",
    "2026-01-01",
    "\"quoted\" and 'quoted'",
    "back\\slash \\n",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "Stra\xdfe \u6771\u4eac",
    "right\u202eleft",
)
JABBER = ("Cisco Dual Mode for iPhone", "Cisco Unified Client Services Framework")
PHONES = ("Cisco 8845", "Cisco 7841")
KEYS = (
    {"keyOrder": "RSA Only", "keySize": "2048"},
    {"keyOrder": "RSA Only", "keySize": "4096"},
    {"keyOrder": "EC Only", "ecKeySize": "384"},
    {"keyOrder": "EC Preferred, RSA Backup", "keySize": "3072", "ecKeySize": "256"},
)


@dataclass(frozen=True)
class Wild:
    """A random cluster: how it begins, what its administrator does after that, and what is then true of it.

    Attributes:
        topology: The cluster for the lab.
        truth: Variable to value, for those that are not a matter of opinion.
        ports: Node to its SIP OAuth ports, in the order of the schema.
        expressway_c: Host to entry, as the lab takes them.
        trust: Whether phone-edge trust is to hold the roots of Tomcat.
        edge: The certificate of the CA of Expressway-E in it, empty for none.
    """

    topology: dict[str, t.Any]
    truth: dict[str, t.Any]
    ports: dict[str, tuple[int, int]]
    expressway_c: dict[str, dict[str, str]]
    trust: bool
    edge: str


def wild(name: str, chance: Random, addresses: str) -> Wild:
    """Return a random cluster of this name, whose nodes have addresses that begin so."""
    release = chance.choice(RELEASES)
    oauth = release != "11.5"
    enabled = oauth and chance.random() < 0.7
    mixed = chance.random() < 0.5
    nodes, truth = _nodes(name, chance, release, mixed=mixed, may_lack_capf=oauth)
    for number, node in enumerate(nodes, 1):
        node["address"] = f"{addresses}.{number}"
    ports = _ports([node["name"] for node in nodes], chance) if oauth else {}
    profiles = _profiles(chance, release) if oauth else {}
    truth |= {
        "cucm_auto_registration": "enabled"
        if any(node["auto_registration"] for node in nodes)
        else "disabled"
    }
    trust = release in ("14", "15") and chance.random() < 0.6
    topology = {
        "name": name,
        "release": release,
        "nodes": nodes,
        "tomcat": chance.choice(["ca", "ca", "self_signed", "chain"]),
        "imp_nodes": [f"{name}-imp"] if chance.random() < 0.3 else [],
        "licence": {
            "registration": chance.choice(["REGISTERED", "UNREGISTERED"]),
            "export_control": chance.choice(["Allowed", "Not Allowed"]),
        },
        "phones": [{"count": chance.randrange(4), "model": "Cisco 8845"}],
        "phone_security_profiles": profiles,
        "state": {
            "security_mode": "mixed" if mixed else "non_secure",
            # Older than the nodes are up, so that no restart is due.
            "ctl_age_s": 2_000_000,
            **({"leftover_ctl": True} if not mixed and chance.random() < 0.3 else {}),
            **({"sip_oauth_mode": "enabled"} if enabled else {}),
        },
    }
    parameters = {
        "oAuthWithRefreshLoginFlow": chance.choice(["0", "1"]),
        "OAuthAccessTokenForDevices": chance.choice(["0", "1"]),
        "oauthTokenExpiryTimer": str(chance.randrange(30, 90)),
        "refreshTokenExpiryTimer": str(chance.randrange(30, 90)),
    }
    if oauth:
        topology["enterprise_parameters"] = parameters
    expressway_c = _expressway_c(chance) if oauth else {}
    edge = _authority(chance) if trust and chance.random() < 0.5 else ""
    if oauth:
        truth["cucm_sip_oauth_mode"] = "enabled" if enabled else "disabled"
    if enabled:
        served = ["jabber", "phones"] if trust else ["jabber"]
        truth |= {
            "cucm_sip_oauth_clients": served,
            "cucm_sip_oauth_parameters": parameters,
            "cucm_sip_oauth_ports": {
                port: next(iter(values))
                for port, values in zip(
                    ("sip_oauth", "sip_oauth_mra"), map(set, zip(*ports.values(), strict=True)), strict=True
                )
                if len(values) == 1
            },
            "cucm_expressway_c": [
                {
                    "host": host,
                    "description": entry["description"],
                    "subject_names": sorted(filter(None, entry["x509"].split(","))),
                }
                for host, entry in sorted(expressway_c.items(), key=lambda item: item[0].lower())
            ],
            "cucm_expressway_c_exactly": True,
            "cucm_sip_oauth_profiles": sorted(
                profile for profile, elements in profiles.items() if elements["EnableOAuthAuthentication"]
            ),
        }
        if "phones" in served:
            truth["cucm_sip_oauth_edge_roots"] = [edge] if edge else []
    return Wild(topology, truth, ports, expressway_c, trust, edge)


def _nodes(
    name: str, chance: Random, release: str, *, mixed: bool, may_lack_capf: bool
) -> tuple[list[dict[str, t.Any]], dict[str, t.Any]]:
    """Return the nodes, and what is true of the cluster security mode."""
    names = [f"{name}-pub", *(f"{name}-sub{number}" for number in range(1, chance.randint(1, 3)))]
    capf = chance.random() < (0.85 if mixed and may_lack_capf else 1 if mixed else 0.4)
    # Release 15 lists no CTL Provider.
    providers = [node for node in names if release != "15" and chance.random() < 0.5]
    nodes = []
    for node in names:
        services = [CALLMANAGER, *chance.sample([TFTP, CTIMANAGER], chance.randint(0, 2))]
        services += [CTL_PROVIDER] if node in providers else []
        nodes.append(
            {
                "name": node,
                **({"role": "publisher"} if node == names[0] else {}),
                "services": [*services, *([CAPF] if capf and node == names[0] else [])],
                "auto_registration": chance.random() < 0.3,
            }
        )
    truth: dict[str, t.Any] = {}
    if capf or not mixed:
        truth["cucm_security_mode"] = "mixed" if mixed else "non_secure"
    if mixed and capf and release != "15":
        word = "publisher" if providers == names[:1] else "all" if providers == names else providers
        truth["cucm_ctl_provider_nodes"] = word
    return nodes, truth


def _ports(nodes: list[str], chance: Random) -> dict[str, tuple[int, int]]:
    usual = chance.choice([(5090, 5091), (5190, 5191), (6001, 6000)])
    other = (usual[0], 7091) if chance.random() < 0.5 else (7090, 7091)
    odd = chance.random() < 0.3
    return {node: other if odd and number == 1 else usual for number, node in enumerate(nodes)}


def _profiles(chance: Random, release: str) -> dict[str, dict[str, t.Any]]:
    models = JABBER + (PHONES if release in ("14", "15") else ())
    return {
        name: {
            "phoneType": chance.choice(models),
            "description": chance.choice(TEXTS),
            "deviceSecurityMode": "Encrypted",
            "transportType": "TLS",
            "EnableOAuthAuthentication": chance.random() < 0.7,
            "authenticationMode": chance.choice(["By Null String", "By Authentication String"]),
            "nonceValidityTime": chance.choice([600, 300]),
            "excludeDigestCredentials": chance.random() < 0.5,
            **chance.choice(KEYS),
        }
        for name in chance.sample(TEXTS, chance.randint(0, 4))
    }


def _expressway_c(chance: Random) -> dict[str, dict[str, str]]:
    hosts = chance.sample(
        ["EXP-c1.example.com", "exp-c2.example.com", "10.1.2.3", "exp-c4"], chance.randint(0, 3)
    )
    return {
        host: {
            "description": chance.choice([text for text in TEXTS if len(text) <= 50]),
            "x509": ",".join(
                chance.sample(["b.example.com", "a.example.com", "{{ c }}"], chance.randint(0, 3))
            ),
        }
        for host in hosts
    }


def _authority(chance: Random) -> str:
    """Return the certificate of a CA, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Edge CA {chance.randrange(1000)}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def settle(cluster: ClusterHandle, cluster_is: Wild) -> None:
    """Have the administrator do the rest, and restart what must be restarted after it."""
    if cluster_is.ports:
        names = ("sipOAuthPort", "sipOAuthMRAPort")
        cluster.set(
            ports={node: dict(zip(names, both, strict=True)) for node, both in cluster_is.ports.items()},
            expressway_c=cluster_is.expressway_c,
        )
    restart_callmanager(cluster)
    if cluster_is.trust:
        roots = _tomcat_roots(cluster)
        store = [*roots, *([cluster_is.edge] if cluster_is.edge else [])]
        cluster.set(trust_stores={cluster.info["publisher"]: {"phone-edge-trust": store}})


def restart_callmanager(cluster: ClusterHandle) -> None:
    """Have CallManager of every node started a minute ago: with the ports and the Tomcat certificate there are now."""
    now = datetime.fromisoformat(cluster.state()["clock"]["now"]) - timedelta(seconds=60)
    cluster.set(
        services={
            node: {CALLMANAGER: {"status": "Started", "started_at": now.isoformat()}}
            for node in cluster.info["nodes"]
        }
    )


def _tomcat_roots(cluster: ClusterHandle) -> list[str]:
    """Return the roots of all nodes' Tomcat certificates, which every node has to trust."""
    publisher, account = cluster.publisher, cluster.account("cli")
    answer = requests.get(
        f"https://{publisher['address']}:{publisher['https_port']}{_TRUST}",
        params={"service": "tomcat"},
        auth=(account["username"], account["password"]),
        verify=str(cluster.lab.ca_path),
        timeout=10,
    )
    answer.raise_for_status()
    certificates = [(text, x509.load_pem_x509_certificate(text.encode())) for text in answer.json()]
    return [text for text, certificate in certificates if certificate.subject == certificate.issuer]
