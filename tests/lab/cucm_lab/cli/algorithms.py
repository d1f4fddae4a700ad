# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which SSH algorithms a node offers: one row for each release."""

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


@dataclass(frozen=True)
class Algorithms:
    """What the SSH server of a release offers.

    12.5 and 14: [P] CIPH15, the defaults where nothing is configured; that 12.5 has SHA-1 MACs only and
    that both have an ECDSA host key beside RSA is [R].
    """

    ciphers: tuple[str, ...]
    key_exchanges: tuple[str, ...]
    macs: tuple[str, ...]
    rsa_signatures: tuple[str, ...]


ALGORITHMS: dict[str, Algorithms] = {
    "12.5": Algorithms(
        ciphers=_CIPHERS,
        key_exchanges=(
            *_ECDH,
            "diffie-hellman-group-exchange-sha256",
            "diffie-hellman-group-exchange-sha1",
            "diffie-hellman-group14-sha1",
        ),
        macs=("hmac-sha1",),
        rsa_signatures=("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"),
    ),
    "14": Algorithms(
        ciphers=_CIPHERS,
        key_exchanges=(
            *_ECDH,
            "diffie-hellman-group16-sha512",
            "diffie-hellman-group14-sha256",
            "diffie-hellman-group14-sha1",
        ),
        macs=("hmac-sha2-256", "hmac-sha2-512", "hmac-sha1"),
        rsa_signatures=("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"),
    ),
}
