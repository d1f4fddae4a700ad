# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every module that brings configuration objects to a state by AXL."""

from __future__ import annotations

import threading
import typing as t

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from cucm_lab.fixture import ClusterHandle

from .journal import Journal
from .modules import Modules
from .outcome import Outcome
from .topologies import AXL_PASSWORD, CLI_PASSWORD

ACCEPTED = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<ns:{operation}Response xmlns:ns="http://www.cisco.com/AXL/API/14.0"><return>true</return></ns:{operation}Response>'
    "</soapenv:Body></soapenv:Envelope>"
)


class Writes:
    """Tests of a module.

    Attributes:
        module: Its name.
        changing: Options that change one object.
        name: That object, as the results name it.
        operation: The AXL operation that does it.
        effects: What it does to the lab, one word list an object.
        reading: The last AXL operation of a reading of the objects.
        by_somebody: What somebody else makes of the same object, for C(ClusterHandle.set).
        gathered: The key of what state gathered returns.
    """

    module: t.ClassVar[str]
    changing: t.ClassVar[dict[str, t.Any]]
    name: t.ClassVar[str]
    operation: t.ClassVar[str]
    effects: t.ClassVar[list[str]]
    reading: t.ClassVar[str]
    by_somebody: t.ClassVar[dict[str, t.Any]]
    gathered: t.ClassVar[str]

    def run(self, modules: Modules, **options: t.Any) -> Outcome:
        """Run the module so that it changes something, by AXL alone."""
        without_cli = {"cli_username": None, "cli_password": None}
        return modules.run(self.module, **{**without_cli, **self.changing, **options})

    def back(self, modules: Modules, **options: t.Any) -> Outcome:
        return modules.run(self.module, state="restored", record="r", **options)

    def configuration(self, cluster: ClusterHandle) -> dict[str, t.Any]:
        """Return all that this module could change."""
        state = cluster.state()
        return {key: state[key] for key in ("service_parameters", "ports", "expressway_c")}

    def test_reading_changes_nothing(self, modules: Modules, journal: Journal) -> None:
        result = modules.run(self.module, state="gathered", diff=True)
        assert not result["changed"] and result[self.gathered] is not None and "diff" not in result
        assert journal.changing() == []
        assert not list(modules.state_dir.glob("*.jsonl"))

    def test_change_and_then_nothing_more(
        self, modules: Modules, journal: Journal, cluster: ClusterHandle
    ) -> None:
        result = self.run(modules)
        assert (result["changed"], len(result["operations"])) == (True, len(self.effects))
        assert journal.effects() == self.effects
        since = cluster.last_seq
        again = self.run(modules, diff=True)
        assert (again["changed"], again["operations"], "diff" in again) == (False, [], False)
        assert again["before"] == again["after"] == result["after"]
        assert Journal(cluster, since).changing() == []

    def test_check_mode_and_diff(self, modules: Modules, journal: Journal) -> None:
        planned = self.run(modules, check=True, diff=True, record="r")
        assert planned["changed"]
        assert journal.changing() == []
        assert not list(modules.state_dir.glob("*.jsonl"))
        done = self.run(modules, diff=True, record="r")
        for key in ("changed", "operations", "before", "after", "diff"):
            assert planned[key] == done[key], key
        assert done["diff"] == {"before": done["before"], "after": done["after"]}

    def test_back(self, modules: Modules, journal: Journal, cluster: ClusterHandle) -> None:
        before = self.configuration(cluster)
        self.run(modules, record="r")
        planned = self.back(modules, check=True)
        since = cluster.last_seq
        done = self.back(modules)
        assert (done["changed"], done["kept"]) == (True, {})
        assert planned["operations"] == done["operations"]
        assert self.configuration(cluster) == before
        assert len(Journal(cluster, since).effects()) == len(self.effects)
        since = cluster.last_seq
        assert not self.back(modules)["changed"]
        assert Journal(cluster, since).changing() == []

    def test_what_somebody_changed_since_stays(
        self, modules: Modules, journal: Journal, cluster: ClusterHandle
    ) -> None:
        self.run(modules, record="r")
        cluster.set(**self.by_somebody)
        theirs = self.configuration(cluster)
        since = cluster.last_seq
        result = self.back(modules)
        assert list(result["kept"]) == [self.name]
        assert any(self.name in warning for warning in modules.warnings)
        assert len(Journal(cluster, since).effects()) == len(self.effects) - 1
        if len(self.effects) == 1:
            assert self.configuration(cluster) == theirs

    def test_throttled_and_then_accepted(
        self, modules: Modules, journal: Journal, cluster: ClusterHandle
    ) -> None:
        # The backlog stays until the module has waited, however long it takes to get there.
        cluster.set(change_notifications=1800, timings={"change_notifications_per_s": 0})
        modules.clock = Clock(sleep=lambda seconds: cluster.set(change_notifications=0))
        result = self.run(modules)
        assert result["changed"], dict(result)
        assert journal.effects() == self.effects
        assert len(journal.entries(operation=f"axl {self.operation}")) > len(self.effects)
        assert any("throttles" in line for line in modules.progress)

    def test_throttled_for_ever(self, modules: Modules, journal: Journal, cluster: ClusterHandle) -> None:
        with cluster.faulty("http", match={"operation": f"axl {self.operation}"}, status=503):
            result = self.run(modules, throttle_timeout=0.0)
        result.refused("throttled", "503")
        assert (result["changed"], journal.effects()) == (False, [])

    def test_an_answer_lost_after_the_effect(
        self, modules: Modules, journal: Journal, cluster: ClusterHandle
    ) -> None:
        with cluster.faulty("cut", match={"kind": "effect"}, when="after"):
            result = self.run(modules)
        assert result["changed"], dict(result)
        assert journal.effects() == self.effects
        assert len(journal.entries(operation=f"axl {self.operation}")) == len(self.effects)

    def test_an_answer_lost_before_the_effect(
        self, modules: Modules, journal: Journal, cluster: ClusterHandle
    ) -> None:
        """What was never carried out is not sent again blindly; the next run does it, and the way back knows it."""
        before = self.configuration(cluster)
        with cluster.faulty("cut", match={"operation": f"axl {self.operation}"}, when="before"):
            result = self.run(modules, record="r")
        result.refused("outcome_unknown")
        assert (result["changed"], journal.effects()) == (False, [])
        assert self.run(modules, record="r")["changed"]
        assert journal.effects() == self.effects
        self.back(modules)
        assert self.configuration(cluster) == before

    def test_somebody_changes_it_in_between(
        self, modules: Modules, journal: Journal, cluster: ClusterHandle
    ) -> None:
        """Held at the last request before the first change, where the module looks once more."""
        started = cluster.last_seq
        self.run(modules, check=True)
        readings = len(Journal(cluster, started).entries(operation=f"axl {self.reading}"))
        held = cluster.fault("hold", match={"operation": f"axl {self.reading}"}, skip=readings)
        results: list[Outcome] = []
        running = threading.Thread(target=lambda: results.append(self.run(modules, record="r")))
        running.start()
        cluster.wait_hit(held)
        cluster.set(**self.by_somebody)
        theirs = self.configuration(cluster)
        cluster.release(held)
        running.join(10)
        results[0].refused("state_changed", self.name)
        assert (journal.changing(), self.configuration(cluster)) == ([], theirs)

    def test_accepted_without_effect_is_a_contradiction(
        self, modules: Modules, journal: Journal, cluster: ClusterHandle
    ) -> None:
        lie = {
            "status": 200,
            "body": ACCEPTED.format(operation=self.operation),
            "content_type": "text/xml;charset=utf-8",
        }
        with cluster.faulty("http", match={"operation": f"axl {self.operation}"}, **lie):
            result = self.run(modules)
        result.refused("change_not_effective", self.name)
        assert result["changed"], "nobody knows"
        assert self.name in result["failure"]["details"]["witnesses"]
        assert journal.effects() == []

    def test_a_fault_is_told(self, modules: Modules, journal: Journal, cluster: ClusterHandle) -> None:
        with cluster.faulty(
            "axl_fault", match={"operation": f"axl {self.operation}"}, code=5003, message="Not today"
        ):
            result = self.run(modules)
        result.refused("soap_fault", "Not today")
        assert (result["changed"], journal.effects()) == (False, [])

    def test_an_account_that_may_only_read(self, modules: Modules, journal: Journal) -> None:
        """It reads before and after its refusal: the password is right, and is not taken for refused."""
        result = self.run(modules, axl_username="axlread")
        result.refused("write_not_allowed", "axlread", "read-only")
        assert (result["changed"], journal.effects()) == (False, [])
        assert modules.run(self.module, state="gathered", axl_username="axlread").code is None
        wrong = modules.run(self.module, state="gathered", axl_username="axlread", axl_password="wrong")
        wrong.refused("authentication_refused")

    def test_a_cli_account_alone_is_not_enough(self, modules: Modules, journal: Journal) -> None:
        for options in (self.changing, {"state": "gathered"}):
            result = modules.run(self.module, **{**options, "axl_username": None, "axl_password": None})
            result.refused("account_missing", "axl_username")
        assert journal.changing() == []

    def test_back_without_a_name(self, modules: Modules, journal: Journal) -> None:
        modules.run(self.module, state="restored").refused("invalid_input", "record")
        assert journal.entries(kind="http") == []

    def test_another_task_holds_the_cluster(
        self, modules: Modules, journal: Journal, cluster: ClusterHandle
    ) -> None:
        held = cluster.fault("hold", match={"operation": f"axl {self.operation}"})
        results: list[Outcome] = []
        running = threading.Thread(target=lambda: results.append(self.run(modules)))
        running.start()
        cluster.wait_hit(held)
        self.run(modules.fresh(), record="r").refused("cluster_locked", f"test of {self.module}")
        cluster.release(held)
        running.join(10)
        assert results[0]["changed"]
        assert journal.effects() == self.effects

    def test_no_secret_is_written_down(self, modules: Modules) -> None:
        self.run(modules, record="r")
        text = "".join(file.read_text("utf-8") for file in modules.state_dir.glob("*.jsonl"))
        assert self.name.rpartition("/")[2] in text
        assert AXL_PASSWORD not in text and CLI_PASSWORD not in text


def refuse(
    modules: Modules, journal: Journal, module: str, code: str, words: t.Sequence[str], **options: t.Any
) -> Outcome:
    """Run a module that must refuse, before anything is changed, in check mode too."""
    planned = modules.run(module, check=True, **options)
    result = modules.run(module, **options)
    result.refused(code, *words)
    assert planned.code == code
    assert not result["changed"]
    assert journal.changing() == []
    return result
