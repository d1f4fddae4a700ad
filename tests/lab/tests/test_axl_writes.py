# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AXL's add, update and remove as a plain HTTP client sees them."""

from __future__ import annotations

import hashlib
import re
import threading

import pytest
import requests

from cucm_lab import topology
from cucm_lab.clock import Clock
from cucm_lab.domain import configuration
from cucm_lab.domain.certificates import KeyPool
from cucm_lab.domain.cluster import LabCluster
from cucm_lab.domain.database import Database
from cucm_lab.fixture import ControlError
from cucm_lab.web.axl_objects import phones

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
    refused(old.axl("addExpresswayCConfiguration", expressway("x"), version="11.5"), "Unknown operation")
    refused(old.axl("doSmartLicenseDeRegister", version="11.5"), "Unknown operation")
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


# -- the licence ------------------------------------------------------------------------------------------------

TOKEN = "Zx9-secret-token-of-nobody"
ALLOWED, NOT_ALLOWED = "LAB-TOKEN-EXPORT-ALLOWED", "LAB-TOKEN-EXPORT-NOT-ALLOWED"


def register(token: str, force: str = "false") -> tuple[str, str]:
    return "doSmartLicenseRegister", f"<token>{token}</token><force>{force}</force>"


@pytest.fixture
def licence(https, cucm_cluster):
    """The cluster's licence as AXL tells it; ``settled`` waits for the end of a registration."""
    cucm_cluster.set(
        licence={
            "registration": "UNREGISTERED",
            "export_control": "Not Allowed",
            "authorization": "EVAL MODE",
        },
        timings={"licence_register_s": 5},
    )

    def told(*names: str) -> list[str]:
        answer = https().axl("getSmartLicenseStatus")
        return [texts(answer, name)[0] for name in names]

    def settled() -> None:
        cucm_cluster.wait(lambda: cucm_cluster.state()["licence"]["registration"] != "REGISTERING")

    told.settled = settled
    return told


@pytest.mark.parametrize(("token", "export"), [(ALLOWED, "ALLOWED"), (NOT_ALLOWED, "NOT ALLOWED")])
def test_a_registration_takes_its_time(https, cucm_cluster, licence, effects, shell, token, export):
    hold = cucm_cluster.fault("hold", match={"kind": "effect", "operation": "licence registered"})
    assert texts(https().axl(*register(token)), "return") == ["Success"]
    cucm_cluster.wait_hit(hold)
    assert licence("Status", "RegistrationFailedReason") == ["Registering", ""]
    refused(https().axl(*register(token)), "in progress")
    cucm_cluster.release(hold)
    licence.settled()
    assert licence("Status", "ExportControlFunctionality", "LastRenewalStatus") == [
        "Registered",
        export,
        "SUCCEEDED",
    ]
    assert all(licence("LastRenewalAttempt", "NextRenewalAttempt", "RegistrationExpires"))
    assert texts(sql(https, "select exportcontrolallowed x from slminfo"), "x") == [
        "t" if export == "ALLOWED" else "f"
    ]
    assert effects() == ["licence register", "licence registered"]
    words = shell().run("show license all")
    assert "Status: REGISTERED" in words and f"Export-Controlled Functionality: {export.title()}" in words


def test_an_unknown_token_fails_and_is_nowhere_to_be_read(https, cucm_cluster, licence, effects, shell):
    cucm_cluster.set(licence={"tokens": {"another": {"export_control": "Allowed"}}})
    assert https().axl(*register(TOKEN)).status_code == 200
    licence.settled()
    assert licence("Status", "RegistrationFailedReason", "LastRenewalStatus") == [
        "Unregistered",
        "The registration token is not valid",
        "FAILED",
    ]
    assert effects() == ["licence register", "licence registration_failed"]
    assert "Status: UNREGISTERED" in shell().run("show license all")
    told = (
        str(cucm_cluster.state()) + str(cucm_cluster.journal()) + str(cucm_cluster._call("GET", "/database"))
    )
    files = [path.read_bytes() for path in cucm_cluster.lab.directory.rglob("*") if path.is_file()]
    assert TOKEN not in told and "another" not in told
    assert not [each for each in files if TOKEN.encode() in each]
    (begun,) = [
        e["detail"] for e in cucm_cluster.journal(kind="effect") if e["operation"] == "licence register"
    ]
    assert begun == {"token_sha256": hashlib.sha256(TOKEN.encode()).hexdigest()[:12]}


def test_registered_already_needs_force(https, cucm_cluster, licence, effects):
    cucm_cluster.set(licence={"registration": "REGISTERED", "export_control": "Allowed"})
    refused(https().axl(*register(NOT_ALLOWED)), "already registered")
    assert licence("ExportControlFunctionality") == ["ALLOWED"] and effects() == []
    assert https().axl(*register(NOT_ALLOWED, "true")).status_code == 200
    licence.settled()
    assert licence("Status", "ExportControlFunctionality") == ["Registered", "NOT ALLOWED"]
    assert https().axl("doSmartLicenseReRegister", f"<token>{ALLOWED}</token>").status_code == 200
    licence.settled()
    assert licence("ExportControlFunctionality") == ["ALLOWED"]


def test_renewing_and_giving_back(https, cucm_cluster, licence, effects):
    for operation in ("RenewAuthorization", "RenewRegistration", "DeRegister"):
        refused(https().axl(f"doSmartLicense{operation}"), "not registered")
    cucm_cluster.set(licence={"registration": "REGISTERED", "authorization": "OUT OF COMPLIANCE"})
    assert licence("LastRenewalStatus") == ["SUCCEEDED"]
    before = licence("LastRenewalAttempt")
    assert https().axl("doSmartLicenseRenewAuthorization").status_code == 200
    assert cucm_cluster.state()["licence"]["authorization"] == "AUTHORIZED"
    assert licence("LastRenewalAttempt") == before
    assert https().axl("doSmartLicenseRenewRegistration").status_code == 200
    assert licence("LastRenewalAttempt") != before
    assert https().axl("doSmartLicenseDeRegister").status_code == 200
    assert licence("Status", "ExportControlFunctionality", "LastRenewalAttempt") == [
        "Unregistered",
        "NOT ALLOWED",
        "",
    ]
    assert effects() == ["licence renew_authorization", "licence renew_registration", "licence deregister"]


# -- throttling, and where a test may hold or cut ------------------------------------------------------------------


def test_writes_wait_until_notifications_have_drained(https, cucm_cluster, effects):
    cucm_cluster.set(change_notifications=1500, timings={"change_notifications_per_s": 0})
    answer = https().axl("updateServiceParameter", parameter("ClusterID", "x"))
    assert answer.status_code == 503 and "<html" in answer.text
    assert https().axl("getServiceParameter", parameter("ClusterID")).status_code == 200
    assert effects() == [] and cucm_cluster.state()["change_notifications"] == 1500
    (entry,) = cucm_cluster.journal(changing=True)
    assert (entry["kind"], entry["detail"]) == ("http", {"status": 503})
    cucm_cluster.set(timings={"change_notifications_per_s": 100000})
    cucm_cluster.wait(lambda: cucm_cluster.state()["change_notifications"] == 0)
    done(https().axl("updateServiceParameter", parameter("ClusterID", "x")))


def test_only_accepted_writes_leave_notifications(https, cucm_cluster):
    cucm_cluster.set(
        timings={"change_notifications_per_s": 0}, axl={"notifications_per_write": 3, "notification_limit": 6}
    )
    refused(https().axl("updateServiceParameter", parameter("nothing", "x")), "not found", "5007")
    done(https().axl("updateServiceParameter", parameter("ClusterID", "x")))
    assert cucm_cluster.state()["change_notifications"] == 3
    done(https().axl("updateServiceParameter", parameter("ClusterID", "y")))
    assert https().axl("updateServiceParameter", parameter("ClusterID", "z")).status_code == 503


CUTS = [
    ("http", "axl addExpresswayCConfiguration", "before", False),
    ("effect", "expressway_c add *", "before", True),
    ("effect", "expressway_c add *", "after", True),
    ("http", "axl addExpresswayCConfiguration", "after", True),
]


@pytest.mark.parametrize(("kind", "operation", "when", "happened"), CUTS)
def test_an_answer_is_lost_before_or_after_the_effect(https, cucm_cluster, kind, operation, when, happened):
    cucm_cluster.fault("cut", match={"kind": kind, "operation": operation}, when=when)
    with pytest.raises(requests.exceptions.ConnectionError):
        https().axl("addExpresswayCConfiguration", expressway("exp1"))
    assert list(cucm_cluster.state()["expressway_c"]) == (["exp1"] if happened else [])


def test_a_held_write_has_not_happened_and_meets_the_database_as_it_is_then(https, cucm_cluster, effects):
    client = https()
    hold = cucm_cluster.fault("hold", match={"kind": "effect", "operation": "expressway_c add *"})
    answers = []
    thread = threading.Thread(
        target=lambda: answers.append(client.axl("addExpresswayCConfiguration", expressway("exp1")))
    )
    thread.start()
    cucm_cluster.wait_hit(hold)
    assert cucm_cluster.state()["expressway_c"] == {} and effects() == []
    cucm_cluster.set(expressway_c={"exp1": {"description": "somebody else's"}})
    cucm_cluster.release(hold)
    thread.join(10)
    refused(answers[0], "duplicate value", "-239")
    assert effects() == []
    assert cucm_cluster.state()["expressway_c"]["exp1"]["description"] == "somebody else's"


def test_who_may_only_read_changes_nothing(https, cucm_cluster):
    before = cucm_cluster._call("GET", "/database")
    reader = https(privilege=0)
    for operation, inner in (
        ("updateServiceParameter", parameter("ClusterID", "x")),
        ("addPhoneSecurityProfile", profile("Mine")),
        register(ALLOWED, "true"),
    ):
        assert reader.axl(operation, inner).status_code == 401
    assert cucm_cluster._call("GET", "/database") == before
    assert cucm_cluster.journal(kind="effect") == []


# -- the control API --------------------------------------------------------------------------------------------


def test_the_administrator_configures(https, cucm_cluster, effects):
    capf = "Cisco Certificate Authority Proxy Function"
    cucm_cluster.set(
        service_parameters={capf: {"CAPFCertValidityDuration": "10"}, "Enterprise Wide": {"ClusterID": "x"}},
        ports={"cucm-sub1": {"sipOAuthPort": 5190}},
        expressway_c={"exp1": {"x509": "exp"}, "exp2": {}},
        phone_security_profiles={"Mine": {"deviceSecurityMode": "Encrypted", "transportType": "TLS"}},
    )
    cucm_cluster.set(
        phone_security_profiles={"Mine": {"EnableOAuthAuthentication": True}},
        expressway_c={"exp2": None, "exp1": {"description": "d"}},
    )
    state = cucm_cluster.state()
    assert state["service_parameters"][capf]["CAPFCertValidityDuration"] == "10"
    assert state["enterprise_parameters"]["ClusterID"] == "x"
    assert {node: ports["sipOAuthPort"] for node, ports in state["ports"].items()} == {
        "cucm-pub": 5090,
        "cucm-sub1": 5190,
        "cucm-sub2": 5090,
    }
    assert state["expressway_c"] == {"exp1": {"description": "d", "x509": "exp"}}
    mine = state["phone_security_profiles"]["Mine"]
    assert (mine["deviceSecurityMode"], mine["EnableOAuthAuthentication"]) == ("Encrypted", True)
    assert texts(https().axl("getPhoneSecurityProfile", "<name>Mine</name>"), "transportType") == ["TLS"]
    cucm_cluster.set(phone_security_profiles={"Mine": None})
    assert "Mine" not in cucm_cluster.state()["phone_security_profiles"] and effects() == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"service_parameters": {"Cisco Tftp": {"no": "1"}}}, "service_parameters.Cisco Tftp.no"),
        ({"ports": {"nobody": {"sipOAuthPort": 5090}}}, "ports.nobody"),
        ({"ports": {"cucm-pub": {"port": 5090}}}, "ports.cucm-pub.port"),
        ({"phone_security_profiles": {"x": {"phoneType": "no"}}}, "phone_security_profiles.x.phoneType"),
        ({"phones": {"*": {"security_profile": "no"}}}, "phones.*.security_profile"),
        ({"change_notifications": -1}, "change_notifications"),
    ],
)
def test_what_the_administrator_cannot_configure(cucm_cluster, body, where):
    with pytest.raises(ControlError) as caught:
        cucm_cluster.set(**body)
    assert caught.value.body["where"] == where and caught.value.body["hint"]


def test_the_dump_is_the_same_until_something_changes(https, clusters):
    busy = clusters["busy"]
    before = busy._call("GET", "/database")
    assert len(before["device"]) == 303 and "lastseen" not in before["registrationdynamic"][0]
    HttpsClient(busy).axl("getCCMVersion", version="12.5")
    busy.reset()
    assert busy._call("GET", "/database") == before
    busy.set(ports={"p": {"sipOAuthPort": 5190}})
    after = busy._call("GET", "/database")
    assert [table for table in before if before[table] != after[table]] == ["callmanager"]


# -- topologies -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"phones": [{"count": 1, "model": "Cisco 1"}]}, "phones[0].model: 'Cisco 1'"),
        ({"phones": [{"count": 1, "model": "Cisco 8875"}], "release": "12.5"}, "phones[0].model"),
        ({"phones": [{"count": 1, "security_profile": "x"}]}, "phones[0].security_profile"),
        ({"phones": -1}, "phones"),
        ({"phone_security_profiles": {"x": {"phoneType": "no"}}}, "phone_security_profiles.x: phoneType"),
    ],
)
def test_bad_phones_in_a_topology(given, where):
    with pytest.raises(topology.TopologyError, match=re.escape(where)):
        topology.parse({"clusters": [{"name": "c", "nodes": [{"name": "p", "role": "publisher"}], **given}]})


def test_tens_of_thousands_of_phones_are_written_together(monkeypatch):
    single, insert = [], Database.insert
    monkeypatch.setattr(
        Database, "insert", lambda self, table, **row: (single.append(table), insert(self, table, **row))
    )
    described = {"name": "c", "phones": [{"count": 1}], "nodes": [{"name": "p", "role": "publisher"}]}
    LabCluster(topology.parse({"clusters": [described]}).clusters[0], Clock(1), KeyPool(1)).database.close()
    for_one = len(single)
    groups = [{"count": 15000}, {"count": 15000, "model": "Cisco Dual Mode for iPhone"}]
    described = {"name": "c", "phones": groups, "nodes": [{"name": "p", "role": "publisher"}]}
    (spec,) = topology.parse({"clusters": [described]}).clusters
    cluster = LabCluster(spec, Clock(1), KeyPool(1))
    assert len(single) == 2 * for_one
    counted = configuration.state(cluster)["phone_security_profiles"]
    assert {each["phones"] for each in counted.values()} == {0, 15000}
    assert len(phones(cluster, {"name": "TCT%"}, (100, 1000))) == 1000
    cluster.database.close()
