# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which phones must be reset after which change. PRIVATE to the collection.

Pure. Phones fetch the CTL file, the trust in what they meet, and their configuration when they boot or are reset (CVD14, phone-facts
5.1 and 5.3). Whether they did is in no fact that is read, so the duty follows from what is to be done or was done, and from dates.
"""

from __future__ import annotations

import typing as t

from .._facts import model, records
from . import duties, rules
from .words import ENABLED, MIXED, Facts, counted

# Operations that are a change by themselves, by module; restarts name the change that they are due for.
_CHANGES = {
    "security_mode": rules.CTL_FILE,
    "ctl_file": rules.CTL_FILE,
    "sip_oauth_mode": rules.SIP_OAUTH_MODE,
    "callmanager_ports": rules.SIP_OAUTH_MODE,
    "phone_security_profile": rules.PROFILE,
}
_HOW = (
    "This collection does not reset phones: reset them in batches when the restarts are done. "
    "Until they are back, renew no certificate."
)


def due(operations: t.Iterable[Facts], facts: Facts) -> list[dict[str, t.Any]]:
    """Return which phones the operations of a plan leave to be reset, the widest first; empty when none.

    Returns:
        Each: C(phones), how many, None when that could not be read; C(which) in words; C(changes) that they take in only then.
    """
    found: dict[str, dict[str, t.Any]] = {}
    for operation in operations:
        change = operation.get("change") or _CHANGES.get(operation["module"])
        for which in rules.applying(change, facts).phones if change else ():
            group, number = _group(which, operation.get("name"), facts)
            entry = found.setdefault(group, {"phones": number, "which": group, "changes": []})
            entry["changes"] += [change] if change not in entry["changes"] else []
    entries = [entry for entry in found.values() if entry["phones"] != 0]
    everybody = [entry for entry in entries if entry["which"] == _EVERYBODY]
    if not everybody:
        return entries
    changes = dict.fromkeys(change for entry in (*everybody, *entries) for change in entry["changes"])
    return [{**everybody[0], "changes": list(changes)}]


def lines(found: t.Iterable[Facts]) -> list[str]:
    """Return what C(due) found as sentences for a person, and what to do; empty when it found nothing."""
    told = [
        f"{_number(entry)} must be reset: they take in {', '.join(entry['changes'])} only then."
        for entry in found
    ]
    return [*told, _HOW] if told else []


def since(facts: Facts) -> list[str]:
    """Return what phones have only if they were reset since, as lines: each thing with its date. Whether they were is not read."""
    if _phones(facts) == 0:
        return []
    dated = []
    file = duties.ctl_file(facts, duties.publisher_name(facts))
    if model.value(facts, model.SECURITY_MODE) == MIXED and file is not None and file.modified is not None:
        dated.append(f"the CTL file of {file.modified.local.isoformat(' ')} {file.modified.zone}".rstrip())
    shown = [
        certificate["not_before"]
        for units in (model.value(facts, model.TOMCAT) or {}).values()
        for certificate in units.values()
        if certificate and certificate.get("not_before")
    ]
    if (
        model.value(facts, model.SIP_OAUTH_MODE) == ENABLED
        and shown
        and rules.applying(rules.TOMCAT, facts).phones
    ):
        dated.append(
            f"with SIP OAuth, the Tomcat certificates valid since {max(shown).replace('T', ' ')} UTC"
        )
    if not dated:
        return []
    return [
        f"What phones have only if they were reset since: {'; '.join(dated)}. Whether they were is not read: until you know, "
        "renew no certificate."
    ]


_EVERYBODY = ""


def _group(which: str, profile: str | None, facts: Facts) -> tuple[str, int | None]:
    """Return the phones that are meant in words, empty for all, and how many they are, None when that was not read."""
    if which == rules.ALL_PHONES:
        return _EVERYBODY, _phones(facts)
    if which == rules.PHONES_ON_SIP_OAUTH:
        return "with SIP OAuth", _phones(facts, lambda _name, state: state.get("sip_oauth") is True)
    return f"of profile {profile}", _phones(facts, lambda name, _state: name == profile)


def _phones(facts: Facts, of: t.Callable[[str, records.PhoneProfile], bool] | None = None) -> int | None:
    """Return how many phones have a profile that fits, None when that was not read."""
    profiles = model.get(facts, model.PHONE_PROFILES)
    if isinstance(profiles, model.Unread):
        return None
    return sum(state["phones"] for name, state in profiles.items() if of is None or of(name, state))


def _number(entry: Facts) -> str:
    if entry["phones"] is not None:
        return f"{counted(entry['phones'], 'phone')} {entry['which']}".rstrip()
    return f"All phones {entry['which']}".rstrip() + " (how many could not be read)"
