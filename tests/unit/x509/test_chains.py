# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Chains are made of signatures; texts are read whole or refused."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import InputError
from ansible_collections.ucops.cucm.plugins.module_utils._module import task as _task
from ansible_collections.ucops.cucm.plugins.module_utils._x509 import chains

from ..data.authorities import NOW, YEAR, Issued, issue, root

PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)


def walked(leaf: Issued, *pool: Issued) -> tuple[list[str], list[str]]:
    found = chains.chain(leaf.read, [each.read for each in pool], NOW)
    return [each.subject for each in found.roots], list(found.missing)


# -- reading -------------------------------------------------------------------------------------------


def test_a_certificate_is_read_and_written_as_it_is() -> None:
    made = root("Ä Root", start=NOW, end=NOW + timedelta(seconds=1))
    (found,) = chains.read(f"some words\r\n{made.pem}".replace("\n", "\r\n   "))
    assert found.as_facts() == {
        "subject": "CN=Ä Root",
        "issuer": "CN=Ä Root",
        "sha256": made.sha256,
        "not_before": "2026-03-03T12:00:00",
        "not_after": "2026-03-03T12:00:01",
        "ca": True,
    }
    assert found.pem == made.pem
    assert found.der == made.x509.public_bytes(serialization.Encoding.DER)
    assert found.self_signed


def test_validity_has_both_its_ends() -> None:
    found = root(start=NOW, end=NOW + YEAR).read
    moments = [NOW - timedelta(seconds=1), NOW, NOW + YEAR, NOW + YEAR + timedelta(seconds=1)]
    assert [found.valid_at(moment) for moment in moments] == [False, True, True, False]


@pytest.mark.parametrize(("ca", "told"), [(None, False), (False, False), (True, True)])
def test_only_basic_constraints_make_a_ca(ca: bool | None, told: bool) -> None:
    assert issue("x", ca=ca).read.ca is told


def test_one_text_may_hold_several() -> None:
    first, second = root("A"), root("B")
    assert [each.subject for each in chains.read(first.pem + "\n\n" + second.pem)] == ["CN=A", "CN=B"]


def test_a_private_key_is_refused_without_repeating_it() -> None:
    made = root()
    with pytest.raises(chains.Unreadable) as caught:
        chains.read(made.pem + made.key_pem)
    assert "private key" in str(caught.value)
    assert made.key_pem.splitlines()[1] not in str(caught.value)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda pem: "",
        lambda pem: "just words",
        lambda pem: pem.replace("-----END CERTIFICATE-----", ""),
        lambda pem: pem + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        lambda pem: pem + "-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n",
        lambda pem: pem + pem.replace("-----END CERTIFICATE-----", ""),
        lambda pem: pem.replace("BEGIN CERTIFICATE", "BEGIN CERTIFICATE REQUEST"),
    ],
)
def test_a_text_that_is_not_whole_is_refused(spoil: t.Callable[[str], str]) -> None:
    with pytest.raises(chains.Unreadable):
        chains.read(spoil(root().pem))


def test_what_a_device_holds_and_nobody_can_read_keeps_its_fingerprint() -> None:
    good = root()
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    first, second = chains.read_all(f"garbage {broken} {good.pem} -----BEGIN CERTIFICATE-----")
    assert (first.subject, first.self_signed, first.valid_at(NOW)) == ("", False, False)
    assert first.sha256 == "709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c"
    assert second.sha256 == good.sha256
    assert chains.chain(first, [good.read], NOW).roots == ()


# -- signatures ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (lambda: rsa.generate_private_key(65537, 1024), {}),
        (lambda: rsa.generate_private_key(65537, 1024), {"padding": PSS}),
        (lambda: ec.generate_private_key(ec.SECP384R1()), {"digest": hashes.SHA384()}),
        (ed25519.Ed25519PrivateKey.generate, {"digest": False}),
    ],
    ids=["RSA", "RSA-PSS", "EC", "Ed25519"],
)
def test_signatures_of_every_kind(make: t.Callable[[], t.Any], options: dict[str, t.Any]) -> None:
    above = root(key=make(), **options)
    below = issue("leaf", above, **options)
    assert chains.signed_by(below.read, above.read)
    assert not chains.signed_by(above.read, below.read)
    impostor = root(key=make(), **options)
    assert not chains.signed_by(below.read, impostor.read), "the name alone is no proof"


def test_another_name_is_no_issuer_even_with_the_same_key() -> None:
    above = root("Root")
    assert not chains.signed_by(issue("leaf", above).read, root("Other", key=above.key).read)


# -- chains --------------------------------------------------------------------------------------------


def test_from_leaf_to_root() -> None:
    top = root("Root")
    middle = issue("Middle", top, ca=True)
    leaf = issue("leaf", middle)
    assert walked(leaf, root("Other"), top, middle) == (["CN=Root"], [])
    assert walked(leaf, middle) == ([], ["CN=Root"])
    assert walked(leaf, top) == ([], ["CN=Middle"])
    assert walked(top) == (["CN=Root"], [])


def test_a_self_signed_one_is_its_own_root() -> None:
    assert walked(issue("cucm-pub")) == (["CN=cucm-pub"], [])


def test_a_root_of_the_same_name_with_another_key_is_not_taken() -> None:
    leaf = issue("leaf", root("Root"))
    assert walked(leaf, root("Root")) == ([], ["CN=Root"])


def test_what_is_no_ca_stands_between_nothing() -> None:
    top = root("Root")
    middle = issue("Middle", top, ca=False)
    assert walked(issue("leaf", middle), middle, top) == ([], ["CN=Middle"])


def test_of_several_roots_the_valid_then_the_near_then_the_lasting_one() -> None:
    old = root("Root", end=NOW - timedelta(days=1))
    short = root("Root", key=old.key, end=NOW + YEAR)
    long = root("Root", key=old.key, end=NOW + 2 * YEAR)
    far = root("Far", end=NOW + 9 * YEAR)
    cross = issue("Root", far, key=old.key, ca=True)
    leaf = issue("leaf", old)
    found = chains.chain(leaf.read, [each.read for each in (old, cross, far, short, long)], NOW)
    assert [each.sha256 for each in found.roots] == [each.sha256 for each in (long, short, far, old)]


def test_certificates_that_sign_each_other_end() -> None:
    one, other = root("A"), root("B")
    a, b = issue("A", other, key=one.key, ca=True), issue("B", one, key=other.key, ca=True)
    assert walked(issue("leaf", a), a, b) == ([], [])
    assert {each.subject for each in chains.issuers_first([a.read, b.read])} == {"CN=A", "CN=B"}


def test_issuers_come_first_and_once() -> None:
    top = root("Root")
    middle = issue("Middle", top, ca=True)
    low = issue("Low", middle, ca=True)
    given = [low.read, middle.read, low.read, top.read]
    assert [each.subject for each in chains.issuers_first(given)] == ["CN=Root", "CN=Middle", "CN=Low"]


# Self-signed with SHA-1, as the roots are that Cisco's older phones were made with; the name of both is the same.
OLD_ROOTS = """\
-----BEGIN CERTIFICATE-----
MIICCjCCAXOgAwIBAgIUYSoDqqfF/aGybUWN/FiiN4ficQYwDQYJKoZIhvcNAQEF
BQAwFjEUMBIGA1UEAwwLT2xkIFJvb3QgQ0EwIBcNMjYxMTMwMTAwNzQyWhgPMjEy
NjExMDYxMDA3NDJaMBYxFDASBgNVBAMMC09sZCBSb290IENBMIGfMA0GCSqGSIb3
DQEBAQUAA4GNADCBiQKBgQCiSkG6rDYWHzLXaGAEWpJerueDsjg7/eFxnWsxlqNf
oQyzkZTJs5tI/8lZEWZuk0khDi92Rogmpwt7VbfsIcipOl0uOP6FvvOUjh4txxCR
UntOfUllMB/7TDiUiZkn9vM0m8fAPLJEWcgFBHgM3GsR7UwYhJYZyfyTzs7ZXg7p
KQIDAQABo1MwUTAdBgNVHQ4EFgQUFOdXZpRzokUf+Gdc/8NufXtH+H4wHwYDVR0j
BBgwFoAUFOdXZpRzokUf+Gdc/8NufXtH+H4wDwYDVR0TAQH/BAUwAwEB/zANBgkq
hkiG9w0BAQUFAAOBgQBrGYt4lxtQHButaV/1CzejS3bKCL9vfwjIKD8wMKe9S9ql
0sZBBuDfRHEIm2A9JtElTWSgHakKHWaIkIordWNzZlx4q6L0NECpHbquT+wQq8ax
uhrwIrmFIEvss8xEnVX4REbtIEWl2bAhWTT8oI+gHfxztOhdhjsYOY5nTXmuIA==
-----END CERTIFICATE-----
-----BEGIN CERTIFICATE-----
MIICCjCCAXOgAwIBAgIUO7jAu2edtJZki+3Sb6Mra2OX2F0wDQYJKoZIhvcNAQEF
BQAwFjEUMBIGA1UEAwwLT2xkIFJvb3QgQ0EwIBcNMjYxMTMwMTAwNzQyWhgPMjEy
NjExMDYxMDA3NDJaMBYxFDASBgNVBAMMC09sZCBSb290IENBMIGfMA0GCSqGSIb3
DQEBAQUAA4GNADCBiQKBgQDhloZuUAp0sMsmgGK+rJLAsYXktMTzOX9cR74W9aFM
ZbMPZJYIks2GdJ7Y3u779e6aGZnSDgPWn5Zho6qKbm8X4vmhqe7EiVZDkLByaazK
0tyMnRy1OGW+jVhB3Xjsv+s/vJ4RaW25sYP5Wjludtn4gTALHBAQDJO2rnWdUlnr
OQIDAQABo1MwUTAdBgNVHQ4EFgQUJMJ6aCwLc8OS57x9FNPhQ+DtqQUwHwYDVR0j
BBgwFoAUJMJ6aCwLc8OS57x9FNPhQ+DtqQUwDwYDVR0TAQH/BAUwAwEB/zANBgkq
hkiG9w0BAQUFAAOBgQAF0LuhxM6H9uOwf5MFecwLSAAqNR8jFnPJsIRUQRRGOt8h
NRbd7dYzgkjkaEYetCcr5JypboyuURwXtFmovBEJQyng2qNMMdRjrq88lwZQIUKc
m3/VmMvbQ6mzsSY09euvJkhVv7WFdd8DC/8z5O9oiRijKgkbLdoV83mb2YpIjw==
-----END CERTIFICATE-----
"""


def test_a_signature_of_sha_1_is_still_read() -> None:
    one, other = chains.read(OLD_ROOTS)
    assert one.self_signed
    assert other.self_signed
    assert not chains.signed_by(one, other)


@pytest.mark.parametrize("why", ["there is none", "older than 42"])
def test_a_cryptography_that_cannot_be_used_is_known(why: str, tmp_path: Path) -> None:
    """In a Python of its own, since this one has imported a good one."""
    package = tmp_path / "cryptography"
    package.mkdir()
    (package / "__init__.py").write_text("" if "42" in why else "raise ImportError('there is none')", "utf-8")
    for name in ("exceptions", "hazmat.primitives.asymmetric"):
        place = package.joinpath(*name.split("."))
        place.mkdir(parents=True)
    (package / "exceptions" / "__init__.py").write_text(
        "InvalidSignature = UnsupportedAlgorithm = None", "utf-8"
    )
    (package / "hazmat" / "primitives" / "asymmetric" / "__init__.py").write_text("ec = rsa = None", "utf-8")
    (package / "x509.py").write_text("class Certificate:\n    not_valid_after = None\n", "utf-8")
    code = f"from {chains.__name__} import CRYPTOGRAPHY_IMPORT_ERROR, x509; print(x509, CRYPTOGRAPHY_IMPORT_ERROR)"
    collections = Path(chains.__file__).parents[6]
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{collections}"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout.startswith("None Traceback")
    assert why in run.stdout


def test_a_task_without_the_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_task, "CRYPTOGRAPHY_IMPORT_ERROR", "ImportError: none")
    params = {
        "publisher": "pub",
        "https_port": 8443,
        "ssh_port": 22,
        "axl_username": "a",
        "axl_password": "b",
    }
    with pytest.raises(InputError) as raised:
        _task.settings(params)
    assert raised.value.code == "library_missing"
    assert "cryptography>=42" in str(raised.value.remedy)
