# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn a site's configuration and the readings of a play into the content of a report."""

from __future__ import annotations

import os
import typing as t
from datetime import UTC, datetime

from ansible.errors import AnsibleError, AnsibleFilterError
from jinja2 import Undefined

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results, site
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.case import plain
from ansible_collections.ucops.cucm.plugins.plugin_utils._filters import said

Mapping = t.Mapping[str, t.Any]


def compliance_controls(config: Mapping | None) -> list[dict[str, t.Any]]:
    """Return the controls that are switched on, in the form of a report."""
    return said(lambda: results.controls(config))


def compliance_problems(config: Mapping | None) -> list[str]:
    """Return the problems of a site's configuration, each with its place; an empty list when it is valid."""
    try:
        site.load(config)
    except InputError as error:
        return list(error.details["problems"])
    return []


def compliance_clusters(
    hostvars: t.Mapping[str, Mapping], hosts: t.Sequence[str], config: Mapping | None
) -> list[dict[str, t.Any]]:
    """Return the clusters for a report; in one that was not read, every control is C(unknown) with the reason."""
    return said(lambda: [_cluster(host, hostvars[host], config) for host in hosts])


def compliance_notes(
    config: Mapping | None,
    hosts: t.Sequence[str],
    now: str | None = None,
) -> list[str]:
    """Return notes for the reader of a report on the configuration it was made with."""
    moment = _moment(now)
    return said(lambda: site.notes(config, hosts, moment))


def _cluster(host: str, variables: Mapping, config: Mapping | None) -> dict[str, t.Any]:
    read = variables.get("compliance_read") or {}
    if not read.get("results"):
        reason = str(read.get("msg") or "it was not read")
        return {
            "name": host,
            "accounts": {service: _account(service, variables) for service in ("axl", "cli")},
            "unreachable": plain(reason),
            "results": results.unreachable(reason, config),
        }
    known = read["cluster"]
    return {
        "name": host,
        "release": known["release"] or None,
        **{key: known[key] for key in ("identity", "read_at", "accounts")},
        **({"saved": known["saved"]} if known.get("saved") else {}),
        "results": read["results"],
    }


def _account(service: str, variables: Mapping) -> str | None:
    """Return the name of the account a cluster was to be read with; Ansible keeps no task's options in what it registers."""
    try:
        name = variables.get(f"cucm_{service}_username")
    except AnsibleError:
        return None
    # A variable that cannot be rendered is why this cluster was not read, which the reading told; its value is none to look at.
    if isinstance(name, Undefined):
        return None
    return str(name) if name else os.environ.get(f"CUCM_{service.upper()}_USERNAME")


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"now must be a time like 2026-11-24T02:00:00, not {text!r}.") from error


_FILTERS = (compliance_problems, compliance_controls, compliance_clusters, compliance_notes)


class FilterModule:
    """The filters of the role compliance."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return name to filter."""
        return {each.__name__: each for each in _FILTERS}
