# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a known_hosts file says of a host, compared with what OpenSSH's own tool finds in it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import random
import shutil
import socket
import subprocess
import typing as t
from pathlib import Path

import paramiko
import pytest

from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import IdentityError, InputError
from ansible_collections.ucops.cucm.plugins.module_utils._transport import known_hosts, ssh
from ansible_collections.ucops.cucm.plugins.module_utils._transport.known_hosts import KnownHosts, load

KEYS = [paramiko.ECDSAKey.generate() for _number in range(4)]
HOSTS = ["cucm-pub", "cucm-sub1.example.com", "10.1.2.3", "::1", "fe80::1%eth0", "CUCM-PUB"]
NAMES = [
    *HOSTS,
    *(f"[{host}]:2222" for host in HOSTS),
    "other",
    "*",
    "*.example.com",
    "cucm-*",
    "10.1.?.*",
    "!cucm-pub",
    "!*",
    "[*]:2222",
]


def line(names: str, key: paramiko.PKey = KEYS[0], marker: str = "", comment: str = "") -> str:
    return " ".join(part for part in (marker, names, key.get_name(), key.get_base64(), comment) if part)


def hashed(name: str, salt: bytes = b"0123456789abcdefghij") -> str:
    digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


def generated(chance: random.Random) -> bytes:
    lines = []
    for _number in range(chance.randrange(1, 12)):
        names = ",".join(chance.choices(NAMES, k=chance.randrange(1, 4)))
        if chance.random() < 0.3:
            names = hashed(chance.choice(NAMES[:12]).lower(), bytes(chance.choices(range(256), k=20)))
        text = line(names, chance.choice(KEYS), chance.choice(["", "", "", "@revoked", "@cert-authority"]))
        lines.append(
            chance.choice(
                [
                    text.encode(),
                    text.encode(),
                    text.encode() + b" a comment \xe9\xff",
                    b"\t " + text.encode().replace(b" ", b" \t ", 1),
                    text.encode() + b"\r",
                    b"# " + text.encode(),
                    b"",
                ]
            )
        )
    return b"\n".join(lines) + chance.choice([b"", b"\n"])


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_the_same_lines_count_as_for_openssh(tmp_path: Path) -> None:
    chance = random.Random(4)
    file = tmp_path / "known_hosts"
    compared = 0
    for number in range(60):
        file.write_bytes(generated(chance))
        # ssh looks for a host in lower case; ssh-keygen takes what it is given.
        for name in map(str.lower, chance.sample(NAMES[:12], 3)):
            told = subprocess.run(["ssh-keygen", "-F", name, "-f", file], capture_output=True, check=False)
            theirs = [
                int(words.split(b"line ")[1].split()[0])
                for words in told.stdout.splitlines()
                if words.startswith(b"# Host ")
            ]
            ours = [found.number for found in KnownHosts(file.read_bytes()).lines(name)]
            assert ours == theirs, (number, name, file.read_bytes())
            compared += len(theirs)
    assert compared > 100


def of(text: str | bytes, name: str = "cucm-pub") -> known_hosts.Known:
    return KnownHosts(text if isinstance(text, bytes) else text.encode()).known(name)


def blobs(*keys: paramiko.PKey) -> list[tuple[str, bytes]]:
    return [(key.get_name(), key.asbytes()) for key in keys]


@pytest.mark.parametrize(
    ("names", "name", "counts"),
    [
        ("cucm-pub", "cucm-pub", True),
        ("cucm-pub", "CUCM-PUB", True),
        ("CUCM-pub", "cucm-pub", True),
        ("cucm-pub", "[cucm-pub]:2222", False),
        ("[cucm-pub]:2222", "[cucm-pub]:2222", True),
        ("a,cucm-pub,b", "cucm-pub", True),
        ("*", "cucm-pub", True),
        ("cucm-?ub", "cucm-pub", True),
        ("cucm-*,!cucm-pub", "cucm-pub", False),
        ("!cucm-pub,cucm-*", "cucm-pub", False),
        ("!cucm-sub1,cucm-*", "cucm-pub", True),
        ("!cucm-sub1", "cucm-pub", False),
        ("[cucm]*", "cucm-pub", False),
        ("::1", "::1", True),
        ("[::1]:2222", "[::1]:2222", True),
        (hashed("cucm-pub"), "cucm-pub", True),
        (hashed("[::1]:2222"), "[::1]:2222", True),
        (hashed("other"), "cucm-pub", False),
        ("|1|rubbish|rubbish", "cucm-pub", False),
        ("|2|AAAA|AAAA", "cucm-pub", False),
    ],
)
def test_names(names: str, name: str, counts: bool) -> None:
    assert of(line(names), name).keys == (blobs(KEYS[0]) if counts else [])


def test_any_of_several_keys_counts_in_any_order() -> None:
    lines = [line("cucm-pub", KEYS[0]), line("cucm-pub", KEYS[1]), line("other", KEYS[2])]
    assert of("\n".join(lines)).keys == blobs(KEYS[0], KEYS[1])
    assert of("\n".join(reversed(lines))).keys == blobs(KEYS[1], KEYS[0])


OTHERS = [
    line("other", marker="@cert-authority"),
    line("other", marker="@revoked"),
    line("other")[:-30],
    "other ssh-rsa",
    "other",
    "@revoked",
    "|1|x",
    "other ssh-rsa \u00e9\u00e9\u00e9",
    "\x00\x01\x02",
]


@pytest.mark.parametrize("damaged", OTHERS)
def test_lines_of_others_cost_nothing(damaged: str) -> None:
    for text in (f"{damaged}\n{line('cucm-pub')}", f"{line('cucm-pub')}\n{damaged}"):
        for encoded in (text.encode(), text.encode("latin-1"), text.replace("\n", "\r\n").encode()):
            known = of(encoded)
            assert known.keys == blobs(KEYS[0]) and not known.damaged and not known.revocation_damaged


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        ("cucm-pub", "missing"),
        ("cucm-pub ssh-rsa", "missing"),
        ("cucm-pub ssh-rsa AAAA=A", "base64"),
        ("cucm-pub ssh-rsa \u00e9", "base64"),
        (line("cucm-pub").replace(KEYS[0].get_name(), "ssh-rsa"), "'ssh-rsa'"),
        ("@unheard cucm-pub x y", "'@unheard'"),
        ("cucm-pub 1024 35 12345", "base64"),
    ],
)
def test_a_damaged_line_of_the_host_is_named(damaged: str, why: str) -> None:
    known = of(f"# one\n{damaged}\n{line('cucm-pub', KEYS[1])}")
    assert known.keys == blobs(KEYS[1])
    [(number, told)] = known.damaged
    assert number == 2 and why in told


def verify(text: str, key: paramiko.PKey, tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(text, "utf-8")
    keys = ssh.HostKeys(known_hosts=str(file))
    ssh._KnownKeys(ssh.SshTarget("cucm-pub", "10.0.0.1", 22, "admin", "x", keys)).verify(key)


def test_old_and_new_key_of_a_rebuilt_node_both_count(tmp_path: Path) -> None:
    text = f"{line('10.0.0.1', KEYS[0])}\n{line('10.0.0.1', KEYS[1])}\n"
    verify(text, KEYS[0], tmp_path)
    verify(text, KEYS[1], tmp_path)
    with pytest.raises(IdentityError) as refused:
        verify(text, KEYS[2], tmp_path)
    assert refused.value.code == "host_key_changed" and len(refused.value.details["known"]) == 2


@pytest.mark.parametrize("order", [1, -1])
def test_a_revoked_key_is_refused_even_where_it_is_known(tmp_path: Path, order: int) -> None:
    lines = [line("10.0.0.1"), line("*", marker="@revoked"), line("10.0.0.1", KEYS[1])]
    text = "\n".join(lines[::order])
    with pytest.raises(IdentityError) as refused:
        verify(text, KEYS[0], tmp_path)
    assert refused.value.code == "host_key_revoked" and refused.value.remedy
    verify(text, KEYS[1], tmp_path)


def test_a_revocation_that_cannot_be_read_stops(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Line 2 .* node cucm-pub"):
        verify(f"{line('10.0.0.1')}\n@revoked * ssh-rsa rubbish!\n", KEYS[0], tmp_path)


def test_what_was_not_used_is_told_with_its_line(tmp_path: Path) -> None:
    text = f"\n10.0.0.1 ssh-rsa AAA!\n{line('10.0.0.1', marker='@cert-authority')}\n"
    with pytest.raises(IdentityError) as refused:
        verify(text, KEYS[0], tmp_path)
    assert refused.value.code == "host_key_unknown"
    assert (
        "line 2 is damaged" in refused.value.message
        and "line 3 names a certificate authority" in refused.value.message
    )


def fifo(path: Path) -> None:
    os.mkfifo(path)


def server_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(path))


SPOILED: dict[str, t.Callable[[Path], object]] = {
    "it does not exist": lambda path: None,
    "it is a directory": Path.mkdir,
    "it is not a regular file": fifo,
    "Too many levels of symbolic links": lambda path: path.symlink_to(path),
    "No such device or address": server_socket,
    "it is in UTF-16": lambda path: path.write_bytes("cucm-pub x y".encode("utf-16")),
}


@pytest.mark.parametrize("why", SPOILED)
def test_a_file_that_cannot_be_read_is_told_in_words(
    why: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("k") / "hosts"
    SPOILED[why](path)
    with pytest.raises(InputError) as refused:
        load(str(path))
    assert f"{path} cannot be used: {why}" in refused.value.message and refused.value.remedy


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.touch(0)
    with pytest.raises(InputError, match="Permission denied"):
        load(str(path))


@pytest.mark.parametrize("path", ["a\0b", "/dev/null/x", "x" * 5000])
def test_a_path_that_cannot_be_one_is_told_in_words(path: str) -> None:
    with pytest.raises(InputError, match=r"known_hosts"):
        load(path)


@pytest.mark.parametrize("data", [b"", b"\x80" + os.urandom(5000), "cucm-pub x y".encode("utf-16-le")])
def test_any_content_is_a_file_without_the_host(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_bytes(data)
    assert load(str(path)).known("cucm-pub") == known_hosts.Known()


def test_a_file_is_read_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "hosts"
    path.write_text(line("cucm-pub"), "utf-8")
    first = load(str(path))
    assert load(str(path)) is first
    path.write_text(line("cucm-pub", KEYS[1]) + "\n", "utf-8")
    assert load(str(path)).known("cucm-pub").keys == blobs(KEYS[1])


def test_only_the_keys_of_the_host_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join([*(line(f"node{number}") for number in range(3000)), line("cucm-pub")])
    hosts, decoded = KnownHosts(text.encode()), 0
    real = base64.b64decode

    def counted(*args: t.Any, **kwargs: t.Any) -> bytes:
        nonlocal decoded
        decoded += 1
        return real(*args, **kwargs)

    monkeypatch.setattr(known_hosts.base64, "b64decode", counted)
    assert hosts.known("cucm-pub").keys == blobs(KEYS[0])
    assert decoded == 1


def test_the_lines_taken_apart_do_not_grow_with_the_fleet(monkeypatch: pytest.MonkeyPatch) -> None:
    taken_apart = 0
    real = KnownHosts._parts

    def counted(hosts: KnownHosts, start: int) -> t.Any:
        nonlocal taken_apart
        taken_apart += 1
        return real(hosts, start)

    monkeypatch.setattr(KnownHosts, "_parts", counted)
    for clusters in (10, 1000):
        names = [f"cl{number:04}-{node}" for number in range(clusters) for node in ("pub", "sub1", "sub2")]
        hosts, taken_apart = (
            KnownHosts("\n".join(line(name, key) for name in names for key in KEYS[:2]).encode()),
            0,
        )
        assert hosts.known("cl0007-sub1").keys == blobs(*KEYS[:2])
        assert taken_apart == 2


@pytest.mark.parametrize("name", ["", "a", "="])
def test_a_name_that_is_in_every_line_ends(name: str) -> None:
    assert KnownHosts("\n".join([line("node1"), line("node2")]).encode()).known(name).keys == []
