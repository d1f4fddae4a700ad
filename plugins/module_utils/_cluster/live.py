# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster: its nodes and one lazily opened session of each kind to each, closed together. PRIVATE to the collection."""

from __future__ import annotations

import contextlib
import functools
import re
import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime

from .._base.address import canonical
from .._base.clock import Clock
from .._base.credentials import (
    PUBLISHER,
    REFUSED_BEFORE,
    Attempt,
    Credential,
    CredentialGate,
    FirstUse,
    cluster_key,
)
from .._base.errors import (
    AuthenticationError,
    CucmError,
    IdentityError,
    InputError,
    ProductFault,
    ProtocolError,
    Refusal,
    TransportError,
)
from .._security import platform
from .._transport.axl import Axl
from .._transport.certificate_api import CertificateApi
from .._transport.cli import CliLimits, CliSession, Exchange, GarbledInput
from .._transport.control_center import ControlCenter
from .._transport.http import LATE, REQUESTS_IMPORT_ERROR, Answer, HttpConnection, HttpTarget
from .._transport.ssh import HostKeys, SshTarget
from . import database
from .database import Part, Row

PSEUDO_NODE = "EnterpriseWideData"
_SLOW_TYPING = 0.05
# After these a smaller question may be answered; a throttled cluster must not be asked more.
_ASK_ALONE_AFTER = frozenset({"soap_fault", "not_soap", "xml_malformed", "xml_refused", "output_too_large"})
_T = t.TypeVar("_T")


@dataclass(frozen=True)
class Address:
    """Where a node is reached; its identity is checked against this address."""

    host: str
    https_port: int
    ssh_port: int

    def __post_init__(self) -> None:
        # One form, so that addresses can be compared however an operator or the cluster writes them.
        object.__setattr__(self, "host", canonical(self.host))


@dataclass(frozen=True)
class Node:
    """A node of the cluster. ``role`` is C(publisher) or C(subscriber), ``type`` C(callmanager) or C(im_presence)."""

    name: str
    role: str
    type: str
    address: Address

    def as_facts(self) -> dict[str, t.Any]:
        """Return JSON-like facts."""
        return {
            "name": self.name,
            "role": self.role,
            "type": self.type,
            "address": self.address.host,
            "https_port": self.address.https_port,
            "ssh_port": self.address.ssh_port,
        }


@dataclass(frozen=True)
class Account:
    """A user name and its password."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class ClusterSettings:
    """How a cluster is reached; C(saved) is the directory of its answers when it is not. C(timeout) is in seconds."""

    publisher: Address
    node_addresses: t.Mapping[str, Address]
    axl: Account | None
    cli: Account | None
    verify: bool | str
    known_hosts: str | None
    host_keys: t.Mapping[str, str]
    timeout: float
    cli_limits: CliLimits
    saved: str | None = None


@dataclass
class _GuardedConnection(HttpConnection):
    """A connection over which nothing that changes the cluster leaves unless C(require_held) lets it."""

    require_held: t.Callable[[], None] = field(kw_only=True)

    def post(self, path: str, body: str, headers: t.Mapping[str, str], *, changing: bool = False) -> Answer:
        if changing:
            self.require_held()
        return super().post(path, body, headers, changing=changing)


def nobody_holds() -> t.NoReturn:
    """Raise Refusal (C(not_held))."""
    raise Refusal(
        "A change was to be sent to a cluster that this task does not hold; nothing was sent.",
        code="not_held",
        remedy="This is an error of the collection. Report it with the task.",
    )


class Cluster:
    """One cluster, addressed by its publisher.

    C(require_held) is called before anything that changes the cluster leaves, and raises when another task may hold it.
    """

    def __init__(self, settings: ClusterSettings, clock: Clock, gate: CredentialGate) -> None:
        self.settings = settings
        self.clock = clock
        self._gate = gate
        self._first_use = FirstUse()
        self._refusals: dict[Credential, CucmError] = {}
        self._connections: dict[tuple[str, int, str], HttpConnection] = {}
        self._sessions: dict[str, CliSession] = {}
        self._login_failures: dict[str, CucmError] = {}
        self._change_sent = False
        self.warn: t.Callable[[str], None] = lambda message: None
        self.require_held: t.Callable[[], None] = nobody_holds

    # -- who is there ------------------------------------------------------------------------------------

    @functools.cached_property
    def _rows(self) -> list[dict[str, str]]:
        return self._checked_nodes(self._rows_of(database.NODES))

    @staticmethod
    def _checked_nodes(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        for row in rows:
            usage, role = row.get("tknodeusage", ""), row.get("tkprocessnoderole", "")
            if not (row.get("pkid") and row.get("name") and usage.isdigit() and role.isdigit()):
                raise ProtocolError(
                    f"The cluster's list of nodes cannot be read: {row}.",
                    code="nodes_unreadable",
                    remedy="Nothing was concluded from it. Run the task again.",
                )
        return rows

    @functools.cached_property
    def nodes(self) -> list[Node]:
        """The nodes as the database lists them, without the pseudo node; publisher first.

        Raises:
            Refusal: The address given as publisher is another node's (C(not_publisher)).
        """
        nodes = []
        for row in self._rows:
            if row["name"] == PSEUDO_NODE:
                continue
            # wire-facts 3.3: tknodeusage 0 publisher, 1 subscriber; tkprocessnoderole 1 Unified CM, 2 IM and Presence.
            is_publisher = row["tknodeusage"] == "0" and row["tkprocessnoderole"] == "1"
            nodes.append(
                Node(
                    name=row["name"],
                    role="publisher" if is_publisher else "subscriber",
                    type="callmanager" if row["tkprocessnoderole"] == "1" else "im_presence",
                    address=self._address_of(row["name"], is_publisher),
                )
            )
        publisher = self._publisher_among(nodes)
        self._check_addresses(nodes, publisher)
        return sorted(nodes, key=lambda node: node.role != "publisher")

    def _address_of(self, name: str, is_publisher: bool) -> Address:
        own = Address(name, self.settings.publisher.https_port, self.settings.publisher.ssh_port)
        return self.settings.node_addresses.get(name) or (self.settings.publisher if is_publisher else own)

    def _publisher_among(self, nodes: t.Sequence[Node]) -> Node:
        publishers = [node for node in nodes if node.role == "publisher"]
        if len(publishers) != 1:
            raise ProtocolError(
                f"The database lists {len(publishers)} publishers; there must be one.",
                code="nodes_unreadable",
                remedy="Nothing was concluded from it. Look at System > Server.",
            )
        unknown = sorted(set(self.settings.node_addresses) - {node.name for node in nodes})
        if unknown:
            raise InputError(
                f"node_addresses names {', '.join(unknown)}, but the cluster has only {', '.join(node.name for node in nodes)}.",
                remedy="Use the process node names as the cluster lists them (System > Server).",
            )
        return publishers[0]

    def _check_addresses(self, nodes: t.Sequence[Node], publisher: Node) -> None:
        reached: dict[tuple[str, int], str] = {}
        for node in nodes:
            for port in (
                (node.address.https_port, node.address.ssh_port) if node.type == "callmanager" else ()
            ):
                other = reached.setdefault((node.address.host, port), node.name)
                if other != node.name and self.settings.publisher != node.address:
                    raise InputError(
                        f"node_addresses gives {node.address.host} port {port} for both {other} and {node.name}.",
                        remedy="Give every node its own address: one that is not reached cannot be proven.",
                    )
            if node.role == "subscriber" and node.address == self.settings.publisher:
                raise not_publisher(node.name, publisher.name)
        if publisher.address != self.settings.publisher:
            raise Refusal(
                f"publisher is {self.settings.publisher.host} but node_addresses gives {publisher.address.host} "
                f"for the publisher {publisher.name}.",
                code="not_publisher",
                remedy="Let both name the same address and ports.",
            )

    @property
    def callmanager_nodes(self) -> list[Node]:
        """The Unified CM nodes, publisher first."""
        return [node for node in self.nodes if node.type == "callmanager"]

    @property
    def publisher(self) -> Node:
        """The publisher."""
        return self.nodes[0]

    @property
    def identity(self) -> str:
        """What the cluster is known by for ever: the key of its publisher's row."""
        return next(
            row["pkid"].strip("{}").lower() for row in self._rows if row["name"] == self.publisher.name
        )

    @property
    def known_names(self) -> list[str]:
        """Names of nodes as far as the cluster has told them; asks nothing."""
        return [str(row.get("name", "")) for row in self.__dict__.get("_rows", ())]

    def node(self, name: str) -> Node:
        """Return a Unified CM node by name.

        Raises:
            InputError: There is no such Unified CM node.
        """
        for node in self.callmanager_nodes:
            if node.name.lower() == name.lower():
                return node
        raise InputError(
            f"The cluster has no Unified CM node {name!r}; it has {', '.join(node.name for node in self.callmanager_nodes)}.",
            code="node_unknown",
            remedy="Use the name the cluster lists. IM and Presence nodes and EnterpriseWideData are never touched.",
        )

    # -- what they are asked through ---------------------------------------------------------------------

    def query(self, sql: str) -> list[dict[str, str]]:
        """Run a reading SQL statement, by AXL or, without an AXL account, by the publisher's CLI."""
        if self.settings.axl is None:
            return platform.sql_table(self.run(None, f"run sql {sql}"))
        try:
            return self.axl.query(sql)
        except ProtocolError as error:
            # A subscriber serves no AXL; the CLI can tell that from a publisher whose AXL is not activated.
            if error.details.get("status") == 404 and self.settings.cli is not None:
                self.require_publisher()
            raise

    def ask(self, parts: t.Sequence[Part]) -> dict[str, list[Row] | CucmError]:
        """Put several questions to the database, by AXL in one request; the nodes are read with them.

        A question that is refused costs its own answer: where all of them together are refused, each is asked alone. Without
        an AXL account the publisher's CLI is asked, whose lines are too short for all at once.

        Raises:
            CucmError: The cluster does not answer at all, or refuses a credential.
        """
        if self.settings.axl is None or not parts:
            return {part.name: self._answer(part) for part in parts}
        with_nodes = [*parts, *([] if "_rows" in self.__dict__ else [database.NODES])]
        try:
            rows = database.apart(with_nodes, self.query(database.together(with_nodes)))
        except IdentityError:
            raise
        except (ProductFault, ProtocolError, TransportError) as error:
            if error.code not in _ASK_ALONE_AFTER and not error.details.get(LATE):
                raise
            # Whoever does not tell its nodes either is not asked anything else.
            return {part.name: self._answer(part) for part in parts} if self.nodes else {}
        nodes = rows.pop(database.NODES.name, None)
        if nodes is not None:
            self.__dict__["_rows"] = self._checked_nodes(nodes)
        return dict(rows)

    def _answer(self, part: Part) -> list[Row] | CucmError:
        try:
            return self._rows_of(part)
        except (AuthenticationError, IdentityError):
            raise
        except CucmError as error:
            if _key(self.settings.publisher) in self._login_failures:
                # By the command line each further question would log in once more.
                raise
            return error

    def _rows_of(self, part: Part) -> list[Row]:
        return self.query(part.alone())

    def either(self, by_axl: t.Callable[[], _T], by_cli: t.Callable[[], _T]) -> _T:
        """Return what AXL tells or, without an AXL account, what the publisher's CLI does."""
        return by_axl() if self.settings.axl is not None else by_cli()

    def has_account(self, service: str) -> bool:
        """Return whether an account of a kind, C(axl) or C(cli), was given."""
        return getattr(self.settings, service) is not None

    def without_account(self, service: str) -> Cluster:
        """Return this cluster as it is reached without its account of a kind; sessions of the other are kept, and shared."""
        without = replace(self.settings, axl=None) if service == "axl" else replace(self.settings, cli=None)
        other = Cluster(without, self.clock, self._gate)
        other.warn, other._first_use, other._refusals = self.warn, self._first_use, self._refusals
        other._connections, other._sessions = self._connections, self._sessions
        if service != "cli":
            other._login_failures = self._login_failures
        return other

    @functools.cached_property
    def axl(self) -> Axl:
        """AXL at the publisher.

        Raises:
            InputError: No AXL account was given (C(account_missing)).
        """
        return Axl(self._connection("publisher", self.settings.publisher), self.clock)

    def control_center(self, node: Node) -> ControlCenter:
        """Return the Control Center of a node."""
        return ControlCenter(node.name, self._connection(node.name, node.address), self.clock)

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
        return CertificateApi(self._connection(node.name, node.address, "cli"), self.clock)

    def release(self) -> str:
        """Return the cluster's full version, for example C(14.0.1.12900-161), by AXL or else by the CLI."""

        def by_axl() -> str:
            return self.axl.release()

        return self.either(by_axl, lambda: platform.version(self.run(None, "show version active")))

    def release_if_told(self) -> str:
        """Return what C(release) does; empty when saved answers do not have it, which costs only what depends on it."""
        return self.release()

    def run(
        self,
        node: Node | None,
        command: str,
        *,
        end: re.Pattern[str] | None = None,
        timeout: float | None = None,
    ) -> str:
        """Run a reading CLI command at a node (None: the addressed publisher), in the node's one session.

        Input that was dropped ran nothing, so the command is typed once more, slowly, in a new session.
        """
        try:
            return self._session(node).run(command, end=end, timeout=timeout)
        except GarbledInput:
            return self._session(node, pace=_SLOW_TYPING).run(command, end=end, timeout=timeout)

    def converse(
        self,
        command: str,
        question: re.Pattern[str],
        before_answer: t.Callable[[str], None],
        *,
        timeout: float,
    ) -> Exchange:
        """Have a changing dialogue at the publisher; see C(CliSession.converse).

        Input that was dropped ran nothing, so the command is typed once more, slowly, in a new session.
        """

        def answering(asked: str) -> None:
            self.require_held()
            before_answer(asked)
            self._change_sent = True

        try:
            return self._session(None).converse(command, question, answering, timeout=timeout)
        except GarbledInput:
            return self._session(None, _SLOW_TYPING).converse(command, question, answering, timeout=timeout)

    def order(self, command: str, before_enter: t.Callable[[], None], *, timeout: float) -> Exchange:
        """Send a changing command that asks nothing to the publisher; see C(CliSession.order).

        Input that was dropped ran nothing, so the command is typed once more, slowly, in a new session.
        """

        def entering() -> None:
            self.require_held()
            before_enter()
            self._change_sent = True

        try:
            return self._session(None).order(command, entering, timeout=timeout)
        except GarbledInput:
            return self._session(None, _SLOW_TYPING).order(command, entering, timeout=timeout)

    @property
    def change_sent(self) -> bool:
        """Whether anything that may change the cluster has left this process, whatever became of it."""
        return self._change_sent or any(each.change_sent for each in self._connections.values())

    def require_publisher(self) -> None:
        """Raise Refusal (C(not_publisher)) when the addressed node says that it is a subscriber."""
        output = self.run(None, "utils service list", end=platform.PRIMARY_NODE)
        if platform.is_publisher(output) is False:
            raise not_publisher(self.settings.publisher.host, "")

    def device_time(self) -> datetime:
        """Return the publisher's own clock as it is now, by an AXL answer or else by C(show status).

        Raises:
            ProtocolError: The node did not tell a time that is understood.
        """
        if self.settings.axl is not None:
            # The answer before may be old: what is waited for is not always read by AXL.
            self.axl.call("getCCMVersion", [])
            told = self._connection("publisher", self.settings.publisher).device_time
        else:
            local = platform.status(self.run(None, "show status"))["local_time"]
            told = datetime.fromisoformat(local) if local else None
        if told is None:
            raise ProtocolError(
                "The publisher did not tell its time.",
                code="unreadable_output",
                remedy="Look at show status there.",
            )
        return told

    def told_time(self, node: Node) -> datetime | None:
        """Return a node's clock (UTC) as of its latest answer over HTTPS, None when it told none."""
        return self._connection(node.name, node.address).device_time

    def saved_at(self) -> tuple[datetime, datetime] | None:
        """Return when the first and the last of answers that were saved were given (UTC); None when none of them tells."""
        return None

    def login_failure(self, node: Node) -> CucmError | None:
        """Return why the last login to a node's CLI came to nothing, None when it did not or there was none."""
        return self._login_failures.get(_key(node.address))

    def close(self) -> None:
        """Close every session and connection. Never raises."""
        for session in self._sessions.values():
            session.close()
        for connection in self._connections.values():
            connection.close()

    def _session(self, node: Node | None, pace: float = 0.0) -> CliSession:
        if self.settings.cli is None:
            raise missing_account("cli")
        address = node.address if node is not None else self.settings.publisher
        name = node.name if node is not None else self._name_of_publisher()
        key = _key(address)
        session = self._sessions.get(key)
        if session is None or not session.usable:
            session = CliSession(
                self._ssh_target(name, address), self.settings.cli_limits, self.clock, pace=pace
            )
            try:
                with self._use("cli", self.settings.cli, address, address.ssh_port) as attempt:
                    session.log_in(attempt)
                # Takes ten seconds and more, and is no use of the credential any more.
                session.start()
            except CucmError as error:
                error.details = {**_way("cli", name, address.ssh_port, error), **error.details}
                self._login_failures[key] = error
                raise
            self._login_failures.pop(key, None)
            self._sessions[key] = session
        return session

    def _require_held(self) -> None:
        self.require_held()

    def _name_of_publisher(self) -> str:
        """Return the publisher's name as far as it is known; its address when only the CLI could tell it."""
        if "_rows" in self.__dict__:
            return self.publisher.name
        for name, address in self.settings.node_addresses.items():
            if address == self.settings.publisher:
                return name
        return self.settings.publisher.host

    def _ssh_target(self, name: str, address: Address) -> SshTarget:
        account = self.settings.cli or Account("", "")
        keys = HostKeys(self.settings.known_hosts, self._pinned_key(name, address))
        return SshTarget(name, address.host, address.ssh_port, account.username, account.password, keys)

    def _pinned_key(self, name: str, address: Address) -> str | None:
        """Return the key given for a node, by its name or address.

        A first login by the CLI does not know the publisher's name yet; that must not put known_hosts in place of a
        key that was given.
        """
        pinned = {canonical(host): key for host, key in self.settings.host_keys.items()}
        found = pinned.get(canonical(name)) or pinned.get(address.host)
        if found is None and pinned and "_rows" not in self.__dict__:
            raise InputError(
                f"ssh_host_key gives keys for {', '.join(pinned)}, and which of them is the publisher's is not known before the login.",
                code="host_key_ambiguous",
                remedy=f"Give the publisher's key under its address {address.host}, or name the publisher in node_addresses.",
            )
        return found

    def _connection(self, name: str, address: Address, service: str = "axl") -> HttpConnection:
        account = self.settings.axl if service == "axl" else self.settings.cli
        if account is None:
            raise missing_account(service)
        key = (address.host, address.https_port, service)
        if key not in self._connections:
            target = HttpTarget(
                node=name,
                host=address.host,
                port=address.https_port,
                username=account.username,
                password=account.password,
                verify=self.settings.verify,
                timeout=self.settings.timeout,
                account=service,
                keeps_session=service == "axl",
            )
            self._connections[key] = _GuardedConnection(
                target,
                lambda: self._use(service, account, address, address.https_port),
                self.clock,
                require_held=self._require_held,
            )
        return self._connections[key]

    @contextlib.contextmanager
    def _use(self, service: str, account: Account, address: Address, port: int) -> t.Iterator[Attempt]:
        credential = credential_of(self.settings.publisher, service, account)
        door = PUBLISHER if address == self.settings.publisher else cluster_key(address.host, port)
        try:
            with self._first_use.within(credential, door), self._gate.use(credential, door) as attempt:
                yield attempt
        except AuthenticationError as error:
            error.details["account_kind"] = service
            if error.code != REFUSED_BEFORE:
                self._refusals[credential] = error
            elif credential in self._refusals:
                # This task knows more of it than that it was tried before.
                raise self._refusals[credential] from error
            raise


def credential_of(publisher: Address, service: str, account: Account) -> Credential:
    """Return what an account is to the gate: two clusters behind one address differ in their ports."""
    port = publisher.ssh_port if service == "cli" else publisher.https_port
    return Credential(cluster_key(publisher.host, port), service, account.username, account.password)


def _way(interface: str, node: str, port: int, error: CucmError) -> dict[str, t.Any]:
    """Return which way to which node failed, and the system's own word for it where it has one."""
    way = {"interface": interface, "node": node, "port": port}
    cause = error.__cause__
    return {**way, "reason": cause.strerror or str(cause)} if isinstance(cause, OSError) else way


def _key(address: Address) -> str:
    return f"{address.host} {address.ssh_port}"


def not_publisher(addressed: str, publisher: str) -> Refusal:
    """Return the refusal for an address that is a subscriber's."""
    return Refusal(
        f"{addressed} is a subscriber, not the publisher" + (f" {publisher}." if publisher else "."),
        code="not_publisher",
        remedy="Give the publisher's address as publisher (or ansible_host): the mode is changed there only.",
    )


def missing_account(service: str) -> InputError:
    """Return the error for an account that is needed and was not given."""
    return InputError(
        f"This needs {service}_username and {service}_password.",
        code="account_missing",
        details={"interface": service},
        remedy=f"Set cucm_{service}_username and cucm_{service}_password in the inventory, the options in the task or in module_defaults "
        f"(group/ucops.cucm.cluster), or CUCM_{service.upper()}_USERNAME and _PASSWORD in the environment.",
    )


def parse_address(value: t.Mapping[str, t.Any], default: Address) -> Address:
    """Return an Address from a C(node_addresses) entry; what it does not give is taken from ``default``."""
    return replace(
        default,
        host=value.get("address") or default.host,
        https_port=value.get("https_port") or default.https_port,
        ssh_port=value.get("ssh_port") or default.ssh_port,
    )
