# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What reading commands print: known forms are read, unknown ones are said to be unknown."""

from __future__ import annotations

from datetime import datetime

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._errors import ProtocolError
from ansible_collections.ucops.cucm.plugins.module_utils._security import platform, words

MODE = """\
paramname           paramvalue
=================== ==========
ClusterSecurityMode 0
"""


def test_sql_table() -> None:
    assert platform.sql_table(MODE) == [{"paramname": "ClusterSecurityMode", "paramvalue": "0"}]


def test_sql_values_with_blanks_are_cut_by_the_rule_not_by_blanks() -> None:
    table = (
        "name                     Description      isactive\n"
        "======================== ================ ========\n"
        "Cisco Trust Verification first node = one t\n"
        "cucm-sub1                                 f\n"
        "Cisco Tftp               x                a value longer than its column\n\n"
    )
    assert platform.sql_table(table) == [
        {"name": "Cisco Trust Verification", "description": "first node = one", "isactive": "t"},
        {"name": "cucm-sub1", "description": "", "isactive": "f"},
        {"name": "Cisco Tftp", "description": "x", "isactive": "a value longer than its column"},
    ]


def test_sql_short_rows_have_empty_values() -> None:
    assert platform.sql_table("a   b\n=== ===\nx\n") == [{"a": "x", "b": ""}]


@pytest.mark.parametrize("output", ["", "\n", "No rows found", "No records found.\n", "a b\n= =\n"])
def test_sql_without_rows(output: str) -> None:
    assert platform.sql_table(output) == []


@pytest.mark.parametrize(
    "output", ["A syntax error has occurred.", "====\nx", "paramname\nClusterSecurityMode"]
)
def test_sql_without_table_is_refused(output: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        platform.sql_table(output)
    assert refused.value.code == "unreadable_output"


SERVICES = """\
Requesting service status, please wait...
System SSH [STARTED]
Password Reset [STOPPED] Service Activated
Service Manager is running
Getting list of all services
>> Return code = 0
Cisco AMC Service[STARTED]
Cisco CallManager[STARTED]
Cisco DirSync[STOPPED]  Service Not Activated
Cisco DRF Master[STOPPED]  Commanded Out of Service
Cisco Tftp[ STOPPED ]  Component is not running
A Cisco DB Replicator[NOTRUNNING]
Primary Node =true
"""


def test_service_list() -> None:
    services = platform.service_list(SERVICES)
    assert len(services) == 8
    assert services["System SSH"] == {"status": "Started", "reason": ""}
    assert services["Password Reset"] == {"status": "Stopped", "reason": "Service Activated"}
    assert services["Cisco CallManager"] == {"status": "Started", "reason": ""}
    assert services["Cisco DirSync"] == {"status": "Stopped", "reason": "Service Not Activated"}
    assert services["Cisco Tftp"] == {"status": "Stopped", "reason": "Component is not running"}
    assert services["A Cisco DB Replicator"]["status"] == "Notrunning"


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (SERVICES, True),
        (SERVICES.replace("=true", "= false"), False),
        ("Service Manager is running", None),
        ("", None),
    ],
)
def test_primary_node(output: str, said: bool | None) -> None:
    assert platform.is_publisher(output) is said


def test_version() -> None:
    assert (
        platform.version("Active Master Version: 15.0.1.10100-41\nActive Version Installed")
        == "15.0.1.10100-41"
    )
    assert platform.version("Inactive Master Version: 14.0.1.1") == ""


# The head is release 15, rows as of the guide of 12.5.
REPLICATION = """\
Server Time: Tue Aug  1 15:10:52 IST 2023

Cluster Replication State: BROADCAST SYNC ended at: 2023-07-17-16-47
     Sync Result: SYNC COMPLETED on 753 tables out of 753
     Sync Status: {status}
     Use CLI to see detail: 'file view activelog cm/trace/dbl/x_dbl_repl_output_Broadcast.log'

DB Version: ccm15_0_0_98100_154

Cluster Detailed View from cucm-55 (2 Servers):

                                           PING      DB/RPC/   REPL.    Replication    REPLICATION SETUP
SERVER-NAME              IP ADDRESS        (msec)    DbMon?    QUEUE    Group ID       (RTMT) & Details
-----------              ----------        ------    -------   -----    -----------    ------------------
cucm-55                  10.77.32.55       0.013     Y/Y/Y     0        (g_2)          (2) Setup Completed
{row}
"""
GOOD_ROW = "cucm-57                  10.77.32.57       0.163     Y/Y/Y     579      (g_3)          (2) Setup Completed"
IN_SYNC = "All Tables are in sync"


def replication(row: str = GOOD_ROW, status: str = IN_SYNC) -> str:
    return REPLICATION.format(row=row, status=status)


def test_replication() -> None:
    read = platform.replication(replication())
    assert read["good"] is True
    assert read["single_node"] is False
    assert read["sync_status"] == IN_SYNC
    assert read["servers"]["cucm-57"] == {
        "state": "2",
        "text": "Setup Completed",
        "flags": "Y/Y/Y",
        "queue": "579",
    }
    assert set(read["servers"]) == {"cucm-55", "cucm-57"}


@pytest.mark.parametrize(
    "row",
    [
        GOOD_ROW.replace("(2)", "(0)"),
        GOOD_ROW.replace("(2)", "(3)"),
        GOOD_ROW.replace("(2)", "(-)"),
        GOOD_ROW.replace("(2)", "(12)"),
        GOOD_ROW.replace("Y/Y/Y", "Y/N/Y"),
        GOOD_ROW.replace("0.163     Y/Y/Y", "Failed    N/N/N"),
    ],
)
def test_replication_is_bad_when_one_row_is(row: str) -> None:
    read = platform.replication(replication(row))
    assert "cucm-57" in read["servers"]
    assert read["good"] is False


@pytest.mark.parametrize("row", ["", "cucm-57  DOWN", GOOD_ROW.replace("Y/Y/Y", "offline")])
def test_replication_is_not_good_when_a_server_cannot_be_read(row: str) -> None:
    assert platform.replication(replication(row))["good"] is False


def test_replication_is_bad_when_tables_differ() -> None:
    assert platform.replication(replication(status="Errors or Mismatches are found"))["good"] is False


@pytest.mark.parametrize("output", ["", "Cisco DB is not running", "Executed command unsuccessfully"])
def test_replication_that_is_not_told_is_not_good(output: str) -> None:
    assert platform.replication(output)["good"] is False


def test_replication_of_a_single_node() -> None:
    read = platform.replication(
        "Runtime state cannot be performed on a cluster with a single active node; aborting operation"
    )
    assert read["single_node"] is True
    assert read["good"] is True


NETWORK = """\
192.168.125.10 cucm15-pub.example.com cucm15-pub Publisher callmanager DBPub authenticated
172.18.172.213 cucm911sub1 Subscriber authenticated using TCP since Tue Dec 3 14:24:20 2013
192.168.125.12 CUCM15-sub2 Subscriber callmanager DBSub not authenticated or updated on server
192.168.125.13 cucm15-sub3 Subscriber callmanager DBSub unauthenticated

Server Table (processnode) Entries
----------------------------------
cucm15-pub
"""


def test_network_cluster() -> None:
    assert platform.network_cluster(NETWORK) == {
        "192.168.125.10": True,
        "cucm15-pub.example.com": True,
        "cucm15-pub": True,
        "172.18.172.213": True,
        "cucm911sub1": True,
        "192.168.125.12": False,
        "cucm15-sub2": False,
        "192.168.125.13": False,
        "cucm15-sub3": False,
    }
    assert platform.network_cluster("") == {}


def test_status() -> None:
    output = (
        "\nHost Name          : cucm-pub\nDate               : Tue Mar 3, 2026 10:11:12\nTime Zone          : UTC\n"
        "Disk/active         14154228K        1415422K       12738806K (90%)\n"
        "Disk/inactive       14154228K              0K       14154228K (100%)\nDisk/none 0K 0K\n"
    )
    assert platform.status(output) == {
        "host_name": "cucm-pub",
        "local_time": "2026-03-03T10:11:12",
        "disk_free_percent": {"active": 10.0, "inactive": 0.0},
    }
    assert platform.status("") == {"host_name": "", "local_time": None, "disk_free_percent": {}}


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("ntpd (pid 6512) is running...\n\nsynchronised to NTP server (10.1.1.1) at stratum 3\n", True),
        ("synchronized to NTP server (10.1.1.1)\n", True),
        ("unsynchronised\n   polling server every 64 s\n", False),
        ("unsynchronized\n", False),
        ("ntpd is not running, the clock may be synchronised to nothing", None),
        ("", None),
    ],
)
def test_ntp(output: str, said: bool | None) -> None:
    assert platform.ntp_synchronised(output) is said


@pytest.mark.parametrize(
    ("output", "running"),
    [
        ("No upgrade is in progress.\n", False),
        ("The upgrade completed successfully.", False),
        ("Upgrade is in progress.\n", True),
        ("An installation is running", True),
        ("Upgrade in progress. Phase 1 completed.", None),
        ("The last one was successful. Upgrading phase 2", None),
        ("something else", None),
        ("", None),
    ],
)
def test_upgrade(output: str, running: bool | None) -> None:
    assert platform.upgrade_running(output) is running


def test_listening_ports() -> None:
    output = (
        "Executing.. please wait.\n"
        "sshd 1034 root 3u IPv4 21370 0t0 TCP *:22 (LISTEN)\n"
        "ccm 9 ccmbase 83u IPv4 1 0t0 TCP 10.0.0.1:sip->10.0.0.9:5061 (ESTABLISHED)\n"
        "ccm 9 ccmbase 84u IPv6 1 0t0 TCP [::1]:5060 (LISTEN)\n"
        "ccm 9 ccmbase 85u IPv4 1 0t0 TCP *:5060 (LISTEN)\n"
    )
    assert platform.listening_ports(output) == [22, 5060]


@pytest.mark.parametrize(
    "output", ["", "No open ports match.", "sip/5060 open", "TCP 1.1.1.1:5060 (ESTABLISHED)"]
)
def test_no_port_at_all_is_a_form_that_is_not_known(output: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        platform.listening_ports(output)
    assert refused.value.code == "unreadable_output"


def test_last_backup_is_the_newest_successful_one() -> None:
    output = (
        "Tar Filename:\t\tBackup Device:\tCompleted On:\tResult:\n"
        "2009-12-10-10-30-17.tar TAPE Thu Dec 10 10:35:22 CST 2009 SUCCESS MANUAL CDR_CAR,CCM\n"
        "2009-12-12-10-30-17.tar NETWORK Sat Dec 12 10:35:22 CST 2009 SUCCESS SCHEDULED CCM\n"
        "2009-12-11-10-30-17.tar NETWORK Fri Dec 11 10:35:22 CST 2009 SUCCESS SCHEDULED CCM\n"
        "2009-12-13-10-30-17.tar NETWORK Sun Dec 13 10:35:22 CST 2009 ERROR SCHEDULED CCM\n"
    )
    assert platform.last_backup(output) == datetime(2009, 12, 12, 10, 35, 22)


@pytest.mark.parametrize(
    "output",
    [
        "",
        "drfCliMsg:  No history data is available\n",
        "x.tar NETWORK 2026-01-01 SUCCESS",
        "Unable to connect to Master Agent host",
    ],
)
def test_no_backup_is_guessed(output: str) -> None:
    assert platform.last_backup(output) is None


@pytest.mark.parametrize(
    ("stored", "word"),
    [("0", "non_secure"), (" 1 ", "mixed"), ("2", "unknown"), ("", "unknown"), (None, "unknown")],
)
def test_mode_words(stored: str | None, word: str) -> None:
    assert words.mode_word(stored) == word


@pytest.mark.parametrize(
    ("stored", "word"), [("0", "disabled"), ("1", "enabled"), ("t", "unknown"), (None, "absent")]
)
def test_sip_oauth_words(stored: str | None, word: str) -> None:
    assert words.sip_oauth_word(stored) == word
