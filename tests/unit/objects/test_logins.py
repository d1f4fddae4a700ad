# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the database says of single sign-on, directories, and the media of trunks."""

from __future__ import annotations

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import ProtocolError
from ansible_collections.ucops.cucm.plugins.module_utils._objects import logins, sip_trunk_profile


def test_sso_modes() -> None:
    rows = [{"node": f"n{mode}", "mode": mode} for mode in ("0", "1", "2", "7", "")]
    assert logins.sso_modes(rows) == {
        "n0": "disabled",
        "n1": "agent_flow",
        "n2": "saml",
        "n7": None,
        "n": None,
    }


def test_ldap_hosts() -> None:
    rows = [
        {"host": "dc1", "port": "636", "encrypted": "t"},
        {"host": "dc2", "port": "389", "encrypted": "f"},
        {"host": "dc3", "port": "3268", "encrypted": ""},
    ]
    assert logins.ldap_hosts(rows) == [
        {"host": "dc1", "port": 636, "encrypted": True},
        {"host": "dc2", "port": 389, "encrypted": False},
        {"host": "dc3", "port": 3268, "encrypted": None},
    ]
    assert logins.ldap_hosts([]) == []
    with pytest.raises(ProtocolError, match="directory server dc4"):
        logins.ldap_hosts([{"host": "dc4", "port": "ldaps", "encrypted": "t"}])


def test_media_of_trunks() -> None:
    rows = [
        {"name": "A", "peer_named": "t", "trunks": "3", "srtp_allowed": "2"},
        {"name": "B", "peer_named": "", "trunks": "0", "srtp_allowed": "0"},
    ]
    assert sip_trunk_profile.media(rows) == {
        "A": {"trunks": 3, "srtp_allowed": 2, "peer_named": True},
        "B": {"trunks": 0, "srtp_allowed": 0, "peer_named": None},
    }
