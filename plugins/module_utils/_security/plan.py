# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From facts and a desired state to the operations of a rollout. PRIVATE to the collection.

Pure. The plan before a change predicts; what is due after it is read again from the cluster.
"""

from __future__ import annotations

import typing as t

from .._facts import model
from . import dialogue, duties, phone_resets, rules, unread
from . import sip_oauth as oauth
from .words import CALLMANAGER, CAPF, CTL_PROVIDER, CTL_READERS, DISABLED, ENABLED, MIXED, RESTARTED, Facts

Operation = dict[str, t.Any]
# What tells whether a service has been up since before its CTL file was modified.
_DECIDE_RESTARTS = ("services", "ctl_files")
_SETTLE = "find out what became of an earlier answer"
_WAIT = "wait for"
_UNSETTLED = "it was sent and its outcome not confirmed"


def plan(
    facts: Facts,
    security_mode: str | None,
    *,
    ctl_provider_nodes: str | t.Sequence[str] = "publisher",
    sip_oauth: oauth.Desired | None = None,
) -> list[Operation]:
    """Return the operations that take the cluster to what is wanted, in order; empty when nothing is to do.

    The two modes are independent of each other; the restarts that either makes due are done once.

    Args:
        facts: What C(cluster_info) returned.
        security_mode: C(mixed) or C(non_secure); None leaves it as it is.
        ctl_provider_nodes: Where to activate the CTL Provider, C(publisher), C(all), or names of nodes: Cisco's guides differ.
        sip_oauth: What is wanted of SIP OAuth; None leaves it as it is.

    Returns:
        Each operation: C(module) that does it, C(node), C(action) in words, C(why), C(disrupts) (whether phones
        or applications notice), and C(service) for work on a service.
    """
    operations = _activations(facts, ctl_provider_nodes) if security_mode == MIXED else []
    capf_comes = any(operation["action"] == f"activate {CAPF}" for operation in operations)
    publisher = duties.publisher_name(facts)
    differs = security_mode is not None and model.value(facts, model.SECURITY_MODE) != security_mode
    if differs and security_mode is not None:
        why = f"the cluster is {facts.get('security_mode')}"
        operations.append(_operation("security_mode", publisher, dialogue.SET_CLUSTER[security_mode], why))
    elif model.value(facts, model.UNSETTLED):
        # The module settles whatever was sent, and does nothing more when the mode is right then.
        module = "sip_oauth_mode" if security_mode is None else "security_mode"
        operations.append(_operation(module, publisher, _SETTLE, _UNSETTLED))
    update = duties.ctl_update_duties(facts)
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
    """Return whether an operation has Control Center activate or restart a service; those that wait for one only read."""
    return operation["module"] in ("service_activation", "service_control") and not str(
        operation["action"]
    ).startswith(_WAIT)


def undecided(facts: Facts) -> list[str]:
    """Return what cannot be decided about restarts, as lines: no node may be touched before it is."""
    by_cause = undecided_by_cause(facts)
    return [f"{cause}. {sentence}" for cause, sentence in by_cause.items()] + undecided_alone(facts)


def undecided_by_cause(facts: Facts) -> dict[str, str]:
    """Return what cannot be decided about restarts because the way to a node is missing: a sentence by the cause's line."""
    unknown = _unknown_restarts(facts)
    services = {
        cause.line: dict.fromkeys(duty["service"] for duty in unknown if _rests_on(duty, cause.keys))
        for cause in unread.common(facts, *_DECIDE_RESTARTS)
    }
    return {
        cause: f"Whether {', '.join(names)} there {'is' if len(names) == 1 else 'are'} due for a restart is not known."
        for cause, names in services.items()
        if names
    }


def undecided_alone(facts: Facts) -> list[str]:
    """Return what cannot be decided about restarts for reasons of its own, as lines."""
    told = _keys(unread.common(facts, *_DECIDE_RESTARTS))
    return [
        f"Whether {duty['service']} at {duty['node']} is due for a restart is not known: {duty['why']}."
        for duty in _unknown_restarts(facts)
        if not _rests_on(duty, told)
    ]


def _unknown_restarts(facts: Facts) -> list[Facts]:
    return [duty for duty in duties.restart_duties(facts) if duty["state"] == "unknown"]


def _keys(causes: t.Iterable[unread.Cause]) -> frozenset[str]:
    return frozenset(key for cause in causes for key in cause.keys)


def _rests_on(duty: Facts, keys: t.Collection[str]) -> bool:
    """Return whether a restart cannot be decided because of what is missing under these keys."""
    return any(key in keys for subset in _DECIDE_RESTARTS for key in (subset, f"{subset}.{duty['node']}"))


def unsettled(facts: Facts) -> list[str]:
    """Return what was sent and is not confirmed yet, as lines: which restarts it makes due is not known before it is settled."""
    return [
        f"What became of {item['command']} is not known: it was sent and not confirmed. Run the rollout without leaving "
        "out the tag apply, which settles it."
        for item in model.value(facts, model.UNSETTLED) or []
    ]


def still_on_their_way(operations: t.Sequence[Operation]) -> list[str]:
    """Return the services that are on their way although they were waited for, as lines: no node may be touched meanwhile."""
    return [
        f"{operation['service']} at {operation['node']} is on its way once more: {operation['why']}."
        for operation in operations
        if not operation["disrupts"]
    ]


def up(facts: Facts) -> list[dict[str, str]]:
    """Return the services that read the CTL file and are up, each with its node."""
    return [
        {"node": node["name"], "service": name}
        for node in duties.callmanager_nodes(facts)
        for name in CTL_READERS
        if duties.started(facts, node["name"], name)
    ]


def gone_down(before: t.Iterable[t.Mapping[str, str]], now: Facts) -> list[str]:
    """Return which services that were up before (each with its node) are not now, as lines."""
    return [
        f"{each['service']} at {each['node']} was up and is {'not readable' if state is None else state['status']} now."
        for each in before
        for state in [duties.service(now, each["node"], each["service"])]
        if state is None or state["status"] != "Started"
    ]


def restarts(facts: Facts) -> list[Operation]:
    """Return only the restarts that are due now, and the waits for services on their way."""
    return _restarts(facts)


def missing_consents(
    operations: t.Sequence[Operation], facts: Facts, given: t.Mapping[str, bool]
) -> list[str]:
    """Return what the operations need beside the checks and is not there, as lines for a person: the consents that ``given``
    (consent to true) lacks, and a place for their record."""
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
        silent = sorted(
            node["name"]
            for node in duties.callmanager_nodes(facts)
            if duties.service(facts, node["name"], CALLMANAGER) is None and node["name"] not in running
        )
        alone = ", ".join(sorted(running | restarted))
        missing.append(
            f"cucm_consent_to_outage: whether CallManager runs at {', '.join(silent)} could not be read, and if it does not, restarting "
            f"it at {alone} leaves phones without a server. Make the services readable first; set it to true only for an outage."
            if silent
            else f"cucm_consent_to_outage: {alone} is the only node that runs CallManager, so every phone is away. Set it to true."
        )
    record = model.value(facts, model.STATE_DIR)
    if operations and record and record["unwritable"]:
        missing.append(
            f"cucm_state_dir: {record['path']} cannot be written ({record['unwritable']}). Name a directory that survives the run."
        )
    return missing


def _operation(module: str, node: str, action: str, why: str, **more: t.Any) -> Operation:
    return {"module": module, "node": node, "action": action, "why": why, "disrupts": False, **more}


def _activations(facts: Facts, ctl_provider_nodes: str | t.Sequence[str]) -> list[Operation]:
    wanted = [(duties.publisher_name(facts), CAPF)]
    wanted += [(node, CTL_PROVIDER) for node in duties.provider_nodes(facts, ctl_provider_nodes)]
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
    """Return the restarts of both modes, each service of a node once, after the waits for what is on its way."""
    # What reads the CTL file is predicted as a whole when the file is written anew.
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
    order = [node["name"] for node in duties.callmanager_nodes(facts)]
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
        for name in rules.applying(change, facts).services
        for node in duties.callmanager_nodes(facts)
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
    # Whatever is on its way comes first: no further node is touched while one is down.
    return sorted(operations, key=lambda operation: operation["disrupts"])


def goal(security_mode: str | None, sip_oauth_mode: str | None = None) -> str:
    """Return in words what is wanted."""
    words = [security_mode] if security_mode else []
    return " and ".join(words + ([f"SIP OAuth {sip_oauth_mode}"] if sip_oauth_mode else [])) or "unchanged"


def modes(facts: Facts, security_mode: str | None, sip_oauth_mode: str | None) -> list[str]:
    """Return a line for each of the two modes: what it is, and what it is to be; None for one that nobody asked for."""
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
    """Return in words who was asked to prove it."""
    asked = ["the database"]
    if security_mode is not None:
        asked.append("the CTL file of every node")
    if sip_oauth is not None:
        asked.append("the ports every CallManager listens on")
    return f"{', '.join(asked)} and the services"


def stays(facts: Facts, sip_oauth: oauth.Desired | None) -> list[str]:
    """Return what disabling SIP OAuth leaves as it is although enabling changed it, as sentences."""
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
            "Nothing is recorded of what enabling changed: parameters, ports, entries and profiles stay as they are."
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
            "one node after the other; phones without a second node in their CallManager group are away until it is back."
        )
    return lines


def afterwards(operations: t.Sequence[Operation], facts: Facts) -> list[str]:
    """Return what the operations leave to be done by hand, and the rules by which services and phones are due, as lines."""
    changes = dict.fromkeys(operation["change"] for operation in operations if operation.get("change"))
    return [
        *phone_resets.lines(phone_resets.due(operations, facts)),
        *(rules.applying(change, facts).text for change in changes),
    ]


def findings(
    facts: Facts, security_mode: str | None, sip_oauth: oauth.Desired | None = None
) -> list[dict[str, t.Any]]:
    """Return what keeps the cluster from being proven to be as wanted; empty when it is proven.

    Three witnesses of the cluster security mode: the database, the CTL file of every node, and the services; of SIP OAuth
    mode the database and the ports every CallManager listens on.
    """
    needed = ["modes", *_DECIDE_RESTARTS, *(oauth.needed(facts, sip_oauth) if sip_oauth is not None else ())]
    causes = unread.common(facts, *needed)
    told = _keys(causes)
    found = [_unread_finding(cause, needed) for cause in causes]
    found += _security_findings(facts, security_mode, told) if security_mode is not None else []
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
                "running since after the last change it reads at its start",
                f"{duty['state']}: {duty['why']}",
            )
        )
    if "services" not in facts and "services" not in told:
        found.append(oauth.finding("services", "readable", "not read"))
    for name in CTL_READERS:
        for node in duties.callmanager_nodes(facts):
            state = duties.service(facts, node["name"], name)
            if state is not None and state["activated"] and state["status"] == "Stopped":
                found.append(oauth.finding(f"{name} at {node['name']}", "Started", "Stopped"))
    for sent in model.value(facts, model.UNSETTLED) or []:
        found.append(oauth.finding("what was sent and not confirmed", "none", sent["command"]))
    return found


def _unread_finding(cause: unread.Cause, needed: t.Collection[str]) -> dict[str, t.Any]:
    """Return one finding of all that one cause keeps from being proven."""
    subsets = sorted({key.partition(".")[0] for key in cause.keys} & set(needed))
    what = f"what is told of {', '.join(subsets)}"
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
    for node in duties.callmanager_nodes(facts):
        key = f"ctl_files.{node['name']}"
        if duties.ctl_file(facts, node["name"]) is None and not {key, "ctl_files"} & set(told):
            why = (model.value(facts, model.UNAVAILABLE) or {}).get(key, "not read")
            found.append(oauth.finding(f"CTL file of {node['name']}", "readable", why))
    found += [oauth.finding("CTL update due", "none", reason) for reason in duties.ctl_update_duties(facts)]
    if security_mode == MIXED:
        capf = duties.service(facts, duties.publisher_name(facts), CAPF)
        unread_services = {"services", f"services.{duties.publisher_name(facts)}"} & set(told)
        if capf is None and unread_services:
            return found
        if capf is None or not capf["activated"] or capf["status"] != "Started":
            seen = "absent" if capf is None else capf["status"]
            found.append(oauth.finding("CAPF on the publisher", "activated and started", seen))
    return found
