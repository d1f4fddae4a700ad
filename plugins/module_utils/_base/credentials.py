# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One attempt per credential. PRIVATE to the collection.

Three refusals lock a CUCM account, and a run has many tasks, forks and nodes. A password counts as tried from the moment
it is sent until an answer proves that it was accepted. A password that was tried and not accepted is not sent again in that run.
Until it has been accepted once, only one use at a time may send it.
"""

from __future__ import annotations

import collections
import contextlib
import hmac
import threading
import typing as t
from dataclasses import dataclass, field

from .errors import UNANSWERED, AuthenticationError, CucmError, InputError, Refusal

REFUSED_BEFORE = "credential_refused_before"
NODE_REFUSED = "node_refused_credential"
# The door (node) whose answer decides for the credential as a whole: the publisher, which stores the passwords.
PUBLISHER = ""
# When this many other nodes refuse it, the credential itself was changed meanwhile: a third refusal would lock the account.
MOST_NODES = 2

TRIED, ACCEPTED, REFUSED = "tried", "accepted", "refused"


@dataclass(frozen=True)
class Credential:
    """An account of one cluster. ``service`` is C(axl) (all HTTPS services) or C(cli); ``cluster`` its publisher's C(endpoint)."""

    cluster: str
    service: str
    username: str
    password: str = field(repr=False)


class Attempt:
    """One use of a credential.

    Attributes:
        sent: Whether the password was sent.
        first: Whether it was sent without having been accepted before in this run.
        accepted_before: Whether it was accepted in this run before this use began.
    """

    def __init__(self, leave: t.Callable[[], bool] = lambda: True, *, accepted_before: bool = False) -> None:
        """Prepare a use. ``leave`` is called before the password is sent, and returns whether this is a first use."""
        self._leave = leave
        self.sent = False
        self.first = False
        self.accepted_before = accepted_before

    def leaves(self) -> None:
        """Record that the password is being tried; called right before its first byte is sent.

        Raises:
            AuthenticationError, Refusal: It must not be sent (again). InputError: The attempt cannot be recorded anywhere.
        """
        if not self.sent:
            self.first = self._leave()
            self.sent = True

    def stayed(self) -> None:
        """Undo C(leaves): the password was certainly not sent, or did not reach anything that checks passwords."""
        self.sent = False


class CredentialGate(t.Protocol):
    """Decides whether a credential may be sent."""

    def use(self, credential: Credential, door: str = PUBLISHER) -> t.ContextManager[Attempt]:
        """Return a context in which the credential may be sent once; leaving it without an error means it was accepted.

        ``door`` is the node's address, C(PUBLISHER) for the publisher's. Entering the context, or C(Attempt.leaves), raises
        AuthenticationError (C(credential_refused_before)) when the credential was tried and not accepted in this run,
        and Refusal (C(node_refused_credential)) when this node refused what others accept.
        """


class Marks(t.Protocol):
    """The record kept about one credential. C(has) needs no lock; a door is named by its address."""

    def has(self, word: str, door: str = PUBLISHER) -> bool:
        """Return whether the credential has this mark."""

    def put(self, word: str, door: str = PUBLISHER) -> None:
        """Set a mark. Raises InputError when it cannot be recorded anywhere."""

    def turn(self, old: str, new: str) -> None:
        """Turn one mark into another, which needs no disk space."""

    def drop(self, word: str) -> None:
        """Remove a mark."""

    def refusing(self) -> int:
        """Return the number of doors marked as refusing."""

    def alone(self) -> t.ContextManager[None]:
        """Hold back every other task and fork of the run."""


class Gate:
    """The rule, independent of where the marks are kept."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._accepted: set[tuple[Credential, str]] = set()

    def marks(self, credential: Credential) -> Marks:
        """Return the marks of a credential."""
        raise NotImplementedError

    @contextlib.contextmanager
    def use(self, credential: Credential, door: str = PUBLISHER) -> t.Iterator[Attempt]:
        """See CredentialGate."""
        marks = self.marks(credential)
        check(marks, credential, door)
        with contextlib.ExitStack() as alone:
            attempt = Attempt(
                lambda: self._leave(marks, credential, door, alone), accepted_before=marks.has(ACCEPTED)
            )
            try:
                yield attempt
            except AuthenticationError as error:
                if error.code == REFUSED_BEFORE:
                    raise
                meant = _refuse(marks, door, error)
                if meant is error:
                    raise
                raise meant from error
            finally:
                if attempt.first and not attempt.sent:
                    marks.drop(TRIED)
            if attempt.sent:
                if attempt.first:
                    # If this can no longer be recorded, the answer still counts, and nobody sends the password again.
                    with contextlib.suppress(InputError):
                        marks.turn(TRIED, ACCEPTED)
                self._accepted.add((credential, door))

    def _leave(self, marks: Marks, credential: Credential, door: str, alone: contextlib.ExitStack) -> bool:
        """Return whether this is a first use; a first use holds C(alone) until it is closed."""
        at_this_door = (credential, door) in self._accepted
        if not marks.has(ACCEPTED) or (not at_this_door and marks.refusing()):
            alone.enter_context(marks.alone())
            check_alone(marks, credential, door)
        if marks.has(ACCEPTED):
            return False
        marks.put(TRIED)
        return True


def check(marks: Marks, credential: Credential, door: str = PUBLISHER) -> None:
    """Raise the errors of CredentialGate when the credential may not be sent; wait for a first use that is under way."""
    if marks.has(TRIED):
        with marks.alone():
            check_alone(marks, credential, door)
    _check_refused(marks, credential, door)


def check_alone(marks: Marks, credential: Credential, door: str = PUBLISHER) -> None:
    """Raise the errors of C(check), while nobody else uses the credential for the first time."""
    if marks.has(TRIED) and not marks.has(ACCEPTED):
        raise refused_before(credential, "was sent and not accepted (it may have been refused)")
    _check_refused(marks, credential, door)


def _check_refused(marks: Marks, credential: Credential, door: str) -> None:
    if marks.has(REFUSED):
        raise refused_before(credential)
    if door != PUBLISHER and marks.has(REFUSED, door):
        raise _node_refused(door, f"{door} refused it earlier in this run, and it was not sent there again")


def _refuse(marks: Marks, door: str, error: AuthenticationError) -> CucmError:
    """Record a refusal, and return its meaning: the credential is refused, or this node alone refuses it."""
    if marks.has(ACCEPTED) and door != PUBLISHER:
        try:
            marks.put(REFUSED, door)
        except CucmError:
            # A mark that cannot be kept for one node is kept for all, which needs no disk space.
            marks.turn(ACCEPTED, REFUSED)
            return error
        if marks.refusing() < MOST_NODES:
            return _node_refused(door, error.message, error.details)
    # A password without an answer may be right; it is still not sent again.
    word = TRIED if error.code == UNANSWERED else REFUSED
    for old in (TRIED, ACCEPTED):
        if old != word:
            marks.turn(old, word)
    if not marks.has(word):
        marks.put(word)
    return error


def _node_refused(door: str, what: str, details: t.Mapping[str, t.Any] | None = None) -> Refusal:
    return Refusal(
        f"{what.rstrip('.')}. Another node of the cluster accepted the same password in this run, so the problem is at this node.",
        code=NODE_REFUSED,
        details={**(details or {}), "address": door},
        remedy="Check the node's database and its replication (utils dbreplication runtimestate), and log in there by hand; "
        "then start a new run.",
    )


def refused_before(credential: Credential, how: str = "was refused") -> AuthenticationError:
    """Return the error for a credential that was tried earlier in this run and not accepted."""
    return AuthenticationError(
        f"The password of {credential.service} account {credential.username} {how} earlier in this run at cluster "
        f"{credential.cluster}; it was not sent again, because refusals lock the account.",
        code=REFUSED_BEFORE,
        remedy="Correct the password, or find out why the node did not answer, then start a new run.",
    )


class FirstUse:
    """Bounds how many uses of a credential in a task may be refused before the task learns of the first refusal.

    The run may have accepted it long ago, but a password changed since then must not be refused by every node at once. Until
    this task has seen it accepted, one use is out at a time; after that, nodes that have not accepted it yet get as many uses
    at once as may be refused.
    """

    def __init__(self) -> None:
        self._turn = threading.Condition()
        self._out: collections.Counter[Credential] = collections.Counter()
        self._refused: collections.Counter[Credential] = collections.Counter()
        self._accepted: set[tuple[Credential, str]] = set()

    @contextlib.contextmanager
    def within(self, credential: Credential, door: str) -> t.Iterator[None]:
        """Hold back a use until it may be sent."""
        if (credential, door) in self._accepted:
            yield
            return
        with self._turn:
            self._turn.wait_for(lambda: self._out[credential] < self._room(credential))
            self._out[credential] += 1
        refused, accepted = 0, set[tuple[Credential, str]]()
        try:
            yield
            accepted = {(credential, door)}
        except (AuthenticationError, Refusal):
            refused = 1
            raise
        finally:
            # All at once, so that a waiter sees the result of a use no later than its end.
            with self._turn:
                self._accepted |= accepted
                self._refused[credential] += refused
                self._out[credential] -= 1
                self._turn.notify_all()

    def _room(self, credential: Credential) -> int:
        known = any(each == credential for each, _door in self._accepted)
        return max(1, MOST_NODES - self._refused[credential]) if known else 1


@dataclass(frozen=True)
class RefusedDoors:
    """The nodes that refused a credential earlier in the run, for a shipped module, which has no memory of the run.

    The run stores their addresses as hashes, so hashes are compared; the key has no other use.

    Attributes:
        key: The key of the hashes.
        by_service: C(axl) or C(cli) to hashes of C(door_hash).
    """

    key: bytes = b""
    by_service: t.Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> RefusedDoors:
        """Return the nodes from the output of C(written)."""
        key, *doors = text.split() or [""]
        by_service: dict[str, set[str]] = {}
        for each in doors:
            service, _colon, door = each.partition(":")
            by_service.setdefault(service, set()).add(door)
        return cls(bytes.fromhex(key), {service: frozenset(told) for service, told in by_service.items()})

    def written(self) -> str:
        """Return them as one line; empty when no node refused anything."""
        doors = [f"{service}:{door}" for service, told in self.by_service.items() for door in sorted(told)]
        return " ".join([self.key.hex(), *doors]) if doors else ""


def door_hash(key: bytes, door: str) -> str:
    """Return the hash that replaces a node's address where others could read it."""
    return hmac.new(key, door.encode(), "sha256").hexdigest()


class _Remembered:
    """Marks in memory; C(earlier) holds the hashes of doors that refused before this process started."""

    def __init__(self, key: bytes = b"", earlier: t.AbstractSet[str] = frozenset()) -> None:
        self._marks: set[tuple[str, str]] = set()
        self._key, self._earlier = key, earlier
        self._alone = threading.Lock()

    def has(self, word: str, door: str = PUBLISHER) -> bool:
        refused_earlier = (
            word == REFUSED and door != PUBLISHER and door_hash(self._key, door) in self._earlier
        )
        return refused_earlier or (word, door) in self._marks

    def put(self, word: str, door: str = PUBLISHER) -> None:
        self._marks.add((word, door))

    def turn(self, old: str, new: str) -> None:
        if self.has(old):
            self.put(new)
            self.drop(old)

    def drop(self, word: str) -> None:
        self._marks.discard((word, PUBLISHER))

    def refusing(self) -> int:
        own = {
            door_hash(self._key, door)
            for word, door in set(self._marks)
            if word == REFUSED and door != PUBLISHER
        }
        return len(own | self._earlier)

    def alone(self) -> t.ContextManager[None]:
        return t.cast("t.ContextManager[None]", self._alone)

    def told(self) -> list[list[str]]:
        """Return the marks as JSON-like data."""
        return sorted([word, door] for word, door in self._marks)


class ProcessGate(Gate):
    """A gate for the threads of one process: a module that does not run on the controller."""

    def __init__(self, earlier: RefusedDoors | None = None) -> None:
        super().__init__()
        self._earlier = earlier or RefusedDoors()
        self._remembered: dict[Credential, _Remembered] = {}

    def marks(self, credential: Credential) -> _Remembered:
        """See Gate."""
        with self._guard:
            earlier = self._earlier.by_service.get(credential.service, frozenset())
            return self._remembered.setdefault(credential, _Remembered(self._earlier.key, earlier))

    def told(self) -> dict[str, list[list[str]]]:
        """Return the marks of every credential used, by service, for the process that started this one."""
        return {credential.service: marks.told() for credential, marks in self._remembered.items()}
