# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registrations of a cluster before a change, kept by name in the state directory. PRIVATE to the collection."""

from __future__ import annotations

import functools
import re
import typing as t
from datetime import UTC

from .._base.document import Document
from .._base.errors import CucmError, IdentityError, InputError, Refusal
from .._base.record import of_another_place
from .._base.state_directory import fit_for_a_name
from .._facts.forms import Misshapen
from .._facts.records import Registration
from .._module.settling import PASSING
from .._module.task import Task
from .._phones.registration import FORM, IN_SERVICE, Baseline, baseline
from .._reading import registrations
from .._reading.registrations import Counts, Listing
from .._security.words import counted, shortened

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MOST_NAMED = 20


def document(task: Task, name: str) -> Document:
    """Return where the baseline of that name is kept.

    Raises:
        InputError: The name does not fit a file (C(name_invalid)).
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"The baseline is named {name!r}; a name has letters, digits, full stops, hyphens and underscores, at most 64.",
            code="name_invalid",
            remedy="Choose another name.",
        )
    identity = fit_for_a_name(task.cluster.identity)
    return Document(task.params["state_dir"], f"{identity}.baseline-{name}.json", task.warn)


def stored(task: Task, name: str) -> Baseline | None:
    """Return the baseline of that name; None if there is none.

    Raises:
        Refusal: It is of another cluster or place (C(state_elsewhere)), or cannot be read.
    """
    file = document(task, name)
    found = file.read()
    if found is None:
        return None
    try:
        before = FORM.shaped(found)
    except Misshapen as error:
        raise Refusal(
            f"{file.path} is not a baseline:{error}.",
            code="state_corrupt",
            remedy="Move the file away, and record the baseline anew.",
        ) from error
    here = task.place or ""
    moved_from = (task.params.get("state_moved_from") or "").strip()
    if before["place"].lower() not in (here.lower(), moved_from.lower()):
        raise Refusal(
            f"The baseline {name} belongs to the cluster at {before['place']}, and this cluster is at {here}.",
            code="state_elsewhere",
            details={"recorded": before["place"], "reached": here},
            remedy=of_another_place(before["place"]),
        )
    return before


def required(task: Task, name: str) -> Baseline:
    """Return the baseline of that name. Raises Refusal (C(baseline_missing)) if there is none, and the errors of C(stored)."""
    found = stored(task, name)
    if found is None:
        raise Refusal(
            f"There is no baseline {name} of this cluster in {task.params['state_dir']}.",
            code="baseline_missing",
            remedy="Record one with state recorded before the change; what was registered before cannot be read afterwards.",
        )
    return found


def taken(task: Task, leave_out: t.Collection[str] = ()) -> Baseline:
    """Read the registrations twice, C(stable_for) seconds apart, and return the baseline.

    Raises:
        Refusal: A phone or a node could not be read (C(registrations_unread)).
    """
    cluster = task.cluster
    told = registrations.ask(cluster)
    known = {
        name: each for name, each in registrations.phones(cluster, told).items() if name not in leave_out
    }
    counts, why = read_counts(task, [node.name for node in registrations.running(cluster, told)])
    listing = Listing(cluster, known, lambda: registrations.nobody(counts))
    readings = [_reading(task, listing)]
    pause = task.params["stable_for"]
    if pause:
        task.progress(f"waiting {pause:g} s to learn which phones change their registration by themselves")
        task.clock.sleep(pause / task.clock.pace)
        readings.append(_reading(task, listing))
    moment = task.clock.now().astimezone(UTC).isoformat(timespec="seconds")
    found = baseline(cluster.identity, task.place or "", moment, readings, counts, why)
    if found["unread"]:
        raise _unread(found["unread"])
    return found


def _reading(task: Task, listing: Listing) -> dict[str, Registration]:
    found = listing.states()
    served = sum(state["status"] in IN_SERVICE for state in found.values())
    task.progress(f"{served:,} of {counted(len(found), 'phone')} are registered")
    return found


def read_counts(task: Task, nodes: t.Iterable[str]) -> tuple[Counts, dict[str, str]]:
    """Return node to its counters, and why those that are None are."""
    counts: Counts = {}
    why: dict[str, str] = {}
    for node in nodes:
        counts[node] = attempt(functools.partial(registrations.count, task.cluster, node), node, why)
    return counts, why


_T = t.TypeVar("_T")


def attempt(read: t.Callable[[], _T], what: str, why: dict[str, str]) -> _T | None:
    """Return what C(read) does; None where what is there or busy did not answer, with the reason in C(why)."""
    try:
        return read()
    except PASSING as error:
        if isinstance(error, IdentityError):
            raise
        why[what] = said(error)
        return None


def said(error: CucmError) -> str:
    """Return a failure as a reason, without its full stop."""
    return f"{error.code}: {error.message}".rstrip(".")


def _unread(unread: t.Mapping[str, str]) -> Refusal:
    lines = [f"{what}: {why}" for what, why in unread.items()]
    return Refusal(
        "\n".join(
            [
                f"No baseline was recorded, because {len(lines)} of its phones and nodes could not be read:",
                *shortened(lines, MOST_NAMED),
            ]
        ),
        code="registrations_unread",
        details={"unread": dict(unread)},
        remedy="Have every node that runs CallManager answer, then run the task again. Phones that RisPort never has a known status of "
        "can be left out by name (leave_out).",
    )
