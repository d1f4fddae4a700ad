# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why facts were not read, each cause once. PRIVATE to the collection. Pure.

One closed port costs a dozen facts of every node. An operator fixes the common cause, so facts are reported by cause, and nobody
is asked to vouch for what a connection would have shown.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._facts import model
from .._facts.model import Facts

_ACCOUNT_MISSING = "account_missing"
_NOT_ALLOWED = "privilege_too_low"
_INTERFACES = {"cli": "CLI", "axl": "AXL", "https": "HTTPS"}
# The variables to check if a port does not answer as it should: those of the port and of the addresses.
_PORTS = {"cli": "cucm_ssh_port", "https": "cucm_https_port"}


@dataclass(frozen=True)
class Cause:
    """Why some facts were not read.

    Attributes:
        text: The cause for a person, with the nodes and without a full stop.
        remedy: What to do about it.
        keys: Its keys in C(unavailable).
        common: Whether it concerns the connection to a node or an account, so that every fact from there is missing.
    """

    text: str
    remedy: str
    keys: frozenset[str]
    common: bool

    @property
    def line(self) -> str:
        """Cause and remedy as one clause."""
        return f"{self.text}; {self.remedy[:1].lower()}{self.remedy[1:]}" if self.remedy else self.text


class FactsUnread(Exception):
    """A fact that is needed for a verdict was not read.

    Args:
        causes: The distinct causes.
        fails: Whether the cause itself is the subject of the check.
    """

    def __init__(self, causes: t.Sequence[Cause], *, fails: bool = False) -> None:
        super().__init__("; ".join(cause.text for cause in causes))
        self.causes = tuple(causes)
        self.fails = fails


def keys(facts: Facts, subset: str) -> list[str]:
    """Return the keys of what was not read of a subset, or of a part of it (C(health.backup))."""
    unavailable = model.value(facts, model.UNAVAILABLE) or {}
    return [
        key
        for key in unavailable
        if key == subset or key.startswith(f"{subset}.") or subset.startswith(f"{key}.")
    ]


def why(facts: Facts, *subsets: str) -> list[Cause]:
    """Return why facts of these subsets could not be read; empty without such a reason."""
    wanted = {key for subset in subsets for key in keys(facts, subset)}
    return [cause for cause in causes(facts) if cause.keys & wanted]


def blame(facts: Facts, *subsets: str) -> None:
    """Raise FactsUnread if there is a reason why facts of these subsets could not be read."""
    found = why(facts, *subsets)
    if found:
        raise FactsUnread(found)


def require(facts: Facts, *subsets: str) -> None:
    """Raise FactsUnread unless the facts of all these subsets were read."""
    blame(facts, *subsets)
    silent = [subset for subset in subsets if subset not in facts]
    if silent:
        raise FactsUnread(
            [
                Cause(f"{subset} was not read", "Read the cluster again", frozenset(), False)
                for subset in silent
            ]
        )


def common(facts: Facts, *subsets: str) -> list[Cause]:
    """Return the causes by which facts of these subsets are missing with everything else from the same connection."""
    return [cause for cause in why(facts, *subsets) if cause.common]


def causes(facts: Facts) -> list[Cause]:
    """Return the causes of all that was not read; those of most facts first."""
    told = model.value(facts, model.UNAVAILABLE_CAUSES) or {}
    groups: dict[tuple[str, ...], dict[str, Facts]] = {}
    for key, text in (model.value(facts, model.UNAVAILABLE) or {}).items():
        cause = told.get(key) or _parsed(str(text))
        groups.setdefault(_kind(key, cause, facts), {})[key] = cause
    found = [_cause(group, facts) for group in groups.values()]
    return sorted(found, key=lambda cause: (not cause.common, -len(cause.keys)))


def _parsed(text: str) -> Facts:
    """Return code and message of a reason, for facts that were saved without their causes."""
    code, colon, message = text.partition(": ")
    is_code = bool(colon) and code.replace("_", "").isalnum() and code == code.lower()
    return {"code": code, "message": message} if is_code else {"code": "", "message": text}


def _kind(key: str, cause: Facts, facts: Facts) -> tuple[str, ...]:
    """Return the key by which facts share a cause."""
    code, interface = cause["code"], str(cause.get("interface") or "")
    if code == _ACCOUNT_MISSING:
        return code, interface
    if code == _NOT_ALLOWED and model.value(facts, model.CLI_PRIVILEGE) == 0:
        return (code,)
    if cause.get("reason"):
        return code, interface, str(cause.get("port")), str(cause["reason"])
    # A failure that names a connection ended it: the same text for all facts that would have come over it.
    return (code, interface, str(cause["message"])) if interface else (key,)


def _cause(group: t.Mapping[str, Facts], facts: Facts) -> Cause:
    first = next(iter(group.values()))
    code, interface, keys = first["code"], str(first.get("interface") or ""), frozenset(group)
    if code == _ACCOUNT_MISSING and interface:
        text = f"No {_INTERFACES[interface]}: no account was given"
        return Cause(text, f"Set cucm_{interface}_username and cucm_{interface}_password", keys, True)
    if code == _NOT_ALLOWED and model.value(facts, model.CLI_PRIVILEGE) == 0:
        accounts = model.value(facts, model.ACCOUNTS)
        account = accounts["cli"] if accounts else None
        text = f"The CLI account{f' {account}' if account else ''} has privilege level 0, which can only read a part"
        return Cause(text, "Set cucm_cli_username to an account of level 1 or higher", keys, True)
    remedy = str(first.get("remedy") or "").removesuffix(".")
    if not interface:
        told = (model.value(facts, model.UNAVAILABLE) or {})[next(iter(group))]
        return Cause(
            f"{next(iter(group))}: {str(told).removesuffix('.')}", remedy or _look(group), keys, False
        )
    if first.get("reason"):
        nodes = ", ".join(dict.fromkeys(str(cause.get("node")) for cause in group.values()))
        text = f"No {_INTERFACES[interface]}: {first['reason']} at {nodes} port {first.get('port')}"
        remedy = f"Check {_PORTS[interface]}, cucm_node_addresses and any firewall in between"
        return Cause(text, remedy, keys, True)
    return Cause(
        f"No {_INTERFACES[interface]}: {str(first['message']).removesuffix('.')}",
        remedy or _look(group),
        keys,
        True,
    )


def _look(group: t.Iterable[str]) -> str:
    nodes = sorted({key.partition(".")[2] for key in group} - {""})
    return f"Check {', '.join(nodes)} by hand" if nodes else "Check the cluster by hand"
