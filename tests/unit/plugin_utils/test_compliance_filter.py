# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters of compliance say what the functions say, and refuse what cannot be."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

import pytest
from ansible.errors import AnsibleFilterError, AnsibleUndefinedVariable
from jinja2 import StrictUndefined

from ansible_collections.ucops.cucm.plugins.filter.compliance import FilterModule
from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results, site

from ..data.clusters import NOW, audited
from ..data.verdicts import CLUSTER, MOMENT

FILTERS = FilterModule().filters()
OFF = {"controls": [{"id": "backup-age", "enabled": False}]}
RESULTS = results.judge_cluster(audited(), OFF, CLUSTER, MOMENT)
ACCOUNTS = {"axl": "reader", "cli": "auditor"}
READ = {
    "results": RESULTS,
    "cluster": {"release": "15.0.1.12900-234", "identity": "x", "read_at": NOW, "accounts": ACCOUNTS},
}


def cluster(read: t.Any, **variables: t.Any) -> dict[str, t.Any]:
    """Return the entry of a report for a cluster with this registered result."""
    hostvars = {CLUSTER: {"compliance_read": read, **variables}}
    (found,) = FILTERS["compliance_clusters"](hostvars, [CLUSTER], OFF)
    return t.cast("dict[str, t.Any]", found)


def test_the_controls() -> None:
    assert FILTERS["compliance_controls"](OFF) == results.controls(OFF)


def test_a_cluster_that_was_read() -> None:
    assert cluster(READ) == {
        "name": CLUSTER,
        "release": "15.0.1.12900-234",
        "identity": "x",
        "read_at": NOW,
        "accounts": ACCOUNTS,
        "results": RESULTS,
    }


def test_what_was_saved_is_told_to_be() -> None:
    saved = {"first": NOW, "last": NOW}
    read = {**READ, "cluster": {**READ["cluster"], "saved": saved}}
    assert cluster(read)["saved"] == saved
    # The times of the answers are unknown, but they were saved.
    unknown = dict.fromkeys(saved)
    assert cluster({**READ, "cluster": {**READ["cluster"], "saved": unknown}})["saved"] == unknown


def test_a_cluster_that_was_not_read_has_the_accounts_that_were_to_read_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CUCM_CLI_USERNAME", raising=False)
    reason = "Connecting to it failed: [Errno 111] Connection refused after 3.00412 s"
    given = {"cucm_axl_username": "reader", "cucm_axl_password": "secret"}
    found = cluster({"msg": reason, "failed": True}, **given)
    assert found == {
        "name": CLUSTER,
        "accounts": {"axl": "reader", "cli": None},
        "unreachable": "Connecting to it failed: Connection refused after 3 s",
        "results": results.unreachable(reason, OFF),
    }
    assert "secret" not in str(found)
    # What the inventory says comes before the environment, as for the modules.
    for service in ("AXL", "CLI"):
        monkeypatch.setenv(f"CUCM_{service}_USERNAME", "environment")
    assert cluster({}, **given)["accounts"] == {"axl": "reader", "cli": "environment"}


class Unrenderable(dict[str, t.Any]):
    """The variables of a host; one of them cannot be rendered."""

    def get(self, key: str, default: t.Any = None) -> t.Any:
        if key == "cucm_axl_username":
            raise AnsibleUndefinedVariable("'who' is undefined")
        return super().get(key, default)


@pytest.mark.parametrize("kind", [Unrenderable, dict])
def test_a_variable_that_cannot_be_rendered_keeps_nobody_from_the_report(
    kind: type[dict[str, t.Any]],
) -> None:
    read = {"msg": "The variable cucm_axl_username cannot be rendered.", "failed": True}
    variables = kind(
        compliance_read=read, cucm_axl_username=StrictUndefined(name="who"), cucm_cli_username="auditor"
    )
    (found,) = FILTERS["compliance_clusters"]({CLUSTER: variables}, [CLUSTER], OFF)
    assert (found["unreachable"], found["accounts"]) == (read["msg"], {"axl": None, "cli": "auditor"})


@pytest.mark.parametrize("read", [None, {}, {"msg": ""}])
def test_a_cluster_of_which_nothing_is_known(read: t.Any) -> None:
    assert cluster(read)["unreachable"] == "it was not read"


def test_notes() -> None:
    off = site.notes(OFF, [CLUSTER], MOMENT)
    assert FILTERS["compliance_notes"](OFF, [CLUSTER]) == off
    assert len(off) == 1


def test_notes_are_of_now_when_nothing_else_is_said() -> None:
    today = datetime.now(UTC).date()
    waiver = {"control": "disk-space", "clusters": "*", "reason": "x", "owner": "y"}
    for days, noted in ((-1, True), (31, False)):
        config = {"waivers": [{**waiver, "expires": (today + timedelta(days=days)).isoformat()}]}
        assert bool(FILTERS["compliance_notes"](config, [CLUSTER])) is noted


@pytest.mark.parametrize("now", ["soon", "2026-13-01T00:00:00", 7, ""])
def test_a_time_that_is_none_is_refused(now: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"now must be a time like 2026-11-24T02:00:00, not"):
        FILTERS["compliance_notes"]({}, [], now)


@pytest.mark.parametrize(
    ("name", "before", "arguments"),
    [
        ("compliance_controls", {"more": 1}, ()),
        ("compliance_notes", {"more": 1}, ([],)),
        ("compliance_clusters", {CLUSTER: {}}, ([CLUSTER], {"more": 1})),
    ],
)
def test_a_mistake_is_told_with_the_remedy(name: str, before: t.Any, arguments: tuple[t.Any, ...]) -> None:
    with pytest.raises(AnsibleFilterError, match=r"more: is not known.*docs/compliance\.md"):
        FILTERS[name](before, *arguments)
