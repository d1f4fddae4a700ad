#!/usr/bin/python
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ctl_file
short_description: Read or update the CTL file of a CUCM cluster
version_added: 0.1.0
author: ucops contributors (@ucops)
description:
  - Reads the CTL file of every node and reports whether it still matches the cluster's nodes and services.
  - Updates it with C(utils ctl update CTLFile) on the publisher's command line if it does not match, or always on request.
  - The update is proven by reading the file again on every node. No service is restarted.
  - An update that leaves the reasons for it is recorded in C(state_dir). V(matching) does not repeat it until there is another reason, or
    the records of a CTL file have changed.
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
    description:
      - V(gathered) only reads.
      - V(matching) updates the file if it no longer matches the cluster, for example because CAPF was
        activated after the mode was changed, but not for reasons that the last update left.
      - V(updated) always updates it; the cluster must be in mixed mode.
    type: str
    choices: [gathered, matching, updated]
    default: matching
seealso:
  - module: ucops.cucm.security_mode
"""

EXAMPLES = r"""
- name: Update the CTL file if it does not match the cluster
  ucops.cucm.ctl_file:
    state: matching

- name: Only read it
  ucops.cucm.ctl_file:
    state: gathered
  register: ctl
"""

RETURN = r"""
update_due:
  description: Why the file did not match the cluster; empty if it matched.
  returned: success
  type: list
  elements: str
not_repeated:
  description: Why an update is not repeated whose reasons stand; empty if they were removed, or it is due.
  returned: success, unless C(state=gathered)
  type: str
settled:
  description: Answers of earlier runs whose outcome this run determined.
  returned: success
  type: list
  elements: dict
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
from ansible_collections.ucops.cucm.plugins.module_utils._facts import model
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import (
    CONNECTION_SPEC,
    JUDGEMENT_SPEC,
    Result,
    Task,
    run_module,
)
from ansible_collections.ucops.cucm.plugins.module_utils._reading import readers
from ansible_collections.ucops.cucm.plugins.module_utils._security import (
    ctl,
    ctl_updates,
    dialogue,
    duties,
    words,
)

ARGUMENT_SPEC = {
    **CONNECTION_SPEC,
    **JUDGEMENT_SPEC,
    **_change.CHANGE_SPEC,
    "state": {"type": "str", "choices": ["gathered", "matching", "updated"], "default": "matching"},
}


def _gather(task: Task) -> dict[str, t.Any]:
    facts = readers.gather(task.cluster, {"modes", "services", "ctl_files", "node_certificates"})
    unread = {key: why for key, why in facts["unavailable"].items() if key.startswith("ctl_files")}
    if unread:
        raise Refusal(
            "The CTL file could not be read everywhere: "
            + "; ".join(f"{key}: {why}" for key, why in unread.items()),
            code="ctl_unreadable",
            details=unread,
            remedy="Make the node reachable first: every node gets a copy of the file.",
        )
    return facts


def run(task: Task) -> Result:
    """Bring the CTL file to the desired state."""
    cluster, wanted = task.cluster, task.params["state"]
    cluster.require_account("cli")
    reads_only = task.check_mode or wanted == "gathered"
    settled = [] if reads_only else _change.settle_earlier(task)
    facts = _gather(task)
    before = {"security_mode": facts["security_mode"], "nodes": facts["ctl_files"]}
    due = duties.ctl_update_duties(facts)
    more: dict[str, t.Any] = {"update_due": due, "settled": settled}
    wrong = duties.mode_contradictions(facts)
    if wanted != "gathered":
        model.put(facts, model.CTL_UPDATE_WITHOUT_EFFECT, task.journal().ctl_update_without_effect())
        more["not_repeated"] = ctl_updates.not_repeated(facts) if wanted == "matching" else ""
    if wanted == "gathered" or (wanted == "matching" and not ctl_updates.due(facts) and not wrong):
        for line in ctl_updates.lines(facts) if wanted == "matching" else ():
            task.warn(line)
        return Result(changed=False, before=before, after=before, facts=more)
    if wrong:
        raise Contradiction(
            duties.describe_contradictions(wrong),
            details={"contradictions": wrong},
            remedy="Find out by hand which is true before you update the file.",
        )
    if facts["security_mode"] != words.MIXED:
        raise Refusal(
            f"The cluster security mode is {facts['security_mode']}; the CTL file can be updated only in mixed mode.",
            code="not_mixed",
            remedy="Set the mode with ucops.cucm.security_mode, which also writes the file.",
        )
    cluster.require_publisher()
    operations = [{"node": cluster.publisher.name, "action": dialogue.UPDATE_CTL}]
    if task.check_mode:
        return Result(
            changed=True,
            before=before,
            after={**before, "update": "; ".join(due) or "asked for"},
            operations=operations,
            facts=more,
        )
    change = _change.ctl_update(cluster)
    made = _change.make(task, change, change.read())
    operations, more["sent"] = made.operations(task, operations[0]), made.sent
    more["advice"] = dialogue.advice(made.output)
    return Result(
        changed=True, before=before, after=_proven(task, due, made.output), operations=operations, facts=more
    )


@after_change()
def _proven(task: Task, reasons: t.Sequence[str], output: str) -> dict[str, t.Any]:
    """Return the state after an update. Raises Contradiction if the files still do not match the cluster.

    C(reasons) are those for the update; which of them it left is recorded, so that it is not repeated. So are the services to restart
    that the C(output) names.
    """
    facts = _gather(task)
    standing = ctl_updates.standing(reasons, facts)
    files = ctl.contents(facts)
    if standing:
        _change.remember(
            task, dialogue.UPDATE_CTL, "ctl_update_without_effect", reasons=standing, files=files
        )
    named = dialogue.restarts_named(output)
    _change.remember(task, dialogue.UPDATE_CTL, "restarts_named", services=named, files=files)
    remaining = duties.ctl_update_duties(facts) + [
        duties.describe_contradictions([item]) for item in facts["contradictions"]
    ]
    if remaining:
        raise Contradiction(
            "The CTL file was updated but still does not match the cluster: " + "; ".join(remaining),
            code="ctl_still_differs",
            details={"update_due": remaining},
            remedy="Check the named nodes; the publisher copies the file to every node it reaches."
            + (" The update is not repeated for these reasons unless you ask for it." if standing else ""),
        )
    return {"security_mode": facts["security_mode"], "nodes": facts["ctl_files"]}


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
