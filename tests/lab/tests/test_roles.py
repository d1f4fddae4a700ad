# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables that list accounts and their roles, and who may do what."""

from __future__ import annotations

import re

import pytest

READING = [
    "Standard AXL API Users",
    "Standard AXL Read Only API Access",
    "Standard CCM Admin Users",
    "Standard SERVICEABILITY Read Only",
]
WRITING = [
    "Standard AXL API Access",
    "Standard CCM Admin Users",
    "Standard SERVICEABILITY Administration",
]


def roles(client, name: str, table: str = "applicationuser", column: str = "name") -> list[str]:
    """What the database lists, by the statement of public clients (wire-facts 3.3)."""
    sql = (
        f"select distinct(fr.name) as role from dirgroup as dg "
        "inner join functionroledirgroupmap as frdgm on frdgm.fkdirgroup = dg.pkid "
        "inner join functionrole as fr on frdgm.fkfunctionrole = fr.pkid "
        f"inner join {table}dirgroupmap as m on m.fkdirgroup = dg.pkid "
        f"inner join {table} as u on u.pkid = m.fk{table} where u.{column} = '{name}' order by 1"
    )
    answer = client.axl("executeSQLQuery", f"<sql>{sql}</sql>")
    assert answer.status_code == 200, answer.text
    return re.findall(r"<role>(.*?)</role>", answer.text)


def test_privileges_stand_for_standard_roles(https):
    client = https()
    assert roles(client, "axladmin") == WRITING
    assert roles(client, "axlread") == READING
    # Platform accounts are in no table of the database.
    assert roles(client, "admin") == roles(client, "nobody") == []
    assert roles(client, "axladmin", "enduser", "userid") == []


def test_the_administrator_can_play_other_roles(https, cucm_cluster):
    client = https()
    cucm_cluster.set(accounts={"axlread": {"roles": ["Site operators", "Standard AXL API Users"]}})
    assert roles(client, "axlread") == ["Site operators", "Standard AXL API Users"]
    cucm_cluster.set(accounts={"axlread": {"roles": [], "end_user": True}})
    assert roles(client, "axlread") == roles(client, "axlread", "enduser", "userid") == []
    cucm_cluster.set(accounts={"axladmin": {"privilege": 0, "end_user": True}})
    assert roles(client, "axladmin") == []
    assert roles(client, "axladmin", "enduser", "userid") == READING
    cucm_cluster.reset()
    assert roles(client, "axladmin") == WRITING


def test_without_a_role_there_is_none_in_the_tables(https, cucm_cluster):
    cucm_cluster.set(accounts={"axlread": {"has_role": False}})
    assert roles(https(), "axlread") == []


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (None, 403),
        (["Standard AXL Read Only API Access", "Standard SERVICEABILITY"], 200),
        (["Standard AXL Read Only API Access", "Standard SERVICEABILITY Administration"], 200),
        (["Standard SERVICEABILITY Read Only"], 403),
        (["Site operators"], 403),
    ],
)
def test_control_center_goes_by_its_own_roles(https, cucm_cluster, given, status):
    """AXL goes by the privilege alone, and refuses a reader's write whatever its other roles are."""
    if given:
        cucm_cluster.set(accounts={"axlread": {"roles": given}})
    client = https(privilege=0)
    assert client.do_control("Restart", "Cisco Tftp").status_code == status
    assert client.axl("updateDevicePool", "<name>Default</name>").status_code == 401
