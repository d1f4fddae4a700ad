# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what a play read of its hosts to the clusters of a report."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results
from ansible_collections.ucops.cucm.plugins.module_utils._errors import CucmError

Mapping = t.Mapping[str, t.Any]


def compliance_clusters(
    hostvars: t.Mapping[str, Mapping], hosts: t.Sequence[str], config: Mapping | None
) -> list[dict[str, t.Any]]:
    """Return the clusters for a report; one that was not read is C(unknown) by every control, with the reason."""
    try:
        return [_cluster(host, hostvars[host].get("compliance_read") or {}, config) for host in hosts]
    except CucmError as error:
        raise AnsibleFilterError(f"{error.message} {error.remedy}".strip()) from error


def _cluster(host: str, read: Mapping, config: Mapping | None) -> dict[str, t.Any]:
    if not read.get("results"):
        reason = str(read.get("msg") or "it was not read")
        return {"name": host, "unreachable": reason, "results": results.unreachable(reason, config)}
    known = read["cluster"]
    return {
        "name": host,
        "release": known["release"] or None,
        **{key: known[key] for key in ("identity", "read_at", "accounts")},
        "results": read["results"],
    }


class FilterModule:
    """The filter of the role compliance."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return name to filter."""
        return {"compliance_clusters": compliance_clusters}
