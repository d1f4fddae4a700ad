# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site's compliance configuration: controls, waivers, and what it wants of each cluster. PRIVATE to the collection.

Pure. All that is wrong is told at once, each with its place in the configuration and what to do.
"""

from __future__ import annotations

import fnmatch
import re
import typing as t
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from .._base.errors import InputError
from .._security import rules
from .._security.words import DISABLED, ENABLED, MIXED, NON_SECURE, SIP_OAUTH_PORTS, UNCHANGED, counted
from .._x509 import chains
from .case import ANY, REQUIRED, Intent, utc
from .controls import BUILT_IN, KEYS, Control, Problem, build, check_options, check_severity, nearest
from .judges import JUDGES

_PARTS = ("controls", "waivers", "intent")
_CHANGES = ("id", "enabled", "severity", "with")
_WAIVER = ("control", "clusters", "reason", "owner", "expires")
_LONGEST_PATTERN = 200
_LONGEST_VALUE = 80
# The inventory's variable that the configuration is in.
_VARIABLE = "cucm_compliance"
_EXPIRES_SOON = timedelta(days=30)
_LONG = timedelta(days=2 * 365)


@dataclass(frozen=True)
class Waiver:
    """A failure of a control that somebody has accepted.

    Attributes:
        control: The control's id.
        clusters: Names of clusters, or patterns with C(*) and C(?).
        reason: Why.
        owner: Who accepted it.
        expires: Its last valid day, UTC.
    """

    control: str
    clusters: tuple[str, ...]
    reason: str
    owner: str
    expires: date

    def covers(self, control: str, cluster: str) -> bool:
        """Return whether it applies to a control of a cluster, expired or not."""
        return control == self.control and any(
            fnmatch.fnmatchcase(cluster, pattern) for pattern in self.clusters
        )

    def as_report(self) -> dict[str, str]:
        """Return its entry in a report."""
        return {"reason": self.reason, "owner": self.owner, "expires": self.expires.isoformat()}


@dataclass(frozen=True)
class Site:
    """A valid configuration.

    Attributes:
        controls: The controls that are switched on: those of the catalogue in its order, then the site's own.
        off: Ids of those that are switched off.
        waivers: The waivers, in the order of the configuration.
        intent: What is wanted of every cluster.
        of_clusters: Patterns of cluster names, each to what is wanted of them instead, in the order they apply.
    """

    controls: tuple[Control, ...] = tuple(BUILT_IN.values())
    off: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    intent: Intent = field(default_factory=Intent)
    of_clusters: tuple[tuple[str, t.Mapping[str, t.Any]], ...] = ()

    def wanted_of(self, cluster: str) -> Intent:
        """Return what is wanted of a cluster; of two patterns that fit the later one counts."""
        intent = self.intent
        for pattern, changes in self.of_clusters:
            if fnmatch.fnmatchcase(cluster, pattern):
                intent = replace(intent, **changes)
        return intent

    def waivers_of(self, control: str, cluster: str) -> list[Waiver]:
        """Return the waivers for a control of a cluster, the one that expires last first."""
        found = [waiver for waiver in self.waivers if waiver.covers(control, cluster)]
        return sorted(found, key=lambda waiver: waiver.expires, reverse=True)


def load(config: t.Any) -> Site:
    """Return the site that a configuration describes.

    Args:
        config: A mapping with C(controls), C(waivers) and C(intent), as YAML gives it; None or empty for the catalogue as
            it is.

    Raises:
        InputError: C(compliance_config_invalid); the message has every problem with its place.
    """
    found: list[str] = []

    def problem(place: str, what: str) -> None:
        found.append(f"{_VARIABLE}{place and '.'}{place}: {what}.")

    given = {} if config is None else config
    if not isinstance(given, dict):
        problem("", f"must be a mapping with {', '.join(_PARTS)}")
        given = {}
    for key in given:
        if key not in _PARTS:
            problem(str(key), f"is not known{nearest(str(key), _PARTS)}; there are {', '.join(_PARTS)}")
    controls, off, known = _controls(_list(given, "controls", "controls, each with its id", problem), problem)
    waivers = _waivers(
        _list(given, "waivers", f"waivers, each with {', '.join(_WAIVER)}", problem), known, problem
    )
    intent, of_clusters = _intent(given.get("intent"), problem)
    _require_none(found, "The compliance configuration has")
    return Site(controls, tuple(off), waivers, Intent(**intent), of_clusters)


def with_wanted(config: t.Any, wanted: t.Any) -> dict[str, t.Any]:
    """Return a configuration whose intent says what an inventory wants, wherever it says nothing itself.

    Args:
        config: As C(load) takes it.
        wanted: A mapping of WANTED, the values of an inventory's C(cucm_) variables of these names; None and empty text for
            what the inventory does not say.

    Raises:
        InputError: C(compliance_config_invalid); the message has every problem with the variable it is in.
    """
    found: list[str] = []

    def problem(place: str, what: str) -> None:
        found.append(f"{place}: {what}.")

    given = {} if wanted is None else wanted
    if not isinstance(given, dict):
        problem("wanted", f"must be a mapping with {', '.join(WANTED)}")
        given = {}
    said: dict[str, t.Any] = {}
    for name, value in given.items():
        if name not in WANTED:
            problem(str(name), f"is not known{nearest(str(name), WANTED)}; there are {', '.join(WANTED)}")
        elif value is not None and value != "":
            key = WANTED[name]
            said[key] = _truth(value) if key == "expressway_c_exactly" else value
            WORDS[key][1](said[key], f"cucm_{name}", problem)
    _require_none(found, "What the inventory wants has")
    if not isinstance(config, dict):
        # Nothing said, or something that is told to be wrong.
        load(config)
        return {"intent": said}
    base, own = dict(config), config.get("intent")
    if own is None or isinstance(own, dict):
        # A key without a value says nothing.
        base["intent"] = {**said, **{key: value for key, value in (own or {}).items() if value is not None}}
    return base


def notes(config: t.Any, clusters: t.Collection[str], now: datetime) -> list[str]:
    """Return notes for the reader of a report on the configuration it was made with.

    Args:
        config: As C(load) takes it.
        clusters: Names of all clusters of the inventory.
        now: The time to judge waivers by; without a zone it is UTC.

    Raises:
        InputError: As C(load).
    """
    site, today = load(config), utc(now).date()
    return [
        *(f"{name} is switched off by the site" for name in site.off),
        *(note for control in site.controls for note in _changes(control)),
        *(note for waiver in site.waivers for note in _of_waiver(waiver, site, clusters, today)),
        *(
            f"The intent of {pattern} (intent.clusters) fits no cluster"
            for pattern, _wanted_of in site.of_clusters
            if not _fits(pattern, clusters)
        ),
    ]


def _changes(control: Control) -> t.Iterator[str]:
    """Yield a site's changes to a control of the collection."""
    came = BUILT_IN.get(control.id, control)
    if control.severity != came.severity:
        yield f"{control.id} has the severity {control.severity} by the site, in place of {came.severity}"
    for name, value in control.with_.items():
        if value != came.with_[name]:
            yield f"{control.id} has {name} {_short(value)} by the site, in place of {_short(came.with_[name])}"


def _short(value: t.Any) -> str:
    told = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return (told if len(told) <= _LONGEST_VALUE else f"{told[:_LONGEST_VALUE]}...") or "none"


def _of_waiver(waiver: Waiver, site: Site, clusters: t.Collection[str], today: date) -> t.Iterator[str]:
    """Yield why a waiver has no effect, or deserves another look."""
    of = f"The waiver of {waiver.owner} for {waiver.control} at {_short(waiver.clusters)}"
    if waiver.control in site.off:
        yield f"{of} is about a control that is switched off"
    if not any(_fits(pattern, clusters) for pattern in waiver.clusters):
        yield f"{of} fits no cluster"
    if waiver.expires < today:
        yield f"{of} expired on {waiver.expires.isoformat()}"
    elif waiver.expires - today <= _EXPIRES_SOON:
        yield f"{of} expires on {waiver.expires.isoformat()}"
    elif waiver.expires - today > _LONG:
        yield f"{of} holds for more than two years, until {waiver.expires.isoformat()}"


def _fits(pattern: str, clusters: t.Collection[str]) -> bool:
    return any(fnmatch.fnmatchcase(cluster, pattern) for cluster in clusters)


def _truth(value: t.Any) -> t.Any:
    """Return a boolean of an inventory, which may be written as text."""
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    return words.get(value.strip().lower(), value) if isinstance(value, str) else value


def _require_none(problems: t.Sequence[str], what: str) -> None:
    if problems:
        numbered = [f"({number}) {each}" for number, each in enumerate(problems, 1)]
        raise InputError(
            f"{what} {counted(len(problems), 'problem')}: {' '.join(numbered if len(problems) > 1 else problems)}",
            code="compliance_config_invalid",
            details={"problems": list(problems)},
            remedy="Correct the places named; docs/compliance.md shows what goes where.",
        )


def _list(given: t.Mapping[str, t.Any], key: str, of: str, problem: Problem) -> list[t.Any]:
    value = given.get(key)
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        problem(key, f"must be a list of {of}")
        return []
    return list(value)


def _mapping(value: t.Any, place: str, keys: t.Sequence[str], problem: Problem) -> dict[str, t.Any]:
    """Return a mapping's known keys; report unknown keys, and a value that is not a mapping."""
    if not isinstance(value, dict):
        problem(place, f"must be a mapping with {', '.join(keys)}")
        return {}
    for key in value:
        if key not in keys:
            problem(f"{place}.{key}", f"is not known{nearest(str(key), keys)}; there are {', '.join(keys)}")
    return {key: value[key] for key in keys if key in value}


# -- controls --------------------------------------------------------------------------------------------


def _controls(
    entries: t.Sequence[t.Any], problem: Problem
) -> tuple[tuple[Control, ...], list[str], set[str]]:
    """Return the controls that are switched on, the ids of those switched off, and all ids that were named."""
    controls: dict[str, Control] = dict(BUILT_IN)
    off: list[str] = []
    places: dict[str, str] = {}
    for number, entry in enumerate(entries):
        place = f"controls[{number}]"
        if not isinstance(entry, dict):
            problem(place, "must be a mapping with the id of the control to change or to add")
            continue
        name = entry.get("id")
        if not isinstance(name, str):
            problem(f"{place}.id", "is missing: give the id of the control to change or to add")
            continue
        if name in places:
            problem(f"{place}.id", f"{name} is in {places[name]} already; make one entry of them")
            continue
        places[name] = place
        if name in BUILT_IN:
            controls[name] = _changed(BUILT_IN[name], entry, place, problem)
        elif not {"judge", "title"} & set(entry):
            problem(
                f"{place}.id",
                f"there is no control {name!r}{nearest(name, BUILT_IN)}; to add one give title, severity and judge too",
            )
            continue
        else:
            own = build({key: value for key, value in entry.items() if key != "enabled"}, place, problem)
            if own is not None:
                controls[name] = own
        enabled = entry.get("enabled", True)
        if not isinstance(enabled, bool):
            problem(f"{place}.enabled", f"must be true or false, not {str(enabled)[:80]!r}")
        elif not enabled:
            off.append(name)
    on = tuple(control for name, control in controls.items() if name not in off)
    return on, off, {*controls, *places}


def _changed(control: Control, entry: t.Mapping[str, t.Any], place: str, problem: Problem) -> Control:
    can = f"of {control.id}, which comes with the collection, {', '.join(_CHANGES[1:])} can be changed"
    for key in entry:
        if key in KEYS and key not in _CHANGES:
            problem(f"{place}.{key}", f"cannot be changed; {can}. Switch it off and add one with another id")
        elif key not in _CHANGES:
            problem(f"{place}.{key}", f"is not known{nearest(str(key), _CHANGES)}; {can}")
    severity, given = entry.get("severity", control.severity), entry.get("with", {})
    check_severity(severity, f"{place}.severity", problem)
    judge = JUDGES[control.judge]
    merged = {**control.with_, **given} if isinstance(given, dict) else given
    found: list[str] = []

    def wrong(where: str, what: str) -> None:
        found.append(where)
        problem(where, what)

    options = check_options(judge, merged, f"{place}.with", wrong)
    return control if found else control.with_options(severity, options)


# -- waivers ---------------------------------------------------------------------------------------------


def _waivers(entries: t.Sequence[t.Any], known: t.Collection[str], problem: Problem) -> tuple[Waiver, ...]:
    waivers = []
    for number, entry in enumerate(entries):
        place = f"waivers[{number}]"
        if not isinstance(entry, dict):
            problem(place, f"must be a mapping with {', '.join(_WAIVER)}")
            continue
        told = _mapping(entry, place, _WAIVER, problem)
        texts = {
            key: _text(told.get(key), f"{place}.{key}", need, problem)
            for key, need in (
                ("control", "name the control it is for"),
                ("reason", "say why the control may fail"),
                ("owner", "say who answers for it"),
            )
        }
        if texts["control"] and texts["control"] not in known:
            problem(
                f"{place}.control",
                f"there is no control {texts['control']!r}{nearest(texts['control'], known)}",
            )
        clusters = _patterns(told.get("clusters"), f"{place}.clusters", problem)
        expires = _day(told.get("expires"), f"{place}.expires", problem)
        if all(texts.values()) and clusters and expires:
            waivers.append(Waiver(clusters=clusters, expires=expires, **texts))
    return tuple(waivers)


def _text(value: t.Any, place: str, need: str, problem: Problem) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        problem(place, f"is missing: {need}")
        return ""
    if not isinstance(value, str):
        problem(place, f"must be a text, not {str(value)[:80]!r}: {need}")
        return ""
    return value.strip()


def _patterns(value: t.Any, place: str, problem: Problem) -> tuple[str, ...]:
    patterns = [value] if isinstance(value, str) else value
    if not isinstance(patterns, (list, tuple)) or not patterns:
        problem(place, "is missing: give a list of cluster names; '*' is every cluster")
        return ()
    for pattern in patterns:
        if not isinstance(pattern, str) or not pattern or len(pattern) > _LONGEST_PATTERN:
            problem(place, f"must be names of clusters, not {str(pattern)[:80]!r}")
            return ()
    return tuple(patterns)


def _day(value: t.Any, place: str, problem: Problem) -> date | None:
    if value is None:
        problem(place, "is missing: give the last day it holds, as 2027-01-31")
        return None
    try:
        # With a time it is what YAML makes a time of, or that as JSON.
        if isinstance(value, str) and re.match(r"\s*\d{4}-\d{2}-\d{2}", value, re.ASCII):
            value = datetime.fromisoformat(value.strip())
    except ValueError:
        pass
    if isinstance(value, datetime):
        return utc(value).date()
    if isinstance(value, date):
        return value
    problem(place, f"{str(value)[:80]!r} is not a date; write it as 2027-01-31")
    return None


# -- intent ----------------------------------------------------------------------------------------------


def _intent(
    given: t.Any, problem: Problem
) -> tuple[dict[str, t.Any], tuple[tuple[str, t.Mapping[str, t.Any]], ...]]:
    """Return what is wanted of every cluster, and what is wanted by pattern of names."""
    if given is None:
        return {}, ()
    told = _mapping(given, "intent", (*WORDS, "clusters"), problem)
    clusters = told.pop("clusters", None)
    if clusters is None:
        clusters = {}
    if not isinstance(clusters, dict):
        problem("intent.clusters", "must be a mapping of cluster names to what is wanted of them")
        clusters = {}
    of_clusters = tuple(
        (str(pattern), _wanted(_mapping(wanted, place, tuple(WORDS), problem), place, problem))
        for pattern, wanted in clusters.items()
        for place in [f"intent.clusters.{pattern}"]
    )
    return _wanted(told, "intent", problem), of_clusters


def _wanted(told: t.Mapping[str, t.Any], place: str, problem: Problem) -> dict[str, t.Any]:
    """Return the fields of an Intent; a key without a value is left out."""
    return {
        WORDS[key][0]: WORDS[key][1](value, f"{place}.{key}", problem)
        for key, value in told.items()
        if value is not None
    }


def _word(*words: str) -> t.Callable[[t.Any, str, Problem], str | None]:
    def read(value: t.Any, place: str, problem: Problem) -> str | None:
        if value not in words:
            problem(place, f"must be {', '.join(words[:-1])} or {words[-1]}, not {str(value)[:80]!r}")
        return value if value in words else None

    return read


def _clients(value: t.Any, place: str, problem: Problem) -> bool | None:
    if not isinstance(value, (list, tuple)) or not set(map(str, value)) <= {"jabber", "phones"}:
        problem(place, "must be a list of jabber and phones")
        return None
    return "phones" in value if value else None


def _parameters(value: t.Any, place: str, problem: Problem) -> dict[str, str]:
    if not isinstance(value, dict):
        problem(place, "must be a mapping of parameters to the values the cluster stores")
        return {}
    for name, wanted in value.items():
        if not isinstance(wanted, str):
            problem(f"{place}.{name}", f"must be a text: put the stored value {wanted!r} in quotes")
    return {str(name): wanted.strip() for name, wanted in value.items() if isinstance(wanted, str)}


def _ports(value: t.Any, place: str, problem: Problem) -> dict[str, int]:
    told = _mapping(value, place, SIP_OAUTH_PORTS, problem)
    found = {}
    for name, port in told.items():
        if re.fullmatch(r"[1-9]\d{0,4}", str(port), re.ASCII) and int(port) <= 65535:
            found[name] = int(port)
        else:
            problem(f"{place}.{name}", f"must be a port from 1 to 65535, not {str(port)[:80]!r}")
    return found


def _expressway_c(value: t.Any, place: str, problem: Problem) -> list[dict[str, t.Any]]:
    if not isinstance(value, (list, tuple)):
        problem(place, "must be a list of entries with host, description and subject_names")
        return []
    entries = []
    for number, entry in enumerate(value):
        where = f"{place}[{number}]"
        told = _mapping(entry, where, ("host", "description", "subject_names"), problem)
        names = told.get("subject_names")
        if names is not None and (
            not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names)
        ):
            problem(f"{where}.subject_names", "must be a list of names")
        if not isinstance(told.get("description") or "", str):
            problem(f"{where}.description", "must be a text")
        if isinstance(entry, dict) and _text(
            told.get("host"), f"{where}.host", "name the Expressway-C", problem
        ):
            entries.append(told)
    return entries


def _boolean(value: t.Any, place: str, problem: Problem) -> bool:
    if not isinstance(value, bool):
        problem(place, f"must be true or false, not {str(value)[:80]!r}")
    return bool(value)


def _roots(value: t.Any, place: str, problem: Problem) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        problem(place, "must be a list of fingerprints (SHA-256) or of certificates in PEM form")
        return ()
    found: list[str] = []
    for number, item in enumerate(value):
        digits = re.sub(r"[:\s]", "", item).lower() if isinstance(item, str) else ""
        if re.fullmatch(r"[0-9a-f]{64}", digits):
            found.append(digits)
            continue
        try:
            found += [certificate.sha256 for certificate in chains.read(str(item))]
        except chains.Unreadable as error:
            problem(
                f"{place}[{number}]",
                f"is neither a SHA-256 fingerprint (64 hexadecimal digits) nor a certificate in PEM form ({error})",
            )
    return tuple(found)


def _provider_nodes(value: t.Any, place: str, problem: Problem) -> str | tuple[str, ...]:
    if value in ("publisher", "all"):
        return str(value)
    if not isinstance(value, (list, tuple)) or not all(isinstance(node, str) and node for node in value):
        problem(place, "must be publisher, all, or a list of node names")
        return "publisher"
    return tuple(value)


# Key of a configuration to the field of Intent and what reads its value.
WORDS: dict[str, tuple[str, t.Callable[[t.Any, str, Problem], t.Any]]] = {
    "security_mode": ("security_mode", _word(MIXED, NON_SECURE, UNCHANGED)),
    "sip_oauth_mode": ("sip_oauth_mode", _word(ENABLED, DISABLED, UNCHANGED)),
    "sip_oauth_clients": ("phones", _clients),
    "parameters": ("parameters", _parameters),
    "sip_oauth_ports": ("sip_oauth_ports", _ports),
    "expressway_c": ("expressway_c", _expressway_c),
    "expressway_c_exactly": ("expressway_c_exactly", _boolean),
    "edge_roots": ("edge_roots", _roots),
    "ctl_provider_nodes": ("ctl_provider_nodes", _provider_nodes),
    "auto_registration": ("auto_registration", _word(ENABLED, DISABLED, ANY)),
    "fips_mode": ("fips_mode", _word(ENABLED, ANY)),
    "ctl_restarts": ("ctl_restarts", _word(rules.ALL, rules.NAMED)),
    "directory_logins": ("directory_logins", _word(REQUIRED, ANY)),
}

# Name of an inventory's variable, without cucm_, to the key of an intent.
WANTED: t.Mapping[str, str] = {
    "security_mode": "security_mode",
    "sip_oauth_mode": "sip_oauth_mode",
    "sip_oauth_clients": "sip_oauth_clients",
    "sip_oauth_parameters": "parameters",
    "sip_oauth_ports": "sip_oauth_ports",
    "sip_oauth_edge_roots": "edge_roots",
    "expressway_c": "expressway_c",
    "expressway_c_exactly": "expressway_c_exactly",
    "ctl_provider_nodes": "ctl_provider_nodes",
    "auto_registration": "auto_registration",
    "ctl_restarts": "ctl_restarts",
}
