# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a module of the collection inside the controller.

A module that Ansible starts costs a third of a second before it does any work; called in the worker process
it costs a fiftieth. Every module has this action (links in C(plugins/action)); the very same module is
shipped to another machine when the task is delegated to one.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import types
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.ucops.cucm.plugins.module_utils import _task
from ansible_collections.ucops.cucm.plugins.module_utils._credentials import Credential
from ansible_collections.ucops.cucm.plugins.module_utils._errors import AuthenticationError
from ansible_collections.ucops.cucm.plugins.module_utils._redaction import redact
from ansible_collections.ucops.cucm.plugins.plugin_utils.credential_gate import RunGate

_COLLECTION = "ucops.cucm"
_HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
display = Display()


class InProcessAction(ActionBase):
    """The action behind every module of the collection."""

    _requires_connection = False
    _supports_check_mode = True
    _supports_diff = True
    _supports_async = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module that the task names, here or at the host it is delegated to."""
        variables = task_vars or {}
        super().run(tmp, variables)
        module = _module(self._task.action)
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        # The worker process serves this one task, so the task's environment is set as it would be for a shipped module.
        os.environ.update({name: str(value) for name, value in environment.items()})
        params, messages = _validated(module, self._task.args, variables)
        if self._task.delegate_to and self._connection.transport != "local":
            result = self._ship(params, variables)
        else:
            self._refuse_become()
            result = self._perform(module, params, variables)
        for message in messages:
            result.setdefault("warnings", []).append(message)
        return result

    def _perform(
        self, module: types.ModuleType, params: dict[str, t.Any], variables: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        host = variables.get("inventory_hostname", "")
        warnings: list[str] = []
        task = _task.Task(
            params=params,
            check_mode=self._task.check_mode,
            diff_mode=self._task.diff,
            progress=lambda message: display.display(f"{host} | {redact(message, _task.secrets_of(params))}"),
            warn=warnings.append,
            gate=RunGate(params["state_dir"]),
            holder=f"{self._task.get_name()} for {host}",
        )
        result = _task.perform(task, module.run)
        result["invocation"] = {"module_args": _shown(module.ARGUMENT_SPEC, params)}
        if warnings:
            result["warnings"] = redact(warnings, _task.secrets_of(params))
        return result

    def _ship(self, params: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        """Run the module on the delegated host with options that were resolved here, under the same one-attempt rule."""
        gate = RunGate(params["state_dir"])
        credentials = [
            Credential(
                params.get("publisher") or "",
                service,
                params[f"{service}_username"],
                params.get(f"{service}_password") or "",
            )
            for service in ("axl", "cli")
            if params.get(f"{service}_username")
        ]
        # Defaults are left out: a path below the home directory means the home over there.
        from_here = {name for name in params if os.environ.get(f"CUCM_{name.upper()}")} | {"publisher"}
        args = {name: params[name] for name in from_here if params[name] is not None} | dict(self._task.args)
        with contextlib.ExitStack() as alone:
            try:
                for credential in credentials:
                    alone.enter_context(gate.alone(credential))
            except AuthenticationError as error:
                return _task.failed(error)
            result = self._execute_module(
                module_name=self._task.action, module_args=args, task_vars=variables
            )
            failure = result.get("failure") or {}
            if failure.get("code") == "authentication_refused":
                details = failure.get("details", {})
                service = details.get("account_kind") or ("cli" if details.get("service") == "ssh" else "axl")
                for credential in credentials:
                    if credential.service == service:
                        gate.remember_refused(credential)
        return redact(result, _task.secrets_of(params))

    def _refuse_become(self) -> None:
        # The base class has become off for a connection that does not support it; what counts is what the task asks for.
        if self._task.become:
            raise AnsibleActionFail(
                f"{self._task.action} runs inside the controller process and cannot become another user there. "
                "Remove become from the task (become: false), or delegate it to a host that is reached by SSH."
            )


def _module(action: str) -> types.ModuleType:
    name = action.rpartition(".")[2]
    return importlib.import_module(f"ansible_collections.{_COLLECTION}.plugins.modules.{name}")


def _validated(
    module: types.ModuleType, args: dict[str, t.Any], variables: dict[str, t.Any]
) -> tuple[dict[str, t.Any], list[str]]:
    """Return the module's options as its ARGUMENT_SPEC makes them, environment fallbacks resolved here."""
    validation = ArgumentSpecValidator(module.ARGUMENT_SPEC).validate(args)
    if validation.error_messages:
        raise AnsibleActionFail("; ".join(validation.error_messages))
    params = validation.validated_parameters
    if not params.get("publisher"):
        # Only what the inventory says: Ansible's own default for ansible_host is the inventory name, which is right too.
        params["publisher"] = variables.get("ansible_host") or variables.get("inventory_hostname")
    return params, [f"Deprecated: {item['msg']}" for item in validation._deprecations]


def _shown(spec: dict[str, t.Any], params: dict[str, t.Any]) -> dict[str, t.Any]:
    return {
        name: _HIDDEN if spec.get(name, {}).get("no_log") and value else value
        for name, value in params.items()
    }
