# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing that changes a cluster leaves a task that does not hold it, whatever module it is."""

from __future__ import annotations

import contextlib
import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.record import StateJournal
from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
from cucm_lab.fixture import ClusterHandle

from .harness.journal import Journal
from .harness.modules import Modules
from .test_delegated import CASES

Exclusive = t.Callable[[_task.Task], t.ContextManager[StateJournal]]
CHANGING = {module: options for module, (options, effects) in CASES.items() if effects}
real: Exclusive = _task.Task.exclusive


def fresh(module: str, request: pytest.FixtureRequest, cluster: ClusterHandle) -> Journal:
    """Return the journal from here on, of a cluster that the module has something to do at."""
    if module == "ctl_file":
        request.getfixturevalue("mixed_cluster")
    return Journal(cluster, cluster.last_seq)


def sent(journal: Journal) -> list[str]:
    """Return what left and could have changed the cluster; a command that asks first changes nothing before the answer."""
    return [
        f"{entry['kind']} {entry['operation']}"
        for entry in journal.entries(changing=True)
        if not (entry["kind"] == "command" and entry["operation"].startswith("utils ctl"))
    ]


@pytest.mark.parametrize("module", CHANGING)
def test_a_module_that_forgets_to_hold_the_cluster_changes_nothing(
    modules: Modules,
    cluster: ClusterHandle,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
) -> None:
    journal = fresh(module, request, cluster)

    @contextlib.contextmanager
    def forgets(task: _task.Task) -> t.Iterator[StateJournal]:
        task.journal().require_writable()
        yield task.journal()

    monkeypatch.setattr(_task.Task, "exclusive", forgets)
    modules.run(module, **CHANGING[module]).refused("not_held")
    assert (sent(journal), journal.effects()) == ([], [])


@pytest.mark.parametrize("module", CHANGING)
def test_a_module_whose_lock_is_somebody_elses_by_now_changes_nothing(
    modules: Modules,
    cluster: ClusterHandle,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    module: str,
) -> None:
    """Another controller has taken it over between the first reading and the writing."""
    journal, locks = fresh(module, request, cluster), tmp_path / "locks"

    @contextlib.contextmanager
    def loses(task: _task.Task) -> t.Iterator[StateJournal]:
        with real(task) as record:
            (lock,) = locks.glob("*.lock")
            lock.write_text(json.dumps({"holder": "another", "token": "another"}), "utf-8")
            yield record

    monkeypatch.setattr(_task.Task, "exclusive", loses)
    result = modules.run(module, lock_dir=str(locks), **CHANGING[module])
    result.refused("lock_lost", "another", "was not sent")
    assert result["changed"] is False
    assert (sent(journal), journal.effects()) == ([], [])
