# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phones that must be reset after each change. PRIVATE to the collection.

Pure. Phones fetch the CTL file, their trusted certificates and their configuration when they boot or are reset (CVD14, phone-facts
5.1 and 5.3). No fact that is read shows whether they did, so the duty follows from planned or finished operations, and from dates.
"""

from __future__ import annotations

import typing as t

from .._facts import model, records
from .._facts.model import Facts
from . import duties, rules
from .words import ENABLED, MIXED, counted

# Operations that are themselves a change, by module; restarts name the change that makes them due.
_CHANGES = {
    "security_mode": rules.CTL_FILE,
    "ctl_file": rules.CTL_FILE,
    "sip_oauth_mode": rules.SIP_OAUTH_MODE,
    "callmanager_ports": rules.SIP_OAUTH_MODE,
    "phone_security_profile": rules.PROFILE,
}
_HOW = (
    "This collection does not reset phones: reset them in batches after the restarts. "
    "Do not renew certificates until they are back."
)


def due(operations: t.Iterable[Facts], facts: Facts) -> list[dict[str, t.Any]]:
    """Return the phones to reset after the operations of a plan, the widest group first; empty if there are none.

    Returns:
        For each group: the number of C(phones), None if it could not be read; C(which) in words; the C(changes) they apply only then.
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
    """Return the result of C(due) as sentences for a person, with what to do; empty if it is empty."""
    told = [
        f"{_number(entry)} must be reset to apply the change of {', '.join(entry['changes'])}."
        for entry in found
    ]
    return [*told, _HOW] if told else []


def since(facts: Facts) -> list[str]:
    """Return, as lines with dates, what phones have only if they were reset since. Whether they were reset is not read."""
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
        f"Phones have these only if they were reset since: {'; '.join(dated)}. This collection does not read whether they were. "
        "Do not renew certificates until you know."
    ]


_EVERYBODY = ""


def _group(which: str, profile: str | None, facts: Facts) -> tuple[str, int | None]:
    """Return a group of phones in words, empty for all, and their number, None if it was not read."""
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
