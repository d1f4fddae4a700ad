# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PerfMon, by plain HTTP and by a WSDL client."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import zeep
import zeep.exceptions
from zeep.transports import Transport

from .test_axl import texts

PATH = "/perfmonservice2/services/PerfmonService"
CCM, PHONES = "Cisco CallManager", "Cisco Phones"
HARDWARE = f"\\\\cucm-sub1\\{CCM}\\RegisteredHardwarePhones"


@pytest.fixture
def fed(phones):
    """Two objects of one node, one of them with instances."""
    phones.values = {
        "cucm-sub1": {
            CCM: {"RegisteredHardwarePhones": 7, "CallManagerHeartBeat": 41},
            PHONES: {"(SEP1)\\CallsAttempted": 3, "(SEP2)\\CallsAttempted": 0},
        }
    }
    return phones


@pytest.fixture
def service(https) -> Any:
    """PerfMon of the publisher, as a strict WSDL client reads it."""
    client = https()
    return zeep.Client(f"{client.base}{PATH}?wsdl", transport=Transport(session=client.session)).service


def named(name: str) -> dict[str, str]:
    """A text as the WSDL types it: a complex type with nothing but text."""
    return {"_value_1": name}


def counters(*names: str) -> dict[str, Any]:
    return {"Counter": [{"Name": named(name)} for name in names]}


def collect(client: Any, host: str = "cucm-sub1", of: str = CCM, path: str = PATH) -> requests.Response:
    inner = f"<s:Host>{host}</s:Host><s:Object>{of}</s:Object>"
    return client.soap(path, "perfmonCollectCounterData", inner)


def test_counters_of_an_object(https, service, fed, cucm_cluster):
    told = service.perfmonCollectCounterData("cucm-sub1", named(CCM))
    assert [(each.Name._value_1, each.Value, each.CStatus) for each in told] == [
        (HARDWARE, 7, 1),
        (f"\\\\cucm-sub1\\{CCM}\\CallManagerHeartBeat", 41, 1),
    ]
    address = cucm_cluster.node("cucm-sub1")["address"]
    told = service.perfmonCollectCounterData(address, named(PHONES))
    assert [each.Name._value_1 for each in told] == [
        f"\\\\{address}\\{PHONES}(SEP{number})\\CallsAttempted" for number in (1, 2)
    ]
    # A public client writes a slash behind the path.
    assert texts(collect(https(), path=PATH + "/"), "Value") == ["7", "41"]
    cucm_cluster.set(serviceability={"cstatus": 0})
    assert texts(collect(https()), "CStatus") == ["0", "0"]
    assert {e["operation"] for e in cucm_cluster.journal(kind="http")} == {
        "perfmon wsdl",
        "perfmon perfmonCollectCounterData",
    }


def test_what_there_is(service, fed):
    listed = {each.Name._value_1: each for each in service.perfmonListCounter("cucm-sub1")}
    assert [(name, each.MultiInstance) for name, each in listed.items()] == [(CCM, False), (PHONES, True)]
    assert [each.Name._value_1 for each in listed[PHONES].ArrayOfCounter.item] == ["CallsAttempted"]
    assert [each.Name._value_1 for each in service.perfmonListInstance("cucm-sub1", named(PHONES))] == [
        "SEP1",
        "SEP2",
    ]
    assert service.perfmonListInstance("cucm-sub1", named(CCM)) == []
    assert "RegisteredHardwarePhones" in service.perfmonQueryCounterDescription(named(HARDWARE))
    with pytest.raises(zeep.exceptions.Fault, match="is not available"):
        service.perfmonQueryCounterDescription(named(HARDWARE + "s"))
    with pytest.raises(zeep.exceptions.Fault, match="is not available"):
        service.perfmonQueryCounterDescription(named("RegisteredHardwarePhones"))


def test_a_session(service, fed, cucm_cluster):
    handle = named(service.perfmonOpenSession())
    instance = f"\\\\cucm-sub1\\{PHONES}(SEP1)\\CallsAttempted"
    assert service.perfmonAddCounter(handle, counters(HARDWARE, instance)) is None
    told = service.perfmonCollectSessionData(handle)
    assert [(each.Name._value_1, each.Value) for each in told] == [(HARDWARE, 7), (instance, 3)]
    assert service.perfmonRemoveCounter(handle, counters(instance)) is None
    assert [each.Name._value_1 for each in service.perfmonCollectSessionData(handle)] == [HARDWARE]
    with pytest.raises(zeep.exceptions.Fault, match="is not available"):
        service.perfmonRemoveCounter(handle, counters(instance))
    with pytest.raises(zeep.exceptions.Fault, match="is not available"):
        service.perfmonAddCounter(handle, counters(f"\\\\cucm-sub1\\{PHONES}\\CallsAttempted"))
    assert service.perfmonCloseSession(handle) is None
    with pytest.raises(zeep.exceptions.Fault, match="session handle"):
        service.perfmonCollectSessionData(handle)
    again = named(service.perfmonOpenSession())
    cucm_cluster.reset()
    with pytest.raises(zeep.exceptions.Fault, match="session handle"):
        service.perfmonCloseSession(again)


def test_an_object_that_nothing_feeds(https, service, fed, cucm_cluster):
    handle = named(service.perfmonOpenSession())
    service.perfmonAddCounter(handle, counters(HARDWARE))
    del fed.values["cucm-sub1"][CCM]
    refused = collect(https())
    assert refused.status_code == 500
    assert texts(refused, "faultcode") == ["ns1:Server.generalException"]
    assert texts(refused, "faultstring") == [f"The object {CCM} is not available on cucm-sub1."]
    (missing,) = service.perfmonCollectSessionData(handle)
    assert (missing.Value, missing.CStatus) == (0, 2)
    fed.values["cucm-sub1"][CCM] = {}
    answer = collect(https())
    assert answer.status_code == 200 and texts(answer, "Value") == []
    assert service.perfmonCollectSessionData(handle) == []
    del fed.values["cucm-sub1"][CCM]
    assert [each.Name._value_1 for each in service.perfmonListCounter("cucm-sub1")] == [PHONES]


def test_a_host_that_does_not_answer_and_one_there_is_not(https, service, fed, cucm_cluster):
    handle = named(service.perfmonOpenSession())
    service.perfmonAddCounter(handle, counters(HARDWARE))
    cucm_cluster.set(timings={"ris_timeout_s": 1}, nodes={"cucm-sub1": {"up": False}})
    silent = collect(https())
    assert (silent.status_code, texts(silent, "faultstring")) == (
        500,
        ["The host cucm-sub1 does not respond."],
    )
    (missing,) = service.perfmonCollectSessionData(handle)
    assert (missing.Value, missing.CStatus) == (0, 2)
    unknown = collect(https(), host="elsewhere")
    assert texts(unknown, "faultstring") == ["There is no host elsewhere in the cluster."]


def test_it_has_a_rate_of_its_own(https, fed, cucm_cluster):
    rates = {"AllowedPerfmonQueriesPerMinute": "2", "AllowedRisQueriesPerMinute": "0"}
    cucm_cluster.set(service_parameters={"Enterprise Wide": rates})
    client = https()
    assert [collect(client).status_code for _each in range(3)] == [200, 200, 500]
    refused = collect(client)
    assert texts(refused, "faultcode") == ["ns1:Server.RateControl"]
    assert texts(refused, "faultstring") == [
        "Exceeded allowed rate for Perfmon information. "
        "Current allowed rate for perfmon information is 2 requests per minute."
    ]


def test_who_may_ask_and_faults_of_the_wire(https, fed, cucm_cluster):
    assert collect(https(privilege=0)).status_code == 200
    cucm_cluster.set(accounts={"axlread": {"roles": ["Standard AXL API Users"]}})
    assert collect(https(privilege=0)).status_code == 403
    with cucm_cluster.faulty(
        "http", status=200, body="nothing of the kind", match={"operation": "perfmon *"}
    ):
        assert collect(https()).text == "nothing of the kind"
    with cucm_cluster.faulty("http_truncate", times=1), pytest.raises(requests.RequestException):
        collect(https())
    cucm_cluster.set(services={"cucm-pub": {"SOAP -Performance Monitoring APIs": {"status": "Stopped"}}})
    assert collect(https()).status_code == 503
