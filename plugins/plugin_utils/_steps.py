# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module options that each step of the role was judged with. Pure.

An operation of a plan says that a module is to act. With which options it then acts is in variables, which may be others
by then; so the options are judged, and compared with those of the task.
"""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.ucops.cucm.plugins.module_utils._base import waits
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import CONNECTION_SPEC, JUDGEMENT_SPEC
from ansible_collections.ucops.cucm.plugins.module_utils._security import words
from ansible_collections.ucops.cucm.plugins.module_utils._security.sip_oauth import (
    EXPRESSWAY_C,
    PARAMETER,
    PORTS,
    PROFILE,
    PURPOSE,
)
from ansible_collections.ucops.cucm.plugins.plugin_utils._judgement import Operation, Options

Steps = dict[str, list[Options]]
Spec = t.Mapping[str, t.Any]
# Options that say how patiently something is done, or whom it is done to, and not what is done.
_MANNER = frozenset({*CONNECTION_SPEC, *JUDGEMENT_SPEC, *waits.OPTIONS})


def of_modes(
    operations: t.Sequence[Operation],
    security_mode: str | None,
    sip_oauth: t.Mapping[str, t.Any] | None,
    repeat_ctl_update: bool = False,
) -> Steps:
    """Return the steps that bring both modes, but for the restarts, which are judged when they are due."""
    ctl_file = "updated" if repeat_ctl_update else "matching"
    steps: Steps = {
        "service_activation": [
            {
                "node": operation["node"],
                "service": operation["service"],
                # Release 15 may have no CTL Provider; a publisher without CAPF is none.
                "absent_ok": operation["service"] == words.CTL_PROVIDER,
            }
            for operation in operations
            if operation["module"] == "service_activation"
        ],
        "security_mode": [{"state": security_mode}] if security_mode else [],
        "ctl_file": [{"state": ctl_file}] if security_mode == words.MIXED else [],
    }
    return {**steps, **(_of_sip_oauth(operations, sip_oauth) if sip_oauth else {})}


def _of_sip_oauth(operations: t.Sequence[Operation], wanted: t.Mapping[str, t.Any]) -> Steps:
    mode = {"sip_oauth_mode": [{"state": wanted.get("mode")}]}
    if wanted.get("mode") == words.DISABLED:
        restored = {"state": "restored", "record": PURPOSE}
        return {**mode, **{kind: [restored] for kind in (PARAMETER, PORTS, EXPRESSWAY_C, PROFILE)}}
    ports = wanted.get("ports") or {}
    exactly = str(wanted.get("expressway_c_exactly", False)).lower() in ("true", "yes", "1")
    return {
        **mode,
        PARAMETER: [{"parameters": wanted.get("parameters") or {}, "record": PURPOSE}],
        PORTS: [{**{f"{name}_port": port for name, port in ports.items()}, "record": PURPOSE}],
        EXPRESSWAY_C: [
            {
                "entries": wanted.get("expressway_c") or [],
                "state": "exactly" if exactly else "present",
                "record": PURPOSE,
            }
        ],
        "trust_certificate": [{"certificates": wanted.get("edge_roots") or []}],
        PROFILE: [{"profiles": _planned(operations, wanted.get("profiles") or []), "record": PURPOSE}],
    }


def _planned(operations: t.Sequence[Operation], profiles: t.Iterable[Options]) -> list[Options]:
    """Return the profiles that the plan makes or changes; one that is as desired is not written, whatever it becomes meanwhile."""
    names = {operation["name"] for operation in operations if operation["module"] == PROFILE}
    return [profile for profile in profiles if profile["name"] in names]


def of_restarts(operations: t.Iterable[Operation], up: t.Sequence[t.Mapping[str, str]]) -> Steps:
    """Return the steps that restart what is due, while the services of C(up) are, and wait for what is on its way."""
    return {
        "service_control": [
            {
                "node": operation["node"],
                "service": operation["service"],
                **(
                    {
                        "state": "restarted",
                        "if_running_since": operation["started_at"],
                        "listens_on": operation["listens_on"],
                        "others_up": list(up),
                    }
                    if operation["disrupts"]
                    else {"state": "started", "only_wait": True}
                ),
            }
            for operation in operations
        ]
    }


def deviation(spec: Spec, judged: t.Sequence[Options], params: t.Mapping[str, t.Any]) -> list[str] | None:
    """Return how a step differs from the judged one nearest to it, as phrases; None when nothing was judged.

    Args:
        spec: The module's ARGUMENT_SPEC.
        judged: The options of each step of the module that was judged, as a task gives them.
        params: The options of the step, as the specification makes them.
    """
    own = {name: rule for name, rule in spec.items() if name not in _MANNER}
    differing = [_differing(own, options, params) for options in judged]
    return min(differing, key=len) if differing else None


def _differing(spec: Spec, options: Options, params: t.Mapping[str, t.Any]) -> list[str]:
    given = {name: value for name, value in options.items() if value is not None}
    as_judged = ArgumentSpecValidator(dict(spec)).validate(given).validated_parameters
    return [
        f"{name} is {params[name]!r} and was judged as {as_judged.get(name)!r}"
        for name in spec
        if params[name] != as_judged.get(name)
    ]
