# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles of application users and end users, in the tables that list them.

Table and column names: [C] wire-facts 3.3; ``dirgroup`` is an access control group. Names of roles: [D] wire-facts 1.3.
Invented: that every account of a lab has a group of its own, named after it, and which standard roles its privilege stands for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import integrations
from .accounts import Account
from .database import new_pkid

if TYPE_CHECKING:
    from .cluster import LabCluster

TABLES = """
create table applicationuser (pkid text primary key, name text unique, userrank integer, isstandard boolean);
create table enduser (pkid text primary key, userid text unique, firstname text, lastname text, status integer);
create table dirgroup (pkid text primary key, name text unique, isstandard boolean);
create table functionrole (pkid text primary key, name text unique, description text);
create table functionroledirgroupmap (pkid text primary key, fkfunctionrole text, fkdirgroup text);
create table applicationuserdirgroupmap (pkid text primary key, fkapplicationuser text, fkdirgroup text);
create table enduserdirgroupmap (pkid text primary key, fkenduser text, fkdirgroup text);
"""

_NAMES = (
    "applicationuser",
    "enduser",
    "dirgroup",
    "functionrole",
    "functionroledirgroupmap",
    "applicationuserdirgroupmap",
    "enduserdirgroupmap",
)


def fill(cluster: LabCluster) -> None:
    """Let the tables list the AXL accounts of a cluster, and their roles, as they are now."""
    for table in _NAMES:
        cluster.database.execute(f"delete from {table}")
    accounts = [account for account in cluster.accounts if account.kind == "axl"]
    roles = sorted({role for account in accounts for role in account.roles_held})
    cluster.database.insert_many(
        "functionrole",
        [{"pkid": new_pkid(cluster.key, "functionrole", role), "name": role} for role in roles],
    )
    for account in accounts:
        _list(cluster, account)
    integrations.cti_users(cluster)


def _list(cluster: LabCluster, account: Account) -> None:
    database, name = cluster.database, account.username

    def pkid(*names: str) -> str:
        return new_pkid(cluster.key, "axl account", name, *names)

    table = "enduser" if account.end_user else "applicationuser"
    if account.end_user:
        database.insert(table, pkid=pkid(), userid=name, lastname=name, status=1)
    else:
        database.insert(table, pkid=pkid(), name=name, userrank=1, isstandard="f")
    database.insert("dirgroup", pkid=pkid("group"), name=f"Group of {name}", isstandard="f")
    members = {f"fk{table}": pkid(), "fkdirgroup": pkid("group")}
    database.insert(f"{table}dirgroupmap", pkid=pkid("member"), **members)
    for role in account.roles_held:
        database.insert(
            "functionroledirgroupmap",
            pkid=pkid("role", role),
            fkfunctionrole=new_pkid(cluster.key, "functionrole", role),
            fkdirgroup=pkid("group"),
        )
