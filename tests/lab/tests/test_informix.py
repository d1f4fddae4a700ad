# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The database takes queries as Informix does, and refuses what Informix refuses."""

from __future__ import annotations

import pytest

from cucm_lab import topology
from cucm_lab.clock import Clock
from cucm_lab.domain.certificates import KeyPool
from cucm_lab.domain.cluster import LabCluster
from cucm_lab.domain.database import Table
from cucm_lab.domain.errors import SqlError

CLUSTER = {
    "name": "lab",
    "nodes": [{"name": "pub", "role": "publisher"}, {"name": "sub"}],
    "phones": [{"count": 3, "certificate": "installed"}, {"count": 2, "certificate": "failed"}],
    "sip_trunk_security_profiles": {
        "Encrypted": {
            "securityMode": "Encrypted",
            "incomingTransport": "TLS",
            "outgoingTransport": "TLS",
            "digestAuthentication": True,
        }
    },
    "sip_trunks": [{"name": "ITSP", "security_profile": "Encrypted"}, {"name": "Voicemail", "count": 2}],
}
EVERYTHING = """
select 'parameter' as part, paramname as a, paramvalue as b, '' as c from processconfig
  where paramname in ('ClusterSecurityMode', 'RollBackToPreGrayback')
union all
select 'trunk', p.name, m.name || '/' || i.name || '/' || o.name || '/' || case when p.digestauthall = 't'
    then 't' else 'f' end, cast(count(d.pkid) as varchar(12))
  from securityprofile p join typedevicesecuritymode m on m.enum = p.tkdevicesecuritymode
  join typetransport i on i.enum = p.tktransport join typetransport o on o.enum = p.tktransport_out
  left outer join device d on d.fksecurityprofile = p.pkid
  where p.tksecuritypolicy in (1, 8) group by p.name, m.name, i.name, o.name, p.digestauthall
union all
select 'phone', p.name, s.name, count(*)::varchar(12) from device d
  join securityprofile p on p.pkid = d.fksecurityprofile
  join typecertificatestatus s on s.enum = d.tkcertificatestatus
  join typeclass c on c.enum = d.tkclass where c.name = 'Phone' group by p.name, s.name
order by 1, 2, 3
"""


def cluster(release: str = "14") -> LabCluster:
    return LabCluster(
        topology.parse({"clusters": [{**CLUSTER, "release": release}]}).clusters[0], Clock(), KeyPool(1)
    )


@pytest.fixture(scope="module")
def made() -> LabCluster:
    return cluster()


def rows(table: Table) -> list[tuple[str | None, ...]]:
    return list(table.rows)


def test_all_that_is_asked_in_one_query(made):
    profile = "Cisco 8841 - Standard SIP Non-Secure Profile"
    answer = made.database.query(EVERYTHING)
    assert answer.columns == ("part", "a", "b", "c")
    assert rows(answer) == [
        ("parameter", "ClusterSecurityMode", "0", ""),
        ("parameter", "RollBackToPreGrayback", "F", ""),
        ("phone", profile, "Upgrade Failed: Invalid Authentication String", "2"),
        ("phone", profile, "Upgrade Success", "3"),
        ("trunk", "Encrypted", "Encrypted/TLS/TLS/t", "1"),
        ("trunk", "Non Secure SIP Trunk Profile", "Non Secure/TCP+UDP/TCP/f", "2"),
    ]


@pytest.mark.parametrize(
    ("statement", "columns", "found"),
    [
        ("select isactive, count(*) from processnode group by isactive", ("isactive", "count"), [("t", "3")]),
        (
            "select n.name, count(*) from processnode n where n.name = 'pub' group by name",
            None,
            [("pub", "1")],
        ),
        (
            "select upper(name) as u, count(*) from processnode where name='pub' group by 1",
            None,
            [("PUB", "1")],
        ),
        (
            "select upper(name) as u, count(*) from processnode where name='pub' group by u",
            None,
            [("PUB", "1")],
        ),
        # An aggregate in a select of its own makes no group of the outer one.
        (
            "select n.name, (select max(d.name) from device d where d.tkclass = 18) as m from processnode n "
            "where n.name = 'pub'",
            ("name", "m"),
            [("pub", "Voicemail-2")],
        ),
        ("select nodeid::varchar(5) || 'x' as n from processnode where name = 'pub'", ("n",), [("2x",)]),
        ("select (nodeid + 1)::integer as n from processnode where name = 'pub'", ("n",), [("3",)]),
        (
            "select name, case isactive when 't' then 'yes' else null end as active from processnode "
            "where name = 'pub' union select 'x', cast(null as varchar(3)) from typenodeusage order by 1",
            ("name", "active"),
            [("pub", "yes"), ("x", None)],
        ),
        (
            "select nodeid n from processnode where name = 'pub' union all select 7 from typedeviceprotocol where enum = 0",
            ("n",),
            [("2",), ("7",)],
        ),
    ],
)
def test_what_informix_takes(made, statement, columns, found):
    answer = made.database.query(statement)
    assert columns is None or answer.columns == columns
    assert rows(answer) == found


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("select 'a' as x, paramname from processconfig union all select 'b' from processconfig", -317),
        ("select name from processnode union all select name, description from processnode", -317),
        ("select * from (select 1 as a from typeclass union select 1, 2 from typeclass) t", -317),
        ("select name from processnode union all select nodeid from processnode", -308),
        ("select '' as a from processnode union all select count(*) from processnode", -308),
        # A boolean is not a text: that is what 'case when' is for.
        ("select name from processnode union all select isactive from processnode", -308),
        ("select n.name from processnode n union select case when 1 = 1 then 5 end from processnode", -308),
        ("select name from processnode union all select nodeid::integer from processnode", -308),
        ("select name from processnode union select paramname from processconfig order by name", -374),
        ("select name, null from processnode", -201),
        ("select name, null as nothing from processnode", -201),
        ("select 'x' as a from processnode union all select null from processnode", -201),
        ("select name, count(*) from processnode", -294),
        ("select n.name, n.nodeid, count(*) from processnode n group by n.name", -294),
        ("select a.name, b.name, count(*) from processnode a, typenodeusage b group by a.name", -294),
        ("select upper(name), count(*) from processnode group by upper(name)", -201),
        ("select a from processnode union all select name from processnode", -217),
        ("select name from processnode union all select name from nowhere", -206),
    ],
)
def test_what_informix_refuses(made, statement, code):
    with pytest.raises(SqlError) as refused:
        made.database.query(statement)
    assert refused.value.code == code
    assert made.texts.say(refused.value.key, **refused.value.values)


def test_the_column_that_is_not_grouped_by_is_named(made):
    with pytest.raises(SqlError) as refused:
        made.database.query("select n.description, count(*) from processnode n")
    words = made.texts.say(refused.value.key, **refused.value.values)
    assert words == "The column (description) must be in the GROUP BY list."


def test_a_release_without_the_column_refuses_the_whole_query():
    statement = (
        "select 'a' as x, name from processnode union all select 'b', name from expresswaycconfiguration"
    )
    with pytest.raises(SqlError) as refused:
        cluster("11.5").database.query(statement)
    assert refused.value.code == -206
    with pytest.raises(SqlError) as refused:
        cluster("11.5").database.query("select name from securityprofile where sipoauthflag = 't'")
    assert refused.value.code == -217
