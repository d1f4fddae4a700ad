# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own documentation: its commands work, its links lead somewhere, and it names all there is to set."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from cucm_lab.domain.releases import RELEASES
from cucm_lab.domain.settings import DEFAULT_TIMINGS
from cucm_lab.fixture import HANGS_AFTER
from cucm_lab.platform_cli.settings import CliSettings
from cucm_lab.validation import schema

LAB = Path(__file__).parents[1]
REPOSITORY = LAB.parents[1]
PAGES = [LAB / "README.md", *sorted((LAB / "docs").glob("*.md"))]


def read(page: str) -> str:
    return (LAB / page).read_text("utf-8")


def commands(page: str) -> list[str]:
    """What a page tells the reader to type."""
    blocks = re.findall(r"^```console\n(.*?)^```", read(page), re.MULTILINE | re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


# -- commands -------------------------------------------------------------------------------------------


def run(script: list[str], where: Path, **environment: str) -> list[str]:
    """Run commands one after another in one shell; return what each printed. None of them may fail."""
    mark = "-- next --"
    text = "\n".join(["set -euo pipefail", *(f"{line}\nprintf '\\n{mark}\\n'" for line in script)])
    binaries = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        ["bash", "-c", text],
        cwd=where,
        env={**os.environ, "PATH": binaries, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=HANGS_AFTER,
        check=False,
    )
    printed = result.stdout.split(f"\n{mark}\n")
    assert result.returncode == 0, (script[len(printed) - 1], printed[-1], result.stderr)
    return [each.strip() for each in printed[: len(script)]]


def password_helper(directory: Path, password: str) -> str:
    """Make a program that types the password for OpenSSH."""
    helper = directory / "askpass"
    helper.write_text(f"#!/bin/sh\nprintf '%s\\n' '{password}'\n")
    helper.chmod(0o700)
    return str(helper)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[list[str], Path, dict[str, Any]]]:
    """The lab as the README starts it, at free ports and faster: the commands after that, its run directory, lab.json."""
    every = commands("README.md")
    (start,) = [number for number, command in enumerate(every) if command.startswith("cucm-lab up ")]
    directory = tmp_path / "lab"
    up = every[start].replace("/tmp/lab", str(directory)) + " --free-ports --time-scale 50"
    try:
        run([up], REPOSITORY)
        lab = json.loads((directory / "lab.json").read_text())
        publisher = lab["clusters"]["lab"]["nodes"]["cucm-pub"]
        fitted = [
            command.replace("/tmp/lab", str(directory))
            .replace("8443", str(publisher["https_port"]))
            .replace("2222", str(publisher["ssh_port"]))
            for command in every[start + 1 :]
        ]
        yield fitted, directory, lab
    finally:
        run([f"cucm-lab down --run-dir {directory}"], REPOSITORY)


needs_clients = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("ssh")), reason="curl or ssh is not installed"
)


@needs_clients
def test_the_commands_of_the_readme_work(running: Any, tmp_path: Path) -> None:
    fitted, directory, lab = running
    secret = next(each["password"] for each in lab["accounts"] if each["username"] == "admin")
    # A reader types; here the input is there before the prompt is, and OpenSSH is not at a terminal.
    ready = [
        f"printf 'exit\\r' | {command.replace('ssh ', 'ssh -tt -F none ', 1)}"
        if command.startswith("ssh ")
        else command
        for command in fitted
    ]
    printed = dict(
        zip(
            fitted,
            run(
                ready,
                REPOSITORY,
                SSH_ASKPASS=password_helper(tmp_path, secret),
                SSH_ASKPASS_REQUIRE="force",
            ),
            strict=True,
        )
    )
    answers = {command.split()[0]: text for command, text in printed.items()}
    assert "admin:" in answers["ssh"]
    assert answers["password"] == secret
    curls = [text for command, text in printed.items() if command.startswith("curl ")]
    assert "AXL" in curls[0]
    assert json.loads(curls[1]) == {"set": ["licence"]}
    assert {"ssh", "https-basic"} <= {entry["operation"] for entry in json.loads(curls[2])}
    assert not (directory / "lab.json").exists()


@needs_clients
def test_the_commands_of_the_control_api_work(running: Any) -> None:
    _fitted, directory, _lab = running
    every = commands("docs/control-api.md")
    printed = run(every, directory)
    state, database, _journal, texts = printed[1:5]
    assert json.loads(state)["name"] == "lab"
    assert re.fullmatch(r"[0-9a-f]{64}  -", database)
    assert json.loads(texts)
    assert [json.loads(each) for each in printed[5:]] == [
        {"set": ["licence"]},
        {"id": 1},
        {"deleted": 1},
        {"reset": "lab"},
    ]


@pytest.mark.parametrize("page", ["docs/fleets.md", "docs/provenance.md"])
def test_the_other_commands_work(page: str, tmp_path: Path) -> None:
    assert len(run(commands(page), tmp_path)) == 1


def test_no_other_page_has_commands() -> None:
    run_here = {"README.md", "control-api.md", "fleets.md", "provenance.md"}
    assert {path.name for path in PAGES if "```console" in path.read_text("utf-8")} == run_here


def test_the_installation_is_the_one_that_make_does() -> None:
    """No test installs anything: this environment was made so."""
    before = commands("README.md")[:2]
    assert before[0].startswith("python3 -m venv .venv && ")
    assert before[1] == "pip install -e ./tests/lab"
    assert "-e ./tests/lab" in (REPOSITORY / "Makefile").read_text("utf-8")
    assert commands("README.md")[2].startswith("cucm-lab up ")


# -- pages ----------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for file, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text("utf-8")):
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), file
        assert not anchor or anchor in anchors(target), (file, anchor)


def test_the_readme_leads_to_every_page() -> None:
    linked = set(re.findall(r"\]\((docs/[^)#]*)", read("README.md")))
    assert linked == {str(page.relative_to(LAB)) for page in PAGES[1:]}


def test_the_readme_stays_short() -> None:
    assert len(read("README.md").splitlines()) <= 120


def named(page: str) -> set[str]:
    """The words that a page has in code type, each one alone."""
    return {
        word
        for code in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", read(page))
        for word in re.findall(r"[\w.-]+", code)
    }


@pytest.mark.parametrize(
    ("page", "wanted"),
    [
        ("docs/platform-cli.md", [each.name for each in fields(CliSettings)]),
        ("docs/topologies.md", list(DEFAULT_TIMINGS)),
        ("docs/topologies.md", list(schema("topology")["properties"])),
        ("docs/topologies.md", list(schema("topology")["$defs"]["cluster"]["properties"])),
        ("docs/topologies.md", list(schema("topology")["$defs"]["node"]["properties"])),
        ("docs/control-api.md", list(schema("topology")["$defs"]["axl"]["properties"])),
        ("docs/interfaces.md", list(schema("topology")["$defs"]["certificate_api"]["properties"])),
        ("docs/interfaces.md", list(schema("topology")["$defs"]["serviceability"]["properties"])),
        ("docs/topologies.md", list(RELEASES)),
        ("docs/control-api.md", list(schema("set")["properties"])),
        ("docs/control-api.md", schema("fault")["properties"]["fault"]["enum"]),
    ],
)
def test_all_there_is_to_set_is_named(page: str, wanted: list[str]) -> None:
    assert [name for name in wanted if name not in named(page)] == []


# -- package --------------------------------------------------------------------------------------------


def test_the_wheel_has_the_package_alone() -> None:
    settings = (LAB / "pyproject.toml").read_text("utf-8")
    included = re.search(r'(?m)^include = \["(.*)"\]$', settings)
    assert included
    folders = {".".join(path.parent.relative_to(LAB).parts) for path in LAB.rglob("__init__.py")} - {""}
    packed = {folder for folder in folders if fnmatch(folder, included.group(1))}
    assert "cucm_lab.platform_cli.commands" in packed
    assert {folder for folder in folders - packed if not folder.startswith("tests")} == set()
    assert not any(folder.startswith("tests") for folder in packed)
