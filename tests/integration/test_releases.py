# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every release the collection knows, from non-secure to mixed mode and back, and what differs between them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

import paramiko
import pytest

from cucm_lab.fixture import ClusterHandle, RunningLab

from .harness.names import ROOT
from .harness.playbooks import Playbooks
from .harness.runs import Run

CALLMANAGER, TFTP, CTIMANAGER = "Cisco CallManager", "Cisco Tftp", "Cisco CTIManager"
ATTESTATIONS = (
    "export_restricted_image",
    "itlrecovery_backup",
    "registration_baseline",
    "maintenance_window",
)


@dataclass(frozen=True)
class Expected:
    """What a release is known by: one line per difference."""

    release: str
    axl: str
    signer: str
    restarts_named: tuple[str, ...]
    has_ctl_provider: bool
    attests_licence: bool
    ssh_login: str
    question: str


RELEASES = [
    Expected("11.5", "11.5", "CN=r115-pub", (TFTP, CALLMANAGER), True, True, "keyboard-interactive", "sets"),
    Expected(
        "12.5", "12.5", "CN=ITLRECOVERY", (TFTP, CALLMANAGER), True, False, "keyboard-interactive", "will set"
    ),
    Expected(
        "14",
        "14.0",
        "CN=ITLRECOVERY",
        (CALLMANAGER, CTIMANAGER),
        True,
        False,
        "keyboard-interactive",
        "will set",
    ),
    Expected("15", "15.0", "CN=ITLRECOVERY", (CTIMANAGER,), False, False, "keyboard-interactive", "will set"),
]


@dataclass(frozen=True)
class Field:
    """A cluster of one release, and how playbooks are run against it."""

    expected: Expected
    cluster: ClusterHandle
    playbooks: Playbooks

    def rollout(self, mode: str, *arguments: str, **variables: t.Any) -> Run:
        """Roll out with everything that the release needs said."""
        attested = [*ATTESTATIONS, *(["licence"] if self.expected.attests_licence else [])]
        return self.playbooks.rollout(
            *arguments,
            cucm_security_mode=mode,
            cucm_consent_to_restarts=True,
            cucm_attestations={**dict.fromkeys(attested, True), **variables.pop("attestations", {})},
            cucm_poll_interval=0.1,
            cucm_stable_for=0.2,
            cucm_wait_timeout=30,
            **variables,
        )


@pytest.fixture(scope="module", params=RELEASES, ids=lambda expected: expected.release)
def release(request: pytest.FixtureRequest, cucm_lab_start: t.Callable[..., RunningLab]) -> t.Any:
    """A running lab of one release."""
    topology = ROOT / "tests" / "lab" / "topologies" / f"release-{request.param.release}.yml"
    return request.param, cucm_lab_start(topology, time_scale=200, free_ports=True)


@pytest.fixture
def field(release: tuple[Expected, RunningLab], tmp_path: Path) -> Field:
    """A fresh non-secure cluster."""
    expected, lab = release
    (cluster,) = lab.clusters.values()
    cluster.reset()
    return Field(expected, cluster, Playbooks(cluster, tmp_path))


def test_to_mixed_mode_and_back(field: Field) -> None:
    """The whole job, the second run, and the way back, with the differences of the release."""
    expected = field.expected
    first = field.rollout("mixed").ok()
    assert field.cluster.state()["cluster_security_mode"] == "mixed"

    facts = first.result("Read the cluster")["cluster"]
    assert facts["release"].startswith(expected.release)
    provider = facts["services"][facts["publisher"]].get("Cisco CTL Provider")
    assert (provider is not None and provider["present"]) == expected.has_ctl_provider
    assert set(facts["certificates"]) >= {"CallManager", "TVS", "ITLRecovery", "tomcat"}
    assert ("licence" in facts["unavailable"]) == expected.attests_licence

    mode = first.result("Set the cluster security mode")
    assert tuple(mode["restarts_named"]) == expected.restarts_named
    proof = first.result("Read the cluster again")["cluster"]
    for file in proof["ctl_files"].values():
        assert file["signer"].startswith(expected.signer), file["signer"]
        assert file["implied_mode"] == "mixed"
    activated = [change for change in first.changed() if "activate" in change]
    assert len(activated) == (2 if expected.has_ctl_provider else 1)
    assert facts["axl_version"] == expected.axl
    logins = [entry for entry in first.entries if (entry["kind"], entry["operation"]) == ("login", "ssh")]
    assert {entry["detail"]["method"] for entry in logins} == {expected.ssh_login}
    assert any(expected.question in question for question in _questions(field))

    second = field.rollout("mixed").ok()
    assert (second.recap["changed"], second.changing()) == (0, [])
    assert max(second.logins().values()) == 1

    back = field.rollout("non_secure").ok()
    assert "A CTL file stays on" in back.output
    assert field.cluster.state()["cluster_security_mode"] == "non_secure"


def _questions(field: Field) -> list[str]:
    """Return the questions that were recorded before they were answered."""
    (state,) = field.playbooks.state_dir.glob("*.jsonl")
    return [line for line in state.read_text("utf-8").splitlines() if '"event": "answer"' in line]


def test_without_its_licence(field: Field) -> None:
    """Not attested on 11.5, not registered on the others: nothing is changed, and the reason is named."""
    if field.expected.attests_licence:
        run = field.rollout("mixed", attestations={"licence": False})
        run.refused("licence (unknown)", "cucm_attestations: {licence: true}")
    else:
        field.cluster.set(licence={"registration": "UNREGISTERED", "export_control": "Not Allowed"})
        run = field.rollout("mixed").refused("licence (fail)", "not registered")
    assert run.changing() == []


@pytest.mark.parametrize("algorithms", ["old", "sha2"])
def test_ssh_algorithms(field: Field, algorithms: str) -> None:
    """SHA-1 only is refused with a way out where this paramiko has dropped it; SHA-2 only works everywhere."""
    field.cluster.set(ssh=algorithms)
    dropped = algorithms == "old" and int(paramiko.__version__.partition(".")[0]) >= 5
    run = field.rollout("mixed", "--check")
    if dropped:
        run.refused(
            "No common SSH algorithm", "diffie-hellman-group14-sha1", "paramiko<5", paramiko.__version__
        )
        assert "Traceback" not in run.output
        assert run.failures() == ["ssh_algorithms"]
        assert not run.logins()
    else:
        run.ok()
