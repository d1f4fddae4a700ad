# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The licence from AXL and from the CLI; `Not Allowed` is not allowed."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import ProtocolError
from ansible_collections.ucops.cucm.plugins.module_utils._security import licence
from ansible_collections.ucops.cucm.plugins.module_utils._transport import xml

# TN212883, release 12.0.
SHOW_LICENSE_ALL = """\
Smart Licensing Status
=======================
Smart Licensing is ENABLED

Registration:
  Status: {registration}
  Smart Account: BU Production Test
  Virtual Account: TAC-CollabTesting
  Export-Controlled Functionality: {export}
  Initial Registration: SUCCEEDED on Jan 26 15:11:23 2018 IST
  Last Renewal Attempt: None

License Authorization:
  Status: {authorization}
  Last Communication Attempt: SUCCEEDED on Jan 26 15:12:59 2018 IST

Evaluation Period:
  Evaluation Mode: Not In Use

License Usage
=============
  Status: IN COMPLIANCE

Product Information
===================
UDI: PID:UCM,SN:37624
"""


def cli(
    registration: str = "REGISTERED",
    export: str = "Allowed",
    authorization: str = "AUTHORIZED on Jan 26 15:12:59 2018 IST",
):
    return SHOW_LICENSE_ALL.format(registration=registration, export=export, authorization=authorization)


def axl(registration: str, export: str | None, authorization: str = "Authorized") -> xml.Element:
    exported = (
        f"<ExportControlFunctionality>{export}</ExportControlFunctionality>" if export is not None else ""
    )
    return xml.parse(
        (
            '<ns:getSmartLicenseStatusResponse xmlns:ns="u"><return>ok</return><LicenseDetails><SmartLicensing>ENABLED'
            f"</SmartLicensing><Registration><Status>{registration}</Status><SmartAccount>S</SmartAccount>"
            f"<VirtualAccount>V</VirtualAccount>{exported}</Registration><Authorization><Status>{authorization}</Status>"
            "</Authorization></LicenseDetails></ns:getSmartLicenseStatusResponse>"
        ).encode(),
        "pub",
    )


def test_cli() -> None:
    read = licence.from_cli(cli())
    assert read == licence.Licence(
        "ENABLED",
        "REGISTERED",
        "AUTHORIZED",
        "Allowed",
        "BU Production Test",
        "TAC-CollabTesting",
        "cli",
        last_renewal_attempt="None",
        last_communication_attempt="SUCCEEDED on Jan 26 15:12:59 2018 IST",
    )
    assert read.registered
    assert read.export_allowed


def test_axl() -> None:
    read = licence.from_axl(axl("Registered", "Allowed"))
    assert read == licence.Licence("ENABLED", "Registered", "Authorized", "Allowed", "S", "V", "axl")
    assert read.registered
    assert read.export_allowed


@pytest.mark.parametrize("word", ["Allowed", "ALLOWED", " allowed "])
def test_allowed(word: str) -> None:
    assert licence.from_cli(cli(export=word)).export_allowed
    assert licence.from_axl(axl("Registered", word)).export_allowed


@pytest.mark.parametrize("word", ["Not Allowed", "NOT ALLOWED", "NotAllowed", "Disallowed"])
def test_not_allowed(word: str) -> None:
    assert licence.from_cli(cli(export=word)).export_allowed is False
    assert licence.from_axl(axl("Registered", word)).export_allowed is False


@pytest.mark.parametrize("word", ["Allowed until", "", "true", "Restricted"])
def test_not_told_whether_allowed(word: str) -> None:
    assert licence.from_cli(cli(export=word)).export_allowed is None
    assert licence.from_axl(axl("Registered", word)).export_allowed is None


# System Configuration Guides 12.5 to 15 and the Emergency Responder's, which spell them differently.
@pytest.mark.parametrize(
    "word",
    [
        "REGISTERED",
        "Registered",
        "REGISTERED - SPECIFIC LICENSE RESERVATION",
        "Registered - Specific License Reservation",
        "Registered-Specific License Reservation",
        "Registered- Specific License Reservation",
        "REGISTERED \N{EN DASH} UNIVERSAL LICENSE RESERVATION",
        "REGISTERED - UNIVERSAL LICENSE RESERVATION on Nov 02 08:11:23 2026 CET",
    ],
)
def test_registered(word: str) -> None:
    read = licence.from_cli(cli(registration=word))
    assert read.registered is True
    assert read.reserved is ("RESERVATION" in word.upper())
    if " on " not in word:
        assert licence.from_axl(axl(word, "Allowed")).registered is True


@pytest.mark.parametrize(
    "word",
    [
        "UNREGISTERED",
        "Unregistered",
        "Unidentified",
        "Unregistered-Registration Expired",
        "UNREGISTERED - REGISTRATION FAILED",
        "Not Registered",
        "REGISTERING",
        "REGISTERING - REGISTRATION IN PROGRESS",
        "REGISTRATION FAILED",
        "RESERVATION IN PROGRESS",
        "Reservation In Progress",
    ],
)
def test_not_registered(word: str) -> None:
    assert licence.from_cli(cli(registration=word)).registered is False
    assert licence.from_axl(axl(word, "Allowed")).registered is False


@pytest.mark.parametrize("word", ["REGISTERED - TRIAL", "PENDING", "Registered until", "RESERVED", "-"])
def test_not_told_whether_registered(word: str) -> None:
    assert licence.from_cli(cli(registration=word)).registered is None
    assert licence.from_axl(axl(word, "Allowed")).registered is None


WORDS = st.text(alphabet=st.sampled_from("REGISTD -UNALVOC"), min_size=1, max_size=40)


@given(WORDS)
def test_no_other_word_registers(word: str) -> None:
    known = {
        "registered",
        "registered - specific license reservation",
        "registered - universal license reservation",
    }
    assume(licence._word(word) not in known and word.strip())
    assert licence.from_axl(axl(word, "Allowed")).registered is not True


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        ("AUTHORIZED", True),
        ("Authorized - Reserved", True),
        ("Authorized-Reserved", True),
        ("No License in use", True),
        ("No Licenses in Use", True),
        ("OUT OF COMPLIANCE", False),
        ("Authorization Expired", False),
        ("AUTHORIZATION EXPIRED", False),
        ("Evaluation Mode", False),
        ("EVAL MODE", False),
        ("EVALUATION PERIOD EXPIRED", False),
        ("EVAL EXPIRED", False),
        ("NOT AUTHORIZED", False),
        ("NOT AUTHORIZED - RESERVED", None),
        ("Not Applicable", None),
        ("WAITING", None),
        ("", None),
    ],
)
def test_authorization(word: str, verdict: bool | None) -> None:
    assert licence.is_authorized(word) is verdict


@given(WORDS)
def test_no_other_word_authorizes(word: str) -> None:
    assume(licence._word(word) not in {"authorized", "authorized - reserved", "in compliance"})
    assert licence.is_authorized(word) is not True


def test_the_summary_does_not_tell_about_export() -> None:
    summary = cli().replace("  Export-Controlled Functionality: Allowed\n", "")
    read = licence.from_cli(summary)
    assert read.registered
    assert read.export_control == ""
    assert not read.export_allowed
    assert not licence.from_axl(axl("Registered", None)).export_allowed


def test_an_empty_value_does_not_take_the_next_line() -> None:
    read = licence.from_cli(cli().replace("Smart Account: BU Production Test", "Smart Account: "))
    assert read.smart_account == ""
    assert read.virtual_account == "TAC-CollabTesting"


def test_a_word_of_another_section_does_not_count() -> None:
    text = cli(registration="UNREGISTERED", export="Not Allowed", authorization="EVAL MODE")
    text = text.replace("UDI:", "  Status: REGISTERED\n  Export-Controlled Functionality: Allowed\nUDI:")
    read = licence.from_cli(text)
    assert (read.registration, read.export_control, read.authorization) == (
        "UNREGISTERED",
        "Not Allowed",
        "EVAL MODE",
    )


def test_another_section_does_not_stand_in() -> None:
    text = (
        cli()
        .replace("  Export-Controlled Functionality: Allowed\n", "")
        .replace("  Status: AUTHORIZED on", "  Was: on")
    )
    read = licence.from_cli(text.replace("UDI:", "  Export-Controlled Functionality: Allowed\nUDI:"))
    assert (read.registered, read.export_control, read.authorization) == (True, "", "")


@pytest.mark.parametrize(
    "output",
    [
        "",
        "Executed command unsuccessfully",
        "Smart Licensing is DISABLED",
        "Smart Licensing is ENABLED\n\nThe license manager does not answer at the moment. Try again later.",
        "Smart Licensing is ENABLED\n\nRegistration:\n  Status:\n  Export-Controlled Functionality: Allowed\n",
    ],
)
def test_nothing_told_is_unread(output: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        licence.from_cli(output)
    assert refused.value.code == "unreadable_output"


def test_an_answer_without_details_is_unread() -> None:
    for answer in (b"<r><return/></r>", b"<r><LicenseDetails><Registration/></LicenseDetails></r>"):
        with pytest.raises(ProtocolError) as refused:
            licence.from_axl(xml.parse(answer, "pub"))
        assert refused.value.code == "unreadable_output"


def test_a_text_whose_indents_were_lost() -> None:
    flat = "\n".join(line.strip() for line in cli().splitlines())
    assert licence.from_cli(flat) == licence.from_cli(cli())


def test_facts() -> None:
    facts = licence.from_cli(cli(export="Not Allowed")).as_facts()
    assert facts["registered"] is True
    assert facts["export_allowed"] is False
    assert facts["export_control"] == "Not Allowed"


# -- what became of a request -------------------------------------------------------------------------------------


def told(status: str = "Registered", reason: str = "", expires: str = "", **more: str) -> licence.Licence:
    return licence.Licence(
        "ENABLED",
        status,
        "Authorized",
        "ALLOWED",
        "S",
        "V",
        "axl",
        registration_failed_reason=reason,
        registration_expires=expires,
        **more,
    )


@pytest.mark.parametrize(
    ("before", "now", "moved", "outcome"),
    [
        (told("Unregistered"), told("Unregistered"), False, None),
        (told("Unregistered"), told("Registering"), False, None),
        (told("Unregistered"), told("Registering", "old reason"), True, None),
        (told("Unregistered"), told(), False, True),
        (told("Unregistered"), told("Unregistered", "no"), False, False),
        # The reason of the attempt before says nothing of this one, unless something else was seen since.
        (told("Unregistered", "no"), told("Unregistered", "no"), False, None),
        (told("Unregistered", "no"), told("Unregistered", "no"), True, False),
        (told("Unregistered", "no"), told("Registered", "no"), False, True),
        # By force: it was registered before.
        (told(expires="May"), told(expires="May"), False, None),
        (told(expires="May"), told(expires="June"), False, True),
        (told(expires="May"), told(expires="May"), True, True),
        (told(expires="May"), told(expires="May", reason="no"), False, False),
        (told(), told("Unregistered"), False, None),
    ],
)
def test_what_became_of_a_registration(
    before: licence.Licence, now: licence.Licence, moved: bool, outcome: bool | None
) -> None:
    assert licence.registration_outcome(before, now, moved) is outcome


@pytest.mark.parametrize(
    ("what", "attempt", "status"),
    [
        ("authorization", "last_communication_attempt", "last_communication_status"),
        ("registration", "last_renewal_attempt", "last_renewal_status"),
    ],
)
def test_what_became_of_a_renewal(what: str, attempt: str, status: str) -> None:
    before = told(**{attempt: "then", status: "FAILED"})
    other = {"last_communication_attempt", "last_renewal_attempt"} - {attempt}
    assert licence.renewal_outcome(before, before, what) is None
    moved = told(**{attempt: "then", other.pop(): "now"})
    assert licence.renewal_outcome(before, moved, what) is None
    assert licence.renewal_outcome(before, told(**{attempt: "now", status: "SUCCEEDED"}), what) is True
    assert licence.renewal_outcome(before, told(**{attempt: "now", status: "Failed"}), what) is False


@pytest.mark.parametrize("word", ["REGISTERING", "Registering", "REGISTERING - REGISTRATION IN PROGRESS"])
def test_a_registration_under_way(word: str) -> None:
    assert told(word).registering
    assert not told(word).registered
    assert not told("Registered").registering
