# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault of the CLI really happens on the wire, and stops when it is taken back."""

from __future__ import annotations

import time

import paramiko
import pytest

MIXED = "utils ctl set-cluster mixed-mode"
SMALL = "show accountlocking"


def gone(cli):
    """The client's connection was reset, without any farewell."""
    try:
        while cli.channel.recv(4096):
            pass
    except OSError:
        pass
    end = time.monotonic() + 5
    while cli.transport.is_active() and time.monotonic() < end:
        time.sleep(0.01)
    return isinstance(cli.transport.get_exception(), ConnectionResetError)


def ask(cli):
    cli.send(MIXED + "\r")
    cli.read_until("(y/n):")


def yes(cli):
    cli.send("y")
    cli.send("\r")


def test_an_answer_that_comes_with_its_enter_loses_the_enter(rig):
    cli = rig.login()
    ask(cli)
    cli.send("y\r")
    assert cli.read_until("y") == "y"
    assert cli.is_quiet(0.3)
    assert rig.cluster.security_mode == 0
    cli.send("\r")
    cli.read_until("\r\nadmin:")
    assert rig.cluster.security_mode == 1


def test_input_loss_can_be_switched_off(make_rig):
    cli = make_rig(cli={"input_loss": "never"}).login()
    ask(cli)
    cli.send("y\r")
    cli.read_until("\r\nadmin:")


def test_drop_input_loses_fast_typing_everywhere(rig):
    cli = rig.login()
    fault = rig.inject(fault="drop_input", node="pub", probability=1.0, within_ms=1)
    cli.send("show cli pagination")
    assert cli.read_until("s") == "s"
    assert cli.is_quiet(0.2)
    for typed, echo in [("\x7f", "\b \b"), *((each, each) for each in "show cli pagination")]:
        # A busy machine would hand over what was typed slowly in one piece.
        time.sleep(0.01)
        cli.send(typed)
        assert cli.read_until(echo).endswith(echo)
    time.sleep(0.01)
    cli.send("\r")
    assert "Automatic Pagination : On." in cli.read_until("\r\nadmin:")
    rig.release(fault)
    assert cli.command("show cli pagination") == ["Automatic Pagination : On."]


def test_drop_input_of_another_node_does_not_matter(rig):
    rig.inject(fault="drop_input", node="sub", probability=1.0)
    assert len(rig.login().command(SMALL)) == 3


def test_false_prompt_stands_in_the_middle_and_pauses(make_rig):
    rig = make_rig(time_scale=100)
    cli = rig.login()
    rig.inject(fault="false_prompt", node="pub", command=SMALL, pause_s=60, times=1)
    cli.send(SMALL + "\r")
    assert cli.read_until("\r\nadmin:").endswith("Account Lockout is enabled\r\nadmin:")
    assert cli.is_quiet(0.4)
    assert cli.read_until("\r\nadmin:") == (
        "\r\nUnlock Time : 300 seconds\r\nRetry Count : 3 attempts\r\nadmin:"
    )
    assert len(cli.command(SMALL)) == 3


def test_drip_sends_byte_by_byte(make_rig):
    rig = make_rig(time_scale=100)
    cli = rig.login()
    fault = rig.inject(fault="drip", node="pub", seconds_per_byte=1.0)
    begun = time.monotonic()
    cli.send(SMALL + "\r")
    cli.channel.recv(4096)
    text = cli.read_until("\r\nadmin:")
    assert time.monotonic() - begun > 0.01 * len(text)
    rig.release(fault)
    # With this one a single byte would outlast the test.
    rig.release(rig.inject(fault="drip", node="pub", seconds_per_byte=1e6))
    cli.command(SMALL)


def test_silence_keeps_the_connection_and_says_nothing(rig):
    cli = rig.login()
    fault = rig.inject(fault="silence", node="pub")
    cli.send(SMALL + "\r")
    assert cli.is_quiet(0.3)
    assert cli.transport.is_active()
    rig.wait_for(lambda: len(rig.journal("command")) == 1)
    rig.release(fault)
    assert len(cli.command(SMALL)) == 3


def test_pager_pages_although_pagination_is_off(rig):
    cli = rig.login()
    cli.command("set cli pagination off")
    fault = rig.inject(fault="pager", node="pub")
    cli.send("utils service list\r")
    cli.read_until("or <q> to quit\x1b[0m\x1b[K")
    cli.send("q")
    cli.read_until("admin:")
    rig.release(fault)
    assert cli.command("utils service list")[-1] == "Primary Node =true"


def test_output_bytes_really_come(rig):
    cli = rig.login()
    cli.command("set cli pagination off")
    rig.inject(fault="output_bytes", command=SMALL, bytes=3_000_000, times=1)
    cli.send(SMALL + "\r")
    text = cli.read_until("\r\nadmin:", timeout=20)
    assert len(text) - 3_000_000 in range(300)
    assert len(cli.command(SMALL)) == 3


def test_a_client_may_leave_in_the_middle_of_a_giant_output(rig):
    cli = rig.login()
    cli.command("set cli pagination off")
    rig.inject(fault="output_bytes", command=SMALL, bytes=10**9, times=1)
    cli.send(SMALL + "\r")
    cli.channel.recv(65536)
    cli.close()
    rig.wait_for(lambda: rig.servers[0].sessions == 0)


def test_question_comes_before_the_usual_one(rig):
    cli = rig.login()
    rig.inject(fault="question", command=MIXED, text="Really sure? (yes/no) ? ", times=1)
    cli.send(MIXED + "\r")
    cli.read_until("Really sure? (yes/no) ? ")
    cli.type("no\r")
    cli.read_until("\r\nadmin:")
    assert rig.cluster.security_mode == 0
    rig.inject(fault="question", command=MIXED, text="Really sure? (yes/no) ? ", times=1)
    cli.send(MIXED + "\r")
    cli.read_until("Really sure? (yes/no) ? ")
    cli.type("yes\r")
    cli.read_until("(y/n):")
    assert rig.cluster.security_mode == 0


def test_question_instead_of_the_usual_one(rig):
    cli = rig.login()
    rig.inject(fault="question", command=MIXED, text="Continue (y/n)?", instead=True, times=1)
    cli.send(MIXED + "\r")
    cli.read_until("Continue (y/n)?")
    yes(cli)
    cli.read_until("\r\nadmin:")
    assert rig.cluster.security_mode == 1


def test_question_where_none_belongs(rig):
    cli = rig.login()
    rig.inject(fault="question", command="show *", text="Continue (y/n)?", times=1)
    cli.send("show ctl\r")
    cli.read_until("Continue (y/n)?")
    assert cli.is_quiet(0.2)


def test_hold_before_a_command_and_its_release(rig):
    cli = rig.login()
    fault = rig.inject(fault="hold", match={"kind": "command", "operation": SMALL}, when="before")
    cli.send(SMALL + "\r")
    cli.read_until(SMALL + "\r\n")
    assert cli.is_quiet(0.2)
    assert [each.hit for each in rig.cluster.faults.list()] == [True]
    rig.release(fault)
    cli.read_until("\r\nadmin:")


def test_hold_after_the_answer_means_done_but_not_told(rig):
    cli = rig.login()
    fault = rig.inject(fault="hold", match={"kind": "answer"}, when="after")
    ask(cli)
    yes(cli)
    rig.wait_for(lambda: rig.cluster.security_mode == 1)
    cli.read_until("Moving Cluster to Mixed Mode\r\n")
    assert cli.is_quiet(0.3)
    rig.release(fault)
    assert "Cluster set to Mixed Mode" in cli.read_until("\r\nadmin:")


@pytest.mark.parametrize("kind", ["command", "prompt"])
def test_cut_before_the_confirmation_changes_nothing(rig, kind):
    cli = rig.login()
    rig.inject(fault="cut", match={"kind": kind, "operation": "utils ctl *"}, when="before")
    cli.send(MIXED + "\r")
    assert gone(cli)
    rig.wait_for(lambda: rig.servers[0].sessions == 0)
    assert rig.journal("effect") == []
    assert rig.journal("answer") == []


def test_cut_after_the_question_was_shown(rig):
    cli = rig.login()
    rig.inject(fault="cut", match={"kind": "prompt"}, when="after")
    ask(cli)
    assert gone(cli)
    rig.wait_for(lambda: rig.servers[0].sessions == 0)
    assert rig.journal("answer") == []


def test_cut_after_the_yes_and_the_device_goes_on(rig):
    cli = rig.login()
    rig.inject(fault="cut", match={"kind": "answer"}, when="before")
    ask(cli)
    yes(cli)
    assert gone(cli)
    rig.wait_for(lambda: rig.cluster.nodes["sub"].ctl_file is not None)
    assert rig.cluster.security_mode == 1
    rig.wait_for(lambda: rig.servers[0].sessions == 0)


def test_cut_after_the_yes_and_the_device_gives_up(make_rig):
    rig = make_rig(cli={"on_disconnect": "abort"})
    cli = rig.login()
    rig.inject(fault="cut", match={"kind": "answer"}, when="before")
    ask(cli)
    yes(cli)
    assert gone(cli)
    rig.wait_for(lambda: rig.servers[0].sessions == 0)
    time.sleep(0.3)
    assert rig.cluster.security_mode == 0
    assert rig.journal("effect") == []


def test_cut_between_flag_and_files_with_a_device_that_gives_up(make_rig):
    rig = make_rig(cli={"on_disconnect": "abort"})
    cli = rig.login()
    rig.inject(fault="cut", match={"kind": "effect", "operation": "security_mode *"}, when="after")
    ask(cli)
    yes(cli)
    assert gone(cli)
    time.sleep(0.3)
    assert rig.cluster.security_mode == 1
    assert rig.cluster.publisher.ctl_file is None


def test_cut_at_the_effect_and_the_device_goes_on(rig):
    cli = rig.login()
    rig.inject(fault="cut", match={"kind": "effect", "operation": "ctl_file *", "node": "pub"}, when="before")
    ask(cli)
    yes(cli)
    assert gone(cli)
    rig.wait_for(lambda: rig.cluster.nodes["sub"].ctl_file is not None)


def test_cut_after_the_answer_loses_the_trailer_only(rig):
    cli = rig.login()
    rig.inject(fault="cut", match={"kind": "answer"}, when="after")
    ask(cli)
    yes(cli)
    assert gone(cli)
    assert rig.cluster.nodes["sub"].ctl_file is not None


def test_cut_at_login(rig):
    rig.inject(fault="cut", match={"kind": "login"}, when="before")
    with pytest.raises((paramiko.SSHException, EOFError, OSError)):
        rig.authenticated()
    assert rig.authenticated().is_authenticated()


def test_a_client_that_leaves_after_the_yes(make_rig):
    rig = make_rig(time_scale=50)
    cli = rig.login()
    ask(cli)
    yes(cli)
    cli.read_until("Moving Cluster to Mixed Mode\r\n")
    cli.close()
    rig.wait_for(lambda: rig.cluster.nodes["sub"].ctl_file is not None)


def test_a_client_that_leaves_at_the_question(rig):
    cli = rig.login()
    ask(cli)
    cli.close()
    rig.wait_for(lambda: rig.servers[0].sessions == 0)
    assert rig.cluster.security_mode == 0


def test_a_node_that_goes_down_stops_working(make_rig):
    rig = make_rig(time_scale=20)
    cli = rig.login()
    ask(cli)
    yes(cli)
    cli.read_until("Moving Cluster to Mixed Mode\r\n")
    rig.cluster.publisher.up = False
    rig.background.run(rig.servers[0].close())
    rig.wait_for(lambda: rig.servers[0].sessions == 0)
    time.sleep(1.1)
    assert rig.cluster.security_mode == 0
    with pytest.raises(OSError, match="refused"):
        rig.transport()


def test_an_ssh_server_that_restarts_does_not_stop_the_work(make_rig):
    rig = make_rig(time_scale=50)
    cli = rig.login()
    ask(cli)
    yes(cli)
    cli.read_until("Moving Cluster to Mixed Mode\r\n")
    rig.background.run(rig.servers[0].close())
    rig.background.run(rig.servers[0].listen())
    rig.wait_for(lambda: rig.cluster.nodes["sub"].ctl_file is not None)
    assert rig.login().command("show ctl")[-1] == "The CTL file was verified successfully."


def test_ctl_not_distributed(rig):
    rig.inject(fault="ctl_not_distributed", node="sub")
    cli = rig.login()
    ask(cli)
    yes(cli)
    cli.read_until("\r\nadmin:")
    assert rig.login(node=rig.cluster.nodes["sub"]).command("show ctl")[0] == "Length of CTL file: 0"


def test_a_restart_that_is_accepted_and_not_done(rig):
    rig.inject(fault="restart_ignored", node="pub", service="Cisco Tftp", times=1)
    before = rig.cluster.publisher.services["Cisco Tftp"].started_at
    assert rig.login().command("utils service restart Cisco Tftp")[-1] == "Cisco Tftp[STARTED]  "
    assert rig.cluster.publisher.services["Cisco Tftp"].started_at == before
