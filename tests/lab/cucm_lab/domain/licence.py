# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The licence of a cluster: what the export gate looks at, and the agent that registers it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from .errors import Refused

if TYPE_CHECKING:
    from ..clock import Clock
    from ..journal import Journal
    from .accounts import Account

REGISTERED, UNREGISTERED, REGISTERING = "REGISTERED", "UNREGISTERED", "REGISTERING"
SPECIFIC = "REGISTERED - SPECIFIC LICENSE RESERVATION"
UNIVERSAL = "REGISTERED - UNIVERSAL LICENSE RESERVATION"
RESERVING = "RESERVATION IN PROGRESS"
"""A reservation's states ([V] System Configuration Guide 15; installed on the command line, which this lab does not play)."""
RENEWAL = timedelta(days=180)
"""From a registration to its renewal; it expires after twice that ([V] TN212883)."""

DEFAULT_TOKENS: dict[str, dict[str, str]] = {
    "LAB-TOKEN-EXPORT-ALLOWED": {"export_control": "Allowed"},
    "LAB-TOKEN-EXPORT-NOT-ALLOWED": {"export_control": "Not Allowed"},
}


class LicenceActionRefused(Refused):
    """The smart agent does not do it now. ``key``: of the text that says why (invented: none is public)."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def fingerprint(token: str) -> str:
    """What stands for a token wherever one may look."""
    return hashlib.sha256(token.encode()).hexdigest()[:12]


@dataclass
class Licence:
    """State of smart licensing, and for a release without it, of the licence manager outside the cluster.

    registration: ``REGISTERED``, ``UNREGISTERED``, ``REGISTERING`` in between ([?]), or a reservation's state; export_control:
    ``Allowed`` or ``Not Allowed``; authorization: ``AUTHORIZED``, ``EVAL MODE``, ... (words of ``show license all``, [V]
    TN212883). renewal_attempt, renewal_status: the last one, after the registration itself. communication_attempt: the
    last one about the authorization; communication_status: how it ended (empty: it succeeded). failed_reason: key of
    the text that says why the last registration failed.
    tokens: what Cisco's server knows of each token.
    encryption_licence: whether the licence manager (PLM) has granted an Encryption licence; counts on 11.5 only
    ([P] TN118893: from 11.5(1)SU3 on). No interface of the cluster shows it: a client has to be told.
    """

    smart_licensing: str = "ENABLED"
    registration: str = REGISTERED
    export_control: str = "Allowed"
    authorization: str = "AUTHORIZED"
    smart_account: str = "UC Lab"
    virtual_account: str = "Lab"
    registered_at: datetime | None = None
    renewal_attempt: datetime | None = None
    renewal_status: str = ""
    communication_attempt: datetime | None = None
    communication_status: str = ""
    failed_reason: str = ""
    tokens: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: dict(DEFAULT_TOKENS))
    encryption_licence: bool = True

    @property
    def registered(self) -> bool:
        """Whether a token or a reservation has registered it."""
        return self.registration.upper() in (REGISTERED, SPECIFIC, UNIVERSAL)

    @property
    def reserved(self) -> bool:
        return self.registration.upper() in (SPECIFIC, UNIVERSAL, RESERVING)

    @property
    def allows_export_controlled(self) -> bool:
        return self.registered and self.export_control.lower() == "allowed"

    def as_dict(self) -> dict[str, object]:
        """The state without any token."""
        state = asdict(self)
        for name in ("registered_at", "renewal_attempt", "communication_attempt"):
            moment = getattr(self, name)
            state[name] = moment.isoformat() if moment else None
        state["tokens"] = {fingerprint(token): dict(known) for token, known in self.tokens.items()}
        return state


class Licensed(Protocol):
    """What the agent needs of the cluster that it registers."""

    clock: Clock
    journal: Journal
    timings: dict[str, float]
    licence: Licence

    def update_licence_rows(self) -> None: ...
    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]: ...


class Named(Protocol):
    """The node that the journal names."""

    name: str


class SmartAgent:
    """The smart licensing agent of a cluster: registers it with Cisco's server, which this lab plays too.

    The words of the states are those of ``show license`` ([V] TN212883); what is refused, and what happens to a
    registration that is replaced, is invented.
    """

    def __init__(self, cluster: Licensed) -> None:
        self._cluster = cluster
        self._work: asyncio.Task[None] | None = None

    async def register(self, token: str, *, force: bool, node: Named, account: Account | None) -> None:
        """Begin a registration, which is done ``timings.licence_register_s`` device seconds later.

        Raises LicenceActionRefused when one is under way, or the cluster is registered and force is not given.
        """

        def begin() -> Licence:
            self._check_idle()
            self._check_not_reserved()
            if self._cluster.licence.registration == REGISTERED and not force:
                raise LicenceActionRefused("axl.licence.already_registered")
            return replace(
                self._unregistered(), registration=REGISTERING, renewal_attempt=None, renewal_status=""
            )

        await self._change(begin, "licence register", node, account, {"token_sha256": fingerprint(token)})
        self._work = self._cluster.spawn(self._finish(token, node))

    async def deregister(self, *, node: Named, account: Account | None) -> None:
        """Give the registration back. Raises LicenceActionRefused when there is none, or one is under way."""

        def end() -> Licence:
            self._check_registered()
            return replace(self._unregistered(), renewal_attempt=None, renewal_status="")

        await self._change(end, "licence deregister", node, account)

    async def renew(self, what: str, *, node: Named, account: Account | None) -> None:
        """Renew the ``authorization`` or the ``registration``. Raises LicenceActionRefused when there is none."""

        def renewed() -> Licence:
            self._check_registered()
            now = self._cluster.clock.now()
            if what == "authorization":
                return replace(self._cluster.licence, authorization="AUTHORIZED", communication_attempt=now)
            return replace(self._cluster.licence, renewal_attempt=now, renewal_status="SUCCEEDED")

        await self._change(renewed, f"licence renew_{what}", node, account)

    def _check_idle(self) -> None:
        if self._work is not None and not self._work.done():
            raise LicenceActionRefused("axl.licence.under_way")

    def _check_not_reserved(self) -> None:
        if self._cluster.licence.reserved:
            raise LicenceActionRefused("axl.licence.reserved")

    def _check_registered(self) -> None:
        self._check_idle()
        self._check_not_reserved()
        if self._cluster.licence.registration != REGISTERED:
            raise LicenceActionRefused("axl.licence.not_registered")

    def _unregistered(self) -> Licence:
        return replace(
            self._cluster.licence,
            registration=UNREGISTERED,
            export_control="Not Allowed",
            authorization="EVAL MODE",
            registered_at=None,
            communication_attempt=None,
            failed_reason="",
        )

    async def _change(
        self,
        become: Callable[[], Licence],
        words: str,
        node: Named,
        account: Account | None,
        detail: dict[str, object] | None = None,
    ) -> None:
        # Looked at twice: what is refused is refused before the point at which a test may hold it.
        become()
        async with self._cluster.journal.effect(node, account, words, detail):
            self._cluster.licence = become()
            self._cluster.update_licence_rows()

    async def _finish(self, token: str, node: Named) -> None:
        cluster = self._cluster
        await cluster.clock.sleep(cluster.timings["licence_register_s"])
        known, now = cluster.licence.tokens.get(token), cluster.clock.now()
        if known is None:
            words, done = (
                "licence registration_failed",
                replace(
                    self._unregistered(),
                    failed_reason="axl.licence.invalid_token",
                    renewal_attempt=now,
                    renewal_status="FAILED",
                ),
            )
        else:
            words, done = (
                "licence registered",
                replace(
                    cluster.licence,
                    registration=REGISTERED,
                    export_control=known["export_control"],
                    authorization="AUTHORIZED",
                    registered_at=now,
                    renewal_attempt=now,
                    renewal_status="SUCCEEDED",
                    communication_attempt=now,
                ),
            )
        async with cluster.journal.effect(node, None, words, {"token_sha256": fingerprint(token)}):
            cluster.licence = done
            cluster.update_licence_rows()
