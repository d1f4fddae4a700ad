# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/offline/anonymise.py: nothing of a site is left, and the copy is judged as the original."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results

from ..reading.test_cases import CASES, MIXED, NOW, read

ROOT = Path(__file__).resolve().parents[3]
# A certificate is taken out, so what is judged of one is not known.
OF_CERTIFICATES = re.compile("certificate|tomcat|itlrecovery|ctl-signer|ctl-update|restart|sip-oauth|key")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    script = str(ROOT / "docs" / "offline" / "anonymise.py")
    return subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, check=False)


def verdicts(directory: Path) -> dict[str, t.Any]:
    judged = results.judge_cluster(read(directory), MIXED, "case", NOW)
    return {
        result["control"]: result["verdict"]
        for result in judged
        if not OF_CERTIFICATES.search(result["control"])
    }


OF_A_SITE = {
    "hq": ["alpha", "127.20.0", "UC Lab", "BEGIN CERT"],
    "fqdn": ["DEN0", "Corp.Example", "BEGIN CERT"],
    "ip": ["10.1.89", "BEGIN CERT"],
}


@pytest.mark.parametrize("base", OF_A_SITE)
def test_nothing_of_a_site_is_left_and_verdicts_stay(base: str, tmp_path: Path) -> None:
    source, target = CASES / "base" / base, tmp_path / "given"
    done = run(str(source), str(target), "Krakow")
    assert done.returncode == 0, done.stderr
    copies = {path.relative_to(target): path.read_text() for path in target.rglob("*") if path.is_file()}
    assert len(copies) == sum(1 for path in source.rglob("*") if path.is_file())
    for path, text in copies.items():
        for word in [*OF_A_SITE[base], "Krakow"]:
            assert word.lower() not in f"{path}\n{text}".lower(), (path, word)
    given, original = verdicts(target), verdicts_of(source, tmp_path)
    assert given == original
    assert list(given.values()).count("pass") > 10


def verdicts_of(source: Path, tmp_path: Path) -> dict[str, t.Any]:
    return verdicts(Path(shutil.copytree(source, tmp_path / "original")))


def test_a_copy_in_which_something_is_left_is_not_written(tmp_path: Path) -> None:
    """A name that cannot be distinguished, because it is a replacement word."""
    source = tmp_path / "source"
    (source / "nodes" / "a.example.net").mkdir(parents=True)
    (source / "nodes" / "a.example.net" / "session.txt").write_text("admin:show ctl\nname1\nadmin:")
    done = run(str(source), str(tmp_path / "given"), "name1")
    assert done.returncode == 1
    assert "Nothing was written" in done.stderr
    assert not (tmp_path / "given").exists()


def test_what_is_no_text_or_a_link_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "x.txt").write_bytes(b"\xff\xfe\x00")
    assert "not in UTF-8" in run(str(source), str(tmp_path / "given")).stderr
    (source / "x.txt").unlink()
    (source / "link").symlink_to("/etc/hostname")
    assert "is a link" in run(str(source), str(tmp_path / "given")).stderr
    assert not (tmp_path / "given").exists()


@pytest.mark.parametrize("arguments", [[], ["x"], ["--help", "x"], ["/nowhere", "y"]])
def test_it_says_how_it_is_called(arguments: list[str]) -> None:
    assert run(*arguments).returncode == 2


# -- what a site has beyond its nodes ---------------------------------------------------------------------

# What is put into a capture, by file, with what must not be left of it.
BANNER = """login as: hmiller
hmiller@10.1.1.1's password:
Property of Krakow Trading. Questions: it-voice@krakow-trading.example.org
admin:utils snmp config 1/2c community-string add s3cr3t-community
admin:MyPa55word!
No valid command entered
admin:show account
Account = jkowalski, pw expires: never
"""
INSIDE = {
    "nodes/alpha-pub/session.txt": {
        "synchronised to NTP server": "fe80::250:56ff:fe01:a2 2001:db8:A::7 2001:0db8:0000::0001 ::ffff:10.9.8.7 time1.branch-office.de\n"
        "synchronised to NTP server",
        "Host Name": "License MAC : 8fb5cd0d7c5b\nHost Name",
        ".tar NETWORK": ".tar KRK_SFTP_1 ",
        "Parse CTL File": "CN=Trading Root CA 3;OU=IT;O=KT;L=Krakow;ST=MA;C=PL;DC=tradingcorp;emailAddress=pki@krk.biz\n"
        "URI:http://crl.krk-pki.net/root.crl http://satellite/transport\n\tParse CTL File",
    },
    "axl/getSmartLicenseStatus.xml": {
        "SN:000000,UUID:0": "SN:8c7c6a5b4d3e,UUID:deadbeef-1",
        "<SmartAccount>UC Lab": "<SmartAccount>KT &amp; Sons",
    },
    "axl/listExpresswayCConfiguration.xml": {
        "<return/>": "<return><expresswayCConfiguration><HostNameOrIP>edge-c-7</HostNameOrIP>"
        "<description>rack 12, call Anna 4711</description><X509SubjectNameorSubjectAlternateName>edge-c-7.krk.local,spare-edge"
        "</X509SubjectNameorSubjectAlternateName></expresswayCConfiguration></return>"
    },
    "sql/sip_trunks.xml": {
        "<return>": "<return><row><name>KT-SBC to Orange</name><words>Encrypted|TLS|TLS</words>"
        "<digest_authentication>f</digest_authentication><trunks>2</trunks></row>"
    },
    "sql/modes.xml": {"Server:": "Set-Cookie: JSESSIONIDSSO=4F0CD3A1; Path=/; Secure\r\nServer:"},
    "sql/phone_profiles.xml": {"<return>": "<return><!-- OrangeKTvoice -->"},
}
NOT_LEFT = [
    *("hmiller", "Krakow", "it-voice", "krakow-trading", "s3cr3t", "Pa55word", "jkowalski", "pw expires"),
    *("fe80:", "2001:db8:A::7", "2001:0db8", "10.9.8.7", "time1", "branch-office", "8fb5cd", "KRK_SFTP"),
    *("Trading", "O=KT", "OU=IT", "ST=MA", "C=PL", "tradingcorp", "pki@", "krk.biz", "krk-pki", "satellite"),
    *(
        "8c7c6a",
        "deadbeef",
        "KT &amp; Sons",
        "edge-c-7",
        "rack 12",
        "krk.local",
        "spare-edge",
        "KT-SBC",
        "OrangeKT",
        "JSESSION",
    ),
]


def capture(tmp_path: Path) -> Path:
    """Return a capture of a site that has names everywhere."""
    source = Path(shutil.copytree(CASES / "base" / "hq", tmp_path / "capture"))
    for file, places in INSIDE.items():
        text = (source / file).read_bytes().decode()
        for place, put in places.items():
            assert place in text, (file, place)
            text = text.replace(place, put, 1)
        (source / file).write_bytes(text.encode())
    log = source / "nodes" / "alpha-pub" / "session.txt"
    log.write_text(BANNER + log.read_text())
    return source


def test_names_beyond_those_of_nodes_are_replaced_or_taken_out(tmp_path: Path) -> None:
    source, target = capture(tmp_path), tmp_path / "given"
    before = "\n".join(path.read_text() for path in source.rglob("*") if path.is_file())
    done = run(str(source), str(target), "Krakow", "Orange")
    assert done.returncode == 0, done.stderr
    after = "\n".join(f"{path}\n{path.read_text()}" for path in target.rglob("*") if path.is_file())
    for word in NOT_LEFT:
        assert word.lower() in before.lower(), word
        assert word.lower() not in after.lower(), word
    # What the product has in every cluster stays, and what is judged.
    for word in (
        "Non Secure SIP Trunk Profile",
        "CCM+TFTP",
        "System Administrator Security Token",
        "http://schemas.xmlsoap.org",
    ):
        assert word in after, word
    assert verdicts(target) == verdicts_of(source, tmp_path)


def test_serial_numbers_are_others_and_the_same_where_they_were_the_same(tmp_path: Path) -> None:
    """The serial number of a certificate leads to its owner: public CAs list what they signed."""
    source, target = CASES / "base" / "hq", tmp_path / "given"
    form = re.compile(r"SERIALNUMBER\t\d+\t(\S+)")
    assert run(str(source), str(target)).returncode == 0
    logs = [(source / "nodes" / name / "session.txt").read_text() for name in ("alpha-pub", "alpha-sub1")]
    before = [form.findall(log) for log in logs]
    after = [form.findall(path.read_text()) for path in sorted(target.glob("nodes/*/session.txt"))[:2]]
    assert before[0] and not set(before[0]) & set(after[0])
    assert [len(each) for each in after[0]] == [len(each) for each in before[0]]
    place = {number: at for at, number in enumerate(dict.fromkeys(before[0]))}
    again = {number: at for at, number in enumerate(dict.fromkeys(after[0]))}
    assert [[place[each] for each in one] for one in before] == [
        [again[each] for each in one] for one in after
    ]


def test_what_was_typed_over_is_the_command_that_was_sent(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "nodes" / "a").mkdir(parents=True)
    typed = "\x1b[1madmin:\x1b[0mshow sta\x08\x08tatus\nHost Name : x\nadmin:whoami\nsomebody\nadmin:"
    (source / "nodes" / "a" / "session.txt").write_text(typed)
    assert run(str(source), str(tmp_path / "given")).returncode == 0
    (copy,) = (tmp_path / "given").rglob("session.txt")
    assert "Host Name" in copy.read_text() and "somebody" not in copy.read_text()
