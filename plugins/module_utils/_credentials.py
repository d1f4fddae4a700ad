# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One attempt per credential. PRIVATE to the collection.

Three refusals lock a CUCM account, and a run has many tasks, forks and nodes: the first use of a credential
is alone, and after a refusal it is not sent again.
"""

from __future__ import annotations

import contextlib
import threading
import typing as t
from dataclasses import dataclass, field

from ._errors import AuthenticationError

REFUSED_BEFORE = "credential_refused_before"


@dataclass(frozen=True)
class Credential:
    """An account of one cluster. ``service`` is C(axl) (all HTTPS services) or C(cli)."""

    cluster: str
    service: str
    username: str
    password: str = field(repr=False)


class CredentialGate(t.Protocol):
    """Lets a credential be sent, or not."""

    def use(self, credential: Credential) -> t.ContextManager[None]:
        """Return a context in which the credential may be sent once.

        The context raises AuthenticationError (code C(credential_refused_before)) instead of being entered
        when the credential was refused earlier in this run.
        """


def refused_before(credential: Credential) -> AuthenticationError:
    """Return the error for a credential that was refused earlier in this run."""
    return AuthenticationError(
        f"The password of {credential.service} account {credential.username} was refused earlier in this run at cluster "
        f"{credential.cluster}; it was not sent again, because refusals lock the account.",
        code=REFUSED_BEFORE,
        remedy="Correct the password and start a new run.",
    )


class ProcessGate:
    """A gate for the threads of one process: of a module that runs away from the controller, and of each task."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._first_uses: dict[Credential, threading.RLock] = {}
        self._accepted: set[Credential] = set()
        self._refused: set[Credential] = set()

    @contextlib.contextmanager
    def use(self, credential: Credential) -> t.Iterator[None]:
        """See CredentialGate."""
        with contextlib.ExitStack() as first_use:
            if credential not in self._accepted:
                with self._guard:
                    alone = self._first_uses.setdefault(credential, threading.RLock())
                first_use.enter_context(alone)
                if credential in self._accepted:
                    # Somebody else's first use was waited for, and has told what there is to know.
                    first_use.close()
            if credential in self._refused:
                raise refused_before(credential)
            try:
                yield
            except AuthenticationError:
                self._refused.add(credential)
                raise
            self._accepted.add(credential)
