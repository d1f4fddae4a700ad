# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Enterprise parameters and cluster-wide service parameters. PRIVATE to the collection.

Both are service parameters of the pseudo node C(EnterpriseWideData) (wire-facts 2.3 [C]).
"""

from __future__ import annotations

import difflib
import re
import typing as t
from dataclasses import dataclass

from .._base.errors import ProductFault, Refusal
from .._cluster.cluster import Cluster
from .._cluster.nodes import PSEUDO_NODE
from .._transport import xml
from .._transport.axl import boolean
from .configuration import Objects, Request

KIND = "enterprise_parameter"
ENTERPRISE = "Enterprise Wide"
# Read-only in the GUI and changed only by the CLI (wire-facts 2.3 [D]), with the module that does it.
CLI_ONLY: t.Mapping[str, str] = {
    "clustersecuritymode": "ucops.cucm.security_mode",
    "clustersipoauthmode": "ucops.cucm.sip_oauth_mode",
}
_NOT_FOUND = "5007"
_NUMBERS = {"long": r"[+-]?\d+", "double": r"[+-]?(\d+(\.\d*)?|\.\d+)"}


@dataclass(frozen=True)
class Parameter:
    """A parameter: its stored value, and its C(valueType) (XParam: C(boolean), C(long), C(string), ...)."""

    value: str
    type: str

    def as_facts(self) -> dict[str, str]:
        """Return JSON-like facts."""
        return {"value": self.value, "type": self.type}


def read(cluster: Cluster, service: str) -> dict[str, Parameter]:
    """Return the cluster-wide parameters of a service by name.

    Raises:
        Refusal: The cluster has no parameters for a service with that name (C(service_unknown)).
    """
    found = _found(cluster, service)
    if not found:
        services = {row.value("service") for row in _rows(cluster, None)}
        near = _nearest(service, services)
        raise Refusal(
            f"The cluster has no cluster-wide parameters for a service named {service!r}.",
            code="service_unknown",
            details={"service": service, "nearest": near, "release": cluster.axl.release()},
            remedy=f"Did you mean {' or '.join(map(repr, near))}?"
            if near
            else f"The cluster has {', '.join(sorted(services))}.",
        )
    return found


def texts(service: str, given: t.Mapping[str, t.Any], existing: t.Mapping[str, Parameter]) -> dict[str, str]:
    """Return the given values in the form to store, without surrounding blanks.

    Raises:
        Refusal: A value is neither a text nor a whole number, because YAML converted it (C(parameter_type)).
    """
    for name, value in given.items():
        # isinstance would accept bool too; Ansible's own integers are subclasses of int.
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            continue
        now = f"It is {existing[name].value!r} now." if name in existing else ""
        raise Refusal(
            f"The value of {name} of {service} is {value!r}, {_kind(value)}, after YAML has read it. {now}".strip(),
            code="parameter_type",
            details={"parameter": name, "now": existing[name].value if name in existing else None},
            remedy="Put the value in quotes, as the cluster stores it.",
        )
    return {name: str(value).strip() for name, value in given.items()}


def check(
    service: str,
    wanted: t.Mapping[str, str],
    existing: t.Mapping[str, Parameter],
    *,
    release: str = "",
) -> None:
    """Raise Refusal unless every desired value can be written.

    Codes: C(parameter_cli_only), C(parameter_unknown), C(parameter_type). C(release) appears in the message.
    """
    for name, value in wanted.items():
        if name.lower() in CLI_ONLY:
            raise Refusal(
                f"{name} can be changed only by the platform command line, not by AXL.",
                code="parameter_cli_only",
                details={"parameter": name},
                remedy=f"Use {CLI_ONLY[name.lower()]}.",
            )
        require_known(service, name, existing, release=release)
        found = existing[name]
        reason = None if value == found.value else _misfit(value, found)
        if reason is not None:
            raise Refusal(
                f"{name} of {service} cannot be set to {value!r}: {reason}. It is {found.value!r} now.",
                code="parameter_type",
                details={"parameter": name, "wanted": value, "now": found.value, "type": found.type},
                remedy="Give the value as the cluster stores it, in quotes.",
            )


def require_known(service: str, name: str, existing: t.Mapping[str, Parameter], *, release: str = "") -> None:
    """Raise Refusal (C(parameter_unknown)) unless a parameter has exactly that name."""
    if name in existing:
        return
    right = [other for other in existing if other.lower() == name.lower()]
    near = right or _nearest(name, existing)
    remedy = "List the parameters with state gathered."
    if right:
        remedy = f"Write it as {right[0]}: names are case-sensitive."
    elif near:
        remedy = f"Did you mean {' or '.join(near)}?"
    raise Refusal(
        f"{service} has no parameter {name}" + (f" in this release ({release})." if release else "."),
        code="parameter_unknown",
        details={"parameter": name, "service": service, "nearest": near, "release": release},
        remedy=remedy,
    )


def objects(cluster: Cluster, services: t.Collection[str]) -> Objects:
    """Return the cluster-wide parameters of services; a name is C(SERVICE/PARAMETER), a state is the stored value."""

    def states() -> dict[str, str]:
        return {
            f"{service}/{name}": parameter.value
            for service in services
            for name, parameter in _found(cluster, service).items()
        }

    return Objects(kind=KIND, read=states, request=_request)


def service_of(name: str) -> str:
    """Return the service in the name of an object."""
    return name.rpartition("/")[0]


def _request(name: str, before: str | None, wanted: str | None) -> Request:
    service, _slash, parameter = name.rpartition("/")
    return Request(
        "updateServiceParameter",
        [
            ("processNodeName", PSEUDO_NODE),
            ("name", parameter),
            ("service", service),
            ("value", wanted or ""),
        ],
        f"set {parameter} of {service} to {wanted!r}",
    )


def _found(cluster: Cluster, service: str) -> dict[str, Parameter]:
    return {
        row.value("name"): Parameter(row.value("value"), row.value("valueType"))
        for row in _rows(cluster, service)
        # The criterion is a pattern.
        if row.value("service") == service
    }


def _rows(cluster: Cluster, service: str | None) -> list[xml.Element]:
    """Return the cluster-wide parameters of one service, or of all if none is named."""
    criteria = [("processNodeName", PSEUDO_NODE), *([("service", service)] if service is not None else [])]
    tags = [(tag, "") for tag in ("processNodeName", "name", "service", "value", "valueType")]
    try:
        answer = cluster.axl.call(
            "listServiceParameter", [("searchCriteria", criteria), ("returnedTags", tags)]
        )
    except ProductFault as fault:
        # It is not documented whether an unknown service gives a fault or an empty list.
        if service is None or fault.details.get("fault_code") != _NOT_FOUND:
            raise
        return []
    listed = answer.child("return")
    rows = listed.all("serviceParameter") if listed is not None else []
    return [row for row in rows if row.value("processNodeName") == PSEUDO_NODE]


def _misfit(value: str, found: Parameter) -> str | None:
    """Return why a value does not fit the type; None if it fits or the type is unknown."""
    if found.type == "boolean":
        if boolean(value) is None:
            return "it is a boolean"
        # The stored form of booleans is not published; the current value shows it.
        if boolean(found.value) is not None and _spelling(value) != _spelling(found.value):
            return f"it is a boolean that the cluster stores as {_other(found.value)!r} or {found.value!r}"
        return None
    pattern = _NUMBERS.get(found.type)
    if pattern is not None and re.fullmatch(pattern, value) is None:
        return "it is a whole number" if found.type == "long" else "it is a number"
    return None


def _kind(value: t.Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a boolean"
    return "a decimal number" if isinstance(value, float) else "no text"


_PAIRS = (("t", "f"), ("T", "F"), ("true", "false"), ("True", "False"), ("TRUE", "FALSE"), ("1", "0"))


def _spelling(value: str) -> tuple[str, str] | None:
    return next((pair for pair in _PAIRS if value in pair), None)


def _other(value: str) -> str:
    pair = _spelling(value)
    if pair is None:
        return ""
    return pair[1] if value == pair[0] else pair[0]


def _nearest(name: str, names: t.Iterable[str]) -> list[str]:
    by_folded = {other.lower(): other for other in names}
    return [by_folded[found] for found in difflib.get_close_matches(name.lower(), by_folded, n=3, cutoff=0.6)]
