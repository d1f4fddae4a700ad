# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Phones of a running lab: what Control Center, the CLI and the control API do to them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cucm_lab.fixture import ClusterHandle

from ..conftest import HttpsClient, Shell

SUB = "cucm-sub1"
PHONES = 60
TOPOLOGY: dict[str, Any] = {
    "time_scale": 200,
    "clusters": [
        {
            "name": "lab",
            "nodes": [
                {"name": "cucm-pub", "role": "publisher"},
                {"name": SUB, "services": ["Cisco CallManager"]},
                {"name": "cucm-sub2", "services": ["Cisco CallManager"]},
            ],
            "callmanager_groups": {"Subs": [SUB, "cucm-sub2"]},
            "device_pools": {"Phones": "Subs"},
            "phones": [{"count": PHONES, "device_pool": "Phones"}],
        }
    ],
}


@pytest.fixture(scope="module")
def lab_with_phones(cucm_lab_start) -> ClusterHandle:
    return cucm_lab_start(TOPOLOGY).clusters["lab"]


@pytest.fixture
def cluster(lab_with_phones: ClusterHandle) -> ClusterHandle:
    lab_with_phones.reset()
    return lab_with_phones


def counts(cluster: ClusterHandle) -> dict[str, Any]:
    return cluster.state()["registrations"]


def uptime(client: HttpsClient) -> int:
    """Seconds, as Control Center says it; many while the process is not there."""
    answer = client.control("soapGetServiceStatus", "<s:ServiceStatus>Cisco CallManager</s:ServiceStatus>")
    found = re.search(r"UpTime>(\d+)<", answer.text)
    return int(found[1]) if found else 1 << 31


def test_a_restart_by_control_center_is_felt_although_nobody_has_asked_before(cluster: ClusterHandle) -> None:
    client = HttpsClient(cluster, SUB)
    with client.session:
        assert client.do_control("Restart", "Cisco CallManager").status_code == 200
        # Control Center knows nothing of phones, so that nobody asks about them before the new process is there.
        cluster.wait(lambda: uptime(client) < 86400)
    assert counts(cluster)["phones_without_server_max"] == PHONES
    cluster.wait(lambda: counts(cluster)["registered"][SUB] == PHONES)
    found = counts(cluster)
    assert found["phones_without_server"] == 0
    # Phone n waits n / 40 s in the queue of the backup; the way back takes each but a moment.
    pushed = sum(n / 40 for n in range(1, PHONES + 1))
    assert pushed < found["phone_seconds_out"] < pushed + PHONES * 10 / 40 + PHONES


def test_a_restart_by_the_cli_is_felt(cluster: ClusterHandle) -> None:
    cluster.set(timings={"cli_startup_s": 1})
    shell = Shell(cluster, SUB)
    shell.run("utils service restart Cisco CallManager")
    shell.client.close()
    cluster.wait(lambda: counts(cluster)["registered"][SUB] == PHONES)
    assert counts(cluster)["phones_without_server_max"] == PHONES


def test_set_moves_phones_and_nodes(cluster: ClusterHandle) -> None:
    cluster.set(phones={"SEP00000000000?": {"powered": False}, "SEP00000000001?": {"in_call": True}})
    found = counts(cluster)
    assert (found["powered_off"], found["registered"][SUB]) == (16, PHONES - 16)
    assert [phone["in_call"] for phone in cluster.phones("SEP00000000001*")] == [True] * 16
    cluster.set(nodes={SUB: {"up": False}})
    assert counts(cluster)["phones_without_server"] >= PHONES - 32
    cluster.wait(lambda: counts(cluster)["registered"]["cucm-sub2"] == PHONES - 32)
    cluster.set(measure_outage=True, phones={"SEP00000000001?": {"in_call": False}})
    cluster.wait(lambda: counts(cluster)["phones_without_server"] == 0)
    assert counts(cluster)["phones_without_server_max"] == 16
    cluster.set(nodes={SUB: {"up": True}})
    cluster.wait(lambda: counts(cluster)["registered"][SUB] == PHONES - 16)


def test_a_hang_leaves_everything_as_it_is_but_answers(cluster: ClusterHandle) -> None:
    cluster.set(nodes={SUB: {"hangs": True}}, phone_behaviour={"fallback_s": 30})
    services = cluster.state()["nodes"][SUB]["services"]
    assert services["Cisco CallManager"]["status"] == "Started"
    cluster.wait(lambda: counts(cluster)["registered"]["cucm-sub2"] == PHONES)
    cluster.set(nodes={SUB: {"hangs": False}})
    cluster.wait(lambda: counts(cluster)["registered"][SUB] == PHONES)


def test_phones_leave_the_journal_and_the_database_alone(cluster: ClusterHandle) -> None:
    before = cluster.database()
    cluster.set(nodes={SUB: {"up": False}}, phones={"*": {"flaps_s": 200}})
    cluster.wait(lambda: counts(cluster)["registered"]["cucm-sub2"] == PHONES)
    assert cluster.journal() == [] and cluster.database() == before


def test_a_group_and_a_pool_take_effect_at_the_next_restart(cluster: ClusterHandle) -> None:
    cluster.set(callmanager_groups={"Subs": ["cucm-sub2", SUB]}, phones={"*0": {"device_pool": "Default"}})
    assert counts(cluster)["registered"][SUB] == PHONES
    assert {tuple(phone["servers"]) for phone in cluster.phones()} == {(SUB, "cucm-sub2")}
    cluster.set(phones={"*": {"powered": False}})
    cluster.set(phones={"*": {"powered": True}})
    cluster.wait(lambda: counts(cluster)["phones_without_server"] == 0)
    assert counts(cluster)["registered"] == {"cucm-pub": 4, SUB: 0, "cucm-sub2": PHONES - 4}
