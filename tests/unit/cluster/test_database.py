# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several queries in one statement, and the separation of their answers."""

from __future__ import annotations

from ansible_collections.ucops.cucm.plugins.module_utils._cluster import database
from ansible_collections.ucops.cucm.plugins.module_utils._cluster.database import Part
from ansible_collections.ucops.cucm.plugins.module_utils._objects import (
    phone_security_profile,
    sip_trunk_profile,
)

NARROW = Part("narrow", {"name": "t.name"}, "from t")
WIDE = Part("wide", {"name": "u.name", "words": "u.words", "many": "count(u.pkid)"}, "from u", grouped=2)


def test_one_question_alone() -> None:
    assert NARROW.alone() == "select t.name as name from t"
    assert WIDE.alone() == "select u.name as name,u.words as words,count(u.pkid) as many from u group by 1,2"


def test_together_all_are_as_wide_as_the_widest_and_grouped_by_their_own_columns() -> None:
    assert database.together([NARROW, WIDE]) == (
        "select 'narrow' as part,t.name as a,'' as b,'' as c from t union all "
        "select 'wide',u.name,u.words,count(u.pkid) from u group by 2,3"
    )


def test_answers_are_told_apart_by_the_name_of_the_question() -> None:
    rows = [
        {"part": "wide", "a": "x", "b": "y", "c": "3"},
        {"part": "narrow", "a": "one", "b": "", "c": ""},
        {"part": "narrow", "a": "two"},
        {"part": "", "a": "nobody's"},
        {"a": "nobody's"},
        {"part": "wide", "a": "x"},
    ]
    assert database.apart([NARROW, WIDE], rows) == {
        "narrow": [{"name": "one"}, {"name": "two"}],
        "wide": [{"name": "x", "words": "y", "many": "3"}, {"name": "x", "words": "", "many": ""}],
    }


def test_words_put_together_come_apart() -> None:
    assert database.joined(["a.x", "b.y"]) == "nvl(a.x,'')||'|'||nvl(b.y,'')"
    assert database.split(("x", "y"), "Encrypted|TLS") == {"x": "Encrypted", "y": "TLS"}
    assert database.split(("x", "y"), "Encrypted") == {"x": "Encrypted", "y": ""}
    assert database.split(("x", "y"), "|") == {"x": "", "y": ""}


def test_phones_are_counted_by_profile_over_all_certificate_states() -> None:
    def row(
        status: str, phones: int, installed: int, flags: str = "f|t|f|t", model: str = "Cisco 8841"
    ) -> dict[str, str]:
        words = f"Encrypted|TLS|By Null String|RSA Only|2048|{status}|{model}"
        return {
            "name": "P",
            "flags": flags,
            "words": words,
            "phones": str(phones),
            "installed": str(installed),
        }

    rows = [
        row("Upgrade Success", 3, 3),
        row("Upgrade Failed: Invalid LSC", 2, 1),
        row("Delete Failed", 1, 1),
        row("Operation Pending", 4, 0),
        row("None", 3, 0),
        row("None", 2, 0, model="Cisco Jabber for Tablet"),
    ]
    assert phone_security_profile.with_phones_of(rows) == {
        "P": {
            "device_security_mode": "encrypted",
            "transport": "tls",
            "authentication_mode": "null_string",
            "key_order": "rsa_only",
            "key_size": 2048,
            "built_in": False,
            "tftp_encrypted_config": True,
            "digest_authentication": False,
            "sip_oauth": True,
            "phones": 15,
            "certificates_installed": 5,
            "certificates_failed": 3,
            "certificates_pending": 4,
            "models": {
                "Cisco 8841": {"phones": 13, "certificates_installed": 5},
                "Cisco Jabber for Tablet": {"phones": 2, "certificates_installed": 0},
            },
        }
    }


def test_a_release_without_sip_oauth_tells_nothing_of_it() -> None:
    part = phone_security_profile.with_phones(sip_oauth=False)
    assert "sipoauthflag" not in part.alone()
    assert "sipoauthflag" in phone_security_profile.with_phones(sip_oauth=True).alone()
    words = "Non Secure|TCP+UDP|By Null String|RSA Only|2048|"
    found = phone_security_profile.with_phones_of(
        [{"name": "P", "flags": "t|f|f", "words": words, "phones": "0", "installed": "0"}]
    )["P"]
    assert (found["built_in"], found["sip_oauth"], found["phones"]) == (True, None, 0)


def test_trunks() -> None:
    rows = [
        {"name": "A", "words": "Encrypted|TLS|TLS", "digest_authentication": "t", "trunks": "2"},
        {"name": "B", "words": "Non Secure|TCP+UDP|TCP", "digest_authentication": "f", "trunks": "0"},
        {"name": "C", "words": "||", "digest_authentication": "", "trunks": "1"},
    ]
    assert sip_trunk_profile.states(rows) == {
        "A": {
            "security_mode": "encrypted",
            "incoming_transport": "tls",
            "outgoing_transport": "tls",
            "digest_authentication": True,
            "trunks": 2,
        },
        "B": {
            "security_mode": "non_secure",
            "incoming_transport": "tcp+udp",
            "outgoing_transport": "tcp",
            "digest_authentication": False,
            "trunks": 0,
        },
        "C": {
            "security_mode": None,
            "incoming_transport": None,
            "outgoing_transport": None,
            "digest_authentication": None,
            "trunks": 1,
        },
    }
