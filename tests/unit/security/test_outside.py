# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change leaves to do outside the cluster."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._security import outside

from ..data.clusters import Facts, cluster, expressway_c


def said(facts: Facts, *modules: str) -> str:
    return "\n".join(outside.afterwards([{"module": module} for module in modules], facts))


def voicemail(pilots: int | None, ports: int | None) -> Facts:
    return {**cluster(), "integrations": {"voicemail_pilots": pilots, "voicemail_ports": ports}}


def test_a_restart_alone_leaves_nothing() -> None:
    assert (
        outside.afterwards([{"module": "service_control"}, {"module": "enterprise_parameter"}], cluster())
        == []
    )
    assert outside.afterwards([], cluster()) == []


@pytest.mark.parametrize("module", ["security_mode", "ctl_file", "sip_oauth_mode"])
def test_a_mode_and_a_ctl_file_are_in_the_backup_and_at_expressway(module: str) -> None:
    told = said(cluster(), module)
    assert "backup" in told and "Expressway" in told
    listed = {**cluster(), "expressway_c": {"exp-c1": expressway_c("exp-c1")}}
    assert "exp-c1" in said(listed, module)


@pytest.mark.parametrize(
    ("pilots", "ports", "uses"),
    [(0, 0, False), (1, 0, True), (0, 4, True), (None, None, None), (0, None, None), (None, 4, True)],
)
def test_unity_connection_is_named_unless_there_is_no_voice_mail(
    pilots: t.Any, ports: t.Any, uses: bool | None
) -> None:
    facts = voicemail(pilots, ports)
    assert outside.uses_voicemail(facts) is uses
    assert ("port groups" in said(facts, "ctl_file")) is (uses is not False)
    assert "port groups" not in said(facts, "sip_oauth_mode")


def to_mixed(**integrations: t.Any) -> list[str]:
    facts = {**cluster("non_secure"), "integrations": {**cluster()["integrations"], **integrations}}
    operation = {"module": "security_mode", "action": "utils ctl set-cluster mixed-mode"}
    return [
        line for line in outside.afterwards([operation], facts) if "CAPF profile" in line or "IPsec" in line
    ]


def test_mixed_mode_asks_something_of_cti_applications_and_gateways() -> None:
    assert to_mixed() == []
    (users,) = to_mixed(secure_cti_users=3)
    assert users.startswith("3 CTI users")
    (gateways,) = to_mixed(gateways=1)
    assert gateways.startswith("1 device of gateways")
    # What was not read may be there.
    assert [line.partition(" ")[0] for line in to_mixed(secure_cti_users=None, gateways=None)] == [
        "CTI",
        "Gateways:",
    ]
    back = {"module": "security_mode", "action": "utils ctl set-cluster non-secure-mode"}
    facts = {**cluster(), "integrations": {**cluster()["integrations"], "secure_cti_users": 3, "gateways": 2}}
    assert "IPsec" not in "".join(outside.afterwards([back], facts))


@pytest.mark.parametrize(
    ("release", "named"), [("12.5.1.11900-146", False), ("14.0.1.12900-161", True), ("", False)]
)
def test_phones_through_expressway_need_activation_codes(release: str, named: bool) -> None:
    facts = {**cluster(), "release": release}
    enable = {"module": "sip_oauth_mode", "action": "utils sipOAuth-mode enable"}
    assert ("activation codes" in "".join(outside.afterwards([enable], facts))) is named
    disable = {"module": "sip_oauth_mode", "action": "utils sipOAuth-mode disable"}
    assert "activation codes" not in "".join(outside.afterwards([disable], facts))
