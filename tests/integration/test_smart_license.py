# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""smart_license against the lab."""

from __future__ import annotations

import re
import threading
import time
import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import PUBLISHER
from .harness.outcome import Outcome
from .harness.playbooks import Plays
from .harness.topologies import TOPOLOGY

BY_AXL: dict[str, t.Any] = {"cli_username": None, "cli_password": None}
BY_CLI: dict[str, t.Any] = {"axl_username": None, "axl_password": None}
WAYS = pytest.mark.parametrize(("way", "source"), [(BY_AXL, "axl"), (BY_CLI, "cli")], ids=["axl", "cli"])


@WAYS
@pytest.mark.parametrize("check", [False, True], ids=["", "check mode"])
def test_a_licence_that_allows_it(
    modules: Modules, journal: Journal, way: dict[str, t.Any], source: str, check: bool
) -> None:
    result = modules.run("smart_license", require_export_control=True, check=check, diff=True, **way)
    assert (result["changed"], result["operations"]) == (False, [])
    assert "diff" not in result
    licence = result["licence"]
    assert (licence["registered"], licence["export_allowed"], licence["source"]) == (True, True, source)
    assert result["before"] == result["after"] == licence
    assert journal.changing() == []
    assert {entry["kind"] for entry in journal.entries()} == {
        "login",
        "http" if source == "axl" else "command",
    }


@WAYS
@pytest.mark.parametrize(
    ("licence", "code", "judged"),
    [
        ({"registration": "UNREGISTERED"}, "licence_not_registered", (False, None)),
        ({"export_control": "Not Allowed"}, "export_control_not_allowed", (True, False)),
    ],
)
def test_a_licence_that_does_not(
    modules: Modules,
    cluster: ClusterHandle,
    journal: Journal,
    way: dict[str, t.Any],
    source: str,
    licence: dict[str, str],
    code: str,
    judged: tuple[bool, bool | None],
) -> None:
    cluster.set(licence=licence)
    read = modules.run("smart_license", **way)["licence"]
    assert read["registered"] is judged[0]
    assert judged[1] is None or read["export_allowed"] is judged[1]
    result = modules.run("smart_license", require_export_control=True, **way)
    result.refused(code)
    assert result["failure"]["details"]["source"] == source
    assert journal.changing() == []


def test_an_axl_fault_is_no_licence(modules: Modules, cluster: ClusterHandle) -> None:
    with cluster.faulty("http", match={"operation": "axl getSmartLicenseStatus"}, status=200, body="<html/>"):
        modules.run("smart_license", **BY_AXL).refused("not_soap", "getSmartLicenseStatus")


def test_in_a_playbook(plays: Plays, cluster: ClusterHandle, journal: Journal) -> None:
    cluster.set(licence={"export_control": "Not Allowed"})
    run = plays.run(
        plays.task("smart_license", "read"),
        plays.task("smart_license", "required", require_export_control=True, _ignore_errors=True),
    ).ok()
    assert run.result("read")["licence"]["export_allowed"] is False
    run.result("required").refused("export_control_not_allowed", "is not allowed")
    assert journal.changing() == []


# -- registered ---------------------------------------------------------------------------------------------------

GOOD, BAD = "LAB-TOKEN-EXPORT-ALLOWED", "LAB-TOKEN-EXPORT-NOT-ALLOWED"
REGISTER: dict[str, t.Any] = {"state": "registered", "token": GOOD}
REGISTERED = ["licence register", "licence registered"]
UNREGISTERED: dict[str, t.Any] = {
    "registration": "UNREGISTERED",
    "export_control": "Not Allowed",
    "authorization": "EVAL MODE",
}
ANSWERED = {"kind": "http", "operation": "axl doSmartLicenseRegister"}


@pytest.fixture
def unregistered(cluster: ClusterHandle) -> ClusterHandle:
    """The cluster in evaluation."""
    cluster.set(licence=UNREGISTERED)
    return cluster


def status(cluster: ClusterHandle) -> tuple[str, str]:
    licence = cluster.state()["licence"]
    return licence["registration"], licence["export_control"]


def test_registration_and_then_nothing_more(
    modules: Modules, unregistered: ClusterHandle, journal: Journal
) -> None:
    result = modules.run("smart_license", require_export_control=True, **REGISTER)
    assert result["changed"], dict(result)
    assert result["operations"] == [{"node": PUBLISHER, "action": "register with Smart Licensing"}]
    assert (result["before"]["registered"], result["after"]["registered"]) == (False, True)
    assert result["after"]["export_allowed"]
    assert result["licence"] == result["after"]
    assert (journal.effects(), status(unregistered)) == (REGISTERED, ("REGISTERED", "Allowed"))

    since = unregistered.last_seq
    again = modules.run("smart_license", require_export_control=True, diff=True, **REGISTER)
    assert (again["changed"], again["operations"], "diff" in again) == (False, [], False)
    assert Journal(unregistered, since).changing() == []


def test_registration_in_check_mode_with_diff(
    modules: Modules, unregistered: ClusterHandle, journal: Journal
) -> None:
    planned = modules.run("smart_license", check=True, diff=True, require_export_control=True, **REGISTER)
    assert (planned["changed"], journal.changing()) == (True, [])
    done = modules.run("smart_license", diff=True, require_export_control=True, **REGISTER)
    assert (planned["operations"], planned["before"]) == (done["operations"], done["before"])
    assert planned["diff"] == {"before": planned["before"], "after": planned["after"]}
    # What is predicted is so, and what only the server can tell is not guessed.
    assert planned["after"].keys() == done["after"].keys()
    assert planned["after"]["registered"] is done["after"]["registered"] is True
    guessed = {
        key for key, value in planned["after"].items() if value is not None and value != done["after"][key]
    }
    assert guessed == set()
    assert planned["after"]["export_allowed"] is None


def test_a_registration_that_does_not_allow_it_is_done_and_told(
    modules: Modules, unregistered: ClusterHandle, journal: Journal
) -> None:
    result = modules.run("smart_license", state="registered", token=BAD, require_export_control=True)
    result.refused("export_control_not_allowed")
    assert (result["changed"], journal.effects()) == (True, REGISTERED)
    since = unregistered.last_seq
    modules.run("smart_license", **REGISTER).refused("licence_needs_force", "force")
    assert Journal(unregistered, since).changing() == []
    forced = modules.run("smart_license", force=True, require_export_control=True, **REGISTER)
    assert (forced["changed"], status(unregistered)) == (True, ("REGISTERED", "Allowed"))
    assert forced["operations"][0]["action"].endswith("by force")


def test_force_registers_whatever_is_there(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    result = modules.run("smart_license", force=True, **REGISTER)
    assert (result["changed"], journal.effects()) == (True, REGISTERED)
    assert result["before"]["registration_expires"] != result["after"]["registration_expires"]


@pytest.mark.parametrize("force", [False, True], ids=["", "by force"])
def test_a_token_the_server_does_not_know(
    modules: Modules, cluster: ClusterHandle, journal: Journal, force: bool
) -> None:
    if not force:
        cluster.set(licence=UNREGISTERED)
    result = modules.run("smart_license", state="registered", token="NOBODY'S", force=force)
    result.refused("licence_registration_failed", "token is not valid")
    assert journal.effects() == ["licence register", "licence registration_failed"]
    assert result["changed"] is force, "the former registration is gone"
    assert status(cluster)[0] == "UNREGISTERED"
    # What it said of the last attempt does not judge the next one.
    assert modules.run("smart_license", **REGISTER)["after"]["registered"]


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        ({"state": "registered"}, "token_missing", "token"),
        ({"state": "registered", "token": " \n"}, "token_missing", "token"),
        ({"state": "registered", "token": "x" * 256}, "token_invalid", "256"),
        ({**REGISTER, **BY_CLI}, "account_missing", "axl_username"),
        ({"state": "renewed", **BY_CLI}, "account_missing", "axl_username"),
        ({"state": "renewed"}, "licence_not_registered", "not registered"),
        ({"state": "deregistered", **BY_CLI}, "account_missing", "axl_username"),
        ({"state": "deregistered", "require_export_control": True}, "invalid_input", "deregistered"),
    ],
)
@pytest.mark.parametrize("check", [False, True], ids=["", "check mode"])
def test_refused_before_anything_is_sent(
    modules: Modules,
    unregistered: ClusterHandle,
    journal: Journal,
    options: dict[str, t.Any],
    code: str,
    word: str,
    check: bool,
) -> None:
    modules.run("smart_license", check=check, **options).refused(code, word)
    assert journal.changing() == []


def test_a_token_with_white_space_around(modules: Modules, unregistered: ClusterHandle) -> None:
    assert modules.run("smart_license", state="registered", token=f" {GOOD}\n")["changed"]


def test_a_release_without_smart_licensing(
    modules: Modules, cucm_lab_start: t.Callable[..., RunningLab]
) -> None:
    (spec,) = TOPOLOGY["clusters"]
    lab = cucm_lab_start({**TOPOLOGY, "clusters": [{**spec, "release": "11.5", "nodes": spec["nodes"][:1]}]})
    cluster = lab.clusters["lab"]
    journal = Journal(cluster, cluster.last_seq)
    for options in (REGISTER, {"state": "renewed"}, {"state": "deregistered"}):
        result = Modules(cluster, modules.state_dir).run("smart_license", **options)
        result.refused("not_in_this_release", "11.5")
    assert journal.changing() == []


def test_the_clusters_own_refusal_is_told(
    modules: Modules, unregistered: ClusterHandle, journal: Journal
) -> None:
    with unregistered.faulty("axl_fault", match=ANSWERED, message=f"not with {GOOD} today"):
        result = modules.run("smart_license", **REGISTER)
    result.refused("licence_registration_failed", "not with ******** today")
    assert (result["changed"], journal.effects()) == (False, [])


def test_it_is_waited_for_no_longer_than_told(modules: Modules, unregistered: ClusterHandle) -> None:
    unregistered.set(timings={"licence_register_s": 120})
    result = modules.run("smart_license", wait_timeout=0.2, **REGISTER)
    result.refused("timed_out", "0.2 s", "Registering")
    assert result["changed"]
    # Another run finds it under way, waits for its end and sends nothing.
    journal = Journal(unregistered, unregistered.last_seq)
    result = modules.run("smart_license", **REGISTER)
    assert (result["changed"], result["after"]["registered"]) == (False, True), dict(result)
    assert journal.entries(kind="http", changing=True) == []


def test_a_registration_under_way_is_waited_for_no_longer_than_told(
    modules: Modules, unregistered: ClusterHandle
) -> None:
    unregistered.set(timings={"licence_register_s": 1200})
    modules.run("smart_license", wait_timeout=0.1, **REGISTER)
    result = modules.run("smart_license", wait_timeout=0.1, **REGISTER)
    result.refused("timed_out", "registration is under way")
    assert result["changed"] is False


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_no_lost_registration(
    modules: Modules, unregistered: ClusterHandle, journal: Journal, when: str
) -> None:
    unregistered.fault("cut", match={"kind": "effect", "operation": "licence register"}, when=when)
    result = modules.run("smart_license", **REGISTER)
    assert (result["changed"], journal.effects()) == (True, REGISTERED), dict(result)
    assert len([e for e in journal.entries(kind="http") if e["operation"] == ANSWERED["operation"]]) == 1


def test_a_lost_request_is_not_known_to_have_done_anything(
    modules: Modules, unregistered: ClusterHandle, journal: Journal
) -> None:
    with unregistered.faulty("http", match=ANSWERED, status=200, body="<html>gone"):
        result = modules.run("smart_license", wait_timeout=0.2, **REGISTER)
    result.refused("outcome_unknown")
    assert journal.effects() == []
    assert modules.run("smart_license", **REGISTER)["changed"]


def test_reading_may_fail_for_a_while(modules: Modules, unregistered: ClusterHandle) -> None:
    unregistered.fault(
        "http", match={"operation": "axl getSmartLicenseStatus"}, status=500, body="<html>", skip=2, times=2
    )
    result = modules.run("smart_license", **REGISTER)
    assert result["changed"], dict(result)
    assert any("reading it again" in line for line in modules.progress)


def test_writes_are_throttled_for_a_while(
    modules: Modules, unregistered: ClusterHandle, journal: Journal
) -> None:
    unregistered.set(change_notifications=2000, timings={"change_notifications_per_s": 0})

    def sleep(seconds: float) -> None:
        unregistered.set(change_notifications=0)
        time.sleep(seconds)

    modules.clock = Clock(time.monotonic, sleep)
    result = modules.run("smart_license", **REGISTER)
    assert (result["changed"], journal.effects()) == (True, REGISTERED), dict(result)
    assert any("throttles" in line for line in modules.progress)


def test_writes_are_throttled_for_too_long(
    modules: Modules, unregistered: ClusterHandle, journal: Journal
) -> None:
    unregistered.set(change_notifications=900_000)
    modules.run("smart_license", throttle_timeout=0.1, **REGISTER).refused("throttled")
    assert journal.effects() == []


def test_somebody_else_registers_it_in_between(
    modules: Modules, unregistered: ClusterHandle, journal: Journal
) -> None:
    reading = {"kind": "http", "operation": "axl getSmartLicenseStatus"}
    held = unregistered.fault("hold", match=reading, skip=1, when="before")
    results: list[Outcome] = []
    run = threading.Thread(target=lambda: results.append(modules.run("smart_license", **REGISTER)))
    run.start()
    unregistered.wait_hit(held)
    unregistered.set(licence={"registration": "REGISTERED", "authorization": "AUTHORIZED"})
    unregistered.release(held)
    run.join(20)
    results[0].refused("state_changed")
    assert journal.effects() == []


# -- renewed ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("renew", "effects", "moved"),
    [
        ("authorization", ["licence renew_authorization"], {"last_communication_attempt"}),
        ("registration", ["licence renew_registration"], {"last_renewal_attempt"}),
        (
            "both",
            ["licence renew_authorization", "licence renew_registration"],
            {"last_communication_attempt", "last_renewal_attempt"},
        ),
    ],
)
def test_renewal(
    modules: Modules,
    cluster: ClusterHandle,
    journal: Journal,
    renew: str,
    effects: list[str],
    moved: set[str],
) -> None:
    planned = modules.run("smart_license", state="renewed", renew=renew, check=True, diff=True)
    assert (planned["changed"], journal.changing()) == (True, [])
    done = modules.run("smart_license", state="renewed", renew=renew, require_export_control=True)
    assert (done["changed"], journal.effects()) == (True, effects), dict(done)
    assert planned["operations"] == done["operations"]
    attempts = {"last_communication_attempt", "last_renewal_attempt"}
    assert {key for key in attempts if done["before"][key] != done["after"][key]} == moved
    # It is an action: again is again.
    assert modules.run("smart_license", state="renewed", renew=renew)["changed"]


def answer(*, attempt: str, result: str) -> str:
    """Return a status as the cluster tells it."""
    return (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><getSmartLicenseStatusResponse>'
        "<return>Success</return><LicenseDetails><SmartLicensing>ENABLED</SmartLicensing><Registration>"
        "<Status>Registered</Status><ExportControlFunctionality>ALLOWED</ExportControlFunctionality></Registration>"
        f"<Authorization><Status>Authorized</Status><LastCommunicationAttempt>{attempt}</LastCommunicationAttempt>"
        f"<LastCommunicationStatus>{result}</LastCommunicationStatus><AuthorizationFailedReason>no route to it"
        "</AuthorizationFailedReason></Authorization></LicenseDetails></getSmartLicenseStatusResponse></e:Body></e:Envelope>"
    )


@pytest.mark.parametrize(
    ("result", "code", "word"),
    [("FAILED", "licence_renewal_failed", "no route to it"), ("", "timed_out", "renew the authorization")],
    ids=["fails", "is not told"],
)
def test_a_renewal_that_does_not_succeed(
    modules: Modules, cluster: ClusterHandle, result: str, code: str, word: str
) -> None:
    reading = {"operation": "axl getSmartLicenseStatus"}
    cluster.fault("http", match=reading, status=200, body=answer(attempt="then", result="SUCCEEDED"), times=2)
    told = answer(attempt="now" if result else "then", result=result or "SUCCEEDED")
    cluster.fault("http", match=reading, status=200, body=told)
    failed = modules.run("smart_license", state="renewed", renew="authorization", wait_timeout=0.2)
    failed.refused(code, word)
    assert failed["changed"] is False


def test_what_was_renewed_before_the_other_failed_is_told(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    with cluster.faulty(
        "axl_fault", match={"operation": "axl doSmartLicenseRenewRegistration"}, message="no"
    ):
        result = modules.run("smart_license", state="renewed")
    result.refused("licence_renewal_failed")
    assert (result["changed"], journal.effects()) == (True, ["licence renew_authorization"])
    assert result["failure"]["details"]["done"] == ["renew the authorization of the smart licence"]


# -- deregistered -------------------------------------------------------------------------------------------------

DEREGISTER: dict[str, t.Any] = {"state": "deregistered", "consent_to_deregistration": True}


def test_deregistration_needs_consent(modules: Modules, cluster: ClusterHandle, journal: Journal) -> None:
    for check in (False, True):
        result = modules.run("smart_license", state="deregistered", check=check)
        result.refused("consent_missing", "mixed mode", "CTL file", "certificate")
        assert "consent_to_deregistration" in result["failure"]["remedy"]
    assert journal.changing() == []


def test_deregistration_and_then_nothing_more(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    planned = modules.run("smart_license", check=True, diff=True, **DEREGISTER)
    assert (planned["changed"], journal.changing()) == (True, [])
    done = modules.run("smart_license", **DEREGISTER)
    assert (done["changed"], done["operations"]) == (True, planned["operations"])
    assert (planned["after"]["registered"], done["after"]["registered"]) == (False, False)
    assert journal.effects() == ["licence deregister"]
    again = modules.run("smart_license", state="deregistered")
    assert again["changed"] is False, "nothing to consent to"


def test_a_deregistration_whose_answer_was_lost(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.fault("cut", match={"kind": "effect", "operation": "licence deregister"}, when="after")
    assert modules.run("smart_license", **DEREGISTER)["changed"]
    assert journal.effects() == ["licence deregister"]


def test_registering_in_a_playbook(plays: Plays, unregistered: ClusterHandle, journal: Journal) -> None:
    run = plays.run(
        plays.task("smart_license", "planned", **REGISTER, _check_mode=True),
        plays.task("smart_license", "done", **REGISTER, _diff=True),
        plays.task("smart_license", "already", **REGISTER),
        plays.task("smart_license", "gone", **DEREGISTER),
    ).ok()
    changed = [run.result(name)["changed"] for name in ("planned", "done", "already", "gone")]
    assert changed == [True, True, False, True]
    assert journal.effects() == [*REGISTERED, "licence deregister"]
    assert not re.search(GOOD, run.output)
