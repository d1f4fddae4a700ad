# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``utils ctl``: the questions, the answers, what follows, and what the journal has to say."""

from __future__ import annotations

import pytest

QUESTION = "This operation will set the cluster to Mixed mode. Do you want to continue? (y/n):"
MIXED = "utils ctl set-cluster mixed-mode"
NON_SECURE = "utils ctl set-cluster non-secure-mode"
UPDATE = "utils ctl update CTLFile"
TFTP_TRAILER = (
    "Please Restart the TFTP and Cisco CallManager services on all nodes in the cluster "
    "that run these services"
)


def ask(cli, command):
    """Enter a command that asks; the question."""
    cli.send(command + "\r")
    return cli.read_until("(y/n):").split("\r\n", 1)[1]


def answer(cli, text="y"):
    """Type an answer the slow way; the lines that follow."""
    for key in (*text, "\r"):
        cli.send(key)
    return cli.read_until("\r\nadmin:").split("\r\n")[1:-1]


def change(cli, command):
    ask(cli, command)
    return answer(cli)


def test_mixed_mode_end_to_end(rig):
    cli = rig.login()
    assert ask(cli, MIXED) == QUESTION
    assert rig.cluster.security_mode == 0
    assert answer(cli) == [
        "",
        "Moving Cluster to Mixed Mode",
        "Cluster set to Mixed Mode",
        "You must reset all phones to ensure they received the updated CTL file. ",
        "You must restart Cisco CTIManager services on all the nodes in the cluster that have the service "
        "activated.",
    ]
    assert rig.cluster.security_mode == 1
    assert cli.command("run sql select paramvalue from processconfig where paramname='ClusterSecurityMode'")[
        -1
    ].split() == ["1"]
    on_sub = rig.login(node=rig.cluster.nodes["sub"]).command("show ctl")
    assert on_sub[:3] == cli.command("show ctl")[:3]
    assert on_sub[-1] == "The CTL file was verified successfully."


def test_the_journal_tells_the_story(rig):
    change(rig.login("operator"), MIXED)
    story = [(e.kind, e.operation, e.account, e.node, e.changing) for e in rig.journal()]
    assert story == [
        ("login", "ssh", "operator", "pub", False),
        ("command", MIXED, "operator", "pub", True),
        ("prompt", MIXED, "operator", "pub", False),
        ("answer", MIXED, "operator", "pub", True),
        ("effect", "security_mode mixed", "operator", "pub", True),
        ("effect", "ctl_file update", "operator", "pub", True),
        ("effect", "ctl_file update", "operator", "sub", True),
    ]
    assert rig.journal("prompt")[0].detail == {"text": QUESTION}
    assert rig.journal("answer")[0].detail == {"text": "y"}


def test_release_12_5_asks_for_other_restarts(make_rig):
    assert change(make_rig(release="12.5").login(), MIXED)[-1] == TFTP_TRAILER


def test_wording_and_trailer_are_settings(make_rig):
    rig = make_rig(cli={"wording": "sets", "trailer": "tftp_callmanager"}, auto_registration=True)
    cli = rig.login()
    assert ask(cli, MIXED) == (
        "This operation sets the cluster to Mixed mode.  Auto-registration is enabled on at least one CM node. "
        "Do you want to continue? (y/n):"
    )
    assert answer(cli)[-1] == TFTP_TRAILER
    assert ask(cli, UPDATE) == "This operation updates the CTLFile. Do you want to continue? (y/n):"


def test_no_changes_nothing(rig):
    cli = rig.login()
    ask(cli, MIXED)
    answer(cli, "n")
    assert rig.cluster.security_mode == 0
    assert [(e.detail["text"], e.changing) for e in rig.journal("answer")] == [("n", False)]
    assert rig.journal("effect") == []


def test_anything_else_is_asked_again(rig):
    cli = rig.login()
    ask(cli, MIXED)
    cli.type("maybe\r")
    cli.read_until("y or n:")
    answer(cli, "n")
    assert len(rig.journal("prompt")) == 2
    assert rig.cluster.security_mode == 0


def test_back_to_non_secure_leaves_a_stripped_file_everywhere(make_rig):
    rig = make_rig(state={"security_mode": "mixed"})
    cli = rig.login()
    assert ask(cli, NON_SECURE) == (
        "This operation will set the cluster to non secure mode. Do you want to continue? (y/n):"
    )
    assert answer(cli)[1:3] == ["Moving Cluster to Non Secure Mode", "Cluster set to Non Secure Mode"]
    assert rig.cluster.security_mode == 0
    lines = cli.command("show ctl")
    assert "Cluster" not in lines[0]
    at = next(number for number, line in enumerate(lines) if line.endswith("\tCCM+TFTP"))
    assert [line.split("\t")[1] for line in lines[at - 2 : at + 2]] == [
        "RECORDLENGTH",
        "DNSNAME",
        "FUNCTION",
        "IPADDRESS",
    ]
    assert lines[-1] == "The CTL file was verified successfully."


def test_a_left_file_can_be_deleted(make_rig):
    rig = make_rig(state={"leftover_ctl": True})
    cli = rig.login()
    cli.send("file delete tftp CTLFile.tlv\r")
    cli.read_until('Delete the File CTLFile.tlv?\r\nEnter "y" followed by return to continue: ')
    assert answer(cli) == ["files: found = 1, deleted = 1"]
    assert rig.cluster.publisher.ctl_file is None
    assert rig.cluster.nodes["sub"].ctl_file is not None


def test_update_writes_the_file_again(make_rig):
    rig = make_rig(state={"security_mode": "mixed"})
    before = rig.cluster.publisher.ctl_file.md5
    lines = change(rig.login(), UPDATE)
    assert lines[1:3] == ["Updating CTL file", "CTL file Updated"]
    assert rig.cluster.publisher.ctl_file.md5 != before
    assert rig.cluster.nodes["sub"].ctl_file.md5 == rig.cluster.publisher.ctl_file.md5


def test_already_mixed_asks_again_and_writes_again(make_rig):
    rig = make_rig(state={"security_mode": "mixed"})
    before = rig.cluster.publisher.ctl_file.md5
    change(rig.login(), MIXED)
    assert rig.cluster.publisher.ctl_file.md5 != before
    assert "security_mode mixed" not in [e.operation for e in rig.journal("effect")]


@pytest.mark.parametrize("command", [MIXED, NON_SECURE, UPDATE])
def test_a_subscriber_refuses(rig, command):
    lines = rig.login(node=rig.cluster.nodes["sub"]).command(command)
    assert lines[-1] == "Executed command unsuccessfully"
    assert rig.journal("prompt") == []


@pytest.mark.parametrize(
    "licence",
    [{"registration": "UNREGISTERED"}, {"export_control": "Not Allowed"}],
    ids=str,
)
@pytest.mark.parametrize("command", [MIXED, UPDATE])
def test_the_export_gate(make_rig, licence, command):
    rig = make_rig(licence=licence)
    lines = rig.login().command(command)
    assert lines[0].startswith(
        "Command cannot be executed because the Unified Communications Manager cluster is"
    )
    assert lines[-1] == "Executed command unsuccessfully"
    assert rig.journal("prompt") == []


def test_the_licence_withdrawn_between_question_and_answer(rig):
    cli = rig.login()
    ask(cli, MIXED)
    rig.cluster.licence.export_control = "Not Allowed"
    lines = answer(cli)
    assert any(line.startswith("Command cannot be executed") for line in lines)
    assert lines[-1] == "Executed command unsuccessfully"
    assert rig.cluster.security_mode == 0


def test_the_gate_can_stand_behind_the_question(make_rig):
    rig = make_rig(licence={"registration": "UNREGISTERED"}, cli={"licence_check": "after_answer"})
    cli = rig.login()
    ask(cli, MIXED)
    assert answer(cli)[-1] == "Executed command unsuccessfully"
    assert rig.cluster.security_mode == 0


def test_an_unlicensed_cluster_may_go_back(make_rig):
    rig = make_rig(licence={"registration": "UNREGISTERED"}, state={"security_mode": "mixed"})
    change(rig.login(), NON_SECURE)
    assert rig.cluster.security_mode == 0


def test_an_unrestricted_image_refuses(make_rig):
    rig = make_rig(image="unrestricted")
    assert rig.login().command(MIXED)[-1] == "Executed command unsuccessfully"
