# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judging facts by controls as filters, so that one reading of a cluster is all a verdict needs."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from ansible.errors import AnsibleFilterError

from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results, site
from ansible_collections.ucops.cucm.plugins.module_utils._errors import CucmError

Facts = t.Mapping[str, t.Any]
Config = t.Mapping[str, t.Any] | None
_Value = t.TypeVar("_Value")


def _said(make: t.Callable[[], _Value]) -> _Value:
    """Return what C(make) returns; its errors become a filter's own."""
    try:
        return make()
    except CucmError as error:
        raise AnsibleFilterError(f"{error.message} {error.remedy}".strip()) from error


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"now must be a time like 2026-11-24T02:00:00, not {text!r}.") from error


def compliance_results(
    facts: Facts, config: Config, cluster: str, now: str | None = None
) -> list[dict[str, t.Any]]:
    """Return the result of every control that is switched on."""
    if not isinstance(facts, dict):
        raise AnsibleFilterError(
            "compliance_results judges the cluster that ucops.cucm.cluster_info returns."
        )
    return _said(lambda: results.judge_cluster(facts, config, cluster, _moment(now)))


def compliance_unreachable(reason: str, config: Config) -> list[dict[str, t.Any]]:
    """Return the results of a cluster that could not be read."""
    return _said(lambda: results.unreachable(reason, config))


def compliance_subsets(config: Config, cluster: str | None = None) -> list[str]:
    """Return what has to be read of a cluster to judge it."""
    return _said(lambda: results.subsets(config, cluster))


def compliance_site(config: Config, wanted: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    """Return what a site says, with what the inventory wants wherever its intent says nothing."""
    return _said(lambda: site.with_wanted(config, wanted))


def compliance_controls(config: Config) -> list[dict[str, t.Any]]:
    """Return the controls that are switched on, as a report has them."""
    return _said(lambda: results.controls(config))


class FilterModule:
    """The filters of compliance."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return name to filter."""
        return {
            each.__name__: each
            for each in (
                compliance_results,
                compliance_unreachable,
                compliance_site,
                compliance_subsets,
                compliance_controls,
            )
        }
