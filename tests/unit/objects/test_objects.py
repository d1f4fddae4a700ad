# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may become of parameters, ports and Expressway-C entries, and the requests that do it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import (
    CucmError,
    InputError,
    ProductFault,
    ProtocolError,
    Refusal,
)
from ansible_collections.ucops.cucm.plugins.module_utils._objects import (
    callmanager_ports,
    expressway_c,
    parameters,
)
from ansible_collections.ucops.cucm.plugins.module_utils._objects.configuration import Request
from ansible_collections.ucops.cucm.plugins.module_utils._objects.parameters import ENTERPRISE, Parameter
from ansible_collections.ucops.cucm.plugins.module_utils._transport import xml

EXISTING = {
    "oauthTokenExpiryTimer": Parameter("60", "long"),
    "ResetPhonesOnCertChange": Parameter("T", "boolean"),
    "AutoRegistrationLegacyMode": Parameter("false", "boolean"),
    "Unset": Parameter("", "boolean"),
    "Ratio": Parameter("0.5", "double"),
    "ClusterID": Parameter("StandAloneCluster", "string"),
    "Digits": Parameter("12", "any digit"),
    "ClusterSecurityMode": Parameter("0", "long"),
}


class Cluster:
    """Answers AXL calls from a table of texts by operation, and by name where the operation has one."""

    def __init__(self, release: str = "14.0.1.12900(161)", **answers: str) -> None:
        self._release = release
        self.answers = answers
        self.calls: list[tuple[str, t.Any]] = []

    @property
    def axl(self) -> t.Any:
        return self

    def release(self) -> str:
        return self._release

    release_if_told = release

    def call(self, operation: str, content: t.Any) -> xml.Element:
        self.calls.append((operation, content))
        answer = self.answers[operation]
        if answer.startswith("fault "):
            raise ProductFault("no", details={"fault_code": answer.removeprefix("fault ")})
        return xml.parse(f"<answer>{answer}</answer>".encode(), "test")


def row(name: str, value: str, service: str = ENTERPRISE, node: str = "EnterpriseWideData") -> str:
    return (
        f"<serviceParameter><processNodeName>{node}</processNodeName><name>{name}</name>"
        f"<service>{service}</service><value>{value}</value><valueType>long</valueType></serviceParameter>"
    )


# -- parameters -------------------------------------------------------------------------------------------------


def check(**wanted: str) -> None:
    parameters.check(ENTERPRISE, wanted, EXISTING, release="14.0.1")


@pytest.mark.parametrize(
    "wanted",
    [
        {"oauthTokenExpiryTimer": "30"},
        {"oauthTokenExpiryTimer": "-1"},
        {"ResetPhonesOnCertChange": "F"},
        {"ResetPhonesOnCertChange": "T"},
        {"AutoRegistrationLegacyMode": "true"},
        {"Unset": "t"},
        {"Unset": ""},
        {"Ratio": "1"},
        {"Ratio": ".25"},
        {"ClusterID": ""},
        {"ClusterID": "any text, <even> this"},
        {"Digits": "*#"},
    ],
)
def test_values_that_fit(wanted: dict[str, str]) -> None:
    check(**wanted)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"oauthTokenExpiryTimer": "soon"}, ["whole number", "'60' now"]),
        ({"oauthTokenExpiryTimer": "1.5"}, ["whole number"]),
        ({"oauthTokenExpiryTimer": ""}, ["whole number"]),
        ({"oauthTokenExpiryTimer": "30\n31"}, ["whole number"]),
        ({"ResetPhonesOnCertChange": "yes"}, ["boolean", "'T' now"]),
        ({"ResetPhonesOnCertChange": "true"}, ["boolean", "'F' or 'T'"]),
        ({"ResetPhonesOnCertChange": "0"}, ["boolean", "'F' or 'T'"]),
        ({"AutoRegistrationLegacyMode": "T"}, ["boolean", "'true' or 'false'"]),
        ({"Ratio": "half"}, ["number"]),
        ({"Ratio": "."}, ["number"]),
    ],
)
def test_values_that_do_not_fit(wanted: dict[str, str], words: list[str]) -> None:
    with pytest.raises(Refusal) as raised:
        check(**wanted)
    assert raised.value.code == "parameter_type"
    assert all(word in raised.value.message for word in [*words, *wanted]), raised.value.message


@pytest.mark.parametrize("name", ["ClusterSecurityMode", "clustersecuritymode", "ClusterSIPOAuthMode"])
def test_what_only_the_cli_changes(name: str) -> None:
    """Also when it has the value already."""
    with pytest.raises(Refusal) as raised:
        check(**{name: "0"})
    assert raised.value.code == "parameter_cli_only"
    assert parameters.CLI_ONLY[name.lower()] in raised.value.remedy


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("OAUTHTOKENEXPIRYTIMER", "oauthTokenExpiryTimer"),
        ("oauthTokenExpiryTime", "Did you mean oauthTokenExpiryTimer"),
        ("xyzzy", "gathered"),
    ],
)
def test_names_that_are_none(name: str, remedy: str) -> None:
    with pytest.raises(Refusal) as raised:
        check(**{name: "1"})
    assert raised.value.code == "parameter_unknown"
    assert name in raised.value.message and "14.0.1" in raised.value.message
    assert remedy in raised.value.remedy


def test_texts_are_taken_as_they_are_but_for_blanks_around() -> None:
    class Tagged(int):
        """As Ansible hands out whole numbers."""

    given = {"a": " x y ", "b": 30, "c": "line\n", "d": "", "e": Tagged(7)}
    wanted = {"a": "x y", "b": "30", "c": "line", "d": "", "e": "7"}
    assert parameters.texts(ENTERPRISE, given, {}) == wanted


@pytest.mark.parametrize(
    ("value", "kind"), [(True, "a boolean"), (1.0, "decimal"), (None, "nothing"), ([1], "no text")]
)
def test_what_yaml_made_something_else_of(value: object, kind: str) -> None:
    with pytest.raises(Refusal) as raised:
        parameters.texts(ENTERPRISE, {"ResetPhonesOnCertChange": value}, EXISTING)
    assert raised.value.code == "parameter_type"
    assert all(word in raised.value.message for word in ("ResetPhonesOnCertChange", kind, "'T' now"))
    assert "quotes" in raised.value.remedy


def test_parameters_are_read_of_that_service_only() -> None:
    # The criterion is a pattern: % would bring all.
    rows = row("A", "1") + row("B", "2", "Enterprise wide") + row("C", "3", node="cucm-pub")
    cluster = Cluster(listServiceParameter=f"<return>{rows}</return>")
    assert parameters.read(cluster, ENTERPRISE) == {"A": Parameter("1", "long")}  # type: ignore[arg-type]
    (call,) = cluster.calls
    assert call[1][0] == (
        "searchCriteria",
        [("processNodeName", "EnterpriseWideData"), ("service", ENTERPRISE)],
    )


@pytest.mark.parametrize("answer", ["<return/>", "", "fault 5007"])
def test_a_service_that_is_none(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(listServiceParameter=answer)
    call = cluster.call

    def with_criteria(operation: str, content: t.Any) -> xml.Element:
        if len(content[0][1]) == 1:
            cluster.answers["listServiceParameter"] = f"<return>{row('A', '1')}</return>"
        return call(operation, content)

    monkeypatch.setattr(cluster, "call", with_criteria)
    with pytest.raises(Refusal) as raised:
        parameters.read(cluster, "Enterprise")  # type: ignore[arg-type]
    assert raised.value.code == "service_unknown"
    assert ENTERPRISE in raised.value.remedy


def test_another_fault_is_told() -> None:
    with pytest.raises(ProductFault):
        parameters.read(Cluster(listServiceParameter="fault -1"), ENTERPRISE)  # type: ignore[arg-type]


def test_a_service_that_is_gone_has_no_states() -> None:
    cluster = Cluster(listServiceParameter="<return/>")
    assert parameters.objects(cluster, ["Gone"]).read() == {}  # type: ignore[arg-type]


def test_the_request_for_a_parameter() -> None:
    objects = parameters.objects(Cluster(), [])  # type: ignore[arg-type]
    assert objects.request("Cisco A/B Service/Name", "1", "2") == Request(
        "updateServiceParameter",
        [
            ("processNodeName", "EnterpriseWideData"),
            ("name", "Name"),
            ("service", "Cisco A/B Service"),
            ("value", "2"),
        ],
        "set Name of Cisco A/B Service to '2'",
    )
    assert parameters.service_of("Cisco A/B Service/Name") == "Cisco A/B Service"


# -- ports ------------------------------------------------------------------------------------------------------

PORTS: dict[str, int | None] = {
    "ethernet_phone": 2000,
    "mgcp_listen": 2427,
    "mgcp_keep_alive": 2428,
    "sip_phone": 5060,
    "sip_phone_secure": 5061,
    "sip_oauth": 5090,
    "sip_oauth_mra": 5091,
}


@pytest.mark.parametrize(
    "wanted",
    [
        {"sip_oauth": 1024},
        {"sip_oauth": 49151},
        {"sip_oauth": 5090},
        {"sip_oauth": 5091, "sip_oauth_mra": 5090},
        {"sip_oauth_mra": 6000},
    ],
)
def test_ports_that_can_be(wanted: dict[str, int]) -> None:
    callmanager_ports.check("pub", PORTS, wanted)


@pytest.mark.parametrize(
    ("wanted", "code", "word"),
    [
        ({"sip_oauth": 1023}, "port_out_of_range", "1023"),
        ({"sip_oauth": 49152}, "port_out_of_range", "49152"),
        ({"sip_oauth": 6000, "sip_oauth_mra": 80}, "port_out_of_range", "80"),
        ({"sip_oauth": 5061}, "port_in_use", "sip_phone_secure"),
        ({"sip_oauth": 2427}, "port_in_use", "mgcp_listen"),
        ({"sip_oauth": 5091}, "port_in_use", "sip_oauth_mra"),
        ({"sip_oauth": 6000, "sip_oauth_mra": 6000}, "port_in_use", "sip_oauth"),
    ],
)
def test_ports_that_cannot_be(wanted: dict[str, int], code: str, word: str) -> None:
    with pytest.raises(Refusal) as raised:
        callmanager_ports.check("pub", PORTS, wanted)
    assert raised.value.code == code
    assert word in raised.value.message


def test_ports_somebody_else_listens_on() -> None:
    listening = [22, 5060, 5090, 5091, 6000]
    callmanager_ports.check_listening("pub", PORTS, {"sip_oauth": 5091, "sip_oauth_mra": 5090}, listening)
    callmanager_ports.check_listening("pub", PORTS, {"sip_oauth": 6001}, listening)
    with pytest.raises(Refusal) as raised:
        callmanager_ports.check_listening("pub", PORTS, {"sip_oauth_mra": 6000}, listening)
    assert raised.value.code == "port_in_use"
    assert "6000" in raised.value.message and "pub" in raised.value.message


def test_a_release_without_sip_oauth_ports() -> None:
    without = {"ports": {**PORTS, "sip_oauth": None, "sip_oauth_mra": None}}
    callmanager_ports.require_sip_oauth({"pub": {"ports": PORTS}}, "14.0")
    with pytest.raises(Refusal) as raised:
        callmanager_ports.require_sip_oauth({"pub": {"ports": PORTS}, "sub": without}, "11.5.1")
    assert (raised.value.code, raised.value.details["nodes"]) == ("not_in_this_release", ["sub"])


def call_manager(
    oauth: str = "<sipOAuthPort>5090</sipOAuthPort><sipOAuthMRAPort>5091</sipOAuthMRAPort>",
) -> str:
    return (
        "<return><callManager><name>CM_pub</name><ports><ethernetPhonePort>2000</ethernetPhonePort>"
        "<mgcpPorts><listen>2427</listen><keepAlive>2428</keepAlive></mgcpPorts><sipPorts>"
        f"<sipPhonePort>5060</sipPhonePort><sipPhoneSecurePort>5061</sipPhoneSecurePort>{oauth}</sipPorts></ports>"
        "</callManager></return>"
    )


LISTED = (
    "<return><callManager><name>CM_pub</name><processNodeName>pub</processNodeName></callManager></return>"
)


@pytest.mark.parametrize("without", ["", "<sipOAuthPort/><sipOAuthMRAPort/>"])
def test_ports_are_read(without: str) -> None:
    cluster = Cluster(listCallManager=LISTED, getCallManager=call_manager())
    assert callmanager_ports.read(cluster) == {"pub": {"callmanager": "CM_pub", "ports": PORTS}}  # type: ignore[arg-type]
    old = Cluster(listCallManager=LISTED, getCallManager=call_manager(without))
    ports = callmanager_ports.read(old)["pub"]["ports"]  # type: ignore[arg-type]
    assert (ports["sip_phone"], ports["sip_oauth"], ports["sip_oauth_mra"]) == (5060, None, None)


@pytest.mark.parametrize("spoiled", [("2427", ""), ("2427", "none"), ("5090", "-1")])
def test_ports_that_are_none_are_not_taken_for_ports(spoiled: tuple[str, str]) -> None:
    cluster = Cluster(listCallManager=LISTED, getCallManager=call_manager().replace(*spoiled))
    with pytest.raises(ProtocolError) as raised:
        callmanager_ports.read(cluster)  # type: ignore[arg-type]
    assert raised.value.code == "ports_unreadable"


def test_the_request_for_ports_carries_the_block_as_it_was_read_last() -> None:
    cluster = Cluster(listCallManager=LISTED, getCallManager=call_manager())
    objects = callmanager_ports.objects(cluster)  # type: ignore[arg-type]
    before = objects.read()["pub"]
    assert before == {"sip_oauth": 5090, "sip_oauth_mra": 5091}
    cluster.answers["getCallManager"] = call_manager().replace("5060", "5070")
    objects.read()
    request = objects.request("pub", before, {"sip_oauth": 6000, "sip_oauth_mra": 5091})
    assert request == Request(
        "updateCallManager",
        [
            ("name", "CM_pub"),
            (
                "ports",
                [
                    ("ethernetPhonePort", "2000"),
                    ("mgcpPorts", [("listen", "2427"), ("keepAlive", "2428")]),
                    (
                        "sipPorts",
                        [
                            ("sipPhonePort", "5070"),
                            ("sipPhoneSecurePort", "5061"),
                            ("sipOAuthPort", "6000"),
                            ("sipOAuthMRAPort", "5091"),
                        ],
                    ),
                ],
            ),
        ],
        "set the ports of CM_pub: sip_oauth 6000",
    )


# -- Expressway-C -----------------------------------------------------------------------------------------------

SUBJECT = "X509SubjectNameorSubjectAlternateName"
ONE = {"host": "Exp1", "description": "One", "subject_names": ["a", "b"]}


def entry(host: str, description: str = "", subject: str = "") -> str:
    return (
        f"<expresswayCConfiguration><HostNameOrIP>{host}</HostNameOrIP><description>{description}</description>"
        f"<{SUBJECT}>{subject}</{SUBJECT}></expresswayCConfiguration>"
    )


def test_entries_are_read_as_they_are_and_compared_in_order() -> None:
    rows = entry("Exp1", "One", " b ,a,, b") + entry("10.0.0.1")
    cluster = Cluster(listExpresswayCConfiguration=f"<return>{rows}</return>")
    assert expressway_c.read(cluster) == {  # type: ignore[arg-type]
        "Exp1": {"description": "One", "subject_names": ["b", "a", "b"]},
        "10.0.0.1": {"description": "", "subject_names": []},
    }
    assert expressway_c.objects(cluster).read() == {  # type: ignore[arg-type]
        "exp1": ONE,
        "10.0.0.1": {"host": "10.0.0.1", "description": "", "subject_names": []},
    }


def test_a_release_without_entries() -> None:
    with pytest.raises(ProductFault) as raised:
        expressway_c.read(Cluster("11.5.1.18900(97)"))  # type: ignore[arg-type]
    assert raised.value.code == "not_in_this_release"
    assert "11.5.1" in raised.value.message


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([{"host": "a"}, {"host": "A "}], "entry_twice"),
        ([{"host": " "}], "invalid_input"),
        ([{"host": "a" * 256}], "entry_too_long"),
        ([{"host": "a", "description": "d" * 51}], "entry_too_long"),
        ([{"host": "a", "subject_names": ["n" * 2048, "m" * 2048]}], "entry_too_long"),
        ([{"host": "a", "subject_names": ["CN=a,O=b"]}], "subject_name_invalid"),
        ([{"host": "a", "subject_names": [""]}], "subject_name_invalid"),
    ],
)
def test_entries_that_cannot_be(entries: list[dict[str, t.Any]], code: str) -> None:
    with pytest.raises(InputError) as raised:
        expressway_c.check(entries)
    assert raised.value.code == code


def test_entries_as_long_as_they_may_be() -> None:
    expressway_c.check(
        [
            {"host": "a" * 255, "description": "d" * 50, "subject_names": ["n" * 2048, "m" * 2047]},
            {"host": "b", "description": None, "subject_names": None},
        ]
    )


EXISTING_ENTRIES = {"exp1": ONE, "exp2": {"host": "exp2", "description": "", "subject_names": []}}


@pytest.mark.parametrize(
    ("state", "entries", "wanted"),
    [
        ("present", [{"host": "EXP1", "subject_names": ["b", "a", "b"]}], {"exp1": ONE}),
        ("present", [{"host": "exp1", "description": ""}], {"exp1": {**ONE, "description": ""}}),
        ("present", [{"host": "exp1", "subject_names": []}], {"exp1": {**ONE, "subject_names": []}}),
        (
            "present",
            [{"host": " Exp3 "}],
            {"exp3": {"host": "Exp3", "description": "", "subject_names": []}},
        ),
        ("absent", [{"host": "EXP1"}, {"host": "exp9"}], {"exp1": None, "exp9": None}),
        ("exactly", [{"host": "exp1"}], {"exp1": ONE, "exp2": None}),
        ("exactly", [], {"exp1": None, "exp2": None}),
        ("present", [], {}),
        ("absent", [], {}),
    ],
)
def test_what_entries_ask_for(state: str, entries: list[dict[str, t.Any]], wanted: dict[str, t.Any]) -> None:
    assert expressway_c.wanted(entries, EXISTING_ENTRIES, state) == wanted


@pytest.mark.parametrize(
    ("before", "after", "operation", "content"),
    [
        (
            None,
            ONE,
            "addExpresswayCConfiguration",
            [
                (
                    "expresswayCConfiguration",
                    [("HostNameOrIP", "Exp1"), ("description", "One"), (SUBJECT, "a,b")],
                )
            ],
        ),
        (ONE, None, "removeExpresswayCConfiguration", [("HostNameOrIP", "Exp1")]),
        (
            ONE,
            {**ONE, "description": "Two"},
            "updateExpresswayCConfiguration",
            [("HostNameOrIP", "Exp1"), ("description", "Two")],
        ),
        (
            ONE,
            {**ONE, "subject_names": []},
            "updateExpresswayCConfiguration",
            [("HostNameOrIP", "Exp1"), (SUBJECT, "")],
        ),
        (
            {**ONE, "host": "EXP1"},
            ONE,
            "updateExpresswayCConfiguration",
            [("HostNameOrIP", "EXP1"), ("newHostNameOrIP", "Exp1")],
        ),
    ],
)
def test_the_requests_for_entries_carry_only_what_differs(
    before: t.Any, after: t.Any, operation: str, content: t.Any
) -> None:
    request = expressway_c.objects(Cluster()).request("exp1", before, after)  # type: ignore[arg-type]
    assert (request.operation, request.content) == (operation, content)
    assert "Exp1" in request.action or "EXP1" in request.action


def test_every_refusal_says_what_to_do_next() -> None:
    refusals: list[t.Callable[[], t.Any]] = [
        lambda: check(oauthTokenExpiryTimer="x"),
        lambda: check(xyzzy="x"),
        lambda: callmanager_ports.check("pub", PORTS, {"sip_oauth": 1}),
        lambda: callmanager_ports.check("pub", PORTS, {"sip_oauth": 5061}),
        lambda: expressway_c.check([{"host": "a", "description": "d" * 51}]),
        lambda: expressway_c.check([{"host": "a"}, {"host": "a"}]),
        lambda: expressway_c.check([{"host": "a", "subject_names": ["a,b"]}]),
        lambda: expressway_c.check([{"host": ""}]),
    ]
    for refuse in refusals:
        with pytest.raises(CucmError) as raised:
            refuse()
        assert raised.value.remedy, raised.value.message
