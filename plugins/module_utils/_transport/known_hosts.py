# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The entries of a known_hosts file for one host. PRIVATE to the collection.

The format is sshd(8), SSH_KNOWN_HOSTS FILE FORMAT; a line applies to a host if C(ssh-keygen -F) finds it for that host.
Everything is bytes: a comment may be in any encoding. Only lines that may apply to the host are taken apart, and only the keys
of those that do are decoded: a damaged line of another host does no harm, and a long file of others costs next to nothing.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import fnmatch
import hmac
import os
import re
import typing as t
from dataclasses import dataclass, field
from functools import cached_property

from .._base import files
from .._base.errors import InputError

REVOKED, AUTHORITY = b"@revoked", b"@cert-authority"
LARGEST_FILE = 64 * 1024 * 1024
_BLANKS = re.compile(rb"[ \t]+")
_PATTERN = re.compile(rb"[*?!]")
_HASHED = b"|1|"


class Line(t.NamedTuple):
    """A line with names; its key is not decoded yet."""

    number: int
    marker: bytes
    names: bytes
    key: bytes


@dataclass
class Known:
    """The content of the lines of one host.

    Attributes:
        keys, revoked: Type and blob of each key.
        authorities: Numbers of the lines that name a certificate authority, which is not supported.
        damaged: Number and error of each damaged line.
        revocation_damaged: The same for lines that revoke an unreadable key.
    """

    keys: list[tuple[str, bytes]] = field(default_factory=list)
    revoked: list[tuple[str, bytes]] = field(default_factory=list)
    authorities: list[int] = field(default_factory=list)
    damaged: list[tuple[int, str]] = field(default_factory=list)
    revocation_damaged: list[tuple[int, str]] = field(default_factory=list)


class KnownHosts:
    """The lines of a file. Only those that may apply to a host are taken apart: a fleet's file has thousands of others."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._lower = data.lower()

    @cached_property
    def _of_any_name(self) -> frozenset[int]:
        """Where the lines begin that may have hashed names or patterns, and so apply to any host."""
        return frozenset(start for sign in (b"|", b"*", b"?", b"!") for start in self._with(sign))

    def lines(self, name: str) -> list[Line]:
        """Return the lines that apply to a host, C(NAME) or C([NAME]:PORT), in file order."""
        wanted = name.lower().encode(errors="surrogateescape")
        found = ((start, self._parts(start)) for start in sorted({*self._of_any_name, *self._with(wanted)}))
        return [
            Line(self._data.count(b"\n", 0, start) + 1, *parts)
            for start, parts in found
            if parts and _applies(parts[1], wanted)
        ]

    def _with(self, word: bytes) -> t.Iterator[int]:
        """Yield where each line begins that has the word anywhere."""
        found = self._lower.find(word)
        while found >= 0:
            yield self._lower.rfind(b"\n", 0, found) + 1
            end = self._lower.find(b"\n", found)
            found = self._lower.find(word, end + 1) if end >= 0 else -1

    def _parts(self, start: int) -> tuple[bytes, bytes, bytes] | None:
        """Return marker, names and key of the line that begins at an offset; None for a comment."""
        end = self._data.find(b"\n", start)
        text = self._data[start : end if end >= 0 else None].strip(b" \t\r")
        if not text or text.startswith(b"#"):
            return None
        marker = b""
        if text.startswith(b"@"):
            marker, text = _head(text)
        names, key = _head(text)
        return marker, names, key

    def known(self, name: str) -> Known:
        """Return the entries for a host, C(NAME) or C([NAME]:PORT)."""
        known = Known()
        for line in self.lines(name):
            _judge(line, known)
        return known


def _judge(line: Line, known: Known) -> None:
    if line.marker == AUTHORITY:
        known.authorities.append(line.number)
        return
    if line.marker not in (b"", REVOKED):
        known.damaged.append((line.number, f"the marker {_shown(line.marker)} is not known"))
        return
    try:
        key = _key(line.key)
    except ValueError as error:
        damaged = known.revocation_damaged if line.marker else known.damaged
        damaged.append((line.number, str(error)))
    else:
        (known.revoked if line.marker else known.keys).append(key)


def _head(text: bytes) -> tuple[bytes, bytes]:
    head, *rest = _BLANKS.split(text, 1)
    return head, rest[0] if rest else b""


def _applies(names: bytes, wanted: bytes) -> bool:
    """Return whether the names of a line are a host's, which is in lower case."""
    if names.startswith(b"|"):
        hashed = _salt_and_hash(names)
        return hashed is not None and hmac.digest(hashed[0], wanted, "sha1") == hashed[1]
    names = names.lower()
    return _matches(wanted, names) if _PATTERN.search(names) else wanted in names.split(b",")


def _salt_and_hash(names: bytes) -> tuple[bytes, bytes] | None:
    """Return both parts of a hashed name, None if it is invalid."""
    parts = names.split(b"|")
    if not names.startswith(_HASHED) or len(parts) != 4:
        return None
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in parts[2:])
    except binascii.Error:
        return None
    return salt, digest


def _matches(name: bytes, patterns: bytes) -> bool:
    """Return whether one of the patterns matches the host and no negated one does."""
    matched = False
    for pattern in patterns.split(b","):
        # In these patterns a bracket is literal.
        if fnmatch.fnmatchcase(name, pattern.removeprefix(b"!").replace(b"[", b"[[]")):
            if pattern.startswith(b"!"):
                return False
            matched = True
    return matched


def _key(text: bytes) -> tuple[str, bytes]:
    """Return type and blob of a key.

    Raises:
        ValueError: The key is damaged; the text describes how.
    """
    key_type, rest = _head(text)
    encoded, _comment = _head(rest)
    if not encoded:
        raise ValueError("the key is missing")
    try:
        blob = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError("the key is not complete base64") from error
    # RFC 4253, 6.6: the blob begins with the key type.
    length = int.from_bytes(blob[:4], "big")
    if blob[4 : 4 + length] != key_type or len(blob) <= 4 + length:
        raise ValueError(f"the key is not of the stated type {_shown(key_type)}")
    return key_type.decode("ascii", "replace"), blob


def _shown(text: bytes) -> str:
    return ascii(text[:40].decode("ascii", "replace"))


# The files read in this process, each with the version that was read.
_read_before: dict[str, tuple[tuple[int, ...], KnownHosts]] = {}


def load(path: str) -> KnownHosts:
    """Return the lines of a file; an unchanged file is read once per process.

    Raises:
        InputError: It is missing, not a regular file, larger than LARGEST_FILE bytes, in UTF-16, or may not be read.
    """
    path = os.path.expanduser(path)
    try:
        descriptor = files.opened(path)
        try:
            return _read(path, descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unusable(path, files.why(error)) from error


def _read(path: str, descriptor: int) -> KnownHosts:
    found = os.fstat(descriptor)
    version = (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)
    read_from, hosts = _read_before.get(path, (None, None))
    if hosts is None or read_from != version:
        data = files.content(descriptor, LARGEST_FILE)
        if encoding := files.wide(data):
            raise _unusable(
                path, f"it is in {encoding}, where OpenSSH has one byte a character; save it as UTF-8"
            )
        hosts = KnownHosts(data.removeprefix(codecs.BOM_UTF8))
        _read_before[path] = (version, hosts)
    return hosts


def _unusable(path: str, why: str) -> InputError:
    return InputError(
        f"The known_hosts file {path} cannot be used: {why}.",
        details={"known_hosts": path},
        remedy="Write the nodes' SSH host keys into it (ssh-keyscan, compared with the console), or name another file with "
        "known_hosts.",
    )
