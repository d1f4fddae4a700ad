# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example that sets up AWX, run with the real modules of awx.awx against a stand-in for the controller.

The collection awx.awx is used where it is installed, never copied: below the directory CUCM_AWX_COLLECTIONS names, else from
the package ansible, which carries it.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from .controller import Controller, Serving

ROOT = Path(__file__).resolve().parents[2]
AWX = ROOT / "docs" / "schedules" / "awx"
OPTIONS = Path(__file__).parent / "awx-options.json"
SECRETS = {"cucm_axl_password": "axl-S3cret-one", "cucm_cli_password": "cli-S3cret-two"}


def collections() -> Path | None:
    """Where ansible_collections/awx/awx is, if anywhere."""
    candidates = [Path(os.environ["CUCM_AWX_COLLECTIONS"])] if os.environ.get("CUCM_AWX_COLLECTIONS") else []
    package = importlib.util.find_spec("ansible_collections")
    candidates += [Path(place).parent for place in (package and package.submodule_search_locations) or []]
    return next(
        (each for each in candidates if (each / "ansible_collections" / "awx" / "awx").is_dir()), None
    )


COLLECTIONS = collections()
pytestmark = pytest.mark.skipif(
    COLLECTIONS is None,
    reason="no collection awx.awx: set CUCM_AWX_COLLECTIONS, or install the package ansible",
)


def options_of(module: str) -> dict[str, dict[str, t.Any]]:
    """Return the options that a module of awx.awx documents, as far as a task can be wrong about them."""
    assert COLLECTIONS is not None
    path = COLLECTIONS / "ansible_collections" / "awx" / "awx" / "plugins" / "modules" / f"{module}.py"
    documentation = next(
        ast.literal_eval(node.value)
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION"
    )
    told = ("type", "elements", "required", "choices")
    return {
        name: {key: option[key] for key in told if key in option}
        for name, option in yaml.safe_load(documentation)["options"].items()
    }


def test_recorded_options_are_those_of_the_collection() -> None:
    """What tests/unit/project/test_schedules.py goes by. CUCM_AWX_RECORD=1 writes it anew."""
    modules = sorted(
        action.removeprefix("awx.awx.")
        for task in yaml.load((AWX / "controller.yml").read_text("utf-8"), Tolerant)[0]["tasks"]
        for action in task
        if action.startswith("awx.awx.")
    )
    found = {module: options_of(module) for module in modules}
    if os.environ.get("CUCM_AWX_RECORD"):
        OPTIONS.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")
    assert json.loads(OPTIONS.read_text("utf-8")) == found


class Tolerant(yaml.SafeLoader):
    """Reads what is tagged C(!unsafe) as the text it is."""


Tolerant.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


@pytest.fixture
def controller() -> t.Iterator[tuple[Controller, str]]:
    made = Controller(playbooks=[path.name for path in (AWX / "project").glob("*.yml")])
    with Serving(made) as serving:
        yield made, serving.url


class Set:
    """Runs controller.yml."""

    def __init__(self, url: str, directory: Path) -> None:
        self._url, self._directory = url, directory

    def up(self, *arguments: str) -> str:
        """Run it and return all that it said. Fails when it does."""
        ran = self.tried(*arguments)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def tried(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it."""
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOLOR": "1",
            "CONTROLLER_HOST": self._url,
            "CONTROLLER_OAUTH_TOKEN": "t0ken",
            "HOME": str(self._directory),
        }
        return subprocess.run(
            [
                str(Path(sys.executable).parent / "ansible-playbook"),
                str(AWX / "controller.yml"),
                *arguments,
            ],
            env=environment,
            cwd=self._directory,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def accounts(tmp_path: Path) -> str:
    path = tmp_path / "accounts.json"
    path.write_text(
        json.dumps({**SECRETS, "cucm_axl_username": "axlread", "cucm_cli_username": "audit"}), "utf-8"
    )
    return f"@{path}"


def test_it_sets_up_all_that_a_night_needs_and_changes_nothing_the_second_time(
    controller: tuple[Controller, str], accounts: str, tmp_path: Path
) -> None:
    made, url = controller
    sets = Set(url, tmp_path)
    said = sets.up("-e", accounts, "-vvv")
    assert made.tokens == {"Bearer t0ken"}
    for secret in SECRETS.values():
        assert secret not in said

    axl = made.objects("credentials")["CUCM AXL auditor"]["inputs"]
    assert axl == {"username": "axlread", "password": SECRETS["cucm_axl_password"]}
    cli = made.objects("credential_types")["CUCM CLI account"]["injectors"]
    assert cli == {"env": {"CUCM_CLI_USERNAME": "{{ username }}", "CUCM_CLI_PASSWORD": "{{ password }}"}}
    job = made.objects("job_templates")["CUCM compliance"]
    assert json.loads(job["extra_vars"]) == yaml.safe_load((AWX.parent / "nightly.yml").read_text("utf-8"))
    for name in ("CUCM compliance", "CUCM plan"):
        assert made.associated("job_templates", name, "credentials") == [
            "CUCM AXL auditor",
            "CUCM CLI auditor",
        ]
        assert made.associated("job_templates", name, "instance_groups") == ["CUCM audit"]
    assert made.associated("job_templates", "CUCM compliance", "notification_templates_error") == [
        "CUCM compliance failed"
    ]
    schedule = made.objects("schedules")["CUCM compliance every night"]
    assert schedule["unified_job_template"] == job["id"]
    claims = yaml.safe_load(made.objects("instance_groups")["CUCM audit"]["pod_spec_override"])["spec"]
    assert claims["volumes"][0]["persistentVolumeClaim"] == {"claimName": "cucm-compliance"}
    told = made.objects("notification_templates")["CUCM compliance failed"]["messages"]["error"]
    assert "{{ job.status }}" in told["message"]

    made.changes.clear()
    said = sets.up("-e", accounts)
    assert re.search(r"localhost +: ok=\d+ +changed=0 ", said), said
    assert made.changes == []


def test_a_password_is_changed_only_when_it_is_asked_for(
    controller: tuple[Controller, str], accounts: str, tmp_path: Path
) -> None:
    made, url = controller
    sets = Set(url, tmp_path)
    sets.up("-e", accounts)
    made.changes.clear()
    sets.up("-e", accounts, "-e", "cucm_axl_password=new", "-e", "controller_rotate_secrets=true")
    # The other one cannot be compared, so it is written too; nothing else is.
    assert {path for _method, path, _body in made.changes} == {
        f"credentials/{made.objects('credentials')[name]['id']}"
        for name in ("CUCM AXL auditor", "CUCM CLI auditor")
    }
    assert made.objects("credentials")["CUCM AXL auditor"]["inputs"]["password"] == "new"


def test_accounts_made_by_hand_are_used_and_an_existing_group_is_left_as_it_is(
    controller: tuple[Controller, str], tmp_path: Path
) -> None:
    made, url = controller
    sets = Set(url, tmp_path)
    ran = sets.tried("-e", "controller_instance_group_is_made=false")
    assert ran.returncode == 2
    assert "CUCM" in ran.stdout
    assert made.objects("job_templates") == {}

    for kind in ("AXL", "CLI"):
        type_ = made.objects("credential_types")[f"CUCM {kind} account"]["id"]
        made.make(
            "credentials",
            {"name": f"CUCM {kind} auditor", "organization": 1, "credential_type": type_, "inputs": {}},
        )
    made.make("instance_groups", {"name": "voice", "is_container_group": False})
    made.changes.clear()
    sets.up("-e", "controller_instance_group_is_made=false", "-e", "controller_instance_group=voice")
    assert made.associated("job_templates", "CUCM compliance", "instance_groups") == ["voice"]
    touched = {path.split("/")[0] for _method, path, _body in made.changes}
    assert not touched & {"credentials", "instance_groups"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ["-e", '{"controller_rrule": "DTSTART:20260101T023700 RRULE:FREQ=DAILY;INTERVAL=1"}'],
            "time zone required",
        ),
        (["-e", '{"controller_mail": {"host": "smtp.example.com"}}'], "Missing or unexpected fields"),
    ],
)
def test_what_the_controller_refuses_ends_it_and_is_told(
    controller: tuple[Controller, str], accounts: str, tmp_path: Path, arguments: list[str], reason: str
) -> None:
    _made, url = controller
    ran = Set(url, tmp_path).tried("-e", accounts, *arguments)
    assert ran.returncode == 2
    assert reason in ran.stdout
