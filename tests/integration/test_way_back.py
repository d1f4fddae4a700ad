# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A return to non-secure mode, and who is served securely before it."""

from __future__ import annotations

import typing as t

import pytest

from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness import topologies
from .harness.modules import Modules
from .harness.names import CALLMANAGER, CTIMANAGER, NON_SECURE_COMMAND, PUBLISHER
from .harness.playbooks import Playbooks

SECURE = {
    "voice_mail_pilots": ["7000"],
    "voice_mail_ports": 4,
    "conference_bridges": {"Encrypted Conference Bridge": 2, "Non Secure Conference Bridge": 1, "": 1},
    "gateways": 6,
    "secure_cti_users": 3,
}


@pytest.fixture(scope="module")
def lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """A lab in mixed mode with phones."""
    topology = topologies.two_nodes(22, subscriber=[CALLMANAGER, CTIMANAGER])
    (cluster,) = topology["clusters"]
    for node in cluster["nodes"]:
        node["uptime_s"] = 3600
    cluster |= {
        "state": {"security_mode": "mixed", "ctl_age_s": 36000},
        "phone_security_profiles": {
            "Secret": {
                "phoneType": "Cisco 8845",
                "deviceSecurityMode": "Encrypted",
                "transportType": "TLS",
                "tftpEncryptedConfig": True,
            },
        },
        "phones": [
            {"count": 12, "model": "Cisco 8845", "security_profile": "Secret", "certificate": "installed"},
            {"count": 3, "model": "Cisco 8845"},
        ],
    }
    return cucm_lab_start(topology)


def test_it_is_refused_while_phones_bridges_and_applications_need_mixed_mode(
    cluster: ClusterHandle, playbooks: Playbooks
) -> None:
    cluster.set(integrations=SECURE)
    back = {"cucm_security_mode": "non_secure"}
    refused = playbooks.rollout(**back).refused(
        "non_secure_phones (fail)",
        "12 with Secret (encrypted, encrypted TFTP configuration)",
        "non_secure_services (fail)",
        "2 secure conference bridges",
        "3 users",
    )
    assert refused.changing() == []
    half = playbooks.rollout(**back, cucm_accept=["non_secure_phones"]).refused("non_secure_services")
    assert half.changing() == []
    done = playbooks.rollout(**back, cucm_accept=["non_secure_phones", "non_secure_services"]).ok()
    assert f"{PUBLISHER}: {NON_SECURE_COMMAND}" in done.changed()
    assert playbooks.rollout(**back).ok().changing() == []


def test_it_is_free_where_nobody_needs_mixed_mode(cluster: ClusterHandle, playbooks: Playbooks) -> None:
    cluster.set(
        phone_security_profiles={
            "Secret": {
                "deviceSecurityMode": "Non Secure",
                "tftpEncryptedConfig": False,
                "transportType": "TCP",
            }
        },
        integrations={"conference_bridges": {"": 3, "Non Secure Conference Bridge": 1}},
    )
    done = playbooks.rollout(cucm_security_mode="non_secure").ok()
    assert f"{PUBLISHER}: {NON_SECURE_COMMAND}" in done.changed()


def test_the_database_is_asked_what_is_integrated(cluster: ClusterHandle, modules: Modules) -> None:
    def facts() -> dict[str, t.Any]:
        return modules.run("cluster_info", gather_subset=["integrations"])["cluster"]

    none = {
        "voicemail_pilots": 0,
        "voicemail_ports": 0,
        "conference_bridges": {},
        "gateways": 0,
        "secure_cti_users": 0,
    }
    assert facts()["integrations"] == none
    cluster.set(integrations=SECURE)
    assert facts()["integrations"] == {
        "voicemail_pilots": 1,
        "voicemail_ports": 4,
        "conference_bridges": SECURE["conference_bridges"],
        "gateways": 6,
        "secure_cti_users": 3,
    }
    # Accounts are listed anew, and the group stays.
    cluster.set(accounts={cluster.account("axl")["username"]: {"privilege": 0}})
    assert facts()["integrations"]["secure_cti_users"] == 3
