# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From facts and a desired state to the operations of a rollout. PRIVATE to the collection.

Pure. The plan before a change is a prediction; what is due after the change is read again from the cluster.
"""

from __future__ import annotations

import typing as t

from .._facts import model
from .._facts.model import Facts
from . import ctl_updates, dialogue, duties, phone_resets, rules, unread
from . import sip_oauth as oauth
from .words import CALLMANAGER, CAPF, CTL_PROVIDER, CTL_READERS, DISABLED, ENABLED, MIXED, RESTARTED

Operation = dict[str, t.Any]
# The facts that show whether a service has been up since before its CTL file was modified.
_DECIDE_RESTARTS = ("services", "ctl_files")
_SETTLE = "determine the outcome of an earlier answer"
_WAIT = "wait for"
_BY_DEVICE = "Of these, only the services that the device names after the change are restarted (cucm_ctl_restarts: named)."
_UNSETTLED = "it was sent and its outcome not confirmed"


def plan(
    facts: Facts,
    security_mode: str | None,
    *,
    ctl_provider_nodes: str | t.Sequence[str] = "publisher",
    sip_oauth: oauth.Desired | None = None,
    repeat_ctl_update: bool = False,
) -> list[Operation]:
    """Return the operations that bring the cluster to the desired state, in order; empty if there is nothing to do.

    The two modes are independent; the restarts that either makes due are done once.

    Args:
        facts: The result of C(cluster_info).
        security_mode: C(mixed) or C(non_secure); None leaves it unchanged.
        ctl_provider_nodes: Where to activate the CTL Provider: C(publisher), C(all), or names of nodes (Cisco's guides differ).
        sip_oauth: The desired state of SIP OAuth; None leaves it unchanged.
        repeat_ctl_update: Whether to update the CTL file again although its last update left the reasons for it.

    Returns:
        Each operation: the C(module) that does it, C(node), C(action) in words, C(why), C(disrupts) (whether it affects phones
        or applications), and C(service) for work on a service.
    """
    operations = _activations(facts, ctl_provider_nodes) if security_mode == MIXED else []
    capf_comes = any(operation["action"] == f"activate {CAPF}" for operation in operations)
    publisher = model.publisher_name(facts)
    differs = security_mode is not None and model.value(facts, model.SECURITY_MODE) != security_mode
    if differs and security_mode is not None:
        why = f"the cluster is {facts.get('security_mode')}"
        operations.append(_operation("security_mode", publisher, dialogue.SET_CLUSTER[security_mode], why))
    elif model.value(facts, model.UNSETTLED):
        # The module settles whatever was sent, and does nothing more when the mode is right then.
        module = "sip_oauth_mode" if security_mode is None else "security_mode"
        operations.append(_operation(module, publisher, _SETTLE, _UNSETTLED))
    update = ctl_updates.due(facts, repeat_ctl_update)
    if capf_comes:
        update = [*update, "CAPF is activated after the mode was changed"]
    updates = bool(update) and security_mode == MIXED and not differs
    unsettled = model.value(facts, model.UNSETTLED)
    rewrites = differs or updates or bool(unsettled)
    if updates:
        operations.append(_operation("ctl_file", publisher, dialogue.UPDATE_CTL, "; ".join(update)))
    if sip_oauth is None:
        return operations + _shared_restarts(facts, rewrites, reopens=False)
    operations += oauth.before_restarts(facts, sip_oauth)
    reopens = oauth.restarts_callmanager(facts, sip_oauth)
    return operations + _shared_restarts(facts, rewrites, reopens) + oauth.after_restarts(facts, sip_oauth)


def controls_service(operation: Operation) -> bool:
    """Return whether an operation activates or restarts a service by Control Center; a wait for a service only reads."""
    return operation["module"] in ("service_activation", "service_control") and not str(
        operation["action"]
    ).startswith(_WAIT)


def undecided(facts: Facts) -> list[str]:
    """Return the undecided restarts as lines: no node may be touched until all are decided."""
    by_cause = undecided_by_cause(facts)
    return [f"{cause}. {sentence}" for cause, sentence in by_cause.items()] + undecided_alone(facts)


def undecided_by_cause(facts: Facts) -> dict[str, str]:
    """Return the restarts that are undecided because a node cannot be reached: a sentence by the cause's line."""
    unknown = _unknown_restarts(facts)
    services = {
        cause.line: dict.fromkeys(duty["service"] for duty in unknown if _rests_on(duty, cause.keys))
        for cause in unread.common(facts, *_DECIDE_RESTARTS)
    }
    return {
        cause: f"It is not known whether {', '.join(names)} there {'is' if len(names) == 1 else 'are'} due for a restart."
        for cause, names in services.items()
        if names
    }


def undecided_alone(facts: Facts) -> list[str]:
    """Return the restarts that are undecided for any other reason, as lines."""
    told = _keys(unread.common(facts, *_DECIDE_RESTARTS))
    return [
        f"It is not known whether {duty['service']} at {duty['node']} is due for a restart: {duty['why']}."
        for duty in _unknown_restarts(facts)
        if not _rests_on(duty, told)
    ]


def _unknown_restarts(facts: Facts) -> list[Facts]:
    return [duty for duty in duties.restart_duties(facts) if duty["state"] == "unknown"]


def _keys(causes: t.Iterable[unread.Cause]) -> frozenset[str]:
    return frozenset(key for cause in causes for key in cause.keys)


def _rests_on(duty: Facts, keys: t.Collection[str]) -> bool:
    """Return whether a restart is undecided because facts under these keys are missing."""
    return any(key in keys for subset in _DECIDE_RESTARTS for key in (subset, f"{subset}.{duty['node']}"))


def unsettled(facts: Facts) -> list[str]:
    """Return the unconfirmed commands as lines: the restarts they make due are unknown until they are settled."""
    return [
        f"The outcome of {item['command']} is not known: it was sent and not confirmed. Run the rollout without leaving "
        "out the tag apply, which settles it."
        for item in model.value(facts, model.UNSETTLED) or []
    ]


def still_on_their_way(operations: t.Sequence[Operation]) -> list[str]:
    """Return the services still starting or stopping after the wait, as lines: no node may be touched meanwhile."""
    return [
        f"{operation['service']} at {operation['node']} is starting or stopping again: {operation['why']}."
        for operation in operations
        if not operation["disrupts"]
    ]


def up(facts: Facts) -> list[dict[str, str]]:
    """Return the running services that read the CTL file, each with its node."""
    return [
        {"node": node["name"], "service": name}
        for node in model.callmanager_nodes(facts)
        for name in CTL_READERS
        if duties.started(facts, node["name"], name)
    ]


def gone_down(before: t.Iterable[t.Mapping[str, str]], now: Facts) -> list[str]:
    """Return the services that were up before (each with its node) and no longer are, as lines."""
    return [
        f"{each['service']} at {each['node']} was up and is now {'not readable' if state is None else state['status']}."
        for each in before
        for state in [duties.service(now, each["node"], each["service"])]
        if state is None or state["status"] != "Started"
    ]


def restarts(facts: Facts) -> list[Operation]:
    """Return only the restarts that are due now, and the waits for services that are starting or stopping."""
    return _restarts(facts)


def missing_consents(
    operations: t.Sequence[Operation], facts: Facts, given: t.Mapping[str, bool]
) -> list[str]:
    """Return the missing requirements of the operations beside the checks, as lines for a person: consents absent from ``given``
    (consent to true), and a place for the record."""
    missing = []
    if any(operation["disrupts"] for operation in operations) and not given.get("restarts"):
        missing.append(
            "cucm_consent_to_restarts: the plan restarts services, and phones lose their registration meanwhile. "
            "Set it to true to allow this."
        )
    restarted = {
        operation["node"]
        for operation in operations
        if operation["disrupts"] and operation["service"] == CALLMANAGER
    }
    running = {
        node["name"]
        for node in model.callmanager_nodes(facts)
        for state in [duties.service(facts, node["name"], CALLMANAGER)]
        if state is not None and state["activated"] and state["status"] == "Started"
    }
    # A service that is starting is waited for before anything is restarted; if it never comes up, nothing is restarted.
    running |= {
        operation["node"]
        for operation in operations
        if operation["module"] == "service_control"
        and operation["service"] == CALLMANAGER
        and not operation["disrupts"]
    }
    if restarted and len(running) <= 1 and not given.get("outage"):
        silent = sorted(
            node["name"]
            for node in model.callmanager_nodes(facts)
            if duties.service(facts, node["name"], CALLMANAGER) is None and node["name"] not in running
        )
        alone = ", ".join(sorted(running | restarted))
        missing.append(
            f"cucm_consent_to_outage: it is not known whether CallManager runs at {', '.join(silent)}; if it does not, restarting it at "
            f"{alone} leaves phones without a server. Make the services readable first, or set it to true to accept an outage."
            if silent
            else f"cucm_consent_to_outage: {alone} is the only node running CallManager, so all phones lose registration. "
            "Set it to true to allow this."
        )
    record = model.value(facts, model.STATE_DIR)
    if operations and record and record["unwritable"]:
        missing.append(
            f"cucm_state_dir: {record['path']} cannot be written ({record['unwritable']}). Set it to a directory that survives the run."
        )
    return missing


def _operation(module: str, node: str, action: str, why: str, **more: t.Any) -> Operation:
    return {"module": module, "node": node, "action": action, "why": why, "disrupts": False, **more}


def _activations(facts: Facts, ctl_provider_nodes: str | t.Sequence[str]) -> list[Operation]:
    wanted = [(model.publisher_name(facts), CAPF)]
    wanted += [(node, CTL_PROVIDER) for node in duties.provider_nodes(facts, ctl_provider_nodes)]
    operations = []
    for node, name in wanted:
        state = duties.service(facts, node, name)
        # A node that does not list the CTL Provider does not have it (release 15 may not): this is not a failure.
        if state is None:
            continue
        if not state["activated"]:
            operations.append(_activation(node, name, f"activate {name}", "it is not activated"))
        elif state["status"] not in ("Started", "Stopped"):
            # The CTL file gets a CAPF record only if CAPF is up when the file is written.
            operations.append(_activation(node, name, f"{_WAIT} {name}", f"it is {state['status']}"))
    return operations


def _activation(node: str, name: str, action: str, why: str) -> Operation:
    return _operation("service_activation", node, action, why, service=name)


def _restart(node: str, name: str, why: str, **more: t.Any) -> Operation:
    return _operation(
        "service_control",
        node,
        f"restart {name}",
        why,
        **{"service": name, "disrupts": True, "started_at": None, "listens_on": [], **more},
    )


def _shared_restarts(facts: Facts, rewrites: bool, reopens: bool) -> list[Operation]:
    """Return the restarts of both modes, each service of a node once, after the waits for services that are starting or stopping."""
    # If the CTL file is rewritten, a restart of every service that reads it is predicted.
    due = [each for each in _restarts(facts) if not rewrites or each["service"] not in CTL_READERS]
    predicted = _predicted_restarts(facts) if rewrites else []
    if reopens:
        predicted += _predicted_restarts(
            facts, rules.SIP_OAUTH_MODE, "it opens and closes its SIP OAuth ports at its start"
        )
    restarts = {
        (operation["service"], operation["node"]): operation
        for operation in [*predicted, *(operation for operation in due if operation["disrupts"])][::-1]
    }
    order = [node["name"] for node in model.callmanager_nodes(facts)]
    return [operation for operation in due if not operation["disrupts"]] + sorted(
        restarts.values(),
        key=lambda operation: (RESTARTED.index(operation["service"]), order.index(operation["node"])),
    )


def _predicted_restarts(
    facts: Facts,
    change: str = rules.CTL_FILE,
    why: str = "it reads the CTL file at its start",
) -> list[Operation]:
    return [
        _restart(node["name"], name, why, change=change)
        for name in rules.at_most(change, facts).services
        for node in model.callmanager_nodes(facts)
        for state in [duties.service(facts, node["name"], name)]
        if state is not None and state["activated"] and state["status"] != "Stopped"
    ]


def _restarts(facts: Facts) -> list[Operation]:
    operations = []
    for duty in duties.restart_duties(facts):
        if duty["state"] == "due":
            operations.append(
                _restart(
                    duty["node"],
                    duty["service"],
                    duty["why"],
                    change=duty["change"],
                    started_at=duty["started_at"],
                    listens_on=oauth.opens(facts, duty["node"]) if duty["service"] == CALLMANAGER else [],
                )
            )
        elif duty["state"] == "pending":
            operations.append(
                _operation(
                    "service_control",
                    duty["node"],
                    f"{_WAIT} {duty['service']}",
                    duty["why"],
                    change=duty["change"],
                    service=duty["service"],
                )
            )
    # Waits come first: no further node is touched while one is down.
    return sorted(operations, key=lambda operation: operation["disrupts"])


def goal(security_mode: str | None, sip_oauth_mode: str | None = None) -> str:
    """Return the desired state in words."""
    words = [security_mode] if security_mode else []
    return " and ".join(words + ([f"SIP OAuth {sip_oauth_mode}"] if sip_oauth_mode else [])) or "unchanged"


def modes(facts: Facts, security_mode: str | None, sip_oauth_mode: str | None) -> list[str]:
    """Return a line for each of the two modes with its present and desired value; None for a mode that was not requested."""
    return [
        f"  {name}: {_mode(facts.get(fact) or 'not read', wanted)}"
        for name, fact, wanted in (
            ("security mode", "security_mode", security_mode),
            ("SIP OAuth mode", "sip_oauth_mode", sip_oauth_mode),
        )
    ]


def _mode(now: str, wanted: str | None) -> str:
    if wanted is None:
        return (
            f"stays {now} (not asked for)" if now != "not read" else f"stays as it is (not asked for; {now})"
        )
    return f"{now} already" if now == wanted else f"{now}, to become {wanted}"


def witnesses(security_mode: str | None, sip_oauth: oauth.Desired | None) -> str:
    """Return the witnesses of the proof in words."""
    asked = ["the database"]
    if security_mode is not None:
        asked.append("the CTL file of every node")
    if sip_oauth is not None:
        asked.append("the ports every CallManager listens on")
    return f"{', '.join(asked)} and the services"


def stays(facts: Facts, sip_oauth: oauth.Desired | None) -> list[str]:
    """Return, as sentences, what enabling SIP OAuth changed and disabling does not undo."""
    if sip_oauth is None or sip_oauth.mode != DISABLED:
        return []
    stores = model.value(facts, model.TRUST_STORES)
    edge = (stores["phone_edge"] if stores else None) or []
    left = (
        [f"{len(edge)} certificate(s) stay in the phone-edge trust store: no interface removes them."]
        if edge
        else []
    )
    unrecorded = model.value(facts, model.SIP_OAUTH_MODE) == ENABLED and not oauth.recorded(facts)
    if unrecorded:
        left.append(
            "There is no record of what enabling changed: parameters, ports, entries and profiles stay unchanged."
        )
    return oauth.kept(facts) + left


def describe(operations: t.Sequence[Operation], cluster: str, goal: str) -> list[str]:
    """Return the plan as lines for a person."""
    if not operations:
        return [f"{cluster}: {goal} already, nothing to do."]
    lines = [f"{cluster}: to reach {goal}, {len(operations)} operation(s):"]
    lines += [
        f"  {number:2}. {operation['node']}: {operation['action']}"
        + ("  [interrupts service]" if operation["disrupts"] else "")
        + f"  ({operation['why']})"
        for number, operation in enumerate(operations, 1)
    ]
    nodes = [
        operation["node"]
        for operation in operations
        if operation["disrupts"] and operation["service"] == CALLMANAGER
    ]
    if nodes:
        lines.append(
            f"  Phones registered at {', '.join(nodes)} lose their registration once while that node's CallManager restarts, "
            "one node after the other; phones without a second node in their CallManager group have no service until it is back."
        )
    return lines


def afterwards(operations: t.Sequence[Operation], facts: Facts) -> list[str]:
    """Return the manual steps after the operations, and the rules by which services and phones are due, as lines."""
    changes = dict.fromkeys(operation["change"] for operation in operations if operation.get("change"))
    resets = phone_resets.due(operations, facts)
    return [
        *phone_resets.lines(resets),
        *(phone_resets.by_the_cluster(facts) if resets else ()),
        *(rules.at_most(change, facts).text for change in changes),
        *([_BY_DEVICE] if rules.CTL_FILE in changes and rules.by_device(facts) else ()),
    ]


def findings(
    facts: Facts,
    security_mode: str | None,
    sip_oauth: oauth.Desired | None = None,
    accept: t.Collection[str] = (),
) -> list[dict[str, t.Any]]:
    """Return the findings against the desired state; empty if the state is proven. C(accept) has ids of accepted checks.

    The cluster security mode has three witnesses: the database, the CTL file of every node, and the services. SIP OAuth
    mode has two: the database, and the ports that every CallManager listens on.
    """
    needed = ["modes", *_DECIDE_RESTARTS, *(oauth.needed(facts, sip_oauth) if sip_oauth is not None else ())]
    causes = unread.common(facts, *needed)
    told = _keys(causes)
    found = [_unread_finding(cause, needed) for cause in causes]
    if security_mode is not None:
        found += _security_findings(facts, security_mode, told) + _ctl_update_findings(facts, accept)
    if sip_oauth is not None:
        found += oauth.findings(facts, sip_oauth, told)
    for item in duties.contradictions(facts):
        found.append(
            oauth.finding(f"contradiction about {item['about']}", "witnesses agree", item["witnesses"])
        )
    for duty in duties.restart_duties(facts):
        if duty["state"] == "unknown" and _rests_on(duty, told):
            continue
        found.append(
            oauth.finding(
                f"{duty['service']} at {duty['node']}",
                "started after the last change that it reads at start",
                f"{duty['state']}: {duty['why']}",
            )
        )
    if "services" not in facts and "services" not in told:
        found.append(oauth.finding("services", "readable", "not read"))
    for name in CTL_READERS:
        for node in model.callmanager_nodes(facts):
            state = duties.service(facts, node["name"], name)
            if state is not None and state["activated"] and state["status"] == "Stopped":
                found.append(oauth.finding(f"{name} at {node['name']}", "Started", "Stopped"))
    for sent in model.value(facts, model.UNSETTLED) or []:
        found.append(oauth.finding("what was sent and not confirmed", "none", sent["command"]))
    return found


def _unread_finding(cause: unread.Cause, needed: t.Collection[str]) -> dict[str, t.Any]:
    """Return one finding for everything that one cause keeps unproven."""
    subsets = sorted({key.partition(".")[0] for key in cause.keys} & set(needed))
    what = f"facts about {', '.join(subsets)}"
    return {
        **oauth.finding(what, "readable", cause.text),
        "text": f"{cause.line}. Not proven without it: {', '.join(subsets)}.",
    }


def _security_findings(facts: Facts, security_mode: str, told: t.Collection[str]) -> list[dict[str, t.Any]]:
    found = []
    if model.value(facts, model.SECURITY_MODE) != security_mode and "modes" not in told:
        found.append(
            oauth.finding(
                "cluster security mode in the database",
                security_mode,
                model.value(facts, model.SECURITY_MODE),
            )
        )
    for node in model.callmanager_nodes(facts):
        key = f"ctl_files.{node['name']}"
        if duties.ctl_file(facts, node["name"]) is None and not {key, "ctl_files"} & set(told):
            why = (model.value(facts, model.UNAVAILABLE) or {}).get(key, "not read")
            found.append(oauth.finding(f"CTL file of {node['name']}", "readable", why))
    if security_mode == MIXED:
        capf = duties.service(facts, model.publisher_name(facts), CAPF)
        unread_services = {"services", f"services.{model.publisher_name(facts)}"} & set(told)
        if capf is None and unread_services:
            return found
        if capf is None or not capf["activated"] or capf["status"] != "Started":
            seen = "absent" if capf is None else capf["status"]
            found.append(oauth.finding("CAPF on the publisher", "activated and started", seen))
    return found


def _ctl_update_findings(facts: Facts, accept: t.Collection[str]) -> list[dict[str, t.Any]]:
    found = [oauth.finding("CTL update due", "none", reason) for reason in ctl_updates.due(facts)]
    if ctl_updates.accepted(accept):
        return found
    return found + [
        {**oauth.finding("CTL update without effect", "none", line), "text": line}
        for line in ctl_updates.lines(facts)
    ]
