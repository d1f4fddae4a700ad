# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The output of reading commands: known forms are read, unknown forms are unknown."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import ProtocolError
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


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (SERVICES, True),
        (SERVICES.replace("=true", "= false"), False),
        (f"{SERVICES}Primary Node =true\n", True),
        (f"{SERVICES}Primary Node =false\n", None),
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


def test_status() -> None:
    output = (
        "\nHost Name          : cucm-pub\nDate               : Tue Mar 3, 2026 10:11:12\nTime Zone          : UTC\n"
        "Disk/active         14154228K        1415422K       12738806K (90%)\n"
        "Disk/inactive       14154228K              0K       14154228K (100%)\nDisk/none 0K 0K\n"
        "Disk/large          73G     40G     33G (45%)\nDisk/odd 10K 20K 0K (0%)\nDisk/spare-1 8K 2K 6K (75%)\n"
    )
    assert platform.status(output) == {
        "host_name": "cucm-pub",
        "local_time": "2026-03-03T10:11:12",
        "time_zone": "UTC",
        # One that is listed is never left out.
        "disk_free_percent": {
            "active": 10.0,
            "inactive": 0.0,
            "none": None,
            "large": None,
            "odd": None,
            "spare-1": 25.0,
        },
    }
    assert platform.status("") == {
        "host_name": "",
        "local_time": None,
        "time_zone": "",
        "disk_free_percent": {},
    }


NTP_SERVER = "synchronised to NTP server (10.1.1.1) at stratum 3"


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (f"ntpd (pid 6512) is running...\n\n{NTP_SERVER}\n", True),
        ("synchronized to NTP server (10.1.1.1)\n", True),
        ("unsynchronised\n   polling server every 64 s\n", False),
        # TN118718.
        ("unsynchronised\n  time server re-starting\n   polling server every 64 s\n", False),
        ("unsynchronized\n", False),
        # ntpstat's words for the node's own clock.
        ("synchronised to local net at stratum 11\n", False),
        ("synchronised to NTP server (127.127.1.0) at stratum 11\n", False),
        ("synchronised to NTP server (LOCAL(0)) at stratum 11\n", None),
        ("synchronised to NTP server (10.1.1.1) at stratum 16\n", False),
        # RFC 5905: unspecified or invalid.
        ("synchronised to NTP server (10.1.1.1) at stratum 0\n", None),
        ("ntpd (pid 28589) is not running...\n", False),
        # TN200771 prints both.
        (f"{NTP_SERVER}\ntime server re-starting\n", None),
        (f"{NTP_SERVER}\nunsynchronised\n", None),
        # Clocks that ntpstat knows and nobody has seen on a node.
        ("synchronised to UHF radio at stratum 1\n", None),
        ("synchronised to unspecified at stratum 3\n", None),
        ("ntpd is not running, the clock may be synchronised to nothing", None),
        ("", None),
    ],
)
def test_ntp(output: str, said: bool | None) -> None:
    assert platform.ntp(output)["ntp_synchronised"] is said


def test_ntp_keeps_what_was_said() -> None:
    assert platform.ntp("x\nsynchronised to UHF radio at stratum 1\n")["ntp_said"] == (
        "synchronised to UHF radio at stratum 1"
    )


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=60))
def test_no_word_behind_it_makes_a_clock_synchronised(word: str) -> None:
    """Only a server does: nothing else that ntpd may follow is known to be right."""
    assume("NTP server" not in word)
    assert platform.ntp(f"synchronised to {word}")["ntp_synchronised"] is not True


@pytest.mark.parametrize(
    ("output", "running"),
    [
        ("No upgrade is in progress.\n", False),
        ("The upgrade completed successfully.", False),
        (
            "The upgrade was successful.\n\nUpgrade status: Successful\nUpgrade file: x.14900-45.sha512.iso\n",
            False,
        ),
        # TN226218.
        (
            "An error has occured but no messages on the upgrade failure are available . Please review the install logs for "
            "additional details.\n\nUpgrade status: Failed\nUpgrade file: UCSInstall_CUC_15.0.1.14900-45.sha512.iso\n"
            "Upgrade log: install_log_2026-07-31.20.52.39.log\n",
            False,
        ),
        ("Upgrade status: Cancelled\n", False),
        ("Upgrade is in progress.\n", True),
        ("Upgrade status: In Progress\n", True),
        ("An installation is running", True),
    ],
)
def test_upgrade(output: str, running: bool) -> None:
    assert platform.upgrade_running(output) is running


@pytest.mark.parametrize(
    "output",
    [
        "Upgrade in progress. Phase 1 completed.",
        "The last one was successful. Upgrading phase 2",
        "The upgrade was unsuccessful so far",
        "The upgrade has not completed",
        "The upgrade is not in progress",
        "Upgrade status: Paused",
        "Upgrade status: Failed\nUpgrade status: In Progress",
        "Upgrade status: Successful\nRefresh upgrade, phase 2 of 3",
        "No upgrade in progress.\nA switch of versions is scheduled",
        "something else",
        "",
    ],
)
def test_an_upgrade_that_nobody_understands_is_unread(output: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        platform.upgrade_running(output)
    assert refused.value.code == "unreadable_output"
    assert refused.value.details["output"] == output


@given(st.text(alphabet=st.characters(codec="ascii"), min_size=1, max_size=40))
def test_no_other_status_of_an_upgrade_counts(word: str) -> None:
    known = {
        "failed",
        "successful",
        "success",
        "complete",
        "completed",
        "canceled",
        "cancelled",
        "not running",
        "none",
    }
    known |= {"in progress", "running", "started", "installing", "upgrading"}
    assume(
        " ".join(word.split()).rstrip(".").lower().strip() not in known
        and "\n" not in word
        and word.strip(" .\r\t\x0b\x0c")
    )
    assume(word.isprintable())
    with pytest.raises(ProtocolError):
        platform.upgrade_running(f"Upgrade status: {word}")


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


FIPS = """The system is operating in FIPS mode. Self test status:
- S T A R T ---------------------
Executing FIPS selftests
runlevel is graphical.target
Start time: Wed Aug 2 18:28:56 IST 2023
NSS self tests passed.
Kernel Crypto tests passed.
KFOM self tests passed.
"""


@pytest.mark.parametrize(
    ("output", "on"),
    [
        (FIPS, True),
        ("\r\n  The system is operating in FIPS mode.  Self test status:\r\n", True),
        ("The system is not operating in FIPS mode.\n", False),
        ("The system is operating in NON-FIPS mode\n", False),
    ],
)
def test_fips(output: str, on: bool) -> None:
    assert platform.fips(output) is on


@pytest.mark.parametrize(
    "output",
    [
        "",
        "FIPS mode is enabled.",
        "The system will be operating in FIPS mode. Reboot it.",
        "It is not so that\nThe system is operating in FIPS mode ...",
        FIPS.replace("NSS self tests passed", "NSS self tests failed"),
        FIPS.replace("NSS self tests passed", "NSS self tests skipped"),
        FIPS.replace("Executing FIPS selftests", "FIPS selftests were not executed"),
        f"{FIPS}The system is not operating in FIPS mode.",
    ],
)
def test_fips_that_is_not_told_is_not_known(output: str) -> None:
    with pytest.raises(ProtocolError) as error:
        platform.fips(output)
    assert error.value.code == "unreadable_output" and "utils fips status" in error.value.message
    assert error.value.details["output"] == output[-1000:]


# -- what has one known sentence --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("Configured TLS minimum version: 1.0\n", "1.0"),
        # The guide of Unity Connection, the same platform.
        ("The configured TLS minimum version is 1.2.\r\n", "1.2"),
        ("\nTLS minimum version : 1.3", "1.3"),
    ],
)
def test_tls_minimum(output: str, version: str) -> None:
    assert platform.tls_minimum(output) == version


@pytest.mark.parametrize(
    "output",
    [
        "",
        "TLS minimum version: 1.2 (after the next reboot; now 1.0)",
        "Cannot set TLS minimum version: 1.2",
        "Configured TLS minimum version: 1.2\nActive TLS minimum version: 1.0",
        "Configured TLS minimum version: 1.2\nConfigured TLS minimum version: 1.0",
        "TLS minimum version: 1.3 is not supported",
        "TLS minimum version: 11.2",
        "TLS minimum version:",
    ],
)
def test_a_tls_minimum_in_another_sentence_is_not_known(output: str) -> None:
    with pytest.raises(ProtocolError):
        platform.tls_minimum(output)


LOCKING = "Account Lockout is enabled\nUnlock Time : 300 seconds\nRetry Count : 3 attempts\n"


@pytest.mark.parametrize(
    ("output", "state"),
    [
        (LOCKING, (True, 3, 300)),
        (LOCKING.replace(" attempts", "").replace("\n", "\r\n"), (True, 3, 300)),
        ("Account Lockout is disabled\n", (False, None, None)),
        (LOCKING.replace("3 attempts", "unlimited"), (True, None, 300)),
    ],
)
def test_account_locking(output: str, state: tuple[bool, int | None, int | None]) -> None:
    assert tuple(platform.account_locking(output).values()) == state


@pytest.mark.parametrize(
    "output",
    [
        "",
        "Retry Count : 3 attempts",
        LOCKING.replace("enabled", "enabled for remote accounts only"),
        f"It is not known whether {LOCKING}",
        f"{LOCKING}Account Lockout is disabled",
        f"{LOCKING}Retry Count : 30 attempts",
    ],
)
def test_account_locking_that_is_not_reported_is_not_known(output: str) -> None:
    with pytest.raises(ProtocolError):
        platform.account_locking(output)


@pytest.mark.parametrize(
    ("output", "limit"),
    [
        ("10", 10),
        ("Current session limit: 3\n", 3),
        ("The maximum number of concurrent sessions is 10.", 10),
        ("\nmaxlimit\t= 5 sessions", 5),
    ],
)
def test_session_limit(output: str, limit: int) -> None:
    assert platform.session_limit(output) == limit


@pytest.mark.parametrize(
    "output",
    [
        "",
        "Current sessions: 3",
        "unlimited (10 in use)",
        "no limit is set (0)",
        "Session limit cannot be read: error 17",
        "Session limit: -5",
        "Session limit: 3\nSession limit: 10",
        "Session limit: 3 of 10",
        "Session limit: none",
    ],
)
def test_a_number_that_is_not_a_limit_is_not_known(output: str) -> None:
    with pytest.raises(ProtocolError):
        platform.session_limit(output)


WORDS = st.text(alphabet=" abcdefghijklmnopqrstuvwxyz(),;", min_size=1, max_size=30).filter(str.strip)


@given(WORDS, st.booleans())
def test_no_word_beside_a_known_sentence_leaves_it_known(word: str, before: bool) -> None:
    """What a sentence says can be turned by every word that is added to it."""
    for reader, sentence in (
        (platform.tls_minimum, "Configured TLS minimum version: 1.2"),
        (platform.account_locking, "Account Lockout is enabled"),
        (platform.fips, "The system is operating in FIPS mode."),
    ):
        told = f"{word} {sentence}" if before else f"{sentence} {word}"
        with pytest.raises(ProtocolError):
            t.cast("t.Any", reader)(told)
