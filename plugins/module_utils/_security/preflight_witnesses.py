# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check that the facts needed after a change can be read before it. PRIVATE to the collection. Pure.

After a change, dates decide which services still run with the former CTL file, and open ports show whether CallManager serves SIP
OAuth. A node that cannot be read then stops a rollout half-way, with the mode changed and no service restarted.
"""

from __future__ import annotations

import typing as t

from .._facts import model, records
from .._facts.model import Facts
from . import duties, rules, unread
from .checks import NOT_APPLICABLE, PASS, UNKNOWN, Intent, Judged, Verdict

_ID = "restart_witnesses"


def _restart_witnesses(facts: Facts, intent: Intent) -> Verdict:
    if not intent.changes:
        return NOT_APPLICABLE, "no mode is changed", ""
    nodes = [node["name"] for node in model.callmanager_nodes(facts)]
    changes = [rules.CTL_FILE] if intent.security_mode is not None else []
    needed = ["services", *(["ctl_files"] if changes else [])]
    if intent.sip_oauth is not None:
        changes.append(rules.SIP_OAUTH_MODE)
        needed.append("listening")
    unread.require(facts, *needed)
    unread.blame(facts, *(f"health.{node}" for node in nodes))
    health = model.value(facts, model.HEALTH)
    if health is None:
        unread.require(facts, "health")
    restarted = dict.fromkeys(name for change in changes for name in rules.at_most(change, facts).services)
    # The judgement names these itself, with the reason.
    undecided = {
        (duty["node"], duty["service"]) for duty in duties.restart_duties(facts) if duty["state"] == "unknown"
    }
    missing = [
        *(
            f"{what} of {node}"
            for fact, what in (("services", "the services"), ("ctl_files", "the CTL file"))
            for node in nodes
            if fact in needed and node not in facts[fact]
        ),
        *_without_start(facts, nodes, restarted, undecided),
        *(f"the date of {node}" for node in nodes if not _tells_date(health, node)),
        *(
            f"the ports of {node}"
            for node in nodes
            if "listening" in needed and node not in facts["listening"]
        ),
    ]
    if missing:
        return (
            UNKNOWN,
            f"not readable, but needed after the change to decide which services to restart: {', '.join(missing)}",
            f"Check the nodes by hand. If you will restart the services by hand, set cucm_accept: [{_ID}].",
        )
    beside = ", except for restarts that are already undecided" if undecided else ""
    return PASS, f"start times and dates can be read on every node{beside}", ""


def _without_start(
    facts: Facts, nodes: t.Iterable[str], names: t.Collection[str], undecided: t.Container[tuple[str, str]]
) -> list[str]:
    """Return the running services without a readable start time."""
    found = {(node, name): duties.service(facts, node, name) for node in nodes for name in names}
    return [
        f"the start time of {name} at {node}"
        for (node, name), state in found.items()
        if state and state["status"] == "Started" and not (state["started_at"] or state.get("started_at_utc"))
        if (node, name) not in undecided
    ]


def _tells_date(health: t.Mapping[str, records.Health] | None, node: str) -> bool:
    found = (health or {}).get(node)
    return found is not None and bool(found.get("local_time"))


CHECK: Judged = (_ID, "Facts that decide restarts can be read", _restart_witnesses)
