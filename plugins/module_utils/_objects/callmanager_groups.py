# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CallManager groups of a cluster, and how many phones have each by their device pool. PRIVATE to the collection. Read only.

Tables and columns: phone-facts 8 [C]. A device has one device pool, and a device pool one group.
"""

from __future__ import annotations

import typing as t

from .._base.errors import ProtocolError
from .._base.numbers import whole
from .._cluster.database import Part, Row, number
from .._facts.records import CallManagerGroup

# A group without members, or with one that has no node, is listed too, with an empty node.
_MEMBERS = Part(
    "callmanager_groups",
    {
        "name": "callmanagergroup.name",
        "node": "nvl(processnode.name,'')",
        "priority": f"nvl({number('callmanagergroupmember.priority')},'')",
    },
    "from callmanagergroup "
    "left outer join callmanagergroupmember on callmanagergroupmember.fkcallmanagergroup=callmanagergroup.pkid "
    "left outer join callmanager on callmanagergroupmember.fkcallmanager=callmanager.pkid "
    "left outer join processnode on callmanager.fkprocessnode=processnode.pkid",
)
_PHONES = Part(
    "callmanager_groups.phones",
    {"name": "callmanagergroup.name", "phones": number("count(device.pkid)")},
    "from device inner join devicepool on device.fkdevicepool=devicepool.pkid "
    "inner join callmanagergroup on devicepool.fkcallmanagergroup=callmanagergroup.pkid where device.tkclass=1",
    grouped=1,
)
QUESTIONS: tuple[Part, ...] = (_MEMBERS, _PHONES)


def states(told: t.Callable[[str], list[Row]]) -> dict[str, CallManagerGroup]:
    """Return group to its members, the one that phones prefer first, and how many phones have it.

    Args:
        told: Returns the rows that answer a question.

    Raises:
        ProtocolError: A member has no node or no priority, or phones have a group that is not listed.
    """
    phones = {row["name"]: int(row["phones"]) for row in told(_PHONES.name)}
    members: dict[str, list[tuple[int, str]]] = {}
    for row in told(_MEMBERS.name):
        members.setdefault(row["name"], [])
        if row["node"] or row["priority"]:
            members[row["name"]].append(_member(row))
    lost = sorted(phones.keys() - members.keys())
    if lost:
        raise _unreadable(f"phones have the CallManager group {lost[0]}, which it does not list")
    return {
        name: {"members": [node for _priority, node in sorted(each)], "phones": phones.get(name, 0)}
        for name, each in members.items()
    }


def _member(row: Row) -> tuple[int, str]:
    priority = whole(row["priority"].strip())
    if not row["node"] or priority is None:
        raise _unreadable(
            f"a member of the CallManager group {row['name']} has the node {row['node']!r} and the priority {row['priority']!r}"
        )
    return priority, row["node"]


def _unreadable(what: str) -> ProtocolError:
    return ProtocolError(
        f"By the database, {what}.",
        code="unreadable_output",
        remedy="Check System > Cisco Unified CM Group.",
    )
