# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results of a cluster: waivers on their days, what is read, and controls that a site writes itself."""

from __future__ import annotations

import json
import typing as t
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.case import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    VERDICTS,
    Judgement,
    plain,
)
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import BUILT_IN
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.judges import JUDGES
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.options import Judge
from ansible_collections.ucops.cucm.plugins.module_utils._facts.model import CLI_0, CLI_1, SUBSETS

from ..data.clusters import CALLMANAGER, PUB, SUB1, SUB2, Facts, audited, ctl_facts, without
from ..data.verdicts import CLUSTER, GONE, MOMENT, changed, judged

BY_CLI = {subset.name for subset in SUBSETS.values() if subset.needs in (CLI_0, CLI_1)}


def old_backup() -> Facts:
    return changed(audited(), [(("health", "last_backup"), "2026-01-01T00:00:00")])


def waiver(expires: t.Any = "2026-03-20", **changed_: t.Any) -> dict[str, t.Any]:
    return {
        "control": "backup-age",
        "clusters": [CLUSTER],
        "reason": "The tape is on order",
        "owner": "J. Doe",
        "expires": expires,
        **changed_,
    }


def with_waivers(*waivers: t.Any, facts: Facts | None = None, **more: t.Any) -> dict[str, t.Any]:
    return judged("backup-age", facts or old_backup(), waivers=list(waivers), **more)


# -- waivers ---------------------------------------------------------------------------------------------


def test_a_failure_is_waived() -> None:
    plain, result = with_waivers(), with_waivers(waiver())
    assert plain["verdict"] == FAIL and plain["waiver"] is None
    assert result == {
        "control": "backup-age",
        "verdict": "waived",
        "reason": "waived by J. Doe until 2026-03-20: The tape is on order.",
        "evidence": {key: plain[key] for key in ("verdict", "reason", "evidence")},
        "waiver": {"reason": "The tape is on order", "owner": "J. Doe", "expires": "2026-03-20"},
    }


def test_what_is_not_known_is_waived_too() -> None:
    result = with_waivers(waiver(), facts=without(audited(), "health"))
    assert (result["verdict"], result["evidence"]["verdict"]) == ("waived", UNKNOWN)


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        # The day is one of UTC; a time without a zone is UTC.
        (datetime(2026, 3, 20, 0, 0), "waived"),
        (datetime(2026, 3, 20, 23, 59, 59), "waived"),
        (datetime(2026, 3, 21, 0, 0), FAIL),
        (datetime(2026, 3, 20, 23, 59, tzinfo=UTC), "waived"),
        (datetime(2026, 3, 21, 1, 59, tzinfo=timezone(timedelta(hours=2))), "waived"),
        (datetime(2026, 3, 21, 2, 0, tzinfo=timezone(timedelta(hours=2))), FAIL),
        (datetime(2026, 3, 20, 18, 59, tzinfo=timezone(timedelta(hours=-5))), "waived"),
        (datetime(2026, 3, 20, 19, 0, tzinfo=timezone(timedelta(hours=-5))), FAIL),
    ],
    ids=str,
)
def test_a_waiver_holds_on_its_last_day(now: datetime, verdict: str) -> None:
    result = with_waivers(waiver(), now=now)
    assert result["verdict"] == verdict
    assert ("the waiver of J. Doe expired on 2026-03-20." in result["reason"]) == (verdict == FAIL)
    assert (result["waiver"] is None) == (verdict == FAIL)


def test_of_several_waivers_the_one_that_holds_longest_counts() -> None:
    result = with_waivers(waiver(), waiver("2026-12-31", owner="later"), waiver("2026-06-30", owner="sooner"))
    assert result["waiver"]["owner"] == "later"


@pytest.mark.parametrize(
    "other", [{"control": "disk-space"}, {"clusters": ["other"]}, {"clusters": ["HQ", "hq-*"]}]
)
def test_a_waiver_of_something_else(other: dict[str, t.Any]) -> None:
    assert with_waivers(waiver(**other))["verdict"] == FAIL


def test_what_is_right_needs_no_waiver() -> None:
    result = with_waivers(waiver(), waiver("2020-01-01"), facts=audited())
    assert (result["verdict"], result["waiver"]) == (PASS, None)
    assert "waive" not in result["reason"]


def test_what_does_not_apply_needs_no_waiver() -> None:
    result = judged(
        "auto-registration",
        audited(),
        intent={"auto_registration": "any"},
        waivers=[waiver(control="auto-registration")],
    )
    assert (result["verdict"], result["waiver"]) == (NOT_APPLICABLE, None)


def test_nobody_can_answer_for_a_contradiction() -> None:
    facts = changed(audited(), [(("ctl_files", SUB1), ctl_facts("none"))])
    result = judged("ctl-fits-mode", facts, waivers=[waiver("2026-12-31", control="ctl-fits-mode")])
    assert (result["verdict"], result["waiver"]) == ("contradiction", None)
    assert result["reason"].endswith("; the waiver of J. Doe does not hold for a contradiction.")


# -- all results -----------------------------------------------------------------------------------------


def test_results_are_in_the_order_of_the_controls_and_plain_data() -> None:
    found = results.judge_cluster(audited(), {}, CLUSTER, MOMENT)
    assert [each["control"] for each in found] == list(BUILT_IN)
    assert json.loads(json.dumps(found)) == found
    for each in found:
        assert list(each) == ["control", "verdict", "reason", "evidence", "waiver"]
        assert each["verdict"] in VERDICTS
        assert each["reason"].endswith(".") and each["reason"].isprintable()


def test_facts_are_not_changed_by_being_judged() -> None:
    facts = audited()
    results.judge_cluster(facts, {}, CLUSTER, MOMENT)
    assert facts == audited()


def test_judging_twice_says_the_same() -> None:
    assert results.judge_cluster(old_backup(), {}, CLUSTER, MOMENT) == results.judge_cluster(
        old_backup(), {}, CLUSTER, MOMENT
    )


def test_what_cluster_info_derived_counts_for_nothing() -> None:
    """The facts it was derived from do."""
    facts = {
        **audited(),
        "contradictions": [{"about": "x", "witnesses": {"database": "a", "ctl_file@b": "c"}}],
        "duties": {
            "restarts": [{"node": PUB, "service": "x", "state": "due", "why": "y"}],
            "ctl_update": ["z"],
        },
    }
    assert results.judge_cluster(facts, {}, CLUSTER, MOMENT) == results.judge_cluster(
        audited(), {}, CLUSTER, MOMENT
    )


def test_a_judge_that_breaks_down_costs_its_own_control(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(case: t.Any) -> Judgement:
        raise KeyError("what\nnow")

    monkeypatch.setitem(JUDGES, "tvs", Judge(broken, (), (UNKNOWN,)))
    found = {each["control"]: each for each in results.judge_cluster(audited(), {}, CLUSTER, MOMENT)}
    broken_result = found.pop("tvs-up")
    assert (broken_result["verdict"], broken_result["reason"]) == (
        UNKNOWN,
        "the facts could not be judged (KeyError: 'what\\nnow').",
    )
    assert UNKNOWN not in {each["verdict"] for each in found.values()}


def test_a_cluster_that_could_not_be_read() -> None:
    config = {"controls": [{"id": "backup-age", "enabled": False}], "waivers": [waiver(control="tvs-up")]}
    found = results.unreachable("it does not\n answer.", config)
    assert [each["control"] for each in found] == [name for name in BUILT_IN if name != "backup-age"]
    for each in found:
        assert (each["verdict"], each["waiver"]) == (UNKNOWN, None)
        assert each["reason"] == "the cluster could not be read: it does not answer."


def test_a_wrong_configuration_judges_nothing() -> None:
    for ask in (
        lambda config: results.judge_cluster(audited(), config, CLUSTER, MOMENT),
        lambda config: results.unreachable("x", config),
        results.subsets,
        results.controls,
    ):
        with pytest.raises(InputError, match=r"waivers\[0\]"):
            ask({"waivers": ["x"]})


def test_reasons_are_one_line_and_not_endless() -> None:
    long, ugly = "x" * 5000, "a\r\n\x1b[31m\u202eb\u2028c\x00"
    for text in (long, ugly):
        facts = changed(audited(), [(("licence", "authorization"), text)])
        reason = judged("licence-authorized", facts)["reason"]
        assert reason.isprintable() and len(reason) < 1000
    ugly_reason = reason
    head, longest = "whether the licence is authorized is not known (", 800
    room = longest - len(head) - 1
    for length, said in (
        (room, "x" * room + ")."),
        (room + 1, "x" * (room + 1) + "..."),
        (5000, "x" * (room + 1) + "..."),
    ):
        facts = changed(audited(), [(("licence", "authorization"), "x" * length)])
        assert judged("licence-authorized", facts)["reason"] == head + said
    assert "\\u202eb" in ugly_reason and "\\u001b[31m" in ugly_reason
    # Five problems are named, and how many more there are.
    for number, ending in ((5, "CM_4."), (6, "CM_4; and 1 more."), (7, "CM_4; and 2 more.")):
        names = {f"CM_{each}": True for each in range(number)}
        reason = judged("auto-registration", {**audited(), "auto_registration": names})["reason"]
        assert reason.endswith(ending) and "CM_5" not in reason


HOSTILE = (
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "=cmd|' /C calc'!A0",
    "first\nsecond\r\n",
    "\x1b[31m\x00",
    "invoice\u202egnp.exe",
    "{0} %s ${HOME}",
    "a.b.*",
    " ",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_change_no_verdict(text: str) -> None:
    """Whatever the names of things are, the text about the cluster stays on one printable line."""

    def renamed(value: dict[str, t.Any]) -> dict[str, t.Any]:
        return {f"{name}{text}": item for name, item in value.items()}

    for good in (audited(), old_backup()):
        facts = {
            **good,
            **{
                name: renamed(good[name])
                for name in (
                    *("phone_profiles", "sip_trunk_profiles", "sip_trunk_media"),
                    *("auto_registration", "expressway_c"),
                )
            },
            "identity": text,
            "callmanagers": {
                node: {**each, "callmanager": text} for node, each in good["callmanagers"].items()
            },
            "expressway_c": {**good["expressway_c"], text: {"description": text, "subject_names": [text]}},
            "licence": {**good["licence"], "smart_account": text},
            "ldap_hosts": [{**each, "host": text} for each in good["ldap_hosts"]],
            "software_options": {node: [text] for node in good["software_options"]},
            "parameters": {**good["parameters"], text: text},
            "unavailable": {f"addressed_node{text}": text},
        }
        intent = {"expressway_c": [{"host": "exp-c1"}]}
        found = results.judge_cluster(facts, {"intent": intent}, CLUSTER, MOMENT)
        before = results.judge_cluster(good, {"intent": intent}, CLUSTER, MOMENT)
        assert [each["verdict"] for each in found] == [each["verdict"] for each in before]
        assert all(each["reason"].isprintable() for each in found)


def test_what_a_report_says_of_the_controls() -> None:
    found = results.controls({"controls": [{"id": "backup-age", "severity": "high"}]})
    assert [each["id"] for each in found] == list(BUILT_IN)
    (changed_one,) = [each for each in found if each["id"] == "backup-age"]
    assert list(changed_one) == ["id", "title", "severity", "references", "reads", "privilege", "remedy"]
    assert (changed_one["severity"], changed_one["reads"]) == ("high", ["health"])


# -- what is read ----------------------------------------------------------------------------------------


def only(*controls: str, **more: t.Any) -> dict[str, t.Any]:
    return {
        **more,
        "controls": [{"id": name, "enabled": False} for name in BUILT_IN if name not in controls],
    }


def test_without_a_control_of_the_command_line_nobody_logs_in() -> None:
    by_https = [name for name, control in BUILT_IN.items() if not BY_CLI & set(control.reads)]
    asked = results.subsets(only(*by_https), CLUSTER)
    assert not BY_CLI & set(asked)
    # And these are what an auditor with AXL alone gets.
    assert {
        "cluster-security-mode",
        "sip-oauth-mode",
        "phones-secure",
        "phone-certificates",
        "sip-trunks-secure",
        "auto-registration",
        "licence-export-control",
        "not-prepared-for-rollback",
        "capf-running",
        "services-up",
    } <= set(by_https)


@pytest.mark.parametrize("control", list(BUILT_IN))
def test_each_control_is_read_for_and_nothing_else(control: str) -> None:
    reads = set(BUILT_IN[control].reads) | {"nodes"}
    assert set(results.subsets(only(control))) == reads
    idle = JUDGES[BUILT_IN[control].judge].idle(results.site.Intent())
    assert set(results.subsets(only(control), CLUSTER)) == ({"nodes"} if idle else reads)


def test_nothing_is_read_for_what_is_not_wanted() -> None:
    asked = results.subsets({}, CLUSTER)
    assert not {"parameters", "expressway_c", "trust_stores", "security_profiles"} & set(asked)
    wants = {
        "sip_oauth_mode": "enabled",
        "parameters": {"x": "1"},
        "expressway_c": [{"host": "x"}],
        "auto_registration": "any",
    }
    asked = results.subsets({"intent": {"clusters": {CLUSTER: wants}}}, CLUSTER)
    assert {"parameters", "expressway_c", "trust_stores"} <= set(asked)
    assert "auto_registration" not in asked
    assert "parameters" not in results.subsets({"intent": {"clusters": {CLUSTER: wants}}}, "other")


def test_what_is_read_is_in_the_order_of_subsets_and_never_nothing() -> None:
    assert results.subsets({}) == [name for name in SUBSETS if name in results.subsets({})]
    # No subset would mean all of them.
    assert results.subsets(only()) == ["nodes"]


def test_a_control_of_the_site_is_read_for() -> None:
    own = {"id": "own", "title": "x", "severity": "low", "judge": "equals"}
    config = only()
    config["controls"].append({**own, "with": {"path": "duties.restarts", "value": []}})
    assert set(results.subsets(config)) == {
        *("nodes", "modes", "services", "ctl_files", "callmanagers", "listening", "tomcat")
    }


# -- controls that a site writes itself ------------------------------------------------------------------


def own(judge: str, facts: Facts | None = None, **with_: t.Any) -> dict[str, t.Any]:
    """Return what a control of the site says."""
    control = {"id": "own", "title": "x", "severity": "low", "judge": judge, "with": with_}
    config = only()
    config["controls"].append(control)
    (result,) = results.judge_cluster(audited() if facts is None else facts, config, CLUSTER, MOMENT)
    assert "could not be judged" not in result["reason"]
    return result


CM_NODES = ["services", "*", CALLMANAGER, "status"]


@pytest.mark.parametrize(
    ("judge", "with_", "verdict", "words"),
    [
        ("equals", {"path": "security_mode", "value": "mixed"}, PASS, "security_mode is mixed"),
        ("equals", {"path": "security_mode", "value": "non_secure"}, FAIL, "is mixed, not non_secure"),
        ("equals", {"path": "rollback_to_pre_8", "value": False}, PASS, ""),
        ("equals", {"path": "rollback_to_pre_8", "value": 0}, FAIL, ""),
        ("equals", {"path": "rollback_to_pre_8", "value": "False"}, FAIL, ""),
        # The database stores texts, and YAML reads numbers.
        ("equals", {"path": "parameters.SSORedirect", "value": 0}, PASS, ""),
        ("equals", {"path": "parameters.SSORedirect", "value": "0"}, PASS, ""),
        ("equals", {"path": "parameters.SSORedirect", "value": False}, FAIL, ""),
        ("equals", {"path": ["session_limit", SUB1], "value": "3"}, PASS, ""),
        ("equals", {"path": ["session_limit", SUB1], "value": 3.0}, PASS, ""),
        ("equals", {"path": "auto_registration.*", "value": False}, PASS, "auto_registration.CM_1 is False"),
        ("equals", {"path": "listening", "value": {}}, FAIL, ""),
        ("equals", {"path": CM_NODES, "value": "Started"}, PASS, ""),
        ("one_of", {"path": "release", "values": ["x", "14.0.1.16900-4"]}, PASS, ""),
        ("one_of", {"path": "release", "values": ["x", 14]}, FAIL, "not x or 14"),
        ("at_least", {"path": "session_limit.*", "value": 3}, PASS, ""),
        ("at_least", {"path": "session_limit.*", "value": 4}, FAIL, "is 3, less than 4"),
        ("at_most", {"path": "session_limit.*", "value": 3}, PASS, ""),
        ("at_most", {"path": "session_limit.*", "value": 2.9}, FAIL, "is 3, more than 2.9"),
        ("at_least", {"path": "tls_minimum.*", "value": 1.2}, PASS, ""),
        ("at_least", {"path": "tls_minimum.*", "value": 1.3}, FAIL, ""),
        ("at_least", {"path": "security_mode", "value": 0}, UNKNOWN, "which is not a number"),
        ("at_least", {"path": "rollback_to_pre_8", "value": 0}, UNKNOWN, "which is not a number"),
        ("matches", {"path": "release", "pattern": r"14\..*"}, PASS, ""),
        ("matches", {"path": "release", "pattern": "14"}, FAIL, "which does not match 14"),
        ("matches", {"path": "session_limit.*", "pattern": "[1-3]"}, PASS, ""),
        ("matches", {"path": "rollback_to_pre_8", "pattern": ".*"}, UNKNOWN, "which is not text"),
        ("matches", {"path": "listening", "pattern": ".*"}, UNKNOWN, "which is not text"),
        ("matches", {"path": ["nodes", "*", "name"], "pattern": "(ucm|cucm|imp).*"}, PASS, ""),
        ("matches", {"path": ["nodes", 0, "type"], "pattern": "imp"}, PASS, "nodes.0.type is imp"),
        ("absent", {"path": "parameters.Gone"}, PASS, "there is nothing at parameters.Gone"),
        ("absent", {"path": "parameters.SSORedirect"}, FAIL, "parameters.SSORedirect is 0"),
        ("absent", {"path": "rollback_to_pre_8"}, FAIL, "is False"),
        ("absent", {"path": "contradictions"}, PASS, ""),
        ("absent", {"path": "duties.ctl_update"}, PASS, ""),
        ("absent", {"path": "unsettled"}, PASS, ""),
        ("absent", {"path": "release.major"}, PASS, "there is nothing at release.major"),
        ("equals", {"path": "health.nodes.*.ntp_synchronised", "value": True}, PASS, ""),
        # What is not there.
        ("equals", {"path": "parameters.Gone", "value": "1"}, UNKNOWN, "there is no parameters.Gone"),
        ("equals", {"path": "parameters.Gone", "value": "1", "missing": "unknown"}, UNKNOWN, ""),
        ("equals", {"path": "parameters.Gone", "value": "1", "missing": "fail"}, FAIL, "there is no"),
        ("equals", {"path": "parameters.Gone", "value": "1", "missing": "skip"}, NOT_APPLICABLE, ""),
        ("equals", {"path": "release.major", "value": "1"}, UNKNOWN, "there is no release.major"),
        ("equals", {"path": "expressway_c.*.description", "value": ""}, PASS, ""),
        ("equals", {"path": ["ctl_files", "*", "modified_at"], "value": "2026-03-10T10:00:00"}, PASS, ""),
    ],
)
def test_generic_judges(judge: str, with_: dict[str, t.Any], verdict: str, words: str) -> None:
    result = own(judge, **with_)
    assert (result["verdict"], words in result["reason"]) == (verdict, True), result["reason"]


def test_every_one_must_be_right() -> None:
    facts = changed(audited(), [(("session_limit", SUB2), 10)])
    result = own("at_most", facts, path="session_limit.*", value=3)
    assert (result["verdict"], result["reason"]) == (FAIL, f"session_limit.{SUB2} is 10, more than 3.")
    assert result["evidence"]["values"] == {
        f"session_limit.{PUB}": 3,
        f"session_limit.{SUB1}": 3,
        f"session_limit.{SUB2}": 10,
    }


def test_nodes_of_which_nothing_was_read_are_not_left_out() -> None:
    facts = changed(audited(), [(("health", "nodes"), GONE)])
    path = "health.nodes.*.ntp_synchronised"
    result = own("equals", facts, path=path, value=True, missing="skip")
    assert (result["verdict"], f"health of {SUB1}" in result["reason"]) == (UNKNOWN, True)


def test_nothing_is_nothing_to_judge() -> None:
    result = own("equals", {**audited(), "expressway_c": {}}, path="expressway_c.*.description", value="x")
    assert (result["verdict"], result["reason"]) == (
        NOT_APPLICABLE,
        "there is nothing at expressway_c.*.description.",
    )


@pytest.mark.parametrize("judge", ["equals", "absent"])
@pytest.mark.parametrize(
    ("path", "missed"),
    [
        (["services", "*", "x", "status"], True),
        (["services"], True),
        (["services", SUB1, "x"], True),
        # Another node's reading does not matter.
        (["services", SUB2, "x"], False),
    ],
    ids=str,
)
def test_a_path_through_a_node_that_was_not_read(judge: str, path: list[str], missed: bool) -> None:
    facts = changed(
        audited(),
        [
            (("services", SUB1), GONE),
            (("unavailable", f"services.{SUB1}"), "not_soap: HTTP 403 and no SOAP"),
        ],
    )
    if path == ["services"] and judge == "absent":
        facts["services"] = {}
    result = own(judge, facts, path=path, **({"value": 1, "missing": "skip"} if judge == "equals" else {}))
    told = f"services of {SUB1}: HTTP 403 and no SOAP (needed: Control Center" in result["reason"]
    if path == ["services"] and judge == "equals":
        assert result["verdict"] == FAIL
    else:
        assert (result["verdict"] == UNKNOWN, told) == (missed, missed)


def test_what_follows_from_facts_is_not_known_without_them() -> None:
    facts = changed(
        audited(),
        [(("ctl_files", SUB1), GONE), (("unavailable", f"ctl_files.{SUB1}"), "privilege_too_low: x")],
    )
    result = own("absent", facts, path="contradictions")
    assert (result["verdict"], result["reason"]) == (
        UNKNOWN,
        f"ctl_files.{SUB1}: x (needed: CLI level 0).",
    )
    assert own("absent", without(audited(), "nodes"), path="contradictions")["verdict"] == UNKNOWN
    # What it does not follow from does not matter.
    facts = changed(without(audited(), "licence"), [(("unavailable", "licence"), "timed_out: x")])
    assert own("absent", facts, path="contradictions")["verdict"] == PASS


@pytest.mark.parametrize("judge", ["equals", "absent"])
def test_a_fact_that_was_not_read(judge: str) -> None:
    facts = without(audited(), "licence")
    options = {"value": True, "missing": "skip"} if judge == "equals" else {}
    result = own(judge, facts, path="licence.registered", **options)
    assert (result["verdict"], result["reason"]) == (
        UNKNOWN,
        "licence was not read: no reason was given.",
    )


@pytest.mark.parametrize(
    ("length", "shown"), [(120, "x" * 120), (121, "x" * 120 + "..."), (500, "x" * 120 + "...")]
)
def test_long_values_are_shortened(length: int, shown: str) -> None:
    facts = {**audited(), "release": "x" * length}
    result = own("equals", facts, path="release", value="y" * 500)
    assert result["evidence"]["values"] == {"release": shown}
    assert result["reason"] == f"release is {shown}, not {'y' * 120}..."


def test_what_a_cluster_stores_is_no_code() -> None:
    """Codes for machines are left out of why something was not read, and of nothing else."""
    facts = {**audited(), "release": "14; no_such: x"}
    assert "is 14; no_such: x, not 15" in own("equals", facts, path="release", value=15)["reason"]


def test_what_is_not_there_or_not_told() -> None:
    facts = changed(audited(), [(("auto_registration", "CM_1"), None)])
    result = own("equals", facts, path="auto_registration.*", value=False)
    assert (result["verdict"], result["reason"]) == (UNKNOWN, "there is no auto_registration.CM_1.")
    result = own("equals", path="parameters.Gone", value="1")
    assert result["evidence"]["values"] == {}
    result = own("absent", facts, path="auto_registration.CM_1")
    assert (result["verdict"], result["reason"]) == (UNKNOWN, "auto_registration.CM_1 was not read.")


def test_the_time_of_judging_has_no_zone_to_be_wrong_about() -> None:
    facts = changed(audited(), [(("certificates", "TVS", "not_after"), "2026-04-19T12:00:00")])
    for now, verdict in (
        (datetime(2026, 3, 20, 12, 0, 0), PASS),
        (datetime(2026, 3, 20, 14, 0, 0, tzinfo=timezone(timedelta(hours=2))), PASS),
        (datetime(2026, 3, 20, 14, 0, 1, tzinfo=timezone(timedelta(hours=2))), FAIL),
        (datetime(2026, 3, 20, 12, 0, 0, tzinfo=timezone(timedelta(hours=-1))), FAIL),
    ):
        assert judged("publisher-certificates-expiry", facts, now=now)["verdict"] == verdict, now


def test_days_of_waivers_may_be_dates() -> None:
    assert with_waivers(waiver(date(2026, 3, 20)))["verdict"] == "waived"


# -- what people read ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("timed_out: gave up after 29.9583 s", "gave up after 30 s"),
        ("timed_out: gave up after 123.456 s", "gave up after 123 s"),
        (
            "licence was not read: timed_out: after 3.92607 s; throttled: no",
            "licence was not read: after 3.9 s; no",
        ),
        ("ended: over", "over"),
        ("connection_failed: [Errno 111] Connection refused", "Connection refused"),
        # What begins with the fact a control of the site is about, and what only looks like a code.
        ("security_mode: not_understood: is no text", "security_mode: is no text"),
        ("health.backup: timed_out: x", "health.backup: x"),
        ("after 0.2 s, 12 s and 1.2.3 s", "after 0.2 s, 12 s and 1.2.3 s"),
        ("not_told it: x", "not_told it: x"),
    ],
)
def test_reasons_are_for_people(why: str, said: str) -> None:
    assert plain(why) == said


def test_the_code_of_a_reason_is_in_the_evidence() -> None:
    for where, place in (("licence", ("licence",)), (f"ctl_files.{SUB1}", ("ctl_files", SUB1))):
        why = "connection_failed: [Errno 111] refused after 2.5181 s"
        facts = changed(audited(), [(place, GONE), (("unavailable", where), why)])
        result = judged("licence-registered" if where == "licence" else "ctl-present", facts)
        assert result["verdict"] == UNKNOWN
        assert result["reason"].endswith(": refused after 2.5 s.")
        assert [each.endswith(why) for each in result["evidence"]["not_read"]] == [True]
    both = [(("ctl_files", SUB2), GONE), (("unavailable", f"ctl_files.{SUB2}"), why)]
    told = judged("ctl-present", changed(facts, both))["evidence"]["not_read"]
    assert told == [f"ctl_files of {node}: {why}" for node in (SUB1, SUB2)]
    results_of_none = results.unreachable("[Errno 111] refused", {})
    assert results_of_none[0]["reason"] == "the cluster could not be read: refused."
    assert results_of_none[0]["evidence"] == {
        "not_read": ["the cluster could not be read: [Errno 111] refused"]
    }
    assert results.unreachable("refused", {})[0]["evidence"] == {}


def test_departures_from_the_guide_are_told_once_with_their_clusters() -> None:
    def cluster(name: str, intent: dict[str, t.Any], *waivers: dict[str, t.Any]) -> dict[str, t.Any]:
        config = {"intent": intent, "waivers": list(waivers)}
        return {"name": name, "results": results.judge_cluster(audited(), config, CLUSTER, MOMENT)}

    unread = {"name": "away", "results": results.unreachable("x", {})}
    assert results.departures([cluster("a", {}), cluster("b", {"security_mode": "mixed"}), unread]) == []
    plain_mode = {"security_mode": "non_secure"}
    # The cluster is in mixed mode, so it fails by its intent; a waiver does not hide what is intended.
    waived = {
        "control": "cluster-security-mode",
        "clusters": "*",
        "reason": "x",
        "owner": "y",
        "expires": "2099-01-01",
    }
    fleet = [cluster(str(number), plain_mode, *([waived] if number else [])) for number in range(12)]
    assert results.departures([*fleet, cluster("open", {"auto_registration": "enabled"}), unread]) == [
        "cluster-security-mode is judged by the intent non_secure at 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more, "
        "which departs from the security guide: it wants mixed",
        "auto-registration is judged by the intent enabled at open, which departs from the security guide: it wants disabled",
    ]
