# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters built as Cisco recommends: each is planned, rolled out, left alone by the second run, and judged without a false finding.

What is right to find stands in recommended.yml with the reason; a control that is not there has to pass, or not to apply. A few releases
of each topology by default; all with C(CUCM_TOPOLOGIES=every), which C(make soak) sets. C(CUCM_TOPOLOGIES_REPORT) names a directory
for the tables.
"""

from __future__ import annotations

import json
import os
import typing as t
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness.names import CALLMANAGER, CTIMANAGER, ROOT, TFTP
from .harness.playbooks import Playbooks
from .harness.runs import Run

EVERY = os.environ.get("CUCM_TOPOLOGIES") == "every"
REPORT = os.environ.get("CUCM_TOPOLOGIES_REPORT")
FILES = ROOT / "tests" / "lab" / "topologies" / "recommended"
DATA: dict[str, dict[str, t.Any]] = yaml.safe_load(Path(__file__).with_name("recommended.yml").read_text())
# What applies a change only at its start: TN118893, TN221657 and CVD14 for the CTL file, the text of utils sipOAuth-mode and
# OAUTH15 for SIP OAuth mode, whose service is one of them.
RESTARTED = (TFTP, CALLMANAGER, CTIMANAGER)
QUICK = {"cucm_poll_interval": 0.1, "cucm_stable_for": 0.2, "cucm_wait_timeout": 30}


def has_ipv6() -> bool:
    """Return whether the machine has the loopback address of IPv6."""
    return Path("/proc/net/if_inet6").exists() and "00000000000000000000000000000001" in Path(
        "/proc/net/if_inet6"
    ).read_text("ascii")


@dataclass(frozen=True)
class Case:
    """A topology on a release."""

    name: str
    release: str

    def __str__(self) -> str:
        return f"{self.name}-{self.release}"

    @property
    def described(self) -> dict[str, t.Any]:
        """The topology, on this release."""
        whole = yaml.safe_load((FILES / f"{self.name}.yml").read_text("utf-8"))
        (cluster,) = whole["clusters"]
        cluster["release"] = self.release
        return t.cast("dict[str, t.Any]", whole)

    @property
    def cluster(self) -> dict[str, t.Any]:
        """The one cluster of it."""
        (cluster,) = self.described["clusters"]
        return t.cast("dict[str, t.Any]", cluster)

    @property
    def variables(self) -> dict[str, t.Any]:
        """What the operator of this release adds to the inventory: 11.5 shows its licence nowhere."""
        attested = self.cluster["inventory_vars"]["cucm_attestations"]
        more = {"licence": True} if self.release == "11.5" else {}
        return {**QUICK, "cucm_attestations": {**attested, **more}}

    @property
    def changes(self) -> bool:
        """Whether the cluster is not as wanted at the beginning."""
        return "state" not in self.cluster

    @property
    def restarts(self) -> Counter[str]:
        """The restarts that are due by the table, each once, whatever makes it due."""
        return Counter(
            f"{node['name']}: service restart {service}"
            for node in self.cluster["nodes"]
            for service in node["services"]
            if self.changes and service in RESTARTED
        )

    @property
    def findings(self) -> dict[str, str]:
        """The verdicts that are right although they are not good, by control."""
        return {
            control: verdict[self.release] if isinstance(verdict, dict) else verdict
            for control, found in DATA[self.name]["findings"].items()
            for verdict in [found["verdict"]]
            if self.release in found.get("releases", [self.release])
        }


def cases() -> list[Case]:
    """Return the topologies on their releases: all, or those that are tried in every run."""
    which = "releases" if EVERY else "often"
    return [Case(name, release) for name, told in DATA.items() for release in told[which]]


def judged(playbooks: Playbooks, case: Case) -> tuple[Run, dict[str, dict[str, t.Any]]]:
    """Return the run of the compliance playbook, and the results by control."""
    directory = playbooks.directory / "report"
    run = playbooks.run("compliance", cucm_compliance_directory=str(directory), **case.variables)
    (cluster,) = json.loads((directory / "compliance.json").read_text("utf-8"))["clusters"]
    return run, {result["control"]: result for result in cluster["results"]}


def write(case: Case, plan: Run, first: Run, verdicts: dict[str, dict[str, t.Any]]) -> None:
    """Write the table of a case, if it is wanted."""
    if REPORT is None:
        return
    done = Counter({what: times for what, times in first.effects().items() if "restart" in what})
    table = {
        "topology": case.name,
        "release": case.release,
        "operations": len(plan.result("Plan the operations")["ansible_facts"]["rollout_plan"]["operations"]),
        "restarts_due": dict(case.restarts),
        "restarts_done": dict(done),
        "findings": {
            control: f"{each['verdict']}: {each['reason']}"
            for control, each in verdicts.items()
            if each["verdict"] not in ("pass", "not_applicable")
        },
    }
    Path(REPORT).mkdir(parents=True, exist_ok=True)
    Path(REPORT, f"{case}.json").write_text(json.dumps(table, indent=1), "utf-8")


def test_every_topology_is_tried() -> None:
    """And every release often enough, in a run of the tests that takes only some."""
    assert {file.stem for file in FILES.glob("*.yml")} == set(DATA)
    often = Counter(release for told in DATA.values() for release in told["often"])
    assert all(told["often"] for told in DATA.values())
    assert set(often) == {"11.5", "12.5", "14", "15"} and min(often.values()) >= 2, often


@pytest.mark.parametrize("case", cases(), ids=str)
def test_a_recommended_cluster(
    case: Case, cucm_lab_start: t.Callable[..., RunningLab], tmp_path: Path
) -> None:
    if case.name == "ipv6" and not has_ipv6():
        pytest.skip("this machine has no IPv6 loopback address (::1)")
    lab = cucm_lab_start(case.described, time_scale=200)
    try:
        rolled_out(case, lab.clusters[case.name], tmp_path)
    finally:
        lab.stop()


def rolled_out(case: Case, cluster: ClusterHandle, directory: Path) -> None:
    """Plan, roll out, run again and judge, and compare with what is right."""
    playbooks = Playbooks(cluster, directory)
    plan = playbooks.run("plan", **case.variables).ok()
    assert plan.changing() == []

    first = playbooks.rollout(**case.variables).ok()
    done = Counter({what: times for what, times in first.effects().items() if "restart" in what})
    assert done == case.restarts
    assert bool(first.recap["changed"]) == case.changes
    state = cluster.state()
    assert state["cluster_security_mode"] == "mixed"
    wanted = case.cluster["inventory_vars"].get("cucm_sip_oauth_mode", "disabled")
    assert state["sip_oauth_mode"] == wanted

    second = playbooks.rollout(**case.variables).ok()
    assert (second.recap["changed"], second.changing()) == (0, []), second.output

    run, verdicts = judged(playbooks, case)
    run.ok()
    write(case, plan, first, verdicts)
    assert run.changing() == []
    found = {
        control: result["verdict"]
        for control, result in verdicts.items()
        if result["verdict"] not in ("pass", "not_applicable")
    }
    differing = {control for control, _verdict in found.items() ^ case.findings.items()}
    assert not differing, {
        control: (case.findings.get(control, "no finding"), found.get(control), verdicts[control]["reason"])
        for control in sorted(differing)
    }
