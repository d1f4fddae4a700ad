# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``utils sipOAuth-mode``: what it prints, what it changes, whom it refuses; and when the ports are open."""

from __future__ import annotations

import pytest

from .test_cli_security_mode import answer, ask

ENABLE, DISABLE = "utils sipOAuth-mode enable", "utils sipOAuth-mode disable"
ADVICE = "Please restart the Cisco CallManager service on all nodes in the cluster where it is running."
MODE = "run sql select paramvalue FROM processconfig WHERE paramname = 'ClusterSIPOAuthMode'"
UNSUCCESSFUL = "Executed command unsuccessfully"


ALWAYS = {2000, 2443, 5060, 5061}
"""CallManager's ports whatever the mode is."""


def ports(cli):
    """What else CallManager listens on, as ``show open ports`` shows it."""
    lines = [line for line in cli.command("show open ports all") if line.startswith("ccm ")]
    found = {int(line.removesuffix(" (LISTEN)").rsplit(":", 1)[1]) for line in lines}
    assert found == set() or found >= ALWAYS
    return sorted(found - ALWAYS)


def restart(rig, cli, node="pub"):
    cli.command("utils service restart Cisco CallManager")
    service = rig.cluster.nodes[node].services["Cisco CallManager"]
    assert service.status == "Started"


def test_enable_prints_what_the_references_print_and_asks_nothing(rig):
    cli = rig.login()
    assert cli.command(MODE)[-1].strip() == "0"
    assert cli.command(ENABLE) == ["SIP OAuth mode enabled.", ADVICE]
    assert cli.command(MODE)[-1].strip() == "1"
    assert cli.command(ENABLE) == ["SIP OAuth mode enabled.", ADVICE]
    assert cli.command(DISABLE) == ["SIP OAuth mode disabled.", ADVICE]
    assert cli.command(MODE)[-1].strip() == "0"
    story = [(e.kind, e.operation, e.changing) for e in rig.journal() if "sql" not in e.operation][1:]
    assert story == [
        ("command", ENABLE, True),
        ("effect", "sip_oauth_mode enabled", True),
        ("command", ENABLE, True),
        ("command", DISABLE, True),
        ("effect", "sip_oauth_mode disabled", True),
    ]


def test_nothing_but_the_parameter_changes(rig):
    def everything():
        database = rig.cluster.database
        return database.execute("select * from processconfig where paramname <> 'ClusterSIPOAuthMode'")

    before = rig.background.call(everything)
    cli = rig.login()
    cli.command(ENABLE)
    assert rig.background.call(everything) == before
    assert rig.cluster.security_mode == 0 and ports(cli) == []


@pytest.mark.parametrize("account", ["operator", "auditor"])
def test_a_lower_level_does_not_have_the_command(rig, account):
    assert rig.login(account).command(ENABLE) == ["Incomplete command entered"]
    assert not rig.cluster.sip_oauth_enabled


def test_11_5_does_not_have_the_command(make_rig):
    assert make_rig(release="11.5").login().command(ENABLE) == ["No valid command entered"]


def test_there_is_no_status_keyword(rig):
    cli = rig.login()
    assert cli.command("utils sipOAuth-mode status") == ["No valid command entered"]
    assert cli.command("utils sipOAuth-mode") == ["Incomplete command entered"]


def test_a_subscriber_refuses(rig):
    lines = rig.login(node=rig.cluster.nodes["sub"]).command(ENABLE)
    assert lines[-1] == UNSUCCESSFUL and len(lines) == 2
    assert not rig.cluster.sip_oauth_enabled


def test_without_export_control_it_refuses_to_enable_only(make_rig):
    rig = make_rig(licence={"export_control": "Not Allowed"}, state={"sip_oauth_mode": "enabled"})
    cli = rig.login()
    assert cli.command(ENABLE)[-1] == UNSUCCESSFUL
    assert cli.command(DISABLE)[0] == "SIP OAuth mode disabled."
    assert cli.command(ENABLE)[-1] == UNSUCCESSFUL
    rig.cluster.cli["sip_oauth_licence_check"] = False
    assert cli.command(ENABLE)[0] == "SIP OAuth mode enabled."


def test_it_can_lie(make_rig):
    rig = make_rig(cli={"sip_oauth_lies": True})
    cli = rig.login()
    assert cli.command(ENABLE) == ["SIP OAuth mode enabled.", ADVICE]
    assert not rig.cluster.sip_oauth_enabled
    assert rig.journal("effect") == []


def test_it_can_ask(make_rig):
    rig = make_rig(cli={"sip_oauth_asks": True})
    cli = rig.login()
    assert ask(cli, ENABLE).endswith("Do you want to continue? (y/n):")
    answer(cli, "n")
    assert not rig.cluster.sip_oauth_enabled
    ask(cli, ENABLE)
    assert answer(cli) == ["SIP OAuth mode enabled.", ADVICE]
    assert rig.cluster.sip_oauth_enabled


@pytest.mark.parametrize(("when", "enabled"), [("before", False), ("after", True)])
def test_the_effect_can_be_held(rig, when, enabled):
    cli = rig.login()
    held = rig.inject(fault="hold", match={"kind": "effect", "operation": "sip_oauth_mode *"}, when=when)
    cli.send(ENABLE + "\r")
    rig.wait_for(lambda: rig.cluster.faults.list()[0].hit)
    assert rig.cluster.sip_oauth_enabled is enabled
    rig.release(held)
    cli.read_until("is running.\r\nadmin:")
    assert rig.cluster.sip_oauth_enabled


def test_a_command_whose_client_is_cut_goes_on(rig):
    cli = rig.login()
    rig.inject(fault="cut", match={"kind": "command", "operation": ENABLE})
    cli.send(ENABLE + "\r")
    rig.wait_for(lambda: rig.cluster.sip_oauth_enabled)


def test_the_ports_open_and_close_with_a_restart_only(rig):
    cli = rig.login()
    cli.command(ENABLE)
    assert ports(cli) == []
    restart(rig, cli)
    assert ports(cli) == [5090, 5091]
    only = [line for line in cli.command("show open ports regexp :5090") if line.startswith("ccm ")]
    assert len(only) == 1 and ":5090 " in only[0]
    assert ports(rig.login(node=rig.cluster.nodes["sub"])) == []
    cli.command(DISABLE)
    assert ports(cli) == [5090, 5091]
    restart(rig, cli)
    assert ports(cli) == []


def test_a_changed_port_is_open_after_a_restart(make_rig):
    rig = make_rig(state={"sip_oauth_mode": "enabled"})
    cli = rig.login()
    assert ports(cli) == [5090, 5091]
    publisher = rig.cluster.publisher
    statement = "update callmanager set sipoauthport = 60090 where fkprocessnode = ?"
    rig.background.call(rig.cluster.database.execute, statement, (publisher.pkid,))
    assert ports(cli) == [5090, 5091]
    restart(rig, cli)
    assert ports(cli) == [5091, 60090]


def test_a_stopped_callmanager_has_no_port(make_rig):
    rig = make_rig(state={"sip_oauth_mode": "enabled"})
    cli = rig.login()
    cli.command("utils service stop Cisco CallManager")
    assert ports(cli) == []


def test_a_port_may_stay_closed_although_it_should_open(make_rig):
    rig = make_rig(state={"sip_oauth_mode": "enabled"})
    cli = rig.login()
    rig.inject(fault="not_listening", node="pub", service="Cisco CallManager", port="5090")
    assert ports(cli) == [5091]
    assert rig.background.call(rig.cluster.publisher.as_dict)["open_sip_oauth_ports"] == [5091]
