# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What RisPort answers, in every shape it is known to have, and what is not an answer."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import CucmError
from ansible_collections.ucops.cucm.plugins.module_utils._base.request_budget import (
    MemoryLedger,
    RequestBudget,
)
from ansible_collections.ucops.cucm.plugins.module_utils._transport.http import Answer
from ansible_collections.ucops.cucm.plugins.module_utils._transport.risport import DeviceRow, RisPort

from ..base.test_request_budget import Time
from ..data.services import RATE_FAULT, Answers, device, fault, node, prefixed, selected

PHONE = "SEP001122334455"
ONE = selected(node("cucm-pub", device(PHONE, "Registered")), node("cucm-sub1", code="NotFound"), found=1)


def risport(answers: Answers, time: Time | None = None, said: t.Callable[[str], None] = str) -> RisPort:
    clock = (time or Time()).clock
    return RisPort(answers, clock, RequestBudget("RisPort", 10, MemoryLedger(), clock, said))


def test_devices_are_asked_for_by_name_in_the_order_of_the_schema() -> None:
    answers = Answers([ONE])
    risport(answers).select([PHONE, "CSF<&>"])
    ((path, action, body),) = answers.asked
    assert (path, action) == ("/realtimeservice2/services/RISService70", "selectCmDevice")
    assert (
        '<soap:selectCmDevice xmlns:soap="http://schemas.cisco.com/ast/soap"><soap:StateInfo></soap:StateInfo>'
        "<soap:CmSelectionCriteria><soap:MaxReturnedDevices>1000</soap:MaxReturnedDevices><soap:DeviceClass>Any</soap:DeviceClass>"
        "<soap:Model>255</soap:Model><soap:Status>Any</soap:Status><soap:NodeName></soap:NodeName><soap:SelectBy>Name</soap:SelectBy>"
        f"<soap:SelectItems><soap:item><soap:Item>{PHONE}</soap:Item></soap:item><soap:item><soap:Item>CSF&lt;&amp;&gt;</soap:Item>"
        "</soap:item></soap:SelectItems><soap:Protocol>Any</soap:Protocol><soap:DownloadStatus>Any</soap:DownloadStatus>"
        "</soap:CmSelectionCriteria></soap:selectCmDevice>" in body
    )


@pytest.mark.parametrize("shape", [str, prefixed])
def test_both_spellings_of_the_answer_are_read(shape: t.Callable[[str], str]) -> None:
    answer = selected(
        node("cucm-pub", device(PHONE, "UnRegistered", 6, 1_700_000_100)),
        node("cucm-sub1", device(PHONE, "Registered", 0, 1_700_000_101)),
        node("cucm-sub2", code="NodeNotResponding"),
        found=2,
    )
    found = risport(Answers([shape(answer)])).select([PHONE])
    assert found.rows == (
        DeviceRow(PHONE, "cucm-pub", "UnRegistered", 6, 1_700_000_100),
        DeviceRow(PHONE, "cucm-sub1", "Registered", 0, 1_700_000_101),
    )
    assert found.answered == ("cucm-pub", "cucm-sub1")
    assert found.silent == {"cucm-sub2": "NodeNotResponding"}
    assert found.found == 2
    assert not found.incomplete
    assert not found.nobody_answered


@pytest.mark.parametrize("shape", [str, prefixed])
def test_an_answer_without_nodes_is_told_from_one_in_which_nodes_found_nothing(
    shape: t.Callable[[str], str],
) -> None:
    nobody = risport(Answers([shape(selected(found=0))])).select([PHONE])
    nothing = risport(Answers([shape(selected(node("cucm-pub", code="NotFound"), found=0))])).select([PHONE])
    assert nobody.nobody_answered
    assert not nothing.nobody_answered
    assert nothing.answered == ("cucm-pub",)


@pytest.mark.parametrize("code", ["NodeNotResponding", "InternalError", "InvalidNodeName", "", "Surprise"])
def test_a_node_with_any_other_word_did_not_answer(code: str) -> None:
    found = risport(Answers([selected(node("cucm-pub", code=code), found=0)])).select([PHONE])
    assert found.silent == {"cucm-pub": code}
    assert found.answered == ()


def test_a_node_that_says_that_nothing_has_changed_did_not_answer() -> None:
    answer = selected(node("cucm-pub"), node("cucm-sub1", device(PHONE, "Registered")), found=1)
    found = risport(Answers([answer.replace("<NoChange>false", "<NoChange>true", 1)])).select([PHONE])
    assert found.silent == {"cucm-pub": "NoChange"}
    assert found.answered == ("cucm-sub1",)


def test_rows_of_a_node_that_did_not_answer_do_not_count() -> None:
    answer = selected(node("cucm-pub", device(PHONE, "Registered"), code="InternalError"), found=1)
    assert risport(Answers([answer])).select([PHONE]).rows == ()


@pytest.mark.parametrize(
    ("rows", "found", "incomplete"),
    [
        (2, "2", False),
        (2, "3", True),
        (2, "", True),
        (2, "many", True),
        (1000, "1000", True),
        (2, "1", False),
    ],
)
def test_an_answer_that_may_be_cut_is_noticed(rows: int, found: str, incomplete: bool) -> None:
    devices = [device(f"SEP{number:012d}", "Registered") for number in range(rows)]
    selection = risport(Answers([selected(node("cucm-pub", *devices), found=found)])).select([PHONE])
    assert selection.incomplete is incomplete


def test_words_and_numbers_that_are_not_known_are_kept_or_none() -> None:
    answer = selected(node("cucm-pub", device(PHONE, "Unknown", "x", "")), found=1)
    (row,) = risport(Answers([answer])).select([PHONE]).rows
    assert row == DeviceRow(PHONE, "cucm-pub", "Unknown", None, None)


@pytest.mark.parametrize(
    "answer",
    [
        selected(node("cucm-pub"), node("cucm-pub"), found=0),
        selected(node(""), found=0),
        selected(node("cucm-pub", device("", "Registered")), found=1),
        ONE.replace("SelectCmDeviceResult", "Something"),
    ],
    ids=["node twice", "node without name", "device without name", "no result"],
)
def test_what_cannot_be_understood_is_an_error(answer: str) -> None:
    with pytest.raises(CucmError) as failure:
        risport(Answers([answer])).select([PHONE])
    assert failure.value.code == "unreadable_output"


@pytest.mark.parametrize(
    "refusal",
    [
        Answer(500, RATE_FAULT.encode()),
        Answer(503, RATE_FAULT.encode()),
        Answer(503, b"<html>busy</html>"),
        Answer(500, fault("In other words.", "ns1:Server.RateControl").encode()),
        Answer(500, fault("Exceeded allowed rate for Perfmon information.").encode()),
    ],
    ids=["500", "503", "503 without SOAP", "by its code", "by its text"],
)
def test_after_a_refusal_for_the_rate_nobody_asks_for_a_minute(refusal: Answer) -> None:
    time, said = Time(), list[str]()
    answers = Answers([refusal, ONE])
    assert risport(answers, time, said.append).select([PHONE]).rows
    assert time.slept == [60]
    assert len(said) == 2


def test_a_rate_that_stays_exceeded_is_asked_for_three_times_in_all() -> None:
    time = Time()
    answers = Answers([RATE_FAULT] * 9)
    with pytest.raises(CucmError) as failure:
        risport(answers, time).select([PHONE])
    assert failure.value.code == "rate_limited"
    assert len(answers.asked) == 3
    assert time.slept == [60, 60]


def test_a_deadline_ends_it_at_the_first_refusal() -> None:
    time, answers = Time(), Answers([RATE_FAULT] * 9)
    clock = time.clock.within(30)
    service = RisPort(answers, clock, RequestBudget("RisPort", 10, MemoryLedger(), clock, str))
    with pytest.raises(CucmError) as failure:
        service.select([PHONE])
    assert failure.value.code == "request_budget_spent"
    assert len(answers.asked) == 1
    assert time.slept == []


def test_any_other_fault_is_not_repeated() -> None:
    answers = Answers([fault("Query is malformed")] * 2)
    with pytest.raises(CucmError) as failure:
        risport(answers).select([PHONE])
    assert failure.value.code == "soap_fault"
    assert len(answers.asked) == 1


def test_an_account_without_the_role_is_told_which_it_needs() -> None:
    answers = Answers([Answer(403, b"<html>Forbidden</html>", "text/html")])
    with pytest.raises(CucmError) as failure:
        risport(answers).select([PHONE])
    assert failure.value.code == "role_missing"
    assert "Standard CCM Server Monitoring" in failure.value.remedy


@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b"<Envelope><Body/></Envelope>"])
def test_what_is_not_soap_is_not_no_phones(body: bytes) -> None:
    with pytest.raises(CucmError) as failure:
        risport(Answers([Answer(200, body)])).select([PHONE])
    assert failure.value.code == "not_soap"
