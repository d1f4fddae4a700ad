# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phones that must be reset after each change. PRIVATE to the collection.

Pure. Phones fetch the CTL file, their trusted certificates and their configuration when they boot or are reset (CVD14, phone-facts
5.1 and 5.3). No fact that is read shows whether they did, so the duty follows from planned or finished operations, and from dates. What
was changed is in the record of the cluster, and waits there until the operator says that the phones were reset.
"""

from __future__ import annotations

import typing as t

from .._facts import model, records
from .._facts.model import Facts
from . import dialogue, duties, rules
from .checks import NOT_APPLICABLE, PASS, Intent, Judged, Verdict
from .words import ENABLED, MIXED, counted, dated

# Operations that are themselves a change, by module; restarts name the change that makes them due.
_CHANGES = {
    "security_mode": rules.CTL_FILE,
    "ctl_file": rules.CTL_FILE,
    "sip_oauth_mode": rules.SIP_OAUTH_MODE,
    "callmanager_ports": rules.SIP_OAUTH_MODE,
    "phone_security_profile": rules.PROFILE,
}
_OF_COMMANDS = {
    **dict.fromkeys((*dialogue.SET_CLUSTER.values(), dialogue.UPDATE_CTL), rules.CTL_FILE),
    **dict.fromkeys(dialogue.SIP_OAUTH.values(), rules.SIP_OAUTH_MODE),
}
_HOW = (
    "This collection does not reset phones: reset them in batches after the restarts. "
    "Do not renew certificates until they are back. Then say when: ucops.cucm.phone_reset with reset_at."
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


def changes(recorded: t.Iterable[Facts] | None) -> list[records.PhoneChange] | None:
    """Return the changes that phones apply when they are reset, from the record of a cluster; None without one."""
    if recorded is None:
        return None
    found: list[records.PhoneChange] = []
    for each in recorded:
        change = _OF_COMMANDS.get(each["command"]) if "command" in each else _CHANGES.get(each["kind"])
        # No phone has a profile that was not there before.
        if change is None or (change == rules.PROFILE and each["before"] is None):
            continue
        name = each["name"] if change == rules.PROFILE else ""
        found.append({"time": each["time"], "change": change, "name": name, "said": each.get("said", [])})
    return found


def waiting(facts: Facts) -> list[dict[str, t.Any]]:
    """Return the phones that were not reset since recorded changes, as C(due) does; empty also if nothing is recorded."""
    told = model.value(facts, model.PHONE_CHANGES) or []
    return due([{"module": "", **each} for each in told], facts)


def waiting_lines(facts: Facts) -> list[str]:
    """Return the result of C(waiting) as sentences for a person, with the date of the first change; empty if it is empty."""
    found = waiting(facts)
    told = model.value(facts, model.PHONE_CHANGES) or []
    return [f"{number_of(entry)} have not been reset since {_first(told, entry)}." for entry in found]


def _first(told: t.Iterable[records.PhoneChange], entry: Facts) -> str:
    """Return the first change that a group of phones waits to apply, with its date."""
    first = next(each for each in told if each["change"] in entry["changes"])
    return f"the change of {first['change']} on {dated(first['time'])}"


def lines(found: t.Iterable[Facts]) -> list[str]:
    """Return the result of C(due) as sentences for a person, with what to do; empty if it is empty."""
    told = [
        f"{number_of(entry)} must be reset to apply the change of {', '.join(entry['changes'])}."
        for entry in found
    ]
    return [*told, _HOW] if told else []


def by_the_cluster(facts: Facts) -> list[str]:
    """Return, as lines, that the cluster itself may reset phones when a certificate is renewed; empty if it has no such parameter."""
    stored = model.value(facts, model.PHONE_INTERACTION)
    if stored is None:
        return []
    return [
        f"Phone Interaction on Certificate Update is stored as {stored}: by default the cluster resets phones itself when a certificate "
        "of TVS, CAPF or CallManager is renewed. Check it in Enterprise Parameters before you renew one."
    ]


def since(facts: Facts) -> list[str]:
    """Return, as lines with dates, what phones have only if they were reset since. Whether they were reset is not read."""
    if _phones(facts) == 0:
        return []
    told = []
    file = duties.ctl_file(facts, model.publisher_name(facts))
    if model.value(facts, model.SECURITY_MODE) == MIXED and file is not None and file.modified is not None:
        told.append(f"the CTL file of {file.modified.local.isoformat(' ')} {file.modified.zone}".rstrip())
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
        told.append(f"with SIP OAuth, the Tomcat certificates valid since {max(shown).replace('T', ' ')} UTC")
    if not told:
        return []
    return [
        f"Phones have these only if they were reset since: {'; '.join(told)}. This collection does not read whether they were. "
        "Do not renew certificates until you know."
    ]


_EVERYBODY = ""


def _group(which: str, profile: str | None, facts: Facts) -> tuple[str, int | None]:
    """Return a group of phones in words, empty for all, and their number, None if it was not read."""
    named = {rules.ALL_PHONES: _EVERYBODY, rules.PHONES_ON_SIP_OAUTH: "with SIP OAuth"}
    return named.get(which, f"of profile {profile}"), _phones(facts, which, profile)


def _phones(facts: Facts, which: str = rules.ALL_PHONES, profile: str | None = None) -> int | None:
    """Return how many phones have a profile that a rule concerns, None when that was not read."""
    profiles = model.get(facts, model.PHONE_PROFILES)
    if isinstance(profiles, model.Unread):
        return None
    return sum(state["phones"] for name, state in profiles.items() if concerns(which, profile, name, state))


def concerns(which: str, profile: str | None, name: str, state: records.PhoneProfile) -> bool:
    """Return whether a rule for some phones concerns those of a profile.

    Args:
        which: The phones of the rule, a word of C(rules).
        profile: The profile that was changed, if it was one.
        name: The name of the profile that the phones have.
        state: That profile.
    """
    if which == rules.PHONES_ON_SIP_OAUTH:
        return state.get("sip_oauth") is True
    return which == rules.ALL_PHONES or name == profile


def number_of(entry: Facts) -> str:
    """Return how many phones a group has, in words."""
    if entry["phones"] is not None:
        return f"{counted(entry['phones'], 'phone')} {entry['which']}".rstrip()
    return f"All phones {entry['which']}".rstrip() + " (how many could not be read)"


def _judge(facts: Facts, intent: Intent) -> Verdict:
    if not intent.changes:
        return NOT_APPLICABLE, "no mode is changed", ""
    if model.value(facts, model.PHONE_CHANGES) is None:
        return NOT_APPLICABLE, "the state directory has no record of the cluster", ""
    found = waiting_lines(facts)
    if not found:
        return PASS, "no recorded change waits for a reset of phones", ""
    # A phone takes a later file of the same signer (phone-facts 4.4); it strands when certificates are renewed meanwhile.
    return PASS, f"warning: {' '.join(found)} Do not renew certificates before they are reset", ""


CHECK: Judged = ("phone_resets", "Phones reset since the last change", _judge)
