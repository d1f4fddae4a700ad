# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of a made-up cluster, as cluster_info returns them, for tables of tests to spoil one fact at a time."""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.ucops.cucm.plugins.module_utils._security import ctl

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
    return {**facts, "modified_at": MODIFIED, **changed}


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
    certificate = {
        "subject": "CN=cucm-pub",
        "issuer": "CN=cucm-pub",
        "serial": "1",
        "not_after": "2030-01-01T00:00:00",
        "key_type": "rsa",
        "key_bits": 2048,
    }
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
            unit: dict(certificate) for unit in ("CallManager", "TVS", "CAPF", "ITLRecovery", "tomcat")
        },
        "cli_privilege": 1,
        "health": {
            "nodes": {name: copy.deepcopy(health) for name in (PUB, SUB1, SUB2)},
            "upgrade_running": False,
            "last_backup": "2026-03-19T12:00:00",
        },
        "unsettled": [],
    }


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
