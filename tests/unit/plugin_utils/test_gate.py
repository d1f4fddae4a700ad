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
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.ucops.cucm.plugins.filter.gate import FilterModule
from ansible_collections.ucops.cucm.plugins.modules import (
    callmanager_ports,
    ctl_file,
    enterprise_parameter,
    expressway_c,
    phone_security_profile,
    security_mode,
    service_control,
    sip_oauth_mode,
    trust_certificate,
)
from ansible_collections.ucops.cucm.plugins.plugin_utils import _reading as reading
from ansible_collections.ucops.cucm.plugins.plugin_utils import _steps as steps
from ansible_collections.ucops.cucm.plugins.plugin_utils._judgement import Judgement, opened, sealed
from ansible_collections.ucops.cucm.plugins.plugin_utils._reading import Reading

from ..data.clusters import BEFORE, CALLMANAGER, PUB, SUB1, TFTP, cluster, service, spoiled

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted(path for part in ("roles", "playbooks") for path in (ROOT / part).rglob("*.yml"))
# They send nothing that changes a cluster, whatever their options.
READING = {"ucops.cucm.cluster_info", "ucops.cucm.compliance_report", "ucops.cucm.phone_registration"}
FILTERS = FilterModule().filters()
WORDS = dict.fromkeys(
    ("export_restricted_image", "itlrecovery_backup", "registration_baseline", "maintenance_window"), True
)
# What an operator says who lacks nothing.
SETTINGS: dict[str, t.Any] = {
    "cucm_security_mode": "mixed",
    "cucm_consent_to_restarts": True,
    "cucm_attestations": WORDS,
}
RESTART = {"module": "service_control", "node": "a", "service": "s", "action": "restart s", "disrupts": True}
MODE = {"module": "security_mode", "node": "a", "action": "set", "disrupts": False}
GIVES = re.compile(r"\{\{ \w+judgement \| default\(''\) \}\}")
GIVEN = {"judgement": "{{ x_judgement | default('') }}"}
ASKS = "x_judgement | default('') | ucops.cucm.permits(inventory_hostname, 'a')"
PLACE = "10.0.0.1:8443 (SSH 22)"
READ = Reading(PLACE, "one", 1)
FREE = Judgement(READ, [RESTART, MODE], [])
BLOCKED = Judgement(READ, [RESTART, MODE], ["the window is missing"])


def read(facts: dict[str, t.Any], place: str = PLACE, host: str = "lab") -> dict[str, t.Any]:
    """Return facts as if they had just been read."""
    return reading.sealed(facts, host, place)


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
    """Return the module of a task that may change or disturb a cluster, as far as its text shows this."""
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
    """Return the changing tasks of a file that do not ask a judgement whether they may be done, or do not give it to their module."""
    asks = re.compile(r"judgement \| default\(''\)\s*\| ucops\.cucm\.permits\(\s*inventory_hostname,")
    found = []
    for task, conditions in tasks_of(content):
        what = changing(task)
        # A condition that is true without the judgement would not guard anything.
        guards = [
            each
            for each in conditions
            if asks.search(each) and not re.search(r"\bor\b|\bif\b|\bnot\b.*permits", each)
        ]
        options = task.get(what) if what else None
        given = options.get("judgement", "") if isinstance(options, dict) else ""
        if what and not (guards and GIVES.fullmatch(given)):
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
    assert seen == {f"ucops.cucm.{name}" for name in modules} - READING - {
        "ucops.cucm.smart_license",
        "ucops.cucm.phone_reset",
    }


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
        ({"ucops.cucm.security_mode": {}, "when": "rollout_plan.operations | length > 0"}, False),
        ({"ucops.cucm.security_mode": GIVEN, "when": ASKS}, True),
        ({"ucops.cucm.security_mode": {}, "when": ASKS}, False),
        ({"ucops.cucm.security_mode": {"judgement": ""}, "when": ASKS}, False),
        ({"ucops.cucm.security_mode": GIVEN, "when": f"ready or {ASKS}"}, False),
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
    assert FILTERS["is_judged"](judgement, "lab", SETTINGS) is False
    assert FILTERS["is_done"](judgement, "lab", SETTINGS) is False
    for ask in (FILTERS["judged"], lambda *given: FILTERS["permits"](*given, "security_mode")):
        with pytest.raises(AnsibleFilterError, match="lab was not judged in this run"):
            ask(judgement, "lab")


def test_a_judgement_of_another_run_counts_for_nothing() -> None:
    """A process that is not a fork of this one has another key."""
    program = (
        "from ansible_collections.ucops.cucm.plugins.plugin_utils._judgement import Judgement, sealed\n"
        "from ansible_collections.ucops.cucm.plugins.plugin_utils._reading import Reading\n"
        "print(sealed(Judgement(Reading('', '', 1), [], []), 'lab'))"
    )
    path = str(ROOT / "build" / "collections")
    text = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert opened(text, "lab") is None
    assert opened(sealed(Judgement(READ, [], []), "lab"), "lab") is not None


def test_a_cluster_is_judged_by_checks_consents_and_duties() -> None:
    judge, facts = FILTERS["preflight_judgement"], cluster("non_secure")

    def missing(facts: dict[str, t.Any], **more: t.Any) -> list[str]:
        judged = judge(
            read(facts), "lab", {**SETTINGS, **{f"cucm_{name}": value for name, value in more.items()}}
        )
        return FILTERS["judged"](judged, "lab")["missing"]

    assert missing(facts) == []
    assert [line.split()[0] for line in missing(facts, consent_to_restarts=False, attestations={})] == [
        "export_restricted_image",
        "itlrecovery_backup",
        "registration_baseline",
        "maintenance_window",
        "cucm_consent_to_restarts:",
    ]
    undecided = spoiled(cluster(), "services", SUB1, CALLMANAGER, to=service(started_at=None))
    (line,) = missing({**undecided, "phone_profiles": {}}, security_mode="non_secure")
    assert f"not known whether {CALLMANAGER} at {SUB1} is due for a restart" in line
    # Where nothing is to be done nothing is missing.
    assert missing(cluster(), attestations={}, consent_to_restarts=False) == []


def test_restarts_are_judged_by_the_facts_of_now_and_the_checks_of_before() -> None:
    judge = FILTERS["restart_judgement"]
    due = spoiled(cluster(), "services", SUB1, CALLMANAGER, to=service(started_at=BEFORE))

    def missing(
        facts: dict[str, t.Any], attestations: t.Any = None, accept: t.Any = (), **more: t.Any
    ) -> list[str]:
        given = WORDS if attestations is None else attestations
        settings = {**SETTINGS, "cucm_attestations": given, "cucm_accept": list(accept), **more}
        before = FILTERS["preflight_judgement"](read(cluster()), "lab", settings)
        return FILTERS["judged"](judge(read(facts), "lab", before, settings), "lab")["missing"]

    assert missing(due) == []
    assert len(missing(due, cucm_consent_to_restarts=False)) == 1
    assert [line.split()[0] for line in missing(due, {**WORDS, "maintenance_window": False})] == [
        "maintenance_window"
    ]
    contradicted = spoiled(due, "security_mode", to="non_secure")
    assert any(line.startswith("ctl (fail): contradiction") for line in missing(contradicted))
    assert missing(contradicted, accept=["ctl"]) == []
    open_command = {**due, "unsettled": [{"command": "utils ctl update CTLFile"}]}
    assert any("utils ctl update CTLFile is not known" in line for line in missing(open_command))
    with pytest.raises(AnsibleFilterError, match="not judged"):
        judge(read(due), "lab", "", SETTINGS)


@pytest.mark.parametrize(
    "changed",
    [
        {"cucm_security_mode": "non_secure"},
        {"cucm_sip_oauth_mode": "enabled"},
        {"cucm_consent_to_restarts": False},
        {"cucm_accept": ["backup"]},
    ],
    ids=str,
)
def test_a_cluster_is_judged_anew_for_other_settings(changed: dict[str, t.Any]) -> None:
    """What one set of variables asks for says nothing of what another does."""
    todo, done = judged_mixed(read(cluster("non_secure"))), judged_mixed(read(cluster()))
    for judgement in (todo, done, FILTERS["restart_judgement"](read(cluster()), "lab", done, SETTINGS)):
        assert FILTERS["is_judged"](judgement, "lab", SETTINGS)
        # As it is written in an INI inventory, and with what is the default anyway.
        assert FILTERS["is_judged"](
            judgement, "lab", {**SETTINGS, "cucm_consent_to_restarts": "yes", "cucm_accept": []}
        )
        assert not FILTERS["is_judged"](judgement, "lab", {**SETTINGS, **changed})
    assert FILTERS["is_done"](done, "lab", SETTINGS) and not FILTERS["is_done"](todo, "lab", SETTINGS)
    assert not FILTERS["is_done"](done, "lab", {**SETTINGS, **changed})


def test_what_was_judged_is_shaped_for_tasks() -> None:
    found = FILTERS["judged"](judged_mixed(read(cluster("non_secure"))), "lab")
    assert [each["service"] for each in found["by_module"]["service_activation"]]
    assert sum(map(len, found["by_module"].values())) == len(found["operations"])
    assert found["restarts"] == [each for each in found["operations"] if each["disrupts"]] != []
    assert found["waits"] == [] and found["checks"]["licence"]["verdict"] == "pass"
    assert found["blocking"] == []


FORGED = "facts are not as it read them"
OLD = "read again for what comes now"


def judged_mixed(facts: dict[str, t.Any], **more: t.Any) -> str:
    """Return the judgement of a cluster that lacks nothing."""
    return str(FILTERS["preflight_judgement"](facts, "lab", SETTINGS, **more))


@pytest.mark.parametrize(
    "facts",
    [
        {},
        cluster(),
        read(cluster(), host="other"),
        {**read(cluster()), "security_mode": "non_secure"},
        {**read(cluster()), "more": None},
        {**cluster("non_secure"), "seal": read(cluster())["seal"]},
        {**read(cluster()), "seal": read(cluster())["seal"].replace("10.0.0.1", "10.0.0.2")},
        {**cluster(), "seal": None},
    ],
    ids=range(8),
)
def test_facts_that_this_run_did_not_read_so_are_not_judged(facts: dict[str, t.Any]) -> None:
    before = judged_mixed(read(cluster()))
    for ask in (
        lambda: judged_mixed(facts),
        lambda: FILTERS["restart_judgement"](facts, "lab", before, SETTINGS),
        lambda: FILTERS["restart_judgement"](facts, "lab", before, SETTINGS, rehearsal=True),
        lambda: FILTERS["read_in_this_run"](facts, "lab"),
        lambda: FILTERS["still_in_use"](facts, "lab", before, "", SETTINGS),
    ):
        with pytest.raises(AnsibleFilterError, match=FORGED):
            ask()


def test_a_reading_is_judged_once_and_in_order() -> None:
    first, second = read(cluster()), read(cluster())
    judged = judged_mixed(first)
    restarts = FILTERS["restart_judgement"](second, "lab", judged, SETTINGS)
    for ask in (
        lambda: judged_mixed(first, earlier=judged),
        lambda: judged_mixed(first, earlier=judged_mixed(second)),
        lambda: FILTERS["restart_judgement"](first, "lab", judged, SETTINGS),
        lambda: FILTERS["restart_judgement"](
            second, "lab", judged, SETTINGS, before_waiting=restarts, waited=True
        ),
        lambda: FILTERS["still_in_use"](first, "lab", judged, "", SETTINGS),
        lambda: FILTERS["still_in_use"](second, "lab", judged, restarts, SETTINGS),
        lambda: FILTERS["read_in_this_run"](first, "lab", restarts),
    ):
        with pytest.raises(AnsibleFilterError, match=OLD):
            ask()
    off = {**cluster(), "sip_oauth_mode": "disabled"}
    assert FILTERS["still_in_use"](read(off), "lab", judged, restarts, SETTINGS) == []
    for told in ({"sip_oauth_mode": "enabled"}, {"sip_oauth_mode": None}):
        assert FILTERS["still_in_use"](read({**off, **told}), "lab", judged, restarts, SETTINGS) == [
            "disable SIP OAuth mode"
        ]
    # What nothing was done to since is proven by the facts it was judged by.
    assert FILTERS["read_in_this_run"](first, "lab", judged) == first
    assert (
        opened(FILTERS["restart_judgement"](first, "lab", judged, SETTINGS, rehearsal=True), "lab")
        is not None
    )


@pytest.mark.parametrize(("place", "identity"), [("10.0.0.2:8443 (SSH 22)", "one"), (PLACE, "two")])
def test_a_cluster_is_not_judged_by_the_checks_of_another(place: str, identity: str) -> None:
    before = judged_mixed(read({**cluster(), "identity": "one"}))
    other = read({**cluster(), "identity": identity}, place)
    for ask in (
        lambda: FILTERS["restart_judgement"](other, "lab", before, SETTINGS),
        lambda: FILTERS["still_in_use"](other, "lab", before, "", SETTINGS),
    ):
        with pytest.raises(AnsibleFilterError, match=r"now.*Judge the cluster first where it is reached now"):
            ask()


def test_a_restart_is_not_taken_before_what_is_on_its_way_was_waited_for() -> None:
    due = spoiled(cluster(), "services", SUB1, CALLMANAGER, to=service(started_at=BEFORE))
    facts = spoiled(due, "services", PUB, TFTP, to=service(status="Starting"))
    judged = judged_mixed(read(facts))
    judge = FILTERS["restart_judgement"]
    found = judge(read(facts), "lab", judged, SETTINGS)
    judged_restarts = FILTERS["judged"](found, "lab")
    wait, restart = judged_restarts["operations"]
    assert (judged_restarts["waits"], judged_restarts["restarts"]) == ([wait], [restart])
    assert (wait["disrupts"], restart["disrupts"]) == (False, True)
    assert FILTERS["permits"](found, "lab", wait) is True
    with pytest.raises(AnsibleFilterError, match=f"{TFTP} at {PUB} is .*Starting"):
        FILTERS["permits"](found, "lab", restart)
    again = judge(read(due), "lab", judged, SETTINGS, before_waiting=found, waited=True)
    assert FILTERS["permits"](again, "lab", restart) is True


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"publisher": "Cucm-Pub."}, {"publisher": "cucm-pub"}, True),
        ({"publisher": "::1"}, {"publisher": "[0:0::1]"}, True),
        ({"publisher": "a"}, {"publisher": "b"}, False),
        ({"publisher": "a"}, {"publisher": "a", "https_port": 443}, False),
        ({"publisher": "a"}, {"publisher": "a", "ssh_port": 2222}, False),
        ({"publisher": "a", "node_addresses": {}}, {"publisher": "a", "node_addresses": None}, True),
        ({"publisher": "a"}, {"publisher": "a", "node_addresses": {"s": {"address": "b"}}}, False),
        ({"publisher": "a", "node_addresses": {"s": {"address": "b"}}},
         {"publisher": "a", "node_addresses": {"s": {"address": "b", "ssh_port": 2222}}}, False),
    ],
)  # fmt: skip
def test_two_spellings_of_a_place_are_one(one: dict[str, t.Any], other: dict[str, t.Any], same: bool) -> None:
    ports = {"https_port": 8443, "ssh_port": 22}
    assert (reading.place({**ports, **one}) == reading.place({**ports, **other})) is same


FOR = {"record": "sip_oauth"}
ON = {"oAuthWithRefreshLoginFlow": "1"}
SIP_OAUTH = {
    "mode": "enabled",
    "parameters": ON,
    "ports": {"sip_oauth": 5091},
    "expressway_c": [{"host": "exp-c", "subject_names": ["a"]}],
    "expressway_c_exactly": "yes",
    "profiles": [{"name": "one", "copy_from": "x"}, {"name": "two", "sip_oauth": True}],
}
DISABLED = {**SIP_OAUTH, "mode": "disabled"}
SECOND_PROFILE = {**MODE, "module": "phone_security_profile", "name": "two"}
RESTART_OF = {**RESTART, "started_at": "2026-01-01T00:00:00", "listens_on": [5091]}
UP = [{"node": "b", "service": "s"}]


@pytest.mark.parametrize(
    ("module", "judged", "options", "differing"),
    [
        (security_mode, SIP_OAUTH, {"state": "non_secure"}, []),
        (security_mode, SIP_OAUTH, {"state": "non_secure", "change_timeout": 5, "publisher": "x"}, []),
        (security_mode, SIP_OAUTH, {"state": "mixed"}, ["state"]),
        (sip_oauth_mode, SIP_OAUTH, {"state": "disabled"}, ["state"]),
        (ctl_file, SIP_OAUTH, {"state": "matching"}, None),
        (enterprise_parameter, SIP_OAUTH, {"parameters": ON, **FOR}, []),
        (enterprise_parameter, SIP_OAUTH, {"parameters": {**ON, "x": "1"}, **FOR}, ["parameters"]),
        (enterprise_parameter, SIP_OAUTH, {"parameters": ON}, ["record"]),
        (enterprise_parameter, SIP_OAUTH, {"state": "restored", **FOR}, ["parameters", "state"]),
        (enterprise_parameter, DISABLED, {"state": "restored", **FOR}, []),
        (callmanager_ports, SIP_OAUTH, {"sip_oauth_port": "5091", **FOR}, []),
        (callmanager_ports, SIP_OAUTH, {"sip_oauth_port": 5091, "node": "a", **FOR}, ["node"]),
        (expressway_c, SIP_OAUTH, {"entries": SIP_OAUTH["expressway_c"], "state": "exactly", **FOR}, []),
        (expressway_c, SIP_OAUTH, {"entries": [{"host": "x"}], "state": "exactly", **FOR}, ["entries"]),
        (trust_certificate, SIP_OAUTH, {}, []),
        (trust_certificate, SIP_OAUTH, {"certificates": ["x"]}, ["certificates"]),
        (phone_security_profile, SIP_OAUTH, {"profiles": [{"name": "two", "sip_oauth": "yes"}], **FOR}, []),
        (phone_security_profile, SIP_OAUTH, {"profiles": [{"name": "two", "sip_oauth": False}], **FOR}, ["profiles"]),
        # It is as desired, so it was not judged.
        (phone_security_profile, SIP_OAUTH, {"profiles": SIP_OAUTH["profiles"], **FOR}, ["profiles"]),
        (phone_security_profile, SIP_OAUTH, {"name": "two", "sip_oauth": True, **FOR}, ["name", "profiles", "sip_oauth"]),
        (phone_security_profile, DISABLED, {"state": "restored", **FOR}, []),
        (phone_security_profile, {}, {"name": "two"}, None),
        (service_control, SIP_OAUTH, {"service": "s"}, None),
    ],
)  # fmt: skip
def test_a_step_does_what_was_judged_or_differs_in_words(
    module: t.Any, judged: dict[str, t.Any], options: dict[str, t.Any], differing: list[str] | None
) -> None:
    judged_steps = steps.of_modes([MODE, SECOND_PROFILE], "non_secure", judged)
    assert differing_of(module, judged_steps, options) == differing


def test_a_mode_that_stays_is_set_by_no_step() -> None:
    for options in ({"state": "mixed"}, {"state": "gathered"}):
        assert differing_of(security_mode, steps.of_modes([], None, SIP_OAUTH), options) is None


@pytest.mark.parametrize(
    ("changed", "differing"),
    [
        ({}, []),
        ({"node": "b"}, ["node"]),
        ({"state": "stopped"}, ["state"]),
        ({"if_running_since": None}, ["if_running_since"]),
        ({"others_up": []}, ["others_up"]),
        ({"listens_on": []}, ["listens_on"]),
    ],
)
def test_a_restart_does_what_was_judged(changed: dict[str, t.Any], differing: list[str]) -> None:
    options = {
        "node": "a",
        "service": "s",
        "state": "restarted",
        "if_running_since": "2026-01-01T00:00:00",
        "listens_on": [5091],
        "others_up": UP,
        **changed,
    }
    assert differing_of(service_control, steps.of_restarts([RESTART_OF], UP), options) == differing


def differing_of(module: t.Any, judged: steps.Steps, options: dict[str, t.Any]) -> list[str] | None:
    """Return the names of a step's options that differ from the judged ones."""
    name = module.__name__.rpartition(".")[2]
    params = ArgumentSpecValidator(module.ARGUMENT_SPEC).validate(options).validated_parameters
    found = steps.deviation(module.ARGUMENT_SPEC, judged.get(name, []), params)
    return None if found is None else [line.partition(" ")[0] for line in found]
