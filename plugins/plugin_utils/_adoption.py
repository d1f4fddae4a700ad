# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn the facts of a cluster into the operator's variables that would change nothing there. Pure; runs in the controller only.

The way back from C(wanted). Nothing here knows what makes a difference: every part is tried, and what a rollout would not
find as it is wanted is left out, with the reason. So this and the rollout cannot drift apart.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import CucmError
from ansible_collections.ucops.cucm.plugins.module_utils._facts import model
from ansible_collections.ucops.cucm.plugins.module_utils._facts.model import Facts
from ansible_collections.ucops.cucm.plugins.module_utils._objects import parameters as stored_parameters
from ansible_collections.ucops.cucm.plugins.module_utils._objects.phone_security_profile import SETTINGS
from ansible_collections.ucops.cucm.plugins.module_utils._security import duties, plan, words
from ansible_collections.ucops.cucm.plugins.module_utils._security import sip_oauth as oauth
from ansible_collections.ucops.cucm.plugins.modules.phone_security_profile import ARGUMENT_SPEC
from ansible_collections.ucops.cucm.plugins.plugin_utils import _wanted as wanted
from ansible_collections.ucops.cucm.plugins.plugin_utils._variables import (
    SECURITY_MODE,
    SIP_OAUTH,
    SIP_OAUTH_MODE,
    sip_oauth_of,
)

# Variable to value, and what is to be said of a variable, written or not.
Part = tuple[dict[str, t.Any], dict[str, list[str]]]

CTL_PROVIDER_NODES, AUTO_REGISTRATION = "cucm_ctl_provider_nodes", "cucm_auto_registration"
CLIENTS, PARAMETERS, PORTS = SIP_OAUTH["clients"], SIP_OAUTH["parameters"], SIP_OAUTH["ports"]
EXPRESSWAY_C, EXACTLY = SIP_OAUTH["expressway_c"], SIP_OAUTH["expressway_c_exactly"]
EDGE_ROOTS, PROFILES = SIP_OAUTH["edge_roots"], SIP_OAUTH["profiles"]
# In the order in which they are written.
ORDER = (SECURITY_MODE, CTL_PROVIDER_NODES, *SIP_OAUTH.values(), AUTO_REGISTRATION)
# What has to be read of a cluster.
SUBSETS = (
    "version",
    "nodes",
    "modes",
    "services",
    "auto_registration",
    "ctl_files",
    "listening",
    "health",
    "parameters",
    "callmanagers",
    "expressway_c",
    "security_profiles",
    "tomcat",
    "trust_stores",
)
_TYPES: dict[str, type] = {"str": str, "bool": bool, "int": int}
_JABBER, _PHONES = "jabber", "phones"


@dataclass(frozen=True)
class Adopted:
    """What a cluster has, as an operator would say it.

    Attributes:
        variables: Variable to value, in the order of ORDER. A rollout with them finds nothing to change.
        remarks: Variable to sentences about it; why it was left out, wholly or in part.
        due: What a rollout would do all the same: the state of the cluster wants it, not what is written.
        unproven: Why a rollout would not call the cluster proven to be as it is said.
    """

    variables: dict[str, t.Any]
    remarks: dict[str, list[str]] = field(default_factory=dict)
    due: list[str] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)


def adopt(facts: Facts) -> Adopted:
    """Return the variables that a cluster has already.

    Args:
        facts: What C(cluster_info) returned, of SUBSETS.
    """
    variables: dict[str, t.Any] = {}
    remarks: dict[str, list[str]] = {}
    for said, about in (_security_mode(facts), _sip_oauth(facts), _auto_registration(facts)):
        variables.update(said)
        remarks.update(about)
    variables = {name: variables[name] for name in ORDER if name in variables}
    due, unproven = _state(facts, variables)
    return Adopted(variables, {name: remarks[name] for name in ORDER if remarks.get(name)}, due, unproven)


def _state(facts: Facts, variables: t.Mapping[str, t.Any]) -> tuple[list[str], list[str]]:
    """Return what a rollout would do all the same, and what would keep it from calling the cluster proven."""
    mode = variables.get(SECURITY_MODE)
    desired = wanted.sip_oauth(facts, sip_oauth_of(variables))
    operations = plan.plan(
        facts,
        mode,
        ctl_provider_nodes=variables.get(CTL_PROVIDER_NODES, "publisher"),
        sip_oauth=desired,
    )
    # Why a restart is due has times in it that are told a second earlier or later each time, and would change the file.
    due = [
        f"{each['node']}: {each['action']}"
        + ("" if each["module"] == "service_control" else f" ({each['why']})")
        for each in operations
    ]
    # What an operation settles is told with the operation.
    told = {f"{each.get('service')} at {each['node']}" for each in operations}
    told |= {"CTL update due"} if any(each["module"] == "ctl_file" for each in operations) else set()
    unproven = [each["text"] for each in plan.findings(facts, mode, desired) if each["finding"] not in told]
    if SECURITY_MODE not in variables and SIP_OAUTH_MODE not in variables:
        unproven.append(
            f"Neither {SECURITY_MODE} nor {SIP_OAUTH_MODE} is written, and a rollout needs one of them."
        )
    return due, unproven


# -- the cluster security mode ---------------------------------------------------------------------------


def _security_mode(facts: Facts) -> Part:
    mode = facts.get("security_mode")
    if mode not in (words.MIXED, words.NON_SECURE):
        return {}, {SECURITY_MODE: [f"Left out: it could not be read ({_why_unread(facts, 'modes')})."]}
    if mode == words.NON_SECURE:
        return {SECURITY_MODE: mode}, {}
    publisher = model.publisher_name(facts)
    capf = duties.service(facts, publisher, words.CAPF)
    if capf is not None and not capf["activated"]:
        why = (
            f"Left out: the cluster is mixed, and {words.CAPF} is not activated at {publisher}. With mixed a rollout would "
            "activate it and write the CTL file anew. Write mixed when that is wanted."
        )
        return {}, {SECURITY_MODE: [why]}
    listed = {
        node["name"]: state["activated"]
        for node in model.callmanager_nodes(facts)
        for state in [duties.service(facts, node["name"], words.CTL_PROVIDER)]
        if state is not None
    }
    return {SECURITY_MODE: mode, **_ctl_provider_nodes(listed, publisher)}, {}


def _ctl_provider_nodes(listed: t.Mapping[str, bool], publisher: str) -> dict[str, t.Any]:
    """Return where the CTL Provider is activated, nothing where no node lists it."""
    if not listed:
        return {}
    active = [node for node, activated in listed.items() if activated]
    if active == [publisher]:
        return {CTL_PROVIDER_NODES: "publisher"}
    return {CTL_PROVIDER_NODES: "all" if len(active) == len(listed) else active}


def _auto_registration(facts: Facts) -> Part:
    told = facts.get("auto_registration") or {}
    if not told or None in told.values():
        why = _why_unread(facts, "auto_registration")
        return {}, {AUTO_REGISTRATION: [f"Left out: not every CallManager shows it ({why})."]}
    on = sorted(name for name, enabled in told.items() if enabled)
    remark = [f"Enabled on {', '.join(on)} alone."] if 0 < len(on) < len(told) else []
    return {AUTO_REGISTRATION: words.ENABLED if on else words.DISABLED}, {AUTO_REGISTRATION: remark}


# -- SIP OAuth -------------------------------------------------------------------------------------------


def _sip_oauth(facts: Facts) -> Part:
    mode = facts.get("sip_oauth_mode")
    if mode == words.ABSENT:
        return {}, {SIP_OAUTH_MODE: [f"Left out: release {facts.get('release')} has no SIP OAuth."]}
    if mode == words.DISABLED:
        return _disabled(facts)
    if mode != words.ENABLED:
        why = _why_unread(facts, "modes")
        return {}, {SIP_OAUTH_MODE: [f"Left out: it could not be read ({why})."]}
    variables: dict[str, t.Any] = {SIP_OAUTH_MODE: mode}
    remarks: dict[str, list[str]] = {}
    for part in (_clients, _parameters, _ports, _expressway_c, _profiles):
        said, about = part(facts)
        variables.update(said)
        remarks.update(about)
    if _PHONES in variables[CLIENTS]:
        said, about = _edge_roots(facts)
        variables.update(said)
        remarks.update(about)
    return variables, remarks


def _disabled(facts: Facts) -> Part:
    desired = oauth.Desired(words.DISABLED)
    back = [
        each["action"]
        for each in oauth.before_restarts(facts, desired) + oauth.after_restarts(facts, desired)
    ]
    # A rollout that can read it may take it back.
    back += [
        f"judge {item['kind']} {item['name']}, which was not read" for item in oauth.unread_records(facts)
    ]
    no_record = (facts.get("unavailable") or {}).get("unsettled")
    back += [f"judge what is recorded, which was not read ({no_record})"] if no_record else []
    if back:
        why = (
            "Left out: SIP OAuth is disabled, but not all that was recorded when it was enabled is undone. With disabled "
            f"a rollout would: {'; '.join(back)}. Write disabled when that is wanted."
        )
        return {}, {SIP_OAUTH_MODE: [why]}
    remark = "Parameters, ports, Expressway-C entries and profiles are no part of it while it is disabled: not written."
    return {SIP_OAUTH_MODE: words.DISABLED}, {SIP_OAUTH_MODE: [remark]}


def _amiss(facts: Facts, **more: t.Any) -> list[str]:
    """Return what a rollout would find amiss because it is told more than that SIP OAuth is enabled."""
    least = {"mode": words.ENABLED, "clients": [_JABBER]}
    try:
        found = _findings(facts, {**least, **more})
    except CucmError as error:
        return [error.message.rstrip(".")]
    usual = _findings(facts, least)
    return [line for line in found if line not in usual]


def _findings(facts: Facts, given: t.Mapping[str, t.Any]) -> list[str]:
    desired = wanted.sip_oauth(facts, given)
    found = oauth.findings(facts, desired) if desired is not None else []
    return [f"{each['finding']}: {each['seen']}" for each in found]


def _clients(facts: Facts) -> Part:
    if oauth.major(facts) < 14:
        remark = [] if oauth.major(facts) else ["Without phones: the release is not known."]
        return {CLIENTS: [_JABBER]}, {CLIENTS: remark}
    both = [_JABBER, _PHONES]
    amiss = _amiss(facts, clients=both)
    if not amiss:
        return {CLIENTS: both}, {}
    return {CLIENTS: [_JABBER]}, {
        CLIENTS: [f"Without phones: with them a rollout would miss: {'; '.join(amiss)}."]
    }


def _parameters(facts: Facts) -> Part:
    return _each(
        facts,
        PARAMETERS,
        "parameters",
        {
            name: value
            for name, value in (facts.get("parameters") or {}).items()
            # The mode's own variable is its place.
            if name.lower() not in stored_parameters.CLI_ONLY
        },
        lambda name, value: {"parameters": {name: value}},
    )


def _ports(facts: Facts) -> Part:
    callmanagers = facts.get("callmanagers") or {}
    same: dict[str, int] = {}
    remarks = []
    for name in words.SIP_OAUTH_PORTS:
        by_node = {node: found["ports"].get(name) for node, found in callmanagers.items()}
        if len(set(by_node.values())) > 1:
            told = ", ".join(f"{node}: {port}" for node, port in sorted(by_node.items()))
            remarks.append(f"{name} is left out: it is not the same on every node ({told}).")
        elif None not in by_node.values():
            same.update(dict.fromkeys([name] if by_node else [], next(iter(by_node.values()), 0)))
    variables, about = _each(facts, PORTS, "callmanagers", same, lambda name, port: {"ports": {name: port}})
    return variables, {PORTS: [*remarks, *about[PORTS]]}


def _each(
    facts: Facts,
    variable: str,
    subset: str,
    items: t.Mapping[str, t.Any],
    said: t.Callable[[str, t.Any], dict[str, t.Any]],
) -> Part:
    """Return a variable with those items that a rollout would find as they are, and what to say of the others."""
    unread = oauth.unread(facts, subset)
    if unread:
        return {}, {variable: [f"Left out: {'; '.join(unread.values())}."]}
    kept: dict[str, t.Any] = {}
    remarks = []
    for name in sorted(items):
        amiss = _amiss(facts, **said(name, items[name]))
        if amiss:
            remarks.append(f"{name} is left out: {'; '.join(amiss)}.")
        else:
            kept[name] = items[name]
    return {variable: kept}, {variable: remarks}


def _expressway_c(facts: Facts) -> Part:
    entries = {
        key: {
            "host": entry.get("host", key),
            **{part: entry[part] for part in ("description", "subject_names")},
        }
        for key, entry in (facts.get("expressway_c") or {}).items()
    }
    variables, remarks = _each(
        facts, EXPRESSWAY_C, "expressway_c", entries, lambda key, entry: {"expressway_c": [entry]}
    )
    if EXPRESSWAY_C not in variables:
        return {}, remarks
    kept = list(variables[EXPRESSWAY_C].values())
    together = _amiss(facts, expressway_c=kept)
    if together:
        return {}, {EXPRESSWAY_C: [*remarks[EXPRESSWAY_C], f"Left out: {'; '.join(together)}."]}
    # True would remove what cannot be written.
    exactly = not _amiss(facts, expressway_c=kept, expressway_c_exactly=True)
    return {EXPRESSWAY_C: kept, EXACTLY: exactly}, remarks


def _profiles(facts: Facts) -> Part:
    usage = facts.get("security_profile_usage") or {}
    specs: dict[str, dict[str, t.Any]] = {}
    odd: list[str] = []
    for name, state in sorted((facts.get("security_profiles") or {}).items()):
        if state.get("sip_oauth") and not usage.get(name, {}).get("built_in"):
            settings = {key: state[key] for key in SETTINGS if state.get(key) is not None}
            specs[name] = {key: value for key, value in settings.items() if _fits(key, value)}
            odd += [
                f"{key} of {name} is left out: it is {value}, which {PROFILES} has no word for."
                for key, value in settings.items()
                if key not in specs[name]
            ]
    variables, remarks = _each(
        facts,
        PROFILES,
        "security_profiles",
        specs,
        lambda name, spec: {"profiles": [{"name": name, **spec}]},
    )
    written = {
        key: [{"name": name, **spec} for name, spec in value.items()] for key, value in variables.items()
    }
    return written, {PROFILES: [*remarks[PROFILES], *odd]}


def _fits(setting: str, value: t.Any) -> bool:
    """Tell whether the module would take a value that the cluster has; it may know others."""
    spec = ARGUMENT_SPEC[setting]
    wanted_type = _TYPES[spec["type"]]
    right = isinstance(value, wanted_type) and isinstance(value, bool) == (wanted_type is bool)
    return right and value in spec.get("choices", [value])


def _edge_roots(facts: Facts) -> Part:
    stores = facts["trust_stores"]
    of_tomcat = {unit["root"] for units in stores["tomcat"].values() for unit in units.values() if unit}
    others = [each for each in stores["phone_edge"] or [] if each["sha256"] not in of_tomcat]
    if not all(each.get("pem") for each in others):
        why = "Left out: the facts do not have the certificates of phone-edge trust themselves."
        return {}, {EDGE_ROOTS: [why]}
    roots, remarks = [], []
    for each in sorted(others, key=lambda certificate: certificate["sha256"]):
        problem = _root_problem(facts, each)
        if problem:
            remarks.append(f"Certificate {each['sha256']} is left out, and stays in the store: {problem}.")
        else:
            roots.append(each["pem"])
    return {EDGE_ROOTS: roots}, {EDGE_ROOTS: remarks}


def _root_problem(facts: Facts, certificate: Facts) -> str:
    given = {"mode": words.ENABLED, "edge_roots": [certificate["pem"]]}
    try:
        desired = wanted.sip_oauth(facts, given)
    except CucmError as error:
        return error.message.rstrip(".")
    return "; ".join(desired.edge_root_problems) if desired is not None else ""


def _why_unread(facts: Facts, subset: str) -> str:
    unavailable = facts.get("unavailable") or {}
    return unavailable.get(subset) or "what it says is not known"
