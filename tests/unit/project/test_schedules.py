# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of schedules: what systemd, cron and AWX would make of them."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.cli.playbook import PlaybookCLI
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.ucops.cucm.plugins.module_utils._module.task import CONNECTION_SPEC
from ansible_collections.ucops.cucm.plugins.modules import compliance_report

ROOT = Path(__file__).resolve().parents[3]
SCHEDULES = ROOT / "docs" / "schedules"
SYSTEMD, CRON, AWX = SCHEDULES / "systemd", SCHEDULES / "cron", SCHEDULES / "awx"
SKIPPED, OUT_OF_TIME = 75, 124
NIGHT = 24 * 3600


class Tolerant(yaml.SafeLoader):
    """Reads what is tagged C(!unsafe) as the text it is."""


Tolerant.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def read_yaml(path: Path) -> t.Any:
    return yaml.load(path.read_text("utf-8"), Tolerant)


# --- systemd -------------------------------------------------------------------------------------------------------

KEYS = {
    "Unit": "Description Documentation Wants After OnFailure",
    "Timer": "OnCalendar RandomizedDelaySec FixedRandomDelay Persistent",
    "Install": "WantedBy",
    "Service": "Type User SupplementaryGroups StateDirectory StateDirectoryMode UMask WorkingDirectory LoadCredential "
    "Environment ExecStart SuccessExitStatus TimeoutStartSec NoNewPrivileges CapabilityBoundingSet "
    "AmbientCapabilities ProtectSystem ProtectHome PrivateTmp PrivateDevices ProtectProc ProtectClock ProtectHostname "
    "ProtectKernelLogs ProtectKernelModules ProtectKernelTunables ProtectControlGroups RestrictAddressFamilies "
    "RestrictNamespaces RestrictRealtime RestrictSUIDSGID LockPersonality KeyringMode SystemCallArchitectures "
    "SystemCallFilter SystemCallErrorNumber",
}
"""The settings that systemd 247 knows, as far as they are used: a misspelt one would be passed over."""
SECONDS = {"s": 1, "min": 60, "h": 3600}

Unit = dict[str, dict[str, list[str]]]


def unit(name: str) -> Unit:
    """Return a unit's settings by section, as systemd reads them: comments out, continued lines joined."""
    text = re.sub(r"(?m)^[#;].*\n", "", (SYSTEMD / name).read_text("utf-8"))
    sections: Unit = {}
    section: dict[str, list[str]] = {}
    for line in filter(None, text.replace("\\\n", " ").splitlines()):
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
            continue
        key, equals, value = line.partition("=")
        assert equals, line
        section.setdefault(key, []).append(value.strip())
    return sections


def seconds(span: str) -> int:
    number, word = re.fullmatch(r"(\d+)([a-z]+)", span).groups()  # type: ignore[union-attr]
    return int(number) * SECONDS[word]


SERVICE = unit("cucm-compliance.service")["Service"]
UNITS = sorted(path.name for path in SYSTEMD.iterdir())


@pytest.mark.parametrize("name", UNITS)
def test_units_have_no_setting_that_systemd_would_pass_over(name: str) -> None:
    for section, settings in unit(name).items():
        assert set(settings) <= set(KEYS[section].split()), section


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for name in UNITS:
        shutil.copy(SYSTEMD / name, tmp_path)
    verified = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / name) for name in UNITS)],
        env={**os.environ, "SYSTEMD_LOG_LEVEL": "info"},
        capture_output=True,
        text=True,
        check=False,
    )
    # It warns of what it does not know, and ends well all the same.
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")


def test_the_units_belong_together() -> None:
    assert UNITS == ["cucm-compliance-alert.service", "cucm-compliance.service", "cucm-compliance.timer"]
    # A timer starts the service of its own name.
    assert "Unit" not in unit("cucm-compliance.timer")["Timer"]
    assert unit("cucm-compliance.service")["Unit"]["OnFailure"] == ["cucm-compliance-alert.service"]
    assert "Install" not in unit("cucm-compliance.service"), "only the timer is enabled"
    assert unit("cucm-compliance.timer")["Install"] == {"WantedBy": ["timers.target"]}


def test_the_timer_makes_up_for_a_night_and_spreads_the_load() -> None:
    timer = unit("cucm-compliance.timer")["Timer"]
    assert timer["Persistent"] == ["yes"]
    assert seconds(timer["RandomizedDelaySec"][0]) >= 600
    assert re.fullmatch(r"\*-\*-\* \d\d:\d\d:00", timer["OnCalendar"][0])


def test_a_run_cannot_reach_the_next_night() -> None:
    """systemd makes up at once for a start it missed because the service was still running; that would be a queue."""
    assert SERVICE["Type"] == ["oneshot"]
    delay = seconds(unit("cucm-compliance.timer")["Timer"]["RandomizedDelaySec"][0])
    assert seconds(SERVICE["TimeoutStartSec"][0]) + delay < NIGHT


def test_the_vault_password_is_a_credential_and_no_secret_is_in_a_unit() -> None:
    name, _colon, source = SERVICE["LoadCredential"][0].partition(":")
    assert Path(source).is_absolute()
    assert f"--vault-password-file ${{CREDENTIALS_DIRECTORY}}/{name}" in SERVICE["ExecStart"][0]
    for path in [*SYSTEMD.iterdir(), *CRON.iterdir()]:
        assert not re.search(r"(?i)(passw(or)?d|token|secret)\s*=", path.read_text("utf-8")), path


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("User", "cucm-audit"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("ProtectKernelTunables", "yes"),
        ("ProtectControlGroups", "yes"),
        ("RestrictSUIDSGID", "yes"),
        ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6"),
        ("StateDirectory", "cucm-compliance"),
        ("UMask", "0027"),
    ],
)
def test_the_service_is_confined(setting: str, value: str) -> None:
    assert SERVICE[setting] == [value]


def test_all_that_is_written_is_in_the_state_directory() -> None:
    state = f"/var/lib/{SERVICE['StateDirectory'][0]}"
    assert SERVICE["WorkingDirectory"] == [state]
    assert shlex.split(SERVICE["ExecStart"][0])[5] == f"{state}/lock"
    nightly = read_yaml(SCHEDULES / "nightly.yml")
    assert Path(nightly["cucm_compliance_directory"]).parent == Path(state)
    assert Path(nightly["cucm_state_dir"]).parent == Path(state)


def test_the_alert_says_why_and_takes_no_text_for_a_command(tmp_path: Path) -> None:
    put(tmp_path / "mail", 'printf "%s\\n" "$@" >"$OUT"; cat >>"$OUT"')
    put(tmp_path / "journalctl", 'echo "journal: $*"')
    # As systemd splits and fills in: $$ is a dollar for the shell.
    command = [part.replace("$$", "$") for part in shlex.split(unit(UNITS[0])["Service"]["ExecStart"][0])]
    assert "$" not in re.sub(r"\$\$", "", unit(UNITS[0])["Service"]["ExecStart"][0])
    ran = subprocess.run(
        command,
        env={
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "OUT": str(tmp_path / "out"),
            "ALERT_TO": "voice@example.com; touch probe",
            "MONITOR_SERVICE_RESULT": "exit-code $(touch probe)",
            "MONITOR_EXIT_STATUS": "2",
            "MONITOR_INVOCATION_ID": "0123abc",
        },
        cwd=tmp_path,
        check=False,
    )
    assert ran.returncode == 0
    said = (tmp_path / "out").read_text("utf-8")
    assert said.splitlines()[1].startswith("CUCM compliance failed on ")
    assert said.splitlines()[2] == "voice@example.com; touch probe"
    assert "Result: exit-code $(touch probe), exit status: 2." in said
    assert "_SYSTEMD_INVOCATION_ID=0123abc" in said
    assert not (tmp_path / "probe").exists()


# --- what both run -------------------------------------------------------------------------------------------------


def put(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)


def cron_file() -> tuple[dict[str, str], list[str]]:
    """Return the environment and the entries of the file for /etc/cron.d."""
    lines = [
        line
        for line in (CRON / "cucm-compliance").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    environment = [line for line in lines if re.match(r"[A-Z]+=", line)]
    return dict(line.split("=", 1) for line in environment), [
        line for line in lines if line not in environment
    ]


class Night:
    """Starts what systemd or cron would start, with a stand-in for ansible-playbook, on directories of its own."""

    def __init__(self, kind: str, here: Path) -> None:
        self.here, self._kind = here, kind
        self.state = here / "state"
        self.state.mkdir()
        (here / "bin").mkdir()
        (here / "etc").mkdir()
        # Prints its arguments; waits while a file exists; ends with the given status.
        put(
            here / "bin" / "ansible-playbook",
            'echo "$@" >>"$HERE/called"; while [ -e "$HERE/hold" ]; do sleep 0.02; done; '
            'echo "what Ansible said"; exit "$(cat "$HERE/status" 2>/dev/null || echo 0)"',
        )

    def start(self, limit: str = "1m") -> subprocess.Popen[str]:
        environment = {
            "HERE": str(self.here),
            "HOME": str(self.here),
            "CREDENTIALS_DIRECTORY": str(self.here / "etc"),
            "CUCM_COMPLIANCE_ETC": str(self.here / "etc"),
            "CUCM_COMPLIANCE_STATE": str(self.state),
            "CUCM_COMPLIANCE_LIMIT": limit,
            "PATH": "/usr/bin:/bin",
        }
        return subprocess.Popen(
            self._command(environment),
            env=environment,
            cwd=self.state,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, limit: str = "1m") -> tuple[int, str]:
        started = self.start(limit)
        said, _nothing = started.communicate(timeout=20)
        return started.returncode, said

    def calls(self) -> list[str]:
        called = self.here / "called"
        return called.read_text("utf-8").splitlines() if called.exists() else []

    def _command(self, environment: dict[str, str]) -> list[str]:
        if self._kind == "systemd":
            line = SERVICE["ExecStart"][0]
            line = line.replace("/opt/cucm-compliance/bin", str(self.here / "bin"))
            line = line.replace("/var/lib/cucm-compliance", str(self.state))
            return [
                part.replace("${CREDENTIALS_DIRECTORY}", str(self.here / "etc")) for part in shlex.split(line)
            ]
        settings, (entry,) = cron_file()
        environment["PATH"] = f"{self.here / 'bin'}:{CRON}:{settings['PATH']}"
        *_when_and_who, command = entry.split(None, 6)
        return [settings["SHELL"], "-c", command]


BOTH = pytest.mark.parametrize("kind", ["systemd", "cron"])


@pytest.fixture
def night(kind: str, tmp_path: Path) -> Night:
    return Night(kind, tmp_path)


@BOTH
def test_the_playbook_is_given_what_ansible_understands(night: Night) -> None:
    assert night.run()[0] == 0
    (call,) = night.calls()
    parsed = PlaybookCLI(["ansible-playbook", *call.split()])
    parsed.init_parser()
    options = parsed.parser.parse_args(call.split())
    assert options.args == ["ucops.cucm.compliance"]
    (inventory,) = options.inventory
    (variables,) = options.extra_vars
    assert (Path(inventory).name, Path(variables).name) == ("inventory.yml", "nightly.yml")
    assert variables.startswith("@")
    assert Path(options.vault_password_files[0]).name == "vault-password"
    assert not options.verbosity


@BOTH
@pytest.mark.parametrize("status", [0, 1, 2, 4, 250])
def test_the_end_of_the_playbook_is_the_end_of_the_run(night: Night, status: int) -> None:
    (night.here / "status").write_text(str(status), "utf-8")
    assert night.run()[0] == status


@BOTH
def test_a_run_that_meets_another_is_skipped_and_not_queued(night: Night) -> None:
    (night.here / "hold").touch()
    first = night.start()
    wait_for(lambda: len(night.calls()) == 1)
    status, said = night.run()
    assert status == SKIPPED
    assert "lock" in said
    (night.here / "hold").unlink()
    first.communicate(timeout=20)
    assert first.returncode == 0
    assert len(night.calls()) == 1
    assert night.run()[0] == 0
    assert len(night.calls()) == 2


def test_systemd_takes_a_skipped_run_for_no_failure() -> None:
    assert SERVICE["SuccessExitStatus"] == [str(SKIPPED)]
    words = shlex.split(SERVICE["ExecStart"][0])
    assert words[words.index("--conflict-exit-code") + 1] == str(SKIPPED)


def wait_for(happened: t.Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


# --- cron ----------------------------------------------------------------------------------------------------------


def test_cron_takes_the_file() -> None:
    text = (CRON / "cucm-compliance").read_text("utf-8")
    assert text.endswith("\n"), "cron passes over a file whose last line has no end"
    settings, (entry,) = cron_file()
    assert set(settings) == {"SHELL", "PATH", "MAILTO"}
    minute, hour, day, month, weekday, user, command = entry.split(None, 6)
    assert int(minute) in range(60)
    assert int(hour) in range(24)
    assert (day, month, weekday, user) == ("*", "*", "*", SERVICE["User"][0])
    assert "%" not in command, "cron takes it for the end of a line"
    script = CRON / command
    assert script.stat().st_mode & stat.S_IXUSR


@pytest.mark.parametrize("kind", ["cron"])
def test_cron_mails_nothing_when_all_is_well_and_the_end_of_the_output_when_not(night: Night) -> None:
    assert night.run() == (0, "")
    (night.here / "status").write_text("2", "utf-8")
    status, said = night.run()
    assert status == 2
    assert "ended with status 2" in said
    assert said.endswith("what Ansible said\n")
    assert str(night.state / "report" / "compliance.md") in said


@pytest.mark.parametrize("kind", ["cron"])
def test_every_run_from_cron_leaves_a_record(night: Night) -> None:
    (night.here / "status").write_text("4", "utf-8")
    night.run()
    (night.here / "hold").touch()
    first = night.start()
    wait_for(lambda: len(night.calls()) == 2)
    log = night.state / "last-run.log"
    night.run()
    assert log.read_text("utf-8") == "", "a skipped run does not touch what the other one writes"
    (night.here / "hold").unlink()
    first.communicate(timeout=20)
    records = (night.state / "runs.log").read_text("utf-8").splitlines()
    assert [re.sub(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", "", record) for record in records] == [
        "started",
        "ended: 4",
        "started",
        "skipped: another run is going",
        "ended: 4",
    ]
    assert stat.S_IMODE(log.stat().st_mode) == 0o640


@pytest.mark.parametrize("kind", ["cron"])
def test_a_run_from_cron_that_hangs_is_ended_and_told(night: Night) -> None:
    (night.here / "hold").touch()
    status, said = night.run(limit="0.3")
    assert status == OUT_OF_TIME
    assert f"status {OUT_OF_TIME}" in said
    (night.here / "hold").unlink()
    assert night.run()[0] == 0, "the lock is free again"


@pytest.mark.parametrize("kind", ["cron"])
def test_a_run_from_cron_without_its_directory_fails(night: Night) -> None:
    shutil.rmtree(night.state)
    night.here.joinpath("elsewhere").mkdir()
    started = subprocess.run(
        [str(CRON / "cucm-compliance-nightly")],
        env={"CUCM_COMPLIANCE_STATE": str(night.state), "PATH": f"{night.here / 'bin'}:/usr/bin:/bin"},
        cwd=night.here / "elsewhere",
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 1
    assert str(night.state) in started.stderr
    assert night.calls() == []


# --- what the nightly run asks for ----------------------------------------------------------------------------------


def test_the_nightly_variables_are_those_of_the_playbook() -> None:
    nightly = read_yaml(SCHEDULES / "nightly.yml")
    role = (ROOT / "roles" / "compliance" / "tasks" / "main.yml").read_text("utf-8")
    for variable in nightly:
        connection = variable.removeprefix("cucm_") in CONNECTION_SPEC
        assert connection or re.search(rf"\bcompliance_settings\.{variable}\b", role), variable
    assert set(nightly["cucm_fail_on"]) <= set(compliance_report.ARGUMENT_SPEC["fail_on"]["choices"])
    # A night without answers must not end as a good one does.
    assert "unreachable" in nightly["cucm_fail_on"]
    assert f"cucm_fail_on: [{', '.join(nightly['cucm_fail_on'])}]" in (SCHEDULES / "README.md").read_text(
        "utf-8"
    )
    # Even 20 at a time and all of them hanging, a fleet of several hundred ends before the limit.
    assert 300 / 20 * nightly["cucm_compliance_deadline"] <= seconds(SERVICE["TimeoutStartSec"][0])


# --- AWX -----------------------------------------------------------------------------------------------------------

(PLAY,) = read_yaml(AWX / "controller.yml")
OPTIONS = json.loads((ROOT / "tests" / "contract" / "awx-options.json").read_text("utf-8"))
SAMPLES = {"str": "x", "dict": {}, "list": [], "bool": True, "int": 1}


def action(task: dict[str, t.Any]) -> tuple[str, dict[str, t.Any]]:
    """Return the module of awx.awx that a task names, and what it gives it."""
    ((name, given),) = [(key, value) for key, value in task.items() if "." in key]
    assert name.startswith("awx.awx.")
    return name.removeprefix("awx.awx."), given


ACTIONS = [action(task) for task in PLAY["tasks"]]


def made(module: str) -> list[dict[str, t.Any]]:
    return [given for name, given in ACTIONS if name == module]


@pytest.mark.parametrize(("module", "given"), ACTIONS, ids=[given["name"] for _module, given in ACTIONS])
def test_tasks_give_the_real_modules_what_they_take(module: str, given: dict[str, t.Any]) -> None:
    """By the options that are recorded of awx.awx; tests/contract/test_awx.py runs the modules where they are."""
    spec = {option: {**told, "type": told.get("type", "str")} for option, told in OPTIONS[module].items()}
    filled = {
        option: SAMPLES[spec.get(option, {"type": "str"})["type"]] if "{{" in str(value) else value
        for option, value in given.items()
    }
    assert ArgumentSpecValidator(spec).validate(filled).error_messages == []


def test_lint_makes_believe_in_no_more_modules_than_are_used() -> None:
    """ansible-lint runs where awx.awx is not installed."""
    mocked = yaml.safe_load((ROOT / ".ansible-lint").read_text("utf-8"))["mock_modules"]
    assert mocked == sorted({f"awx.awx.{module}" for module, _given in ACTIONS})


def test_credential_types_set_what_the_modules_fall_back_to() -> None:
    fallbacks = {
        name: option
        for option, spec in CONNECTION_SPEC.items()
        for name in spec.get("fallback", (None, []))[1]
    }
    injected: dict[str, str] = {}
    for type_ in made("credential_type"):
        fields = {field["id"]: field for field in type_["inputs"]["fields"]}
        assert set(type_["inputs"]["required"]) == set(fields) == {"username", "password"}
        assert fields["password"]["secret"] is True
        # The environment of the job, which the controller shows without them; no variable, which a task could print.
        assert set(type_["injectors"]) == {"env"}
        for name, template in type_["injectors"]["env"].items():
            field = template.strip("{} ")
            assert fallbacks[name].endswith(f"_{field}")
            injected[name] = field
    assert set(injected) == {
        "CUCM_AXL_USERNAME",
        "CUCM_AXL_PASSWORD",
        "CUCM_CLI_USERNAME",
        "CUCM_CLI_PASSWORD",
    }


def test_no_secret_is_in_the_example_and_none_is_overwritten_by_the_way() -> None:
    for credential in made("credential"):
        assert all(re.fullmatch(r"{{ cucm_\w+ }}", value) for value in credential["inputs"].values())
        assert credential["update_secrets"] == "{{ controller_rotate_secrets }}"
    assert PLAY["vars"]["controller_rotate_secrets"] is False
    assert PLAY["vars"]["controller_mail"]["password"] == ""


def test_what_is_named_is_made_before() -> None:
    names: dict[str, set[str]] = {}
    refers = {
        "credential_type": "credential_type",
        "project": "project",
        "source_project": "project",
        "inventory": "inventory",
        "execution_environment": "execution_environment",
        "default_environment": "execution_environment",
        "unified_job_template": "job_template",
        "notification_templates_error": "notification_template",
        "instance_groups": "instance_group",
    }
    seen = 0
    for module, given in ACTIONS:
        for option in set(given) & set(refers):
            value = given[option]
            for name in value if isinstance(value, list) else [value]:
                seen += 1
                assert name in names[refers[option]], (given["name"], option)
        names.setdefault(module, set()).add(given["name"])
    assert seen > 10
    for template in made("job_template"):
        assert set(re.findall("CUCM (?:AXL|CLI) auditor", template["credentials"])) == names["credential"]


def test_what_can_be_scheduled_has_names_of_its_own() -> None:
    """The schedule finds what it starts by name, among projects and inventory sources too."""
    names = [
        given["name"] for module in ("project", "inventory_source", "job_template") for given in made(module)
    ]
    assert len(names) == len(set(names))


def test_whoever_starts_a_job_cannot_say_where_the_passwords_go() -> None:
    for template in made("job_template"):
        for what in ("variables", "inventory", "credential"):
            assert template[f"ask_{what}_on_launch"] is False
    compliance, _plan = made("job_template")
    assert compliance["name"] == "CUCM compliance"
    assert compliance["ask_limit_on_launch"] is False, "a part of the fleet is not reported as if it were all"


def test_a_job_cannot_reach_the_next_night_and_its_failure_is_told() -> None:
    compliance, _plan = made("job_template")
    assert 0 < compliance["timeout"] < NIGHT
    assert compliance["allow_simultaneous"] is False
    assert compliance["notification_templates_error"] == [
        given["name"] for given in made("notification_template")
    ]
    (schedule,) = made("schedule")
    assert schedule["unified_job_template"] == compliance["name"]
    assert re.fullmatch(
        r"DTSTART;TZID=[A-Za-z]+/[A-Za-z_]+:\d{8}T\d{6} RRULE:FREQ=DAILY;INTERVAL=1",
        PLAY["vars"]["controller_rrule"],
    )


def test_the_report_outlives_the_job() -> None:
    compliance, _plan = made("job_template")
    assert compliance["extra_vars"] == "{{ lookup('ansible.builtin.file', '../nightly.yml') | from_yaml }}"
    assert compliance["prevent_instance_group_fallback"] is True
    spec = yaml.safe_load((AWX / "pod-spec.yml").read_text("utf-8"))["spec"]
    (mount,) = spec["containers"][0]["volumeMounts"]
    nightly = read_yaml(SCHEDULES / "nightly.yml")
    for variable in ("cucm_compliance_directory", "cucm_state_dir"):
        assert Path(nightly[variable]).is_relative_to(mount["mountPath"])
    (volume,) = spec["volumes"]
    assert volume["name"] == mount["name"]
    assert "persistentVolumeClaim" in volume
    assert not Path(mount["mountPath"]).is_relative_to("/runner")
    assert "fsGroup" in spec["securityContext"]


def test_playbooks_of_the_job_templates_are_in_the_project() -> None:
    for template in made("job_template"):
        (imports,) = read_yaml(AWX / "project" / template["playbook"])
        collection, name = imports["ansible.builtin.import_playbook"].rsplit(".", 1)
        assert collection == "ucops.cucm"
        assert (ROOT / "playbooks" / f"{name}.yml").is_file()
    (source,) = made("inventory_source")
    inventory = read_yaml(AWX / "project" / source["source_path"])
    assert "cucm" in inventory
    assert "password" not in str(inventory)


def test_the_execution_environment_has_the_collection() -> None:
    environment = read_yaml(AWX / "project" / "execution-environment.yml")
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))
    (collection,) = environment["dependencies"]["galaxy"]["collections"]
    assert collection["name"] == f"{galaxy['repository']}.git"
    assert collection["version"] == galaxy["version"]
    assert yaml.safe_load((ROOT / "meta" / "execution-environment.yml").read_text("utf-8"))["dependencies"][
        "python"
    ]


# --- the directory -------------------------------------------------------------------------------------------------

FILES = sorted(path.relative_to(ROOT) for path in SCHEDULES.rglob("*") if path.is_file())


@pytest.mark.parametrize("path", FILES, ids=str)
def test_every_file_is_in_the_artifact_and_in_the_readme(path: Path) -> None:
    ignored = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))["build_ignore"]
    for part in (path, *path.parents):
        assert not any(fnmatch.fnmatch(str(part), pattern) for pattern in ignored)
    readme = (SCHEDULES / "README.md").read_text("utf-8")
    assert path.name == "README.md" or f"({path.relative_to(SCHEDULES.relative_to(ROOT))})" in readme


def test_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (SCHEDULES / "README.md").read_text("utf-8"))
    assert links
    for link in links:
        assert (SCHEDULES / link).exists(), link
