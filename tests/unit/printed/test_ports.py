# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ports a node listens on, by number and by name."""

from __future__ import annotations

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import ProtocolError
from ansible_collections.ucops.cucm.plugins.module_utils._printed import ports

SSHD = "sshd      19275       root   66u  IPv4   103822      0t0  TCP alpha-pub:ssh (LISTEN)\n"
CCM = "ccm       26348    ccmbase   68u  IPv4   103824      0t0  TCP alpha-pub:{port} (LISTEN)\n"


def test_numbers() -> None:
    output = (
        "Executing.. please wait.\n"
        "sshd 1034 root 3u IPv4 21370 0t0 TCP *:22 (LISTEN)\n"
        "ccm 9 ccmbase 83u IPv4 1 0t0 TCP 10.0.0.1:sip->10.0.0.9:5061 (ESTABLISHED)\n"
        "ccm 9 ccmbase 84u IPv6 1 0t0 TCP [::1]:5060 (LISTEN)\n"
        "ccm 9 ccmbase 85u IPv4 1 0t0 TCP *:5060 (LISTEN)\n"
    )
    assert ports.listening(output) == [22, 5060]


def test_names() -> None:
    output = SSHD + "".join(CCM.format(port=name) for name in ("cisco-sccp", "sip", "sip-tls", "2443"))
    assert ports.listening(output) == [22, 2000, 2443, 5060, 5061]


def test_a_name_of_no_port_of_callmanagers_is_left_out() -> None:
    other = SSHD.replace("sshd", "jsvc").replace(":ssh", ":strange-name")
    assert ports.listening(SSHD + other) == [22]


def test_a_name_that_is_not_known_leaves_open_on_which_ports_callmanager_does_not_listen() -> None:
    with pytest.raises(ProtocolError) as refused:
        ports.listening(SSHD + CCM.format(port="sip") + CCM.format(port="strange-name"))
    assert "strange-name" in refused.value.message


@pytest.mark.parametrize("cut", range(40, len(CCM.format(port="5060")) - 1))
def test_a_line_that_a_narrow_terminal_broke(cut: int) -> None:
    line = CCM.format(port="5060")
    assert 5060 in ports.listening(SSHD + f"{line[:cut].rstrip()}\n{line[cut:]}" + SSHD)


@pytest.mark.parametrize(
    "output", ["", "No open ports match.", "sip/5060 open", "TCP 1.1.1.1:5060 (ESTABLISHED)"]
)
def test_no_port_at_all_is_a_form_that_is_not_known(output: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        ports.listening(output)
    assert refused.value.code == "unreadable_output"
