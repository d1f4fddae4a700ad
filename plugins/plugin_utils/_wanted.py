# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn an operator's variables into the desired state of a cluster. Pure; runs in the controller only."""

from __future__ import annotations

import typing as t
from datetime import UTC

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import CucmError, InputError
from ansible_collections.ucops.cucm.plugins.module_utils._facts import model
from ansible_collections.ucops.cucm.plugins.module_utils._facts.model import Facts
from ansible_collections.ucops.cucm.plugins.module_utils._objects import expressway_c, phone_security_profile
from ansible_collections.ucops.cucm.plugins.module_utils._security import checks, words
from ansible_collections.ucops.cucm.plugins.module_utils._security.sip_oauth import Desired
from ansible_collections.ucops.cucm.plugins.module_utils._x509 import chains

_KEYS = frozenset(
    {
        "mode",
        "clients",
        "parameters",
        "ports",
        "edge_roots",
        "expressway_c",
        "expressway_c_exactly",
        "profiles",
    }
)


def ctl_provider_nodes(facts: Facts, given: t.Any) -> str | list[str]:
    """Return where the CTL Provider is to be activated; C(publisher), C(all), or names of nodes.

    Raises:
        InputError: It is none of those, or a node is not one of the cluster.
    """
    if given in ("publisher", "all"):
        return str(given)
    if isinstance(given, str) or not isinstance(given, t.Sequence):
        raise InputError(f"The CTL Provider is at the publisher, all, or a list of nodes, not {given!r}.")
    nodes = [node["name"] for node in model.callmanager_nodes(facts)]
    strangers = [str(node) for node in given if node not in nodes]
    if strangers:
        raise InputError(
            f"The CTL Provider cannot be at {', '.join(strangers)}; the nodes are {', '.join(nodes)}."
        )
    return list(given)


def sip_oauth(facts: Facts, given: t.Mapping[str, t.Any] | None) -> Desired | None:
    """Return the desired state of SIP OAuth, with entries and profiles completed from the facts; None if there is none.

    Raises:
        InputError: A key or value cannot be right; the message names it.
    """
    if not given:
        return None
    unknown = sorted(set(given) - _KEYS)
    if unknown:
        raise InputError(f"SIP OAuth has no {', '.join(unknown)}; it has {', '.join(sorted(_KEYS))}.")
    if given.get("mode") not in (words.ENABLED, words.DISABLED):
        raise InputError(
            f"The SIP OAuth mode is {words.ENABLED} or {words.DISABLED}, not {given.get('mode')!r}."
        )
    profiles, problems = _profiles(facts, given.get("profiles") or [])
    roots = _edge_roots(given.get("edge_roots"))
    return Desired(
        mode=given["mode"],
        parameters=_texts(given.get("parameters") or {}),
        ports=_ports(given.get("ports") or {}),
        expressway_c=_expressway_c(facts, given),
        profiles=profiles,
        profile_problems=problems,
        phones=_phones(given.get("clients") or []),
        edge_roots=None if roots is None else [root.sha256 for root in roots],
        edge_root_problems=_root_problems(facts, roots or []),
    )


def _texts(parameters: t.Mapping[str, t.Any]) -> dict[str, str]:
    for name, value in parameters.items():
        if not isinstance(value, str):
            raise InputError(
                f"The parameter {name} must be text, got {value!r}: put the value the cluster stores in quotes."
            )
    # As the module stores them, which strips them too.
    return {name: value.strip() for name, value in parameters.items()}


def _phones(clients: t.Sequence[str]) -> bool | None:
    unknown = sorted(set(clients) - {"jabber", "phones"})
    if unknown:
        raise InputError(f"Clients of SIP OAuth are jabber and phones, not {', '.join(unknown)}.")
    return "phones" in clients if clients else None


def _ports(ports: t.Mapping[str, t.Any]) -> dict[str, int]:
    for name, port in ports.items():
        if name not in words.SIP_OAUTH_PORTS or isinstance(port, bool) or not str(port).isdigit():
            raise InputError(
                f"SIP OAuth ports are {' and '.join(words.SIP_OAUTH_PORTS)}, each a number; {name}: {port!r} is not."
            )
    return {name: int(port) for name, port in ports.items()}


def _expressway_c(facts: Facts, given: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    entries = given.get("expressway_c") or []
    exactly = str(given.get("expressway_c_exactly", False)).lower() in ("true", "yes", "1")
    if not entries and not exactly:
        return {}
    for number, entry in enumerate(entries, 1):
        if not entry.get("host"):
            raise InputError(f"Item {number} of the Expressway-C entries has no host.")
    expressway_c.check(entries)
    state = "exactly" if exactly else "present"
    return expressway_c.wanted(entries, facts.get("expressway_c") or {}, state)


def _profiles(
    facts: Facts, specs: t.Sequence[t.Mapping[str, t.Any]]
) -> tuple[dict[str, t.Any], dict[str, str]]:
    wanted: dict[str, t.Any] = {}
    problems: dict[str, str] = {}
    usage = facts.get("security_profile_usage") or {}
    built_in = [name for name, used in usage.items() if used["built_in"]]
    for number, spec in enumerate(specs, 1):
        name = str(spec.get("name") or "")
        if not name:
            raise InputError(f"Item {number} of the phone security profiles has no name.")
        try:
            wanted[name] = phone_security_profile.wanted(
                spec, facts.get("security_profiles") or {}, facts.get("release") or "", built_in
            )
        except CucmError as error:
            problems[name] = error.message
    phone_security_profile.require_distinct(specs)
    return wanted, problems


def _edge_roots(texts: t.Sequence[str] | None) -> list[chains.Certificate] | None:
    if texts is None:
        return None
    found: list[chains.Certificate] = []
    for number, text in enumerate(texts, 1):
        try:
            found += chains.read(text)
        except chains.Unreadable as error:
            raise InputError(f"Item {number} of the edge roots cannot be used: {error}.") from error
    return found


def _root_problems(facts: Facts, roots: t.Sequence[chains.Certificate]) -> list[str]:
    """Return why roots cannot be used. Checked here because the module would refuse them only after the first change."""
    now = checks.local_now(facts)
    return [
        f"{root.subject} {problem}"
        for root in roots
        for problem in (
            "" if root.ca else "is the certificate of no CA",
            # The publisher's local time; its zone is not told, and a day is no margin to rely on.
            "is not valid now" if now and not root.valid_at(now.replace(tzinfo=UTC)) else "",
        )
        if problem
    ]
