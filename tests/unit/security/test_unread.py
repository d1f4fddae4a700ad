# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts that were not read, by their causes."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._security import unread


def gone(key: str, **cause: t.Any) -> dict[str, t.Any]:
    """Return facts with one unavailable key."""
    told = {"code": "connection_failed", "message": "it is down", "remedy": "Look.", **cause}
    return {
        "unavailable": {key: f"{told['code']}: {told['message']}"},
        "unavailable_causes": {key: told},
    }


def together(*parts: dict[str, t.Any], **facts: t.Any) -> dict[str, t.Any]:
    """Return the facts of several parts as one."""
    return {
        **facts,
        **{
            name: {key: value for part in parts for key, value in part[name].items()}
            for name in ("unavailable", "unavailable_causes")
        },
    }


def refused(key: str, node: str, **cause: t.Any) -> dict[str, t.Any]:
    """Return facts with one key that is unavailable because a node's SSH port is closed."""
    way = {"interface": "cli", "node": node, "port": 22, "reason": "Connection refused"}
    return gone(key, **{**way, **cause})


def test_one_cause_of_many_nodes_and_facts_is_one() -> None:
    facts = together(
        refused("ctl_files.a", "a"),
        refused("ctl_files.b", "b"),
        refused("network", "a"),
        refused("listening.b", "b"),
    )
    (cause,) = unread.causes(facts)
    assert cause.line.startswith(
        "No CLI: Connection refused at a, b port 22; check cucm_ssh_port, cucm_node_addresses"
    )
    assert cause.common
    assert cause.keys == {"ctl_files.a", "ctl_files.b", "network", "listening.b"}


def test_another_port_another_reason_and_another_way_are_others() -> None:
    facts = together(
        refused("ctl_files.a", "a"),
        refused("ctl_files.b", "b", port=2222),
        refused("ctl_files.c", "c", reason="timed out"),
        refused("services.d", "d", interface="https", port=8443),
    )
    assert len(unread.causes(facts)) == 4


@pytest.mark.parametrize("level", [0, 1])
def test_what_the_account_may_not_run_is_one_cause_at_level_0(level: int) -> None:
    parts = [
        gone(key, code="privilege_too_low", message=f"admin may not run {key}")
        for key in ("certificates", "health.backup")
    ]
    found = unread.causes(together(*parts, cli_privilege=level, accounts={"cli": "auditor"}))
    assert [cause.common for cause in found] == ([True] if level == 0 else [False, False])
    assert ("The CLI account auditor has privilege level 0" in found[0].text) is (level == 0)


def test_facts_that_were_written_down_without_causes_are_told_by_their_reasons() -> None:
    facts = {"unavailable": {"licence": "soap_fault: no such thing.", "services": "This needs axl_username."}}
    assert [(cause.text, cause.common) for cause in unread.causes(facts)] == [
        ("licence: soap_fault: no such thing", False),
        ("services: This needs axl_username", False),
    ]


def test_a_part_of_a_subset_is_missing_with_the_whole() -> None:
    facts = {**gone("health"), "nodes": []}
    with pytest.raises(unread.FactsUnread, match="it is down"):
        unread.blame(facts, "health.backup")
    unread.blame(facts, "healthy", "ctl_files")
    with pytest.raises(unread.FactsUnread, match="ctl_files was not read"):
        unread.require(facts, "ctl_files")
