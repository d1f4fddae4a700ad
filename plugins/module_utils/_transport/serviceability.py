# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the web services of a node beside AXL share: one namespace, and requests that are counted. PRIVATE to the collection."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._base.clock import Clock
from .._base.errors import CucmError, ProtocolError, Refusal
from .._base.request_budget import RequestBudget
from . import xml
from .http import Connection
from .soap import LATER, SoapEndpoint

_NAMESPACE = "http://schemas.cisco.com/ast/soap"
# A refused request is asked again after a minute, and once more: whoever uses up the rate may be a monitor that never stops.
_MOST_TRIES = 3


def request(operation: str, content: xml.Content) -> str:
    """Return the content of a request's body: every name is of the one namespace (wire-facts 4.1 and 5 [X])."""
    return xml.render_qualified(operation, content, "soap:").replace(
        f"<soap:{operation}>", f'<soap:{operation} xmlns:soap="{_NAMESPACE}">', 1
    )


@dataclass
class CountedService:
    """A service that reads, and whose requests the cluster counts: RisPort, PerfMon.

    Attributes:
        called: Its name, for messages.
        endpoint: Where it is.
        budget: How many requests may be sent.
    """

    called: str
    endpoint: SoapEndpoint
    budget: RequestBudget

    @classmethod
    def at(
        cls, called: str, path: str, connection: Connection, clock: Clock, budget: RequestBudget
    ) -> t.Self:
        """Return a service at a path of a node. It never repeats a request by itself: that would use up the rate it ran into."""
        return cls(called, SoapEndpoint(connection, path, clock, back_off=()), budget)

    def call(self, operation: str, content: xml.Content) -> xml.Element:
        """Send a request when one may be sent, and return the answer's element.

        A request that is refused because of the rate, or answered with 503, is sent again after a minute without requests,
        at most twice.

        Args:
            operation: The operation's name.
            content: Its children in schema order.

        Raises:
            ProductFault: A fault (C(soap_fault)), or still that of the rate (C(rate_limited)). Refusal: The account lacks the role
            (C(role_missing)). DeadlineExceeded: There is no time to wait. Also the errors of C(SoapEndpoint.call).
        """
        for last in (*[False] * (_MOST_TRIES - 1), True):
            self.budget.spend()
            try:
                return self.endpoint.call(operation, request(operation, content))
            except CucmError as error:
                if error.details.get("status") == 403:
                    raise self._role_missing(error) from error
                if error.code not in LATER:
                    raise
                self.budget.exceeded()
                if last:
                    raise
        raise ProtocolError(
            f"{operation} was neither answered nor refused."
        )  # not reached: the last try raises

    def _role_missing(self, error: CucmError) -> Refusal:
        """wire-facts 1.3 [C]: 403 is for a user who is known and lacks the role; which roles: wire-facts 5 [D]."""
        return Refusal(
            f"{self.endpoint.connection.where} accepts the account, but does not let it ask {self.called} (403).",
            code="role_missing",
            details=error.details,
            remedy="Add the AXL account to an access control group with the role Standard CCM Server Monitoring or Standard "
            "RealtimeAndTraceCollection, and with Standard CCM Admin Users.",
        )


def required(answer: xml.Element, where: str, *path: str) -> xml.Element:
    """Return the element at a path of an answer. Raises ProtocolError (C(unreadable_output)) if there is none."""
    found = answer.find(*path)
    if found is None:
        raise ProtocolError(
            f"The answer {answer.name} of {where} lacks {'/'.join(path)}.",
            code="unreadable_output",
            remedy="Nothing was concluded from it. Check that the address is the node's own and nothing in between answers for it.",
        )
    return found
