# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the database says of voice mail, conference bridges and CTI users."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import ProtocolError
from ansible_collections.ucops.cucm.plugins.module_utils._objects import integrations


def answers(**told: t.Any) -> integrations.Answers:
    """Return rows by the end of a question's name."""
    return lambda part: next((rows for name, rows in told.items() if part.endswith(name)), [])


def test_a_pilot_without_a_number_is_none() -> None:
    rows = [{"pilot": ""}, {"pilot": " "}, {"pilot": "7000"}]
    assert integrations.voicemail_pilots(answers(voicemail_pilots=rows)) == 1
    assert integrations.voicemail_pilots(answers()) == 0


def test_ports_bridges_and_gateways_are_counted() -> None:
    assert integrations.gateways(answers()) == 0
    assert integrations.gateways(answers(gateways=[{"device_class": "2", "devices": "24"}])) == 24
    assert integrations.voicemail_ports(answers()) == 0
    assert integrations.voicemail_ports(answers(voicemail_ports=[{"device_class": "8", "devices": "4"}])) == 4
    rows = [{"profile": "", "devices": "2"}, {"profile": "Encrypted Conference Bridge ", "devices": "1"}]
    found = integrations.conference_bridges(answers(conference_bridges=rows))
    assert found == {"": 2, "Encrypted Conference Bridge": 1}


def test_both_kinds_of_users_count_and_a_group_that_is_not_there_does_not() -> None:
    told = answers(
        applicationuser=[{"group_name": integrations.CTI_GROUP, "members": "2"}],
        enduser=[{"group_name": integrations.CTI_GROUP, "members": "1"}],
    )
    assert integrations.secure_cti_users(told) == 3
    with pytest.raises(ProtocolError, match=integrations.CTI_GROUP):
        integrations.secure_cti_users(answers())


def test_a_count_that_is_none_costs_the_fact() -> None:
    with pytest.raises(ValueError, match="many"):
        integrations.voicemail_ports(answers(voicemail_ports=[{"device_class": "8", "devices": "many"}]))
