# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may log in, how, and what a refused client learns."""

from __future__ import annotations

import base64
import time

import paramiko
import pytest


def results(rig):
    return [(entry.account, entry.detail["result"]) for entry in rig.journal("login")]


def test_keyboard_interactive_asks_for_the_password_and_lets_in(rig):
    transport = rig.transport()
    asked = []

    def answer(title, text, prompts):
        asked.extend(prompts)
        return ["correct horse"]

    transport.auth_interactive("admin", answer)
    assert transport.is_authenticated()
    assert asked == [("Password: ", False)]
    assert results(rig) == [("admin", "accepted")]


def test_release_14_offers_no_password_method(rig):
    with pytest.raises(paramiko.BadAuthenticationType) as refused:
        rig.transport().auth_password("admin", "correct horse", fallback=False)
    assert refused.value.allowed_types == ["keyboard-interactive"]
    assert results(rig) == []


def test_a_client_that_falls_back_to_keyboard_interactive_gets_in(rig):
    transport = rig.transport()
    transport.auth_password("admin", "correct horse", fallback=True)
    assert transport.is_authenticated()
    assert results(rig) == [("admin", "accepted")]


def test_release_12_5_takes_the_password_method(make_rig):
    rig = make_rig(release="12.5")
    transport = rig.transport()
    transport.auth_password("admin", "correct horse", fallback=False)
    assert transport.is_authenticated()


def test_a_wrong_password_is_refused_once_and_journalled_without_it(rig):
    with pytest.raises(paramiko.AuthenticationException):
        rig.authenticated(password="wrong")
    assert results(rig) == [("admin", "refused")]
    assert "wrong" not in str([entry.as_dict() for entry in rig.journal()])


def test_an_unknown_account_looks_the_same(rig):
    with pytest.raises(paramiko.AuthenticationException):
        rig.authenticated("nobody")
    assert results(rig) == [("nobody", "refused")]


def test_an_axl_account_cannot_log_in(make_rig):
    rig = make_rig(accounts=[{"kind": "axl", "username": "axl", "privilege": 4, "password": "correct horse"}])
    with pytest.raises(paramiko.AuthenticationException):
        rig.authenticated("axl")


def test_three_failures_lock_the_account_for_the_lockout_time(make_rig):
    rig = make_rig(timings={"lockout_s": 50}, time_scale=100)
    for _each in range(3):
        with pytest.raises(paramiko.AuthenticationException):
            rig.authenticated(password="wrong")
    with pytest.raises(paramiko.AuthenticationException):
        rig.authenticated()
    time.sleep(0.55)
    assert rig.authenticated().is_authenticated()


def test_a_node_may_lock_out_for_longer_or_not_at_all(make_rig):
    rig = make_rig(timings={"lockout_s": 1}, cli={"lockout_attempts": 1, "lockout_s": 500}, time_scale=100)
    sub = rig.cluster.nodes["sub"]
    sub.own_cli["account_locking"] = False
    for _each in range(3):
        with pytest.raises(paramiko.AuthenticationException):
            rig.authenticated(password="wrong", node=sub)
    assert rig.authenticated(node=sub).is_authenticated()
    with pytest.raises(paramiko.AuthenticationException):
        rig.authenticated(password="wrong")
    time.sleep(0.1)
    with pytest.raises(paramiko.AuthenticationException):
        rig.authenticated()


def test_an_expired_password_starts_the_change_dialogue(rig):
    account = rig.cluster.account("cli", "admin")
    account.state = "expired"
    asked = []
    answers = {
        "Password: ": "correct horse",
        "(current) UNIX password: ": "correct horse",
        "New password: ": "better horse",
        "Retype new password: ": "better horse",
    }

    def answer(title, text, prompts):
        asked.extend(prompt for prompt, _echo in prompts)
        return [answers[prompt] for prompt, _echo in prompts]

    rig.transport().auth_interactive("admin", answer)
    assert asked == list(answers)
    assert account.state == "active"
    assert rig.authenticated(password="better horse").is_authenticated()


def test_the_host_key_is_the_node_s_own(rig, host_keys):
    for name, wanted in zip(("rsa-sha2-512", "ecdsa-sha2-nistp256"), host_keys, strict=True):
        transport = rig.transport()
        transport.close()
        again = paramiko.Transport((rig.cluster.publisher.address, rig.cluster.publisher.ssh_port))
        again.get_security_options().key_types = [name]
        again.start_client(timeout=5)
        offered = again.get_remote_server_key()
        again.close()
        assert base64.b64encode(offered.asbytes()).decode() == wanted.public.split()[1]


@pytest.mark.parametrize("release", ["12.5", "14"])
def test_the_fast_key_exchange_is_there_and_the_server_calls_itself_openssh(make_rig, release):
    rig = make_rig(release=release)
    node = rig.cluster.publisher
    transport = paramiko.Transport((node.address, node.ssh_port))
    transport.get_security_options().kex = ["ecdh-sha2-nistp256"]
    transport.start_client(timeout=5)
    assert transport.remote_version.startswith("SSH-2.0-OpenSSH_")
    transport.close()


def test_a_command_over_exec_gets_the_banner_only(rig):
    channel = rig.authenticated().open_session()
    channel.exec_command("show version active")
    channel.settimeout(5)
    text = b""
    while data := channel.recv(4096):
        text += data
    assert text == b"Command Line Interface is starting up, please wait ...\r\n"
    assert rig.journal("command") == []


def test_there_is_no_sftp(rig):
    with pytest.raises(paramiko.SSHException):
        rig.authenticated().open_sftp_client()


def test_the_session_after_the_last_is_turned_away(make_rig):
    rig = make_rig(cli={"max_sessions": 2})
    first = rig.login()
    rig.login()
    third = rig.authenticated().open_session()
    third.get_pty()
    third.invoke_shell()
    third.settimeout(5)
    assert third.recv(4096) == b"Too many logins for 'admin'.\r\n"
    assert third.recv(4096) == b""
    first.send("quit\r")
    first.read_to_end()
    rig.wait_for(lambda: rig.servers[0].sessions == 1)
    rig.login()
