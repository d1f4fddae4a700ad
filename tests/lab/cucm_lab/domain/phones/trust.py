# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a phone believes: files that TFTP serves, and the certificate of a node it connects to (phone-facts 4)."""

from __future__ import annotations

from .site import TrustList


def holds_lists(ctl: TrustList | None, itl: TrustList | None) -> bool:
    """Whether a phone has any list with certificates; one without accepts the first file blindly ([V] SBD15).

    An empty ITL file, as the rollback parameter makes it, counts as none.
    """
    return any(each is not None and each.certificates for each in (ctl, itl))


def knows(ctl: TrustList | None, itl: TrustList | None, certificate: str) -> bool:
    """Whether a phone's lists hold a certificate."""
    return any(each is not None and certificate in each.certificates for each in (ctl, itl))


def accepts_list(new: TrustList, *, known: bool, vouched: bool, blind: bool, longest: int) -> bool:
    """Whether a phone takes a list.

    known: its lists hold the signer. vouched: TVS vouches for the signer. blind: it has no list at all. longest: in bytes.
    """
    return new.verified and new.size <= longest and (blind or known or vouched)
