#!/usr/bin/python
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sip_oauth_mode
short_description: Set the SIP OAuth mode of a CUCM cluster
version_added: 0.1.0
author: ucops contributors (@ucops)
description:
  - Enables or disables SIP OAuth mode with C(utils sipOAuth-mode) on the publisher's command line, which needs an account of privilege
    level 4, the administrator created at installation.
  - Acts only if the cluster is not in the desired mode yet. The outcome is read from the database, never from the command's output.
  - The command asks no question. If it does, nothing is answered and the task fails.
  - If the connection is lost after the command was sent, two equal readings C(settle_interval) apart show whether it happened. Any other
    than the desired state counts only once C(change_timeout) has passed; until then the command is under way, and the task waits.
  - The command is recorded in C(state_dir) before it is sent, so the next run settles a run that died.
  - Works with and without mixed mode. Releases before 12.5 have no SIP OAuth mode.
  - Does not restart services. CallManager opens and closes its OAuth ports when it starts; M(ucops.cucm.cluster_info) returns the
    restarts that are due.
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
    description: The desired SIP OAuth mode.
    type: str
    choices: [enabled, disabled]
    required: true
seealso:
  - module: ucops.cucm.cluster_info
  - module: ucops.cucm.callmanager_ports
  - module: ucops.cucm.enterprise_parameter
  - module: ucops.cucm.phone_security_profile
"""

EXAMPLES = r"""
- name: Enable SIP OAuth mode
  ucops.cucm.sip_oauth_mode:
    state: enabled

- name: Show what disabling would do
  ucops.cucm.sip_oauth_mode:
    state: disabled
  check_mode: true
  diff: true
"""

RETURN = r"""
settled:
  description: Commands of earlier runs whose outcome this run determined.
  returned: success
  type: list
  elements: dict
restarts_named:
  description: The services that the node's own text asks to restart after the change, for the record only.
  returned: success
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

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import Refusal
from ansible_collections.ucops.cucm.plugins.module_utils._changes import command as _change
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import (
    CONNECTION_SPEC,
    JUDGEMENT_SPEC,
    Result,
    Task,
    run_module,
)
from ansible_collections.ucops.cucm.plugins.module_utils._security import dialogue, words

ARGUMENT_SPEC = {
    **CONNECTION_SPEC,
    **JUDGEMENT_SPEC,
    **_change.CHANGE_SPEC,
    "state": {"type": "str", "choices": [words.ENABLED, words.DISABLED], "required": True},
}


def run(task: Task) -> Result:
    """Bring the mode to the desired state."""
    wanted, cluster = task.params["state"], task.cluster
    settled = [] if task.check_mode else _change.settle_earlier(task)
    change = _change.sip_oauth_change(cluster, wanted)
    before = change.read()
    facts: dict[str, t.Any] = {"settled": settled, "restarts_named": []}
    if before["sip_oauth_mode"] == words.ABSENT and wanted == words.ENABLED:
        raise Refusal(
            "The release has no SIP OAuth mode: the database lacks the parameter.",
            code="not_in_this_release",
            remedy="SIP OAuth needs release 12.5 for Jabber and release 14 for phones.",
        )
    if before["sip_oauth_mode"] in (wanted, words.ABSENT):
        return Result(changed=False, before=before, after=before, facts=facts)
    if before["sip_oauth_mode"] == words.UNKNOWN:
        raise Refusal("The SIP OAuth mode in the database is neither 0 nor 1.", code="mode_unreadable")
    cluster.require_account("cli")
    cluster.require_publisher()
    operations = [{"node": cluster.publisher.name, "action": change.command}]
    after = {"sip_oauth_mode": wanted}
    if not task.check_mode:
        made = _change.make(task, change, before)
        operations, facts["sent"] = made.operations(task, operations[0]), made.sent
        facts["restarts_named"] = dialogue.restarts_named(made.output)
        facts["advice"] = dialogue.advice(made.output)
        after = made.after
    return Result(changed=True, before=before, after=after, operations=operations, facts=facts)


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
