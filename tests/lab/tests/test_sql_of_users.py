# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements that users of CUCM have published: they get what a real cluster tells, or an error, and never a wrong nothing."""

from __future__ import annotations

from datetime import datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest

from cucm_lab.domain.type_tables import KNOWN_NUMBERS, WORDS, Types

from .conftest import HttpsClient

CLUSTER = {
    "name": "users",
    "nodes": [
        {"name": "pub", "role": "publisher", "timezone": "Asia/Tokyo"},
        {"name": "sub"},
    ],
    "phones": [
        {"count": 2},
        {"count": 1, "model": "Cisco 8851"},
        {"count": 1, "model": "Cisco 7937"},
        {"count": 1, "model": "Cisco Unified Client Services Framework"},
    ],
    "sip_trunks": [{"name": "ITSP"}],
}


@pytest.fixture(scope="module")
def client(cucm_lab_start):
    lab = cucm_lab_start({"time_scale": 50, "clusters": [CLUSTER]})
    made = HttpsClient(lab.clusters["users"])
    yield made
    made.session.close()


def ask(client: HttpsClient, statement: str) -> list[dict[str, str]] | str:
    """Rows by column, or the words of the refusal."""
    answer = client.axl("executeSQLQuery", f"<sql>{escape(statement)}</sql>")
    root = ElementTree.fromstring(answer.content)
    if answer.status_code != 200:
        return next(each.text or "" for each in root.iter() if each.tag.endswith("axlmessage"))
    return [{cell.tag: cell.text or "" for cell in row} for row in root.iter("row")]


def values(client: HttpsClient, statement: str) -> list[tuple[str, ...]]:
    found = ask(client, statement)
    assert isinstance(found, list), found
    return [tuple(row.values()) for row in found]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("select name from device where tkmodel in (683,684) order by name", 3),
        ("select name from device where tkmodel=503", 1),
        ("select name from device where tkmodel = 131", 1),
        ("select name from device where tkmodel != 72 and tkclass = 1", 5),
        ("select d.name from device as d inner join typemodel as tm on tm.enum=d.tkmodel where tm.enum = 431", 1),
        ("select name from device where tkclass=18", 1),
        ("select name from device where tkclass = '254'", 0),
        ("select name from device where tkdeviceprotocol=11", 5),
        ("select name from device where tkdeviceprotocol = 0", 1),
        ("select d.name from device d join typeclass c on c.enum=d.tkclass where c.moniker='CLASS_PHONE'", 5),
        ("select d.name from device d, typemodel t where t.enum=d.tkmodel and t.moniker = 'MODEL_CISCO_8841'", 2),
        ("select name from typecertificateservice where usestruststore = 't' and enum in (4, 6, 8, 10, 12)", 5),
        ("select name from processnode where tkssomode = 2", 0),
    ],
)  # fmt: skip
def test_public_numbers_and_monikers(client, statement, found):
    assert len(values(client, statement)) == found


def test_certificate_services_have_their_public_numbers(client):
    told = values(
        client, "select enum, name, moniker from typecertificateservice where enum < 17 order by enum"
    )
    assert [number for number, _name, _moniker in told] == [str(number) for number in range(1, 17)]
    assert told[4] == ("5", "tomcat", "CERTIFICATE_SERVICE_TOMCAT") and told[3][1] == "CallManager-trust"


@pytest.mark.parametrize(
    "statement",
    [
        "select name from securityprofile where tkdevicesecuritymode = 3",
        "select name from securityprofile where tkdevicesecuritymode in (2, 3)",
        "select name from securityprofile where 1 < tkdevicesecuritymode",
        "select name from securityprofile where tktransport_out <> '3'",
        "select p.name from securityprofile p, typetransport t where p.tktransport = t.enum and t.enum=1",
        "select p.name from securityprofile p join typetransport t on p.tktransport = t.enum and t.moniker like 'TRANSPORT%'",
        "select name from typedeviceprotocol where moniker = 'DEVICE_PROTOCOL_SIP'",
        "select count(*) from (select name from securityprofile where tktransport between 1 and 3) t",
        "select tabname from systables where tabname = 'numplan'",
        "select colname from syscolumns where colname = 'fkline'",
        "select case tktransport when 3 then 'TLS' else 'no' end as t from securityprofile",
        "select decode(tktransport, 3, 'TLS', 'no') as t from securityprofile",
        "select name from securityprofile where tktransport + 0 = 3",
        "select name from securityprofile where tktransport || '' = '3'",
        "select name from securityprofile where (tktransport) = 3",
        "select name from securityprofile where 3 in (tktransport)",
        "select name from securityprofile where nvl(tktransport, 0) = 3",
        "select name from typetransport where lower(moniker) = 'transport_tls'",
        "select name from device where tkdeviceprofile = 0",
        "select paramvalue from processconfig where paramname = 'CdrEnabled'",
        "select paramvalue from processconfig where paramname in ('ClusterID', 'HoldReversionDuration')",
        "select paramvalue from processconfig where paramname like 'Hold%'",
        "select np.dnorpattern from numplan np",
        "select name, tkproduct from device",
        "select userid, islocaluser from enduser",
        "select d.name, p.name from device d, outer devicepool p where d.fkdevicepool = p.pkid",
        "select name from device where year(today) = 2026",
        "select dbinfo('version', 'full') from typeclass",
        "select to_char(nodeid, '&&&') from processnode",
        "select current - 5 units day from typeclass",
    ],
)
def test_what_the_lab_cannot_know_is_an_error_that_says_so(client, statement):
    said = ask(client, statement)
    assert isinstance(said, str) and said.startswith("The lab does not simulate this: "), said


def test_what_nobody_has_is_informix_own_error(client):
    assert ask(client, "select a from nowhere") == "The specified table (nowhere) is not in the database."
    assert str(ask(client, "select nothing from device")).startswith("Column (nothing) not found")
    for name in ("ifnull(name, 'x')", "group_concat(name)", "strftime('%Y', name)"):
        assert "can not be resolved" in ask(client, f"select {name} from device")


@pytest.mark.parametrize(
    ("statement", "columns", "first"),
    [
        ("select cmg.name as group from callmanagergroup as cmg", ("group",), ("Default",)),
        ("select cmg.name as group, cm.name as order from callmanagergroup as cmg left join callmanagergroupmember as m "
         "on m.fkcallmanagergroup=cmg.pkid left join callmanager as cm on m.fkcallmanager=cm.pkid order by group, m.priority",
         ("group", "order"), ("Default", "CM_pub")),
        ("select tsp.name, to.name as outgoing from securityprofile as tsp left join typetransport as to on "
         "tsp.tktransport_out=to.enum where tksecuritypolicy=1 or tksecuritypolicy=8", ("name", "outgoing"),
         ("Non Secure SIP Trunk Profile", "TCP")),
        ("select n.name as index from processnode n where n.nodeid = 2", ("index",), ("pub",)),
        ("select values.name from processnode values where values.nodeid = 2", ("name",), ("pub",)),
        ("select table.name as key, count(*) as check from processnode as table where table.nodeid=2 group by table.name",
         ("key", "check"), ("pub", "1")),
        ("select user.name as default from processnode user where user.nodeid = 2", ("default",), ("pub",)),
        ("select max(t.nodeid) as to from (select nodeid from processnode where nodeid = 3) as t", ("to",), ("3",)),
        ("select cast(nodeid as varchar(3)) as select from processnode where name = 'pub'", ("select",), ("2",)),
        ("select name[1,3] from device where name = 'ITSP'", ("name",), ("ITS",)),
        ("select d.name[2] as letter from device d where d.name[1,2] = 'IT'", ("letter",), ("T",)),
        ("select concat(concat(name, '-'), description) as both from processnode where name = 'pub'", ("both",), ("pub-pub",)),
        ("select decode(nodeid, 2, 'first', 3, 'second', 'other') as place from processnode order by nodeid",
         ("place",), ("other",)),
        ("select nvl2(publickey, 'LSC', 'none') as lsc from device where name = 'ITSP'", ("lsc",), ("none",)),
        ("select {+ordered} first 1 name from processnode --+ full\n order by nodeid", ("name",), ("EnterpriseWideData",)),
        ("select lpad(nodeid, 3, '0') as n, mod(nodeid, 2) as m from processnode where name='sub'", ("n", "m"), ("003", "1")),
        ("select c.colname from systables t, syscolumns c where t.tabid = c.tabid and t.tabname = 'devicepool' "
         "order by c.colno", ("colname",), ("pkid",)),
        ("select tabname from systables where tabname = 'device'", ("tabname",), ("device",)),
    ],
)  # fmt: skip
def test_what_informix_takes_and_sqlite_does_not(client, statement, columns, first):
    found = ask(client, statement)
    assert isinstance(found, list), found
    assert tuple(found[0]) == columns and tuple(found[0].values()) == first


def test_times_are_told_in_the_zone_of_the_publisher(client):
    statement = (
        "select dbinfo('utc_to_datetime', lastseen) as seen, lastseen, today as day, current year to minute as now, "
        "to_char(current, '%d.%m.%Y') as told, current as exact, dbinfo('utc_current') as utc from registrationdynamic"
    )
    row = dict(ask(client, statement)[0])
    seen = datetime.strptime(row["seen"] + " +0900", "%Y-%m-%d %H:%M:%S %z")
    assert int(seen.timestamp()) == int(row["lastseen"])
    now = datetime.strptime(row["now"], "%Y-%m-%d %H:%M")
    assert row["day"] == now.strftime("%m/%d/%Y") and row["told"] == now.strftime("%d.%m.%Y")
    assert datetime.strptime(row["exact"] + "000", "%Y-%m-%d %H:%M:%S.%f") >= now
    assert int(row["utc"]) >= int(row["lastseen"])


def test_numbers_that_are_not_public_can_be_given(cucm_lab_start):
    numbers = {"Non Secure": 1, "Authenticated": 2, "Encrypted": 3}
    described = {**CLUSTER, "name": "given", "type_numbers": {"typedevicesecuritymode": numbers}}
    lab = cucm_lab_start({"time_scale": 50, "clusters": [described]})
    client = HttpsClient(lab.clusters["given"])
    mode = {"Mine": {"deviceSecurityMode": "Encrypted", "transportType": "TLS"}}
    lab.clusters["given"].set(phone_security_profiles=mode)
    assert values(client, "select name from securityprofile where tkdevicesecuritymode = 3") == [("Mine",)]
    told = client.axl("getPhoneSecurityProfile", "<name>Mine</name>")
    client.session.close()
    assert "<deviceSecurityMode>Encrypted</deviceSecurityMode>" in told.text


def test_a_topology_gives_no_number_that_is_public_or_of_no_word():
    assert Types.problem("typemodel", {"Cisco 8841": 5})
    assert Types.problem("typetransport", {"Pigeon": 5})
    assert Types.problem("typeclass", {"Gateway": KNOWN_NUMBERS["typeclass"]["Trunk"]})
    assert Types.problem("nothing", {})
    assert Types.problem("typetransport", {"TLS": 3}) is None


def test_every_number_is_there_once():
    types = Types({"typetransport": {"TLS": 0}})
    for table in WORDS:
        numbers = [row["enum"] for row in types.rows(table)]
        assert len(set(numbers)) == len(numbers)
        assert {row["name"] for row in types.rows(table)} >= set(WORDS[table])
    assert types.word("typetransport", 0) == "TLS"


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("select name from typemodel where name = 'Cisco 7960'", ("Cisco 7960",)),
        ("select enum from typemodel where name = 'Cisco TelePresence SX80'", ("688",)),
        ("select t.name from securityprofile p join typetransport t on (t.enum = p.tktransport) where t.name = 'TCP+UDP'", ("TCP+UDP",)),
        ("select count(*) from securityprofile where tktransport is null", ("0",)),
        ("select tabname from systables where tabid = 1", ("systables",)),
        ("select paramvalue from processconfig where paramname = 'ClusterID'", ("StandAloneCluster",)),
        ("select paramvalue from processconfig where paramname = 'NobodyHasThis'", None),
    ],
)  # fmt: skip
def test_what_is_public_is_answered(client, statement, first):
    assert next(iter(values(client, statement)), None) == first
