# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a node is hardened: known words are read, every other text is kept and unreadable."""

from __future__ import annotations

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import ProtocolError
from ansible_collections.ucops.cucm.plugins.module_utils._security import hardening

VERSION = "Active Master Version: 14.0.1.16900-4\nActive Version Installed Software Options:\n"
PATCH = "ciscocm.V14SU4a_CSCwr21851_remote_code_v1.cop.sha512"


@pytest.mark.parametrize(
    ("output", "names"),
    [
        (f"{VERSION}No Installed Software Options Found.\n", []),
        (
            f"{VERSION}{PATCH}\ncm-locale-de_DE-14.0.1.1000-1.cop.sgn\n",
            [PATCH, "cm-locale-de_DE-14.0.1.1000-1.cop.sgn"],
        ),
        (f"{VERSION}\r\n  {PATCH}  \r\n", [PATCH]),
    ],
)
def test_software_options(output: str, names: list[str]) -> None:
    assert hardening.software_options(output) == names


@pytest.mark.parametrize(
    "output",
    [
        "",
        "Active Master Version: 14.0.1.16900-4\n",
        VERSION,
        f"{VERSION}{PATCH} installed yesterday\n",
        f"{VERSION}none\n",
        f"{VERSION}error\n{PATCH}\n",
        f"{VERSION}{PATCH}\nNo Installed Software Options Found.\n",
    ],
)
def test_options_that_are_not_told_are_not_known(output: str) -> None:
    with pytest.raises(ProtocolError) as error:
        hardening.software_options(output)
    assert error.value.code == "unreadable_output" and error.value.details["output"] == output[-1000:]


@pytest.mark.parametrize(
    ("output", "on"),
    [
        ("Remote Support\nStatus         : disabled\nDecode Version : 2\n", False),
        ("\r\nRemote Support\r\nStatus         : Enabled\r\nDecode Version : 2\r\n", True),
    ],
)
def test_remote_account(output: str, on: bool) -> None:
    assert hardening.remote_account(output) is on


@pytest.mark.parametrize(
    "output",
    [
        "",
        "Remote Support\nDecode Version : 2\n",
        "Remote Support\nStatus         : expired\n",
        "Remote Support\nStatus         : not enabled\n",
        "Remote Support\nStatus : disabled\nStatus : enabled\n",
        "Status         : disabled\n",
    ],
)
def test_a_remote_account_that_is_not_told_is_not_known(output: str) -> None:
    with pytest.raises(ProtocolError):
        hardening.remote_account(output)
