# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What SIP OAuth mode makes of a plan: the order, what is shared with the security mode, and the way back."""

from __future__ import annotations

import copy
import typing as t
from dataclasses import replace

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._security import duties, plan
from ansible_collections.ucops.cucm.plugins.module_utils._security import sip_oauth as oauth
from ansible_collections.ucops.cucm.plugins.module_utils._security.sip_oauth import Desired

from ..data.clusters import (
    BEFORE,
    CALLMANAGER,
    CTIMANAGER,
    JABBER,
    PHONES,
    PUB,
    REFRESH_LOGIN,
    ROOT_EC,
    ROOT_EDGE,
    ROOT_RSA,
    SUB1,
    SUB2,
    TFTP,
    expressway_c,
    profile,
    service,
    sip_oauth_cluster,
    spoiled,
    without,
)

NODES = (PUB, SUB1, SUB2)
ENABLE, DISABLE = (
    ("sip_oauth_mode", PUB, "utils sipOAuth-mode enable"),
    ("sip_oauth_mode", PUB, "utils sipOAuth-mode disable"),
)
CALLMANAGERS = [("service_control", node, f"restart {CALLMANAGER}") for node in NODES]
EVERYTHING = [
    ("service_control", node, f"restart {name}") for name in (TFTP, CALLMANAGER, CTIMANAGER) for node in NODES
]
OFF, ON = Desired("disabled"), Desired("enabled")
FULL = Desired(
    "enabled",
    parameters={REFRESH_LOGIN: "1"},
    ports={"sip_oauth": 5090, "sip_oauth_mra": 5091},
    expressway_c={"exp-c1": expressway_c("exp-c1"), "exp-old": None},
    profiles={PHONES: profile()},
    edge_roots=[ROOT_EDGE],
)


def bare() -> t.Any:
    """Return a cluster of release 14 that nothing was done to for SIP OAuth."""
    facts = sip_oauth_cluster("disabled")
    facts["trust_stores"]["phone_edge"] = None
    facts["parameters"][REFRESH_LOGIN] = "0"
    for found in facts["callmanagers"].values():
        found["ports"].update(sip_oauth=5190, sip_oauth_mra=5191)
    facts["expressway_c"] = {"exp-old": expressway_c("exp-old")}
    facts["security_profiles"] = {}
    return facts


def steps(operations: t.Iterable[plan.Operation]) -> list[tuple[str, str, str]]:
    return [(operation["module"], operation["node"], operation["action"]) for operation in operations]


def planned(facts: t.Any, desired: Desired, security_mode: str | None = None) -> list[tuple[str, str, str]]:
    return steps(plan.plan(facts, security_mode, sip_oauth=desired))


def recorded(kind: str, name: str, before: t.Any, after: t.Any, purpose: str = "sip_oauth") -> t.Any:
    return {
        "purpose": purpose,
        "kind": kind,
        "name": name,
        "before": before,
        "after": after,
        "steps": [after],
    }


PARAMETER_RECORD = recorded("enterprise_parameter", f"Enterprise Wide/{REFRESH_LOGIN}", "0", "1")
PORTS_RECORD = recorded(
    "callmanager_ports",
    SUB1,
    {"sip_oauth": 5190, "sip_oauth_mra": 5191},
    {"sip_oauth": 5090, "sip_oauth_mra": 5091},
)
ADDED_RECORD = recorded("expressway_c", "exp-c1", None, expressway_c("exp-c1"))
REMOVED_RECORD = recorded("expressway_c", "exp-old", expressway_c("exp-old"), None)
PROFILE_RECORD = recorded("phone_security_profile", PHONES, None, profile())
RECORDS = [PARAMETER_RECORD, PORTS_RECORD, ADDED_RECORD, REMOVED_RECORD, PROFILE_RECORD]


def enabled(*records: t.Any) -> t.Any:
    return {**sip_oauth_cluster(), "recorded": copy.deepcopy(list(records))}


def test_records_that_cannot_be_compared() -> None:
    facts = enabled(*RECORDS)
    assert oauth.unread_records(facts) == []
    del facts["expressway_c"]
    facts["unavailable"] = {**facts["unavailable"], "callmanagers": "refused"}
    assert oauth.unread_records(facts) == [PORTS_RECORD, ADDED_RECORD, REMOVED_RECORD]


# -- enabling ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("security_mode", [None, "mixed", "non_secure"])
@pytest.mark.parametrize(("mode", "desired"), [("enabled", ON), ("disabled", OFF)])
def test_nothing_to_do(mode: str, desired: Desired, security_mode: str | None) -> None:
    facts = sip_oauth_cluster(mode, security_mode or "mixed")
    assert planned(facts, desired, security_mode) == []
    assert plan.findings(facts, security_mode, desired) == []


def test_enabling_goes_from_parameters_to_profiles() -> None:
    operations = plan.plan(bare(), None, sip_oauth=FULL)
    assert steps(operations) == [
        ("enterprise_parameter", PUB, f"set {REFRESH_LOGIN} to 1"),
        *(
            ("callmanager_ports", node, "set sip_oauth port to 5090, sip_oauth_mra port to 5091")
            for node in NODES
        ),
        ("expressway_c", PUB, "add Expressway-C exp-c1"),
        ("expressway_c", PUB, "remove Expressway-C exp-old"),
        ("trust_certificate", PUB, "let phones trust 3 root certificate(s)"),
        ENABLE,
        *CALLMANAGERS,
        ("phone_security_profile", PUB, f"add phone security profile {PHONES}"),
    ]
    whys = [operation["why"] for operation in operations]
    assert whys[:2] == ["it is 0", "sip_oauth is 5190, sip_oauth_mra is 5191"]
    assert whys[4:8] == [
        "there is none",
        "it is not wanted",
        "phone-edge trust lacks " + ", ".join((ROOT_RSA, ROOT_EC, ROOT_EDGE)),
        "SIP OAuth mode is disabled",
    ]
    assert {operation["why"] for operation in operations if operation["disrupts"]} == {
        "it opens and closes its SIP OAuth ports at its start"
    }
    assert [operation["disrupts"] for operation in operations] == [False] * 8 + [True] * 3 + [False]
    # The roles choose by these names.
    assert [operation.get("name") for operation in operations if "profile" in operation["module"]] == [PHONES]
    assert operations[0]["name"] == REFRESH_LOGIN


def test_what_is_there_and_differs_is_changed() -> None:
    facts = sip_oauth_cluster()
    facts["expressway_c"]["exp-c1"] = expressway_c("exp-c1", "old")
    facts["security_profiles"][PHONES] = profile(description="old")
    desired = Desired(
        "enabled", expressway_c={"exp-c1": expressway_c("exp-c1")}, profiles={PHONES: profile()}
    )
    operations = plan.plan(facts, None, sip_oauth=desired)
    assert steps(operations) == [
        ("expressway_c", PUB, "change Expressway-C exp-c1"),
        ("phone_security_profile", PUB, f"change phone security profile {PHONES}"),
    ]
    assert {operation["why"] for operation in operations} == {"it differs"}


def test_what_is_not_said_stays() -> None:
    assert planned(bare(), Desired("enabled", phones=False)) == [ENABLE, *CALLMANAGERS]


def test_an_entry_that_is_not_wanted_and_not_there_is_nothing_to_do() -> None:
    assert planned(sip_oauth_cluster(), Desired("enabled", expressway_c={"exp-old": None})) == []


def test_only_ports_differ() -> None:
    """A CallManager has new ports in the database and opens them at its next start."""
    desired = Desired("enabled", ports={"sip_oauth_mra": 5092})
    facts = sip_oauth_cluster()
    facts["callmanagers"][SUB1]["ports"]["sip_oauth_mra"] = 5092
    facts["listening"][SUB1] = [2000, 5090, 5092]
    operations = plan.plan(facts, None, sip_oauth=desired)
    assert steps(operations) == [
        *(("callmanager_ports", node, "set sip_oauth_mra port to 5092") for node in (PUB, SUB2)),
        *CALLMANAGERS,
    ]
    assert operations[0]["why"] == "sip_oauth_mra is 5091"


def test_only_objects_that_no_service_reads_differ() -> None:
    facts = spoiled(sip_oauth_cluster(), "parameters", REFRESH_LOGIN, to="0")
    assert planned(facts, FULL)[:1] == [("enterprise_parameter", PUB, f"set {REFRESH_LOGIN} to 1")]
    assert not oauth.restarts_callmanager(facts, FULL)
    assert all(module != "service_control" for module, _node, _action in planned(facts, FULL))


@pytest.mark.parametrize(
    ("facts", "desired", "restarts"),
    [
        (sip_oauth_cluster(), ON, False),
        (sip_oauth_cluster("disabled"), OFF, False),
        (sip_oauth_cluster("disabled"), ON, True),
        (sip_oauth_cluster(), OFF, True),
        (sip_oauth_cluster(), Desired("enabled", ports={"sip_oauth": 1}), True),
        # Ports are brought back when nothing listens on them any more.
        (sip_oauth_cluster("disabled"), Desired("disabled", ports={"sip_oauth": 1}), False),
        (spoiled(sip_oauth_cluster(), "sip_oauth_mode", to="absent"), ON, False),
        (spoiled(sip_oauth_cluster(), "sip_oauth_mode", to="unknown"), ON, True),
    ],
)
def test_what_makes_callmanager_restart(facts: t.Any, desired: Desired, restarts: bool) -> None:
    assert oauth.restarts_callmanager(facts, desired) is restarts


def test_a_release_without_the_mode_is_sent_no_command() -> None:
    facts = spoiled(sip_oauth_cluster("disabled"), "sip_oauth_mode", to="absent")
    facts["release"] = "11.5.1.10000-6"
    assert planned(facts, ON) == []
    assert planned(facts, OFF) == []
    assert plan.findings(facts, None, OFF) == []
    assert [item["finding"] for item in plan.findings(facts, None, ON)] == ["SIP OAuth mode in the database"]


# -- trust -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("release", "asked", "served"),
    [
        ("11.5.1.10000-6", None, False),
        ("12.5.1.11900-146", None, False),
        ("12.5.1.11900-146", True, True),
        ("14.0.1.12900-161", None, True),
        ("14.0.1.12900-161", False, False),
        ("15.0.1.10100-41", None, True),
        ("", None, False),
        ("fourteen", None, False),
    ],
)
def test_who_is_served(release: str, asked: bool | None, served: bool) -> None:
    facts = {**bare(), "release": release}
    desired = Desired("enabled", phones=asked)
    assert desired.serves_phones(facts) is served
    trusts = [step for step in planned(facts, desired) if step[0] == "trust_certificate"]
    assert bool(trusts) is served


def test_every_missing_root_once() -> None:
    facts = sip_oauth_cluster()
    facts["trust_stores"]["phone_edge"] = [{"sha256": ROOT_RSA}]
    assert oauth.missing_roots(facts, ON) == [ROOT_EC]
    assert oauth.missing_roots(facts, Desired("enabled", edge_roots=[])) == [ROOT_EC]
    assert oauth.missing_roots(facts, Desired("enabled", edge_roots=[ROOT_EDGE, ROOT_EC, ROOT_RSA])) == [
        ROOT_EC,
        ROOT_EDGE,
    ]
    facts["trust_stores"]["tomcat"][SUB2]["tomcat"]["root"] = ROOT_EDGE
    assert oauth.missing_roots(facts, ON) == [ROOT_EC, ROOT_EDGE]
    facts["trust_stores"]["tomcat"][SUB2] = {"tomcat": None, "tomcat-ECDSA": {"root": None}}
    assert oauth.missing_roots(facts, ON) == [ROOT_EC]
    assert oauth.missing_roots(without(facts, "trust_stores"), ON) == []


# -- disabling ---------------------------------------------------------------------------------------------


def test_disabling_is_the_reverse() -> None:
    operations = plan.plan(enabled(*RECORDS), None, sip_oauth=OFF)
    assert steps(operations) == [
        ("phone_security_profile", PUB, f"remove phone_security_profile {PHONES}"),
        DISABLE,
        *CALLMANAGERS,
        ("expressway_c", PUB, "remove expressway_c exp-c1"),
        ("expressway_c", PUB, "bring back expressway_c exp-old"),
        ("callmanager_ports", PUB, f"bring back callmanager_ports {SUB1}"),
        (
            "enterprise_parameter",
            PUB,
            f"bring back enterprise_parameter Enterprise Wide/{REFRESH_LOGIN}",
        ),
    ]
    assert plan.stays(enabled(*RECORDS), OFF) == [
        "3 certificate(s) stay in the phone-edge trust store: no interface removes them."
    ]


def test_disabling_is_not_done_before_everything_is_back() -> None:
    facts = {**sip_oauth_cluster("disabled"), "recorded": RECORDS}
    found = {item["finding"] for item in plan.findings(facts, None, OFF)}
    assert len(found) == 5
    assert f"bring back callmanager_ports {SUB1}" in found
    assert DISABLE not in planned(facts, OFF)
    assert all(module != "service_control" for module, _node, _action in planned(facts, OFF))


def test_of_what_is_as_before_only_the_record_is_closed() -> None:
    facts = {**sip_oauth_cluster("disabled"), "recorded": RECORDS}
    facts["parameters"][REFRESH_LOGIN] = "0"
    facts["callmanagers"][SUB1]["ports"].update(sip_oauth=5190, sip_oauth_mra=5191)
    facts["expressway_c"] = {"exp-old": expressway_c("exp-old")}
    facts["security_profiles"].pop(PHONES)
    assert [action.split(" ")[:3] for _module, _node, action in planned(facts, OFF)] == [
        ["close", "the", "record"]
    ] * len(RECORDS)
    assert oauth.kept(facts) == []
    facts["recorded"] = []
    assert (planned(facts, OFF), plan.findings(facts, None, OFF)) == ([], [])


def by_someone_else(facts: t.Any, kind: str) -> None:
    if kind == "enterprise_parameter":
        facts["parameters"][REFRESH_LOGIN] = "2"
    elif kind == "callmanager_ports":
        facts["callmanagers"][SUB1]["ports"]["sip_oauth"] = 6000
    elif kind == "expressway_c":
        facts["expressway_c"]["exp-c1"] = expressway_c("exp-c1", "mine now")
    else:
        facts["security_profiles"][PHONES] = profile(description="mine now")


@pytest.mark.parametrize("item", [PARAMETER_RECORD, PORTS_RECORD, ADDED_RECORD, PROFILE_RECORD])
def test_what_someone_changed_since_stays_and_is_named(item: t.Any) -> None:
    facts = enabled(*RECORDS)
    before = len(planned(facts, OFF))
    by_someone_else(facts, item["kind"])
    (line,) = oauth.kept(facts)
    assert line.startswith(f"{item['kind']} {item['name']} ") and "someone else" in line
    assert len(planned(facts, OFF)) == before
    (action,) = (action for _module, _node, action in planned(facts, OFF) if item["name"] in action)
    assert action == f"close the record of {item['kind']} {item['name']}"
    assert plan.stays(facts, OFF)[0] == oauth.kept(facts)[0]


def test_an_object_that_someone_removed_since_stays_removed() -> None:
    facts = enabled(recorded("expressway_c", "exp-c1", expressway_c("exp-c1", "x"), expressway_c("exp-c1")))
    facts["expressway_c"] = {}
    assert "someone else" in oauth.kept(facts)[0]


def test_a_profile_that_phones_use_stays() -> None:
    facts = spoiled(enabled(*RECORDS), "security_profile_usage", PHONES, "phones", to=2)
    (line,) = oauth.kept(facts)
    assert line.startswith(f"phone_security_profile {PHONES} ") and "used by 2 phones" in line
    assert not any(module == "phone_security_profile" for module, _node, _action in planned(facts, OFF))
    # That phones use something else of the same name means nothing.
    facts = spoiled(enabled(ADDED_RECORD), "security_profile_usage", "exp-c1", to={"phones": 2})
    assert oauth.kept(facts) == []


def test_what_was_recorded_for_another_purpose_is_left_alone() -> None:
    other = recorded("expressway_c", "exp-c1", None, expressway_c("exp-c1"), purpose="tidying up")
    assert planned(enabled(other), OFF) == [DISABLE, *CALLMANAGERS]
    assert oauth.kept(spoiled(enabled(other), "expressway_c", to={})) == []


def test_an_earlier_step_is_taken_back_too() -> None:
    """The last of several changes failed: what is there is the step before it, and nobody else's."""
    item = {**PARAMETER_RECORD, "after": "2", "steps": ["1", "2"]}
    facts = enabled(item)
    assert oauth.kept(facts) == []
    assert any(module == "enterprise_parameter" for module, _node, _action in planned(facts, OFF))


def test_only_disabling_leaves_something() -> None:
    assert plan.stays(enabled(*RECORDS), ON) == []
    assert plan.stays(enabled(*RECORDS), None) == []
    for nothing in (None, []):
        assert plan.stays(spoiled(enabled(*RECORDS), "trust_stores", "phone_edge", to=nothing), OFF) == []
    assert plan.stays(without(enabled(*RECORDS), "trust_stores"), OFF) == []


def test_without_a_record_it_is_said_that_nothing_is_brought_back() -> None:
    (line,) = plan.stays(without(enabled(), "trust_stores"), OFF)
    assert "no record" in line


def test_phones_that_would_be_left_without_service() -> None:
    facts = sip_oauth_cluster()
    assert oauth.phones_on_sip_oauth(facts) == {}
    facts["security_profile_usage"][PHONES]["phones"] = 4
    # A profile created between two queries has no usage yet.
    facts["security_profiles"][JABBER] = profile()
    assert oauth.phones_on_sip_oauth(facts) == {PHONES: 4}


# -- both modes together -----------------------------------------------------------------------------------


def test_both_modes_share_one_restart_of_each_service() -> None:
    operations = plan.plan(
        sip_oauth_cluster("disabled", "non_secure"), "mixed", sip_oauth=Desired("enabled", phones=False)
    )
    assert steps(operations)[2:] == [
        ("security_mode", PUB, "utils ctl set-cluster mixed-mode"),
        ENABLE,
        *EVERYTHING,
    ]


def test_a_restart_that_is_due_and_one_that_comes_are_one() -> None:
    facts = sip_oauth_cluster("disabled", "mixed")
    for name in (TFTP, CALLMANAGER):
        facts["services"][SUB1][name] = service(started_at=BEFORE)
    facts["services"][SUB2][CTIMANAGER] = service(status="Starting")
    assert planned(facts, Desired("enabled", phones=False), "mixed") == [
        ENABLE,
        ("service_control", SUB2, f"wait for {CTIMANAGER}"),
        ("service_control", SUB1, f"restart {TFTP}"),
        *CALLMANAGERS,
    ]


def test_only_what_runs_is_restarted() -> None:
    facts = sip_oauth_cluster("disabled")
    facts["services"][SUB1][CALLMANAGER] = service(False)
    facts["services"][SUB2][CALLMANAGER] = service(status="Stopped", reason_code=-1069)
    assert planned(facts, Desired("enabled", phones=False)) == [ENABLE, CALLMANAGERS[0]]


@pytest.mark.parametrize(
    ("security_mode", "module"), [(None, "sip_oauth_mode"), ("non_secure", "security_mode")]
)
def test_what_is_unsettled_is_settled_first(security_mode: str | None, module: str) -> None:
    facts = spoiled(sip_oauth_cluster(), "unsettled", to=[{"command": "utils sipOAuth-mode enable"}])
    assert planned(facts, ON, security_mode) == [
        (module, PUB, "determine the outcome of an earlier answer"),
        *EVERYTHING,
    ]
    assert [item["seen"] for item in plan.findings(facts, security_mode, ON)] == [
        "utils sipOAuth-mode enable"
    ]


def test_left_as_it_is_no_mode_is_touched() -> None:
    assert plan.plan(sip_oauth_cluster("enabled", "mixed"), None) == []
    assert plan.plan(bare(), "non_secure") == []
    assert plan.findings(bare(), "non_secure") == []
    assert plan.findings(spoiled(bare(), "security_mode", to="unknown"), None) == []


# -- restarts that are due ---------------------------------------------------------------------------------


def due(facts: t.Any) -> list[tuple[str, str, str, str]]:
    return [
        (duty["node"], duty["service"], duty["state"], duty["why"]) for duty in duties.restart_duties(facts)
    ]


@pytest.mark.parametrize(
    ("mode", "listening", "state", "why"),
    [
        ("enabled", [2000], "due", "SIP OAuth mode is enabled and it does not listen on 5090, 5091"),
        ("enabled", [2000, 5090], "due", "SIP OAuth mode is enabled and it does not listen on 5091"),
        ("enabled", [2000, 5090, 5091], "", ""),
        ("enabled", None, "unknown", "which ports the node listens on could not be read"),
        ("disabled", [2000, 5091], "due", "SIP OAuth mode is disabled and it still listens on 5091"),
        ("disabled", [2000], "", ""),
        ("disabled", None, "unknown", "which ports the node listens on could not be read"),
        ("unknown", [2000], "", ""),
        ("unknown", None, "", ""),
        ("absent", [2000, 5090, 5091], "", ""),
    ],
)
def test_ports_tell_whether_callmanager_started_since(
    mode: str, listening: list[int] | None, state: str, why: str
) -> None:
    facts = sip_oauth_cluster("disabled" if mode == "disabled" else "enabled")
    facts["sip_oauth_mode"] = mode
    facts["listening"][SUB1] = listening
    assert due(facts) == ([(SUB1, CALLMANAGER, state, why)] if state else [])
    found = [item["seen"] for item in plan.findings(facts, None, ON if mode == "enabled" else OFF)]
    assert (f"{state}: {why}" in found) is bool(state)
    assert bool(plan.undecided(facts)) is (state == "unknown")
    if state == "due":
        (restart,) = plan.restarts(facts)
        assert (
            restart["disrupts"]
            and restart["started_at"] == facts["services"][SUB1][CALLMANAGER]["started_at"]
        )
        assert restart["listens_on"] == ([5090, 5091] if mode == "enabled" else [])


def test_without_the_facts_of_ports_nothing_is_due_for_sip_oauth() -> None:
    facts = spoiled(sip_oauth_cluster(), "listening", SUB1, to=[2000])
    assert due(without(facts, "callmanagers")) == []
    # A node with the service but without a CallManager in the database: the duty is unknown, with the reason.
    del facts["callmanagers"][SUB1]
    assert [(node, state) for node, _service, state, _why in due(facts)] == [(SUB1, "unknown")]


def test_ports_that_a_release_does_not_have_are_not_waited_for() -> None:
    facts = sip_oauth_cluster()
    facts["callmanagers"][SUB1]["ports"]["sip_oauth_mra"] = None
    facts["listening"][SUB1] = [2000, 5090]
    assert due(facts) == []
    assert oauth.opens(facts, SUB1) == [5090]
    assert oauth.opens(facts, PUB) == [5090, 5091]
    assert oauth.opens(facts, "imp-1") == []
    assert oauth.opens(spoiled(facts, "sip_oauth_mode", to="disabled"), PUB) == []
    assert oauth.opens(without(facts, "callmanagers"), PUB) == []


@pytest.mark.parametrize("status", ["Starting", "Stopping"])
def test_one_on_its_way_is_waited_for_whatever_it_listens_on(status: str) -> None:
    facts = sip_oauth_cluster("enabled", "mixed")
    facts["listening"][SUB1] = [2000]
    facts["services"][SUB1][CALLMANAGER] = service(status=status)
    assert [duty["state"] for duty in duties.restart_duties(facts)] == ["pending"]


def test_one_an_operator_stopped_is_not_restarted_for_its_ports() -> None:
    facts = spoiled(sip_oauth_cluster(), "listening", SUB1, to=[22])
    facts["services"][SUB1][CALLMANAGER] = service(status="Stopped", reason_code=-1069)
    assert due(facts) == []


def test_what_is_due_for_the_ctl_file_is_due_for_that() -> None:
    facts = spoiled(sip_oauth_cluster("enabled", "mixed"), "listening", SUB1, to=[2000])
    facts["services"][SUB1][CALLMANAGER] = service(started_at=BEFORE)
    ((node, name, state, why),) = due(facts)
    assert (node, name, state) == (SUB1, CALLMANAGER, "due")
    assert "CTL file modified" in why


def test_ports_decide_what_the_ctl_file_leaves_open() -> None:
    facts = spoiled(sip_oauth_cluster("enabled", "mixed"), "listening", SUB1, to=[2000])
    del facts["ctl_files"][SUB1]
    states = {(name, state) for node, name, state, _why in due(facts) if node == SUB1}
    assert states == {(TFTP, "unknown"), (CALLMANAGER, "due"), (CTIMANAGER, "unknown")}
    facts["listening"][SUB1] = [2000, 5090, 5091]
    assert (CALLMANAGER, "unknown") in {(name, state) for _node, name, state, _why in due(facts)}


STARTED = "2026-03-10T10:00:01"


@pytest.mark.parametrize("unit", ["tomcat", "tomcat-ECDSA"])
@pytest.mark.parametrize(
    ("mode", "not_before", "started", "is_due"),
    [
        ("enabled", "2026-03-10T10:00:02", STARTED, True),
        ("enabled", "2026-03-10T10:00:00", STARTED, False),
        ("enabled", "2026-03-10T10:00:02", None, False),
        ("disabled", "2026-03-10T10:00:02", STARTED, False),
    ],
)
def test_a_tomcat_certificate_that_was_renewed_since_the_start(
    unit: str, mode: str, not_before: str, started: str | None, is_due: bool
) -> None:
    facts = spoiled(sip_oauth_cluster(mode), "tomcat", SUB1, unit, "not_before", to=not_before)
    facts["services"][SUB1][CALLMANAGER]["started_at_utc"] = started
    assert due(facts) == [], "release 14 takes it without a restart"
    facts["release"] = "12.5.1.17900-64"
    why = f"its {unit} certificate was renewed {not_before} UTC, up since {started} UTC"
    assert due(facts) == ([(SUB1, CALLMANAGER, "due", why)] if is_due else [])


@pytest.mark.parametrize("held", [None, {}, {"tomcat": None}])
def test_a_tomcat_certificate_that_was_not_read_makes_nothing_due(held: t.Any) -> None:
    assert due(spoiled(sip_oauth_cluster(), "tomcat", SUB1, to=held)) == []
    assert due(without(sip_oauth_cluster(), "tomcat")) == []


# -- proof -------------------------------------------------------------------------------------------------


def found(facts: t.Any, desired: Desired, security_mode: str | None = None) -> list[str]:
    return [item["finding"] for item in plan.findings(facts, security_mode, desired)]


@pytest.mark.parametrize(
    ("facts", "findings"),
    [
        (sip_oauth_cluster("disabled"), ["SIP OAuth mode in the database"]),
        (
            spoiled(sip_oauth_cluster(), "sip_oauth_mode", to="unknown"),
            ["SIP OAuth mode in the database"],
        ),
        (without(sip_oauth_cluster(), "callmanagers"), ["callmanagers"]),
        (spoiled(sip_oauth_cluster(), "parameters", REFRESH_LOGIN, to="0"), [f"set {REFRESH_LOGIN} to 1"]),
        (
            spoiled(sip_oauth_cluster(), "trust_stores", "phone_edge", to=None),
            ["let phones trust 3 root certificate(s)"],
        ),
        (spoiled(sip_oauth_cluster(), "expressway_c", to={}), ["add Expressway-C exp-c1"]),
        (spoiled(sip_oauth_cluster(), "security_profiles", to={}), [f"add phone security profile {PHONES}"]),
        (
            spoiled(sip_oauth_cluster(), "listening", SUB2, to=[2000]),
            [f"{CALLMANAGER} at {SUB2}"],
        ),
    ],
)
def test_findings(facts: t.Any, findings: list[str]) -> None:
    assert found(facts, FULL) == findings
    assert all(
        item["text"].startswith(item["finding"] + ": expected ") for item in plan.findings(facts, None, FULL)
    )


def test_ports_that_nobody_read_prove_nothing() -> None:
    facts = without(sip_oauth_cluster(), "listening")
    assert found(facts, FULL) == ["listening", *(f"{CALLMANAGER} at {node}" for node in NODES)]


def test_ports_in_the_database_that_differ_are_found() -> None:
    desired = Desired("enabled", ports={"sip_oauth": 5092})
    assert found(sip_oauth_cluster(), desired) == ["set sip_oauth port to 5092"] * 3


def test_a_finding_tells_all_it_knows_in_one_line() -> None:
    assert oauth.finding("x", "a", None) == {
        "finding": "x",
        "expected": "a",
        "seen": None,
        "text": "x: expected a, seen None",
    }


@pytest.mark.parametrize(
    ("security_mode", "desired", "said"),
    [
        ("mixed", None, "the database, the CTL file of every node and the services"),
        (None, ON, "the database, the ports every CallManager listens on and the services"),
        (
            "mixed",
            ON,
            "the database, the CTL file of every node, the ports every CallManager listens on and the services",
        ),
    ],
)
def test_witnesses(security_mode: str | None, desired: Desired | None, said: str) -> None:
    assert plan.witnesses(security_mode, desired) == said


@pytest.mark.parametrize(
    ("modes", "said"),
    [
        (("mixed", None), "mixed"),
        ((None, "enabled"), "SIP OAuth enabled"),
        (("non_secure", "disabled"), "non_secure and SIP OAuth disabled"),
        ((None, None), "unchanged"),
    ],
)
def test_goal(modes: tuple[str | None, str | None], said: str) -> None:
    assert plan.goal(*modes) == said


# -- consents ----------------------------------------------------------------------------------------------


def lacking(facts: t.Any, desired: Desired, **given: bool) -> list[str]:
    operations = plan.plan(facts, None, sip_oauth=desired)
    return [line.partition(":")[0] for line in plan.missing_consents(operations, facts, given)]


def test_consents() -> None:
    desired = Desired("enabled", phones=False)
    facts = sip_oauth_cluster("disabled")
    assert lacking(facts, desired) == ["cucm_consent_to_restarts"]
    assert lacking(facts, desired, restarts=True) == []
    assert lacking(sip_oauth_cluster(), ON) == []
    # Nothing that interrupts anybody.
    assert lacking(spoiled(sip_oauth_cluster(), "parameters", REFRESH_LOGIN, to="0"), FULL) == []
    for node in (SUB1, SUB2):
        facts["services"][node][CALLMANAGER] = service(False)
    assert lacking(facts, desired) == ["cucm_consent_to_restarts", "cucm_consent_to_outage"]
    assert lacking(facts, desired, restarts=True, outage=True) == []


def test_a_callmanager_that_is_not_up_is_waited_for_also_without_a_ctl_file() -> None:
    facts = spoiled(sip_oauth_cluster(), "services", PUB, CALLMANAGER, "status", to="Starting")
    for node in NODES:
        facts["ctl_files"][node]["present"] = False
    assert [(node, state) for node, _service, state, _why in due(facts)] == [(PUB, "pending")]
    assert plan.findings(facts, None, ON)


@pytest.mark.parametrize("subset", ["callmanagers", "listening", "tomcat", "trust_stores", "parameters"])
def test_nothing_is_proven_by_what_was_not_read(subset: str) -> None:
    wanted = replace(ON, parameters={REFRESH_LOGIN: "1"})
    facts = without(sip_oauth_cluster(), subset)
    facts["unavailable"] = {subset: "soap_fault: not now"}
    assert subset in {item["finding"] for item in plan.findings(facts, None, wanted)}


def test_what_is_recorded_and_not_read_is_neither_brought_back_nor_somebody_elses() -> None:
    facts = without(enabled(*RECORDS), "parameters")
    facts["unavailable"] = {"parameters": "soap_fault: not now"}
    assert not any(module == "enterprise_parameter" for module, _node, _action in planned(facts, OFF))
    assert any("it could not be read" in line for line in oauth.kept(facts))
    assert "parameters" in {item["finding"] for item in plan.findings(facts, None, OFF)}


def test_a_profile_that_cannot_be_is_a_finding() -> None:
    wanted = replace(ON, profile_problems={"x": "it cannot be"})
    assert [item["seen"] for item in plan.findings(sip_oauth_cluster(), None, wanted)] == ["it cannot be"]


def test_ports_that_could_not_be_read_are_undecided() -> None:
    facts = without(sip_oauth_cluster(), "callmanagers")
    facts["unavailable"] = {"callmanagers": "soap_fault: not now"}
    assert {state for _node, _service, state, _why in due(facts)} == {"unknown"}
    assert plan.undecided(facts)
