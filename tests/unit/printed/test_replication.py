# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Database replication: good by a known good line and good rows, bad by a known bad word, else not known."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import ProtocolError
from ansible_collections.ucops.cucm.plugins.module_utils._printed import replication

# The head is release 15, rows as of the guide of 12.5.
BROADCAST = """\
Cluster Replication State: BROADCAST SYNC ended at: 2023-07-17-16-47
     Sync Result: SYNC COMPLETED on 753 tables out of 753
     Sync Status: {status}
     Use CLI to see detail: 'file view activelog cm/trace/dbl/x_Errors_dbl_repl_output_Broadcast.log'
"""
# TN215013 (10.5.2) and a capture of 15.
COMMAND = """\
Cluster Replication State: Replication status command started at: 2026-01-02-16-18
     Replication status command {progress}
     Last Completed Table: errormessage
     {status}

     Use 'file view activelog cm/trace/dbl/sdi/ReplicationStatus.2026_01_02_16_18_07.out' to see the details
"""
TABLE = """\
Server Time: Fri Jan  2 16:18:22 -05 2026

{head}
DB Version: ccm15_0_0_98100_154

Repltimeout set to: 300s
PROCESS option set to: 1

Cluster Detailed View from cucm-55 (2 Servers):

                                           PING      DB/RPC/   REPL.    Replication    REPLICATION SETUP
SERVER-NAME              IP ADDRESS        (msec)    DbMon?    QUEUE    Group ID       (RTMT) & Details
-----------              ----------        ------    -------   -----    -----------    ------------------
cucm-55                  10.77.32.55       0.013     Y/Y/Y     0        (g_2)          (2) Setup Completed
{row}
"""
GOOD_ROW = "cucm-57                  10.77.32.57       0.163     Y/Y/Y     579      (g_3)          (2) Setup Completed"
IN_SYNC = "All Tables are in sync"
DONE = "COMPLETED 681 tables checked out of 681"


def text(row: str = GOOD_ROW, status: str = IN_SYNC, head: str = BROADCAST, progress: str = DONE) -> str:
    return TABLE.format(head=head.format(status=status, progress=progress), row=row)


def good(**parts: str) -> bool | None:
    verdict = replication.read(text(**parts))["good"]
    assert verdict in (True, False, None)
    return verdict


def test_read() -> None:
    read = replication.read(text())
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


@pytest.mark.parametrize("status", [IN_SYNC, "NO ERRORS", "no errors", "No Errors or Mismatches found."])
def test_known_good_lines(status: str) -> None:
    assert good(status=status) is True


@pytest.mark.parametrize("progress", [DONE, "COMPLETED. Checked 754 tables out of 754"])
def test_a_status_command_that_ended_well(progress: str) -> None:
    assert good(head=COMMAND, status="No Errors or Mismatches found.", progress=progress) is True


@pytest.mark.parametrize(
    "status",
    [
        "Errors or Mismatches Were Found!!!",
        "Errors or Mismatches are found",
        "Errors found in 3 tables.",
        "12 tables out of sync",
        "Not All Tables are in sync, mismatch",
        "FAILED",
    ],
)
@pytest.mark.parametrize("head", [BROADCAST, COMMAND])
@pytest.mark.parametrize("progress", [DONE, "in PROGRESS. Checked 134 tables out of 754"])
def test_known_bad_words(status: str, head: str, progress: str) -> None:
    assert good(status=status, head=head, progress=progress) is False
    assert replication.read(text(status=status, head=head))["sync_status"] == status


@pytest.mark.parametrize(
    "status", ["", "Done", "Not All Tables are in sync", "All Tables are in sync?", "OK"]
)
@pytest.mark.parametrize("head", [BROADCAST, COMMAND])
def test_other_words_are_not_known(status: str, head: str) -> None:
    assert good(status=status, head=head) is None


@pytest.mark.parametrize(
    "progress", ["in PROGRESS. Checked 134 tables out of 754", "COMPLETED 680 tables checked out of 681"]
)
def test_what_has_not_ended_is_not_known(progress: str) -> None:
    assert good(head=COMMAND, status="No Errors or Mismatches found.", progress=progress) is None


@pytest.mark.parametrize(
    "line",
    [
        "Sync Status: Timed out",
        "Replication status command is running",
        "Replication status command started at: 2026-01-02-16-18 and stopped by the administrator",
        "Sync Result: SYNC COMPLETED on 753 tables out of 753, 2 retried",
        "Cluster Replication State: Only available on the PUB",
        "DB CLI Status: another dbreplication CLI is running",
    ],
)
@pytest.mark.parametrize("status", [IN_SYNC, "No Errors or Mismatches found."])
def test_a_good_line_beside_one_that_nobody_knows_is_not_known(line: str, status: str) -> None:
    assert good(status=f"{status}\n{line}") is not True


@pytest.mark.parametrize(
    "lines",
    [
        # A capture of 11.5 and 12.5, and the Administration Guide 12.5(1)SU1.
        "DDB and Replication Services: ALL RUNNING\n\nDB CLI Status: No other dbreplication CLI is running...",
        "DB and Replication Services: ALL RUNNING",
        "Last Sync Result: SYNC COMPLETED 257 tables sync'ed out of 257",
        "Cluster Replication State: BROADCAST SYNC Completed on 1 servers at: 2013-09-26-15-18",
        "Cluster Replication State: Replication repair command started at: 2012-01-02-16-18\n"
        "     Replication repair command COMPLETED 269 tables processed out of 269",
    ],
)
def test_known_lines_beside_a_good_one_change_nothing(lines: str) -> None:
    assert good(status=f"{IN_SYNC}\n{lines}") is True


@given(st.text(max_size=60))
def test_no_other_line_makes_replication_good(line: str) -> None:
    known = {"all tables are in sync", "no errors", "no errors or mismatches found"}
    assume(all(part.strip().rstrip(".!").lower() not in known for part in line.splitlines()))
    assert good(status=line.replace("{", "").replace("}", "")) is not True


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
def test_bad_when_one_row_is(row: str) -> None:
    read = replication.read(text(row))
    assert "cucm-57" in read["servers"]
    assert read["good"] is False


@pytest.mark.parametrize("row", ["", "cucm-57  DOWN", GOOD_ROW.replace("Y/Y/Y", "offline")])
def test_a_server_that_cannot_be_read_is_not_known(row: str) -> None:
    assert good(row=row) is None


@pytest.mark.parametrize("cut", range(20, len(GOOD_ROW)))
def test_a_row_that_a_narrow_terminal_broke(cut: int) -> None:
    """Between words it is read; within one it is not known; a server is never lost."""
    read = replication.read(text(row=f"{GOOD_ROW[:cut].rstrip()}\n{GOOD_ROW[cut:]}"))
    between = GOOD_ROW[cut - 1].isspace() or GOOD_ROW[cut].isspace()
    assert read["good"] is (True if between else read["good"])
    assert read["good"] is not False


@pytest.mark.parametrize("output", ["", "Executed command unsuccessfully", "Replication is fine"])
def test_what_tells_nothing_is_unread(output: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        replication.read(output)
    assert refused.value.code == "unreadable_output"


def test_a_table_in_another_grammar_is_unread() -> None:
    """The Administration Guide 12.5(1)SU1 still has it."""
    with pytest.raises(ProtocolError):
        replication.read(
            "Cluster Detailed View from PUB (2 Servers):\n\n"
            "server1     100.10.10.17 0.052  Yes  Connected   0     match  Yes   (2) PUB Setup Completed\n"
        )


def test_a_database_that_does_not_run_is_bad() -> None:
    assert replication.read("Cisco DB is not running")["good"] is False


def test_a_single_node() -> None:
    read = replication.read(
        "Runtime state cannot be performed on a cluster with a single active node; aborting operation"
    )
    assert read["single_node"] is True
    assert read["good"] is True
