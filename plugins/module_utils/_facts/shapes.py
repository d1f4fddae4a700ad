# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The form that facts of a cluster have. PRIVATE to the collection. Pure.

Facts may have been saved, edited and handed on before they are judged. What has not the form C(cluster_info) gives it is taken
out and told like what could not be read, so no judge meets it: none can break down on it, and none can take it for good.
"""

from __future__ import annotations

import typing as t
from dataclasses import MISSING, fields
from datetime import datetime

from .._base.numbers import is_number
from .._security import duties
from .._security.ctl import CtlFile, CtlRecord
from .._security.words import Facts

UNAVAILABLE = "unavailable"
_NO_FORM = "not_understood"


class Misshapen(Exception):
    """A value has not its form; the message is the end of a sentence that begins with its place."""


# Returns the value as judges may use it, or raises Misshapen.
Shape = t.Callable[[t.Any], t.Any]


def text(value: t.Any) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise Misshapen(" is no text")
    return value


def boolean(value: t.Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise Misshapen(" is neither true nor false")
    return value


def count(value: t.Any) -> int:
    """Return a whole number from 0."""
    if not isinstance(value, int) or not is_number(value) or value < 0:
        raise Misshapen(" is no number from 0")
    return value


def whole(value: t.Any) -> int:
    """Return a whole number."""
    if not isinstance(value, int) or not is_number(value):
        raise Misshapen(" is no whole number")
    return value


def number(value: t.Any) -> float:
    """Return a number."""
    if not is_number(value):
        raise Misshapen(" is no number")
    return t.cast(float, value)


def moment(value: t.Any) -> str:
    """Return a time as text; readings write them without a zone."""
    try:
        if datetime.fromisoformat(text(value)).tzinfo is None:
            return str(value)
    except ValueError:
        pass
    raise Misshapen(" is no time without a zone")


def anything(value: t.Any) -> t.Any:
    """Return what is there."""
    return value


def maybe(shape: Shape) -> Shape:
    """Return the shape of what may not have been told."""
    return lambda value: None if value is None else shape(value)


def list_of(shape: Shape) -> Shape:
    """Return the shape of a list."""

    def shaped(value: t.Any) -> list[t.Any]:
        if not isinstance(value, (list, tuple)):
            raise Misshapen(" is no list")
        return [_at(f"[{number}]", shape, item) for number, item in enumerate(value)]

    return shaped


def mapping_of(shape: Shape) -> Shape:
    """Return the shape of a mapping of names to what is alike."""

    def shaped(value: t.Any) -> dict[str, t.Any]:
        return {name: _at(f".{name}", shape, item) for name, item in _names(value).items()}

    return shaped


def record(needed: t.Mapping[str, Shape], optional: t.Mapping[str, Shape] | None = None) -> Shape:
    """Return the shape of a mapping that has certain keys; others stay as they are."""

    def shaped(value: t.Any) -> dict[str, t.Any]:
        given = _names(value)
        found = dict(given)
        for key, shape in needed.items():
            if key not in given:
                raise Misshapen(f" has no {key}")
            found[key] = _at(f".{key}", shape, given[key])
        for key, shape in (optional or {}).items():
            if key in given:
                found[key] = _at(f".{key}", shape, given[key])
        return found

    return shaped


def _names(value: t.Any) -> dict[str, t.Any]:
    if not isinstance(value, dict):
        raise Misshapen(" is no mapping")
    if not all(isinstance(name, str) for name in value):
        raise Misshapen(" has a key that is no text")
    return dict(value)


def _at(place: str, shape: Shape, value: t.Any) -> t.Any:
    try:
        return shape(value)
    except Misshapen as error:
        raise Misshapen(f"{place}{error}") from None


def _name(value: t.Any) -> str:
    if not text(value):
        raise Misshapen(" is empty")
    return str(value)


def _ctl_file(value: t.Any) -> dict[str, t.Any]:
    shaped = record(
        {
            "present": boolean,
            "verified": boolean,
            "length": count,
            "md5": text,
            "sha1": text,
            "modified_at": maybe(moment),
            "signer": text,
            "signer_serial": text,
            "records": list_of(record(_CTL_RECORD, _CTL_RECORD_SINCE)),
        },
        {"modified_zone": text},
    )(value)
    # It is made into a file again, which takes nothing else.
    kept = {each.name: shaped[each.name] for each in fields(CtlFile) if each.name in shaped}
    known = {**_CTL_RECORD, **_CTL_RECORD_SINCE}
    kept["records"] = [{key: item[key] for key in known if key in item} for item in shaped["records"]]
    return {**kept, "implied_mode": shaped.get("implied_mode")}


_CTL_RECORD: dict[str, Shape] = {
    each.name: boolean if each.type in (bool, "bool") else text
    for each in fields(CtlRecord)
    if each.default is MISSING
}
# Facts that were saved by an earlier version have no such keys.
_CTL_RECORD_SINCE: dict[str, Shape] = {
    each.name: text for each in fields(CtlRecord) if each.default is not MISSING
}
_SERVICE = record(
    {
        "present": boolean,
        "activated": boolean,
        "status": text,
        "reason_code": whole,
        "started_at": maybe(moment),
    },
    {"in_database": maybe(boolean), "started_at_utc": maybe(moment), "started_zone": text},
)
_CERTIFICATE = record(
    {"not_after": moment, "key_type": text, "key_bits": count},
    {"not_before": moment, "serial": text, "names": list_of(text)},
)
_TOMCAT = record({"not_before": moment, "not_after": moment, "key_type": text, "key_bits": count})
_HEALTH = record(
    {
        "ntp_synchronised": maybe(boolean),
        "disk_free_percent": mapping_of(number),
        "local_time": maybe(moment),
    },
    {"ntp_said": text, "time_zone": text},
)
_PHONE_PROFILE = record(
    {
        "device_security_mode": maybe(text),
        "authentication_mode": maybe(text),
        "transport": maybe(text),
        "key_size": anything,
        "key_order": maybe(text),
        "tftp_encrypted_config": maybe(boolean),
        "sip_oauth": maybe(boolean),
        "digest_authentication": maybe(boolean),
        "phones": count,
        "certificates_installed": count,
        "certificates_failed": count,
        "certificates_pending": count,
    }
)

# Facts of the cluster, each read as a whole.
WHOLE: t.Mapping[str, Shape] = {
    "nodes": list_of(record({"name": _name, "role": text, "type": text, "address": text})),
    "release": text,
    "security_mode": text,
    "sip_oauth_mode": text,
    "rollback_to_pre_8": maybe(boolean),
    "licence": record(
        {
            "registration": text,
            "registered": maybe(boolean),
            "authorization": text,
            "export_control": text,
            "export_allowed": maybe(boolean),
        }
    ),
    "auto_registration": mapping_of(maybe(boolean)),
    "replication": record(
        {
            "servers": mapping_of(record({"state": text, "flags": text})),
            "sync_status": text,
            "single_node": boolean,
            "good": maybe(boolean),
        }
    ),
    "network": mapping_of(maybe(boolean)),
    "certificates": mapping_of(maybe(_CERTIFICATE)),
    "parameters": mapping_of(text),
    "callmanagers": mapping_of(
        record({"ports": record({"sip_oauth": maybe(count), "sip_oauth_mra": maybe(count)})})
    ),
    "expressway_c": mapping_of(record({"description": text, "subject_names": list_of(text)})),
    "security_profiles": mapping_of(record({})),
    "security_profile_usage": mapping_of(record({"phones": count})),
    "phone_profiles": mapping_of(_PHONE_PROFILE),
    "sip_trunk_profiles": mapping_of(
        record(
            {
                "security_mode": maybe(text),
                "incoming_transport": maybe(text),
                "outgoing_transport": maybe(text),
                "trunks": count,
            }
        )
    ),
    "trust_stores": record(
        {
            "phone_edge": maybe(list_of(record({"sha256": text}))),
            "tomcat": mapping_of(mapping_of(maybe(record({"root": maybe(text)})))),
        }
    ),
    "axl_roles": list_of(text),
    "unsettled": list_of(record({})),
}
# Facts that each node tells.
PER_NODE: t.Mapping[str, Shape] = {
    "services": mapping_of(_SERVICE),
    "ctl_files": _ctl_file,
    "listening": list_of(count),
    "tomcat": mapping_of(maybe(_TOMCAT)),
    "tls_minimum": text,
    "account_locking": record({"enabled": boolean, "attempts": maybe(count), "unlock_seconds": maybe(count)}),
    "session_limit": count,
}


def clean(facts: t.Any) -> dict[str, t.Any]:
    """Return the facts of a cluster that have their form; why others are left out is under C(unavailable).

    What follows from facts, C(contradictions) and C(duties), is derived from those that are left.
    """
    given = _names_or_none(facts)
    reasons = {
        name: why if isinstance(why, str) else f"{_NO_FORM}: the reason is no text"
        for name, why in _names_or_none(given.get(UNAVAILABLE)).items()
    }
    found = {name: value for name, value in given.items() if value is not None}
    for name, shape in WHOLE.items():
        _keep(found, found, name, name, shape, reasons)
    for name, shape in PER_NODE.items():
        _keep_nodes(found, name, name, shape, reasons)
    if "health" in found:
        _keep_health(found, reasons)
    found[UNAVAILABLE] = reasons
    if "nodes" in found:
        found.update(duties.derived(found))
    else:
        found.pop("contradictions", None)
        found.pop("duties", None)
    return found


def _names_or_none(value: t.Any) -> dict[str, t.Any]:
    return (
        {name: item for name, item in value.items() if isinstance(name, str)}
        if isinstance(value, dict)
        else {}
    )


def _keep(
    given: Facts, kept: dict[str, t.Any], key: str, name: str, shape: Shape, reasons: dict[str, str]
) -> None:
    """Keep the value of a key when it has its form; else take it out and tell why under C(name)."""
    if given.get(key) is None:
        return
    try:
        kept[key] = _at(key, shape, given[key])
    except Misshapen as error:
        kept.pop(key, None)
        reasons[name] = f"{_NO_FORM}: {error}"


def _keep_nodes(found: dict[str, t.Any], key: str, name: str, shape: Shape, reasons: dict[str, str]) -> None:
    """Keep of a fact that each node tells what has its form."""
    if key not in found:
        return
    told = found.pop(key)
    kept: dict[str, t.Any] = {}
    if not isinstance(told, dict):
        reasons[name] = f"{_NO_FORM}: {key} is no mapping"
        return
    for node in told:
        if isinstance(node, str):
            _keep(told, kept, node, f"{name}.{node}", shape, reasons)
    found[key] = kept


def _keep_health(found: dict[str, t.Any], reasons: dict[str, str]) -> None:
    told = found.pop("health")
    if not isinstance(told, dict):
        reasons["health"] = f"{_NO_FORM}: health is no mapping"
        return
    health: dict[str, t.Any] = {key: value for key, value in told.items() if value is not None}
    _keep_nodes(health, "nodes", "health", _HEALTH, reasons)
    _keep(health, health, "upgrade_running", "health.upgrade", boolean, reasons)
    _keep(health, health, "last_backup", "health.backup", moment, reasons)
    _keep(health, health, "last_backup_zone", "health.backup", text, reasons)
    _keep(health, health, "has_backup", "health.backup", boolean, reasons)
    found["health"] = health
