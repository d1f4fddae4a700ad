# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task that a module's C(run) is given, and the two ways to run it. PRIVATE to the collection.

A module is documentation, an ARGUMENT_SPEC and C(run(task)). It runs in the controller (the action plugin
makes the Task) or is shipped to another machine (C(run_module) makes it there); both go through C(perform).
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import typing as t
from dataclasses import dataclass, field

from .._base import files
from .._base.address import canonical, in_url
from .._base.clock import Clock
from .._base.credentials import CredentialGate, ProcessGate, RefusedDoors
from .._base.errors import CucmError, InputError, Refusal, unexpected
from .._base.record import StateJournal
from .._base.redaction import Secrets, distinctive, spellings
from .._base.request_budget import FileLedger, RequestBudget
from .._base.shared_lock import SharedLock
from .._base.waits import paced, require_long_enough
from .._cluster.accounts import Account, missing_account
from .._cluster.cluster import Cluster
from .._cluster.live import Budgets, LiveAccess, LiveSettings, nobody_holds
from .._cluster.live_database import LiveDatabase
from .._cluster.nodes import Address, Places, parse_address
from .._cluster.saved import SavedAccess, SavedDatabase
from .._transport import perfmon, risport
from .._transport.cli import CliLimits
from .._transport.http import REQUESTS_IMPORT_ERROR
from .._transport.saved import SavedDirectory
from .._transport.ssh import PARAMIKO_IMPORT_ERROR
from .._x509.chains import CRYPTOGRAPHY_IMPORT_ERROR


def env_fallback(name: str) -> tuple[t.Callable[..., t.Any], list[str]]:
    """Return a fallback to C(CUCM_<NAME>) of the environment for an argument."""
    from ansible.module_utils.basic import env_fallback as ansible_env_fallback

    return (ansible_env_fallback, [f"CUCM_{name.upper()}"])


def _option(name: str, **spec: t.Any) -> dict[str, dict[str, t.Any]]:
    return {name: {**spec, "fallback": env_fallback(name)}}


CONNECTION_SPEC: dict[str, dict[str, t.Any]] = {
    **_option("publisher", type="str"),
    **_option("axl_username", type="str"),
    **_option("axl_password", type="str", no_log=True),
    **_option("cli_username", type="str"),
    **_option("cli_password", type="str", no_log=True),
    **_option("https_port", type="int", default=8443),
    **_option("ssh_port", type="int", default=22),
    **_option("validate_certs", type="bool", default=True),
    **_option("ca_path", type="path"),
    **_option("known_hosts", type="path", default="~/.ssh/known_hosts"),
    "ssh_host_key": {"type": "dict", "no_log": False},
    "node_addresses": {"type": "dict"},
    **_option("timeout", type="int", default=60),
    **_option("cli_startup_timeout", type="int", default=180),
    **_option("cli_command_timeout", type="int", default=120),
    **_option("state_dir", type="path", default="~/.local/state/ucops.cucm"),
    **_option("state_moved_from", type="str"),
    **_option("lock_dir", type="path"),
    **_option("risport_rate", type="int", default=risport.DEFAULT_RATE),
    **_option("perfmon_rate", type="int", default=perfmon.DEFAULT_RATE),
}

# What a role judged of the cluster, for modules that change it. The action compares it with the task, and the module with the cluster.
JUDGEMENT_SPEC: dict[str, dict[str, t.Any]] = {"judgement": {"type": "str"}}

# In the result of a module that was shipped: what became of the credentials, for the action that shipped it.
CREDENTIALS = "_credentials"
# In the environment of a module that is shipped: which nodes refused its credentials earlier in the run.
REFUSED_DOORS = "UCOPS_CUCM_REFUSED_DOORS"
# The options of all modules that are no_log.
SECRET_OPTIONS = ("axl_password", "cli_password", "token")
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
_TOO_LARGE = "(too large to be shown)"
_LARGEST_SHOWN = 1000
# Options as messages name them; not those whose names are English words, nor one that is a part of a path or of a longer name.
_OPTION = re.compile(
    r"(?<![\w./-])(?:"
    + "|".join(sorted((name for name in CONNECTION_SPEC if "_" in name), key=len, reverse=True))
    + r")(?![\w/-])"
)


@dataclass
class Result:
    """The result of a module.

    Attributes:
        changed: Whether the cluster changed (in check mode: would change).
        before, after: The state, JSON-like. In check mode C(after) is what a run would reach.
        operations: What was done, or is planned in check mode.
        facts: Further return values of the module.
    """

    changed: bool
    before: t.Any
    after: t.Any
    operations: list[dict[str, t.Any]] = field(default_factory=list)
    facts: dict[str, t.Any] = field(default_factory=dict)


@dataclass
class Task:
    """One call of a module. C(names) gives the operator's name of an option where it differs from the option's own."""

    params: dict[str, t.Any]
    check_mode: bool = False
    diff_mode: bool = False
    progress: t.Callable[[str], None] = lambda message: None
    warn: t.Callable[[str], None] = lambda message: None
    gate: CredentialGate = field(default_factory=ProcessGate)
    clock: Clock = field(default_factory=Clock)
    holder: str = "a module"
    names: t.Mapping[str, str] = field(default_factory=dict)
    _cluster: Cluster | None = field(default=None, init=False)
    _held: bool = field(default=False, init=False)
    _shared: SharedLock | None = field(default=None, init=False)

    @property
    def cluster(self) -> Cluster:
        """The cluster the task addresses; made on first use, closed by C(perform)."""
        if self._cluster is None:
            require_absolute(self.params)
            saved = self.params.get("saved") is not None
            self._cluster = self._saved_cluster() if saved else self._live_cluster()
            self._cluster.warn = self.warn
        return self._cluster

    @functools.cached_property
    def saved_answers(self) -> SavedDirectory:
        """The directory of answers that stands for the cluster, where C(saved) names one."""
        return SavedDirectory(self.params["saved"], self.clock)

    def _saved_cluster(self) -> Cluster:
        given = places(self.params, None)
        return Cluster(SavedAccess(self.saved_answers), SavedDatabase(self.saved_answers, given))

    def _live_cluster(self) -> Cluster:
        reached = settings(self.params)
        given = places(self.params, reached.publisher)
        if reached.verify is False and reached.axl is not None:
            self.warn("validate_certs is off: the password is sent to whoever answers at the address.")
        access = LiveAccess(
            reached, self.clock, self.gate, self.require_held, self._budgets(reached.publisher)
        )
        return Cluster(access, LiveDatabase(access, given))

    def _budgets(self, publisher: Address) -> Budgets:
        """Return how many requests a minute may be sent, shared by all tasks with this state directory that reach the cluster here."""

        def budget(called: str) -> RequestBudget:
            name = f"{called.lower()}-{publisher.host}-{publisher.https_port}"
            ledger = FileLedger(self.params["state_dir"], name, self.warn)
            option = f"{called.lower()}_rate"
            most = self.params[option]
            if most < 1:
                raise InputError(
                    f"{option} (cucm_{option}) is {most}; it must be at least 1.",
                    code="rate_too_low",
                    remedy=f"Remove {option}, or set it to the requests a minute that {called} may be sent.",
                )
            return RequestBudget(called, most, ledger, self.clock, self.progress)

        return Budgets(budget(risport.CALLED), budget(perfmon.CALLED))

    def go_without_account(self, service: str) -> None:
        """Reach the cluster without its account of a kind, C(axl) or C(cli), from now on."""
        self._cluster = self.cluster.without_account(service)

    @property
    def known_names(self) -> list[str]:
        """Names of the cluster's nodes, as far as they are known by now."""
        return self._cluster.known_names if self._cluster is not None else []

    @property
    def secrets(self) -> Secrets:
        """What must not be returned, as it can be told from the names that are known now."""
        return secrets_among(self.params, self.known_names)

    def journal(self) -> StateJournal:
        """The record of the cluster in the state directory."""
        return StateJournal(
            self.params["state_dir"],
            self.cluster.identity,
            place=self.place,
            moved_from=self.params.get("state_moved_from"),
            now=self.clock.now,
            warn=self.warn,
        )

    @property
    def place(self) -> str | None:
        """Where the cluster is reached, in the form of its record; None for saved answers."""
        if self.params.get("saved") is not None or not self.params.get("publisher"):
            return None
        host = in_url(canonical(self.params["publisher"]).rstrip("."))
        reached = f"{host}:{self.params['https_port']}:{self.params['ssh_port']}"
        return f"{self.cluster.publisher.name}@{reached}".lower()

    @contextlib.contextmanager
    def exclusive(self) -> t.Iterator[StateJournal]:
        """Hold the cluster against other changing tasks, and return its record.

        Tasks of this controller are held off by the record's lock, those of other controllers by a file in C(lock_dir), if
        that is given.

        Raises:
            Refusal: The record cannot be written, another task holds the cluster, or it is not the one that was judged.
        """
        self._require_judged()
        journal = self.journal()
        with contextlib.ExitStack() as held:
            held.enter_context(journal.lock(self.holder))
            if self.params.get("lock_dir"):
                self._shared = SharedLock(
                    self.params["lock_dir"],
                    f"{self.cluster.identity}.lock",
                    self.holder,
                    self.clock,
                    self.progress,
                    self.warn,
                )
                held.enter_context(self._shared.held())
                held.callback(setattr, self, "_shared", None)
            self._held = True
            held.callback(setattr, self, "_held", False)
            yield journal

    def _require_judged(self) -> None:
        """Raise Refusal when another cluster was judged than the one that answers; without a judgement the task is the user's own."""
        judgement = self.params.get("judgement")
        if not judgement:
            return
        # The action has opened the seal before; what follows it is JSON.
        judged = json.loads(judgement.partition(" ")[2])["reading"]["identity"]
        if judged != self.cluster.identity:
            raise Refusal(
                f"The cluster that was judged has the identity {judged}, and the one that answers now has {self.cluster.identity}. "
                "Nothing was changed.",
                code="other_cluster_than_judged",
                details={"judged": judged, "reached": self.cluster.identity},
                remedy="Find out why another cluster answers at this address, then run the playbook again.",
            )

    @property
    def change_sent(self) -> bool:
        """Whether anything that may change the cluster was sent, whatever its outcome."""
        return self._cluster is not None and self._cluster.change_sent

    def require_held(self) -> None:
        """Raise Refusal unless the task holds the cluster (C(exclusive)); the cluster calls it before a change leaves."""
        if not self._held:
            nobody_holds()
        if self._shared is not None:
            self._shared.require_held()

    def close(self) -> None:
        """Close all connections. Never raises."""
        if self._cluster is not None:
            self._cluster.close()


def require_absolute(params: t.Mapping[str, t.Any]) -> None:
    """Raise InputError (C(relative_directory)) for a directory that depends on where Ansible was started."""
    for option in ("state_dir", "lock_dir"):
        path = params.get(option)
        if path and not os.path.isabs(os.path.expanduser(path)):
            raise InputError(
                f"{option} (cucm_{option}) is {path!r}, which means another directory wherever Ansible is started.",
                code="relative_directory",
                remedy="Give a path that begins with / or ~.",
            )


def settings(params: t.Mapping[str, t.Any]) -> LiveSettings:
    """Return how to reach the nodes of a cluster, from the connection options.

    Raises:
        InputError: No address, half an account, no account at all, or a library is missing.
    """
    if not params.get("publisher"):
        raise InputError(
            "publisher is not set.",
            code="publisher_missing",
            remedy="Set publisher, or ansible_host of the inventory host.",
        )
    axl, cli = (_account(params, service) for service in ("axl", "cli"))
    if axl is None and cli is None:
        raise missing_account("axl")
    _require_library("cryptography>=42", CRYPTOGRAPHY_IMPORT_ERROR)
    _require_library("requests", REQUESTS_IMPORT_ERROR if axl else None)
    _require_library("paramiko", PARAMIKO_IMPORT_ERROR if cli else None)
    return LiveSettings(
        publisher=Address(params["publisher"], params["https_port"], params["ssh_port"]),
        axl=axl,
        cli=cli,
        verify=(params.get("ca_path") or True) if params["validate_certs"] else False,
        known_hosts=params.get("known_hosts"),
        host_keys=params.get("ssh_host_key") or {},
        timeout=params["timeout"],
        cli_limits=CliLimits(
            connect=params["timeout"],
            startup=params["cli_startup_timeout"],
            command=params["cli_command_timeout"],
        ),
    )


def places(params: t.Mapping[str, t.Any], publisher: Address | None) -> Places:
    """Return where nodes are reached, from the connection options.

    Raises:
        InputError: C(node_addresses) has something else than addresses.
    """
    addresses = params.get("node_addresses") or {}
    wrong = [name for name, value in addresses.items() if not isinstance(value, dict)]
    if wrong:
        raise InputError(
            f"node_addresses gives no mapping for {', '.join(wrong)}.",
            remedy="Give each node a mapping: its address, and its ports where they differ.",
        )
    https_port, ssh_port = params["https_port"], params["ssh_port"]
    given = {
        name: parse_address(value, Address(name, https_port, ssh_port)) for name, value in addresses.items()
    }
    return Places(https_port, ssh_port, given, publisher)


def _account(params: t.Mapping[str, t.Any], service: str) -> Account | None:
    username, password = params.get(f"{service}_username"), params.get(f"{service}_password")
    if bool(username) != bool(password):
        given, missing = f"{service}_username", f"{service}_password"
        if password:
            given, missing = missing, given
        raise InputError(
            f"{missing} is missing, and {given} is given: they belong together.",
            code="account_missing",
            remedy=f"Give {missing} as well, or neither of them.",
        )
    return Account(username, password) if username and password else None


def _require_library(name: str, import_error: str | None) -> None:
    if import_error is not None:
        from ansible.module_utils.basic import missing_required_lib

        raise InputError(
            missing_required_lib(name),
            code="library_missing",
            details={"import_error": import_error},
            remedy=f"Install it where the module runs: pip install '{name}'",
        )


def perform(task: Task, run: t.Callable[[Task], Result]) -> dict[str, t.Any]:
    """Run a module and return its result, C(failed) included, without secrets."""
    try:
        return task.secrets.from_result(_performed(task, run))
    except Exception as error:
        return task.secrets.from_result(failed(_unforeseen(task, error), task.names))
    finally:
        task.close()


def _performed(task: Task, run: t.Callable[[Task], Result]) -> dict[str, t.Any]:
    try:
        files.require_names(task.params)
        require_long_enough(task.params)
        task.clock = paced(task.clock, task.params, os.environ)
        return _as_result(task, run(task))
    except CucmError as error:
        return failed(error, task.names)


def _unforeseen(task: Task, error: Exception) -> CucmError:
    """Return the failure for an untranslated exception: never a trace, and "nothing was changed" only if that is true."""
    told = unexpected(error)
    sent = task.change_sent
    told.details |= {
        "node": task.params.get("node") or task.params.get("publisher"),
        "change_sent": sent,
        "changed": sent,
    }
    if sent:
        told.message += " A change was sent before; whether it happened is not known."
        told.remedy += " Run the task again: it reads the state first."
    return told


def failed(error: CucmError, names: t.Mapping[str, str] | None = None) -> dict[str, t.Any]:
    """Return the result of a module that raised ``error``, in which options are called as in ``names``."""
    return as_written(
        {
            "failed": True,
            "changed": bool(error.details.get("changed")),
            "msg": error.message + (f" {error.remedy}" if error.remedy else ""),
            "failure": error.as_failure(),
        },
        names or {},
    )


def as_written(result: dict[str, t.Any], names: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Return a failed result in which message and remedy call options as the operator wrote them."""

    def rename(text: t.Any) -> t.Any:
        return (
            _OPTION.sub(lambda found: names.get(found[0], found[0]), text) if isinstance(text, str) else text
        )

    failure = result.get("failure")
    if not isinstance(failure, dict) or not names:
        return result
    told = {key: rename(failure.get(key)) for key in ("message", "remedy")}
    return {**result, "msg": rename(result.get("msg")), "failure": {**failure, **told}}


def secrets_of(params: t.Mapping[str, t.Any]) -> set[str]:
    """Return every spelling of the secrets in a module's options, validated or not."""
    usernames = [str(params[name]) for name in ("axl_username", "cli_username") if params.get(name)]
    secrets = [str(params[name]) for name in SECRET_OPTIONS if params.get(name)]
    # One that is pasted with a line's end is sent, and said back, without it.
    return {
        text
        for secret in secrets
        for written in (secret, secret.strip())
        for text in spellings(written, usernames)
    }


def secrets_among(params: t.Mapping[str, t.Any], nodes: t.Iterable[str] = ()) -> Secrets:
    """Return what must not be returned of a module's options; C(nodes) are names beside those among the options."""
    return Secrets.of(secrets_of(params), [*nodes, *_names_of_nodes(params)])


def indistinct_secrets(params: t.Mapping[str, t.Any], nodes: t.Iterable[str] = ()) -> list[str]:
    """Return the options whose secrets look like ordinary text, and so are not masked where facts have the same text."""
    known = [*nodes, *_names_of_nodes(params)]
    return [
        name
        for name in SECRET_OPTIONS
        if params.get(name) and not distinctive(str(params[name]).strip(), known)
    ]


def _names_of_nodes(params: t.Mapping[str, t.Any]) -> list[str]:
    addresses = params.get("node_addresses")
    given = addresses if isinstance(addresses, dict) else {}
    return [
        str(name)
        for name in (
            params.get("publisher"),
            *given,
            *(each.get("address") for each in given.values() if isinstance(each, dict)),
        )
        if name
    ]


def shown(spec: t.Mapping[str, t.Any], params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return options as a result shows them: without secrets, and with large values cut."""
    return {
        name: HIDDEN
        if spec.get(name, {}).get("no_log") and value
        else _TOO_LARGE
        if isinstance(value, (dict, list, str)) and len(str(value)) > _LARGEST_SHOWN
        else value
        for name, value in params.items()
    }


def _as_result(task: Task, result: Result) -> dict[str, t.Any]:
    returned = {
        "changed": result.changed,
        "before": result.before,
        "after": result.after,
        "operations": result.operations,
        **result.facts,
    }
    if task.diff_mode and result.changed:
        returned["diff"] = {"before": _for_diff(result.before), "after": _for_diff(result.after)}
    return returned


def _for_diff(state: t.Any) -> t.Any:
    """Return a state as Ansible's callbacks take it, a mapping or a text; of a list each item is a line."""
    if state is None or isinstance(state, dict):
        return state or {}
    items = state if isinstance(state, (list, tuple)) else [state]
    return "".join(f"{_line(item)}\n" for item in items)


def _line(item: t.Any) -> str:
    if isinstance(item, dict):
        return ", ".join(f"{key}: {value}" for key, value in item.items())
    return str(item)


def run_module(argument_spec: dict[str, t.Any], run: t.Callable[[Task], Result]) -> None:
    """Run as an ordinary Ansible module, on whatever machine this is."""
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(argument_spec=argument_spec, supports_check_mode=True)
    gate = ProcessGate(RefusedDoors.read(os.environ.get(REFUSED_DOORS, "")))
    task = Task(
        params=module.params,
        gate=gate,
        check_mode=module.check_mode,
        diff_mode=module._diff,
        warn=lambda message: module.warn(task.secrets.from_text(message)),
    )
    result = perform(task, run)
    # Ansible would mask the shortest password in every fact; a value that is not a secret here is not one there either.
    module.no_log_values = set(task.secrets.in_facts)
    result["invocation"] = {"module_args": task.secrets.from_text(shown(argument_spec, module.params))}
    result[CREDENTIALS] = gate.told()
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)
