# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A web server that stops, lies or floods at any step costs a failure with a code, some memory, and one password.

C(CUCM_PEERS=every) tries every step with every module that speaks HTTPS, C(CUCM_SOCKETS_REPORT) names a file for the counts.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import resource
import socket
import subprocess
import sys
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock, Patience
from ansible_collections.ucops.cucm.plugins.module_utils._base.credentials import (
    Attempt,
    Credential,
    ProcessGate,
)
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import (
    CucmError,
    InputError,
    ProtocolError,
    TransportError,
    UnknownOutcome,
)
from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
from ansible_collections.ucops.cucm.plugins.module_utils._transport.http import (
    BODY_CAP,
    HttpConnection,
    HttpTarget,
)
from ansible_collections.ucops.cucm.plugins.module_utils._transport.soap import SoapEndpoint

from ..data import authorities
from ..data.hostile import EVERY, HOST, WebServer, answer, envelope, note, reset

REPORT = "CUCM_SOCKETS_REPORT"
MEGABYTE = 1024 * 1024
MODULES: dict[str, dict[str, t.Any]] = {
    "cluster_info": {"gather_subset": ["version", "modes", "services"]},
    "service_activation": {"service": "Cisco CTL Provider"},
    "service_control": {"service": "Cisco Tftp", "state": "started"},
    "smart_license": {},
    "enterprise_parameter": {"parameters": {"ClusterID": "x"}},
    "callmanager_ports": {"node": "sub1", "sip_oauth_port": 5490},
    "expressway_c": {"entries": [{"host": "exp1"}]},
    "phone_security_profile": {"name": "mine", "phone_type": "Cisco 8845", "sip_oauth": True},
    "trust_certificate": {
        "certificates": [authorities.root().pem],
        "cli_username": "admin",
        "cli_password": "secret",
    },
    "security_mode": {"state": "mixed", "cli_username": "admin", "cli_password": "secret"},
    "sip_oauth_mode": {"state": "enabled", "cli_username": "admin", "cli_password": "secret"},
    "ctl_file": {"state": "matching", "cli_username": "admin", "cli_password": "secret"},
}


def _say(*pieces: bytes) -> t.Any:
    def say(peer: t.Any, request: bytes) -> None:
        for piece in pieces:
            peer.sendall(piece)
        peer.close()

    return say


def _flood(begin: bytes, piece: bytes) -> t.Any:
    def say(peer: t.Any, request: bytes) -> None:
        peer.sendall(begin)
        while True:
            peer.sendall(piece)

    return say


def _greet(*pieces: bytes) -> t.Any:
    def greet(raw: socket.socket) -> bool:
        if pieces:
            raw.recv(4096)
        for piece in pieces:
            raw.sendall(piece)
        return True

    return greet


def _reset_at_once(raw: socket.socket) -> bool:
    reset(raw)
    return True


class Full(Exception):
    """Enough was received."""


class Receiver:
    """Keeps what a peer sends, to look at it."""

    def __init__(self) -> None:
        self.received = b""

    def sendall(self, piece: bytes) -> None:
        self.received += piece
        if len(self.received) > 4096:
            raise Full

    def close(self) -> None:
        """Nothing to do."""

    def setsockopt(self, *args: object) -> None:
        """Nothing to do."""


# Before TLS is there: no password may leave.
GREETINGS: dict[str, t.Any] = {
    "close": _greet(),
    "reset": _reset_at_once,
    "garbage": _greet(b"\x00" * 512),
    "plain HTTP": _greet(answer(200, b"{}")),
    "alert": _greet(b"\x15\x03\x03\x00\x02\x02\x28"),
    "half a record": _greet(b"\x16\x03\x03\x40\x00" + b"\x02" * 100),
}
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ANSWERS: dict[str, t.Any] = {
    "close": _say(),
    "reset": lambda peer, request: reset(peer),
    "no HTTP": _say(b"\xff\x00 nonsense\r\n\r\n"),
    "half a status": _say(b"HTTP/1."),
    "half a header": _say(OK + b"Content-Le"),
    "endless header": _flood(OK + b"X: ", b"x" * 65536),
    "endless headers": _flood(OK, b"X: x\r\n" * 1000),
    "endless 100": _flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "body cut": _say(OK + b"Content-Length: 1000\r\n\r\n<a"),
    "length too short": _say(OK + b"Content-Length: 3\r\n\r\n<abcdef>"),
    "length negative": _say(OK + b"Content-Length: -5\r\n\r\n<a/>"),
    "length no number": _say(OK + b"Content-Length: many\r\n\r\n<a/>"),
    "length unicode": _say(OK + "Content-Length: ٣\r\n\r\n<a/>".encode()),
    "length huge": _say(OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n<a/>"),
    "two lengths": _say(OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n<a/>"),
    "chunk size no number": _say(CHUNKED + b"zz\r\nabc\r\n"),
    "chunk size negative": _say(CHUNKED + b"-1\r\nabc\r\n"),
    "chunk size endless": _flood(CHUNKED, b"1" * 65536),
    "chunks endless": _flood(CHUNKED, b"8000\r\n" + b"x" * 0x8000 + b"\r\n"),
    "trailers endless": _flood(CHUNKED + b"0\r\n", b"X: x\r\n" * 1000),
    "body endless": _flood(OK + b"\r\n", b"x" * 65536),
    "gzip": _say(answer(200, b"\x1f\x8b", "Content-Encoding: gzip")),
    "gzip twice": _say(answer(200, b"\x1f\x8b", "Content-Encoding: gzip, gzip")),
    "302 endless": _flood(b"HTTP/1.1 302 X\r\nLocation: https://localhost/\r\n\r\n", b"x" * 65536),
    "302 nowhere": _say(answer(302, b"", "Location: http://[")),
    "302 coded": _say(answer(302, b"\x1f\x8b", "Location: /x", "Content-Encoding: gzip")),
    "cookies": _say(answer(200, b"<a/>", *["Set-Cookie: " + "a=b; " * 500] * 50)),
    "date of no calendar": _say(answer(200, envelope("<x/>"), "Date: Mon, 99 Nov 99999 99:99:99 GMT")),
    "empty envelope": _say(answer(200, envelope(""))),
    "another answer": _say(answer(200, envelope("<executeSQLUpdateResponse/>"))),
    "500 that is no fault": _say(answer(500, envelope("<getCCMVersionResponse/>"))),
    "doctype": _say(answer(200, b"<!DOCTYPE a [<!ENTITY x 'Envelope'>]><a>&x;</a>")),
    **{f"status {status}": _say(answer(status, b"<p>x</p>")) for status in range(100, 1000, 7)},
}
SOME = (
    "close", "reset", "endless header", "length unicode", "chunk size endless", "gzip twice", "302 endless",
    "302 nowhere", "500 that is no fault", "status 401", "status 499",
)  # fmt: skip


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[t.Callable[..., WebServer]]:
    """Start a server; it ends with the test."""
    started = []

    def start(**how: t.Any) -> WebServer:
        started.append(WebServer(tmp_path, **how))
        return started[-1]

    yield start
    for server in started:
        server.close()


def run(server: WebServer, module_name: str, tmp_path: Path) -> dict[str, t.Any]:
    """Run a module twice in one run, and return its second-last result."""
    module = importlib.import_module(f"ansible_collections.ucops.cucm.plugins.modules.{module_name}")
    gate = ProcessGate()
    options = {
        "publisher": "localhost",
        "https_port": server.port,
        "ca_path": str(server.ca_path),
        "axl_username": "axladmin",
        "axl_password": "secret",
        "state_dir": str(tmp_path / "state"),
        "timeout": 2,
        **MODULES[module_name],
    }
    validation = ArgumentSpecValidator(module.ARGUMENT_SPEC).validate(options)
    assert not validation.error_messages
    results = [
        _task.perform(
            _task.Task(params=validation.validated_parameters, gate=gate, clock=Clock(sleep=lambda _: None)),
            module.run,
        )
        for _each in range(2)
    ]
    return results[0]


@pytest.mark.parametrize("what", GREETINGS)
@pytest.mark.parametrize("module", MODULES if EVERY else ["cluster_info"])
def test_no_password_leaves_before_tls_is_there(
    tmp_path: Path, serve: t.Callable[..., WebServer], module: str, what: str
) -> None:
    server = serve(greet=GREETINGS[what])
    result = run(server, module, tmp_path)
    note(
        REPORT,
        f"{module} before TLS: {what}",
        passwords=len(server.passwords),
        code=result["failure"]["code"],
    )
    assert result["failure"]["code"] == "connection_failed", result
    assert "Nothing was sent" in result["msg"] and "localhost" in result["msg"]
    assert (result["changed"], server.requests) == (False, [])


@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize("what", ANSWERS if EVERY else SOME)
@pytest.mark.parametrize("module", MODULES if EVERY else ["cluster_info", "service_activation"])
def test_an_answer_that_is_none_is_a_failure_with_a_code(
    tmp_path: Path, serve: t.Callable[..., WebServer], module: str, what: str, asks: bool
) -> None:
    say = ANSWERS.get(what) or _say(answer(int(what.split()[1]), b"<p>x</p>"))
    server = serve(say=say, asks=asks)
    result = run(server, module, tmp_path)
    name = f"{module}: {what}{'' if asks else ', to everybody'}"
    note(REPORT, name, passwords=len(server.passwords), code=result["failure"]["code"])
    assert result["failed"] and result["failure"]["remedy"], result
    assert result["changed"] is False
    if not asks and what != "status 401":
        # Who does not ask for a password gets none.
        assert server.passwords == []
    elif not asks or not lets_in(what):
        assert server.passwords == ["secret"]


def lets_in(what: str) -> bool:
    """Return whether an answer cannot come from a login that refused the password, so that it may be sent there again."""
    answers = Receiver()
    with contextlib.suppress(Full):
        (ANSWERS.get(what) or _say(answer(int(what.split()[1]))))(answers, b"")
    status = re.match(rb"HTTP/1.1 ([2-4]\d\d|599)[ \r]", answers.received)
    return b"Envelope" in answers.received or bool(status and int(status[1]) not in (401, 407, 408, 429))


# -- sent is a fact ------------------------------------------------------------------------------------


def connect(server: WebServer, **changed: t.Any) -> HttpConnection:
    """Return a connection whose credential was accepted before."""
    given = {"host": "localhost", "port": server.port, "verify": str(server.ca_path), **changed}
    target = HttpTarget("cucm-pub", given["host"], given["port"], "axladmin", "secret", given["verify"], 2.0)
    return HttpConnection(
        target, lambda: contextlib.nullcontext(Attempt(lambda: False, accepted_before=True))
    )


@pytest.mark.parametrize("what", GREETINGS)
def test_a_change_whose_handshake_broke_was_not_sent(serve: t.Callable[..., WebServer], what: str) -> None:
    server = serve(greet=GREETINGS[what])
    connection = connect(server)
    with pytest.raises(TransportError, match="Nothing was sent"):
        connection.post("/axl/", "<x/>", {}, changing=True)
    assert (server.requests, connection.change_sent) == ([], False)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 64 + ".example.com"])
def test_a_change_at_a_name_that_is_none_was_not_sent(serve: t.Callable[..., WebServer], host: str) -> None:
    with pytest.raises(TransportError, match="Nothing was sent"):
        connect(serve(), host=host).post("/axl/", "<x/>", {}, changing=True)


@pytest.mark.parametrize(
    "what", ["close", "reset", "no HTTP", "half a status", "body cut", "chunk size no number"]
)
def test_a_change_that_left_and_was_not_answered_is_unknown(
    serve: t.Callable[..., WebServer], what: str
) -> None:
    server = serve(say=ANSWERS[what])
    connection = connect(server)
    with pytest.raises(UnknownOutcome):
        connection.post("/axl/", "<x/>", {}, changing=True)
    assert (len(server.requests), connection.change_sent) == (1, True)


# -- whose answer it is ----------------------------------------------------------------------------------

OPERATION = "CUCM:DB ver=14.0 updateProcessConfig"
OWN = "<updateProcessConfigResponse/>"
NOT_OWN = {
    "another operation's": answer(200, envelope("<getCCMVersionResponse/>")),
    "of another name": answer(200, envelope("<updateProcessConfigResponses/>")),
    "500": answer(500, envelope(OWN)),
    "201": answer(201, envelope(OWN)),
    "302": answer(302, envelope(OWN)),
}


@pytest.mark.parametrize("what", NOT_OWN)
def test_an_answer_counts_by_its_operation_and_its_status(
    serve: t.Callable[..., WebServer], what: str
) -> None:
    for changing, error in ((False, ProtocolError), (True, UnknownOutcome)):
        server = serve(say=_say(NOT_OWN[what]))
        with pytest.raises(error, match=r"HTTP \d+ .*updateProcessConfigResponse\b"):
            SoapEndpoint(connect(server), "/axl/", Clock()).call(OPERATION, "<x/>", changing=changing)
        assert len(server.requests) == 1


def test_the_operations_own_answer_is_a_result(serve: t.Callable[..., WebServer]) -> None:
    server = serve(say=_say(answer(200, envelope(OWN))))
    assert (
        SoapEndpoint(connect(server), "/axl/", Clock()).call(OPERATION, "<x/>", changing=True).children == []
    )


def test_nodes_that_are_busy_for_ever_are_waited_for_together(serve: t.Callable[..., WebServer]) -> None:
    slept: list[float] = []
    clock = Clock(monotonic=lambda: sum(slept), sleep=slept.append).within(300, Patience(20))
    server, asked = serve(say=_say(answer(503, b"busy"))), []
    for _node in range(3):
        with pytest.raises(TransportError) as busy:
            SoapEndpoint(connect(server), "/axl/", clock).call(OPERATION, "<x/>")
        assert busy.value.code == "throttled"
        asked.append(len(server.requests))
    assert slept == [2, 4, 8, 2, 4]
    assert asked == [4, 4 + 3, 4 + 3 + 1]


def test_a_change_that_was_turned_away_is_not_unknown(serve: t.Callable[..., WebServer]) -> None:
    server = serve(say=_say(answer(404, b"<html>not here</html>")))
    with pytest.raises(ProtocolError) as refused:
        SoapEndpoint(connect(server), "/axl/", Clock()).call(OPERATION, "<x/>", changing=True)
    assert (refused.value.code, type(refused.value)) == ("not_soap", ProtocolError)


def test_an_interface_that_is_not_there_gets_no_password(serve: t.Callable[..., WebServer]) -> None:
    """The same password goes to other interfaces."""
    server = serve(say=_say(answer(404, b"<html>not here</html>")), asks=False)
    gate = ProcessGate()
    credential = Credential("cluster", "cli", "admin", "secret")
    target = HttpTarget(
        "cucm-pub", "localhost", server.port, "admin", "secret", str(server.ca_path), 2.0, "cli", False
    )
    connection = HttpConnection(target, lambda: gate.use(credential))
    assert [connection.get("/platformcom/api", {}).status for _each in range(2)] == [404, 404]
    assert (server.passwords, gate.told()) == ([], {"cli": []})


CA_FILES: dict[str, t.Callable[[Path], object]] = {
    "absent": lambda path: None,
    "directory": Path.mkdir,
    "empty": Path.touch,
    "no PEM": lambda path: path.write_bytes(b"\x30\x82\x01\x00"),
    "damaged": lambda path: path.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    "a key": lambda path: path.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
    "FIFO": os.mkfifo,
    "loop": lambda path: path.symlink_to(path),
    "dangling": lambda path: path.symlink_to(path.parent / "nowhere"),
    "device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("what", CA_FILES)
def test_a_ca_file_that_cannot_be_used_is_told_before_anything_is_sent(
    tmp_path: Path, serve: t.Callable[..., WebServer], what: str
) -> None:
    path = tmp_path / "their-ca.pem"
    CA_FILES[what](path)
    server = serve()
    with pytest.raises(InputError) as refused:
        connect(server, verify=str(path)).post("/axl/", "<x/>", {}, changing=True)
    assert str(path) in refused.value.message and "(ca_path)" in refused.value.message
    assert refused.value.remedy and ".." not in refused.value.message
    assert server.requests == []


@pytest.mark.parametrize("verify", [True, "another"])
def test_a_certificate_error_names_what_was_shown_and_what_it_was_checked_against(
    tmp_path: Path, serve: t.Callable[..., WebServer], verify: bool | str
) -> None:
    server = serve()
    store = "certifi"
    if verify is not True:
        (tmp_path / "other").mkdir()
        store = verify = str(WebServer(tmp_path / "other").ca_path)
    with pytest.raises(TransportError) as refused:
        connect(server, verify=verify).post("/axl/", "<x/>", {}, changing=True)
    message = refused.value.message
    assert refused.value.code == "certificate_not_trusted"
    assert store in message and "CN=Root" in message and "CN=localhost" in message
    assert "names localhost" in message and "No password was sent" in message and ".." not in message
    assert server.requests == []


def test_a_certificate_of_another_name_names_the_names(serve: t.Callable[..., WebServer]) -> None:
    with pytest.raises(TransportError) as refused:
        connect(serve(), host=HOST).post("/axl/", "<x/>", {})
    assert "names localhost" in refused.value.message and ".." not in refused.value.message


# -- memory --------------------------------------------------------------------------------------------

_MEASURE = """
import json, resource, sys, time
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import CucmError
from ansible_collections.ucops.cucm.plugins.module_utils._transport import xml, certificate_api, http
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
what, before, code = sys.argv[1], 0, None
size = http.BODY_CAP
def fill(begin, piece, end=b""): return begin + piece * ((size - len(begin) - len(end)) // len(piece)) + end
bodies = {
 "elements": lambda: fill(b"<a>", b"<a/>"),
 "lines": lambda: fill(b"<a>", b"\\n", b"</a>"),
 "text": lambda: fill(b"<a>", b"x", b"</a>"),
 "wide text": lambda: fill(b"<a>\\xf0\\x9f\\x93\\x9e", b"x", b"</a>"),
 "wide texts": lambda: fill(b"<a>", b"<a>\\xf0\\x9f\\x93\\x9e" + b"x" * 900000 + b"</a>", b"</a>"),
 "attributes": lambda: b"<a " + b" ".join(b'a%d=""' % n for n in range(700000)) + b"/>",
 "attributed elements": lambda: fill(b"<a>", b'<a b="c" d="e"/>'),
 "names": lambda: b"<a>" + b"".join(b"<a%d/>" % n for n in range(700000)),
 "one long name": lambda: b"<" + b"a" * (size - 3) + b"/>",
 "comment": lambda: fill(b"<a><!--", b"x", b"--></a>"),
 "comments": lambda: fill(b"<a>", b"<!---->", b"</a>"),
 "instructions": lambda: fill(b"<a>", b"<?a b?>", b"</a>"),
 "cdata": lambda: fill(b"<a>", b"<![CDATA[x]]>", b"</a>"),
 "references": lambda: fill(b"<a>", b"&amp;", b"</a>"),
 "depth": lambda: fill(b"", b"<a>"),
 "chains": lambda: fill(b"<a>", b"<a><a><a/></a></a>"),
 "utf-16": lambda: ("<a>" + "<a/>" * 1000000).encode("utf-16"),
}
body = bodies[what]()[:size]
before, began = peak(), time.process_time()
try:
    xml.parse(body, "node1")
except CucmError as error:
    code = error.code
print(json.dumps({"extra_mib": (peak() - before) / 1024, "cpu_s": time.process_time() - began, "code": code, "bytes": len(body)}))
"""
BODIES = (
    "elements", "lines", "text", "wide text", "wide texts", "attributes", "attributed elements", "names", "one long name",
    "comment", "comments", "instructions", "cdata", "references", "depth", "chains", "utf-16",
)  # fmt: skip


@pytest.mark.parametrize("what", BODIES)
def test_xml_costs_bounded_memory(what: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, what], capture_output=True, text=True, timeout=120, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    measured = json.loads(done.stdout)
    note(REPORT, f"xml {what}", **measured)
    assert measured["extra_mib"] < 64, measured
    assert measured["code"] in (None, "xml_refused", "xml_malformed")


@pytest.mark.parametrize(
    "what", [name for name in ANSWERS if "endless" in name or name in ("gzip twice", "302 coded", "cookies")]
)
def test_a_flood_costs_bounded_memory(serve: t.Callable[..., WebServer], what: str) -> None:
    server = serve(say=ANSWERS[what])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code = None
    try:
        connect(server).post("/axl/", "<x/>", {})
    except CucmError as error:
        code = error.code
    assert code in ("output_too_large", "content_encoding_refused", "connection_failed") or what == "cookies"
    extra = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    note(REPORT, f"flood {what}", extra_mib=extra)
    assert extra < 64


TOO_LARGE = {
    "header": OK + (b"X: " + b"x" * 60_000 + b"\r\n") * 5 + b"Content-Length: 0\r\n\r\n",
    "body": answer(200, b"x" * (BODY_CAP + 1)),
    "chunks": CHUNKED
    + b"100000\r\n"
    + b"x" * MEGABYTE
    + b"\r\n"
    + (b"800000\r\n" + b"x" * BODY_CAP + b"\r\n0\r\n\r\n"),
    "trailers": CHUNKED + b"0\r\n" + (b"X: " + b"x" * 60_000 + b"\r\n") * 200 + b"\r\n",
}


@pytest.mark.parametrize("what", TOO_LARGE)
def test_an_answer_with_an_end_may_be_too_large_as_well(serve: t.Callable[..., WebServer], what: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        connect(serve(say=_say(TOO_LARGE[what]))).post("/axl/", "<x/>", {})
    assert refused.value.code == "output_too_large"


def test_the_largest_answer_of_axl_is_read(serve: t.Callable[..., WebServer]) -> None:
    server = serve(say=_say(answer(200, b"x" * BODY_CAP)))
    assert len(connect(server).post("/axl/", "<x/>", {}).body) == BODY_CAP
