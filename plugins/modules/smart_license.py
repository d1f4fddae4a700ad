#!/usr/bin/python
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: smart_license
short_description: Read, register, renew and deregister the smart licence of a CUCM cluster
version_added: 0.1.0
author: ucops contributors (@ucops)
description:
  - Reports whether the cluster is registered with Smart Licensing and whether export-controlled functionality is allowed, which
    mixed mode, CTL updates and SIP OAuth mode require.
  - Reads by AXL, or by the platform command line if no AXL account is given.
  - Changes by AXL only. The command line would display the token.
  - The outcome of a request is read from the cluster, never taken from its answer.
extends_documentation_fragment:
  - ucops.cucm.connection
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
      - V(registered) registers the cluster with C(token). A cluster that is registered with export-controlled functionality allowed is
        left alone unless C(force) is set.
      - V(renewed) renews with the licence server on every run of the task.
      - V(deregistered) returns the registration; see C(consent_to_deregistration).
    type: str
    choices: [gathered, registered, renewed, deregistered]
    default: gathered
  token:
    description:
      - ID token of the virtual account, for C(state=registered).
      - For mixed mode and SIP OAuth it must allow export-controlled functionality.
      - It appears in no result, message or log.
    type: str
  force:
    description:
      - Register even if the cluster is already registered.
      - Required if it is registered with a token that does not allow export-controlled functionality.
    type: bool
    default: false
  renew:
    description: What C(state=renewed) renews.
    type: str
    choices: [authorization, registration, both]
    default: both
  consent_to_deregistration:
    description:
      - Consent to C(state=deregistered) for a cluster in mixed mode. The cluster stays in mixed mode but refuses to update
        its CTL file; a certificate renewed in that state strands the phones.
    type: bool
    default: false
  require_export_control:
    description: Fail unless the cluster is registered and export-controlled functionality is allowed at the end.
    type: bool
    default: false
  wait_timeout:
    description: Seconds to wait for the cluster to report the outcome of a registration, renewal or deregistration.
    type: float
    default: 300.0
  poll_interval:
    description: Seconds between two readings while waiting.
    type: float
    default: 5.0
  throttle_timeout:
    description: Seconds a request waits while the cluster throttles writes (HTTP 503); a throttled request has no effect.
    type: float
    default: 600.0
"""

EXAMPLES = r"""
- name: Fail unless the licence allows encryption
  ucops.cucm.smart_license:
    require_export_control: true

- name: Register the cluster
  ucops.cucm.smart_license:
    state: registered
    token: "{{ vault_license_token }}"
    require_export_control: true

- name: Renew the authorization with the licence server
  ucops.cucm.smart_license:
    state: renewed
    renew: authorization
"""

RETURN = r"""
licence:
  description: C(registered) and C(export_allowed), and the product's own words.
  returned: success
  type: dict
before:
  description: The state before.
  returned: success
  type: dict
after:
  description: The state after; in check mode, the state a run would reach, with null for values that only the licence server knows.
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
    CucmError,
    DeadlineExceeded,
    InputError,
    ProductFault,
    Refusal,
    TransportError,
    UnknownOutcome,
)
from ansible_collections.ucops.cucm.plugins.module_utils._module.settling import PASSING
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import (
    CONNECTION_SPEC,
    Result,
    Task,
    run_module,
)
from ansible_collections.ucops.cucm.plugins.module_utils._reading.readers import read_licence
from ansible_collections.ucops.cucm.plugins.module_utils._security import licence as licences
from ansible_collections.ucops.cucm.plugins.module_utils._security.licence import Licence

# String255 of the AXL schema [X].
_LONGEST_TOKEN = 255
_BOTH = ("authorization", "registration")

ARGUMENT_SPEC = {
    **CONNECTION_SPEC,
    "state": {
        "type": "str",
        "choices": ["gathered", "registered", "renewed", "deregistered"],
        "default": "gathered",
    },
    "token": {"type": "str", "no_log": True},
    "force": {"type": "bool", "default": False},
    "renew": {"type": "str", "choices": [*_BOTH, "both"], "default": "both"},
    "consent_to_deregistration": {"type": "bool", "default": False},
    "require_export_control": {"type": "bool", "default": False},
    "wait_timeout": {"type": "float", "default": 300.0},
    "poll_interval": {"type": "float", "default": 5.0},
    "throttle_timeout": {"type": "float", "default": 600.0},
}


class Step(t.NamedTuple):
    """One request, and how to recognise its outcome.

    Attributes:
        operation, content: The AXL request.
        action: The request in words.
        outcome: Returns from the licence before, the licence now, and whether another state was seen in between, whether the
            request has succeeded; None while that is open.
        failure: The code for a request that was refused or failed.
    """

    operation: str
    content: t.Sequence[tuple[str, str]]
    action: str
    outcome: t.Callable[[Licence, Licence, bool], bool | None]
    failure: str


def _register(token: str, force: bool) -> Step:
    return Step(
        "doSmartLicenseRegister",
        [("token", token), ("force", "true" if force else "false")],
        "register with Smart Licensing" + (" by force" if force else ""),
        licences.registration_outcome,
        "licence_registration_failed",
    )


def _renewal(what: str) -> Step:
    return Step(
        f"doSmartLicenseRenew{what.capitalize()}",
        [],
        f"renew the {what} of the smart licence",
        lambda before, now, moved: licences.renewal_outcome(before, now, what),
        "licence_renewal_failed",
    )


_DEREGISTER = Step(
    "doSmartLicenseDeRegister",
    [],
    "deregister from Smart Licensing",
    lambda before, now, moved: True if now.registered is False else None,
    "licence_deregistration_failed",
)


def _require(licence: Licence) -> None:
    _require_known(licence)
    if not licence.registered:
        raise _not_registered(licence)
    if licence.export_allowed is None:
        raise Refusal(
            f"It is not known whether export-controlled functionality is allowed ({licence.export_control or 'not reported'}).",
            code="licence_unreadable",
            details=licence.as_facts(),
            remedy="Check System > Licensing > License Management.",
        )
    if not licence.export_allowed:
        raise Refusal(
            f"Export-controlled functionality is not allowed ({licence.export_control or 'not reported'}).",
            code="export_control_not_allowed",
            details=licence.as_facts(),
            remedy="Register the cluster again with a token that has 'Allow export-controlled functionality' checked.",
        )


def _require_known(licence: Licence) -> None:
    if licence.registered is None:
        raise Refusal(
            f"It is not known whether the cluster is registered with Smart Licensing ({licence.registration or 'no status'}).",
            code="licence_unreadable",
            details=licence.as_facts(),
            remedy="Check System > Licensing > License Management. Report the word to this project.",
        )


def _require_no_reservation(licence: Licence, what: str) -> None:
    if licence.reserved:
        raise Refusal(
            f"The cluster has reserved licences ({licence.registration}), so it cannot {what}. Nothing was sent.",
            code="licence_reserved",
            details=licence.as_facts(),
            remedy="Change or return the reservation with license smart reservation on the publisher's command line.",
        )


def _not_registered(licence: Licence) -> Refusal:
    return Refusal(
        f"The cluster is not registered with Smart Licensing ({licence.registration or 'no status'}).",
        code="licence_not_registered",
        details=licence.as_facts(),
        remedy="Register it with a token that allows export-controlled functionality.",
    )


def _token(task: Task) -> str:
    token = (task.params["token"] or "").strip()
    if not token:
        raise InputError(
            "token is required when state is registered.",
            code="token_missing",
            remedy="Create an ID token in the virtual account, with export-controlled functionality allowed.",
        )
    if len(token) > _LONGEST_TOKEN:
        raise InputError(
            f"The token has {len(token)} characters; the cluster accepts at most {_LONGEST_TOKEN}.",
            code="token_invalid",
            remedy="Copy only the ID token, not the page or file that contains it.",
        )
    return token


def _steps(task: Task, licence: Licence) -> list[Step]:
    """Return the requests that bring a licence to the desired state.

    Raises:
        InputError: There is no usable token. Refusal: The change is not possible, or needs a consent.
    """
    state = task.params["state"]
    _require_known(licence)
    if state == "registered":
        token, force = _token(task), task.params["force"]
        if licence.registered and licence.export_allowed and (licence.reserved or not force):
            return []
        _require_no_reservation(licence, "register it")
        if licence.registered and not force:
            raise Refusal(
                "The cluster is registered without export-controlled functionality, and force is not set to register it again.",
                code="licence_needs_force",
                details=licence.as_facts(),
                remedy="Set force: true, with a token that has 'Allow export-controlled functionality' checked.",
            )
        return [_register(token, force)]
    if state == "renewed":
        if not licence.registered:
            raise _not_registered(licence)
        _require_no_reservation(licence, "renew it")
        return [_renewal(what) for what in _BOTH if task.params["renew"] in (what, "both")]
    if not licence.registered:
        return []
    _require_no_reservation(licence, "deregister it")
    if not task.params["consent_to_deregistration"]:
        raise Refusal(
            "A deregistered cluster stays in mixed mode, even after a restart, but refuses every update of "
            "its CTL file: a certificate renewed in that state strands the phones.",
            code="consent_missing",
            details=licence.as_facts(),
            remedy="Return to non-secure mode first, or set consent_to_deregistration: true.",
        )
    return [_DEREGISTER]


def _send(task: Task, step: Step, before: Licence) -> None:
    """Send a request; a throttled one had no effect, and is sent again while the licence is unchanged."""
    deadline = task.clock.deadline(task.params["throttle_timeout"])
    while True:
        task.progress(step.action)
        try:
            task.cluster.axl.call(step.operation, step.content)
            return
        except ProductFault as fault:
            raise ProductFault(
                f"The cluster refused to {step.action}: {fault.details.get('fault') or fault.message}",
                code=step.failure,
                details=fault.details,
                remedy="Check License Management in the administration pages of the cluster.",
            ) from None
        except TransportError as error:
            if error.code != "throttled" or deadline.expired():
                raise
        task.progress(f"the cluster throttles writes; '{step.action}' waits")
        deadline.sleep(task.params["poll_interval"])
        _require_unmoved(before, read_licence(task.cluster))


def _require_unmoved(before: Licence, now: Licence) -> None:
    if now != before:
        raise Refusal(
            "Someone else changed the licence between reading and writing it. Nothing was sent.",
            code="state_changed",
            details={"before": before.as_facts(), "now": now.as_facts()},
            remedy="Find out who else works on the cluster, then run the task again; it reads the cluster first.",
        )


def _carry_out(task: Task, step: Step, before: Licence) -> Licence:
    """Send a request, wait for its outcome, and return the licence.

    Raises:
        ProductFault: It failed. DeadlineExceeded: No outcome was reported in time.
        UnknownOutcome: The same after the answer was lost.
    """
    lost: UnknownOutcome | None = None
    try:
        _send(task, step, before)
    except UnknownOutcome as error:
        task.progress(f"the answer to '{step.action}' was lost; reading the outcome")
        lost = error
    deadline, moved, last = task.clock.deadline(task.params["wait_timeout"]), False, before
    while True:
        try:
            last = read_licence(task.cluster)
        except PASSING as error:
            task.progress(f"the licence could not be read ({error}); reading it again")
        else:
            outcome = step.outcome(before, last, moved)
            moved = moved or last != before
            if outcome is not None:
                break
        if deadline.expired():
            raise lost or _timed_out(task, step, last, moved)
        deadline.sleep(task.params["poll_interval"])
    if not outcome:
        reason = last.registration_failed_reason or last.authorization_failed_reason or "no reason given"
        raise ProductFault(
            f"The cluster did not {step.action}: {reason}.",
            code=step.failure,
            details={**last.as_facts(), "changed": last.registered != before.registered},
            remedy="Check the token, the virtual account, and whether the cluster reaches the licence server.",
        )
    return last


def _timed_out(task: Task, step: Step, licence: Licence, moved: bool) -> DeadlineExceeded:
    reason = licence.registration_failed_reason
    return DeadlineExceeded(
        f"The cluster accepted the request to {step.action} but reported no outcome within {task.params['wait_timeout']:g} s; "
        f"current status: {licence.registration or 'none'}" + (f" ({reason})." if reason else "."),
        details={**licence.as_facts(), "changed": moved},
        remedy="Check that the cluster reaches the licence server, then run the task again; it reads the cluster first.",
    )


def _read(task: Task) -> Licence:
    """Return the licence, after any registration that is already under way has ended."""
    licence = read_licence(task.cluster)
    if task.params["state"] == "gathered" or task.check_mode:
        return licence
    deadline = task.clock.deadline(task.params["wait_timeout"])
    while licence.registering:
        if deadline.expired():
            raise DeadlineExceeded(
                f"A registration is under way and did not end within {task.params['wait_timeout']:g} s. Nothing was sent.",
                details=licence.as_facts(),
                remedy="Check that the cluster reaches the licence server, then run the task again; it reads the cluster first.",
            )
        task.progress("a registration is under way; waiting for its end")
        deadline.sleep(task.params["poll_interval"])
        licence = read_licence(task.cluster)
    return licence


# The values that only the licence server decides after a change.
_TOLD_BY_SERVER = ("authorization", "export_control", "export_allowed", "smart_account", "virtual_account")
_TOLD_OF_ATTEMPTS = (
    "last_renewal_attempt",
    "last_renewal_status",
    "last_communication_attempt",
    "last_communication_status",
    "registration_expires",
    "registration_failed_reason",
    "authorization_failed_reason",
)


def _predicted(state: str, licence: Licence) -> dict[str, t.Any]:
    facts = {**licence.as_facts(), **dict.fromkeys(_TOLD_OF_ATTEMPTS)}
    if state == "renewed":
        return facts
    facts.update(dict.fromkeys(_TOLD_BY_SERVER))
    return {**facts, "registration": None, "registered": state == "registered"}


def _checked(task: Task) -> None:
    state = task.params["state"]
    if state != "gathered":
        task.cluster.require_account("axl")
    if state == "deregistered" and task.params["require_export_control"]:
        raise InputError(
            "require_export_control cannot be combined with state deregistered.",
            remedy="Remove require_export_control.",
        )


def run(task: Task) -> Result:
    """Read the licence, and bring it to the desired state."""
    _checked(task)
    licence = _read(task)
    before = licence.as_facts()
    steps = [] if task.params["state"] == "gathered" else _steps(task, licence)
    operations = [{"node": task.cluster.publisher.name, "action": step.action} for step in steps]
    if steps and task.check_mode:
        after = _predicted(task.params["state"], licence)
        return Result(True, before, after, operations, facts={"licence": before})
    if steps:
        with task.exclusive():
            _require_unmoved(licence, read_licence(task.cluster))
            licence = _all(task, steps, licence)
    try:
        if task.params["require_export_control"]:
            _require(licence)
    except Refusal as refusal:
        refusal.details["changed"] = bool(steps)
        raise
    after = licence.as_facts()
    return Result(bool(steps), before, after, operations, facts={"licence": after})


def _all(task: Task, steps: t.Sequence[Step], licence: Licence) -> Licence:
    done: list[str] = []
    for step in steps:
        try:
            licence = _carry_out(task, step, licence)
        except CucmError as error:
            if done:
                error.details.update(changed=True, done=done)
            raise
        done.append(step.action)
    return licence


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
