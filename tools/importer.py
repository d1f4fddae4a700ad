#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run Galaxy's importer on an artifact, and end with 1 if it gives an unexplained warning.

usage: importer.py PYTHON ARTIFACT

PYTHON is the interpreter of an environment with galaxy-importer. Every warning that stays has its reason in
tools/importer-warnings.yml; one that the importer no longer gives has to leave that file.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import yaml

EXPLAINED = Path(__file__).resolve().with_name("importer-warnings.yml")
_DONE = "Importer processing completed successfully"
_WARNING = re.compile(r"^(?:WARNING|ERROR|CRITICAL): (.*)")


class Explanation(t.TypedDict):
    """An entry of the file: a pattern of the whole warning, why it stays, and whether it comes only sometimes."""

    warning: str
    reason: str
    sometimes: t.NotRequired[bool]


def judged(log: str, explanations: t.Sequence[Explanation]) -> list[str]:
    """Return the problems of a run of the importer, from its output."""
    warnings = [found[1] for line in log.splitlines() if (found := _WARNING.match(line))]
    patterns = [each["warning"] for each in explanations]
    wrong = [
        f"Not explained in {EXPLAINED.name}: {warning}"
        for warning in warnings
        if not any(re.fullmatch(pattern, warning) for pattern in patterns)
    ]
    wrong += [
        f"No longer given, so remove it from {EXPLAINED.name}: {each['warning']}"
        for each in explanations
        if not each.get("sometimes")
        and not any(re.fullmatch(each["warning"], warning) for warning in warnings)
    ]
    return wrong if _DONE in log else [*wrong, "The importer did not accept the artifact."]


def main() -> int:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    python, artifact = (Path(argument).absolute() for argument in sys.argv[1:])
    # It runs the ansible-doc and ansible-lint of its own environment, which must not find another copy of this collection.
    env = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    for name in ("ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_CONFIG"):
        env.pop(name, None)
    # Automation Hub requires one of its tags; Galaxy does not.
    env["GALAXY_IMPORTER_CHECK_REQUIRED_TAGS"] = "true"
    run = subprocess.run(
        [python, "-m", "galaxy_importer.main", artifact],
        cwd=python.parents[1],
        env=env,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wrong = judged(run.stdout, yaml.safe_load(EXPLAINED.read_text("utf-8")))
    if run.returncode:
        wrong.append(f"The importer ended with {run.returncode}.")
    if wrong:
        print(run.stdout, *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
