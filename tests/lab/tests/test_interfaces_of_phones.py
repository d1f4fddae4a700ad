# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RisPort70, PerfMon, the CLI and AXL say the same of the simulated phones."""

from __future__ import annotations

import pytest

from .conftest import Shell
from .platform_cli.test_cli_risdb import COMMAND, table
from .test_axl import texts
from .test_axl_writes import done
from .test_perfmon import collect
from .test_ris import PATH, nodes, request

NAMES = [f"SEP{number:012X}" for number in range(4)]


@pytest.fixture(scope="module")
def lab(cucm_lab_start):
    """Four phones whose group is the subscriber, then the publisher."""
    return cucm_lab_start(
        {
            "time_scale": 200,
            "clusters": [
                {
                    "name": "phones",
                    "nodes": [{"name": "cucm-pub", "role": "publisher"}, {"name": "cucm-sub1"}],
                    "callmanager_groups": {"Default": ["cucm-sub1", "cucm-pub"]},
                    "phones": 4,
                    "enterprise_parameters": {"AllowedRisQueriesPerMinute": 100000},
                    "timings": {"cli_startup_s": 1},
                }
            ],
        }
    )


@pytest.fixture
def cucm_cluster(lab):
    cluster = lab.clusters["phones"]
    cluster.reset()
    return cluster


@pytest.fixture
def registered(https):
    """The phones that RIS has as registered, by node."""
    client = https()

    def ask() -> dict[str, list[str]]:
        answer = client.soap(PATH, "selectCmDevice", request(Status="Registered"))
        return {node: names for node, (_code, _unchanged, names) in nodes(answer).items() if names}

    return ask


def hardware(client, node: str) -> int:
    answer = collect(client, node)
    values = dict(zip(texts(answer, "Name"), map(int, texts(answer, "Value")), strict=True))
    return values[f"\\\\{node}\\Cisco CallManager\\RegisteredHardwarePhones"]


def test_phones_move_to_the_backup_and_come_home(https, cucm_cluster, registered):
    client = https()
    cucm_cluster.wait(lambda: registered() == {"cucm-sub1": NAMES})
    assert hardware(client, "cucm-sub1") == 4 and hardware(client, "cucm-pub") == 0
    assert https("cucm-sub1").do_control("Stop", "Cisco CallManager").status_code == 200
    cucm_cluster.wait(lambda: registered() == {"cucm-pub": NAMES})
    refused = collect(client, "cucm-sub1")
    assert refused.status_code == 500 and hardware(client, "cucm-pub") == 4
    both = nodes(client.soap(PATH, "selectCmDevice", request()))
    assert both["cucm-pub"][2] == both["cucm-sub1"][2] == NAMES
    ext = client.soap(PATH, "selectCmDeviceExt", request(SelectItems=NAMES))
    assert nodes(ext)["cucm-pub"][2] == NAMES and nodes(ext)["cucm-sub1"][2] == []
    cli = Shell(cucm_cluster, "cucm-sub1")
    try:
        assert [each["RegStatus"] for each in table(cli.run(COMMAND))] == ["unr"] * 4
    finally:
        cli.client.close()
    https("cucm-sub1").do_control("Start", "Cisco CallManager")
    cucm_cluster.wait(lambda: registered() == {"cucm-sub1": NAMES})


def test_a_reset_takes_a_phone_away_for_a_while(https, cucm_cluster, registered):
    client = https()
    cucm_cluster.wait(lambda: registered() == {"cucm-sub1": NAMES})
    done(client.axl("resetPhone", f"<name>{NAMES[0]}</name>"))

    def gone() -> bool:
        answer = client.soap(PATH, "selectCmDevice", request(Status="UnRegistered", SelectItems=NAMES[0]))
        return texts(answer, "StatusReason") == ["9"]

    cucm_cluster.wait(gone)
    cucm_cluster.wait(lambda: registered() == {"cucm-sub1": NAMES})
