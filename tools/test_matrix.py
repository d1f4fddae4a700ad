#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the unit and integration tests with every supported ansible-core, and print a table.

usage: test_matrix.py DIRECTORY [CORE...]

The environments are kept below DIRECTORY. CORE limits the run, for example to `2.16 2.21`. Exits with
1 when a combination failed, and with 2 when none failed but an interpreter was missing.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# ansible-core -> the Python it is tried with: the oldest that it and the collection both allow, and the
# newest core with the newest Python.
MATRIX = {
    "2.16": "3.11",
    "2.17": "3.11",
    "2.18": "3.11",
    "2.19": "3.11",
    "2.20": "3.12",
    "2.21": "3.13",
}


def find_interpreter(version: str) -> str | None:
    """Return a working python of this version, from PATH or from pyenv."""
    candidates = [shutil.which(f"python{version}")]
    pyenv_root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates += [str(path) for path in sorted(pyenv_root.glob(f"versions/{version}.*/bin/python"))]
    for candidate in filter(None, candidates):
        # pyenv's shims are on PATH even for inactive versions; they only print advice.
        probe = subprocess.run([candidate, "-c", "import ssl, venv"], capture_output=True, check=False)
        if probe.returncode == 0:
            return candidate
    return None


def build_environment(directory: Path, core: str, interpreter: str) -> Path:
    """Create or reuse the environment of one combination, and return its python."""
    python = directory / "bin" / "python"
    inputs = [ROOT / "requirements.txt", ROOT / "requirements-test.txt", ROOT / "tests/lab/pyproject.toml"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in inputs if path.exists())).hexdigest()
    stamp = directory / "stamp"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return python
    subprocess.run([interpreter, "-m", "venv", "--clear", str(directory)], check=True)
    packages = [f"ansible-core=={core}.*", "-r", "requirements-test.txt"]
    if (ROOT / "tests/lab/pyproject.toml").exists():
        packages += ["-e", "tests/lab"]
    subprocess.run(
        [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install", *packages],
        cwd=ROOT, check=True,
    )  # fmt: skip
    stamp.write_text(digest, encoding="utf-8")
    return python


def run_tests(python: Path, log: Path) -> tuple[bool, str]:
    """Run the tests with one environment; return whether they passed, and pytest's closing line."""
    paths = [name for name in ("tests/unit", "tests/integration") if (ROOT / name).is_dir()]
    if not paths:
        return False, "tests/unit and tests/integration are not there yet"
    env = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    log.write_text(done.stdout, encoding="utf-8")
    lines = done.stdout.strip().splitlines() or ["no output"]
    closing = re.sub(r"^=+ | =+$", "", lines[-1])
    return done.returncode == 0, closing


def main() -> int:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    directory = Path(sys.argv[1]).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    chosen = set(sys.argv[2:]) or set(MATRIX)
    unknown = chosen - set(MATRIX)
    if unknown:
        sys.exit(f"not in the matrix: {', '.join(sorted(unknown))}")
    rows: list[tuple[str, str, str, str]] = []
    missing = failed = False
    for core, version in MATRIX.items():
        if core not in chosen:
            continue
        print(f"ansible-core {core}, Python {version} ...", flush=True)
        interpreter = find_interpreter(version)
        if interpreter is None:
            missing = True
            rows.append((core, version, "MISSING", f"no working python{version} on PATH or under pyenv"))
            continue
        started = time.monotonic()
        name = f"core{core}-py{version}"
        log = directory / f"{name}.log"
        try:
            python = build_environment(directory / name, core, interpreter)
            passed, closing = run_tests(python, log)
        except subprocess.CalledProcessError as error:
            passed, closing = False, f"environment not built: exit {error.returncode}"
        failed |= not passed
        seconds = f"{time.monotonic() - started:.0f} s"
        where = "" if passed else f" (see {os.path.relpath(log, ROOT)})"
        rows.append((core, version, "passed" if passed else "FAILED", f"{closing}{where} [{seconds}]"))
    print(f"\n{'ansible-core':<14}{'Python':<8}{'result':<9}")
    for core, version, result, note in rows:
        print(f"{core:<14}{version:<8}{result:<9}{note}")
    return 1 if failed else 2 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
