# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ports a node's services listen on: what ``show open ports`` shows, whatever else claims that they run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .services import CALLMANAGER, CAPF, CTL_PROVIDER, TFTP, TOMCAT

if TYPE_CHECKING:
    from .node import LabNode

SECURE_SCCP_OFFSET = 443
"""SCCP over TLS listens on the plain port plus this ([P] CTL125)."""


@dataclass(frozen=True)
class Listener:
    """A listening port. process, owner: of the line in ``show open ports`` (invented).

    service: None for what runs as long as the node does.
    """

    service: str | None
    process: str
    owner: str
    protocol: str
    port: int


def _configured(node: LabNode) -> Iterator[Listener]:
    """The ports of all services of a node, running or not.

    CallManager: [X] wire-facts 2.2, and the secure ones of cli-facts 2.7; its SIP OAuth ports are those its last
    start opened. CAPF 3804 and CTL Provider 2444: [P]
    CTL125, TN118892. TFTP 69 and 6970: [D] wire-facts 3.4.
    SSH, HTTPS and TFTP by HTTP, where it has a port, are the ports this lab really serves.
    """
    database = node.cluster.database
    yield Listener(None, "sshd", "root", "TCP", node.ssh_port)
    for port in filter(None, (node.https_port, node.web_port)):
        yield Listener(TOMCAT, "jsvc", "tomcat", "TCP", port)
    for row in database.execute(
        "select ethernetphoneport, sipphoneport, sipphonesecureport from callmanager where fkprocessnode = ?",
        (node.pkid,),
    ):
        sccp, sip, secure_sip = row
        for port in (sccp, sccp + SECURE_SCCP_OFFSET, sip, secure_sip):
            yield Listener(CALLMANAGER, "ccm", "ccmbase", "TCP", port)
    for port in node.services[CALLMANAGER].opened:
        yield Listener(CALLMANAGER, "ccm", "ccmbase", "TCP", port)
    yield Listener(TFTP, "ctftp", "ctftp", "UDP", 69)
    yield Listener(TFTP, "ctftp", "ctftp", "TCP", node.tftp_port or 6970)
    capf = database.process_config("CAPFPhonePort", "3804") or "3804"
    yield Listener(CAPF, "capf", "ccmbase", "TCP", int(capf) if capf.isdigit() else 3804)
    yield Listener(CTL_PROVIDER, "CTLProvid", "ccmbase", "TCP", 2444)


def listening(node: LabNode) -> list[Listener]:
    """The ports a node listens on now: of services that are started, unless the fault ``not_listening`` fits."""
    return [
        each
        for each in _configured(node)
        if each.service is None or node.services[each.service].listens_on(each.port)
    ]
