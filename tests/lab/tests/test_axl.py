# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AXL as a plain HTTP client sees it."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import pytest
import requests

from cucm_lab import topology
from cucm_lab.clock import Clock
from cucm_lab.domain.certificates import KeyPool
from cucm_lab.domain.cluster import LabCluster, made_up_password
from cucm_lab.web import axl_schema
from cucm_lab.web.axl_objects import ROWS

from .conftest import HttpsClient


def texts(response: requests.Response, name: str) -> list[str]:
    return [
        e.text or "" for e in ElementTree.fromstring(response.content).iter() if e.tag.split("}")[-1] == name
    ]


def test_version_and_shape(https):
    answer = https().axl("getCCMVersion")
    assert answer.status_code == 200
    assert texts(answer, "version") == ["14.0.1.12900(161)"]
    assert "<ns:getCCMVersionResponse" in answer.text and "<componentVersion>" in answer.text
    assert parsedate_to_datetime(answer.headers["Date"]).tzinfo is not None


def test_wrong_password_is_401_html_and_counted_once(https, cucm_cluster):
    client = https()
    answer = client.axl("getCCMVersion", auth=("axladmin", "wrong"))
    assert answer.status_code == 401 and "<html" in answer.text
    logins = cucm_cluster.journal(kind="login")
    assert [(e["account"], e["operation"], e["detail"]) for e in logins] == [
        ("axladmin", "https-basic", {"result": "refused"})
    ]
    assert "wrong" not in str(cucm_cluster.journal())


def test_no_credentials_is_401_and_no_login(https, cucm_cluster):
    client = https()
    client.session.auth = None
    assert client.session.get(client.base + "/axl/", timeout=10).status_code == 401
    assert cucm_cluster.journal(kind="login") == []


def test_cookie_spares_the_login_until_it_expires(https, cucm_cluster):
    client = https()
    assert client.axl("getCCMVersion").status_code == 200
    client.session.auth = None
    assert client.axl("getCCMVersion").status_code == 200
    assert len(cucm_cluster.journal(kind="login")) == 1
    cucm_cluster.set(timings={"http_session_idle_s": 0})
    assert client.axl("getCCMVersion").status_code == 404


def test_read_only_account_may_read_but_not_write(https, cucm_cluster):
    reader = https(privilege=0)
    assert reader.axl("getCCMVersion").status_code == 200
    assert reader.axl("executeSQLUpdate", "<sql>delete from processnode</sql>").status_code == 401
    assert [e["operation"] for e in cucm_cluster.journal(changing=True)] == ["axl executeSQLUpdate"]


def test_account_without_role_is_403(https, cucm_cluster):
    cucm_cluster.set(accounts={"axladmin": {"has_role": False}})
    assert https().axl("getCCMVersion").status_code == 403


def test_unsupported_version_is_599_with_the_supported_ones(https, cucm_cluster):
    answer = https().axl("getCCMVersion", version="15.0")
    assert answer.status_code == 599 and "Supported axl versions are 11.x, 12.x and 14.0" in answer.text
    with cucm_cluster.faulty("axl_versions", supported=["8.0"]):
        answer = https().axl("getCCMVersion", version="14.0")
        assert answer.status_code == 599 and "Supported axl versions are 8.0" in answer.text


def test_get_axl_answers_only_with_credentials_and_only_on_the_publisher(https):
    client = https()
    assert client.session.get(client.base + "/axl/", timeout=10).status_code == 200
    subscriber = https("cucm-sub1")
    assert subscriber.session.get(subscriber.base + "/axl/", timeout=10).status_code == 404


def test_stopped_axl_is_503(https, cucm_cluster):
    cucm_cluster.set(services={"cucm-pub": {"Cisco AXL Web Service": {"status": "Stopped"}}})
    assert https().axl("getCCMVersion").status_code == 503


@pytest.mark.parametrize(
    ("operation", "inner", "code"),
    [
        ("getCallManager", "<name>CM_x</name>", "5007"),
        ("getCallManager", "<nam>CM_x</nam>", "-1"),
        ("listProcessNode", "<searchCriteria><name>%</name></searchCriteria>", "-1"),
        ("listProcessNode", "<returnedTags/><searchCriteria><name>%</name></searchCriteria>", "-1"),
        (
            "listCallManager",
            "<searchCriteria><name>%</name></searchCriteria><returnedTags><ports/></returnedTags>",
            "-1",
        ),
        ("executeSQLQuery", "<sql>select nope from processnode</sql>", "-217"),
        ("executeSQLQuery", "<sql>select * from nope</sql>", "-206"),
        ("executeSQLQuery", "<sql>update processnode set name='x'</sql>", "-272"),
        ("executeSQLQuery", "<sql>selct</sql>", "-201"),
        ("noSuchOperation", "", "-1"),
    ],
)
def test_faults(https, operation, inner, code):
    answer = https().axl(operation, inner)
    assert answer.status_code == 500
    assert texts(answer, "axlcode") == [code] and texts(answer, "request") == [operation]


def test_namespace_and_soapaction_must_agree(https):
    answer = https().axl("getCCMVersion", headers={"SOAPAction": '"CUCM:DB ver=12.5 getCCMVersion"'})
    assert answer.status_code == 500


def test_returned_tags_search_and_paging(https):
    answer = https().axl(
        "listProcessNode",
        "<searchCriteria><name>CUCM-%</name></searchCriteria><returnedTags><name/></returnedTags>"
        "<skip>1</skip><first>1</first>",
    )
    assert texts(answer, "name") == ["cucm-sub1"] and texts(answer, "nodeUsage") == []


def test_get_call_manager_has_ports_and_auto_registration(https, cucm_cluster):
    cucm_cluster.set(auto_registration={"cucm-pub": True})
    answer = https().axl("getCallManager", "<name>CM_cucm-pub</name>")
    assert texts(answer, "sipOAuthPort") == ["5090"]
    assert texts(answer, "autoRegistrationEnabled") == ["true"]
    assert cucm_cluster.state()["auto_registration"] is True


def test_service_activation_is_what_the_database_says(https):
    answer = https().axl(
        "getProcessNodeService",
        "<processNodeName>cucm-sub2</processNodeName><service>Cisco Tftp</service>",
    )
    assert texts(answer, "isActive") == ["false"]


def test_sql_is_informix_flavoured(https):
    sql = "select skip 1 first 2 lower(name) as n from processnode order by nodeid"
    answer = https().axl("executeSQLQuery", f"<sql>{sql}</sql>")
    assert texts(answer, "n") == ["cucm-pub", "cucm-sub1"]
    assert (
        texts(https().axl("executeSQLQuery", "<sql>select name from processnode where 1=0</sql>"), "row")
        == []
    )


def test_licence_sits_beside_return(https, cucm_cluster):
    answer = https().axl("getSmartLicenseStatus")
    assert texts(answer, "ExportControlFunctionality") == ["ALLOWED"]
    cucm_cluster.set(licence={"registration": "UNREGISTERED", "export_control": "Not Allowed"})
    answer = https().axl("getSmartLicenseStatus")
    assert texts(answer, "ExportControlFunctionality") == ["NOT ALLOWED"]


def test_document_type_is_refused(https):
    client = https()
    body = '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    assert client.session.post(client.base + "/axl/", data=body, timeout=10).status_code == 500


def sql(https, statement: str, **options) -> requests.Response:
    return https().axl("executeSQLQuery", f"<sql><![CDATA[{statement}]]></sql>", **options)


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        (
            "select n.name x, s.isactive from processnode n inner join processnodeservice s on s.fkprocessnode=n.pkid "
            "join typeservice t on s.tkservice = t.enum where t.name = 'Cisco Tftp' order by n.nodeid",
            ["cucm-pub", "cucm-sub1", "cucm-sub2"],
        ),
        (
            "select n.name x, c.name from processnode n left outer join callmanager c on c.fkprocessnode = n.pkid "
            "where c.pkid is null",
            ["EnterpriseWideData"],
        ),
        (
            "SELECT SKIP 1 FIRST 1 name AS x FROM processnode WHERE tknodeusage <> 0 ORDER BY nodeid",
            ["cucm-sub1"],
        ),
        (
            "select first 1 name x from processnode where name != 'EnterpriseWideData' order by name desc",
            ["cucm-sub2"],
        ),
        ("select upper(name) x from processnode where lower(name) like 'cucm-p%'", ["CUCM-PUB"]),
        ("select name x from processnode where name like 'CUCM%'", []),
        ('select name x from processnode where name = "cucm-pub"', ["cucm-pub"]),
        (
            "select name x from processnode where name matches 'cucm-sub?' order by 1",
            ["cucm-sub1", "cucm-sub2"],
        ),
        ("select name x from processnode where name not matches 'cucm*'", ["EnterpriseWideData"]),
        ("select unique tknodeusage x from processnode order by x", ["0", "1"]),
        ("select count(*) as x from processnode", ["4"]),
        (
            "select name x from processnode where pkid in (select first 1 fkprocessnode from callmanager order by ctiid)",
            ["cucm-pub"],
        ),
        (
            "select nvl(lbm, 'none') x from (select fklbmhubgroup lbm from processnode where nodeid=2)",
            ["none"],
        ),
        ("select 'skip 1 first 2' x from processnode where nodeid < 2 -- and more", ["skip 1 first 2"]),
    ],
)
def test_informix_as_users_write_it(https, statement, wanted):
    answer = sql(https, statement)
    assert answer.status_code == 200, answer.text
    assert texts(answer, "x") == wanted


def test_columns_have_informix_names_and_may_come_twice(https):
    row = ElementTree.fromstring(
        sql(
            https,
            "select count(*), max(nodeid), a.NAME, b.name from processnode a, typenodeusage b where b.enum=0 "
            "group by 3, 4",
        ).text
    ).find(".//row")
    assert [column.tag for column in row] == ["count", "max", "name", "name"]


def test_an_answer_that_is_too_large_says_how_many_rows(https, cucm_cluster):
    cucm_cluster.set(axl={"max_answer_bytes": 600})
    answer = sql(https, "select paramname from processconfig")
    assert answer.status_code == 500 and texts(answer, "axlcode") == ["-1"]
    (message,) = texts(answer, "axlmessage")
    total, fetch = (int(word) for word in message.split() if word.isdigit())
    assert message == (
        f"Query request too large. Total rows matched: {total} rows. Suggestive Row Fetch: less than {fetch} rows"
    )
    assert 1 <= fetch < total
    assert sql(https, f"select first {fetch // 2} paramname from processconfig").status_code == 200
    typed = https().axl(
        "listServiceParameter",
        "<searchCriteria><service>%</service></searchCriteria><returnedTags><name/></returnedTags>",
    )
    assert f"Total rows matched: {total} rows" in typed.text


@pytest.mark.parametrize(
    ("shape", "inside"), [("empty", "<return/>"), ("missing", ""), ("nil", '<return xsi:nil="true"/>')]
)
def test_no_rows_in_every_shape(https, cucm_cluster, shape, inside):
    cucm_cluster.set(axl={"zero_rows": shape})
    answer = sql(https, "select name from processnode where 1=0")
    rest = answer.text.partition("<ns:executeSQLQueryResponse")[2]
    assert (
        rest.partition(">")[2].removesuffix("</ns:executeSQLQueryResponse></soapenv:Body></soapenv:Envelope>")
        == inside
    )


@pytest.mark.parametrize("version", ["14.0", "12.5"])
def test_where_the_prefix_of_nil_is_declared(https, cucm_cluster, version):
    cucm_cluster.set(axl={"null": "nil"})
    answer = sql(https, "select fklbmhubgroup x, name from processnode", version=version)
    at_top = "xmlns:xsi=" in answer.text.partition("executeSQLQueryResponse")[2].partition(">")[0]
    assert at_top is (version == "14.0")
    assert ('<x xsi:nil="true"/>' in answer.text) is at_top
    assert ElementTree.fromstring(answer.text).find(".//x").attrib == {
        "{http://www.w3.org/2001/XMLSchema-instance}nil": "true"
    }


def test_memory_and_other_faults_can_be_injected(https, cucm_cluster):
    with cucm_cluster.faulty("axl_fault", times=1):
        answer = https().axl("getCCMVersion")
        assert texts(answer, "axlmessage") == [
            "Maximum AXL Memory Allocation Consumed. Please retry once requests in progress have completed"
        ]
        assert https().axl("getCCMVersion").status_code == 200
    with cucm_cluster.faulty("axl_fault", code=5003, message="no", match={"operation": "axl getCall*"}):
        assert https().axl("getCCMVersion").status_code == 200
        assert texts(https().axl("getCallManager", "<name>CM_cucm-pub</name>"), "axlcode") == ["5003"]


def test_what_the_real_system_tolerates(https):
    client = https()
    namespace = "http://www.cisco.com/AXL/API/14.0"
    envelope = '<x:Envelope xmlns:x="http://schemas.xmlsoap.org/soap/envelope/"><x:Header/><x:Body>{}</x:Body></x:Envelope>'
    url = client.base + "/axl/"
    body = envelope.format(f'<q:getCCMVersion xmlns:q="{namespace}"/>')
    # No SOAPAction: the oldest version that is served, and its namespace in the answer.
    answer = client.session.post(url, data=body, timeout=10)
    assert answer.status_code == 200 and 'ns="http://www.cisco.com/AXL/API/11.0"' in answer.text
    headers = {"SOAPAction": "CUCM:DB ver=14.0"}
    for variant in (
        envelope.format(f'<getCCMVersion xmlns="{namespace}"/>'),
        "\r\n" + body.replace("><", ">\r\n<"),
        (part.encode() for part in body),
        body.replace(
            "/></x:Body", "><processNodeName>\n cucm-pub\r\n</processNodeName></q:getCCMVersion></x:Body"
        ),
    ):
        answer = client.session.post(url, data=variant, headers=headers, timeout=10)
        assert answer.status_code == 200, answer.text
        assert texts(answer, "version") == ["14.0.1.12900(161)"]


@pytest.mark.parametrize("version", ["1.0", "8.5", "15.0"])
def test_without_a_version_in_the_soapaction_that_of_the_namespace_does_not_count(https, version):
    client = https()
    body = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns:ns="http://www.cisco.com/AXL/API/{version}"><soapenv:Body><ns:getCCMVersion/></soapenv:Body>'
        "</soapenv:Envelope>"
    )
    answer = client.session.post(client.base + "/axl/", data=body, timeout=10)
    assert answer.status_code == 200 and texts(answer, "version") == ["14.0.1.12900(161)"]
    assert 'ns="http://www.cisco.com/AXL/API/11.0"' in answer.text
    other = body.replace("http://www.cisco.com/AXL/API/", "http://www.example.com/")
    assert client.session.post(client.base + "/axl/", data=other, timeout=10).status_code == 500


def test_schema_12_5_is_that_of_its_later_updates_unless_the_cluster_is_older(https, cucm_lab_start):
    described = {"name": "lab", "nodes": [{"name": "cucm-pub", "role": "publisher"}], "phones": 1}
    for first in (False, True):
        settings = {**described, "release": "12.5", "axl": {"first_schema": first}}
        lab = cucm_lab_start({"time_scale": 100, "clusters": [settings]})
        client = HttpsClient(lab.clusters["lab"])
        answer = client.axl("listRegistrationDynamic", listing("device", "%", "<risStatus/>"), version="12.5")
        client.session.close()
        assert (answer.status_code, texts(answer, "risStatus")) == (
            (500, []) if first else (200, ["Registered"])
        )


def test_what_the_lab_does_not_change_is_refused(https, cucm_cluster):
    answer = https().axl("updateDevicePool", "<name>Default</name>")
    assert answer.status_code == 500 and "does not simulate this: updateDevicePool" in answer.text
    assert "does not simulate this: listLine" in https().axl("listLine").text
    assert "Unknown operation frobnicate" in https().axl("frobnicate").text
    assert https(privilege=0).axl("updateDevicePool", "<name>Default</name>").status_code == 401
    assert cucm_cluster.journal(kind="effect") == []


def listing(criterion: str, value: str, tags: str, page: str = "") -> str:
    """The inside of a list request."""
    return (
        f"<searchCriteria><{criterion}>{value}</{criterion}></searchCriteria>"
        f"<returnedTags>{tags}</returnedTags>{page}"
    )


NAME = "<name/>"
NODES = ["EnterpriseWideData", "cucm-pub", "cucm-sub1", "cucm-sub2"]
PROFILE = "Cisco 8841 - Standard SIP Non-Secure Profile"


@pytest.mark.parametrize(
    ("operation", "inner", "tag", "wanted"),
    [
        ("listProcessNode", listing("name", "cucm_sub_", NAME), "name", NODES[2:]),
        ("listProcessNode", listing("name", "%", NAME, "<skip>3</skip>"), "name", NODES),
        ("listProcessNode", listing("name", "%", NAME, "<skip>3</skip><first>9</first>"), "name", NODES[3:]),
        ("listCallManagerGroup", listing("name", "D%", NAME), "name", ["Default"]),
        ("getCallManagerGroup", "<name>Default</name>", "callManagerName", [f"CM_{n}" for n in NODES[1:]]),
        (
            "listDevicePool",
            listing("callManagerGroupName", "Default", "<regionName/>"),
            "regionName",
            ["Default"],
        ),
        ("getPhoneSecurityProfile", f"<name>{PROFILE}</name>", "transportType", ["TCP+UDP"]),
        ("listExpresswayCConfiguration", listing("HostNameOrIP", "%", ""), "expresswayCConfiguration", []),
        ("listPhone", listing("name", "%", NAME), "phone", []),
        ("getTransportSettings", "", "transportmode", ["direct"]),
        ("executeSQLQueryInactive", "<sql>select 1 x from typenodeusage where enum = 0</sql>", "x", ["1"]),
    ],
)
def test_more_operations_that_read(https, operation, inner, tag, wanted):
    answer = https().axl(operation, inner)
    assert answer.status_code == 200, answer.text
    assert texts(answer, tag) == wanted


@pytest.mark.parametrize(
    ("operation", "inner"),
    [
        ("getSecureConfig", "<name>nothing</name>"),
        ("getPhone", "<name>SEP000000000000</name>"),
        ("getDevicePool", "<name>Nothing</name>"),
        ("getTvsCertificate", "<issuerName>x</issuerName><serialNumber>1</serialNumber>"),
        ("getExpresswayCConfiguration", "<HostNameOrIP>x</HostNameOrIP>"),
        ("getRegistrationDynamic", "<device>SEP000000000000</device>"),
    ],
)
def test_what_is_not_there_is_5007(https, operation, inner):
    assert texts(https().axl(operation, inner), "axlcode") == ["5007"]


def test_typed_answers_and_sql_agree(https):
    (pkid,) = texts(sql(https, "select pkid x from processnode where name='cucm-sub1'"), "x")
    for key in (f"{{{pkid.upper()}}}", pkid):
        answer = https().axl("getProcessNode", f"<uuid>{key}</uuid><returnedTags><name/></returnedTags>")
        assert texts(answer, "name") == ["cucm-sub1"]
    answer = https().axl(
        "getProcessNodeService",
        f'<processNodeName uuid="{{{pkid.upper()}}}"/><service>Cisco Tftp</service>',
    )
    assert texts(answer, "processNodeName") == ["cucm-sub1"]
    listed = https().axl(
        "listTvsCertificate",
        "<searchCriteria><subjectName>%CN=cucm-sub1%</subjectName></searchCriteria>"
        "<returnedTags><serialNumber/></returnedTags>",
    )
    numbers = sql(https, "select serialnumber x from certificate where subjectname like '%CN=cucm-sub1%'")
    assert sorted(texts(listed, "serialNumber")) == sorted(texts(numbers, "x")) != []


def test_no_object_has_an_element_that_its_operations_do_not_know():
    described = {"release": "15", "phones": 1, "nodes": [{"name": "p", "role": "publisher"}], "name": "c"}
    (spec,) = topology.parse({"clusters": [described]}).clusters
    cluster = LabCluster(spec, Clock(1), KeyPool(1))
    surplus = {
        (each.name, tag)
        for each in axl_schema.OBJECTS
        for row in ROWS[each.name](cluster)
        for tag in row
        if tag not in (*each.tags, "@uuid", "@ctiid")
    }
    cluster.database.close()
    assert surplus == set()
    assert {each.name for each in axl_schema.OBJECTS} == set(ROWS)


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/logcollectionservice2/services/LogCollectionPortTypeService?wsdl", "LogCollectionPort"),
        ("/platform-services/services/ClusterNodesService?wsdl", "Platform Administrative Web Services"),
    ],
)
def test_a_web_service_the_lab_has_not_is_a_404_that_says_so_to_every_account(
    https, cucm_cluster, path, what
):
    client = https()
    platform = cucm_cluster.account("cli")
    for auth in (client.session.auth, (platform["username"], platform["password"])):
        answer = client.session.get(client.base + path, auth=auth, timeout=20)
        assert answer.status_code == 404 and f"does not simulate this: {what}" in answer.text
    assert client.session.get(client.base + "/nothing/", timeout=20).status_code == 404


def test_an_idle_connection_is_closed_by_the_server(https, cucm_cluster):
    cucm_cluster.set(timings={"https_keepalive_s": 0.2})
    client = https()
    assert client.axl("getCCMVersion").status_code == 200
    (pool,) = list(client.session.get_adapter(client.base).poolmanager.pools._container.values())
    connection = pool._get_conn()
    connection.sock.settimeout(10)
    assert connection.sock.recv(1) == b""
    connection.close()
    assert client.axl("getCCMVersion").status_code == 200


def test_a_made_up_password_is_no_option():
    assert not any(made_up_password().startswith("-") for _each in range(2000))
