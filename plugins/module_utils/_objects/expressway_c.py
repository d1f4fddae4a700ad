# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Expressway-C entries of a cluster. PRIVATE to the collection.

Element names and limits: wire-facts 2.7 [X]. One text holds all subject names; how it separates them is not
documented [?], so commas are assumed.
"""

from __future__ import annotations

import typing as t

from .._base.errors import InputError, ProductFault
from .._cluster.cluster import Cluster
from .._facts import records
from .configuration import Objects, Request

KIND = "expressway_c"
_SUBJECT = "X509SubjectNameorSubjectAlternateName"
_LONGEST_HOST, _LONGEST_DESCRIPTION, _LONGEST_SUBJECT = 255, 50, 4096
_ELEMENTS = {"description": "description", "subject_names": _SUBJECT}


def read(cluster: Cluster) -> dict[str, records.ExpresswayC]:
    """Return the entries by host: C(description) and C(subject_names), as they are spelled and ordered there.

    Raises:
        ProductFault: The release has no such entries (C(not_in_this_release)).
    """
    axl, release = cluster.axl, cluster.release_if_told()
    if release.startswith("11."):
        raise ProductFault(
            f"Release {release} has no Expressway-C entries.",
            code="not_in_this_release",
            details={"release": release},
            remedy="They need release 12.5 or later. Leave the entries out, or upgrade.",
        )
    listed = axl.call(
        "listExpresswayCConfiguration",
        [
            ("searchCriteria", [("HostNameOrIP", "%")]),
            ("returnedTags", [("HostNameOrIP", ""), ("description", ""), (_SUBJECT, "")]),
        ],
    ).child("return")
    return {
        row.value("HostNameOrIP"): {
            "description": row.value("description"),
            "subject_names": [name.strip() for name in row.value(_SUBJECT).split(",") if name.strip()],
        }
        for row in (listed.all("expresswayCConfiguration") if listed is not None else [])
    }


def check(entries: t.Sequence[t.Mapping[str, t.Any]]) -> None:
    """Raise InputError unless the entries can be stored.

    Codes: C(entry_twice), C(entry_too_long), C(subject_name_invalid), C(invalid_input) for a host without a name.
    """
    seen: set[str] = set()
    for entry in entries:
        host = entry["host"]
        if not host.strip():
            raise InputError("An entry has an empty host.", remedy="Set host to its host name or IP address.")
        if _key(host) in seen:
            raise InputError(
                f"{host} is in entries twice; upper and lower case are the same.",
                code="entry_twice",
                details={"host": host},
                remedy="Merge them into one entry.",
            )
        seen.add(_key(host))
        names = entry.get("subject_names") or []
        for name in names:
            if "," in name or not name.strip():
                raise InputError(
                    f"{name!r} of {host} cannot be a subject name: commas separate the stored names.",
                    code="subject_name_invalid",
                    details={"host": host, "subject_name": name},
                    remedy="Give each name of the certificate as a list element; for a subject, give its common name.",
                )
        for what, text, longest in (
            ("host", host, _LONGEST_HOST),
            ("description", entry.get("description") or "", _LONGEST_DESCRIPTION),
            ("subject names", _joined(names), _LONGEST_SUBJECT),
        ):
            if len(text) > longest:
                raise InputError(
                    f"The {what} of {host[:_LONGEST_HOST]} has {len(text)} characters; at most {longest} are allowed.",
                    code="entry_too_long",
                    details={"host": host, "what": what, "longest": longest, "length": len(text)},
                    remedy="Shorten it.",
                )


def wanted(
    entries: t.Sequence[t.Mapping[str, t.Any]], existing: t.Mapping[str, t.Any], state: str
) -> dict[str, t.Any]:
    """Return the states that the entries request, for C(objects).

    Args:
        entries: C(host), C(description) and C(subject_names); None leaves a value unchanged.
        existing: The result of C(objects(...).read).
        state: C(present), C(absent) or C(exactly), which removes every entry that is not named.
    """
    if state == "absent":
        return {_key(entry["host"]): None for entry in entries}
    states: dict[str, t.Any] = {}
    for entry in entries:
        host, names, description = entry["host"].strip(), entry.get("subject_names"), entry.get("description")
        found = existing.get(_key(host)) or {"host": host, "description": "", "subject_names": []}
        states[_key(host)] = {
            "host": found["host"],
            "description": found["description"] if description is None else description.strip(),
            "subject_names": found["subject_names"] if names is None else _ordered(names),
        }
    if state == "exactly":
        states.update({key: None for key in existing if key not in states})
    return states


def states(cluster: Cluster) -> dict[str, records.ExpresswayC]:
    """Return the entries by host in lower case.

    A state has C(host) in its stored spelling, C(description), and C(subject_names) sorted without repetition: neither the
    order of names nor the case of hosts matters.
    """
    return {
        _key(host): {
            "host": host,
            "description": found["description"],
            "subject_names": _ordered(found["subject_names"]),
        }
        for host, found in read(cluster).items()
    }


def objects(cluster: Cluster) -> Objects:
    """Return the entries as C(states) does, and how one is changed."""
    return Objects(kind=KIND, read=lambda: states(cluster), request=_request)


def _request(name: str, before: t.Any, wanted: t.Any) -> Request:
    if wanted is None:
        host = before["host"] if before is not None else name
        return Request(
            "removeExpresswayCConfiguration",
            [("HostNameOrIP", host)],
            f"remove the Expressway-C entry {host}",
        )
    if before is None:
        content = [("HostNameOrIP", wanted["host"]), *_details(wanted, _ELEMENTS)]
        return Request(
            "addExpresswayCConfiguration",
            [("expresswayCConfiguration", content)],
            f"add the Expressway-C entry {wanted['host']}",
        )
    differing = [key for key in _ELEMENTS if before[key] != wanted[key]]
    renamed = [("newHostNameOrIP", wanted["host"])] if before["host"] != wanted["host"] else []
    return Request(
        "updateExpresswayCConfiguration",
        [("HostNameOrIP", before["host"]), *renamed, *_details(wanted, differing)],
        f"change the Expressway-C entry {before['host']}",
    )


def _details(state: t.Mapping[str, t.Any], keys: t.Iterable[str]) -> list[tuple[str, str]]:
    texts = {"description": state["description"], "subject_names": _joined(state["subject_names"])}
    return [(_ELEMENTS[key], texts[key]) for key in keys]


def _key(host: str) -> str:
    return host.strip().lower()


def _ordered(names: t.Iterable[str]) -> list[str]:
    return sorted({name.strip() for name in names})


def _joined(names: t.Iterable[str]) -> str:
    return ",".join(_ordered(names))
