# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SSH server of a node: who may log in, how, and how many at once."""

from __future__ import annotations

import hmac
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import asyncssh

from cucm_lab.platform_cli.algorithms import Algorithms, offered
from cucm_lab.platform_cli.commands import all_commands
from cucm_lab.platform_cli.grammar import Grammar
from cucm_lab.platform_cli.session import CliSession, reset
from cucm_lab.platform_cli.settings import CliSettings
from cucm_lab.texts import Texts

if TYPE_CHECKING:
    from cucm_lab.domain.accounts import Account
    from cucm_lab.domain.node import LabNode

_LOGIN_GRACE_S = 120


class NodeCli:
    """The platform CLI of one node: it listens until it is closed, and may listen again."""

    def __init__(self, node: LabNode) -> None:
        self.node = node
        self.grammar = Grammar(all_commands(node.cluster.release_row))
        self._sessions: list[CliSession] = []
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def listen(self) -> None:
        """Bind the node's address and SSH port.

        Raises:
            OSError: the port is taken or the address is not this machine's.
        """
        row = offered(self.node.cluster.release, self.node.cluster.ssh)
        self._acceptor = await asyncssh.listen(
            self.node.address,
            self.node.ssh_port,
            server_factory=lambda: _Login(self),
            server_host_keys=_host_keys(self.node, row),
            server_version=self.node.cluster.release_row.ssh_version,
            encryption_algs=list(row.ciphers),
            kex_algs=list(row.key_exchanges),
            mac_algs=list(row.macs),
            compression_algs=["none"],
            signature_algs=list(row.host_keys),
            public_key_auth=False,
            host_based_auth=False,
            gss_host=None,
            encoding=None,
            line_editor=False,
            allow_scp=False,
            agent_forwarding=False,
            login_timeout=_LOGIN_GRACE_S,
            reuse_address=True,
        )

    def admit(self, session: CliSession) -> bool:
        """Count a session in; False when the node has as many as it may have."""
        if len(self._sessions) >= CliSettings.of(self.node.cli).max_sessions:
            return False
        self._sessions.append(session)
        return True

    def leave(self, session: CliSession) -> None:
        """A session is over."""
        if session in self._sessions:
            self._sessions.remove(session)

    @property
    def sessions(self) -> int:
        """How many sessions are open."""
        return len(self._sessions)

    def connected(self, connection: asyncssh.SSHServerConnection) -> None:
        self._connections.add(connection)

    def disconnected(self, connection: asyncssh.SSHServerConnection) -> None:
        self._connections.discard(connection)

    async def close(self) -> None:
        """Stop listening and drop all connections. Confirmed work goes on unless the node is down."""
        acceptor, self._acceptor = self._acceptor, None
        if acceptor is not None:
            acceptor.close()
        for session in list(self._sessions):
            session.close()
        for connection in list(self._connections):
            connection.abort()
        if acceptor is not None:
            # Newer Pythons wait here for the connections too, so they must have been dropped before.
            await acceptor.wait_closed()


def _host_keys(node: LabNode, row: Algorithms) -> list[asyncssh.SSHKeyPair]:
    """The node's host keys, each with those of its signature algorithms that the node offers."""
    wanted = [name.encode() for name in row.host_keys]
    pairs = asyncssh.load_keypairs([_imported(key.private_pem) for key in node.ssh_host_keys])
    for pair in pairs:
        # asyncssh offers all that a key can do; signature_algs limits clients' keys only.
        able = pair.host_key_algorithms
        pair.host_key_algorithms = [algorithm for algorithm in wanted if algorithm in able]
    return [pair for pair in pairs if pair.host_key_algorithms]


@lru_cache(maxsize=64)
def _imported(private_pem: bytes) -> asyncssh.SSHKey:
    """A key of the run's pool is many nodes', and reading an RSA key takes 30 ms, because it is checked."""
    return asyncssh.import_private_key(private_pem)


class _Login(asyncssh.SSHServer):
    """One connection until its session begins."""

    def __init__(self, cli: NodeCli) -> None:
        self._cli = cli
        self._node = cli.node
        self._connection: asyncssh.SSHServerConnection | None = None
        self._account: Account | None = None
        self._expired: Account | None = None
        self._new_password: str | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        _without_ignored_packets(conn)
        self._cli.connected(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._cli.disconnected(self._connection)

    @property
    def _texts(self) -> Texts:
        return self._node.cluster.texts

    def begin_auth(self, username: str) -> bool:
        self._accept_service_request_again()
        return True

    def _accept_service_request_again(self) -> None:
        # OpenSSH accepts a service request before every authentication attempt, and paramiko sends one when
        # it falls back from password to keyboard-interactive; asyncssh accepts one per connection only.
        if self._connection is not None:
            self._connection._next_service = b"ssh-userauth"

    @property
    def _methods(self) -> str:
        settings = CliSettings.of(self._node.cli)
        if settings.ssh_auth is not None:
            return settings.ssh_auth
        if settings.password_auth is not None:
            return "both" if settings.password_auth else "keyboard-interactive"
        return self._node.cluster.release_row.ssh_auth

    def public_key_auth_supported(self) -> bool:
        return False

    def password_auth_supported(self) -> bool:
        return self._methods in ("password", "both")

    def kbdint_auth_supported(self) -> bool:
        # Asked after every refused attempt, which makes it the place to prepare for the next one.
        self._accept_service_request_again()
        return self._methods in ("keyboard-interactive", "both")

    async def validate_password(self, username: str, password: str) -> bool:
        account = await self._judge(username, password, "password")
        if account is not None and account.state == "expired":
            raise asyncssh.PasswordChangeRequired(self._texts["login.expired_notice"])
        return account is not None

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Any:
        return "", "", "", [(self._texts["login.password"], False)]

    async def validate_kbdint_response(self, username: str, responses: Any) -> Any:
        if self._expired is not None:
            return self._change_password(list(responses))
        if len(responses) != 1:
            return False
        account = await self._judge(username, responses[0], "keyboard-interactive")
        if account is None:
            return False
        if account.state == "expired":
            texts = self._texts
            self._expired = account
            return "", texts["login.expired_notice"], "", [(texts["login.expired"], False)]
        return True

    def _change_password(self, responses: list[str]) -> Any:
        texts = self._texts
        account = self._expired
        assert account is not None
        if len(responses) != 1:
            return False
        if self._account is None:
            if not hmac.compare_digest(responses[0].encode(), account.password.encode()):
                return False
            self._account = account
            return "", "", "", [(texts["login.new_password"], False)]
        if self._new_password is None:
            self._new_password = responses[0]
            return "", "", "", [(texts["login.retype_password"], False)]
        if responses[0] != self._new_password or responses[0] == account.password or not responses[0]:
            return False
        account.password = self._new_password
        account.state = "active"
        return True

    async def _judge(self, username: str, password: str, method: str) -> Account | None:
        """Check a password; the account, or None when the login is refused.

        A locked account is refused whatever the password, and nothing tells the client why ([P] CLI15: the
        message appears on the console only).
        """
        cluster = self._node.cluster
        account = cluster.account("cli", username)
        good = account is not None and account.check_platform_password(
            password,
            cluster.clock.monotonic(),
            CliSettings.of(self._node.cli).lockout(cluster.timings["lockout_s"]),
        )
        detail = {"result": "accepted" if good else "refused", "method": method}
        if good and account is not None and account.state == "expired":
            detail["expired"] = "true"
        entry = await cluster.journal.record(
            self._node, username, "login", "ssh", detail=detail, client=_Cutter(self._connection)
        )
        await cluster.journal.done(entry, client=_Cutter(self._connection))
        if good and account is not None and account.state != "expired":
            self._account = account
        return account if good else None

    def session_requested(self) -> Any:
        if self._account is None or self._connection is None:
            return False
        return CliSession(self._cli, self._account, self._connection)


def _without_ignored_packets(connection: asyncssh.SSHServerConnection) -> None:
    """asyncssh sends an empty packet before each one, which OpenSSH does not."""
    send = connection.send_packet

    def send_packet(kind: int, *parts: bytes, **options: Any) -> None:
        if kind != asyncssh.constants.MSG_IGNORE:
            send(kind, *parts, **options)

    connection.send_packet = send_packet


class _Cutter:
    """Cuts a connection that has no session yet."""

    def __init__(self, connection: asyncssh.SSHServerConnection | None) -> None:
        self._connection = connection

    def cut(self) -> None:
        if self._connection is not None:
            reset(self._connection)
