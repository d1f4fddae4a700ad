# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AXL as a plain HTTP client sees it."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import pytest
import requests


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
