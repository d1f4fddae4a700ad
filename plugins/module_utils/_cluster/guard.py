# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be sent to a node: a password by the rule of one attempt, and nothing to one that is not proven. PRIVATE to the collection."""

from __future__ import annotations

import contextlib
import typing as t

from .._base.address import endpoint
from .._base.credentials import (
    PUBLISHER,
    REFUSED_BEFORE,
    Attempt,
    Credential,
    CredentialGate,
    FirstUse,
)
from .._base.errors import AuthenticationError, CucmError, IdentityError
from .accounts import Account, credential_of
from .nodes import Address


class Guard:
    """Remembers for one task which credentials were refused, and which nodes did not prove who they are."""

    def __init__(self, publisher: Address, gate: CredentialGate) -> None:
        self._publisher = publisher
        self._gate = gate
        self._first_use = FirstUse()
        self._refusals: dict[Credential, CucmError] = {}
        self._unproven: dict[Address, IdentityError] = {}

    @contextlib.contextmanager
    def proven(self, address: Address) -> t.Iterator[None]:
        """Let nothing more be sent to a node that once did not prove its identity, by whichever way.

        Raises:
            IdentityError: It did not, now or before.
        """
        if address in self._unproven:
            raise self._unproven[address]
        try:
            yield
        except IdentityError as error:
            error.of_publisher = address == self._publisher
            self._unproven[address] = error
            raise

    @contextlib.contextmanager
    def use(self, service: str, account: Account, address: Address, port: int) -> t.Iterator[Attempt]:
        """Return a context in which the password of an account may be sent to a port of a node once; see C(CredentialGate)."""
        credential = credential_of(self._publisher, service, account)
        door = PUBLISHER if address == self._publisher else endpoint(address.host, port)
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
