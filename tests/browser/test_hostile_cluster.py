# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters in whose every free field somebody typed something hostile, from the device to the page in a real browser."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._report import formats
from cucm_lab import hostile
from cucm_lab.fixture import ClusterHandle, RunningLab

from ..integration.harness.playbooks import Playbooks
from .conftest import Open
from .walk import TEXTS, each_view

TOPOLOGY: dict[str, t.Any] = {
    "time_scale": 100,
    "clusters": [
        {
            "name": name,
            "release": release,
            "nodes": [{"name": f"{name}-pub", "role": "publisher", "address": address}],
            "state": {"security_mode": "mixed"},
            # One for each text: the profiles of trunks without encryption are named in the report.
            "sip_trunk_security_profiles": {f"P{number}": {} for number in range(len(hostile.ALL))},
            "sip_trunks": [
                {"name": f"T{number}", "security_profile": f"P{number}"} for number in range(len(hostile.ALL))
            ],
            "phones": [{"count": 3}],
            "free_texts": hostile.ALL,
        }
        for name, release, address in [("first", "12.5", "127.62.1.1"), ("second", "15", "127.62.1.2")]
    ],
}


@pytest.fixture
def cluster(cucm_lab_start: t.Callable[..., RunningLab]) -> ClusterHandle:
    """The first of two such clusters."""
    return cucm_lab_start(TOPOLOGY).clusters["first"]


def test_what_was_typed_into_a_device_is_text_on_the_page(
    cluster: ClusterHandle, tmp_path: Path, open_page: Open
) -> None:
    directory = tmp_path / "report"
    Playbooks(cluster, tmp_path).run("compliance", cucm_compliance_directory=str(directory)).ok()
    report = json.loads((directory / "compliance.json").read_text())
    opened = open_page((directory / "compliance.html").read_text(), height=1200)
    shown: set[str] = set()
    for view in each_view(opened.page, len(report["controls"])):
        shown.update(opened.page.evaluate(TEXTS))
        assert opened.page.locator("script").count() == 2, view
        assert opened.page.locator("img").count() == 0, view
    opened.require_quiet()
    # They came as far as that, and as they are.
    for name in ("script", "attribute", "template"):
        text = json.dumps(formats.visible(hostile.STRINGS[name]), ensure_ascii=False)[1:-1]
        assert any(text in each for each in shown), name
