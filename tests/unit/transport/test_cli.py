# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A command that asks nothing: Enter is pressed once and late, and no question is answered. The node is a socket."""

from __future__ import annotations

import contextlib
import socket
import threading
import typing as t
from dataclasses import replace
from datetime import UTC, datetime

import paramiko
import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._base.credentials import ProcessGate
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import (
    AuthenticationError,
    CucmError,
    DeadlineExceeded,
    InputError,
    ProductFault,
    Refusal,
    TransportError,
)
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.accounts import Account
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.live import LiveAccess, LiveSettings
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.nodes import Address, Node
from ansible_collections.ucops.cucm.plugins.module_utils._transport.cli import (
    CliLimits,
    CliSession,
    Exchange,
    GarbledInput,
    require_answer,
)
from ansible_collections.ucops.cucm.plugins.module_utils._transport.ssh import (
    HostKeys,
    SshTarget,
    connect,
    fingerprint,
)

COMMAND = "utils sipOAuth-mode enable"
LIMITS = CliLimits(connect=2, echo=0.4, quiet=0.03, unknown_question_after=0.12)
Play = t.Callable[["Line"], None]


class Line:
    """The node's end: what it got, and what it says."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self.got = b""
        end.settimeout(3)

    def until(self, last: bytes) -> None:
        """Take what is typed, up to C(last)."""
        while not self.got.endswith(last):
            data = self.end.recv(4096)
            if not data:
                return
            self.got += data

    def say(self, text: str) -> None:
        self.end.sendall(text.encode())

    def rest(self) -> None:
        """Take whatever is still typed, until the session is closed."""
        with contextlib.suppress(OSError):
            while data := self.end.recv(4096):
                self.got += data


def echoed(then: Play) -> Play:
    """Return a node that echoes the command and, after Enter, follows its script."""

    def play(line: Line) -> None:
        line.say("admin:")
        line.until(COMMAND.encode())
        line.say(COMMAND)
        line.until(b"\r")
        line.say("\r\n")
        then(line)

    return play


def saying(text: str) -> Play:
    return echoed(lambda line: line.say(text))


class Tapped:
    """Our end of the line, which knows what went out: what has arrived by a moment would be a matter of luck."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self.sent = b""

    def sendall(self, data: bytes) -> None:
        self.sent += data
        self.end.sendall(data)

    def recv(self, size: int) -> bytes:
        return self.end.recv(size)

    def settimeout(self, seconds: float) -> None:
        self.end.settimeout(seconds)

    def close(self) -> None:
        self.end.close()


class Order:
    """One order to a scripted node: the outcome, and the input of the node."""

    def __init__(self, play: Play, *, command: str = COMMAND, timeout: float = 3) -> None:
        ours, theirs = socket.socketpair()
        line, tapped, self.at_record = Line(theirs), Tapped(ours), b"never"
        self.session = CliSession(
            SshTarget("cucm-pub", "10.0.0.1", 22, "admin", "x", HostKeys()), LIMITS, Clock()
        )
        self.session._transport = self.session._channel = tapped

        def node() -> None:
            with theirs:
                play(line)
                line.rest()

        def record() -> None:
            self.at_record = tapped.sent

        self.exchange: Exchange | None = None
        self.error: Exception | None = None
        thread = threading.Thread(target=node)
        thread.start()
        try:
            self.exchange = self.session.order(command, record, timeout=timeout)
        except (DeadlineExceeded, InputError, TransportError, GarbledInput) as error:
            self.error = error
        finally:
            ours.close()
            thread.join()
        self.got = line.got


def test_the_record_comes_between_the_echo_and_enter() -> None:
    order = Order(saying("SIP OAuth mode is enabled.\r\nadmin:"))
    assert order.exchange == Exchange(True, "SIP OAuth mode is enabled.")
    assert order.at_record == COMMAND.encode()
    assert order.got == COMMAND.encode() + b"\r"
    assert not order.session.usable


def test_a_prompt_that_is_printed_twice_is_one_end() -> None:
    assert Order(saying("done\r\nadmin:\r\nadmin:")).exchange == Exchange(True, "done")


def test_a_command_that_says_nothing_has_ended_with_its_prompt() -> None:
    assert Order(saying("admin:")).exchange == Exchange(True, "")


@pytest.mark.parametrize(
    "question",
    [
        "This restarts all phones. Do you want to continue? (y/n):",
        "Proceed (yes|no)?",
        "Enter the security password:",
        "Press <enter> for 1 line, <space> for one page, or <q> to quit",
    ],
)
def test_no_question_is_answered(question: str) -> None:
    order = Order(saying(question), timeout=0.6)
    assert order.exchange is not None and order.error is None
    assert not order.exchange.completed
    assert order.got == COMMAND.encode() + b"\r"
    assert not order.session.usable
    if question.startswith("Press"):
        assert isinstance(order.exchange.failure, DeadlineExceeded)
    else:
        assert isinstance(order.exchange.failure, Refusal)
        assert order.exchange.failure.code == "unexpected_question"
        assert order.exchange.failure.details["question"] == question


def test_a_connection_lost_after_enter_is_an_outcome() -> None:
    order = Order(echoed(lambda line: (line.say("Enabling\r\n"), line.end.shutdown(socket.SHUT_RDWR))[0]))
    assert order.exchange is not None
    assert (order.exchange.completed, order.exchange.output) == (False, "Enabling")
    assert isinstance(order.exchange.failure, TransportError)
    assert order.exchange.failure.code == "connection_lost"
    assert order.at_record == COMMAND.encode()


def test_a_command_that_does_not_end_is_an_outcome() -> None:
    order = Order(saying("Enabling"), timeout=0.3)
    assert order.exchange is not None and not order.exchange.completed
    assert isinstance(order.exchange.failure, DeadlineExceeded)


def test_a_connection_lost_before_enter_is_raised_and_nothing_is_recorded() -> None:
    def play(line: Line) -> None:
        line.say("admin:")
        line.until(COMMAND.encode())
        line.say(COMMAND[:9])
        line.end.shutdown(socket.SHUT_RDWR)

    order = Order(play)
    assert isinstance(order.error, TransportError) and order.error.code == "connection_lost"
    assert order.at_record == b"never"
    assert b"\r" not in order.got
    assert not order.session.usable


@pytest.mark.parametrize("shown", ["utils sipOAuth-mode enabl", "utils sipOAuth-mode disable", ""])
def test_enter_is_pressed_on_no_other_line(shown: str) -> None:
    def play(line: Line) -> None:
        line.say("admin:")
        line.until(COMMAND.encode())
        line.say(shown)

    order = Order(play)
    assert isinstance(order.error, GarbledInput)
    assert order.at_record == b"never"
    assert order.got == COMMAND.encode()
    assert not order.session.usable


@pytest.mark.parametrize("command", ["utils sipOAuth-mode ?", "utils\r", "x" * 500])
def test_what_cannot_be_typed_is_not_typed(command: str) -> None:
    order = Order(lambda line: None, command=command)
    assert isinstance(order.error, InputError)
    assert (order.got, order.at_record) == (b"", b"never")


# -- the access -------------------------------------------------------------------------------------------


PUBLISHER = Node("cucm-pub", "publisher", "callmanager", Address("10.0.0.1", 8443, 22))


def access() -> LiveAccess:
    account = Account("admin", "x")
    settings = LiveSettings(
        publisher=PUBLISHER.address,
        axl=account,
        cli=account,
        verify=False,
        known_hosts=None,
        host_keys={},
        timeout=1,
        cli_limits=LIMITS,
    )
    # As a task does that holds the cluster.
    return LiveAccess(settings, Clock(), ProcessGate(), require_held=lambda: None)


class Session:
    """A session that drops what is typed at once, so many times."""

    def __init__(self, drops: list[bool], pace: float) -> None:
        self.drops, self.pace = drops, pace

    def order(self, command: str, before_enter: t.Callable[[], None], *, timeout: float) -> Exchange:
        if self.drops.pop(0):
            raise GarbledInput("dropped")
        before_enter()
        return Exchange(True, f"{command} {timeout}")


@pytest.mark.parametrize(("drops", "paces"), [([False], [0.0]), ([True, False], [0.0, 0.05])])
def test_what_was_dropped_is_typed_once_more_slowly(
    drops: list[bool], paces: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    records: list[str] = []

    def session(self: LiveAccess, node: Node, pace: float = 0.0) -> Session:
        assert node == PUBLISHER
        asked.append(pace)
        return Session(drops, pace)

    monkeypatch.setattr(LiveAccess, "_session", session)
    exchange = access().order(PUBLISHER, COMMAND, lambda: records.append("command"), timeout=9)
    assert exchange == Exchange(True, f"{COMMAND} 9")
    assert (asked, records) == (paces, ["command"])


def test_a_line_that_drops_everything_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    drops = [True, True, False]
    monkeypatch.setattr(LiveAccess, "_session", lambda self, node, pace=0.0: Session(drops, pace))
    with pytest.raises(GarbledInput):
        access().order(PUBLISHER, COMMAND, lambda: pytest.fail("Enter was not pressed"), timeout=9)
    assert drops == [False]


def test_a_node_tells_its_time_with_its_own_answers() -> None:
    reached = access()
    one, two = (Node(name, "subscriber", "callmanager", Address(name, 8443, 22)) for name in ("sub1", "sub2"))
    assert reached.told_time(one) is None
    moment = datetime(2026, 3, 10, 10, tzinfo=UTC)
    reached._connection(one.name, one.address).device_time = moment
    assert reached.told_time(one) == moment
    assert reached.told_time(two) is None


# -- before the first prompt, and what a command line says instead of an answer ---------------------------


def started(play: Play, stays: float = 0.12) -> CucmError | None:
    """Start a command line on a scripted node; a question stays for this many seconds."""
    ours, theirs = socket.socketpair()
    limits = replace(LIMITS, unknown_question_after=stays)
    session = CliSession(SshTarget("cucm-pub", "10.0.0.1", 22, "admin", "x", HostKeys()), limits, Clock())
    session._transport = session._channel = Tapped(ours)
    line = Line(theirs)
    error: CucmError | None = None

    def node() -> None:
        with theirs, contextlib.suppress(OSError):
            play(line)
            line.rest()

    thread = threading.Thread(target=node)
    thread.start()
    try:
        session._start_up()
    except CucmError as refused:
        error = refused
    finally:
        ours.close()
        thread.join()
    return error


def test_a_banner_with_the_word_password_goes_on() -> None:
    def play(line: Line) -> None:
        line.say("Never tell anyone your password:")
        threading.Event().wait(0.3)
        line.say(" nobody needs it.\r\nadmin:")

    assert started(play, stays=30) is None


def test_a_question_for_a_password_is_told_once_it_stays() -> None:
    refused = started(lambda line: line.say("(current) UNIX password: "))
    assert isinstance(refused, Refusal) and refused.code == "password_change_required"
    assert refused.details["node"] == "cucm-pub"


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ("No valid command entered", "command_unknown"),
        ("  No valid command entered.\n", "command_unknown"),
        ("Incomplete command entered", "privilege_too_low"),
        ("some reason\nExecuted command unsuccessfully", "command_failed"),
        ("Executed command unsuccessfully.", "command_failed"),
        ("Cannot do it. Executed command unsuccessfully", "command_failed"),
        ("Executed command unsuccessfully\nBroadcast message", "command_failed"),
        ("description\n===========\nphone of No valid command entered", None),
        ("description\n===========\nNo valid command entered", None),
        ("1 Incomplete command entered by admin", None),
        ("a log says Executed command unsuccessfully\nand goes on", None),
        ("", None),
    ],
)
def test_what_is_said_instead_of_an_answer_is_a_line_of_its_own(output: str, code: str | None) -> None:
    if code is None:
        assert require_answer("show x", output, "cucm-pub", "admin", "cucm-pub") == output
        return
    with pytest.raises(ProductFault) as refused:
        require_answer("show x", output, "cucm-pub", "admin", "cucm-pub")
    assert refused.value.code == code and refused.value.remedy


@pytest.mark.parametrize(
    ("host", "port", "code"),
    [
        ("a..b", 22, "address_invalid"),
        ("x" * 64 + ".example.com", 22, "address_invalid"),
        ("a\0b", 22, "connection_failed"),
        ("127.0.0.1", 70000, "connection_failed"),
    ],
)
def test_an_address_that_cannot_be_one_names_the_node(host: str, port: int, code: str) -> None:
    keys = HostKeys(pinned="SHA256:" + "A" * 43)
    with pytest.raises(TransportError) as refused:
        connect(SshTarget("cucm-sub1", host, port, "admin", "x", keys), 1, Clock())
    assert refused.value.code == code and refused.value.details["node"] == "cucm-sub1"
    assert "cucm-sub1" in refused.value.message and refused.value.remedy


class Pam(paramiko.ServerInterface):
    """Asks for the password again in the same exchange, as PAM does after a wrong one."""

    def __init__(self, instructions: str) -> None:
        self.instructions, self.answers = instructions, 0

    def get_allowed_auths(self, username: str) -> str:
        return "keyboard-interactive"

    def check_auth_interactive(self, username: str, submethods: str) -> paramiko.InteractiveQuery:
        return paramiko.InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> t.Any:
        self.answers += 1
        return paramiko.InteractiveQuery("", self.instructions, ("Password: ", False))


@pytest.mark.parametrize(
    ("instructions", "code"),
    [("", "authentication_refused"), ("Your password has expired", "password_change_required")],
)
def test_a_password_that_is_asked_for_again_was_refused(instructions: str, code: str) -> None:
    key, server = paramiko.ECDSAKey.generate(), Pam(instructions)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            transport = paramiko.Transport(listener.accept()[0])
            transport.add_server_key(key)
            transport.start_server(server=server)
            transport.join(10)

    threading.Thread(target=serve, daemon=True).start()
    keys = HostKeys(pinned=fingerprint(key.asbytes()))
    with listener, pytest.raises(AuthenticationError) as refused:
        connect(SshTarget("cucm-pub", "127.0.0.1", listener.getsockname()[1], "admin", "x", keys), 5, Clock())
    assert refused.value.code == code and server.answers == 1
