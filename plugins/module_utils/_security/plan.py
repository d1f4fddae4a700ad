# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From facts and a desired state to the operations of a rollout. PRIVATE to the collection.

Pure. The plan before a change predicts; what is due after it is read again from the cluster.
"""

from __future__ import annotations

import typing as t

from . import dialogue, duties
from .duties import Facts
from .words import CALLMANAGER, CAPF, CTL_PROVIDER, CTL_READERS, MIXED

Operation = dict[str, t.Any]
_SETTLE = "find out what became of an earlier answer"
_UNSETTLED = "it was sent and its outcome not confirmed"


def plan(facts: Facts, security_mode: str, *, ctl_provider_nodes: str = "publisher") -> list[Operation]:
    """Return the operations that take the cluster to ``security_mode``, in order; empty when nothing is to do.

    Args:
        facts: What C(cluster_info) returned.
        security_mode: C(mixed) or C(non_secure).
        ctl_provider_nodes: Where to activate the CTL Provider, C(publisher) or C(all): Cisco's guides differ.

    Returns:
        Each operation: C(module) that does it, C(node), C(action) in words, C(why), C(disrupts) (whether phones
        or applications notice), and C(service) for work on a service.
    """
    operations = _activations(facts, ctl_provider_nodes) if security_mode == MIXED else []
    capf_comes = any(operation["action"] == f"activate {CAPF}" for operation in operations)
    publisher = duties.publisher_name(facts)
    differs = facts.get("security_mode") != security_mode
    if differs:
        why = f"the cluster is {facts.get('security_mode')}"
        operations.append(_operation("security_mode", publisher, dialogue.SET_CLUSTER[security_mode], why))
    elif facts.get("unsettled"):
        # The module settles whatever was sent, and does nothing more when the mode is right then.
        operations.append(_operation("security_mode", publisher, _SETTLE, _UNSETTLED))
    update = duties.ctl_update_duties(facts)
    if capf_comes:
        update = [*update, "CAPF is activated after the mode was changed"]
    updates = bool(update) and security_mode == MIXED and not differs
    rewrites = differs or updates or bool(facts.get("unsettled"))
    if updates:
        operations.append(_operation("ctl_file", publisher, dialogue.UPDATE_CTL, "; ".join(update)))
    return operations + (_predicted_restarts(facts) if rewrites else _restarts(facts))


def undecided(facts: Facts) -> list[str]:
    """Return what cannot be decided about restarts, as lines: no node may be touched before it is."""
    return [
        f"Whether {duty['service']} at {duty['node']} is due for a restart is not known: {duty['why']}."
        for duty in duties.restart_duties(facts)
        if duty["state"] == "unknown"
    ]


def gone_down(before: Facts, now: Facts) -> list[str]:
    """Return the services that read the CTL file, were up before and are not now, as lines."""
    return [
        f"{name} at {node['name']} was up and is {'not readable' if state is None else state['status']} now."
        for node in duties.callmanager_nodes(before)
        for name in CTL_READERS
        for state in [duties.service(now, node["name"], name)]
        if (duties.service(before, node["name"], name) or {}).get("status") == "Started"
        and (state is None or state["status"] != "Started")
    ]


def restarts(facts: Facts) -> list[Operation]:
    """Return only the restarts that are due now, and the waits for services on their way."""
    return _restarts(facts)


def missing_consents(
    operations: t.Sequence[Operation], facts: Facts, given: t.Mapping[str, bool]
) -> list[str]:
    """Return the consents that the operations need and ``given`` (consent to true) lacks, as lines for a person."""
    missing = []
    if any(operation["disrupts"] for operation in operations) and not given.get("restarts"):
        missing.append(
            "cucm_consent_to_restarts: the plan restarts services, and phones lose their registration meanwhile. Set it to true."
        )
    restarted = {
        operation["node"]
        for operation in operations
        if operation["disrupts"] and operation["service"] == CALLMANAGER
    }
    running = {
        node["name"]
        for node in duties.callmanager_nodes(facts)
        for state in [duties.service(facts, node["name"], CALLMANAGER)]
        if state is not None and state["activated"] and state["status"] == "Started"
    }
    # One that is on its way is waited for before anything is restarted; if it never comes, nothing is.
    running |= {
        operation["node"]
        for operation in operations
        if operation["module"] == "service_control"
        and operation["service"] == CALLMANAGER
        and not operation["disrupts"]
    }
    if restarted and len(running) <= 1 and not given.get("outage"):
        missing.append(
            f"cucm_consent_to_outage: {', '.join(sorted(running | restarted))} is the only node that runs CallManager, "
            "so every phone is away. Set it to true."
        )
    return missing


def _operation(module: str, node: str, action: str, why: str, **more: t.Any) -> Operation:
    return {"module": module, "node": node, "action": action, "why": why, "disrupts": False, **more}


def _activations(facts: Facts, ctl_provider_nodes: str) -> list[Operation]:
    nodes = [node["name"] for node in duties.callmanager_nodes(facts)]
    publisher = duties.publisher_name(facts)
    wanted = [(publisher, CAPF)] + [
        (node, CTL_PROVIDER) for node in (nodes if ctl_provider_nodes == "all" else [publisher])
    ]
    operations = []
    for node, name in wanted:
        state = duties.service(facts, node, name)
        # A node that does not list the CTL Provider has none (release 15 may not): that is no failure.
        if state is None:
            continue
        if not state["activated"]:
            operations.append(_activation(node, name, f"activate {name}", "it is not activated"))
        elif state["status"] not in ("Started", "Stopped"):
            # The CTL file gets a record of CAPF only if CAPF is up when the file is written.
            operations.append(_activation(node, name, f"wait for {name}", f"it is {state['status']}"))
    return operations


def _activation(node: str, name: str, action: str, why: str) -> Operation:
    return _operation("service_activation", node, action, why, service=name)


def _restart(node: str, name: str, why: str, started_at: str | None = None) -> Operation:
    action = f"restart {name}"
    return _operation(
        "service_control", node, action, why, service=name, disrupts=True, started_at=started_at
    )


def _predicted_restarts(facts: Facts) -> list[Operation]:
    return [
        _restart(node["name"], name, "it reads the CTL file at its start")
        for name in CTL_READERS
        for node in duties.callmanager_nodes(facts)
        for state in [duties.service(facts, node["name"], name)]
        if state is not None and state["activated"] and state["status"] != "Stopped"
    ]


def _restarts(facts: Facts) -> list[Operation]:
    operations = []
    for duty in duties.restart_duties(facts):
        if duty["state"] == "due":
            operations.append(_restart(duty["node"], duty["service"], duty["why"], duty["started_at"]))
        elif duty["state"] == "pending":
            operations.append(
                _operation(
                    "service_control",
                    duty["node"],
                    f"wait for {duty['service']}",
                    duty["why"],
                    service=duty["service"],
                )
            )
    # Whatever is on its way comes first: no further node is touched while one is down.
    return sorted(operations, key=lambda operation: operation["disrupts"])


def describe(operations: t.Sequence[Operation], cluster: str, security_mode: str) -> list[str]:
    """Return the plan as lines for a person."""
    if not operations:
        return [f"{cluster}: {security_mode} already, nothing to do."]
    lines = [f"{cluster}: to reach {security_mode}, {len(operations)} operation(s):"]
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
            "one node after the other; phones without a second node in their CallManager group are away until it is back."
        )
    return lines


def findings(facts: Facts, security_mode: str) -> list[dict[str, t.Any]]:
    """Return what keeps the cluster from being proven to be in ``security_mode``; empty when it is proven.

    Three witnesses: the database, the CTL file of every node, and the services.
    """
    found = []

    def add(what: str, expected: t.Any, seen: t.Any) -> None:
        text = f"{what}: expected {expected}, seen {seen}"
        found.append({"finding": what, "expected": expected, "seen": seen, "text": text})

    if facts.get("security_mode") != security_mode:
        add("cluster security mode in the database", security_mode, facts.get("security_mode"))
    for node in duties.callmanager_nodes(facts):
        if duties.ctl_file(facts, node["name"]) is None:
            why = (facts.get("unavailable") or {}).get(f"ctl_files.{node['name']}", "not read")
            add(f"CTL file of {node['name']}", "readable", why)
    for item in duties.contradictions(facts):
        add(f"contradiction about {item['about']}", "witnesses agree", item["witnesses"])
    for reason in duties.ctl_update_duties(facts):
        add("CTL update due", "none", reason)
    for duty in duties.restart_duties(facts):
        add(
            f"{duty['service']} at {duty['node']}",
            "running since after the CTL file was modified",
            f"{duty['state']}: {duty['why']}",
        )
    if "services" not in facts:
        add("services", "readable", "not read")
    for name in CTL_READERS:
        for node in duties.callmanager_nodes(facts):
            state = duties.service(facts, node["name"], name)
            if state is not None and state["activated"] and state["status"] == "Stopped":
                add(f"{name} at {node['name']}", "Started", "Stopped")
    if security_mode == MIXED:
        capf = duties.service(facts, duties.publisher_name(facts), CAPF)
        if capf is None or not capf["activated"] or capf["status"] != "Started":
            add(
                "CAPF on the publisher", "activated and started", "absent" if capf is None else capf["status"]
            )
    for item in facts.get("unsettled") or []:
        add("an answer that was sent and not confirmed", "none", item["command"])
    return found
