# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Saved answers: what files are read for, what is missing, and what nobody would call an answer."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import CucmError
from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
from ansible_collections.ucops.cucm.plugins.module_utils._security import ctl
from ansible_collections.ucops.cucm.plugins.module_utils._transport import saved
from ansible_collections.ucops.cucm.plugins.modules import cluster_info

from ..data import transcripts
from ..data.tools import load

ROOT = Path(__file__).resolve().parents[3]
PUB, SUB, IMP = "cucm-pub", "cucm-sub1", "imp-1"
DATE = "Tue, 24 Nov 2026 01:02:03 GMT"


# -- a directory -----------------------------------------------------------------------------------------


def soap(operation: str, content: str) -> str:
    return (
        '<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
        f"<ns:{operation}Response xmlns:ns='http://www.cisco.com/AXL/API/14.0'>{content}</ns:{operation}Response>"
        "</soapenv:Body></soapenv:Envelope>"
    )


def rows(*rows: dict[str, str]) -> str:
    told = "".join(
        f"<row>{''.join(f'<{name}>{value}</{name}>' for name, value in row.items())}</row>" for row in rows
    )
    return soap("executeSQLQuery", f"<return>{told}</return>")


def node(name: str, number: int, role: str = "1") -> dict[str, str]:
    return {"pkid": f"{{ab-{number}}}", "name": name, "tknodeusage": str(number), "tkprocessnoderole": role}


def services(*states: dict[str, str]) -> str:
    items = "".join(
        f"<item>{''.join(f'<{name}>{value}</{name}>' for name, value in state.items())}</item>"
        for state in states
    )
    returned = (
        f"<soapGetServiceStatusReturn><ServiceInfoList>{items}</ServiceInfoList></soapGetServiceStatusReturn>"
    )
    return soap("soapGetServiceStatus", returned)


STARTED = {
    "ServiceName": "Cisco CallManager",
    "ServiceStatus": "Started",
    "ReasonCode": "-1",
    "StartTime": "Tue Nov 24 01:00:03 2026",
    "UpTime": "120",
}
PORTS = (
    "<ethernetPhonePort>2000</ethernetPhonePort><mgcpPorts><listen>2427</listen><keepAlive>2428</keepAlive></mgcpPorts>"
    "<sipPorts><sipPhonePort>5060</sipPhonePort><sipPhoneSecurePort>5061</sipPhoneSecurePort>"
    "<sipOAuthPort>5090</sipOAuthPort><sipOAuthMRAPort>5091</sipOAuthMRAPort></sipPorts>"
)
CALLMANAGER = soap(
    "getCallManager",
    "<return><callManager><autoRegistration><autoRegistrationEnabled>false</autoRegistrationEnabled></autoRegistration>"
    f"<ports>{PORTS}</ports></callManager></return>",
)
PROFILE = {
    "name": "Standard",
    "flags": "t|f|f|f",
    "words": "Non Secure|TCP+UDP|By Null String|RSA Only|2048|None",
    "phones": "7",
    "installed": "2",
}
ANSWERS: dict[str, str] = {
    "axl/getCCMVersion.xml": soap(
        "getCCMVersion",
        "<return><componentVersion><version>14.0.1.12900-161</version></componentVersion></return>",
    ),
    "axl/getSmartLicenseStatus.xml": soap(
        "getSmartLicenseStatus",
        "<return/><LicenseDetails><SmartLicensing>ENABLED</SmartLicensing><Registration><Status>Registered</Status>"
        "<ExportControlFunctionality>Allowed</ExportControlFunctionality></Registration></LicenseDetails>",
    ),
    "axl/listExpresswayCConfiguration.xml": soap("listExpresswayCConfiguration", "<return/>"),
    "axl/listPhoneSecurityProfile.xml": soap("listPhoneSecurityProfile", "<return/>"),
    f"axl/getCallManager-CM_{PUB}.xml": CALLMANAGER,
    f"axl/getCallManager-CM%20{SUB}%2F2.xml": CALLMANAGER,
    "sql/nodes.xml": rows(node("EnterpriseWideData", 1), node(SUB, 1), node(PUB, 0), node(IMP, 1, role="2")),
    "sql/modes.xml": rows(
        {"paramname": "ClusterSecurityMode", "paramvalue": "1"},
        {"paramname": "ClusterSIPOAuthMode", "paramvalue": "0"},
    ),
    "sql/parameters.xml": rows({"paramname": "oauthTokenExpiryTimer", "paramvalue": "60"}),
    "sql/services.xml": rows({"node": PUB, "service": "Cisco CallManager", "isactive": "t"}),
    "sql/callmanagers.xml": rows({"name": f"CM_{PUB}", "node": PUB}, {"name": f"CM {SUB}/2", "node": SUB}),
    "sql/security_profiles.usage.xml": rows({"name": "Standard", "isstandard": "t", "phones": "7"}),
    "sql/sip_trunks.xml": rows(
        {
            "name": "Trunk",
            "words": "Encrypted|TLS|TLS",
            "digest_authentication": "f",
            "trunks": "3",
        }
    ),
    "sql/phone_profiles.xml": rows(PROFILE),
    f"nodes/{PUB}/services.xml": f"HTTP/1.1 200 OK\r\nDate: {DATE}\r\n\r\n{services(STARTED)}",
    f"nodes/{SUB}/services.xml": services(STARTED),
    f"nodes/{PUB}/show_ctl.txt": transcripts.CTL_MIXED,
    f"nodes/{PUB}/show_session_maxlimit.txt": "Maximum sessions : 10",
    f"nodes/{SUB}/session.txt": "",
}
LOG = (
    b"login banner\r\n\r\nadmin:set cli pagination off\r\nAutomatic pagination is turned off\r\n"
    + b"admin:shpw\b\b\x1b[Kow ctl\r\n"
    + transcripts.CTL_STRIPPED.replace("\n", "\r\n").encode()
    + b"admin:show session maxlimit\r\nExecuted command unsuccessfully\r\nadmin:show session maxlimit\r\n8\r\n\r\n"
    + b"admin:shwo\r\nNo valid command entered\r\nadmin:show  session maxlimit\r\n\x1b[1m8\x1b[0m\r\n"
    + b"admin:show tls min-version\r\nIncomplete command entered\r\nadmin:\r\n\radmin:"
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory with all that two nodes can be asked, as far as the tests need it."""
    root = tmp_path / "site"
    for name, text in ANSWERS.items():
        put(root, name, text)
    put(root, f"nodes/{SUB}/session.txt", LOG)
    return root


def put(root: Path, name: str, content: str | bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def never(seconds: float) -> None:
    raise AssertionError(f"waited {seconds} s for what was saved")


def run(root: Path, *wanted: str, clock: Clock | None = None, **options: t.Any) -> dict[str, t.Any]:
    """Run the module as the action plugin does, with the options that no inventory leaves out."""
    given = {"saved": str(root), "gather_subset": list(wanted) or ["all"], "publisher": "127.0.0.1"}
    given |= {"state_dir": str(root.parent / "state"), **options}
    validation = ArgumentSpecValidator(cluster_info.ARGUMENT_SPEC).validate(given)
    assert not validation.error_messages
    warnings: list[str] = []
    task = _task.Task(
        params=validation.validated_parameters, clock=clock or Clock(sleep=never), warn=warnings.append
    )
    return {**_task.perform(task, cluster_info.run), "warnings": warnings}


def facts(root: Path, *wanted: str, **options: t.Any) -> dict[str, t.Any]:
    result = run(root, *wanted, **options)
    assert "cluster" in result, result
    return result["cluster"]


# -- what is read ----------------------------------------------------------------------------------------


def test_everything_is_read_without_account_address_or_connection(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *wanted: pytest.fail(f"connects to {wanted}"))
    found = facts(site)
    assert found["release"] == "14.0.1.12900-161"
    assert (found["security_mode"], found["sip_oauth_mode"]) == ("mixed", "disabled")
    assert found["identity"] == "ab-0"
    assert [(each["name"], each["type"], each["address"]) for each in found["nodes"]] == [
        (PUB, "callmanager", PUB),
        (SUB, "callmanager", SUB),
        (IMP, "im_presence", IMP),
    ]
    assert found["licence"]["registered"] and found["licence"]["source"] == "axl"
    assert set(found["callmanagers"]) == {PUB, SUB}
    assert found["auto_registration"] == {f"CM_{PUB}": False, f"CM {SUB}/2": False}
    assert found["phone_profiles"]["Standard"]["phones"] == 7
    assert found["sip_trunk_profiles"]["Trunk"]["trunks"] == 3
    assert found["services"][PUB]["Cisco CallManager"]["in_database"] is True
    assert found["ctl_files"] == {
        PUB: ctl.parse(transcripts.CTL_MIXED).as_facts(),
        SUB: ctl.parse(transcripts.CTL_STRIPPED).as_facts(),
    }
    # What came to nothing does not count, and the same twice is one.
    assert found["session_limit"] == {PUB: 10, SUB: 8}
    assert found["unavailable"][f"tls_minimum.{SUB}"].startswith("privilege_too_low: ")
    assert found["accounts"] == {"axl": None, "cli": None}


def test_what_is_not_there_is_named_with_what_it_is(site: Path) -> None:
    unavailable = facts(site)["unavailable"]
    missing = {
        name: why.removeprefix("not_saved: ")
        for name, why in unavailable.items()
        if why.startswith("not_saved")
    }
    assert missing[f"health.{PUB}"] == (
        f"nodes/{PUB}/show_status.txt is not there; save what 'show status' prints at {PUB}."
    )
    assert missing["certificates"].startswith(f"nodes/{PUB}/show_cert_list_own.txt is not there; ")
    assert "trust_stores" in missing
    assert set(unavailable) - set(missing) == {f"tls_minimum.{SUB}"}


# What each file is for. That nothing else is lost is what the test below is about.
COSTS = {
    "axl/getCCMVersion.xml": {"version", "security_profiles"},
    "axl/getSmartLicenseStatus.xml": {"licence"},
    "axl/listExpresswayCConfiguration.xml": {"expressway_c"},
    "axl/listPhoneSecurityProfile.xml": {"security_profiles"},
    f"axl/getCallManager-CM_{PUB}.xml": {"callmanagers", "auto_registration"},
    "sql/modes.xml": {"modes"},
    "sql/parameters.xml": {"parameters"},
    "sql/services.xml": {"services"},
    "sql/callmanagers.xml": {"callmanagers", "auto_registration"},
    "sql/security_profiles.usage.xml": {"security_profiles.usage"},
    "sql/sip_trunks.xml": {"sip_trunks"},
    "sql/phone_profiles.xml": {"phone_profiles"},
    f"nodes/{PUB}/services.xml": {f"services.{PUB}"},
    f"nodes/{PUB}/show_ctl.txt": {f"ctl_files.{PUB}"},
    f"nodes/{PUB}/show_session_maxlimit.txt": {f"session_limit.{PUB}"},
}


@pytest.mark.parametrize("file", COSTS)
def test_a_file_that_is_not_there_costs_only_what_comes_from_it(site: Path, file: str) -> None:
    before = facts(site)
    (site / file).unlink()
    after = facts(site)
    lost = {name for name in after["unavailable"] if name not in before["unavailable"]}
    assert lost == COSTS[file]
    for name in lost:
        assert file in after["unavailable"][name]
        assert "; save what " in after["unavailable"][name]
    changed = {
        name
        for name in before
        if name not in ("unavailable", "unavailable_causes", "duties") and before[name] != after.get(name)
    }
    about = {name.partition(".")[0] for name in lost}
    # Facts whose name is not that of their subset.
    about |= {"release", "axl_version"} if "version" in lost else set()
    about |= (
        {"security_mode", "sip_oauth_mode", "rollback_to_pre_8", "contradictions"}
        if "modes" in lost
        else set()
    )
    about |= {"security_profile_usage"} if "security_profiles.usage" in lost else set()
    about |= {"sip_trunk_profiles"} if "sip_trunks" in lost else set()
    about |= {"saved", "read_at", "contradictions"} if "services" in file or "ctl" in file else set()
    assert changed <= about


def test_without_the_nodes_there_is_no_cluster(site: Path, tmp_path: Path) -> None:
    (site / "sql" / "nodes.xml").unlink()
    for root in (site, tmp_path / "nothing"):
        result = run(root)
        assert result["failure"]["code"] == "not_saved"
        assert str(root) in result["msg"] and "sql/nodes.xml" in result["msg"]
        assert "run sql select" in result["msg"] and "from processnode" in result["msg"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"nodes": []}',
        '{"nodes": [], "read_at": "soon"}',
        '{"cluster": []}',
        "[" * 100_000,
        "\x00",
    ],
    ids=str,
)
def test_a_file_without_facts(tmp_path: Path, text: str) -> None:
    saved = tmp_path / "facts.json"
    saved.write_text(text)
    result = run(saved)
    assert result["failure"]["code"] == "saved_unreadable"
    assert str(saved) in result["msg"] and result["failure"]["remedy"]


def test_a_file_with_facts_is_returned_as_it_is(site: Path, tmp_path: Path) -> None:
    told = facts(site, "nodes", "modes")
    for content in (told, {"cluster": told, "changed": False}):
        saved = tmp_path / "facts.json"
        saved.write_text(json.dumps(content))
        assert run(saved)["cluster"] == told


def test_node_addresses_may_be_told(site: Path) -> None:
    addresses = {SUB: {"address": "10.0.0.2"}}
    found = facts(site, "nodes", node_addresses=addresses, https_port=443)["nodes"]
    assert [(each["address"], each["https_port"]) for each in found[:2]] == [(PUB, 443), ("10.0.0.2", 443)]
    wrong = run(site, "nodes", node_addresses={"nobody": {"address": "10.0.0.2"}})
    assert wrong["failure"]["code"] == "invalid_input" and "nobody" in wrong["msg"]


def test_when_it_was_is_told_by_the_answers_only(site: Path) -> None:
    result = run(site)
    told = "2026-11-24T01:02:03+00:00"
    assert result["cluster"]["saved"] == {"first": told, "last": told}
    assert result["cluster"]["read_at"] == told
    assert result["warnings"] == []
    states = result["cluster"]["services"]
    assert states[PUB]["Cisco CallManager"]["started_at_utc"] == "2026-11-24T01:00:03"
    # It reported its uptime but not its clock: the start of the service in UTC is unknown, not wrong.
    assert states[SUB]["Cisco CallManager"]["started_at_utc"] is None
    assert states[SUB]["Cisco CallManager"]["started_at"] == "2026-11-24T01:00:03"

    put(site, f"nodes/{PUB}/services.xml", services(STARTED))
    result = run(site)
    assert result["cluster"]["saved"] == {"first": None, "last": None}
    assert "tells when" in result["warnings"][0]
    read_at = datetime.fromisoformat(result["cluster"]["read_at"])
    assert timedelta() <= datetime.now(UTC) - read_at < timedelta(minutes=1)


def test_a_date_to_come_makes_nothing_newer(site: Path) -> None:
    put(
        site,
        f"nodes/{PUB}/services.xml",
        f"HTTP/2 200\r\ndate: Tue, 24 Nov 2099 01:02:03 GMT\r\n\r\n{services()}",
    )
    assert datetime.fromisoformat(facts(site)["read_at"]) <= datetime.now(UTC)


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Tue, 24 Nov 1901 01:02:03 +2359", "Tue, 24 Nov 2026 01:02:03 -0000"]
)
def test_a_date_that_is_none_tells_nothing(site: Path, date: str) -> None:
    put(site, f"nodes/{PUB}/services.xml", f"HTTP/1.1 200 OK\r\nDate: {date}\r\n\r\n{services(STARTED)}")
    found = facts(site, "services")
    assert found["saved"] == {"first": None, "last": None}
    assert found["services"][PUB]["Cisco CallManager"]["uptime"] == 120


# -- without AXL -----------------------------------------------------------------------------------------

TABLE = """\
pkid    name       tknodeusage tkprocessnoderole
======= ========== =========== =================
{ab-0}  cucm-pub   0           1
{ab-1}  cucm-sub1  1           1
"""


def test_the_command_line_stands_in_for_axl(tmp_path: Path) -> None:
    root = tmp_path / "site"
    put(root, "sql/nodes.txt", TABLE)
    put(
        root,
        "sql/modes.txt",
        "paramname           paramvalue\n=================== ==========\nClusterSecurityMode 0\n",
    )
    put(root, f"nodes/{PUB}/show_version_active.txt", "Active Master Version: 12.5.1.11900-146\n")
    put(
        root,
        f"nodes/{PUB}/show_license_all.txt",
        "Smart Licensing is ENABLED\n\nRegistration:\n  Status: REGISTERED\n",
    )
    found = facts(root)
    assert (found["release"], found["security_mode"], found["axl_version"]) == (
        "12.5.1.11900-146",
        "non_secure",
        None,
    )
    assert (found["licence"]["source"], found["licence"]["registered"]) == ("cli", True)
    # The message asks for AXL's answers, which have more facts.
    assert "axl/listExpresswayCConfiguration.xml" in found["unavailable"]["expressway_c"]
    (root / f"nodes/{PUB}/show_license_all.txt").unlink()
    assert "axl/getSmartLicenseStatus.xml" in facts(root)["unavailable"]["licence"]


@pytest.mark.parametrize(
    "printed",
    [
        TABLE,
        TABLE.replace("\n", "\r\n"),
        f"admin:run sql select pkid from processnode\n{TABLE}\nadmin:",
        # The echo is broken where the terminal was narrow.
        f"admin:run sql select processnode.pkid as pkid,processnode.name as na \rme from processnode\r\n{TABLE}\nadmin:",
        f"admin:run sql select processnode.pkid as pkid,\nprocessnode.name as name from processnode\n{TABLE}admin:quit\n",
        f"Welcome\n\nadmin:set cli pagination off\nAutomatic pagination is turned off\nadmin:run sql select 1\n{TABLE}admin:",
    ],
)
def test_a_table_is_found_in_what_was_pasted(tmp_path: Path, printed: str) -> None:
    put(tmp_path / "site", "sql/nodes.txt", printed)
    assert [each["name"] for each in facts(tmp_path / "site", "nodes")["nodes"]] == [PUB, SUB]


def test_no_rows_are_told_from_no_table_behind_a_broken_statement(tmp_path: Path) -> None:
    root = tmp_path / "site"
    put(root, "sql/nodes.txt", TABLE)
    put(
        root,
        "sql/sip_trunks.txt",
        "admin:run sql select a, \rb,  \rc from \rd \r\nNo records found\r\nadmin:",
    )
    assert facts(root, "sip_trunks")["sip_trunk_profiles"] == {}


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        (f"admin:run sql 1\n{TABLE}admin:run sql 2\n{TABLE}admin:", "saved_other"),
        ("", "saved_other"),
        (
            f"admin:run sql 1\n{TABLE}Press <enter> for 1 line, <space> for one page, or <q> to quit\r\nadmin:",
            "saved_incomplete",
        ),
        ("admin:run sql select x from processnode\nIncomplete command entered\nadmin:", "privilege_too_low"),
        ("admin:run sql 1\nAn SQL error\nadmin:", "unreadable_output"),
        ("name\n====\ncucm-pub\n", "saved_other"),
    ],
)
def test_what_is_no_table_of_the_question_is_none(tmp_path: Path, printed: str, code: str) -> None:
    put(tmp_path / "site", "sql/nodes.txt", printed)
    assert run(tmp_path / "site", "nodes")["failure"]["code"] == code


# -- what commands printed -------------------------------------------------------------------------------

CTL = transcripts.CTL_MIXED
BARE_PAGER = "Press <enter> for 1 line, <space> for one page, or <q> to quit"
PAGER = f"\x1b[1m{BARE_PAGER}\x1b[0m\x1b[K"


def paged(text: str, pager: str, wiped: str) -> str:
    """Return a text as it comes in pages of twenty lines."""
    lines = text.splitlines(keepends=True)
    return f"{pager}{wiped}".join("".join(lines[at : at + 20]) for at in range(0, len(lines), 20))


@pytest.mark.parametrize(
    "content",
    [
        CTL,
        CTL.rstrip("\n"),
        CTL.replace("\n", "\r\n"),
        "\ufeff" + CTL,
        CTL.encode("utf-16"),
        (b"\xfe\xff" + CTL.encode("utf-16-be")),
        f"admin:show ctl\n{CTL}admin:",
        f"admin:show ctl\n{CTL}",
        f"{CTL}admin:",
        transcripts.STARTUP + f"show ctl\r\n{CTL}\r\nadmin:quit\r\n".encode(),
        f"admin:show itl\n\nadmin:shoow\b\b\b\b\b\x1b[Kshow ctl \n{CTL}admin:show myself\nx\nadmin:",
        f"admin:show ctl\nExecuted command unsuccessfully\nadmin:show ctl\n{CTL}admin:show ctl\n{CTL}admin:",
        f"admin:show ctl\n{CTL}admin:\nCommand Line Interface is starting up, please wait ...\nadmin:exit",
        # Pages: as they come, as a log without control characters keeps them, each on a line of its own.
        "admin:show ctl\r\n" + paged(CTL, PAGER, "\r\x1b[K") + "admin:",
        "admin:show ctl\n" + paged(CTL, BARE_PAGER, "") + "admin:",
        "admin:show ctl\n" + paged(CTL, PAGER, "\r\n") + "admin:",
    ],
)
def test_texts_are_read_however_they_were_taken(site: Path, content: str | bytes) -> None:
    put(site, f"nodes/{PUB}/show_ctl.txt", content)
    found = facts(site, "ctl_files")
    assert found["unavailable"] == {}
    assert found["ctl_files"][PUB] == ctl.parse(CTL).as_facts()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "saved_incomplete"),
        ("\r\n\r\n", "saved_incomplete"),
        # Cut in the middle it looks like a file that did not verify.
        (CTL[: len(CTL) // 2], "saved_incomplete"),
        (f"admin:show ctl\n{CTL[: len(CTL) // 2]}\n{PAGER}\r\x1b[K\r\nadmin:", "saved_incomplete"),
        (f"admin:show ctl\n{CTL[: len(CTL) // 2]}\n{PAGER}q\r\nadmin:", "saved_incomplete"),
        (f"admin:show itl\n{CTL}admin:", "saved_other"),
        (f"{CTL}admin:\n{CTL}admin:", "saved_other"),
        (f"admin:show ctl\n{CTL}admin:show ctl\n{CTL.replace('0C05', '0C06')}admin:", "saved_other"),
        # An apparent prompt, in a text that an administrator gave the cluster.
        (f"admin:show ctl\n{CTL.replace('OU=TAC', 'OU=' + chr(10) + 'admin:')}admin:", "saved_incomplete"),
        (
            f"admin:show ctl\n{CTL.replace('OU=TAC', 'OU=' + chr(10) + 'admin:show itl' + chr(10))}admin:",
            "saved_incomplete",
        ),
        ("admin:show ctl\nExecuted command unsuccessfully\nadmin:", "command_failed"),
        ("admin:show ctl\nNo valid command entered\nadmin:", "command_unknown"),
        ("admin:show ctl\nsomething else\nadmin:", "saved_incomplete"),
        ("something else\nThe CTL file was verified successfully.", "unreadable_output"),
        (b"\x7fELF\0\0\0" + os.urandom(200) + b"\0", "saved_unreadable"),
        (
            "Length of CTL file: " + "9" * 5000 + "\nThe CTL file was verified successfully.",
            "unreadable_output",
        ),
    ],
)
def test_what_is_not_all_or_something_else_is_not_used(site: Path, content: str | bytes, code: str) -> None:
    put(site, f"nodes/{PUB}/show_ctl.txt", content)
    found = facts(site, "ctl_files")
    assert set(found["ctl_files"]) == {SUB}
    assert set(found["unavailable"]) == {f"ctl_files.{PUB}"}
    assert found["unavailable"][f"ctl_files.{PUB}"].startswith(f"{code}: ")


def test_the_last_output_of_a_log_needs_its_end(site: Path) -> None:
    log = "admin:show session maxlimit\n4\nadmin:show accountlocking\nAccount Lockout is enabled\n"
    put(site, f"nodes/{SUB}/session.txt", log)
    found = facts(site, "session_limit", "account_locking")
    assert found["session_limit"][SUB] == 4
    assert found["unavailable"][f"account_locking.{SUB}"].startswith("saved_incomplete: ")


@pytest.mark.parametrize("typed", ["", ";O=Cisco", "\nadmin:"])
def test_what_only_looks_like_a_prompt_makes_no_output_shorter(site: Path, typed: str) -> None:
    """Without a known last line, the next prompt proves that an output is complete."""
    put(
        site,
        f"nodes/{PUB}/show_session_maxlimit.txt",
        f"admin:show session maxlimit\n4\nadmin:{typed}\n5\nadmin:",
    )
    reason = facts(site, "session_limit")["unavailable"][f"session_limit.{PUB}"]
    assert reason.startswith("saved_incomplete: ")


def test_a_log_of_nothing_but_prompts_is_read_in_time(site: Path) -> None:
    put(site, f"nodes/{SUB}/session.txt", "admin:\n" * 100_000)
    assert facts(site, "session_limit")["unavailable"][f"session_limit.{SUB}"].startswith("not_saved: ")


def test_a_file_of_its_own_comes_before_the_log(site: Path) -> None:
    put(site, f"nodes/{SUB}/show_session_maxlimit.txt", "2")
    assert facts(site, "session_limit")["session_limit"][SUB] == 2


# -- texts that are not answers --------------------------------------------------------------------------

LICENCE = "axl/getSmartLicenseStatus.xml"
FAULT = (
    "<Envelope><Body><Fault><faultcode>x</faultcode><faultstring>{}</faultstring></Fault></Body></Envelope>"
)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (f"HTTP/1.1 500 x\r\nDate: {DATE}\r\n\r\n" + FAULT.format("no"), "soap_fault"),
        (FAULT.format("Exceeded allowed rate for Reatime information."), "rate_limited"),
        (f"HTTP/1.1 503 Busy\r\n\r\n{ANSWERS[LICENCE]}", "not_soap"),
        ("HTTP/1.1 401 Unauthorized\r\nContent-Type: text/html\r\n\r\n<html>401</html>", "not_soap"),
        ("HTTP/1.1 200 OK\r\n\r\n" * 50_000, "not_soap"),
        ("<html>Envelopes are sold out</html>", "not_soap"),
        ("", "not_soap"),
        (os.urandom(100_000), "not_soap"),
        ("<Envelope>", "xml_malformed"),
        ("<Envelope/>", "not_soap"),
        (ANSWERS["axl/getCCMVersion.xml"], "saved_other"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]>" + ANSWERS[LICENCE], "xml_refused"),
        ("<Envelope>" + "<a>" * 100, "xml_refused"),
        (ANSWERS[LICENCE].encode("utf-16"), "not_soap"),
    ],
)
def test_what_is_no_answer_of_axl_costs_its_fact(site: Path, content: str | bytes, code: str) -> None:
    put(site, LICENCE, content)
    found = facts(site, "licence", "version", "modes")
    assert "licence" not in found
    assert found["unavailable"]["licence"].startswith(f"{code}: "), found["unavailable"]
    assert set(found["unavailable"]) == {"licence"}


def test_headers_of_proxies_come_before_the_answers_own(site: Path) -> None:
    head = f"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 \nDate: {DATE}\n\n"
    put(site, LICENCE, head + ANSWERS[LICENCE])
    found = facts(site, "licence")
    assert found["licence"]["registered"]
    assert found["saved"]["last"] == "2026-11-24T01:02:03+00:00"


def test_a_control_center_that_says_something_else_is_not_read(site: Path) -> None:
    put(site, f"nodes/{PUB}/services.xml", ANSWERS["sql/nodes.xml"])
    found = facts(site, "services")
    assert set(found["services"]) == {SUB}
    assert found["unavailable"][f"services.{PUB}"].startswith("not_soap: ")


def test_the_answer_to_another_question_is_none(site: Path) -> None:
    put(site, "sql/sip_trunks.xml", ANSWERS["sql/nodes.xml"])
    put(site, "sql/services.xml", rows({"node": PUB, "service": "x"}))
    found = facts(site)
    assert found["unavailable"]["sip_trunks"].startswith("saved_other: sql/sip_trunks.xml has no column ")
    assert found["unavailable"]["services"].startswith("saved_other: sql/services.xml has no column isactive")
    put(site, "sql/sip_trunks.xml", rows())
    assert facts(site, "sip_trunks")["sip_trunk_profiles"] == {}


@pytest.mark.parametrize("number", ["many", "", "9" * 5000, "1e3"])
def test_a_number_that_is_none_costs_its_fact(site: Path, number: str) -> None:
    put(site, "sql/phone_profiles.xml", rows({**PROFILE, "phones": number}))
    put(site, f"nodes/{PUB}/services.xml", services({**STARTED, "UpTime": number, "ReasonCode": "--1"}))
    found = facts(site)
    assert "phone_profiles" not in found
    assert found["unavailable"]["phone_profiles"].startswith("unreadable_output: ")
    assert found["callmanagers"]


@pytest.mark.parametrize("words", ["Encrypted|TLS|TLS|TLS", "|" * 20])
def test_more_words_than_were_asked_for_are_none(site: Path, words: str) -> None:
    trunk = {"name": "Trunk", "digest_authentication": "f", "trunks": "3"}
    put(site, "sql/sip_trunks.xml", rows({**trunk, "words": words}))
    put(site, "sql/phone_profiles.xml", rows({**PROFILE, "flags": words + "||"}))
    unavailable = facts(site, "sip_trunks", "phone_profiles")["unavailable"]
    assert {name: why.partition(":")[0] for name, why in unavailable.items()} == {
        **dict.fromkeys(("sip_trunks", "phone_profiles"), "unreadable_output"),
        "sip_trunks.media": "not_saved",
    }


def test_an_uptime_before_all_time_has_no_start(site: Path) -> None:
    told = services({**STARTED, "UpTime": "9" * 30})
    put(site, f"nodes/{PUB}/services.xml", f"HTTP/1.1 200 OK\r\nDate: {DATE}\r\n\r\n{told}")
    assert facts(site, "services")["services"][PUB]["Cisco CallManager"]["started_at_utc"] is None


# -- files that are none ---------------------------------------------------------------------------------


def test_links_lead_nowhere_else(site: Path, tmp_path: Path) -> None:
    outside = put(tmp_path, "outside/show_ctl.txt", CTL)
    inside = site / "nodes" / PUB / "show_ctl.txt"
    inside.rename(site / "kept.txt")
    inside.symlink_to("../../kept.txt")
    assert facts(site, "ctl_files")["ctl_files"][PUB]["present"]
    inside.unlink()
    inside.symlink_to(outside)
    reason = facts(site, "ctl_files")["unavailable"][f"ctl_files.{PUB}"]
    assert reason.startswith("saved_outside: ") and str(outside) not in reason
    inside.unlink()
    (site / "nodes" / PUB).rename(tmp_path / "moved")
    (site / "nodes" / PUB).symlink_to(tmp_path / "moved")
    (tmp_path / "moved" / "show_ctl.txt").write_text(CTL, "utf-8")
    assert facts(site, "ctl_files")["unavailable"][f"ctl_files.{PUB}"].startswith("saved_outside: ")
    # The directory itself may be given by a link.
    (tmp_path / "link").symlink_to(site)
    assert facts(tmp_path / "link", "modes")["security_mode"] == "mixed"


def test_what_is_no_file_holds_nobody(site: Path) -> None:
    path = site / "nodes" / PUB / "show_ctl.txt"
    path.unlink()
    os.mkfifo(path)
    assert facts(site, "ctl_files")["unavailable"][f"ctl_files.{PUB}"].startswith("saved_unreadable: ")
    path.unlink()
    path.mkdir()
    assert facts(site, "ctl_files")["unavailable"][f"ctl_files.{PUB}"].startswith("saved_unreadable: ")
    path.rmdir()
    path.symlink_to("show_ctl.txt")
    assert facts(site, "ctl_files")["unavailable"][f"ctl_files.{PUB}"].startswith("saved_unreadable: ")


def test_files_larger_than_an_answer_are_not_used(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "BODY_CAP", 4000)
    with (site / LICENCE).open("r+b") as file:
        file.truncate(4001)
    with (site / "nodes" / PUB / "show_ctl.txt").open("r+b") as file:
        file.truncate(saved.CliLimits().output_bytes + 1)
    unavailable = facts(site, "licence", "ctl_files")["unavailable"]
    assert {name: why.partition(":")[0] for name, why in unavailable.items()} == {
        "licence": "output_too_large",
        f"ctl_files.{PUB}": "output_too_large",
    }


def test_a_line_that_no_command_prints_is_not_used(site: Path) -> None:
    put(site, f"nodes/{PUB}/show_ctl.txt", CTL + "x" * 100_000)
    assert facts(site, "ctl_files")["unavailable"][f"ctl_files.{PUB}"].startswith("output_too_large: ")


def test_reading_ends_in_time(site: Path) -> None:
    ticks = iter(range(10_000))
    late = Clock(monotonic=lambda: float(next(ticks)), sleep=never)
    put(site, f"nodes/{PUB}/show_ctl.txt", CTL + (" " * 999 + "\n") * 5_000)
    reasons = run(site, "ctl_files", clock=late, deadline=20.0)["cluster"]["unavailable"]
    assert reasons[f"ctl_files.{PUB}"].startswith("deadline_exceeded: ")


@pytest.mark.parametrize(
    "name", ["../outside", "..", ".", "/etc", "a/b", "\u202enode", "%2e%2e", "node\n1", "x" * 300]
)
def test_names_of_nodes_are_steps_of_no_path(tmp_path: Path, name: str) -> None:
    root = tmp_path / "site"
    # Were the name a path, this is what would be read.
    for place in ("outside", "site", "site/nodes", "site/nodes/a/b"):
        put(tmp_path, f"{place}/show_ctl.txt", CTL)
    put(root, "sql/nodes.xml", rows(node(name.replace("\n", "&#10;"), 0)))
    found = facts(root, "ctl_files", "services")
    assert found["ctl_files"] == {}
    assert found["publisher"] == name.strip()
    step = saved.component(name)
    assert "/" not in step and step not in ("", ".", "..")
    if len(step) < 255:
        put(root, f"nodes/{step}/show_ctl.txt", CTL)
        assert facts(root, "ctl_files")["ctl_files"][name]["present"]


def test_two_names_are_two_files() -> None:
    names = ["", ".", "..", "...", "a b", "a_b", "a%20b", "a/b", "A", "%", "%2E", "\u00e9", "~", "-"]
    assert len({saved.component(name) for name in names}) == len(names)


def test_no_way_leads_to_a_node(site: Path) -> None:
    cluster = _task.Task(params=run_params(site)).cluster
    for reach in (
        lambda: cluster.query("select * from device"),
        cluster.device_time,
        lambda: cluster.certificate_api(cluster.publisher),
        lambda: cluster.converse("utils ctl update CTLFile", re.compile("x"), lambda asked: None, timeout=1),
        lambda: cluster.order("utils sipOAuth-mode enable", lambda: None, timeout=1),
        lambda: cluster.control_center(cluster.publisher).control("Cisco Tftp", "Restart"),
        lambda: cluster.axl.call("updateServiceParameter", []),
    ):
        with pytest.raises(CucmError) as error:
            reach()
        assert error.value.code in ("saved_only_reads", "not_saved")


def run_params(root: Path) -> dict[str, t.Any]:
    validation = ArgumentSpecValidator(cluster_info.ARGUMENT_SPEC).validate({"saved": str(root)})
    return validation.validated_parameters


def test_accounts_that_are_set_for_other_tasks_do_not_matter(site: Path) -> None:
    found = facts(site, "modes", axl_username="half an account", validate_certs=False)
    assert found["security_mode"] == "mixed"
    assert found["accounts"] == {"axl": None, "cli": None}


def test_spoiled_directories_end_in_words(site: Path) -> None:
    """Whatever is in the files, the reading ends with facts or with a failure, and the same facts every time."""
    chance = random.Random(5)
    files = [path for path in sorted(site.rglob("*")) if path.is_file()]
    originals = {path: path.read_bytes() for path in files}
    pieces = [b"\0", b"<", b"</row>", b"&#0;", b"\r", b"\x1b[K", b"admin:", b"-", b"9" * 20, b"\xff", b"= ="]
    pieces += [b"t", b"|", b"|" * 20]
    for _number in range(250):
        path = chance.choice(files)
        data = bytearray(originals[path])
        for _each in range(chance.randrange(1, 6)):
            at = chance.randrange(len(data) + 1)
            data[at : at + chance.choice((0, 0, 1, 5, 400))] = chance.choice(pieces)
        path.write_bytes(data)
        result = run(site)
        assert result.get("failure") or result["cluster"]["nodes"], path
        path.write_bytes(originals[path])


# -- collect.sh and the page beside it -------------------------------------------------------------------


def tool() -> t.Any:
    return load("offline_requests")


@pytest.mark.parametrize("name", ["collect.sh", "README.md", "anonymise.py"])
def test_what_is_asked_elsewhere_is_what_is_read_here(name: str) -> None:
    path = ROOT / "docs" / "offline" / name
    assert tool().files()[path] == path.read_text("utf-8"), "run tools/offline_requests.py"


def test_the_script_asks_for_every_answer_there_is() -> None:
    """The collected answers are complete for every subset that saved answers can fill."""
    offline = tool()
    asked = offline.asked(offline.NEWEST)
    text = (ROOT / "docs" / "offline" / "collect.sh").read_text("utf-8")
    for file in asked.requests:
        if file.startswith(("axl/getCallManager-", "nodes/")):
            continue
        assert f" {file} " in text, file
    page = (ROOT / "docs" / "offline" / "README.md").read_text("utf-8")
    for command in (*asked.publisher, *asked.subscriber):
        assert f"    {command}\n" in text and f"    {command}\n" in page
    # The requests are single, and reading ones only.
    operations = {action.rpartition(" ")[2] for _path, action, _body in asked.requests.values()}
    assert all(name.startswith(("get", "list", "executeSQLQuery", "soapGet")) for name in operations)


def test_the_script_calls_files_as_they_are_looked_for() -> None:
    text = (ROOT / "docs" / "offline" / "collect.sh").read_text("utf-8")
    found = re.search(r"(?ms)^quoted\(\) \{.*?^\}", text)
    assert found is not None
    names = [
        "cucm-pub.example.com",
        "CM with blanks",
        "a_b~c",
        "50% / half",
        "Z\u00fcrich",
        "'\"$(id)`\\",
        "*",
    ]
    printed = subprocess.run(
        ["sh", "-c", found[0] + '\nfor name in "$@"; do quoted "$name"; echo; done', "sh", *names],
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert printed.splitlines() == [saved.component(name) for name in names]


def test_without_a_publisher_each_node_has_its_name_for_an_address(site: Path) -> None:
    task = _task.Task(params={**run_params(site), "publisher": "10.0.0.1"})
    assert [node.address.host for node in task.cluster.nodes] == [node.name for node in task.cluster.nodes]
    assert task.cluster.publisher.name == PUB


def test_when_answers_were_given_is_known_once_they_were_read(site: Path) -> None:
    task = _task.Task(params=run_params(site))
    assert task.saved_answers.span is None
    task.cluster.control_center(task.cluster.publisher).states()
    assert task.saved_answers.span is not None
