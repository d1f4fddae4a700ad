# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""smart_license against the lab."""

from __future__ import annotations

import typing as t

import pytest

from cucm_lab.fixture import ClusterHandle

from .support import Journal, Modules, Playbooks

BY_AXL: dict[str, t.Any] = {"cli_username": None, "cli_password": None}
BY_CLI: dict[str, t.Any] = {"axl_username": None, "axl_password": None}
WAYS = pytest.mark.parametrize(("way", "source"), [(BY_AXL, "axl"), (BY_CLI, "cli")], ids=["axl", "cli"])


@WAYS
@pytest.mark.parametrize("check", [False, True], ids=["", "check mode"])
def test_a_licence_that_allows_it(
    modules: Modules, journal: Journal, way: dict[str, t.Any], source: str, check: bool
) -> None:
    result = modules.run("smart_license", require_export_control=True, check=check, diff=True, **way)
    assert (result["changed"], result["operations"]) == (False, [])
    assert "diff" not in result
    licence = result["licence"]
    assert (licence["registered"], licence["export_allowed"], licence["source"]) == (True, True, source)
    assert result["before"] == result["after"] == licence
    assert journal.changing() == []
    assert {entry["kind"] for entry in journal.entries()} == {
        "login",
        "http" if source == "axl" else "command",
    }


@WAYS
@pytest.mark.parametrize(
    ("licence", "code", "judged"),
    [
        ({"registration": "UNREGISTERED"}, "licence_not_registered", (False, None)),
        ({"export_control": "Not Allowed"}, "export_control_not_allowed", (True, False)),
    ],
)
def test_a_licence_that_does_not(
    modules: Modules,
    cluster: ClusterHandle,
    journal: Journal,
    way: dict[str, t.Any],
    source: str,
    licence: dict[str, str],
    code: str,
    judged: tuple[bool, bool | None],
) -> None:
    cluster.set(licence=licence)
    read = modules.run("smart_license", **way)["licence"]
    assert read["registered"] is judged[0]
    assert judged[1] is None or read["export_allowed"] is judged[1]
    result = modules.run("smart_license", require_export_control=True, **way)
    result.refused(code)
    assert result["failure"]["details"]["source"] == source
    assert journal.changing() == []


def test_an_axl_fault_is_no_licence(modules: Modules, cluster: ClusterHandle) -> None:
    with cluster.faulty("http", match={"operation": "axl getSmartLicenseStatus"}, status=200, body="<html/>"):
        modules.run("smart_license", **BY_AXL).refused("not_soap", "getSmartLicenseStatus")


def test_in_a_playbook(playbooks: Playbooks, cluster: ClusterHandle, journal: Journal) -> None:
    cluster.set(licence={"export_control": "Not Allowed"})
    run = playbooks.run(
        playbooks.task("smart_license", "read"),
        playbooks.task("smart_license", "required", require_export_control=True, _ignore_errors=True),
    ).ok()
    assert run.result("read")["licence"]["export_allowed"] is False
    run.result("required").refused("export_control_not_allowed", "is not allowed")
    assert journal.changing() == []
