# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A counter without a good value is not 0, and a fault is told from the others."""

from __future__ import annotations

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import CucmError
from ansible_collections.ucops.cucm.plugins.module_utils._base.request_budget import (
    MemoryLedger,
    RequestBudget,
)
from ansible_collections.ucops.cucm.plugins.module_utils._security.words import CALLMANAGER
from ansible_collections.ucops.cucm.plugins.module_utils._transport.http import Answer
from ansible_collections.ucops.cucm.plugins.module_utils._transport.perfmon import PerfMon

from ..base.test_request_budget import Time
from ..data.services import RATE_FAULT, Answers, collected, counter, fault, soap

HOST = "cucm-sub1"
PHONES = rf"\\{HOST}\{CALLMANAGER}\RegisteredHardwarePhones"


def perfmon(answers: Answers, time: Time | None = None) -> PerfMon:
    clock = (time or Time()).clock
    return PerfMon(answers, clock, RequestBudget("PerfMon", 40, MemoryLedger(), clock, str))


def listing(*objects: str) -> str:
    listed = "".join(
        f"<perfmonListCounterReturn><Name>{name}</Name><MultiInstance>false</MultiInstance></perfmonListCounterReturn>"
        for name in objects
    )
    return soap(f"<perfmonListCounterResponse>{listed}</perfmonListCounterResponse>")


def test_counters_are_read_by_their_names() -> None:
    answers = Answers(
        [
            collected(
                counter(PHONES, 120, 1),
                counter(rf"\\{HOST}\{CALLMANAGER}\CallsActive", 0, 0),
                counter(rf"\\{HOST}\Cisco SIP\CallsActive", 7),
            )
        ]
    )
    assert perfmon(answers).counters(HOST, CALLMANAGER) == {"RegisteredHardwarePhones": 120, "CallsActive": 0}
    ((path, action, body),) = answers.asked
    assert (path, action) == ("/perfmonservice2/services/PerfmonService", "perfmonCollectCounterData")
    assert f"<soap:Host>{HOST}</soap:Host><soap:Object>{CALLMANAGER}</soap:Object>" in body


def test_counters_of_instances_have_the_instance_before_them() -> None:
    answers = Answers([collected(counter(rf"\\{HOST}\Cisco Lines(DN=1001, P=x)\Active", 1))])
    assert perfmon(answers).counters(HOST, "Cisco Lines") == {r"(DN=1001, P=x)\Active": 1}


@pytest.mark.parametrize(("value", "status"), [("5", "2"), ("5", ""), ("5", "x"), ("", "0"), ("none", "1")])
def test_a_counter_without_a_good_value_is_left_out(value: str, status: str) -> None:
    answers = Answers(
        [
            collected(
                counter(PHONES, value, status),
                counter(rf"\\{HOST}\{CALLMANAGER}\CallsActive", 3),
            )
        ]
    )
    assert perfmon(answers).counters(HOST, CALLMANAGER) == {"CallsActive": 3}


def test_no_counter_at_all_is_a_service_that_feeds_none() -> None:
    with pytest.raises(CucmError) as failure:
        perfmon(Answers([collected(counter(PHONES, 5, 2))])).counters(HOST, CALLMANAGER)
    assert failure.value.code == "counters_absent"


def test_a_stopped_service_is_told_by_what_the_host_has_counters_of() -> None:
    answers = Answers([fault("anything"), listing("Memory", "Cisco TFTP Server")])
    with pytest.raises(CucmError) as failure:
        perfmon(answers).counters(HOST, CALLMANAGER)
    assert failure.value.code == "counters_absent"
    assert HOST in failure.value.message
    assert answers.operations == ["perfmonCollectCounterData", "perfmonListCounter"]


def test_a_fault_about_an_object_that_the_host_has_stays_what_it_is() -> None:
    with pytest.raises(CucmError) as failure:
        perfmon(Answers([fault("of another kind"), listing("Memory", CALLMANAGER)])).counters(
            HOST, CALLMANAGER
        )
    assert failure.value.code == "soap_fault"
    assert "of another kind" in failure.value.message


def test_a_dead_host_answers_for_no_object() -> None:
    with pytest.raises(CucmError) as failure:
        perfmon(Answers([fault("timed out"), fault("timed out")])).counters(HOST, CALLMANAGER)
    assert failure.value.code == "counters_unavailable"
    assert HOST in failure.value.message


@pytest.mark.parametrize("first", [[], [fault("anything")]], ids=["at once", "while its host is asked"])
def test_an_exceeded_rate_is_nothing_else(first: list[str]) -> None:
    time = Time()
    with pytest.raises(CucmError) as failure:
        perfmon(Answers([*first, *[RATE_FAULT] * 3]), time).counters(HOST, CALLMANAGER)
    assert failure.value.code == "rate_limited"
    assert time.slept == [60, 60]


def test_an_account_without_the_role_is_nothing_else() -> None:
    with pytest.raises(CucmError) as failure:
        perfmon(Answers([Answer(403, b"<html/>")])).counters(HOST, CALLMANAGER)
    assert failure.value.code == "role_missing"


HANDLE = soap(
    "<perfmonOpenSessionResponse><perfmonOpenSessionReturn>h-1</perfmonOpenSessionReturn></perfmonOpenSessionResponse>"
)
ADDED = soap("<perfmonAddCounterResponse/>")
CLOSED = soap("<perfmonCloseSessionResponse/>")
OTHER = rf"\\cucm-pub\{CALLMANAGER}\RegisteredHardwarePhones"


def test_a_session_reads_counters_of_several_hosts_in_one_request() -> None:
    data = [
        collected(counter(PHONES, 120 + more), counter(OTHER, 7, 3), operation="perfmonCollectSessionData")
        for more in (0, 1)
    ]
    answers = Answers([HANDLE, ADDED, *data, CLOSED])
    with perfmon(answers).session([PHONES, OTHER]) as collect:
        assert [collect(), collect()] == [{PHONES: 120}, {PHONES: 121}]
    assert answers.operations == [
        "perfmonOpenSession",
        "perfmonAddCounter",
        "perfmonCollectSessionData",
        "perfmonCollectSessionData",
        "perfmonCloseSession",
    ]
    assert (
        "<soap:SessionHandle>h-1</soap:SessionHandle><soap:ArrayOfCounter><soap:Counter><soap:Name>"
        f"{PHONES}</soap:Name></soap:Counter><soap:Counter><soap:Name>{OTHER}</soap:Name></soap:Counter></soap:ArrayOfCounter>"
        in answers.asked[1][2]
    )


@pytest.mark.parametrize("close", [CLOSED, fault("no such session")])
def test_a_session_is_closed_when_a_counter_is_refused(close: str) -> None:
    answers = Answers([HANDLE, fault("no such counter"), close])
    with pytest.raises(CucmError) as failure, perfmon(answers).session([PHONES]):
        pytest.fail("it was opened")
    assert "no such counter" in failure.value.message
    assert answers.operations[-1] == "perfmonCloseSession"
