# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An authenticated SSH shell channel to one node. PRIVATE to the collection.

The order is fixed: connect, exchange keys, verify the host key, and only then send the credential, once.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import logging
import re
import socket
import traceback
import typing as t
from dataclasses import dataclass

from .._base.address import in_known_hosts
from .._base.clock import Clock
from .._base.credentials import Attempt
from .._base.errors import (
    UNANSWERED,
    AuthenticationError,
    CucmError,
    IdentityError,
    InputError,
    TransportError,
    said,
)
from . import known_hosts

try:
    import paramiko
except ImportError:
    paramiko = None  # type: ignore[assignment]
    PARAMIKO_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    PARAMIKO_IMPORT_ERROR = None

# DH groups cost paramiko 30 to 110 ms of pure Python per handshake, curves 4 ms; both ends offer curves from 12.5 on.
_KEX_FIRST = (
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "curve25519-sha256@libssh.org",
)
_PASSWORD_PROMPT = re.compile(r"\s*(password|.*'s password)\s*:\s*", re.IGNORECASE)
# A node checks passwords elsewhere, which can take a while.
LOGIN_SECONDS = 60
# Seconds by which the library's timers outlast ours.
_LATER = 30
_MUST_CHANGE = re.compile(r"expire|change|new password", re.IGNORECASE)
_RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")


@dataclass(frozen=True)
class HostKeys:
    """How a node's identity is verified: by a known_hosts file, or by one expected key.

    ``pinned`` is C(TYPE BASE64) or C(SHA256:...) as ssh-keygen prints it.
    """

    known_hosts: str | None = None
    pinned: str | None = None


@dataclass(frozen=True)
class SshTarget:
    """One node's SSH server and the account for it."""

    node: str
    host: str
    port: int
    username: str
    password: str
    host_keys: HostKeys


def fingerprint(blob: bytes) -> str:
    """Return the SHA-256 fingerprint of a public key blob as OpenSSH writes it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


class _KnownKeys:
    """The known keys of one node, read before the first packet is sent."""

    def __init__(self, target: SshTarget) -> None:
        self._target = target
        self._fingerprints: set[str] = set()
        self._revoked: set[str] = set()
        self._notes: list[str] = []
        self.types: set[str] = set()
        if target.host_keys.pinned:
            self._pin(target.host_keys.pinned)
        else:
            self._load(target.host_keys.known_hosts)

    def _pin(self, text: str) -> None:
        words = text.split()
        if len(words) == 1 and words[0].startswith("SHA256:"):
            self._fingerprints.add(words[0].rstrip("="))
            return
        try:
            key_type, blob = words[0], base64.b64decode(words[1], validate=True)
        except (IndexError, binascii.Error) as error:
            raise InputError(
                f"ssh_host_key of node {self._target.node} is neither 'TYPE BASE64' nor 'SHA256:...'.",
                remedy="Copy the line that ssh-keyscan prints for the node, without the host name.",
            ) from error
        self.types.add(key_type)
        self._fingerprints.add(fingerprint(blob))

    def _load(self, path: str | None) -> None:
        if not path:
            return
        known = known_hosts.load(path).known(self.name)
        self._remember(known.keys, self._fingerprints)
        self._remember(known.revoked, self._revoked)
        self._notes = [f"line {number} is damaged: {why}" for number, why in known.damaged]
        self._notes += [
            f"line {number} names a certificate authority, which is not supported"
            for number in known.authorities
        ]
        if known.revocation_damaged:
            number, why = known.revocation_damaged[0]
            raise InputError(
                f"Line {number} of the known_hosts file {path} revokes a key of node {self._target.node} and is damaged: {why}. "
                "Any key could be the revoked one.",
                remedy="Repair the line, or remove it.",
            )

    def _remember(self, keys: t.Iterable[tuple[str, bytes]], fingerprints: set[str]) -> None:
        for key_type, blob in keys:
            self.types.add(key_type)
            fingerprints.add(fingerprint(blob))

    @property
    def name(self) -> str:
        return in_known_hosts(self._target.host, self._target.port)

    @property
    def _file(self) -> str:
        return self._target.host_keys.known_hosts or "KNOWN_HOSTS"

    def prefer(self, offered: t.Sequence[str]) -> tuple[str, ...]:
        """Put the key types known for the node first, or a node with two keys may present the unknown one."""
        known = set(self.types)
        if "ssh-rsa" in known:
            known.update(_RSA_SIGNATURES)
        return tuple(sorted(offered, key=lambda key_type: key_type not in known))

    def verify(self, key: t.Any) -> None:
        seen = fingerprint(key.asbytes())
        node = f"{self._target.node} ({self.name})"
        details: dict[str, t.Any] = {
            "node": self._target.node,
            "key_type": key.get_name(),
            "fingerprint": seen,
        }
        if self._notes:
            details["known_hosts"] = self._notes
        if seen in self._revoked:
            raise IdentityError(
                f"The SSH host key of {node}, {key.get_name()} {seen}, is revoked in {self._file}. No password was sent.",
                code="host_key_revoked",
                details=details,
                remedy="Give the node a new host key and compare it at the node's console: anyone with the revoked key can pose as it.",
            )
        if seen in self._fingerprints:
            return
        noted = f" Of the lines for it in {self._file}: {'; '.join(self._notes)}." if self._notes else ""
        if not self._fingerprints:
            raise IdentityError(
                f"The SSH host key of {node} is not known: {key.get_name()} {seen}.{noted}",
                code="host_key_unknown",
                details=details,
                remedy=(
                    "Compare the fingerprint with the one at the node's own console, then add it: "
                    f"ssh-keyscan -p {self._target.port} {self._target.host} >> {self._file}"
                ),
            )
        raise IdentityError(
            f"The SSH host key of {node} has CHANGED: it is {key.get_name()} {seen}, expected is "
            f"{', '.join(sorted(self._fingerprints))}. No password was sent.{noted}",
            code="host_key_changed",
            details={**details, "known": sorted(self._fingerprints)},
            remedy=(
                "Find out why (a rebuild, an upgrade or a FIPS change creates a new key; an impostor has another one too). "
                "If the key is genuine, replace the old line in the known_hosts file."
            ),
        )


class _Offer(logging.Handler):
    """The algorithms that the node offered in the key exchange: paramiko only logs them.

    Capturing the log also keeps its tracebacks from being printed; the exceptions report failures.
    """

    def __init__(self, transport: t.Any) -> None:
        super().__init__(logging.DEBUG)
        self.algorithms: list[str] = []
        log = logging.getLogger(f"{__name__}.{id(self)}")
        log.setLevel(logging.DEBUG)
        log.propagate = False
        log.addHandler(self)
        transport.set_log_channel(log.name)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the log lines that list algorithms."""
        text = record.getMessage()
        if text.startswith(("kex algos:", "server key:")):
            self.algorithms.append(said(text))


class _Answerer:
    """Answers keyboard-interactive: a password prompt gets the password once; anything else ends the login."""

    def __init__(self, password: str) -> None:
        self._password = password
        self.answered = False
        self.asked_again = False
        self.unexpected: str | None = None

    def __call__(self, title: str, instructions: str, prompts: t.Sequence[tuple[str, bool]]) -> list[str]:
        if not prompts:
            return []
        text = prompts[0][0]
        if len(prompts) == 1 and _PASSWORD_PROMPT.fullmatch(text) and not _MUST_CHANGE.search(instructions):
            # PAM reports a wrong password by a second prompt in the same exchange.
            self.asked_again = self.answered
            if not self.answered:
                self.answered = True
                return [self._password]
        if not self.asked_again:
            self.unexpected = " / ".join(prompt for prompt, _echo in prompts)
        raise paramiko.SSHException("unexpected keyboard-interactive prompt")


def connect(target: SshTarget, timeout: float, clock: Clock, attempt: Attempt | None = None) -> t.Any:
    """Return a connected and authenticated paramiko Transport.

    Args:
        target: The node.
        timeout: Seconds for each of TCP, key exchange and authentication.
        clock: Injected time; nothing continues after its end.
        attempt: The one use of the password; notified when the password is sent.

    Raises:
        InputError: The host key files are unusable.
        TransportError: No connection or no common algorithm.
        IdentityError: The host key is unknown or changed; no credential was sent.
        AuthenticationError: The account was refused; the login is not repeated.
    """
    known = _KnownKeys(target)
    where = f"{target.node} ({target.host} port {target.port})"
    connection = _reach(target, where, clock.limit(timeout))
    transport = None
    try:
        with translated(where, target.node):
            transport = paramiko.Transport(connection)
            offer = _Offer(transport)
            options = transport.get_security_options()
            options.kex = tuple(sorted(options.kex, key=lambda kex: kex not in _KEX_FIRST))
            options.key_types = known.prefer(options.key_types)
            _exchange_keys(transport, offer, target, where, clock.limit(timeout))
            known.verify(transport.get_remote_server_key())
            _authenticate(
                transport,
                target,
                where,
                lambda: clock.limit(max(timeout, LOGIN_SECONDS)),
                attempt or Attempt(),
            )
            transport.set_keepalive(15)
    except BaseException:
        if transport is not None:
            transport.close()
        connection.close()
        raise
    return transport


@contextlib.contextmanager
def translated(where: str, node: str) -> t.Iterator[None]:
    """Turn every exception of the SSH library into a TransportError (C(connection_lost)) that names the node.

    The peer decides what the library parses, so the library can raise anything: its own exceptions, those of sockets and of
    C(cryptography), and those of Python (C(ValueError), C(IndexError), C(struct.error)).
    """
    try:
        yield
    except CucmError:
        raise
    except Exception as error:
        raise TransportError(
            f"The SSH connection to {where} was lost: {described(error)}.",
            code="connection_lost",
            details={"node": node},
            remedy="Find out what answers there: a node that is starting or overloaded, a firewall, or another service.",
        ) from error


def described(error: BaseException) -> str:
    """Return the text of an exception, fit for a message; its type if it has no text."""
    return said(str(error)).rstrip(".") or type(error).__name__


def _reach(target: SshTarget, where: str, timeout: float) -> socket.socket:
    try:
        connection = socket.create_connection((target.host, target.port), timeout=timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise TransportError(
            f"No SSH connection to {where}: {described(error)}.",
            details={"node": target.node},
            remedy="Check the address, ssh_port and any firewall in between.",
        ) from error
    except (ValueError, OverflowError, TypeError) as error:
        # A name that cannot be looked up (an empty label, or one over 63 characters), or an invalid port.
        raise TransportError(
            f"No SSH connection to {where}: the address is invalid ({described(error)}).",
            code="address_invalid",
            details={"node": target.node},
            remedy="Correct the address in node_addresses, or ansible_host.",
        ) from error
    return connection


def _exchange_keys(transport: t.Any, offer: _Offer, target: SshTarget, where: str, timeout: float) -> None:
    # The library has three timers for this phase. Only one of them may end it, or the error depends on chance.
    transport.banner_timeout = transport.handshake_timeout = timeout + _LATER
    try:
        transport.start_client(timeout=timeout)
    except paramiko.SSHException as error:
        text = described(error)
        if "ncompatible" in text or "no acceptable" in text:
            raise TransportError(
                f"No common SSH algorithm with {where}: {text}. It offers {'; '.join(offer.algorithms) or 'nothing'}.",
                code="ssh_algorithms",
                details={"node": target.node, "offered": offer.algorithms},
                remedy=(
                    f"This controller has paramiko {paramiko.__version__}; releases from 5 on no longer offer SHA-1 key exchange and "
                    "ssh-rsa keys. Raise the node's ciphers (Cipher Management), or install 'paramiko<5' for this cluster."
                ),
            ) from error
        if _timed_out(error):
            raise _silent(target, where, timeout) from error
        raise TransportError(
            f"The SSH key exchange with {where} failed: {text}.",
            details={"node": target.node},
            remedy="Find out what answers there: a node that is starting or overloaded, a firewall, or another service.",
        ) from error
    if not transport.initial_kex_done:
        raise _silent(target, where, timeout)


def _timed_out(error: BaseException) -> bool:
    """Return whether a time-out caused an error; the library words it like a closed connection."""
    return isinstance(error.__context__, TimeoutError)


def _silent(target: SshTarget, where: str, timeout: float) -> TransportError:
    """Return the error for a node that hangs: its kernel accepts the connection, but its SSH server sends nothing."""
    return TransportError(
        f"{where} accepted the connection but did not answer as an SSH server within {timeout:.3g} s.",
        code="no_answer",
        details={"node": target.node},
        remedy="The node may hang: check its console. If it is only slow, increase timeout.",
    )


def _authenticate(
    transport: t.Any, target: SshTarget, where: str, limit: t.Callable[[], float], attempt: Attempt
) -> None:
    answerer = _Answerer(target.password)
    try:
        transport.auth_timeout = limit()
        allowed = _offered_methods(transport, target, where)
        transport.auth_timeout = limit()
        if "keyboard-interactive" in allowed:
            attempt.leaves()
            further = transport.auth_interactive(target.username, answerer)
        elif "password" in allowed:
            attempt.leaves()
            answerer.answered = True
            further = transport.auth_password(target.username, target.password, fallback=False)
        else:
            # No password was sent, so none was refused: a TransportError.
            raise TransportError(
                f"{where} offers neither keyboard-interactive nor password login, only {said(', '.join(allowed)) or 'nothing'}.",
                code="authentication_method",
                details={"node": target.node},
                remedy="Check what answers at this address: a CUCM node accepts password logins.",
            )
        if further:
            raise AuthenticationError(
                f"{where} requires more than a password: {said(', '.join(further))}.",
                code="authentication_method",
                details={"node": target.node},
                remedy="Use an account that logs in with a password alone.",
            )
    except CucmError:
        raise
    # Any exception: a node's data can make the library fail in any way.
    except Exception as error:
        if attempt.sent and not answerer.answered:
            attempt.stayed()
        raise _login_failure(error, answerer, target, where) from error


def _login_failure(error: Exception, answerer: _Answerer, target: SshTarget, where: str) -> CucmError:
    """Return the result of a login: whether the password was sent is a fact, and only its refusal is read from the library's text."""
    if answerer.unexpected is not None:
        return AuthenticationError(
            f"{where} asked {target.username} something other than the password: {answerer.unexpected!r}. Nothing was answered.",
            code="password_change_required"
            if "password" in answerer.unexpected.lower()
            else "authentication_dialogue",
            details={"node": target.node},
            remedy="Log in by hand once and answer it (set password change-at-login disable ... for a service account).",
        )
    reason = described(error)
    if not answerer.answered:
        return TransportError(
            f"The SSH login at {where} failed before the password was sent: {reason}.",
            code="connection_lost",
            details={"node": target.node},
            remedy="Check the node's load and the network path to it, then run the task again.",
        )
    # PAM reports a wrong password by asking again in the same exchange.
    if answerer.asked_again or _is_refusal(error):
        return AuthenticationError(
            f"{where} refused the password of CLI account {target.username}. It will not be tried again in this run: "
            "three refusals lock the account.",
            details={"node": target.node, "service": "ssh"},
            remedy="Check cli_username and cli_password. A locked account unlocks after the time that show accountlocking prints.",
        )
    return AuthenticationError(
        f"{where} did not confirm the password of CLI account {target.username} ({reason}). It will not be sent "
        "again in this run, since it may have been refused.",
        code=UNANSWERED,
        details={"node": target.node, "service": "ssh"},
        remedy="The node may be busy, or timeout too short. Log in by hand to check.",
    )


def _is_refusal(error: Exception) -> bool:
    """Return whether an error after sending the password is a refusal: the library uses one exception for several things."""
    return isinstance(error, paramiko.BadAuthenticationType) or (
        isinstance(error, paramiko.AuthenticationException)
        and str(error).rstrip(".") == "Authentication failed"
    )


def _offered_methods(transport: t.Any, target: SshTarget, where: str) -> list[str]:
    """Return the login methods the node offers; every client asks by the method C(none), which costs no attempt."""
    try:
        transport.auth_none(target.username)
    except paramiko.BadAuthenticationType as error:
        return list(error.allowed_types)
    except paramiko.AuthenticationException as error:
        # The library also raises this for a silent or lost peer; no password has been sent yet.
        raise EOFError(str(error)) from error
    raise TransportError(
        f"{where} accepted {target.username} without a password.",
        code="authentication_method",
        details={"node": target.node},
        remedy="A CUCM node never does this: find out what answers at this address.",
    )
