# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which phone types can use SIP OAuth, and which come with a certificate. PRIVATE to the collection. Pure.

SIP OAuth: the list is from the feature guide (wire-facts 8, last point [D]); the first release of each type: cli-facts 3.3
and 3.4 [P]. Certificates: phone-facts 6.
"""

from __future__ import annotations

import re

from .._base.release import Release, parse

# The types of Jabber (TCT, BOT, CSF, TAB) as the product names their models, and the template.
_JABBER = (
    "Cisco Dual Mode for iPhone",
    "Cisco Dual Mode for Android",
    "Cisco Unified Client Services Framework",
    "Cisco Jabber for Tablet",
    "Universal Device Template",
)
_PHONES = (
    *("7811", "7821", "7832", "7841", "7861"),
    *("8811", "8832", "8832NR", "8841", "8845", "8851", "8851NR", "8861", "8865", "8865NR"),
)
# No schema at hand has the database's names for these [?], so every likely name is accepted.
_LATER_PHONES = ("8875", "8875NR", "9811", "9841", "9851", "9861", "9861NR", "9871", "9871NR")
_LATER_PREFIXES = ("Cisco", "Cisco Desk Phone", "Cisco Video Phone")
# Desk phones that have one by the design guide [V, CVD14]. Of the older series 6900, 7900, 8900 and 9900 it is not known of every model.
_WITH_MIC = re.compile(r"Cisco (?:Desk Phone |Video Phone )?(?:78|88|98)\d\d\w*")
# The guide wants a certificate (LSC) of every video endpoint on premises, although they have one of their manufacturer too [V, CVD14].
# Third-party phones have no TLS [V, AL15].
_NEED_LSC = re.compile(
    r"Cisco (?:TelePresence\b|Webex (?:Room|Desk|Board|DX)|Room\b|Board\b|Spark\b|DX\d|IP Communicator).*|Third-party SIP Device.*"
)
_SIP_OAUTH_SINCE, _ON_PHONES_SINCE = Release(12, 5), Release(14)


def has_sip_oauth(release: str) -> bool:
    """Return whether a release (for example C(12.5.1.11900-146)) has SIP OAuth: from 12.5 on (wire-facts 2.10 [X])."""
    return parse(release) >= _SIP_OAUTH_SINCE


def is_jabber(phone_type: str) -> bool:
    """Return whether a type is a client or the template, and no phone."""
    return phone_type in _JABBER


def sip_oauth_types(release: str) -> frozenset[str]:
    """Return the phone types whose security profiles may enable SIP OAuth in a release.

    Jabber from 12.5 on, phones from 14 on. The latest phones came with later builds of 14 and with 15; a cluster without
    them refuses them itself.
    """
    number = parse(release)
    if number < _SIP_OAUTH_SINCE:
        return frozenset()
    if number < _ON_PHONES_SINCE:
        return frozenset(_JABBER)
    phones = [f"Cisco {name}" for name in _PHONES]
    later = [f"{prefix} {name}" for prefix in _LATER_PREFIXES for name in _LATER_PHONES]
    return frozenset((*_JABBER, *phones, *later))


def is_client(model: str) -> bool:
    """Return whether a model is software (Jabber, Webex app): with SIP OAuth its configuration file is not encrypted [V, CVD14]."""
    return model in _JABBER


def has_manufacturers_certificate(model: str) -> bool | None:
    """Return whether a phone proves its identity by its manufacturer's certificate (MIC) while it has no LSC; None if that is not known.

    A phone with an LSC uses it, any other its MIC: the authentication mode of the profile is for CAPF alone [V, TN200860].
    """
    if _WITH_MIC.fullmatch(model):
        return True
    return False if is_client(model) or _NEED_LSC.fullmatch(model) else None
