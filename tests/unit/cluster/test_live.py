# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node that does not prove its identity is sent nothing more, by whichever way, and it is known whose identity it is."""

from __future__ import annotations

import socket
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._base.credentials import ProcessGate
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import CucmError, IdentityError
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.accounts import Account
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.live import LiveAccess, LiveSettings
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.nodes import Address, Node
from ansible_collections.ucops.cucm.plugins.module_utils._transport.cli import CliLimits
from ansible_collections.ucops.cucm.plugins.module_utils._transport.ssh import fingerprint

from ..data.hostile import HOST, SshServer, WebServer


class Doors:
    """The HTTPS and SSH ports of one node behind doors that count who comes."""

    def __init__(self, web: int, ssh: int) -> None:
        self.came: list[str] = []
        self.https_port, self.ssh_port = (self._door("https", web), self._door("ssh", ssh))

    def _door(self, name: str, port: int) -> int:
        listener = socket.create_server((HOST, 0))

        def serve() -> None:
            while True:
                peer = listener.accept()[0]
                self.came.append(name)
                onward = socket.create_connection((HOST, port))
                for one, other in ((peer, onward), (onward, peer)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        return listener.getsockname()[1]

    @staticmethod
    def _pass(one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            return
        finally:
            other.close()


def services(access: LiveAccess, node: Node) -> object:
    return access.control_center(node).states()


def certificates(access: LiveAccess, node: Node) -> object:
    return access.certificate_api(node).snapshot()


def ctl(access: LiveAccess, node: Node) -> object:
    return access.run(node, "show ctl")


WAYS: dict[str, t.Callable[[LiveAccess, Node], object]] = {
    "services": services,
    "certificates": certificates,
    "ctl": ctl,
}
FIRST = {
    "services": "certificate_not_trusted",
    "certificates": "certificate_not_trusted",
    "ctl": "host_key_changed",
}


@pytest.mark.parametrize("is_publisher", [True, False], ids=["publisher", "subscriber"])
@pytest.mark.parametrize("first", WAYS)
def test_nothing_more_is_sent_to_a_node_that_did_not_prove_its_identity(
    tmp_path: Path, first: str, is_publisher: bool
) -> None:
    web = WebServer(tmp_path)
    ssh = SshServer("password", lambda peer: 0)
    doors = Doors(web.port, ssh.port)
    address = Address(HOST, doors.https_port, doors.ssh_port)
    node = Node("cucm-sub1", "subscriber", "callmanager", address)
    account = Account("admin", "secret")
    settings = LiveSettings(
        publisher=address if is_publisher else Address("10.0.0.1", 8443, 22),
        axl=account,
        cli=account,
        # Its authority is not among those of this machine.
        verify=True,
        known_hosts=None,
        host_keys={HOST: "SHA256:" + "A" * 43},
        timeout=5,
        cli_limits=CliLimits(connect=5),
    )
    access = LiveAccess(settings, Clock(), ProcessGate())
    with pytest.raises(IdentityError) as refused:
        WAYS[first](access, node)
    assert refused.value.code == FIRST[first]
    assert refused.value.of_publisher is is_publisher
    assert (refused.value.details["node"], refused.value.details["port"]) == (
        "cucm-sub1",
        doors.ssh_port if first == "ctl" else doors.https_port,
    )
    came = list(doors.came)
    assert came
    for again in (*WAYS, *WAYS):
        for each in (access, access.without_account("axl" if again == "ctl" else "cli")):
            if again == "certificates" and each is not access:
                continue
            with pytest.raises(IdentityError) as still:
                WAYS[again](each, node)
            assert still.value is refused.value
    assert doors.came == came
    assert (web.passwords, ssh.passwords) == ([], [])
    access.close()
    ssh.close()


def test_another_node_is_asked_on(tmp_path: Path) -> None:
    """What one node did not prove is nothing that is held against another."""
    ssh = SshServer("password", lambda peer: 0)
    doors = Doors(ssh.port, ssh.port)
    account = Account("admin", "secret")
    pinned = {"wrong": "SHA256:" + "A" * 43, "right": fingerprint(ssh.key.asbytes())}
    settings = LiveSettings(
        Address("10.0.0.1", 8443, 22), None, account, True, None, pinned, 5, CliLimits(connect=5)
    )
    access = LiveAccess(settings, Clock(), ProcessGate())
    wrong, right = (
        Node(name, "subscriber", "callmanager", Address(HOST, 8443, port))
        for name, port in (("wrong", doors.ssh_port), ("right", doors.https_port))
    )
    with pytest.raises(IdentityError):
        access.run(wrong, "show ctl")
    with pytest.raises(CucmError) as other:
        access.run(right, "show ctl")
    assert not isinstance(other.value, IdentityError)
    assert ssh.passwords == ["secret"]
    access.close()
    ssh.close()
