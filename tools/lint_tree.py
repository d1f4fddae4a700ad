#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy the clone to DIRECTORY/ansible_collections/ucops/cucm, the layout that Ansible's tools require.

What git knows or would add is copied, as it is in the work tree now: committed or not, but nothing
that is ignored. The copy is a git repository of its own, because some tools ask git for the list of
files and would find none in an ignored directory.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _git(*arguments: str, cwd: Path = ROOT) -> str:
    # In a git hook, these variables would send the second repository's commands to the first.
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return subprocess.run(
        ["git", *arguments], cwd=cwd, env=env, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def copy_tree(directory: Path) -> Path:
    """Replace the copy below directory with the present state of the clone, and return its path."""
    target = directory / "ansible_collections" / "ucops" / "cucm"
    if target.exists():
        shutil.rmtree(target)
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, listed):
        source = ROOT / name
        if not os.path.lexists(source):
            # Deleted in the work tree but not yet in the index.
            continue
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, copy, follow_symlinks=False)
    _git("init", "--quiet", cwd=target)
    _git("add", "--all", cwd=target)
    return target


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} DIRECTORY")
    print(copy_tree(Path(sys.argv[1]).resolve()))
