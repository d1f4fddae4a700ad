# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""enterprise_parameter against the lab."""

from __future__ import annotations

import typing as t

import pytest

from cucm_lab.fixture import ClusterHandle

from .harness.journal import Journal
from .harness.modules import Modules
from .harness.names import CAPF, PUBLISHER
from .harness.playbooks import Plays
from .harness.writes import Writes, refuse

MODULE = "enterprise_parameter"
TIMER, PHONES, LEGACY = "refreshTokenExpiryTimer", "ResetPhonesOnCertChange", "AutoRegistrationLegacyMode"


class TestEnterpriseParameter(Writes):
    module = MODULE
    changing: t.ClassVar = {"parameters": {TIMER: "30"}}
    name = f"Enterprise Wide/{TIMER}"
    operation = "updateServiceParameter"
    effects: t.ClassVar = [f"service_parameter update {TIMER}"]
    reading = "listServiceParameter"
    by_somebody: t.ClassVar = {"service_parameters": {"Enterprise Wide": {TIMER: "77"}}}
    gathered = "parameters"


def test_only_what_differs_is_written(modules: Modules, journal: Journal, cluster: ClusterHandle) -> None:
    wanted = {TIMER: 60, PHONES: "F", "ClusterID": " two words & <more> "}
    result = modules.run(MODULE, parameters=wanted)
    assert [operation["action"] for operation in result["operations"]] == [
        f"set {PHONES} of Enterprise Wide to 'F'",
        "set ClusterID of Enterprise Wide to 'two words & <more>'",
    ]
    assert {operation["node"] for operation in result["operations"]} == {PUBLISHER}
    assert result["before"][f"Enterprise Wide/{PHONES}"] == "T"
    assert journal.effects() == [f"service_parameter update {name}" for name in (PHONES, "ClusterID")]
    assert cluster.state()["service_parameters"]["Enterprise Wide"]["ClusterID"] == "two words & <more>"


def test_an_empty_value(modules: Modules, cluster: ClusterHandle) -> None:
    assert modules.run(MODULE, parameters={"ClusterID": ""})["changed"]
    assert cluster.state()["service_parameters"]["Enterprise Wide"]["ClusterID"] == ""


def test_a_cluster_wide_service_parameter_and_back_with_those_of_others(
    modules: Modules, cluster: ClusterHandle
) -> None:
    before = cluster.state()["service_parameters"]
    modules.run(MODULE, service=CAPF, parameters={"CAPFCertValidityDuration": "730"}, record="r")
    modules.run(MODULE, parameters={TIMER: "30"}, record="r")
    modules.run(MODULE, parameters={LEGACY: "T"}, record="another")
    assert cluster.state()["service_parameters"][CAPF]["CAPFCertValidityDuration"] == "730"
    result = modules.run(MODULE, state="restored", record="r")
    assert set(result["after"]) == {f"{CAPF}/CAPFCertValidityDuration", f"Enterprise Wide/{TIMER}"}
    after = cluster.state()["service_parameters"]
    assert after["Enterprise Wide"].pop(LEGACY) == "T"
    before["Enterprise Wide"].pop(LEGACY)
    assert after == before


def test_gathered(modules: Modules) -> None:
    every = modules.run(MODULE, state="gathered")["parameters"]
    assert len(every) > 10 and every["ClusterSecurityMode"] == {"value": "0", "type": "long"}
    assert modules.run(MODULE, state="gathered", parameters={PHONES: None})["parameters"] == {
        PHONES: {"value": "T", "type": "boolean"}
    }
    assert set(modules.run(MODULE, state="gathered", service=CAPF)["parameters"]) == {
        "CAPFCertGenMethod",
        "CAPFCertValidityDuration",
    }


@pytest.mark.parametrize(
    ("code", "words", "parameters"),
    [
        ("parameter_cli_only", ["ClusterSecurityMode"], {"ClusterSecurityMode": "0"}),
        ("parameter_cli_only", ["clustersipoauthmode"], {"clustersipoauthmode": "1"}),
        ("parameter_unknown", ["refreshtokenexpirytimer", "14.0.1"], {"refreshtokenexpirytimer": "30"}),
        ("parameter_type", [TIMER, "'60' now", "whole number"], {TIMER: "soon"}),
        ("parameter_type", [PHONES, "'T' now", "bool"], {PHONES: False}),
        ("parameter_type", [PHONES, "'T' now", "'F' or 'T'"], {PHONES: "False"}),
        ("parameter_type", [TIMER, "'60' now", "nothing"], {TIMER: None}),
    ],
)
def test_all_is_checked_before_anything_is_sent(
    modules: Modules, journal: Journal, code: str, words: list[str], parameters: dict[str, t.Any]
) -> None:
    refuse(modules, journal, MODULE, code, words, parameters={LEGACY: "T", **parameters})


def test_a_service_that_is_none(modules: Modules, journal: Journal) -> None:
    result = refuse(
        modules,
        journal,
        MODULE,
        "service_unknown",
        ["Cisco TFTP"],
        service="Cisco TFTP",
        parameters={"a": "1"},
    )
    assert "'Cisco Tftp'" in result["failure"]["remedy"]
    modules.run(MODULE, state="gathered", service="%").refused("service_unknown", "%")


def test_options_that_do_not_go_together(modules: Modules, journal: Journal) -> None:
    refuse(modules, journal, MODULE, "invalid_input", ["parameters"])
    refuse(
        modules, journal, MODULE, "invalid_input", ["recorded"], state="restored", record="r", parameters={}
    )
    modules.run(MODULE, state="gathered", parameters={"xyzzy": None}).refused("parameter_unknown", "xyzzy")


def test_a_release_without_the_parameter(old_modules: Modules) -> None:
    journal = Journal(old_modules.cluster, old_modules.cluster.last_seq)
    refuse(old_modules, journal, MODULE, "parameter_unknown", [TIMER, "11.5.1"], parameters={TIMER: "30"})
    assert old_modules.run(MODULE, parameters={"CAPFOperationDuration": "11"})["changed"]


def test_in_a_playbook(plays: Plays, journal: Journal) -> None:
    """What is recorded by one process is taken back by another; a true of YAML is one for Ansible too."""
    wanted = {"parameters": {TIMER: 30}, "record": "r"}
    done = plays.run(
        plays.task(MODULE, "planned", **wanted, _check_mode=True),
        plays.task(MODULE, "done", **wanted),
        plays.task(MODULE, "trap", parameters={PHONES: True}, _ignore_errors=True),
    ).ok()
    assert done.result("planned")["operations"] == done.result("done")["operations"] != []
    done.result("trap").refused("parameter_type", PHONES, "'T' now")
    back = plays.run(plays.task(MODULE, state="restored", record="r")).ok()
    assert back.result(MODULE)["after"] == {f"Enterprise Wide/{TIMER}": "60"}
    assert journal.effects() == [f"service_parameter update {TIMER}"] * 2
