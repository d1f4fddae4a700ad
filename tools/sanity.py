#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-test sanity` on a copy of the collection, with a package index as its only network.

usage: sanity.py COLLECTION HOME [ARGUMENT...]

COLLECTION is a directory .../ansible_collections/NAMESPACE/NAME; HOME is where ansible-test may keep
its virtual environments; more arguments go to ansible-test.

ansible-test builds environments without pip and fetches pip's bootstrap script from a server that is
not a package index (https://github.com/ansible/ansible/issues/77304). It looks into a cache first, so a
script that installs the same version of pip from its wheel is put there.
"""

from __future__ import annotations

import ast
import configparser
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

BOOTSTRAP = """\
import sys

WHEEL = {wheel!r}

sys.path.insert(0, WHEEL)
sys.argv = ["pip", "install", "--no-index", "--no-deps", WHEEL]

from pip._internal.cli.main import main

sys.exit(main())
"""


def _pip(*arguments: str) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _wanted_pip_versions() -> set[str]:
    spec = find_spec("ansible_test")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("ansible-test is not installed in this environment: run `make venv`")
    source = Path(spec.submodule_search_locations[0]) / "_internal" / "python_requirements.py"
    versions = set(re.findall(r"pip='(\d[\d.]*)'", source.read_text(encoding="utf-8")))
    if not versions:
        sys.exit(f"tools/sanity.py no longer finds in {source} which version of pip is wanted")
    return versions


def seed_bootstrap(home: Path) -> None:
    """Put a bootstrap script into ansible-test's cache for each version of pip that it may request."""
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in _wanted_pip_versions():
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        wheel = cache / f"pip-{version}-py3-none-any.whl"
        if not wheel.exists():
            _pip("--quiet", "download", "--no-deps", "--dest", str(cache), f"pip=={version}")
        script.write_text(BOOTSTRAP.format(wheel=str(wheel)), encoding="utf-8")


def write_pip_configuration(home: Path) -> None:
    """Give ansible-test's pip the settings of the local pip: it does not pass PIP_* variables on, and changes HOME.

    Without them a machine that reaches its package index through a mirror or a proxy's certificate
    could not build the environments.
    """
    configuration = configparser.RawConfigParser()
    listed = [*_pip("config", "list").splitlines(), f"global.cache-dir={_pip('cache', 'dir').strip()!r}"]
    # Variables come last in the list and win, as with pip itself.
    for line in listed:
        name, _equals, value = line.partition("=")
        section, _dot, option = name.replace(":env:", "global").rpartition(".")
        if not configuration.has_section(section):
            configuration.add_section(section)
        configuration.set(section, option, str(ast.literal_eval(value)))
    configuration.set("global", "quiet", "1")
    file = home / ".config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    # The address of an index may have a password.
    file.touch(mode=0o600)
    with file.open("w", encoding="utf-8") as stream:
        configuration.write(stream)


def main() -> int:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    collection, home, *arguments = sys.argv[1:]
    home_path = Path(home).resolve()
    seed_bootstrap(home_path)
    write_pip_configuration(home_path)
    env = {**os.environ, "HOME": str(home_path)}
    # It refuses settings that point elsewhere, and finds the path of the collection itself.
    for name in ("ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_CONFIG"):
        env.pop(name, None)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = ["ansible-test", "sanity", "--python", python, *arguments]
    return subprocess.run(command, cwd=collection, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
