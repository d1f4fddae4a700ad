# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/offline/anonymise.py: nothing of a site is left, and the copy is judged as the original."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results

from ..reading.test_cases import CASES, MIXED, NOW, read

ROOT = Path(__file__).resolve().parents[3]
# A certificate is taken out, so what is judged of one is not known.
OF_CERTIFICATES = re.compile("certificate|tomcat|itlrecovery|ctl-signer|ctl-update|restart|sip-oauth|key")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    script = str(ROOT / "docs" / "offline" / "anonymise.py")
    return subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, check=False)


def verdicts(directory: Path) -> dict[str, t.Any]:
    judged = results.judge_cluster(read(directory), MIXED, "case", NOW)
    return {
        result["control"]: result["verdict"]
        for result in judged
        if not OF_CERTIFICATES.search(result["control"])
    }


OF_A_SITE = {
    "hq": ["alpha", "127.20.0", "UC Lab", "BEGIN CERT"],
    "fqdn": ["DEN0", "Corp.Example", "BEGIN CERT"],
    "ip": ["10.1.89", "BEGIN CERT"],
}


@pytest.mark.parametrize("base", OF_A_SITE)
def test_nothing_of_a_site_is_left_and_verdicts_stay(base: str, tmp_path: Path) -> None:
    source, target = CASES / "base" / base, tmp_path / "given"
    done = run(str(source), str(target), "Krakow")
    assert done.returncode == 0, done.stderr
    copies = {path.relative_to(target): path.read_text() for path in target.rglob("*") if path.is_file()}
    assert len(copies) == sum(1 for path in source.rglob("*") if path.is_file())
    for path, text in copies.items():
        for word in [*OF_A_SITE[base], "Krakow"]:
            assert word.lower() not in f"{path}\n{text}".lower(), (path, word)
    given, original = verdicts(target), verdicts_of(source, tmp_path)
    assert given == original
    assert list(given.values()).count("pass") > 10


def verdicts_of(source: Path, tmp_path: Path) -> dict[str, t.Any]:
    return verdicts(Path(shutil.copytree(source, tmp_path / "original")))


def test_a_copy_in_which_something_is_left_is_not_written(tmp_path: Path) -> None:
    """A name that cannot be distinguished, because it is a replacement word."""
    source = tmp_path / "source"
    (source / "nodes" / "a.example.net").mkdir(parents=True)
    (source / "nodes" / "a.example.net" / "session.txt").write_text("admin:show x\nname1\nadmin:")
    done = run(str(source), str(tmp_path / "given"), "name1")
    assert done.returncode == 1
    assert "Nothing was written" in done.stderr
    assert not (tmp_path / "given").exists()


def test_what_is_no_text_or_a_link_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "x.txt").write_bytes(b"\xff\xfe\x00")
    assert "not in UTF-8" in run(str(source), str(tmp_path / "given")).stderr
    (source / "x.txt").unlink()
    (source / "link").symlink_to("/etc/hostname")
    assert "is a link" in run(str(source), str(tmp_path / "given")).stderr
    assert not (tmp_path / "given").exists()


@pytest.mark.parametrize("arguments", [[], ["x"], ["--help", "x"], ["/nowhere", "y"]])
def test_it_says_how_it_is_called(arguments: list[str]) -> None:
    assert run(*arguments).returncode == 2
