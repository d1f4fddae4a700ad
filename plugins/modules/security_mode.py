#!/usr/bin/python
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_mode
short_description: Set the cluster security mode of a CUCM cluster
version_added: 0.1.0
author: ucops contributors (@ucops)
description:
  - Takes a cluster to mixed mode or back to non-secure mode with C(utils ctl set-cluster) on the publisher's command line.
  - Acts only if the cluster is not in the desired mode yet.
  - The outcome is read from the database and from the publisher's CTL file, never from the command's output.
  - If the connection is lost after the answer, two equal readings C(settle_interval) apart show whether it happened. Any other than the
    desired state counts only once C(change_timeout) has passed since the answer; until then the command is under way, and the task waits.
  - The answer is recorded in C(state_dir) before it is sent, so the next run settles a run that died.
  - Does not restart services. M(ucops.cucm.cluster_info) returns the restarts that are due.
  - A return to non-secure mode leaves a CTL file on every node and on phones; C(ctl_files_left) names the nodes.
extends_documentation_fragment:
  - ucops.cucm.connection
  - ucops.cucm.connection.change
  - ucops.cucm.judgement
  - ucops.cucm.attributes
  - ucops.cucm.attributes.actiongroup
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  state:
    description: The desired cluster security mode.
    type: str
    choices: [mixed, non_secure]
    required: true
seealso:
  - module: ucops.cucm.cluster_info
  - module: ucops.cucm.ctl_file
"""

EXAMPLES = r"""
- name: Take the cluster to mixed mode
  ucops.cucm.security_mode:
    state: mixed
    cli_username: administrator
    cli_password: "{{ vault_cli_password }}"
    axl_username: axladmin
    axl_password: "{{ vault_axl_password }}"

- name: Show what a change would do
  ucops.cucm.security_mode:
    state: non_secure
  check_mode: true
  diff: true
"""

RETURN = r"""
settled:
  description: Answers of earlier runs whose outcome this run determined.
  returned: success
  type: list
  elements: dict
restarts_named:
  description:
    - The services that the node's own text asks to restart after the change. It differs between releases, so this is for the record only.
    - M(ucops.cucm.cluster_info) returns the restarts that are due.
  returned: success
  type: list
  elements: str
contradictions:
  description:
    - Where witnesses on any node disagree after the change, with the value of each.
    - If there was nothing to change, a contradiction fails the task instead.
  returned: success
  type: list
  elements: dict
ctl_files_left:
  description: Nodes on which a CTL file remains after the return to non-secure mode.
  returned: when the cluster is non-secure and CTL files could be read
  type: list
  elements: str
advice:
  description:
    - The node's own sentences about restarts and resets after the change, as printed. They differ between releases, so they are
      returned for the record only.
  returned: when the command was sent
  type: list
  elements: str
sent:
  description:
    - How often the command was sent. V(2) when the connection was lost, the command's time limit passed, and two equal readings
      showed that nothing had changed; there is a warning then, and C(operations) has the command twice.
    - After a failure it is in C(failure.details.sent), if it is more than once.
  returned: when the command was sent
  type: int
before:
  description: The state before.
  returned: success
  type: dict
after:
  description: The state after; in check mode, the state a run would reach.
  returned: success
  type: dict
operations:
  description: The operations done, or in check mode the operations a run would do; each with C(node) and C(action).
  returned: success
  type: list
  elements: dict
failure:
  description: Why the task failed, for playbooks to branch on.
  returned: on failure
  type: dict
  contains:
    code:
      description: Stable word for the reason.
      type: str
    message:
      description: What went wrong and where.
      type: str
    details:
      description: Evidence.
      type: dict
    remedy:
      description: What to do next.
      type: str
"""

import typing as t

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import (
    Contradiction,
    Refusal,
    after_change,
)
from ansible_collections.ucops.cucm.plugins.module_utils._changes import command as _change
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import (
    CONNECTION_SPEC,
    JUDGEMENT_SPEC,
    Result,
    Task,
    run_module,
)
from ansible_collections.ucops.cucm.plugins.module_utils._reading import readers
from ansible_collections.ucops.cucm.plugins.module_utils._security import ctl, dialogue, duties, words

ARGUMENT_SPEC = {
    **CONNECTION_SPEC,
    **JUDGEMENT_SPEC,
    **_change.CHANGE_SPEC,
    "state": {"type": "str", "choices": [words.MIXED, words.NON_SECURE], "required": True},
}


def _require_agreement(state: t.Mapping[str, t.Any]) -> None:
    mode, file = state["security_mode"], state["ctl_file"]
    if mode == words.UNKNOWN:
        raise Refusal("The cluster security mode in the database is neither 0 nor 1.", code="mode_unreadable")
    if file is not None and file != mode:
        raise Contradiction(
            f"The database has the mode {mode}, the publisher's CTL file {file}.",
            details={"witnesses": {"database": mode, "ctl_file": file}},
            remedy="Find out by hand which is true (show ctl, Enterprise Parameters) before you change anything.",
        )


def _witnesses(cluster: Cluster) -> dict[str, t.Any]:
    """Return what every witness on every node shows."""
    return readers.gather(cluster, {"modes", "services", "ctl_files", "listening"})


def _ctl_files_left(facts: t.Mapping[str, t.Any]) -> list[str]:
    left = [node for node, file in facts["ctl_files"].items() if file["present"]]
    unread = [key.partition(".")[2] for key in facts["unavailable"] if key.startswith("ctl_files.")]
    return left + [f"{node} (not read)" for node in unread]


def run(task: Task) -> Result:
    """Bring the mode to the desired state."""
    wanted, cluster = task.params["state"], task.cluster
    settled = [] if task.check_mode else _change.settle_earlier(task)
    before = _change.read_mode(cluster)
    _require_agreement(before)
    facts: dict[str, t.Any] = {"settled": settled, "restarts_named": [], "contradictions": []}
    if before["security_mode"] == wanted:
        found = _witnesses(cluster)["contradictions"]
        if found:
            raise Contradiction(
                duties.describe_contradictions(found),
                details={"contradictions": found},
                remedy="Check the named nodes and witnesses. ucops.cucm.ctl_file repairs a CTL file that differs on a node.",
            )
        return Result(changed=False, before=before, after=before, facts=facts)
    cluster.require_account("cli")
    cluster.require_publisher()
    # A node that does not prove its identity is found out before the change, and not by the proof after it.
    readers.gather(cluster, {"services", "ctl_files"})
    operations = [{"node": cluster.publisher.name, "action": dialogue.SET_CLUSTER[wanted]}]
    if task.check_mode:
        after = {"security_mode": wanted, "ctl_file": wanted}
        return Result(changed=True, before=before, after=after, operations=operations, facts=facts)
    made = _change.make(task, _change.mode_change(cluster, wanted), before)
    operations, facts["sent"] = made.operations(task, operations[0]), made.sent
    facts["restarts_named"] = dialogue.restarts_named(made.output)
    facts["advice"] = dialogue.advice(made.output)
    if made.output and not facts["restarts_named"]:
        task.warn(
            "The node's text does not name services to restart in known words; all services that read the CTL file are due."
        )
    with after_change():
        told = _witnesses(cluster)
        _change.remember(
            task,
            dialogue.SET_CLUSTER[wanted],
            "restarts_named",
            services=facts["restarts_named"],
            files=ctl.contents(told),
        )
    facts["contradictions"] = told["contradictions"]
    if told["contradictions"]:
        task.warn("The mode was changed, but: " + duties.describe_contradictions(told["contradictions"]))
    if wanted == words.NON_SECURE:
        facts["ctl_files_left"] = _ctl_files_left(told)
    return Result(changed=True, before=before, after=made.after, operations=operations, facts=facts)


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
