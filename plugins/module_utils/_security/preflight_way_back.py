# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks before a return to non-secure mode: who is served securely now, and by what. PRIVATE to the collection.

Pure. In non-secure mode phones get a configuration without their security mode, and nothing is encrypted (Security Guide 12.5(1)SU2, SRST
reference). Until it is reset, a phone goes on with its former configuration; one at an SRST gateway meanwhile does not come back by itself
(the same). A conference bridge does not register before its DSP farm is set to non-secure (Security Guide 14SU2, conference resources),
and CTIManager speaks TLS in mixed mode only (Security Guide 12.5(1)SU6, CTI).
"""

from __future__ import annotations

from .._facts import model, records
from .._facts.model import Facts
from . import unread
from .checks import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Intent, Judged, Verdict
from .words import ENABLED, NON_SECURE, counted

PHONES, SERVICES = "non_secure_phones", "non_secure_services"
_SECURE, _PLAIN = ("authenticated", "encrypted"), "non_secure"
_BRIDGE_SECURE, _BRIDGE_PLAIN = "Encrypted Conference Bridge", ("", "Non Secure Conference Bridge")


def _not_applicable(facts: Facts, intent: Intent) -> Verdict | None:
    if intent.security_mode != NON_SECURE:
        return NOT_APPLICABLE, "the cluster does not go back to non-secure mode", ""
    if model.value(facts, model.SECURITY_MODE) == NON_SECURE:
        return NOT_APPLICABLE, "the cluster is in non-secure mode already", ""
    return None


def _phones(facts: Facts, intent: Intent) -> Verdict:
    idle = _not_applicable(facts, intent)
    if idle is not None:
        return idle
    unread.require(facts, "phone_profiles")
    used = {name: state for name, state in facts["phone_profiles"].items() if state["phones"]}
    by_token = model.value(facts, model.SIP_OAUTH_MODE) == ENABLED
    lose = {name: words for name, state in used.items() for words in [_lose(state, by_token)] if words}
    odd = [
        f"{counted(state['phones'], 'phone')} with {name} (device security mode not known)"
        for name, state in used.items()
        if state["device_security_mode"] not in (*_SECURE, _PLAIN)
    ]
    if lose:
        total = sum(used[name]["phones"] for name in lose)
        told = ", ".join(f"{used[name]['phones']:,} with {name} ({words})" for name, words in lose.items())
        return (
            FAIL,
            f"{counted(total, 'phone')} lose encryption, and may lose service until they are reset: {'; '.join([told, *odd])}",
            "Give them non-secure profiles first and see them registered, or accept the check with "
            f"cucm_accept: [{PHONES}] and reset them right after the restarts. Phones at an SRST gateway do not come back by themselves.",
        )
    if odd:
        return (
            UNKNOWN,
            "; ".join(odd),
            f"Check the profiles, then accept the check with cucm_accept: [{PHONES}].",
        )
    return PASS, "no phone is served securely by mixed mode", ""


def _lose(state: records.PhoneProfile, by_token: bool) -> str:
    """Return in words what the phones of a profile lose in non-secure mode; empty for nothing."""
    secure = state["device_security_mode"] in _SECURE and not (state["sip_oauth"] and by_token)
    words = [str(state["device_security_mode"])] if secure else []
    return ", ".join([*words, *(["encrypted TFTP configuration"] if state["tftp_encrypted_config"] else [])])


def _services(facts: Facts, intent: Intent) -> Verdict:
    idle = _not_applicable(facts, intent)
    if idle is not None:
        return idle
    bridges = model.value(facts, model.CONFERENCE_BRIDGES)
    users = model.value(facts, model.SECURE_CTI_USERS)
    odd = {
        name: count for name, count in (bridges or {}).items() if name not in (_BRIDGE_SECURE, *_BRIDGE_PLAIN)
    }
    lose = []
    if bridges and bridges.get(_BRIDGE_SECURE):
        lose.append(
            f"{counted(bridges[_BRIDGE_SECURE], 'secure conference bridge')}, until the DSP farm is set to non-secure"
        )
    if users:
        lose.append(
            f"CTI applications of {counted(users, 'user')} with TLS (group Standard CTI Secure Connection)"
        )
    remedy = f"Agree with their owners on the change, then accept the check with cucm_accept: [{SERVICES}]."
    if lose:
        return FAIL, f"these would no longer connect: {'; '.join(lose)}", remedy
    if bridges is None or users is None:
        unread.blame(facts, model.CONFERENCE_BRIDGES.reason, model.SECURE_CTI_USERS.reason, "integrations")
        unread.require(facts, "integrations")
    if odd:
        told = ", ".join(f"{count} with {name}" for name, count in odd.items())
        return UNKNOWN, f"it is not known whether these conference bridges are secure: {told}", remedy
    return PASS, "no conference bridge and no CTI application needs mixed mode", ""


CHECKS: tuple[Judged, ...] = (
    (PHONES, "No phone loses service by non-secure mode", _phones),
    (SERVICES, "No bridge or CTI application loses service by non-secure mode", _services),
)
