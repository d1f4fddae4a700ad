# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CTL file as nodes print it."""

from __future__ import annotations

import contextlib
import dataclasses
from datetime import datetime

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import ProtocolError
from ansible_collections.ucops.cucm.plugins.module_utils._security import ctl

from ..data import transcripts as texts


def test_no_file() -> None:
    file = ctl.parse(texts.NO_CTL)
    assert file == ctl.CtlFile(present=False)
    assert file.implied_mode == "non_secure"


def test_full_file() -> None:
    file = ctl.parse(texts.CTL_MIXED)
    assert (file.present, file.verified, file.length) == (True, True, 4947)
    assert file.md5 == "0c05655de63fe2a042cf252d96c6d609"
    assert file.sha1 == "8c92d1a569f7263cf4485812366e66e3b503a2f5"
    assert file.modified_at == datetime(2015, 3, 6, 19, 45, 13)
    assert file.signer == "CN=cucm-1051-a-pub;OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL"
    assert file.signer_serial == "70:CA:F6:4E:09:07:51:B9:DF:22:F4:9F:75:4F:C5:BB"
    assert [(record.name, record.function) for record in file.records] == [
        ("cucm-1051-a-pub", texts.TOKEN),
        ("cucm-1051-a-pub", texts.SERVER),
        ("cucm-1051-a-pub", texts.CAPF),
        ("cucm-1051-a-sub1", texts.SERVER),
        ("itlrecovery", texts.TOKEN),
    ]
    assert file.records[1].serial == "70:CA:F6:02"
    assert [record.signed_the_file for record in file.records] == [True, False, False, False, False]
    assert file.servers == {"cucm-1051-a-pub", "cucm-1051-a-sub1"}
    assert file.has_capf
    assert file.implied_mode == "mixed"


def test_verified_does_not_mean_mixed_when_the_records_are_stripped() -> None:
    file = ctl.parse(texts.CTL_STRIPPED)
    assert file.present
    assert file.verified
    assert [record.has_certificate for record in file.records] == [True, False, False]
    assert not file.has_capf
    assert file.implied_mode == "non_secure"


def test_a_file_with_only_some_certificates_belongs_to_no_mode() -> None:
    half = texts.CTL_MIXED.replace(
        texts.ctl_record(4, "cucm-1051-a-sub1", texts.SERVER),
        texts.ctl_record(4, "cucm-1051-a-sub1", texts.SERVER, certificate=False),
    )
    assert half != texts.CTL_MIXED
    assert ctl.parse(half).implied_mode is None


def test_only_capf_and_tokens_is_not_mixed() -> None:
    text = (
        texts.CTL_HEADER
        + texts.ctl_record(1, "pub", texts.TOKEN, signer=True)
        + texts.ctl_record(2, "pub", texts.CAPF)
    )
    assert ctl.parse(text + texts.CTL_VERIFIED).implied_mode == "non_secure"


@pytest.mark.parametrize(
    "last",
    [
        "Verification of the CTL file failed.\n",
        "Error parsing the CTL File.\n",
        "",
        "The CTL file was verified successfully\n",
    ],
)
@pytest.mark.parametrize("whole", [texts.CTL_MIXED, texts.CTL_STRIPPED])
def test_a_file_that_did_not_verify_belongs_to_no_mode(whole: str, last: str) -> None:
    tampered = whole.removesuffix(texts.CTL_VERIFIED) + last
    file = ctl.parse(tampered)
    assert file.present
    assert not file.verified
    assert file.implied_mode is None


def test_every_truncation_is_an_error_or_no_mode() -> None:
    """A truncated dump proves nothing: neither mixed mode nor a missing file."""
    lines = texts.CTL_MIXED.splitlines(keepends=True)
    for count in range(len(lines)):
        with contextlib.suppress(ProtocolError):
            assert ctl.parse("".join(lines[:count])).implied_mode is None
    with pytest.raises(ProtocolError):
        ctl.parse(texts.NO_CTL.splitlines()[0])


@pytest.mark.parametrize(
    "output", ["", "Executed command unsuccessfully", "Length of ITL file: 0\nITL File not found."]
)
def test_anything_else_is_refused(output: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        ctl.parse(output)
    assert refused.value.code == "unreadable_output"


def test_carriage_returns_do_not_matter() -> None:
    assert ctl.parse(texts.CTL_MIXED.replace("\n", "\r\n")) == ctl.parse(texts.CTL_MIXED)


@pytest.mark.parametrize("zone", ["CET", "ChST", "-05", "+0545", "GMT-05:00"])
def test_the_zone_of_the_time_is_kept(zone: str) -> None:
    file = ctl.parse(texts.CTL_MIXED.replace("19:45:13 CET", f"19:45:13 {zone}"))
    assert (file.modified_at, file.modified_zone) == (datetime(2015, 3, 6, 19, 45, 13), zone)
    assert ctl.from_facts(file.as_facts()) == file


@pytest.mark.parametrize("width", range(65, 120, 7))
def test_a_narrow_terminal_breaks_values(width: int) -> None:
    """Names and serial numbers go on in the next line; a serial number that was cut would be another one."""
    whole = texts.CTL_MIXED.replace("70:CA:F6:02", ":".join(["70", "CA", "F6", "02"] * 5)).expandtabs()
    broken = "\n".join(
        line[start : start + width]
        for line in whole.splitlines()
        for start in range(0, max(len(line), 1), width)
    )
    assert broken != whole or width > max(map(len, whole.splitlines()))
    serials = [record.serial for record in ctl.parse(whole).records]
    assert [record.serial for record in ctl.parse(broken).records] == serials
    assert ctl.parse(broken) == ctl.parse(whole)


# What a terminal shows between any two lines (wall(1), the shutdown of the node, syslog).
MESSAGES = [
    "",
    "Broadcast message from root@pub (pts/0):",
    "The system is going down for reboot NOW!",
    "AB:CD: link down",
]


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("whole", [texts.CTL_MIXED, texts.CTL_STRIPPED])
def test_a_message_between_two_lines_is_no_part_of_a_value(whole: str, message: str) -> None:
    lines = whole.splitlines()
    for at in range(len(lines)):
        file = ctl.parse("\n".join([*lines[:at], message, *lines[at:]]))
        known = ctl.parse(whole)
        # The sentence about the signer can be cut off from its record by nothing but its own line.
        assert [(each.name, each.function, each.serial) for each in file.records] == [
            (each.name, each.function, each.serial) for each in known.records
        ]
        assert (file.signer, file.signer_serial) == (known.signer, known.signer_serial)


@pytest.mark.parametrize("serial", ["70:CA:F6:0=", "70CAF6 02", "none", "70:CA:F6:02 (hex)"])
def test_a_serial_number_that_is_none_is_refused(serial: str) -> None:
    """As a mail program leaves it (quoted-printable): compared with that of a certificate it would be another one."""
    with pytest.raises(ProtocolError) as refused:
        ctl.parse(texts.CTL_MIXED.replace("70:CA:F6:02", serial))
    assert refused.value.code == "unreadable_output" and serial.split()[0] in str(refused.value)


@pytest.mark.parametrize(
    ("subject", "is_one"),
    [
        ("CN=cucm-pub-ms.example.net;OU=TAC;O=Cisco", True),
        ("CN=cucm-pub-ms;OU=TAC;O=Cisco", True),
        ("cn=cucm-pub-ms,ou=TAC", True),
        ("CN=cucm-pub;OU=TAC-ms;O=Cisco", False),
        ("CN=cucm-msx.example.net;OU=TAC", False),
        ("OU=TAC;CN=a", False),
    ],
)
def test_a_certificate_of_many_servers(subject: str, is_one: bool) -> None:
    record = ctl.CtlRecord("pub", texts.SERVER, "1", True, False, subject)
    assert ctl.CtlFile(True, records=(record,)).of_many_servers == ([record] if is_one else [])


def test_a_time_in_an_unknown_form_is_not_guessed() -> None:
    file = ctl.parse(texts.CTL_MIXED.replace("Fri Mar 06 19:45:13 CET 2015", "2015-03-06 19:45"))
    assert file.modified_at is None
    assert file.implied_mode == "mixed"


@pytest.mark.parametrize("output", [texts.NO_CTL, texts.CTL_MIXED, texts.CTL_STRIPPED])
def test_facts_and_back(output: str) -> None:
    file = ctl.parse(output)
    facts = file.as_facts()
    assert facts["implied_mode"] == file.implied_mode
    assert ctl.from_facts(facts) == file
    assert set(facts) == {field.name for field in dataclasses.fields(file)} | {"implied_mode"}


@pytest.mark.parametrize(
    "output", [texts.NO_CTL, texts.CTL_MIXED, "x\nVerification of the CTL file failed.\n"]
)
def test_the_last_line_is_known(output: str) -> None:
    assert ctl.END.fullmatch(output.splitlines()[-1])


@pytest.mark.parametrize("line", ["admin:", "10\tIPADDRESS\t4", "Length of CTL file: 0", ""])
def test_another_line_is_not_the_last(line: str) -> None:
    assert not ctl.END.fullmatch(line)
