# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AXL's add, update and remove as a plain HTTP client sees them."""

from __future__ import annotations

import re

import pytest
import requests

from .conftest import HttpsClient
from .test_axl import sql, texts

UUID = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}")
NIL = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
STANDARD = "Cisco 8845 - Standard SIP Non-Secure Profile"
OAUTH = (
    "<deviceSecurityMode>Encrypted</deviceSecurityMode>"
    "<EnableOAuthAuthentication>true</EnableOAuthAuthentication><transportType>TLS</transportType>"
)


def done(answer: requests.Response) -> None:
    """The write was carried out: a standard response with a uuid."""
    assert answer.status_code == 200, answer.text
    (uuid,) = texts(answer, "return")
    assert UUID.fullmatch(uuid)


def refused(answer: requests.Response, message: str, code: str = "-1") -> None:
    assert answer.status_code == 500, answer.text
    assert texts(answer, "axlcode") == [code]
    assert message in texts(answer, "axlmessage")[0]


@pytest.fixture
def effects(cucm_cluster):
    """What has changed so far, by the journal."""
    return lambda: [entry["operation"] for entry in cucm_cluster.journal(kind="effect")]


# -- parameters -------------------------------------------------------------------------------------------------


def parameter(name: str, value: str | None = None, service: str = "Enterprise Wide") -> str:
    key = f"<processNodeName>EnterpriseWideData</processNodeName><name>{name}</name><service>{service}</service>"
    return key if value is None else f"{key}<value>{value}</value>"


@pytest.mark.parametrize(
    ("name", "value", "stored", "service"),
    [
        ("oAuthWithRefreshLoginFlow", "1", "1", "Enterprise Wide"),
        ("ResetPhonesOnCertChange", "false", "F", "Enterprise Wide"),
        ("ClusterID", "Two words", "Two words", "Enterprise Wide"),
        ("CAPFCertValidityDuration", "730", "730", "Cisco Certificate Authority Proxy Function"),
        ("BuildCNFType", "2", "2", "Cisco Tftp"),
    ],
)
def test_a_parameter_is_updated(https, cucm_cluster, effects, name, value, stored, service):
    done(https().axl("updateServiceParameter", parameter(name, value, service)))
    assert texts(https().axl("getServiceParameter", parameter(name, None, service)), "value") == [stored]
    assert cucm_cluster.state()["service_parameters"][service][name] == stored
    assert effects() == [f"service_parameter update {name}"]


@pytest.mark.parametrize(
    ("inner", "message", "code"),
    [
        (parameter("oAuthWithRefreshLoginFlow", "Enabled"), "'Enabled'", "-1"),
        (parameter("oAuthWithRefreshLoginFlow", ""), "''", "-1"),
        (parameter("ResetPhonesOnCertChange", "yes"), "no boolean", "-1"),
        (parameter("ClusterSecurityMode", "1"), "read only", "-1"),
        (parameter("ClusterSIPOAuthMode", "1"), "read only", "-1"),
        (parameter("oauthwithrefreshloginflo", "1"), "was not found", "5007"),
        (parameter("BuildCNFType", "1"), "was not found", "5007"),
        ("<name>x</name><processNodeName>y</processNodeName>", "Invalid content", "-1"),
        (parameter("ClusterID", "x") + "<surplus/>", "Invalid content", "-1"),
    ],
)
def test_what_parameters_refuse(https, cucm_cluster, inner, message, code):
    before = cucm_cluster.state()["service_parameters"]
    refused(https().axl("updateServiceParameter", inner), message, code)
    assert cucm_cluster.state()["service_parameters"] == before
    assert cucm_cluster.journal(kind="effect") == []


def test_an_update_of_nothing_has_no_effect(https, cucm_cluster, effects):
    done(https().axl("updateServiceParameter", parameter("oAuthWithRefreshLoginFlow")))
    done(https().axl("updateServiceParameter", parameter("oAuthWithRefreshLoginFlow", "0")))
    assert effects() == []
    assert [entry["operation"] for entry in cucm_cluster.journal(changing=True)] == [
        "axl updateServiceParameter"
    ] * 2


# -- CallManager ------------------------------------------------------------------------------------------------


def ports(oauth: object = 5090, mra: object = 5091, sip: object = 5060) -> str:
    return (
        "<ports><ethernetPhonePort>2000</ethernetPhonePort><mgcpPorts><listen>2427</listen>"
        f"<keepAlive>2428</keepAlive></mgcpPorts><sipPorts><sipPhonePort>{sip}</sipPhonePort>"
        f"<sipPhoneSecurePort>5061</sipPhoneSecurePort><sipOAuthPort>{oauth}</sipOAuthPort>"
        f"<sipOAuthMRAPort>{mra}</sipOAuthMRAPort></sipPorts></ports>"
    )


NAME = "<name>CM_cucm-sub1</name>"


def test_ports_change_and_nothing_else(https, cucm_cluster, effects):
    before = cucm_cluster._call("GET", "/database")["callmanager"]
    done(https().axl("updateCallManager", NAME + ports(5190, 5191)))
    after = cucm_cluster._call("GET", "/database")["callmanager"]
    changed = [
        (old["name"], column, new[column])
        for old, new in zip(before, after, strict=True)
        for column in old
        if old[column] != new[column]
    ]
    assert changed == [("CM_cucm-sub1", "sipoauthport", 5190), ("CM_cucm-sub1", "sipoauthmraport", 5191)]
    assert cucm_cluster.state()["ports"]["cucm-sub1"]["sipOAuthPort"] == 5190
    assert texts(https().axl("getCallManager", NAME), "sipOAuthMRAPort") == ["5191"]
    assert effects() == ["callmanager update CM_cucm-sub1"]


def test_an_empty_port_is_its_default(https):
    done(https().axl("updateCallManager", NAME + ports(5190, 5191)))
    done(https().axl("updateCallManager", NAME + ports("", 5191)))
    assert texts(https().axl("getCallManager", NAME), "sipOAuthPort") == ["5090"]


@pytest.mark.parametrize(
    ("inner", "message", "code"),
    [
        (NAME + ports(1023), "sipOAuthPort: the port 1023 is not between 1024 and 49151", "-1"),
        (NAME + ports(5090, 49152), "sipOAuthMRAPort: the port 49152", "-1"),
        (NAME + ports(5190, 5190), "sipOAuthMRAPort: the port 5190 is used twice", "-1"),
        (NAME + ports(2427), "the port 2427 is used twice", "-1"),
        (NAME + ports("x"), "'x' is not a valid value for 'integer'", "-1"),
        (NAME + ports().replace("<sipPhonePort>5060</sipPhonePort>", ""), "sipPhonePort", "-1"),
        (NAME + ports().replace("<listen>2427</listen>", ""), "listen", "-1"),
        (NAME + "<ports/><description>x</description>", "Invalid content", "-1"),
        (f"{NAME}<description>{'x' * 51}</description>", "maxLength '50'", "-1"),
        (f"{NAME}<description {NIL}/>", "nillable", "-1"),
        ("<name>CM_x</name><description>x</description>", "CM_x was not found", "5007"),
        (NAME + "<newName>CM_cucm-pub</newName>", "duplicate value in a UNIQUE INDEX column", "-239"),
        (NAME + "<lbmGroup>x</lbmGroup>", "x was not found", "5007"),
        (
            NAME
            + "<autoRegistration><autoRegistrationEnabled>t</autoRegistrationEnabled></autoRegistration>",
            "are mandatory if autoRegistrationEnabled",
            "-1",
        ),
    ],
)
def test_what_call_manager_refuses(https, cucm_cluster, inner, message, code):
    before = cucm_cluster._call("GET", "/database")
    refused(https().axl("updateCallManager", inner), message, code)
    assert cucm_cluster._call("GET", "/database") == before
    assert cucm_cluster.journal(kind="effect") == []


def test_auto_registration_is_switched_off_and_the_rest_renamed(https, cucm_cluster):
    cucm_cluster.set(auto_registration={"cucm-sub1": True})
    off = "<autoRegistration><autoRegistrationEnabled>false</autoRegistrationEnabled></autoRegistration>"
    done(
        https().axl("updateCallManager", f"{NAME}<newName>CM_new</newName><description>d</description>{off}")
    )
    answer = https().axl("getCallManager", "<name>CM_new</name>")
    assert texts(answer, "description") == ["d"] and texts(answer, "autoRegistrationEnabled") == ["false"]
    assert texts(answer, "sipOAuthPort") == ["5090"]


# -- Expressway-C -----------------------------------------------------------------------------------------------


def expressway(host: str, rest: str = "") -> str:
    return f"<expresswayCConfiguration><HostNameOrIP>{host}</HostNameOrIP>{rest}</expresswayCConfiguration>"


def test_an_expressway_c_comes_changes_and_goes(https, cucm_cluster, effects):
    subject = "<X509SubjectNameorSubjectAlternateName>exp.example.com</X509SubjectNameorSubjectAlternateName>"
    added = https().axl(
        "addExpresswayCConfiguration", expressway("exp1", f"<description>d</description>{subject}")
    )
    done(added)
    assert cucm_cluster.state()["expressway_c"] == {"exp1": {"description": "d", "x509": "exp.example.com"}}
    key = f"<uuid>{texts(added, 'return')[0]}</uuid>"
    done(
        https().axl(
            "updateExpresswayCConfiguration",
            f"{key}<newHostNameOrIP>exp2</newHostNameOrIP><description {NIL}/>",
        )
    )
    assert cucm_cluster.state()["expressway_c"] == {"exp2": {"description": "", "x509": "exp.example.com"}}
    removed = https().axl("removeExpresswayCConfiguration", "<HostNameOrIP>exp2</HostNameOrIP>")
    assert texts(removed, "return") == texts(added, "return")
    assert cucm_cluster.state()["expressway_c"] == {}
    assert effects() == ["expressway_c add exp1", "expressway_c update exp1", "expressway_c remove exp2"]


@pytest.mark.parametrize(
    ("operation", "inner", "message", "code"),
    [
        (
            "addExpresswayCConfiguration",
            expressway("exp1"),
            "duplicate value in a UNIQUE INDEX column",
            "-239",
        ),
        ("addExpresswayCConfiguration", expressway("x" * 256), "maxLength '255'", "-1"),
        ("addExpresswayCConfiguration", expressway(""), "HostNameOrIP must not be empty", "-1"),
        ("addExpresswayCConfiguration", "<expresswayCConfiguration/>", "must not be empty", "-1"),
        ("addExpresswayCConfiguration", expressway("e", "<name>x</name>"), "Invalid content", "-1"),
        (
            "updateExpresswayCConfiguration",
            f"<HostNameOrIP>exp1</HostNameOrIP><description>{'x' * 51}</description>",
            "maxLength '50'",
            "-1",
        ),
        (
            "updateExpresswayCConfiguration",
            "<HostNameOrIP>exp2</HostNameOrIP><newHostNameOrIP>exp1</newHostNameOrIP>",
            "duplicate value in a UNIQUE INDEX column",
            "-239",
        ),
        ("updateExpresswayCConfiguration", "<HostNameOrIP>no</HostNameOrIP>", "no was not found", "5007"),
        ("removeExpresswayCConfiguration", "<HostNameOrIP>no</HostNameOrIP>", "no was not found", "5007"),
    ],
)
def test_what_expressways_refuse(https, cucm_cluster, operation, inner, message, code):
    cucm_cluster.set(expressway_c={"exp1": {}, "exp2": {}})
    refused(https().axl(operation, inner), message, code)
    assert list(cucm_cluster.state()["expressway_c"]) == ["exp1", "exp2"]


# -- phone security profiles ------------------------------------------------------------------------------------


def profile(name: str, rest: str = "", model: str = "Cisco 8845", protocol: str = "SIP") -> str:
    return (
        f"<phoneSecurityProfile><phoneType>{model}</phoneType><protocol>{protocol}</protocol>"
        f"<name>{name}</name>{rest}</phoneSecurityProfile>"
    )


def test_a_profile_comes_changes_and_goes(https, cucm_cluster, effects):
    done(https().axl("addPhoneSecurityProfile", profile("Mine")))
    added = cucm_cluster.state()["phone_security_profiles"]["Mine"]
    assert added == {
        "standard": False,
        "phones": 0,
        "description": "",
        "phoneType": "Cisco 8845",
        "protocol": "SIP",
        "deviceSecurityMode": "Non Secure",
        "authenticationMode": "By Null String",
        "keySize": "2048",
        "keyOrder": "RSA Only",
        "ecKeySize": None,
        "tftpEncryptedConfig": False,
        "EnableOAuthAuthentication": False,
        "nonceValidityTime": 600,
        "transportType": "TCP+UDP",
        "sipPhonePort": 5060,
        "enableDigestAuthentication": False,
        "excludeDigestCredentials": False,
    }
    done(https().axl("updatePhoneSecurityProfile", f"<name>Mine</name><newName>Ours</newName>{OAUTH}"))
    changed = cucm_cluster.state()["phone_security_profiles"]["Ours"]
    assert changed == added | {
        "deviceSecurityMode": "Encrypted",
        "transportType": "TLS",
        "EnableOAuthAuthentication": True,
    }
    answer = https().axl("getPhoneSecurityProfile", "<name>Ours</name>")
    assert texts(answer, "EnableOAuthAuthentication") == ["true"]
    assert texts(sql(https, "select sipoauthflag x from securityprofile where name = 'Ours'"), "x") == ["t"]
    done(https().axl("removePhoneSecurityProfile", "<name>Ours</name>"))
    assert "Ours" not in cucm_cluster.state()["phone_security_profiles"]
    assert effects() == [
        "phone_security_profile add Mine",
        "phone_security_profile update Mine",
        "phone_security_profile remove Ours",
    ]


def test_an_element_that_is_sent_is_written_even_if_it_is_empty(https, cucm_cluster):
    done(https().axl("addPhoneSecurityProfile", profile("Mine", OAUTH)))
    cucm_cluster.set(axl={"checks_oauth_profile": False})
    done(https().axl("updatePhoneSecurityProfile", "<name>Mine</name><transportType/>"))
    state = cucm_cluster.state()["phone_security_profiles"]["Mine"]
    assert state["transportType"] == "TCP+UDP" and state["deviceSecurityMode"] == "Encrypted"


def test_another_schema_has_other_defaults(https, cucm_cluster):
    done(https().axl("addPhoneSecurityProfile", profile("Old"), version="11.5"))
    state = cucm_cluster.state()["phone_security_profiles"]["Old"]
    assert (state["keySize"], state["ecKeySize"]) == ("1024", "384")
    refused(https().axl("addPhoneSecurityProfile", profile("Mine", OAUTH), version="11.5"), "Invalid content")


@pytest.mark.parametrize(
    ("operation", "inner", "message", "code"),
    [
        ("addPhoneSecurityProfile", profile("Used"), "duplicate value in a UNIQUE INDEX column", "-239"),
        ("addPhoneSecurityProfile", profile(""), "name must not be empty", "-1"),
        ("addPhoneSecurityProfile", "<phoneSecurityProfile/>", "must not be empty", "-1"),
        ("addPhoneSecurityProfile", profile("x", model="Cisco 1"), "phoneType", "-1"),
        ("addPhoneSecurityProfile", profile("x", protocol="SCCP"), "protocol", "-1"),
        (
            "addPhoneSecurityProfile",
            profile("x", "<transportType>QUIC</transportType>"),
            "transportType",
            "-1",
        ),
        ("addPhoneSecurityProfile", profile("x", OAUTH, "Cisco 7942"), "this phone type", "-1"),
        (
            "addPhoneSecurityProfile",
            profile("x", OAUTH.replace("<EnableO", "<tftpEncryptedConfig>t</tftpEncryptedConfig><EnableO")),
            "TFTP",
            "-1",
        ),
        (
            "addPhoneSecurityProfile",
            profile("x", f"{OAUTH}<enableDigestAuthentication>1</enableDigestAuthentication>"),
            "digest",
            "-1",
        ),
        (
            "updatePhoneSecurityProfile",
            "<name>Used</name><EnableOAuthAuthentication>true</EnableOAuthAuthentication>",
            "a device security mode other than Encrypted",
            "-1",
        ),
        (
            "updatePhoneSecurityProfile",
            "<name>Used</name><deviceSecurityMode>Encrypted</deviceSecurityMode>"
            "<EnableOAuthAuthentication>true</EnableOAuthAuthentication>",
            "a transport type other than TLS",
            "-1",
        ),
        (
            "updatePhoneSecurityProfile",
            "<name>Used</name><enableOAuthAuthentication>true</enableOAuthAuthentication>",
            "Invalid content",
            "-1",
        ),
        (
            "updatePhoneSecurityProfile",
            f"<name>Used</name><transportType>TLS</transportType>{OAUTH}",
            "Invalid content",
            "-1",
        ),
        ("updatePhoneSecurityProfile", f"<name>{STANDARD}</name>{OAUTH}", "standard profile", "-1"),
        ("updatePhoneSecurityProfile", "<name>No</name>", "No was not found", "5007"),
        (
            "updatePhoneSecurityProfile",
            f"<name>Used</name><newName>{STANDARD}</newName>",
            "duplicate",
            "-239",
        ),
        ("removePhoneSecurityProfile", f"<name>{STANDARD}</name>", "standard profile", "-1"),
    ],
)
def test_what_profiles_refuse(https, cucm_cluster, operation, inner, message, code):
    cucm_cluster.set(phone_security_profiles={"Used": {"phoneType": "Cisco 8845"}})
    before = cucm_cluster._call("GET", "/database")
    refused(https().axl(operation, inner), message, code)
    assert cucm_cluster._call("GET", "/database") == before
    assert cucm_cluster.journal(kind="effect") == []


def test_the_check_of_oauth_profiles_can_be_switched_off(https, cucm_cluster):
    cucm_cluster.set(axl={"checks_oauth_profile": False})
    done(
        https().axl(
            "addPhoneSecurityProfile",
            profile("x", "<EnableOAuthAuthentication>true</EnableOAuthAuthentication>", "Cisco 7942"),
        )
    )
    assert cucm_cluster.state()["phone_security_profiles"]["x"]["EnableOAuthAuthentication"] is True


# -- releases ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_lab(cucm_lab_start):
    """One node of 11.5 and one of 12.5, with phones."""
    jabber = "Cisco Unified Client Services Framework"
    return cucm_lab_start(
        {
            "time_scale": 50,
            "clusters": [
                {"name": "old", "release": "11.5", "nodes": [{"name": "p", "role": "publisher"}]},
                {
                    "name": "busy",
                    "release": "12.5",
                    "nodes": [{"name": "p", "role": "publisher"}],
                    "phone_security_profiles": {"Used": {"phoneType": jabber}, "Free": {"phoneType": jabber}},
                    "phones": [
                        {"count": 2},
                        {"count": 300, "model": jabber, "security_profile": "Used"},
                        {"count": 1, "model": "Cisco 7937"},
                    ],
                },
            ],
        }
    )


@pytest.fixture
def clusters(small_lab):
    """Those of the small lab, reset."""
    for cluster in small_lab.clusters.values():
        cluster.reset()
    return small_lab.clusters


def test_11_5_has_neither_oauth_nor_expressway_c(clusters):
    old = HttpsClient(clusters["old"])
    refused(old.axl("addPhoneSecurityProfile", profile("x", OAUTH), version="11.5"), "Invalid content")
    refused(old.axl("updateCallManager", f"<name>CM_p</name>{ports()}", version="11.5"), "Invalid content")
    refused(old.axl("addExpresswayCConfiguration", expressway("x"), version="11.5"), "not available")
    refused(old.axl("doSmartLicenseDeRegister", version="11.5"), "not available")
    done(old.axl("addPhoneSecurityProfile", profile("x", "<keySize>2048</keySize>"), version="11.5"))
    state = clusters["old"].state()
    assert "EnableOAuthAuthentication" not in state["phone_security_profiles"]["x"]
    assert state["expressway_c"] == {} and "sipOAuthPort" not in state["ports"]["p"]
    assert "Cisco 8875 - Standard SIP Non-Secure Profile" not in state["phone_security_profiles"]


def test_phones_can_oauth_from_14_on(clusters):
    client = HttpsClient(clusters["busy"])
    answer = client.axl("addPhoneSecurityProfile", profile("x", OAUTH), version="12.5")
    refused(answer, "this phone type")
    for model in ("Cisco Dual Mode for iPhone", "Cisco Jabber for Tablet"):
        done(client.axl("addPhoneSecurityProfile", profile(model, OAUTH, model), version="12.5"))


# -- phones -----------------------------------------------------------------------------------------------------


def members(client: HttpsClient, profile_name: str, page: str = "") -> list[str]:
    inner = (
        f"<searchCriteria><securityProfileName>{profile_name}</securityProfileName></searchCriteria>"
        f"<returnedTags><name/></returnedTags>{page}"
    )
    answer = client.axl("listPhone", inner, version="12.5")
    assert answer.status_code == 200, answer.text
    return texts(answer, "name")


def test_a_profile_in_use_stays_until_its_last_phone_has_another(clusters):
    busy = clusters["busy"]
    client = HttpsClient(busy)
    remove = ("removePhoneSecurityProfile", "<name>Used</name>")
    refused(client.axl(*remove, version="12.5"), "is still being referenced", "-692")
    assert busy.state()["phone_security_profiles"]["Used"]["phones"] == 300
    busy.set(phones={"CSFUSER00002": {"security_profile": "Free"}})
    assert members(client, "Free") == ["CSFUSER00002"]
    busy.set(phones={"CSF*": {"security_profile": "Free"}})
    assert len(members(client, "free")) == 300 and members(client, "Used") == []
    done(client.axl(*remove, version="12.5"))


def test_phones_of_several_models(clusters):
    client = HttpsClient(clusters["busy"])
    assert members(client, "Cisco 8841%") == ["SEP000000000000", "SEP000000000001"]
    assert members(client, "Used", "<skip>298</skip><first>5</first>") == ["CSFUSER00300", "CSFUSER00301"]
    answer = client.axl("getPhone", "<name>SEP00000000012E</name>", version="12.5")
    assert texts(answer, "model") == ["Cisco 7937"] and texts(answer, "protocol") == ["SCCP"]
    assert texts(answer, "securityProfileName") == ["Cisco 7937 - Standard SCCP Non-Secure Profile"]
    listed = client.axl(
        "listPhone",
        "<searchCriteria><name>sep%</name><protocol>SCCP</protocol></searchCriteria><returnedTags/>",
        version="12.5",
    )
    assert texts(listed, "name") == ["SEP00000000012E"]
