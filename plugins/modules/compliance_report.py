#!/usr/bin/python
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: compliance_report
short_description: Write the compliance of a fleet of CUCM clusters as JSON, JUnit XML, Markdown, Prometheus text and one HTML page
version_added: 0.1.0
author: ucops contributors (@ucops)
description:
  - Writes one report on all clusters into a directory; C(compliance.json), C(compliance.xml) (JUnit), C(compliance.md),
    C(compliance.prom) (for the textfile collector of Prometheus' node exporter) and C(compliance.html).
  - The page needs no network and no server. It is one file and can run only its own script.
  - The schema of the JSON is C(docs/schemas/compliance-report-1.schema.json). It keeps the counts of earlier reports for the trend.
  - Clusters of the last report that are not in I(clusters) stay in the report unchanged, with the time they were last seen
    (C(seen_at)) and C(stale), until they are named in I(retired). So separate runs can judge parts of a fleet, even at the same
    time, and write to one directory.
  - Every file is replaced as a whole and keeps its permissions; a new file has those of the account's umask.
    If one file cannot be made, the others are still written; the task fails at the end.
  - Does not contact any cluster. The connection options are accepted because the action group sets them, but not used.
  - One report covers all clusters of a play, so use C(run_once). The strategy C(free) ignores it and runs the task for every host,
    so the task refuses that strategy. Tasks that write to the same directory wait for each other,
    by the hidden file C(.compliance.lock) in it.
extends_documentation_fragment:
  - ucops.cucm.connection
  - ucops.cucm.attributes
  - ucops.cucm.attributes.actiongroup
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  clusters:
    description:
      - A mapping for each cluster to judge, including those that could not be read.
      - C(name), and C(results), a list with C(control), C(verdict), C(reason), C(evidence) and C(waiver), as the option C(judge) of
        M(ucops.cucm.cluster_info) returns them; also C(release), C(identity), C(read_at) (ISO 8601), C(accounts) (C(axl) and
        C(cli), names only), C(unreachable), why the cluster could not be read, and, if it was judged by saved answers, C(saved) with the
        times of the C(first) and the C(last) of them (ISO 8601, or none if unknown).
      - A control without a result is C(unknown). Long evidence is shortened.
    type: list
    elements: dict
    required: true
  controls:
    description:
      - The controls that were judged, in display order; C(id), C(title), C(severity) (C(high), C(medium), C(low)), C(references),
        C(reads), C(privilege) and C(remedy).
    type: list
    elements: dict
    required: true
  directory:
    description: Directory for the files; created if it does not exist.
    type: path
    required: true
  formats:
    description:
      - The formats to write. Without C(json) the history is displayed but not extended.
    type: list
    elements: str
    choices: [json, junit, markdown, prometheus, html]
    default: [json, junit, markdown, prometheus, html]
  keep:
    description: Number of earlier reports whose counts the history keeps. It is read from C(compliance.json) in C(directory).
    type: int
    default: 90
  fail_on:
    description:
      - Verdicts that make the task fail (C(not_compliant)) after everything was written, in check mode too.
      - Only the I(clusters) of this task count, not clusters last seen by another run.
      - V(unreachable) fails the task if a cluster could not be read at all; V(unknown) if any control could not be judged.
    type: list
    elements: str
    choices: [fail, contradiction, unknown, waived, pass, not_applicable, unreachable]
    default: []
  page:
    description:
      - The page without data, required for V(html). The collection sets it to its own page; leave it unset.
    type: str
  retired:
    description: Names of clusters to drop from the report. A name that is also in I(clusters) adds a note.
    type: list
    elements: str
    default: []
  notes:
    description:
      - Texts about site changes and an odd setup. Shown in every format; Prometheus gets only their number.
      - A note is added automatically for clusters with the same C(identity).
    type: list
    elements: str
    default: []
seealso:
  - module: ucops.cucm.cluster_info
"""

EXAMPLES = r"""
- name: Write the report, and fail if there are open findings
  ucops.cucm.compliance_report:
    directory: /var/lib/cucm-compliance
    clusters: "{{ compliance_clusters }}"
    controls: "{{ compliance_controls }}"
    fail_on: [fail, contradiction, unreachable]
    notes:
      - backup-age is switched off
  register: written

- name: Show the state of the fleet
  ansible.builtin.debug:
    msg: "{{ written.summary }}"

- name: Write only what Prometheus reads
  ucops.cucm.compliance_report:
    directory: /var/lib/prometheus/node-exporter
    clusters: "{{ compliance_clusters }}"
    controls: "{{ compliance_controls }}"
    formats: [prometheus]
"""

RETURN = r"""
counts:
  description: Number of results with each verdict, over all clusters of the report, including those not in this task.
  returned: success
  type: dict
  sample: {fail: 2, contradiction: 0, unknown: 1, waived: 1, pass: 30, not_applicable: 4}
digest:
  description: SHA-256 over controls, results and waivers; equal for reports with equal content.
  returned: success
  type: str
summary:
  description:
    - Lines to print; the state of the fleet, the number of each verdict, clusters that could not be read, the ten worst of the others,
      clusters that were not in this run, clusters judged by saved answers, notes, and the path of the report;
      in check mode, that nothing was written.
    - In C(failure.details) if the task failed because of C(fail_on), or because a file could not be written.
  returned: success
  type: list
  elements: str
  sample:
    - 1 of 3 clusters needs attention.
    - 2 fail, 1 unknown, 1 waived, 30 pass, 4 not applicable
    - "berlin: 2 open: ctl-verified (high), backup-age (medium)"
    - "Report: /var/lib/cucm-compliance/compliance.html"
findings:
  description:
    - The C(fail) and C(contradiction) results of this task's clusters, most severe first, with C(cluster), C(control),
      C(severity), C(verdict) and C(reason).
    - In C(failure.details) if the task failed, the 20 most severe with a verdict of C(fail_on); C(findings_total) is the number of all.
      C(compliance.json) has them all.
  returned: success
  type: list
  elements: dict
files:
  description: The path of each format's file.
  returned: success
  type: dict
  sample: {html: /var/lib/cucm-compliance/compliance.html}
before:
  description: C(digest) and C(counts) of the report that was in the directory; none if there was no report.
  returned: success
  type: dict
after:
  description: C(digest) and C(counts) of this report.
  returned: success
  type: dict
operations:
  description:
    - The files that were written, or in check mode would be, with C(action) and C(path). Files that differ only in their
      times are written too, but are not listed and do not count as changed.
  returned: success
  type: list
  elements: dict
failure:
  description: Why the task failed, for playbooks to branch on.
  returned: on failure
  type: dict
  contains:
    code:
      description: Stable word for the reason; C(not_compliant) if a verdict of C(fail_on) was found.
      type: str
    message:
      description: What went wrong and where.
      type: str
    details:
      description: Evidence; for C(not_compliant) the C(summary), C(findings), C(findings_total), C(files), C(unreachable) with
        C(cluster) and C(reason) of at most 20 clusters that could not be read, and C(found), both as lines to print.
      type: dict
    remedy:
      description: What to do next.
      type: str
"""

import contextlib
import errno
import fcntl
import functools
import os
import secrets
import typing as t
from datetime import UTC, datetime

from ansible.module_utils.ansible_release import __version__ as ansible_version

from ansible_collections.ucops.cucm.plugins.module_utils._base import files
from ansible_collections.ucops.cucm.plugins.module_utils._base.errors import (
    CucmError,
    InputError,
    Refusal,
    unexpected,
)
from ansible_collections.ucops.cucm.plugins.module_utils._base.record import unwritable
from ansible_collections.ucops.cucm.plugins.module_utils._base.version import COLLECTION_VERSION
from ansible_collections.ucops.cucm.plugins.module_utils._compliance import results
from ansible_collections.ucops.cucm.plugins.module_utils._compliance.case import some
from ansible_collections.ucops.cucm.plugins.module_utils._module.task import (
    CONNECTION_SPEC,
    Result,
    Task,
    run_module,
)
from ansible_collections.ucops.cucm.plugins.module_utils._report import formats, page, report
from ansible_collections.ucops.cucm.plugins.module_utils._report.report import Json, Versions

# The JSON comes last: it has the history, and once it exists the other files match it.
FILES: dict[str, tuple[str, t.Callable[..., str]]] = {
    "html": ("compliance.html", page.as_html),
    "junit": ("compliance.xml", formats.as_junit),
    "markdown": ("compliance.md", formats.as_markdown),
    "prometheus": ("compliance.prom", formats.as_prometheus),
    "json": ("compliance.json", formats.as_json),
}
# Fails the task besides verdicts: a cluster that could not be read.
UNREACHABLE = "unreachable"
# The most clusters that a message names before it counts the rest.
_CLUSTERS_NAMED = 5
_CONTROLS_NAMED = 5
# In a failure's details: a thousand clusters would flood a terminal or a log. The JSON has them all.
_FINDINGS_TOLD = 20
# Seconds.
_LONGEST_WAIT = 60.0
_LOCK_POLL = 0.1
_LOCK = ".compliance.lock"
# Bytes. A report on thousands of clusters has a tenth of this.
_LARGEST_FILE = 256 * 1024 * 1024

# A play has one report, so the action refuses a strategy that would write one per host.
ONCE_A_PLAY = True
# Options that the action fills in from files of the collection, since a shipped module has no files.
FROM_COLLECTION = ("page",)
# The connection options are accepted because the action group sets them; no inventory value is rendered for them.
CONNECTS = False

ARGUMENT_SPEC = {
    **CONNECTION_SPEC,
    "clusters": {"type": "list", "elements": "dict", "required": True},
    "controls": {"type": "list", "elements": "dict", "required": True},
    "directory": {"type": "path", "required": True},
    "formats": {
        "type": "list",
        "elements": "str",
        "choices": ["json", "junit", "markdown", "prometheus", "html"],
        "default": ["json", "junit", "markdown", "prometheus", "html"],
    },
    "keep": {"type": "int", "default": 90},
    "fail_on": {
        "type": "list",
        "elements": "str",
        "choices": [*report.VERDICTS, UNREACHABLE],
        "default": [],
    },
    "page": {"type": "str"},
    "retired": {"type": "list", "elements": "str", "default": []},
    "notes": {"type": "list", "elements": "str", "default": []},
}


class Rendered(t.NamedTuple):
    """A file to write.

    Attributes:
        path: Its path.
        text: Its content.
        change: C(new), C(changed), or empty if only its times change.
    """

    path: str
    text: str
    change: str


def _now() -> datetime:
    return datetime.now(UTC)


@contextlib.contextmanager
def _alone(task: Task, directory: str) -> t.Iterator[None]:
    """Lock the directory against other tasks that write to it, since each continues the history of the last one.

    Raises:
        Refusal: Another task holds it for too long (C(directory_in_use)), or it cannot be written to.
    """
    if task.check_mode:
        yield
        return
    lock = _open_lock(directory)
    try:
        deadline = task.clock.deadline(_LONGEST_WAIT)
        while not _locked(lock, directory):
            if deadline.expired():
                raise Refusal(
                    f"Another task has been writing to {directory} for more than {_LONGEST_WAIT:.0f} s. Nothing was written.",
                    code="directory_in_use",
                    remedy="Let one task write the report of a run (run_once), or give each task its own directory.",
                )
            deadline.sleep(_LOCK_POLL)
        yield
    finally:
        os.close(lock)


def _open_lock(directory: str) -> int:
    """Return the open lock file, opened for reading only, since it may belong to another account."""
    path = os.path.join(directory, _LOCK)
    try:
        return files.opened(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW)
    except OSError as error:
        why = "it is a symbolic link" if error.errno == errno.ELOOP else files.why(error)
        raise _not_writable(directory, OSError(f"the lock {path} cannot be opened: {why}")) from error


def _locked(lock: int, directory: str) -> bool:
    """Take the lock, and return whether this succeeded; raises Refusal when the file system has no locks."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise _not_writable(
            directory,
            OSError(f"the lock {os.path.join(directory, _LOCK)} cannot be taken: {files.why(error)}"),
            "Set directory to one on a local file system, or on NFS with its lock service.",
        ) from error
    return True


def _path(directory: str, format_: str) -> str:
    return os.path.join(directory, FILES[format_][0])


def _require_writable(directory: str, check_mode: bool) -> None:
    """Raise Refusal unless files can be written to the directory; create it, except in check mode."""
    why = unwritable(directory)
    if why:
        raise _not_writable(directory, OSError(why))
    try:
        if not check_mode:
            os.makedirs(directory, exist_ok=True)
            # Only a write shows that a file system is full or read-only.
            _write(os.path.join(directory, "compliance"), "\n", keep=False)
    except OSError as error:
        raise _not_writable(directory, error) from error


def _not_writable(
    directory: str,
    error: OSError,
    remedy: str = "Set directory to one that the account running this task may write to.",
) -> Refusal:
    return Refusal(
        f"No report can be written to {directory}: {files.why(error)}. Nothing was written.",
        code="directory_not_writable",
        remedy=remedy,
    )


def _temporary(path: str) -> str:
    # The Prometheus collector reads every *.prom, so an unfinished file must have another suffix.
    directory, name = os.path.split(path)
    return os.path.join(directory, f".{name}.{secrets.token_hex(6)}.tmp")


def _write(path: str, text: str, *, keep: bool = True) -> None:
    """Replace a file as a whole, keeping its permissions. With C(keep) false, only test whether that is possible."""
    temporary = _temporary(path)
    try:
        with open(temporary, "x", encoding="utf-8", newline="") as file:
            # A missing file or a dangling link has no permissions to keep.
            with contextlib.suppress(OSError):
                os.fchmod(file.fileno(), os.stat(path).st_mode & 0o777)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path) if keep else os.unlink(temporary)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _read(path: str) -> str | None:
    """Return a file's text, None if it does not exist."""
    try:
        return files.content(path, _LARGEST_FILE).decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None


def _previous(directory: str) -> tuple[Json | None, str]:
    """Return the report in the directory, None if there is none, and the reason if it is not understood.

    Raises:
        Refusal: It exists but cannot be read.
    """
    path = _path(directory, "json")
    try:
        text = _read(path)
        return (None if text is None else report.read(text)), ""
    except ValueError as error:
        return None, files.why(error)
    except OSError as error:
        raise Refusal(
            f"The last report {path} cannot be read: {files.why(error)}. Nothing was written.",
            code="history_unreadable",
            remedy="Allow the account running this task to read it, or move it away to start a new history.",
        ) from error


def _put_aside(task: Task, path: str, why: str) -> None:
    """Rename a report that is not understood, so that its history is not overwritten."""
    aside = f"{path}.unreadable-{_now():%Y%m%dT%H%M%SZ}"
    if not task.check_mode:
        os.rename(path, aside)
    task.warn(f"A new history was started: {path} is not understood ({why}); it is kept as {aside}.")


def _renderers(formats_: t.Container[str], frame: str | None) -> dict[str, t.Callable[[Json], str]]:
    """Return the renderer of each format, in writing order.

    Raises:
        InputError: The page is requested without its frame.
    """
    renderers = {format_: render for format_, (_name, render) in FILES.items() if format_ in formats_}
    if "html" in renderers:
        if not frame:
            raise InputError(
                "formats has html, but the page is missing.",
                remedy="Run the module as an Ansible task, which supplies the page, or remove html from formats.",
            )
        renderers["html"] = functools.partial(renderers["html"], frame=frame)
    return renderers


def _rendered(path: str, render: t.Callable[[Json], str], made: Json, before: Json | None) -> Rendered:
    """Return a file of the report; ``before`` is the same report with the times of the one in the directory."""
    try:
        there = _read(path)
    except IsADirectoryError:
        raise
    except (ValueError, OSError):
        # An unreadable file is not this report, and can be replaced without being read.
        return Rendered(path, render(made), "changed")
    if there is None:
        return Rendered(path, render(made), "new")
    same = before is not None and render(before) == there
    return Rendered(path, render(made), "" if same else "changed")


def _reason(error: Exception) -> str:
    return files.why(error) if isinstance(error, OSError) else unexpected(error).message


def _named(findings: list[Json]) -> str:
    return some([f"{each['control']}: {each['verdict']}" for each in findings], _CONTROLS_NAMED)


def _not_compliant(
    findings: list[Json], unread: list[Json], clusters: int, details: Json, remedy: str
) -> CucmError:
    by_cluster: dict[str, list[Json]] = {}
    for finding in findings:
        by_cluster.setdefault(finding["cluster"], []).append(finding)
    # In the order of the report: clusters that could not be read come first.
    told = {each["cluster"]: "could not be read" for each in unread}
    for cluster, found in by_cluster.items():
        told[cluster] = "; ".join(filter(None, (told.get(cluster), _named(found))))
    named = [f"{cluster} ({why})" for cluster, why in list(told.items())[:_CLUSTERS_NAMED]]
    more = len(told) - len(named)
    if more:
        named.append(f"and {more} more")
    return CucmError(
        formats.visible(f"Not compliant: {len(told)} of {clusters} clusters: {', '.join(named)}."),
        code="not_compliant",
        details=details,
        remedy=remedy,
    )


def run(task: Task) -> Result:
    """Make the report and write it."""
    params, check_mode = task.params, task.check_mode
    directory, keep = params["directory"], params["keep"]
    if keep < 0:
        raise InputError("keep must not be negative.", remedy="Set keep to 0 for no history.")
    renderers = _renderers(params["formats"], params["page"])
    _require_writable(directory, check_mode)
    with _alone(task, directory):
        previous, not_understood = _previous(directory)
        given = params["clusters"]
        others = report.staying(previous, {*params["retired"], *(str(each.get("name")) for each in given)})
        made = report.make(
            given,
            params["controls"],
            report.kept(previous["history"], keep) if previous else [],
            _now(),
            Versions(COLLECTION_VERSION, ansible_version),
            [*params["notes"], *results.departures([*given, *others])],
            previous,
            params["retired"],
        )
        # Every file contains the digest, so a file with another digest differs in more than its times.
        same = previous is not None and previous["digest"] == made["digest"]
        before = report.at_the_time_of(made, previous, keep) if previous and same else None
        done: dict[str, Rendered] = {}
        failures: dict[str, str] = {}
        for format_, render in renderers.items():
            try:
                rendered = _rendered(_path(directory, format_), render, made, before)
                if not_understood and format_ == "json":
                    _put_aside(task, rendered.path, not_understood)
                if not check_mode:
                    _write(rendered.path, rendered.text)
                done[format_] = rendered
            except Exception as error:  # an error in one file must not affect the others
                failures[format_] = _reason(error)
    return _result(task, made, previous, done, failures)


def _where_to_look(paths: t.Mapping[str, str], check_mode: bool) -> tuple[list[str], str]:
    """Return the last lines of the summary, and the remedy for a fleet that is not compliant."""
    where = paths.get("html") or next(iter(paths.values()), "")
    if check_mode:
        return (
            ["Nothing was written: this was check mode."],
            "Run the task without check mode to get reasons and remedies.",
        )
    if where:
        return [f"Report: {where}"], f"Reasons and remedies are in {where}."
    return [], "Set formats to get reasons and remedies."


def _incomplete(
    task: Task, paths: t.Mapping[str, str], failures: t.Mapping[str, str], details: t.Mapping[str, t.Any]
) -> CucmError:
    """Return the failure for a report with unwritten files."""
    failed = ", ".join(
        f"{_path(task.params['directory'], format_)} ({why})" for format_, why in failures.items()
    )
    others = ", ".join(FILES[format_][0] for format_ in paths)
    written = others if others and not task.check_mode else "nothing"
    return CucmError(
        f"{failed} could not be written; {written} was.",
        code="report_incomplete",
        details={**details, "failed": dict(failures)},
        remedy="Resolve the reasons, then run the task again.",
    )


def _result(
    task: Task,
    made: Json,
    previous: Json | None,
    done: t.Mapping[str, Rendered],
    failures: t.Mapping[str, str],
) -> Result:
    """Return the result of writing, or raise a failure for findings or unwritten files."""
    fail_on = task.params["fail_on"]
    changes = [rendered for rendered in done.values() if rendered.change]
    paths = {format_: rendered.path for format_, rendered in done.items()}
    last, remedy = _where_to_look(paths, task.check_mode)
    summary = [*formats.as_summary(made), *last]
    told = {"digest": made["digest"], "files": paths, "summary": summary}
    # Clusters last seen by another run can fail only that run.
    judged = report.of_this_run(made)
    findings = report.findings(judged, fail_on)
    unread = report.unread(judged) if UNREACHABLE in fail_on else []
    details = {
        **told,
        "changed": bool(changes),
        "findings": findings[:_FINDINGS_TOLD],
        "findings_total": len(findings),
        "unreachable": unread[:_FINDINGS_TOLD],
        "found": formats.as_lines(unread, findings, _FINDINGS_TOLD),
    }
    if failures:
        raise _incomplete(task, paths, failures, details)
    if findings or unread:
        raise _not_compliant(findings, unread, len(judged["clusters"]), details, remedy)
    counts = made["history"][-1]["counts"]
    return Result(
        changed=bool(changes),
        before=previous and {"digest": previous["digest"], "counts": previous["history"][-1]["counts"]},
        after={"digest": made["digest"], "counts": counts},
        operations=[
            {"action": "write" if rendered.change == "new" else "replace", "path": rendered.path}
            for rendered in changes
        ],
        facts={
            **told,
            "counts": counts,
            "findings": report.findings(report.of_this_run(made), report.OPEN_VERDICTS),
        },
    )


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
