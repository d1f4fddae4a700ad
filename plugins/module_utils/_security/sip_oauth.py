# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration that SIP OAuth mode requires beside the mode itself, and how it is undone. PRIVATE to the collection.

Pure. The order follows the feature guide (cli-facts 3.3): parameters, ports, Expressway-C, the mode, restarts,
profiles. Only the phone trust certificates, whose upload cannot be undone, come right before the mode and after everything
that may be refused. Disabling runs in reverse, and restores what was recorded when SIP OAuth was enabled.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._base.release import parse
from .._facts import model
from .._facts.model import Facts
from . import dialogue
from .words import ABSENT, DISABLED, ENABLED, SIP_OAUTH_PORTS, counted

Operation = dict[str, t.Any]
# The name under which the roles record their changes for SIP OAuth.
PURPOSE = "sip_oauth"
# The kinds of recorded objects, by module name, in the order of enabling.
PARAMETER, PORTS, EXPRESSWAY_C, PROFILE = (
    "enterprise_parameter",
    "callmanager_ports",
    "expressway_c",
    "phone_security_profile",
)
REFRESH_LOGIN = "oAuthWithRefreshLoginFlow"
_ENTERPRISE = "Enterprise Wide/"
_SOMEBODY = "someone else changed it since"
# The fact that holds the objects of a kind.
_SUBSETS = {
    PARAMETER: "parameters",
    PORTS: "callmanagers",
    EXPRESSWAY_C: "expressway_c",
    PROFILE: "security_profiles",
}
_CLOSE = "close the record of"
# Keyed by whether an object is wanted and whether it exists.
_VERBS = {(True, True): "change", (True, False): "add", (False, True): "remove"}
_REASONS = {(True, True): "it differs", (True, False): "there is none", (False, True): "it is not wanted"}


@dataclass(frozen=True)
class Desired:
    """The desired state of SIP OAuth; an empty value or None leaves the current state.

    Attributes:
        mode: C(enabled) or C(disabled).
        parameters: Enterprise parameters and the values to store.
        ports: C(sip_oauth) and C(sip_oauth_mra), the same on every node.
        expressway_c: Key of an Expressway-C entry to the desired entry; None if it must not exist.
        profiles: Name to the desired phone security profile, in the form the modules read.
        profile_problems: Why a desired profile cannot be created, by name.
        phones: Whether to serve phones and not only Jabber; None means whatever the release can serve.
        edge_roots: SHA-256 fingerprints of the additional roots that phones must trust, those of Expressway-E; None if the
            operator did not set them.
        edge_root_problems: Why some of these roots cannot be used.
    """

    mode: str
    parameters: t.Mapping[str, str] = field(default_factory=dict)
    ports: t.Mapping[str, int] = field(default_factory=dict)
    expressway_c: t.Mapping[str, t.Any] = field(default_factory=dict)
    profiles: t.Mapping[str, t.Any] = field(default_factory=dict)
    profile_problems: t.Mapping[str, str] = field(default_factory=dict)
    phones: bool | None = None
    edge_roots: t.Sequence[str] | None = None
    edge_root_problems: t.Sequence[str] = ()

    def serves_phones(self, facts: Facts) -> bool:
        """Return whether to serve phones: as requested, or else whether the release can."""
        return major(facts) >= 14 if self.phones is None else self.phones


def major(facts: Facts) -> int:
    """Return the major release, 0 when it is not known."""
    return parse(model.value(facts, model.RELEASE)).major


def before_restarts(facts: Facts, desired: Desired) -> list[Operation]:
    """Return the operations before the restart of CallManager, in order."""
    if desired.mode == DISABLED:
        return [*_taken_back(facts, PROFILE), *_mode(facts, desired)]
    return [
        *_parameters(facts, desired),
        *_ports(facts, desired),
        *_expressway_c(facts, desired),
        *_trust(facts, desired),
        *_mode(facts, desired),
    ]


def after_restarts(facts: Facts, desired: Desired) -> list[Operation]:
    """Return the operations after the restart of CallManager, in order."""
    if desired.mode == DISABLED:
        return [
            operation for kind in (EXPRESSWAY_C, PORTS, PARAMETER) for operation in _taken_back(facts, kind)
        ]
    return _profiles(facts, desired)


def restarts_callmanager(facts: Facts, desired: Desired) -> bool:
    """Return whether the operations make a restart of every CallManager due."""
    return bool(_mode(facts, desired)) or (desired.mode == ENABLED and bool(_ports(facts, desired)))


def opens(facts: Facts, node: str) -> list[int]:
    """Return the ports that the CallManager of a node opens for SIP OAuth when it starts now."""
    if model.value(facts, model.SIP_OAUTH_MODE) != ENABLED:
        return []
    found = model.under(facts, model.CALLMANAGERS, node)
    ports = [found["ports"][name] for name in SIP_OAUTH_PORTS] if found else []
    return [port for port in ports if port]


def trusted_roots(facts: Facts) -> set[str]:
    """Return the fingerprints in the phone-edge store; none when it was not read."""
    stores = model.value(facts, model.TRUST_STORES)
    return {certificate["sha256"] for certificate in (stores["phone_edge"] if stores else None) or []}


def missing_roots(facts: Facts, desired: Desired) -> list[str]:
    """Return the fingerprints that phones must trust and the phone-edge store lacks."""
    stores = model.value(facts, model.TRUST_STORES)
    wanted = [
        unit["root"]
        for units in (stores["tomcat"] if stores else {}).values()
        for unit in units.values()
        if unit and unit["root"]
    ]
    return sorted({*wanted, *(desired.edge_roots or ())} - trusted_roots(facts))


def closes(operation: Operation) -> bool:
    """Return whether an operation changes only the record and not the cluster."""
    return str(operation["action"]).startswith(_CLOSE)


def kept(facts: Facts) -> list[str]:
    """Return the recorded objects that are not restored now, as lines with the reason."""
    return [
        f"{item['kind']} {item['name']} stays unchanged: {reason}."
        for item in recorded(facts)
        for reason in [_why_kept(facts, item)]
        if reason
    ]


def phones_with(facts: Facts, profile: str) -> int:
    """Return how many phones have a security profile; none when that was not read."""
    usage = model.under(facts, model.SECURITY_PROFILE_USAGE, profile)
    return usage["phones"] if usage else 0


def phones_on_sip_oauth(facts: Facts) -> dict[str, int]:
    """Return how many phones each profile with SIP OAuth has, where it has any."""
    usage = model.value(facts, model.SECURITY_PROFILE_USAGE) or {}
    return {
        name: usage[name]["phones"]
        for name, state in (model.value(facts, model.SECURITY_PROFILES) or {}).items()
        if state.get("sip_oauth") and name in usage and usage[name]["phones"]
    }


def findings(facts: Facts, desired: Desired, told: t.Collection[str] = ()) -> list[dict[str, t.Any]]:
    """Return the findings against the desired state; empty if the state is proven.

    C(told) holds keys of C(unavailable) whose reasons were already reported.
    """
    found: list[dict[str, t.Any]] = []
    mode = model.value(facts, model.SIP_OAUTH_MODE)
    if mode != desired.mode and not (mode == ABSENT and desired.mode == DISABLED):
        found.append(finding("SIP OAuth mode in the database", desired.mode, mode))
    if mode == ABSENT:
        return found
    for subset in needed(facts, desired):
        found += [
            finding(key, "readable", why) for key, why in unread(facts, subset).items() if key not in told
        ]
    if desired.mode == ENABLED:
        found += [
            finding(f"phone security profile {name}", "possible", problem)
            for name, problem in desired.profile_problems.items()
        ]
        found += [finding(line, "a root certificate", "none known") for line in _rootless(facts, desired)]
    for operation in [*before_restarts(facts, desired), *after_restarts(facts, desired)]:
        if operation["module"] != "sip_oauth_mode":
            found.append(finding(operation["action"], "done", operation["why"]))
    return found


def unread(facts: Facts, subset: str) -> dict[str, str]:
    """Return what of a subset was not read, with the reason; empty when all of it was."""
    unavailable = model.value(facts, model.UNAVAILABLE) or {}
    reasons = {key: why for key, why in unavailable.items() if key == subset or key.startswith(f"{subset}.")}
    return reasons or ({} if subset in facts else {subset: "not read"})


def needed(facts: Facts, desired: Desired) -> list[str]:
    """Return the subsets that are required to prove the desired state."""
    subsets = ["callmanagers", "listening"]
    if desired.mode == DISABLED:
        return subsets + sorted({_SUBSETS[item["kind"]] for item in recorded(facts)} - set(subsets))
    subsets.append("tomcat")
    subsets += ["parameters"] if desired.parameters else []
    subsets += ["expressway_c"] if desired.expressway_c else []
    subsets += ["security_profiles"] if desired.profiles else []
    return subsets + (["trust_stores"] if desired.serves_phones(facts) else [])


def _rootless(facts: Facts, desired: Desired) -> list[str]:
    stores = model.value(facts, model.TRUST_STORES)
    return [
        f"{unit} of {node}"
        for node, units in (stores["tomcat"] if stores else {}).items()
        for unit, certificate in units.items()
        if desired.serves_phones(facts) and certificate and not certificate["root"]
    ]


def finding(what: str, expected: t.Any, seen: t.Any) -> dict[str, t.Any]:
    """Return a finding: the thing checked, the expected value, the seen value, and all of it as a line."""
    return {
        "finding": what,
        "expected": expected,
        "seen": seen,
        "text": f"{what}: expected {expected}, seen {seen}",
    }


def _operation(facts: Facts, module: str, action: str, why: str, **more: t.Any) -> Operation:
    node = more.pop("node", model.publisher_name(facts))
    return {"module": module, "node": node, "action": action, "why": why, "disrupts": False, **more}


def _mode(facts: Facts, desired: Desired) -> list[Operation]:
    mode = model.value(facts, model.SIP_OAUTH_MODE)
    if mode in (desired.mode, ABSENT):
        return []
    action = dialogue.SIP_OAUTH[desired.mode]
    return [_operation(facts, "sip_oauth_mode", action, f"SIP OAuth mode is {mode}")]


def _trust(facts: Facts, desired: Desired) -> list[Operation]:
    missing = missing_roots(facts, desired) if desired.serves_phones(facts) else []
    if not missing:
        return []
    action = f"let phones trust {len(missing)} root certificate(s)"
    return [_operation(facts, "trust_certificate", action, "phone-edge trust lacks " + ", ".join(missing))]


def _parameters(facts: Facts, desired: Desired) -> list[Operation]:
    stored = model.value(facts, model.PARAMETERS) or {}
    return [
        _operation(facts, PARAMETER, f"set {name} to {value}", f"it is {stored.get(name)}", name=name)
        for name, value in desired.parameters.items()
        if stored.get(name) != value
    ]


def _ports(facts: Facts, desired: Desired) -> list[Operation]:
    operations = []
    for node, callmanager in (model.value(facts, model.CALLMANAGERS) or {}).items():
        differing = {
            name: port for name, port in desired.ports.items() if callmanager["ports"].get(name) != port
        }
        if differing:
            action = "set " + ", ".join(f"{name} port to {port}" for name, port in differing.items())
            now = ", ".join(f"{name} is {callmanager['ports'].get(name)}" for name in differing)
            operations.append(_operation(facts, PORTS, action, now, node=node))
    return operations


def _expressway_c(facts: Facts, desired: Desired) -> list[Operation]:
    present = model.value(facts, model.EXPRESSWAY_C) or {}
    return [
        _operation(
            facts,
            EXPRESSWAY_C,
            f"{_VERBS[entry is not None, host in present]} Expressway-C {host}",
            _REASONS[entry is not None, host in present],
        )
        for host, entry in desired.expressway_c.items()
        if present.get(host) != entry
    ]


def _profiles(facts: Facts, desired: Desired) -> list[Operation]:
    present = model.value(facts, model.SECURITY_PROFILES) or {}
    return [
        _operation(
            facts,
            PROFILE,
            f"{_VERBS[True, name in present]} phone security profile {name}",
            _REASONS[True, name in present],
            name=name,
        )
        for name, state in desired.profiles.items()
        if present.get(name) != state
    ]


def recorded(facts: Facts) -> list[Facts]:
    """Return the recorded changes for SIP OAuth that are not undone yet."""
    return [item for item in model.value(facts, model.RECORDED) or [] if item["purpose"] == PURPOSE]


def unread_records(facts: Facts) -> list[Facts]:
    """Return the recorded changes that cannot be compared with the present state, because it was not read."""
    return [item for item in recorded(facts) if unread(facts, _SUBSETS[item["kind"]])]


def _taken_back(facts: Facts, kind: str) -> list[Operation]:
    """Return the operations that restore recorded objects of a kind, or close the record of one that is not restored."""
    operations = []
    for item in recorded(facts):
        if item["kind"] != kind or unread(facts, _SUBSETS[kind]) or _in_use(facts, item):
            continue
        name, now = item["name"], _present(facts, item)
        if now == item["before"]:
            action, why = f"{_CLOSE} {kind} {name}", "it is what it was before"
        elif now not in item["steps"]:
            action, why = f"{_CLOSE} {kind} {name}", _SOMEBODY
        else:
            verb = "remove" if item["before"] is None else "bring back"
            action, why = f"{verb} {kind} {name}", "it was changed when SIP OAuth was enabled"
        operations.append(_operation(facts, kind, action, why, name=name))
    return operations


def _why_kept(facts: Facts, item: Facts) -> str | None:
    if unread(facts, _SUBSETS[item["kind"]]):
        return "it could not be read"
    now = _present(facts, item)
    if now == item["before"]:
        return None
    return _in_use(facts, item) or (_SOMEBODY if now not in item["steps"] else None)


def _in_use(facts: Facts, item: Facts) -> str | None:
    if item["kind"] != PROFILE or _present(facts, item) == item["before"]:
        return None
    phones = phones_with(facts, item["name"])
    return f"it is used by {counted(phones, 'phone')}" if phones else None


def _present(facts: Facts, item: Facts) -> t.Any:
    """Return the present state of a recorded object, in the form of the record."""
    kind, name = item["kind"], item["name"]
    if kind == PARAMETER:
        return (model.value(facts, model.PARAMETERS) or {}).get(name.removeprefix(_ENTERPRISE))
    if kind == PORTS:
        found = model.under(facts, model.CALLMANAGERS, name)
        return {key: found["ports"][key] for key in SIP_OAUTH_PORTS} if found else None
    subset = "expressway_c" if kind == EXPRESSWAY_C else "security_profiles"
    return (facts.get(subset) or {}).get(name)
