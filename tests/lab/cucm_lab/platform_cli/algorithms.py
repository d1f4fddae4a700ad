# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which SSH algorithms a node offers: one row for each release, and two sets any release may be given."""

from __future__ import annotations

from dataclasses import dataclass

_CIPHERS = (
    "aes256-gcm@openssh.com",
    "aes128-gcm@openssh.com",
    "aes256-ctr",
    "aes192-ctr",
    "aes128-ctr",
)
_ECDH = ("ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521")
_RSA = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")
_ECDSA = "ecdsa-sha2-nistp256"


@dataclass(frozen=True)
class Algorithms:
    """What an SSH server offers. host_keys: signature algorithms, of RSA and ECDSA keys."""

    ciphers: tuple[str, ...]
    key_exchanges: tuple[str, ...]
    macs: tuple[str, ...]
    host_keys: tuple[str, ...]


_EARLY = Algorithms(
    ciphers=_CIPHERS,
    key_exchanges=(
        *_ECDH,
        "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group-exchange-sha1",
        "diffie-hellman-group14-sha1",
    ),
    macs=("hmac-sha1",),
    host_keys=(*_RSA, _ECDSA),
)
_LATER = Algorithms(
    ciphers=_CIPHERS,
    key_exchanges=(
        *_ECDH,
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group14-sha256",
        "diffie-hellman-group14-sha1",
    ),
    macs=("hmac-sha2-256", "hmac-sha2-512", "hmac-sha1"),
    host_keys=(*_RSA, _ECDSA),
)

ALGORITHMS: dict[str, Algorithms] = {"11.5": _EARLY, "12.5": _EARLY, "14": _LATER, "15": _LATER}
"""By release: [P] CIPH15, the defaults where nothing is configured.

That 11.5 and 12.5 have SHA-1 MACs only and that all have an ECDSA host key beside RSA is [R].
"""

OLD = Algorithms(
    ciphers=("aes128-ctr", "aes192-ctr", "aes256-ctr", "aes128-cbc", "aes256-cbc", "3des-cbc"),
    key_exchanges=(
        "diffie-hellman-group-exchange-sha1",
        "diffie-hellman-group14-sha1",
        "diffie-hellman-group1-sha1",
    ),
    macs=("hmac-sha1",),
    host_keys=("ssh-rsa",),
)
"""SHA-1 and nothing else ([R] from OpenSSH_5.3, which 11.5 calls itself, without its SHA-256 group exchange).

A client that has given SHA-1 up has no algorithm in common with it.
"""

SHA2 = Algorithms(
    ciphers=_CIPHERS,
    key_exchanges=(
        "ecdh-sha2-nistp521",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp256",
        "diffie-hellman-group14-sha256",
        "diffie-hellman-group16-sha512",
    ),
    macs=("hmac-sha2-256", "hmac-sha2-512"),
    host_keys=("rsa-sha2-512", "rsa-sha2-256"),
)
"""A fresh installation of 15SU3 or later ([P] CIPH15): no SHA-1 anywhere."""


def offered(release: str, ssh: str) -> Algorithms:
    """What a node of ``release`` offers under the setting ``ssh``: ``default``, ``old`` or ``sha2``."""
    return {"old": OLD, "sha2": SHA2}.get(ssh) or ALGORITHMS[release]
