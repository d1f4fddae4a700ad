# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What real clusters print, read and judged: the cases below tests/cases, and logs as terminal programs write them."""

from __future__ import annotations

import json
import re
import shutil
import typing as t
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.ucops.cucm.plugins.module_utils._base.clock import Clock
from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results
from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
from ansible_collections.ucops.cucm.plugins.module_utils._security import preflight
from ansible_collections.ucops.cucm.plugins.module_utils._security.checks import Intent
from ansible_collections.ucops.cucm.plugins.modules import cluster_info

CASES = Path(__file__).resolve().parents[2] / "cases"
# The bases were saved on this day.
NOW = datetime(2026, 11, 30, 3, 25, tzinfo=UTC)
MIXED = {"intent": {"security_mode": "mixed"}}
NUMBERED = sorted(path for path in CASES.iterdir() if path.name[0].isdigit())
PUBLISHER = "alpha-pub"


def never(seconds: float) -> None:
    raise AssertionError(f"waited {seconds} s for what was saved")


def read(directory: Path) -> dict[str, t.Any]:
    """Return the facts of saved answers as the module returns them."""
    given = {
        "saved": str(directory),
        "gather_subset": ["all"],
        "publisher": "127.0.0.1",
        "state_dir": str(directory.parent / "state"),
    }
    validation = ArgumentSpecValidator(cluster_info.ARGUMENT_SPEC).validate(given)
    assert not validation.error_messages
    task = _task.Task(params=validation.validated_parameters, clock=Clock(sleep=never), warn=pytest.fail)
    result = _task.perform(task, cluster_info.run)
    assert "cluster" in result, result
    return json.loads(json.dumps(result["cluster"]))


def laid(case: Path, directory: Path) -> dict[str, t.Any]:
    """Lay a case over its base and return what is expected of it."""
    expected = json.loads((case / "expect.json").read_text())
    shutil.copytree(CASES / "base" / expected.get("base", "hq"), directory)
    for gone in expected.get("remove", ()):
        (directory / gone).unlink()
    if (case / "input").is_dir():
        shutil.copytree(case / "input", directory, dirs_exist_ok=True)
    return expected


def place(value: t.Any, path: str) -> t.Any:
    for part in path.split("|") if "|" in path else path.split("."):
        if value is None:
            return None
        value = value[int(part)] if isinstance(value, list) else value.get(part)
    return value


def is_as(found: t.Any, wanted: t.Any) -> bool:
    if isinstance(wanted, dict) and set(wanted) == {"not"}:
        return found != wanted["not"]
    return found == wanted


@pytest.mark.parametrize("case", NUMBERED, ids=[case.name for case in NUMBERED])
def test_case(case: Path, tmp_path: Path) -> None:
    expected = laid(case, tmp_path / "saved")
    facts = read(tmp_path / "saved")
    checks = {check["id"]: check for check in preflight.run(facts, Intent("mixed", {}, frozenset()))}
    controls = {result["control"]: result for result in results.judge_cluster(facts, MIXED, "case", NOW)}
    wrong = [
        f"{path}: {found!r}"
        for path, wanted in expected.get("facts", {}).items()
        if not is_as(found := place(facts, path), wanted)
    ]
    for kind, judged in (("preflight", checks), ("compliance", controls)):
        wrong += [
            f"{kind} {name}: {judged[name]['verdict']} ({judged[name]['reason']})"
            for name, wanted in expected.get(kind, {}).items()
            if not is_as(judged[name]["verdict"], wanted)
        ]
    assert not wrong, expected["why"]
    assert set(expected) & {"facts", "preflight", "compliance"}


def test_a_text_that_nobody_can_read_is_kept(tmp_path: Path) -> None:
    laid(CASES / "07-licence-cli-other-form", tmp_path / "saved")
    facts = read(tmp_path / "saved")
    assert "licence" not in facts
    assert "The license manager does not answer" in facts["unavailable"]["licence"]
    assert facts["unavailable_causes"]["licence"]["output"].endswith("Try again later.")


def test_every_case_says_why() -> None:
    known = {"why", "source", "base", "remove", "facts", "preflight", "compliance"}
    for case in NUMBERED:
        expected = json.loads((case / "expect.json").read_text())
        assert expected["why"] and set(expected) <= known, case.name


# -- logs as people have them -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, t.Any]:
    directory = tmp_path_factory.mktemp("plain") / "saved"
    shutil.copytree(CASES / "base" / "hq", directory)
    return comparable(read(directory))


def comparable(facts: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return facts without when and where they were read."""
    return {name: value for name, value in facts.items() if name not in ("saved", "read_at", "state_dir")}


def stamped(mark: str) -> t.Callable[[str], str]:
    def stamp(text: str) -> str:
        return "\n".join(
            f"{mark.format(number % 60)}{line}".rstrip() for number, line in enumerate(text.split("\n"))
        )

    return stamp


def typescript(text: str) -> str:
    """Return a log as script(1) writes it: a heading, carriage returns, colours, the title of the window, an end."""
    body = text.replace("admin:", "\x1b]0;osadmin@alpha\x07\x1b[1madmin:\x1b[0m").replace("\n", "\r\n")
    return f'Script started on 2026-11-30 04:20:11+01:00 [TERM="xterm" TTY="/dev/pts/0"]\n{body}\n\nScript done on 2026-11-30\n'


def captured(text: str) -> str:
    """Return a log as tmux capture-pane or a copy from an 80 column window has it: long lines are broken, blanks at ends are lost."""
    lines = [line.expandtabs() for line in text.split("\n")]
    return "\n".join(line[at : at + 80].rstrip() for line in lines for at in range(0, max(len(line), 1), 80))


PUTTY = "=~=~=~=~= PuTTY log 2026.11.30 04:20:11 =~=~=~=~=\nlogin as: osadmin\n"
LOGS: dict[str, t.Callable[[str], str]] = {
    "PuTTY": lambda text: PUTTY + text,
    "PuTTY, appended to": lambda text: PUTTY + text + "\n" + PUTTY + text.partition("admin:")[0] + "admin:",
    "Windows": lambda text: "\ufeff" + text.replace("\n", "\r\n"),
    "SecureCRT": stamped("[2026-11-30 04:22:{0:02}] "),
    "SecureCRT short": stamped("[04:22:{0:02}.123]"),
    "MobaXterm": stamped("2026-11-30 04:22:{0:02} | "),
    "a logger": stamped("2026-11-30 04:22:{0:02},893 - "),
    "syslog": stamped("Nov 30 04:22:{0:02} jump1 ssh[411]: "),
    "ts": stamped("Nov 30 04:22:{0:02} "),
    "a mail": stamped("> "),
    "numbered": stamped("{0:6}\t"),
    "a tool for many hosts": stamped("alpha-pub | "),
    "a word processor": lambda text: text.replace("-", "\N{EN DASH}").replace(
        "'", "\N{RIGHT SINGLE QUOTATION MARK}"
    ),
    "a web page": lambda text: text.replace(" ", "\N{NO-BREAK SPACE}"),
    "script": typescript,
    "tmux": captured,
    "tmux with stamps": lambda text: stamped("[04:22:{0:02}] ")(captured(text)),
}


@pytest.mark.parametrize("program", LOGS)
def test_a_log_of_any_program_is_read_alike(program: str, plain: dict[str, t.Any], tmp_path: Path) -> None:
    shutil.copytree(CASES / "base" / "hq", tmp_path / "saved")
    for session in (tmp_path / "saved").glob("nodes/*/session.txt"):
        text = session.read_text()
        assert text.startswith("Command Line Interface is starting up") and re.search(
            "(?m)^admin:show ctl$", text
        )
        session.write_text(LOGS[program](text), newline="")
    found = comparable(read(tmp_path / "saved"))
    assert {name: found[name] for name in found if found[name] != plain.get(name)} == {}
    assert set(found) == set(plain)
