# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An authenticated SSH shell channel to one node. PRIVATE to the collection.

The order is fixed: connect, exchange keys, prove the host key, only then offer the one credential once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import os
import re
import socket
import traceback
import typing as t
from dataclasses import dataclass

from .._clock import Clock
from .._errors import UNANSWERED, AuthenticationError, IdentityError, InputError, TransportError

try:
    import paramiko
except ImportError:
    paramiko = None  # type: ignore[assignment]
    PARAMIKO_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    PARAMIKO_IMPORT_ERROR = None

# DH groups cost paramiko 30 to 110 ms of pure Python per handshake, the curves 4 ms; both ends offer curves from 12.5 on.
_KEX_FIRST = (
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "curve25519-sha256@libssh.org",
)
_PASSWORD_PROMPT = re.compile(r"\s*(password|.*'s password)\s*:\s*", re.IGNORECASE)
_RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")


@dataclass(frozen=True)
class HostKeys:
    """How a node proves who it is: a known_hosts file, or the one key that is expected.

    ``pinned`` is C(TYPE BASE64) or C(SHA256:...) as ssh-keygen prints it.
    """

    known_hosts: str | None = None
    pinned: str | None = None


@dataclass(frozen=True)
class SshTarget:
    """One node's SSH server and the account to use there."""

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
    """The keys one node is known by, read before the first packet is sent."""

    def __init__(self, target: SshTarget) -> None:
        self._target = target
        self._fingerprints: set[str] = set()
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
                remedy="Copy the line ssh-keyscan prints for the node, without the host name.",
            ) from error
        self.types.add(key_type)
        self._fingerprints.add(fingerprint(blob))

    def _load(self, path: str | None) -> None:
        if not path:
            return
        path = os.path.expanduser(path)
        if not os.path.exists(path):
            raise InputError(
                f"The known_hosts file {path} does not exist.",
                remedy="Write the nodes' SSH host keys into it (ssh-keyscan, compared with the console) or name another file.",
            )
        keys = paramiko.HostKeys()
        try:
            keys.load(path)
        except (OSError, paramiko.SSHException) as error:
            raise InputError(f"The known_hosts file {path} cannot be read: {error}.") from error
        for key_type, key in (keys.lookup(self.name) or {}).items():
            self.types.add(key_type)
            self._fingerprints.add(fingerprint(key.asbytes()))

    @property
    def name(self) -> str:
        host, port = self._target.host, self._target.port
        return host if port == 22 else f"[{host}]:{port}"

    def prefer(self, offered: t.Sequence[str]) -> tuple[str, ...]:
        """Put the types the node is known by first, or a node with two keys may show the unknown one."""
        known = set(self.types)
        if "ssh-rsa" in known:
            known.update(_RSA_SIGNATURES)
        return tuple(sorted(offered, key=lambda key_type: key_type not in known))

    def verify(self, key: t.Any) -> None:
        seen = fingerprint(key.asbytes())
        if seen in self._fingerprints:
            return
        node = f"{self._target.node} ({self.name})"
        details = {"node": self._target.node, "key_type": key.get_name(), "fingerprint": seen}
        if not self._fingerprints:
            raise IdentityError(
                f"The SSH host key of {node} is not known: it shows {key.get_name()} {seen}.",
                code="host_key_unknown",
                details=details,
                remedy=(
                    "Compare the fingerprint with the one at the node's own console, then add it: "
                    f"ssh-keyscan -p {self._target.port} {self._target.host} >> {self._target.host_keys.known_hosts or 'KNOWN_HOSTS'}"
                ),
            )
        raise IdentityError(
            f"The SSH host key of {node} has CHANGED: it shows {key.get_name()} {seen}, known is "
            f"{', '.join(sorted(self._fingerprints))}. No password was sent.",
            code="host_key_changed",
            details={**details, "known": sorted(self._fingerprints)},
            remedy=(
                "Find out why (a rebuild, an upgrade or a FIPS change makes a new key; so does an impostor). "
                "If it is right, replace the old line in the known_hosts file."
            ),
        )


class _Offer(logging.Handler):
    """What the node offered in the key exchange: paramiko tells it to its log only.

    Taking the log also keeps its tracebacks from being printed; what went wrong is told by the exceptions.
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
        """Keep the lines that name algorithms."""
        text = record.getMessage()
        if text.startswith(("kex algos:", "server key:")):
            self.algorithms.append(text)


class _Answerer:
    """Answers keyboard-interactive: the password, to a password prompt, once; anything else ends the login."""

    def __init__(self, password: str) -> None:
        self._password = password
        self.answered = False
        self.unexpected: str | None = None

    def __call__(self, title: str, instructions: str, prompts: t.Sequence[tuple[str, bool]]) -> list[str]:
        if not prompts:
            return []
        text = prompts[0][0]
        if len(prompts) == 1 and not self.answered and _PASSWORD_PROMPT.fullmatch(text):
            self.answered = True
            return [self._password]
        self.unexpected = " / ".join(prompt for prompt, _echo in prompts)
        raise paramiko.SSHException("unexpected keyboard-interactive prompt")


def connect(target: SshTarget, timeout: float, clock: Clock) -> t.Any:
    """Return a connected and authenticated paramiko Transport.

    Args:
        target: The node.
        timeout: Seconds for each of: TCP, key exchange, authentication.
        clock: Injected time; nothing goes on after its end.

    Raises:
        InputError: The host key files are unusable.
        TransportError: No connection or no common algorithm.
        IdentityError: The host key is unknown or changed; no credential was sent.
        AuthenticationError: The account was refused; the login is not repeated.
    """
    known = _KnownKeys(target)
    where = f"{target.node} ({target.host} port {target.port})"
    try:
        connection = socket.create_connection((target.host, target.port), timeout=clock.limit(timeout))
    except OSError as error:
        raise TransportError(
            f"No SSH connection to {where}: {error}.",
            details={"node": target.node},
            remedy="Check the address, the port and the way through firewalls.",
        ) from error
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport = None
    try:
        transport = paramiko.Transport(connection)
        offer = _Offer(transport)
        transport.banner_timeout = clock.limit(timeout)
        options = transport.get_security_options()
        options.kex = tuple(sorted(options.kex, key=lambda kex: kex not in _KEX_FIRST))
        options.key_types = known.prefer(options.key_types)
        _exchange_keys(transport, offer, where, clock.limit(timeout))
        known.verify(transport.get_remote_server_key())
        _authenticate(transport, target, where, lambda: clock.limit(max(timeout, 60)))
        transport.set_keepalive(15)
    except BaseException:
        if transport is not None:
            transport.close()
        connection.close()
        raise
    return transport


def _exchange_keys(transport: t.Any, offer: _Offer, where: str, timeout: float) -> None:
    try:
        transport.start_client(timeout=timeout)
    except paramiko.SSHException as error:
        text = str(error)
        if "ncompatible" in text or "no acceptable" in text:
            raise TransportError(
                f"No common SSH algorithm with {where}: {text}. It offers {'; '.join(offer.algorithms) or 'nothing'}.",
                code="ssh_algorithms",
                details={"offered": offer.algorithms},
                remedy=(
                    f"This controller has paramiko {paramiko.__version__}; releases from 5 on no longer offer SHA-1 key exchange and "
                    "ssh-rsa keys. Raise the node's ciphers (Cipher Management), or install 'paramiko<5' for this cluster."
                ),
            ) from error
        raise TransportError(
            f"The SSH key exchange with {where} failed: {text or type(error).__name__}."
        ) from error
    except (OSError, EOFError) as error:
        raise TransportError(f"The SSH connection to {where} broke during key exchange: {error}.") from error


def _authenticate(transport: t.Any, target: SshTarget, where: str, limit: t.Callable[[], float]) -> None:
    answerer = _Answerer(target.password)
    try:
        transport.auth_timeout = limit()
        allowed = _offered_methods(transport, target.username)
        transport.auth_timeout = limit()
        if "keyboard-interactive" in allowed:
            further = transport.auth_interactive(target.username, answerer)
        elif "password" in allowed:
            further = transport.auth_password(target.username, target.password, fallback=False)
        else:
            raise AuthenticationError(
                f"{where} offers neither keyboard-interactive nor password login, only {', '.join(allowed) or 'nothing'}.",
                code="authentication_method",
            )
        if further:
            raise AuthenticationError(
                f"{where} wants more than a password: {', '.join(further)}.", code="authentication_method"
            )
    except paramiko.SSHException as error:
        if answerer.unexpected is not None:
            raise AuthenticationError(
                f"{where} asked {target.username} something other than the password: {answerer.unexpected!r}. Nothing was answered.",
                code="password_change_required"
                if "password" in answerer.unexpected.lower()
                else "authentication_dialogue",
                details={"node": target.node},
                remedy="Log in by hand once and settle it (set password change-at-login disable ... for a service account).",
            ) from error
        if isinstance(error, paramiko.AuthenticationException) and _went_unanswered(error):
            raise AuthenticationError(
                f"{where} did not answer whether the password of CLI account {target.username} is right ({error}). It will not be sent "
                "again in this run: it may have been refused.",
                code=UNANSWERED,
                details={"node": target.node, "service": "ssh"},
                remedy="The node may be busy, or the time for it too short. Log in by hand to see.",
            ) from error
        if isinstance(error, paramiko.AuthenticationException):
            raise AuthenticationError(
                f"{where} refused the password of CLI account {target.username}. It will not be tried again in this run: "
                "three refusals lock the account.",
                details={"node": target.node, "service": "ssh"},
                remedy="Check cli_username and cli_password. A locked account unlocks after the time show accountlocking tells.",
            ) from error
        raise TransportError(f"The SSH login at {where} broke: {error}.", code="connection_lost") from error
    except (OSError, EOFError) as error:
        raise TransportError(
            f"The SSH connection to {where} broke during login: {error}.", code="connection_lost"
        ) from error


def _went_unanswered(error: Exception) -> bool:
    """Tell a refusal from a time-out and from a connection that ended; the library has one exception for all."""
    return any(sign in str(error) for sign in ("timeout", "saw EOF", "shut down"))


def _offered_methods(transport: t.Any, username: str) -> list[str]:
    """Ask which methods there are; the method C(none) is the question every client asks and costs no attempt."""
    try:
        transport.auth_none(username)
    except paramiko.BadAuthenticationType as error:
        return list(error.allowed_types)
    except paramiko.AuthenticationException as error:
        # The library's word for a peer that is silent or gone, too; no password was sent yet.
        raise EOFError(str(error)) from error
    raise AuthenticationError(
        "The SSH server let the account in without a password.", code="authentication_method"
    )
