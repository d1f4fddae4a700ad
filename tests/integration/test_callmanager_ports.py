# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""callmanager_ports against the lab."""

from __future__ import annotations

import typing as t

import pytest

from cucm_lab.fixture import ClusterHandle

from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import NODES, PUBLISHER, SUB1, SUB2
from .harness.writes import Writes, refuse

MODULE = "callmanager_ports"


class TestCallManagerPorts(Writes):
    module = MODULE
    changing: t.ClassVar = {"sip_oauth_port": 5490}
    name = PUBLISHER
    operation = "updateCallManager"
    effects: t.ClassVar = [f"callmanager update CM_{node}" for node in NODES]
    reading = "getCallManager"
    by_somebody: t.ClassVar = {"ports": {PUBLISHER: {"sipOAuthPort": 5777}}}
    gathered = "callmanagers"


def test_one_node_and_both_ports(modules: Modules, journal: Journal, cluster: ClusterHandle) -> None:
    before = cluster.state()["ports"]
    result = modules.run(MODULE, node=SUB1.upper(), sip_oauth_port=5091, sip_oauth_mra_port=5090)
    assert result["before"] == {SUB1: {"sip_oauth": 5090, "sip_oauth_mra": 5091}}
    assert result["after"] == {SUB1: {"sip_oauth": 5091, "sip_oauth_mra": 5090}}
    assert journal.effects() == [f"callmanager update CM_{SUB1}"]
    changed = {**before[SUB1], "sipOAuthPort": 5091, "sipOAuthMRAPort": 5090}
    assert cluster.state()["ports"] == {**before, SUB1: changed}


def test_the_other_ports_of_the_block_stay_as_they_are(modules: Modules, cluster: ClusterHandle) -> None:
    others = {"ethernetPhonePort": 2100, "listen": 2500, "keepAlive": 2501, "sipPhonePort": 5160}
    cluster.set(ports={SUB2: others})
    modules.run(MODULE, sip_oauth_mra_port=5491)
    ports = cluster.state()["ports"][SUB2]
    assert ports == {**others, "sipPhoneSecurePort": 5061, "sipOAuthPort": 5090, "sipOAuthMRAPort": 5491}


def test_gathered(modules: Modules) -> None:
    found = modules.run(MODULE, state="gathered")["callmanagers"]
    assert list(found) == list(NODES)
    assert found[SUB1] == {
        "callmanager": f"CM_{SUB1}",
        "ports": {
            "ethernet_phone": 2000,
            "mgcp_listen": 2427,
            "mgcp_keep_alive": 2428,
            "sip_phone": 5060,
            "sip_phone_secure": 5061,
            "sip_oauth": 5090,
            "sip_oauth_mra": 5091,
        },
    }
    assert list(modules.run(MODULE, state="gathered", node=SUB1)["callmanagers"]) == [SUB1]


@pytest.mark.parametrize(
    ("code", "words", "options"),
    [
        ("port_out_of_range", ["1023", "1024"], {"sip_oauth_port": 1023}),
        ("port_out_of_range", ["49152"], {"sip_oauth_mra_port": 49152}),
        ("port_in_use", ["5061", PUBLISHER, "sip_phone_secure"], {"sip_oauth_port": 5061}),
        ("port_in_use", ["6000"], {"sip_oauth_port": 6000, "sip_oauth_mra_port": 6000}),
        ("port_in_use", ["6970", SUB1, "listens"], {"sip_oauth_port": 6970, "node": SUB1}),
        ("node_unknown", ["EnterpriseWideData"], {"sip_oauth_port": 6000, "node": "EnterpriseWideData"}),
        ("invalid_input", ["sip_oauth_port", "sip_oauth_mra_port"], {}),
        ("invalid_input", ["recorded"], {"state": "restored", "record": "r", "node": SUB1}),
    ],
)
def test_all_is_checked_before_anything_is_sent(
    modules: Modules, journal: Journal, code: str, words: list[str], options: dict[str, t.Any]
) -> None:
    refuse(modules, journal, MODULE, code, words, **options)


def test_one_bad_node_keeps_all_as_they_are(
    modules: Modules, journal: Journal, cluster: ClusterHandle
) -> None:
    cluster.set(ports={SUB2: {"sipPhonePort": 6000}})
    since = Journal(cluster, cluster.last_seq)
    refuse(modules, since, MODULE, "port_in_use", [SUB2, "6000"], sip_oauth_port=6000)


def test_without_a_cli_account_who_listens_is_not_asked(modules: Modules, journal: Journal) -> None:
    result = modules.run(MODULE, node=SUB1, sip_oauth_port=6970, cli_username=None, cli_password=None)
    assert result["changed"]
    assert journal.commands() == []


def test_who_listens_is_asked_at_each_node(modules: Modules, journal: Journal) -> None:
    """TFTP is on two nodes only, and one of them is enough."""
    assert modules.run(MODULE, node=SUB2, sip_oauth_port=6970)["changed"]
    assert journal.commands().count("show open ports regexp LISTEN") == 1
    since = Journal(modules.cluster, modules.cluster.last_seq)
    modules.run(MODULE, sip_oauth_port=6970).refused("port_in_use", PUBLISHER)
    assert since.changing() == []


def test_what_is_so_already_asks_no_node(modules: Modules, journal: Journal, cluster: ClusterHandle) -> None:
    cluster.set(nodes={SUB2: {"up": False}})
    assert not modules.run(MODULE, sip_oauth_port=5090, sip_oauth_mra_port=5091)["changed"]
    assert journal.commands() == []
    cluster.set(nodes={SUB2: {"up": True}})


def test_a_release_without_the_ports(old_modules: Modules) -> None:
    journal = Journal(old_modules.cluster, old_modules.cluster.last_seq)
    refuse(old_modules, journal, MODULE, "not_in_this_release", [PUBLISHER, "11.5.1"], sip_oauth_port=6000)
    (found,) = old_modules.run(MODULE, state="gathered")["callmanagers"].values()
    assert (found["ports"]["sip_phone"], found["ports"]["sip_oauth"]) == (5060, None)
