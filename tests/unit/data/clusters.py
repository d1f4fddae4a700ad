# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of a made-up cluster, as cluster_info returns them, for tables of tests to spoil one fact at a time."""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.ucops.cucm.plugins.module_utils._objects import phone_security_profile
from ansible_collections.ucops.cucm.plugins.module_utils._security import ctl
from ansible_collections.ucops.cucm.plugins.module_utils._x509.certificates import PUBLISHER_UNITS

from . import transcripts as texts

# The publisher is last in the alphabet, and not first in the list.
PUB, SUB1, SUB2, IMP = "ucm-pub", "cucm-sub1", "cucm-sub2", "imp-1"
CALLMANAGER, TFTP, CTIMANAGER = "Cisco CallManager", "Cisco Tftp", "Cisco CTIManager"
CAPF, CTL_PROVIDER, TVS = (
    "Cisco Certificate Authority Proxy Function",
    "Cisco CTL Provider",
    "Cisco Trust Verification Service",
)
NOW = "2026-03-20T12:00:00"
MODIFIED = "2026-03-10T10:00:00"
BEFORE, AFTER = "2026-03-10T09:59:59", "2026-03-10T10:00:01"
REFRESH_LOGIN = "oAuthWithRefreshLoginFlow"
# Fingerprints of the roots of both Tomcat certificates and of Expressway-E.
ROOT_RSA, ROOT_EC, ROOT_EDGE = "a" * 64, "b" * 64, "e" * 64
PHONES, JABBER = "Phones OAuth", "Jabber OAuth"
DESK, TRUNKS = "Desk phones", "Trunks"

Facts = dict[str, t.Any]


def ctl_facts(
    mode: str, *, names: t.Sequence[str] = (PUB, SUB1, SUB2), capf: bool = True, **changed: t.Any
) -> Facts:
    """Return a node's CTL file: none, or a verified one with certificates (C(mixed)) or stripped (C(stripped))."""
    if mode == "none":
        return ctl.parse(texts.NO_CTL).as_facts()
    servers = [(name, texts.SERVER) for name in names] + ([(names[0], texts.CAPF)] if capf else [])
    text = texts.CTL_HEADER + texts.ctl_record(1, names[0], texts.TOKEN, signer=True)
    for number, (name, function) in enumerate(servers, 2):
        text += texts.ctl_record(number, name, function, certificate=mode == "mixed")
    facts = ctl.parse(text + texts.CTL_VERIFIED).as_facts()
    for record in facts["records"]:
        if record["function"] == texts.CAPF and record["serial"]:
            record["serial"] = f"{SERIALS[PUB]}6"
    return {**facts, "modified_at": MODIFIED, "modified_zone": "UTC", **changed}


def service(
    activated: bool = True, status: str = "Started", started_at: str | None = AFTER, **changed: t.Any
) -> Facts:
    """Return the facts of a service."""
    return {
        "present": True,
        "activated": activated,
        "in_database": activated,
        "status": status if activated else "Stopped",
        "reason_code": -1 if activated else -1068,
        "started_at": started_at if activated and status == "Started" else None,
        "uptime": 100,
        **changed,
    }


# Serial numbers of the CallManager certificates, as C(ctl_facts) has them in its records.
SERIALS = {PUB: "70CAF602", SUB1: "70CAF603", SUB2: "70CAF604"}


def certificate(serial: str = "1", **changed: t.Any) -> Facts:
    """Return the facts of a certificate that the cluster made itself, with an RSA key."""
    return {
        "subject": "CN=cucm-pub",
        "issuer": "CN=cucm-pub",
        "serial": serial,
        "not_before": "2025-01-01T00:00:00",
        "not_after": "2030-01-01T00:00:00",
        "key_type": "rsa",
        "key_bits": 2048,
        "names": [],
        "extended_key_usage": ["server_auth", "client_auth"],
        "self_signed": True,
        **changed,
    }


def own_certificates(node: str) -> Facts:
    """Return a node's own certificates as the database has them, each with a serial number of its own."""
    number = SERIALS[node]
    of_ec = {"key_type": "ec", "key_bits": 384}
    own = {
        "CallManager": certificate(number),
        "CallManager-ECDSA": certificate(f"{number}1", **of_ec),
        "TVS": certificate(f"{number}2"),
        "ipsec": certificate(f"{number}3"),
        "tomcat": certificate(f"{number}4", not_before="2026-01-01T00:00:00"),
        "tomcat-ECDSA": certificate(f"{number}5", not_before="2026-01-01T00:00:00", **of_ec),
    }
    if node == PUB:
        own |= {"CAPF": certificate(f"{number}6"), "ITLRecovery": certificate("70CAF64E")}
    return own


def cluster(mode: str = "mixed") -> Facts:
    """Return a healthy three-node cluster with an IM and Presence node, in the mode, with nothing to do."""
    nodes = [
        {"name": IMP, "role": "subscriber", "type": "imp", "address": "10.0.0.9"},
        {"name": SUB1, "role": "subscriber", "type": "callmanager", "address": "10.0.0.2"},
        {"name": PUB, "role": "publisher", "type": "callmanager", "address": "10.0.0.1"},
        {"name": SUB2, "role": "subscriber", "type": "callmanager", "address": "10.0.0.3"},
    ]
    services = {
        name: {each: service() for each in (CALLMANAGER, TFTP, CTIMANAGER, TVS)} for name in (PUB, SUB1, SUB2)
    }
    for name in (PUB, SUB1, SUB2):
        services[name][CTL_PROVIDER] = service(mode == "mixed" and name == PUB)
        services[name][CAPF] = service(mode == "mixed" and name == PUB)
    health = {
        "host_name": "x",
        "local_time": NOW,
        "ntp_synchronised": True,
        "disk_free_percent": {"active": 40.0, "inactive": 0.5},
    }
    return {
        "unavailable": {},
        "nodes": nodes,
        "publisher": PUB,
        "release": "14.0.1.12900-161",
        "security_mode": mode,
        "sip_oauth_mode": "disabled",
        "rollback_to_pre_8": False,
        "services": services,
        "ctl_files": {name: ctl_facts("mixed" if mode == "mixed" else "none") for name in (PUB, SUB1, SUB2)},
        "listening": {name: [22, 2000, 5060, 8443] for name in (PUB, SUB1, SUB2)},
        "licence": {
            "registration": "REGISTERED",
            "registered": True,
            "authorization": "AUTHORIZED",
            "export_control": "Allowed",
            "export_allowed": True,
        },
        "auto_registration": {"CM_1": False, "CM_2": False},
        "replication": {
            "good": True,
            "single_node": False,
            "sync_status": "All Tables are in sync",
            "servers": {
                name: {"state": "2", "text": "Setup Completed", "flags": "Y/Y/Y", "queue": "0"}
                for name in (PUB, SUB1, SUB2)
            },
        },
        "network": {PUB: True, SUB1: True, "10.0.0.3": True, IMP: True},
        "addressed_node_is_publisher": True,
        "certificates": {
            unit: {**each} for unit, each in own_certificates(PUB).items() if unit in PUBLISHER_UNITS
        },
        "node_certificates": {name: own_certificates(name) for name in (PUB, SUB1, SUB2)},
        "trust_certificates": [certificate("9", services=["tomcat-trust"])],
        "cli_privilege": 1,
        "health": {
            "nodes": {name: copy.deepcopy(health) for name in (PUB, SUB1, SUB2)},
            "upgrade_running": False,
            "last_backup": "2026-03-19T12:00:00",
        },
        "axl_roles": [
            "Standard AXL API Access",
            "Standard CCM Admin Users",
            "Standard SERVICEABILITY Administration",
        ],
        "integrations": {
            "voicemail_pilots": 0,
            "voicemail_ports": 0,
            "conference_bridges": {},
            "gateways": 0,
            "secure_cti_users": 0,
        },
        "unsettled": [],
        "phone_changes": [],
    }


def sip_oauth_cluster(mode: str = "enabled", security_mode: str = "non_secure") -> Facts:
    """Return a three-node cluster with all that SIP OAuth needs, in the mode, with nothing to do.

    The nodes' clocks are UTC. Nothing is recorded; C(recorded) is for tests to fill.
    """
    listening = [22, 2000, 5060, 8443] + ([5090, 5091] if mode == "enabled" else [])
    ports = {
        "ethernet_phone": 2000,
        "sip_phone": 5060,
        "sip_phone_secure": 5061,
        "sip_oauth": 5090,
        "sip_oauth_mra": 5091,
    }
    facts = cluster(security_mode)
    for services in facts["services"].values():
        for state in services.values():
            state["started_at_utc"] = state["started_at"]
    nodes = (PUB, SUB1, SUB2)
    return {
        **facts,
        "sip_oauth_mode": mode,
        "cli_privilege": 4,
        "cli_level_told": True,
        "listening": {name: list(listening) for name in nodes},
        "callmanagers": {name: {"callmanager": f"CM_{name}", "ports": dict(ports)} for name in nodes},
        "parameters": {REFRESH_LOGIN: "1", "SSORedirect": "0"},
        "expressway_c": {"exp-c1": expressway_c("exp-c1")},
        "security_profiles": {PHONES: profile(), "Standard": profile(sip_oauth=False)},
        "security_profile_usage": {
            PHONES: {"built_in": False, "phones": 0},
            "Standard": {"built_in": True, "phones": 7},
        },
        "tomcat": {
            name: {unit: own_certificates(name)[unit] for unit in ("tomcat", "tomcat-ECDSA")}
            for name in nodes
        },
        "trust_stores": {
            "phone_edge": [{"sha256": root} for root in (ROOT_RSA, ROOT_EC, ROOT_EDGE)],
            "tomcat": {
                name: {
                    "tomcat": {"issuer": "CN=CA", "root": ROOT_RSA},
                    "tomcat-ECDSA": {"issuer": "CN=CA EC", "root": ROOT_EC},
                }
                for name in nodes
            },
        },
        "recorded": [],
    }


def audited(security_mode: str = "mixed", sip_oauth_mode: str = "disabled") -> Facts:
    """Return a three-node cluster that has every fact there is, in the modes, and that every control passes or leaves alone."""
    facts = sip_oauth_cluster(sip_oauth_mode, security_mode)
    nodes = (PUB, SUB1, SUB2)
    signer = {"signer": f"CN=ITLRECOVERY_{PUB};OU=TAC;O=Cisco", "signer_serial": "70:CA:F6:4E"}
    return {
        **facts,
        "release": "14.0.1.16900-4",
        "ctl_files": {
            name: {**file, **signer} if file["present"] else file for name, file in facts["ctl_files"].items()
        },
        "phone_profiles": {
            DESK: phone_profile(),
            PHONES: phone_profile(sip_oauth=True, tftp_encrypted_config=False, phones=0),
        },
        "sip_trunk_profiles": {
            TRUNKS: trunk_profile(),
            "Non Secure SIP Trunk Profile": trunk_profile(security_mode="non_secure", trunks=0),
        },
        "sip_trunk_media": {
            TRUNKS: trunk_media(),
            "Non Secure SIP Trunk Profile": trunk_media(trunks=0, peer_named=False),
        },
        "sso_modes": dict.fromkeys(nodes, "saml"),
        "ldap_hosts": [{"host": "ldap.example.com", "port": 636, "encrypted": True}],
        "remote_account": dict.fromkeys(nodes, False),
        "tls_minimum": dict.fromkeys(nodes, "1.2"),
        "account_locking": {name: {"enabled": True, "attempts": 3, "unlock_seconds": 300} for name in nodes},
        "session_limit": dict.fromkeys(nodes, 3),
        "fips": dict.fromkeys(nodes, True),
        "software_options": {name: [] for name in nodes},
    }


def phone_profile(phones: int = 10, model: str = "Cisco 8841", **changed: t.Any) -> Facts:
    """Return what is read of an encrypted profile by certificates, all of whose phones are of one model and have one."""
    count = changed.get("phones", phones)
    installed = changed.get("certificates_installed", phones)
    return {
        "device_security_mode": "encrypted",
        "transport": "tls",
        "authentication_mode": "null_string",
        "key_order": "rsa_only",
        "key_size": 2048,
        "built_in": False,
        "tftp_encrypted_config": True,
        "digest_authentication": False,
        "sip_oauth": False,
        "phones": phones,
        "certificates_installed": phones,
        "certificates_failed": 0,
        "certificates_pending": 0,
        "models": {model: {"phones": count, "certificates_installed": installed}} if count else {},
        **changed,
    }


def trunk_profile(**changed: t.Any) -> Facts:
    """Return what is read of a SIP trunk security profile that encrypts."""
    return {
        "security_mode": "encrypted",
        "incoming_transport": "tls",
        "outgoing_transport": "tls",
        "digest_authentication": False,
        "trunks": 2,
        **changed,
    }


def trunk_media(trunks: int = 2, **changed: t.Any) -> Facts:
    """Return what is read of trunks that all allow SRTP, with a profile that names the peer."""
    return {"trunks": trunks, "srtp_allowed": trunks, "peer_named": True, **changed}


def expressway_c(host: str, description: str = "") -> Facts:
    """Return the facts of an Expressway-C entry."""
    return {"host": host, "description": description, "subject_names": []}


def profile(**changed: t.Any) -> Facts:
    """Return a phone security profile for SIP OAuth as readings write one."""
    state = phone_security_profile.wanted(
        {"name": "x", "phone_type": "Cisco 8861", "sip_oauth": True}, {}, "14.0.1"
    )
    return {**state, **changed}


def spoiled(facts: Facts, *path: str, to: t.Any) -> Facts:
    """Return a copy of the facts with the one at ``path`` changed."""
    changed = copy.deepcopy(facts)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = to
    return changed


def without(facts: Facts, key: str) -> Facts:
    """Return a copy of the facts that lacks one of them."""
    return {name: copy.deepcopy(value) for name, value in facts.items() if name != key}
