# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module would change is shown by Ansible's own callback, in lines that a person can read."""

from __future__ import annotations

import re
import typing as t

import pytest

from cucm_lab.fixture import ClusterHandle

from .harness.journal import Journal
from .harness.names import PUBLISHER, TFTP
from .harness.playbooks import Plays
from .harness.runs import Run
from .test_delegated import CASES

# Further states, whose results may have another form.
MORE: dict[str, tuple[str, dict[str, t.Any]]] = {
    "restarted": ("service_control", {"service": TFTP, "state": "restarted"}),
    "all nodes": ("callmanager_ports", {"sip_oauth_port": 5490}),
}
# Where a line of the change is, as it is shown.
SHOWN = {
    "trust_certificate": "sha256: ",
    "security_mode": "mixed",
    "sip_oauth_mode": "enabled",
    "enterprise_parameter": "ClusterID",
    "callmanager_ports": "5490",
    "expressway_c": "exp1",
    "phone_security_profile": "mine",
}


def diffs(run: Run) -> dict[str, list[str]]:
    """Return the lines that were shown to be added or taken away, by task."""
    tasks = re.split(r"^TASK \[(.*?)\] \*+$", run.output, flags=re.MULTILINE)[1:]
    return {
        name: [line for line in text.splitlines() if re.match(r"[+-](?!\+\+|--)", line)]
        for name, text in zip(tasks[::2], tasks[1::2], strict=True)
    }


def previewed(plays: Plays, tasks: t.Mapping[str, tuple[str, dict[str, t.Any]]]) -> dict[str, list[str]]:
    """Return what a run would change, as it was shown; nothing else may be printed of it."""
    run = plays.run(
        *(plays.task(module, name, **options) for name, (module, options) in tasks.items()),
        arguments=["--check", "--diff"],
        environment={"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default"},
    ).ok()
    assert "WARNING" not in run.output
    return diffs(run)


def test_the_change_of_every_module_is_shown(plays: Plays, cluster: ClusterHandle, journal: Journal) -> None:
    changing = {module: (module, options) for module, (options, effects) in CASES.items() if effects != []}
    del changing["ctl_file"]
    shown = previewed(plays, {**changing, **MORE})
    assert journal.changing() == []
    assert [name for name, lines in shown.items() if not lines] == []
    for name, words in SHOWN.items():
        assert any(words in line for line in shown[name]), (name, shown[name])


def test_the_update_of_ctl_files_is_shown(plays: Plays, mixed_cluster: ClusterHandle) -> None:
    shown = previewed(plays, {"ctl_file": ("ctl_file", CASES["ctl_file"][0])})
    assert shown["ctl_file"], PUBLISHER


@pytest.mark.parametrize("module", ["trust_certificate", "expressway_c"])
def test_what_was_changed_is_shown_as_it_was_predicted(
    plays: Plays, cluster: ClusterHandle, module: str
) -> None:
    task = plays.task(module, **CASES[module][0])
    planned = plays.run(task, arguments=["--check", "--diff"]).ok()
    done = plays.run(task, arguments=["--diff"]).ok()
    assert diffs(done)[module] == diffs(planned)[module] != []
