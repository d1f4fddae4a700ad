# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate belongs to the step: a judgement counts for its run and its cluster, and no step does without one."""

from __future__ import annotations

import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.ucops.cucm.plugins.filter.gate import FilterModule
from ansible_collections.ucops.cucm.plugins.plugin_utils.judgement import Judgement, opened, sealed

from .clusters import BEFORE, CALLMANAGER, SUB1, cluster, service, spoiled

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for part in ("roles", "playbooks") for path in (ROOT / part).rglob("*.yml"))
# They send nothing that changes a cluster, whatever their options.
READING = {"ucops.cucm.cluster_info", "ucops.cucm.compliance_report"}
FILTERS = FilterModule().filters()
WORDS = dict.fromkeys(
    ("export_restricted_image", "itlrecovery_backup", "registration_baseline", "maintenance_window"), True
)
RESTART = {"module": "service_control", "node": "a", "service": "s", "action": "restart s", "disrupts": True}
MODE = {"module": "security_mode", "node": "a", "action": "set", "disrupts": False}
ASKS = "x_judgement | default('') | ucops.cucm.permits(inventory_hostname, 'a')"
FREE, BLOCKED = Judgement([RESTART, MODE], []), Judgement([RESTART, MODE], ["the window is missing"])


def tasks_of(content: t.Any, above: t.Sequence[str] = ()) -> t.Iterator[tuple[dict[str, t.Any], list[str]]]:
    """Yield every task of a file with the conditions of its own and of the blocks around it."""
    for item in content or []:
        own = item.get("when", [])
        conditions = [*above, *(own if isinstance(own, list) else [own])]
        parts = [
            part
            for part in ("block", "rescue", "always", "pre_tasks", "tasks", "post_tasks", "handlers")
            if part in item
        ]
        for part in parts:
            yield from tasks_of(item[part], conditions)
        if not parts:
            yield item, [str(condition) for condition in conditions]


def changing(task: dict[str, t.Any]) -> str | None:
    """Return the module of a task that may change or disturb a cluster, as far as this can be told from its text."""
    for action in ("action", "local_action"):
        if action in task:
            return f"{action}: {task[action]}"
    for name, options in task.items():
        if name.startswith("ucops.cucm.") and name not in READING:
            reads = (
                name == "ucops.cucm.smart_license" and (options or {}).get("state", "gathered") == "gathered"
            )
            return None if reads else name
        # Without the collection's name a module is found through the keyword collections.
        if (ROOT / "plugins" / "modules" / f"{name}.py").exists():
            return f"{name} without its collection's name"
        if name.rpartition(".")[2] in ("command", "shell", "raw", "script", "uri", "expect"):
            return name
    return None


def unguarded(content: t.Any) -> list[str]:
    """Return the changing tasks of a file that do not ask a judgement whether they may be done."""
    asks = re.compile(r"judgement \| default\(''\)\s*\| ucops\.cucm\.permits\(\s*inventory_hostname,")
    found = []
    for task, conditions in tasks_of(content):
        what = changing(task)
        # One that is true without the judgement would be no guard.
        guards = [
            each
            for each in conditions
            if asks.search(each) and not re.search(r"\bor\b|\bif\b|\bnot\b.*permits", each)
        ]
        if what and not guards:
            found.append(f"{task.get('name')}: {what}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_changing_task_is_without_the_guard(path: Path) -> None:
    """In its own file: a role's part may be used alone (tasks_from), and an include's condition stays behind."""
    content = yaml.safe_load(path.read_text("utf-8"))
    if isinstance(content, list):
        assert unguarded(content) == []


def test_the_guard_is_looked_for_where_the_changes_are() -> None:
    seen = {
        changing(task)
        for path in FILES
        if isinstance(content := yaml.safe_load(path.read_text("utf-8")), list)
        for task, _conditions in tasks_of(content)
    } - {None}
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    assert seen == {f"ucops.cucm.{name}" for name in modules} - READING - {"ucops.cucm.smart_license"}


@pytest.mark.parametrize(
    ("task", "guarded"),
    [
        ({"ucops.cucm.security_mode": {}}, False),
        ({"ucops.cucm.smart_license": {"state": "deregistered"}}, False),
        ({"ucops.cucm.smart_license": {"require_export_control": True}}, True),
        ({"ucops.cucm.cluster_info": {}}, True),
        ({"security_mode": {}}, False),
        ({"action": "ucops.cucm.security_mode"}, False),
        ({"ansible.builtin.command": "ssh"}, False),
        ({"ucops.cucm.security_mode": {}, "when": "preflight_plan | length > 0"}, False),
        ({"ucops.cucm.security_mode": {}, "when": ASKS}, True),
        ({"ucops.cucm.security_mode": {}, "when": f"ready or {ASKS}"}, False),
    ],
)  # fmt: skip
def test_what_the_search_takes_for_guarded(task: dict[str, t.Any], guarded: bool) -> None:
    assert (unguarded([{"block": [{"block": [task]}]}]) == []) == guarded


def test_a_step_is_taken_skipped_or_refused() -> None:
    permits = FILTERS["permits"]
    text = sealed(FREE, "lab")
    assert permits(text, "lab", "security_mode") is True
    assert permits(text, "lab", ["ctl_file", "service_control"]) is True
    assert permits(text, "lab", {"module": "service_control", "node": "a", "started_at": None}) is True
    assert permits(text, "lab", {"module": "service_control", "node": "b"}) is False
    assert permits(text, "lab", "sip_oauth_mode") is False
    for refused in (lambda: permits(sealed(BLOCKED, "lab"), "lab", "security_mode"),
                    lambda: permits(text, "lab", "security_mode", meanwhile=["the window is missing"])):  # fmt: skip
        with pytest.raises(AnsibleFilterError, match=r"not taken.*\n.*the window is missing"):
            refused()


@pytest.mark.parametrize(
    "judgement",
    [
        "",
        None,
        [],
        {"missing": []},
        sealed(FREE, "other"),
        sealed(BLOCKED, "lab").replace("the window is missing", "nothing"),
        sealed(FREE, "lab").partition(" ")[2],
        "é " + sealed(FREE, "lab").partition(" ")[2],
    ],
)
def test_what_was_not_judged_by_this_run_for_this_cluster_counts_for_nothing(judgement: t.Any) -> None:
    assert FILTERS["is_judged"](judgement, "lab") is False
    for ask in (FILTERS["judged"], lambda *given: FILTERS["permits"](*given, "security_mode")):
        with pytest.raises(AnsibleFilterError, match="lab was not judged in this run"):
            ask(judgement, "lab")


def test_a_judgement_of_another_run_counts_for_nothing() -> None:
    """Another process that is no fork of this one has another key."""
    program = (
        "from ansible_collections.ucops.cucm.plugins.plugin_utils.judgement import Judgement, sealed\n"
        "print(sealed(Judgement([], []), 'lab'))"
    )
    path = str(ROOT / "build" / "collections")
    text = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert opened(text, "lab") is None
    assert opened(sealed(Judgement([], []), "lab"), "lab") is not None


def test_a_cluster_is_judged_by_checks_consents_and_duties() -> None:
    judge, facts = FILTERS["preflight_judgement"], cluster("non_secure")
    given = {"restarts": True, "attestations": WORDS}

    def missing(facts: dict[str, t.Any], **more: t.Any) -> list[str]:
        return FILTERS["judged"](judge(facts, "lab", more.pop("mode", "mixed"), **{**given, **more}), "lab")[
            "missing"
        ]

    assert missing(facts) == []
    assert [line.split()[0] for line in missing(facts, restarts=False, attestations={})] == [
        "export_restricted_image",
        "itlrecovery_backup",
        "registration_baseline",
        "maintenance_window",
        "cucm_consent_to_restarts:",
    ]
    undecided = spoiled(cluster(), "services", SUB1, CALLMANAGER, to=service(started_at=None))
    (line,) = missing(undecided, mode="non_secure")
    assert line.startswith(f"Whether {CALLMANAGER} at {SUB1} is due for a restart is not known")
    # Where nothing is to be done nothing is missing.
    assert missing(cluster(), attestations={}, restarts=False) == []


def test_restarts_are_judged_by_the_facts_of_now_and_the_checks_of_before() -> None:
    judge = FILTERS["restart_judgement"]
    due = spoiled(cluster(), "services", SUB1, CALLMANAGER, to=service(started_at=BEFORE))

    def missing(
        facts: dict[str, t.Any], attestations: t.Any = None, accept: t.Any = (), **more: t.Any
    ) -> list[str]:
        before = FILTERS["preflight_judgement"](
            cluster(),
            "lab",
            "mixed",
            attestations=WORDS if attestations is None else attestations,
            accept=list(accept),
        )
        return FILTERS["judged"](judge(facts, "lab", before, **{"restarts": True, **more}), "lab")["missing"]

    assert missing(due) == []
    assert len(missing(due, restarts=False)) == 1
    assert [line.split()[0] for line in missing(due, {**WORDS, "maintenance_window": False})] == [
        "maintenance_window"
    ]
    contradicted = spoiled(due, "security_mode", to="non_secure")
    assert any(line.startswith("ctl (fail): contradiction") for line in missing(contradicted))
    assert missing(contradicted, accept=["ctl"]) == []
    open_command = {**due, "unsettled": [{"command": "utils ctl update CTLFile"}]}
    assert any("utils ctl update CTLFile is not known" in line for line in missing(open_command))
    with pytest.raises(AnsibleFilterError, match="not judged"):
        judge(due, "lab", "")
