# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways to nodes that are reached: one lazily opened session of each kind to each, closed together. PRIVATE to the collection."""

from __future__ import annotations

import copy
import functools
import re
import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime

from .._base.address import canonical
from .._base.clock import Clock
from .._base.credentials import CredentialGate
from .._base.errors import CucmError, InputError, ProtocolError, Refusal
from .._base.request_budget import MemoryLedger, RequestBudget
from .._security import platform
from .._transport import perfmon, risport
from .._transport.axl import Axl
from .._transport.certificate_api import CertificateApi
from .._transport.cli import CliLimits, CliSession, Exchange, GarbledInput
from .._transport.control_center import ControlCenter
from .._transport.http import REQUESTS_IMPORT_ERROR, Answer, HttpConnection, HttpTarget
from .._transport.perfmon import PerfMon
from .._transport.risport import RisPort
from .._transport.ssh import HostKeys, SshTarget
from .accounts import Account, missing_account
from .guard import Guard
from .nodes import Address, Node

_SLOW_TYPING = 0.05
_T = t.TypeVar("_T")


@dataclass(frozen=True)
class LiveSettings:
    """How nodes are reached. C(timeout) is in seconds, C(host_keys) by name or address."""

    publisher: Address
    axl: Account | None
    cli: Account | None
    verify: bool | str
    known_hosts: str | None
    host_keys: t.Mapping[str, str]
    timeout: float
    cli_limits: CliLimits

    def account(self, service: str) -> Account:
        """Return the account of a service, C(axl) or C(cli).

        Raises:
            InputError: None was given (C(account_missing)).
        """
        found = self.axl if service == "axl" else self.cli
        if found is None:
            raise missing_account(service)
        return found


@dataclass
class _GuardedConnection(HttpConnection):
    """A connection over which nothing that changes the cluster leaves unless C(require_held) lets it.

    Whatever is sent, is sent within C(proven).
    """

    require_held: t.Callable[[], None] = field(kw_only=True)
    proven: t.Callable[[], t.ContextManager[None]] = field(kw_only=True)

    def post(self, path: str, body: str, headers: t.Mapping[str, str], *, changing: bool = False) -> Answer:
        if changing:
            self.require_held()
        with self.proven():
            return super().post(path, body, headers, changing=changing)

    def get(self, path: str, headers: t.Mapping[str, str]) -> Answer:
        with self.proven():
            return super().get(path, headers)


def nobody_holds() -> t.NoReturn:
    """Raise Refusal (C(not_held))."""
    raise Refusal(
        "A change was to be sent to a cluster that this task does not hold; nothing was sent.",
        code="not_held",
        remedy="This is an error of the collection. Report it with the task.",
    )


@dataclass(frozen=True)
class Budgets:
    """How many requests a minute may be sent to the services whose requests the cluster counts."""

    risport: RequestBudget
    perfmon: RequestBudget

    @classmethod
    def of_process(cls, clock: Clock) -> Budgets:
        """Return the usual budgets, which the threads of this process share."""
        return cls(
            *(
                RequestBudget(
                    service.CALLED, service.DEFAULT_RATE, MemoryLedger(), clock, lambda message: None
                )
                for service in (risport, perfmon)
            )
        )


class LiveAccess:
    """See C(Access)."""

    def __init__(
        self,
        settings: LiveSettings,
        clock: Clock,
        gate: CredentialGate,
        require_held: t.Callable[[], None] = nobody_holds,
        budgets: Budgets | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            settings, clock, gate: How nodes are reached, injected time, and who decides about passwords.
            require_held: Called before a change leaves; raises when another task may hold the cluster.
            budgets: Those that tasks share; by default those of this process.
        """
        self._settings = settings
        self._clock = clock
        self._guard = Guard(settings.publisher, gate)
        self._require_held = require_held
        self._budgets = budgets or Budgets.of_process(clock)
        self._connections: dict[tuple[str, int, str], HttpConnection] = {}
        self._sessions: dict[str, CliSession] = {}
        self._login_failures: dict[str, CucmError] = {}
        self._change_sent = False
        self._axl: Axl | None = None

    # -- accounts ----------------------------------------------------------------------------------------

    def has_account(self, service: str) -> bool:
        """Return whether the account of a service was given."""
        return (self._settings.axl if service == "axl" else self._settings.cli) is not None

    def username(self, service: str) -> str:
        """Return the name of the account of a service.

        Raises:
            InputError: None was given (C(account_missing)).
        """
        return self._settings.account(service).username

    def without_account(self, service: str) -> LiveAccess:
        """Return these ways without the account of a service; connections, sessions and what is known of credentials are shared."""
        other = copy.copy(self)
        if service == "axl":
            other._settings = replace(self._settings, axl=None)
        else:
            other._settings = replace(self._settings, cli=None)
            other._login_failures = {}
        other._axl = None
        return other

    def either(self, by_axl: t.Callable[[], _T], by_cli: t.Callable[[], _T]) -> _T:
        """Return what AXL answers or, without an AXL account, what the CLI does."""
        return by_axl() if self.has_account("axl") else by_cli()

    def if_there(self, read: t.Callable[[], _T], otherwise: _T) -> _T:
        """Return what C(read) does: a node that is reached and does not answer is in trouble."""
        return read()

    # -- HTTPS -------------------------------------------------------------------------------------------

    @property
    def axl(self) -> Axl:
        """AXL at the publisher.

        Raises:
            InputError: No AXL account was given (C(account_missing)).
        """
        if self._axl is None:
            self._axl = Axl(self._connection("publisher", self._settings.publisher), self._clock)
        return self._axl

    def control_center(self, node: Node) -> ControlCenter:
        """Return the Control Center of a node."""
        return ControlCenter(node.name, self._connection(node.name, node.address), self._clock)

    @property
    def risport(self) -> RisPort:
        """RisPort at the publisher, for all nodes.

        Raises:
            InputError: No AXL account was given (C(account_missing)).
        """
        return RisPort(
            self._connection("publisher", self._settings.publisher), self._clock, self._budgets.risport
        )

    @property
    def perfmon(self) -> PerfMon:
        """PerfMon at the publisher, for all nodes: one that is stopped cannot tell of itself, and one connection is enough.

        Raises:
            InputError: No AXL account was given (C(account_missing)).
        """
        return PerfMon(
            self._connection("publisher", self._settings.publisher), self._clock, self._budgets.perfmon
        )

    def certificate_api(self, node: Node) -> CertificateApi:
        """Return the certificate API of a node, for the platform account (wire-facts 6 [D]).

        Raises:
            InputError: No CLI account was given (C(account_missing)), or the library C(requests) is missing.
        """
        if REQUESTS_IMPORT_ERROR is not None:
            raise InputError(
                "The certificate API needs the Python library requests.",
                code="library_missing",
                details={"import_error": REQUESTS_IMPORT_ERROR},
                remedy="Install it where the module runs: pip install requests",
            )
        return CertificateApi(self._connection(node.name, node.address, "cli"), self._clock)

    def told_time(self, node: Node) -> datetime | None:
        """Return a node's clock (UTC) as of its latest answer over HTTPS, None when it told none."""
        return self._connection(node.name, node.address).device_time

    def _connection(self, name: str, address: Address, service: str = "axl") -> HttpConnection:
        account = self._settings.account(service)
        key = (address.host, address.https_port, service)
        if key not in self._connections:
            target = HttpTarget(
                node=name,
                host=address.host,
                port=address.https_port,
                username=account.username,
                password=account.password,
                verify=self._settings.verify,
                timeout=self._settings.timeout,
                account=service,
                keeps_session=service == "axl",
            )
            self._connections[key] = _GuardedConnection(
                target,
                functools.partial(self._guard.use, service, account, address, address.https_port),
                self._clock,
                require_held=self._require_held,
                proven=functools.partial(self._guard.proven, address),
            )
        return self._connections[key]

    # -- the command line --------------------------------------------------------------------------------

    def run(
        self, node: Node, command: str, *, end: re.Pattern[str] | None = None, timeout: float | None = None
    ) -> str:
        """Run a reading CLI command at a node, in the node's one session."""
        return self._typed(node, lambda session: session.run(command, end=end, timeout=timeout))

    def converse(
        self,
        node: Node,
        command: str,
        question: re.Pattern[str],
        before_answer: t.Callable[[str], None],
        *,
        timeout: float,
    ) -> Exchange:
        """Have a changing dialogue at a node; see C(CliSession.converse)."""

        def answering(asked: str) -> None:
            self._require_held()
            before_answer(asked)
            self._change_sent = True

        return self._typed(
            node, lambda session: session.converse(command, question, answering, timeout=timeout)
        )

    def order(
        self, node: Node, command: str, before_enter: t.Callable[[], None], *, timeout: float
    ) -> Exchange:
        """Send a changing command that asks nothing to a node; see C(CliSession.order)."""

        def entering() -> None:
            self._require_held()
            before_enter()
            self._change_sent = True

        return self._typed(node, lambda session: session.order(command, entering, timeout=timeout))

    def login_failure(self, node: Node) -> CucmError | None:
        """Return why the last login to a node's CLI came to nothing, None when it did not or there was none."""
        return self._login_failures.get(_key(node.address))

    def _typed(self, node: Node, use: t.Callable[[CliSession], _T]) -> _T:
        """Return what comes of a command in the node's one session.

        Input that was dropped ran nothing, so the command is typed once more, slowly, in a new session.
        """
        with self._guard.proven(node.address):
            try:
                return use(self._session(node))
            except GarbledInput:
                return use(self._session(node, _SLOW_TYPING))

    def _session(self, node: Node, pace: float = 0.0) -> CliSession:
        account, address = self._settings.account("cli"), node.address
        key = _key(address)
        session = self._sessions.get(key)
        if session is None or not session.usable:
            session = CliSession(
                self._ssh_target(node, account), self._settings.cli_limits, self._clock, pace=pace
            )
            try:
                with self._guard.use("cli", account, address, address.ssh_port) as attempt:
                    session.log_in(attempt)
                # Takes ten seconds and more, and is no use of the credential any more.
                session.start()
            except CucmError as error:
                error.details = {**_way("cli", node.name, address.ssh_port, error), **error.details}
                self._login_failures[key] = error
                raise
            self._login_failures.pop(key, None)
            self._sessions[key] = session
        return session

    def _ssh_target(self, node: Node, account: Account) -> SshTarget:
        keys = HostKeys(self._settings.known_hosts, self._pinned_key(node))
        return SshTarget(
            node.name, node.address.host, node.address.ssh_port, account.username, account.password, keys
        )

    def _pinned_key(self, node: Node) -> str | None:
        """Return the key given for a node, by its name or address.

        A first login by the CLI does not know the publisher's name yet; that must not put known_hosts in place of a
        key that was given.
        """
        pinned = {canonical(host): key for host, key in self._settings.host_keys.items()}
        found = pinned.get(canonical(node.name)) or pinned.get(node.address.host)
        if found is None and pinned and not node.listed:
            raise InputError(
                f"ssh_host_key gives keys for {', '.join(pinned)}, and which of them is the publisher's is not known before the login.",
                code="host_key_ambiguous",
                remedy=f"Give the publisher's key under its address {node.address.host}, or name the publisher in node_addresses.",
            )
        return found

    # -- the publisher's clock, and the end --------------------------------------------------------------

    def device_time(self, node: Node) -> datetime:
        """Return the publisher's own clock as it is now, by an AXL answer or else by C(show status).

        Raises:
            ProtocolError: The node did not tell a time that is understood.
        """
        if self.has_account("axl"):
            # The answer before may be old: what is waited for is not always read by AXL.
            self.axl.call("getCCMVersion", [])
            told = self._connection("publisher", self._settings.publisher).device_time
        else:
            local = platform.status(self.run(node, "show status"))["local_time"]
            told = datetime.fromisoformat(local) if local else None
        if told is None:
            raise ProtocolError(
                "The publisher's time could not be read.",
                code="unreadable_output",
                remedy="Look at show status there.",
            )
        return told

    @property
    def change_sent(self) -> bool:
        """Whether anything that may change the cluster has left this process, whatever became of it."""
        return self._change_sent or any(each.change_sent for each in self._connections.values())

    def close(self) -> None:
        """Close every session and connection. Never raises."""
        for session in self._sessions.values():
            session.close()
        for connection in self._connections.values():
            connection.close()


def _way(interface: str, node: str, port: int, error: CucmError) -> dict[str, t.Any]:
    """Return which way to which node failed, and the system's own word for it where it has one."""
    way = {"interface": interface, "node": node, "port": port}
    cause = error.__cause__
    return {**way, "reason": cause.strerror or str(cause)} if isinstance(cause, OSError) else way


def _key(address: Address) -> str:
    return f"{address.host} {address.ssh_port}"
