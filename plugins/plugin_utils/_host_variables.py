# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of hosts as Ansible has them: names, values, and problems."""

from __future__ import annotations

import re
import typing as t

from ansible.template import Templar
from ansible.utils.vars import load_extra_vars

from ansible_collections.ucops.cucm.plugins.plugin_utils import _variables as table

Variables = t.Mapping[str, t.Any]
# Names that messages of Jinja and Ansible quote; nothing else of a message is shown, because it may show a value.
_UNDEFINED = re.compile(r"'([A-Za-z_]\w*)' is undefined|has no attribute '([A-Za-z_]\w*)'")
_MOST_NAMED = 5


class NotRendered(Exception):
    """A variable cannot be rendered; the message is the reason, without any value."""


def rendered(templar: t.Any, value: t.Any) -> t.Any:
    """Return the value of a variable, rendered if it is a template.

    Raises:
        NotRendered: Whatever goes wrong.
    """
    try:
        value = templar.template(value)
        # Until ansible-core 2.18 an encrypted value stays so until it is made a text.
        return str(value) if hasattr(value, "__ENCRYPTED__") else value
    except Exception as error:  # of whatever kind; what it says may show the value, which may be a password
        raise NotRendered(_why(error)) from None


def _why(error: BaseException) -> str:
    lacking = _UNDEFINED.search(str(error))
    if lacking:
        return f"{lacking[1] or lacking[2]} is undefined"
    if "vault" in f"{type(error).__name__} {error}".lower() and "decrypt" in str(error).lower():
        return "it cannot be decrypted; give the vault's password, for example with --ask-vault-pass"
    return type(error).__name__


def settings(variables: Variables, templar: t.Any, playbook: str) -> dict[str, t.Any]:
    """Return the values of a playbook's variables for the host of a task.

    Raises:
        ValueError: Something is wrong with them; the message has one line for each.
    """
    given, found = _given(variables, templar, (each for each in table.of(playbook) if not each.connects))
    values, problems = table.settings(given, playbook)
    if found or problems:
        raise ValueError("\n".join(found + problems))
    return values


def problems(variables: Variables, loader: t.Any, playbook: str) -> list[str]:
    """Return the problems with the variables of all hosts in a play, one line each, with the hosts.

    Names are looked at for every host. Of compliance, which a cluster with wrong variables must not stop, only values that are
    one for the whole run.

    Args:
        variables: Of the task that asks, with C(hostvars).
        loader: Ansible's loader of files.
        playbook: One of C(table.PLAYBOOKS).
    """
    hosts = list(variables["ansible_play_hosts_all"])
    used = [each for each in table.of(playbook) if not each.once and playbook != table.COMPLIANCE]
    by_host = dict(_of_hosts(variables, hosts))
    found: dict[str, list[str]] = {}
    for host, own in by_host.items():
        for line in _names(own, loader) + _values(own, loader, used, playbook):
            found.setdefault(line, []).append(host)
    of_hosts = [_with_hosts(line, having, len(hosts)) for line, having in found.items()]
    extra_variables = load_extra_vars(loader)
    return [
        *_left_over(extra_variables),
        *of_hosts,
        *_unheard(by_host, extra_variables),
        *_of_run(by_host, loader, playbook),
    ]


def _of_hosts(variables: Variables, hosts: t.Iterable[str]) -> t.Iterator[tuple[str, Variables]]:
    """Return the variables of each host as it would have them in the task that asks."""
    hostvars = variables["hostvars"]
    here = hostvars.raw_get(variables["inventory_hostname"])
    # What the play says, and no inventory; it is the same for all.
    of_play = {
        name: value
        for name, value in variables.items()
        if name.startswith(table.PREFIX) and not (name in here and _same(here[name], value))
    }
    for host in hosts:
        yield host, {**hostvars.raw_get(host), **of_play, "hostvars": hostvars}


def _same(one: t.Any, other: t.Any) -> bool:
    if one is other:
        return True
    try:
        return bool(one == other)
    except Exception:  # an encrypted value whose password is not there is compared with nothing
        return False


def _names(own: Variables, loader: t.Any) -> list[str]:
    """Return the problems with the names of a host's variables."""
    extra = table.TABLE[table.EXTRA]
    given, found = _given(own, Templar(loader=loader, variables=own), [extra])
    allowed, wrong = table.read(extra.name, given.get(extra.name))
    found += wrong
    return found or table.too_wide(allowed) or table.unknown(own, allowed)


def _values(own: Variables, loader: t.Any, used: t.Sequence[table.Variable], playbook: str) -> list[str]:
    """Return the problems with the values of a host's variables."""
    if not used:
        return []
    given, found = _given(own, Templar(loader=loader, variables=own), used)
    found += [line for name, value in given.items() for line in table.read(name, value)[1]]
    return found + table.rules(given, playbook)


def _given(
    variables: Variables, templar: t.Any, used: t.Iterable[table.Variable]
) -> tuple[dict[str, t.Any], list[str]]:
    """Return the values that variables have, and a line for each that cannot be rendered."""
    given: dict[str, t.Any] = {}
    found = []
    for each in used:
        if variables.get(each.name) is not None:
            try:
                given[each.name] = rendered(templar, variables[each.name])
            except NotRendered as error:
                found.append(f"{each.name}: cannot be rendered: {error}.")
    return given, found


def _of_run(by_host: t.Mapping[str, Variables], loader: t.Any, playbook: str) -> list[str]:
    """Return the problems with the variables that hold for the whole run."""
    once = [each for each in table.of(playbook) if each.once and each.name != table.HOSTS]
    (first, own), *others = by_host.items()
    found = _values(own, loader, once, playbook)
    for each in once:
        value = own.get(each.name)
        differing = [host for host, theirs in others if not _same(theirs.get(each.name), value)]
        if differing:
            found.append(
                f"{each.name}: is one value for the whole run, and differs between {first} and {_named(differing)}; "
                "write it once, for all of them."
            )
    return found


def _unheard(by_host: t.Mapping[str, Variables], extra_variables: Variables) -> list[str]:
    """Return a line when hosts say which hosts there are."""
    if table.HOSTS in extra_variables or not any(table.HOSTS in own for own in by_host.values()):
        return []
    return [
        f"{table.HOSTS}: has no effect in the inventory, because it is read before any host is known; give it with -e."
    ]


def _left_over(extra_variables: Variables) -> list[str]:
    """Return a line when C(-e) cut a value at a blank and left words that belong to no variable."""
    # It may be the end of a password: not shown.
    if "_raw_params" not in extra_variables:
        return []
    return [
        "-e: a value ends at the first blank, and what follows belongs to no variable. Put the value into quotes of its own, or "
        'give a mapping, for example -e \'{"cucm_attestations": {"maintenance_window": true}}\'.'
    ]


def _with_hosts(line: str, hosts: t.Sequence[str], of_all: int) -> str:
    """Return a line with the hosts it is about."""
    return f"{_named(hosts) if len(hosts) < of_all or of_all == 1 else f'all {of_all} hosts'}: {line}"


def _named(hosts: t.Sequence[str]) -> str:
    more = len(hosts) - _MOST_NAMED
    return ", ".join(hosts[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
