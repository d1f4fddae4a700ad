# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The terminal: start-up, prompt, echo, editing, live keys, paging, privileges, the end."""

from __future__ import annotations

import time

import pytest

START_UP = (
    "Command Line Interface is starting up, please wait ...\r\n"
    "\r\n   Welcome to the Platform Command Line Interface\r\n"
    "\r\nVMware Installation:\r\n\t2 vCPU: Intel(R) Xeon(R) CPU E7- 2830  @ 2.13GHz\r\n"
    "\tDisk 1: 146GB, Partitions aligned\r\n\t8192 Mbytes RAM\r\n\r\n"
)
PAGER = "\x1b[1mPress <enter> for 1 line, <space> for one page, or <q> to quit\x1b[0m\x1b[K"
WIPE = "\r\x1b[K"


def shell(rig, username="admin", width=200, height=1000):
    channel = rig.authenticated(username).open_session()
    channel.get_pty("vt100", width, height)
    channel.invoke_shell()
    channel.settimeout(5)
    return channel


def read(channel, end):
    text = b""
    while not text.endswith(end.encode()):
        data = channel.recv(65536)
        assert data, f"closed after {text!r}"
        text += data
    return text.decode()


def test_the_start_up_is_byte_for_byte_what_captures_show(rig):
    assert read(shell(rig), "admin:\r\n\radmin:") == START_UP + "admin:\r\n\radmin:"


def test_the_start_up_takes_its_device_time(make_rig):
    rig = make_rig(time_scale=20, timings={"cli_startup_s": 9})
    channel = shell(rig)
    begun = time.monotonic()
    read(channel, "admin:\r\n\radmin:")
    assert time.monotonic() - begun > 0.40


def test_banner_dns_warning_and_a_single_prompt_are_settings(make_rig):
    rig = make_rig(cli={"banner": "Property of: nobody\n", "dns_warning": True, "double_prompt": False})
    text = read(shell(rig), "admin:")
    assert text.startswith("Property of: nobody\r\nCommand Line Interface is starting up")
    assert text.endswith("8192 Mbytes RAM\r\n        WARNING: DNS unreachable\r\n\r\nadmin:")


def test_some_nodes_want_a_nudge_before_the_first_prompt(make_rig):
    rig = make_rig(cli={"needs_nudge": True})
    channel = shell(rig)
    assert read(channel, "RAM\r\n\r\n") == START_UP
    channel.settimeout(0.3)
    with pytest.raises(TimeoutError):
        channel.recv(1)
    channel.settimeout(5)
    channel.send(b"\r")
    read(channel, "admin:\r\n\radmin:")


def test_each_key_is_echoed_and_backspace_takes_back(rig):
    cli = rig.login()
    cli.send("sh")
    assert cli.read_until("sh") == "sh"
    cli.send("\x7f")
    assert cli.read_until("\b \b") == "\b \b"
    cli.send("how cli pagination\r")
    assert cli.read_until("\r\nadmin:") == "how cli pagination\r\nAutomatic Pagination : On.\r\nadmin:"


def test_input_longer_than_the_terminal_wraps(rig):
    cli = rig.login(width=40)
    line = "run sql select name from processnode where name = 'x'"
    cli.send(line + "\r")
    assert cli.read_until("\r\nadmin:").startswith(line[:34] + " \r" + line[34:] + "\r\n")


def test_enter_alone_gives_a_new_prompt_and_no_journal_entry(rig):
    cli = rig.login()
    cli.send("\r\n")
    assert cli.read_until("admin:\r\nadmin:") == "\r\nadmin:\r\nadmin:"
    assert rig.journal("command") == []


def test_a_question_mark_acts_at_once(rig):
    cli = rig.login()
    cli.send("utils ctl?")
    text = cli.read_until("admin:utils ctl")
    assert "?Syntax:\r\n" in text
    assert "utils ctl set-cluster mixed-mode\r\n" in text
    cli.send(" update CTLFile\r")
    cli.read_until("(y/n):")
    cli.send("n")
    cli.send("\r")
    cli.read_until("\r\nadmin:")


def test_tab_completes(rig):
    cli = rig.login()
    cli.send("utils sys\t")
    assert cli.read_until("system ") == "utils system "
    cli.send("up\t")
    cli.read_until("upgrade ")


def test_control_c_drops_the_line(rig):
    cli = rig.login()
    cli.send("show ver\x03")
    cli.read_until("\r\nadmin:")
    assert cli.command("show cli pagination") == ["Automatic Pagination : On."]


def test_control_c_ends_a_running_command_but_not_the_work_behind_it(make_rig):
    rig = make_rig(time_scale=20)
    cli = rig.login()
    cli.send("utils service restart Cisco Tftp\r")
    cli.read_until("[STOPPING]  \r\n")
    cli.send("\x03")
    assert "Control-C pressed\r\n" in cli.read_until("admin:")
    service = rig.cluster.publisher.services["Cisco Tftp"]
    assert service.status != "Started"
    rig.wait_for(lambda: service.status == "Started")


def test_control_c_at_a_question_changes_nothing(rig):
    cli = rig.login()
    cli.send("utils ctl set-cluster mixed-mode\r")
    cli.read_until("(y/n):")
    cli.send("\x03")
    cli.read_until("admin:")
    assert rig.cluster.security_mode == 0
    assert rig.journal("answer") == []


def test_long_output_is_paged_until_the_reader_leaves(make_rig):
    cli = make_rig(cli={"pages": "everything"}).login(height=10)
    cli.send("utils service list\r")
    page = cli.read_until(PAGER)
    assert page.count("\r\n") == 10
    cli.send("\r")
    assert cli.read_until(PAGER).count("\r\n") == 1
    cli.send(" ")
    more = cli.read_until(PAGER)
    assert more.startswith(WIPE)
    assert more.count("\r\n") == 9
    cli.send("q")
    assert cli.read_until("admin:") == WIPE + "admin:"


def test_by_default_only_what_is_documented_to_page_does(rig):
    cli = rig.login(height=10)
    cli.send("utils service list\r")
    whole = cli.read_until("\r\nadmin:")
    assert PAGER not in whole and whole.count("\r\n") > 20
    cli.send("show itl\r")
    assert PAGER not in cli.read_until("\r\nadmin:")
    cli.send("utils service list page\r")
    assert cli.read_until(PAGER).count("\r\n") == 10
    cli.send("q")
    cli.read_until("admin:")
    cli.command("set cli pagination off")
    cli.send("utils service list page\r")
    assert PAGER not in cli.read_until("\r\nadmin:")


def test_paging_to_the_end_shows_what_no_paging_shows(rig):
    cli = rig.login(height=10)
    cli.send("utils service list page\r")
    text = ""
    while not text.endswith("admin:"):
        text += cli.channel.recv(65536).decode()
        if text.endswith(PAGER):
            text = text[: -len(PAGER)]
            cli.send(" ")
    paged = text.replace(WIPE, "").split("\r\n")[1:-1]
    assert cli.command("set cli pagination off") == ["Automatic pagination is turned off"]
    assert cli.command("utils service list") == paged


def test_pagination_is_the_session_s_own(rig):
    first, second = rig.login(), rig.login()
    first.command("set cli pagination off")
    assert first.command("show cli pagination") == ["Automatic Pagination : Off."]
    assert second.command("show cli pagination") == ["Automatic Pagination : On."]


def test_commands_above_the_privilege_look_incomplete(rig):
    auditor = rig.login("auditor")
    assert auditor.command("utils ctl set-cluster mixed-mode") == ["Incomplete command entered"]
    assert auditor.command("show tls min-version") == ["Incomplete command entered"]
    assert auditor.command("show accountlocking")[0] == "Account Lockout is enabled"
    assert rig.login("operator").command("show tls min-version") == ["Configured TLS minimum version: 1.2"]
    refused = rig.journal("command")[0]
    assert (refused.operation, refused.changing) == ("utils ctl set-cluster mixed-mode", False)


def test_unknown_and_unfinished_commands(rig):
    cli = rig.login()
    assert cli.command("format disk") == ["No valid command entered"]
    assert cli.command("show ctl now") == ["No valid command entered"]
    assert cli.command("show") == ["Incomplete command entered"]
    assert cli.command("run sql") == ["Incomplete command entered"]
    assert cli.command("show perf query class") == [
        "The lab does not simulate this: show perf",
        "Executed command unsuccessfully",
    ]
    assert cli.command("set cli pagination maybe")[-1] == "Executed command unsuccessfully"


@pytest.mark.parametrize("word", ["quit", "exit"])
def test_leaving(rig, word):
    cli = rig.login()
    cli.send(word + "\r")
    assert cli.read_to_end() == word + "\r\n"
    assert cli.channel.recv_exit_status() == 0
    rig.wait_for(lambda: rig.servers[0].sessions == 0)


def test_what_was_typed_before_the_end_of_input_is_still_carried_out(rig):
    cli = rig.login()
    cli.send("show cli pagination\r")
    cli.channel.shutdown_write()
    assert "Automatic Pagination : On." in cli.read_to_end()
    assert cli.channel.recv_exit_status() == 0
    rig.wait_for(lambda: rig.servers[0].sessions == 0)


def test_the_connection_outlives_its_session(rig):
    cli = rig.login()
    cli.send("quit\r")
    cli.read_to_end()
    again = cli.transport.open_session()
    again.get_pty("vt100", 200, 1000)
    again.invoke_shell()
    assert again.recv(10)


def test_an_idle_session_is_closed(make_rig):
    rig = make_rig(timings={"cli_idle_s": 30}, time_scale=100)
    cli = rig.login()
    begun = time.monotonic()
    cli.read_to_end()
    assert time.monotonic() - begun > 0.25


def test_a_dropped_client_frees_its_session(rig):
    cli = rig.login()
    assert rig.servers[0].sessions == 1
    cli.close()
    rig.wait_for(lambda: rig.servers[0].sessions == 0)
