# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a device is still at work on counts as under way: it is not taken for done before it is whole, nor for not done."""

from __future__ import annotations

import threading
import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.waits import SHORTEST_CHANGE
from cucm_lab.fixture import ClusterHandle

from .conftest import publish_ctl
from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import CAPF, MIXED_COMMAND, PUBLISHER, SUB1, SUB2, UPDATE_COMMAND
from .harness.outcome import Outcome

UPLOAD = {"kind": "effect", "operation": "trust_store phone-edge-trust add"}
# Device seconds that no test waits out: what is under way ends when the test lets it.
LONG = 100 * SHORTEST_CHANGE


class Background:
    """A module that runs beside the test."""

    def __init__(self, modules: Modules, module: str, **options: t.Any) -> None:
        self._modules, self._results = modules, list[Outcome]()
        self._thread = threading.Thread(
            target=lambda: self._results.append(modules.run(module, **options)), daemon=True
        )
        self._thread.start()

    def says(self, words: str, times: int = 1) -> bool:
        """Return whether it ended, or its progress has had these words so often."""
        return bool(self._results) or sum(words in line for line in self._modules.progress) >= times

    @property
    def ended(self) -> bool:
        return bool(self._results)

    def end(self) -> Outcome:
        """Wait for its end and return its result."""
        self._thread.join(120)
        return self._results[0]


@pytest.mark.parametrize("command", [MIXED_COMMAND, UPDATE_COMMAND])
@pytest.mark.parametrize("late", [SUB1, SUB2])
def test_a_mode_is_not_done_before_every_node_has_its_copy(
    modules: Modules, cluster: ClusterHandle, journal: Journal, command: str, late: str
) -> None:
    """The publisher shows the wanted state, the connection is gone, and the file is still on its way to a node."""
    if command == UPDATE_COMMAND:
        cluster.set(services={PUBLISHER: {CAPF: {"activated": True}}})
        cluster.set(database={"processconfig": {"ClusterSecurityMode": "1"}})
        publish_ctl(cluster)
    cluster.set(cli={"on_disconnect": "continue"})
    held = cluster.fault(
        "hold", match={"kind": "effect", "operation": "ctl_file update", "node": late}, when="before"
    )
    cluster.fault(
        "cut", match={"kind": "effect", "operation": "ctl_file update", "node": PUBLISHER}, when="after"
    )
    module, state = ("ctl_file", "updated") if command == UPDATE_COMMAND else ("security_mode", "mixed")
    running = Background(modules, module, state=state, change_timeout=LONG)
    try:
        cluster.wait_hit(held)
        reads = len(journal.entries(kind="command", operation="show ctl", node=late))

        def read_again() -> bool:
            # Twice and further apart than settling needs: what the publisher shows was read as often.
            seen = journal.entries(kind="command", operation="show ctl", node=late)
            return running.ended or len(seen) >= reads + 5

        cluster.wait(read_again)
        assert not running.ended, "the copies were not looked at"
    finally:
        cluster.release(held)
    result = running.end()
    assert (result.code, result["changed"], result["sent"]) == (None, True, 1)
    assert result.get("contradictions", []) == []
    assert journal.answers() == ["y"]


def test_a_node_that_is_down_does_not_keep_a_mode_under_way_for_ever(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    cluster.set(cli={"on_disconnect": "continue"})
    cluster.set(nodes={SUB2: {"up": False}})
    cluster.fault("cut", match={"kind": "answer", "operation": MIXED_COMMAND}, when="before")
    result = modules.run("security_mode", state="mixed", timeout=1)
    assert (result.code, result["changed"], result["sent"]) == (None, True, 1)
    assert journal.answers() == ["y"]


def test_certificates_that_are_still_being_stored_are_not_taken_for_lost(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    held = cluster.fault("hold", match=UPLOAD, when="before")
    running = Background(modules, "trust_certificate", timeout=1, change_timeout=LONG, poll_interval=0.05)
    try:
        cluster.wait_hit(held)
        seen = "certificate-api GET snapshot/server"
        cluster.wait(lambda: running.says("is under way"))
        reads = len(journal.entries(operation=seen, node=PUBLISHER))
        cluster.wait(
            lambda: running.ended or len(journal.entries(operation=seen, node=PUBLISHER)) >= reads + 10, 60
        )
        assert not running.ended, "concluded while the node was at work"
    finally:
        cluster.release(held)
    result = running.end()
    assert (result.code, result["changed"]) == (None, True)
    assert len(journal.entries(kind="http", operation="certificate-api POST trust/certificates")) == 1


def test_a_device_that_is_still_at_work_reopens_what_was_taken_for_ended(
    modules: Modules, cluster: ClusterHandle, journal: Journal
) -> None:
    """It takes longer than its limit; the second attempt is turned away with words that nobody published."""
    cluster.set(cli={"on_disconnect": "continue"})
    held = cluster.fault("hold", match={"kind": "effect", "operation": "security_mode mixed"}, when="before")
    cluster.fault("cut", match={"kind": "answer", "operation": MIXED_COMMAND}, when="before")
    running = Background(modules, "security_mode", state="mixed")
    try:
        cluster.wait(lambda: running.says("is under way again"))
        assert not running.ended
    finally:
        cluster.release(held)
    result = running.end()
    assert (result.code, result["changed"], result["sent"]) == (None, True, 1)
    assert (journal.answers(), journal.effects().count("security_mode mixed")) == (["y"], 1)
    # The question was asked for once more, and refused: that is what told of it.
    (overlap,) = journal.entries(kind="overlap")
    assert overlap["detail"] == {"running": [MIXED_COMMAND], "then": "refuse"}
    assert modules.run("security_mode", state="mixed")["changed"] is False
