# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab and ways to run the collection against it.

What imports the collection is imported late: pytest reads this file before the collection can be imported.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from cucm_lab.fixture import ClusterHandle, RunningLab

if t.TYPE_CHECKING:
    from .harness.journal import Journal
    from .harness.jump_host import JumpHost
    from .harness.modules import Modules
    from .harness.playbooks import Playbooks, Plays


@pytest.fixture(scope="session")
def three_nodes(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """Three nodes, fast, with passwords that are hard to write.

    Not the session's ``cucm_lab``: there is one of that for all directories, whatever each of them wants it to run.
    """
    from .harness.topologies import TOPOLOGY

    return cucm_lab_start(TOPOLOGY)


@pytest.fixture(scope="module")
def lab(three_nodes: RunningLab) -> RunningLab:
    """The lab whose cluster C(lab) the tests of a file are about; a file that needs another one has a fixture of this name."""
    return three_nodes


@pytest.fixture
def cluster(lab: RunningLab) -> ClusterHandle:
    """The cluster, fresh and non-secure."""
    cluster = lab.clusters["lab"]
    cluster.reset()
    return cluster


@pytest.fixture
def playbooks(cluster: ClusterHandle, tmp_path: Path) -> Playbooks:
    """Runs of the collection's playbooks over the cluster."""
    from .harness.playbooks import Playbooks

    return Playbooks(cluster, tmp_path)


@pytest.fixture
def mixed_cluster(cluster: ClusterHandle) -> ClusterHandle:
    """The cluster in mixed mode with CAPF in its CTL file, and no memory of how it came there."""
    from .harness.names import CAPF, PUBLISHER

    cluster.set(services={PUBLISHER: {CAPF: {"activated": True}}})
    cluster.set(database={"processconfig": {"ClusterSecurityMode": "1"}})
    publish_ctl(cluster)
    return cluster


def publish_ctl(cluster: ClusterHandle) -> None:
    """Have one correct CTL file on every node."""
    cluster.set(ctl=dict.fromkeys(cluster.info["nodes"], "rebuild"))


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    """A state directory that is not made yet."""
    return tmp_path / "state"


@pytest.fixture
def modules(cluster: ClusterHandle, state_dir: Path) -> Modules:
    """Modules through the Python API, as one run."""
    from .harness.modules import Modules

    return Modules(cluster, state_dir)


@pytest.fixture(scope="session")
def old_lab(cucm_lab_start: t.Callable[..., RunningLab]) -> RunningLab:
    """One node of the oldest release."""
    from .harness.topologies import TOPOLOGY

    (cluster,) = TOPOLOGY["clusters"]
    old = {**cluster, "release": "11.5", "nodes": cluster["nodes"][:1]}
    return cucm_lab_start({**TOPOLOGY, "clusters": [old]})


@pytest.fixture
def old_modules(old_lab: RunningLab, state_dir: Path) -> Modules:
    """Modules through the Python API against the oldest release."""
    from .harness.modules import Modules

    old_lab.clusters["lab"].reset()
    return Modules(old_lab.clusters["lab"], state_dir)


@pytest.fixture
def plays(cluster: ClusterHandle, state_dir: Path, tmp_path: Path) -> Plays:
    """Runs of ansible-playbook."""
    from .harness.playbooks import Plays

    return Plays(cluster, tmp_path / "plays", state_dir)


@pytest.fixture
def journal(cluster: ClusterHandle) -> Journal:
    """The lab's journal since the test began."""
    from .harness.journal import Journal

    return Journal(cluster, cluster.last_seq)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter waits of the CLI for what never comes."""
    from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task

    from .harness.modules import quick_limits

    monkeypatch.setattr(_task, "CliLimits", quick_limits())


@pytest.fixture(scope="session")
def jump_host(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[JumpHost]:
    """A host that is reached by SSH, to delegate tasks to."""
    from .harness.jump_host import JumpHost

    jump = JumpHost(tmp_path_factory.mktemp("jump"))
    yield jump
    jump.stop()
