# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook compliance, as a scheduler runs it: what it asks, what it judges, and what becomes of a cluster that does not answer."""

from __future__ import annotations

import json
import typing as t
from collections import Counter
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._compliance.controls import BUILT_IN
from ansible_collections.ucops.cucm.plugins.module_utils._facts.model import SUBSETS
from cucm_lab import hostile
from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness.modules import Modules
from .harness.playbooks import Playbooks
from .harness.runs import Run

PUBLISHER, SUB1, SUB2 = NODES = ("good-pub", "good-sub1", "good-sub2")
OTHER = "other"
BY_CLI = [
    control.id
    for control in BUILT_IN.values()
    if any("CLI" in SUBSETS[subset].needs for subset in control.reads)
]
WITHOUT_CLI = {"controls": [{"id": control, "enabled": False} for control in BY_CLI]}
# What a good cluster does not have by itself.
WANTED = {"cucm_security_mode": "mixed", "cucm_auto_registration": "disabled"}
TOPOLOGY: dict[str, t.Any] = {
    "time_scale": 100,
    "clusters": [
        {
            "name": "good",
            "release": "14",
            "nodes": [
                {"name": PUBLISHER, "role": "publisher", "address": "127.61.1.1"},
                {"name": SUB1, "address": "127.61.1.2"},
                {"name": SUB2, "address": "127.61.1.3"},
            ],
            "state": {"security_mode": "mixed"},
            "phones": [{"count": 3}],
        },
        {
            "name": OTHER,
            "release": "15",
            # Without the vulnerabilities that are known of earlier builds, as long as WebDialer does not run.
            "version": "15.0.1.14901-2",
            "nodes": [{"name": "other-pub", "role": "publisher", "address": "127.61.2.1"}],
            "state": {"security_mode": "mixed"},
        },
    ],
}


@pytest.fixture(scope="module")
def lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """Two clusters of these tests' own."""
    return cucm_lab_start(TOPOLOGY)


@pytest.fixture
def good(lab: RunningLab) -> ClusterHandle:
    """A cluster of three nodes in mixed mode."""
    lab.clusters["good"].reset()
    lab.clusters[OTHER].reset()
    return lab.clusters["good"]


@pytest.fixture
def other(lab: RunningLab, good: ClusterHandle) -> ClusterHandle:
    """A cluster beside it."""
    return lab.clusters[OTHER]


@pytest.fixture
def playbooks(good: ClusterHandle, tmp_path: Path) -> Playbooks:
    """Runs of the collection's playbooks; the journal of each is the first cluster's."""
    return Playbooks(good, tmp_path)


class Report:
    """What a run wrote."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.content = json.loads((directory / "compliance.json").read_text())
        self.clusters = {cluster["name"]: cluster for cluster in self.content["clusters"]}

    def verdicts(self, cluster: str = "good") -> dict[str, str]:
        """Return control to verdict."""
        return {result["control"]: result["verdict"] for result in self.clusters[cluster]["results"]}

    def reason(self, control: str, cluster: str = "good") -> str:
        """Return why a control has its verdict."""
        return next(
            result["reason"] for result in self.clusters[cluster]["results"] if result["control"] == control
        )

    def unknown(self, cluster: str = "good") -> set[str]:
        """Return the controls of which nothing is known."""
        return {control for control, verdict in self.verdicts(cluster).items() if verdict == "unknown"}


def judge(playbooks: Playbooks, *arguments: str, **variables: t.Any) -> tuple[Run, Report]:
    """Run the playbook to its end; return the run and the report."""
    directory = playbooks.directory / "report"
    given = {"cucm_compliance_directory": str(directory), **WANTED, **variables}
    run = playbooks.run("compliance", *arguments, **given)
    return run, Report(directory)


def asked(run: Run) -> Counter[str]:
    """Return how often which operation was requested over HTTPS."""
    return Counter(entry["operation"] for entry in run.entries if entry["kind"] == "http")


def test_what_a_full_run_asks(playbooks: Playbooks) -> None:
    """Nothing that changes, nothing twice, and every request for something a control needs."""
    run, report = judge(playbooks)
    run.ok()
    assert run.changing() == []
    assert asked(run) == {
        # Before the password leaves for the first time.
        "no-login GET /axl/": 1,
        # The certificates are asked for apart, so that their answer alone may be too large.
        "axl executeSQLQuery": 2,
        "axl getCCMVersion": 1,
        "axl getSmartLicenseStatus": 1,
        "axl getCallManager": len(NODES),
        "control-center soapGetServiceStatus": len(NODES),
    }
    assert run.logins() == dict.fromkeys(NODES, 1)
    commands = Counter(
        (entry["node"], entry["operation"]) for entry in run.entries if entry["kind"] == "command"
    )
    twice = {command for (_node, command), times in commands.items() if times > 1}
    # Proves the end of the output of another command.
    assert twice == {"show cli pagination"}
    assert report.unknown() == set()
    assert {"fail", "pass", "not_applicable"} == set(report.verdicts().values())
    assert report.verdicts()["phones-secure"] == "fail"
    assert set(report.verdicts(OTHER)) == set(BUILT_IN)


def test_one_read_of_axl_more_where_expressways_are_wanted(playbooks: Playbooks) -> None:
    run, report = judge(
        playbooks, cucm_expressway_c=[{"host": "exp1.example.com"}], cucm_compliance=WITHOUT_CLI
    )
    run.ok()
    others = {
        name: times
        for name, times in asked(run).items()
        if name.startswith("axl") and "getCallManager" not in name
    }
    assert sum(others.values()) == 5, others
    assert report.verdicts()["expressway-c-entries"] == "fail"


def test_the_command_line_is_left_alone_when_no_control_needs_it(playbooks: Playbooks) -> None:
    run, report = judge(playbooks, cucm_compliance=WITHOUT_CLI)
    run.ok()
    assert run.logins() == {}
    assert set(report.verdicts()) == set(BUILT_IN) - set(BY_CLI)
    assert report.unknown() == set()


def test_accounts_that_may_only_read_are_enough(playbooks: Playbooks, good: ClusterHandle) -> None:
    """What is left unknown says which level or role is missing."""
    axl, cli = good.account("axl", 0), good.account("cli", 0)
    run, report = judge(
        playbooks,
        "--limit",
        "good",
        cucm_axl_username=axl["username"],
        cucm_axl_password=axl["password"],
        cucm_cli_username=cli["username"],
        cucm_cli_password=cli["password"],
    )
    run.ok()
    assert run.changing() == []
    assert report.clusters["good"]["accounts"] == {"axl": axl["username"], "cli": cli["username"]}
    # The certificates themselves are in the database.
    assert {"tls-minimum", "certificates-agree"} <= report.unknown() <= set(BY_CLI)
    # The signer is known by its name where its certificate cannot be read.
    assert report.verdicts()["ctl-signer"] == "pass"
    for control in report.unknown():
        assert "CLI level 1" in report.reason(control), report.reason(control)


@pytest.mark.parametrize("kind", ["axl", "cli"])
def test_one_account_that_is_refused_costs_only_what_it_would_have_told(
    playbooks: Playbooks, other: ClusterHandle, kind: str
) -> None:
    """Each account is somebody else's to mend, and the report says whose."""
    account = other.account(kind)["username"]
    other.set(accounts={account: {"password": "another"}})
    run, report = judge(playbooks, cucm_fail_on=["contradiction"])
    run.ok()
    refused = [e for e in other.journal() if e["kind"] == "login" and e["detail"]["result"] == "refused"]
    assert len(refused) == 1
    assert report.clusters[OTHER]["unreachable"] is None
    verdicts = Counter(report.verdicts(OTHER).values())
    assert verdicts["pass"] >= 5 and verdicts["unknown"] >= 5, verdicts
    told = [
        each for each in report.clusters[OTHER]["results"] if "refused the password" in str(each["evidence"])
    ]
    assert len(told) >= 5 and {each["verdict"] for each in told} == {"unknown"}, told


@pytest.mark.parametrize(
    "how", ["silent web service", "silent command line", "refuses both passwords", "down"]
)
def test_a_cluster_that_does_not_answer_is_unknown_and_delays_nobody(
    playbooks: Playbooks, other: ClusterHandle, how: str
) -> None:
    extra: dict[str, t.Any] = {}
    if how == "silent web service":
        other.fault("hold", match={"kind": "http"})
    elif how == "silent command line":
        other.fault("silence")
    elif how == "down":
        other.set(nodes={"other-pub": {"up": False}})
    else:
        other.set(
            accounts={other.account(kind)["username"]: {"password": "another"} for kind in ("axl", "cli")}
        )
    # As long as the cluster that answers may need on a busy machine, and shorter than a node keeps a silent session.
    deadline = 15 if how.startswith("silent") else 300
    run, report = judge(playbooks, cucm_compliance_deadline=deadline, cucm_fail_on=["contradiction"], **extra)
    for fault in other.faults():
        other.release(fault["id"])
    run.ok()
    assert report.unknown() == set()
    if how == "silent command line":
        # What AXL and Control Center told is judged all the same.
        assert report.clusters[OTHER]["unreachable"] is None
        assert report.verdicts(OTHER)["cluster-security-mode"] == "pass"
        assert {"ctl-present", "database-replication"} <= report.unknown(OTHER)
        told = {each["control"]: each for each in report.clusters[OTHER]["results"]}["database-replication"]
        assert "timed_out" not in told["reason"] and "timed_out" in str(told["evidence"]), told
    else:
        assert report.clusters[OTHER]["unreachable"]
        assert set(report.verdicts(OTHER).values()) == {"unknown"}
        # Whoever looks into it has to know whose account it was.
        assert report.clusters[OTHER]["accounts"] == report.clusters["good"]["accounts"]
        assert report.clusters[OTHER]["accounts"]["axl"]
    if how == "refuses both passwords":
        refused = [e for e in other.journal() if e["kind"] == "login" and e["detail"]["result"] == "refused"]
        assert len(refused) == 2


def test_the_exit_status_follows_what_was_asked(playbooks: Playbooks) -> None:
    run, _report = judge(playbooks, cucm_fail_on=["fail", "contradiction"])
    # Non-zero, and after the report was written and the summary printed.
    run.refused("phones-secure", "compliance.html")
    run, _report = judge(playbooks, cucm_fail_on=["contradiction", "unknown"])
    run.ok()


def test_a_wrong_configuration_is_told_once_and_asks_nobody(
    playbooks: Playbooks, other: ClusterHandle
) -> None:
    since = other.last_seq
    wrong = {"controls": [{"id": "phones-sekure", "enabled": False}], "waivers": [{"control": "tvs-up"}]}
    run = playbooks.run("compliance", cucm_compliance=wrong)
    run.refused("controls[0].id", "phones-secure", "waivers[0].expires", "docs/compliance.md")
    assert run.entries == [] and other.journal(since) == []
    assert [line["task"].rpartition(" : ")[2] for line in run.results] == [
        "Refuse unknown variables and invalid values",
        "Check that all clusters are in one batch",
        "Check the site's configuration",
        "Print the problems of the site's configuration",
        "Validate the site's configuration",
    ]
    for place in ("controls[0].id", "waivers[0].expires"):
        (line,) = [line for line in run.output.splitlines() if place in line]
        assert line.strip().startswith(f'"cucm_compliance.{place}')
    problems = run.result("Print the problems of the site's configuration")["msg"]
    assert f"cucm_compliance has {len(problems)} problems, printed above" in run.output


def test_check_mode_writes_nothing(playbooks: Playbooks) -> None:
    run = playbooks.run("compliance", "--check", cucm_compliance_directory=str(playbooks.directory / "none"))
    run.ok()
    assert run.changing() == []
    assert not (playbooks.directory / "none").exists()
    assert "phones-secure" in run.output


def test_the_trend_goes_on_from_run_to_run(playbooks: Playbooks, good: ClusterHandle) -> None:
    judge(playbooks)
    good.set(nodes={SUB1: {"up": False}})
    _run, report = judge(playbooks)
    assert len(report.content["history"]) == 2
    before, now = (point["clusters"]["good"] for point in report.content["history"])
    assert "unknown" not in before and now["unknown"] > 0


def test_hostile_texts_leave_every_verdict_as_it_is(playbooks: Playbooks, good: ClusterHandle) -> None:
    _run, clean = judge(playbooks, "--limit", "good")
    good.set(free_texts=hostile.ALL)
    run, report = judge(playbooks, "--limit", "good")
    run.ok()
    differing = {
        control: (clean.verdicts()[control], verdict, report.reason(control))
        for control, verdict in report.verdicts().items()
        if verdict != clean.verdicts()[control]
    }
    assert differing == {}
    # Nothing was templated on its way through Ansible.
    assert not any(
        part == "49"
        for text in ("compliance.json", "compliance.md")
        for part in (report.directory / text).read_text().split()
    )


def test_facts_that_were_saved_are_judged_as_of_when_they_were_read(
    playbooks: Playbooks, good: ClusterHandle, tmp_path: Path
) -> None:
    """No cluster is asked; what is long ago is judged as it was then."""
    _run, live = judge(playbooks, "--limit", "good")
    facts = Modules(good, tmp_path / "state").run("cluster_info")["cluster"]
    facts["read_at"] = "2026-01-05T03:00:00+00:00"
    saved = tmp_path / "good.json"
    saved.write_text(json.dumps({"changed": False, "cluster": facts}))
    run, report = judge(playbooks, "--limit", "good", cucm_saved=str(saved))
    run.ok()
    assert run.entries == []
    assert report.clusters["good"]["read_at"] == "2026-01-05T03:00:00Z"
    # The lab makes certificates that begin on the day of the run, so on that day they were not valid yet.
    differing = {name for name, verdict in report.verdicts().items() if verdict != live.verdicts()[name]}
    assert differing and all("certificates" in name for name in differing), differing
    assert "is not valid before" in report.reason("publisher-certificates-expiry")
    saved.write_text("{}")
    _run, report = judge(playbooks, "--limit", "good", cucm_saved=str(saved))
    assert "has no facts of a cluster" in report.clusters["good"]["unreachable"]


def test_wrong_options_are_told_before_anybody_is_asked(playbooks: Playbooks) -> None:
    run = playbooks.run("compliance", cucm_fail_on=["fial"], cucm_compliance_deadline="soon")
    run.refused("fial", "compliance_deadline")
    assert run.entries == []


def test_nobody_is_asked_for_a_report_that_cannot_be_written(playbooks: Playbooks) -> None:
    (playbooks.directory / "taken").write_text("")
    run = playbooks.run("compliance", cucm_compliance_directory=str(playbooks.directory / "taken"), **WANTED)
    run.refused("No report can be written to", "taken: Not a directory")
    assert run.entries == []


def test_no_cluster_is_no_success(playbooks: Playbooks) -> None:
    run = playbooks.run("compliance", cucm_hosts="nosuch")
    assert run.returncode != 0 and "No inventory host is in nosuch" in run.output, run.output


def test_a_cluster_that_was_not_read_can_fail_the_run(playbooks: Playbooks, other: ClusterHandle) -> None:
    """Of level 0 something is unknown every night, and that is another thing."""
    other.set(nodes={"other-pub": {"up": False}})
    run, _report = judge(playbooks, cucm_fail_on=["contradiction", "unreachable"])
    run.refused("other")
    other.reset()
    run, _report = judge(playbooks, cucm_fail_on=["contradiction", "unreachable"])
    run.ok()


def test_a_host_whose_variables_cannot_be_rendered_costs_nobody_the_report(
    playbooks: Playbooks, tmp_path: Path
) -> None:
    """It is the first one, which writes the report for all."""
    more = {
        "cucm": {"hosts": {"aa-broken": {"ansible_host": "127.61.9.9", "cucm_axl_password": "{{ nowhere }}"}}}
    }
    (tmp_path / "more.yml").write_text(json.dumps(more))
    run, report = judge(playbooks, "-i", str(tmp_path / "more.yml"))
    run.ok()
    assert "cucm_axl_password cannot be rendered" in report.clusters["aa-broken"]["unreachable"]
    assert report.clusters["good"]["unreachable"] is None


def test_a_part_of_the_fleet_does_not_take_the_place_of_the_whole(playbooks: Playbooks) -> None:
    _run, whole = judge(playbooks)
    run, part = judge(playbooks, "--limit", "good")
    assert {name: each["stale"] for name, each in part.clusters.items()} == {"good": False, OTHER: True}
    assert part.clusters[OTHER] == {**whole.clusters[OTHER], "stale": True}
    assert set(part.content["history"][-1]["clusters"]) == {"good", OTHER}
    assert f"{OTHER}: not in this run, last seen" in run.output
    # What another run saw does not end this one.
    run, _part = judge(playbooks, "--limit", "good", cucm_compliance_retired=[OTHER])
    assert set(Report(whole.directory).clusters) == {"good"}


def test_inventories_of_parts_of_a_fleet_make_one_report(playbooks: Playbooks, tmp_path: Path) -> None:
    _run, whole = judge(playbooks)
    (whole.directory / "compliance.json").unlink()
    for name in ("good", OTHER):
        _run, merged = judge(playbooks, cucm_hosts=name)
    assert set(merged.clusters) == {"good", OTHER}
    for name in ("good", OTHER):
        assert merged.verdicts(name) == whole.verdicts(name)


def test_there_is_one_report_whatever_strategy_the_configuration_names(playbooks: Playbooks) -> None:
    playbooks.environment["ANSIBLE_STRATEGY"] = "free"
    run, report = judge(playbooks)
    run.ok()
    assert set(report.clusters) == {"good", OTHER}
    assert len(report.content["history"]) == 1
    assert run.tasks().count("Write the report") == 1


@pytest.mark.parametrize(
    ("keyword", "value", "mend"),
    [
        ("strategy", "free", "Set strategy: linear"),
        ("strategy", "host_pinned", "Set strategy: linear"),
        ("serial", 1, "Take serial out"),
    ],
)
def test_a_play_that_does_not_keep_its_hosts_together_is_refused_in_words(
    playbooks: Playbooks, tmp_path: Path, keyword: str, value: t.Any, mend: str
) -> None:
    play = {
        "name": "Site",
        "hosts": "cucm",
        "gather_facts": False,
        keyword: value,
        "roles": [{"role": "ucops.cucm.compliance", "cucm_compliance_directory": str(tmp_path / "report")}],
    }
    (tmp_path / "site.yml").write_text(json.dumps([play]))
    run = playbooks.run(str(tmp_path / "site.yml"))
    run.refused(mend)
    assert run.entries == []
    assert not (tmp_path / "report" / "compliance.json").exists()


def test_what_fails_the_run_is_printed_a_line_each(playbooks: Playbooks) -> None:
    run, report = judge(playbooks, cucm_fail_on=["fail"])
    found = [name for name, verdict in report.verdicts().items() if verdict == "fail"]
    for control in found:
        line = f'"good: {control} ('
        assert [each.strip().startswith(line) for each in run.output.splitlines()].count(True) == 1
    assert found and '"findings"' not in run.output


def test_what_a_site_changed_is_in_the_report(playbooks: Playbooks) -> None:
    nobody = {"clusters": "c99*", "reason": "r", "owner": "o", "expires": "2027-01-01"}
    site = {
        "controls": [{"id": "disk-space", "enabled": False}],
        "waivers": [{"control": "tvs-up", **nobody}],
    }
    run, report = judge(playbooks, cucm_compliance=site, cucm_security_mode="non_secure")
    notes = "\n".join(report.content["notes"])
    assert "disk-space" in notes and "c99*" in notes
    # What is intended and not what the guide wants.
    assert "cluster-security-mode" in notes and "departs" in notes
    assert "Note: " in run.output
