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
import gc
import importlib
import multiprocessing
import os
import pkgutil
import re
import ssl
import types
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import strategy_loader
from ansible.plugins.strategy.free import StrategyModule as _FreeStrategy
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars

from ansible_collections.ucops.cucm.plugins import modules as _MODULES
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import CucmError, Refusal
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.accounts import Account, credential_of
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.nodes import Address
from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
from ansible_collections.ucops.cucm.plugins.plugin_utils import _judgement as judgements
from ansible_collections.ucops.cucm.plugins.plugin_utils import _reading as readings
from ansible_collections.ucops.cucm.plugins.plugin_utils import _steps as steps
from ansible_collections.ucops.cucm.plugins.plugin_utils._credential_gate import RunGate
from ansible_collections.ucops.cucm.plugins.plugin_utils._host_variables import NotRendered, rendered
from ansible_collections.ucops.cucm.plugins.plugin_utils._kinds import is_said
from ansible_collections.ucops.cucm.plugins.plugin_utils._page.frame import frame
from ansible_collections.ucops.cucm.plugins.plugin_utils._variables import TABLE, read

# What a module takes from files of the collection, by the option it is handed over in.
_FILES: dict[str, t.Callable[[], str]] = {"page": frame}
# What the roles register and set for each other.
_RESULT = re.compile(
    r"__(rollout|compliance|adopt)_"
    r"|rollout_(settings|facts|judgement|plan|restarted|findings|variables_of)$"
    r"|compliance_(settings|read|controls|written)$"
    r"|adopt_settings$"
)
# Values of a play have classes of Ansible's own; in a shipped module they have Python's.
_TAGGED = re.compile(r"<class '[\w.]*_AnsibleTagged(\w+)'>")
_JUDGE_ANEW = "Run the playbook, or the whole role: it reads the cluster and judges what is wanted now, where it is reached now."
display = Display()


class _WrongOptions(Exception):
    """A task's options do not fit the module."""


class InProcessAction(ActionBase):
    """The action behind every module of the collection."""

    _requires_connection = False
    _supports_check_mode = True
    _supports_diff = True
    _supports_async = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module that the task names, here or at the host it is delegated to."""
        _leave_inherited_memory_alone()
        variables = task_vars or {}
        super().run(tmp, variables)
        self._refuse_given_results()
        module = _module(self._task.action)
        if getattr(module, "ONCE_A_PLAY", False):
            self._require_lockstep(variables)
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        # The worker process serves this one task, so the task's environment is set as it would be for a shipped module.
        os.environ.update({name: str(value) for name, value in environment.items()})
        told = self._said(module, variables, environment)
        given = {**told, **self._task.args}
        names = _names(told, self._task.args)
        try:
            params, messages = _validated(self._task.action, module, given, variables)
        except _WrongOptions as error:
            return _refused(module, given, str(error))
        try:
            self._require_judged(module, params, variables)
        except CucmError as error:
            return _task.failed(error)
        completed = self._complete(module, params, variables)
        if self._task.delegate_to and self._connection.transport != "local":
            result = _task.as_written(self._ship(params, {**given, **completed}, variables), names)
            _warn_of_indistinct(params, (), names, variables)
        else:
            self._refuse_become()
            result = self._perform(module, params, variables, names)
        for message in messages:
            result.setdefault("warnings", []).append(message)
        return _with_seal(module, params, result, variables)

    def _require_judged(
        self, module: types.ModuleType, params: dict[str, t.Any], variables: dict[str, t.Any]
    ) -> None:
        """Compare a step of a role with what was judged; a task without a judgement is the user's own.

        Raises:
            Refusal: This run did not judge the host, or did so elsewhere, or for other options.
        """
        if (judgement := params.get("judgement")) is None:
            return
        host, name = variables.get("inventory_hostname", ""), module.__name__.rpartition(".")[2]
        found = judgements.opened(judgement, host)
        if found is None or (found.rehearsal and not self._task.check_mode):
            raise Refusal(judgements.NOT_JUDGED.format(host), code="not_judged", remedy=_JUDGE_ANEW)
        if found.reading.place != (place := readings.place(params)):
            raise Refusal(
                f"{host} was judged as it is reached at {found.reading.place}, and this step would change what is reached at {place}. "
                "It was not taken.",
                code="other_cluster_than_judged",
                remedy=_JUDGE_ANEW,
            )
        differing = steps.deviation(module.ARGUMENT_SPEC, found.steps.get(name, []), params)
        if differing or differing is None:
            raise Refusal(
                f"{host} was not judged for this step, so it was not taken: {name} was to do nothing."
                if differing is None
                else f"{host} was not judged for this step, so it was not taken: {'; '.join(differing)}.",
                code="other_step_than_judged",
                remedy=_JUDGE_ANEW,
            )

    def _require_lockstep(self, variables: dict[str, t.Any]) -> None:
        """Refuse a task with C(run_once) whose strategy runs it for every host, each before the others are ready.

        Raises:
            AnsibleActionFail: The play has several hosts and a strategy that does not keep them together.
        """
        play = self._task.get_play()
        strategy = strategy_loader.get(play.strategy, class_only=True)
        together = strategy is None or not issubclass(strategy, _FreeStrategy)
        if together or not self._task.run_once or len(variables.get("ansible_play_hosts_all") or ()) < 2:
            return
        raise AnsibleActionFail(
            f"The play {play.get_name()!r} has the strategy {play.strategy}, which runs {self._task.action} for every host instead "
            "of once, before the others are ready. Nothing was written. Set strategy: linear in this play."
        )

    def _perform(
        self,
        module: types.ModuleType,
        params: dict[str, t.Any],
        variables: dict[str, t.Any],
        names: t.Mapping[str, str],
    ) -> dict[str, t.Any]:
        host = variables.get("inventory_hostname", "")
        warnings: list[str] = []
        task = _task.Task(
            params=params,
            check_mode=self._task.check_mode,
            diff_mode=self._task.diff,
            progress=lambda message: display.display(f"{host} | {task.secrets.from_text(message)}"),
            warn=warnings.append,
            gate=RunGate(params["state_dir"]),
            holder=f"{self._task.get_name()} for {host}",
            names=names,
        )
        result = _task.perform(task, module.run)
        secrets = task.secrets
        result["invocation"] = {"module_args": secrets.from_text(_task.shown(module.ARGUMENT_SPEC, params))}
        if warnings:
            result["warnings"] = secrets.from_text(warnings)
        _warn_of_indistinct(params, task.known_names, names, variables)
        return result

    def _ship(
        self, params: dict[str, t.Any], given: dict[str, t.Any], variables: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        """Run the module on the delegated host with options that were resolved here, under the same one-attempt rule.

        What it used there counts as tried until it says what became of it: one that is killed, or whose result is lost, does not.
        """
        gate = RunGate(params["state_dir"])
        publisher = Address(params.get("publisher") or "", params.get("https_port"), params.get("ssh_port"))
        credentials = [
            credential_of(
                publisher,
                service,
                Account(params[f"{service}_username"], params.get(f"{service}_password") or ""),
            )
            for service in ("axl", "cli")
            if params.get(f"{service}_username")
        ]
        # Defaults are left out: a path below the home directory means the home over there.
        from_here = {name for name in params if os.environ.get(f"CUCM_{name.upper()}")} | {"publisher"}
        args = {name: params[name] for name in from_here if params[name] is not None} | given
        with contextlib.ExitStack() as alone:
            try:
                for credential in credentials:
                    alone.enter_context(gate.alone(credential))
            except CucmError as error:
                return _task.failed(error)
            with self._environment({_task.REFUSED_DOORS: gate.refused_doors(credentials).written()}):
                result = self._execute_module(
                    module_name=self._task.action, module_args=args, task_vars=variables
                )
            told = result.pop(_task.CREDENTIALS, None)
            if told is not None:
                for credential in credentials:
                    gate.learn(credential, told.get(credential.service, []))
        return _task.secrets_among(params).from_result(result)

    @contextlib.contextmanager
    def _environment(self, more: dict[str, str]) -> t.Iterator[None]:
        """Add to the environment of a module that is shipped what is not empty."""
        before = self._task.environment
        given = before if isinstance(before, list) else [before]
        self._task.environment = [*given, {name: value for name, value in more.items() if value}]
        try:
            yield
        finally:
            self._task.environment = before

    def _said(
        self, module: types.ModuleType, variables: dict[str, t.Any], environment: t.Container[str]
    ) -> dict[str, t.Any]:
        """Return what the inventory says of how to reach the cluster, in its variables C(cucm_<option>).

        What the C(environment) of the task says is nearer to the task.
        """
        if not getattr(module, "CONNECTS", True):
            return {}
        options = (option for option in _task.CONNECTION_SPEC if f"CUCM_{option.upper()}" not in environment)
        return self._told({option: f"cucm_{option}" for option in options}, variables)

    def _complete(
        self, module: types.ModuleType, params: dict[str, t.Any], variables: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        """Fill in what a module takes from the collection's files, and suboptions that it takes from the inventory.

        What the task gives stays. Return the options that were filled in.
        """
        completed: dict[str, t.Any] = {}
        for option in getattr(module, "FROM_COLLECTION", ()):
            if params[option] is None:
                params[option] = completed[option] = _FILES[option]()
        for option, names in getattr(module, "FROM_INVENTORY", {}).items():
            if params[option] is not None:
                given = {name: value for name, value in params[option].items() if value is not None}
                params[option] = completed[option] = {
                    **params[option],
                    **self._told(names, variables),
                    **given,
                }
        return completed

    def _told(self, names: t.Mapping[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return the values of variables that the inventory has, by the names of options."""
        told: dict[str, t.Any] = {}
        for option, name in names.items():
            if not isinstance(name, str):
                told[option] = self._told(name, variables)
            elif is_said(value := self._read(name, variables.get(name))):
                told[option] = value
        return told

    def _read(self, name: str, value: t.Any) -> t.Any:
        """Return what a variable says; one that is not there says nothing."""
        if value is None:
            return None
        try:
            value = rendered(self._templar, value)
        except NotRendered as error:
            raise AnsibleActionFail(f"The variable {name} cannot be rendered: {error}.") from None
        if name not in TABLE or not is_said(value):
            return value
        value, problems = read(name, value)
        if problems:
            raise AnsibleActionFail(" ".join(problems))
        return value

    def _refuse_given_results(self) -> None:
        """Refuse extra variables in place of what the roles read and judge themselves: they win over everything a task finds."""
        given = sorted(name for name in load_extra_vars(self._loader) if _RESULT.match(str(name)))
        if given:
            raise AnsibleActionFail(
                f"{', '.join(given)} cannot be given with -e: a run reads and judges the cluster itself. Nothing was asked. "
                "Leave it out; saved facts are judged with cucm_saved by the playbook compliance."
            )

    def _refuse_become(self) -> None:
        # The base class has become off for a connection that does not support it; what counts is what the task asks for.
        if self._task.become:
            raise AnsibleActionFail(
                f"{self._task.action} runs inside the controller process and cannot become another user there. "
                "Remove become from the task (become: false), or delegate it to a host that is reached by SSH."
            )


def _leave_inherited_memory_alone() -> None:
    """Keep a worker's garbage collector away from what the worker inherited.

    A collection writes to every object it visits. In a worker that copies the parent's memory, which holds the variables of the
    whole fleet, page by page.
    """
    if multiprocessing.parent_process() is not None:
        gc.freeze()


def _with_seal(
    module: types.ModuleType,
    params: t.Mapping[str, t.Any],
    result: dict[str, t.Any],
    variables: t.Mapping[str, t.Any],
) -> dict[str, t.Any]:
    """Return a result whose facts carry the proof that this run read them, if they were read of the cluster."""
    name = getattr(module, "SEALED", "")
    if name not in result or any(params[option] is not None for option in module.UNSEALED_WITH):
        return result
    host = variables.get("inventory_hostname", "")
    return {**result, name: readings.sealed(result[name], host, readings.place(params))}


def _module(action: str) -> types.ModuleType:
    name = action.rpartition(".")[2]
    return importlib.import_module(f"{_MODULES.__name__}.{name}")


def _prepare() -> None:
    """Do once what every worker would do again: Ansible's parent process loads this file, and then forks them.

    The modules are imported, the filters and lookups that every other task of a role has a use for (Ansible keeps no compiled form of
    what a collection has), and what the first connection imports; and OpenSSL reads its configuration and looks up its
    algorithms, which takes it milliseconds.
    """
    plugins = _MODULES.__name__.rpartition(".")[0]
    for kind in ("modules", "filter", "lookup"):
        for found in pkgutil.iter_modules(importlib.import_module(f"{plugins}.{kind}").__path__):
            importlib.import_module(f"{plugins}.{kind}.{found.name}")
    importlib.import_module("encodings.idna")
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _names(told: t.Container[str], written: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Return how the operator wrote each option of the connection, where that is not the option's name.

    Args:
        told: The options that the inventory gives.
        written: The options that the task gives.
    """
    names = {}
    for option in _task.CONNECTION_SPEC:
        service, _underscore, half = option.partition("_")
        other = f"{service}_{'password' if half == 'username' else 'username'}"
        if option in written or (
            half in ("username", "password") and other in written and option not in told
        ):
            continue
        variable = f"CUCM_{option.upper()}"
        names[option] = variable if variable in os.environ and option not in told else f"cucm_{option}"
    return names


def _warn_of_indistinct(
    params: t.Mapping[str, t.Any],
    nodes: t.Iterable[str],
    names: t.Mapping[str, str],
    variables: t.Mapping[str, t.Any],
) -> None:
    """Say which passwords cannot be masked in facts; Ansible prints the same warning once a run."""
    for option in _task.indistinct_secrets(params, nodes):
        display.warning(
            f"{variables.get('inventory_hostname', '')}: {names.get(option, option)} is so short, or so like a name or a common word, "
            "that in facts it cannot be told from what the cluster says; there it is not masked. Choose another."
        )


def _refused(module: types.ModuleType, given: dict[str, t.Any], message: str) -> dict[str, t.Any]:
    """Return the result that a shipped module gives for wrong options."""
    secrets = _task.secrets_among(given)
    shown = secrets.from_text(_task.shown(module.ARGUMENT_SPEC, given))
    return {"failed": True, "msg": secrets.from_text(message), "invocation": {"module_args": shown}}


def _validated(
    action: str, module: types.ModuleType, args: dict[str, t.Any], variables: dict[str, t.Any]
) -> tuple[dict[str, t.Any], list[str]]:
    """Return the module's options as its ARGUMENT_SPEC makes them, environment fallbacks resolved here.

    Raises:
        _WrongOptions: They cannot be, in the words a shipped module has for it.
    """
    validation = ArgumentSpecValidator(module.ARGUMENT_SPEC).validate(args)
    if validation.error_messages:
        message = _TAGGED.sub(lambda found: f"<class '{found[1].lower()}'>", validation.errors.msg)
        if isinstance(validation.errors[0], UnsupportedError):
            message = f"Unsupported parameters for ({action}) module: {message}"
        raise _WrongOptions(message)
    params = validation.validated_parameters
    if not params.get("publisher"):
        # Only what the inventory says: Ansible's own default for ansible_host is the inventory name, which is right too.
        params["publisher"] = variables.get("ansible_host") or variables.get("inventory_hostname")
    return params, [f"Deprecated: {item['msg']}" for item in validation._deprecations]


_prepare()
