# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PerfMon, the counters of the nodes. PRIVATE to the collection.

Requests and answers: phone-facts 2.1 [X]. One node answers for all, by the names that System > Server has [C].
"""

from __future__ import annotations

import contextlib
import re
import typing as t

from .._base.clock import Clock
from .._base.errors import CucmError, ProductFault
from .._base.numbers import whole
from .._base.request_budget import RequestBudget
from . import xml
from .http import Connection
from .serviceability import CountedService, required

CALLED = "PerfMon"
PATH = "/perfmonservice2/services/PerfmonService"
# Requests a minute: a cluster takes 80 by default from all clients (phone-facts 2.1 [C]).
DEFAULT_RATE = 40
# Both occur with good values (phone-facts 2.1 [C]).
_GOOD = ("0", "1")
_NAME = re.compile(r"\\\\(?P<host>[^\\]+)\\(?P<object>[^\\(]+)(?P<instance>\([^\\]*\))?\\(?P<counter>[^\\]+)")


class PerfMon:
    """PerfMon at one node, for all nodes."""

    def __init__(self, connection: Connection, clock: Clock, budget: RequestBudget) -> None:
        self._service = CountedService.at(CALLED, PATH, connection, clock, budget)

    def counters(self, host: str, object_name: str) -> dict[str, int]:
        r"""Return the counters of an object at a host: C(Counter), or C((instance)\Counter), to its value.

        A counter that has no value at the moment is not among them, which does not make it 0.

        Raises:
            ProductFault: The host answers, and nothing feeds the object (C(counters_absent)), as long as its service is stopped or
            has just started; or it answers for no object (C(counters_unavailable)). Also the errors of C(CountedService.call).
        """
        try:
            answer = self._service.call(
                "perfmonCollectCounterData", [("Host", host), ("Object", object_name)]
            )
        except ProductFault as fault:
            if fault.code != "soap_fault":
                raise
            raise self._without_counters(host, object_name, fault) from fault
        found = {
            named["instance"] + named["counter"]: value
            for named, value in _values(answer.all("perfmonCollectCounterDataReturn"))
            if named["object"] == object_name
        }
        if not found:
            raise _absent(host, object_name, {"fault": ""})
        return found

    @contextlib.contextmanager
    def session(self, counters: t.Sequence[str]) -> t.Iterator[t.Callable[[], dict[str, int]]]:
        r"""Open a session with counters (C(\\host\Object\Counter)) of any hosts, and return a function that reads them all at once.

        One request reads what C(counters) needs one for each host for. A counter without a value is not among them.

        Raises:
            ProductFault: The cluster refused a counter. Also the errors of C(CountedService.call).
        """
        opened = self._service.call("perfmonOpenSession", [])
        handle = required(
            opened, self._service.endpoint.connection.where, "perfmonOpenSessionReturn"
        ).text.strip()
        try:
            array = [("Counter", [("Name", name)]) for name in counters]
            self._service.call("perfmonAddCounter", [("SessionHandle", handle), ("ArrayOfCounter", array)])
            yield lambda: self._collected(handle)
        finally:
            # Its lifetime is not published; one that stays open costs the cluster memory, and nothing else.
            with contextlib.suppress(CucmError):
                self._service.call("perfmonCloseSession", [("SessionHandle", handle)])

    def _collected(self, handle: str) -> dict[str, int]:
        answer = self._service.call("perfmonCollectSessionData", [("SessionHandle", handle)])
        returned = answer.all("perfmonCollectSessionDataReturn")
        return {named["whole"]: value for named, value in _values(returned)}

    def _without_counters(self, host: str, object_name: str, fault: ProductFault) -> ProductFault:
        """Return what a fault means. Its texts are not public, so the host is asked what it has counters of."""
        try:
            answer = self._service.call("perfmonListCounter", [("Host", host)])
        except ProductFault as other:
            if other.code != "soap_fault":
                return other
            return ProductFault(
                f"PerfMon has no counters of {host}: {fault.details['fault'] or 'no reason given'}.",
                code="counters_unavailable",
                details=fault.details,
                remedy=f"Check that {host} is up, and that Cisco RIS Data Collector and Cisco AMC Service run there.",
            )
        listed = {each.value("Name") for each in answer.all("perfmonListCounterReturn")}
        return fault if object_name in listed else _absent(host, object_name, fault.details)


def _absent(host: str, object_name: str, details: t.Mapping[str, t.Any]) -> ProductFault:
    return ProductFault(
        f"{host} has no counters of {object_name}.",
        code="counters_absent",
        details=details,
        remedy=f"The service is stopped there, or has just started. Check {object_name} at {host} in Control Center.",
    )


def _values(returned: t.Iterable[xml.Element]) -> t.Iterator[tuple[dict[str, str], int]]:
    """Yield the parts of each counter's name, and its value if it has one."""
    for each in returned:
        found = _NAME.fullmatch(each.value("Name"))
        value = whole(each.value("Value"))
        if found is not None and value is not None and each.value("CStatus") in _GOOD:
            instance = f"{found['instance']}\\" if found["instance"] else ""
            yield {**found.groupdict(), "instance": instance, "whole": found[0]}, value
