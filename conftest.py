# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the clone importable as ansible_collections.ucops.cucm, whatever its directory is called."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import hypothesis
import pytest
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

ROOT = Path(__file__).resolve().parent
COLLECTIONS = ROOT / "build" / "collections"

# Collected only when named: they take long, or are no tests.
SEPARATE = {ROOT / "tests" / name for name in ("benchmarks", "demo")}


# What is generated is the same in every run of the tests, so that a change is judged by what it changes; the soak looks further. Neither
# judges how long an example takes.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None)
hypothesis.settings.register_profile("soak", max_examples=1000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("CUCM_EXAMPLES", "same"))


def _link_collection() -> None:
    link = COLLECTIONS / "ansible_collections" / "ucops" / "cucm"
    if link.exists():
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    try:
        link.symlink_to(Path("..", "..", "..", ".."))
    except FileExistsError:
        # Another worker of the same run was faster.
        pass


_link_collection()
# Read by pytest-ansible where it is installed, and by the playbooks that tests start.
os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(COLLECTIONS)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two processes for each core: most of what a test does is to wait for a device."""
    return 2 * len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2 * (os.cpu_count() or 1)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let the collection be imported: by pytest-ansible where it is installed, else by Ansible's own finder."""
    if hasattr(config.option, "ansible_unit_inject_only"):
        # Else it would lay a second tree of links under collections/ that does not follow new files.
        config.option.ansible_unit_inject_only = True
        return
    sys.path.insert(0, str(COLLECTIONS))
    _AnsibleCollectionFinder(paths=[str(COLLECTIONS)])._install()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the separate directories unless the command line names one of them."""
    if collection_path not in SEPARATE:
        return None
    named = [(config.invocation_params.dir / arg.split("::")[0]).resolve() for arg in config.args]
    return None if any(path.is_relative_to(collection_path) for path in named) else True
