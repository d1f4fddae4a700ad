#!/usr/bin/python
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: phone_reset
short_description: Record that the phones of a CUCM cluster were reset
version_added: 0.1.0
author: ucops contributors (@ucops)
description:
  - Phones apply a new CTL file, SIP OAuth mode and a changed security profile only when they are reset. What this collection changed is
    in the cluster's record in C(state_dir), and the plan, the rollout and the control C(phone-resets-done) name it until the phones
    were reset.
  - This module writes down your word that all phones were reset, and when. It resets no phone, and sends nothing to the cluster but the
    question which cluster it is.
extends_documentation_fragment:
  - ucops.cucm.connection
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
      - V(recorded) records that all phones were reset at C(reset_at).
      - V(gathered) only returns what waits for a reset.
    type: str
    choices: [recorded, gathered]
    default: recorded
  reset_at:
    description:
      - When the last phone was reset and back, by ISO 8601 with the zone, for example V(2026-03-10T22:15+09:00).
      - Changes made after it still wait for a reset. Required for V(recorded).
    type: str
seealso:
  - module: ucops.cucm.security_mode
"""

EXAMPLES = r"""
- name: Record that the phones were reset in the maintenance window
  ucops.cucm.phone_reset:
    reset_at: 2026-03-10T22:15+09:00

- name: Read what waits for a reset
  ucops.cucm.phone_reset:
    state: gathered
  register: waiting
"""

RETURN = r"""
before:
  description:
    - The recorded changes that phones apply when they are reset, each with C(time), C(change), C(name), and what the device C(said).
  returned: success
  type: list
  elements: dict
after:
  description: Those that still wait afterwards; in check mode, those that would.
  returned: success
  type: list
  elements: dict
operations:
  description: What was recorded, or in check mode would be; each with C(node) and C(action).
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

from datetime import UTC, datetime

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import (
    CONNECTION_SPEC,
    JUDGEMENT_SPEC,
    Result,
    Task,
    run_module,
)
from ansible_collections.ucops.cucm.plugins.module_utils._security import phone_resets

ARGUMENT_SPEC = {
    **CONNECTION_SPEC,
    **JUDGEMENT_SPEC,
    "state": {"type": "str", "choices": ["recorded", "gathered"], "default": "recorded"},
    "reset_at": {"type": "str"},
}


def run(task: Task) -> Result:
    """Bring the record to the operator's word."""
    journal = task.journal()
    before = phone_resets.changes(journal.awaiting_phones()) or []
    if task.params["state"] == "gathered":
        return Result(changed=False, before=before, after=before)
    reset_at = _moment(task)
    after = [each for each in before if datetime.fromisoformat(each["time"]) > reset_at]
    if after == before:
        return Result(changed=False, before=before, after=before)
    told = reset_at.isoformat(timespec="milliseconds")
    operations = [
        {"node": task.cluster.publisher.name, "action": f"record that all phones were reset at {told}"}
    ]
    if not task.check_mode:
        with task.exclusive() as held:
            held.append("phones_reset", at=told)
    return Result(changed=True, before=before, after=after, operations=operations)


def _moment(task: Task) -> datetime:
    """Return when the phones were reset, in UTC. Raises InputError (C(time_invalid)) unless that is a time until now with a zone."""
    given = task.params["reset_at"]
    try:
        moment = datetime.fromisoformat(given or "")
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment > task.clock.now():
        raise InputError(
            f"reset_at is {given!r}, which is not a time until now with its zone.",
            code="time_invalid",
            remedy="Give date, time and zone, for example 2026-03-10T22:15+09:00.",
        )
    return moment.astimezone(UTC)


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
